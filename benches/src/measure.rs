//! The clock: how long decisions take, as a mean and request by request.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::contestants::Contestant;

/// How long one decision takes, in nanoseconds.
///
/// Warm, the mean is over all requests, the fastest of several passes: the others were disturbed.
/// The rest is over single requests: each is the median of several passes, less what reading the
/// clock takes. So they say which requests are slow, not how busy the machine was.
///
/// Cold, all four are over single requests, each decided once.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Times {
    pub mean: f64,
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
}

/// How long all passes together may take, about.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// The fewest and the most passes.
const PASSES: (usize, usize) = (3, 101);
/// How many requests are decided with cold caches.
pub const COLD_REQUESTS: usize = 256;

/// Decides all requests over and over.
pub fn times(contestant: &dyn Contestant, requests: usize) -> Times {
    let warm = pass(contestant, requests);
    let affordable = PATIENCE.as_nanos() / (2 * warm.as_nanos()).max(1);
    let passes = (affordable as usize).clamp(PASSES.0, PASSES.1);
    let best = (0..passes).map(|_| pass(contestant, requests).as_nanos()).min().unwrap_or(0);
    let singles = single(contestant, requests, passes);
    Times { mean: best as f64 / requests as f64, ..Times::of(singles) }
}

/// Decides each request once, with nothing of it or of the policy left in a cache: before each, a
/// buffer is walked that is larger than the last-level cache.
pub fn cold_times(contestant: &dyn Contestant, requests: usize) -> Times {
    let mut buffer = vec![1_u8; 2 * last_level_cache()];
    let clock = clock();
    let singles = (0..requests).map(|request| {
        // Written, so that the lines of others have to go, on every level.
        for byte in buffer.iter_mut().step_by(64) {
            *byte = byte.wrapping_add(1);
        }
        black_box(&mut buffer);
        let taken = time(|| {
            black_box(contestant.decide(black_box(request)));
        });
        (taken - clock).max(0.0)
    });
    Times::of(singles.collect())
}

impl Times {
    fn of(mut singles: Vec<f64>) -> Times {
        singles.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let last = singles.len().saturating_sub(1);
            singles.get((last as f64 * share) as usize).copied().unwrap_or_default()
        };
        let mean = singles.iter().sum::<f64>() / singles.len().max(1) as f64;
        Times { mean, p50: at(0.5), p99: at(0.99), p999: at(0.999) }
    }
}

/// How many of `requests` can be decided all the times that measuring takes within `patience`,
/// judged by a sample of them that the contestant holds.
pub fn affordable(
    contestant: &dyn Contestant,
    requests: usize,
    sample: usize,
    patience: Duration,
) -> usize {
    let taken = pass(contestant, sample).as_secs_f64() / sample.max(1) as f64;
    // Compared, counted, warmed, and the fewest passes twice.
    let rounds = 3 + 2 * PASSES.0;
    let affordable = patience.as_secs_f64() / (taken * rounds as f64).max(1e-12);
    requests.min((affordable as usize).max(sample))
}

/// The bytes of the last-level cache; 32 MiB where the system does not say.
fn last_level_cache() -> usize {
    let size = |level: u8| {
        let file = format!("/sys/devices/system/cpu/cpu0/cache/index{level}/size");
        let text = std::fs::read_to_string(file).ok()?;
        text.trim().strip_suffix('K')?.parse::<usize>().ok()
    };
    (0..5).filter_map(size).max().unwrap_or(32 << 10) << 10
}

fn pass(contestant: &dyn Contestant, requests: usize) -> Duration {
    let start = Instant::now();
    for request in 0..requests {
        black_box(contestant.decide(black_box(request)));
    }
    start.elapsed()
}

/// The time of each request.
fn single(contestant: &dyn Contestant, requests: usize, passes: usize) -> Vec<f64> {
    let clock = clock();
    let mut samples = vec![Vec::with_capacity(passes); requests];
    for _ in 0..passes {
        for (request, samples) in samples.iter_mut().enumerate() {
            samples.push(time(|| {
                black_box(contestant.decide(black_box(request)));
            }));
        }
    }
    samples.into_iter().map(|samples| (median(samples) - clock).max(0.0)).collect()
}

/// What reading the clock takes.
fn clock() -> f64 {
    median((0..1_000).map(|_| time(|| ())).collect())
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
