//! A report for programs: one JSON document. `docs/schemas/replay.json` is its schema.

use serde::Serialize;
use serde_json::value::RawValue;

use super::words::day_of;
use super::{Change, Decider, Edition, Kind, Report, Rule, Tiers};

/// A report, as the command line prints it.
#[derive(Serialize)]
pub struct Document<'r> {
    policy: EditionDocument<'r>,
    against: Option<EditionDocument<'r>>,
    logs: Vec<LogDocument<'r>>,
    requests: u64,
    without_request: u64,
    broken: u64,
    broken_lines: Vec<BrokenDocument<'r>>,
    from: Option<String>,
    until: Option<String>,
    tiers: TiersDocument,
    actions: Vec<ActionDocument>,
    rules: Vec<RuleDocument<'r>>,
    /// Decisions that no rule gave.
    others: Vec<OtherDocument>,
    kinds: Vec<KindDocument<'r>>,
    /// What asks, where the log tells answers.
    asked: Vec<AskedDocument<'r>>,
    days: Vec<DayDocument>,
    changed: u64,
    changes: Vec<ChangeDocument<'r>>,
    changes_left_out: u64,
}

#[derive(Serialize)]
struct EditionDocument<'r> {
    name: Option<&'r str>,
    version: Option<&'r str>,
    digest: &'r str,
    files: &'r [String],
}

#[derive(Serialize)]
struct LogDocument<'r> {
    name: &'r str,
    format: Option<&'static str>,
    requests: u64,
}

#[derive(Serialize)]
struct BrokenDocument<'r> {
    log: &'r str,
    line: u64,
    message: &'r str,
}

#[derive(Serialize)]
struct TiersDocument {
    allow: u64,
    review: u64,
    ask: u64,
    deny: u64,
}

#[derive(Serialize)]
struct ActionDocument {
    action: &'static str,
    tiers: TiersDocument,
}

#[derive(Serialize)]
struct RuleDocument<'r> {
    rule: &'r str,
    layer: &'static str,
    tier: &'static str,
    source: PlaceDocument<'r>,
    /// Requests of which it decided at least a part.
    fired: u64,
    /// Requests that it decided.
    decided: u64,
}

#[derive(Serialize)]
struct PlaceDocument<'r> {
    file: &'r str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct OtherDocument {
    decided_by: &'static str,
    tiers: TiersDocument,
}

#[derive(Serialize)]
struct KindDocument<'r> {
    tier: &'static str,
    action: &'static str,
    what: &'r str,
    decided_by: &'static str,
    rule: Option<&'r str>,
    count: u64,
    done: u64,
    approved: u64,
    denied: u64,
    refused: u64,
    waited_ms: Option<u64>,
    example: &'r str,
    log: &'r str,
    line: u64,
}

#[derive(Serialize)]
struct AskedDocument<'r> {
    decided_by: &'static str,
    rule: Option<&'r str>,
    count: u64,
    approved: u64,
    denied: u64,
    waited_ms: u64,
    for_nothing: bool,
}

#[derive(Serialize)]
struct DayDocument {
    day: String,
    tiers: TiersDocument,
}

#[derive(Serialize)]
struct ChangeDocument<'r> {
    direction: &'static str,
    action: &'static str,
    from: &'static str,
    to: &'static str,
    old_decided_by: &'static str,
    old_rule: Option<&'r str>,
    old_source: Option<PlaceDocument<'r>>,
    new_decided_by: &'static str,
    new_rule: Option<&'r str>,
    new_source: Option<PlaceDocument<'r>>,
    count: u64,
    example: Option<Box<RawValue>>,
    shown: &'r str,
    log: &'r str,
    line: u64,
}

/// The document of a report.
pub fn document(report: &Report) -> Document<'_> {
    Document {
        policy: edition(&report.policy),
        against: report.against.as_ref().map(edition),
        logs: report
            .logs
            .iter()
            .map(|log| LogDocument {
                name: &log.name,
                format: log.format.map(|format| format.name()),
                requests: log.requests,
            })
            .collect(),
        requests: report.requests,
        without_request: report.without_request,
        broken: report.broken,
        broken_lines: report
            .first_broken
            .iter()
            .map(|broken| BrokenDocument {
                log: log(report, broken.place.log),
                line: broken.place.line,
                message: &broken.why,
            })
            .collect(),
        from: report.times.map(|(first, _)| first.to_string()),
        until: report.times.map(|(_, last)| last.to_string()),
        tiers: tiers(&report.tiers),
        actions: report
            .actions
            .iter()
            .map(|(action, of)| ActionDocument { action: action.name(), tiers: tiers(of) })
            .collect(),
        rules: rules(report),
        others: report
            .decided
            .iter()
            .filter(|decided| decided.by.rule().is_none())
            .map(|decided| OtherDocument {
                decided_by: decided.by.name(),
                tiers: tiers(&decided.tiers),
            })
            .collect(),
        kinds: report.kinds.iter().map(|of| kind(report, of)).collect(),
        asked: report
            .asked
            .iter()
            .map(|asked| AskedDocument {
                decided_by: asked.by.name(),
                rule: name(&asked.by),
                count: asked.count,
                approved: asked.approved,
                denied: asked.denied,
                waited_ms: asked.waited_ms,
                for_nothing: asked.is_for_nothing(),
            })
            .collect(),
        days: report
            .days
            .iter()
            .map(|(day, of)| DayDocument { day: day_of(*day), tiers: tiers(of) })
            .collect(),
        changed: report.changed(),
        changes: report.changes.iter().map(|of| change(report, of)).collect(),
        changes_left_out: report.changes_left_out,
    }
}

fn edition(edition: &Edition) -> EditionDocument<'_> {
    EditionDocument {
        name: edition.name.as_deref(),
        version: edition.version.as_deref(),
        digest: &edition.digest,
        files: &edition.files,
    }
}

fn log(report: &Report, at: u32) -> &str {
    report.logs.get(at as usize).map_or("", |log| &log.name)
}

fn tiers(tiers: &Tiers) -> TiersDocument {
    let [allow, review, ask, deny] = *tiers;
    TiersDocument { allow, review, ask, deny }
}

/// Every rule: those that decided, most first, then the others.
fn rules(report: &Report) -> Vec<RuleDocument<'_>> {
    let decided = report.decided.iter();
    let fired = decided.filter_map(|of| Some((of.by.rule()?, of.fired, of.count())));
    let never = report.never_fired.iter().map(|rule| (rule, 0, 0));
    fired
        .chain(never)
        .map(|(rule, fired, decided)| RuleDocument {
            rule: &rule.name,
            layer: rule.layer.name(),
            tier: rule.tier.name(),
            source: place(rule),
            fired,
            decided,
        })
        .collect()
}

fn place(rule: &Rule) -> PlaceDocument<'_> {
    PlaceDocument { file: &rule.file, line: rule.line, column: rule.column }
}

fn kind<'r>(report: &'r Report, kind: &'r Kind) -> KindDocument<'r> {
    let [done, approved, denied, refused] = kind.outcomes;
    KindDocument {
        tier: kind.tier.name(),
        action: kind.action.name(),
        what: &kind.what,
        decided_by: kind.by.name(),
        rule: name(&kind.by),
        count: kind.count,
        done,
        approved,
        denied,
        refused,
        waited_ms: kind.waited_ms,
        example: &kind.example,
        log: log(report, kind.place.log),
        line: kind.place.line,
    }
}

fn name(decider: &Decider) -> Option<&str> {
    decider.rule().map(|rule| rule.name.as_str())
}

fn change<'r>(report: &'r Report, change: &'r Change) -> ChangeDocument<'r> {
    ChangeDocument {
        direction: if change.is_loosened() { "loosened" } else { "tightened" },
        action: change.action.name(),
        from: change.from.name(),
        to: change.to.name(),
        old_decided_by: change.old.name(),
        old_rule: name(&change.old),
        old_source: change.old.rule().map(place),
        new_decided_by: change.new.name(),
        new_rule: name(&change.new),
        new_source: change.new.rule().map(place),
        count: change.count,
        // What is written as JSON is JSON.
        example: RawValue::from_string(visible(&change.request)).ok(),
        shown: &change.example,
        log: log(report, change.place.log),
        line: change.place.line,
    }
}

/// JSON text without a character in it that a terminal or a log obeys, or that nobody sees.
fn visible(json: &str) -> String {
    use std::fmt::Write as _;
    let is_hidden = |c| policy_eval::is_control(c) || policy_eval::is_unseen(c);
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            c if is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out
}
