//! See `unused_root.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use std::collections::BTreeSet;

use crate::lint::context::Context;
use crate::model::Atom;
use crate::model::pattern::{HostShape, PathBase, PathPattern, RootId};
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L081",
        title: "root that no path starts from",
        explanation: include_str!("unused_root.md"),
    },
    name: "unused-root",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut used: BTreeSet<RootId> = BTreeSet::new();
    let mut note = |pattern: &PathPattern| {
        if let PathBase::Root(root) = pattern.base {
            used.insert(root);
        }
    };
    context.each_atom(&mut |atom| match atom {
        Atom::Path(_, list) => list.iter().for_each(&mut note),
        Atom::Destination(list) => {
            for pattern in list {
                if let HostShape::Socket(path) = &pattern.shape {
                    note(path);
                }
            }
        }
        _ => {}
    });
    let roots = &context.model.roots;
    let is_used = |name: &str| {
        used.iter().any(|id| roots.get(usize::from(id.0)).is_some_and(|root| root.name == name))
    };
    for file in context.files.iter().filter(|file| file.uses_its_own_names()) {
        for item in &file.tree.items {
            let Item::Root(root) = item else { continue };
            let name = root.name.node.as_str();
            // A built-in root may be declared to say where it lies.
            if !policy_eval::BUILTIN_ROOTS.contains(&name) && !is_used(name) {
                report.add(
                    LINT.at(file.place(root.name.span), format!("no path starts from `${name}`"))
                        .help(format!("use it, as in `\"${name}/**\"`, or leave it out")),
                );
            }
        }
    }
}
