//! The fewest atoms of a formula that would have to be otherwise.
//!
//! Of an `or` the cheapest branch counts, of an `and` all of them; under `not` the two change
//! places. An atom that already is as it is wanted costs nothing, an attribute one, and the object
//! as many as it has tokens that differ.

use policy_eval::{Attr, Attribute, HostValue, Judged, PathValue, Truth, Type, safe};

use super::change::{Change, Value};
use super::objects::{self, Subject, one_of};
use super::{Difference, quoted, sample};
use crate::interp::{View, token_matches};
use crate::model::pattern::{
    CommandPattern, HostShape, PathBase, PathItem, PathPattern, Piece, TokenPattern,
};
use crate::model::words;
use crate::model::{Atom, AttrRef, DeclaredType, Formula, Model};

/// How sure a statement has to be to count as holding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    /// Whatever the facts are that are not known.
    Certain,
    /// For some of them.
    Possible,
}

/// An atom that would have to hold, or would have to not hold.
#[derive(Clone, Copy)]
pub(super) struct Literal<'m> {
    atom: &'m Atom,
    wanted: bool,
}

/// The fewest differences of a formula.
#[derive(Clone, Default)]
pub(super) struct Gap<'m> {
    pub(super) cost: u32,
    /// What of the cost is the object's.
    pub(super) of_the_object: u32,
    pub(super) literals: Vec<Literal<'m>>,
}

impl Gap<'_> {
    /// Smaller is nearer: the fewest differences, then those that the caller can change more
    /// easily than what is to be done.
    pub(super) fn key(&self) -> (u32, u32) {
        (self.cost, self.of_the_object)
    }
}

/// Looks for differences of one part.
pub(super) struct Differ<'a> {
    pub(super) model: &'a Model,
    pub(super) judged: &'a Judged<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) subject: &'a Subject<'a>,
    pub(super) sure: Sure,
}

impl<'a> Differ<'a> {
    fn is_so(&self, formula: &Formula, wanted: bool) -> bool {
        let truth = self.view.truth(formula);
        let truth: Truth = if wanted { truth } else { !truth };
        match self.sure {
            Sure::Certain => truth.is_certain(),
            Sure::Possible => truth.is_possible(),
        }
    }

    /// The cheapest way to what is wanted that costs `limit` at most.
    ///
    /// # Cost
    /// Each atom is asked once for each level that it is nested in; what costs more than the limit
    /// is left early.
    pub(super) fn gap<'m>(&self, formula: &'m Formula, wanted: bool, limit: u32) -> Option<Gap<'m>>
    where
        'a: 'm,
    {
        match formula {
            Formula::True => wanted.then(Gap::default),
            Formula::Not(inner) => self.gap(inner, !wanted, limit),
            Formula::And(parts) if wanted => self.all(parts, wanted, limit),
            Formula::Or(parts) if !wanted => self.all(parts, wanted, limit),
            Formula::And(parts) | Formula::Or(parts) => self.any(parts, wanted, limit),
            Formula::Atom(_) if self.is_so(formula, wanted) => Some(Gap::default()),
            Formula::Atom(atom) => {
                let (cost, of_the_object) = self.cost(atom, wanted, limit)?;
                let literal = Literal { atom, wanted };
                (cost <= limit).then(|| Gap { cost, of_the_object, literals: vec![literal] })
            }
        }
    }

    fn all<'m>(&self, parts: &'m [Formula], wanted: bool, limit: u32) -> Option<Gap<'m>>
    where
        'a: 'm,
    {
        let mut all = Gap::default();
        // What is dear is asked last, so that the limit cuts it short.
        let is_dear = |part: &Formula| matches!(part, Formula::Atom(atom) if objects::is_object(atom, self.judged));
        let cheap = parts.iter().filter(|part| !is_dear(part));
        for part in cheap.chain(parts.iter().filter(|part| is_dear(part))) {
            let gap = self.gap(part, wanted, limit - all.cost)?;
            all.cost += gap.cost;
            all.of_the_object += gap.of_the_object;
            all.literals.extend(gap.literals);
        }
        Some(all)
    }

    fn any<'m>(&self, parts: &'m [Formula], wanted: bool, limit: u32) -> Option<Gap<'m>>
    where
        'a: 'm,
    {
        let mut best: Option<Gap<'m>> = None;
        let mut limit = limit;
        for part in parts {
            let Some(gap) = self.gap(part, wanted, limit) else { continue };
            limit = gap.cost;
            let is_best = best.as_ref().is_none_or(|best| gap.key() < best.key());
            if is_best {
                best = Some(gap);
            }
            if limit == 0 {
                break;
            }
        }
        best
    }

    fn cost(&self, atom: &Atom, wanted: bool, limit: u32) -> Option<(u32, u32)> {
        if !objects::is_object(atom, self.judged) {
            return Some((1, 0));
        }
        let cost = match (atom, wanted) {
            (_, true) => self.subject.nearest(atom, limit)?.cost,
            (Atom::Command(patterns), false) if self.avoid(patterns).is_some() => 1,
            // It would have to be something else; what, nobody can say.
            (_, false) => objects::FAR - 1,
        };
        Some((cost, cost))
    }

    fn avoid(&self, patterns: &[CommandPattern]) -> Option<(Difference, Option<Vec<Change>>)> {
        let mut matches = |pattern: &CommandPattern| {
            let alone = Formula::Atom(Atom::Command(vec![pattern.clone()]));
            self.view.truth(&alone).can_hold()
        };
        self.subject.avoid_command(patterns, &mut matches)
    }

    /// A literal in words, and what would have to be changed; none where that cannot be said.
    pub(super) fn step(&self, literal: &Literal<'_>) -> (Difference, Option<Vec<Change>>) {
        let Literal { atom, wanted } = *literal;
        if objects::is_object(atom, self.judged) {
            return self.object_step(atom, wanted);
        }
        let (attr, needs, value) = match atom {
            Atom::Marked(mark) => {
                let name = self.model.marks.get(usize::from(mark.0)).cloned().unwrap_or_default();
                let marked = quoted(&name);
                let (needs, place) = match wanted {
                    true => ("marked", format!("the session does not carry the mark {marked}")),
                    false => ("not marked", format!("the session carries the mark {marked}")),
                };
                let difference = Difference {
                    what: "marks".to_owned(),
                    sent: true,
                    is: None,
                    needs: format!("{needs} {marked}"),
                    place: Some(place),
                };
                return (difference, Some(vec![Change::Mark(name, wanted)]));
            }
            Atom::Text(attr, patterns) => {
                (attr, texts(patterns, wanted), self.text(attr, patterns, wanted))
            }
            Atom::Int(attr, ranges) => {
                let all: Vec<_> = ranges.iter().map(range).collect();
                let needs = negated(one_of(&all), wanted);
                (attr, needs, self.number(attr, ranges, wanted).map(Value::Int))
            }
            Atom::Bool(attr) => (attr, wanted.to_string(), Some(Value::Bool(wanted))),
            Atom::Contains(attr, pattern) => {
                let member = quoted(&words::token(pattern));
                let needs = match wanted {
                    true => format!("a member {member}"),
                    false => format!("no member {member}"),
                };
                (attr, needs, self.members(attr, pattern, wanted))
            }
            Atom::SetEquals(attr, members) => {
                let all: Vec<_> = members.iter().map(|member| quoted(member)).collect();
                let needs = negated(format!("exactly ({})", all.join(", ")), wanted);
                (attr, needs, wanted.then(|| Value::Set(members.clone())))
            }
            Atom::Present(attr) => {
                let needs = if wanted { "to be sent" } else { "not to be sent" };
                let mut difference = self.difference(attr, needs.to_owned());
                let was = if wanted { "was not sent" } else { "was sent" };
                difference.place = Some(format!("{} {was}", difference.what));
                // Any value would do, and which makes sense is not known here.
                let change = (!wanted).then(|| vec![Change::Attribute(attr.clone(), None)]);
                return (difference, change);
            }
            Atom::Path(attr, patterns) => {
                let all: Vec<_> = patterns.iter().map(|pattern| quoted(&pattern.written)).collect();
                let needs = negated(one_of(&deduped(all)), wanted);
                let value = patterns.iter().find_map(|pattern| self.path(pattern));
                (attr, needs, value.filter(|_| wanted).map(Value::Text))
            }
            Atom::Host(attr, patterns) => {
                let all: Vec<_> = patterns.iter().map(|pattern| quoted(&pattern.written)).collect();
                let needs = negated(one_of(&deduped(all)), wanted);
                let value = patterns.iter().find_map(|pattern| match &pattern.shape {
                    HostShape::Addresses(first, _) => Some(first.to_string()),
                    HostShape::Name(_) if !pattern.written.contains(['*', '?', '<']) => {
                        Some(pattern.written.clone())
                    }
                    _ => None,
                });
                (attr, needs, value.filter(|_| wanted).map(Value::Text))
            }
            Atom::Command(_) | Atom::Destination(_) | Atom::Pair(_) => {
                return self.object_step(atom, wanted);
            }
        };
        (
            self.difference(attr, needs),
            value.and_then(|value| change(attr, value)).map(|one| vec![one]),
        )
    }

    fn object_step(&self, atom: &Atom, wanted: bool) -> (Difference, Option<Vec<Change>>) {
        if wanted && let Some(nearest) = self.subject.nearest(atom, objects::LIMIT) {
            return self.subject.step(&nearest);
        }
        if let Atom::Command(patterns) = atom
            && !wanted
            && let Some(found) = self.avoid(patterns)
        {
            return found;
        }
        let described = policy_eval::describe(self.judged.part);
        let action = self.judged.part.action.name();
        let is = described.strip_prefix(action).map(|object| object.trim_start().to_owned());
        let needs = negated(safe(&words::atom(self.model, atom)).into_owned(), wanted);
        let what = match atom {
            Atom::Command(_) => "command",
            Atom::Destination(_) => "destination",
            Atom::Path(..) => "path",
            Atom::Pair(_) => "tool",
            _ => "name",
        };
        let place = (!wanted).then(|| self.matched_object(atom)).flatten();
        (Difference { what: what.to_owned(), sent: true, is, needs, place }, None)
    }

    /// Which pattern the object of a matching rule has matched.
    pub(super) fn matched(&self, formula: &Formula) -> Option<Difference> {
        formula.conjuncts().iter().find_map(|part| match part {
            Formula::Atom(atom) if objects::is_object(atom, self.judged) => {
                let (difference, _) = self.object_step(atom, false);
                difference.place.is_some().then_some(difference)
            }
            _ => None,
        })
    }

    /// Which of the patterns of an object it is that matches.
    fn matched_object(&self, atom: &Atom) -> Option<String> {
        let can_hold = |atom: Atom| self.view.truth(&Formula::Atom(atom)).can_hold();
        let written = match atom {
            Atom::Command(all) => all
                .iter()
                .find(|one| can_hold(Atom::Command(vec![(*one).clone()])))
                .map(|one| &one.written),
            Atom::Destination(all) => all
                .iter()
                .find(|one| can_hold(Atom::Destination(vec![(*one).clone()])))
                .map(|one| &one.written),
            Atom::Path(attr, all) => all
                .iter()
                .find(|one| can_hold(Atom::Path(attr.clone(), vec![(*one).clone()])))
                .map(|one| &one.written),
            Atom::Pair(all) => all
                .iter()
                .find(|one| can_hold(Atom::Pair(vec![(*one).clone()])))
                .map(|one| &one.written),
            _ => None,
        }?;
        Some(format!("it is one of {}", quoted(written)))
    }

    /// An attribute, what it is, and what it would have to be.
    fn difference(&self, attr: &AttrRef, needs: String) -> Difference {
        let (sent, is) = match self.shown(attr) {
            Shown::Unsent => (false, None),
            Shown::Hidden => (true, None),
            Shown::Text(text) => (true, Some(text)),
        };
        let what = safe(&words::attribute(self.model, attr)).into_owned();
        Difference { what, sent, is, needs, place: None }
    }

    /// The value of an attribute, where explanations show it: those of arguments and of declared
    /// attributes may be nobody's business.
    fn shown(&self, attr: &AttrRef) -> Shown {
        let value = match attr {
            AttrRef::Builtin(Attr::ArgsText) => {
                return match self.judged.args() {
                    policy_eval::Args::Known(_) => Shown::Hidden,
                    policy_eval::Args::Unknown => Shown::Unsent,
                };
            }
            AttrRef::Builtin(Attr::Written) => {
                return self.judged.made_text().map_or(Shown::Unsent, |_| Shown::Hidden);
            }
            AttrRef::Builtin(attr) => self.judged.attribute(*attr),
            AttrRef::Argument(path) => {
                return match self.judged.argument(path) {
                    Attribute::Unsent => Shown::Unsent,
                    _ => Shown::Hidden,
                };
            }
            AttrRef::Declared(index) => {
                let name = self.model.attributes.get(*index).map_or("", |one| &one.name);
                return match self.judged.declared(name) {
                    Attribute::Unsent => Shown::Unsent,
                    _ => Shown::Hidden,
                };
            }
        };
        Shown::Text(match value {
            Attribute::Unsent
            | Attribute::Path(PathValue::Unsent)
            | Attribute::Host(HostValue::Unsent) => return Shown::Unsent,
            Attribute::Absent => "nothing".to_owned(),
            Attribute::AtRunTime | Attribute::Path(PathValue::AtRunTime) => {
                "known only at run time".to_owned()
            }
            Attribute::Text(text)
            | Attribute::Path(PathValue::Known(text))
            | Attribute::Host(HostValue::Name(text)) => safe(text).into_owned(),
            Attribute::Host(HostValue::Ip(ip)) => ip.to_string(),
            Attribute::Int(number) => number.to_string(),
            Attribute::Bool(value) => value.to_string(),
            Attribute::Set([]) => "empty".to_owned(),
            Attribute::Set(members) => safe(&members.join(", ")).into_owned(),
            Attribute::Words(_) | Attribute::Host(_) => return Shown::Hidden,
        })
    }

    fn text(&self, attr: &AttrRef, patterns: &[TokenPattern], wanted: bool) -> Option<Value> {
        let matches = |text: &str| patterns.iter().any(|pattern| token_matches(pattern, text));
        let closed: Vec<String> = match attr {
            AttrRef::Builtin(attr) => match attr.ty() {
                Type::OneOf(words) => words.iter().map(|word| (*word).to_owned()).collect(),
                _ => vec![],
            },
            AttrRef::Declared(index) => match &self.model.attributes.get(*index)?.ty {
                DeclaredType::OneOf(words) => words.clone(),
                DeclaredType::Builtin(_) => vec![],
            },
            AttrRef::Argument(_) => vec![],
        };
        if !closed.is_empty() {
            return closed.into_iter().find(|word| matches(word) == wanted).map(Value::Text);
        }
        let text = match wanted {
            true => patterns.iter().find_map(sample::token),
            false => {
                let usual: &[&str] = match attr {
                    AttrRef::Builtin(Attr::Branch) => &["topic", "another"],
                    AttrRef::Builtin(Attr::Method) => &["GET", "HEAD", "POST"],
                    _ => &["another"],
                };
                usual.iter().find(|text| !matches(text)).map(|text| (*text).to_owned())
            }
        };
        text.map(Value::Text)
    }

    /// The nearest number that is in the ranges, or in none of them.
    fn number(&self, attr: &AttrRef, ranges: &[(i64, i64)], wanted: bool) -> Option<i64> {
        let own = match attr {
            AttrRef::Builtin(attr) => self.judged.attribute(*attr),
            AttrRef::Argument(path) => self.judged.argument(path),
            AttrRef::Declared(index) => {
                self.judged.declared(&self.model.attributes.get(*index)?.name)
            }
        };
        let own = if let Attribute::Int(number) = own { Some(number) } else { None };
        let edges = ranges.iter().flat_map(|&(first, last)| match wanted {
            true => [Some(first), Some(last)],
            false => [first.checked_sub(1), last.checked_add(1)],
        });
        let is_in =
            |number: i64| ranges.iter().any(|&(first, last)| (first..=last).contains(&number));
        edges
            .flatten()
            .filter(|&number| is_in(number) == wanted && number != i64::MIN && number != i64::MAX)
            .min_by_key(|&number| own.map_or(number.unsigned_abs(), |own| number.abs_diff(own)))
    }

    fn members(&self, attr: &AttrRef, pattern: &TokenPattern, wanted: bool) -> Option<Value> {
        let own: Vec<String> = match attr {
            AttrRef::Builtin(attr) => match self.judged.attribute(*attr) {
                Attribute::Set(members) => members.iter().map(|&one| one.to_owned()).collect(),
                Attribute::Unsent => vec![],
                _ => return None,
            },
            AttrRef::Declared(index) => {
                match self.judged.declared(&self.model.attributes.get(*index)?.name) {
                    Attribute::Set(members) => members.iter().map(|&one| one.to_owned()).collect(),
                    _ => vec![],
                }
            }
            AttrRef::Argument(_) => return None,
        };
        let mut members = own;
        match wanted {
            true => members.push(sample::token(pattern)?),
            false => members.retain(|one| !token_matches(pattern, one)),
        }
        Some(Value::Set(members))
    }

    /// A path that a pattern matches, where its root is bound.
    fn path(&self, pattern: &PathPattern) -> Option<String> {
        let mut path = match pattern.base {
            PathBase::Absolute => String::new(),
            PathBase::Root(root) => {
                let root = &self.model.roots.get(usize::from(root.0))?.name;
                self.judged.roots.iter().find(|(name, _)| name == root)?.1.to_owned()
            }
        };
        for item in &pattern.items {
            if let PathItem::Component(token) = item {
                path.push('/');
                path.push_str(&sample::token(token)?);
            }
        }
        Some(if path.is_empty() { "/".to_owned() } else { path })
    }
}

enum Shown {
    Unsent,
    /// A value that is not shown.
    Hidden,
    Text(String),
}

/// Where an attribute is changed: some are read from the object.
fn change(attr: &AttrRef, value: Value) -> Option<Change> {
    Some(match (attr, value) {
        (AttrRef::Builtin(Attr::Port), Value::Int(port)) => Change::Port(u16::try_from(port).ok()?),
        (AttrRef::Builtin(Attr::Server), Value::Text(text)) => Change::Server(text),
        (AttrRef::Builtin(Attr::Tool), Value::Text(text)) => Change::Tool(text),
        (AttrRef::Builtin(Attr::Kind), Value::Text(text)) => Change::Kind(text),
        (AttrRef::Builtin(Attr::Name | Attr::Credential), Value::Text(text)) => Change::Name(text),
        (AttrRef::Builtin(Attr::Host | Attr::Ip), Value::Text(text)) => Change::Host(text),
        (attr, value) => Change::Attribute(attr.clone(), Some(value)),
    })
}

fn range(&(first, last): &(i64, i64)) -> String {
    match (first, last) {
        (i64::MIN, last) => format!("at most {last}"),
        (first, i64::MAX) => format!("at least {first}"),
        range => words::number_range(&range),
    }
}

fn texts(patterns: &[TokenPattern], wanted: bool) -> String {
    let all: Vec<_> = patterns
        .iter()
        .map(|pattern| match (pattern.as_literal(), &pattern.pieces[..]) {
            (Some(text), _) => quoted(text),
            (None, [Piece::Regex(source)]) => format!("one that matches {}", quoted(source)),
            (None, _) => format!("like {}", quoted(&words::token(pattern))),
        })
        .collect();
    match wanted {
        true => one_of(&all),
        false => format!("other than {}", listed(&all)),
    }
}

fn listed(all: &[String]) -> String {
    const NAMED: usize = 3;
    let mut text = all[..all.len().min(NAMED)].join(", ");
    if NAMED < all.len() {
        text += ", …";
    }
    text
}

fn negated(text: String, wanted: bool) -> String {
    if wanted { text } else { format!("not {text}") }
}

fn deduped(mut all: Vec<String>) -> Vec<String> {
    all.dedup();
    all
}
