//! Tools of MCP servers, and other names (rules M1 to M5).
//!
//! A tool is a pair of names, compared byte for byte. A joined name (`mcp__SERVER__TOOL`) is split
//! with the list of servers that the runtime has; where that goes several ways, each is a part and
//! the loosest of them counts, since one of them is meant.

use std::collections::BTreeMap;

use super::{Context, hidden};
use crate::facts::{Args, Object, Part};
use crate::json::Json;
use crate::request::Request;
use crate::text::is_blank;
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

/// The tool of a request, where it is plain: see [`super::plain`].
#[inline(always)]
pub(super) fn plain<'a>(request: &Request<'a>) -> Option<Object<'a>> {
    let (server, tool) = (request.server?, request.tool?);
    let is_plain = server.as_bytes().first().is_some_and(u8::is_ascii_graphic)
        && server.len() <= MAX_TOOL_NAME
        && hidden::is_plain(server)
        && is_tool_name(tool)
        && tool.len() <= MAX_TOOL_NAME;
    is_plain.then_some(Object::Tool { server: Some(server), tool: Some(tool), args: Args::Unknown })
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
    let mut splits: BTreeMap<&str, &str> = BTreeMap::new();
    let rest = joined.strip_prefix("mcp__");
    for server in servers {
        let behind = rest.and_then(|rest| rest.strip_prefix(*server)?.strip_prefix("__"));
        if let Some(tool) = behind {
            splits.insert(server, tool);
        }
    }
    if splits.is_empty() {
        // No server is known to have it, and no pattern but `*` is known to match it.
        let floors = floors.union(name_floors(Some(joined))).with(Floor::Syntax);
        return emit(&part(Some(""), Some(joined), args, floors, false));
    }
    let is_one = splits.len() == 1;
    let floors = if is_one { floors } else { floors.with(Floor::Syntax) };
    for (server, tool) in splits {
        let names = name_floors(Some(server)).union(tool_floors(Some(tool)));
        emit(&part(Some(server), Some(tool), args, floors.union(names), !is_one));
    }
}

/// What is wrong with a name that was sent or should have been.
pub(super) fn name_floors(name: Option<&str>) -> Floors {
    match name {
        Some(name) if hidden::in_name(name) => Floors::of(Floor::HiddenCharacters),
        Some(name) if !is_blank(name) => Floors::NONE,
        _ => Floors::of(Floor::Syntax),
    }
}

/// As [`name_floors`], for a tool: its name has the characters that the protocol allows. Others
/// may look like a pattern or like another tool.
fn tool_floors(name: Option<&str>) -> Floors {
    match name {
        // These characters are neither blank nor hidden.
        Some(name) if is_tool_name(name) => {
            let fits = name.len() <= MAX_TOOL_NAME;
            if fits { Floors::NONE } else { Floors::of(Floor::Syntax) }
        }
        name => name_floors(name).with(Floor::Syntax),
    }
}

/// Whether a name has the characters that the protocol allows, and no others.
#[inline(always)]
fn is_tool_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| IN_TOOL_NAME[usize::from(byte)])
}

const IN_TOOL_NAME: [bool; 256] = {
    let mut valid = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        valid[byte as usize] = matches!(byte, b'a'..=b'z' | b'_' | b'A'..=b'Z' | b'-'..=b':');
        byte += 1;
    }
    valid
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::canon::testing::{show, show_all};
    use crate::json::Json;
    use crate::request::Request;

    #[test]
    fn names_are_compared_byte_for_byte() {
        let tool = |server, tool| (tool, Request::call(server, tool));
        assert_snapshot!(show_all([
            tool("github", "get_issue"),
            tool("GitHub", "Get_Issue"),
            tool("docs", "fetch.page-2"),
            tool("docs", "get_issue "),
            tool(" docs", "x"),
            tool("docs", "*"),
            tool("docs", "get\u{ff3f}issue"),
            tool("do\u{200b}cs", "x"),
            tool("docs", "x\n"),
            tool("docs", "  "),
        ]), @r"
        get_issue
            call github/get_issue unknown arguments
        Get_Issue
            call GitHub/Get_Issue unknown arguments
        fetch.page-2
            call docs/fetch.page-2 unknown arguments
        get_issue 
            call docs/get_issue  unknown arguments [syntax]
        x
            call  docs/x unknown arguments
        *
            call docs/* unknown arguments [syntax]
        get＿issue
            call docs/get＿issue unknown arguments [syntax]
        x
            call do\u{200b}cs/x unknown arguments [hidden_characters]
        x\n
            call docs/x\n unknown arguments [syntax hidden_characters]
          
            call docs/   unknown arguments [syntax]
        ");
    }

    #[test]
    fn joined_names_are_split_with_the_list_of_servers() {
        let joined = |joined, servers| {
            (joined, Request { servers, joined: Some(joined), ..Request::call("", "") })
        };
        let only_joined = |(heading, request): (&'static str, Request<'static>)| {
            (heading, Request { server: None, tool: None, ..request })
        };
        assert_snapshot!(show_all([
            joined("mcp__github__get_issue", &["github", "docs"][..]),
            joined("mcp__docs__admin__drop", &["docs", "docs__admin"]),
            joined("mcp__docs__x", &["docs", "docs"]),
            joined("mcp__git__hub__get_issue", &["github"]),
            joined("mcp__docs__", &["docs"]),
            joined("mcp____x", &["", "docs"]),
            joined("MCP__docs__x", &["docs"]),
            joined("docs__x", &["docs"]),
            joined("", &["docs"]),
            joined("mcp__docs__x", &[]),
        ].map(only_joined)), @r"
        mcp__github__get_issue
            call github/get_issue unknown arguments
        mcp__docs__admin__drop
            call docs/admin__drop unknown arguments (alternative) [syntax]
            call docs__admin/drop unknown arguments (alternative) [syntax]
        mcp__docs__x
            call docs/x unknown arguments
        mcp__git__hub__get_issue
            call /mcp__git__hub__get_issue unknown arguments [syntax]
        mcp__docs__
            call docs/ unknown arguments [syntax]
        mcp____x
            call /x unknown arguments [syntax]
        MCP__docs__x
            call /MCP__docs__x unknown arguments [syntax]
        docs__x
            call /docs__x unknown arguments [syntax]

            call / unknown arguments [syntax]
        mcp__docs__x
            call /mcp__docs__x unknown arguments [syntax]
        ");
    }

    #[test]
    fn arguments_are_one_object_or_unknown() {
        let object = Json::parse(r#"{"path": "src/lib.rs"}"#).unwrap();
        let list = Json::parse("[]").unwrap();
        let call = Request::call("files", "read_file");
        for (request, expected) in [
            (call, "call files/read_file unknown arguments"),
            (
                Request { args: Some(&object), ..call },
                r#"call files/read_file {"path":"src/lib.rs"}"#,
            ),
            (
                Request { args_json: Some(r#"{ "path": "a" }"#), ..call },
                r#"call files/read_file {"path":"a"}"#,
            ),
            (
                Request {
                    args: Some(&object),
                    args_json: Some(r#"{"path":"src/lib.rs"}"#),
                    ..call
                },
                r#"call files/read_file {"path":"src/lib.rs"}"#,
            ),
        ] {
            assert_eq!(show(&request), expected);
        }
        let malformed = "call files/read_file unknown arguments [malformed_arguments]";
        assert_eq!(show(&Request { args: Some(&list), ..call }), malformed);
        for text in [
            r#"{"path":"src/lib.rs","path":"/etc/passwd"}"#,
            r#"{"path":"src/lib.rs","p\u0061th":"/etc/passwd"}"#,
            r#"{"path":"x"} {}"#,
            r#"{"path":"x""#,
            r#"{"path":"\ud800"}"#,
            r#"{'path':'x'}"#,
            "[]",
            "",
        ] {
            assert_eq!(show(&Request { args_json: Some(text), ..call }), malformed, "{text}");
            let both = Request { args: Some(&object), args_json: Some(text), ..call };
            assert_eq!(show(&both), malformed, "{text}");
        }
    }
}
