//! `policy graph`: the decision DAG as a picture.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::{Action, safe};
use policy_lang::graph;

use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(crate) struct GraphArgs {
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    #[arg(long, default_value = "dot")]
    format: GraphFormat,
    /// Only the trees of this action.
    #[arg(long, value_parser = action)]
    action: Option<Action>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum GraphFormat {
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid.
    Mermaid,
    /// A picture.
    Svg,
}

/// The action that a word names.
pub(super) fn action(word: &str) -> Result<Action, String> {
    Action::from_name(word).ok_or_else(|| {
        let names = Action::ALL.map(Action::name);
        format!("expected one of {}", names.join(", "))
    })
}

pub(crate) fn run(args: &GraphArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let loaded = input::load(&args.policies)?;
    let actions = match args.action {
        Some(action) => vec![action],
        None => spoken_of(&loaded.model),
    };
    let graph = graph::graph(&loaded.model, &loaded.policy, &actions).map_err(Stop::unable)?;
    let text = match args.format {
        GraphFormat::Dot => graph::dot(&graph),
        GraphFormat::Mermaid => graph::mermaid(&graph),
        GraphFormat::Svg => graph::svg(&graph, &title(args)),
    };
    ui.write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

/// What is drawn: the names of the files, and the action where one was chosen.
fn title(args: &GraphArgs) -> String {
    let names = args.policies.iter().map(|path| match path.file_name() {
        Some(_) if path.as_os_str() == "-" => "standard input".into(),
        Some(name) => name.to_string_lossy(),
        None => path.to_string_lossy(),
    });
    let names = safe(&names.collect::<Vec<_>>().join(", ")).into_owned();
    match args.action {
        Some(action) => format!("{names}: {action}"),
        None => names,
    }
}

/// The actions that some rule speaks of.
pub(super) fn spoken_of(model: &policy_lang::model::Model) -> Vec<Action> {
    Action::ALL
        .into_iter()
        .filter(|&action| model.rules.iter().any(|rule| rule.actions.contains(action)))
        .collect()
}
