//! `policy fmt`: the canonical layout of files.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use policy_lang::Failure;
use policy_lang::format::{FormatError, format};

use crate::documents::{FilesDocument, FormattedDocument};
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct FmtArgs {
    /// Policy files, which are written in place. `-` reads standard input and prints the layout.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and exit with 4.
    #[arg(long)]
    check: bool,
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &FmtArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    if args.files.iter().any(|path| input::is_stdin(path)) {
        return standard_input(args, ui);
    }
    let mut files = Vec::new();
    let mut outcome = Outcome::Done;
    for path in &args.files {
        let Some((old, new)) = laid_out(path, ui)? else {
            outcome = Outcome::Invalid;
            continue;
        };
        let changed = old != new;
        if changed && args.check {
            outcome = outcome.max(Outcome::Findings);
        } else if changed {
            replace(path, &new).map_err(|error| {
                Stop::Unable(format!("cannot write `{}`: {error}", path.display()))
            })?;
        }
        files.push(FormattedDocument { file: path.to_string_lossy().into_owned(), changed });
    }
    show(args, files, ui)?;
    Ok(outcome)
}

fn show(args: &FmtArgs, files: Vec<FormattedDocument>, ui: &mut Ui) -> Result<(), Stop> {
    if args.format == Format::Json {
        return ui.document(&FilesDocument::new(files));
    }
    for file in files.iter().filter(|file| file.changed) {
        let verb = if args.check { "would change" } else { "changed" };
        writeln!(ui, "{verb} {}", policy_eval::safe(&file.file))?;
    }
    Ok(())
}

fn standard_input(args: &FmtArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let ([path], Format::Human) = (&args.files[..], args.format) else {
        return Err(Stop::usage("`-` stands alone, and what it prints is the layout itself"));
    };
    let Some((old, new)) = laid_out(path, ui)? else { return Ok(Outcome::Invalid) };
    if !args.check {
        ui.write_all(new.as_bytes())?;
        return Ok(Outcome::Done);
    }
    if old == new {
        return Ok(Outcome::Done);
    }
    writeln!(ui, "would change <stdin>")?;
    Ok(Outcome::Findings)
}

/// The text of a file and its layout; `None` where it is no policy, which is told.
fn laid_out(path: &Path, ui: &Ui) -> Result<Option<(String, String)>, Stop> {
    let source = input::source(path)?;
    match format(&source) {
        Ok(new) => Ok(Some((source.text.clone(), new))),
        Err(FormatError::Invalid(diagnostics)) => {
            ui.failure(&Failure { sources: vec![source], diagnostics });
            Ok(None)
        }
        Err(error) => Err(Stop::Unable(format!("{}: {error}", path.display()))),
    }
}

/// Replaces the text of a file: whoever reads it sees the old text or the new one, whole.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Of a link it is the file behind it that changes.
    let path = path.canonicalize()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = write_new(&new, text, &path).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(new: &Path, text: &str, old: &Path) -> io::Result<()> {
    let mut file = File::create_new(new)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::metadata(old)?.permissions())?;
    file.sync_all()
}
