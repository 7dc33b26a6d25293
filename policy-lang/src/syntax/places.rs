//! Trees without their places, to compare what two texts say.
//!
//! Every structure is taken apart in full, so that a part that is added to the tree must be
//! thought of here.

use super::ast::*;
use crate::span::{Span, Spanned};

/// Something whose places can be forgotten.
trait Places {
    fn forget(&mut self);
}

impl File {
    /// The same file with all places at 0 and without comments: what it says and no more.
    ///
    /// Two texts say the same where these are equal.
    #[must_use]
    pub fn without_places(mut self) -> File {
        self.forget();
        self
    }
}

impl Places for Span {
    fn forget(&mut self) {
        *self = Span::default();
    }
}

impl<T: Places> Places for Vec<T> {
    fn forget(&mut self) {
        self.iter_mut().for_each(T::forget);
    }
}

impl<T: Places> Places for Option<T> {
    fn forget(&mut self) {
        self.iter_mut().for_each(T::forget);
    }
}

/// What stands in a [`Spanned`] has places only where it is a verb with a name or a type of words.
impl<T: Inner> Places for Spanned<T> {
    fn forget(&mut self) {
        self.node.forget_inner();
        self.span.forget();
    }
}

trait Inner {
    fn forget_inner(&mut self) {}
}

impl Inner for String {}
impl Inner for SetKind {}
impl Inner for policy_eval::Tier {}
impl Inner for (u16, u16) {}
impl Inner for u16 {}
impl Inner for Comparison {}

impl Inner for Verb {
    fn forget_inner(&mut self) {
        match self {
            Verb::Mark(name) => name.forget(),
            Verb::Tier(_) | Verb::Record(_) | Verb::Count => {}
        }
    }
}

impl Inner for AttributeType {
    fn forget_inner(&mut self) {
        if let AttributeType::OneOf(words) = self {
            words.forget();
        }
    }
}

macro_rules! places {
    ($($name:ident { $($part:ident),* $(; $($plain:ident),*)? })*) => {
        $(impl Places for $name {
            fn forget(&mut self) {
                let $name { $($part),* $(, $($plain: _),*)? } = self;
                $($part.forget();)*
            }
        })*
    };
}

places! {
    Header { name, version, layer, span }
    Set { kind, name, members, span }
    Root { name, within, span }
    Attribute { name, ty, span }
    Default_ { actions, tier, span }
    Delegate { actions, layers, span }
    Include { path, span; rules }
    Accept { floors, span }
    Trust { tools, span }
    Sentence { id, verb, matches, options, counted, because, span }
    Matches { actions, objects, except, ports, when, unless, span }
    Opt { node, span }
    Counted { action, span; what }
    Block { head, items, span, head_span }
    AttributePath { span; names }
    Proof { id, tier, matches, because, span; claim }
    Test { name, lines, span }
    Given { attribute, value, span }
    Expect { tier, action, object, port, with, span }
}

impl Places for File {
    fn forget(&mut self) {
        let File { header, items, comments } = self;
        header.forget();
        items.forget();
        comments.clear();
    }
}

impl Places for Text {
    fn forget(&mut self) {
        let Text { value: _, kind: _, span, shifts } = self;
        span.forget();
        shifts.clear();
    }
}

impl Places for Item {
    fn forget(&mut self) {
        match self {
            Item::Set(item) => item.forget(),
            Item::Root(item) => item.forget(),
            Item::Attribute(item) => item.forget(),
            Item::Default(item) => item.forget(),
            Item::Delegate(item) => item.forget(),
            Item::Include(item) => item.forget(),
            Item::Accept(item) => item.forget(),
            Item::Trust(item) => item.forget(),
            Item::Sentence(item) => item.forget(),
            Item::Block(item) => item.forget(),
            Item::Proof(item) => item.forget(),
            Item::Test(item) => item.forget(),
        }
    }
}

impl Places for Object {
    fn forget(&mut self) {
        match self {
            Object::Pattern(text) => text.forget(),
            Object::Unix { pattern, span } => {
                pattern.forget();
                span.forget();
            }
            Object::Set(name) | Object::Builtin(name) => name.forget(),
            Object::Star(span) => span.forget(),
        }
    }
}

impl Places for OptKind {
    fn forget(&mut self) {
        match self {
            OptKind::Reviewer(name) => name.forget(),
            OptKind::OutsideSandbox
            | OptKind::Timeout(_)
            | OptKind::OnFailure(_)
            | OptKind::Remember(_) => {}
        }
    }
}

impl Places for BlockHead {
    fn forget(&mut self) {
        match self {
            BlockHead::When(condition) => condition.forget(),
            BlockHead::Sandbox { name, extends } => {
                name.forget();
                extends.forget();
            }
        }
    }
}

impl Places for Condition {
    fn forget(&mut self) {
        match self {
            Condition::Or(operands, span) | Condition::And(operands, span) => {
                operands.forget();
                span.forget();
            }
            Condition::Not(operand, span) => {
                operand.forget();
                span.forget();
            }
            Condition::Compare { attribute, op, value, span } => {
                attribute.forget();
                op.forget();
                value.forget();
                span.forget();
            }
            Condition::In { attribute, list, span } => {
                attribute.forget();
                list.forget();
                span.forget();
            }
            Condition::Like { attribute, pattern: text, span }
            | Condition::Matches { attribute, regex: text, span } => {
                attribute.forget();
                text.forget();
                span.forget();
            }
            Condition::Contains { attribute, value, span } => {
                attribute.forget();
                value.forget();
                span.forget();
            }
            Condition::Marked { name, span } => {
                name.forget();
                span.forget();
            }
            Condition::Present { attribute, span } => {
                attribute.forget();
                span.forget();
            }
            Condition::Holds(attribute) => attribute.forget(),
        }
    }
}

impl Places for List {
    fn forget(&mut self) {
        match self {
            List::Values(values, span) => {
                values.forget();
                span.forget();
            }
            List::Set(name) | List::Builtin(name) => name.forget(),
        }
    }
}

impl Places for Value {
    fn forget(&mut self) {
        match self {
            Value::Text(text) => text.forget(),
            Value::Int(_, span) | Value::Bool(_, span) => span.forget(),
            Value::Word(name) => name.forget(),
            Value::Set(members, span) => {
                members.forget();
                span.forget();
            }
        }
    }
}

impl Places for TestLine {
    fn forget(&mut self) {
        match self {
            TestLine::Given(facts, span) => {
                facts.forget();
                span.forget();
            }
            TestLine::Expect(expect) => expect.forget(),
        }
    }
}
