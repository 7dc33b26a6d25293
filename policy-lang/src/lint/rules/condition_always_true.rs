//! See `condition_always_true.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::model::ClauseKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L004",
        title: "condition that always holds",
        explanation: include_str!("condition_always_true.md"),
    },
    name: "condition-always-true",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for clause in context.clauses().filter(|clause| !clause.takes_all) {
        let message = match clause.kind {
            ClauseKind::Except => continue,
            ClauseKind::When => "this condition holds of all that the rule speaks of",
            ClauseKind::Unless => "this condition holds of nothing that the rule speaks of",
        };
        report
            .add(LINT.at(clause.at, message).help(
                "without it the rule matches the same, and also where the fact was not sent",
            ));
    }
}
