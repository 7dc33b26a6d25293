//! A comparison as workflow commands of GitHub Actions: loosened is a warning, the rest a notice.

use super::finding::{Finding, named};
use super::sarif::{code, level, region};
use super::words::{changes, effects, no_rule, one_line};
use super::{Answer, Comparison};
use crate::diagnostic::Level;
use crate::diagnostic::github::command;

/// A comparison as workflow commands, one a line.
pub fn commands(comparison: &Comparison<'_>) -> String {
    let report = comparison.report;
    let findings = comparison.findings();
    let mut out: String = findings.iter().map(|one| finding(comparison, one)).collect();
    for unproved in &report.unproved {
        let lines =
            [format!("`{}` was not compared in full", unproved.action), unproved.why.clone()];
        out += &command(Level::Warning, None, "policy incomplete", &lines);
    }
    out
}

fn finding(comparison: &Comparison<'_>, finding: &Finding<'_>) -> String {
    let decided = |answer: &Answer| match answer.decided_by.rule() {
        Some(rule) => one_line(&rule.name),
        None => no_rule(&answer.decided_by).to_owned(),
    };
    let direction = finding.direction;
    let mut lines = vec![format!("{}: {}", finding.region, changes(finding))];
    for case in &finding.cases {
        let difference = case.difference;
        if finding.cases.len() > 1 {
            let (before, after) = effects(difference);
            let region = case.region.clone().unwrap_or_else(|| named(&case.actions));
            lines.push(format!("{before} → {after}: {region}"));
        }
        if difference.is_of_tier() {
            lines.push(format!("before: {}", decided(&difference.from)));
            lines.push(format!("after: {}", decided(&difference.to)));
        }
        lines.push(format!("for example: {}", difference.shown));
    }
    let title = format!("policy {} {}", code(direction), direction.name());
    command(level(direction), region(comparison, finding).as_ref(), &title, &lines)
}
