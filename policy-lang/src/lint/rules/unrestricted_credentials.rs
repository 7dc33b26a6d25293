//! See `unrestricted_credentials.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Patterns, Sentence};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L061",
        title: "credentials without a condition",
        explanation: include_str!("unrestricted_credentials.md"),
    },
    name: "unrestricted-credentials",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Use) {
        if speaks_of_all(sentence) && !sentence.has_condition() {
            report.add(
                LINT.at(sentence.head(), "this allows every credential, for every host")
                    .help("say which, from where and for whom: `allow use \"ACME_*\" when store == keyring and host in internal`"),
            );
        }
    }
    for sentence in context.allows(Action::Login) {
        if !sentence.has_condition() {
            report.add(
                LINT.at(sentence.head(), "this allows logging in anywhere")
                    .help("say where: `when workspace_id == \"…\"`"),
            );
        }
    }
}

fn speaks_of_all(sentence: &Sentence<'_>) -> bool {
    match sentence.patterns() {
        Patterns::All => true,
        Patterns::Texts(list) => list.iter().any(|name| name.is_any()),
        _ => false,
    }
}
