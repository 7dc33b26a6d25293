//! One token against the pattern of one token.

use std::borrow::Cow;

use policy_eval::canon;
use regex_syntax::hir::Hir;

use super::positions::{self, Positions};
use super::regex;
use crate::model::pattern::{Piece, TokenPattern, parse_regex};

/// Whether the pattern matches the whole token.
///
/// With `fold`, the token and the pattern are compared as file systems that ignore case compare
/// names: both are folded first.
pub(super) fn matches(pattern: &TokenPattern, token: &str, fold: bool) -> bool {
    let (token, case) = if fold {
        (canon::fold(token), Case::Folded)
    } else {
        (Cow::Borrowed(token), if pattern.fold { Case::IgnoreAscii } else { Case::Exact })
    };
    Token { text: &token, case }.ends(&pattern.pieces, 0).contains(&token.len())
}

/// How characters are compared.
#[derive(Clone, Copy)]
enum Case {
    Exact,
    /// `i"…"`
    IgnoreAscii,
    /// The token is folded already.
    Folded,
}

struct Token<'t> {
    text: &'t str,
    case: Case,
}

impl Token<'_> {
    fn ends(&self, pieces: &[Piece], start: usize) -> Positions {
        positions::ends(pieces, start, |piece, at| self.ends_of_piece(piece, at))
    }

    fn ends_of_piece(&self, piece: &Piece, start: usize) -> Positions {
        let rest = &self.text[start..];
        let one = |accepted: &dyn Fn(char) -> bool| -> Positions {
            let first = rest.chars().next().filter(|&character| accepted(character));
            first.map(|character| start + character.len_utf8()).into_iter().collect()
        };
        match piece {
            Piece::Literal(literal) => {
                self.literal_length(literal, rest).map(|len| start + len).into_iter().collect()
            }
            Piece::AnyChar => one(&|_| true),
            Piece::Star => {
                (start..=self.text.len()).filter(|&at| self.text.is_char_boundary(at)).collect()
            }
            Piece::Class { negated, ranges } => one(&|character| {
                let has = |spelling| {
                    ranges.iter().any(|&(first, last)| (first..=last).contains(&spelling))
                };
                self.spellings(character).into_iter().any(has) != *negated
            }),
            Piece::Alternatives(all) => {
                all.iter().flat_map(|pieces| self.ends(pieces, start)).collect()
            }
            Piece::Regex(source) => regex::ends(&self.parse(source), self.text, start),
        }
    }

    /// The length of the literal at the beginning of the text, where it stands there.
    fn literal_length(&self, literal: &str, rest: &str) -> Option<usize> {
        let literal = match self.case {
            Case::Folded => canon::fold(literal),
            Case::Exact | Case::IgnoreAscii => Cow::Borrowed(literal),
        };
        let beginning = rest.get(..literal.len())?;
        let equal = match self.case {
            Case::IgnoreAscii => beginning.eq_ignore_ascii_case(&literal),
            Case::Exact | Case::Folded => beginning == literal,
        };
        equal.then_some(literal.len())
    }

    /// The characters that count as the same.
    fn spellings(&self, character: char) -> Vec<char> {
        match self.case {
            Case::Exact => vec![character],
            Case::IgnoreAscii => {
                vec![character.to_ascii_lowercase(), character.to_ascii_uppercase()]
            }
            Case::Folded => {
                let mut all = vec![character];
                all.extend(character.to_lowercase());
                all.extend(character.to_uppercase());
                all
            }
        }
    }

    fn parse(&self, source: &str) -> Hir {
        let source = match self.case {
            Case::Exact => Cow::Borrowed(source),
            Case::IgnoreAscii | Case::Folded => Cow::Owned(format!("(?i){source}")),
        };
        // The checker has parsed it; one that no longer parses matches nothing.
        parse_regex(&source).unwrap_or_else(|_| Hir::fail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.to_owned())
    }

    fn pattern(pieces: Vec<Piece>) -> TokenPattern {
        TokenPattern { pieces, fold: false }
    }

    #[test]
    fn pieces_match_the_whole_token() {
        let digits = Piece::Regex("[0-9]+".to_owned());
        let class = |negated| Piece::Class { negated, ranges: vec![('a', 'c')] };
        let either =
            Piece::Alternatives(vec![vec![literal("x")], vec![literal("yy"), Piece::Star]]);
        let cases = [
            (pattern(vec![]), "", true),
            (pattern(vec![]), "a", false),
            (pattern(vec![literal(".env"), Piece::Star]), ".env", true),
            (pattern(vec![literal(".env"), Piece::Star]), ".environment", true),
            (pattern(vec![literal(".env"), Piece::AnyChar]), ".env", false),
            (pattern(vec![Piece::Star, literal("é"), Piece::AnyChar]), "éé€", true),
            (pattern(vec![digits.clone(), literal("p")]), "12p", true),
            (pattern(vec![digits, literal("p")]), "p", false),
            (pattern(vec![class(false)]), "b", true),
            (pattern(vec![class(true)]), "b", false),
            (pattern(vec![class(true)]), "é", true),
            (pattern(vec![either.clone(), literal("z")]), "yy9z", true),
            (pattern(vec![either, literal("z")]), "yz", false),
        ];
        for (pattern, token, expected) in cases {
            assert_eq!(matches(&pattern, token, false), expected, "{pattern:?} on `{token}`");
        }
    }

    #[test]
    fn case_is_ignored_where_the_pattern_or_the_platform_says_so() {
        let exact = pattern(vec![literal("Schlüssel")]);
        let ascii = TokenPattern { fold: true, ..exact.clone() };
        assert!(!matches(&exact, "schlüssel", false));
        assert!(matches(&ascii, "SCHLüSSEL", false));
        assert!(!matches(&ascii, "SCHLÜSSEL", false));
        assert!(matches(&exact, "SCHLÜSSEL", true));
        // Composed and decomposed spellings are one name.
        assert!(matches(&exact, "schlu\u{308}ssel", true));
        let not_a_letter = pattern(vec![Piece::Class { negated: true, ranges: vec![('a', 'z')] }]);
        assert!(matches(&not_a_letter, "K", false));
        assert!(!matches(&not_a_letter, "K", true));
    }
}
