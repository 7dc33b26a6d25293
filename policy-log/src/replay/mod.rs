//! Replay: what a policy does with the actions in a log, and what another one would do otherwise.
//!
//! ```text
//!   logs ─► run: entries, decided on all cores ─► tallies ─► Report ─► human, json, markdown, html
//! ```
//!
//! A report counts requests by action, tier and by what decided; requests that a person would call
//! alike are a *kind*. It names rules that decided nothing. With a second policy it has every class
//! of decision that would be another: by action, both tiers, and what decides before and after.

pub mod html;
pub mod human;
pub mod json;
pub mod markdown;
mod run;
mod tally;
mod words;

use std::fmt;

use policy_eval::record::Time;
use policy_eval::{Action, Layer, Policy, RuleRef, Tier};

use crate::source::Format;

pub use run::{Options, replay};
use tally::{Cause, Tally};
pub use tally::{Outcomes, Tiers};

/// Why logs could not be replayed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// A log cannot be read.
    Unreadable {
        /// Its name.
        log: String,
        /// Why.
        error: std::io::Error,
    },
    /// A log is in no format that is known.
    UnknownFormat {
        /// Its name.
        log: String,
    },
    /// A line is not understood, and the options are strict.
    Broken {
        /// The log.
        log: String,
        /// The line, from 1.
        line: u64,
        /// Why, after the column where that is known.
        why: String,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Unreadable { log, error } => write!(f, "cannot read `{log}`: {error}"),
            ReplayError::UnknownFormat { log } => {
                let known = Format::ALL.map(Format::name).join("`, `");
                write!(
                    f,
                    "`{log}` is in no format that is known by its first lines; `--from` names one of `{known}`"
                )
            }
            ReplayError::Broken { log, line, why } => {
                f.write_str(&behind(&format!("{log}:{line}"), why))
            }
        }
    }
}

impl std::error::Error for ReplayError {}

/// A place, and what is wrong there, which may begin with the column.
fn behind(place: &str, why: &str) -> String {
    let blank = if why.starts_with(|c: char| c.is_ascii_digit()) { "" } else { " " };
    format!("{place}:{blank}{why}")
}

/// A place in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The log, by its place in [`Report::logs`].
    pub log: u32,
    /// The line, from 1.
    pub line: u64,
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub why: String,
}

/// A policy that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its digest.
    pub digest: String,
    /// The files that it was made from.
    pub files: Vec<String>,
}

impl Edition {
    fn new(policy: &Policy) -> Edition {
        Edition {
            name: policy.name().map(str::to_owned),
            version: policy.version().map(str::to_owned),
            digest: policy.digest().to_owned(),
            files: policy.files().map(str::to_owned).collect(),
        }
    }
}

/// A log that was replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedLog {
    /// Its name.
    pub name: String,
    /// Its format; none where it is empty.
    pub format: Option<Format>,
    /// How many requests it has.
    pub requests: u64,
}

/// A rule, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Rule {
    pub name: String,
    pub layer: Layer,
    pub tier: Tier,
    pub reason: Option<String>,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Rule {
    fn new((rule, tier): (RuleRef<'_>, Tier)) -> Rule {
        Rule {
            name: rule.name.to_owned(),
            layer: rule.layer,
            tier,
            reason: rule.reason.map(str::to_owned),
            file: rule.place.file.to_owned(),
            line: rule.place.line,
            column: rule.place.column,
        }
    }
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A rule.
    Rule(Rule),
    /// The default of the action.
    Default,
    /// Something was not understood.
    Floor,
    /// It leaves the sandbox, which no rule lets it do silently.
    Sandbox,
    /// Nothing objects.
    NoObjection,
}

impl Decider {
    fn new(cause: Cause, rules: &[Rule]) -> Decider {
        match cause {
            Cause::DEFAULT => Decider::Default,
            Cause::FLOOR => Decider::Floor,
            Cause::SANDBOX => Decider::Sandbox,
            Cause(at) => match rules.get(at as usize) {
                Some(rule) => Decider::Rule(rule.clone()),
                None => Decider::NoObjection,
            },
        }
    }

    /// The rule, where one decided.
    pub const fn rule(&self) -> Option<&Rule> {
        match self {
            Decider::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// The word in documents.
    pub const fn name(&self) -> &'static str {
        match self {
            Decider::Rule(_) => "rule",
            Decider::Default => "default",
            Decider::Floor => "floor",
            Decider::Sandbox => "sandbox",
            Decider::NoObjection => "no_objection",
        }
    }
}

/// What people call it: the name of a rule, or words for what is none.
impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decider::Rule(rule) => &rule.name,
            Decider::Default => "the default",
            Decider::Floor => "not understood in full",
            Decider::Sandbox => "leaves the sandbox",
            Decider::NoObjection => "nothing objects",
        })
    }
}

/// How much something decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub by: Decider,
    /// The requests that it decided, by their tier.
    pub tiers: Tiers,
    /// The requests of which it decided at least a part.
    pub fired: u64,
}

impl Decided {
    /// The requests that it decided.
    pub fn count(&self) -> u64 {
        self.tiers.iter().sum()
    }
}

/// Requests alike: the same tier by the same cause, for the same kind of action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What decided.
    pub by: Decider,
    /// The tier.
    pub tier: Tier,
    /// The action.
    pub action: Action,
    /// What is done, in few words: `git push`, `$workspace/src/…`.
    pub what: String,
    /// How many requests.
    pub count: u64,
    /// What became of them, where the log says so, in the order of `Outcome::ALL`.
    pub outcomes: Outcomes,
    /// How long answers took on average, in milliseconds, where the log says so.
    pub waited_ms: Option<u64>,
    /// The first of them: the part that decided.
    pub example: String,
    /// Where the first stands.
    pub place: Place,
}

/// What somebody was asked because of one rule, and what they answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What asks.
    pub by: Decider,
    /// How many requests it asks about.
    pub count: u64,
    /// How often the answer was yes, as the log tells.
    pub approved: u64,
    /// How often it was no.
    pub denied: u64,
    /// How long all answers took together, in milliseconds.
    pub waited_ms: u64,
}

impl Asked {
    /// The fewest answers that tell something.
    pub const FEWEST: u64 = 5;

    /// Whether it asked for nothing: several answers, and each was yes.
    pub const fn is_for_nothing(&self) -> bool {
        self.denied == 0 && Asked::FEWEST <= self.approved
    }
}

/// Requests that the other policy decides otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The action.
    pub action: Action,
    /// The tier under the policy.
    pub from: Tier,
    /// The tier under the other one.
    pub to: Tier,
    /// What decides under the policy.
    pub old: Decider,
    /// What decides under the other one.
    pub new: Decider,
    /// How many requests.
    pub count: u64,
    /// The first of them: the part that decided under the policy.
    pub example: String,
    /// The first of them as JSON.
    pub request: String,
    /// Where the first stands.
    pub place: Place,
}

impl Change {
    /// Whether the agent may do more.
    pub fn is_loosened(&self) -> bool {
        self.to < self.from
    }
}

/// What came of a replay.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The policy.
    pub policy: Edition,
    /// The policy that it was compared with.
    pub against: Option<Edition>,
    /// The logs, in their order.
    pub logs: Vec<ReplayedLog>,
    /// How many requests were decided.
    pub requests: u64,
    /// How many actions the logs tell of without the request.
    pub without_request: u64,
    /// How many lines are not understood.
    pub broken: u64,
    /// The first of them.
    pub first_broken: Vec<Broken>,
    /// All requests by their tier.
    pub tiers: Tiers,
    /// By action and tier, most first.
    pub actions: Vec<(Action, Tiers)>,
    /// What decided, most first; rules that decided nothing are not among them.
    pub decided: Vec<Decided>,
    /// The rules that decided no part of any request, in the order of rules.
    pub never_fired: Vec<Rule>,
    /// The kinds, most first.
    pub kinds: Vec<Kind>,
    /// What asks, where the log tells answers: what took people longest first.
    pub asked: Vec<Asked>,
    /// By day, where the log says when: days since 1970.
    pub days: Vec<(u64, Tiers)>,
    /// The first and the last time that was told.
    pub times: Option<(Time, Time)>,
    /// What the other policy decides otherwise: what is loosened first, then most first.
    pub changes: Vec<Change>,
    /// Requests that it decides otherwise, and that belong to classes beyond those that are told
    /// apart.
    pub changes_left_out: u64,
}

impl Report {
    fn new(
        policy: &Policy,
        against: Option<&Policy>,
        names: Vec<String>,
        read: run::OfLogs,
        tally: Tally,
    ) -> Report {
        let rules: Vec<Rule> = policy.deciding_rules().map(Rule::new).collect();
        let other_rules: Vec<Rule> = against
            .map(|against| against.deciding_rules().map(Rule::new).collect())
            .unwrap_or_default();
        let mut actions: Vec<_> = tally.actions.into_iter().collect();
        actions.sort_by_key(|(action, tiers)| (std::cmp::Reverse(sum(tiers)), *action as u8));
        let mut causes: Vec<_> = tally.causes.into_iter().collect();
        causes.sort_by_key(|(cause, of)| {
            (std::cmp::Reverse(sum(&of.tiers)), std::cmp::Reverse(of.fired), *cause)
        });
        let fired: std::collections::BTreeSet<Cause> =
            causes.iter().map(|(cause, _)| *cause).collect();
        let never_fired = rules
            .iter()
            .zip(0..)
            .filter(|(_, at)| !fired.contains(&Cause(*at)))
            .map(|(rule, _)| rule.clone())
            .collect();
        let mut kinds = tally.kinds;
        // The first seen stands first where counts are equal: sorting is stable.
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
        let asked = asked(&kinds, &rules);
        let mut changes = tally.changes;
        changes.sort_by_key(|change| {
            let (_, _, from, _, to) = change.key;
            (from <= to, std::cmp::Reverse(change.count))
        });
        let mut tiers = [0; 4];
        for (_, of) in &actions {
            for (own, more) in tiers.iter_mut().zip(of) {
                *own += more;
            }
        }
        Report {
            policy: Edition::new(policy),
            against: against.map(Edition::new),
            logs: names
                .into_iter()
                .zip(read)
                .map(|(name, (format, requests))| ReplayedLog { name, format, requests })
                .collect(),
            requests: tally.requests,
            without_request: tally.without_request,
            broken: tally.broken,
            first_broken: tally.first_broken,
            tiers,
            actions,
            decided: causes
                .into_iter()
                .map(|(cause, of)| Decided {
                    by: Decider::new(cause, &rules),
                    tiers: of.tiers,
                    fired: of.fired,
                })
                .collect(),
            never_fired,
            kinds: kinds
                .into_iter()
                .map(|kind| Kind {
                    by: Decider::new(kind.cause, &rules),
                    tier: kind.tier,
                    action: kind.action,
                    what: kind.what.into(),
                    count: kind.count,
                    outcomes: kind.outcomes,
                    waited_ms: kind.waited_ms.checked_div(kind.waits),
                    example: kind.example,
                    place: kind.place,
                })
                .collect(),
            asked,
            days: tally.days.into_iter().collect(),
            times: tally.times,
            changes: changes
                .into_iter()
                .map(|change| {
                    let (action, old, from, new, to) = change.key;
                    Change {
                        action,
                        from,
                        to,
                        old: Decider::new(old, &rules),
                        new: Decider::new(new, &other_rules),
                        count: change.count,
                        example: change.example,
                        request: change.request,
                        place: change.place,
                    }
                })
                .collect(),
            changes_left_out: tally.changes_left_out,
        }
    }

    /// How many requests the other policy decides otherwise.
    pub fn changed(&self) -> u64 {
        self.changes.iter().map(|change| change.count).sum::<u64>() + self.changes_left_out
    }

    /// `week.jsonl:17`
    pub fn place(&self, place: Place) -> String {
        let name = self.logs.get(place.log as usize).map_or("", |log| &log.name);
        format!("{name}:{}", place.line)
    }
}

/// What asks, where answers are told.
fn asked(kinds: &[tally::KindCount], rules: &[Rule]) -> Vec<Asked> {
    let mut by: std::collections::BTreeMap<Cause, Asked> = std::collections::BTreeMap::new();
    for kind in kinds.iter().filter(|kind| matches!(kind.tier, Tier::Review | Tier::Ask)) {
        let asked = by.entry(kind.cause).or_insert_with(|| Asked {
            by: Decider::new(kind.cause, rules),
            count: 0,
            approved: 0,
            denied: 0,
            waited_ms: 0,
        });
        let [_, approved, denied, _] = kind.outcomes;
        asked.count += kind.count;
        asked.approved += approved;
        asked.denied += denied;
        asked.waited_ms = asked.waited_ms.saturating_add(kind.waited_ms);
    }
    let mut asked: Vec<Asked> =
        by.into_values().filter(|asked| asked.approved + asked.denied > 0).collect();
    asked.sort_by_key(|asked| std::cmp::Reverse((asked.waited_ms, asked.approved)));
    asked
}

fn sum(tiers: &Tiers) -> u64 {
    tiers.iter().sum()
}
