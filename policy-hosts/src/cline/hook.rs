//! The hook of Cline: `PreToolUse`.
//!
//! A call is stopped by the word `cancel` alone; how the process ends says nothing.

use crate::hook::surface::{Form, Host, Install, Keys, NO_ASK, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Cline asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::Cline,
    title: "Cline",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hookName"],
    other: None,
    project: None,
    surface_word: Some("ide"),
    asks_nobody: &[],
    install: Install {
        place: "an executable file ~/Documents/Cline/Hooks/PreToolUse, or .clinerules/hooks/PreToolUse of a project",
        snippet: "#!/bin/sh\nexec {line}",
    },
};

static SURFACES: &[Surface] = &[Surface {
    events: &["PreToolUse", "preToolUse"],
    told: NO_ASK,
    sign: "preToolUse",
    reads: Reads::Tool(Keys {
        within: Some("preToolUse"),
        tool: &["toolName", "tool"],
        input: &["parameters"],
        session: &["taskId"],
        ..Keys::USUAL
    }),
    more: no_more,
    form: Form::Cancel,
    refusal: 0,
}];

static TOOLS: &[Tool] = &[
    Tool::new(&["execute_command"], &[Effect::run("command")]),
    Tool::new(&["read_file"], &[Effect::read("path")]),
    Tool::new(&["write_to_file", "replace_in_file", "new_rule"], &[Effect::write("path")]),
    Tool::new(&["apply_patch"], &[Effect::new(What::Patch, "input")]),
    Tool::new(
        &["search_files", "list_files", "list_code_definition_names"],
        &[Effect::read("path")],
    ),
    Tool::new(&["browser_action"], &[Effect::fetch("url").or_nothing()]),
    Tool::new(&["web_fetch"], &[Effect::fetch("url")]),
    Tool::new(&["web_search"], &[Effect::SEARCH]),
    Tool::new(
        &["use_mcp_tool"],
        &[Effect::new(
            What::Call { server: "server_name", tool: "tool_name", args: "arguments" },
            "",
        )],
    ),
];
