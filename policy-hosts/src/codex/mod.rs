//! Codex.

pub(crate) mod hook;
