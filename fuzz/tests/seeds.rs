//! The laws hold for every seed, on any toolchain.

use std::fs;
use std::path::Path;

fn each_text(target: &str, law: fn(&str)) {
    each_seed(target, |bytes| law(&String::from_utf8_lossy(bytes)));
}

fn each_seed(target: &str, law: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the seeds are there") {
        let path = entry.expect("the seeds are readable").path();
        let bytes = fs::read(path).expect("the seeds are readable");
        law(&bytes);
        count += 1;
    }
    assert!(4 < count, "there are seeds for `{target}`");
}

#[test]
fn parse() {
    each_text("parse", policy_fuzz::parse);
}

#[test]
fn decide() {
    each_text("decide", policy_fuzz::decide);
}

#[test]
fn shell() {
    each_text("shell", policy_fuzz::shell);
}

#[test]
fn paths_hosts() {
    each_text("paths_hosts", policy_fuzz::paths_hosts);
}

#[test]
fn artifact() {
    each_seed("artifact", policy_fuzz::artifact);
}

#[test]
fn acp() {
    each_text("acp", policy_fuzz::acp);
}

#[test]
fn check() {
    each_text("check", policy_fuzz::check);
}

#[test]
fn diff() {
    each_seed("diff", policy_fuzz::diff);
}

#[test]
fn engines() {
    each_seed("engines", policy_fuzz::engines);
}

#[test]
fn hook() {
    each_text("hook", policy_fuzz::hook);
}

#[test]
fn import() {
    each_text("import", policy_fuzz::import);
}

#[test]
fn record() {
    each_text("record", policy_fuzz::record);
}

#[test]
fn replay() {
    each_seed("replay", policy_fuzz::replay);
}

#[test]
fn chain() {
    each_seed("chain", policy_fuzz::chain);
}
