//! OpenHands.

pub(crate) mod hook;
