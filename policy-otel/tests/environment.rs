//! The standard variables. The environment is the whole process's, so a child has it.

mod support;

use std::process::{Command, Output};
use std::time::Duration;

use policy_eval::record::Record;
use policy_otel::{Config, Telemetry};

use support::{Collector, value};

/// What the child runs: one record, with no setting of its own.
#[test]
#[ignore = "a child process of the other tests"]
fn child() {
    let telemetry = match Telemetry::start(&Config::default()) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("error: {error}");
            return;
        }
    };
    let line = r#"{"schema_version":1,"kind":"result","time":"2026-11-24T10:15:00Z",
        "action_digest":"blake3:00","result":"done"}"#;
    telemetry.record(Record::from_json(line).expect("it is a record")).expect("there is room");
    telemetry.shutdown(Duration::from_secs(20)).expect("the collector is up");
    eprintln!("delivered: {}", telemetry.counts().delivered);
}

fn run(vars: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test is a program"));
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    // A proxy of the system is none of ours.
    command.env("HTTP_PROXY", "http://127.0.0.1:9").env_remove("NO_PROXY");
    let Output { stderr, status, .. } =
        command.envs(vars.iter().copied()).output().expect("it runs");
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "{stderr}");
    stderr.lines().find(|line| line.contains(": ")).unwrap_or_default().to_owned()
}

#[test]
fn the_general_variables_hold_for_both_signals() {
    let collector = Collector::start();
    let said = run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("{}/base/", collector.endpoint())),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=agents,x-key=a%20b"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_SERVICE_NAME", "acme-agent"),
        ("OTEL_RESOURCE_ATTRIBUTES", "host.name=ci-7"),
    ]);
    assert_eq!(said, "delivered: 1");
    let got = collector.got();
    let paths: Vec<&str> = got.requests.iter().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["/base/v1/logs", "/base/v1/metrics"]);
    for (_, headers) in &got.requests {
        assert_eq!((&*headers["x-team"], &*headers["x-key"]), ("agents", "a b"));
        assert_eq!(headers["content-encoding"], "gzip");
    }
    let resource = got.logs[0].resource_logs[0].resource.as_ref().expect("it has a resource");
    let of = |name: &str| {
        let pair = resource.attributes.iter().find(|pair| pair.key == name);
        value(pair.expect("it is there").value.as_ref())
    };
    assert_eq!((&*of("service.name"), &*of("host.name")), ("acme-agent", "ci-7"));
}

#[test]
fn a_signal_has_variables_of_its_own() {
    let (logs, metrics) = (Collector::start(), Collector::start());
    let said = run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &metrics.endpoint()),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &format!("{}/in/v1/logs", logs.endpoint())),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-for=logs"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
    ]);
    assert_eq!(said, "delivered: 1");
    assert_eq!(logs.got().requests[0].0, "/in/v1/logs");
    assert_eq!(logs.got().requests[0].1["x-for"], "logs");
    assert_eq!(metrics.got().requests[0].0, "/v1/metrics");
    assert_eq!(metrics.got().requests.len(), 1);
}

#[test]
fn signals_are_turned_off() {
    let collector = Collector::start();
    let endpoint = collector.endpoint();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint);
    assert_eq!(run(&[endpoint, ("OTEL_SDK_DISABLED", "true")]), "delivered: 0");
    assert!(collector.got().requests.is_empty());
    assert_eq!(run(&[endpoint, ("OTEL_LOGS_EXPORTER", "none")]), "delivered: 1");
    assert_eq!(collector.got().requests.len(), 1);
    assert_eq!(run(&[endpoint, ("OTEL_METRICS_EXPORTER", "none")]), "delivered: 1");
    let got = collector.got();
    assert_eq!((got.logs.len(), got.metrics.len()), (1, 1));
}

#[test]
fn what_is_not_there_is_an_error_that_says_so() {
    let errors: Vec<String> = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:word@collector.example"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector.example:4318"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://user:word@a b"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "many"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "-1"),
    ]
    .iter()
    .filter(|(_, value)| !(cfg!(feature = "tls") && value.starts_with("https")))
    .map(|pair| run(&[*pair]))
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}
