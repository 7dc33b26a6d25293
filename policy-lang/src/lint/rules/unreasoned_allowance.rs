//! See `unreasoned_allowance.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L097",
        title: "allowance without a reason",
        explanation: include_str!("unreasoned_allowance.md"),
    },
    name: "unreasoned-allowance",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        for allowance in &file.allowances {
            if !allowance.names.is_empty() && allowance.reason.is_none() {
                report.add(
                    LINT.at(file.place(allowance.span), "this allowance does not say why")
                        .help("add `because …`: who looked at it, and what they found"),
                );
            }
        }
    }
}
