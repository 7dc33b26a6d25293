//! Policies in git revisions, read by the real binary from a real repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

/// A repository with one commit on `main`, and other files in its folder.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Repository {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("policies/common")).unwrap();
        let repository = Repository(path);
        repository.write("common.policy", "hosts inside = \"*.old.example\"\n");
        repository.write("policies/common/sets.policy", "include \"../../common.policy\"\n");
        repository.write(
            "policies/agents.policy",
            "include \"common/sets.policy\"\ninclude \"../common.policy\"\nallow connect inside\n",
        );
        repository.write("policies/broken.policy", "alow run \"ls\"\n");
        repository.write("policies/outside.policy", "include \"../../x.policy\"\n");
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "-q", "-m", "first"]);
        repository.write("common.policy", "hosts inside = \"*.new.example\"\n");
        repository
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@acme.com"];
        let mut command = Command::new("git");
        command.current_dir(&self.0).args(identity).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.current_dir(self.0.join(folder)).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> String {
        shown(&self.command(folder, arguments).output().unwrap())
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

#[test]
fn a_revision_is_read_with_what_it_includes() {
    let repository = Repository::new("revision-read");
    let decide = |policy: &str, host: &str| repository.run(&["decide", policy, "--connect", host]);
    assert_snapshot!(decide("main:policies/agents.policy", "a.old.example:443"), @r"
    allow   allow connect inside
            main:policies/agents.policy:3:1, layer managed
    ");
    assert_snapshot!(decide("main:policies/agents.policy", "a.new.example:443"), @"ask     by default");
    assert_snapshot!(decide("policies/agents.policy", "a.new.example:443"), @r"
    allow   allow connect inside
            policies/agents.policy:3:1, layer managed
    ");
    let here = ["decide", "HEAD:./agents.policy", "--connect", "a.old.example:443"];
    assert_snapshot!(repository.run_in("policies", &here), @r"
    allow   allow connect inside
            HEAD:policies/agents.policy:3:1, layer managed
    ");
    assert_snapshot!(repository.run(&["lint", "main:policies/broken.policy"]), @r#"
    error[P005]: unknown word `alow`
     --> main:policies/broken.policy:1:1
      |
    1 | alow run "ls"
      | ^^^^
      |
      = help: did you mean `allow`?

    1 error in 1 file
    exit Some(3)
    "#);
}

#[test]
fn what_cannot_be_read_is_an_error_that_says_why() {
    let repository = Repository::new("revision-errors");
    repository.write("main:agents.policy", "default allow\n");
    let decide = |policy: &str| repository.run(&["decide", policy, "--connect", "a.example:443"]);
    // A file of this name is there, and is not what is meant.
    assert_snapshot!(decide("main:agents.policy"), @r"
    ! error: cannot read `main:agents.policy`: no such file in `main`; paths count from the top of the repository, and `main:./agents.policy` from here
    exit Some(1)
    ");
    assert_snapshot!(decide("./main:agents.policy"), @"allow   by default");
    assert_snapshot!(decide("nowhere:policies/agents.policy"), @r"
    ! error: cannot read `nowhere:policies/agents.policy`: git knows no revision `nowhere` here (a shallow clone may lack it)
    exit Some(1)
    ");
    assert_snapshot!(decide("main:policies"), @r"
    ! error: cannot read `main:policies`: it is a folder, not a file
    exit Some(1)
    ");
    assert_snapshot!(decide("main:../x.policy"), @r"
    ! error: cannot read `main:../x.policy`: the path leaves the repository
    exit Some(1)
    ");
    assert_snapshot!(decide("main:policies/*.policy"), @r"
    ! error: cannot read `main:policies/*.policy`: no such file in `main`; paths count from the top of the repository, and `main:./policies/*.policy` from here
    exit Some(1)
    ");
    assert_snapshot!(decide("main::(top)common.policy"), @r"
    ! error: cannot read `main::(top)common.policy`: no such file in `main`; paths count from the top of the repository, and `main:./:(top)common.policy` from here
    exit Some(1)
    ");
    assert_snapshot!(decide(":common.policy"), @r"
    ! error: cannot read `:common.policy`: no revision stands before the colon
    exit Some(1)
    ");
    assert_snapshot!(decide("main:policies/outside.policy"), @r#"
    ! error[C001]: `../../x.policy` cannot be read: it lies outside of the repository
    !  --> main:policies/outside.policy:1:9
    !   |
    ! 1 | include "../../x.policy"
    !   |         ^^^^^^^^^^^^^^^^
    !   |
    !   = help: the path is relative to the file it stands in
    exit Some(3)
    "#);
    assert_snapshot!(repository.run(&["diff", "--", "--help:a.policy", "common.policy"]), @r"
    ! error: cannot read `--help:a.policy`: `--help` is no revision
    exit Some(1)
    ");
    assert_snapshot!(decide("main:./nothing.policy"), @r"
    ! error: cannot read `main:./nothing.policy`: no such file in `main`
    exit Some(1)
    ");
    assert_snapshot!(decide("main;touch x:a.policy"), @r"
    ! error: cannot read `main;touch x:a.policy`: git knows no revision `main;touch x` here (a shallow clone may lack it)
    exit Some(1)
    ");
    assert!(!repository.0.join("x").exists());
    let mut without_git = repository.command("", &["lint", "main:policies/agents.policy"]);
    assert_snapshot!(shown(&without_git.env("PATH", "").output().unwrap()), @r"
    ! error: cannot read `main:policies/agents.policy`: it is a file of a git revision, and there is no program `git`
    exit Some(1)
    ");
    let outside = std::env::temp_dir();
    let mut elsewhere = repository.command("", &["lint", "main:policies/agents.policy"]);
    let elsewhere = shown(&elsewhere.current_dir(outside).output().unwrap());
    assert!(elsewhere.contains("not a git repository"), "{elsewhere}");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_revision_is_named_and_not_followed() {
    let repository = Repository::new("revision-link");
    std::os::unix::fs::symlink("/etc/passwd", repository.0.join("link.policy")).unwrap();
    repository.git(&["add", "."]);
    repository.git(&["commit", "-q", "-m", "link"]);
    assert_snapshot!(repository.run(&["lint", "main:link.policy"]), @r"
    ! error: cannot read `main:link.policy`: it is a symbolic link; name what it leads to
    exit Some(1)
    ");
}

#[test]
fn diff_takes_two_policies_however_they_are_named() {
    let repository = Repository::new("revision-diff");
    let diff = |old: &str, new: &str| repository.run(&["diff", old, new]);
    assert_snapshot!(diff("main:policies/broken.policy", "policies/agents.policy"), @r#"
    ! error[P005]: unknown word `alow`
    !  --> main:policies/broken.policy:1:1
    !   |
    ! 1 | alow run "ls"
    !   | ^^^^
    !   |
    !   = help: did you mean `allow`?
    exit Some(3)
    "#);
    assert_snapshot!(diff("-", "-"), @r"
    ! error: standard input can be read only once
    exit Some(2)
    ");
    assert_snapshot!(diff("common.policy,", "common.policy"), @r"
    ! error: an empty name; several files are written `a.policy,b.policy`
    exit Some(2)
    ");
    assert_snapshot!(diff("policies", "common.policy"), @r"
    ! error: cannot read `policies`: it is a folder, not a file
    exit Some(1)
    ");
    assert_snapshot!(diff("nothing.policy", "common.policy"), @r"
    ! error: cannot read `nothing.policy`: no such file
    exit Some(1)
    ");
}
