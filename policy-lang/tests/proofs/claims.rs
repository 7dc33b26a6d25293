//! `never` and `always`: one that holds is broken by no sampled request, one that fails is broken by
//! the request that it shows.

use std::sync::atomic::{AtomicUsize, Ordering};

use policy_eval::{Action, RequestBuf, Tier, canon};
use policy_generate::Dice;
use policy_lang::interp;
use policy_lang::model::{Model, Proof};
use policy_lang::prove::{self, Outcome};
use policy_lang::syntax::ast::Claim;

use crate::load;

/// How many requests each policy is asked.
const SAMPLES: usize = 80;

/// How often each outcome was seen.
#[derive(Default)]
struct Seen {
    holds: AtomicUsize,
    fails: AtomicUsize,
    not_proved: AtomicUsize,
}

#[test]
fn a_claim_holds_where_no_request_breaks_it() {
    let policies: u64 = std::env::var("POLICY_CLAIMS")
        .map_or(400, |n| n.parse().expect("POLICY_CLAIMS is a number"));
    let first: u64 = std::env::var("POLICY_FIRST").map_or(0, |n| n.parse().expect("a number"));
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let seen = Seen::default();
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = (first..first + policies).filter(move |seed| seed % workers == worker);
            let seen = &seen;
            scope.spawn(move || seeds.for_each(|seed| look(seed, seen)));
        }
    });
    let [holds, fails, not_proved] =
        [seen.holds, seen.fails, seen.not_proved].map(AtomicUsize::into_inner);
    println!("{holds} claims hold, {fails} fail, {not_proved} are not proved");
    assert!(0 < holds && 0 < fails);
}

fn look(seed: u64, seen: &Seen) {
    let mut dice = Dice::new(seed ^ 0x000c_1a15);
    let mut text = policy_generate::policy(&mut dice);
    let claims = (0..1 + dice.below(4)).map(|_| policy_generate::claim_sentence(&mut dice));
    text.files[0].items.extend(claims);
    let Some(model) = load(&text) else { return };
    let policy = policy_lang::compile::compile(&model).expect("a valid policy compiles");
    let fail = |what: &str, proof: &Proof, request: &RequestBuf| -> ! {
        let request = request.with_request(|request| policy_eval::to_json(request).canonical());
        panic!("{what}: seed {seed}\n{text}\n`{}`\n{request}", proof.name)
    };
    let requests: Vec<RequestBuf> = (0..SAMPLES)
        .map(|_| policy_generate::request(&mut dice).to_string())
        .map(|json| RequestBuf::from_json(&json).expect("a request"))
        .collect();
    for verdict in prove::prove(&model, &policy, prove::BUDGET) {
        let proof = verdict.proof;
        match verdict.outcome {
            Outcome::Holds => {
                seen.holds.fetch_add(1, Ordering::Relaxed);
                for request in &requests {
                    if breaks(&model, proof, request) {
                        fail("a claim that was called proved", proof, request);
                    }
                }
            }
            Outcome::Fails(found) => {
                seen.fails.fetch_add(1, Ordering::Relaxed);
                let decided = found.request.with_request(|request| interp::decide(&model, request));
                if decided.tier != found.tier
                    || !is_broken(proof, decided.tier)
                    || describes(&model, proof, &found.request).is_none()
                {
                    fail("a request that breaks nothing", proof, &found.request);
                }
            }
            Outcome::NotProved(why) => {
                if std::env::var_os("POLICY_SHOW").is_some() {
                    println!("seed {seed}: `{}`: {why}\n{text}", proof.name);
                }
                seen.not_proved.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn is_broken(proof: &Proof, tier: Tier) -> bool {
    match proof.claim {
        Claim::Never => tier == proof.tier,
        Claim::Always => tier != proof.tier,
        Claim::AlwaysAtLeast => tier < proof.tier,
    }
}

/// How many parts a request has, where the description certainly holds of one of them.
fn describes(model: &Model, proof: &Proof, request: &RequestBuf) -> Option<usize> {
    let (mut parts, mut holds) = (0, false);
    request.with_request(|request| {
        canon::parts(request, &mut |judged| {
            parts += 1;
            holds |= proof.actions.contains(judged.part.action)
                && interp::truth(model, judged, &proof.when, false).is_certain();
        });
    });
    holds.then_some(parts)
}

/// Whether a request breaks a claim, by what rules and defaults say of its only part.
fn breaks(model: &Model, proof: &Proof, request: &RequestBuf) -> bool {
    if describes(model, proof, request) != Some(1) {
        return false;
    }
    let decided = request.with_request(|request| interp::decide(model, request));
    // What a floor or an escalation decides is not what rules say, and of a command that runs
    // nothing they say nothing.
    let is_said = decided.rule.is_some() || decided.default;
    let is_floored = !decided.floors.is_empty() && request.action() != Action::Call;
    is_broken(proof, decided.tier) && is_said && !is_floored
}
