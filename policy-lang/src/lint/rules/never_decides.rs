//! See `never_decides.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::proved::{may_loosen, with_instead};
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L002",
        title: "rule that stricter rules always beat",
        explanation: include_str!("never_decides.md"),
    },
    name: "never-decides",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let Worth::NeverDecides(instead) = worth else { continue };
        if !may_loosen(context, sentence) {
            continue;
        }
        let message =
            format!("`{}` never decides: stricter rules match all of it", sentence.rule.name);
        let finding = with_instead(context, LINT.at(sentence.head(), message), instead);
        report.add(
            finding.help("remove it, or take its part out of the stricter rules with `except`"),
        );
    }
}
