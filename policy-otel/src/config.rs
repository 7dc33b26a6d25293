//! What an embedder sets, and what the standard environment variables say.
//!
//! What stands in [`Config`] holds before the environment, and a signal's own variable before the
//! general one. A value that is not understood, or asks for what is not there, is an error: telemetry
//! that is silently elsewhere is worse than none.

use std::time::Duration;

/// Where records go, and how many may wait. Everything has a default; see the [variables](crate).
///
/// ```
/// use policy_otel::Config;
/// let config = Config {
///     endpoint: Some("http://collector.example:4318".into()),
///     service_name: Some("acme-agent".into()),
///     ..Config::default()
/// };
/// # assert!(config.queue.is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The collector: `/v1/logs` and `/v1/metrics` are put behind it.
    /// Else `OTEL_EXPORTER_OTLP_[LOGS_|METRICS_]ENDPOINT`, else `http://localhost:4318`.
    pub endpoint: Option<String>,
    /// Headers of each request. Those of `OTEL_EXPORTER_OTLP_[LOGS_|METRICS_]HEADERS` come to them.
    pub headers: Vec<(String, String)>,
    /// How long one request may take. Else `OTEL_EXPORTER_OTLP_[LOGS_|METRICS_]TIMEOUT`, else 10 s.
    pub timeout: Option<Duration>,
    /// The service. Else `OTEL_SERVICE_NAME`, else `unknown_service`.
    pub service_name: Option<String>,
    /// Other attributes of the resource, such as `host.name`. Those of `OTEL_RESOURCE_ATTRIBUTES`
    /// come to them.
    pub resource: Vec<(String, String)>,
    /// How many records may wait. Else `OTEL_BLRP_MAX_QUEUE_SIZE`, else 8192.
    pub queue: Option<usize>,
    /// How many records go in one request. Else `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, else 512.
    pub batch: Option<usize>,
    /// How long a record waits for others. Else `OTEL_BLRP_SCHEDULE_DELAY`, else 1 s.
    pub delay: Option<Duration>,
    /// How often metrics are sent. Else `OTEL_METRIC_EXPORT_INTERVAL`, else 60 s.
    pub metrics_interval: Option<Duration>,
    /// How many rules metrics tell apart; the rest is `_other`. Else 200.
    pub most_rules: Option<usize>,
}

/// Why telemetry does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A variable or a field asks for what is not there, or is not understood.
    #[error("`{name}`: {problem}, found `{value}`")]
    Setting {
        /// The variable, or the field of [`Config`].
        name: String,
        /// What is wrong.
        problem: &'static str,
        /// Its value.
        value: String,
    },
    /// The exporter does not accept its configuration.
    #[error("the OTLP exporter: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// No thread could be started.
    #[error("no thread for telemetry: {0}")]
    Thread(#[from] std::io::Error),
}

/// What holds, all told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) logs: Option<Signal>,
    pub(crate) metrics: Option<Signal>,
    pub(crate) queue: usize,
    pub(crate) batch: usize,
    pub(crate) delay: Duration,
    pub(crate) metrics_interval: Duration,
    pub(crate) most_rules: usize,
}

/// Where one signal goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) endpoint: String,
    pub(crate) timeout: Duration,
}

/// Reads a variable of the environment.
pub(crate) type Vars<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The variables of this process. An empty one counts as not set, as the standard says.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(|value| value.to_string_lossy().into_owned())
}

impl Config {
    pub(crate) fn settings(&self, vars: Vars<'_>) -> Result<Settings, StartError> {
        let is_disabled =
            vars("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let count = |field: Option<usize>, name: &str, default: usize| match field {
            Some(value) => Ok(value),
            None => number(vars, name).map(|value| value.map_or(default, |(value, _)| value)),
        };
        let time = |field: Option<Duration>, name: &str, default: u64| match field {
            Some(value) => Ok(value),
            None => count(None, name, usize::try_from(default).unwrap_or(usize::MAX))
                .map(|millis| Duration::from_millis(millis as u64)),
        };
        let queue = count(self.queue, "OTEL_BLRP_MAX_QUEUE_SIZE", 8192)?;
        let batch = count(self.batch, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", 512)?;
        Ok(Settings {
            logs: if is_disabled { None } else { self.signal(vars, "LOGS", "/v1/logs")? },
            metrics: if is_disabled { None } else { self.signal(vars, "METRICS", "/v1/metrics")? },
            queue: queue.max(1),
            batch: batch.clamp(1, queue.max(1)),
            delay: time(self.delay, "OTEL_BLRP_SCHEDULE_DELAY", 1000)?,
            metrics_interval: time(self.metrics_interval, "OTEL_METRIC_EXPORT_INTERVAL", 60_000)?,
            most_rules: self.most_rules.unwrap_or(200),
        })
    }

    /// None where the signal is turned off.
    fn signal(
        &self,
        vars: Vars<'_>,
        signal: &str,
        path: &str,
    ) -> Result<Option<Signal>, StartError> {
        let exporter = format!("OTEL_{signal}_EXPORTER");
        match vars(&exporter).as_deref() {
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(other) => {
                return Err(wrong(&exporter, "there are only `otlp` and `none` here", other));
            }
        }
        let either = |name: &str| {
            let own = format!("OTEL_EXPORTER_OTLP_{signal}_{name}");
            let general = format!("OTEL_EXPORTER_OTLP_{name}");
            match vars(&own) {
                Some(value) => Some((own, value)),
                None => vars(&general).map(|value| (general, value)),
            }
        };
        if let Some((name, protocol)) = either("PROTOCOL")
            && protocol != "http/protobuf"
        {
            return Err(wrong(&name, "there is only `http/protobuf` here", &protocol));
        }
        if let Some((name, compression)) = either("COMPRESSION")
            && !matches!(&*compression, "gzip" | "none")
        {
            return Err(wrong(&name, "there are only `gzip` and `none` here", &compression));
        }
        let under = |base: &str| format!("{}{path}", base.trim_end_matches('/'));
        let (name, endpoint) = match (&self.endpoint, either("ENDPOINT")) {
            (Some(endpoint), _) => ("endpoint".to_owned(), under(endpoint)),
            // A signal's own endpoint is taken as it is.
            (None, Some((name, endpoint))) if name.contains(signal) => (name, endpoint),
            (None, Some((name, endpoint))) => {
                let endpoint = under(&endpoint);
                (name, endpoint)
            }
            (None, None) => ("endpoint".to_owned(), under("http://localhost:4318")),
        };
        // A name and a password in it are told to nobody.
        let shown = endpoint.rsplit('@').next().unwrap_or_default();
        let scheme = endpoint.split_once("://").map_or("", |(scheme, _)| scheme);
        match &*scheme.to_ascii_lowercase() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => {
                return Err(wrong(&name, "https takes the feature `tls` of policy-otel", shown));
            }
            _ => return Err(wrong(&name, "expected a URL that begins with `http://`", shown)),
        }
        if opentelemetry_http::Request::post(&endpoint).body(()).is_err() {
            return Err(wrong(&name, "expected a URL", shown));
        }
        let timeout = match (self.timeout, either("TIMEOUT")) {
            (Some(timeout), _) => timeout,
            (None, Some((name, value))) => {
                let millis = value.parse();
                Duration::from_millis(millis.map_err(|_| wrong(&name, NUMBER, &value))?)
            }
            (None, None) => Duration::from_secs(10),
        };
        Ok(Some(Signal { endpoint, timeout }))
    }
}

const NUMBER: &str = "expected a whole number";

fn number(vars: Vars<'_>, name: &str) -> Result<Option<(usize, String)>, StartError> {
    let Some(text) = vars(name) else { return Ok(None) };
    match text.parse() {
        Ok(value) => Ok(Some((value, text))),
        Err(_) => Err(wrong(name, NUMBER, &text)),
    }
}

fn wrong(name: &str, problem: &'static str, value: &str) -> StartError {
    StartError::Setting { name: name.to_owned(), problem, value: value.to_owned() }
}
