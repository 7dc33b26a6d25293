//! See `twin_roots.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L037",
        title: "two roots for the same place",
        explanation: include_str!("twin_roots.md"),
    },
    name: "twin-roots",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let roots = &context.model.roots;
    for (index, root) in roots.iter().enumerate() {
        let same = |other: &&crate::model::Root| {
            let written = |root: &crate::model::Root| {
                root.within.iter().map(|pattern| pattern.written.clone()).collect::<Vec<_>>()
            };
            !root.within.is_empty() && written(other) == written(root)
        };
        let (Some(at), Some(other)) = (root.at, roots[..index].iter().find(same)) else { continue };
        let message = format!("`{}` may lie where `{}` lies", root.name, other.name);
        let mut finding =
            LINT.at(at, message).help("use one root, or say more closely where each of them lies");
        if let Some(place) = other.at {
            finding = finding.label(place, "the other one");
        }
        report.add(finding);
    }
}
