//! See `mark_never_asked.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, each_item};
use crate::lint::marks::Marks;
use crate::syntax::ast::{Item, Verb};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L083",
        title: "mark that is set and never asked for",
        explanation: include_str!("mark_never_asked.md"),
    },
    name: "mark-never-asked",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let marks = Marks::of(context);
    for file in context.files.iter().filter(|file| file.given) {
        each_item(&file.tree.items, &mut |item| {
            let Item::Sentence(sentence) = item else { return };
            let Verb::Mark(name) = &sentence.verb.node else { return };
            if !marks.is_asked_for(context, &name.value) {
                let message = format!("nothing asks for the mark `{}`", name.value);
                report.add(LINT.at(file.place(name.span), message).help(format!(
                    "say what follows: `deny connect * when marked \"{}\"`",
                    name.value
                )));
            }
        });
    }
}
