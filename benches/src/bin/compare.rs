//! Prints what a decision costs, contestant by contestant.
//!
//! ```text
//! cargo run --release -p benches --features peers --bin compare [-- [--json] [RULES…] [ENGINE…]]
//! ```
//!
//! With `--json` one object a line. *compile* is from the policy's text to an engine that decides,
//! *load* the part of it that reads the text. *mismatches* counts the requests that are decided
//! differently from the reference interpreter, before any clock starts; above its limit of rules
//! the judge is replaced by the linear scan, which agreed with it below.
//!
//! Allocations are counted by a global allocator that adds a few nanoseconds to each of them; the
//! numbers of `cargo bench` are free of it.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::Context;
use benches::contestants::{self, ENTRIES, Entry};
use benches::measure::{self, Times};
use benches::workload::{SEED, SIZES, Workload};

fn main() -> anyhow::Result<()> {
    let (mut json, mut sizes, mut chosen) = (false, Vec::new(), Vec::new());
    for argument in std::env::args().skip(1) {
        if argument == "--json" {
            json = true;
        } else if let Ok(size) = argument.parse::<usize>() {
            sizes.push(size);
        } else {
            chosen.push(entry(&argument)?);
        }
    }
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let chosen = if chosen.is_empty() { ENTRIES.iter().collect() } else { chosen };
    let mut out = io::stdout().lock();
    if !json {
        writeln!(
            out,
            "{:<14} {:>6} {:>11} {:>10} {:>10} {:>10} {:>10} {:>7} {:>10}",
            "engine",
            "rules",
            "compile ms",
            "mean ns",
            "p50 ns",
            "p99 ns",
            "p99.9 ns",
            "allocs",
            "mismatches",
        )?;
    }
    for size in sizes {
        let workload = Workload::new(SEED, size);
        for row in rows(&workload, &chosen)? {
            if json {
                row.write_json(&mut out)?
            } else {
                row.write_text(&mut out)?
            }
            out.flush()?;
        }
    }
    Ok(())
}

/// The contestant with this name.
fn entry(name: &str) -> anyhow::Result<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name).with_context(|| {
        let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        format!("no engine is called `{name}`; there are {}", names.join(", "))
    })
}

/// What is said of one contestant at one size.
struct Row {
    entry: &'static Entry,
    rules: usize,
    compile_ms: f64,
    load_us: f64,
    times: Times,
    allocations: f64,
    rss_kib: u64,
    mismatches: usize,
}

fn rows(workload: &Workload, chosen: &[&'static Entry]) -> anyhow::Result<Vec<Row>> {
    let rules = workload.rules.len();
    let sent = workload.sent();
    let judged = contestants::judge(workload)?;

    let mut rows = Vec::new();
    for &entry in chosen.iter().filter(|entry| rules <= entry.most_rules) {
        let text = (entry.write)(workload);
        let before = rss_kib();
        let start = Instant::now();
        let built = (entry.build)(workload, &text).with_context(|| entry.name)?;
        let compile_ms = start.elapsed().as_secs_f64() * 1e3;
        let rss_kib = rss_kib().saturating_sub(before);
        let contestant = built.engine.prepare(&sent).with_context(|| entry.name)?;
        let mismatches = contestants::mismatches(entry, &*contestant, &judged);
        let allocated = allocation_counter::measure(|| {
            for request in 0..sent.len() {
                std::hint::black_box(contestant.decide(request));
            }
        });
        rows.push(Row {
            entry,
            rules,
            compile_ms,
            load_us: built.load.as_secs_f64() * 1e6,
            times: measure::times(&*contestant, sent.len()),
            allocations: allocated.count_total as f64 / sent.len() as f64,
            rss_kib,
            mismatches,
        });
    }
    Ok(rows)
}

/// How much memory the process holds; 0 where the system does not say.
fn rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

impl Row {
    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let Times { mean, p50, p99, p999 } = self.times;
        writeln!(
            out,
            "{:<14} {:>6} {:>11.2} {mean:>10.0} {p50:>10.0} {p99:>10.0} {p999:>10.0} {:>7.1} {:>10}",
            self.entry.name, self.rules, self.compile_ms, self.allocations, self.mismatches,
        )
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let object = serde_json::json!({
            "engine": self.entry.name,
            "kind": self.entry.kind.name(),
            "rules": self.rules,
            "compile_ms": self.compile_ms,
            "load_us": self.load_us,
            "mean_ns": self.times.mean,
            "p50_ns": self.times.p50,
            "p99_ns": self.times.p99,
            "p999_ns": self.times.p999,
            "allocations": self.allocations,
            "rss_kib": self.rss_kib,
            "mismatches": self.mismatches,
        });
        writeln!(out, "{object}")
    }
}
