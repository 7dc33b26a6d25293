//! From what was sent to what is judged.
//!
//! [`parts`] reads a request once and hands out its *parts*: canonical values, and floors for
//! whatever was not understood. Every engine judges these parts and nothing else, so that a
//! spelling is resolved in one place.
//!
//! ```text
//!   Request ─► Context ─┬─► path     `src/../.env`      ─► /home/dev/app/.env
//!     roots, cwd, links ├─► host     `http://0x7f.1/`   ─► 127.0.0.1, ambiguous_host
//!                       ├─► tool     `mcp__git__push`   ─► git/push
//!                       └─► command  `ls && rm -rf x`   ─► run ls, run rm -rf x
//! ```
//!
//! The rules are those of the bypass corpus: C for all requests, P for paths, W for hosts, M for
//! tools, S for shell text. Three properties hold throughout:
//!
//! - every request has at least one part, and no text makes this module panic;
//! - what two readers may take differently has a floor, and the likelier reading is judged too, so
//!   that a denial holds whatever the spelling;
//! - a value that is canonical already is borrowed: deciding it allocates nothing.

pub(crate) mod command;
mod context;
mod fold;
pub(crate) mod hidden;
mod host;
mod limits;
pub(crate) mod path;
#[cfg(test)]
mod testing;
mod tool;

pub(crate) use context::Context;
pub use fold::fold;
pub use host::host_attribute;
pub use limits::{MAX_JSON_DEPTH, MAX_LINKS, MAX_REQUEST_BYTES};
pub use path::is_canonical_path;

use crate::facts::{Judged, Object, Part, PathValue};
use crate::request::Request;
use crate::vocab::{Action, Floor, Floors};

/// Hands out the parts of a request, one after the other.
///
/// Each part comes with the request and with the roots in canonical form. A root with a binding
/// that is not an unambiguous absolute path is left out: it is then not bound, so that a rule
/// under it holds wherever some binding would make it hold.
///
/// # Example
/// ```
/// use policy_eval::{Object, PathValue, Request, canon};
/// let roots = [("workspace", "/home/dev/app")];
/// let request = Request { roots: &roots, ..Request::write("src/../.env") };
/// let mut seen = Vec::new();
/// canon::parts(&request, &mut |judged| {
///     if let Object::Path(PathValue::Known(path)) = judged.part.object {
///         seen.push(path.to_owned());
///     }
/// });
/// assert_eq!(seen, ["/home/dev/app/.env"]);
/// ```
///
/// # Cost
/// Linear in the request. A path, host or tool in canonical form is borrowed, and nothing is
/// allocated for it where the roots and the working directory are canonical too.
pub fn parts(request: &Request<'_>, visit: &mut dyn FnMut(&Judged<'_>)) {
    context::with(request, request.roots, &mut |ctx| {
        let floors = ctx.floors.union(limits::size_floors(request));
        let mut emit = |part: &Part<'_>| {
            let part = Part { floors: part.floors.union(floors), ..*part };
            visit(&Judged { request, roots: ctx.roots, part: &part });
        };
        of_action(ctx, &mut emit);
    });
}

/// Hands out the parts of a path that stands in another request: an operand of a command, an
/// argument of a call.
///
/// `base` is the folder that a relative path starts from ([`crate::Command::base`] for a command);
/// without one (`None`) it is the working directory of the request. A text that begins with `~/`
/// is under the home directory, so an operand with [`crate::Word::under_home`] is `~` and its text.
///
/// # Cost
/// As [`parts`].
pub fn paths_within(
    judged: &Judged<'_>,
    action: Action,
    text: &str,
    base: Option<PathValue<'_>>,
    visit: &mut dyn FnMut(&Judged<'_>),
) {
    context::with(judged.request, judged.roots, &mut |ctx| {
        let base = base.unwrap_or(ctx.cwd);
        path::path_parts(ctx, action, text, base, judged.part.floors, &mut |part| {
            visit(&Judged { request: judged.request, roots: judged.roots, part });
        });
    });
}

fn of_action(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    let part = |object, floors| Part { action: request.action, object, floors, alternative: false };
    match request.action {
        Action::Read | Action::Write | Action::Delete => match request.path {
            Some(text) => {
                path::path_parts(ctx, request.action, text, ctx.cwd, Floors::NONE, emit);
            }
            None => {
                emit(&part(Object::Path(PathValue::Unsent), Floors::of(Floor::AmbiguousPath)));
            }
        },
        Action::Run => command::parts(ctx, emit),
        Action::Connect | Action::Listen | Action::Fetch => host::parts(ctx, emit),
        Action::Call => tool::parts(ctx, emit),
        Action::Use | Action::Spawn => {
            emit(&part(Object::Name(request.name), tool::name_floors(request.name)));
        }
        Action::Install => {
            let floors = tool::name_floors(request.kind).union(tool::name_floors(request.name));
            emit(&part(Object::Package { kind: request.kind, name: request.name }, floors));
        }
        Action::Search | Action::Login | Action::Start | Action::Prompt => {
            emit(&part(Object::None, Floors::NONE));
        }
    }
}
