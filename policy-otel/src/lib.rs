//! Decision records as OpenTelemetry logs and metrics, over OTLP (HTTP, protobuf).
//!
//! A runtime that embeds the evaluator makes [records](policy_eval::record) and hands them over; a
//! thread sends them. Handing over never waits and never fails a decision: the queue is bounded, and
//! what does not fit is dropped, counted and told.
//!
//! ```no_run
//! use std::time::{Duration, SystemTime};
//!
//! use policy_eval::record::{Recorder, Time};
//! use policy_eval::{Policy, Request};
//! use policy_otel::{Config, Telemetry};
//!
//! # fn example(policy: &Policy) -> Result<(), Box<dyn std::error::Error>> {
//! let telemetry = Telemetry::start(&Config {
//!     service_name: Some("acme-agent".into()),
//!     ..Config::default()
//! })?;
//! let recorder = Recorder { session: Some("s-17"), ..Recorder::default() };
//! let request = Request::shell("git push --force");
//! let decision = policy.decide(&request);
//! let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
//! let now = Time::from_unix_nanos(nanos.try_into()?);
//! if let Some(record) = recorder.decision(now, policy, &request, &decision)
//!     && let Err(dropped) = telemetry.record(record)
//! {
//!     eprintln!("{dropped}");
//! }
//! // … before the process ends …
//! telemetry.shutdown(Duration::from_secs(5))?;
//! # Ok(())
//! # }
//! ```
//!
//! - How much of an action leaves is said by the policy: a record holds what its level lets it hold,
//!   and nothing leaves that its JSON would not show. Of an action that is not recorded nothing
//!   leaves, not even a number.
//! - While the collector is down, records wait and are sent again; a request whose answer got lost
//!   may arrive twice.
//! - [`names`] has every event, attribute and metric; `docs/otel.md` is the page about them.
//! - Standard variables hold: `OTEL_EXPORTER_OTLP_*` (with `LOGS_` and `METRICS_`), `OTEL_BLRP_*`,
//!   `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
//!   `OTEL_LOGS_EXPORTER`, `OTEL_METRICS_EXPORTER`, `OTEL_SDK_DISABLED`. What stands in [`Config`]
//!   holds before them. No proxy is used and no redirect followed.
//! - `https` takes the feature `tls`.

mod attributes;
mod client;
mod config;
mod counts;
mod metrics;
pub mod names;
mod telemetry;
mod worker;

pub use config::{Config, StartError};
pub use counts::{Counts, DropReason};
pub use telemetry::{Dropped, Telemetry, TimedOut};
