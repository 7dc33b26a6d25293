//! The names: those of others are theirs, and the page shows them all.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use opentelemetry_semantic_conventions as semconv;
use policy_otel::names::{self, ATTRIBUTES, EVENTS, METRICS, Status};

/// The standard names, as their crate has them.
#[allow(deprecated)] // Those for agents moved to a repository of their own.
const STANDARD: &[&str] = &[
    semconv::attribute::FILE_PATH,
    semconv::attribute::GEN_AI_AGENT_NAME,
    semconv::attribute::GEN_AI_OPERATION_NAME,
    semconv::attribute::GEN_AI_REQUEST_MODEL,
    semconv::attribute::GEN_AI_TOOL_CALL_ARGUMENTS,
    semconv::attribute::GEN_AI_TOOL_CALL_ID,
    semconv::attribute::GEN_AI_TOOL_NAME,
    semconv::attribute::HTTP_REQUEST_METHOD,
    semconv::attribute::MCP_METHOD_NAME,
    semconv::attribute::NETWORK_TRANSPORT,
    semconv::attribute::OS_TYPE,
    semconv::attribute::PROCESS_COMMAND_LINE,
    semconv::attribute::PROCESS_EXECUTABLE_PATH,
    semconv::attribute::PROCESS_EXIT_CODE,
    semconv::attribute::PROCESS_WORKING_DIRECTORY,
    semconv::attribute::SECURITY_RULE_DESCRIPTION,
    semconv::attribute::SECURITY_RULE_NAME,
    semconv::attribute::SECURITY_RULE_RULESET_NAME,
    semconv::attribute::SERVER_ADDRESS,
    semconv::attribute::SERVER_PORT,
    semconv::attribute::SESSION_ID,
    semconv::attribute::URL_PATH,
    semconv::attribute::URL_SCHEME,
    semconv::attribute::USER_ID,
    semconv::attribute::VCS_REF_HEAD_NAME,
];

#[test]
fn standard_names_are_those_of_the_conventions() {
    let ours: BTreeSet<&str> =
        ATTRIBUTES.iter().filter(|name| name.status != Status::Own).map(|name| name.name).collect();
    assert_eq!(ours, STANDARD.iter().copied().collect());
    assert_eq!(names::SCHEMA_URL, semconv::SCHEMA_URL);
}

#[test]
fn own_names_are_told_apart() {
    for table in [ATTRIBUTES, EVENTS, METRICS] {
        let all: BTreeSet<&str> = table.iter().map(|name| name.name).collect();
        assert_eq!(all.len(), table.len(), "each once");
        for name in table {
            let is_own = name.name.starts_with("policy.");
            assert_eq!(is_own, name.status == Status::Own, "{}", name.name);
        }
    }
}

/// The attributes that metrics have are attributes.
#[test]
fn metrics_use_the_table() {
    for metric in METRICS {
        for attribute in metric.field.split(", ") {
            assert!(ATTRIBUTES.iter().any(|name| name.name == attribute), "{attribute}");
        }
    }
}

/// `docs/otel.md` has the tables between `<!-- NAME -->` and `<!-- end -->`. With `UPDATE_DOCS` set
/// they are written there.
#[test]
fn the_page_shows_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/otel.md");
    let mut page = fs::read_to_string(&path).expect("the page is there");
    for (name, table) in names::tables() {
        let begin = format!("<!-- {name} -->\n");
        let at = page.find(&begin).unwrap_or_else(|| panic!("a place for {name}")) + begin.len();
        let length = page[at..].find("<!-- end -->").expect("it ends");
        if page[at..at + length] == table {
            continue;
        }
        assert!(std::env::var_os("UPDATE_DOCS").is_some(), "docs/otel.md should have\n\n{table}");
        page.replace_range(at..at + length, &table);
    }
    assert!(page.contains(names::SCHEMA_URL), "the page names the conventions");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page).expect("the page is writable");
    }
}
