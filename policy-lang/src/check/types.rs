//! The types of attributes, and the values that go with them.

use policy_eval::Type;

use super::sets::Kind;
use crate::syntax::ast::{Comparison, Text, TextKind, Value};

/// The type of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Plain(Type),
    OneOf(Vec<String>),
}

impl Ty {
    pub(super) fn words(words: &[&str]) -> Ty {
        Ty::OneOf(words.iter().map(|word| (*word).to_owned()).collect())
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Ty::Plain(ty) => ty.describe().to_owned(),
            Ty::OneOf(_) => Type::OneOf(&[]).describe().to_owned(),
        }
    }

    /// The kind of the sets that it may be in.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Ty::Plain(Type::Path) => Some(Kind::Path),
            Ty::Plain(Type::Host | Type::Ip) => Some(Kind::Host),
            Ty::Plain(Type::String | Type::Json) | Ty::OneOf(_) => Some(Kind::Text),
            Ty::Plain(_) => None,
        }
    }

    /// How a condition on it is written.
    pub(super) fn possible(&self, name: &str) -> String {
        match self {
            Ty::Plain(Type::String) => format!(
                "`{name} == \"…\"`, `{name} in (\"…\", \"…\")`, `{name} like \"a*\"` or \
                 `{name} matches r\"…\"`"
            ),
            Ty::Plain(Type::Int) => format!("`{name} == 1`, `{name} < 10` or `{name} in (1, 2)`"),
            Ty::Plain(Type::Bool) => format!("`{name}`, `not {name}` or `{name} == true`"),
            Ty::Plain(Type::Path) => {
                format!("`{name} in SET` or `{name} like \"…\"`, with a path pattern")
            }
            Ty::Plain(Type::Host) => {
                format!("`{name} in SET` or `{name} like \"…\"`, with a host pattern")
            }
            Ty::Plain(Type::Ip) => format!("`{name} in @private` or `{name} in (\"10.0.0.0/8\")`"),
            Ty::Plain(Type::StringSet) => {
                format!("`{name} contains \"…\"` or `{name} == (\"a\", \"b\")`")
            }
            Ty::Plain(Type::Json) => format!(
                "`{name} == \"…\"`, `{name} matches r\"…\"`, `{name} < 10` or `{name} == true`"
            ),
            Ty::Plain(Type::OneOf(words)) => Ty::words(words).possible(name),
            Ty::OneOf(words) => {
                let word = words.first().map_or("…", String::as_str);
                format!("`{name} == {word}` or `{name} in ({word}, …)`")
            }
        }
    }
}

/// The numbers that compare so with a number; `None` where there are none.
pub(super) fn range(op: Comparison, number: i64) -> Option<(i64, i64)> {
    match op {
        Comparison::Less => Some((i64::MIN, number.checked_sub(1)?)),
        Comparison::LessOrEqual => Some((i64::MIN, number)),
        Comparison::Greater => Some((number.checked_add(1)?, i64::MAX)),
        Comparison::GreaterOrEqual => Some((number, i64::MAX)),
        Comparison::Equal | Comparison::NotEqual => Some((number, number)),
    }
}

/// How a comparison is written.
pub(super) fn symbol(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// What a value is, for people.
pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Text(text) if folds(text) => "a string that ignores case",
        Value::Text(_) => "a string",
        Value::Int(..) => "a number",
        Value::Bool(..) => "true or false",
        Value::Word(_) => "a word without quotes",
        Value::Set(..) => "a set",
    }
}

/// Whether a string ignores case.
pub(super) fn folds(text: &Text) -> bool {
    text.kind == TextKind::IgnoreCase
}
