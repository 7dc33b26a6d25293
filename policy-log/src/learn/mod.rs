//! Learning: the tightest readable policy under which what logs say was allowed is silent.
//!
//! ```text
//!   logs ─► collect: what was allowed ─► seen: parts ─► commands, files: patterns ─► text
//!                 │                                                                   │
//!                 └──────────── proof: every one of them is silent ◄──────────────────┤
//!                               beyond: for each general rule a request ◄─────────────┘
//!                               that it allows and that was not seen
//! ```
//!
//! What is generalised, and what never is, stands in `docs/learn.md`. Logs are not trusted: nothing
//! in them becomes policy text but inside quoted literals, and what is written is formatted,
//! checked and tried before it is handed out.

mod beyond;
mod collect;
mod commands;
mod files;
mod programs;
mod seen;

use std::collections::BTreeSet;
use std::fmt;

use policy_eval::{Fields, Policy, Tier};
use policy_lang::check::no_includes;
use policy_lang::format::format;
use policy_lang::model::Model;
use policy_lang::span::Source;

use crate::replay::ReplayError;
use crate::source::{Format, Log};
pub use beyond::Beyond;
pub use collect::MOST_REQUESTS;
use commands::Pattern;
use seen::Seen;

/// How a policy is learned.
#[derive(Clone, Copy)]
pub struct Options<'o> {
    /// How often something must be seen before it is generalised, and how many files in a folder.
    /// Less than 2 is taken as 2.
    pub threshold: u64,
    /// Take as allowed whatever was not refused, also where nothing says that it was allowed.
    pub all: bool,
    /// The tier of what was not seen: `ask` or `deny`; another one is taken as `ask`.
    pub default: Tier,
    /// Stop at the first line that is not understood.
    pub strict: bool,
    /// What each request is taken to say that does not say it: roots, attributes.
    pub defaults: &'o Fields,
    /// The format of all logs; none to tell it by their first lines.
    pub format: Option<Format>,
}

/// Why nothing was learned.
#[derive(Debug)]
#[non_exhaustive]
pub enum LearnError {
    /// A log cannot be read.
    Log(ReplayError),
    /// More different requests than [`MOST_REQUESTS`].
    TooMany,
    /// The logs do not say what was allowed.
    NothingSaid {
        /// How many requests.
        requests: u64,
    },
    /// What was learned does not check: an error of this module.
    Invalid(String),
    /// What was learned is not silent for this request: an error of this module.
    NotSilent(String),
}

impl fmt::Display for LearnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LearnError::Log(error) => error.fmt(f),
            LearnError::TooMany => {
                write!(f, "more than {MOST_REQUESTS} different requests: learn from fewer logs")
            }
            LearnError::NothingSaid { requests } => write!(
                f,
                "the logs do not say which of {requests} requests were allowed: give a policy that \
                 decides, or say that all were"
            ),
            LearnError::Invalid(why) => write!(f, "what was learned is no policy: {why}"),
            LearnError::NotSilent(request) => {
                write!(f, "what was learned does not allow what was allowed: {request}")
            }
        }
    }
}

impl std::error::Error for LearnError {}

impl From<ReplayError> for LearnError {
    fn from(error: ReplayError) -> LearnError {
        LearnError::Log(error)
    }
}

/// A policy that was learned, and what is known of it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The policy, in the canonical layout.
    pub text: String,
    /// Its rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// What was allowed and no learned rule makes silent, by why.
    pub left_out: Vec<LeftOut>,
    /// The requests in the logs.
    pub requests: u64,
    /// Those that were allowed.
    pub allowed: u64,
    /// How many of those are different; each was decided by the policy.
    pub different: u64,
    /// Lines that were not understood.
    pub broken: u64,
    /// Records that do not hold their request.
    pub without_request: u64,
    /// Requests of which nothing says whether they were allowed. Nothing was learned from them.
    pub undecided: u64,
}

/// A rule that was learned.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The sentence, without the block that it stands in.
    pub text: String,
    /// The condition of the block.
    pub when: Option<String>,
    /// How often what it allows was seen.
    pub count: u64,
    /// How many different things of it were seen.
    pub different: usize,
    /// It allows more than was seen, as its pattern says.
    pub is_general: bool,
    /// What it allows that was not seen. Of a rule that is not general: nothing.
    pub beyond: Beyond,
}

/// Requests that were allowed and that no learned rule makes silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub why: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example: String,
}

/// Learns a policy: the tightest that says what was allowed in patterns a person can read.
///
/// # Example
/// ```
/// use policy_eval::{Fields, Tier};
/// use policy_log::learn::{Options, learn};
/// use policy_log::source::Log;
///
/// let text = r#"{"action": "run", "shell": "git diff a.rs"}
/// {"action": "run", "shell": "git diff b.rs"}
/// {"action": "run", "shell": "git diff"}"#;
/// let logs = vec![Log::new("log", move || Ok(Box::new(text.as_bytes())))];
/// let options = Options {
///     threshold: 2, all: true, default: Tier::Ask, strict: true, defaults: &Fields::default(), format: None,
/// };
/// let learned = learn(logs, None, &options)?;
/// assert!(learned.text.contains(r#"allow run "git diff {no --output} ...""#));
/// # Ok::<(), policy_log::learn::LearnError>(())
/// ```
///
/// # Errors
/// When a log cannot be read, when it does not say what was allowed and no policy does, when there
/// are too many different requests, and when what was learned fails its proof.
///
/// # Cost
/// Every different request that was allowed is held in memory and decided once; for each general
/// rule two policies are compared within a budget.
pub fn learn(
    logs: Vec<Log>,
    policy: Option<&Policy>,
    options: &Options<'_>,
) -> Result<Learned, LearnError> {
    let collected = collect::collect(logs, policy, options)?;
    if collected.allowed.is_empty() && 0 < collected.undecided {
        return Err(LearnError::NothingSaid { requests: collected.undecided });
    }
    let counts = load(&programs::counts(|_| true))?;
    let mut seen = Seen::default();
    let mut left_out = Leavings::default();
    let mut kept = Vec::new();
    for (request, count) in collected.allowed.values() {
        let added = request.with_request(|request| seen.add(request, &counts, *count));
        match added {
            Ok(()) => kept.push((request, *count)),
            Err(why) => left_out.add(&why, *count, &request.with_request(seen::described)),
        }
    }
    let mut draft = Draft::new(&seen, options);
    draft.leave_out_what_does_not_check();
    let text = draft.text(true);
    let source = Source::new("learned.policy", text);
    let text = format(&source).map_err(|error| LearnError::Invalid(error.to_string()))?;
    let proof = compiled(&text)?;
    for (request, count) in kept {
        let tier = request.with_request(|request| proof.decide(request).tier);
        if tier == Tier::Allow {
            continue;
        }
        let shown = request.with_request(seen::described);
        if draft.dropped.is_empty() && !seen.has_unknown_words() {
            return Err(LearnError::NotSilent(shown));
        }
        left_out.add("it cannot be written word by word", count, &shown);
    }
    beyond::tell(&mut draft)?;
    Ok(Learned {
        text,
        rules: draft.rules,
        left_out: left_out.0,
        requests: collected.requests,
        allowed: collected.allowed.values().map(|(_, count)| count).sum(),
        different: collected.allowed.len() as u64,
        broken: collected.broken,
        without_request: collected.without_request,
        undecided: collected.undecided,
    })
}

#[derive(Default)]
struct Leavings(Vec<LeftOut>);

impl Leavings {
    fn add(&mut self, why: &str, count: u64, example: &str) {
        match self.0.iter_mut().find(|left| left.why == why) {
            Some(left) => left.count += count,
            None => {
                let (why, example) = (why.to_owned(), example.to_owned());
                self.0.push(LeftOut { why, count, example });
            }
        }
    }
}

/// What was learned, before it is text.
struct Draft {
    head: String,
    rules: Vec<Rule>,
    /// What each rule stands for, exactly: general rules are compared with all of these.
    exact: String,
    /// Patterns that the language does not take.
    dropped: BTreeSet<String>,
}

impl Draft {
    fn new(seen: &Seen, options: &Options<'_>) -> Draft {
        let threshold = options.threshold.max(2);
        let default = if options.default == Tier::Deny { Tier::Deny } else { Tier::Ask };
        let mut head = format!("policy learned\ndefault {}\n", default.name());
        if seen.control_flow {
            head += "\n# As silent as the commands in it.\naccept control_flow\n";
        }
        let programs: BTreeSet<&str> = seen.programs().collect();
        let counts = programs::counts(|program| programs.contains(program));
        if !counts.is_empty() {
            head += "\n# As silent as the files that they name.\n";
            head += &counts;
        }
        let mut draft =
            Draft { head, rules: Vec::new(), exact: String::new(), dropped: BTreeSet::new() };
        draft.exact_too(seen);
        let mut folders = false;
        for (action, places) in &seen.files {
            let (general, exact): (Vec<_>, Vec<_>) = files::patterns(places, threshold)
                .into_iter()
                .partition(|pattern| pattern.is_general);
            for pattern in general {
                folders = true;
                let text = format!("allow {action} {} except named_apart", pattern.text);
                draft.rule(text, None, &[pattern]);
            }
            draft.together(action, None, &exact);
        }
        for (cwd, commands) in &seen.commands {
            let when = cwd.as_deref().map(condition);
            for patterns in commands::patterns(commands, threshold).into_values() {
                let (general, exact): (Vec<_>, Vec<_>) =
                    patterns.into_iter().partition(|pattern| pattern.is_general);
                for pattern in general {
                    let text = format!("allow run {}", pattern.text);
                    draft.rule(text, when.clone(), &[pattern]);
                }
                draft.together("run", when.as_deref(), &exact);
            }
        }
        for (sentence, &count) in &seen.others {
            let pattern =
                Pattern { text: sentence.clone(), is_general: false, count, different: 1 };
            draft.rule(format!("allow {sentence}"), None, &[pattern]);
        }
        if folders {
            draft.head +=
                "\n# Names that rules for folders leave out: hidden files, keys, secrets.";
            draft.head += files::NAMED_APART;
        }
        draft
    }

    /// One sentence for what was seen as it stands.
    fn together(&mut self, action: &str, when: Option<&str>, patterns: &[Pattern]) {
        if patterns.is_empty() {
            return;
        }
        let texts: Vec<&str> = patterns.iter().map(|pattern| &*pattern.text).collect();
        let text = format!("allow {action} {}", texts.join(", "));
        self.rule(text, when.map(str::to_owned), patterns);
    }

    fn rule(&mut self, text: String, when: Option<String>, patterns: &[Pattern]) {
        self.rules.push(Rule {
            text,
            when,
            count: patterns.iter().map(|pattern| pattern.count).sum(),
            different: patterns.iter().map(|pattern| pattern.different).sum(),
            is_general: patterns.iter().any(|pattern| pattern.is_general),
            beyond: Beyond::Nothing,
        });
    }

    /// Everything that was seen, exactly.
    fn exact_too(&mut self, seen: &Seen) {
        let mut add = |text: String, when: Option<&str>| match when {
            None => self.exact += &format!("{text}\n"),
            Some(when) => self.exact += &format!("when {when} {{ {text} }}\n"),
        };
        for (action, places) in &seen.files {
            for pattern in files::patterns(places, u64::MAX) {
                add(format!("allow {action} {}", pattern.text), None);
            }
        }
        for (cwd, commands) in &seen.commands {
            let when = cwd.as_deref().map(condition);
            for pattern in commands::patterns(commands, u64::MAX).into_values().flatten() {
                add(format!("allow run {}", pattern.text), when.as_deref());
            }
        }
        for sentence in seen.others.keys() {
            add(format!("allow {sentence}"), None);
        }
    }

    /// Takes out rules that the language does not take, so that one strange name does not stand
    /// in the way of all others.
    fn leave_out_what_does_not_check(&mut self) {
        if load(&self.text(false)).is_ok() {
            return;
        }
        let head = files::NAMED_APART;
        let dropped = &mut self.dropped;
        self.rules.retain(|rule| {
            let is_valid = load(&format!("{head}{}", rule.block())).is_ok();
            if !is_valid {
                dropped.insert(rule.text.clone());
            }
            is_valid
        });
        let lines = self.exact.lines().filter(|line| load(line).is_ok());
        self.exact = lines.map(|line| format!("{line}\n")).collect();
    }

    fn text(&self, comments: bool) -> String {
        let mut text = self.head.clone();
        let mut open: Option<&str> = None;
        for rule in &self.rules {
            if open != rule.when.as_deref() {
                if open.is_some() {
                    text += "}\n";
                }
                open = rule.when.as_deref();
                if let Some(when) = open {
                    text += &format!("\nwhen {when} {{\n");
                }
            }
            if comments {
                text += &format!("\n# {}\n", rule.seen());
            }
            text += &format!("{}\n", rule.text);
        }
        if open.is_some() {
            text += "}\n";
        }
        text
    }
}

impl Rule {
    /// How often it was seen, in words.
    pub fn seen(&self) -> String {
        let times = match self.count {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            count => format!("{count} times"),
        };
        match (self.is_general, self.different) {
            (true, different) => format!("Seen {times}, {different} different: generalised."),
            (false, 1) => format!("Seen {times}."),
            (false, different) => format!("Seen {times}, {different} different, as they stand."),
        }
    }

    /// The sentence with its block.
    fn block(&self) -> String {
        match &self.when {
            None => format!("{}\n", self.text),
            Some(when) => format!("when {when} {{ {} }}\n", self.text),
        }
    }
}

fn condition(folder: &str) -> String {
    format!("cwd like {}", policy_hosts::import::quote::literal(folder))
}

fn load(text: &str) -> Result<Model, LearnError> {
    policy_lang::load(vec![Source::new("learned.policy", text)], &no_includes).map_err(|failure| {
        let first = failure.diagnostics.first().map(|finding| finding.message.clone());
        LearnError::Invalid(first.unwrap_or_default())
    })
}

fn compiled(text: &str) -> Result<Policy, LearnError> {
    policy_lang::compile::compile(&load(text)?)
        .map_err(|error| LearnError::Invalid(error.to_string()))
}
