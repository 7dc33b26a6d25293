//! `policy diff`: what a change to a policy changes in meaning.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_lang::Failure;
use policy_lang::diagnostic::Style;
use policy_lang::diff::{self, Comparison, Direction, Edition, Report, Side};
use policy_lang::model::Model;

use crate::documents::DiffDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::revision;
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// The policy before: a file, several with commas between them, or files of a git revision
    /// (`main:agents.policy`). `-` is standard input.
    #[arg(value_name = "OLD")]
    old: String,
    /// The policy after, written in the same ways.
    #[arg(value_name = "NEW")]
    new: String,
    #[arg(long, default_value = "human")]
    format: DiffFormat,
    /// Exit with 5 where something differs, or where something was loosened.
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// For people.
    Human,
    /// One document.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// One page for a reviewer.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Any difference.
    Any,
    /// A difference that lets an agent do more, or records less.
    Loosened,
}

pub(crate) fn run(args: &DiffArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let (old, new) = (files(&args.old), files(&args.new));
    if old.iter().chain(&new).filter(|path| input::is_stdin(path)).count() > 1 {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let (old, old_model) = edition(&old)?;
    let (new, new_model) = edition(&new)?;
    let report = diff::compare(&old_model, &new_model, diff::BUDGET).map_err(|error| {
        let model = if error.side == Side::Old { &old_model } else { &new_model };
        Stop::Invalid(Failure {
            diagnostics: vec![error.error.finding()],
            sources: model.sources.clone(),
        })
    })?;
    let comparison = Comparison { old: &old, new: &new, report: &report };
    match args.format {
        DiffFormat::Human => write!(ui, "{}", diff::human::text(&comparison, Style::Coloured))?,
        DiffFormat::Json => ui.document(&DiffDocument::new(&comparison))?,
        DiffFormat::Markdown => write!(ui, "{}", diff::markdown::comment(&comparison))?,
        DiffFormat::Html => write!(ui, "{}", diff::html::page(&comparison))?,
        DiffFormat::Sarif => ui.document(&diff::sarif::log(&comparison))?,
        DiffFormat::Github => write!(ui, "{}", diff::github::commands(&comparison))?,
    }
    Ok(outcome(&report, args.fail_on))
}

/// A difference that was asked for is certain, whatever else was not compared.
fn outcome(report: &Report, fail_on: Option<FailOn>) -> Outcome {
    let differs = match fail_on {
        None => false,
        Some(FailOn::Any) => !report.differences.is_empty(),
        Some(FailOn::Loosened) => report.count(Direction::Loosened) > 0,
    };
    match (differs, report.is_complete()) {
        (true, _) => Outcome::Differs,
        (false, false) => Outcome::Unproved,
        (false, true) => Outcome::Done,
    }
}

/// `a.policy,b.policy`
pub(super) fn files(argument: &str) -> Vec<PathBuf> {
    argument.split(',').map(PathBuf::from).collect()
}

fn edition(files: &[PathBuf]) -> Result<(Edition, Model), Stop> {
    if files.iter().any(|file| file.as_os_str().is_empty()) {
        return Err(Stop::usage("an empty name; several files are written `a.policy,b.policy`"));
    }
    let model = input::model(files)?;
    let given: Vec<String> = files.iter().map(|file| input::name(file).into_owned()).collect();
    let mut edition = Edition::new(given, &model);
    let revisions = model.sources.iter().filter_map(|source| revision::parse(&source.name));
    edition.revisions = revisions.map(|named| format!("{}:", named.revision)).collect();
    edition.revisions.sort();
    edition.revisions.dedup();
    Ok((edition, model))
}

#[cfg(test)]
mod tests {
    use policy_eval::Action;
    use policy_lang::diff::Unproved;

    use super::*;

    #[test]
    fn what_is_not_proved_counts_where_nothing_else_does() {
        let unproved = vec![Unproved { action: Action::Run, why: String::new() }];
        let incomplete = Report { unproved, ..Report::default() };
        for fail_on in [None, Some(FailOn::Any), Some(FailOn::Loosened)] {
            assert_eq!(outcome(&Report::default(), fail_on), Outcome::Done);
            assert_eq!(outcome(&incomplete, fail_on), Outcome::Unproved);
        }
    }
}
