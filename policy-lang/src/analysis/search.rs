//! The exploration: one fact after the other, from statements to answers.
//!
//! A search is about one *subject*, a statement of one side. It looks only where the subject still
//! can hold and still can matter, gives each fact in turn the values that the open statements tell
//! apart, and keeps what is left of each statement (its residue). Where nothing is left open there
//! is a [`Leaf`]: what both sides answer. Equal residues are looked at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use policy_eval::canon::default_port;
use policy_eval::engine::tables::Source;
use policy_eval::{Action, Attr, Floor, Floors, Platform, RequestBuf, Truth};
use rustc_hash::{FxHashMap, FxHashSet};

use super::alphabet::Exhausted;
use super::formula::{Arena, Id};
use super::machine::Budget;
use super::question::{ALLOW, ASK, Aspect, Bounds, Effect, Question, Verdict};
use super::space::{Choice, Fact, Pruner, Raised, Reading, RootMode, Space, Value};
use super::witness;
use crate::model::{Model, RuleOptions};

/// What the statements of one side amount to so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Side {
    rank: u8,
    options: u32,
    /// A statement that may loosen holds certainly.
    certain: bool,
}

/// Where nothing is open any more.
pub(crate) struct Leaf<'a> {
    /// What each side answers.
    pub(crate) answers: [Verdict; 2],
    /// What rules and defaults say of it, before a floor or an escalation raises it.
    pub(crate) said: [Verdict; 2],
    /// `count` sentences that stand on the first side and can hold here.
    pub(crate) counts: &'a [(u32, Truth)],
    /// `count` sentences that can hold here, with the side on which they stand.
    pub(crate) counting: &'a [(usize, u32)],
    /// Whether what both sides say is so strict that the files of such sentences add nothing to it.
    pub(crate) outweighs_counts: bool,
    /// Before defaults, floors and escalation: the same here is the same in every request that has
    /// this reading among others.
    pub(crate) is_same_inside: bool,
    /// How the subject holds.
    pub(crate) subject: Truth,
    /// The rank of each side without defaults.
    pub(crate) inside: [u8; 2],
    /// `count` sentences that differ here.
    pub(crate) counts_differ: bool,
    /// What each side answers where files that are counted take the place of its default.
    pub(crate) covered: [Verdict; 2],
    /// Floors that one side lifts here and the other does not.
    pub(crate) lifted: [Floors; 2],
    pub(crate) values: &'a [(Fact, Value)],
}

/// What to do after a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// A search over the requests of one action, of one platform and one reading of commands.
pub(crate) struct Search<'m> {
    model: &'m Model,
    pub(crate) platform: Option<Platform>,
    arena: Arena,
    space: Space<'m>,
    question: Question,
    formulas: Vec<Id>,
    /// What atoms ask, each once.
    facts: Vec<Fact>,
    /// By atom: the place of its fact in `facts`.
    fact_of: Vec<u32>,
    seen: FxHashSet<Key>,
    /// Answers of the first side above this rank are of no interest.
    ceiling: Option<u8>,
    /// Where roots may lie; what is found in a part of all places is found, the rest is not proved.
    pub(crate) scope: Scope,
    /// The only pairs of ranks that are still looked for.
    pub(crate) goals: Option<Vec<(u8, u8)>>,
    /// Only what leads to the subject and to one more statement is looked at.
    pub(crate) focus: Option<Focus>,
    /// What was found of the same open statements before: many searches start alike.
    pruned: Option<Pruned>,
    bases: Option<Base>,
}

struct Pruned {
    open: Vec<(u32, Id)>,
    live: Box<[u32]>,
    pruner: Pruner,
    negated: Rc<[u32]>,
}

/// Values of a fact, and the atoms that ask it.
struct Among<'a> {
    fact: &'a Fact,
    live: &'a [u32],
    choices: &'a [Choice],
}

/// What is left of statements where no atom of a fact holds.
#[derive(Clone)]
struct Base {
    open: Vec<(u32, Id)>,
    live: Box<[u32]>,
    kept: Rc<[(u32, Id)]>,
    /// By atom: the places of the statements that ask it.
    by_atom: Rc<FxHashMap<u32, Vec<usize>>>,
}

/// A search for requests in which one statement holds beside the subject, and others only where
/// they must.
///
/// A token that no pattern of the two names can stand for any other: statements hold for fewer
/// requests then, but for those with a pattern under a `not`, which is followed too. So what both
/// sides answer is no stricter, and an answer that needs one statement beside the subject is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Focus {
    /// The statement that has to hold; none: the subject alone.
    pub(crate) beside: Option<usize>,
}

/// Where roots are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Bound anywhere, or not bound.
    Everywhere,
    /// Bound: these anywhere, the others outside of all paths.
    Within(Vec<u16>),
    /// These bound or not, the others outside of all paths.
    Beside(Vec<u16>),
}

/// What is settled of a port and a scheme, while only one of them is chosen: where no port is sent the
/// scheme gives it, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Port {
    Free,
    /// No port is sent.
    Unsent,
    /// The scheme has a port.
    OfScheme,
}

impl Port {
    fn of(fact: &Fact, value: &Value) -> Port {
        match (fact, value) {
            (Fact::Value(Source::Builtin(Attr::Port)), Value::Unsent) => Port::Unsent,
            (Fact::Wire, Value::Wire(Some(scheme), _)) if default_port(scheme).is_some() => {
                Port::OfScheme
            }
            _ => Port::Free,
        }
    }

    /// What is to be chosen yet that depends on it.
    fn other(self) -> Option<Fact> {
        match self {
            Port::Free => None,
            Port::Unsent => Some(Fact::Wire),
            Port::OfScheme => Some(Fact::Value(Source::Builtin(Attr::Port))),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    open: Vec<(u32, Id)>,
    sides: [Side; 2],
    subject: Option<Truth>,
    changed: Vec<u32>,
    raised: Raised,
    port: Port,
    escalated: bool,
    unbound: Vec<(u16, RootMode)>,
}

#[derive(Clone)]
struct State {
    key: Key,
    values: Vec<(Fact, Value)>,
}

impl<'m> Search<'m> {
    pub(super) fn new(
        model: &'m Model,
        platform: Option<Platform>,
        arena: Arena,
        space: Space<'m>,
        question: Question,
    ) -> Search<'m> {
        let mut search = Search {
            model,
            platform,
            arena,
            space,
            question,
            formulas: Vec::new(),
            facts: Vec::new(),
            fact_of: Vec::new(),
            seen: FxHashSet::default(),
            ceiling: None,
            scope: Scope::Everywhere,
            goals: None,
            focus: None,
            pruned: None,
            bases: None,
        };
        search.formulas = search.question.statements.iter().map(|one| one.formula).collect();
        let mut numbers: FxHashMap<Fact, u32> = FxHashMap::default();
        for atom in 0..search.space.atoms.len() as u32 {
            let fact = search.space.fact(atom);
            let next = search.facts.len() as u32;
            let number = *numbers.entry(fact).or_insert_with_key(|fact| {
                search.facts.push(fact.clone());
                next
            });
            search.fact_of.push(number);
        }
        search.set_platform();
        search
    }

    /// The platform is what the search is about, so it is known from the start.
    fn set_platform(&mut self) {
        let fact = Fact::Value(Source::Builtin(Attr::Platform));
        let asked: Vec<u32> =
            (0..self.space.atoms.len() as u32).filter(|&atom| *self.fact(atom) == fact).collect();
        if asked.is_empty() {
            return;
        }
        let value = match self.platform {
            None => Value::Unsent,
            Some(platform) => Value::Text(platform.name().to_owned()),
        };
        let source = Source::Builtin(Attr::Platform);
        let truths: BTreeMap<u32, Truth> =
            asked.iter().map(|&atom| (atom, self.space.of_value(&source, atom, &value))).collect();
        for formula in &mut self.formulas {
            *formula = self.arena.assign(*formula, &|atom| truths.get(&atom).copied());
        }
    }

    pub(crate) fn question(&self) -> &Question {
        &self.question
    }

    /// The roots that a statement's patterns start from.
    pub(crate) fn roots_of(&self, statement: usize) -> Vec<u16> {
        self.space.roots(self.arena.atoms(self.formulas[statement]))
    }

    /// The roots of patterns under a `not`, of any statement.
    pub(crate) fn negated_roots(&self) -> Vec<u16> {
        let mut atoms = Vec::new();
        for &id in &self.formulas {
            self.arena.negated(id, &mut |atom| atoms.push(atom));
        }
        self.space.roots(&atoms)
    }

    /// Whether two statements say the same of when they hold.
    pub(crate) fn have_one_formula(&self, one: usize, other: usize) -> bool {
        self.formulas[one] == self.formulas[other]
    }

    /// Whether a statement asks a fact.
    pub(crate) fn asks(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
    }

    /// Says on which sides a statement stands.
    pub(crate) fn set_sides(&mut self, statement: usize, sides: [bool; 2]) {
        for place in std::iter::once(statement).chain(self.question.of_resolved(statement)) {
            self.question.statements[place].sides = sides;
        }
    }

    /// Gives a statement with a rank other options.
    pub(crate) fn set_options(&mut self, statement: usize, options: &RuleOptions) {
        let number = self.question.options.number(options);
        for place in std::iter::once(statement).chain(self.question.of_resolved(statement)) {
            if let Effect::Rank(_, own) = &mut self.question.statements[place].effect {
                *own = number;
            }
        }
    }

    /// Looks only for answers of the first side that are at most this rank. Counted operands are
    /// not taken into account: they may still raise an answer.
    pub(crate) fn set_ceiling(&mut self, ceiling: Option<u8>) {
        self.ceiling = ceiling;
    }

    /// Looks everywhere where the subject can hold and can matter; `None`: everywhere.
    ///
    /// Where a name resolves to addresses the stricter answer counts, so these are looked at only for
    /// a subject that is asked of them, and one of them is enough.
    ///
    /// # Errors
    /// When the budget runs out before everything was looked at.
    pub(crate) fn explore(
        &mut self,
        subject: Option<usize>,
        budget: &mut Budget,
        visit: &mut dyn FnMut(&mut Search<'m>, &Leaf<'_>) -> Flow,
    ) -> Result<Flow, Exhausted> {
        let of_resolved = subject.and_then(|subject| self.question.of_resolved(subject));
        let flow = self.explore_as(subject, self.question.own, budget, visit)?;
        match of_resolved {
            Some(_) if flow == Flow::Continue => {
                self.explore_as(of_resolved, self.formulas.len(), budget, visit)
            }
            _ => Ok(flow),
        }
    }

    /// Looks at the first of the statements alone.
    fn explore_as(
        &mut self,
        subject: Option<usize>,
        most: usize,
        budget: &mut Budget,
        visit: &mut dyn FnMut(&mut Search<'m>, &Leaf<'_>) -> Flow,
    ) -> Result<Flow, Exhausted> {
        self.seen.clear();
        let of_these = self.formulas.iter().take(most).enumerate();
        let open: Vec<(u32, Id)> = of_these.map(|(index, &id)| (index as u32, id)).collect();
        let key = Key {
            open: Vec::new(),
            sides: [Side::default(); 2],
            subject: None,
            changed: Vec::new(),
            raised: Raised::Not,
            port: Port::Free,
            escalated: false,
            unbound: Vec::new(),
        };
        let mut state = State { key, values: Vec::new() };
        if !self.settle(&mut state, open, subject) {
            return Ok(Flow::Continue);
        }
        self.go(state, subject, budget, visit)
    }

    /// Takes the statements that are decided out of the open ones. False where the subject no longer
    /// can matter.
    fn settle(&mut self, state: &mut State, open: Vec<(u32, Id)>, subject: Option<usize>) -> bool {
        let mut rest = Vec::with_capacity(open.len());
        for (index, id) in open {
            let Some(truth) = self.arena.truth(id) else {
                rest.push((index, id));
                continue;
            };
            let statement = &self.question.statements[index as usize];
            let is_subject = subject == Some(index as usize);
            let is_beside = self.focus.is_some_and(|focus| focus.beside == Some(index as usize));
            if !truth.can_hold() {
                if is_subject || is_beside {
                    return false;
                }
                continue;
            }
            if is_subject {
                state.key.subject = Some(truth);
            }
            if statement.is_changed() && !state.key.changed.contains(&index) {
                state.key.changed.push(index);
            }
            match statement.effect {
                Effect::Rank(rank, options) => {
                    let rank = match self.question.aspect {
                        Aspect::Tier if !truth.is_possible() => rank.min(ASK),
                        _ => rank,
                    };
                    let certain = statement.loosens && truth.is_certain();
                    for side in 0..2 {
                        if !statement.sides[side] {
                            continue;
                        }
                        let own = &mut state.key.sides[side];
                        own.certain |= certain;
                        if rank > own.rank {
                            (own.rank, own.options) = (rank, options);
                        } else if rank == own.rank {
                            own.options = self.question.options.join(own.options, options);
                        }
                    }
                }
                // What these amount to is seen at the leaf.
                Effect::Count(..) | Effect::Accept(_) => rest.push((index, id)),
                Effect::Asked => {}
            }
        }
        state.key.changed.sort_unstable();
        let sides = state.key.sides;
        if let Some(ceiling) = self.ceiling {
            let own = sides[0];
            let falls_away = || {
                rest.iter().any(|&(index, _)| {
                    let statement = &self.question.statements[index as usize];
                    let is_low = match statement.effect {
                        Effect::Rank(rank, _) => rank <= ceiling,
                        Effect::Count(..) => true,
                        Effect::Accept(_) | Effect::Asked => false,
                    };
                    statement.loosens && statement.sides[0] && is_low
                })
            };
            let is_above = own.rank > ceiling
                || self.question.defaults[0] > ceiling && !own.certain && !falls_away();
            if is_above {
                return false;
            }
        }
        if let Some(goals) = &self.goals
            && !goals.iter().any(|&(from, to)| from >= sides[0].rank && to >= sides[1].rank)
        {
            return false;
        }
        let beside = self.focus.and_then(|focus| focus.beside);
        rest.retain(|&(index, _)| {
            subject == Some(index as usize)
                || beside == Some(index as usize)
                || !self.is_dominated(index as usize, &sides)
        });
        if let Some(subject) = subject
            && state.key.subject.is_none()
            && self.is_dominated(subject, &sides)
        {
            return false;
        }
        rest.sort_unstable();
        state.key.open = rest;
        true
    }

    /// Whether a statement can no longer matter, whatever it turns out to be.
    fn is_dominated(&mut self, index: usize, sides: &[Side; 2]) -> bool {
        let statement = &self.question.statements[index];
        let Some((rank, options)) = statement.rank() else { return false };
        for (side, own) in sides.iter().enumerate() {
            if !self.question.statements[index].sides[side] {
                continue;
            }
            let default = self.question.defaults[side];
            let is_below = own.rank > rank
                || own.rank == rank
                    && own.rank > 0
                    && self.question.options.join(own.options, options) == own.options;
            let default_is_idle = own.certain
                || default < own.rank
                || default == own.rank && self.question.options.join(own.options, 0) == own.options;
            if !is_below || !default_is_idle {
                return false;
            }
        }
        true
    }

    fn go(
        &mut self,
        state: State,
        subject: Option<usize>,
        budget: &mut Budget,
        visit: &mut dyn FnMut(&mut Search<'m>, &Leaf<'_>) -> Flow,
    ) -> Result<Flow, Exhausted> {
        budget.spend(1)?;
        if !self.seen.insert(state.key.clone()) {
            return Ok(Flow::Continue);
        }
        let Some(number) = self.next_fact(&state, subject) else {
            return Ok(self.leaf(&state, visit));
        };
        let fact = self.facts[number as usize].clone();
        let live: Vec<u32> = {
            let mut live: Vec<u32> = state
                .key
                .open
                .iter()
                .flat_map(|&(_, id)| self.arena.atoms(id))
                .copied()
                .filter(|&atom| self.fact_of[atom as usize] == number)
                .collect();
            live.sort_unstable();
            live.dedup();
            live
        };
        // Whether the roots are bound comes before the paths under them.
        let undecided = self
            .space
            .roots(&live)
            .into_iter()
            .find(|root| !state.key.unbound.iter().any(|(known, _)| known == root));
        if let Some(root) = undecided {
            for &mode in self.modes(root) {
                let mut next = state.clone();
                next.key.unbound.push((root, mode));
                next.key.unbound.sort_unstable();
                let is_bound = mode != RootMode::Unbound;
                next.values.push((Fact::Bound(root), Value::Bound(is_bound)));
                if self.go(next, subject, budget, visit)? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            return Ok(Flow::Continue);
        }
        let pruner = self.pruner(&state, &live, subject);
        let modes = state.key.unbound.clone();
        let is_program = fact == Fact::Path(Source::Builtin(Attr::Program));
        if !matches!(fact, Fact::Path(_) | Fact::Command) || is_program {
            let mut choices =
                self.space.choices(&fact, &live, &state.values, &modes, &pruner, budget)?;
            // Only a name is resolved.
            let is_resolved = state.values.iter().any(|(known, _)| *known == Fact::Resolved);
            if fact == Fact::Endpoint && is_resolved {
                let names = choices.iter().filter(|one| matches!(one.value, Value::Name(_)));
                choices = names.cloned().collect();
            }
            return self.choose(
                &state,
                &Among { fact: &fact, live: &live, choices: &choices },
                subject,
                budget,
                visit,
            );
        }
        // Long walks are taken in turns, so that what is found can end them.
        let mut walking = self.space.start_walk(&fact, &live, &modes, &pruner)?;
        let mut enough = 2;
        loop {
            let goals = self.goals.clone();
            let (choices, is_last) = self.space.next_choices(
                &mut walking,
                &fact,
                &live,
                enough,
                goals.as_deref(),
                budget,
            )?;
            if self.choose(
                &state,
                &Among { fact: &fact, live: &live, choices: &choices },
                subject,
                budget,
                visit,
            )? == Flow::Stop
            {
                return Ok(Flow::Stop);
            }
            if is_last {
                return Ok(Flow::Continue);
            }
            enough *= 2;
        }
    }

    fn modes(&self, root: u16) -> &'static [RootMode] {
        match &self.scope {
            Scope::Everywhere => &[RootMode::Bound, RootMode::Unbound],
            Scope::Within(roots) if roots.contains(&root) => &[RootMode::Bound],
            Scope::Beside(roots) if roots.contains(&root) => &[RootMode::Bound, RootMode::Unbound],
            Scope::Within(_) | Scope::Beside(_) => &[RootMode::Outside],
        }
    }

    fn choose(
        &mut self,
        state: &State,
        among: &Among<'_>,
        subject: Option<usize>,
        budget: &mut Budget,
        visit: &mut dyn FnMut(&mut Search<'m>, &Leaf<'_>) -> Flow,
    ) -> Result<Flow, Exhausted> {
        let Among { fact, live, choices } = *among;
        // What is left of each statement where no atom of the fact holds: most of them, for most
        // values.
        let is_live: FxHashSet<u32> = live.iter().copied().collect();
        let Base { kept, by_atom, .. } = self.base(&state.key.open, live, &is_live);
        for choice in choices {
            budget.spend(1)?;
            let port = Port::of(fact, &choice.value);
            // That is the request with the scheme's own port, which is another choice.
            if matches!(
                (state.key.port, port),
                (Port::Unsent, Port::OfScheme) | (Port::OfScheme, Port::Unsent)
            ) {
                continue;
            }
            let of: FxHashMap<u32, Truth> = choice.truths.iter().copied().collect();
            let mut open: Vec<(u32, Id)>;
            if choice.settles.is_empty() {
                let mut affected: Vec<usize> = choice
                    .truths
                    .iter()
                    .filter_map(|(atom, _)| by_atom.get(atom))
                    .flatten()
                    .copied()
                    .collect();
                affected.sort_unstable();
                affected.dedup();
                let known = |atom: u32| {
                    is_live.contains(&atom).then(|| of.get(&atom).copied().unwrap_or(Truth::NO))
                };
                open = affected
                    .iter()
                    .map(|&place| {
                        let (index, id) = state.key.open[place];
                        (index, self.arena.assign(id, &known))
                    })
                    .collect();
                let taken: FxHashSet<u32> =
                    affected.iter().map(|&place| state.key.open[place].0).collect();
                open.extend(kept.iter().filter(|(index, _)| !taken.contains(index)));
                if let Some(subject) = subject {
                    // The subject may have become false without being affected.
                    let beside = self.focus.and_then(|focus| focus.beside);
                    let is_lost = |index: usize| {
                        let is_it = |&(known, _): &(u32, Id)| known as usize == index;
                        state.key.open.iter().any(is_it) && !open.iter().any(is_it)
                    };
                    if is_lost(subject) || beside.is_some_and(is_lost) {
                        continue;
                    }
                }
            } else {
                let space = &self.space;
                let known = |atom: u32| {
                    (is_live.contains(&atom) || space.is_settled(choice, atom))
                        .then(|| of.get(&atom).copied().unwrap_or(Truth::NO))
                };
                let arena = &mut self.arena;
                open = state
                    .key
                    .open
                    .iter()
                    .map(|&(index, id)| (index, arena.assign(id, &known)))
                    .collect();
            }
            let mut next = state.clone();
            next.key.raised = next.key.raised.max(choice.raised);
            if *fact == Fact::Value(Source::Builtin(Attr::Escalated)) {
                next.key.escalated = choice.value == Value::Bool(true);
            }
            next.values.push((fact.clone(), choice.value.clone()));
            if !self.settle(&mut next, open, subject) {
                continue;
            }
            let still = if port == Port::Free { next.key.port } else { port };
            let is_open = still.other().is_some_and(|fact| self.is_open(&next, &fact));
            next.key.port = if is_open { still } else { Port::Free };
            if self.go(next, subject, budget, visit)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    fn base(&mut self, open: &[(u32, Id)], live: &[u32], is_live: &FxHashSet<u32>) -> Base {
        if let Some(known) = &self.bases
            && known.open == open
            && *known.live == *live
        {
            return known.clone();
        }
        let none = |atom: u32| is_live.contains(&atom).then_some(Truth::NO);
        let mut kept: Vec<(u32, Id)> =
            open.iter().map(|&(index, id)| (index, self.arena.assign(id, &none))).collect();
        kept.retain(|&(_, id)| self.arena.truth(id) != Some(Truth::NO));
        let mut by_atom: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (place, &(_, id)) in open.iter().enumerate() {
            for &atom in self.arena.atoms(id) {
                if is_live.contains(&atom) {
                    by_atom.entry(atom).or_default().push(place);
                }
            }
        }
        let base = Base {
            open: open.to_vec(),
            live: live.into(),
            kept: kept.into(),
            by_atom: Rc::new(by_atom),
        };
        // Only what is large is worth remembering.
        if open.len() > 64 {
            self.bases = Some(base.clone());
        }
        base
    }

    /// Whether a statement that is not decided asks a fact.
    fn is_open(&self, state: &State, fact: &Fact) -> bool {
        let mut atoms = state.key.open.iter().flat_map(|&(_, id)| self.arena.atoms(id));
        atoms.any(|&atom| self.fact(atom) == fact)
    }

    /// The fact to look at next: those of the subject first, what is done before how.
    fn next_fact(&self, state: &State, subject: Option<usize>) -> Option<u32> {
        // By fact: its first atom, whether the subject asks it, and how often it is asked.
        let mut asked: Vec<(u32, bool, usize)> = vec![(u32::MAX, false, 0); self.facts.len()];
        for &(index, id) in &state.key.open {
            let is_own = subject == Some(index as usize);
            for &atom in self.arena.atoms(id) {
                let known = &mut asked[self.fact_of[atom as usize] as usize];
                known.0 = known.0.min(atom);
                known.1 |= is_own;
                known.2 += 1;
            }
        }
        let mut facts: Vec<(u32, u32, bool, usize)> = asked
            .into_iter()
            .zip(0..)
            .filter(|((.., count), _)| *count > 0)
            .map(|((first, is_own, count), number)| (first, number, is_own, count))
            .collect();
        facts.sort_unstable();
        let asks = |fact: &Fact| {
            let mut numbers = facts.iter().map(|&(_, number, ..)| number);
            numbers.find(|&number| self.facts[number as usize] == *fact)
        };
        // A socket has no port and no method, so where it leads is chosen first.
        if self.space.action.has_port() {
            let first = asks(&Fact::Resolved).or_else(|| asks(&Fact::Endpoint));
            if first.is_some() {
                return first;
            }
        }
        // The first word says where the program lies.
        if self.space.action == Action::Run && self.space.reading != Reading::Plain {
            let command = asks(&Fact::Command);
            if command.is_some() {
                return command;
            }
        }
        let is_object = |fact: &Fact| {
            matches!(fact, Fact::Command | Fact::Pair | Fact::Path(Source::Builtin(Attr::Path)))
        };
        facts
            .into_iter()
            .max_by_key(|&(_, number, is_own, count)| {
                (is_own, is_object(&self.facts[number as usize]), count)
            })
            .map(|(_, number, ..)| number)
    }

    /// What an atom asks.
    fn fact(&self, atom: u32) -> &Fact {
        &self.facts[self.fact_of[atom as usize] as usize]
    }

    fn pruner(&mut self, state: &State, live: &[u32], subject: Option<usize>) -> Pruner {
        let is_live: FxHashSet<u32> = live.iter().copied().collect();
        let (mut pruner, negated) = match &self.pruned {
            Some(known) if known.open == state.key.open && *known.live == *live => {
                (known.pruner.clone(), known.negated.clone())
            }
            _ => {
                let (pruner, negated) = self.common_pruner(state, &is_live);
                let negated: Rc<[u32]> = negated.into();
                self.pruned = Some(Pruned {
                    open: state.key.open.clone(),
                    live: live.into(),
                    pruner: pruner.clone(),
                    negated: negated.clone(),
                });
                (pruner, negated)
            }
        };
        pruner.default = self.question.defaults.into_iter().max().unwrap_or(0);
        let Some(subject) = subject else {
            pruner.by_rank = false;
            return pruner;
        };
        match (self.question.statements[subject].rank(), self.ceiling) {
            (Some((rank, options)), _) => pruner.subject = (rank, options == 0),
            // Below what settles more than the ceiling nothing is in question.
            (None, Some(ceiling)) => pruner.subject = (ceiling, false),
            (None, None) => pruner.by_rank = false,
        }
        let must = |statement: usize, arena: &mut Arena| -> Vec<u32> {
            let found = state.key.open.iter().find(|(index, _)| *index as usize == statement);
            let Some(&(_, id)) = found else { return Vec::new() };
            let none = |atom: u32| is_live.contains(&atom).then_some(Truth::NO);
            let without = arena.assign(id, &none);
            if arena.truth(without) != Some(Truth::NO) {
                return Vec::new();
            }
            arena.atoms(id).iter().copied().filter(|atom| is_live.contains(atom)).collect()
        };
        pruner.must = must(subject, &mut self.arena);
        if let Some(focus) = self.focus {
            let mut follow: Vec<u32> = Vec::new();
            if let Some(beside) = focus.beside {
                pruner.must_too = must(beside, &mut self.arena);
            }
            for &(index, id) in &state.key.open {
                let index = index as usize;
                if index == subject || focus.beside == Some(index) {
                    follow.extend(self.arena.atoms(id));
                }
            }
            follow.extend(&*negated);
            follow.retain(|atom| is_live.contains(atom));
            follow.sort_unstable();
            follow.dedup();
            pruner.follow = Some(follow);
        }
        pruner
    }

    /// What does not depend on the subject, and the atoms that stand under a `not`.
    fn common_pruner(&self, state: &State, is_live: &FxHashSet<u32>) -> (Pruner, Vec<u32>) {
        let mut by_rank = true;
        let mut weights: FxHashMap<u32, (u8, bool)> = FxHashMap::default();
        let mut alone: FxHashMap<u32, [u8; 2]> = FxHashMap::default();
        let mut negated = Vec::new();
        for &(index, id) in &state.key.open {
            let statement = &self.question.statements[index as usize];
            self.arena.negated(id, &mut |atom| negated.push(atom));
            if statement.effect == Effect::Asked {
                continue;
            }
            let Some((rank, options)) = statement.rank() else {
                by_rank = false;
                continue;
            };
            for atom in self.arena.atoms(id) {
                if !is_live.contains(atom) {
                    continue;
                }
                let known = weights.entry(*atom).or_insert((0, true));
                if rank > known.0 {
                    *known = (rank, options == 0);
                } else if rank == known.0 {
                    known.1 &= options == 0;
                }
            }
            if options != 0 {
                continue;
            }
            for atom in self.arena.sufficient(id).filter(|atom| is_live.contains(atom)) {
                let known = alone.entry(atom).or_default();
                for (known, stands) in known.iter_mut().zip(statement.sides) {
                    if stands {
                        *known = (*known).max(rank);
                    }
                }
            }
        }
        negated.sort_unstable();
        negated.dedup();
        let pruner = Pruner {
            by_rank,
            weights: Rc::new(weights),
            alone: Rc::new(alone),
            ..Pruner::default()
        };
        (pruner, negated)
    }

    fn leaf(
        &mut self,
        state: &State,
        visit: &mut dyn FnMut(&mut Search<'m>, &Leaf<'_>) -> Flow,
    ) -> Flow {
        // What files answer at least, where they are judged for certain; and what they answer at
        // most, each time.
        let mut covers: [Option<u8>; 2] = [None; 2];
        let mut files: Vec<Option<Bounds>> = Vec::new();
        let mut counting: Vec<(usize, u32)> = Vec::new();
        let mut counts: [Vec<(&Effect, Truth)>; 2] = [Vec::new(), Vec::new()];
        let mut lifted = [Floors::NONE; 2];
        let mut counted: Vec<(u32, Truth)> = Vec::new();
        for &(index, id) in &state.key.open {
            let statement = &self.question.statements[index as usize];
            let Some(truth) = self.arena.truth(id) else { continue };
            for side in 0..2 {
                if !statement.sides[side] {
                    continue;
                }
                match &statement.effect {
                    effect @ Effect::Count(_, clauses) => {
                        let bounds = self.question.bounds(side, clauses);
                        // Whether it covers depends on the operands; that it may is enough here.
                        if truth.is_certain() {
                            let lowest = bounds.map_or(ALLOW, |bounds| bounds.lowest);
                            covers[side] = covers[side].max(Some(lowest));
                        }
                        let may_deny = truth.is_possible();
                        files
                            .push(bounds.map(|one| if may_deny { one } else { one.at_most_ask() }));
                        counting.push((side, index));
                        if side == 0 {
                            counted.push((index, truth));
                        }
                        let entry = (effect, truth);
                        if !counts[side].contains(&entry) {
                            counts[side].push(entry);
                        }
                    }
                    Effect::Accept(floors) if truth.is_certain() => {
                        lifted[side] = lifted[side].union(*floors);
                    }
                    Effect::Accept(_) | Effect::Rank(..) | Effect::Asked => {}
                }
            }
        }
        let counts_differ = counts[0].iter().any(|one| !counts[1].contains(one))
            || counts[1].iter().any(|one| !counts[0].contains(one));
        let mut answers = [Verdict::default(); 2];
        let mut covered = [Verdict::default(); 2];
        let mut said = [Verdict::default(); 2];
        for side in 0..2 {
            let own = state.key.sides[side];
            let mut answer = Verdict { rank: own.rank, options: own.options };
            let default = self.question.defaults[side];
            let stands = !own.certain;
            if stands && default > answer.rank {
                answer = Verdict { rank: default, options: 0 };
            } else if stands && default == answer.rank && default > 0 {
                answer.options = self.question.options.join(answer.options, 0);
            }
            said[side] = answer;
            let is_tier = self.question.aspect == Aspect::Tier;
            let is_raised = is_tier
                && match state.key.raised {
                    Raised::Not => false,
                    Raised::UnlessLifted => !lifted[side].contains(Floor::Wrappers),
                    Raised::Always => true,
                };
            let leaves = |options: u32| {
                !is_tier || !state.key.escalated || self.question.options.leaves_sandbox(options)
            };
            let at_least_ask = |verdict: Verdict, has_to: bool| match has_to && verdict.rank < ASK {
                true => Verdict { rank: ASK, options: 0 },
                false => verdict,
            };
            answers[side] = at_least_ask(answer, is_raised || !leaves(answer.options));
            covered[side] = match covers[side].filter(|_| stands) {
                // Files may leave the sandbox by their own rules.
                Some(lowest) if lowest > own.rank => {
                    at_least_ask(Verdict { rank: lowest, options: 0 }, is_raised)
                }
                Some(_) => {
                    let said = Verdict { rank: own.rank, options: own.options };
                    at_least_ask(said, is_raised || !leaves(own.options))
                }
                None => answers[side],
            };
        }
        let sides = state.key.sides;
        // Either what the rules say is stricter, or both can come to one answer only.
        let adds_nothing = |(&(side, _), bounds): (&(usize, u32), &Option<Bounds>)| {
            let Some(files) = bounds else { return false };
            let (inside, answer) = (sides[side], answers[side]);
            let is_stricter = |rank: u8, options: u32| {
                rank > files.highest
                    || rank == files.highest && options == 0 && !files.has_options(rank)
            };
            let is_one = covered[side] == answer && is_stricter(answer.rank, answer.options);
            is_stricter(inside.rank, inside.options) || is_one
        };
        let outweighs_counts = counting.iter().zip(&files).all(adds_nothing);
        let leaf = Leaf {
            answers,
            said,
            counts: &counted,
            outweighs_counts,
            counting: &counting,
            is_same_inside: sides[0] == sides[1]
                && self.question.defaults[0] == self.question.defaults[1],
            subject: state.key.subject.unwrap_or(Truth::YES),
            inside: [sides[0].rank, sides[1].rank],
            counts_differ,
            covered,
            lifted,
            values: &state.values,
        };
        visit(self, &leaf)
    }

    /// Requests that may have these values.
    pub(crate) fn requests(
        &self,
        values: &[(Fact, Value)],
        shell_around: Option<&str>,
    ) -> Vec<RequestBuf> {
        witness::requests(&witness::Wanted {
            action: self.space.action,
            model: self.model,
            platform: self.platform,
            reading: self.space.reading,
            values,
            shell_around,
        })
    }

    /// The values, with every root bound that nothing was said of.
    pub(crate) fn bound_everywhere(&self, values: &[(Fact, Value)]) -> Vec<(Fact, Value)> {
        let mut values = values.to_vec();
        for root in 0..self.model.roots.len() as u16 {
            if !values.iter().any(|(fact, _)| *fact == Fact::Bound(root)) {
                values.push((Fact::Bound(root), Value::Bound(true)));
            }
        }
        values
    }
}
