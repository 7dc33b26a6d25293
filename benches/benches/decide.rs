//! One decision over the mixed requests, by everybody.
//!
//! The requests are in each contestant's own form before the clock starts; the time is for one
//! request, the mean over all 4,096. Answers are compared with the judge's first, and who differs
//! does not start.

use std::hint::black_box;
use std::time::Duration;

use benches::contestants::{self, ENTRIES};
use benches::workload::{REQUESTS, SEED, SIZES, Workload};
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    for size in SIZES {
        at_size(&mut group, &Workload::new(SEED, size));
    }
    group.finish();
}

fn at_size(group: &mut BenchmarkGroup<'_, WallTime>, workload: &Workload) {
    let rules = workload.rules.len();
    let sent = workload.sent();
    let judged = contestants::judge(workload, &sent).expect("the workload's rules are valid");
    for entry in ENTRIES.iter().filter(|entry| rules <= entry.most_rules) {
        let bytes = (entry.write)(workload).expect(entry.name);
        let engine = (entry.build)(workload, bytes).expect(entry.name);
        let contestant = engine.prepare(&sent).expect(entry.name);
        if entry.answers {
            let wrong = contestants::mismatches(entry, &*contestant, &judged);
            assert_eq!(wrong, 0, "{} decides {wrong} requests differently", entry.name);
        }
        group.bench_function(BenchmarkId::new(entry.name, rules), |bencher| {
            bencher.iter(|| {
                for request in 0..sent.len() {
                    black_box(contestant.decide(black_box(request)));
                }
            });
        });
    }
}

criterion_group!(benches, decide);
criterion_main!(benches);
