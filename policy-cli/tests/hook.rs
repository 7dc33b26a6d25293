//! `policy hook` as a host meets it: the real binary, standard input, its output and exit code.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

const POLICY: &str = r#"policy acme.hooks version "1" layer managed

default ask
allow run   "git status ..."
no-rm:
deny  run   "rm ..."             because "Deletes files for good."
allow read  "$workspace/**"
deny  read  "~/.ssh/**"          because "Keys stay out of agent reach."
allow fetch *
mark  "seen" read "$workspace/customers/**"
deny  fetch *                    when marked "seen" because "Customer data stays here."
"#;

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hook-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("home/.ssh")).unwrap();
        fs::create_dir_all(path.join("app")).unwrap();
        fs::write(path.join("a.policy"), POLICY).unwrap();
        Folder(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command
            .current_dir(&self.0)
            .args(arguments)
            .env("HOME", self.0.join("home"))
            .env_remove("CLAUDE_PROJECT_DIR")
            .env_remove("GEMINI_PROJECT_DIR");
        command
    }

    /// Standard output, standard error, exit code.
    fn answer(&self, arguments: &[&str], input: &[u8]) -> (String, String, Option<i32>) {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // What does not read to the end has answered already.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text =
            |bytes| String::from_utf8(bytes).unwrap().replace(self.0.to_str().unwrap(), "DIR");
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    fn shown(&self, arguments: &[&str], input: &[u8]) -> String {
        let (stdout, stderr, code) = self.answer(arguments, input);
        let mut shown = format!("exits {}\n", code.unwrap_or(-1));
        for (name, text) in [("out", stdout), ("err", stderr)] {
            for line in text.lines() {
                shown.push_str(&format!("{name} | {line}\n"));
            }
        }
        shown
    }

    fn call(&self, tool: &str, input: &str) -> Vec<u8> {
        let cwd = self.0.join("app");
        format!(
            r#"{{"hook_event_name": "PreToolUse", "session_id": "s-1", "cwd": "{}", "tool_name": "{tool}", "tool_input": {input}}}"#,
            cwd.display()
        )
        .into_bytes()
    }

    fn decision(&self, arguments: &[&str], tool: &str, input: &str) -> String {
        let (stdout, _, code) = self.answer(arguments, &self.call(tool, input));
        let answer: Value = serde_json::from_str(&stdout).unwrap();
        let word = answer["hookSpecificOutput"]["permissionDecision"].as_str().unwrap();
        assert_eq!(code, Some(if word == "deny" { 2 } else { 0 }));
        word.to_owned()
    }
}

const CLAUDE: [&str; 4] = ["hook", "claude-code", "--policy", "a.policy"];
/// What each host of one kind is asked with when nothing is right.
const REFUSING: [(&str, i32); 11] = [
    ("claude-code", 2),
    ("codex", 2),
    ("gemini-cli", 2),
    ("cursor", 2),
    ("copilot-cli", 0),
    ("vscode", 2),
    ("qwen-code", 2),
    ("opencode", 2),
    ("cline", 0),
    ("openhands", 2),
    ("amazon-q", 2),
];

#[test]
fn a_call_is_decided_and_the_exit_code_is_the_hosts() {
    let folder = Folder::new("decided");
    assert_eq!(folder.decision(&CLAUDE, "Bash", r#"{"command": "git status"}"#), "allow");
    assert_eq!(folder.decision(&CLAUDE, "Bash", r#"{"command": "git push"}"#), "ask");
    assert_eq!(folder.decision(&CLAUDE, "Bash", r#"{"command": "ls && rm -rf x"}"#), "deny");
    assert_eq!(folder.decision(&CLAUDE, "Read", r#"{"file_path": "src/lib.rs"}"#), "allow");
    assert_eq!(folder.decision(&CLAUDE, "Read", r#"{"file_path": "~/.ssh/id"}"#), "deny");
    assert_eq!(folder.decision(&CLAUDE, "Newest", "{}"), "ask");
}

#[test]
fn a_compiled_policy_answers_as_its_text_does() {
    let folder = Folder::new("compiled");
    let compiled = folder.command(&["compile", "a.policy", "-o", "a.policyc"]).output().unwrap();
    assert!(compiled.status.success());
    let command = folder.call("Bash", r#"{"command": "ls; rm x"}"#);
    let of_text = folder.answer(&CLAUDE, &command);
    let of_bytes = folder.answer(&["hook", "claude-code", "--policy", "a.policyc"], &command);
    assert_eq!(of_text, of_bytes);
    assert_eq!(of_text.2, Some(2));
}

#[cfg(unix)]
#[test]
fn a_rule_holds_for_a_link_to_what_it_speaks_of() {
    let folder = Folder::new("links");
    std::os::unix::fs::symlink("../home/.ssh", folder.0.join("app/keys")).unwrap();
    assert_eq!(folder.decision(&CLAUDE, "Read", r#"{"file_path": "keys/id"}"#), "deny");
}

#[test]
fn the_workspace_is_where_the_host_says_and_not_where_the_agent_went() {
    let folder = Folder::new("workspace");
    let elsewhere = folder.call("Read", r#"{"file_path": "/etc/hosts"}"#);
    let text = String::from_utf8(elsewhere).unwrap();
    let app = folder.0.join("app");
    let moved = text.replace(app.to_str().unwrap(), "/etc").into_bytes();
    let code = |project: Option<&Path>, flags: &[&str]| {
        let mut command = folder.command(&[&CLAUDE[..], flags].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        project.into_iter().for_each(|project| {
            command.env("CLAUDE_PROJECT_DIR", project);
        });
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&moved).unwrap();
        let output = child.wait_with_output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["hookSpecificOutput"]["permissionDecision"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(None, &[]), "allow");
    assert_eq!(code(Some(&app), &[]), "ask");
    assert_eq!(code(Some(&app), &["--root", "workspace=/etc"]), "allow");
}

#[test]
fn marks_stay_in_the_folder_of_sessions() {
    let folder = Folder::new("marks");
    let kept = [&CLAUDE[..], &["--session-dir", "sessions"]].concat();
    let url = r#"{"url": "https://docs.example/"}"#;
    assert_eq!(folder.decision(&kept, "WebFetch", url), "allow");
    assert_eq!(folder.decision(&kept, "Read", r#"{"file_path": "customers/a.csv"}"#), "allow");
    assert_eq!(folder.decision(&kept, "WebFetch", url), "deny");
    assert_eq!(folder.decision(&CLAUDE, "WebFetch", url), "allow");
    // What somebody changed is no session without marks.
    let session = fs::read_dir(folder.0.join("sessions")).unwrap().next().unwrap().unwrap();
    let mark = fs::read_dir(session.path()).unwrap().next().unwrap().unwrap();
    fs::write(mark.path(), "").unwrap();
    assert_eq!(folder.decision(&kept, "Bash", r#"{"command": "git status"}"#), "deny");
}

#[test]
fn whatever_is_wrong_is_a_refusal_in_the_form_of_the_host() {
    let folder = Folder::new("wrong");
    fs::write(folder.0.join("broken.policy"), "alow run \"x\"\n").unwrap();
    let good = folder.call("Bash", r#"{"command": "git status"}"#);
    let huge = [&good[..good.len() - 1], br#", "x": ""#, &b"y".repeat(2 << 20), b"\"}"].concat();
    for (host, code) in REFUSING {
        let with = |policy: &'static str| vec!["hook", host, "--policy", policy];
        for (arguments, input) in [
            (with("a.policy"), &b""[..]),
            (with("a.policy"), b"{"),
            (with("a.policy"), b"\xff\xfe"),
            (with("a.policy"), &huge),
            (with("none.policy"), &good),
            (with("broken.policy"), &good),
            (vec!["hook", host], &good),
            ([with("a.policy"), vec!["--rot", "x=/y"]].concat(), &good),
            ([with("a.policy"), vec!["--event", "Nothing"]].concat(), &good),
            ([with("a.policy"), vec!["--timeout", "soon"]].concat(), &good),
        ] {
            let (stdout, stderr, exit_code) = folder.answer(&arguments, input);
            assert_eq!(exit_code, Some(code), "{arguments:?} {stderr}");
            assert!(!stderr.is_empty(), "{arguments:?}");
            if host == "amazon-q" {
                assert_eq!(stdout, "");
                continue;
            }
            let said: Value = serde_json::from_str(&stdout).unwrap();
            let says_no = said["hookSpecificOutput"]["permissionDecision"] == "deny"
                || said["decision"] == "deny"
                || said["permission"] == "deny"
                || said["permissionDecision"] == "deny"
                || said["cancel"] == true;
            assert!(says_no, "{arguments:?} {stdout}");
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let folder = Folder::new("said");
    fs::write(folder.0.join("broken.policy"), "alow run \"x\"\n").unwrap();
    let call = folder.call("Bash", r#"{"command": "git status"}"#);
    let mut said = String::new();
    for arguments in [
        &["hook", "codex", "--policy", "none.policy"][..],
        &["hook", "codex", "--policy", "broken.policy"],
        &["hook", "codex", "--policy", "a.policy", "--rot", "x"],
        &["hook", "codex", "--policy", "a.policy", "--root", "wrokspace=/x"],
        &["hook", "codex", "--policy", "a.policy", "--set", "sandbx=none"],
        &["hook", "codex", "--policy", "a.policy", "--event", "PermissionRequest"],
        &["hook", "codx", "--policy", "a.policy"],
    ] {
        said.push_str(&format!("$ policy {}\n", arguments.join(" ")));
        said.push_str(&folder.shown(arguments, &call));
    }
    assert_snapshot!(said);
}

/// The key pair of the first test vector of RFC 8032, and another public key.
const KEYS: [(&str, &str); 3] = [
    ("key", "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="),
    ("pub", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
    ("other", "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="),
];

#[test]
fn with_a_key_only_what_is_signed_with_it_decides() {
    let folder = Folder::new("key");
    for (name, key) in KEYS {
        fs::write(folder.0.join(name), key).unwrap();
    }
    for arguments in [
        &["compile", "a.policy", "-o", "s.policyc", "--sign", "key"][..],
        &["compile", "a.policy", "-o", "plain.policyc"],
    ] {
        assert!(folder.command(arguments).output().unwrap().status.success());
    }
    let mut changed = fs::read(folder.0.join("s.policyc")).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(folder.0.join("changed.policyc"), changed).unwrap();
    let call = folder.call("Bash", r#"{"command": "git status"}"#);
    let mut said = String::new();
    for arguments in [
        "s.policyc --key pub",
        "s.policyc --key other",
        "plain.policyc --key pub",
        "changed.policyc --key pub",
        "a.policy --key pub",
        "s.policyc s.policyc --key pub",
        "s.policyc --key none",
        "s.policyc --key a.policy",
    ] {
        let words = ["hook", "claude-code", "--policy"].into_iter().chain(arguments.split(' '));
        let words: Vec<_> = words.collect();
        said.push_str(&format!("$ policy {}\n{}", words.join(" "), folder.shown(&words, &call)));
    }
    assert_snapshot!(said);
    for (host, code) in REFUSING {
        let arguments = ["hook", host, "--policy", "plain.policyc", "--key", "pub"];
        assert_eq!(folder.answer(&arguments, b"{}").2, Some(code), "{host}");
        let arguments = ["hook", host, "--policy", "s.policyc", "--key", "pub", "--print-config"];
        let printed = folder.answer(&arguments, b"");
        assert!(printed.0.contains("DIR/pub"), "{host}: {printed:?}");
    }
    let acp = ["hook", "acp", "--policy", "plain.policyc", "--key", "pub", "--", "true"];
    let (_, stderr, code) = folder.answer(&acp, b"");
    assert_eq!((stderr.contains("is not signed"), code), (true, Some(2)), "{stderr}");
}

#[test]
fn where_no_answer_comes_in_time_there_is_a_refusal() {
    let folder = Folder::new("late");
    let mut command = folder.command(&[&CLAUDE[..], &["--timeout", "1"]].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(open);
    assert_eq!(output.status.code(), Some(2));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
}

#[test]
fn the_configuration_of_each_host_is_printed() {
    let folder = Folder::new("config");
    let program = env!("CARGO_BIN_EXE_policy");
    let mut printed = String::new();
    for (host, _) in REFUSING {
        let arguments = ["hook", host, "--policy", "a.policy", "--print-config"];
        let (stdout, stderr, code) = folder.answer(&arguments, b"");
        assert_eq!(code, Some(0), "{stderr}");
        if !matches!(host, "opencode" | "cline") {
            let _: Value = serde_json::from_str(&stdout).unwrap();
        }
        printed.push_str(&format!("$ policy {}\n{stderr}{stdout}\n", arguments.join(" ")));
    }
    assert_snapshot!(printed.replace(program, "/usr/local/bin/policy"));
}

#[cfg(unix)]
#[test]
fn the_proxy_stands_between_an_editor_and_its_agent() {
    let folder = Folder::new("acp");
    // An agent that asks for two commands and tells what it hears.
    let question = |id: u32, command: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"session/request_permission","params":{{"sessionId":"s","toolCall":{{"toolCallId":"c","kind":"execute","rawInput":{{"command":"{command}"}}}},"options":[{{"optionId":"o","name":"Once","kind":"allow_once"}}]}}}}"#
        )
    };
    let agent = format!(
        "printf '%s\\n' '{}'; read -r a; printf 'heard %s\\n' \"$a\" >&2\nprintf '%s\\n' '{}'; read -r b; printf 'heard %s\\n' \"$b\" >&2\nprintf '%s\\n' '{}'; read -r c; printf 'heard %s\\n' \"$c\" >&2; exit 7",
        question(1, "git status"),
        question(2, "rm -rf /"),
        question(3, "make"),
    );
    let arguments = ["hook", "acp", "--policy", "a.policy", "--", "sh", "-c", &agent];
    let mut command = folder.command(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut editor = child.stdin.take().unwrap();
    editor.write_all(b"{\"from\":\"editor\"}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    drop(editor);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text(output.stdout).trim_end(), question(3, "make"));
    let heard = text(output.stderr);
    assert!(heard.contains(r#"{"from":"editor"}"#), "{heard}");
    assert!(
        heard.contains(r#""id":1,"result":{"outcome":{"outcome":"selected","optionId":"o"}}"#),
        "{heard}"
    );
}

#[test]
fn the_proxy_starts_no_agent_without_a_policy() {
    let folder = Folder::new("acp-none");
    let mut said = String::new();
    for arguments in [
        &["hook", "acp", "--policy", "none.policy", "--", "sh", "-c", "echo started"][..],
        &["hook", "acp", "--policy", "a.policy"],
        &["hook", "codex", "--policy", "a.policy", "--", "sh"],
        &["hook", "acp", "--policy", "a.policy", "--print-config", "--", "my-agent", "--acp"],
    ] {
        said.push_str(&format!("$ policy {}\n", arguments.join(" ")));
        said.push_str(&folder.shown(arguments, b""));
    }
    assert_snapshot!(said.replace(env!("CARGO_BIN_EXE_policy"), "/usr/local/bin/policy"));
}
