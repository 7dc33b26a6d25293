//! JSON: strict, bounded reading, and one canonical way of writing.
//!
//! What two readers might take differently is an error here: duplicate names, lone surrogates,
//! text behind the value, nesting past [`MAX_JSON_DEPTH`]. Errors have a place.

use core::fmt;

use crate::canon::MAX_JSON_DEPTH;

/// A JSON value. Objects keep the order of their members; numbers keep their text.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Box<str>),
    String(Box<str>),
    Array(Vec<Json>),
    Object(Vec<(Box<str>, Json)>),
}

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// The place in bytes, from 0.
    pub byte: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {})", self.message, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

impl Json {
    /// Reads one value that fills the whole text.
    ///
    /// ```
    /// use policy_eval::json::Json;
    /// let value = Json::parse(r#"{"path": "src/lib.rs"}"#)?;
    /// assert_eq!(value.get("path").and_then(Json::as_str), Some("src/lib.rs"));
    /// assert!(Json::parse(r#"{"a": 1, "\u0061": 2}"#).is_err());
    /// # Ok::<(), policy_eval::json::JsonError>(())
    /// ```
    ///
    /// # Errors
    /// When the text is not exactly one JSON value, has an object with two equal names, a lone
    /// surrogate, or nests deeper than [`MAX_JSON_DEPTH`].
    ///
    /// # Cost
    /// One pass; objects with more than 32 members keep a sorted set of their names.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        let mut reader = Reader { text, at: 0 };
        reader.blanks();
        let value = reader.value(0)?;
        reader.blanks();
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err(reader.error("text after the value")),
        }
    }

    /// The member of an object with exactly this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// The members, where it is an object.
    pub fn as_object(&self) -> Option<&[(Box<str>, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items, where it is an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text, where it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where it is written as a whole number of 64 bits with a sign.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What a message calls a value of this kind, with its article.
    pub const fn describe(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// The canonical text: no blanks, members sorted by name, only what must be escaped is.
    ///
    /// ```
    /// use policy_eval::json::Json;
    /// let value = Json::parse(r#"{ "b" : [1, "\u0041"], "a" : null }"#)?;
    /// assert_eq!(value.canonical(), r#"{"a":null,"b":[1,"A"]}"#);
    /// # Ok::<(), policy_eval::json::JsonError>(())
    /// ```
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(true) => out.push_str("true"),
            Json::Bool(false) => out.push_str("false"),
            Json::Number(text) => out.push_str(text),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if 0 < index {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
                out.push('{');
                for (index, (name, value)) in sorted.into_iter().enumerate() {
                    if 0 < index {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a string with its quotes, escaping what JSON demands.
pub fn write_string(text: &str, out: &mut String) {
    use fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// From this many members on, names are looked up in a sorted set.
const MANY_MEMBERS: usize = 32;

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> JsonError {
        error_at(self.text, self.at, message.to_owned())
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'{' | b'[') if depth == MAX_JSON_DEPTH => {
                Err(self.error(&format!("nested deeper than {MAX_JSON_DEPTH} levels")))
            }
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("expected a value, found the end")),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth)?);
            self.blanks();
            if self.eat(b']') {
                return Ok(Json::Array(items));
            }
            if !self.eat(b',') {
                return Err(self.error("expected `,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        let mut names = Names::default();
        self.blanks();
        if self.eat(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            let place = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a name in quotes"));
            }
            let name = self.string()?;
            if names.is_known(&name, &members) {
                return Err(error_at(self.text, place, format!("duplicate name `{name}`")));
            }
            self.blanks();
            if !self.eat(b':') {
                return Err(self.error("expected `:`"));
            }
            self.blanks();
            let value = self.value(depth)?;
            members.push((name, value));
            self.blanks();
            if self.eat(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.error("a number with a leading zero"));
        }
        Ok(Json::Number(self.text.get(start..self.at).unwrap_or_default().into()))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if start < self.at { Ok(()) } else { Err(self.error("expected a digit")) }
    }

    fn string(&mut self) -> Result<Box<str>, JsonError> {
        self.at += 1;
        let plain = self.plain()?;
        if self.eat(b'"') {
            return Ok(plain.into());
        }
        let mut out = plain.to_owned();
        while !self.eat(b'"') {
            self.at += 1; // The backslash: `plain` stops nowhere else.
            out.push(self.escape()?);
            out.push_str(self.plain()?);
        }
        Ok(out.into())
    }

    /// The characters up to the next quote or backslash.
    fn plain(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"' | b'\\') => {
                    return Ok(self.text.get(start..self.at).unwrap_or_default());
                }
                Some(0..=0x1f) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("a string without its closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 1;
        Ok(c)
    }

    fn code_point(&mut self) -> Result<char, JsonError> {
        let lone = "a surrogate without its partner";
        let first = self.hex()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error(lone));
        }
        if 0xdc00 <= first || !(self.eat(b'\\') && self.eat(b'u')) {
            return Err(self.error(lone));
        }
        let second = self.hex()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.error(lone));
        }
        let scalar = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(scalar).ok_or_else(|| self.error(lone))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            value = value << 4 | digit.ok_or_else(|| self.error("expected four hex digits"))?;
            self.at += 1;
        }
        Ok(value)
    }
}

/// The names of an object while it is read.
#[derive(Default)]
struct Names {
    many: std::collections::BTreeSet<Box<str>>,
}

impl Names {
    /// Whether a name stands in `members` already, which have every name asked for before.
    fn is_known(&mut self, name: &str, members: &[(Box<str>, Json)]) -> bool {
        if members.len() < MANY_MEMBERS {
            return members.iter().any(|(known, _)| &**known == name);
        }
        if self.many.is_empty() {
            self.many.extend(members.iter().map(|(known, _)| known.clone()));
        }
        !self.many.insert(name.into())
    }
}

fn error_at(text: &str, byte: usize, message: String) -> JsonError {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    JsonError { message, byte, line, column }
}
