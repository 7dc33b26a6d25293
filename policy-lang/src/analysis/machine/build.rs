//! Patterns become one automaton, with shared beginnings.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Entry, Follows, Machine, Pattern, State, WITHIN};
use crate::analysis::alphabet::{Alphabet, Exhausted, Glob};
use crate::automata::group::{CommandShape, Item};
use crate::automata::words::FlagWord;
use crate::model::pattern::{FlagConstraint, TokenPattern, WordItem};

/// Builds a machine.
pub(crate) struct Builder<'a> {
    alphabet: &'a mut Alphabet,
    machine: Machine,
    shared: FxHashMap<(u32, Test), u32>,
    constraints: FxHashMap<FlagConstraint, u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Test {
    Literal(u32),
    Glob(u32),
    Any,
    Loop,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(alphabet: &'a mut Alphabet, lengths: (usize, usize)) -> Builder<'a> {
        let machine = Machine {
            states: Vec::new(),
            closures: Vec::new(),
            patterns: Vec::new(),
            followers: Vec::new(),
            roots: Vec::new(),
            parents: Vec::new(),
            accepting: FxHashMap::default(),
            needs: Vec::new(),
            folded: 0,
            lengths,
        };
        let mut builder = Builder {
            alphabet,
            machine,
            shared: FxHashMap::default(),
            constraints: FxHashMap::default(),
        };
        builder.state();
        builder.machine.folded = builder.state();
        builder
    }

    fn state(&mut self) -> u32 {
        self.machine.states.push(State {
            literals: Vec::new(),
            globs: Vec::new(),
            any: Vec::new(),
            stays: false,
            empty: Vec::new(),
            accepts: Vec::new(),
        });
        self.machine.states.len() as u32 - 1
    }

    fn pattern(&mut self, atom: u32, flags: Box<[(u32, bool)]>) -> u32 {
        self.machine.patterns.push(Pattern { atom, flags });
        self.machine.patterns.len() as u32 - 1
    }

    /// Adds an atom that asks for tokens from the beginning, or behind a root.
    pub(crate) fn tokens(
        &mut self,
        atom: u32,
        root: Option<u16>,
        patterns: &[Vec<Item>],
    ) -> Result<(), Exhausted> {
        let start = match root {
            None => 0,
            Some(root) => self.root(root),
        };
        self.lay_tokens(atom, start, patterns)
    }

    /// The start of a root's patterns.
    fn root(&mut self, root: u16) -> u32 {
        if let Some(known) = self.machine.roots.iter().find(|known| known.root == root) {
            return known.state;
        }
        let state = self.state();
        self.machine.roots.push(Entry { root, state, is_bounded: false });
        state
    }

    /// Says where a root may lie.
    pub(crate) fn within(&mut self, root: u16, patterns: &[Vec<Item>]) -> Result<(), Exhausted> {
        if let Some(entry) = self.machine.roots.iter_mut().find(|known| known.root == root) {
            entry.is_bounded = true;
            self.lay_tokens(WITHIN | u32::from(root), 0, patterns)?;
        }
        Ok(())
    }

    pub(crate) fn has_root(&self, root: u16) -> bool {
        self.machine.roots.iter().any(|known| known.root == root)
    }

    fn lay_tokens(
        &mut self,
        atom: u32,
        start: u32,
        patterns: &[Vec<Item>],
    ) -> Result<(), Exhausted> {
        for items in patterns {
            let mut at = Some(start);
            for item in items {
                let Some(from) = at else { break };
                at = match item {
                    Item::One(pattern) => {
                        self.test(pattern)?.map(|test| self.shared_step(from, test))
                    }
                    Item::Any => Some(self.shared_step(from, Test::Loop)),
                };
            }
            if let Some(at) = at {
                let pattern = self.pattern(atom, Box::default());
                self.machine.states[at as usize].accepts.push(pattern);
            }
        }
        Ok(())
    }

    /// What a pattern asks of a token; none where no token matches.
    fn test(&mut self, pattern: &TokenPattern) -> Result<Option<Test>, Exhausted> {
        if pattern.is_any() {
            return Ok(Some(Test::Any));
        }
        // On a file system that ignores case a name is looked for in its folded spelling.
        if let Some(literal) = self.alphabet.as_compared(pattern).as_literal() {
            return Ok(self.alphabet.literal(literal).map(Test::Literal));
        }
        Ok(Some(Test::Glob(self.alphabet.glob(Glob::Pattern(pattern.clone()))?)))
    }

    fn shared_step(&mut self, from: u32, test: Test) -> u32 {
        if let Some(&to) = self.shared.get(&(from, test)) {
            return to;
        }
        let to = self.state();
        self.step(from, test, to);
        self.shared.insert((from, test), to);
        to
    }

    fn step(&mut self, from: u32, test: Test, to: u32) {
        let state = &mut self.machine.states[from as usize];
        match test {
            Test::Literal(literal) => state.literals.push((literal, to)),
            Test::Glob(glob) => state.globs.push((glob, to)),
            Test::Any => state.any.push(to),
            Test::Loop => {
                state.empty.push(to);
                self.machine.states[to as usize].stays = true;
            }
        }
    }

    /// Adds an atom that asks for commands; `folded`: of a reading with a folded program's name.
    pub(crate) fn commands(
        &mut self,
        atom: u32,
        folded: bool,
        patterns: &[CommandShape],
    ) -> Result<(), Exhausted> {
        let start = if folded { self.machine.folded } else { 0 };
        for pattern in patterns {
            let flags = pattern
                .flags
                .iter()
                .map(|constraint| Ok((self.constraint(constraint)?, constraint.forbids)))
                .collect::<Result<Box<[_]>, _>>()?;
            let ends = self.words(&pattern.items, vec![start], true)?;
            let number = self.pattern(atom, flags);
            for end in ends {
                self.machine.states[end as usize].accepts.push(number);
            }
        }
        Ok(())
    }

    fn constraint(&mut self, constraint: &FlagConstraint) -> Result<u32, Exhausted> {
        let key = FlagConstraint { forbids: false, ..constraint.clone() };
        if let Some(&known) = self.constraints.get(&key) {
            return Ok(known);
        }
        let start = self.state();
        let ends = self.words(&constraint.after, vec![start], false)?;
        // Every step leads to a state that was made later.
        let end = self.state();
        for last in ends {
            self.machine.states[last as usize].empty.push(end);
        }
        let tracker = self.machine.followers.len() as u32;
        let pattern = self.pattern(WITHIN, Box::default());
        self.machine.states[end as usize].accepts.push(pattern);
        let exact = self.alphabet.glob(Glob::Flag(FlagWord::exact(constraint)))?;
        let loose = self.alphabet.glob(Glob::Flag(FlagWord::loose(constraint)))?;
        self.alphabet.literal("--");
        self.machine.followers.push(Follows::Flags { start, exact, loose });
        self.constraints.insert(key, tracker);
        Ok(tracker)
    }

    fn words(
        &mut self,
        items: &[WordItem],
        from: Vec<u32>,
        share: bool,
    ) -> Result<Vec<u32>, Exhausted> {
        let mut ends = from;
        for item in items {
            ends = match item {
                WordItem::Word(pattern) => match self.test(pattern)? {
                    Some(test) => self.lay(&ends, test, share),
                    None => Vec::new(),
                },
                WordItem::AnyWords => self.lay(&ends, Test::Loop, share),
                WordItem::Alternatives(lists) => {
                    let mut all = Vec::new();
                    for list in lists {
                        all.extend(self.words(list, ends.clone(), share)?);
                    }
                    all.sort_unstable();
                    all.dedup();
                    all
                }
            };
        }
        Ok(ends)
    }

    fn lay(&mut self, ends: &[u32], test: Test, share: bool) -> Vec<u32> {
        match ends {
            [] => Vec::new(),
            [end] if share => vec![self.shared_step(*end, test)],
            ends => {
                let to = self.state();
                for &end in ends {
                    self.step(end, test, to);
                }
                vec![to]
            }
        }
    }

    /// Adds an atom that asks for a word among those of the first reading.
    pub(crate) fn contains(&mut self, atom: u32, pattern: &TokenPattern) -> Result<(), Exhausted> {
        let (mut literal, mut globs, mut any) = (None, Vec::new(), false);
        match self.test(pattern)? {
            Some(Test::Literal(one)) => literal = Some(one),
            Some(Test::Glob(glob)) => globs.push(glob),
            Some(Test::Any) => any = true,
            Some(Test::Loop) | None => {}
        }
        let globs = globs.into();
        self.machine.followers.push(Follows::Contains { atom, literal, globs, any });
        Ok(())
    }

    /// Adds an atom that asks whether the words of the first reading are exactly these.
    pub(crate) fn equals(&mut self, atom: u32, members: &[String]) -> Result<(), Exhausted> {
        if members.len() > 64 {
            return Err(Exhausted);
        }
        for member in members {
            self.alphabet.literal(member);
        }
        let members = members.iter().map(|member| member.as_str().into()).collect();
        self.machine.followers.push(Follows::Equals { atom, members });
        Ok(())
    }

    pub(crate) fn finish(self) -> Machine {
        let mut machine = self.machine;
        let count = machine.states.len();
        for state in &mut machine.states {
            state.literals.sort_unstable();
            state.accepts.dedup();
        }
        // Every step leads to a state that was made later, but for loops.
        machine.closures = vec![Box::default(); count];
        machine.needs = vec![Rc::from([]); count];
        machine.parents = vec![Vec::new(); count];
        for index in (0..count).rev() {
            debug_assert!(machine.states[index].next().all(|to| to as usize > index));
            let mut closure = vec![index as u32];
            for &to in &machine.states[index].empty {
                closure.extend(&*machine.closures[to as usize]);
            }
            closure.sort_unstable();
            closure.dedup();
            machine.closures[index] = closure.into();
            let state = &machine.states[index];
            for to in state.next() {
                machine.parents[to as usize].push(index as u32);
            }
            for &pattern in &state.accepts {
                let atom = machine.patterns[pattern as usize].atom;
                machine.accepting.entry(atom).or_default().push(index as u32);
            }
            let mut needs: Vec<u32> = state
                .accepts
                .iter()
                .flat_map(|&pattern| machine.patterns[pattern as usize].flags.iter())
                .map(|&(tracker, _)| tracker)
                .chain(state.next().flat_map(|to| machine.needs[to as usize].iter().copied()))
                .collect();
            needs.sort_unstable();
            needs.dedup();
            let same = state.next().find(|&to| *machine.needs[to as usize] == *needs);
            machine.needs[index] = match same {
                Some(to) => machine.needs[to as usize].clone(),
                None => needs.into(),
            };
        }
        machine
    }
}
