//! See `unused_attribute.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use std::collections::BTreeSet;

use crate::lint::context::{Context, attribute, walk};
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L084",
        title: "attribute that no condition looks at",
        explanation: include_str!("unused_attribute.md"),
    },
    name: "unused-attribute",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for file in context.files {
        for condition in context.conditions(file) {
            walk(condition, &mut |part| {
                used.extend(
                    attribute(part).and_then(|path| path.names.first()).map(String::as_str),
                );
            });
        }
    }
    for file in context.files.iter().filter(|file| file.uses_its_own_names()) {
        for item in &file.tree.items {
            let Item::Attribute(declared) = item else { continue };
            let name = declared.name.node.as_str();
            if !used.contains(name) {
                report.add(
                    LINT.at(
                        file.place(declared.name.span),
                        format!("no condition looks at `{name}`"),
                    )
                    .help("use it in a condition, or leave it out"),
                );
            }
        }
    }
}
