//! A comparison as workflow commands of GitHub Actions: loosened is a warning, the rest a notice.

use super::sarif::{code, level, region};
use super::words::{effects, no_rule, one_line};
use super::{Answer, Comparison, Difference};
use crate::diagnostic::Level;
use crate::diagnostic::github::command;

/// A comparison as workflow commands, one a line.
pub fn commands(comparison: &Comparison<'_>) -> String {
    let report = comparison.report;
    let mut out: String =
        report.differences.iter().map(|one| difference(comparison, one)).collect();
    for unproved in &report.unproved {
        let lines =
            [format!("`{}` was not compared in full", unproved.action), unproved.why.clone()];
        out += &command(Level::Warning, None, "policy incomplete", &lines);
    }
    out
}

fn difference(comparison: &Comparison<'_>, difference: &Difference) -> String {
    let (before, after) = effects(difference);
    let decided = |answer: &Answer| match answer.decided_by.rule() {
        Some(rule) => one_line(&rule.name),
        None => no_rule(&answer.decided_by).to_owned(),
    };
    let direction = difference.direction;
    let mut lines = vec![format!("{}: {before} → {after}", difference.region)];
    if difference.is_of_tier() {
        lines.push(format!("before: {}", decided(&difference.from)));
        lines.push(format!("after: {}", decided(&difference.to)));
    }
    lines.push(format!("for example: {}", difference.shown));
    let title = format!("policy {} {}", code(direction), direction.name());
    command(level(direction), region(comparison, difference).as_ref(), &title, &lines)
}
