//! See `interpreter.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::programs::{CODE_FLAGS, INTERPRETERS, beginnings, named};
use crate::model::pattern::CommandPattern;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L051",
        title: "interpreter with any code",
        explanation: include_str!("interpreter.md"),
    },
    name: "interpreter",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Run) {
        let offences = sentence
            .commands()
            .iter()
            .filter_map(|pattern| {
                let why = format!("`{}` runs any code that it is given", reached(pattern)?);
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows any program that can be written"),
            |finding, _| finding.help("name what is run: `\"python -m pytest ...\"`"),
        );
    }
}

/// The interpreter that a pattern leaves open: any words follow it, or a flag that takes code.
fn reached(pattern: &CommandPattern) -> Option<&'static str> {
    beginnings(pattern).iter().find_map(|beginning| {
        let (program, rest) = beginning.words.split_first()?;
        let takes_code = match rest {
            [] => true,
            [flag] => named(flag, CODE_FLAGS).is_some(),
            _ => false,
        };
        (beginning.is_open && takes_code).then(|| named(program, INTERPRETERS))?
    })
}
