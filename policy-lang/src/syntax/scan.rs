//! One quick look over a text, before and beside the grammar.
//!
//! The grammar is the truth about what a policy is. Some questions are asked before it runs, or
//! after it gave up: where are the comments, how deep does the text nest, does it hold characters
//! that nobody sees, what stands at this byte, where does the next sentence begin. For these a
//! text is a run of [`Token`]s. In a valid text the tokens are those of the grammar.

use super::MOST_NESTED;
use super::ast::Comment;
use super::error::SyntaxError;
use super::slips;
use crate::diagnostic::is_hidden;
use crate::span::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword, a number.
    Word,
    /// A string literal, with its prefix.
    Text,
    /// A string literal whose line ends before it does.
    OpenText,
    /// From `#` to the end of the line.
    Comment,
    /// `//…` or `/*…*/`, which other languages have.
    ForeignComment,
    /// `(`, `{` or `[`.
    Open,
    /// `)`, `}` or `]`.
    Close,
    /// Anything else: one sign, or several that other languages read as one.
    Sign,
    /// Nothing: the end of the text.
    End,
}

/// A piece of text and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end())
    }
}

/// The tokens of a text from some byte on, comments included.
#[derive(Clone)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

/// Signs of several characters, longest first.
const SIGNS: [&str; 19] = [
    "===", "!==", "...", "---", "=>", "->", "=~", "==", "!=", "<=", ">=", "<>", "&&", "||", ":=",
    "::", "<-", "~=", "**",
];

impl<'t> Tokens<'t> {
    /// From a byte that begins a token or the blanks before one.
    pub(super) fn from(text: &'t str, at: usize) -> Tokens<'t> {
        Tokens { text, at }
    }

    /// The next token that is not a comment. At the end of the text it is [`Kind::End`].
    pub(super) fn significant(&mut self) -> Token<'t> {
        self.find(|token| !matches!(token.kind, Kind::Comment | Kind::ForeignComment))
            .unwrap_or(Token { kind: Kind::End, text: "", start: self.text.len() })
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let start = self.at + rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        let (kind, length) = token(trimmed, first);
        self.at = start + length;
        Some(Token { kind, text: &trimmed[..length], start })
    }
}

/// The kind and the length of the token that a text begins with.
fn token(text: &str, first: char) -> (Kind, usize) {
    let line_end = || text.find('\n').unwrap_or(text.len());
    match first {
        '#' => (Kind::Comment, text[..line_end()].trim_end_matches('\r').len()),
        '/' if text.starts_with("//") => (Kind::ForeignComment, line_end()),
        '/' if text.starts_with("/*") => {
            (Kind::ForeignComment, text.find("*/").map_or(text.len(), |end| end + 2))
        }
        '"' => quoted(text, 0, '"', true),
        '\'' => quoted(text, 0, '\'', false),
        '“' => quoted(text, 0, '”', false),
        '(' | '{' | '[' => (Kind::Open, 1),
        ')' | '}' | ']' => (Kind::Close, 1),
        _ if begins_word(text, first) => {
            let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
            match &text[length..].chars().next() {
                Some('"') => quoted(text, length, '"', &text[..length] != "r"),
                _ => (Kind::Word, length),
            }
        }
        _ => {
            let sign = SIGNS.iter().find(|sign| text.starts_with(**sign));
            (Kind::Sign, sign.map_or(first.len_utf8(), |sign| sign.len()))
        }
    }
}

/// A string literal whose opening quote stands at `quote`.
fn quoted(text: &str, quote: usize, closing: char, escapes: bool) -> (Kind, usize) {
    let opening = text[quote..].chars().next().map_or(0, char::len_utf8);
    let mut chars = text[quote + opening..].char_indices();
    while let Some((at, c)) = chars.next() {
        let here = quote + opening + at;
        match c {
            '\n' => return (Kind::OpenText, text[..here].trim_end().len().max(quote + opening)),
            '\\' if escapes && !text[here + 1..].starts_with('\n') => {
                chars.next();
            }
            c if c == closing => return (Kind::Text, here + c.len_utf8()),
            _ => {}
        }
    }
    (Kind::OpenText, text.len())
}

/// A dash belongs to a word where it is the sign of a number, or stands inside.
fn begins_word(text: &str, first: char) -> bool {
    match first {
        '-' => text[1..].starts_with(|c: char| c.is_ascii_digit()),
        first => is_word(first),
    }
}

/// Whether a character belongs to a word. Wider than the grammar, so that an error shows the whole
/// of what its author takes for a word.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-' && c.is_ascii()
}

/// What a look over a whole text tells.
pub(super) struct Scan {
    pub(super) comments: Vec<Comment>,
    pub(super) errors: Vec<(SyntaxError, Span)>,
    /// Brackets nest so deep that the grammar must not be asked.
    pub(super) too_deep: bool,
}

/// Looks over a text. Linear in its length.
pub(super) fn scan(text: &str) -> Scan {
    let mut scan = Scan { comments: Vec::new(), errors: Vec::new(), too_deep: false };
    hidden_characters(text, &mut scan.errors);
    let mut depth = 0_usize;
    for token in Tokens::from(text, 0) {
        match token.kind {
            Kind::Comment => scan.comments.push(Comment {
                text: token.text.to_owned(),
                span: token.span(),
                own_line: begins_line(text, token.start),
            }),
            Kind::ForeignComment => {
                scan.errors.push(foreign_comment(text, token));
            }
            Kind::Open => {
                depth += 1;
                if depth > MOST_NESTED && !scan.too_deep {
                    scan.too_deep = true;
                    scan.errors.push((SyntaxError::TooDeep, token.span()));
                }
            }
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    scan
}

/// A comment of another language; where text touches it, it is the end of a pattern: `/etc/**`.
fn foreign_comment(text: &str, token: Token<'_>) -> (SyntaxError, Span) {
    let pattern = slips::bare(text, token.start);
    if (pattern.start as usize) < token.start {
        return slips::unquoted("patterns", text, pattern);
    }
    let sign = &token.text[..2];
    let error = SyntaxError::habit(sign, "a comment begins with `#`");
    (error, Span::new(token.start, token.start + 2))
}

/// Whether nothing but blanks stands between the beginning of its line and a byte.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t', '\u{FEFF}']);
    before.is_empty() || before.ends_with('\n')
}

/// A policy is read by people before it is read by machines: what they cannot see is an error.
fn hidden_characters(text: &str, errors: &mut Vec<(SyntaxError, Span)>) {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) || matches!(b, b'\n' | b'\t')) {
        return;
    }
    let mut chars = text.char_indices().peekable();
    let mut before = '\0';
    while let Some((at, c)) = chars.next() {
        let ends_line = c == '\r' && matches!(chars.peek(), Some((_, '\n')));
        // Editors on Windows put a byte order mark at the beginning of a file.
        let marks_order = c == '\u{FEFF}' && at == 0;
        // Asks for the coloured form of the sign before it, as in a warning sign.
        let is_emoji = c == '\u{FE0F}' && !before.is_ascii() && !is_hidden(before);
        if is_hidden(c) && !ends_line && !marks_order && !is_emoji {
            errors.push((SyntaxError::HiddenCharacter(c), Span::new(at, at + c.len_utf8())));
        }
        before = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(Kind, &str)> {
        Tokens::from(text, 0).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn a_text_is_a_run_of_tokens() {
        use Kind::{Close, Comment, ForeignComment, Open, OpenText, Sign, Text, Word};
        let cases: [(&str, &[(Kind, &str)]); 9] = [
            ("allow run", &[(Word, "allow"), (Word, "run")]),
            (r#"a "x\" # y" # z"#, &[(Word, "a"), (Text, r#""x\" # y""#), (Comment, "# z")]),
            (r#"r"\" i"\"""#, &[(Text, r#"r"\""#), (Text, r#"i"\"""#)]),
            ("\"abc  \nd", &[(OpenText, "\"abc"), (Word, "d")]),
            ("'it' 'is", &[(Text, "'it'"), (OpenText, "'is")]),
            (
                "a//b\nc/*d",
                &[(Word, "a"), (ForeignComment, "//b"), (Word, "c"), (ForeignComment, "/*d")],
            ),
            (
                "({a&&b)}",
                &[
                    (Open, "("),
                    (Open, "{"),
                    (Word, "a"),
                    (Sign, "&&"),
                    (Word, "b"),
                    (Close, ")"),
                    (Close, "}"),
                ],
            ),
            ("# a\r\n# b", &[(Comment, "# a"), (Comment, "# b")]),
            ("\"a\\\nb", &[(OpenText, "\"a\\"), (Word, "b")]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }
}
