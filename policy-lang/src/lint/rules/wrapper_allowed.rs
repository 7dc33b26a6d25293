//! See `wrapper_allowed.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::programs::{WRAPPERS, beginnings, named};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L055",
        title: "wrapper allowed, which allows nothing",
        explanation: include_str!("wrapper_allowed.md"),
    },
    name: "wrapper-allowed",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Run) {
        let offences = sentence
            .commands()
            .iter()
            .filter_map(|pattern| {
                let name =
                    beginnings(pattern).iter().find_map(|beginning| match beginning.words[..] {
                        [program] if beginning.is_open => named(program, WRAPPERS),
                        _ => None,
                    })?;
                let why = format!("what `{name}` runs is judged by itself");
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows none of the commands that it may run"),
            |finding, _| finding.help("allow those commands, by their own names"),
        );
    }
}
