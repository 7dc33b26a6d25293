//! The operands of a command: which of its words name files, for sentences with `count`.

use super::forms;
use super::tables::{FILE_FLAGS, FileFlags};
use crate::canon::paths_within;
use crate::facts::{Judged, Object, Part, PathValue, Word, WordKind};
use crate::text::has_char;
use crate::vocab::{Action, Platform};

/// Hands out the operands of a command: the words behind the first `fixed` ones that are not
/// flags, and all words behind `--`.
///
/// Returns whether every flag among them is known to carry no path: by the engine's table for the
/// program of the first word, or because `known_flags` says so. A flag with a value in the next
/// word (`head -n 5`) takes that word along. A word that is known only when the command runs is
/// an operand, also behind such a flag (`head -n $N` may split into more words), and where it may
/// be a flag the answer is false; a word under the home directory is no flag.
///
/// # Example
/// ```
/// use policy_eval::{Word, operands};
/// let words = ["head", "-n", "5", "a.txt", "--", "-b"].map(Word::known);
/// let mut found = Vec::new();
/// assert!(operands(&words, 1, &|_| false, &mut |word| found.push(word.text)));
/// assert_eq!(found, ["a.txt", "-b"]);
/// ```
///
/// # Cost
/// Linear in the words; nothing is allocated.
pub fn operands<'a>(
    words: &'a [Word<'a>],
    fixed: usize,
    known_flags: &dyn Fn(&str) -> bool,
    out: &mut dyn FnMut(&Word<'a>),
) -> bool {
    let row = words.first().and_then(Word::value).and_then(row_of);
    let mut are_known = true;
    let mut may_be_flags = true;
    let mut at = fixed;
    while let Some(word) = words.get(at) {
        at += 1;
        match word.value() {
            Some("--") if may_be_flags => may_be_flags = false,
            Some(text) if may_be_flags && text.starts_with('-') => match flag(row, text) {
                Some(takes_next) => {
                    let is_value =
                        takes_next && words.get(at).is_some_and(|next| next.value().is_some());
                    at += usize::from(is_value);
                }
                None => are_known &= known_flags(text),
            },
            Some(_) => out(word),
            None => {
                let is_flag = matches!(word.kind, WordKind::AtRunTime { may_be_flag: true, .. });
                are_known &= !(may_be_flags && is_flag && !word.under_home);
                out(word);
            }
        }
    }
    are_known
}

/// The flags of a program, by its base name.
fn row_of(program: &str) -> Option<&'static FileFlags> {
    let mut room = String::new();
    let program = forms::program(program, Platform::Linux, &mut room);
    FILE_FLAGS.iter().find(|row| row.programs.contains(&program.name))
}

/// Whether a flag takes the next word along, where it is known to carry no path.
fn flag(row: Option<&FileFlags>, text: &str) -> Option<bool> {
    if text == "-" {
        return Some(false); // Standard input.
    }
    let row = row?;
    if let Some(long) = text.strip_prefix("--") {
        let (name, has_value) = match long.split_once('=') {
            Some((name, _)) => (name, true),
            None => (long, false),
        };
        if row.long_value.contains(&name) {
            return Some(!has_value);
        }
        return row.long.contains(&name).then_some(false);
    }
    let letters = text.get(1..)?;
    for (index, letter) in letters.char_indices() {
        if has_char(row.short_value, letter) {
            return Some(index + letter.len_utf8() == letters.len());
        }
        if !has_char(row.short, letter) {
            return None;
        }
    }
    Some(false)
}

/// Hands out what an operand of a judged command reads, writes or deletes, relative to the folder
/// that the command's operands start from ([`crate::Command::base`]).
///
/// A word under the home directory is that path; another word that is known only when the command
/// runs is a path of which nothing is known. The parts have the floors of the command.
pub fn counted_parts(
    judged: &Judged<'_>,
    action: Action,
    word: &Word<'_>,
    emit: &mut dyn FnMut(&Judged<'_>),
) {
    let base = match judged.part.object {
        Object::Command(command) => Some(command.base),
        _ => None,
    };
    match word.value() {
        Some(text) => paths_within(judged, action, text, base, emit),
        None if word.under_home => {
            paths_within(judged, action, &format!("~{}", word.text), base, emit);
        }
        None => {
            let object = Object::Path(PathValue::AtRunTime);
            let part = Part { action, object, floors: judged.part.floors, alternative: false };
            emit(&Judged { part: &part, ..*judged });
        }
    }
}
