//! What is special about commands: flags, and patterns laid over words one at a time.
//!
//! Static words go through the token automata of [`super::group`]. Where a word is known only when
//! the command runs, every way to lay the pattern over the words matters, and a small automaton
//! that still has the pattern's own structure is walked instead.

use policy_eval::engine::ByteDfa;
use policy_eval::engine::tables::{CommandAtom, CommandPattern, FlagTest, WordNfa, WordTest};
use regex_syntax::hir::{Dot, Hir, Look, Repetition};

use super::bytes::{Globs, TooLarge, whole};
use super::group::{CommandShape, Tokens};
use crate::model::pattern::{Flag, FlagConstraint, Piece, TokenPattern, WordItem};

/// The words that are one of some flags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlagWord {
    flags: Vec<Flag>,
    /// Clusters, attached values and abbreviations count too.
    loose: bool,
    abbreviates: bool,
}

impl FlagWord {
    /// The flags as they are written, or with `=value`.
    pub(crate) fn exact(constraint: &FlagConstraint) -> FlagWord {
        FlagWord { flags: constraint.flags.clone(), loose: false, abbreviates: false }
    }

    /// The flags in every form that an option parser takes.
    pub(crate) fn loose(constraint: &FlagConstraint) -> FlagWord {
        FlagWord {
            flags: constraint.flags.clone(),
            loose: true,
            abbreviates: constraint.abbreviates,
        }
    }

    /// The expression of these words, as whole tokens.
    pub(crate) fn hir(&self) -> Hir {
        let mut words = Vec::new();
        for flag in &self.flags {
            match flag {
                // Every word with a dash in front but `--`, which ends the region.
                Flag::Any => words.extend([
                    text("-"),
                    Hir::concat(vec![text("-"), not_dash(), anything()]),
                    Hir::concat(vec![text("--"), any_byte(), anything()]),
                ]),
                Flag::Long(name) => {
                    words.push(with_value(&format!("--{name}")));
                    if self.loose && self.abbreviates {
                        let ends = name.char_indices().skip(1).map(|(end, _)| end);
                        words.extend(ends.map(|end| with_value(&format!("--{}", &name[..end]))));
                    }
                }
                Flag::Whole(name) => words.push(with_value(&format!("-{name}"))),
                Flag::Short(letter) => {
                    words.push(with_value(&format!("-{letter}")));
                    if self.loose {
                        // In a cluster, or with its value attached: one dash, and the letter
                        // somewhere behind it.
                        let letter = letter.to_string();
                        words.push(Hir::concat(vec![text("-"), text(&letter), anything()]));
                        words.push(Hir::concat(vec![
                            text("-"),
                            not_dash(),
                            anything(),
                            text(&letter),
                            anything(),
                        ]));
                    }
                }
            }
        }
        Hir::concat(vec![Hir::alternation(words), Hir::look(Look::End)])
    }
}

fn text(text: &str) -> Hir {
    Hir::literal(text.as_bytes())
}

fn any_byte() -> Hir {
    Hir::dot(Dot::AnyByte)
}

fn anything() -> Hir {
    Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(any_byte()) })
}

/// One byte that is no dash. Of a token in UTF-8 this also takes the first byte of a longer
/// character, and `anything` the rest.
fn not_dash() -> Hir {
    use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange};
    let ranges = [ClassBytesRange::new(0, b'-' - 1), ClassBytesRange::new(b'-' + 1, 255)];
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

/// The word, or the word with `=` and a value.
fn with_value(word: &str) -> Hir {
    let value = Hir::concat(vec![text("="), anything()]);
    Hir::concat(vec![text(word), Hir::alternation(vec![Hir::empty(), value])])
}

/// The patterns of a command atom, for words that are known only when the command runs.
///
/// # Errors
/// When a pattern has more states than [`WordNfa::MOST`], or a glob is too large.
pub(crate) fn command_atom(
    patterns: &[CommandShape],
    sequence: u32,
    tokens: &Tokens,
) -> Result<CommandAtom, TooLarge> {
    let patterns = patterns
        .iter()
        .map(|pattern| {
            Ok(CommandPattern {
                items: nfa(&pattern.items, tokens)?,
                flags: pattern
                    .flags
                    .iter()
                    .map(|flags| flag_test(flags, tokens))
                    .collect::<Result<_, _>>()?,
                fixed: nfa(fixed_items(&pattern.items), tokens)?,
                known_flags: pattern
                    .flags
                    .iter()
                    .filter(|flags| !flags.forbids)
                    .flat_map(|flags| &flags.flags)
                    .filter_map(written)
                    .collect(),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(CommandAtom { patterns, sequence })
}

/// The leading items of a pattern that are words written out: not `*`, which is an operand.
fn fixed_items(items: &[WordItem]) -> &[WordItem] {
    &items[..items.iter().take_while(|item| is_fixed(item)).count()]
}

fn is_fixed(item: &WordItem) -> bool {
    match item {
        WordItem::Word(pattern) => {
            pattern.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
        }
        WordItem::Alternatives(lists) => lists.iter().flatten().all(is_fixed),
        WordItem::AnyWords => false,
    }
}

fn written(flag: &Flag) -> Option<Box<str>> {
    match flag {
        Flag::Long(name) => Some(format!("--{name}").into()),
        Flag::Short(letter) => Some(format!("-{letter}").into()),
        Flag::Whole(name) => Some(format!("-{name}").into()),
        Flag::Any => None,
    }
}

fn flag_test(constraint: &FlagConstraint, tokens: &Tokens) -> Result<FlagTest, TooLarge> {
    let exact = FlagWord::exact(constraint).hir();
    let loose = FlagWord::loose(constraint).hir();
    let globs = Globs::build_from(&[exact, loose])?;
    // Symbol 2 is the flag for certain, symbol 1 another form of it.
    let meaning: Vec<u16> = globs
        .matched
        .iter()
        .map(|matched| match matched[..] {
            [] => 0,
            [0, ..] => 2,
            _ => 1,
        })
        .collect();
    Ok(FlagTest {
        forbids: constraint.forbids,
        after: nfa(&constraint.after, tokens)?,
        word: with_symbols(globs.dfa, &meaning),
    })
}

fn with_symbols(mut dfa: ByteDfa, meaning: &[u16]) -> ByteDfa {
    dfa.symbols = dfa.symbols.iter().map(|&symbol| meaning[usize::from(symbol)]).collect();
    dfa
}

/// The automaton of word items.
fn nfa(items: &[WordItem], tokens: &Tokens) -> Result<WordNfa, TooLarge> {
    let mut builder = Builder { tokens, states: 1, steps: Vec::new(), empty: Vec::new() };
    let accept = builder.sequence(items, 0)?;
    builder.empty.sort_unstable();
    if builder.states as usize > WordNfa::MOST {
        return Err(TooLarge);
    }
    Ok(WordNfa {
        states: builder.states,
        accept,
        steps: builder.steps.into(),
        empty: builder.empty.into(),
    })
}

struct Builder<'t> {
    tokens: &'t Tokens,
    states: u32,
    steps: Vec<(u32, WordTest, u32)>,
    empty: Vec<(u32, u32)>,
}

impl Builder<'_> {
    fn state(&mut self) -> u32 {
        self.states += 1;
        self.states - 1
    }

    /// Lays items behind a state; gives the state behind them. States are numbered in the order in
    /// which they are reached, so that empty steps lead upwards.
    fn sequence(&mut self, items: &[WordItem], from: u32) -> Result<u32, TooLarge> {
        let mut at = from;
        for item in items {
            at = match item {
                WordItem::Word(pattern) => {
                    let test = self.test(pattern)?;
                    let to = self.state();
                    self.steps.push((at, test, to));
                    to
                }
                WordItem::AnyWords => {
                    let to = self.state();
                    self.empty.push((at, to));
                    self.steps.push((to, WordTest::Any, to));
                    to
                }
                WordItem::Alternatives(lists) => {
                    let (mut words, mut ends) = (Vec::new(), Vec::new());
                    for list in lists {
                        // Single words need no states of their own: there may be many of them, and
                        // states are few.
                        if let [WordItem::Word(pattern)] = &list[..] {
                            words.push(self.test(pattern)?);
                            continue;
                        }
                        let start = self.state();
                        self.empty.push((at, start));
                        ends.push(self.sequence(list, start)?);
                    }
                    let to = self.state();
                    self.steps.extend(words.into_iter().map(|test| (at, test, to)));
                    self.empty.extend(ends.into_iter().map(|end| (end, to)));
                    to
                }
            };
        }
        Ok(at)
    }

    fn test(&self, pattern: &TokenPattern) -> Result<WordTest, TooLarge> {
        if pattern.is_any() {
            return Ok(WordTest::Any);
        }
        if let Some(token) = pattern.as_literal().and_then(|literal| self.tokens.get(literal)) {
            return Ok(WordTest::Token(token));
        }
        Ok(WordTest::Glob(Globs::build_from(&[whole(pattern)])?.dfa))
    }
}
