//! Findings for machines: one JSON object each.

use std::sync::Arc;

use serde::Serialize;

use super::Diagnostic;
use super::place::Places;
use crate::span::{Location, Source};

#[derive(Serialize)]
struct Finding<'d> {
    rule: &'d str,
    level: &'static str,
    message: &'d str,
    #[serde(flatten)]
    place: Option<Place<'d>>,
    help: Option<&'d str>,
    related: Vec<Related<'d>>,
    witness: Option<&'d serde_json::Value>,
    url: Option<&'d str>,
}

#[derive(Serialize)]
struct Related<'d> {
    message: &'d str,
    #[serde(flatten)]
    place: Place<'d>,
}

#[derive(Serialize)]
struct Place<'d> {
    file: &'d str,
    start: Point,
    end: Point,
}

/// Line and column count from 1, bytes from 0.
#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    byte: usize,
}

/// One finding as `{rule, level, message, file, start, end, help, related, witness, url}`.
///
/// `start` and `end` are `{line, column, byte}`. `file`, `start` and `end` are left out where the
/// finding has no place in the sources. `url` is null: the explanations come with the program
/// (`policy lint --explain`).
///
/// # Example
/// ```
/// use policy_lang::diagnostic::json;
/// use policy_lang::span::{Source, SourceId};
///
/// let source = Source::new("a.policy", "alow run \"ls\"\n");
/// let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
/// let finding = json::finding(&errors[0], &[source]);
/// assert_eq!(finding["rule"], "P005");
/// assert_eq!(finding["end"], serde_json::json!({"line": 1, "column": 5, "byte": 4}));
/// ```
pub fn finding(diagnostic: &Diagnostic, sources: &[Arc<Source>]) -> serde_json::Value {
    finding_at(diagnostic, &Places::new(sources))
}

/// Several findings, each as [`finding`] has it, in one pass over the sources.
pub fn findings(diagnostics: &[Diagnostic], sources: &[Arc<Source>]) -> Vec<serde_json::Value> {
    let places = Places::new(sources);
    diagnostics.iter().map(|found| finding_at(found, &places)).collect()
}

fn finding_at(diagnostic: &Diagnostic, places: &Places<'_>) -> serde_json::Value {
    let related = diagnostic.labels.iter().filter(|label| !label.primary);
    let finding = Finding {
        rule: diagnostic.code,
        level: diagnostic.level.name(),
        message: &diagnostic.message,
        place: diagnostic.location().and_then(|location| place(location, places)),
        help: diagnostic.help.as_deref(),
        related: related
            .filter_map(|label| {
                let place = place(label.location, places)?;
                Some(Related { message: &label.text, place })
            })
            .collect(),
        witness: diagnostic.witness.as_ref(),
        url: None,
    };
    // Serialising strings and numbers cannot fail.
    serde_json::to_value(finding).unwrap_or_default()
}

fn place<'s>(location: Location, places: &Places<'s>) -> Option<Place<'s>> {
    let (source, lines) = places.source(location.source)?;
    let point = |byte: u32| {
        let byte = (byte as usize).min(source.text.len());
        let (line, column) = lines.line_column(byte);
        Point { line, column, byte }
    };
    Some(Place {
        file: &source.name,
        start: point(location.span.start),
        end: point(location.span.end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{SourceId, Span};

    #[test]
    fn a_finding_has_the_shape_that_the_command_line_promises() {
        let sources = [Source::new("a.policy", "deny read *\nallow read *\n")];
        let at = |start, end| Location { source: SourceId(0), span: Span::new(start, end) };
        let diagnostic = Diagnostic::warning("PL004", at(12, 17), "never decides")
            .label(at(0, 4), "this one does")
            .witness(serde_json::json!({"action": "read"}));
        assert_eq!(
            finding(&diagnostic, &sources),
            serde_json::json!({
                "rule": "PL004",
                "level": "warning",
                "message": "never decides",
                "file": "a.policy",
                "start": {"line": 2, "column": 1, "byte": 12},
                "end": {"line": 2, "column": 6, "byte": 17},
                "help": null,
                "related": [{
                    "message": "this one does",
                    "file": "a.policy",
                    "start": {"line": 1, "column": 1, "byte": 0},
                    "end": {"line": 1, "column": 5, "byte": 4},
                }],
                "witness": {"action": "read"},
                "url": null,
            })
        );
    }
}
