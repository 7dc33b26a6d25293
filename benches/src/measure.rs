//! The clock: how long decisions take, as a mean and request by request.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::contestants::Contestant;

/// How long one decision takes, in nanoseconds.
///
/// The mean is over all requests, the fastest of several passes: the others were disturbed. The
/// rest is over single requests: each is the median of several passes, less what reading the clock
/// takes. So they say which requests are slow, not how busy the machine was.
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

/// Decides all requests over and over.
pub fn times(contestant: &dyn Contestant, requests: usize) -> Times {
    let warm = pass(contestant, requests);
    let affordable = PATIENCE.as_nanos() / (2 * warm.as_nanos()).max(1);
    let passes = (affordable as usize).clamp(PASSES.0, PASSES.1);
    let best = (0..passes).map(|_| pass(contestant, requests).as_nanos()).min().unwrap_or(0);
    let mut singles = single(contestant, requests, passes);
    singles.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| singles[((requests - 1) as f64 * share) as usize];
    Times { mean: best as f64 / requests as f64, p50: at(0.5), p99: at(0.99), p999: at(0.999) }
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
    let clock = median((0..1_000).map(|_| time(|| ())).collect());
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

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
