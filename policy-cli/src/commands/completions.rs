//! `policy completions`: what a shell needs to complete commands and flags.

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    // The generator panics where writing fails, so it does not write to the pipe itself.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "policy", &mut script);
    ui.write_all(&script)?;
    Ok(Outcome::Done)
}
