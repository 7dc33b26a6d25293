//! From chosen values to a request that has them.

use std::rc::Rc;

use policy_eval::engine::tables::Source;
use policy_eval::json::Json;
use policy_eval::{Action, Attr, Fields, ObjectKind, Platform, RequestBuf};

use super::machine::Step;
use super::space::{Fact, Reading, Value};
use crate::model::Model;
use crate::model::pattern::{PathItem, PathPattern};

/// What a request has to be like.
pub(crate) struct Wanted<'a> {
    pub(crate) action: Action,
    pub(crate) model: &'a Model,
    pub(crate) platform: Option<Platform>,
    pub(crate) reading: Reading,
    pub(crate) values: &'a [(Fact, Value)],
    /// Something that must be set beside, such as a construct around a command.
    pub(crate) shell_around: Option<&'a str>,
}

/// Requests that may have these values, the most natural first. Facts depend on each other in ways
/// that only canonicalisation knows, so the caller asks the policies.
pub(crate) fn requests(wanted: &Wanted<'_>) -> Vec<RequestBuf> {
    let mut found = Vec::new();
    for attempt in 0..3 {
        if let Some(request) = request(wanted, attempt) {
            found.push(request);
        }
        // Only roots and arguments can be laid out in other ways.
        let is_varied = wanted.values.iter().any(|(fact, value)| {
            matches!(fact, Fact::Bound(_))
                || matches!(fact, Fact::Value(Source::Builtin(Attr::ArgsText)))
                || matches!(value, Value::Words(_))
        });
        if !is_varied {
            break;
        }
    }
    found
}

fn text(text: &str) -> Json {
    Json::String(text.into())
}

fn texts<'t>(list: impl IntoIterator<Item = &'t str>) -> Json {
    Json::Array(list.into_iter().map(text).collect())
}

pub(crate) fn path_text(tokens: &[Rc<str>], platform: Option<Platform>) -> String {
    let joined = tokens.iter().map(|token| &**token).collect::<Vec<_>>().join("/");
    if platform == Some(Platform::Windows) { format!("{joined}/") } else { format!("/{joined}") }
}

fn request(wanted: &Wanted<'_>, attempt: usize) -> Option<RequestBuf> {
    let action = wanted.action;
    let mut fields = Fields::default();
    let mut marks: Vec<&str> = Vec::new();
    let mut args: Vec<(&[Box<str>], Json)> = Vec::new();
    let mut places: Vec<(u16, Vec<Rc<str>>)> = Vec::new();
    let mut bound: Vec<u16> = Vec::new();
    let mut paths: Vec<&[Rc<str>]> = Vec::new();
    let mut has_object = false;
    let mut words: Option<&[Step]> = None;
    let mut program: Option<&[Rc<str>]> = None;
    let mut line: Option<&str> = None;
    let mut has_port = false;
    let set = |fields: &mut Fields, name: &str, value: Json| fields.set(name, value).ok();

    if let Some(platform) = wanted.platform {
        set(&mut fields, "platform", text(platform.name()))?;
    }
    for (fact, value) in wanted.values {
        if let Value::Path(tokens, roots) | Value::Socket(tokens, roots) = value {
            paths.push(tokens);
            for &(root, length) in roots {
                places.push((root, tokens[..length].to_vec()));
            }
        }
        match (fact, value) {
            (Fact::Bound(root), Value::Bound(true)) => bound.push(*root),
            (Fact::Bound(_), _) => {}
            (Fact::Path(source), Value::Path(tokens, _)) => {
                let path = path_text(tokens, wanted.platform);
                match source {
                    // A file that a command or a call works on stands in its words.
                    Source::Builtin(Attr::Path) if action.object() != ObjectKind::Path => {}
                    Source::Builtin(Attr::Path) => {
                        has_object = true;
                        set(&mut fields, "path", text(&path))?;
                    }
                    Source::Builtin(Attr::Program) => program = Some(tokens),
                    Source::Builtin(attr) => set(&mut fields, attr.name(), text(&path))?,
                    Source::DeclaredPath(name) => fields.declare_value(name, text(&path)),
                    _ => return None,
                }
            }
            (Fact::Path(Source::Builtin(Attr::Path)), _) => {
                has_object |= action.object() == ObjectKind::Path;
            }
            (Fact::Command, Value::Words(steps)) => {
                has_object = true;
                words = Some(steps);
            }
            (Fact::Command, Value::NotUnderstood) => {
                has_object = true;
                set(&mut fields, "shell", text("'"))?;
            }
            (Fact::Command | Fact::Endpoint | Fact::Pair, Value::Unsent) => has_object = true,
            (Fact::Endpoint, value) => {
                has_object = true;
                match value {
                    Value::Name(name) => set(&mut fields, "host", text(name))?,
                    Value::Address(ip) => set(&mut fields, "host", text(&ip.to_string()))?,
                    Value::OtherHost if action == Action::Listen => {
                        set(&mut fields, "host", text(""))?;
                    }
                    Value::OtherHost => set(&mut fields, "host", text("not a host"))?,
                    Value::Socket(tokens, _) => {
                        has_port = true;
                        set(&mut fields, "unix", text(&path_text(tokens, wanted.platform)))?;
                    }
                    _ => return None,
                }
            }
            (Fact::Resolved, Value::Resolved(ip)) => {
                set(&mut fields, "resolved", texts([&*ip.to_string()]))?;
            }
            (Fact::Wire, Value::Wire(scheme, method)) => {
                if let Some(scheme) = scheme
                    && !(action == Action::Connect && scheme == "tcp")
                {
                    set(&mut fields, "scheme", text(scheme))?;
                }
                if let Some(method) = method {
                    set(&mut fields, "method", text(method))?;
                }
            }
            (Fact::Pair, Value::Pair(first, second)) => {
                has_object = true;
                let names =
                    if action == Action::Install { ["kind", "name"] } else { ["server", "tool"] };
                for (name, value) in names.into_iter().zip([first, second]) {
                    if let Some(value) = value {
                        set(&mut fields, name, text(value))?;
                    }
                }
            }
            (Fact::Mark(mark), Value::Mark(true)) => {
                marks.extend(wanted.model.marks.get(usize::from(*mark)).map(String::as_str));
            }
            (Fact::Mark(_), _) => {}
            (Fact::Set(Source::Builtin(Attr::Marks)), Value::Set(set)) => {
                marks.extend(set.iter().map(String::as_str));
            }
            (Fact::Set(source), Value::Set(list)) => {
                let list = texts(list.iter().map(String::as_str));
                match source {
                    Source::Builtin(attr) => set(&mut fields, attr.name(), list)?,
                    Source::Declared(name, _) => fields.declare_value(name, list),
                    _ => return None,
                }
            }
            (Fact::Host(source), value) => {
                let host = match value {
                    Value::Name(name) => name.clone(),
                    Value::Address(ip) => ip.to_string(),
                    _ => continue,
                };
                match source {
                    Source::Builtin(attr) => set(&mut fields, attr.name(), text(&host))?,
                    Source::DeclaredHost(name) | Source::DeclaredIp(name) => {
                        fields.declare_value(name, text(&host));
                    }
                    _ => return None,
                }
            }
            (Fact::Value(source), value) => {
                let is_object = matches!(
                    (action, source),
                    (Action::Use, Source::Builtin(Attr::Credential))
                        | (Action::Spawn, Source::Builtin(Attr::Name))
                );
                has_object |= is_object;
                let json = match value {
                    Value::Unsent => {
                        has_port |= *source == Source::Builtin(Attr::Port);
                        continue;
                    }
                    Value::Text(value) => text(value),
                    Value::Int(value) => Json::Number(value.to_string().into()),
                    Value::Bool(value) => Json::Bool(*value),
                    Value::Null => Json::Null,
                    _ => return None,
                };
                match source {
                    Source::Argument(path) => args.push((path, json)),
                    Source::Builtin(Attr::ArgsText) => {
                        let Value::Text(value) = value else { return None };
                        // Arguments that are no JSON are not understood, so those come last.
                        let raw = match attempt {
                            0 if Json::parse(value).is_err() => {
                                Json::Object(vec![("text".into(), text(value))]).canonical()
                            }
                            _ => value.clone(),
                        };
                        set(&mut fields, "args_json", text(&raw))?;
                    }
                    // A command as it is written is a line that holds it alone.
                    Source::Builtin(Attr::Line | Attr::Written) => {
                        let Value::Text(value) = value else { return None };
                        line = Some(value);
                    }
                    Source::Builtin(Attr::Platform) => {}
                    Source::Builtin(attr) => {
                        has_port |= *attr == Attr::Port;
                        set(&mut fields, attr.name(), json)?;
                    }
                    Source::Declared(name, _) => fields.declare_value(name, json),
                    _ => return None,
                }
            }
            _ => {}
        }
    }
    if !marks.is_empty() {
        set(&mut fields, "marks", texts(marks))?;
    }
    if !args.is_empty() {
        set(&mut fields, "args", nested(&args)?)?;
    }
    bind(wanted, &mut fields, &bound, &places, &paths, attempt);
    if action == Action::Run {
        command(wanted, &mut fields, words, program, line, has_object, attempt)?;
    } else if !has_object {
        object(action, &mut fields)?;
    }
    if action.has_port() && !has_port && wanted.values.iter().all(|(fact, _)| *fact != Fact::Wire) {
        let number = if action == Action::Listen { "8080" } else { "443" };
        set(&mut fields, "port", Json::Number(number.into()))?;
    }
    fields.request(action).ok()
}

/// What the action is done to, where no rule asks.
fn object(action: Action, fields: &mut Fields) -> Option<()> {
    let object = match action.object() {
        ObjectKind::Path => "/notes",
        ObjectKind::Host if action == Action::Listen => "203.0.113.7",
        ObjectKind::Host => "elsewhere.example",
        ObjectKind::Tool => "other/something",
        ObjectKind::Package => "plugin/other",
        ObjectKind::Name => "other",
        ObjectKind::Command | ObjectKind::None => return Some(()),
    };
    fields.object(action, object).ok()
}

/// An object with values at paths of names.
fn nested(args: &[(&[Box<str>], Json)]) -> Option<Json> {
    fn put(into: &mut Vec<(Box<str>, Json)>, path: &[Box<str>], value: &Json) -> Option<()> {
        let (first, rest) = path.split_first()?;
        let at = match into.iter().position(|(name, _)| name == first) {
            Some(at) => at,
            None => {
                into.push((first.clone(), Json::Object(Vec::new())));
                into.len() - 1
            }
        };
        if rest.is_empty() {
            into[at].1 = value.clone();
            return Some(());
        }
        match &mut into[at].1 {
            Json::Object(inner) => put(inner, rest, value),
            _ => None,
        }
    }
    let mut top = Vec::new();
    for (path, value) in args {
        put(&mut top, path, value)?;
    }
    Some(Json::Object(top))
}

/// Binds the roots: where the paths say, else somewhere that contains none of them.
fn bind(
    wanted: &Wanted<'_>,
    fields: &mut Fields,
    bound: &[u16],
    places: &[(u16, Vec<Rc<str>>)],
    paths: &[&[Rc<str>]],
    attempt: usize,
) {
    for &root in bound {
        let Some(declared) = wanted.model.roots.get(usize::from(root)) else { continue };
        let own: Vec<&Vec<Rc<str>>> =
            places.iter().filter(|(known, _)| *known == root).map(|(_, folder)| folder).collect();
        if let Some(folder) = own.get(attempt % own.len().max(1)) {
            let text = path_text(folder, wanted.platform);
            let text = if folder.is_empty() { "/".to_owned() } else { text };
            fields.bind(&declared.name, &text);
            continue;
        }
        let usual: &[&str] = match &*declared.name {
            "workspace" => &["home/dev/app", "srv/work/app"],
            "home" => &["home/dev", "srv/home/dev"],
            "tmp" => &["tmp", "var/tmp/session"],
            _ => &["srv/data"],
        };
        let samples: Vec<String> = match &declared.within[..] {
            [] => usual.iter().map(|one| (*one).to_owned()).collect(),
            within => within.iter().map(sample).collect(),
        };
        let contains = |folder: &str| {
            let folder: Vec<&str> = folder.split('/').collect();
            paths.iter().any(|path| {
                folder.len() <= path.len()
                    && folder.iter().zip(*path).all(|(a, b)| a.eq_ignore_ascii_case(b))
            })
        };
        let apart = samples.iter().find(|folder| !contains(folder));
        let chosen = apart.cloned().unwrap_or_else(|| format!("srv/apart/{}", declared.name));
        let tokens: Vec<Rc<str>> = match wanted.platform {
            Some(Platform::Windows) => {
                std::iter::once("c:").chain(chosen.split('/')).map(Rc::from).collect()
            }
            _ => chosen.split('/').map(Rc::from).collect(),
        };
        fields.bind(&declared.name, path_text(&tokens, wanted.platform).trim_end_matches('/'));
    }
}

/// A folder that a pattern matches, without the first separator.
fn sample(pattern: &PathPattern) -> String {
    let tokens: Vec<String> = pattern
        .items
        .iter()
        .filter_map(|item| match item {
            PathItem::AnyDepth => None,
            PathItem::Component(token) => Some(match token.as_literal() {
                Some(literal) => literal.to_owned(),
                None => crate::model::words::token(token).replace(['*', '?'], "dev"),
            }),
        })
        .collect();
    tokens.join("/")
}

fn command(
    wanted: &Wanted<'_>,
    fields: &mut Fields,
    steps: Option<&[Step]>,
    program: Option<&[Rc<str>]>,
    line: Option<&str>,
    has_object: bool,
    attempt: usize,
) -> Option<()> {
    let given = match wanted.reading {
        // The base name comes first there.
        Reading::Trusted => 1,
        Reading::Plain | Reading::ByPath | Reading::Folded => 0,
    };
    let mut words: Vec<String> = Vec::new();
    let mut is_static = true;
    for step in steps.unwrap_or(&[]) {
        match step {
            Step::Token(token) => words.push(token.to_string()),
            Step::First(tokens) => words.push(tokens.get(given)?.to_string()),
            Step::AtRunTime { .. } => {
                is_static = false;
                words.push(String::new());
            }
            Step::Root(_) => {}
        }
    }
    if steps.is_none() {
        if has_object {
            return Some(());
        }
        words.push(match wanted.reading {
            Reading::Plain | Reading::Folded => "something".to_owned(),
            Reading::Trusted => "/usr/bin/something".to_owned(),
            Reading::ByPath => "/opt/tools/something".to_owned(),
        });
    }
    if let (Some(program), Some(first)) = (program, words.first_mut()) {
        let base = first.rsplit('/').next().unwrap_or(first).to_owned();
        let folder = program.get(..program.len().saturating_sub(1))?;
        let own = program.last()?;
        let name = if attempt == 0 { &base } else { &**own };
        let folder: String = folder.iter().map(|token| format!("/{token}")).collect();
        *first = format!("{folder}/{name}");
    }
    if let Some(line) = line {
        // A comment may say anything beside the command.
        let written = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let shell = match attempt {
            0 => format!("{written} # {line}"),
            1 => line.to_owned(),
            _ => written,
        };
        return fields.set("shell", text(&shell)).ok();
    }
    if is_static && wanted.shell_around.is_none() && attempt < 2 {
        return fields.set("argv", texts(words.iter().map(String::as_str))).ok();
    }
    let steps = steps.unwrap_or(&[]);
    let written: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(index, word)| match steps.get(index) {
            Some(Step::AtRunTime { may_be_flag: true, many: true }) => "$X".to_owned(),
            Some(Step::AtRunTime { may_be_flag: false, many: true }) => "a$X".to_owned(),
            Some(Step::AtRunTime { may_be_flag: true, many: false }) => "\"$X\"".to_owned(),
            Some(Step::AtRunTime { may_be_flag: false, many: false }) => "\"a$X\"".to_owned(),
            _ => quoted(word),
        })
        .collect();
    let line = written.join(" ");
    let line = match wanted.shell_around {
        Some(around) => around.replace("{}", &line),
        None => line,
    };
    fields.set("shell", text(&line)).ok()
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) && !word.starts_with('=') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
