//! A script that starts bubblewrap. Later mounts cover earlier ones, so what is closed comes last.

use std::fmt::Write as _;

use policy_eval::shell_word;
use policy_lang::diagnostic::Diagnostic;

use super::access::{Able, reading, writing};
use super::bounds::{Bounds, What};
use super::network;

const ABLE: Able = Able { files: false, places: true, read_patterns: false, write_patterns: false };

pub(super) fn text(bounds: &Bounds, findings: &mut Vec<Diagnostic>) -> String {
    let (read, write) = (reading(bounds, ABLE, findings), writing(bounds, ABLE, findings));
    let mut mounts: Vec<String> = Vec::new();
    let mut mount = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
        mounts.push(words.join(" "));
    };
    for place in &read.open {
        mount(&["--ro-bind-try", place.shown(), place.shown()]);
    }
    if read.is_open() {
        mount(&["--dev", "/dev"]);
        mount(&["--proc", "/proc"]);
    }
    for place in &write.open {
        mount(&["--bind-try", place.shown(), place.shown()]);
    }
    // What is closed must be there: where it is not, bubblewrap does not start.
    for what in &write.closed {
        if let What::Place(place) = what
            && write.open.iter().any(|open| open.contains(place))
            && read.open.iter().any(|open| open.contains(place))
            && !read.closed.contains(what)
        {
            mount(&["--ro-bind", place.shown(), place.shown()]);
        }
    }
    for what in &read.closed {
        let What::Place(place) = what else { continue };
        match place.below {
            true => {
                mount(&["--tmpfs", place.shown()]);
                mount(&["--remount-ro", place.shown()]);
            }
            false => mount(&["--ro-bind", "/dev/null", place.shown()]),
        }
    }
    let mut out = String::from(
        "#!/bin/sh\n# Written by `policy scope --to bwrap`. A folder that is closed must exist, or it does not start.\n\
         exec bwrap --die-with-parent --new-session --unshare-pid --unshare-ipc",
    );
    if !network::whole(bounds, "bubblewrap", findings) {
        out.push_str(" --unshare-net");
    }
    for line in mounts {
        let _ = write!(out, " \\\n  {line}");
    }
    out.push_str(" \\\n  -- \"$@\"\n");
    out
}
