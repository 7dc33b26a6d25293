//! The published limits, and what is said of a request that passes them (rule C5).

use crate::json::{Json, MAX_JSON_DEPTH};
use crate::request::Request;
use crate::vocab::{Floor, Floors};

/// A request whose object is longer than this many bytes is at least `ask`. It is still judged.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The most symbolic links that are followed for one path. A longer chain is a loop.
pub const MAX_LINKS: usize = 40;

/// `too_large` where the texts that name the object are longer than the limit together, or the
/// arguments of a call are nested too deep.
pub(super) fn size_floors(request: &Request<'_>) -> Floors {
    let texts = [
        request.path,
        request.shell,
        request.url,
        request.host,
        request.unix,
        request.server,
        request.tool,
        request.joined,
        request.name,
        request.method,
        request.host_header,
        request.args_json,
    ];
    let mut bytes = 0usize;
    let mut add = |length: usize| bytes = bytes.saturating_add(length);
    texts.iter().for_each(|text| add(text.map_or(0, str::len)));
    request.argv.unwrap_or_default().iter().for_each(|word| add(word.len()));
    request.symlinks.iter().for_each(|(from, to)| {
        add(from.len());
        add(to.len());
    });
    request.resolved.iter().for_each(|address| add(address.len()));
    let args = request.args.map_or(Some(0), |args| args_bytes(args, 0));
    match args {
        Some(args) if args.saturating_add(bytes) <= MAX_REQUEST_BYTES => Floors::NONE,
        _ => Floors::of(Floor::TooLarge),
    }
}

/// How many bytes the texts of a value take; `None` where it is nested too deep.
fn args_bytes(value: &Json, depth: usize) -> Option<usize> {
    if depth > MAX_JSON_DEPTH {
        return None;
    }
    match value {
        Json::Null | Json::Bool(_) => Some(5),
        Json::Number(text) | Json::String(text) => Some(text.len() + 2),
        Json::Array(items) => items
            .iter()
            .try_fold(2usize, |sum, item| Some(sum.saturating_add(args_bytes(item, depth + 1)?))),
        Json::Object(members) => members.iter().try_fold(2usize, |sum, (name, item)| {
            let item = args_bytes(item, depth + 1)?;
            Some(sum.saturating_add(name.len() + 4).saturating_add(item))
        }),
    }
}
