//! Characters that have no place in a text that people review.

use policy_eval::{is_control, is_unseen};

/// Whether a character is not seen, or changes how others are seen. Blanks are seen.
///
/// To what the evaluator takes for suspicious come the characters that only choose the form of
/// another: nobody can tell with or without them.
pub fn is_hidden(c: char) -> bool {
    let chooses_form = matches!(c,
        '\u{34F}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0080}'..='\u{E0FFF}');
    chooses_form || is_control(c) || is_unseen(c) && !c.is_whitespace()
}
