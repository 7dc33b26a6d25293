//! Names that are no command: those of later versions, and slips.

use std::ffi::OsString;

use clap::CommandFactory as _;
use policy_lang::diagnostic::nearest;

use crate::outcome::{Outcome, Stop};

/// Commands of the published command line that this version does not have.
const NOT_YET: [&str; 1] = ["replay"];

/// The same for people.
pub(crate) const NOT_YET_HELP: &str = "Not in this version yet: replay.";

/// Says what is wrong with the name.
pub(crate) fn run(words: &[OsString]) -> Result<Outcome, Stop> {
    let name = words.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    if NOT_YET.contains(&&*name) {
        return Err(Stop::Usage(format!("this version does not have `policy {name}` yet")));
    }
    let command = crate::Cli::command();
    let known = command.get_subcommands().map(clap::Command::get_name);
    Err(Stop::Usage(match nearest(&name, known) {
        Some(nearest) => format!("unknown command `{name}`; did you mean `{nearest}`?"),
        None => format!("unknown command `{name}`; `policy help` lists the commands"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_each_command_that_is_missing() {
        assert_eq!(NOT_YET_HELP, format!("Not in this version yet: {}.", NOT_YET.join(", ")));
    }
}
