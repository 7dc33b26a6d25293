//! What a runtime asks: one action, as it was sent.
//!
//! A [`Request`] borrows everything, so that building one allocates nothing. Nothing in it is
//! trusted or canonical yet; `canon` turns it into the parts that rules are judged on.

use crate::json::Json;
use crate::vocab::{Action, Platform};

/// The language of a shell text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ShellKind {
    #[default]
    Bash,
    Zsh,
    Fish,
    Powershell,
    Cmd,
}

impl ShellKind {
    /// All kinds.
    pub const ALL: [ShellKind; 5] =
        [ShellKind::Bash, ShellKind::Zsh, ShellKind::Fish, ShellKind::Powershell, ShellKind::Cmd];

    /// The word that requests use.
    pub const fn name(self) -> &'static str {
        match self {
            ShellKind::Bash => "bash",
            ShellKind::Zsh => "zsh",
            ShellKind::Fish => "fish",
            ShellKind::Powershell => "powershell",
            ShellKind::Cmd => "cmd",
        }
    }

    /// The kind that a word names.
    pub fn from_name(name: &str) -> Option<ShellKind> {
        ShellKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The value of an attribute that a policy declares with `attribute NAME: TYPE`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Declared<'a> {
    Text(&'a str),
    Int(i64),
    Bool(bool),
    Set(&'a [&'a str]),
}

/// One action that an agent wants to do, as the runtime sends it.
///
/// The fields are those of the JSON form, with the same names. A field that is `None` was not
/// sent, and what is not sent can only make a decision stricter. Start from one of the
/// constructors and set what is known:
///
/// ```
/// use policy_eval::Request;
/// let roots = [("workspace", "/home/dev/app")];
/// let request = Request { roots: &roots, branch: Some("main"), ..Request::write("src/lib.rs") };
/// assert_eq!(request.path, Some("src/lib.rs"));
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Request<'a> {
    pub action: Action,

    // What the action is done to.
    pub path: Option<&'a str>,
    pub shell: Option<&'a str>,
    pub shell_kind: ShellKind,
    pub argv: Option<&'a [&'a str]>,
    pub url: Option<&'a str>,
    pub host: Option<&'a str>,
    pub port: Option<u16>,
    pub unix: Option<&'a str>,
    pub server: Option<&'a str>,
    pub tool: Option<&'a str>,
    /// A tool's name in the form `mcp__SERVER__TOOL`, split with the list `servers`.
    pub joined: Option<&'a str>,
    pub servers: &'a [&'a str],
    /// The credential, or with `spawn` and `install` the name.
    pub name: Option<&'a str>,

    // What describes the action.
    pub cwd: Option<&'a str>,
    /// Links that the runtime saw: from, to.
    pub symlinks: &'a [(&'a str, &'a str)],
    /// Names of the variables that are set for the command.
    pub env: Option<&'a [&'a str]>,
    pub escalated: Option<bool>,
    pub opaque: Option<bool>,
    pub scheme: Option<&'a str>,
    pub method: Option<&'a str>,
    pub url_path: Option<&'a str>,
    /// The addresses that the name resolved to.
    pub resolved: &'a [&'a str],
    pub host_header: Option<&'a str>,
    pub mode: Option<&'a str>,
    /// The arguments of a call, as a value; an object.
    pub args: Option<&'a Json>,
    /// The arguments of a call, as raw text.
    pub args_json: Option<&'a str>,
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub open_world: Option<bool>,
    pub origin: Option<&'a str>,
    pub store: Option<&'a str>,
    pub workspace_id: Option<&'a str>,
    pub approval: Option<&'a str>,
    pub search_mode: Option<&'a str>,
    pub network: Option<bool>,
    pub version: Option<&'a str>,
    pub trusted: Option<bool>,
    pub kind: Option<&'a str>,
    pub source: Option<&'a str>,
    pub length: Option<i64>,

    // What holds for every request.
    /// Root names and where they are bound. A name may stand several times.
    pub roots: &'a [(&'a str, &'a str)],
    pub platform: Option<Platform>,
    pub sandbox: Option<&'a str>,
    pub user: Option<&'a str>,
    pub groups: Option<&'a [&'a str]>,
    pub agent: Option<&'a str>,
    pub model: Option<&'a str>,
    pub repo: Option<&'a str>,
    pub branch: Option<&'a str>,
    pub surface: Option<&'a str>,
    pub interactive: Option<bool>,
    pub risk: Option<i64>,
    /// Marks that the session carries. None sent means none.
    pub marks: &'a [&'a str],
    /// Attributes that the policy declares.
    pub declared: &'a [(&'a str, Declared<'a>)],
    /// Layers that were named and could not be loaded.
    pub failed_layers: &'a [&'a str],
    /// Why the agent does it. Recorded, never decided on.
    pub intent: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A request of which nothing but the action is known.
    pub const fn new(action: Action) -> Request<'a> {
        Request {
            action,
            path: None,
            shell: None,
            shell_kind: ShellKind::Bash,
            argv: None,
            url: None,
            host: None,
            port: None,
            unix: None,
            server: None,
            tool: None,
            joined: None,
            servers: &[],
            name: None,
            cwd: None,
            symlinks: &[],
            env: None,
            escalated: None,
            opaque: None,
            scheme: None,
            method: None,
            url_path: None,
            resolved: &[],
            host_header: None,
            mode: None,
            args: None,
            args_json: None,
            read_only: None,
            destructive: None,
            open_world: None,
            origin: None,
            store: None,
            workspace_id: None,
            approval: None,
            search_mode: None,
            network: None,
            version: None,
            trusted: None,
            kind: None,
            source: None,
            length: None,
            roots: &[],
            platform: None,
            sandbox: None,
            user: None,
            groups: None,
            agent: None,
            model: None,
            repo: None,
            branch: None,
            surface: None,
            interactive: None,
            risk: None,
            marks: &[],
            declared: &[],
            failed_layers: &[],
            intent: None,
        }
    }

    /// Reading a file, or listing a folder.
    pub const fn read(path: &'a str) -> Request<'a> {
        Request { path: Some(path), ..Request::new(Action::Read) }
    }

    /// Changing or making a file.
    pub const fn write(path: &'a str) -> Request<'a> {
        Request { path: Some(path), ..Request::new(Action::Write) }
    }

    /// Deleting a file.
    pub const fn delete(path: &'a str) -> Request<'a> {
        Request { path: Some(path), ..Request::new(Action::Delete) }
    }

    /// Starting a program directly; no shell reads the words.
    pub const fn argv(argv: &'a [&'a str]) -> Request<'a> {
        Request { argv: Some(argv), ..Request::new(Action::Run) }
    }

    /// Giving a text to `bash -c`.
    pub const fn shell(text: &'a str) -> Request<'a> {
        Request { shell: Some(text), ..Request::new(Action::Run) }
    }

    /// A raw connection to a host and port.
    pub const fn connect(host: &'a str, port: u16) -> Request<'a> {
        Request { host: Some(host), port: Some(port), ..Request::new(Action::Connect) }
    }

    /// A connection to a URL.
    pub const fn url(url: &'a str, method: &'a str) -> Request<'a> {
        Request { url: Some(url), method: Some(method), ..Request::new(Action::Connect) }
    }

    /// Calling a tool of an MCP server.
    pub const fn call(server: &'a str, tool: &'a str) -> Request<'a> {
        Request { server: Some(server), tool: Some(tool), ..Request::new(Action::Call) }
    }

    /// The platform whose names it uses; `linux` where none was sent.
    pub fn platform_or_default(&self) -> Platform {
        self.platform.unwrap_or_default()
    }
}
