//! The same input, the same bytes: whatever the run, the seeds of hash tables, the number of threads
//! and the environment. A process has hash seeds of its own, so two runs have two.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use policy_eval::{Policy, RequestBuf};
use policy_lang::check::no_includes;
use policy_lang::span::Source;

/// What is asked of the program. `OUT` is a file in the folder of the run.
const RUNS: &[&[&str]] = &[
    &["fmt", "-"],
    &["lint", "small.policy", "--format", "human"],
    &["lint", "small.policy", "--format", "sarif"],
    &["lint", "wrong.policy", "--format", "json"],
    &["test", "workstation.policy", "--format", "json"],
    &["decide", "workstation.policy", "--requests", "ordinary.jsonl"],
    &["explain", "workstation.policy", "--format", "json", "--run", "git push -f && rm -rf $X"],
    &["diff", "small.policy", "wide.policy", "--format", "json"],
    &["diff", "small.policy", "wide.policy", "--format", "markdown"],
    &["graph", "small.policy", "--format", "dot"],
    &["graph", "small.policy", "--format", "svg"],
    &["debug", "model", "workstation.policy"],
    &["debug", "dag", "workstation.policy"],
    &["export", "claude-code", "small.policy"],
    &["export", "codex", "small.policy"],
    &["import", "claude-code", "settings.json"],
    &["compile", "small.policy", "wide.policy", "-o", "OUT"],
];

/// Small, since proofs take their time without optimisation, and with something of most kinds.
const SMALL: &str = r#"
paths secrets = "~/.ssh/**", i"**/.env"
allow run "git (status|log) ..."
review run "git push ..." unless branch == "main"
deny run "git push {--force|-f} ..." because "Rewrites history."
deny read, write secrets
deny run "rm ..."
deny run "rm -rf ..."
allow connect "*.example.com" port 443
"#;
const WIDE: &str = r#"
allow run "git ..."
deny run "git push {--force|-f} ..."
deny read "~/.ssh/**"
allow connect "**.example.com" port 443
"#;

/// Everything that one run of all commands gives.
fn run(name: &str, environment: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("determinism-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("common")).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let workstation = "workstation.policy";
    fs::copy(examples.join("policies").join(workstation), folder.join(workstation)).unwrap();
    fs::write(folder.join("small.policy"), SMALL).unwrap();
    fs::write(folder.join("wide.policy"), WIDE).unwrap();
    for file in ["commands.policy", "secrets.policy"] {
        let from = examples.join("policies/common").join(file);
        fs::copy(from, folder.join("common").join(file)).unwrap();
    }
    fs::write(folder.join("wrong.policy"), "dney run \"a\"\ndeny rn \"b\"\nallow foo\n").unwrap();
    let settings =
        r#"{"permissions": {"allow": ["Bash(ls:*)", "Read(src/**)"], "deny": ["Bash(rm:*)"]}}"#;
    fs::write(folder.join("settings.json"), settings).unwrap();
    let requests: Vec<String> = requests();
    fs::write(folder.join("ordinary.jsonl"), requests.join("\n")).unwrap();
    let mut seen = Vec::new();
    for arguments in RUNS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.args(*arguments).current_dir(&folder).envs(environment.iter().copied());
        if arguments.contains(&"-") {
            command.stdin(fs::File::open(folder.join("workstation.policy")).unwrap());
        } else {
            command.stdin(Stdio::null());
        }
        let output = command.output().unwrap();
        let what = arguments.join(" ");
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{what} says nothing");
        let code = output.status.code().expect("it ends by itself");
        seen.push((format!("{what}: code"), vec![u8::try_from(code).unwrap()]));
        seen.push((format!("{what}: stdout"), output.stdout));
        seen.push((format!("{what}: stderr"), output.stderr));
    }
    seen.push(("OUT".to_owned(), fs::read(folder.join("OUT")).expect("it was written")));
    seen
}

/// The requests of the examples, without what is expected of them.
fn requests() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/requests/ordinary.jsonl");
    let text = fs::read_to_string(file).unwrap();
    let request = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.get("request").unwrap_or(&line).to_string()
    };
    text.lines().map(request).collect()
}

#[test]
fn every_command_says_the_same_twice() {
    let first = run("first", &[]);
    let other = [
        ("TZ", "Asia/Kathmandu"),
        ("LANG", "tr_TR.UTF-8"),
        ("RAYON_NUM_THREADS", "7"),
        ("HOME", "/nowhere"),
    ];
    let second = run("second", &other);
    for ((what, one), (_, two)) in first.iter().zip(&second) {
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(show(one), show(two), "{what}");
        assert_eq!(one, two, "{what}");
    }
}

#[test]
fn threads_compile_the_same_bytes_and_decide_alike() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/policies/tour.policy");
    let text = fs::read_to_string(file).unwrap();
    let requests: Vec<RequestBuf> =
        requests().iter().map(|line| RequestBuf::from_json(line).unwrap()).collect();
    let work = || {
        let policy =
            policy_lang::compile(vec![Source::new("a.policy", text.as_str())], &no_includes)
                .unwrap_or_else(|failure| panic!("{failure}"));
        let loaded = Policy::load(policy.artifact().to_vec()).unwrap();
        let decided: Vec<String> = requests
            .iter()
            .map(|request| {
                request.with_request(|request| {
                    let decision = loaded.decide(request);
                    format!("{decision:?}")
                })
            })
            .collect();
        (policy.artifact().to_vec(), decided)
    };
    let alone = work();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for one in all {
            assert!(one.join().unwrap() == alone);
        }
    });
}
