//! Requests that are canonical as they were sent, as nearly all are.
//!
//! ```text
//!   read /home/dev/app/src/lib.rs   one part, which is the text itself
//!   git push origin main            one part with one form, which is the words themselves
//!   ./x, $X, env git, a symlink     several parts, forms or floors: [`super::parts`]
//! ```
//!
//! What is plain here is handed out by [`super::parts`] in the same way, as the only part and without
//! floors; what this module turns down may be plain all the same. It makes nothing up: a request is
//! looked at once, with a few questions about eight bytes at a time.

use super::{command, host, path, tool};
use crate::facts::{Judged, Object, Part, PathValue};
use crate::request::Request;
use crate::vocab::{Action, Floors, Platform};

/// Judges the only part of a request, where it is plain.
///
/// Without `asks_roots` nobody asks where the roots are bound: then they are left out.
#[inline(always)]
pub(crate) fn plain<R>(
    request: &Request<'_>,
    asks_roots: bool,
    judge: impl Fn(&Judged<'_>) -> Option<R>,
) -> Option<R> {
    if !is_usual(request) {
        return None;
    }
    // Without a working directory the binding of a root is it.
    let asks_roots = asks_roots || request.cwd.is_none();
    let roots = if asks_roots { request.roots } else { &[] };
    let judge_object = |object: Object<'_>| {
        let part =
            Part { action: request.action, object, floors: Floors::NONE, alternative: false };
        judge(&Judged { request, roots, part: &part })
    };
    let (object, known) = match request.action {
        Action::Read | Action::Write | Action::Delete => {
            let path = request.path.filter(|path| path::is_plain(Platform::Linux, path))?;
            (Object::Path(PathValue::Known(path)), path)
        }
        Action::Run => {
            if !are_plain(request, roots, "") {
                return None;
            }
            let cwd = working_directory(request);
            return command::plain(request, cwd, |command| judge_object(Object::Command(command)));
        }
        Action::Connect | Action::Listen => (Object::Endpoint(host::plain(request)?), ""),
        Action::Call => (tool::plain(request)?, ""),
        _ => return None,
    };
    if !are_plain(request, roots, known) {
        return None;
    }
    judge_object(object)
}

/// Whether a request has nothing beside its object that makes more parts, or floors, of it.
#[inline(always)]
fn is_usual(request: &Request<'_>) -> bool {
    let has_more = request.shell.is_some()
        | request.url.is_some()
        | request.unix.is_some()
        | request.joined.is_some()
        | request.name.is_some()
        | request.method.is_some()
        | request.host_header.is_some()
        | request.args.is_some()
        | request.args_json.is_some();
    // What names another object counts towards the size of the request.
    let objects = u8::from(request.path.is_some())
        + u8::from(request.argv.is_some())
        + u8::from(request.host.is_some())
        + u8::from(request.server.is_some() | request.tool.is_some());
    let lists = request.symlinks.len() | request.resolved.len() | request.failed_layers.len();
    !has_more && objects == 1 && lists == 0 && request.platform_or_default() == Platform::Linux
}

/// Whether the roots and the working directory are plain paths. `known` is one, or nothing.
#[inline(always)]
fn are_plain(request: &Request<'_>, roots: &[(&str, &str)], known: &str) -> bool {
    let mut plain = "";
    let mut is_plain = |text| {
        if path::is_beginning(text, known) || path::is_plain_like(Platform::Linux, text, plain) {
            // Many folders lie in one another, so that one speaks for others.
            plain = if plain.is_empty() { text } else { plain };
            return true;
        }
        false
    };
    request.cwd.is_none_or(&mut is_plain) && roots.iter().all(|&(_, path)| is_plain(path))
}

fn working_directory<'a>(request: &Request<'a>) -> PathValue<'a> {
    let Some(cwd) = request.cwd else {
        let mut bound = request.roots.iter().filter(|(name, _)| *name == "workspace");
        return match bound.next() {
            Some((_, first)) if bound.all(|(_, other)| other == first) => PathValue::Known(first),
            _ => PathValue::Unsent,
        };
    };
    PathValue::Known(cwd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::parts;
    use crate::json::Json;

    /// Whether a request is plain. If it is, [`parts`] has the same one part.
    fn is_plain(request: &Request<'_>) -> bool {
        let plain = plain(request, true, |judged| Some(format!("{judged:?}")));
        let mut all = Vec::new();
        parts(request, &mut |judged| all.push(format!("{judged:?}")));
        if let Some(plain) = &plain {
            assert_eq!(all, [plain.as_str()], "{request:?}");
        }
        plain.is_some()
    }

    const TEXTS: &[&str] = &[
        "",
        " ",
        "a",
        "git",
        "-c",
        "+x",
        "/",
        "/a",
        "/a/b.c",
        "/a/.b",
        "/a/..",
        "/a//b",
        "/a/",
        "a/b",
        "~/a",
        "$X",
        "/a%b",
        "/é",
        "é",
        "/proc/self/root",
        "/dev/fd/3",
        "cd",
        "env",
        "bash",
        "find",
        "a\u{7f}",
        "a\u{200b}",
        "a\tb",
        "\\x",
        "A.example",
        "a.example",
        "a..b",
        "-.a",
        "xn--a.b",
        "a.1",
        "1.2.3.4",
        "01.2.3.4",
        "::1",
        "[::1]",
        "localhost.",
        ".a",
        "mcp__a__b",
        "a b",
        "/w/x",
    ];

    #[test]
    fn what_is_plain_is_the_only_part() {
        let roots: &[&[(&str, &str)]] = &[
            &[],
            &[("workspace", "/w")],
            &[("workspace", "/w"), ("home", "/w/x"), ("tmp", "/tmp")],
            &[("workspace", "/w"), ("workspace", "/v")],
            &[("workspace", "/w/"), ("home", "~")],
        ];
        let folders = [None, Some("/w"), Some("/w/.."), Some("a"), Some("/w\u{7}")];
        let mut plain = 0;
        for (index, first) in TEXTS.iter().enumerate() {
            for second in &TEXTS[index % 3..] {
                let words = [*first, *second, "x"];
                for request in [
                    Request::read(first),
                    Request::delete(second),
                    Request::argv(&words),
                    Request::argv(&words[..2]),
                    Request::connect(first, 443),
                    Request { host: Some(first), ..Request::new(Action::Listen) },
                    Request::call(first, second),
                ] {
                    let at = (plain + index) % roots.len();
                    let cwd = folders[(plain / 3 + index) % folders.len()];
                    plain += usize::from(is_plain(&Request { roots: roots[at], cwd, ..request }));
                    plain += usize::from(is_plain(&request));
                }
            }
        }
        assert!(1_000 < plain, "{plain}");
    }

    #[test]
    fn long_objects_are_not_plain_or_the_only_part() {
        for length in [7, 8, 9, 62, 63, 64, 128, 129, 4_096, 4_097, 65_536, 65_537] {
            let text = "a".repeat(length);
            let path = format!("/{}", &text[1..]);
            is_plain(&Request::read(&path));
            is_plain(&Request::argv(&[&text, &text]));
            is_plain(&Request::argv(&vec!["a"; length.min(40)]));
            is_plain(&Request::connect(&text, 80));
            is_plain(&Request::call(&text, "a"));
            is_plain(&Request::call("a", &text));
        }
    }

    #[test]
    fn what_says_more_is_not_plain() {
        let usual = Request { cwd: Some("/w"), ..Request::read("/w/a") };
        assert!(is_plain(&usual));
        let args = Json::Object(Vec::new());
        for more in [
            Request { shell: Some("x"), ..usual },
            Request { argv: Some(&["x"]), ..usual },
            Request { url: Some("x"), ..usual },
            Request { host: Some("x"), ..usual },
            Request { unix: Some("/x"), ..usual },
            Request { server: Some("x"), ..usual },
            Request { tool: Some("x"), ..usual },
            Request { joined: Some("x"), ..usual },
            Request { name: Some("x"), ..usual },
            Request { method: Some("x"), ..usual },
            Request { host_header: Some("x"), ..usual },
            Request { args_json: Some("{}"), ..usual },
            Request { args: Some(&args), ..usual },
            Request { symlinks: &[("/a", "/b")], ..usual },
            Request { resolved: &["::1"], ..usual },
            Request { failed_layers: &["user"], ..usual },
            Request { platform: Some(Platform::Macos), ..usual },
            Request { platform: Some(Platform::Windows), ..usual },
            Request { path: None, ..usual },
            Request { action: Action::Search, ..usual },
        ] {
            assert!(!is_plain(&more), "{more:?}");
        }
    }
}
