//! Two policies and what was found between them: what every renderer takes.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Changed, Report, Side};
use crate::model::Model;
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

/// A text with one blank between its words: another layout is no other text.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

    pub(super) fn edition(&self, side: Side) -> &'c Edition {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}
