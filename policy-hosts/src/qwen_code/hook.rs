//! The hooks of Qwen Code: the events of Claude Code with tools like those of Gemini CLI.

use crate::hook::surface::{Host, Install, PERMISSION_REQUEST, PRE_TOOL_USE, Surface};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Qwen Code asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::QwenCode,
    title: "Qwen Code",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: None,
    project: Some("QWEN_PROJECT_DIR"),
    surface_word: None,
    asks_nobody: &["yolo"],
    install: Install {
        place: "~/.qwen/settings.json, or .qwen/settings.json of a project; merge it with what is there",
        snippet: r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": "*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30000}]}
    ],
    "PermissionRequest": [
      {"matcher": "*", "hooks": [{"type": "command", "command": "{command}", "timeout": 30000}]}
    ]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[PRE_TOOL_USE, PERMISSION_REQUEST];

/// Each tool has a name for the model and one for people, and hosts send either.
static TOOLS: &[Tool] = &[
    Tool::new(
        &["run_shell_command", "Shell"],
        &[Effect::run("command").within("directory|dir_path")],
    ),
    Tool::new(&["read_file", "ReadFile"], &[Effect::read("file_path|absolute_path|path")]),
    Tool::new(
        &["read_many_files", "ReadManyFiles"],
        &[Effect::new(What::Glob, "paths[]|include[]")],
    ),
    Tool::new(
        &["write_file", "WriteFile", "edit", "Edit", "replace"],
        &[Effect::write("file_path")],
    ),
    Tool::new(
        &["list_directory", "ListFiles", "ReadFolder"],
        &[Effect::read("path|dir_path").or_here()],
    ),
    Tool::new(
        &["glob", "Glob", "FindFiles"],
        &[Effect::read("path|dir_path").or_here(), Effect::glob("pattern", "path|dir_path")],
    ),
    Tool::new(
        &["grep_search", "search_file_content", "Grep", "SearchText"],
        &[Effect::read("path|dir_path").or_here()],
    ),
    Tool::new(&["web_fetch", "WebFetch"], &[Effect::fetch("url")]),
    Tool::new(&["web_search", "WebSearch"], &[Effect::SEARCH]),
    Tool::new(&["task", "Task", "Agent"], &[Effect::spawn("subagent_type")]),
];
