//! Beginnings of commands that rules of a policy speak of.

use policy_lang::model::pattern::{CommandPattern, Flag, TokenPattern, WordItem};
use policy_lang::model::{Atom, Formula, Rule};

use super::claims::Form;
use crate::import::quote;

/// How many beginnings one pattern may stand for.
const MOST: usize = 256;

/// Words that a command begins with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Prefix {
    pub(crate) words: Vec<String>,
}

impl Prefix {
    /// The pattern that matches whatever begins with the words.
    pub(crate) fn open(&self) -> String {
        self.pattern(Form::Open)
    }

    pub(crate) fn pattern(&self, form: Form) -> String {
        let text = self.text();
        quote::literal(&match form {
            Form::Open => format!("{text} ..."),
            Form::NoFlags => format!("{text} {{no -*}} ..."),
            Form::Exact => text,
        })
    }

    fn text(&self) -> String {
        self.words.iter().map(|word| quote::word(word)).collect::<Vec<_>>().join(" ")
    }
}

/// The beginnings that the command patterns of a rule stand for, as far as their words are written
/// out; with each flag that a pattern asks for behind them.
pub(crate) fn prefixes(rule: &Rule) -> Vec<Prefix> {
    let mut all: Vec<Prefix> = patterns(&rule.when).into_iter().flat_map(of_pattern).collect();
    all.sort();
    all.dedup();
    all
}

/// The words of a command that a rule speaks of, where some can be made.
pub(crate) fn sample(rule: &Rule) -> Option<Vec<String>> {
    let pattern = patterns(&rule.when).into_iter().next()?;
    let mut words = Vec::new();
    push_sample(&pattern.items, &mut words)?;
    for constraint in pattern.flags.iter().filter(|constraint| !constraint.forbids) {
        words.push(flag_text(constraint.flags.first()?));
    }
    Some(words)
}

/// Whether a command pattern of a rule takes words beyond those that are written out.
pub(crate) fn is_open(rule: &Rule) -> bool {
    patterns(&rule.when)
        .iter()
        .any(|pattern| !pattern.flags.is_empty() || pattern.items.contains(&WordItem::AnyWords))
}

/// The patterns that a command has to match one of.
fn patterns(formula: &Formula) -> Vec<&CommandPattern> {
    formula
        .conjuncts()
        .iter()
        .find_map(|part| match part {
            Formula::Atom(Atom::Command(patterns)) => Some(patterns.iter().collect()),
            _ => None,
        })
        .unwrap_or_default()
}

fn push_sample(items: &[WordItem], words: &mut Vec<String>) -> Option<()> {
    for item in items {
        match item {
            WordItem::Word(token) if token.is_any() => words.push("x".to_owned()),
            WordItem::Word(token) => words.push(token.as_literal()?.to_owned()),
            WordItem::Alternatives(all) => push_sample(all.first()?, words)?,
            WordItem::AnyWords => {}
        }
    }
    Some(())
}

fn flag_text(flag: &Flag) -> String {
    match flag {
        Flag::Long(name) => format!("--{name}"),
        Flag::Short(letter) => format!("-{letter}"),
        Flag::Whole(name) => format!("-{name}"),
        Flag::Any => "-x".to_owned(),
    }
}

fn of_pattern(pattern: &CommandPattern) -> Vec<Prefix> {
    let mut begun = vec![Prefix { words: Vec::new() }];
    if !expand(&pattern.items, &mut begun) {
        return Vec::new();
    }
    let has_words = |prefix: &Prefix| !prefix.words.is_empty();
    let mut all: Vec<Prefix> = begun.into_iter().filter(has_words).collect();
    let open = all.clone();
    for constraint in pattern.flags.iter().filter(|constraint| !constraint.forbids) {
        for flag in constraint.flags.iter().filter(|flag| **flag != Flag::Any) {
            for prefix in &open {
                let mut with_flag = prefix.clone();
                with_flag.words.push(flag_text(flag));
                all.push(with_flag);
            }
        }
    }
    all.truncate(MOST);
    all
}

/// Writes the items behind each beginning, up to the first that is not written out. False where
/// there are too many.
fn expand(items: &[WordItem], begun: &mut Vec<Prefix>) -> bool {
    let mut stopped = Vec::new();
    for item in items {
        match item {
            WordItem::Word(token) => match literal(token) {
                Some(word) => begun.iter_mut().for_each(|one| one.words.push(word.to_owned())),
                None => {
                    begun.append(&mut stopped);
                    return true;
                }
            },
            WordItem::AnyWords => {
                begun.append(&mut stopped);
                return true;
            }
            WordItem::Alternatives(all) => {
                let mut next = Vec::new();
                for alternative in all {
                    for one in begun.iter() {
                        let mut branch = vec![one.clone()];
                        let is_literal = alternative.iter().all(
                            |item| matches!(item, WordItem::Word(token) if literal(token).is_some()),
                        );
                        if is_literal {
                            for item in alternative {
                                if let WordItem::Word(token) = item
                                    && let Some(word) = literal(token)
                                {
                                    branch[0].words.push(word.to_owned());
                                }
                            }
                            next.append(&mut branch);
                        } else {
                            stopped.append(&mut branch);
                        }
                    }
                    if MOST < next.len() + stopped.len() {
                        return false;
                    }
                }
                *begun = next;
            }
        }
    }
    begun.append(&mut stopped);
    true
}

/// A word that stands for itself, without what a file could not hold.
fn literal(token: &TokenPattern) -> Option<&str> {
    token.as_literal().filter(|word| !word.is_empty() && !word.chars().any(char::is_control))
}
