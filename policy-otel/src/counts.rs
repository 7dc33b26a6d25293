//! What became of records: counted without a lock, by the threads that decide and by the worker.

use std::sync::atomic::{AtomicU64, Ordering};

use policy_eval::Tier;
use policy_eval::record::{Event, Record};

/// Why a record was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// As many were waiting as may: the collector is down, or slower than the decisions.
    QueueFull,
    /// The collector does not take it.
    Rejected,
    /// Telemetry was shut down, or ended, before the collector took it.
    ShutDown,
}

impl DropReason {
    /// All of them.
    pub const ALL: [DropReason; 3] =
        [DropReason::QueueFull, DropReason::Rejected, DropReason::ShutDown];

    /// The word in the attribute `policy.drop.reason`.
    pub const fn name(self) -> &'static str {
        match self {
            DropReason::QueueFull => "queue_full",
            DropReason::Rejected => "rejected",
            DropReason::ShutDown => "shut_down",
        }
    }
}

/// What drops are told apart by: the kind of record and the tier in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind(usize);

impl Kind {
    /// A record of which only the number is known.
    pub(crate) const UNKNOWN: Kind = Kind(10);
    const COUNT: usize = 11;

    pub(crate) fn of(record: &Record) -> Kind {
        Kind(match &record.event {
            Event::Decision(decision) => decision.tier as usize,
            Event::Shadow(shadow) => 4 + shadow.decision.tier as usize,
            Event::Approval(_) => 8,
            Event::Result(_) => 9,
        })
    }

    /// The word for the kind, and the tier.
    pub(crate) fn names(self) -> (Option<&'static str>, Option<Tier>) {
        match self.0 {
            at @ 0..4 => (Some("decision"), Some(Tier::ALL[at])),
            at @ 4..8 => (Some("shadow"), Some(Tier::ALL[at - 4])),
            8 => (Some("approval"), None),
            9 => (Some("result"), None),
            _ => (None, None),
        }
    }

    pub(crate) fn is_denial(self) -> bool {
        self.0 == Tier::Deny as usize
    }
}

/// What became of records so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that were put in the queue.
    pub accepted: u64,
    /// Records that the collector took.
    pub delivered: u64,
    /// Records that were dropped, in or before the queue.
    pub dropped: u64,
    /// Those of them that were decisions to deny.
    pub dropped_denials: u64,
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    accepted: AtomicU64,
    delivered: AtomicU64,
    dropped: [[AtomicU64; Kind::COUNT]; 3],
}

impl Counters {
    pub(crate) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn deliver(&self, number: u64) {
        self.delivered.fetch_add(number, Ordering::Relaxed);
    }

    pub(crate) fn discard(&self, reason: DropReason, kind: Kind, number: u64) {
        self.dropped[reason as usize][kind.0].fetch_add(number, Ordering::Relaxed);
    }

    /// How many records were dropped, of each kind.
    pub(crate) fn dropped(&self, reason: DropReason) -> impl Iterator<Item = (Kind, u64)> + '_ {
        let kinds = self.dropped[reason as usize].iter().enumerate();
        kinds.map(|(at, number)| (Kind(at), number.load(Ordering::Relaxed)))
    }

    pub(crate) fn now(&self) -> Counts {
        let mut counts = Counts {
            accepted: self.accepted.load(Ordering::Relaxed),
            delivered: self.delivered.load(Ordering::Relaxed),
            ..Counts::default()
        };
        for (kind, number) in DropReason::ALL.into_iter().flat_map(|reason| self.dropped(reason)) {
            counts.dropped += number;
            if kind.is_denial() {
                counts.dropped_denials += number;
            }
        }
        counts
    }
}
