//! Formulas over atoms, where some atoms have a truth already.
//!
//! Equal formulas are one node, so that two residues are equal where their numbers are. The
//! connectives of [`Truth`] act bit by bit, so flattening, sorting and merging equal parts keep the
//! meaning.

use policy_eval::Truth;
use rustc_hash::FxHashMap;

/// Names a formula of one [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Known(Truth),
    Atom(u32),
    Not(Id),
    And(Box<[Id]>),
    Or(Box<[Id]>),
    /// What another form of a command says: never certain.
    OfAnotherForm(Id),
    /// The second where the first certainly holds, else the third.
    IfCertain(Id, Id, Id),
}

/// All formulas, each once.
#[derive(Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
    numbers: FxHashMap<Node, Id>,
    /// By formula: its atoms, ascending.
    atoms: Vec<Box<[u32]>>,
}

impl Arena {
    fn add(&mut self, node: Node) -> Id {
        if let Some(&known) = self.numbers.get(&node) {
            return known;
        }
        let of = |id: &Id| self.atoms[id.0 as usize].iter().copied();
        let mut atoms: Vec<u32> = match &node {
            Node::Known(_) => Vec::new(),
            Node::Atom(atom) => vec![*atom],
            Node::Not(inner) | Node::OfAnotherForm(inner) => of(inner).collect(),
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(of).collect(),
            Node::IfCertain(a, b, c) => [a, b, c].into_iter().flat_map(of).collect(),
        };
        atoms.sort_unstable();
        atoms.dedup();
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.atoms.push(atoms.into());
        self.numbers.insert(node, id);
        id
    }

    /// The atoms of a formula, ascending.
    pub(crate) fn atoms(&self, id: Id) -> &[u32] {
        &self.atoms[id.0 as usize]
    }

    /// The truth of a formula without atoms.
    pub(crate) fn truth(&self, id: Id) -> Option<Truth> {
        match self.nodes[id.0 as usize] {
            Node::Known(truth) => Some(truth),
            _ => None,
        }
    }

    /// The atoms of which each alone makes the formula hold as the atom does.
    pub(crate) fn sufficient(&self, id: Id) -> impl Iterator<Item = u32> {
        let parts: &[Id] = match &self.nodes[id.0 as usize] {
            Node::Or(parts) => parts,
            _ => &[],
        };
        std::iter::once(id).chain(parts.iter().copied()).filter_map(|part| {
            match self.nodes[part.0 as usize] {
                Node::Atom(atom) => Some(atom),
                _ => None,
            }
        })
    }

    pub(crate) fn known(&mut self, truth: Truth) -> Id {
        self.add(Node::Known(truth))
    }

    pub(crate) fn atom(&mut self, atom: u32) -> Id {
        self.add(Node::Atom(atom))
    }

    pub(crate) fn not(&mut self, inner: Id) -> Id {
        match self.nodes[inner.0 as usize] {
            Node::Known(truth) => self.known(!truth),
            Node::Not(inner) => inner,
            _ => self.add(Node::Not(inner)),
        }
    }

    pub(crate) fn of_another_form(&mut self, inner: Id) -> Id {
        match self.nodes[inner.0 as usize] {
            Node::Known(truth) => self.known(truth.of_another_form()),
            Node::OfAnotherForm(_) => inner,
            _ => self.add(Node::OfAnotherForm(inner)),
        }
    }

    pub(crate) fn if_certain(&mut self, condition: Id, then: Id, otherwise: Id) -> Id {
        if then == otherwise {
            return then;
        }
        match self.truth(condition) {
            Some(truth) if truth.is_certain() => then,
            Some(_) => otherwise,
            None => self.add(Node::IfCertain(condition, then, otherwise)),
        }
    }

    pub(crate) fn and(&mut self, parts: impl IntoIterator<Item = Id>) -> Id {
        self.join(parts, Truth::YES, Truth::NO, |a, b| a & b, Node::And)
    }

    pub(crate) fn or(&mut self, parts: impl IntoIterator<Item = Id>) -> Id {
        self.join(parts, Truth::NO, Truth::YES, |a, b| a | b, Node::Or)
    }

    /// `neutral` changes nothing, `settles` decides the whole.
    fn join(
        &mut self,
        parts: impl IntoIterator<Item = Id>,
        neutral: Truth,
        settles: Truth,
        both: impl Fn(Truth, Truth) -> Truth,
        node: impl Fn(Box<[Id]>) -> Node,
    ) -> Id {
        let mut known = neutral;
        let mut open: Vec<Id> = Vec::new();
        for part in parts {
            match &self.nodes[part.0 as usize] {
                Node::Known(truth) => known = both(known, *truth),
                inner @ (Node::And(list) | Node::Or(list)) if node(list.clone()) == *inner => {
                    for &one in list {
                        match &self.nodes[one.0 as usize] {
                            Node::Known(truth) => known = both(known, *truth),
                            _ => open.push(one),
                        }
                    }
                }
                _ => open.push(part),
            }
        }
        if known == settles || open.is_empty() {
            return self.known(known);
        }
        if known != neutral {
            let known = self.known(known);
            open.push(known);
        }
        open.sort_unstable();
        open.dedup();
        match open[..] {
            [one] => one,
            _ => self.add(node(open.into())),
        }
    }

    /// The formula with some atoms known. `of` gives the truth of an atom that is.
    pub(crate) fn assign(&mut self, id: Id, of: &dyn Fn(u32) -> Option<Truth>) -> Id {
        if !self.atoms(id).iter().any(|&atom| of(atom).is_some()) {
            return id;
        }
        match self.nodes[id.0 as usize].clone() {
            Node::Known(_) => id,
            Node::Atom(atom) => match of(atom) {
                Some(truth) => self.known(truth),
                None => id,
            },
            Node::Not(inner) => {
                let inner = self.assign(inner, of);
                self.not(inner)
            }
            Node::OfAnotherForm(inner) => {
                let inner = self.assign(inner, of);
                self.of_another_form(inner)
            }
            Node::And(parts) => {
                let parts: Vec<Id> = parts.iter().map(|&part| self.assign(part, of)).collect();
                self.and(parts)
            }
            Node::Or(parts) => {
                let parts: Vec<Id> = parts.iter().map(|&part| self.assign(part, of)).collect();
                self.or(parts)
            }
            Node::IfCertain(a, b, c) => {
                let (a, b, c) = (self.assign(a, of), self.assign(b, of), self.assign(c, of));
                self.if_certain(a, b, c)
            }
        }
    }

    /// Hands out the atoms that stand under a `not`, or otherwise may make the formula false by
    /// holding.
    pub(crate) fn negated(&self, id: Id, visit: &mut dyn FnMut(u32)) {
        self.polarity(id, false, visit);
    }

    fn polarity(&self, id: Id, is_negated: bool, visit: &mut dyn FnMut(u32)) {
        match &self.nodes[id.0 as usize] {
            Node::Known(_) => {}
            Node::Atom(atom) if is_negated => visit(*atom),
            Node::Atom(_) => {}
            Node::Not(inner) => self.polarity(*inner, !is_negated, visit),
            Node::OfAnotherForm(inner) => self.polarity(*inner, is_negated, visit),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|&part| self.polarity(part, is_negated, visit));
            }
            Node::IfCertain(..) => self.atoms(id).iter().copied().for_each(visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_formulas_are_one() {
        let mut arena = Arena::default();
        let (a, b, c) = (arena.atom(0), arena.atom(1), arena.atom(2));
        let ab = arena.and([a, b]);
        let one = arena.and([ab, c, a]);
        let other = arena.and([c, b, a]);
        assert_eq!(one, other);
        assert_eq!(arena.atoms(one), [0, 1, 2]);
        let not = arena.not(one);
        assert_eq!(arena.not(not), one);
    }

    #[test]
    fn what_is_known_folds_away() {
        let mut arena = Arena::default();
        let (a, b) = (arena.atom(0), arena.atom(1));
        let not_b = arena.not(b);
        let both = arena.and([a, not_b]);
        let residue = arena.assign(both, &|atom| (atom == 0).then_some(Truth::YES));
        assert_eq!(residue, not_b);
        let no = arena.assign(residue, &|_| Some(Truth::YES));
        assert_eq!(arena.truth(no), Some(Truth::NO));
        let open = arena.assign(both, &|atom| (atom == 0).then_some(Truth::OPEN));
        assert_eq!(arena.truth(open), None);
        let open = arena.assign(open, &|_| Some(Truth::NO));
        assert_eq!(arena.truth(open), Some(Truth::OPEN));
    }
}
