//! What a reader can see of a text.
//!
//! Policies, file names and requests come from repositories that nobody vouches for. A character
//! that is not seen, or that changes how others are seen, has no place in a policy and must reach
//! no terminal.

use std::borrow::Cow;

/// Whether a character is not seen, or changes how others are seen. A new line and a tab are not
/// hidden.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => true,
        c => c.is_control(),
    }
}

/// The text on one line, with hidden characters spelt out.
///
/// ```
/// use policy_lang::diagnostic::visible;
/// assert_eq!(visible("a\u{202e}b\nc"), r"a\u{202e}b\nc");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_hidden(c) && c != '\n' && c != '\t';
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if is_plain(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}
