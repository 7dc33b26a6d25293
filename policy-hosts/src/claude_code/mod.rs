//! Claude Code.

mod export;
pub(crate) mod hook;
mod import;

pub(crate) use export::export;
pub(crate) use import::import;
pub(crate) mod transcript;
