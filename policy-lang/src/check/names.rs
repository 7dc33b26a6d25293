//! The names under which reports know rules.
//!
//! A sentence with an ID has that name, another one its head. Equal heads are told apart by
//! numbers, given in an order that does not depend on where the sentences stand: by layer, then by
//! text.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use policy_eval::Layer;

use super::error::{CheckError, Report};
use crate::span::Location;

/// Something that has a name, by its place in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bearer {
    Rule(usize),
    Count(usize),
    Proof(usize),
}

struct Entry<'f> {
    name: String,
    /// Where the id stands, if the name is one.
    id: Option<Location>,
    layer: Layer,
    /// The heads of the blocks around the sentence, and the sentence.
    heads: Rc<[&'f str]>,
    text: &'f str,
    at: Location,
    bearer: Bearer,
}

/// Collects names, and tells equal ones apart.
#[derive(Default)]
pub(super) struct Names<'f> {
    entries: Vec<Entry<'f>>,
}

impl<'f> Names<'f> {
    pub(super) fn add(
        &mut self,
        bearer: Bearer,
        (name, id): (String, Option<Location>),
        layer: Layer,
        (heads, text): (Rc<[&'f str]>, &'f str),
        at: Location,
    ) {
        self.entries.push(Entry { name, id, layer, heads, text, at, bearer });
    }

    /// The name of each bearer. Two ids at two places are an error; one id that several layers
    /// include from one place is told apart like a head.
    pub(super) fn resolve(mut self, report: &mut Report) -> Vec<(Bearer, String)> {
        self.refuse_equal_ids(report);
        self.entries.sort_by(|a, b| {
            // An id keeps its name before a head that happens to be equal.
            let key = |entry: &Entry<'f>| (entry.id.is_none(), entry.layer);
            let text = |entry: &Entry<'f>| (Rc::clone(&entry.heads), entry.text, entry.at);
            key(a).cmp(&key(b)).then_with(|| text(a).cmp(&text(b)))
        });
        let mut used: HashSet<String> = HashSet::new();
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        let mut resolved = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            let mut name = entry.name.clone();
            let number = last.entry(entry.name.clone()).or_insert(1);
            while !used.insert(name.clone()) {
                *number += 1;
                name = format!("{} ({number})", entry.name);
            }
            resolved.push((entry.bearer, name));
        }
        resolved
    }

    fn refuse_equal_ids(&self, report: &mut Report) {
        let mut first: BTreeMap<&str, Location> = BTreeMap::new();
        let mut ids: Vec<(&str, Location)> = self
            .entries
            .iter()
            .filter_map(|entry| entry.id.map(|at| (entry.name.as_str(), at)))
            .collect();
        ids.sort_unstable();
        for (name, at) in ids {
            let known = *first.entry(name).or_insert(at);
            if known != at {
                let error = CheckError::DuplicateId { id: name.to_owned() };
                report.add(error.at(at).label(known, "the other one"));
            }
        }
    }
}
