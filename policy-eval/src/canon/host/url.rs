//! The strict reader of URLs (rules W2, W5, W8).
//!
//! ```text
//!   https :// user@ api.example.com :443 /v1/x ?q #f
//!   scheme    doubt host            port path   (never affect the host)
//! ```

use std::borrow::Cow;

use super::{HostRead, address, name};
use crate::text::has;

/// A URL, read as the WHATWG parser would.
#[derive(Clone, Debug)]
pub(super) struct Url<'t> {
    /// In lower case; none where the text has none.
    pub(super) scheme: Option<Cow<'t, str>>,
    pub(super) host: HostRead<'t>,
    /// The port that is written, else the scheme's own.
    pub(super) port: Option<u16>,
    /// The path, without query and fragment.
    pub(super) path: Cow<'t, str>,
    /// Whether every reader takes the same part of the text for the host and for the port.
    pub(super) is_certain: bool,
}

/// A host and a port, as they stand behind `//` and in a `Host` header.
#[derive(Clone, Debug)]
pub(super) struct HostAndPort<'t> {
    pub(super) host: HostRead<'t>,
    pub(super) port: Option<u16>,
    pub(super) is_certain: bool,
}

/// The port of a scheme in lower case, for the schemes that have one.
///
/// ```
/// use policy_eval::canon::default_port;
/// assert_eq!(default_port("https"), Some(443));
/// assert_eq!(default_port("tcp"), None);
/// ```
pub fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// The text without the characters that the WHATWG parser drops wherever they stand.
pub(super) fn without_line_breaks(text: &str) -> Cow<'_, str> {
    let dropped = ['\t', '\n', '\r'];
    if text.contains(dropped) { Cow::Owned(text.replace(dropped, "")) } else { Cow::Borrowed(text) }
}

/// Reads a URL.
pub(super) fn read(text: &str) -> Url<'_> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let (scheme, behind) = match split_scheme(trimmed) {
        Some((scheme, behind)) => (Some(lower(scheme)), behind),
        None => (None, trimmed),
    };
    // These schemes the WHATWG parser repairs: any slashes will do, and `\` is one.
    let is_special = scheme
        .as_deref()
        .is_none_or(|scheme| matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp"));
    let slashes: &[char] = if is_special { &['/', '\\'] } else { &[] };
    let rest = behind.strip_prefix("//").unwrap_or(behind).trim_start_matches(slashes);
    let has_authority = behind.len() == rest.len() + 2 && behind.starts_with("//");
    let opaque = !is_special && !has_authority;
    if opaque {
        return Url {
            scheme,
            host: HostRead::UNKNOWN,
            port: None,
            path: Cow::Borrowed(until(behind, &['?', '#'])),
            is_certain: false,
        };
    }
    let ends: &[char] = if is_special { &['/', '?', '#', '\\'] } else { &['/', '?', '#'] };
    let authority = until(rest, ends);
    let behind_authority = rest.get(authority.len()..).unwrap_or_default();
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let place = host_and_port(host);
    let is_certain = place.is_certain
        && scheme.is_some()
        && has_authority
        && user.is_none()
        && trimmed.len() == text.len()
        // Names outside ASCII are mapped for the schemes of the web alone.
        && (is_special || authority.is_ascii())
        && !behind_authority.starts_with('\\');
    let port = place.port.or_else(|| match place.is_certain {
        true => scheme.as_deref().and_then(default_port),
        false => None,
    });
    let path = url_path(until(behind_authority, &['?', '#']), is_special);
    Url { scheme, host: place.host, port, path, is_certain }
}

/// Reads `host`, `host:port`, `[address]` or `[address]:port`.
pub(super) fn host_and_port(text: &str) -> HostAndPort<'_> {
    if let Some(inside) = text.strip_prefix('[') {
        return match inside.split_once(']') {
            Some((inside, "")) => {
                HostAndPort { host: address::bracketed(inside), port: None, is_certain: true }
            }
            Some((inside, rest)) => {
                let port = rest.strip_prefix(':').and_then(port);
                let is_certain = port.is_some();
                HostAndPort { host: address::bracketed(inside), port, is_certain }
            }
            None => HostAndPort { host: HostRead::UNKNOWN, port: None, is_certain: false },
        };
    }
    match text.split_once(':') {
        None => HostAndPort { host: written_host(text), port: None, is_certain: true },
        Some((host, rest)) => {
            let port = port(rest);
            HostAndPort { host: written_host(host), port, is_certain: port.is_some() }
        }
    }
}

/// A host as it stands in a URL: it may be percent-encoded, which some readers undo and some do
/// not.
fn written_host(text: &str) -> HostRead<'_> {
    if !text.contains('%') {
        return name::read(text);
    }
    match percent_decoded(text) {
        Some(decoded) => name::read(&decoded).into_owned().doubtful(),
        None => HostRead::UNKNOWN,
    }
}

/// A port that all readers take alike: one to five digits, no zero before others.
fn port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// `scheme:` before the first character that cannot stand in a scheme.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some((scheme, rest))
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn until<'t>(text: &'t str, ends: &[char]) -> &'t str {
    text.find(ends).map_or(text, |end| &text[..end])
}

/// The canonical path: unreserved characters decoded (RFC 3986, 6.2.2.2), then `.` and `..`
/// removed. Borrowed where there is nothing to do.
fn url_path(text: &str, is_special: bool) -> Cow<'_, str> {
    if text.is_empty() {
        return Cow::Borrowed("/");
    }
    let has_backslash = is_special && text.contains('\\');
    if !text.contains('%') && !has(text, "/.") && !has_backslash {
        return Cow::Borrowed(text);
    }
    let decoded = decode_unreserved(text);
    let separators: &[char] = if is_special { &['/', '\\'] } else { &['/'] };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = decoded.split(separators).skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    Cow::Owned(kept.iter().flat_map(|segment| ["/", segment]).collect())
}

/// Decodes what needs no encoding, and writes the hex digits of the rest in capitals.
fn decode_unreserved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match hex_byte(after) {
            Some(byte) => {
                let c = char::from(byte);
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(c);
                } else {
                    out.push('%');
                    out.push_str(&after[..2].to_ascii_uppercase());
                }
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Undoes percent-encoding, where that gives text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match hex_byte(after) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// The byte that two hex digits at the beginning of a text stand for.
fn hex_byte(text: &str) -> Option<u8> {
    let [high, low, ..] = text.as_bytes() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}
