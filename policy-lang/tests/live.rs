//! Policies are swapped while threads decide with them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use policy_eval::{Live, LoadError, Policy, Request, Tier};
use policy_lang::check::no_includes;
use policy_lang::span::Source;

fn compiled(text: &str) -> Policy {
    policy_lang::compile(vec![Source::new("a.policy", text)], &no_includes)
        .unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn what_does_not_load_leaves_the_last_good_policy_in_force() {
    let (one, other) = (compiled("default allow"), compiled("default deny"));
    let (first, second) = (one.digest().to_owned(), other.digest().to_owned());
    let bytes = other.artifact().to_vec();
    let live = Live::new(one);
    assert_eq!((live.status().digest, live.status().failure), (first.clone(), None));

    let cut = LoadError::Length { found: 100, expected: bytes.len() as u64 };
    assert_eq!(live.load(bytes[..100].to_vec()).err(), Some(cut.clone()));
    let status = live.status();
    assert_eq!((status.digest, status.swaps), (first.clone(), 0));
    assert_eq!(status.failure.as_deref(), Some(&*cut.to_string()));
    assert_eq!(live.current().decide(&Request::read("/x")).tier, Tier::Allow);

    let before = live.load(bytes).expect("it loads");
    assert_eq!(before.digest(), first);
    let status = live.status();
    assert_eq!((&*status.digest, status.swaps, status.failure), (&*second, 1, None));

    let invalid = policy_lang::compile(vec![Source::new("a.policy", "deny ???")], &no_includes);
    assert!(live.replace(invalid).is_err());
    let status = live.status();
    assert_eq!(status.digest, second);
    assert!(status.failure.is_some_and(|why| why.starts_with("a.policy:1:6: ")));
}

/// Each policy denies by a rule of its own name, so that a decision says whose it is.
#[test]
fn threads_decide_on_whole_policies_while_others_swap_them() {
    let policy =
        |name: &str| compiled(&format!("{name}:\ndeny write \"/etc/**\" because \"{name}\""));
    let policies = ["one", "two", "three"].map(policy);
    let artifacts = policies.each_ref().map(|policy| policy.artifact().to_vec());
    let live = Live::new(policies[0].clone());
    let (done, decided) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let policy = live.current();
                    for _ in 0..10 {
                        let decision = policy.decide(&Request::write("/etc/hosts"));
                        let rule = decision.rule.expect("a rule denies");
                        assert_eq!((decision.tier, rule.reason), (Tier::Deny, Some(rule.name)));
                        assert_eq!(policy.rules().next().map(|(name, _)| name), Some(rule.name));
                    }
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut swaps = 0;
        while swaps < 300 || decided.load(Ordering::Relaxed) < 300 {
            let bytes = artifacts[swaps % 3].clone();
            if swaps % 2 == 0 {
                live.load(bytes).expect("it loads");
            } else {
                let broken = bytes[..bytes.len() - 1].to_vec();
                assert!(live.load(broken).is_err());
            }
            swaps += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(live.status().swaps >= 150);
}
