//! Ordinary shell lines: scanned, decided, and parsed by tree-sitter-bash.
//!
//! One pass is over all lines, so divide by their number (`Elements`). *scan* is everything from
//! the text to the parts that rules are asked about; *decide* is that and the decision of the tour
//! policy; *tree-sitter* is the tree alone, in which nobody has looked for commands yet. What both
//! readers see is compared first.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use policy_eval::{Object, Policy, Request, canon};
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::span::Source;

#[path = "../tests/tree_sitter/tree.rs"]
mod tree;

const LINES: &[&str] = &[
    "git status",
    "git diff --stat HEAD~1",
    "git log --oneline -20",
    "git add -A",
    "git commit -m 'fix: an empty list has no end'",
    "git push origin main",
    "git push --force origin main",
    "ls -la src",
    "cat src/lib.rs",
    "head -n 40 README.md",
    "grep -rn TODO src --include=*.rs",
    "rg -n \"fn decide\" src",
    "find . -name '*.rs' -not -path './target/*'",
    "cargo test -p policy-eval",
    "cargo check --workspace --all-targets",
    "cargo fmt --check && cargo clippy -- -D warnings",
    "npm test",
    "npm run lint -- --fix",
    "python3 -m pytest tests -x -q",
    "make -j4 build",
    "mkdir -p build/out",
    "rm -rf build",
    "cp config.example.toml config.toml",
    "sed -n '1,40p' src/main.rs",
    "cd src && ls",
    "cd web && npm ci && npm run build",
    "git log --oneline | head -5",
    "ps aux | grep node | wc -l",
    "cargo build 2>&1 | tail -20",
    "echo done > out.log",
    "curl -s https://docs.rs/pest | head",
    "test -f Cargo.toml && echo yes",
];

const ROOTS: &[(&str, &str)] =
    &[("workspace", "/home/dev/app"), ("home", "/home/dev"), ("tmp", "/tmp")];

fn requests() -> Vec<Request<'static>> {
    let request = |line: &&'static str| Request { roots: ROOTS, ..Request::shell(line) };
    LINES.iter().map(request).collect()
}

fn policy() -> Policy {
    let text = include_str!("../../examples/policies/tour.policy");
    let source = Source::new("tour.policy", text);
    let model = policy_lang::load(vec![source], &no_includes).expect("the tour is valid");
    compile(&model).expect("the tour compiles")
}

/// How many parts are commands.
fn commands(request: &Request<'_>) -> usize {
    let mut count = 0;
    canon::parts(request, &mut |judged| {
        count += usize::from(matches!(judged.part.object, Object::Command(_)));
    });
    count
}

fn shell(criterion: &mut Criterion) {
    let requests = requests();
    let mut parser = tree::parser();
    for (line, request) in LINES.iter().zip(&requests) {
        let seen = tree::commands(&mut parser, line).expect("tree-sitter parses the line");
        assert!(seen.len() <= commands(request), "{line}");
    }
    let policy = policy();
    let mut group = criterion.benchmark_group("shell");
    group.throughput(Throughput::Elements(LINES.len() as u64));
    group.bench_function("scan", |bencher| {
        bencher.iter(|| {
            for request in &requests {
                canon::parts(black_box(request), &mut |judged| {
                    black_box(judged);
                });
            }
        });
    });
    group.bench_function("decide", |bencher| {
        bencher.iter(|| {
            for request in &requests {
                black_box(policy.decide(black_box(request)));
            }
        });
    });
    group.bench_function("tree-sitter", |bencher| {
        bencher.iter(|| {
            for line in LINES {
                black_box(parser.parse(black_box(line), None));
            }
        });
    });
    group.finish();
    for (line, request) in LINES.iter().zip(&requests).step_by(5) {
        criterion.bench_function(&format!("shell/scan/{line}"), |bencher| {
            bencher.iter(|| {
                canon::parts(black_box(request), &mut |judged| {
                    black_box(judged);
                });
            });
        });
    }
}

criterion_group!(benches, shell);
criterion_main!(benches);
