//! Patterns of one token, as an automaton over its bytes.
//!
//! `regex-automata` determinises; what is kept is a plain table that says, for a whole token, which
//! of the patterns match it. A token is valid UTF-8, so `*` may run over bytes, which keeps the
//! tables small; `?` and classes take characters.

use std::collections::VecDeque;

use policy_eval::engine::ByteDfa;
use regex_automata::dfa::{Automaton, StartError, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};
use rustc_hash::FxHashMap;

use crate::model::pattern::{Piece, TokenPattern, parse_regex};

/// The most states of an automaton over the bytes of a token.
pub(crate) const MOST_STATES: usize = 4000;

/// The automaton is larger than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// An automaton for several patterns, and which of them each of its symbols stands for.
pub(crate) struct Globs {
    pub(crate) dfa: ByteDfa,
    /// By symbol: the patterns that match, ascending. Symbol 0 is none.
    pub(crate) matched: Vec<Box<[u32]>>,
}

impl Globs {
    /// Builds the automaton of these expressions, each of which must end with `\z`.
    pub(crate) fn build_from(hirs: &[Hir]) -> Result<Globs, TooLarge> {
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .shrink(false)
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(8 << 20)),
            )
            .build_many_from_hir(hirs)
            .map_err(|_| TooLarge)?;
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    .accelerate(false)
                    .minimize(false)
                    .dfa_size_limit(Some(2 << 20))
                    .determinize_size_limit(Some(8 << 20)),
            )
            .build_from_nfa(&nfa)
            .map_err(|_| TooLarge)?;
        extract(&dfa)
    }
}

/// Walks over a dense automaton and keeps what can be reached.
fn extract<D: AsRef<[u32]>>(dfa: &dense::DFA<D>) -> Result<Globs, TooLarge> {
    let start = match dfa.start_state(&start::Config::new().anchored(Anchored::Yes)) {
        Ok(start) => start,
        Err(StartError::Quit { .. } | StartError::UnsupportedAnchored { .. }) => {
            return Err(TooLarge);
        }
        Err(_) => return Err(TooLarge),
    };
    let classes = dfa.byte_classes();
    let mut bytes = vec![0u8; 256];
    let mut representatives = Vec::new();
    let mut seen = FxHashMap::default();
    for byte in 0..=255u8 {
        let class = classes.get(byte);
        let number = *seen.entry(class).or_insert_with(|| {
            representatives.push(byte);
            representatives.len() as u8 - 1
        });
        bytes[usize::from(byte)] = number;
    }
    let mut numbers = FxHashMap::default();
    let mut states = vec![start];
    numbers.insert(start, 0usize);
    let mut next: Vec<usize> = Vec::new();
    let mut open = VecDeque::from([start]);
    while let Some(state) = open.pop_front() {
        for &byte in &representatives {
            let to = dfa.next_state(state, byte);
            if dfa.is_quit_state(to) {
                return Err(TooLarge);
            }
            let number = *numbers.entry(to).or_insert_with(|| {
                states.push(to);
                open.push_back(to);
                states.len() - 1
            });
            next.push(number);
        }
        if states.len() > MOST_STATES {
            return Err(TooLarge);
        }
    }
    let mut matched: Vec<Box<[u32]>> = vec![Box::default()];
    let mut symbols_of: FxHashMap<Box<[u32]>, u16> = FxHashMap::default();
    symbols_of.insert(Box::default(), 0);
    let mut symbols = Vec::with_capacity(states.len());
    for &state in &states {
        let end = dfa.next_eoi_state(state);
        let mut set: Vec<u32> = if dfa.is_match_state(end) {
            (0..dfa.match_len(end)).map(|i| dfa.match_pattern(end, i).as_u32()).collect()
        } else {
            Vec::new()
        };
        set.sort_unstable();
        let set: Box<[u32]> = set.into();
        let symbol = *symbols_of.entry(set.clone()).or_insert_with(|| {
            matched.push(set);
            matched.len() as u16 - 1
        });
        symbols.push(symbol);
    }
    Ok(Globs { dfa: settle(bytes, representatives.len(), &next, &symbols), matched })
}

/// Numbers the states so that those that are never left come last.
fn settle(bytes: Vec<u8>, stride: usize, next: &[usize], symbols: &[u16]) -> ByteDfa {
    let states = symbols.len();
    let settled =
        |state: usize| next[state * stride..(state + 1) * stride].iter().all(|&to| to == state);
    let mut order: Vec<usize> = (0..states).filter(|&state| !settled(state)).collect();
    let first = order.len();
    order.extend((0..states).filter(|&state| settled(state)));
    let mut place = vec![0u16; states];
    for (number, &state) in order.iter().enumerate() {
        place[state] = number as u16;
    }
    ByteDfa {
        bytes: bytes.into(),
        stride: stride as u16,
        next: order
            .iter()
            .flat_map(|&state| &next[state * stride..(state + 1) * stride])
            .map(|&to| place[to])
            .collect(),
        symbols: order.iter().map(|&state| symbols[state]).collect(),
        settled: first as u16,
    }
}

/// The expression of a pattern that matches whole tokens.
pub(crate) fn whole(pattern: &TokenPattern) -> Hir {
    Hir::concat(vec![pieces(&pattern.pieces, pattern.fold), Hir::look(Look::End)])
}

fn pieces(list: &[Piece], fold: bool) -> Hir {
    Hir::concat(list.iter().map(|one| piece(one, fold)).collect())
}

fn piece(piece: &Piece, fold: bool) -> Hir {
    match piece {
        Piece::Literal(text) => literal(text, fold),
        Piece::AnyChar => Hir::dot(Dot::AnyChar),
        Piece::Star => Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(Hir::dot(Dot::AnyByte)),
        }),
        Piece::Class { negated, ranges } => {
            let mut class =
                ClassUnicode::new(ranges.iter().map(|&(a, b)| ClassUnicodeRange::new(a, b)));
            if fold {
                fold_ascii(&mut class);
            }
            if *negated {
                class.negate();
            }
            Hir::class(Class::Unicode(class))
        }
        Piece::Alternatives(lists) => {
            Hir::alternation(lists.iter().map(|list| pieces(list, fold)).collect())
        }
        Piece::Regex(source) => {
            let source = if fold { format!("(?i:{source})") } else { source.clone() };
            // The checker parsed it; what does not parse matches nothing.
            let inner = parse_regex(&source).unwrap_or_else(|_| Hir::fail());
            Hir::capture(regex_syntax::hir::Capture { index: 1, name: None, sub: Box::new(inner) })
        }
    }
}

fn literal(text: &str, fold: bool) -> Hir {
    if !fold {
        return Hir::literal(text.as_bytes());
    }
    Hir::concat(
        text.chars()
            .map(|c| {
                let ranges = [c.to_ascii_lowercase(), c.to_ascii_uppercase()]
                    .map(|c| ClassUnicodeRange::new(c, c));
                Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
            })
            .collect(),
    )
}

/// Adds the other case of every ASCII letter.
fn fold_ascii(class: &mut ClassUnicode) {
    let letters: Vec<ClassUnicodeRange> = class
        .ranges()
        .iter()
        .flat_map(|range| {
            let ascii = range.start() as u32..=(range.end() as u32).min(0x7f);
            ascii.filter_map(char::from_u32).filter(char::is_ascii_alphabetic)
        })
        .flat_map(|c| [c.to_ascii_lowercase(), c.to_ascii_uppercase()])
        .map(|c| ClassUnicodeRange::new(c, c))
        .collect();
    for range in letters {
        class.push(range);
    }
}
