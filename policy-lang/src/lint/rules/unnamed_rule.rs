//! See `unnamed_rule.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L021",
        title: "rule without a name in a managed layer",
        explanation: include_str!("unnamed_rule.md"),
    },
    name: "unnamed-rule",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, _, sentence) in context.tiers() {
        let says_managed = context.says_managed(sentence.rule.at.source);
        if says_managed && !sentence.rule.named {
            report.add(
                LINT.at(sentence.head(), "this rule has no name")
                    .help("write a name before it: `no-secrets: deny read …`"),
            );
        }
    }
}
