//! The canonical layout of a policy: one text for one tree.
//!
//! ```text
//!   allow  run "git (status|diff) ..."
//!   review run "git push ..."           unless branch in ("main", "release")
//!   deny   run "git push {--force|-f}"  because "Rewrites shared history."   # hard to undo
//!   ↑      ↑                            ↑                                    ↑
//!   verb   what it speaks of            clauses                              comment
//! ```
//!
//! A *paragraph* is what stands between two blank lines; its columns are aligned. A sentence wider
//! than [`WIDTH`] has each clause on a line of its own. Comments stay where they are: alone on
//! their line, behind what they stand behind, or inside the sentence that they stand in.
//!
//! The formatter proves itself on every run: it reads what it wrote, and prints nothing that
//! means something else or lacks a comment.

mod layout;
mod print;

pub(crate) use print::duration;
pub use print::{head, proof_head};

use crate::diagnostic::Diagnostic;
use crate::span::{Source, SourceId};
use crate::syntax::ast::{Comment, File};
use crate::syntax::parse;

/// The columns that a line may have, comments aside.
pub const WIDTH: usize = 100;

/// Why a text is not formatted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is not a policy. Its errors stand in source 0.
    #[error("the text is not a policy")]
    Invalid(Vec<Diagnostic>),
    /// The canonical layout would say something else: an error of the formatter.
    #[error("the layout would change what the policy means; the text is left as it is")]
    ChangesMeaning,
    /// The canonical layout would lack a comment: an error of the formatter.
    #[error("the layout would lose a comment; the text is left as it is")]
    LosesComment,
}

/// The canonical layout of a text. Formatting the result changes nothing.
///
/// # Example
/// ```
/// use policy_lang::format::format;
/// use policy_lang::span::Source;
///
/// let source = Source::new("a.policy", "allow run \"ls\"  # fine\nreview   run \"git push ...\"");
/// assert_eq!(
///     format(&source)?,
///     "allow  run \"ls\"  # fine\nreview run \"git push ...\"\n",
/// );
/// # Ok::<(), policy_lang::format::FormatError>(())
/// ```
///
/// # Errors
/// [`FormatError::Invalid`] when the text is not a policy. The other two tell an error of the
/// formatter and not of the text.
///
/// # Cost
/// Linear in the length of the text, which is read twice.
pub fn format(source: &Source) -> Result<String, FormatError> {
    let (file, errors) = parse(source, SourceId(0));
    if !errors.is_empty() {
        return Err(FormatError::Invalid(errors));
    }
    let text = layout::layout(&file, &source.text);
    let (read, errors) = parse(&Source::new(&source.name, &text), SourceId(0));
    if comments(&file) != comments(&read) {
        return Err(FormatError::LosesComment);
    }
    if !errors.is_empty() || file.without_places() != read.without_places() {
        return Err(FormatError::ChangesMeaning);
    }
    Ok(text)
}

/// The text of a tree that comes from no text, in the canonical layout.
///
/// What a tree cannot say in the language (a name with a blank in it) makes a text that does not
/// parse, so build trees from checked names.
pub fn print(file: &File) -> String {
    layout::layout(&file.clone().without_places(), "")
}

/// The comments of a file, in no order: a clause may change its place and take a comment along.
fn comments(file: &File) -> Vec<&str> {
    let mut comments: Vec<&str> =
        file.comments.iter().map(|Comment { text, .. }| text.trim_end()).collect();
    comments.sort_unstable();
    comments
}
