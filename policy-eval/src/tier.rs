//! The four tiers of a decision and the four levels of a record, each a small lattice.
//!
//! Both are total orders, so that "the strictest of" is `max` and nothing else.

use core::fmt;

/// What happens to an action, from loosest to strictest.
///
/// ```
/// use policy_eval::Tier;
/// assert!(Tier::Allow < Tier::Review && Tier::Review < Tier::Ask && Tier::Ask < Tier::Deny);
/// assert_eq!(Tier::from_name("ask"), Some(Tier::Ask));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tier {
    /// The action happens without a prompt, inside the sandbox.
    Allow,
    /// A reviewer agent may clear it.
    Review,
    /// A person must clear it.
    Ask,
    /// It does not happen.
    Deny,
}

impl Tier {
    /// All tiers, loosest first.
    pub const ALL: [Tier; 4] = [Tier::Allow, Tier::Review, Tier::Ask, Tier::Deny];

    /// The word of the language for this tier.
    pub const fn name(self) -> &'static str {
        match self {
            Tier::Allow => "allow",
            Tier::Review => "review",
            Tier::Ask => "ask",
            Tier::Deny => "deny",
        }
    }

    /// The tier that a word of the language names.
    pub fn from_name(name: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much of a decision is recorded, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RecordLevel {
    /// Nothing is recorded.
    #[default]
    None,
    /// That something was decided, without arguments or contents.
    Metadata,
    /// Shape and lengths, without values.
    Redacted,
    /// Everything but declared secrets.
    Full,
}

impl RecordLevel {
    /// All levels, least first.
    pub const ALL: [RecordLevel; 4] =
        [RecordLevel::None, RecordLevel::Metadata, RecordLevel::Redacted, RecordLevel::Full];

    /// The word of the language for this level.
    pub const fn name(self) -> &'static str {
        match self {
            RecordLevel::None => "none",
            RecordLevel::Metadata => "metadata",
            RecordLevel::Redacted => "redacted",
            RecordLevel::Full => "full",
        }
    }

    /// The level that a word of the language names.
    pub fn from_name(name: &str) -> Option<RecordLevel> {
        RecordLevel::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for RecordLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
