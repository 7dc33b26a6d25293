//! What could have stood where a text broke, in the language's own words.
//!
//! The grammar answers with the rules that it tried. Here they become words that a policy author
//! knows, the nearest right word for a misspelt one, and for the habits of other languages how the
//! same is written here.

use policy_eval::Action;

use super::error::SyntaxError;
use super::grammar::Rule;
use super::scan::{Kind, Token, Tokens, begins_line};
use crate::diagnostic::nearest;
use crate::span::Span;

/// The words that begin what stands at the top of a file.
pub(super) const ITEM_WORDS: &[&str] = &[
    "allow",
    "review",
    "ask",
    "deny",
    "record",
    "mark",
    "count",
    "never",
    "always",
    "policy",
    "paths",
    "hosts",
    "tools",
    "commands",
    "strings",
    "root",
    "attribute",
    "default",
    "delegate",
    "include",
    "accept",
    "trust",
    "sandbox",
    "when",
    "test",
    "given",
];

/// The words that begin a line of a test.
pub(super) const LINE_WORDS: &[&str] = &["allow", "review", "ask", "deny", "given"];

/// The words that go on with a sentence.
pub(super) const CONTINUING_WORDS: &[&str] = &[
    "except", "port", "when", "unless", "with", "as", "because", "where", "and", "or", "not",
    "unix",
];

/// Verbs of other languages that are no misspelling of ours.
const FOREIGN_VERBS: &[(&str, &str)] = &[
    ("forbid", "deny"),
    ("block", "deny"),
    ("reject", "deny"),
    ("disallow", "deny"),
    ("refuse", "deny"),
    ("permit", "allow"),
    ("grant", "allow"),
    ("approve", "allow"),
    ("confirm", "ask"),
    ("prompt", "ask"),
];

/// The right word for one that is misspelt or comes from another language.
pub(super) fn nearest_word(word: &str, words: &[&'static str]) -> Option<&'static str> {
    let foreign = FOREIGN_VERBS.iter().find(|(verb, ours)| *verb == word && words.contains(ours));
    let others = || words.iter().copied().filter(|known| *known != word);
    foreign.map(|(_, ours)| *ours).or_else(|| nearest(word, others()))
}

/// Words and signs of other languages, and how the same is written here.
const HABITS: &[(&str, &str)] = &[
    ("&&", "it is written `and` here"),
    ("||", "it is written `or` here"),
    ("!", "it is written `not` here"),
    ("==", "it is written `=` here; `==` compares in conditions"),
    ("=", "it is written `==` in conditions"),
    (":=", "it is written `=` here"),
    ("=~", "it is written `matches r\"…\"` here"),
    ("~=", "it is written `matches r\"…\"` here"),
    ("->", "the verb stands first: `deny run \"…\" when …`"),
    ("=>", "the verb stands first: `deny run \"…\" when …`"),
    ("::", "names have no `::`"),
    (";", "nothing stands between sentences: leave it out"),
    ("[", "lists have no brackets: members stand behind one another with commas"),
    ("null", "whether something was sent is asked with `NAME is present`"),
    ("nil", "whether something was sent is asked with `NAME is present`"),
    ("undefined", "whether something was sent is asked with `NAME is present`"),
    ("exists", "whether something was sent is asked with `NAME is present`"),
    ("if", "it is written `when` here"),
    ("where", "it is written `when` here; `where` belongs to tests"),
    ("provided", "it is written `when` here"),
    ("reason", "it is written `because` here"),
    ("justification", "it is written `because` here"),
    ("message", "it is written `because` here"),
    ("excluding", "it is written `except` here"),
    ("but", "objects are taken away with `except`, conditions with `unless`"),
    ("else", "there is no `else`: other rules or the default decide the rest"),
    ("equals", "it is written `==` here"),
    ("startswith", "it is written `like \"…*\"` here"),
    ("endswith", "it is written `like \"*…\"` here"),
    ("any", "it is written `*` here"),
    ("all", "it is written `*` here"),
    ("import", "it is written `include \"FILE\"` here"),
    ("function", "there are no functions: name what repeats with `paths`, `hosts`, `tools`, …"),
    ("def", "there are no functions: name what repeats with `paths`, `hosts`, `tools`, …"),
    ("let", "name what repeats with `paths NAME = …`, `hosts NAME = …`, `tools NAME = …`"),
    ("var", "name what repeats with `paths NAME = …`, `hosts NAME = …`, `tools NAME = …`"),
];

/// A piece of text that broke.
pub(super) struct Broken<'t, 'w> {
    /// The first token of the piece.
    pub(super) first: Token<'t>,
    /// The token before the one that broke it, where it has one.
    pub(super) previous: Option<Token<'t>>,
    /// The token that broke it.
    pub(super) found: Token<'t>,
    /// What the grammar tried there.
    pub(super) wants: &'w [Rule],
    /// Whether a `}` could end the block.
    pub(super) in_block: bool,
}

impl Broken<'_, '_> {
    /// What is wrong, and where.
    pub(super) fn explain(&self, text: &str) -> (SyntaxError, Span) {
        let found = self.found;
        let expectation = Expectation::of(self.wants);
        if let Some(error) = self.string_error().or_else(|| self.name_error(text)) {
            return (error, found.span());
        }
        if let Some(slip) = self.slip(text, &expectation).or_else(|| self.misspelt_before()) {
            return slip;
        }
        if let Some((_, here)) = HABITS.iter().find(|(habit, _)| *habit == found.text) {
            return (SyntaxError::habit(found.text, *here), found.span());
        }
        let is_word = found.kind == Kind::Word && !ITEM_WORDS.contains(&found.text);
        if is_word && let Some(nearest) = nearest_word(found.text, &expectation.words) {
            return (SyntaxError::Misspelt { found: shown(found.text), nearest }, found.span());
        }
        if matches!(found.text, ")" | "]") {
            let bracket = found.text.to_owned();
            return (SyntaxError::NothingToClose { bracket }, found.span());
        }
        let error = SyntaxError::Unexpected {
            expected: expectation.phrase(self.in_block),
            found: describe(found),
            help: self.help(&expectation),
        };
        (error, self.place())
    }

    /// Where the error is shown: behind the last token where the text ended too soon.
    fn place(&self) -> Span {
        match self.previous {
            Some(last) if self.found.kind == Kind::End => Span::new(last.end(), last.end()),
            _ => self.found.span(),
        }
    }

    /// A string that is not closed, or has a prefix that there is none of.
    fn string_error(&self) -> Option<SyntaxError> {
        let found = self.found;
        let prefix = found.text.split(['"', '\'', '“']).next().unwrap_or_default();
        match found.kind {
            Kind::OpenText => Some(SyntaxError::UnclosedText),
            Kind::Text if !matches!(prefix, "" | "i" | "r") => {
                Some(SyntaxError::TextPrefix { prefix: shown(prefix) })
            }
            _ => None,
        }
    }

    /// A word of the language where a name is declared.
    fn name_error(&self, text: &str) -> Option<SyntaxError> {
        let found = self.found;
        let is_word = ITEM_WORDS.contains(&found.text) || CONTINUING_WORDS.contains(&found.text);
        let next = Tokens::from(text, found.end()).significant().text;
        let declared = self.wants.contains(&Rule::free_name) && next == "=" || next == ":";
        (is_word && declared).then(|| SyntaxError::ReservedName { word: found.text.to_owned() })
    }

    /// A misspelt clause or verb passes for the name of a set, and what breaks is the next token.
    fn misspelt_before(&self) -> Option<(SyntaxError, Span)> {
        let word = self.previous.filter(|token| token.kind == Kind::Word)?;
        let is_set = self.wants.contains(&Rule::kw_except);
        let known = Action::from_name(word.text).is_some()
            || ITEM_WORDS.contains(&word.text)
            || CONTINUING_WORDS.contains(&word.text);
        if known || !(is_set || word == self.first) {
            return None;
        }
        let words = if word == self.first { ITEM_WORDS } else { CONTINUING_WORDS };
        let nearest = nearest_word(word.text, words)?;
        Some((SyntaxError::Misspelt { found: shown(word.text), nearest }, word.span()))
    }

    fn help(&self, expectation: &Expectation) -> Option<String> {
        let found = self.found;
        if expectation.item && Action::from_name(found.text).is_some() {
            return Some(match self.first.text {
                "default" => format!("the tier stands last: `default {} ask`", found.text),
                _ => format!("a sentence begins with its verb: `allow {} …`", found.text),
            });
        }
        let is_object = found.kind == Kind::Text || found.text == "@" || found.text == "*";
        let behind_object = self.previous.is_some_and(|token| token.kind == Kind::Text);
        if is_object && behind_object && expectation.item {
            return Some("members of a list have commas between them".to_owned());
        }
        if found.text.chars().all(char::is_whitespace) && found.kind != Kind::End {
            return Some("this blank is none of the language: put a space in its place".to_owned());
        }
        if self.wants.contains(&Rule::example) && matches!(found.text, "*" | "@") {
            return Some("a test asks about one request, so its object is concrete".to_owned());
        }
        let is_ours = ITEM_WORDS.contains(&found.text) || CONTINUING_WORDS.contains(&found.text);
        if found.kind == Kind::Word && !is_ours && expectation.text {
            return Some(format!("text stands in double quotes: `\"{}\"`", shown(found.text)));
        }
        None
    }
}

/// What could have stood somewhere.
#[derive(Default)]
pub(super) struct Expectation {
    /// Phrases, in the grammar's order.
    phrases: Vec<String>,
    /// The words that could have stood there.
    words: Vec<&'static str>,
    /// The keywords of clauses.
    clauses: Vec<&'static str>,
    /// Whether the next sentence could have begun.
    pub(super) item: bool,
    /// Whether a string could have stood there.
    pub(super) text: bool,
}

/// What a rule is in the language's words.
enum Want {
    /// A keyword.
    Word(&'static str),
    /// A keyword that begins a clause.
    Clause(&'static str),
    /// A keyword that compares.
    Comparison(&'static str),
    /// One of several keywords.
    Words(&'static [&'static str]),
    /// Something with a name for it.
    Thing(&'static str),
    /// A sentence or a declaration.
    Item,
    /// A line of a test.
    Line,
    /// Nothing that a person would want to hear of.
    Nothing,
}

impl Expectation {
    fn of(wants: &[Rule]) -> Expectation {
        let mut expectation = Expectation::default();
        for &rule in wants {
            expectation.add(rule);
        }
        expectation
    }

    fn add(&mut self, rule: Rule) {
        let mut phrase = |phrase: String| {
            if !self.phrases.contains(&phrase) {
                self.phrases.push(phrase);
            }
        };
        match want(rule) {
            Want::Word(word) => {
                phrase(format!("`{word}`"));
                self.words.push(word);
            }
            Want::Comparison(word) => {
                phrase(A_COMPARISON.to_owned());
                self.words.push(word);
            }
            Want::Clause(word) => {
                self.clauses.push(word);
                self.words.push(word);
            }
            Want::Words(words) => {
                words.iter().for_each(|word| phrase(format!("`{word}`")));
                self.words.extend(words);
            }
            Want::Thing(thing) => {
                self.text |=
                    matches!(rule, Rule::text | Rule::value | Rule::member | Rule::example);
                phrase(thing.to_owned());
            }
            Want::Item => {
                self.item = true;
                self.words.extend(ITEM_WORDS);
            }
            Want::Line => {
                self.item = true;
                self.words.extend(LINE_WORDS);
            }
            Want::Nothing => {}
        }
    }

    /// All of it in one phrase.
    fn phrase(&self, in_block: bool) -> String {
        let mut phrases = Vec::new();
        // A name could begin the next sentence, as its ID; nobody would want to hear of that.
        phrases.extend(self.phrases.iter().filter(|p| !self.item || *p != A_NAME).cloned());
        match self.clauses.len() {
            0..=2 => phrases.extend(self.clauses.iter().map(|word| format!("`{word}`"))),
            _ => phrases.push("a clause".to_owned()),
        }
        if self.item {
            let next = if phrases.is_empty() { "a sentence" } else { "the next sentence" };
            phrases.push(next.to_owned());
            if in_block {
                phrases.push("`}`".to_owned());
            }
        }
        if phrases.is_empty() {
            phrases.push("the rest of the sentence".to_owned());
        }
        one_of(&phrases)
    }
}

/// `a`, `a or b`, `a, b or c`
fn one_of(phrases: &[String]) -> String {
    match phrases {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

const A_NAME: &str = "a name";
const A_COMPARISON: &str = "a comparison";

fn want(rule: Rule) -> Want {
    match rule {
        Rule::statement
        | Rule::sentence
        | Rule::block
        | Rule::verb
        | Rule::proof
        | Rule::claim
        | Rule::kw_root
        | Rule::item_word
        | Rule::item_piece => Want::Item,
        Rule::expect | Rule::given | Rule::line_word | Rule::line_piece => Want::Line,
        Rule::kw_except => Want::Clause("except"),
        Rule::kw_port => Want::Clause("port"),
        Rule::kw_when => Want::Clause("when"),
        Rule::kw_unless => Want::Clause("unless"),
        Rule::kw_with => Want::Clause("with"),
        Rule::kw_as => Want::Clause("as"),
        Rule::kw_because => Want::Clause("because"),
        Rule::kw_where => Want::Clause("where"),
        Rule::tier => Want::Words(&["allow", "review", "ask", "deny"]),
        Rule::level | Rule::record => Want::Words(&["none", "metadata", "redacted", "full"]),
        Rule::outcome => Want::Words(&["allow", "ask", "deny"]),
        Rule::span_word => Want::Words(&["never", "once", "session", "always"]),
        Rule::option => {
            Want::Words(&["outside sandbox", "reviewer", "timeout", "on failure", "remember"])
        }
        Rule::r#type => Want::Words(&[
            "string",
            "int",
            "bool",
            "path",
            "host",
            "ip",
            "set of string",
            "one of (…)",
        ]),
        Rule::set_kind => Want::Words(&["paths", "hosts", "tools", "commands", "strings"]),
        Rule::or_op => Want::Word("or"),
        Rule::and_op => Want::Word("and"),
        Rule::end_word => Want::Words(&["first", "last"]),
        Rule::kw_version => Want::Word("version"),
        Rule::kw_layer => Want::Word("layer"),
        Rule::kw_within => Want::Word("within"),
        Rule::kw_extends => Want::Word("extends"),
        Rule::kw_to => Want::Word("to"),
        Rule::kw_of => Want::Word("of"),
        Rule::kw_annotations => Want::Word("annotations"),
        Rule::kw_at => Want::Word("at"),
        Rule::kw_least => Want::Word("least"),
        Rule::kw_but => Want::Word("but"),
        Rule::kw_string => Want::Word("string"),
        Rule::kw_failure => Want::Word("failure"),
        Rule::kw_sandbox => Want::Word("sandbox"),
        Rule::kw_operand => Want::Word("operand"),
        Rule::kw_operands => Want::Word("operands"),
        Rule::kw_rules => Want::Word("rules"),
        Rule::kw_present => Want::Word("present"),
        Rule::kw_in => Want::Comparison("in"),
        Rule::kw_like => Want::Comparison("like"),
        Rule::kw_matches => Want::Comparison("matches"),
        Rule::kw_contains => Want::Comparison("contains"),
        Rule::kw_is => Want::Comparison("is"),
        Rule::assign => Want::Word("="),
        Rule::colon => Want::Word(":"),
        Rule::brace_open => Want::Word("{"),
        Rule::paren_open => Want::Word("("),
        Rule::paren_close => Want::Word(")"),
        Rule::comparison => Want::Thing(A_COMPARISON),
        Rule::action | Rule::actions | Rule::subject => Want::Thing("an action"),
        Rule::object | Rule::objects | Rule::members => {
            Want::Thing("an object (a pattern in quotes, the name of a set, `@name` or `*`)")
        }
        Rule::ports => Want::Thing("a port"),
        Rule::number => Want::Thing("a number"),
        Rule::duration => Want::Thing("a time such as `90s`"),
        Rule::text => Want::Thing("a string"),
        Rule::example => Want::Thing("a concrete value in quotes"),
        Rule::name | Rule::free_name | Rule::dotted_name => Want::Thing(A_NAME),
        Rule::attribute_path | Rule::fact => Want::Thing("the name of an attribute"),
        Rule::condition | Rule::conjunction | Rule::negation | Rule::group | Rule::question => {
            Want::Thing("a condition")
        }
        Rule::value | Rule::member => Want::Thing("a value"),
        Rule::value_set => Want::Thing("a list in parentheses"),
        Rule::builtin => Want::Thing("`@name`"),
        Rule::argument => Want::Thing("`args.NAME`"),
        _ => Want::Nothing,
    }
}

/// What an error calls a token.
fn describe(token: Token<'_>) -> String {
    match token.kind {
        Kind::End => "the end of the file".to_owned(),
        Kind::Text | Kind::OpenText => "a string".to_owned(),
        _ => format!("`{}`", shown(token.text)),
    }
}

/// A piece of the text, short enough for a message and without what a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown = String::new();
    for c in text.chars().take(MOST) {
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// What a text is that is no policy at all: its first tokens tell.
pub(super) fn foreign(text: &str, start: usize) -> Option<(SyntaxError, Span)> {
    let mut tokens = Tokens::from(text, start);
    let [first, second, third, fourth] = std::array::from_fn(|_| tokens.significant());
    let is_name = first.kind == Kind::Word && !ITEM_WORDS.contains(&first.text);
    let is_entry = match third.kind {
        Kind::Text | Kind::Open => true,
        Kind::Word => fourth.text == ":" || is_scalar(text, third, fourth),
        _ => third.text == "-" || third.text == "---",
    };
    let what = match (first.text, second.text) {
        ("[", word) if second.kind == Kind::Word && third.text != "," && !word.is_empty() => "TOML",
        ("{" | "[", _) => "JSON",
        ("---" | "-", _) => "YAML",
        ("<", _) => "XML",
        ("package" | "import", _) if second.kind == Kind::Word => "Rego",
        ("permit" | "forbid", "(") => "Cedar",
        (_, "(") if is_name => "Starlark",
        (_, "=") if is_name => "TOML",
        (_, ":") if first.kind == Kind::Word && is_entry => "YAML",
        _ => return None,
    };
    Some((SyntaxError::Foreign { what }, first.span()))
}

/// Whether a word is all that stands behind a `NAME:`, and begins no sentence.
fn is_scalar(text: &str, word: Token<'_>, next: Token<'_>) -> bool {
    let alone = next.kind == Kind::End || begins_line(text, next.start);
    let begins = ITEM_WORDS.contains(&word.text) || nearest_word(word.text, ITEM_WORDS).is_some();
    alone && !begins && !begins_line(text, word.start)
}
