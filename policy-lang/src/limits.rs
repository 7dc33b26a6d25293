//! Every published limit in one list, for the page `docs/limits.md` and its test.
//!
//! A limit stands in the code beside what it limits; here it has a name for people and what becomes
//! of an input that passes it. What is not in the list has no limit but the ones of what holds it.

use policy_eval::canon::{MAX_LINKS, MAX_REQUEST_BYTES, MAX_SHELL_DEPTH};
use policy_eval::json::MAX_JSON_DEPTH;
use policy_eval::{MAX_LINE_BYTES, Marks};

use crate::check::pattern::{
    MAX_ALTERNATIVES, MAX_GAPS, MAX_PATTERN_BYTES, MAX_PATTERN_NESTING, MAX_REGEX_SIZE, MAX_STEPS,
};
use crate::check::{MAX_FILES, MAX_PATTERNS, MAX_ROOTS, MAX_SANDBOXES};
use crate::compile::{MOST_RULES, MOST_TABLE_BYTES};
use crate::diagnostic::grouped;
use crate::syntax::{LARGEST_FILE, MOST_NESTED};

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// The most that is taken.
    pub most: usize,
    /// What becomes of an input with more: an error that holds this text, or a floor.
    pub past: Past,
}

/// What becomes of an input that passes a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The policy is not valid; the message holds this text.
    Invalid(&'static str),
    /// It is no request; the message holds this text.
    NoRequest(&'static str),
    /// The request is judged all the same, and is at least `ask` by this floor.
    AtLeastAsk(&'static str),
}

/// All of them.
///
/// ```
/// use policy_lang::limits::LIMITS;
/// let nesting = LIMITS.iter().find(|limit| limit.what.starts_with("nesting of blocks")).unwrap();
/// assert_eq!(nesting.most, policy_lang::syntax::MOST_NESTED);
/// ```
pub const LIMITS: &[Limit] = &[
    invalid("bytes of one policy file", LARGEST_FILE, "are the most"),
    invalid("nesting of blocks, parentheses and `not`", MOST_NESTED, "nest deeper than"),
    invalid("files of one policy, included ones too", MAX_FILES, "more than 1000 files"),
    invalid("rules of one policy", MOST_RULES, "at most 200000 rules"),
    invalid(
        "patterns of one policy, those of a set wherever it is used",
        MAX_PATTERNS,
        "more than 500000",
    ),
    invalid("sandboxes of one policy", MAX_SANDBOXES, "more than 256 sandboxes"),
    invalid("roots of one policy, the built-in three too", MAX_ROOTS, "more than 16 roots"),
    invalid("marks of one policy", Marks::MOST, "more than 64 marks"),
    invalid("bytes of one pattern", MAX_PATTERN_BYTES, "longer than"),
    invalid("steps of one pattern: components, words, labels", MAX_STEPS, "steps"),
    invalid("`**` or `...` of one pattern", MAX_GAPS, "more than 32"),
    invalid("alternatives that one pattern stands for", MAX_ALTERNATIVES, "alternatives"),
    invalid("nesting of `(…)` and `{…}` in one pattern", MAX_PATTERN_NESTING, "nests deeper than"),
    invalid(
        "size of one regex: characters and ranges, as often as they are repeated",
        MAX_REGEX_SIZE,
        "regex is too large",
    ),
    invalid(
        "bytes of the automata of one policy",
        MOST_TABLE_BYTES,
        "automata of more than 128 MiB",
    ),
    Limit {
        what: "bytes of one request, hook payload or log line",
        most: MAX_LINE_BYTES,
        past: Past::NoRequest("a request longer than"),
    },
    Limit {
        what: "nesting of one request or hook payload",
        most: MAX_JSON_DEPTH,
        past: Past::NoRequest("nested"),
    },
    floor(
        "bytes of what one request is about: its line, its path, its arguments",
        MAX_REQUEST_BYTES,
    ),
    floor(
        "nesting of substitutions, groups and scripts in one shell line",
        MAX_SHELL_DEPTH as usize,
    ),
    Limit {
        what: "symbolic links on the way to one path",
        most: MAX_LINKS,
        past: Past::AtLeastAsk("ambiguous_path"),
    },
];

const fn invalid(what: &'static str, most: usize, message: &'static str) -> Limit {
    Limit { what, most, past: Past::Invalid(message) }
}

const fn floor(what: &'static str, most: usize) -> Limit {
    Limit { what, most, past: Past::AtLeastAsk("too_large") }
}

/// The list as a table in Markdown.
pub fn table() -> String {
    let mut table = String::from("| what | most | past it |\n|---|---|---|\n");
    for Limit { what, most, past } in LIMITS {
        let past = match past {
            Past::Invalid(_) => "the policy is not valid",
            Past::NoRequest(_) => "it is no request; a hook refuses the call",
            Past::AtLeastAsk(floor) => &format!("judged, and at least `ask` (`{floor}`)"),
        };
        table.push_str(&format!("| {what} | {} | {past} |\n", grouped(*most as u64)));
    }
    table
}
