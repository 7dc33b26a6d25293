//! Characters that a person does not see, or that act on a terminal (rule C4).
//!
//! Two classes: controls and bidirectional marks are suspicious wherever they stand; invisible
//! characters and blanks outside ASCII may stand inside quotes, where they are data, but never in
//! a name, a path, a host or the bare words of a command.

/// Whether a character is suspicious wherever it stands: C0 controls but tab and newline, DEL, C1
/// controls, line and paragraph separators, bidirectional controls.
pub(crate) const fn anywhere(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{61c}')
}

/// Whether a character is suspicious outside quotes: invisible characters and blanks outside
/// ASCII.
pub(crate) const fn outside_quotes(c: char) -> bool {
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

/// Whether a text that is data (a quoted word, an argument that no shell reads) has a suspicious
/// character.
pub(crate) fn in_data(text: &str) -> bool {
    !is_plain(text) && text.chars().any(anywhere)
}

/// Whether a path, a host, a method or another name has a suspicious character. Here a newline is
/// one too.
pub(crate) fn in_name(text: &str) -> bool {
    !is_plain(text) && text.chars().any(|c| c == '\n' || anywhere(c) || outside_quotes(c))
}

/// Whether every byte is printable ASCII. Folding without an early exit lets the compiler use
/// wide registers.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_suspicious_even_in_data() {
        for text in ["\0", "a\u{1b}[2K", "\r", "\u{7f}", "\u{85}", "\u{2028}", "\u{202e}x"] {
            assert!(in_data(text) && in_name(text), "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_are_suspicious_in_names_alone() {
        for text in ["a\u{200b}b", "\u{feff}", "x\u{ad}y", "a\u{a0}b", "\u{3000}", "a\nb"] {
            assert!(!in_data(text) && in_name(text), "{text:?}");
        }
    }

    #[test]
    fn what_people_write_is_not() {
        for text in ["", "src/main.rs", "a\tb", "café", "Schlüssel", "日本語", "a b"] {
            assert!(!in_data(text) && !in_name(text), "{text:?}");
        }
    }
}
