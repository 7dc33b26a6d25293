//! Compiled policies on the command line: written, read in place of text, signed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

const MANAGED: &str = r#"policy acme.agents version "3" layer managed
include rules "common/git.policy"
deny write "/etc/**" because "Configuration is not yours."
delegate run to user
test "etc" {
  deny write "/etc/hosts"
}
"#;
const USER: &str = "policy mine layer user\nallow run \"cargo test ...\"\n";
const GIT: &str = "deny run \"git push {--force|-f}\"\n";
/// An example key of RFC 8032, and its public key.
const SECRET: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n";
const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n";
const OTHER: &str = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artifact").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("common")).unwrap();
        let files = [("m.policy", MANAGED), ("u.policy", USER), ("common/git.policy", GIT)];
        let keys = [("key", SECRET), ("pub", PUBLIC), ("other", OTHER)];
        for (name, text) in files.into_iter().chain(keys) {
            fs::write(path.join(name), text).unwrap();
        }
        Folder(path)
    }

    /// What it prints on both streams, and its exit code where it is not 0.
    fn run(&self, arguments: &str) -> String {
        self.run_all(&arguments.split(' ').collect::<Vec<_>>())
    }

    fn run_all(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.current_dir(&self.0).args(arguments).stdin(Stdio::null());
        shown(&command.output().unwrap())
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Digests and sizes follow from the format, and are left out.
fn shown(output: &Output) -> String {
    let mut text = String::from_utf8(output.stdout.clone()).unwrap();
    for line in String::from_utf8(output.stderr.clone()).unwrap().lines() {
        text += &format!("! {line}\n");
    }
    if let Some(at) = text.find("blake3:") {
        text.replace_range(at + 7..at + 71, "…");
    }
    match output.status.code() {
        Some(0) => text,
        code => text + &format!("exit {code:?}\n"),
    }
}

fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive(' ').map(|word| {
        let is_size = word.trim().len() > 2 && word.trim().bytes().all(|b| b.is_ascii_digit());
        if is_size { "N " } else { word }
    });
    words.collect()
}

#[test]
fn several_layers_become_one_file_that_decides_like_them() {
    let folder = Folder::new("layers");
    assert_snapshot!(without_sizes(&folder.run("compile m.policy u.policy -o all.policyc")), @r"
    wrote all.policyc: N bytes
    3 rules, 2 layers (managed, user)
    digest blake3:…
    ");
    // Nothing is read but the one file.
    for name in ["m.policy", "u.policy", "common/git.policy"] {
        fs::remove_file(folder.0.join(name)).unwrap();
    }
    let explained = folder.run_all(&["explain", "all.policyc", "--run", "git push -f"]);
    assert_snapshot!(explained.lines().take(2).collect::<Vec<_>>().join("\n"), @r#"
    deny    deny run "git push {--force|-f}"
            common/git.policy:1:1, layer managed
    "#);
    assert_snapshot!(folder.run_all(&["decide", "all.policyc", "--run", "cargo test"]), @r#"
    allow   allow run "cargo test ..."
            u.policy:2:1, layer user
    "#);
    assert_snapshot!(folder.run("test all.policyc"), @r#"
    ok    etc

    1 test: 1 line passed, 0 failed
    1 of 3 rules reached (33%)
      no test reaches `deny run "git push {--force|-f}"`  common/git.policy:1:1
      no test reaches `allow run "cargo test ..."`  u.policy:2:1
    "#);
    let json = folder.run("compile all.policyc -o again.policyc --format json");
    let size = fs::metadata(folder.0.join("again.policyc")).unwrap().len().to_string();
    assert_snapshot!(json.replace(&size, "N"), @r#"{"schema_version":1,"file":"again.policyc","bytes":N,"rules":3,"layers":["managed","user"],"signed_by":null,"policy":{"name":"acme.agents","version":"3","digest":"blake3:…"}}"#);
    let read = |name: &str| fs::read(folder.0.join(name)).unwrap();
    assert_eq!(read("all.policyc"), read("again.policyc"));
}

#[test]
fn a_compiled_policy_is_told_by_its_bytes_and_stands_alone() {
    let folder = Folder::new("told");
    folder.run("compile u.policy -o u.txt");
    assert_snapshot!(folder.run("debug model u.txt"), @r#"
    layer user
    allow run (user, allow run "cargo test ...")
      when command cargo test ...
    "#);
    assert_snapshot!(folder.run("graph u.txt --format mermaid"), @r#"
    flowchart LR
      n0[["run, default ask"]]
      n1{{"command"}}
      n2["nothing"]
      n3("allow<br>allow run #34;cargo test ...#34;"):::allow
      n1 -- "none of these" --> n2
      n1 -- "command cargo test ...<br>not sent" --> n3
      n0 --> n1
      classDef allow fill:#d9f2e9,color:#111111
      classDef review fill:#b5d9f0,color:#111111
      classDef ask fill:#efb04c,color:#111111
      classDef deny fill:#a63603,color:#ffffff
    "#);
    assert_snapshot!(folder.run("diff u.policy u.txt"), @"equivalent, proved: both decide every request alike");
    assert_snapshot!(folder.run("decide u.txt m.policy --read /x"), @r"
    ! error: `u.txt` is a compiled policy: it holds all its layers, so it stands alone
    exit Some(2)
    ");
    assert_snapshot!(folder.run("lint u.txt"), @r"
    ! error: cannot read `u.txt`: it is a compiled policy, not text
    exit Some(1)
    ");
    assert_snapshot!(folder.run("fmt u.txt"), @r"
    ! error: cannot read `u.txt`: it is a compiled policy, not text
    exit Some(1)
    ");
}

#[test]
fn what_is_damaged_does_not_decide() {
    let folder = Folder::new("damaged");
    folder.run("compile m.policy -o m.policyc");
    let whole = fs::read(folder.0.join("m.policyc")).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(folder.0.join("changed"), changed).unwrap();
    fs::write(folder.0.join("cut"), &whole[..100]).unwrap();
    assert_snapshot!(folder.run("decide changed --read /x"), @r"
    ! error: cannot load `changed`: the compiled policy is damaged: its checksum does not fit
    exit Some(1)
    ");
    assert_snapshot!(without_sizes(&folder.run("decide cut --read /x")), @r"
    ! error: cannot load `cut`: the compiled policy is cut off: N of its N bytes are there
    exit Some(1)
    ");
    assert_snapshot!(folder.run("debug artifact u.policy"), @r"
    ! error: cannot load `u.policy`: this is no compiled policy
    exit Some(1)
    ");
}

#[test]
fn an_old_file_stays_where_the_new_one_cannot_be_written() {
    let folder = Folder::new("atomic");
    folder.run("compile u.policy -o p.policyc");
    let before = folder.files();
    fs::write(folder.0.join("u.policy"), "allow run ???").unwrap();
    assert!(folder.run("compile u.policy -o p.policyc").ends_with("exit Some(3)\n"));
    assert_eq!(folder.files(), before);
    for name in ["common", "none/p.policyc"] {
        let said = folder.run_all(&["compile", "m.policy", "-o", name]);
        assert!(said.starts_with(&format!("! error: cannot write `{name}`: ")), "{said}");
        assert!(said.ends_with("exit Some(1)\n"), "{said}");
    }
    assert_snapshot!(folder.run("compile m.policy -o -"), @r"
    ! error: a compiled policy is written to a file, not to standard output
    exit Some(2)
    ");
    assert_eq!(folder.files(), before);
}

#[test]
fn a_signature_is_checked_with_its_key() {
    let folder = Folder::new("signed");
    assert_snapshot!(without_sizes(&folder.run("compile u.policy -o s.policyc --sign key")), @r"
    wrote s.policyc: N bytes
    1 rule, 1 layer (user)
    digest blake3:…
    signed 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    ");
    assert_snapshot!(folder.run("verify s.policyc --key pub"), @r"
    s.policyc: signed with this key
    digest blake3:…
    ");
    assert_snapshot!(folder.run("verify s.policyc --key other"), @r"
    s.policyc: the compiled policy is not signed with this key, or was changed since
    exit Some(3)
    ");
    folder.run("compile u.policy -o plain.policyc");
    assert_snapshot!(folder.run("verify plain.policyc --key pub --format json"), @r#"
    {"schema_version":1,"file":"plain.policyc","verified":false,"reason":"the compiled policy is not signed","policy":null}
    exit Some(3)
    "#);
    assert_snapshot!(folder.run("verify s.policyc --key u.policy"), @r"
    ! error: cannot use `u.policy`: it is no key: neither PEM nor 32 bytes in base64
    exit Some(1)
    ");
    assert_snapshot!(folder.run("compile u.policy -o x.policyc --sign m.policy"), @r"
    ! error: cannot use `m.policy`: it is no key: neither PEM nor 32 bytes in base64
    exit Some(1)
    ");
}

#[test]
fn debug_says_what_it_holds() {
    let folder = Folder::new("debug");
    folder.run("compile m.policy u.policy -o p.policyc --sign key");
    let text = folder.run("debug artifact p.policyc");
    let (head, sections) = text.split_once("sections\n").unwrap();
    assert_snapshot!(without_sizes(head), @r"
    p.policyc: N bytes, format version 1
    policy   acme.agents
    version  3
    digest   blake3:…
    checked  every index and the digest fit
    signed   yes; `policy verify` says by whom
    rules    3
      managed 2
      user    1
    files
      m.policy
      u.policy
      common/git.policy
    ");
    assert_eq!(sections.lines().count(), 15);
}

/// What fails or is not proved is not written: a compiled policy keeps what its text claims.
#[test]
fn a_claim_that_fails_is_not_compiled() {
    let folder = Folder::new("claims");
    fs::write(
        folder.0.join("c.policy"),
        "allow write \"/etc/**\"\nnever allow write \"/etc/**\"\n",
    )
    .unwrap();
    let said = folder.run("compile c.policy -o c.policyc");
    assert!(said.contains("fails") && said.ends_with("exit Some(3)\n"), "{said}");
    assert!(!folder.0.join("c.policyc").exists());
}
