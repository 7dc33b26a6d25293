//! Hooks: a host asks before it acts, and gets an answer in its own form.
//!
//! ```text
//!   bytes ─► Event (surface, session, requests) ─► decide: Verdict ─► Answer (stdout, stderr, code)
//!     │         by the host's own tables              strictest           by the ability table
//!     └─► PayloadError ─► refuse ────────────────────────────────────────► the strictest Answer
//! ```
//!
//! Everything that is not understood is refused, in the form and with the exit code that the host
//! takes for a refusal: most hosts run the call where a hook fails in any other way. Hosts differ in
//! data alone: see [`Host`].
//!
//! ```
//! use policy_hosts::{Runtime, hook};
//! # let policy = policy_lang::compile(
//! #     vec![policy_lang::span::Source::new("a.policy", "deny run \"rm ...\" because \"No.\"\n".to_owned())],
//! #     &policy_lang::check::no_includes,
//! # ).unwrap();
//! let input = br#"{"hook_event_name": "PreToolUse", "cwd": "/home/dev/app",
//!     "tool_name": "Bash", "tool_input": {"command": "rm -rf /"}}"#;
//! let host = hook::Host::of(Runtime::ClaudeCode).unwrap();
//! let answer = match hook::Event::read(host, None, input) {
//!     Ok(event) => event.answer(&event.decide(&policy, &hook::Facts::default())),
//!     Err(refused) => refused.answer(),
//! };
//! assert_eq!(answer.exit_code, 2);
//! assert!(answer.stderr.starts_with("No. (rule "));
//! ```

mod answer;
mod decide;
mod patch;
pub(crate) mod payload;
mod session;
pub(crate) mod surface;
pub(crate) mod tools;

use policy_eval::json::Json;
use policy_eval::{Action, Fields, Platform, RequestBuf};

pub use answer::Answer;
pub use decide::{Facts, Verdict};
pub use payload::PayloadError;
pub use session::{SessionDir, SessionError};
pub use surface::{Host, Install, Surface, Told};
pub use tools::{Absent, Effect, Tool, What};

use surface::{Keys, Reads};
use tools::Call;

/// What a host asks.
#[derive(Clone, Debug)]
pub struct Event {
    pub(crate) host: &'static Host,
    pub(crate) surface: &'static Surface,
    requests: Vec<RequestBuf>,
    session: Option<String>,
    cwd: Option<String>,
    workspaces: Vec<String>,
    asks_nobody: bool,
}

/// Why an event could not be read, and what it was as far as that is known.
#[derive(Clone, Debug)]
pub struct Refused {
    host: &'static Host,
    surface: Option<&'static Surface>,
    /// Why.
    pub error: PayloadError,
}

impl Refused {
    /// The strictest answer that the host understands.
    pub fn answer(&self) -> Answer {
        let reason = format!("The call is refused, as it is not understood: {}.", self.error);
        answer::refusal(self.host, self.surface, policy_eval::safe(&reason).as_ref())
    }
}

impl Event {
    /// Reads what a host sends. `event` is what the caller knows of the event, where the host does
    /// not say it.
    ///
    /// # Errors
    /// When two readers might take the payload differently, or it is not one of this host.
    ///
    /// # Cost
    /// One pass over the bytes.
    pub fn read(
        host: &'static Host,
        event: Option<&str>,
        bytes: &[u8],
    ) -> Result<Event, Box<Refused>> {
        let mut surface = event.and_then(|event| host.surface(event));
        read(host, event, bytes, &mut surface)
            .map_err(|error| Box::new(Refused { host, surface, error }))
    }

    /// Which event it is.
    pub fn surface(&self) -> &'static Surface {
        self.surface
    }

    /// The requests that it stands for, at least one. The strictest decision over all counts.
    pub fn requests(&self) -> &[RequestBuf] {
        &self.requests
    }

    /// What the host calls its session, where it says so.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The folder that the agent works in.
    pub fn cwd(&self) -> Option<&str> {
        self.cwd.as_deref()
    }

    /// The folders that the host says are the project.
    pub fn workspaces(&self) -> &[String] {
        &self.workspaces
    }

    /// The platform whose paths the host uses.
    pub fn platform(&self) -> Platform {
        platform(self.cwd())
    }

    /// Adds what the caller knows: roots, attributes. What the requests say themselves stays.
    pub fn fill(&mut self, fields: &Fields) {
        for request in &mut self.requests {
            request.fill(fields);
        }
    }

    /// From now on a question counts as a refusal: nobody would answer it.
    pub fn nobody_answers(&mut self) {
        self.asks_nobody = true;
    }

    /// The answer for a verdict.
    pub fn answer(&self, verdict: &Verdict) -> Answer {
        let told = self.surface.told(verdict.tier, self.asks_nobody);
        let reason = verdict.reason(told, self.host.title);
        answer::of_tier(self.surface, verdict.tier, self.asks_nobody, &reason)
    }

    /// Whether the host goes on or asks a person: the action may happen.
    pub fn may_happen(&self, verdict: &Verdict) -> bool {
        self.surface.told(verdict.tier, self.asks_nobody) != Told::Deny
    }

    /// The strictest answer, for a reason that has nothing to do with the event.
    pub fn refuse(&self, reason: &str) -> Answer {
        answer::refusal(self.host, Some(self.surface), policy_eval::safe(reason).as_ref())
    }
}

/// The strictest answer that a host understands, where no event was read: the policy did not load,
/// the command line was wrong, something failed.
///
/// ```
/// use policy_hosts::{Runtime, hook};
/// let host = hook::Host::of(Runtime::Codex).unwrap();
/// let answer = hook::refuse(host, None, "The policy does not load.");
/// assert_eq!((answer.exit_code, &*answer.stderr), (2, "The policy does not load.\n"));
/// ```
pub fn refuse(host: &Host, event: Option<&str>, reason: &str) -> Answer {
    let surface = event.and_then(|event| host.surface(event));
    answer::refusal(host, surface, policy_eval::safe(reason).as_ref())
}

fn read(
    host: &'static Host,
    asked: Option<&str>,
    bytes: &[u8],
    known: &mut Option<&'static Surface>,
) -> Result<Event, PayloadError> {
    let json = payload::parse(bytes)?;
    if json.as_object().is_none() {
        return Err(payload::misfit("payload", &json, "an object"));
    }
    let host = match host.other {
        Some((sign, other)) if json.get(sign).is_some() => other,
        _ => host,
    };
    let surface = surface_of(host, asked, &json, known)?;
    *known = Some(surface);
    let (keys, tool) = match &surface.reads {
        Reads::Tool(keys) | Reads::OfOrigin(keys) => (keys, None),
        Reads::Itself(tool, keys) => (keys, Some(*tool)),
    };
    let place = keys.place.iter().try_fold(&json, |place, step| {
        payload::field(place, &[step]).map(|found| found.map_or(&Json::Null, |(_, inner)| inner))
    })?;
    let cwd = payload::text(place, keys.cwd)?.filter(|cwd| !cwd.is_empty());
    let workspaces = workspaces(place, keys)?;
    // Where the host says no folder, or an empty one, the agent starts in the first workspace.
    let cwd = cwd.or(workspaces.first().map(String::as_str));
    let session = payload::text(&json, keys.session)?;
    let mode = payload::text(&json, &["permission_mode"])?;
    let mut requests = match (&surface.reads, tool) {
        (_, Some(tool)) => requests(host, tool, &json, cwd)?,
        (Reads::OfOrigin(keys), None) => vec![of_origin(&json, keys, cwd)?],
        (_, None) => of_tool(host, surface, keys, &json, cwd)?,
    };
    let context = context(host, &json, cwd)?;
    for request in &mut requests {
        request.fill(&context);
    }
    Ok(Event {
        host,
        surface,
        requests,
        session: session.filter(|session| !session.is_empty()).map(str::to_owned),
        cwd: cwd.map(str::to_owned),
        asks_nobody: mode.is_some_and(|mode| host.asks_nobody.contains(&mode)),
        workspaces,
    })
}

/// Which event a payload is of.
fn surface_of(
    host: &'static Host,
    asked: Option<&str>,
    json: &Json,
    known: &mut Option<&'static Surface>,
) -> Result<&'static Surface, PayloadError> {
    let find = |event: &str| {
        host.surface(event).ok_or_else(|| {
            let names: Vec<_> = host.surfaces.iter().map(Surface::event).collect();
            PayloadError::Event { found: event.to_owned(), known: names.join(", ") }
        })
    };
    let asked = asked.map(|event| Ok((event, find(event)?))).transpose()?;
    let sent = payload::text(json, host.event)?;
    let sent = sent.map(|event| Ok((event, find(event)?))).transpose()?;
    match (asked, sent) {
        (Some((asked, one)), Some((sent, other))) if !std::ptr::eq(one, other) => {
            // Nobody knows which of the two forms the host reads.
            *known = None;
            Err(PayloadError::OtherEvent { sent: sent.to_owned(), asked: asked.to_owned() })
        }
        (_, Some((_, surface))) | (Some((_, surface)), None) => Ok(surface),
        (None, None) => {
            let has_sign =
                |surface: &&Surface| !surface.sign.is_empty() && json.get(surface.sign).is_some();
            let mut found = host.surfaces.iter().filter(has_sign);
            match (found.next(), found.next()) {
                (Some(surface), None) => Ok(surface),
                _ => Err(payload::missing(host.event)),
            }
        }
    }
}

fn workspaces(json: &Json, keys: &Keys) -> Result<Vec<String>, PayloadError> {
    let Some((name, value)) = payload::field(json, keys.workspaces)? else {
        return Ok(Vec::new());
    };
    let misfit = || payload::misfit(name, value, "a list of strings");
    let items = value.as_array().ok_or_else(misfit)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(misfit)).collect()
}

/// What the payload says of every request.
fn context(host: &Host, json: &Json, cwd: Option<&str>) -> Result<Fields, PayloadError> {
    let mut fields = Fields::default();
    // A model that is no text is one that nobody knows.
    let sent = |name| json.get(name).and_then(Json::as_str);
    let mut set = |name: &str, value: Option<&str>| match value {
        Some(value) => {
            fields.set_text(name, value).map_err(|error| PayloadError::NoRequest(error.to_string()))
        }
        None => Ok(()),
    };
    set("agent", sent("agent_type"))?;
    set("model", sent("model"))?;
    set("surface", host.surface_word)?;
    set("platform", Some(platform(cwd).name()))?;
    Ok(fields)
}

/// The platform whose paths the host uses: Windows where it works on a drive, else the one that
/// this runs on.
fn platform(cwd: Option<&str>) -> Platform {
    let is_drive = |cwd: &str| {
        let bytes = cwd.as_bytes();
        cwd.starts_with("\\\\")
            || (bytes.first().is_some_and(u8::is_ascii_alphabetic)
                && bytes.get(1) == Some(&b':')
                && matches!(bytes.get(2), Some(b'\\' | b'/')))
    };
    if cwd.is_some_and(is_drive) || cfg!(windows) {
        Platform::Windows
    } else if cfg!(target_os = "macos") {
        Platform::Macos
    } else {
        Platform::Linux
    }
}

fn requests(
    host: &Host,
    tool: &str,
    args: &Json,
    cwd: Option<&str>,
) -> Result<Vec<RequestBuf>, PayloadError> {
    tools::requests(host.tools, &Call { runtime: host.runtime.name(), tool, args, cwd })
}

/// The requests of a call that a transcript tells: those that the hook would have made of it.
pub(crate) fn of_call(
    host: &Host,
    tool: &str,
    args: &Json,
    cwd: Option<&str>,
) -> Result<Vec<RequestBuf>, PayloadError> {
    if tool.is_empty() {
        return Err(PayloadError::Missing("name".to_owned()));
    }
    let read;
    let args = match args {
        Json::Null => &Json::Object(Vec::new()),
        Json::String(text) if is_patch(text) => {
            read = Json::Object(vec![("patch".into(), args.clone())]);
            &read
        }
        args => args,
    };
    let mut found = requests(host, tool, args, cwd)?;
    if let Some(surface) = host.surfaces.first() {
        (surface.more)(args, &mut found)?;
    }
    let mut fields = as_declared(tool, args);
    fields
        .set_text("platform", platform(cwd).name())
        .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
    found.iter_mut().for_each(|request| request.fill(&fields));
    Ok(found)
}

/// A tool and its arguments, which may stand in a string.
fn of_tool(
    host: &Host,
    surface: &Surface,
    keys: &Keys,
    json: &Json,
    cwd: Option<&str>,
) -> Result<Vec<RequestBuf>, PayloadError> {
    let call = match keys.within {
        None => json,
        Some(within) => match payload::field(json, &[within])? {
            Some((_, call @ Json::Object(_))) => call,
            Some((name, other)) => return Err(payload::misfit(name, other, "an object")),
            None => return Err(PayloadError::Missing(within.to_owned())),
        },
    };
    let tool = payload::needed(call, keys.tool)?;
    if tool.is_empty() {
        return Err(payload::missing(keys.tool));
    }
    let (name, args) =
        payload::field(call, keys.input)?.ok_or_else(|| payload::missing(keys.input))?;
    let read;
    let args = match args {
        Json::Object(_) => args,
        // The same object as text, or a text that is the only argument.
        Json::String(text) => {
            read = match Json::parse(text) {
                Ok(object @ Json::Object(_)) => object,
                _ if is_patch(text) => Json::Object(vec![("patch".into(), args.clone())]),
                _ => return Err(payload::misfit(name, args, "an object")),
            };
            &read
        }
        other => return Err(payload::misfit(name, other, "an object")),
    };
    if let Some((_, mcp)) = payload::field(json, &["mcp_context"])? {
        return Ok(vec![of_mcp_context(host, mcp, args, cwd)?]);
    }
    let mut found = requests(host, tool, args, cwd)?;
    (surface.more)(args, &mut found)?;
    let fields = as_declared(tool, args);
    found.iter_mut().for_each(|request| request.fill(&fields));
    Ok(found)
}

/// Arguments whose texts are declared. Any other may be the content of a file.
const DECLARED_TEXTS: [&str; 6] =
    ["file_path", "path", "dir_path", "model", "agent_name", "subagent_type"];

/// The longest text of an argument that is declared.
const LONGEST_DECLARED: usize = 1 << 10;

/// The tool and some of its arguments under names of their own, `host_tool` and `host_NAME`: flags,
/// numbers, names. A policy that declares them may tell tools apart that do the same action, as those
/// that are imported do. What is not sent can only tighten.
fn as_declared(tool: &str, args: &Json) -> Fields {
    let mut fields = Fields::default();
    let is_name =
        |name: &str| name != "tool" && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    for (name, value) in args.as_object().unwrap_or_default() {
        let is_declared = match value {
            Json::String(text) => {
                DECLARED_TEXTS.contains(&&**name) && text.len() <= LONGEST_DECLARED
            }
            Json::Bool(_) | Json::Number(_) => true,
            _ => false,
        };
        if is_declared && is_name(name) {
            fields.declare_value(&format!("host_{name}"), value.clone());
        }
    }
    fields.declare_value("host_tool", Json::String(tool.into()));
    fields
}

fn is_patch(text: &str) -> bool {
    text.trim_start().starts_with("*** Begin Patch")
}

/// A tool of a server, where the host says both names apart from the joined one.
fn of_mcp_context(
    host: &Host,
    mcp: &Json,
    args: &Json,
    cwd: Option<&str>,
) -> Result<RequestBuf, PayloadError> {
    if mcp.as_object().is_none() {
        return Err(payload::misfit("mcp_context", mcp, "an object"));
    }
    let server = payload::needed(mcp, &["server_name"])?;
    let tool = payload::needed(mcp, &["tool_name"])?;
    let server = tools::apart(server, host.runtime.name());
    let mut request =
        tools::named(server, tool, &Call { runtime: host.runtime.name(), tool, args, cwd })?;
    origin(mcp, &mut request)?;
    Ok(request)
}

/// A tool of a server of which the command or URL is known, but no name.
fn of_origin(json: &Json, keys: &Keys, cwd: Option<&str>) -> Result<RequestBuf, PayloadError> {
    let tool = payload::needed(json, keys.tool)?;
    let (_, args) =
        payload::field(json, keys.input)?.ok_or_else(|| payload::missing(keys.input))?;
    let mut fields = Fields::default();
    let mut set = |name: &str, value: Json| {
        fields.set(name, value).map_err(|error| PayloadError::NoRequest(error.to_string()))
    };
    set("tool", Json::String(tool.into()))?;
    match args {
        Json::String(text) => set("args_json", Json::String(text.clone()))?,
        args => set("args", args.clone())?,
    }
    if let Some(cwd) = cwd {
        set("cwd", Json::String(cwd.into()))?;
    }
    let mut request =
        fields.request(Action::Call).map_err(|error| PayloadError::NoRequest(error.to_string()))?;
    origin(json, &mut request)?;
    Ok(request)
}

/// Says of a request where its server comes from.
fn origin(json: &Json, request: &mut RequestBuf) -> Result<(), PayloadError> {
    let Some(origin) = payload::text(json, &["url", "command"])? else { return Ok(()) };
    let mut fields = Fields::default();
    fields
        .set_text("origin", origin)
        .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
    request.fill(&fields);
    Ok(())
}
