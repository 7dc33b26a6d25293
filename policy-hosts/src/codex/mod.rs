//! Codex.

mod config;
pub(crate) mod hook;
mod import;
mod network;
mod rules;

pub(crate) use import::import;
