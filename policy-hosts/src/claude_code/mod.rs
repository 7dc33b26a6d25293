//! Claude Code.

pub(crate) mod hook;
pub(crate) mod import;
pub(crate) mod paths;

pub(crate) use import::import;
