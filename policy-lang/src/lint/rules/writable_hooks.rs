//! See `writable_hooks.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::run_later::{self, Enough, Later};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L034",
        title: "hooks and start-up files left writable",
        explanation: include_str!("writable_hooks.md"),
    },
    name: "writable-hooks",
    level: Level::Warning,
    check,
};

/// What runs without a further question: at the next commit, or when the next shell starts.
const FILES: &[Later] = &[
    Later { root: "workspace", path: ".git/hooks/pre-commit", deny: "$workspace/**/.git/**" },
    Later { root: "workspace", path: ".git/config", deny: "$workspace/**/.git/**" },
    Later { root: "home", path: ".bashrc", deny: "~/.bashrc" },
    Later { root: "home", path: ".profile", deny: "~/.profile" },
    Later { root: "home", path: ".zshrc", deny: "~/.zshrc" },
    Later { root: "home", path: ".gitconfig", deny: "~/.gitconfig" },
    Later { root: "home", path: ".ssh/authorized_keys", deny: "~/.ssh/**" },
    Later { root: "home", path: ".config/autostart/x.desktop", deny: "~/.config/**" },
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    run_later::check(context, report, &LINT, FILES, Enough::Each);
}
