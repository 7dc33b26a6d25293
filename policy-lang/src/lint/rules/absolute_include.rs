//! See `absolute_include.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L089",
        title: "include that only one machine has",
        explanation: include_str!("absolute_include.md"),
    },
    name: "absolute-include",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        for item in &file.tree.items {
            let Item::Include(include) = item else { continue };
            let path = include.path.value.as_str();
            let drive = path.as_bytes().get(1) == Some(&b':');
            if path.starts_with(['/', '\\', '~']) || drive {
                report.add(
                    LINT.at(file.place(include.path.span), "this path is of one machine")
                        .help("write it from this file: `include \"../common/secrets.policy\"`"),
                );
            }
        }
    }
}
