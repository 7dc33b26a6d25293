//! Why a request was not allowed, and how near one that was allowed is to being stopped.
//!
//! A decision names the rule that made it. A person who wants to go on asks something else: which
//! rule would have allowed this, what would have had to be different, and would that have helped?
//!
//! ```text
//!   the part that decided ──► obstacles   denies, the default, floors, layers
//!            │                nearest     rules that would allow it, fewest differences first
//!            ▼                   │
//!      changed request  ◄────────┘        decided again: only what is confirmed is promised
//! ```
//!
//! A *difference* is one condition of a rule that would have to be otherwise. Of an `or` the
//! cheapest branch counts, of several patterns the nearest. An attribute is one difference; an
//! object has as many as it has words, components or labels that differ. Rules with fewer
//! differences come first, among them those where an attribute differs and not the object, then
//! those that stand first in rank order.
//!
//! In: [`why_not`], [`nearest_denial`]. The interpreter judges.

mod align;
mod change;
mod differ;
mod objects;
mod sample;
mod text;

use policy_eval::{
    Attr, Endpoint, Floor, Floors, Judged, Object, Part, Request, Tier, canon, describe, safe,
};

use crate::interp::{self, Verdict, View, is_asked};
use crate::model::{AttrRef, Effect, Model, Rule};
use change::{Change, Value, joined, with_changes};
use differ::{Differ, Gap, Sure};
use objects::Subject;

/// Why a request was not allowed. All text is safe to print.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyNot {
    /// The part that decided: `run git push --force`.
    pub part: String,
    /// Its tier.
    pub tier: Tier,
    /// How many other parts are as strict.
    pub others: usize,
    /// What makes it as strict, the strictest first.
    pub obstacles: Vec<Obstacle>,
    /// How many obstacles more there are.
    pub more_obstacles: usize,
    /// The nearest rules that would have allowed it; three at most.
    pub nearest: Vec<Nearby>,
}

/// What stands in the way of a looser decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// What it is.
    pub cause: Cause,
    /// What would have to be otherwise for a rule not to match.
    pub differences: Vec<Difference>,
    /// A changed request that a rule no longer stops, as far as one could be made.
    pub fix: Option<Fix>,
}

/// What made a decision as strict as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A rule that matches, by its index in [`Model::rules`].
    Rule {
        /// The index.
        rule: usize,
        /// What it asks for: less than it writes where it matches only for some value of a word
        /// that is known when the command runs.
        tier: Tier,
        /// Whether it matches whatever the facts are that are not known.
        certain: bool,
    },
    /// No rule that may loosen it matches for certain, so the default takes part, with this tier.
    Default(Tier),
    /// Something was not understood.
    Floor(Floor),
    /// The request asks to leave the sandbox, which no rule that matches lets it do silently.
    Sandbox,
    /// A looser rule matches, but stands in a layer that may not loosen the action.
    Layer(usize),
}

/// A rule that would have allowed the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearby {
    /// Its index in [`Model::rules`].
    pub rule: usize,
    /// What would have to be otherwise for it to match; nothing where it matches.
    pub differences: Vec<Difference>,
    /// A changed request that was decided and is allowed.
    pub fix: Option<Fix>,
    /// What would stop the changed request still, where one could be made and was stopped.
    pub still: Option<Fix>,
}

/// A condition that would have to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it speaks of: `branch`, `command`, `destination`.
    pub what: String,
    /// Whether the request says anything of it.
    pub sent: bool,
    /// What that is in the request. None where it was not sent, and where it is not shown:
    /// arguments of tools and declared attributes may be nobody's business.
    pub is: Option<String>,
    /// What the rule asks for, in words of the language.
    pub needs: String,
    /// Where an object and the nearest pattern part.
    pub place: Option<String>,
}

/// A changed request, and what was decided of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What was changed beside the object: `branch = "topic"`.
    pub changes: Vec<String>,
    /// The part as it then reads, where the object was changed: `run git push`.
    pub part: Option<String>,
    /// What was decided: of the part, where the request has several.
    pub tier: Tier,
    /// The rule that decided.
    pub rule: Option<usize>,
    /// The tier of the whole request, where another part is stricter.
    pub whole: Option<Tier>,
}

/// The denial that a request which was allowed is nearest to. All text is safe to print.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestDenial {
    /// The part that is near.
    pub part: String,
    /// The rule, by its index in [`Model::rules`].
    pub rule: usize,
    /// What would have to be otherwise for it to match.
    pub differences: Vec<Difference>,
    /// A changed request that was decided and is not allowed.
    pub fix: Option<Fix>,
}

/// How many rules are named.
const NAMED: usize = 3;
/// How many of the nearest are looked at closely.
const KEPT: usize = 5;
/// How many obstacles are named.
const OBSTACLES: usize = 3;
/// How many changed requests are decided.
const TRIALS: usize = 6;
/// How many differences a denial may have to be near.
const NEAR: u32 = 3;
/// How many parts are looked at for a denial that is near.
const PARTS: usize = 4;

/// Why a request was not allowed: what stands in the way, and the nearest rules that would have
/// allowed it. None where it was allowed.
///
/// Of a request with several parts the first of the strictest is looked at. A request that is
/// `ask` or `deny` looks for `allow` and `review`, one that is `review` for `allow`.
///
/// # Example
/// ```
/// use policy_eval::Request;
/// use policy_lang::{check::no_includes, load, span::Source, why};
///
/// let text = "allow run \"make ...\" when branch == \"dev\"";
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// let request = Request { branch: Some("main"), ..Request::argv(&["make", "test"]) };
/// let found = why::why_not(&model, &request).unwrap();
/// assert_eq!(found.nearest[0].differences[0].to_string(), "branch is `main`, not `dev`");
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Cost
/// One pass over the rules to find the part that decided, one over those of its action, where a
/// rule is left as soon as it is further away than those that were found, and at most six
/// decisions of changed requests.
pub fn why_not(model: &Model, request: &Request<'_>) -> Option<WhyNot> {
    let places = places(model, request);
    let decisive = decisive(&places)?;
    if decisive.tier == Tier::Allow {
        return None;
    }
    let others = places.iter().filter(|place| place.tier == decisive.tier).count() - 1;
    let is_single = places.len() == 1;
    at(model, request, decisive, |judged| {
        let view = View::new(model, judged);
        let subject = Subject::new(model, judged);
        let differ = Differ { model, judged, view: &view, subject: &subject, sure: Sure::Certain };
        Search { differ, place: *decisive, is_single, trials: 0 }.why_not(others)
    })
}

/// The nearest rule that would have stopped a request that was allowed. None where it was not
/// allowed, or nothing that stops is near.
///
/// # Cost
/// As [`why_not`]; of a request with many parts the first four are looked at.
pub fn nearest_denial(model: &Model, request: &Request<'_>) -> Option<NearestDenial> {
    let places = places(model, request);
    if decisive(&places)?.tier != Tier::Allow {
        return None;
    }
    let is_single = places.len() == 1;
    let mut best: Option<((u32, u32), NearestDenial)> = None;
    for place in places.iter().take(PARTS) {
        let found = at(model, request, place, |judged| {
            let view = View::new(model, judged);
            let subject = Subject::new(model, judged);
            let differ =
                Differ { model, judged, view: &view, subject: &subject, sure: Sure::Possible };
            Search { differ, place: *place, is_single, trials: 0 }.denial()
        });
        if let Some(found) = found.flatten()
            && best.as_ref().is_none_or(|best| found.0 < best.0)
        {
            best = Some(found);
        }
    }
    best.map(|(_, denial)| denial)
}

/// Where in a request something was decided.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Which part.
    part: usize,
    /// Which of the files that the part counts as.
    counted: Option<usize>,
    tier: Tier,
    alternative: bool,
    /// What decided it.
    rule: Option<usize>,
    default: bool,
    floors: Floors,
}

impl Place {
    fn new(part: usize, counted: Option<usize>, alternative: bool, verdict: &Verdict) -> Place {
        let &Verdict { tier, rule, default, floors, .. } = verdict;
        Place { part, counted, tier, alternative, rule, default, floors }
    }
}

/// Everything in a request that is decided by itself.
fn places(model: &Model, request: &Request<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut part = 0;
    canon::parts(request, &mut |judged| {
        let alternative = judged.part.alternative;
        let view = View::new(model, judged);
        let own = view.own_verdict();
        places.push(Place::new(part, None, alternative, &own));
        let mut counted = 0;
        // A file that is one only for some value of a word counts for less than it is.
        let mut most = None;
        interp::counted(model, judged, &mut |file| {
            let most = *most.get_or_insert_with(|| view.verdict().tier);
            let verdict = View::new(model, file).verdict();
            let place = Place::new(part, Some(counted), alternative, &verdict);
            places.push(Place { tier: place.tier.min(most), ..place });
            counted += 1;
        });
        part += 1;
    });
    places
}

/// The first place with the tier of the request.
fn decisive(places: &[Place]) -> Option<&Place> {
    let strictest = |alternative: bool| {
        let own = places.iter().filter(move |place| place.alternative == alternative);
        own.rev().max_by_key(|place| place.tier)
    };
    // Of readings of which one is meant, the loosest counts.
    let loosest = {
        let own = places.iter().filter(|place| place.alternative && place.counted.is_none());
        own.min_by_key(|place| place.tier)
    };
    match (strictest(false), loosest) {
        (Some(one), Some(other)) => Some(if one.tier < other.tier { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// Hands out what is judged at a place.
fn at<R>(
    model: &Model,
    request: &Request<'_>,
    place: &Place,
    ask: impl FnOnce(&Judged<'_>) -> R,
) -> Option<R> {
    let mut ask = Some(ask);
    let mut answer = None;
    let mut part = 0;
    canon::parts(request, &mut |judged| {
        if part == place.part {
            match place.counted {
                None => answer = ask.take().map(|ask| ask(judged)),
                Some(wanted) => {
                    let mut counted = 0;
                    interp::counted(model, judged, &mut |file| {
                        if counted == wanted {
                            answer = ask.take().map(|ask| ask(file));
                        }
                        counted += 1;
                    });
                }
            }
        }
        part += 1;
    });
    answer
}

/// A rule that does not match, and by how much.
struct Candidate<'m> {
    rule: usize,
    gap: Gap<'m>,
    /// It matches only inside the sandbox, and the request asks to leave it.
    stays_inside: bool,
}

impl Candidate<'_> {
    fn key(&self) -> (u32, u32, usize) {
        let (cost, of_the_object) = self.gap.key();
        (cost + u32::from(self.stays_inside), of_the_object, self.rule)
    }

    fn is_far(&self) -> bool {
        objects::FAR <= self.gap.of_the_object
    }
}

/// The nearest of many, kept in order.
struct Nearest<'m>(Vec<Candidate<'m>>);

impl<'m> Nearest<'m> {
    /// What a candidate may cost to be kept.
    fn limit(&self) -> u32 {
        const MOST: u32 = objects::LIMIT + 2;
        match self.0.get(KEPT - 1) {
            Some(last) => last.key().0.min(MOST),
            None => MOST,
        }
    }

    fn add(&mut self, candidate: Candidate<'m>) {
        let at = self.0.partition_point(|known| known.key() <= candidate.key());
        self.0.insert(at, candidate);
        self.0.truncate(KEPT);
    }
}

/// The search at one place.
struct Search<'a> {
    differ: Differ<'a>,
    place: Place,
    /// The place is the whole request.
    is_single: bool,
    /// How many changed requests were decided.
    trials: usize,
}

impl<'a> Search<'a> {
    fn why_not(&mut self, others: usize) -> WhyNot {
        let Differ { model, judged, view, .. } = self.differ;
        let part = judged.part;
        // Where a file that it counts as decides, that has a place of its own.
        let own = self.place;
        let goal = if self.place.tier == Tier::Review { Tier::Allow } else { Tier::Review };
        let escalated = judged.request.escalated == Some(true);
        let mut nearest = Nearest(vec![]);
        let mut blocking: Vec<(usize, Tier, bool)> = vec![];
        let mut powerless = None;
        for (index, rule, tier) in tier_rules(model, part) {
            if goal < tier {
                let truth = view.truth(&rule.when);
                let tier = if truth.is_possible() { tier } else { tier.min(Tier::Ask) };
                if truth.can_hold() {
                    blocking.push((index, tier, truth.is_certain()));
                }
            } else if model.may_loosen(part.action, rule.layer) {
                let stays_inside = escalated && !lets_out(rule);
                if let Some(gap) = self.differ.gap(&rule.when, true, nearest.limit()) {
                    nearest.add(Candidate { rule: index, gap, stays_inside });
                }
            } else if powerless.is_none() && view.truth(&rule.when).is_certain() {
                powerless = Some(index);
            }
        }
        let is_matched = nearest.0.first().is_some_and(|first| first.gap.cost == 0);
        let default_stands = own.default
            || goal == Tier::Review
                && !is_matched
                && has_default(part)
                && goal < model.default_tier(part.action);

        let more_obstacles = blocking.len().saturating_sub(OBSTACLES);
        blocking.truncate(OBSTACLES);
        let mut obstacles = Vec::new();
        // What keeps all obstacles from matching; none where that cannot be said.
        let mut free: Option<Vec<Change>> = Some(vec![]);
        for (rule, tier, certain) in blocking {
            let gap = self.differ.gap(&model.rules[rule].when, false, u32::MAX / 2);
            let (differences, changes) = match gap {
                Some(gap) => self.steps(&gap),
                None => (vec![], None),
            };
            free = free.zip(changes).and_then(|(free, own)| joined(free.into_iter().chain(own)));
            obstacles.push(Obstacle {
                cause: Cause::Rule { rule, tier, certain },
                differences,
                fix: None,
            });
        }
        if own.floors.is_empty() && default_stands {
            obstacles.push(Obstacle::of(Cause::Default(model.default_tier(part.action))));
        }
        obstacles.extend(powerless.map(|rule| Obstacle::of(Cause::Layer(rule))));
        obstacles.extend(own.floors.iter().map(|floor| Obstacle::of(Cause::Floor(floor))));
        if escalated && own.rule.is_none() && !own.default {
            obstacles.push(Obstacle::of(Cause::Sandbox));
        }
        // A rule without whose flag, branch or the like it would go through by itself.
        if (is_matched || !default_stands)
            && let Some(free) = free.as_ref().filter(|free| !free.is_empty())
            && let Some(answer) = self.trial(free)
            && answer.tier <= goal
            && let Some(first) =
                obstacles.iter_mut().find(|one| matches!(one.cause, Cause::Rule { .. }))
        {
            first.fix = Some(answer);
        }

        // Rules about something else are noise where a rule about this very thing can be met, and
        // where no rule helps.
        let is_hopeless = own.floors.iter().any(|floor| !floor.can_be_lifted());
        let mut can_be_met = is_matched;
        // What keeps the obstacles away is part of what was confirmed.
        let mut is_met = obstacles.iter().any(|obstacle| obstacle.fix.is_some());
        let mut found: Vec<Nearby> = Vec::new();
        let near_enough = nearest.0.first().map_or(0, |first| first.key().0 + 1);
        for candidate in nearest.0 {
            // Beside a rule that nearly allows it, one that is twice as far tells nothing.
            if near_enough < candidate.key().0 {
                break;
            }
            let is_of_another = 0 < candidate.gap.of_the_object;
            if is_hopeless || candidate.is_far() || is_of_another && can_be_met {
                continue;
            }
            let (nearby, is_freed) = self.nearby(&candidate, free.as_deref(), goal);
            is_met |= is_freed;
            can_be_met |= nearby.fix.is_some() && !is_of_another;
            let is_known = found.iter().any(|known| known.fix.is_some() && known.fix == nearby.fix);
            if !is_known {
                found.push(nearby);
            }
        }
        // What was confirmed comes before what was not; else as they were.
        found.sort_by_key(|nearby| nearby.still.is_some());
        found.truncate(NAMED);
        for obstacle in &mut obstacles {
            let Cause::Rule { rule, certain, .. } = obstacle.cause else { continue };
            let is_bare = obstacle.differences.iter().all(|difference| difference.place.is_none());
            // What helps nobody is no way out: say what it is that the rule is about.
            if certain
                && is_bare
                && !is_met
                && let Some(matched) = self.differ.matched(&model.rules[rule].when)
            {
                obstacle.differences = vec![matched];
            }
        }
        WhyNot {
            part: describe(part),
            tier: self.place.tier,
            others,
            obstacles,
            more_obstacles,
            nearest: found,
        }
    }

    /// The rule, and whether it would allow the request once what stands in the way is gone.
    fn nearby(
        &mut self,
        candidate: &Candidate<'_>,
        free: Option<&[Change]>,
        goal: Tier,
    ) -> (Nearby, bool) {
        let (mut differences, mut changes) = self.steps(&candidate.gap);
        if candidate.stays_inside {
            let escalated = AttrRef::Builtin(Attr::Escalated);
            differences.push(Difference {
                what: "escalated".to_owned(),
                sent: true,
                is: Some("true".to_owned()),
                needs: "false".to_owned(),
                place: Some("it asks to leave the sandbox, which the rule does not let it".into()),
            });
            if let Some(changes) = &mut changes {
                changes.push(Change::Attribute(escalated, Some(Value::Bool(false))));
            }
        }
        let mut nearby = Nearby { rule: candidate.rule, differences, fix: None, still: None };
        let Some(changes) = changes else { return (nearby, false) };
        let both = free.and_then(|free| joined(changes.iter().chain(free).cloned()));
        let mut attempts: Vec<Vec<Change>> = Vec::new();
        if !changes.is_empty() {
            attempts.push(changes);
        }
        if let Some(both) = both
            && !both.is_empty()
            && !attempts.contains(&both)
            && !(attempts.is_empty() && nearby.differences.is_empty())
        {
            attempts.push(both);
        }
        let mut is_freed = false;
        for (index, attempt) in attempts.into_iter().enumerate() {
            let Some(answer) = self.trial(&attempt) else { continue };
            if answer.tier <= goal {
                nearby.still = None;
                nearby.fix = Some(answer);
                is_freed = 0 < index;
                break;
            }
            nearby.still = nearby.still.or(Some(answer));
        }
        (nearby, is_freed)
    }

    fn denial(&mut self) -> Option<((u32, u32), NearestDenial)> {
        let Differ { model, judged, .. } = self.differ;
        let mut nearest = Nearest(vec![]);
        for (index, rule, tier) in tier_rules(model, judged.part) {
            if tier <= Tier::Review {
                continue;
            }
            // What is further away would not be near.
            let limit = nearest.limit().min(NEAR);
            if let Some(gap) = self.differ.gap(&rule.when, true, limit) {
                nearest.add(Candidate { rule: index, gap, stays_inside: false });
            }
        }
        let mut found: Option<((u32, u32), NearestDenial)> = None;
        for candidate in nearest.0 {
            let (differences, changes) = self.steps(&candidate.gap);
            let fix = changes
                .and_then(|changes| self.trial(&changes))
                .filter(|answer| answer.rule == Some(candidate.rule) && Tier::Review < answer.tier);
            let is_confirmed = fix.is_some();
            let denial = NearestDenial {
                part: describe(judged.part),
                rule: candidate.rule,
                differences,
                fix,
            };
            if is_confirmed {
                return Some((candidate.gap.key(), denial));
            }
            found = found.or(Some((candidate.gap.key(), denial)));
        }
        found
    }

    /// The differences of a gap, and the changes that close it; none where they cannot be said.
    fn steps(&self, gap: &Gap<'_>) -> (Vec<Difference>, Option<Vec<Change>>) {
        let mut differences: Vec<Difference> = Vec::new();
        let mut changes = Some(vec![]);
        for literal in &gap.literals {
            let (difference, own) = self.differ.step(literal);
            if !differences.contains(&difference) {
                differences.push(difference);
            }
            changes = changes
                .zip(own)
                .and_then(|(all, own): (Vec<Change>, _)| joined(all.into_iter().chain(own)));
        }
        (differences, changes)
    }

    /// Decides the changed request. None where there is no such request, or enough were decided.
    fn trial(&mut self, changes: &[Change]) -> Option<Fix> {
        if changes.is_empty() || self.trials == TRIALS {
            return None;
        }
        let Differ { model, judged, .. } = self.differ;
        let is_object = changes.iter().any(Change::is_of_the_object);
        let is_own = self.place.counted.is_none()
            && judged.request.action == judged.part.action
            && !judged.part.alternative;
        let is_command = changes.iter().any(|change| matches!(change, Change::Words(_)));
        if is_object && !(is_own && (self.is_single || is_command)) {
            return None;
        }
        self.trials += 1;
        with_changes(model, judged, changes, |request| {
            let is_whole = self.is_single || is_command;
            let whole = interp::decide(model, request);
            let mut part = None;
            let mut answer = whole.clone();
            if is_whole {
                if is_object {
                    canon::parts(request, &mut |judged| {
                        part.get_or_insert_with(|| describe(judged.part));
                    });
                }
            } else {
                // Other parts may be as strict for reasons of their own.
                let before = describe(judged.part);
                answer = at(model, request, &self.place, |judged| {
                    (describe(judged.part) == before).then(|| View::new(model, judged).verdict())
                })??;
            }
            let Verdict { tier, rule, .. } = answer;
            let changes = changes.iter().filter_map(|change| text::change(model, change)).collect();
            let whole = (tier < whole.tier).then_some(whole.tier);
            Some(Fix { changes, part, tier, rule, whole })
        })?
    }
}

impl Obstacle {
    fn of(cause: Cause) -> Obstacle {
        Obstacle { cause, differences: vec![], fix: None }
    }
}

/// The tier rules that a part is judged by, in rank order.
fn tier_rules<'m>(
    model: &'m Model,
    part: &Part<'_>,
) -> impl Iterator<Item = (usize, &'m Rule, Tier)> {
    model.rules.iter().enumerate().filter_map(move |(index, rule)| match rule.effect {
        Effect::Tier(tier, _) if is_asked(rule, part) => Some((index, rule, tier)),
        _ => None,
    })
}

fn lets_out(rule: &Rule) -> bool {
    matches!(&rule.effect, Effect::Tier(_, options) if options.outside_sandbox)
}

/// Nothing is said by default of a command that is none, or of what a name resolved to.
fn has_default(part: &Part<'_>) -> bool {
    match part.object {
        Object::Command(command) => !command.nothing_runs,
        Object::Endpoint(Endpoint { resolved, .. }) => !resolved,
        _ => true,
    }
}

/// Text in backquotes, safe to print.
fn quoted(text: &str) -> String {
    format!("`{}`", safe(text))
}
