//! Findings as workflow commands of GitHub Actions, which shows them beside the changed lines.

use std::sync::Arc;

use policy_eval::safe;

use super::place::{Places, Region};
use super::{Diagnostic, Level};
use crate::span::Source;

/// Findings as workflow commands, one a line.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::github;
/// use policy_lang::span::{Source, SourceId};
///
/// let source = Source::new("a.policy", "alow run \"ls\"\n");
/// let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
/// assert_eq!(
///     github::commands(&errors, &[source]),
///     "::error file=a.policy,line=1,endLine=1,col=1,endColumn=5,title=policy P005::\
///      unknown word `alow`%0Ahelp: did you mean `allow`?\n"
/// );
/// ```
pub fn commands(diagnostics: &[Diagnostic], sources: &[Arc<Source>]) -> String {
    let places = Places::new(sources);
    let command_of = |diagnostic: &Diagnostic| {
        let mut text = diagnostic.message.clone();
        if let Some(label) = diagnostic.labels.iter().find(|label| label.primary)
            && !label.text.is_empty()
        {
            text = format!("{text}: {}", label.text);
        }
        let mut lines = vec![text];
        for label in diagnostic.labels.iter().filter(|label| !label.primary) {
            if let Some(place) = places.region(label.location) {
                lines.push(format!("{}:{}: {}", place.file, place.start.0, label.text));
            }
        }
        if let Some(help) = &diagnostic.help {
            lines.push(format!("help: {help}"));
        }
        let place = diagnostic.location().and_then(|at| places.region(at));
        command(diagnostic.level, place.as_ref(), &format!("policy {}", diagnostic.code), &lines)
    };
    diagnostics.iter().map(command_of).collect()
}

/// One command with a new line at its end.
pub(crate) fn command(
    level: Level,
    place: Option<&Region>,
    title: &str,
    lines: &[String],
) -> String {
    let name = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let mut properties = Vec::new();
    if let Some(Region { file, start: (line, column), end }) = place {
        let (end_line, end_column) = end.unwrap_or((*line, *column));
        properties.push(format!("file={}", property(file)));
        properties.push(format!("line={line},endLine={end_line}"));
        // Columns are of one line; with several they are refused.
        if *line == end_line {
            properties.push(format!("col={column}"));
            if end.is_some() {
                properties.push(format!("endColumn={end_column}"));
            }
        }
    }
    properties.push(format!("title={}", property(title)));
    let lines: Vec<_> = lines.iter().map(|line| data(line)).collect();
    format!("::{name} {}::{}\n", properties.join(","), lines.join("%0A"))
}

/// What stands behind the second `::`. New lines within are spelt out like other hidden
/// characters, so that no text begins a command of its own.
fn data(text: &str) -> String {
    safe(text).replace('%', "%25")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{Location, SourceId, Span};

    #[test]
    fn no_text_leaves_its_field() {
        let sources = [Source::new("a,b:c%\r\n::error::x.policy", "allow\nread\n")];
        let at = Location { source: SourceId(0), span: Span::new(0, 10) };
        let finding = Diagnostic::warning("PL004", at, "100% sure\n::error::no")
            .primary("\u{1b}[31m")
            .label(at, "::set-env::")
            .help("a:b, c\r\n::stop-commands::x");
        insta::assert_snapshot!(commands(&[finding], &sources), @r"::warning file=a%2Cb%3Ac%25\u{d}\u{a}%3A%3Aerror%3A%3Ax.policy,line=1,endLine=2,title=policy PL004::100%25 sure\u{a}::error::no: \u{1b}[31m%0Aa,b:c%25\u{d}\u{a}::error::x.policy:1: ::set-env::%0Ahelp: a:b, c\u{d}\u{a}::stop-commands::x");
    }

    #[test]
    fn a_finding_without_a_place_has_none() {
        let line = command(Level::Info, None, "policy V001", &["not proved".to_owned()]);
        assert_eq!(line, "::notice title=policy V001::not proved\n");
    }
}
