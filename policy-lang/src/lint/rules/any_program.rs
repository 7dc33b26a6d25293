//! See `any_program.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::programs::beginnings;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L050",
        title: "every program allowed",
        explanation: include_str!("any_program.md"),
    },
    name: "any-program",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Run) {
        // The walls of a sandbox hold whatever runs in it.
        if sentence.is_in_sandbox() {
            continue;
        }
        if sentence.names_no_object() {
            report.add(
                LINT.at(sentence.head(), "this allows every program")
                    .help("name the programs: `\"(ls|cat|grep) ...\"`"),
            );
            continue;
        }
        let offences = sentence
            .commands()
            .iter()
            .filter(|pattern| {
                beginnings(pattern).iter().any(|begin| begin.words.is_empty() && begin.is_open)
            })
            .map(|pattern| Offence {
                at: pattern.at,
                written: pattern.written.clone(),
                why: "the program may be any".to_owned(),
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows every program"),
            |finding, _| finding.help("begin the pattern with the programs: `\"(ls|cat) --help\"`"),
        );
    }
}
