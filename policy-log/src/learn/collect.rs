//! What logs tell was allowed: each request once, and how often.

use std::collections::BTreeMap;
use std::io::BufRead;

use policy_eval::record::ApprovedBy;
use policy_eval::{Policy, RequestBuf, Tier, to_json};

use super::{LearnError, Options};
use crate::entry::{Entry, Outcome, Read};
use crate::replay::ReplayError;
use crate::source::{self, Chunk, Chunks, Format, Log};

/// How much is read at once.
const CHUNK: usize = 256 << 10;
/// How many different requests a policy is learned from.
pub const MOST_REQUESTS: usize = 200_000;

/// Requests that were allowed.
#[derive(Default)]
pub(super) struct Collected {
    /// By their text.
    pub(super) allowed: BTreeMap<String, (RequestBuf, u64)>,
    pub(super) requests: u64,
    pub(super) broken: u64,
    pub(super) without_request: u64,
    /// Of these nothing says whether they were allowed.
    pub(super) undecided: u64,
    is_full: bool,
}

pub(super) fn collect(
    logs: Vec<Log>,
    policy: Option<&Policy>,
    options: &Options<'_>,
) -> Result<Collected, LearnError> {
    let mut all = Collected::default();
    for log in logs {
        let name = log.name.clone();
        all.log(log, policy, options).map_err(|why| match why {
            Why::Unreadable(error) => ReplayError::Unreadable { log: name, error },
            Why::UnknownFormat => ReplayError::UnknownFormat { log: name },
            Why::Broken(line, why) => ReplayError::Broken { log: name, line, why },
        })?;
        if all.is_full {
            return Err(LearnError::TooMany);
        }
    }
    Ok(all)
}

enum Why {
    Unreadable(std::io::Error),
    UnknownFormat,
    Broken(u64, String),
}

impl From<std::io::Error> for Why {
    fn from(error: std::io::Error) -> Why {
        Why::Unreadable(error)
    }
}

impl Collected {
    fn log(&mut self, log: Log, policy: Option<&Policy>, options: &Options<'_>) -> Result<(), Why> {
        let mut chunks = Chunks::new(log.open()?);
        let Some(head) = chunks.next(CHUNK)? else { return Ok(()) };
        let lines = head.lines().map(|(_, line)| line);
        let format = match options.format.or_else(|| Format::detect(lines)) {
            Some(format) => format,
            None if head.bytes.trim_ascii().is_empty() => Format::Requests,
            None => return Err(Why::UnknownFormat),
        };
        self.lines(format, head, chunks, policy, options)
    }

    fn lines<R: BufRead>(
        &mut self,
        format: Format,
        head: Chunk,
        mut rest: Chunks<R>,
        policy: Option<&Policy>,
        options: &Options<'_>,
    ) -> Result<(), Why> {
        let mut reader = format.reader();
        let mut next = Some(head);
        while let Some(chunk) = next {
            for (number, bytes) in chunk.lines().filter(|(_, line)| !line.trim_ascii().is_empty()) {
                let read = match &mut reader {
                    _ if chunk.is_cut => Err("a line that is too long".to_owned()),
                    None => source::text(bytes).and_then(|text| {
                        let request = RequestBuf::from_json(text)
                            .map_err(|error| format!("{}: {}", error.column, error.message))?;
                        self.take(Read::Entry(Box::new(plain(number, request))), policy, options);
                        Ok(())
                    }),
                    Some(reader) => source::parse(bytes).and_then(|json| {
                        reader.line(number, json, &mut |read| self.take(read, policy, options))
                    }),
                };
                match read {
                    Err(why) if options.strict => return Err(Why::Broken(number, why)),
                    Err(_) => self.broken += 1,
                    Ok(()) => {}
                }
            }
            if self.is_full {
                return Ok(());
            }
            next = rest.next(CHUNK)?;
        }
        if let Some(reader) = &mut reader {
            reader.end(&mut |read| self.take(read, policy, options));
        }
        Ok(())
    }

    fn take(&mut self, read: Read, policy: Option<&Policy>, options: &Options<'_>) {
        let Read::Entry(entry) = read else {
            self.without_request += 1;
            return;
        };
        self.requests += 1;
        let mut entry = *entry;
        entry.request.fill(options.defaults);
        match was_allowed(&entry, policy, options.all) {
            None => self.undecided += 1,
            Some(false) => {}
            Some(true) => {
                let text = entry.request.with_request(|request| to_json(request).canonical());
                if self.allowed.len() == MOST_REQUESTS && !self.allowed.contains_key(&text) {
                    self.is_full = true;
                    return;
                }
                self.allowed.entry(text).or_insert((entry.request, 0)).1 += 1;
            }
        }
    }
}

/// A request of which nothing else is known.
fn plain(line: u64, request: RequestBuf) -> Entry {
    Entry {
        line,
        request,
        time: None,
        session: None,
        outcome: None,
        decided: None,
        answered_by: None,
        waited_ms: None,
    }
}

/// Whether the action was allowed: by the decision in the log or by a person; else by the policy that
/// was given. None where nothing says so.
fn was_allowed(entry: &Entry, policy: Option<&Policy>, all: bool) -> Option<bool> {
    match (entry.outcome, entry.answered_by, entry.decided) {
        (Some(Outcome::Denied | Outcome::Refused), _, _) => Some(false),
        (Some(Outcome::Approved), Some(ApprovedBy::Person), _) | (_, _, Some(Tier::Allow)) => {
            Some(true)
        }
        _ if all => Some(true),
        (_, _, Some(_)) => Some(false),
        _ => {
            let policy = policy?;
            Some(entry.request.with_request(|request| policy.decide(request).tier) == Tier::Allow)
        }
    }
}
