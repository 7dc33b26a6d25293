//! Patterns to automata.
//!
//! Two levels. [`bytes`] turns patterns of one token into an automaton over bytes. [`group`] turns
//! several predicates over token sequences into one automaton whose symbols are whole tokens: the
//! literals that the predicates name, and what their globs say of all other tokens. The number of
//! states is then a matter of tokens and not of bytes.

pub(crate) mod bytes;
pub(crate) mod displace;
pub(crate) mod group;
pub(crate) mod words;
