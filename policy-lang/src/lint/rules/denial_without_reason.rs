//! See `denial_without_reason.md`.

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L020",
        title: "denial without a reason",
        explanation: include_str!("denial_without_reason.md"),
    },
    name: "denial-without-reason",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        if tier < Tier::Ask || sentence.rule.reason.is_some() {
            continue;
        }
        let message = match tier {
            Tier::Deny => "a denial that does not say why",
            _ => "a question that does not say why",
        };
        report.add(
            LINT.at(sentence.head(), message)
                .help("add `because \"…\"`: what to do instead, in one sentence"),
        );
    }
}
