//! What hosts send and read: the actions of documented payloads, answers against the schemas of the
//! hosts, and payloads that nobody should send.

mod reads;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use policy_eval::{Fields, Policy, Request, Session, canon, describe, to_json};
use policy_hosts::hook::{self, Answer, Event, Facts, Host, Surface, Told};
use policy_hosts::{HOSTS, Runtime};
use policy_lang::check::no_includes;
use policy_lang::span::Source;
use serde_json::{Value, json};

use reads::host_reads;

/// A line of the file of payloads.
struct Payload {
    runtime: Runtime,
    event: String,
    stdin: Value,
    action: Value,
    notes: String,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn payloads() -> Vec<Payload> {
    let text = fs::read_to_string(data("hook-payloads.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| Payload {
            runtime: line["runtime"].as_str().unwrap().parse().unwrap(),
            event: line["event"].as_str().unwrap().to_owned(),
            stdin: line["stdin"].clone(),
            action: line["action"].clone(),
            notes: line["notes"].as_str().unwrap().to_owned(),
        })
        // The protocol's messages are no hook's; `acp` has tests of its own.
        .filter(|payload| payload.runtime != Runtime::Acp)
        .collect()
}

fn policy(text: &str) -> Policy {
    policy_lang::compile(vec![Source::new("a.policy", text.to_owned())], &no_includes).unwrap()
}

fn host(runtime: Runtime) -> &'static Host {
    Host::of(runtime).unwrap()
}

/// The roots of the payloads.
fn roots() -> Fields {
    let mut fields = Fields::default();
    fields.bind("workspace", "/home/dev/proj");
    fields.bind("home", "/home/dev");
    fields
}

fn read(runtime: Runtime, payload: &Value) -> Event {
    let mut event = Event::read(host(runtime), None, payload.to_string().as_bytes())
        .unwrap_or_else(|refused| panic!("{runtime}: {}\n{payload}", refused.error));
    event.fill(&roots());
    event
}

/// The request as a host's payload makes it, without what holds for every one.
fn shown(request: &Request<'_>) -> String {
    let bare = Request { roots: &[], platform: None, surface: None, ..*request };
    to_json(&bare).canonical()
}

/// What an event does, in the words of the engine.
fn parts(event: &Event) -> Vec<String> {
    let mut parts = Vec::new();
    for request in event.requests() {
        request.with_request(|request| {
            canon::parts(request, &mut |judged| parts.push(describe(judged.part)));
        });
    }
    parts
}

/// The parts of an action as the file of payloads names it.
fn expected(payload: &Payload) -> Vec<String> {
    let action = &payload.action;
    let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
    let list = |one: &str, many: &str| -> Vec<String> {
        match action[many].as_array() {
            Some(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
            None => vec![text(one)],
        }
    };
    let request = |object: Value| {
        let request = policy_eval::RequestBuf::from_json(&object.to_string()).unwrap();
        let mut request = request;
        request.fill(&roots());
        let mut parts = Vec::new();
        request.with_request(|request| {
            canon::parts(request, &mut |judged| parts.push(describe(judged.part)));
        });
        parts
    };
    let cwd = payload.stdin["cwd"].as_str().filter(|cwd| !cwd.is_empty());
    match &*text("kind") {
        "shell" => {
            let mut object = json!({"action": "run", "shell": text("command")});
            if let Some(shell) = action["shell"].as_str() {
                object["shell_kind"] = json!(shell);
            }
            if let Some(dir) = action["dir"].as_str() {
                object["cwd"] = json!(format!("{}/{dir}", cwd.unwrap()));
            }
            if cwd.is_some_and(|cwd| cwd.starts_with("C:")) {
                object["cwd"] = json!(cwd);
                object["context"] = json!({"platform": "windows"});
            }
            request(object)
        }
        "fs" => {
            let verb = if text("op") == "write" { "write" } else { "read" };
            let paths = list("path", "paths");
            paths.iter().map(|path| format!("{verb} {path}")).collect()
        }
        "patch" => list("path", "paths").iter().map(|path| format!("write {path}")).collect(),
        "net" => {
            let urls = list("url", "urls");
            urls.iter().flat_map(|url| request(json!({"action": "fetch", "url": url}))).collect()
        }
        "search" => vec!["search".to_owned()],
        "agent" => request(json!({"action": "spawn", "name": text("name")})),
        "mcp" if action["joined"].is_string() => {
            vec![format!("call {}/{}", payload.runtime, text("joined"))]
        }
        "mcp" if action["server"].is_null() => {
            request(json!({"action": "call", "tool": text("tool")}))
        }
        "mcp" => vec![format!("call {}/{}", text("server"), text("tool"))],
        "unknown" => vec![format!("call {}/{}", payload.runtime, text("tool"))],
        "prompt" => vec!["prompt".to_owned()],
        other => panic!("no such kind of action: {other}"),
    }
}

#[test]
fn each_payload_stands_for_the_action_that_it_names() {
    let mut wrong = String::new();
    for payload in payloads() {
        let event = read(payload.runtime, &payload.stdin);
        let (mut found, expected) = (parts(&event), expected(&payload));
        // A request for the network is one beside the command.
        if payload.notes.contains("updatedInput") {
            assert_eq!(found.pop().as_deref(), Some("connect github.com"));
        }
        if found != expected {
            let _ = writeln!(
                wrong,
                "{} {}: {found:?}, not {expected:?}",
                payload.runtime, payload.notes
            );
        }
    }
    assert_eq!(wrong, "");
}

/// Rules for one of each kind of answer.
const POLICY: &str = r#"policy acme.hooks version "1" layer managed

default ask
default prompt allow
allow  read   "$workspace/**"
allow  run    "cargo (test|check) ..."
allow  run    "bun test"
review run    "npm run ..."
no-rm:
deny   run    "rm ..."                      because "Deletes files for good."
allow  write  "$workspace/**" except "**/.env"
deny   write  "**/.env", "~/.zshrc"         because "Secrets and start-up files."
deny   read   "~/.aws/**"                   because "Credentials stay out of agent reach."
allow  fetch  "docs.rs"
deny   fetch  @metadata
allow  search
allow  call   "github/*"
mark   "seen" read "$workspace/docs/**"
"#;

#[test]
fn what_hosts_are_told() {
    let policy = policy(POLICY);
    let mut told = String::new();
    for payload in payloads() {
        let event = read(payload.runtime, &payload.stdin);
        let answer = event.answer(&event.decide(&policy, &Facts::default()));
        let _ = writeln!(told, "{} {}: {}", payload.runtime, payload.event, payload.notes);
        for request in event.requests() {
            request.with_request(|request| {
                let _ = writeln!(told, "  asks  {}", shown(request));
            });
        }
        told.push_str(&in_words(&answer));
    }
    // The digest changes with the text of the policy, which is no matter of this test.
    let digest = policy.digest()["blake3:".len()..][..12].to_owned();
    assert_snapshot!(told.replace(&digest, "DIGEST"));
}

fn in_words(answer: &Answer) -> String {
    let mut words = format!("  exits {}\n", answer.exit_code);
    if !answer.stdout.is_empty() {
        let _ = write!(words, "  reads {}", answer.stdout);
    }
    words
}

#[test]
fn what_hosts_are_told_of_what_is_not_understood() {
    let mut told = String::new();
    for host in HOSTS {
        let _ = writeln!(told, "{}", host.runtime);
        let Err(refused) = Event::read(host, None, b"{\"tool_name\": ") else {
            panic!("{}", host.runtime)
        };
        told.push_str(&in_words(&refused.answer()));
    }
    assert_snapshot!(told);
}

// ---- Schemas --------------------------------------------------------------------------------

/// The schemas of the answers, by runtime and event.
struct Schemas {
    schemas: boon::Schemas,
    indices: BTreeMap<(String, String), boon::SchemaIndex>,
}

impl Schemas {
    fn load() -> Schemas {
        let all: Value =
            serde_json::from_str(&fs::read_to_string(data("answers.json")).unwrap()).unwrap();
        let (mut schemas, mut indices) = (boon::Schemas::new(), BTreeMap::new());
        for (runtime, events) in all.as_object().unwrap() {
            for (event, schema) in events.as_object().unwrap() {
                let mut compiler = boon::Compiler::new();
                let at = format!("https://schemas.example/{runtime}/{event}");
                compiler.add_resource(&at, schema.clone()).unwrap();
                let index = compiler.compile(&at, &mut schemas).unwrap();
                indices.insert((runtime.clone(), event.clone()), index);
            }
        }
        Schemas { schemas, indices }
    }

    fn check(&self, host: &Host, surface: &Surface, answer: &Answer) {
        let place = format!("{} {}: {answer:?}", host.runtime, surface.event());
        if answer.stdout.is_empty() {
            return;
        }
        let said: Value = serde_json::from_str(&answer.stdout).expect(&place);
        let key = (host.runtime.name().to_owned(), surface.event().to_owned());
        let index = self.indices.get(&key).unwrap_or_else(|| panic!("no schema: {place}"));
        if let Err(error) = self.schemas.validate(&said, *index) {
            panic!("{place}: {error}");
        }
    }
}

#[test]
fn every_answer_is_one_that_the_host_reads_as_it_is_meant() {
    let schemas = Schemas::load();
    for payload in payloads() {
        let host = host(payload.runtime);
        let event = read(payload.runtime, &payload.stdin);
        let surface = event.surface();
        for (index, tier) in ["allow", "review", "ask", "deny"].into_iter().enumerate() {
            let policy = policy(&format!(
                "policy p\ndefault {tier}\n{tier} *\naccept control_flow, assignments, wrappers\n"
            ));
            let verdict = event.decide(&policy, &Facts::default());
            let answer = event.answer(&verdict);
            schemas.check(host, surface, &answer);
            let reads = host_reads(host, surface, &answer);
            // What is not understood is asked although the policy allows.
            let told = surface.told[verdict.tier as usize];
            let meant = match told {
                Told::Allow | Told::NoObjection => Some("allow"),
                Told::LeaveQuestion => None,
                Told::Ask => Some("ask"),
                Told::Deny => Some("deny"),
            };
            assert!(index <= verdict.tier as usize);
            assert_eq!(reads, meant, "{} {}: {tier}", payload.runtime, payload.event);
        }
    }
}

#[test]
fn where_nobody_answers_a_question_is_a_refusal() {
    let policy = policy("policy p\nask *\n");
    for payload in payloads() {
        let mut event = read(payload.runtime, &payload.stdin);
        event.nobody_answers();
        let answer = event.answer(&event.decide(&policy, &Facts::default()));
        let reads = host_reads(host(payload.runtime), event.surface(), &answer);
        assert_eq!(reads, Some("deny"), "{}", payload.notes);
    }
    let bash = |mode: &str| {
        json!({"hook_event_name": "PreToolUse", "permission_mode": mode, "cwd": "/x",
               "tool_name": "Bash", "tool_input": {"command": "ls"}})
    };
    let code = |mode| {
        let event = read(Runtime::ClaudeCode, &bash(mode));
        event.answer(&event.decide(&policy, &Facts::default())).exit_code
    };
    assert_eq!((code("default"), code("bypassPermissions")), (0, 2));
}

// ---- Payloads that nobody should send -------------------------------------------------------

/// A small generator of numbers, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// The places of all values in a document.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                places(
                    inner,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                places(inner, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// One change to a payload, and whether it must be refused whatever it hit.
fn mutated(payload: &Value, chance: &mut Chance) -> (Vec<u8>, bool) {
    let mut found = Vec::new();
    places(payload, "", &mut found);
    let place = found[chance.below(found.len())].clone();
    let mut changed = payload.clone();
    let text = payload.to_string();
    match chance.below(11) {
        0 => {
            let mut at = chance.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            return (text.as_bytes()[..at].to_vec(), true);
        }
        1 => {
            let mut bytes = text.into_bytes();
            let at = chance.below(bytes.len());
            bytes[at] = 0xff;
            return (bytes, true);
        }
        2 => {
            let mut bytes = text.into_bytes();
            bytes.truncate(bytes.len() - 1);
            bytes.extend_from_slice(br#","padding":""#);
            bytes.resize(policy_eval::MAX_LINE_BYTES, b'x');
            bytes.extend_from_slice(br#""}"#);
            return (bytes, true);
        }
        3 => return (format!("{text}{text}").into_bytes(), true),
        4 => {
            // The first member again, behind all others.
            let Some((name, value)) = payload.as_object().and_then(|object| object.iter().next())
            else {
                return (Vec::new(), true);
            };
            let bare = &text[..text.len() - 1];
            return (format!("{bare},{}:{value}}}", json!(name)).into_bytes(), true);
        }
        5 => {
            let nested = "[".repeat(200) + &"]".repeat(200);
            let bare = &text[..text.len() - 1];
            return (format!("{bare},\"deep\":{nested}}}").into_bytes(), true);
        }
        6 => {
            let at = chance.below(text.len());
            let mut bytes = text.into_bytes();
            bytes[at] = (chance.next() & 0x7f) as u8;
            return (bytes, false);
        }
        7 => {
            // A name in another case.
            let Some((parent, name)) = place.rsplit_once('/') else { return (Vec::new(), true) };
            if let Some(Value::Object(members)) = changed.pointer_mut(parent)
                && let Some(value) = members.remove(name)
            {
                members.insert(name.to_uppercase(), value);
            }
        }
        8 => {
            let Some((parent, name)) = place.rsplit_once('/') else { return (Vec::new(), true) };
            if let Some(Value::Object(members)) = changed.pointer_mut(parent) {
                members.remove(name);
            }
        }
        _ => {
            let others = [
                json!(null),
                json!(true),
                json!(0),
                json!(-1.5e300),
                json!(""),
                json!("rm -rf /\u{0}\u{202e}"),
                json!([]),
                json!([["x"]]),
                json!({}),
                json!({"command": "ls", "path": "/"}),
                json!("x".repeat(100_000)),
            ];
            let other = others[chance.below(others.len())].clone();
            if let Some(value) = changed.pointer_mut(&place) {
                *value = other;
            }
        }
    }
    (changed.to_string().into_bytes(), false)
}

/// What must never get through: the policy denies or asks, so whatever is understood of a payload,
/// no host may read the answer as "run it".
#[test]
fn no_mutated_payload_is_read_as_run_it() {
    const RUNS: usize = 12_000;
    let payloads = payloads();
    let policies =
        [policy("policy p\ndeny *\n"), policy("policy p\ndefault ask\ndefault prompt ask\n")];
    let allows = policy("policy p\nallow *\naccept control_flow, assignments, wrappers\n");
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut decided) = (0, 0);
    for run in 0..RUNS {
        let payload = &payloads[run % payloads.len()];
        let host = host(payload.runtime);
        let known = host.surface(&payload.event).unwrap();
        let asked = (run % 3 == 0).then_some(&*payload.event);
        let (bytes, must_refuse) = mutated(&payload.stdin, &mut chance);
        let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]).into_owned();
        let runs =
            |surface: &Surface, answer: &Answer| host_reads(host, surface, answer) == Some("allow");
        match Event::read(host, asked, &bytes) {
            Err(error) => {
                refused += 1;
                let answer = error.answer();
                // Whichever event it was for the host.
                for surface in host.surfaces {
                    let same = std::ptr::eq(surface, known);
                    assert!(
                        !runs(surface, &answer) || !same,
                        "{} {}: {answer:?} for {}",
                        host.runtime,
                        surface.event(),
                        shown()
                    );
                }
                assert!(answer.stderr.contains("not understood"), "{answer:?}");
            }
            Ok(event) => {
                decided += 1;
                assert!(!must_refuse, "{}: {}", host.runtime, shown());
                for policy in &policies {
                    let answer = event.answer(&event.decide(policy, &Facts::default()));
                    assert!(!runs(event.surface(), &answer), "{answer:?} for {}", shown());
                }
                let _ = event.answer(&event.decide(&allows, &Facts::default()));
            }
        }
    }
    assert!(refused > RUNS / 3 && decided > RUNS / 10, "{refused} refused, {decided} decided");
}

// ---- Small matters --------------------------------------------------------------------------

#[test]
fn marks_of_the_session_are_facts_and_come_back() {
    let policy = policy(
        "policy p\ndefault allow\nmark \"seen\" read \"/secret/**\"\ndeny fetch * when marked \"seen\"\n",
    );
    let call = |tool: &str, input: Value| {
        read(
            Runtime::ClaudeCode,
            &json!({"hook_event_name": "PreToolUse", "cwd": "/x", "tool_name": tool, "tool_input": input}),
        )
    };
    let reads = call("Read", json!({"file_path": "/secret/a"}));
    let fetches = call("WebFetch", json!({"url": "https://docs.rs/"}));
    let first = reads.decide(&policy, &Facts::default());
    assert_eq!(first.marks, ["seen"]);
    let marked = Facts { session: Session::with_marks(["seen"]), gatherer: None };
    let codes = [Facts::default(), marked]
        .map(|facts| fetches.answer(&fetches.decide(&policy, &facts)).exit_code);
    assert_eq!(codes, [0, 2]);
}

#[test]
fn a_reason_begins_with_the_authors_words_and_says_no_secrets() {
    let policy = policy(
        "policy acme.p layer managed\ndefault allow\naccept assignments\nstop: deny run \"curl ...\" because \"No uploads.\"\n",
    );
    let event = read(
        Runtime::ClaudeCode,
        &json!({"hook_event_name": "PreToolUse", "cwd": "/x", "tool_name": "Bash",
                "tool_input": {"command": "ls && TOKEN=s3cr3t curl -H s3cr3t https://a.example"}}),
    );
    let answer = event.answer(&event.decide(&policy, &Facts::default()));
    assert!(answer.stderr.starts_with("No uploads. "), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("(rule `stop`, layer managed, policy acme.p "),
        "{}",
        answer.stderr
    );
    assert!(!answer.stderr.contains("s3cr3t"), "{}", answer.stderr);
}

#[test]
fn a_host_that_runs_the_hooks_of_another_is_known_by_its_payload() {
    let event = read(
        Runtime::ClaudeCode,
        &json!({"hookEventName": "PreToolUse", "sessionId": "s", "cwd": "/x",
                "tool_name": "run_in_terminal", "tool_input": {"command": "ls"}}),
    );
    assert_eq!(parts(&event), ["run ls"]);
}

#[test]
fn a_refusal_without_an_event_says_no_in_every_form() {
    for host in HOSTS {
        let answer = hook::refuse(host, None, "No.");
        for surface in host.surfaces {
            let reads = host_reads(host, surface, &answer);
            assert_eq!(reads, Some("deny"), "{} {}", host.runtime, surface.event());
        }
    }
}

// ---- The documentation ----------------------------------------------------------------------

#[test]
fn the_tables_of_the_documentation_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runtimes/README.md");
    let page = fs::read_to_string(path).unwrap();
    for table in [policy_hosts::ability_table(), policy_hosts::tool_table()] {
        assert!(page.contains(&table), "docs/runtimes/README.md should have\n\n{table}");
    }
    for runtime in Runtime::ALL {
        assert!(page.contains(&format!("({runtime}.md)")), "{runtime}");
        let own = data("../../../docs/runtimes").join(format!("{runtime}.md"));
        let text = fs::read_to_string(own).unwrap();
        for heading in ["## Install", "## What is enforced", "behind our back"] {
            assert!(text.contains(heading), "{runtime}: {heading}");
        }
    }
}
