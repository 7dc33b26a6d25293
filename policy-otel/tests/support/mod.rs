//! A collector in this process: it reads OTLP over HTTP and keeps what it decoded.

// Each test uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, number_data_point};
use prost::Message;

/// What a collector got.
#[derive(Default)]
pub struct Got {
    pub logs: Vec<ExportLogsServiceRequest>,
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// The path and the headers of each request.
    pub requests: Vec<(String, BTreeMap<String, String>)>,
    /// All bodies, as they are behind compression.
    pub bytes: Vec<u8>,
}

pub struct Collector {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    got: Mutex<Got>,
    status: AtomicU16,
    hangs: AtomicBool,
    rejects: AtomicU16,
    ends: AtomicBool,
}

impl Collector {
    pub fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            got: Mutex::default(),
            status: AtomicU16::new(200),
            hangs: AtomicBool::new(false),
            rejects: AtomicU16::new(0),
            ends: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ends.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Collector { address, state }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on each request is answered so.
    pub fn answer(&self, status: u16) {
        self.state.status.store(status, Ordering::SeqCst);
    }

    /// From now on so many records of each request are not taken.
    pub fn reject(&self, records: u16) {
        self.state.rejects.store(records, Ordering::SeqCst);
    }

    /// From now on no request is answered.
    pub fn hang(&self) {
        self.state.hangs.store(true, Ordering::SeqCst);
    }

    pub fn got(&self) -> MutexGuard<'_, Got> {
        self.state.got.lock().expect("no thread of it panicked")
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl Got {
    /// Every log record, in the order in which they came.
    pub fn log_records(&self) -> impl Iterator<Item = &LogRecord> {
        self.logs
            .iter()
            .flat_map(|request| &request.resource_logs)
            .flat_map(|resource| &resource.scope_logs)
            .flat_map(|scope| &scope.log_records)
    }

    /// The counters of the last request of metrics, as `name{attributes} value`, in order.
    pub fn counters(&self) -> Vec<String> {
        let Some(last) = self.metrics.last() else { return Vec::new() };
        let metrics = last
            .resource_metrics
            .iter()
            .flat_map(|resource| &resource.scope_metrics)
            .flat_map(|scope| &scope.metrics);
        let mut lines = Vec::new();
        for metric in metrics {
            match &metric.data {
                Some(Data::Sum(sum)) => {
                    for point in &sum.data_points {
                        let value = count(point);
                        let attributes = attributes(&point.attributes);
                        lines.push(format!("{}{{{attributes}}} {value}", metric.name));
                    }
                }
                Some(Data::Histogram(histogram)) => {
                    for point in &histogram.data_points {
                        let attributes = attributes(&point.attributes);
                        let sum = point.sum.unwrap_or_default();
                        lines.push(format!(
                            "{}{{{attributes}}} count {} sum {sum}",
                            metric.name, point.count
                        ));
                    }
                }
                other => panic!("there are no such metrics: {other:?}"),
            }
        }
        lines.sort();
        lines
    }
}

fn count(point: &NumberDataPoint) -> i64 {
    match point.value {
        Some(number_data_point::Value::AsInt(value)) => value,
        other => panic!("a count is whole: {other:?}"),
    }
}

fn attributes(list: &[KeyValue]) -> String {
    let mut texts: Vec<String> =
        list.iter().map(|pair| format!("{}={}", pair.key, value(pair.value.as_ref()))).collect();
    texts.sort();
    texts.join(", ")
}

/// A value as text.
pub fn value(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::ArrayValue(list)) => {
            let items: Vec<String> =
                list.values.iter().map(|item| self::value(Some(item))).collect();
            format!("[{}]", items.join(", "))
        }
        other => panic!("there are no such values: {other:?}"),
    }
}

/// One attribute of a log record.
pub fn attribute(record: &LogRecord, name: &str) -> Option<String> {
    let pair = record.attributes.iter().find(|pair| pair.key == name)?;
    Some(value(pair.value.as_ref()))
}

/// A log record as a page. Digests change with every word of a policy, so they are cut.
pub fn page(record: &LogRecord) -> String {
    let value = |of: Option<&AnyValue>| {
        let text = value(of);
        text.strip_prefix("blake3:").map_or_else(|| text.clone(), |_| "blake3:…".to_owned())
    };
    let mut out = format!(
        "{} {} {}\n{}\n",
        record.event_name,
        record.severity_text,
        record.time_unix_nano,
        value(record.body.as_ref())
    );
    for pair in &record.attributes {
        out += &format!("  {} = {}\n", pair.key, value(pair.value.as_ref()));
    }
    out
}

fn serve(stream: &TcpStream, state: &State) {
    let mut reader = BufReader::new(stream);
    // A test that ends must not wait for a client that keeps its connection.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    while let Some((path, headers, body)) = request(&mut reader) {
        while state.hangs.load(Ordering::SeqCst) {
            if state.ends.load(Ordering::SeqCst) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let status = state.status.load(Ordering::SeqCst);
        let mut answer = Vec::new();
        if status == 200 {
            let body = match headers.get("content-encoding").map(String::as_str) {
                Some("gzip") => {
                    let mut text = Vec::new();
                    flate2::read::GzDecoder::new(&body[..])
                        .read_to_end(&mut text)
                        .expect("it is gzip");
                    text
                }
                None => body,
                Some(other) => panic!("nobody asked for {other}"),
            };
            assert_eq!(headers["content-type"], "application/x-protobuf");
            let mut got = state.got.lock().expect("no thread of it panicked");
            got.bytes.extend_from_slice(&body);
            if path.ends_with("/v1/logs") {
                got.logs.push(ExportLogsServiceRequest::decode(&body[..]).expect("it is OTLP"));
                let rejected = state.rejects.load(Ordering::SeqCst);
                if rejected != 0 {
                    let partial_success = Some(ExportLogsPartialSuccess {
                        rejected_log_records: rejected.into(),
                        error_message: "too old".to_owned(),
                    });
                    answer = ExportLogsServiceResponse { partial_success }.encode_to_vec();
                }
            } else {
                got.metrics
                    .push(ExportMetricsServiceRequest::decode(&body[..]).expect("it is OTLP"));
            }
            got.requests.push((path, headers));
        }
        let head = format!("HTTP/1.1 {status} So\r\ncontent-length: {}\r\n\r\n", answer.len());
        let mut stream = stream;
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).is_err() {
            return;
        }
    }
}

/// The path, the headers and the body of the next request. None where there is none.
fn request(reader: &mut impl BufRead) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}
