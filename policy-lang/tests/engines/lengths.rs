//! Requests of all lengths: whatever the engine takes in blocks, the judge takes one by one.

use policy_eval::{Platform, Policy, Request};
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::model::Model;
use policy_lang::span::Source;

use crate::answer::Answer;

/// Around the sizes of blocks and buffers.
const LENGTHS: [usize; 14] = [1, 2, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 34, 50];

/// A policy whose patterns look at beginnings, at ends, and at all between.
fn policy() -> Model {
    let far = "/n".repeat(17);
    let text = format!(
        r#"policy lengths version "1"

default ask

scoped: deny read "/n/**/*.key"
named: deny read "**/secret"
ending: review read "**/*.pem"
inside: deny read "**/.ssh/**"
far: review read "{far}/**"
below: allow read "$workspace/**"
scoped-below: deny read "$workspace/**/*.env"
flags: deny run "tool {{--force|-f}}"
ends: review run "tool ... end"
begins: allow run "tool w ..."
domain: allow connect "**.example.com"
host: deny connect "*.l.example.com"
"#
    );
    policy_lang::load(vec![Source::new("lengths.policy", text)], &no_includes)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The policy for the judge, and compiled.
struct Engines {
    model: Model,
    compiled: Policy,
}

impl Engines {
    fn new() -> Engines {
        let model = policy();
        let compiled = compile(&model).expect("a valid policy compiles");
        Engines { model, compiled }
    }

    /// The rules that decide a request, on a platform with case and on one without.
    #[track_caller]
    fn compare(&self, request: &Request<'_>) -> [Option<String>; 2] {
        [Platform::Linux, Platform::Macos].map(|platform| {
            let request = Request { platform: Some(platform), ..*request };
            let answer = Answer::decided(&self.compiled.decide(&request));
            assert_eq!(answer, Answer::interpreted(&self.model, &request), "{request:?}");
            answer.rule
        })
    }
}

/// Whether each of these rules decided something: else the test tests nothing.
fn assert_all_decided(rules: &[Option<String>], names: &[&str]) {
    for name in names {
        assert!(rules.iter().flatten().any(|rule| rule == name), "{name}");
    }
}

#[test]
fn paths_of_all_lengths() {
    let engines = Engines::new();
    let mut rules = Vec::new();
    for length in LENGTHS {
        for depth in [1, 5, 15, 16, 17, 20] {
            let (workspace, home) = ("/n".repeat(depth), "/n".repeat(depth.div_ceil(2)));
            let roots = [("workspace", workspace.as_str()), ("home", home.as_str())];
            for last in ["x", "secret", "a.pem", "a.key", "a.env", ".ssh", "SECRET"] {
                for other in [0, length / 2, length.saturating_sub(2)] {
                    for name in ["n", "m", ".ssh", "secret"] {
                        let mut parts = vec!["n"; length];
                        parts[other] = name;
                        parts[length - 1] = last;
                        let path = format!("/{}", parts.join("/"));
                        let request = Request { roots: &roots, ..Request::read(&path) };
                        rules.extend(engines.compare(&request));
                    }
                }
            }
        }
    }
    let all = ["scoped", "named", "ending", "inside", "far", "below", "scoped-below"];
    assert_all_decided(&rules, &all);
}

#[test]
fn commands_of_all_lengths() {
    let engines = Engines::new();
    let mut rules = Vec::new();
    for length in LENGTHS {
        for (at, word) in
            (1..=length).flat_map(|at| ["w", "--force", "-xf", "--", "end"].map(|word| (at, word)))
        {
            let mut words = vec!["w"; length + 1];
            words[0] = "tool";
            words[at] = word;
            rules.extend(engines.compare(&Request::argv(&words)));
        }
    }
    assert_all_decided(&rules, &["flags", "ends", "begins"]);
}

#[test]
fn hosts_of_all_lengths() {
    let engines = Engines::new();
    let mut rules = Vec::new();
    for length in LENGTHS {
        for end in ["example.com", "l.example.com", "example.org", "example.7", "com"] {
            let host = format!("{}.{end}", ["l"; 50][..length].join("."));
            let upper = host.to_uppercase();
            for host in [&*host, &*upper, &format!("{host}."), &format!("-{host}")] {
                rules.extend(engines.compare(&Request::connect(host, 443)));
            }
        }
    }
    assert_all_decided(&rules, &["domain", "host"]);
}
