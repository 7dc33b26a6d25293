//! Requests from flags.

use std::path::PathBuf;

use clap::Args;
use policy_eval::json::Json;
use policy_eval::{Action, Fields, RequestBuf};
use policy_lang::model::{DeclaredType, Model};

use crate::outcome::Stop;

/// What is done: one of these.
#[derive(Args, Debug)]
#[group(id = "what", multiple = false)]
#[command(next_help_heading = "What is done")]
pub(crate) struct What {
    /// Give a line to a shell.
    #[arg(long, value_name = "LINE")]
    run: Option<String>,
    /// Start the program behind `--` directly, without a shell.
    #[arg(long, requires = "words")]
    argv: bool,
    /// Read a file, or list a folder.
    #[arg(long, value_name = "PATH")]
    read: Option<String>,
    /// Change or make a file.
    #[arg(long, value_name = "PATH")]
    write: Option<String>,
    /// Delete a file.
    #[arg(long, value_name = "PATH")]
    delete: Option<String>,
    /// Connect to HOST:PORT, a URL, or unix:PATH.
    #[arg(long, value_name = "WHERE")]
    connect: Option<String>,
    /// Listen at HOST:PORT.
    #[arg(long, value_name = "WHERE")]
    listen: Option<String>,
    /// Fetch a page.
    #[arg(long, value_name = "URL")]
    fetch: Option<String>,
    /// Search the web.
    #[arg(long)]
    search: bool,
    /// Call a tool of an MCP server.
    #[arg(long, value_name = "SERVER/TOOL")]
    call: Option<String>,
    /// Use a credential.
    #[arg(long = "use", value_name = "NAME")]
    credential: Option<String>,
    /// Log in.
    #[arg(long)]
    login: bool,
    /// Start a session.
    #[arg(long)]
    start: bool,
    /// Install a plugin, a skill, an MCP server or a hook.
    #[arg(long, value_name = "KIND/NAME")]
    install: Option<String>,
    /// Start another agent.
    #[arg(long, value_name = "NAME")]
    spawn: Option<String>,
    /// Send a prompt to the model.
    #[arg(long)]
    prompt: bool,
}

impl What {
    fn with_object(&self) -> [(Action, &Option<String>); 11] {
        [
            (Action::Run, &self.run),
            (Action::Read, &self.read),
            (Action::Write, &self.write),
            (Action::Delete, &self.delete),
            (Action::Connect, &self.connect),
            (Action::Listen, &self.listen),
            (Action::Fetch, &self.fetch),
            (Action::Call, &self.call),
            (Action::Use, &self.credential),
            (Action::Install, &self.install),
            (Action::Spawn, &self.spawn),
        ]
    }

    fn without_object(&self) -> [(Action, bool); 4] {
        [
            (Action::Search, self.search),
            (Action::Login, self.login),
            (Action::Start, self.start),
            (Action::Prompt, self.prompt),
        ]
    }
}

/// What else is known of it.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is known of it")]
pub(crate) struct Known {
    /// An attribute: `branch=main`, `risk=12`, `marks=a,b`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Where a root lies: `workspace=/home/dev/app`. A root may lie in several places.
    #[arg(long, value_name = "NAME=PATH", value_parser = pair)]
    root: Vec<(String, String)>,
    /// The folder that relative paths start from.
    #[arg(long, value_name = "PATH")]
    cwd: Option<String>,
    /// The workspace is the current folder, and home is $HOME.
    #[arg(long)]
    here: bool,
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

impl Known {
    /// The facts, typed as the language and the policy say.
    pub(crate) fn fields(&self, model: &Model) -> Result<Fields, Stop> {
        let mut fields = Fields::default();
        for (root, path) in &self.root {
            if !model.roots.iter().any(|known| known.name == *root) {
                let names = model.roots.iter().map(|root| root.name.as_str());
                return Err(Stop::Usage(unknown_root(root, names)));
            }
            fields.bind(root, path);
        }
        if self.here {
            self.bind_here(&mut fields)?;
        }
        if let Some(cwd) = &self.cwd {
            fields.set_text("cwd", cwd).map_err(Stop::usage)?;
        }
        for (index, (name, text)) in self.set.iter().enumerate() {
            if self.set[..index].iter().any(|(before, _)| before == name) {
                return Err(Stop::Usage(format!("--set says `{name}` twice")));
            }
            if name.starts_with("args.") {
                let help = "the arguments of a call are given as JSON: --args '{\"NAME\": …}'";
                return Err(Stop::Usage(format!("`{name}`: {help}")));
            }
            set(&mut fields, model, name, text)?;
        }
        Ok(fields)
    }

    /// Binds the usual roots, those aside that a flag binds.
    fn bind_here(&self, fields: &mut Fields) -> Result<(), Stop> {
        let is_free = |root| !self.root.iter().any(|(name, _)| name == root);
        if is_free("workspace") {
            let folder = std::env::current_dir().map_err(|error| {
                Stop::unable(format_args!("there is no current folder: {error}"))
            })?;
            fields.bind("workspace", &utf8(folder)?);
        }
        if let (true, Some(home)) = (is_free("home"), std::env::home_dir()) {
            fields.bind("home", &utf8(home)?);
        }
        Ok(())
    }
}

pub(crate) fn unknown_root<'n>(root: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    match policy_lang::diagnostic::nearest(root, names.clone()) {
        Some(nearest) => format!("unknown root `{root}`; did you mean `{nearest}`?"),
        None => {
            let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
            format!("unknown root `{root}`; this policy has {}", names.join(", "))
        }
    }
}

fn utf8(path: PathBuf) -> Result<String, Stop> {
    path.into_os_string()
        .into_string()
        .map_err(|path| Stop::unable(format_args!("`{}` is not UTF-8", path.display())))
}

fn set(fields: &mut Fields, model: &Model, name: &str, text: &str) -> Result<(), Stop> {
    let declared = model.attributes.iter().find(|attribute| attribute.name == name);
    let ty = match declared.map(|attribute| &attribute.ty) {
        None => return fields.set_text(name, text).map_err(Stop::usage),
        Some(DeclaredType::Builtin(ty)) => *ty,
        Some(DeclaredType::OneOf(words)) => {
            if !words.iter().any(|word| word == text) {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                let expected = words.join(", ");
                return Err(Stop::Usage(format!("`{name}`: expected one of {expected}")));
            }
            policy_eval::Type::String
        }
    };
    fields.declare(name, ty, text).map_err(Stop::usage)
}

/// One request from flags.
#[derive(Args, Debug)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    what: What,
    /// The arguments of the call, as JSON.
    #[arg(long, value_name = "JSON", requires = "call", help_heading = "What is done")]
    args: Option<String>,
    /// The program and its arguments, for --argv.
    #[arg(last = true, requires = "argv", value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    pub(crate) known: Known,
}

impl RequestArgs {
    /// The request that the flags describe.
    pub(crate) fn request(&self, model: &Model) -> Result<RequestBuf, Stop> {
        let mut fields = self.known.fields(model)?;
        let action = self.object(&mut fields)?;
        if let Some(args) = &self.args {
            if action != Action::Call {
                return Err(Stop::usage("--args goes with --call"));
            }
            fields.set_text("args_json", args).map_err(Stop::usage)?;
        }
        fields.request(action).map_err(Stop::usage)
    }

    fn object(&self, fields: &mut Fields) -> Result<Action, Stop> {
        if self.what.argv {
            let words = self.words.iter().map(|word| Json::String((**word).into()));
            fields.set("argv", Json::Array(words.collect())).map_err(Stop::usage)?;
            return Ok(Action::Run);
        }
        for (action, text) in self.what.with_object() {
            let Some(text) = text else { continue };
            match text.strip_prefix("unix:") {
                Some(path) if action == Action::Connect => fields.set_text("unix", path),
                _ => fields.object(action, text),
            }
            .map_err(Stop::usage)?;
            return Ok(action);
        }
        let asked = self.what.without_object().into_iter().find(|(_, asked)| *asked);
        asked.map(|(action, _)| action).ok_or_else(|| {
            Stop::usage(
                "say what is done: --run LINE, --write PATH, --connect HOST:PORT, … (see --help)",
            )
        })
    }
}
