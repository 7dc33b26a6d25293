//! The commands, one a file.

mod decide;
mod other;

use std::ffi::OsString;

use clap::Subcommand;

use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

pub(crate) use other::NOT_YET_HELP;

/// What `policy` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Decide requests with a policy.
    Decide(decide::DecideArgs),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, ui: &mut Ui) -> Result<Outcome, Stop> {
        match self {
            Command::Decide(args) => decide::run(args, ui),
            Command::Other(words) => other::run(words),
        }
    }
}
