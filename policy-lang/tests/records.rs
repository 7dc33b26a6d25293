//! Decision records: what stands in one at which level, that its schema holds, and that no secret is
//! in any.

use policy_eval::record::{
    ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, Event, Record, Recorder,
    ResultOutcome, ResultRecord, Time,
};
use policy_eval::{Policy, RecordLevel, Request, RequestBuf, Shadowed, Tier, action_digest};
use policy_generate::Dice;
use policy_lang::check::no_includes;
use policy_lang::span::Source;
use serde_json::{Value, json};

const POLICY: &str = r#"policy acme.agents version "2026.11" layer managed

default ask

allow read "$workspace/**"
allow run "git (status|log) ..."
no-force-push:
deny run "git push {--force|-f}" because "Rewrites shared history."
deny connect * except "**.acme.com"
mark "secret" read "$workspace/data/**"
"#;

fn compile(text: &str) -> Policy {
    policy_lang::compile(vec![Source::new("acme.policy", text)], &no_includes)
        .expect("the policy compiles")
}

const LEVELS: [RecordLevel; 3] = [RecordLevel::Metadata, RecordLevel::Redacted, RecordLevel::Full];

fn now() -> Time {
    Time::from_unix_nanos(1_795_515_300_000_000_000)
}

fn decided(policy: &Policy, request: &Request<'_>, recorder: &Recorder<'_>) -> Option<Record> {
    recorder.decision(now(), policy, request, &policy.decide(request))
}

/// The records of a request at the three levels, laid out for people; of digests the beginning.
fn told(request: &str) -> String {
    let policy = compile(POLICY);
    let request = RequestBuf::from_json(request).expect("the request is valid");
    let mut text = String::new();
    for level in LEVELS {
        let recorder = Recorder {
            runtime: Some("acme-agent"),
            session: Some("s-17"),
            secrets: &["Tr0ub4dor"],
            at_least: level,
            ..Recorder::default()
        };
        let record = request.with_request(|request| decided(&policy, request, &recorder));
        let line = record.expect("something is recorded").to_json();
        let mut json: Value = serde_json::from_str(&line).expect("it is JSON");
        for name in ["action_digest", "policy_digest"] {
            json[name] = json!("blake3:…");
        }
        text.push_str(&serde_json::to_string_pretty(&json).expect("it is JSON"));
        text.push('\n');
    }
    text
}

#[test]
fn a_command_at_each_level() {
    insta::assert_snapshot!(told(
        r#"{"action": "run", "shell": "cd src && git commit -m 'Fix the door' && MODE=x mysql -pTr0ub4dor < /home/dev/app/db/a.sql; git push -f",
            "cwd": "/home/dev/app", "escalated": true, "env": ["CI"], "roots": {"workspace": "/home/dev/app", "home": "/home/dev"},
            "intent": "Publish the fix", "context": {"user": "ana", "agent": "builder", "branch": "fix/door", "sandbox": "workspace-write", "risk": 40}}"#
    ));
}

#[test]
fn a_path_at_each_level() {
    insta::assert_snapshot!(told(
        r#"{"action": "read", "path": "/home/dev/app/data/customers/list.csv", "roots": {"workspace": "/home/dev/app"}}"#
    ));
}

#[test]
fn a_url_at_each_level() {
    insta::assert_snapshot!(told(
        r#"{"action": "connect", "url": "https://ana:pw@api.internal.acme.com:8443/v1/users?key=abc&page=2", "method": "GET"}"#
    ));
}

#[test]
fn a_call_at_each_level() {
    insta::assert_snapshot!(told(
        r#"{"action": "call", "server": "github", "tool": "create_issue", "read_only": false,
            "args": {"title": "Broken door", "labels": ["bug", "door"], "number": 7, "draft": true,
                     "env": {"HOME": "/home/dev"}, "auth_token": "abc", "nested": {"password": {"a": 1}}}}"#
    ));
}

/// What is left of a command line at the level `full`, and its shape.
fn commands(lines: &[&str]) -> String {
    let policy = compile("default ask");
    let mut text = String::new();
    for line in lines {
        for level in LEVELS {
            let recorder =
                Recorder { secrets: &["Tr0ub4dor"], at_least: level, ..Recorder::default() };
            let record = decided(&policy, &Request::shell(line), &recorder).expect("recorded");
            let Event::Decision(decision) = record.event else { unreachable!() };
            if let Some(request) = decision.request {
                text.push_str(&format!(
                    "shell     {}\n",
                    request.get("shell").unwrap().as_str().unwrap()
                ));
            }
            let parts: Vec<_> = decision.parts.into_iter().filter_map(|part| part.object).collect();
            text.push_str(&format!("{:9} {}\n", level.name(), parts.join(" ¦ ")));
        }
        text.push('\n');
    }
    text
}

#[test]
fn secrets_of_commands_are_found_where_they_stand() {
    insta::assert_snapshot!(commands(&[
        "TOKEN=abc make deploy",
        "export PATH=/x:$PATH db_pass=abc; env a=b c",
        "mysql -u root -pabc -h db.acme.com shop",
        "mysqldump -p abc shop > out.sql",
        "curl -u ana:abc -H 'Authorization: Bearer abc' -H \"X-Api-Key: abc\" https://api.acme.com/v1?key=abc",
        "curl https://ana:abc@acme.com/a -H Authorization:\\ abc",
        "git clone https://oauth2:abc@git.acme.com/shop.git",
        "deploy --password abc --token=abc --token-file /run/token --verbose",
        "docker run -e MODE=abc --env KEY=abc acme/shop:1 && docker login -u ana -p abc packages.acme.com",
        "bash -c \"mysql -pabc shop\"",
        "echo ghp_0123456789abcdefABCD Tr0ub4dor 'a b' | tee ~/x/y.txt",
        "openssl rsa -passin pass:abc -in key.pem",
        "dd if=/dev/zero of=/dev/sda bs=1M",
        "cat <<E\n-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\nE",
        "git log --oneline -n 3 -- src/lib.rs",
    ]));
}

#[test]
fn none_writes_nothing() {
    let policy = compile(POLICY);
    assert_eq!(decided(&policy, &Request::shell("ls"), &Recorder::default()), None);
    let policy = compile("default ask\nrecord redacted run");
    let record = decided(&policy, &Request::shell("ls"), &Recorder::default());
    let Some(Record { event: Event::Decision(decision), .. }) = record else { panic!() };
    assert_eq!(decision.record_level, RecordLevel::Redacted);
}

#[test]
fn a_shadow_is_recorded_where_it_differs() {
    let policy = compile("default ask\nrecord metadata *");
    let next = compile("default ask\nallow run \"ls\"");
    let recorder = Recorder::default();
    for (line, expected) in [("ls", Some(Tier::Allow)), ("make", None)] {
        let request = Request::shell(line);
        let both = Shadowed::decide(&policy, &next, &request);
        assert_eq!(both.enforced, policy.decide(&request));
        let record = recorder.shadow(now(), &request, &both);
        let tier = record.map(|record| match record.event {
            Event::Shadow(shadow) => {
                assert_eq!(shadow.enforced_tier, Tier::Ask);
                assert_eq!(shadow.enforced_policy_digest, policy.digest());
                assert_eq!(shadow.decision.policy_digest, next.digest());
                shadow.decision.tier
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(tier, expected, "{line}");
    }
}

/// Every record that can be made is one that the schema describes, and is read back as it was.
#[test]
fn the_schema_describes_every_record() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schemas/record.json");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let schema = compiler.compile(path, &mut schemas).expect("the schema is one");
    let mut dice = Dice::new(7);
    for number in 0..150 {
        let policies: Vec<Policy> = (0..2)
            .map(|_| {
                let policy = policy_generate::policy(&mut dice);
                let files = policy.files.iter().enumerate();
                let sources =
                    files.map(|(index, file)| Source::new(file.name(index), file.to_string()));
                policy_lang::compile(sources.collect(), &no_includes).expect("it compiles")
            })
            .collect();
        let [policy, next] = &policies[..] else { unreachable!() };
        for _ in 0..20 {
            let request = policy_generate::request(&mut dice).to_string();
            let request = RequestBuf::from_json(&request).expect("the request is valid");
            for at_least in RecordLevel::ALL {
                let recorder = Recorder { at_least, session: Some("s"), ..Recorder::default() };
                let records = request.with_request(|request| {
                    let both = Shadowed::decide(policy, next, request);
                    let approval = ApprovalRecord {
                        outcome: ApprovalOutcome::ALL[number % 2],
                        by: ApprovedBy::ALL[number % 2],
                        scope: ApprovalScope::ALL[number % 2],
                        approver: (number % 3 == 0).then(|| "ana".to_owned()),
                    };
                    let result = ResultRecord {
                        outcome: ResultOutcome::ALL[number % 3],
                        exit_code: (number % 2 == 0).then_some(1),
                        duration_ms: (number % 2 == 0).then_some(20),
                    };
                    let digest = action_digest(request);
                    [
                        recorder.decision(now(), policy, request, &both.enforced),
                        recorder.shadow(now(), request, &both),
                        Some(recorder.approval(now(), &digest, approval)),
                        Some(recorder.result(now(), &digest, result)),
                    ]
                });
                for record in records.into_iter().flatten() {
                    let line = record.to_json();
                    let json: Value = serde_json::from_str(&line).expect("it is JSON");
                    if let Err(error) = schemas.validate(&json, schema) {
                        panic!("{line}\n{error:#}");
                    }
                    assert_eq!(Record::from_json(&line).as_ref(), Ok(&record), "{line}");
                }
            }
        }
    }
}

// ---- Secrets --------------------------------------------------------------------------------

/// What must stand nowhere.
const SECRET: &str = "Zq8x7vN2kL5mW9rT";

/// Why a text is known to be secret.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// The caller declares it.
    Declared,
    /// Its shape says so, wherever it stands.
    ByShape,
    /// It stands where commands have secrets.
    InCommand,
}

/// Texts that hold it.
const PLANTED: &[(&str, Known)] = &[
    ("{}", Known::Declared),
    ("a {} b", Known::Declared),
    ("x/{}/y", Known::Declared),
    ("{}.acme.com", Known::Declared),
    ("ghp_{}", Known::ByShape),
    ("github_pat_{}", Known::ByShape),
    ("glpat-{}", Known::ByShape),
    ("sk-{}", Known::ByShape),
    ("xoxb-1-{}", Known::ByShape),
    ("npm_{}0000", Known::ByShape),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{}", Known::ByShape),
    ("-----BEGIN PRIVATE KEY-----\nMIIB{}\n-----END PRIVATE KEY-----", Known::ByShape),
    ("https://ana:{}@db.acme.com/a", Known::ByShape),
    ("https://{}@db.acme.com/a", Known::ByShape),
    ("https://db.acme.com/a?key={}&page=1", Known::ByShape),
    ("curl db.acme.com/a?page=1&key={}", Known::ByShape),
    ("Authorization: Bearer {}", Known::ByShape),
    ("password={}", Known::ByShape),
    ("{\"password\": \"{}\"}", Known::ByShape),
    ("TOKEN={} make", Known::InCommand),
    ("mode={} make", Known::InCommand),
    ("ls && mode={} make", Known::InCommand),
    ("export mode={}", Known::InCommand),
    ("env mode={} make", Known::InCommand),
    ("set -gx MODE {}", Known::InCommand),
    ("$env:MODE='{}'", Known::InCommand),
    ("docker run -e mode={} shop", Known::InCommand),
    ("docker run --env=mode={} shop", Known::InCommand),
    ("docker login -u ana -p {} acme.com", Known::InCommand),
    ("mysql -p{}", Known::InCommand),
    ("mysql -p'{}' shop", Known::InCommand),
    ("mysql -p {} shop", Known::InCommand),
    ("sudo mysql --password={} shop", Known::InCommand),
    ("sshpass -p {} ssh acme.com", Known::InCommand),
    ("deploy --password {}", Known::InCommand),
    ("deploy --api-key \"{}\"", Known::InCommand),
    ("deploy --client-secret='{}'", Known::InCommand),
    ("curl -u ana:{} acme.com", Known::InCommand),
    ("curl -uana:{} acme.com", Known::InCommand),
    ("curl --user 'ana:{}' acme.com", Known::InCommand),
    ("curl -H 'Authorization: Basic {}' acme.com", Known::InCommand),
    ("curl -H Authorization:\\ Bearer\\ {} acme.com", Known::InCommand),
    ("curl -H \"X-Api-Key: {}\" acme.com", Known::InCommand),
    ("curl -b 'Cookie: a={}' acme.com", Known::InCommand),
    ("redis-cli -a {} ping", Known::InCommand),
    ("zip -P {} a.zip b", Known::InCommand),
    ("openssl rsa -passin pass:{}", Known::InCommand),
    ("bash -c \"mysql -p{}\"", Known::InCommand),
    ("bash -c \"bash -c 'TOKEN={} make'\"", Known::InCommand),
    ("ssh acme.com 'curl -u ana:{} acme.com'", Known::InCommand),
    ("xargs -n1 env mode={} make", Known::InCommand),
    ("if true; then deploy --token {}; fi", Known::InCommand),
    ("echo $(deploy --token {})", Known::InCommand),
    ("if true; then mode={} make; fi", Known::InCommand),
    ("cat <<E\nexport mode={}\nE", Known::InCommand),
    ("psql postgresql://ana:{}@db.acme.com/shop", Known::ByShape),
];

/// Puts a text into a request: in the place of one of its texts, whichever.
fn plant(dice: &mut Dice, request: &mut Value, text: &str, known: Known) {
    let keep = ["action", "context", "roots", "annotations", "symlinks"];
    let object = request.as_object_mut().expect("a request is an object");
    let action = object["action"].as_str().unwrap_or_default().to_owned();
    match (&*action, dice.below(4)) {
        ("run", 0) => {
            object.remove("argv");
            object.insert("shell".to_owned(), json!(text));
        }
        ("run", 1) => {
            object.remove("shell");
            // Words as a shell would part these lines.
            let words: Vec<String> =
                text.replace(['\'', '"', '\\'], "").split_whitespace().map(str::to_owned).collect();
            object.insert("argv".to_owned(), json!(words));
        }
        ("call", 0) => {
            object.remove("args_json");
            object.insert("args".to_owned(), json!({ "a": { "b": [text, 1] }, "command": text }));
        }
        ("call", 1) => {
            object.remove("args");
            let args = json!({ "env": { "A": text }, "c": text }).to_string();
            object.insert("args_json".to_owned(), json!(args));
        }
        ("connect" | "fetch", 0) if text.starts_with("http") => {
            object.retain(|name, _| name == "action");
            object.insert("url".to_owned(), json!(text));
        }
        (_, 1) if known != Known::InCommand => {
            let context = object.entry("context").or_insert(json!({}));
            context["branch"] = json!(text);
            context["user"] = json!(text);
            context["ticket"] = json!(text);
            context["groups"] = json!([text]);
        }
        (_, 2) if known != Known::InCommand => {
            let names: Vec<String> = object
                .iter()
                .filter(|(name, value)| value.is_string() && !keep.contains(&&***name))
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(name) = names.get(dice.below(names.len().max(1))) {
                let closed = ["mode", "store", "kind", "shell_kind"];
                if !closed.contains(&&**name) {
                    object.insert(name.clone(), json!(text));
                }
            }
            object.insert("intent".to_owned(), json!(text));
        }
        _ => {
            object.insert("intent".to_owned(), json!(text));
        }
    }
}

/// Every text in a value, names too.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            found.push(name.clone());
            texts(value, found);
        }),
        _ => {}
    }
}

#[test]
fn no_secret_is_in_any_record() {
    let policy = compile(POLICY);
    let next = compile("default deny");
    let cases = std::env::var("RECORD_CASES").ok().and_then(|cases| cases.parse().ok());
    for seed in 0..cases.unwrap_or(2000) {
        let mut dice = Dice::new(seed);
        let (line, known) = PLANTED[dice.below(PLANTED.len())];
        let text = line.replace("{}", SECRET);
        let mut request = policy_generate::request(&mut dice);
        plant(&mut dice, &mut request, &text, known);
        let is_declared = known == Known::Declared;
        let Ok(buf) = RequestBuf::from_json(&request.to_string()) else { continue };
        let lower = SECRET.to_lowercase();
        let declared = [&*lower];
        for at_least in LEVELS {
            let recorder = Recorder {
                session: is_declared.then_some(&text),
                call_id: is_declared.then_some(&text),
                secrets: if is_declared { &declared } else { &[] },
                at_least,
                ..Recorder::default()
            };
            let records = buf.with_request(|request| {
                let both = Shadowed::decide(&policy, &next, request);
                [
                    recorder.decision(now(), &policy, request, &both.enforced),
                    recorder.shadow(now(), request, &both),
                ]
            });
            for record in records.into_iter().flatten() {
                let line = record.to_json();
                let json: Value = serde_json::from_str(&line).expect("it is JSON");
                let mut all = vec![line.clone()];
                texts(&json, &mut all);
                let leak = all.iter().find(|text| text.to_lowercase().contains(&lower));
                assert!(leak.is_none(), "seed {seed}: {request}\n{line}");
            }
        }
    }
}

/// Long and hostile texts take no more than their length.
#[test]
fn hostile_texts_are_read_once() {
    let policy = compile("default ask");
    let parts = [
        "://",
        "?a=",
        "&",
        "@",
        "-----BEGIN ",
        "-----BEGIN X-----",
        "eyJ",
        "sk-",
        "cookie:",
        "token='",
        "\"",
        "x:y@",
        "a b ",
        "password=",
        "Bearer ",
        "$(",
        "\\",
        "-p ",
        "mysql -p",
        "=",
    ];
    for part in parts {
        let text = part.repeat((200 << 10) / part.len());
        let recorder = Recorder {
            secrets: &["Tr0ub4dor", "aaaaaaab"],
            at_least: RecordLevel::Full,
            ..Recorder::default()
        };
        let started = std::time::Instant::now();
        let request = Request { intent: Some(&text), ..Request::shell("ls") };
        let record = decided(&policy, &request, &recorder).expect("recorded");
        let line = record.to_json();
        assert_eq!(Record::from_json(&line), Ok(record));
        assert!(started.elapsed().as_secs() < 10, "{part}: {:?}", started.elapsed());
    }
}
