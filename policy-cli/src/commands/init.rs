//! `policy init`: a policy to start from.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::Args;

use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

/// A policy with tests, in canonical layout.
const STARTER: &str = include_str!("../../starter.policy");

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The file to write.
    #[arg(value_name = "FILE", default_value = "agents.policy")]
    file: PathBuf,
    /// Write it also where there is a file already.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &InitArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let name = args.file.display();
    let file = if args.force { File::create(&args.file) } else { File::create_new(&args.file) };
    let starter = starter(&args.file.to_string_lossy());
    let written = file.and_then(|mut file| file.write_all(starter.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Stop::Unable(format!("`{name}` is there already; --force writes over it"))
        }
        _ => Stop::Unable(format!("cannot write `{name}`: {error}")),
    })?;
    let shown = policy_eval::safe(&args.file.to_string_lossy()).into_owned();
    writeln!(ui, "wrote {shown}\n")?;
    writeln!(ui, "next:  policy test {shown}")?;
    writeln!(ui, "       policy decide {shown} --run 'git push --force'")?;
    Ok(Outcome::Done)
}

/// The policy to begin with; what it says of itself names the file that it is in.
fn starter(path: &str) -> String {
    // A name that a comment or a command line cannot hold as it is stays the usual one.
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~');
    match path.chars().all(is_plain) {
        true => STARTER.replace("agents.policy", path),
        false => STARTER.to_owned(),
    }
}
