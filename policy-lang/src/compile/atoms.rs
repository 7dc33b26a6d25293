//! From the atoms of the model to those of the tables.
//!
//! An atom of the model may ask several things at once (names, addresses and ports of a
//! destination; paths under several roots). Here each becomes a formula over atoms that ask one
//! variable each; equal ones are made once.

use std::net::IpAddr;

use policy_eval::engine::tables::{Plain, Source, Split, Start, expr};
use policy_eval::{Attr, Type};
use rustc_hash::FxHashMap;

use super::grouped;
use crate::automata::group::{CommandShape, Item, Predicate, fold_token};
use crate::model::pattern::{
    CommandPattern, FlagConstraint, HostPattern, HostShape, LabelItem, PathBase, PathItem,
    PathPattern, TokenPattern, WordItem,
};
use crate::model::{Atom, AttrRef, DeclaredType, Formula, Model, Root};

/// What an atom of the tables asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    /// A predicate over the tokens of a sequence.
    Sequence {
        sequence: SequenceKey,
        start: Start,
        predicate: Predicate,
    },
    /// A number in one of the ranges.
    Number(Source, Vec<(i64, i64)>),
    /// An address in one of the ranges.
    Address(Source, Vec<(IpAddr, IpAddr)>),
    Bool(Source),
    Contains(Source, TokenPattern),
    SetEquals(Source, Vec<String>),
    Marked(u8),
    Present(Source),
    /// Any value at all.
    Any(Source),
    AnyDestination,
}

/// A sequence, as predicates name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SequenceKey {
    pub(crate) source: Source,
    pub(crate) split: Split,
    pub(crate) fold: bool,
}

/// A formula over atoms of the tables, by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lowered {
    True,
    Atom(u32),
    Not(Box<Lowered>),
    And(Vec<Lowered>),
    Or(Vec<Lowered>),
}

/// How many patterns with flags one atom asks for.
const FLAGGED_TOGETHER: usize = 4;

/// The atoms of the tables, each once.
pub(crate) struct Atoms<'m> {
    model: &'m Model,
    pub(crate) asks: Vec<Ask>,
    /// By atom: its counterpart in folded forms.
    pub(crate) folded: Vec<u32>,
    numbers: FxHashMap<Ask, u32>,
}

impl<'m> Atoms<'m> {
    pub(crate) fn new(model: &'m Model) -> Atoms<'m> {
        Atoms { model, asks: Vec::new(), folded: Vec::new(), numbers: FxHashMap::default() }
    }

    fn number(&mut self, ask: Ask) -> u32 {
        if let Some(&number) = self.numbers.get(&ask) {
            return number;
        }
        let number = self.asks.len() as u32;
        self.asks.push(ask.clone());
        self.folded.push(number);
        let folded = folded(&ask);
        self.numbers.insert(ask, number);
        if let Some(folded) = folded {
            self.folded[number as usize] = self.number(folded);
        }
        number
    }

    fn atom(&mut self, ask: Ask) -> Lowered {
        Lowered::Atom(self.number(ask))
    }

    /// The formula over atoms of the tables.
    pub(crate) fn formula(&mut self, formula: &Formula) -> Lowered {
        match formula {
            Formula::True => Lowered::True,
            Formula::Atom(atom) => self.lower(atom),
            Formula::Not(inner) => Lowered::Not(Box::new(self.formula(inner))),
            Formula::And(parts) => {
                Lowered::And(parts.iter().map(|one| self.formula(one)).collect())
            }
            Formula::Or(parts) => Lowered::Or(parts.iter().map(|one| self.formula(one)).collect()),
        }
    }

    fn lower(&mut self, atom: &Atom) -> Lowered {
        match atom {
            Atom::Path(attr, patterns) => {
                let source = self.source(attr);
                self.paths(source, patterns)
            }
            Atom::Command(patterns) => self.commands(patterns),
            Atom::Destination(patterns) => self.destination(patterns),
            Atom::Host(attr, patterns) => {
                let source = self.source(attr);
                self.hosts(&source, patterns)
            }
            Atom::Pair(patterns) => {
                if patterns.iter().any(|pair| pair.first.is_any() && pair.second.is_any()) {
                    return Lowered::True;
                }
                let items = |token: &TokenPattern| Item::One(token.clone());
                let predicate = Predicate::Tokens(
                    patterns
                        .iter()
                        .map(|pair| vec![items(&pair.first), items(&pair.second)])
                        .collect(),
                );
                self.tokens(Source::Pair, Split::Halves, Start::Beginning, predicate)
            }
            Atom::Text(attr, patterns) => {
                let source = self.source(attr);
                let predicate = Predicate::Tokens(
                    patterns.iter().map(|pattern| vec![Item::One(pattern.clone())]).collect(),
                );
                self.tokens(source, Split::Whole, Start::Beginning, predicate)
            }
            Atom::Int(attr, ranges) => {
                let source = self.source(attr);
                self.atom(Ask::Number(source, ranges.clone()))
            }
            Atom::Bool(attr) => {
                let source = self.source(attr);
                self.atom(Ask::Bool(source))
            }
            Atom::Contains(attr, pattern) => {
                let source = self.source(attr);
                self.atom(Ask::Contains(source, pattern.clone()))
            }
            Atom::SetEquals(attr, members) => {
                let source = self.source(attr);
                self.atom(Ask::SetEquals(source, members.clone()))
            }
            Atom::Marked(mark) => self.atom(Ask::Marked(mark.0)),
            Atom::Present(attr) => {
                let source = self.source(attr);
                self.atom(Ask::Present(source))
            }
        }
    }

    /// Where an attribute comes from.
    fn source(&self, attr: &AttrRef) -> Source {
        match attr {
            AttrRef::Builtin(attr) => Source::Builtin(*attr),
            AttrRef::Argument(names) => {
                Source::Argument(names.iter().map(|name| name.as_str().into()).collect())
            }
            AttrRef::Declared(index) => {
                let declared = &self.model.attributes[*index];
                let name = declared.name.as_str().into();
                match declared.ty {
                    DeclaredType::Builtin(Type::Path) => Source::DeclaredPath(name),
                    DeclaredType::Builtin(Type::Host) => Source::DeclaredHost(name),
                    DeclaredType::Builtin(Type::Ip) => Source::DeclaredIp(name),
                    DeclaredType::Builtin(Type::Int) => Source::Declared(name, Plain::Int),
                    DeclaredType::Builtin(Type::Bool) => Source::Declared(name, Plain::Bool),
                    DeclaredType::Builtin(Type::StringSet) => Source::Declared(name, Plain::Set),
                    _ => Source::Declared(name, Plain::Text),
                }
            }
        }
    }

    fn tokens(
        &mut self,
        source: Source,
        split: Split,
        start: Start,
        predicate: Predicate,
    ) -> Lowered {
        let sequence = SequenceKey { source, split, fold: false };
        self.atom(Ask::Sequence { sequence, start, predicate })
    }

    /// Patterns that speak of flags multiply each other's states, so a rule with many of them asks
    /// several atoms.
    fn commands(&mut self, patterns: &[CommandPattern]) -> Lowered {
        let (flagged, plain): (Vec<_>, Vec<_>) =
            patterns.iter().cloned().partition(|pattern| !pattern.flags.is_empty());
        if flagged.len() <= FLAGGED_TOGETHER {
            return match self.command(patterns) {
                Some(number) => Lowered::Atom(number),
                None => Lowered::Or(Vec::new()),
            };
        }
        let parts = std::iter::once(&plain[..]).chain(flagged.chunks(FLAGGED_TOGETHER));
        Lowered::Or(parts.filter_map(|part| self.command(part)).map(Lowered::Atom).collect())
    }

    /// The number of the atom that asks for one of these commands; none for no pattern.
    pub(crate) fn command(&mut self, patterns: &[CommandPattern]) -> Option<u32> {
        if patterns.is_empty() {
            return None;
        }
        let predicate = Predicate::Commands(patterns.iter().map(CommandShape::from).collect());
        let sequence = SequenceKey { source: Source::Command, split: Split::Words, fold: false };
        Some(self.number(Ask::Sequence { sequence, start: Start::Beginning, predicate }))
    }

    /// The atom that says where a root can lie. None where it says nothing, or speaks of other
    /// roots: it may then lie anywhere.
    pub(crate) fn within(&mut self, root: &Root) -> Option<u32> {
        if root.within.is_empty()
            || root.within.iter().any(|pattern| pattern.base != PathBase::Absolute)
        {
            return None;
        }
        let source = Source::Root(root.name.as_str().into());
        match self.paths(source, &root.within) {
            Lowered::Atom(number) => Some(number),
            _ => None,
        }
    }

    fn paths(&mut self, source: Source, patterns: &[PathPattern]) -> Lowered {
        let by_start = grouped(patterns.iter().map(|pattern| {
            let start = match pattern.base {
                PathBase::Absolute => Start::Beginning,
                PathBase::Root(root) => Start::Root(root.0),
            };
            let items = pattern.items.iter().map(|item| match item {
                PathItem::Component(token) => Item::One(token.clone()),
                PathItem::AnyDepth => Item::Any,
            });
            (start, items.collect())
        }));
        any(by_start
            .into_iter()
            .map(|(start, list)| {
                let predicate = Predicate::Tokens(list);
                self.tokens(source.clone(), Split::Components, start, predicate)
            })
            .collect())
    }

    fn destination(&mut self, patterns: &[HostPattern]) -> Lowered {
        let by_ports = grouped(patterns.iter().map(|pattern| (pattern.ports, pattern)));
        any(by_ports
            .into_iter()
            .map(|(ports, list)| {
                let hosts = self.destination_hosts(&list);
                match ports {
                    None => hosts,
                    Some((first, last)) => {
                        let source = Source::Builtin(Attr::Port);
                        let range = vec![(i64::from(first), i64::from(last))];
                        Lowered::And(vec![hosts, self.atom(Ask::Number(source, range))])
                    }
                }
            })
            .collect())
    }

    fn destination_hosts(&mut self, patterns: &[&HostPattern]) -> Lowered {
        let mut asks = Vec::new();
        if patterns.iter().any(|pattern| pattern.shape == HostShape::Any) {
            asks.push(self.atom(Ask::AnyDestination));
        }
        let sockets: Vec<PathPattern> = patterns
            .iter()
            .filter_map(|pattern| match &pattern.shape {
                HostShape::Socket(path) => Some(path.clone()),
                _ => None,
            })
            .collect();
        if !sockets.is_empty() {
            asks.push(self.paths(Source::Builtin(Attr::Socket), &sockets));
        }
        asks.extend(self.names_and_addresses(&Source::Destination, patterns.iter().copied()));
        any(asks)
    }

    fn hosts(&mut self, source: &Source, patterns: &[HostPattern]) -> Lowered {
        let mut asks = Vec::new();
        if patterns.iter().any(|pattern| pattern.shape == HostShape::Any) {
            asks.push(self.atom(Ask::Any(source.clone())));
        }
        asks.extend(self.names_and_addresses(source, patterns.iter()));
        any(asks)
    }

    fn names_and_addresses<'p>(
        &mut self,
        source: &Source,
        patterns: impl Iterator<Item = &'p HostPattern>,
    ) -> Vec<Lowered> {
        let mut names = Vec::new();
        let mut addresses = Vec::new();
        for pattern in patterns {
            match &pattern.shape {
                HostShape::Name(labels) => names.push(labels_from_the_right(labels)),
                HostShape::Addresses(first, last) => addresses.push((*first, *last)),
                HostShape::Any | HostShape::Socket(_) => {}
            }
        }
        let mut asks = Vec::new();
        if !names.is_empty() {
            let predicate = Predicate::Tokens(names);
            asks.push(self.tokens(source.clone(), Split::Labels, Start::Beginning, predicate));
        }
        if !addresses.is_empty() {
            asks.push(self.atom(Ask::Address(source.clone(), addresses)));
        }
        asks
    }
}

fn any(mut parts: Vec<Lowered>) -> Lowered {
    if parts.len() == 1 { parts.remove(0) } else { Lowered::Or(parts) }
}

fn labels_from_the_right(labels: &[LabelItem]) -> Vec<Item> {
    let mut items = Vec::new();
    for label in labels.iter().rev() {
        match label {
            LabelItem::Label(token) => items.push(Item::One(token.clone())),
            LabelItem::ZeroOrMore => items.push(Item::Any),
            LabelItem::OneOrMore => items.extend([Item::One(TokenPattern::any()), Item::Any]),
        }
    }
    items
}

/// The same question of a command whose program's name is folded.
fn folded(ask: &Ask) -> Option<Ask> {
    let Ask::Sequence { sequence, start, predicate: Predicate::Commands(patterns) } = ask else {
        return None;
    };
    if sequence.fold {
        return None;
    }
    let predicate = Predicate::Commands(
        patterns
            .iter()
            .map(|shape| CommandShape {
                items: fold_first(&shape.items),
                flags: shape
                    .flags
                    .iter()
                    .map(|flags| FlagConstraint {
                        after: fold_first(&flags.after),
                        ..flags.clone()
                    })
                    .collect(),
            })
            .collect(),
    );
    let sequence = SequenceKey { fold: true, ..sequence.clone() };
    Some(Ask::Sequence { sequence, start: *start, predicate })
}

/// The items with the program's name folded. Items behind one that takes any words may also be
/// the first word, but then they need not be: only what must be the first word is folded.
fn fold_first(items: &[WordItem]) -> Vec<WordItem> {
    let mut items = items.to_vec();
    match items.first_mut() {
        Some(WordItem::Word(token)) => *token = fold_token(token),
        Some(WordItem::Alternatives(lists)) => {
            for list in lists {
                *list = fold_first(list);
            }
        }
        Some(WordItem::AnyWords) | None => {}
    }
    items
}

impl Lowered {
    /// Writes the formula; gives its place.
    pub(crate) fn write(&self, exprs: &mut Vec<u32>) -> u32 {
        let at = exprs.len() as u32;
        self.append(exprs);
        at
    }

    fn append(&self, exprs: &mut Vec<u32>) {
        let mut many = |operator: u32, parts: &[Lowered]| {
            exprs.push(operator | (parts.len() as u32) << expr::BITS);
            parts.iter().for_each(|part| part.append(exprs));
        };
        match self {
            Lowered::True => exprs.push(expr::TRUE),
            Lowered::Atom(number) => exprs.push(expr::ATOM | number << expr::BITS),
            Lowered::Not(inner) => {
                exprs.push(expr::NOT);
                inner.append(exprs);
            }
            Lowered::And(parts) => many(expr::AND, parts),
            Lowered::Or(parts) => many(expr::OR, parts),
        }
    }

    /// Whether it asks for a destination outside every `Not`.
    pub(crate) fn asks_addresses(&self, atoms: &Atoms<'_>) -> bool {
        match self {
            Lowered::Atom(number) => match &atoms.asks[*number as usize] {
                Ask::Address(source, _) => *source == Source::Destination,
                _ => false,
            },
            Lowered::And(parts) | Lowered::Or(parts) => {
                parts.iter().any(|part| part.asks_addresses(atoms))
            }
            Lowered::True | Lowered::Not(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use policy_eval::{Request, Tier};

    use crate::check::no_includes;
    use crate::span::Source;

    /// Each letter doubles what one automaton has to tell apart in a cluster of flags.
    #[test]
    fn a_rule_may_forbid_many_flags_of_many_commands() {
        let letters = 'a'..='x';
        let patterns: Vec<_> =
            letters.map(|letter| format!("\"c{letter} {{no -{letter}|-Z}} ...\"")).collect();
        let text = format!("allow run {}", patterns.join(", "));
        let policy = crate::compile(vec![Source::new("a.policy", text)], &no_includes)
            .unwrap_or_else(|failure| panic!("{failure}"));
        for (command, expected) in [
            ("ca -b", Tier::Allow),
            ("cb -b", Tier::Ask),
            ("cx -abx", Tier::Ask),
            ("cx -ab", Tier::Allow),
            ("cx -abZ", Tier::Ask),
            ("cy", Tier::Ask),
        ] {
            assert_eq!(policy.decide(&Request::shell(command)).tier, expected, "{command}");
        }
    }
}
