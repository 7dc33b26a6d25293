//! Claude Code.

pub(crate) mod hook;
