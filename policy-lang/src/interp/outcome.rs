//! Decisions on the way to the answer, and how they are joined.

use policy_eval::{Floors, Options, RecordLevel, Tier};

use crate::model::RuleOptions;

/// What is decided of a part, or of several together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// None where nothing has anything to say: no rule, no default, no floor.
    pub(super) tier: Option<Tier>,
    /// The first in rank order of the rules with this tier.
    pub(super) rule: Option<usize>,
    /// The default has this tier.
    pub(super) default: bool,
    /// The strictest options of those that have this tier; none where no rule or default has.
    pub(super) options: Option<RuleOptions>,
    pub(super) record: RecordLevel,
    pub(super) marks: u64,
    pub(super) floors: Floors,
}

impl Outcome {
    /// The stricter of two; of two that are equally strict, both.
    pub(super) fn strictest(self, other: Outcome) -> Outcome {
        self.join(other, |one, other| one > other)
    }

    /// The looser of two; of two that are equally loose, both.
    pub(super) fn loosest(self, other: Outcome) -> Outcome {
        self.join(other, |one, other| one < other)
    }

    /// The same, with a tier above `highest` lowered to it.
    pub(super) fn at_most(self, highest: Tier) -> Outcome {
        Outcome { tier: self.tier.map(|tier| tier.min(highest)), ..self }
    }

    /// The same, for a reason that is no rule and no default.
    pub(super) fn raised_to(self, tier: Tier) -> Outcome {
        match self.tier {
            Some(own) if tier <= own => self,
            _ => Outcome { tier: Some(tier), rule: None, default: false, options: None, ..self },
        }
    }

    /// What was decided adds up; what is recorded, marked and not understood is that of both.
    fn join(self, other: Outcome, wins: impl Fn(Option<Tier>, Option<Tier>) -> bool) -> Outcome {
        let record = self.record.max(other.record);
        let marks = self.marks | other.marks;
        let floors = self.floors.union(other.floors);
        let decided = if wins(self.tier, other.tier) {
            self
        } else if wins(other.tier, self.tier) {
            other
        } else {
            Outcome {
                rule: first(self.rule, other.rule),
                default: self.default || other.default,
                options: strictest_options(self.options, other.options),
                ..self
            }
        };
        Outcome { record, marks, floors, ..decided }
    }
}

/// The smaller of two rules in rank order.
fn first(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The strictest of each option.
fn strictest_options(one: Option<RuleOptions>, other: Option<RuleOptions>) -> Option<RuleOptions> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let joined = lend(&one).join(lend(&other));
            Some(RuleOptions {
                outside_sandbox: joined.outside_sandbox,
                reviewer: joined.reviewer.map(str::to_owned),
                timeout_ms: joined.timeout_ms,
                on_failure: joined.on_failure,
                remember: joined.remember,
            })
        }
        (one, other) => one.or(other),
    }
}

fn lend(options: &RuleOptions) -> Options<'_> {
    Options {
        outside_sandbox: options.outside_sandbox,
        reviewer: options.reviewer.as_deref(),
        timeout_ms: options.timeout_ms,
        on_failure: options.on_failure,
        remember: options.remember,
    }
}
