//! Bytes that nobody should send: random, and mutated from what people send, everywhere where bytes
//! come in.
//!
//! `POLICY_HOSTILE` says how many inputs each place gets in this process, `POLICY_HOSTILE_RUNS` how
//! many the program itself gets, `POLICY_FIRST` where to begin. Nothing panics, the program ends with
//! one of its exit codes, and nothing is allowed: no seed holds the one thing that the policies here
//! allow. What fails is printed, and belongs into a test beside the code that was wrong.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use policy_eval::record::{Recorder, Time};
use policy_eval::{Fields, LoadError, Policy, Request, RequestBuf, Tier, artifact};
use policy_generate::Dice;
use policy_hosts::hook::{Event, Facts, Host};
use policy_hosts::import::{self, Options, import};
use policy_hosts::{Runtime, acp};
use policy_lang::check::no_includes;
use policy_lang::span::{Source, SourceId};
use policy_lang::{compile, diagnostic, format, interp, lint, syntax};
use policy_log::{chain, replay, source};

/// Everything but one thing is asked or denied. No seed and no token speaks of that thing.
const GUARD: &str = r#"policy guard version "1"
attribute ticket: string
default ask
allow run "xyzzy-the-only-one"
allow read "/xyzzy/the-only-one"
count run "(cat|cp) ..." as read operands but last, write last operand
deny  read, write i"**/.env", "$workspace/secret/**", "~/.ssh/**"
deny  run "rm {-r|-R|--recursive} {-f|--force} ...", "* <.*[a-f]{2,9}x> ..."
deny  connect "*.example.com", "10.0.0.0/8", @metadata port 1-1024
deny  call "*/drop_*" when args.table like "prod*" and args.sql matches r"(?is).*\bdrop\b.*"
review run "git push ..." unless branch in ("main", "release")
mark  "seen" read "/data/**"
deny  fetch * when marked "seen"
"#;

/// How many inputs each place gets in this process.
fn wanted() -> u64 {
    number("POLICY_HOSTILE").unwrap_or(100)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

// ---- Inputs ---------------------------------------------------------------------------------

/// What readers here have words for.
#[rustfmt::skip] // One a line, they would fill three pages.
const TOKENS: &[&str] = &[
    "deny ", "allow ", "ask ", "review ", "run ", "read ", "write ", "connect ", "call ", "when ",
    "unless ", "except ", "with ", "because ", "never ", "always ", "sandbox ", "extends ",
    "include ", "rules ", "test ", "given ", "count ", "as ", "operands", "default ", "delegate ",
    "to ", "port ", "in ", "like ", "matches ", "not ", "and ", "or ", "is present", "contains ",
    "marked ", "attribute ", "paths ", "root ", "within ", "{", "}", "(", ")", "[", "]", "<", ">",
    "|", "||", "&&", ";", "\"", "'", "`", "\\", "#", "!", "=", "==", ",", ":", "...", "**", "*",
    "?", "/", "~", "$", "$(", "${", "$((", "<<E", "<(", ">&", "2>", "\n", "\r\n", "\t", "\0",
    "\u{202e}", "\u{feff}", "é", "\u{1F600}", "i\"", "r\"", "r#", "u{", "\\u0000", "\\ud800",
    "null", "true", "false", "1e400", "-0", "99999999999999999999", "[[", "{\"", "\":", "\",",
    "}}", "]]", "command", "tool_name", "tool_input", "hook_event_name", "PreToolUse", "cwd",
    "path", "shell", "argv", "action", "permissions", "deny\": [", "prefix_rule(", "pattern = [",
    "decision = ", "[[rule]]", "(?i)", "(?s-u)", "{0,9999}", "{1000}", "\\p{Greek}", "[^", "\\b",
    "10.0.0.0/", "0x7f.1", "[::1]", "xn--", "..", "//", "C:\\", "\\\\?\\", "-rf", "--force",
    "eval ", "bash -c ", "sudo ", "case a in ", "if ", "for ", "cd ",
];

/// Makes inputs out of seeds.
struct Mutator<'s> {
    dice: Dice,
    seeds: &'s [Vec<u8>],
}

impl Mutator<'_> {
    /// The longest input; what is longer is a matter of limits.
    const LONGEST: usize = 6 << 10;

    fn input(&mut self) -> Vec<u8> {
        let mut bytes = match self.dice.below(8) {
            0 => self.noise(),
            1 => self.words(),
            _ => self.seed().to_vec(),
        };
        for _ in 0..self.dice.below(6) {
            self.change(&mut bytes);
        }
        bytes.truncate(Self::LONGEST);
        bytes
    }

    fn seed(&mut self) -> &[u8] {
        &self.seeds[self.dice.below(self.seeds.len())]
    }

    fn noise(&mut self) -> Vec<u8> {
        let sides = if self.dice.one_in(2) { 256 } else { 128 };
        (0..self.dice.below(300)).map(|_| self.dice.below(sides) as u8).collect()
    }

    fn words(&mut self) -> Vec<u8> {
        (0..self.dice.below(60)).flat_map(|_| self.token().bytes()).collect()
    }

    fn token(&mut self) -> &'static str {
        TOKENS[self.dice.below(TOKENS.len())]
    }

    /// A range of what there is, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.dice.below(length + 1);
        let most = if self.dice.one_in(3) { length - from } else { (length - from).min(12) };
        from..from + self.dice.below(most + 1)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes.len());
        match self.dice.below(9) {
            0 => bytes.truncate(range.end),
            1 => drop(bytes.drain(range)),
            2 => bytes
                .iter_mut()
                .skip(range.start)
                .take(1)
                .for_each(|byte| *byte ^= 1 << (range.len() % 8)),
            3 => {
                let value = self.dice.below(256) as u8;
                bytes[range].fill(value);
            }
            4 | 5 => drop(bytes.splice(range, self.token().bytes())),
            6 => {
                let again = bytes[range.clone()].repeat(1 + self.dice.below(40));
                drop(bytes.splice(range, again.into_iter().take(Self::LONGEST)));
            }
            7 => {
                let token = self.token().repeat(1 + self.dice.below(200));
                drop(bytes.splice(range.start..range.start, token.bytes()));
            }
            _ => {
                let other = self.seed().to_vec();
                let part = self.range(other.len());
                drop(bytes.splice(range, other[part].iter().copied()));
            }
        }
    }
}

/// Asks about inputs made of seeds, on all cores. `ask` panics where something is wrong.
fn each(what: &str, seeds: &[Vec<u8>], ask: impl Fn(&[u8]) + Sync) {
    let first = number("POLICY_FIRST").unwrap_or(0);
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let slowest = std::thread::scope(|scope| {
        let work = |worker: u64| {
            let mut slowest = (Duration::ZERO, Vec::new());
            for number in (first..first + wanted()).filter(|number| number % workers == worker) {
                let input = Mutator { dice: Dice::new(number), seeds }.input();
                let began = Instant::now();
                if catch_unwind(AssertUnwindSafe(|| ask(&input))).is_err() {
                    panic!("{what}, input {number}: {}", input.escape_ascii());
                }
                if slowest.0 < began.elapsed() {
                    slowest = (began.elapsed(), input);
                }
            }
            slowest
        };
        let handles: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        let of_workers = handles.into_iter().map(|handle| handle.join().expect("no input fails"));
        of_workers.max().expect("there is a worker")
    });
    // Far above what it takes, as the machine may be busy; what takes long is looked for elsewhere.
    assert!(
        slowest.0 < Duration::from_secs(20),
        "{what}: {:?} for {}",
        slowest.0,
        slowest.1.escape_ascii()
    );
    println!("{what}: {} inputs, the slowest in {:?}: {}", wanted(), slowest.0, cut(&slowest.1));
}

fn cut(bytes: &[u8]) -> String {
    format!("{} bytes, {}…", bytes.len(), bytes[..bytes.len().min(160)].escape_ascii())
}

// ---- Seeds ----------------------------------------------------------------------------------

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below a folder of this repository.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn policies() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        files("examples/policies").iter().map(|path| fs::read(path).unwrap()).collect();
    // Sentences by themselves, so that a change meets them more often.
    let mut sentences: Vec<Vec<u8>> = GUARD.lines().map(|line| line.as_bytes().to_vec()).collect();
    for seed in &seeds {
        sentences.extend(seed.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    seeds.extend(sentences);
    seeds.push(GUARD.into());
    seeds
}

fn lines(file: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| line.into()).collect()
}

fn requests() -> Vec<Vec<u8>> {
    let samples = ["examples/requests/bypass_sample.jsonl", "examples/requests/ordinary.jsonl"];
    let mut seeds = Vec::new();
    for line in samples.into_iter().flat_map(lines) {
        let sample: serde_json::Value = serde_json::from_slice(&line).unwrap();
        seeds.push(sample.get("request").unwrap_or(&sample).to_string().into_bytes());
        if let Some(shell) = sample["request"]["shell"].as_str().or(sample["shell"].as_str()) {
            seeds.push(shell.into());
        }
    }
    seeds
}

/// What each runtime sends to its hook.
fn payloads() -> Vec<(Runtime, Vec<u8>)> {
    let read = |line: Vec<u8>| {
        let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let runtime = line["runtime"].as_str().unwrap().parse().unwrap();
        (runtime, line["stdin"].to_string().into_bytes())
    };
    lines("policy-hosts/tests/data/hook-payloads.jsonl").into_iter().map(read).collect()
}

fn payloads_of(runtime: Runtime) -> Vec<Vec<u8>> {
    let of = payloads().into_iter().filter(|(of, _)| *of == runtime);
    let mut seeds: Vec<Vec<u8>> = of.map(|(_, payload)| payload).collect();
    if seeds.is_empty() {
        seeds.push(b"{}".to_vec());
    }
    seeds
}

/// Configurations that each runtime has.
fn configurations(runtime: Runtime) -> Vec<Vec<u8>> {
    let folder = format!("policy-hosts/tests/data/{runtime}");
    let mut seeds: Vec<Vec<u8>> = if root().join(&folder).is_dir() {
        files(&folder).iter().map(|path| fs::read(path).unwrap()).collect()
    } else {
        Vec::new()
    };
    if runtime == Runtime::Codex {
        for text in [
            "prefix_rule(pattern = [\"git\", [\"push\", \"fetch\"]], decision = \"prompt\", \
             match = [\"git push\"], not_match = [[\"git\", \"status\"]], justification = \"x\")\n",
            "network_rule(host = \"*.example.com\", protocol = \"https\", decision = \"allow\")\n",
            "host_executable(name = \"git\", paths = [\"/usr/bin/git\"])\n",
            "x = [\"a\"]\nfor y in x:\n  prefix_rule(pattern = [y], decision = \"forbidden\")\n",
        ] {
            seeds.push(text.into());
        }
    }
    assert!(!seeds.is_empty(), "{runtime} has seeds");
    seeds
}

/// Transcripts of both runtimes that keep some, each line with what a reader looks at.
const TRANSCRIPTS: [&str; 2] = [
    r#"{"type":"assistant","sessionId":"s1","cwd":"/w","timestamp":"2026-11-16T09:00:05.100Z","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"git push -f && cat .env"}},{"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/data/a"}},{"type":"tool_use","id":"t3","name":"mcp__db__drop_all","input":{"table":"prod"}}]}}
{"type":"user","sessionId":"s1","timestamp":"2026-11-16T09:01:20Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"The user doesn't want to proceed with this tool use."}]},{"type":"tool_result","tool_use_id":"t2","content":"text"}]}}
"#,
    r#"{"timestamp":"2026-11-17T10:00:00.000Z","type":"session_meta","payload":{"id":"c1","cwd":"/w","git":{"branch":"main"}}}
{"timestamp":"2026-11-17T10:00:02.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"rm -rf a\"],\"workdir\":\"src\"}","call_id":"1"}}
{"timestamp":"2026-11-17T10:00:04.000Z","type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"git push\",\"sandbox_permissions\":\"require_escalated\"}","call_id":"2"}}
{"timestamp":"2026-11-17T10:00:09.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"2","output":"exec command rejected by user"}}
"#,
];

/// Logs: requests, records in a chain with signed heads, transcripts, and one that is compressed.
fn logs(name: &str) -> Vec<Vec<u8>> {
    let of_requests = lines("examples/requests/ordinary.jsonl");
    let few: Vec<Vec<u8>> = of_requests.into_iter().take(6).collect();
    let mut seeds = vec![few.join(&b'\n'), chained(name)];
    seeds.extend(TRANSCRIPTS.map(|log| log.as_bytes().to_vec()));
    seeds.push(fs::read(root().join("examples/logs/week.jsonl.gz")).unwrap());
    seeds
}

/// A log as `policy hook --log` writes one.
fn chained(name: &str) -> Vec<u8> {
    let text = format!("{GUARD}record redacted run\nrecord redacted read\n");
    let policy = compiled(&text).unwrap_or_else(|failure| panic!("{failure}"));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{name}.jsonl"));
    let _ = fs::remove_file(&file);
    // The first test of RFC 8032.
    let key = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let key = policy_eval::SecretKey::from_text(key).unwrap();
    let mut log = chain::Log::open(&file).unwrap().with_key(key, 3);
    let now = Time::from_unix_nanos(1_795_515_300_000_000_000);
    usual_requests(&mut |request| {
        let decision = policy.decide(request);
        if let Some(record) = Recorder::default().decision(now, &policy, request, &decision) {
            log.append(now, &[record]).unwrap();
        }
    });
    let bytes = fs::read(&file).unwrap();
    assert!(4 < bytes.split(|byte| *byte == b'\n').count(), "records and a head");
    bytes
}

fn guard() -> Policy {
    compiled(GUARD).unwrap_or_else(|failure| panic!("{failure}"))
}

fn compiled(text: &str) -> Result<Policy, policy_lang::Failure> {
    policy_lang::compile(vec![Source::new("a.policy", text)], &no_includes)
}

// ---- In this process ------------------------------------------------------------------------

/// What is asked of any policy.
fn usual_requests(ask: &mut dyn FnMut(&Request<'_>)) {
    let roots = [("workspace", "/w"), ("home", "/home/dev")];
    for request in [
        Request::read("/w/secret/a"),
        Request::write("/etc/.ENV"),
        Request::shell("git push -f origin $x && rm -rf a > b"),
        Request::argv(&["git", "status"]),
        Request::connect("a.example.com", 443),
        Request::connect("10.0.0.1", 22),
        Request { args_json: Some("{\"table\": \"prod\"}"), ..Request::call("db", "drop_all") },
    ] {
        ask(&Request { roots: &roots, ..request });
    }
}

#[test]
fn bytes_as_policies() {
    each("policies", &policies(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let source = Source::new("a.policy", &*text);
        let _ = syntax::parse(&source, SourceId(0));
        let layout = format::format(&source);
        match policy_lang::load(vec![Arc::clone(&source)], &no_includes) {
            Err(failure) => {
                let shown = failure.to_string();
                assert!(!failure.diagnostics.is_empty() && !shown.is_empty());
                let all = &failure.diagnostics;
                let _ = diagnostic::render_all(all, &failure.sources, diagnostic::Style::Plain);
            }
            Ok(model) => {
                assert!(layout.is_ok(), "what is valid has a layout");
                let policy = compile::compile(&model).expect("a small valid policy compiles");
                usual_requests(&mut |request| {
                    let judged = interp::decide(&model, request).tier;
                    assert_eq!(policy.decide(request).tier, judged, "{request:?}");
                });
                let findings = lint::lint(&model);
                let _ = diagnostic::render_all(&findings, &model.sources, diagnostic::Style::Plain);
            }
        }
    });
}

#[test]
fn bytes_as_artifacts() {
    let policy = guard();
    let sound = policy.artifact().to_vec();
    let seeds = [sound.clone(), artifact::LABEL.to_vec()];
    each("artifacts", &seeds, |bytes| {
        // As they are: damage is seen, so nothing is decided at all.
        match Policy::load(bytes.to_vec()) {
            Ok(loaded) => assert_eq!(loaded.artifact(), sound, "changed bytes were loaded"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        // With the label, the length and the checksum made to fit: no damage, but a forger. What he
        // says may be anything, also `allow`; it ends and reads nothing that is not his.
        let mut forged = bytes.to_vec();
        forged.resize(forged.len().max(64), 0);
        forged[..12].copy_from_slice(&sound[..12]);
        artifact::seal(&mut forged);
        decide_all(forged);
        // The same for changes that keep the frame: bytes of the input laid over a sound artifact.
        let mut dice = Dice::new(
            bytes
                .iter()
                .fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte))),
        );
        let mut forged = sound.clone();
        for _ in 0..1 + dice.below(8) {
            let at = 64 + dice.below(forged.len() - 64);
            forged[at] = dice.below(256) as u8;
        }
        artifact::seal(&mut forged);
        decide_all(forged);
    });
}

fn decide_all(bytes: Vec<u8>) {
    let policy = match Policy::load(bytes) {
        Ok(policy) => policy,
        Err(error) => return assert!(error != LoadError::Checksum, "it was made to fit"),
    };
    usual_requests(&mut |request| {
        let decision = policy.decide(request);
        assert_eq!(policy.explain(request).decision, decision);
    });
    let _ = policy.verify();
    let _ = policy_lang::artifact::model(&policy);
}

#[test]
fn bytes_as_requests() {
    let policy = guard();
    each("requests", &requests(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(request) = RequestBuf::from_json(&text) {
            request.with_request(|request| refused(&policy, request));
        }
        let roots = [("workspace", "/w"), ("home", "/home/dev")];
        let words: Vec<&str> = text.split(' ').collect();
        for request in [
            Request::shell(&text),
            Request::argv(&words),
            Request::read(&text),
            Request::write(&text),
            Request::url(&text, "GET"),
            Request::connect(&text, 443),
            Request { args_json: Some(&text), ..Request::call("db", "query") },
            Request { cwd: Some(&text), ..Request::read("a/b") },
            Request { symlinks: &[(&text, "/a"), ("/a", &text)], ..Request::read("/a/b") },
        ] {
            refused(&policy, &Request { roots: &roots, ..request });
        }
    });
}

fn refused(policy: &Policy, request: &Request<'_>) {
    let decision = policy.decide(request);
    assert_ne!(decision.tier, Tier::Allow, "allowed: {request:?}");
    assert_eq!(policy.explain(request).decision, decision, "explained: {request:?}");
}

#[test]
fn bytes_as_hook_input() {
    let policy = guard();
    for runtime in Runtime::ALL {
        let Some(host) = Host::of(runtime) else { continue };
        let events = host.surfaces.iter().map(|surface| Some(surface.event())).chain([None]);
        let events: Vec<Option<&str>> = events.collect();
        each(&format!("hook {runtime}"), &payloads_of(runtime), |bytes| {
            let event = events[bytes.len() % events.len()];
            for event in [None, event] {
                match Event::read(host, event, bytes) {
                    Ok(mut event) => {
                        event.fill(&Fields::default());
                        let verdict = event.decide(&policy, &Facts::default());
                        assert_ne!(verdict.tier, Tier::Allow, "allowed");
                        let answer = event.answer(&verdict);
                        assert!(!allows(&answer.stdout), "told to go ahead: {answer:?}");
                    }
                    Err(refused) => {
                        let answer = refused.answer();
                        assert!(answer.exit_code != 0 || !answer.stdout.is_empty(), "{answer:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn bytes_between_an_editor_and_its_agent() {
    let policy = guard();
    each("acp", &payloads_of(Runtime::Acp), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let mut proxy = acp::hook::Proxy::new(policy.clone(), Fields::default(), Vec::new());
        for line in text.lines() {
            proxy.agent_says(line);
            proxy.client_says(line);
        }
    });
}

#[test]
fn bytes_as_rules_of_other_runtimes() {
    for runtime in import::SUPPORTED {
        each(&format!("import {runtime}"), &configurations(runtime), |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let files = [Source::new("settings", &*text)];
            for tighten in [false, true] {
                let options = Options { tighten, ..Options::default() };
                match import(runtime, &files, options) {
                    Ok(read) => assert!(compiled(&read.policy).is_ok(), "{}", read.policy),
                    Err(import::ImportError::Unwritable(failure)) => panic!("{failure}"),
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        });
    }
}

#[test]
fn bytes_as_logs() {
    let policy = guard();
    let other = compiled("default ask").unwrap_or_else(|failure| panic!("{failure}"));
    let defaults = Fields::default();
    let formats = source::Format::ALL.map(Some).into_iter().chain([None]).collect::<Vec<_>>();
    let seeds = logs("library");
    each("logs", &seeds, |bytes| {
        let format = formats[bytes.len() % formats.len()];
        for (format, strict) in [(None, true), (None, false), (format, false)] {
            let bytes = bytes.to_vec();
            let log = source::Log::new("log", move || {
                Ok(Box::new(std::io::Cursor::new(bytes)) as Box<dyn std::io::Read + Send>)
            });
            let options = replay::Options {
                threads: 1,
                strict,
                defaults: &defaults,
                format,
                progress: &|_| {},
            };
            match replay::replay(vec![log], &policy, Some(&other), &options) {
                Ok(report) => {
                    assert_eq!(report.tiers[Tier::Allow as usize], 0, "allowed");
                    assert_eq!(report.tiers.iter().sum::<u64>(), report.requests);
                    let _ = replay::human::text(&report, diagnostic::Style::Plain);
                    let _ = replay::markdown::text(&report);
                    let _ = replay::html::page(&report);
                    assert!(serde_json::to_string(&replay::json::document(&report)).is_ok());
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        let checks = chain::Checks::default();
        let report = chain::verify(bytes, &checks).expect("bytes can be read");
        assert!(!report.to_json(&checks).is_empty());
        // Without a key, a sound log may end early; nothing else may differ.
        if report.problem.is_none() && 0 < report.lines {
            assert!(seeds[1].starts_with(bytes), "a log that was changed is called sound");
        }
    });
}

// ---- Through the program --------------------------------------------------------------------

/// A command that reads standard input, and what it reads.
struct Door {
    name: String,
    arguments: Vec<String>,
    seeds: Vec<Vec<u8>>,
}

fn doors(guard: &str) -> Vec<Door> {
    let door = |arguments: &[&str], seeds: Vec<Vec<u8>>| Door {
        name: arguments.join(" ").replace(guard, "guard"),
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        seeds,
    };
    let mut doors = vec![
        door(&["decide", guard, "--requests", "-"], requests()),
        door(&["lint", "-"], policies()),
        door(&["fmt", "--check", "-"], policies()),
        door(&["test", "-"], policies()),
        door(&["decide", "-", "--run", "git push"], policies()),
        door(&["explain", "-", "--run", "git push"], policies()),
        door(&["diff", guard, "-"], policies()),
        door(&["graph", "-", "--format", "dot"], policies()),
        door(&["debug", "dag", "-"], policies()),
        door(&["explain", "-", "--read", "/data/a"], vec![fs::read(artifact_of(guard)).unwrap()]),
    ];
    let logs = logs("program");
    doors.push(door(&["log", "verify", "-"], logs.clone()));
    for format in ["human", "json", "markdown", "html"] {
        let replay = ["replay", "-", "--policy", guard, "--format", format];
        doors.push(door(&replay, logs.clone()));
    }
    for runtime in import::SUPPORTED {
        doors.push(door(&["import", runtime.name(), "-"], configurations(runtime)));
    }
    for runtime in Runtime::ALL.into_iter().filter(|runtime| Host::of(*runtime).is_some()) {
        doors.push(door(&["hook", runtime.name(), "--policy", guard], payloads_of(runtime)));
    }
    doors
}

fn artifact_of(guard: &str) -> String {
    format!("{guard}c")
}

#[test]
fn bytes_into_the_program() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    fs::create_dir_all(&folder).unwrap();
    let guard = folder.join("guard.policy");
    fs::write(&guard, GUARD).unwrap();
    let guard = guard.to_str().unwrap();
    fs::write(artifact_of(guard), self::guard().artifact()).unwrap();
    let runs = number("POLICY_HOSTILE_RUNS").unwrap_or(150);
    let doors = doors(guard);
    let first = number("POLICY_FIRST").unwrap_or(0);
    for number in first..first + runs {
        let door = &doors[(number % doors.len() as u64) as usize];
        let input = Mutator { dice: Dice::new(number), seeds: &door.seeds }.input();
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy"));
        command.args(&door.arguments).current_dir(&folder);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What stops early does not read to the end.
        let _ = child.stdin.take().unwrap().write_all(&input);
        let output = child.wait_with_output().unwrap();
        let mut told = String::new();
        let _ = write!(told, "{} ended with {:?}", door.name, output.status);
        let _ = write!(told, ", input {number}: {}", input.escape_ascii());
        let _ = write!(told, "\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code().is_some_and(|code| code <= 6), "{told}");
        let stdout = String::from_utf8(output.stdout).expect("what is printed is UTF-8");
        if door.arguments[0] == "hook" {
            assert!(!allows(&stdout), "{told}\n{stdout}");
        }
        if door.arguments[0] == "decide" && door.arguments[1] != "-" {
            assert!(!stdout.contains("\"tier\":\"allow\""), "{told}\n{stdout}");
        }
    }
    println!("the program: {runs} inputs");
}

/// Whether an answer, one line of JSON or nothing, lets the call go ahead.
fn allows(answer: &str) -> bool {
    fn says_so(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => matches!(&**text, "allow" | "approve" | "proceed"),
            serde_json::Value::Array(items) => items.iter().any(says_so),
            serde_json::Value::Object(members) => members.values().any(says_so),
            _ => false,
        }
    }
    serde_json::from_str(answer).is_ok_and(|answer| says_so(&answer))
}
