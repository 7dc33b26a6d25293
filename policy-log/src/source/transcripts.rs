//! Transcripts of agent runtimes, as entries.

use policy_eval::json::Json;
use policy_hosts::transcript::{Became, Told, Transcript};

use super::Reader;
use super::pending::Pending;
use crate::entry::{Entry, Outcome, Read};

/// Reads the transcripts of one runtime.
pub(super) struct Transcripts {
    transcript: Transcript,
    pending: Pending,
}

impl Transcripts {
    pub(super) fn new(transcript: Transcript) -> Transcripts {
        Transcripts { transcript, pending: Pending::default() }
    }
}

impl Reader for Transcripts {
    fn line(&mut self, number: u64, json: Json, each: &mut dyn FnMut(Read)) -> Result<(), String> {
        let time = json.get("timestamp").and_then(Json::as_str).and_then(|time| time.parse().ok());
        let mut told = Vec::new();
        let read = self.transcript.line(&json, &mut |one| told.push(one));
        for one in told {
            match one {
                Told::Call { id, requests } => {
                    let session = self.transcript.session();
                    let entry = |request| Entry {
                        line: number,
                        request,
                        time,
                        session: session.map(Into::into),
                        outcome: None,
                        decided: None,
                        answered_by: None,
                        waited_ms: None,
                    };
                    let entries = requests.into_iter().map(entry).collect();
                    self.pending.add(&id, entries, each);
                }
                Told::Became { id, outcome } => {
                    let outcome = match outcome {
                        Became::Done => Outcome::Done,
                        Became::Denied => Outcome::Denied,
                        Became::Refused => Outcome::Refused,
                    };
                    self.pending.tell(&id, outcome, |_| {});
                    self.pending.end_one(&id, each);
                }
            }
        }
        read
    }

    fn end(&mut self, each: &mut dyn FnMut(Read)) {
        self.pending.end(each);
    }
}
