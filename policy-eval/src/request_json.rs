//! Requests as JSON: one object, with exactly the fields that the contract names.
//!
//! Nothing is guessed. A field that is unknown, has the wrong type or belongs to another action is
//! an error with its place, since a fact that gets lost on the way could loosen a decision. The
//! table [`FIELDS`] is the only list of fields: reading, writing and the errors use it.
//!
//! ```text
//!   line ─► Json ─► RequestBuf (owns the values) ─► with_request: Request (borrows them)
//! ```

mod scan;

pub use scan::with_request_line;

use crate::json::{Json, JsonError, Step};
use crate::request::{Declared, Request, ShellKind};
use crate::vocab::{Action, ActionSet, Attr, Platform, Type};

/// The longest line that is read as a request.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// A request that owns what it read.
///
/// ```
/// use policy_eval::{Action, RequestBuf};
/// let buf = RequestBuf::from_json(r#"{"action": "write", "path": "src/lib.rs", "id": 7}"#)?;
/// buf.with_request(|request| {
///     assert_eq!((request.action, request.path), (Action::Write, Some("src/lib.rs")));
/// });
/// assert_eq!(buf.id().canonical(), "7");
/// # Ok::<(), policy_eval::json::JsonError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestBuf {
    pub(crate) action: Action,
    pub(crate) id: Json,
    /// Each field of the top and of the context, checked to have its shape.
    pub(crate) fields: Vec<(&'static Field, Json)>,
    /// Attributes that a policy declares: scalars and lists of texts.
    pub(crate) declared: Vec<(Box<str>, Json)>,
}

impl RequestBuf {
    /// Reads one request.
    ///
    /// # Errors
    /// When the line is no JSON object or is longer than [`MAX_LINE_BYTES`]; when a field is
    /// unknown, belongs to another action, stands in the wrong object or has the wrong type. The
    /// error has the place of the field and says which name is the nearest.
    ///
    /// # Cost
    /// One pass over the line, one allocation for each text and list in it.
    pub fn from_json(line: &str) -> Result<RequestBuf, JsonError> {
        if MAX_LINE_BYTES < line.len() {
            let message = format!("a request longer than {MAX_LINE_BYTES} bytes");
            return Err(JsonError::at_byte(line, MAX_LINE_BYTES, message));
        }
        let json = Json::parse(line)?;
        read(json).map_err(|misfit| misfit.locate(line))
    }

    /// What the request is about.
    pub fn action(&self) -> Action {
        self.action
    }

    /// What the sender calls the request; null where nothing was sent. Answers carry it back.
    pub fn id(&self) -> &Json {
        &self.id
    }

    /// The names in `context` that are none of the language's own: attributes that a policy has to
    /// declare.
    pub fn declared_names(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(|(name, _)| &**name)
    }

    /// Calls `use_it` with the request. It borrows from here and from lists that end with the
    /// call.
    ///
    /// # Cost
    /// One allocation for each list that was sent.
    pub fn with_request<R>(&self, use_it: impl FnOnce(&Request<'_>) -> R) -> R {
        let lists: Vec<Vec<&str>> = self.values().filter_map(texts).collect();
        let pairs: Vec<Vec<(&str, &str)>> = self.fields.iter().filter_map(pairs).collect();
        let mut of_field = lists.iter();
        let mut of_pairs = pairs.iter();
        let mut request = Request::new(self.action);
        for (field, value) in &self.fields {
            match (field.shape, value) {
                (Shape::Text(to) | Shape::Word(_, to), Json::String(text)) => {
                    (to.set)(&mut request, text);
                }
                (Shape::Flag(to), Json::Bool(value)) => (to.set)(&mut request, *value),
                (Shape::Number(to), value) => {
                    value.as_i64().into_iter().for_each(|value| (to.set)(&mut request, value));
                }
                (Shape::Port, value) => request.port = port(value),
                (Shape::Texts(to), _) => {
                    of_field.next().into_iter().for_each(|list| (to.set)(&mut request, list));
                }
                (Shape::ShellKind, Json::String(name)) => {
                    request.shell_kind = ShellKind::from_name(name).unwrap_or_default();
                }
                (Shape::Platform, Json::String(name)) => {
                    request.platform = Platform::from_name(name);
                }
                (Shape::Value, value) => request.args = Some(value),
                (Shape::Links, _) => request.symlinks = of_pairs.next().map_or(&[], |p| p),
                (Shape::Roots, _) => request.roots = of_pairs.next().map_or(&[], |p| p),
                _ => {}
            }
        }
        let declared: Vec<(&str, Declared<'_>)> = self
            .declared
            .iter()
            .filter_map(|(name, value)| {
                let value = match value {
                    Json::String(text) => Declared::Text(text),
                    Json::Bool(value) => Declared::Bool(*value),
                    Json::Array(_) => Declared::Set(of_field.next()?),
                    value => Declared::Int(value.as_i64()?),
                };
                Some((&**name, value))
            })
            .collect();
        request.declared = &declared;
        use_it(&request)
    }

    /// The values that may be lists of texts, in the order in which they are handed out.
    fn values(&self) -> impl Iterator<Item = (Option<&Field>, &Json)> {
        let fields = self.fields.iter().map(|(field, value)| (Some(*field), value));
        fields.chain(self.declared.iter().map(|(_, value)| (None, value)))
    }
}

/// The request as a JSON object, in the order of the table of fields: what
/// [`RequestBuf::from_json`] reads as the same request.
///
/// # Cost
/// One allocation for each text and list.
pub fn to_json(request: &Request<'_>) -> Json {
    let mut top = vec![("action".into(), string(request.action.name()))];
    let mut context = Vec::new();
    for field in FIELDS {
        let Some(value) = field.shape.value(request) else { continue };
        match field.place {
            Place::Top if field.actions.contains(request.action) => {
                top.push((field.name.into(), value));
            }
            Place::Context => context.push((field.name.into(), value)),
            Place::Top | Place::Annotations => {}
        }
    }
    for (name, value) in request.declared {
        let value = match value {
            Declared::Text(text) => string(text),
            Declared::Int(value) => Json::Number(value.to_string().into()),
            Declared::Bool(value) => Json::Bool(*value),
            Declared::Set(items) => list(items),
        };
        context.push(((*name).into(), value));
    }
    if !context.is_empty() {
        top.push(("context".into(), Json::Object(context)));
    }
    Json::Object(top)
}

// ---- The table ------------------------------------------------------------------------------

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Top,
    Context,
    Annotations,
}

/// One field of a request.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    /// The actions whose requests may have it.
    pub(crate) actions: ActionSet,
    pub(crate) shape: Shape,
}

/// How a field of one type is read from a request and set in one.
#[derive(Debug)]
pub(crate) struct Access<G, S> {
    get: G,
    set: S,
}

pub(crate) type TextAccess =
    Access<for<'a> fn(&Request<'a>) -> Option<&'a str>, for<'a> fn(&mut Request<'a>, &'a str)>;
pub(crate) type FlagAccess = Access<fn(&Request<'_>) -> Option<bool>, fn(&mut Request<'_>, bool)>;
pub(crate) type NumberAccess = Access<fn(&Request<'_>) -> Option<i64>, fn(&mut Request<'_>, i64)>;
pub(crate) type TextsAccess = Access<
    for<'a> fn(&Request<'a>) -> Option<&'a [&'a str]>,
    for<'a> fn(&mut Request<'a>, &'a [&'a str]),
>;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Text(&'static TextAccess),
    /// One word of a closed list, which is that of an attribute.
    Word(Attr, &'static TextAccess),
    Flag(&'static FlagAccess),
    Number(&'static NumberAccess),
    Texts(&'static TextsAccess),
    Port,
    ShellKind,
    Platform,
    /// The arguments of a call: any value, since a malformed one is a matter of the decision.
    Value,
    Links,
    Roots,
}

macro_rules! access {
    ($field:ident) => {
        &Access {
            get: |request| request.$field,
            set: |request, value| request.$field = Some(value),
        }
    };
}
/// For a list of which "not sent" and "none" are the same.
macro_rules! access_list {
    ($field:ident) => {
        &Access {
            get: |request| Some(request.$field).filter(|list| !list.is_empty()),
            set: |request, value| request.$field = value,
        }
    };
}

const PATHS: ActionSet =
    ActionSet::NONE.with(Action::Read).with(Action::Write).with(Action::Delete);
const RUN: ActionSet = ActionSet::NONE.with(Action::Run);
const CALL: ActionSet = ActionSet::NONE.with(Action::Call);
const CONNECT: ActionSet = ActionSet::NONE.with(Action::Connect);
const SOCKETS: ActionSet = CONNECT.with(Action::Listen);
const URLS: ActionSet = CONNECT.with(Action::Fetch);
const HOSTS: ActionSet = URLS.with(Action::Listen);
const USE: ActionSet = ActionSet::NONE.with(Action::Use);
const LOGIN: ActionSet = ActionSet::NONE.with(Action::Login);
const START: ActionSet = ActionSet::NONE.with(Action::Start);
const INSTALL: ActionSet = ActionSet::NONE.with(Action::Install);
const MODES: ActionSet = ActionSet::NONE.with(Action::Fetch).with(Action::Search);
const PROMPT: ActionSet = ActionSet::NONE.with(Action::Prompt);

const fn top(name: &'static str, actions: ActionSet, shape: Shape) -> Field {
    Field { name, place: Place::Top, actions, shape }
}

const fn context(name: &'static str, shape: Shape) -> Field {
    Field { name, place: Place::Context, actions: ActionSet::ALL, shape }
}

const fn hint(name: &'static str, access: &'static FlagAccess) -> Field {
    Field { name, place: Place::Annotations, actions: CALL, shape: Shape::Flag(access) }
}

/// Every field but `action`, `id`, `context` and `annotations`, which hold the others together.
pub(crate) static FIELDS: &[Field] = &[
    top("path", PATHS, Shape::Text(access!(path))),
    top("shell", RUN, Shape::Text(access!(shell))),
    top("shell_kind", RUN, Shape::ShellKind),
    top("argv", RUN, Shape::Texts(access!(argv))),
    top("cwd", PATHS.union(RUN).union(SOCKETS).union(CALL), Shape::Text(access!(cwd))),
    top("symlinks", PATHS.union(RUN).union(SOCKETS).union(CALL), Shape::Links),
    top("env", RUN, Shape::Texts(access!(env))),
    top("escalated", RUN, Shape::Flag(access!(escalated))),
    top("opaque", RUN, Shape::Flag(access!(opaque))),
    top("url", URLS, Shape::Text(access!(url))),
    top("host", HOSTS.union(USE), Shape::Text(access!(host))),
    top("port", HOSTS, Shape::Port),
    top("unix", SOCKETS, Shape::Text(access!(unix))),
    top("scheme", URLS, Shape::Text(access!(scheme))),
    top("method", URLS.union(LOGIN), Shape::Text(access!(method))),
    top("url_path", URLS, Shape::Text(access!(url_path))),
    top("resolved", URLS, Shape::Texts(access_list!(resolved))),
    top("host_header", URLS, Shape::Text(access!(host_header))),
    top("mode", MODES, Shape::Word(Attr::Mode, access!(mode))),
    top("server", CALL, Shape::Text(access!(server))),
    top("tool", CALL, Shape::Text(access!(tool))),
    top("joined", CALL, Shape::Text(access!(joined))),
    top("servers", CALL, Shape::Texts(access_list!(servers))),
    top("args", CALL, Shape::Value),
    top("args_json", CALL, Shape::Text(access!(args_json))),
    top("read_only", CALL, Shape::Flag(access!(read_only))),
    top("destructive", CALL, Shape::Flag(access!(destructive))),
    top("open_world", CALL, Shape::Flag(access!(open_world))),
    hint("readOnlyHint", access!(read_only)),
    hint("destructiveHint", access!(destructive)),
    hint("openWorldHint", access!(open_world)),
    top("origin", CALL, Shape::Text(access!(origin))),
    top("credential", USE, Shape::Text(access!(name))),
    top("store", USE, Shape::Word(Attr::Store, access!(store))),
    top("workspace_id", LOGIN, Shape::Text(access!(workspace_id))),
    top("approval", START, Shape::Text(access!(approval))),
    top("search_mode", START, Shape::Text(access!(search_mode))),
    top("network", START, Shape::Flag(access!(network))),
    top("version", START, Shape::Text(access!(version))),
    top("trusted", START, Shape::Flag(access!(trusted))),
    top("kind", INSTALL, Shape::Word(Attr::Kind, access!(kind))),
    top("name", INSTALL.with(Action::Spawn), Shape::Text(access!(name))),
    top("source", INSTALL, Shape::Text(access!(source))),
    top("length", PROMPT, Shape::Number(access!(length))),
    top("roots", ActionSet::ALL, Shape::Roots),
    top("failed_layers", ActionSet::ALL, Shape::Texts(access_list!(failed_layers))),
    top("intent", ActionSet::ALL, Shape::Text(access!(intent))),
    context("sandbox", Shape::Text(access!(sandbox))),
    context("user", Shape::Text(access!(user))),
    context("groups", Shape::Texts(access!(groups))),
    context("agent", Shape::Text(access!(agent))),
    context("model", Shape::Text(access!(model))),
    context("repo", Shape::Text(access!(repo))),
    context("branch", Shape::Text(access!(branch))),
    context("surface", Shape::Word(Attr::Surface, access!(surface))),
    context("platform", Shape::Platform),
    context("interactive", Shape::Flag(access!(interactive))),
    context("risk", Shape::Number(access!(risk))),
    context("marks", Shape::Texts(access_list!(marks))),
];

impl Shape {
    /// What a message says is expected, where the value does not fit.
    pub(crate) fn misfit(self, value: &Json) -> Option<String> {
        let expected = match self {
            Shape::Text(_) => (!matches!(value, Json::String(_))).then(|| "a string".into()),
            Shape::Word(attr, _) => words(attr).and_then(|words| not_one_of(value, words)),
            Shape::Platform => not_one_of(value, Platform::ALL.map(Platform::name)),
            Shape::ShellKind => not_one_of(value, ShellKind::ALL.map(ShellKind::name)),
            Shape::Flag(_) => value.as_bool().is_none().then(|| "true or false".into()),
            Shape::Number(_) => value.as_i64().is_none().then(|| "a whole number".into()),
            Shape::Port => port(value).is_none().then(|| "a port from 0 to 65535".into()),
            Shape::Texts(_) => (!is_texts(value)).then(|| "a list of strings".into()),
            Shape::Value => None,
            Shape::Links => {
                let fits = value
                    .as_object()
                    .is_some_and(|links| links.iter().all(|(_, to)| to.as_str().is_some()));
                (!fits).then(|| "an object of strings".into())
            }
            Shape::Roots => {
                let fits = value.as_object().is_some_and(|roots| {
                    roots.iter().all(|(_, to)| to.as_str().is_some() || is_texts(to))
                });
                (!fits).then(|| "an object of strings or lists of strings".into())
            }
        };
        expected.map(|expected: String| format!("expected {expected}, found {}", shown(value)))
    }

    /// The value of the field in a request, where it has one.
    fn value(self, request: &Request<'_>) -> Option<Json> {
        match self {
            Shape::Text(access) | Shape::Word(_, access) => (access.get)(request).map(string),
            Shape::Flag(access) => (access.get)(request).map(Json::Bool),
            Shape::Number(access) => (access.get)(request).map(number),
            Shape::Texts(access) => (access.get)(request).map(list),
            Shape::Port => request.port.map(|port| number(port.into())),
            Shape::ShellKind => {
                let kind = request.shell_kind;
                (kind != ShellKind::default()).then(|| string(kind.name()))
            }
            Shape::Platform => request.platform.map(|platform| string(platform.name())),
            Shape::Value => request.args.cloned(),
            Shape::Links => (!request.symlinks.is_empty()).then(|| {
                let link = |(from, to): &(&str, &str)| ((*from).into(), string(to));
                Json::Object(request.symlinks.iter().map(link).collect())
            }),
            Shape::Roots => (!request.roots.is_empty()).then(|| roots_object(request.roots)),
        }
    }
}

fn roots_object(roots: &[(&str, &str)]) -> Json {
    let mut members: Vec<(Box<str>, Json)> = Vec::new();
    for (name, path) in roots {
        match members.iter_mut().find(|(known, _)| &**known == *name) {
            None => members.push(((*name).into(), Json::Array(vec![string(path)]))),
            Some((_, Json::Array(paths))) => paths.push(string(path)),
            Some(_) => {}
        }
    }
    for (_, paths) in &mut members {
        if let Json::Array(list) = paths
            && let [only] = &list[..]
        {
            *paths = only.clone();
        }
    }
    Json::Object(members)
}

// ---- Reading --------------------------------------------------------------------------------

/// What does not fit, and where: the members that lead there, the last one by its name or value.
struct Misfit {
    steps: Vec<Step>,
    message: String,
}

impl Misfit {
    fn new(steps: &[&str], last: Step, message: String) -> Misfit {
        let outer = steps.iter().map(|name| Step::Value((*name).into()));
        Misfit { steps: outer.chain([last]).collect(), message }
    }

    fn locate(self, line: &str) -> JsonError {
        JsonError::at_byte(line, crate::json::locate(line, &self.steps), self.message)
    }
}

fn read(json: Json) -> Result<RequestBuf, Misfit> {
    let found = json.describe();
    let Json::Object(members) = json else {
        let message = format!("a request is an object, found {found}");
        return Err(Misfit { steps: vec![], message });
    };
    let action = action(&members)?;
    let mut buf = RequestBuf { action, id: Json::Null, fields: Vec::new(), declared: Vec::new() };
    buf.fields.reserve(members.len());
    for (name, value) in members {
        match &*name {
            "action" => {}
            "id" => buf.id = id(value)?,
            "context" => {
                for (name, value) in object("context", value)? {
                    read_context(&mut buf, name, value)?;
                }
            }
            "annotations" if action == Action::Call => {
                for (name, value) in object("annotations", value)? {
                    read_hint(&mut buf, &name, value)?;
                }
            }
            _ => {
                let field = top_field(action, &name)?;
                buf.take(field, &[], value)?;
            }
        }
    }
    no_claim_twice(&buf)?;
    Ok(buf)
}

/// What a tool says of itself: in `annotations`, and at the top.
pub(crate) const CLAIMS: [(&str, &str); 3] = [
    ("readOnlyHint", "read_only"),
    ("destructiveHint", "destructive"),
    ("openWorldHint", "open_world"),
];

/// A claim of a tool stands in `annotations` or at the top. In both it could contradict itself.
fn no_claim_twice(buf: &RequestBuf) -> Result<(), Misfit> {
    let has = |name: &str| buf.fields.iter().any(|(field, _)| field.name == name);
    match CLAIMS.into_iter().find(|(hint, name)| has(hint) && has(name)) {
        None => Ok(()),
        Some((hint, name)) => {
            let message = format!("`{hint}` is `{name}`, which stands at the top too");
            Err(Misfit::new(&["annotations"], Step::Name(hint.into()), message))
        }
    }
}

impl RequestBuf {
    fn take(&mut self, field: &'static Field, outer: &[&str], value: Json) -> Result<(), Misfit> {
        if let Some(message) = field.shape.misfit(&value) {
            return Err(Misfit::new(outer, Step::Value(field.name.into()), message));
        }
        self.fields.push((field, value));
        Ok(())
    }
}

fn action(members: &[(Box<str>, Json)]) -> Result<Action, Misfit> {
    let misfit = |message| Misfit::new(&[], Step::Value("action".into()), message);
    let Some((_, value)) = members.iter().find(|(name, _)| &**name == "action") else {
        return Err(Misfit { steps: vec![], message: "a request needs an `action`".into() });
    };
    let Json::String(name) = value else {
        return Err(misfit(format!("expected the name of an action, found {}", shown(value))));
    };
    Action::from_name(name).ok_or_else(|| {
        misfit(unknown("action", name, Action::ALL.iter().map(|action| action.name())))
    })
}

fn id(value: Json) -> Result<Json, Misfit> {
    match value {
        Json::Null | Json::String(_) | Json::Number(_) => Ok(value),
        other => {
            let message = format!("expected a string, a number or null, found {}", shown(&other));
            Err(Misfit::new(&[], Step::Value("id".into()), message))
        }
    }
}

fn object(name: &str, value: Json) -> Result<Vec<(Box<str>, Json)>, Misfit> {
    let found = shown(&value);
    match value {
        Json::Object(members) => Ok(members),
        _ => {
            let message = format!("expected an object, found {found}");
            Err(Misfit::new(&[], Step::Value(name.into()), message))
        }
    }
}

fn top_field(action: Action, name: &str) -> Result<&'static Field, Misfit> {
    let named = || FIELDS.iter().filter(|field| field.name == name);
    if let Some(field) =
        named().find(|field| field.place == Place::Top && field.actions.contains(action))
    {
        return Ok(field);
    }
    let message = match named().next() {
        Some(Field { place: Place::Context, .. }) => {
            format!("`{name}` stands in `context`, not at the top")
        }
        Some(Field { place: Place::Annotations, .. }) => {
            format!("`{name}` stands in `annotations`")
        }
        Some(field) => {
            let actions: Vec<_> = field.actions.iter().map(|a| format!("`{a}`")).collect();
            format!("`{name}` is a field of {}, not of `{action}`", actions.join(", "))
        }
        None if name == "annotations" => {
            format!("`annotations` is a field of `call`, not of `{action}`")
        }
        None => {
            let of_action = FIELDS
                .iter()
                .filter(|field| field.place == Place::Top && field.actions.contains(action))
                .map(|field| field.name);
            unknown("field", name, of_action.chain(["action", "id", "context"]))
        }
    };
    Err(Misfit::new(&[], Step::Name(name.into()), message))
}

fn read_context(buf: &mut RequestBuf, name: Box<str>, value: Json) -> Result<(), Misfit> {
    let field = FIELDS.iter().find(|field| field.name == &*name);
    if let Some(field) = field.filter(|field| field.place == Place::Context) {
        return buf.take(field, &["context"], value);
    }
    if Attr::from_name(&name).is_some() || field.is_some() {
        let message = format!("`{name}` stands at the top, not in `context`");
        return Err(Misfit::new(&["context"], Step::Name(name), message));
    }
    let is_scalar = matches!(value, Json::String(_) | Json::Bool(_)) || value.as_i64().is_some();
    if !is_scalar && !is_texts(&value) {
        let found = shown(&value);
        let message = format!(
            "expected a string, a whole number, true or false, or a list of strings, found {found}"
        );
        return Err(Misfit::new(&["context"], Step::Value(name), message));
    }
    buf.declared.push((name, value));
    Ok(())
}

/// Takes what a tool says of itself. The protocol has two more claims, which no decision reads.
fn read_hint(buf: &mut RequestBuf, name: &str, value: Json) -> Result<(), Misfit> {
    if matches!((name, &value), ("title", Json::String(_)) | ("idempotentHint", Json::Bool(_))) {
        return Ok(());
    }
    let hints = || FIELDS.iter().filter(|field| field.place == Place::Annotations);
    match hints().find(|field| field.name == name) {
        Some(field) => buf.take(field, &["annotations"], value),
        None => {
            let known = hints().map(|field| field.name).chain(["title", "idempotentHint"]);
            let message = unknown("annotation", name, known);
            Err(Misfit::new(&["annotations"], Step::Name(name.into()), message))
        }
    }
}

// ---- Values ---------------------------------------------------------------------------------

fn port(value: &Json) -> Option<u16> {
    value.as_i64().and_then(|port| u16::try_from(port).ok())
}

fn is_texts(value: &Json) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(|item| item.as_str().is_some()))
}

fn texts<'a>((field, value): (Option<&Field>, &'a Json)) -> Option<Vec<&'a str>> {
    let is_list = field.is_none_or(|field| matches!(field.shape, Shape::Texts(_)));
    let items = value.as_array().filter(|_| is_list)?;
    Some(items.iter().filter_map(Json::as_str).collect())
}

fn pairs<'a>((field, value): &'a (&'static Field, Json)) -> Option<Vec<(&'a str, &'a str)>> {
    let members = value.as_object()?;
    match field.shape {
        Shape::Links | Shape::Roots => {}
        _ => return None,
    }
    let mut pairs = Vec::with_capacity(members.len());
    for (name, value) in members {
        let paths = value.as_array().unwrap_or(std::slice::from_ref(value));
        pairs.extend(paths.iter().filter_map(Json::as_str).map(|path| (&**name, path)));
    }
    Some(pairs)
}

fn words(attr: Attr) -> Option<&'static [&'static str]> {
    match attr.ty() {
        Type::OneOf(words) => Some(words),
        _ => None,
    }
}

fn not_one_of<'w>(value: &Json, words: impl AsRef<[&'w str]>) -> Option<String> {
    let words = words.as_ref();
    if value.as_str().is_some_and(|text| words.contains(&text)) {
        return None;
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    Some(format!("one of {}", quoted.join(", ")))
}

/// How a message shows the value that was found. Control characters never reach a terminal.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) if text.len() <= 32 => format!("`\"{}\"`", text.escape_debug()),
        Json::Number(text) if text.len() <= 32 => format!("`{text}`"),
        value => value.describe().into(),
    }
}

fn string(text: &str) -> Json {
    Json::String(text.into())
}

fn number(value: i64) -> Json {
    Json::Number(value.to_string().into())
}

fn list(items: &[&str]) -> Json {
    Json::Array(items.iter().map(|item| string(item)).collect())
}

// ---- Nearest names --------------------------------------------------------------------------

pub(crate) fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    let nearest = known.map(|word| (distance(&name, word), word)).min();
    match nearest.filter(|(distance, word)| *distance <= word.len().div_ceil(2)) {
        Some((_, word)) => format!("unknown {what} `{name}`; did you mean `{word}`?"),
        None => format!("unknown {what} `{name}`"),
    }
}

/// How many characters must be inserted, dropped or replaced to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *slot;
            left = replaced.min(diagonal + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every form that the contract shows.
    const EXAMPLES: &[&str] = &[
        r#"{"action":"run","shell":"git status && rm -rf build > log.txt"}"#,
        r#"{"action":"run","argv":["git","push","--force"],"cwd":"/home/dev/app","escalated":true}"#,
        r#"{"action":"write","path":"src/lib.rs","cwd":"/app","symlinks":{"/app/src":"/etc"}}"#,
        r#"{"action":"connect","url":"https://a.example/","method":"GET","resolved":["108.138.64.1"]}"#,
        r#"{"action":"connect","host":"db.corp.acme.com","port":5432}"#,
        r#"{"action":"connect","unix":"/var/run/docker.sock"}"#,
        r#"{"action":"listen","host":"127.0.0.1","port":3000}"#,
        r#"{"action":"fetch","url":"https://docs.rs/pest","mode":"cached"}"#,
        r#"{"action":"call","server":"github","tool":"create_issue","args":{"repo":"acme/web"}}"#,
        r#"{"action":"call","joined":"mcp__a__b","servers":["a"],"args_json":"{}","read_only":true}"#,
        r#"{"action":"use","credential":"GITHUB_TOKEN","store":"keyring"}"#,
        r#"{"action":"login","method":"sso","workspace_id":"ws-acme"}"#,
        r#"{"action":"install","kind":"mcp","name":"github","source":"https://a.example/x"}"#,
        r#"{"action":"search","mode":"cached"}"#,
        r#"{"action":"spawn","name":"reviewer"}"#,
        r#"{"action":"prompt","length":512}"#,
        r#"{"action":"start","approval":"on-request","search_mode":"cached","network":false}"#,
        r#"{"action":"run","shell":"ls","shell_kind":"fish","roots":{"workspace":["/a","/b"],"home":"/h"},"context":{"branch":"main","groups":["x"],"surface":"cli","platform":"macos","risk":12,"marks":["secret"],"ticket":"T-1","urgent":true,"count":-3,"tags":["a","b"]}}"#,
    ];

    #[test]
    fn every_example_is_read_and_written_alike() {
        for text in EXAMPLES {
            let buf = RequestBuf::from_json(text).unwrap();
            let written = buf.with_request(to_json);
            assert_eq!(written.canonical(), Json::parse(text).unwrap().canonical());
        }
    }

    #[test]
    fn facts_arrive() {
        let text = r#"{"id": "x", "action": "call", "server": "s", "tool": "t", "intent": "why",
            "annotations": {"readOnlyHint": true, "openWorldHint": false, "title": "T"},
            "roots": {"home": "/h", "workspace": ["/a", "/b"]}, "failed_layers": ["user"],
            "context": {"user": "dev", "interactive": false, "zone": "eu", "n": 1, "tags": []}}"#;
        let buf = RequestBuf::from_json(text).unwrap();
        assert_eq!(buf.id().as_str(), Some("x"));
        buf.with_request(|request| {
            assert_eq!((request.read_only, request.open_world), (Some(true), Some(false)));
            let roots = [("home", "/h"), ("workspace", "/a"), ("workspace", "/b")];
            assert_eq!(request.roots, roots);
            assert_eq!((request.user, request.interactive), (Some("dev"), Some(false)));
            assert_eq!((request.failed_layers, request.intent), (&["user"][..], Some("why")));
            let declared = [
                ("zone", Declared::Text("eu")),
                ("n", Declared::Int(1)),
                ("tags", Declared::Set(&[])),
            ];
            assert_eq!(request.declared, declared);
        });
    }

    #[test]
    fn errors_teach() {
        let errors: Vec<String> = [
            r#"[]"#,
            r#"{}"#,
            r#"{"action": 1}"#,
            r#"{"action": "wirte", "path": "x"}"#,
            r#"{"action": "read", "pth": "x"}"#,
            r#"{"action": "read", "argv": ["x"]}"#,
            r#"{"action": "read", "path": "x", "branch": "main"}"#,
            r#"{"action": "read", "path": "x", "context": {"cwd": "/"}}"#,
            r#"{"action": "read", "path": "x", "context": {"ticket": null}}"#,
            r#"{"action": "read", "path": "x", "context": []}"#,
            r#"{"action": "read", "path": ["x"]}"#,
            r#"{"action": "read", "path": null}"#,
            r#"{"action": "read", "path": "x", "path": "y"}"#,
            r#"{"action": "read", "path": "x", "id": []}"#,
            r#"{"action": "read", "path": "x", "annotations": {}}"#,
            r#"{"action": "run", "argv": ["x", 1]}"#,
            r#"{"action": "run", "shell": "ls", "shell_kind": "tcsh"}"#,
            r#"{"action": "connect", "host": "x", "port": 65536}"#,
            r#"{"action": "connect", "host": "x", "port": "443"}"#,
            r#"{"action": "search", "mode": "fast"}"#,
            r#"{"action": "call", "annotations": {"readonlyHint": true}}"#,
            r#"{"action": "call", "annotations": {"readOnlyHint": true}, "read_only": false}"#,
            r#"{"action": "call", "readOnlyHint": true}"#,
            r#"{"action": "read", "path": "x", "roots": {"home": 1}}"#,
            r#"{"action": "prompt", "length": 1.5}"#,
            r#"{"action": "\u001b[2K"}"#,
            "{\"action\": \"read\",\n \"path\": \"é\", \"x\": 1}",
        ]
        .iter()
        .map(|text| match RequestBuf::from_json(text) {
            Ok(_) => format!("{text}: read"),
            Err(error) => format!("{text}\n    {error}"),
        })
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        []
            a request is an object, found a list (line 1, column 1)
        {}
            a request needs an `action` (line 1, column 1)
        {"action": 1}
            expected the name of an action, found `1` (line 1, column 12)
        {"action": "wirte", "path": "x"}
            unknown action `wirte`; did you mean `write`? (line 1, column 12)
        {"action": "read", "pth": "x"}
            unknown field `pth`; did you mean `path`? (line 1, column 20)
        {"action": "read", "argv": ["x"]}
            `argv` is a field of `run`, not of `read` (line 1, column 20)
        {"action": "read", "path": "x", "branch": "main"}
            `branch` stands in `context`, not at the top (line 1, column 33)
        {"action": "read", "path": "x", "context": {"cwd": "/"}}
            `cwd` stands at the top, not in `context` (line 1, column 45)
        {"action": "read", "path": "x", "context": {"ticket": null}}
            expected a string, a whole number, true or false, or a list of strings, found null (line 1, column 55)
        {"action": "read", "path": "x", "context": []}
            expected an object, found a list (line 1, column 44)
        {"action": "read", "path": ["x"]}
            expected a string, found a list (line 1, column 28)
        {"action": "read", "path": null}
            expected a string, found null (line 1, column 28)
        {"action": "read", "path": "x", "path": "y"}
            duplicate name `path` (line 1, column 33)
        {"action": "read", "path": "x", "id": []}
            expected a string, a number or null, found a list (line 1, column 39)
        {"action": "read", "path": "x", "annotations": {}}
            `annotations` is a field of `call`, not of `read` (line 1, column 33)
        {"action": "run", "argv": ["x", 1]}
            expected a list of strings, found a list (line 1, column 27)
        {"action": "run", "shell": "ls", "shell_kind": "tcsh"}
            expected one of `bash`, `zsh`, `fish`, `powershell`, `cmd`, found `"tcsh"` (line 1, column 48)
        {"action": "connect", "host": "x", "port": 65536}
            expected a port from 0 to 65535, found `65536` (line 1, column 44)
        {"action": "connect", "host": "x", "port": "443"}
            expected a port from 0 to 65535, found `"443"` (line 1, column 44)
        {"action": "search", "mode": "fast"}
            expected one of `cached`, `live`, found `"fast"` (line 1, column 30)
        {"action": "call", "annotations": {"readonlyHint": true}}
            unknown annotation `readonlyHint`; did you mean `readOnlyHint`? (line 1, column 36)
        {"action": "call", "annotations": {"readOnlyHint": true}, "read_only": false}
            `readOnlyHint` is `read_only`, which stands at the top too (line 1, column 36)
        {"action": "call", "readOnlyHint": true}
            `readOnlyHint` stands in `annotations` (line 1, column 20)
        {"action": "read", "path": "x", "roots": {"home": 1}}
            expected an object of strings or lists of strings, found an object (line 1, column 42)
        {"action": "prompt", "length": 1.5}
            expected a whole number, found `1.5` (line 1, column 32)
        {"action": "\u001b[2K"}
            unknown action `\u{1b}[2K` (line 1, column 12)
        {"action": "read",
         "path": "é", "x": 1}
            unknown field `x` (line 2, column 15)
        "#);
    }

    #[test]
    fn long_lines_are_not_read() {
        let line = format!(r#"{{"action": "read", "path": "{}"}}"#, "é".repeat(MAX_LINE_BYTES / 2));
        let error = RequestBuf::from_json(&line).unwrap_err();
        assert!(error.message.starts_with("a request longer than"), "{error}");
    }

    proptest! {
        #[test]
        fn no_line_is_a_panic(
            name in "[a-z_]{1,12}",
            value in "(\\[\"a\"\\]|\"[a-z]{0,4}\"|-?[0-9]{1,20}|true|null|\\{\"a\":\"b\"\\})",
            action in prop::sample::select(&Action::ALL[..]),
        ) {
            for field in FIELDS.iter().map(|field| field.name).chain([name.as_str()]) {
                let line = format!("{{\"action\":\"{action}\",\"{field}\":{value}}}");
                if let Ok(buf) = RequestBuf::from_json(&line) {
                    let written = buf.with_request(|request| to_json(request).canonical());
                    let again = RequestBuf::from_json(&written);
                    prop_assert!(again.is_ok(), "{line} {written}");
                }
            }
        }
    }
}
