//! See `untested_rule.md`.

use std::collections::BTreeSet;

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::testing;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L090",
        title: "denial that no test reaches",
        explanation: include_str!("untested_rule.md"),
    },
    name: "untested-rule",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if context.model.tests.is_empty() {
        return;
    }
    let Some(policy) = context.policy() else { return };
    let run = testing::run(context.model, policy);
    let rules = context.model.rules.iter().zip(&run.reached);
    let reached: BTreeSet<&str> =
        rules.filter(|(_, reached)| **reached).map(|(rule, _)| rule.name.as_str()).collect();
    for (tier, _, sentence) in context.tiers() {
        if tier < Tier::Ask || reached.contains(sentence.rule.name.as_str()) {
            continue;
        }
        let what = if tier == Tier::Deny { "denial" } else { "question" };
        let action = sentence.rule.actions.iter().next().map_or("run", policy_eval::Action::name);
        report.add(
            LINT.at(sentence.head(), format!("no test reaches this {what}"))
                .help(format!("add a line to a test: `{} {action} …`", tier.name())),
        );
    }
}
