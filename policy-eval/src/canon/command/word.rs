//! Words: quote removal, and what an expansion leaves unknown (rules S4, S6, S7).
//!
//! A word is read once, from left to right. As long as its value is one piece of the line it is
//! borrowed; `r''m` is put together in scratch space. With the first expansion the value becomes
//! unknown, and only what rules may know of it is kept: its first character, whether it may become
//! several words, whether it lies under the home directory. Substitutions inside are scanned on
//! the way, so that their commands become parts.

use super::buffer::TextBuf;
use super::scan::{Dialect, Scanner};
use super::tables;
use crate::facts::{Word, WordKind};
use crate::vocab::Floor;

/// A word of a command that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawWord {
    start: u32,
    end: u32,
    in_scratch: bool,
    is_known: bool,
    may_be_flag: bool,
    many: bool,
    under_home: bool,
    /// It is one process substitution and nothing else: a pipe, not a file.
    pub(super) is_pipe: bool,
    /// It has a parameter of the shell that is not accepted as an argument: `$1`, `$@`, `$-`.
    pub(super) is_positional: bool,
    /// It is spelled without quotes, backslashes and expansions.
    pub(super) is_bare: bool,
    /// Where it has the form of an assignment, how long the name is; else 0.
    name_len: u32,
    /// The assignment leaves a part of the old value: `a[i]=x`, `a+=x`.
    pub(super) is_partial: bool,
}

impl RawWord {
    /// What rules may know of it.
    pub(super) fn word<'t>(&self, text: &'t str, scratch: &'t TextBuf) -> Word<'t> {
        if self.is_known {
            return Word::known(self.text(text, scratch));
        }
        Word {
            text: if self.under_home { self.text(text, scratch) } else { "" },
            kind: WordKind::AtRunTime { may_be_flag: self.may_be_flag, many: self.many },
            under_home: self.under_home,
        }
    }

    /// The variable that it sets, where it has the form of an assignment.
    pub(super) fn variable<'t>(&self, text: &'t str, scratch: &'t TextBuf) -> Option<&'t str> {
        if self.name_len == 0 {
            return None;
        }
        self.text(text, scratch).get(..self.name_len as usize)
    }

    /// Whether it has the form of an assignment.
    pub(super) fn has_name(&self) -> bool {
        self.name_len > 0
    }

    /// Whether its value is known before the command runs.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    fn text<'t>(&self, text: &'t str, scratch: &'t TextBuf) -> &'t str {
        let (start, end) = (self.start as usize, self.end as usize);
        if self.in_scratch {
            scratch.get(start, end)
        } else {
            text.get(start..end).unwrap_or_default()
        }
    }
}

/// Where the text of a word stands while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Empty,
    /// One piece of the line.
    Line(usize, usize),
    /// In scratch space, from here to its end.
    Scratch(usize),
}

/// The first character of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    None,
    Known(u8),
    Unknown,
}

/// A word of which the beginning was read.
pub(super) struct Draft {
    piece: Piece,
    first: First,
    is_known: bool,
    is_bare: bool,
    many: bool,
    /// It may split into words that begin with anything.
    splits: bool,
    is_positional: bool,
    /// It began with the home directory, and only literal text followed.
    under_home: bool,
    /// All of it so far may be the name of a variable.
    is_name: bool,
    name_len: u32,
    is_partial: bool,
    /// An unquoted `{`, and then `,` or `..`.
    brace_open: bool,
    brace_list: bool,
    brace_first: bool,
    bracket_open: bool,
    bracket_first: bool,
}

impl Draft {
    fn new() -> Draft {
        Draft {
            piece: Piece::Empty,
            first: First::None,
            is_known: true,
            is_bare: true,
            many: false,
            splits: false,
            is_positional: false,
            under_home: false,
            is_name: true,
            name_len: 0,
            is_partial: false,
            brace_open: false,
            brace_list: false,
            brace_first: false,
            bracket_open: false,
            bracket_first: false,
        }
    }

    /// The value is known only when the command runs.
    fn unknown(&mut self) {
        self.is_known = false;
        self.is_bare = false;
        self.is_name = false;
        self.under_home = false;
        if self.first == First::None {
            self.first = First::Unknown;
        }
    }

    fn glob(&mut self) {
        self.unknown();
        self.many = true;
    }

    fn begin(&mut self, byte: u8) {
        if self.first == First::None {
            self.first = First::Known(byte);
        }
    }
}

const PLAIN: u8 = 0;
const META: u8 = 1;
const SPECIAL: u8 = 2;

/// What each byte does in a word: nothing, end it, or something else.
const CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    let mut index = 0;
    while index < 256 {
        class[index] = match index as u8 {
            b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => META,
            b'\'' | b'"' | b'\\' | b'$' | b'`' | b'*' | b'?' | b'[' | b'{' | b'~' => SPECIAL,
            0x80.. => SPECIAL,
            _ => PLAIN,
        };
        index += 1;
    }
    class
};

/// Whether a byte ends a word.
pub(super) fn is_meta(byte: u8) -> bool {
    CLASS[usize::from(byte)] == META
}

/// The length of the longest variable name that a text begins with.
pub(super) fn name_length(text: &[u8]) -> usize {
    if text.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    text.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(text.len())
}

impl Scanner<'_, '_> {
    /// Reads one word. Something of a word must stand at the place.
    ///
    /// `may_assign`: an assignment may stand here, so that `a[1 + 2]=x` is one word.
    pub(super) fn word(&mut self, may_assign: bool) -> RawWord {
        if self.peek() == Some(b'#') {
            self.misread(); // A comment, where a word should stand.
        }
        let start = self.pos;
        let rest = self.rest();
        let length =
            rest.iter().position(|&byte| CLASS[usize::from(byte)] != PLAIN).unwrap_or(rest.len());
        let next = rest.get(length).copied();
        let is_substitution =
            matches!(next, Some(b'<' | b'>')) && rest.get(length + 1) == Some(&b'(');
        let is_done = next.is_none_or(is_meta) && !is_substitution;
        let is_path_of_zsh = self.set.dialect == Dialect::Zsh && rest.first() == Some(&b'=');
        if is_done && length > 0 && !is_path_of_zsh {
            let name_len = assigned_name(rest.get(..length).unwrap_or_default());
            let appends = rest.get(name_len) == Some(&b'+');
            self.pos = start + length;
            return RawWord {
                start: start as u32,
                end: self.pos as u32,
                is_known: true,
                is_bare: true,
                name_len: name_len as u32,
                is_partial: name_len > 0 && appends,
                ..RawWord::default()
            };
        }
        self.word_in_pieces(may_assign)
    }

    fn word_in_pieces(&mut self, may_assign: bool) -> RawWord {
        let start = self.pos;
        let mut draft = Draft::new();
        if self.set.dialect == Dialect::Zsh && self.peek() == Some(b'=') {
            draft.unknown(); // `=ls` is the path of `ls`.
        }
        let mut is_pipe = false;
        while let Some(byte) = self.peek() {
            if !is_meta(byte) {
                is_pipe = false;
                self.word_step(byte, may_assign, &mut draft);
            } else if matches!(byte, b'<' | b'>') && self.byte_after(1) == Some(b'(') {
                is_pipe = draft.first == First::None;
                self.process_substitution(&mut draft);
            } else {
                break;
            }
        }
        self.finish_word(draft, start, is_pipe)
    }

    fn word_step(&mut self, byte: u8, may_assign: bool, draft: &mut Draft) {
        match byte {
            b'\'' => {
                draft.is_bare = false;
                draft.is_name = false;
                self.single(draft);
            }
            b'"' => {
                draft.is_bare = false;
                draft.is_name = false;
                self.pos += 1;
                self.double(draft);
            }
            b'\\' => self.escape(draft),
            b'$' => self.dollar(draft, false),
            b'`' => {
                draft.unknown();
                draft.many = true;
                draft.splits = true;
                self.pos += 1;
                self.backquote(false);
            }
            b'*' | b'?' => {
                draft.glob();
                self.pos += 1;
            }
            b'~' => self.tilde(draft),
            b'[' if may_assign && draft.is_name && draft.piece != Piece::Empty => {
                self.subscript(draft);
            }
            0x80.. => self.wide(draft),
            _ => self.plain(byte, draft),
        }
    }

    /// ASCII that stands for itself, or has a meaning only together with what follows.
    fn plain(&mut self, byte: u8, draft: &mut Draft) {
        let start = self.pos;
        match byte {
            b'[' => {
                draft.bracket_open = true;
                draft.bracket_first |= draft.first == First::None;
            }
            b']' if draft.bracket_open => {
                if draft.bracket_first {
                    draft.first = First::Unknown;
                }
                draft.glob();
            }
            b'{' => {
                draft.brace_open = true;
                draft.brace_first |= draft.first == First::None;
            }
            b',' if draft.brace_open => draft.brace_list = true,
            b'.' if draft.brace_open && self.byte_after(1) == Some(b'.') => draft.brace_list = true,
            b'}' if draft.brace_list => {
                if draft.brace_first {
                    draft.first = First::Unknown;
                }
                draft.glob();
            }
            b'=' if draft.is_name => self.name_ends(draft),
            // `a+=x` sets a variable too.
            b'+' if draft.is_name && self.byte_after(1) == Some(b'=') => {
                draft.is_partial = true;
                self.name_ends(draft);
            }
            _ => {
                let rest = self.rest();
                let length = rest.iter().position(|b| !is_inert(*b)).unwrap_or(rest.len()).max(1);
                draft.is_name &= rest
                    .get(..length)
                    .is_some_and(|run| run.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'))
                    && !(draft.piece == Piece::Empty && byte.is_ascii_digit());
                self.pos += length;
                self.keep(draft, start, start + length);
                return;
            }
        }
        draft.is_name = false;
        self.pos += 1;
        self.keep(draft, start, start + 1);
    }

    fn name_ends(&mut self, draft: &mut Draft) {
        let length = match draft.piece {
            Piece::Empty => 0,
            Piece::Line(start, end) => end - start,
            Piece::Scratch(start) => self.scratch.len() - start,
        };
        draft.name_len = length as u32;
        draft.is_name = false;
    }

    /// `[…]` behind a name where an assignment may stand: blanks are part of it.
    fn subscript(&mut self, draft: &mut Draft) {
        self.name_ends(draft);
        draft.is_partial = true;
        self.pos += 1;
        self.nested_text(b'[', b']');
        if self.peek() == Some(b'+') {
            self.pos += 1;
        }
        if self.peek() == Some(b'=') {
            self.pos += 1;
        } else {
            draft.name_len = 0;
            draft.glob();
        }
    }

    /// Text with quotes and substitutions up to a closing byte, of which only the commands
    /// matter: subscripts, arithmetic.
    pub(super) fn nested_text(&mut self, open: u8, close: u8) {
        let mut level = 0u32;
        let mut ignored = Draft::new();
        loop {
            let Some(byte) = self.peek() else { return self.misread() };
            match byte {
                b'\'' => self.single(&mut ignored),
                b'"' => {
                    self.pos += 1;
                    self.double(&mut ignored);
                }
                b'\\' => self.pos = (self.pos + 2).min(self.end),
                b'$' => self.dollar(&mut ignored, false),
                b'`' => {
                    self.pos += 1;
                    self.backquote(false);
                }
                b'<' | b'>' if self.byte_after(1) == Some(b'(') && open == b'[' => {
                    self.process_substitution(&mut ignored);
                }
                _ => {
                    self.pos += 1;
                    if byte == close {
                        if level == 0 {
                            return;
                        }
                        level -= 1;
                    } else if byte == open {
                        level += 1;
                    }
                }
            }
        }
    }

    /// A character outside ASCII, outside quotes.
    fn wide(&mut self, draft: &mut Draft) {
        let start = self.pos;
        let length = match self.text.get(start..).and_then(|rest| rest.chars().next()) {
            Some(c) => {
                if crate::text::is_unseen(c) {
                    self.floor(Floor::HiddenCharacters);
                }
                c.len_utf8()
            }
            None => 1,
        };
        draft.is_name = false;
        self.pos += length;
        self.keep(draft, start, start + length);
    }

    /// `~` at the beginning, or behind `=` or `:` where a variable might be set.
    fn tilde(&mut self, draft: &mut Draft) {
        let start = self.pos;
        let before = self.text.as_bytes().get(start.wrapping_sub(1)).copied();
        let is_first = draft.first == First::None && draft.is_bare;
        self.pos += 1;
        let at_end = self.peek().is_none_or(|byte| byte == b'/' || is_meta(byte));
        if is_first {
            draft.unknown();
            draft.under_home = at_end && !self.vars.home;
        } else if draft.name_len > 0 && matches!(before, Some(b'=' | b':')) {
            draft.unknown();
        } else {
            draft.is_name = false;
            self.keep(draft, start, start + 1);
        }
    }

    fn escape(&mut self, draft: &mut Draft) {
        draft.is_bare = false;
        draft.is_name = false;
        self.pos += 1;
        let start = self.pos;
        let Some(c) = self.char_here() else {
            // The last backslash of a text stands for itself, to bash; nobody means it.
            self.misread();
            draft.begin(b'\\');
            return self.keep(draft, start - 1, start);
        };
        if crate::text::is_unseen(c) {
            self.floor(Floor::HiddenCharacters);
        }
        self.pos += c.len_utf8();
        self.keep(draft, start, start + c.len_utf8());
    }

    fn single(&mut self, draft: &mut Draft) {
        let start = self.pos + 1;
        let rest = self.text.as_bytes().get(start..self.end).unwrap_or_default();
        match rest.iter().position(|&byte| byte == b'\'') {
            Some(length) => {
                self.keep(draft, start, start + length);
                self.pos = start + length + 1;
            }
            None => {
                self.keep(draft, start, self.end);
                self.pos = self.end;
                self.misread();
            }
        }
    }

    /// The text of double quotes, behind the opening one.
    fn double(&mut self, draft: &mut Draft) {
        loop {
            let start = self.pos;
            let rest = self.rest();
            let plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | b'$' | b'`');
            let length = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
            self.pos += length;
            self.keep(draft, start, self.pos);
            match self.byte_after(0) {
                None => return self.misread(),
                Some(b'"') => {
                    self.pos += 1;
                    return;
                }
                Some(b'$') => self.dollar(draft, true),
                Some(b'`') => {
                    draft.unknown();
                    self.pos += 1;
                    self.backquote(true);
                }
                Some(_) => self.escape_in_double(draft),
            }
        }
    }

    fn escape_in_double(&mut self, draft: &mut Draft) {
        let start = self.pos;
        match self.byte_after(1) {
            Some(b'\n') => self.pos += 2,
            Some(b'"' | b'\\' | b'$' | b'`') => {
                self.pos += 2;
                self.keep(draft, start + 1, start + 2);
            }
            _ => {
                self.pos += 1;
                self.keep(draft, start, start + 1);
            }
        }
    }

    /// Everything that begins with `$`.
    fn dollar(&mut self, draft: &mut Draft, quoted: bool) {
        let start = self.pos;
        self.pos += 1;
        match self.peek() {
            Some(b'(') => {
                self.pos += 1;
                self.expansion(draft, quoted, true);
                self.substitution_or_arithmetic();
            }
            Some(b'{') => {
                self.pos += 1;
                self.parameter(draft, quoted);
            }
            Some(b'[') => {
                self.pos += 1;
                self.expansion(draft, quoted, true);
                self.floor(Floor::DynamicCommand);
                self.vars.set = true;
                if self.deeper() {
                    self.nested_text(b'[', b']');
                    self.depth -= 1;
                }
            }
            Some(b'\'') if !quoted => {
                draft.is_bare = false;
                draft.is_name = false;
                self.ansi(draft);
            }
            Some(b'"') if !quoted => {
                // A translation, which depends on the locale.
                draft.unknown();
                self.not_posix();
                self.pos += 1;
                self.double(draft);
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let length = name_length(self.rest());
                let name = self.slice(self.pos, self.pos + length);
                self.pos += length;
                self.variable(draft, quoted, name);
            }
            Some(byte @ (b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-')) => {
                self.pos += 1;
                if byte == b'$' && matches!(self.byte_after(0), Some(b'(' | b'{' | b'[')) {
                    // Bash looks for the end of the quotes as if `$(` stood here.
                    self.misread();
                }
                let is_accepted = matches!(byte, b'#' | b'?' | b'$' | b'!');
                draft.is_positional |= !is_accepted;
                self.expansion(draft, quoted, !is_accepted);
                draft.many |= byte == b'@';
            }
            _ => {
                draft.is_name = false;
                self.keep(draft, start, start + 1);
            }
        }
    }

    /// `$NAME`.
    fn variable(&mut self, draft: &mut Draft, quoted: bool, name: &str) {
        let is_home = name == "HOME" && draft.first == First::None && !self.vars.home;
        let splits = self.vars.set || tables::SPLIT_VARIABLES.contains(&name);
        self.expansion(draft, quoted, splits);
        draft.under_home = is_home;
    }

    /// An expansion of which nothing is known but whether it `splits` into words that begin with
    /// anything.
    fn expansion(&mut self, draft: &mut Draft, quoted: bool, splits: bool) {
        draft.unknown();
        draft.many |= !quoted;
        draft.splits |= !quoted && splits;
    }

    /// `${…}`, behind the brace. Only `${NAME}` is understood.
    fn parameter(&mut self, draft: &mut Draft, quoted: bool) {
        let length = name_length(self.rest());
        if length > 0 && self.byte_after(length) == Some(b'}') {
            let name = self.slice(self.pos, self.pos + length);
            self.pos += length + 1;
            return self.variable(draft, quoted, name);
        }
        self.expansion(draft, quoted, true);
        draft.many = true;
        self.floor(Floor::DynamicCommand);
        // `${x:=y}` sets a variable.
        self.vars.set = true;
        if !self.deeper() {
            return;
        }
        if matches!(self.byte_after(0), Some(b' ' | b'\t' | b'\n' | b'|')) {
            // `${ command; }` runs it, in some shells.
            self.pos += 1;
            self.commands_in_braces();
        } else {
            self.parameter_text(quoted);
        }
        self.depth -= 1;
    }

    fn parameter_text(&mut self, quoted: bool) {
        let mut ignored = Draft::new();
        loop {
            match self.peek() {
                None => return self.misread(),
                Some(b'}') => {
                    self.pos += 1;
                    return;
                }
                Some(b'\'') if !quoted => self.single(&mut ignored),
                Some(b'"') => {
                    self.pos += 1;
                    self.double(&mut ignored);
                }
                Some(b'\\') => self.pos = (self.pos + 2).min(self.end),
                Some(b'$') => self.dollar(&mut ignored, quoted),
                Some(b'`') => {
                    self.pos += 1;
                    self.backquote(quoted);
                }
                Some(b'<' | b'>') if self.byte_after(1) == Some(b'(') && !quoted => {
                    self.process_substitution(&mut ignored);
                }
                Some(_) => self.pos += 1,
            }
        }
    }

    /// The text of a heredoc, to the end that is set: only expansions are looked for.
    pub(super) fn heredoc_expansions(&mut self) {
        let mut ignored = Draft::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.pos = (self.pos + 2).min(self.end),
                b'$' => self.dollar(&mut ignored, true),
                b'`' => {
                    self.pos += 1;
                    self.backquote(false);
                }
                _ => self.pos += 1,
            }
        }
    }

    /// `<(…)` or `>(…)`: the name of a pipe.
    fn process_substitution(&mut self, draft: &mut Draft) {
        self.not_posix();
        // The name is one word that begins with `/`.
        draft.begin(b'/');
        draft.unknown();
        self.pos += 2;
        if !self.substitution() {
            // To bash an empty one is nothing, so that `<()-f` is `-f`.
            self.misread();
        }
    }

    /// `$'…'`, at the quote.
    fn ansi(&mut self, draft: &mut Draft) {
        self.not_posix();
        self.pos += 1;
        let start = self.pos;
        let rest = self.rest();
        let plain = rest.iter().position(|byte| matches!(byte, b'\'' | b'\\'));
        if let Some(length) = plain
            && rest.get(length) == Some(&b'\'')
        {
            self.pos += length + 1;
            return self.keep(draft, start, start + length);
        }
        match self.ansi_value() {
            Some(value) => self.keep_decoded(draft, &value),
            None => draft.unknown(),
        }
    }

    /// The decoded text up to the closing quote; `None` where it depends on the locale or is no
    /// text.
    fn ansi_value(&mut self) -> Option<String> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut is_known = true;
        // A NUL ends the value, not the quotes.
        let mut is_cut = false;
        loop {
            let Some(byte) = self.byte_after(0) else {
                self.misread();
                return None;
            };
            self.pos += 1;
            match byte {
                b'\'' => break,
                b'\\' => match self.ansi_escape() {
                    Escape::Byte(0) => is_cut = true,
                    Escape::Byte(byte) if !is_cut => bytes.push(byte),
                    Escape::Kept(byte) if !is_cut => bytes.extend([b'\\', byte]),
                    Escape::Byte(_) | Escape::Kept(_) => {}
                    Escape::Unknown => is_known = false,
                },
                byte if !is_cut => bytes.push(byte),
                _ => {}
            }
        }
        String::from_utf8(bytes).ok().filter(|_| is_known)
    }

    fn ansi_escape(&mut self) -> Escape {
        let Some(byte) = self.byte_after(0) else { return Escape::Unknown };
        if !byte.is_ascii() {
            return Escape::Unknown;
        }
        self.pos += 1;
        match byte {
            b'a' => Escape::Byte(7),
            b'b' => Escape::Byte(8),
            b'e' | b'E' => Escape::Byte(27),
            b'f' => Escape::Byte(12),
            b'n' => Escape::Byte(b'\n'),
            b'r' => Escape::Byte(b'\r'),
            b't' => Escape::Byte(b'\t'),
            b'v' => Escape::Byte(11),
            b'\\' | b'\'' | b'"' | b'?' => Escape::Byte(byte),
            b'0'..=b'7' => {
                self.pos -= 1;
                let (value, _) = self.digits(8, 3);
                Escape::Byte(value as u8)
            }
            b'x' => match self.digits(16, 2) {
                (_, 0) => Escape::Unknown,
                (value, _) => Escape::Byte(value as u8),
            },
            b'u' | b'U' => {
                let (value, count) = self.digits(16, if byte == b'u' { 4 } else { 8 });
                match u8::try_from(value) {
                    Ok(value) if value.is_ascii() && count > 0 => Escape::Byte(value),
                    _ => Escape::Unknown,
                }
            }
            b'c' => match self.byte_after(0) {
                Some(byte) if byte.is_ascii() && byte != b'\\' && byte != b'\'' => {
                    self.pos += 1;
                    Escape::Byte(byte.to_ascii_uppercase() & 0x1f)
                }
                _ => Escape::Unknown,
            },
            _ => Escape::Kept(byte),
        }
    }

    fn digits(&mut self, radix: u32, most: usize) -> (u32, usize) {
        let mut value = 0u32;
        let mut count = 0;
        while count < most
            && let Some(digit) = self.byte_after(0).and_then(|b| char::from(b).to_digit(radix))
        {
            value = value.wrapping_mul(radix).wrapping_add(digit);
            count += 1;
            self.pos += 1;
        }
        (value, count)
    }

    /// Takes a piece of the line into the word.
    fn keep(&mut self, draft: &mut Draft, start: usize, end: usize) {
        if let Some(&byte) = self.text.as_bytes().get(start..end).and_then(<[u8]>::first) {
            draft.begin(byte);
        }
        if !(draft.is_known || draft.under_home) {
            return;
        }
        match draft.piece {
            Piece::Empty => draft.piece = Piece::Line(start, end),
            _ if start == end => {}
            Piece::Line(from, to) if from == to => draft.piece = Piece::Line(start, end),
            Piece::Line(from, to) if to == start => draft.piece = Piece::Line(from, end),
            Piece::Line(from, to) => {
                let at = self.scratch.len();
                let text = self.text;
                self.scratch.push(text.get(from..to).unwrap_or_default());
                self.scratch.push(text.get(start..end).unwrap_or_default());
                draft.piece = Piece::Scratch(at);
            }
            Piece::Scratch(_) => {
                let text = self.text;
                self.scratch.push(text.get(start..end).unwrap_or_default());
            }
        }
    }

    fn keep_decoded(&mut self, draft: &mut Draft, value: &str) {
        if let Some(byte) = value.bytes().next() {
            draft.begin(byte);
        }
        if !(draft.is_known || draft.under_home) {
            return;
        }
        let text = self.text;
        let at = match draft.piece {
            Piece::Scratch(at) => at,
            Piece::Empty => self.scratch.len(),
            Piece::Line(from, to) => {
                let at = self.scratch.len();
                self.scratch.push(text.get(from..to).unwrap_or_default());
                at
            }
        };
        self.scratch.push(value);
        draft.piece = Piece::Scratch(at);
    }

    fn finish_word(&mut self, draft: Draft, start: usize, is_pipe: bool) -> RawWord {
        let (from, to, in_scratch) = match draft.piece {
            Piece::Empty => (start, start, false),
            Piece::Line(from, to) => (from, to, false),
            Piece::Scratch(from) => (from, self.scratch.len(), true),
        };
        let mut raw = RawWord {
            start: from as u32,
            end: to as u32,
            in_scratch,
            is_known: draft.is_known,
            may_be_flag: draft.splits || matches!(draft.first, First::Unknown | First::Known(b'-')),
            many: draft.many,
            under_home: draft.under_home,
            is_pipe,
            is_positional: draft.is_positional,
            is_bare: draft.is_bare,
            name_len: draft.name_len,
            is_partial: draft.is_partial,
        };
        // `$HOMEx` is no path under the home directory.
        let follows = raw.text(self.text, &self.scratch);
        raw.under_home &= follows.is_empty() || follows.starts_with('/');
        raw
    }
}

/// What one backslash in `$'…'` stands for.
enum Escape {
    Byte(u8),
    /// The backslash stays.
    Kept(u8),
    Unknown,
}

/// Whether a byte of a word never has a meaning, whatever stands around it.
fn is_inert(byte: u8) -> bool {
    CLASS[usize::from(byte)] == PLAIN && !matches!(byte, b'=' | b',' | b'.' | b'}' | b']' | b'+')
}

/// The length of the name in `NAME=…` or `NAME+=…`; 0 where the text is no assignment.
fn assigned_name(text: &[u8]) -> usize {
    let length = name_length(text);
    match text.get(length..) {
        Some([b'=', ..] | [b'+', b'=', ..]) => length,
        _ => 0,
    }
}
