//! See `no_tests.md`.

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, File};
use crate::span::Span;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L091",
        title: "policy without a test",
        explanation: include_str!("no_tests.md"),
    },
    name: "no-tests",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let restricts = context.tiers().any(|(tier, _, _)| Tier::Ask <= tier);
    if !restricts || !context.model.tests.is_empty() {
        return;
    }
    let Some(file) = context.files.iter().find(|file| file.uses_its_own_names()) else { return };
    report.add(
        LINT.at(file.place(beginning(file)), "this policy has no test")
            .help("say what you mean by an example: `test \"secrets stay\" { deny read \"/home/me/.ssh/id\" }`"),
    );
}

/// The header, or the first thing.
fn beginning(file: &File) -> Span {
    let header = file.tree.header.as_ref().map(|header| header.span);
    let first = || file.tree.items.first().map(|item| item.span());
    header.or_else(first).unwrap_or_default()
}
