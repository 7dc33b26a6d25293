//! See `unanswered_ask.md`.

use policy_eval::{OnFailure, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::syntax::ast::OptKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L067",
        title: "question that runs out without an answer",
        explanation: include_str!("unanswered_ask.md"),
    },
    name: "unanswered-ask",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, options, sentence) in context.tiers() {
        if tier != Tier::Ask || options.on_failure != OnFailure::Ask {
            continue;
        }
        let timeout = sentence
            .written
            .options
            .iter()
            .find(|option| matches!(option.node, OptKind::Timeout(_)));
        if let Some(timeout) = timeout {
            report.add(
                LINT.at(sentence.place(timeout.span), "when the time is over, this asks again")
                    .help("say what holds then: `on failure deny`"),
            );
        }
    }
}
