//! Everybody who takes part, behind one door.
//!
//! ```text
//!   rules ── write ──► bytes ── build ──► Engine ── prepare(requests) ──► Contestant ── decide
//! ```

mod byte_walk;
#[cfg(feature = "peers")]
mod casbin;
#[cfg(feature = "peers")]
mod cedar;
#[cfg(feature = "peers")]
mod cel;
mod hand_tuned;
mod ours;
#[cfg(feature = "peers")]
mod rego;
mod sets;

use policy_eval::Tier;

use crate::linear::Linear;
use crate::workload::{Sent, Workload};

/// Everybody. The peers take part with the feature `peers`.
pub const ENTRIES: &[Entry] = &[
    Entry { write: text, ..Entry::new("policy-eval", Kind::Ours, ours::engine) },
    Entry {
        write: ours::artifact,
        ahead: true,
        ..Entry::new("policy-eval-artifact", Kind::Ours, ours::load)
    },
    Entry::new("hand-tuned", Kind::ByHand, hand_tuned::build),
    Entry::new("linear-scan", Kind::ByHand, linear),
    Entry::new("regex-set", Kind::ByHand, sets::regexes),
    Entry::new("globset", Kind::ByHand, sets::globs),
    #[cfg(feature = "peers")]
    Entry {
        names_rules: false,
        write: cedar::text,
        ..Entry::new("cedar-policy", Kind::Engine, cedar::build)
    },
    #[cfg(feature = "peers")]
    Entry {
        names_rules: false,
        most_rules: 1_000,
        write: rego::by_rule_text,
        ..Entry::new("regorus", Kind::Engine, rego::by_rule)
    },
    #[cfg(feature = "peers")]
    Entry {
        names_rules: false,
        write: rego::indexed_text,
        ..Entry::new("regorus-indexed", Kind::Engine, rego::indexed)
    },
    #[cfg(feature = "peers")]
    Entry {
        names_rules: false,
        write: casbin::text,
        ..Entry::new("casbin", Kind::Engine, casbin::build)
    },
    #[cfg(feature = "peers")]
    Entry { write: cel::text, ..Entry::new("cel", Kind::Engine, cel::build) },
    Entry { answers: false, ..Entry::new("byte-walk", Kind::Limit, byte_walk::build) },
];

/// The judge. It takes part where it is asked for by name.
pub const INTERPRETER: &Entry = &Entry {
    most_rules: 1_000,
    write: text,
    ..Entry::new("interpreter", Kind::Ours, ours::interpreter)
};

/// Who judges above the limit of the interpreter, which agreed with it below.
const SECOND_JUDGE: &Entry = &Entry::new("linear-scan", Kind::ByHand, linear);

/// How a contestant is built.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its name in reports.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it answers at all.
    pub answers: bool,
    /// Whether it says which rule decided.
    pub names_rules: bool,
    /// The largest number of rules at which it is measured.
    pub most_rules: usize,
    /// Whether compiling is over when the bytes are written, so that building only loads them.
    pub ahead: bool,
    /// Writes the rules as it reads them. Unless it compiles, an author does it and no clock runs.
    ///
    /// # Errors
    /// When the rules do not compile.
    pub write: fn(&Workload) -> anyhow::Result<Vec<u8>>,
    /// From the bytes (or the rules, where there are none) to something that decides.
    ///
    /// # Errors
    /// When it refuses the rules.
    pub build: Build,
}

/// See [`Entry::build`].
pub type Build = fn(&Workload, Vec<u8>) -> anyhow::Result<Box<dyn Engine>>;

impl Entry {
    const fn new(name: &'static str, kind: Kind, build: Build) -> Entry {
        Entry {
            name,
            kind,
            answers: true,
            names_rules: true,
            most_rules: usize::MAX,
            ahead: false,
            write: |_| Ok(Vec::new()),
            build,
        }
    }

    /// The contestant with this name.
    pub fn find(name: &str) -> Option<&'static Entry> {
        ENTRIES.iter().chain([INTERPRETER]).find(|entry| entry.name == name)
    }
}

/// What a contestant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of this workspace.
    Ours,
    /// Another policy engine.
    Engine,
    /// Code written for these rules by hand.
    ByHand,
    /// No answer: how fast one could be.
    Limit,
}

impl Kind {
    /// The word that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Ours => "ours",
            Kind::Engine => "engine",
            Kind::ByHand => "by-hand",
            Kind::Limit => "limit",
        }
    }
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
pub fn judge(workload: &Workload, sent: &[Sent<'_>]) -> anyhow::Result<Vec<Judgement>> {
    let judge =
        if workload.rules.len() <= INTERPRETER.most_rules { INTERPRETER } else { SECOND_JUDGE };
    let engine = (judge.build)(workload, (judge.write)(workload)?)?;
    let judge = engine.prepare(sent)?;
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

fn text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    Ok(workload.text().into_bytes())
}

fn linear(workload: &Workload, _: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(Linear::new(&workload.rules)))
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
