//! Tokens by what patterns say of them.
//!
//! The literals of the patterns are tokens of their own; of all others only matters which globs
//! match them. A class of such tokens is found by walking the automata of the globs together, byte
//! by byte and nearest first, and is shown by a token that reads naturally where one is known.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use policy_eval::canon;
use policy_eval::engine::ByteDfa;
use regex_syntax::hir::{Class, Hir, HirKind};
use rustc_hash::FxHashMap;

use crate::automata::bytes::{Globs, whole};
use crate::automata::group::fold_token;
use crate::automata::words::FlagWord;
use crate::model::pattern::TokenPattern;

/// The search for classes was cut short, or an automaton is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// What tokens are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TokenKind {
    /// Of a path; `folded`: in the spelling of file systems that ignore case.
    Component { folded: bool },
    /// A word of a command.
    Word,
    /// A label of a host name.
    Label,
    /// The name of a server, a tool, a package.
    Name,
    /// Any text.
    Text,
}

impl TokenKind {
    fn may_hold(self, character: char) -> bool {
        match self {
            TokenKind::Component { folded } => {
                let is_folded = || {
                    let mut room = [0; 4];
                    let text: &str = character.encode_utf8(&mut room);
                    canon::fold(text) == text
                };
                character != '/' && character != '\0' && (!folded || is_folded())
            }
            TokenKind::Label => {
                character.is_ascii_lowercase()
                    || character.is_ascii_digit()
                    || matches!(character, '-' | '_')
            }
            TokenKind::Name => !matches!(character, '/' | '\0'),
            TokenKind::Word | TokenKind::Text => character != '\0',
        }
    }

    fn is_token(self, text: &str) -> bool {
        text.chars().all(|character| self.may_hold(character))
            && match self {
                TokenKind::Component { folded } => {
                    !matches!(text, "" | "." | "..") && (!folded || canon::fold(text) == text)
                }
                TokenKind::Label => {
                    !text.is_empty()
                        && text.len() <= 63
                        && !text.starts_with('-')
                        && !text.ends_with('-')
                }
                TokenKind::Name => !text.trim().is_empty(),
                TokenKind::Word | TokenKind::Text => true,
            }
    }

    /// Tokens that read naturally, for what no pattern names.
    fn usual(self) -> &'static [&'static str] {
        match self {
            TokenKind::Component { .. } => &["notes", "report", "draft", "sketch"],
            TokenKind::Word => &["something", "other", "example"],
            TokenKind::Label => &["elsewhere", "example", "other"],
            TokenKind::Name => &["other", "something"],
            TokenKind::Text => &["other", "something", "example"],
        }
    }
}

/// A test of a token that is no literal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Glob {
    Pattern(TokenPattern),
    Flag(FlagWord),
    /// A text with `/` in it: a program given by a path.
    HasSlash,
}

struct Compiled {
    dfa: ByteDfa,
    /// Characters beyond ASCII that it tells apart.
    special: Vec<char>,
}

/// Automata of globs, each made once for all searches over the same policies.
#[derive(Clone, Default)]
pub(crate) struct Automata(Rc<RefCell<Made>>);

/// None where the automaton of a glob is too large.
type Made = FxHashMap<(TokenKind, Glob), Option<Rc<Compiled>>>;

/// A class of tokens: one of them, and the globs that match all of them.
#[derive(Clone, Debug)]
pub(crate) struct TokenClass {
    pub(crate) token: Rc<str>,
    pub(crate) globs: Box<[u32]>,
}

/// Literals and globs of all patterns over tokens of one kind.
pub(crate) struct Alphabet {
    kind: TokenKind,
    names: Vec<Rc<str>>,
    numbers: FxHashMap<Rc<str>, u32>,
    globs: Vec<Rc<Compiled>>,
    automata: Automata,
    glob_numbers: FxHashMap<Glob, u32>,
    classes: FxHashMap<Box<[u32]>, Rc<[TokenClass]>>,
}

/// How many steps the search for the classes of some globs may take.
const MOST_STEPS: usize = 60_000;

impl Alphabet {
    pub(crate) fn new(kind: TokenKind, automata: Automata) -> Alphabet {
        Alphabet {
            kind,
            automata,
            names: Vec::new(),
            numbers: FxHashMap::default(),
            globs: Vec::new(),
            glob_numbers: FxHashMap::default(),
            classes: FxHashMap::default(),
        }
    }

    /// A pattern as it is compared with tokens of the kind.
    pub(crate) fn as_compared<'p>(&self, pattern: &'p TokenPattern) -> Cow<'p, TokenPattern> {
        if self.kind == (TokenKind::Component { folded: true }) {
            Cow::Owned(fold_token(pattern))
        } else {
            Cow::Borrowed(pattern)
        }
    }

    /// The number of a literal; none where no token of the kind is this text.
    pub(crate) fn literal(&mut self, text: &str) -> Option<u32> {
        if !self.kind.is_token(text) {
            return None;
        }
        if let Some(&known) = self.numbers.get(text) {
            return Some(known);
        }
        let number = self.names.len() as u32;
        let text: Rc<str> = text.into();
        self.names.push(text.clone());
        self.numbers.insert(text, number);
        self.classes.clear();
        Some(number)
    }

    pub(crate) fn name(&self, literal: u32) -> &Rc<str> {
        &self.names[literal as usize]
    }

    pub(crate) fn number(&self, token: &str) -> Option<u32> {
        self.numbers.get(token).copied()
    }

    /// The number of a glob.
    pub(crate) fn glob(&mut self, glob: Glob) -> Result<u32, Exhausted> {
        if let Some(&known) = self.glob_numbers.get(&glob) {
            return Ok(known);
        }
        let key = (self.kind, glob.clone());
        let known = self.automata.0.borrow().get(&key).cloned();
        let compiled = known.unwrap_or_else(|| {
            let made = self.compile(&glob).map(Rc::new);
            self.automata.0.borrow_mut().insert(key, made.clone());
            made
        });
        let number = self.globs.len() as u32;
        self.globs.push(compiled.ok_or(Exhausted)?);
        self.glob_numbers.insert(glob, number);
        Ok(number)
    }

    /// The automaton of a glob; none where it is too large.
    fn compile(&self, glob: &Glob) -> Option<Compiled> {
        let hir = match glob {
            Glob::Pattern(pattern) => whole(&self.as_compared(pattern)),
            Glob::Flag(word) => word.hir(),
            Glob::HasSlash => whole(&TokenPattern {
                pieces: vec![
                    crate::model::pattern::Piece::Star,
                    crate::model::pattern::Piece::Literal("/".to_owned()),
                    crate::model::pattern::Piece::Star,
                ],
                fold: false,
            }),
        };
        let mut special = Vec::new();
        special_characters(&hir, &mut special);
        special.sort_unstable();
        special.dedup();
        special.truncate(64);
        let built = Globs::build_from(&[hir]).ok()?;
        Some(Compiled { dfa: built.dfa, special })
    }

    pub(crate) fn matches(&self, glob: u32, token: &str) -> bool {
        self.globs[glob as usize].dfa.symbol(token.as_bytes()) != 0
    }

    /// The classes of tokens that some globs tell apart, one token of each. Literals may be left
    /// out where the class has other tokens.
    ///
    /// # Errors
    /// When the globs multiply past the limit.
    pub(crate) fn classes(&mut self, globs: &[u32]) -> Result<Rc<[TokenClass]>, Exhausted> {
        if let Some(known) = self.classes.get(globs) {
            return Ok(known.clone());
        }
        let found: Rc<[TokenClass]> = self.find_classes(globs)?.into();
        self.classes.insert(globs.into(), found.clone());
        Ok(found)
    }

    fn matched(&self, globs: &[u32], token: &str) -> Box<[u32]> {
        globs.iter().copied().filter(|&glob| self.matches(glob, token)).collect()
    }

    fn find_classes(&self, globs: &[u32]) -> Result<Vec<TokenClass>, Exhausted> {
        let mut found: FxHashMap<Box<[u32]>, (Rc<str>, bool)> = FxHashMap::default();
        let mut order: Vec<Box<[u32]>> = Vec::new();
        let mut offer = |token: &str| {
            if !self.kind.is_token(token) {
                return;
            }
            let is_literal = self.numbers.contains_key(token);
            let matched = self.matched(globs, token);
            match found.get_mut(&matched) {
                Some(known) if known.1 && !is_literal => *known = (token.into(), false),
                Some(_) => {}
                None => {
                    order.push(matched.clone());
                    found.insert(matched, (token.into(), is_literal));
                }
            }
        };
        for usual in self.kind.usual() {
            offer(usual);
        }
        if !globs.is_empty() {
            let mut texts = Vec::new();
            self.walk(globs, 1, &mut |text| texts.push(text.to_owned()))?;
            for text in &texts {
                // A flag reads best as it is; other tokens with a usual word around them, where the
                // same globs match.
                if text.starts_with('-') && !self.numbers.contains_key(&**text) {
                    offer(text);
                    continue;
                }
                let own = self.matched(globs, text);
                let around = self.kind.usual().iter().flat_map(|usual| {
                    [format!("{text}{usual}"), format!("{usual}{text}"), format!("{text}-{usual}")]
                });
                let better = around
                    .filter(|long| self.kind.is_token(long) && !self.numbers.contains_key(&**long))
                    .find(|long| self.matched(globs, long) == own);
                if let Some(better) = better {
                    offer(&better);
                }
            }
            for text in &texts {
                offer(text);
            }
        }
        // A class of which only literals are known may have others behind other characters.
        if found.values().any(|(_, is_literal)| *is_literal) {
            let mut texts = Vec::new();
            self.walk(globs, 16, &mut |text| texts.push(text.to_owned()))?;
            for text in &texts {
                let is_literal = self.numbers.contains_key(&**text);
                let matched = self.matched(globs, text);
                if let Some(known) = found.get_mut(&matched)
                    && known.1
                    && !is_literal
                    && self.kind.is_token(text)
                {
                    *known = (text.as_str().into(), false);
                }
            }
        }
        Ok(order
            .into_iter()
            .map(|globs| {
                let token = found[&globs].0.clone();
                TokenClass { token, globs }
            })
            .collect())
    }

    /// Walks the automata together and hands out texts, short ones first: for each joint state up to
    /// `visits`.
    fn walk(
        &self,
        globs: &[u32],
        visits: usize,
        offer: &mut dyn FnMut(&str),
    ) -> Result<(), Exhausted> {
        let characters = self.characters(globs, visits);
        let start: Box<[u16]> = vec![0; globs.len()].into();
        let mut visited: FxHashMap<Box<[u16]>, usize> = FxHashMap::default();
        visited.insert(start.clone(), 1);
        let mut open = VecDeque::from([(start, String::new())]);
        let mut steps = 0;
        while let Some((states, text)) = open.pop_front() {
            offer(&text);
            if text.len() > 200 {
                continue;
            }
            for &character in &characters {
                steps += 1;
                if steps > MOST_STEPS {
                    // Texts beyond the first of a state are a nicety.
                    return if visits == 1 { Err(Exhausted) } else { Ok(()) };
                }
                let mut room = [0; 4];
                let bytes = character.encode_utf8(&mut room).as_bytes();
                let next: Box<[u16]> = states
                    .iter()
                    .zip(globs)
                    .map(|(&state, &glob)| {
                        let dfa = &self.globs[glob as usize].dfa;
                        bytes.iter().fold(state, |state, &byte| {
                            let class = usize::from(dfa.bytes[usize::from(byte)]);
                            dfa.next[usize::from(state) * dfa.stride as usize + class]
                        })
                    })
                    .collect();
                let seen = visited.entry(next.clone()).or_default();
                if *seen < visits {
                    *seen += 1;
                    let mut longer = text.clone();
                    longer.push(character);
                    open.push_back((next, longer));
                }
            }
        }
        Ok(())
    }

    /// One character, or a few, of each kind that the automata tell apart; nicer ones first.
    fn characters(&self, globs: &[u32], each: usize) -> Vec<char> {
        let nice = "abcdefghijklmnopqrstuvwxyz0123456789-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let others = (0x20..0x7f).chain(1..0x20).chain([0x7f]).filter_map(char::from_u32);
        let beyond = ['é', 'ß', 'ж', '日', '😀'];
        let special =
            globs.iter().flat_map(|&glob| self.globs[glob as usize].special.iter().copied());
        let mut kinds: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
        let mut characters = Vec::new();
        for character in nice.chars().chain(others).chain(special).chain(beyond) {
            if !self.kind.may_hold(character) || characters.contains(&character) {
                continue;
            }
            if character.is_ascii() {
                let kind = globs
                    .iter()
                    .map(|&glob| self.globs[glob as usize].dfa.bytes[character as usize])
                    .collect();
                let seen = kinds.entry(kind).or_default();
                *seen += 1;
                if *seen > each {
                    continue;
                }
            }
            characters.push(character);
        }
        characters
    }
}

/// The characters beyond ASCII at the borders of what an expression names.
fn special_characters(hir: &Hir, found: &mut Vec<char>) {
    if found.len() > 256 {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            if let Ok(text) = std::str::from_utf8(&literal.0) {
                found.extend(text.chars().filter(|character| !character.is_ascii()));
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.ranges() {
                found.extend([range.start(), range.end()].iter().filter(|c| !c.is_ascii()));
            }
        }
        HirKind::Class(Class::Bytes(_)) => {}
        HirKind::Repetition(repetition) => special_characters(&repetition.sub, found),
        HirKind::Capture(capture) => special_characters(&capture.sub, found),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| special_characters(part, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pattern::Piece;

    fn glob(alphabet: &mut Alphabet, pieces: Vec<Piece>) -> u32 {
        alphabet.glob(Glob::Pattern(TokenPattern { pieces, fold: false })).unwrap_or(u32::MAX)
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.to_owned())
    }

    #[test]
    fn every_set_of_globs_that_can_match_has_a_token() {
        let mut alphabet =
            Alphabet::new(TokenKind::Component { folded: false }, Automata::default());
        let pem = glob(&mut alphabet, vec![Piece::Star, literal(".pem")]);
        let id = glob(&mut alphabet, vec![literal("id_"), Piece::Star]);
        let two = glob(&mut alphabet, vec![Piece::AnyChar, Piece::AnyChar]);
        let classes = alphabet.classes(&[pem, id, two]).unwrap_or_else(|_| [].into());
        let mut sets: Vec<Vec<u32>> = classes.iter().map(|class| class.globs.to_vec()).collect();
        sets.sort();
        assert_eq!(sets, [vec![], vec![0], vec![0, 1], vec![1], vec![2]]);
        for class in classes.iter() {
            for glob in [pem, id, two] {
                assert_eq!(class.globs.contains(&glob), alphabet.matches(glob, &class.token));
            }
        }
    }

    #[test]
    fn a_token_that_patterns_name_stands_for_others_only_where_it_must() {
        let mut alphabet = Alphabet::new(TokenKind::Word, Automata::default());
        let one = glob(&mut alphabet, vec![Piece::AnyChar]);
        let class =
            glob(&mut alphabet, vec![Piece::Class { negated: false, ranges: vec![('p', 'q')] }]);
        for name in ["a", "b", "c", "p", "q", "something"] {
            alphabet.literal(name);
        }
        let classes = alphabet.classes(&[one, class]).unwrap_or_else(|_| [].into());
        let token = |globs: &[u32]| {
            classes.iter().find(|class| *class.globs == *globs).map(|class| class.token.to_string())
        };
        assert_eq!(token(&[one]).as_deref(), Some("d"));
        assert!(matches!(token(&[one, class]).as_deref(), Some("p" | "q")));
        assert_eq!(token(&[]).as_deref(), Some("other"));
    }
}
