//! The policy language.

pub mod model;
pub mod span;
pub mod syntax;
