//! A comparison as SARIF 2.1.0: each finding is a result, at the sentence that changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::finding::named;
use super::words::{changes, effects, no_rule, one_line, request};
use super::{Answer, Comparison, Difference, Direction, Sentence, Side, Unproved};
use crate::diagnostic::place::Region;
use crate::diagnostic::sarif::{Finding, Rule, fingerprint_of, write};
use crate::diagnostic::{Code, Level};

/// The codes of differences.
pub const CODES: &[Code] = &[
    Code {
        code: "D001",
        title: "loosened",
        explanation: "The new policy lets an agent do more than the old one, or records less of what \
                      it does. The example is a request that both policies decided when the report \
                      was made.",
    },
    Code {
        code: "D002",
        title: "tightened",
        explanation: "The new policy lets an agent do less than the old one, or records more of what \
                      it does.",
    },
    Code {
        code: "D003",
        title: "changed",
        explanation: "The new policy answers otherwise than the old one, and neither more nor less \
                      strictly: another reviewer, another mark.",
    },
    Code {
        code: "D004",
        title: "not compared in full",
        explanation: "The comparison ended before it had looked at every request. There may be \
                      differences that the report does not name.",
    },
];

/// The code of a difference.
pub(super) const fn code(direction: Direction) -> &'static str {
    match direction {
        Direction::Loosened => "D001",
        Direction::Tightened => "D002",
        Direction::Changed => "D003",
    }
}

/// How bad a difference is: what is loosened has to be looked at.
pub(super) const fn level(direction: Direction) -> Level {
    match direction {
        Direction::Loosened => Level::Warning,
        Direction::Tightened | Direction::Changed => Level::Info,
    }
}

/// The code of what was not compared.
pub(super) const UNPROVED: &str = "D004";

/// A comparison as a SARIF log of one run.
///
/// A result stands at the changed sentence of the new policy; where the sentence is gone, at the
/// rule that decides now; where there is none, at the place in the old policy.
pub fn log(comparison: &Comparison<'_>) -> Value {
    let mut seen = BTreeMap::new();
    let report = comparison.report;
    let differences = comparison.findings();
    let mut findings: Vec<Finding> =
        differences.iter().map(|one| finding(comparison, one, &mut seen)).collect();
    findings.extend(report.unproved.iter().map(|one| unproved(one, &mut seen)));
    write(&findings, |code| {
        let known = CODES.iter().find(|known| known.code == code)?;
        Some(Rule { code: known.code, title: known.title, explanation: known.explanation })
    })
}

/// Where a finding is shown.
pub(super) fn region(
    comparison: &Comparison<'_>,
    finding: &super::finding::Finding<'_>,
) -> Option<Region> {
    let on = |side| finding.changed_on(side).and_then(|changed| changed.sentence.as_ref());
    let main = finding.main();
    let decides = main.to.decided_by.rule().filter(|_| main.is_of_tier());
    let (sentence, side) = on(Side::New)
        .or(decides)
        .map(|sentence| (sentence, Side::New))
        .or_else(|| on(Side::Old).map(|sentence| (sentence, Side::Old)))?;
    Some(region_of(comparison, sentence, side))
}

fn region_of(comparison: &Comparison<'_>, sentence: &Sentence, side: Side) -> Region {
    let Sentence { file, line, column, text, .. } = sentence;
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().chars().count() as u32;
    let end = match lines.clone().last() {
        None => (*line, column + first),
        Some(last) => (line + lines.count() as u32, last.chars().count() as u32 + 1),
    };
    let file = comparison.edition(side).path(file).to_owned();
    Region { file, start: (*line, *column), end: Some(end) }
}

fn finding(
    comparison: &Comparison<'_>,
    finding: &super::finding::Finding<'_>,
    seen: &mut BTreeMap<String, usize>,
) -> Finding {
    let decided = |answer: &Answer| match answer.decided_by.rule() {
        Some(rule) => rule.name.clone(),
        None => no_rule(&answer.decided_by).to_owned(),
    };
    let difference = finding.main();
    let all = changes(finding);
    let mut text = format!("{}: {all}.", finding.region);
    for case in &finding.cases {
        let difference = case.difference;
        if finding.cases.len() > 1 {
            let (before, after) = effects(difference);
            text += &format!(" {before} → {after}, {}:", named(&case.actions));
        }
        if difference.is_of_tier() {
            let (from, to) = (decided(&difference.from), decided(&difference.to));
            text += &format!(" Before: {from}. After: {to}.");
        }
        text += &format!(" For example: {}.", difference.shown);
    }
    let mut parts = vec![code(difference.direction).to_owned()];
    parts.extend(finding.actions.iter().map(|action| action.name().to_owned()));
    parts.push(all);
    let mut related = Vec::new();
    for changed in &difference.changed {
        let Some(sentence) = &changed.sentence else { continue };
        parts.push(one_line(&sentence.text));
        // What was read from a revision is not what lies at the path.
        if !comparison.edition(changed.side).revisions.is_empty() {
            continue;
        }
        let text = match changed.side {
            Side::Old => "stood in the old policy",
            Side::New => "stands in the new policy",
        };
        related.push((region_of(comparison, sentence, changed.side), text.to_owned()));
    }
    let mut properties = Map::new();
    let witness = |difference: &Difference| {
        serde_json::from_str::<Value>(&request(&difference.witness)).unwrap_or_default()
    };
    properties.insert("witness".to_owned(), witness(difference));
    if finding.cases.len() > 1 {
        let all = finding.cases.iter().map(|case| witness(case.difference)).collect();
        properties.insert("witnesses".to_owned(), Value::Array(all));
    }
    Finding {
        code: code(difference.direction).to_owned(),
        level: level(difference.direction),
        text,
        place: region(comparison, finding),
        related,
        fixes: Vec::new(),
        fingerprint: fingerprint_of(&parts, seen),
        properties,
    }
}

fn unproved(unproved: &Unproved, seen: &mut BTreeMap<String, usize>) -> Finding {
    let parts = [UNPROVED.to_owned(), unproved.action.name().to_owned()];
    Finding {
        code: UNPROVED.to_owned(),
        level: Level::Warning,
        text: format!("`{}` was not compared in full: {}", unproved.action, unproved.why),
        place: None,
        related: Vec::new(),
        fixes: Vec::new(),
        fingerprint: fingerprint_of(&parts, seen),
        properties: Map::new(),
    }
}
