//! Eight threads that share one policy, next to one thread.
//!
//! Nothing in a policy is written after it was loaded, so threads have nothing to wait for. The
//! figure is decisions a second of *processor time*, which is what one core gets through: on a busy
//! machine it says what sharing costs and not what others took. Decisions a second of the clock
//! stand beside it, and mean something on a quiet machine only.

use std::hint::black_box;
use std::io::Write;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use policy_eval::{Policy, Request};

use crate::workload::{SEED, Sent, Workload};

const RULES: usize = 1_000;
const THREADS: usize = 8;
/// How often each thread decides all requests.
const PASSES: usize = 100;
const ROUNDS: usize = 5;
/// The least share of one thread's decisions a second that each core has to get through.
const LEAST: f64 = 0.9;

/// Prints one line for one thread, one for eight, and how they compare.
///
/// # Errors
/// When the policy does not compile, or nothing can be written.
pub fn print(out: &mut impl Write) -> anyhow::Result<()> {
    let workload = Workload::new(SEED, RULES);
    let sent = workload.sent();
    let policy = crate::policy(&workload.text())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut one, mut many) = (Speed::default(), Speed::default());
    // In turns, so that a disturbance meets both.
    for _ in 0..ROUNDS {
        one = one.or_faster(speed(&policy, &sent, 1));
        many = many.or_faster(speed(&policy, &sent, THREADS));
    }
    let share = many.of_core / one.of_core;
    writeln!(
        out,
        "{RULES} rules, {cores} cores; decisions, the fastest of {ROUNDS} rounds\n\n\
         threads   a second of processor time   a second of the clock\n\
         {:>7} {:>28.0} {:>23.0}\n{THREADS:>7} {:>28.0} {:>23.0}\n\n\
         each core gets through {:.1} % of what one thread does; the aim is {:.0} %: {}",
        1,
        one.of_core,
        one.of_clock,
        many.of_core,
        many.of_clock,
        share * 100.0,
        LEAST * 100.0,
        if LEAST <= share { "reached" } else { "missed" },
    )?;
    Ok(())
}

/// Decisions a second.
#[derive(Clone, Copy, Default)]
struct Speed {
    of_core: f64,
    of_clock: f64,
}

impl Speed {
    fn or_faster(self, other: Speed) -> Speed {
        Speed {
            of_core: self.of_core.max(other.of_core),
            of_clock: self.of_clock.max(other.of_clock),
        }
    }
}

fn speed(policy: &Policy, sent: &[Sent<'_>], threads: usize) -> Speed {
    let start = Barrier::new(threads);
    let work = || {
        let requests: Vec<Request<'_>> = sent.iter().map(Sent::request).collect();
        start.wait();
        let (began, before) = (Instant::now(), worked());
        for _ in 0..PASSES {
            for request in &requests {
                black_box(policy.decide(black_box(request)));
            }
        }
        let elapsed = began.elapsed();
        // Where the system does not count the work of a thread, the clock has to do.
        let worked = match before.zip(worked()) {
            Some((before, after)) => after.saturating_sub(before),
            None => elapsed,
        };
        (began, began + elapsed, worked)
    };
    let ran: Vec<(Instant, Instant, Duration)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let decisions = (ran.len() * PASSES * sent.len()) as f64;
    let worked: Duration = ran.iter().map(|(_, _, worked)| *worked).sum();
    let began = ran.iter().map(|(began, ..)| *began).min();
    let ended = ran.iter().map(|(_, ended, _)| *ended).max();
    let elapsed = began.zip(ended).map_or(Duration::ZERO, |(began, ended)| ended - began);
    Speed { of_core: decisions / worked.as_secs_f64(), of_clock: decisions / elapsed.as_secs_f64() }
}

/// How long this thread has worked, where the system says so.
fn worked() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
