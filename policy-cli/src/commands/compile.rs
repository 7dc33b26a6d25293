//! `policy compile`: a policy as bytes that load at once.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use policy_eval::{Policy, SecretKey, safe};
use policy_lang::diagnostic::Level;
use policy_lang::model::Model;
use policy_lang::{Failure, prove};

use crate::documents::CompiledDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{FAINT, Format, Ui, paint};

#[derive(Args, Debug)]
pub(crate) struct CompileArgs {
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The file to write; it is written where every `never` and `always` is proved. Whoever reads it meanwhile sees the old one or the new one, whole.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Sign it with an Ed25519 key, as `openssl genpkey -algorithm ed25519` writes one.
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &CompileArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    if input::is_stdin(&args.output) {
        return Err(Stop::usage("a compiled policy is written to a file, not to standard output"));
    }
    let key = args.sign.as_deref().map(secret_key).transpose()?;
    let model = input::model(&args.files)?;
    let policy = input::compile(&model)?;
    let diagnostics = prove::findings(&model, &policy);
    if diagnostics.iter().any(|finding| finding.level == Level::Error) {
        return Err(Stop::Invalid(Failure { sources: model.sources, diagnostics }));
    }
    if !diagnostics.is_empty() {
        // A claim that nobody proved does not go out as one that holds.
        ui.failure(&Failure { sources: model.sources, diagnostics });
        return Ok(Outcome::Unproved);
    }
    let signed = key.as_ref().map(|key| key.sign(policy.artifact())).transpose();
    let signed = signed.map_err(Stop::unable)?;
    let bytes = signed.as_deref().unwrap_or(policy.artifact());
    let written = Written {
        name: &args.output.to_string_lossy(),
        size: bytes.len(),
        signer: key.map(|key| key.public().to_text()),
        model: &model,
        policy: &policy,
    };
    write(&args.output, bytes).map_err(|error| {
        Stop::Unable(format!("cannot write `{}`: {error}", args.output.display()))
    })?;
    match args.format {
        Format::Json => ui.document(&CompiledDocument::new(&written))?,
        Format::Human => show(&written, ui)?,
    }
    Ok(Outcome::Done)
}

/// What was written.
pub(crate) struct Written<'a> {
    pub(crate) name: &'a str,
    pub(crate) size: usize,
    /// The public key that its signature is checked with, where it is signed.
    pub(crate) signer: Option<String>,
    pub(crate) model: &'a Model,
    pub(crate) policy: &'a Policy,
}

fn show(written: &Written<'_>, ui: &mut Ui) -> Result<(), Stop> {
    let Written { name, size, signer, model, policy } = written;
    let layers: Vec<&str> = model.layers.iter().map(|layer| layer.layer.name()).collect();
    writeln!(ui, "wrote {}: {size} bytes", safe(name))?;
    let rules = counted(policy.rules().count(), "rule");
    let layers = format!("{} ({})", counted(layers.len(), "layer"), layers.join(", "));
    writeln!(ui, "{rules}, {layers}")?;
    writeln!(ui, "{} {}", paint(FAINT, "digest"), policy.digest())?;
    if let Some(signer) = signer {
        writeln!(ui, "{} {signer}", paint(FAINT, "signed"))?;
    }
    Ok(())
}

/// The key in a file.
pub(crate) fn secret_key(path: &Path) -> Result<SecretKey, Stop> {
    let text = input::text(path).map_err(Stop::unable)?;
    SecretKey::from_text(&text)
        .map_err(|error| Stop::Unable(format!("cannot use `{}`: {error}", path.display())))
}

/// `1 rule`, `2 rules`.
fn counted(many: usize, what: &str) -> String {
    format!("{many} {what}{}", if many == 1 { "" } else { "s" })
}

/// Writes the whole file or leaves the old one as it is.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no name of a file"));
    };
    // Beside it, since a file cannot be moved from one file system to another at once.
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&temporary, path));
    if moved.is_err() {
        // What failed first is what is told.
        let _ = fs::remove_file(&temporary);
    }
    moved
}
