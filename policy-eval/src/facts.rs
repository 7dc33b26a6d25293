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
use crate::request::Request;
use crate::vocab::{Action, Floors};

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

    /// Whether it may become several words, or none.
    pub const fn is_several(&self) -> bool {
        matches!(self.kind, WordKind::AtRunTime { many: true, .. })
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
    /// The words as they stand in what was sent, before a wrapper is looked through. Empty where
    /// no command runs, or nothing is known of it.
    pub written: &'a [Word<'a>],
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
