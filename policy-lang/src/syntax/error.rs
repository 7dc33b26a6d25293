//! What can be wrong with a text, and the codes under which it is explained.
//!
//! A [`SyntaxError`] holds the parts of what is wrong; its message, label and help are made from
//! them. [`CODES`] is the list that `--explain` prints.

use super::grammar::Rule;
use super::{LARGEST_FILE, MOST_ERRORS, MOST_NESTED};
use crate::diagnostic::{Code, Diagnostic};
use crate::span::Location;

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say what each is.
pub enum SyntaxError {
    #[error("the file has {bytes} bytes, and {LARGEST_FILE} are the most")]
    TooLarge { bytes: usize },
    #[error("brackets or `not`s nest deeper than {MOST_NESTED}")]
    TooDeep,
    #[error("hidden character U+{:04X}", *.0 as u32)]
    HiddenCharacter(char),
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: String, found: String, help: Option<String> },
    #[error("unknown word `{found}`")]
    Misspelt { found: String, nearest: &'static str },
    #[error("`{found}` is not of this language")]
    Habit { found: String, here: String },
    #[error("this string is not closed")]
    UnclosedText,
    #[error("unknown escape `{escape}`")]
    Escape { escape: String, help: &'static str },
    #[error("`{prefix}` before a string is not of this language")]
    TextPrefix { prefix: String },
    #[error("`i` says nothing before {what}")]
    CaseOfText { what: &'static str },
    #[error("this `{bracket}` is not closed")]
    Unclosed { bracket: &'static str },
    #[error("`{bracket}` closes nothing")]
    NothingToClose { bracket: String },
    #[error("`{clause}` stands twice")]
    Twice { clause: &'static str },
    #[error("`{clause}` stands behind `{before}`")]
    ClauseOrder { clause: &'static str, before: &'static str },
    #[error("{sentence} takes no `{clause}`")]
    ClauseMisplaced { clause: &'static str, sentence: &'static str },
    #[error("`count` does not say what the request counts as")]
    CountsAsNothing,
    #[error("{what} does not stand {place}")]
    ItemMisplaced { what: &'static str, place: &'static str, help: &'static str },
    #[error("`{found}` is not {what}")]
    Number { found: String, what: &'static str },
    #[error("`{word}` is a word of the language and cannot be a name")]
    ReservedName { word: String },
    #[error("`{written}` cannot name a sentence")]
    SpeltName { written: String, proposed: String },
    #[error("`{written}` stands without quotes")]
    Unquoted { what: &'static str, written: String },
    #[error("this is {what}, not a policy")]
    Foreign { what: &'static str },
    #[error("only the first {MOST_ERRORS} errors are shown")]
    TooMany,
}

impl SyntaxError {
    /// A spelling from another language, and how it is written here.
    pub(super) fn habit(found: impl Into<String>, here: impl Into<String>) -> SyntaxError {
        SyntaxError::Habit { found: found.into(), here: here.into() }
    }

    /// Where the grammar promises more than its readers find. Never seen, and never silent.
    pub(super) fn unreadable() -> SyntaxError {
        let expected = "a sentence".to_owned();
        SyntaxError::Unexpected { expected, found: "something else".to_owned(), help: None }
    }

    /// What is wrong with an item of some kind in a block. Nothing where a block may hold it.
    pub(super) fn misplaced_in_block(rule: Rule) -> Option<SyntaxError> {
        let what = match rule {
            Rule::set => "a set",
            Rule::root => "a root",
            Rule::attribute => "an attribute",
            Rule::default => "a default",
            Rule::delegate => "`delegate`",
            Rule::include => "`include`",
            Rule::test => "a test",
            _ => return None,
        };
        let help = match rule {
            Rule::test => "put it at the top of the file, and name the sandbox with `given`",
            _ => "put it at the top of the file",
        };
        Some(SyntaxError::ItemMisplaced { what, place: "in a block", help })
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SyntaxError::TooLarge { .. } => "P001",
            SyntaxError::TooDeep => "P002",
            SyntaxError::HiddenCharacter(_) => "P003",
            SyntaxError::Unexpected { .. } => "P004",
            SyntaxError::Misspelt { .. } => "P005",
            SyntaxError::Habit { .. } => "P006",
            SyntaxError::UnclosedText => "P007",
            SyntaxError::Escape { .. } => "P008",
            SyntaxError::TextPrefix { .. } | SyntaxError::CaseOfText { .. } => "P009",
            SyntaxError::Unclosed { .. } | SyntaxError::NothingToClose { .. } => "P010",
            SyntaxError::Twice { .. } => "P011",
            SyntaxError::ClauseOrder { .. } => "P012",
            SyntaxError::ClauseMisplaced { .. } => "P013",
            SyntaxError::CountsAsNothing => "P014",
            SyntaxError::ItemMisplaced { .. } => "P015",
            SyntaxError::Number { .. } => "P016",
            SyntaxError::ReservedName { .. } | SyntaxError::SpeltName { .. } => "P017",
            SyntaxError::Foreign { .. } => "P018",
            SyntaxError::TooMany => "P019",
            SyntaxError::Unquoted { .. } => "P020",
        }
    }

    /// What to do about it.
    fn help(&self) -> Option<String> {
        let help = match self {
            SyntaxError::TooLarge { .. } => {
                "split it, and put the parts together with `include rules`"
            }
            SyntaxError::TooDeep => "give parts of the condition sentences of their own",
            SyntaxError::HiddenCharacter(_) => {
                "take it out; in a string it may be written as `\\u{…}`"
            }
            SyntaxError::Unexpected { help, .. } => return help.clone(),
            SyntaxError::Misspelt { nearest, .. } => {
                return Some(format!("did you mean `{nearest}`?"));
            }
            SyntaxError::Habit { here, .. } => return Some(here.clone()),
            SyntaxError::UnclosedText => {
                "a string ends on its line with `\"`; a new line in it is written `\\n`"
            }
            SyntaxError::Escape { help, .. } => help,
            SyntaxError::TextPrefix { .. } => {
                "`r\"…\"` takes every character as it is, `i\"…\"` ignores ASCII case"
            }
            SyntaxError::CaseOfText { .. } => "leave it out",
            SyntaxError::Unclosed { bracket: "{" } => "put `}` where the block ends",
            SyntaxError::Unclosed { .. } => "put `)` where it ends",
            SyntaxError::NothingToClose { .. } => "take it out, or look for what should open it",
            SyntaxError::Twice { clause: "when" | "unless" } => {
                "put both conditions into one, with `and` or `or`"
            }
            SyntaxError::Twice { clause: "except" | "port" | "with" | "as" } => {
                "put all of it into one, with commas"
            }
            SyntaxError::Twice { .. } => "leave one of them out",
            SyntaxError::ClauseOrder { .. } => {
                "the order is `except`, `port`, `when` and `unless`, `with`, `as`, `because`"
            }
            SyntaxError::ClauseMisplaced { clause: "as", .. } => {
                "only `count` sentences end in `as …`"
            }
            SyntaxError::ClauseMisplaced { .. } => {
                "`with` belongs to sentences that begin with `allow`, `review`, `ask` or `deny`"
            }
            SyntaxError::CountsAsNothing => {
                "end the sentence with `as`, an action, and `operands`, `first operand` or `args.NAME`"
            }
            SyntaxError::ItemMisplaced { help, .. } => help,
            SyntaxError::Number { .. } => return None,
            SyntaxError::ReservedName { .. } => "choose another name",
            SyntaxError::SpeltName { proposed, .. } => {
                return Some(format!(
                    "an ID is one word of letters, digits, `-` and `_`: `{proposed}:`"
                ));
            }
            SyntaxError::Unquoted { what, written } => {
                return Some(format!("{what} stand in quotes: `\"{written}\"`"));
            }
            SyntaxError::Foreign { .. } => {
                "a policy is made of sentences such as `allow read \"$workspace/**\"`; \
                 `policy init` writes one to begin with"
            }
            SyntaxError::TooMany => "mend these, then check again",
        };
        Some(help.to_owned())
    }

    /// As a finding at a place.
    pub(super) fn at(&self, location: Location) -> Diagnostic {
        let mut finding = Diagnostic::error(self.code(), location, self.to_string());
        finding.help = self.help();
        if let SyntaxError::Misspelt { nearest, .. } = self {
            finding = finding.edit(location, *nearest);
        }
        finding
    }
}

/// Every code of this stage.
pub const CODES: &[Code] = &[
    Code {
        code: "P001",
        title: "file too large",
        explanation: "A file of policy text has at most 4 MiB. Split a larger one and put the \
                      parts together with `include rules \"FILE\"`.",
    },
    Code {
        code: "P002",
        title: "nested too deep",
        explanation: "Brackets, braces and `not` nest at most 100 deep, so that no text can \
                      exhaust the parser. A condition that deep is better written as several \
                      sentences: their order never matters.",
    },
    Code {
        code: "P003",
        title: "hidden character",
        explanation: "Control characters, zero-width characters and marks that change the \
                      direction of writing make a text look like something that it is not. They \
                      are allowed nowhere, not even in comments. In a string write `\\u{…}`.",
    },
    Code {
        code: "P004",
        title: "unexpected text",
        explanation: "What stands here cannot follow what stands before it. The message says what \
                      could. A sentence is: a verb (`allow`, `review`, `ask`, `deny`, `record \
                      LEVEL`, `mark \"NAME\"`, `count`), actions, objects, then the clauses \
                      `except`, `port`, `when`, `unless`, `with`, `as` and `because`.",
    },
    Code {
        code: "P005",
        title: "misspelt word",
        explanation: "The language does not know this word, but one much like it.",
    },
    Code {
        code: "P006",
        title: "spelling of another language",
        explanation: "Other languages write it like this; the help says how it is written here: \
                      `and`, `or`, `not`, `==`, `#` for comments, double quotes, no semicolons.",
    },
    Code {
        code: "P007",
        title: "string not closed",
        explanation: "A string begins and ends with `\"` on one line. Write `\\\"` for a quote in \
                      it and `\\n` for a new line.",
    },
    Code {
        code: "P008",
        title: "unknown escape",
        explanation: "A string knows `\\\"`, `\\\\`, `\\n` and `\\u{…}` with up to six hexadecimal \
                      digits. Regular expressions are easier to read in `r\"…\"`, where `\\` is a \
                      character like any other.",
    },
    Code {
        code: "P009",
        title: "string prefix",
        explanation: "A string has no prefix, `r` (every character stands for itself) or `i` \
                      (ASCII case is ignored). `i` goes with patterns and values, not with \
                      reasons, names and files.",
    },
    Code {
        code: "P010",
        title: "bracket without its partner",
        explanation: "Every `{` needs a `}` and every `(` a `)`.",
    },
    Code {
        code: "P011",
        title: "stands twice",
        explanation: "A sentence has each clause once, a `with` each option once.",
    },
    Code {
        code: "P012",
        title: "clauses out of order",
        explanation: "Clauses stand in one order, so that every sentence reads alike: `except`, \
                      `port`, `when` and `unless` (either may be first), `with`, `as`, `because`.",
    },
    Code {
        code: "P013",
        title: "clause that does not belong here",
        explanation: "`with` gives options to what `allow`, `review`, `ask` and `deny` decide. \
                      `as` ends `count` sentences. Proofs take neither.",
    },
    Code {
        code: "P014",
        title: "count without `as`",
        explanation: "`count run \"cp ...\" as read operands but last, write last operand`: a \
                      `count` sentence says what else a request is.",
    },
    Code {
        code: "P015",
        title: "in the wrong place",
        explanation: "The header stands first in its file. Declarations stand at the top of a \
                      file, not in a block, which holds sentences, `accept`, `trust`, proofs \
                      and other blocks. `given` stands in a `test`.",
    },
    Code {
        code: "P016",
        title: "number out of range",
        explanation: "Ports are 0 to 65535 and a range begins with the smaller one. Times are at \
                      most 49 days. Other numbers have 64 bits.",
    },
    Code {
        code: "P017",
        title: "what cannot be a name",
        explanation: "The words that begin a sentence, a declaration or a clause cannot name a \
                      set or a sentence: the end of the sentence before would be hard to see. A \
                      name is one word of letters, digits, `-` and `_`, without quotes.",
    },
    Code {
        code: "P018",
        title: "not a policy",
        explanation: "The file looks like JSON, TOML, YAML or a policy of another language. \
                      A policy is made of sentences; `policy init` writes one to begin with.",
    },
    Code {
        code: "P019",
        title: "too many errors",
        explanation: "After 100 errors in one file the rest is not shown.",
    },
    Code {
        code: "P020",
        title: "text without quotes",
        explanation: "Patterns, reasons, versions and files stand in double quotes: `deny read \
                      \"/etc/**\"`, `deny connect \"evil.com\"`, `allow run \"git push\"`. \
                      Without quotes stand only words of the language and names that the policy \
                      declares.",
    },
];
