//! From sentences to formulas: for one reading of commands, with the atoms of both sides numbered.

use policy_eval::engine::tables::Source;
use policy_eval::{Action, Attr, Platform, Truth};
use rustc_hash::FxHashMap;

use super::alphabet::Automata;
use super::formula::{Arena, Id};
use super::question::Question;
use super::search::Search;
use super::space::{AtomKey, RESOLVED, Reading, Space, asks_destination};
use crate::compile::atoms::{Ask, Atoms, Lowered};
use crate::model::Model;

/// All atoms of two policies and their formulas, before readings and platforms.
pub(crate) struct Ground<'m> {
    atoms: Atoms<'m>,
    automata: Automata,
}

impl<'m> Ground<'m> {
    pub(crate) fn new(model: &'m Model) -> Ground<'m> {
        Ground { atoms: Atoms::new(model), automata: Automata::default() }
    }

    /// Numbers the atoms of a formula.
    pub(crate) fn lower(&mut self, formula: &crate::model::Formula) -> Lowered {
        self.atoms.formula(formula)
    }

    fn asks_addresses(&self, lowered: &Lowered) -> bool {
        lowered.asks_addresses(&self.atoms)
    }

    /// Whether the formula asks something that `of` says.
    pub(crate) fn asks(&self, lowered: &Lowered, of: &mut dyn FnMut(&Ask) -> bool) -> bool {
        match lowered {
            Lowered::True => false,
            Lowered::Atom(number) => of(&self.atoms.asks[*number as usize]),
            Lowered::Not(inner) => self.asks(inner, of),
            Lowered::And(parts) | Lowered::Or(parts) => {
                parts.iter().any(|part| self.asks(part, of))
            }
        }
    }
}

/// Writes formulas for one reading of commands.
pub(crate) struct Writer<'g, 'm> {
    ground: &'g Ground<'m>,
    reading: Reading,
    pub(crate) arena: Arena,
    keys: Vec<AtomKey>,
    numbers: FxHashMap<AtomKey, u32>,
}

impl<'g, 'm> Writer<'g, 'm> {
    pub(crate) fn new(ground: &'g Ground<'m>, reading: Reading) -> Writer<'g, 'm> {
        Writer {
            ground,
            reading,
            arena: Arena::default(),
            keys: Vec::new(),
            numbers: FxHashMap::default(),
        }
    }

    /// The formula over all readings: another form counts, but never certainly. `trust` says where
    /// what a tool says of itself is believed.
    pub(crate) fn formula(&mut self, lowered: &Lowered, trust: Option<Id>) -> Id {
        let threads = self.reading.threads();
        let readings: Vec<Id> = threads
            .iter()
            .enumerate()
            .map(|(thread, &(is_certain, is_folded))| {
                let own = self.write(lowered, thread as u8, is_folded, trust);
                if is_certain { own } else { self.arena.of_another_form(own) }
            })
            .collect();
        self.arena.or(readings)
    }

    /// The same of an address that a name resolved to, which is judged beside the name; none where
    /// it is not asked of one.
    pub(crate) fn of_resolved(
        &mut self,
        action: Action,
        lowered: &Lowered,
        trust: Option<Id>,
    ) -> Option<Id> {
        let is_asked =
            action.has_port() && action != Action::Listen && self.ground.asks_addresses(lowered);
        is_asked.then(|| self.write(lowered, RESOLVED, false, trust))
    }

    /// The condition under which claims of tools are believed.
    pub(crate) fn trust(&mut self, trusts: &[Lowered]) -> Option<Id> {
        if trusts.is_empty() {
            return None;
        }
        let all: Vec<Id> = trusts.iter().map(|one| self.formula(one, None)).collect();
        Some(self.arena.or(all))
    }

    fn write(&mut self, lowered: &Lowered, thread: u8, folded: bool, trust: Option<Id>) -> Id {
        match lowered {
            Lowered::True => self.arena.known(Truth::YES),
            Lowered::Not(inner) => {
                let inner = self.write(inner, thread, folded, trust);
                self.arena.not(inner)
            }
            Lowered::And(parts) => {
                let parts: Vec<Id> =
                    parts.iter().map(|part| self.write(part, thread, folded, trust)).collect();
                self.arena.and(parts)
            }
            Lowered::Or(parts) => {
                let parts: Vec<Id> =
                    parts.iter().map(|part| self.write(part, thread, folded, trust)).collect();
                self.arena.or(parts)
            }
            Lowered::Atom(number) => {
                let number =
                    if folded { self.ground.atoms.folded[*number as usize] } else { *number };
                let ask = self.ground.atoms.asks[number as usize].clone();
                let is_of_command = matches!(&ask, Ask::Sequence { sequence, .. } if sequence.source == Source::Command);
                let has_threads = is_of_command || asks_destination(&ask);
                let thread = if has_threads { thread } else { 0 };
                let is_claim = match &ask {
                    Ask::Bool(source) | Ask::Present(source) => matches!(
                        source,
                        Source::Builtin(Attr::ReadOnly | Attr::Destructive | Attr::OpenWorld)
                    ),
                    _ => false,
                };
                let believed = self.key(AtomKey { ask: ask.clone(), doubting: false, thread });
                if !is_claim {
                    return believed;
                }
                let doubted = self.key(AtomKey { ask, doubting: true, thread });
                match trust {
                    Some(trust) => self.arena.if_certain(trust, believed, doubted),
                    None => doubted,
                }
            }
        }
    }

    fn key(&mut self, key: AtomKey) -> Id {
        let next = self.keys.len() as u32;
        let number = *self.numbers.entry(key.clone()).or_insert_with(|| {
            self.keys.push(key);
            next
        });
        self.arena.atom(number)
    }

    /// The search over what was written.
    pub(crate) fn search(
        self,
        action: Action,
        model: &'m Model,
        platform: Option<Platform>,
        question: Question,
    ) -> Search<'m> {
        let automata = self.ground.automata.clone();
        let space = Space::new(action, model, platform, self.reading, self.keys, automata);
        Search::new(model, platform, self.arena, space, question)
    }
}
