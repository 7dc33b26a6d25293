//! The HTTP client of the exporters: blocking, since what exports is a thread of its own.

use std::sync::Mutex;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message as _;

/// The longest answer that is read, in bytes.
const MOST_ANSWER: u64 = 4 << 20;

/// What a collector said of the last request. The exporter tells only whether it went well.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answer {
    /// Whether a request was made at all.
    pub(crate) was_sent: bool,
    /// The status; none where there was no answer.
    pub(crate) status: Option<u16>,
    /// How long it asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// How many records it did not take of a request that it took.
    pub(crate) rejected: u64,
}

impl Answer {
    /// Whether the same request would be refused again. The specification of OTLP names the
    /// statuses that may be tried again.
    pub(crate) fn is_final(&self) -> bool {
        self.status.is_some_and(|status| {
            !(200..300).contains(&status) && !matches!(status, 429 | 502 | 503 | 504)
        })
    }
}

/// A client that remembers what it was answered last.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    last: Mutex<Answer>,
}

impl Client {
    pub(crate) fn new(timeout: Duration) -> Client {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // What is sent is for the collector that was named, and for no other.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Client { agent, last: Mutex::default() }
    }

    /// What the last request was answered. It is forgotten.
    pub(crate) fn take(&self) -> Answer {
        self.last.lock().map(|mut last| std::mem::take(&mut *last)).unwrap_or_default()
    }

    fn remember(&self, answer: Answer) {
        if let Ok(mut last) = self.last.lock() {
            *last = answer;
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.remember(Answer { was_sent: true, ..Answer::default() });
        let (parts, body) = request.into_parts();
        let response = self.agent.run(Request::from_parts(parts, &body[..]))?;
        let (parts, mut body) = response.into_parts();
        let status = parts.status.as_u16();
        let retry_after = parts
            .headers
            .get("retry-after")
            .and_then(|value| Some(Duration::from_secs(value.to_str().ok()?.trim().parse().ok()?)));
        let bytes = body.with_config().limit(MOST_ANSWER).read_to_vec().unwrap_or_default();
        let rejected = if parts.status.is_success() { rejected(&bytes) } else { 0 };
        self.remember(Answer { was_sent: true, status: Some(status), retry_after, rejected });
        Ok(Response::from_parts(parts, bytes.into()))
    }
}

/// How many records an answer says were not taken. The answer for metrics has the same fields.
fn rejected(body: &[u8]) -> u64 {
    ExportLogsServiceResponse::decode(body)
        .ok()
        .and_then(|response| response.partial_success)
        .and_then(|partial| u64::try_from(partial.rejected_log_records).ok())
        .unwrap_or(0)
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.send(request)
    }
}
