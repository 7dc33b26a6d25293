//! Findings as SARIF 2.1.0, which code scanning services and editors read.
//!
//! ```text
//!   Diagnostic ─► Finding ─┐
//!                          ├─► log: one run, the rules that were met, one result a finding
//!   Difference ─► Finding ─┘
//! ```
//!
//! A service recognises a finding of an earlier run by its fingerprint. So that is made of what
//! stays when lines move: the code, the file, the text of the lines, and the how-manyth of equal
//! ones it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy_eval::safe;
use serde_json::{Map, Value, json};

use super::place::{Places, Region, uri};
use super::{Code, Diagnostic, Edit, Level};
use crate::span::{Location, Source, boundary};

/// The version of the fingerprints: another way to make them gets another number.
const FINGERPRINT: &str = "policy/v1";

/// Findings as a SARIF log of one run.
///
/// `codes` explains the codes of the findings; one that it does not know has no help. Columns
/// count Unicode characters. Text is shown without hidden characters, which are spelt out; what a
/// fix inserts is given as it is.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::sarif;
/// use policy_lang::span::{Source, SourceId};
///
/// let source = Source::new("a.policy", "alow run \"ls\"\n");
/// let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
/// let log = sarif::log(&errors, &[source], policy_lang::lint::codes());
/// let result = &log["runs"][0]["results"][0];
/// assert_eq!(result["ruleId"], "P005");
/// assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 1);
/// ```
///
/// # Cost
/// Linear in the length of the sources, and in the findings and the lines that they stand on.
pub fn log(
    diagnostics: &[Diagnostic],
    sources: &[Arc<Source>],
    codes: impl IntoIterator<Item = &'static Code>,
) -> Value {
    let mut seen = BTreeMap::new();
    let places = Places::new(sources);
    let findings: Vec<Finding> =
        diagnostics.iter().map(|found| Finding::new(found, &places, &mut seen)).collect();
    let known: Vec<&Code> = codes.into_iter().collect();
    let rule = |code: &str| {
        let found = known.iter().find(|known| known.code == code)?;
        Some(Rule { code: found.code, title: found.title, explanation: found.explanation })
    };
    write(&findings, rule)
}

/// What a rule is, for those who meet it in a report.
pub(crate) struct Rule<'r> {
    pub(crate) code: &'r str,
    pub(crate) title: &'r str,
    pub(crate) explanation: &'r str,
}

/// One result of a log.
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) level: Level,
    pub(crate) text: String,
    pub(crate) place: Option<Region>,
    pub(crate) related: Vec<(Region, String)>,
    pub(crate) fixes: Vec<Value>,
    /// What it is recognised by.
    pub(crate) fingerprint: String,
    /// More that is said of it, for programs.
    pub(crate) properties: Map<String, Value>,
}

impl Finding {
    fn new(
        diagnostic: &Diagnostic,
        places: &Places<'_>,
        seen: &mut BTreeMap<String, usize>,
    ) -> Finding {
        let mut text = diagnostic.message.clone();
        if let Some(label) = diagnostic.labels.iter().find(|label| label.primary)
            && !label.text.is_empty()
        {
            text = format!("{text}: {}", label.text);
        }
        if let Some(help) = &diagnostic.help {
            text = format!("{text}. Help: {help}");
        }
        let region = |location| places.region(location);
        let related = diagnostic.labels.iter().filter(|label| !label.primary);
        let mut properties = Map::new();
        if let Some(witness) = &diagnostic.witness {
            properties.insert("witness".to_owned(), witness.clone());
        }
        Finding {
            code: diagnostic.code.to_owned(),
            level: diagnostic.level,
            text,
            place: diagnostic.location().and_then(region),
            related: related
                .filter_map(|label| Some((region(label.location)?, label.text.clone())))
                .collect(),
            fixes: fixes(diagnostic, places),
            fingerprint: fingerprint(diagnostic, places, seen),
            properties,
        }
    }
}

/// The fingerprint of a finding. `seen` counts equal ones.
fn fingerprint(
    diagnostic: &Diagnostic,
    places: &Places<'_>,
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let place = diagnostic.location().and_then(|at| {
        let (source, _) = places.source(at.source)?;
        let (marked, lines) = texts(at, source);
        Some([source.name.as_str(), marked, lines].map(words).join("\0"))
    });
    let parts = [diagnostic.code.to_owned(), place.unwrap_or_else(|| diagnostic.message.clone())];
    fingerprint_of(&parts, seen)
}

/// A digest of some parts, and of how often they were met before.
pub(crate) fn fingerprint_of(parts: &[String], seen: &mut BTreeMap<String, usize>) -> String {
    let text = parts.join("\0");
    let ordinal = seen.entry(text.clone()).and_modify(|count| *count += 1).or_insert(0);
    let digest = blake3::hash(format!("{text}\0{ordinal}").as_bytes());
    digest.to_hex().as_str().chars().take(32).collect()
}

/// The marked text, and the whole of its lines.
fn texts(at: Location, source: &Source) -> (&str, &str) {
    let text = source.text.as_str();
    let clamp = |byte: u32| boundary(text, byte as usize);
    let start = clamp(at.span.start);
    let end = clamp(at.span.end).max(start);
    let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let last = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    (&text[start..end], &text[first..last])
}

/// A text as words with one blank between them: another layout is no other finding.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fixes(diagnostic: &Diagnostic, places: &Places<'_>) -> Vec<Value> {
    let mut by_file: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for Edit { location, text } in &diagnostic.fix {
        // A fix of which a part has no place would be half a fix.
        let Some(place) = places.region(*location) else { return Vec::new() };
        by_file.entry(place.file.clone()).or_default().push(json!({
            "deletedRegion": region(&place),
            "insertedContent": {"text": text},
        }));
    }
    if by_file.is_empty() {
        return Vec::new();
    }
    let changes: Vec<Value> = by_file
        .into_iter()
        .map(|(file, replacements)| {
            json!({"artifactLocation": artifact(&file), "replacements": replacements})
        })
        .collect();
    let mut fix = json!({"artifactChanges": changes});
    if let Some(help) = &diagnostic.help {
        fix["description"] = message(help);
    }
    vec![fix]
}

/// The log of some findings. `rule` says what is known of a code.
pub(crate) fn write<'r>(findings: &[Finding], rule: impl Fn(&str) -> Option<Rule<'r>>) -> Value {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| descriptor(code, rule(code))).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, codes.binary_search(&finding.code.as_str()).unwrap_or(0)))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "policy",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "originalUriBaseIds": {
                "%SRCROOT%": {"description": {"text": "The folder that the files were named from."}},
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn descriptor(code: &str, rule: Option<Rule<'_>>) -> Value {
    let Some(rule) = rule else { return json!({"id": code}) };
    json!({
        "id": rule.code,
        "shortDescription": message(rule.title),
        "fullDescription": message(&summary(rule.explanation)),
        "help": {"text": text(rule.explanation), "markdown": rule.explanation},
    })
}

/// What an explanation says before its examples. Services show no more than this much of it.
fn summary(explanation: &str) -> String {
    const LONGEST: usize = 1000;
    let is_text = |part: &&str| !part.starts_with("# ") && !part.starts_with("Name `");
    let parts = explanation.split("\n\n").filter(is_text);
    let parts: Vec<&str> = parts.take_while(|part| !part.starts_with("## ")).collect();
    let text = words(&parts.join(" "));
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn result(finding: &Finding, rule_index: usize) -> Value {
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": level(finding.level),
        "message": message(&finding.text),
        "locations": finding.place.iter().map(location).collect::<Vec<_>>(),
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    });
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(index, (place, text))| {
            let mut location = location(place);
            location["id"] = json!(index);
            if !text.is_empty() {
                location["message"] = message(text);
            }
            location
        });
        result["relatedLocations"] = related.collect();
    }
    if !finding.fixes.is_empty() {
        result["fixes"] = json!(finding.fixes);
    }
    if !finding.properties.is_empty() {
        result["properties"] = Value::Object(finding.properties.clone());
    }
    result
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn message(what: &str) -> Value {
    json!({"text": text(what)})
}

/// Plain text of a message.
///
/// Readers make a link of `[words](place)`. A policy may hold any text, so nothing of it is handed
/// on that looks like one.
fn text(what: &str) -> String {
    let lines: Vec<_> = what.lines().map(safe).collect();
    lines.join("\n").replace("](", "] (")
}

fn location(place: &Region) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": artifact(&place.file),
        "region": region(place),
    }})
}

fn artifact(file: &str) -> Value {
    let uri = uri(file);
    if uri.starts_with("file:") {
        return json!({"uri": uri});
    }
    json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
}

fn region(place: &Region) -> Value {
    let (line, column) = place.start;
    match place.end {
        None => json!({"startLine": line, "startColumn": column}),
        Some((end_line, end_column)) => json!({
            "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
        }),
    }
}
