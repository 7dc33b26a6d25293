//! See `remembered_always.md`.

use policy_eval::{Action, Remember};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Sentence};
use crate::lint::programs::beginnings;
use crate::syntax::ast::OptKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L068",
        title: "approval of anything remembered forever",
        explanation: include_str!("remembered_always.md"),
    },
    name: "remembered-always",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, options, sentence) in context.tiers() {
        if options.remember != Remember::Always || !is_broad(sentence) {
            continue;
        }
        let option = sentence
            .written
            .options
            .iter()
            .find(|option| matches!(option.node, OptKind::Remember(_)));
        if let Some(option) = option {
            report.add(
                LINT.at(
                    sentence.place(option.span),
                    "one answer stays forever, for whatever this matches",
                )
                .help("`remember session`, or a rule for what may be remembered"),
            );
        }
    }
}

/// Whether it speaks of everything, or of a program with any words.
pub(super) fn is_broad(sentence: &Sentence<'_>) -> bool {
    sentence.names_no_object()
        && sentence.rule.actions.iter().any(|action| action != Action::Prompt)
        || sentence.commands().iter().any(|pattern| {
            beginnings(pattern).iter().any(|begin| begin.words.len() < 2 && begin.is_open)
        })
}
