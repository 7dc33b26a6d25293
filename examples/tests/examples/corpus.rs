//! The bypass corpus on the reference policies: no bypass, no noise, no disagreement.
//!
//! The whole corpus lies beside the repository (`../shared/corpus`), where it is there; else the
//! sample in `examples/requests` is run. See `examples/requests/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use policy_eval::{RequestBuf, Tier};
use policy_lang::interp;
use serde_json::{Map, Value, json};

use crate::files::{example, load, policies_below};

fn corpus() -> Vec<Value> {
    let whole = example("../../shared/corpus/bypass_dev.jsonl");
    let text = fs::read_to_string(whole)
        .or_else(|_| fs::read_to_string(example("requests/bypass_sample.jsonl")))
        .expect("the sample");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// A request of the corpus in the form that runtimes send.
fn request(case: &Value) -> Value {
    let old = &case["request"];
    let text = |name: &str, other: &str| old[name].as_str().unwrap_or(other).to_owned();
    let workspace = text("workspace", "/home/dev/proj");
    let mut new = Map::new();
    for name in [
        "shell",
        "argv",
        "url",
        "method",
        "resolved",
        "host_header",
        "unix",
        "host",
        "port",
        "path",
        "symlinks",
        "failed_layers",
        "args",
        "args_json",
        "annotations",
        "servers",
    ] {
        if let Some(value) = old.get(name) {
            new.insert(name.to_owned(), value.clone());
        }
    }
    let has = |name: &str| old.get(name).is_some();
    let action = if has("shell") || has("argv") {
        "run".to_owned()
    } else if has("path") {
        text("op", "read").replace("list", "read")
    } else if has("url") || has("host") || has("unix") {
        if old["op"] == "bind" { "listen" } else { "connect" }.to_owned()
    } else {
        "call".to_owned()
    };
    if matches!(&*action, "run" | "read" | "write" | "delete") {
        new.insert("cwd".to_owned(), text("cwd", &workspace).into());
    }
    for (from, to) in [("mcp_server", "server"), ("mcp_tool", "tool"), ("mcp_joined", "joined")] {
        if let Some(value) = old.get(from) {
            new.insert(to.to_owned(), value.clone());
        }
    }
    new.insert("action".to_owned(), action.into());
    let home = text("home", "/home/dev");
    new.insert("roots".to_owned(), json!({"workspace": workspace, "home": home}));
    new.insert("context".to_owned(), json!({"platform": text("platform", "linux")}));
    Value::Object(new)
}

/// Whether a line gets what it demands; else what it demands.
fn objection(case: &Value, got: Tier) -> Option<String> {
    let tier = |name: &str| case[name].as_str().and_then(Tier::from_name);
    match (tier("must"), tier("must_not")) {
        (Some(must), _) => (got != must).then(|| format!("{must} is due")),
        (None, Some(must_not)) => {
            (got <= must_not).then(|| format!("stricter than {must_not} is due"))
        }
        (None, None) => Some("the line demands nothing".to_owned()),
    }
}

fn reference(name: &str) -> Vec<PathBuf> {
    let folder = example("policies/reference");
    let file = folder.join(format!("{name}.policy"));
    if file.is_file() { vec![file] } else { policies_below(&folder.join(name)) }
}

#[test]
fn the_reference_policies_decide_the_corpus() {
    let mut by_policy: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for case in corpus() {
        let name = case["policy"].as_str().expect("a policy").to_owned();
        by_policy.entry(name).or_default().push(case);
    }
    assert_eq!(by_policy.len(), 7, "lines for each of the reference policies");
    let mut complaints = Vec::new();
    for (name, cases) in by_policy {
        let (model, policy) = load(&reference(&name));
        for case in cases {
            let line = request(&case).to_string();
            let request =
                RequestBuf::from_json(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let got = request.with_request(|request| policy.decide(request).tier);
            let judged = request.with_request(|request| interp::decide(&model, request).tier);
            if let Some(objection) = objection(&case, got) {
                complaints.push(format!("{} {got}, {objection}: {line}", case["id"]));
            }
            if got != judged {
                complaints
                    .push(format!("{} {got}, the interpreter says {judged}: {line}", case["id"]));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
