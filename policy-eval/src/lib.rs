//! Decides what a coding agent may do.

mod attributes;
pub mod canon;
mod decision;
mod digest;
pub mod engine;
mod explain;
mod facts;
mod fields;
#[cfg(feature = "gather")]
pub mod gather;
pub mod json;
mod policy;
mod request;
mod request_json;
mod session;
mod text;
mod tier;
mod truth;
mod vocab;

pub use canon::{counted_parts, operands};
pub use decision::{Decision, Marks, OnFailure, Options, Place, Remember, RuleRef};
pub use digest::action_digest;
pub use explain::{Certainty, Explanation, PartDecision, PartExplanation, RuleMatch, describe};
pub use facts::{
    Args, Attribute, Command, CommandForm, Endpoint, HostValue, Judged, Object, Part, PathValue,
    Word, WordKind,
};
pub use fields::{FieldError, Fields};
pub use policy::{Live, Policy};
pub use request::{Declared, Request, ShellKind};
pub use request_json::{MAX_LINE_BYTES, RequestBuf, to_json};
pub use session::Session;
pub use text::{is_control, is_unseen, safe};
pub use tier::{RecordLevel, Tier};
pub use truth::Truth;
pub use vocab::{
    Action, ActionSet, Attr, BUILTIN_ROOTS, Floor, Floors, Layer, ObjectKind, Platform, Type,
};
