//! Where something stands: a source, and bytes in it.

use std::sync::Arc;

/// One file of policy text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The name that reports use: the path as it was given.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A source under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into() })
    }

    /// Line and column of a byte, both from 1, the column in characters. A byte inside a
    /// character counts as its start, one past the end as the end.
    pub fn line_column(&self, byte: usize) -> (u32, u32) {
        let before = &self.text[..boundary(&self.text, byte)];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        (line as u32, before[start..].chars().count() as u32 + 1)
    }
}

/// Where the lines of a source begin: for asking many places of one source.
#[derive(Clone, Debug)]
pub struct Lines<'s> {
    text: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    /// Finds them, in one pass over the text.
    pub fn new(source: &'s Source) -> Lines<'s> {
        let text = source.text.as_str();
        let behind_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines { text, starts: std::iter::once(0).chain(behind_newlines).collect() }
    }

    /// What [`Source::line_column`] says, in the time of a binary search and one line.
    pub fn line_column(&self, byte: usize) -> (u32, u32) {
        let end = boundary(self.text, byte);
        let line = self.starts.partition_point(|&start| start <= end);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).copied();
        let before = self.text.get(start.unwrap_or(0)..end).unwrap_or_default();
        (line as u32, before.chars().count() as u32 + 1)
    }
}

/// The start of the character that a byte lies in; the end of the text for one past it.
pub(crate) fn boundary(text: &str, byte: usize) -> usize {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// A range of bytes of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub const fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range of indices.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Names one of the sources of a [`crate::model::Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A span in one of several sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub struct Location {
    pub source: SourceId,
    pub span: Span,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Spanned<T> {
    pub node: T,
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_say_what_the_source_says(text in "[aä€\n]{0,40}") {
            let source = Source::new("a.policy", text);
            let lines = Lines::new(&source);
            for byte in 0..source.text.len() + 2 {
                prop_assert_eq!(lines.line_column(byte), source.line_column(byte));
            }
        }
    }
}
