//! The answer to a request, and the options that come with it.

use crate::tier::{RecordLevel, Tier};
use crate::vocab::{Floors, Layer};

/// What happens where the reviewer gives no answer in time. Ordered by strictness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum OnFailure {
    Allow,
    #[default]
    Ask,
    Deny,
}

impl OnFailure {
    /// All of them, loosest first.
    pub(crate) const ALL: [OnFailure; 3] = [OnFailure::Allow, OnFailure::Ask, OnFailure::Deny];

    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            OnFailure::Allow => "allow",
            OnFailure::Ask => "ask",
            OnFailure::Deny => "deny",
        }
    }
}

/// How long an approval may be remembered. Ordered by strictness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Remember {
    Always,
    Session,
    Once,
    #[default]
    Never,
}

impl Remember {
    /// All of them, loosest first.
    pub(crate) const ALL: [Remember; 4] =
        [Remember::Always, Remember::Session, Remember::Once, Remember::Never];

    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            Remember::Always => "always",
            Remember::Session => "session",
            Remember::Once => "once",
            Remember::Never => "never",
        }
    }
}

/// The options of the rules that decided, the strictest of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options<'p> {
    /// The action may leave the sandbox without a word.
    pub outside_sandbox: bool,
    /// Who reviews. Where rules name several, the first in the order of their names.
    pub reviewer: Option<&'p str>,
    /// How long to wait for the reviewer or the person, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// What happens where no answer comes in time.
    pub on_failure: OnFailure,
    /// How long an approval may be remembered.
    pub remember: Remember,
}

impl<'p> Options<'p> {
    /// The strictest of each option of two sets.
    ///
    /// An option that a rule does not write has its default, and the default takes part: one
    /// silent rule keeps another's `remember always` from holding.
    #[must_use]
    pub fn join(self, other: Options<'p>) -> Options<'p> {
        fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        Options {
            outside_sandbox: self.outside_sandbox && other.outside_sandbox,
            reviewer: least(self.reviewer, other.reviewer),
            timeout_ms: least(self.timeout_ms, other.timeout_ms),
            on_failure: self.on_failure.max(other.on_failure),
            remember: self.remember.max(other.remember),
        }
    }
}

/// Where a rule stands in the text of its policy. Lines and columns count from 1, columns in
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Place<'p> {
    pub file: &'p str,
    pub line: u32,
    pub column: u32,
}

/// A rule as reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RuleRef<'p> {
    pub name: &'p str,
    pub layer: Layer,
    pub reason: Option<&'p str>,
    pub place: Place<'p>,
}

/// The answer to one request. It borrows from the policy and allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision<'p> {
    /// What happens to the action.
    pub tier: Tier,
    /// The rule that decided, where one did. None where the default or a floor decided.
    pub rule: Option<RuleRef<'p>>,
    /// Whether the default decided.
    pub default: bool,
    /// What the caller must do along with the tier.
    pub options: Options<'p>,
    /// How much of the decision is to be recorded.
    pub record: RecordLevel,
    /// The marks that the session carries from now on, once the action is done.
    pub marks: Marks<'p>,
    /// What was not understood, and no `accept` lifted.
    pub floors: Floors,
}

/// A set of the marks that a policy knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Marks<'p> {
    pub(crate) bits: u64,
    pub(crate) names: &'p [Box<str>],
}

impl<'p> Marks<'p> {
    /// The most marks that one policy may have.
    pub const MOST: usize = 64;

    /// A set over a list of names: bit `i` stands for the `i`th. Bits past the list are dropped.
    pub fn new(bits: u64, names: &'p [Box<str>]) -> Marks<'p> {
        let known = if names.len() >= 64 { u64::MAX } else { (1 << names.len()) - 1 };
        Marks { bits: bits & known, names }
    }

    /// The names in the set, in the policy's order.
    pub fn iter(self) -> impl Iterator<Item = &'p str> {
        self.names
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.bits >> index & 1 != 0)
            .map(|(_, name)| &**name)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }
}

impl core::fmt::Debug for Marks<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
