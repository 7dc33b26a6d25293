//! `policy debug`: each stage of a policy as text.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use policy_eval::{Layer, safe};
use policy_lang::model::{Effect, Model, words};
use policy_lang::span::SourceId;
use policy_lang::{Failure, graph, syntax};

use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(crate) struct DebugArgs {
    stage: Stage,
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Stage {
    /// The syntax tree of each file.
    Ast,
    /// The checked rules, every name looked up.
    Model,
    /// The decision DAG of each action.
    Dag,
    /// What a compiled policy holds, and where its bytes go.
    Artifact,
}

pub(crate) fn run(args: &DebugArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    match args.stage {
        Stage::Ast => trees(&args.files, ui)?,
        Stage::Model => model(&input::model(&args.files)?, ui)?,
        Stage::Dag => {
            let loaded = input::load(&args.files)?;
            let actions = super::graph::spoken_of(&loaded.model);
            let graph =
                graph::graph(&loaded.model, &loaded.policy, &actions).map_err(Stop::unable)?;
            ui.write_all(graph::text(&graph).as_bytes())?;
        }
        Stage::Artifact => {
            for path in &args.files {
                artifact(path, ui)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// What the bytes of a compiled policy are, the largest section first.
fn artifact(path: &Path, ui: &mut Ui) -> Result<(), Stop> {
    let (policy, bytes) = input::artifact(path)?;
    let name = safe(&input::name(path)).into_owned();
    let size = policy.artifact().len();
    writeln!(ui, "{name}: {size} bytes, format version {}", policy_eval::artifact::VERSION)?;
    for (what, text) in [("policy", policy.name()), ("version", policy.version())] {
        if let Some(text) = text {
            writeln!(ui, "{what:<9}{}", safe(text))?;
        }
    }
    writeln!(ui, "digest   {}", policy.digest())?;
    let sound = match policy.verify() {
        Ok(()) => "every index and the digest fit".to_owned(),
        Err(error) => error.to_string(),
    };
    writeln!(ui, "checked  {sound}")?;
    let signed = if bytes.len() == size { "no" } else { "yes; `policy verify` says by whom" };
    writeln!(ui, "signed   {signed}")?;
    let rules: Vec<_> = policy.rules().collect();
    writeln!(ui, "rules    {}", rules.len())?;
    for layer in Layer::ALL {
        let many = rules.iter().filter(|(_, of)| *of == layer).count();
        if many > 0 {
            writeln!(ui, "  {:<8}{many}", layer.name())?;
        }
    }
    writeln!(ui, "files")?;
    for file in policy.files() {
        writeln!(ui, "  {}", safe(file))?;
    }
    writeln!(ui, "sections")?;
    let mut sections: Vec<_> = policy.sections().collect();
    sections.sort_by_key(|&(_, length)| std::cmp::Reverse(length));
    for (section, length) in sections {
        let share = (length * 1000).checked_div(size).unwrap_or(0);
        writeln!(ui, "  {:<10}{length:>10} {:>5}.{} %", section.name(), share / 10, share % 10)?;
    }
    Ok(())
}

fn trees(files: &[PathBuf], ui: &mut Ui) -> Result<(), Stop> {
    for path in files {
        let source = input::source(path)?;
        let (tree, diagnostics) = syntax::parse(&source, SourceId(0));
        if !diagnostics.is_empty() {
            return Err(Stop::Invalid(Failure { sources: vec![source], diagnostics }));
        }
        writeln!(ui, "{tree:#?}")?;
    }
    Ok(())
}

fn model(model: &Model, ui: &mut Ui) -> Result<(), Stop> {
    for layer in &model.layers {
        writeln!(ui, "layer {}", layer.layer)?;
    }
    for rule in &model.rules {
        let effect = match &rule.effect {
            Effect::Tier(tier, _) => tier.name().to_owned(),
            Effect::Record(level) => format!("record {level}"),
            Effect::Mark(mark) => {
                let name = model.marks.get(usize::from(mark.0)).map_or("", |name| name);
                format!("mark {}", safe(name))
            }
        };
        let actions: Vec<&str> = rule.actions.iter().map(|action| action.name()).collect();
        writeln!(ui, "{effect} {} ({}, {})", actions.join(", "), rule.layer, safe(&rule.name))?;
        writeln!(ui, "  when {}", safe(&words::formula(model, &rule.when)))?;
    }
    for count in &model.counts {
        writeln!(ui, "count {} ({})", count.action, safe(&count.name))?;
        writeln!(ui, "  when {}", safe(&words::formula(model, &count.when)))?;
    }
    for proof in &model.proofs {
        writeln!(ui, "proof {}", safe(&proof.name))?;
        writeln!(ui, "  when {}", safe(&words::formula(model, &proof.when)))?;
    }
    Ok(())
}
