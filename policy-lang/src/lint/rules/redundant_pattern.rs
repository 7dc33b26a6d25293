//! See `redundant_pattern.md`.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, File, each_item};
use crate::lint::covers;
use crate::model::pattern::{
    CommandPattern, HostPattern, HostShape, LabelItem, PairPattern, PathPattern, Piece,
    TokenPattern,
};
use crate::model::{Atom, Formula};
use crate::span::{Location, Span};
use crate::syntax::ast::{Item, Object, SetKind, Verb};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L036",
        title: "pattern that another in its list covers",
        explanation: include_str!("redundant_pattern.md"),
    },
    name: "redundant-pattern",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let patterns = Patterns::of(context);
    for file in context.files {
        each_item(&file.tree.items, &mut |item| match item {
            // How the words of a command are counted hangs on each pattern of `count`.
            Item::Sentence(sentence) if sentence.verb.node == Verb::Count => {}
            Item::Sentence(sentence) => {
                look(context, file, &sentence.matches.objects, true, &patterns, report);
                look(context, file, &sentence.matches.except, true, &patterns, report);
            }
            Item::Set(set) => {
                let may_go = set.kind.node != SetKind::Commands;
                look(context, file, &set.members, may_go, &patterns, report);
            }
            _ => {}
        });
    }
}

/// Looks for members of a list that others cover. `may_go`: to leave one out changes nothing else.
fn look(
    context: &Context<'_>,
    file: &File,
    list: &[Object],
    may_go: bool,
    patterns: &Patterns<'_>,
    report: &mut Report<'_>,
) {
    let members: Vec<(usize, Location, Pattern<'_>)> = list
        .iter()
        .enumerate()
        .filter_map(|(index, object)| {
            let (Object::Pattern(text) | Object::Unix { pattern: text, .. }) = object else {
                return None;
            };
            Some((
                index,
                file.place(object.span()),
                *patterns.by_place.get(&file.place(text.span))?,
            ))
        })
        .collect();
    // Only what has a wildcard covers anything but its equal, or what has no port one that has.
    let some_port = members.iter().any(|(_, _, pattern)| pattern.has_port());
    let wide: Vec<&(usize, Location, Pattern<'_>)> = members
        .iter()
        .filter(|(_, _, pattern)| pattern.is_wide(some_port))
        .take(MOST_WIDE)
        .collect();
    let mut written: BTreeMap<&str, Location> = BTreeMap::new();
    for (index, at, pattern) in &members {
        let equal = written.get(pattern.written()).copied();
        written.entry(pattern.written()).or_insert(*at);
        let covering = wide.iter().find(|(other, _, wide)| {
            // Of two that cover each other the first stays.
            other != index && wide.covers(pattern) && !(index < other && pattern.covers(wide))
        });
        let (other, message) = match (equal, covering) {
            (Some(first), _) => (first, format!("`{}` stands here twice", pattern.written())),
            (None, Some((_, place, wide))) => {
                let message = format!("`{}` is covered by `{}`", pattern.written(), wide.written());
                (*place, message)
            }
            (None, None) => continue,
        };
        let mut finding = LINT.at(*at, message).label(other, "this matches all of that");
        let span = without(list, *index);
        let has_comment =
            file.tree.comments.iter().any(|c| span.start < c.span.end && c.span.start < span.end);
        if may_go && !has_comment && !context.text(file.place(span)).is_empty() {
            finding = finding.edit(file.place(span), "");
        }
        report.add(finding.help("leave it out"));
    }
}

/// How many patterns of a list are compared with all others.
const MOST_WIDE: usize = 300;

/// The bytes to take away so that a list lacks one member.
fn without(list: &[Object], index: usize) -> Span {
    let span = list[index].span();
    match (index.checked_sub(1).map(|before| list[before].span()), list.get(index + 1)) {
        (Some(before), _) => Span { start: before.end, end: span.end },
        (None, Some(next)) => Span { start: span.start, end: next.span().start },
        (None, None) => Span { start: span.start, end: span.start },
    }
}

#[derive(Clone, Copy)]
enum Pattern<'a> {
    Path(&'a PathPattern),
    Host(&'a HostPattern),
    Pair(&'a PairPattern),
    Command(&'a CommandPattern),
}

impl<'a> Pattern<'a> {
    fn written(&self) -> &'a str {
        match self {
            Pattern::Path(one) => &one.written,
            Pattern::Host(one) => &one.written,
            Pattern::Pair(one) => &one.written,
            Pattern::Command(one) => &one.written,
        }
    }

    fn covers(&self, other: &Pattern<'_>) -> bool {
        match (self, other) {
            (Pattern::Path(one), Pattern::Path(other)) => covers::path(one, other),
            (Pattern::Host(one), Pattern::Host(other)) => covers::host(one, other),
            (Pattern::Pair(one), Pattern::Pair(other)) => covers::pair(one, other),
            (Pattern::Command(one), Pattern::Command(other)) => covers::command(one, other),
            _ => false,
        }
    }

    fn has_port(&self) -> bool {
        matches!(self, Pattern::Host(one) if one.ports.is_some())
    }

    fn is_wide(&self, some_port: bool) -> bool {
        let varies = |token: &TokenPattern| {
            token.fold || !matches!(token.pieces[..], [] | [Piece::Literal(_)])
        };
        match self {
            Pattern::Path(one) => one.items.iter().any(|item| match item {
                crate::model::pattern::PathItem::AnyDepth => true,
                crate::model::pattern::PathItem::Component(token) => varies(token),
            }),
            Pattern::Host(one) => match &one.shape {
                HostShape::Any | HostShape::Socket(_) => true,
                HostShape::Addresses(first, last) => {
                    first != last || some_port && one.ports.is_none()
                }
                HostShape::Name(items) => {
                    some_port && one.ports.is_none()
                        || items.iter().any(|item| match item {
                            LabelItem::Label(token) => varies(token),
                            LabelItem::OneOrMore | LabelItem::ZeroOrMore => true,
                        })
                }
            },
            Pattern::Pair(one) => varies(&one.first) || varies(&one.second),
            Pattern::Command(one) => crate::lint::programs::has_gap(&one.items),
        }
    }
}

/// Every pattern of the model by where it is written.
struct Patterns<'a> {
    by_place: HashMap<Location, Pattern<'a>>,
}

impl<'a> Patterns<'a> {
    fn of(context: &Context<'a>) -> Patterns<'a> {
        let mut patterns = Patterns { by_place: HashMap::new() };
        for rule in &context.model.rules {
            patterns.formula(&rule.when);
        }
        for proof in &context.model.proofs {
            patterns.formula(&proof.when);
        }
        patterns
    }

    fn formula(&mut self, formula: &'a Formula) {
        match formula {
            Formula::And(parts) | Formula::Or(parts) => {
                for part in parts {
                    self.formula(part);
                }
            }
            Formula::Not(inner) => self.formula(inner),
            Formula::Atom(Atom::Path(_, list)) => {
                self.by_place.extend(list.iter().map(|one| (one.at, Pattern::Path(one))));
            }
            Formula::Atom(Atom::Destination(list) | Atom::Host(_, list)) => {
                self.by_place.extend(list.iter().map(|one| (one.at, Pattern::Host(one))));
            }
            Formula::Atom(Atom::Pair(list)) => {
                self.by_place.extend(list.iter().map(|one| (one.at, Pattern::Pair(one))));
            }
            Formula::Atom(Atom::Command(list)) => {
                self.by_place.extend(list.iter().map(|one| (one.at, Pattern::Command(one))));
            }
            Formula::True | Formula::Atom(_) => {}
        }
    }
}
