//! Several predicates over token sequences, as one automaton.
//!
//! A predicate is all that one rule asks of one value: a union of patterns, for commands with
//! constraints on flags. The automaton is found by subset construction over *symbols*: each token
//! that some pattern of the group names is one, and every other token is what the globs of the
//! group say of it. Rows are sparse: where all other symbols lead, and the exceptions.
//!
//! Predicates of different shape multiply states (a prefix and a name anywhere below), so the
//! caller bins them by [`shape`](Predicate::shape), and [`build`] splits a bin that grows past what
//! its patterns justify. After the study in the design notes: winner and shape, not minimisation,
//! keep these automata small.

use regex_syntax::hir::Hir;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use policy_eval::canon;
use policy_eval::engine::ByteDfa;
use policy_eval::engine::tables::{Cell, NO_STATE, Row};

use super::bytes::{Globs, TooLarge, whole};
use super::displace::displace;
use super::words::FlagWord;
use crate::model::pattern::{CommandPattern, Flag, Piece, TokenPattern, WordItem};

/// One step over tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    /// One token.
    One(TokenPattern),
    /// Any number of tokens.
    Any,
}

/// What one rule asks of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Predicate {
    /// One of these.
    Tokens(Vec<Vec<Item>>),
    /// One of these commands.
    Commands(Vec<CommandShape>),
}

/// What matters of a command pattern for matching.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CommandShape {
    pub(crate) items: Vec<WordItem>,
    pub(crate) flags: Vec<crate::model::pattern::FlagConstraint>,
}

impl From<&CommandPattern> for CommandShape {
    fn from(pattern: &CommandPattern) -> CommandShape {
        CommandShape { items: pattern.items.clone(), flags: pattern.flags.clone() }
    }
}

/// How a predicate looks from afar: those of one shape share an automaton well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// A fixed beginning, then nothing or anything.
    Prefix,
    /// Anything, then a fixed end.
    Suffix,
    /// Anything in several places, or a place inside.
    Inside,
    /// A fixed beginning, then more than anything.
    Scoped,
}

impl Predicate {
    /// Its shape: that of its hardest pattern.
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Predicate::Tokens(patterns) => {
                patterns.iter().map(|items| shape(items)).max().unwrap_or(Shape::Prefix)
            }
            Predicate::Commands(patterns) => {
                let scoped = |pattern: &CommandShape| {
                    !pattern.flags.is_empty()
                        || pattern
                            .items
                            .iter()
                            .rev()
                            .skip(1)
                            .any(|item| *item == WordItem::AnyWords)
                };
                if patterns.iter().any(scoped) { Shape::Scoped } else { Shape::Prefix }
            }
        }
    }
}

fn shape(items: &[Item]) -> Shape {
    let free: Vec<usize> =
        items.iter().enumerate().filter(|(_, item)| **item == Item::Any).map(|(i, _)| i).collect();
    match free[..] {
        [] => Shape::Prefix,
        [at] if at + 1 == items.len() => Shape::Prefix,
        [0] => Shape::Suffix,
        [0, ..] => Shape::Inside,
        _ => Shape::Scoped,
    }
}

/// How many predicates of a shape start out in one automaton.
pub(crate) fn together(shape: Shape) -> usize {
    match shape {
        Shape::Prefix | Shape::Suffix => usize::MAX,
        Shape::Inside => 5,
        Shape::Scoped => 4000,
    }
}

/// A frozen group, without its place among the others.
pub(crate) struct Built {
    /// The predicates, as indices into what was given; their order is their place.
    pub(crate) predicates: Vec<usize>,
    pub(crate) width: u16,
    pub(crate) symbols: Vec<u16>,
    pub(crate) other: u16,
    pub(crate) globs: Option<ByteDfa>,
    pub(crate) folded_symbols: Vec<u16>,
    pub(crate) folded_globs: Option<ByteDfa>,
    pub(crate) rows: Vec<Row>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) classes: Vec<u16>,
    /// By class: place doubled, plus one where it holds for certain.
    pub(crate) holds: Vec<Box<[u32]>>,
}

impl Built {
    /// About how many bytes its tables take.
    pub(crate) fn bytes(&self) -> usize {
        let of_globs = |globs: &Option<ByteDfa>| {
            globs.as_ref().map_or(0, |dfa| 2 * (dfa.next.len() + dfa.symbols.len()) + 256)
        };
        let symbols = self.symbols.len() + self.folded_symbols.len() + self.classes.len();
        let holds: usize = self.holds.iter().map(|held| held.len() + 4).sum();
        2 * symbols
            + of_globs(&self.globs)
            + of_globs(&self.folded_globs)
            + size_of_val(&*self.rows)
            + size_of_val(&*self.cells)
            + 4 * holds
    }
}

/// Builds automata for the predicates that `chosen` names, splitting where one gets too large.
pub(crate) fn build(
    predicates: &[&Predicate],
    chosen: Vec<usize>,
    tokens: &Tokens,
    done: &mut Vec<Built>,
) -> Result<(), TooLarge> {
    for chosen in apart(predicates, chosen) {
        split(predicates, chosen, tokens, done)?;
    }
    Ok(())
}

fn split(
    predicates: &[&Predicate],
    chosen: Vec<usize>,
    tokens: &Tokens,
    done: &mut Vec<Built>,
) -> Result<(), TooLarge> {
    match Builder::new(tokens).group(predicates, &chosen) {
        Ok(built) => done.push(built),
        Err(TooLarge) if chosen.len() == 1 => return Err(TooLarge),
        Err(TooLarge) => {
            // Every second one, so that patterns below one beginning are dealt out evenly.
            let (even, odd): (Vec<_>, Vec<_>) =
                chosen.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
            for half in [even, odd] {
                split(predicates, half.into_iter().map(|(_, one)| one).collect(), tokens, done)?;
            }
        }
    }
    Ok(())
}

/// The most states of the automaton of one predicate.
const MOST_STATES: usize = 65_000;
/// How many flags may multiply in one automaton.
const MOST_FLAGS: usize = 4;
/// How many patterns that float inside a token may multiply in one automaton. Eight of a few letters
/// fit, but take ten times as long to build as six, and to find out that more do not fit takes longer.
const MOST_FLOATING: usize = 6;

/// What multiplies the states of predicates that share an automaton: a cluster may hold any set of
/// short flags, of one command any set of constraints may be met, and one token may hold any set of
/// what floats inside it (`*a*`).
#[derive(Clone, Default)]
struct Factors<'p> {
    letters: BTreeSet<char>,
    /// By what precedes the brace.
    constraints: FxHashMap<&'p [WordItem], usize>,
    floating: FxHashSet<&'p TokenPattern>,
}

impl<'p> Factors<'p> {
    /// With those of one predicate more.
    fn with(&self, predicate: &'p Predicate) -> Factors<'p> {
        let mut factors = self.clone();
        match predicate {
            Predicate::Tokens(patterns) => {
                factors.floating.extend(patterns.iter().flatten().filter_map(|item| match item {
                    Item::One(pattern) if floats(pattern) => Some(pattern),
                    Item::One(_) | Item::Any => None,
                }));
            }
            Predicate::Commands(patterns) => {
                for constraint in patterns.iter().flat_map(|pattern| &pattern.flags) {
                    factors.letters.extend(constraint.flags.iter().filter_map(|flag| match flag {
                        Flag::Short(letter) => Some(*letter),
                        _ => None,
                    }));
                    *factors.constraints.entry(&constraint.after).or_default() += 1;
                }
            }
        }
        factors
    }

    fn are_few(&self) -> bool {
        self.letters.len() <= MOST_FLAGS
            && self.constraints.values().all(|&count| count <= MOST_FLAGS)
            && self.floating.len() <= MOST_FLOATING
    }
}

/// Whether a pattern may start to match at every byte of a token and still wants more behind that.
fn floats(pattern: &TokenPattern) -> bool {
    let is_star = |piece: &Piece| *piece == Piece::Star;
    pattern.pieces.first().is_some_and(is_star)
        && pattern.pieces.iter().filter(|piece| is_star(piece)).count() > 1
}

/// Parts predicates whose factors would multiply: each goes to the first group that it fits.
fn apart(predicates: &[&Predicate], chosen: Vec<usize>) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Factors<'_>, Vec<usize>)> = Vec::new();
    for index in chosen {
        let fits = groups.iter_mut().find_map(|(factors, group)| {
            let more = factors.with(predicates[index]);
            more.are_few().then_some((factors, group, more))
        });
        match fits {
            Some((factors, group, more)) => {
                *factors = more;
                group.push(index);
            }
            None => groups.push((Factors::default().with(predicates[index]), vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The literal tokens of a sequence.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) names: Vec<String>,
    numbers: FxHashMap<String, u32>,
    /// The sequence is one of paths: each token also has a folded spelling, by its number here.
    pub(crate) folded: Option<Folded>,
}

/// The folded spellings of tokens.
#[derive(Default)]
pub(crate) struct Folded {
    pub(crate) names: Vec<String>,
    numbers: FxHashMap<String, u32>,
    /// By token: its folded spelling.
    of_token: Vec<u32>,
}

impl Folded {
    fn add(&mut self, token: &str) {
        let spelling = canon::fold(token);
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(spelling.into_owned()).or_insert_with_key(|spelling| {
            self.names.push(spelling.clone());
            next
        });
        self.of_token.push(number);
    }
}

impl Tokens {
    /// No tokens yet, of a sequence of paths.
    pub(crate) fn of_paths() -> Tokens {
        Tokens { folded: Some(Folded::default()), ..Tokens::default() }
    }

    /// The number of a token; it gets one where it has none.
    pub(crate) fn number(&mut self, token: &str) -> u32 {
        if let Some(&number) = self.numbers.get(token) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(token.to_owned());
        self.numbers.insert(token.to_owned(), number);
        if let Some(folded) = &mut self.folded {
            folded.add(token);
        }
        number
    }

    /// The number of a token that has one.
    pub(crate) fn get(&self, token: &str) -> Option<u32> {
        self.numbers.get(token).copied()
    }

    /// Gives every literal of a predicate a number.
    pub(crate) fn add(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Tokens(patterns) => {
                for item in patterns.iter().flatten() {
                    if let Item::One(pattern) = item {
                        self.add_token(pattern);
                    }
                }
            }
            Predicate::Commands(patterns) => {
                for pattern in patterns {
                    self.add_words(&pattern.items);
                    for flags in &pattern.flags {
                        self.number("--");
                        self.add_words(&flags.after);
                    }
                }
            }
        }
    }

    fn add_words(&mut self, items: &[WordItem]) {
        for item in items {
            match item {
                WordItem::Word(pattern) => self.add_token(pattern),
                WordItem::Alternatives(lists) => lists.iter().for_each(|list| self.add_words(list)),
                WordItem::AnyWords => {}
            }
        }
    }

    fn add_token(&mut self, pattern: &TokenPattern) {
        if let Some(literal) = pattern.as_literal() {
            self.number(literal);
        }
    }
}

/// What a step of the nondeterministic automaton asks of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Test {
    Literal(u32),
    Glob(u32),
    Any,
    /// Every token but `--`.
    NotDashes,
}

/// Where a state stands in a constraint on flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not in one.
    Main,
    /// In what precedes the brace of this constraint.
    Before(u32),
    /// In the region of it.
    Region(u32),
    /// The flag was seen.
    Found(u32),
}

struct State {
    steps: Vec<(Test, u32)>,
    /// Steps without a token.
    empty: Vec<u32>,
    /// It stays for every token.
    stays: bool,
    accepts: Vec<u32>,
    phase: Phase,
}

/// How a predicate's truth follows from what its automata accept.
enum Accepts {
    /// One of these.
    Any(Vec<u32>),
    /// One of these: the pattern accepts, and so do or do not its flags (exact, loose).
    Commands(Vec<(u32, Vec<FlagAccepts>)>),
}

struct FlagAccepts {
    exact: u32,
    loose: u32,
    forbids: bool,
}

struct Builder<'t> {
    tokens: &'t Tokens,
    states: Vec<State>,
    /// Shared beginnings: the state that a step of a pattern without flags leads to.
    shared: FxHashMap<(u32, Option<Test>), u32>,
    globs: Vec<GlobTest>,
    glob_numbers: FxHashMap<GlobTest, u32>,
    accepts: u32,
    constraints: u32,
}

/// A test of a token that is no literal.
#[derive(Clone, PartialEq, Eq, Hash)]
enum GlobTest {
    Pattern(TokenPattern),
    Flag(FlagWord),
}

impl<'t> Builder<'t> {
    fn new(tokens: &'t Tokens) -> Builder<'t> {
        let mut builder = Builder {
            tokens,
            states: Vec::new(),
            shared: FxHashMap::default(),
            globs: Vec::new(),
            glob_numbers: FxHashMap::default(),
            accepts: 0,
            constraints: 0,
        };
        builder.state(Phase::Main);
        builder
    }

    fn state(&mut self, phase: Phase) -> u32 {
        self.states.push(State {
            steps: Vec::new(),
            empty: Vec::new(),
            stays: false,
            accepts: Vec::new(),
            phase,
        });
        self.states.len() as u32 - 1
    }

    fn accept(&mut self) -> u32 {
        self.accepts += 1;
        self.accepts - 1
    }

    fn glob(&mut self, test: GlobTest) -> Test {
        if let Some(&number) = self.glob_numbers.get(&test) {
            return Test::Glob(number);
        }
        let number = self.globs.len() as u32;
        self.globs.push(test.clone());
        self.glob_numbers.insert(test, number);
        Test::Glob(number)
    }

    fn test(&mut self, pattern: &TokenPattern) -> Test {
        if pattern.is_any() {
            return Test::Any;
        }
        match pattern.as_literal().and_then(|literal| self.tokens.get(literal)) {
            Some(number) => Test::Literal(number),
            None => self.glob(GlobTest::Pattern(pattern.clone())),
        }
    }

    /// Adds a predicate.
    fn predicate(&mut self, predicate: &Predicate) -> Accepts {
        match predicate {
            Predicate::Tokens(patterns) => {
                let accept = self.accept();
                for items in patterns {
                    let mut at = 0;
                    for item in items {
                        at = match item {
                            Item::One(pattern) => {
                                let test = self.test(pattern);
                                self.shared_step(at, test)
                            }
                            Item::Any => self.shared_loop(at),
                        };
                    }
                    self.states[at as usize].accepts.push(accept);
                }
                Accepts::Any(vec![accept])
            }
            Predicate::Commands(patterns) => {
                let mut all = Vec::new();
                for pattern in patterns {
                    let accept = self.accept();
                    let mut ends = self.words(&pattern.items, vec![0], Phase::Main, true);
                    ends.dedup();
                    for end in ends {
                        self.states[end as usize].accepts.push(accept);
                    }
                    let flags = pattern.flags.iter().map(|flags| self.flags(flags)).collect();
                    all.push((accept, flags));
                }
                Accepts::Commands(all)
            }
        }
    }

    fn shared_step(&mut self, from: u32, test: Test) -> u32 {
        if let Some(&to) = self.shared.get(&(from, Some(test))) {
            return to;
        }
        let to = self.state(Phase::Main);
        self.states[from as usize].steps.push((test, to));
        self.shared.insert((from, Some(test)), to);
        to
    }

    fn shared_loop(&mut self, from: u32) -> u32 {
        if let Some(&to) = self.shared.get(&(from, None)) {
            return to;
        }
        let to = self.state(Phase::Main);
        self.states[to as usize].stays = true;
        self.states[from as usize].empty.push(to);
        self.shared.insert((from, None), to);
        to
    }

    /// Lays word items behind each of `from`; gives the states behind them.
    fn words(&mut self, items: &[WordItem], from: Vec<u32>, phase: Phase, share: bool) -> Vec<u32> {
        let mut ends = from;
        for item in items {
            ends = match item {
                WordItem::Word(pattern) => {
                    let test = self.test(pattern);
                    if share && ends.len() == 1 {
                        vec![self.shared_step(ends[0], test)]
                    } else {
                        let to = self.state(phase);
                        for end in ends {
                            self.states[end as usize].steps.push((test, to));
                        }
                        vec![to]
                    }
                }
                WordItem::AnyWords => {
                    if share && ends.len() == 1 {
                        vec![self.shared_loop(ends[0])]
                    } else {
                        let to = self.state(phase);
                        self.states[to as usize].stays = true;
                        for end in ends {
                            self.states[end as usize].empty.push(to);
                        }
                        vec![to]
                    }
                }
                WordItem::Alternatives(lists) => {
                    let mut all = Vec::new();
                    for list in lists {
                        all.extend(self.words(list, ends.clone(), phase, share));
                    }
                    all.sort_unstable();
                    all.dedup();
                    all
                }
            };
        }
        ends
    }

    /// Adds a constraint on flags: one automaton for the exact flags, one for other forms too.
    fn flags(&mut self, flags: &crate::model::pattern::FlagConstraint) -> FlagAccepts {
        let one = |builder: &mut Self, word: FlagWord| {
            let constraint = builder.constraints;
            builder.constraints += 1;
            let start = builder.state(Phase::Before(constraint));
            builder.states[0].empty.push(start);
            let region = builder.state(Phase::Region(constraint));
            let found = builder.state(Phase::Found(constraint));
            for end in builder.words(&flags.after, vec![start], Phase::Before(constraint), false) {
                builder.states[end as usize].empty.push(region);
            }
            let test = builder.glob(GlobTest::Flag(word));
            builder.states[region as usize]
                .steps
                .extend([(test, found), (Test::NotDashes, region)]);
            builder.states[found as usize].stays = true;
            let accept = builder.accept();
            builder.states[found as usize].accepts.push(accept);
            accept
        };
        let exact = one(self, FlagWord::exact(flags));
        let loose = one(self, FlagWord::loose(flags));
        FlagAccepts { exact, loose, forbids: flags.forbids }
    }

    /// By token of the sequence: whether some step names it.
    fn literals(&self) -> Vec<bool> {
        let mut named = vec![false; self.tokens.names.len()];
        for (test, _) in self.states.iter().flat_map(|state| &state.steps) {
            match test {
                Test::Literal(token) => named[*token as usize] = true,
                Test::NotDashes => {
                    if let Some(dashes) = self.tokens.get("--") {
                        named[dashes as usize] = true;
                    }
                }
                Test::Glob(_) | Test::Any => {}
            }
        }
        named
    }

    /// Determinises the predicates that `chosen` names.
    fn group(mut self, predicates: &[&Predicate], chosen: &[usize]) -> Result<Built, TooLarge> {
        let accepts: Vec<Accepts> =
            chosen.iter().map(|&index| self.predicate(predicates[index])).collect();
        let alphabet = Alphabet::build(self.tokens, &self.literals(), &self.globs)?;
        // One predicate cannot be split; several together get what patterns that do not multiply
        // need, and room for a few that do.
        let limit = if chosen.len() == 1 { MOST_STATES } else { 4 * self.states.len() + 256 };
        let mut subsets = Subsets::new(&self, &alphabet, limit);
        subsets.explore()?;
        let (classes, holds) = subsets.classes(&accepts);
        let Order { unsettled, states } = settled_last(&subsets.defaults, &subsets.exceptions);
        let classes = states.iter().map(|&state| classes[state] as u16).collect();
        let mut numbers = vec![0u32; states.len()];
        for (number, &state) in states.iter().enumerate() {
            numbers[state] = number as u32;
        }
        let number = |state: u32| numbers[state as usize];
        let unsettled = &states[..unsettled];
        let defaults: Vec<u32> =
            unsettled.iter().map(|&state| number(subsets.defaults[state])).collect();
        let exceptions = unsettled
            .iter()
            .map(|&state| {
                let mine = &subsets.exceptions[state];
                mine.iter().map(|&(symbol, to)| (symbol, number(to))).collect()
            })
            .collect();
        let Alike { likes, exceptions } = alike(&defaults, exceptions);
        let laid = displace(&exceptions, |_| alphabet.symbols);
        // There are at most `MOST_STATES`.
        let rows = laid
            .bases
            .iter()
            .zip(&defaults)
            .zip(&likes)
            .map(|((&base, &default), &like)| Row {
                base,
                default: default as u16,
                like: like.map_or(NO_STATE, |like| like as u16),
            })
            .collect();
        let cells = laid
            .cells
            .into_iter()
            .map(|cell| match cell {
                Some((check, next)) => Cell { check: check as u16, next: next as u16 },
                None => Cell { check: NO_STATE, next: 0 },
            })
            .collect();
        Ok(Built {
            predicates: chosen.to_vec(),
            width: alphabet.symbols as u16,
            symbols: alphabet.of_token,
            other: alphabet.other,
            globs: alphabet.dfa,
            folded_symbols: alphabet.of_folded,
            folded_globs: alphabet.folded_dfa,
            rows,
            cells,
            classes,
            holds,
        })
    }
}

/// States in a new order, by their old numbers.
struct Order {
    /// How many of the first are not settled.
    unsettled: usize,
    states: Vec<usize>,
}

/// Those that are never left come last; the start stays the first of its kind.
fn settled_last(defaults: &[u32], exceptions: &[Vec<(u32, u32)>]) -> Order {
    let is_settled =
        |state: &usize| defaults[*state] as usize == *state && exceptions[*state].is_empty();
    let (settled, mut states): (Vec<usize>, Vec<usize>) = (0..defaults.len()).partition(is_settled);
    let unsettled = states.len();
    states.extend(settled);
    Order { unsettled, states }
}

/// Exceptions, less those that a like state has too.
struct Alike {
    /// By state: the state whose exceptions count where it has none of its own.
    likes: Vec<Option<u32>>,
    exceptions: Vec<Vec<(u32, u32)>>,
}

/// Finds states that are much like the state that their other symbols lead to.
///
/// Where patterns start with `**` every state leads where the start leads, and somewhere else for a
/// few symbols. Without this, a state would say all of it again.
fn alike(defaults: &[u32], mut exceptions: Vec<Vec<(u32, u32)>>) -> Alike {
    let mut own: Vec<Option<Vec<(u32, u32)>>> = vec![None; defaults.len()];
    let mut gains: BTreeMap<u32, usize> = BTreeMap::new();
    for (state, &default) in defaults.iter().enumerate() {
        let mine = &exceptions[state];
        let Some(theirs) = exceptions.get(default as usize) else { continue };
        if default as usize == state || theirs.is_empty() || mine.len() <= 1 {
            continue;
        }
        let rest = less(mine, theirs, default);
        if rest.len() < mine.len() {
            *gains.entry(default).or_default() += mine.len() - rest.len();
            own[state] = Some(rest);
        }
    }
    let mut models: Vec<(usize, u32)> = gains.into_iter().map(|(to, gain)| (gain, to)).collect();
    models.sort_unstable_by_key(|&(gain, state)| (std::cmp::Reverse(gain), state));
    let mut likes = vec![None; defaults.len()];
    let mut is_model = vec![false; defaults.len()];
    for (_, model) in models {
        // One that is itself like another has given exceptions away.
        is_model[model as usize] = likes[model as usize].is_none();
        if !is_model[model as usize] {
            continue;
        }
        for state in 0..defaults.len() {
            if defaults[state] == model
                && !is_model[state]
                && let Some(rest) = own[state].take()
            {
                exceptions[state] = rest;
                likes[state] = Some(model);
            }
        }
    }
    Alike { likes, exceptions }
}

/// The exceptions that a state still needs where `theirs` count behind them. Both are ascending.
fn less(mine: &[(u32, u32)], theirs: &[(u32, u32)], default: u32) -> Vec<(u32, u32)> {
    let mut rest = Vec::new();
    let mut theirs = theirs.iter().copied().peekable();
    for &(symbol, to) in mine {
        while let Some((other, led)) = theirs.next_if(|&(other, _)| other < symbol) {
            if led != default {
                rest.push((other, default));
            }
        }
        match theirs.next_if(|&(other, _)| other == symbol) {
            Some((_, led)) if led == to => {}
            _ => rest.push((symbol, to)),
        }
    }
    rest.extend(theirs.filter(|&(_, led)| led != default).map(|(other, _)| (other, default)));
    rest
}

/// What a symbol says of a token: the literals that it is, and the globs that match it.
type Meaning = (Box<[u32]>, Box<[u32]>);

/// The symbols of a group. Symbol 0 is a token that no literal and no glob of it speaks of.
///
/// Of paths there are also symbols of folded tokens: all literals with one folded spelling, and
/// what the folded globs say. A request uses those of one kind only, but one automaton serves both.
struct Alphabet {
    symbols: u32,
    /// By token of the sequence.
    of_token: Vec<u16>,
    /// Of tokens that are not in the table, where there are no globs.
    other: u16,
    dfa: Option<ByteDfa>,
    /// By folded token of the sequence; empty where it is none of paths.
    of_folded: Vec<u16>,
    folded_dfa: Option<ByteDfa>,
    /// By symbol: the literals that it stands for, and the globs that match it.
    literals: Vec<Box<[u32]>>,
    globs: Vec<Box<[u32]>>,
    /// By literal: the symbols that stand for it.
    of_literal: FxHashMap<u32, Vec<u16>>,
    /// By glob: the symbols that it matches.
    of_glob: Vec<Vec<u16>>,
    numbers: FxHashMap<Meaning, u16>,
}

impl Alphabet {
    fn build(tokens: &Tokens, named: &[bool], tests: &[GlobTest]) -> Result<Alphabet, TooLarge> {
        let mut alphabet = Alphabet {
            symbols: 0,
            of_token: Vec::with_capacity(tokens.names.len()),
            other: 0,
            dfa: None,
            of_folded: Vec::new(),
            folded_dfa: None,
            literals: Vec::new(),
            globs: Vec::new(),
            of_literal: FxHashMap::default(),
            of_glob: vec![Vec::new(); tests.len()],
            numbers: FxHashMap::default(),
        };
        alphabet.symbol(&[], &[])?;
        let exact = alphabet.add_globs(tests, GlobTest::hir)?;
        for (number, name) in tokens.names.iter().enumerate() {
            let number = [number as u32];
            let literals = if named[number[0] as usize] { &number[..] } else { &[] };
            let symbol = alphabet.symbol(literals, exact.matched(name))?;
            alphabet.of_token.push(symbol);
        }
        alphabet.dfa = exact.dfa;
        if let Some(folded) = &tokens.folded {
            let mut literals: Vec<Vec<u32>> = vec![Vec::new(); folded.names.len()];
            for (token, &spelling) in folded.of_token.iter().enumerate() {
                if named[token] {
                    literals[spelling as usize].push(token as u32);
                }
            }
            let globs = alphabet.add_globs(tests, GlobTest::folded_hir)?;
            for (name, literals) in folded.names.iter().zip(&literals) {
                let symbol = alphabet.symbol(literals, globs.matched(name))?;
                alphabet.of_folded.push(symbol);
            }
            alphabet.folded_dfa = globs.dfa;
        }
        Ok(alphabet)
    }

    /// Gives every set of globs that can match a token its symbol.
    fn add_globs(
        &mut self,
        tests: &[GlobTest],
        hir: impl Fn(&GlobTest) -> Hir,
    ) -> Result<Matcher, TooLarge> {
        if tests.is_empty() {
            return Ok(Matcher { dfa: None, matched: Vec::new() });
        }
        let hirs: Vec<Hir> = tests.iter().map(hir).collect();
        let Globs { mut dfa, matched } = Globs::build_from(&hirs)?;
        let symbols: Vec<u16> =
            matched.iter().map(|globs| self.symbol(&[], globs)).collect::<Result<_, _>>()?;
        dfa.symbols = dfa.symbols.iter().map(|&own| symbols[usize::from(own)]).collect();
        let matched = self.globs.clone();
        Ok(Matcher { dfa: Some(dfa), matched })
    }

    /// The symbol of tokens that are these literals and that these globs match.
    fn symbol(&mut self, literals: &[u32], globs: &[u32]) -> Result<u16, TooLarge> {
        // Most tokens are of other groups. Asking the map for each of them in each group is most of
        // what a large policy costs.
        if literals.is_empty() && globs.is_empty() && 0 < self.symbols {
            return Ok(0);
        }
        let key: Meaning = (literals.into(), globs.into());
        if let Some(&known) = self.numbers.get(&key) {
            return Ok(known);
        }
        let symbol = u16::try_from(self.symbols).map_err(|_| TooLarge)?;
        for &literal in literals {
            self.of_literal.entry(literal).or_default().push(symbol);
        }
        for &glob in globs {
            self.of_glob[glob as usize].push(symbol);
        }
        self.literals.push(key.0.clone());
        self.globs.push(key.1.clone());
        self.numbers.insert(key, symbol);
        self.symbols += 1;
        Ok(symbol)
    }
}

/// Globs whose automaton gives symbols of an alphabet.
struct Matcher {
    dfa: Option<ByteDfa>,
    /// By symbol: the globs that match.
    matched: Vec<Box<[u32]>>,
}

impl Matcher {
    fn matched(&self, token: &str) -> &[u32] {
        match &self.dfa {
            Some(dfa) => &self.matched[usize::from(dfa.symbol(token.as_bytes()))],
            None => &[],
        }
    }
}

impl GlobTest {
    fn hir(&self) -> Hir {
        match self {
            GlobTest::Pattern(pattern) => whole(pattern),
            GlobTest::Flag(word) => word.hir(),
        }
    }

    /// The test of a folded token.
    fn folded_hir(&self) -> Hir {
        match self {
            GlobTest::Pattern(pattern) => whole(&fold_token(pattern)),
            GlobTest::Flag(word) => word.hir(),
        }
    }
}

/// The pattern of folded tokens: what it matches in some spelling, it matches folded.
pub(crate) fn fold_token(token: &TokenPattern) -> TokenPattern {
    let pieces: Vec<Piece> = token.pieces.iter().map(fold_piece).collect();
    // A literal needs no further folding: the token is folded before it is compared.
    let literal = matches!(pieces[..], [] | [Piece::Literal(_)]);
    TokenPattern { pieces, fold: !literal && !token.is_any() }
}

fn fold_piece(piece: &Piece) -> Piece {
    match piece {
        Piece::Literal(text) => Piece::Literal(canon::fold(text).into_owned()),
        Piece::Alternatives(lists) => Piece::Alternatives(
            lists.iter().map(|list| list.iter().map(fold_piece).collect()).collect(),
        ),
        Piece::AnyChar | Piece::Star | Piece::Class { .. } | Piece::Regex(_) => piece.clone(),
    }
}

/// The deterministic automaton while it grows.
struct Subsets<'b, 't> {
    builder: &'b Builder<'t>,
    alphabet: &'b Alphabet,
    numbers: FxHashMap<Box<[u32]>, u32>,
    sets: Vec<Box<[u32]>>,
    defaults: Vec<u32>,
    exceptions: Vec<Vec<(u32, u32)>>,
    /// By state: the one accept number that it can still reach, where it is one.
    only: Vec<Reach>,
    limit: usize,
}

/// Which accept numbers a state can still reach.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    None,
    One(u32),
    Many,
}

impl Reach {
    fn with(self, other: Reach) -> Reach {
        match (self, other) {
            (Reach::None, one) | (one, Reach::None) => one,
            (Reach::One(a), Reach::One(b)) if a == b => self,
            _ => Reach::Many,
        }
    }
}

impl<'b, 't> Subsets<'b, 't> {
    fn new(builder: &'b Builder<'t>, alphabet: &'b Alphabet, limit: usize) -> Self {
        Subsets {
            builder,
            alphabet,
            numbers: FxHashMap::default(),
            sets: Vec::new(),
            defaults: Vec::new(),
            exceptions: Vec::new(),
            only: reaches(&builder.states),
            limit,
        }
    }

    fn explore(&mut self) -> Result<(), TooLarge> {
        self.number(vec![0]);
        let mut at = 0;
        while at < self.sets.len() {
            if self.sets.len() > self.limit {
                return Err(TooLarge);
            }
            self.expand(at);
            at += 1;
        }
        Ok(())
    }

    /// Finds where a set of states leads.
    fn expand(&mut self, at: usize) {
        let set = self.sets[at].clone();
        let states = &self.builder.states;
        let mut always = Vec::new();
        let mut but_dashes = Vec::new();
        let mut literal: Vec<(u32, u32)> = Vec::new();
        let mut glob: Vec<(u32, u32)> = Vec::new();
        for &state in &set {
            if states[state as usize].stays {
                always.push(state);
            }
            for &(test, to) in &states[state as usize].steps {
                match test {
                    Test::Any => always.push(to),
                    Test::NotDashes => but_dashes.push(to),
                    Test::Literal(token) => literal.push((token, to)),
                    Test::Glob(number) => glob.push((number, to)),
                }
            }
        }
        glob.sort_unstable();
        literal.sort_unstable();
        let dashes = self.builder.tokens.get("--").filter(|_| !but_dashes.is_empty());
        let mut symbols: Vec<u16> = literal
            .iter()
            .map(|&(token, _)| token)
            .chain(dashes)
            .flat_map(|token| self.alphabet.of_literal.get(&token).into_iter().flatten())
            .copied()
            .collect();
        let mut numbers: Vec<u32> = glob.iter().map(|&(number, _)| number).collect();
        numbers.dedup();
        for &number in &numbers {
            symbols.extend(&self.alphabet.of_glob[number as usize]);
        }
        symbols.sort_unstable();
        symbols.dedup();
        let usual: Vec<u32> = always.iter().chain(&but_dashes).copied().collect();
        let default = self.number(usual);
        let mut exceptions = Vec::new();
        for symbol in symbols {
            let tokens = &self.alphabet.literals[usize::from(symbol)];
            let mut to = always.clone();
            if !dashes.is_some_and(|dashes| tokens.contains(&dashes)) {
                to.extend(&but_dashes);
            }
            for &token in tokens {
                let first = literal.partition_point(|&(other, _)| other < token);
                to.extend(
                    literal[first..].iter().take_while(|step| step.0 == token).map(|step| step.1),
                );
            }
            let matched = &self.alphabet.globs[usize::from(symbol)];
            to.extend(
                glob.iter()
                    .filter(|(number, _)| matched.binary_search(number).is_ok())
                    .map(|step| step.1),
            );
            let to = self.number(to);
            if to != default {
                exceptions.push((u32::from(symbol), to));
            }
        }
        self.defaults[at] = default;
        self.exceptions[at] = exceptions;
    }

    /// The number of a set of states, once it is closed and what cannot matter is dropped.
    fn number(&mut self, set: Vec<u32>) -> u32 {
        let set = self.prune(self.close(set));
        if let Some(&number) = self.numbers.get(&*set) {
            return number;
        }
        let number = self.sets.len() as u32;
        self.sets.push(set.clone());
        self.defaults.push(0);
        self.exceptions.push(Vec::new());
        self.numbers.insert(set, number);
        number
    }

    fn close(&self, mut set: Vec<u32>) -> Vec<u32> {
        let mut at = 0;
        while at < set.len() {
            let state = &self.builder.states[set[at] as usize];
            set.extend(&state.empty);
            at += 1;
        }
        set.sort_unstable();
        set.dedup();
        set
    }

    /// Drops what is settled: of a constraint, what precedes a region that has begun, and the
    /// region of a flag that was seen; and states that can only accept what a state that is never
    /// left accepts.
    fn prune(&self, set: Vec<u32>) -> Box<[u32]> {
        let states = &self.builder.states;
        let mut begun = Vec::new();
        let mut found = Vec::new();
        let mut settled = Vec::new();
        for &state in &set {
            let row = &states[state as usize];
            match row.phase {
                Phase::Region(constraint) => begun.push(constraint),
                Phase::Found(constraint) => {
                    begun.push(constraint);
                    found.push(constraint);
                }
                Phase::Main | Phase::Before(_) => {}
            }
            if row.stays {
                settled.extend(row.accepts.iter().map(|&accept| (accept, state)));
            }
        }
        settled.sort_unstable();
        settled.dedup_by_key(|(accept, _)| *accept);
        let keep = |state: &u32| {
            let in_constraint = match states[*state as usize].phase {
                Phase::Before(constraint) => begun.contains(&constraint),
                Phase::Region(constraint) => found.contains(&constraint),
                Phase::Main | Phase::Found(_) => false,
            };
            let decided = match self.only[*state as usize] {
                Reach::None => true,
                Reach::One(accept) => settled
                    .binary_search_by_key(&accept, |(accept, _)| *accept)
                    .is_ok_and(|index| settled[index].1 != *state),
                Reach::Many => false,
            };
            !in_constraint && !decided
        };
        set.into_iter().filter(keep).collect()
    }

    /// The class of each state, and what holds in each class.
    fn classes(&self, accepts: &[Accepts]) -> (Vec<u32>, Vec<Box<[u32]>>) {
        let mut users: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (place, accepts) in accepts.iter().enumerate() {
            match accepts {
                Accepts::Any(list) => {
                    list.iter().for_each(|&accept| users.entry(accept).or_default().push(place));
                }
                Accepts::Commands(list) => list.iter().for_each(|(accept, _)| {
                    users.entry(*accept).or_default().push(place);
                }),
            }
        }
        let mut holds: Vec<Box<[u32]>> = vec![Box::default()];
        let mut numbers: FxHashMap<Box<[u32]>, u32> = FxHashMap::default();
        numbers.insert(Box::default(), 0);
        let classes = self
            .sets
            .iter()
            .map(|set| {
                let mut accepted: Vec<u32> = set
                    .iter()
                    .flat_map(|&state| self.builder.states[state as usize].accepts.iter().copied())
                    .collect();
                accepted.sort_unstable();
                accepted.dedup();
                let mut places: Vec<usize> = accepted
                    .iter()
                    .filter_map(|accept| users.get(accept))
                    .flatten()
                    .copied()
                    .collect();
                places.sort_unstable();
                places.dedup();
                let held: Box<[u32]> = places
                    .into_iter()
                    .filter_map(|place| {
                        let certain = accepts[place].holds(&accepted, true);
                        let possible = certain || accepts[place].holds(&accepted, false);
                        possible.then_some((place as u32) << 1 | u32::from(certain))
                    })
                    .collect();
                *numbers.entry(held.clone()).or_insert_with(|| {
                    holds.push(held);
                    holds.len() as u32 - 1
                })
            })
            .collect();
        (classes, holds)
    }
}

impl Accepts {
    /// Whether the predicate holds: for certain, or at all.
    fn holds(&self, accepted: &[u32], certain: bool) -> bool {
        let has = |accept: &u32| accepted.binary_search(accept).is_ok();
        match self {
            Accepts::Any(list) => list.iter().any(has),
            Accepts::Commands(list) => list.iter().any(|(accept, flags)| {
                has(accept)
                    && flags.iter().all(|flag| match (flag.forbids, certain) {
                        (false, true) => has(&flag.exact),
                        (false, false) => has(&flag.loose),
                        (true, true) => !has(&flag.loose),
                        (true, false) => !has(&flag.exact),
                    })
            }),
        }
    }
}

/// Which accept numbers each state can still reach, as far as one number says it.
fn reaches(states: &[State]) -> Vec<Reach> {
    let mut only: Vec<Reach> = states
        .iter()
        .map(|state| {
            state.accepts.iter().fold(Reach::None, |all, &accept| all.with(Reach::One(accept)))
        })
        .collect();
    loop {
        let mut changed = false;
        for at in (0..states.len()).rev() {
            let state = &states[at];
            let targets = state.steps.iter().map(|step| step.1).chain(state.empty.iter().copied());
            let all = targets.fold(only[at], |all, to| all.with(only[to as usize]));
            if all != only[at] {
                only[at] = all;
                changed = true;
            }
        }
        if !changed {
            return only;
        }
    }
}
