//! `policy test`: the tests that stand in a policy, on the compiled policy.

use std::io::Write;
use std::path::PathBuf;

use anstream::adapter::strip_str;
use clap::Args;
use policy_eval::safe;
use policy_lang::diagnostic::junit::{self, Case, Failed, Suite};
use policy_lang::model::{ClauseKind, Model};
use policy_lang::span::{Lines, Location};
use policy_lang::testing::{self, CaseRun, ClauseCoverage, Report};

use super::lint::count;
use crate::documents::TestsDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::show;
use crate::ui::{ERROR, FAINT, GOOD, STRONG, Ui, paint, tier_style};

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Policy files; several are the layers of one policy. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long, default_value = "human")]
    format: TestFormat,
    /// Exit with 4 where the tests reach less of a hundred: rules, and both sides of their clauses.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..=100))]
    min_coverage: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum TestFormat {
    /// For people.
    Human,
    /// One document.
    Json,
    /// JUnit XML, for build servers.
    Junit,
}

pub(crate) fn run(args: &TestArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let loaded = input::load_proved(&args.files)?;
    let report = testing::run(&loaded.model, &loaded.policy);
    match args.format {
        TestFormat::Json => ui.document(&TestsDocument::new(&loaded.model, &report))?,
        TestFormat::Human => show(&loaded.model, &report, ui)?,
        TestFormat::Junit => {
            write!(ui, "{}", junit::document(&suites(&loaded.model, &report)?))?;
        }
    }
    let (passed, all) = report.passed();
    let covered = args.min_coverage.is_none_or(|least| usize::from(least) <= report.coverage());
    if !covered && args.format == TestFormat::Human {
        let least = args.min_coverage.unwrap_or_default();
        writeln!(ui, "{} coverage is below {least}%", paint(ERROR, "error:"))?;
    }
    Ok(if passed == all && covered { Outcome::Done } else { Outcome::Findings })
}

/// A suite for each file with tests, and a case for each test.
fn suites(model: &Model, report: &Report<'_>) -> Result<Vec<Suite>, Stop> {
    let places = Places::of(model);
    let mut suites: Vec<Suite> = Vec::new();
    for test in &report.tests {
        let file = &model.source(test.at.source).name;
        let failing: Vec<_> = test.cases.iter().filter(|case| !case.passes()).collect();
        let mut text = Vec::new();
        for case in &failing {
            show_failure(&places, case, &mut text)?;
        }
        let failure = (!failing.is_empty()).then(|| Failed {
            kind: "test".to_owned(),
            message: format!("{} of {} failed", failing.len(), count(test.cases.len(), "line")),
            text: strip_str(&String::from_utf8_lossy(&text)).to_string(),
        });
        let case = Case { name: test.name.clone(), failure, output: String::new() };
        match suites.iter_mut().find(|suite| suite.name == *file) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite { name: file.clone(), cases: vec![case] }),
        }
    }
    Ok(suites)
}

fn show(model: &Model, report: &Report<'_>, ui: &mut Ui) -> Result<(), Stop> {
    let places = Places::of(model);
    for test in &report.tests {
        let fails = test.cases.iter().filter(|case| !case.passes()).count();
        let mark = if fails == 0 { paint(GOOD, "ok  ") } else { paint(ERROR, "FAIL") };
        writeln!(ui, "{mark}  {}", safe(&test.name))?;
        for case in test.cases.iter().filter(|case| !case.passes()) {
            show_failure(&places, case, ui)?;
        }
    }
    let (passed, all) = report.passed();
    let failed = all - passed;
    let tests = count(report.tests.len(), "test");
    let style = if failed == 0 { GOOD } else { ERROR };
    let result = format!("{} passed, {failed} failed", count(passed, "line"));
    writeln!(ui, "\n{tests}: {}", paint(style, result))?;
    show_coverage(&places, report, ui)
}

fn show_failure(places: &Places<'_>, case: &CaseRun<'_>, ui: &mut impl Write) -> Result<(), Stop> {
    let place = places.show(case.at);
    writeln!(ui, "      {}  {}", safe(text(places.model, case.at)), paint(FAINT, place))?;
    let expected = paint(tier_style(case.expected), case.expected);
    match &case.got {
        Err(error) => writeln!(ui, "        not a request: {}", safe(&error.to_string()))?,
        Ok(got) => {
            let decision = &got.decision;
            let tier = paint(tier_style(decision.tier), decision.tier);
            let by = match decision.rule {
                Some(rule) => format!(" by `{}`", paint(STRONG, safe(rule.name))),
                None if decision.default => " by default".to_owned(),
                None => format!(": {}", show::cause(decision)),
            };
            writeln!(ui, "        expected {expected}, got {tier}{by}")?;
            if let Some(rule) = decision.rule {
                writeln!(ui, "        {}", paint(FAINT, show::place(&rule)))?;
            }
            show::floors(ui, decision.floors, "        ")?;
            for part in &got.parts {
                show::unsent(ui, &part.not_sent, "        ")?;
            }
        }
    }
    Ok(())
}

fn show_coverage(places: &Places<'_>, report: &Report<'_>, ui: &mut Ui) -> Result<(), Stop> {
    let model = places.model;
    let reached = report.reached.iter().filter(|reached| **reached).count();
    let rules = count(report.reached.len(), "rule");
    let (sides, percent) = (report.sides().count(), report.coverage());
    if sides == 0 {
        writeln!(ui, "{reached} of {rules} reached ({percent}%)")?;
    } else {
        let seen = report.sides().filter(|reached| *reached).count();
        let sides = count(sides, "side");
        writeln!(ui, "{reached} of {rules} and {seen} of {sides} of clauses reached ({percent}%)")?;
    }
    for (rule, _) in model.rules.iter().zip(&report.reached).filter(|(_, reached)| !**reached) {
        let name = paint(STRONG, safe(&rule.name));
        writeln!(ui, "  no test reaches `{name}`  {}", paint(FAINT, places.show(rule.at)))?;
    }
    for clause in &report.clauses {
        // Of a rule that no test reaches, that is enough to know.
        if clause.rules.iter().any(|rule| report.reached[*rule]) || clause.holds {
            show_clause(places, clause, ui)?;
        }
    }
    Ok(())
}

fn show_clause(places: &Places<'_>, clause: &ClauseCoverage, ui: &mut Ui) -> Result<(), Stop> {
    let (holds, fails) = match clause.kind {
        ClauseKind::Except => ("applies", "does not apply"),
        ClauseKind::When | ClauseKind::Unless => ("holds", "does not hold"),
    };
    let text: Vec<&str> = text(places.model, clause.at).split_whitespace().collect();
    let text = format!("{} {}", clause.kind.name(), safe(&text.join(" ")));
    for (side, reached) in [(holds, clause.holds), (fails, clause.fails)] {
        if !reached {
            let (text, place) = (paint(STRONG, &text), paint(FAINT, places.show(clause.at)));
            writeln!(ui, "  no test in which `{text}` {side}  {place}")?;
        }
    }
    Ok(())
}

/// What stands at a place, on one line.
pub(crate) fn text(model: &Model, at: Location) -> &str {
    let text = &model.source(at.source).text;
    text.get(at.span.range()).unwrap_or_default().trim()
}

/// A model and where its lines begin: many places of a long text are shown.
struct Places<'m> {
    model: &'m Model,
    lines: Vec<Lines<'m>>,
}

impl<'m> Places<'m> {
    fn of(model: &'m Model) -> Places<'m> {
        Places { model, lines: model.sources.iter().map(|source| Lines::new(source)).collect() }
    }

    fn show(&self, at: Location) -> String {
        let name = safe(&self.model.source(at.source).name);
        let (line, column) = self.lines[at.source.0 as usize].line_column(at.span.start as usize);
        format!("{name}:{line}:{column}")
    }
}
