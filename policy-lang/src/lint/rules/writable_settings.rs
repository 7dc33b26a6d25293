//! See `writable_settings.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::run_later::{self, Enough, Later};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L035",
        title: "settings that run programs left writable",
        explanation: include_str!("writable_settings.md"),
    },
    name: "writable-settings",
    level: Level::Info,
    check,
};

/// What editors, agents and pipelines read and run, some of them after a question of their own.
const FILES: &[Later] = &[
    Later { root: "workspace", path: ".vscode/tasks.json", deny: "$workspace/**/.vscode/**" },
    Later { root: "workspace", path: ".envrc", deny: "$workspace/**/.envrc" },
    Later { root: "workspace", path: ".husky/pre-commit", deny: "$workspace/.husky/**" },
    Later {
        root: "workspace",
        path: ".github/workflows/ci.yml",
        deny: "$workspace/.github/workflows/**",
    },
    Later { root: "workspace", path: ".claude/settings.json", deny: "$workspace/.claude/**" },
    Later { root: "workspace", path: ".codex/config.toml", deny: "$workspace/.codex/**" },
    Later { root: "workspace", path: ".cursor/mcp.json", deny: "$workspace/.cursor/**" },
    Later { root: "workspace", path: ".gemini/settings.json", deny: "$workspace/.gemini/**" },
    Later { root: "workspace", path: ".mcp.json", deny: "$workspace/.mcp.json" },
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    run_later::check(context, report, &LINT, FILES, Enough::One);
}
