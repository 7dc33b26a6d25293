//! See `confusable_name.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::names::{Role, each_text};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L087",
        title: "name whose letters look like others",
        explanation: include_str!("confusable_name.md"),
    },
    name: "confusable-name",
    level: Level::Warning,
    check,
};

/// Scripts whose letters are taken for one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
}

impl Script {
    const fn name(self) -> &'static str {
        match self {
            Script::Latin => "Latin",
            Script::Cyrillic => "Cyrillic",
            Script::Greek => "Greek",
            Script::Armenian => "Armenian",
            Script::Cherokee => "Cherokee",
        }
    }
}

/// The script of a letter, where it is one of those above.
fn script(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{400}'..='\u{52F}' => Script::Cyrillic,
        '\u{531}'..='\u{587}' => Script::Armenian,
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Script::Cherokee,
        _ => return None,
    })
}

/// Letters of other scripts that look like Latin ones.
const LIKE_LATIN: &str = "аесорхуіјѕԁԛԝһкмтвнАВЕКМНОРСТХУІЈЅοαρυνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧոսօհ";

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        if context.model.source(file.id).text.is_ascii()
            && !context.model.source(file.id).text.contains("xn--")
        {
            continue;
        }
        each_text(file, &mut |role, text| {
            // A class of a regex has letters of several scripts, and so has prose.
            if role != Role::Name {
                return;
            }
            for (start, word) in words(&text.value) {
                let shown = match word.strip_prefix("xn--") {
                    Some(_) => idna::domain_to_unicode(word).0,
                    None => word.to_owned(),
                };
                let Some(why) = confusable(&shown) else { continue };
                let at = file.place(text.place(start, start + word.len()));
                let message = format!("`{shown}` looks like another name");
                report.add(
                    LINT.at(at, message).primary(why).help("write it in letters of one script"),
                );
            }
        });
    }
}

/// The words of a pattern, and where they begin, without those in `<regex>` and `[class]`. A dash
/// parts words, but not those of a label in its ASCII form.
fn words(pattern: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut start = 0;
    for piece in pattern.split_inclusive(|c: char| !c.is_alphanumeric() && c != '-') {
        let end = piece.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '-');
        if !inside && end.starts_with("xn--") {
            found.push((start, end));
        } else if !inside {
            let mut at = start;
            for word in end.split('-') {
                found.push((at, word));
                at += word.len() + 1;
            }
        }
        inside = piece.ends_with(['<', '[']) || inside && !piece.ends_with(['>', ']']);
        start += piece.len();
    }
    found.retain(|(_, word)| !word.is_empty());
    found
}

/// Why a word may be taken for another.
fn confusable(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let letters = || word.chars().filter_map(|c| Some((c, script(c)?)));
    let (first, of_first) = letters().next()?;
    let said = |c: char, script: Script| format!("`{c}` (U+{:04X}) is {}", c as u32, script.name());
    if let Some((other, of_other)) = letters().find(|(_, script)| *script != of_first) {
        let (odd, of_odd, of_rest) = match of_first {
            Script::Latin => (other, of_other, of_first),
            _ => (first, of_first, of_other),
        };
        return Some(format!("{}, beside {} letters", said(odd, of_odd), of_rest.name()));
    }
    let all_alike = of_first != Script::Latin
        && word.chars().filter(|c| c.is_alphabetic()).all(|c| LIKE_LATIN.contains(c));
    (all_alike && word.chars().count() > 1)
        .then(|| format!("every letter looks like a Latin one: {}", said(first, of_first)))
}

#[cfg(test)]
mod tests {
    use super::{confusable, words};

    #[test]
    fn a_pattern_has_words() {
        let of = |pattern| words(pattern).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(
            of("git-команда <[а-яa-z]+> *.xn--pple-43d.com"),
            ["git", "команда", "xn--pple-43d", "com"]
        );
        assert_eq!(of("a/b"), ["a", "b"]);
        assert_eq!(of("-xn-"), ["xn"]);
    }

    #[test]
    fn words_of_one_script_are_themselves() {
        for word in ["bücher", "почта", "ελλάδα", "東京tower", "naïve", "git"] {
            assert_eq!(confusable(word), None, "{word}");
        }
        for word in ["gіt", "аре", "pаypal", "gοοgle"] {
            assert!(confusable(word).is_some(), "{word}");
        }
    }
}
