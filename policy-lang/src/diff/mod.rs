//! What a change to a policy changes in meaning, and how that is shown.
//!
//! ```text
//!   Report ─┐               ┌ human::text       for a terminal
//!           │               │ json::document    for programs
//!   two     ├─► Comparison ─┤ markdown::comment for a pull request
//!   Edition ┘               │ html::page        for a reviewer, on screen and on paper
//!                           │ sarif::log        for code scanning
//!                           └ github::commands  for a workflow of GitHub Actions
//! ```
//!
//! A [`Report`] is what was found; a [`Comparison`] also knows which two policies were compared. For
//! people differences are told together that follow from one change (`finding`).

mod compare;
mod comparison;
mod example;
mod finding;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
mod lines;
pub mod markdown;
mod operands;
mod report;
pub mod sarif;
mod words;

pub(crate) use compare::shown;
pub use compare::{BUDGET, CompareError, compare};
pub use comparison::{Comparison, Edition};
pub use report::{
    Answer, Aspect, Changed, DecidedBy, Difference, Direction, Report, Sentence, Side, Unproved,
    What,
};
