//! Text in HTML and XML, and numbers that people read.

use policy_eval::safe;

/// Text between marks or in quotes: what a terminal or a reader would not see is spelt out, and what
/// HTML or XML would take for its own is escaped.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::escape_markup;
/// assert_eq!(escape_markup("a < \"b\" & 'c'"), "a &lt; &quot;b&quot; &amp; &#39;c&#39;");
/// ```
pub fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Two that are seen, if at all, and that XML 1.0 forbids.
            '\u{FFFE}' | '\u{FFFF}' => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

/// A number with commas.
///
/// # Example
/// ```
/// assert_eq!(policy_lang::diagnostic::grouped(1_204_318), "1,204,318");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
