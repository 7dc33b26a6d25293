//! What is particular to Windows (rule P8).

use super::lexical::{Component, Split, Start, are_names};
use crate::vocab::{Floor, Floors};

const SEPARATORS: [char; 2] = ['/', '\\'];

/// The drive that a path begins with, as a capital.
pub(super) fn drive_of(path: &str) -> Option<char> {
    match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => {
            Some(letter.to_ascii_uppercase().into())
        }
        _ => None,
    }
}

/// Whether a text is a canonical path: `C:/`, then names that mean what they say.
pub(super) fn is_canonical(text: &str) -> bool {
    let Some((drive, rest)) = text.split_at_checked(3) else { return false };
    let [letter, b':', b'/'] = drive.as_bytes() else { return false };
    letter.is_ascii_uppercase()
        && !rest.contains('\\')
        && (rest.is_empty() || are_names(rest) && rest.split('/').all(is_plain))
}

fn is_plain(name: &str) -> bool {
    component(name) == Component::Name(name)
}

/// Cuts a text behind its drive, or whatever stands in place of one.
pub(super) fn split(text: &str, current: Option<char>) -> Split<'_> {
    let ambiguous = Floors::of(Floor::AmbiguousPath);
    if let Some(rest) = device(text) {
        return match drive_of(rest) {
            Some(letter) => Split {
                start: Start::Drive(letter),
                rest: rest.get(2..).unwrap_or_default(),
                floors: ambiguous,
            },
            None => Split { start: Start::Root, rest, floors: ambiguous },
        };
    }
    if text.starts_with(SEPARATORS) && text[1..].starts_with(SEPARATORS) {
        // A share on another machine.
        return Split { start: Start::Root, rest: text, floors: ambiguous };
    }
    if text.starts_with(SEPARATORS) {
        let start = current.map_or(Start::Unknown, Start::Drive);
        return Split { start, rest: text, floors: Floors::NONE };
    }
    let Some(letter) = drive_of(text) else {
        return Split { start: Start::Base, rest: text, floors: Floors::NONE };
    };
    let rest = text.get(2..).unwrap_or_default();
    if rest.starts_with(SEPARATORS) {
        return Split { start: Start::Drive(letter), rest, floors: Floors::NONE };
    }
    // `C:x` starts from a folder that each drive remembers.
    let start = if current == Some(letter) { Start::Base } else { Start::Drive(letter) };
    Split { start, rest, floors: ambiguous }
}

/// What follows `\\?\`, `\\.\` or `\??\`, with either separator.
fn device(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(SEPARATORS)?;
    let rest = match rest.strip_prefix("??") {
        Some(rest) => rest,
        None => rest.strip_prefix(SEPARATORS)?.strip_prefix(['?', '.'])?,
    };
    rest.strip_prefix(SEPARATORS)
}

/// Reads one name. Dots and blanks at its end and a stream behind `:` are dropped, as Windows
/// does, so that a denial of the file holds; such a name is doubtful all the same.
pub(super) fn component(text: &str) -> Component<'_> {
    let without_stream = text.split_once(':').map_or(text, |(file, _)| file);
    let name = without_stream.trim_end_matches(['.', ' ']);
    if name.is_empty() {
        // Nothing but dots, blanks or a stream: readers differ in what is left.
        return Component::Doubtful(text);
    }
    let has_wildcard = name.contains(['*', '?', '"', '<', '>', '|']);
    if name.len() != text.len() || has_wildcard || is_device(name) || is_short(name) {
        Component::Doubtful(name)
    } else {
        Component::Name(name)
    }
}

/// Whether a name is that of a device, in any folder and with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.trim_end_matches(' ').to_uppercase();
    if matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut chars = number.chars();
        matches!(chars.next(), Some('0'..='9' | '¹' | '²' | '³')) && chars.next().is_none()
    })
}

/// Whether a name has the 8.3 form that stands for a longer one: `PROGRA~1`, `GIT~1.CFG`.
fn is_short(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let Some((beginning, number)) = stem.rsplit_once('~') else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        && !beginning.is_empty()
        && stem.chars().count() <= 8
        && extension.chars().count() <= 3
}
