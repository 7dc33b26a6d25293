//! From syntax trees to the checked policy.

pub mod pattern;
