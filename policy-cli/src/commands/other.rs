//! Names that are no command.

use std::ffi::OsString;

use clap::CommandFactory as _;
use policy_lang::diagnostic::nearest;

use crate::outcome::{Outcome, Stop};

/// Says what is wrong with the name.
pub(crate) fn run(words: &[OsString]) -> Result<Outcome, Stop> {
    let name = words.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    let command = crate::Cli::command();
    let known = command.get_subcommands().map(clap::Command::get_name);
    Err(Stop::Usage(match nearest(&name, known) {
        Some(nearest) => format!("unknown command `{name}`; did you mean `{nearest}`?"),
        None => format!("unknown command `{name}`; `policy help` lists the commands"),
    }))
}
