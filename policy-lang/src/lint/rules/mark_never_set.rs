//! See `mark_never_set.md`.

use crate::diagnostic::nearest;
use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, walk};
use crate::lint::marks::Marks;
use crate::syntax::ast::Condition;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L082",
        title: "mark that is asked for and never set",
        explanation: include_str!("mark_never_set.md"),
    },
    name: "mark-never-set",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let marks = Marks::of(context);
    for file in context.files {
        for condition in context.conditions(file) {
            walk(condition, &mut |part| {
                let Condition::Marked { name, .. } = part else { return };
                if marks.is_set(context, &name.value) {
                    return;
                }
                let set = context.model.marks.iter().filter(|mark| marks.is_set(context, mark));
                let help = match nearest(&name.value, set.map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("say what sets it: `mark \"{}\" read …`", name.value),
                };
                let message = format!("no sentence sets the mark `{}`", name.value);
                report.add(LINT.at(file.place(name.span), message).help(help));
            });
        }
    }
}
