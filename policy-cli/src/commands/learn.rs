//! `policy learn`: the tightest readable policy that allows what logs say was allowed.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::{Fields, Tier, safe};
use policy_log::learn::{self, Beyond, LearnError, Learned, Options};
use policy_log::source::Format as LogFormat;

use super::{diff, replay};
use crate::documents::LearnDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::request::pair;
use crate::ui::{Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct LearnArgs {
    /// Logs: requests as JSON Lines, decision records, transcripts of Claude Code, rollouts of Codex.
    /// Plain, gzip or Zstandard. `-` is standard input.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// The policy to write; standard output without it.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Where the log does not say what was decided: allowed is what this policy allows.
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Allowed is whatever was not refused, also where nothing says that it was allowed.
    #[arg(long)]
    all: bool,
    /// How often something must be seen before it is generalised; at least 2.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..))]
    threshold: u64,
    /// What becomes of all that was not seen.
    #[arg(long, value_name = "TIER", default_value = "ask")]
    default: Default,
    #[arg(long, default_value = "human")]
    format: Format,
    /// The format of the logs, where their first lines do not tell.
    #[arg(long, value_name = "FORMAT", value_parser = replay::source)]
    from: Option<LogFormat>,
    /// Stop at the first line that is not understood.
    #[arg(long)]
    strict: bool,
    /// Where a root lies, for requests that do not say it: `workspace=/home/dev/app`.
    #[arg(long, value_name = "NAME=PATH", value_parser = pair)]
    root: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Default {
    /// A person is asked.
    Ask,
    /// It is refused.
    Deny,
}

pub(crate) fn run(args: &LearnArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let policy = args.policy.as_deref().map(diff::files);
    let given = args.logs.iter().chain(policy.iter().flatten());
    if given.filter(|path| input::is_stdin(path)).count() > 1 {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let policy = policy.as_deref().map(input::load).transpose()?;
    let mut defaults = Fields::default();
    for (name, path) in &args.root {
        defaults.bind(name, path);
    }
    let options = Options {
        threshold: args.threshold,
        all: args.all,
        default: if args.default == Default::Deny { Tier::Deny } else { Tier::Ask },
        strict: args.strict,
        defaults: &defaults,
        format: args.from,
    };
    let logs = args.logs.iter().map(|path| replay::log(path)).collect();
    let learned = learn::learn(logs, policy.as_ref().map(|loaded| &loaded.policy), &options);
    let learned = learned.map_err(|error| match error {
        LearnError::Log(error) => replay::stop(error),
        LearnError::NothingSaid { requests } => Stop::Usage(format!(
            "the logs do not say which of {requests} requests were allowed: `--policy A` takes what A \
             allows, `--all` takes what was not refused"
        )),
        error => Stop::unable(error),
    })?;
    if let Some(path) = &args.output {
        fs::write(path, &learned.text)
            .map_err(|error| Stop::Unable(format!("cannot write `{}`: {error}", path.display())))?;
    }
    match args.format {
        Format::Json => ui.document(&LearnDocument::new(&learned))?,
        Format::Human => {
            if args.output.is_none() {
                write!(ui, "{}", learned.text)?;
            }
            ui.note(told(&learned).trim_end());
        }
    }
    Ok(Outcome::Done)
}

/// What is known of the policy, for people.
fn told(learned: &Learned) -> String {
    let mut text = format!(
        "{} of {} requests were allowed, {} different\n",
        learned.allowed, learned.requests, learned.different
    );
    for (count, one, several) in [
        (
            learned.undecided,
            "request of which nothing says whether it was allowed",
            "requests of which nothing says whether they were allowed",
        ),
        (
            learned.without_request,
            "record that does not hold its request",
            "records that do not hold their requests",
        ),
        (learned.broken, "line that was not understood", "lines that were not understood"),
    ] {
        match count {
            0 => {}
            1 => text += &format!("1 {one}\n"),
            count => text += &format!("{count} {several}\n"),
        }
    }
    let left: u64 = learned.left_out.iter().map(|left| left.count).sum();
    text += &format!(
        "proved: the policy allows {} of them without a question\n",
        learned.allowed - left
    );
    if !learned.left_out.is_empty() {
        text += "\nnot silent, as no rule that is learned can say it\n";
        for left in &learned.left_out {
            text += &format!("  {:>6}  {}: {}\n", left.count, safe(&left.why), safe(&left.example));
        }
    }
    let general: Vec<_> = learned.rules.iter().filter(|rule| rule.is_general).collect();
    if !general.is_empty() {
        text += "\nwhat general rules allow beyond the log, an example of each\n";
        for rule in general {
            let beyond = match &rule.beyond {
                Beyond::Nothing => "nothing, proved".to_owned(),
                Beyond::Shown(witness) => safe(witness).into_owned(),
                Beyond::Unknown => "not looked through in full, and nothing found".to_owned(),
            };
            text += &format!("  {}\n      {beyond}\n", safe(&rule.text));
        }
    }
    text
}
