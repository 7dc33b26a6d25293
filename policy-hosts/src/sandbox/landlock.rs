//! Rules of Landlock. They only add, so nothing can be left out of a folder.

use policy_lang::diagnostic::Diagnostic;
use serde_json::json;

use super::access::{Able, reading, writing};
use super::bounds::{Bounds, Place};
use super::network;

const ABLE: Able =
    Able { files: false, places: false, read_patterns: false, write_patterns: false };

const READ_FILE: [&str; 1] = ["read_file"];
const READ: [&str; 2] = ["read_file", "read_dir"];
const WRITE_FILE: [&str; 2] = ["write_file", "truncate"];
const WRITE: [&str; 8] = [
    "write_file",
    "truncate",
    "make_reg",
    "make_dir",
    "make_sym",
    "remove_file",
    "remove_dir",
    "refer",
];

/// From which version of the interface on each right is known.
const SINCE: [(&str, u32); 4] =
    [("refer", 2), ("truncate", 3), ("connect_tcp", 4), ("bind_tcp", 4)];

pub(super) fn text(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> String {
    let (read, write) = (reading(bounds, ABLE, findings), writing(bounds, ABLE, findings));
    let mut paths = Vec::new();
    let mut add = |places: &[Place], below: &[&str], one: &[&str]| {
        for place in places {
            let access = if place.below { below } else { one };
            paths.push(json!({ "path": place.shown(), "access": access }));
        }
    };
    add(&read.open, &READ, &READ_FILE);
    add(&write.open, &WRITE, &WRITE_FILE);
    let mut handled = vec!["connect_tcp", "bind_tcp"];
    let mut ports = Vec::new();
    for (hosts, right) in [(&bounds.connect, "connect_tcp"), (&bounds.listen, "bind_tcp")] {
        if hosts.is_open() {
            handled.retain(|known| *known != right);
            continue;
        }
        let open = network::ports(hosts);
        if open.is_empty() {
            network::tell(hosts, "Landlock", "knows ports alone, of every host", findings);
        }
        for (first, last) in open {
            ports.push(json!({ "first": first, "last": last, "access": [right] }));
        }
    }
    // A right that the kernel does not know leaves the action open, so the version is a least one.
    let least = if handled.is_empty() { 3 } else { 4 };
    let since: serde_json::Map<_, _> =
        SINCE.iter().map(|(right, abi)| ((*right).to_owned(), json!(abi))).collect();
    let document = json!({
        "least_abi": least,
        "handled_access_fs": [
            "read_file", "read_dir", "write_file", "truncate", "make_reg", "make_dir", "make_sym",
            "make_sock", "make_fifo", "make_char", "make_block", "remove_file", "remove_dir", "refer",
        ],
        "handled_access_net": handled,
        "since_abi": since,
        "paths": paths,
        "ports": ports,
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
