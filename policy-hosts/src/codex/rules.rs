//! `.rules` files: calls with literal arguments.
//!
//! ```text
//!   file   = { call }
//!   call   = name "(" [ argument { "," argument } [ "," ] ] ")"
//!   argument = [ name "=" ] value
//!   value  = string | list | call      nothing that has to be computed
//! ```
//!
//! The files are Starlark, in which a pattern may come out of a loop. What is computed is refused
//! with its place: a policy has to be read without being run.

use policy_lang::span::Span;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) at: Span,
    pub(super) arguments: Vec<Argument>,
    /// The whole call.
    pub(super) span: Span,
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// None where it stands by its place.
    pub(super) name: Option<String>,
    pub(super) at: Span,
    pub(super) value: Literal,
}

/// A literal.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text(String),
    List(Vec<Literal>),
    /// A number, `True`, `None`: nothing that a rule takes.
    Other,
}

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) span: Span,
}

type Read<T> = Result<T, Wrong>;

/// Lists nest at most this deep.
const MAX_DEPTH: usize = 16;

/// Reads a file.
pub(super) fn read(text: &str) -> Read<Vec<Call>> {
    let mut reader = Reader { text, at: 0 };
    let mut calls = Vec::new();
    loop {
        reader.blanks();
        while reader.eat(";") {
            reader.blanks();
        }
        if reader.rest().is_empty() {
            return Ok(calls);
        }
        calls.push(reader.call()?);
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Blanks, line ends and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("\\\n") {
                self.at += 2;
            } else if let Some(c) = rest.chars().next().filter(|c| c.is_ascii_whitespace()) {
                self.at += c.len_utf8();
            } else if self.at == 0 && rest.starts_with('\u{feff}') {
                self.at += '\u{feff}'.len_utf8();
            } else {
                return;
            }
        }
    }

    fn wrong<T>(&self, start: usize, message: impl Into<String>) -> Read<T> {
        let end = self.at.max(start + self.text.get(start..).map_or(0, first_length));
        Err(Wrong { message: message.into(), span: Span::new(start, end) })
    }

    fn computed<T>(&self, start: usize) -> Read<T> {
        let line = self.text.get(start..).unwrap_or_default();
        let end = start + line.find('\n').unwrap_or(line.len());
        Err(Wrong {
            message: "this is computed, and only calls with literal arguments are read".to_owned(),
            span: Span::new(start, end),
        })
    }

    fn name(&mut self) -> Option<(String, Span)> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let name = rest[..length].to_owned();
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Some((name, span))
    }

    fn call(&mut self) -> Read<Call> {
        let start = self.at;
        let Some((name, at)) = self.name() else {
            return self.computed(start);
        };
        self.blanks();
        if !self.eat("(") {
            return self.computed(start);
        }
        let mut arguments = Vec::new();
        loop {
            self.blanks();
            if self.eat(")") {
                break;
            }
            arguments.push(self.argument()?);
            self.blanks();
            if self.eat(",") {
                continue;
            }
            self.blanks();
            if !self.rest().starts_with(')') {
                return self.unexpected();
            }
        }
        Ok(Call { name, at, arguments, span: Span::new(start, self.at) })
    }

    /// Something stands where `,` or an end is expected.
    fn unexpected<T>(&self) -> Read<T> {
        if self.rest().is_empty() {
            return self.wrong(self.at, "the file ends in the middle of a call");
        }
        self.computed(self.at)
    }

    fn argument(&mut self) -> Read<Argument> {
        let start = self.at;
        if let Some((name, at)) = self.name() {
            self.blanks();
            let is_named = self.rest().starts_with('=') && !self.rest().starts_with("==");
            if is_named {
                self.at += 1;
                self.blanks();
                return Ok(Argument { name: Some(name), at, value: self.value(0)? });
            }
            self.at = start;
        }
        let value = self.value(0)?;
        Ok(Argument { name: None, at: value.span, value })
    }

    fn value(&mut self, depth: usize) -> Read<Literal> {
        let start = self.at;
        if MAX_DEPTH < depth {
            return self.wrong(start, "the list nests too deep");
        }
        let kind = if self.eat("[") {
            let mut items = Vec::new();
            loop {
                self.blanks();
                if self.eat("]") {
                    break;
                }
                items.push(self.value(depth + 1)?);
                self.blanks();
                if !self.eat(",") && !self.rest().starts_with(']') {
                    return self.unexpected();
                }
            }
            Kind::List(items)
        } else if let Some(text) = self.string()? {
            Kind::Text(text)
        } else {
            let rest = self.rest();
            let length =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let word = &rest[..length];
            let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
            if !(is_number || matches!(word, "True" | "False" | "None")) {
                return self.computed(start);
            }
            self.at += length;
            Kind::Other
        };
        let literal = Literal { kind, span: Span::new(start, self.at) };
        self.blanks();
        // An operator behind it.
        match self.rest().chars().next() {
            None | Some(',' | ']' | ')') => Ok(literal),
            Some(_) => self.computed(start),
        }
    }

    /// A string, where one stands next.
    fn string(&mut self) -> Read<Option<String>> {
        let start = self.at;
        let is_raw = self.rest().starts_with("r\"") || self.rest().starts_with("r'");
        if is_raw {
            self.at += 1;
        }
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Ok(None);
        };
        let triple = quote.to_string().repeat(3);
        let end = if self.rest().starts_with(&triple) { triple } else { quote.to_string() };
        self.at += end.len();
        let mut text = String::new();
        loop {
            if self.eat(&end) {
                return Ok(Some(text));
            }
            let Some(c) = self.rest().chars().next() else {
                return self.wrong(start, "the string does not end");
            };
            if c == '\n' && end.len() == 1 {
                return self.wrong(start, "the string does not end");
            }
            let here = self.at;
            self.at += c.len_utf8();
            if c != '\\' {
                text.push(c);
            } else if is_raw {
                text.push('\\');
                if let Some(next) = self.rest().chars().next() {
                    self.at += next.len_utf8();
                    text.push(next);
                }
            } else {
                match self.escape() {
                    Some(Some(c)) => text.push(c),
                    Some(None) => {}
                    None => return self.wrong(here, "the escape is not known"),
                }
            }
        }
    }

    /// What follows a backslash. `Some(None)` is a line that goes on.
    fn escape(&mut self) -> Option<Option<char>> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        let digits = match next {
            'n' => return Some(Some('\n')),
            't' => return Some(Some('\t')),
            'r' => return Some(Some('\r')),
            'a' => return Some(Some('\u{7}')),
            'b' => return Some(Some('\u{8}')),
            'f' => return Some(Some('\u{c}')),
            'v' => return Some(Some('\u{b}')),
            '0'..='7' => {
                let mut value = next.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = self.rest().chars().next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                return Some(char::from_u32(value));
            }
            '\\' | '"' | '\'' => return Some(Some(next)),
            '\n' => return Some(None),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let written = self.rest().get(..digits)?;
        let value = u32::from_str_radix(written, 16).ok()?;
        self.at += digits;
        char::from_u32(value).map(Some)
    }
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(literal: &Literal) -> String {
        match &literal.kind {
            Kind::Text(text) => format!("{text:?}"),
            Kind::List(items) => {
                format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
            Kind::Other => "other".to_owned(),
        }
    }

    #[test]
    fn calls_with_literals_are_read() {
        let text = r##"
# a comment with prefix_rule(
prefix_rule(pattern = ["git", ['status', "log",],], decision = "allow") ; network_rule(
    host = """a
b""",
    protocol = r'\d', justification = "it\'s \x41 \u00e9 \
on",
)
"##;
        let calls = read(text).expect("it is read");
        let shown: Vec<String> = calls
            .iter()
            .flat_map(|call| &call.arguments)
            .map(|argument| {
                format!("{}={}", argument.name.as_deref().unwrap_or(""), shown(&argument.value))
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#"pattern=["git", ["status", "log"]]"#,
                r#"decision="allow""#,
                r#"host="a\nb""#,
                r#"protocol="\\d""#,
                r#"justification="it's A é on""#,
            ]
        );
    }

    #[test]
    fn what_is_computed_is_refused_with_its_place() {
        for (text, start) in [
            ("x = 1", 0),
            ("def f():\n  pass", 0),
            ("prefix_rule(pattern = GIT)", 22),
            ("prefix_rule(pattern = [\"git\"] + REST)", 22),
            ("prefix_rule(pattern = [x for x in y])", 23),
            ("prefix_rule(pattern = [f(\"x\")])", 23),
            ("prefix_rule(**args)", 12),
            ("[prefix_rule(pattern = [x]) for x in y]", 0),
            ("prefix_rule(pattern = \"a\" \"b\")", 22),
            ("prefix_rule(pattern = [\"git\"", 28),
            ("prefix_rule(pattern = \"a\n\")", 22),
            ("prefix_rule(pattern = \"\\q\")", 23),
            ("prefix_rule(pattern = f\"{x}\")", 22),
        ] {
            let wrong = read(text).expect_err(text);
            assert_eq!(wrong.span.start, start, "{text}: {}", wrong.message);
        }
    }
}
