//! How long analyses take: comparisons of policies with a few edits, and lint with all proofs.
//!
//! `cargo run --release -p benches --bin analyses`; with `lint` behind it, lint alone. One line a
//! measurement: the median and the slowest of several seeds, in milliseconds, parsing and compiling
//! included and alone.

use std::time::Instant;

use benches::workload::Workload;
use policy_eval::RequestBuf;
use policy_generate::Dice;
use policy_lang::check::no_includes;
use policy_lang::diff;
use policy_lang::model::Model;
use policy_lang::span::Source;
use policy_lang::why;

fn load(text: &str) -> Model {
    policy_lang::load(vec![Source::new("a.policy", text)], &no_includes)
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// The text with some sentences taken away, said with another tier, or narrowed.
fn edited(text: &str, edits: usize, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let tiers = ["allow", "review", "ask", "deny"];
    let mut done = 0;
    while done < edits {
        let at = dice.below(lines.len());
        let Some(tier) = tiers.iter().find(|tier| lines[at].contains(&format!("{tier} "))) else {
            continue;
        };
        match dice.below(3) {
            0 => {
                lines.remove(at);
            }
            1 => {
                let other = dice.pick(&tiers);
                lines[at] = lines[at].replacen(tier, other, 1);
            }
            _ => {
                let rule = lines[at].trim_end().to_owned();
                if rule.contains("when")
                    || rule.contains("with")
                    || rule.contains("because")
                    || rule.contains("unless")
                {
                    continue;
                }
                lines[at] = format!("{rule} unless branch == \"main\"");
            }
        }
        done += 1;
    }
    lines.join("\n")
}

fn main() {
    lints();
    if std::env::args().nth(1).as_deref() == Some("lint") {
        return;
    }
    why_not();
    for (rules, edits, seeds) in
        [(1_000, 0, 3), (1_000, 1, 9), (1_000, 6, 9), (1_000, 20, 5), (10_000, 6, 3)]
    {
        let mut times = Vec::new();
        let mut compiles = Vec::new();
        let (mut found, mut unproved) = (0, 0);
        for seed in 0..seeds {
            let text = Workload::new(seed, rules).text();
            let mut dice = Dice::new(seed);
            let other = edited(&text, edits, &mut dice);
            let start = Instant::now();
            let (old, new) = (load(&text), load(&other));
            let loaded = start.elapsed();
            let report = diff::compare(&old, &new, diff::BUDGET).expect("both compile");
            times.push((start.elapsed().as_secs_f64() * 1e3, loaded.as_secs_f64() * 1e3));
            let start = Instant::now();
            policy_lang::compile::compile(&old).expect("it compiles");
            compiles.push(start.elapsed().as_secs_f64() * 1e3);
            found += report.differences.len();
            unproved += report.unproved.len();
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        compiles.sort_by(f64::total_cmp);
        println!(
            "diff rules {rules:6} edits {edits:3}: median {:8.1} ms, slowest {:8.1} ms (loading both {:.1} ms, compiling one {:.1} ms), {found} findings, {unproved} not proved",
            times[times.len() / 2].0,
            times[times.len() - 1].0,
            times[0].1,
            compiles[compiles.len() / 2],
        );
    }
}

/// Lint with all proofs.
fn lints() {
    for rules in [100, 1_000] {
        let mut times = Vec::new();
        let mut found = 0;
        for seed in 0..5 {
            let model = load(&Workload::new(seed, rules).text());
            let start = Instant::now();
            found += policy_lang::lint::lint(&model).len();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "lint rules {rules:6}: median {:8.1} ms, slowest {:8.1} ms, compiling included, {found} findings",
            times[times.len() / 2],
            times[times.len() - 1],
        );
    }
}

/// What `explain` adds: the nearest rules among 10,000.
fn why_not() {
    let mut text = String::new();
    for index in 0..2500 {
        text += &format!("allow run \"tool{index} (a|b) ...\" when branch != \"b{index}\"\n");
        text += &format!("deny run \"git sub{index} {{--force|-f}}\"\n");
        text += &format!("allow write \"/srv/team{}/p{index}/**\" unless risk > 50\n", index % 50);
        text += &format!("allow connect \"h{index}.team{}.acme.com\" port 443\n", index % 50);
    }
    let model = load(&text);
    for text in [
        r#"{"action":"run","shell":"tool7 c","context":{"branch":"b9"}}"#,
        r#"{"action":"run","shell":"tool7 a","context":{"branch":"b9"}}"#,
        r#"{"action":"run","shell":"git sub77 -f && make x"}"#,
        r#"{"action":"write","path":"/srv/team3/q/x","context":{"risk":7}}"#,
        r#"{"action":"connect","host":"h7.team8.acme.com","port":443}"#,
    ] {
        let request = RequestBuf::from_json(text).expect("a request");
        let start = Instant::now();
        let lines = request.with_request(|request| match why::why_not(&model, request) {
            Some(found) => found.lines(&model),
            None => {
                why::nearest_denial(&model, request).map_or(vec![], |found| found.lines(&model))
            }
        });
        let time = start.elapsed().as_secs_f64() * 1e3;
        println!("why-not, 10000 rules: {time:.1} ms, {} lines, {text}", lines.len());
    }
}
