//! See `default_allow.md`.

use policy_eval::{Action, ActionSet, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L064",
        title: "allowed unless something says otherwise",
        explanation: include_str!("default_allow.md"),
    },
    name: "default-allow",
    level: Level::Warning,
    check,
};

/// Actions that change something, or reach out.
const TELLING: [Action; 9] = [
    Action::Write,
    Action::Delete,
    Action::Run,
    Action::Connect,
    Action::Listen,
    Action::Call,
    Action::Use,
    Action::Login,
    Action::Install,
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        for item in &file.tree.items {
            let Item::Default(default) = item else { continue };
            let named: ActionSet = match &default.actions[..] {
                [] => ActionSet::ALL,
                names if names.iter().any(|name| name.node == "*") => ActionSet::ALL,
                names => names.iter().filter_map(|name| Action::from_name(&name.node)).collect(),
            };
            let telling: Vec<String> = TELLING
                .into_iter()
                .filter(|action| named.contains(*action))
                .map(|action| format!("`{action}`"))
                .collect();
            if default.tier.node != Tier::Allow || telling.is_empty() {
                continue;
            }
            let what =
                if named == ActionSet::ALL { "everything".to_owned() } else { telling.join(", ") };
            report.add(
                LINT.at(
                    file.place(default.span),
                    format!("what no rule speaks of is allowed: {what}"),
                )
                .help("`default ask`, and rules for what may be silent"),
            );
        }
    }
}
