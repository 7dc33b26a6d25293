//! What `compile` writes, and what loads.

use std::sync::Arc;

use policy_eval::{LoadError, Policy, Request, Tier, artifact};
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::model::Model;
use policy_lang::span::Source;

/// A policy that has something in every section.
const ALL: &str = r#"
policy acme.all version "2"
accept control_flow
attribute ticket: string
attribute folder: path
attribute risky: bool
attribute tags: set of string
root data within "/srv/*"
default allow
deny  read, write "**/.env", "$workspace/secret/**", "/etc/[a-f]*/**" because "Secrets stay."
deny  run "rm {-r|-R|--recursive} {-f|--force} ..."
ask   run "git ... push ...", "cargo (build|test) ..." with reviewer "sec", timeout 5m
count run "(cat|cp) ...", "grep {-r} ..." as read operands but first
deny  connect "*.example.com", "10.0.0.0/8", "2001:db8::/32" port 1-1024
ask   call "db/*" when args.table like "prod*" and risk > 3
deny  write "$data/**" when ticket != "x" and tags contains "hot" and not risky
record full fetch "*"
mark "tainted" fetch "*"
deny  prompt when marked "tainted"
"#;

fn model(text: &str) -> Model {
    policy_lang::load(vec![Source::new("a.policy", text)], &no_includes)
        .unwrap_or_else(|failure| panic!("{failure}"))
}

fn compiled(text: &str) -> Policy {
    compile(&model(text)).expect("a valid policy compiles")
}

#[test]
fn the_same_texts_give_the_same_bytes_in_every_thread() {
    let texts: Arc<Vec<String>> = Arc::new(vec![ALL.to_owned(), large()]);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let texts = Arc::clone(&texts);
            std::thread::spawn(move || {
                texts.iter().map(|text| compiled(text).artifact().to_vec()).collect::<Vec<_>>()
            })
        })
        .collect();
    let written: Vec<_> =
        threads.into_iter().map(|thread| thread.join().expect("it compiles")).collect();
    assert!(written.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Enough patterns that hash maps with another seed would list them in another order.
fn large() -> String {
    let rules = (0..60).map(|n| {
        format!(
            "deny write \"/srv/{n}/**\", \"**/*.x{n}\"\nask run \"tool{n} {{-{n}|--f{n}}} ...\"\n\
             allow connect \"h{n}.example.com\" port {n}\n",
        )
    });
    rules.collect()
}

#[test]
fn what_is_loaded_is_what_was_written() {
    for text in [ALL, &large(), "", "default deny"] {
        let policy = compiled(text);
        let bytes = policy.artifact().to_vec();
        let loaded = Policy::load(bytes.clone()).expect("it loads");
        assert_eq!(loaded.verify(), Ok(()));
        assert_eq!(loaded.artifact(), bytes);
        assert_eq!(loaded.digest(), policy.digest());
        assert!(loaded.rules().eq(policy.rules()));
        // Tables that are thawed and written again are the same bytes.
        let tables = loaded.tables().expect("they are sound");
        let again = Policy::from_tables(&tables).expect("they are sound");
        assert_eq!(again.artifact(), bytes, "{text}");
    }
}

#[test]
fn a_policy_loads_from_any_address_and_decides_there() {
    let policy = compiled(ALL);
    let bytes = policy.artifact();
    let request = Request { roots: &[("workspace", "/w")], ..Request::write("/w/secret/key") };
    for offset in 0..9 {
        let mut shifted = vec![0; offset];
        shifted.extend_from_slice(bytes);
        let shifted: &'static [u8] = shifted.leak();
        let loaded = Policy::load(&shifted[offset..]).expect("it loads");
        let decision = loaded.decide(&request);
        assert_eq!(decision.tier, Tier::Deny);
        assert_eq!(decision.rule.and_then(|rule| rule.reason), Some("Secrets stay."));
    }
}

#[test]
fn the_texts_and_names_and_places_are_in_it() {
    let policy = Policy::load(compiled(ALL).artifact().to_vec()).expect("it loads");
    assert_eq!((policy.name(), policy.version()), (Some("acme.all"), Some("2")));
    assert!(policy.files().eq(["a.policy"]));
    let sources = policy.sources().expect("they are there");
    assert_eq!((&*sources.texts[0], sources.given), (ALL, 1));
    let decision = policy.decide(&Request::argv(&["rm", "-rf", "/"]));
    let place = decision.rule.expect("a rule decides").place;
    assert_eq!((place.file, place.line, place.column), ("a.policy", 11, 1));
}

#[test]
fn the_digest_is_that_of_the_texts_and_not_of_the_names_of_files() {
    let texts = ["deny write \"/etc/**\"", "policy a\nlayer user\nask run \"rm ...\""];
    let digest = |names: [&str; 2], texts: [&str; 2]| {
        let sources = names.iter().zip(texts).map(|(name, text)| Source::new(*name, text));
        let model = policy_lang::load(sources.collect(), &no_includes).expect("a valid policy");
        let policy = compile(&model).expect("it compiles");
        assert_eq!(policy.verify(), Ok(()));
        policy.digest().to_owned()
    };
    let one = digest(["a.policy", "b.policy"], texts);
    assert_eq!(one, digest(["x/a.policy", "y/b.policy"], texts));
    assert_eq!(one, digest(["a.policy", "b.policy"], [texts[1], texts[0]]));
    assert_ne!(one, digest(["a.policy", "b.policy"], ["deny write \"/etc/*\"", texts[1]]));
}

#[test]
fn what_is_no_artifact_is_refused_with_a_reason() {
    let whole = compiled(ALL).artifact().to_vec();
    let of = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        Policy::load(bytes).err()
    };
    assert_eq!(of(&|_| ()), None);
    assert_eq!(of(&|bytes| bytes.clear()), Some(LoadError::NoArtifact));
    assert_eq!(of(&|bytes| bytes[0] = b'P'), Some(LoadError::NoArtifact));
    let version = Some(LoadError::Version { found: 7, known: artifact::VERSION });
    assert_eq!(of(&|bytes| bytes[8] = 7), version);
    let (found, expected) = (whole.len() as u64, whole.len() as u64);
    let cut = LoadError::Length { found: found - 1, expected };
    assert_eq!(of(&|bytes| bytes.truncate(whole.len() - 1)), Some(cut));
    let longer = LoadError::Length { found: found + 1, expected };
    assert_eq!(of(&|bytes| bytes.push(0)), Some(longer));
    for at in (16..256).chain((256..whole.len()).step_by(13)) {
        let error = of(&|bytes| bytes[at] ^= 0x10).expect("damage is found");
        let is_told = matches!(error, LoadError::Checksum | LoadError::Length { .. });
        assert!(is_told, "byte {at}: {error:?}");
    }
}

#[test]
fn errors_say_what_was_found_and_what_is_known() {
    let errors = [
        LoadError::NoArtifact,
        LoadError::Version { found: 7, known: 1 },
        LoadError::Length { found: 100, expected: 300 },
        LoadError::Length { found: 310, expected: 300 },
        LoadError::Checksum,
        LoadError::Malformed("its index"),
    ];
    let said: Vec<String> = errors.iter().map(LoadError::to_string).collect();
    assert_eq!(
        said,
        [
            "this is no compiled policy",
            "the compiled policy has format version 7; this program reads version 1",
            "the compiled policy is cut off: 100 of its 300 bytes are there",
            "the compiled policy has 10 bytes behind its end that are no signature",
            "the compiled policy is damaged: its checksum does not fit",
            "the compiled policy is malformed: its index",
        ]
    );
}
