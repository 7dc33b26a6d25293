//! From atoms to variables: what has finitely many values, and in which of them an atom holds.

use std::collections::BTreeMap;
use std::net::IpAddr;

use policy_eval::engine::TokenTable;
use policy_eval::engine::tables::{
    Atom, CommandAtom, Group, NOWHERE, Sequence, Source, Split, Start, Tables, Variable,
    VariableKind,
};
use rustc_hash::FxHashMap;

use super::atoms::{Ask, Atoms, SequenceKey};
use super::grouped;
use crate::automata::bytes::TooLarge;
use crate::automata::group::{self, Built, Item, Predicate, Shape, Tokens};
use crate::automata::words;

/// Where atoms hold.
pub(crate) struct Frozen {
    /// By atom: the classes of its variable in which it holds for certain, and in which it may.
    /// "Not sent" is not among them.
    pub(crate) certain: Vec<Vec<u32>>,
    pub(crate) possible: Vec<Vec<u32>>,
    /// By atom: its counterpart in folded forms.
    pub(crate) folded: Vec<u32>,
}

impl Frozen {
    /// The group of an atom over a sequence.
    pub(crate) fn group_of(&self, atom: u32, tables: &Tables) -> u32 {
        match tables.variables[tables.atoms[atom as usize].variable as usize].kind {
            VariableKind::Group(group) => group,
            _ => NOWHERE,
        }
    }
}

/// The most bytes that the automata of one policy take. Each says something of every token of its
/// sequence, so patterns of which few share an automaton cost the square of their number.
pub const MOST_BYTES: usize = 128 << 20;

/// What is larger than it may be.
pub(crate) enum Excess {
    /// The automaton of some rule.
    OneRule,
    /// Those of all rules together.
    AllRules,
}

/// Lays sequences, groups, variables, atoms and commands into the tables.
pub(crate) fn freeze(atoms: &Atoms<'_>, tables: &mut Tables) -> Result<Frozen, Excess> {
    let mut freezer = Freezer {
        atoms,
        placed: vec![None; atoms.asks.len()],
        sequences: Vec::new(),
        groups: Vec::new(),
        variables: Vec::new(),
        commands: Vec::new(),
        command_of: FxHashMap::default(),
        size: 0,
    };
    freezer.sequences().map_err(|TooLarge| match freezer.size {
        0..=MOST_BYTES => Excess::OneRule,
        _ => Excess::AllRules,
    })?;
    freezer.numbers();
    freezer.addresses();
    freezer.others().map_err(|TooLarge| Excess::OneRule)?;
    let placed: Vec<(u32, u32)> =
        freezer.placed.iter().map(|place| place.unwrap_or_default()).collect();
    tables.sequences = freezer.sequences.into();
    tables.groups = freezer.groups.into();
    tables.variables = freezer.variables.into();
    tables.commands = freezer.commands.into();
    tables.atoms = placed
        .iter()
        .enumerate()
        .map(|(atom, &(variable, place))| Atom {
            variable,
            place,
            command: freezer.command_of.get(&atom).copied().unwrap_or(NOWHERE),
            folded: atoms.folded[atom],
        })
        .collect();
    Ok(where_atoms_hold(&placed, &atoms.folded, tables))
}

fn where_atoms_hold(placed: &[(u32, u32)], folded: &[u32], tables: &Tables) -> Frozen {
    let mut by_place: FxHashMap<(u32, u32), Vec<usize>> = FxHashMap::default();
    for (atom, &place) in placed.iter().enumerate() {
        by_place.entry(place).or_default().push(atom);
    }
    let mut certain = vec![Vec::new(); placed.len()];
    let mut possible = vec![Vec::new(); placed.len()];
    for (number, variable) in tables.variables.iter().enumerate() {
        for class in 0..variable.classes {
            let (from, to) = (variable.starts[class as usize], variable.starts[class as usize + 1]);
            for &held in &variable.holds[from as usize..to as usize] {
                for &atom in by_place.get(&(number as u32, held >> 1)).into_iter().flatten() {
                    possible[atom].push(class);
                    if held & 1 != 0 {
                        certain[atom].push(class);
                    }
                }
            }
        }
    }
    Frozen { certain, possible, folded: folded.to_vec() }
}

struct Freezer<'a, 'm> {
    atoms: &'a Atoms<'m>,
    /// By atom: variable, and place in it.
    placed: Vec<Option<(u32, u32)>>,
    sequences: Vec<Sequence>,
    groups: Vec<Group>,
    variables: Vec<Variable>,
    commands: Vec<CommandAtom>,
    command_of: FxHashMap<usize, u32>,
    /// How many bytes the tables of all groups take.
    size: usize,
}

impl Freezer<'_, '_> {
    /// Sequences, in the order of their first atom.
    fn sequences(&mut self) -> Result<(), TooLarge> {
        let mut order: Vec<&SequenceKey> = Vec::new();
        let mut by_key: FxHashMap<&SequenceKey, Vec<usize>> = FxHashMap::default();
        for (atom, ask) in self.atoms.asks.iter().enumerate() {
            if let Ask::Sequence { sequence, .. } = ask {
                by_key
                    .entry(sequence)
                    .or_insert_with(|| {
                        order.push(sequence);
                        Vec::new()
                    })
                    .push(atom);
            }
        }
        for key in order {
            self.sequence(key, &by_key[key])?;
        }
        Ok(())
    }

    fn sequence(&mut self, key: &SequenceKey, asked: &[usize]) -> Result<(), TooLarge> {
        let number = self.sequences.len() as u32;
        let first = self.groups.len() as u32;
        let mut tokens = match key.split {
            Split::Components => Tokens::of_paths(),
            _ => Tokens::default(),
        };
        let mut bins: BTreeMap<(Start, Shape), Vec<usize>> = BTreeMap::new();
        for &atom in asked {
            if let Ask::Sequence { start, predicate, .. } = &self.atoms.asks[atom] {
                tokens.add(predicate);
                bins.entry((*start, predicate.shape())).or_default().push(atom);
            }
        }
        for ((start, shape), atoms) in bins {
            for some in deal(&atoms, group::together(shape)) {
                let predicates: Vec<&Predicate> = some
                    .iter()
                    .filter_map(|&atom| match &self.atoms.asks[atom] {
                        Ask::Sequence { predicate, .. } => Some(predicate),
                        _ => None,
                    })
                    .collect();
                let mut built = Vec::new();
                group::build(&predicates, (0..some.len()).collect(), &tokens, &mut built)?;
                for group in built {
                    self.size += group.bytes();
                    if MOST_BYTES < self.size {
                        return Err(TooLarge);
                    }
                    self.group(number, start, &some, group);
                }
            }
        }
        for &atom in asked {
            if let Ask::Sequence { predicate: Predicate::Commands(patterns), .. } =
                &self.atoms.asks[atom]
            {
                self.command_of.insert(atom, self.commands.len() as u32);
                self.commands.push(words::command_atom(patterns, number, &tokens)?);
            }
        }
        self.sequences.push(Sequence {
            source: key.source.clone(),
            split: key.split,
            fold: key.fold,
            tokens: TokenTable::build(tokens.names.iter().map(String::as_str)),
            folded: TokenTable::build(
                tokens.folded.iter().flat_map(|folded| &folded.names).map(String::as_str),
            ),
            groups: (first, self.groups.len() as u32),
        });
        Ok(())
    }

    fn group(&mut self, sequence: u32, start: Start, atoms: &[usize], built: Built) {
        let variable = self.variables.len() as u32;
        for (place, &index) in built.predicates.iter().enumerate() {
            self.placed[atoms[index]] = Some((variable, place as u32));
        }
        let group = self.groups.len() as u32;
        self.groups.push(Group {
            sequence,
            start,
            variable,
            width: built.width,
            symbols: built.symbols.into(),
            other: built.other,
            globs: built.globs,
            folded_symbols: built.folded_symbols.into(),
            folded_globs: built.folded_globs,
            rows: built.rows.into(),
            cells: built.cells.into(),
            classes: built.classes.into(),
        });
        self.variable(VariableKind::Group(group), &built.holds);
    }

    fn variable(&mut self, kind: VariableKind, holds: &[Box<[u32]>]) {
        let mut starts = vec![0];
        let mut flat = Vec::new();
        for held in holds {
            flat.extend_from_slice(held);
            starts.push(flat.len() as u32);
        }
        self.variables.push(Variable {
            kind,
            classes: holds.len() as u32,
            starts: starts.into(),
            holds: flat.into(),
        });
    }

    /// One variable for all ranges of one number.
    fn numbers(&mut self) {
        let by_source =
            grouped(self.atoms.asks.iter().enumerate().filter_map(|(atom, ask)| match ask {
                Ask::Number(source, ranges) => Some((source, (atom, ranges))),
                _ => None,
            }));
        for (source, asked) in by_source {
            let mut bounds: Vec<i64> = asked
                .iter()
                .flat_map(|(_, ranges)| ranges.iter())
                .flat_map(|&(first, last)| [Some(first), last.checked_add(1)])
                .flatten()
                .filter(|&bound| bound != i64::MIN)
                .collect();
            bounds.sort_unstable();
            bounds.dedup();
            // Class 0 stands for no number; then one for each stretch between bounds.
            let mut holds: Vec<Vec<u32>> = vec![Vec::new(); bounds.len() + 2];
            for (place, (atom, ranges)) in asked.iter().enumerate() {
                self.placed[*atom] = Some((self.variables.len() as u32, place as u32));
                for (stretch, held) in holds[1..].iter_mut().enumerate() {
                    let sample = if stretch == 0 { i64::MIN } else { bounds[stretch - 1] };
                    if ranges.iter().any(|&(first, last)| (first..=last).contains(&sample)) {
                        held.push((place as u32) << 1 | 1);
                    }
                }
            }
            let kind =
                VariableKind::Number { source: source.clone(), bounds: bounds.into_boxed_slice() };
            self.variable(kind, &boxed(holds));
        }
    }

    /// One variable for all ranges of one address.
    fn addresses(&mut self) {
        let by_source =
            grouped(self.atoms.asks.iter().enumerate().filter_map(|(atom, ask)| match ask {
                Ask::Address(source, ranges) => Some((source, (atom, ranges))),
                _ => None,
            }));
        for (source, asked) in by_source {
            let mut v4: Vec<u32> = Vec::new();
            let mut v6: Vec<u128> = Vec::new();
            for (first, last) in asked.iter().flat_map(|(_, ranges)| ranges.iter()) {
                match (first, last) {
                    (IpAddr::V4(first), IpAddr::V4(last)) => {
                        v4.push(u32::from(*first));
                        v4.extend(u32::from(*last).checked_add(1));
                    }
                    (IpAddr::V6(first), IpAddr::V6(last)) => {
                        v6.push(u128::from(*first));
                        v6.extend(u128::from(*last).checked_add(1));
                    }
                    _ => {}
                }
            }
            let (v4, v6) = (inner_bounds(v4), inner_bounds(v6));
            // Class 0 stands for no address; then the stretches of IPv4, then those of IPv6.
            let samples: Vec<IpAddr> = std::iter::once(0)
                .chain(v4.iter().copied())
                .map(|bound| IpAddr::from(bound.to_be_bytes()))
                .chain(
                    std::iter::once(0)
                        .chain(v6.iter().copied())
                        .map(|bound| IpAddr::from(bound.to_be_bytes())),
                )
                .collect();
            let mut holds: Vec<Vec<u32>> = vec![Vec::new(); samples.len() + 1];
            for (place, (atom, ranges)) in asked.iter().enumerate() {
                self.placed[*atom] = Some((self.variables.len() as u32, place as u32));
                for (sample, held) in samples.iter().zip(&mut holds[1..]) {
                    let inside = ranges.iter().any(|(first, last)| {
                        first.is_ipv4() == sample.is_ipv4() && (first..=last).contains(&sample)
                    });
                    if inside {
                        held.push((place as u32) << 1 | 1);
                    }
                }
            }
            let kind = VariableKind::Address {
                source: source.clone(),
                v4: v4.into_boxed_slice(),
                v6: v6.into_boxed_slice(),
            };
            self.variable(kind, &boxed(holds));
        }
    }

    /// What is true or not: a variable an atom.
    fn others(&mut self) -> Result<(), TooLarge> {
        for (atom, ask) in self.atoms.asks.iter().enumerate() {
            let kind = match ask {
                Ask::Sequence { .. } | Ask::Number(..) | Ask::Address(..) => continue,
                Ask::Bool(source) => VariableKind::Bool(source.clone()),
                Ask::SetEquals(source, members) => VariableKind::SetEquals {
                    source: source.clone(),
                    members: members.iter().map(|member| member.as_str().into()).collect(),
                },
                Ask::Marked(mark) => VariableKind::Marked(*mark),
                Ask::Present(source) => VariableKind::Present(source.clone()),
                Ask::Any(source) => VariableKind::Any(source.clone()),
                Ask::AnyDestination => VariableKind::AnyDestination,
                Ask::Contains(source, pattern) => {
                    let group = self.member_group(source, pattern)?;
                    VariableKind::Contains { source: source.clone(), group }
                }
            };
            self.placed[atom] = Some((self.variables.len() as u32, 0));
            self.variable(kind, &[Box::default(), Box::new([1])]);
        }
        Ok(())
    }

    /// A group of its own that accepts one member of a set.
    fn member_group(
        &mut self,
        source: &Source,
        pattern: &crate::model::pattern::TokenPattern,
    ) -> Result<u32, TooLarge> {
        let predicate = Predicate::Tokens(vec![vec![Item::One(pattern.clone())]]);
        let mut tokens = Tokens::default();
        tokens.add(&predicate);
        let mut built = Vec::new();
        group::build(&[&predicate], vec![0], &tokens, &mut built)?;
        let sequence = self.sequences.len() as u32;
        let group = self.groups.len() as u32;
        for one in built {
            let variable = self.variables.len() as u32;
            self.groups.push(Group {
                sequence,
                start: Start::Beginning,
                variable,
                width: one.width,
                symbols: one.symbols.into(),
                other: one.other,
                globs: one.globs,
                folded_symbols: one.folded_symbols.into(),
                folded_globs: one.folded_globs,
                rows: one.rows.into(),
                cells: one.cells.into(),
                classes: one.classes.into(),
            });
            self.variable(VariableKind::Group(group), &one.holds);
        }
        self.sequences.push(Sequence {
            source: source.clone(),
            split: Split::Whole,
            fold: false,
            tokens: TokenTable::build(tokens.names.iter().map(String::as_str)),
            folded: TokenTable::default(),
            groups: (group, group + 1),
        });
        Ok(group)
    }
}

/// Bounds in order, each once; the least value begins the first stretch anyway.
fn inner_bounds<T: Ord + Default>(mut bounds: Vec<T>) -> Vec<T> {
    bounds.retain(|bound| *bound != T::default());
    bounds.sort_unstable();
    bounds.dedup();
    bounds
}

/// Deals atoms out evenly over as many groups as are needed for at most `together` in each.
fn deal(atoms: &[usize], together: usize) -> Vec<Vec<usize>> {
    let groups = atoms.len().div_ceil(together).max(1);
    let mut dealt = vec![Vec::new(); groups];
    for (index, &atom) in atoms.iter().enumerate() {
        dealt[index % groups].push(atom);
    }
    dealt
}

fn boxed(holds: Vec<Vec<u32>>) -> Vec<Box<[u32]>> {
    holds.into_iter().map(Vec::into_boxed_slice).collect()
}
