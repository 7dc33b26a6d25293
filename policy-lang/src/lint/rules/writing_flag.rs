//! See `writing_flag.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::programs::{WRITERS, report_reached};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L053",
        title: "command whose flags write files",
        explanation: include_str!("writing_flag.md"),
    },
    name: "writing-flag",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Run) {
        report_reached(
            context,
            report,
            sentence,
            &LINT,
            WRITERS,
            "allows writing or removing files",
        );
    }
}
