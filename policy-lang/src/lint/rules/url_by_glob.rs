//! See `url_by_glob.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, walk};
use crate::syntax::ast::Condition;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L044",
        title: "URL compared by a pattern that leaves its host",
        explanation: include_str!("url_by_glob.md"),
    },
    name: "url-by-glob",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        for condition in context.conditions(file) {
            walk(condition, &mut |part| {
                let (text, wildcard, help) = match part {
                    Condition::Like { pattern, .. } if is_open(&pattern.value, &["*"]) => {
                        (pattern, "*", format!("say `matches r\"{}\"`", regex(&pattern.value)))
                    }
                    Condition::Matches { regex, .. } if is_open(&regex.value, &[".*", ".+"]) => {
                        (regex, ".*", "say `[^/@]*` where a part of the host is meant".to_owned())
                    }
                    _ => return,
                };
                report.add(
                    LINT.at(file.place(text.span), "this pattern does not stay in the host")
                        .primary(format!("`{wildcard}` also matches `/` and `@`, so another host can stand before it"))
                        .help(help),
                );
            });
        }
    }
}

/// Whether a wildcard stands where the host of a URL is.
fn is_open(pattern: &str, wildcards: &[&str]) -> bool {
    let Some((_, behind)) = pattern.split_once("://") else { return false };
    let authority = behind.split('/').next().unwrap_or(behind);
    wildcards.iter().any(|wildcard| authority.contains(wildcard))
}

/// The same as a regex whose host is a host.
fn regex(pattern: &str) -> String {
    let authority = pattern.find("://").map_or(0, |at| at + 3);
    let end = pattern[authority..].find('/').map_or(pattern.len(), |at| authority + at);
    let mut out = String::new();
    for (at, c) in pattern.char_indices() {
        match c {
            '*' if (authority..end).contains(&at) => out.push_str("[^/@]*"),
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            c => out.push_str(&regex_syntax::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    if end == pattern.len() {
        // Nothing stood behind the host, so its end was open as well.
        out.push_str("(/.*)?");
    }
    out
}
