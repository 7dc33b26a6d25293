//! The policy language.

pub mod check;
pub mod diagnostic;
pub mod format;
pub mod interp;
pub mod model;
pub mod span;
pub mod syntax;

pub use check::load;
