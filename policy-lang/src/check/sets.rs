//! Patterns by kind, and the members of sets.

use std::collections::{BTreeMap, BTreeSet};

use policy_eval::{ObjectKind, Type};

use super::error::{CheckError, Report};
use super::files::Files;
use super::pattern::{self, BuiltinSet, PatternError};
use super::scope::{Scopes, SetRef, set_name};
use crate::diagnostic::nearest;
use crate::model::pattern::{
    CommandPattern, HostPattern, HostShape, PairPattern, PathPattern, TokenPattern,
};
use crate::span::{Location, SourceId};
use crate::syntax::ast::{self, Item, Name, Object, SetKind, Text, TextKind};

/// What kind of thing a pattern describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Path,
    Host,
    Tool,
    Package,
    Command,
    Text,
}

impl Kind {
    /// The kind of a set's members.
    pub(super) fn of_set(kind: SetKind) -> Kind {
        match kind {
            SetKind::Paths => Kind::Path,
            SetKind::Hosts => Kind::Host,
            SetKind::Tools => Kind::Tool,
            SetKind::Commands => Kind::Command,
            SetKind::Strings => Kind::Text,
        }
    }

    /// The kind of set whose members are of this kind.
    fn set(self) -> Option<SetKind> {
        SetKind::ALL.into_iter().find(|set| Kind::of_set(*set) == self)
    }

    /// What an error message calls it, with its article.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::Path => ObjectKind::Path.describe(),
            Kind::Host => ObjectKind::Host.describe(),
            Kind::Tool => ObjectKind::Tool.describe(),
            Kind::Package => ObjectKind::Package.describe(),
            Kind::Command => ObjectKind::Command.describe(),
            Kind::Text => Type::String.describe(),
        }
    }
}

/// Patterns of one kind.
#[derive(Clone, Debug)]
pub(super) enum Patterns {
    Paths(Vec<PathPattern>),
    Hosts(Vec<HostPattern>),
    Pairs(Vec<PairPattern>),
    Commands(Vec<CommandPattern>),
    Texts(Vec<TokenPattern>),
}

impl Patterns {
    /// No pattern yet.
    pub(super) fn none(kind: Kind) -> Patterns {
        match kind {
            Kind::Path => Patterns::Paths(Vec::new()),
            Kind::Host => Patterns::Hosts(Vec::new()),
            Kind::Tool | Kind::Package => Patterns::Pairs(Vec::new()),
            Kind::Command => Patterns::Commands(Vec::new()),
            Kind::Text => Patterns::Texts(Vec::new()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Patterns::Paths(list) => list.len(),
            Patterns::Hosts(list) => list.len(),
            Patterns::Pairs(list) => list.len(),
            Patterns::Commands(list) => list.len(),
            Patterns::Texts(list) => list.len(),
        }
    }

    /// Adds patterns of the same kind.
    pub(super) fn extend(&mut self, more: Patterns) {
        match (self, more) {
            (Patterns::Paths(list), Patterns::Paths(more)) => list.extend(more),
            (Patterns::Hosts(list), Patterns::Hosts(more)) => list.extend(more),
            (Patterns::Pairs(list), Patterns::Pairs(more)) => list.extend(more),
            (Patterns::Commands(list), Patterns::Commands(more)) => list.extend(more),
            (Patterns::Texts(list), Patterns::Texts(more)) => list.extend(more),
            // Who adds a set has compared the kinds, or reported that they differ.
            _ => {}
        }
    }
}

/// Parses the pattern in a string.
pub(super) fn parse(
    kind: Kind,
    text: &Text,
    file: SourceId,
    scopes: &Scopes,
) -> Result<Patterns, PatternError> {
    let fold = text.kind == TextKind::IgnoreCase;
    let at = Location { source: file, span: text.span };
    let written = text.value.clone();
    let value = text.value.as_str();
    Ok(match kind {
        Kind::Path => {
            let (base, items) = pattern::path(value, fold, &scopes.of(file).roots)?;
            Patterns::Paths(vec![PathPattern { base, items, written, at }])
        }
        Kind::Host => Patterns::Hosts(
            pattern::host(value)?
                .into_iter()
                .map(|(shape, ports)| HostPattern { shape, ports, written: written.clone(), at })
                .collect(),
        ),
        Kind::Tool | Kind::Package => {
            let parse = if kind == Kind::Tool { pattern::tool } else { pattern::package };
            let (first, second) = parse(value, fold)?;
            Patterns::Pairs(vec![PairPattern { first, second, written, at }])
        }
        Kind::Command => {
            let (items, flags) = pattern::command(value, fold)?;
            Patterns::Commands(vec![CommandPattern { items, flags, written, at }])
        }
        Kind::Text => Patterns::Texts(vec![pattern::glob(value, fold)?]),
    })
}

/// `unix "PATH"`
pub(super) fn parse_socket(
    text: &Text,
    file: SourceId,
    scopes: &Scopes,
) -> Result<Patterns, PatternError> {
    let fold = text.kind == TextKind::IgnoreCase;
    let at = Location { source: file, span: text.span };
    let (base, items) = pattern::path(&text.value, fold, &scopes.of(file).roots)?;
    let written = text.value.clone();
    let path = PathPattern { base, items, written: written.clone(), at };
    let written = format!("unix \"{written}\"");
    Ok(Patterns::Hosts(vec![HostPattern {
        shape: HostShape::Socket(path),
        ports: None,
        written,
        at,
    }]))
}

/// `@name`: the members under the set's own name.
pub(super) fn builtin(name: &Name, file: SourceId, report: &mut Report) -> Option<Patterns> {
    let at = Location { source: file, span: name.span };
    let Some(set) = BuiltinSet::from_name(&name.node) else {
        let names = BuiltinSet::ALL.iter().map(|set| set.name());
        let nearest = nearest(&name.node, names);
        report.add(CheckError::UnknownBuiltin { name: name.node.clone(), nearest }.at(at));
        return None;
    };
    let written = format!("@{}", set.name());
    let hosts = pattern::builtin_hosts(set)
        .into_iter()
        .map(|(shape, ports)| HostPattern { shape, ports, written: written.clone(), at })
        .collect();
    Some(Patterns::Hosts(hosts))
}

/// The members that a set writes itself, and the sets that it names.
struct Own {
    patterns: Patterns,
    sets: Vec<SetRef>,
}

/// The sets of all files. Each string in them is parsed once.
pub(super) struct Sets {
    by_file: Vec<BTreeMap<usize, Own>>,
}

impl Sets {
    /// Reads the sets of all files.
    pub(super) fn read(files: &Files, scopes: &Scopes, report: &mut Report) -> Sets {
        let mut sets = Sets { by_file: Vec::new() };
        for file in files.all() {
            let items = files.tree(file).items.iter().enumerate();
            let own = items.filter_map(|(index, item)| match item {
                Item::Set(set) => Some((index, read_set(set, file, scopes, report))),
                _ => None,
            });
            sets.by_file.push(own.collect());
        }
        sets.refuse_circles(files, report);
        sets
    }

    /// All members of a set, those of the sets in it too, each once; and how many patterns and
    /// sets were looked at.
    pub(super) fn members(&self, set: SetRef, kind: Kind) -> (Patterns, usize) {
        let mut members = Patterns::none(kind);
        let (mut seen, mut next) = (BTreeSet::from([set]), vec![set]);
        while let Some(set) = next.pop() {
            let Some(own) = self.own(set) else { continue };
            members.extend(own.patterns.clone());
            next.extend(own.sets.iter().filter(|set| seen.insert(**set)));
        }
        let cost = members.len() + seen.len();
        (members, cost)
    }

    fn own(&self, (file, index): SetRef) -> Option<&Own> {
        self.by_file.get(file.0 as usize)?.get(&index)
    }

    /// Reports a set of each circle.
    fn refuse_circles(&self, files: &Files, report: &mut Report) {
        let (mut open, mut done) = (BTreeSet::new(), BTreeSet::new());
        for start in self.all() {
            // The sets on the way from `start`, and how many of the sets in each were followed.
            let mut way = vec![(start, 0)];
            while let Some((set, followed)) = way.last_mut() {
                let set = *set;
                let next = self.own(set).and_then(|own| own.sets.get(*followed)).copied();
                *followed += 1;
                open.insert(set);
                match next {
                    Some(next) if open.contains(&next) => {
                        let (name, at) = set_name(files, next);
                        report.add(CheckError::Circle { what: "set", name }.at(at));
                    }
                    Some(next) if !done.contains(&next) => way.push((next, 0)),
                    Some(_) => {}
                    None => {
                        open.remove(&set);
                        done.insert(set);
                        way.pop();
                    }
                }
            }
        }
    }

    /// Every set, in the order of files.
    fn all(&self) -> impl Iterator<Item = SetRef> {
        self.by_file
            .iter()
            .enumerate()
            .flat_map(|(file, sets)| sets.keys().map(move |index| (SourceId(file as u32), *index)))
    }
}

fn read_set(set: &ast::Set, file: SourceId, scopes: &Scopes, report: &mut Report) -> Own {
    let kind = Kind::of_set(set.kind.node);
    let mut own = Own { patterns: Patterns::none(kind), sets: Vec::new() };
    for member in &set.members {
        let at = Location { source: file, span: member.span() };
        let parsed = match member {
            Object::Pattern(text) => (parse(kind, text, file, scopes), text),
            Object::Unix { pattern, .. } if kind == Kind::Host => {
                (parse_socket(pattern, file, scopes), pattern)
            }
            Object::Unix { .. } => {
                let place = format!("a set of {}", set.kind.node.name());
                report.add(CheckError::SocketMisplaced { place }.at(at));
                continue;
            }
            Object::Set(name) => {
                own.sets.extend(lookup(name, kind, file, scopes, report));
                continue;
            }
            Object::Builtin(name) if kind == Kind::Host => {
                if let Some(patterns) = builtin(name, file, report) {
                    own.patterns.extend(patterns);
                }
                continue;
            }
            Object::Builtin(_) => {
                report.add(CheckError::BuiltinMisplaced { wanted: kind.describe() }.at(at));
                continue;
            }
            Object::Star(_) => {
                report.add(CheckError::StarInSet.at(at));
                continue;
            }
        };
        match parsed {
            (Ok(patterns), _) => own.patterns.extend(patterns),
            (Err(error), text) => report.add_pattern(error, text, file),
        }
    }
    own
}

/// The set that a name names, where it is of the kind that is wanted.
pub(super) fn lookup(
    name: &Name,
    wanted: Kind,
    file: SourceId,
    scopes: &Scopes,
    report: &mut Report,
) -> Option<SetRef> {
    let at = Location { source: file, span: name.span };
    let sets = &scopes.of(file).sets;
    let Some(&(set, kind)) = sets.get(&name.node) else {
        // A set of the right kind is the likelier one.
        let right = sets.iter().filter(|(_, (_, kind))| Kind::of_set(*kind) == wanted);
        let near = report.nearest(&name.node, right.map(|(name, _)| name.as_str()));
        let near = near.or_else(|| report.nearest(&name.node, sets.keys().map(String::as_str)));
        let error = CheckError::UnknownSet {
            name: name.node.clone(),
            nearest: near.map(str::to_owned),
            keyword: wanted.set().map(SetKind::name),
        };
        report.add_once(&name.node, error.at(at));
        return None;
    };
    if Kind::of_set(kind) == wanted {
        return Some(set);
    }
    let (set, kind) = (name.node.clone(), kind.name());
    report.add(CheckError::WrongSet { set, kind, wanted: wanted.describe() }.at(at));
    None
}
