//! Lints that prove something of rules: what they say of a policy, no sampled request contradicts.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use policy_eval::{RequestBuf, Truth, canon};
use policy_generate::Dice;
use policy_lang::interp;
use policy_lang::lint::lint;
use policy_lang::model::{Formula, Model};
use policy_lang::span::Location;

use crate::load;

/// How many requests each policy is asked.
const SAMPLES: usize = 60;

/// Findings of rules that could go.
const IDLE: [&str; 5] = ["L002", "L003", "L006", "L007", "L009"];
/// Findings of rules that match nothing.
const EMPTY: [&str; 2] = ["L001", "L005"];
/// Findings of clauses that take nothing away.
const WITHOUT_EFFECT: [&str; 2] = ["L004", "L008"];

#[test]
fn what_is_said_of_rules_is_true() {
    let policies: u64 =
        std::env::var("POLICY_RULES").map_or(120, |n| n.parse().expect("POLICY_RULES is a number"));
    let first: u64 = std::env::var("POLICY_FIRST").map_or(0, |n| n.parse().expect("a number"));
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let found = [const { AtomicUsize::new(0) }; 3];
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = (first..first + policies).filter(move |seed| seed % workers == worker);
            let found = &found;
            scope.spawn(move || seeds.for_each(|seed| look(seed, found)));
        }
    });
    let [idle, empty, clauses] = found.map(AtomicUsize::into_inner);
    println!("{idle} idle rules, {empty} that match nothing, {clauses} idle clauses");
    assert!(0 < idle && 0 < empty && 0 < clauses);
}

fn look(seed: u64, found: &[AtomicUsize; 3]) {
    let mut dice = Dice::new(seed ^ 0x0001_1e57);
    let text = policy_generate::policy(&mut dice);
    let Some(model) = load(&text) else { return };
    let findings = lint(&model);
    let of = |codes: &[&str]| -> Vec<Location> {
        let own = findings.iter().filter(|finding| codes.contains(&finding.code));
        own.filter_map(|finding| finding.location()).collect()
    };
    let (idle, empty, clauses) = (of(&IDLE), of(&EMPTY), of(&WITHOUT_EFFECT));
    for (count, list) in found.iter().zip([&idle, &empty, &clauses]) {
        count.fetch_add(list.len(), Ordering::Relaxed);
    }
    let idle = rules_at(&model, &idle);
    let empty = rules_at(&model, &empty);
    let mut smaller: Vec<Model> = idle.iter().map(|&index| without(&model, &[index])).collect();
    smaller.push(without(&model, &idle));
    for _ in 0..SAMPLES {
        let request = policy_generate::request(&mut dice);
        let request = RequestBuf::from_json(&request.to_string()).expect("a request");
        let fail = |what: &str| -> ! {
            let request = request.with_request(|one| policy_eval::to_json(one).canonical());
            panic!("{what}: seed {seed}\n{text}\n{request}\n{findings:#?}")
        };
        let decide = |model: &Model| {
            let verdict = request.with_request(|request| interp::decide(model, request));
            (verdict.tier, verdict.options)
        };
        for smaller in &smaller {
            if decide(&model) != decide(smaller) {
                fail("a rule that was called idle");
            }
        }
        request.with_request(|request| {
            canon::parts(request, &mut |judged| {
                let truth = |formula: &Formula| interp::truth(&model, judged, formula, false);
                for &rule in &empty {
                    let rule = &model.rules[rule];
                    let is_asked = rule.actions.contains(judged.part.action);
                    if is_asked && truth(&rule.when).is_certain() {
                        fail("a rule that was called empty");
                    }
                }
                for rule in &model.rules {
                    if !rule.actions.contains(judged.part.action) {
                        continue;
                    }
                    for clause in rule.clauses.iter().filter(|one| clauses.contains(&one.at)) {
                        let conjuncts = rule.when.conjuncts().iter().enumerate();
                        let rest = conjuncts.filter(|(at, _)| !clause.conjuncts.contains(at));
                        let rest = Formula::and(rest.map(|(_, part)| part.clone()));
                        if truth(&rest).is_certain() && truth(&rule.when) == Truth::NO {
                            fail("a clause that was called idle");
                        }
                    }
                }
            });
        });
    }
}

/// The rules that findings are about.
fn rules_at(model: &Model, places: &[Location]) -> Vec<usize> {
    let holds = |at: Location, place: Location| {
        at.source == place.source
            && at.span.start <= place.span.start
            && place.span.end <= at.span.end
    };
    let own = |place: &Location| model.rules.iter().position(|rule| holds(rule.at, *place));
    // A condition of a block is no part of its rules.
    places.iter().filter_map(own).collect::<BTreeSet<_>>().into_iter().collect()
}

fn without(model: &Model, rules: &[usize]) -> Model {
    let mut smaller = model.clone();
    let mut index = 0;
    smaller.rules.retain(|_| {
        index += 1;
        !rules.contains(&(index - 1))
    });
    smaller
}
