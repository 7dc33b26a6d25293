//! `policy import`: the rules of an agent runtime as a policy.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_hosts::Runtime;
use policy_hosts::import::{ImportError, Options, import};
use policy_lang::Failure;

use crate::documents::ImportDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{self, Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The runtime that the files are of, as `codex`.
    #[arg(value_name = "RUNTIME")]
    runtime: String,
    /// Its files, read together. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The policy to write; standard output without it.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Read rules about commands as command patterns, which know wrappers and spellings, where the
    /// runtime compares text.
    #[arg(long)]
    tighten: bool,
    /// Codex: do not look programs that are given by a path up by their base names, as
    /// `codex execpolicy check` does not unless it is asked to.
    #[arg(long)]
    no_host_resolution: bool,
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &ImportArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let runtime: Runtime = args.runtime.parse().map_err(Stop::usage)?;
    let sources =
        args.files.iter().map(|file| input::source(file)).collect::<Result<Vec<_>, Stop>>()?;
    let options = Options { tighten: args.tighten, resolve_programs: !args.no_host_resolution };
    let read = match import(runtime, &sources, options) {
        Ok(read) => read,
        Err(ImportError::Invalid(findings)) if args.format == Format::Json => {
            ui.document(&ImportDocument::new(None, &findings, &sources))?;
            return Ok(Outcome::Invalid);
        }
        Err(ImportError::Invalid(diagnostics)) => {
            return Err(Stop::Invalid(Failure { sources, diagnostics }));
        }
        Err(error @ ImportError::Unsupported { .. }) => return Err(Stop::usage(error)),
        Err(error) => return Err(Stop::unable(error)),
    };
    match &args.output {
        Some(path) => fs::write(path, &read.policy)
            .map_err(|error| Stop::Unable(format!("cannot write `{}`: {error}", path.display())))?,
        None if args.format == Format::Human => write!(ui, "{}", read.policy)?,
        None => {}
    }
    match args.format {
        Format::Json => {
            ui.document(&ImportDocument::new(Some(&read), &read.findings, &sources))?;
        }
        Format::Human if read.findings.is_empty() => {}
        Format::Human => ui.note(ui::findings(&read.findings, &sources).trim_end()),
    }
    Ok(if read.lost { Outcome::Findings } else { Outcome::Done })
}
