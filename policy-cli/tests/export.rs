//! `policy export`: its files, its exit codes, its JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn policy(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_policy"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the command starts")
}

#[test]
fn files_are_written_and_losses_are_told() {
    let folder = folder("export");
    let text = "default run ask\nallow run \"docker ps ...\" with outside sandbox\n";
    fs::write(folder.join("a.policy"), text).expect("it is written");
    let written = policy(&folder, &["export", "codex", "a.policy", "-o", "out"]);
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    let rules = fs::read_to_string(folder.join("out/default.rules")).expect("it is there");
    assert!(rules.contains(r#"prefix_rule(pattern = ["docker", "ps"], decision = "allow")"#));
    let back = policy(&folder, &["import", "codex", "out/default.rules", "out/config.toml"]);
    assert_eq!(back.status.code(), Some(0), "{}", String::from_utf8_lossy(&back.stderr));

    let lossy = format!("{text}deny run \"git push {{-f}}\"\n");
    fs::write(folder.join("b.policy"), lossy).expect("it is written");
    let written = policy(&folder, &["export", "claude-code", "b.policy", "--format", "json"]);
    assert_eq!(written.status.code(), Some(4));
    let json: serde_json::Value = serde_json::from_slice(&written.stdout).expect("it is JSON");
    assert_eq!(json["files"][0]["name"], "settings.json");
    assert_eq!(json["lost"], true);
    assert_eq!(json["findings"][0]["rule"], "E002");
    assert!(json["findings"][0]["witness"].is_object(), "{json}");

    let unknown = policy(&folder, &["export", "cursor", "a.policy"]);
    assert_eq!(unknown.status.code(), Some(2));
}
