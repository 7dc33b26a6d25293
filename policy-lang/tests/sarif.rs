//! SARIF logs against the schema that the standard publishes.

use std::sync::Arc;

use insta::assert_snapshot;
use policy_lang::check::no_includes;
use policy_lang::diagnostic::{Diagnostic, Level, sarif};
use policy_lang::span::{Location, Source, SourceId, Span};
use serde_json::{Value, json};

#[path = "sarif/schema.rs"]
mod schema;

fn at(source: u32, start: usize, end: usize) -> Location {
    Location { source: SourceId(source), span: Span::new(start, end) }
}

fn log(findings: &[Diagnostic], sources: &[Arc<Source>]) -> Value {
    let log = sarif::log(findings, sources, policy_lang::lint::codes());
    schema::validate(&log).unwrap_or_else(|error| panic!("{error}\n{log:#}"));
    log
}

#[test]
fn a_log_that_is_none_is_seen() {
    let mut log = log(&[], &[]);
    schema::validate(&log).unwrap();
    log["runs"][0]["columnKind"] = json!("bytes");
    assert!(schema::validate(&log).is_err());
}

#[test]
fn a_finding_with_everything() {
    let sources = [
        Source::new("layers/ä b.policy", "# é\nallow run \"ls\"\ndeny run *\n"),
        Source::new("/etc/agents.policy", "allow read *\n"),
    ];
    let finding = Diagnostic::new("V001", Level::Info, at(0, 5, 10), "[a](b) is \u{1b} not proved")
        .primary("this claim")
        .label(at(0, 20, 24), "see this")
        .label(at(1, 0, 5), "")
        .witness(json!({"action": "read", "path": "/x"}))
        .help("take it out")
        .edit(at(0, 5, 10), "deny")
        .edit(at(1, 0, 12), "");
    let log = log(&[finding], &sources);
    assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

/// The errors of real texts, with every kind of place.
#[test]
fn what_the_checker_finds_is_valid() {
    for text in [
        "alow run \"ls\"\nallow raed \"/x\"\n",
        "allow run \"(a\"\nallow write \"relative\"\n",
        "a: allow run \"x\"\na: deny run \"x\"\n",
        "\u{202e}",
    ] {
        let failure = policy_lang::compile(vec![Source::new("a.policy", text)], &no_includes);
        let failure = failure.expect_err("it is no policy");
        let log = log(&failure.diagnostics, &failure.sources);
        assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_fingerprint_stays_when_lines_move() {
    let fingerprints = |text: &str| -> Vec<String> {
        let source = Source::new("a.policy", text);
        let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
        let log = log(&errors, &[source]);
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let of = |result: &Value| {
            result["partialFingerprints"]["policy/v1"].as_str().unwrap().to_owned()
        };
        results.iter().map(of).collect()
    };
    let before = fingerprints("alow run \"ls\"\nalow run \"ls\"\nalow run \"cat\"\n");
    assert_eq!(before.len(), 3);
    assert_ne!(before[0], before[1], "equal findings are told apart");
    let after = fingerprints("# new\n\n  alow  run \"cat\"\nalow run \"ls\" \n\nalow run \"ls\"\n");
    assert_eq!([&after[1], &after[2], &after[0]], [&before[0], &before[1], &before[2]]);
}
