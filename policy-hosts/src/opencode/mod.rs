//! opencode.

pub(crate) mod hook;
