//! The frozen policy and the walk over it.
//!
//! A compiler lays [`tables`] down; `write` makes bytes of them, `view` reads those in place, and
//! `classify`, `decide` and `judge` walk over them.

mod check;
mod classify;
mod decide;
mod judge;
mod layout;
mod plain;
mod stream;
pub mod tables;
mod thaw;
mod tokens;
mod view;
mod write;

pub use check::InvalidTables;
pub(crate) use decide::{
    MatchedRule, Outcome, Total, decide, decide_part, each_counted, effect_words, matched_rules,
};
pub use layout::Section;
pub use thaw::Sources;
pub use tokens::{ByteDfa, TokenTable};
pub(crate) use view::{Index, View};
pub(crate) use write::{digest, write};
pub use write::{digest_of, digest_text};
