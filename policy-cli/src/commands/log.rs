//! `policy log`: whether a log of decisions is as it was written, and signing its end.

use std::io::{BufReader, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use policy_eval::{PublicKey, safe};
use policy_log::chain::{Checks, Log, Report, verify};

use super::compile::secret_key;
use super::hook::now;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Find the first line that was altered, and say what cannot be known.
    Verify(VerifyArgs),
    /// Add a signed head now, and print the hash to be noted elsewhere.
    Sign(SignArgs),
}

#[derive(Args, Debug)]
struct VerifyArgs {
    /// A log that `policy hook --log` wrote. `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Public keys, of which one must have signed each head.
    #[arg(long, num_args = 1.., value_name = "PUB")]
    key: Vec<PathBuf>,
    /// The hash of a line that was noted elsewhere: shows whether the log was cut off since.
    #[arg(long, value_name = "HASH")]
    contains: Option<String>,
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Args, Debug)]
struct SignArgs {
    /// The log.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The secret key, as `policy compile --sign` takes one.
    #[arg(long, value_name = "SECRET")]
    key: PathBuf,
}

pub(crate) fn run(args: &LogArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    match &args.command {
        LogCommand::Verify(args) => check(args, ui),
        LogCommand::Sign(args) => sign(args, ui),
    }
}

fn check(args: &VerifyArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let key = |path: &PathBuf| {
        let text = input::text(path).map_err(Stop::unable)?;
        PublicKey::from_text(&text)
            .map_err(|error| Stop::Unable(format!("cannot use `{}`: {error}", path.display())))
    };
    let keys = args.key.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let name = input::name(&args.file);
    let checks = Checks { keys: &keys, remembered: args.contains.as_deref() };
    let reader = input::open(&args.file).map_err(Stop::Unable)?;
    let report = verify(BufReader::with_capacity(1 << 16, reader), &checks)
        .map_err(|error| Stop::Unable(format!("cannot read `{name}`: {error}")))?;
    match args.format {
        Format::Json => writeln!(ui, "{}", report.to_json(&checks))?,
        Format::Human => print(&name, &report, &checks, ui)?,
    }
    Ok(if report.problem.is_none() { Outcome::Done } else { Outcome::Findings })
}

fn print(name: &str, report: &Report, checks: &Checks<'_>, ui: &mut Ui) -> Result<(), Stop> {
    let name = safe(name);
    match &report.problem {
        Some(problem) => writeln!(ui, "{name}:{}: {}", problem.line, problem.kind)?,
        None => writeln!(ui, "{name}: sound")?,
    }
    let of_heads = match (report.heads, checks.keys.is_empty()) {
        (0, _) => "",
        (_, true) => " (not checked, for want of a key)",
        (_, false) => " (each signed with a key that was given)",
    };
    let counted = |many: u64, what| format!("{many} {what}{}", if many == 1 { "" } else { "s" });
    let lines = counted(report.lines, "sound line");
    let (records, heads) = (counted(report.records, "record"), counted(report.heads, "head"));
    writeln!(ui, "{lines}: {records}, {heads}{of_heads}")?;
    for (line, bytes) in &report.cuts {
        writeln!(ui, "line {line} was cut off after {bytes} bytes, and the log says so")?;
    }
    if let Some(hash) = &report.hash {
        writeln!(ui, "last hash {hash}")?;
    }
    if report.problem.is_none() {
        for text in report.unknown(checks) {
            writeln!(ui, "not known: {text}")?;
        }
    }
    Ok(())
}

fn sign(args: &SignArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let key = secret_key(&args.key)?;
    let name = input::name(&args.file);
    if !args.file.exists() {
        return Err(Stop::Unable(format!("cannot read `{name}`: no such file")));
    }
    let signed = Log::open(&args.file).and_then(|log| log.with_key(key, 0).sign(now()));
    let signed =
        signed.map_err(|error| Stop::Unable(format!("cannot sign `{}`: {error}", safe(&name))))?;
    writeln!(ui, "{}: signed, {} lines", safe(&name), signed.seq + 1)?;
    writeln!(ui, "last hash {}", signed.hash)?;
    Ok(Outcome::Done)
}
