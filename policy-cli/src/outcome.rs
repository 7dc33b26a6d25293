//! How a command ends.

use std::fmt;
use std::io;

use policy_eval::Tier;
use policy_lang::Failure;

/// A command ran; this is what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Done, and nothing to object to.
    Done,
    /// A decision, where the exit code is to say which.
    Decided(Tier),
    /// Something was asked to be proved and was not.
    Unproved,
    /// Two policies differ in what was asked not to differ.
    Differs,
    /// Findings at the fail level, failing tests, too little coverage, files not in layout.
    Findings,
    /// What was looked at is no policy.
    Invalid,
}

impl Outcome {
    /// The published exit code.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Outcome::Done | Outcome::Decided(Tier::Allow) => 0,
            Outcome::Invalid => 3,
            Outcome::Findings => 4,
            Outcome::Differs => 5,
            Outcome::Unproved => 6,
            Outcome::Decided(Tier::Review) => 10,
            Outcome::Decided(Tier::Ask) => 11,
            Outcome::Decided(Tier::Deny) => 12,
        }
    }
}

/// Why a command could not run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something outside is not as it should be: a file, a log, a full disk.
    Unable(String),
    /// The command was not used as it is meant.
    Usage(String),
    /// The policy is not valid.
    Invalid(Failure),
    /// Nobody reads the output any more. That is no failure.
    Closed,
}

impl Stop {
    /// The published exit code.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Stop::Closed => 0,
            Stop::Unable(_) => 1,
            Stop::Usage(_) => 2,
            Stop::Invalid(_) => 3,
        }
    }

    /// Something outside is not as it should be.
    pub(crate) fn unable(what: impl fmt::Display) -> Stop {
        Stop::Unable(what.to_string())
    }

    /// The command was not used as it is meant.
    pub(crate) fn usage(what: impl fmt::Display) -> Stop {
        Stop::Usage(what.to_string())
    }
}

/// Writing failed: reading says itself what it read.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::Closed,
            _ => Stop::Unable(format!("cannot write the output: {error}")),
        }
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Stop {
        io::Error::from(error).into()
    }
}
