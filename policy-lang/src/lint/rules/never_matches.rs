//! See `never_matches.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L001",
        title: "rule that no request matches",
        explanation: include_str!("never_matches.md"),
    },
    name: "never-matches",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let Worth::NeverMatches { possibly } = worth else { continue };
        let finding = if *possibly {
            let message = "no request matches this for certain, whatever is sent";
            LINT.at(sentence.head(), message)
                .primary("it counts only where something that it asks for was not sent")
        } else {
            LINT.at(sentence.head(), "no request matches this")
        };
        report.add(finding.help("its objects, exceptions and conditions leave nothing over"));
    }
}
