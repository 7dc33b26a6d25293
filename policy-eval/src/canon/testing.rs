//! One door for tests: a request in, its parts as lines out.

use crate::facts::{Args, Attribute, HostValue, Judged, Object, PathValue};
use crate::request::Request;

/// The parts of a request, one a line: `write /etc/passwd [ambiguous_path]`.
pub(crate) fn show(request: &Request<'_>) -> String {
    let mut lines = Vec::new();
    super::parts(request, &mut |judged| lines.push(line(judged)));
    lines.join("\n")
}

/// As [`show`], for several requests, each under its own heading.
pub(crate) fn show_all<'a>(requests: impl IntoIterator<Item = (&'a str, Request<'a>)>) -> String {
    let mut out = String::new();
    for (heading, request) in requests {
        let parts = show(&request).replace('\n', "\n    ");
        out.push_str(&format!("{}\n    {parts}\n", heading.escape_debug()));
    }
    out
}

fn line(judged: &Judged<'_>) -> String {
    let part = judged.part;
    let mut words = vec![part.action.name().to_owned()];
    words.extend(object(&part.object));
    if part.alternative {
        words.push("(alternative)".into());
    }
    if !part.floors.is_empty() {
        let names: Vec<&str> = part.floors.iter().map(|floor| floor.name()).collect();
        words.push(format!("[{}]", names.join(" ")));
    }
    words.join(" ").escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

fn object(object: &Object<'_>) -> Vec<String> {
    match object {
        Object::None => vec![],
        Object::Path(value) => vec![path(value)],
        Object::Command(command) => vec![format!("{} forms", command.forms.len())],
        Object::Endpoint(endpoint) => {
            let mut words = vec![endpoint.scheme.unwrap_or("-").to_owned()];
            match endpoint.socket {
                Some(socket) => words.push(path(&socket)),
                None => words.push(host(endpoint.host)),
            }
            words.extend(endpoint.port.map(|port| port.to_string()));
            if let Attribute::Text(method) = endpoint.method {
                words.push(method.to_owned());
            }
            words.extend(endpoint.url_path.map(str::to_owned));
            if endpoint.resolved {
                words.push("(resolved)".into());
            }
            words
        }
        Object::Tool { server, tool, args } => {
            let args = match args {
                Args::Unknown => "unknown arguments".into(),
                Args::Known(args) => args.canonical(),
            };
            vec![format!("{}/{}", server.unwrap_or("?"), tool.unwrap_or("?")), args]
        }
        Object::Package { kind, name } => {
            vec![format!("{}/{}", kind.unwrap_or("?"), name.unwrap_or("?"))]
        }
        Object::Name(name) => vec![name.unwrap_or("?").to_owned()],
    }
}

fn host(value: HostValue<'_>) -> String {
    match value {
        HostValue::Name(name) => name.into(),
        HostValue::Ip(ip) => ip.to_string(),
        HostValue::Other => "other".into(),
        HostValue::Unsent => "unsent".into(),
    }
}

fn path(value: &PathValue<'_>) -> String {
    match value {
        PathValue::Known(path) => (*path).to_owned(),
        PathValue::Unsent => "unsent".into(),
        PathValue::AtRunTime => "at run time".into(),
    }
}
