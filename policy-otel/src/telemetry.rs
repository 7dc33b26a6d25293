//! The door for embedders.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::logs::LoggerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{
    LogExporter, MetricExporter, RetryPolicy, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogExporter as _, SdkLoggerProvider};
use policy_eval::record::Record;

use crate::client::Client;
use crate::config::{Config, Settings, StartError, environment};
use crate::counts::{Counters, Counts, DropReason, Kind};
use crate::metrics::Metrics;
use crate::names;
use crate::worker::{Alarm, Batch, Logs, Message, Worker};

/// Sends records to a collector. Clones send to the same one.
///
/// When the last clone is dropped, what waits is tried once, and nobody waits for it:
/// [`shutdown`](Telemetry::shutdown) before the process ends.
#[derive(Clone)]
pub struct Telemetry {
    /// None where the environment turns telemetry off.
    queue: Option<SyncSender<Message>>,
    counters: Arc<Counters>,
    alarm: Arc<Alarm>,
    is_closed: Arc<AtomicBool>,
}

/// A record that was not sent, and why. It is counted.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The record, for a caller that has another place for it.
    pub record: Box<Record>,
    /// Why.
    pub reason: DropReason,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a record was dropped ({})", self.reason.name())
    }
}

impl std::error::Error for Dropped {}

/// The time was over before all was sent. What waits is still tried, unless it was a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not all telemetry was sent in time")
    }
}

impl std::error::Error for TimedOut {}

impl Telemetry {
    /// Starts the threads that send. A collector that is down is no error: records wait for it.
    ///
    /// # Errors
    /// When a setting or a variable of the environment asks for what is not there, or is not
    /// understood; when no thread can be started.
    pub fn start(config: &Config) -> Result<Telemetry, StartError> {
        let settings = config.settings(&environment)?;
        let counters = Arc::new(Counters::default());
        let alarm = Arc::new(Alarm::default());
        let is_closed = Arc::new(AtomicBool::new(false));
        if settings.logs.is_none() && settings.metrics.is_none() {
            return Ok(Telemetry { queue: None, counters, alarm, is_closed });
        }
        let (sender, receiver) = sync_channel(settings.queue);
        let scope = InstrumentationScope::builder(names::SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(names::SCHEMA_URL)
            .with_attributes([KeyValue::new(names::NAMES_VERSION, names::VERSION)])
            .build();
        let worker = Worker {
            queue: receiver,
            logs: logs(config, &settings)?,
            metrics: metrics(config, &settings, &scope, &counters)?,
            // It makes records, and has no processor that would send them.
            logger: SdkLoggerProvider::builder().build().logger_with_scope(scope.clone()),
            scope,
            most: settings.batch,
            delay: settings.delay,
            batch: Batch::default(),
            counters: Arc::clone(&counters),
            alarm: Arc::clone(&alarm),
        };
        thread::Builder::new().name("policy-otel".to_owned()).spawn(move || worker.run())?;
        Ok(Telemetry { queue: Some(sender), counters, alarm, is_closed })
    }

    /// Hands a record over to be sent. It never waits and never fails what was decided.
    ///
    /// How much of an action leaves is what stands in the record: see
    /// [`Recorder`](policy_eval::record::Recorder).
    ///
    /// # Errors
    /// When as many records wait as may, or after a shutdown: the record is dropped, which is
    /// counted, told to the collector once it takes records again, and told here.
    ///
    /// # Cost
    /// One place in a bounded queue, without a lock; all else is done by another thread.
    ///
    /// ```
    /// # fn example(telemetry: &policy_otel::Telemetry, record: policy_eval::record::Record) {
    /// if let Err(dropped) = telemetry.record(record) {
    ///     eprintln!("{dropped}"); // or keep `dropped.record`
    /// }
    /// # }
    /// ```
    pub fn record(&self, record: impl Into<Box<Record>>) -> Result<(), Dropped> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let record = record.into();
        if self.is_closed.load(Ordering::Acquire) {
            return Err(self.drop(record, DropReason::ShutDown));
        }
        match queue.try_send(Message::Record(record)) {
            Ok(()) => {
                self.counters.accept();
                Ok(())
            }
            Err(TrySendError::Full(Message::Record(record))) => {
                Err(self.drop(record, DropReason::QueueFull))
            }
            Err(TrySendError::Disconnected(Message::Record(record))) => {
                Err(self.drop(record, DropReason::ShutDown))
            }
            // What comes back is what was sent.
            Err(_) => Ok(()),
        }
    }

    fn drop(&self, record: Box<Record>, reason: DropReason) -> Dropped {
        self.counters.discard(reason, Kind::of(&record), 1);
        Dropped { record, reason }
    }

    /// What became of the records so far.
    pub fn counts(&self) -> Counts {
        self.counters.now()
    }

    /// Sends all that was recorded before, and the metrics, and waits for it.
    ///
    /// # Errors
    /// When that takes longer than `limit`. Nothing is dropped for that.
    pub fn flush(&self, limit: Duration) -> Result<(), TimedOut> {
        if self.is_closed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.ask(Message::Flush, Instant::now() + limit)
    }

    /// Sends all that was recorded before, and ends. What cannot be sent within `limit` is dropped
    /// and counted; so is what is recorded later. A second shutdown does nothing.
    ///
    /// # Errors
    /// When the threads do not end within `limit`, as they are in the middle of a request. They end
    /// after it.
    pub fn shutdown(&self, limit: Duration) -> Result<(), TimedOut> {
        if self.is_closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let deadline = Instant::now() + limit;
        // So that there is time to count what is dropped.
        self.alarm.end_by(Instant::now() + limit.mul_f64(0.9));
        self.ask(Message::Stop, deadline)
    }

    fn ask(
        &self,
        message: fn(SyncSender<()>) -> Message,
        deadline: Instant,
    ) -> Result<(), TimedOut> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let (done, is_done) = sync_channel(1);
        let mut message = message(done);
        self.alarm.ring();
        loop {
            match queue.try_send(message) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return Ok(()),
                Err(TrySendError::Full(back)) if Instant::now() < deadline => message = back,
                Err(TrySendError::Full(_)) => return Err(TimedOut),
            }
            thread::sleep(Duration::from_millis(5));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        is_done.recv_timeout(left).map_err(|_| TimedOut)
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

fn logs(config: &Config, settings: &Settings) -> Result<Option<Logs>, StartError> {
    let Some(signal) = &settings.logs else { return Ok(None) };
    let client = Arc::new(Client::new(signal.timeout));
    let mut exporter = LogExporter::builder()
        .with_http()
        .with_shared_http_client(Arc::clone(&client) as _)
        .with_endpoint(&signal.endpoint)
        .with_timeout(signal.timeout)
        .with_headers(headers(config))
        // The worker tries again itself: it knows when the end is near.
        .with_retry_policy(RetryPolicy::disabled())
        .build()?;
    exporter.set_resource(&resource(config));
    Ok(Some(Logs { exporter, client }))
}

fn metrics(
    config: &Config,
    settings: &Settings,
    scope: &InstrumentationScope,
    counters: &Arc<Counters>,
) -> Result<Option<Metrics>, StartError> {
    let Some(signal) = &settings.metrics else { return Ok(None) };
    let exporter = MetricExporter::builder()
        .with_http()
        .with_http_client(Client::new(signal.timeout))
        .with_endpoint(&signal.endpoint)
        .with_timeout(signal.timeout)
        .with_headers(headers(config))
        // What does not arrive is part of the next numbers.
        .with_retry_policy(RetryPolicy::disabled())
        .build()?;
    Ok(Some(Metrics::new(
        exporter,
        settings.metrics_interval,
        resource(config),
        scope.clone(),
        Arc::clone(counters),
        settings.most_rules,
    )))
}

fn headers(config: &Config) -> HashMap<String, String> {
    config.headers.iter().cloned().collect()
}

fn resource(config: &Config) -> Resource {
    let attributes =
        config.resource.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let mut builder = Resource::builder().with_attributes(attributes);
    if let Some(name) = &config.service_name {
        builder = builder.with_service_name(name.clone());
    }
    builder.build()
}
