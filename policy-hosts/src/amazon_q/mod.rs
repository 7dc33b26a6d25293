//! Amazon Q Developer CLI, and Kiro CLI.

pub(crate) mod hook;
