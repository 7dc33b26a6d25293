//! Decides what a coding agent may do.
//!
//! A runtime asks before each action and gets one of four tiers back: `allow` (silent), `review` (a
//! reviewer agent may clear it), `ask` (a person must), `deny`. The policy is made from text by the
//! crate `policy-lang`; this crate never sees text, opens no file, reads no clock.
//!
//! ```
//! use policy_eval::{Policy, Request, Session, Tier, action_digest};
//!
//! fn may_run(policy: &Policy, session: &mut Session, line: &str) -> bool {
//!     let roots = [("workspace", "/home/dev/app"), ("home", "/home/dev")];
//!     let request = Request { roots: &roots, cwd: Some("/home/dev/app"), ..Request::shell(line) };
//!     let decision = session.decide(policy, &request);
//!     let runs = match decision.tier {
//!         Tier::Allow => true,
//!         // Bind what a person approves to exactly this action.
//!         Tier::Review | Tier::Ask => approved(&action_digest(&request)),
//!         Tier::Deny => false, // `decision.rule` names the rule, its reason and its place
//!     };
//!     if runs {
//!         session.done(&decision); // marks that the session carries from now on
//!     }
//!     runs
//! }
//! # fn approved(_digest: &str) -> bool { false }
//! ```
//!
//! - A [`Request`] says what is known; what is not sent can only make the decision stricter.
//! - [`Policy::decide`] never fails and allocates nothing for a request that is canonical already.
//! - [`Policy::explain`] says why, part by part. [`Live`] swaps policies under running threads.
//! - [`record`] makes decision records: how much of an action they tell is said by the policy.
//! - [`RequestBuf`] reads requests as JSON, [`with_request_line`] those of long logs. The feature
//!   `gather` reads links and addresses from the running system, so that they come with the request.

pub mod artifact;
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
pub mod record;
mod request;
mod request_json;
mod session;
mod shadow;
mod sort;
mod text;
mod tier;
mod truth;
mod vocab;

#[cfg(feature = "signature")]
pub use artifact::{KeyError, PublicKey, SecretKey};
pub use artifact::{LoadError, SignatureError, is_artifact};
pub use canon::{counted_parts, operands};
pub use decision::{Decision, Marks, OnFailure, Options, Place, Remember, RuleRef};
pub use digest::action_digest;
pub use explain::{Certainty, Explanation, PartDecision, PartExplanation, RuleMatch, describe};
pub use facts::{
    Args, Attribute, Command, CommandForm, Endpoint, HostValue, Judged, Object, Part, PathValue,
    Word, WordKind,
};
pub use fields::{FieldError, Fields};
pub use policy::{Live, Policy, Status};
pub use request::{Declared, Request, ShellKind};
pub use request_json::{MAX_LINE_BYTES, RequestBuf, to_json, with_request_line};
pub use session::Session;
pub use shadow::{Difference, Shadowed};
pub use text::{is_control, is_unseen, safe, shell_word};
pub use tier::{RecordLevel, Tier};
pub use truth::Truth;
pub use vocab::{
    Action, ActionSet, Attr, BUILTIN_ROOTS, Floor, Floors, Layer, ObjectKind, Platform, Type,
};
