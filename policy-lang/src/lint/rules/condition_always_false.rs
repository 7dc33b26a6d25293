//! See `condition_always_false.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::model::ClauseKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L005",
        title: "condition that never holds",
        explanation: include_str!("condition_always_false.md"),
    },
    name: "condition-always-false",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for clause in context.clauses().filter(|clause| clause.takes_all) {
        let message = match clause.kind {
            ClauseKind::Except => "this exception takes away all that the rule speaks of",
            ClauseKind::When => "this condition holds of nothing that the rule speaks of",
            ClauseKind::Unless => "this condition holds of all that the rule speaks of",
        };
        report.add(LINT.at(clause.at, message).help("because of it no request matches the rule"));
    }
}
