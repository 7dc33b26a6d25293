//! The gate that every finding passes: `# lint: allow CODE because …` takes findings away.
//!
//! Where the comment stands says for what it is:
//!
//! ```text
//!   # lint: allow broad-write because …          first in its file, before the header or an empty
//!                                                line: for the whole file
//!   policy acme layer managed
//!
//!   # lint: allow any-program, L051 because …    for the sentence or block that follows
//!   allow run *
//!   allow run "python ..."  # lint: allow …      for what stands on this line
//! ```
//!
//! A finding is taken away where its own place lies in the scope. Errors are never taken away, nor
//! findings about allowances.

use std::collections::HashSet;

use super::Lint;
use super::context::File;
use crate::diagnostic::{Diagnostic, Level};
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{Block, Comment, Item};

/// How an allowance is written, for those who tried.
pub(super) const SHAPE: &str = "`# lint: allow NAME because REASON`";

/// A comment that wants to allow something.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    /// The comment.
    pub(super) span: Span,
    /// What it allows: codes or names, each with its place. Empty where it is not written so.
    pub(super) names: Vec<(String, Span)>,
    /// Behind `because`.
    pub(super) reason: Option<String>,
    /// For which bytes of the file.
    pub(super) scope: Vec<Span>,
}

/// The allowances of a file.
pub(super) fn allowances(tree: &crate::syntax::ast::File, text: &str) -> Vec<Allowance> {
    let wanted = tree.comments.iter().filter_map(|comment| Some((comment, wish(comment)?)));
    let mut found = Vec::new();
    let mut things = None;
    for (comment, wish) in wanted {
        let things = things.get_or_insert_with(|| Things::of(tree));
        let (names, reason) = parse(wish, comment);
        let scope = scope(comment, things, text);
        found.push(Allowance { span: comment.span, names, reason, scope });
    }
    found
}

/// What stands behind `# lint:`.
fn wish(comment: &Comment) -> Option<&str> {
    let text = comment.text.trim_start_matches('#').trim_start();
    text.strip_prefix("lint:")
}

/// The names, and the reason where there is one. No names where it does not begin with `allow`.
fn parse(wish: &str, comment: &Comment) -> (Vec<(String, Span)>, Option<String>) {
    let Some(list) = wish
        .trim_start()
        .strip_prefix("allow")
        .filter(|list| list.starts_with(char::is_whitespace))
    else {
        return (Vec::new(), None);
    };
    let (list, reason) = match list.split_once("because") {
        Some((list, reason)) => (list, Some(reason.trim())),
        None => (list, None),
    };
    let start =
        comment.span.start as usize + (list.as_ptr() as usize - comment.text.as_ptr() as usize);
    let mut names = Vec::new();
    let mut at = start;
    for part in list.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let begin = at + (part.len() - part.trim_start().len());
            names.push((name.to_owned(), Span::new(begin, begin + name.len())));
        }
        at += part.len() + 1;
    }
    (names, reason.filter(|reason| !reason.is_empty()).map(str::to_owned))
}

/// What a comment may stand before or beside.
struct Things {
    /// Whole sentences, declarations and blocks, and the header, in the order of their beginnings.
    wholes: Vec<Span>,
    /// The same with the head of a block instead of the block, and the lines of tests.
    units: Vec<Span>,
    /// The insides of blocks and tests.
    insides: Vec<Span>,
    /// The header, where it is the first thing.
    header: Option<Span>,
}

impl Things {
    fn of(tree: &crate::syntax::ast::File) -> Things {
        let header = tree.header.as_ref().map(|header| header.span);
        let mut things =
            Things { wholes: Vec::new(), units: Vec::new(), insides: Vec::new(), header };
        things.wholes.extend(header);
        things.units.extend(header);
        things.add(&tree.items);
        // Of two that begin together the block comes before what stands in it.
        things.wholes.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        things.units.sort_by_key(|span| span.start);
        things
    }

    fn add(&mut self, items: &[Item]) {
        for item in items {
            self.wholes.push(item.span());
            match item {
                Item::Block(Block { items, span, head_span, .. }) => {
                    self.units.push(*head_span);
                    self.insides.push(Span { start: head_span.end, end: span.end });
                    self.add(items);
                }
                Item::Test(test) => {
                    self.units.push(Span { start: test.span.start, end: test.name.span.end });
                    self.insides.push(Span { start: test.name.span.end, end: test.span.end });
                    for line in &test.lines {
                        let span = match line {
                            crate::syntax::ast::TestLine::Given(_, span) => *span,
                            crate::syntax::ast::TestLine::Expect(expect) => expect.span,
                        };
                        self.wholes.push(span);
                        self.units.push(span);
                    }
                }
                _ => self.units.push(item.span()),
            }
        }
    }
}

const WHOLE_FILE: Span = Span { start: 0, end: u32::MAX };

fn scope(comment: &Comment, things: &Things, text: &str) -> Vec<Span> {
    let at = comment.span;
    let bytes = |span: Span| Span { start: span.start, end: span.end.max(span.start + 1) };
    // Inside a sentence it is for the sentence, wherever the layout puts it. Units do not overlap.
    let begun = things.units.partition_point(|unit| unit.start < at.start);
    if let Some(around) = begun.checked_sub(1).map(|last| things.units[last])
        && at.end < around.end
    {
        return vec![bytes(around)];
    }
    if !comment.own_line {
        let line = line_of(text, at.start as usize);
        let first = things.units.partition_point(|unit| unit.end as usize <= line.start);
        let beside =
            things.units[first..].iter().take_while(|unit| (unit.start as usize) < line.end);
        return beside.map(|unit| bytes(*unit)).collect();
    }
    let inside = |inside: &&Span| inside.start <= at.start && at.end <= inside.end;
    let end = things.insides.iter().filter(inside).map(|inside| inside.end).min();
    let next = things.wholes.partition_point(|whole| whole.start < at.end);
    let is_first = next == 0;
    match things.wholes.get(next).filter(|whole| end.is_none_or(|end| whole.end <= end)) {
        None if is_first => vec![WHOLE_FILE],
        None => Vec::new(),
        Some(next)
            if is_first && (things.header == Some(*next) || has_empty_line(text, at, *next)) =>
        {
            vec![WHOLE_FILE]
        }
        Some(next) => vec![bytes(*next)],
    }
}

fn line_of(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    start..end
}

fn has_empty_line(text: &str, from: Span, to: Span) -> bool {
    let between = &text[from.end as usize..to.start as usize];
    let mut lines = between.split('\n').skip(1).peekable();
    // The last piece is the beginning of the line that the next thing stands on.
    while let Some(line) = lines.next() {
        if line.trim().is_empty() && lines.peek().is_some() {
            return true;
        }
    }
    false
}

/// Where findings go. What an allowance covers goes no further.
pub(super) struct Report<'a> {
    files: &'a [File],
    /// For each file, the scopes of its allowances.
    scopes: Vec<Scopes>,
    /// For each file, allowance and name of it, whether it took a finding away.
    used: Vec<Vec<Vec<bool>>>,
    /// A sentence that stands in two layers is reported once.
    seen: HashSet<(&'static str, Option<Location>)>,
    findings: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    pub(super) fn new(files: &'a [File]) -> Report<'a> {
        let used = files
            .iter()
            .map(|file| {
                file.allowances.iter().map(|allowance| vec![false; allowance.names.len()]).collect()
            })
            .collect();
        let scopes = files.iter().map(|file| Scopes::of(&file.allowances)).collect();
        Report { files, scopes, used, seen: HashSet::new(), findings: Vec::new() }
    }

    /// Adds a finding, where nothing allows it.
    pub(super) fn add(&mut self, finding: Diagnostic) {
        let is_new = self.seen.insert((finding.code, finding.location()));
        if is_new && !self.is_allowed(&finding) {
            self.findings.push(finding);
        }
    }

    fn is_allowed(&mut self, finding: &Diagnostic) -> bool {
        let Some(at) = finding.location().filter(|_| finding.level < Level::Error) else {
            return false;
        };
        let file = at.source.0 as usize;
        let (Some(known), Some(used)) = (self.files.get(file), self.used.get_mut(file)) else {
            return false;
        };
        let mut allowed = false;
        for index in self.scopes[file].around(at.span.start) {
            let names = known.allowances[index].names.iter().zip(&mut used[index]);
            for ((name, _), used) in names {
                let names_it = |lint: &Lint| lint.code.code == finding.code && can_be_allowed(lint);
                if Lint::named(name).is_some_and(names_it) {
                    *used = true;
                    allowed = true;
                }
            }
        }
        allowed
    }

    /// The names in allowances that have taken nothing away so far: file, allowance, name.
    pub(super) fn unused(
        &self,
    ) -> impl Iterator<Item = (SourceId, &'a Allowance, usize)> + use<'a> {
        let mut unused = Vec::new();
        for (file, (known, used)) in self.files.iter().zip(&self.used).enumerate() {
            for (allowance, used) in known.allowances.iter().zip(used) {
                let free = used.iter().enumerate().filter(|(_, used)| !**used);
                unused.extend(free.map(|(index, _)| (SourceId(file as u32), allowance, index)));
            }
        }
        unused.into_iter()
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.findings
    }
}

/// Scopes, for asking which are around a byte.
struct Scopes {
    /// The allowances for the whole file.
    everywhere: Vec<usize>,
    /// The others: each scope with the index of its allowance, in the order of their beginnings.
    sorted: Vec<(Span, usize)>,
    /// For each, the furthest end of it and all before it.
    reach: Vec<u32>,
}

impl Scopes {
    fn of(allowances: &[Allowance]) -> Scopes {
        let scopes = allowances.iter().enumerate();
        let (whole, mut sorted): (Vec<_>, Vec<(Span, usize)>) = scopes
            .flat_map(|(index, allowance)| allowance.scope.iter().map(move |span| (*span, index)))
            .partition(|(span, _)| *span == WHOLE_FILE);
        let everywhere = whole.into_iter().map(|(_, index)| index).collect();
        sorted.sort_by_key(|(span, _)| span.start);
        let reach = sorted
            .iter()
            .scan(0, |furthest, (span, _)| {
                *furthest = span.end.max(*furthest);
                Some(*furthest)
            })
            .collect();
        Scopes { everywhere, sorted, reach }
    }

    /// The allowances around a byte. Scopes are disjoint or nested, so few are looked at.
    fn around(&self, byte: u32) -> impl Iterator<Item = usize> {
        let begun = self.sorted.partition_point(|(span, _)| span.start <= byte);
        let candidates = self.sorted[..begun].iter().zip(&self.reach).rev();
        let here = candidates
            .take_while(move |(_, reach)| byte < **reach)
            .filter(move |((span, _), _)| byte < span.end)
            .map(|((_, index), _)| *index);
        self.everywhere.iter().copied().chain(here)
    }
}

/// A lint about allowances cannot be allowed: that would have no end.
pub(super) fn can_be_allowed(lint: &Lint) -> bool {
    !lint.name.ends_with("-allowance")
}
