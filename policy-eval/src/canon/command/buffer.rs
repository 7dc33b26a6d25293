//! Buffers that live on the stack for common lines and move to the heap for long ones.
//!
//! The scanner uses them as stacks: a command that stands inside another one (a substitution)
//! pushes above it and truncates back to where it began. The engine keeps sets of states in them.

use crate::sort::sort_by;

/// A stack of copies: the first `N` on the stack, all of them on the heap once there are more.
pub(crate) struct Buf<T, const N: usize> {
    fixed: [T; N],
    len: usize,
    /// Not empty only after more than `N` were pushed; then it holds all of them.
    spilled: Vec<T>,
}

impl<T: Copy, const N: usize> Buf<T, N> {
    /// An empty buffer; `fill` is never seen.
    pub(crate) fn new(fill: T) -> Self {
        Buf { fixed: [fill; N], len: 0, spilled: Vec::new() }
    }

    /// How many were pushed.
    pub(crate) fn len(&self) -> usize {
        if self.spilled.is_empty() { self.len } else { self.spilled.len() }
    }

    /// All of them, in order.
    pub(crate) fn as_slice(&self) -> &[T] {
        if self.spilled.is_empty() {
            self.fixed.get(..self.len).unwrap_or_default()
        } else {
            &self.spilled
        }
    }

    /// All of them, to be changed.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        if self.spilled.is_empty() {
            self.fixed.get_mut(..self.len).unwrap_or_default()
        } else {
            &mut self.spilled
        }
    }

    /// Those from an index on.
    pub(crate) fn from(&self, start: usize) -> &[T] {
        self.as_slice().get(start..).unwrap_or_default()
    }

    /// Adds one.
    pub(crate) fn push(&mut self, item: T) {
        if self.spilled.is_empty() {
            if let Some(free) = self.fixed.get_mut(self.len) {
                *free = item;
                self.len += 1;
                return;
            }
            self.spilled.extend_from_slice(&self.fixed);
            self.len = 0;
        }
        self.spilled.push(item);
    }

    /// Adds several.
    pub(crate) fn extend(&mut self, items: &[T]) {
        for &item in items {
            self.push(item);
        }
    }

    /// Drops all behind the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.spilled.truncate(len);
    }
}

impl<T: Copy + Ord, const N: usize> Buf<T, N> {
    /// Sorts them and keeps one of equal ones.
    pub(crate) fn keep_distinct(&mut self) {
        let all = self.as_mut_slice();
        sort_by(all, |one, other| one < other);
        let mut kept = 0;
        for at in 0..all.len() {
            if kept == 0 || all[kept - 1] != all[at] {
                all[kept] = all[at];
                kept += 1;
            }
        }
        self.truncate(kept);
    }
}

/// Text that grows at its end: words whose value is not a piece of the line.
pub(super) struct TextBuf {
    fixed: [u8; TextBuf::FIXED],
    len: usize,
    /// Not empty only after more than fits; then it holds all of the text.
    spilled: String,
}

impl TextBuf {
    const FIXED: usize = 256;

    pub(super) fn new() -> TextBuf {
        TextBuf { fixed: [0; TextBuf::FIXED], len: 0, spilled: String::new() }
    }

    pub(super) fn len(&self) -> usize {
        if self.spilled.is_empty() { self.len } else { self.spilled.len() }
    }

    /// The text between two places that were `len` between pushes.
    pub(super) fn get(&self, start: usize, end: usize) -> &str {
        if self.spilled.is_empty() {
            // Whole `str`s were copied, so the bytes between two of their ends are text.
            let bytes = self.fixed.get(start..end.min(self.len)).unwrap_or_default();
            core::str::from_utf8(bytes).unwrap_or_default()
        } else {
            self.spilled.get(start..end).unwrap_or_default()
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if self.spilled.is_empty() {
            let end = self.len + text.len();
            if let Some(free) = self.fixed.get_mut(self.len..end) {
                free.copy_from_slice(text.as_bytes());
                self.len = end;
                return;
            }
            self.spilled = self.get(0, self.len).to_owned();
            self.len = 0;
        }
        self.spilled.push_str(text);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        if self.spilled.is_char_boundary(len) {
            self.spilled.truncate(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_keeps_its_items_when_it_moves_to_the_heap_and_back() {
        let mut buffer = Buf::<u32, 2>::new(0);
        for item in 1..=5 {
            buffer.push(item);
        }
        assert_eq!(buffer.as_slice(), [1, 2, 3, 4, 5]);
        buffer.truncate(1);
        buffer.push(9);
        assert_eq!((buffer.as_slice(), buffer.len()), (&[1, 9][..], 2));
        buffer.truncate(0);
        buffer.extend(&[7, 8]);
        assert_eq!(buffer.from(1), [8]);
    }

    #[test]
    fn text_keeps_its_pieces_when_it_moves_to_the_heap() {
        let mut text = TextBuf::new();
        text.push("née");
        text.push(&"x".repeat(TextBuf::FIXED));
        assert_eq!(text.get(0, 4), "née");
        assert_eq!(text.len(), 4 + TextBuf::FIXED);
        text.truncate(4);
        text.push("!");
        assert_eq!(text.get(0, 5), "née!");
    }
}
