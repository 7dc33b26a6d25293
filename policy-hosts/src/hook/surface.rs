//! What each host asks and can be told: the ability table, as data.
//!
//! A *surface* is one event of one host. It says where the payload has what ([`Reads`]), what the
//! host can be told for each tier ([`Told`]), and in which form ([`Form`]). A tier that a host cannot
//! be told becomes the stricter thing that it can; the table is held to that by a test.

use policy_eval::json::Json;
use policy_eval::{Fields, RequestBuf, Tier};

use super::payload::PayloadError;
use super::tools::Tool;
use crate::runtime::Runtime;

/// A host: its surfaces, its tools, and how the hook is installed.
#[derive(Debug)]
pub struct Host {
    /// Which runtime it is.
    pub runtime: Runtime,
    /// What people call it.
    pub title: &'static str,
    /// Its events.
    pub surfaces: &'static [Surface],
    /// What calls of its tools do.
    pub tools: &'static [Tool],
    /// Fields that hold the event's name, in one spelling or another.
    pub(crate) event: &'static [&'static str],
    /// A host that runs the hooks of this one too, and a field that only its payloads have.
    pub(crate) other: Option<(&'static str, &'static Host)>,
    /// The variable in which the host says where the project is. An agent cannot change it, as it
    /// can the folder that it works in.
    pub project: Option<&'static str>,
    /// Where the agent meets its person, where that is always the same.
    pub(crate) surface_word: Option<&'static str>,
    /// Values of `permission_mode` with which the host answers its questions itself.
    pub(crate) asks_nobody: &'static [&'static str],
    /// How the hook is installed.
    pub install: Install,
}

/// One event of a host.
#[derive(Debug)]
pub struct Surface {
    /// Its name, and other spellings.
    pub events: &'static [&'static str],
    /// What the host is told for `allow`, `review`, `ask`, `deny`.
    pub told: [Told; 4],
    /// A field that tells this event from others where the payload has no name of it.
    pub(crate) sign: &'static str,
    pub(crate) reads: Reads,
    /// What else the arguments of a call say in this event.
    pub(crate) more: More,
    pub(crate) form: Form,
    /// The exit code of a refusal: 2 where the host blocks on it whatever was printed.
    pub(crate) refusal: u8,
}

/// Adds what arguments say beside the table of tools.
pub(crate) type More = fn(&Json, &mut Vec<RequestBuf>) -> Result<(), PayloadError>;

/// Nothing.
pub(crate) fn no_more(_args: &Json, _requests: &mut Vec<RequestBuf>) -> Result<(), PayloadError> {
    Ok(())
}

/// What a host is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// Go ahead.
    Allow,
    /// Nothing: the host goes on as it would without a hook.
    NoObjection,
    /// Nothing: the host puts the question to a person that it was about to put.
    LeaveQuestion,
    /// Put it to a person.
    Ask,
    /// Do not.
    Deny,
}

impl Told {
    /// What it is in a table for people.
    pub const fn name(self) -> &'static str {
        match self {
            Told::Allow => "allow",
            Told::NoObjection => "no objection",
            Told::LeaveQuestion => "its own question",
            Told::Ask => "ask",
            Told::Deny => "deny",
        }
    }
}

/// Where a payload says what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reads {
    /// A tool and its arguments.
    Tool(Keys),
    /// The payload itself holds the arguments of this tool.
    Itself(&'static str, Keys),
    /// A tool of a server that is named by its command or URL alone.
    OfOrigin(Keys),
}

/// Names of fields, each in the spellings that the host uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    /// The object that holds tool and arguments, where that is not the payload.
    pub(crate) within: Option<&'static str>,
    pub(crate) tool: &'static [&'static str],
    pub(crate) input: &'static [&'static str],
    pub(crate) session: &'static [&'static str],
    /// The way to the object that holds what follows; none where it is the payload.
    pub(crate) place: &'static [&'static str],
    pub(crate) cwd: &'static [&'static str],
    /// A list of folders: the workspaces.
    pub(crate) workspaces: &'static [&'static str],
}

impl Keys {
    /// The names that most hosts use.
    pub(crate) const USUAL: Keys = Keys {
        within: None,
        tool: &["tool_name", "toolName"],
        input: &["tool_input", "toolInput"],
        session: &["session_id", "sessionId"],
        place: &[],
        cwd: &["cwd"],
        workspaces: &["workspace_roots", "workspaceRoots"],
    };
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `hookSpecificOutput.permissionDecision`.
    PreToolUse,
    /// `hookSpecificOutput.decision.behavior`.
    PermissionRequest,
    /// `decision`, with this word for a question.
    Decision(&'static str),
    /// `permission` and messages for the person and the agent.
    Permission,
    /// `continue`.
    Continue,
    /// `permissionDecision` at the top.
    PermissionDecision,
    /// `behavior` at the top.
    Behavior,
    /// `cancel`.
    Cancel,
    /// The exit code alone.
    ExitCode,
}

/// How a hook is installed.
#[derive(Debug)]
pub struct Install {
    /// The file that the snippet belongs in, and what else there is to do.
    pub place: &'static str,
    /// The snippet. `{command}` is the command line within a string of JSON, `{line}` the same bare,
    /// `{argv}` its words as a list.
    pub snippet: &'static str,
}

impl Surface {
    /// The name of the event.
    pub fn event(&self) -> &'static str {
        self.events.first().copied().unwrap_or_default()
    }

    /// What the host is told for a tier; where nobody answers its questions, no question is left to
    /// it.
    pub(crate) fn told(&self, tier: Tier, asks_nobody: bool) -> Told {
        let told = self.told[tier as usize];
        match told {
            Told::Ask | Told::LeaveQuestion if asks_nobody => Told::Deny,
            told => told,
        }
    }
}

/// Everything can be said.
pub(crate) const ALL: [Told; 4] = [Told::Allow, Told::Ask, Told::Ask, Told::Deny];
/// There is no question, so what a person or a reviewer would decide is refused.
pub(crate) const NO_ASK: [Told; 4] = [Told::Allow, Told::Deny, Told::Deny, Told::Deny];
/// The host is about to ask a person: it does, where the policy does not decide.
pub(crate) const ASKING: [Told; 4] =
    [Told::Allow, Told::LeaveQuestion, Told::LeaveQuestion, Told::Deny];

impl Host {
    /// The surface of an event.
    pub fn surface(&self, event: &str) -> Option<&'static Surface> {
        self.surfaces.iter().find(|surface| surface.events.contains(&event))
    }
}

/// The event before each tool, as Claude Code made it and others took it over.
pub(crate) const PRE_TOOL_USE: Surface = Surface {
    events: &["PreToolUse"],
    told: ALL,
    sign: "",
    reads: Reads::Tool(Keys::USUAL),
    more: no_more,
    form: Form::PreToolUse,
    refusal: 2,
};

/// The event before a question, the same way.
pub(crate) const PERMISSION_REQUEST: Surface = Surface {
    events: &["PermissionRequest"],
    told: ASKING,
    form: Form::PermissionRequest,
    ..PRE_TOOL_USE
};

/// Says of commands that they ask to leave the sandbox.
pub(crate) fn escalate(requests: &mut [RequestBuf]) -> Result<(), PayloadError> {
    let mut fields = Fields::default();
    fields
        .set("escalated", Json::Bool(true))
        .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
    for request in requests {
        request.fill(&fields);
    }
    Ok(())
}
