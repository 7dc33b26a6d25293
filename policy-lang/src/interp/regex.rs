//! Regular expressions, matched by trying.
//!
//! The engines run automata; the judge must not. So this walks the parsed expression itself: for
//! each part and each position it asks where a match may end, and remembers the answer, so that
//! nested repetitions stay polynomial.

use std::cell::RefCell;
use std::collections::HashMap;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::positions::{self, Positions};

/// Where a match of the expression in the text that starts at `start` may end.
pub(super) fn ends(hir: &Hir, text: &str, start: usize) -> Positions {
    Search { text, known: RefCell::default() }.ends(hir, start)
}

/// One text, and what was found in it so far.
struct Search<'t> {
    text: &'t str,
    /// By the address of the part of the expression, and the position.
    known: RefCell<HashMap<(*const Hir, usize), Positions>>,
}

impl Search<'_> {
    fn ends(&self, hir: &Hir, start: usize) -> Positions {
        let key = (std::ptr::from_ref(hir), start);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = self.find_ends(hir, start);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_ends(&self, hir: &Hir, start: usize) -> Positions {
        match hir.kind() {
            HirKind::Empty => Positions::from([start]),
            HirKind::Literal(literal) => {
                let rest = &self.text.as_bytes()[start..];
                rest.starts_with(&literal.0)
                    .then_some(start + literal.0.len())
                    .into_iter()
                    .collect()
            }
            HirKind::Class(class) => self.text[start..]
                .chars()
                .next()
                .filter(|&character| has_character(class, character))
                .map(|character| start + character.len_utf8())
                .into_iter()
                .collect(),
            HirKind::Look(look) => self.looks(*look, start).then_some(start).into_iter().collect(),
            HirKind::Repetition(repetition) => self.repeated(repetition, start),
            HirKind::Capture(capture) => self.ends(&capture.sub, start),
            HirKind::Concat(parts) => positions::ends(parts, start, |part, at| self.ends(part, at)),
            HirKind::Alternation(parts) => {
                parts.iter().flat_map(|part| self.ends(part, start)).collect()
            }
        }
    }

    fn repeated(&self, repetition: &Repetition, start: usize) -> Positions {
        let once_more = |reached: &Positions| -> Positions {
            reached.iter().flat_map(|&position| self.ends(&repetition.sub, position)).collect()
        };
        let mut reached = Positions::from([start]);
        for _ in 0..repetition.min {
            let next = once_more(&reached);
            if next == reached {
                break; // More rounds lead nowhere else.
            }
            reached = next;
        }
        let mut rounds = repetition.max.map(|max| max.saturating_sub(repetition.min));
        let mut newest = reached.clone();
        while !newest.is_empty() && rounds != Some(0) {
            newest = once_more(&newest).difference(&reached).copied().collect();
            reached.extend(&newest);
            rounds = rounds.map(|left| left - 1);
        }
        reached
    }

    fn looks(&self, look: Look, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let before = at.checked_sub(1).and_then(|index| bytes.get(index)).copied();
        let after = bytes.get(at).copied();
        let is_word = |byte: Option<u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let (word_before, word_after) = (is_word(before), is_word(after));
        match look {
            Look::Start => before.is_none(),
            Look::End => after.is_none(),
            Look::StartLF => before.is_none_or(|byte| byte == b'\n'),
            Look::EndLF => after.is_none_or(|byte| byte == b'\n'),
            Look::StartCRLF => {
                before.is_none_or(|byte| byte == b'\n' || byte == b'\r' && after != Some(b'\n'))
            }
            Look::EndCRLF => {
                after.is_none_or(|byte| byte == b'\r' || byte == b'\n' && before != Some(b'\r'))
            }
            // `parse_regex` has made Unicode boundaries ASCII.
            Look::WordAscii | Look::WordUnicode => word_before != word_after,
            Look::WordAsciiNegate | Look::WordUnicodeNegate => word_before == word_after,
            Look::WordStartAscii | Look::WordStartUnicode => !word_before && word_after,
            Look::WordEndAscii | Look::WordEndUnicode => word_before && !word_after,
            Look::WordStartHalfAscii | Look::WordStartHalfUnicode => !word_before,
            Look::WordEndHalfAscii | Look::WordEndHalfUnicode => !word_after,
        }
    }
}

fn has_character(class: &Class, character: char) -> bool {
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&character))
        }
        Class::Bytes(class) => u8::try_from(character).is_ok_and(|byte| {
            byte.is_ascii()
                && class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::dfa::{Automaton, dense};
    use regex_automata::util::start::Config;
    use regex_automata::{Anchored, nfa::thompson};

    use super::*;
    use crate::model::pattern::parse_regex;

    fn by_trying(source: &str, text: &str) -> bool {
        ends(&parse_regex(source).unwrap(), text, 0).contains(&text.len())
    }

    /// Whether an automaton that somebody else wrote matches the whole text.
    fn by_automaton(source: &str, text: &str) -> bool {
        let nfa = thompson::Compiler::new().build_from_hir(&parse_regex(source).unwrap()).unwrap();
        let dfa = dense::Builder::new()
            .configure(dense::Config::new().match_kind(regex_automata::MatchKind::All))
            .build_from_nfa(&nfa)
            .unwrap();
        let start = dfa.start_state(&Config::new().anchored(Anchored::Yes)).unwrap();
        let state = text.bytes().fold(start, |state, byte| dfa.next_state(state, byte));
        dfa.is_match_state(dfa.next_eoi_state(state))
    }

    #[test]
    fn the_whole_text_must_match() {
        let cases = [
            ("a|ab", "ab", true),
            ("a|ab", "abc", false),
            (r"(?is).*\bdrop\b.*", "select 1;\nDROP table x", true),
            (r"(?is).*\bdrop\b.*", "dropped", false),
            ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("(a|b){2,3}", "abab", false),
            ("[^a-z]+", "ÄÖ9", true),
            ("", "", true),
            ("^$", "", true),
        ];
        for (source, text, expected) in cases {
            assert_eq!(by_trying(source, text), expected, "{source} on {text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_an_automaton(
            source in r"([ab]|\\b|\.|[?*+|]|\(a\||\)|\^|\$|\{1,2\}|é){0,8}",
            text in "[abé \n]{0,8}",
        ) {
            prop_assume!(parse_regex(&source).is_ok());
            prop_assert_eq!(by_trying(&source, &text), by_automaton(&source, &text));
        }
    }
}
