//! Rules about commands in the grammar that Claude Code began: words with `*` in them.

use super::quote;

/// What stands behind `Bash`: words with `*` in them, which spans blanks.
pub(crate) struct Specifier {
    /// Words without the `*` at the end.
    pub(crate) words: Vec<String>,
    /// ` *` or `:*` at the end: any words, or none.
    pub(crate) any_words: bool,
    /// `*` right behind the last word.
    pub(crate) any_end: bool,
}

impl Specifier {
    pub(crate) fn new(text: &str) -> Specifier {
        let text = text.trim();
        let (text, any_words) = match text.strip_suffix(":*").or_else(|| text.strip_suffix(" *")) {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (text, any_end) = match text.strip_suffix('*') {
            Some(rest) if !any_words => (rest, true),
            _ => (text, false),
        };
        let words = split(text);
        Specifier { words, any_words, any_end }
    }

    /// A program that runs another one, with anything behind it: `uv run`.
    pub(crate) fn runner(&self) -> Option<String> {
        const RUNNERS: [&[&str]; 8] = [
            &["uv", "run"],
            &["npm", "exec"],
            &["pnpm", "dlx"],
            &["yarn", "dlx"],
            &["poetry", "run"],
            &["docker", "run"],
            &["docker", "exec"],
            &["gh", "api"],
        ];
        let is_open = self.any_words || self.any_end;
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        (is_open && RUNNERS.contains(&&words[..])).then(|| words.join(" "))
    }

    /// As a regular expression on `written`.
    pub(crate) fn regex(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| word_regex(word)).collect();
        let mut regex = words.join(" ");
        if self.any_end {
            regex.push_str(".*");
        } else if self.any_words {
            regex.push_str("( .*)?");
        }
        regex
    }

    /// As a pattern of ours.
    pub(crate) fn pattern(&self) -> String {
        let mut words: Vec<String> = self
            .words
            .iter()
            .map(|word| match word.as_str() {
                "*" => "...".to_owned(),
                word => word
                    .split('*')
                    .map(|piece| if piece.is_empty() { String::new() } else { quote::word(piece) })
                    .collect::<Vec<_>>()
                    .join("*"),
            })
            .collect();
        if self.any_end
            && let Some(last) = words.last_mut()
        {
            last.push('*');
        }
        if self.any_end || self.any_words {
            words.push("...".to_owned());
        }
        words.join(" ")
    }
}

fn word_regex(word: &str) -> String {
    if word.contains('*') {
        return word.split('*').map(quote::regex).collect::<Vec<_>>().join(".*");
    }
    quote::written(word)
}

/// Words as a shell splits them; what cannot be split so is split at blanks.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, ' ' | '\t' | '\n') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(rest.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() {
        return text.split_whitespace().map(str::to_owned).collect();
    }
    words
}
