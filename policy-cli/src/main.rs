//! `policy`: write, check, try and explain policies for coding agents.
//!
//! ```text
//!   arguments ─► command ─► one call of the library ─► Outcome or Stop ─► exit code
//!                                 │
//!                                 └► Ui: text for people, documents for machines
//! ```
//!
//! A command decides nothing: what it knows comes from `policy-lang` and `policy-eval`. "The policy
//! says no" is an [`outcome::Outcome`]; "I could not run" is a [`outcome::Stop`].

mod codes;
mod commands;
mod documents;
mod input;
mod outcome;
mod request;
mod revision;
mod show;
mod ui;

use std::process::ExitCode;

use clap::Parser;

use ui::Ui;

/// Write, check, try and explain policies for coding agents.
#[derive(Debug, Parser)]
#[command(name = "policy", version, max_term_width = 100)]
struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ui::Color,

    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(answered) = commands::hook::run_at_once(&words) {
        return answered;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(answered) = commands::hook::misused(&words, &error) {
                return answered;
            }
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let commands::Command::Hook(args) = &cli.command {
        return commands::hook::run(args);
    }
    let mut ui = Ui::new(cli.color);
    let ended = cli.command.run(&mut ui).and_then(|outcome| {
        ui.finish()?;
        Ok(outcome)
    });
    ExitCode::from(match ended {
        Ok(outcome) => outcome.exit_code(),
        Err(stop) => {
            // What was answered before still counts.
            let _ = ui.finish();
            ui.stop(&stop);
            stop.exit_code()
        }
    })
}
