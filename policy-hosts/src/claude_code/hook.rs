//! The hook of Claude Code: `PreToolUse` and `PermissionRequest`.
//!
//! A refusal is JSON and exit code 2: the host runs the call where the JSON does not parse (a shell
//! profile printed something) or the code is any other, and each of the two blocks by itself.

use policy_eval::json::Json;
use policy_eval::{RequestBuf, ShellKind};

use crate::hook::payload::{self, PayloadError};
use crate::hook::surface::{Host, Install, PERMISSION_REQUEST, PRE_TOOL_USE, Surface, escalate};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;
use crate::vscode;

/// What Claude Code asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::ClaudeCode,
    title: "Claude Code",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: Some(("hookEventName", &vscode::hook::HOST)),
    project: Some("CLAUDE_PROJECT_DIR"),
    surface_word: None,
    // It answers a hook's question by itself then.
    asks_nobody: &["bypassPermissions"],
    install: Install {
        place: "~/.claude/settings.json, or .claude/settings.json of a project; merge it with what is there",
        snippet: r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": "*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30}]}
    ],
    "PermissionRequest": [
      {"matcher": "*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30}]}
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[
    Surface { more: |args, requests| more(args, requests), ..PRE_TOOL_USE },
    Surface { more: |args, requests| more(args, requests), ..PERMISSION_REQUEST },
];

static TOOLS: &[Tool] = &[
    Tool::new(&["Bash"], &[Effect::run("command")]),
    Tool::new(&["PowerShell"], &[Effect::new(What::Run(ShellKind::Powershell), "command")]),
    Tool::new(&["Read"], &[Effect::read("file_path")]),
    Tool::new(&["NotebookRead"], &[Effect::read("notebook_path")]),
    Tool::new(&["Write", "Edit", "MultiEdit"], &[Effect::write("file_path")]),
    Tool::new(&["NotebookEdit"], &[Effect::write("notebook_path")]),
    Tool::new(&["Glob"], &[Effect::read("path").or_here(), Effect::glob("pattern", "path")]),
    Tool::new(&["Grep"], &[Effect::read("path").or_here()]),
    Tool::new(&["LS"], &[Effect::read("path").or_here()]),
    Tool::new(&["WebFetch"], &[Effect::fetch("url")]),
    Tool::new(&["WebSearch"], &[Effect::SEARCH]),
    Tool::new(&["Agent", "Task"], &[Effect::spawn("subagent_type")]),
];

/// A command that asks to run outside the sandbox says so in an argument.
fn more(args: &Json, requests: &mut [RequestBuf]) -> Result<(), PayloadError> {
    let Some((name, value)) = payload::field(args, &["dangerouslyDisableSandbox"])? else {
        return Ok(());
    };
    let leaves = value.as_bool().ok_or_else(|| payload::misfit(name, value, "true or false"))?;
    if leaves {
        escalate(requests)?;
    }
    Ok(())
}
