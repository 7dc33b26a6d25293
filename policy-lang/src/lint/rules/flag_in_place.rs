//! See `flag_in_place.md`.

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence, Sentence};
use crate::model::pattern::{CommandPattern, TokenPattern, WordItem};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L054",
        title: "denial that knows a flag in one place only",
        explanation: include_str!("flag_in_place.md"),
    },
    name: "flag-in-place",
    level: Level::Warning,
    check,
};

/// Programs whose flags of one letter are written together: `rm -rf`.
const CLUSTERS: &[&str] =
    &["rm", "cp", "mv", "ln", "ls", "chmod", "chown", "chgrp", "git", "grep", "tar", "curl"];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        if tier < Tier::Ask || !sentence.rule.actions.contains(Action::Run) {
            continue;
        }
        let mut offences = Vec::new();
        for pattern in sentence.commands() {
            if let Some(flag) = flag_in_place(pattern) {
                let why = format!("`{flag}` may stand further on, or be written otherwise");
                offences.push(Offence { at: pattern.at, written: pattern.written.clone(), why });
            }
        }
        let patterns = sentence.commands();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} knows a flag in one place only"),
            |finding, offences| {
                let known = offences.first().and_then(|first| {
                    let pattern = patterns.iter().find(|pattern| pattern.at == first.at)?;
                    Some((pattern, mended(pattern)?))
                });
                let Some((pattern, mended)) = known else {
                    return finding.help("write flags in braces: `{--force|-f}`");
                };
                let finding = finding
                    .help(format!("in braces it is known anywhere, in every spelling: `{mended}`"));
                match as_written(context, sentence, pattern) {
                    Some(quoted) if offences.len() == 1 => {
                        finding.edit(pattern.at, quoted.replacen(&pattern.written, &mended, 1))
                    }
                    _ => finding,
                }
            },
        );
    }
}

/// The first flag that stands as a word behind the program, where nothing but flags and any words
/// follow: a flag with a value cannot be said in braces.
fn flag_in_place(pattern: &CommandPattern) -> Option<&str> {
    let at = pattern.items.iter().position(|item| is_flag(item).is_some())?;
    let ends_flags =
        |item: &WordItem| matches!(item, WordItem::Word(word) if word.as_literal() == Some("--"));
    let (before, rest) = pattern.items.split_at(at);
    if before.iter().any(ends_flags) {
        return None;
    }
    let only_flags =
        rest.iter().all(|item| matches!(item, WordItem::AnyWords) || is_flag(item).is_some());
    (0 < at && only_flags).then(|| is_flag(&pattern.items[at]))?
}

/// The flag that an item is; of alternatives that are all flags the first.
fn is_flag(item: &WordItem) -> Option<&str> {
    let word = |word: &TokenPattern| {
        let text = match &word.pieces[..] {
            [crate::model::pattern::Piece::Literal(text)] => text,
            _ => return false,
        };
        text.starts_with('-') && text != "-" && text != "--" && !text.contains('=')
    };
    let text = |token: &TokenPattern| token.pieces.is_empty() || word(token);
    match item {
        WordItem::Word(token) if word(token) => match &token.pieces[..] {
            [crate::model::pattern::Piece::Literal(text)] => Some(text),
            _ => None,
        },
        WordItem::Alternatives(all) => {
            let flags =
                all.iter().all(|one| matches!(&one[..], [WordItem::Word(token)] if text(token)));
            let first = all.first()?.first()?;
            if flags { is_flag(first) } else { None }
        }
        _ => None,
    }
}

/// The pattern with its flags in braces. What other braces speak of begins behind the words before
/// them, so a pattern that has some is left to its author, and so is one with quotes or a regex.
fn mended(pattern: &CommandPattern) -> Option<String> {
    if !pattern.flags.is_empty() || pattern.written.contains(['"', '\'', '\\', '<', '{']) {
        return None;
    }
    let mut words = pattern.written.split(' ');
    let program = words.next().filter(|word| is_whole(word))?;
    let mut out = vec![program.to_owned()];
    for word in words {
        // What begins as a flag and could not stand in braces is left to its author.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.()|".contains(&byte);
        if !is_whole(word) || word.contains('-') && !word.bytes().all(is_plain) {
            return None;
        }
        let inside = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
        let is_flags =
            |list: &str| list.split('|').all(|flag| flag.len() > 1 && flag.starts_with('-'));
        out.push(match inside {
            Some(list) if is_flags(list) => format!("{{{list}}}"),
            None if word.starts_with("--") && word.len() > 2 => format!("{{{word}}}"),
            None if word.len() == 2 && word.starts_with('-') => format!("{{{word}}}"),
            None if is_cluster(program, word) => word
                .chars()
                .skip(1)
                .map(|letter| format!("{{-{letter}}}"))
                .collect::<Vec<_>>()
                .join(" "),
            None if word.starts_with("--") || word == "-" => return None,
            None if word.starts_with('-') => format!("{{{word}}}"),
            _ => word.to_owned(),
        });
    }
    Some(out.join(" "))
}

/// Whether a piece between blanks is a word or a whole group, and not a part of one.
fn is_whole(piece: &str) -> bool {
    let inside = piece.strip_prefix('(').and_then(|piece| piece.strip_suffix(')'));
    !inside.unwrap_or(piece).contains(['(', ')']) && (inside.is_some() || !piece.contains('|'))
}

fn is_cluster(program: &str, word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or("");
    CLUSTERS.contains(&program)
        && (2..=4).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The string of the pattern, where it stands in the sentence itself and without escapes.
fn as_written<'a>(
    context: &Context<'a>,
    sentence: &Sentence<'_>,
    pattern: &CommandPattern,
) -> Option<&'a str> {
    let quoted = context.text(pattern.at);
    let is_inside = pattern.at.source == sentence.rule.at.source
        && sentence.rule.at.span.start <= pattern.at.span.start
        && pattern.at.span.end <= sentence.rule.at.span.end;
    let plain = quoted.trim_start_matches(['i', 'r']).trim_matches('"');
    (is_inside && plain == pattern.written).then_some(quoted)
}
