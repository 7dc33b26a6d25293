//! See `redundant_rule.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::proved::{may_loosen, with_instead};
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L003",
        title: "rule without which nothing changes",
        explanation: include_str!("redundant_rule.md"),
    },
    name: "redundant-rule",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let Worth::Redundant(instead) = worth else { continue };
        // Its reason may be what it is there for.
        if !may_loosen(context, sentence) || sentence.rule.reason.is_some() {
            continue;
        }
        let message = format!("without `{}` every decision is the same", sentence.rule.name);
        let finding = with_instead(context, LINT.at(sentence.head(), message), instead);
        report.add(finding.help("remove it"));
    }
}
