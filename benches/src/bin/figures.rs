//! Writes `docs/reliability.md`: what holds the promises, run anew, with its figures.
//!
//! ```text
//! cargo run -p benches --bin figures                      # small counts: some minutes
//! cargo run -p benches --bin figures -- hostile=100000 pairs=1000000
//! ```
//!
//! Each count is `name=number`; [`COUNTS`] has the names. The figures are those that the tests and
//! programs of this repository print: nothing is measured here. What is not here (the bypass corpus,
//! the figures of the fuzzer) is said to be missing. Where a test fails the page says so, and this
//! program fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use policy_lang::diagnostic::grouped;
use serde_json::Value;

/// A count that can be given, the variable that a test reads it from, and how many where nothing is
/// said.
struct Count {
    name: &'static str,
    variable: &'static str,
    usual: u64,
    what: &'static str,
}

const COUNTS: &[Count] = &[
    count("pairs", "POLICY_PAIRS", 20_000, "pairs of a policy and a request, for all engines"),
    count("diffs", "POLICY_DIFFS", 200, "pairs of policies that are compared"),
    count("claims", "POLICY_CLAIMS", 200, "policies whose claims are proved"),
    count("rules", "POLICY_RULES", 60, "policies whose rules are looked at"),
    count("lines", "POLICY_BASH_LINES", 1_000, "lines that bash runs"),
    count("hostile", "POLICY_HOSTILE", 500, "hostile inputs for each place in the library"),
    count("runs", "POLICY_HOSTILE_RUNS", 300, "hostile inputs for the program"),
];

const fn count(
    name: &'static str,
    variable: &'static str,
    usual: u64,
    what: &'static str,
) -> Count {
    Count { name, variable, usual, what }
}

const PAGE: &str = "docs/reliability.md";
const PROMISES: &str = "docs/threat-model.md";
const CORPUS: &str = "../shared/corpus";
const RECORDED: &str = "fuzz/figures.json";

fn main() -> anyhow::Result<ExitCode> {
    let counts = read_counts(std::env::args().skip(1))?;
    let promises = promises(&read(PROMISES)?)?;
    let mut wanted = Wanted::default();
    promises.iter().flat_map(|promise| &promise.tests).for_each(|test| wanted.add(test));
    MEASURED.iter().for_each(|test| wanted.add(test));
    let ran = wanted.run(&counts)?;
    let page = page(&counts, &promises, &ran)?;
    fs::write(root().join(PAGE), page).with_context(|| format!("cannot write {PAGE}"))?;
    let failed: Vec<&String> =
        ran.iter().filter(|(_, test)| !test.passed).map(|(name, _)| name).collect();
    failed.iter().for_each(|name| eprintln!("failed: {name}"));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_counts(
    arguments: impl Iterator<Item = String>,
) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let mut counts: BTreeMap<_, _> = COUNTS.iter().map(|one| (one.name, one.usual)).collect();
    for argument in arguments {
        let names: Vec<&str> = COUNTS.iter().map(|one| one.name).collect();
        let usage = || format!("`{argument}` is not one of {}, with =NUMBER", names.join(", "));
        let (name, number) = argument.split_once('=').with_context(usage)?;
        let entry = COUNTS.iter().find(|one| one.name == name).with_context(usage)?;
        counts.insert(entry.name, number.parse().with_context(usage)?);
    }
    Ok(counts)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
}

// ---- The promises ---------------------------------------------------------------------------

/// A row of the table of promises.
struct Promise {
    number: String,
    text: String,
    /// `policy-lang/tests/engines/laws.rs::order_never_matters`
    tests: Vec<String>,
}

fn promises(page: &str) -> anyhow::Result<Vec<Promise>> {
    let mut promises = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| P")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, text, held] = cells[..] else { bail!("{PROMISES}: no promise: {row}") };
        let tests = held.split('`').skip(1).step_by(2).filter(|code| code.contains(".rs::"));
        promises.push(Promise {
            number: number.to_owned(),
            text: text.to_owned(),
            tests: tests.map(str::to_owned).collect(),
        });
    }
    ensure!(!promises.is_empty(), "{PROMISES} has no promises");
    Ok(promises)
}

// ---- Running tests --------------------------------------------------------------------------

const ENGINES: &str = "policy-lang/tests/engines/main.rs::all_engines_decide_alike";
const DIFFS: &str =
    "policy-lang/tests/proofs/main.rs::a_comparison_misses_nothing_and_invents_nothing";
const CLAIMS: &str = "policy-lang/tests/proofs/claims.rs::a_claim_holds_where_no_request_breaks_it";
const RULES: &str = "policy-lang/tests/proofs/rules.rs::what_is_said_of_rules_is_true";
const BASH: &str = "policy-eval/tests/bash.rs::whatever_bash_runs_is_a_part";
const HOSTILE: &[&str] = &[
    "policy-cli/tests/hostile.rs::bytes_as_policies",
    "policy-cli/tests/hostile.rs::bytes_as_artifacts",
    "policy-cli/tests/hostile.rs::bytes_as_requests",
    "policy-cli/tests/hostile.rs::bytes_as_hook_input",
    "policy-cli/tests/hostile.rs::bytes_between_an_editor_and_its_agent",
    "policy-cli/tests/hostile.rs::bytes_as_rules_of_other_runtimes",
    "policy-cli/tests/hostile.rs::bytes_as_logs",
    "policy-cli/tests/hostile.rs::bytes_into_the_program",
];
/// Tests whose output is on the page. The sample of the bypass corpus is one that only passes.
const MEASURED: &[&str] = &[
    ENGINES, DIFFS, CLAIMS, RULES, BASH, HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3],
    HOSTILE[4], HOSTILE[5], HOSTILE[6], HOSTILE[7],
];

/// Tests by the program that they are in: a package and a target.
#[derive(Default)]
struct Wanted(BTreeMap<(String, String), BTreeSet<String>>);

/// What came of a test.
struct Ran {
    passed: bool,
    said: String,
}

impl Wanted {
    /// A file in a folder of `tests` is a module of the program that the folder is.
    fn add(&mut self, test: &str) {
        let Some((path, name)) = test.split_once(".rs::") else { return };
        let Some((package, path)) = path.split_once("/tests/") else { return };
        let target = path.split('/').next().unwrap_or(path);
        let key = (package.to_owned(), target.to_owned());
        self.0.entry(key).or_default().insert(name.to_owned());
    }

    /// Runs them all, by `package/target::name`.
    fn run(&self, counts: &BTreeMap<&str, u64>) -> anyhow::Result<BTreeMap<String, Ran>> {
        let mut ran = BTreeMap::new();
        for ((package, target), names) in &self.0 {
            eprintln!("{package}: {target}, {} tests", names.len());
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.current_dir(root()).args(["test", "--locked", "-p", package, "--test", target]);
            if target == "gather" {
                cargo.args(["--features", "gather"]);
            }
            cargo.args(["--", "--show-output"]).args(names);
            cargo.envs(COUNTS.iter().map(|one| (one.variable, counts[one.name].to_string())));
            let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
            let told = String::from_utf8_lossy(&output.stdout);
            for name in names {
                let test = outcome(&told, name);
                let test = test.with_context(|| format!("{package}/{target} ran no `{name}`"))?;
                ran.insert(format!("{package}/{target}::{name}"), test);
            }
        }
        Ok(ran)
    }
}

/// What the harness says of a test, whatever module it is in.
fn outcome(told: &str, name: &str) -> Option<Ran> {
    let is_it = |full: &str| full.rsplit("::").next() == Some(name);
    let mut passed = None;
    let (mut said, mut inside) = (String::new(), false);
    for line in told.lines() {
        if let Some((full, verdict)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        {
            if is_it(full) {
                passed = Some(verdict == "ok");
            }
        } else if let Some(rest) = line.strip_prefix("---- ") {
            inside = rest.strip_suffix(" stdout ----").is_some_and(is_it);
        } else if line == "successes:" || line == "failures:" {
            inside = false;
        } else if inside {
            said.push_str(line);
            said.push('\n');
        }
    }
    passed.map(|passed| Ran { passed, said })
}

/// The outcome of a test by its name on the pages.
fn of<'r>(ran: &'r BTreeMap<String, Ran>, test: &str) -> &'r Ran {
    let mut key = Wanted::default();
    key.add(test);
    let ((package, target), names) = key.0.into_iter().next().expect("a test of this list");
    &ran[&format!("{package}/{target}::{}", names.into_iter().next().expect("one name"))]
}

// ---- The page -------------------------------------------------------------------------------

fn page(
    counts: &BTreeMap<&str, u64>,
    promises: &[Promise],
    ran: &BTreeMap<String, Ran>,
) -> anyhow::Result<String> {
    let given: Vec<String> = COUNTS
        .iter()
        .filter(|one| counts[one.name] != one.usual)
        .map(|one| format!("{}={}", one.name, counts[one.name]))
        .collect();
    let more = if given.is_empty() { String::new() } else { format!(" -- {}", given.join(" ")) };
    let mut page = format!(
        "# Reliability\n\n\
         What holds the promises of the [threat model](threat-model.md), and how much of it was run. This page is \
         written by a\ncommand that runs it; nothing in it is written by hand:\n\n\
         ```sh\ncargo run -p benches --bin figures{more}\n```\n\n\
         Written on {} at commit {}. The tests ran without optimisation, so times are not those of a \
         release.\nMore is tried with larger counts: {}.\n",
        said_by("date", &["-u", "+%Y-%m-%d"])?,
        commit()?,
        COUNTS
            .iter()
            .map(|one| format!("`{}` ({})", one.name, one.what))
            .collect::<Vec<_>>()
            .join(", "),
    );
    page.push_str("\n## Against what is known\n\n");
    page.push_str(&bypasses()?);
    page.push_str("\n## Against a second opinion\n\n| what is compared | outcome |\n|---|---|\n");
    for (what, test) in [
        ("the compiled engine, the artifact and the formatted text with the interpreter", ENGINES),
        ("what `diff` tells and proves with what the interpreter decides", DIFFS),
        ("`never` and `always` with requests by chance", CLAIMS),
        ("lints that are proved with requests by chance", RULES),
        ("what the shell reader finds in a line with what bash runs", BASH),
    ] {
        let test = of(ran, test);
        let first = test.said.lines().find(|line| !line.is_empty()).unwrap_or("no figure");
        let _ = writeln!(page, "| {what} | {} |", if test.passed { first } else { "**fails**" });
    }
    page.push_str(
        "\n## Hostile input\n\nRandom bytes, words of our own formats by chance, and what people send with \
         random changes. Nothing panics, the program\nends with one of its exit codes, and nothing is \
         allowed.\n\n| as | inputs | slowest |\n|---|---|---|\n",
    );
    for test in HOSTILE {
        let test = of(ran, test);
        if !test.passed {
            page.push_str("| **fails** | | |\n");
        }
        for line in test.said.lines() {
            let Some((what, rest)) = line.split_once(": ") else { continue };
            let Some((inputs, rest)) = rest.split_once(" inputs") else { continue };
            let slowest =
                rest.strip_prefix(", the slowest in ").and_then(|rest| rest.split_once(':'));
            let slowest = slowest.map_or("", |(time, _)| time);
            let _ = writeln!(page, "| {what} | {inputs} | {slowest} |");
        }
    }
    page.push_str("\n## Worst cases\n\n");
    page.push_str(&worst_cases()?);
    page.push_str("\n## Fuzzing and mutants\n\n");
    page.push_str(&recorded()?);
    page.push_str("\n## Promises\n\n| | promise | tests | now |\n|---|---|---|---|\n");
    for promise in promises {
        let failed = promise.tests.iter().filter(|test| !of(ran, test).passed).count();
        let now = match (promise.tests.len(), failed) {
            (_, 0) => "holds".to_owned(),
            (_, failed) => format!("**{failed} fail**"),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {now} |",
            promise.number,
            promise.text,
            promise.tests.len()
        );
    }
    Ok(page)
}

fn said_by(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {told}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The commit, and whether there is more than it: this page itself does not count.
fn commit() -> anyhow::Result<String> {
    let commit = said_by("git", &["rev-parse", "--short=10", "HEAD"])?;
    let others = format!(":!{PAGE}");
    let changed = said_by("git", &["status", "--porcelain", "--", ".", &others])?;
    Ok(if changed.is_empty() { commit } else { format!("{commit}, with changes") })
}

/// The score on the corpus of bypasses, where that is here.
fn bypasses() -> anyhow::Result<String> {
    let corpus = root().join(CORPUS);
    if !corpus.is_dir() {
        return Ok(
            "The corpus of bypasses was not here. A sample of it is in `examples/requests`.\n"
                .into(),
        );
    }
    eprintln!("the corpus of bypasses");
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let built = Command::new(&cargo)
        .current_dir(root())
        .args(["build", "--locked", "-p", "policy-cli", "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()?;
    let built = String::from_utf8_lossy(&built.stdout);
    let program = built
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .context("cargo built no program")?;
    let score = corpus.join("score.py");
    let output = Command::new("python3")
        .current_dir(root())
        .args([score.as_os_str(), program.as_ref(), "examples/policies/reference".as_ref()])
        .arg(corpus.join("bypass_dev.jsonl"))
        .output()
        .context("cannot run python3")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let total = told.lines().last().context("the score is empty")?;
    // How long it took says nothing here.
    let total = match (total.split_once(" in "), total.split_once("; ")) {
        (Some((lines, _)), Some((_, counts))) => format!("{lines}: {counts}"),
        _ => total.to_owned(),
    };
    Ok(format!(
        "The corpus of bypasses, ways around a rule that are known, under the reference policies: {total}.\n"
    ))
}

/// The dearest texts of the shell reader, at one length.
fn worst_cases() -> anyhow::Result<String> {
    eprintln!("worst cases");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["run", "-q", "--locked", "--release", "-p", "benches", "--bin", "worst_case"];
    let table = said_by(&cargo, &arguments)?;
    let mut rows: Vec<(&str, Vec<f64>)> = Vec::new();
    for line in table.lines().skip(1) {
        let (name, costs) = line.split_at_checked(12).context("a table of worst cases")?;
        let costs = costs.split_whitespace().map(str::parse).collect::<Result<_, _>>();
        rows.push((name.trim(), costs.context("a number in the table of worst cases")?));
    }
    let last = |row: &(&str, Vec<f64>)| row.1.last().copied().unwrap_or_default();
    rows.sort_by(|one, other| last(other).total_cmp(&last(one)));
    let mut text = format!(
        "Shell text that is made to cost much, {} kinds, each repeated up to 1 MiB; release build. A reader that \
         is linear has\nthe same figure in both columns. The five dearest:\n\n\
         | repeated | ns a byte, 1 KiB | ns a byte, 1 MiB | 1 MiB takes |\n|---|---|---|---|\n",
        rows.len()
    );
    for row in rows.iter().take(5) {
        let (name, first) = (row.0, row.1.first().copied().unwrap_or_default());
        let name = name.replace('|', "\\|");
        let milliseconds = last(row) * f64::from(1u32 << 20) / 1e6;
        let _ =
            writeln!(text, "| `{name}` | {first:.1} | {:.1} | {milliseconds:.0} ms |", last(row));
    }
    text.push_str(
        "\nWhat takes longer, policies that are hostile to their compiler, is in [limits.md](limits.md).\n",
    );
    Ok(text)
}

/// What long runs left behind. They take hours, so they are not repeated here.
fn recorded() -> anyhow::Result<String> {
    let file = root().join(RECORDED);
    if !file.exists() {
        return Ok(format!(
            "`{RECORDED}` is not here. What was run so far is in [fuzz/README.md](../fuzz/README.md).\n"
        ));
    }
    let text = fs::read_to_string(&file)?;
    let figures: Value = serde_json::from_str(&text).context(RECORDED)?;
    let figures = figures.as_object().with_context(|| format!("{RECORDED} is no object"))?;
    let mut page =
        format!("As recorded in `{RECORDED}` by those who ran it; it is not repeated here.\n");
    for (name, value) in figures.iter().filter(|(name, _)| *name != "schema_version") {
        let _ = writeln!(page, "\n### {}", name.replace('_', " "));
        write_recorded(&mut page, value);
    }
    Ok(page)
}

/// Single values in a line, then a table for each group of values.
fn write_recorded(page: &mut String, value: &Value) {
    if let Some(rows) = rows(value) {
        let _ = write!(page, "\n{}", table(&rows));
        return;
    }
    let Value::Object(members) = value else {
        let _ = writeln!(page, "\n{}", cell(value));
        return;
    };
    let is_group = |value: &Value| matches!(value, Value::Object(_)) || rows(value).is_some();
    let singles: Vec<String> = members
        .iter()
        .filter(|(_, value)| !is_group(value))
        .map(|(name, value)| format!("{}: {}", name.replace('_', " "), cell(value)))
        .collect();
    if !singles.is_empty() {
        let _ = writeln!(page, "\n{}.", singles.join("; "));
    }
    for (name, value) in members.iter().filter(|(_, value)| is_group(value)) {
        let _ = writeln!(page, "\n{}:", name.replace('_', " "));
        write_recorded(page, value);
    }
}

type Row = Vec<(String, Value)>;

/// Rows of a table: objects in a list, or objects by their name.
fn rows(value: &Value) -> Option<Vec<Row>> {
    let row = |object: &Value| -> Option<Row> {
        let object = object.as_object()?;
        Some(object.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    match value {
        Value::Array(items) if !items.is_empty() => items.iter().map(row).collect(),
        Value::Object(members) if !members.is_empty() && members.values().all(is_flat) => members
            .iter()
            .map(|(name, value)| {
                let name = ("name".to_owned(), Value::String(name.clone()));
                row(value).map(|row| std::iter::once(name).chain(row).collect())
            })
            .collect(),
        _ => None,
    }
}

/// An object without objects in it.
fn is_flat(value: &Value) -> bool {
    value.as_object().is_some_and(|members| !members.values().any(Value::is_object))
}

/// A table of rows, and the sums of inputs and seconds.
fn table(rows: &[Row]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !columns.contains(&&**key) {
            columns.push(key);
        }
    }
    let found = |row: &Row, column: &str| {
        row.iter().find(|(key, _)| key == column).map(|(_, value)| value.clone())
    };
    let named: Vec<String> = columns.iter().map(|column| column.replace('_', " ")).collect();
    let mut text = format!("| {} |\n|{}\n", named.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| found(row, column).map_or_else(String::new, |value| cell(&value)))
            .collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    let sums: Vec<String> = columns
        .iter()
        .filter(|column| ["seconds", "executions", "inputs"].contains(column))
        .map(|column| {
            let all = rows.iter().filter_map(|row| found(row, column)?.as_f64());
            format!("{} {column}", grouped(all.sum::<f64>() as u64))
        })
        .collect();
    if !sums.is_empty() {
        let _ = writeln!(text, "\nIn total {}.", sums.join(", "));
    }
    text
}

/// A value in one cell.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), grouped),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| format!("{key} {}", cell(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Bool(is_so) => is_so.to_string(),
    };
    text.replace('|', "\\|").replace('\n', " ")
}
