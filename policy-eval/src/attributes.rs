//! What is known of each attribute of a part.

use crate::canon;
use crate::facts::{Args, Attribute, Command, Endpoint, HostValue, Judged, Object, Word};
use crate::json::Json;
use crate::request::Declared;
use crate::text::shell_word;
use crate::vocab::Attr;

impl<'a> Judged<'a> {
    /// What is known of an attribute of the part.
    ///
    /// `args_text` and `written` are not here: making a text allocates, so the engines ask for
    /// [`Judged::made_text`] where a policy speaks of them. `argv` gives the words of the first form.
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
                _ => request.host.map_or(Attribute::Unsent, canon::host_attribute),
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
                // A destination that was not sent may be a socket.
                None | Some(Endpoint { host: HostValue::Unsent, .. }) => Attribute::Unsent,
                Some(_) => Attribute::Absent,
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
            Attr::ArgsText | Attr::Written => Attribute::Unsent,
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
            Attr::Source => request.source.map_or(Attribute::Unsent, canon::host_attribute),
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

    /// The text that has to be made of the part before a rule can look at it: of a call its
    /// arguments as canonical JSON (`args_text`), of a command its words as they stand in what was
    /// sent (`written`), joined with blanks and quoted where a shell would read them otherwise.
    /// A word that is known only when the command runs is `…`.
    pub fn made_text(&self) -> Option<String> {
        match self.part.object {
            Object::Tool { args: Args::Known(args), .. } => Some(args.canonical()),
            Object::Command(Command { written: words @ [_, ..], .. }) => Some(written(words)),
            _ => None,
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

/// Words as shell text.
fn written(words: &[Word<'_>]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match word.value() {
            Some(value) => text.push_str(&shell_word(value)),
            None if word.under_home => {
                text.push('~');
                text.push_str(word.text);
            }
            None => text.push('…'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::canon;
    use crate::request::Request;

    fn written(request: &Request<'_>) -> Vec<Option<String>> {
        let mut all = Vec::new();
        canon::parts(request, &mut |judged| all.push(judged.made_text()));
        all
    }

    #[test]
    fn a_command_is_written_as_it_was_sent() {
        for (line, expected) in [
            ("git  'status'", &["git status"][..]),
            (
                "ls && timeout 5 bash -c 'rm x; make'",
                &["ls", "timeout 5 bash -c 'rm x; make'", "timeout 5 bash -c 'rm x; make'"],
            ),
            ("echo $X 'it'\\''s' \"\" ~/a", &["echo … 'it'\\''s' '' ~/a"]),
            ("xargs -n1 env rm", &["xargs -n1 env rm"]),
        ] {
            let all: Vec<_> = written(&Request::shell(line)).into_iter().flatten().collect();
            assert_eq!(all, expected, "{line}");
        }
        assert_eq!(
            written(&Request::argv(&["env", "git", "a b", "*"])),
            [Some("env git 'a b' '*'".to_owned())]
        );
        assert_eq!(written(&Request::shell("ls (")).last(), Some(&None), "what is not understood");
    }
}
