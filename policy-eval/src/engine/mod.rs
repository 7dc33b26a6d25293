//! The frozen policy and the walk over it.

mod check;
mod classify;
mod decide;
mod judge;
pub mod tables;
mod tokens;

pub use check::InvalidTables;
pub(crate) use decide::{
    MatchedRule, Outcome, Total, decide, decide_part, each_counted, effect_words, matched_rules,
    rule_ref,
};
pub use tokens::{ByteDfa, TokenTable};
