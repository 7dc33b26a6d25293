//! GitHub Copilot CLI.

pub(crate) mod hook;
