//! A profile of `sandbox-exec`. The last rule that matches wins, and a rule may be a regular
//! expression, so whatever is closed can be said.

use std::fmt::Write as _;

use policy_lang::diagnostic::Diagnostic;
use policy_lang::model::pattern::{PathItem, Piece};

use super::access::{Able, reading, writing};
use super::bounds::{Bounds, Place, What};
use super::network;

const ABLE: Able = Able { files: true, places: true, read_patterns: true, write_patterns: true };

/// How many ports of a range are named one by one.
const MOST_PORTS: i64 = 64;

pub(super) fn text(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> String {
    let (mut read, mut write) = (reading(bounds, ABLE, findings), writing(bounds, ABLE, findings));
    let unsaid = |what: &What| filter_of_closed(what).is_none();
    let strict = Able { read_patterns: false, write_patterns: false, ..ABLE };
    if read.closed.iter().any(unsaid) {
        read = reading(bounds, strict, findings);
    }
    if write.closed.iter().any(unsaid) {
        write = writing(bounds, strict, findings);
    }
    let mut out = String::from(
        "; Written by `policy scope --to seatbelt`. The last rule that matches wins.\n\
         (version 1)\n(deny default)\n(allow process-exec process-fork sysctl-read)\n(allow signal (target same-sandbox))\n",
    );
    for (operation, access) in [("file-read*", &read), ("file-write*", &write)] {
        if access.open.is_empty() {
            continue;
        }
        let open: Vec<String> = access.open.iter().map(filter).collect();
        let _ = writeln!(out, "(allow {operation} {})", open.join(" "));
        let closed: Vec<String> = access.closed.iter().filter_map(filter_of_closed).collect();
        if !closed.is_empty() {
            let _ = writeln!(out, "(deny {operation} {})", closed.join(" "));
        }
    }
    let all = [
        (&bounds.connect, "network-outbound", "remote"),
        (&bounds.listen, "network-bind", "local"),
    ];
    for (hosts, operation, side) in all {
        if hosts.is_open() {
            let _ = writeln!(out, "(allow {operation})");
            continue;
        }
        let ports = network::ports(hosts);
        if ports.is_empty() {
            network::tell(hosts, "Seatbelt", "knows ports alone, of every host", findings);
        }
        // There are no ranges, so each port is named.
        let (short, long): (Vec<_>, Vec<_>) =
            ports.into_iter().partition(|(first, last)| last - first < MOST_PORTS);
        if !long.is_empty() {
            network::tell(hosts, "Seatbelt", "knows no ranges of ports", findings);
        }
        for port in short.into_iter().flat_map(|(first, last)| first..=last) {
            let _ = writeln!(out, "(allow {operation} ({side} ip \"*:{port}\"))");
        }
    }
    out
}

fn filter(place: &Place) -> String {
    let kind = if place.below { "subpath" } else { "literal" };
    format!("({kind} \"{}\")", place.shown())
}

/// Names that differ in case are one there, so what is closed is closed in each.
fn filter_of_closed(what: &What) -> Option<String> {
    let (folder, items) = match what {
        What::Place(place) if place.path.is_empty() => return Some(filter(place)),
        What::Place(place) => {
            let end = if place.below { "(/.*)?" } else { "" };
            return Some(format!("(regex #\"^{}{end}$\")", folded(&place.path)?));
        }
        What::Pattern { folder, items } => (folder, items),
    };
    let mut body = folded(&folder.path)?;
    for (index, item) in items.iter().enumerate() {
        match item {
            PathItem::AnyDepth if index + 1 == items.len() => body.push_str("(/.*)?"),
            PathItem::AnyDepth => body.push_str("(/.*)?"),
            PathItem::Component(token) => {
                body.push('/');
                for piece in &token.pieces {
                    match piece {
                        Piece::Literal(text) => body.push_str(&folded(text)?),
                        Piece::Star => body.push_str("[^/]*"),
                        Piece::AnyChar => body.push_str("[^/]"),
                        _ => return None,
                    }
                }
            }
        }
    }
    Some(format!("(regex #\"^{body}$\")"))
}

fn folded(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphabetic() => {
                let _ = write!(out, "[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase());
            }
            c if c.is_ascii_alphanumeric() || "/_-@ ,=%~:".contains(c) => out.push(c),
            '.' | '+' | '(' | ')' | '[' | ']' | '{' | '}' | '*' | '?' | '^' | '$' | '|' => {
                out.extend(['\\', c]);
            }
            _ => return None,
        }
    }
    Some(out)
}
