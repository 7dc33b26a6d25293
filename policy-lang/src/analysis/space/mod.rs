//! What requests of one action can be: facts, and the values of each that rules tell apart.
//!
//! An *atom* asks one fact. A fact has finitely many values as far as the atoms that are asked can
//! tell; a [`Choice`] is one of them, with the truth of each atom and what to send to get it. Facts
//! that depend on each other (a socket has no port, a raw connection no method) are chosen together.

mod destinations;
mod prune;
mod values;
mod walks;

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use policy_eval::engine::tables::{Plain, Source, Start as From};
use policy_eval::{Action, Attr, Platform, Truth, Type};
use rustc_hash::FxHashMap;

use super::alphabet::{Alphabet, Automata, Exhausted, Glob, TokenKind};
use super::machine::{Budget, Machine, Start, Step};
use crate::automata::group::{Item, Predicate};
use crate::compile::atoms::Ask;
use crate::interp::token_matches;
use crate::model::Model;
use crate::model::pattern::{Piece, TokenPattern};
pub(crate) use prune::Pruner;

/// An atom as analyses number it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AtomKey {
    pub(crate) ask: Ask,
    /// Of what a tool says of itself: the claim is not believed.
    pub(crate) doubting: bool,
    /// Which reading of the command is asked; of destinations, 1 is what a name resolved to.
    pub(crate) thread: u8,
}

/// The thread of atoms that ask what the name of a destination resolved to.
pub(crate) const RESOLVED: u8 = 1;

/// Whether something is asked of the host, the address or the socket of a destination.
pub(crate) fn asks_destination(ask: &Ask) -> bool {
    let source = match ask {
        Ask::AnyDestination => return true,
        Ask::Sequence { sequence, .. } => &sequence.source,
        Ask::Address(source, _) | Ask::Any(source) | Ask::Present(source) => source,
        Ask::Number(..)
        | Ask::Bool(_)
        | Ask::Contains(..)
        | Ask::SetEquals(..)
        | Ask::Marked(_) => return false,
    };
    matches!(source, Source::Destination | Source::Builtin(Attr::Host | Attr::Ip | Attr::Socket))
}

/// Something that atoms ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    Path(Source),
    Command,
    /// Host, address and socket of a destination.
    Endpoint,
    /// An address that the name of a destination resolved to.
    Resolved,
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

/// Whether a request is at least `ask`, whatever the rules say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Raised {
    #[default]
    Not,
    /// For a program that runs other programs, which a policy may accept.
    UnlessLifted,
    Always,
}

/// One value of a fact among those that the atoms tell apart.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The atoms of the fact that do not simply fail.
    pub(crate) truths: Vec<(u32, Truth)>,
    pub(crate) value: Value,
    pub(crate) raised: Raised,
    /// Other facts whose atoms are settled by this choice, those not in `truths` as failing.
    pub(crate) settles: &'static [Attr],
}

impl Choice {
    fn new(truths: Vec<(u32, Truth)>, value: Value) -> Choice {
        Choice { truths, value, raised: Raised::Not, settles: &[] }
    }

    fn floored(self) -> Choice {
        Choice { raised: Raised::Always, ..self }
    }
}

/// A fact and the atoms that ask it.
type Asked = (Fact, Box<[u32]>);

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
    automata: Automata,
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
        automata: Automata,
    ) -> Space<'m> {
        Space {
            action,
            model,
            folds: platform.is_some_and(Platform::ignores_case),
            windows: platform == Some(Platform::Windows),
            reading,
            atoms,
            alphabets: FxHashMap::default(),
            automata,
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
        let key = &self.atoms[atom as usize];
        if key.thread == RESOLVED && asks_destination(&key.ask) {
            return Fact::Resolved;
        }
        let of_source = |source: &Source| self.fact_of(source);
        match &key.ask {
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
            Fact::Path(Source::Builtin(Attr::Program)) => {
                self.programs(fact, live, chosen, unbound, budget)
            }
            Fact::Endpoint => self.endpoints(live, unbound, pruner, budget),
            Fact::Resolved => self.resolved(live, pruner, budget),
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
                    Fact::Path(_) | Fact::Command | Fact::Endpoint | Fact::Resolved => Vec::new(),
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
        self.alphabets.remove(&kind).unwrap_or_else(|| Alphabet::new(kind, self.automata.clone()))
    }

    fn component(&self) -> TokenKind {
        TokenKind::Component { folded: self.folds }
    }
}

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
        [Item::One(pattern)] => matches(pattern, text),
        _ => false,
    })
}

/// Whether a pattern matches a token. Most do not, and are seen not to by their beginning.
fn matches(pattern: &TokenPattern, token: &str) -> bool {
    match pattern.pieces.first() {
        Some(Piece::Literal(first)) if !pattern.fold && !token.starts_with(&**first) => false,
        _ => pattern.is_any() || token_matches(pattern, token),
    }
}

/// The tokens that patterns of one token tell apart.
fn single_tokens(
    kind: TokenKind,
    patterns: &[&TokenPattern],
    automata: &Automata,
) -> Result<Vec<Rc<str>>, Exhausted> {
    let mut alphabet = Alphabet::new(kind, automata.clone());
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
