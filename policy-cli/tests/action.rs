//! The action for GitHub workflows and the hooks for pre-commit: their own words, run as there.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What of `action.yml` is run: enough of YAML for that one file.
struct Action {
    /// Inputs and their defaults.
    inputs: BTreeMap<String, String>,
    steps: Vec<Step>,
}

#[derive(Default)]
struct Step {
    name: String,
    env: BTreeMap<String, String>,
    script: String,
}

impl Action {
    fn read() -> Action {
        let text = fs::read_to_string(top().join("action.yml")).unwrap();
        let (mut section, mut input, mut key) = (String::new(), String::new(), String::new());
        let mut action = Action { inputs: BTreeMap::new(), steps: Vec::new() };
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let (name, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
            let value = value.trim().trim_matches('\'');
            match (&*section, indent) {
                (_, 0) if !line.is_empty() => name.clone_into(&mut section),
                ("inputs", 2) => name.clone_into(&mut input),
                ("inputs", 4) if name == "default" => {
                    action.inputs.insert(input.clone(), value.to_owned());
                }
                ("runs", 4) if name == "- name" => {
                    action.steps.push(Step { name: value.to_owned(), ..Step::default() });
                }
                ("runs", 6) => name.clone_into(&mut key),
                ("runs", 8..) | ("runs", 0) if key == "run" => {
                    let step = action.steps.last_mut().unwrap();
                    step.script += line.get(8..).unwrap_or_default();
                    step.script += "\n";
                }
                ("runs", 8) if key == "env" => {
                    let step = action.steps.last_mut().unwrap();
                    step.env.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        action
    }
}

#[test]
fn no_text_of_others_becomes_part_of_a_script() {
    let action = Action::read();
    let names: Vec<&str> = action.steps.iter().map(|step| &*step.name).collect();
    assert_eq!(names, ["Install", "Find the files", "Lint", "Test", "Compare"]);
    for step in &action.steps {
        assert!(!step.script.is_empty() && !step.script.contains("${{"), "{}", step.name);
        for value in step.env.values() {
            let input = value.strip_prefix("${{ inputs.").and_then(|v| v.strip_suffix(" }}"));
            let input = input.unwrap_or_else(|| panic!("{}: {value}", step.name));
            assert!(action.inputs.contains_key(input), "{}: {input}", step.name);
        }
    }
}

/// A clone with a base branch and a change to it, on a machine that runs workflows.
struct Runner {
    folder: PathBuf,
    inputs: BTreeMap<String, String>,
    base: &'static str,
}

impl Runner {
    fn new(name: &str, old: &str, new: &str) -> Runner {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("origin")).unwrap();
        fs::create_dir_all(folder.join("temp")).unwrap();
        let runner = Runner { folder, inputs: Action::read().inputs, base: "main" };
        runner.git("origin", &["init", "-q", "-b", "main"]);
        fs::write(runner.folder.join("origin/agents.policy"), old).unwrap();
        runner.git("origin", &["add", "."]);
        runner.git("origin", &["commit", "-q", "-m", "base"]);
        runner.git("origin", &["checkout", "-q", "-b", "change"]);
        fs::write(runner.folder.join("origin/agents.policy"), new).unwrap();
        runner.git("origin", &["commit", "-q", "--allow-empty", "-a", "-m", "change"]);
        // As a checkout of one commit does it: the base branch is not there.
        let origin = format!("file://{}", runner.folder.join("origin").display());
        let clone = ["clone", "-q", "--depth=1", "--branch=change", &origin, "checkout"];
        runner.git("", &clone);
        runner
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@acme.com"];
        let mut command = Command::new("git");
        command.current_dir(self.folder.join(folder)).args(identity).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn set(&mut self, input: &str, value: &str) {
        assert!(self.inputs.insert(input.to_owned(), value.to_owned()).is_some(), "{input}");
    }

    /// A program that stands for `policy diff`, with an exit code; every other command is real.
    fn with_diff(&self, code: u8) {
        let path = self.folder.join("bin");
        fs::create_dir_all(&path).unwrap();
        let real = env!("CARGO_BIN_EXE_policy");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = diff ]; then echo \"$@\"; exit {code}; fi\nexec {real} \"$@\"\n"
        );
        let program = path.join("policy");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the steps behind the installation, up to one that fails: what each says.
    fn run(&self) -> String {
        let (output, summary) = (self.folder.join("output"), self.folder.join("summary"));
        fs::write(&output, "").unwrap();
        fs::write(&summary, "").unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_policy")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let bin = self.folder.join("bin");
        let path = format!("{}:{}:{path}", bin.display(), program.display());
        let mut said = String::new();
        for step in Action::read().steps.iter().filter(|step| step.name != "Install") {
            let mut command = Command::new("bash");
            command
                .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.script])
                .current_dir(self.folder.join("checkout"))
                .stdin(Stdio::null())
                .env("PATH", &path)
                .env("RUNNER_TEMP", self.folder.join("temp"))
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_STEP_SUMMARY", &summary)
                .env("GITHUB_BASE_REF", self.base);
            for (name, value) in &step.env {
                let input = value.trim_start_matches("${{ inputs.").trim_end_matches(" }}");
                command.env(name, &self.inputs[input]);
            }
            let done = command.output().unwrap();
            said += &format!("== {}\n", step.name);
            said += &String::from_utf8(done.stdout).unwrap();
            said += &String::from_utf8(done.stderr).unwrap();
            if !done.status.success() {
                said += &format!("exit {:?}\n", done.status.code());
                break;
            }
        }
        said += &format!("== outputs\n{}", fs::read_to_string(&output).unwrap());
        said += &format!("== summary\n{}", fs::read_to_string(&summary).unwrap());
        if let Some((_, behind)) = said.split_once("::stop-commands::") {
            let token: String = behind.chars().take_while(char::is_ascii_hexdigit).collect();
            assert_eq!(token.len(), 32);
            said = said.replace(&token, "TOKEN");
        }
        said.replace(&*self.folder.to_string_lossy(), "…")
    }
}

const OLD: &str = "allow run \"ls ...\"\n";
const NEW: &str = "allow run \"ls ...\"\n\ntest \"looking\" {\n  allow run \"ls -l\"\n}\n";

#[test]
fn a_pull_request_is_checked_tested_and_compared() {
    let wider = NEW.replace("ls ...", "(ls|cat) ...");
    let mut runner = Runner::new("action-good", OLD, &wider);
    runner.set("sarif-file", "findings.sarif");
    assert_snapshot!(runner.run(), @r#"
    == Find the files
    == Lint
    == Test
    ::stop-commands::TOKEN
    ok    looking

    1 test: 1 line passed, 0 failed
    1 of 1 rule reached (100%)
    ::TOKEN::
    == Compare
    ::warning file=./agents.policy,line=1,endLine=1,col=1,endColumn=25,title=policy D001 loosened::`run` of `(ls|cat) ...`: ask → allow%0Abefore: the default%0Aafter: allow run "(ls|cat) ..."%0Afor example: run cat README.md
    == outputs
    sarif=findings.sarif
    comment=…/temp/policy-diff.md
    == summary
    ### Policy: 1 loosened

    `refs/remotes/origin/main:./agents.policy` → `./agents.policy`

    | | | before | after | for example |
    |---|---|---|---|---|
    | 1. **loosened** | `run` of `(ls\|cat) ...` | `ask` | `allow` | `run cat README.md` |

    <details><summary>1. loosened (run): ask → allow</summary>

    `run` of `(ls|cat) ...`

    ```diff
      refs/remotes/origin/main:agents.policy:1:1
    - allow run "ls ..."
      ./agents.policy:1:1
    + allow run "(ls|cat) ..."
    ```

    - before: `ask` by the default
    - after: `allow` by `allow run "(ls|cat) ..."` at `./agents.policy:1:1`

    ```sh
    # ask
    policy decide refs/remotes/origin/main:./agents.policy --format human --requests - <<'END'
    {"action":"run","argv":["cat","README.md"]}
    END
    # allow
    policy decide ./agents.policy --format human --requests - <<'END'
    {"action":"run","argv":["cat","README.md"]}
    END
    ```

    </details>
    "#);
    let sarif = fs::read_to_string(runner.folder.join("checkout/findings.sarif")).unwrap();
    assert!(sarif.contains("\"2.1.0\""));
}

#[test]
fn a_broken_policy_fails_with_its_place() {
    let runner = Runner::new("action-broken", OLD, "alow run \"ls\"\n");
    assert_snapshot!(runner.run(), @r"
    == Find the files
    == Lint
    ::error file=agents.policy,line=1,endLine=1,col=1,endColumn=5,title=policy P005::unknown word `alow`%0Ahelp: did you mean `allow`?
    exit Some(3)
    == outputs
    == summary
    ");
}

#[test]
fn too_little_coverage_fails() {
    let mut runner = Runner::new("action-coverage", OLD, NEW);
    runner.set("min-coverage", "100");
    assert!(runner.run().contains("== Compare"));
    let mut runner = Runner::new("action-coverage", OLD, OLD);
    runner.set("min-coverage", "100");
    assert_snapshot!(runner.run(), @r#"
    == Find the files
    == Lint
    == Test
    ::stop-commands::TOKEN

    0 tests: 0 lines passed, 0 failed
    0 of 1 rule reached (0%)
      no test reaches `allow run "ls ..."`  agents.policy:1:1
    error: coverage is below 100%
    ::TOKEN::
    exit Some(4)
    == outputs
    == summary
    "#);
}

/// The exit code of the comparison, and what the step makes of it.
#[test]
fn the_comparison_fails_where_it_was_asked_to() {
    let mut runner = Runner::new("action-compare", OLD, NEW);
    for (fail_on, code, fails) in [
        ("", 0, false),
        ("", 6, false),
        ("loosened", 0, false),
        ("loosened", 5, true),
        ("loosened", 6, true),
        ("any", 5, true),
        ("", 3, true),
    ] {
        runner.set("fail-on", fail_on);
        runner.with_diff(code);
        let said = runner.run();
        let exit = format!("exit Some({code})");
        assert_eq!(said.contains(&exit), fails, "{fail_on} {code}: {said}");
        assert_eq!(said.contains("comment="), code != 3, "{fail_on} {code}: {said}");
    }
}

#[test]
fn without_a_base_nothing_is_compared() {
    let mut runner = Runner::new("action-base", OLD, NEW);
    runner.base = "";
    assert!(runner.run().contains("nothing is compared"));
    runner.set("base", "nowhere");
    assert!(runner.run().contains("git knows no revision to compare with"));
    runner.set("base", "HEAD");
    runner.git("checkout", &["mv", "agents.policy", "new.policy"]);
    runner.set("policies", "new.policy");
    assert!(runner.run().contains("new, so there is nothing to compare it with"));
}

#[test]
fn what_others_write_is_never_run() {
    let mut runner = Runner::new("action-hostile", OLD, NEW);
    let file = "$(touch a).policy";
    fs::write(runner.folder.join("checkout").join(file), OLD).unwrap();
    for (input, value) in [
        ("policies", "$(touch a)\n`touch b`; touch c\n--fix"),
        ("policies", "*.policy"),
        ("fail-level", "error; touch d"),
        ("min-coverage", "1 $(touch e)"),
        ("base", "--upload-pack=touch f"),
        ("fail-on", "any\"; touch g"),
        ("sarif-file", "x\nname=evil"),
    ] {
        let usual = runner.inputs.clone();
        runner.set(input, value);
        let said = runner.run();
        assert!(!said.contains("\nname=evil"), "{said}");
        runner.inputs = usual;
    }
    for touched in ["a", "b", "c", "d", "e", "f", "g"] {
        assert!(!runner.folder.join("checkout").join(touched).exists(), "{touched}");
    }
}

#[test]
fn the_hooks_of_pre_commit_are_commands() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hooks");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("agents.policy"), NEW).unwrap();
    let text = fs::read_to_string(top().join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("entry: policy ")).collect();
    assert_eq!(entries.len(), 4);
    for entry in entries {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.args(entry.split(' ')).arg("agents.policy").current_dir(&folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{entry}: {output:?}");
    }
}
