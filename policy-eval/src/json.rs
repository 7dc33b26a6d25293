//! JSON: strict, bounded reading, and one canonical way of writing.
//!
//! What two readers might take differently is an error here: duplicate names, lone surrogates,
//! text behind the value, nesting past [`MAX_JSON_DEPTH`]. Errors have a place.

use core::fmt;

use crate::sort::sort_by;

/// JSON that is nested deeper than this is not read, and a call with such arguments is at least
/// `ask`.
pub const MAX_JSON_DEPTH: usize = 128;

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

impl JsonError {
    /// An error at a byte of a text.
    pub(crate) fn at_byte(text: &str, byte: usize, message: String) -> JsonError {
        let byte = (0..=byte).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let before = text.get(..byte).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        JsonError { message, byte, line, column }
    }
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
        let mut reader = Reader::new(text);
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
                sort_by(&mut sorted, |(one, _), (other, _)| one < other);
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

/// Reads values one after the other.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// A reader at the beginning of a text.
    pub(crate) fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> JsonError {
        JsonError::at_byte(self.text, self.at, message.to_owned())
    }

    pub(crate) fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
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

    pub(crate) fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
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
                return Err(JsonError::at_byte(
                    self.text,
                    place,
                    format!("duplicate name `{}`", name.escape_debug()),
                ));
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

    pub(crate) fn string(&mut self) -> Result<Box<str>, JsonError> {
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

    /// A string that is written without escapes. Where it has some, nothing was read.
    pub(crate) fn plain_string(&mut self) -> Option<&'t str> {
        let start = self.at;
        self.at += 1;
        match self.plain() {
            Ok(plain) if self.eat(b'"') => Some(plain),
            _ => {
                self.at = start;
                None
            }
        }
    }

    /// A number without fraction and exponent, of so few digits that it has its value in 64 bits.
    pub(crate) fn whole_number(&mut self) -> Option<i64> {
        const MOST_DIGITS: usize = 18;
        let is_negative = self.eat(b'-');
        let start = self.at;
        let mut value: i64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            (self.at - start < MOST_DIGITS).then_some(())?;
            value = value * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        let digits = self.text.as_bytes().get(start..self.at)?;
        let is_plain = !digits.is_empty() && (digits.len() == 1 || digits.first() != Some(&b'0'));
        let ends = !matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        (is_plain && ends).then_some(if is_negative { -value } else { value })
    }

    /// The characters up to the next quote or backslash.
    fn plain(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        self.at += length.unwrap_or(rest.len());
        match self.peek() {
            Some(b'"' | b'\\') => Ok(self.text.get(start..self.at).unwrap_or_default()),
            Some(_) => Err(self.error("a control character in a string")),
            None => Err(self.error("a string without its closing quote")),
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

/// One step on the way to a place inside a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The name of a member.
    Name(Box<str>),
    /// The value of a member.
    Value(Box<str>),
}

/// The byte where the steps lead in a text that was read without error; where the text begins if
/// they lead nowhere.
///
/// Values have no places, which only errors need: the text is read once more to find one.
pub(crate) fn locate(text: &str, steps: &[Step]) -> usize {
    let mut reader = Reader::new(text);
    reader.blanks();
    let start = reader.at;
    steps.iter().try_for_each(|step| reader.seek(step)).map_or(start, |()| reader.at)
}

impl Reader<'_> {
    /// Goes from the beginning of an object to one of its members.
    fn seek(&mut self, step: &Step) -> Option<()> {
        let (Step::Name(wanted) | Step::Value(wanted)) = step;
        while self.eat(b'{') || self.eat(b',') {
            self.blanks();
            let place = self.at;
            let name = self.string().ok()?;
            self.blanks();
            self.eat(b':');
            self.blanks();
            if name == *wanted {
                if matches!(step, Step::Name(_)) {
                    self.at = place;
                }
                return Some(());
            }
            self.value(0).ok()?;
            self.blanks();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_read_is_written_in_canonical_form() {
        for (text, canonical) in [
            (" null ", "null"),
            ("[]", "[]"),
            ("{ }", "{}"),
            ("[1, -0, 1.50e+3, true,false]", "[1,-0,1.50e+3,true,false]"),
            (r#"{"b": 1, "a": {"d": [], "c": ""}}"#, r#"{"a":{"c":"","d":[]},"b":1}"#),
            (r#""\u0041\/\"\\\b\u001F\ud83d\ude00é""#, r#""A/\"\\\u0008\u001f😀é""#),
        ] {
            assert_eq!(Json::parse(text).map(|json| json.canonical()).as_deref(), Ok(canonical));
        }
    }

    #[test]
    fn errors_say_what_and_where() {
        let errors: Vec<String> = [
            "",
            "  ",
            "nul",
            "{\"a\": 1} x",
            "{\"a\":1,\n \"\\u0061\":2}",
            "{\"a\" 1}",
            "{a: 1}",
            "{\"a\": 1,}",
            "[1,]",
            "[1 2]",
            "[01]",
            "[1.]",
            "[1e]",
            "[-]",
            "[+1]",
            "\"abc",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\ud800\\u0041\"",
            "'a'",
        ]
        .iter()
        .map(|text| match Json::parse(text) {
            Ok(value) => format!("{text:?}: read as {}", value.canonical()),
            Err(error) => format!("{text:?}: {error}"),
        })
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        "": expected a value, found the end (line 1, column 1)
        "  ": expected a value, found the end (line 1, column 3)
        "nul": expected a value (line 1, column 1)
        "{\"a\": 1} x": text after the value (line 1, column 10)
        "{\"a\":1,\n \"\\u0061\":2}": duplicate name `a` (line 2, column 2)
        "{\"a\" 1}": expected `:` (line 1, column 6)
        "{a: 1}": expected a name in quotes (line 1, column 2)
        "{\"a\": 1,}": expected a name in quotes (line 1, column 9)
        "[1,]": expected a value (line 1, column 4)
        "[1 2]": expected `,` or `]` (line 1, column 4)
        "[01]": a number with a leading zero (line 1, column 3)
        "[1.]": expected a digit (line 1, column 4)
        "[1e]": expected a digit (line 1, column 4)
        "[-]": expected a digit (line 1, column 3)
        "[+1]": expected a value (line 1, column 2)
        "\"abc": a string without its closing quote (line 1, column 5)
        "\"a\nb\"": a control character in a string (line 1, column 3)
        "\"\\x\"": an unknown escape (line 1, column 3)
        "\"\\u12\"": expected four hex digits (line 1, column 6)
        "\"\\ud800\"": a surrogate without its partner (line 1, column 8)
        "\"\\udc00\\ud800\"": a surrogate without its partner (line 1, column 8)
        "\"\\ud800\\u0041\"": a surrogate without its partner (line 1, column 14)
        "'a'": expected a value (line 1, column 1)
        "#);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(&nested(MAX_JSON_DEPTH)).is_ok());
        let error = Json::parse(&nested(MAX_JSON_DEPTH + 1)).map(|_| ()).unwrap_err();
        assert_eq!((error.byte, &*error.message), (128, "nested deeper than 128 levels"));
        assert!(Json::parse(&"[{\"a\":".repeat(1_000_000)).is_err());
    }

    #[test]
    fn duplicates_are_found_among_many_members() {
        let members = |last: usize| {
            let all: Vec<String> =
                (0..1000).chain([last]).map(|name| format!("\"{name}\":0")).collect();
            format!("{{{}}}", all.join(","))
        };
        assert!(Json::parse(&members(1000)).is_ok());
        for last in [0, 31, 32, 33, 999] {
            assert!(Json::parse(&members(last)).is_err(), "{last}");
        }
    }

    #[test]
    fn members_are_located() {
        let text = r#" {"a": 1, "b": {"c": [1, {}], "d": 2}}"#;
        let value = |name: &str| Step::Value(name.into());
        for (steps, found) in [
            (vec![value("b"), Step::Name("d".into())], "\"d\": 2"),
            (vec![value("b"), value("d")], "2}"),
            (vec![], "{\"a\""),
            (vec![value("x")], "{\"a\""),
        ] {
            assert!(text[locate(text, &steps)..].starts_with(found), "{steps:?}");
        }
    }

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<i64>().prop_map(|n| Json::Number(n.to_string().into())),
            any::<String>().prop_map(|text| Json::String(text.into())),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|members| {
                    Json::Object(members.into_iter().map(|(k, v)| (k.into(), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_as_the_same_value(value in values()) {
            prop_assert_eq!(Json::parse(&value.canonical()), Ok(value));
        }

        #[test]
        fn no_text_is_a_panic(text in "[\\[\\]{}\",:0-9.eE\\\\uda\u{1f}é -]{0,24}") {
            if let Err(error) = Json::parse(&text) {
                prop_assert!(error.byte <= text.len());
            }
        }
    }
}
