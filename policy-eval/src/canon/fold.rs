//! The form in which names are compared where case does not count.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The folded form of a text: two names that a file system without case takes for the same have
/// the same one. Borrowed where it is the text itself.
///
/// Composed (NFC), then every character to upper and back to lower case, so that characters with
/// one capital in common (`s`, `ſ`) fold alike. Policies and requests are folded by this function
/// only, and a folded form can only tighten a decision.
///
/// ```
/// use policy_eval::canon::fold;
/// assert_eq!(fold("/Users/Dev/.SSH"), "/users/dev/.ssh");
/// assert_eq!(fold("cafe\u{301}"), "café");
/// ```
///
/// # Cost
/// One pass and no allocation for lower-case ASCII.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize_iter(text.chars());
    let folded: String = composed.flat_map(fold_char).collect();
    if folded == text { Cow::Borrowed(text) } else { Cow::Owned(folded) }
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_alike() {
        for (one, other) in [
            ("/USERS/Dev", "/users/dev"),
            ("Schlu\u{308}ssel", "SCHLÜSSEL"),
            (".ſsh", ".SSH"),
            ("K", "k"), // The Kelvin sign.
            ("ΑΣ", "ας"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
    }

    #[test]
    fn folded_text_is_borrowed() {
        for text in ["", "/usr/bin", "schlüssel", "日本"] {
            assert!(matches!(fold(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
