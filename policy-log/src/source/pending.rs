//! Actions that wait for what becomes of them, which a later line tells.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::entry::{Entry, Outcome, Read};

/// How many actions wait at once. Beyond, the one that waited longest is handed out as it is.
const MOST_WAITING: usize = 1024;

/// Actions by the name that later lines call them.
#[derive(Default)]
pub(super) struct Pending {
    names: FxHashMap<Box<str>, u64>,
    waiting: BTreeMap<u64, (Box<str>, Vec<Entry>)>,
    next: u64,
}

impl Pending {
    /// Lets the actions of one call wait.
    pub(super) fn add(&mut self, name: &str, entries: Vec<Entry>, each: &mut dyn FnMut(Read)) {
        // A second one of the name: whatever comes later is told of this one.
        self.end_one(name, each);
        self.names.insert(name.into(), self.next);
        self.waiting.insert(self.next, (name.into(), entries));
        self.next += 1;
        if MOST_WAITING < self.waiting.len()
            && let Some((_, (name, entries))) = self.waiting.pop_first()
        {
            self.names.remove(&name);
            hand_out(entries, each);
        }
    }

    /// Says what became of a call, as far as that is not known already. The rest waits on.
    pub(super) fn tell(&mut self, name: &str, outcome: Outcome, tell: impl Fn(&mut Entry)) {
        let entries = self.names.get(name).and_then(|at| self.waiting.get_mut(at));
        for entry in entries.into_iter().flat_map(|(_, entries)| entries) {
            entry.outcome = entry.outcome.or(Some(outcome));
            tell(entry);
        }
    }

    /// Nothing more will be said of a call.
    pub(super) fn end_one(&mut self, name: &str, each: &mut dyn FnMut(Read)) {
        let waiting = self.names.remove(name).and_then(|at| self.waiting.remove(&at));
        if let Some((_, entries)) = waiting {
            hand_out(entries, each);
        }
    }

    /// Nothing more will be said.
    pub(super) fn end(&mut self, each: &mut dyn FnMut(Read)) {
        self.names.clear();
        for (_, (_, entries)) in std::mem::take(&mut self.waiting) {
            hand_out(entries, each);
        }
    }
}

fn hand_out(entries: Vec<Entry>, each: &mut dyn FnMut(Read)) {
    for entry in entries {
        each(Read::Entry(Box::new(entry)));
    }
}
