//! Every JSON document that the command line prints, and how it is written.
//!
//! Hidden characters are written as `\u…`, so that a document is safe on a terminal and still says
//! exactly what was there.

use std::io::{self, Write};

use policy_eval::json::Json;
use policy_eval::{Decision, PartDecision, Place, Policy, RuleRef, is_control, is_unseen};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Changes when a document loses a field or a field its meaning.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Writes a document, without a new line at its end.
pub(crate) fn write(out: &mut impl Write, document: &impl Serialize) -> serde_json::Result<()> {
    document.serialize(&mut serde_json::Serializer::with_formatter(out, Visible))
}

/// Compact JSON without a hidden character in it.
struct Visible;

impl serde_json::ser::Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut shown = 0;
        for (at, hidden) in fragment.char_indices().filter(|&(_, c)| is_control(c) || is_unseen(c))
        {
            out.write_all(&fragment.as_bytes()[shown..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            shown = at + hidden.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[shown..])
    }
}

/// The answer to a request: `requests.md` says what each field is.
#[derive(Serialize)]
pub(crate) struct DecisionDocument<'a> {
    schema_version: u32,
    id: Id<'a>,
    tier: &'static str,
    rule: Option<&'a str>,
    layer: Option<&'static str>,
    default: bool,
    reason: Option<&'a str>,
    source: Option<PlaceDocument<'a>>,
    parts: Vec<PartDocument<'a>>,
    options: OptionsDocument<'a>,
    record: &'static str,
    marks: Vec<&'a str>,
    floors: Vec<&'static str>,
    policy: PolicyDocument<'a>,
    action_digest: String,
}

impl<'a> DecisionDocument<'a> {
    /// The answer of a policy.
    pub(crate) fn new(
        policy: &'a Policy,
        id: &'a Json,
        decision: &Decision<'a>,
        parts: &'a [PartDecision<'a>],
        action_digest: String,
    ) -> Self {
        let options = decision.options;
        DecisionDocument {
            schema_version: SCHEMA_VERSION,
            id: Id(id),
            tier: decision.tier.name(),
            rule: decision.rule.map(|rule| rule.name),
            layer: decision.rule.map(|rule| rule.layer.name()),
            default: decision.default,
            reason: decision.rule.and_then(|rule| rule.reason),
            source: decision.rule.map(|rule| rule.place.into()),
            parts: parts
                .iter()
                .map(|part| PartDocument {
                    part: &part.part,
                    tier: part.tier.name(),
                    rule: part.rule.map(|rule| rule.name),
                })
                .collect(),
            options: OptionsDocument {
                outside_sandbox: options.outside_sandbox,
                reviewer: options.reviewer,
                timeout_ms: options.timeout_ms,
                on_failure: options.on_failure.name(),
                remember: options.remember.name(),
            },
            record: decision.record.name(),
            marks: decision.marks.iter().collect(),
            floors: decision.floors.iter().map(|floor| floor.name()).collect(),
            policy: policy.into(),
            action_digest,
        }
    }
}

/// What the sender calls a request, written back as it was sent.
struct Id<'a>(&'a Json);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::String(text) => serializer.serialize_str(text),
            Json::Number(text) => RawValue::from_string(text.to_string())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            _ => serializer.serialize_none(),
        }
    }
}

#[derive(Serialize)]
struct PartDocument<'a> {
    part: &'a str,
    tier: &'static str,
    rule: Option<&'a str>,
}

#[derive(Serialize)]
struct OptionsDocument<'a> {
    outside_sandbox: bool,
    reviewer: Option<&'a str>,
    timeout_ms: Option<u32>,
    on_failure: &'static str,
    remember: &'static str,
}

/// Where something stands in a text.
#[derive(Serialize)]
pub(crate) struct PlaceDocument<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

impl<'a> From<Place<'a>> for PlaceDocument<'a> {
    fn from(place: Place<'a>) -> Self {
        PlaceDocument { file: place.file, line: place.line, column: place.column }
    }
}

/// Which policy answered.
#[derive(Serialize)]
pub(crate) struct PolicyDocument<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    digest: &'a str,
}

impl<'a> From<&'a Policy> for PolicyDocument<'a> {
    fn from(policy: &'a Policy) -> Self {
        PolicyDocument { name: policy.name(), version: policy.version(), digest: policy.digest() }
    }
}

/// A rule where it is named.
#[derive(Serialize)]
pub(crate) struct RuleDocument<'a> {
    rule: &'a str,
    layer: &'static str,
    reason: Option<&'a str>,
    source: PlaceDocument<'a>,
}

impl<'a> From<RuleRef<'a>> for RuleDocument<'a> {
    fn from(rule: RuleRef<'a>) -> Self {
        RuleDocument {
            rule: rule.name,
            layer: rule.layer.name(),
            reason: rule.reason,
            source: rule.place.into(),
        }
    }
}
