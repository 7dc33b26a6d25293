//! Every JSON document that the command line prints, and how it is written.
//!
//! Hidden characters are written as `\u…`, so that a document is safe on a terminal and still says
//! exactly what was there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use policy_eval::json::Json;
use policy_eval::{
    Decision, Explanation, Floors, PartDecision, PartExplanation, Place, Policy, is_control,
    is_unseen, safe,
};
use policy_hosts::export::{Export, File};
use policy_hosts::import::Import;
use policy_hosts::sandbox::Enforcement;
use policy_lang::diagnostic::{self, Code, Diagnostic};
use policy_lang::diff::{self, Comparison};
use policy_lang::lint::Lint;
use policy_lang::model::{Effect, Model, words};
use policy_lang::scope::{ActionScope, Conditional, Entry, Scope};
use policy_lang::span::{Lines, Location, Source};
use policy_lang::testing;
use policy_lang::why::{Cause, Difference, Fix, NearestDenial, Obstacle, WhyNot};
use policy_log::learn::{self, Beyond, Learned};
use policy_log::replay;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::commands::compile::Written;

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
    reason: Option<Cow<'a, str>>,
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
        let parts = parts.iter().map(|part| PartDocument {
            part: &part.part,
            tier: part.tier.name(),
            rule: part.rule.map(|rule| rule.name),
        });
        Self::of_parts(policy, id, decision, parts.collect(), action_digest)
    }

    fn of_parts(
        policy: &'a Policy,
        id: &'a Json,
        decision: &Decision<'a>,
        parts: Vec<PartDocument<'a>>,
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
            reason: decision.rule.and_then(|rule| rule.reason).map(safe),
            source: decision.rule.map(|rule| rule.place.into()),
            parts,
            options: OptionsDocument {
                outside_sandbox: options.outside_sandbox,
                reviewer: options.reviewer,
                timeout_ms: options.timeout_ms,
                on_failure: options.on_failure.name(),
                remember: options.remember.name(),
            },
            record: decision.record.name(),
            marks: decision.marks.iter().collect(),
            floors: floor_names(decision.floors),
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

/// What was written: `policy compile`.
#[derive(Serialize)]
pub(crate) struct CompiledDocument<'a> {
    schema_version: u32,
    file: &'a str,
    bytes: usize,
    rules: usize,
    layers: Vec<&'a str>,
    /// The public key, in base64.
    signed_by: Option<&'a str>,
    policy: PolicyDocument<'a>,
}

impl<'a> CompiledDocument<'a> {
    pub(crate) fn new(written: &'a Written<'a>) -> Self {
        CompiledDocument {
            schema_version: SCHEMA_VERSION,
            file: written.name,
            bytes: written.size,
            rules: written.policy.rules().count(),
            layers: written.model.layers.iter().map(|layer| layer.layer.name()).collect(),
            signed_by: written.signer.as_deref(),
            policy: written.policy.into(),
        }
    }
}

/// Whether it is signed: `policy verify`.
#[derive(Serialize)]
pub(crate) struct VerifiedDocument<'a> {
    schema_version: u32,
    file: &'a str,
    verified: bool,
    /// Why not.
    reason: Option<&'a str>,
    policy: Option<PolicyDocument<'a>>,
}

impl<'a> VerifiedDocument<'a> {
    pub(crate) fn new(file: &'a str, checked: Result<&'a Policy, &'a str>) -> Self {
        VerifiedDocument {
            schema_version: SCHEMA_VERSION,
            file,
            verified: checked.is_ok(),
            reason: checked.err(),
            policy: checked.ok().map(PolicyDocument::from),
        }
    }
}

/// Findings: `policy lint`.
#[derive(Serialize)]
pub(crate) struct FindingsDocument {
    schema_version: u32,
    findings: Vec<serde_json::Value>,
}

impl FindingsDocument {
    pub(crate) fn new(findings: &[Diagnostic], sources: &[Arc<Source>]) -> Self {
        let findings = diagnostic::json::findings(findings, sources);
        FindingsDocument { schema_version: SCHEMA_VERSION, findings }
    }
}

/// A policy that was read from a runtime's rules: `policy import`.
#[derive(Serialize)]
pub(crate) struct ImportDocument<'a> {
    schema_version: u32,
    /// None where the runtime would refuse the files.
    policy: Option<&'a str>,
    lost: bool,
    findings: Vec<serde_json::Value>,
}

impl<'a> ImportDocument<'a> {
    pub(crate) fn new(
        read: Option<&'a Import>,
        findings: &[Diagnostic],
        sources: &[Arc<Source>],
    ) -> Self {
        ImportDocument {
            schema_version: SCHEMA_VERSION,
            policy: read.map(|read| read.policy.as_str()),
            lost: read.is_none_or(|read| read.lost),
            findings: diagnostic::json::findings(findings, sources),
        }
    }
}

/// A policy that was written as the configuration of a runtime: `policy export`.
#[derive(Serialize)]
pub(crate) struct ExportDocument<'a> {
    schema_version: u32,
    runtime: &'static str,
    files: Vec<ExportedFile<'a>>,
    /// How many rules of the configuration allow something; each is proved.
    proved: usize,
    lost: bool,
    findings: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct ExportedFile<'a> {
    name: &'static str,
    text: &'a str,
}

impl<'a> ExportDocument<'a> {
    pub(crate) fn new(runtime: &'static str, written: &'a Export, sources: &[Arc<Source>]) -> Self {
        let file = |file: &'a File| ExportedFile { name: file.name, text: &file.text };
        ExportDocument {
            schema_version: SCHEMA_VERSION,
            runtime,
            files: written.files.iter().map(file).collect(),
            proved: written.proved,
            lost: written.is_lossy(),
            findings: diagnostic::json::findings(&written.findings, sources),
        }
    }
}

/// `policy scope --to`: the text for the enforcer, and where it is stricter.
#[derive(Serialize)]
pub(crate) struct EnforcerDocument<'a> {
    schema_version: u32,
    enforcer: &'static str,
    text: &'a str,
    lost: bool,
    findings: Vec<serde_json::Value>,
}

impl<'a> EnforcerDocument<'a> {
    pub(crate) fn new(
        enforcer: &'static str,
        written: &'a Enforcement,
        sources: &[Arc<Source>],
    ) -> Self {
        EnforcerDocument {
            schema_version: SCHEMA_VERSION,
            enforcer,
            text: &written.text,
            lost: !written.findings.is_empty(),
            findings: diagnostic::json::findings(&written.findings, sources),
        }
    }
}

/// Codes of findings: `policy lint --list`.
#[derive(Serialize)]
pub(crate) struct CodesDocument {
    schema_version: u32,
    codes: Vec<CodeDocument>,
}

#[derive(Serialize)]
struct CodeDocument {
    code: &'static str,
    /// What a lint is allowed by.
    name: Option<&'static str>,
    title: &'static str,
    explanation: &'static str,
}

impl CodesDocument {
    pub(crate) fn new(codes: impl IntoIterator<Item = &'static Code>) -> Self {
        let code = |code: &'static Code| CodeDocument {
            code: code.code,
            name: Lint::named(code.code).map(|lint| lint.name),
            title: code.title,
            explanation: code.explanation,
        };
        let codes = codes.into_iter().map(code).collect();
        CodesDocument { schema_version: SCHEMA_VERSION, codes }
    }
}

/// Files that were laid out: `policy fmt`.
#[derive(Serialize)]
pub(crate) struct FilesDocument {
    schema_version: u32,
    files: Vec<FormattedDocument>,
}

/// One file of them.
#[derive(Serialize)]
pub(crate) struct FormattedDocument {
    pub(crate) file: String,
    /// Whether the layout is another than the text was.
    pub(crate) changed: bool,
}

impl FilesDocument {
    pub(crate) fn new(files: Vec<FormattedDocument>) -> Self {
        FilesDocument { schema_version: SCHEMA_VERSION, files }
    }
}

/// Tests and their coverage: `policy test`.
#[derive(Serialize)]
pub(crate) struct TestsDocument<'a> {
    schema_version: u32,
    passed: usize,
    failed: usize,
    tests: Vec<TestDocument<'a>>,
    coverage: CoverageDocument<'a>,
}

#[derive(Serialize)]
struct TestDocument<'a> {
    name: &'a str,
    source: PlaceDocument<'a>,
    cases: Vec<CaseDocument<'a>>,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    line: &'a str,
    source: PlaceDocument<'a>,
    passed: bool,
    expected: &'static str,
    got: Option<&'static str>,
    rule: Option<&'a str>,
    reason: Option<Cow<'a, str>>,
    default: bool,
    floors: Vec<&'static str>,
    not_sent: Vec<&'a str>,
    error: Option<String>,
}

#[derive(Serialize)]
struct CoverageDocument<'a> {
    rules: usize,
    reached: usize,
    percent: usize,
    unreached: Vec<UnreachedDocument<'a>>,
    sides: usize,
    sides_reached: usize,
    clauses: Vec<ClauseDocument<'a>>,
}

/// An `except`, `when` or `unless`, and which of its sides the tests reach.
#[derive(Serialize)]
struct ClauseDocument<'a> {
    clause: &'static str,
    text: &'a str,
    rules: Vec<&'a str>,
    source: PlaceDocument<'a>,
    holds: bool,
    fails: bool,
}

#[derive(Serialize)]
struct UnreachedDocument<'a> {
    rule: &'a str,
    layer: &'static str,
    source: PlaceDocument<'a>,
}

impl<'a> TestsDocument<'a> {
    pub(crate) fn new(model: &'a Model, report: &'a testing::Report<'a>) -> Self {
        let (passed, all) = report.passed();
        let rules = || model.rules.iter().zip(&report.reached);
        let place = places(model);
        TestsDocument {
            schema_version: SCHEMA_VERSION,
            passed,
            failed: all - passed,
            tests: report
                .tests
                .iter()
                .map(|test| TestDocument {
                    name: &test.name,
                    source: place(test.at),
                    cases: test
                        .cases
                        .iter()
                        .map(|case| CaseDocument::new(model, case, place(case.at)))
                        .collect(),
                })
                .collect(),
            coverage: CoverageDocument {
                rules: rules().count(),
                reached: rules().filter(|(_, reached)| **reached).count(),
                percent: report.coverage(),
                unreached: rules()
                    .filter(|(_, reached)| !**reached)
                    .map(|(rule, _)| UnreachedDocument {
                        rule: &rule.name,
                        layer: rule.layer.name(),
                        source: place(rule.at),
                    })
                    .collect(),
                sides: report.sides().count(),
                sides_reached: report.sides().filter(|reached| *reached).count(),
                clauses: report
                    .clauses
                    .iter()
                    .map(|clause| ClauseDocument {
                        clause: clause.kind.name(),
                        text: crate::commands::test::text(model, clause.at),
                        rules: clause.rules.iter().map(|rule| &*model.rules[*rule].name).collect(),
                        source: place(clause.at),
                        holds: clause.holds,
                        fails: clause.fails,
                    })
                    .collect(),
            },
        }
    }
}

impl<'a> CaseDocument<'a> {
    fn new(model: &'a Model, case: &'a testing::CaseRun<'a>, source: PlaceDocument<'a>) -> Self {
        let got = case.got.as_ref().ok();
        let rule = got.and_then(|got| got.decision.rule);
        CaseDocument {
            line: crate::commands::test::text(model, case.at),
            source,
            passed: case.passes(),
            expected: case.expected.name(),
            got: got.map(|got| got.decision.tier.name()),
            rule: rule.map(|rule| rule.name),
            reason: rule.and_then(|rule| rule.reason).map(safe),
            default: got.is_some_and(|got| got.decision.default),
            floors: got.map_or(Vec::new(), |got| floor_names(got.decision.floors)),
            not_sent: got
                .iter()
                .flat_map(|got| &got.parts)
                .flat_map(|part| part.not_sent.iter().map(String::as_str))
                .collect(),
            error: case.got.as_ref().err().map(ToString::to_string),
        }
    }
}

fn place(model: &Model, at: Location) -> PlaceDocument<'_> {
    let source = model.source(at.source);
    let (line, column) = source.line_column(at.span.start as usize);
    PlaceDocument { file: &source.name, line, column }
}

/// The same for many places: the lines are found once.
fn places<'m>(model: &'m Model) -> impl Fn(Location) -> PlaceDocument<'m> {
    let lines: Vec<Lines<'_>> = model.sources.iter().map(|source| Lines::new(source)).collect();
    move |at| {
        let (line, column) = lines[at.source.0 as usize].line_column(at.span.start as usize);
        PlaceDocument { file: &model.source(at.source).name, line, column }
    }
}

fn floor_names(floors: Floors) -> Vec<&'static str> {
    floors.iter().map(|floor| floor.name()).collect()
}

/// A decision and what led to it: `policy explain`.
#[derive(Serialize)]
pub(crate) struct ExplanationDocument<'a> {
    schema_version: u32,
    decision: DecisionDocument<'a>,
    parts: Vec<PartExplanationDocument<'a>>,
    why_not: Option<WhyNotDocument<'a>>,
    nearest_denial: Option<NearestDenialDocument<'a>>,
}

#[derive(Serialize)]
struct WhyNotDocument<'a> {
    part: &'a str,
    tier: &'static str,
    /// How many other parts are as strict.
    others: usize,
    obstacles: Vec<ObstacleDocument<'a>>,
    more_obstacles: usize,
    nearest: Vec<NearbyDocument<'a>>,
}

#[derive(Serialize)]
struct ObstacleDocument<'a> {
    cause: &'static str,
    #[serde(flatten)]
    rule: Option<NamedRuleDocument<'a>>,
    certain: Option<bool>,
    tier: Option<&'static str>,
    floor: Option<&'static str>,
    /// Whether `accept` lifts the floor.
    can_be_lifted: Option<bool>,
    differences: Vec<DifferenceDocument<'a>>,
    fix: Option<FixDocument<'a>>,
}

#[derive(Serialize)]
struct NearbyDocument<'a> {
    #[serde(flatten)]
    rule: NamedRuleDocument<'a>,
    differences: Vec<DifferenceDocument<'a>>,
    fix: Option<FixDocument<'a>>,
    /// What a changed request was decided to be that is not allowed all the same.
    still: Option<FixDocument<'a>>,
}

#[derive(Serialize)]
struct NearestDenialDocument<'a> {
    part: &'a str,
    #[serde(flatten)]
    rule: NamedRuleDocument<'a>,
    differences: Vec<DifferenceDocument<'a>>,
    fix: Option<FixDocument<'a>>,
}

/// A rule, where it stands.
#[derive(Serialize)]
struct NamedRuleDocument<'a> {
    rule: Cow<'a, str>,
    layer: &'static str,
    effect: Option<&'static str>,
    source: PlaceDocument<'a>,
}

#[derive(Serialize)]
struct DifferenceDocument<'a> {
    what: &'a str,
    sent: bool,
    is: Option<&'a str>,
    needs: &'a str,
    place: Option<&'a str>,
}

/// A changed request that was decided.
#[derive(Serialize)]
struct FixDocument<'a> {
    changes: &'a [String],
    part: Option<&'a str>,
    tier: &'static str,
    rule: Option<Cow<'a, str>>,
    whole: Option<&'static str>,
}

impl<'a> NamedRuleDocument<'a> {
    fn new(model: &'a Model, rule: usize) -> Self {
        let rule = &model.rules[rule];
        NamedRuleDocument {
            rule: safe(&rule.name),
            layer: rule.layer.name(),
            effect: match &rule.effect {
                Effect::Tier(tier, _) => Some(tier.name()),
                Effect::Record(_) | Effect::Mark(_) => None,
            },
            source: place(model, rule.at),
        }
    }
}

fn differences(differences: &[Difference]) -> Vec<DifferenceDocument<'_>> {
    differences
        .iter()
        .map(|Difference { what, sent, is, needs, place }| DifferenceDocument {
            what,
            sent: *sent,
            is: is.as_deref(),
            needs,
            place: place.as_deref(),
        })
        .collect()
}

impl<'a> FixDocument<'a> {
    fn new(model: &'a Model, fix: &'a Fix) -> Self {
        FixDocument {
            changes: &fix.changes,
            part: fix.part.as_deref(),
            tier: fix.tier.name(),
            rule: fix.rule.map(|rule| safe(&model.rules[rule].name)),
            whole: fix.whole.map(|tier| tier.name()),
        }
    }
}

impl<'a> WhyNotDocument<'a> {
    fn new(model: &'a Model, found: &'a WhyNot) -> Self {
        WhyNotDocument {
            part: &found.part,
            tier: found.tier.name(),
            others: found.others,
            obstacles: found
                .obstacles
                .iter()
                .map(|one| ObstacleDocument::new(model, one))
                .collect(),
            more_obstacles: found.more_obstacles,
            nearest: found
                .nearest
                .iter()
                .map(|nearby| NearbyDocument {
                    rule: NamedRuleDocument::new(model, nearby.rule),
                    differences: differences(&nearby.differences),
                    fix: nearby.fix.as_ref().map(|fix| FixDocument::new(model, fix)),
                    still: nearby.still.as_ref().map(|fix| FixDocument::new(model, fix)),
                })
                .collect(),
        }
    }
}

impl<'a> ObstacleDocument<'a> {
    fn new(model: &'a Model, obstacle: &'a Obstacle) -> Self {
        let mut document = ObstacleDocument {
            cause: "",
            rule: None,
            certain: None,
            tier: None,
            floor: None,
            can_be_lifted: None,
            differences: differences(&obstacle.differences),
            fix: obstacle.fix.as_ref().map(|fix| FixDocument::new(model, fix)),
        };
        document.cause = match obstacle.cause {
            Cause::Rule { rule, tier, certain } => {
                document.rule = Some(NamedRuleDocument::new(model, rule));
                document.tier = Some(tier.name());
                document.certain = Some(certain);
                "rule"
            }
            Cause::Default(tier) => {
                document.tier = Some(tier.name());
                "default"
            }
            Cause::Floor(floor) => {
                document.floor = Some(floor.name());
                document.can_be_lifted = Some(floor.can_be_lifted());
                "floor"
            }
            Cause::Sandbox => "sandbox",
            Cause::Layer(rule) => {
                document.rule = Some(NamedRuleDocument::new(model, rule));
                "layer"
            }
        };
        document
    }
}

impl<'a> NearestDenialDocument<'a> {
    fn new(model: &'a Model, found: &'a NearestDenial) -> Self {
        NearestDenialDocument {
            part: &found.part,
            rule: NamedRuleDocument::new(model, found.rule),
            differences: differences(&found.differences),
            fix: found.fix.as_ref().map(|fix| FixDocument::new(model, fix)),
        }
    }
}

#[derive(Serialize)]
struct PartExplanationDocument<'a> {
    part: &'a str,
    action: &'static str,
    tier: &'static str,
    rule: Option<&'a str>,
    default: bool,
    floors: Vec<&'static str>,
    other_forms: &'a [String],
    rules: Vec<MatchDocument<'a>>,
    attributes: BTreeMap<&'static str, &'a str>,
    not_sent: &'a [String],
    /// The files that `count` sentences name in it.
    counted: Vec<PartExplanationDocument<'a>>,
}

#[derive(Serialize)]
struct MatchDocument<'a> {
    rule: &'a str,
    layer: &'static str,
    effect: &'a str,
    certainty: &'static str,
    reason: Option<Cow<'a, str>>,
    source: PlaceDocument<'a>,
}

impl<'a> ExplanationDocument<'a> {
    pub(crate) fn new(
        policy: &'a Policy,
        id: &'a Json,
        explanation: &'a Explanation<'a>,
        action_digest: String,
        model: &'a Model,
        why_not: Option<&'a WhyNot>,
        nearest_denial: Option<&'a NearestDenial>,
    ) -> Self {
        let decided = explanation.parts.iter().map(|part| PartDocument {
            part: &part.part,
            tier: part.tier.name(),
            rule: part.rule.map(|rule| rule.name),
        });
        ExplanationDocument {
            schema_version: SCHEMA_VERSION,
            decision: DecisionDocument::of_parts(
                policy,
                id,
                &explanation.decision,
                decided.collect(),
                action_digest,
            ),
            parts: explanation.parts.iter().map(PartExplanationDocument::new).collect(),
            why_not: why_not.map(|found| WhyNotDocument::new(model, found)),
            nearest_denial: nearest_denial.map(|found| NearestDenialDocument::new(model, found)),
        }
    }
}

impl<'a> PartExplanationDocument<'a> {
    fn new(part: &'a PartExplanation<'a>) -> Self {
        PartExplanationDocument {
            part: &part.part,
            action: part.action.name(),
            tier: part.tier.name(),
            rule: part.rule.map(|rule| rule.name),
            default: part.default,
            floors: floor_names(part.floors),
            other_forms: &part.other_forms,
            rules: part
                .rules
                .iter()
                .map(|found| MatchDocument {
                    rule: found.rule.name,
                    layer: found.rule.layer.name(),
                    effect: &found.effect,
                    certainty: found.certainty.name(),
                    reason: found.rule.reason.map(safe),
                    source: found.rule.place.into(),
                })
                .collect(),
            attributes: part.attributes.iter().map(|(name, value)| (*name, &**value)).collect(),
            not_sent: &part.not_sent,
            counted: part.counted.iter().map(PartExplanationDocument::new).collect(),
        }
    }
}

/// A comparison of two policies: `policy diff`.
#[derive(Serialize)]
pub(crate) struct DiffDocument<'a> {
    schema_version: u32,
    #[serde(flatten)]
    comparison: diff::json::Document<'a>,
}

impl<'a> DiffDocument<'a> {
    pub(crate) fn new(comparison: &Comparison<'a>) -> Self {
        let comparison = diff::json::document(comparison);
        DiffDocument { schema_version: SCHEMA_VERSION, comparison }
    }
}

/// What a policy does with logs: `policy replay`.
#[derive(Serialize)]
pub(crate) struct ReplayDocument<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: replay::json::Document<'a>,
}

impl<'a> ReplayDocument<'a> {
    pub(crate) fn new(report: &'a replay::Report) -> Self {
        let report = replay::json::document(report);
        ReplayDocument { schema_version: SCHEMA_VERSION, report }
    }
}

/// A policy that was learned from logs: `policy learn`.
#[derive(Serialize)]
pub(crate) struct LearnDocument<'a> {
    schema_version: u32,
    policy: &'a str,
    requests: u64,
    allowed: u64,
    different: u64,
    undecided: u64,
    broken: u64,
    without_request: u64,
    rules: Vec<LearnedRuleDocument<'a>>,
    left_out: Vec<LeftOutDocument<'a>>,
}

#[derive(Serialize)]
struct LearnedRuleDocument<'a> {
    text: &'a str,
    when: Option<&'a str>,
    seen: u64,
    different: usize,
    general: bool,
    /// `nothing`, `shown` or `unknown`.
    beyond: &'static str,
    witness: Option<&'a str>,
}

#[derive(Serialize)]
struct LeftOutDocument<'a> {
    why: &'a str,
    count: u64,
    example: &'a str,
}

impl<'a> LearnDocument<'a> {
    pub(crate) fn new(learned: &'a Learned) -> Self {
        let rule = |rule: &'a learn::Rule| {
            let (beyond, witness) = match &rule.beyond {
                Beyond::Nothing => ("nothing", None),
                Beyond::Shown(witness) => ("shown", Some(&**witness)),
                Beyond::Unknown => ("unknown", None),
            };
            LearnedRuleDocument {
                text: &rule.text,
                when: rule.when.as_deref(),
                seen: rule.count,
                different: rule.different,
                general: rule.is_general,
                beyond,
                witness,
            }
        };
        let left = |left: &'a learn::LeftOut| LeftOutDocument {
            why: &left.why,
            count: left.count,
            example: &left.example,
        };
        LearnDocument {
            schema_version: SCHEMA_VERSION,
            policy: &learned.text,
            requests: learned.requests,
            allowed: learned.allowed,
            different: learned.different,
            undecided: learned.undecided,
            broken: learned.broken,
            without_request: learned.without_request,
            rules: learned.rules.iter().map(rule).collect(),
            left_out: learned.left_out.iter().map(left).collect(),
        }
    }
}

/// What a sandbox can be held to: `policy scope`.
#[derive(Serialize)]
pub(crate) struct ScopeDocument<'a> {
    schema_version: u32,
    sandbox: &'a str,
    /// By action.
    #[serde(flatten)]
    actions: BTreeMap<&'static str, ActionScopeDocument<'a>>,
    conditional: Vec<ConditionalDocument<'a>>,
}

#[derive(Serialize)]
struct ActionScopeDocument<'a> {
    default: &'static str,
    entries: Vec<EntryDocument<'a>>,
}

#[derive(Serialize)]
struct EntryDocument<'a> {
    tier: &'static str,
    patterns: &'a [String],
    except: &'a [String],
    ports: Vec<String>,
    rule: &'a str,
    layer: &'static str,
    source: PlaceDocument<'a>,
}

#[derive(Serialize)]
struct ConditionalDocument<'a> {
    tier: &'static str,
    actions: Vec<&'static str>,
    condition: &'a str,
    rule: &'a str,
    layer: &'static str,
    source: PlaceDocument<'a>,
}

impl<'a> ScopeDocument<'a> {
    pub(crate) fn new(model: &'a Model, scope: &'a Scope) -> Self {
        let entry = |entry: &'a Entry| EntryDocument {
            tier: entry.tier.name(),
            patterns: &entry.patterns,
            except: &entry.except,
            ports: entry.ports.iter().map(words::number_range).collect(),
            rule: &entry.rule,
            layer: entry.layer.name(),
            source: place(model, entry.at),
        };
        let action = |action: &'a ActionScope| {
            let default = action.default.name();
            let entries = action.entries.iter().map(entry).collect();
            (action.action.name(), ActionScopeDocument { default, entries })
        };
        let conditional = |rule: &'a Conditional| ConditionalDocument {
            tier: rule.tier.name(),
            actions: rule.actions.iter().map(|action| action.name()).collect(),
            condition: &rule.condition,
            rule: &rule.rule,
            layer: rule.layer.name(),
            source: place(model, rule.at),
        };
        ScopeDocument {
            schema_version: SCHEMA_VERSION,
            sandbox: &scope.sandbox,
            actions: scope.actions.iter().map(action).collect(),
            conditional: scope.conditional.iter().map(conditional).collect(),
        }
    }
}
