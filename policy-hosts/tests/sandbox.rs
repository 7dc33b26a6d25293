//! Scopes as configurations of what enforces them: what is written, and that nothing is open that the
//! policy does not allow.

use policy_eval::{RequestBuf, Tier};
use policy_generate::Dice;
use policy_hosts::sandbox::{Enforcer, SandboxError, write};
use policy_lang::check::no_includes;
use policy_lang::diagnostic::{Style, render_all};
use policy_lang::model::Model;
use policy_lang::span::Source;
use policy_lang::{interp, scope};
use serde_json::{Value, json};

const POLICY: &str = r#"
default read allow
paths secrets = "~/.ssh/**", "/etc/shadow"
deny read, write secrets because "Secrets."
sandbox box {
  allow write, delete "$workspace/**", "$tmp/**" except "$workspace/.git/**"
  deny  write "$workspace/keys/**"
  allow connect "crates.io", "**.acme.com" except "internal.acme.com"
  allow connect "docs.rs" port 443
}
allow listen @loopback
"#;

/// Patterns below folders, conditions, writing without deleting, only some of it readable.
const HARD: &str = r#"
sandbox box {
  allow read "$workspace/**", "/usr/**", "/etc/hosts", "/opt/**"
  allow write "$workspace/**"
  allow delete "$workspace/build/**"
  allow read, write, delete "/scratch/**"
  allow write, delete "/late/**" when branch == "main"
}
deny read "**/.env"
deny write, read i"/opt/Secrets/**"
ask  write "/scratch/**/*.key"
ask  read "/usr/share/**" unless mode == live
allow connect * port 443, 8000-8001
"#;

fn model(text: &str) -> Model {
    // A condition that is no attribute of files is left out of the text above.
    let text = text.replace(" unless mode == live", " unless risk < 20");
    policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it is a policy")
}

fn roots() -> Vec<(String, String)> {
    [("workspace", "/w"), ("home", "/home/dev"), ("tmp", "/tmp")]
        .map(|(name, path)| (name.to_owned(), path.to_owned()))
        .into()
}

fn page(text: &str) -> String {
    let model = model(text);
    let mut page = String::new();
    for enforcer in Enforcer::ALL {
        let written = write(enforcer, &model, "box", &roots()).expect("it is written");
        page += &format!("======== {}\n{}\n", enforcer.name(), written.text);
        page += &render_all(&written.findings, &model.sources, Style::Plain);
    }
    page
}

#[test]
fn what_enforcers_get() {
    insta::assert_snapshot!(page(POLICY));
}

#[test]
fn what_cannot_be_said_is_closed_and_told() {
    insta::assert_snapshot!(page(HARD));
}

#[test]
fn a_root_that_is_not_bound_is_an_error() {
    let model = model(POLICY);
    let error = write(Enforcer::Bwrap, &model, "box", &[]).expect_err("it is not bound");
    assert!(matches!(error, SandboxError::Unbound { .. }), "{error}");
    let odd = [("workspace".to_owned(), "w/../x".to_owned())];
    let error = write(Enforcer::Bwrap, &model, "box", &odd).expect_err("it is no place");
    assert!(matches!(error, SandboxError::NotAPlace { .. }), "{error}");
    let error = write(Enforcer::Bwrap, &model, "bix", &roots()).expect_err("it is not there");
    insta::assert_snapshot!(error, @"there is no sandbox `bix`; did you mean `box`?");
}

// ---- The oracle ---------------------------------------------------------------------------

/// Whether one may read and write there.
type Rights = (bool, bool);

fn lies_in(path: &str, folder: &str) -> bool {
    let folder = if folder == "/" { "" } else { folder };
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn bwrap(text: &str, path: &str) -> Rights {
    let mut rights = (false, false);
    for line in text.lines().filter_map(|line| line.strip_prefix("  --")) {
        let words: Vec<&str> = line.trim_end_matches(" \\").split(' ').collect();
        let (place, given) = match words[..] {
            ["ro-bind-try", _, place] => (place, (true, false)),
            ["ro-bind", "/dev/null", place] => (place, (false, false)),
            ["ro-bind", _, place] => (place, (true, false)),
            ["bind-try", _, place] => (place, (true, true)),
            ["tmpfs" | "dev" | "proc", place] => (place, (false, false)),
            ["remount-ro", _] | ["", ..] => continue,
            _ => panic!("{line}"),
        };
        if lies_in(path, place) {
            rights = given;
        }
    }
    rights
}

fn claude(text: &str, path: &str) -> Rights {
    let root: Value = serde_json::from_str(text).expect("it is JSON");
    let files = &root["sandbox"]["filesystem"];
    let any = |name: &str| {
        let all = files[name].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).any(|place| lies_in(path, place))
    };
    let reads = any("allowRead") || !any("denyRead");
    (reads, any("allowWrite") && !any("denyWrite"))
}

fn landlock(text: &str, path: &str) -> Rights {
    let root: Value = serde_json::from_str(text).expect("it is JSON");
    let any = |right: &str| {
        root["paths"].as_array().into_iter().flatten().any(|one| {
            let has = one["access"].as_array().into_iter().flatten().any(|name| name == right);
            has && lies_in(path, one["path"].as_str().expect("a path"))
        })
    };
    (any("read_file"), any("write_file"))
}

/// The most specific path wins; a pattern only denies.
fn codex(text: &str, path: &str) -> Rights {
    let (mut best, mut rights) = (0, (false, false));
    let lines = text.lines().take_while(|line| !line.contains("network]"));
    for line in lines.filter(|line| line.starts_with('"')) {
        let (key, access) = line.split_once("\" = \"").expect("a path and its access");
        let (key, access) = (&key[1..], access.trim_end_matches('"'));
        let folder = key.strip_suffix("/**").unwrap_or(key);
        if folder.contains('*') || folder.contains('?') {
            assert_eq!(access, "deny", "{line}");
            let body = regex::escape(key).replace("/\\*\\*", "(/.*)?").replace("\\*", "[^/]*");
            if regex::Regex::new(&format!("^{body}$")).expect("it is one").is_match(path) {
                return (false, false);
            }
            continue;
        }
        let folder = if folder == ":root" { "/" } else { folder };
        if lies_in(path, folder) && best <= folder.len() {
            best = folder.len();
            rights = match access {
                "write" => (true, true),
                "read" => (true, false),
                "deny" => (false, false),
                other => panic!("{other}"),
            };
        }
    }
    rights
}

fn seatbelt(text: &str, path: &str) -> Rights {
    let decide = |operation: &str| {
        let mut allowed = false;
        for line in text.lines() {
            let given = match line.strip_prefix(&*format!("(allow {operation} ")) {
                Some(rest) => Some((true, rest)),
                None => {
                    line.strip_prefix(&*format!("(deny {operation} ")).map(|rest| (false, rest))
                }
            };
            let Some((tier, filters)) = given else { continue };
            let mut rest = filters;
            while let Some(start) = rest.find(['s', 'l', 'r']) {
                let (kind, tail) = rest[start..].split_once(' ').expect("a filter");
                let tail = tail.trim_start_matches('#').trim_start_matches('"');
                let (value, tail) = tail.split_once("\")").expect("a text");
                let matches = match kind {
                    "subpath" => lies_in(path, value),
                    "literal" => path == value,
                    "regex" => regex::Regex::new(value).expect("it is one").is_match(path),
                    other => panic!("{other}"),
                };
                if matches {
                    allowed = tier;
                }
                rest = tail;
            }
        }
        allowed
    };
    (decide("file-read*"), decide("file-write*"))
}

fn path(dice: &mut Dice) -> String {
    let bases =
        ["/w", "/home/dev", "/tmp", "/etc", "/usr", "/opt", "/scratch", "/late", "/srv", ""];
    let names = [
        ".git", ".env", "keys", "src", "a.key", "build", ".ssh", "hosts", "shadow", "secrets",
        "Secrets", "share", "a", "b", "x.rs",
    ];
    let mut path = dice.pick(&bases).to_owned();
    for _ in 0..dice.below(4) {
        path.push('/');
        path.push_str(dice.pick(&names));
    }
    if path.is_empty() { "/a".to_owned() } else { path }
}

#[test]
fn nothing_is_open_that_the_policy_does_not_allow() {
    let mut policies = vec![(model(POLICY), "box".to_owned()), (model(HARD), "box".to_owned())];
    for seed in 0..60 {
        let made = policy_generate::policy(&mut Dice::new(seed));
        let sources = made
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| Source::new(file.name(index), file.to_string()));
        let Ok(model) = policy_lang::load(sources.collect(), &no_includes) else { continue };
        let names = scope::sandboxes(&model);
        policies.extend(names.into_iter().take(2).map(|name| (model.clone(), name)));
    }
    let mut open = [0; 5];
    let mut dice = Dice::new(7);
    for (model, sandbox) in &policies {
        // Roots of its own lie somewhere too.
        let mut roots = roots();
        for (index, root) in model.roots.iter().enumerate() {
            if !roots.iter().any(|(name, _)| *name == root.name) {
                roots.push((root.name.clone(), format!("/srv/r{index}")));
            }
        }
        let bound: serde_json::Map<String, Value> =
            roots.iter().map(|(name, path)| (name.clone(), json!(path))).collect();
        for (index, enforcer) in Enforcer::ALL.into_iter().enumerate() {
            let written = write(enforcer, model, sandbox, &roots).expect("it is written");
            let rights = match enforcer {
                Enforcer::Codex => codex,
                Enforcer::Claude => claude,
                Enforcer::Bwrap => bwrap,
                Enforcer::Landlock => landlock,
                Enforcer::Seatbelt => seatbelt,
            };
            let platform = if enforcer == Enforcer::Seatbelt { "macos" } else { "linux" };
            for _ in 0..150 {
                let path = path(&mut dice);
                if path.starts_with("/dev") || path.starts_with("/proc") {
                    continue;
                }
                let (reads, writes) = rights(&written.text, &path);
                open[index] += usize::from(reads) + usize::from(writes);
                let actions = [("read", reads), ("write", writes), ("delete", writes)];
                for action in actions.into_iter().filter(|(_, is_open)| *is_open) {
                    let json = json!({ "action": action.0, "path": path, "roots": bound,
                        "context": { "platform": platform, "sandbox": sandbox } });
                    let request = RequestBuf::from_json(&json.to_string()).expect("a request");
                    let tier = request.with_request(|asked| interp::decide(model, asked).tier);
                    assert_eq!(
                        tier,
                        Tier::Allow,
                        "{}: {} {path} in {sandbox}\n{}",
                        enforcer.name(),
                        action.0,
                        written.text
                    );
                }
            }
        }
    }
    assert!(open.iter().all(|&open| 50 < open), "{open:?}");
    eprintln!("{} scopes; open: {open:?}", policies.len());
}
