//! Proofs against brute force: what sampling finds, an analysis must not have missed, and what an
//! analysis tells, the interpreter must confirm.
//!
//! `POLICY_DIFFS` says how many pairs of policies are compared, `POLICY_CLAIMS` of how many
//! policies claims are proved, `POLICY_RULES` of how many the rules are looked at.

mod claims;
mod rules;
mod sound;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use policy_eval::{RequestBuf, Tier};
use policy_generate::{Dice, Item, Policy};
use policy_lang::check::no_includes;
use policy_lang::diff::{self, Aspect, Direction, Report};
use policy_lang::model::Model;
use policy_lang::span::Source;

/// Loads a generated policy; none where it is not valid.
fn load(policy: &Policy) -> Option<Model> {
    let files = policy.files.iter().enumerate();
    let sources: Vec<Arc<Source>> =
        files.map(|(index, file)| Source::new(file.name(index), file.to_string())).collect();
    policy_lang::load(sources, &no_includes).ok()
}

/// How many requests each pair of policies is asked.
const SAMPLES: usize = 60;

#[test]
fn a_comparison_misses_nothing_and_invents_nothing() {
    let pairs: u64 = std::env::var("POLICY_DIFFS")
        .map_or(400, |pairs| pairs.parse().expect("POLICY_DIFFS is a number"));
    let first: u64 = std::env::var("POLICY_FIRST").map_or(0, |n| n.parse().expect("a number"));
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let (compared, incomplete) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let kinds: Mutex<BTreeMap<String, usize>> = Mutex::default();
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = (first..first + pairs).filter(move |seed| seed % workers == worker);
            let (compared, incomplete, kinds) = (&compared, &incomplete, &kinds);
            scope.spawn(move || {
                for seed in seeds {
                    let Some(report) = compare(seed) else { continue };
                    compared.fetch_add(1, Ordering::Relaxed);
                    incomplete.fetch_add(usize::from(!report.is_complete()), Ordering::Relaxed);
                    let mut kinds = kinds.lock().expect("no other thread panicked");
                    for one in report.unproved {
                        *kinds.entry(kind(&one.why)).or_default() += 1;
                    }
                }
            });
        }
    });
    let (compared, incomplete) = (compared.into_inner(), incomplete.into_inner());
    println!("{compared} pairs compared, {incomplete} not proved in full");
    for (kind, count) in kinds.into_inner().expect("no thread panicked") {
        println!("  {count:6} {kind}");
    }
}

/// The kind of a reason: its words, without the sentence that it speaks of.
fn kind(why: &str) -> String {
    let mut verb = "";
    let quoted: Vec<&str> = why.split('`').collect();
    if let Some(name) = quoted.get(1) {
        verb = name.split([' ', '-']).next().unwrap_or(name);
    }
    let words: Vec<&str> = quoted.iter().step_by(2).copied().collect();
    words.join(&format!("`{verb} …`"))
}

/// Compares one pair of policies; none where an edit made it invalid.
fn compare(seed: u64) -> Option<Report> {
    let mut dice = Dice::new(seed ^ 0x5eed_d1ff);
    let mut old_text = policy_generate::policy(&mut dice);
    if seed % 2 == 1 {
        // Options make many kinds of answers, and some short ways are taken only without them.
        old_text.files.iter_mut().for_each(|file| without_options(&mut file.items));
    }
    let most = if dice.one_in(4) { 20 } else { 4 };
    let edits = 1 + dice.below(most);
    let new_text = policy_generate::edited(&mut dice, &old_text, edits);
    let mut new_text = new_text;
    if seed % 2 == 1 {
        new_text.files.iter_mut().for_each(|file| without_options(&mut file.items));
    }
    let (old, new) = (load(&old_text)?, load(&new_text)?);
    let report = diff::compare(&old, &new, diff::BUDGET).expect("a valid policy compiles");
    let requests: Vec<RequestBuf> = (0..SAMPLES)
        .map(|_| policy_generate::request(&mut dice).to_string())
        .map(|request| RequestBuf::from_json(&request).expect("a request"))
        .collect();
    if let Err((what, request)) = sound::check([&old, &new], &report, &requests) {
        let request = request.with_request(|request| policy_eval::to_json(request).canonical());
        panic!(
            "{what}: seed {seed}\n--- old\n{old_text}\n--- new\n{new_text}\n{request}\n{}",
            show(&report)
        );
    }
    Some(report)
}

fn without_options(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Block(_, items) => without_options(items),
            Item::Sentence(sentence) => sentence.clauses.retain(|one| !one.starts_with("with ")),
        }
    }
}

fn show(report: &Report) -> String {
    let mut out = String::new();
    for one in &report.differences {
        out += &format!(
            "{:?} {:?} {} to {}: {} ({})\n",
            one.direction, one.aspect, one.from.tier, one.to.tier, one.region, one.shown
        );
    }
    for one in &report.unproved {
        out += &format!("not proved: {} {}\n", one.action, one.why);
    }
    out
}

/// A change of options alone, for requests that stay inside; who asks to leave sees another tier.
#[test]
fn leaving_the_sandbox_is_a_change_of_tier() {
    let model = |options: &str| {
        let text = format!("review run \"make ...\" with {options}");
        policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it is valid")
    };
    let (inside, outside) = (model("reviewer \"ann\""), model("outside sandbox, reviewer \"bob\""));
    for (old, new, direction, tiers) in [
        (&inside, &outside, Direction::Loosened, (Tier::Ask, Tier::Review)),
        (&outside, &inside, Direction::Tightened, (Tier::Review, Tier::Ask)),
    ] {
        let report = diff::compare(old, new, diff::BUDGET).expect("both compile");
        let is_told = report.differences.iter().any(|one| {
            one.aspect == Aspect::Tier
                && one.direction == direction
                && (one.from.tier, one.to.tier) == tiers
        });
        assert!(is_told && report.is_complete(), "{}", show(&report));
    }
}

/// A scheme gives the port that was not sent, and a name is judged beside what it resolved to.
#[test]
fn destinations_are_compared_in_full() {
    let model = |rule: &str| {
        let text = format!(
            "default connect ask\n{rule}\nallow connect \"**.acme.com\" port 22\n\
             deny connect @private because \"By name.\""
        );
        policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it is valid")
    };
    let old = model("allow connect \"**.corp.acme.com\" port 443 when scheme == \"https\"");
    for (new, direction) in [
        ("allow connect \"**.corp.acme.com\" when scheme == \"https\"", Direction::Loosened),
        ("deny connect \"8.8.0.0/16\" port 22", Direction::Tightened),
        ("review connect \"8.8.0.0/16\" port 22", Direction::Tightened),
    ] {
        let report = diff::compare(&old, &model(new), diff::BUDGET).expect("both compile");
        let is_told = report
            .differences
            .iter()
            .any(|one| one.aspect == Aspect::Tier && one.direction == direction);
        assert!(is_told && report.is_complete(), "{new}: {}", show(&report));
    }
}

/// One tool is counted by a sentence that stays, another by the one that goes: what is seen of the
/// first says nothing of the second.
#[test]
fn each_meeting_of_count_sentences_is_asked() {
    let model = |gone: &str| {
        let text = format!(
            "default * allow\nreview * with outside sandbox, reviewer \"ann\"\n\
             count call \"github/*\" as read args.path\n{gone}"
        );
        policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it is valid")
    };
    let (old, new) = (model("count call \"*/get\" as write args.path"), model(""));
    let report = diff::compare(&old, &new, diff::BUDGET).expect("both compile");
    let is_told = report.differences.iter().any(|one| {
        one.aspect == Aspect::Tier && (one.from.tier, one.to.tier) == (Tier::Ask, Tier::Review)
    });
    assert!(is_told, "{}", show(&report));
}
