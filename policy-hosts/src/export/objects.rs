//! What the rules of a policy speak of, beside commands.

use policy_eval::Tier;
use policy_lang::model::pattern::{HostPattern, PairPattern, PathItem, PathPattern};
use policy_lang::model::{Atom, Effect, Formula, Rule};

use crate::import::quote;

/// Patterns of the path that a rule speaks of.
pub(crate) fn paths(formula: &Formula) -> Vec<&PathPattern> {
    atoms(formula)
        .find_map(|atom| match atom {
            Atom::Path(_, patterns) => Some(patterns.iter().collect()),
            _ => None,
        })
        .unwrap_or_default()
}

/// Patterns of paths that a rule is restrained by: those that it takes away, and, where it does not
/// allow, those that it speaks of.
pub(crate) fn restraints(rule: &Rule) -> Vec<&PathPattern> {
    let mut all = Vec::new();
    if !matches!(rule.effect, Effect::Tier(Tier::Allow, _)) {
        all.extend(paths(&rule.when));
    }
    for part in rule.when.conjuncts() {
        if let Formula::Not(inner) = part
            && let Formula::Atom(Atom::Path(_, patterns)) = &**inner
        {
            all.extend(patterns);
        }
    }
    all
}

/// A path pattern as an object of a claim.
pub(crate) fn object(path: &PathPattern) -> String {
    let folds = |item: &PathItem| matches!(item, PathItem::Component(token) if token.fold);
    let text = quote::literal(&path.written);
    // A raw literal has no case to ignore; the claim is then about less.
    match path.items.iter().any(folds) && text.starts_with('"') {
        true => format!("i{text}"),
        false => text,
    }
}

/// Patterns of destinations that a rule speaks of.
pub(crate) fn hosts(formula: &Formula) -> Vec<&HostPattern> {
    atoms(formula)
        .find_map(|atom| match atom {
            Atom::Destination(patterns) => Some(patterns.iter().collect()),
            _ => None,
        })
        .unwrap_or_default()
}

/// Patterns of tools that a rule speaks of.
pub(crate) fn pairs(formula: &Formula) -> Vec<&PairPattern> {
    atoms(formula)
        .find_map(|atom| match atom {
            Atom::Pair(patterns) => Some(patterns.iter().collect()),
            _ => None,
        })
        .unwrap_or_default()
}

fn atoms(formula: &Formula) -> impl Iterator<Item = &Atom> {
    formula.conjuncts().iter().filter_map(|part| match part {
        Formula::Atom(atom) => Some(atom),
        _ => None,
    })
}
