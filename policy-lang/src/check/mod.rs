//! From syntax trees to the checked policy: names are looked up, patterns parsed, types compared.
//!
//! ```text
//!   sources ── read ──► Files ── check ──► Model
//!              parse      │
//!              include    ├ names    what each file declares or includes
//!                         ├ sets     their members, written out
//!                         └ per file and layer: sentences, proofs, tests
//! ```
//!
//! An error never causes another: a file that does not parse is not checked further, and a name
//! that is unknown is reported once. Nothing is skipped; what the checker does not know is an
//! error that says how it is written.
//!
//! A *file* is one text. It stands in one layer where it was given, and its sentences stand in
//! the layers of the files that `include rules` it. So the checker works on pairs of file and
//! layer, and each pair counts once, however many ways lead to it.
//!
//! The order of files and of sentences plays no part: everything that is numbered (attributes,
//! roots, marks, rules) is numbered in the order of names.

mod cases;
mod codes;
mod conditions;
mod error;
mod files;
mod layers;
mod marks;
mod names;
mod objects;
pub mod pattern;
mod scope;
mod sentences;
mod sets;
mod types;

pub(crate) use cases::FOLLOWS;
use std::sync::Arc;

pub use codes::CODES;
pub use error::CheckError;
pub use files::{Failure, Files, MAX_FILES, Resolver, no_includes, read};

use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::span::Source;

/// The most errors that one run reports.
pub const MAX_ERRORS: usize = 100;
/// The most patterns and conditions that a model holds: what a set or the head of a block says is
/// counted wherever it is used.
pub const MAX_PATTERNS: usize = 500_000;
/// The most sandboxes that the files of a policy may declare.
pub const MAX_SANDBOXES: usize = 256;
/// The most roots that a policy may have, the built-in ones included.
pub const MAX_ROOTS: usize = policy_eval::engine::tables::Tables::MOST_ROOTS;

/// Reads, parses and checks a policy: every file of every layer, in any order.
///
/// `resolver` gives the text of an `include`, from its path and the file that it stands in. Where
/// there are no files to read, [`no_includes`] says so.
///
/// # Example
/// ```
/// use policy_lang::{check::no_includes, load, span::Source};
///
/// let text = r#"deny run "git push {--force|-f}""#;
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// assert_eq!(model.rules.len(), 1);
/// # Ok::<(), policy_lang::check::Failure>(())
/// ```
///
/// # Errors
/// When a text does not parse, an include cannot be read, or a sentence does not mean anything:
/// all that was found, with the sources that the places speak of.
pub fn load(sources: Vec<Arc<Source>>, resolver: &Resolver<'_>) -> Result<Model, Failure> {
    let files = read(sources, resolver)?;
    check(&files).map_err(|diagnostics| Failure { sources: files.sources, diagnostics })
}

/// Checks files that were read and parsed.
///
/// # Errors
/// When something in them does not mean anything: all that was found, in the order of places.
pub fn check(files: &Files) -> Result<Model, Vec<Diagnostic>> {
    sentences::check(files)
}
