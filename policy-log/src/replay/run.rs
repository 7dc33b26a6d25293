//! Reading, deciding and counting, on all cores.
//!
//! ```text
//!   reader thread ──► work: numbered chunks of lines, or whole logs ──► workers: a tally each
//!        ▲                                                                │
//!        └── waits while it is far ahead ◄── tallies, added in order ◄────┘
//! ```
//!
//! What is read ahead is bounded, so memory does not grow with the log; and tallies are added in the
//! order of the log, so the report is the same with any number of threads.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use policy_eval::{Fields, MAX_LINE_BYTES, Policy, RequestBuf, with_request_line};
use rustc_hash::FxHashMap;

use super::tally::{Circumstances, Marks, Side, Tally};
use super::{Place, ReplayError, Report};
use crate::entry::{Entry, Read};
use crate::source::{self, Chunk, Chunks, Format, Log};

/// How a log is replayed.
#[derive(Clone, Copy)]
pub struct Options<'o> {
    /// How many threads decide; 0 is one for each core.
    pub threads: usize,
    /// Stop at the first line that is not understood.
    pub strict: bool,
    /// What each request is taken to say that does not say it: roots, attributes.
    pub defaults: &'o Fields,
    /// The format of all logs; none to tell it by their first lines.
    pub format: Option<Format>,
    /// Is told now and then how many requests were decided, from several threads.
    pub progress: &'o (dyn Fn(u64) + Sync),
}

/// About how many bytes a thread is given at once.
const CHUNK: usize = 256 << 10;
/// How far the reader may be ahead of what was added.
const WINDOW: u64 = 64;
/// How many sessions with marks are remembered in one log.
const MOST_SESSIONS: usize = 10_000;

/// Decides every action in the logs, and says what the policy does with them; with a second policy,
/// what that one would do otherwise.
///
/// # Errors
/// When a log cannot be opened or read, when its format is not known, and, where the options are
/// strict, when a line is not understood.
///
/// # Cost
/// One or two decisions for each action, on all cores. Memory does not grow with the logs.
pub fn replay(
    logs: Vec<Log>,
    policy: &Policy,
    against: Option<&Policy>,
    options: &Options<'_>,
) -> Result<Report, ReplayError> {
    let threads = match options.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let names: Vec<String> = logs.iter().map(|log| log.name.clone()).collect();
    let shared = Shared {
        side: Side::new(policy),
        against: against.map(Side::new),
        options,
        stop: AtomicBool::new(false),
        decided: AtomicU64::new(0),
        added: Mutex::new(0),
        moved: Condvar::new(),
    };
    let (work, todo) = mpsc::sync_channel::<(u64, Work)>(threads);
    let (done, results) = mpsc::sync_channel::<(u64, Part)>(threads * 2);
    let todo = Mutex::new(todo);
    let collected = thread::scope(|scope| {
        let shared = &shared;
        let todo = &todo;
        for _ in 0..threads {
            let done = done.clone();
            scope.spawn(move || work_on(shared, todo, &done));
        }
        let reader_done = done.clone();
        drop(done);
        scope.spawn(move || {
            read_all(shared, logs, &work, &reader_done);
        });
        collect(shared, &results, names.len())
    });
    let (tally, read) = collected.map_err(|error| error.named(&names))?;
    Ok(Report::new(policy, against, names, read, tally))
}

struct Shared<'s> {
    side: Side<'s>,
    against: Option<Side<'s>>,
    options: &'s Options<'s>,
    stop: AtomicBool,
    decided: AtomicU64,
    /// How many parts were added.
    added: Mutex<u64>,
    moved: Condvar,
}

/// What a worker does.
enum Work {
    Lines { log: u32, chunk: Chunk },
    Whole { log: u32, format: Format, head: Chunk, rest: Chunks<Box<dyn BufRead + Send>> },
}

/// What came of a piece of work.
struct Part {
    log: u32,
    format: Option<Format>,
    tally: Tally,
    error: Option<Failure>,
}

/// Why a log could not be read to its end.
#[derive(Debug)]
enum Failure {
    Unreadable(std::io::Error),
    UnknownFormat,
}

/// An error of one log.
#[derive(Debug)]
struct OfLog {
    place: Place,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Failure(Failure),
    Broken(String),
}

impl OfLog {
    fn named(self, names: &[String]) -> ReplayError {
        let log = names.get(self.place.log as usize).cloned().unwrap_or_default();
        match self.why {
            Why::Failure(Failure::Unreadable(error)) => ReplayError::Unreadable { log, error },
            Why::Failure(Failure::UnknownFormat) => ReplayError::UnknownFormat { log },
            Why::Broken(why) => ReplayError::Broken { log, line: self.place.line, why },
        }
    }
}

// ---- Reading --------------------------------------------------------------------------------

fn read_all(
    shared: &Shared<'_>,
    logs: Vec<Log>,
    work: &SyncSender<(u64, Work)>,
    done: &SyncSender<(u64, Part)>,
) {
    let mut number = 0;
    for (log, at) in logs.into_iter().zip(0..) {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let mut reader = Numbered { shared, work, number: &mut number };
        let mut format = None;
        let read = reader.log(log, at, &mut format);
        let error = match read {
            Ok(true) => None,
            // Nobody takes any more.
            Ok(false) => return,
            Err(error) => Some(error),
        };
        // Each log is told even where it has no line, and its error comes behind its lines.
        let part = Part { log: at, format, tally: Tally::default(), error };
        if done.send((number, part)).is_err() {
            return;
        }
        number += 1;
    }
}

struct Numbered<'r> {
    shared: &'r Shared<'r>,
    work: &'r SyncSender<(u64, Work)>,
    number: &'r mut u64,
}

impl Numbered<'_> {
    /// Hands out a log. False where nobody takes it.
    fn log(&mut self, log: Log, at: u32, told: &mut Option<Format>) -> Result<bool, Failure> {
        let mut chunks = Chunks::new(log.open().map_err(Failure::Unreadable)?);
        let Some(mut head) = chunks.next(CHUNK).map_err(Failure::Unreadable)? else {
            return Ok(true);
        };
        let lines = head.lines().map(|(_, line)| line);
        let detected = self.shared.options.format.or_else(|| Format::detect(lines));
        let format = match detected {
            Some(format) => format,
            None if head.bytes.trim_ascii().is_empty() => Format::Requests,
            None => return Err(Failure::UnknownFormat),
        };
        *told = Some(format);
        if format.reader().is_some() {
            return Ok(self.hand_out(Work::Whole { log: at, format, head, rest: chunks }));
        }
        loop {
            if !self.hand_out(Work::Lines { log: at, chunk: head }) {
                return Ok(false);
            }
            head = match chunks.next(CHUNK).map_err(Failure::Unreadable)? {
                Some(chunk) => chunk,
                None => return Ok(true),
            };
        }
    }

    fn hand_out(&mut self, work: Work) -> bool {
        let mut added = self.shared.added.lock().unwrap_or_else(PoisonError::into_inner);
        while *added + WINDOW < *self.number && !self.shared.stop.load(Ordering::Relaxed) {
            added = self.shared.moved.wait(added).unwrap_or_else(PoisonError::into_inner);
        }
        drop(added);
        if self.shared.stop.load(Ordering::Relaxed) || self.work.send((*self.number, work)).is_err()
        {
            return false;
        }
        *self.number += 1;
        true
    }
}

// ---- Deciding -------------------------------------------------------------------------------

fn work_on(
    shared: &Shared<'_>,
    todo: &Mutex<Receiver<(u64, Work)>>,
    done: &SyncSender<(u64, Part)>,
) {
    loop {
        let next = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, work)) = next else { return };
        let part = match work {
            _ if shared.stop.load(Ordering::Relaxed) => continue,
            Work::Lines { log, chunk } => {
                let mut tally = Tally::default();
                shared.lines(log, &chunk, &mut tally);
                shared.told(tally.requests);
                Part { log, format: None, tally, error: None }
            }
            Work::Whole { log, format, head, rest } => {
                let mut tally = Tally::default();
                let error = shared.whole(log, format, head, rest, &mut tally).err();
                Part { log, format: None, tally, error: error.map(Failure::Unreadable) }
            }
        };
        if done.send((number, part)).is_err() {
            return;
        }
    }
}

impl Shared<'_> {
    fn sides(&self) -> (&Side<'_>, Option<&Side<'_>>) {
        (&self.side, self.against.as_ref())
    }

    fn told(&self, more: u64) {
        let decided = self.decided.fetch_add(more, Ordering::Relaxed) + more;
        (self.options.progress)(decided);
    }

    /// Decides requests that stand alone.
    fn lines(&self, log: u32, chunk: &Chunk, tally: &mut Tally) {
        let known = Circumstances::default();
        let fills = !self.options.defaults.is_empty();
        for (line, bytes) in chunk.lines() {
            let place = Place { log, line };
            let text = match source::text(bytes) {
                Ok(text) if text.trim_ascii().is_empty() => continue,
                _ if chunk.is_cut => Err(too_long()),
                text => text,
            };
            let decided = text.and_then(|text| {
                if fills {
                    let mut request = RequestBuf::from_json(text).map_err(shown)?;
                    request.fill(self.options.defaults);
                    request.with_request(|request| {
                        tally.decide(self.sides(), request, &known, place, None);
                    });
                    return Ok(());
                }
                let sides = self.sides();
                with_request_line(text, |request| tally.decide(sides, request, &known, place, None))
                    .map_err(shown)
            });
            if let Err(why) = decided {
                tally.broken(place, why);
            }
        }
    }

    /// Decides what a log tells whose lines belong together.
    fn whole(
        &self,
        log: u32,
        format: Format,
        head: Chunk,
        mut rest: Chunks<Box<dyn BufRead + Send>>,
        tally: &mut Tally,
    ) -> std::io::Result<()> {
        let Some(mut reader) = format.reader() else { return Ok(()) };
        let mut sessions = FxHashMap::default();
        let mut told = 0;
        let mut next = Some(head);
        while let Some(chunk) = next {
            for (line, bytes) in chunk.lines() {
                if bytes.trim_ascii().is_empty() {
                    continue;
                }
                let place = Place { log, line };
                let read = match chunk.is_cut {
                    true => Err(too_long()),
                    false => source::parse(bytes).and_then(|json| {
                        reader.line(line, json, &mut |read| {
                            self.take(log, read, &mut sessions, tally)
                        })
                    }),
                };
                if let Err(why) = read {
                    tally.broken(place, why);
                }
            }
            self.told(tally.requests - told);
            told = tally.requests;
            if self.stop.load(Ordering::Relaxed) || (self.options.strict && tally.broken > 0) {
                return Ok(());
            }
            next = rest.next(CHUNK)?;
        }
        reader.end(&mut |read| self.take(log, read, &mut sessions, tally));
        self.told(tally.requests - told);
        Ok(())
    }

    fn take(
        &self,
        log: u32,
        read: Read,
        sessions: &mut FxHashMap<Box<str>, Marks>,
        tally: &mut Tally,
    ) {
        let Read::Entry(entry) = read else {
            tally.without_request += 1;
            return;
        };
        let Entry { line, mut request, time, session, outcome, waited_ms, .. } = *entry;
        request.fill(self.options.defaults);
        let place = Place { log, line };
        let known = Circumstances { time, outcome, waited_ms };
        let mut new = Marks::default();
        let session = session.unwrap_or_default();
        let marks = sessions.get_mut(&session);
        let is_known = marks.is_some();
        let marks = marks.unwrap_or(&mut new);
        request.with_request(|request| {
            tally.decide(self.sides(), request, &known, place, Some(marks));
        });
        if !is_known && !new.is_empty() && sessions.len() < MOST_SESSIONS {
            sessions.insert(session, new);
        }
    }
}

fn shown(error: policy_eval::json::JsonError) -> String {
    format!("{}: {}", error.column, error.message)
}

fn too_long() -> String {
    format!("a line longer than {} bytes", source::MOST_LINE_BYTES.max(MAX_LINE_BYTES))
}

// ---- Adding ---------------------------------------------------------------------------------

/// The formats of the logs, and how many requests each has.
pub(super) type OfLogs = Vec<(Option<Format>, u64)>;

fn collect(
    shared: &Shared<'_>,
    results: &Receiver<(u64, Part)>,
    logs: usize,
) -> Result<(Tally, OfLogs), OfLog> {
    let mut total = Tally::default();
    let mut read: OfLogs = vec![(None, 0); logs];
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut ended = Ok(());
    for (number, part) in results {
        if ended.is_err() {
            // The others still end by themselves.
            continue;
        }
        waiting.insert(number, part);
        while let Some(part) = waiting.remove(&next) {
            next += 1;
            if let Some(of_log) = read.get_mut(part.log as usize) {
                of_log.0 = of_log.0.or(part.format);
                of_log.1 += part.tally.requests;
            }
            let broken = part.tally.first_broken.first().filter(|_| shared.options.strict);
            let error = match (broken, part.error) {
                (Some(broken), _) => {
                    Some(OfLog { place: broken.place, why: Why::Broken(broken.why.clone()) })
                }
                (None, Some(failure)) => Some(OfLog {
                    place: Place { log: part.log, line: 0 },
                    why: Why::Failure(failure),
                }),
                (None, None) => None,
            };
            total.add(part.tally);
            if let Some(error) = error {
                ended = Err(error);
                shared.stop.store(true, Ordering::Relaxed);
                break;
            }
        }
        *shared.added.lock().unwrap_or_else(PoisonError::into_inner) = next;
        shared.moved.notify_all();
    }
    ended.map(|()| (total, read))
}
