//! What makes a comparison sound, for tests and for the fuzz target: the interpreter confirms each
//! difference that is told, and a comparison in full tells each one that a request shows.

use policy_eval::{RequestBuf, Tier};
use policy_lang::diff::{Aspect, Direction, Report};
use policy_lang::interp::{self, Verdict};
use policy_lang::model::Model;

/// Whether what is told of two policies is true, and, where the comparison is complete, whether it
/// tells what these requests show.
///
/// # Errors
/// What is wrong, and the request that shows it.
pub(crate) fn check(
    models: [&Model; 2],
    report: &Report,
    requests: &[RequestBuf],
) -> Result<(), (String, RequestBuf)> {
    for difference in &report.differences {
        let found = differences(models, &difference.witness);
        let told = (difference.aspect, difference.from.tier, difference.to.tier);
        if !found.contains(&told) {
            let what = "a finding that the interpreter does not confirm";
            return Err((what.to_owned(), difference.witness.clone()));
        }
    }
    if !report.is_complete() {
        return Ok(());
    }
    for request in requests {
        for (aspect, from, to) in differences(models, request) {
            if !is_told(report, request, (aspect, from, to)) {
                let what = format!("a difference that was missed, {aspect:?} {from:?} to {to:?}");
                return Err((what, request.clone()));
            }
        }
    }
    Ok(())
}

fn is_told(report: &Report, request: &RequestBuf, found: (Aspect, Tier, Tier)) -> bool {
    let (aspect, from, to) = found;
    let direction = if to < from { Direction::Loosened } else { Direction::Tightened };
    let escalates = request.with_request(|request| request.escalated == Some(true));
    report.differences.iter().any(|told| match aspect {
        // A file that a command counts is asked about where the command asks to leave the
        // sandbox: that is told of the file, as a change of its options.
        Aspect::Tier if escalates && told.aspect == Aspect::Options => {
            told.direction == direction || direction == Direction::Tightened
        }
        Aspect::Tier => told.aspect == Aspect::Tier && told.direction == direction,
        Aspect::Options => told.is_of_tier(),
        aspect => told.aspect == aspect,
    })
}

fn marks(model: &Model, verdict: &Verdict) -> Vec<String> {
    let mut names: Vec<String> = (0..model.marks.len())
        .filter(|index| verdict.marks >> index & 1 != 0)
        .map(|index| model.marks[index].clone())
        .collect();
    names.sort();
    names
}

/// What of two answers differs.
fn differences(models: [&Model; 2], request: &RequestBuf) -> Vec<(Aspect, Tier, Tier)> {
    let [old, new] =
        models.map(|model| request.with_request(|request| interp::decide(model, request)));
    let mut found = Vec::new();
    if old.tier != new.tier {
        found.push((Aspect::Tier, old.tier, new.tier));
    } else if old.options != new.options {
        found.push((Aspect::Options, old.tier, new.tier));
    }
    if old.record != new.record {
        found.push((Aspect::Record, old.tier, new.tier));
    }
    if marks(models[0], &old) != marks(models[1], &new) {
        found.push((Aspect::Marks, old.tier, new.tier));
    }
    found
}
