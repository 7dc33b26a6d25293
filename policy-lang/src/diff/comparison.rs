//! Two policies and what was found between them: what every renderer takes.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Changed, Difference, Report, Sentence, Side, What};
use crate::model::{Model, Rule};
use crate::span::Source;

/// One of two policies that were compared.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The names that it was given by, most authority first or as they were given.
    pub given: Vec<String>,
    /// The name in its header.
    pub name: Option<String>,
    /// The version in its header.
    pub version: Option<String>,
    /// The digest of its texts.
    pub digest: String,
    /// Its texts, includes too.
    pub sources: Vec<Arc<Source>>,
    /// What stands before the path in the names of sources that were not read from files:
    /// `main:` of `main:agents.policy`.
    pub revisions: Vec<String>,
    /// Its sentences that stand in a list of the model, in their own words.
    sentences: HashSet<String>,
    /// Its rules, as reports show them.
    rules: Vec<Sentence>,
}

/// Two policies, and what differs between them.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Comparison<'c> {
    pub old: &'c Edition,
    pub new: &'c Edition,
    pub report: &'c Report,
}

impl Edition {
    /// A policy by the names that it was given by.
    pub fn new(given: Vec<String>, model: &Model) -> Edition {
        Edition {
            given,
            name: model.name.clone(),
            version: model.version.clone(),
            digest: crate::digest::of(model),
            sources: model.sources.clone(),
            revisions: Vec::new(),
            sentences: sentences(model),
            rules: rules(model),
        }
    }

    /// The path of one of its sources, without the revision that it was read from.
    pub(super) fn path<'f>(&self, file: &'f str) -> &'f str {
        let behind = |revision: &String| file.strip_prefix(revision.as_str());
        self.revisions.iter().find_map(behind).unwrap_or(file)
    }
}

fn sentences(model: &Model) -> HashSet<String> {
    let rules = model.rules.iter().map(|rule| rule.at);
    let counts = model.counts.iter().map(|count| count.at);
    let accepts = model.accepts.iter().map(|accept| accept.at);
    let trusts = model.trusts.iter().map(|trust| trust.at);
    let all = rules.chain(counts).chain(accepts).chain(trusts);
    all.filter_map(|at| {
        let source = model.sources.get(at.source.0 as usize)?;
        source.text.get(at.span.range()).map(words)
    })
    .collect()
}

fn rules(model: &Model) -> Vec<Sentence> {
    let shown = |rule: &Rule| {
        let source = model.sources.get(rule.at.source.0 as usize)?;
        let (line, column) = source.line_column(rule.at.span.start as usize);
        Some(Sentence {
            name: rule.name.clone(),
            file: source.name.clone(),
            line,
            column,
            text: source.text.get(rule.at.span.range())?.to_owned(),
            reason: rule.reason.clone(),
        })
    };
    model.rules.iter().filter_map(shown).collect()
}

/// A text with one blank between its words: another layout is no other text.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many of the words of two texts are the same, in percent.
fn likeness(one: &str, other: &str) -> usize {
    let one: HashSet<&str> = one.split_whitespace().collect();
    let other: HashSet<&str> = other.split_whitespace().collect();
    let shared = one.intersection(&other).count();
    100 * shared / one.union(&other).count().max(1)
}

impl<'c> Comparison<'c> {
    /// Whether a sentence stands in the other policy in the same words: then what it names
    /// changed, a set or what a file includes.
    pub(super) fn has_same_words(&self, changed: &Changed) -> bool {
        let other = match changed.side {
            Side::Old => self.new,
            Side::New => self.old,
        };
        let sentence = changed.sentence.as_ref();
        sentence.is_some_and(|sentence| other.sentences.contains(&words(&sentence.text)))
    }

    /// The sentences that a difference follows from, and beside a rule that was changed the rule as
    /// it stands on the other side; what was before comes first.
    pub(super) fn changes(&self, difference: &Difference) -> Vec<Changed> {
        let mut all = difference.changed.clone();
        for changed in &difference.changed {
            let Some(other) = self.other_side(changed) else { continue };
            let place =
                |one: &Changed| one.sentence.as_ref().map(|own| (own.file.clone(), own.line));
            if !all.iter().any(|known| known.side == other.side && place(known) == place(&other)) {
                all.push(other);
            }
        }
        all.sort_by_key(|changed| changed.side);
        all
    }

    /// What a rule was before, or became: the rule of the same name; else, among those that stand
    /// on the other side alone, the one that shares most words with it, and half of them at least.
    fn other_side(&self, changed: &Changed) -> Option<Changed> {
        let sentence = changed.sentence.as_ref().filter(|_| changed.what == What::Rule)?;
        if self.has_same_words(changed) {
            return None;
        }
        let (side, own, other) = match changed.side {
            Side::Old => (Side::New, self.old, self.new),
            Side::New => (Side::Old, self.new, self.old),
        };
        let is_alone = |rule: &&Sentence| !own.sentences.contains(&words(&rule.text));
        let named = other.rules.iter().find(|rule| rule.name == sentence.name).filter(is_alone);
        let likest = || {
            let likeness = |rule: &&Sentence| likeness(&sentence.text, &rule.text);
            let alone = other.rules.iter().filter(is_alone);
            // A rule that has a name of its own there and here is another rule.
            let alone = alone.filter(|rule| own.rules.iter().all(|one| one.name != rule.name));
            alone.max_by_key(likeness).filter(|rule| 50 <= likeness(rule))
        };
        let found = named.or_else(likest)?.clone();
        Some(Changed { side, what: What::Rule, sentence: Some(found) })
    }

    pub(super) fn edition(&self, side: Side) -> &'c Edition {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}
