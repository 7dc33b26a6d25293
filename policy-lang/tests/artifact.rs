//! What `compile` writes, and what loads.

use std::sync::Arc;

use policy_eval::engine::Section;
use policy_eval::json::Json;
use policy_eval::{
    Action, Declared, LoadError, Platform, Policy, PublicKey, RecordLevel, Request, SecretKey,
    SignatureError, Tier, artifact,
};
use policy_generate::Dice;
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
        LoadError::Signature(SignatureError::Missing),
        LoadError::Signature(SignatureError::Wrong),
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
            "the compiled policy is not signed",
            "the compiled policy is not signed with this key, or was changed since",
        ]
    );
}

fn key(text: &str) -> SecretKey {
    SecretKey::from_text(text).expect("a secret key")
}

#[test]
fn a_signed_policy_loads_with_its_key_and_with_no_other() {
    let policy = compiled(ALL);
    let signer = key("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
    let other = key("TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=");
    let signed = signer.sign(policy.artifact()).expect("it is an artifact");
    let load = |bytes: &[u8], key: &PublicKey| Policy::load_signed(bytes.to_vec(), key).err();
    let missing = Some(LoadError::Signature(SignatureError::Missing));
    let wrong = Some(LoadError::Signature(SignatureError::Wrong));

    assert_eq!(load(&signed, &signer.public()), None);
    assert_eq!(load(&signed, &other.public()), wrong);
    assert_eq!(load(policy.artifact(), &signer.public()), missing);
    // Signed again, the new signature takes the place of the old one.
    assert_eq!(other.sign(&signed).expect("it is an artifact").len(), signed.len());
    assert_eq!(signer.sign(&signed).as_deref(), Ok(&*signed));
    // Whoever does not ask takes it as it is.
    let loaded = Policy::load(signed.clone()).expect("it loads");
    assert_eq!(loaded.artifact(), policy.artifact());

    // The signature of another policy, and changed bytes whose checksum fits again.
    let mut swapped = compiled("default deny").artifact().to_vec();
    swapped.extend(&signed[policy.artifact().len()..]);
    assert_eq!(load(&swapped, &signer.public()), wrong);
    let mut changed = signed.clone();
    changed[70_000 % policy.artifact().len()] ^= 1;
    artifact::seal(&mut changed);
    assert_eq!(load(&changed, &signer.public()), wrong);
    for at in policy.artifact().len()..signed.len() {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        assert_eq!(load(&changed, &signer.public()), wrong, "byte {at}");
    }
    assert_eq!(signer.sign(b"no artifact").err(), Some(LoadError::NoArtifact));
}

/// The keys and the signature are the ones that openssl knows. Passes where there is no openssl.
#[test]
fn openssl_makes_the_keys_and_checks_the_signature() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("openssl");
    std::fs::create_dir_all(&folder).expect("a folder of its own");
    let openssl = |arguments: &str| {
        let mut command = std::process::Command::new("openssl");
        let output = command.current_dir(&folder).args(arguments.split(' ')).output();
        output.is_ok_and(|output| output.status.success())
    };
    let makes_keys = openssl("genpkey -algorithm ed25519 -out key.pem")
        && openssl("pkey -in key.pem -pubout -out pub.pem");
    if !makes_keys {
        return;
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("openssl wrote it");
    let signer = key(&read("key.pem"));
    let public = PublicKey::from_text(&read("pub.pem")).expect("a public key");
    assert_eq!(signer.public(), public);

    let policy = compiled(ALL);
    let signed = signer.sign(policy.artifact()).expect("it is an artifact");
    assert!(Policy::load_signed(signed.clone(), &public).is_ok());
    let mut message = b"compiled agent policy, signature version 1\0".to_vec();
    message.extend(blake3::hash(policy.artifact()).as_bytes());
    let signature = &signed[policy.artifact().len() + 8..];
    for (name, bytes) in [("message", &*message), ("signature", signature)] {
        std::fs::write(folder.join(name), bytes).expect("the folder is there");
    }
    let verify = "pkeyutl -verify -pubin -inkey pub.pem -rawin -in message -sigfile signature";
    assert!(openssl(verify));
}

/// Requests of every kind, asked of whatever loads.
fn ask_everything(policy: &Policy) {
    let roots = [("workspace", "/w"), ("workspace", "/w/in"), ("data", "/srv/a")];
    let resolved = ["10.1.2.3", "2001:db8::1"];
    let args = Json::parse(r#"{"table": "prod_users", "n": 3}"#).expect("it is JSON");
    let declared = [("ticket", Declared::Text("x")), ("tags", Declared::Set(&["hot"]))];
    let requests = [
        Request::read("/w/secret/.env"),
        Request::write("/etc/x/y"),
        Request { platform: Some(Platform::Macos), ..Request::write("/W/Secret/.ENV") },
        Request::shell("git -C x push --force && rm -rf $x; cat a b | grep -r y $(z)"),
        Request { platform: Some(Platform::Windows), ..Request::argv(&["RM", "-rf", "C:/x"]) },
        Request { resolved: &resolved, ..Request::connect("a.example.com", 443) },
        Request::url("https://docs.example.com/a", "GET"),
        Request { args: Some(&args), risk: Some(7), ..Request::call("db", "drop") },
        Request { marks: &["tainted"], ..Request::new(Action::Prompt) },
        Request::new(Action::Install),
    ];
    for request in requests {
        for bound in [&roots[..], &[]] {
            let request = Request { roots: bound, declared: &declared, ..request };
            let decision = policy.decide(&request);
            // Whatever the tables say, the ways to ask do not differ.
            assert_eq!(policy.explain(&request).decision, decision);
        }
    }
    let _ = (policy.verify(), policy.rules().count(), policy.sources(), policy.digest().len());
}

/// The checksum is made to fit, as somebody would who changes a policy on purpose. What it decides
/// then is up to them; that it decides is not.
#[test]
fn bytes_that_were_changed_on_purpose_decide_something_and_end() {
    let artifacts = [ALL, &large(), "default deny"].map(|text| compiled(text).artifact().to_vec());
    let mut dice = Dice::new(7);
    let mut loaded = 0;
    for round in 0..ROUNDS {
        let mut bytes = artifacts[round % artifacts.len()].clone();
        for _ in 0..1 + dice.below(6) {
            // Half of the changes hit the header, the directory or the index.
            let end = if dice.below(2) == 0 { bytes.len() } else { bytes.len().min(6000) };
            let at = 16 + dice.below(end - 16);
            match dice.below(4) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
                2 => bytes[at] ^= 1 << dice.below(8),
                _ => {
                    let from = dice.below(bytes.len() - 8);
                    let end = (at + 4).min(bytes.len());
                    bytes.copy_within(from..from + (end - at), at);
                }
            }
        }
        artifact::seal(&mut bytes);
        if let Ok(policy) = Policy::load(bytes) {
            ask_everything(&policy);
            loaded += 1;
        }
    }
    // Else the test would test nothing.
    assert!(ROUNDS < 10 * loaded, "{loaded} of {ROUNDS} loaded");
}

/// Formulas that never end, nodes that lead to themselves, rows that lie everywhere.
#[test]
fn sections_full_of_one_word_decide_something_and_end() {
    let whole = compiled(&(ALL.to_owned() + &large())).artifact().to_vec();
    let number = |at: usize| {
        let bytes = whole[at..].first_chunk().expect("it lies in the directory");
        u32::from_le_bytes(*bytes) as usize
    };
    let mut decided = 0;
    // All but the index.
    for section in 1..number(12) {
        let (at, length) = (number(64 + 12 * section + 4), number(64 + 12 * section + 8));
        for word in [0, 1, 2, 3 | !7, 4 | !7, 0x7fff_ffff, 0x8000_0000, 0xffff_0000, u32::MAX] {
            let mut bytes = whole.clone();
            for place in bytes[at..at + length].as_chunks_mut::<4>().0 {
                *place = word.to_le_bytes();
            }
            artifact::seal(&mut bytes);
            ask_everything(&Policy::load(bytes).expect("nothing but the index is read"));
            decided += 1;
        }
    }
    assert!(100 < decided);
}

/// Where a walk leaves its table, nothing is allowed.
#[test]
fn a_walk_that_leaves_its_table_is_a_denial() {
    let whole =
        compiled("default allow\nallow read \"/a/**\"\nallow read \"/b/*\"").artifact().to_vec();
    let number = |at: usize| {
        let bytes = whole[at..].first_chunk().expect("it lies in the directory");
        u32::from_le_bytes(*bytes) as usize
    };
    let nodes = Section::Nodes as usize;
    let (at, length) = (number(64 + 12 * nodes + 4), number(64 + 12 * nodes + 8));
    let mut bytes = whole.clone();
    bytes[at..at + length].fill(0x7f);
    artifact::seal(&mut bytes);
    let broken = Policy::load(bytes).expect("nothing but the index is read");
    let decision = broken.decide(&Request::read("/a/b"));
    assert_eq!((decision.tier, decision.rule, decision.default), (Tier::Deny, None, false));
    assert_eq!(decision.record, RecordLevel::Full);
    assert!(broken.verify().is_err());
}

/// What was not sealed again does not load, wherever it was changed or cut.
#[test]
fn bytes_that_were_damaged_do_not_load() {
    let whole = compiled(ALL).artifact().to_vec();
    let mut dice = Dice::new(8);
    for _ in 0..ROUNDS {
        let mut bytes = whole.clone();
        let many = 1 + dice.below(20);
        let at = dice.below(bytes.len());
        match dice.below(3) {
            0 => bytes.truncate(at),
            1 => bytes[at..].iter_mut().take(many).for_each(|byte| *byte = !*byte),
            _ => bytes.extend(std::iter::repeat_n(0, many)),
        }
        assert!(Policy::load(bytes).is_err());
    }
}

const ROUNDS: usize = 3_000;
