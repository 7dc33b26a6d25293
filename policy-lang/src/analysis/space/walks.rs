//! Paths and commands: walks over the token automata of the patterns that are asked.

use std::rc::Rc;

use policy_eval::engine::tables::{Source, Start as From};
use policy_eval::{Attr, Floor, Truth};
use rustc_hash::{FxHashMap, FxHashSet};

use super::prune::Trim;
use super::{Choice, Fact, Pruner, Raised, Reading, RootMode, RootModes, Space, Value};
use crate::analysis::alphabet::{Alphabet, Exhausted, Glob, TokenKind};
use crate::analysis::machine::{
    Budget, Builder, Cursor, First, Machine, Start, Step, WalkOptions, Walker,
};
use crate::automata::group::{CommandShape, Item, Predicate};
use crate::compile::atoms::Ask;
use crate::model::pattern::{PathBase, PathItem};

impl Space<'_> {
    /// Walks over a fact's sequences and gives the ends that differ.
    pub(super) fn walk(
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

    pub(super) fn paths_of(&self, ends: Vec<End>, live: &[u32]) -> Vec<Choice> {
        ends.into_iter()
            .map(|end| {
                let (tokens, roots) = path_of(&end.way);
                let truths = end.truths.into_iter().chain(self.present(live)).collect();
                Choice::new(truths, Value::Path(tokens, roots))
            })
            .collect()
    }

    pub(super) fn no_path(&self, source: &Source, live: &[u32]) -> Choice {
        let unsent = Choice::new(self.unsent(live), Value::Unsent);
        match source {
            // Without the path of a file, nothing is allowed in silence.
            Source::Builtin(Attr::Path) => unsent.floored(),
            _ => unsent,
        }
    }

    pub(super) fn commands_of(&self, ends: Vec<End>, live: &[u32]) -> Vec<Choice> {
        ends.into_iter()
            .map(|end| {
                let truths = end.truths.into_iter().chain(self.present(live)).collect();
                let raised = self.floor_of(&end.way).unwrap_or_default();
                Choice { raised, ..Choice::new(truths, Value::Words(end.way)) }
            })
            .collect()
    }

    /// By reading and atom of a machine: the atom that analyses number.
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
    pub(super) fn programs(
        &mut self,
        fact: &Fact,
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

    pub(super) fn path_ends(
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
    pub(super) fn commands_without_words(&self, live: &[u32]) -> Vec<Choice> {
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

    /// The floor of every command of the program, whatever its arguments are: it runs what nobody
    /// sees, or it runs another program. Only of a program that some pattern names: what a glob
    /// matches may be any other.
    fn floor_of(&self, way: &[Step]) -> Option<Raised> {
        let Some(Step::First(tokens)) = way.first() else { return None };
        let name = tokens.first()?;
        self.alphabets.get(&TokenKind::Word)?.number(name)?;
        let all = |is_it: &dyn Fn(Floor) -> bool| {
            [&[&**name][..], &[name, "x"], &[name, "-x", "x"]].into_iter().all(|words| {
                let mut has = true;
                policy_eval::canon::parts(&policy_eval::Request::argv(words), &mut |judged| {
                    has &= judged.part.floors.iter().any(is_it);
                });
                has
            })
        };
        if all(&|floor| !floor.can_be_lifted()) {
            return Some(Raised::Always);
        }
        all(&|floor| floor == Floor::Wrappers).then_some(Raised::UnlessLifted)
    }

    /// What is known of patterns on a command that may be any words.
    fn of_any_words(&self, patterns: &[CommandShape]) -> Truth {
        let mut alphabet = Alphabet::new(TokenKind::Word, self.automata.clone());
        let mut builder = Builder::new(&mut alphabet, (0, usize::MAX));
        if builder.commands(0, false, patterns).is_err() {
            return Truth::BY_WORD;
        }
        builder.finish().of_any_words()
    }
}

/// Folders whose programs are their base names, as the canonical form has them.
const TRUSTED: &str = "/usr/bin";

const NOT_TRUSTED: &str = "/opt/tools";

/// A walk that hands out its ends in turns.
pub(crate) struct Walking {
    kind: TokenKind,
    machine: Rc<Machine>,
    trim: Trim,
    walker: Walker,
    taken: usize,
}

/// What a walk is about.
pub(super) struct Walk<'a> {
    pub(super) unbound: &'a RootModes,
    pub(super) starts: &'a [Start],
    pub(super) options: WalkOptions,
    pub(super) pruner: &'a Pruner,
}

/// Where a sequence may end.
#[derive(Clone)]
pub(super) struct End {
    pub(super) truths: Vec<(u32, Truth)>,
    pub(super) way: Vec<Step>,
}

/// The components of a path, and where roots lie in it.
pub(super) fn path_of(way: &[Step]) -> (Vec<Rc<str>>, Vec<(u16, usize)>) {
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
