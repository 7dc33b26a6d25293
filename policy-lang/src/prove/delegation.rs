//! What a delegation hands over: requests that matter, and that a lower layer could allow alone.
//!
//! The layers above stay, with every rule that they have. In the place of the layers below stands one
//! that allows all that was delegated to it. What it may not allow is stated as claims, and these are
//! refuted as all others are: by a request that the compiled policy decides.

use policy_eval::{Action, ActionSet, Layer, Policy, RequestBuf, Tier};

use serde_json::Value;

use super::{Outcome, json, prove};
use crate::check::{load, no_includes};
use crate::compile::compile;
use crate::model::{Effect, Formula, LayerModel, Model, Proof, Rule, RuleOptions};
use crate::span::{Location, Source, SourceId, Span};

/// How much one of the claims may cost, in steps.
const BUDGET: u64 = 100_000;
/// How many rules above are left out of a claim because they allow what it speaks of themselves.
const MOST_LEFT_OUT: usize = 16;

/// What matters, each as claims that a policy could make itself. The first is the plainest case, so that
/// this is what is shown.
const MATTERS: &[(&str, &str)] = &[
    (
        "secrets",
        r#"
never allow read, write, delete "~/.ssh/id_ed25519"
never allow read, write, delete
      "~/.ssh/**", "~/.gnupg/**", "~/.aws/**", "~/.azure/**", "~/.config/gcloud/**", "~/.kube/**",
      "~/.netrc", "~/.git-credentials", "$workspace/**/.env"
"#,
    ),
    (
        "the home folder",
        r#"
never allow write, delete "~/.bashrc" except "$workspace/**", "$tmp/**"
never allow write, delete "~/**" except "$workspace/**", "$tmp/**"
"#,
    ),
    (
        "the metadata service",
        r#"
never allow connect, fetch "169.254.169.254"
never allow connect, fetch @metadata
"#,
    ),
    ("credentials", "never allow use *"),
    ("logging in", "never allow login"),
];

/// Something that matters and that a layer could allow.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    /// What it is, in words.
    pub(crate) what: &'static str,
    pub(crate) layer: Layer,
    pub(crate) action: Action,
    /// A request that shows it: the layers above do not allow it, and allow it where the layer does.
    pub(crate) request: Box<RequestBuf>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delegated {
    pub(crate) handed: Vec<Handed>,
    /// What could not be looked at in full.
    pub(crate) unproved: Vec<(Layer, Action)>,
}

/// What the layers of a policy hand to those below them.
///
/// # Cost
/// Nothing where nothing is delegated. Else the policy is compiled twice for each layer that
/// something is delegated to, and some claims are proved, within a budget.
pub(crate) fn delegated(model: &Model) -> Delegated {
    let mut found = Delegated::default();
    for layer in Layer::ALL {
        let is_handed =
            |action: &Action| model.layers[0].layer < layer && model.may_loosen(*action, layer);
        let actions: ActionSet = Action::ALL.into_iter().filter(is_handed).collect();
        if !actions.is_empty() {
            look(model, layer, actions, &mut found);
        }
    }
    found
}

fn look(model: &Model, layer: Layer, actions: ActionSet, found: &mut Delegated) {
    let above = above(model, layer);
    let mut with = above.clone();
    allow_all(&mut with, layer, actions);
    let (Ok(without), Ok(policy)) = (compile(&above), compile(&with)) else { return };
    // What is allowed where nothing is said was not handed over by the delegation.
    let is_handed =
        |action: &Action| actions.contains(*action) && above.default_tier(*action) != Tier::Allow;
    let mut open = Vec::new();
    for (what, text) in MATTERS {
        let Ok(matters) = load(vec![Source::new(*what, *text)], &no_includes) else { continue };
        // The model has them by place, so the plainest stays first.
        for claim in &matters.proofs {
            for action in claim.actions.iter().filter(is_handed) {
                let actions = ActionSet::from_iter([action]);
                open.push((*what, Proof { actions, ..claim.clone() }));
            }
        }
    }
    // A rule above may allow a request itself. Then another request is looked for.
    for _ in 0..MOST_LEFT_OUT {
        let (what, proofs): (Vec<&str>, Vec<Proof>) = std::mem::take(&mut open).into_iter().unzip();
        with.proofs = proofs;
        for (what, verdict) in what.into_iter().zip(prove(&with, &policy, BUDGET)) {
            let action = verdict.proof.actions.iter().next().unwrap_or(Action::Read);
            match verdict.outcome {
                Outcome::Holds => {}
                Outcome::NotProved(_) => found.unproved.push((layer, action)),
                Outcome::Fails(shown) => match allowed_by(&above, &without, &shown.request) {
                    None => {
                        let is_shown = |request: &RequestBuf| {
                            let tier = |policy: &Policy| {
                                request.with_request(|request| policy.decide(request).tier)
                            };
                            tier(&policy) == Tier::Allow && tier(&without) != Tier::Allow
                        };
                        let usual = at_home(&shown.request).filter(is_shown);
                        let request = Box::new(usual.unwrap_or(shown.request));
                        found.handed.push(Handed { what, layer, action, request });
                    }
                    Some(rule) => {
                        let others = Formula::Not(Box::new(rule.when.clone()));
                        let when = Formula::and([verdict.proof.when.clone(), others]);
                        open.push((what, Proof { when, ..verdict.proof.clone() }));
                    }
                },
            }
        }
        if open.is_empty() {
            return;
        }
    }
    let actions = open.iter().filter_map(|(_, proof)| proof.actions.iter().next());
    found.unproved.extend(actions.map(|action| (layer, action)));
}

/// The policy of the layers above one.
fn above(model: &Model, layer: Layer) -> Model {
    let mut above = model.clone();
    above.layers.retain(|one| one.layer < layer);
    above.rules.retain(|one| one.layer < layer);
    above.counts.retain(|one| one.layer < layer);
    above.accepts.retain(|one| one.layer < layer);
    above.trusts.retain(|one| one.layer < layer);
    above.proofs.clear();
    above.tests.clear();
    above
}

/// Puts a layer below that allows some actions, whatever they are done to.
fn allow_all(model: &mut Model, layer: Layer, actions: ActionSet) {
    let defaults = [None; Action::COUNT];
    model.layers.push(LayerModel { layer, defaults, delegates: Vec::new() });
    let rule = Rule {
        // No head of a sentence reads so, and no name.
        name: format!("all that layer {layer} may allow"),
        named: false,
        layer,
        effect: Effect::Tier(Tier::Allow, RuleOptions::default()),
        actions,
        when: Formula::True,
        clauses: Vec::new(),
        reason: None,
        at: Location { source: SourceId(0), span: Span::default() },
    };
    let place = model.rules.partition_point(|known| known.rank_key() < rule.rank_key());
    model.rules.insert(place, rule);
}

/// The rule that allows a request without any layer below.
fn allowed_by<'m>(above: &'m Model, policy: &Policy, request: &RequestBuf) -> Option<&'m Rule> {
    request.with_request(|request| {
        let decision = policy.decide(request);
        let name = decision.rule.filter(|_| decision.tier == Tier::Allow)?.name;
        above.rules.iter().find(|rule| rule.name == name)
    })
}

/// The request with the home folder where it usually is: that is read more easily.
fn at_home(request: &RequestBuf) -> Option<RequestBuf> {
    fn moved(value: &mut Value, from: &str) {
        match value {
            Value::String(text) => {
                let rest = text.strip_prefix(from);
                if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    *text = format!("/home/dev{rest}");
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|one| moved(one, from)),
            Value::Object(fields) => fields.values_mut().for_each(|one| moved(one, from)),
            _ => {}
        }
    }
    let mut value = json(request);
    let home = value.get("roots")?.get("home")?.as_str()?.to_owned();
    moved(&mut value, &home);
    RequestBuf::from_json(&value.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_claimed_in_the_language() {
        for (what, text) in MATTERS {
            let model = load(vec![Source::new(*what, *text)], &no_includes);
            let claims = model.unwrap_or_else(|failure| panic!("{failure}")).proofs;
            assert!(!claims.is_empty() && claims.is_sorted_by_key(|claim| claim.at), "{what}");
        }
    }
}
