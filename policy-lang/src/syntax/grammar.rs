//! What `pest_derive` makes of `grammar/policy.pest`.

// The generated items have the grammar's comments or none, and are public whatever stands here.
#![allow(missing_docs, unreachable_pub)]

/// The parser that the grammar describes.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/policy.pest"]
pub(crate) struct Grammar;
