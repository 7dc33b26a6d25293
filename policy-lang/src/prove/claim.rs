//! The search for requests that break a claim.

use policy_eval::engine::tables::Source;
use policy_eval::{Action, Attr, Decision, Policy, Request, RequestBuf, Tier, canon};

use super::{Counterexample, Outcome, Verdict};
use crate::analysis::machine::{Budget, Step};
use crate::analysis::question::{ALLOW, Aspect, DENY, Effect};
use crate::analysis::search::{Flow, Leaf, Search};
use crate::analysis::setup::Setup;
use crate::analysis::space::{Fact, Reading, Value};
use crate::compile::atoms::Lowered;
use crate::interp;
use crate::model::{Atom, AttrRef, Effect as RuleEffect, Formula, Model, Proof, words};
use crate::syntax::ast::{Claim, Operands};

/// How many answers that seem to break a claim are tried on the compiled policy.
const MOST_TRIED: usize = 200;

const TOO_MUCH: &str = "too much overlaps what it speaks of to be looked at within the budget";
const NO_REQUEST: &str = "some requests might break it, but none was found that does";

pub(super) struct Claims<'m> {
    model: &'m Model,
    policy: Policy,
    setup: Setup<'m>,
    descriptions: Vec<Lowered>,
    /// Files that rules speak of, for what `count` sentences judge.
    files: Vec<String>,
}

impl<'m> Claims<'m> {
    pub(super) fn new(model: &'m Model, policy: &Policy) -> Claims<'m> {
        let mut setup = Setup::of_one(model);
        let descriptions = model.proofs.iter().map(|proof| setup.lower(&proof.when)).collect();
        Claims { model, policy: policy.clone(), setup, descriptions, files: files(model) }
    }

    pub(super) fn prove(&self, budget: u64) -> Vec<Verdict<'m>> {
        let claims = self.model.proofs.iter().zip(&self.descriptions);
        claims
            .map(|(proof, description)| {
                let outcome = self.claim(proof, description, budget);
                Verdict { proof, outcome }
            })
            .collect()
    }

    fn claim(&self, proof: &'m Proof, description: &Lowered, budget: u64) -> Outcome {
        let mut trial = Trial {
            claims: self,
            proof,
            speaks_of_escalation: speaks_of_escalation(&proof.when),
            budget: Budget { left: budget },
            tried: 0,
            why: None,
        };
        for action in proof.actions.iter() {
            for platform in self.setup.platforms_with(action, Some(description)) {
                let is_folded = platform.is_some_and(policy_eval::Platform::ignores_case);
                let readings: &[Reading] = match (action, is_folded) {
                    (Action::Run, true) => &[Reading::Folded],
                    (Action::Run, false) => &[Reading::Plain, Reading::Trusted, Reading::ByPath],
                    _ => &[Reading::Plain],
                };
                for &reading in readings {
                    let mut search = self.setup.search_with(
                        action,
                        Aspect::Tier,
                        platform,
                        reading,
                        Some(description),
                    );
                    if let Some(found) = trial.search(&mut search, action) {
                        return Outcome::Fails(Box::new(found));
                    }
                }
            }
        }
        trial.why.map_or(Outcome::Holds, Outcome::NotProved)
    }
}

/// One claim while it is looked at.
struct Trial<'c, 'm> {
    claims: &'c Claims<'m>,
    proof: &'m Proof,
    speaks_of_escalation: bool,
    budget: Budget,
    tried: usize,
    /// Why the claim is not proved, as far as that is known.
    why: Option<&'static str>,
}

impl Trial<'_, '_> {
    fn rank(&self) -> u8 {
        self.proof.tier as u8 + 1
    }

    fn breaks(&self, rank: u8) -> bool {
        match self.proof.claim {
            Claim::Never => rank == self.rank(),
            Claim::Always => rank != self.rank(),
            Claim::AlwaysAtLeast => rank < self.rank(),
        }
    }

    /// The highest answer that breaks the claim, where that is less than the highest there is.
    fn ceiling(&self) -> Option<u8> {
        let highest = match self.proof.claim {
            Claim::Never => self.rank(),
            Claim::Always if self.rank() < DENY => DENY,
            Claim::Always | Claim::AlwaysAtLeast => self.rank() - 1,
        };
        (highest < DENY).then_some(highest)
    }

    fn search(&mut self, search: &mut Search<'_>, action: Action) -> Option<Counterexample> {
        let ceiling = self.ceiling();
        if ceiling == Some(0) {
            return None;
        }
        search.set_ceiling(ceiling);
        let subject = search.question().own - 1;
        let mut budget = Budget { left: self.budget.left };
        let mut found = None;
        let explored = search.explore(Some(subject), &mut budget, &mut |search, leaf| {
            found = self.leaf(search, leaf, action);
            if found.is_some() || self.tried > MOST_TRIED { Flow::Stop } else { Flow::Continue }
        });
        self.budget = budget;
        if explored.is_err() {
            self.budget.left = 0;
            self.why = Some(TOO_MUCH);
        }
        found
    }

    /// A request that breaks the claim, where this answer does.
    fn leaf(
        &mut self,
        search: &mut Search<'_>,
        leaf: &Leaf<'_>,
        action: Action,
    ) -> Option<Counterexample> {
        if !leaf.subject.is_certain() {
            return None;
        }
        let least = |rank: u8| rank.max(ALLOW);
        let (answer, said) = (least(leaf.answers[0].rank), least(leaf.said[0].rank));
        // What files beside the command are judged by can only raise the answer; but where a
        // sentence stands for the whole command, its default falls away.
        let (mut lowest, mut highest) = (said, said);
        for &(index, truth) in leaf.counts {
            if truth.is_certain() {
                lowest = lowest.min(least(leaf.inside[0]));
            }
            highest = highest.max(self.most_counted(search, index));
        }
        let raised = if answer > said { answer } else { 0 };
        let may_break = (lowest..=highest).any(|rank| {
            self.breaks(rank.max(raised)) && (self.speaks_of_escalation || self.breaks(rank))
        });
        if !may_break {
            return None;
        }
        self.tried += 1;
        let requests = match leaf.counts.is_empty() {
            true => search.requests(leaf.values, None),
            false => self.with_operands(search, leaf.values),
        };
        let found = requests.into_iter().find_map(|request| self.confirm(request, action));
        if found.is_none() && self.why.is_none() {
            self.why = Some(NO_REQUEST);
        }
        found
    }

    /// The strictest that a file gets which a `count` sentence names.
    fn most_counted(&self, search: &Search<'_>, index: u32) -> u8 {
        let Effect::Count(_, counted) = &search.question().statements[index as usize].effect else {
            return ALLOW;
        };
        let model = self.claims.model;
        let of_action = |action: Action| {
            let rules = model.rules.iter().filter(|rule| rule.actions.contains(action));
            rules
                .filter_map(|rule| match rule.effect {
                    RuleEffect::Tier(tier, _) => Some(tier),
                    _ => None,
                })
                .chain([model.default_tier(action)])
                .max()
                .unwrap_or(Tier::Allow)
        };
        counted.iter().map(|one| of_action(one.action) as u8 + 1).max().unwrap_or(ALLOW)
    }

    /// Whether the compiled policy decides a request so that it breaks the claim.
    fn confirm(&self, request: RequestBuf, action: Action) -> Option<Counterexample> {
        let claims = self.claims;
        request.with_request(|asked| {
            let decision = claims.policy.decide(asked);
            let is_broken = self.breaks(decision.tier as u8 + 1)
                && (self.speaks_of_escalation || !is_raised(&decision))
                && describes(claims.model, asked, action, &self.proof.when);
            let of_rule = |name: &str| claims.model.rules.iter().position(|one| one.name == name);
            is_broken.then(|| Counterexample {
                request: request.clone(),
                action,
                tier: decision.tier,
                rule: decision.rule.and_then(|rule| of_rule(rule.name)),
                default: decision.default,
            })
        })
    }

    /// Requests of a command or a call with files that rules tell apart as operands.
    fn with_operands(&self, search: &Search<'_>, values: &[(Fact, Value)]) -> Vec<RequestBuf> {
        let mut requests = search.requests(values, None);
        let bound = search.bound_everywhere(values);
        for file in &self.claims.files {
            for operands in 1..=2 {
                let mut varied: Vec<(Fact, Value)> = Vec::new();
                for (fact, value) in &bound {
                    let value = match value {
                        Value::Words(steps) => {
                            let file = Step::Token(file.as_str().into());
                            let behind = std::iter::repeat_n(file, operands);
                            Value::Words(steps.iter().cloned().chain(behind).collect())
                        }
                        other => other.clone(),
                    };
                    varied.push((fact.clone(), value));
                }
                for argument in counted_arguments(self.claims.model) {
                    let fact = Fact::Value(Source::Argument(argument));
                    varied.retain(|(known, _)| *known != fact);
                    varied.push((fact, Value::Text(file.clone())));
                }
                requests.extend(search.requests(&varied, None));
            }
        }
        requests
    }
}

/// Whether what decided is no rule and no default, but that something was not understood or that
/// the request is escalated.
fn is_raised(decision: &Decision<'_>) -> bool {
    decision.rule.is_none() && !decision.default && decision.tier == Tier::Ask
}

/// Whether a description certainly holds of a part of a request with this action.
pub(super) fn describes(
    model: &Model,
    request: &Request<'_>,
    action: Action,
    when: &Formula,
) -> bool {
    let mut holds = false;
    canon::parts(request, &mut |judged| {
        holds |=
            judged.part.action == action && interp::truth(model, judged, when, false).is_certain();
    });
    holds
}

/// Whether a description asks whether the request is escalated.
fn speaks_of_escalation(formula: &Formula) -> bool {
    match formula {
        Formula::True => false,
        Formula::Atom(Atom::Bool(attr) | Atom::Present(attr)) => {
            *attr == AttrRef::Builtin(Attr::Escalated)
        }
        Formula::Atom(_) => false,
        Formula::Not(inner) => speaks_of_escalation(inner),
        Formula::And(parts) | Formula::Or(parts) => parts.iter().any(speaks_of_escalation),
    }
}

/// Files that the rules speak of, one of each pattern, and some of none.
fn files(model: &Model) -> Vec<String> {
    /// More make no request more likely to be the one that is looked for.
    const MOST: usize = 64;
    let mut files = vec!["/srv/elsewhere/notes".to_owned(), "/var/elsewhere/notes".to_owned()];
    if model.counts.is_empty() {
        return files;
    }
    for rule in &model.rules {
        words::each_path(&rule.when, &mut |pattern| {
            let path = words::sample_path(model, pattern);
            if files.len() < MOST && !files.contains(&path) {
                files.push(path);
            }
        });
    }
    files
}

/// The arguments of calls that `count` sentences name.
fn counted_arguments(model: &Model) -> Vec<Box<[Box<str>]>> {
    let mut found: Vec<Box<[Box<str>]>> = Vec::new();
    for clause in model.counts.iter().flat_map(|count| &count.counted) {
        if let Operands::Argument(names) = &clause.what {
            let names: Box<[Box<str>]> = names.iter().map(|name| name.as_str().into()).collect();
            if !found.contains(&names) {
                found.push(names);
            }
        }
    }
    found
}
