//! Prints what a byte costs in texts that are made to cost much.
//!
//! ```text
//! cargo run --release -p benches --bin worst_case [-- FILE.svg]
//! ```
//!
//! Each row is a text that is repeated until it is as long as the column says; the number is the
//! time of `canon::parts` for the whole, in nanoseconds a byte, the best of a few passes. A reader
//! that is linear has the same number in all columns. Requests end at 64 KiB with a floor, but what
//! is longer is read all the same, so that a denial in it holds. With a file name the numbers are
//! drawn too.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context;
use policy_eval::{Request, canon};

/// What is repeated, and what it is called in the picture.
const TEXTS: &[(&str, &str)] = &[
    ("(", "("),
    ("$(", "$("),
    ("<(", "<("),
    ("${x:-", "${x:-"),
    ("$((", "$(("),
    ("\"$(", "\"$("),
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("\\`", "\\`"),
    ("{ ", "{"),
    ("{a,", "{a,"),
    (";", ";"),
    ("a;", "a;"),
    ("a|", "a|"),
    ("cd a;", "cd a;"),
    ("cd ..;cd b;", "cd ..;cd b;"),
    ("A=1 ", "A=1"),
    ("<<E ", "<<E"),
    ("a <<E\nE\n", "a <<E"),
    ("> a ", "> a"),
    ("if a;then ", "if"),
    ("case a in a)", "case"),
    ("f()", "f()"),
    ("a", "one word"),
    ("a ", "words"),
    ("*", "*"),
    ("\\\n", "\\ newline"),
    ("nice ", "nice"),
    ("eval ", "eval"),
    ("bash -c ", "bash -c"),
    ("find -exec ", "find -exec"),
];

/// 1 KiB to 1 MiB.
const LENGTHS: [usize; 6] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20];
const PASSES: usize = 5;

struct Row {
    name: &'static str,
    /// Nanoseconds a byte, one for each length.
    costs: Vec<f64>,
}

fn main() -> anyhow::Result<()> {
    let picture = std::env::args().nth(1);
    print!("{:<12}", "ns a byte");
    for length in LENGTHS {
        print!("{:>10}", format!("{} KiB", length >> 10));
    }
    println!();
    let mut rows = Vec::new();
    for &(text, name) in TEXTS {
        let costs: Vec<f64> = LENGTHS.iter().map(|&length| cost(text, length)).collect();
        print!("{name:<12}");
        for cost in &costs {
            print!("{cost:>10.2}");
        }
        println!();
        rows.push(Row { name, costs });
    }
    if let Some(file) = picture {
        std::fs::write(&file, drawn(&rows)).with_context(|| format!("cannot write `{file}`"))?;
    }
    Ok(())
}

/// The time of one byte.
fn cost(text: &str, length: usize) -> f64 {
    let line = text.repeat(length / text.len());
    let roots = [("workspace", "/home/dev/app"), ("home", "/home/dev")];
    let request = Request { roots: &roots, ..Request::shell(&line) };
    let pass = || {
        let before = worked();
        let start = Instant::now();
        canon::parts(black_box(&request), &mut |judged| {
            black_box(judged);
        });
        let elapsed = start.elapsed();
        // Of a long pass only what this thread worked: others may have had the processor.
        match before.zip(worked()) {
            Some((before, after)) if TICKS < elapsed => after.saturating_sub(before),
            _ => elapsed,
        }
    };
    let best = (0..PASSES).map(|_| pass()).min().unwrap_or_default();
    best.as_nanos() as f64 / line.len() as f64
}

/// So long that the kernel has counted the work of a thread several times.
const TICKS: Duration = Duration::from_millis(20);

/// How long this thread has worked, where the system says so.
fn worked() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

// ---- The picture ----------------------------------------------------------------------------

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 60.0;
/// The least and the most nanoseconds that are drawn; both axes are logarithmic.
const COSTS: (f64, f64) = (0.1, 10_000.0);
/// How many of the dearest rows have their names beside the picture.
const NAMED: usize = 8;

fn drawn(rows: &[Row]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Nanoseconds a byte of hostile shell text, by its length</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    let mut tick = COSTS.0;
    while tick <= COSTS.1 {
        let y = y_of(tick);
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN} {y:.1}H{:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{tick} ns</text>",
            WIDTH - 2.0 * MARGIN,
            MARGIN - 6.0,
            y + 4.0,
        );
        tick *= 10.0;
    }
    for (index, length) in LENGTHS.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{} KiB</text>",
            x_of(index),
            HEIGHT - MARGIN + 18.0,
            length >> 10,
        );
    }
    let mut dearest: Vec<&Row> = rows.iter().collect();
    dearest.sort_by(|a, b| last(b).total_cmp(&last(a)));
    for (rank, row) in dearest.iter().enumerate() {
        let colour =
            if rank < NAMED { format!("hsl({},70%,40%)", rank * 43) } else { "#aaa".into() };
        let points: Vec<String> = row
            .costs
            .iter()
            .enumerate()
            .map(|(index, &cost)| format!("{:.1},{:.1}", x_of(index), y_of(cost)))
            .collect();
        let points = points.join(" ");
        let _ = writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\"/>");
        if rank < NAMED {
            let name = row.name.replace('&', "&amp;").replace('<', "&lt;");
            let y = MARGIN + 16.0 * rank as f64;
            let x = WIDTH - 2.0 * MARGIN + 12.0;
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{name}</text>");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn last(row: &Row) -> f64 {
    row.costs.last().copied().unwrap_or(0.0)
}

fn x_of(index: usize) -> f64 {
    let width = WIDTH - 3.0 * MARGIN;
    MARGIN + width * index as f64 / (LENGTHS.len() - 1) as f64
}

fn y_of(cost: f64) -> f64 {
    let share = (cost.clamp(COSTS.0, COSTS.1) / COSTS.0).log10() / (COSTS.1 / COSTS.0).log10();
    HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * share
}
