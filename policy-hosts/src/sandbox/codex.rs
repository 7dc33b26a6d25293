//! A permission profile of Codex. The most specific path wins, and a denial may be a pattern.
//!
//! What is closed is named by its path: `FOLDER/**` would be a pattern of what lies in it by then.
//! Patterns are looked up when a command starts, so a file that is made later is not held: enough for
//! what must not be read, not for what must not be written.

use std::fmt::Write as _;

use policy_lang::diagnostic::Diagnostic;
use policy_lang::model::pattern::{PathItem, Piece};

use super::access::{Able, reading, writing};
use super::bounds::{Bounds, Place, What, stricter};
use super::network;

const ABLE: Able = Able { files: false, places: true, read_patterns: true, write_patterns: false };

pub(super) fn text(sandbox: &str, bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> String {
    let mut read = reading(bounds, ABLE, findings);
    let patterns: Option<Vec<String>> = read
        .closed
        .iter()
        .filter_map(|what| match what {
            What::Pattern { folder, items } => Some(glob(folder, items)),
            What::Place(_) => None,
        })
        .collect();
    // One that has no glob there: nothing is left out of a folder by it.
    let patterns = patterns.unwrap_or_else(|| {
        read = reading(bounds, Able { read_patterns: false, ..ABLE }, findings);
        Vec::new()
    });
    let write = writing(bounds, ABLE, findings);
    let mut lines: Vec<(String, &str)> = Vec::new();
    let mut say = |path: String, access| {
        if !lines.iter().any(|(known, _)| *known == path) {
            lines.push((path, access));
        }
    };
    // Of one path the strictest is said, so these come first.
    for what in &read.closed {
        if let What::Place(place) = what {
            say(place.shown().to_owned(), "deny");
        }
    }
    for pattern in &patterns {
        say(pattern.clone(), "deny");
    }
    for what in &write.closed {
        if let What::Place(place) = what
            && read.open.iter().any(|open| open.contains(place))
        {
            say(place.shown().to_owned(), "read");
        }
    }
    for place in &write.open {
        say(key(place), "write");
    }
    for place in &read.open {
        let path = if place.path.is_empty() { ":root".to_owned() } else { key(place) };
        say(path, "read");
    }
    let name = toml(sandbox);
    let mut out = format!(
        "# Written by `policy scope --to codex`.\ndefault_permissions = {name}\n\n[permissions.{name}.filesystem]\n"
    );
    if !patterns.is_empty() {
        out.push_str("glob_scan_max_depth = 16\n");
    }
    lines.sort();
    for (path, access) in &lines {
        let _ = writeln!(out, "{} = \"{access}\"", toml(path));
    }
    let domains = domains(bounds, findings);
    let _ = write!(out, "\n[permissions.{name}.network]\n");
    if domains.is_empty() {
        out.push_str("enabled = false\n");
        return out;
    }
    out.push_str("enabled = true\nallow_local_binding = false\n");
    let _ = write!(out, "\n[permissions.{name}.network.domains]\n");
    for (domain, access) in domains {
        let _ = writeln!(out, "{} = \"{access}\"", toml(&domain));
    }
    out.push_str("\n# Without the proxy every destination would be reached.\n[features]\nnetwork_proxy = true\n");
    out
}

/// The domains; none where nothing may be reached.
fn domains(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    let mut is_sayable = !bounds.connect.open;
    for closed in &bounds.connect.closed {
        match &closed.what {
            Some(host) if network::is_local(host) => {}
            Some(host) => match network::name(host).filter(|name| name.len() > 3) {
                Some(name) => all.push((name, "deny")),
                None => is_sayable = false,
            },
            None => is_sayable = false,
        }
    }
    let mut is_open = false;
    for grant in &bounds.connect.grants {
        let (host, ports) = &grant.what;
        let every_port = host.ports.is_none() && ports.is_empty();
        match network::name(host).filter(|_| is_sayable && every_port) {
            Some(name) => {
                is_open = true;
                if !all.iter().any(|(known, _)| *known == name) {
                    all.push((name, "allow"));
                }
            }
            None => {
                let why =
                    if every_port { "it is no domain" } else { "a domain there is every port" };
                let what = format!("`{}` is closed: {why}", grant.rule);
                findings.push(stricter(grant.at, what, ""));
            }
        }
    }
    network::tell(&bounds.listen, "Codex", "says nothing of ports that are listened on", findings);
    if is_open { all } else { Vec::new() }
}

fn key(place: &Place) -> String {
    match place.below {
        true if place.path.is_empty() => "/".to_owned(),
        true => format!("{}/**", place.path),
        false => place.path.clone(),
    }
}

fn glob(folder: &Place, items: &[PathItem]) -> Option<String> {
    let mut out = folder.path.clone();
    for item in items {
        out.push('/');
        match item {
            PathItem::AnyDepth => out.push_str("**"),
            PathItem::Component(token) if token.fold => return None,
            PathItem::Component(token) => {
                for piece in &token.pieces {
                    match piece {
                        Piece::Literal(text) if !text.contains(['*', '?', '[', '\\']) => {
                            out.push_str(text);
                        }
                        Piece::Star => out.push('*'),
                        Piece::AnyChar => out.push('?'),
                        _ => return None,
                    }
                }
            }
        }
    }
    Some(out)
}

fn toml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
