//! `count … as …`: the paths that a command or a call touches, decided like any other.

use policy_eval::{
    Action, Attribute, Command, Floor, Judged, Object, Part, PathValue, Tier, Truth, Word, canon,
};

use super::command::Words;
use super::outcome::Outcome;
use super::situation::{Reading, Situation};
use crate::model::pattern::{CommandPattern, Flag, Piece, WordItem};
use crate::model::{Count, Counted};
use crate::syntax::ast::Operands;

/// What the `count` sentences of a policy say of one part.
#[derive(Default)]
pub(super) struct Counts {
    /// A sentence stands for the whole of the part, so that its default falls away.
    pub(super) cover: bool,
    /// The decision of all that is touched.
    pub(super) outcome: Outcome,
}

/// Decides what the `count` sentences add to a part.
pub(super) fn decide(situation: &Situation<'_>) -> Counts {
    let mut counts = Counts::default();
    for count in asked(situation) {
        for reading in situation.readings() {
            let truth = reading.weight(reading.truth(&count.when));
            if truth.can_hold() {
                let mut outcome = Outcome::default();
                let complete = each(count, &reading, &mut |counted| {
                    let decided = super::decide_part(situation.model, counted);
                    outcome = std::mem::take(&mut outcome).strictest(decided);
                });
                counts.cover |= truth.is_certain() && complete;
                counts.outcome = counts.outcome.strictest(outcome.at_most(highest(truth)));
            }
        }
    }
    counts
}

/// Hands out the paths that the `count` sentences add to a part.
pub(super) fn visit(situation: &Situation<'_>, visit: &mut dyn FnMut(&Judged<'_>)) {
    for count in asked(situation) {
        for reading in situation.readings() {
            if reading.weight(reading.truth(&count.when)).can_hold() {
                each(count, &reading, visit);
            }
        }
    }
}

/// The `count` sentences that a part is judged by.
fn asked<'s>(situation: &'s Situation<'_>) -> impl Iterator<Item = &'s Count> {
    let Situation { model, judged, .. } = situation;
    let action = judged.part.action;
    let counts = model.counts.iter();
    counts.filter(move |count| count.action == action && model.may_loosen(action, count.layer))
}

/// A sentence that matches only for some values of an unknown word counts as `ask` at most.
fn highest(truth: Truth) -> Tier {
    if truth.is_possible() { Tier::Deny } else { Tier::Ask }
}

/// Hands out what the clauses of a sentence name. The answer is whether that stands for all that
/// each of them speaks of.
fn each(count: &Count, reading: &Reading<'_>, visit: &mut dyn FnMut(&Judged<'_>)) -> bool {
    count.counted.iter().fold(true, |complete, clause| {
        let found = match &clause.what {
            Operands::Argument(names) => argument(clause.action, names, reading, visit),
            _ => operands(count, clause, reading, visit),
        };
        complete && found
    })
}

/// The path that an argument of a call names. Where none is named for certain, it may be any.
fn argument(
    action: Action,
    names: &[String],
    reading: &Reading<'_>,
    visit: &mut dyn FnMut(&Judged<'_>),
) -> bool {
    let judged = reading.situation.judged;
    match judged.argument(names) {
        Attribute::Text(path) => {
            canon::paths_within(judged, action, path, None, visit);
            true
        }
        _ => {
            let object = Object::Path(PathValue::Unsent);
            let floors = judged.part.floors.with(Floor::MalformedArguments);
            let part = Part { action, object, floors, alternative: false };
            visit(&Judged { part: &part, ..*judged });
            false
        }
    }
}

/// The paths that the words of a command name.
fn operands(
    count: &Count,
    clause: &Counted,
    reading: &Reading<'_>,
    visit: &mut dyn FnMut(&Judged<'_>),
) -> bool {
    let judged = reading.situation.judged;
    let Some(words) = reading.words() else { return false };
    let (operands, are_all) = operands_of(&count.patterns, words);
    // A command without operands works where it runs; one without its last operand is not
    // understood.
    let here = [Word::known(".")];
    let picked = match clause.what {
        Operands::All if operands.is_empty() && runs_in_a_known_folder(judged.part) => &here,
        _ => pick(&clause.what, &operands),
    };
    for word in picked {
        policy_eval::counted_parts(judged, clause.action, word, visit);
    }
    are_all && !picked.is_empty()
}

fn runs_in_a_known_folder(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Command(Command { base: PathValue::Known(_), .. }))
}

/// The operands behind the words that the patterns fix, and whether those are certainly all. A
/// sentence about every command fixes the name of the program, where that is one word.
fn operands_of<'a>(patterns: &[CommandPattern], words: Words<'a>) -> (Vec<Word<'a>>, bool) {
    let can_match = |pattern: &&CommandPattern| words.match_pattern(pattern).can_hold();
    let matching: Vec<_> = patterns.iter().filter(can_match).collect();
    // Of several patterns, the one that fixes least leaves the most operands.
    let fixed = matching
        .iter()
        .filter_map(|pattern| words.shortest_beginning(fixed_items(pattern)))
        .min()
        .unwrap_or(0)
        .max(usize::from(!words.words.first().is_some_and(Word::is_several)));
    let is_known = |flag: &str| matching.iter().any(|pattern| asks_for_flag(pattern, flag));
    let mut found = Vec::new();
    let are_all =
        policy_eval::operands(words.words, fixed, &is_known, &mut |word| found.push(*word));
    (found, are_all)
}

fn pick<'o, 'a>(what: &Operands, operands: &'o [Word<'a>]) -> &'o [Word<'a>] {
    let last = operands.len().saturating_sub(1);
    match what {
        Operands::All => operands,
        Operands::ButFirst => operands.get(1..).unwrap_or_default(),
        Operands::ButLast => &operands[..last],
        Operands::First => operands.get(..1).unwrap_or_default(),
        Operands::Last => &operands[last..],
        Operands::Argument(_) => &[],
    }
}

/// The leading items of a pattern that are words written out: not `*`, which is an operand.
fn fixed_items(pattern: &CommandPattern) -> &[WordItem] {
    let fixed = pattern.items.iter().take_while(|item| is_fixed(item)).count();
    &pattern.items[..fixed]
}

fn is_fixed(item: &WordItem) -> bool {
    match item {
        WordItem::Word(pattern) => {
            pattern.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
        }
        WordItem::Alternatives(all) => all.iter().flatten().all(is_fixed),
        WordItem::AnyWords => false,
    }
}

/// Whether braces of the pattern ask for the flag: then it carries no path.
fn asks_for_flag(pattern: &CommandPattern, written: &str) -> bool {
    let asked = pattern.flags.iter().filter(|constraint| !constraint.forbids);
    asked.flat_map(|constraint| &constraint.flags).any(|flag| match flag {
        Flag::Long(name) => written.strip_prefix("--") == Some(name),
        Flag::Short(letter) => written.strip_prefix('-') == Some(letter.encode_utf8(&mut [0; 4])),
        Flag::Whole(name) => written.strip_prefix('-') == Some(name),
        Flag::Any => false,
    })
}
