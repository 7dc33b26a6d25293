//! The section `sandbox` of Claude Code's settings.
//!
//! What `allowRead` opens is open inside of `denyRead`, so nothing can be left out of it; of what
//! everybody reads, and of what is written, a folder can be left out.

use policy_lang::diagnostic::Diagnostic;
use serde_json::json;

use super::access::{Able, Access, reading, writing};
use super::bounds::{Bounds, What, stricter};
use super::network;

const ABLE: Able = Able { files: false, places: true, read_patterns: false, write_patterns: false };
const LISTED: Able = Able { places: false, ..ABLE };

pub(super) fn text(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> String {
    let document = json!({ "sandbox": section(bounds, findings) });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

pub(super) fn section(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> serde_json::Value {
    let mut unsaid = Vec::new();
    let mut read = reading(bounds, ABLE, &mut unsaid);
    if read.is_open() {
        findings.append(&mut unsaid);
    } else {
        read = reading(bounds, LISTED, findings);
    }
    let write = writing(bounds, ABLE, findings);
    let closed = |access: &Access| -> Vec<String> {
        let paths = access.closed.iter().filter_map(|what| match what {
            What::Place(place) => Some(place.shown().to_owned()),
            What::Pattern { .. } => None,
        });
        paths.collect()
    };
    let open = |access: &Access| -> Vec<String> {
        access.open.iter().map(|place| place.shown().to_owned()).collect()
    };
    let mut filesystem = json!({ "allowWrite": open(&write), "denyWrite": closed(&write) });
    if read.is_open() {
        filesystem["denyRead"] = json!(closed(&read));
    } else {
        filesystem["denyRead"] = json!(["/"]);
        filesystem["allowRead"] = json!(open(&read));
    }
    let (allowed, denied) = domains(bounds, findings);
    json!({
        "enabled": true,
        "failIfUnavailable": true,
        "allowUnsandboxedCommands": false,
        "filesystem": filesystem,
        "network": {
            "allowedDomains": allowed,
            "deniedDomains": denied,
            "strictAllowlist": true,
            "allowLocalBinding": false,
            "allowUnixSockets": [],
        },
    })
}

fn domains(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> (Vec<String>, Vec<String>) {
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    let mut is_sayable = !bounds.connect.open;
    for closed in &bounds.connect.closed {
        match &closed.what {
            Some(host) if network::is_local(host) => {}
            Some(host) => match network::name(host).filter(|name| name.len() > 3) {
                Some(name) => denied.extend(both(&name)),
                None => is_sayable = false,
            },
            None => is_sayable = false,
        }
    }
    for grant in &bounds.connect.grants {
        let (host, ports) = &grant.what;
        let name = network::name(host).filter(|_| is_sayable && host.ports.is_none());
        let single = ports.iter().all(|(first, last)| first == last);
        match name.filter(|_| single) {
            Some(name) => {
                for name in both(&name) {
                    match &ports[..] {
                        [] => allowed.push(name),
                        ports => {
                            allowed.extend(ports.iter().map(|(port, _)| format!("{name}:{port}")));
                        }
                    }
                }
            }
            None => {
                let what =
                    format!("`{}` is closed: it cannot be said as a list of domains", grant.rule);
                findings.push(stricter(grant.at, what, ""));
            }
        }
    }
    network::tell(
        &bounds.listen,
        "Claude Code",
        "says nothing of ports that are listened on",
        findings,
    );
    (allowed, denied)
}

/// `**.d` is `d` and `*.d`.
fn both(name: &str) -> Vec<String> {
    match name.strip_prefix("**.") {
        Some(rest) => vec![rest.to_owned(), format!("*.{rest}")],
        None => vec![name.to_owned()],
    }
}
