//! From the text of a policy to the engine, stage by stage.

use std::hint::black_box;
use std::time::Duration;

use benches::workload::{SEED, SIZES, Workload};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use policy_lang::check::{self, no_includes};
use policy_lang::compile;
use policy_lang::lint;
use policy_lang::span::{Source, SourceId};
use policy_lang::syntax;

fn stages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for size in SIZES {
        let source = Source::new("bench.policy", Workload::new(SEED, size).text());
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("parse", size), |bencher| {
            bencher.iter(|| syntax::parse(black_box(&source), SourceId(0)));
        });
        let files = check::read(vec![source], &no_includes).expect("the workload parses");
        group.bench_function(BenchmarkId::new("check", size), |bencher| {
            bencher.iter(|| check::check(black_box(&files)));
        });
        let model = check::check(&files).expect("the workload's rules are valid");
        group.bench_function(BenchmarkId::new("freeze", size), |bencher| {
            bencher.iter(|| compile::compile(black_box(&model)));
        });
        group.bench_function(BenchmarkId::new("lint", size), |bencher| {
            bencher.iter(|| lint::lint(black_box(&model)));
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
