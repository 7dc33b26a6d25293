//! The slips that most authors make once, each with the way out as it is written here.
//!
//! The grammar says only where a text broke. What stands around that place tells what its author
//! meant: a pattern without quotes, a list with `and`, a condition the other way round. Each slip
//! is one function; the first that knows the text explains it.

use super::error::SyntaxError;
use super::expected::{Broken, CONTINUING_WORDS, Expectation, ITEM_WORDS, nearest_word, shown};
use super::grammar::Rule;
use super::scan::{Kind, Token, Tokens, begins_line};
use crate::span::Span;

type Slip = Option<(SyntaxError, Span)>;

/// Spellings that mean something only at the beginning of a sentence, and what is meant.
const FIRST_WORDS: &[(&str, &str)] = &[
    ("exclude", "what must not happen is `deny`; objects are taken away with `except`"),
    ("warn", "`ask` lets a person decide, `review` a reviewer agent; `record` only writes it down"),
    ("log", "it is written `record metadata` here"),
    ("audit", "it is written `record full` here"),
];

impl Broken<'_, '_> {
    /// What is wrong where the text around tells what was meant.
    pub(super) fn slip(&self, text: &str, expectation: &Expectation) -> Slip {
        self.colon_behind_action(text)
            .or_else(|| self.spelt_id(text))
            .or_else(|| self.first_word())
            .or_else(|| self.joined(expectation))
            .or_else(|| self.wrong_default())
            .or_else(|| self.list_in_condition())
            .or_else(|| self.turned_condition())
            .or_else(|| self.assigned())
            .or_else(|| self.clause_in_test(text))
            .or_else(|| self.taken_away(text, expectation))
            .or_else(|| self.command(text))
            .or_else(|| self.reason(text))
            .or_else(|| self.pattern(text, expectation))
    }

    fn wants_any(&self, rules: &[Rule]) -> bool {
        self.wants.iter().any(|want| rules.contains(want))
    }

    /// `my rule: deny read *`, `"my-rule": …`, `my.rule: …`, `allow: …`
    fn spelt_id(&self, text: &str) -> Slip {
        const MOST_TOKENS: usize = 8;
        let mut end = self.first.start;
        let mut tokens = Tokens::from(text, self.first.start);
        for _ in 0..MOST_TOKENS {
            let token = tokens.significant();
            let is_first = token.start == self.first.start;
            if token.text == ":" && !is_first && self.found.start <= token.end() {
                let span = Span::new(self.first.start, end);
                return id_error(&text[span.range()], tokens.significant())
                    .map(|error| (error, span));
            }
            let may_name = matches!(token.kind, Kind::Word | Kind::Text) || token.text == ".";
            let follows_verb = token.text != ":" && ITEM_WORDS.contains(&self.first.text);
            let other = !is_first && (follows_verb || ITEM_WORDS.contains(&token.text));
            if !may_name || other || !is_first && begins_line(text, token.start) {
                return None;
            }
            end = token.end();
        }
        None
    }

    /// `exclude read "/x"`
    fn first_word(&self) -> Slip {
        let previous = self.previous.unwrap_or(self.found);
        let word = if previous == self.first { previous } else { return None };
        let (_, here) = FIRST_WORDS.iter().find(|(foreign, _)| *foreign == word.text)?;
        Some((SyntaxError::habit(word.text, *here), word.span()))
    }

    /// `read and write`, `"/a" or "/b"`: in a list they are commas.
    fn joined(&self, expectation: &Expectation) -> Slip {
        let joins = |token: &Token<'_>| matches!(token.text, "and" | "or" | "&" | "+");
        let in_list = (expectation.item || self.wants.contains(&Rule::kw_to))
            && !self.wants_any(&[Rule::and_op, Rule::or_op]);
        let word = self.previous.filter(joins).or(Some(self.found).filter(joins))?;
        let here = "members of a list have commas between them, as in `read, write`";
        in_list.then(|| (SyntaxError::habit(word.text, here), word.span()))
    }

    /// `default read: allow`
    fn colon_behind_action(&self, text: &str) -> Slip {
        let next = Tokens::from(text, self.found.end()).significant();
        let behind_verb = self.previous.is_some_and(|verb| ITEM_WORDS.contains(&verb.text));
        if !behind_verb || self.found.kind != Kind::Word || next.text != ":" {
            return None;
        }
        let here = match self.first.text {
            "default" => format!("leave it out: `default {} ask`", shown(self.found.text)),
            _ => "leave it out: objects stand right behind the action".to_owned(),
        };
        Some((SyntaxError::habit(":", here), next.span()))
    }

    /// `default alow`, `delegate to project`: the misspelt or missing word passes for an action.
    fn wrong_default(&self) -> Slip {
        let word = self.previous.filter(|word| word.kind == Kind::Word && *word != self.first)?;
        match self.first.text {
            "default" if self.wants.contains(&Rule::tier) => {
                let nearest = nearest_word(word.text, &["allow", "review", "ask", "deny"])?;
                Some((SyntaxError::Misspelt { found: shown(word.text), nearest }, word.span()))
            }
            "delegate" if word.text == "to" => {
                let expected = "an action".to_owned();
                let help = Some("say what is handed over: `delegate read, run to …`".to_owned());
                let found = "`to`".to_owned();
                Some((SyntaxError::Unexpected { expected, found, help }, word.span()))
            }
            _ => None,
        }
    }

    /// `branch in ["main"]`, `branch in "main"`
    fn list_in_condition(&self) -> Slip {
        let behind_in = self.previous.is_some_and(|previous| previous.text == "in");
        if !self.wants_any(&[Rule::value_set, Rule::value]) {
            return None;
        }
        match self.found.kind {
            Kind::Open if self.found.text == "[" => {
                let here = "a list stands in parentheses: `(\"a\", \"b\")`";
                Some((SyntaxError::habit("[", here), self.found.span()))
            }
            Kind::Text if behind_in => {
                let error = SyntaxError::Unexpected {
                    expected: "a list in parentheses, `@name` or the name of a set".to_owned(),
                    found: "a string".to_owned(),
                    help: Some(format!("write `in ({})`", shown(self.found.text))),
                };
                Some((error, self.found.span()))
            }
            _ => None,
        }
    }

    /// `"x" in groups`, `5 < risk`
    fn turned_condition(&self) -> Slip {
        let number = self.found.text.starts_with(|c: char| c.is_ascii_digit());
        let is_value = self.found.kind == Kind::Text || number;
        let wanted = self.wants_any(&[
            Rule::condition,
            Rule::conjunction,
            Rule::negation,
            Rule::question,
            Rule::attribute_path,
        ]);
        if !is_value || !wanted || self.wants.contains(&Rule::value) {
            return None;
        }
        let help = match self.found.kind {
            Kind::Text => format!(
                "the attribute stands first: `NAME == {0}`, or `NAME contains {0}` where it is a set",
                shown(self.found.text)
            ),
            _ => format!("the attribute stands first, as in `risk > {}`", shown(self.found.text)),
        };
        let found = match self.found.kind {
            Kind::Text => "a string".to_owned(),
            _ => format!("`{}`", shown(self.found.text)),
        };
        let expected = "the name of an attribute".to_owned();
        Some((SyntaxError::Unexpected { expected, found, help: Some(help) }, self.found.span()))
    }

    /// `default = ask`, `attribute a = "x"`
    fn assigned(&self) -> Slip {
        let here = match self.first.text {
            _ if self.found.text != "=" => return None,
            "default" => "leave it out: `default ask`",
            "attribute" => "a type stands behind `:`, as in `attribute ticket: string`",
            _ => return None,
        };
        Some((SyntaxError::habit("=", here), self.found.span()))
    }

    /// `allow read "/x" when branch == "x"` in a test.
    fn clause_in_test(&self, text: &str) -> Slip {
        if !self.wants.contains(&Rule::kw_where) {
            return None;
        }
        let here = match self.found.text {
            "when" | "if" => {
                let mut tokens = Tokens::from(text, self.found.end());
                let [name, sign, value] = std::array::from_fn(|_| tokens.significant());
                let (name, value) = match sign.text {
                    "==" | "=" => (shown(name.text), shown(value.text)),
                    _ => ("NAME".to_owned(), "VALUE".to_owned()),
                };
                format!("a test states what is so: `where {name} = {value}`")
            }
            "because" => "a line of a test has no reason; a comment begins with `#`".to_owned(),
            "unless" | "with" | "except" => {
                "a test asks about one request: what it is stands behind `where NAME = VALUE`"
                    .to_owned()
            }
            _ => return None,
        };
        Some((SyntaxError::habit(self.found.text, here), self.found.span()))
    }

    /// `"/etc/**", !*.pem`
    fn taken_away(&self, text: &str, expectation: &Expectation) -> Slip {
        let object = self.wants_any(&[Rule::object, Rule::objects, Rule::members]);
        if self.found.text != "!" || !(object || expectation.item) {
            return None;
        }
        let next = Tokens::from(text, self.found.end()).significant();
        let pattern = match next.kind {
            Kind::Text => shown(next.text),
            _ => format!(
                "\"{}\"",
                shown(text[bare(text, self.found.start).range()].trim_start_matches('!'))
            ),
        };
        let here = format!("objects are taken away with `except`: `except {pattern}`");
        Some((SyntaxError::habit("!", here), self.found.span()))
    }

    /// `allow run git push`: a command is all the words up to the next clause.
    fn command(&self, text: &str) -> Slip {
        let mut tokens = Tokens::from(text, self.first.start);
        let run = tokens.find(|token| token.text == "run" || self.found.start <= token.start)?;
        let start = tokens.significant();
        let is_bare = matches!(start.kind, Kind::Word | Kind::Sign)
            && !matches!(start.text, "," | "*" | "@" | ":" | "{" | "}" | ";")
            && !CONTINUING_WORDS.contains(&start.text)
            && !ITEM_WORDS.contains(&start.text);
        let same_line = !text[start.start..self.found.start.max(start.start)].contains('\n');
        let names_actions = matches!(self.first.text, "default" | "delegate");
        if run.text != "run"
            || names_actions
            || !is_bare
            || self.found.start < start.start
            || !same_line
        {
            return None;
        }
        let mut end = start.end();
        for token in tokens {
            let ends = CONTINUING_WORDS.contains(&token.text)
                || matches!(token.kind, Kind::Text | Kind::OpenText | Kind::Comment)
                || matches!(token.text, "{" | "}" | "," | ";");
            if ends || text[end..token.start].contains('\n') {
                break;
            }
            end = token.end();
        }
        let end = end.min(line_end(text, start.start));
        (self.found.start < end).then(|| unquoted("patterns", text, Span::new(start.start, end)))
    }

    /// `because The files`: a reason is the rest of its line.
    fn reason(&self, text: &str) -> Slip {
        let behind_because = self.previous.is_some_and(|previous| previous.text == "because");
        let bare = matches!(self.found.kind, Kind::Word | Kind::Sign)
            && !begins_line(text, self.found.start);
        if !behind_because || !bare {
            return None;
        }
        let start = self.found.start;
        let line = &text[start..line_end(text, start)];
        let line = line.split(['#', '"', '{', '}']).next().unwrap_or(line).trim_end();
        Some(unquoted("reasons", text, Span::new(start, start + line.len())))
    }

    /// `/etc/**`, `evil.com`, `*.pem`, `$workspace/x`, `10.0.0.0/8`, `unix /run/x`, `version 1.0`
    fn pattern(&self, text: &str, expectation: &Expectation) -> Slip {
        let object = [Rule::object, Rule::objects, Rule::members];
        let span = bare(text, self.found.start);
        let behind_bare = (span.start as usize) < self.found.start && self.previous.is_some();
        let is_there = expectation.text || self.wants_any(&object) || behind_bare;
        let is_bare = matches!(self.found.kind, Kind::Word | Kind::Sign);
        if !is_there || !is_bare || !looks_like_pattern(&text[span.range()]) {
            return None;
        }
        let is_socket = self.previous.is_some_and(|previous| previous.text == "unix");
        let is_object = self.wants_any(&object) || expectation.item || is_socket;
        let what = if is_object { "patterns" } else { "strings" };
        Some(unquoted(what, text, span))
    }
}

/// What is wrong with something before a `:` that is to name a sentence.
fn id_error(written: &str, next: Token<'_>) -> Option<SyntaxError> {
    if ITEM_WORDS.contains(&written) || CONTINUING_WORDS.contains(&written) {
        return Some(SyntaxError::ReservedName { word: written.to_owned() });
    }
    let one_word = written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let begins = ITEM_WORDS.contains(&next.text)
        || next.kind == Kind::Word && nearest_word(next.text, ITEM_WORDS).is_some();
    (!one_word && begins)
        .then(|| SyntaxError::SpeltName { written: shown(written), proposed: name_from(written) })
}

/// The name that is most like some text.
fn name_from(written: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = written.split(|c| !letter(c)).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(40).collect();
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name,
        false => format!("rule-{name}"),
    }
}

/// The error for text that should stand in quotes.
pub(super) fn unquoted(what: &'static str, text: &str, span: Span) -> (SyntaxError, Span) {
    (SyntaxError::Unquoted { what, written: shown(&text[span.range()]) }, span)
}

fn line_end(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |end| start + end)
}

/// The longest piece around a byte that no blank and no sign between patterns parts.
pub(super) fn bare(text: &str, at: usize) -> Span {
    let parts =
        |c: char| c.is_whitespace() || matches!(c, ',' | '"' | '(' | ')' | '{' | '}' | ';' | '#');
    let start = text[..at]
        .rfind(parts)
        .map_or(0, |start| start + text[start..].chars().next().map_or(0, char::len_utf8));
    let end = text[at..].find(parts).map_or(text.len(), |end| at + end);
    Span::new(start, end)
}

/// Whether text without quotes is a path, a host, an address or a file, and not an expression.
fn looks_like_pattern(bare: &str) -> bool {
    if bare.trim_matches('*').is_empty() {
        return 1 < bare.len();
    }
    let has_letters = bare.contains(char::is_alphanumeric);
    let port = bare.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.starts_with(|c: char| c.is_ascii_digit())
    });
    let is_expression = bare.contains(['=', '<', '>', '!', '\'', '&', '|']);
    has_letters && !is_expression && (bare.contains(['/', '\\', '.', '*', '?', '$', '~']) || port)
}
