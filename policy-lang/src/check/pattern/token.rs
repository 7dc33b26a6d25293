//! The inside of a token: text, `*`, `?`, `[a-z]`, `{a,b}`, `<regex>`.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::fault::{Fault, PatternError};
use super::{MAX_ALTERNATIVES, MAX_PATTERN_NESTING, MAX_REGEX_SIZE, check_length};
use crate::model::pattern::{Piece, TokenPattern, parse_regex};

/// A place in a pattern that moves on.
#[derive(Clone)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next character.
    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes a text, where it stands next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// The text from a byte to here.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }
}

/// Pieces as they are read: neighbouring text is one literal, neighbouring `*` are one.
#[derive(Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(super) fn text(&mut self, character: char) {
        match self.0.last_mut() {
            Some(Piece::Literal(text)) => text.push(character),
            _ => self.0.push(Piece::Literal(character.to_string())),
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        if !(piece == Piece::Star && self.0.last() == Some(&Piece::Star)) {
            self.0.push(piece);
        }
    }

    /// What was read so far.
    pub(super) fn finish(self) -> Vec<Piece> {
        self.0
    }
}

/// Takes `*`, `?` or `<regex>`, where one stands next.
pub(super) fn common_piece(cursor: &mut Cursor<'_>) -> Result<Option<Piece>, PatternError> {
    match cursor.peek() {
        Some('*') => {
            cursor.bump();
            Ok(Some(Piece::Star))
        }
        Some('?') => {
            cursor.bump();
            Ok(Some(Piece::AnyChar))
        }
        Some('<') => regex_piece(cursor).map(Some),
        _ => Ok(None),
    }
}

/// `<regex>`: ends with the `>` that closes it. A `>` behind `\` or in a class does not, and
/// `<…>` inside, as in `(?P<name>…)`, stands in pairs.
fn regex_piece(cursor: &mut Cursor<'_>) -> Result<Piece, PatternError> {
    let open = cursor.at();
    cursor.bump();
    let start = cursor.at();
    let (mut angles, mut classes) = (0, 0);
    loop {
        let here = cursor.at();
        let Some(next) = cursor.bump() else {
            return Err(Fault::Unclosed { open: "<", close: ">" }.at(open..open + 1));
        };
        match next {
            '\\' => {
                cursor.bump();
            }
            '[' => {
                classes += 1;
                cursor.eat("^");
                cursor.eat("]");
            }
            ']' if 0 < classes => classes -= 1,
            '<' if classes == 0 => angles += 1,
            '>' if classes == 0 && 0 < angles => angles -= 1,
            '>' if classes == 0 => {
                let source = &cursor.text[start..here];
                if source.is_empty() {
                    return Err(Fault::Empty.at(open..here + 1));
                }
                check_regex(source, start)?;
                return Ok(Piece::Regex(source.to_owned()));
            }
            _ => {}
        }
    }
}

/// Checks a regex that starts at a byte of the pattern.
fn check_regex(source: &str, start: usize) -> Result<(), PatternError> {
    let hir = parse_regex(source).map_err(|error| {
        let (message, range) = regex_fault(&error);
        Fault::Regex { message }.at(start + range.start..start + range.end)
    })?;
    if size(&hir) <= MAX_REGEX_SIZE {
        Ok(())
    } else {
        Err(Fault::RegexTooLarge.at(start..start + source.len()))
    }
}

/// What is wrong with a regex, and where in it.
fn regex_fault(error: &regex_syntax::Error) -> (String, Range<usize>) {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        other => return (other.to_string(), 0..0),
    };
    (message, span.start.offset..span.end.offset)
}

/// How large an automaton the regex asks for: its literals and ranges, repeated as it says.
/// The depth is bounded by the parser.
fn size(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            size(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(1, |sum, part| sum.saturating_add(size(part)))
        }
    }
}

/// `[a-z]`, `[!a-z]`. A `]` that stands first is one of the characters.
pub(super) fn class_piece(cursor: &mut Cursor<'_>) -> Result<Piece, PatternError> {
    let open = cursor.at();
    let unclosed = || Fault::Unclosed { open: "[", close: "]" }.at(open..open + 1);
    cursor.bump();
    if cursor.peek() == Some('^') {
        return Err(Fault::ClassCaret.at(open..cursor.at() + 1));
    }
    let negated = cursor.eat("!");
    let mut ranges = Vec::new();
    loop {
        let start = cursor.at();
        let first = cursor.bump().ok_or_else(unclosed)?;
        if first == ']' && !ranges.is_empty() {
            return Ok(Piece::Class { negated, ranges });
        }
        if first == ']' && !cursor.rest().contains(']') {
            return Err(Fault::ClassEmpty.at(open..cursor.at()));
        }
        let mut last = first;
        if cursor.peek() == Some('-') && !cursor.rest().starts_with("-]") {
            cursor.bump();
            last = cursor.bump().ok_or_else(unclosed)?;
        }
        if last < first {
            return Err(Fault::ClassBackwards { first, last }.at(start..cursor.at()));
        }
        ranges.push((first, last));
    }
}

/// The pieces of one path component, up to its end: `*`, `?`, `[…]`, `{a,b}`, `<regex>`.
///
/// Stops before a `/` and, inside braces, before `,` and `}`.
pub(super) fn component_pieces(
    cursor: &mut Cursor<'_>,
    depth: usize,
) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Pieces::default();
    while let Some(next) = cursor.peek() {
        match next {
            '/' => break,
            ',' | '}' if 0 < depth => break,
            '\\' => return Err(Fault::Backslash.at(cursor.at()..cursor.at() + 1)),
            '{' => pieces.push(braces(cursor, depth + 1)?),
            '[' => {
                let start = cursor.at();
                let class = class_piece(cursor)?;
                // A class that may be a slash would let a name run over two components.
                if let Some(slash) = cursor.since(start).find('/') {
                    return Err(Fault::SlashInComponent.at(start + slash..start + slash + 1));
                }
                pieces.push(class);
            }
            _ => match common_piece(cursor)? {
                Some(piece) => pieces.push(piece),
                None => {
                    cursor.bump();
                    pieces.text(next);
                }
            },
        }
    }
    Ok(pieces.finish())
}

/// `{a,b}` within one component.
fn braces(cursor: &mut Cursor<'_>, depth: usize) -> Result<Piece, PatternError> {
    let open = cursor.at();
    if MAX_PATTERN_NESTING < depth {
        return Err(Fault::TooDeep.at(open..open + 1));
    }
    cursor.bump();
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(component_pieces(cursor, depth)?);
        if MAX_ALTERNATIVES < alternatives.len() {
            return Err(Fault::TooManyAlternatives.at(open..cursor.at()));
        }
        let here = cursor.at();
        match cursor.bump() {
            Some(',') => {}
            Some('}') => return Ok(Piece::Alternatives(alternatives)),
            Some('/') => return Err(Fault::SlashInComponent.at(here..here + 1)),
            _ => return Err(Fault::Unclosed { open: "{", close: "}" }.at(open..open + 1)),
        }
    }
}

/// A string that is meant as it stands.
pub(in crate::check) fn exact(text: &str, fold: bool) -> TokenPattern {
    TokenPattern { fold, ..TokenPattern::literal(text) }
}

/// A string with `*` and `?`; every other character is itself.
pub(in crate::check) fn glob(text: &str, fold: bool) -> Result<TokenPattern, PatternError> {
    check_length(text)?;
    Ok(glob_of(text, fold))
}

/// As [`glob`], for a part of a pattern whose length is checked.
pub(super) fn glob_of(text: &str, fold: bool) -> TokenPattern {
    let mut pieces = Pieces::default();
    for character in text.chars() {
        match character {
            '*' => pieces.push(Piece::Star),
            '?' => pieces.push(Piece::AnyChar),
            other => pieces.text(other),
        }
    }
    TokenPattern { pieces: pieces.finish(), fold }
}

/// The regex of `matches`: it stands for the whole string.
pub(in crate::check) fn regex(source: &str, fold: bool) -> Result<TokenPattern, PatternError> {
    check_length(source)?;
    check_regex(source, 0)?;
    Ok(TokenPattern { pieces: vec![Piece::Regex(source.to_owned())], fold })
}
