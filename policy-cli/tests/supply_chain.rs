//! What comes from elsewhere is listed with a reason, and what the pages promise has a test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The members of the workspace that others may depend on, and the program.
fn published() -> Vec<String> {
    let workspace = read("Cargo.toml");
    let line = workspace.lines().find(|line| line.starts_with("members")).unwrap();
    let names = line.split('"').skip(1).step_by(2).map(str::to_owned);
    names.filter(|name| !read(format!("{name}/Cargo.toml")).contains("publish = false")).collect()
}

/// The names under `[dependencies]` and those of one platform.
fn dependencies(member: &str) -> BTreeSet<String> {
    let manifest = read(format!("{member}/Cargo.toml"));
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if let (true, Some((name, _))) = (inside, line.split_once('=')) {
            found.insert(name.trim().trim_end_matches(".workspace").to_owned());
        }
    }
    found
}

#[test]
fn each_dependency_has_a_reason() {
    let page = read("docs/dependencies.md");
    let mut listed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut member = "";
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            member = name;
        } else if let Some(row) = line.strip_prefix("| `") {
            let (names, why) = row.split_once(" | ").expect("a name and a reason");
            assert!(why.len() > 8, "{member}: {names} has no reason");
            let names = names.split(", ").map(|name| name.trim_matches('`').to_owned());
            listed.entry(member).or_default().extend(names);
        }
    }
    for member in published() {
        let known = listed.remove(&*member).unwrap_or_default();
        assert_eq!(known, dependencies(&member), "{member}: the page, and Cargo.toml");
    }
    assert!(listed.is_empty(), "the page speaks of crates that are not there: {listed:?}");
}

#[test]
fn no_crate_has_a_build_script() {
    for member in published() {
        assert!(!root().join(&member).join("build.rs").exists(), "{member}/build.rs");
        let manifest = read(format!("{member}/Cargo.toml"));
        assert!(!manifest.lines().any(|line| line.trim_start().starts_with("build =")), "{member}");
    }
}

#[test]
fn no_crate_allows_unsafe_code() {
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
    for member in published() {
        let manifest = read(format!("{member}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
    }
}

/// Every `path` followed by `name` in a cell of the last column of the promises.
fn tests_named(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        for code in line.split('`').skip(1).step_by(2) {
            if let Some((path, name)) = code.split_once(".rs::") {
                found.push((format!("{path}.rs"), name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn the_tests_that_hold_the_promises_exist() {
    let page = read("docs/threat-model.md");
    let named = tests_named(&page);
    assert!(20 < named.len(), "{}", named.len());
    for (path, name) in named {
        let text = read(&path);
        assert!(text.contains(&format!("fn {name}(")), "{path} has no test `{name}`");
    }
    let promises = page.split("## Promises").nth(1).and_then(|rest| rest.split("\n## ").next());
    for row in promises.expect("the page has promises").lines().filter(|l| l.starts_with("| P")) {
        assert!(row.contains(".rs::") || row.contains("fuzz/"), "without a test: {row}");
    }
}
