//! A decision on a request that is canonical allocates nothing.
//!
//! A test binary of its own: the counter replaces the global allocator.

use benches::workload::{Object, Request, SEED, Workload};
use policy_eval::Policy;
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::span::Source;

/// How many allocations the decisions of the requests of one kind make, and how many requests
/// there are.
fn allocations(workload: &Workload, policy: &Policy, kind: fn(&Object) -> bool) -> (u64, usize) {
    let of_kind: Vec<&Request> = workload.requests.iter().filter(|one| kind(&one.object)).collect();
    let sent: Vec<_> = of_kind.iter().map(|request| request.sent()).collect();
    let counted = allocation_counter::measure(|| {
        for sent in &sent {
            std::hint::black_box(policy.decide(&sent.request()));
        }
    });
    (counted.count_total, sent.len())
}

#[test]
fn a_decision_allocates_nothing() {
    let workload = Workload::new(SEED, 1_000);
    let source = Source::new("bench.policy", workload.text());
    let model = policy_lang::load(vec![source], &no_includes).expect("the workload loads");
    let policy = compile(&model).expect("the workload compiles");
    type IsOfKind = fn(&Object) -> bool;
    let kinds: [(&str, IsOfKind); 4] = [
        ("path", |object| matches!(object, Object::Path(..))),
        ("argv", |object| matches!(object, Object::Command(_))),
        ("host", |object| matches!(object, Object::Host { .. })),
        ("tool", |object| matches!(object, Object::Tool { .. })),
    ];
    for (name, kind) in kinds {
        let (allocations, requests) = allocations(&workload, &policy, kind);
        assert!(100 < requests, "{requests} requests of kind {name}");
        assert_eq!(allocations, 0, "allocations in {requests} decisions of kind {name}");
    }
}
