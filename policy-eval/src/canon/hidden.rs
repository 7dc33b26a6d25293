//! Characters that a person does not see, or that act on a terminal (rule C4).
//!
//! Two classes: controls and bidirectional marks are suspicious wherever they stand; invisible
//! characters and blanks outside ASCII may stand inside quotes, where they are data, but never in
//! a name, a path, a host or the bare words of a command.

use super::ascii::{HIGH, cover, unprintable};
use crate::text::{is_control, is_unseen};

/// Whether a text that is data (a quoted word, an argument that no shell reads) has a suspicious
/// character.
pub(crate) fn in_data(text: &str) -> bool {
    !is_plain(text) && text.chars().any(is_control)
}

/// Whether a path, a host, a method or another name has a suspicious character. Here a newline is
/// one too.
pub(crate) fn in_name(text: &str) -> bool {
    !is_plain(text) && text.chars().any(|c| c == '\n' || is_control(c) || is_unseen(c))
}

/// Whether every byte is printable ASCII.
#[inline]
pub(crate) fn is_plain(text: &str) -> bool {
    let mut wrong = 0;
    cover(text.as_bytes(), |word| wrong |= unprintable(word));
    wrong & HIGH == 0
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
