//! `policy export`: a policy as the rules of an agent runtime.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use policy_hosts::Runtime;
use policy_hosts::export::{Export, ExportError, Options, export};

use crate::documents::ExportDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{self, Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The runtime to write for, as `codex`.
    #[arg(value_name = "RUNTIME")]
    runtime: String,
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Where to write: a folder, which gets every file of the configuration, or a name that does
    /// not exist, which becomes one; standard output without it.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// opencode: `policy hook` is installed too, which refuses what opencode does not see. Without
    /// it no command is allowed unless any file may be written.
    #[arg(long)]
    with_hook: bool,
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &ExportArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let runtime: Runtime = args.runtime.parse().map_err(Stop::usage)?;
    let model = input::model(&args.policies)?;
    let written = match export(runtime, &model, Options { with_hook: args.with_hook }) {
        Ok(written) => written,
        Err(error @ ExportError::Unsupported { .. }) => return Err(Stop::usage(error)),
        Err(error) => return Err(Stop::unable(error)),
    };
    match &args.output {
        Some(folder) => write_to(folder, &written)?,
        None if args.format == Format::Human => show(&written, ui)?,
        None => {}
    }
    match args.format {
        Format::Json => {
            ui.document(&ExportDocument::new(runtime.name(), &written, &model.sources))?;
        }
        Format::Human if written.findings.is_empty() => {}
        Format::Human => ui.note(ui::findings(&written.findings, &model.sources).trim_end()),
    }
    Ok(if written.is_lossy() { Outcome::Findings } else { Outcome::Done })
}

fn write_to(folder: &Path, written: &Export) -> Result<(), Stop> {
    let unable =
        |path: &Path, error| Stop::Unable(format!("cannot write `{}`: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| unable(folder, error))?;
    for file in &written.files {
        let path = folder.join(file.name);
        fs::write(&path, &file.text).map_err(|error| unable(&path, error))?;
    }
    Ok(())
}

fn show(written: &Export, ui: &mut Ui) -> Result<(), Stop> {
    for (index, file) in written.files.iter().enumerate() {
        if written.files.len() > 1 {
            let blank = if index == 0 { "" } else { "\n" };
            writeln!(ui, "{blank}# ---- {} ----", file.name)?;
        }
        write!(ui, "{}", file.text)?;
    }
    Ok(())
}
