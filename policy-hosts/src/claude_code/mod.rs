//! Claude Code.

pub(crate) mod hook;
mod import;
pub(crate) mod paths;

pub(crate) use import::import;
