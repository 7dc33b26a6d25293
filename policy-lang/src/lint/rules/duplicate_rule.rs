//! See `duplicate_rule.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L006",
        title: "rule that stands there twice",
        explanation: include_str!("duplicate_rule.md"),
    },
    name: "duplicate-rule",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let Worth::Duplicate(other) = worth else { continue };
        let message = format!("`{}` says what another rule says", sentence.rule.name);
        let mut finding = LINT.at(sentence.head(), message);
        if let Some(other) = context.sentence(*other) {
            finding = finding.label(other.head(), "the same is said here");
        }
        report.add(finding.help("leave one of them out"));
    }
}
