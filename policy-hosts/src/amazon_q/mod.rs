//! Amazon Q Developer CLI, and Kiro CLI.

pub(crate) mod hook;
mod import;

pub(crate) use import::import;
