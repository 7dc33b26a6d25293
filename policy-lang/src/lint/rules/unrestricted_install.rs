//! See `unrestricted_install.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L062",
        title: "installing what anybody wrote",
        explanation: include_str!("unrestricted_install.md"),
    },
    name: "unrestricted-install",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Install) {
        if sentence.has_condition() {
            continue;
        }
        let help = "say from where: `when source in registries`; or have it reviewed";
        if sentence.names_no_object() {
            let message = "this allows installing anything from anywhere";
            report.add(LINT.at(sentence.head(), message).help(help));
            continue;
        }
        let offences = sentence
            .pairs()
            .iter()
            .filter(|pattern| pattern.second.is_any())
            .map(|pattern| Offence {
                at: pattern.at,
                written: pattern.written.clone(),
                why: "it runs with the agent's rights, or outside of its sandbox".to_owned(),
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows installing what anybody wrote"),
            |finding, _| finding.help(help),
        );
    }
}
