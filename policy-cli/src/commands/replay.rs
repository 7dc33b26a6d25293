//! `policy replay`: what a policy does with the actions in logs.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use policy_lang::diagnostic::Style;
use policy_log::replay::{self, Options, ReplayError, Report};
use policy_log::source::{Format, Log};

use super::diff;
use crate::documents::ReplayDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::request::Known;
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// Logs: requests as JSON Lines, decision records, transcripts of Claude Code, rollouts of Codex.
    /// Plain, gzip or Zstandard. `-` is standard input.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// The policy that decides: a file, several with commas between them, files of a git revision
    /// (`main:agents.policy`), or a compiled policy.
    #[arg(long, value_name = "POLICY")]
    policy: String,
    /// Another policy, to say what it would decide otherwise.
    #[arg(long, value_name = "POLICY")]
    against: Option<String>,
    #[arg(long, default_value = "human")]
    format: ReplayFormat,
    /// The format of the logs, where their first lines do not tell.
    #[arg(long, value_name = "FORMAT", value_parser = source)]
    from: Option<Format>,
    /// Stop at the first line that is not understood.
    #[arg(long)]
    strict: bool,
    /// Exit with 5 where a decision would be another, or looser.
    #[arg(long, value_name = "WHAT", requires = "against")]
    fail_on: Option<FailOn>,
    /// How many threads decide; 0 is one for each core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    #[command(flatten)]
    known: Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ReplayFormat {
    /// For people.
    Human,
    /// One document.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// One page with charts.
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Any decision that would be another.
    Any,
    /// A decision that lets an agent do more.
    Loosened,
}

/// A format of logs by its name.
pub(super) fn source(name: &str) -> Result<Format, String> {
    Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
        let names = Format::ALL.map(Format::name);
        format!("a log is one of `{}`", names.join("`, `"))
    })
}

pub(crate) fn run(args: &ReplayArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let policy = diff::files(&args.policy);
    let against = args.against.as_deref().map(diff::files);
    let given = args.logs.iter().chain(&policy).chain(against.iter().flatten());
    if given.filter(|path| input::is_stdin(path)).count() > 1 {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let policy = input::load(&policy)?;
    let against = against.as_deref().map(input::load).transpose()?;
    let defaults = args.known.fields(&policy.model)?;
    let progress = Progress::new();
    let options = Options {
        threads: args.threads,
        strict: args.strict,
        defaults: &defaults,
        format: args.from,
        progress: &|decided| progress.told(decided),
    };
    let logs = args.logs.iter().map(|path| log(path)).collect();
    let other = against.as_ref().map(|against| &against.policy);
    let replayed = replay::replay(logs, &policy.policy, other, &options);
    progress.end();
    let report = replayed.map_err(stop)?;
    match args.format {
        ReplayFormat::Human => write!(ui, "{}", replay::human::text(&report, Style::Coloured))?,
        ReplayFormat::Json => ui.document(&ReplayDocument::new(&report))?,
        ReplayFormat::Markdown => write!(ui, "{}", replay::markdown::text(&report))?,
        ReplayFormat::Html => write!(ui, "{}", replay::html::page(&report))?,
    }
    Ok(outcome(&report, args.fail_on))
}

fn outcome(report: &Report, fail_on: Option<FailOn>) -> Outcome {
    let differs = match fail_on {
        None => false,
        Some(FailOn::Any) => report.changed() > 0,
        // Of what has no room nobody knows that it is not looser.
        Some(FailOn::Loosened) => {
            report.changes.iter().any(|change| change.is_loosened()) || report.changes_left_out > 0
        }
    };
    if differs { Outcome::Differs } else { Outcome::Done }
}

/// A log that is opened when its turn comes.
pub(super) fn log(path: &Path) -> Log {
    let file = path.to_owned();
    Log::new(input::name(path), move || {
        let reader: Box<dyn io::Read + Send> = match input::is_stdin(&file) {
            true => Box::new(io::stdin()),
            false => {
                let opened = std::fs::File::open(&file)?;
                if opened.metadata().is_ok_and(|file| file.is_dir()) {
                    return Err(io::Error::other("it is a folder, not a file"));
                }
                Box::new(opened)
            }
        };
        Ok(reader)
    })
}

pub(super) fn stop(error: ReplayError) -> Stop {
    match error {
        ReplayError::Unreadable { log, error } => {
            Stop::Unable(format!("cannot read `{log}`: {}", input::reason(&error)))
        }
        error => Stop::unable(error),
    }
}

/// How far it is, for whoever waits at a terminal.
pub(super) struct Progress {
    /// When it was told last; none where nobody watches.
    told: Option<Mutex<Told>>,
}

struct Told {
    began: Instant,
    last: Instant,
    is_shown: bool,
}

impl Progress {
    pub(super) fn new() -> Progress {
        let now = Instant::now();
        let told = Told { began: now, last: now, is_shown: false };
        Progress { told: io::stderr().is_terminal().then(|| Mutex::new(told)) }
    }

    pub(super) fn told(&self, decided: u64) {
        const SOMETIMES: Duration = Duration::from_millis(100);
        // A thread that finds another one telling has better things to do.
        let Some(Ok(mut told)) = self.told.as_ref().map(Mutex::try_lock) else { return };
        if told.last.elapsed() < SOMETIMES {
            return;
        }
        told.last = Instant::now();
        told.is_shown = true;
        let rate = decided as f64 / told.began.elapsed().as_secs_f64();
        let _ = write!(io::stderr(), "\r{decided} requests, {rate:.0} a second\u{1b}[K");
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        let Some(Ok(told)) = self.told.as_ref().map(Mutex::try_lock) else { return };
        if told.is_shown {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
