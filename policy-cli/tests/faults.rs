//! What goes wrong outside: full disks, killed writers, files that change or are no files, pipes
//! that nobody reads, missing folders. The program ends with an exit code that says so, tells it in
//! one line, and leaves nothing half-written.
#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_policy");

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("a.policy"), "deny run \"rm ...\"\nallow run \"ls ...\"\n").unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A line of shell, in which `$P` is the program.
    fn shell(&self, line: &str) -> Output {
        let mut command = Command::new("bash");
        command.args(["-c", line]).env("P", PROGRAM).current_dir(&self.0).stdin(Stdio::null());
        command.output().unwrap()
    }
}

/// The exit code and the first line that it tells.
fn told(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), text.lines().next().unwrap_or_default().to_owned())
}

/// A policy of so many rules.
fn large(rules: usize) -> String {
    (0..rules).map(|n| format!("deny run \"program{n} ...\"\n")).collect()
}

#[test]
fn a_full_disk_leaves_the_old_artifact_and_nothing_else() {
    let folder = Folder::new("full");
    fs::write(folder.path("large.policy"), large(3_000)).unwrap();
    assert_eq!(folder.run(&["compile", "a.policy", "-o", "out"]).status.code(), Some(0));
    let old = fs::read(folder.path("out")).unwrap();
    // No file may grow past 8 KiB; the signal for it is ignored, so that writing fails.
    let full = folder.shell("trap '' XFSZ; ulimit -f 8; exec \"$P\" compile large.policy -o out");
    let (code, line) = told(&full);
    assert_eq!(code, Some(1), "{line}");
    assert!(line.starts_with("error: cannot write `out`: "), "{line}");
    assert_eq!(fs::read(folder.path("out")).unwrap(), old);
    assert_eq!(folder.names(), ["a.policy", "large.policy", "out"]);
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_artifact() {
    let folder = Folder::new("killed");
    fs::write(folder.path("large.policy"), large(3_000)).unwrap();
    assert_eq!(folder.run(&["compile", "a.policy", "-o", "out"]).status.code(), Some(0));
    let old = fs::read(folder.path("out")).unwrap();
    // Where the signal is not ignored it kills the program in the middle of writing.
    let killed = folder.shell("ulimit -c 0; ulimit -f 8; \"$P\" compile large.policy -o out");
    assert_ne!(killed.status.code(), Some(0));
    assert_eq!(fs::read(folder.path("out")).unwrap(), old);
    // What it began lies beside, under a name that no policy is loaded from; the next one works.
    assert_eq!(folder.run(&["compile", "large.policy", "-o", "out"]).status.code(), Some(0));
    assert_ne!(fs::read(folder.path("out")).unwrap(), old);
}

#[test]
fn results_that_cannot_be_written_are_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = Folder::new("dev-full");
    for line in [
        "\"$P\" fmt - < a.policy > /dev/full",
        "\"$P\" decide a.policy --run ls > /dev/full",
        "\"$P\" lint --list > /dev/full",
        "\"$P\" graph a.policy --format svg > /dev/full",
    ] {
        let (code, told) = told(&folder.shell(line));
        assert_eq!(code, Some(1), "{line}: {told}");
        assert!(told.starts_with("error: cannot write the output: "), "{line}: {told}");
    }
    // A hook that cannot say its answer refuses by its exit code.
    let call = r#"{"hook_event_name":"PreToolUse","cwd":"/","tool_name":"Bash","tool_input":{"command":"ls"}}"#;
    fs::write(folder.path("call"), call).unwrap();
    let hook = folder.shell("\"$P\" hook claude-code --policy a.policy < call > /dev/full");
    assert_eq!(hook.status.code(), Some(2));
    let import = folder.shell(
        "echo '{\"permissions\":{\"deny\":[\"Bash(rm:*)\"]}}' | \"$P\" import claude-code - -o /dev/full",
    );
    assert_eq!(import.status.code(), Some(1), "{:?}", told(&import));
}

#[test]
fn nobody_reads_to_the_end() {
    let folder = Folder::new("pipe");
    fs::write(folder.path("large.policy"), large(3_000)).unwrap();
    let requests = "{\"action\":\"run\",\"shell\":\"ls\"}\n".repeat(3_000);
    fs::write(folder.path("requests"), requests).unwrap();
    for line in [
        "\"$P\" fmt - < large.policy",
        "\"$P\" decide a.policy --requests requests",
        "\"$P\" debug ast large.policy",
        "\"$P\" debug model large.policy",
        "\"$P\" debug dag a.policy",
        "\"$P\" graph a.policy --format svg",
        "\"$P\" lint --list",
        "\"$P\" completions bash",
        "\"$P\" export codex a.policy",
        "\"$P\" --help",
        "\"$P\" decide --help",
    ] {
        let output = folder.shell(&format!("{line} | head -1; exit ${{PIPESTATUS[0]}}"));
        let (code, told) = told(&output);
        assert!(matches!(code, Some(0 | 4 | 5)), "{line}: {code:?} {told}");
        assert!(!told.contains("panicked") && !told.contains("Broken pipe"), "{line}: {told}");
    }
}

#[test]
fn streams_that_are_closed() {
    let folder = Folder::new("closed");
    let decide = folder.shell("\"$P\" decide a.policy --requests - <&-");
    assert!(matches!(decide.status.code(), Some(0 | 1)), "{:?}", told(&decide));
    assert!(decide.stdout.is_empty());
    let hook = folder.shell("\"$P\" hook claude-code --policy a.policy <&-");
    assert_eq!(hook.status.code(), Some(2), "nothing was asked, so it is refused");
    let out = folder.shell("\"$P\" decide a.policy --run ls >&-");
    assert!(matches!(out.status.code(), Some(0 | 1)), "{:?}", told(&out));
    let err = folder.shell("\"$P\" lint missing.policy 2>&-");
    assert_eq!(err.status.code(), Some(1));
}

#[test]
fn things_that_are_no_files() {
    let folder = Folder::new("no-files");
    fs::create_dir(folder.path("folder")).unwrap();
    assert!(folder.shell("mkfifo fifo").status.success());
    for (name, reason) in [
        ("folder", "it is a folder, not a file"),
        ("missing", "no such file"),
        ("/dev/zero", "it has more than 64 MiB"),
    ] {
        let (code, line) = told(&folder.run(&["decide", name, "--run", "ls"]));
        assert_eq!(code, Some(1), "{name}");
        assert_eq!(line, format!("error: cannot read `{name}`: {reason}"));
    }
    // A pipe is read as a file is, once somebody writes.
    let piped = folder.shell("cat a.policy > fifo & \"$P\" decide fifo --run 'rm x'");
    assert_eq!(piped.status.code(), Some(0), "{:?}", told(&piped));
    assert!(String::from_utf8_lossy(&piped.stdout).starts_with("deny"));
    // A hook does not wait for one that nobody writes to.
    let began = Instant::now();
    let call = r#"{"hook_event_name":"PreToolUse","cwd":"/","tool_name":"Bash","tool_input":{"command":"ls"}}"#;
    fs::write(folder.path("call"), call).unwrap();
    let hook = folder.shell("\"$P\" hook claude-code --policy fifo --timeout 1 < call");
    assert_eq!(hook.status.code(), Some(2), "{:?}", told(&hook));
    assert!(began.elapsed() < Duration::from_secs(60));
    // Nothing is written over a folder.
    let (code, line) = told(&folder.run(&["compile", "a.policy", "-o", "folder"]));
    assert_eq!(code, Some(1), "{line}");
    assert!(!folder.names().iter().any(|name| name.ends_with(".new")));
}

#[test]
fn without_a_home_and_in_a_folder_that_is_read_only() {
    let folder = Folder::new("no-home");
    let locked = folder.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["decide", "../a.policy", "--run", "ls"]).current_dir(&locked).env_clear();
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("allow"));
    // Who is root may write anyway.
    let (code, line) = told(&folder.shell("cd locked; \"$P\" compile ../a.policy -o out"));
    assert!(code == Some(0) || line.starts_with("error: cannot write `out`: "), "{line}");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_log_that_is_cut_in_a_line_is_an_error_behind_what_was_answered() {
    let folder = Folder::new("cut");
    let line = "{\"action\":\"run\",\"shell\":\"ls\"}\n";
    fs::write(folder.path("log"), format!("{line}{line}{}", &line[..12])).unwrap();
    let output = folder.run(&["decide", "a.policy", "--requests", "log"]);
    let (code, told) = told(&output);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    assert_eq!(code, Some(1));
    assert!(told.starts_with("error: log:3:"), "{told}");
}

#[test]
fn a_thousand_layers_are_files_of_five() {
    let folder = Folder::new("layers");
    let layers = ["managed", "team", "user", "project", "session"];
    let names: Vec<String> = (0..1_000)
        .map(|n| {
            let text = format!("policy p{n} layer {}\ndeny run \"p{n} ...\"\n", layers[n % 5]);
            fs::write(folder.path(&format!("{n}.policy")), text).unwrap();
            format!("{n}.policy")
        })
        .collect();
    let decide = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        folder.run(&[&["decide"], &names[..], &["--run", "p999 x"]].concat())
    };
    let output = decide(&names);
    assert_eq!(output.status.code(), Some(0), "{:?}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("deny"));
    // One more is past the limit.
    let (code, line) = told(&decide(&[&names[..], &["a.policy".to_owned()]].concat()));
    assert_eq!(code, Some(3));
    assert!(line.contains("the policy has more than 1000 files"), "{line}");
}

/// Whoever reads while a policy is replaced sees the old one or the new one, whole.
#[test]
fn an_artifact_that_is_replaced_while_it_is_read() {
    let folder = Folder::new("replaced");
    fs::write(folder.path("b.policy"), large(500) + "deny run \"ls ...\"\n").unwrap();
    assert_eq!(folder.run(&["compile", "a.policy", "-o", "out"]).status.code(), Some(0));
    let mut writer = folder.shell_spawned(
        "for n in $(seq 12); do \"$P\" compile b.policy -o out > /dev/null || exit 1; \
         \"$P\" compile a.policy -o out > /dev/null || exit 1; done",
    );
    let mut seen = [0; 2];
    while writer.try_wait().unwrap().is_none() {
        let output = folder.run(&["decide", "out", "--run", "ls"]);
        assert_eq!(output.status.code(), Some(0), "{:?}", told(&output));
        match String::from_utf8_lossy(&output.stdout).split_whitespace().next() {
            Some("allow") => seen[0] += 1,
            Some("deny") => seen[1] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(writer.wait().unwrap().success());
    assert!(0 < seen[0] + seen[1]);
}

impl Folder {
    fn shell_spawned(&self, line: &str) -> std::process::Child {
        let mut command = Command::new("bash");
        command.args(["-c", line]).env("P", PROGRAM).current_dir(&self.0).stdin(Stdio::null());
        command.spawn().unwrap()
    }
}

/// The agent stops in the middle of its request: the hook waits for no more than it was told.
#[test]
fn a_request_that_never_ends() {
    let folder = Folder::new("never-ends");
    let mut command =
        folder.command(&["hook", "claude-code", "--policy", "a.policy", "--timeout", "1"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"hook_event_name\": \"PreTool").unwrap();
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{answer}");
    drop(stdin);
}
