//! Differences that a reader decides on at once: those of one direction that follow from the same
//! change. A rule for three actions that changed has three differences and more, and is one
//! finding.

use std::collections::HashMap;

use policy_eval::Action;

use super::words::effects;
use super::{Changed, Comparison, Difference, Direction, Side};

/// What one change loosens, or tightens, or changes otherwise.
pub(super) struct Finding<'c> {
    pub(super) direction: Direction,
    /// What requests are meant, over all actions.
    pub(super) region: String,
    /// Each action once, in their order.
    pub(super) actions: Vec<Action>,
    /// The sentences that it follows from; what was before comes first.
    pub(super) changes: Vec<Changed>,
    /// Never empty; what matters most comes first.
    pub(super) cases: Vec<Case<'c>>,
}

/// One change of the answer, with what decided before and after.
pub(super) struct Case<'c> {
    /// The first of them; its request stands for all.
    pub(super) difference: &'c Difference,
    pub(super) actions: Vec<Action>,
    /// What requests are meant, where not all cases mean the same.
    pub(super) region: Option<String>,
    /// Numbers of differences in the report, from 0.
    pub(super) numbers: Vec<usize>,
}

impl<'c> Comparison<'c> {
    /// The differences by what they follow from, in the order of the report.
    ///
    /// # Cost
    /// For each difference that of finding what its rules were before, or became.
    pub(super) fn findings(&self) -> Vec<Finding<'c>> {
        let mut findings: Vec<Finding<'c>> = Vec::new();
        let mut places: HashMap<(Direction, bool, Vec<String>), usize> = HashMap::new();
        for (number, difference) in self.report.differences.iter().enumerate() {
            let changes = self.changes(difference);
            let mut changed: Vec<String> = changes.iter().map(|one| self.identity(one)).collect();
            changed.sort_unstable();
            let key = (difference.direction, difference.is_of_tier(), changed);
            let at = *places.entry(key).or_insert_with(|| {
                let (direction, region) = (difference.direction, String::new());
                let (actions, cases) = (Vec::new(), Vec::new());
                findings.push(Finding { direction, region, actions, changes, cases });
                findings.len() - 1
            });
            findings[at].add(number, difference);
        }
        findings.iter_mut().for_each(|finding| finding.finish(self));
        findings
    }

    /// What makes two changed sentences one to a reader. One that stands on both sides in the same
    /// words is one, whichever side it was found on.
    fn identity(&self, changed: &Changed) -> String {
        let Some(sentence) = &changed.sentence else { return format!("{:?}", changed.what) };
        let (name, text) = (&sentence.name, super::comparison::words(&sentence.text));
        match self.has_same_words(changed) {
            true => format!("{name}\n{text}"),
            false => format!("{:?}\n{name}\n{text}", changed.side),
        }
    }

    /// The sentences, each once.
    pub(super) fn without_repetition(&self, changes: Vec<Changed>) -> Vec<Changed> {
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        // The new place of what stands on both sides is the one to go to.
        for changed in changes.into_iter().rev() {
            let identity = self.identity(&changed);
            if !seen.contains(&identity) {
                seen.push(identity);
                kept.push(changed);
            }
        }
        kept.reverse();
        kept
    }
}

impl<'c> Finding<'c> {
    fn add(&mut self, number: usize, difference: &'c Difference) {
        add(&mut self.actions, difference.action);
        let is_same = |case: &&mut Case<'c>| {
            effects(case.difference) == effects(difference)
                && (!difference.is_of_tier()
                    || case.difference.from.decided_by == difference.from.decided_by
                        && case.difference.to.decided_by == difference.to.decided_by)
        };
        match self.cases.iter_mut().find(is_same) {
            Some(case) => {
                add(&mut case.actions, difference.action);
                case.numbers.push(number);
            }
            None => {
                let (actions, numbers) = (vec![difference.action], vec![number]);
                self.cases.push(Case { difference, actions, region: None, numbers });
            }
        }
    }

    fn finish(&mut self, comparison: &Comparison<'c>) {
        // What became loosest, or strictest, is what has to be looked at.
        self.cases.sort_by_key(|case| {
            let (from, to) = (case.difference.from.tier as i8, case.difference.to.tier as i8);
            match self.direction {
                Direction::Loosened => (to, -from),
                Direction::Tightened | Direction::Changed => (-to, from),
            }
        });
        let of_case = |case: &Case<'c>| -> Vec<&'c Difference> {
            case.numbers.iter().map(|&number| &comparison.report.differences[number]).collect()
        };
        let each: Vec<String> = self.cases.iter().map(|case| region(&of_case(case))).collect();
        let all: Vec<&Difference> = self.cases.iter().flat_map(of_case).collect();
        self.region = region(&all);
        // What all of them mean is told once.
        let mut told = all.iter().map(|one| said_of(one).1);
        let first = told.next();
        let is_one = told.all(|one| Some(one) == first);
        if !is_one && self.cases.len() > 1 {
            for (case, region) in self.cases.iter_mut().zip(each) {
                case.region = Some(region);
            }
        }
        self.changes = comparison.without_repetition(std::mem::take(&mut self.changes));
    }

    /// The changes of the answer, each once: `deny → allow, deny → ask`.
    pub(super) fn effects(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for case in &self.cases {
            let effects = effects(case.difference);
            if !all.contains(&effects) {
                all.push(effects);
            }
        }
        all
    }

    /// The difference that stands for it: the first one.
    pub(super) fn main(&self) -> &'c Difference {
        self.cases[0].difference
    }

    /// A sentence that it follows from, on a side.
    pub(super) fn changed_on(&self, side: Side) -> Option<&Changed> {
        self.main().changed.iter().find(|one| one.side == side && one.sentence.is_some())
    }
}

fn add(actions: &mut Vec<Action>, action: Action) {
    if let Err(at) = actions.binary_search(&action) {
        actions.insert(at, action);
    }
}

/// What a region says behind its action: the preposition, and the objects with their conditions.
fn said_of(difference: &Difference) -> (&str, &str) {
    let action = format!("`{}`", difference.action);
    let Some(rest) = difference.region.strip_prefix(&action) else {
        return ("", &difference.region);
    };
    for preposition in [" to ", " at ", " from ", " of "] {
        if let Some(objects) = rest.strip_prefix(preposition) {
            return (preposition, objects);
        }
    }
    ("", rest)
}

/// The regions of some differences as one: actions with the same objects are named together. Of
/// what one action was found with by several ways the first is told.
fn region(differences: &[&Difference]) -> String {
    let mut groups: Vec<(&str, &str, Vec<Action>)> = Vec::new();
    for difference in differences {
        let (preposition, objects) = said_of(difference);
        if groups.iter().any(|(.., actions)| actions.contains(&difference.action)) {
            continue;
        }
        match groups.iter_mut().find(|(_, known, _)| *known == objects) {
            Some((.., actions)) => add(actions, difference.action),
            None => groups.push((preposition, objects, vec![difference.action])),
        }
    }
    let of_group = |(preposition, objects, actions): &(&str, &str, Vec<Action>)| {
        let preposition = match actions.len() {
            _ if preposition.is_empty() => "",
            1 => preposition,
            _ => " of ",
        };
        format!("{}{preposition}{objects}", named(actions))
    };
    groups.iter().map(of_group).collect::<Vec<_>>().join("; ")
}

/// ``"`read`, `write` and `delete`"``
pub(super) fn named(actions: &[Action]) -> String {
    let mut names: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
    let last = names.pop().unwrap_or_default();
    match names.is_empty() {
        true => last,
        false => format!("{} and {last}", names.join(", ")),
    }
}
