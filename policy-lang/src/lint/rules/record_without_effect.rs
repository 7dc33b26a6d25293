//! See `record_without_effect.md`.

use policy_eval::{Action, RecordLevel};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::model::{Effect, Formula};
use crate::span::Location;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L071",
        title: "record level that another raises",
        explanation: include_str!("record_without_effect.md"),
    },
    name: "record-without-effect",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    // The highest level that holds for every request of an action, and where it is said.
    let mut highest: [Option<(RecordLevel, Location)>; Action::COUNT] = [None; Action::COUNT];
    let records = || {
        context.sentences.iter().filter_map(|sentence| match sentence.rule.effect {
            Effect::Record(level) => Some((level, sentence)),
            _ => None,
        })
    };
    for (level, sentence) in records() {
        let is_of_all = match &sentence.rule.when {
            Formula::True => true,
            _ => {
                sentence.names_no_object()
                    && !sentence.has_condition()
                    && sentence.around.is_empty()
                    && sentence.written.matches.except.is_empty()
                    && sentence.written.matches.ports.is_empty()
            }
        };
        if !is_of_all {
            continue;
        }
        for action in sentence.rule.actions.iter() {
            let known = &mut highest[action as usize];
            if known.is_none_or(|(other, _)| other < level) {
                *known = Some((level, sentence.head()));
            }
        }
    }
    for (level, sentence) in records() {
        let raised = sentence
            .rule
            .actions
            .iter()
            .all(|action| highest[action as usize].is_some_and(|(other, _)| level < other));
        let message = if level == RecordLevel::None {
            "`record none` never has an effect: the highest level counts".to_owned()
        } else if raised {
            format!("`record {}` has no effect: the highest level counts", level.name())
        } else {
            continue;
        };
        let mut finding = LINT
            .at(sentence.head(), message)
            .help("name the actions that need more, instead of all of them");
        let higher = sentence.rule.actions.iter().find_map(|action| highest[action as usize]);
        if let Some((_, at)) = higher.filter(|(other, _)| level < *other) {
            finding = finding.label(at, "this one is higher");
        }
        report.add(finding);
    }
}
