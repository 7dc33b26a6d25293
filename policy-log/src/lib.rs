//! Logs of what agents did: read from what runtimes write, and decided again.
//!
//! ```text
//!   requests, records, transcripts ─► source ─► replay   counts by action, tier and rule; what
//!                                                        people answered; what another policy
//!                                                        would have decided
//!
//!   the same ─► learn                    the tightest readable policy that allows what was allowed
//!
//!   decision records ─► chain            a log in which a change shows
//! ```
//!
//! Everything here reads what others wrote, so nothing in a log is trusted: a line that is not
//! understood is counted and told, never guessed at, and no line can make a reader panic. Logs are
//! read as streams: what is kept grows with the policy and with how many kinds of things were seen,
//! not with the length of the log.

pub mod chain;
mod entry;
mod kind;
pub mod learn;
pub mod replay;
pub mod source;

pub use entry::{Entry, Outcome};
