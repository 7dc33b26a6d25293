//! `policy debug`: each stage of a policy as text.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::safe;
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
    }
    Ok(Outcome::Done)
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
