//! From the call of a host's tool to requests, by a table.
//!
//! Each host has a list of [`Tool`]s: names, and what a call of it does ([`Effect`]), found in its
//! arguments. A tool that no row names is `call "RUNTIME/TOOL"`, so that a policy speaks of tools
//! that are younger than this table.
//!
//! ```text
//!   Tool { names: ["Edit", "Write"], effects: [write of `file_path`] }
//!   Tool { names: ["fs_read"],       effects: [read of each `operations[].path`] }
//! ```

use policy_eval::json::Json;
use policy_eval::{Action, Fields, RequestBuf, ShellKind};

use super::patch;
use super::payload::{self, PayloadError};

/// Tools that act alike.
#[derive(Debug)]
pub struct Tool {
    /// What the host calls them.
    pub names: &'static [&'static str],
    /// An argument and the values of it for which the row holds. Of several rows for one tool the
    /// first that holds counts.
    pub when: Option<(&'static str, &'static [&'static str])>,
    /// What a call does. The strictest decision over all of them counts.
    pub effects: &'static [Effect],
}

/// One thing that a call does.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// What is done.
    pub what: What,
    /// Where the arguments say to what: `file_path`, `path|file_path` for either, `files[]` for each
    /// of a list, `operations[].path` for a member of each.
    pub from: &'static str,
    /// The argument that names the folder that it starts from, where there is one.
    pub dir: &'static str,
    /// What it means that the arguments do not say.
    pub absent: Absent,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A shell runs a text, or a program is started with a list of words.
    Run(ShellKind),
    /// Something happens to a file or folder.
    Path(Action),
    /// The files that a glob pattern matches are read: the folder that it begins with is.
    Glob,
    /// A page is fetched.
    Fetch,
    /// The pages are fetched whose URLs stand in a text.
    FetchText,
    /// The web is searched.
    Search,
    /// An agent is started.
    Spawn,
    /// A patch is applied: the files are those that its text names.
    Patch,
    /// A prompt is sent.
    Prompt,
    /// A tool of a server is called whose name, tool and arguments stand in these arguments.
    Call {
        /// The argument with the server's name.
        server: &'static str,
        /// The argument with the tool's name.
        tool: &'static str,
        /// The argument with the arguments.
        args: &'static str,
    },
}

/// What a missing argument means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The call is not understood.
    Malformed,
    /// The folder that the host works in.
    Here,
    /// Nothing is done by this.
    Nothing,
}

impl Effect {
    /// An effect whose argument must be there.
    pub const fn new(what: What, from: &'static str) -> Effect {
        Effect { what, from, dir: "", absent: Absent::Malformed }
    }

    /// Running a text with bash.
    pub const fn run(from: &'static str) -> Effect {
        Effect::new(What::Run(ShellKind::Bash), from)
    }

    /// Reading a file.
    pub const fn read(from: &'static str) -> Effect {
        Effect::new(What::Path(Action::Read), from)
    }

    /// Changing a file.
    pub const fn write(from: &'static str) -> Effect {
        Effect::new(What::Path(Action::Write), from)
    }

    /// Removing a file.
    pub const fn delete(from: &'static str) -> Effect {
        Effect::new(What::Path(Action::Delete), from)
    }

    /// Fetching a page.
    pub const fn fetch(from: &'static str) -> Effect {
        Effect::new(What::Fetch, from)
    }

    /// Starting an agent; one without a name where the argument is missing.
    pub const fn spawn(from: &'static str) -> Effect {
        Effect { absent: Absent::Here, ..Effect::new(What::Spawn, from) }
    }

    /// Reading what a glob pattern matches.
    pub const fn glob(pattern: &'static str, dir: &'static str) -> Effect {
        Effect::new(What::Glob, pattern).within(dir)
    }

    /// What it does, for a table in Markdown.
    pub(crate) fn describe(&self) -> String {
        let names = |names: &str| format!("`{}`", names.replace('|', "` or `"));
        let from = names(self.from);
        let (verb, from) = match self.what {
            What::Run(ShellKind::Bash) => ("run", from),
            What::Run(kind) => ("run", format!("{from} ({})", kind.name())),
            What::Path(action) if self.from.is_empty() => (action.name(), "the folder".to_owned()),
            What::Path(action) => (action.name(), from),
            What::Glob => ("read", format!("the folder that {from} begins with")),
            What::Fetch => ("fetch", from),
            What::FetchText => ("fetch", format!("each URL in {from}")),
            What::Search => return "`search`".to_owned(),
            What::Spawn => ("spawn", from),
            What::Patch => {
                return format!("`write` and `delete` of each file in the patch {from}");
            }
            What::Prompt => return "`prompt`".to_owned(),
            What::Call { server, tool, .. } => ("call", format!("`{server}` and `{tool}`")),
        };
        let folder = match (self.dir, self.what) {
            ("", _) | (_, What::Glob) => String::new(),
            (dir, _) => format!(" in {}", names(dir)),
        };
        let absent = match (self.absent, self.what) {
            (Absent::Here, What::Path(_)) if !self.from.is_empty() => ", else of the folder",
            (Absent::Nothing, _) => ", if there is one",
            _ => "",
        };
        format!("`{verb}` of {from}{folder}{absent}")
    }

    /// Searching the web.
    pub const SEARCH: Effect = Effect { absent: Absent::Here, ..Effect::new(What::Search, "") };

    /// The same, starting from the folder that an argument names.
    #[must_use]
    pub const fn within(self, dir: &'static str) -> Effect {
        Effect { dir, ..self }
    }

    /// The same, in the folder that the host works in where the argument is missing.
    #[must_use]
    pub const fn or_here(self) -> Effect {
        Effect { absent: Absent::Here, ..self }
    }

    /// The same, and nothing where the argument is missing.
    #[must_use]
    pub const fn or_nothing(self) -> Effect {
        Effect { absent: Absent::Nothing, ..self }
    }
}

impl Tool {
    /// A row that holds for every call.
    pub const fn new(names: &'static [&'static str], effects: &'static [Effect]) -> Tool {
        Tool { names, when: None, effects }
    }

    /// A row that holds where an argument has one of some values.
    pub const fn when(
        names: &'static [&'static str],
        argument: &'static str,
        values: &'static [&'static str],
        effects: &'static [Effect],
    ) -> Tool {
        Tool { names, when: Some((argument, values)), effects }
    }

    fn holds(&self, args: &Json) -> Result<bool, PayloadError> {
        let Some((name, values)) = self.when else { return Ok(true) };
        Ok(payload::text(args, &[name])?.is_some_and(|value| values.contains(&value)))
    }
}

/// A call of a tool, as the payload says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'j> {
    pub(crate) runtime: &'static str,
    pub(crate) tool: &'j str,
    pub(crate) args: &'j Json,
    /// The folder that relative paths start from.
    pub(crate) cwd: Option<&'j str>,
}

/// The requests that a call stands for, at least one.
///
/// # Errors
/// When an argument that a row needs is missing or is no text.
pub(crate) fn requests(tools: &[Tool], call: &Call<'_>) -> Result<Vec<RequestBuf>, PayloadError> {
    let mut requests = of_table(tools, call)?;
    if requests.is_empty() {
        requests.push(own_call(call)?);
    }
    Ok(requests)
}

/// The requests that the table has for a call.
///
/// # Errors
/// As [`requests`].
pub(crate) fn of_table(tools: &[Tool], call: &Call<'_>) -> Result<Vec<RequestBuf>, PayloadError> {
    let mut requests = Vec::new();
    for tool in tools.iter().filter(|tool| tool.names.contains(&call.tool)) {
        if tool.holds(call.args)? {
            for effect in tool.effects {
                effect.requests(call, &mut requests)?;
            }
            break;
        }
    }
    Ok(requests)
}

/// The request to do something to a file.
pub(crate) fn of_path(
    action: Action,
    path: &str,
    cwd: Option<&str>,
) -> Result<RequestBuf, PayloadError> {
    // No path is no place at all, and nobody knows what the host makes of it.
    if path.is_empty() {
        return Err(PayloadError::Missing("path".to_owned()));
    }
    let mut fields = Fields::default();
    set(&mut fields, "path", string(path))?;
    finish(fields, action, cwd)
}

/// The request to run a command: `shell` with a text, `argv` with a list of words.
pub(crate) fn of_command(
    field: &str,
    command: Json,
    cwd: Option<&str>,
) -> Result<RequestBuf, PayloadError> {
    let mut fields = Fields::default();
    set(&mut fields, field, command)?;
    finish(fields, Action::Run, cwd)
}

/// The request to call a tool that the host has by itself, under the host's own name.
fn own_call(call: &Call<'_>) -> Result<RequestBuf, PayloadError> {
    if let Some(rest) = call.tool.strip_prefix("mcp__") {
        return joined(call, rest);
    }
    if let Some((server, tool)) = call.tool.strip_prefix('@').and_then(|name| name.split_once('/'))
    {
        return named(apart(server, call.runtime), tool, call);
    }
    named(call.runtime, call.tool, call)
}

/// A server that calls itself as the host does would get the rules of the host's own tools, so its
/// name counts as one that nobody understands.
pub(crate) fn apart<'s>(server: &'s str, runtime: &str) -> &'s str {
    if server == runtime { "" } else { server }
}

/// The request to call a tool of a server.
pub(crate) fn named(server: &str, tool: &str, call: &Call<'_>) -> Result<RequestBuf, PayloadError> {
    let mut fields = Fields::default();
    set(&mut fields, "server", string(server))?;
    set(&mut fields, "tool", string(tool))?;
    arguments(&mut fields, call.args)?;
    finish(fields, Action::Call, call.cwd)
}

/// Of a name that joins two, behind its `mcp__`. Where it can be split in several places nobody
/// knows which servers there are, so each split is told, and the engine asks at least.
fn joined(call: &Call<'_>, rest: &str) -> Result<RequestBuf, PayloadError> {
    let splits = rest.char_indices().filter(|(at, _)| rest[*at..].starts_with("__"));
    let splits: Vec<usize> = splits.map(|(at, _)| at).collect();
    if let [at] = splits[..]
        && apart(&rest[..at], call.runtime) == &rest[..at]
    {
        return named(&rest[..at], &rest[at + 2..], call);
    }
    let servers = splits.iter().map(|at| &rest[..*at]).filter(|server| *server != call.runtime);
    let servers = Json::Array(servers.map(string).collect());
    let mut fields = Fields::default();
    set(&mut fields, "joined", string(call.tool))?;
    set(&mut fields, "servers", servers)?;
    arguments(&mut fields, call.args)?;
    finish(fields, Action::Call, call.cwd)
}

fn arguments(fields: &mut Fields, args: &Json) -> Result<(), PayloadError> {
    match args {
        Json::Null => Ok(()),
        Json::String(text) => set(fields, "args_json", string(text)),
        args => set(fields, "args", args.clone()),
    }
}

fn string(text: &str) -> Json {
    Json::String(text.into())
}

fn set(fields: &mut Fields, name: &str, value: Json) -> Result<(), PayloadError> {
    fields.set(name, value).map_err(|error| PayloadError::NoRequest(error.to_string()))
}

fn finish(
    mut fields: Fields,
    action: Action,
    cwd: Option<&str>,
) -> Result<RequestBuf, PayloadError> {
    if let Some(cwd) = cwd.filter(|_| starts_somewhere(action)) {
        set(&mut fields, "cwd", string(cwd))?;
    }
    fields.request(action).map_err(|error| PayloadError::NoRequest(error.to_string()))
}

/// Whether requests of the action have a working directory.
const fn starts_somewhere(action: Action) -> bool {
    matches!(action, Action::Read | Action::Write | Action::Delete | Action::Run | Action::Call)
}

impl Effect {
    fn requests(
        &self,
        call: &Call<'_>,
        requests: &mut Vec<RequestBuf>,
    ) -> Result<(), PayloadError> {
        if let What::Call { server, tool, args } = self.what {
            let server = payload::needed(call.args, &[server])?;
            let tool = payload::needed(call.args, &[tool])?;
            let args = payload::field(call.args, &[args])?.map_or(&Json::Null, |(_, args)| args);
            requests.push(named(apart(server, call.runtime), tool, &Call { args, ..*call })?);
            return Ok(());
        }
        let dir = match self.dir {
            "" => None,
            names => select_text(call.args, names)?.filter(|dir| !dir.is_empty()),
        };
        let cwd = dir.map(|dir| below(call.cwd, dir));
        let cwd = cwd.as_deref().or(call.cwd);
        let found = match self.from {
            "" => Vec::new(),
            from => select(call.args, from)?,
        };
        if found.is_empty() {
            match self.absent {
                Absent::Nothing => return Ok(()),
                Absent::Malformed => {
                    return Err(PayloadError::Missing(self.from.replace('|', "` or `")));
                }
                Absent::Here => self.request(None, cwd, requests)?,
            }
        }
        for value in found {
            self.request(Some(value), cwd, requests)?;
        }
        Ok(())
    }

    /// The request for one value, or for none.
    fn request(
        &self,
        value: Option<&Json>,
        cwd: Option<&str>,
        requests: &mut Vec<RequestBuf>,
    ) -> Result<(), PayloadError> {
        let mut fields = Fields::default();
        if let (What::Run(_), Some(argv @ Json::Array(_))) = (self.what, value) {
            fields
                .set("argv", argv.clone())
                .map_err(|_| payload::misfit(self.from, argv, "a string or a list of strings"))?;
            requests.push(finish(fields, Action::Run, cwd)?);
            return Ok(());
        }
        let text = match value {
            None => None,
            Some(Json::String(text)) => Some(&**text),
            Some(other) => return Err(payload::misfit(self.from, other, "a string")),
        };
        let action = match self.what {
            What::Run(kind) => {
                set(&mut fields, "shell", string(text.unwrap_or_default()))?;
                set(&mut fields, "shell_kind", string(kind.name()))?;
                Action::Run
            }
            What::Path(action) => {
                requests.push(of_path(action, text.unwrap_or("."), cwd)?);
                return Ok(());
            }
            What::Glob => {
                set(&mut fields, "path", string(folder_of_glob(text.unwrap_or("."))))?;
                Action::Read
            }
            What::Fetch => {
                set(&mut fields, "url", string(text.unwrap_or_default()))?;
                Action::Fetch
            }
            What::FetchText => {
                let text = text.unwrap_or_default();
                let urls = urls(text);
                if urls.is_empty() {
                    // From where is not known.
                    requests.push(finish(fields, Action::Fetch, cwd)?);
                    return Ok(());
                }
                for url in urls {
                    let mut fields = Fields::default();
                    set(&mut fields, "url", string(url))?;
                    requests.push(finish(fields, Action::Fetch, cwd)?);
                }
                return Ok(());
            }
            What::Search => Action::Search,
            What::Spawn => {
                set(&mut fields, "name", string(text.unwrap_or("default")))?;
                Action::Spawn
            }
            What::Patch => {
                for (action, path) in patch::files(text.unwrap_or_default())? {
                    let mut fields = Fields::default();
                    set(&mut fields, "path", string(path))?;
                    requests.push(finish(fields, action, cwd)?);
                }
                return Ok(());
            }
            What::Prompt => {
                let length = text.unwrap_or_default().chars().count();
                set(&mut fields, "length", Json::Number(length.to_string().into()))?;
                Action::Prompt
            }
            What::Call { .. } => return Ok(()),
        };
        requests.push(finish(fields, action, cwd)?);
        Ok(())
    }
}

/// A folder that is named from another one.
pub(crate) fn below(cwd: Option<&str>, dir: &str) -> String {
    let is_drive = dir.as_bytes().get(1) == Some(&b':');
    match cwd {
        Some(cwd) if !dir.starts_with(['/', '\\', '~']) && !is_drive => {
            format!("{}/{dir}", cwd.trim_end_matches(['/', '\\']))
        }
        _ => dir.to_owned(),
    }
}

fn select_text<'j>(args: &'j Json, names: &'static str) -> Result<Option<&'j str>, PayloadError> {
    match select(args, names)?[..] {
        [] => Ok(None),
        [value] => {
            let misfit = || payload::misfit(names, value, "a string");
            value.as_str().map(Some).ok_or_else(misfit)
        }
        _ => Err(PayloadError::Missing(names.to_owned())),
    }
}

/// The values that the steps of `from` lead to. Where a step leads to nothing in one item of a
/// list, nothing is known of the item, so that is an error.
fn select<'j>(args: &'j Json, from: &'static str) -> Result<Vec<&'j Json>, PayloadError> {
    if !matches!(args, Json::Object(_)) {
        return Err(payload::misfit("arguments", args, "an object"));
    }
    let (step, rest) = from.split_once('.').map_or((from, None), |(step, rest)| (step, Some(rest)));
    let known: Vec<&'static str> =
        step.split('|').map(|name| name.strip_suffix("[]").unwrap_or(name)).collect();
    let Some((name, value)) = payload::field(args, &known)? else { return Ok(Vec::new()) };
    let is_list = step.split('|').any(|known| known.strip_suffix("[]") == Some(name));
    let items = match (is_list, value) {
        (false, value) => std::slice::from_ref(value),
        (true, Json::Array(items)) => items,
        (true, other) => return Err(payload::misfit(name, other, "a list")),
    };
    let Some(rest) = rest else { return Ok(items.iter().collect()) };
    let mut found = Vec::new();
    for item in items {
        let inner = select(item, rest)?;
        if inner.is_empty() {
            return Err(PayloadError::Missing(rest.to_owned()));
        }
        found.extend(inner);
    }
    Ok(found)
}

/// The folder, or the file, that a glob pattern begins with.
fn folder_of_glob(pattern: &str) -> &str {
    let Some(special) = pattern.find(['*', '?', '[', '{', '!', '(']) else {
        return if pattern.is_empty() { "." } else { pattern };
    };
    match pattern[..special].rfind(['/', '\\']) {
        None => ".",
        Some(0) => "/",
        Some(slash) => &pattern[..slash],
    }
}

/// The URLs in a text, without the punctuation of the sentence around them.
fn urls(text: &str) -> Vec<&str> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.match_indices("://")
        .map(|(at, _)| {
            let before = &text[..at];
            let start = before.trim_end_matches(of_scheme).len();
            let rest = &text[start..];
            let end = rest.find(is_end).unwrap_or(rest.len());
            rest[..end].trim_end_matches(['.', ',', ';', ':', '!', ')', ']', '}'])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_reads_the_folder_that_it_begins_with() {
        for (pattern, folder) in [
            ("**/*.rs", "."),
            ("src/**/*.rs", "src"),
            ("../../etc/*", "../../etc"),
            ("/etc/{passwd,shadow}", "/etc"),
            ("/*", "/"),
            ("a.txt", "a.txt"),
            ("", "."),
        ] {
            assert_eq!(folder_of_glob(pattern), folder, "{pattern}");
        }
    }

    #[test]
    fn every_url_of_a_text_is_found() {
        for (text, expected) in [
            (
                "Summarise https://example.com/a and https://evil.test/b",
                &["https://example.com/a", "https://evil.test/b"][..],
            ),
            (
                "(see http://a.example/x), or <https://b.example>.",
                &["http://a.example/x", "https://b.example"],
            ),
            ("no address", &[]),
            (
                "https://a.example/?u=https://b.example/",
                &["https://a.example/?u=https://b.example/", "https://b.example/"],
            ),
        ] {
            assert_eq!(urls(text), expected, "{text}");
        }
    }

    #[test]
    fn steps_lead_to_arguments_or_to_an_error() {
        let args = Json::parse(
            r#"{"path": "a", "files": ["b", "c"], "operations": [{"path": "d"}, {"image_paths": ["e", "f"]}], "n": 1, "bad": [{}]}"#,
        )
        .unwrap();
        for (from, expected) in [
            ("path", r#"["a"]"#),
            ("file_path|path", r#"["a"]"#),
            ("files[]", r#"["b","c"]"#),
            ("operations[].path|image_paths[]", r#"["d","e","f"]"#),
            ("other", "[]"),
            ("n[]", "`n` is a number, not a list"),
            ("bad[].path", "it has no `path`"),
            ("path.x", "`arguments` is a string, not an object"),
            ("Files[]", "it has `files` where `Files` is meant"),
        ] {
            let found = match select(&args, from) {
                Ok(found) => Json::Array(found.into_iter().cloned().collect()).canonical(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{from}");
        }
    }

    #[test]
    fn joined_names_are_split_only_where_that_is_certain() {
        for (tool, expected) in [
            (
                "mcp__github__create_issue",
                r#"{"action":"call","server":"github","tool":"create_issue"}"#,
            ),
            ("mcp__a__b__c", r#"{"action":"call","joined":"mcp__a__b__c","servers":["a","a__b"]}"#),
            ("mcp__claude-code__Bash", r#"{"action":"call","joined":"mcp__claude-code__Bash"}"#),
            ("mcp__alone", r#"{"action":"call","joined":"mcp__alone"}"#),
            ("Newest", r#"{"action":"call","server":"claude-code","tool":"Newest"}"#),
        ] {
            let call = Call { runtime: "claude-code", tool, args: &Json::Null, cwd: None };
            let found = requests(&[], &call).unwrap();
            let [request] = &found[..] else { panic!("{tool}: {found:?}") };
            let shown = request.with_request(|request| policy_eval::to_json(request).canonical());
            assert_eq!(shown, expected, "{tool}");
        }
    }
}
