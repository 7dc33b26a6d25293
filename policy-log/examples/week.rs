//! Writes the log of a working week that nobody had: see `policy_generate::week`.
//!
//! ```text
//!   cargo run -p policy-log --example week -- requests 1000000 > week.jsonl
//!   cargo run -p policy-log --example week -- records 4000 examples/policies/workstation.policy \
//!       | gzip -9n > examples/logs/week.jsonl.gz
//! ```
//!
//! `requests` writes what agents asked, one request a line. `records` has a policy decide it and writes
//! decision records, with what people answered and what became of each action.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use policy_eval::record::{
    ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, Recorder, ResultOutcome,
    ResultRecord, Time,
};
use policy_eval::{Policy, RecordLevel, RequestBuf, Tier, action_digest};
use policy_generate::{Dice, WeekAction, week};
use policy_lang::span::Source;

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_default();
    let count: usize = words.next().as_deref().unwrap_or("4000").parse()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let week = week(&mut Dice::new(SEED), count);
    match &*what {
        "requests" => {
            for action in week {
                writeln!(out, "{}", action.request)?;
            }
        }
        "records" => {
            let policy = compile(&words.next().ok_or("which policy?")?)?;
            let mut lines = Vec::new();
            for (action, number) in week.iter().zip(1..) {
                records(&policy, action, number, &mut lines)?;
            }
            lines.sort();
            for (_, _, line) in lines {
                writeln!(out, "{line}")?;
            }
        }
        other => return Err(format!("`{other}` is none of `requests`, `records`").into()),
    }
    Ok(out.flush()?)
}

fn compile(path: &str) -> Result<Policy, Box<dyn std::error::Error>> {
    let include = |path: &str, from: &Source| {
        let path = Path::new(&from.name).parent().unwrap_or(Path::new("")).join(path);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        Ok(Source::new(path.to_string_lossy(), text))
    };
    let text = std::fs::read_to_string(path)?;
    policy_lang::compile(vec![Source::new(path, text)], &include)
        .map_err(|failure| format!("{path}: {} errors", failure.diagnostics.len()).into())
}

/// The records of one action, each with its time and the number of the action.
fn records(
    policy: &Policy,
    action: &WeekAction,
    number: u64,
    lines: &mut Vec<(Time, u64, String)>,
) -> Result<(), Box<dyn std::error::Error>> {
    let at = |ms: u64| Time::from_unix_nanos((action.time_ms + ms) * 1_000_000);
    let call = format!("c{number}");
    let recorder = Recorder {
        runtime: Some("acme-agent"),
        session: Some(&action.session),
        call_id: Some(&call),
        // So that the log can be replayed, whatever the policy records.
        at_least: RecordLevel::Full,
        ..Recorder::default()
    };
    let request = RequestBuf::from_json(&action.request.to_string())?;
    request.with_request(|request| {
        let decision = policy.decide(request);
        let digest = action_digest(request);
        let mut told = Vec::new();
        told.extend(recorder.decision(at(0), policy, request, &decision).map(|one| (at(0), one)));
        let (by, waits) = match decision.tier {
            Tier::Review => (Some(ApprovedBy::Reviewer), action.waits_ms / 4),
            Tier::Ask => (Some(ApprovedBy::Person), action.waits_ms),
            Tier::Allow | Tier::Deny => (None, 0),
        };
        if let Some(by) = by {
            let outcome = match action.approves {
                true => ApprovalOutcome::Approved,
                false => ApprovalOutcome::Denied,
            };
            let scope = ApprovalScope::Once;
            let approval = ApprovalRecord { outcome, by, scope, approver: None };
            told.push((at(waits), recorder.approval(at(waits), &digest, approval)));
        }
        let happens = match decision.tier {
            Tier::Allow => true,
            Tier::Review | Tier::Ask => action.approves,
            Tier::Deny => false,
        };
        let outcome = match (happens, action.succeeds) {
            (false, _) => ResultOutcome::NotDone,
            (true, true) => ResultOutcome::Done,
            (true, false) => ResultOutcome::Failed,
        };
        let result = ResultRecord { outcome, exit_code: None, duration_ms: None };
        told.push((at(waits + 900), recorder.result(at(waits + 900), &digest, result)));
        lines.extend(told.into_iter().map(|(time, record)| (time, number, record.to_json())));
    });
    Ok(())
}
