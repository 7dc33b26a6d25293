//! Whether a person can be there where a rule asks one.

use policy_eval::{Action, ActionSet, Attr, Policy, RequestBuf, Tier};

use super::worth::Worth;
use super::{Outcome, claim, prove};
use crate::model::pattern::TokenPattern;
use crate::model::{Atom, AttrRef, Effect, Formula, Model, Proof, Rule};
use crate::syntax::ast::Claim;

/// How much one claim may cost, in steps.
const BUDGET: u64 = 50_000;

/// A surface where nobody sits.
const UNATTENDED: &str = "ci";

/// A rule that asks where nobody is.
#[derive(Clone, Debug)]
pub(crate) struct Unattended {
    pub(crate) rule: usize,
    /// A request that it asks about.
    pub(crate) request: Box<RequestBuf>,
}

/// Rules that say `ask`, and no request so decided has a person; and those of which that could not
/// be found out. `policy` is the compiled `model`, `worths` what each rule of it is worth.
///
/// # Cost
/// One request, decided, for each rule that says `ask`. For those where that shows no person, and
/// that speak of who is there or share an action with a denial that does, two claims, within a
/// budget.
pub(crate) fn unattended(
    model: &Model,
    policy: &Policy,
    worths: &[Worth],
) -> (Vec<Unattended>, Vec<usize>) {
    let says =
        |rule: &Rule, what: Tier| matches!(rule.effect, Effect::Tier(tier, _) if tier == what);
    // Only these can keep persons away.
    let mut denied = ActionSet::NONE;
    for rule in model.rules.iter().filter(|rule| says(rule, Tier::Deny) && speaks(&rule.when)) {
        denied = denied.union(rule.actions);
    }
    let somebody = somebody();
    // A request that the rule matches, and that shows how it is decided, is known of most.
    let shown = |index: usize| match worths.get(index)? {
        Worth::Decides(request) => Some(request),
        Worth::NeverDecides(instead)
        | Worth::Redundant(instead)
        | Worth::Equivalent(_, instead) => instead.request.as_ref(),
        Worth::Unknown | Worth::Unproved | Worth::NeverMatches { .. } | Worth::Duplicate(_) => None,
    };
    let asks_somebody = |request: &RequestBuf, rule: &Rule| {
        request.with_request(|request| {
            let is_there = |action: Action| claim::describes(model, request, action, &somebody);
            policy.decide(request).tier == Tier::Ask && rule.actions.iter().any(is_there)
        })
    };
    let is_suspect = |index: usize, rule: &Rule| match shown(index) {
        Some(request) if asks_somebody(request, rule) => false,
        Some(_) => speaks(&rule.when) || rule.actions.iter().any(|action| denied.contains(action)),
        // To look at all that a rule matches is dear: only what it says itself is a reason.
        None => speaks(&rule.when),
    };
    let suspects: Vec<(usize, &Rule)> = model
        .rules
        .iter()
        .enumerate()
        .filter(|&(index, rule)| says(rule, Tier::Ask) && is_suspect(index, rule))
        .collect();
    if suspects.is_empty() {
        return (Vec::new(), Vec::new());
    }
    // Two claims each: that it never asks where a person is, and that it never asks at all.
    let never_asks = |rule: &Rule, when: Formula| Proof {
        name: rule.name.clone(),
        claim: Claim::Never,
        tier: Tier::Ask,
        actions: rule.actions,
        when,
        reason: None,
        at: rule.at,
    };
    let mut claims = model.clone();
    claims.tests.clear();
    claims.proofs = suspects
        .iter()
        .map(|(_, rule)| never_asks(rule, Formula::and([rule.when.clone(), somebody.clone()])))
        .collect();
    let (mut nobody, mut unproved) = (Vec::new(), Vec::new());
    for ((index, _), verdict) in suspects.iter().zip(prove(&claims, policy, BUDGET)) {
        match verdict.outcome {
            Outcome::Holds => nobody.push(*index),
            Outcome::NotProved(_) => unproved.push(*index),
            Outcome::Fails(_) => {}
        }
    }
    claims.proofs = nobody
        .iter()
        .map(|index| never_asks(&model.rules[*index], model.rules[*index].when.clone()))
        .collect();
    let mut found = Vec::new();
    for (index, verdict) in nobody.iter().zip(prove(&claims, policy, BUDGET)) {
        // A rule that never asks is for other lints.
        if let Outcome::Fails(shown) = verdict.outcome {
            found.push(Unattended { rule: *index, request: Box::new(shown.request) });
        }
    }
    (found, unproved)
}

/// That a person may be there, as far as the request says. What was not sent keeps nobody away.
fn somebody() -> Formula {
    let (interactive, surface) =
        (AttrRef::Builtin(Attr::Interactive), AttrRef::Builtin(Attr::Surface));
    let not = |formula: Formula| Formula::Not(Box::new(formula));
    let unsent = |attribute: &AttrRef| not(Formula::Atom(Atom::Present(attribute.clone())));
    let unattended =
        Formula::Atom(Atom::Text(surface.clone(), vec![TokenPattern::literal(UNATTENDED)]));
    Formula::And(vec![
        Formula::Or(vec![unsent(&interactive), Formula::Atom(Atom::Bool(interactive))]),
        Formula::Or(vec![unsent(&surface), not(unattended)]),
    ])
}

/// Whether a formula asks who is there.
fn speaks(formula: &Formula) -> bool {
    match formula {
        Formula::True => false,
        Formula::Not(inner) => speaks(inner),
        Formula::And(parts) | Formula::Or(parts) => parts.iter().any(speaks),
        Formula::Atom(atom) => match atom {
            Atom::Bool(attribute) | Atom::Present(attribute) | Atom::Text(attribute, _) => {
                matches!(attribute, AttrRef::Builtin(Attr::Interactive | Attr::Surface))
            }
            _ => false,
        },
    }
}
