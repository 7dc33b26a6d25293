//! The hooks of GitHub Copilot CLI: `preToolUse` and `permissionRequest`.
//!
//! A refusal is JSON with exit code 0: what other codes mean differs between versions, and some skip
//! a hook that ends with one.

use policy_eval::ShellKind;

use crate::hook::surface::{ALL, ASKING, Form, Host, Install, Keys, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Copilot CLI asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::CopilotCli,
    title: "Copilot CLI",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hookName", "hookEventName", "hook_event_name"],
    other: None,
    project: None,
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: ".github/hooks/policy.json of a project",
        snippet: r#"{
  "version": 1,
  "hooks": {
    "preToolUse": [
      {"type": "command", "bash": "{command} --event preToolUse", "timeoutSec": 30}
    ],
    "permissionRequest": [
      {"type": "command", "bash": "{command} --event permissionRequest", "timeoutSec": 30}
    ]
  }
}"#,
    },
};

const KEYS: Keys = Keys {
    tool: &["toolName", "tool_name"],
    input: &["toolArgs", "toolInput", "tool_input"],
    ..Keys::USUAL
};

static SURFACES: &[Surface] = &[
    Surface {
        events: &["preToolUse", "PreToolUse"],
        told: ALL,
        sign: "toolArgs",
        reads: Reads::Tool(KEYS),
        more: no_more,
        form: Form::PermissionDecision,
        refusal: 0,
    },
    Surface {
        events: &["permissionRequest", "PermissionRequest"],
        told: ASKING,
        sign: "toolInput",
        reads: Reads::Tool(KEYS),
        more: no_more,
        form: Form::Behavior,
        refusal: 0,
    },
];

static TOOLS: &[Tool] = &[
    Tool::new(&["bash"], &[Effect::run("command")]),
    Tool::new(&["powershell"], &[Effect::new(What::Run(ShellKind::Powershell), "command")]),
    Tool::new(&["view"], &[Effect::read("path")]),
    Tool::new(&["edit", "create"], &[Effect::write("path")]),
    Tool::when(&["str_replace_editor"], "command", &["view"], &[Effect::read("path")]),
    Tool::new(&["str_replace_editor"], &[Effect::write("path")]),
    Tool::new(&["apply_patch"], &[Effect::new(What::Patch, "patch|input")]),
    Tool::new(&["glob"], &[Effect::read("path").or_here(), Effect::glob("pattern", "path")]),
    Tool::new(&["grep", "rg"], &[Effect::read("path").or_here()]),
    Tool::new(&["web_fetch"], &[Effect::fetch("url")]),
    Tool::new(&["web_search"], &[Effect::SEARCH]),
    Tool::new(&["task"], &[Effect::spawn("agent_type")]),
];
