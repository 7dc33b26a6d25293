//! What leaves is what the record's JSON holds, at each level, and no secret.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use policy_eval::record::{Recorder, Time};
use policy_eval::{RecordLevel, RequestBuf, Shadowed, safe};
use policy_generate::Dice;
use policy_otel::{Config, Telemetry, names};
use serde_json::{Value, json};

use support::Collector;

const POLICY: &str = r#"
default ask
attribute ticket: string
allow run "git (status|diff|log) ..."
no-writes: deny write "**/.env" because "Credentials stay out of agent reach."
review run "(git|docker|curl) ..."
"#;

/// What must stand nowhere.
const SECRET: &str = "Zq8x7vN2kL5mW9rT";

/// Texts that hold it, and whether they must be declared.
const PLANTED: &[(&str, bool)] = &[
    ("{}", true),
    ("a {} b", true),
    ("ghp_{}", false),
    ("https://ana:{}@db.acme.com/a", false),
    ("https://db.acme.com/a?key={}&page=1", false),
    ("Authorization: Bearer {}", false),
    ("{\"password\": \"{}\"}", false),
    ("TOKEN={} make", false),
    ("docker login -u ana -p {} acme.com", false),
    ("curl -H 'Authorization: Basic {}' acme.com", false),
    ("bash -c \"mysql -p{}\"", false),
];

/// Puts a text where texts of requests stand.
fn plant(dice: &mut Dice, request: &mut Value, text: &str) {
    let object = request.as_object_mut().expect("a request is an object");
    match (object["action"].as_str(), dice.below(3)) {
        (Some("run"), 0 | 1) => {
            object.remove("argv");
            object.insert("shell".into(), json!(text));
        }
        (Some("call"), 0 | 1) => {
            object.remove("args_json");
            object.insert("args".into(), json!({ "a": [text, 1], "command": text }));
        }
        _ => {}
    }
    object.insert("intent".into(), json!(text));
}

/// Every text and number in a value, as a person would see it.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(safe(text).into_owned()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        other => found.push(other.to_string()),
    }
}

/// Words that say what kind of thing something is.
const WORDS: [&str; 7] =
    ["execute_tool", "invoke_agent", "tools/call", "unix", "darwin", "1", "true"];

/// What a log record says and the record does not hold.
fn beyond(log: &LogRecord, line: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(line).expect("it is JSON");
    let mut held = Vec::new();
    leaves(&json, &mut held);
    let mut found = Vec::new();
    for pair in &log.attributes {
        let values = match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Any::ArrayValue(list)) => {
                list.values.iter().map(|item| support::value(Some(item))).collect()
            }
            _ => vec![support::value(pair.value.as_ref())],
        };
        for value in values {
            let mut said = Vec::new();
            match serde_json::from_str::<Value>(&value) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => leaves(&value, &mut said),
                _ => said.push(value),
            }
            // Hosts and tools are parts of an object.
            let is_part = |text: &String| {
                matches!(&*pair.key, names::SERVER_ADDRESS | names::MCP_SERVER | names::TOOL_NAME)
                    && held.iter().any(|held| held.contains(&**text))
            };
            let is_held =
                |text: &String| held.contains(text) || WORDS.contains(&&**text) || is_part(text);
            // JSON text in JSON text is told apart by nobody.
            let is_json = |text: &String| held.iter().any(|held| *held == safe(text));
            found.extend(said.into_iter().filter(|text| !is_held(text) && !is_json(text)));
        }
    }
    found
}

#[test]
fn nothing_leaves_that_the_record_does_not_hold_and_no_secret() {
    let source = policy_lang::span::Source::new("acme.policy".to_owned(), POLICY.to_owned());
    let none = |path: &str, _: &policy_lang::span::Source| Err(format!("no file {path}"));
    let policy = policy_lang::compile(vec![source.clone()], &none)
        .unwrap_or_else(|failure| panic!("{failure}"));
    let next = policy_lang::span::Source::new("next.policy".to_owned(), "default deny".to_owned());
    let next =
        policy_lang::compile(vec![next], &none).unwrap_or_else(|failure| panic!("{failure}"));
    let collector = Collector::start();
    let config =
        Config { endpoint: Some(collector.endpoint()), queue: Some(20_000), ..Config::default() };
    let telemetry = Telemetry::start(&config).expect("the settings are right");
    let lower = SECRET.to_lowercase();
    let declared = [&*lower];
    let mut lines: BTreeMap<u64, String> = BTreeMap::new();
    for seed in 0..600 {
        let mut dice = Dice::new(seed);
        let mut request = policy_generate::request(&mut dice);
        let (text, is_declared) = PLANTED[dice.below(PLANTED.len())];
        let text = text.replace("{}", SECRET);
        plant(&mut dice, &mut request, &text);
        let Ok(buf) = RequestBuf::from_json(&request.to_string()) else { continue };
        for at_least in [RecordLevel::Metadata, RecordLevel::Redacted, RecordLevel::Full] {
            let recorder = Recorder {
                session: is_declared.then_some(&text),
                secrets: if is_declared { &declared } else { &[] },
                at_least,
                ..Recorder::default()
            };
            let now = || Time::from_unix_nanos(1_795_515_300_000_000_000 + lines.len() as u64);
            let records = buf.with_request(|request| {
                let both = Shadowed::decide(&policy, &next, request);
                let at = now();
                let next = Time::from_unix_nanos(at.unix_nanos() + 1);
                [
                    recorder.decision(at, &policy, request, &both.enforced),
                    recorder.shadow(next, request, &both),
                ]
            });
            for record in records.into_iter().flatten() {
                lines.insert(record.time.unix_nanos(), record.to_json());
                telemetry.record(record).expect("there is room");
            }
        }
    }
    telemetry.shutdown(Duration::from_secs(60)).expect("the collector is up");
    let got = collector.got();
    let bytes = String::from_utf8_lossy(&got.bytes).to_lowercase();
    assert!(!bytes.contains(&lower), "a secret left");
    assert_eq!(got.log_records().count(), lines.len());
    assert!(1800 < lines.len(), "{}", lines.len());
    for log in got.log_records() {
        let line = &lines[&log.time_unix_nano];
        let beyond = beyond(log, line);
        assert!(beyond.is_empty(), "{beyond:?}\n{}\n{line}", support::page(log));
        let body = support::value(log.body.as_ref());
        assert_eq!(safe(&body), body, "a terminal obeys it");
    }
}
