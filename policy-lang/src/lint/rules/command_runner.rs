//! See `command_runner.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::programs::{RUNNERS, report_reached};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L052",
        title: "command that runs other commands",
        explanation: include_str!("command_runner.md"),
    },
    name: "command-runner",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Run) {
        report_reached(context, report, sentence, &LINT, RUNNERS, "allows running other programs");
    }
}
