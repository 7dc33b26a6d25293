//! Requests made from names and texts: how a command line or a test says what is done.
//!
//! A [`Fields`] holds fields as they stand in the JSON of a request, by the same table. It becomes
//! a request of some action, or fills the gaps of requests that come from elsewhere.
//!
//! ```text
//!   --write src/lib.rs  --set branch=main        ┌─► request(action): every field must fit it
//!   object(write, …)    set_text(…)  ──► Fields ─┤
//!                                                └─► RequestBuf::fill: what fits and is missing
//! ```

use core::fmt;

use crate::json::Json;
use crate::request_json::{CLAIMS, FIELDS, Field, Place, RequestBuf, Shape, unknown};
use crate::vocab::{Action, ObjectKind, Type};

/// Fields of requests.
///
/// ```
/// use policy_eval::{Action, Fields};
/// let mut fields = Fields::default();
/// fields.object(Action::Connect, "db.acme.com:5432")?;
/// fields.set_text("branch", "main")?;
/// fields.request(Action::Connect)?.with_request(|request| {
///     assert_eq!((request.host, request.port), (Some("db.acme.com"), Some(5432)));
///     assert_eq!(request.branch, Some("main"));
/// });
/// # Ok::<(), policy_eval::FieldError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fields {
    fields: Vec<(&'static Field, Json)>,
    declared: Vec<(Box<str>, Json)>,
}

/// Why a field cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// No request has a field of this name.
    Unknown {
        /// What is wrong, with the nearest name where one is near.
        message: String,
    },
    /// The value is not what the field holds.
    Misfit {
        /// The field.
        name: String,
        /// What it holds, and what was found.
        message: String,
    },
    /// The field was set before.
    Twice {
        /// The field.
        name: &'static str,
    },
    /// Requests of the action do not have the field.
    OfOthers {
        /// The field.
        name: &'static str,
        /// The action.
        action: Action,
    },
    /// What the action is done to is not written like this.
    Object {
        /// The action.
        action: Action,
        /// How it is written.
        expected: &'static str,
    },
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldError::Unknown { message } => f.write_str(message),
            FieldError::Misfit { name, message } => write!(f, "`{name}`: {message}"),
            FieldError::Twice { name } => write!(f, "`{name}` is set twice"),
            FieldError::OfOthers { name, action } => {
                write!(f, "a request to {action} has no `{name}`")
            }
            FieldError::Object { action, expected } => {
                write!(f, "the object of `{action}` is written {expected}")
            }
        }
    }
}

impl std::error::Error for FieldError {}

impl Fields {
    /// Sets what an action is done to, from the text that a test or a person writes: a path, a
    /// shell line, `HOST`, `HOST:PORT` or a URL, `server/tool`, `kind/name`, a name.
    ///
    /// # Errors
    /// When the text is not written like this, or the object was set before.
    pub fn object(&mut self, action: Action, text: &str) -> Result<(), FieldError> {
        let malformed = |expected| FieldError::Object { action, expected };
        match action.object() {
            ObjectKind::Path => self.set("path", string(text)),
            ObjectKind::Command => self.set("shell", string(text)),
            ObjectKind::Host if text.contains("://") => {
                // Nobody listens at a URL.
                if action == Action::Listen {
                    return Err(malformed("`HOST`, `HOST:PORT`"));
                }
                self.set("url", string(text))
            }
            ObjectKind::Host => {
                let (host, port) = split_port(text).ok_or(malformed("`HOST`, `HOST:PORT`"))?;
                // In a request an address of IPv6 stands bare; brackets only part it from a port.
                let host =
                    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
                self.set("host", string(host))?;
                port.map_or(Ok(()), |port| self.set("port", Json::Number(port.to_string().into())))
            }
            ObjectKind::Tool => {
                let (server, tool) = text.split_once('/').ok_or(malformed("`server/tool`"))?;
                self.set("server", string(server))?;
                self.set("tool", string(tool))
            }
            ObjectKind::Package => {
                let (kind, name) = text.split_once('/').ok_or(malformed("`kind/name`"))?;
                self.set("kind", string(kind))?;
                self.set("name", string(name))
            }
            ObjectKind::Name if action == Action::Use => self.set("credential", string(text)),
            ObjectKind::Name => self.set("name", string(text)),
            ObjectKind::None => Err(malformed("without anything behind it")),
        }
    }

    /// Sets a field of the top or of the context.
    ///
    /// # Errors
    /// When there is no such field, it holds other values, or it was set before.
    pub fn set(&mut self, name: &str, value: Json) -> Result<(), FieldError> {
        let field = find(name)?;
        if let Some(message) = field.shape.misfit(&value) {
            return Err(FieldError::Misfit { name: name.to_owned(), message });
        }
        if self.fields.iter().any(|(known, _)| std::ptr::eq(*known, field)) {
            return Err(FieldError::Twice { name: field.name });
        }
        self.fields.push((field, value));
        Ok(())
    }

    /// Sets a field from a text, read as the field's type has it: a number, `true`, a list as JSON
    /// or with commas, else the text itself.
    ///
    /// # Errors
    /// When there is no such field, it holds other values, or it was set before.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), FieldError> {
        let value = match find(name)?.shape {
            Shape::Text(_) | Shape::Word(..) | Shape::ShellKind | Shape::Platform => string(text),
            Shape::Flag(_) => flag(text),
            Shape::Number(_) | Shape::Port => number(text),
            Shape::Texts(_) => list(text),
            Shape::Value | Shape::Links | Shape::Roots => Json::parse(text).map_err(|error| {
                FieldError::Misfit { name: name.to_owned(), message: error.to_string() }
            })?,
        };
        self.set(name, value)
    }

    /// Sets an attribute that the policy declares, from a text that is read as the type has it.
    /// A later value takes the place of an earlier one.
    ///
    /// # Errors
    /// When the text is no value of the type.
    pub fn declare(&mut self, name: &str, ty: Type, text: &str) -> Result<(), FieldError> {
        let value = match ty {
            Type::Int => number(text),
            Type::Bool => flag(text),
            Type::StringSet => list(text),
            _ => string(text),
        };
        let fits = match ty {
            Type::Int => value.as_i64().is_some(),
            Type::Bool => value.as_bool().is_some(),
            _ => true,
        };
        if !fits {
            let message = format!("expected {}", ty.describe());
            return Err(FieldError::Misfit { name: name.to_owned(), message });
        }
        self.declare_value(name, value);
        Ok(())
    }

    /// Sets an attribute that the policy declares. A later value takes the place of an earlier one.
    pub fn declare_value(&mut self, name: &str, value: Json) {
        self.declared.retain(|(known, _)| **known != *name);
        self.declared.push((name.into(), value));
    }

    /// Binds a root to a path. A root may have several bindings.
    pub fn bind(&mut self, root: &str, path: &str) {
        let roots = match self.fields.iter_mut().find(|(field, _)| is_roots(field)) {
            Some((_, roots)) => roots,
            None => {
                let Ok(()) = self.set("roots", Json::Object(Vec::new())) else { return };
                let Some((_, roots)) = self.fields.last_mut() else { return };
                roots
            }
        };
        let Json::Object(roots) = roots else { return };
        match roots.iter_mut().find(|(known, _)| **known == *root) {
            Some((_, Json::Array(paths))) => paths.push(string(path)),
            Some((_, one)) => *one = Json::Array(vec![one.clone(), string(path)]),
            None => roots.push((root.into(), string(path))),
        }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.declared.is_empty()
    }

    /// A request of an action with exactly these fields.
    ///
    /// # Errors
    /// When requests of the action do not have one of them.
    pub fn request(&self, action: Action) -> Result<RequestBuf, FieldError> {
        if let Some((field, _)) =
            self.fields.iter().find(|(field, _)| !field.actions.contains(action))
        {
            return Err(FieldError::OfOthers { name: field.name, action });
        }
        Ok(RequestBuf {
            action,
            id: Json::Null,
            fields: self.fields.clone(),
            declared: self.declared.clone(),
        })
    }
}

impl RequestBuf {
    /// Adds those of the fields that requests of its action have and that this one does not say.
    /// Of the roots, those are added that it does not bind.
    ///
    /// # Cost
    /// One copy of each field that is added.
    pub fn fill(&mut self, fields: &Fields) {
        for (field, value) in &fields.fields {
            if !field.actions.contains(self.action) {
                continue;
            }
            if is_roots(field)
                && let Some((_, Json::Object(own))) =
                    self.fields.iter_mut().find(|(known, _)| is_roots(known))
            {
                let others = value.as_object().unwrap_or_default();
                let missing =
                    others.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
                let missing: Vec<_> = missing.cloned().collect();
                own.extend(missing);
            } else if !self.says(field) {
                self.fields.push((field, value.clone()));
            }
        }
        for (name, value) in &fields.declared {
            if !self.declared.iter().any(|(known, _)| known == name) {
                self.declared.push((name.clone(), value.clone()));
            }
        }
    }

    /// Whether it has the field. A claim of a tool may stand under another name.
    fn says(&self, field: &Field) -> bool {
        let hint = CLAIMS.iter().find(|(_, name)| *name == field.name).map(|(hint, _)| *hint);
        self.fields.iter().any(|(known, _)| known.name == field.name || Some(known.name) == hint)
    }
}

fn is_roots(field: &Field) -> bool {
    matches!(field.shape, Shape::Roots)
}

fn settable() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.place != Place::Annotations)
}

fn find(name: &str) -> Result<&'static Field, FieldError> {
    settable().find(|field| field.name == name).ok_or_else(|| FieldError::Unknown {
        message: unknown("attribute", name, settable().map(|field| field.name)),
    })
}

/// Host and port of `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or a bare address.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = match text.rfind(']') {
        Some(bracket) => bracket + 1,
        // Several colons and no bracket: an address of IPv6.
        None if text.matches(':').count() > 1 => text.len(),
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at_checked(end_of_host)?;
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = rest.strip_prefix(':')?.parse().ok()?;
    Some((host, Some(port)))
}

fn string(text: &str) -> Json {
    Json::String(text.into())
}

/// A number, where the text is one; else the text, for the message that says so.
fn number(text: &str) -> Json {
    text.parse::<i64>()
        .map_or_else(|_| string(text), |number| Json::Number(number.to_string().into()))
}

fn flag(text: &str) -> Json {
    text.parse().map_or_else(|_| string(text), Json::Bool)
}

fn list(text: &str) -> Json {
    if text.starts_with('[')
        && let Ok(list) = Json::parse(text)
    {
        return list;
    }
    Json::Array(
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(string).collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request_json::to_json;

    proptest! {
        /// Whatever a person writes is a request or an error, and a request says what was written.
        #[test]
        fn any_text_is_an_object_or_an_error(text in "[\\[\\]:/0-9a-zé]{0,12}|\\PC{0,12}") {
            for action in Action::ALL {
                let mut fields = Fields::default();
                if fields.object(action, &text).is_ok() {
                    let json = written(&fields, action);
                    prop_assert!(RequestBuf::from_json(&json).is_ok(), "{}", json);
                }
            }
        }
    }

    fn written(fields: &Fields, action: Action) -> String {
        match fields.request(action) {
            Ok(request) => request.with_request(|request| to_json(request).canonical()),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn an_object_is_what_a_person_writes() {
        for (action, text, expected) in [
            (Action::Write, "src/lib.rs", r#"{"action":"write","path":"src/lib.rs"}"#),
            (Action::Run, "a | b", r#"{"action":"run","shell":"a | b"}"#),
            (
                Action::Connect,
                "a.example:443",
                r#"{"action":"connect","host":"a.example","port":443}"#,
            ),
            (Action::Connect, "[::1]:80", r#"{"action":"connect","host":"::1","port":80}"#),
            (Action::Listen, "::1", r#"{"action":"listen","host":"::1"}"#),
            (Action::Fetch, "https://docs.rs/x", r#"{"action":"fetch","url":"https://docs.rs/x"}"#),
            (Action::Call, "a/b/c", r#"{"action":"call","server":"a","tool":"b/c"}"#),
            (Action::Install, "mcp/x", r#"{"action":"install","kind":"mcp","name":"x"}"#),
            (Action::Use, "TOKEN", r#"{"action":"use","credential":"TOKEN"}"#),
            (Action::Spawn, "reviewer", r#"{"action":"spawn","name":"reviewer"}"#),
        ] {
            let mut fields = Fields::default();
            let shown = fields.object(action, text).map(|()| written(&fields, action));
            assert_eq!(shown.as_deref(), Ok(expected), "{text}");
        }
        for (action, text) in [
            (Action::Connect, "a.example:https"),
            (Action::Connect, "[::1]x"),
            (Action::Call, "tool"),
            (Action::Install, "thing/x"),
            (Action::Start, "x"),
        ] {
            assert!(Fields::default().object(action, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_is_read_as_the_type_of_its_field() {
        let mut fields = Fields::default();
        for (name, text) in [
            ("branch", "12"),
            ("risk", "12"),
            ("interactive", "true"),
            ("groups", "a, b"),
            ("marks", "[\"x,y\"]"),
        ] {
            assert_eq!(fields.set_text(name, text), Ok(()), "{name}");
        }
        assert_eq!(fields.declare("tags", Type::StringSet, "t"), Ok(()));
        assert_eq!(
            written(&fields, Action::Search),
            r#"{"action":"search","context":{"branch":"12","groups":["a","b"],"interactive":true,"marks":["x,y"],"risk":12,"tags":["t"]}}"#
        );
        for (name, text, message) in [
            ("brnch", "x", "unknown attribute `brnch`; did you mean `branch`?"),
            ("risk", "high", "`risk`: expected a whole number, found `\"high\"`"),
            ("branch", "other", "`branch` is set twice"),
            (
                "surface",
                "web",
                "`surface`: expected one of `cli`, `ide`, `ci`, `cloud`, found `\"web\"`",
            ),
        ] {
            let error = fields.set_text(name, text).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        let error = fields.declare("n", Type::Int, "x").unwrap_err();
        assert_eq!(error.to_string(), "`n`: expected a number");
    }

    #[test]
    fn a_field_of_another_action_is_an_error_in_a_request_and_no_gap_in_others() {
        let mut fields = Fields::default();
        assert_eq!(fields.set_text("store", "keyring"), Ok(()));
        assert_eq!(written(&fields, Action::Run), "error: a request to run has no `store`");
        let mut run = RequestBuf::from_json(r#"{"action":"run","shell":"ls"}"#).unwrap();
        run.fill(&fields);
        run.with_request(|request| assert_eq!(request.store, None));
    }

    #[test]
    fn only_what_a_request_does_not_say_is_filled_in() {
        let mut fields = Fields::default();
        fields.bind("workspace", "/flag");
        fields.bind("home", "/home/a");
        fields.bind("home", "/home/b");
        assert_eq!(fields.set_text("read_only", "true"), Ok(()));
        assert_eq!(fields.set_text("branch", "flag"), Ok(()));
        fields.declare_value("ticket", string("flag"));
        let mut request = RequestBuf::from_json(
            r#"{"action":"call","server":"s","tool":"t","annotations":{"readOnlyHint":false},
                "roots":{"workspace":"/own"},"context":{"ticket":"own"}}"#,
        )
        .unwrap();
        request.fill(&fields);
        request.with_request(|request| {
            assert_eq!(
                request.roots,
                [("workspace", "/own"), ("home", "/home/a"), ("home", "/home/b")]
            );
            assert_eq!((request.read_only, request.branch), (Some(false), Some("flag")));
            assert_eq!(request.declared, [("ticket", crate::request::Declared::Text("own"))]);
        });
    }
}
