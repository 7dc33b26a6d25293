//! Cursor.

pub(crate) mod hook;
