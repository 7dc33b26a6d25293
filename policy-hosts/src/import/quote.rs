//! Foreign text inside policy text: string literals, patterns, regular expressions, comments.

use policy_eval::shell_word;
use policy_lang::diagnostic::is_hidden;

/// A text as a string literal.
pub fn literal(text: &str) -> String {
    let is_raw = text.contains('\\') && !text.contains('"') && !text.chars().any(must_escape);
    if is_raw {
        return format!("r\"{text}\"");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if must_escape(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn must_escape(c: char) -> bool {
    c.is_control() || is_hidden(c) || c == '\u{2028}' || c == '\u{2029}'
}

/// A text in a comment: one line, and nothing that a terminal obeys.
pub fn comment(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = must_escape(c).then(|| c.escape_unicode());
            let plain = (!must_escape(c)).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// A word of a command pattern that stands for itself.
pub fn word(text: &str) -> String {
    // `...` is no word, and of these signs a pattern would make something else.
    if text == "..." {
        return "'...'".to_owned();
    }
    shell_word(text).into_owned()
}

/// A word as `written` has it, as a regular expression.
pub(crate) fn written(text: &str) -> String {
    regex(&shell_word(text))
}

/// A text as a regular expression.
pub(crate) fn regex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) && !(c == '-' || c == '&' || c == '~' || c == '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Alternatives of a regular expression.
pub(crate) fn any_of(alternatives: &[String]) -> String {
    match alternatives {
        [one] => one.clone(),
        all => format!("({})", all.join("|")),
    }
}

/// One component of a path pattern that stands for itself: signs that would match more than
/// themselves become classes.
pub fn component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '?' | '{' | '}' | '<' | '>' | '[' | ',' | '\\' | '$' | '~' => {
                out.extend(['[', c, ']']);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_literal_or_a_comment() {
        for (text, expected) in [
            ("git push", "\"git push\""),
            ("a\"b", "\"a\\\"b\""),
            (r"\bx", "r\"\\bx\""),
            ("a\nallow run *", "\"a\\u{a}allow run *\""),
            ("\u{202e}", "\"\\u{202e}\""),
            ("\\\"", "\"\\\\\\\"\""),
        ] {
            assert_eq!(literal(text), expected);
        }
        assert_eq!(comment("a\nallow run *\u{85}"), "a\\u{a}allow run *\\u{85}");
    }
}
