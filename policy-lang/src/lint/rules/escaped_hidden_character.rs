//! See `escaped_hidden_character.md`.

use crate::diagnostic::is_hidden;
use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::names::each_text;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L088",
        title: "character that nobody sees, by its number",
        explanation: include_str!("escaped_hidden_character.md"),
    },
    name: "escaped-hidden-character",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        each_text(file, &mut |_, text| {
            // Without an escape it would be a syntax error.
            if text.shifts.is_empty() {
                return;
            }
            let hidden = text
                .value
                .char_indices()
                .find(|(_, c)| is_hidden(*c) && !matches!(c, '\n' | '\t' | '\r'));
            if let Some((at, c)) = hidden {
                let place = text.place(at, at + c.len_utf8());
                let message = format!("U+{:04X} cannot be seen in reports and prompts", c as u32);
                report.add(
                    LINT.at(file.place(place), message).help(
                        "leave it out; a request with such a character is at least asked about",
                    ),
                );
            }
        });
    }
}
