//! The hook of Amazon Q Developer CLI and Kiro CLI: `preToolUse`.
//!
//! The exit code is the answer: 2 refuses, and any other runs the call.

use crate::hook::surface::{Form, Host, Install, Keys, NO_ASK, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool};
use crate::runtime::Runtime;

/// What Amazon Q asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::AmazonQ,
    title: "Amazon Q",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: None,
    project: None,
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: "the agent's file in ~/.aws/amazonq/cli-agents/; merge it with what is there",
        snippet: r#"{
  "hooks": {
    "preToolUse": [
      {"matcher": "*", "command": "{command}", "timeout_ms": 30000, "cache_ttl_seconds": 0}
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[Surface {
    events: &["preToolUse"],
    told: NO_ASK,
    sign: "",
    reads: Reads::Tool(Keys::USUAL),
    more: no_more,
    form: Form::ExitCode,
    refusal: 2,
}];

static TOOLS: &[Tool] = &[
    Tool::new(
        &["execute_bash", "execute_cmd", "shell"],
        &[Effect::run("command").within("working_dir")],
    ),
    Tool::new(&["fs_read", "read"], &[Effect::read("operations[].path|image_paths[]")]),
    Tool::new(&["fs_write", "write"], &[Effect::write("path")]),
    Tool::new(&["glob"], &[Effect::read("path").or_here(), Effect::glob("pattern", "path")]),
    Tool::new(&["grep"], &[Effect::read("path").or_here()]),
    Tool::new(&["web_fetch"], &[Effect::fetch("url")]),
    Tool::new(&["web_search"], &[Effect::SEARCH]),
];
