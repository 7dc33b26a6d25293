//! See `equivalent_rule.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L007",
        title: "rule that says the same in other words",
        explanation: include_str!("equivalent_rule.md"),
    },
    name: "equivalent-rule",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let Worth::Equivalent(other, _) = worth else { continue };
        let Some(other) = context.sentence(*other) else { continue };
        let (name, first) = (&sentence.rule.name, &other.rule.name);
        let message = format!("`{name}` matches what `{first}` matches, in other words");
        report.add(
            LINT.at(sentence.head(), message)
                .label(other.head(), "the same is said here")
                .help("leave one of them out"),
        );
    }
}
