//! `policy scope`: what an operating system can hold a sandbox to.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::safe;
use policy_hosts::sandbox::{self, Enforcer};
use policy_lang::model::words;
use policy_lang::scope::{self, Entry, Scope};

use crate::documents::{EnforcerDocument, ScopeDocument};
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::request::{pair, unknown_root};
use crate::ui::{self, FAINT, Format, STRONG, Ui, paint, tier, tier_style};

#[derive(Args, Debug)]
pub(crate) struct ScopeArgs {
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// The sandbox, as the policy names it.
    #[arg(long, value_name = "NAME")]
    sandbox: String,
    #[arg(long, default_value = "human")]
    format: Format,
    /// Write it for an enforcer: codex, claude, bwrap, landlock-json or seatbelt. What it cannot say
    /// is closed, and told.
    #[arg(long, value_name = "ENFORCER")]
    to: Option<String>,
    /// Where a root lies: `workspace=/home/dev/app`. For `--to`.
    #[arg(long, value_name = "NAME=PATH", value_parser = pair)]
    root: Vec<(String, String)>,
    /// The file to write; standard output without it. For `--to`.
    #[arg(short, long, value_name = "OUT", requires = "to")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &ScopeArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    if let Some(enforcer) = &args.to {
        return write(args, enforcer, ui);
    }
    let model = input::model(&args.policies)?;
    let scope = scope::scope(&model, &args.sandbox).map_err(Stop::usage)?;
    match args.format {
        Format::Json => ui.document(&ScopeDocument::new(&model, &scope))?,
        Format::Human => show(&scope, ui)?,
    }
    Ok(Outcome::Done)
}

/// The configuration of an enforcer, and what it closes although the policy does not.
fn write(args: &ScopeArgs, enforcer: &str, ui: &mut Ui) -> Result<Outcome, Stop> {
    let enforcer: Enforcer = enforcer.parse().map_err(Stop::usage)?;
    let model = input::model(&args.policies)?;
    if let Some((root, _)) =
        args.root.iter().find(|(root, _)| !model.roots.iter().any(|known| known.name == *root))
    {
        return Err(Stop::Usage(unknown_root(
            root,
            model.roots.iter().map(|root| root.name.as_str()),
        )));
    }
    let written =
        sandbox::write(enforcer, &model, &args.sandbox, &args.root).map_err(Stop::usage)?;
    match &args.output {
        Some(path) => fs::write(path, &written.text)
            .map_err(|error| Stop::Unable(format!("cannot write `{}`: {error}", path.display())))?,
        None if args.format == Format::Human => write!(ui, "{}", written.text)?,
        None => {}
    }
    match args.format {
        Format::Json => {
            ui.document(&EnforcerDocument::new(enforcer.name(), &written, &model.sources))?;
        }
        Format::Human if written.findings.is_empty() => {}
        Format::Human => ui.note(ui::findings(&written.findings, &model.sources).trim_end()),
    }
    Ok(if written.findings.is_empty() { Outcome::Done } else { Outcome::Findings })
}

fn show(scope: &Scope, ui: &mut Ui) -> Result<(), Stop> {
    writeln!(ui, "sandbox {}", paint(STRONG, safe(&scope.sandbox)))?;
    for action in &scope.actions {
        let default = paint(tier_style(action.default), action.default);
        writeln!(ui, "\n{}  {default} by default", paint(STRONG, action.action))?;
        let places: Vec<String> = action.entries.iter().map(places).collect();
        let widest = places.iter().map(|text| text.chars().count()).max().unwrap_or(0).min(60);
        for (entry, places) in action.entries.iter().zip(&places) {
            let name = paint(FAINT, safe(&entry.rule));
            writeln!(ui, "  {}  {places:<widest$}  {name}", tier(entry.tier))?;
            if !entry.except.is_empty() {
                writeln!(ui, "          except {}", safe(&entry.except.join(", ")))?;
            }
        }
    }
    if !scope.conditional.is_empty() {
        writeln!(ui, "\n{}", paint(STRONG, "cannot be enforced by lists"))?;
    }
    for rule in &scope.conditional {
        writeln!(ui, "  {}  {}", tier(rule.tier), safe(&rule.rule))?;
        writeln!(ui, "          {}", paint(FAINT, format!("when {}", safe(&rule.condition))))?;
    }
    Ok(())
}

/// Patterns and ports on one line.
fn places(entry: &Entry) -> String {
    let mut text = safe(&entry.patterns.join(", ")).into_owned();
    if !entry.ports.is_empty() {
        let ports: Vec<_> = entry.ports.iter().map(words::number_range).collect();
        text += &format!(" port {}", ports.join(", "));
    }
    text
}
