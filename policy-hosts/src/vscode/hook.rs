//! The hook of Visual Studio Code's agent: `PreToolUse`.
//!
//! It ignores matchers, so the hook sees every tool. It also runs the hooks of Claude Code's settings
//! file, with its own names of tools: a policy hook that stands there is asked in this form.

use crate::hook::surface::{Host, Install, PRE_TOOL_USE, Surface};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Visual Studio Code asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::VsCode,
    title: "Visual Studio Code",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hookEventName", "hook_event_name"],
    other: None,
    project: None,
    surface_word: Some("ide"),
    asks_nobody: &[],
    install: Install {
        place: ".github/hooks/policy.json of a project",
        snippet: r#"{
  "hooks": {
    "PreToolUse": [{"type": "command", "command": "{command}", "timeout": 30}]
  }
}"#,
    },
};

static SURFACES: &[Surface] = &[PRE_TOOL_USE];

static TOOLS: &[Tool] = &[
    Tool::new(&["run_in_terminal", "runInTerminal"], &[Effect::run("command")]),
    Tool::new(&["editFiles"], &[Effect::write("files[]")]),
    Tool::new(
        &[
            "create_file",
            "createFile",
            "insert_edit_into_file",
            "replace_string_in_file",
            "edit_notebook_file",
        ],
        &[Effect::write("filePath")],
    ),
    Tool::new(&["multi_replace_string_in_file"], &[Effect::write("replacements[].filePath")]),
    Tool::new(&["create_directory", "createDirectory"], &[Effect::write("dirPath")]),
    Tool::new(&["apply_patch"], &[Effect::new(What::Patch, "input")]),
    Tool::new(&["read_file", "readFile"], &[Effect::read("filePath")]),
    Tool::new(&["list_dir", "listDirectory"], &[Effect::read("path")]),
    Tool::new(
        &["file_search", "fileSearch"],
        &[Effect::read("").or_here(), Effect::glob("query", "")],
    ),
    Tool::new(&["grep_search", "textSearch", "semantic_search"], &[Effect::read("").or_here()]),
    Tool::new(&["fetch_webpage", "fetch"], &[Effect::fetch("urls[]")]),
    Tool::new(&["open_simple_browser"], &[Effect::fetch("url")]),
    Tool::new(&["runSubagent"], &[Effect::spawn("agentName")]),
];
