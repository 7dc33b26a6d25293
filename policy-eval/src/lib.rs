//! Decides what a coding agent may do.

pub mod canon;
mod decision;
mod digest;
mod facts;
pub mod json;
mod request;
mod request_json;
mod tier;
mod truth;
mod vocab;

pub use decision::{Decision, Marks, OnFailure, Options, Place, Remember, RuleRef};
pub use digest::action_digest;
pub use facts::{
    Args, Attribute, Command, CommandForm, Endpoint, HostValue, Judged, Object, Part, PathValue,
    Word, WordKind,
};
pub use request::{Declared, Request, ShellKind};
pub use request_json::{MAX_LINE_BYTES, RequestBuf, to_json};
pub use tier::{RecordLevel, Tier};
pub use truth::Truth;
pub use vocab::{
    Action, ActionSet, Attr, BUILTIN_ROOTS, Floor, Floors, Layer, ObjectKind, Platform, Type,
};
