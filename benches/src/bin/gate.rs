//! Counts the instructions of decisions, and fails where there are more than there were.
//!
//! ```text
//! cargo run --release -p benches --bin gate               # compare with benches/gates.json
//! cargo run --release -p benches --bin gate -- --accept   # take what is counted as the new baseline
//! ```
//!
//! Counts do not depend on what else the machine does, so they can fail a build where times cannot.
//! Each gate runs in callgrind, in a process of its own that loads an artifact made before: nothing
//! is hashed by chance, nothing is compiled there, and only the body of [`counted`] is counted. A
//! count differs a little with the toolchain (the baseline names its own), which the tolerance is
//! for.
//!
//! It needs `valgrind`. A baseline is one number for a gate: instructions for one decision, or for
//! one load.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use benches::workload::{Object, ROOTS, SEED, Sent, Workload};
use policy_eval::{Policy, Request};
use serde_json::{Value, json};

/// By how many percent a count may grow.
const TOLERANCE: f64 = 5.0;
/// How many requests are decided, at most.
const REQUESTS: usize = 512;

struct Gate {
    name: &'static str,
    rules: usize,
    what: What,
}

enum What {
    /// The requests of one kind, canonical as they are.
    Decide(fn(&Object) -> bool),
    /// Lines as an agent sends them.
    Shell,
    Load,
}

const GATES: &[Gate] = &[
    gate("path", 1_000, What::Decide(|object| matches!(object, Object::Path(..)))),
    gate("command", 1_000, What::Decide(|object| matches!(object, Object::Command(_)))),
    gate("host", 1_000, What::Decide(|object| matches!(object, Object::Host { .. }))),
    gate("tool", 1_000, What::Decide(|object| matches!(object, Object::Tool { .. }))),
    gate("shell", 1_000, What::Shell),
    gate("load", 1_000, What::Load),
    gate("few-rules", 10, What::Decide(|_| true)),
    gate("many-rules", 10_000, What::Decide(|_| true)),
];

const fn gate(name: &'static str, rules: usize, what: What) -> Gate {
    Gate { name, rules, what }
}

const LINES: &[&str] = &[
    "git status",
    "git commit -m 'fix: an empty list has no end'",
    "git push --force origin main",
    "cat src/lib.rs",
    "grep -rn TODO src --include=*.rs",
    "find . -name '*.rs' -not -path './target/*'",
    "cargo fmt --check && cargo clippy -- -D warnings",
    "cd web && npm ci && npm run build",
    "cargo build 2>&1 | tail -20",
    "FOO=1 timeout 5 make -j4 > out.log",
];

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => compare(),
        ["--accept"] => accept(),
        ["--count", name, artifact] => {
            let gate = GATES.iter().find(|gate| gate.name == name).context("no such gate")?;
            run(gate, std::fs::read(artifact)?)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("the only option is --accept"),
    }
}

// ---- The verdict ----------------------------------------------------------------------------

const ACCEPT: &str = "cargo run --release -p benches --bin gate -- --accept";

fn compare() -> anyhow::Result<ExitCode> {
    let file = baseline_file();
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file:?}"))?;
    let baseline: Value = serde_json::from_str(&text)?;
    let counted = count_all()?;
    println!("{:<12} {:>7} {:>12} {:>12} {:>8}", "gate", "rules", "baseline", "now", "change");
    let (mut grew, mut fell) = (false, false);
    for gate in GATES {
        let now = counted[gate.name];
        let Some(before) = baseline["instructions"][gate.name].as_f64() else {
            println!("{:<12} {:>7} {:>12} {now:>12}", gate.name, gate.rules, "none");
            grew = true;
            continue;
        };
        let change = (now as f64 / before - 1.0) * 100.0;
        let verdict = match change {
            _ if TOLERANCE < change => "  too many",
            _ if change < -TOLERANCE => "  fewer",
            _ => "",
        };
        println!(
            "{:<12} {:>7} {before:>12} {now:>12} {change:>+7.1}%{verdict}",
            gate.name, gate.rules
        );
        grew |= TOLERANCE < change;
        fell |= change < -TOLERANCE;
    }
    if grew {
        println!(
            "\nA decision takes over {TOLERANCE} % more instructions than it did (baseline of {}, here {}).\n\
             If that is worth it, accept the new counts and say why in the commit:\n\n    {ACCEPT}",
            baseline["toolchain"].as_str().unwrap_or("an unknown toolchain"),
            toolchain(),
        );
        return Ok(ExitCode::FAILURE);
    }
    if fell {
        println!(
            "\nFewer instructions than the baseline has. Keep the gain, re-take it:\n\n    {ACCEPT}"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn accept() -> anyhow::Result<ExitCode> {
    let instructions: serde_json::Map<String, Value> = {
        let counted = count_all()?;
        GATES.iter().map(|gate| (gate.name.to_owned(), json!(counted[gate.name]))).collect()
    };
    let baseline = json!({ "toolchain": toolchain(), "instructions": instructions });
    let text = format!("{}\n", serde_json::to_string_pretty(&baseline)?);
    print!("{text}");
    std::fs::write(baseline_file(), text)?;
    Ok(ExitCode::SUCCESS)
}

fn baseline_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gates.json")
}

fn toolchain() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

// ---- Counting -------------------------------------------------------------------------------

/// The instructions of each gate, for one decision or one load.
fn count_all() -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let folder = std::env::temp_dir().join(format!("gates-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let counted = count_in(&folder);
    std::fs::remove_dir_all(&folder)?;
    counted
}

fn count_in(folder: &Path) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let mut counted = BTreeMap::new();
    for gate in GATES {
        let artifact = folder.join(format!("{}.policyc", gate.rules));
        if !artifact.exists() {
            let policy = benches::policy(&Workload::new(SEED, gate.rules).text())?;
            std::fs::write(&artifact, policy.artifact())?;
        }
        let total = instructions(gate, &artifact, &folder.join("callgrind.out"))?;
        let times = runs(gate, &Workload::new(SEED, gate.rules).sent()) as u64;
        counted.insert(gate.name, (total + times / 2) / times);
    }
    Ok(counted)
}

/// Runs a gate in callgrind.
fn instructions(gate: &Gate, artifact: &Path, report: &Path) -> anyhow::Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg("--toggle-collect=*gate*counted*")
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(std::env::current_exe()?)
        .args(["--count", gate.name])
        .arg(artifact);
    let output = valgrind.stdin(Stdio::null()).output().context("cannot run valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed in valgrind:\n{said}", gate.name);
    let text = std::fs::read_to_string(report)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).context("no totals")?;
    let total = total.trim().parse()?;
    ensure!(total != 0, "callgrind did not see the function `counted`");
    Ok(total)
}

/// How often the work of a gate is done.
fn runs(gate: &Gate, sent: &[Sent<'_>]) -> usize {
    match gate.what {
        What::Decide(kind) => {
            sent.iter().filter(|sent| kind(&sent.data.object)).count().min(REQUESTS)
        }
        What::Shell => LINES.len(),
        What::Load => 1,
    }
}

fn run(gate: &Gate, artifact: Vec<u8>) -> anyhow::Result<()> {
    let workload = Workload::new(SEED, gate.rules);
    let sent = workload.sent();
    let requests: Vec<Request<'_>> = match gate.what {
        What::Decide(kind) => {
            let of_kind = sent.iter().filter(|sent| kind(&sent.data.object));
            of_kind.take(REQUESTS).map(Sent::request).collect()
        }
        What::Shell => {
            let line = |line: &&'static str| Request {
                roots: ROOTS,
                cwd: Some(ROOTS[0].1),
                branch: Some("main"),
                surface: Some("cli"),
                risk: Some(10),
                ..Request::shell(line)
            };
            LINES.iter().map(line).collect()
        }
        What::Load => {
            counted(|| {
                black_box(Policy::load(black_box(artifact)).is_ok());
            });
            return Ok(());
        }
    };
    let policy = Policy::load(artifact)?;
    counted(|| {
        for request in &requests {
            black_box(policy.decide(black_box(request)));
        }
    });
    Ok(())
}

/// What callgrind counts: it knows this function by its name.
#[inline(never)]
fn counted(work: impl FnOnce()) {
    work();
}
