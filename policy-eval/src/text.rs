//! Text from outside, made safe to print.

use std::borrow::Cow;

/// The text with every character that a terminal or a log obeys, or that a person does not see,
/// written as `\u{…}`: controls, line separators, bidirectional controls, invisible format
/// characters. Borrows where there is none.
///
/// ```
/// assert_eq!(policy_eval::safe("a\u{1b}[2Kb"), "a\\u{1b}[2Kb");
/// assert_eq!(policy_eval::safe("häuser"), "häuser");
/// ```
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Whether a terminal, a log or a person may be misled by the character.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
