//! Findings for people: the message, the lines that it is about, and what to do.
//!
//! The drawing is `annotate-snippets`'; what it trusts its caller with is done here. It shows
//! names and labels as they are, so hidden characters are spelt out before. It panics on a span
//! that ends inside a character, so spans are clamped. It looks through the whole of a source, so
//! it gets the few lines that matter.

use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Origin, Renderer, Snippet};

use policy_eval::safe;

use super::place::Places;
use super::{Diagnostic, Label, Level};
use crate::span::{Lines, Source, boundary};

/// How a report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain text, for files and pipes.
    Plain,
    /// With the colours of a terminal.
    Coloured,
}

/// Labels of one source that are no further apart than this share a picture.
const NEAR_LINES: usize = 12;

/// A picture larger than this gives way to the name of its place: a file may be one long line.
const LARGEST_PICTURE: usize = 16 << 10;

/// One finding as text, without a new line at its end.
///
/// A place outside the sources is shown as far as it is inside.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::{Style, render};
/// use policy_lang::span::{Source, SourceId};
///
/// let source = Source::new("a.policy", "alow run \"ls\"\n");
/// let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
/// assert_eq!(
///     render(&errors[0], &[source], Style::Plain),
///     r#"
/// error[P005]: unknown word `alow`
///  --> a.policy:1:1
///   |
/// 1 | alow run "ls"
///   | ^^^^
///   |
///   = help: did you mean `allow`?
/// "#
///     .trim()
/// );
/// ```
///
/// # Cost
/// Linear in the length of the sources that it names.
pub fn render(diagnostic: &Diagnostic, sources: &[Arc<Source>], style: Style) -> String {
    render_at(diagnostic, &Places::new(sources), style)
}

/// The same, where the lines of the sources are known.
pub(super) fn render_at(diagnostic: &Diagnostic, places: &Places<'_>, style: Style) -> String {
    let level = match diagnostic.level {
        Level::Error => annotate_snippets::Level::ERROR,
        Level::Warning => annotate_snippets::Level::WARNING,
        Level::Info => annotate_snippets::Level::INFO,
    };
    let title = level.primary_title(safe(&diagnostic.message)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    for picture in pictures(diagnostic, places) {
        group = group.element(picture.element());
    }
    if let Some(witness) = &diagnostic.witness {
        let request = safe(&witness.to_string()).into_owned();
        group =
            group.element(annotate_snippets::Level::NOTE.message(format!("for example {request}")));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(annotate_snippets::Level::HELP.message(safe(help)));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// Several findings as text, with a blank line after each.
pub fn render_all(diagnostics: &[Diagnostic], sources: &[Arc<Source>], style: Style) -> String {
    let places = Places::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&render_at(diagnostic, &places, style));
        out.push_str("\n\n");
    }
    out
}

/// Some lines of a source with labels on them.
struct Picture<'d> {
    source: &'d Source,
    labels: Vec<Placed<'d>>,
}

/// A label, and the bytes and the line that it stands on.
struct Placed<'d> {
    label: &'d Label,
    start: usize,
    end: usize,
    line: usize,
}

/// The pictures of a finding: the one of its own place first, then the others in order.
fn pictures<'d>(diagnostic: &'d Diagnostic, places: &'d Places<'d>) -> Vec<Picture<'d>> {
    let mut labels: Vec<&Label> = diagnostic.labels.iter().collect();
    labels.sort_by_key(|label| (!label.primary, label.location));
    let mut pictures: Vec<Picture<'d>> = Vec::new();
    for label in labels {
        let Some((source, lines)) = places.source(label.location.source) else { continue };
        let placed = Placed::new(label, source, lines);
        let near = pictures.iter_mut().find(|picture| {
            std::ptr::eq(picture.source, source)
                && picture.labels.iter().any(|other| other.line.abs_diff(placed.line) <= NEAR_LINES)
        });
        match near {
            Some(picture) => picture.labels.push(placed),
            None => pictures.push(Picture { source, labels: vec![placed] }),
        }
    }
    pictures
}

impl<'d> Placed<'d> {
    fn new(label: &'d Label, source: &Source, lines: &Lines<'_>) -> Placed<'d> {
        let start = boundary(&source.text, label.location.span.start as usize);
        let end = boundary(&source.text, label.location.span.end as usize).max(start);
        let (line, _) = lines.line_column(start);
        Placed { label, start, end, line: line as usize }
    }
}

impl<'d> Picture<'d> {
    fn element(&self) -> Element<'d> {
        let text = &self.source.text;
        let first = self.labels.iter().map(|placed| placed.start).min().unwrap_or(0);
        let last = self.labels.iter().map(|placed| placed.end).max().unwrap_or(0);
        let start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[last..].find('\n').map_or(text.len(), |newline| last + newline);
        let line_start = self.labels.iter().map(|placed| placed.line).min().unwrap_or(1);
        if end - start > LARGEST_PICTURE {
            return self.origin();
        }
        let annotations = self.labels.iter().map(|placed| {
            let kind = match placed.label.primary {
                true => AnnotationKind::Primary,
                false => AnnotationKind::Context,
            };
            let annotation = kind.span(placed.start - start..placed.end - start);
            match placed.label.text.is_empty() {
                true => annotation,
                false => annotation.label(safe(&placed.label.text)),
            }
        });
        Snippet::source(&text[start..end])
            .path(safe(&self.source.name))
            .line_start(line_start)
            .annotations(annotations)
            .into()
    }

    /// The place without a picture.
    fn origin(&self) -> Element<'d> {
        let origin = Origin::path(safe(&self.source.name));
        match self.labels.first() {
            Some(placed) => {
                let (line, column) = self.source.line_column(placed.start);
                origin.line(line as usize).char_column(column as usize).into()
            }
            None => origin.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{Location, SourceId, Span};
    use proptest::prelude::*;

    fn at(source: u32, start: usize, end: usize) -> Location {
        Location { source: SourceId(source), span: Span::new(start, end) }
    }

    #[test]
    fn labels_in_two_files_and_a_witness() {
        let sources = [
            Source::new("team.policy", "allow run \"ls\"\n\n# …\ndeny run *\n"),
            Source::new("user.policy", "allow run \"cat ...\"\n"),
        ];
        let finding = Diagnostic::warning("PL004", at(0, 0, 5), "this rule never decides")
            .primary("this one")
            .label(at(0, 22, 26), "this stricter rule always decides")
            .label(at(1, 0, 5), "as here")
            .witness(serde_json::json!({"action": "run"}))
            .help("take it out");
        insta::assert_snapshot!(render(&finding, &sources, Style::Plain), @r#"
        warning[PL004]: this rule never decides
         --> team.policy:1:1
          |
        1 | allow run "ls"
          | ^^^^^ this one
        ...
        4 | deny run *
          | ---- this stricter rule always decides
          |
         ::: user.policy:1:1
          |
        1 | allow run "cat ..."
          | ----- as here
          |
          = note: for example {"action":"run"}
          = help: take it out
        "#);
    }

    #[test]
    fn what_nobody_sees_reaches_no_terminal() {
        let sources = [Source::new("a\u{1b}[31m.policy", "deny \u{1b}[2J\u{202e} x\n")];
        let finding = Diagnostic::error("P003", at(0, 5, 6), "hidden \u{7}character")
            .primary("\u{202e}here")
            .help("\u{9b}no");
        let shown = render(&finding, &sources, Style::Plain);
        assert!(!shown.chars().any(super::super::is_hidden), "{shown:?}");
        insta::assert_snapshot!(shown, @r"
        error[P003]: hidden \u{7}character
         --> a\u{1b}[31m.policy:1:6
          |
        1 | deny ␛[2J� x
          |      ^ \u{202e}here
          |
          = help: \u{9b}no
        ");
    }

    #[test]
    fn a_file_of_one_long_line_has_a_place_and_no_picture() {
        let sources = [Source::new("a.policy", "x".repeat(1 << 20))];
        let finding = Diagnostic::error("P004", at(0, 1000, 1001), "unexpected");
        insta::assert_snapshot!(render(&finding, &sources, Style::Plain), @r"
        error[P004]: unexpected
        --> a.policy:1:1001
        ");
    }

    proptest! {
        #[test]
        fn any_place_in_any_text_can_be_shown(
            text in "[ -~éß→\t\r\n\u{1F600}\u{202e}]{0,40}",
            places in prop::collection::vec((0u32..3, 0usize..80, 0usize..80), 0..5),
        ) {
            let sources = [Source::new("a", text.clone()), Source::new("b", "")];
            let mut finding = Diagnostic::error("P004", at(0, 1, 2), text);
            for (source, start, end) in places {
                finding = finding.label(at(source, start, end), "here");
            }
            render(&finding, &sources, Style::Coloured);
            super::super::json::finding(&finding, &sources);
            super::super::sarif::log(std::slice::from_ref(&finding), &sources, []);
            let commands = super::super::github::commands(std::slice::from_ref(&finding), &sources);
            prop_assert_eq!(commands.lines().count(), 1);
            super::super::junit::findings(&[finding], &sources, Level::Info);
        }
    }
}
