//! A text as a decision record, and as what one is made of.

use std::sync::OnceLock;

use policy_eval::record::{Record, Recorder, Time};
use policy_eval::{Policy, RecordLevel, Request, RequestBuf, is_control, is_unseen};

use crate::hook::policy;

/// A text that stands in no record.
const SECRET: &str = "correct-horse-battery";

/// What is read as a record is written and read again as the same. A record of a request, or of one
/// whose object is the text, is read as it was written and does not say the secret. Nothing that is
/// written holds a character that a terminal obeys.
pub fn record(text: &str) {
    if let Ok(record) = Record::from_json(text) {
        same(&record);
    }
    match RequestBuf::from_json(text) {
        Ok(request) => request.with_request(of_request),
        Err(_) => [Request::shell(text), Request::read(text), Request::url(text, "GET")]
            .iter()
            .for_each(of_request),
    }
}

fn of_request(request: &Request<'_>) {
    static LOADED: OnceLock<Policy> = OnceLock::new();
    let policy =
        LOADED.get_or_init(|| policy("default allow\ndeny run \"rm ...\"\nrecord full *\n"));
    let decision = policy.decide(request);
    for at_least in RecordLevel::ALL {
        let recorder = Recorder { secrets: &[SECRET], at_least, ..Recorder::default() };
        let time = Time::from_unix_nanos(1_795_515_300_000_000_000);
        if let Some(record) = recorder.decision(time, policy, request, &decision) {
            let line = same(&record);
            assert!(!line.to_lowercase().contains(SECRET), "a secret is told: {line}");
        }
    }
}

fn same(record: &Record) -> String {
    let line = record.to_json();
    assert!(!line.chars().any(|c| is_control(c) || is_unseen(c)), "{line}");
    let again = Record::from_json(&line).unwrap_or_else(|error| panic!("{error:?}: {line}"));
    assert_eq!(&again, record, "written and read again: {line}");
    line
}
