//! The reference interpreter: what a policy means, as plainly as it can be said.
//!
//! It decides on the [`Model`] itself: every rule is asked about every part, every pattern is
//! matched by trying, nothing is prepared and nothing is shared. It is slow and it is the judge:
//! whatever else decides is tested to decide alike.
//!
//! ```text
//!   request ──► parts ──► situations ──► readings ──► truth of each rule
//!      ▲           (strictest)  (strictest)   (or)             │
//!      └──────────────────────── tier, rule, options ◄─────────┘
//! ```
//!
//! In: [`decide`]. What led there: [`matches()`], [`truth`] and [`View`].

mod command;
mod count;
mod host;
mod outcome;
mod path;
mod positions;
mod regex;
mod situation;
mod token;

use policy_eval::{
    Action, Endpoint, Floors, Judged, Object, Part, RecordLevel, Request, Tier, Truth, Word, canon,
};

use crate::model::pattern::{FlagConstraint, TokenPattern};
use crate::model::{Atom, Effect, Formula, Model, Rule, RuleOptions};
use outcome::Outcome;
use situation::Situation;

/// The answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What happens to the action.
    pub tier: Tier,
    /// The rule that decided: its index in [`Model::rules`]. None where the default or a floor
    /// decided.
    pub rule: Option<usize>,
    /// Whether the default decided.
    pub default: bool,
    /// The options of the rules that decided, the strictest of each.
    pub options: RuleOptions,
    /// How much of the decision is to be recorded.
    pub record: RecordLevel,
    /// The marks that the session carries from now on: bit `i` stands for `Model::marks[i]`.
    pub marks: u64,
    /// What was not understood, and no `accept` lifted.
    pub floors: Floors,
}

/// Decides one request.
///
/// # Cost
/// Every rule is asked about every part; the time grows with the size of the policy times the
/// size of the request. Made for tests and explanations, not for deciding in a runtime.
pub fn decide(model: &Model, request: &Request<'_>) -> Verdict {
    let mut all = Outcome::default();
    let mut alternatives: Option<Outcome> = None;
    canon::parts(request, &mut |judged| {
        let outcome = decide_part(model, judged);
        if judged.part.alternative {
            alternatives = Some(match alternatives.take() {
                Some(others) => others.loosest(outcome),
                None => outcome,
            });
        } else {
            all = std::mem::take(&mut all).strictest(outcome);
        }
    });
    all.strictest(alternatives.unwrap_or_default()).into()
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Verdict {
        Verdict {
            // Where nothing objects to any part, nothing objects to the request.
            tier: outcome.tier.unwrap_or(Tier::Allow),
            rule: outcome.rule,
            default: outcome.default && outcome.rule.is_none(),
            options: outcome.options.unwrap_or_default(),
            record: outcome.record,
            marks: outcome.marks,
            floors: outcome.floors,
        }
    }
}

/// A part under a policy, of which much is asked: where the roots lie is looked up once.
pub struct View<'a> {
    judged: &'a Judged<'a>,
    model: &'a Model,
    situations: Vec<Situation<'a>>,
}

impl<'a> View<'a> {
    /// Looks at a part.
    pub fn new(model: &'a Model, judged: &'a Judged<'a>) -> View<'a> {
        View { judged, model, situations: Situation::all(model, judged) }
    }

    /// What is known of a formula, in all forms and spellings of the part.
    pub fn truth(&self, formula: &Formula) -> Truth {
        for_all(self.situations.iter().map(|situation| situation.truth(formula)))
    }

    /// Decides the part, with the paths that `count` sentences add to it.
    ///
    /// # Cost
    /// Every rule is asked.
    pub fn verdict(&self) -> Verdict {
        decide_part(self.model, self.judged).into()
    }

    /// Decides the part without the paths that `count` sentences add to it. They may still have
    /// made its default fall away.
    pub fn own_verdict(&self) -> Verdict {
        self.situations
            .iter()
            .map(|situation| decide_own(situation, &count::decide(situation)))
            .reduce(Outcome::strictest)
            .unwrap_or_default()
            .into()
    }
}

/// Whether the pattern of a token matches the whole of one.
pub fn token_matches(pattern: &TokenPattern, token: &str) -> bool {
    token::matches(pattern, token, false)
}

/// The rules that can match a part, and how: indices into [`Model::rules`], in their order.
///
/// Where a root has several bindings that matter, a rule matches certainly only if it does so for
/// each of them.
pub fn matches(model: &Model, judged: &Judged<'_>) -> Vec<(usize, Truth)> {
    asked_rules(model, judged.part)
        .map(|(index, rule)| (index, truth_in_all_situations(model, judged, &rule.when)))
        .filter(|(_, truth)| truth.can_hold())
        .collect()
}

/// What is known of a formula for a part, in all forms of a command: with names compared exactly,
/// or with `fold` as file systems that ignore case compare them.
///
/// Where a root has several bindings that matter, it holds certainly only if it does so for each
/// of them.
pub fn truth(model: &Model, judged: &Judged<'_>, formula: &Formula, fold: bool) -> Truth {
    for_all(Situation::all(model, judged).iter().map(|situation| {
        situation
            .readings_in_spelling(fold)
            .iter()
            .fold(Truth::NO, |any, reading| any | reading.weight(reading.truth(formula)))
    }))
}

fn truth_in_all_situations(model: &Model, judged: &Judged<'_>, formula: &Formula) -> Truth {
    for_all(Situation::all(model, judged).iter().map(|situation| situation.truth(formula)))
}

/// Certain where all are certain; possible where one is possible.
fn for_all(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.reduce(|one, other| one & other | (one | other).of_another_form()).unwrap_or(Truth::NO)
}

/// Whether a part is judged by a rule: the rule has its action, and of addresses that a name
/// resolved to, it speaks of destinations.
pub fn is_asked(rule: &Rule, part: &Part<'_>) -> bool {
    rule.actions.contains(part.action)
        && (!is_resolved_address(part) || asks_for_a_destination(&rule.when))
}

/// The words of a command that are, or may be, one of the flags of a constraint, by position.
pub(crate) fn flag_words(words: &[Word<'_>], constraint: &FlagConstraint) -> Vec<usize> {
    command::Words { words, fold: false }.flag_words(constraint)
}

/// Hands out the paths that `count` sentences add to a part, each as often as it is named.
pub fn counted(model: &Model, judged: &Judged<'_>, visit: &mut dyn FnMut(&Judged<'_>)) {
    for situation in Situation::all(model, judged) {
        count::visit(&situation, visit);
    }
}

/// The rules that a part is judged by.
fn asked_rules<'m>(model: &'m Model, part: &Part<'_>) -> impl Iterator<Item = (usize, &'m Rule)> {
    model.rules.iter().enumerate().filter(move |(_, rule)| is_asked(rule, part))
}

/// Decides one part: the strictest that follows from any situation.
fn decide_part(model: &Model, judged: &Judged<'_>) -> Outcome {
    Situation::all(model, judged)
        .iter()
        .map(decide_situation)
        .reduce(Outcome::strictest)
        .unwrap_or_default()
}

fn decide_situation(situation: &Situation<'_>) -> Outcome {
    let counts = count::decide(situation);
    decide_own(situation, &counts).strictest(counts.outcome)
}

/// What is decided of a part itself, of what it counts as aside.
fn decide_own(situation: &Situation<'_>, counts: &count::Counts) -> Outcome {
    let Situation { model, judged, .. } = situation;
    let part = judged.part;
    let mut own =
        Outcome { floors: part.floors.without(accepted(situation)), ..Outcome::default() };
    // Nothing is said of a command that is none, or of what a name resolved to, by default.
    let has_default = !runs_nothing(part) && !is_resolved_address(part);
    let mut default_stands = has_default && !counts.cover;
    if has_default && counts.cover {
        own.tier = Some(Tier::Allow);
    }

    for (index, rule) in asked_rules(model, part) {
        let truth = situation.truth(&rule.when);
        if !truth.can_hold() {
            continue;
        }
        match &rule.effect {
            Effect::Record(level) => own.record = own.record.max(*level),
            Effect::Mark(mark) => own.marks |= 1u64.checked_shl(mark.0.into()).unwrap_or(0),
            Effect::Tier(..) if runs_nothing(part) => {}
            Effect::Tier(tier, options) => {
                let tier = if truth.is_possible() { *tier } else { (*tier).min(Tier::Ask) };
                own = own.strictest(Outcome {
                    tier: Some(tier),
                    rule: Some(index),
                    options: Some(options.clone()),
                    ..Outcome::default()
                });
                if truth.is_certain() && model.may_loosen(part.action, rule.layer) {
                    default_stands = false;
                }
            }
        }
    }
    if default_stands {
        own = own.strictest(Outcome {
            tier: Some(model.default_tier(part.action)),
            default: true,
            options: Some(RuleOptions::default()),
            ..Outcome::default()
        });
    }

    if !own.floors.is_empty() {
        own = own.raised_to(Tier::Ask);
    }
    let may_leave = own.options.as_ref().is_some_and(|options| options.outside_sandbox);
    if judged.request.escalated == Some(true) && own.tier.is_some() && !may_leave {
        own = own.raised_to(Tier::Ask);
    }
    own
}

/// The floors that the policy lifts for a part.
fn accepted(situation: &Situation<'_>) -> Floors {
    let Situation { model, .. } = situation;
    model
        .accepts
        .iter()
        .filter(|accept| model.may_loosen(Action::Run, accept.layer))
        .filter(|accept| situation.truth(&accept.when).is_certain())
        .fold(Floors::NONE, |all, accept| all.union(accept.floors))
}

fn runs_nothing(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Command(command) if command.nothing_runs)
}

fn is_resolved_address(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Endpoint(Endpoint { resolved: true, .. }))
}

/// Whether a rule has objects that may be addresses: a destination outside of every `Not`.
fn asks_for_a_destination(formula: &Formula) -> bool {
    match formula {
        Formula::Atom(Atom::Destination(_)) => true,
        Formula::And(parts) | Formula::Or(parts) => parts.iter().any(asks_for_a_destination),
        Formula::True | Formula::Atom(_) | Formula::Not(_) => false,
    }
}
