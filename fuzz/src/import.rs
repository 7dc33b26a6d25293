//! A text as rules of a runtime.

use policy_eval::Request;
use policy_hosts::Runtime;
use policy_hosts::import::{self, ImportError, Options};
use policy_lang::check::no_includes;
use policy_lang::diagnostic::{Style, render_all};
use policy_lang::format::format;
use policy_lang::span::Source;

/// The files that runtimes have. Codex tells its three apart by name.
const FILES: [(Runtime, &str); 11] = [
    (Runtime::Codex, "default.rules"),
    (Runtime::Codex, "config.toml"),
    (Runtime::Codex, "requirements.toml"),
    (Runtime::ClaudeCode, ".claude/settings.json"),
    (Runtime::ClaudeCode, "managed-settings.json"),
    (Runtime::GeminiCli, "policy.toml"),
    (Runtime::OpenCode, "opencode.json"),
    (Runtime::VsCode, "settings.json"),
    (Runtime::Cursor, "permissions.json"),
    (Runtime::QwenCode, "settings.json"),
    (Runtime::AmazonQ, "agent.json"),
];

/// The first line chooses the file, how it is read, and whether what stands behind a line `===` is a
/// second file.
///
/// No text makes a reader panic or write what is no policy; what is said of it can be shown; what is
/// written is in its own layout, compiles and decides.
pub fn import(text: &str) {
    let (mut choices, text) = crate::case::case(text);
    let (runtime, name) = FILES[choices.below(FILES.len())];
    let options = Options { tighten: choices.is(), resolve_programs: !choices.is() };
    let files: Vec<_> = match text.split_once("\n===\n") {
        Some((first, second)) => vec![Source::new(name, first), Source::new(name, second)],
        None => vec![Source::new(name, text)],
    };
    let read = match import::import(runtime, &files, options) {
        Ok(read) => read,
        Err(ImportError::Invalid(findings)) => {
            assert!(!findings.is_empty(), "an error says why");
            render_all(&findings, &files, Style::Plain);
            return;
        }
        Err(error) => panic!("{error}: {error:?}"),
    };
    render_all(&read.findings, &files, Style::Plain);
    let source = Source::new("imported.policy", &*read.policy);
    let layout = format(&source).expect("what was written is a policy");
    assert_eq!(layout, read.policy, "it is in its own layout");
    match policy_lang::compile(vec![source], &no_includes) {
        Ok(policy) => {
            policy.decide(&Request::shell("git push && rm -rf /"));
            policy.decide(&Request::read("/home/dev/.env"));
        }
        Err(error) => panic!("{error}\n{}", read.policy),
    }
}
