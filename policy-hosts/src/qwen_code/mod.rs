//! Qwen Code.

pub(crate) mod hook;
