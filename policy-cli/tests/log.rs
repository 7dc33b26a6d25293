//! `policy hook --log` and `policy log`: the real binary writes a log and checks it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

const POLICY: &str = r#"policy acme.hooks version "1" layer managed

default ask
allow run "git status ..."
deny  run "rm ..."            because "Deletes files for good."
record redacted run
"#;
/// The first test of RFC 8032.
const SECRET: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("log-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        for (name, text) in [("a.policy", POLICY), ("key", SECRET), ("key.pub", PUBLIC)] {
            fs::write(path.join(name), text).unwrap();
        }
        Folder(path)
    }

    fn run(&self, arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.current_dir(&self.0).args(arguments).env_remove("CLAUDE_PROJECT_DIR");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    /// The answer to a shell line, and what was told on standard error.
    fn hook(&self, more: &[&str], line: &str) -> (String, String) {
        let mut arguments = vec!["hook", "claude-code", "--policy", "a.policy"];
        arguments.extend(more);
        let call = serde_json::json!({
            "hook_event_name": "PreToolUse", "session_id": "s-1", "cwd": "/home/dev/app",
            "tool_name": "Bash", "tool_input": {"command": line},
        });
        let (out, err, _) = self.run(&arguments, &call.to_string());
        let answer: Value = serde_json::from_str(&out).unwrap();
        let word = answer["hookSpecificOutput"]["permissionDecision"].as_str().unwrap();
        (word.to_owned(), err)
    }

    fn records(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.0.join("log.jsonl")).unwrap_or_default();
        let lines = text.lines().filter_map(policy_log::chain::record_in);
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Output and exit code; hashes differ from run to run.
    fn log(&self, arguments: &[&str]) -> String {
        let mut all = vec!["log"];
        all.extend(arguments);
        let (out, err, code) = self.run(&all, "");
        let is_hash = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let mut shown = format!("{out}{err}exits {}\n", code.unwrap_or(-1));
        let words: Vec<String> =
            shown.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        for hash in words.iter().map(String::as_str).filter(is_hash) {
            shown = shown.replace(hash, "HASH");
        }
        shown
    }
}

#[test]
fn each_decision_is_recorded_as_the_policy_says() {
    let folder = Folder::new("each");
    let log = ["--log", "log.jsonl"];
    for (line, answer) in [("git status", "allow"), ("rm -r build", "deny"), ("make", "ask")] {
        assert_eq!(folder.hook(&log, line).0, answer);
    }
    let told: Vec<String> = folder
        .records()
        .iter()
        .map(|record| {
            let text = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
            ["kind", "runtime", "session", "record_level", "tier", "object"].map(text).join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "decision claude-code s-1 redacted allow git status",
            "decision claude-code s-1 redacted deny rm -r <str:5>",
            "decision claude-code s-1 redacted ask make",
        ]
    );
}

#[test]
fn a_shadow_is_recorded_and_changes_nothing() {
    let folder = Folder::new("shadow");
    fs::write(folder.0.join("next.policy"), "default allow").unwrap();
    let log = ["--log", "log.jsonl", "--shadow", "next.policy"];
    assert_eq!(folder.hook(&log, "rm -r build").0, "deny");
    assert_eq!(folder.hook(&log, "git status").0, "allow");
    let kinds: Vec<_> = folder.records().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["decision", "shadow", "decision"]);
    assert_eq!(folder.records()[1]["tier"], "allow");
    assert_eq!(folder.records()[1]["enforced_tier"], "deny");
    // One that does not load is told.
    fs::write(folder.0.join("next.policy"), "default perhaps").unwrap();
    let (answer, told) = folder.hook(&log, "rm -r build");
    assert_eq!(answer, "deny");
    assert!(told.starts_with("policy: no shadow: "), "{told}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_or_refuses() {
    let folder = Folder::new("unwritable");
    fs::write(folder.0.join("log.jsonl"), "something else\n").unwrap();
    let (answer, told) = folder.hook(&["--log", "log.jsonl"], "git status");
    assert_eq!(answer, "allow");
    assert_snapshot!(told, @"policy: the log `log.jsonl` cannot be written: its last line is no line of a log, or was changed; nothing is added");
    let (answer, _) = folder.hook(&["--log", "log.jsonl", "--log-required"], "git status");
    assert_eq!(answer, "deny");
}

#[test]
fn nothing_is_recorded_where_the_policy_does_not_ask_for_it() {
    let folder = Folder::new("nothing");
    fs::write(folder.0.join("a.policy"), "default ask").unwrap();
    folder.hook(&["--log", "log.jsonl"], "git status");
    assert_eq!(folder.records().len(), 0);
    folder.hook(&["--log", "log.jsonl", "--record", "metadata"], "git status");
    assert_eq!(folder.records()[0]["object"], "git");
}

#[test]
fn a_log_is_checked() {
    let folder = Folder::new("checked");
    for line in ["git status", "rm -r build", "make"] {
        folder.hook(&["--log", "log.jsonl", "--log-key", "key"], line);
    }
    assert_snapshot!(folder.log(&["sign", "log.jsonl", "--key", "key"]));
    assert_snapshot!(folder.log(&["verify", "log.jsonl"]));
    assert_snapshot!(folder.log(&["verify", "log.jsonl", "--key", "key.pub"]));
    let path = folder.0.join("log.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"deny\"", "\"ask\"", 1)).unwrap();
    assert_snapshot!(folder.log(&["verify", "log.jsonl", "--key", "key.pub"]));
    let json = folder.log(&["verify", "log.jsonl", "--format", "json"]);
    assert_snapshot!(json);
    // The end is gone.
    let shorter: String = text.split_inclusive('\n').take(3).collect();
    fs::write(&path, shorter).unwrap();
    let last = text.rsplit_once("\"hash\":\"").unwrap().1[..64].to_owned();
    assert_snapshot!(folder.log(&["verify", "log.jsonl", "--contains", &last]));
}
