//! What a general rule allows that was not seen.

use policy_lang::diff::{self, Direction};

use super::{Draft, LearnError, load};

/// How much is looked through for one rule, in steps.
const BUDGET: u64 = 100_000;
/// Of how many rules it is told.
const MOST_RULES: usize = 100;

/// What a rule allows beyond what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Nothing; a proof.
    Nothing,
    /// Such requests as this one.
    Shown(String),
    /// Nothing was found, and it was not looked through in full.
    Unknown,
}

/// Compares each general rule with all that was seen.
pub(super) fn tell(draft: &mut Draft) -> Result<(), LearnError> {
    let head = format!("{}{}", draft.head, draft.exact);
    let exact = load(&head)?;
    let mut left = MOST_RULES;
    for rule in draft.rules.iter_mut().filter(|rule| rule.is_general) {
        rule.beyond = Beyond::Unknown;
        if left == 0 {
            continue;
        }
        left -= 1;
        let wider = load(&format!("{head}{}", rule.block()))?;
        let report = diff::compare(&exact, &wider, BUDGET)
            .map_err(|error| LearnError::Invalid(error.to_string()))?;
        let mut loosened =
            report.differences.iter().filter(|one| one.direction == Direction::Loosened);
        rule.beyond = match loosened.next() {
            Some(one) => Beyond::Shown(one.shown.clone()),
            None if report.is_complete() => Beyond::Nothing,
            None => Beyond::Unknown,
        };
    }
    Ok(())
}
