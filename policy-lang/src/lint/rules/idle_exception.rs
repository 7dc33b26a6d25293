//! See `idle_exception.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::model::ClauseKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L008",
        title: "exception that takes nothing away",
        explanation: include_str!("idle_exception.md"),
    },
    name: "idle-exception",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let idle = context.clauses().filter(|clause| !clause.takes_all);
    for clause in idle.filter(|clause| clause.kind == ClauseKind::Except) {
        let message = "this exception takes nothing away";
        report.add(LINT.at(clause.at, message).help("the rule does not match any of it anyway"));
    }
}
