//! See `floors_lifted.md`.

use policy_eval::{Action, Floor, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::programs::beginnings;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L065",
        title: "floors lifted where every program is allowed",
        explanation: include_str!("floors_lifted.md"),
    },
    name: "floors-lifted",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let is_open = context.model.default_tier(Action::Run) == Tier::Allow
        || context.allows(Action::Run).any(|sentence| {
            sentence.names_no_object()
                || sentence.commands().iter().any(|pattern| {
                    beginnings(pattern).iter().any(|begin| begin.words.is_empty() && begin.is_open)
                })
        });
    if !is_open {
        return;
    }
    for accept in &context.model.accepts {
        let lifted: Vec<String> = [Floor::Assignments, Floor::Wrappers]
            .into_iter()
            .filter(|floor| accept.floors.contains(*floor))
            .map(|floor| format!("`{}`", floor.name()))
            .collect();
        if !lifted.is_empty() {
            let message = format!("every program is allowed, and {} lifted", lifted.join(" and "));
            report.add(
                LINT.at(accept.at, message)
                    .help("lift floors where the programs are named, or not at all"),
            );
        }
    }
}
