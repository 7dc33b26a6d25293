//! Each policy by itself.

use std::path::{Path, PathBuf};

use policy_lang::format::format;
use policy_lang::{diagnostic, model, testing};

use crate::files::{example, load, policies_below, read};

/// Policies that stand alone, and those whose files are layers.
const POLICIES: [&[&str]; 10] = [
    &["workstation.policy"],
    &["ci-runner.policy"],
    &["enterprise/1-managed.policy", "enterprise/2-team.policy", "enterprise/3-project.policy"],
    &["reference/fs-workspace.policy"],
    &[
        "reference/layered/1-managed.policy",
        "reference/layered/2-user.policy",
        "reference/layered/3-project.policy",
    ],
    &["reference/mcp-basic.policy"],
    &["reference/net-managed.policy"],
    &["reference/shell-dev.policy"],
    &["reference/shell-open.policy"],
    &["reference/shell-scoped.policy"],
];

fn layers(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| example("policies").join(name)).collect()
}

#[test]
fn every_policy_stands_in_the_canonical_layout() {
    for path in policies_below(&example("policies")) {
        // The tour is the page of the language, laid out as the page is.
        if path.ends_with("tour.policy") {
            continue;
        }
        let source = read(&path).expect("an example");
        let formatted = format(&source).unwrap_or_else(|error| panic!("{}: {error}", source.name));
        assert!(formatted == source.text, "{} is not formatted", source.name);
    }
}

#[test]
fn every_test_passes_and_every_rule_is_reached() {
    let mut complaints = Vec::new();
    for names in POLICIES {
        let (model, policy) = load(&layers(names));
        let report = testing::run(&model, &policy);
        for case in report.tests.iter().flat_map(|test| &test.cases) {
            if !case.passes() {
                let source = model.source(case.at.source);
                let (line, _) = source.line_column(case.at.span.start as usize);
                let got = match &case.got {
                    Ok(got) => format!("{} by {:?}", got.decision.tier, got.decision.rule),
                    Err(error) => error.to_string(),
                };
                complaints
                    .push(format!("{}:{line}: {} expected, {got}", source.name, case.expected));
            }
        }
        let unreached = model.rules.iter().zip(&report.reached).filter(|(_, reached)| !**reached);
        complaints.extend(
            unreached.map(|(rule, _)| format!("{names:?}: no test reaches `{}`", rule.name)),
        );
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn whoever_is_refused_or_asked_is_told_why() {
    let mut silent = Vec::new();
    for names in POLICIES {
        let (model, _) = load(&layers(names));
        let strict = model.rules.iter().filter(|rule| {
            matches!(rule.effect, model::Effect::Tier(tier, _) if policy_eval::Tier::Review < tier)
        });
        silent.extend(
            strict
                .filter(|rule| rule.reason.is_none() || !rule.named)
                .map(|rule| rule.name.clone()),
        );
    }
    assert!(silent.is_empty(), "without a name or a reason: {silent:?}");
}

/// What a lint has to say of an example is mended, or allowed with a reason.
#[test]
fn no_lint_has_anything_to_say() {
    let mut complaints = Vec::new();
    let alone: [&[&str]; 4] = [
        &["common/commands.policy"],
        &["common/secrets.policy"],
        &["enterprise/facts.policy"],
        &["tour.policy"],
    ];
    for names in POLICIES.iter().chain(&alone) {
        let (model, _) = load(&layers(names));
        for finding in policy_lang::lint::lint(&model) {
            if policy_lang::lint::Lint::named(finding.code).is_some() {
                let shown = diagnostic::render(&finding, &model.sources, diagnostic::Style::Plain);
                complaints.push(shown);
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A folder or file that nobody lists here would go untested.
#[test]
fn every_file_is_tested_or_included() {
    let listed: Vec<PathBuf> = POLICIES.iter().flat_map(|names| layers(names)).collect();
    let others: Vec<String> = policies_below(&example("policies"))
        .into_iter()
        .filter(|path| !listed.contains(path))
        .map(|path| relative(&path))
        .collect();
    insta::assert_snapshot!(others.join("\n"), @r"
    common/commands.policy
    common/secrets.policy
    enterprise/facts.policy
    reference/commands.policy
    tour.policy
    ");
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(example("policies")).unwrap_or(path);
    path.display().to_string().replace('\\', "/")
}
