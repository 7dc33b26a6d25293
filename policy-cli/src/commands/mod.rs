//! The commands, one a file.

pub(crate) mod compile;
mod completions;
mod debug;
mod decide;
mod diff;
mod explain;
mod export;
mod fmt;
mod graph;
pub(crate) mod hook;
mod import;
mod init;
mod learn;
mod lint;
mod log;
mod other;
mod replay;
mod scope;
pub(crate) mod test;
mod verify;

use std::ffi::OsString;

use clap::Subcommand;

use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

/// What `policy` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find what is wrong with a policy.
    Lint(lint::LintArgs),
    /// Lay out policy files.
    Fmt(fmt::FmtArgs),
    /// Run the tests that stand in a policy.
    Test(test::TestArgs),
    /// Decide requests with a policy.
    Decide(Box<decide::DecideArgs>),
    /// Decide a request and say why.
    Explain(Box<explain::ExplainArgs>),
    /// Say what a change to a policy changes in meaning.
    Diff(diff::DiffArgs),
    /// Decide what logs of agents tell, and say what another policy would change.
    Replay(Box<replay::ReplayArgs>),
    /// Propose the tightest readable policy that allows what logs say was allowed.
    Learn(Box<learn::LearnArgs>),
    /// Write a policy as bytes that load at once.
    Compile(compile::CompileArgs),
    /// Check by whom a compiled policy is signed.
    Verify(verify::VerifyArgs),
    /// Draw the decision DAG.
    Graph(graph::GraphArgs),
    /// Say what an operating system can hold a sandbox to.
    Scope(scope::ScopeArgs),
    /// Answer an agent runtime that asks before it acts.
    Hook(Box<hook::HookArgs>),
    /// Check a log of decisions for changes, and sign it.
    Log(log::LogArgs),
    /// Read the permission rules of an agent runtime as a policy.
    Import(import::ImportArgs),
    /// Write a policy as the permission rules of an agent runtime, never silent where it is not.
    Export(export::ExportArgs),
    /// Write a policy to start from.
    Init(init::InitArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Show a stage of a policy as text.
    Debug(debug::DebugArgs),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, ui: &mut Ui) -> Result<Outcome, Stop> {
        match self {
            Command::Lint(args) => lint::run(args, ui),
            Command::Fmt(args) => fmt::run(args, ui),
            Command::Test(args) => test::run(args, ui),
            Command::Decide(args) => decide::run(args, ui),
            Command::Explain(args) => explain::run(args, ui),
            Command::Diff(args) => diff::run(args, ui),
            Command::Replay(args) => replay::run(args, ui),
            Command::Learn(args) => learn::run(args, ui),
            Command::Compile(args) => compile::run(args, ui),
            Command::Verify(args) => verify::run(args, ui),
            Command::Log(args) => log::run(args, ui),
            Command::Graph(args) => graph::run(args, ui),
            Command::Scope(args) => scope::run(args, ui),
            // The output and the exit code of a hook are the host's: `main` hands over to it.
            Command::Hook(_) => Err(Stop::usage("a hook has an answer of its own")),
            Command::Import(args) => import::run(args, ui),
            Command::Export(args) => export::run(args, ui),
            Command::Init(args) => init::run(args, ui),
            Command::Completions(args) => completions::run(args, ui),
            Command::Debug(args) => debug::run(args, ui),
            Command::Other(words) => other::run(words),
        }
    }
}
