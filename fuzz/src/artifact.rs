//! Bytes loaded as a policy.

use std::sync::OnceLock;

use policy_eval::{LoadError, Policy, Request, artifact};
use policy_lang::check::no_includes;
use policy_lang::span::Source;

const TEXT: &str = "attribute tags: set of string
     default allow
     count run \"(cat|cp) ...\" as read operands
     deny  read, write i\"**/.env\", \"$workspace/secret/**\"
     deny  run \"rm {-r|-R|--recursive} {-f|--force} ...\"
     ask   connect \"*.example.com\", \"10.0.0.0/8\" port 1-1024
     deny  call \"*/drop_*\" when args.table like \"prod*\" and tags contains \"x\"";

/// The bytes as they are, and as changes to a sound artifact whose checksum is made to fit. What
/// loads decides something, and ends.
pub fn artifact(bytes: &[u8]) {
    let mut sealed = bytes.to_vec();
    artifact::seal(&mut sealed);
    ask(sealed);
    ask(changed(bytes));
    if let Err(LoadError::Version { found, known }) = Policy::load(bytes.to_vec()) {
        assert_ne!(found, known);
    }
}

/// A sound artifact; each five bytes change it: where (two of them say how far in 65,536 parts), how
/// many bytes, and what to.
fn changed(bytes: &[u8]) -> Vec<u8> {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    let sound = SOUND.get_or_init(|| {
        let policy = policy_lang::compile(vec![Source::new("a.policy", TEXT)], &no_includes);
        policy.unwrap_or_else(|error| panic!("{error}")).artifact().to_vec()
    });
    let mut changed = sound.clone();
    for &[low, high, many, from, step] in bytes.as_chunks().0 {
        let at = usize::from(u16::from_le_bytes([low, high])) * changed.len() >> 16;
        // The label and the version are not worth a change, the length would be refused.
        let places = changed.iter_mut().skip(at.max(32)).take(usize::from(many & 7) + 1);
        let mut value = from;
        for place in places {
            *place = value;
            value = value.wrapping_add(step);
        }
    }
    artifact::seal(&mut changed);
    changed
}

fn ask(bytes: Vec<u8>) {
    let Ok(policy) = Policy::load(bytes) else { return };
    let sound = policy.verify().is_ok();
    let roots = [("workspace", "/w")];
    for request in [
        Request::read("/w/secret/a"),
        Request::write("/etc/.ENV"),
        Request::shell("rm -rf $x && cat a b"),
        Request::argv(&["rm", "-rf", "/"]),
        Request::connect("a.example.com", 443),
        Request::connect("10.0.0.1", 22),
        Request { args_json: Some("{\"table\": \"prod\"}"), ..Request::call("db", "drop_all") },
    ] {
        for roots in [&roots[..], &[]] {
            let request = Request { roots, ..request };
            let decision = policy.decide(&request);
            assert_eq!(policy.explain(&request).decision, decision);
        }
    }
    if sound {
        let tables = policy.tables().expect("it was verified");
        assert!(Policy::from_tables(&tables).is_ok(), "what was verified can be written again");
    }
}
