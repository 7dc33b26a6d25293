//! From a decision to what a collector decodes, while it is up, down, slow and unwilling.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use policy_eval::record::{
    ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, Recorder, ResultOutcome,
    ResultRecord, Time,
};
use policy_eval::{Policy, Request, Shadowed, Tier, action_digest};
use policy_otel::{Config, Counts, DropReason, Telemetry};

use support::{Collector, attribute, page};

const POLICY: &str = r#"
policy acme.agents version "2026.11"

default ask
default read allow

allow run "git (status|diff) ..."
no-force-push: deny run "git push {--force|-f}" because "Rewrites shared history."
review run "git commit ..."
allow connect "packages.acme.com" port 443
allow call "github/get_*"
deny  read "**/.env" because "Credentials stay out of agent reach."

record metadata *
record full     run, call, connect
record redacted read
"#;

fn compile(text: &str) -> Policy {
    let source = policy_lang::span::Source::new("acme.policy".to_owned(), text.to_owned());
    let none = |path: &str, _: &policy_lang::span::Source| Err(format!("no file {path}"));
    policy_lang::compile(vec![source], &none).unwrap_or_else(|failure| panic!("{failure}"))
}

/// How many records are sent: `POLICY_OTEL_RECORDS`.
fn records() -> u64 {
    std::env::var("POLICY_OTEL_RECORDS").map_or(20_000, |number| number.parse().expect("a number"))
}

const LIMIT: Duration = Duration::from_secs(30);

fn at(seconds: u64) -> Time {
    Time::from_unix_nanos((1_795_515_300 + seconds) * 1_000_000_000)
}

fn start(collector: &Collector) -> Telemetry {
    let config = Config { endpoint: Some(collector.endpoint()), ..quick() };
    Telemetry::start(&config).expect("the settings are right")
}

fn quick() -> Config {
    Config {
        service_name: Some("acme-agent".into()),
        delay: Some(Duration::from_millis(20)),
        ..Config::default()
    }
}

/// An endpoint where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

/// Decides different actions and records each; what the decisions were.
fn work(
    policy: &Policy,
    telemetry: &Telemetry,
    number: u64,
    flush_every: Option<u64>,
) -> Vec<Tier> {
    let recorder = Recorder { session: Some("s-17"), ..Recorder::default() };
    let mut tiers = Vec::new();
    for index in 0..number {
        let line = match index % 4 {
            0 => format!("git status {index}"),
            1 => format!("git push --force origin topic-{index}"),
            2 => format!("git commit -m {index}"),
            _ => format!("make target-{index}"),
        };
        let request = Request::shell(&line);
        let decision = policy.decide(&request);
        tiers.push(decision.tier);
        let record = recorder.decision(at(index), policy, &request, &decision);
        // A full queue is no failure.
        let _ = telemetry.record(record.expect("the policy records it"));
        if flush_every.is_some_and(|every| index % every == every - 1) {
            telemetry.flush(LIMIT).expect("the collector is up");
        }
    }
    tiers
}

#[test]
fn every_record_arrives_once_and_decisions_know_nothing_of_it() {
    let (policy, number) = (compile(POLICY), records());
    let collector = Collector::start();
    let telemetry = start(&collector);
    let begun = Instant::now();
    // As many as the queue takes at once; a flush does not drop.
    let up = work(&policy, &telemetry, number, Some(4000));
    telemetry.shutdown(LIMIT).expect("the collector is up");
    let took = begun.elapsed();
    println!("{number} records in {took:?}");
    let counts = telemetry.counts();
    let all = Counts { accepted: number, delivered: number, ..Counts::default() };
    assert_eq!(counts, all);
    let got = collector.got();
    let mut times: Vec<u64> = got.log_records().map(|log| log.time_unix_nano).collect();
    times.sort_unstable();
    let expected: Vec<u64> = (0..number).map(|index| at(index).unix_nanos()).collect();
    assert!(times == expected, "each record is there once");
    drop(got);

    let down = Telemetry::start(&Config { endpoint: Some(nowhere()), queue: Some(256), ..quick() })
        .expect("a collector that is down is no error");
    let begun = Instant::now();
    let told = work(&policy, &down, number, None);
    println!("{number} records to nobody in {:?}", begun.elapsed());
    down.shutdown(Duration::from_secs(2)).expect("who is down refuses at once");
    let counts = down.counts();
    assert_eq!((counts.delivered, counts.dropped), (0, number));
    assert_eq!(counts.dropped_denials, number / 4);
    assert!(up == told, "the decisions are the same");
}

#[test]
fn what_was_dropped_is_told_once_the_collector_is_up_again() {
    let policy = compile(POLICY);
    let collector = Collector::start();
    collector.answer(503);
    let config = Config {
        endpoint: Some(collector.endpoint()),
        queue: Some(64),
        batch: Some(16),
        ..quick()
    };
    let telemetry = Telemetry::start(&config).expect("the settings are right");
    work(&policy, &telemetry, 1000, None);
    let counts = telemetry.counts();
    assert!(counts.delivered == 0 && 900 <= counts.dropped, "{counts:?}");
    assert!(telemetry.flush(Duration::from_millis(50)).is_err(), "nothing is sent, nothing lost");
    assert_eq!(telemetry.counts(), counts);
    collector.answer(200);
    telemetry.flush(LIMIT).expect("the collector is up again");
    telemetry.shutdown(LIMIT).expect("the collector is up");
    assert_eq!(telemetry.counts().accepted, telemetry.counts().delivered);
    let got = collector.got();
    let drops = |name: &str| {
        let told = got.log_records().filter(|log| log.event_name == "policy.telemetry.dropped");
        told.map(|log| attribute(log, name).expect("it says").parse::<u64>().expect("a number"))
            .sum::<u64>()
    };
    assert_eq!(drops("policy.dropped.records"), counts.dropped);
    assert_eq!(drops("policy.dropped.denials"), counts.dropped_denials);
    let decisions = got.log_records().filter(|log| log.event_name == "policy.decision").count();
    assert_eq!(decisions as u64 + counts.dropped, 1000);
    // The metric says the same, and of which tier they were.
    let lines = got.counters();
    let dropped = lines.iter().filter(|line| line.starts_with("policy.telemetry.dropped"));
    let values = dropped.map(|line| line.rsplit(' ').next().expect("a value"));
    assert_eq!(
        values.map(|value| value.parse::<u64>().expect("a number")).sum::<u64>(),
        counts.dropped
    );
    let denials = format!(
        "policy.telemetry.dropped{{policy.drop.reason=queue_full, policy.record.kind=decision, \
         policy.tier=deny}} {}",
        counts.dropped_denials
    );
    assert!(lines.contains(&denials), "{denials}\n{}", lines.join("\n"));
}

#[test]
fn what_the_collector_refuses_is_dropped_and_not_sent_again() {
    let policy = compile(POLICY);
    let collector = Collector::start();
    collector.answer(400);
    let telemetry = start(&collector);
    work(&policy, &telemetry, 100, None);
    telemetry.flush(LIMIT).expect("a refusal is an answer");
    assert_eq!(telemetry.counts().dropped, 100);
    // Of a part of a request it says only how many.
    collector.answer(200);
    collector.reject(3);
    work(&policy, &telemetry, 10, None);
    telemetry.shutdown(LIMIT).expect("the collector is up");
    let counts = telemetry.counts();
    assert_eq!(counts.accepted, 110);
    assert_eq!(counts.delivered + counts.dropped, 110);
    assert!(103 <= counts.dropped, "{counts:?}");
}

#[test]
fn nobody_waits_for_a_collector_that_does_not_answer() {
    let policy = compile(POLICY);
    let collector = Collector::start();
    collector.hang();
    let telemetry = start(&collector);
    let request = Request::shell("git status");
    let decision = policy.decide(&request);
    let record = Recorder::default().decision(at(0), &policy, &request, &decision);
    let record = record.expect("the policy records it");
    let begun = Instant::now();
    for _ in 0..20_000 {
        let _ = telemetry.record(record.clone());
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_ne!(telemetry.counts().dropped, 0);
    let begun = Instant::now();
    assert!(telemetry.shutdown(Duration::from_millis(200)).is_err());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let dropped = telemetry.record(record).expect_err("it is shut down");
    assert_eq!(dropped.reason, DropReason::ShutDown);
    assert_eq!(telemetry.shutdown(LIMIT), Ok(()), "a second one does nothing");
}

#[test]
fn threads_share_one_telemetry() {
    let policy = Arc::new(compile(POLICY));
    let collector = Collector::start();
    let telemetry = start(&collector);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (policy, telemetry) = (Arc::clone(&policy), telemetry.clone());
            scope.spawn(move || work(&policy, &telemetry, 500, None));
        }
    });
    telemetry.shutdown(LIMIT).expect("the collector is up");
    assert_eq!(telemetry.counts().delivered, 2000);
    assert_eq!(collector.got().log_records().count(), 2000);
}

/// One record of each kind and level, as a collector sees it.
#[test]
fn each_kind_of_record_at_each_level() {
    let policy = compile(POLICY);
    let next = compile(&POLICY.replace("allow connect", "deny connect"));
    let collector = Collector::start();
    let telemetry = start(&collector);
    let recorder = Recorder {
        runtime: Some("acme-agent"),
        session: Some("s-17"),
        call_id: Some("call-3"),
        ..Recorder::default()
    };
    let roots = [("workspace", "/home/dev/app")];
    let with = |action: Request<'static>| Request {
        roots: &roots,
        cwd: Some("/home/dev/app"),
        user: Some("ana"),
        agent: Some("builder"),
        model: Some("m-2"),
        branch: Some("topic"),
        intent: Some("Publish the branch\u{1b}[2K."),
        ..action
    };
    let push = with(Request::shell("git status && git push --force origin topic"));
    let mut seconds = 0;
    let mut decide = |request: &Request<'_>| {
        let decision = policy.decide(request);
        seconds += 1;
        let record = recorder.decision(at(seconds), &policy, request, &decision);
        telemetry.record(record.expect("the policy records it")).expect("there is room");
    };
    decide(&push);
    decide(&with(Request::read("/home/dev/app/.env")));
    decide(&with(Request {
        url: Some("https://packages.acme.com/x?q=1"),
        method: Some("GET"),
        ..Request::new(policy_eval::Action::Connect)
    }));
    decide(&with(Request {
        server: Some("github"),
        tool: Some("get_issue"),
        args_json: Some(r#"{"number": 7, "note": "a\u001bb"}"#),
        ..Request::new(policy_eval::Action::Call)
    }));
    decide(&with(Request { length: Some(512), ..Request::new(policy_eval::Action::Prompt) }));
    let connect = with(Request::connect("packages.acme.com", 443));
    let both = Shadowed::decide(&policy, &next, &connect);
    let shadow = recorder.shadow(at(10), &connect, &both).expect("they differ");
    telemetry.record(shadow).expect("there is room");
    let digest = action_digest(&push);
    let approval = ApprovalRecord {
        outcome: ApprovalOutcome::Denied,
        by: ApprovedBy::Person,
        scope: ApprovalScope::Once,
        approver: Some("ana".into()),
    };
    telemetry.record(recorder.approval(at(11), &digest, approval)).expect("there is room");
    let result = ResultRecord {
        outcome: ResultOutcome::Failed,
        exit_code: Some(1),
        duration_ms: Some(1500),
    };
    telemetry.record(recorder.result(at(12), &digest, result)).expect("there is room");
    telemetry.shutdown(LIMIT).expect("the collector is up");
    let got = collector.got();
    let pages: Vec<String> = got.log_records().map(page).collect();
    insta::assert_snapshot!(pages.join("\n"));
    insta::assert_snapshot!("resource_and_scope", {
        let resource = &got.logs[0].resource_logs[0];
        let scope = &resource.scope_logs[0];
        let about = scope.scope.as_ref().expect("it has a scope");
        let name = resource.resource.as_ref().expect("it has a resource").attributes.iter();
        let name = name.filter(|pair| pair.key == "service.name");
        let service: Vec<String> = name.map(|pair| support::value(pair.value.as_ref())).collect();
        let names: Vec<String> = about
            .attributes
            .iter()
            .map(|pair| format!("{}={}", pair.key, support::value(pair.value.as_ref())))
            .collect();
        format!("{} {} {} {}", service.join(","), about.name, names.join(","), scope.schema_url)
    });
}

#[test]
fn metrics_count_by_few_names() {
    let policy = compile(POLICY);
    let collector = Collector::start();
    let config = Config { endpoint: Some(collector.endpoint()), most_rules: Some(2), ..quick() };
    let telemetry = Telemetry::start(&config).expect("the settings are right");
    let recorder = Recorder { session: Some("s-17"), ..Recorder::default() };
    let send = |record| telemetry.record(record).expect("there is room");
    for (seconds, line) in
        ["git status", "git push -f", "git commit -m x", "make deploy", "$X", "make deploy"]
            .into_iter()
            .enumerate()
    {
        let request = Request::shell(line);
        let decision = policy.decide(&request);
        let record = recorder.decision(at(seconds as u64), &policy, &request, &decision);
        send(record.expect("the policy records it"));
    }
    let answers = [
        ("make deploy", ApprovalOutcome::Approved, 17),
        ("git commit -m x", ApprovalOutcome::Denied, 3),
        // Nobody asked, so there is neither a rule nor a time.
        ("make other", ApprovalOutcome::Approved, 30),
    ];
    for (line, outcome, seconds) in answers {
        let approval = ApprovalRecord {
            outcome,
            by: ApprovedBy::Person,
            scope: ApprovalScope::Once,
            approver: None,
        };
        send(recorder.approval(at(seconds), &action_digest(&Request::shell(line)), approval));
    }
    for outcome in [ResultOutcome::Done, ResultOutcome::Done, ResultOutcome::NotDone] {
        let result = ResultRecord { outcome, exit_code: None, duration_ms: None };
        send(recorder.result(at(40), "blake3:00", result));
    }
    telemetry.shutdown(LIMIT).expect("the collector is up");
    insta::assert_snapshot!(collector.got().counters().join("\n"));
}
