//! Why a request was decided as it was.

use crate::canon;
use crate::decision::{Decision, RuleRef};
use crate::engine::{self, MatchedRule, Total, View};
use crate::facts::{Attribute, HostValue, Judged, Object, Part, PathValue, Word};
use crate::request::Request;
use crate::text::safe;
use crate::tier::Tier;
use crate::vocab::{Action, Attr, Floors};

/// A decision and what led to it. All text taken from the request is safe to print.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'p> {
    /// The decision.
    pub decision: Decision<'p>,
    /// The parts, in the order in which they stand in the request.
    pub parts: Vec<PartExplanation<'p>>,
}

/// What one part of a request was decided to be.
#[derive(Clone, Debug, PartialEq)]
pub struct PartDecision<'p> {
    /// The part as text that is safe to print: `run git push --force`.
    pub part: String,
    /// Its own tier.
    pub tier: Tier,
    /// The rule that decided it.
    pub rule: Option<RuleRef<'p>>,
}

/// What became of one part of a request, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct PartExplanation<'p> {
    /// The part as text: `run git push --force`.
    pub part: String,
    /// What is done.
    pub action: Action,
    /// Its own tier.
    pub tier: Tier,
    /// The rule that decided it.
    pub rule: Option<RuleRef<'p>>,
    /// Whether the default decided it.
    pub default: bool,
    /// What was not understood, and no `accept` lifted.
    pub floors: Floors,
    /// Other readings of a command that rules looked at.
    pub other_forms: Vec<String>,
    /// Every rule that matched, in the order in which decisions prefer them.
    pub rules: Vec<RuleMatch<'p>>,
    /// What each attribute that was sent was taken for.
    pub attributes: Vec<(&'static str, String)>,
    /// Attributes that were not sent, on which a rule that might match depends.
    pub not_sent: Vec<String>,
    /// The files that `count` sentences name in it, judged as parts of their own.
    pub counted: Vec<PartExplanation<'p>>,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleMatch<'p> {
    /// The rule.
    pub rule: RuleRef<'p>,
    /// What it says, in words of the language: `deny`, `record full`, `mark "secret"`.
    pub effect: String,
    /// How sure the match is.
    pub certainty: Certainty,
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Whatever the facts that are not known may be.
    Certain,
    /// For some value of a fact that was not sent, or in another form.
    Possible,
    /// Only for some value of a word that is known when the command runs.
    ByWord,
}

impl Certainty {
    /// One word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Possible => "possible",
            Certainty::ByWord => "by a word known only at run time",
        }
    }
}

pub(crate) fn decide_parts<'p>(
    tables: &View<'p>,
    request: &Request<'_>,
    each: &mut dyn FnMut(PartDecision<'p>),
) -> Decision<'p> {
    decide_each(tables, request, &mut |part, tier, rule| {
        each(PartDecision { part: describe(part), tier, rule });
    })
}

/// What became of one part.
pub(crate) struct Judgement<'p> {
    pub(crate) tier: Tier,
    pub(crate) rule: Option<RuleRef<'p>>,
    pub(crate) default: bool,
    pub(crate) floors: Floors,
}

/// Hands out each part as it was judged, and what became of it.
pub(crate) fn each_part<'p>(
    tables: &View<'p>,
    request: &Request<'_>,
    each: &mut dyn FnMut(&Judged<'_>, Judgement<'p>),
) {
    canon::parts(request, &mut |judged| {
        let outcome = engine::decide_part(tables, judged);
        if is_worth_telling(judged.part, &outcome) {
            let judgement = Judgement {
                tier: outcome.tier(),
                rule: tables.rule_ref(outcome.rule),
                default: outcome.by_default(),
                floors: outcome.floors,
            };
            each(judged, judgement);
        }
    });
}

/// A part, its tier, and the rule that decided it.
pub(crate) type EachPart<'e, 'p> = dyn FnMut(&Part<'_>, Tier, Option<RuleRef<'p>>) + 'e;

pub(crate) fn decide_each<'p>(
    tables: &View<'p>,
    request: &Request<'_>,
    each: &mut EachPart<'_, 'p>,
) -> Decision<'p> {
    let mut total = Total::default();
    // What is told is read apart, so that it cannot change what is decided.
    let told = View::new(tables.bytes, tables.index);
    canon::parts(request, &mut |judged| {
        let outcome = engine::decide_part(tables, judged);
        total.add(outcome, judged.part.alternative);
        if is_worth_telling(judged.part, &outcome) {
            each(judged.part, outcome.tier(), told.rule_ref(outcome.rule));
        }
    });
    total.finish().decision(tables)
}

/// Of an address that a name resolved to, most policies have nothing to say.
fn is_worth_telling(part: &Part<'_>, outcome: &engine::Outcome) -> bool {
    outcome.tier.is_some() || !is_resolved(part)
}

pub(crate) fn explain<'p>(tables: &View<'p>, request: &Request<'_>) -> Explanation<'p> {
    let mut total = Total::default();
    let mut parts = Vec::new();
    // What is told is read apart, so that it cannot change what is decided.
    let told = View::new(tables.bytes, tables.index);
    canon::parts(request, &mut |judged| {
        let outcome = engine::decide_part(tables, judged);
        total.add(outcome, judged.part.alternative);
        if is_worth_telling(judged.part, &outcome) {
            parts.push(part(&told, judged, &outcome));
        }
    });
    Explanation { decision: total.finish().decision(tables), parts }
}

fn part<'p>(
    tables: &View<'p>,
    judged: &Judged<'_>,
    outcome: &engine::Outcome,
) -> PartExplanation<'p> {
    let mut not_sent = Vec::new();
    let rules = engine::matched_rules(tables, judged, &mut not_sent)
        .into_iter()
        .filter_map(|MatchedRule { rule, truth }| {
            Some(RuleMatch {
                rule: tables.rule_ref(rule)?,
                effect: engine::effect_words(tables, rule),
                certainty: if truth.is_certain() {
                    Certainty::Certain
                } else if truth.is_possible() {
                    Certainty::Possible
                } else {
                    Certainty::ByWord
                },
            })
        })
        .collect();
    let mut counted: Vec<PartExplanation<'p>> = Vec::new();
    engine::each_counted(tables, judged, &mut |judged, outcome| {
        let file = part(tables, judged, outcome);
        if !counted.contains(&file) {
            counted.push(file);
        }
    });
    PartExplanation {
        part: describe(judged.part),
        action: judged.part.action,
        tier: outcome.tier(),
        rule: tables.rule_ref(outcome.rule),
        default: outcome.by_default(),
        floors: outcome.floors,
        other_forms: other_forms(judged.part),
        rules,
        attributes: attributes(judged),
        not_sent,
        counted,
    }
}

fn is_resolved(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Endpoint(endpoint) if endpoint.resolved)
}

/// A part as text that is safe to print: `run git push --force`, `write /etc/x`.
pub fn describe(part: &Part<'_>) -> String {
    let action = part.action.name();
    let object = match part.object {
        Object::None => return action.to_owned(),
        Object::Path(path) => path_text(path),
        Object::Command(command) => match command.forms.first() {
            _ if command.nothing_runs => "(nothing)".to_owned(),
            Some(form) => words_text(form.words),
            None => "(not understood)".to_owned(),
        },
        Object::Endpoint(endpoint) => match endpoint.socket {
            Some(path) => format!("unix {}", path_text(path)),
            None => {
                let host = host_text(endpoint.host);
                let resolved = if endpoint.resolved { " (resolved)" } else { "" };
                match endpoint.port {
                    Some(port) if host.contains(':') => format!("[{host}]:{port}{resolved}"),
                    Some(port) => format!("{host}:{port}{resolved}"),
                    None => format!("{host}{resolved}"),
                }
            }
        },
        Object::Tool { server, tool, .. } => {
            format!("{}/{}", name_text(server), name_text(tool))
        }
        Object::Package { kind, name } => format!("{}/{}", name_text(kind), name_text(name)),
        Object::Name(name) => name_text(name),
    };
    format!("{action} {object}")
}

fn name_text(name: Option<&str>) -> String {
    name.map_or_else(|| "(not sent)".to_owned(), |name| safe(name).into_owned())
}

fn path_text(path: PathValue<'_>) -> String {
    match path {
        PathValue::Known(path) => safe(path).into_owned(),
        PathValue::Unsent => "(not sent)".to_owned(),
        PathValue::AtRunTime => "(known at run time)".to_owned(),
    }
}

fn host_text(host: HostValue<'_>) -> String {
    match host {
        HostValue::Name(name) => safe(name).into_owned(),
        HostValue::Ip(ip) => ip.to_string(),
        HostValue::Other => "(other)".to_owned(),
        HostValue::Unsent => "(not sent)".to_owned(),
    }
}

/// Words as a shell would quote them; `…` stands for one that is known only at run time.
fn words_text(words: &[Word<'_>]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match word.value() {
            Some(value) => {
                let plain = !value.is_empty()
                    && value.chars().all(|c| c.is_alphanumeric() || "-_./:=+@%,~^".contains(c));
                if plain {
                    text.push_str(value);
                } else {
                    text.push('\'');
                    text.push_str(&safe(value).replace('\'', "'\\''"));
                    text.push('\'');
                }
            }
            None if word.under_home => {
                text.push('~');
                text.push_str(&safe(word.text));
            }
            None => text.push('…'),
        }
    }
    text
}

fn other_forms(part: &Part<'_>) -> Vec<String> {
    match part.object {
        Object::Command(command) => {
            command.forms.iter().skip(1).map(|form| words_text(form.words)).collect()
        }
        _ => Vec::new(),
    }
}

/// What each attribute that was sent was taken for.
fn attributes(judged: &Judged<'_>) -> Vec<(&'static str, String)> {
    let action = judged.part.action;
    Attr::ALL
        .iter()
        .filter(|attr| attr.actions().contains(action))
        .filter_map(|&attr| {
            let text = match judged.attribute(attr) {
                Attribute::Unsent => return None,
                Attribute::Absent => "(none)".to_owned(),
                Attribute::AtRunTime => "(known at run time)".to_owned(),
                Attribute::Text(text) => safe(text).into_owned(),
                Attribute::Int(number) => number.to_string(),
                Attribute::Bool(value) => value.to_string(),
                Attribute::Set([]) => return None,
                Attribute::Set(set) => safe(&set.join(", ")).into_owned(),
                Attribute::Words(words) => words_text(words),
                Attribute::Path(PathValue::Unsent) => return None,
                Attribute::Path(path) => path_text(path),
                Attribute::Host(HostValue::Unsent) => return None,
                Attribute::Host(host) => host_text(host),
            };
            Some((attr.name(), text))
        })
        .collect()
}
