//! Visual Studio Code.

pub(crate) mod hook;
