//! `policy replay`: its exit codes, and standard input.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LOG: &str = r#"{"action": "run", "shell": "git push"}
{"action": "run", "shell": "ls", "shel": 1}
"#;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("a.policy", "push: ask run \"git push ...\"\n"),
        ("looser.policy", "push: allow run \"git push ...\"\n"),
        ("stricter.policy", "push: deny run \"git push ...\"\n"),
        ("log.jsonl", LOG),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// The exit code, and standard error.
fn replay(folder: &Path, arguments: &str, input: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
    command.arg("replay").args(arguments.split_whitespace()).current_dir(folder);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // Whoever stops early reads none of it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn exit_codes_say_what_came_of_it() {
    let folder = folder("replay-codes");
    for (arguments, code, said) in [
        ("log.jsonl --policy a.policy", 0, ""),
        ("log.jsonl --policy a.policy --format html", 0, ""),
        ("- --policy a.policy", 0, ""),
        ("log.jsonl --policy a.policy --strict", 1, "error: log.jsonl:2:34: unknown field `shel`"),
        ("none.jsonl --policy a.policy", 1, "error: cannot read `none.jsonl`: no such file"),
        ("log.jsonl --policy none.policy", 1, "error: cannot read `none.policy`: no such file"),
        ("log.jsonl --policy a.policy --fail-on any", 2, "--against"),
        ("- --policy -", 2, "standard input can be read only once"),
        ("log.jsonl --policy a.policy --from syslog", 2, "a log is one of `requests`"),
        ("log.jsonl --policy a.policy --against looser.policy", 0, ""),
        ("log.jsonl --policy a.policy --against looser.policy --fail-on loosened", 5, ""),
        ("log.jsonl --policy a.policy --against stricter.policy --fail-on loosened", 0, ""),
        ("log.jsonl --policy a.policy --against stricter.policy --fail-on any", 5, ""),
    ] {
        let (found, error) = replay(&folder, arguments, LOG);
        assert_eq!(found, Some(code), "{arguments}: {error}");
        assert!(
            error.contains(said) && error.is_empty() == said.is_empty(),
            "{arguments}: {error}"
        );
    }
}
