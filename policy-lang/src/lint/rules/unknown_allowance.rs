//! See `unknown_allowance.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::allowance::{SHAPE, can_be_allowed};
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L098",
        title: "allowance of what is no lint",
        explanation: include_str!("unknown_allowance.md"),
    },
    name: "unknown-allowance",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for file in context.files {
        for allowance in &file.allowances {
            if allowance.names.is_empty() {
                report.add(
                    LINT.at(file.place(allowance.span), "this comment is no allowance")
                        .help(format!("it is written {SHAPE}")),
                );
            }
            for (name, span) in &allowance.names {
                let (message, help) = match Lint::named(name) {
                    Some(lint) if can_be_allowed(lint) => continue,
                    Some(_) => (
                        format!("`{name}` cannot be allowed"),
                        "mend the allowance instead".to_owned(),
                    ),
                    None => (
                        format!("no lint is called `{name}`"),
                        match Lint::nearest(name) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => {
                                "`policy lint --list` has all that can be allowed; errors cannot"
                                    .to_owned()
                            }
                        },
                    ),
                };
                report.add(LINT.at(file.place(*span), message).help(help));
            }
        }
    }
}
