//! Two policies and what was found between them: what every renderer takes.

use std::sync::Arc;

use super::{Report, Side};
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
        }
    }

    /// The path of one of its sources, without the revision that it was read from.
    pub(super) fn path<'f>(&self, file: &'f str) -> &'f str {
        let behind = |revision: &String| file.strip_prefix(revision.as_str());
        self.revisions.iter().find_map(behind).unwrap_or(file)
    }
}

impl<'c> Comparison<'c> {
    pub(super) fn edition(&self, side: Side) -> &'c Edition {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}
