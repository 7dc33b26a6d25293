//! The hooks of Cursor.
//!
//! Commands, files that are read, and tools of servers have events of their own; `preToolUse` comes
//! before every tool. Exit code 2 refuses whatever was printed; any other failure runs the call,
//! unless the entry says `failClosed`.

use crate::hook::surface::{ALL, Form, Host, Install, Keys, NO_ASK, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What Cursor asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::Cursor,
    title: "Cursor",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["hook_event_name"],
    other: None,
    project: None,
    surface_word: Some("ide"),
    asks_nobody: &[],
    install: Install {
        place: "~/.cursor/hooks.json, or .cursor/hooks.json of a project",
        snippet: r#"{
  "version": 1,
  "hooks": {
    "beforeShellExecution": [{"command": "{command}", "failClosed": true}],
    "beforeMCPExecution": [{"command": "{command}", "failClosed": true}],
    "beforeReadFile": [{"command": "{command}", "failClosed": true}],
    "preToolUse": [
      {"command": "{command}", "matcher": "Write|Edit|Delete|Grep|Task", "failClosed": true}
    ]
  }
}"#,
    },
};

const KEYS: Keys = Keys { session: &["conversation_id"], ..Keys::USUAL };

const PRE_TOOL_USE: Surface = Surface {
    events: &["preToolUse"],
    told: NO_ASK,
    sign: "",
    reads: Reads::Tool(KEYS),
    more: no_more,
    form: Form::Permission,
    refusal: 2,
};

static SURFACES: &[Surface] = &[
    Surface {
        events: &["beforeShellExecution"],
        told: ALL,
        reads: Reads::Itself("Shell", KEYS),
        ..PRE_TOOL_USE
    },
    Surface {
        events: &["beforeMCPExecution"],
        told: ALL,
        reads: Reads::OfOrigin(KEYS),
        ..PRE_TOOL_USE
    },
    Surface { events: &["beforeReadFile"], reads: Reads::Itself("Read", KEYS), ..PRE_TOOL_USE },
    PRE_TOOL_USE,
    Surface {
        events: &["beforeSubmitPrompt"],
        reads: Reads::Itself(PROMPT, KEYS),
        form: Form::Continue,
        ..PRE_TOOL_USE
    },
];

/// What stands for the prompt in the table of tools. No tool has such a name.
const PROMPT: &str = "(prompt)";

static TOOLS: &[Tool] = &[
    Tool::new(&["Shell"], &[Effect::run("command").within("cwd|working_directory")]),
    Tool::new(&["Read"], &[Effect::read("file_path|path|target_file")]),
    Tool::new(&["Write", "Edit"], &[Effect::write("file_path|path|target_file")]),
    Tool::new(&["Delete"], &[Effect::delete("file_path|path|target_file")]),
    Tool::new(&["Grep"], &[Effect::read("path").or_here()]),
    Tool::new(&["Task"], &[Effect::spawn("subagent_type")]),
    Tool::new(&[PROMPT], &[Effect::new(What::Prompt, "prompt")]),
];
