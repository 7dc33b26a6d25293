//! See `secret_left_writable.md`.

use std::collections::HashMap;

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::interp::token_matches;
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::covers;
use crate::model::pattern::{PathBase, PathItem, PathPattern};

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
                why: "a secret: who may write it need not read it".to_owned(),
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} may not be read, and may still be written"),
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
    all_denied: bool,
    allowed: Index<'a>,
    denied: Index<'a>,
    /// A whole tree may be written.
    some_tree: bool,
}

impl<'a> Writable<'a> {
    fn of(context: &Context<'a>) -> Writable<'a> {
        let mut writable = Writable {
            is_default: context.model.default_tier(Action::Write) < Tier::Ask,
            all_denied: false,
            allowed: Index::default(),
            denied: Index::default(),
            some_tree: false,
        };
        for sentence in context.allows(Action::Write) {
            writable.is_default |= sentence.names_no_object();
            for path in sentence.paths() {
                writable.some_tree |= path.items.last() == Some(&PathItem::AnyDepth);
                writable.allowed.add(path);
            }
        }
        for sentence in context.restricts(Action::Write) {
            writable.all_denied |= sentence.names_no_object();
            sentence.paths().iter().for_each(|path| writable.denied.add(path));
        }
        writable
    }

    /// Whether something says that it may be written, and nothing that it may not.
    fn leaves(&self, secret: &PathPattern) -> bool {
        let floats = secret.items.first() == Some(&PathItem::AnyDepth);
        let is_allowed = self.is_default || floats && self.some_tree || self.allowed.covers(secret);
        is_allowed && !self.all_denied && !self.denied.covers(secret)
    }
}

/// Patterns by how they begin: a wide one that begins with a name covers only what begins alike.
#[derive(Default)]
struct Index<'a> {
    by_name: HashMap<(PathBase, &'a str), Vec<&'a PathPattern>>,
    others: Vec<&'a PathPattern>,
}

impl<'a> Index<'a> {
    fn add(&mut self, path: &'a PathPattern) {
        match beginning(path) {
            Some(name) => self.by_name.entry((path.base, name)).or_default().push(path),
            None => self.others.push(path),
        }
    }

    fn covers(&self, narrow: &PathPattern) -> bool {
        let named = beginning(narrow).and_then(|name| self.by_name.get(&(narrow.base, name)));
        let mut wide = named.into_iter().flatten().chain(&self.others);
        wide.any(|wide| covers::path(wide, narrow))
    }
}

fn beginning(path: &PathPattern) -> Option<&str> {
    match path.items.first()? {
        PathItem::Component(name) => name.as_literal(),
        PathItem::AnyDepth => None,
    }
}
