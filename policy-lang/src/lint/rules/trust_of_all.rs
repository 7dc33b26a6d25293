//! See `trust_of_all.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, each_item};
use crate::syntax::ast::{Item, Object};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L063",
        title: "every tool believed",
        explanation: include_str!("trust_of_all.md"),
    },
    name: "trust-of-all",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        each_item(&file.tree.items, &mut |item| {
            let Item::Trust(trust) = item else { return };
            for tool in &trust.tools {
                let is_all = match tool {
                    Object::Star(_) => true,
                    Object::Pattern(text) => text.value.starts_with("*/"),
                    _ => false,
                };
                if is_all {
                    report.add(
                        LINT.at(
                            file.place(tool.span()),
                            "this believes what every server says of itself",
                        )
                        .help("name the servers that are yours: `\"tickets/*\"`"),
                    );
                }
            }
        });
    }
}
