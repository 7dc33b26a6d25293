//! The policy language.

pub mod diagnostic;
pub mod model;
pub mod span;
pub mod syntax;
