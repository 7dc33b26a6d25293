//! Tests: concrete requests, and what is expected of them.

use policy_eval::{Action, Attr, ObjectKind, Type};

use super::conditions::Subject;
use super::error::CheckError;
use super::pattern;
use super::sentences::Checker;
use super::types::{Ty, describe};
use crate::model::{AttrRef, Test, TestCase, TestObject, TestValue};
use crate::span::{Location, SourceId};
use crate::syntax::ast::{self, Given, Object, TestLine, Value};

/// What follows from the object of a line.
pub(crate) const FOLLOWS: [Attr; 12] = [
    Attr::Path,
    Attr::Argv,
    Attr::Program,
    Attr::Line,
    Attr::Ip,
    Attr::Socket,
    Attr::ArgsText,
    Attr::Written,
    Attr::Server,
    Attr::Tool,
    Attr::Kind,
    Attr::Name,
];

/// What `given` lines have said so far.
#[derive(Clone, Default)]
struct Facts {
    roots: Vec<(String, String)>,
    attributes: Vec<(AttrRef, TestValue)>,
}

impl Checker<'_> {
    /// Checks one test.
    pub(super) fn test_cases(&mut self, test: &ast::Test, file: SourceId) -> Test {
        let mut facts = Facts::default();
        let mut cases = Vec::new();
        if !test.lines.iter().any(|line| matches!(line, TestLine::Expect(_))) {
            let at = Location { source: file, span: test.name.span };
            self.report.add(CheckError::EmptyTest.at(at));
        }
        for line in &test.lines {
            match line {
                TestLine::Given(given, _) => {
                    for given in given {
                        self.given(given, file, &mut facts);
                    }
                }
                TestLine::Expect(expect) => cases.extend(self.case(expect, file, &facts)),
            }
        }
        let at = Location { source: file, span: test.span };
        Test { name: test.name.value.clone(), cases, at }
    }

    /// `NAME = VALUE`: a root where the name is one, else an attribute. The subject of the
    /// attribute is given back.
    fn given(&mut self, given: &Given, file: SourceId, facts: &mut Facts) -> Option<Subject> {
        if let [name] = &given.attribute.names[..]
            && self.scopes.of(file).roots.contains_key(name)
        {
            let bindings = self.bindings(name, given, file);
            facts.roots.retain(|(root, _)| root != name);
            facts.roots.extend(bindings.into_iter().map(|binding| (name.clone(), binding)));
            return None;
        }
        let subject = self.subject(&given.attribute, file)?;
        if let AttrRef::Builtin(attr) = subject.attr
            && FOLLOWS.contains(&attr)
        {
            self.report.add(CheckError::Follows { attribute: attr.name() }.at(subject.at));
            return None;
        }
        let value = self.value(&subject, &given.value)?;
        facts.attributes.push((subject.attr.clone(), value));
        Some(subject)
    }

    /// What a root is bound to: one path, or a set of them.
    fn bindings(&mut self, name: &str, given: &Given, file: SourceId) -> Vec<String> {
        let values = match &given.value {
            Value::Set(values, _) => &values[..],
            one => std::slice::from_ref(one),
        };
        let mut bindings = Vec::new();
        for value in values {
            match value {
                Value::Text(text) => bindings.push(text.value.clone()),
                other => {
                    let at = Location { source: file, span: other.span() };
                    self.wrong_given(name, &Ty::Plain(Type::Path), other, at);
                }
            }
        }
        bindings
    }

    /// A value as the attribute's type has it.
    fn value(&mut self, subject: &Subject, value: &Value) -> Option<TestValue> {
        match (&subject.ty, value) {
            (Ty::OneOf(words), Value::Text(text)) => {
                self.is_listed(subject, words, &text.value, false, text.span)?;
                Some(TestValue::Text(text.value.clone()))
            }
            (Ty::OneOf(words), Value::Word(name)) => {
                self.is_listed(subject, words, &name.node, false, name.span)?;
                Some(TestValue::Text(name.node.clone()))
            }
            (
                Ty::Plain(Type::String | Type::Path | Type::Host | Type::Ip | Type::Json),
                Value::Text(text),
            ) => Some(TestValue::Text(text.value.clone())),
            (Ty::Plain(Type::Int | Type::Json), Value::Int(number, _)) => {
                Some(TestValue::Int(*number))
            }
            (Ty::Plain(Type::Bool | Type::Json), Value::Bool(value, _)) => {
                Some(TestValue::Bool(*value))
            }
            (Ty::Plain(Type::StringSet | Type::Json), Value::Set(values, _)) => {
                let mut members = Vec::new();
                for value in values {
                    match value {
                        Value::Text(text) => members.push(text.value.clone()),
                        other => return self.wrong_fact(subject, other),
                    }
                }
                Some(TestValue::Set(members))
            }
            _ => self.wrong_fact(subject, value),
        }
    }

    fn wrong_fact<T>(&mut self, subject: &Subject, value: &Value) -> Option<T> {
        let at = Location { source: subject.at.source, span: value.span() };
        self.wrong_given(&subject.name, &subject.ty, value, at);
        None
    }

    fn wrong_given(&mut self, name: &str, ty: &Ty, value: &Value, at: Location) {
        let possible = match ty {
            Ty::Plain(Type::Int) => format!("`{name} = 1`"),
            Ty::Plain(Type::Bool) => format!("`{name} = true`"),
            Ty::Plain(Type::StringSet) => format!("`{name} = (\"a\", \"b\")`"),
            _ => format!("`{name} = \"…\"`"),
        };
        let error = CheckError::WrongValue {
            attribute: name.to_owned(),
            ty: ty.describe(),
            found: describe(value).to_owned(),
            possible,
        };
        self.report.add(error.at(at));
    }

    /// `TIER ACTION OBJECT [port N] [where NAME = VALUE, …]`
    fn case(&mut self, expect: &ast::Expect, file: SourceId, facts: &Facts) -> Option<TestCase> {
        let action = self.action(&expect.action, file)?;
        let object = self.concrete(expect, action, file);
        if let (Some(port), false) = (&expect.port, action.has_port()) {
            let at = Location { source: file, span: port.span };
            self.report.add(CheckError::NoPort { action }.at(at));
        }
        if let (Some(port), Some(TestObject::Text(text))) = (&expect.port, &object)
            && action.has_port()
            && port_of(text).is_some_and(|own| own != port.node)
        {
            let error = CheckError::TwoPorts { object: text.clone(), port: port.node };
            self.report.add(error.at(Location { source: file, span: port.span }));
        }
        let mut facts = facts.clone();
        facts.attributes.retain(|(attr, _)| has(action, attr));
        for given in &expect.with {
            if let Some(subject) = self.given(given, file, &mut facts)
                && !has(action, &subject.attr)
            {
                self.attribute_of_others(&subject.attr, action, subject.at);
            }
        }
        Some(TestCase {
            tier: expect.tier.node,
            action,
            object,
            port: expect.port.as_ref().map(|port| port.node),
            roots: facts.roots,
            attributes: facts.attributes,
            at: Location { source: file, span: expect.span },
        })
    }

    /// The object: one value, not a set or a pattern.
    fn concrete(
        &mut self,
        expect: &ast::Expect,
        action: Action,
        file: SourceId,
    ) -> Option<TestObject> {
        let kind = action.object();
        let error = match &expect.object {
            None if kind == ObjectKind::None => return None,
            None => {
                let at = Location { source: file, span: expect.action.span };
                self.report.add(CheckError::ObjectMissing { action }.at(at));
                return None;
            }
            Some(_) if kind == ObjectKind::None => CheckError::NoObject { action },
            Some(Object::Unix { pattern, .. })
                if matches!(action, Action::Connect | Action::Listen) =>
            {
                return Some(TestObject::Unix(pattern.value.clone()));
            }
            Some(Object::Unix { .. }) => {
                CheckError::SocketMisplaced { place: format!("`{action}`") }
            }
            Some(Object::Pattern(text)) => {
                let pair = match kind {
                    ObjectKind::Tool => pattern::tool(&text.value, false).map(drop),
                    ObjectKind::Package => pattern::package(&text.value, false).map(drop),
                    _ => Ok(()),
                };
                if let Err(error) = pair {
                    self.report.add_pattern(error, text, file);
                }
                return Some(TestObject::Text(text.value.clone()));
            }
            // The parser lets only strings stand here.
            Some(Object::Set(_) | Object::Builtin(_) | Object::Star(_)) => {
                CheckError::ObjectMissing { action }
            }
        };
        let span = expect.object.as_ref().map_or(expect.span, Object::span);
        self.report.add(error.at(Location { source: file, span }));
        None
    }
}

/// The port behind a host. An IPv6 address without brackets has none.
fn port_of(host: &str) -> Option<u16> {
    let (name, port) = host.rsplit_once(':')?;
    let is_host = !name.contains(':') || name.ends_with(']');
    is_host.then(|| port.parse().ok())?
}

/// Whether requests with an action have an attribute. The folder that a relative path starts from
/// goes with paths too.
fn has(action: Action, attr: &AttrRef) -> bool {
    match attr {
        AttrRef::Builtin(Attr::Cwd) if action.object() == ObjectKind::Path => true,
        AttrRef::Builtin(attr) => attr.actions().contains(action),
        AttrRef::Argument(_) => action == Action::Call,
        AttrRef::Declared(_) => true,
    }
}
