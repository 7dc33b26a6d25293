//! Patterns as the checker leaves them: parsed, with names looked up, nothing compiled.
//!
//! Every pattern is a regular language over *tokens*: the components of a path, the words of a
//! command, the labels of a host, the two halves of a tool's name, or one whole string. Inside a
//! token there are [`Piece`]s; over tokens there are only "any number of" and, in commands,
//! alternatives.

use std::net::IpAddr;

use crate::span::Location;

/// A piece of a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Exactly this text.
    Literal(String),
    /// `?`: one character.
    AnyChar,
    /// `*`: any characters, or none.
    Star,
    /// `[a-z]`, `[!a-z]`: one character.
    Class {
        /// None of the ranges instead of one of them.
        negated: bool,
        /// First and last character of each range.
        ranges: Vec<(char, char)>,
    },
    /// `{a,b}` in a path component.
    Alternatives(Vec<Vec<Piece>>),
    /// `<regex>`, or the regex of `matches`: its source. It has passed `regex_syntax` with the
    /// settings of [`parse_regex`].
    Regex(String),
}

/// Parses the regex of a pattern. Unicode classes work; `\b` looks at ASCII words; the size is
/// limited by what the token's automaton may have.
///
/// # Errors
/// When it is not a regex, with the position in it.
pub fn parse_regex(source: &str) -> Result<regex_syntax::hir::Hir, Box<regex_syntax::Error>> {
    let hir = regex_syntax::ParserBuilder::new()
        .utf8(true)
        .nest_limit(50)
        .build()
        .parse(source)
        .map_err(Box::new)?;
    Ok(ascii_word_boundaries(hir))
}

/// Replaces Unicode word boundaries by ASCII ones, which an automaton over bytes can see.
fn ascii_word_boundaries(hir: regex_syntax::hir::Hir) -> regex_syntax::hir::Hir {
    use regex_syntax::hir::{Capture, Hir, HirKind, Look, Repetition};
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => other,
        }),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(ascii_word_boundaries(*repetition.sub)),
            ..repetition
        }),
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: Box::new(ascii_word_boundaries(*capture.sub)), ..capture })
        }
        HirKind::Concat(parts) => {
            Hir::concat(parts.into_iter().map(ascii_word_boundaries).collect())
        }
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.into_iter().map(ascii_word_boundaries).collect())
        }
    }
}

/// A pattern of one token. It matches whole tokens only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenPattern {
    /// Its pieces, in order. Neighbouring literals are merged. No piece: the empty token.
    pub pieces: Vec<Piece>,
    /// Ignores ASCII case.
    pub fold: bool,
}

impl TokenPattern {
    /// The token that is exactly this text.
    pub fn literal(text: &str) -> TokenPattern {
        let pieces = if text.is_empty() { vec![] } else { vec![Piece::Literal(text.to_owned())] };
        TokenPattern { pieces, fold: false }
    }

    /// `*`: every token.
    pub fn any() -> TokenPattern {
        TokenPattern { pieces: vec![Piece::Star], fold: false }
    }

    /// Whether it matches every token.
    pub fn is_any(&self) -> bool {
        matches!(self.pieces[..], [Piece::Star])
    }

    /// The one token that it matches, where it is a single one.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.pieces[..] {
            [] => Some(""),
            [Piece::Literal(text)]
                if !self.fold || !text.bytes().any(|b| b.is_ascii_alphabetic()) =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

/// Names a root of one model: `workspace`, `home` and `tmp` are 0, 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootId(pub u16);

/// Where a path pattern starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathBase {
    /// At the root of the file system. On Windows the drive (`C:`) is the first token.
    Absolute,
    /// At a root that is bound when a session starts.
    Root(RootId),
}

/// One step of a path pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathItem {
    /// One component.
    Component(TokenPattern),
    /// `**`: any number of components, none included.
    AnyDepth,
}

/// A path pattern. A floating one (`**/.env`) is absolute and starts with [`PathItem::AnyDepth`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PathPattern {
    pub base: PathBase,
    pub items: Vec<PathItem>,
    pub written: String,
    pub at: Location,
}

/// One step of a command pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WordItem {
    /// One word.
    Word(TokenPattern),
    /// `(a|b c)`: one of several sequences.
    Alternatives(Vec<Vec<WordItem>>),
    /// `...`: any number of words, none included.
    AnyWords,
}

/// A flag in braces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// `--force`, without the dashes.
    Long(String),
    /// `-f`.
    Short(char),
    /// `-exec`: one dash and several letters, matched whole. Without the dash.
    Whole(String),
    /// `-*`: every word that starts with `-`.
    Any,
}

/// `{--force|-f}` or `{no --output}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlagConstraint {
    /// None of them may stand there, instead of one of them must.
    pub forbids: bool,
    /// The flags.
    pub flags: Vec<Flag>,
    /// The region starts behind the shortest beginning of the command that matches these items,
    /// and ends before the first word `--`. No trailing [`WordItem::AnyWords`].
    pub after: Vec<WordItem>,
    /// The program takes unique beginnings of long flags, as a form that is not certain.
    pub abbreviates: bool,
}

/// A command pattern: the items match all words, and every constraint on flags holds.
///
/// Braces that require a flag stand in `items` as [`WordItem::AnyWords`], there and at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CommandPattern {
    pub items: Vec<WordItem>,
    pub flags: Vec<FlagConstraint>,
    pub written: String,
    pub at: Location,
}

/// One step of a host pattern, from the left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LabelItem {
    /// One label.
    Label(TokenPattern),
    /// A leading `*.`: one or more labels.
    OneOrMore,
    /// A leading `**.`: any number of labels, none included.
    ZeroOrMore,
}

/// What a host pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostShape {
    /// `*`: every destination, sockets and what was not understood included.
    Any,
    /// Names.
    Name(Vec<LabelItem>),
    /// Addresses from the first to the last, of one family. No IPv4-mapped IPv6 address.
    Addresses(IpAddr, IpAddr),
    /// `unix "PATH"`.
    Socket(PathPattern),
}

/// A host pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HostPattern {
    pub shape: HostShape,
    /// Ports, first and last. None: every port.
    pub ports: Option<(u16, u16)>,
    pub written: String,
    pub at: Location,
}

/// `server/tool` or `kind/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PairPattern {
    pub first: TokenPattern,
    pub second: TokenPattern,
    pub written: String,
    pub at: Location,
}
