//! Walks over an automaton, nearest ends first, only where a guide sees something to find.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use policy_eval::Truth;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Cursor, Follows, Machine, Region, Step, Track};
use crate::analysis::alphabet::{Alphabet, Exhausted};

/// Who decides where a walk goes.
pub(crate) trait Guide {
    /// The part of a place that still matters; none where nothing does.
    fn trim(&mut self, machine: &Machine, cursor: Cursor) -> Option<Cursor>;

    /// By state: whether tokens that lead to it are worth while. None: all are.
    fn follow(&self) -> Option<&FxHashSet<u32>>;

    /// Whether a step over these tokens can lead where something is found; cheaper than the step.
    fn may_lead(
        &self,
        machine: &Machine,
        alphabet: &Alphabet,
        cursor: &Cursor,
        tokens: &[Rc<str>],
    ) -> bool;

    /// How many ends were found.
    fn found(&self) -> usize;

    /// What a step over a token that some pattern names costs more, where it leads nowhere.
    fn detour(&self, before: &Cursor, after: &Cursor) -> u32;

    /// A sequence may end here: the atoms that hold, by thread. `way` gives the steps to it.
    fn end(&mut self, truths: Vec<(usize, u32, Truth)>, way: &mut dyn FnMut() -> Vec<Step>);
}

/// How much may be looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) left: u64,
}

impl Budget {
    pub(crate) fn spend(&mut self, amount: u64) -> Result<(), Exhausted> {
        self.left = self.left.checked_sub(amount).ok_or(Exhausted)?;
        Ok(())
    }
}

/// How the first token is found, as each reading has it.
pub(crate) type First =
    fn(&Machine, &mut Alphabet, &Cursor) -> Result<Vec<Box<[Rc<str>]>>, Exhausted>;

/// What a walk may step over.
#[derive(Clone, Copy, Default)]
pub(crate) struct WalkOptions {
    pub(crate) words_at_run_time: bool,
    pub(crate) first: Option<First>,
}

/// A walk from some place to all that matter, nearest first, that can be interrupted.
pub(crate) struct Walker {
    options: WalkOptions,
    /// The step that led to each node, and how many tokens lie before it.
    nodes: Vec<(Option<(usize, Step)>, u32)>,
    cursors: Vec<Cursor>,
    /// What the cheapest way to a place costs.
    seen: FxHashMap<Cursor, u32>,
    open: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Machine {
    /// The literals and globs that matter for the next token. With `follow`, only literals that lead
    /// to a state that it names.
    fn asked(&self, cursor: &Cursor, follow: Option<&FxHashSet<u32>>) -> (Vec<u32>, Vec<u32>) {
        let leads = |to: u32| follow.is_none_or(|follow| follow.contains(&to));
        let (mut literals, mut globs) = (Vec::new(), Vec::new());
        let mut of_set = |set: &[(u32, Truth)]| {
            for &(state, _) in set {
                let state = &self.states[state as usize];
                let led = state.literals.iter().filter(|&&(_, to)| leads(to));
                literals.extend(led.map(|&(literal, _)| literal));
                globs.extend(state.globs.iter().map(|&(glob, _)| glob));
            }
        };
        for thread in &cursor.threads {
            of_set(&thread.set);
            for (_, track) in &thread.tracks {
                if let Track::Flags { before, .. } = track {
                    of_set(before);
                }
            }
        }
        for thread in &cursor.threads {
            for (tracker, track) in &thread.tracks {
                match (&self.followers[*tracker as usize], track) {
                    (
                        Follows::Flags { exact, loose, .. },
                        Track::Flags { before, earliest, certain },
                    ) => {
                        let is_open = |region: &Region| matches!(region, Region::Open(_));
                        let starts = self.truth_of_start(before).is_some();
                        if starts || is_open(earliest) || is_open(certain) {
                            globs.extend([*exact, *loose]);
                            literals.push(u32::MAX);
                        }
                    }
                    (Follows::Contains { literal, globs: own, .. }, Track::Contains(truth))
                        if *truth != Truth::YES =>
                    {
                        literals.extend(literal);
                        globs.extend(&**own);
                    }
                    (Follows::Equals { .. }, Track::Equals { others: false, .. }) => {
                        // Members are literals of the alphabet; `u32::MAX - 1` stands for them.
                        literals.push(u32::MAX - 1);
                    }
                    _ => {}
                }
            }
        }
        for list in [&mut literals, &mut globs] {
            list.sort_unstable();
            list.dedup();
        }
        (literals, globs)
    }

    fn followed_globs(&self, cursor: &Cursor, follow: &FxHashSet<u32>) -> Vec<u32> {
        cursor
            .states()
            .flat_map(|state| &self.states[state as usize].globs)
            .filter(|&&(_, to)| follow.contains(&to))
            .map(|&(glob, _)| glob)
            .collect()
    }

    /// The tokens that lead to different places, one of each kind.
    fn next_tokens(
        &self,
        alphabet: &mut Alphabet,
        cursor: &Cursor,
        follow: Option<&FxHashSet<u32>>,
    ) -> Result<Vec<Rc<str>>, Exhausted> {
        let (literals, globs) = self.asked(cursor, follow);
        let mut tokens: Vec<Rc<str>> = Vec::new();
        for literal in literals {
            match literal {
                u32::MAX => {
                    tokens.extend(alphabet.number("--").map(|two| alphabet.name(two).clone()))
                }
                n if n == u32::MAX - 1 => {
                    for follows in &self.followers {
                        if let Follows::Equals { members, .. } = follows {
                            tokens.extend(members.iter().cloned());
                        }
                    }
                }
                literal => tokens.push(alphabet.name(literal).clone()),
            }
        }
        let classes = alphabet.classes(&globs)?;
        let Some(follow) = follow else {
            tokens.extend(classes.iter().map(|class| class.token.clone()));
            return Ok(tokens);
        };
        // Of tokens that the followed globs take alike, the one that the fewest others match.
        let followed = self.followed_globs(cursor, follow);
        let mut best: Vec<(Vec<u32>, usize, &Rc<str>)> = Vec::new();
        for class in classes.iter() {
            let own: Vec<u32> =
                class.globs.iter().copied().filter(|glob| followed.contains(glob)).collect();
            let others = class.globs.len() - own.len();
            match best.iter_mut().find(|(known, ..)| *known == own) {
                Some(known) if others < known.1 => (known.1, known.2) = (others, &class.token),
                Some(_) => {}
                None => best.push((own, others, &class.token)),
            }
        }
        tokens.extend(best.into_iter().map(|(_, _, token)| token.clone()));
        Ok(tokens)
    }

    /// The tokens that matter next; for [`WalkOptions::first`].
    pub(crate) fn tokens_at(
        &self,
        alphabet: &mut Alphabet,
        cursor: &Cursor,
    ) -> Result<Vec<Rc<str>>, Exhausted> {
        self.next_tokens(alphabet, cursor, None)
    }
}

impl Walker {
    pub(crate) fn new(
        machine: &Machine,
        start: Cursor,
        options: WalkOptions,
        guide: &mut dyn Guide,
    ) -> Walker {
        let mut walker = Walker {
            options,
            nodes: Vec::new(),
            cursors: Vec::new(),
            seen: FxHashMap::default(),
            open: BinaryHeap::new(),
        };
        if let Some(start) = guide.trim(machine, start) {
            walker.nodes.push((None, 0));
            walker.seen.insert(start.clone(), 0);
            walker.cursors.push(start);
            walker.open.push(Reverse((0, 0)));
        }
        walker
    }

    /// Goes on until the guide has found so many ends more. True where there is nowhere left to go.
    ///
    /// # Errors
    /// When the budget runs out.
    pub(crate) fn resume(
        &mut self,
        machine: &Machine,
        alphabet: &mut Alphabet,
        guide: &mut dyn Guide,
        enough: usize,
        budget: &mut Budget,
    ) -> Result<bool, Exhausted> {
        let before = guide.found();
        while guide.found() < before + enough {
            let Some(Reverse((cost, at))) = self.open.pop() else { return Ok(true) };
            let cursor = self.cursors[at].clone();
            if self.seen.get(&cursor).is_some_and(|&best| best < cost) {
                continue;
            }
            budget.spend(1)?;
            let depth = self.nodes[at].1;
            if cursor.length as usize >= machine.lengths.0 {
                let nodes = &self.nodes;
                guide.end(machine.truths(&cursor), &mut || way(nodes, at));
            }
            let next = self.steps(machine, alphabet, &cursor, depth, guide)?;
            budget.spend(next.len() as u64)?;
            for (step, next, more) in next {
                let is_token = !matches!(step, Step::Root(_));
                let detour = match &step {
                    Step::Token(token) if alphabet.number(token).is_some() => {
                        guide.detour(&cursor, &next)
                    }
                    _ => 0,
                };
                let Some(next) = guide.trim(machine, next) else { continue };
                let cost = cost + more + detour;
                match self.seen.get_mut(&next) {
                    Some(best) if *best <= cost => continue,
                    Some(best) => *best = cost,
                    None => {
                        self.seen.insert(next.clone(), cost);
                    }
                }
                self.nodes.push((Some((at, step)), depth + u32::from(is_token)));
                self.cursors.push(next);
                self.open.push(Reverse((cost, self.nodes.len() - 1)));
            }
        }
        Ok(false)
    }

    /// Every step from a place, with what it costs: short ways and usual places first.
    fn steps(
        &self,
        machine: &Machine,
        alphabet: &mut Alphabet,
        cursor: &Cursor,
        depth: u32,
        guide: &dyn Guide,
    ) -> Result<Vec<(Step, Cursor, u32)>, Exhausted> {
        let mut next = Vec::new();
        for place in 0..machine.roots.len() {
            if let Some(started) = machine.start_root(cursor, place) {
                let cost = match depth {
                    0 => 60,
                    1 => 6,
                    _ => 0,
                };
                next.push((Step::Root(machine.roots[place].root), started, cost));
            }
        }
        if cursor.length as usize >= machine.lengths.1 {
            return Ok(next);
        }
        if depth == 0
            && let Some(first) = self.options.first
        {
            for tokens in first(machine, alphabet, cursor)? {
                if !guide.may_lead(machine, alphabet, cursor, &tokens) {
                    continue;
                }
                let stepped = machine.step_token(alphabet, cursor, &tokens);
                next.push((Step::First(tokens), stepped, 2));
            }
            return Ok(next);
        }
        for token in machine.next_tokens(alphabet, cursor, guide.follow())? {
            let tokens = vec![token.clone(); cursor.threads.len()];
            if !guide.may_lead(machine, alphabet, cursor, &tokens) {
                continue;
            }
            let stepped = machine.step_token(alphabet, cursor, &tokens);
            next.push((Step::Token(token), stepped, 2));
        }
        if self.options.words_at_run_time {
            for (may_be_flag, many) in [(false, false), (true, false), (false, true), (true, true)]
            {
                let stepped = machine.step_at_run_time(cursor, may_be_flag, many);
                next.push((Step::AtRunTime { may_be_flag, many }, stepped, 20));
            }
        }
        Ok(next)
    }
}

fn way(nodes: &[(Option<(usize, Step)>, u32)], at: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut node = at;
    while let Some((before, step)) = &nodes[node].0 {
        steps.push(step.clone());
        node = *before;
    }
    steps.reverse();
    steps
}
