//! One meaning: every engine decides alike, and the laws of the language hold.
//!
//! Policies and requests come from `policy-generate`. `POLICY_PAIRS` says how many pairs of a
//! policy and a request are decided by all engines. What fails is made as small as it goes and
//! printed as text that the command line takes.

mod answer;
mod laws;
mod lengths;
mod mending;

use policy_eval::Request;
use policy_generate::{Dice, Policy, shrink_policy, shrink_request};
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::span::Source;

use answer::{Answer, Case, load, read_request};

/// From a policy to a function that decides.
type Engine = for<'c> fn(&'c Case) -> Box<dyn Fn(&Request<'_>) -> Answer + 'c>;

/// The first is the judge.
const ENGINES: [(&str, Engine); 5] = [
    ("interpreter", |case| Box::new(|request| Answer::interpreted(&case.model, request))),
    ("interpreter of the formatted policy", |case| {
        let model = case.formatted();
        Box::new(move |request| Answer::interpreted(&model, request))
    }),
    ("compiled", |case| {
        let policy = compile(&case.model).expect("a valid policy compiles");
        Box::new(move |request| Answer::decided(&policy.decide(request)))
    }),
    ("compiled, part by part", |case| {
        let policy = compile(&case.model).expect("a valid policy compiles");
        Box::new(move |request| Answer::decided(&policy.decide_parts(request, &mut |_| {})))
    }),
    ("artifact", |case| {
        let policy = compile(&case.model).expect("a valid policy compiles");
        let policy = policy_eval::Policy::load(policy.artifact().to_vec()).expect("it loads");
        assert_eq!(policy.verify(), Ok(()));
        Box::new(move |request| Answer::decided(&policy.decide(request)))
    }),
];

/// How many requests each policy is asked.
const REQUESTS_PER_POLICY: usize = 250;

#[test]
fn all_engines_decide_alike() {
    let pairs: usize = std::env::var("POLICY_PAIRS")
        .map_or(200_000, |pairs| pairs.parse().expect("POLICY_PAIRS is a number"));
    let policies = pairs.div_ceil(REQUESTS_PER_POLICY) as u64;
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let seeds = (0..policies).filter(move |seed| seed % workers == worker);
            scope.spawn(move || seeds.for_each(compare));
        }
    });
    let asked = policies * REQUESTS_PER_POLICY as u64;
    println!("{asked} requests, {policies} policies, {} engines: no difference", ENGINES.len());
}

/// Generated commands always run something.
#[test]
fn a_command_that_only_sets_variables_has_no_words() {
    let text = r#"
default allow
mark "curl" run "curl ..."
mark "any"  run *
"#;
    let model = policy_lang::load(vec![Source::new("a.policy", text)], &no_includes);
    let case = Case { model: model.unwrap_or_else(|failure| panic!("{failure}")) };
    for (name, engine) in ENGINES {
        let marks = engine(&case)(&Request::shell("URL=https://a.example")).marks;
        assert_eq!(marks.iter().collect::<Vec<_>>(), ["any"], "{name}");
    }
}

/// Asks all engines about one policy.
fn compare(seed: u64) {
    let mut dice = Dice::new(seed);
    let policy = policy_generate::policy(&mut dice);
    let case = load(&policy).unwrap_or_else(|error| panic!("{error}\n\n{policy}"));
    let engines = ENGINES.map(|(name, engine)| (name, engine(&case)));
    for _ in 0..REQUESTS_PER_POLICY {
        let request = policy_generate::request(&mut dice);
        let sent = read_request(&request).expect("a generated request is a request");
        let answers = sent
            .with_request(|sent| engines.each_ref().map(|(name, decide)| (*name, decide(sent))));
        if let Some((name, _)) = answers.iter().find(|(_, answer)| *answer != answers[0].1) {
            report_difference(name, policy, request);
        }
    }
}

/// Shows the smallest case in which an engine decides differently from the judge.
fn report_difference(name: &str, policy: Policy, request: policy_generate::Request) -> ! {
    let differ = |policy: &Policy, request: &policy_generate::Request| -> Option<[Answer; 2]> {
        let (case, request) = (load(policy).ok()?, read_request(request)?);
        let answers = [ENGINES[0].0, name].map(|wanted| {
            let (_, engine) = ENGINES.iter().find(|(name, _)| *name == wanted).expect("an engine");
            request.with_request(|request| engine(&case)(request))
        });
        (answers[0] != answers[1]).then_some(answers)
    };
    let policy = shrink_policy(policy, |policy| differ(policy, &request).is_some());
    let request = shrink_request(request, |request| differ(&policy, request).is_some());
    let answers = differ(&policy, &request);
    panic!("{name} decides differently\n\n{policy}\n{request}\n\n{answers:#?}");
}
