//! `policy lint`: what is wrong with a policy, and what leaves something to be desired.

mod fix;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use policy_lang::diagnostic::{Diagnostic, Level, github, junit, sarif};
use policy_lang::lint::{self, LINTS, Lint};
use policy_lang::prove::NOT_PROVED;
use policy_lang::span::Source;

use crate::codes;
use crate::documents::{CodesDocument, FindingsDocument};
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{self, GOOD, STRONG, Ui, paint};

#[derive(Args, Debug)]
pub(crate) struct LintArgs {
    /// Policy files; several are the layers of one policy. `-` is standard input.
    #[arg(required_unless_present_any = ["explain", "list"], value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long, default_value = "human")]
    format: LintFormat,
    /// Exit with 4 where a finding is at least so bad.
    #[arg(long, value_name = "LEVEL", default_value = "error", value_parser = level)]
    fail_level: Level,
    /// Write the safe edits of findings into the files; of `-`, print the mended text.
    #[arg(long, conflicts_with_all = ["explain", "list"])]
    fix: bool,
    /// Explain a finding, by its code or its name.
    #[arg(long, value_name = "CODE|NAME")]
    explain: Option<String>,
    /// List all findings that there can be.
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LintFormat {
    /// For people.
    Human,
    /// One document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// JUnit XML, for build servers.
    Junit,
}

fn level(word: &str) -> Result<Level, String> {
    Level::from_name(word).ok_or_else(|| {
        let words: Vec<_> = Level::ALL.iter().map(|level| level.name()).collect();
        format!("expected one of {}", words.join(", "))
    })
}

pub(crate) fn run(args: &LintArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let codes_only = args.explain.is_some() || args.list;
    if codes_only && !matches!(args.format, LintFormat::Human | LintFormat::Json) {
        return Err(Stop::usage("`--explain` and `--list` have the formats `human` and `json`"));
    }
    if let Some(code) = &args.explain {
        return explain(code, args.format, ui);
    }
    if args.list {
        return list(args.format, ui);
    }
    let Looked { sources, findings, .. } = match args.fix {
        true => fix::fix(&args.files, ui)?,
        false => look(input::sources(&args.files)?),
    };
    match args.format {
        // Standard output has the mended text.
        LintFormat::Human if args.fix && args.files.iter().any(|file| input::is_stdin(file)) => {
            if !findings.is_empty() {
                ui.note(ui::findings(&findings, &sources).trim_end());
            }
        }
        LintFormat::Human => show(&findings, &sources, ui)?,
        LintFormat::Json => ui.document(&FindingsDocument::new(&findings, &sources))?,
        LintFormat::Sarif => ui.document(&sarif::log(&findings, &sources, lint::codes()))?,
        LintFormat::Github => write!(ui, "{}", github::commands(&findings, &sources))?,
        LintFormat::Junit => {
            let suites = junit::findings(&findings, &sources, args.fail_level);
            write!(ui, "{}", junit::document(&suites))?;
        }
    }
    let worst = findings.iter().map(|finding| finding.level).max();
    let unproved = findings.iter().any(|finding| finding.code == NOT_PROVED);
    match worst {
        Some(Level::Error) => Ok(Outcome::Invalid),
        Some(worst) if args.fail_level <= worst => Ok(Outcome::Findings),
        _ if unproved => Ok(Outcome::Unproved),
        _ => Ok(Outcome::Done),
    }
}

/// What there is to say of some files.
#[derive(Clone)]
struct Looked {
    /// Every text that places speak of: those that were given first.
    sources: Vec<Arc<Source>>,
    given: usize,
    findings: Vec<Diagnostic>,
}

impl Looked {
    fn is_valid(&self) -> bool {
        self.findings.iter().all(|finding| finding.level < Level::Error)
    }
}

fn look(given: Vec<Arc<Source>>) -> Looked {
    let number = given.iter().collect::<HashSet<_>>().len();
    let (sources, findings) = match input::check_sources(given) {
        Err(failure) => (failure.sources, failure.diagnostics),
        Ok(model) => match policy_lang::compile::compile(&model) {
            Err(error) => (model.sources, vec![error.finding()]),
            Ok(_) => {
                let findings = lint::lint(&model);
                (model.sources, findings)
            }
        },
    };
    Looked { sources, given: number, findings }
}

fn show(findings: &[Diagnostic], sources: &[Arc<Source>], ui: &mut Ui) -> Result<(), Stop> {
    write!(ui, "{}", ui::findings(findings, sources))?;
    let files = count(sources.len(), "file");
    if findings.is_empty() {
        writeln!(ui, "{} {files}, nothing to say", paint(GOOD, "ok:"))?;
        return Ok(());
    }
    let mut counts = Vec::new();
    for level in Level::ALL.into_iter().rev() {
        let found = findings.iter().filter(|finding| finding.level == level).count();
        if found > 0 {
            let name = if level == Level::Info { "note" } else { level.name() };
            counts.push(count(found, name));
        }
    }
    writeln!(ui, "{} in {files}", counts.join(", "))?;
    Ok(())
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn explain(name: &str, format: LintFormat, ui: &mut Ui) -> Result<Outcome, Stop> {
    let lint = Lint::named(name);
    let code = lint.map(|lint| &lint.code);
    let by_code = || codes::all().find(|known| known.code.eq_ignore_ascii_case(name));
    let Some(found) = code.or_else(by_code) else {
        let hint = match Lint::nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`policy lint --list` has all".to_owned(),
        };
        return Err(Stop::Usage(format!("unknown code `{name}`; {hint}")));
    };
    if format == LintFormat::Json {
        ui.document(&CodesDocument::new([found]))?;
    } else if lint.is_some() {
        // A page is made of lines already.
        write!(ui, "{}", found.explanation)?;
    } else {
        writeln!(ui, "{} {}\n", paint(STRONG, found.code), paint(STRONG, found.title))?;
        writeln!(ui, "{}", wrapped(found.explanation, 80))?;
    }
    Ok(Outcome::Done)
}

fn list(format: LintFormat, ui: &mut Ui) -> Result<Outcome, Stop> {
    if format == LintFormat::Json {
        ui.document(&CodesDocument::new(lint::codes()))?;
        return Ok(Outcome::Done);
    }
    let width = LINTS.iter().map(|lint| lint.name.len()).max().unwrap_or(0);
    for code in lint::codes() {
        let lint = Lint::named(code.code);
        let level = match lint {
            Some(lint) => lint.level,
            None if code.code == NOT_PROVED => Level::Warning,
            None => Level::Error,
        };
        let name = lint.map_or("", |lint| lint.name);
        writeln!(
            ui,
            "{}  {:<7}  {name:<width$}  {}",
            paint(STRONG, code.code),
            level.name(),
            code.title
        )?;
    }
    Ok(Outcome::Done)
}

/// Words in lines that are no longer than `width`, where no word is.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && width < column + 1 + length {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}
