//! A proxy for the Agent Client Protocol: JSON-RPC, one message a line, both ways.
//!
//! ```text
//!   editor ◄── lines ──► Proxy ◄── lines ──► agent
//!                          │
//!                          └ asked by the agent: session/request_permission, fs/…, terminal/create
//! ```
//!
//! What the policy allows goes on, what it denies is answered here, and what a person must decide
//! becomes the editor's question: the agent's own, or one that the proxy puts for a file or a
//! terminal, for which the protocol has none. All other messages pass as they are. A message of the
//! agent that two readers may take differently goes no further.
//!
//! The proxy sees what the agent asks its editor for. What an agent does by itself it does not see.

use std::collections::BTreeMap;

use policy_eval::gather::Gatherer;
use policy_eval::json::{Json, write_string};
use policy_eval::{Action, Fields, Policy, RequestBuf, Session, Tier, safe};

use crate::hook::payload::{self, PayloadError};
use crate::hook::tools::{self, Call, Effect, Tool};
use crate::hook::{Facts, Install, Told, Verdict};

/// How the proxy is installed, in the settings of Zed.
pub static INSTALL: Install = Install {
    place: "the settings of Zed; other editors have a list of agents of their own",
    snippet: r#"{
  "agent_servers": {
    "agent under policy": {"command": {program}, "args": {args}}
  }
}"#,
};

/// The name of the host in `call "acp/TOOL"`.
const NAME: &str = "acp";
/// How the ids of the proxy's own questions begin.
const OWN: &str = "policy:";

/// What becomes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It goes on as it is.
    On,
    /// It goes no further, and this line goes back instead.
    Back(String),
    /// It waits, and this line goes on instead.
    Instead(String),
    /// It goes no further. The text says why, for a log.
    Dropped(String),
}

/// The state of one connection.
#[derive(Debug)]
pub struct Proxy {
    policy: Policy,
    /// What is known of every request.
    fields: Fields,
    /// Roots that hold for every session.
    roots: Vec<(String, String)>,
    deny_asks: bool,
    reads_links: bool,
    sessions: BTreeMap<String, Known>,
    /// Sessions that are being made: the id of the request, and the folder.
    making: BTreeMap<String, String>,
    /// Questions of the proxy's own, and the messages that wait for their answers.
    waiting: BTreeMap<String, Waiting>,
    asked: u64,
}

/// What is known of a session.
#[derive(Debug, Default)]
struct Known {
    cwd: Option<String>,
    marks: Session,
}

#[derive(Debug)]
struct Waiting {
    line: String,
    id: Option<Json>,
    session: String,
    marks: Vec<String>,
    reason: String,
}

impl Proxy {
    /// A proxy that decides with a policy. Roots other than `workspace` are bound for all sessions;
    /// without one, `workspace` is the folder that the editor opens a session in.
    pub fn new(policy: Policy, fields: Fields, roots: Vec<(String, String)>) -> Proxy {
        Proxy {
            policy,
            fields,
            roots,
            deny_asks: false,
            reads_links: false,
            sessions: BTreeMap::new(),
            making: BTreeMap::new(),
            waiting: BTreeMap::new(),
            asked: 0,
        }
    }

    /// The same, which refuses what a person would be asked.
    #[must_use]
    pub fn denying_asks(self) -> Proxy {
        Proxy { deny_asks: true, ..self }
    }

    /// The same, which reads symbolic links of the running system.
    #[must_use]
    pub fn reading_links(self) -> Proxy {
        Proxy { reads_links: true, ..self }
    }

    /// A line from the editor. What comes back goes to the editor, what goes on to the agent.
    ///
    /// An answer to a question of the proxy's own is not for the agent; what becomes of the message
    /// that waited for it is the second value: a line for the editor, or one back for the agent.
    pub fn client_says(&mut self, line: &str) -> (Pass, Option<Released>) {
        let Ok(message) = Json::parse(line) else { return (Pass::On, None) };
        let method = message.get("method").and_then(Json::as_str);
        if method.is_none()
            && let Some(id) = message.get("id").and_then(Json::as_str)
            && let Some(waiting) = self.waiting.remove(id)
        {
            let released = self.release(&message, waiting);
            return (
                Pass::Dropped("the answer to a question of the proxy".to_owned()),
                Some(released),
            );
        }
        self.note_session(method, &message);
        (Pass::On, None)
    }

    /// The folders that sessions are opened in.
    fn note_session(&mut self, method: Option<&str>, message: &Json) {
        let Some(params) = message.get("params") else { return };
        let cwd = params.get("cwd").and_then(Json::as_str);
        match (method, params.get("sessionId").and_then(Json::as_str), cwd) {
            (Some("session/new"), _, Some(cwd)) => {
                let id = message.get("id").map(Json::canonical).unwrap_or_default();
                self.making.insert(id, cwd.to_owned());
            }
            (Some("session/load" | "session/resume"), Some(session), Some(cwd)) => {
                self.sessions.entry(session.to_owned()).or_default().cwd = Some(cwd.to_owned());
            }
            _ => {}
        }
    }

    /// A line from the agent. What goes on goes to the editor, what comes back to the agent.
    pub fn agent_says(&mut self, line: &str) -> Pass {
        match self.judge(line) {
            Ok(pass) => pass,
            Err(error) => {
                Pass::Dropped(format!("a message of the agent is not understood: {error}"))
            }
        }
    }

    fn judge(&mut self, line: &str) -> Result<Pass, PayloadError> {
        let message = Json::parse(line).map_err(PayloadError::NotJson)?;
        if message.as_object().is_none() {
            return Err(payload::misfit("message", &message, "an object"));
        }
        let id = payload::field(&message, &["id"])?.map(|(_, id)| id);
        let Some(method) = payload::text(&message, &["method"])? else {
            self.note_made(id, &message);
            return Ok(Pass::On);
        };
        let judged = method == "session/request_permission"
            || method.starts_with("fs/")
            || method == "terminal/create";
        if !judged {
            return Ok(Pass::On);
        }
        if id.and_then(Json::as_str).is_some_and(|id| id.starts_with(OWN)) {
            // Its answer would be taken for one to the proxy.
            return Ok(refuse(id, "the id is one of the policy's own"));
        }
        let found = payload::field(&message, &["params"])?.map(|(_, params)| params);
        let Some(params @ Json::Object(_)) = found else {
            return Ok(refuse(id, "it has no `params`"));
        };
        let asked = Asked { id, method, params, line };
        match self.answer(&asked) {
            Ok(pass) => Ok(pass),
            Err(error) => Ok(refuse(id, &error.to_string())),
        }
    }

    /// The agent's answer that names the session it made.
    fn note_made(&mut self, id: Option<&Json>, message: &Json) {
        let Some(cwd) = id.and_then(|id| self.making.remove(&id.canonical())) else { return };
        let session = message.get("result").and_then(|result| result.get("sessionId"));
        if let Some(session) = session.and_then(Json::as_str) {
            self.sessions.entry(session.to_owned()).or_default().cwd = Some(cwd);
        }
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Result<Pass, PayloadError> {
        let session = payload::needed(asked.params, &["sessionId"])?.to_owned();
        let cwd = self.sessions.get(&session).and_then(|known| known.cwd.clone());
        let is_question = asked.method == "session/request_permission";
        let requests = match asked.method {
            "session/request_permission" => of_question(asked.params, cwd.as_deref()),
            "fs/read_text_file" => of_file(Action::Read, asked.params, cwd.as_deref()),
            "fs/write_text_file" => of_file(Action::Write, asked.params, cwd.as_deref()),
            "terminal/create" => of_terminal(asked.params, cwd.as_deref()),
            _ => return Ok(refuse(asked.id, "the policy does not know this method")),
        }?;
        let verdict = self.decide(requests, &session, cwd.as_deref());
        let marks = verdict.marks.clone();
        let told = match (verdict.tier, self.deny_asks) {
            (Tier::Allow, _) => Told::Allow,
            (Tier::Review | Tier::Ask, false) => Told::Ask,
            _ => Told::Deny,
        };
        let reason = verdict.reason(told, "the proxy");
        match (told, is_question) {
            (Told::Allow, true) => {
                let chosen = option(asked.params, "allow_once")?;
                self.mark(&session, &marks);
                // Without such an option the person chooses.
                Ok(chosen.map_or(Pass::On, |option| Pass::Back(selected(asked.id, option))))
            }
            (Told::Allow, false) => {
                self.mark(&session, &marks);
                Ok(Pass::On)
            }
            (Told::Ask, true) => {
                self.mark(&session, &marks);
                Ok(Pass::On)
            }
            (Told::Ask, false) => Ok(self.put_question(asked, session, marks, reason)),
            (_, true) => Ok(Pass::Back(match option(asked.params, "reject_once")? {
                Some(option) => selected(asked.id, option),
                None => result(asked.id, r#"{"outcome":{"outcome":"cancelled"}}"#),
            })),
            (_, false) => Ok(refuse(asked.id, &reason)),
        }
    }

    fn decide(&self, mut requests: Vec<RequestBuf>, session: &str, cwd: Option<&str>) -> Verdict {
        let mut fields = self.fields.clone();
        let mut gatherer = self.reads_links.then(Gatherer::new);
        let is_bound = self.roots.iter().any(|(name, _)| name == "workspace");
        let workspace = cwd.filter(|_| !is_bound).map(|cwd| ("workspace", cwd));
        let roots = self.roots.iter().map(|(name, path)| (&**name, &**path)).chain(workspace);
        for (name, path) in roots {
            match gatherer.take() {
                Some(reads) => gatherer = Some(reads.root(name, path)),
                None => fields.bind(name, path),
            }
        }
        requests.iter_mut().for_each(|request| request.fill(&fields));
        let marks = self.sessions.get(session).map(|known| known.marks.clone());
        let facts = Facts { session: marks.unwrap_or_default(), gatherer: gatherer.as_ref() };
        Verdict::of(&requests, &self.policy, &facts)
    }

    fn mark(&mut self, session: &str, marks: &[String]) {
        if !marks.is_empty() {
            let known = self.sessions.entry(session.to_owned()).or_default();
            let all: Vec<String> = known.marks.marks().map(str::to_owned).collect();
            let all = all.iter().chain(marks).map(String::as_str);
            known.marks = Session::with_marks(all);
        }
    }

    /// Asks the person about a message that the protocol has no question for.
    fn put_question(
        &mut self,
        asked: &Asked<'_>,
        session: String,
        marks: Vec<String>,
        reason: String,
    ) -> Pass {
        self.asked += 1;
        let id = format!("{OWN}{}", self.asked);
        let (kind, what) = match asked.method {
            "fs/read_text_file" => ("read", "path"),
            "fs/write_text_file" => ("edit", "path"),
            _ => ("execute", "command"),
        };
        let shown = asked.params.get(what).and_then(Json::as_str);
        let args = asked.params.get("args").and_then(Json::as_array).unwrap_or_default();
        let shown: Vec<&str> =
            shown.into_iter().chain(args.iter().filter_map(Json::as_str)).collect();
        let title = format!("{} {}: {reason}", asked.method, safe(&shown.join(" ")));
        let question = format!(
            r#"{{"jsonrpc":"2.0","id":{},"method":"session/request_permission","params":{{"sessionId":{},"toolCall":{{"toolCallId":{},"title":{},"kind":"{kind}","status":"pending"}},"options":[{{"optionId":"{ALLOW}","name":"Allow once","kind":"allow_once"}},{{"optionId":"reject","name":"Reject","kind":"reject_once"}}]}}}}"#,
            string(&id),
            string(&session),
            string(&id),
            string(&title),
        );
        let waiting =
            Waiting { line: asked.line.to_owned(), id: asked.id.cloned(), session, marks, reason };
        self.waiting.insert(id, waiting);
        Pass::Instead(question)
    }

    fn release(&mut self, answer: &Json, waiting: Waiting) -> Released {
        let outcome = answer.get("result").and_then(|result| result.get("outcome"));
        let text = |name| outcome.and_then(|outcome| outcome.get(name)).and_then(Json::as_str);
        if text("outcome") == Some("selected") && text("optionId") == Some(ALLOW) {
            self.mark(&waiting.session, &waiting.marks);
            return Released::ToClient(waiting.line);
        }
        match refuse(waiting.id.as_ref(), &format!("The person said no. {}", waiting.reason)) {
            Pass::Back(line) => Released::ToAgent(line),
            _ => Released::Nothing,
        }
    }
}

/// The option of the proxy's own question that lets the message go on.
const ALLOW: &str = "allow";

/// What became of a message that waited for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// It goes on to the editor.
    ToClient(String),
    /// This goes back to the agent instead.
    ToAgent(String),
    /// Nobody waits for an answer.
    Nothing,
}

/// A message that the policy answers.
struct Asked<'j> {
    id: Option<&'j Json>,
    method: &'j str,
    params: &'j Json,
    line: &'j str,
}

/// An error for whoever waits; nobody waits for an answer to a message without an id.
fn refuse(id: Option<&Json>, reason: &str) -> Pass {
    match id {
        None => Pass::Dropped(reason.to_owned()),
        Some(id) => Pass::Back(format!(
            r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32000,"message":{}}}}}"#,
            id.canonical(),
            string(&format!("refused by policy: {}", safe(reason)))
        )),
    }
}

fn result(id: Option<&Json>, result: &str) -> String {
    let id = id.map_or_else(|| "null".to_owned(), Json::canonical);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

fn selected(id: Option<&Json>, option: &str) -> String {
    let option = string(option);
    result(id, &format!(r#"{{"outcome":{{"outcome":"selected","optionId":{option}}}}}"#))
}

fn string(text: &str) -> String {
    let mut out = String::new();
    write_string(text, &mut out);
    out
}

/// The id of the option of a kind. Ids say nothing: an agent may call `always` what it likes.
fn option<'j>(params: &'j Json, kind: &str) -> Result<Option<&'j str>, PayloadError> {
    let (name, options) =
        payload::field(params, &["options"])?.ok_or_else(|| payload::missing(&["options"]))?;
    let options = options.as_array().ok_or_else(|| payload::misfit(name, options, "a list"))?;
    let found =
        options.iter().find(|option| option.get("kind").and_then(Json::as_str) == Some(kind));
    found.map(|option| payload::needed(option, &["optionId"])).transpose()
}

// ---- From messages to requests --------------------------------------------------------------

/// What the raw arguments of a call say, by its kind. They are the agent's own, so the names are
/// those that agents are known to use.
static KINDS: &[Tool] = &[
    Tool::new(
        &["execute"],
        &[Effect::run("command|cmd").within("cwd|workdir|dir_path").or_nothing()],
    ),
    Tool::new(&["edit"], &[Effect::write(PATHS).or_nothing()]),
    Tool::new(&["read", "search"], &[Effect::read(PATHS).or_nothing()]),
    Tool::new(&["delete"], &[Effect::delete(PATHS).or_nothing()]),
    Tool::new(&["fetch"], &[Effect::fetch("url").or_nothing()]),
];
const PATHS: &str = "file_path|path|filePath|notebook_path|abs_path";

fn of_question(params: &Json, cwd: Option<&str>) -> Result<Vec<RequestBuf>, PayloadError> {
    // The next version of the protocol says what is asked about by its type.
    if let Some((name, subject)) = payload::field(params, &["subject"])? {
        if subject.as_object().is_none() {
            return Err(payload::misfit(name, subject, "an object"));
        }
        let kind = payload::needed(subject, &["type"])?;
        if kind == "command" {
            let dir = payload::text(subject, &["cwd"])?;
            let cwd = dir.map(|dir| tools::below(cwd, dir));
            let call = Call { runtime: NAME, tool: "execute", args: subject, cwd: cwd.as_deref() };
            payload::needed(subject, &["command"])?;
            return tools::of_table(KINDS, &Call { cwd: cwd.as_deref(), ..call });
        }
        return Ok(vec![tools::named(
            NAME,
            kind,
            &Call { runtime: NAME, tool: kind, args: subject, cwd },
        )?]);
    }
    let Some((_, call @ Json::Object(_))) = payload::field(params, &["toolCall"])? else {
        return Err(payload::missing(&["toolCall"]));
    };
    let kind = payload::text(call, &["kind"])?.unwrap_or("other");
    const NONE: &Json = &Json::Object(Vec::new());
    let raw = payload::field(call, &["rawInput"])?.map_or(NONE, |(_, raw)| raw);
    let args = if raw.as_object().is_some() { raw } else { NONE };
    let asked = Call { runtime: NAME, tool: kind, args, cwd };
    // What is not understood of the agent's own arguments is a tool that nobody knows.
    let mut requests = tools::of_table(KINDS, &asked).unwrap_or_default();
    let actions: &[Action] = match kind {
        "edit" => &[Action::Write],
        "read" | "search" => &[Action::Read],
        "delete" => &[Action::Delete],
        "move" => &[Action::Write, Action::Delete],
        _ => &[],
    };
    for path in places(call)? {
        for action in actions {
            requests.push(tools::of_path(*action, path, cwd)?);
        }
    }
    if requests.is_empty() {
        requests.push(tools::named(NAME, kind, &Call { args: raw, ..asked })?);
    }
    Ok(requests)
}

/// The files that a call names beside its arguments: its locations and its diffs.
fn places(call: &Json) -> Result<Vec<&str>, PayloadError> {
    let mut found = Vec::new();
    for list in ["locations", "content"] {
        let Some((name, value)) = payload::field(call, &[list])? else { continue };
        let items = value.as_array().ok_or_else(|| payload::misfit(name, value, "a list"))?;
        for item in items {
            found.extend(payload::text(item, &["path"])?);
        }
    }
    Ok(found)
}

fn of_file(
    action: Action,
    params: &Json,
    cwd: Option<&str>,
) -> Result<Vec<RequestBuf>, PayloadError> {
    Ok(vec![tools::of_path(action, payload::needed(params, &["path"])?, cwd)?])
}

/// A program with its arguments. Some editors hand both to a shell, so where the program's name is
/// not plain it is judged as shell text too.
fn of_terminal(params: &Json, cwd: Option<&str>) -> Result<Vec<RequestBuf>, PayloadError> {
    let command = payload::needed(params, &["command"])?;
    let dir = payload::text(params, &["cwd"])?.map(|dir| tools::below(cwd, dir));
    let cwd = dir.as_deref().or(cwd);
    let args: Vec<&str> = match payload::field(params, &["args"])? {
        None => Vec::new(),
        Some((name, value)) => {
            let misfit = || payload::misfit(name, value, "a list of strings");
            let items = value.as_array().ok_or_else(misfit)?;
            items.iter().map(|item| item.as_str().ok_or_else(misfit)).collect::<Result<_, _>>()?
        }
    };
    let run = |field: &str, value: Json| tools::of_command(field, value, cwd);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-+".contains(c);
    let text = |text: &str| Json::String(text.into());
    let mut requests = Vec::new();
    if !args.is_empty() || command.chars().all(is_plain) {
        let argv = [command].into_iter().chain(args.iter().copied()).map(text).collect();
        requests.push(run("argv", Json::Array(argv))?);
    }
    if !command.chars().all(is_plain) {
        let line = [command].into_iter().chain(args).collect::<Vec<_>>().join(" ");
        requests.push(run("shell", text(&line))?);
    }
    if let Some((name, value)) = payload::field(params, &["env"])? {
        let names =
            env_names(value).ok_or_else(|| payload::misfit(name, value, "a list of variables"))?;
        let mut fields = Fields::default();
        fields
            .set("env", Json::Array(names))
            .map_err(|error| PayloadError::NoRequest(error.to_string()))?;
        requests.iter_mut().for_each(|request| request.fill(&fields));
    }
    Ok(requests)
}

fn env_names(value: &Json) -> Option<Vec<Json>> {
    let name =
        |item: &Json| item.get("name").and_then(Json::as_str).map(|name| Json::String(name.into()));
    value.as_array()?.iter().map(name).collect()
}
