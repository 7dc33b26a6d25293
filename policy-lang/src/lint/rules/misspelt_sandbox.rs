//! See `misspelt_sandbox.md`.

use crate::diagnostic::nearest;
use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::names::{compared_with, sandboxes};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L086",
        title: "sandbox whose name is nearly another",
        explanation: include_str!("misspelt_sandbox.md"),
    },
    name: "misspelt-sandbox",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let declared = sandboxes(context);
    for (file, text) in compared_with(context, "sandbox") {
        let name = text.value.as_str();
        if declared.contains(name) {
            continue;
        }
        let Some(near) = nearest(name, declared.iter().copied()) else { continue };
        report.add(
            LINT.at(file.place(text.span), format!("no block declares the sandbox `{name}`"))
                .help(format!("did you mean `{near}`?")),
        );
    }
}
