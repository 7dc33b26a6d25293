//! What findings of proved lints have in common: who decides instead, and the request that shows it.

use policy_eval::Tier;

use super::context::{Context, Sentence};
use crate::diagnostic::{Diagnostic, Level};
use crate::diff::shown;
use crate::model::Effect;
use crate::prove::worth::Instead;
use crate::prove::{NOT_LOOKED_AT, json};
use crate::span::{Location, SourceId, Span};

/// Adds who decides where a rule matches in vain.
pub(super) fn with_instead(
    context: &Context<'_>,
    mut finding: Diagnostic,
    instead: &Instead,
) -> Diagnostic {
    for rule in &instead.rules {
        if let Some(other) = context.sentence(*rule) {
            finding = finding.label(other.head(), format!("`{}` is said here", instead.tier));
        }
    }
    let Some(request) = &instead.request else { return finding };
    let what = request.with_request(shown);
    let by = if instead.rules.is_empty() { " by default" } else { "" };
    finding.primary(format!("`{what}` is `{}` anyway{by}", instead.tier)).witness(json(request))
}

/// Whether a rule could take a default away: it is no `allow` or `review`, or its layer may loosen
/// one of its actions.
pub(super) fn may_loosen(context: &Context<'_>, sentence: &Sentence<'_>) -> bool {
    let rule = sentence.rule;
    let loosens = matches!(rule.effect, Effect::Tier(tier, _) if tier < Tier::Ask);
    !loosens || rule.actions.iter().any(|action| context.model.may_loosen(action, rule.layer))
}

/// Several things with commas and `and`.
pub(super) fn listed(things: impl Iterator<Item = String>) -> String {
    let things: Vec<String> = things.collect();
    match &things[..] {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Says once which proofs were not made: who reads no finding would take them for made.
pub(super) fn not_looked_at(context: &Context<'_>) -> Option<Diagnostic> {
    let mut rules: Vec<usize> =
        context.worths().map_or(Vec::new(), |worths| worths.unproved.clone());
    rules.extend(context.unattended_unproved());
    rules.sort_by_key(|&rule| context.model.rules[rule].at);
    rules.dedup_by_key(|rule| context.model.rules[*rule].at);
    let handed = &context.delegated().unproved;
    let mut what: Vec<String> = Vec::new();
    match rules.len() {
        0 => {}
        1 => what.push("a rule".to_owned()),
        more => what.push(format!("{more} rules")),
    }
    if !handed.is_empty() {
        let mut layers: Vec<String> =
            handed.iter().map(|(layer, _)| format!("`{layer}`")).collect();
        layers.dedup();
        what.push(format!("what is delegated to {}", listed(layers.into_iter())));
    }
    if what.is_empty() {
        return None;
    }
    let place = |rule: &usize| match context.sentence(*rule) {
        Some(sentence) => sentence.head(),
        None => context.model.rules[*rule].at,
    };
    let at = rules.first().map_or(START, place);
    let message = format!("not looked at in full: {}", listed(what.into_iter()));
    let mut finding = Diagnostic::new(NOT_LOOKED_AT, Level::Info, at, message);
    if !rules.is_empty() {
        finding = finding.primary("too much overlaps this to prove what it is worth");
    }
    for rule in rules.iter().skip(1).take(MOST_NAMED - 1) {
        finding = finding.label(place(rule), "and this");
    }
    Some(finding.help("that lints L001 to L019 are silent here is no proof"))
}

/// How many rules that were not looked at are pointed at.
const MOST_NAMED: usize = 4;

/// Where a policy begins.
const START: Location = Location { source: SourceId(0), span: Span { start: 0, end: 0 } };
