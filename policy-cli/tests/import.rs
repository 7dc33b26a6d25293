//! `policy import`, and what the imported policy decides through the other commands.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn policy(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_policy"))
        .args(args)
        .current_dir(folder)
        .env("HOME", "/home/dev")
        .env_remove("CLAUDE_PROJECT_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it is read");
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn codex_rules_decide_argument_lists() {
    let folder = folder("import-codex");
    let rules = "prefix_rule(pattern = [\"git\", [\"status\", \"log\"]])\n\
                 prefix_rule(pattern = [\"git\", \"push\"], decision = \"forbidden\")\n";
    fs::write(folder.join("default.rules"), rules).expect("it is written");
    let read = policy(&folder, &["import", "codex", "default.rules", "-o", "P"], "");
    assert_eq!((read.status.code(), text(&read.stderr)), (Some(0), String::new()));
    for (argv, code) in [
        (&["git", "status", "-s"][..], 0),
        (&["git", "push"], 12),
        (&["/opt/git", "push"], 12),
        (&["env", "git", "push"], 11),
    ] {
        let mut args = vec!["decide", "P", "--exit-code", "--argv", "--"];
        args.extend(argv);
        assert_eq!(policy(&folder, &args, "").status.code(), Some(code), "{argv:?}");
    }
}

#[test]
fn claude_code_settings_answer_its_hook() {
    let folder = folder("import-claude-code");
    let settings = r#"{"permissions": {"allow": ["Bash(npm test:*)"], "deny": ["Read(.env)",
        "Bash(run_in_background:true)"]}}"#;
    fs::write(folder.join("settings.json"), settings).expect("it is written");
    let read = policy(&folder, &["import", "claude-code", "settings.json", "-o", "P"], "");
    assert_eq!((read.status.code(), text(&read.stderr)), (Some(0), String::new()));
    for (call, answer) in [
        (r#""Bash", "tool_input": {"command": "timeout 5 npm test"}"#, "allow"),
        (r#""Bash", "tool_input": {"command": "npm publish"}"#, "ask"),
        (r#""Bash", "tool_input": {"command": "npm test", "run_in_background": true}"#, "deny"),
        (r#""Write", "tool_input": {"file_path": "/home/dev/app/a/.env", "content": "x"}"#, "deny"),
    ] {
        let event = format!(
            r#"{{"session_id": "s", "cwd": "/home/dev/app", "hook_event_name": "PreToolUse", "tool_name": {call}}}"#
        );
        let hook = policy(&folder, &["hook", "claude-code", "--policy", "P"], &event);
        let expected = format!("\"permissionDecision\":\"{answer}\"");
        assert!(text(&hook.stdout).contains(&expected), "{call}: {}", text(&hook.stdout));
    }
}

#[test]
fn what_is_lost_and_what_is_invalid_have_exit_codes() {
    let folder = folder("import-codes");
    fs::write(folder.join("settings.json"), r#"{"permissions": {"deny": ["Bsh(rm:*)"]}}"#)
        .expect("it is written");
    let lost = policy(&folder, &["import", "claude-code", "settings.json"], "");
    assert_eq!(lost.status.code(), Some(4));
    assert!(text(&lost.stderr).contains("did you mean `Bash`?"), "{}", text(&lost.stderr));
    fs::write(folder.join("x.rules"), "prefix_rule(pattern = X)").expect("it is written");
    let invalid = policy(&folder, &["import", "codex", "x.rules", "--format", "json"], "");
    assert_eq!(invalid.status.code(), Some(3));
    assert!(text(&invalid.stdout).contains("\"policy\":null"), "{}", text(&invalid.stdout));
    assert_eq!(policy(&folder, &["import", "zed", "x"], "").status.code(), Some(2));
    assert_eq!(policy(&folder, &["import", "acp", "x.rules"], "").status.code(), Some(2));
}
