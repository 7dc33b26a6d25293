//! Commands inside words: `$(…)`, backquotes, `<(…)`, and the arithmetic that looks alike (S2).

use super::buffer::Buf;
use super::scan::{Ends, Keyword, Scanner, Setting, scan};
use crate::vocab::Floor;

impl Scanner<'_, '_> {
    /// Behind `$(`: commands, or arithmetic.
    pub(super) fn substitution_or_arithmetic(&mut self) {
        if self.byte_after(0) == Some(b'(') && self.is_arithmetic() {
            self.floor(Floor::DynamicCommand);
            self.pos += 1;
            if self.deeper() {
                self.arithmetic();
                self.depth -= 1;
            }
            return;
        }
        self.substitution();
    }

    /// Commands up to `)`, in a shell of their own.
    /// Returns whether there are any.
    pub(super) fn substitution(&mut self) -> bool {
        if self.byte_after(0) == Some(b'(') {
            // Bash takes what may be arithmetic for text in parentheses, and reads it later.
            self.misread();
        }
        self.substitutions += 1;
        let has_commands = self.inner_list(Ends::PAREN);
        self.substitutions -= 1;
        self.loses_semicolons &= self.substitutions > 0;
        if !self.eat(b')') {
            self.misread();
        }
        has_commands
    }

    /// Commands up to `}`.
    pub(super) fn commands_in_braces(&mut self) {
        self.inner_list(Ends::BRACE);
        self.expect_keyword(Keyword::CloseBrace);
    }

    /// Commands in a shell of their own, in the middle of a word.
    /// Returns whether there are any.
    fn inner_list(&mut self, ends: Ends) -> bool {
        if !self.deeper() {
            return true;
        }
        let entry = self.dirs;
        let outer = core::mem::replace(&mut self.outer_heredocs, self.heredocs.len());
        let commands = self.commands;
        self.list(ends);
        if self.heredocs.len() > self.outer_heredocs {
            // Bash looks for the text behind the substitution.
            self.misread();
            self.heredocs.truncate(self.outer_heredocs);
        }
        self.outer_heredocs = outer;
        let has_commands = self.commands > commands;
        self.commands = commands;
        self.dirs = entry;
        self.depth -= 1;
        has_commands
    }

    /// Commands in backquotes, behind the first one.
    pub(super) fn backquote(&mut self, quoted: bool) {
        let start = self.pos;
        let mut has_escapes = false;
        let close = loop {
            match self.rest() {
                [] => {
                    self.misread();
                    break self.pos;
                }
                [b'`', ..] => break self.pos,
                [b'\\', _, ..] => {
                    has_escapes = true;
                    self.pos += 2;
                }
                _ => self.pos += 1,
            }
        };
        let behind = (close + 1).min(self.end);
        if has_escapes {
            let text = self.slice(start, close);
            let text = unescaped(text, quoted);
            self.nested_text_of_backquotes(&text);
        } else {
            let end = core::mem::replace(&mut self.end, close);
            self.pos = start;
            self.inner_list(Ends::NONE);
            self.end = end;
        }
        self.pos = behind;
    }

    #[inline(never)]
    fn nested_text_of_backquotes(&mut self, text: &str) {
        if text.trim().is_empty() || !self.deeper() {
            return;
        }
        self.depth -= 1;
        let set = Setting { depth: self.depth + 1, vars: self.vars, ..self.set };
        let (paths, count) = self.names.paths(&self.dirs);
        let start = paths.get(..count).unwrap_or_default();
        if !self.set.is_dry {
            self.parts += scan(text, set, start, self.out);
        }
    }

    /// Whether the text behind `((` closes with `))`, as bash finds out before it decides what the
    /// parentheses mean.
    ///
    /// Where this looked ahead over very many bytes before, the answer is no, with a floor.
    pub(super) fn is_arithmetic(&mut self) -> bool {
        let work = self.set.work;
        if !work.may_look_ahead() {
            self.floor(Floor::TooLarge);
            return false;
        }
        let (is_closed, length) = closes_twice(self.rest().get(1..).unwrap_or_default());
        work.looked_ahead(length);
        is_closed
    }
}

/// Whether the first parenthesis that closes nothing is followed by another one; with how many
/// bytes were read to know.
fn closes_twice(bytes: &[u8]) -> (bool, usize) {
    let mut open = Buf::<u8, 64>::new(0);
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        index += 1;
        let inside = open.as_slice().last().copied().unwrap_or(0);
        match (byte, inside) {
            (b'\\', _) => index += 1,
            (b'`', b'`') | (b'"', b'"') | (b'}', b'}') | (b')', b')') => {
                open.truncate(open.len() - 1);
            }
            (_, b'`') => {}
            (b')', 0) => return (bytes.get(index) == Some(&b')'), index),
            (b'`' | b'"', _) => open.push(byte),
            (b'$', _) if bytes.get(index) == Some(&b'{') => {
                open.push(b'}');
                index += 1;
            }
            (b'$', b'"') if bytes.get(index) == Some(&b'(') => {
                open.push(b')');
                index += 1;
            }
            (_, b'"') => {}
            (b'\'', _) => {
                let rest = bytes.get(index..).unwrap_or_default();
                index += rest.iter().position(|&b| b == b'\'').map_or(rest.len(), |at| at + 1);
            }
            (b'(', _) => open.push(b')'),
            _ => {}
        }
    }
    (false, index)
}

/// The text between backquotes, as the inner shell reads it.
fn unescaped(text: &str, quoted: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_escape = c == '\\'
            && chars
                .peek()
                .is_some_and(|next| matches!(next, '$' | '`' | '\\') || (quoted && *next == '"'));
        if is_escape {
            result.extend(chars.next());
        } else {
            result.push(c);
        }
    }
    result
}
