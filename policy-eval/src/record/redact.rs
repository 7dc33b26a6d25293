//! How much of an action stands in a record, by its level.
//!
//! | level | of text | of a command | of a path | of a host |
//! |---|---|---|---|---|
//! | `metadata` | nothing | the program | nothing | nothing |
//! | `redacted` | `<str:14>` | `git commit -m <str:14>` | `$workspace/<path:2.rs>` | `<host:1>.acme.com` |
//! | `full` | itself | itself | itself | itself |
//!
//! At every level secrets are looked for first, so that no shape is made of one.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::BTreeSet;

use super::secrets::{MASK, Secrets, Words, is_secret_name, replace};
use crate::canon;
use crate::facts::{Args, Attribute, Endpoint, HostValue, Judged, Object, PathValue, Word};
use crate::json::{Json, MAX_JSON_DEPTH};
use crate::request::{Declared, Request};
use crate::text::{safe, shell_word};
use crate::tier::RecordLevel;
use crate::vocab::{Attr, Type};

/// The longest text of an object, in characters.
const MOST_OBJECT: usize = 1024;

/// The longest name that stands where values do not.
const MOST_NAME: usize = 64;

/// How deep arguments are shown, so that the line they stand in can be read.
const MOST_DEPTH: usize = MAX_JSON_DEPTH - 16;

#[derive(Clone, Copy, Debug)]
pub(super) struct Redactor<'a> {
    pub(super) level: RecordLevel,
    pub(super) secrets: Secrets<'a>,
}

type Attributes = Vec<(Box<str>, Json)>;

impl Redactor<'_> {
    fn is_full(&self) -> bool {
        self.level == RecordLevel::Full
    }

    /// Who or what something is: at every level.
    pub(super) fn identity(&self, text: &str) -> String {
        cut(&safe(&self.secrets.mask(text)), MOST_OBJECT)
    }

    /// Free text, such as the intent.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        match self.level {
            RecordLevel::None | RecordLevel::Metadata => None,
            RecordLevel::Redacted => Some(self.shape(text)),
            RecordLevel::Full => Some(self.secrets.mask(text).into_owned()),
        }
    }

    /// The length of a text, unless a secret is in it: that says of a secret how long it is.
    fn shape(&self, text: &str) -> String {
        if self.is_secret(text) { MASK.to_owned() } else { length(text) }
    }

    fn is_secret(&self, text: &str) -> bool {
        matches!(self.secrets.mask(text), Cow::Owned(_))
    }

    /// A name of the configuration: itself where it looks like one.
    fn name(&self, text: &str) -> String {
        if self.is_full() {
            return self.identity(text);
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._+@/-".contains(&byte);
        let is_plain = text.len() <= MOST_NAME && text.bytes().all(is_name);
        if is_plain && !self.is_secret(text) { text.to_owned() } else { self.shape(text) }
    }

    // ---- Objects ----------------------------------------------------------------------------

    /// What a part is about, safe to print.
    pub(super) fn object(&self, judged: &Judged<'_>) -> Option<String> {
        let is_metadata = self.level == RecordLevel::Metadata;
        let name =
            |name: Option<&str>| name.map_or("(not sent)".to_owned(), |name| self.name(name));
        let shape = |text: Option<&str>| match text {
            None => "(not sent)".to_owned(),
            Some(text) if self.is_full() => self.identity(text),
            Some(text) => self.shape(text),
        };
        let text = match judged.part.object {
            Object::None => return None,
            Object::Command(command) => match command.forms.first() {
                _ if command.nothing_runs => "(nothing)".to_owned(),
                None => "(not understood)".to_owned(),
                Some(form) => self.command(form.words, judged.roots),
            },
            Object::Tool { server, tool, .. } => format!("{}/{}", name(server), name(tool)),
            Object::Package { kind, name: package } => {
                if is_metadata {
                    name(kind)
                } else {
                    format!("{}/{}", name(kind), shape(package))
                }
            }
            _ if is_metadata => return None,
            Object::Path(path) => self.path(path, judged.roots),
            Object::Endpoint(endpoint) => self.endpoint(&endpoint, judged.roots),
            Object::Name(text) => shape(text),
        };
        Some(cut(&text, MOST_OBJECT))
    }

    fn command(&self, words: &[Word<'_>], roots: &[(&str, &str)]) -> String {
        let mut rules = Words::default();
        let mut text = String::new();
        let mut program = None;
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            let Some(value) = word.value() else {
                rules.unknown();
                if word.under_home && self.is_full() {
                    text.push('~');
                    text.push_str(&safe(&self.secrets.mask(word.text)));
                } else {
                    text.push('…');
                }
                if self.level == RecordLevel::Metadata {
                    break;
                }
                continue;
            };
            let mut spans = Vec::new();
            rules.word(&self.secrets, value, &mut spans);
            let masked = self.rest_of_word(replace(value, spans));
            match self.level {
                RecordLevel::Full => text.push_str(&shell_word(&safe(&masked))),
                _ => {
                    let is_masked = *masked != *value;
                    let shape = match index {
                        0 => self.program(value, is_masked),
                        1 if !is_masked
                            && program.is_some_and(has_subcommand)
                            && is_word(value) =>
                        {
                            value.to_owned()
                        }
                        _ => self.argument(value, &masked, roots),
                    };
                    text.push_str(&shape);
                }
            }
            if index == 0 {
                program = Some(base_name(value));
                if self.level == RecordLevel::Metadata {
                    break;
                }
            }
        }
        text
    }

    /// A word of a command in which nothing was found as one: a script in it is a line of its own.
    fn rest_of_word<'t>(&self, word: Cow<'t, str>) -> Cow<'t, str> {
        match word {
            Cow::Borrowed(word) if word.contains([' ', '\t', '\n']) => self.secrets.mask(word),
            word => word,
        }
    }

    /// The name of a program without the folder it lies in.
    fn program(&self, word: &str, is_masked: bool) -> String {
        let name = base_name(word);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
        match name {
            _ if is_masked => MASK.to_owned(),
            name if !name.is_empty() && name.len() <= 32 && name.bytes().all(is_plain) => {
                name.to_owned()
            }
            _ => length(word),
        }
    }

    /// The shape of a word of a command.
    fn argument(&self, value: &str, masked: &str, roots: &[(&str, &str)]) -> String {
        let (flag, behind) = flag(value);
        if !flag.is_empty() {
            return match behind {
                "" => flag.to_owned(),
                _ if value != masked => format!("{flag}{}{MASK}", equals(behind)),
                _ => format!("{flag}{}{}", equals(behind), length(behind.trim_start_matches('='))),
            };
        }
        if let Some((scheme, rest)) = masked.split_once("://")
            && is_word(scheme)
        {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            return format!("{scheme}://{}{}", host_shape(host), path_shape(path, &[]));
        }
        if value != masked {
            return MASK.to_owned();
        }
        match value {
            _ if value.contains(char::is_whitespace) => length(value),
            "." | ".." | "-" | "--" | "/" => value.to_owned(),
            path if path.contains('/') => path_shape(path, roots),
            _ => length(value),
        }
    }

    fn path(&self, path: PathValue<'_>, roots: &[(&str, &str)]) -> String {
        match path {
            PathValue::Unsent => "(not sent)".to_owned(),
            PathValue::AtRunTime => "(known at run time)".to_owned(),
            PathValue::Known(path) => {
                let masked = self.secrets.mask(path);
                match self.level {
                    RecordLevel::Full => safe(&masked).into_owned(),
                    _ => path_shape(&masked, roots),
                }
            }
        }
    }

    fn host(&self, host: HostValue<'_>) -> String {
        match host {
            HostValue::Name(name) => {
                let masked = self.secrets.mask(name);
                match self.level {
                    RecordLevel::Full => safe(&masked).into_owned(),
                    _ if *masked != *name => MASK.to_owned(),
                    _ => host_shape(name),
                }
            }
            HostValue::Ip(ip) if self.is_full() => self.identity(&ip.to_string()),
            HostValue::Ip(ip) => match ip {
                IpAddr::V4(_) => "<ipv4>".to_owned(),
                IpAddr::V6(_) => "<ipv6>".to_owned(),
            },
            HostValue::Other => "(other)".to_owned(),
            HostValue::Unsent => "(not sent)".to_owned(),
        }
    }

    fn endpoint(&self, endpoint: &Endpoint<'_>, roots: &[(&str, &str)]) -> String {
        if let Some(path) = endpoint.socket {
            return format!("unix {}", self.path(path, roots));
        }
        let host = self.host(endpoint.host);
        let resolved = if endpoint.resolved { " (resolved)" } else { "" };
        match endpoint.port {
            Some(port) if host.contains(':') && self.is_full() => {
                format!("[{host}]:{port}{resolved}")
            }
            Some(port) => format!("{host}:{port}{resolved}"),
            None => format!("{host}{resolved}"),
        }
    }

    // ---- Attributes -------------------------------------------------------------------------

    /// What describes a part, beside what it is about.
    pub(super) fn part_attributes(&self, judged: &Judged<'_>) -> Attributes {
        let action = judged.part.action;
        let mut found = Attributes::new();
        for &attr in Attr::ALL {
            // What is not in every request is a part's own; what the object says is said.
            let is_own = attr.actions().contains(action) && !is_of_every_request(attr);
            let is_said = is_in_object(attr) || (attr == Attr::Host && action.has_port());
            if attr == Attr::UrlPath && judged.request.url.is_some_and(is_strange_url) {
                continue;
            }
            if is_own && !is_said {
                self.add(attr, judged.attribute(attr), judged.roots, &mut found);
            }
        }
        if let (Args::Known(args), true) = (judged.args(), RecordLevel::Redacted <= self.level) {
            found.push(("args".into(), self.json(args, MOST_DEPTH)));
        }
        found
    }

    /// What a request says beside the action. User and agent stand elsewhere.
    pub(super) fn context(&self, judged: &Judged<'_>) -> Attributes {
        let mut found = Attributes::new();
        for &attr in Attr::ALL {
            if is_of_every_request(attr) && !matches!(attr, Attr::User | Attr::Agent) {
                self.add(attr, judged.attribute(attr), judged.roots, &mut found);
            }
        }
        if self.level == RecordLevel::Metadata {
            return found;
        }
        let mut names = Names::of(&found);
        for (name, value) in judged.request.declared {
            // Of equal names the first one counted.
            let Some(name) = names.add(name, self.name(name)) else { continue };
            let value = match value {
                Declared::Text(text) => self.value(text),
                Declared::Int(value) if self.is_full() => self.number(*value),
                Declared::Int(_) => string("<int>"),
                Declared::Bool(value) => Json::Bool(*value),
                Declared::Set(items) => {
                    Json::Array(items.iter().map(|item| self.value(item)).collect())
                }
            };
            found.push((name, value));
        }
        found
    }

    fn add(&self, attr: Attr, value: Attribute<'_>, roots: &[(&str, &str)], to: &mut Attributes) {
        let is_metadata = self.level == RecordLevel::Metadata;
        let is_config = is_config(attr);
        if is_metadata
            && !is_config
            && !matches!(attr.ty(), Type::Bool | Type::Int | Type::OneOf(_))
        {
            return;
        }
        let value = match value {
            Attribute::Unsent | Attribute::Absent => return,
            Attribute::AtRunTime => string("(known at run time)"),
            // A word of a closed list; anything else was sent in its place.
            Attribute::Text(text) => match attr.ty() {
                Type::OneOf(words) if words.contains(&text) => string(text),
                _ if is_config => string(&self.name(text)),
                _ if is_metadata => return,
                _ if attr == Attr::UrlPath && !self.is_full() => {
                    string(&path_shape(&self.secrets.mask(text), &[]))
                }
                _ => self.value(text),
            },
            Attribute::Int(value) => self.number(value),
            // Known although not sent, and not worth a word.
            Attribute::Bool(false) if matches!(attr, Attr::Escalated | Attr::Opaque) => return,
            Attribute::Bool(value) => Json::Bool(value),
            Attribute::Set([]) => return,
            Attribute::Set(items) if attr == Attr::Env => {
                // A name with a value was sent where only a name belongs.
                let name = |item: &&str| string(&self.name(item.split('=').next().unwrap_or(item)));
                Json::Array(items.iter().map(name).collect())
            }
            Attribute::Set(items) if is_config => {
                Json::Array(items.iter().map(|item| string(&self.name(item))).collect())
            }
            Attribute::Set(items) => {
                Json::Array(items.iter().map(|item| self.value(item)).collect())
            }
            Attribute::Words(words) => string(&self.command(words, roots)),
            Attribute::Path(PathValue::Unsent) | Attribute::Host(HostValue::Unsent) => return,
            Attribute::Path(path) => string(&self.path(path, roots)),
            Attribute::Host(host) => string(&self.host(host)),
        };
        to.push((attr.name().into(), value));
    }

    /// A text that may be anything.
    fn value(&self, text: &str) -> Json {
        string(&self.text(text).unwrap_or_default())
    }

    /// A number, unless it is a secret.
    fn number(&self, value: i64) -> Json {
        let text = value.to_string();
        if self.is_secret(&text) { string(MASK) } else { Json::Number(text.into()) }
    }

    // ---- JSON -------------------------------------------------------------------------------

    /// The arguments of a call: their values, or their types and lengths.
    fn json(&self, value: &Json, depth: usize) -> Json {
        match value {
            Json::Array(_) | Json::Object(_) if depth == 0 => string("<deep>"),
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(*value),
            Json::Number(text) if self.is_full() && !self.is_secret(text) => value.clone(),
            Json::Number(_) if self.is_full() => string(MASK),
            Json::Number(_) => string("<number>"),
            Json::String(text) => self.value(text),
            Json::Array(items) => {
                Json::Array(self.list(items.iter().map(|item| (item.as_str(), item)), depth))
            }
            Json::Object(members) => {
                let mut shown = Attributes::with_capacity(members.len());
                let mut names = Names::default();
                for (name, value) in members {
                    let value = if is_secret_name(name) && !value_is_harmless(value) {
                        string(MASK)
                    } else if is_environment(name) {
                        self.environment(value)
                    } else {
                        self.json(value, depth - 1)
                    };
                    let safe = if self.is_full() {
                        self.secrets.mask(name).into_owned()
                    } else {
                        self.name(name)
                    };
                    shown.extend(names.add(name, safe).map(|name| (name, value)));
                }
                Json::Object(shown)
            }
        }
    }

    /// A list; where it is one of words, they may be those of a command.
    fn list<'j>(
        &self,
        items: impl Iterator<Item = (Option<&'j str>, &'j Json)>,
        depth: usize,
    ) -> Vec<Json> {
        let mut rules = Words::default();
        items
            .map(|(text, item)| {
                let Some(text) = text else {
                    rules.unknown();
                    return self.json(item, depth - 1);
                };
                let mut spans = Vec::new();
                rules.word(&self.secrets, text, &mut spans);
                match self.rest_of_word(replace(text, spans)) {
                    masked if self.is_full() => string(&masked),
                    Cow::Borrowed(text) => self.value(text),
                    Cow::Owned(_) => string(MASK),
                }
            })
            .collect()
    }

    /// Variables: of each its name at most.
    fn environment(&self, value: &Json) -> Json {
        let name = |text: &str| self.name(text.split('=').next().unwrap_or(text));
        match value {
            Json::Object(members) => {
                let mut names = Names::default();
                let member = |(member, _): &(Box<str>, Json)| {
                    Some((names.add(member, name(member))?, string(MASK)))
                };
                Json::Object(members.iter().filter_map(member).collect())
            }
            Json::Array(items) => {
                let item = |item: &Json| match item.as_str() {
                    Some(text) if text.contains('=') => string(&format!("{}={MASK}", name(text))),
                    _ => string(MASK),
                };
                Json::Array(items.iter().map(item).collect())
            }
            Json::Null => Json::Null,
            _ => string(MASK),
        }
    }

    // ---- The request ------------------------------------------------------------------------

    /// The whole request, at the level `full`. The intent stands elsewhere.
    pub(super) fn request(&self, request: &Request<'_>) -> Option<Json> {
        if !self.is_full() {
            return None;
        }
        let json = crate::request_json::to_json(&Request { intent: None, ..*request });
        let Json::Object(members) = json else { return None };
        let mut shown = Attributes::with_capacity(members.len());
        for (name, value) in members {
            let value = match (&*name, value) {
                // Words of closed lists, and what is no text.
                ("action" | "shell_kind", value) => value,
                ("env", Json::Array(names)) => {
                    let name = |name: &Json| Some(name.as_str()?.split('=').next()?.to_owned());
                    let names = names.iter().filter_map(name);
                    Json::Array(names.map(|name| string(&self.secrets.mask(&name))).collect())
                }
                ("args_json", Json::String(text)) => match Json::parse(&text) {
                    Ok(args) => string(&self.json(&args, MOST_DEPTH).canonical()),
                    Err(_) => string(&self.shape(&text)),
                },
                ("url", Json::String(text)) if is_strange_url(&text) => string(&self.shape(&text)),
                ("args", value) => self.json(&value, MOST_DEPTH),
                (_, value) => self.plain(&value),
            };
            shown.push((name, value));
        }
        Some(Json::Object(shown))
    }

    /// A value of a request that is neither arguments nor variables.
    fn plain(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => string(&self.secrets.mask(text)),
            Json::Number(text) if self.is_secret(text) => string(MASK),
            Json::Array(items) => {
                Json::Array(self.list(items.iter().map(|item| (item.as_str(), item)), MOST_DEPTH))
            }
            Json::Object(members) => {
                let mut names = Names::default();
                // Of links and attributes with one name the first counts.
                let member = |(name, value): &(Box<str>, Json)| {
                    let name = names.add(name, self.secrets.mask(name).into_owned())?;
                    Some((name, self.plain(value)))
                };
                Json::Object(members.iter().filter_map(member).collect())
            }
            other => other.clone(),
        }
    }
}

/// The names of an object's members, so that no two are equal: those of secrets would be.
#[derive(Default)]
struct Names {
    taken: BTreeSet<Box<str>>,
    number: usize,
}

impl Names {
    fn of(members: &[(Box<str>, Json)]) -> Names {
        Names { taken: members.iter().map(|(name, _)| name.clone()).collect(), number: 0 }
    }

    /// The name that a member has in the record. None for one that is there a second time.
    fn add(&mut self, name: &str, safe: String) -> Option<Box<str>> {
        let is_changed = *name != *safe;
        let mut free: Box<str> = safe.as_str().into();
        while !self.taken.insert(free.clone()) {
            if !is_changed {
                return None;
            }
            self.number += 1;
            free = format!("{safe} ({})", self.number).into();
        }
        Some(free)
    }
}

/// Whether a URL has characters that its readers leave out or take for others: they could hide where a
/// secret in it begins.
fn is_strange_url(url: &str) -> bool {
    url.contains(|c: char| c <= ' ' || c == '\\')
}

fn is_of_every_request(attr: Attr) -> bool {
    attr.actions() == crate::vocab::ActionSet::ALL
}

/// Names that a configuration gives, not the work.
fn is_config(attr: Attr) -> bool {
    matches!(
        attr,
        Attr::Sandbox
            | Attr::Model
            | Attr::Marks
            | Attr::Approval
            | Attr::SearchMode
            | Attr::Version
            | Attr::Scheme
            | Attr::Method
    )
}

/// What the object of a part says already, or the request says as it was sent.
fn is_in_object(attr: Attr) -> bool {
    matches!(
        attr,
        Attr::Path
            | Attr::Argv
            | Attr::Line
            | Attr::Written
            | Attr::Ip
            | Attr::Socket
            | Attr::Server
            | Attr::Tool
            | Attr::ArgsText
            | Attr::Credential
            | Attr::Kind
            | Attr::Name
    )
}

fn is_environment(name: &str) -> bool {
    ["env", "environ", "environment", "envs", "env_vars"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a value under the name of a secret says nothing of it.
fn value_is_harmless(value: &Json) -> bool {
    matches!(value, Json::Null | Json::Bool(_))
}

fn has_subcommand(program: &str) -> bool {
    canon::has_subcommands(program)
}

fn base_name(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

/// A word of the program's own language: small letters and dashes.
fn is_word(text: &str) -> bool {
    text.len() <= 20
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The flag that a word begins with, and what is behind it.
fn flag(word: &str) -> (&str, &str) {
    let name = word.find('=').map_or(word, |equals| &word[..equals]);
    if let Some(long) = name.strip_prefix("--") {
        if is_word(long) || long.is_empty() && word == "--" {
            return word.split_at(name.len());
        }
        return ("", word);
    }
    let Some(short) = name.strip_prefix('-') else { return ("", word) };
    let letters = short.bytes().take_while(u8::is_ascii_alphabetic).count();
    match short.len() {
        0 => ("", word),
        1..=3 if letters == short.len() => word.split_at(name.len()),
        _ if letters > 0 => word.split_at(2),
        _ => ("", word),
    }
}

fn equals(behind: &str) -> &str {
    if behind.starts_with('=') { "=" } else { "" }
}

fn length(text: &str) -> String {
    format!("<str:{}>", text.chars().count())
}

/// How deep a path is below the root it lies under, and its extension: `$workspace/<path:2.rs>`.
fn path_shape(path: &str, roots: &[(&str, &str)]) -> String {
    let under = |root: &str| {
        let rest = path.strip_prefix(root)?;
        (rest.is_empty() || rest.starts_with('/') || root.ends_with('/')).then_some(rest)
    };
    let bound = roots.iter().filter_map(|(name, root)| Some((*name, root.len(), under(root)?)));
    let (start, rest) = match bound.max_by_key(|(_, length, _)| *length) {
        Some(("home", _, rest)) => ("~".to_owned(), rest),
        Some((name, _, rest)) if is_word(name) => (format!("${name}"), rest),
        _ => (String::new(), path),
    };
    let slash = if rest.starts_with('/') { "/" } else { "" };
    let mut names = rest.split('/').filter(|name| !name.is_empty());
    let depth = names.clone().count();
    if depth == 0 {
        return if start.is_empty() && slash.is_empty() {
            length(path)
        } else {
            format!("{start}{slash}")
        };
    }
    let last = names.next_back().unwrap_or_default();
    let extension = last.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
    let is_usual = |extension: &str| {
        (1..=5).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match extension {
        Some((_, extension)) if is_usual(extension) => {
            format!("{start}{slash}<path:{depth}.{extension}>")
        }
        _ => format!("{start}{slash}<path:{depth}>"),
    }
}

/// How many labels a host has in front of its last ones: `<host:1>.acme.com`, `<host:1>.example`.
fn host_shape(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    };
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let labels: Vec<&str> = name.split('.').collect();
    let is_name = labels.iter().all(is_label)
        && labels.last().is_some_and(|l| !l.starts_with(|c: char| c.is_ascii_digit()));
    let shape = match &labels[..] {
        _ if !is_name => length(host),
        ["localhost"] => "localhost".to_owned(),
        [_] => "<host:1>".to_owned(),
        [_, last] => format!("<host:1>.{last}"),
        [before @ .., domain, last] => format!("<host:{}>.{domain}.{last}", before.len()),
        [] => length(host),
    };
    match port {
        Some(port) if is_name => format!("{shape}:{port}"),
        _ => shape,
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn string(text: &str) -> Json {
    Json::String(text.into())
}
