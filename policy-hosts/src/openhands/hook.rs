//! The hook of OpenHands: `PreToolUse`.

use crate::hook::surface::{Form, Host, Install, Keys, NO_ASK, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool};
use crate::runtime::Runtime;

/// What OpenHands asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::OpenHands,
    title: "OpenHands",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["event_type"],
    other: None,
    project: Some("OPENHANDS_PROJECT_DIR"),
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: ".openhands/hooks.json of a project",
        snippet: r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": "*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30}]}
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[Surface {
    events: &["PreToolUse"],
    told: NO_ASK,
    sign: "",
    reads: Reads::Tool(Keys { cwd: &["working_dir"], ..Keys::USUAL }),
    more: no_more,
    form: Form::Decision("deny"),
    refusal: 2,
}];

static TOOLS: &[Tool] = &[
    Tool::new(&["terminal", "execute_bash"], &[Effect::run("command")]),
    Tool::when(
        &["file_editor", "str_replace_editor"],
        "command",
        &["view"],
        &[Effect::read("path")],
    ),
    Tool::new(&["file_editor", "str_replace_editor"], &[Effect::write("path")]),
    Tool::new(&["glob"], &[Effect::read("path").or_here(), Effect::glob("pattern", "path")]),
    Tool::new(&["grep"], &[Effect::read("path").or_here()]),
    Tool::new(&["browser_navigate"], &[Effect::fetch("url")]),
];
