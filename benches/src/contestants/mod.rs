//! Everybody who takes part, behind one door.
//!
//! ```text
//!   rules ── write ──► text ── build ──► Engine ── prepare(requests) ──► Contestant ── decide
//! ```

#[cfg(feature = "peers")]
mod cedar;
mod ours;
#[cfg(feature = "peers")]
mod rego;

use std::time::Duration;

use anyhow::Context;
use policy_eval::Tier;

use crate::linear::Linear;
use crate::workload::{Sent, Workload};

/// Everybody, the judge first. The peers take part with the feature `peers`.
pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "interpreter",
        kind: Kind::Judge,
        names_rules: true,
        most_rules: 1_000,
        write: Workload::text,
        build: ours::interpreter,
    },
    Entry {
        name: "policy-eval",
        kind: Kind::Engine,
        names_rules: true,
        most_rules: usize::MAX,
        write: Workload::text,
        build: ours::engine,
    },
    Entry {
        name: "linear-scan",
        kind: Kind::ByHand,
        names_rules: true,
        most_rules: usize::MAX,
        write: |_| String::new(),
        build: linear,
    },
    #[cfg(feature = "peers")]
    Entry {
        name: "cedar",
        kind: Kind::Peer,
        names_rules: false,
        most_rules: 1_000,
        write: cedar::text,
        build: cedar::build,
    },
    #[cfg(feature = "peers")]
    Entry {
        name: "rego-by-rule",
        kind: Kind::Peer,
        names_rules: false,
        most_rules: 1_000,
        write: rego::by_rule_text,
        build: rego::by_rule,
    },
    #[cfg(feature = "peers")]
    Entry {
        name: "rego-by-data",
        kind: Kind::Peer,
        names_rules: false,
        most_rules: 1_000,
        write: rego::by_data_text,
        build: rego::by_data,
    },
];

/// How a contestant is built.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its name in reports.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it says which rule decided.
    pub names_rules: bool,
    /// The largest number of rules at which it is measured.
    pub most_rules: usize,
    /// Writes the rules in its language. An author does it, so no clock runs.
    pub write: fn(&Workload) -> String,
    /// From the text (or the rules, where there is none) to something that decides.
    pub build: fn(&Workload, &str) -> anyhow::Result<Built>,
}

/// What a contestant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The reference interpreter of this workspace.
    Judge,
    /// The engine of this workspace.
    Engine,
    /// Code written for these rules by hand.
    ByHand,
    /// Another policy engine.
    Peer,
}

impl Kind {
    /// The word that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Judge => "judge",
            Kind::Engine => "engine",
            Kind::ByHand => "by-hand",
            Kind::Peer => "peer",
        }
    }
}

/// An engine that was built.
pub struct Built {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// How much of the time went into reading the text: parsing it and checking it.
    pub load: Duration,
}

/// An engine that holds the rules.
pub trait Engine {
    /// Brings the requests into its own form.
    ///
    /// # Errors
    /// When it refuses one.
    fn prepare<'e>(&'e self, requests: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>>;
}

/// An engine that holds the rules and the requests.
pub trait Contestant {
    /// Decides a request, by its number.
    fn decide(&self, request: usize) -> Answer<'_>;
}

/// What a contestant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Answer<'c> {
    pub tier: Tier,
    /// The rule that decided, where one did and the contestant names it.
    pub rule: Option<&'c str>,
}

/// What the judge answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Judgement {
    pub tier: Tier,
    pub rule: Option<String>,
}

/// The answers that everybody is compared with: those of the interpreter, and above its limit of
/// rules those of the linear scan, which the interpreter agreed with below.
///
/// # Errors
/// When the judge cannot be built.
pub fn judge(workload: &Workload) -> anyhow::Result<Vec<Judgement>> {
    let rules = workload.rules.len();
    let judge = ENTRIES
        .iter()
        .filter(|entry| rules <= entry.most_rules)
        .find(|entry| matches!(entry.kind, Kind::Judge | Kind::ByHand))
        .context("nobody judges")?;
    let sent = workload.sent();
    let built = (judge.build)(workload, &(judge.write)(workload))?;
    let judge = built.engine.prepare(&sent)?;
    let judged = (0..sent.len()).map(|request| {
        let answer = judge.decide(request);
        Judgement { tier: answer.tier, rule: answer.rule.map(str::to_owned) }
    });
    Ok(judged.collect())
}

/// How many requests a contestant decides differently from the judge.
pub fn mismatches(entry: &Entry, contestant: &dyn Contestant, judged: &[Judgement]) -> usize {
    let differs = |(request, judged): (usize, &Judgement)| {
        let answer = contestant.decide(request);
        answer.tier != judged.tier || (entry.names_rules && answer.rule != judged.rule.as_deref())
    };
    judged.iter().enumerate().filter(|one| differs(*one)).count()
}

fn linear(workload: &Workload, _: &str) -> anyhow::Result<Built> {
    let linear = Linear::new(&workload.rules);
    Ok(Built { engine: Box::new(linear), load: Duration::ZERO })
}

impl Engine for Linear {
    fn prepare<'e>(&'e self, requests: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        Ok(Box::new((self, requests)))
    }
}

impl Contestant for (&Linear, &[Sent<'_>]) {
    fn decide(&self, request: usize) -> Answer<'_> {
        match self.0.first_match(self.1[request].data) {
            Some(found) => Answer { tier: found.tier, rule: Some(found.rule) },
            None => Answer { tier: Tier::Ask, rule: None },
        }
    }
}
