//! The yardstick answers what the interpreter answers, on requests that no figure is about too.

use std::net::Ipv4Addr;

use benches::contestants::{self, Entry};
use benches::workload::{Object, ROOTS, Request, Workload};

/// Other spellings of what a request is about.
fn spellings(request: &Request) -> Vec<Object> {
    match &request.object {
        Object::Path(action, path) => {
            let (folder, name) = path.rsplit_once('/').expect("it is absolute");
            let mut paths = vec![
                format!("{folder}/x/../{name}"),
                format!("{folder}//{name}"),
                format!("/./{}{folder}/.//{name}", "../".repeat(3)),
            ];
            let below = |root: usize| path.strip_prefix(ROOTS[root].1)?.strip_prefix('/');
            paths.extend(below(0).map(str::to_owned));
            paths.extend(below(1).map(|rest| format!("~/{rest}")));
            paths.into_iter().map(|path| Object::Path(*action, path)).collect()
        }
        Object::Host { name, port } => {
            let mut names = vec![name.to_ascii_uppercase()];
            match name.parse::<Ipv4Addr>() {
                Ok(address) => names.push(address.to_ipv6_mapped().to_string()),
                Err(_) => names.push(format!("{name}.")),
            }
            names.into_iter().map(|name| Object::Host { name, port: *port }).collect()
        }
        Object::Command(_) | Object::Tool { .. } => Vec::new(),
    }
}

#[test]
fn it_agrees_with_the_interpreter_on_other_seeds_and_other_spellings() {
    let entry = Entry::find("hand-tuned").expect("it takes part");
    for (seed, rules) in [(1, 10), (2, 100), (3, 300)] {
        let workload = Workload::new(seed, rules);
        let mut requests: Vec<Request> = workload.requests.iter().step_by(4).cloned().collect();
        let others: Vec<Request> = requests
            .iter()
            .flat_map(|request| {
                spellings(request).into_iter().map(|object| Request { object, ..request.clone() })
            })
            .collect();
        assert!(500 < others.len());
        requests.extend(others);
        let sent: Vec<_> = requests.iter().map(Request::sent).collect();
        let judged = contestants::judge(&workload, &sent).expect("the interpreter is there");
        let engine = (entry.build)(&workload, Vec::new()).expect("it is built");
        let contestant = engine.prepare(&sent).expect("it takes every request");
        for (number, judged) in judged.iter().enumerate() {
            let answer = contestant.decide(number);
            assert_eq!(
                (answer.tier, answer.rule),
                (judged.tier, judged.rule.as_deref()),
                "seed {seed}: {:?}",
                requests[number]
            );
        }
    }
}
