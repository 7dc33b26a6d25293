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
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        (line as u32, before[start..].chars().count() as u32 + 1)
    }
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
