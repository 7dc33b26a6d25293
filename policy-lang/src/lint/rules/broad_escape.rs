//! See `broad_escape.md`.

use policy_eval::Tier;

use super::remembered_always::is_broad;
use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::syntax::ast::OptKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L069",
        title: "much allowed outside of the sandbox",
        explanation: include_str!("broad_escape.md"),
    },
    name: "broad-escape",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, options, sentence) in context.tiers() {
        if tier != Tier::Allow || !options.outside_sandbox || !is_broad(sentence) {
            continue;
        }
        let option =
            sentence.written.options.iter().find(|option| option.node == OptKind::OutsideSandbox);
        if let Some(option) = option {
            report.add(
                LINT.at(sentence.place(option.span), "this leaves the sandbox with any words")
                    .help("name the commands that have to: `\"docker compose up ...\"`"),
            );
        }
    }
}
