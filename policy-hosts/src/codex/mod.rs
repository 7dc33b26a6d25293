//! Codex.

mod config;
mod example;
mod export;
pub(crate) mod hook;
mod import;
mod network;
mod rules;

pub(crate) use export::export;
pub(crate) use import::import;
pub(crate) mod transcript;
