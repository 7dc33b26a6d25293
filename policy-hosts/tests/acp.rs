//! The proxy, as a conversation: what the agent and the editor send, and where it goes.

use std::fmt::Write as _;
use std::fs;

use insta::assert_snapshot;
use policy_eval::{Fields, Policy};
use policy_hosts::acp::hook::{Pass, Proxy, Released};
use policy_lang::check::no_includes;
use policy_lang::span::Source;
use serde_json::{Value, json};

const POLICY: &str = r#"policy acme.acp layer managed

default ask
allow run   "cargo (test|check) ..."
deny  run   "rm ..."                because "Deletes files for good."
allow read  "$workspace/**"
deny  read, write "**/.env"         because "Secrets."
mark  "seen" read "$workspace/customers/**"
deny  run "curl ..."                when marked "seen" because "Customer data stays here."
"#;

fn proxy(text: &str) -> Proxy {
    let policy: Policy =
        policy_lang::compile(vec![Source::new("a.policy", text.to_owned())], &no_includes).unwrap();
    let mut fields = Fields::default();
    fields.set_text("platform", "linux").unwrap();
    Proxy::new(policy, fields, vec![("home".to_owned(), "/home/dev".to_owned())])
}

/// A proxy of one session in `/home/dev/proj`.
fn in_session(text: &str) -> Proxy {
    let mut proxy = proxy(text);
    let new = json!({"jsonrpc": "2.0", "id": 1, "method": "session/new",
                     "params": {"cwd": "/home/dev/proj", "mcpServers": []}});
    assert_eq!(proxy.client_says(&new.to_string()), (Pass::On, None));
    let made = json!({"jsonrpc": "2.0", "id": 1, "result": {"sessionId": "s"}});
    assert_eq!(proxy.agent_says(&made.to_string()), Pass::On);
    proxy
}

fn options() -> Value {
    // The ids say the opposite of the kinds.
    json!([{"optionId": "no", "name": "Once", "kind": "allow_once"},
           {"optionId": "yes", "name": "Always", "kind": "allow_always"},
           {"optionId": "allow", "name": "Reject", "kind": "reject_once"}])
}

fn question(call: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": "session/request_permission",
           "params": {"sessionId": "s", "toolCall": call, "options": options()}})
}

fn message(method: &str, params: Value) -> Value {
    let mut params = params;
    params["sessionId"] = json!("s");
    json!({"jsonrpc": "2.0", "id": 8, "method": method, "params": params})
}

fn shown(pass: &Pass) -> String {
    match pass {
        Pass::On => "goes on".to_owned(),
        Pass::Back(line) => format!("comes back: {line}"),
        Pass::Instead(line) => format!("waits, and the editor gets: {line}"),
        Pass::Dropped(why) => format!("dropped: {why}"),
    }
}

#[test]
fn what_becomes_of_the_agents_messages() {
    let mut proxy = in_session(POLICY);
    let mut told = String::new();
    for message in [
        question(
            json!({"kind": "execute", "title": "x", "rawInput": {"command": "cargo test --workspace"}}),
        ),
        question(
            json!({"kind": "execute", "rawInput": {"command": ["bash", "-lc", "rm -rf target"]}}),
        ),
        question(json!({"kind": "execute", "rawInput": {"command": "make"}})),
        question(json!({"kind": "execute", "rawInput": {"script": "rm -rf /"}})),
        question(
            json!({"kind": "edit", "content": [{"type": "diff", "path": ".env", "newText": ""}]}),
        ),
        question(json!({"kind": "read", "locations": [{"path": "src/lib.rs"}, {"path": ".env"}]})),
        question(json!({"kind": "other", "rawInput": [1]})),
        message("fs/read_text_file", json!({"path": "/home/dev/proj/src/lib.rs"})),
        message("fs/read_text_file", json!({"path": "/home/dev/proj/.env"})),
        message("fs/write_text_file", json!({"path": "/home/dev/proj/a.rs", "content": "x"})),
        message("fs/remove", json!({"path": "/x"})),
        message("terminal/create", json!({"command": "cargo", "args": ["test"]})),
        message("terminal/create", json!({"command": "cargo test; rm -rf /"})),
        message("terminal/create", json!({"command": "cargo", "args": "test"})),
        message("terminal/output", json!({"terminalId": "t"})),
        message("session/update", json!({"update": {"sessionUpdate": "agent_message_chunk"}})),
    ] {
        let _ = writeln!(told, "{} {}", message["method"].as_str().unwrap(), message["params"]);
        let pass = proxy.agent_says(&message.to_string());
        let _ = writeln!(told, "  {}", shown(&pass));
    }
    assert_snapshot!(told.replace(&digest(POLICY), "DIGEST"));
}

fn digest(text: &str) -> String {
    let policy =
        policy_lang::compile(vec![Source::new("a.policy", text.to_owned())], &no_includes).unwrap();
    policy.digest()["blake3:".len()..][..12].to_owned()
}

#[test]
fn the_payloads_of_the_protocol_are_what_they_say() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/hook-payloads.jsonl");
    let text = fs::read_to_string(file).unwrap();
    let mut asked = 0;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["runtime"] != "acp" {
            continue;
        }
        let command = line["action"]["command"].as_str().unwrap();
        let policy = format!("policy p\ndefault deny\nallow run \"{command}\"\n");
        let Pass::Back(answer) = proxy(&policy).agent_says(&line["stdin"].to_string()) else {
            panic!("{command}")
        };
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            answer["result"]["outcome"],
            json!({"outcome": "selected", "optionId": "allow"})
        );
        assert_eq!(answer["id"], line["stdin"]["id"]);
        let policy = format!("policy p\ndefault allow\ndeny run \"{command}\"\n");
        let Pass::Back(answer) = proxy(&policy).agent_says(&line["stdin"].to_string()) else {
            panic!("{command}")
        };
        assert!(answer.contains(r#""optionId":"reject""#), "{answer}");
        asked += 1;
    }
    assert_eq!(asked, 2);
}

#[test]
fn a_person_decides_about_a_file_by_a_question_of_the_proxy() {
    let write =
        message("fs/write_text_file", json!({"path": "/home/dev/proj/a.rs", "content": "x"}));
    let line_of_write = write.to_string();
    for (outcome, goes_on) in [
        (json!({"outcome": {"outcome": "selected", "optionId": "allow"}}), true),
        (json!({"outcome": {"outcome": "selected", "optionId": "reject"}}), false),
        (json!({"outcome": {"outcome": "cancelled"}}), false),
        (json!({}), false),
    ] {
        let mut proxy = in_session(POLICY);
        let Pass::Instead(question) = proxy.agent_says(&line_of_write) else { panic!() };
        let question: Value = serde_json::from_str(&question).unwrap();
        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": outcome});
        let (pass, released) = proxy.client_says(&answer.to_string());
        assert!(matches!(pass, Pass::Dropped(_)));
        match released {
            Some(Released::ToClient(line)) => assert!(goes_on && line == line_of_write),
            Some(Released::ToAgent(line)) => assert!(!goes_on && line.contains(r#""id":8"#)),
            other => panic!("{other:?}"),
        }
        // An answer counts once.
        assert_eq!(proxy.client_says(&answer.to_string()), (Pass::On, None));
    }
}

#[test]
fn the_session_keeps_its_marks() {
    let mut proxy = in_session(POLICY);
    let curl =
        question(json!({"kind": "execute", "rawInput": {"command": "curl https://a.example"}}));
    assert_eq!(proxy.agent_says(&curl.to_string()), Pass::On);
    let read = message("fs/read_text_file", json!({"path": "customers/a.csv"}));
    assert_eq!(proxy.agent_says(&read.to_string()), Pass::On);
    assert!(matches!(proxy.agent_says(&curl.to_string()), Pass::Back(_)));
}

#[test]
fn nothing_that_two_readers_may_take_differently_goes_on() {
    let mut proxy = in_session("policy p\nallow *\n");
    let good = message("fs/write_text_file", json!({"path": "/x", "content": "x"})).to_string();
    assert_eq!(proxy.agent_says(&good), Pass::On);
    for line in [
        good.replace("\"method\"", "\"Method\""),
        good.replace("\"path\"", "\"Path\""),
        good.replace("\"params\"", "\"PARAMS\""),
        good.replace("\"/x\"", "7"),
        good.replace("\"/x\"", "\"\""),
        good.replace("\"id\":8", "\"id\":\"policy:1\""),
        good.replace("\"/x\"", "\"/x\",\"path\":\"/y\""),
        format!("[{good}]"),
        good[..good.len() - 2].to_owned(),
        format!("{good}{good}"),
    ] {
        let pass = proxy.agent_says(&line);
        assert!(matches!(pass, Pass::Back(_) | Pass::Dropped(_)), "{line}: {pass:?}");
    }
}

#[test]
fn where_nobody_answers_the_agent_hears_no() {
    let mut proxy = in_session("policy p\nask *\n").denying_asks();
    let ask = question(json!({"kind": "execute", "rawInput": {"command": "ls"}}));
    let Pass::Back(answer) = proxy.agent_says(&ask.to_string()) else { panic!() };
    // By the kind of the option, whatever its id says.
    assert!(answer.contains(r#""optionId":"allow""#), "{answer}");
    let write = message("fs/write_text_file", json!({"path": "/x", "content": "x"}));
    assert!(matches!(proxy.agent_says(&write.to_string()), Pass::Back(_)));
}
