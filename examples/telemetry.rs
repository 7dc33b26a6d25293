//! An embedder with telemetry: each decision, each answer and each result becomes a record, and a
//! thread sends the records to an OpenTelemetry collector.
//!
//! ```text
//!   request ─► decide ─► act ─┬─► approval ─► result      (the agent waits for none of the below)
//!                  │          │       │          │
//!                  └──────────┴───────┴──────────┴─► Telemetry::record ─► queue ─► collector
//! ```
//!
//! Try it, with a collector that listens for OTLP over HTTP:
//!
//! ```text
//!   cargo run -p examples --bin telemetry                   # http://localhost:4318
//!   OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example:4318 cargo run -p examples --bin telemetry
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use policy_eval::record::{
    ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, Record, Recorder, ResultOutcome,
    ResultRecord, Time,
};
use policy_eval::{Policy, Request, Session, Tier, action_digest};
use policy_lang::{check::no_includes, compile, span::Source};
use policy_otel::{Config, Telemetry};

/// What is recorded is said by the policy: of most actions that they happened, of commands all but
/// secrets.
const POLICY: &str = r#"
policy acme.agents version "2026.11"

default ask
allow  run "git (status|diff) ..."
review run "git commit ..."
no-force-push:
deny   run "git push {--force|-f} ..." because "Rewrites shared history."
allow  read "$workspace/**"

record metadata *
record full     run
"#;

/// How long the end of the program may wait for the collector.
const AT_THE_END: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let policy = match compile(vec![Source::new("agents.policy", POLICY)], &no_includes) {
        Ok(policy) => policy,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::FAILURE;
        }
    };
    let config = Config { service_name: Some("acme-agent".into()), ..Config::default() };
    let telemetry = match Telemetry::start(&config) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("no telemetry: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut agent = Agent { policy, session: Session::new(), telemetry: telemetry.clone() };
    let roots = [("workspace", "/home/dev/app")];
    let actions = [
        Request::shell("git status"),
        Request::read("src/lib.rs"),
        Request::shell("git commit -m 'parser: accept trailing commas'"),
        Request::shell("git push --force origin main"),
        Request::shell("API_KEY=hunter2hunter2 make deploy"),
    ];
    for (number, action) in actions.into_iter().enumerate() {
        let request = Request {
            roots: &roots,
            cwd: Some("/home/dev/app"),
            user: Some("ana"),
            intent: Some("Release the parser."),
            ..action
        };
        println!("{}", agent.attempt(&format!("call-{number}"), &request));
    }
    if let Err(error) = telemetry.shutdown(AT_THE_END) {
        eprintln!("{error}");
    }
    let counts = telemetry.counts();
    println!("{} records delivered, {} dropped", counts.delivered, counts.dropped);
    ExitCode::SUCCESS
}

struct Agent {
    policy: Policy,
    session: Session,
    telemetry: Telemetry,
}

impl Agent {
    fn attempt(&mut self, call: &str, request: &Request<'_>) -> String {
        let recorder = Recorder {
            runtime: Some("acme-agent"),
            session: Some("s-17"),
            call_id: Some(call),
            secrets: &["hunter2hunter2"],
            ..Recorder::default()
        };
        let digest = action_digest(request);
        let decision = self.session.decide(&self.policy, request);
        // The record is of the request with the marks that the session has.
        self.send(self.session.with_marks_of(request, |request| {
            recorder.decision(now(), &self.policy, request, &decision)
        }));
        let is_cleared = match decision.tier {
            Tier::Allow => true,
            Tier::Deny => false,
            Tier::Review | Tier::Ask => {
                // A real one asks; here the reviewer clears everything and the person nothing.
                let by = if decision.tier == Tier::Review {
                    ApprovedBy::Reviewer
                } else {
                    ApprovedBy::Person
                };
                let outcome = match by {
                    ApprovedBy::Reviewer => ApprovalOutcome::Approved,
                    ApprovedBy::Person => ApprovalOutcome::Denied,
                };
                let approval =
                    ApprovalRecord { outcome, by, scope: ApprovalScope::Once, approver: None };
                self.send(Some(recorder.approval(now(), &digest, approval)));
                outcome == ApprovalOutcome::Approved
            }
        };
        let begun = Instant::now();
        let outcome = if is_cleared {
            // … here the action happens …
            self.session.done(&decision);
            ResultOutcome::Done
        } else {
            ResultOutcome::NotDone
        };
        let duration_ms =
            is_cleared.then(|| u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        let result = ResultRecord { outcome, exit_code: None, duration_ms };
        self.send(Some(recorder.result(now(), &digest, result)));
        format!("{}: {}", decision.tier, outcome.name())
    }

    /// Whatever becomes of a record, the agent goes on.
    fn send(&self, record: Option<Record>) {
        if let Some(record) = record
            && let Err(dropped) = self.telemetry.record(record)
        {
            // Another place for it would be a file.
            eprintln!("{dropped}");
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
