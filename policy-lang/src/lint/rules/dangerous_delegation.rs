//! See `dangerous_delegation.md`.

use policy_eval::{Action, Layer};

use crate::diagnostic::{Code, Level};
use crate::diff::shown;
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::proved::listed;
use crate::prove::delegation::Handed;
use crate::prove::json;
use crate::syntax::ast::{Delegate, Item};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L010",
        title: "delegation of what matters",
        explanation: include_str!("dangerous_delegation.md"),
    },
    name: "dangerous-delegation",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files.iter().filter(|file| file.given) {
        let header = file.tree.header.as_ref().and_then(|header| header.layer.as_ref());
        let own = header.and_then(|name| Layer::from_name(&name.node)).unwrap_or(Layer::Managed);
        for item in &file.tree.items {
            let Item::Delegate(delegate) = item else { continue };
            // Each thing that matters once, by the first layer and action that show it.
            let mut found: Vec<&Handed> = Vec::new();
            for handed in &context.delegated().handed {
                let is_known = found.iter().any(|known| known.what == handed.what);
                if !is_known && own < handed.layer && names(delegate, handed) {
                    found.push(handed);
                }
            }
            let Some(first) = found.first() else { continue };
            let what = listed(found.iter().map(|handed| handed.what.to_owned()));
            let message = format!("this lets layer `{}` allow what matters: {what}", first.layer);
            let requests =
                found.iter().map(|handed| format!("`{}`", handed.request.with_request(shown)));
            let could = format!("a rule there could allow {}", listed(requests));
            let place = file.place(delegate.span);
            let finding = LINT.at(place, message).primary(could).witness(json(&first.request));
            report.add(finding.help("deny it in this layer, or delegate less"));
        }
    }
}

/// Whether a delegation hands over the action, to the layer.
fn names(delegate: &Delegate, handed: &Handed) -> bool {
    let is_action = |name: &str| name == "*" || Action::from_name(name) == Some(handed.action);
    delegate.actions.iter().any(|name| is_action(&name.node))
        && delegate.layers.iter().any(|name| Layer::from_name(&name.node) == Some(handed.layer))
}
