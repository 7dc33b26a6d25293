//! Tools of MCP servers, and other names (rules M1 to M5).
//!
//! A tool is a pair of names, compared byte for byte. A joined name (`mcp__SERVER__TOOL`) is split
//! with the list of servers that the runtime has; where that goes several ways, each is a part and
//! the loosest of them counts, since one of them is meant.

use super::{Context, hidden};
use crate::facts::{Args, Object, Part};
use crate::json::Json;
use crate::request::Request;
use crate::vocab::{Action, Floor, Floors};

/// The longest name of a tool that the protocol knows.
const MAX_TOOL_NAME: usize = 128;

/// Hands out the parts of a call.
pub(super) fn parts(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    let parsed = request.args_json.map(Json::parse);
    let (args, floors) = arguments(request, parsed.as_ref());
    let pair = request.server.is_some() || request.tool.is_some();
    if pair || request.joined.is_none() {
        let names = name_floors(request.server).union(tool_floors(request.tool));
        emit(&part(request.server, request.tool, args, floors.union(names), false));
    }
    if let Some(joined) = request.joined {
        joined_parts(joined, request.servers, args, floors, emit);
    }
}

fn part<'a>(
    server: Option<&'a str>,
    tool: Option<&'a str>,
    args: Args<'a>,
    floors: Floors,
    alternative: bool,
) -> Part<'a> {
    let object = Object::Tool { server, tool, args };
    Part { action: Action::Call, object, floors, alternative }
}

/// The arguments, where they are one object; what is wrong with them otherwise.
fn arguments<'a>(
    request: &'a Request<'a>,
    parsed: Option<&'a Result<Json, crate::json::JsonError>>,
) -> (Args<'a>, Floors) {
    let malformed = (Args::Unknown, Floors::of(Floor::MalformedArguments));
    match (request.args, parsed) {
        (None, None) => (Args::Unknown, Floors::NONE),
        (Some(args @ Json::Object(_)), None) => (Args::Known(args), Floors::NONE),
        (None, Some(Ok(args @ Json::Object(_)))) => (Args::Known(args), Floors::NONE),
        (Some(args @ Json::Object(_)), Some(Ok(parsed))) if args == parsed => {
            (Args::Known(args), Floors::NONE)
        }
        _ => malformed,
    }
}

fn joined_parts(
    joined: &str,
    servers: &[&str],
    args: Args<'_>,
    floors: Floors,
    emit: &mut dyn FnMut(&Part<'_>),
) {
    let splits = || {
        servers.iter().enumerate().filter_map(|(index, server)| {
            let is_first = !servers[..index].contains(server);
            let tool = joined.strip_prefix("mcp__")?.strip_prefix(*server)?.strip_prefix("__")?;
            is_first.then_some((*server, tool))
        })
    };
    match splits().count() {
        // No server is known to have it, and no pattern but `*` is known to match it.
        0 => {
            let floors = floors.union(name_floors(Some(joined))).with(Floor::Syntax);
            emit(&part(Some(""), Some(joined), args, floors, false));
        }
        count => {
            let floors = if count == 1 { floors } else { floors.with(Floor::Syntax) };
            for (server, tool) in splits() {
                let names = name_floors(Some(server)).union(tool_floors(Some(tool)));
                emit(&part(Some(server), Some(tool), args, floors.union(names), count != 1));
            }
        }
    }
}

/// What is wrong with a name that was sent or should have been.
pub(super) fn name_floors(name: Option<&str>) -> Floors {
    match name {
        Some(name) if hidden::in_name(name) => Floors::of(Floor::HiddenCharacters),
        Some(name) if !name.trim().is_empty() => Floors::NONE,
        _ => Floors::of(Floor::Syntax),
    }
}

/// As [`name_floors`], for a tool: its name has the characters that the protocol allows. Others
/// may look like a pattern or like another tool.
fn tool_floors(name: Option<&str>) -> Floors {
    let is_valid = |name: &str| {
        name.len() <= MAX_TOOL_NAME
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:".contains(&b))
    };
    match name {
        Some(name) if !is_valid(name) => name_floors(Some(name)).with(Floor::Syntax),
        name => name_floors(name),
    }
}
