//! JSON with comments and TOML as one tree, each value with its place.

use policy_lang::span::Span;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// What stands there.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// Any other number, or a date.
    Other,
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Span,
    pub(crate) node: Node,
}

/// Why a text is no tree.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) span: Span,
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value behind several keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A text, or the texts of a list; none where something else stands there.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match &self.value {
            Value::Text(text) => Some(vec![text]),
            Value::List(items) => items.iter().map(Node::text).collect(),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Int(_) | Value::Other => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// Reads TOML.
pub(crate) fn toml(text: &str) -> Result<Node, Fault> {
    let table = DeTable::parse(text).map_err(|error| {
        let range = error.span().unwrap_or(0..text.len());
        let message = error.message().lines().next().unwrap_or("it is no TOML").to_owned();
        Fault { message, span: Span::new(range.start, range.end) }
    })?;
    let range = table.span();
    Ok(Node { value: of_table(table.get_ref()), span: Span::new(range.start, range.end) })
}

fn of_table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| {
            let (at, span) = (key.span(), value.span());
            Entry {
                key: key.get_ref().to_string(),
                at: Span::new(at.start, at.end),
                node: Node {
                    value: of_toml(value.get_ref()),
                    span: Span::new(span.start, span.end),
                },
            }
        })
        .collect();
    // In the order of the file, which some runtimes go by.
    entries.sort_by_key(|entry| entry.at.start);
    Value::Table(entries)
}

fn of_toml(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Other, Value::Int)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| {
                    let span = item.span();
                    let value = of_toml(item.get_ref());
                    Node { value, span: Span::new(span.start, span.end) }
                })
                .collect(),
        ),
        DeValue::Table(table) => of_table(table),
    }
}

/// Objects and lists nest at most this deep.
const MAX_DEPTH: usize = 128;

/// Reads JSON with comments and trailing commas. A key that stands twice is a fault: readers
/// disagree on which of them counts.
pub(crate) fn json(text: &str) -> Result<Node, Fault> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Json { text, at: start };
    let node = reader.value(0)?;
    reader.blanks()?;
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.fault("there is more behind the value")),
    }
}

struct Json<'t> {
    text: &'t str,
    at: usize,
}

impl Json<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, message: &str) -> Fault {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        Fault { message: message.to_owned(), span: Span::new(self.at, end) }
    }

    fn blanks(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| self.fault("the comment does not end"))?;
                self.at += end + 2;
            } else if matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.blanks()?;
        if MAX_DEPTH < depth {
            return Err(self.fault("it nests too deep"));
        }
        let start = self.at;
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { value, span: Span::new(start, self.at) })
    }

    fn word(&mut self) -> Result<Value, Fault> {
        for (word, value) in
            [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
        {
            let behind = self.rest().strip_prefix(word).and_then(|rest| rest.chars().next());
            if self.rest().starts_with(word) && !behind.is_some_and(char::is_alphanumeric) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value is expected"))
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
            .unwrap_or(rest.len());
        let written = rest[..length].to_owned();
        if written.parse::<f64>().is_err() {
            return Err(self.fault("it is no number"));
        }
        self.at += length;
        Ok(written.parse().map_or(Value::Other, Value::Int))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.bump() {
                None => {
                    self.at = start;
                    return Err(self.fault("the text does not end"));
                }
                Some(_) if escaped => escaped = false,
                Some('\\') => escaped = true,
                Some('"') => break,
                Some(_) => {}
            }
        }
        let written = &self.text[start..self.at];
        serde_json::from_str(written).map_err(|_| Fault {
            message: "the text has an escape or a character that JSON does not allow".to_owned(),
            span: Span::new(start, self.at),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            if self.rest().starts_with(']') {
                self.at += 1;
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.separator(']')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            self.blanks()?;
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::Table(entries));
                }
                Some('"') => {}
                _ => return Err(self.fault("a key in quotes is expected")),
            }
            let start = self.at;
            let key = self.string()?;
            let at = Span::new(start, self.at);
            if entries.iter().any(|entry| entry.key == key) {
                return Err(Fault { message: format!("the key `{key}` stands twice"), span: at });
            }
            self.blanks()?;
            if self.bump() != Some(':') {
                return Err(self.fault("a `:` is expected behind the key"));
            }
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, at, node });
            self.separator('}')?;
        }
    }

    /// A comma, or the end that comes next.
    fn separator(&mut self, end: char) -> Result<(), Fault> {
        self.blanks()?;
        match self.peek() {
            Some(',') => {
                self.at += 1;
                Ok(())
            }
            Some(next) if next == end => Ok(()),
            _ => Err(self.fault("a `,` is expected")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_places() {
        let text = "{ // a comment\n  \"a\": [\"x\", 1.5, 2,],\n}";
        let node = json(text).expect("it is JSON");
        let list = node.get("a").expect("there is a list");
        assert_eq!(&text[list.items()[0].span.range()], "\"x\"");
        let text = "[t]\na = ['x']\n";
        let node = toml(text).expect("it is TOML");
        let list = node.at(&["t", "a"]).expect("there is a list");
        assert_eq!(&text[list.items()[0].span.range()], "'x'");
    }

    #[test]
    fn faults_have_places() {
        for (text, message, start) in [
            ("{\"a\": 1, \"a\": 2}", "the key `a` stands twice", 9),
            ("[1 2]", "a `,` is expected", 3),
            ("{a: 1}", "a key in quotes is expected", 1),
            ("\"x", "the text does not end", 0),
            ("/* x", "the comment does not end", 0),
            ("[] x", "there is more behind the value", 3),
            ("", "a value is expected", 0),
        ] {
            let fault = json(text).expect_err(text);
            assert_eq!((fault.message.as_str(), fault.span.start), (message, start), "{text}");
        }
        assert!(json(&"[".repeat(1000)).is_err());
    }
}
