//! Facts from the running system, for embedders that have it at hand (feature `gather`).
//!
//! A decision is as good as the facts that were sent. This module reads those that a text cannot
//! tell: where symbolic links lead, and which addresses a name has. The easy way is the safe one:
//! what could not be read is sent as something that nobody understands, so it is at least `ask`.
//!
//! ```text
//!   session start   Gatherer   roots, home, working directory: read once
//!   each request    gather     canon names a place ─► is it a link? ─► canon walks on ─► …
//!                   with_request     the request, with all of that
//! ```
//!
//! The places are those that [`crate::canon`] itself walks through, so nothing that is judged is
//! left out: the object, redirections, where `cd` leads, each word of a command, the arguments of
//! a call.
//!
//! It is the only module that does I/O, and nothing that decides uses it. Between reading and
//! acting the system may change: gather as late as you can, and let a sandbox hold what the
//! decision promises.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, ToSocketAddrs};

use crate::canon;
use crate::canon::path::{MAX_PLACES, absolute};
use crate::facts::{HostValue, Object};
use crate::request::Request;
use crate::vocab::{Action, Platform};

/// How often the request is walked. Each walk finds at least one more link, and one path may lead
/// through [`canon::MAX_LINKS`] of them.
const MAX_WALKS: usize = 2 * canon::MAX_LINKS;

/// Finds the addresses of a name: [`system_addresses`], or an embedder's own.
pub type Resolver = dyn Fn(&str) -> Result<Vec<IpAddr>, Error>;

/// What holds for a whole session, and how facts are read for each of its requests.
///
/// ```no_run
/// use policy_eval::{Request, gather::{Gatherer, system_addresses}};
/// # fn example(policy: policy_eval::Policy) {
/// let gatherer = Gatherer::new()
///     .root("workspace", "/home/dev/app")
///     .home()
///     .addresses(&system_addresses);
/// let request = Request::write("src/lib.rs");
/// let gathered = gatherer.gather(&request);
/// let decision = gathered.with_request(&request, |request| policy.decide(request));
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Gatherer<'r> {
    roots: Vec<(String, String)>,
    cwd: Option<String>,
    resolver: Option<&'r Resolver>,
    unread: Vec<Unread>,
}

/// What was read of the running system for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    links: Vec<(String, String)>,
    addresses: Vec<String>,
    roots: Vec<(String, String)>,
    cwd: Option<String>,
    platform: Platform,
    unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What was asked: a path, a name.
    pub what: String,
    /// Why there is no answer.
    pub why: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not read `{}`: {}", crate::text::safe(&self.what), self.why)
    }
}

impl fmt::Debug for Gatherer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gatherer")
            .field("roots", &self.roots)
            .field("cwd", &self.cwd)
            .field("resolves", &self.resolver.is_some())
            .field("unread", &self.unread)
            .finish()
    }
}

/// The addresses that the system's resolver has for a name.
///
/// It may ask a server, so it may take seconds and tells that server the name.
///
/// # Errors
/// When the name is not known or no resolver answers.
pub fn system_addresses(name: &str) -> Result<Vec<IpAddr>, Error> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

/// The platform whose paths the running system has, where it is one that is known.
const fn running_platform() -> Option<Platform> {
    if cfg!(target_os = "linux") {
        Some(Platform::Linux)
    } else if cfg!(target_os = "macos") {
        Some(Platform::Macos)
    } else if cfg!(windows) {
        Some(Platform::Windows)
    } else {
        None
    }
}

impl<'r> Gatherer<'r> {
    /// One that reads links and nothing else.
    pub fn new() -> Gatherer<'r> {
        Gatherer::default()
    }

    /// Binds a root. Where the folder is reached through links, the place that they lead to is a
    /// second binding, so that rules under the root hold for either spelling.
    ///
    /// The first folder of `workspace` is also the working directory of requests that send none.
    #[must_use]
    pub fn root(mut self, name: &str, path: &str) -> Self {
        if name == "workspace" && self.cwd.is_none() {
            self.cwd = Some(path.to_owned());
        }
        self.bind(name, path.to_owned());
        match fs::canonicalize(path).map(|real| real.into_os_string().into_string()) {
            Ok(Ok(real)) => self.bind(name, real),
            Ok(Err(_)) => self.not_read(path, "the folder that it leads to has no text as name"),
            Err(error) => self.not_read(path, &error.to_string()),
        }
        self
    }

    /// Binds `home` to the home directory that the environment names, as [`Gatherer::root`] does.
    #[must_use]
    pub fn home(mut self) -> Self {
        let home = std::env::home_dir().map(|home| home.into_os_string().into_string());
        match home {
            Some(Ok(home)) if !home.is_empty() => self.root("home", &home),
            Some(Err(_)) => {
                self.not_read("home", "the home directory has no text as name");
                self
            }
            _ => {
                self.not_read("home", "the environment names no home directory");
                self
            }
        }
    }

    /// Takes the process's own working directory for requests that send none.
    #[must_use]
    pub fn current_folder(mut self) -> Self {
        match std::env::current_dir().map(|cwd| cwd.into_os_string().into_string()) {
            Ok(Ok(cwd)) => self.cwd = Some(cwd),
            Ok(Err(_)) => self.not_read(".", "the working directory has no text as name"),
            Err(error) => self.not_read(".", &error.to_string()),
        }
        self
    }

    /// Asks for the addresses of each host that a request connects to or fetches from.
    #[must_use]
    pub fn addresses(self, resolver: &'r Resolver) -> Self {
        Gatherer { resolver: Some(resolver), ..self }
    }

    fn bind(&mut self, name: &str, path: String) {
        let binding = (name.to_owned(), path);
        if !self.roots.contains(&binding) {
            self.roots.push(binding);
        }
    }

    fn not_read(&mut self, what: &str, why: &str) {
        self.unread.push(Unread { what: what.to_owned(), why: why.to_owned() });
    }

    /// Reads what a request depends on.
    ///
    /// A place that could not be read is sent as a link to itself, a name without addresses as an
    /// address that is none: rules P2 and W6 make both at least `ask`.
    ///
    /// # Cost
    /// One system call for each folder and file that the request names, up to a published bound;
    /// with a resolver, one question to it for each host.
    pub fn gather(&self, request: &Request<'_>) -> Gathered {
        let platform = request.platform.or(running_platform()).unwrap_or_default();
        let mut gathered = Gathered {
            roots: self.roots_beside(request),
            cwd: self.cwd.clone(),
            platform,
            unread: self.unread.clone(),
            ..Gathered::default()
        };
        if Some(platform) == running_platform() {
            gathered.read_links(request);
        } else {
            gathered.not_walked("the paths are those of another system");
        }
        if let Some(resolver) = self.resolver {
            gathered.resolve(request, resolver);
        }
        gathered
    }

    /// The bindings of names that the request does not bind itself.
    fn roots_beside(&self, request: &Request<'_>) -> Vec<(String, String)> {
        let is_bound = |name: &str| request.roots.iter().any(|(bound, _)| *bound == name);
        self.roots.iter().filter(|(name, _)| !is_bound(name)).cloned().collect()
    }
}

/// What stands at a place.
enum Place {
    NoLink,
    Link(String),
    Unread(String),
}

impl Gathered {
    /// Calls `use_it` with the request and everything that was read.
    ///
    /// What the request sends itself stays: its links and addresses are joined with those found,
    /// and its working directory, platform and roots come before those of the session.
    ///
    /// # Cost
    /// One allocation for each list.
    pub fn with_request<R>(
        &self,
        request: &Request<'_>,
        use_it: impl FnOnce(&Request<'_>) -> R,
    ) -> R {
        let symlinks = joined(request.symlinks, &self.links);
        let roots = joined(request.roots, &self.roots);
        let resolved: Vec<&str> =
            request.resolved.iter().copied().chain(self.addresses.iter().map(|a| &**a)).collect();
        use_it(&Request {
            symlinks: &symlinks,
            roots: &roots,
            resolved: &resolved,
            cwd: request.cwd.or(self.cwd.as_deref()),
            platform: request.platform.or(Some(self.platform)),
            ..*request
        })
    }

    /// The links that were found: from, to.
    pub fn links(&self) -> &[(String, String)] {
        &self.links
    }

    /// The addresses that were found.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// What could not be read, for a log.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// Reads places until no walk leads to a new one.
    fn read_links(&mut self, request: &Request<'_>) {
        let mut read = BTreeSet::new();
        for _ in 0..MAX_WALKS {
            let places = self.with_request(request, canon::places::of_request);
            if MAX_PLACES <= places.len() {
                return self.not_walked("the request names too many places");
            }
            let links = self.links.len();
            for place in places {
                if !read.contains(&place) {
                    self.read_place(&place);
                    read.insert(place);
                }
            }
            if self.links.len() == links {
                return;
            }
        }
        self.not_walked("the links lead through too many others");
    }

    fn read_place(&mut self, place: &str) {
        match place_at(place) {
            Place::NoLink => {}
            Place::Link(target) if is_same_place(self.platform, place, &target) => {}
            Place::Link(target) => self.links.push((place.to_owned(), target)),
            Place::Unread(why) => {
                self.links.push((place.to_owned(), place.to_owned()));
                self.unread.push(Unread { what: place.to_owned(), why });
            }
        }
    }

    /// Notes that there may be links that nobody knows: one without a name makes every path
    /// ambiguous.
    fn not_walked(&mut self, why: &str) {
        self.links.push((String::new(), String::new()));
        self.unread.push(Unread { what: "symbolic links".to_owned(), why: why.to_owned() });
    }

    fn resolve(&mut self, request: &Request<'_>, resolver: &Resolver) {
        /// Not an address, so that rule W6 has something to doubt.
        const NO_ADDRESS: &str = "?";
        for name in names(request) {
            match resolver(&name) {
                Ok(found) if !found.is_empty() => {
                    self.addresses.extend(found.iter().map(IpAddr::to_string));
                }
                outcome => {
                    let why = match outcome {
                        Ok(_) => "the name has no address".to_owned(),
                        Err(error) => error.to_string(),
                    };
                    self.addresses.push(NO_ADDRESS.to_owned());
                    self.unread.push(Unread { what: name, why });
                }
            }
        }
    }
}

fn joined<'a>(
    sent: &[(&'a str, &'a str)],
    found: &'a [(String, String)],
) -> Vec<(&'a str, &'a str)> {
    let found = found.iter().map(|(name, value)| (&**name, &**value));
    sent.iter().copied().chain(found).collect()
}

/// The names of hosts that a request connects to.
fn names(request: &Request<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if matches!(request.action, Action::Connect | Action::Fetch) {
        canon::parts(request, &mut |judged| {
            if let Object::Endpoint(endpoint) = judged.part.object
                && let HostValue::Name(name) = endpoint.host
            {
                names.insert(name.to_owned());
            }
        });
    }
    names
}

fn place_at(path: &str) -> Place {
    let is_link = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) => return of_error(&error),
    };
    if !is_link {
        return Place::NoLink;
    }
    match fs::read_link(path).map(|target| target.into_os_string().into_string()) {
        Ok(Ok(target)) => Place::Link(target),
        Ok(Err(_)) => Place::Unread("the target of the link is no text".to_owned()),
        Err(error) => of_error(&error),
    }
}

fn of_error(error: &Error) -> Place {
    match error.kind() {
        // Nothing stands there, or nothing can.
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidFilename => Place::NoLink,
        _ => Place::Unread(error.to_string()),
    }
}

/// Whether a link leads to another spelling of the place where it stands, as `/etc` on macOS does:
/// `canon` knows both for one. A link to itself is none of these.
fn is_same_place(platform: Platform, place: &str, target: &str) -> bool {
    if platform != Platform::Macos {
        return false;
    }
    let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target =
        if target.starts_with('/') { target.to_owned() } else { format!("{folder}/{target}") };
    let leads_to = |platform| absolute(platform, &target).is_some_and(|path| path == place);
    leads_to(Platform::Macos) && !leads_to(Platform::Linux)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_between_two_names_of_one_folder_say_nothing() {
        for (platform, place, target, is_same) in [
            (Platform::Macos, "/etc", "private/etc", true),
            (Platform::Macos, "/var", "/private/var", true),
            (Platform::Macos, "/etc", "/etc", false),
            (Platform::Macos, "/etc", "private/var", false),
            (Platform::Macos, "/home/x", "x", false),
            (Platform::Linux, "/etc", "private/etc", false),
        ] {
            assert_eq!(is_same_place(platform, place, target), is_same, "{place} -> {target}");
        }
    }
}
