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

pub(crate) mod ascii;
pub(crate) mod command;
mod context;
mod fold;
pub(crate) mod hidden;
mod host;
mod limits;
pub(crate) mod path;
#[cfg(feature = "gather")]
pub(crate) mod places;
mod plain;
#[cfg(test)]
mod testing;
mod tool;

pub(crate) use command::has_subcommands;
pub use command::{MAX_SHELL_DEPTH, counted_parts, operands};
pub(crate) use context::Context;
pub use fold::fold;
pub use host::{default_port, host_attribute};
pub use limits::{MAX_LINKS, MAX_REQUEST_BYTES};
pub use path::is_canonical_path;
pub(crate) use plain::plain;

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
        let floors = ctx.floors.union(request_floors(request));
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

/// What is said of a request as a whole.
fn request_floors(request: &Request<'_>) -> Floors {
    let mut floors = limits::size_floors(request);
    if !request.failed_layers.is_empty() {
        floors = floors.with(Floor::FailedLayer);
    }
    // A program is a name, in which a newline is suspicious too. `command` reads the other words.
    if request.argv.and_then(<[_]>::first).is_some_and(|program| hidden::in_name(program)) {
        floors = floors.with(Floor::HiddenCharacters);
    }
    floors
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::testing::{show, show_all};
    use super::*;
    use crate::json::Json;
    use crate::json::MAX_JSON_DEPTH;

    #[test]
    fn nothing_is_at_least_ask() {
        let no_words: &[&str] = &[];
        assert_snapshot!(show_all([
            ("read", Request::new(Action::Read)),
            ("connect", Request::new(Action::Connect)),
            ("call", Request::new(Action::Call)),
            ("empty call", Request::call("", "")),
            ("empty tool", Request::call("docs", "")),
            ("use", Request::new(Action::Use)),
            ("spawn", Request { name: Some(" "), ..Request::new(Action::Spawn) }),
            ("install", Request { name: Some("x"), ..Request::new(Action::Install) }),
            ("run", Request::new(Action::Run)),
            ("no words", Request::argv(no_words)),
            ("no program", Request::argv(&[""])),
            ("search", Request::new(Action::Search)),
        ]), @r"
        read
            read unsent [ambiguous_path]
        connect
            connect tcp unsent [ambiguous_host]
        call
            call ?/? unknown arguments [syntax]
        empty call
            call / unknown arguments [syntax]
        empty tool
            call docs/ unknown arguments [syntax]
        use
            use ? [syntax]
        spawn
            spawn   [syntax]
        install
            install ?/x [syntax]
        run
            run 0 forms [syntax]
        no words
            run 0 forms [syntax]
        no program
            run 0 forms [syntax]
        search
            search
        ");
    }

    #[test]
    fn a_failed_layer_is_said_of_every_part() {
        let request = Request { failed_layers: &["user"], ..Request::read("/a\0b") };
        assert_snapshot!(show(&request), @r"
        read /a\0b [hidden_characters failed_layer]
        read /a [hidden_characters failed_layer]
        ");
    }

    #[test]
    fn words_of_a_program_have_no_hidden_characters() {
        for (argv, is_hidden) in [
            (&["git", "commit", "-m", "one\n\n\ttwo é"][..], false),
            (&["git", "x\u{200b}"], true),
            (&["git", "\u{202e}x"], true),
            (&["git\n"], true),
            (&["gi\u{200b}t"], true),
            (&["git", "a\0b"], true),
        ] {
            let shown = show(&Request::argv(argv));
            assert_eq!(shown.contains("hidden_characters"), is_hidden, "{argv:?}");
        }
    }

    #[test]
    fn long_requests_are_judged_and_too_large() {
        let long = "a".repeat(MAX_REQUEST_BYTES + 1);
        let args = Json::Object(vec![("text".into(), Json::String(long.clone().into()))]);
        let links = [("/a", long.as_str())];
        let words = [long.as_str(), "b"];
        for request in [
            Request::read(&long),
            Request::argv(&words),
            Request::call("s", &long),
            Request { args: Some(&args), ..Request::call("s", "t") },
            Request { symlinks: &links, ..Request::read("/x") },
            Request { url: Some(&long), ..Request::new(Action::Connect) },
        ] {
            assert!(show(&request).contains("too_large"));
        }
        assert!(!show(&Request::read(&long[1..])).contains("too_large"));
    }

    #[test]
    fn deep_arguments_are_too_large() {
        let nested = |depth: usize| {
            let mut value = Json::Null;
            for _ in 0..depth {
                value = Json::Array(vec![value]);
            }
            Json::Object(vec![("x".into(), value)])
        };
        for (depth, is_large) in [(MAX_JSON_DEPTH - 1, false), (MAX_JSON_DEPTH, true)] {
            let args = nested(depth);
            let shown = show(&Request { args: Some(&args), ..Request::call("s", "t") });
            assert_eq!(shown.contains("too_large"), is_large, "{depth}");
        }
    }

    #[test]
    fn what_is_canonical_is_borrowed() {
        let path = String::from("/home/dev/app/src/lib.rs");
        let roots = [("workspace", "/home/dev/app")];
        parts(&Request { roots: &roots, ..Request::read(&path) }, &mut |judged| {
            let Object::Path(PathValue::Known(known)) = judged.part.object else {
                panic!("a path is known");
            };
            assert!(std::ptr::eq(known, path.as_str()));
            assert!(std::ptr::eq(judged.roots, roots.as_slice()));
        });
    }
}
