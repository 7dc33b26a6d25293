//! Heredocs: the delimiter stands in one line, the text begins in the next (S2).

use super::scan::Scanner;
use super::word::is_meta;
use crate::text::has;

/// A heredoc whose text has not come yet.
#[derive(Clone, Debug)]
pub(super) struct Heredoc {
    delimiter: String,
    is_quoted: bool,
    strips_tabs: bool,
}

impl Scanner<'_, '_> {
    /// The end of a line, and the texts of the heredocs that began in it.
    pub(super) fn newline(&mut self) {
        self.pos += 1;
        if self.outer_heredocs > 0 {
            // The text of an outer heredoc would begin here.
            self.misread();
        }
        if self.heredocs.len() <= self.outer_heredocs {
            return;
        }
        self.loses_semicolons |= self.substitutions > 0;
        let pending = self.heredocs.split_off(self.outer_heredocs);
        for heredoc in pending {
            self.heredoc_text(&heredoc);
        }
    }

    fn heredoc_text(&mut self, heredoc: &Heredoc) {
        let start = self.pos;
        loop {
            if self.end <= self.pos {
                // Bash takes the rest of the text, with a warning.
                self.misread();
                return self.heredoc_body(heredoc, start, self.end);
            }
            let line_start = self.pos;
            let is_delimiter = self.heredoc_line(heredoc);
            if is_delimiter {
                let behind = self.pos;
                self.heredoc_body(heredoc, start, line_start);
                self.pos = behind;
                return;
            }
        }
    }

    /// Takes a line; whether it is the delimiter. Where the delimiter was not quoted, a backslash
    /// at the end of a line joins the next one.
    fn heredoc_line(&mut self, heredoc: &Heredoc) -> bool {
        let mut wanted = heredoc.delimiter.as_bytes();
        let mut is_equal = true;
        let mut at_start = true;
        loop {
            match self.rest() {
                [] => return is_equal && wanted.is_empty(),
                [b'\n', ..] => {
                    self.pos += 1;
                    return is_equal && wanted.is_empty();
                }
                [b'\\', b'\n', ..] if !heredoc.is_quoted => {
                    self.pos += 2;
                    continue;
                }
                [b'\t', ..] if heredoc.strips_tabs && at_start => {
                    self.pos += 1;
                    continue;
                }
                [b'\\', next, ..] if !heredoc.is_quoted => {
                    let pair = [b'\\', *next];
                    is_equal &= wanted.starts_with(&pair);
                    wanted = wanted.get(2..).unwrap_or_default();
                    self.pos += 2;
                }
                [byte, ..] => {
                    is_equal &= wanted.first() == Some(byte);
                    wanted = wanted.get(1..).unwrap_or_default();
                    self.pos += 1;
                }
            }
            at_start = false;
        }
    }

    /// The text of a heredoc: where its delimiter was not quoted, substitutions in it run.
    fn heredoc_body(&mut self, heredoc: &Heredoc, start: usize, end: usize) {
        if heredoc.is_quoted {
            return;
        }
        let text = self.slice(start, end);
        if has(text, "\\\n") && (has(text, "$(") || text.contains('`')) {
            // Here bash joins lines before it looks for quotes and comments in substitutions.
            self.misread();
        }
        let outer_end = core::mem::replace(&mut self.end, end);
        self.pos = start;
        self.heredoc_expansions();
        self.pos = end;
        self.end = outer_end;
    }

    /// The word behind `<<`. Nothing in it is expanded.
    pub(super) fn heredoc_delimiter(&mut self, strips_tabs: bool) {
        let mut delimiter = String::new();
        let mut is_quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' => {
                    is_quoted = true;
                    self.quoted_delimiter(byte, &mut delimiter);
                }
                b'\\' => {
                    is_quoted = true;
                    self.pos += 1;
                    self.delimiter_char(&mut delimiter);
                }
                b'$' | b'`' => {
                    self.misread();
                    self.delimiter_char(&mut delimiter);
                }
                _ if is_meta(byte) => break,
                _ => self.delimiter_char(&mut delimiter),
            }
        }
        self.heredocs.push(Heredoc { delimiter, is_quoted, strips_tabs });
    }

    fn delimiter_char(&mut self, delimiter: &mut String) {
        if let Some(c) = self.char_here() {
            delimiter.push(c);
            self.pos += c.len_utf8();
        }
    }

    fn quoted_delimiter(&mut self, quote: u8, delimiter: &mut String) {
        self.pos += 1;
        loop {
            match self.byte_after(0) {
                None => return self.misread(),
                Some(byte) if byte == quote => {
                    self.pos += 1;
                    return;
                }
                Some(byte) => {
                    if byte == b'\n' || (byte == b'\\' && quote == b'"') {
                        self.misread();
                    }
                    self.delimiter_char(delimiter);
                }
            }
        }
    }
}
