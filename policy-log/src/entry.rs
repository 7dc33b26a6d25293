//! What a log tells of one action.

use policy_eval::record::{ApprovedBy, Time};
use policy_eval::{RequestBuf, Tier};

/// One action of an agent, as a log tells it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line that it stands in, from 1.
    pub line: u64,
    /// What was asked. A call of a tool that does several things is several entries.
    pub request: RequestBuf,
    /// When, where the log says so.
    pub time: Option<Time>,
    /// The session, as the runtime names it.
    pub session: Option<Box<str>>,
    /// What became of it, where the log says so.
    pub outcome: Option<Outcome>,
    /// What was decided then, where the log says so.
    pub decided: Option<Tier>,
    /// Who answered, where somebody was asked and the log says so.
    pub answered_by: Option<ApprovedBy>,
    /// How long whoever answered took, in milliseconds.
    pub waited_ms: Option<u64>,
}

/// What a line of a log gave.
pub(crate) enum Read {
    /// An action.
    Entry(Box<Entry>),
    /// An action of which the log does not keep the request.
    WithoutRequest,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done. Whether somebody was asked is not known.
    Done,
    /// A person or a reviewer was asked and said yes.
    Approved,
    /// A person or a reviewer was asked and said no.
    Denied,
    /// It was refused without a question: by a policy, a hook, a mode without questions.
    Refused,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 4] =
        [Outcome::Done, Outcome::Approved, Outcome::Denied, Outcome::Refused];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Approved => "approved",
            Outcome::Denied => "denied",
            Outcome::Refused => "refused",
        }
    }

    /// Whether it happened.
    pub const fn happened(self) -> bool {
        matches!(self, Outcome::Done | Outcome::Approved)
    }
}
