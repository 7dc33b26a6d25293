//! opencode, by a plugin: it has no hooks that are commands.
//!
//! The plugin hands the call over as JSON and stops it by throwing, which is what it does with
//! everything but a clean `allow`.

use crate::hook::surface::{Form, Host, Install, Keys, NO_ASK, Reads, Surface, no_more};
use crate::hook::tools::{Effect, Tool, What};
use crate::runtime::Runtime;

/// What the plugin asks and can be told.
pub(crate) static HOST: Host = Host {
    runtime: Runtime::OpenCode,
    title: "opencode",
    surfaces: SURFACES,
    tools: TOOLS,
    event: &["event"],
    other: None,
    project: None,
    surface_word: None,
    asks_nobody: &[],
    install: Install {
        place: "~/.config/opencode/plugins/policy.js, or .opencode/plugins/policy.js of a project",
        snippet: include_str!("plugin.js"),
    },
};

static SURFACES: &[Surface] = &[Surface {
    events: &["tool.execute.before"],
    told: NO_ASK,
    sign: "tool",
    reads: Reads::Tool(Keys {
        tool: &["tool"],
        input: &["args"],
        session: &["sessionID"],
        ..Keys::USUAL
    }),
    more: no_more,
    form: Form::Decision("deny"),
    refusal: 2,
}];

static TOOLS: &[Tool] = &[
    Tool::new(&["bash"], &[Effect::run("command").within("workdir")]),
    Tool::new(&["read"], &[Effect::read("filePath")]),
    Tool::new(&["write", "edit", "multiedit"], &[Effect::write("filePath")]),
    Tool::new(&["patch", "apply_patch"], &[Effect::new(What::Patch, "patchText")]),
    Tool::new(&["glob"], &[Effect::read("path").or_here(), Effect::glob("pattern", "path")]),
    Tool::new(&["grep", "list"], &[Effect::read("path").or_here()]),
    Tool::new(&["webfetch"], &[Effect::fetch("url")]),
    Tool::new(&["websearch"], &[Effect::SEARCH]),
    Tool::new(&["task"], &[Effect::spawn("subagent_type")]),
];
