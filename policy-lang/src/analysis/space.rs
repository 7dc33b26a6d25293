//! What requests of one action can be: facts, and the values of each that rules tell apart.
//!
//! An *atom* asks one fact. A fact has finitely many values as far as the atoms that are asked can
//! tell; a [`Choice`] is one of them, with the truth of each atom and what to send to get it. Facts
//! that depend on each other (a socket has no port, a raw connection no method) are chosen together.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use policy_eval::engine::tables::{Plain, Source, Split, Start as From};
use policy_eval::{Action, Attr, Platform, Truth, Type};
use rustc_hash::{FxHashMap, FxHashSet};

use super::alphabet::{Alphabet, Exhausted, Glob, TokenKind};
use super::machine::{
    Budget, Builder, Cursor, First, Guide, Machine, Start, Step, WalkOptions, Walker,
};
use crate::automata::group::{Item, Predicate};
use crate::compile::atoms::Ask;
use crate::interp::token_matches;
use crate::model::pattern::{PathBase, PathItem, TokenPattern};
use crate::model::{DeclaredType, Model};

/// An atom as analyses number it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AtomKey {
    pub(crate) ask: Ask,
    /// Of what a tool says of itself: the claim is not believed.
    pub(crate) doubting: bool,
    /// Which reading of the command is asked.
    pub(crate) thread: u8,
}

/// Something that atoms ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    Path(Source),
    Command,
    /// Host, address and socket of a destination.
    Endpoint,
    /// Scheme and method of a destination.
    Wire,
    /// `server/tool`, `kind/name`.
    Pair,
    /// A text, number or truth value.
    Value(Source),
    Set(Source),
    Host(Source),
    Mark(u8),
    /// Whether a root is bound.
    Bound(u16),
}

/// Where a root lies, as far as a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RootMode {
    /// Anywhere; it may contain the paths or not.
    Bound,
    /// Somewhere that contains none of the paths.
    Outside,
    /// Nobody said.
    Unbound,
}

/// The roots that were decided on.
pub(crate) type RootModes = [(u16, RootMode)];

/// A value of a fact, as a request sends it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Unsent,
    /// Components, and how many of them lie before each root that contains the path.
    Path(Vec<Rc<str>>, Vec<(u16, usize)>),
    Words(Vec<Step>),
    /// A command that nobody understands.
    NotUnderstood,
    Name(String),
    Address(IpAddr),
    OtherHost,
    Socket(Vec<Rc<str>>, Vec<(u16, usize)>),
    /// What a name resolved to.
    Resolved(IpAddr),
    Wire(Option<String>, Option<String>),
    Pair(Option<String>, Option<String>),
    Text(String),
    Int(i64),
    Bool(bool),
    Null,
    Set(Vec<String>),
    Mark(bool),
    Bound(bool),
}

/// One value of a fact among those that the atoms tell apart.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The atoms of the fact that do not simply fail.
    pub(crate) truths: Vec<(u32, Truth)>,
    pub(crate) value: Value,
    /// Such a request is at least `ask`.
    pub(crate) is_floored: bool,
    /// What a name resolved to: only rules with addresses are asked, and there is no default.
    pub(crate) is_resolved: bool,
    /// Other facts whose atoms are settled by this choice, those not in `truths` as failing.
    pub(crate) settles: &'static [Attr],
}

impl Choice {
    fn new(truths: Vec<(u32, Truth)>, value: Value) -> Choice {
        Choice { truths, value, is_floored: false, is_resolved: false, settles: &[] }
    }

    fn floored(self) -> Choice {
        Choice { is_floored: true, ..self }
    }
}

/// Weights of the states of a machine, and its address.
type FoundWeights = (usize, Rc<[(u8, bool)]>);

/// A fact and the atoms that ask it.
type Asked = (Fact, Box<[u32]>);

/// What keeps a walk from going where nothing can be found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pruner {
    /// By atom: the highest rank of the statements that ask it, and whether all of that rank have
    /// no options.
    pub(crate) weights: Rc<FxHashMap<u32, (u8, bool)>>,
    /// What `weights` say of the states of a machine, by its address: pruners of one question share
    /// it.
    pub(crate) found_weights: Rc<RefCell<Option<FoundWeights>>>,
    /// By atom: the rank, in the old and the new policy, of statements that are nothing else.
    pub(crate) alone: Rc<FxHashMap<u32, [u8; 2]>>,
    /// Without one of these the statement in question fails. Empty: no atom is needed.
    pub(crate) must: Vec<u32>,
    /// Rank of the statement in question, and whether it has no options.
    pub(crate) subject: (u8, bool),
    /// The higher of both defaults; a settled rank below it settles nothing.
    pub(crate) default: u8,
    /// Whether ranks settle anything for the question that is asked.
    pub(crate) by_rank: bool,
    /// The only pairs of ranks that are still looked for.
    pub(crate) goals: Option<Vec<(u8, u8)>>,
    /// The same as `must`, of another statement that has to hold beside.
    pub(crate) must_too: Vec<u32>,
    /// Only tokens that lead to these atoms are looked at, and such as no pattern names.
    pub(crate) follow: Option<Vec<u32>>,
}

/// How the words of a command are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// As they stand.
    Plain,
    /// A program given by a path in a folder that is trusted: its base name is meant too.
    Trusted,
    /// A program given by another path: the base name is another form.
    ByPath,
    /// On a file system that ignores case the name in lower case is another form.
    Folded,
}

impl Reading {
    fn starts(self) -> Vec<Start> {
        let threads = self.threads().iter().enumerate();
        threads.map(|(index, &(_, folded))| Start { folded, is_first: index == 0 }).collect()
    }

    /// Readings of a request that has other forms beside.
    pub(crate) const OF_SEVERAL_FORMS: [Reading; 2] = [Reading::Trusted, Reading::ByPath];

    /// The readings, the first form first, with whether each is certain and folded.
    pub(crate) fn threads(self) -> &'static [(bool, bool)] {
        match self {
            Reading::Plain => &[(true, false)],
            Reading::Trusted => &[(true, false), (true, false)],
            Reading::ByPath => &[(true, false), (false, false)],
            Reading::Folded => &[(true, false), (false, true)],
        }
    }
}

/// Folders whose programs are their base names, as the canonical form has them.
const TRUSTED: &str = "/usr/bin";
const NOT_TRUSTED: &str = "/opt/tools";

/// Everything that is known of the requests of one action.
pub(crate) struct Space<'m> {
    pub(crate) action: Action,
    model: &'m Model,
    /// Names that differ in case are the same.
    folds: bool,
    windows: bool,
    pub(crate) reading: Reading,
    pub(crate) atoms: Vec<AtomKey>,
    alphabets: FxHashMap<TokenKind, Alphabet>,
    machines: FxHashMap<Asked, Rc<Machine>>,
    /// By atom: what is known of its patterns on a command that may be any words.
    any_words: RefCell<FxHashMap<u32, Truth>>,
    /// Facts without machines, by the atoms that are asked.
    lists: FxHashMap<Asked, Rc<[Choice]>>,
}

impl<'m> Space<'m> {
    pub(crate) fn new(
        action: Action,
        model: &'m Model,
        platform: Option<Platform>,
        reading: Reading,
        atoms: Vec<AtomKey>,
    ) -> Space<'m> {
        Space {
            action,
            model,
            folds: platform.is_some_and(Platform::ignores_case),
            windows: platform == Some(Platform::Windows),
            reading,
            atoms,
            alphabets: FxHashMap::default(),
            machines: FxHashMap::default(),
            any_words: RefCell::default(),
            lists: FxHashMap::default(),
        }
    }

    fn is_destination(&self) -> bool {
        self.action.has_port()
    }

    /// The fact that an atom asks.
    pub(crate) fn fact(&self, atom: u32) -> Fact {
        let of_source = |source: &Source| self.fact_of(source);
        match &self.atoms[atom as usize].ask {
            Ask::Sequence { sequence, .. } => match (&sequence.source, sequence.split) {
                (Source::Command, _) => Fact::Command,
                (Source::Pair, _) => Fact::Pair,
                (source, _) => of_source(source),
            },
            Ask::AnyDestination => Fact::Endpoint,
            Ask::Marked(mark) => Fact::Mark(*mark),
            Ask::Number(source, _)
            | Ask::Address(source, _)
            | Ask::Bool(source)
            | Ask::Contains(source, _)
            | Ask::SetEquals(source, _)
            | Ask::Present(source)
            | Ask::Any(source) => of_source(source),
        }
    }

    fn fact_of(&self, source: &Source) -> Fact {
        match source {
            Source::Destination => Fact::Endpoint,
            Source::DeclaredPath(_) => Fact::Path(source.clone()),
            Source::DeclaredHost(_) | Source::DeclaredIp(_) => Fact::Host(source.clone()),
            Source::Declared(_, Plain::Set) => Fact::Set(source.clone()),
            Source::Declared(..) | Source::Argument(_) => Fact::Value(source.clone()),
            Source::Pair => Fact::Pair,
            Source::Command => Fact::Command,
            Source::Root(_) => Fact::Value(source.clone()),
            Source::Builtin(attr) => match attr {
                Attr::Argv => Fact::Command,
                Attr::Host | Attr::Ip | Attr::Socket if self.is_destination() => Fact::Endpoint,
                Attr::Scheme => Fact::Wire,
                Attr::Method if self.is_destination() => Fact::Wire,
                Attr::Server | Attr::Tool => Fact::Pair,
                Attr::Kind | Attr::Name if self.action == Action::Install => Fact::Pair,
                _ => match attr.ty() {
                    Type::Path => Fact::Path(source.clone()),
                    Type::Host | Type::Ip => Fact::Host(source.clone()),
                    Type::StringSet => Fact::Set(source.clone()),
                    _ => Fact::Value(source.clone()),
                },
            },
        }
    }

    /// Whether a choice of one fact settles the atoms of another.
    pub(crate) fn is_settled(&self, choice: &Choice, atom: u32) -> bool {
        let source = match &self.atoms[atom as usize].ask {
            Ask::Sequence { sequence, .. } => &sequence.source,
            Ask::Number(source, _)
            | Ask::Address(source, _)
            | Ask::Bool(source)
            | Ask::Contains(source, _)
            | Ask::SetEquals(source, _)
            | Ask::Present(source)
            | Ask::Any(source) => source,
            Ask::AnyDestination | Ask::Marked(_) => return false,
        };
        matches!(source, Source::Builtin(attr) if choice.settles.contains(attr))
    }

    /// The roots that the patterns of some atoms start from.
    pub(crate) fn roots(&self, atoms: &[u32]) -> Vec<u16> {
        let mut roots: Vec<u16> = atoms
            .iter()
            .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                Ask::Sequence { start: From::Root(root), .. } => Some(*root),
                _ => None,
            })
            .collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    fn key(&self, atom: u32) -> &AtomKey {
        &self.atoms[atom as usize]
    }

    /// The values of a fact that some atoms tell apart, as far as the pruner lets one see.
    ///
    /// # Errors
    /// When the budget runs out.
    pub(crate) fn choices(
        &mut self,
        fact: &Fact,
        live: &[u32],
        chosen: &[(Fact, Value)],
        unbound: &RootModes,
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        match fact {
            Fact::Path(source @ Source::Builtin(Attr::Program)) => {
                self.programs(fact, source, live, chosen, unbound, budget)
            }
            Fact::Endpoint => self.endpoints(live, unbound, pruner, budget),
            Fact::Pair if self.action == Action::Call && !self.names_parts(live) => {
                self.pairs(live, pruner, budget)
            }
            _ => {
                let key = (fact.clone(), live.into());
                if let Some(known) = self.lists.get(&key) {
                    return Ok(known.clone());
                }
                let list: Rc<[Choice]> = match fact {
                    Fact::Value(source) => self.values(source, live, budget)?,
                    Fact::Wire => self.wires(live, budget)?,
                    Fact::Pair => self.pairs_in_parts(live, budget)?,
                    Fact::Set(source) => self.sets(source, live)?,
                    Fact::Host(source) => self.hosts(source, live, budget)?,
                    Fact::Mark(_) => [false, true]
                        .map(|value| {
                            let truths = live.iter().map(|&atom| (atom, Truth::known(value)));
                            Choice::new(truths.collect(), Value::Mark(value))
                        })
                        .to_vec(),
                    Fact::Bound(_) => [true, false]
                        .map(|value| Choice::new(Vec::new(), Value::Bound(value)))
                        .to_vec(),
                    Fact::Path(_) | Fact::Command | Fact::Endpoint => Vec::new(),
                }
                .into();
                self.lists.insert(key, list.clone());
                Ok(list)
            }
        }
    }

    /// Every atom open, as where nothing was sent; `is present` fails.
    fn unsent(&self, live: &[u32]) -> Vec<(u32, Truth)> {
        live.iter()
            .filter_map(|&atom| match &self.key(atom).ask {
                Ask::Present(_) => None,
                Ask::AnyDestination => Some((atom, Truth::YES)),
                _ => Some((atom, Truth::OPEN)),
            })
            .collect()
    }

    fn present(&self, live: &[u32]) -> impl Iterator<Item = (u32, Truth)> {
        live.iter()
            .copied()
            .filter(|&atom| matches!(self.key(atom).ask, Ask::Present(_)))
            .map(|atom| (atom, Truth::YES))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn alphabet(&mut self, kind: TokenKind) -> Alphabet {
        self.alphabets.remove(&kind).unwrap_or_else(|| Alphabet::new(kind))
    }

    fn component(&self) -> TokenKind {
        TokenKind::Component { folded: self.folds }
    }

    /// Walks over a fact's sequences and gives the ends that differ.
    fn walk(
        &mut self,
        fact: &Fact,
        kind: TokenKind,
        live: &[u32],
        lengths: (usize, usize),
        walk: &Walk<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<End>, Exhausted> {
        let mut alphabet = self.alphabet(kind);
        let key = (fact.clone(), live.into());
        let machine = match self.machines.get(&key) {
            Some(known) => Ok(known.clone()),
            None => self.build(&mut alphabet, live, lengths).map(Rc::new),
        };
        let result = machine.and_then(|machine| {
            self.machines.insert(key, machine.clone());
            let (unbound, outside) = masks(&machine, walk.unbound);
            let start = machine.start(walk.starts, unbound, outside);
            let mut trim = Trim::new(&machine, walk.pruner, self.atoms_of_threads(live));
            let mut walker = Walker::new(&machine, start, walk.options, &mut trim);
            walker.resume(&machine, &mut alphabet, &mut trim, usize::MAX, budget)?;
            Ok(trim.ends)
        });
        self.alphabets.insert(kind, alphabet);
        result
    }

    /// By base atom of a machine and reading: the atom that analyses number.
    /// Starts a walk over the paths or commands of a fact, to be taken in turns.
    ///
    /// # Errors
    /// When the patterns are too large.
    pub(crate) fn start_walk(
        &mut self,
        fact: &Fact,
        live: &[u32],
        modes: &RootModes,
        pruner: &Pruner,
    ) -> Result<Walking, Exhausted> {
        let (kind, lengths, options, starts) = match fact {
            Fact::Command => {
                let options =
                    WalkOptions { words_at_run_time: true, first: Some(first_of(self.reading)) };
                (TokenKind::Word, (1, usize::MAX), options, self.reading.starts())
            }
            _ => {
                let first: Option<First> = if self.windows { Some(first_drives) } else { None };
                let options = WalkOptions { first, ..WalkOptions::default() };
                let starts = vec![Start { folded: false, is_first: true }];
                (self.component(), (usize::from(self.windows), usize::MAX), options, starts)
            }
        };
        let key = (fact.clone(), live.into());
        let machine = match self.machines.get(&key) {
            Some(known) => known.clone(),
            None => {
                let mut alphabet = self.alphabet(kind);
                let built = self.build(&mut alphabet, live, lengths);
                self.alphabets.insert(kind, alphabet);
                let built = Rc::new(built?);
                self.machines.insert(key, built.clone());
                built
            }
        };
        let (unbound, outside) = masks(&machine, modes);
        let start = machine.start(&starts, unbound, outside);
        let mut trim = Trim::new(&machine, pruner, self.atoms_of_threads(live));
        let walker = Walker::new(&machine, start, options, &mut trim);
        Ok(Walking { kind, machine, trim, walker, taken: 0 })
    }

    /// The next choices of a walk, and whether they are the last.
    ///
    /// # Errors
    /// When the budget runs out.
    pub(crate) fn next_choices(
        &mut self,
        walking: &mut Walking,
        fact: &Fact,
        live: &[u32],
        enough: usize,
        goals: Option<&[(u8, u8)]>,
        budget: &mut Budget,
    ) -> Result<(Vec<Choice>, bool), Exhausted> {
        walking.trim.pruner.goals = goals.map(<[_]>::to_vec);
        let mut alphabet = self.alphabet(walking.kind);
        let done = walking.walker.resume(
            &walking.machine,
            &mut alphabet,
            &mut walking.trim,
            enough,
            budget,
        );
        self.alphabets.insert(walking.kind, alphabet);
        let done = done?;
        let ends: Vec<End> = walking.trim.ends[walking.taken..].to_vec();
        walking.taken = walking.trim.ends.len();
        let mut choices = match fact {
            Fact::Command => self.commands_of(ends, live),
            _ => self.paths_of(ends, live),
        };
        if done {
            choices.extend(match fact {
                Fact::Command => self.commands_without_words(live),
                Fact::Path(source) => vec![self.no_path(source, live)],
                _ => Vec::new(),
            });
        }
        Ok((choices, done))
    }

    fn paths_of(&self, ends: Vec<End>, live: &[u32]) -> Vec<Choice> {
        ends.into_iter()
            .map(|end| {
                let (tokens, roots) = path_of(&end.way);
                let truths = end.truths.into_iter().chain(self.present(live)).collect();
                Choice::new(truths, Value::Path(tokens, roots))
            })
            .collect()
    }

    fn no_path(&self, source: &Source, live: &[u32]) -> Choice {
        let unsent = Choice::new(self.unsent(live), Value::Unsent);
        match source {
            // Without the path of a file, nothing is allowed in silence.
            Source::Builtin(Attr::Path) => unsent.floored(),
            _ => unsent,
        }
    }

    fn commands_of(&self, ends: Vec<End>, live: &[u32]) -> Vec<Choice> {
        ends.into_iter()
            .map(|end| {
                let truths = end.truths.into_iter().chain(self.present(live)).collect();
                let is_floored = self.has_floor(&end.way);
                let choice = Choice::new(truths, Value::Words(end.way));
                Choice { is_floored, ..choice }
            })
            .collect()
    }

    fn atoms_of_threads(&self, live: &[u32]) -> FxHashMap<(usize, u32), u32> {
        live.iter().map(|&atom| ((usize::from(self.key(atom).thread), atom), atom)).collect()
    }

    fn build(
        &self,
        alphabet: &mut Alphabet,
        live: &[u32],
        lengths: (usize, usize),
    ) -> Result<Machine, Exhausted> {
        let mut builder = Builder::new(alphabet, lengths);
        for &atom in live {
            match &self.key(atom).ask {
                Ask::Sequence { start, predicate: Predicate::Tokens(patterns), .. } => {
                    let root = match start {
                        From::Beginning => None,
                        From::Root(root) => Some(*root),
                    };
                    builder.tokens(atom, root, patterns)?;
                }
                Ask::Sequence { sequence, predicate: Predicate::Commands(patterns), .. } => {
                    builder.commands(atom, sequence.fold, patterns)?;
                }
                Ask::Contains(Source::Builtin(Attr::Argv), pattern) => {
                    builder.contains(atom, pattern)?;
                }
                Ask::SetEquals(Source::Builtin(Attr::Argv), members) => {
                    builder.equals(atom, members)?;
                }
                _ => {}
            }
        }
        for (index, root) in self.model.roots.iter().enumerate() {
            let number = index as u16;
            let is_absolute = root.within.iter().all(|within| within.base == PathBase::Absolute);
            if !root.within.is_empty() && is_absolute && builder.has_root(number) {
                let patterns: Vec<Vec<Item>> = root
                    .within
                    .iter()
                    .map(|within| {
                        within
                            .items
                            .iter()
                            .map(|item| match item {
                                PathItem::Component(token) => Item::One(token.clone()),
                                PathItem::AnyDepth => Item::Any,
                            })
                            .collect()
                    })
                    .collect();
                builder.within(number, &patterns)?;
            }
        }
        Ok(builder.finish())
    }

    /// The path of the program, which the first word gives.
    fn programs(
        &mut self,
        fact: &Fact,
        _source: &Source,
        live: &[u32],
        chosen: &[(Fact, Value)],
        unbound: &RootModes,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let mut choices = Vec::new();
        let name: Rc<str> = chosen
            .iter()
            .find_map(|(_, value)| match value {
                Value::Words(steps) => match steps.first() {
                    Some(Step::First(tokens)) => tokens.iter().find(|word| !word.contains('/')),
                    _ => None,
                },
                _ => None,
            })
            .cloned()
            .unwrap_or_else(|| "something".into());
        match self.reading {
            // A bare name is no path.
            Reading::Plain | Reading::Folded => {
                choices.push(Choice::new(self.unsent(live), Value::Unsent));
            }
            Reading::Trusted | Reading::ByPath => {
                let pruner = Pruner::default();
                let ends = self.path_ends(fact, live, unbound, &pruner, budget)?;
                let mut ways: Vec<Vec<Step>> = ends.into_iter().map(|end| end.way).collect();
                let folder = |text: &str| {
                    text.split('/').skip(1).map(|part| Step::Token(part.into())).collect::<Vec<_>>()
                };
                if self.reading == Reading::Trusted {
                    ways = vec![folder(TRUSTED)];
                    ways[0].push(Step::Token(name.clone()));
                } else {
                    ways.push(folder(NOT_TRUSTED));
                    ways[0].push(Step::Token(name.clone()));
                }
                let mut seen = FxHashSet::default();
                for mut way in ways {
                    let last = way.iter().rposition(|step| matches!(step, Step::Token(_)));
                    let Some(last) = last else { continue };
                    way[last] = Step::Token(name.clone());
                    let truths = self.truths_of_path(fact, live, unbound, &way);
                    if !seen.insert(truths.clone()) {
                        continue;
                    }
                    let (tokens, roots) = path_of(&way);
                    let truths = truths.into_iter().chain(self.present(live)).collect();
                    choices.push(Choice::new(truths, Value::Path(tokens, roots)));
                }
            }
        }
        Ok(choices.into())
    }

    fn truths_of_path(
        &mut self,
        fact: &Fact,
        live: &[u32],
        unbound: &RootModes,
        way: &[Step],
    ) -> Vec<(u32, Truth)> {
        let kind = self.component();
        let alphabet = self.alphabet(kind);
        let machine = self.machines.get(&(fact.clone(), live.into())).cloned();
        let mut truths = Vec::new();
        if let Some(machine) = machine {
            let (unbound, outside) = masks(&machine, unbound);
            let starts = [Start { folded: false, is_first: true }];
            let start = machine.start(&starts, unbound, outside);
            truths.extend(
                machine
                    .run(&alphabet, start, way)
                    .into_iter()
                    .map(|(_, atom, truth)| (atom, truth)),
            );
        }
        self.alphabets.insert(kind, alphabet);
        truths
    }

    fn path_ends(
        &mut self,
        fact: &Fact,
        live: &[u32],
        unbound: &RootModes,
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Vec<End>, Exhausted> {
        let windows = self.windows;
        let first: Option<First> = if windows { Some(first_drives) } else { None };
        let options = WalkOptions { first, ..WalkOptions::default() };
        let starts = &[Start { folded: false, is_first: true }];
        let walk = Walk { unbound, starts, options, pruner };
        self.walk(fact, self.component(), live, (usize::from(windows), usize::MAX), &walk, budget)
    }

    /// Commands of which no word is known.
    fn commands_without_words(&self, live: &[u32]) -> Vec<Choice> {
        let mut choices = Vec::new();
        if self.reading == Reading::Plain {
            // One that was sent and not understood may be any words.
            let by_word = live
                .iter()
                .filter_map(|&atom| match &self.key(atom).ask {
                    Ask::Present(_) | Ask::Contains(..) | Ask::SetEquals(..) => None,
                    Ask::Sequence { predicate: Predicate::Commands(patterns), .. } => {
                        let known = self.any_words.borrow().get(&atom).copied();
                        let truth = known.unwrap_or_else(|| self.of_any_words(patterns));
                        self.any_words.borrow_mut().insert(atom, truth);
                        Some((atom, truth))
                    }
                    _ => None,
                })
                .chain(live.iter().filter_map(|&atom| match &self.key(atom).ask {
                    Ask::Contains(..) | Ask::SetEquals(..) => Some((atom, Truth::OPEN)),
                    _ => None,
                }))
                .collect();
            choices.push(Choice::new(by_word, Value::NotUnderstood).floored());
            choices.push(Choice::new(self.unsent(live), Value::Unsent).floored());
        }
        choices
    }

    /// Whether no command of the program is silent, whatever its arguments are: it runs what nobody
    /// sees. A floor that the policy may lift does not count.
    fn has_floor(&self, way: &[Step]) -> bool {
        let Some(Step::First(tokens)) = way.first() else { return false };
        let Some(name) = tokens.first() else { return false };
        let has = |words: &[&str]| {
            let mut has = true;
            policy_eval::canon::parts(&policy_eval::Request::argv(words), &mut |judged| {
                has &= judged.part.floors.iter().any(|floor| !floor.can_be_lifted());
            });
            has
        };
        has(&[name]) && has(&[name, "x"]) && has(&[name, "-x", "x"])
    }

    /// What is known of patterns on a command that may be any words.
    fn of_any_words(&self, patterns: &[crate::automata::group::CommandShape]) -> Truth {
        let mut alphabet = Alphabet::new(TokenKind::Word);
        let mut builder = Builder::new(&mut alphabet, (0, usize::MAX));
        if builder.commands(0, false, patterns).is_err() {
            return Truth::BY_WORD;
        }
        builder.finish().of_any_words()
    }

    fn pairs(
        &mut self,
        live: &[u32],
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let starts = &[Start { folded: false, is_first: true }];
        let walk = Walk { unbound: &[], starts, options: WalkOptions::default(), pruner };
        let ends = self.walk(&Fact::Pair, TokenKind::Name, live, (2, 2), &walk, budget)?;
        let mut choices: Vec<Choice> = ends
            .into_iter()
            .map(|end| {
                let mut tokens = end.way.iter().filter_map(token_of).map(|token| token.to_string());
                let value = Value::Pair(tokens.next(), tokens.next());
                Choice::new(end.truths, value)
            })
            .collect();
        choices.extend(self.half_pairs(live, &mut *budget)?);
        Ok(choices.into())
    }

    /// Calls of which a half or both are not sent: never silent.
    fn half_pairs(&mut self, live: &[u32], budget: &mut Budget) -> Result<Vec<Choice>, Exhausted> {
        let mut choices = Vec::new();
        for half in [0, 1] {
            let patterns: Vec<&TokenPattern> =
                live.iter()
                    .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                        Ask::Sequence {
                            predicate: Predicate::Tokens(patterns), sequence, ..
                        } if sequence.source == Source::Pair => Some(patterns),
                        _ => None,
                    })
                    .flatten()
                    .filter_map(|items| match items.get(half) {
                        Some(Item::One(pattern)) => Some(pattern),
                        _ => None,
                    })
                    .collect();
            let tokens = single_tokens(TokenKind::Name, &patterns)?;
            budget.spend(tokens.len() as u64)?;
            for token in tokens {
                let known = |which: usize| (which == half).then_some(&*token);
                choices.push(self.pair_choice(live, known(0), known(1)));
            }
        }
        choices.push(self.pair_choice(live, None, None));
        Ok(choices)
    }

    fn pair_choice(&self, live: &[u32], first: Option<&str>, second: Option<&str>) -> Choice {
        let half = |item: Option<&Item>, token: Option<&str>| match (item, token) {
            (Some(Item::One(pattern)), Some(token)) => Truth::known(token_matches(pattern, token)),
            (Some(Item::One(pattern)), None) if pattern.is_any() => Truth::YES,
            (Some(Item::One(_)), None) => Truth::OPEN,
            _ => Truth::NO,
        };
        let text = |patterns: &[Vec<Item>], token: Option<&str>| match token {
            None => Truth::OPEN,
            Some(token) => {
                patterns.iter().fold(Truth::NO, |any, items| any | half(items.first(), Some(token)))
            }
        };
        let mut truths = Vec::new();
        for &atom in live {
            let side = |source: &Source| match source {
                Source::Builtin(Attr::Server | Attr::Kind) => first,
                _ => second,
            };
            let truth = match &self.key(atom).ask {
                Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. } => {
                    match sequence.source {
                        Source::Pair => patterns.iter().fold(Truth::NO, |any, items| {
                            any | half(items.first(), first) & half(items.get(1), second)
                        }),
                        _ => text(patterns, side(&sequence.source)),
                    }
                }
                Ask::Present(source) => Truth::known(side(source).is_some()),
                _ => Truth::NO,
            };
            if truth != Truth::NO {
                truths.push((atom, truth));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let choice = Choice::new(truths, Value::Pair(owned(first), owned(second)));
        if first.is_some() && second.is_some() { choice } else { choice.floored() }
    }

    /// Whether conditions ask for one half of a pair.
    fn names_parts(&self, live: &[u32]) -> bool {
        live.iter().any(|&atom| match &self.key(atom).ask {
            Ask::Sequence { sequence, .. } => sequence.source != Source::Pair,
            _ => true,
        })
    }

    /// Where conditions ask for halves too: every first with every second.
    fn pairs_in_parts(
        &mut self,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let mut sides: [Vec<&TokenPattern>; 2] = [Vec::new(), Vec::new()];
        for &atom in live {
            if let Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. } =
                &self.atoms[atom as usize].ask
            {
                for items in patterns {
                    let mut ones = items.iter().filter_map(|item| match item {
                        Item::One(pattern) => Some(pattern),
                        Item::Any => None,
                    });
                    match sequence.source {
                        Source::Pair => {
                            sides[0].extend(ones.next());
                            sides[1].extend(ones.next());
                        }
                        Source::Builtin(Attr::Server | Attr::Kind) => sides[0].extend(ones),
                        _ => sides[1].extend(ones),
                    }
                }
            }
        }
        let tokens = |patterns: &[&TokenPattern]| single_tokens(TokenKind::Name, patterns);
        let mut first: Vec<Option<Rc<str>>> = tokens(&sides[0])?.into_iter().map(Some).collect();
        let mut second: Vec<Option<Rc<str>>> = tokens(&sides[1])?.into_iter().map(Some).collect();
        if self.action == Action::Install {
            let kinds = match Attr::Kind.ty() {
                Type::OneOf(kinds) => kinds,
                _ => &[],
            };
            first = kinds.iter().map(|&kind| Some(kind.into())).collect();
        }
        first.push(None);
        second.push(None);
        budget.spend((first.len() * second.len()) as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for first in &first {
            for second in &second {
                let choice = self.pair_choice(live, first.as_deref(), second.as_deref());
                if seen.insert((choice.truths.clone(), choice.is_floored)) {
                    choices.push(choice);
                }
            }
        }
        Ok(choices)
    }

    fn endpoints(
        &mut self,
        live: &[u32],
        unbound: &RootModes,
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let mut choices = Vec::new();
        let (mut names, mut sockets) = (Vec::new(), Vec::new());
        for &atom in live {
            if let Ask::Sequence { sequence, .. } = &self.key(atom).ask {
                match sequence.split {
                    Split::Components => sockets.push(atom),
                    _ => names.push(atom),
                }
            }
        }
        // What holds of every destination of a kind, beside names, addresses and sockets.
        let of_kind = |kind: Kind| -> Vec<(u32, Truth)> {
            live.iter()
                .filter_map(|&atom| {
                    let truth = match &self.key(atom).ask {
                        Ask::AnyDestination => Truth::known(kind != Kind::Resolved),
                        Ask::Any(_) => Truth::known(kind != Kind::Socket),
                        Ask::Present(Source::Builtin(Attr::Host)) => {
                            Truth::known(kind != Kind::Socket)
                        }
                        Ask::Present(Source::Builtin(Attr::Ip)) => {
                            Truth::known(matches!(kind, Kind::Address | Kind::Resolved))
                        }
                        Ask::Present(Source::Builtin(Attr::Socket)) => {
                            Truth::known(kind == Kind::Socket)
                        }
                        // A name stands for addresses that nobody sent.
                        Ask::Address(Source::Builtin(Attr::Ip), _)
                            if matches!(kind, Kind::Name | Kind::Other) =>
                        {
                            Truth::OPEN
                        }
                        _ => Truth::NO,
                    };
                    (truth != Truth::NO).then_some((atom, truth))
                })
                .collect()
        };
        let (name, address, other, socket, resolved) = (
            of_kind(Kind::Name),
            of_kind(Kind::Address),
            of_kind(Kind::Other),
            of_kind(Kind::Socket),
            of_kind(Kind::Resolved),
        );
        let starts = &[Start { folded: false, is_first: true }];
        // A walk over names may leave out what only the others reach.
        let of_names = pruner.for_part(&names, live);
        if let Some(of_names) = of_names {
            let walk =
                Walk { unbound: &[], starts, options: WalkOptions::default(), pruner: &of_names };
            for end in
                self.walk(&Fact::Endpoint, TokenKind::Label, &names, (1, 12), &walk, budget)?
            {
                let mut labels: Vec<&str> = end.way.iter().filter_map(token_of).collect();
                if labels.len() == 1 && labels[0] == "elsewhere" {
                    labels = vec!["example", "elsewhere"];
                }
                labels.reverse();
                let truths = name.iter().copied().chain(end.truths.clone()).collect();
                choices.push(Choice::new(truths, Value::Name(labels.join("."))));
            }
        }
        let asked: Vec<u32> = live
            .iter()
            .copied()
            .filter(|&atom| matches!(self.key(atom).ask, Ask::Address(..)))
            .collect();
        if let Some(pruner) = pruner.for_part(&asked, live) {
            for (ip, hit) in self.addresses(&asked, budget)? {
                if !pruner.must.is_empty() && !hit.iter().any(|atom| pruner.must.contains(atom)) {
                    continue;
                }
                let hit = || hit.iter().map(|&atom| (atom, Truth::YES));
                let truths = address.iter().copied().chain(hit()).collect();
                choices.push(Choice::new(truths, Value::Address(ip)));
                if self.action != Action::Listen && !asked.is_empty() {
                    let truths = resolved.iter().copied().chain(hit()).collect();
                    let choice = Choice::new(truths, Value::Resolved(ip));
                    choices.push(Choice { is_resolved: true, ..choice });
                }
            }
        }
        if self.action != Action::Fetch
            && let Some(of_sockets) = pruner.for_part(&sockets, live)
        {
            let walk =
                Walk { unbound, starts, options: WalkOptions::default(), pruner: &of_sockets };
            let fact = Fact::Path(Source::Builtin(Attr::Socket));
            let kind = self.component();
            for end in self.walk(&fact, kind, &sockets, (1, usize::MAX), &walk, budget)? {
                let (tokens, roots) = path_of(&end.way);
                let mut truths: Vec<_> = socket.iter().copied().chain(end.truths).collect();
                truths.extend(self.of_socket(live));
                let choice = Choice::new(truths, Value::Socket(tokens, roots));
                choices
                    .push(Choice { settles: &[Attr::Port, Attr::Scheme, Attr::Method], ..choice });
            }
        }
        let other = Choice::new(other, Value::OtherHost);
        choices.push(if self.action == Action::Listen { other } else { other.floored() });
        choices.push(Choice::new(self.unsent(live), Value::Unsent).floored());
        Ok(choices.into())
    }

    /// The atoms of other facts that hold of every socket: its scheme is `unix`.
    fn of_socket(&self, _live: &[u32]) -> Vec<(u32, Truth)> {
        let mut truths = Vec::new();
        for (index, key) in self.atoms.iter().enumerate() {
            let truth = match &key.ask {
                Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. }
                    if sequence.source == Source::Builtin(Attr::Scheme) =>
                {
                    Truth::known(text_matches(patterns, "unix"))
                }
                Ask::Present(Source::Builtin(Attr::Scheme)) => Truth::YES,
                _ => continue,
            };
            if truth != Truth::NO {
                truths.push((index as u32, truth));
            }
        }
        truths
    }

    /// Addresses at the borders of the blocks that are asked, with the atoms that hold of each.
    fn addresses(
        &self,
        asked: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<(IpAddr, Vec<u32>)>, Exhausted> {
        let mut ranges: Vec<(IpAddr, IpAddr, u32)> = Vec::new();
        for &atom in asked {
            if let Ask::Address(_, list) = &self.key(atom).ask {
                ranges.extend(list.iter().map(|&(first, last)| (first, last, atom)));
            }
        }
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (4u8, u128::from(u32::from(ip))),
            IpAddr::V6(ip) => (6, u128::from(ip)),
        };
        // Inside of a block reads better than its border.
        let mut points: Vec<(u8, u128)> =
            vec![number(Ipv4Addr::new(203, 0, 113, 7).into()), number(DOCUMENTED.into())];
        for &(first, last, _) in &ranges {
            let ((family, first), (_, last)) = (number(first), number(last));
            let middle = first.saturating_add(7).min(last);
            points.extend([(family, middle), (family, first), (family, last)]);
            points.extend(first.checked_sub(1).map(|before| (family, before)));
            points.extend(last.checked_add(1).map(|behind| (family, behind)));
        }
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        budget.spend((points.len() * ranges.len() / 64) as u64)?;
        for (family, point) in points {
            let ip: IpAddr = match family {
                4 => match u32::try_from(point) {
                    Ok(ip) => Ipv4Addr::from(ip).into(),
                    Err(_) => continue,
                },
                _ => {
                    let ip = Ipv6Addr::from(point);
                    // It is its IPv4 address.
                    if ip.to_ipv4_mapped().is_some() {
                        continue;
                    }
                    ip.into()
                }
            };
            let mut hit: Vec<u32> = ranges
                .iter()
                .filter(|(first, last, _)| {
                    number(*first).0 == family
                        && (number(*first).1..=number(*last).1).contains(&point)
                })
                .map(|&(_, _, atom)| atom)
                .collect();
            hit.sort_unstable();
            hit.dedup();
            if seen.insert((hit.clone(), family)) {
                found.push((ip, hit));
            }
        }
        // The family alone matters to nothing.
        let mut kept = FxHashSet::default();
        found.retain(|(_, hit)| kept.insert(hit.clone()));
        Ok(found)
    }

    fn hosts(
        &mut self,
        source: &Source,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let is_ip = matches!(source, Source::DeclaredIp(_))
            || matches!(source, Source::Builtin(attr) if attr.ty() == Type::Ip);
        let of_any: Vec<(u32, Truth)> = live
            .iter()
            .filter(|&&atom| matches!(self.key(atom).ask, Ask::Any(_) | Ask::Present(_)))
            .map(|&atom| (atom, Truth::YES))
            .collect();
        let mut choices = Vec::new();
        if !is_ip {
            let names: Vec<u32> = live
                .iter()
                .copied()
                .filter(|&atom| matches!(self.key(atom).ask, Ask::Sequence { .. }))
                .collect();
            let starts = &[Start { folded: false, is_first: true }];
            let pruner = Pruner::default();
            let walk =
                Walk { unbound: &[], starts, options: WalkOptions::default(), pruner: &pruner };
            let fact = Fact::Host(source.clone());
            for end in self.walk(&fact, TokenKind::Label, &names, (1, 12), &walk, budget)? {
                let mut labels: Vec<&str> = end.way.iter().filter_map(token_of).collect();
                labels.reverse();
                let truths = of_any.iter().copied().chain(end.truths.clone()).collect();
                choices.push(Choice::new(truths, Value::Name(labels.join("."))));
            }
        }
        let asked: Vec<u32> = live
            .iter()
            .copied()
            .filter(|&atom| matches!(self.key(atom).ask, Ask::Address(..)))
            .collect();
        for (ip, hit) in self.addresses(&asked, budget)? {
            let hit = hit.into_iter().map(|atom| (atom, Truth::YES));
            choices
                .push(Choice::new(of_any.iter().copied().chain(hit).collect(), Value::Address(ip)));
        }
        choices.push(Choice::new(self.unsent(live), Value::Unsent));
        Ok(choices)
    }

    /// The texts of a fact that patterns tell apart.
    fn texts(&self, live: &[u32]) -> Result<Vec<Rc<str>>, Exhausted> {
        let patterns: Vec<&TokenPattern> = live
            .iter()
            .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                Ask::Sequence { predicate: Predicate::Tokens(patterns), .. } => Some(patterns),
                _ => None,
            })
            .flatten()
            .flatten()
            .filter_map(|item| match item {
                Item::One(pattern) => Some(pattern),
                Item::Any => None,
            })
            .collect();
        single_tokens(TokenKind::Text, &patterns)
    }

    fn wires(&mut self, live: &[u32], budget: &mut Budget) -> Result<Vec<Choice>, Exhausted> {
        let of = |attr: Attr| -> Vec<u32> {
            live.iter()
                .copied()
                .filter(|&atom| match &self.key(atom).ask {
                    Ask::Sequence { sequence, .. } => sequence.source == Source::Builtin(attr),
                    Ask::Present(source) => *source == Source::Builtin(attr),
                    _ => false,
                })
                .collect()
        };
        let (schemes, methods) = (of(Attr::Scheme), of(Attr::Method));
        let mut all_schemes: Vec<Option<String>> =
            self.texts(&schemes)?.iter().map(|text| Some(text.to_string())).collect();
        all_schemes.extend([Some("https".to_owned()), Some("tcp".to_owned())]);
        all_schemes.retain(|scheme| scheme.as_deref() != Some("unix"));
        if self.action != Action::Connect {
            all_schemes.push(None);
        }
        let mut all_methods: Vec<Option<String>> =
            self.texts(&methods)?.iter().map(|text| Some(text.to_string())).collect();
        all_methods.push(None);
        budget.spend((all_schemes.len() * all_methods.len()) as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for scheme in &all_schemes {
            let is_raw = self.action == Action::Connect && scheme.as_deref() == Some("tcp");
            for method in &all_methods {
                if is_raw && method.is_some() {
                    continue;
                }
                let mut truths = Vec::new();
                for (atoms, value, is_absent) in
                    [(&schemes, scheme, false), (&methods, method, is_raw)]
                {
                    for &atom in atoms {
                        let truth = self.of_text(atom, value.as_deref(), is_absent);
                        if truth != Truth::NO {
                            truths.push((atom, truth));
                        }
                    }
                }
                if seen.insert(truths.clone()) {
                    choices.push(Choice::new(truths, Value::Wire(scheme.clone(), method.clone())));
                }
            }
        }
        Ok(choices)
    }

    fn of_text(&self, atom: u32, text: Option<&str>, is_absent: bool) -> Truth {
        match (&self.key(atom).ask, text) {
            (Ask::Present(_), text) => Truth::known(text.is_some() && !is_absent),
            (_, _) if is_absent => Truth::NO,
            (_, None) => Truth::OPEN,
            (Ask::Sequence { predicate: Predicate::Tokens(patterns), .. }, Some(text)) => {
                Truth::known(text_matches(patterns, text))
            }
            _ => Truth::OPEN,
        }
    }

    /// A text, number or truth value, of whatever types the atoms ask.
    fn values(
        &mut self,
        source: &Source,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let mut candidates: Vec<Value> = Vec::new();
        let (texts, numbers, bools) = match source {
            Source::Argument(_) => (true, true, true),
            Source::Declared(_, plain) => {
                (*plain == Plain::Text, *plain == Plain::Int, *plain == Plain::Bool)
            }
            Source::Builtin(attr) => match attr.ty() {
                Type::Int => (false, true, false),
                Type::Bool => (false, false, true),
                _ => (true, false, false),
            },
            _ => (true, false, false),
        };
        if texts {
            match self.closed_list(source) {
                Some(words) => candidates.extend(words.into_iter().map(Value::Text)),
                None => {
                    let found = self.texts(live)?;
                    candidates.extend(found.iter().map(|text| Value::Text(text.to_string())));
                }
            }
        }
        if numbers {
            let (least, most) = match source {
                Source::Builtin(Attr::Port) => (1, 65_535),
                Source::Builtin(Attr::Risk) => (0, 100),
                Source::Builtin(Attr::Length) => (0, i64::MAX),
                _ => (i64::MIN, i64::MAX),
            };
            let mut points = vec![if least == 1 { 443 } else { 7 }];
            for &atom in live {
                if let Ask::Number(_, ranges) = &self.key(atom).ask {
                    for &(first, last) in ranges {
                        points.extend([first, last]);
                        points.extend(first.checked_sub(1));
                        points.extend(last.checked_add(1));
                    }
                }
            }
            points.retain(|point| (least..=most).contains(point));
            candidates.extend(points.into_iter().map(Value::Int));
        }
        if bools {
            candidates.extend([Value::Bool(false), Value::Bool(true)]);
        }
        let is_known = matches!(source, Source::Builtin(Attr::Escalated | Attr::Opaque));
        if !is_known {
            candidates.push(Value::Unsent);
        }
        if matches!(source, Source::Argument(_)) {
            candidates.push(Value::Null);
        }
        budget.spend(candidates.len() as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for value in candidates {
            let mut truths = Vec::new();
            for &atom in live {
                let truth = self.of_value(source, atom, &value);
                if truth != Truth::NO {
                    truths.push((atom, truth));
                }
            }
            if seen.insert(truths.clone()) {
                let floored = self.is_object(source) && value == Value::Unsent;
                let choice = Choice::new(truths, value);
                choices.push(if floored { choice.floored() } else { choice });
            }
        }
        Ok(choices)
    }

    /// Whether the fact is what the action is done to.
    fn is_object(&self, source: &Source) -> bool {
        matches!(
            (self.action, source),
            (Action::Use, Source::Builtin(Attr::Credential))
                | (Action::Spawn, Source::Builtin(Attr::Name))
        )
    }

    fn closed_list(&self, source: &Source) -> Option<Vec<String>> {
        match source {
            Source::Builtin(Attr::Platform) => {
                Some(Platform::ALL.iter().map(|one| one.name().to_owned()).collect())
            }
            Source::Builtin(attr) => match attr.ty() {
                Type::OneOf(words) => Some(words.iter().map(|word| (*word).to_owned()).collect()),
                _ => None,
            },
            Source::Declared(name, Plain::Text) => {
                self.model.attributes.iter().find(|one| *one.name == **name).and_then(|one| {
                    match &one.ty {
                        DeclaredType::Builtin(Type::OneOf(_)) | DeclaredType::Builtin(_) => None,
                        // Whatever is sent is compared as text, in the list or not.
                        DeclaredType::OneOf(_) => None,
                    }
                })
            }
            _ => None,
        }
    }

    pub(crate) fn of_value(&self, source: &Source, atom: u32, value: &Value) -> Truth {
        let key = self.key(atom);
        let harmless = match source {
            Source::Builtin(Attr::ReadOnly) => Some(true),
            Source::Builtin(Attr::Destructive | Attr::OpenWorld) => Some(false),
            _ => None,
        };
        if key.doubting && harmless.is_some_and(|claim| *value == Value::Bool(claim)) {
            return match key.ask {
                Ask::Present(_) => Truth::NO,
                _ => Truth::OPEN,
            };
        }
        match (&key.ask, value) {
            (Ask::Present(_), value) => Truth::known(*value != Value::Unsent),
            (Ask::Any(_), Value::Unsent) => Truth::OPEN,
            (Ask::Any(_), _) => Truth::YES,
            (Ask::Sequence { predicate: Predicate::Tokens(patterns), .. }, Value::Text(text)) => {
                Truth::known(text_matches(patterns, text))
            }
            (Ask::Number(_, ranges), Value::Int(number)) => {
                Truth::known(ranges.iter().any(|&(first, last)| (first..=last).contains(number)))
            }
            (Ask::Bool(_), Value::Bool(value)) => Truth::known(*value),
            _ => Truth::OPEN,
        }
    }

    /// The sets that `contains` and `==` tell apart.
    fn sets(&mut self, source: &Source, live: &[u32]) -> Result<Vec<Choice>, Exhausted> {
        let patterns: Vec<&TokenPattern> = live
            .iter()
            .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                Ask::Contains(_, pattern) => Some(pattern),
                _ => None,
            })
            .collect();
        let tokens = single_tokens(TokenKind::Text, &patterns)?;
        let truths = |set: &[String]| -> Vec<(u32, Truth)> {
            live.iter()
                .filter_map(|&atom| {
                    let holds = match &self.key(atom).ask {
                        Ask::Contains(_, pattern) => {
                            set.iter().any(|member| token_matches(pattern, member))
                        }
                        Ask::SetEquals(_, members) => {
                            set.iter().all(|one| members.contains(one))
                                && members.iter().all(|one| set.contains(one))
                        }
                        Ask::Present(_) | Ask::Any(_) => true,
                        _ => false,
                    };
                    holds.then_some((atom, Truth::YES))
                })
                .collect()
        };
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        let mut open: Vec<Vec<String>> = vec![Vec::new()];
        for &atom in live {
            if let Ask::SetEquals(_, members) = &self.key(atom).ask {
                open.push(members.clone());
            }
        }
        open.reverse();
        while let Some(set) = open.pop() {
            let own = truths(&set);
            if !seen.insert(own.clone()) {
                continue;
            }
            if seen.len() > 4096 {
                return Err(Exhausted);
            }
            for token in &tokens {
                let mut larger = set.clone();
                larger.push(token.to_string());
                open.insert(0, larger);
            }
            let known_empty = matches!(source, Source::Builtin(Attr::Marks)) && set.is_empty();
            let value = if known_empty { Value::Unsent } else { Value::Set(set) };
            choices.push(Choice::new(own, value));
        }
        if !matches!(source, Source::Builtin(Attr::Marks)) {
            choices.push(Choice::new(self.unsent(live), Value::Unsent));
        }
        Ok(choices)
    }
}

/// Kinds of destinations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Address,
    Other,
    Socket,
    Resolved,
}

/// An address for documentation (RFC 3849).
const DOCUMENTED: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);

/// Whether every pattern is written in the spelling that file systems which ignore case compare.
pub(crate) fn is_folded(predicate: &Predicate) -> bool {
    fn of_token(token: &TokenPattern) -> bool {
        use crate::model::pattern::Piece;
        token.pieces.iter().all(|piece| match piece {
            Piece::Literal(text) => policy_eval::canon::fold(text) == text.as_str(),
            Piece::AnyChar | Piece::Star => true,
            Piece::Class { .. } | Piece::Alternatives(_) | Piece::Regex(_) => false,
        })
    }
    match predicate {
        Predicate::Tokens(patterns) => patterns.iter().flatten().all(|item| match item {
            Item::One(token) => of_token(token),
            Item::Any => true,
        }),
        Predicate::Commands(_) => true,
    }
}

fn text_matches(patterns: &[Vec<Item>], text: &str) -> bool {
    patterns.iter().any(|items| match &items[..] {
        [Item::One(pattern)] => token_matches(pattern, text),
        _ => false,
    })
}

/// The tokens that patterns of one token tell apart.
fn single_tokens(kind: TokenKind, patterns: &[&TokenPattern]) -> Result<Vec<Rc<str>>, Exhausted> {
    let mut alphabet = Alphabet::new(kind);
    let (mut literals, mut globs) = (Vec::new(), Vec::new());
    for pattern in patterns {
        if pattern.is_any() {
        } else if let Some(literal) = pattern.as_literal() {
            literals.extend(alphabet.literal(literal));
        } else {
            globs.push(alphabet.glob(Glob::Pattern((*pattern).clone()))?);
        }
    }
    globs.sort_unstable();
    globs.dedup();
    literals.dedup();
    let classes = alphabet.classes(&globs)?;
    let mut tokens: Vec<Rc<str>> = classes.iter().map(|class| class.token.clone()).collect();
    tokens.extend(literals.into_iter().map(|literal| alphabet.name(literal).clone()));
    Ok(tokens)
}

fn token_of(step: &Step) -> Option<&str> {
    match step {
        Step::Token(token) => Some(token),
        Step::First(tokens) => tokens.first().map(|token| &**token),
        Step::AtRunTime { .. } | Step::Root(_) => None,
    }
}

/// The components of a path, and where roots lie in it.
fn path_of(way: &[Step]) -> (Vec<Rc<str>>, Vec<(u16, usize)>) {
    let (mut tokens, mut roots) = (Vec::new(), Vec::new());
    for step in way {
        match step {
            Step::Token(token) => tokens.push(token.clone()),
            Step::First(all) => tokens.extend(all.first().cloned()),
            Step::Root(root) => roots.push((*root, tokens.len())),
            Step::AtRunTime { .. } => {}
        }
    }
    (tokens, roots)
}

/// The program's name, as each reading has it.
fn first_words(
    reading: Reading,
    machine: &Machine,
    alphabet: &mut Alphabet,
    cursor: &Cursor,
) -> Result<Vec<Box<[Rc<str>]>>, Exhausted> {
    let slash = alphabet.glob(Glob::HasSlash)?;
    let tokens = machine.tokens_at(alphabet, cursor)?;
    let mut words: Vec<Box<[Rc<str>]>> = Vec::new();
    for token in tokens {
        if token.is_empty() || token.trim() != &*token {
            continue;
        }
        let has_slash = alphabet.matches(slash, &token);
        match reading {
            Reading::Plain => words.push(Box::from([token])),
            Reading::Folded => {
                let folded: Rc<str> = token.to_lowercase().into();
                let shout: Rc<str> = token.to_uppercase().into();
                words.push(Box::from([token.clone(), folded.clone()]));
                words.push(Box::from([shout, folded]));
            }
            Reading::Trusted | Reading::ByPath => {
                let folder = if reading == Reading::Trusted { TRUSTED } else { NOT_TRUSTED };
                let base: Rc<str> = token.rsplit('/').next().unwrap_or(&token).into();
                if base.is_empty() {
                    continue;
                }
                let mut paths: Vec<Rc<str>> = vec![format!("{folder}/{base}").into()];
                if has_slash && reading == Reading::ByPath {
                    paths.push(token.clone());
                }
                for path in paths {
                    words.push(match reading {
                        // The base name comes first where it is meant.
                        Reading::Trusted => Box::from([base.clone(), path]),
                        _ => Box::from([path, base.clone()]),
                    });
                }
            }
        }
    }
    Ok(words)
}

/// Which roots are not bound, and which the path lies outside of, by their places.
fn masks(machine: &Machine, modes: &RootModes) -> (u32, u32) {
    let (mut unbound, mut outside) = (0, 0);
    for place in 0..machine.roots() {
        let root = machine.root_of(place);
        match modes.iter().find(|(known, _)| *known == root) {
            Some((_, RootMode::Unbound)) => unbound |= 1 << place,
            Some((_, RootMode::Outside)) => outside |= 1 << place,
            Some((_, RootMode::Bound)) | None => {}
        }
    }
    (unbound, outside)
}

/// On Windows a path starts with its drive.
fn first_drives(
    machine: &Machine,
    alphabet: &mut Alphabet,
    cursor: &Cursor,
) -> Result<Vec<Box<[Rc<str>]>>, Exhausted> {
    let tokens = machine.tokens_at(alphabet, cursor)?;
    let is_drive =
        |token: &str| matches!(token.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic());
    let named = tokens.into_iter().filter(|token| is_drive(token));
    let others = ["c:", "d:", "q:"].into_iter().map(Rc::from);
    Ok(named.chain(others).map(|token| Box::from([token])).collect())
}

fn first_of(reading: Reading) -> First {
    match reading {
        Reading::Plain => |m, a, c| first_words(Reading::Plain, m, a, c),
        Reading::Trusted => |m, a, c| first_words(Reading::Trusted, m, a, c),
        Reading::ByPath => |m, a, c| first_words(Reading::ByPath, m, a, c),
        Reading::Folded => |m, a, c| first_words(Reading::Folded, m, a, c),
    }
}

/// A walk that hands out its ends in turns.
pub(crate) struct Walking {
    kind: TokenKind,
    machine: Rc<Machine>,
    trim: Trim,
    walker: Walker,
    taken: usize,
}

/// What a walk is about.
struct Walk<'a> {
    unbound: &'a RootModes,
    starts: &'a [Start],
    options: WalkOptions,
    pruner: &'a Pruner,
}

/// Where a sequence may end.
#[derive(Clone)]
struct End {
    truths: Vec<(u32, Truth)>,
    way: Vec<Step>,
}

impl Pruner {
    /// By state of a machine: the highest rank of what can still be reached.
    fn weights_of(&self, machine: &Machine) -> Rc<[(u8, bool)]> {
        if !self.by_rank {
            return Rc::from([]);
        }
        let known = std::ptr::from_ref(machine) as usize;
        if let Some((of, weights)) = &*self.found_weights.borrow()
            && *of == known
        {
            return weights.clone();
        }
        let weights = machine.behind(
            (0, true),
            &|pattern| self.weights.get(&pattern.atom).copied().unwrap_or((0, true)),
            &|own, other| match own.0.cmp(&other.0) {
                std::cmp::Ordering::Less => *own = *other,
                std::cmp::Ordering::Equal => own.1 &= other.1,
                std::cmp::Ordering::Greater => {}
            },
        );
        let weights: Rc<[(u8, bool)]> = weights.into();
        *self.found_weights.borrow_mut() = Some((known, weights.clone()));
        weights
    }

    /// For a walk over some of the atoms of a fact; none where nothing in question lies there.
    fn for_part(&self, part: &[u32], whole: &[u32]) -> Option<Pruner> {
        let mut own = self.clone();
        if self.must.is_empty() {
            return Some(own);
        }
        own.must_too.clear();
        own.must.retain(|atom| part.contains(atom));
        // An atom that holds beside all patterns keeps every part in question.
        let elsewhere = self.must.iter().any(|atom| whole.contains(atom) && !part.contains(atom));
        match (own.must.is_empty(), elsewhere) {
            (false, false) => Some(own),
            // Which of them holds is seen only at the end.
            (_, true) => {
                own.must.clear();
                Some(own)
            }
            (true, false) => None,
        }
    }
}

/// Keeps a walk where something can be found.
struct Trim {
    pruner: Pruner,
    weights: Rc<[(u8, bool)]>,
    leads: FxHashSet<u32>,
    leads_too: FxHashSet<u32>,
    follow: Option<FxHashSet<u32>>,
    names: FxHashMap<(usize, u32), u32>,
    seen: FxHashSet<Vec<(u32, Truth)>>,
    ends: Vec<End>,
}

impl Trim {
    fn new(machine: &Machine, pruner: &Pruner, names: FxHashMap<(usize, u32), u32>) -> Trim {
        let weights = pruner.weights_of(machine);
        let leads = machine.leading_to(&pruner.must);
        let leads_too = machine.leading_to(&pruner.must_too);
        let follow = pruner.follow.as_ref().map(|atoms| {
            let mut follow = machine.leading_to(atoms);
            follow.extend(machine.leading_to_guards());
            follow
        });
        let (pruner, seen) = (pruner.clone(), FxHashSet::default());
        Trim { pruner, weights, leads, leads_too, follow, names, seen, ends: Vec::new() }
    }

    fn leads(&self, state: u32) -> bool {
        self.leads.contains(&state)
    }
}

impl Guide for Trim {
    fn found(&self) -> usize {
        self.ends.len()
    }

    fn may_lead(
        &self,
        machine: &Machine,
        alphabet: &Alphabet,
        cursor: &Cursor,
        tokens: &[Rc<str>],
    ) -> bool {
        if machine.follows_words() {
            return true;
        }
        let on = |must: &[u32], leads: &FxHashSet<u32>| {
            must.is_empty() || machine.leads_on(alphabet, cursor, tokens, leads)
        };
        on(&self.pruner.must, &self.leads) && on(&self.pruner.must_too, &self.leads_too)
    }

    fn follow(&self) -> Option<&FxHashSet<u32>> {
        self.follow.as_ref()
    }

    fn detour(&self, before: &Cursor, after: &Cursor) -> u32 {
        if self.pruner.must.is_empty() {
            return 0;
        }
        let is_new = |state: u32| !before.holds(state);
        let leads_on = after.states().any(|state| self.leads(state) && is_new(state));
        if leads_on { 0 } else { 20 }
    }

    fn trim(&mut self, machine: &Machine, mut cursor: Cursor) -> Option<Cursor> {
        if !self.pruner.must.is_empty() && !machine.follows_words() {
            let leads = machine.places(&cursor).any(|(_, state, _)| self.leads(state))
                || machine.waiting(&cursor).any(|state| self.leads(state));
            if !leads {
                return None;
            }
        }
        if !self.pruner.must_too.is_empty() && !machine.follows_words() {
            let leads = |state: u32| self.leads_too.contains(&state);
            if !machine.places(&cursor).any(|(_, state, _)| leads(state))
                && !machine.waiting(&cursor).any(leads)
            {
                return None;
            }
        }
        if !self.pruner.by_rank || cursor.threads.len() > 1 {
            return Some(cursor);
        }
        // What holds for good and needs nothing else: weaker statements no longer matter.
        let mut ranks = [0u8; 2];
        let mut holders = [u32::MAX; 2];
        for (_, state, truth) in machine.places(&cursor) {
            if !truth.is_possible() {
                continue;
            }
            for atom in machine.settled(state) {
                let Some(own) = self.pruner.alone.get(&atom) else { continue };
                for side in 0..2 {
                    if own[side] > ranks[side] {
                        ranks[side] = own[side];
                        holders[side] = state;
                    }
                }
            }
        }
        if let Some(goals) = &self.pruner.goals
            && !goals.iter().any(|&(from, to)| from >= ranks[0] && to >= ranks[1])
        {
            return None;
        }
        let rank = ranks[0].min(ranks[1]);
        if rank == 0 || self.pruner.default > rank {
            return Some(cursor);
        }
        let is_weaker = |(own, is_plain): (u8, bool)| own < rank || (own == rank && is_plain);
        if is_weaker(self.pruner.subject) {
            return None;
        }
        if !machine.guards_root(&cursor) {
            machine.retain(&mut cursor, &|_, state| {
                holders.contains(&state)
                    || self.leads(state)
                    || self.leads_too.contains(&state)
                    || !is_weaker(self.weights[state as usize])
            });
        }
        Some(cursor)
    }

    fn end(&mut self, truths: Vec<(usize, u32, Truth)>, way: &mut dyn FnMut() -> Vec<Step>) {
        let truths: Vec<(u32, Truth)> = truths
            .into_iter()
            .filter_map(|(thread, atom, truth)| {
                self.names.get(&(thread, atom)).map(|&name| (name, truth))
            })
            .collect();
        if self.seen.insert(truths.clone()) {
            self.ends.push(End { truths, way: way() });
        }
    }
}
