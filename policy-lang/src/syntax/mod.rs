//! Text to syntax tree.
//!
//! ```text
//!            ┌ too large, too deep ───────────→ an error
//!   text → scan                    ┌ it parses → tree ──→ File
//!            └──────────→ grammar ─┤                       ↑
//!                                  └ it does not → mend ───┘ piece by piece, with errors
//! ```
//!
//! `grammar/policy.pest` is the truth about the language. A text that it accepts becomes a tree in
//! one go. Any other text is read again piece by piece, so that one run shows every error and no
//! error is the consequence of another; what could be read is in the tree. A text has an error
//! exactly where it is not a policy, so a tree with errors must never be decided on.

pub mod ast;
pub mod error;
mod expected;
mod grammar;
mod mend;
mod places;
mod scan;
mod slips;
mod tree;

use pest::Parser;

use crate::diagnostic::Diagnostic;
use crate::span::{Location, Source, SourceId, Span};
use ast::File;
use error::SyntaxError;
use grammar::{Grammar, Rule};
use tree::Tree;

/// The most bytes that a file may have.
pub const LARGEST_FILE: usize = 4 << 20;

/// How deep brackets, blocks and `not` may nest.
pub const MOST_NESTED: usize = 100;

/// How many errors of one file are shown.
pub const MOST_ERRORS: usize = 100;

/// Reads a file of policy text: the tree, as far as there is one, and what is wrong with the text
/// in the order of the text. There are no errors exactly where the text is a policy.
///
/// Any text is fine, whatever its size and depth: the limits are [`LARGEST_FILE`] and
/// [`MOST_NESTED`].
///
/// # Example
/// ```
/// use policy_lang::span::{Source, SourceId};
/// use policy_lang::syntax::parse;
///
/// let source = Source::new("a.policy", "deny read \"~/.ssh/**\"\nalow run \"ls\"\n");
/// let (file, errors) = parse(&source, SourceId(0));
/// assert_eq!(file.items.len(), 1);
/// assert_eq!(errors[0].message, "unknown word `alow`");
/// assert_eq!(errors[0].help.as_deref(), Some("did you mean `allow`?"));
/// ```
///
/// # Cost
/// Linear in the length of the text.
pub fn parse(source: &Source, id: SourceId) -> (File, Vec<Diagnostic>) {
    let (file, mut errors) = read(&source.text);
    // Of several errors at one place the first says most, and that nobody sees what stands there
    // says more than that it was not expected.
    let is_seen = |error: &SyntaxError| !matches!(error, SyntaxError::HiddenCharacter(_));
    errors.sort_by_key(|(error, span)| (span.start, is_seen(error)));
    errors.dedup_by_key(|(_, span)| span.start);
    if errors.len() > MOST_ERRORS {
        errors.truncate(MOST_ERRORS);
        let end = errors.last().map_or(0, |(_, span)| span.end as usize);
        errors.push((SyntaxError::TooMany, Span::new(end, end)));
    }
    let findings =
        errors.iter().map(|(error, span)| error.at(Location { source: id, span: *span }));
    (file, unhide(findings.collect(), &errors, &source.text))
}

/// Adds to errors about hidden characters how they are mended: in a string the character is written
/// by its number, elsewhere it goes. A raw string has no numbers.
fn unhide(findings: Vec<Diagnostic>, errors: &Errors, text: &str) -> Vec<Diagnostic> {
    if !errors.iter().any(|(error, _)| matches!(error, SyntaxError::HiddenCharacter(_))) {
        return findings;
    }
    let mut tokens = scan::Tokens::from(text, 0).peekable();
    let mut mend = |(finding, (error, span)): (Diagnostic, &(SyntaxError, Span))| {
        let (SyntaxError::HiddenCharacter(c), Some(at)) = (error, finding.location()) else {
            return finding;
        };
        while tokens.next_if(|token| token.span().end <= span.start).is_some() {}
        let inside = tokens.peek().filter(|token| token.span().start <= span.start);
        match inside.map(|token| (token.kind, token.text.starts_with('r'))) {
            Some((scan::Kind::Text, true)) => finding,
            Some((scan::Kind::Text, false)) => {
                finding.edit(at, format!("\\u{{{:x}}}", u32::from(*c)))
            }
            _ => finding.edit(at, ""),
        }
    };
    findings.into_iter().zip(errors).map(&mut mend).collect()
}

type Errors = Vec<(SyntaxError, Span)>;

fn read(text: &str) -> (File, Errors) {
    if text.len() > LARGEST_FILE {
        let error = SyntaxError::TooLarge { bytes: text.len() };
        return (File::default(), vec![(error, Span::new(0, 0))]);
    }
    let scan = scan::scan(text);
    if scan.too_deep {
        return (File::default(), scan.errors);
    }
    let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let (mut file, mut errors) = match whole(text, start) {
        Some(read) => read,
        None => mend::mend(text, start),
    };
    file.comments = scan.comments;
    errors.extend(scan.errors);
    errors = without_caused(errors);
    (file, errors)
}

/// What looks like a comment or a name in a pattern without quotes is no second error.
fn without_caused(errors: Errors) -> Errors {
    let mut patterns: Vec<Span> = errors
        .iter()
        .filter(|(error, _)| matches!(error, SyntaxError::Unquoted { .. }))
        .map(|(_, span)| *span)
        .collect();
    patterns.sort_unstable_by_key(|span| span.start);
    let is_caused = |at: u32| {
        let before = patterns.partition_point(|span| span.start < at);
        before.checked_sub(1).is_some_and(|index| at < patterns[index].end)
    };
    errors.into_iter().filter(|(_, span)| !is_caused(span.start)).collect()
}

/// Some editors put it at the beginning of a file. It says nothing in UTF-8.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Reads the text by the grammar alone.
fn whole(text: &str, start: usize) -> Option<(File, Errors)> {
    let file = Grammar::parse(Rule::file, &text[start..]).ok()?.next()?;
    let mut tree = Tree::new(start);
    let file = tree.file(file);
    Some((file, tree.errors))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOUR: &str = include_str!("../../../examples/policies/tour.policy");

    #[test]
    fn the_tour_of_the_language_parses() {
        let (file, errors) = parse(&Source::new("tour.policy", TOUR), SourceId(0));
        assert_eq!(errors, []);
        assert_eq!(file.items.len(), 35);
        assert_eq!(file.comments.len(), 5);
    }

    /// Both ways of reading a text must tell the same of it.
    #[test]
    fn piece_by_piece_gives_the_same_tree() {
        let (whole, _) = whole(TOUR, 0).expect("the tour parses");
        let (mended, _) = mend::mend(TOUR, 0);
        assert_eq!(whole.header, mended.header);
        assert_eq!(whole.items, mended.items);
    }
}
