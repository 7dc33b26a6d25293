//! `policy explain`: a decision, and everything that led to it.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::{Explanation, PartExplanation, RuleMatch, action_digest, safe};

use crate::documents::ExplanationDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::request::RequestArgs;
use crate::show;
use crate::ui::{FAINT, Format, STRONG, Ui, paint, tier};

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    #[arg(long, default_value = "human")]
    format: Format,
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) fn run(args: &ExplainArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let loaded = input::load(&args.policies)?;
    let request = args.request.request(&loaded.model)?;
    let (explanation, digest): (Explanation<'_>, _) =
        request.with_request(|request| (loaded.policy.explain(request), action_digest(request)));
    match args.format {
        Format::Json => ui.document(&ExplanationDocument::new(
            &loaded.policy,
            request.id(),
            &explanation,
            digest,
        ))?,
        Format::Human => {
            show::decision(ui, &explanation.decision, &[])?;
            for part in &explanation.parts {
                show_part(part, ui)?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn show_part(part: &PartExplanation<'_>, ui: &mut Ui) -> Result<(), Stop> {
    writeln!(ui, "\n{}  {}", tier(part.tier), paint(STRONG, &part.part))?;
    let matches: Vec<Line> =
        part.rules.iter().map(Line::new).chain(Line::of_what_is_touched(part)).collect();
    let widest = |text: fn(&Line) -> &str| {
        matches.iter().map(|line| text(line).chars().count()).max().unwrap_or(0).min(60)
    };
    let (effects, names) = (widest(|line| &line.effect), widest(|line| &line.name));
    for line in &matches {
        let Line { effect, name, certainty, place } = line;
        let rest = paint(FAINT, format!("{certainty}, {place}"));
        writeln!(ui, "        {effect:<effects$}  {name:<names$}  {rest}")?;
    }
    if part.default {
        writeln!(ui, "        {} by default", part.tier)?;
    }
    show::floors(ui, part.floors, "        ")?;
    for form in &part.other_forms {
        writeln!(ui, "        {} {form}", paint(FAINT, "also read as"))?;
    }
    for (name, value) in &part.attributes {
        writeln!(ui, "        {} {name} = {value}", paint(FAINT, "taken"))?;
    }
    show::unsent(ui, &part.not_sent, "        ")?;
    Ok(())
}

/// A rule that matched, ready to be laid out.
struct Line {
    effect: String,
    name: String,
    certainty: &'static str,
    place: String,
}

impl Line {
    fn new(found: &RuleMatch<'_>) -> Line {
        Line {
            effect: safe(&found.effect).into_owned(),
            name: safe(found.rule.name).into_owned(),
            certainty: found.certainty.name(),
            place: show::place(&found.rule),
        }
    }

    /// The rule that decided, where it matched no part but a file that a `count` sentence names.
    fn of_what_is_touched(part: &PartExplanation<'_>) -> Option<Line> {
        let rule = part.rule.filter(|rule| part.rules.iter().all(|found| found.rule != *rule))?;
        Some(Line {
            effect: part.tier.name().to_owned(),
            name: safe(rule.name).into_owned(),
            certainty: "of a file that it touches",
            place: show::place(&rule),
        })
    }
}
