//! Questions about policies, answered for every request there can be.
//!
//! A decision is a function of regular languages, so what two policies do, what a rule adds and
//! whether a claim holds have exact answers. The method is that of the design notes, section 5: a
//! decision can differ only where a statement that stands on one side alone matches, so each such
//! region is explored by itself, together with what overlaps it.
//!
//! ```text
//!   rules ─► statements ─► formulas over atoms      `formula`
//!                              │  one fact at a time: path, host, branch, …
//!              `space` ◄───────┤  its values, as far as the atoms tell them apart
//!       `machine` `alphabet`   │     (token automata, walked together and lazily)
//!                              ▼
//!                           residue ─► the next fact … ─► a leaf: both answers, and a request
//!                         `search`                                              `witness`
//! ```
//!
//! A leaf is a claim, not a finding: the request is made and decided by the compiled policies, and
//! only what they confirm is told. What cannot be confirmed is told as not proved.

pub(crate) mod alphabet;
pub(crate) mod formula;
pub(crate) mod join;
pub(crate) mod machine;
pub(crate) mod question;
pub(crate) mod search;
pub(crate) mod setup;
pub(crate) mod space;
pub(crate) mod witness;
mod writer;
