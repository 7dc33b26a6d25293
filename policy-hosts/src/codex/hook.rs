//! The hook of Codex: `PreToolUse` and `PermissionRequest`.
//!
//! `PreToolUse` knows silence and refusal. What else is printed there, `ask` and a bare `allow`
//! included, marks the hook as failed, and then the call runs; so `allow` is silence and `ask` is a
//! refusal. A refusal is JSON and exit code 2, each of which blocks by itself.

use policy_eval::json::Json;
use policy_eval::{Action, Fields, RequestBuf};

use crate::hook::payload::{self, PayloadError};
use crate::hook::surface::{
    Host, Install, PERMISSION_REQUEST, PRE_TOOL_USE, Surface, Told, escalate,
};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Codex asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::Codex,
    title: "Codex",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: None,
    project: None,
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: "~/.codex/hooks.json, or .codex/hooks.json of a trusted project; Codex asks once whether you trust the hook",
        snippet: r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": ".*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30}]}
    ],
    "PermissionRequest": [
      {"matcher": ".*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30}]}
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[
    Surface { told: [Told::NoObjection, Told::Deny, Told::Deny, Told::Deny], ..PRE_TOOL_USE },
    Surface { more, ..PERMISSION_REQUEST },
];

static TOOLS: &[Tool] = &[
    Tool::new(&["Bash", "shell", "local_shell", "shell_command"], &[Effect::run("command")]),
    Tool::new(&["exec_command"], &[Effect::run("cmd").within("workdir")]),
    Tool::new(&["apply_patch"], &[Effect::new(What::Patch, "command|input|patch")]),
    Tool::new(&["view_image"], &[Effect::read("path")]),
    Tool::new(&["web_search"], &[Effect::SEARCH]),
];

/// How the description of a command begins that asks for the network.
const NETWORK: &str = "network-access ";

/// What a request for permission asks beside the command: the network, or to leave the sandbox.
/// The commands that run inside are not asked about.
fn more(args: &Json, requests: &mut Vec<RequestBuf>) -> Result<(), PayloadError> {
    let description = payload::text(args, &["description"])?.unwrap_or_default();
    let Some(host) = description.strip_prefix(NETWORK) else {
        return escalate(requests);
    };
    let mut fields = Fields::default();
    let request = fields
        .object(Action::Connect, host.trim())
        .and_then(|()| fields.request(Action::Connect))
        .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
    requests.push(request);
    Ok(())
}
