//! See `unused_sandbox.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use std::collections::BTreeSet;

use crate::lint::context::{Context, each_item};
use crate::lint::names::compared_with;
use crate::syntax::ast::{BlockHead, Item};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L085",
        title: "sandbox that nothing speaks of",
        explanation: include_str!("unused_sandbox.md"),
    },
    name: "unused-sandbox",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for file in context.files {
        each_item(&file.tree.items, &mut |item| {
            let Item::Block(block) = item else { return };
            let BlockHead::Sandbox { name, extends } = &block.head else { return };
            used.extend(extends.iter().map(|name| name.node.as_str()));
            if !block.items.is_empty() {
                used.insert(&name.node);
            }
        });
    }
    used.extend(compared_with(context, "sandbox").iter().map(|(_, text)| text.value.as_str()));
    for file in context.files.iter().filter(|file| file.uses_its_own_names()) {
        each_item(&file.tree.items, &mut |item| {
            let Item::Block(block) = item else { return };
            let BlockHead::Sandbox { name, .. } = &block.head else { return };
            if !used.contains(name.node.as_str()) {
                let message = format!("nothing speaks of the sandbox `{}`", name.node);
                report.add(
                    LINT.at(file.place(name.span), message)
                        .help("give it sentences, or leave it out"),
                );
            }
        });
    }
}
