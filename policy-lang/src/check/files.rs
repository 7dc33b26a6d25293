//! The files of a policy: those that were given, and those that they include.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::error::{CheckError, Report};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Include;
use crate::span::{Location, Source, SourceId, Span};
use crate::syntax::{self, ast};

/// The most files that one policy may have, includes too.
pub const MAX_FILES: usize = 1000;

/// Gives the source that an `include` names: from the path as written, and the source that the
/// `include` stands in. The path is relative to that source. The error is a reason for people.
pub type Resolver<'r> = dyn Fn(&str, &Source) -> Result<Arc<Source>, String> + 'r;

/// A resolver that knows no files.
///
/// # Errors
/// Always.
pub fn no_includes(_path: &str, _from: &Source) -> Result<Arc<Source>, String> {
    Err("this policy was given as text, without a folder to look in".to_owned())
}

/// Why there is no policy: what was found, and the texts that it speaks of.
#[derive(Debug)]
pub struct Failure {
    /// Every text that was read. A `SourceId` counts into it.
    pub sources: Vec<Arc<Source>>,
    /// What was found, in the order of places; never empty.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.diagnostics.iter().enumerate() {
            if 0 < index {
                f.write_str("\n")?;
            }
            let place = finding.location().and_then(|at| {
                let source = self.sources.get(at.source.0 as usize)?;
                let (line, column) = source.line_column(at.span.start as usize);
                Some(format!("{}:{line}:{column}: ", source.name))
            });
            write!(f, "{}{}", place.unwrap_or_default(), finding.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// An `include` whose file was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Included {
    /// The file.
    pub(super) file: SourceId,
    /// Its sentences too.
    pub(super) rules: bool,
}

/// Parsed files, and which include which. Includes have no cycle.
#[derive(Debug)]
pub struct Files {
    /// Every text. A `SourceId` counts into it.
    pub sources: Vec<Arc<Source>>,
    trees: Vec<ast::File>,
    includes: Vec<Vec<Included>>,
    given: Vec<SourceId>,
}

impl Files {
    /// The files that were given, each once.
    pub(super) fn given(&self) -> &[SourceId] {
        &self.given
    }

    /// Every file.
    pub(super) fn all(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..self.trees.len() as u32).map(SourceId)
    }

    pub(super) fn source(&self, file: SourceId) -> &Source {
        &self.sources[file.0 as usize]
    }

    pub(super) fn tree(&self, file: SourceId) -> &ast::File {
        &self.trees[file.0 as usize]
    }

    pub(super) fn includes(&self, file: SourceId) -> &[Included] {
        &self.includes[file.0 as usize]
    }

    /// What each `include` led to.
    pub(super) fn resolved(&self) -> Vec<Include> {
        let mut resolved = Vec::new();
        for from in self.all() {
            let written = self.tree(from).items.iter().filter_map(|item| match item {
                ast::Item::Include(include) => Some(&include.path.value),
                _ => None,
            });
            for (path, included) in written.zip(self.includes(from)) {
                resolved.push(Include { from, path: path.clone(), to: included.file });
            }
        }
        resolved
    }

    /// Every file, an included one before those that include it.
    pub(super) fn included_first(&self) -> Vec<SourceId> {
        let mut order = Vec::with_capacity(self.trees.len());
        let mut missing: Vec<usize> = self.includes.iter().map(Vec::len).collect();
        let mut includers = vec![Vec::new(); self.trees.len()];
        for file in self.all() {
            for included in self.includes(file) {
                includers[included.file.0 as usize].push(file);
            }
        }
        let mut ready: Vec<SourceId> =
            self.all().filter(|file| missing[file.0 as usize] == 0).collect();
        while let Some(file) = ready.pop() {
            order.push(file);
            for &includer in &includers[file.0 as usize] {
                missing[includer.0 as usize] -= 1;
                if missing[includer.0 as usize] == 0 {
                    ready.push(includer);
                }
            }
        }
        order
    }
}

/// Reads and parses sources and what they include.
///
/// A source that is given or included twice (the same name and text) is one file.
///
/// # Errors
/// When a text does not parse, or an include cannot be read or includes itself.
pub fn read(sources: Vec<Arc<Source>>, resolver: &Resolver<'_>) -> Result<Files, Failure> {
    let mut reader = Reader { ids: HashMap::new(), sources: Vec::new(), report: Report::default() };
    let mut given = Vec::new();
    for source in sources {
        let id = reader.intern(source);
        if !given.contains(&id) {
            given.push(id);
        }
    }
    if MAX_FILES < reader.sources.len() {
        let at = Location { source: SourceId(0), span: Span::default() };
        reader.report.add(CheckError::TooManyFiles.at(at));
        let diagnostics = reader.report.finish();
        return Err(Failure { sources: reader.sources, diagnostics });
    }
    let (mut trees, mut includes) = (Vec::new(), Vec::new());
    let mut syntax_errors = Vec::new();
    // The list grows while it is read: an include that is new goes to its end.
    while let Some(source) = reader.sources.get(trees.len()).cloned() {
        let id = SourceId(trees.len() as u32);
        let (tree, diagnostics) = syntax::parse(&source, id);
        syntax_errors.extend(diagnostics.into_iter().filter(|found| found.level == Level::Error));
        includes.push(reader.includes(&tree, id, &source, resolver));
        trees.push(tree);
    }
    reader.refuse_cycles(&trees, &includes);
    let mut diagnostics = reader.report.finish();
    diagnostics.splice(..0, syntax_errors);
    if diagnostics.is_empty() {
        Ok(Files { sources: reader.sources, trees, includes: strip(includes), given })
    } else {
        Err(Failure { sources: reader.sources, diagnostics })
    }
}

/// An include and where its path stands.
type Placed = (Included, Location);

fn strip(includes: Vec<Vec<Placed>>) -> Vec<Vec<Included>> {
    includes
        .into_iter()
        .map(|list| list.into_iter().map(|(include, _)| include).collect())
        .collect()
}

struct Reader {
    ids: HashMap<Arc<Source>, SourceId>,
    sources: Vec<Arc<Source>>,
    report: Report,
}

impl Reader {
    fn intern(&mut self, source: Arc<Source>) -> SourceId {
        let next = SourceId(self.sources.len() as u32);
        *self.ids.entry(source).or_insert_with_key(|source| {
            self.sources.push(Arc::clone(source));
            next
        })
    }

    /// Reads what one file includes.
    fn includes(
        &mut self,
        tree: &ast::File,
        id: SourceId,
        source: &Source,
        resolver: &Resolver<'_>,
    ) -> Vec<Placed> {
        let mut found = Vec::new();
        for item in &tree.items {
            let ast::Item::Include(include) = item else { continue };
            let at = Location { source: id, span: include.path.span };
            if MAX_FILES <= self.sources.len() {
                self.report.add(CheckError::TooManyFiles.at(at));
                break;
            }
            match resolver(&include.path.value, source) {
                Ok(included) => {
                    let file = self.intern(included);
                    found.push((Included { file, rules: include.rules }, at));
                }
                Err(reason) => {
                    let path = include.path.value.clone();
                    self.report.add(CheckError::IncludeUnread { path, reason }.at(at));
                }
            }
        }
        found
    }

    /// Reports each include that closes a circle.
    fn refuse_cycles(&mut self, trees: &[ast::File], includes: &[Vec<Placed>]) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; trees.len()];
        for start in 0..trees.len() {
            if states[start] != State::New {
                continue;
            }
            // The files that are open, and how many of the includes of each were followed.
            let mut open = vec![(start, 0)];
            states[start] = State::Open;
            while let Some((file, followed)) = open.last_mut() {
                let Some(&(include, at)) = includes[*file].get(*followed) else {
                    states[*file] = State::Done;
                    open.pop();
                    continue;
                };
                *followed += 1;
                let next = include.file.0 as usize;
                match states[next] {
                    State::New => {
                        states[next] = State::Open;
                        open.push((next, 0));
                    }
                    State::Open => self.report.add(CheckError::IncludeCycle.at(at)),
                    State::Done => {}
                }
            }
        }
    }
}
