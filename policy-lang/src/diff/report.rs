//! What a comparison of two policies found, as data. Renderers take it from here.

use policy_eval::{Action, RecordLevel, RequestBuf, Tier};

use crate::model::RuleOptions;

/// All that a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What differs: loosened first, then tightened, then changed; within one direction as the
    /// sentences stand in the text.
    pub differences: Vec<Difference>,
    /// What was neither shown to be equal nor to differ. Empty: the differences are all there are.
    pub unproved: Vec<Unproved>,
    /// How many sentences stand in one version and not in the other, names and places aside.
    pub changed_sentences: usize,
}

impl Report {
    /// Whether the two decide every request alike; a proof.
    pub fn is_equivalent(&self) -> bool {
        self.differences.is_empty() && self.unproved.is_empty()
    }

    /// Whether every difference was found.
    pub fn is_complete(&self) -> bool {
        self.unproved.is_empty()
    }

    /// How many differences have a direction.
    pub fn count(&self, direction: Direction) -> usize {
        self.differences.iter().filter(|one| one.direction == direction).count()
    }
}

/// Requests of one action that the changed sentences made to be decided otherwise.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What is done.
    pub action: Action,
    /// Whether it became looser or stricter.
    pub direction: Direction,
    /// What of the answer differs.
    pub aspect: Aspect,
    /// The old policy's answer to the witness.
    pub from: Answer,
    /// The new policy's answer to the witness.
    pub to: Answer,
    /// The sentences whose change this follows from; never empty.
    pub changed: Vec<Changed>,
    /// What requests are meant, in the policy's own words: ``"`connect` to `*.corp.acme.com`, port
    /// 443, unless branch is `main`"``.
    pub region: String,
    /// A request that the two answer as `from` and `to` say: both compiled policies were asked.
    pub witness: RequestBuf,
    /// The witness in a few words: `connect git.corp.acme.com:443`.
    pub shown: String,
}

impl Difference {
    /// Whether the tier or its options differ: then what decided says why.
    pub fn is_of_tier(&self) -> bool {
        matches!(self.aspect, Aspect::Tier | Aspect::Options)
    }
}

/// Which way a difference goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The agent may do more, or less of what it does is recorded.
    Loosened,
    /// The agent may do less, or more of what it does is recorded.
    Tightened,
    /// Neither: another reviewer, another mark.
    Changed,
}

impl Direction {
    /// The word that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Loosened => "loosened",
            Direction::Tightened => "tightened",
            Direction::Changed => "changed",
        }
    }
}

/// What of an answer differs. Where the tier differs, options are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Aspect {
    Tier,
    Options,
    Record,
    Marks,
}

/// The answer of one of the policies to a witness.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Answer {
    pub tier: Tier,
    pub options: RuleOptions,
    pub record: RecordLevel,
    /// By name, sorted.
    pub marks: Vec<String>,
    pub decided_by: DecidedBy,
}

/// What decided.
#[derive(Clone, Debug, PartialEq)]
pub enum DecidedBy {
    /// A rule.
    Rule(Sentence),
    /// The default of the action.
    Default,
    /// Something that was not understood, or a request to leave the sandbox.
    Floor,
}

impl DecidedBy {
    /// The rule, where one decided.
    pub fn rule(&self) -> Option<&Sentence> {
        match self {
            DecidedBy::Rule(rule) => Some(rule),
            DecidedBy::Default | DecidedBy::Floor => None,
        }
    }
}

/// A sentence of a policy, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Its name.
    pub name: String,
    /// The file, as it was named.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// The sentence as it is written.
    pub text: String,
    /// Why, where it says so.
    pub reason: Option<String>,
}

/// Which of the two policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Side {
    Old,
    New,
}

/// A sentence that stands in one of the policies only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Changed {
    pub side: Side,
    pub what: What,
    /// None for a default that nobody wrote.
    pub sentence: Option<Sentence>,
}

/// What kind of sentence changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum What {
    Rule,
    Default,
    Delegation,
    Count,
    Accept,
    Trust,
    Root,
    Attribute,
}

/// Something that was not proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    /// Of which requests.
    pub action: Action,
    /// Why, and what to do about it.
    pub why: String,
}
