//! How a decision looks to people.

use std::io::{self, Write};

use policy_eval::{Decision, Floors, PartDecision, RuleRef, Tier, safe};

use crate::ui::{FAINT, STRONG, paint, tier};

/// A decision as a short block:
///
/// ```text
/// deny    no-force-push
///         Rewrites shared history.
///         agents.policy:25:1, layer managed
/// ```
pub(crate) fn decision(
    out: &mut impl Write,
    decision: &Decision<'_>,
    parts: &[PartDecision<'_>],
) -> io::Result<()> {
    writeln!(out, "{}  {}", tier(decision.tier), cause(decision))?;
    if let Some(rule) = decision.rule {
        if let Some(reason) = rule.reason {
            writeln!(out, "        {}", safe(reason))?;
        }
        writeln!(out, "        {}", paint(FAINT, place(&rule)))?;
    }
    floors(out, decision.floors, "        ")?;
    options(out, decision)?;
    if let [_, _, ..] = parts {
        self::parts(out, parts)?;
    }
    Ok(())
}

fn parts(out: &mut impl Write, parts: &[PartDecision<'_>]) -> io::Result<()> {
    const WIDEST: usize = 60;
    let width = |part: &PartDecision<'_>| part.part.chars().count();
    let widest = parts.iter().map(width).max().unwrap_or(0).min(WIDEST);
    writeln!(out)?;
    for part in parts {
        match part.rule {
            None => writeln!(out, "  {}  {}", tier(part.tier), part.part)?,
            Some(rule) => {
                let rule = paint(FAINT, safe(rule.name));
                writeln!(out, "  {}  {:<widest$}  {rule}", tier(part.tier), part.part)?;
            }
        }
    }
    Ok(())
}

/// The rule, or what decided in its place.
pub(crate) fn cause(decision: &Decision<'_>) -> String {
    match decision.rule {
        Some(rule) => paint(STRONG, safe(rule.name)).to_string(),
        None if decision.default => "by default".to_owned(),
        None if !decision.floors.is_empty() => "not understood in full".to_owned(),
        // The one cause left that is no rule, no default and no floor.
        None if decision.tier == Tier::Ask => {
            "it leaves the sandbox, which no rule lets it do silently".to_owned()
        }
        None => "no rule objects".to_owned(),
    }
}

/// Where a rule stands: `agents.policy:25:1, layer managed`.
pub(crate) fn place(rule: &RuleRef<'_>) -> String {
    let place = rule.place;
    format!("{}:{}:{}, layer {}", safe(place.file), place.line, place.column, rule.layer)
}

/// What was not understood, one a line.
pub(crate) fn floors(out: &mut impl Write, floors: Floors, indent: &str) -> io::Result<()> {
    for floor in floors.iter() {
        writeln!(out, "{indent}{}: {}", floor.name(), floor.describe())?;
    }
    Ok(())
}

/// What was not sent and mattered.
pub(crate) fn unsent(out: &mut impl Write, names: &[String], indent: &str) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let names = names.join(", ");
    writeln!(out, "{indent}{} {}", paint(FAINT, "not sent, and it mattered:"), safe(&names))
}

fn options(out: &mut impl Write, decision: &Decision<'_>) -> io::Result<()> {
    let options = &decision.options;
    let mut said = Vec::new();
    if options.outside_sandbox {
        said.push("may leave the sandbox".to_owned());
    }
    said.extend(options.reviewer.map(|name| format!("reviewer {}", safe(name))));
    said.extend(options.timeout_ms.map(|ms| format!("timeout {} s", f64::from(ms) / 1000.0)));
    if options.remember != policy_eval::Remember::Never {
        said.push(format!("remember {}", options.remember.name()));
    }
    if options.on_failure != policy_eval::OnFailure::Ask {
        said.push(format!("on failure {}", options.on_failure.name()));
    }
    if !decision.marks.is_empty() {
        let marks: Vec<_> = decision.marks.iter().map(|mark| safe(mark).into_owned()).collect();
        said.push(format!("marks the session: {}", marks.join(", ")));
    }
    if said.is_empty() { Ok(()) } else { writeln!(out, "        {}", said.join(", ")) }
}
