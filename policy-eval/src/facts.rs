//! What rules are judged on: the parts of a request, in canonical form.
//!
//! `canon` reads a [`Request`] once and hands out [`Part`]s; every engine judges the same parts.
//! A part borrows from the request or from scratch space of the walk that made it.
//!
//! ```text
//!   request ──► parts: run git push --force      forms: `git push --force` (certain)
//!                      write /home/dev/app/log          `git -C x push --force` …
//! ```
//!
//! Every value is *known*, *not sent*, *absent* (known to be nothing: a raw connection has no
//! method) or *known only when it runs* (a word with an expansion in it).

use core::net::IpAddr;

use crate::json::Json;
use crate::request::{Declared, Request};
use crate::vocab::{Action, Attr, Floors};

/// A path, canonical: absolute, `/` between components, no `.`, `..`, empty component or
/// trailing slash. The root is `/`; on Windows a path starts with its drive, as in `C:/Users`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathValue<'a> {
    /// The path.
    Known(&'a str),
    /// Not sent, or relative to a folder that was not sent.
    Unsent,
    /// Named by a word that is known only when the command runs.
    AtRunTime,
}

/// A word of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its value where it is static. Else, with `under_home`, what follows the home directory
    /// (`/.ssh/id` of `~/.ssh/id`); else nothing that rules may look at.
    pub text: &'a str,
    /// What is known of it.
    pub kind: WordKind,
    /// The word is the home directory followed by `text`: `~/x`, `$HOME/x`, `${HOME}/x`. As a
    /// word of the command it is unknown; as an operand it names that path.
    pub under_home: bool,
}

/// What is known of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Its value is known before the command runs.
    Static,
    /// Its value is known only when the command runs.
    AtRunTime {
        /// Its first character may be `-`.
        may_be_flag: bool,
        /// It may become several words, or none: an expansion outside quotes.
        many: bool,
    },
}

impl<'a> Word<'a> {
    /// A word whose value is known.
    pub const fn known(text: &'a str) -> Word<'a> {
        Word { text, kind: WordKind::Static, under_home: false }
    }

    /// Its value, where it is known.
    pub const fn value(&self) -> Option<&'a str> {
        match self.kind {
            WordKind::Static => Some(self.text),
            WordKind::AtRunTime { .. } => None,
        }
    }
}

/// One reading of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandForm<'a> {
    /// Program and arguments.
    pub words: &'a [Word<'a>],
    /// Whether this is what is certainly meant. Another form can only tighten.
    pub certain: bool,
}

/// A command to run.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// Its forms; the first is the one that explanations show. Empty where no command runs (a
    /// bare assignment) or nothing is known of it.
    pub forms: &'a [CommandForm<'a>],
    /// The folder it runs in; of `cd`, where it leads.
    pub cwd: PathValue<'a>,
    /// The folder that relative operands start from.
    pub base: PathValue<'a>,
    /// The program, where it is given by a path.
    pub program: PathValue<'a>,
    /// The shell text as sent.
    pub line: Option<&'a str>,
    /// The part stands for no command at all (a bare assignment): only its floors count, and
    /// where they are lifted nothing is left to object to.
    pub nothing_runs: bool,
}

/// The host of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostValue<'a> {
    /// A name: lower case, ASCII, no trailing dot.
    Name(&'a str),
    /// An address; an IPv4-mapped IPv6 address is its IPv4 address.
    Ip(IpAddr),
    /// Not understood, or every interface: matches `*` and no other pattern.
    Other,
    /// Not sent.
    Unsent,
}

/// A destination, or a place to listen at.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Endpoint<'a> {
    pub host: HostValue<'a>,
    pub port: Option<u16>,
    pub scheme: Option<&'a str>,
    pub method: Attribute<'a>,
    pub url_path: Option<&'a str>,
    /// A Unix socket; then there is no host and no port.
    pub socket: Option<PathValue<'a>>,
    /// The address is what a name resolved to. Only objects that are addresses, blocks or address
    /// sets are asked, never `*`, names or the default.
    pub resolved: bool,
}

/// The arguments of a call.
#[derive(Clone, Copy, Debug)]
pub enum Args<'a> {
    /// Not sent, or not one well-formed object.
    Unknown,
    /// An object.
    Known(&'a Json),
}

/// What an action is done to.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Object<'a> {
    /// The action has no object.
    None,
    Path(PathValue<'a>),
    Command(Command<'a>),
    Endpoint(Endpoint<'a>),
    /// A tool. A name that is not sent is `None`.
    Tool {
        server: Option<&'a str>,
        tool: Option<&'a str>,
        args: Args<'a>,
    },
    /// `kind/name`.
    Package {
        kind: Option<&'a str>,
        name: Option<&'a str>,
    },
    Name(Option<&'a str>),
}

/// One thing that is decided: a request is the strictest of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// What is done.
    pub action: Action,
    /// What it is done to.
    pub object: Object<'a>,
    /// Why it is at least `ask`.
    pub floors: Floors,
    /// One of several readings of which one is meant (a joined tool name that splits in two
    /// ways). Of such parts the loosest counts, and a floor says that it is not silent.
    pub alternative: bool,
}

/// A part, with the request it comes from and the roots in canonical form.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The request, for the facts that hold for all its parts.
    pub request: &'a Request<'a>,
    /// Root names and the canonical paths that they are bound to. A binding that is not an
    /// absolute path is left out: the root is then not bound.
    pub roots: &'a [(&'a str, &'a str)],
    /// The part.
    pub part: &'a Part<'a>,
}

/// What is known of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Attribute<'a> {
    /// The runtime did not say.
    Unsent,
    /// Known to be nothing. Compares unequal to everything.
    Absent,
    /// Known only when the command runs.
    AtRunTime,
    Text(&'a str),
    Int(i64),
    Bool(bool),
    Set(&'a [&'a str]),
    /// The words of a command.
    Words(&'a [Word<'a>]),
    Path(PathValue<'a>),
    Host(HostValue<'a>),
}

impl<'a> From<Option<&'a str>> for Attribute<'a> {
    fn from(text: Option<&'a str>) -> Attribute<'a> {
        text.map_or(Attribute::Unsent, Attribute::Text)
    }
}

impl From<Option<bool>> for Attribute<'_> {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Attribute::Unsent, Attribute::Bool)
    }
}

impl From<Option<i64>> for Attribute<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Attribute::Unsent, Attribute::Int)
    }
}

impl<'a> Judged<'a> {
    /// What is known of an attribute of the part.
    ///
    /// `args_text` is not here: writing canonical JSON allocates, so the engines ask
    /// [`Judged::args`] where a policy speaks of it. `argv` gives the words of the first form.
    pub fn attribute(&self, attr: Attr) -> Attribute<'a> {
        let request = self.request;
        match attr {
            Attr::Path => match self.part.object {
                Object::Path(path) => Attribute::Path(path),
                _ => Attribute::Unsent,
            },
            Attr::Argv => match self.command() {
                Some(command) => command
                    .forms
                    .first()
                    .map_or(Attribute::Unsent, |form| Attribute::Words(form.words)),
                None => Attribute::Unsent,
            },
            Attr::Cwd => {
                self.command().map_or(Attribute::Unsent, |command| Attribute::Path(command.cwd))
            }
            Attr::Program => {
                self.command().map_or(Attribute::Unsent, |command| Attribute::Path(command.program))
            }
            Attr::Line => self.command().map_or(Attribute::Unsent, |command| command.line.into()),
            Attr::Env => request.env.map_or(Attribute::Unsent, Attribute::Set),
            // Known although not sent.
            Attr::Escalated => Attribute::Bool(request.escalated.unwrap_or(false)),
            Attr::Opaque => Attribute::Bool(request.opaque.unwrap_or(false)),
            Attr::Marks => Attribute::Set(request.marks),
            Attr::Host => match self.part.object {
                Object::Endpoint(Endpoint { socket: Some(_), .. }) => Attribute::Absent,
                Object::Endpoint(endpoint) => Attribute::Host(endpoint.host),
                _ => request.host.map_or(Attribute::Unsent, crate::canon::host_attribute),
            },
            Attr::Ip => match self.endpoint() {
                Some(Endpoint { socket: Some(_), .. }) => Attribute::Absent,
                Some(Endpoint { host: host @ HostValue::Ip(_), .. }) => Attribute::Host(host),
                // A name stands for addresses that nobody sent.
                _ => Attribute::Unsent,
            },
            Attr::Port => match self.endpoint() {
                Some(Endpoint { socket: Some(_), .. }) => Attribute::Absent,
                Some(endpoint) => endpoint.port.map(i64::from).into(),
                None => Attribute::Unsent,
            },
            Attr::Scheme => {
                self.endpoint().map_or(Attribute::Unsent, |endpoint| endpoint.scheme.into())
            }
            Attr::Method => {
                self.endpoint().map_or(request.method.into(), |endpoint| endpoint.method)
            }
            Attr::UrlPath => {
                self.endpoint().map_or(Attribute::Unsent, |endpoint| endpoint.url_path.into())
            }
            Attr::Socket => match self.endpoint() {
                Some(Endpoint { socket: Some(path), .. }) => Attribute::Path(path),
                Some(_) => Attribute::Absent,
                None => Attribute::Unsent,
            },
            Attr::Mode => request.mode.into(),
            Attr::Server => match self.part.object {
                Object::Tool { server, .. } => server.into(),
                _ => Attribute::Unsent,
            },
            Attr::Tool => match self.part.object {
                Object::Tool { tool, .. } => tool.into(),
                _ => Attribute::Unsent,
            },
            Attr::ArgsText => Attribute::Unsent,
            Attr::ReadOnly => request.read_only.into(),
            Attr::Destructive => request.destructive.into(),
            Attr::OpenWorld => request.open_world.into(),
            Attr::Origin => request.origin.into(),
            Attr::Credential => request.name.into(),
            Attr::Store => request.store.into(),
            Attr::WorkspaceId => request.workspace_id.into(),
            Attr::Approval => request.approval.into(),
            Attr::SearchMode => request.search_mode.into(),
            Attr::Network => request.network.into(),
            Attr::Version => request.version.into(),
            Attr::Trusted => request.trusted.into(),
            Attr::Kind => request.kind.into(),
            Attr::Name => request.name.into(),
            Attr::Source => request.source.map_or(Attribute::Unsent, crate::canon::host_attribute),
            Attr::Length => request.length.into(),
            Attr::Sandbox => request.sandbox.into(),
            Attr::User => request.user.into(),
            Attr::Groups => request.groups.map_or(Attribute::Unsent, Attribute::Set),
            Attr::Agent => request.agent.into(),
            Attr::Model => request.model.into(),
            Attr::Repo => request.repo.into(),
            Attr::Branch => request.branch.into(),
            Attr::Surface => request.surface.into(),
            Attr::Platform => request.platform.map(|platform| platform.name()).into(),
            Attr::Interactive => request.interactive.into(),
            Attr::Risk => request.risk.into(),
        }
    }

    /// The arguments of a call.
    pub fn args(&self) -> Args<'a> {
        match self.part.object {
            Object::Tool { args, .. } => args,
            _ => Args::Unknown,
        }
    }

    /// The argument of a call at a path of names; unknown where it is missing or no scalar.
    pub fn argument(&self, path: &[impl AsRef<str>]) -> Attribute<'a> {
        let Args::Known(mut value) = self.args() else { return Attribute::Unsent };
        for name in path {
            match value.get(name.as_ref()) {
                Some(inner) => value = inner,
                None => return Attribute::Unsent,
            }
        }
        match value {
            Json::String(text) => Attribute::Text(text),
            Json::Bool(value) => Attribute::Bool(*value),
            Json::Number(text) => text.parse::<i64>().ok().into(),
            Json::Null | Json::Array(_) | Json::Object(_) => Attribute::Unsent,
        }
    }

    /// An attribute that the policy declares.
    pub fn declared(&self, name: &str) -> Attribute<'a> {
        match self.request.declared.iter().find(|(known, _)| *known == name) {
            Some((_, Declared::Text(text))) => Attribute::Text(text),
            Some((_, Declared::Int(value))) => Attribute::Int(*value),
            Some((_, Declared::Bool(value))) => Attribute::Bool(*value),
            Some((_, Declared::Set(set))) => Attribute::Set(set),
            None => Attribute::Unsent,
        }
    }

    fn command(&self) -> Option<Command<'a>> {
        match self.part.object {
            Object::Command(command) => Some(command),
            _ => None,
        }
    }

    fn endpoint(&self) -> Option<Endpoint<'a>> {
        match self.part.object {
            Object::Endpoint(endpoint) => Some(endpoint),
            _ => None,
        }
    }
}
