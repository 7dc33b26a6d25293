//! Commands that were seen, as patterns: a beginning and `...` where what follows varies.

use std::collections::BTreeMap;

use policy_hosts::import::quote;
use policy_lang::lint::flags_to_forbid;

use super::programs::{EXACT_PROGRAMS, EXACT_SUBCOMMANDS, SHOWS_LINES, is_reader, shows_lines};

/// A word of a command; none where it is known only when the command runs.
pub(super) type Word = Option<String>;
/// How often each command was seen.
pub(super) type Commands = BTreeMap<Vec<Word>, u64>;

/// A pattern, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    /// As it stands in a policy, in quotes.
    pub(super) text: String,
    pub(super) is_general: bool,
    /// How often something of it was seen.
    pub(super) count: u64,
    /// How many different things.
    pub(super) different: usize,
}

/// How many words a beginning has at most: `docker compose up`.
const MOST_WORDS: usize = 3;

/// The patterns of the commands, those of one program together. What has words that are known only
/// when it runs is left out where no beginning covers it.
pub(super) fn patterns(commands: &Commands, threshold: u64) -> BTreeMap<String, Vec<Pattern>> {
    let mut programs: BTreeMap<String, Vec<(&[Word], u64)>> = BTreeMap::new();
    for (words, &count) in commands {
        if let Some(Some(program)) = words.first() {
            programs.entry(program.clone()).or_default().push((words, count));
        }
    }
    let mut found = BTreeMap::new();
    for (program, mut seen) in programs {
        let mut patterns = Vec::new();
        if program == "sed" {
            let shows: Vec<_> =
                seen.iter().copied().filter(|(words, _)| shows_lines(&words[1..])).collect();
            let count = shows.iter().map(|(_, count)| count).sum();
            if 2 <= shows.len() && threshold <= count {
                seen.retain(|(words, _)| !shows_lines(&words[1..]));
                let text = quote::literal(SHOWS_LINES);
                patterns.push(Pattern { text, is_general: true, count, different: shows.len() });
            }
        }
        node(&[&program], &seen, threshold, &mut patterns);
        patterns.sort_by(|one, other| {
            (other.is_general, &one.text).cmp(&(one.is_general, &other.text))
        });
        if !patterns.is_empty() {
            found.insert(program, patterns);
        }
    }
    found
}

/// The patterns of commands that begin with the same words.
fn node(prefix: &[&str], seen: &[(&[Word], u64)], threshold: u64, out: &mut Vec<Pattern>) {
    let mut below: BTreeMap<&str, Vec<(&[Word], u64)>> = BTreeMap::new();
    let mut rest = Vec::new();
    let descends = prefix.len() < MOST_WORDS && !is_reader(prefix[0]);
    for &(words, count) in seen {
        match words.get(prefix.len()) {
            Some(Some(word)) if descends && is_subcommand(word) => {
                below.entry(word).or_default().push((words, count));
            }
            _ => rest.push((words, count)),
        }
    }
    let times = |seen: &[(&[Word], u64)]| seen.iter().map(|(_, count)| count).sum::<u64>();
    // A word that is seldom seen there says nothing of a subcommand.
    let (often, seldom): (BTreeMap<_, _>, BTreeMap<_, _>) =
        below.into_iter().partition(|(_, seen)| threshold <= times(seen));
    rest.extend(seldom.into_values().flatten());
    // Of a program with subcommands the program alone says too little.
    let is_narrow = 1 < prefix.len() || often.is_empty();
    let varies = 2 <= rest.len() && threshold <= times(&rest);
    if is_narrow
        && varies
        && let Some(forbidden) = forbidden(prefix)
    {
        let beneath = often.into_values().flatten();
        let all: Vec<_> = rest.iter().copied().chain(beneath).collect();
        let is_said =
            |words: &[Word]| !words.iter().flatten().any(|word| is_flag(word, &forbidden));
        let (covered, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(words, _)| is_said(words));
        out.extend(others.iter().filter_map(|(words, count)| exact(words, *count)));
        if !covered.is_empty() {
            let mut text: Vec<String> = prefix.iter().map(|word| quote::word(word)).collect();
            if !forbidden.is_empty() {
                text.push(format!("{{no {}}}", forbidden.join("|")));
            }
            text.push("...".to_owned());
            out.push(Pattern {
                text: quote::literal(&text.join(" ")),
                is_general: true,
                count: times(&covered),
                different: covered.len(),
            });
        }
        return;
    }
    out.extend(rest.iter().filter_map(|(words, count)| exact(words, *count)));
    for (word, seen) in often {
        let prefix: Vec<&str> = prefix.iter().copied().chain([word]).collect();
        node(&prefix, &seen, threshold, out);
    }
}

/// What is forbidden where any words may follow; none where none may.
fn forbidden(prefix: &[&str]) -> Option<Vec<&'static str>> {
    let program = *prefix.first()?;
    // A program that is named by its place is whatever lies there.
    let is_exact = program.contains(['/', '\\', '.'])
        || EXACT_PROGRAMS.contains(&program)
        || prefix[1..].iter().any(|word| EXACT_SUBCOMMANDS.contains(word));
    if is_exact { None } else { flags_to_forbid(prefix) }
}

/// Whether a word may be one of the flags, in any spelling: rather once too often.
fn is_flag(word: &str, flags: &[&str]) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    name.starts_with('-')
        && flags.iter().any(|flag| match flag.strip_prefix("--") {
            Some(long) => name.strip_prefix("--").is_some_and(|name| long.starts_with(name)),
            None => !name.starts_with("--") && flag.chars().skip(1).all(|c| name.contains(c)),
        })
}

fn exact(words: &[Word], count: u64) -> Option<Pattern> {
    let words: Option<Vec<String>> =
        words.iter().map(|word| word.as_deref().map(quote::word)).collect();
    let text = quote::literal(&words?.join(" "));
    Some(Pattern { text, is_general: false, count, different: 1 })
}

/// A word that most programs take for a subcommand: `push`, `run-script`. A file or a flag is none.
fn is_subcommand(word: &str) -> bool {
    const LONGEST: usize = 16;
    word.len() <= LONGEST
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
