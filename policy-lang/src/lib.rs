//! The policy language.

mod automata;
pub mod check;
pub mod compile;
pub mod diagnostic;
mod digest;
pub mod format;
pub mod interp;
pub mod model;
pub mod span;
pub mod syntax;

pub use check::{Failure, load};
