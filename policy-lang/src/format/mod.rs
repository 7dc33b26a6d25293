//! The canonical layout of a policy.

mod print;

pub use print::{head, proof_head};
