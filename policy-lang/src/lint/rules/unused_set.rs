//! See `unused_set.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::names::sets_in_use;
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L080",
        title: "set that nothing uses",
        explanation: include_str!("unused_set.md"),
    },
    name: "unused-set",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let used = sets_in_use(context);
    for file in context.files.iter().filter(|file| file.uses_its_own_names()) {
        for item in &file.tree.items {
            let Item::Set(set) = item else { continue };
            if !used.contains(set.name.node.as_str()) {
                let message = format!("nothing uses the set `{}`", set.name.node);
                report.add(
                    LINT.at(file.place(set.name.span), message).help(
                        "use it, or leave it out; what it names is not denied by being listed",
                    ),
                );
            }
        }
    }
}
