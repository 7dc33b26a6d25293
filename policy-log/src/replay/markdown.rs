//! A report in Markdown: a comment on a pull request, or a page of a wiki.

use std::fmt::Write as _;

use policy_eval::safe;

use super::words::{
    answers, asking, by, counted, each_tier, number, place, read, refused, share, silent, verdict,
};
use super::{Decider, Kind, Report};

const MOST_KINDS: usize = 10;
const MOST_CHANGES: usize = 30;
/// The longest request that is shown whole.
const LONGEST_REQUEST: usize = 600;

/// A report as Markdown.
///
/// # Cost
/// Linear in the report.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let title = verdict(report).unwrap_or_else(|| read(report));
    let _ = writeln!(out, "## Replay: {title}\n");
    if report.against.is_some() {
        let _ = writeln!(out, "{}.\n", read(report));
    }
    changes(report, &mut out);
    out += "| tier | requests | share |\n|---|--:|--:|\n";
    for (tier, count) in each_tier(&report.tiers) {
        let share = share(count, report.requests);
        let _ = writeln!(out, "| {tier} | {} | {share} |", number(count));
    }
    out += "\n| action | requests | allow | review | ask | deny |\n|---|--:|--:|--:|--:|--:|\n";
    for (action, tiers) in &report.actions {
        let _ = write!(out, "| `{action}` | {} |", number(tiers.iter().sum()));
        for (_, count) in each_tier(tiers) {
            let _ = write!(out, " {} |", number(count));
        }
        out.push('\n');
    }
    kinds("Asked about, most first", &asking(report), &mut out);
    if !report.asked.is_empty() {
        out += "\n**What people answered, what took them longest first**\n\n";
        for one in &report.asked {
            let _ = writeln!(out, "- {}: {}", code(&by(&one.by)), super::words::asked(one));
        }
    }
    kinds("Refused, most first", &refused(report), &mut out);
    kinds("Silent, most first", &silent(report), &mut out);
    if !report.never_fired.is_empty() {
        let count = counted(report.never_fired.len() as u64, "rule");
        let _ =
            writeln!(out, "\n<details><summary>{count} decided no part of any request</summary>\n");
        for rule in &report.never_fired {
            let _ = writeln!(out, "- {} {} ({})", rule.tier, code(&rule.name), code(&place(rule)));
        }
        out += "\n</details>\n";
    }
    if report.without_request > 0 {
        let count = counted(report.without_request, "action");
        let _ = writeln!(out, "\n{count} told without the request, and not decided here.");
    }
    if report.broken > 0 {
        let _ = writeln!(out, "\n{} not understood:\n", counted(report.broken, "line"));
        for broken in &report.first_broken {
            let text = super::behind(&report.place(broken.place), &broken.why);
            let _ = writeln!(out, "- {}", code(&text));
        }
    }
    out
}

fn changes(report: &Report, out: &mut String) {
    for (index, change) in report.changes.iter().take(MOST_CHANGES).enumerate() {
        let (sign, word) =
            if change.is_loosened() { ("▲", "loosened") } else { ("▼", "tightened") };
        let _ = writeln!(
            out,
            "### {}. {sign} {word}: {} → {}, `{}`, {}\n",
            index + 1,
            change.from,
            change.to,
            change.action,
            counted(change.count, "request")
        );
        for (when, decider) in [("Before", &change.old), ("After", &change.new)] {
            let _ = writeln!(out, "- {when}: {}", decided(decider));
        }
        let _ = writeln!(
            out,
            "- Example: {} ({})\n",
            code(&change.example),
            code(&report.place(change.place))
        );
        if change.request.len() <= LONGEST_REQUEST {
            let _ = writeln!(
                out,
                "<details><summary>Request</summary>\n\n{}\n\n</details>\n",
                code(&change.request)
            );
        }
    }
    if let Some(left @ [_, ..]) = report.changes.get(MOST_CHANGES..) {
        let count = left.iter().map(|change| change.count).sum();
        let _ = writeln!(out, "{} more in {} further classes.\n", number(count), left.len());
    }
}

fn decided(decider: &Decider) -> String {
    let Decider::Rule(rule) = decider else { return decider.to_string() };
    let reason =
        rule.reason.as_deref().map_or(String::new(), |reason| format!(": {}", code(reason)));
    format!("{} ({}){reason}", code(&rule.name), code(&place(rule)))
}

fn kinds(title: &str, kinds: &[&Kind], out: &mut String) {
    if kinds.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n**{title}**\n\n| requests | tier | kind | decided by | |\n|--:|---|---|---|---|"
    );
    for kind in kinds.iter().take(MOST_KINDS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            number(kind.count),
            kind.tier,
            cell(&format!("{} {}", kind.action, kind.what)),
            cell(&by(&kind.by)),
            answers(kind).unwrap_or_default()
        );
    }
    if let Some(left @ [_, ..]) = kinds.get(MOST_KINDS..) {
        let count = left.iter().map(|kind| kind.count).sum();
        let more = counted(left.len() as u64, "further kind");
        let _ = writeln!(out, "| {} | | {more} | | |", number(count));
    }
}

/// Text as code on one line, whatever stands in it.
fn code(text: &str) -> String {
    let text = safe(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// The same within a table.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}
