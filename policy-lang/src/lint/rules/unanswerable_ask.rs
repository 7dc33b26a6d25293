//! See `unanswerable_ask.md`.

use crate::diagnostic::{Code, Level};
use crate::diff::shown;
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::prove::json;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L011",
        title: "question where nobody is",
        explanation: include_str!("unanswerable_ask.md"),
    },
    name: "unanswerable-ask",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for found in context.unattended() {
        let Some(sentence) = context.sentence(found.rule) else { continue };
        let message = format!("`{}` asks only where nobody is", sentence.rule.name);
        let what = found.request.with_request(shown);
        let finding = LINT
            .at(sentence.head(), message)
            .primary(format!("`{what}` waits for an answer that nobody gives"))
            .witness(json(&found.request));
        report.add(finding.help("say `deny`, or `allow` what needs no person"));
    }
}
