//! The laws hold for every seed, on any toolchain.

use std::fs;
use std::path::Path;

fn each_seed(target: &str, law: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the seeds are there") {
        let path = entry.expect("the seeds are readable").path();
        let bytes = fs::read(path).expect("the seeds are readable");
        law(&String::from_utf8_lossy(&bytes));
        count += 1;
    }
    assert!(4 < count, "there are seeds for `{target}`");
}

#[test]
fn parse() {
    each_seed("parse", policy_fuzz::parse);
}

#[test]
fn decide() {
    each_seed("decide", policy_fuzz::decide);
}

#[test]
fn shell() {
    each_seed("shell", policy_fuzz::shell);
}

#[test]
fn paths_hosts() {
    each_seed("paths_hosts", policy_fuzz::paths_hosts);
}
