//! See `unversioned_policy.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L022",
        title: "managed policy without a version",
        explanation: include_str!("unversioned_policy.md"),
    },
    name: "unversioned-policy",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        let Some(header) = &file.tree.header else { continue };
        if file.given && context.says_managed(file.id) && header.version.is_none() {
            report.add(
                LINT.at(file.place(header.span), "this managed policy has no version").help(
                    "write one behind its name, and change it with every release: `version \"1\"`",
                ),
            );
        }
    }
}
