//! The hook of Gemini CLI, `BeforeTool`, and its protocol for external safety checkers.
//!
//! A refusal of a hook is JSON and exit code 2: text that is no JSON together with exit code 1 is an
//! `allow` there. A checker's answer counts only with exit code 0.

use crate::hook::surface::{ALL, Form, Host, Install, Keys, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Gemini CLI asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::GeminiCli,
    title: "Gemini CLI",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: None,
    project: Some("GEMINI_PROJECT_DIR"),
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: "~/.gemini/settings.json, or .gemini/settings.json of a project; merge it with what is there",
        snippet: r#"{
  "hooks": {
    "BeforeTool": [
      {
        "matcher": ".*",
        "hooks": [{"name": "policy", "type": "command", "command": "{command}", "timeout": 30000}]
      }
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[
    Surface {
        events: &["BeforeTool"],
        told: ALL,
        sign: "tool_name",
        reads: Reads::Tool(Keys::USUAL),
        more: no_more,
        form: Form::Decision("ask"),
        refusal: 2,
    },
    Surface {
        events: &["safety-checker", "safety_checker", "safety_checker(external)"],
        told: ALL,
        sign: "toolCall",
        reads: Reads::Tool(Keys {
            within: Some("toolCall"),
            tool: &["name"],
            input: &["args"],
            place: &["context", "environment"],
            workspaces: &["workspaces"],
            ..Keys::USUAL
        }),
        more: no_more,
        form: Form::Decision("ask_user"),
        refusal: 0,
    },
];

static TOOLS: &[Tool] = &[
    Tool::new(&["run_shell_command"], &[Effect::run("command").within("dir_path|directory")]),
    Tool::new(&["read_file"], &[Effect::read("file_path|absolute_path|path")]),
    Tool::new(&["read_many_files"], &[Effect::new(What::Glob, "include[]|paths[]")]),
    Tool::new(&["write_file", "replace"], &[Effect::write("file_path")]),
    Tool::new(&["list_directory"], &[Effect::read("dir_path|path").or_here()]),
    Tool::new(
        &["glob"],
        &[Effect::read("dir_path|path").or_here(), Effect::glob("pattern", "dir_path|path")],
    ),
    Tool::new(&["grep_search", "search_file_content"], &[Effect::read("dir_path|path").or_here()]),
    Tool::new(&["web_fetch"], &[Effect::new(What::FetchText, "prompt|url")]),
    Tool::new(&["google_web_search"], &[Effect::SEARCH]),
    Tool::new(&["delegate_to_agent"], &[Effect::spawn("agent_name")]),
];
