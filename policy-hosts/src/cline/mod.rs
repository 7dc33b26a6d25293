//! Cline.

pub(crate) mod hook;
