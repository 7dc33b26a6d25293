//! The files that redirections touch, as parts.

use super::scan::Setting;
use super::simple::Operator;
use crate::canon::{host_attribute, path};
use crate::facts::{Attribute, Endpoint, HostValue, Object, Part, PathValue, Word};
use crate::text::has;
use crate::vocab::Action;

/// The word behind a redirection operator.
pub(super) struct Target<'w> {
    pub(super) word: Word<'w>,
    /// It is one process substitution: a pipe.
    pub(super) is_pipe: bool,
    /// As it stands in the line.
    pub(super) written: &'w str,
}

/// Output to these is no write of a file.
const SINKS: &[&str] = &["/dev/null", "/dev/stderr", "/dev/stdout"];
/// Where bash itself connects instead of opening a file.
const SOCKETS: &[(&str, &str)] = &[("/dev/tcp/", "tcp"), ("/dev/udp/", "udp")];

/// Hands out what a redirection reads, writes and connects to; whether that is anything.
pub(super) fn parts(
    set: &Setting<'_>,
    operator: Operator,
    target: &Target<'_>,
    base: PathValue<'_>,
    out: &mut dyn FnMut(&Part<'_>),
) -> bool {
    let is_descriptor = target.word.value().is_some_and(is_descriptor);
    let actions: &[Action] = match operator {
        Operator::Read => &[Action::Read],
        Operator::Write => &[Action::Write],
        Operator::ReadWrite => &[Action::Read, Action::Write],
        Operator::DuplicateOutput if !is_descriptor => &[Action::Write],
        // `<&name` opens no file, whatever the name.
        Operator::DuplicateInput | Operator::DuplicateOutput => &[],
        Operator::Text | Operator::Heredoc { .. } => &[],
    };
    let is_sink = target.word.value().is_some_and(|text| SINKS.contains(&text));
    if target.is_pipe || is_sink || actions.is_empty() {
        return false;
    }
    connection(set, target, out);
    for &action in actions {
        file(set, action, &target.word, base, out);
    }
    true
}

/// Whether the word behind `>&` names an open descriptor: `1`, `-`, `2-`.
fn is_descriptor(text: &str) -> bool {
    let digits = text.strip_suffix('-').unwrap_or(text);
    !text.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn file(
    set: &Setting<'_>,
    action: Action,
    word: &Word<'_>,
    base: PathValue<'_>,
    out: &mut dyn FnMut(&Part<'_>),
) {
    let (ctx, floors) = (set.ctx, set.floors);
    match word.value() {
        // The shell has expanded what it expands: this is a name that begins so.
        Some(text) if text.starts_with(['~', '$']) => {
            path::path_parts(ctx, action, &format!("./{text}"), base, floors, out);
        }
        Some(text) => path::path_parts(ctx, action, text, base, floors, out),
        None if word.under_home => {
            path::path_parts(ctx, action, &format!("~{}", word.text), base, floors, out);
        }
        None => {
            let object = Object::Path(PathValue::AtRunTime);
            out(&Part { action, object, floors, alternative: false });
        }
    }
}

/// `/dev/tcp/HOST/PORT`.
fn connection(set: &Setting<'_>, target: &Target<'_>, out: &mut dyn FnMut(&Part<'_>)) {
    let (host, port, scheme) = match target.word.value() {
        Some(text) => {
            let socket = SOCKETS
                .iter()
                .find_map(|(prefix, scheme)| Some((text.strip_prefix(prefix)?, *scheme)));
            let Some((rest, scheme)) = socket else { return };
            let (host, port) = rest.split_once('/').unwrap_or((rest, ""));
            let host = match host_attribute(host) {
                Attribute::Host(host) => host,
                _ => HostValue::Other,
            };
            (host, port.parse().ok(), Some(scheme))
        }
        // Of a name that is put together at run time this much is known.
        None if SOCKETS.iter().any(|(prefix, _)| has(target.written, prefix)) => {
            (HostValue::Unsent, None, None)
        }
        None => return,
    };
    let endpoint = Endpoint {
        host,
        port,
        scheme,
        method: Attribute::Absent,
        url_path: None,
        socket: None,
        resolved: false,
    };
    let object = Object::Endpoint(endpoint);
    out(&Part { action: Action::Connect, object, floors: set.floors, alternative: false });
}
