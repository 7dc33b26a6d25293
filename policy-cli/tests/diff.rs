//! `policy diff` on real policies: what it says, in every form, and how it exits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

const OLD: &str = r#"policy acme.agents version "1"

hosts services = "git.corp.acme.com", "wiki.corp.acme.com"

allow  run "git (status|diff) ..."
review run "git push ..."             unless branch == "main"
allow  connect services port 443
no-secrets:
deny   read "**/.env", "/etc/shadow"  because "Credentials stay out of reach."
"#;

/// A folder with a repository that has `agents.policy` on `main`, and the test's own files.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Folder(path);
        folder.write("agents.policy", OLD);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.git(&["add", "."]);
        folder.git(&["commit", "-q", "-m", "first"]);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// The policy with one text in place of another.
    fn edit(&self, edits: &[(&str, &str)]) {
        let text = edits.iter().fold(OLD.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        self.write("agents.policy", &text);
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@acme.com"];
        let mut command = Command::new("git");
        command.current_dir(&self.0).args(identity).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn diff(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.current_dir(&self.0).arg("diff").args(arguments).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (text + &String::from_utf8(output.stderr).unwrap(), output.status.code())
    }

    /// Compares with what is on `main`.
    fn with_main(&self, more: &[&str]) -> (String, Option<i32>) {
        self.diff(&[&["main:agents.policy", "agents.policy"], more].concat())
    }

    fn text(&self, more: &[&str]) -> String {
        let (text, code) = self.with_main(more);
        if code == Some(0) { text } else { format!("{text}exit {code:?}\n") }
    }
}

#[test]
fn another_text_with_the_same_meaning_is_equivalent() {
    let folder = Folder::new("diff-equivalent");
    assert_snapshot!(folder.text(&[]), @"equivalent, proved: both decide every request alike");
    // Another order, a list taken apart, a set written out, other names.
    folder.write(
        "agents.policy",
        r#"policy acme.agents version "2"

secrets-of-the-machine:
deny   read "/etc/shadow"  because "Credentials stay out of reach."
no-secrets:
deny   read "**/.env"      because "Credentials stay out of reach."
allow  connect "wiki.corp.acme.com" port 443
allow  connect "git.corp.acme.com" port 443
review run "git push ..."  when not branch == "main"
allow  run "git diff ..."
allow  run "git status ..."
"#,
    );
    assert_snapshot!(folder.text(&["--fail-on", "any"]), @r#"
    equivalent, proved: both decide every request alike
    the text changed, and its meaning did not
    "#);
}

#[test]
fn a_careless_edit_is_told_with_a_request_that_shows_it() {
    let folder = Folder::new("diff-loosened");
    folder.edit(&[
        ("services port 443", "services"),
        (r#"             unless branch == "main""#, ""),
        (r#""**/.env", "#, ""),
        ("(status|diff)", "(status)"),
    ]);
    assert_snapshot!(folder.text(&[]), @r#"
    1. loosened: ask → review
       `run` of `git push ...`
       - review run "git push ..." unless branch == "main"  main:agents.policy:6:1
       + review run "git push ..."  agents.policy:6:1
       before   the default
       after    review run "git push ..."  agents.policy:6:1
       example  run git push origin main
                {"action":"run","argv":["git","push","origin","main"],"context":{"branch":"main"}}

    2. loosened: ask → allow
       `connect` to `git.corp.acme.com`, `wiki.corp.acme.com`
       - allow connect services port 443  main:agents.policy:7:1
       + allow connect services  agents.policy:7:1
       before   the default
       after    allow connect services  agents.policy:7:1
       example  connect git.corp.acme.com:80
                {"action":"connect","host":"git.corp.acme.com","port":80}

    3. loosened: deny → ask
       `read` of `**/.env`
       - no-secrets: deny read "**/.env", "/etc/shadow" because "Credentials stay out of reach."  main:agents.policy:8:1
       + no-secrets: deny read "/etc/shadow" because "Credentials stay out of reach."  agents.policy:8:1
       before   no-secrets  main:agents.policy:8:1
                Credentials stay out of reach.
       after    the default
       example  read /home/dev/app/.env
                {"action":"read","path":"/home/dev/app/.env"}

    4. tightened: allow → ask
       `run` of `git (status|diff) ...`
       - allow run "git (status|diff) ..."  main:agents.policy:5:1
       + allow run "git (status) ..."  agents.policy:5:1
       before   allow run "git (status|diff) ..."  main:agents.policy:5:1
       after    the default
       example  run git diff
                {"action":"run","argv":["git","diff"]}

    3 loosened, 1 tightened
    "#);
}

/// One rule for three actions is one finding, with an example of each change of the answer.
#[test]
fn what_follows_from_one_change_is_told_together() {
    let folder = Folder::new("diff-grouped");
    let old = r#"
paths keys = "~/.ssh/**", "~/.gnupg/**", "~/.aws/**", "~/.kube/**", "~/.netrc", "/etc/shadow"
work:
allow read, write "$workspace/**" when sandbox == "workspace-write"
no-keys:
deny  read, write, delete keys because "Keys stay out of reach."
start-supervised:
deny  start when sandbox == "danger-full-access" because "No agent works without a sandbox."
"#;
    folder.write("old.policy", old);
    folder.write(
        "new.policy",
        &old.replace("\"~/.aws/**\", ", "").replace("deny  start", "ask   start"),
    );
    assert_snapshot!(folder.diff(&["old.policy", "new.policy"]).0, @r#"
    1. loosened: deny → allow, deny → ask
       `read`, `write` and `delete` of `~/.aws/**`
       ~ no-keys: deny read, write, delete keys because "Keys stay out of reach."  old.policy:5:1
         the same words; a set, an include or a block around them changed
       deny → allow  `read` and `write`
         before   no-keys  old.policy:5:1
                  Keys stay out of reach.
         after    work  new.policy:3:1
         example  read /home/dev/.aws/credentials
                  {"action":"read","context":{"sandbox":"workspace-write"},"path":"/home/dev/.aws/credentials","roots":{"home":"/home/dev","workspace":"/home/dev"}}
       deny → ask  `read`, `write` and `delete`
         before   no-keys  old.policy:5:1
         after    the default
         example  read /home/dev/.aws/credentials
                  {"action":"read","path":"/home/dev/.aws/credentials","roots":{"home":"/home/dev"}}

    2. loosened: deny → ask
       `start`, when sandbox == "danger-full-access"
       - start-supervised: deny start when sandbox == "danger-full-access" because "No agent works without a sandbox."  old.policy:7:1
       + start-supervised: ask start when sandbox == "danger-full-access" because "No agent works without a sandbox."  new.policy:7:1
       before   start-supervised  old.policy:7:1
                No agent works without a sandbox.
       after    start-supervised  new.policy:7:1
       example  start
                {"action":"start","context":{"sandbox":"danger-full-access"}}

    2 loosened
    "#);
}

#[test]
fn the_exit_code_says_what_was_asked_for() {
    let folder = Folder::new("diff-exit");
    let code = |edits: &[(&str, &str)], more: &[&str]| {
        folder.edit(edits);
        folder.with_main(more).1
    };
    let tightened = [("(status|diff)", "(status)")];
    let loosened = [("(status|diff)", "(status|diff|log)")];
    for (edits, any, fails_loosened) in
        [(&[][..], 0, 0), (&tightened[..], 5, 0), (&loosened[..], 5, 5)]
    {
        assert_eq!(code(edits, &[]), Some(0), "{edits:?}");
        assert_eq!(code(edits, &["--fail-on", "any"]), Some(any), "{edits:?}");
        assert_eq!(code(edits, &["--fail-on", "loosened"]), Some(fails_loosened), "{edits:?}");
    }
    assert_eq!(code(&[], &["--fail-on", "nothing"]), Some(2));
}

#[test]
fn layers_are_compared_together() {
    let folder = Folder::new("diff-layers");
    folder.write("own.policy", "policy own layer project\nallow run \"make test\"\n");
    let layers = ["main:agents.policy", "agents.policy,own.policy"];
    // What nothing hands to the layer changes nothing.
    assert_snapshot!(folder.diff(&layers).0, @r#"
    equivalent, proved: both decide every request alike
    the text changed, and its meaning did not
    "#);
    folder.edit(&[("hosts services", "delegate run to project\nhosts services")]);
    assert_snapshot!(folder.diff(&layers).0, @r#"
    1. loosened: ask → allow
       `run` of `make test`
       + allow run "make test"  own.policy:2:1
       before   the default
       after    allow run "make test"  own.policy:2:1
       example  run make test
                {"action":"run","argv":["make","test"]}

    1 loosened
    "#);
}

#[test]
fn every_form_tells_the_same_differences() {
    let folder = Folder::new("diff-forms");
    folder.edit(&[("services port 443", "services")]);
    let form = |name: &str| folder.with_main(&["--format", name]).0;
    let document: Value = serde_json::from_str(&form("json")).unwrap();
    let seen: Vec<String> = document["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["direction"], one["region"], one["shown"]))
        .collect();
    assert_snapshot!(seen.join("\n"), @r#"
       "loosened" "`connect` to `git.corp.acme.com`, `wiki.corp.acme.com`" "connect git.corp.acme.com:80"
       "loosened" "`connect` to `git.corp.acme.com`, `wiki.corp.acme.com`, port 443" "connect git.corp.acme.com"
       "#);
    assert_eq!(document["complete"], true);
    let page = form("html");
    assert!(page.starts_with("<!doctype html>") && page.contains("main:agents.policy"));
    assert!(form("markdown").contains("loosened"));
    let log: Value = serde_json::from_str(&form("sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    // Both follow from one change, so they are one finding.
    assert!(document["differences"].as_array().unwrap().iter().all(|one| one["finding"] == 1));
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert!(form("github").starts_with("::"));
}
