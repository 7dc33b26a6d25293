//! Replay, as a caller of the library meets it: what is counted, and what cannot break it.

use std::io::{Cursor, Read};
use std::sync::Arc;

use policy_eval::{Fields, Policy, RequestBuf, to_json, with_request_line};
use policy_lang::check::no_includes;
use policy_lang::diagnostic::Style;
use policy_lang::span::Source;
use policy_log::replay::{self, Options, ReplayError, Report};
use policy_log::source::Log;
use proptest::prelude::*;

const POLICY: &str = r#"
default run ask
look: allow run "git (status|diff) ..."
push: ask run "git push ..."
no-force: deny run "git push {--force|-f}" because "Rewrites shared history."
never-used: deny read "/etc/shadow"
"#;

const LOG: &str = r#"{"action": "run", "shell": "git status"}
{"action": "run", "shell": "git status && git push", "context": {"branch": "main"}}
{"action": "run", "shell": "git push -f"}

{"action": "run", "shell": "make"}
{"action": "run", "shell": }
{"action": "run", "shell": "git diff"}
"#;

fn policy(text: &str) -> Policy {
    let source: Arc<Source> = Source::new("a.policy", text);
    policy_lang::compile(vec![source], &no_includes).expect("it compiles")
}

fn log(name: &str, bytes: &[u8]) -> Log {
    let bytes = bytes.to_vec();
    Log::new(name, move || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
}

fn replay(
    logs: &[(&str, &[u8])],
    policies: (&str, Option<&str>),
    threads: usize,
    strict: bool,
) -> Result<Report, ReplayError> {
    let (one, other) = (policy(policies.0), policies.1.map(policy));
    let defaults = Fields::default();
    let options = Options { threads, strict, defaults: &defaults, format: None, progress: &|_| {} };
    let logs = logs.iter().map(|(name, bytes)| log(name, bytes)).collect();
    replay::replay(logs, &one, other.as_ref(), &options)
}

fn text(logs: &[(&str, &[u8])], policies: (&str, Option<&str>)) -> String {
    match replay(logs, policies, 2, false) {
        Ok(report) => replay::human::text(&report, Style::Plain),
        Err(error) => format!("error: {error}\n"),
    }
}

#[test]
fn requests_are_counted_by_what_decides_them() {
    insta::assert_snapshot!(text(&[("day.jsonl", LOG.as_bytes())], (POLICY, None)));
}

#[test]
fn another_policy_shows_what_it_would_change() {
    let other = POLICY.replace("push: ask", "push: allow").replace("look: allow", "look: review");
    insta::assert_snapshot!(text(&[("day.jsonl", LOG.as_bytes())], (POLICY, Some(&other))));
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let cases: [(&str, &[u8]); 4] = [
        ("an empty log", b""),
        ("blank lines", b"\n\n"),
        ("another format", b"{\"level\": \"info\"}\n"),
        ("no text", b"\xff\xfe\x00\n"),
    ];
    let mut shown = String::new();
    for (name, bytes) in cases {
        let said = match replay(&[("x.log", bytes)], (POLICY, None), 1, false) {
            Ok(report) => format!("{} requests, {} broken", report.requests, report.broken),
            Err(error) => error.to_string(),
        };
        shown += &format!("{name}: {said}\n");
    }
    let strict = replay(&[("day.jsonl", LOG.as_bytes())], (POLICY, None), 1, true);
    shown += &format!("strict: {}\n", strict.unwrap_err());
    insta::assert_snapshot!(shown);
}

const CLAUDE_CODE: &str = r#"{"type":"summary","summary":"Totals","leafUuid":"u0"}
{"type":"user","sessionId":"s1","cwd":"/home/dev/app","gitBranch":"main","timestamp":"2026-11-16T09:00:00.000Z","message":{"role":"user","content":"fix the totals"}}
{"type":"assistant","sessionId":"s1","cwd":"/home/dev/app","timestamp":"2026-11-16T09:00:05.100Z","message":{"model":"m","content":[{"type":"text","text":"Looking."},{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"git status","description":"state"}},{"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/etc/shadow"}}]}}
{"type":"user","sessionId":"s1","cwd":"/home/dev/app","timestamp":"2026-11-16T09:00:06Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"clean"},{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":"Permission to use Read has been denied."}]}}
{"type":"assistant","sessionId":"s1","cwd":"/home/dev/app","timestamp":"2026-11-16T09:01:00Z","message":{"content":[{"type":"tool_use","id":"t3","name":"Bash","input":{"command":"git push"}},{"type":"tool_use","id":"t4","name":"Bash","input":{}},{"type":"tool_use","id":"t5","name":"mcp__github__get_issue","input":{"number":7}}]}}
{"type":"user","sessionId":"s1","timestamp":"2026-11-16T09:01:20Z","message":{"content":[{"type":"tool_result","tool_use_id":"t3","is_error":true,"content":[{"type":"text","text":"The user doesn't want to proceed with this tool use. The tool use was rejected."}]}]}}
"#;

const CODEX: &str = r#"{"timestamp":"2026-11-17T10:00:00.000Z","type":"session_meta","payload":{"id":"c1","cwd":"/home/dev/app","cli_version":"0.65.0","git":{"branch":"main"}}}
{"timestamp":"2026-11-17T10:00:01.000Z","type":"turn_context","payload":{"cwd":"/home/dev/app","approval_policy":"on-request","sandbox_policy":{"type":"workspace-write"},"model":"m"}}
{"timestamp":"2026-11-17T10:00:02.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"git diff\"],\"workdir\":\"src\"}","call_id":"1"}}
{"timestamp":"2026-11-17T10:00:03.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"1","output":"{\"output\":\"\"}"}}
{"timestamp":"2026-11-17T10:00:04.000Z","type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"git push\",\"sandbox_permissions\":\"require_escalated\"}","call_id":"2"}}
{"timestamp":"2026-11-17T10:00:09.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"2","output":"exec command rejected by user"}}
{"timestamp":"2026-11-17T10:00:10.000Z","type":"response_item","payload":{"type":"custom_tool_call","name":"apply_patch","input":"*** Begin Patch\n*** Update File: src/lib.rs\n@@\n-a\n+b\n*** End Patch","call_id":"3"}}
{"timestamp":"2026-11-17T10:00:11.000Z","type":"response_item","payload":{"type":"local_shell_call","call_id":"4","status":"completed","action":{"type":"exec","command":["git","status"]}}}
{"timestamp":"2026-11-17T10:00:12.000Z","type":"event_msg","payload":{"type":"token_count"}}
"#;

#[test]
fn transcripts_are_read_by_the_tables_of_the_hooks() {
    let logs: [(&str, &[u8]); 2] =
        [("claude.jsonl", CLAUDE_CODE.as_bytes()), ("codex.jsonl", CODEX.as_bytes())];
    insta::assert_snapshot!(text(&logs, (POLICY, None)));
}

#[test]
fn records_say_what_became_of_an_action() {
    let decision = |seconds: u32, call: &str, request: &str| {
        format!(
            r#"{{"schema_version":1,"kind":"decision","time":"2026-11-16T09:00:{seconds:02}Z","session":"s","call_id":"{call}","action_digest":"blake3:{call}","tier":"ask","policy_digest":"blake3:0","record_level":"full","action":"run","parts":[],"request":{request}}}"#
        )
    };
    let later = |seconds: u32, call: &str, rest: &str| {
        format!(
            r#"{{"schema_version":1,"time":"2026-11-16T09:00:{seconds:02}Z","session":"s","call_id":"{call}","action_digest":"blake3:{call}",{rest}}}"#
        )
    };
    let approval = |outcome: &str| {
        format!(
            r#""kind":"approval","approval":"{outcome}","approval_by":"person","approval_scope":"once""#
        )
    };
    let log = [
        decision(1, "a", r#"{"action":"run","shell":"git push"}"#),
        decision(2, "b", r#"{"action":"run","shell":"git push origin x"}"#),
        later(5, "a", &approval("approved")),
        later(6, "a", r#""kind":"result","result":"done""#),
        later(12, "b", &approval("denied")),
        decision(20, "c", r#"{"action":"run","shell":"git status"}"#),
        decision(21, "d", "{}"),
    ]
    .join("\n")
    .replace(r#","request":{}"#, "");
    insta::assert_snapshot!(text(&[("log.jsonl", log.as_bytes())], (POLICY, None)));
}

#[test]
fn a_log_with_a_chain_is_read_as_its_records() {
    let record = r#"{"schema_version":1,"kind":"decision","time":"2026-11-16T09:00:00Z","action_digest":"blake3:a","tier":"ask","policy_digest":"blake3:0","record_level":"full","action":"run","parts":[],"request":{"action":"run","shell":"git push"}}"#;
    let log = format!(
        "{}\n{{\"seq\":1,\"prev\":\"0\",\"record\":{record},\"hash\":\"1\"}}\n{}\n",
        r#"{"seq":0,"prev":"0","log":{},"hash":"0"}"#,
        r#"{"seq":2,"prev":"1","head":{},"hash":"2"}"#,
    );
    let report = replay(&[("log.jsonl", log.as_bytes())], (POLICY, None), 1, false).unwrap();
    assert_eq!((report.requests, report.broken), (1, 0));
}

/// A report in which every field has something, and hostile text.
fn full_report() -> Report {
    let other = POLICY.replace("push: ask", "push: allow").replace("look: allow", "look: review");
    let hostile =
        r#"{"action":"run","shell":"echo '<script>`|\u202e' && git push"}"#.to_owned() + "\n";
    let logs: [(&str, &[u8]); 3] = [
        ("claude.jsonl", CLAUDE_CODE.as_bytes()),
        ("day.jsonl", LOG.as_bytes()),
        ("<b>.jsonl", hostile.as_bytes()),
    ];
    replay(&logs, (POLICY, Some(&other)), 2, false).unwrap()
}

#[test]
fn the_document_is_as_its_schema_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schemas/replay.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(folder).unwrap()).unwrap();
    let mut compiler = boon::Compiler::new();
    let mut schemas = boon::Schemas::new();
    compiler.add_resource("replay.json", schema).unwrap();
    let index = compiler.compile("replay.json", &mut schemas).unwrap();
    for report in [full_report(), replay(&[], (POLICY, None), 1, false).unwrap()] {
        let mut document = serde_json::to_value(replay::json::document(&report)).unwrap();
        document["schema_version"] = 1.into();
        if let Err(error) = schemas.validate(&document, index) {
            panic!("{error:#}\n{document:#}");
        }
    }
}

#[test]
fn the_report_in_markdown() {
    insta::assert_snapshot!(replay::markdown::text(&full_report()));
}

#[test]
fn nothing_in_a_log_is_markup() {
    let page = replay::html::page(&full_report());
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;") && page.contains("</svg>"));
}

/// A log that is long enough to be cut into many chunks.
fn long_log() -> Vec<u8> {
    let mut dice = policy_generate::Dice::new(7);
    let mut bytes = Vec::new();
    for action in policy_generate::week(&mut dice, 20_000) {
        bytes.extend_from_slice(action.request.to_string().as_bytes());
        bytes.push(b'\n');
        if dice.one_in(500) {
            bytes.extend_from_slice(b"{\"action\": \"run\", \"shel\": \"x\"}\n");
        }
    }
    bytes
}

#[test]
fn the_report_is_the_same_with_any_number_of_threads() {
    let long = long_log();
    let logs: [(&str, &[u8]); 3] =
        [("one", &long), ("two", LOG.as_bytes()), ("three", &long[..long.len() / 2])];
    let other = POLICY.replace("push: ask", "push: allow");
    let alone = replay(&logs, (POLICY, Some(&other)), 1, false).unwrap();
    assert!(alone.broken > 20 && alone.first_broken.len() == 10 && alone.changed() > 100);
    for threads in [2, 3, 8] {
        let report = replay(&logs, (POLICY, Some(&other)), threads, false).unwrap();
        assert_eq!(report, alone, "{threads} threads");
    }
    let error = |threads| replay(&logs, (POLICY, None), threads, true).unwrap_err().to_string();
    assert_eq!(error(1), error(5));
}

/// The reader of logs and the strict reader read the same.
#[test]
fn both_readers_of_requests_agree() {
    let mut dice = policy_generate::Dice::new(11);
    for _ in 0..20_000 {
        let line = policy_generate::request(&mut dice).to_string();
        agree(&line);
    }
    for line in [
        r#"{"action":"read","path":"\u0061","\u0070ath":"b"}"#,
        r#"{"action":"read","action":"write","path":"a"}"#,
        r#"{"action":"read","path":"a","roots":{"home":[]}}"#,
        r#"{"action":"read","path":"a","roots":{"home":[],"home":["/x"]}}"#,
        r#"{"action":"read","path":"a","roots":{"home":["/x","/y"],"tmp":"/t"}}"#,
        r#"{"action":"prompt","length":-0}"#,
        r#"{"action":"prompt","length":1e3}"#,
        r#"{"action":"prompt","length":01}"#,
        r#"{"action":"prompt","length":9223372036854775808}"#,
        r#"{"action":"read","path":"a","context":{"x":["a"],"y":true,"z":-7,"x":1}}"#,
        r#"{"action":"read","path":"a","context":{"x":["a"],"y":true,"z":-7}}"#,
        r#"{"action":"call","server":"s","tool":"t","args":{"a":{"b":[1,{"a":2}]}}}"#,
        r#"{"action":"call","server":"s","tool":"t","args":{"a":1,"a":2}}"#,
        r#"{"action":"call","annotations":{"readOnlyHint":true},"read_only":true}"#,
        r#"{"action":"connect","host":"x","port":65536}"#,
        r#"{"action":"run","shell":"ls"} x"#,
        r#"{"action":"run","shell":"ls","shell_kind":"tcsh"}"#,
        r#"{"action":"run","argv":["a",1]}"#,
        r#"{"id":[],"action":"search"}"#,
        r#"{"id":1.5,"action":"search","mode":"live"}"#,
    ] {
        agree(line);
    }
}

fn agree(line: &str) {
    let shown = |request: &policy_eval::Request<'_>| to_json(request).canonical();
    let slow = RequestBuf::from_json(line).map(|request| request.with_request(shown));
    assert_eq!(with_request_line(line, shown), slow, "{line}");
}

proptest! {
    #[test]
    fn both_readers_agree_on_lines_that_are_cut_or_changed(
        seed in any::<u64>(), at in any::<prop::sample::Index>(), byte in 0u8..128, cuts in any::<bool>(),
    ) {
        let line = policy_generate::request(&mut policy_generate::Dice::new(seed)).to_string();
        let mut bytes = line.into_bytes();
        let at = at.index(bytes.len());
        if cuts { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(line) = String::from_utf8(bytes) {
            agree(&line);
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = replay(&[("x", &bytes)], (POLICY, None), 1, false);
        let behind = [LOG.as_bytes(), &bytes].concat();
        let _ = replay(&[("x", &behind)], (POLICY, None), 1, false);
    }
}
