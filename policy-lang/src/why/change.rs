//! The same request with some of its facts changed, to be decided again.

use policy_eval::json::Json;
use policy_eval::{Attr, Declared, Endpoint, Judged, Object, PathValue, Platform, Request};

use crate::model::{AttrRef, Model};

/// One fact of a request that is another.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// An attribute; none: it is not sent.
    Attribute(AttrRef, Option<Value>),
    /// Whether the session carries a mark.
    Mark(String, bool),
    /// The words of the command, which then is the whole request.
    Words(Vec<String>),
    Path(String),
    Host(String),
    Port(u16),
    Server(String),
    Tool(String),
    Kind(String),
    Name(String),
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Bool(bool),
    Set(Vec<String>),
}

impl Change {
    /// Whether it changes what the action is done to.
    pub(super) fn is_of_the_object(&self) -> bool {
        !matches!(self, Change::Attribute(..) | Change::Mark(..))
    }

    /// Whether two changes are of the same fact, and not the same.
    fn conflicts(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Attribute(one, _), Change::Attribute(two, _)) => one == two && self != other,
            (Change::Mark(one, _), Change::Mark(two, _)) => one == two && self != other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other) && self != other,
        }
    }
}

/// Changes of one request, each fact once; none where two of them contradict.
pub(super) fn joined(changes: impl IntoIterator<Item = Change>) -> Option<Vec<Change>> {
    let mut all: Vec<Change> = Vec::new();
    for change in changes {
        if all.iter().any(|known| known.conflicts(&change)) {
            return None;
        }
        if !all.contains(&change) {
            all.push(change);
        }
    }
    Some(all)
}

/// Hands the changed request to `ask`. None where the request has no place for a change.
///
/// Where the words of a command change, the request is that command alone.
pub(super) fn with_changes<R>(
    model: &Model,
    judged: &Judged<'_>,
    changes: &[Change],
    ask: impl FnOnce(&Request<'_>) -> R,
) -> Option<R> {
    let before = judged.request;
    let mut marks: Vec<&str> = before.marks.to_vec();
    let mut declared: Vec<(&str, Declared<'_>)> = before.declared.to_vec();
    let mut args: Option<Json> = None;
    let mut words: Option<Vec<&str>> = None;
    let mut host: Option<&str> = None;
    let mut port: Option<u16> = None;
    // The members of sets, kept for as long as the request borrows them.
    let sets: Vec<Vec<&str>> = changes
        .iter()
        .map(|change| match change {
            Change::Attribute(_, Some(Value::Set(members))) => {
                members.iter().map(String::as_str).collect()
            }
            _ => vec![],
        })
        .collect();
    let mut request = *before;
    for (change, set) in changes.iter().zip(&sets) {
        match change {
            Change::Mark(mark, true) => marks.push(mark),
            Change::Mark(mark, false) => marks.retain(|known| known != mark),
            Change::Attribute(AttrRef::Builtin(attr), value) => {
                set_builtin(&mut request, *attr, value.as_ref(), set)?;
            }
            Change::Attribute(AttrRef::Declared(index), value) => {
                let name = model.attributes.get(*index)?.name.as_str();
                declared.retain(|(known, _)| *known != name);
                declared.extend(value.as_ref().map(|value| (name, lent(value, set))));
            }
            Change::Attribute(AttrRef::Argument(path), value) => {
                let policy_eval::Args::Known(known) = judged.args() else { return None };
                let args = args.get_or_insert_with(|| known.clone());
                put(args, path, json(value.as_ref()?)?)?;
            }
            Change::Words(list) => words = Some(list.iter().map(String::as_str).collect()),
            Change::Path(path) => {
                if !request.symlinks.is_empty() {
                    return None;
                }
                request.path = Some(path);
            }
            Change::Host(text) => host = Some(text),
            Change::Port(number) => port = Some(*number),
            Change::Server(text) => request.server = Some(text),
            Change::Tool(text) => request.tool = Some(text),
            Change::Kind(text) => request.kind = Some(text),
            Change::Name(text) => request.name = Some(text),
        }
    }
    request.marks = &marks;
    request.declared = &declared;
    if let Some(args) = &args {
        request.args = Some(args);
        request.args_json = None;
    }
    if let (Some(_), Object::Tool { server, tool, .. }) = (before.joined, judged.part.object)
        && changes.iter().any(|change| matches!(change, Change::Server(_) | Change::Tool(_)))
    {
        request.joined = None;
        request.server = request.server.or(server);
        request.tool = request.tool.or(tool);
    }
    let mut url = String::new();
    if host.is_some() || port.is_some() {
        move_to(&mut request, judged, host, port, &mut url)?;
    }
    if !url.is_empty() {
        request.url = Some(&url);
    }
    if let Some(words) = &words {
        let Object::Command(command) = judged.part.object else { return None };
        request.shell = None;
        request.argv = Some(words);
        if let PathValue::Known(folder) = command.base {
            request.cwd = Some(folder);
        }
    }
    Some(ask(&request))
}

/// Another destination. What was sent as a URL stays one.
fn move_to<'a>(
    request: &mut Request<'a>,
    judged: &Judged<'_>,
    host: Option<&'a str>,
    port: Option<u16>,
    url: &mut String,
) -> Option<()> {
    let Object::Endpoint(Endpoint {
        socket: None, host: own, scheme, url_path, port: sent, ..
    }) = judged.part.object
    else {
        return None;
    };
    request.resolved = &[];
    request.host_header = None;
    if request.url.is_none() {
        request.host = host.or(request.host);
        request.port = port.or(request.port);
        return Some(());
    }
    let own = match own {
        policy_eval::HostValue::Name(name) => name.to_owned(),
        policy_eval::HostValue::Ip(ip) if ip.is_ipv6() => format!("[{ip}]"),
        policy_eval::HostValue::Ip(ip) => ip.to_string(),
        _ => return None,
    };
    let host = match host {
        Some(host) if host.contains(':') => format!("[{host}]"),
        Some(host) => host.to_owned(),
        None => own,
    };
    *url = format!("{}://{host}", scheme?);
    if let Some(port) = port.or(sent) {
        *url += &format!(":{port}");
    }
    *url += url_path.unwrap_or("/");
    Some(())
}

fn lent<'a>(value: &'a Value, set: &'a [&'a str]) -> Declared<'a> {
    match value {
        Value::Text(text) => Declared::Text(text),
        Value::Int(number) => Declared::Int(*number),
        Value::Bool(value) => Declared::Bool(*value),
        Value::Set(_) => Declared::Set(set),
    }
}

fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Text(text) => Json::String(text.as_str().into()),
        Value::Int(number) => Json::Number(number.to_string().into()),
        Value::Bool(value) => Json::Bool(*value),
        Value::Set(_) => return None,
    })
}

/// Sets the argument at a path of names; what stands around it stays.
fn put(object: &mut Json, path: &[String], value: Json) -> Option<()> {
    let (first, rest) = path.split_first()?;
    let Json::Object(members) = object else { return None };
    let at = match members.iter().position(|(name, _)| **name == **first) {
        Some(at) => at,
        None => {
            members.push((first.as_str().into(), Json::Object(vec![])));
            members.len() - 1
        }
    };
    if rest.is_empty() {
        members[at].1 = value;
        return Some(());
    }
    put(&mut members[at].1, rest, value)
}

fn set_builtin<'a>(
    request: &mut Request<'a>,
    attr: Attr,
    value: Option<&'a Value>,
    set: &'a [&'a str],
) -> Option<()> {
    let text = match value {
        None => Some(None),
        Some(Value::Text(text)) => Some(Some(text.as_str())),
        Some(_) => None,
    };
    let number = match value {
        None => Some(None),
        Some(Value::Int(number)) => Some(Some(*number)),
        Some(_) => None,
    };
    let truth = match value {
        None => Some(None),
        Some(Value::Bool(value)) => Some(Some(*value)),
        Some(_) => None,
    };
    let list = match value {
        None => Some(None),
        Some(Value::Set(_)) => Some(Some(set)),
        Some(_) => None,
    };
    match attr {
        Attr::Cwd => request.cwd = text?,
        Attr::Env => request.env = list?,
        Attr::Escalated => request.escalated = truth?,
        Attr::Opaque => request.opaque = truth?,
        Attr::Method => request.method = text?,
        Attr::Mode => request.mode = text?,
        Attr::ReadOnly => request.read_only = truth?,
        Attr::Destructive => request.destructive = truth?,
        Attr::OpenWorld => request.open_world = truth?,
        Attr::Origin => request.origin = text?,
        Attr::Store => request.store = text?,
        Attr::WorkspaceId => request.workspace_id = text?,
        Attr::Approval => request.approval = text?,
        Attr::SearchMode => request.search_mode = text?,
        Attr::Network => request.network = truth?,
        Attr::Version => request.version = text?,
        Attr::Trusted => request.trusted = truth?,
        Attr::Source => request.source = text?,
        Attr::Length => request.length = number?,
        Attr::Sandbox => request.sandbox = text?,
        Attr::User => request.user = text?,
        Attr::Groups => request.groups = list?,
        Attr::Agent => request.agent = text?,
        Attr::Model => request.model = text?,
        Attr::Repo => request.repo = text?,
        Attr::Branch => request.branch = text?,
        Attr::Surface => request.surface = text?,
        Attr::Interactive => request.interactive = truth?,
        Attr::Risk => request.risk = number?,
        Attr::Platform => request.platform = text?.and_then(Platform::from_name),
        // What is read from the object is changed with the object.
        Attr::Path
        | Attr::Argv
        | Attr::Program
        | Attr::Line
        | Attr::Written
        | Attr::Host
        | Attr::Ip
        | Attr::Port
        | Attr::Scheme
        | Attr::UrlPath
        | Attr::Socket
        | Attr::Server
        | Attr::Tool
        | Attr::ArgsText
        | Attr::Credential
        | Attr::Kind
        | Attr::Name
        | Attr::Marks => return None,
    }
    Some(())
}
