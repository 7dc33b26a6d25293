//! Predicates over token sequences, walked together and only where a question leads.
//!
//! All patterns of one fact form one nondeterministic automaton with shared beginnings. A
//! [`Cursor`] is a set of its states, found on demand (lazy subset construction), so that a
//! question about one rule meets only what overlaps that rule. What the interpreter knows besides
//! yes and no is carried along: each state has the [`Truth`] of the best way to it, because a word
//! may be known only when the command runs; flags are followed by trackers beside the states.
//!
//! *Roots.* Patterns under a root start at whatever boundary between components the root is bound
//! to. A root that is bound may start once, anywhere its declaration allows, or never (then the path
//! lies outside); one that is not bound may start everywhere, and what matches there is open. That
//! is exact for every binding (design notes, section 8).

mod build;
mod walk;

use std::rc::Rc;

use policy_eval::Truth;
use rustc_hash::{FxHashMap, FxHashSet};

use super::alphabet::Alphabet;
pub(crate) use build::Builder;
pub(crate) use walk::{Budget, First, Guide, WalkOptions, Walker};

/// One step of a way through a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A token that is known.
    Token(Rc<str>),
    /// The first word, as each thread reads it.
    First(Box<[Rc<str>]>),
    /// A word that is known only when the command runs.
    AtRunTime {
        /// It may start with a dash.
        may_be_flag: bool,
        /// It may be several words, or none.
        many: bool,
    },
    /// The root lies here.
    Root(u16),
}

struct State {
    /// Ascending.
    literals: Vec<(u32, u32)>,
    globs: Vec<(u32, u32)>,
    any: Vec<u32>,
    /// It stays for every token.
    stays: bool,
    empty: Vec<u32>,
    accepts: Vec<u32>,
}

/// One alternative of an atom.
pub(crate) struct Pattern {
    pub(crate) atom: u32,
    /// Trackers that must hold, or with `true` must not.
    flags: Box<[(u32, bool)]>,
}

enum Follows {
    Flags { start: u32, exact: u32, loose: u32 },
    Contains { atom: u32, literal: Option<u32>, globs: Box<[u32]>, any: bool },
    Equals { atom: u32, members: Box<[Rc<str>]> },
}

/// Where a root's patterns start.
#[derive(Clone, Copy)]
struct Entry {
    root: u16,
    state: u32,
    /// It may lie only where a pattern says so.
    is_bounded: bool,
}

/// An automaton for all atoms that ask one fact.
pub(crate) struct Machine {
    states: Vec<State>,
    closures: Vec<Box<[u32]>>,
    patterns: Vec<Pattern>,
    followers: Vec<Follows>,
    roots: Vec<Entry>,
    /// By state: those that a step leads from.
    parents: Vec<Vec<u32>>,
    /// By atom: the states that accept one of its patterns.
    accepting: FxHashMap<u32, Vec<u32>>,
    /// By state: the trackers of flags that patterns behind it need, ascending.
    needs: Vec<Rc<[u32]>>,
    /// For words: the start where the program's name is folded.
    folded: u32,
    /// The least and the most tokens.
    lengths: (usize, usize),
}

/// Patterns whose atom says where a root may lie are not atoms of a rule.
const WITHIN: u32 = 1 << 31;

/// What is followed beside the states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Track {
    Flags { before: Box<[(u32, Truth)]>, earliest: Region, certain: Region },
    Contains(Truth),
    Equals { seen: u64, others: bool, at_run_time: bool },
}

/// The words in which a flag is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Region {
    NotYet,
    Open(Truth),
    Closed(Truth),
}

impl Region {
    fn found(self) -> Truth {
        match self {
            Region::NotYet => Truth::NO,
            Region::Open(truth) | Region::Closed(truth) => truth,
        }
    }
}

/// One reading of the sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Thread {
    /// Ascending.
    set: Box<[(u32, Truth)]>,
    tracks: Box<[(u32, Track)]>,
}

/// A place in the automaton.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cursor {
    pub(crate) threads: Vec<Thread>,
    /// Bits by place in `roots`: bound, and not started yet.
    pending: u32,
    /// Not bound.
    unbound: u32,
    /// How many tokens were read, as far as it matters.
    length: u32,
}

/// How a reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// The program's name is folded.
    pub(crate) folded: bool,
    /// `argv` is what this reading says.
    pub(crate) is_first: bool,
}

impl State {
    fn next(&self) -> impl Iterator<Item = u32> {
        let literals = self.literals.iter().map(|&(_, to)| to);
        let globs = self.globs.iter().map(|&(_, to)| to);
        literals.chain(globs).chain(self.any.iter().copied()).chain(self.empty.iter().copied())
    }
}

/// Sorts places and joins the ways to one.
fn normal(mut set: Vec<(u32, Truth)>) -> Box<[(u32, Truth)]> {
    set.sort_unstable_by_key(|&(state, _)| state);
    let mut out: Vec<(u32, Truth)> = Vec::with_capacity(set.len());
    for (state, truth) in set {
        match out.last_mut() {
            Some(last) if last.0 == state => last.1 = last.1 | truth,
            _ => out.push((state, truth)),
        }
    }
    out.into()
}

impl Machine {
    pub(crate) fn root_of(&self, place: usize) -> u16 {
        self.roots[place].root
    }

    pub(crate) fn roots(&self) -> usize {
        self.roots.len()
    }

    /// By state: what `of` says of the patterns that can still be reached from it, joined.
    pub(crate) fn behind<T: Clone>(
        &self,
        none: T,
        of: &dyn Fn(&Pattern) -> T,
        join: &dyn Fn(&mut T, &T),
    ) -> Vec<T> {
        let mut all = vec![none; self.states.len()];
        for index in (0..self.states.len()).rev() {
            let mut own = all[index].clone();
            let state = &self.states[index];
            for &pattern in &state.accepts {
                join(&mut own, &of(&self.patterns[pattern as usize]));
            }
            for to in state.next() {
                join(&mut own, &all[to as usize]);
            }
            all[index] = own;
        }
        all
    }

    /// The states from which a pattern of one of the atoms can still be reached.
    pub(crate) fn leading_to(&self, atoms: &[u32]) -> FxHashSet<u32> {
        let accepting = atoms.iter().filter_map(|atom| self.accepting.get(atom)).flatten();
        self.behind_them(accepting.copied().collect())
    }

    /// The states from which a pattern that says where a root may lie can be reached.
    pub(crate) fn leading_to_guards(&self) -> FxHashSet<u32> {
        let guards = self.accepting.iter().filter(|(atom, _)| **atom & WITHIN != 0);
        self.behind_them(guards.flat_map(|(_, states)| states).copied().collect())
    }

    fn behind_them(&self, mut open: Vec<u32>) -> FxHashSet<u32> {
        let mut found: FxHashSet<u32> = open.iter().copied().collect();
        while let Some(state) = open.pop() {
            for &parent in &self.parents[state as usize] {
                if found.insert(parent) {
                    open.push(parent);
                }
            }
        }
        found
    }

    /// The atoms that hold at a state whatever follows: no flags, no word known at run time.
    pub(crate) fn settled(&self, state: u32) -> impl Iterator<Item = u32> {
        let state = &self.states[state as usize];
        let accepts = if state.stays { &state.accepts[..] } else { &[] };
        accepts
            .iter()
            .map(|&pattern| &self.patterns[pattern as usize])
            .filter(|pattern| pattern.flags.is_empty() && pattern.atom & WITHIN == 0)
            .map(|pattern| pattern.atom)
    }

    /// A place before the first token.
    ///
    /// `unbound` says of each root by its place whether it is not bound, `outside` whether the path
    /// lies outside of it.
    pub(crate) fn start(&self, threads: &[Start], unbound: u32, outside: u32) -> Cursor {
        let threads = threads
            .iter()
            .map(|start| {
                let from = if start.folded { self.folded } else { 0 };
                let set: Vec<_> =
                    self.closures[from as usize].iter().map(|&state| (state, Truth::YES)).collect();
                let tracks = self.followers.iter().enumerate().filter_map(|(index, follows)| {
                    let track = match follows {
                        Follows::Flags { start, .. } => Track::Flags {
                            before: self.closures[*start as usize]
                                .iter()
                                .map(|&state| (state, Truth::YES))
                                .collect(),
                            earliest: Region::NotYet,
                            certain: Region::NotYet,
                        },
                        _ if !start.is_first => return None,
                        Follows::Contains { .. } => Track::Contains(Truth::NO),
                        Follows::Equals { .. } => {
                            Track::Equals { seen: 0, others: false, at_run_time: false }
                        }
                    };
                    Some((index as u32, track))
                });
                self.thread(normal(set), tracks.collect())
            })
            .collect();
        let all = (1u32 << self.roots.len()) - 1;
        Cursor { threads, pending: all & !unbound & !outside, unbound: all & unbound, length: 0 }
    }

    /// Forgets trackers that no pattern needs any more.
    fn thread(&self, set: Box<[(u32, Truth)]>, tracks: Vec<(u32, Track)>) -> Thread {
        let tracks = tracks
            .into_iter()
            .filter(|(tracker, track)| {
                !matches!(track, Track::Flags { .. })
                    || set.iter().any(|&(state, _)| {
                        self.needs[state as usize].binary_search(tracker).is_ok()
                    })
            })
            .collect();
        Thread { set, tracks }
    }

    /// Keeps of each reading the states that `keep` names.
    pub(crate) fn retain(&self, cursor: &mut Cursor, keep: &dyn Fn(usize, u32) -> bool) {
        for (index, thread) in cursor.threads.iter_mut().enumerate() {
            if thread.set.iter().all(|&(state, _)| keep(index, state)) {
                continue;
            }
            let set = thread.set.iter().copied().filter(|&(state, _)| keep(index, state)).collect();
            *thread = self.thread(set, std::mem::take(&mut thread.tracks).into_vec());
        }
    }

    pub(crate) fn places<'c>(
        &self,
        cursor: &'c Cursor,
    ) -> impl Iterator<Item = (usize, u32, Truth)> + 'c {
        cursor.threads.iter().enumerate().flat_map(|(index, thread)| {
            thread.set.iter().map(move |&(state, truth)| (index, state, truth))
        })
    }

    /// What starts behind roots that did not start yet.
    pub(crate) fn waiting(&self, cursor: &Cursor) -> impl Iterator<Item = u32> {
        let waiting = cursor.pending | cursor.unbound;
        self.roots
            .iter()
            .enumerate()
            .filter(move |(place, _)| waiting & 1 << place != 0)
            .map(|(_, entry)| entry.state)
    }

    /// Whether some word of the first reading is still looked for.
    pub(crate) fn follows_words(&self) -> bool {
        self.followers.iter().any(|follows| !matches!(follows, Follows::Flags { .. }))
    }

    /// The atoms that hold where the sequence ends here, by reading. Those left out do not.
    fn truths(&self, cursor: &Cursor) -> Vec<(usize, u32, Truth)> {
        let mut truths: Vec<(usize, u32, Truth)> = Vec::new();
        let mut add = |thread: usize, atom: u32, truth: Truth| {
            if truth == Truth::NO {
                return;
            }
            match truths.iter_mut().find(|(t, known, _)| (*t, *known) == (thread, atom)) {
                Some((_, _, known)) => *known = *known | truth,
                None => truths.push((thread, atom, truth)),
            }
        };
        for (index, thread) in cursor.threads.iter().enumerate() {
            for &(state, truth) in &thread.set {
                for &pattern in &self.states[state as usize].accepts {
                    let pattern = &self.patterns[pattern as usize];
                    if pattern.atom & WITHIN != 0 {
                        continue;
                    }
                    let flags =
                        pattern.flags.iter().fold(Truth::YES, |all, &(tracker, forbids)| {
                            let found = thread.flag(tracker);
                            all & if forbids { !found } else { found }
                        });
                    add(index, pattern.atom, truth & flags);
                }
            }
            for (tracker, track) in &thread.tracks {
                match (&self.followers[*tracker as usize], track) {
                    (Follows::Contains { atom, .. }, Track::Contains(truth)) => {
                        add(index, *atom, *truth);
                    }
                    (
                        Follows::Equals { atom, members },
                        Track::Equals { seen, others, at_run_time },
                    ) => {
                        let all = u64::MAX >> (64 - members.len().max(1) as u32);
                        let all = if members.is_empty() { 0 } else { all };
                        let truth = if *at_run_time {
                            Truth::BY_WORD
                        } else {
                            Truth::known(!others && *seen == all)
                        };
                        add(index, *atom, truth);
                    }
                    _ => {}
                }
            }
        }
        truths.sort_unstable_by_key(|&(thread, atom, _)| (thread, atom));
        truths
    }

    /// One token, as each reading has it.
    fn step_token(&self, alphabet: &Alphabet, cursor: &Cursor, tokens: &[Rc<str>]) -> Cursor {
        let threads = cursor
            .threads
            .iter()
            .zip(tokens)
            .map(|(thread, token)| {
                let number = alphabet.number(token);
                let set = self.over_token(alphabet, &thread.set, token, number);
                let tracks = thread
                    .tracks
                    .iter()
                    .map(|(tracker, track)| {
                        (*tracker, self.track_token(alphabet, *tracker, track, token, number))
                    })
                    .collect();
                self.thread(set, tracks)
            })
            .collect();
        self.boundary(Cursor { threads, length: self.longer(cursor.length), ..*cursor })
    }

    /// What is known of the first atom on a command that may be any words.
    pub(crate) fn of_any_words(&self) -> Truth {
        let start = self.start(&[Start { folded: false, is_first: true }], 0, 0);
        let end = self.step_at_run_time(&start, true, true);
        self.truths(&end).first().map_or(Truth::NO, |&(_, _, truth)| truth)
    }

    fn longer(&self, length: u32) -> u32 {
        // Past the least length only a fixed most one matters.
        let most = if self.lengths.1 == usize::MAX { self.lengths.0 } else { self.lengths.1 + 1 };
        (length + 1).min(most.max(1) as u32)
    }

    fn over_token(
        &self,
        alphabet: &Alphabet,
        set: &[(u32, Truth)],
        token: &str,
        number: Option<u32>,
    ) -> Box<[(u32, Truth)]> {
        let mut next = Vec::new();
        for &(at, truth) in set {
            let state = &self.states[at as usize];
            if state.stays {
                next.extend(self.closures[at as usize].iter().map(|&to| (to, truth)));
            }
            let mut go = |to: u32| {
                next.extend(self.closures[to as usize].iter().map(|&to| (to, truth)));
            };
            if let Some(number) = number {
                let first = state.literals.partition_point(|&(literal, _)| literal < number);
                state.literals[first..]
                    .iter()
                    .take_while(|&&(literal, _)| literal == number)
                    .for_each(|&(_, to)| go(to));
            }
            for &(glob, to) in &state.globs {
                if alphabet.matches(glob, token) {
                    go(to);
                }
            }
            state.any.iter().for_each(|&to| go(to));
        }
        normal(next)
    }

    fn track_token(
        &self,
        alphabet: &Alphabet,
        tracker: u32,
        track: &Track,
        token: &Rc<str>,
        number: Option<u32>,
    ) -> Track {
        match (&self.followers[tracker as usize], track) {
            (Follows::Flags { exact, loose, .. }, Track::Flags { .. }) => {
                let is_flag = if alphabet.matches(*exact, token) {
                    Truth::YES
                } else if alphabet.matches(*loose, token) {
                    Truth::OPEN
                } else {
                    Truth::NO
                };
                self.over_flags(track, &**token == "--", is_flag, |before| {
                    self.over_token(alphabet, before, token, number)
                })
            }
            (Follows::Contains { literal, globs, any, .. }, Track::Contains(truth)) => {
                let is_it = *any
                    || (literal.is_some() && *literal == number)
                    || globs.iter().any(|&glob| alphabet.matches(glob, token));
                Track::Contains(*truth | Truth::known(is_it))
            }
            (Follows::Equals { members, .. }, Track::Equals { seen, others, at_run_time }) => {
                let (mut seen, mut others) = (*seen, *others);
                let mut is_member = false;
                for (index, member) in members.iter().enumerate() {
                    if member == token {
                        seen |= 1 << index;
                        is_member = true;
                    }
                }
                others |= !is_member;
                Track::Equals { seen, others, at_run_time: *at_run_time }
            }
            (_, track) => track.clone(),
        }
    }

    /// A word, for a constraint on flags: the region may start in front of it.
    fn over_flags(
        &self,
        track: &Track,
        closes: bool,
        is_flag: Truth,
        step: impl Fn(&[(u32, Truth)]) -> Box<[(u32, Truth)]>,
    ) -> Track {
        let Track::Flags { before, earliest, certain } = track else { return track.clone() };
        let (mut earliest, mut certain) = (*earliest, *certain);
        let started = self.truth_of_start(before);
        if earliest == Region::NotYet && started.is_some() {
            earliest = Region::Open(Truth::NO);
        }
        if certain == Region::NotYet && started.is_some_and(Truth::is_certain) {
            certain = Region::Open(Truth::NO);
        }
        for region in [&mut earliest, &mut certain] {
            if let Region::Open(found) = *region {
                *region =
                    if closes { Region::Closed(found) } else { Region::Open(found | is_flag) };
            }
        }
        // Once both have started, nothing before them matters.
        let before = if certain == Region::NotYet { step(before) } else { Box::default() };
        Track::Flags { before, earliest, certain }
    }

    /// Whether the beginning before a brace may end here, and how certainly.
    fn truth_of_start(&self, before: &[(u32, Truth)]) -> Option<Truth> {
        before
            .iter()
            .filter(|(state, _)| !self.states[*state as usize].accepts.is_empty())
            .map(|&(_, truth)| truth)
            .reduce(|one, other| one | other)
    }

    /// A word that is known only when the command runs.
    fn step_at_run_time(&self, cursor: &Cursor, may_be_flag: bool, many: bool) -> Cursor {
        let is_flag = if may_be_flag { Truth::BY_WORD } else { Truth::NO };
        let step = |set: &[(u32, Truth)]| {
            if many { self.over_many(set) } else { self.over_single(set) }
        };
        let threads = cursor
            .threads
            .iter()
            .map(|thread| {
                let set = step(&thread.set);
                let tracks = thread
                    .tracks
                    .iter()
                    .map(|(tracker, track)| {
                        let next = match track {
                            Track::Flags { before, earliest, certain } => {
                                // Some of the several words may stand before the region.
                                let before =
                                    if many { self.used_up(before) } else { before.clone() };
                                let track =
                                    Track::Flags { before, earliest: *earliest, certain: *certain };
                                self.over_flags(&track, false, is_flag, step)
                            }
                            Track::Contains(truth) => Track::Contains(*truth | Truth::BY_WORD),
                            Track::Equals { seen, others, .. } => {
                                Track::Equals { seen: *seen, others: *others, at_run_time: true }
                            }
                        };
                        (*tracker, next)
                    })
                    .collect();
                self.thread(set, tracks)
            })
            .collect();
        self.boundary(Cursor { threads, length: self.longer(cursor.length), ..*cursor })
    }

    fn over_single(&self, set: &[(u32, Truth)]) -> Box<[(u32, Truth)]> {
        let mut next = Vec::new();
        for &(at, truth) in set {
            let state = &self.states[at as usize];
            let mut go = |to: u32, truth: Truth| {
                next.extend(self.closures[to as usize].iter().map(|&to| (to, truth)));
            };
            if state.stays {
                go(at, truth);
            }
            state.any.iter().for_each(|&to| go(to, truth));
            let by_word = truth & Truth::BY_WORD;
            state.literals.iter().for_each(|&(_, to)| go(to, by_word));
            state.globs.iter().for_each(|&(_, to)| go(to, by_word));
        }
        normal(next)
    }

    /// Where one may be while words of several are used up, the last of them not yet passed.
    fn used_up(&self, set: &[(u32, Truth)]) -> Box<[(u32, Truth)]> {
        let mut known: FxHashMap<u32, Truth> = set.iter().copied().collect();
        let mut open: Vec<u32> = set.iter().map(|&(state, _)| state).collect();
        while let Some(at) = open.pop() {
            let truth = known[&at] & Truth::BY_WORD;
            let state = &self.states[at as usize];
            let steps = state
                .literals
                .iter()
                .map(|&(_, to)| to)
                .chain(state.globs.iter().map(|&(_, to)| to))
                .chain(state.any.iter().copied());
            for to in steps {
                for &to in &self.closures[to as usize] {
                    let own = known.entry(to).or_insert(Truth::NO);
                    if *own | truth != *own {
                        *own = *own | truth;
                        open.push(to);
                    }
                }
            }
        }
        normal(known.into_iter().collect())
    }

    fn over_many(&self, set: &[(u32, Truth)]) -> Box<[(u32, Truth)]> {
        let mut next = Vec::new();
        for &(at, truth) in &self.used_up(set) {
            let own = if self.states[at as usize].stays { truth } else { truth & Truth::BY_WORD };
            next.extend(self.closures[at as usize].iter().map(|&to| (to, own)));
        }
        normal(next)
    }

    /// Behind a token, roots that are not bound may lie.
    fn boundary(&self, mut cursor: Cursor) -> Cursor {
        if cursor.unbound == 0 {
            return cursor;
        }
        for (place, entry) in self.roots.iter().enumerate() {
            if cursor.unbound & 1 << place == 0 || !self.may_start(&cursor, *entry) {
                continue;
            }
            for thread in &mut cursor.threads {
                let more = self.closures[entry.state as usize].iter().map(|&to| (to, Truth::OPEN));
                thread.set = normal(thread.set.iter().copied().chain(more).collect());
            }
        }
        cursor
    }

    fn may_start(&self, cursor: &Cursor, entry: Entry) -> bool {
        !entry.is_bounded
            || cursor.threads.iter().any(|thread| {
                thread.set.iter().any(|&(state, _)| {
                    self.states[state as usize].accepts.iter().any(|&pattern| {
                        self.patterns[pattern as usize].atom == WITHIN | u32::from(entry.root)
                    })
                })
            })
    }

    fn start_root(&self, cursor: &Cursor, place: usize) -> Option<Cursor> {
        let entry = self.roots[place];
        if cursor.pending & 1 << place == 0 || !self.may_start(cursor, entry) {
            return None;
        }
        let mut next = cursor.clone();
        next.pending &= !(1 << place);
        for thread in &mut next.threads {
            let more = self.closures[entry.state as usize].iter().map(|&to| (to, Truth::YES));
            thread.set = normal(thread.set.iter().copied().chain(more).collect());
        }
        Some(next)
    }

    /// Whether a state says where a root may lie that can still start.
    pub(crate) fn guards_root(&self, cursor: &Cursor) -> bool {
        let waiting = cursor.pending | cursor.unbound;
        self.roots
            .iter()
            .enumerate()
            .any(|(place, entry)| entry.is_bounded && waiting & 1 << place != 0)
    }

    /// Whether a step over some tokens leads to one of some states, in any reading.
    pub(crate) fn leads_on(
        &self,
        alphabet: &Alphabet,
        cursor: &Cursor,
        tokens: &[Rc<str>],
        leads: &FxHashSet<u32>,
    ) -> bool {
        let of_thread = |(thread, token): (&Thread, &Rc<str>)| {
            let number = alphabet.number(token);
            thread.set.iter().any(|&(at, _)| {
                let state = &self.states[at as usize];
                let of_literal = || {
                    number.is_some_and(|number| {
                        let first = state.literals.partition_point(|&(own, _)| own < number);
                        state.literals[first..]
                            .iter()
                            .take_while(|&&(own, _)| own == number)
                            .any(|(_, to)| leads.contains(to))
                    })
                };
                state.stays && leads.contains(&at)
                    || state.any.iter().any(|to| leads.contains(to))
                    || state.globs.iter().any(|(_, to)| leads.contains(to))
                    || of_literal()
            })
        };
        cursor.threads.iter().zip(tokens).any(of_thread)
            || self.waiting(cursor).any(|state| leads.contains(&state))
    }

    /// The atoms that hold of one sequence.
    pub(crate) fn run(
        &self,
        alphabet: &Alphabet,
        start: Cursor,
        steps: &[Step],
    ) -> Vec<(usize, u32, Truth)> {
        let mut cursor = start;
        for step in steps {
            match step {
                Step::Token(token) => {
                    let tokens = vec![token.clone(); cursor.threads.len()];
                    cursor = self.step_token(alphabet, &cursor, &tokens);
                }
                Step::First(tokens) => cursor = self.step_token(alphabet, &cursor, tokens),
                Step::AtRunTime { may_be_flag, many } => {
                    cursor = self.step_at_run_time(&cursor, *may_be_flag, *many);
                }
                Step::Root(root) => {
                    let place = self.roots.iter().position(|entry| entry.root == *root);
                    if let Some(started) = place.and_then(|place| self.start_root(&cursor, place)) {
                        cursor = started;
                    }
                }
            }
        }
        self.truths(&cursor)
    }
}

impl Cursor {
    /// The states of all readings.
    pub(crate) fn states(&self) -> impl Iterator<Item = u32> {
        self.threads.iter().flat_map(|thread| thread.set.iter().map(|&(state, _)| state))
    }

    pub(crate) fn holds(&self, state: u32) -> bool {
        self.threads
            .iter()
            .any(|thread| thread.set.binary_search_by_key(&state, |&(own, _)| own).is_ok())
    }
}

impl Thread {
    fn flag(&self, tracker: u32) -> Truth {
        match self.tracks.iter().find(|(known, _)| *known == tracker) {
            Some((_, Track::Flags { earliest, certain, .. })) => {
                certain.found() | earliest.found() & Truth::BY_WORD
            }
            _ => Truth::NO,
        }
    }
}
