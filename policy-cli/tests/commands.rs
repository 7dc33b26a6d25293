//! The command line, as a person or a program meets it: the real binary, its output and its exit
//! code.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

const POLICY: &str = r#"policy acme.agents version "2026.11" layer managed

attribute ticket: string

sandbox workspace-write {
  allow write "$workspace/**"                  because "Work happens here."
  deny  write "$workspace/.git/**"
  allow connect "a.example" port 443
}
allow  run "git (status|diff) ..."
review run "git push ..."                      unless branch == "main"
no-force-push:
deny   run "git push {--force|-f}"             because "Rewrites shared history."
review call "db/query"                         when ticket == "T-1" with reviewer "guardian", timeout 90s
mark "secret" read "/data/**"
record full run

test "history" {
  deny  run "git push -f"
  allow run "git status"
}
test "wrong" {
  allow run "git push"
}
"#;

/// A folder of its own for one test, which is the current folder of what runs there.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Folder(path);
        folder.write("a.policy", POLICY);
        folder
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.current_dir(&self.0).args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// What it prints on both streams, and its exit code where it is not 0.
    fn run(&self, arguments: &[&str]) -> String {
        shown(&self.command(arguments).output().unwrap())
    }

    fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that stops early does not read to the end.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        shown(&child.wait_with_output().unwrap())
    }

    fn code(&self, arguments: &[&str]) -> Option<i32> {
        self.command(arguments).output().unwrap().status.code()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn shown(output: &Output) -> String {
    let mut text = String::from_utf8(output.stdout.clone()).unwrap();
    for line in String::from_utf8(output.stderr.clone()).unwrap().lines() {
        text += &format!("! {line}\n");
    }
    match output.status.code() {
        Some(0) => text,
        code => text + &format!("exit {code:?}\n"),
    }
}

/// JSON for the eye, without digests.
fn pretty(mut document: Value) -> String {
    fn blank(value: &mut Value) {
        match value {
            Value::String(text) if text.starts_with("blake3:") => "blake3:…".clone_into(text),
            Value::Array(items) => items.iter_mut().for_each(blank),
            Value::Object(members) => members.values_mut().for_each(blank),
            _ => {}
        }
    }
    blank(&mut document);
    serde_json::to_string_pretty(&document).unwrap()
}

#[test]
fn decide_says_tier_rule_reason_and_place() {
    let folder = Folder::new("decide");
    let decide = |more: &[&str]| folder.run(&[&["decide", "a.policy"], more].concat());
    assert_snapshot!(decide(&["--argv", "--", "git", "push", "--force"]), @r#"
    deny    no-force-push
            Rewrites shared history.
            a.policy:12:1, layer managed
    "#);
    assert_snapshot!(decide(&["--run", "git status && git push"]), @r#"
    ask     by default

      allow   run git status  allow run "git (status|diff) ..."
      ask     run git push
    "#);
    assert_snapshot!(decide(&["--connect", "evil.example:443"]), @"ask     by default");
    assert_snapshot!(decide(&["--call", "db/query", "--set", "ticket=T-1"]), @r#"
    review  review call "db/query" when ticket == "T-1"
            a.policy:14:1, layer managed
            reviewer guardian, timeout 90 s
    "#);
    assert_snapshot!(decide(&["--run", "git 'status"]), @r#"
    ask     no-force-push
            Rewrites shared history.
            a.policy:12:1, layer managed
            syntax: the request does not parse

      allow   run git status        allow run "git (status|diff) ..."
      ask     run (not understood)  no-force-push
    "#);
}

#[test]
fn a_decision_as_json_has_the_fields_of_the_contract() {
    let folder = Folder::new("decide-json");
    let arguments = ["decide", "a.policy", "--format", "json", "--run", "git push -f; git status"];
    assert_snapshot!(pretty(folder.json(&arguments)), @r#"
    {
      "schema_version": 1,
      "id": null,
      "tier": "deny",
      "rule": "no-force-push",
      "layer": "managed",
      "default": false,
      "reason": "Rewrites shared history.",
      "source": {
        "file": "a.policy",
        "line": 12,
        "column": 1
      },
      "parts": [
        {
          "part": "run git push -f",
          "tier": "deny",
          "rule": "no-force-push"
        },
        {
          "part": "run git status",
          "tier": "allow",
          "rule": "allow run \"git (status|diff) ...\""
        }
      ],
      "options": {
        "outside_sandbox": false,
        "reviewer": null,
        "timeout_ms": null,
        "on_failure": "ask",
        "remember": "never"
      },
      "record": "full",
      "marks": [],
      "floors": [],
      "policy": {
        "name": "acme.agents",
        "version": "2026.11",
        "digest": "blake3:…"
      },
      "action_digest": "blake3:…"
    }
    "#);
}

#[test]
fn the_exit_code_says_the_tier_where_it_is_asked_to() {
    let folder = Folder::new("exit-code");
    let branch = "branch=topic";
    for (line, code) in [("git status", 0), ("git push", 10), ("make", 11), ("git push -f", 12)] {
        let decide = ["decide", "a.policy", "--set", branch, "--run", line];
        assert_eq!(folder.code(&[&decide[..], &["--exit-code"]].concat()), Some(code), "{line}");
        assert_eq!(folder.code(&decide), Some(0), "{line}");
    }
}

#[test]
fn colours_are_asked_for_or_left_out() {
    let folder = Folder::new("colours");
    let decide = ["decide", "a.policy", "--run", "git push -f"];
    let escapes = |more: &[&str]| folder.run(&[&decide[..], more].concat()).contains('\u{1b}');
    assert!(!escapes(&[]));
    assert!(!escapes(&["--color", "never"]));
    assert!(escapes(&["--color", "always"]));
}

#[test]
fn a_stream_is_answered_line_by_line_up_to_what_is_no_request() {
    let folder = Folder::new("stream");
    let requests = [
        r#"{"action":"write","path":"x","id":"one","context":{"sandbox":"workspace-write"}}"#,
        "",
        r#"{"action":"run","shell":"git push","id":1e400,"context":{"branch":"own"}}"#,
        r#"{"action":"run","shell":"git push"}"#,
        r#"{"action":"run","shel":"ls"}"#,
        r#"{"action":"run","shell":"ls"}"#,
    ]
    .join("\n");
    let stream = ["decide", "a.policy", "--requests", "-"];
    let defaults = ["--root", "workspace=/w", "--set", "branch=main"];
    let output = folder.run_with(&[&stream[..], &defaults].concat(), requests);
    let field = |line: &str, name: &str| {
        let behind = line.split(&format!("\"{name}\":")).nth(1)?;
        behind.split(',').next().map(str::to_owned)
    };
    let seen: Vec<String> = output
        .lines()
        .map(|line| match (field(line, "id"), field(line, "tier")) {
            (Some(id), Some(tier)) => format!("{id} {tier}"),
            _ => line.to_owned(),
        })
        .collect();
    assert_snapshot!(seen.join("\n"), @r#"
    "one" "allow"
    1e400 "review"
    null "ask"
    ! error: <stdin>:5:17: unknown field `shel`; did you mean `shell`?
    exit Some(1)
    "#);
}

#[test]
fn lines_that_are_too_long_or_no_text_are_errors_with_their_number() {
    let folder = Folder::new("bad-lines");
    let stream = ["decide", "a.policy", "--requests", "-"];
    let long = format!("\n{{\"action\":\"run\",\"shell\":\"{}\"}}\n", "é".repeat(1 << 20));
    assert_snapshot!(folder.run_with(&stream, long), @r#"
    ! error: <stdin>:2: a request longer than 1048576 bytes
    exit Some(1)
    "#);
    assert_snapshot!(folder.run_with(&stream, b"\n\n\xff\n"), @r#"
    ! error: <stdin>:3: not UTF-8 text (byte 0)
    exit Some(1)
    "#);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new("pipe");
    let request = "{\"action\":\"run\",\"shell\":\"git status\"}\n";
    folder.write("many.jsonl", request.repeat(2000));
    for arguments in [
        &["decide", "a.policy", "--requests", "many.jsonl"][..],
        &["completions", "bash"],
        &["lint", "--list"],
    ] {
        let mut command = folder.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn hidden_characters_of_a_request_reach_no_terminal() {
    let folder = Folder::new("hidden");
    let line = "git push -f '\u{1b}[2K\u{202e}'";
    for format in ["human", "json"] {
        for command in ["decide", "explain"] {
            let output = folder.run(&[command, "a.policy", "--format", format, "--run", line]);
            assert!(!output.contains(['\u{1b}', '\u{202e}']), "{output}");
        }
    }
    let id = "{\"action\":\"search\",\"id\":\"a\u{202e}\u{9b}\"}\n";
    let output = folder.run_with(&["decide", "a.policy", "--requests", "-"], id);
    assert!(output.contains(r#""id":"a\u202e\u009b""#), "{output}");
}

#[test]
fn what_cannot_be_used_is_an_error_that_says_how() {
    let folder = Folder::new("errors");
    folder.write("binary.policy", b"\xff\xfe");
    folder.write("broken.policy", "alow run \"ls\"\n");
    fs::create_dir(folder.0.join("folder")).unwrap();
    let mut all = String::new();
    for (arguments, input) in [
        ("decide none.policy --run ls", ""),
        ("decide folder --run ls", ""),
        ("decide binary.policy --run ls", ""),
        ("decide broken.policy --run ls", ""),
        ("decide - --run ls", "deny run\n\"ls\" becaus \"x\"\n"),
        ("decide a.policy", ""),
        ("decide a.policy --requests none.jsonl", ""),
        ("decide a.policy --search --set store=keyring", ""),
        ("decide a.policy --search --set brnch=x", ""),
        ("decide a.policy --search --root workspce=/x", ""),
        ("decide a.policy --call tool", ""),
        ("decide - --requests -", ""),
        ("lnt a", ""),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        all += &format!("$ policy {arguments}\n{}\n", folder.run_with(&words, input));
    }
    assert_snapshot!(all, @r#"
    $ policy decide none.policy --run ls
    ! error: cannot read `none.policy`: no such file
    exit Some(1)

    $ policy decide folder --run ls
    ! error: cannot read `folder`: it is a folder, not a file
    exit Some(1)

    $ policy decide binary.policy --run ls
    ! error: cannot read `binary.policy`: it is not UTF-8 text (byte 0)
    exit Some(1)

    $ policy decide broken.policy --run ls
    ! error[P005]: unknown word `alow`
    !  --> broken.policy:1:1
    !   |
    ! 1 | alow run "ls"
    !   | ^^^^
    !   |
    !   = help: did you mean `allow`?
    exit Some(3)

    $ policy decide - --run ls
    ! error[P005]: unknown word `becaus`
    !  --> <stdin>:2:6
    !   |
    ! 2 | "ls" becaus "x"
    !   |      ^^^^^^
    !   |
    !   = help: did you mean `because`?
    exit Some(3)

    $ policy decide a.policy
    ! error: say what is done: --run LINE, --write PATH, --connect HOST:PORT, … (see --help)
    exit Some(2)

    $ policy decide a.policy --requests none.jsonl
    ! error: cannot read `none.jsonl`: no such file
    exit Some(1)

    $ policy decide a.policy --search --set store=keyring
    ! error: a request to search has no `store`
    exit Some(2)

    $ policy decide a.policy --search --set brnch=x
    ! error: unknown attribute `brnch`; did you mean `branch`?
    exit Some(2)

    $ policy decide a.policy --search --root workspce=/x
    ! error: unknown root `workspce`; did you mean `workspace`?
    exit Some(2)

    $ policy decide a.policy --call tool
    ! error: the object of `call` is written `server/tool`
    exit Some(2)

    $ policy decide - --requests -
    ! error: standard input can be read only once
    exit Some(2)

    $ policy lnt a
    ! error: unknown command `lnt`; did you mean `lint`?
    exit Some(2)
    "#);
}

#[test]
fn explain_shows_every_part_and_what_led_to_it() {
    let folder = Folder::new("explain");
    let line = "cd sub && git push -uf origin $X > /data/log";
    let arguments = ["explain", "a.policy", "--root", "workspace=/w", "--run", line];
    assert_snapshot!(folder.run(&arguments), @r#"
    deny    no-force-push
            Rewrites shared history.
            a.policy:12:1, layer managed

    ask     run cd sub
            record full  record full run  certain, a.policy:16:1, layer managed
            ask by default
            taken argv = cd sub
            taken cwd = /w/sub
            taken escalated = false
            taken opaque = false
            taken line = cd sub && git push -uf origin $X > /data/log

    ask     write /data/log
            ask by default
            taken path = /data/log

    deny    run git push -uf origin …
            deny         no-force-push                                      possible, a.policy:12:1, layer managed
            review       review run "git push ..." unless branch == "main"  possible, a.policy:11:1, layer managed
            record full  record full run                                    certain, a.policy:16:1, layer managed
            taken argv = git push -uf origin …
            taken cwd = /w/sub
            taken escalated = false
            taken opaque = false
            taken line = cd sub && git push -uf origin $X > /data/log
            not sent, and it mattered: branch

    why not run git push -uf origin …
            `no-force-push` may match, and denies it: `-uf` and a word known only at run time are in the way
            no rule allows it for certain, and the default is ask
            nearest review: “review run "git push ..." unless branch == "main"”
              branch was not sent; it asks for one other than `main`; `run git push origin` with branch = "topic" would be review
    "#);
    folder.write(
        "count.policy",
        "count run \"cp ...\" as write last operand\ndeny write \"/etc/**\"\n",
    );
    assert_snapshot!(folder.run(&["explain", "count.policy", "--run", "cp a /etc/b"]), @r#"
    deny    deny write "/etc/**"
            count.policy:2:1, layer managed

    deny    run cp a /etc/b
            taken argv = cp a /etc/b
            taken escalated = false
            taken opaque = false
            taken line = cp a /etc/b

            deny    write /etc/b
                    deny  deny write "/etc/**"  certain, count.policy:2:1, layer managed

    why not write /etc/b
            “deny write "/etc/**"” denies it: it is one of `/etc/**`
            no rule allows it for certain, and the default is ask
            no rule that would allow it is near
    "#);
    let arguments = ["explain", "a.policy", "--read", "/data/x", "--format", "json"];
    assert_snapshot!(pretty(folder.json(&arguments)), @r#"
    {
      "schema_version": 1,
      "decision": {
        "schema_version": 1,
        "id": null,
        "tier": "ask",
        "rule": null,
        "layer": null,
        "default": true,
        "reason": null,
        "source": null,
        "parts": [
          {
            "part": "read /data/x",
            "tier": "ask",
            "rule": null
          }
        ],
        "options": {
          "outside_sandbox": false,
          "reviewer": null,
          "timeout_ms": null,
          "on_failure": "ask",
          "remember": "never"
        },
        "record": "none",
        "marks": [
          "secret"
        ],
        "floors": [],
        "policy": {
          "name": "acme.agents",
          "version": "2026.11",
          "digest": "blake3:…"
        },
        "action_digest": "blake3:…"
      },
      "parts": [
        {
          "part": "read /data/x",
          "action": "read",
          "tier": "ask",
          "rule": null,
          "default": true,
          "floors": [],
          "other_forms": [],
          "rules": [
            {
              "rule": "mark \"secret\" read \"/data/**\"",
              "layer": "managed",
              "effect": "mark \"secret\"",
              "certainty": "certain",
              "reason": null,
              "source": {
                "file": "a.policy",
                "line": 15,
                "column": 1
              }
            }
          ],
          "attributes": {
            "path": "/data/x"
          },
          "not_sent": [],
          "counted": []
        }
      ],
      "why_not": {
        "part": "read /data/x",
        "tier": "ask",
        "others": 0,
        "obstacles": [
          {
            "cause": "default",
            "certain": null,
            "tier": "ask",
            "floor": null,
            "can_be_lifted": null,
            "differences": [],
            "fix": null
          }
        ],
        "more_obstacles": 0,
        "nearest": []
      },
      "nearest_denial": null
    }
    "#);
}

#[test]
fn claims_hold_fail_or_are_not_proved() {
    let folder = Folder::new("claims");
    folder.write("holds.policy", "never allow write \"/etc/**\"\n");
    assert_snapshot!(folder.run(&["lint", "holds.policy"]), @"ok: 1 file, nothing to say");
    folder.write(
        "fails.policy",
        "allow write \"/srv/**\"\nnever allow write \"/srv/keys/**\"\nalways deny use *\n",
    );
    assert_snapshot!(folder.run(&["lint", "fails.policy"]), @r#"
    error[V002]: `never allow write "/srv/keys/**"` fails: `write /srv/keys` is `allow`
     --> fails.policy:2:1
      |
    1 | allow write "/srv/**"
      | --------------------- this rule decides it
    2 | never allow write "/srv/keys/**"
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a request so described breaks this claim
      |
      = note: for example {"action":"write","path":"/srv/keys"}
      = help: narrow the rule, or the claim

    error[V002]: `always deny use *` fails: `use other` is `ask`
     --> fails.policy:3:1
      |
    3 | always deny use *
      | ^^^^^^^^^^^^^^^^^ a request so described breaks this claim, by the default of `use`
      |
      = note: for example {"action":"use","credential":"other"}
      = help: add a rule that says `deny` there, or narrow the claim

    2 errors in 1 file
    exit Some(3)
    "#);
    assert_snapshot!(folder.run(&["test", "fails.policy"]), @r#"
    ! error[V002]: `never allow write "/srv/keys/**"` fails: `write /srv/keys` is `allow`
    !  --> fails.policy:2:1
    !   |
    ! 1 | allow write "/srv/**"
    !   | --------------------- this rule decides it
    ! 2 | never allow write "/srv/keys/**"
    !   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a request so described breaks this claim
    !   |
    !   = note: for example {"action":"write","path":"/srv/keys"}
    !   = help: narrow the rule, or the claim
    ! 
    ! error[V002]: `always deny use *` fails: `use other` is `ask`
    !  --> fails.policy:3:1
    !   |
    ! 3 | always deny use *
    !   | ^^^^^^^^^^^^^^^^^ a request so described breaks this claim, by the default of `use`
    !   |
    !   = note: for example {"action":"use","credential":"other"}
    !   = help: add a rule that says `deny` there, or narrow the claim
    exit Some(3)
    "#);
    assert_eq!(folder.code(&["decide", "fails.policy", "--write", "/srv/x"]), Some(0));
    // No file is known that the pattern matches.
    folder.write(
        "open.policy",
        "allow run \"cp ...\"\ncount run \"cp ...\" as write last operand\nallow write *  # lint: allow L030 because x\ndeny write \"/data/<[0-9]+>\" because \"x\"\nnever deny run \"cp ...\"\n",
    );
    assert_snapshot!(folder.run(&["lint", "open.policy"]), @r#"
    info[L091]: this policy has no test
     --> open.policy:1:1
      |
    1 | allow run "cp ..."
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: say what you mean by an example: `test "secrets stay" { deny read "/home/me/.ssh/id" }`

    warning[V001]: `never deny run "cp ..."` is not proved
     --> open.policy:5:1
      |
    5 | never deny run "cp ..."
      | ^^^^^^^^^^^^^^^^^^^^^^^ some requests might break it, but none was found that does
      |
      = help: state the cases that matter most in a `test` as well

    1 warning, 1 note in 1 file
    exit Some(6)
    "#);
    assert_eq!(folder.code(&["lint", "open.policy", "--fail-level", "warning"]), Some(4));
    assert_eq!(folder.code(&["test", "open.policy"]), Some(0));
}

#[test]
fn lint_shows_findings_and_counts_them() {
    let folder = Folder::new("lint");
    folder.write("broken.policy", "alow run \"ls\"\nallow raed \"/x\"\n");
    folder.write("clean.policy", "allow run \"ls ...\"\n");
    assert_snapshot!(folder.run(&["lint", "clean.policy"]), @"ok: 1 file, nothing to say");
    assert_snapshot!(folder.run(&["lint", "broken.policy"]), @r#"
    error[P005]: unknown word `alow`
     --> broken.policy:1:1
      |
    1 | alow run "ls"
      | ^^^^
      |
      = help: did you mean `allow`?

    1 error in 1 file
    exit Some(3)
    "#);
    assert_snapshot!(pretty(folder.json(&["lint", "broken.policy", "--format", "json"])), @r#"
    {
      "schema_version": 1,
      "findings": [
        {
          "rule": "P005",
          "level": "error",
          "message": "unknown word `alow`",
          "file": "broken.policy",
          "start": {
            "line": 1,
            "column": 1,
            "byte": 0
          },
          "end": {
            "line": 1,
            "column": 5,
            "byte": 4
          },
          "help": "did you mean `allow`?",
          "related": [],
          "witness": null,
          "url": null
        }
      ]
    }
    "#);
    assert_snapshot!(folder.run(&["lint", "--explain", "p001"]), @r#"
    P001 file too large

    A file of policy text has at most 4 MiB. Split a larger one and put the parts
    together with `include rules "FILE"`.
    "#);
    assert_snapshot!(folder.run(&["lint", "--explain", "i004"]), @r"
    I004 a rule never applies

    The runtime reads the rule and never consults it, nothing can match it, or other
    rules always decide before it does. A denial like this protects nothing: write
    it so that the runtime looks at it, or remove it.
    ");
    assert_snapshot!(folder.run(&["lint", "--explain", "E002"]), @r"
    E002 left to the hook

    The runtime cannot say all that the rule denies. It asks about the rest, and
    does nothing silently. With `policy hook` in place the rest is denied as well:
    `policy hook RUNTIME --print-config` prints what installs it.
    ");
    assert_snapshot!(folder.run(&["lint", "--explain", "P999"]), @r#"
    ! error: unknown code `P999`; `policy lint --list` has all
    exit Some(2)
    "#);
    assert_snapshot!(folder.run(&["lint", "--list", "--format", "sarif"]), @r"
    ! error: `--explain` and `--list` have the formats `human` and `json`
    exit Some(2)
    ");
}

#[test]
fn lint_mends_what_can_be_mended() {
    let folder = Folder::new("lint-fix");
    folder.write("names.policy", "hosts ours = \"**.acme.com\", \"acme.com\"\n");
    folder.write(
        "a.policy",
        "include \"names.policy\"\ndeny run \"rm -rf ...\" because \"x\u{200b}\"\nallow run \"git log ...\"\nallow connect ours\n",
    );
    folder.write("b.policy", "policy b layer team\n\ndeny  run \"ls\" because \"x\"\n");
    assert_snapshot!(folder.run(&["lint", "--fix", "a.policy", "b.policy"]), @r#"
    info[L091]: this policy has no test
     --> a.policy:1:1
      |
    1 | include "names.policy"
      | ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: say what you mean by an example: `test "secrets stay" { deny read "/home/me/.ssh/id" }`

    warning[L088]: U+200B cannot be seen in reports and prompts
     --> a.policy:2:39
      |
    2 | deny run "rm {-r} {-f} ..." because "x\u{200b}"
      |                                       ^^^^^^^^
      |
      = help: leave it out; a request with such a character is at least asked about

    info[L036]: `acme.com` is covered by `**.acme.com`
     --> names.policy:1:29
      |
    1 | hosts ours = "**.acme.com", "acme.com"
      |              -------------  ^^^^^^^^^^
      |              |
      |              this matches all of that
      |
      = help: leave it out

    1 warning, 2 notes in 3 files
    ! mended a.policy:2:33: hidden character U+200B (P003)
    ! mended a.policy:2:10: `rm -rf ...` knows a flag in one place only (L054)
    ! mended a.policy:3:11: `git log ...` allows writing or removing files (L053)
    "#);
    assert_snapshot!(folder.read("a.policy"), @r#"
    include "names.policy"
    deny run "rm {-r} {-f} ..." because "x\u{200b}"
    allow run "git log {no --output} ..."
    allow connect ours
    "#);
    // What is included is not ours to change, and what is well stays as it was written.
    assert_eq!(folder.read("names.policy"), "hosts ours = \"**.acme.com\", \"acme.com\"\n");
    assert_eq!(folder.read("b.policy"), "policy b layer team\n\ndeny  run \"ls\" because \"x\"\n");
    assert_snapshot!(folder.run_with(&["lint", "--fix", "-"], "allow run \"sort ...\"\n"), @r#"
    allow run "sort {no --compress-program} {no -o|--output} ..."
    "#);
    assert_snapshot!(folder.run_with(&["lint", "--fix", "-", "a.policy"], ""), @r"
    ! error: with `--fix`, `-` stands alone, and the mended text is printed
    exit Some(2)
    ");
    assert_snapshot!(folder.run(&["lint", "--fix", "HEAD:a.policy"]), @r"
    ! error: `HEAD:a.policy` is of a revision, which cannot be mended
    exit Some(2)
    ");
}

#[test]
fn lint_explains_by_name_and_lists_all() {
    let folder = Folder::new("lint-pages");
    assert_snapshot!(folder.run(&["lint", "--explain", "fails-open"]), @r#"
    # L066: no answer taken for a yes

    Name `fails-open`, level warning, with a fix.

    `on failure allow` takes silence for a yes.

    Where the reviewer is slow, not there or not reachable, the action runs. An attacker has to wait, or to
    keep the reviewer busy.

    ## Reported

    ```policy
    review run "git push ..." with reviewer "guardian", timeout 30s, on failure allow  # L066
    ```

    ## Fixed

    ```policy
    review run "git push ..." with reviewer "guardian", timeout 30s, on failure ask
    ```

    ## Not reported

    ```policy
    review run "git push ..." with reviewer "guardian", timeout 30s, on failure deny
    ```
    "#);
    assert_eq!(
        folder.run(&["lint", "--explain", "l066"]),
        folder.run(&["lint", "--explain", "fails-open"])
    );
    assert_snapshot!(folder.run(&["lint", "--explain", "fail-open"]), @r"
    ! error: unknown code `fail-open`; did you mean `fails-open`?
    exit Some(2)
    ");
    let list = folder.run(&["lint", "--list"]);
    let lints: Vec<&str> = list.lines().filter(|line| line.starts_with("L03")).collect();
    assert_snapshot!(lints.join("\n"), @r"
    L030  warning  broad-write               writing nearly everywhere
    L031  warning  missed-folder             denial that leaves a way round in its own folder
    L032  info     hand-written-home         home directory written out
    L033  warning  secret-left-writable      secret that may not be read and may be written
    L034  warning  writable-hooks            hooks and start-up files left writable
    L035  info     writable-settings         settings that run programs left writable
    L036  info     redundant-pattern         pattern that another in its list covers
    L037  info     twin-roots                two roots for the same place
    L038  info     case-sensitive-name       denial of a name in one case only
    ");
}

#[test]
fn lint_speaks_to_pipelines() {
    let folder = Folder::new("lint-pipelines");
    folder.write("broken.policy", "alow run \"ls\"\nallow raed \"/x\"\n");
    let lint = |file: &str, format: &str| folder.run(&["lint", file, "--format", format]);
    assert_snapshot!(lint("broken.policy", "github"), @r"
    ::error file=broken.policy,line=1,endLine=1,col=1,endColumn=5,title=policy P005::unknown word `alow`%0Ahelp: did you mean `allow`?
    exit Some(3)
    ");
    assert_snapshot!(lint("broken.policy", "junit"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="policy" tests="1" failures="1" errors="0" time="0">
      <testsuite name="broken.policy" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase name="P005 at 1:1: unknown word `alow`" classname="broken.policy" time="0">
          <failure type="error" message="unknown word `alow`">error[P005]: unknown word `alow`
     --&gt; broken.policy:1:1
      |
    1 | alow run &quot;ls&quot;
      | ^^^^
      |
      = help: did you mean `allow`?</failure>
        </testcase>
      </testsuite>
    </testsuites>
    exit Some(3)
    "#);
    let log = folder.json(&["lint", "broken.policy", "--format", "sarif"]);
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "P005");
    assert_eq!(folder.code(&["lint", "broken.policy", "--format", "sarif"]), Some(3));
}

#[test]
fn tests_are_told_to_build_servers() {
    let folder = Folder::new("test-junit");
    assert_snapshot!(folder.run(&["test", "a.policy", "--format", "junit"]), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="policy" tests="2" failures="1" errors="0" time="0">
      <testsuite name="a.policy" tests="2" failures="1" errors="0" skipped="0" time="0">
        <testcase name="history" classname="a.policy" time="0"/>
        <testcase name="wrong" classname="a.policy" time="0">
          <failure type="test" message="1 of 1 line failed">      allow run &quot;git push&quot;  a.policy:23:3
            expected allow, got ask by default
            not sent, and it mattered: branch</failure>
        </testcase>
      </testsuite>
    </testsuites>
    exit Some(4)
    "#);
}

#[test]
fn a_policy_of_twenty_megabytes_is_refused() {
    let folder = Folder::new("large");
    folder.write("large.policy", "# comment\n".repeat(2 << 20));
    assert_snapshot!(folder.run(&["lint", "large.policy"]), @r#"
    error[P001]: the file has 20971520 bytes, and 4194304 are the most
     --> large.policy:1:1
      |
    1 | # comment
      | ^
      |
      = help: split it, and put the parts together with `include rules`

    1 error in 1 file
    exit Some(3)
    "#);
}

#[test]
fn includes_are_read_beside_the_file_that_names_them() {
    let folder = Folder::new("includes");
    fs::create_dir(folder.0.join("sub")).unwrap();
    folder.write("sub/main.policy", "include \"names.policy\"\ndeny read secrets\n");
    folder.write("sub/names.policy", "paths secrets = \"/secret/**\"\n");
    folder.write("circle.policy", "include \"./sub/../circle.policy\"\n");
    folder.write("missing.policy", "include \"nowhere.policy\"\n");
    assert_snapshot!(folder.run(&["decide", "sub/main.policy", "--read", "/secret/x"]), @r#"
    deny    deny read secrets
            sub/main.policy:2:1, layer managed
    "#);
    assert_snapshot!(folder.run(&["lint", "circle.policy"]), @r#"
    error[C002]: this file includes itself
     --> circle.policy:1:9
      |
    1 | include "./sub/../circle.policy"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: move what both need into a third file, and include that in both

    1 error in 1 file
    exit Some(3)
    "#);
    assert_snapshot!(folder.run(&["lint", "missing.policy"]), @r#"
    error[C001]: `nowhere.policy` cannot be read: no such file
     --> missing.policy:1:9
      |
    1 | include "nowhere.policy"
      |         ^^^^^^^^^^^^^^^^
      |
      = help: the path is relative to the file it stands in

    1 error in 1 file
    exit Some(3)
    "#);
}

#[test]
fn files_are_layers_by_their_headers() {
    let folder = Folder::new("layers");
    folder.write("project.policy", "policy p layer project\nallow run \"make\"\n");
    folder.write("top.policy", "delegate run to project\n");
    let make = |top| folder.run(&["decide", "project.policy", top, "--run", "make"]);
    assert_snapshot!(make("a.policy"), @"ask     by default");
    assert_snapshot!(make("top.policy"), @r#"
    allow   allow run "make"
            project.policy:2:1, layer project
    "#);
}

#[test]
fn fmt_writes_in_place_checks_and_filters() {
    let folder = Folder::new("fmt");
    folder.write("b.policy", "allow  run   \"ls\"\n");
    folder.write("broken.policy", "alow run \"ls\"\n");
    assert_snapshot!(folder.run(&["fmt", "--check", "b.policy"]), @r#"
    would change b.policy
    exit Some(4)
    "#);
    assert_eq!(folder.read("b.policy"), "allow  run   \"ls\"\n");
    assert_snapshot!(folder.run(&["fmt", "b.policy", "broken.policy"]), @r#"
    changed b.policy
    ! error[P005]: unknown word `alow`
    !  --> broken.policy:1:1
    !   |
    ! 1 | alow run "ls"
    !   | ^^^^
    !   |
    !   = help: did you mean `allow`?
    exit Some(3)
    "#);
    assert_eq!(folder.read("b.policy"), "allow run \"ls\"\n");
    assert_eq!(folder.read("broken.policy"), "alow run \"ls\"\n");
    assert_snapshot!(folder.run(&["fmt", "b.policy", "--format", "json"]), @r#"{"schema_version":1,"files":[{"file":"b.policy","changed":false}]}"#);
    assert_snapshot!(folder.run_with(&["fmt", "-"], "deny   read \"/x\""), @r#"deny read "/x""#);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3, "nothing else is left behind");
}

#[test]
fn test_shows_what_fails_and_which_rules_no_test_reaches() {
    let folder = Folder::new("test");
    assert_snapshot!(folder.run(&["test", "a.policy"]), @r#"
    ok    history
    FAIL  wrong
          allow run "git push"  a.policy:23:3
            expected allow, got ask by default
            not sent, and it mattered: branch

    2 tests: 2 lines passed, 1 failed
    4 of 9 rules and 0 of 4 sides of clauses reached (30%)
      no test reaches `deny write "$workspace/.git/**"`  a.policy:7:3
      no test reaches `review call "db/query" when ticket == "T-1"`  a.policy:14:1
      no test reaches `allow connect "a.example" port 443`  a.policy:8:3
      no test reaches `allow write "$workspace/**"`  a.policy:6:3
      no test reaches `mark "secret" read "/data/**"`  a.policy:15:1
      no test in which `unless branch == "main"` holds  a.policy:11:55
      no test in which `unless branch == "main"` does not hold  a.policy:11:55
    exit Some(4)
    "#);
    assert_snapshot!(pretty(folder.json(&["test", "a.policy", "--format", "json"])), @r#"
    {
      "schema_version": 1,
      "passed": 2,
      "failed": 1,
      "tests": [
        {
          "name": "history",
          "source": {
            "file": "a.policy",
            "line": 18,
            "column": 1
          },
          "cases": [
            {
              "line": "deny  run \"git push -f\"",
              "source": {
                "file": "a.policy",
                "line": 19,
                "column": 3
              },
              "passed": true,
              "expected": "deny",
              "got": "deny",
              "rule": "no-force-push",
              "reason": "Rewrites shared history.",
              "default": false,
              "floors": [],
              "not_sent": [
                "branch"
              ],
              "error": null
            },
            {
              "line": "allow run \"git status\"",
              "source": {
                "file": "a.policy",
                "line": 20,
                "column": 3
              },
              "passed": true,
              "expected": "allow",
              "got": "allow",
              "rule": "allow run \"git (status|diff) ...\"",
              "reason": null,
              "default": false,
              "floors": [],
              "not_sent": [],
              "error": null
            }
          ]
        },
        {
          "name": "wrong",
          "source": {
            "file": "a.policy",
            "line": 22,
            "column": 1
          },
          "cases": [
            {
              "line": "allow run \"git push\"",
              "source": {
                "file": "a.policy",
                "line": 23,
                "column": 3
              },
              "passed": false,
              "expected": "allow",
              "got": "ask",
              "rule": null,
              "reason": null,
              "default": true,
              "floors": [],
              "not_sent": [
                "branch"
              ],
              "error": null
            }
          ]
        }
      ],
      "coverage": {
        "rules": 9,
        "reached": 4,
        "percent": 30,
        "unreached": [
          {
            "rule": "deny write \"$workspace/.git/**\"",
            "layer": "managed",
            "source": {
              "file": "a.policy",
              "line": 7,
              "column": 3
            }
          },
          {
            "rule": "review call \"db/query\" when ticket == \"T-1\"",
            "layer": "managed",
            "source": {
              "file": "a.policy",
              "line": 14,
              "column": 1
            }
          },
          {
            "rule": "allow connect \"a.example\" port 443",
            "layer": "managed",
            "source": {
              "file": "a.policy",
              "line": 8,
              "column": 3
            }
          },
          {
            "rule": "allow write \"$workspace/**\"",
            "layer": "managed",
            "source": {
              "file": "a.policy",
              "line": 6,
              "column": 3
            }
          },
          {
            "rule": "mark \"secret\" read \"/data/**\"",
            "layer": "managed",
            "source": {
              "file": "a.policy",
              "line": 15,
              "column": 1
            }
          }
        ],
        "sides": 4,
        "sides_reached": 0,
        "clauses": [
          {
            "clause": "unless",
            "text": "branch == \"main\"",
            "rules": [
              "review run \"git push ...\" unless branch == \"main\""
            ],
            "source": {
              "file": "a.policy",
              "line": 11,
              "column": 55
            },
            "holds": false,
            "fails": false
          },
          {
            "clause": "when",
            "text": "ticket == \"T-1\"",
            "rules": [
              "review call \"db/query\" when ticket == \"T-1\""
            ],
            "source": {
              "file": "a.policy",
              "line": 14,
              "column": 53
            },
            "holds": false,
            "fails": false
          }
        ]
      }
    }
    "#);
    folder.write("good.policy", "deny run \"x\"\ndeny run \"y\"\ntest \"t\" { deny run \"x\" }\n");
    assert_eq!(folder.code(&["test", "good.policy", "--min-coverage", "50"]), Some(0));
    assert_snapshot!(folder.run(&["test", "good.policy", "--min-coverage", "51"]), @r#"
    ok    t

    1 test: 1 line passed, 0 failed
    1 of 2 rules reached (50%)
      no test reaches `deny run "y"`  good.policy:2:1
    error: coverage is below 51%
    exit Some(4)
    "#);
}

#[test]
fn the_starter_names_its_own_file() {
    let folder = Folder::new("init-name");
    folder.run(&["init", "x.policy"]);
    assert!(folder.read("x.policy").contains("policy decide x.policy --run"));
}

#[test]
fn flags_that_contradict_one_another_are_errors() {
    let folder = Folder::new("decide-flags");
    folder.write("a.policy", "attribute ticket: string\n");
    for (flags, expected) in [
        (&["--run", "ls", "--args", "{}"][..], "--args"),
        (&["--call", "db/query", "--set", "args.sql=x"], "are given as JSON: --args"),
        (&["--run", "ls", "--set", "ticket=T", "--set", "ticket=U"], "--set says `ticket` twice"),
    ] {
        let shown = folder.run(&[&["decide", "a.policy"], flags].concat());
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn the_starter_is_laid_out_and_its_tests_pass() {
    let folder = Folder::new("init");
    assert_snapshot!(folder.run(&["init"]), @r#"
    wrote agents.policy

    next:  policy test agents.policy
           policy decide agents.policy --run 'git push --force'
    "#);
    assert_snapshot!(folder.run(&["test", "agents.policy", "--min-coverage", "100"]), @r#"
    ok    secrets are out of reach
    ok    the workspace can be changed, its repository cannot
    ok    history is looked at, and never rewritten
    ok    the network asks

    4 tests: 15 lines passed, 0 failed
    12 of 12 rules reached (100%)
    "#);
    assert_eq!(folder.code(&["fmt", "--check", "agents.policy"]), Some(0));
    folder.write("agents.policy", "# mine\n");
    assert_snapshot!(folder.run(&["init"]), @r#"
    ! error: `agents.policy` is there already; --force writes over it
    exit Some(1)
    "#);
    assert_eq!(folder.read("agents.policy"), "# mine\n");
    assert_eq!(folder.code(&["init", "--force"]), Some(0));
    assert_snapshot!(folder.run(&["lint", "agents.policy"]), @"ok: 1 file, nothing to say");
}

#[test]
fn scope_lists_what_can_be_enforced_and_what_cannot() {
    let folder = Folder::new("scope");
    let scope = ["scope", "a.policy", "--sandbox"];
    let run = |more: &[&str]| folder.run(&[&scope[..], more].concat());
    assert_snapshot!(run(&["workspace-write"]), @r#"
    sandbox workspace-write

    read  ask by default

    write  ask by default
      deny    $workspace/.git/**  deny write "$workspace/.git/**"
      allow   $workspace/**       allow write "$workspace/**"

    delete  ask by default

    connect  ask by default
      allow   a.example port 443  allow connect "a.example" port 443

    listen  ask by default
    "#);
    assert_snapshot!(run(&["workspace"]), @r#"
    ! error: there is no sandbox `workspace`; this policy has `workspace-write`
    exit Some(2)
    "#);
    assert_snapshot!(run(&["workspace-write", "--to", "seatbelt"]), @r"
    ! error: where `workspace` lies is not known; say it by `--root workspace=PATH`
    exit Some(2)
    ");
    assert_snapshot!(run(&["workspace-write", "--to", "landlock", "--root", "workspace=/w"]), @r"
    ! error: unknown enforcer `landlock`; there is codex, claude, bwrap, landlock-json, seatbelt
    exit Some(2)
    ");
    let bound = ["workspace-write", "--to", "seatbelt", "--root", "workspace=/w"];
    assert_eq!(folder.code(&[&scope[..], &bound].concat()), Some(4));
    let json = [&scope[..], &["workspace-write", "--format", "json"]].concat();
    assert_snapshot!(pretty(folder.json(&json)["connect"].clone()), @r#"
    {
      "default": "ask",
      "entries": [
        {
          "tier": "allow",
          "patterns": [
            "a.example"
          ],
          "except": [],
          "ports": [
            "443"
          ],
          "rule": "allow connect \"a.example\" port 443",
          "layer": "managed",
          "source": {
            "file": "a.policy",
            "line": 8,
            "column": 3
          }
        }
      ]
    }
    "#);
}

#[test]
fn graph_draws_in_three_languages() {
    let folder = Folder::new("graph");
    let graph = |format| folder.run(&["graph", "a.policy", "--action", "run", "--format", format]);
    assert_snapshot!(graph("mermaid"), @r#"
    flowchart LR
      n0[["run, default ask"]]
      n1{{"command"}}
      n2{{"command"}}
      n3{{"command"}}
      n4{{"command"}}
      n5{{"branch"}}
      n6["record full"]
      n7{{"command"}}
      n8{{"branch"}}
      n9("allow<br>allow run #34;git (status|diff) ...#34;"):::allow
      n10("review<br>review run #34;git push ...#34; unless branch == #34;main#34;"):::review
      n11("deny<br>no-force-push"):::deny
      n1 -- "none of these" --> n2
      n1 -- "command git (status|diff) ..." --> n3
      n1 -- "command git push ..." --> n4
      n1 -- "not sent" --> n7
      n2 -- "none of these" --> n6
      n2 -- "command git push {--force|-f}<br>command git push {--force|-f} (possibly)<br>not sent" --> n11
      n3 -- "command git push {--force|-f}<br>command git push {--force|-f} (possibly)<br>not sent" --> n11
      n3 -- "none of these" --> n9
      n4 -- "none of these" --> n5
      n4 -- "command git push {--force|-f}<br>command git push {--force|-f} (possibly)<br>not sent" --> n11
      n5 -- "branch == #34;main#34;" --> n6
      n5 -- "none of these<br>not sent" --> n10
      n7 -- "none of these" --> n8
      n7 -- "command git push {--force|-f}<br>command git push {--force|-f} (possibly)<br>not sent" --> n11
      n8 -- "branch == #34;main#34;" --> n9
      n8 -- "none of these<br>not sent" --> n10
      n0 --> n1
      classDef allow fill:#d9f2e9,color:#111111
      classDef review fill:#b5d9f0,color:#111111
      classDef ask fill:#efb04c,color:#111111
      classDef deny fill:#a63603,color:#ffffff
    "#);
    assert!(graph("dot").starts_with("digraph policy {"));
    assert!(graph("svg").ends_with("</svg>\n"));
}

#[test]
fn debug_shows_each_stage() {
    let folder = Folder::new("debug");
    assert_snapshot!(folder.run(&["debug", "dag", "a.policy"]), @r#"
    n0  read, default ask
        n1
    n1  path
        n2  none of these
        n3  path in /data/** | not sent
    n2  nothing
    n3  mark secret
    n4  write, default ask
        n5
    n5  path under $workspace
        n6  path in $workspace/.git/** & path in $workspace/** | not sent
        n8  path in $workspace/**
        n10  none of these
    n6  sandbox
        n10  none of these
        n7  sandbox == "workspace-write" | not sent
    n7  deny | deny write "$workspace/.git/**"
    n8  sandbox
        n10  none of these
        n9  sandbox == "workspace-write" | not sent
    n9  allow | allow write "$workspace/**"
    n10  nothing
    n11  run, default ask
        n12
    n12  command
        n13  none of these
        n14  command git (status|diff) ...
        n15  command git push ...
        n18  not sent
    n13  command
        n17  none of these
        n22  command git push {--force|-f} | command git push {--force|-f} (possibly) | not sent
    n14  command
        n22  command git push {--force|-f} | command git push {--force|-f} (possibly) | not sent
        n20  none of these
    n15  command
        n16  none of these
        n22  command git push {--force|-f} | command git push {--force|-f} (possibly) | not sent
    n16  branch
        n17  branch == "main"
        n21  none of these | not sent
    n17  record full
    n18  command
        n19  none of these
        n22  command git push {--force|-f} | command git push {--force|-f} (possibly) | not sent
    n19  branch
        n20  branch == "main"
        n21  none of these | not sent
    n20  allow | allow run "git (status|diff) ..."
    n21  review | review run "git push ..." unless branch == "main"
    n22  deny | no-force-push
    n23  connect, default ask
        n24
    n24  port
        n25  port in 443 | not sent
        n28  none of these
    n25  sandbox
        n26  sandbox == "workspace-write" | not sent
        n28  none of these
    n26  destination
        n28  none of these
        n27  destination a.example | not sent
    n27  allow | allow connect "a.example" port 443
    n28  nothing
    n29  call, default ask
        n30
    n30  name
        n31  db/query | not sent
        n33  none of these
    n31  ticket
        n33  none of these
        n32  ticket == "T-1" | not sent
    n32  review | review call "db/query" when ticket == "T-1"
    n33  nothing
    "#);
    assert_snapshot!(folder.run(&["debug", "model", "a.policy"]), @r#"
    layer managed
    deny write (managed, deny write "$workspace/.git/**")
      when path in $workspace/.git/** and sandbox == "workspace-write"
    deny run (managed, no-force-push)
      when command git push {--force|-f}
    review call (managed, review call "db/query" when ticket == "T-1")
      when db/query and ticket == "T-1"
    review run (managed, review run "git push ..." unless branch == "main")
      when command git push ... and not branch == "main"
    allow connect (managed, allow connect "a.example" port 443)
      when destination a.example and port in 443 and sandbox == "workspace-write"
    allow run (managed, allow run "git (status|diff) ...")
      when command git (status|diff) ...
    allow write (managed, allow write "$workspace/**")
      when path in $workspace/** and sandbox == "workspace-write"
    record full run (managed, record full run)
      when always
    mark secret read (managed, mark "secret" read "/data/**")
      when path in /data/**
    "#);
    assert!(folder.run(&["debug", "ast", "a.policy"]).contains("acme"));
}
