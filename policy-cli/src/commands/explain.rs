//! `policy explain`: a decision, and everything that led to it.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::{Explanation, PartExplanation, RuleMatch, action_digest, safe};
use policy_lang::why;

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
    let model = &loaded.model;
    let (explanation, digest, near): (Explanation<'_>, _, _) = request.with_request(|request| {
        let near = match why::why_not(model, request) {
            None => (None, why::nearest_denial(model, request)),
            found => (found, None),
        };
        (loaded.policy.explain(request), action_digest(request), near)
    });
    let (why_not, nearest_denial) = (near.0.as_ref(), near.1.as_ref());
    match args.format {
        Format::Json => ui.document(&ExplanationDocument::new(
            &loaded.policy,
            request.id(),
            &explanation,
            digest,
            model,
            why_not,
            nearest_denial,
        ))?,
        Format::Human => {
            show::decision(ui, &explanation.decision, &[])?;
            for part in &explanation.parts {
                show_part(part, ui)?;
            }
            if let Some(found) = why_not {
                show_near("why not", &found.part, &found.lines(model), ui)?;
            }
            if let Some(found) = nearest_denial {
                show_near("nearest denial", &found.part, &found.lines(model), ui)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// What it would have taken for another answer.
fn show_near(title: &str, part: &str, lines: &[String], ui: &mut Ui) -> Result<(), Stop> {
    writeln!(ui, "\n{title} {}", paint(STRONG, part))?;
    for line in lines {
        writeln!(ui, "{INDENT}{line}")?;
    }
    Ok(())
}

fn show_part(part: &PartExplanation<'_>, ui: &mut Ui) -> Result<(), Stop> {
    show_judged(part, "", ui)?;
    for form in &part.other_forms {
        writeln!(ui, "{INDENT}{} {form}", paint(FAINT, "also read as"))?;
    }
    for (name, value) in &part.attributes {
        writeln!(ui, "{INDENT}{} {name} = {value}", paint(FAINT, "taken"))?;
    }
    show::unsent(ui, &part.not_sent, INDENT)?;
    for file in &part.counted {
        show_judged(file, INDENT, ui)?;
        show::unsent(ui, &file.not_sent, &INDENT.repeat(2))?;
    }
    Ok(())
}

/// As wide as a tier and the space behind it.
const INDENT: &str = "        ";

/// A part with its rules, and what else decided it.
fn show_judged(part: &PartExplanation<'_>, indent: &str, ui: &mut Ui) -> Result<(), Stop> {
    writeln!(ui, "\n{indent}{}  {}", tier(part.tier), paint(STRONG, &part.part))?;
    let indent = format!("{indent}{INDENT}");
    let matches: Vec<Line> = part.rules.iter().map(Line::new).collect();
    let widest = |text: fn(&Line) -> &str| {
        matches.iter().map(|line| text(line).chars().count()).max().unwrap_or(0).min(60)
    };
    let (effects, names) = (widest(|line| &line.effect), widest(|line| &line.name));
    for line in &matches {
        let Line { effect, name, certainty, place } = line;
        let rest = paint(FAINT, format!("{certainty}, {place}"));
        writeln!(ui, "{indent}{effect:<effects$}  {name:<names$}  {rest}")?;
    }
    if part.default {
        writeln!(ui, "{indent}{} by default", part.tier)?;
    }
    show::floors(ui, part.floors, &indent)?;
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
}
