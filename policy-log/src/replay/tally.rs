//! What was counted in a part of a log. Tallies are added in the order of the log, so that whatever
//! is kept of the first, and whatever no longer has room, does not hang on threads.

use std::collections::BTreeMap;

use policy_eval::record::Time;
use policy_eval::{
    Action, Decision, Floors, Layer, Policy, Request, RuleRef, Session, Tier, to_json,
};
use rustc_hash::FxHashMap;

use super::{Broken, Place};
use crate::entry::Outcome;
use crate::kind;

/// What decided: a rule of the policy by its place in the order of rules, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cause(pub(crate) u32);

impl Cause {
    pub(crate) const NO_OBJECTION: Cause = Cause(u32::MAX);
    pub(crate) const SANDBOX: Cause = Cause(u32::MAX - 1);
    pub(crate) const FLOOR: Cause = Cause(u32::MAX - 2);
    pub(crate) const DEFAULT: Cause = Cause(u32::MAX - 3);
}

/// A policy, and its rules by name.
pub(crate) struct Side<'p> {
    pub(crate) policy: &'p Policy,
    rules: FxHashMap<(&'p str, Layer), u32>,
}

impl<'p> Side<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Side<'p> {
        let rules = policy.deciding_rules().zip(0..);
        Side { policy, rules: rules.map(|((rule, _), at)| ((rule.name, rule.layer), at)).collect() }
    }

    fn rule(&self, rule: &RuleRef<'_>) -> Cause {
        self.rules.get(&(rule.name, rule.layer)).map_or(Cause::NO_OBJECTION, |&at| Cause(at))
    }

    fn cause(&self, decision: &Decision<'_>) -> Cause {
        match decision.rule {
            Some(rule) => self.rule(&rule),
            None if decision.default => Cause::DEFAULT,
            None if decision.floors != Floors::NONE && decision.tier != Tier::Allow => Cause::FLOOR,
            None if decision.tier == Tier::Ask => Cause::SANDBOX,
            None => Cause::NO_OBJECTION,
        }
    }
}

/// How often each tier.
pub type Tiers = [u64; 4];
/// How often each outcome, in the order of [`Outcome::ALL`].
pub type Outcomes = [u64; 4];

/// The most kinds that are told apart; the others are counted as one for each cause.
const MOST_KINDS: usize = 4096;
const MOST_CHANGES: usize = 4096;
/// The most days that are told apart.
const MOST_DAYS: usize = 1000;
/// How many broken lines are told.
const MOST_BROKEN: usize = 10;
/// What the kinds beyond are called.
pub(crate) const OTHERS: &str = "(others)";

/// What was counted.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    /// Records that have no request in them.
    pub(crate) without_request: u64,
    pub(crate) broken: u64,
    pub(crate) first_broken: Vec<Broken>,
    pub(crate) actions: FxHashMap<Action, Tiers>,
    pub(crate) causes: FxHashMap<Cause, CauseCount>,
    kind_index: FxHashMap<Box<[u8]>, u32>,
    pub(crate) kinds: Vec<KindCount>,
    change_index: FxHashMap<ChangeKey, u32>,
    pub(crate) changes: Vec<ChangeCount>,
    pub(crate) changes_left_out: u64,
    pub(crate) days: BTreeMap<u64, Tiers>,
    pub(crate) times: Option<(Time, Time)>,
    key: Vec<u8>,
    fired: Vec<Cause>,
}

/// Of what decided.
#[derive(Clone, Copy, Default)]
pub(crate) struct CauseCount {
    /// The requests that it decided, by their tier.
    pub(crate) tiers: Tiers,
    /// The requests of which it decided at least a part.
    pub(crate) fired: u64,
}

/// Requests alike.
pub(crate) struct KindCount {
    key: Box<[u8]>,
    pub(crate) cause: Cause,
    pub(crate) tier: Tier,
    pub(crate) action: Action,
    pub(crate) what: Box<str>,
    pub(crate) count: u64,
    pub(crate) outcomes: Outcomes,
    /// Of those that somebody answered: how long it took together.
    pub(crate) waited_ms: u64,
    pub(crate) waits: u64,
    /// The first one, as text.
    pub(crate) example: String,
    pub(crate) place: Place,
}

type ChangeKey = (Action, Cause, Tier, Cause, Tier);

/// Requests that another policy would decide otherwise, alike.
pub(crate) struct ChangeCount {
    pub(crate) key: ChangeKey,
    pub(crate) count: u64,
    pub(crate) example: String,
    pub(crate) request: String,
    pub(crate) place: Place,
}

/// What is known of an action beside the request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances {
    pub(crate) time: Option<Time>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) waited_ms: Option<u64>,
}

/// The marks of a session under each policy.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) policy: Session,
    pub(crate) against: Session,
}

impl Marks {
    pub(crate) fn is_empty(&self) -> bool {
        self.policy.marks().next().is_none() && self.against.marks().next().is_none()
    }
}

impl Tally {
    /// Decides a request, and counts what came of it.
    pub(crate) fn decide(
        &mut self,
        sides: (&Side<'_>, Option<&Side<'_>>),
        request: &Request<'_>,
        known: &Circumstances,
        place: Place,
        marks: Option<&mut Marks>,
    ) {
        let (side, against) = sides;
        let decision = match &marks {
            Some(marks) if !marks.is_empty() => with_marks(&marks.policy, request, |request| {
                self.count(side, request, known, place)
            }),
            _ => self.count(side, request, known, place),
        };
        let other = against.map(|against| match &marks {
            Some(marks) if !marks.is_empty() => marks.against.decide(against.policy, request),
            _ => against.policy.decide(request),
        });
        if let (Some(against), Some(other)) = (against, other)
            && other.tier != decision.tier
        {
            let causes = (side.cause(&decision), against.cause(&other));
            let key = (request.action, causes.0, decision.tier, causes.1, other.tier);
            self.change(key, request, side.policy, place);
        }
        // What was refused marks nothing.
        if let Some(marks) = marks
            && known.outcome.is_none_or(Outcome::happened)
        {
            marks.policy.done(&decision);
            if let Some(other) = &other {
                marks.against.done(other);
            }
        }
    }

    fn count<'p>(
        &mut self,
        side: &Side<'p>,
        request: &Request<'_>,
        known: &Circumstances,
        place: Place,
    ) -> Decision<'p> {
        let mut fired = std::mem::take(&mut self.fired);
        let mut what = std::mem::take(&mut self.key);
        fired.clear();
        what.clear();
        // The cause, the tier and the action stand before the words; they are known last.
        what.resize(KEY_HEAD, 0);
        let mut words = String::from_utf8(what).unwrap_or_default();
        let mut strictest = None;
        let decision = side.policy.decide_each(request, &mut |part, tier, rule| {
            if let Some(rule) = rule {
                let cause = side.rule(&rule);
                if !fired.contains(&cause) {
                    fired.push(cause);
                }
            }
            if strictest < Some(tier) {
                strictest = Some(tier);
                words.truncate(KEY_HEAD);
                kind::describe(part, request.roots, &mut words);
            }
        });
        let cause = side.cause(&decision);
        for &rule in &fired {
            self.causes.entry(rule).or_default().fired += 1;
        }
        let tier = decision.tier as usize;
        let counted = self.causes.entry(cause).or_default();
        counted.tiers[tier] += 1;
        counted.fired += u64::from(!fired.contains(&cause));
        self.requests += 1;
        self.actions.entry(request.action).or_default()[tier] += 1;
        self.fired = fired;
        let mut key = words.into_bytes();
        key[..4].copy_from_slice(&cause.0.to_le_bytes());
        key[4] = decision.tier as u8;
        key[5] = request.action as u8;
        let at = match self.kind_index.get(&*key) {
            Some(&at) => at,
            None => {
                let what = String::from_utf8_lossy(&key[KEY_HEAD..]).into();
                // Without room it would be forgotten at once.
                let has_room = self.kinds.len() < MOST_KINDS;
                let example = match has_room {
                    true => example(side.policy, request, decision.tier),
                    false => String::new(),
                };
                self.new_kind(KindCount {
                    key: key.as_slice().into(),
                    cause,
                    tier: decision.tier,
                    action: request.action,
                    what,
                    count: 0,
                    outcomes: [0; 4],
                    waited_ms: 0,
                    waits: 0,
                    example,
                    place,
                })
            }
        };
        self.key = key;
        let kind = &mut self.kinds[at as usize];
        kind.count += 1;
        if let Some(outcome) = known.outcome {
            kind.outcomes[outcome as usize] += 1;
        }
        if let Some(waited) = known.waited_ms {
            kind.waited_ms = kind.waited_ms.saturating_add(waited);
            kind.waits += 1;
        }
        if let Some(time) = known.time {
            self.at_time(time, decision.tier);
        }
        decision
    }

    fn at_time(&mut self, time: Time, tier: Tier) {
        const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;
        self.between((time, time));
        let day = time.unix_nanos() / DAY;
        if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
            self.days.entry(day).or_default()[tier as usize] += 1;
        }
    }

    fn between(&mut self, (first, last): (Time, Time)) {
        self.times = Some(match self.times {
            None => (first, last),
            Some((from, to)) => (from.min(first), to.max(last)),
        });
    }

    /// The place of a kind that is not there yet, or of those that have no room.
    fn new_kind(&mut self, mut kind: KindCount) -> u32 {
        if MOST_KINDS <= self.kinds.len() {
            let head = &kind.key[..KEY_HEAD];
            kind.key = [head, OTHERS.as_bytes()].concat().into();
            kind.what = OTHERS.into();
            if let Some(&at) = self.kind_index.get(&kind.key) {
                return at;
            }
        }
        let at = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        self.kind_index.insert(kind.key.clone(), at);
        self.kinds.push(kind);
        at
    }

    fn change(&mut self, key: ChangeKey, request: &Request<'_>, policy: &Policy, place: Place) {
        if let Some(&at) = self.change_index.get(&key) {
            self.changes[at as usize].count += 1;
            return;
        }
        let tier = key.2;
        self.new_change(ChangeCount {
            key,
            count: 1,
            example: example(policy, request, tier),
            request: to_json(request).canonical(),
            place,
        });
    }

    fn new_change(&mut self, change: ChangeCount) {
        if MOST_CHANGES <= self.changes.len() {
            self.changes_left_out += change.count;
            return;
        }
        let at = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        self.change_index.insert(change.key, at);
        self.changes.push(change);
    }

    /// A line that is not understood.
    pub(crate) fn broken(&mut self, place: Place, why: String) {
        self.broken += 1;
        if self.first_broken.len() < MOST_BROKEN {
            self.first_broken.push(Broken { place, why });
        }
    }

    /// Adds what was counted behind this.
    pub(crate) fn add(&mut self, next: Tally) {
        self.requests += next.requests;
        self.without_request += next.without_request;
        self.broken += next.broken;
        let room = MOST_BROKEN - self.first_broken.len().min(MOST_BROKEN);
        self.first_broken.extend(next.first_broken.into_iter().take(room));
        for (action, tiers) in next.actions {
            add(self.actions.entry(action).or_default(), &tiers);
        }
        for (cause, counted) in next.causes {
            let own = self.causes.entry(cause).or_default();
            add(&mut own.tiers, &counted.tiers);
            own.fired += counted.fired;
        }
        for kind in next.kinds {
            let (count, outcomes) = (kind.count, kind.outcomes);
            let (waited_ms, waits) = (kind.waited_ms, kind.waits);
            let at = match self.kind_index.get(&kind.key) {
                Some(&at) => at,
                None => self.new_kind(KindCount {
                    count: 0,
                    outcomes: [0; 4],
                    waited_ms: 0,
                    waits: 0,
                    ..kind
                }),
            };
            let own = &mut self.kinds[at as usize];
            own.count += count;
            add(&mut own.outcomes, &outcomes);
            own.waited_ms = own.waited_ms.saturating_add(waited_ms);
            own.waits += waits;
        }
        for change in next.changes {
            match self.change_index.get(&change.key) {
                Some(&at) => self.changes[at as usize].count += change.count,
                None => self.new_change(change),
            }
        }
        self.changes_left_out += next.changes_left_out;
        for (day, tiers) in next.days {
            if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
                add(self.days.entry(day).or_default(), &tiers);
            }
        }
        if let Some(times) = next.times {
            self.between(times);
        }
    }
}

/// What stands before the words in a key: cause, tier, action.
const KEY_HEAD: usize = 6;

fn add(own: &mut [u64; 4], others: &[u64; 4]) {
    for (own, other) in own.iter_mut().zip(others) {
        *own += other;
    }
}

fn with_marks<R>(session: &Session, request: &Request<'_>, f: impl FnOnce(&Request<'_>) -> R) -> R {
    let marks: Vec<&str> = request.marks.iter().copied().chain(session.marks()).collect();
    f(&Request { marks: &marks, ..*request })
}

/// The part that decided, as text.
fn example(policy: &Policy, request: &Request<'_>, tier: Tier) -> String {
    let mut parts = Vec::new();
    policy.decide_parts(request, &mut |part| parts.push(part));
    let decided = parts.iter().position(|part| part.tier == tier).unwrap_or(0);
    let text = match decided < parts.len() {
        true => parts.swap_remove(decided).part,
        false => request.action.name().to_owned(),
    };
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
