//! `count … as …`: the paths that a command or a call touches, decided like any other.

use policy_eval::{Action, Attribute, Judged, Object, Part, PathValue, Tier, Truth, canon};

use super::outcome::Outcome;
use super::situation::{Reading, Situation};
use crate::model::Count;
use crate::syntax::ast::Operands;

/// What the `count` sentences of a policy say of one part.
#[derive(Default)]
pub(super) struct Counts {
    /// A sentence stands for the whole of the part, so that its default falls away.
    pub(super) cover: bool,
    /// The decision of all that is touched.
    pub(super) outcome: Outcome,
}

/// What one clause of `as` found.
struct Found {
    /// It stands for all that the clause speaks of.
    complete: bool,
    outcome: Outcome,
}

/// Decides what the `count` sentences add to a part.
pub(super) fn decide(situation: &Situation<'_>) -> Counts {
    let Situation { model, judged, .. } = situation;
    let action = judged.part.action;
    let mut counts = Counts::default();
    for count in model
        .counts
        .iter()
        .filter(|count| count.action == action && model.may_loosen(action, count.layer))
    {
        for reading in situation.readings() {
            let truth = reading.weight(reading.truth(&count.when));
            if truth.can_hold() {
                let found = decide_reading(count, &reading);
                counts.cover |= truth.is_certain() && found.complete;
                counts.outcome = counts.outcome.strictest(found.outcome.at_most(highest(truth)));
            }
        }
    }
    counts
}

/// A sentence that matches only for some values of an unknown word counts as `ask` at most.
fn highest(truth: Truth) -> Tier {
    if truth.is_possible() { Tier::Deny } else { Tier::Ask }
}

fn decide_reading(count: &Count, reading: &Reading<'_>) -> Found {
    let clauses = count.counted.iter().map(|clause| match &clause.what {
        Operands::Argument(names) => argument(clause.action, names, reading),
        // The words of a command name no path that can be counted yet: the default stays.
        _ => Found { complete: false, outcome: Outcome::default() },
    });
    let nothing = Found { complete: true, outcome: Outcome::default() };
    clauses.fold(nothing, |all, found| Found {
        complete: all.complete && found.complete,
        outcome: all.outcome.strictest(found.outcome),
    })
}

/// The path that an argument of a call names. One that was not sent is a path that was not sent.
fn argument(action: Action, names: &[String], reading: &Reading<'_>) -> Found {
    let Situation { model, judged, .. } = reading.situation;
    let mut outcome = Outcome::default();
    let mut decide = |counted: &Judged<'_>| {
        outcome = std::mem::take(&mut outcome).strictest(super::decide_part(model, counted));
    };
    let complete = match judged.argument(names) {
        Attribute::Text(path) => {
            canon::paths_within(judged, action, path, None, &mut decide);
            true
        }
        _ => {
            let object = Object::Path(PathValue::Unsent);
            let part = Part { action, object, alternative: false, ..*judged.part };
            decide(&Judged { part: &part, ..**judged });
            false
        }
    };
    Found { complete, outcome }
}
