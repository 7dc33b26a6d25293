//! The thread that talks to the collector.
//!
//! ```text
//!   record() ─ try_send ─► queue ─► worker: count, make a log record, fill a batch ─► collector
//!        └ full: dropped, counted        ▲                                     │ no answer: wait,
//!                                        └─────────────────────────────────────┘ send it again
//! ```
//!
//! While a batch cannot be sent the worker takes no further record, so the queue fills, and what
//! does not fit is dropped where it is made. Memory stays bounded by the queue and one batch.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_executor::block_on;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, Severity};
use opentelemetry::{Context, InstrumentationScope, Key};
use opentelemetry_otlp::LogExporter;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _, SdkLogRecord, SdkLogger};
use policy_eval::record::Record;

use crate::attributes::{self, Log};
use crate::client::Client;
use crate::counts::{Counters, DropReason, Kind};
use crate::metrics::Metrics;
use crate::names;

/// How long to wait before a batch is sent again; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(crate) enum Message {
    Record(Box<Record>),
    /// Send all that came before, then answer.
    Flush(SyncSender<()>),
    /// The same, and end.
    Stop(SyncSender<()>),
}

/// Ends a pause early: someone waits for a flush, or for the end.
#[derive(Default)]
pub(crate) struct Alarm {
    state: Mutex<AlarmState>,
    changed: Condvar,
}

#[derive(Default)]
struct AlarmState {
    rings: bool,
    /// When to give up, once the end is near.
    deadline: Option<Instant>,
}

impl Alarm {
    pub(crate) fn ring(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.rings = true;
        }
        self.changed.notify_all();
    }

    pub(crate) fn end_by(&self, deadline: Instant) {
        if let Ok(mut state) = self.state.lock() {
            state.deadline = Some(deadline);
            state.rings = true;
        }
        self.changed.notify_all();
    }

    fn is_over(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= Instant::now())
    }

    fn deadline(&self) -> Option<Instant> {
        self.state.lock().ok().and_then(|state| state.deadline)
    }

    /// Waits, at most until it rings or the deadline is there.
    fn pause(&self, pause: Duration) {
        let Ok(mut state) = self.state.lock() else { return };
        let until = Instant::now() + pause;
        while !state.rings {
            let until = state.deadline.map_or(until, |deadline| deadline.min(until));
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match self.changed.wait_timeout(state, left) {
                Ok((next, _)) => state = next,
                Err(_) => return,
            }
        }
        state.rings = false;
    }
}

/// Where log records go.
pub(crate) struct Logs {
    pub(crate) exporter: LogExporter,
    pub(crate) client: Arc<Client>,
}

pub(crate) struct Worker {
    pub(crate) queue: Receiver<Message>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) logs: Option<Logs>,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) logger: SdkLogger,
    pub(crate) scope: InstrumentationScope,
    pub(crate) most: usize,
    pub(crate) delay: Duration,
    pub(crate) batch: Batch,
}

/// What waits to be sent.
#[derive(Default)]
pub(crate) struct Batch {
    /// Our own events have no kind: they are not counted.
    records: Vec<(SdkLogRecord, Option<Kind>)>,
    /// When it is sent though it is not full.
    due: Option<Instant>,
    /// The drops that were told.
    told: [[u64; 2]; 3],
}

impl Worker {
    pub(crate) fn run(mut self) {
        // What the client and the SDK do to send is no telemetry of its own.
        let _quiet = Context::enter_telemetry_suppressed_scope();
        loop {
            match self.receive() {
                Ok(Message::Record(record)) => {
                    self.take(&record);
                    if self.most <= self.batch.records.len() {
                        self.send();
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.send(),
                Ok(Message::Flush(done)) => {
                    self.send();
                    if let Some(metrics) = &self.metrics {
                        metrics.flush();
                    }
                    // Who asked may have stopped waiting.
                    let _ = done.try_send(());
                }
                Ok(Message::Stop(done)) => {
                    self.end();
                    let _ = done.try_send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody shut it down: what is here is tried once.
                    self.alarm.end_by(Instant::now());
                    self.end();
                    return;
                }
            }
        }
    }

    fn receive(&self) -> Result<Message, RecvTimeoutError> {
        let due = match self.batch.due {
            None if self.drops().is_empty() => {
                return self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected);
            }
            None => Instant::now() + self.delay,
            Some(due) => due,
        };
        self.queue.recv_timeout(due.saturating_duration_since(Instant::now()))
    }

    fn take(&mut self, record: &Record) {
        if let Some(metrics) = &mut self.metrics {
            metrics.count(record);
        }
        if self.logs.is_none() {
            return self.counters.deliver(1);
        }
        let time = UNIX_EPOCH + Duration::from_nanos(record.time.unix_nanos());
        let log = self.log_record(attributes::log(record), time);
        self.batch.records.push((log, Some(Kind::of(record))));
        self.batch.due.get_or_insert_with(|| Instant::now() + self.delay);
    }

    fn log_record(&self, log: Log, time: SystemTime) -> SdkLogRecord {
        let mut record = self.logger.create_log_record();
        record.set_event_name(log.event);
        record.set_timestamp(time);
        record.set_observed_timestamp(SystemTime::now());
        record.set_severity_number(log.severity);
        record.set_severity_text(log.severity.name());
        record.set_body(AnyValue::String(log.body.into()));
        record.add_attributes(log.attributes);
        record
    }

    /// What was dropped and not told: the reason, how many, and how many of them were denials.
    fn drops(&self) -> Vec<(DropReason, [u64; 2])> {
        if self.logs.is_none() {
            return Vec::new();
        }
        let drops = DropReason::ALL.into_iter().map(|reason| {
            let mut now = [0, 0];
            for (kind, number) in self.counters.dropped(reason) {
                now[0] += number;
                now[1] += if kind.is_denial() { number } else { 0 };
            }
            let told = self.batch.told[reason as usize];
            (reason, [now[0] - told[0], now[1] - told[1]])
        });
        drops.filter(|(_, [records, _])| *records != 0).collect()
    }

    /// Puts the drops that were not told into the batch.
    fn tell_drops(&mut self) {
        for (reason, [records, denials]) in self.drops() {
            let told = &mut self.batch.told[reason as usize];
            told[0] += records;
            told[1] += denials;
            let number = |number: u64| AnyValue::Int(i64::try_from(number).unwrap_or(i64::MAX));
            let attributes: Vec<(Key, AnyValue)> = vec![
                (names::DROP_REASON.into(), AnyValue::String(reason.name().into())),
                (names::DROPPED_RECORDS.into(), number(records)),
                (names::DROPPED_DENIALS.into(), number(denials)),
            ];
            let log = Log {
                event: names::DROPPED_EVENT,
                severity: Severity::Error,
                body: format!("{records} records were dropped ({})", reason.name()),
                attributes,
            };
            let record = self.log_record(log, SystemTime::now());
            self.batch.records.push((record, None));
        }
    }

    /// Sends the batch, again and again until the collector takes or refuses it, or the end is near.
    fn send(&mut self) {
        let mut pause = FIRST_PAUSE;
        self.batch.due = None;
        loop {
            self.tell_drops();
            let Some(Logs { exporter, client }) = &self.logs else { return };
            if self.batch.records.is_empty() {
                return;
            }
            let batch: Vec<_> =
                self.batch.records.iter().map(|(record, _)| (record, &self.scope)).collect();
            let result = block_on(exporter.export(LogBatch::new(&batch)));
            let answer = client.take();
            if result.is_ok() {
                let sent = self.batch.records.iter().filter(|(_, kind)| kind.is_some()).count();
                let sent = sent as u64;
                let rejected = answer.rejected.min(sent);
                self.counters.deliver(sent - rejected);
                if rejected != 0 {
                    self.counters.discard(DropReason::Rejected, Kind::UNKNOWN, rejected);
                }
                return self.batch.records.clear();
            }
            // What was not even sent is too large, and will be.
            if answer.is_final() || !answer.was_sent {
                return self.discard(DropReason::Rejected);
            }
            if self.alarm.is_over() {
                return self.discard(DropReason::ShutDown);
            }
            self.alarm.pause(answer.retry_after.unwrap_or(pause).min(LONGEST_PAUSE));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn discard(&mut self, reason: DropReason) {
        for (_, kind) in self.batch.records.drain(..) {
            if let Some(kind) = kind {
                self.counters.discard(reason, kind, 1);
            }
        }
    }

    /// Sends what is there until the deadline; the rest is dropped.
    fn end(&mut self) {
        self.send();
        // What came between the last look and now.
        while let Ok(message) = self.queue.try_recv() {
            match message {
                Message::Record(record) if self.alarm.is_over() => {
                    self.counters.discard(DropReason::ShutDown, Kind::of(&record), 1);
                }
                Message::Record(record) => {
                    self.take(&record);
                    if self.most <= self.batch.records.len() {
                        self.send();
                    }
                }
                Message::Flush(done) | Message::Stop(done) => {
                    let _ = done.try_send(());
                }
            }
        }
        self.send();
        if let Some(metrics) = &self.metrics {
            let left = self.alarm.deadline().map_or(Duration::ZERO, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            metrics.shutdown(left);
        }
        if let Some(Logs { exporter, .. }) = &self.logs {
            let _ = exporter.shutdown();
        }
    }
}
