//! Policies as configurations of runtimes: what is written, and that it is never silent where they
//! are not.

use std::fs;
use std::path::Path;
use std::process::Command;

use policy_eval::{RequestBuf, Tier};
use policy_hosts::Runtime;
use policy_hosts::export::{Export, Options, export};
use policy_hosts::import::{self, import};
use policy_lang::check::no_includes;
use policy_lang::diagnostic::{Style, render_all};
use policy_lang::interp;
use policy_lang::model::Model;
use policy_lang::span::Source;

/// A policy with what configurations find hard: flags, wrappers, conditions, exceptions, files that
/// a command counts as reading.
const HARD: &str = r#"
default ask
allow run "docker (ps|images) ..." with outside sandbox
containers:
allow run "docker compose (ps|logs) ..." with outside sandbox
no-follow:
deny  run "docker compose logs {--follow|-f}" because "It never \"ends\"."
allow run "git (status|log) {no --output} ..." with outside sandbox
show:
allow run "(cat|head) ..."
count run "(cat|head) ..." as read operands
allow run "(ls|pwd|true) ..."
build:
allow run "make ..." when branch == "main" with outside sandbox
allow run "./run-tests"
no-push:
deny  run "git push {--force|-f}" because "It rewrites history."
deny  run "sudo ..." because "You are not the administrator."
commit:
review run "git commit ..."
read:
allow read "$workspace/**" except "**/.env"
no-secrets:
deny  read, write "**/.env", "~/.ssh/**" because "Secrets."
allow write, delete "$workspace/src/**"
docs:
allow fetch "docs.rs", "**.python.org"
allow fetch "crates.io" when mode == cached
issues:
allow call "github/get_issue", "github/list_*"
no-merge:
deny  call "github/merge_*"
allow connect "registry.acme.com" port 443
"#;

fn model(text: &str) -> Model {
    policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it is a policy")
}

fn exported(runtime: Runtime, model: &Model) -> Export {
    // Without its hook opencode allows no command here, so there would be little to compare.
    let with_hook = runtime == Runtime::OpenCode;
    export(runtime, model, Options { with_hook }).expect("it is written")
}

fn page(runtime: Runtime, text: &str) -> String {
    let model = model(text);
    shown(&exported(runtime, &model), &model)
}

fn shown(written: &Export, model: &Model) -> String {
    let mut page = String::new();
    for file in &written.files {
        page += &format!("---- {}\n{}", file.name, file.text);
    }
    page += &format!("---- {} proved\n", written.proved);
    page + &render_all(&written.findings, &model.sources, Style::Plain)
}

/// What the runtime's importer makes of the files.
fn back(runtime: Runtime, written: &Export) -> Model {
    // What commands read in the sandbox is asked nobody, so it is nothing that an export governs.
    let sandbox = |line: &&str| !line.starts_with("sandbox_mode");
    let text = |text: &str| text.lines().filter(sandbox).collect::<Vec<_>>().join("\n");
    let files: Vec<_> =
        written.files.iter().map(|file| Source::new(file.name, text(&file.text))).collect();
    let read = import(runtime, &files, import::Options::default())
        .unwrap_or_else(|error| panic!("{runtime} does not load it: {error}\n{:?}", written.files));
    policy_lang::load(vec![Source::new("back.policy", read.policy)], &no_includes)
        .expect("an import is a policy")
}

/// Shell lines that are worth a question: those of the policy's words with all that changes them.
fn lines() -> Vec<String> {
    let commands = [
        "docker ps",
        "docker ps -a",
        "docker images",
        "docker rm x",
        "docker compose ps",
        "docker compose logs",
        "docker compose logs -f",
        "docker compose logs web --follow",
        "git status",
        "git log",
        "git log --output=/etc/x",
        "git push",
        "git push -f",
        "git push --force",
        "git push origin -f",
        "git -C x status",
        "git commit -m x",
        "cat x",
        "cat /etc/shadow",
        "cat ~/.ssh/id",
        "cat .env",
        "head -5 x",
        "ls",
        "ls -la",
        "pwd",
        "true",
        "make",
        "make test",
        "./run-tests",
        "./run-tests x",
        "sudo ls",
        "base64 x",
        "find . -delete",
        "find . -name x",
        "sed -n 1p x",
        "sed -i s/a/b/ x",
        "rg --pre=x y",
        "rg x",
        "npm test",
        "rm -rf /",
        "echo x",
        "id",
        "whoami",
        "which x",
    ];
    let around = [
        "{}",
        "/usr/bin/{}",
        "./{}",
        "/tmp/{}",
        "timeout 5 {}",
        "env {}",
        "sudo {}",
        "nice {}",
        "{} > out",
        "{} | cat",
        "{} && rm -rf x",
        "X=1 {}",
        "$({})",
        "bash -c '{}'",
        "{} x y",
        "xargs {}",
        "{} $HOME",
        "{} && ls",
        "({})",
        "command {}",
    ];
    let with = |command: &str| around.map(|around| around.replace("{}", command));
    commands.iter().flat_map(|command| with(command)).collect()
}

#[test]
fn what_codex_gets() {
    insta::assert_snapshot!(page(Runtime::Codex, HARD));
}

#[test]
fn what_claude_code_gets() {
    insta::assert_snapshot!(page(Runtime::ClaudeCode, HARD));
}

#[test]
fn what_gemini_cli_gets() {
    insta::assert_snapshot!(page(Runtime::GeminiCli, HARD));
}

#[test]
fn what_opencode_gets() {
    let model = model(HARD);
    let written = export(Runtime::OpenCode, &model, Options::default()).expect("it is written");
    insta::assert_snapshot!(shown(&written, &model));
}

/// With the hook commands are allowed, of which opencode does not see every redirection.
#[test]
fn what_opencode_gets_beside_the_hook() {
    insta::assert_snapshot!(page(Runtime::OpenCode, HARD));
}

#[test]
fn what_is_not_written_for_is_told() {
    let error = export(Runtime::Cursor, &model("default ask"), Options::default())
        .expect_err("it is not written");
    insta::assert_snapshot!(error);
}

/// A beginning that is a wrapper runs what the policy does not allow.
#[test]
fn a_wrapper_is_not_allowed_for_what_it_runs() {
    let wrappers = ["timeout", "env", "eval", "sudo", "nice", "xargs", "find", "bash", "time"];
    for wrapper in wrappers {
        let policy = model(&format!(
            "default ask\nallow run \"{wrapper} ...\" with outside sandbox\ndeny run \"rm ...\""
        ));
        for runtime in policy_hosts::export::SUPPORTED {
            let written = exported(runtime, &policy);
            // `sudo` is a command of its own here: whoever allows it allows what it runs.
            let is_told =
                wrapper == "sudo" || written.findings.iter().any(|one| one.code == "E001");
            assert!(is_told, "{runtime}: {wrapper}\n{:?}", written.files);
        }
    }
}

/// The configuration is imported back, and asked beside the policy.
#[test]
fn nothing_is_silent_that_the_policy_is_not_silent_about() {
    let policy = model(HARD);
    for runtime in policy_hosts::export::SUPPORTED {
        let back = back(runtime, &exported(runtime, &policy));
        let mut silent = 0;
        for line in lines() {
            for escalated in [false, true] {
                let json = serde_json::json!({ "action": "run", "shell": line, "cwd": "/w",
                    "escalated": escalated, "roots": { "workspace": "/w", "home": "/home/dev" } });
                let request = RequestBuf::from_json(&json.to_string()).expect("a request");
                let (ours, theirs) = request.with_request(|asked| {
                    (interp::decide(&policy, asked).tier, interp::decide(&back, asked).tier)
                });
                // What is denied may be asked about there; nothing may be silent.
                let at_least = ours.min(Tier::Ask);
                assert!(at_least <= theirs, "{runtime}: `{line}` is {ours}, and {theirs} there");
                silent += usize::from(theirs == Tier::Allow);
            }
        }
        assert!(10 < silent, "{runtime} allows {silent}");
    }
}

/// The same for policies and requests that were made by chance.
#[test]
fn nothing_is_looser_whatever_the_policy() {
    let mut silent = [0, 0];
    for seed in 0..16 {
        let mut dice = policy_generate::Dice::new(seed);
        let made = policy_generate::policy(&mut dice);
        let sources = made
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| Source::new(file.name(index), file.to_string()));
        let Ok(policy) = policy_lang::load(sources.collect(), &no_includes) else { continue };
        let requests: Vec<String> =
            (0..60).map(|_| policy_generate::request(&mut dice).to_string()).collect();
        for runtime in policy_hosts::export::SUPPORTED {
            let back = back(runtime, &exported(runtime, &policy));
            for json in &requests {
                let Ok(request) = RequestBuf::from_json(json) else { continue };
                let (ours, theirs) = request.with_request(|asked| {
                    (interp::decide(&policy, asked).tier, interp::decide(&back, asked).tier)
                });
                let at_least = ours.min(Tier::Ask);
                assert!(at_least <= theirs, "{seed}, {runtime}: {json} is {ours}, {theirs} there");
                silent[0] += 1;
                silent[1] += usize::from(theirs == Tier::Allow);
            }
        }
    }
    assert!(500 < silent[0], "{silent:?}");
    eprintln!("{} of {} were silent", silent[1], silent[0]);
}

/// The real Codex reads the rules and decides as their import does. Its path stands in
/// `CODEX_BINARY`: `npm install @openai/codex` brings it.
#[test]
fn the_real_codex_decides_as_the_import_does() {
    let Ok(codex) = std::env::var("CODEX_BINARY") else {
        eprintln!("skipped: CODEX_BINARY does not name the program");
        return;
    };
    let policy = model(HARD);
    let written = exported(Runtime::Codex, &policy);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export-codex");
    fs::create_dir_all(&folder).expect("a folder for the test");
    let rules = folder.join("default.rules");
    fs::write(&rules, &written.files[0].text).expect("it is written");
    // Without `config.toml` only rules speak; what none speaks of is asked about.
    let only_rules = Export { files: vec![written.files[0].clone()], ..written };
    let back = back(Runtime::Codex, &only_rules);
    let mut asked = 0;
    for line in lines() {
        if line.contains(['$', '>', '|', '&', '(', '\'', '~', '=']) {
            continue; // A shell's matter: `check` takes an argument list.
        }
        let argv: Vec<&str> = line.split(' ').collect();
        let output = Command::new(&codex)
            .args(["execpolicy", "check", "--resolve-host-executables", "--rules"])
            .arg(&rules)
            .arg("--")
            .args(&argv)
            .output()
            .expect("it runs");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let theirs = match answer["decision"].as_str() {
            Some("allow") => Tier::Allow,
            Some("forbidden") => Tier::Deny,
            _ => Tier::Ask,
        };
        let json = serde_json::json!({ "action": "run", "argv": argv, "escalated": true });
        let request = RequestBuf::from_json(&json.to_string()).expect("a request");
        let (ours, read) = request.with_request(|asked| {
            (interp::decide(&policy, asked).tier, interp::decide(&back, asked).tier)
        });
        assert!(ours.min(Tier::Ask) <= theirs, "`{line}` is {ours}, and {theirs} there");
        assert_eq!(read, theirs, "`{line}` as imported");
        asked += 1;
    }
    eprintln!("{asked} commands, as Codex decides them");
}
