//! The Agent Client Protocol: a proxy between an editor and an agent.

pub mod hook;
