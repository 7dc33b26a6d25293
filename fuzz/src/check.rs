//! Several files of a policy, with what they include.

use std::sync::Arc;

use policy_eval::{Action, Policy, Request};
use policy_lang::compile::compile;
use policy_lang::diagnostic::{Style, render_all};
use policy_lang::span::Source;

use crate::answer::Answer;

/// What is asked of each policy: what every sentence is about, known and not known.
const REQUESTS: [Request<'static>; 12] = [
    Request::read("/w/.env"),
    Request::write("/home/dev/.ssh/id"),
    Request::delete("a/../b"),
    Request::shell("git push -f origin main && rm -rf $X > /etc/x"),
    Request::argv(&["timeout", "5", "git", "push"]),
    Request::connect("db.example.com", 443),
    Request::connect("10.0.0.1", 22),
    Request::url("https://docs.rs/a", "GET"),
    Request::call("files", "read"),
    Request::new(Action::Login),
    Request::new(Action::Start),
    Request::new(Action::Prompt),
];

/// A line `=== NAME` begins a file; a name that begins with `+` is one that others include.
///
/// No text makes the checker panic, and what it says can be shown. What it passes is compiled, or too
/// large; what is compiled loads, passes `verify` and decides as the interpreter does.
pub fn check(text: &str) {
    let (mut given, mut included) = (Vec::new(), Vec::new());
    for part in text.split("=== ") {
        let (name, text) = part.split_once('\n').unwrap_or(("", part));
        match name.strip_prefix('+') {
            Some(name) => included.push(Source::new(name, text)),
            None => given.push(Source::new(name, text)),
        }
    }
    let resolver = |path: &str, _: &Source| -> Result<Arc<Source>, String> {
        let found = included.iter().find(|source| source.name == path);
        found.cloned().ok_or_else(|| "there is no such file".to_owned())
    };
    let model = match policy_lang::load(given, &resolver) {
        Ok(model) => model,
        Err(failure) => {
            assert!(!failure.diagnostics.is_empty(), "a failure says why");
            render_all(&failure.diagnostics, &failure.sources, Style::Plain);
            return;
        }
    };
    let Ok(policy) = compile(&model) else { return };
    let loaded = Policy::load(policy.artifact().to_vec()).expect("what was compiled loads");
    assert_eq!(loaded.verify(), Ok(()));
    let roots = [("workspace", "/w"), ("home", "/home/dev")];
    for request in REQUESTS {
        for roots in [&roots[..], &[]] {
            let request = Request { roots, ..request };
            let judged = Answer::interpreted(&model, &request);
            assert_eq!(Answer::decided(&loaded.decide(&request)), judged, "{request:?}");
        }
    }
}
