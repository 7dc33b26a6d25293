//! A comparison for programs: one JSON document.

use serde::Serialize;
use serde_json::Value;

use super::words::request;
use super::{
    Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Direction, Edition, Sentence, Side,
    What,
};

/// A comparison, as the command line prints it. A difference is one between the two answers to its
/// witness.
#[derive(Serialize)]
pub struct Document<'c> {
    equivalent: bool,
    complete: bool,
    loosened: usize,
    tightened: usize,
    changed: usize,
    old: EditionDocument<'c>,
    new: EditionDocument<'c>,
    differences: Vec<DifferenceDocument<'c>>,
    unproved: Vec<UnprovedDocument<'c>>,
    changed_sentences: usize,
}

#[derive(Serialize)]
struct EditionDocument<'c> {
    files: &'c [String],
    name: Option<&'c str>,
    version: Option<&'c str>,
    digest: &'c str,
}

#[derive(Serialize)]
struct DifferenceDocument<'c> {
    /// Differences with one number follow from one change; the other forms tell them together.
    finding: usize,
    direction: &'static str,
    aspect: &'static str,
    action: &'static str,
    from: &'static str,
    to: &'static str,
    region: &'c str,
    old_rule: Option<&'c str>,
    new_rule: Option<&'c str>,
    old_source: Option<PlaceDocument<'c>>,
    new_source: Option<PlaceDocument<'c>>,
    witness: Value,
    shown: &'c str,
    old: AnswerDocument<'c>,
    new: AnswerDocument<'c>,
    changed: Vec<ChangedDocument<'c>>,
}

#[derive(Serialize)]
struct AnswerDocument<'c> {
    tier: &'static str,
    decided_by: &'static str,
    rule: Option<&'c str>,
    reason: Option<&'c str>,
    options: OptionsDocument<'c>,
    record: &'static str,
    marks: &'c [String],
}

/// As in the JSON of a decision.
#[derive(Serialize)]
struct OptionsDocument<'c> {
    outside_sandbox: bool,
    reviewer: Option<&'c str>,
    timeout_ms: Option<u32>,
    on_failure: &'static str,
    remember: &'static str,
}

#[derive(Serialize)]
struct ChangedDocument<'c> {
    side: &'static str,
    what: &'static str,
    rule: Option<&'c str>,
    source: Option<PlaceDocument<'c>>,
    text: Option<&'c str>,
    /// The other policy has the sentence in the same words: what they name changed.
    same_words: bool,
}

#[derive(Serialize)]
struct PlaceDocument<'c> {
    file: &'c str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct UnprovedDocument<'c> {
    action: &'static str,
    why: &'c str,
}

/// The document of a comparison.
pub fn document<'c>(comparison: &Comparison<'c>) -> Document<'c> {
    let report = comparison.report;
    let unproved = report.unproved.iter();
    let mut numbers = vec![0; report.differences.len()];
    for (index, finding) in comparison.findings().iter().enumerate() {
        for &number in finding.cases.iter().flat_map(|case| &case.numbers) {
            numbers[number] = index + 1;
        }
    }
    let differences = report.differences.iter().zip(numbers);
    Document {
        equivalent: report.is_equivalent(),
        complete: report.is_complete(),
        loosened: report.count(Direction::Loosened),
        tightened: report.count(Direction::Tightened),
        changed: report.count(Direction::Changed),
        old: edition(comparison.old),
        new: edition(comparison.new),
        differences: differences
            .map(|(one, finding)| difference(comparison, one, finding))
            .collect(),
        unproved: unproved
            .map(|one| UnprovedDocument { action: one.action.name(), why: &one.why })
            .collect(),
        changed_sentences: report.changed_sentences,
    }
}

fn edition(edition: &Edition) -> EditionDocument<'_> {
    EditionDocument {
        files: &edition.given,
        name: edition.name.as_deref(),
        version: edition.version.as_deref(),
        digest: &edition.digest,
    }
}

fn difference<'c>(
    comparison: &Comparison<'c>,
    difference: &'c Difference,
    finding: usize,
) -> DifferenceDocument<'c> {
    let Difference { from, to, .. } = difference;
    DifferenceDocument {
        finding,
        direction: difference.direction.name(),
        aspect: aspect(difference.aspect),
        action: difference.action.name(),
        from: from.tier.name(),
        to: to.tier.name(),
        region: &difference.region,
        old_rule: from.decided_by.rule().map(|rule| rule.name.as_str()),
        new_rule: to.decided_by.rule().map(|rule| rule.name.as_str()),
        old_source: from.decided_by.rule().map(place),
        new_source: to.decided_by.rule().map(place),
        // What is written as JSON is JSON.
        witness: serde_json::from_str(&request(&difference.witness)).unwrap_or_default(),
        shown: &difference.shown,
        old: answer(from),
        new: answer(to),
        changed: difference.changed.iter().map(|one| changed(comparison, one)).collect(),
    }
}

const fn aspect(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Tier => "tier",
        Aspect::Options => "options",
        Aspect::Record => "record",
        Aspect::Marks => "marks",
    }
}

fn answer(answer: &Answer) -> AnswerDocument<'_> {
    let rule = answer.decided_by.rule();
    let options = &answer.options;
    AnswerDocument {
        tier: answer.tier.name(),
        decided_by: match answer.decided_by {
            DecidedBy::Rule(_) => "rule",
            DecidedBy::Default => "default",
            DecidedBy::Floor => "floor",
        },
        rule: rule.map(|rule| rule.name.as_str()),
        reason: rule.and_then(|rule| rule.reason.as_deref()),
        options: OptionsDocument {
            outside_sandbox: options.outside_sandbox,
            reviewer: options.reviewer.as_deref(),
            timeout_ms: options.timeout_ms,
            on_failure: options.on_failure.name(),
            remember: options.remember.name(),
        },
        record: answer.record.name(),
        marks: &answer.marks,
    }
}

fn changed<'c>(comparison: &Comparison<'c>, changed: &'c Changed) -> ChangedDocument<'c> {
    let sentence = changed.sentence.as_ref();
    ChangedDocument {
        side: match changed.side {
            Side::Old => "old",
            Side::New => "new",
        },
        what: match changed.what {
            What::Rule => "rule",
            What::Default => "default",
            What::Delegation => "delegation",
            What::Count => "count",
            What::Accept => "accept",
            What::Trust => "trust",
            What::Root => "root",
            What::Attribute => "attribute",
        },
        rule: sentence.map(|sentence| sentence.name.as_str()),
        source: sentence.map(place),
        text: sentence.map(|sentence| sentence.text.as_str()),
        same_words: comparison.has_same_words(changed),
    }
}

fn place(sentence: &Sentence) -> PlaceDocument<'_> {
    PlaceDocument { file: &sentence.file, line: sentence.line, column: sentence.column }
}
