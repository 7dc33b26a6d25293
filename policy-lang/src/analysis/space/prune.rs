//! What a walk may leave out: the ways that lead to nothing in question.

use std::cell::RefCell;
use std::rc::Rc;

use policy_eval::Truth;
use rustc_hash::{FxHashMap, FxHashSet};

use super::walks::End;
use crate::analysis::alphabet::Alphabet;
use crate::analysis::machine::{Cursor, Guide, Machine, Step};

/// Weights of the states of a machine, and its address.
type FoundWeights = (usize, Rc<[(u8, bool)]>);

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
    pub(super) fn for_part(&self, part: &[u32], whole: &[u32]) -> Option<Pruner> {
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
pub(super) struct Trim {
    pub(super) pruner: Pruner,
    weights: Rc<[(u8, bool)]>,
    leads: FxHashSet<u32>,
    leads_too: FxHashSet<u32>,
    follow: Option<FxHashSet<u32>>,
    names: FxHashMap<(usize, u32), u32>,
    seen: FxHashSet<Vec<(u32, Truth)>>,
    pub(super) ends: Vec<End>,
}

impl Trim {
    pub(super) fn new(
        machine: &Machine,
        pruner: &Pruner,
        names: FxHashMap<(usize, u32), u32>,
    ) -> Trim {
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
