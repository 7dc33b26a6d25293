//! The house stays a house: inside a crate, modules use only those that stand below them.
//!
//! The order is that of `docs/architecture.md`. A module that is not in its list fails the test, so
//! that a new one gets its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// From the ground up. Modules of one row do not use one another.
const POLICY_EVAL: &[&[&str]] = &[
    &["text", "sort", "tier", "truth", "vocab", "artifact"],
    &["json"],
    &["request", "decision"],
    &["facts"],
    &["canon"],
    &["attributes", "request_json", "digest", "gather"],
    &["fields"],
    &["engine"],
    &["explain"],
    &["policy"],
    &["session", "shadow"],
    &["record"],
];

const POLICY_LANG: &[&[&str]] = &[
    &["span", "nearest"],
    &["diagnostic"],
    &["syntax"],
    &["format"],
    &["model"],
    &["check", "interp", "digest", "automata"],
    &["compile", "artifact"],
    &["analysis", "why", "limits"],
    &["testing", "scope", "graph", "diff"],
    &["prove"],
    &["lint"],
];

const POLICY_HOSTS: &[&[&str]] = &[
    &["runtime"],
    &["hook", "import", "sandbox"],
    &["export", "transcript"],
    &[
        "codex",
        "gemini_cli",
        "cursor",
        "copilot_cli",
        "vscode",
        "qwen_code",
        "opencode",
        "cline",
        "openhands",
        "amazon_q",
        "acp",
    ],
    // Another host runs its hooks too.
    &["claude_code"],
    &["hosts"],
];

const POLICY_LOG: &[&[&str]] = &[&["entry", "kind", "chain"], &["source"], &["replay"], &["learn"]];

const POLICY_OTEL: &[&[&str]] = &[
    &["names"],
    &["attributes", "client", "config", "counts"],
    &["metrics"],
    &["worker"],
    &["telemetry"],
];

/// Files that stand higher than the module they lie in: the door that leads to each runtime's own
/// importer or exporter lies beside what these are made of.
const DOORS: &[(&str, &str)] = &[("import/mod.rs", "hosts"), ("export/mod.rs", "hosts")];

#[test]
fn modules_use_only_what_stands_below_them() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut found = 0;
    for (folder, order) in [
        ("../policy-eval", POLICY_EVAL),
        (".", POLICY_LANG),
        ("../policy-hosts", POLICY_HOSTS),
        ("../policy-log", POLICY_LOG),
        ("../policy-otel", POLICY_OTEL),
    ] {
        let heights: BTreeMap<&str, usize> = order
            .iter()
            .enumerate()
            .flat_map(|(height, row)| row.iter().map(move |name| (*name, height)))
            .collect();
        for (module, file, line, used) in uses(&here.join(folder).join("src")) {
            found += 1;
            let place = format!("{folder}/src/{file}:{line}: `{module}` uses `{used}`");
            let door = DOORS.iter().find(|(door, _)| *door == file).map(|(_, stands)| *stands);
            match (heights.get(door.unwrap_or(&module)), heights.get(&*used)) {
                (Some(_), Some(_)) if module == used => {}
                (Some(own), Some(other)) if other < own => {}
                (Some(_), Some(_)) => wrong.push(format!("{place}, which does not stand below it")),
                _ => wrong.push(format!("{place}, and one of them has no place in the order")),
            }
        }
    }
    assert!(60 < found, "the uses are found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The system is asked in one module, which is behind a feature, and nothing that decides uses it.
#[test]
fn the_evaluator_asks_the_system_in_one_module_alone() {
    // A `use` of several modules at once would hide their names.
    let hidden = ["std::{", "core::{"];
    let asks = [
        "std::fs",
        "std::env",
        "std::io",
        "std::time",
        "std::process",
        "ToSocketAddrs",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
    ];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-eval/src");
    let found: BTreeSet<String> = sources(&src)
        .into_iter()
        .filter(|(_, text)| {
            text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or("");
                asks.iter().chain(&hidden).any(|name| code.contains(name))
            })
        })
        .map(|(file, _)| file)
        .collect();
    assert_eq!(found, BTreeSet::from(["gather.rs".to_owned()]));
}

/// Telemetry brings dozens of crates; only who wants it gets them.
#[test]
fn nothing_but_the_examples_stands_on_telemetry() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for entry in fs::read_dir(root).expect("the workspace is readable") {
        let folder = entry.expect("the workspace is readable").path();
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let uses = manifest.lines().any(|line| line.starts_with("policy-otel"));
        assert!(!uses || name == "examples", "{name} depends on policy-otel");
    }
}

/// Every source file: its path below the folder, and its text.
fn sources(src: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![src.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let file =
                path.strip_prefix(src).expect("it lies below").to_string_lossy().into_owned();
            if file.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("the sources are readable");
                found.push((file, text));
            }
        }
    }
    found
}

/// Every use of a module of the crate outside comments: module, file, line, what it uses.
fn uses(src: &Path) -> Vec<(String, String, usize, String)> {
    let mut found = Vec::new();
    for (file, text) in sources(src) {
        let module = file.split('/').next().unwrap_or("").trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for behind in code.split("crate::").skip(1) {
                let used: String =
                    behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // What the crate's root re-exports starts with a capital.
                if used.starts_with(char::is_lowercase) {
                    found.push((module.clone(), file.clone(), index + 1, used));
                }
            }
        }
    }
    found
}
