//! `policy learn`: its exit codes, and that what it writes is a policy in the canonical layout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LOG: &str = r#"{"action": "run", "shell": "git push"}
{"action": "run", "shell": "ls"}
"#;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.policy"), "default ask\nallow run \"ls\"\n").unwrap();
    fs::write(folder.join("log.jsonl"), LOG).unwrap();
    fs::write(folder.join("broken.jsonl"), "{\"action\": \"run\", \"shel\": 1}\n").unwrap();
    folder
}

/// The exit code, standard output and standard error.
fn policy(folder: &Path, arguments: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
    let output = command.args(arguments.split_whitespace()).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn exit_codes_say_what_came_of_it() {
    let folder = folder("learn-codes");
    for (arguments, code, said) in [
        ("log.jsonl --all", 0, "2 of 2 requests were allowed, 2 different"),
        ("log.jsonl --policy a.policy", 0, "1 of 2 requests were allowed"),
        ("log.jsonl", 2, "`--policy A` takes what A allows, `--all` takes what was not refused"),
        ("log.jsonl --all --threshold 1", 2, "--threshold"),
        ("- --policy -", 2, "standard input can be read only once"),
        ("none.jsonl --all", 1, "cannot read `none.jsonl`: no such file"),
        ("broken.jsonl --all --strict", 1, "broken.jsonl:1:19: unknown field `shel`"),
        ("broken.jsonl --all", 0, "1 line that was not understood"),
    ] {
        let (found, _, error) = policy(&folder, &format!("learn {arguments}"));
        assert_eq!(found, Some(code), "{arguments}: {error}");
        assert!(error.contains(said), "{arguments}: {error}");
    }
}

#[test]
fn what_is_written_is_a_policy_in_layout() {
    let folder = folder("learn-text");
    let (code, out, _) = policy(&folder, "learn log.jsonl --all --default deny -o out.policy");
    assert_eq!((code, &*out), (Some(0), ""));
    let text = fs::read_to_string(folder.join("out.policy")).unwrap();
    insta::assert_snapshot!(text, @r#"
    policy learned

    default deny

    # As silent as the files that they name.
    count run "ls ..." as read operands

    # Seen once.
    allow run "git push"

    # Seen once.
    allow run "ls"
    "#);
    assert_eq!(policy(&folder, "fmt --check out.policy").0, Some(0));
    assert_eq!(policy(&folder, "replay log.jsonl --policy out.policy").0, Some(0));
}
