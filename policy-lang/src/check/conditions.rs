//! Conditions: each attribute has a type, and each comparison must fit it.
//!
//! A condition is read once, for its names and types. Which actions have the attributes is asked
//! for each sentence that the condition holds for, since a block's condition is for several.

use policy_eval::{Action, ActionSet, Attr, Type};

use super::error::{CheckError, quoted};
use super::pattern;
use super::sentences::Checker;
use super::sets::{Kind, Patterns, parse};
use super::types::{Ty, describe, folds, range, symbol};
use crate::diagnostic::nearest;
use crate::model::pattern::{HostPattern, HostShape, PathPattern, TokenPattern};
use crate::model::{Atom, AttrRef, DeclaredType, Formula};
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{AttributePath, Comparison, Condition, List, Name, SetKind, Text, Value};

/// What people write who come from elsewhere, and the attribute that they mean.
const HABITS: &[(&str, &str)] = &[
    ("arguments", "args.NAME"),
    ("cmd", "argv"),
    ("command", "argv"),
    ("domain", "host"),
    ("file", "path"),
    ("filename", "path"),
    ("group", "groups"),
    ("hostname", "host"),
    ("os", "platform"),
    ("params", "args.NAME"),
    ("principal", "user"),
    ("role", "groups"),
    ("roles", "groups"),
    ("tool_name", "tool"),
    ("url", "url_path"),
    ("username", "user"),
];

/// A condition, and what must be known of it where it stands.
pub(super) struct Lowered {
    pub(super) formula: Formula,
    uses: Uses,
    /// How many patterns and tests it has.
    pub(super) size: usize,
}

impl Lowered {
    /// A condition without attributes that belong to single actions.
    pub(super) fn of(formula: Formula) -> Lowered {
        let size = size(&formula);
        Lowered { formula, uses: Uses::default(), size }
    }
}

/// The attributes in a condition that not every action has, and where each stands first.
#[derive(Default)]
struct Uses(Vec<(AttrRef, Location)>);

impl Uses {
    /// Arguments of calls all belong to the same action, so the first stands for all.
    fn note(&mut self, subject: &Subject) {
        let is_argument = |attr: &AttrRef| matches!(attr, AttrRef::Argument(_));
        let known = self.0.iter().any(|(attr, _)| {
            *attr == subject.attr || is_argument(attr) && is_argument(&subject.attr)
        });
        if actions_of(&subject.attr) != ActionSet::ALL && !known {
            self.0.push((subject.attr.clone(), subject.at));
        }
    }
}

/// An attribute where it stands: which one, its type, and how it is written.
pub(super) struct Subject {
    pub(super) attr: AttrRef,
    pub(super) ty: Ty,
    pub(super) name: String,
    pub(super) at: Location,
}

/// What a value compares with: the parts of one atom.
enum Operand {
    Texts(Vec<TokenPattern>),
    Int(i64),
    Bool(bool),
    Paths(Vec<PathPattern>),
    Hosts(Vec<HostPattern>),
    Set(Vec<String>),
}

impl Checker<'_> {
    /// Reads a condition. The parser bounds its depth.
    pub(super) fn condition(&mut self, condition: &Condition, file: SourceId) -> Lowered {
        let mut uses = Uses::default();
        let formula = self.formula(condition, file, &mut uses);
        let size = size(&formula);
        Lowered { formula, uses, size }
    }

    /// Reports the attributes of a condition that not all of the actions have.
    pub(super) fn fits(&mut self, condition: &Lowered, actions: ActionSet) {
        for (attr, at) in &condition.uses.0 {
            let of = actions_of(attr);
            if let Some(action) = actions.iter().find(|action| !of.contains(*action)) {
                self.attribute_of_others(attr, action, *at);
            }
        }
    }

    /// Reports an attribute that requests with an action do not have.
    pub(super) fn attribute_of_others(&mut self, attr: &AttrRef, action: Action, at: Location) {
        let name = match attr {
            AttrRef::Builtin(attr) => attr.name().to_owned(),
            AttrRef::Argument(names) => format!("args.{}", names.join(".")),
            AttrRef::Declared(index) => self.scopes.attributes[*index].name.clone(),
        };
        let own = Attr::ALL.iter().filter(|attr| attr.actions().contains(action));
        let nearest = nearest(&name, own.map(|attr| attr.name())).map(str::to_owned);
        let error = CheckError::AttributeOfOthers { name, action, of: actions_of(attr), nearest };
        self.report.add(error.at(at));
    }

    fn formula(&mut self, condition: &Condition, file: SourceId, uses: &mut Uses) -> Formula {
        let attribute = match condition {
            Condition::And(parts, _) => {
                let parts: Vec<_> =
                    parts.iter().map(|part| self.formula(part, file, uses)).collect();
                return Formula::and(parts);
            }
            Condition::Or(parts, _) => {
                return Formula::Or(
                    parts.iter().map(|part| self.formula(part, file, uses)).collect(),
                );
            }
            Condition::Not(inner, _) => return not(self.formula(inner, file, uses)),
            Condition::Marked { name, .. } => {
                return Formula::Atom(Atom::Marked(self.mark(&name.value)));
            }
            Condition::Compare { attribute, .. }
            | Condition::In { attribute, .. }
            | Condition::Like { attribute, .. }
            | Condition::Matches { attribute, .. }
            | Condition::Contains { attribute, .. }
            | Condition::Present { attribute, .. }
            | Condition::Holds(attribute) => attribute,
        };
        // What is wrong is reported, so what the formula says then plays no part.
        let Some(subject) = self.subject(attribute, file) else { return Formula::True };
        uses.note(&subject);
        self.test(condition, subject).unwrap_or(Formula::True)
    }

    /// A condition on one attribute.
    fn test(&mut self, condition: &Condition, subject: Subject) -> Option<Formula> {
        match condition {
            Condition::Compare { op, value, .. } => match op.node {
                Comparison::Equal => self.equal(&subject, value),
                Comparison::NotEqual => self.equal(&subject, value).map(not),
                order => self.order(&subject, order, op.span, value),
            },
            Condition::In { list, .. } => self.within(&subject, list),
            Condition::Like { pattern, .. } => self.like(&subject, pattern),
            Condition::Matches { regex, .. } => self.regex(&subject, regex),
            Condition::Contains { value, .. } => self.contains(&subject, value),
            Condition::Present { .. } => Some(Formula::Atom(Atom::Present(subject.attr))),
            Condition::Holds(_) => self.holds(&subject),
            // These have no attribute.
            Condition::And(..) | Condition::Or(..) | Condition::Not(..) => None,
            Condition::Marked { .. } => None,
        }
    }

    /// Looks an attribute up.
    pub(super) fn subject(&mut self, path: &AttributePath, file: SourceId) -> Option<Subject> {
        let (attr, ty) = self.attribute(path, file)?;
        let at = Location { source: file, span: path.span };
        Some(Subject { attr, ty, name: path.names.join("."), at })
    }

    /// The attribute that a name names, and its type.
    fn attribute(&mut self, path: &AttributePath, file: SourceId) -> Option<(AttrRef, Ty)> {
        let scope = self.scopes.of(file);
        match &path.names[..] {
            [args, names @ ..] if args == "args" && !names.is_empty() => {
                return Some((AttrRef::Argument(names.to_vec()), Ty::Plain(Type::Json)));
            }
            [name] => {
                if let Some(attr) = Attr::from_name(name) {
                    let ty = match attr.ty() {
                        Type::OneOf(words) => Ty::words(words),
                        plain => Ty::Plain(plain),
                    };
                    return Some((AttrRef::Builtin(attr), ty));
                }
                if let Some(&index) = scope.attributes.get(name) {
                    let ty = match &self.scopes.attributes[index].ty {
                        DeclaredType::Builtin(ty) => Ty::Plain(*ty),
                        DeclaredType::OneOf(words) => Ty::OneOf(words.clone()),
                    };
                    return Some((AttrRef::Declared(index), ty));
                }
            }
            _ => {}
        }
        let name = path.names.join(".");
        let declared = scope.attributes.keys().map(String::as_str);
        let known = Attr::ALL.iter().map(|attr| attr.name()).chain(declared);
        let habit = HABITS.iter().find(|(habit, _)| *habit == name).map(|(_, meant)| *meant);
        let near = habit.or_else(|| self.report.nearest(&name, known));
        let error =
            CheckError::UnknownAttribute { name: name.clone(), nearest: near.map(str::to_owned) };
        self.report.add_once(&name, error.at(Location { source: file, span: path.span }));
        None
    }

    fn equal(&mut self, subject: &Subject, value: &Value) -> Option<Formula> {
        let operand = self.operand(subject, value)?;
        Some(one_of(&subject.attr, vec![operand]))
    }

    fn order(
        &mut self,
        subject: &Subject,
        op: Comparison,
        span: Span,
        value: &Value,
    ) -> Option<Formula> {
        if !matches!(subject.ty, Ty::Plain(Type::Int | Type::Json)) {
            return self.wrong_operator(subject, symbol(op), span);
        }
        let Value::Int(number, _) = *value else { return self.wrong_value(subject, value) };
        let ranges = range(op, number).into_iter().collect();
        Some(Formula::Atom(Atom::Int(subject.attr.clone(), ranges)))
    }

    /// `in (…)`, `in SET`, `in @name`
    fn within(&mut self, subject: &Subject, list: &List) -> Option<Formula> {
        let file = subject.at.source;
        let kind = subject.ty.kind();
        let patterns = match (list, kind) {
            (List::Values(..), _)
                if matches!(subject.ty, Ty::Plain(Type::Bool | Type::StringSet)) =>
            {
                return self.wrong_operator(subject, "in", subject.at.span);
            }
            (List::Values(values, span), _) if values.is_empty() => {
                let at = Location { source: file, span: *span };
                self.report.add(CheckError::EmptyList { attribute: subject.name.clone() }.at(at));
                return None;
            }
            (List::Values(values, _), _) => {
                // Every value is looked at, so that every error is found.
                let operands: Vec<Option<Operand>> =
                    values.iter().map(|value| self.operand(subject, value)).collect();
                return Some(one_of(&subject.attr, operands.into_iter().flatten().collect()));
            }
            (_, None) => return self.wrong_operator(subject, "in", subject.at.span),
            (List::Set(name), _) if self.is_argument_in_paths(subject, name) => {
                let error = CheckError::ArgumentInPaths {
                    attribute: subject.name.clone(),
                    set: name.node.clone(),
                };
                self.report.add(error.at(Location { source: file, span: name.span }));
                return None;
            }
            (List::Set(name), Some(kind)) => self.members(name, kind, file)?,
            (List::Builtin(name), Some(Kind::Host)) => self.builtin(name, file)?,
            (List::Builtin(name), Some(kind)) => {
                let at = Location { source: file, span: name.span };
                self.report.add(CheckError::BuiltinMisplaced { wanted: kind.describe() }.at(at));
                return None;
            }
        };
        let operand = match patterns {
            Patterns::Paths(list) => Operand::Paths(list),
            Patterns::Hosts(list) => Operand::Hosts(self.without_ports(subject, list)?),
            Patterns::Texts(list) => Operand::Texts(list),
            Patterns::Pairs(_) | Patterns::Commands(_) => return None,
        };
        Some(one_of(&subject.attr, vec![operand]))
    }

    /// Whether an argument of a call is compared with paths: it is text until a `count` sentence
    /// says that it names a file.
    fn is_argument_in_paths(&self, subject: &Subject, name: &Name) -> bool {
        let set = self.scopes.of(subject.at.source).sets.get(&name.node);
        subject.ty == Ty::Plain(Type::Json) && set.is_some_and(|(_, kind)| *kind == SetKind::Paths)
    }

    fn like(&mut self, subject: &Subject, pattern: &Text) -> Option<Formula> {
        let operand = match subject.ty {
            Ty::Plain(Type::String | Type::Json) => {
                match self.pattern(Kind::Text, pattern, subject)? {
                    Patterns::Texts(list) => Operand::Texts(list),
                    _ => return None,
                }
            }
            Ty::Plain(Type::Path | Type::Host | Type::Ip) => {
                self.pattern_operand(subject, pattern)?
            }
            _ => return self.wrong_operator(subject, "like", subject.at.span),
        };
        Some(one_of(&subject.attr, vec![operand]))
    }

    fn regex(&mut self, subject: &Subject, regex: &Text) -> Option<Formula> {
        if !matches!(subject.ty, Ty::Plain(Type::String | Type::Json)) {
            return self.wrong_operator(subject, "matches", subject.at.span);
        }
        let pattern = pattern::regex(&regex.value, folds(regex))
            .map_err(|error| self.report.add_pattern(error, regex, subject.at.source))
            .ok()?;
        Some(one_of(&subject.attr, vec![Operand::Texts(vec![pattern])]))
    }

    fn contains(&mut self, subject: &Subject, value: &Value) -> Option<Formula> {
        if subject.ty != Ty::Plain(Type::StringSet) {
            return self.wrong_operator(subject, "contains", subject.at.span);
        }
        let member = match value {
            Value::Text(text) => pattern::exact(&text.value, folds(text)),
            Value::Word(name) => return self.bare_member(subject, &name.node, value),
            Value::Int(number, _) => return self.bare_member(subject, &number.to_string(), value),
            Value::Bool(..) | Value::Set(..) => {
                let at = Location { source: subject.at.source, span: value.span() };
                self.report.add(CheckError::NotAMember { attribute: subject.name.clone() }.at(at));
                return None;
            }
        };
        Some(Formula::Atom(Atom::Contains(subject.attr.clone(), member)))
    }

    /// `env contains PATH`: the members of a set are strings, which stand in quotes.
    fn bare_member<T>(&mut self, subject: &Subject, written: &str, value: &Value) -> Option<T> {
        let error = CheckError::WrongValue {
            attribute: subject.name.clone(),
            ty: subject.ty.describe(),
            found: describe(value).to_owned(),
            possible: format!("`{} contains \"{written}\"`", subject.name),
        };
        self.report.add(error.at(Location { source: subject.at.source, span: value.span() }));
        None
    }

    fn holds(&mut self, subject: &Subject) -> Option<Formula> {
        if matches!(subject.ty, Ty::Plain(Type::Bool | Type::Json)) {
            return Some(Formula::Atom(Atom::Bool(subject.attr.clone())));
        }
        let attribute = subject.name.clone();
        let (ty, possible) = (subject.ty.describe(), subject.ty.possible(&attribute));
        self.report.add(CheckError::NotABool { attribute, ty, possible }.at(subject.at));
        None
    }

    /// A value as the attribute's type has it; what does not fit is reported.
    fn operand(&mut self, subject: &Subject, value: &Value) -> Option<Operand> {
        match (&subject.ty, value) {
            (Ty::Plain(Type::String | Type::Json), Value::Text(text)) => {
                Some(Operand::Texts(vec![pattern::exact(&text.value, folds(text))]))
            }
            (Ty::Plain(Type::Int | Type::Json), Value::Int(number, _)) => {
                Some(Operand::Int(*number))
            }
            (Ty::Plain(Type::Bool | Type::Json), Value::Bool(value, _)) => {
                Some(Operand::Bool(*value))
            }
            (Ty::Plain(Type::Path | Type::Host | Type::Ip), Value::Text(text)) => {
                self.pattern_operand(subject, text)
            }
            (Ty::Plain(Type::StringSet), Value::Set(values, _)) => {
                self.set_of_strings(subject, values)
            }
            (Ty::OneOf(words), Value::Text(text)) => {
                let (word, fold) = (&text.value, folds(text));
                self.is_listed(subject, words, word, fold, text.span)?;
                Some(Operand::Texts(vec![pattern::exact(word, fold)]))
            }
            (Ty::OneOf(words), Value::Word(name)) => {
                self.is_listed(subject, words, &name.node, false, name.span)?;
                Some(Operand::Texts(vec![pattern::exact(&name.node, false)]))
            }
            _ => self.wrong_value(subject, value),
        }
    }

    /// A path, host or address pattern.
    fn pattern_operand(&mut self, subject: &Subject, text: &Text) -> Option<Operand> {
        let kind = if subject.ty == Ty::Plain(Type::Path) { Kind::Path } else { Kind::Host };
        match self.pattern(kind, text, subject)? {
            Patterns::Paths(list) => Some(Operand::Paths(list)),
            Patterns::Hosts(list) => {
                let is_name = |host: &HostPattern| matches!(host.shape, HostShape::Name(_));
                if subject.ty == Ty::Plain(Type::Ip) && list.iter().any(is_name) {
                    return self.found_wrong(subject, "a name", text.span);
                }
                Some(Operand::Hosts(self.without_ports(subject, list)?))
            }
            _ => None,
        }
    }

    fn pattern(&mut self, kind: Kind, text: &Text, subject: &Subject) -> Option<Patterns> {
        let file = subject.at.source;
        parse(kind, text, file, &self.scopes)
            .map_err(|error| self.report.add_pattern(error, text, file))
            .ok()
    }

    /// The hosts among destinations. An attribute that is a host has no port, and no socket.
    fn without_ports(
        &mut self,
        subject: &Subject,
        mut hosts: Vec<HostPattern>,
    ) -> Option<Vec<HostPattern>> {
        if let Some(host) = hosts.iter().find(|host| host.ports.is_some()) {
            let attribute = subject.name.clone();
            let error = CheckError::PortInCondition { attribute };
            self.report.add(error.at(subject.at).label(host.at, "this pattern has a port"));
            return None;
        }
        hosts.retain(|host| !matches!(host.shape, HostShape::Socket(_)));
        Some(hosts)
    }

    /// A set is equal to one with the same members, in whatever order.
    fn set_of_strings(&mut self, subject: &Subject, values: &[Value]) -> Option<Operand> {
        let mut members = Vec::new();
        for value in values {
            match value {
                Value::Text(text) if !folds(text) => members.push(text.value.clone()),
                other => return self.wrong_value(subject, other),
            }
        }
        members.sort_unstable();
        members.dedup();
        Some(Operand::Set(members))
    }

    /// Whether a word is one of a closed list.
    pub(super) fn is_listed(
        &mut self,
        subject: &Subject,
        words: &[String],
        word: &str,
        fold: bool,
        span: Span,
    ) -> Option<()> {
        let is =
            |known: &String| if fold { known.eq_ignore_ascii_case(word) } else { known == word };
        if words.iter().any(is) {
            return Some(());
        }
        let error = CheckError::NotInList {
            attribute: subject.name.clone(),
            word: word.to_owned(),
            words: quoted(words.iter().map(String::as_str), "").replace(" and ", " or "),
            nearest: nearest(word, words.iter().map(String::as_str)).map(str::to_owned),
        };
        self.report.add(error.at(Location { source: subject.at.source, span }));
        None
    }

    fn wrong_operator<T>(
        &mut self,
        subject: &Subject,
        operator: &'static str,
        span: Span,
    ) -> Option<T> {
        let attribute = subject.name.clone();
        let (ty, possible) = (subject.ty.describe(), subject.ty.possible(&attribute));
        let error = CheckError::WrongOperator { operator, attribute, ty, possible };
        self.report.add(error.at(Location { source: subject.at.source, span }));
        None
    }

    fn wrong_value<T>(&mut self, subject: &Subject, value: &Value) -> Option<T> {
        self.found_wrong(subject, describe(value), value.span())
    }

    fn found_wrong<T>(&mut self, subject: &Subject, found: &str, span: Span) -> Option<T> {
        let attribute = subject.name.clone();
        let (ty, possible) = (subject.ty.describe(), subject.ty.possible(&attribute));
        let error = CheckError::WrongValue { attribute, ty, found: found.to_owned(), possible };
        self.report.add(error.at(Location { source: subject.at.source, span }));
        None
    }
}

/// How many patterns and tests a condition has. The parser bounds the depth.
fn size(formula: &Formula) -> usize {
    match formula {
        Formula::True => 0,
        Formula::Not(inner) => size(inner),
        Formula::And(parts) | Formula::Or(parts) => parts.iter().map(size).sum(),
        Formula::Atom(Atom::Path(_, list)) => list.len(),
        Formula::Atom(Atom::Text(_, list)) => list.len(),
        Formula::Atom(Atom::Destination(list) | Atom::Host(_, list)) => list.len(),
        Formula::Atom(Atom::Int(_, list)) => list.len(),
        Formula::Atom(Atom::SetEquals(_, list)) => list.len(),
        Formula::Atom(_) => 1,
    }
}

/// The actions whose requests have an attribute.
fn actions_of(attr: &AttrRef) -> ActionSet {
    match attr {
        AttrRef::Builtin(attr) => attr.actions(),
        AttrRef::Argument(_) => ActionSet::NONE.with(Action::Call),
        AttrRef::Declared(_) => ActionSet::ALL,
    }
}

/// The attribute equals one of the operands: one atom for all of a type.
fn one_of(attr: &AttrRef, operands: Vec<Operand>) -> Formula {
    let (mut texts, mut ranges, mut paths, mut hosts) = (vec![], vec![], vec![], vec![]);
    let mut others = Vec::new();
    for operand in operands {
        match operand {
            Operand::Texts(list) => texts.extend(list),
            Operand::Int(number) => ranges.push((number, number)),
            Operand::Paths(list) => paths.extend(list),
            Operand::Hosts(list) => hosts.extend(list),
            Operand::Set(members) => {
                others.push(Formula::Atom(Atom::SetEquals(attr.clone(), members)))
            }
            Operand::Bool(true) => others.push(Formula::Atom(Atom::Bool(attr.clone()))),
            Operand::Bool(false) => others.push(not(Formula::Atom(Atom::Bool(attr.clone())))),
        }
    }
    let atoms = [
        (!texts.is_empty()).then(|| Atom::Text(attr.clone(), texts)),
        (!ranges.is_empty()).then(|| Atom::Int(attr.clone(), ranges)),
        (!paths.is_empty()).then(|| Atom::Path(attr.clone(), paths)),
        (!hosts.is_empty()).then(|| Atom::Host(attr.clone(), hosts)),
    ];
    let mut parts: Vec<Formula> = atoms.into_iter().flatten().map(Formula::Atom).collect();
    parts.append(&mut others);
    if parts.len() == 1 { parts.remove(0) } else { Formula::Or(parts) }
}

pub(super) fn not(formula: Formula) -> Formula {
    Formula::Not(Box::new(formula))
}
