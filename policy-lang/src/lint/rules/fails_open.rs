//! See `fails_open.md`.

use policy_eval::OnFailure;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::syntax::ast::OptKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L066",
        title: "no answer taken for a yes",
        explanation: include_str!("fails_open.md"),
    },
    name: "fails-open",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, _, sentence) in context.tiers() {
        for option in &sentence.written.options {
            if option.node == OptKind::OnFailure(OnFailure::Allow) {
                let at = sentence.place(option.span);
                report.add(
                    LINT.at(at, "where nobody answers, this allows")
                        .help("`on failure deny`, or `on failure ask` where a person is there")
                        .edit(at, "on failure ask"),
                );
            }
        }
    }
}
