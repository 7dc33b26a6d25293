//! Qwen Code.

pub(crate) mod hook;
mod import;

pub(crate) use import::import;
