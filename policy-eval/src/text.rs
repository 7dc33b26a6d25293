//! Text from outside, made safe to print; and the characters that make it unsafe (rule C4).
//!
//! Two classes: controls and bidirectional marks are suspicious wherever they stand; invisible
//! characters and blanks outside ASCII may stand inside quotes, where they are data, but never in
//! a name, a path, a host or the bare words of a command.

use std::borrow::Cow;

/// Whether a character is suspicious wherever it stands: C0 controls but tab and newline, DEL, C1
/// controls, line and paragraph separators, bidirectional controls.
pub const fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{61c}')
}

/// Whether a character is suspicious outside quotes: invisible characters and blanks outside
/// ASCII.
pub const fn is_unseen(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    invisible || is_foreign_blank(c)
}

const fn is_foreign_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Whether there is nothing but blanks in a text.
pub(crate) fn is_blank(text: &str) -> bool {
    // Nearly every text shows at its first byte that it is not.
    !text.as_bytes().first().is_some_and(u8::is_ascii_graphic) && text.trim().is_empty()
}

/// Whether a text has another one in it, which is not empty. The library's search is five KiB of code,
/// which an embedder carries along for a few short texts.
#[inline(never)]
pub(crate) fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|place| place == part.as_bytes())
}

/// Whether a character stands in a text, in few bytes of code too: the library looks for one beyond
/// ASCII as for a text.
pub(crate) fn has_char(text: &str, character: char) -> bool {
    text.chars().any(|other| other == character)
}

/// A word as shell text: in single quotes where a shell would not read it as one word that stands
/// for itself.
///
/// ```
/// use policy_eval::shell_word;
/// assert_eq!(shell_word("src/lib.rs"), "src/lib.rs");
/// assert_eq!(shell_word("it's *"), r"'it'\''s *'");
/// ```
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || has_char("_@%+=:,./-", c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// The text with every character that a terminal or a log obeys, or that a person does not see,
/// written as `\u{…}`. Borrows where there is none.
///
/// ```
/// assert_eq!(policy_eval::safe("a\u{1b}[2Kb"), "a\\u{1b}[2Kb");
/// assert_eq!(policy_eval::safe("häuser"), "häuser");
/// ```
pub fn safe(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| matches!(c, '\t' | '\n') || is_control(c) || is_unseen(c);
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}
