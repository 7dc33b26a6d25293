//! Natural examples: from any request that shows a difference to one that a reader would meet.
//!
//! The search finds requests at the borders of patterns: a workspace in `/etc/shadow`, port 442.
//! Here files are put where people have them, words of no meaning get usual ones, and what does
//! not matter is left out. After each step both policies are asked again, so whatever is tried
//! here can only be of no use.

use policy_eval::{Action, ObjectKind, RequestBuf, to_json};
use serde_json::{Map, Value, json};

use crate::model::pattern::{Flag, PathBase, PathItem, PathPattern, Piece, TokenPattern};
use crate::model::{Atom, AttrRef, Formula, Model};

/// How many requests are asked about for one difference.
const TRIES: usize = 160;

/// What requests of a difference may look like.
#[derive(Default)]
pub(super) struct Hints {
    /// Files that the changed rules name.
    objects: Vec<Place>,
    /// Files that the rules name that decide beside them.
    beside: Vec<Place>,
    /// Long options that rules name.
    flags: Vec<String>,
    /// What the conditions of these rules ask: left out, it would be unknown, and a rule would
    /// match possibly that is meant to match certainly.
    asked: Vec<String>,
}

/// A pattern of paths as a place: the root that it starts from, the components up to where it
/// allows anything, and those behind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    root: Option<String>,
    /// It begins with `**`.
    is_anywhere: bool,
    components: Vec<String>,
    /// It ends with `**`.
    has_more: bool,
}

impl Hints {
    /// Takes what a rule of the change says.
    pub(super) fn changed(&mut self, model: &Model, when: &Formula) {
        crate::model::words::each_path(when, &mut |pattern| {
            self.objects.extend(place(model, pattern));
        });
        each_flag(when, &mut self.flags);
        self.ask(model, when);
    }

    /// Takes what a rule says that decides beside.
    pub(super) fn beside(&mut self, model: &Model, when: &Formula) {
        crate::model::words::each_path(when, &mut |pattern| {
            self.beside.extend(place(model, pattern));
        });
        self.ask(model, when);
    }

    /// Takes what the conditions of a rule ask.
    pub(super) fn ask(&mut self, model: &Model, formula: &Formula) {
        match formula {
            Formula::True => {}
            Formula::Atom(atom) => {
                let attr = match atom {
                    Atom::Path(attr, patterns) => {
                        for pattern in patterns {
                            if let PathBase::Root(root) = pattern.base
                                && let Some(root) = model.roots.get(usize::from(root.0))
                            {
                                self.asked.push(root.name.clone());
                            }
                        }
                        attr
                    }
                    Atom::Host(attr, _)
                    | Atom::Text(attr, _)
                    | Atom::Int(attr, _)
                    | Atom::Bool(attr)
                    | Atom::Contains(attr, _)
                    | Atom::SetEquals(attr, _)
                    | Atom::Present(attr) => attr,
                    Atom::Marked(_) => return self.asked.push("marks".to_owned()),
                    Atom::Command(_) | Atom::Destination(_) | Atom::Pair(_) => return,
                };
                self.asked.push(match attr {
                    AttrRef::Argument(_) => "args".to_owned(),
                    attr => crate::model::words::attribute(model, attr),
                });
            }
            Formula::Not(inner) => self.ask(model, inner),
            Formula::And(parts) | Formula::Or(parts) => {
                parts.iter().for_each(|part| self.ask(model, part));
            }
        }
    }
}

/// A request that shows the same as the one given, as natural as could be found; `shows` asks the
/// policies.
///
/// # Cost
/// At most [`TRIES`] questions.
pub(super) fn natural(
    request: &RequestBuf,
    hints: &Hints,
    shows: &mut dyn FnMut(&RequestBuf) -> bool,
) -> RequestBuf {
    let (action, written) =
        request.with_request(|request| (request.action, to_json(request).canonical()));
    let Ok(Value::Object(value)) = serde_json::from_str(&written) else { return request.clone() };
    let mut editor = Editor { action, value, best: request.clone(), left: TRIES, shows };
    if action.object() == ObjectKind::Path {
        editor.place_file(hints);
    }
    editor.leave_out(hints);
    editor.name_hosts();
    editor.name_ports();
    editor.name_command(hints);
    editor.name_values();
    editor.best
}

struct Editor<'e> {
    action: Action,
    value: Map<String, Value>,
    best: RequestBuf,
    left: usize,
    shows: &'e mut dyn FnMut(&RequestBuf) -> bool,
}

impl Editor<'_> {
    /// Keeps what shows the difference as well.
    fn keep(&mut self, value: Map<String, Value>) -> bool {
        if self.left == 0 || value == self.value {
            return false;
        }
        self.left -= 1;
        let Ok(request) = RequestBuf::from_json(&Value::Object(value.clone()).to_string()) else {
            return false;
        };
        let is_kept = (self.shows)(&request);
        if is_kept {
            (self.value, self.best) = (value, request);
        }
        is_kept
    }

    /// Sets a field, or one of the context: `["context", "branch"]`.
    fn set(&mut self, path: &[&str], new: Value) -> bool {
        let mut value = self.value.clone();
        match path {
            [name] => drop(value.insert((*name).to_owned(), new)),
            [outer, name] => {
                let Some(Value::Object(inner)) = value.get_mut(*outer) else { return false };
                inner.insert((*name).to_owned(), new);
            }
            _ => return false,
        }
        self.keep(value)
    }

    /// The first of some values that shows the difference.
    fn set_first<V: Into<Value>>(&mut self, path: &[&str], all: impl IntoIterator<Item = V>) {
        for new in all {
            let new = new.into();
            let is_there = match path {
                [name] => self.value.get(*name) == Some(&new),
                [outer, name] => {
                    self.value.get(*outer).and_then(|all| all.get(*name)) == Some(&new)
                }
                _ => return,
            };
            if is_there || self.set(path, new) {
                return;
            }
        }
    }

    /// Leaves out what does not matter, one field after the other.
    fn leave_out(&mut self, hints: &Hints) {
        // What is done, and to what, is what the request is about.
        const KEPT: [&str; 14] = [
            "action",
            "path",
            "shell",
            "argv",
            "url",
            "host",
            "port",
            "unix",
            "server",
            "tool",
            "kind",
            "name",
            "credential",
            "resolved",
        ];
        let is_kept = |name: &String| KEPT.contains(&&**name) || hints.asked.contains(name);
        let names: Vec<String> = self.value.keys().cloned().collect();
        for name in names.iter().filter(|name| !is_kept(name)) {
            let inner: Vec<String> = match (name.as_str(), self.value.get(name)) {
                ("context" | "roots", Some(Value::Object(inner))) => {
                    inner.keys().cloned().collect()
                }
                _ => Vec::new(),
            };
            if !inner.iter().any(is_kept) {
                let mut value = self.value.clone();
                value.remove(name);
                if self.keep(value) {
                    continue;
                }
            }
            for own in inner.iter().filter(|own| !is_kept(own)) {
                let mut value = self.value.clone();
                if let Some(Value::Object(inner)) = value.get_mut(name) {
                    inner.remove(own);
                }
                self.keep(value);
            }
        }
    }

    /// Puts the file, and the roots that are bound, where people have them.
    fn place_file(&mut self, hints: &Hints) {
        let bound: Vec<String> = match self.value.get("roots") {
            Some(Value::Object(roots)) => roots.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let is_windows = self.value.get("context").and_then(|all| all.get("platform"))
            == Some(&json!("windows"));
        if is_windows {
            return;
        }
        let usual = |workspace: Option<&str>| -> Map<String, Value> {
            let folder = |root: &String| match (root.as_str(), workspace) {
                ("workspace", Some(folder)) => folder.to_owned(),
                (root, _) => usual_root(root).to_owned(),
            };
            bound.iter().map(|root| (root.clone(), folder(root).into())).collect()
        };
        let mut candidates: Vec<(String, Map<String, Value>)> = Vec::new();
        for object in &hints.objects {
            // Under a folder that the other rules speak of, where the pattern holds anywhere.
            let mut folders: Vec<String> = Vec::new();
            if object.is_anywhere {
                folders.extend(hints.beside.iter().filter(|one| one.has_more).map(Place::folder));
                folders.push("/home/dev/app".to_owned());
            } else {
                folders.push(object.base());
            }
            for folder in folders {
                let path = object.file_in(&folder);
                candidates.push((path.clone(), usual(None)));
                if path.starts_with("/home/dev/") {
                    candidates.push((path.clone(), usual(Some("/home/dev"))));
                }
            }
            // Else the workspace lies where the pattern does.
            let inside = object.folder();
            for other in hints.beside.iter().filter(|one| one.root.as_deref() == Some("workspace"))
            {
                if object.has_more {
                    candidates.push((other.file_in(&inside), usual(Some(&inside))));
                }
            }
            candidates.push((object.file_in(&object.base()), usual(Some(&inside))));
            if let Some((above, _)) = inside.rsplit_once('/').filter(|(above, _)| !above.is_empty())
            {
                candidates.push((object.file_in(&object.base()), usual(Some(above))));
            }
        }
        candidates.push(("/home/dev/app/src/main.rs".to_owned(), usual(None)));
        candidates.push(("/srv/files/notes.txt".to_owned(), usual(None)));
        for (path, roots) in candidates.into_iter().take(TRIES / 2) {
            let mut value = self.value.clone();
            value.insert("path".to_owned(), path.into());
            if !roots.is_empty() {
                value.insert("roots".to_owned(), Value::Object(roots));
            }
            if value == self.value || self.keep(value) {
                return;
            }
        }
    }

    fn name_hosts(&mut self) {
        let Some(host) = self.text(&["host"]) else { return };
        let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.contains(':');
        if !is_name || host == "localhost" || !host.contains(|c: char| c.is_ascii_alphabetic()) {
            return;
        }
        let behind = host.split_once('.').map_or("", |(_, behind)| behind);
        let first = host.split('.').next().unwrap_or_default();
        let mut all: Vec<String> = Vec::new();
        // A host of no pattern is somebody else's.
        if !host.contains('.') || is_placeholder(first) || host.starts_with("elsewhere") {
            all.push("files.example".to_owned());
        }
        let labels = ["git", "api", "www"];
        if is_placeholder(first) && !behind.is_empty() {
            all.extend(labels.map(|label| format!("{label}.{behind}")));
        } else if host.matches('.').count() < 3 {
            all.extend(labels.map(|label| format!("{label}.{host}")));
        }
        // What a pattern writes out is natural as it is.
        all.truncate(4);
        self.set_first(&["host"], all);
    }

    fn name_ports(&mut self) {
        if !self.action.has_port() || !self.value.contains_key("port") {
            return;
        }
        let usual: &[u16] = match self.action {
            Action::Listen => &[8080, 3000, 8000, 443],
            _ if self.text(&["scheme"]).as_deref() == Some("https") => &[443, 8443, 8080, 80],
            _ => &[443, 80, 22, 8443, 8080, 5432, 3306, 6379, 3000],
        };
        self.set_first(&["port"], usual.iter().copied());
    }

    fn name_command(&mut self, hints: &Hints) {
        if let Some(line) = self.text(&["shell"]) {
            // A variable without a meaning has a name at least.
            for name in ["$NAME", "web-$NAME", "a$NAME"] {
                if line.contains("$X")
                    && self.set(&["shell"], line.replace("a$X", name).replace("$X", name).into())
                {
                    break;
                }
            }
        }
        let Some(Value::Array(words)) = self.value.get("argv").cloned() else { return };
        let mut words: Vec<String> =
            words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        // An option in full reads better than its beginning.
        for at in 0..words.len() {
            if !words[at].starts_with("--") {
                continue;
            }
            let longer: Vec<String> = hints
                .flags
                .iter()
                .filter(|flag| flag.len() > words[at].len() && flag.starts_with(&*words[at]))
                .cloned()
                .collect();
            for flag in longer {
                let mut longer = words.clone();
                longer[at] = flag;
                if self.set(&["argv"], json!(longer)) {
                    words = longer;
                    break;
                }
            }
        }
        for at in 1..words.len() {
            if is_placeholder(&words[at]) {
                for usual in ["main", "src", "README.md"] {
                    let mut named = words.clone();
                    named[at] = usual.to_owned();
                    if self.set(&["argv"], json!(named)) {
                        words = named;
                        break;
                    }
                }
            }
        }
        let begins = |usual: &&(&[&str], &[&str])| {
            let (start, _) = usual;
            start.iter().copied().eq(words.iter().map(String::as_str).take(start.len()))
        };
        let usual: Vec<&[&str]> = USUAL.iter().filter(begins).map(|(_, behind)| *behind).collect();
        let is_short = words.iter().filter(|word| !word.starts_with('-')).count() <= 2;
        for behind in usual.into_iter().filter(|_| is_short) {
            let mut longer = words.clone();
            longer.extend(behind.iter().map(|word| (*word).to_owned()));
            if self.set(&["argv"], json!(longer)) {
                break;
            }
        }
    }

    /// Gives fields usual values.
    fn name_values(&mut self) {
        const USUAL_VALUES: &[(&[&str], &[&str])] = &[
            (&["method"], &["GET", "POST", "PUT", "DELETE"]),
            (&["scheme"], &["https", "http", "ssh"]),
            (&["context", "branch"], &["main", "feature/login"]),
            (&["context", "repo"], &["acme/website"]),
            (&["context", "sandbox"], &["workspace-write", "read-only", "custom"]),
            (&["context", "user"], &["dev"]),
            (&["search_mode"], &["cached", "live"]),
            (&["approval"], &["on-request", "never"]),
            (&["credential"], &["GITHUB_TOKEN"]),
            (&["workspace_id"], &["ws-home"]),
        ];
        for (path, usual) in USUAL_VALUES {
            if self.text(path).is_some() {
                let own =
                    self.text(path).filter(|own| !is_placeholder(own) && !own.contains("other"));
                if own.is_none_or(|own| !own.contains('/')) {
                    self.set_first(path, usual.iter().copied());
                }
            }
        }
        let in_place: &[(&[&str], &str)] = &[
            (&["context", "branch"], "2.1"),
            (&["context", "repo"], "website"),
            (&["credential"], "TOKEN"),
            (&["server"], "notes"),
            (&["tool"], "search"),
            (&["name"], "helper"),
        ];
        for (path, word) in in_place {
            let Some(own) = self.text(path) else { continue };
            for placeholder in ["something", "other"] {
                if own.contains(placeholder) {
                    self.set(path, own.replace(placeholder, word).into());
                    break;
                }
            }
        }
    }

    fn text(&self, path: &[&str]) -> Option<String> {
        let found = match path {
            [name] => self.value.get(*name)?,
            [outer, name] => self.value.get(*outer)?.get(*name)?,
            _ => return None,
        };
        found.as_str().map(str::to_owned)
    }
}

/// What usually stands behind the first words of a command.
const USUAL: &[(&[&str], &[&str])] = &[
    (&["git", "push"], &["origin", "main"]),
    (&["git", "push"], &["origin"]),
    (&["git", "commit"], &["-m", "Fix"]),
    (&["git", "clone"], &["https://git.example/tools.git"]),
    (&["git", "checkout"], &["main"]),
    (&["sudo"], &["apt", "update"]),
    (&["rm"], &["-rf", "build"]),
    (&["curl"], &["https://files.example/install.sh"]),
    (&["wget"], &["https://files.example/install.sh"]),
    (&["ssh"], &["build.example"]),
    (&["cat"], &["README.md"]),
    (&["npm", "install"], &["left-pad"]),
    (&["pip", "install"], &["requests"]),
    (&["cargo", "add"], &["serde"]),
    (&["kubectl", "apply"], &["-f", "app.yaml"]),
    (&["kubectl", "delete"], &["pod", "web-0"]),
    (&["docker", "run"], &["alpine"]),
];

/// Whether a word stands for any other.
fn is_placeholder(word: &str) -> bool {
    matches!(word, "something" | "other" | "example" | "elsewhere" | "x" | "notes")
}

impl Place {
    /// Where it begins.
    fn base(&self) -> String {
        match &self.root {
            Some(root) => usual_root(root).to_owned(),
            None if self.is_anywhere => "/home/dev/app".to_owned(),
            None => String::new(),
        }
    }

    /// The folder that it is about: what its components lead to, or what they lie in.
    fn folder(&self) -> String {
        let depth =
            self.components.len() - usize::from(!self.has_more && !self.components.is_empty());
        let inner: String = self.components[..depth].iter().map(|one| format!("/{one}")).collect();
        format!("{}{inner}", self.base())
    }

    /// A file of the pattern in a folder.
    fn file_in(&self, folder: &str) -> String {
        let mut path = folder.to_owned();
        for component in &self.components {
            path.push('/');
            path.push_str(component);
        }
        if self.has_more {
            path.push('/');
            path.push_str(usual_file(self.components.last().map_or("", String::as_str)));
        }
        path
    }
}

fn usual_root(root: &str) -> &'static str {
    match root {
        "workspace" => "/home/dev/app",
        "home" => "/home/dev",
        "tmp" => "/tmp",
        _ => "/srv/data",
    }
}

/// A file that a folder usually has.
fn usual_file(folder: &str) -> &'static str {
    match folder {
        ".aws" => "credentials",
        ".gnupg" => "private-keys-v1.d",
        ".ssh" | ".kube" | ".git" | ".docker" => "config",
        ".config" => "settings.json",
        "src" => "main.rs",
        "docs" => "guide.md",
        "bin" => "env",
        "etc" => "hosts",
        _ => "notes.txt",
    }
}

fn place(model: &Model, pattern: &PathPattern) -> Option<Place> {
    let root = match pattern.base {
        PathBase::Absolute => None,
        PathBase::Root(root) => Some(model.roots.get(usize::from(root.0))?.name.clone()),
    };
    let mut components = Vec::new();
    for item in &pattern.items {
        if let PathItem::Component(token) = item {
            components.push(usual_name(token)?);
        }
    }
    let is_any = |item: Option<&PathItem>| matches!(item, Some(PathItem::AnyDepth));
    Some(Place {
        root,
        is_anywhere: pattern.items.len() > 1 && is_any(pattern.items.first()),
        has_more: is_any(pattern.items.last()),
        components,
    })
}

/// A name that a pattern matches; none where only a regular expression says which.
fn usual_name(pattern: &TokenPattern) -> Option<String> {
    fn write(pieces: &[Piece], is_whole: bool, out: &mut String) -> Option<()> {
        for piece in pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::AnyChar => out.push('1'),
                Piece::Star => out.push_str(if is_whole { "src" } else { "server" }),
                Piece::Class { negated, ranges } => {
                    out.push(if *negated { '_' } else { ranges.first()?.0 });
                }
                Piece::Alternatives(all) => write(all.first()?, false, out)?,
                Piece::Regex(_) => return None,
            }
        }
        Some(())
    }
    let mut out = String::new();
    write(&pattern.pieces, pattern.pieces.len() == 1, &mut out)?;
    Some(out)
}

/// The long options that the commands of a formula name.
fn each_flag(formula: &Formula, flags: &mut Vec<String>) {
    match formula {
        Formula::Atom(Atom::Command(patterns)) => {
            for flag in patterns.iter().flat_map(|one| &one.flags).flat_map(|one| &one.flags) {
                if let Flag::Long(name) = flag {
                    flags.push(format!("--{name}"));
                }
            }
        }
        Formula::True | Formula::Atom(_) => {}
        Formula::Not(inner) => each_flag(inner, flags),
        Formula::And(parts) | Formula::Or(parts) => {
            parts.iter().for_each(|part| each_flag(part, flags));
        }
    }
}
