//! Decision records: what was asked, what the policy said, who approved it, and what became of it.
//!
//! A [`Record`] is one line of a log. There are four kinds, each written when it happens, so that a
//! log only ever grows; they belong together by the [`action digest`](crate::action_digest):
//!
//! ```text
//!   decision ── what the policy in force said         ┐
//!   shadow   ── what another policy would have said   │ action_digest,
//!   approval ── what a person or a reviewer said      │ session, call_id
//!   result   ── what the runtime then did             ┘
//! ```
//!
//! [`Recorder`] makes them. How much of an action stands in one is said by the `record` sentences of
//! the policy ([`RecordLevel`]); secrets stand in none. Nothing here reads a clock: the caller gives
//! the [`Time`]. `docs/records.md` is the page about them, `docs/schemas/record.json` the JSON Schema
//! of a line.
//!
//! ```
//! use policy_eval::record::{Event, Record};
//! let line = r#"{"schema_version":1,"kind":"result","time":"2026-11-24T10:15:00Z",
//!     "action_digest":"blake3:00","result":"failed","exit_code":1}"#;
//! let record = Record::from_json(line)?;
//! assert!(matches!(record.event, Event::Result(result) if result.exit_code == Some(1)));
//! # Ok::<(), policy_eval::json::JsonError>(())
//! ```

mod json;
mod recorder;
mod redact;
mod secrets;
mod time;

use crate::json::Json;
use crate::tier::{RecordLevel, Tier};
use crate::vocab::{Action, Floors, Layer};

pub use recorder::Recorder;
pub use time::{Time, TimeError};

/// The version of the fields. It changes when a reader of the old ones would misread the new ones.
pub const SCHEMA_VERSION: i64 = 1;

/// One line of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When it happened, as the caller says.
    pub time: Time,
    /// The agent runtime: `claude-code`, `codex`, or what an embedder calls itself.
    pub runtime: Option<String>,
    /// The session of the agent, as the runtime names it.
    pub session: Option<String>,
    /// The call, as the runtime names it. It tells two equal actions of a session apart.
    pub call_id: Option<String>,
    /// What [`crate::action_digest`] gives for the request: what approvals and results are bound to.
    pub action_digest: String,
    /// What happened.
    pub event: Event,
}

/// The kinds of records.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The policy in force decided.
    Decision(Box<DecisionRecord>),
    /// Another policy would have decided otherwise. It decided nothing.
    Shadow(Box<ShadowRecord>),
    /// A person or a reviewer answered.
    Approval(ApprovalRecord),
    /// The runtime did it, or did not.
    Result(ResultRecord),
}

impl Event {
    /// The word in the field `kind`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Event::Decision(_) => "decision",
            Event::Shadow(_) => "shadow",
            Event::Approval(_) => "approval",
            Event::Result(_) => "result",
        }
    }
}

/// What a policy said of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRecord {
    /// How much of the action stands here. Never [`RecordLevel::None`].
    pub record_level: RecordLevel,
    /// The name of the policy, where it has one.
    pub policy: Option<String>,
    /// Its version, where it has one.
    pub policy_version: Option<String>,
    /// Its digest.
    pub policy_digest: String,
    /// What happens to the action.
    pub tier: Tier,
    /// The rule that decided. None where the default or a floor did.
    pub rule: Option<RuleRecord>,
    /// Whether the default decided.
    pub default: bool,
    /// What was not understood.
    pub floors: Floors,
    /// The marks that the session carries once the action is done.
    pub marks: Vec<String>,
    /// What the runtime was told, where that is known. A runtime that cannot ask is told `deny`.
    pub answer: Option<Tier>,
    /// What the agent wants to do.
    pub action: Action,
    /// What it does it to: the part that decided, as the level says.
    pub object: Option<String>,
    /// The user, as the request names them.
    pub user: Option<String>,
    /// The agent, as the request names it.
    pub agent: Option<String>,
    /// Why the agent does it, as the level says.
    pub intent: Option<String>,
    /// What the request says beside the action, as the level says, by the names of the language.
    pub attributes: Vec<(Box<str>, Json)>,
    /// The parts that were decided, in their order; at most [`MOST_PARTS`].
    pub parts: Vec<PartRecord>,
    /// How many parts more there were.
    pub parts_omitted: u64,
    /// The request, at the level `full` alone: what [`crate::RequestBuf::from_json`] reads.
    pub request: Option<Json>,
}

/// The most parts that a record lists.
pub const MOST_PARTS: usize = 64;

/// A rule, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RuleRecord {
    pub name: String,
    pub layer: Layer,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub reason: Option<String>,
}

/// One part of a request, as it was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct PartRecord {
    /// What is done.
    pub action: Action,
    /// What it is done to, as the level says.
    pub object: Option<String>,
    /// Its own tier.
    pub tier: Tier,
    /// The name of the rule that decided it.
    pub rule: Option<String>,
    /// The layer of that rule.
    pub layer: Option<Layer>,
    /// Whether the default decided it.
    pub default: bool,
    /// What was not understood of it.
    pub floors: Floors,
    /// What describes it, as the level says, by the names of the language.
    pub attributes: Vec<(Box<str>, Json)>,
}

/// What a policy that is not in force would have said, where that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowRecord {
    /// What it would have said. The level is that of the policy in force.
    pub decision: DecisionRecord,
    /// The tier that the policy in force gave.
    pub enforced_tier: Tier,
    /// The rule that gave it.
    pub enforced_rule: Option<String>,
    /// The layer of that rule.
    pub enforced_layer: Option<Layer>,
    /// The digest of the policy in force.
    pub enforced_policy_digest: String,
}

/// What a person or a reviewer said of exactly one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRecord {
    /// What they said.
    pub outcome: ApprovalOutcome,
    /// Who they are.
    pub by: ApprovedBy,
    /// For how long it holds.
    pub scope: ApprovalScope,
    /// Their name, where it is known.
    pub approver: Option<String>,
}

/// What the runtime did after the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRecord {
    /// What became of the action.
    pub outcome: ResultOutcome,
    /// How a program ended.
    pub exit_code: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word that records use.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// What a word of records stands for.
            pub fn from_name(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

words! {
    /// What was said of an action.
    ApprovalOutcome {
        /// It may happen.
        Approved "approved",
        /// It may not.
        Denied "denied",
    }
}

words! {
    /// Who said it.
    ApprovedBy {
        /// A person.
        Person "person",
        /// A reviewer agent.
        Reviewer "reviewer",
    }
}

words! {
    /// For how long it holds.
    ApprovalScope {
        /// For this one time.
        Once "once",
        /// Until the session ends.
        Session "session",
    }
}

words! {
    /// What became of an action.
    ResultOutcome {
        /// It was done.
        Done "done",
        /// It was begun and failed.
        Failed "failed",
        /// It was not done.
        NotDone "not_done",
    }
}
