//! Learning, as a caller of the library meets it: what is proposed, and what it never reaches.

use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::path::Path;

use policy_eval::{Action, Fields, Object, Policy, Request, RequestBuf, Tier, canon};
use policy_lang::check::no_includes;
use policy_lang::span::Source;
use policy_log::learn::{Beyond, LearnError, Learned, Options, learn};
use policy_log::source::Log;
use proptest::prelude::*;

fn log(bytes: &[u8]) -> Log {
    let bytes = bytes.to_vec();
    Log::new("log", move || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
}

fn learned(bytes: &[u8], policy: Option<&Policy>, all: bool) -> Result<Learned, LearnError> {
    let defaults = Fields::default();
    let default = Tier::Ask;
    let options =
        Options { threshold: 3, all, default, strict: true, defaults: &defaults, format: None };
    learn(vec![log(bytes)], policy, &options)
}

fn policy(text: &str) -> Policy {
    policy_lang::compile(vec![Source::new("a.policy", text)], &no_includes).expect("it compiles")
}

/// The policy, and what is told of it.
fn shown(learned: &Learned) -> String {
    let Learned { requests, allowed, different, undecided, .. } = learned;
    let mut text = format!(
        "{}\n{allowed} of {requests} allowed, {different} different, {undecided} undecided\n",
        learned.text
    );
    for left in &learned.left_out {
        let _ = writeln!(text, "left out: {} {}: {}", left.count, left.why, left.example);
    }
    for rule in learned.rules.iter().filter(|rule| rule.is_general) {
        let beyond = match &rule.beyond {
            Beyond::Nothing => "nothing",
            Beyond::Shown(witness) => witness,
            Beyond::Unknown => "not known",
        };
        let _ = writeln!(text, "{}\n    beyond: {beyond}", rule.text);
    }
    text
}

#[test]
fn a_week_becomes_a_policy() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/logs/week.jsonl.gz");
    let bytes = std::fs::read(file).unwrap();
    let learned = learned(&bytes, None, false).unwrap();
    insta::assert_snapshot!(shown(&learned));
}

/// Requests, one a line, in a project.
fn lines(requests: &[&str]) -> String {
    let roots = r#""roots": {"workspace": "/home/dev/app", "home": "/home/dev", "tmp": "/tmp"}"#;
    requests.iter().fold(String::new(), |mut text, request| {
        let (action, object) = request.split_once(' ').unwrap_or((request, ""));
        let object = match action {
            "run" => format!("\"shell\": {object:?}"),
            "connect" => format!("\"host\": {object:?}, \"port\": 443"),
            "call" => {
                let (server, tool) = object.split_once('/').unwrap();
                format!("\"server\": {server:?}, \"tool\": {tool:?}")
            }
            _ => format!("\"path\": {object:?}"),
        };
        let _ = writeln!(
            text,
            "{{\"action\": \"{action}\", {object}, \"cwd\": \"/home/dev/app\", {roots}}}"
        );
        text
    })
}

#[test]
fn what_is_generalised_and_what_is_not() {
    let text = lines(&[
        "run git diff a.rs",
        "run git diff b.rs",
        "run git diff --stat",
        "run git diff --output=x",
        "run git push origin a",
        "run git push origin b",
        "run git push origin c",
        "run mytool a.x",
        "run mytool b.x",
        "run mytool c.x",
        "run python3 a.py",
        "run python3 b.py",
        "run python3 c.py",
        "run rm a",
        "run rm b",
        "run rm c",
        "run timeout 5 curl a.example",
        "run curl b.example",
        "run curl c.example",
        "run sudo ls a",
        "run sudo ls b",
        "run sudo ls c",
        "run ./check.sh a",
        "run ./check.sh b",
        "run ./check.sh c",
        "run cat src/a.rs ~/notes.txt",
        "run cat src/b.rs",
        "run cat src/sub/c.rs",
        "run rg 'a b' src",
        "run sed -n 1,3p src/a.rs",
        "run sed -n 4p src/b.rs",
        "run sed -n 5p src/c.rs",
        "run sed -i s/a/b/ src/a.rs",
        "run for f in a b; do make $f; done",
        "run make 'it''s; \"quoted\" (x|y) *'",
        "run ls *.rs",
        "read /home/dev/app/src/.env",
        "read /home/dev/app/docs/a.md",
        "read /home/dev/app/docs/b.md",
        "read /home/dev/app/README.md",
        "write /home/dev/app/.github/workflows/a.yml",
        "write /home/dev/app/.github/workflows/b.yml",
        "write /home/dev/app/.github/workflows/c.yml",
        "read /etc/a",
        "read /etc/b",
        "read /etc/c",
        "read /home/dev/x/1",
        "read /home/dev/x/2",
        "read /home/dev/x/{3}, [y]*",
        "connect docs.example",
        "connect a.docs.example",
        "connect b.docs.example",
        "call github/get_issue",
        "call github/get_pull",
    ]);
    insta::assert_snapshot!(shown(&learned(text.as_bytes(), None, true).unwrap()));
}

#[test]
fn what_was_allowed_must_be_said() {
    let text = lines(&["run ls", "run make", "run make x"]);
    let error = learned(text.as_bytes(), None, false).unwrap_err();
    assert!(error.to_string().contains("3 requests"), "{error}");
    let decides = policy("default ask\nallow run \"make\"");
    let learned = learned(text.as_bytes(), Some(&decides), false).unwrap();
    assert_eq!(learned.allowed, 1);
    assert!(learned.text.contains("allow run \"make\""), "{}", learned.text);
}

/// Of each part what names it: program, folder, host, tool.
fn names(request: &Request<'_>) -> Vec<String> {
    let mut found = Vec::new();
    canon::parts(request, &mut |judged| {
        let name = match judged.part.object {
            Object::Command(command) => command
                .forms
                .iter()
                .find(|form| form.certain)
                .and_then(|form| form.words.first()?.value())
                .map(str::to_owned),
            Object::Path(policy_eval::PathValue::Known(path)) => {
                Some(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned())
            }
            Object::Endpoint(endpoint) => Some(format!("{:?}:{:?}", endpoint.host, endpoint.port)),
            Object::Tool { server, tool, .. } => Some(format!("{server:?}/{tool:?}")),
            _ => None,
        };
        found.push(format!("{}: {}", judged.part.action.name(), name.unwrap_or_default()));
    });
    found
}

fn requests(most: usize) -> impl Strategy<Value = Vec<String>> {
    let program = prop::sample::select(vec![
        "git",
        "cargo",
        "mytool",
        "cat",
        "rm",
        "python3",
        "sudo",
        "env",
        "./x",
        "rg",
        "git -C y",
        "timeout 3 make",
        "sh -c",
        "'a|b'",
        "'('",
        "npm",
        "sed -n 1p",
        "sed -n 2,3p",
    ]);
    let word = prop::sample::select(vec![
        "diff",
        "push",
        "test",
        "-x",
        "a.rs",
        "b.rs",
        "src/c.rs",
        "--output=x",
        "*",
        "$X",
        "'a b'",
        "...",
        "{no}",
        "(a|b)",
        "~/k",
        "/etc/passwd",
        "> out",
        "&& ls",
        "",
        "<x>",
        "\"",
        "run",
        "a,b",
    ]);
    let run = (program, prop::collection::vec(word, 0..4))
        .prop_map(|(program, words)| format!("run {program} {}", words.join(" ")));
    let folder = prop::sample::select(vec![
        "/home/dev/app",
        "/home/dev/app/src",
        "/home/dev/app/src/deep",
        "/home/dev/app/.git",
        "/home/dev",
        "/etc",
        "/tmp",
        "",
        "/home/dev/app/a,b",
        "/home/dev/app/{x}",
    ]);
    let file =
        prop::sample::select(vec!["a", "b", "c", ".env", "id_rsa", "*.rs", "key.pem", "[x]", "$y"]);
    let action = prop::sample::select(vec!["read", "write", "delete"]);
    let touch = (action, folder, file)
        .prop_map(|(action, folder, file)| format!("{action} {folder}/{file}"));
    let host =
        prop::sample::select(vec!["connect a.example", "connect b.example", "connect 10.0.0.1"]);
    let tool = prop::sample::select(vec!["call a/x", "call a/y", "call b/x", "call b/*"]);
    let one = prop_oneof![
        4 => run, 4 => touch, 1 => host.prop_map(str::to_owned), 1 => tool.prop_map(str::to_owned)
    ];
    prop::collection::vec(one, 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever a log says, a policy that is learned from it allows no program, no host and no tool
    /// that was not in it, and no file outside a folder of which something was.
    #[test]
    fn nothing_is_allowed_of_which_the_log_has_nothing(seen in requests(40), asked in requests(60)) {
        let text = |requests: &[String]| {
            lines(&requests.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let learned = learned(text(&seen).as_bytes(), None, true).unwrap();
        let policy = policy(&learned.text);
        let read = |text: String| -> Vec<RequestBuf> {
            text.lines().map(|line| RequestBuf::from_json(line).unwrap()).collect()
        };
        let known: Vec<String> =
            read(text(&seen)).iter().flat_map(|one| one.with_request(names)).collect();
        // Words of commands that read files are files too.
        let operands: Vec<&String> = seen.iter().filter(|one| one.starts_with("run ")).collect();
        for one in read(text(&asked)) {
            if one.with_request(|request| policy.decide(request).tier) != Tier::Allow {
                continue;
            }
            for name in one.with_request(names) {
                let is_file = [Action::Read, Action::Write, Action::Delete]
                    .iter()
                    .any(|action| name.starts_with(action.name()));
                let is_known = known.contains(&name)
                    || (is_file && known.iter().any(|seen| is_of_one_folder(seen, &name)))
                    || (name.starts_with("read") && !operands.is_empty());
                prop_assert!(is_known, "{name} by\n{}", learned.text);
            }
        }
    }
}

/// Whether two folders of the project are the same or lie in the same folder below it.
fn is_of_one_folder(seen: &str, asked: &str) -> bool {
    let top = |name: &str| {
        let (action, folder) = name.split_once(": ")?;
        let below = folder.strip_prefix("/home/dev/app/")?;
        Some((action.to_owned(), below.split('/').next()?.to_owned()))
    };
    top(seen).is_some() && top(seen) == top(asked)
}
