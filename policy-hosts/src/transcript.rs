//! Transcripts: what a host wrote down of a session, read as the requests that its hook would have made.
//!
//! ```text
//!   line ─► the host's own reader ─► calls, by the tables of its hook ─► requests
//!             │ remembers: session, folder, branch, model
//!             └► what became of a call
//! ```
//!
//! Nobody publishes these formats, and they change from version to version. So whatever a reader
//! does not need it passes over, and what it needs and does not understand is an error of the line.

use policy_eval::json::Json;
use policy_eval::{Fields, RequestBuf};

use crate::hook::{self, Host, PayloadError};

/// Something that a line of a transcript tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// The agent called a tool.
    Call {
        /// What later lines call it.
        id: String,
        /// The requests that the call stands for, at least one.
        requests: Vec<RequestBuf>,
    },
    /// What became of a call.
    Became {
        /// The call.
        id: String,
        /// What.
        outcome: Became,
    },
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It was done, or failed on its own. Whether somebody was asked is not told.
    Done,
    /// A person said no.
    Denied,
    /// It was refused without a question.
    Refused,
}

/// Reads the lines of transcripts of one host, in their order.
///
/// ```
/// use policy_eval::json::Json;
/// use policy_hosts::{Runtime, transcript::{Told, Transcript}};
/// let line = r#"{"type": "assistant", "cwd": "/home/dev/app", "sessionId": "s", "message": {"content":
///     [{"type": "tool_use", "id": "1", "name": "Bash", "input": {"command": "ls"}}]}}"#;
/// let mut transcript = Transcript::of(Runtime::ClaudeCode).unwrap();
/// let mut calls = 0;
/// transcript.line(&Json::parse(line).unwrap(), &mut |told| {
///     calls += usize::from(matches!(told, Told::Call { .. }));
/// })?;
/// assert_eq!((calls, transcript.session()), (1, Some("s")));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Transcript {
    host: &'static Host,
    read: Reader,
    state: State,
}

/// Reads one line of a host's transcripts.
pub(crate) type Reader = fn(&mut State, &Json, &mut dyn FnMut(Said));

/// What a line says, before it is looked up in the tables.
#[derive(Debug)]
pub(crate) enum Said {
    Call { id: String, tool: String, args: Json, cwd: Option<String>, escalated: bool },
    Became { id: String, outcome: Became },
}

/// What lines before said.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) session: Option<String>,
    pub(crate) cwd: Option<String>,
    /// The first folder of the session.
    pub(crate) workspace: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) sandbox: Option<String>,
}

impl State {
    /// Another session begins, or the same goes on.
    pub(crate) fn session(&mut self, session: &str) {
        if self.session.as_deref() != Some(session) {
            *self = State { session: Some(session.to_owned()), ..State::default() };
        }
    }

    /// The agent is in this folder now.
    pub(crate) fn moved(&mut self, cwd: &str) {
        if !cwd.is_empty() {
            self.workspace.get_or_insert_with(|| cwd.to_owned());
            self.cwd = Some(cwd.to_owned());
        }
    }
}

impl Transcript {
    pub(crate) fn new(host: &'static Host, read: Reader) -> Transcript {
        Transcript { host, read, state: State::default() }
    }

    /// Reads one line and hands out what it tells, in its order.
    ///
    /// # Errors
    /// When a call in it is not understood: which, and why. The other calls are handed out.
    pub fn line(&mut self, line: &Json, each: &mut dyn FnMut(Told)) -> Result<(), String> {
        let mut said = Vec::new();
        (self.read)(&mut self.state, line, &mut |one| said.push(one));
        let mut wrong = None;
        for one in said {
            match one {
                Said::Became { id, outcome } => each(Told::Became { id, outcome }),
                Said::Call { id, tool, args, cwd, escalated } => {
                    match self.requests(&tool, &args, cwd.as_deref(), escalated) {
                        Ok(requests) => each(Told::Call { id, requests }),
                        Err(error) => {
                            wrong.get_or_insert(format!("the call of `{tool}`: {error}"));
                        }
                    }
                }
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    /// The session of the line that was read last, where the host says it.
    pub fn session(&self) -> Option<&str> {
        self.state.session.as_deref()
    }

    fn requests(
        &self,
        tool: &str,
        args: &Json,
        cwd: Option<&str>,
        escalated: bool,
    ) -> Result<Vec<RequestBuf>, PayloadError> {
        let state = &self.state;
        let from = state.cwd.as_deref();
        let cwd = cwd.map(|cwd| hook::tools::below(from, cwd)).or(state.cwd.clone());
        let mut requests = hook::of_call(self.host, tool, args, cwd.as_deref())?;
        if escalated {
            hook::surface::escalate(&mut requests)?;
        }
        let mut fields = Fields::default();
        if let Some(workspace) = &state.workspace {
            fields.bind("workspace", workspace);
            if let Some(home) = home(workspace) {
                fields.bind("home", home);
            }
            if workspace.starts_with('/') {
                fields.bind("tmp", "/tmp");
            }
        }
        let known =
            [("branch", &state.branch), ("model", &state.model), ("sandbox", &state.sandbox)];
        for (name, value) in known {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                fields
                    .set_text(name, value)
                    .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
            }
        }
        requests.iter_mut().for_each(|request| request.fill(&fields));
        Ok(requests)
    }
}

/// The home folder that a folder lies in, by the usual places.
fn home(folder: &str) -> Option<&str> {
    if folder == "/root" || folder.starts_with("/root/") {
        return Some("/root");
    }
    let rest = ["/home/", "/Users/"].iter().find_map(|place| folder.strip_prefix(place))?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    folder.get(..folder.len() - rest.len() + name.len())
}

/// The text of a member.
pub(crate) fn text<'j>(json: &'j Json, name: &str) -> Option<&'j str> {
    json.get(name).and_then(Json::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_where_they_usually_are() {
        for (folder, expected) in [
            ("/home/dev/app", Some("/home/dev")),
            ("/home/dev", Some("/home/dev")),
            ("/Users/dev/src/app", Some("/Users/dev")),
            ("/root/x", Some("/root")),
            ("/rooted", None),
            ("/home/", None),
            ("/srv/app", None),
        ] {
            assert_eq!(home(folder), expected, "{folder}");
        }
    }
}
