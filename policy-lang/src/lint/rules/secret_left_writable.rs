//! See `secret_left_writable.md`.

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::interp::token_matches;
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence, Sentence};
use crate::lint::covers;
use crate::model::pattern::{PathItem, PathPattern};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L033",
        title: "secret that may not be read and may be written",
        explanation: include_str!("secret_left_writable.md"),
    },
    name: "secret-left-writable",
    level: Level::Warning,
    check,
};

/// Names of files and folders that hold secrets.
const SECRETS: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".env",
    ".env.local",
    ".git-credentials",
    ".password-store",
    "gcloud",
    "gh",
    "credentials",
    "credentials.toml",
    "id_rsa",
    "id_ed25519",
    "server.pem",
    "server.key",
    "shadow",
    "sudoers",
    "secrets",
    "secrets.yaml",
    ".vault-token",
    ".pgpass",
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if Tier::Ask < context.model.default_tier(Action::Write) {
        return;
    }
    let writable = Writable::of(context);
    for (tier, _, sentence) in context.tiers() {
        let actions = sentence.rule.actions;
        let only_reads = actions.contains(Action::Read) && !actions.contains(Action::Write);
        if tier != Tier::Deny || !only_reads {
            continue;
        }
        let offences = sentence
            .paths()
            .iter()
            .filter(|pattern| is_secret(pattern) && writable.leaves(pattern))
            .map(|pattern| Offence {
                at: pattern.at,
                written: pattern.written.clone(),
                why: "may not be read, but may be written".to_owned(),
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} is a secret that may still be written"),
            |finding, _| finding.help("write `deny read, write, delete …`"),
        );
    }
}

fn is_secret(pattern: &PathPattern) -> bool {
    pattern.items.iter().any(|item| match item {
        PathItem::Component(name) => {
            !name.is_any() && SECRETS.iter().any(|secret| token_matches(name, secret))
        }
        PathItem::AnyDepth => false,
    })
}

/// What may be written, and what may not.
struct Writable<'a> {
    is_default: bool,
    allowed: Vec<&'a PathPattern>,
    denied: Vec<&'a PathPattern>,
    all_denied: bool,
}

impl<'a> Writable<'a> {
    fn of(context: &Context<'a>) -> Writable<'a> {
        let paths = |sentences: Vec<Sentence<'a>>| {
            sentences.into_iter().flat_map(|sentence| sentence.paths()).collect()
        };
        let allows: Vec<Sentence<'a>> = context.allows(Action::Write).cloned().collect();
        let denies: Vec<Sentence<'a>> = context.restricts(Action::Write).cloned().collect();
        let all = |sentence: &Sentence<'_>| sentence.names_no_object();
        Writable {
            is_default: context.model.default_tier(Action::Write) < Tier::Ask
                || allows.iter().any(all),
            all_denied: denies.iter().any(all),
            allowed: paths(allows),
            denied: paths(denies),
        }
    }

    /// Whether something says that it may be written, and nothing that it may not.
    fn leaves(&self, secret: &PathPattern) -> bool {
        let floats = secret.items.first() == Some(&PathItem::AnyDepth);
        let reaches = |wide: &&PathPattern| {
            let is_tree = wide.items.last() == Some(&PathItem::AnyDepth);
            floats && is_tree || covers::path(wide, secret)
        };
        let is_allowed = self.is_default || self.allowed.iter().any(reaches);
        is_allowed && !self.all_denied && !self.denied.iter().any(|wide| covers::path(wide, secret))
    }
}
