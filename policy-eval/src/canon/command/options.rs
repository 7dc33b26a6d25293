//! Where the command stands that a wrapper runs: its options, read as its manual says.

use super::tables::{Inner, SAFE_VARIABLES, Wrapper};
use super::word::name_length;
use crate::facts::{Word, WordKind};
use crate::text::has_char;
use crate::vocab::{Floor, Floors};

/// What was found behind the name of a wrapper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'w> {
    /// Where the command begins; the number of words where there is none.
    pub(super) at: usize,
    /// Every option was understood.
    pub(super) is_understood: bool,
    /// The command begins there. Else a later word may begin it: the one before may be the value
    /// of an option that is not known.
    pub(super) is_placed: bool,
    /// Of the variables that it sets.
    pub(super) floors: Floors,
    /// The command as shell text.
    pub(super) script: Option<Word<'w>>,
    /// It runs nothing.
    pub(super) is_query: bool,
    /// `watch -x`: the words are not given to a shell.
    pub(super) is_direct: bool,
}

/// Reads the words of a wrapper up to the command in it.
pub(super) fn read<'w>(row: &Wrapper, words: &[Word<'w>]) -> Found<'w> {
    let mut found = Found {
        at: words.len(),
        is_understood: true,
        is_placed: true,
        floors: Floors::NONE,
        script: None,
        is_query: false,
        is_direct: false,
    };
    let mut operands = row.operands;
    let mut may_have_options = true;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match word.value() {
            Some("--") if may_have_options => may_have_options = false,
            // Of `env`, and of `su`.
            Some("-") if (row.assignments || !row.script.is_empty()) && may_have_options => {}
            Some(text) if may_have_options && text.len() > 1 && text.starts_with('-') => {
                found.is_query |= row.query.contains(&text);
                at += option(row, text, words.get(at + 1), &mut found);
                continue;
            }
            Some(text) if row.assignments && is_assignment(text) => {
                may_have_options = false;
                found.floors = found.floors.union(assignment_floors(text));
            }
            _ if operands > 0 => {
                operands -= 1;
                found.takes(word);
                may_have_options &= !row.script.is_empty();
            }
            // It may set a variable, or be an option, or the command.
            None if row.assignments => {
                found.is_understood = false;
                found.is_placed &= !may_be_flag(word);
                may_have_options = false;
            }
            _ => break,
        }
        at += 1;
    }
    found.at = at.min(words.len());
    found
}

/// How many words an option takes.
fn option<'w>(
    row: &Wrapper,
    text: &'w str,
    next: Option<&Word<'w>>,
    found: &mut Found<'w>,
) -> usize {
    match text.strip_prefix("--") {
        Some(long) => long_option(row, long, next, found),
        None => short_options(row, text.get(1..).unwrap_or_default(), next, found),
    }
}

fn long_option<'w>(
    row: &Wrapper,
    long: &'w str,
    next: Option<&Word<'w>>,
    found: &mut Found<'w>,
) -> usize {
    let (name, attached) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let has_value = attached.is_some();
    let is_script = |option: &&&str| 1 < option.len() && option.starts_with(name);
    let is_strange = row.strange_value.contains(&name);
    if row.script.iter().any(|option| is_script(&option)) {
        // An abbreviation may be one of another option too.
        found.is_understood &= row.script.contains(&name) && !is_strange;
        return script(attached, next, found);
    }
    found.is_direct |= row.inner == Inner::Joined && name == "exec";
    if row.long.contains(&name) {
        return 1;
    }
    let takes_value = is_strange || row.long_value.contains(&name);
    found.is_understood &= takes_value && !is_strange;
    found.is_placed &= takes_value || has_value;
    if has_value || !takes_value {
        return 1;
    }
    value(next, found)
}

fn short_options<'w>(
    row: &Wrapper,
    letters: &'w str,
    next: Option<&Word<'w>>,
    found: &mut Found<'w>,
) -> usize {
    for (index, letter) in letters.char_indices() {
        let rest = letters.get(index + letter.len_utf8()..).unwrap_or_default();
        let mut buffer = [0; 4];
        let name = &*letter.encode_utf8(&mut buffer);
        let is_strange = row.strange_value.contains(&name);
        if row.script.contains(&name) {
            // An attached script is understood by few.
            found.is_understood &= rest.is_empty() && !is_strange;
            return script(Some(rest).filter(|rest| !rest.is_empty()), next, found);
        }
        if has_char(row.short, letter) {
            found.is_direct |= row.inner == Inner::Joined && letter == 'x';
            continue;
        }
        if has_char(row.short_attached, letter) {
            return 1;
        }
        let takes_value = is_strange || has_char(row.short_value, letter);
        found.is_understood &= takes_value && !is_strange;
        found.is_placed &= takes_value;
        if !rest.is_empty() || !takes_value {
            return 1;
        }
        return value(next, found);
    }
    1
}

/// The command as text: attached to its option, or in the next word.
fn script<'w>(attached: Option<&'w str>, next: Option<&Word<'w>>, found: &mut Found<'w>) -> usize {
    if let Some(text) = attached {
        found.script = Some(Word::known(text));
        return 1;
    }
    found.script = next.copied();
    value(next, found)
}

/// An option and its value in the next word.
fn value(next: Option<&Word<'_>>, found: &mut Found<'_>) -> usize {
    match next {
        Some(word) => found.takes(word),
        None => found.is_understood = false,
    }
    2
}

impl Found<'_> {
    /// Takes a word as a value or an operand, which must certainly be one word and no option.
    fn takes(&mut self, word: &Word<'_>) {
        let is_one_word = match word.kind {
            WordKind::Static => true,
            WordKind::AtRunTime { may_be_flag, many } => !may_be_flag && !many,
        };
        self.is_understood &= is_one_word;
        self.is_placed &= is_one_word;
    }
}

fn may_be_flag(word: &Word<'_>) -> bool {
    matches!(word.kind, WordKind::AtRunTime { may_be_flag: true, .. })
}

/// Whether a text is `NAME=VALUE` to `env`.
fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| !name.is_empty())
}

fn assignment_floors(text: &str) -> Floors {
    let length = name_length(text.as_bytes());
    let (name, rest) = text.split_at_checked(length).unwrap_or(("", text));
    if rest.starts_with('=') && is_safe_variable(name) {
        Floors::NONE
    } else {
        Floors::of(Floor::Assignments)
    }
}

/// Whether a static value of a variable changes nothing that matters (S8).
pub(super) fn is_safe_variable(name: &str) -> bool {
    SAFE_VARIABLES.contains(&name) || name.starts_with("LC_")
}
