//! What the checker makes of policies.

use std::fmt::Write as _;
use std::sync::Arc;

use policy_lang::check::{CODES, Failure, no_includes};
use policy_lang::load;
use policy_lang::model::Model;
use policy_lang::span::Source;

fn load_text(text: &str) -> Result<Model, Failure> {
    load(vec![Source::new("a.policy", text)], &no_includes)
}

fn must_load(text: &str) -> Model {
    load_text(text).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_tour_is_a_policy() {
    let text = include_str!("../../examples/policies/tour.policy");
    let model = must_load(text);
    assert_eq!(model.name.as_deref(), Some("acme.agents"));
    assert_eq!(model.tests.len(), 1);
    assert_eq!(model.proofs.len(), 2);
    let _: &Arc<Source> = model.source(model.rules[0].at.source);
}

/// Every finding with its place, its help and its related places.
fn shown(text: &str) -> String {
    let circle = Source::new("circle.policy", "include \"circle.policy\"\n");
    let resolver = |path: &str, _: &Source| match path {
        "circle.policy" => Ok(Arc::clone(&circle)),
        _ => Err("there is no such file".to_owned()),
    };
    let failure = match load(vec![Source::new("a.policy", text)], &resolver) {
        Ok(_) => return "no error\n".to_owned(),
        Err(failure) => failure,
    };
    let mut shown = String::new();
    for finding in &failure.diagnostics {
        let known = CODES.iter().any(|known| known.code == finding.code);
        assert!(known, "{} is not explained: {}", finding.code, finding.message);
        writeln!(shown, "{} {}", finding.code, finding.message).expect("a string takes all");
        for label in &finding.labels {
            let source = &failure.sources[label.location.source.0 as usize];
            let (line, column) = source.line_column(label.location.span.start as usize);
            let about = &source.text[label.location.span.range()];
            writeln!(shown, "     {line}:{column} {about} {}", label.text).expect("a string");
        }
        if let Some(help) = &finding.help {
            writeln!(shown, "     help: {help}").expect("a string takes all");
        }
    }
    shown
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_to_do() {
    let cases = include_str!("check/wrong.policies").split("---\n");
    let shown: String = cases.map(|case| format!("{case}{}\n", shown(case))).collect();
    insta::assert_snapshot!("wrong", shown);
    // Circles of declarations that differ need two files, limits need more than a page.
    let elsewhere = ["C003", "C016"];
    for code in CODES.iter().map(|code| code.code).filter(|code| !elsewhere.contains(code)) {
        assert!(shown.contains(&format!("\n{code} ")), "no case has {code}");
    }
}
