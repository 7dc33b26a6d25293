//! What an action is like, in few words: how reports put together what a person would call the same.
//!
//! `run git push`, `write $workspace/src`, `connect api.example.com`. A kind is for counting alone.
//! Nothing is decided by it, and a policy is never made from it.

use policy_eval::{Endpoint, HostValue, Object, Part, PathValue};

/// Appends what a part does, without the action's name. `roots` are names and where they lie.
pub(crate) fn describe(part: &Part<'_>, roots: &[(&str, &str)], out: &mut String) {
    match part.object {
        Object::None => {}
        Object::Path(path) => of_path(path, roots, out),
        Object::Command(command) => match command.forms.first() {
            _ if command.nothing_runs => out.push_str("(nothing)"),
            None => out.push_str("(not understood)"),
            Some(form) => {
                let mut words = form.words.iter();
                let program = words.next().and_then(|word| word.value());
                let Some(program) = program else {
                    out.push_str("(known when it runs)");
                    return;
                };
                cut(program.rsplit('/').next().unwrap_or(program), out);
                let next = words.next().and_then(|word| word.value());
                if let Some(word) = next.filter(|word| is_subcommand(word)) {
                    out.push(' ');
                    out.push_str(word);
                }
            }
        },
        Object::Endpoint(endpoint) => of_endpoint(&endpoint, roots, out),
        Object::Tool { server, tool, .. } => {
            cut(server.unwrap_or("?"), out);
            out.push('/');
            cut(tool.unwrap_or("?"), out);
        }
        Object::Package { kind, name } => {
            cut(kind.unwrap_or("?"), out);
            out.push('/');
            cut(name.unwrap_or("?"), out);
        }
        Object::Name(name) => cut(name.unwrap_or("?"), out),
    }
}

/// A word that most programs take for a subcommand: `push`, `run-script`. A file or a flag is none.
fn is_subcommand(word: &str) -> bool {
    const LONGEST: usize = 16;
    word.len() <= LONGEST
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && word.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
}

/// The root and the first folder below it; outside of roots the first two.
fn of_path(path: PathValue<'_>, roots: &[(&str, &str)], out: &mut String) {
    let path = match path {
        PathValue::Known(path) => path,
        PathValue::Unsent => return out.push_str("(not sent)"),
        PathValue::AtRunTime => return out.push_str("(known when it runs)"),
    };
    let below = |(name, folder): &(&str, &str)| {
        let folder = folder.trim_end_matches('/');
        let rest = path.strip_prefix(folder)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((folder.len(), name.len(), rest))
    };
    // The innermost root: a workspace lies in the home folder.
    let found = roots.iter().filter_map(|root| Some((below(root)?, root.0))).max();
    let (rest, folders) = match found {
        Some(((_, _, rest), name)) => {
            match name {
                "home" => out.push('~'),
                name => {
                    out.push('$');
                    cut(name, out);
                }
            }
            (rest, 1)
        }
        None => (path, 2),
    };
    let mut components = rest.split('/').filter(|component| !component.is_empty()).peekable();
    for _ in 0..folders {
        let Some(component) = components.next() else { return };
        out.push('/');
        cut(component, out);
    }
    if components.peek().is_some() {
        out.push_str("/…");
    }
}

fn of_endpoint(endpoint: &Endpoint<'_>, roots: &[(&str, &str)], out: &mut String) {
    use std::fmt::Write as _;
    if let Some(socket) = endpoint.socket {
        out.push_str("unix ");
        return of_path(socket, roots, out);
    }
    match endpoint.host {
        HostValue::Name(name) => cut(name, out),
        HostValue::Ip(address) => {
            let _ = write!(out, "{address}");
        }
        HostValue::Other => out.push_str("(another host)"),
        HostValue::Unsent => out.push_str("(not sent)"),
    }
}

/// A name, or its beginning where it is long.
fn cut(name: &str, out: &mut String) {
    const LONGEST: usize = 40;
    match name.char_indices().nth(LONGEST) {
        None => out.push_str(name),
        Some((end, _)) => {
            out.push_str(&name[..end]);
            out.push('…');
        }
    }
}
