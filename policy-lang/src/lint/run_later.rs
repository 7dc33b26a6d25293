//! Files that are harmless to write and run later: which of them an allowed tree leaves open.

use policy_eval::{Action, Tier};

use super::Lint;
use super::allowance::Report;
use super::context::{Context, Offence};
use super::covers;
use crate::model::builtin_root;
use crate::model::pattern::{PathBase, PathItem, PathPattern, TokenPattern};

/// A file of a root that something runs later.
pub(super) struct Later {
    pub(super) root: &'static str,
    pub(super) path: &'static str,
    /// How a denial would name it.
    pub(super) deny: &'static str,
}

/// When somebody has thought of the files of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Enough {
    /// Where each of them is restricted.
    Each,
    /// Where one of them is: they are many, and nobody uses all.
    One,
}

/// Reports every allowed tree that reaches files of a list that nothing restricts.
pub(super) fn check(
    context: &Context<'_>,
    report: &mut Report<'_>,
    lint: &Lint,
    files: &'static [Later],
    enough: Enough,
) {
    if context.model.default_tier(Action::Write) == Tier::Deny
        && context.allows(Action::Write).next().is_none()
    {
        return;
    }
    let restricted: Vec<&PathPattern> =
        context.restricts(Action::Write).flat_map(|sentence| sentence.paths()).collect();
    let open: Vec<(&Later, PathPattern)> = files
        .iter()
        .filter_map(|file| Some((file, pattern(file)?)))
        .filter(|(_, file)| !restricted.iter().any(|wide| covers::path(wide, file)))
        .collect();
    if open.is_empty() || enough == Enough::One && open.len() < files.len() {
        return;
    }
    for sentence in context.allows(Action::Write) {
        let mut reached: Vec<&Later> = Vec::new();
        let mut offences = Vec::new();
        for tree in
            sentence.paths().iter().filter(|tree| tree.items.last() == Some(&PathItem::AnyDepth))
        {
            let here: Vec<&Later> = open
                .iter()
                .filter(|(later, file)| covers::path(tree, file) && !names(tree, later))
                .map(|(later, _)| *later)
                .collect();
            if here.is_empty() {
                continue;
            }
            let why = format!("so it allows writing {}", list(here.iter().map(|later| later.path)));
            offences.push(Offence { at: tree.at, written: tree.written.clone(), why });
            reached.extend(here);
        }
        let mut denials: Vec<String> =
            reached.iter().map(|later| format!("i\"{}\"", later.deny)).collect();
        denials.dedup();
        if MOST_NAMED < denials.len() {
            denials.truncate(MOST_NAMED);
            denials.push("…".to_owned());
        }
        let denials = denials.join(", ");
        sentence.report(
            context,
            report,
            lint,
            offences,
            |names| format!("{names} allows writing files that run later"),
            |finding, _| finding.help(format!("beside it, `deny write, delete {denials}`")),
        );
    }
}

/// The file as a pattern.
fn pattern(file: &Later) -> Option<PathPattern> {
    let items = file.path.split('/').map(|name| PathItem::Component(TokenPattern::literal(name)));
    Some(PathPattern {
        base: PathBase::Root(builtin_root(file.root)?),
        items: items.collect(),
        written: file.path.to_owned(),
        at: crate::span::Location {
            source: crate::span::SourceId(0),
            span: crate::span::Span::default(),
        },
    })
}

/// Whether the pattern names the file's folder itself: then it is meant.
fn names(tree: &PathPattern, later: &Later) -> bool {
    let first = later.path.split('/').next().unwrap_or("");
    tree.items
        .iter()
        .any(|item| matches!(item, PathItem::Component(name) if name.as_literal() == Some(first)))
}

/// How many files a finding names.
const MOST_NAMED: usize = 3;

fn list<'p>(paths: impl Iterator<Item = &'p str>) -> String {
    let mut paths: Vec<String> = paths.map(|path| format!("`{path}`")).collect();
    if MOST_NAMED < paths.len() {
        let more = paths.len() - MOST_NAMED;
        paths.truncate(MOST_NAMED);
        paths.push(format!("{more} more"));
    }
    match &paths[..] {
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
        [] => String::new(),
    }
}
