//! Two policies in one numbering: roots, marks and attributes that mean the same are the same.

use crate::model::pattern::{HostPattern, HostShape, PathBase, PathPattern, RootId};
use crate::model::{Atom, AttrRef, DeclaredAttribute, Formula, MarkId, Model, Root};

/// Where the names of one policy stand among those of both.
pub(crate) struct Names {
    roots: Vec<u16>,
    attributes: Vec<usize>,
    marks: Vec<u8>,
}

/// A model that has the roots, attributes and marks of both, and nothing else of the second; and
/// how the second's names are numbered in it.
///
/// A root that may lie elsewhere, or an attribute of another type, is another one.
pub(crate) fn join(old: &Model, new: &Model) -> (Model, Names) {
    let mut both = Model {
        name: None,
        version: None,
        layers: old.layers.clone(),
        roots: old.roots.clone(),
        attributes: old.attributes.clone(),
        marks: old.marks.clone(),
        rules: Vec::new(),
        counts: Vec::new(),
        accepts: Vec::new(),
        trusts: Vec::new(),
        given: 0,
        includes: Vec::new(),
        proofs: Vec::new(),
        tests: Vec::new(),
        sources: Vec::new(),
    };
    let roots = new.roots.iter().map(|root| number(&mut both.roots, root, same_root) as u16);
    let roots = roots.collect();
    let same = |one: &DeclaredAttribute, other: &DeclaredAttribute| {
        one.name == other.name && one.ty == other.ty
    };
    let attributes =
        new.attributes.iter().map(|one| number(&mut both.attributes, one, same)).collect();
    let marks = new.marks.iter().map(|mark| number(&mut both.marks, mark, |a, b| a == b) as u8);
    let marks = marks.collect();
    (both, Names { roots, attributes, marks })
}

fn number<T: Clone>(all: &mut Vec<T>, one: &T, same: impl Fn(&T, &T) -> bool) -> usize {
    all.iter().position(|known| same(known, one)).unwrap_or_else(|| {
        all.push(one.clone());
        all.len() - 1
    })
}

/// Whether two roots have one name and may lie in the same places.
pub(crate) fn same_root(one: &Root, other: &Root) -> bool {
    one.name == other.name
        && one.within.len() == other.within.len()
        && one.within.iter().zip(&other.within).all(|(a, b)| a.base == b.base && a.items == b.items)
}

impl Names {
    /// A formula of the second policy in the numbering of both.
    pub(crate) fn formula(&self, formula: &Formula) -> Formula {
        let list = |parts: &[Formula]| parts.iter().map(|part| self.formula(part)).collect();
        match formula {
            Formula::True => Formula::True,
            Formula::Atom(atom) => Formula::Atom(self.atom(atom)),
            Formula::Not(inner) => Formula::Not(Box::new(self.formula(inner))),
            Formula::And(parts) => Formula::And(list(parts)),
            Formula::Or(parts) => Formula::Or(list(parts)),
        }
    }

    /// A mark of the second policy.
    pub(crate) fn mark(&self, mark: MarkId) -> MarkId {
        MarkId(self.marks[usize::from(mark.0)])
    }

    fn attribute(&self, attr: &AttrRef) -> AttrRef {
        match attr {
            AttrRef::Declared(index) => AttrRef::Declared(self.attributes[*index]),
            other => other.clone(),
        }
    }

    fn path(&self, pattern: &PathPattern) -> PathPattern {
        let base = match pattern.base {
            PathBase::Absolute => PathBase::Absolute,
            PathBase::Root(root) => PathBase::Root(RootId(self.roots[usize::from(root.0)])),
        };
        PathPattern { base, ..pattern.clone() }
    }

    fn paths(&self, patterns: &[PathPattern]) -> Vec<PathPattern> {
        patterns.iter().map(|pattern| self.path(pattern)).collect()
    }

    fn hosts(&self, patterns: &[HostPattern]) -> Vec<HostPattern> {
        patterns
            .iter()
            .map(|pattern| match &pattern.shape {
                HostShape::Socket(path) => {
                    HostPattern { shape: HostShape::Socket(self.path(path)), ..pattern.clone() }
                }
                _ => pattern.clone(),
            })
            .collect()
    }

    fn atom(&self, atom: &Atom) -> Atom {
        match atom {
            Atom::Path(attr, patterns) => Atom::Path(self.attribute(attr), self.paths(patterns)),
            Atom::Command(patterns) => Atom::Command(patterns.clone()),
            Atom::Destination(patterns) => Atom::Destination(self.hosts(patterns)),
            Atom::Host(attr, patterns) => Atom::Host(self.attribute(attr), self.hosts(patterns)),
            Atom::Pair(patterns) => Atom::Pair(patterns.clone()),
            Atom::Text(attr, patterns) => Atom::Text(self.attribute(attr), patterns.clone()),
            Atom::Int(attr, ranges) => Atom::Int(self.attribute(attr), ranges.clone()),
            Atom::Bool(attr) => Atom::Bool(self.attribute(attr)),
            Atom::Contains(attr, pattern) => Atom::Contains(self.attribute(attr), pattern.clone()),
            Atom::SetEquals(attr, set) => Atom::SetEquals(self.attribute(attr), set.clone()),
            Atom::Marked(mark) => Atom::Marked(self.mark(*mark)),
            Atom::Present(attr) => Atom::Present(self.attribute(attr)),
        }
    }
}
