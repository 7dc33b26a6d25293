//! Prints what a decision costs, contestant by contestant.
//!
//! ```text
//! cargo run --release -p benches [--features peers] --bin compare [-- OPTION… RULES… ENGINE…]
//!
//!   --json      one object a line
//!   --cold      each request once, after everything was driven out of the caches
//!   --worst     what we are worst at, instead of the workload
//!   --threads   one thread, and eight that share one policy, instead of the workload
//! ```
//!
//! Each row is measured in a process of its own: what one contestant leaves in memory does not slow
//! down or help the next. *compile* is from the rules as text to something that decides (or to an
//! artifact), *load* from the bytes of an artifact to something that decides, the fastest of a few. *mismatches* counts
//! the requests that are decided differently from the reference interpreter, before any clock
//! starts; above its limit of rules the judge is replaced by the linear scan, which agreed with it
//! below. *rss* is by how much the process grew when the policy was built.
//!
//! Allocations are counted by a global allocator that adds a few nanoseconds to each of them; the
//! numbers of `cargo bench` are free of it.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::contestants::{self, ENTRIES, Entry, Kind};
use benches::measure::{self, Times};
use benches::workload::{SEED, SIZES, Sent, Workload};
use benches::{threads, worst};
use serde_json::{Value, json};

/// How long one row may take, about.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an artifact is loaded.
const LOADS: usize = 20;

fn main() -> anyhow::Result<()> {
    let mut asked = Asked::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--json" => asked.json = true,
            "--cold" => asked.cold = true,
            "--worst" => return worst::print(&mut io::stdout().lock()),
            "--threads" => return threads::print(&mut io::stdout().lock()),
            // What the process of one row is started with.
            "--row" => asked.row = Some(arguments.next().context("--row takes a file")?),
            _ => match argument.parse::<usize>() {
                Ok(size) => asked.sizes.push(size),
                Err(_) => asked.chosen.push(entry(&argument)?),
            },
        }
    }
    match &asked.row {
        Some(file) => asked.measure_row(Path::new(file)),
        None => asked.print_table(&mut io::stdout().lock()),
    }
}

#[derive(Default)]
struct Asked {
    json: bool,
    cold: bool,
    row: Option<String>,
    sizes: Vec<usize>,
    chosen: Vec<&'static Entry>,
}

/// The contestant with this name.
fn entry(name: &str) -> anyhow::Result<&'static Entry> {
    Entry::find(name).with_context(|| {
        let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        format!(
            "no engine is called `{name}`; there are {}{}",
            names.join(", "),
            if cfg!(feature = "peers") { "" } else { ", and more with the feature `peers`" },
        )
    })
}

// ---- The table ------------------------------------------------------------------------------

impl Asked {
    fn print_table(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let sizes = if self.sizes.is_empty() { &SIZES[..] } else { &self.sizes };
        let all: Vec<&Entry> = ENTRIES.iter().collect();
        let chosen = if self.chosen.is_empty() { &all } else { &self.chosen };
        if !self.json {
            if self.cold {
                writeln!(out, "each request once, after everything was driven out of the caches")?;
            }
            write_header(out)?;
        }
        for &size in sizes {
            let workload = Workload::new(SEED, size);
            for entry in chosen {
                if entry.most_rules < size {
                    eprintln!("{} is not measured at {size} rules: it takes too long", entry.name);
                    continue;
                }
                let row = self.row_of(entry, &workload)?;
                if self.json {
                    writeln!(out, "{row}")?
                } else {
                    write_row(out, &row)?
                }
                out.flush()?;
            }
        }
        if !self.json && !self.cold && self.chosen.is_empty() {
            writeln!(out, "\nWhat we are worst at:\n")?;
            worst::print(out)?;
        }
        Ok(())
    }

    /// Writes the rules for a contestant and has another process measure it.
    fn row_of(&self, entry: &Entry, workload: &Workload) -> anyhow::Result<Value> {
        let start = Instant::now();
        let bytes = (entry.write)(workload).with_context(|| entry.name)?;
        let written = start.elapsed();
        let file = std::env::temp_dir().join(format!("benches-{}-rules", std::process::id()));
        std::fs::write(&file, bytes).with_context(|| format!("cannot write {file:?}"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--row").arg(&file).arg(workload.rules.len().to_string()).arg(entry.name);
        if self.cold {
            command.arg("--cold");
        }
        let output = command.stderr(Stdio::inherit()).output();
        let removed = std::fs::remove_file(&file);
        let output = output?;
        removed?;
        ensure!(output.status.success(), "{} failed: {}", entry.name, output.status);
        let mut row: Value = serde_json::from_slice(&output.stdout)?;
        if entry.ahead {
            row["compile_ms"] = json!(written.as_secs_f64() * 1e3);
        }
        Ok(row)
    }
}

fn write_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<20} {:<7} {:>6} {:>10} {:>8} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>10}",
        "engine",
        "kind",
        "rules",
        "compile ms",
        "load us",
        "mean ns",
        "p50 ns",
        "p99 ns",
        "p99.9 ns",
        "allocs",
        "rss KiB",
        "mismatches",
    )
}

fn write_row(out: &mut impl Write, row: &Value) -> io::Result<()> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str, digits: usize| match row[name].as_f64() {
        Some(number) => format!("{number:.digits$}"),
        None => "-".to_owned(),
    };
    writeln!(
        out,
        "{:<20} {:<7} {:>6} {:>10} {:>8} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>10}",
        text("engine"),
        text("kind"),
        number("rules", 0),
        number("compile_ms", 2),
        number("load_us", 1),
        number("mean_ns", 0),
        number("p50_ns", 0),
        number("p99_ns", 0),
        number("p999_ns", 0),
        number("allocations", 1),
        number("rss_kib", 0),
        number("mismatches", 0),
    )
}

// ---- One row --------------------------------------------------------------------------------

impl Asked {
    /// Prints the row of one contestant as JSON.
    fn measure_row(&self, file: &Path) -> anyhow::Result<()> {
        let (&[rules], &[entry]) = (&self.sizes[..], &self.chosen[..]) else {
            anyhow::bail!("--row takes one engine and one number of rules");
        };
        let workload = Workload::new(SEED, rules);
        let sent = workload.sent();
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {file:?}"))?;

        let before = rss_kib();
        let build = |bytes| -> anyhow::Result<_> {
            let start = Instant::now();
            let engine = (entry.build)(&workload, bytes).with_context(|| entry.name)?;
            Ok((engine, start.elapsed()))
        };
        let (engine, mut built) = build(bytes.clone())?;
        let rss_kib = rss_kib().zip(before).map(|(after, before)| after.saturating_sub(before));

        // Loading takes microseconds, so the first time is that of the pages it is the first to use.
        for _ in 0..if entry.ahead { LOADS } else { 0 } {
            built = built.min(build(bytes.clone())?.1);
        }

        let sent = self.within_patience(entry, &*engine, &sent)?;
        let contestant = engine.prepare(&sent).with_context(|| entry.name)?;
        let mismatches = match entry.answers {
            true => {
                let judged = contestants::judge(&workload, &sent)?;
                Some(contestants::mismatches(entry, &*contestant, &judged))
            }
            false => None,
        };
        let allocated = allocation_counter::measure(|| {
            for request in 0..sent.len() {
                std::hint::black_box(contestant.decide(request));
            }
        });
        let Times { mean, p50, p99, p999 } = match self.cold {
            true => measure::cold_times(&*contestant, sent.len()),
            false => measure::times(&*contestant, sent.len()),
        };
        let compiles = !entry.ahead && entry.kind != Kind::Limit;
        let row = json!({
            "engine": entry.name,
            "kind": entry.kind.name(),
            "rules": rules,
            "compile_ms": compiles.then_some(built.as_secs_f64() * 1e3),
            "load_us": entry.ahead.then_some(built.as_secs_f64() * 1e6),
            "mean_ns": mean,
            "p50_ns": p50,
            "p99_ns": p99,
            "p999_ns": p999,
            "allocations": allocated.count_total as f64 / sent.len() as f64,
            "rss_kib": rss_kib,
            "mismatches": mismatches,
        });
        println!("{row}");
        Ok(())
    }

    /// All requests, or as many as there is time for, taken evenly.
    fn within_patience<'w>(
        &self,
        entry: &Entry,
        engine: &dyn contestants::Engine,
        sent: &[Sent<'w>],
    ) -> anyhow::Result<Vec<Sent<'w>>> {
        let evenly = |count: usize| -> Vec<Sent<'w>> {
            (0..count).map(|number| sent[number * sent.len() / count].clone()).collect()
        };
        if self.cold {
            return Ok(evenly(measure::COLD_REQUESTS.min(sent.len())));
        }
        let sample = evenly(16.min(sent.len()));
        let contestant = engine.prepare(&sample).with_context(|| entry.name)?;
        let taken = measure::affordable(&*contestant, sent.len(), sample.len(), PATIENCE);
        drop(contestant);
        if taken < sent.len() {
            eprintln!("{}: the next row is over {taken} of {} requests", entry.name, sent.len());
        }
        Ok(evenly(taken))
    }
}

/// How much memory the process holds, where the system says so.
fn rss_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
