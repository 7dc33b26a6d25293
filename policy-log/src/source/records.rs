//! Our decision records: a decision is an action, an approval and a result are what became of it.

use policy_eval::RequestBuf;
use policy_eval::json::Json;
use policy_eval::record::{ApprovalOutcome, Event, Record, ResultOutcome};

use super::Reader;
use super::pending::Pending;
use crate::entry::{Entry, Outcome, Read};

/// Reads records. Those of one action belong together by session, call and action digest.
#[derive(Default)]
pub(super) struct Records {
    pending: Pending,
}

impl Reader for Records {
    fn line(&mut self, number: u64, json: Json, each: &mut dyn FnMut(Read)) -> Result<(), String> {
        // In a log with a chain a record stands in a line of the chain, beside lines of the chain's
        // own. Whether the chain holds is for `policy log verify` to say.
        let json = match (json.get("record"), json.get("prev")) {
            (Some(record), Some(_)) => record.clone(),
            (None, Some(_)) => return Ok(()),
            _ => json,
        };
        // The strict reader of records reads text; what is written is what was read.
        let record = Record::from_json(&json.canonical()).map_err(|error| error.message)?;
        let Record { time, session, call_id, action_digest, event, .. } = record;
        let name = format!(
            "{}\u{0}{}\u{0}{action_digest}",
            session.as_deref().unwrap_or_default(),
            call_id.as_deref().unwrap_or_default()
        );
        match event {
            Event::Decision(decision) => {
                let Some(request) = decision.request else {
                    each(Read::WithoutRequest);
                    return Ok(());
                };
                let request =
                    RequestBuf::from_json(&request.canonical()).map_err(|error| error.message)?;
                let entry = Entry {
                    line: number,
                    request,
                    time: Some(time),
                    session: session.map(Into::into),
                    outcome: None,
                    decided: Some(decision.tier),
                    answered_by: None,
                    waited_ms: None,
                };
                self.pending.add(&name, vec![entry], each);
            }
            // What another policy would have said is no action.
            Event::Shadow(_) => {}
            Event::Approval(approval) => {
                let outcome = match approval.outcome {
                    ApprovalOutcome::Approved => Outcome::Approved,
                    ApprovalOutcome::Denied => Outcome::Denied,
                };
                self.pending.tell(&name, outcome, |entry| {
                    entry.answered_by = entry.answered_by.or(Some(approval.by));
                    let asked = entry.time.unwrap_or(time).unix_nanos();
                    entry.waited_ms = Some(time.unix_nanos().saturating_sub(asked) / 1_000_000);
                });
            }
            Event::Result(result) => {
                let outcome = match result.outcome {
                    ResultOutcome::Done | ResultOutcome::Failed => Outcome::Done,
                    ResultOutcome::NotDone => Outcome::Refused,
                };
                self.pending.tell(&name, outcome, |_| {});
                self.pending.end_one(&name, each);
            }
        }
        Ok(())
    }

    fn end(&mut self, each: &mut dyn FnMut(Read)) {
        self.pending.end(each);
    }
}
