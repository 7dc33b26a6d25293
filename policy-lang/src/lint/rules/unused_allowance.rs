//! See `unused_allowance.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::allowance::{Allowance, can_be_allowed};
use crate::lint::context::Context;
use crate::span::Span;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L099",
        title: "allowance of what is not there",
        explanation: include_str!("unused_allowance.md"),
    },
    name: "unused-allowance",
    level: Level::Warning,
    check,
};

/// Runs last: only then is it known what was taken away.
fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (source, allowance, index) in report.unused() {
        let Some(file) = context.file(source) else { continue };
        // In a library, or included from elsewhere, it may be for others.
        let (name, span) = &allowance.names[index];
        if !file.uses_its_own_names() || !Lint::named(name).is_some_and(can_be_allowed) {
            continue;
        }
        let text = &context.model.source(source).text;
        report.add(
            LINT.at(file.place(*span), format!("`{name}` finds nothing here"))
                .help("leave it out")
                .edit(file.place(without(allowance, index, text)), ""),
        );
    }
}

/// The bytes to take away so that an allowance lacks one name; all of the comment for the last.
fn without(allowance: &Allowance, index: usize, text: &str) -> Span {
    let names = &allowance.names;
    let span = names[index].1;
    match (index.checked_sub(1).map(|before| names[before].1), names.get(index + 1)) {
        (Some(before), _) => Span { start: before.end, end: span.end },
        (None, Some((_, next))) => Span { start: span.start, end: next.start },
        (None, None) => {
            let (start, end) = (allowance.span.start as usize, allowance.span.end as usize);
            let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let is_alone = text[line..start].trim().is_empty();
            let blanks = text[..start].len() - text[..start].trim_end_matches([' ', '\t']).len();
            let newline = usize::from(is_alone && text[end..].starts_with('\n'));
            Span::new(start - blanks, end + newline)
        }
    }
}
