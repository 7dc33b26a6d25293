//! `policy scope`: what an operating system can hold a sandbox to.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::safe;
use policy_lang::model::words;
use policy_lang::scope::{self, Entry, Scope};

use crate::documents::ScopeDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{FAINT, Format, STRONG, Ui, paint, tier, tier_style};

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
    /// Write it for an enforcer.
    #[arg(long, value_name = "ENFORCER")]
    to: Option<String>,
}

pub(crate) fn run(args: &ScopeArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    if let Some(enforcer) = &args.to {
        return Err(Stop::Usage(format!(
            "this version does not write scopes for `{enforcer}`; it has `--format json` and \
             `--format human`"
        )));
    }
    let model = input::model(&args.policies)?;
    let scope = scope::scope(&model, &args.sandbox).map_err(Stop::usage)?;
    match args.format {
        Format::Json => ui.document(&ScopeDocument::new(&model, &scope))?,
        Format::Human => show(&scope, ui)?,
    }
    Ok(Outcome::Done)
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
