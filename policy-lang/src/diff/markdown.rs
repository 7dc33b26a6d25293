//! A comparison as a comment on a pull request, in GitHub's Markdown.
//!
//! A policy may hold any text, and a comment is read by people who trust the one who posts it. So
//! everything that comes from a policy or a request stands in a code span or block that it cannot
//! leave: no link, no picture, no name that would be told about it.

use super::finding::{Finding, named};
use super::words::{
    Piece, SAME_WORDS, command, default_of, effects, no_rule, one_line, pieces, place, verdict,
};
use super::{Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Edition, Side};
use policy_eval::safe;

/// A comment on GitHub has at most 65,536 characters. The rest is for what a bot adds.
const LONGEST: usize = 60_000;
/// A longer table is no summary.
const MOST_ROWS: usize = 50;

/// A comparison as a comment: the verdict, a table with what was loosened first, and the details
/// folded away.
///
/// A long report is cut behind a difference, and says so.
pub fn comment(comparison: &Comparison<'_>) -> String {
    let report = comparison.report;
    let findings = comparison.findings();
    let mut out = format!("### Policy: {}\n\n", verdict(report, &findings));
    out += &format!("{} → {}\n", edition(comparison.old), edition(comparison.new));
    if report.is_equivalent() && report.changed_sentences > 0 {
        out += "\nThe text changed, and its meaning did not.\n";
    }
    for unproved in &report.unproved {
        out += &format!(
            "\n**Not compared in full**: {}: {}\n",
            code(unproved.action.name(), false),
            region(&unproved.why, false)
        );
    }
    if report.differences.is_empty() {
        return out;
    }
    out += "\n| | | before | after | for example |\n|---|---|---|---|---|\n";
    let rows = findings.iter().enumerate().flat_map(|(index, one)| rows(index + 1, one));
    out.extend(rows.take(MOST_ROWS));
    let mut left_out = findings.len();
    for (index, finding) in findings.iter().enumerate() {
        let details = details(comparison, index + 1, finding);
        if LONGEST < out.len() + details.len() {
            break;
        }
        out += &details;
        left_out -= 1;
    }
    if left_out > 0 {
        out += &format!("\n{left_out} more are left out here; `policy diff` shows them all.\n");
    }
    out
}

fn edition(edition: &Edition) -> String {
    let files: Vec<String> = edition.given.iter().map(|file| code(file, false)).collect();
    files.join(", ")
}

/// A row for each case; what they have in common stands in the first.
fn rows(number: usize, finding: &Finding<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for (index, case) in finding.cases.iter().enumerate() {
        let (before, after) = effects(case.difference);
        let what = match (index, &case.region) {
            (_, Some(own)) => region(own, true),
            (0, None) => region(&finding.region, true),
            (_, None) => region(&named(&case.actions), true),
        };
        let title = match index {
            0 => format!("{number}. **{}**", finding.direction.name()),
            _ => String::new(),
        };
        all.push(format!(
            "| {title} | {what} | {} | {} | {} |\n",
            code(&before, true),
            code(&after, true),
            code(&case.difference.shown, true)
        ));
    }
    all
}

fn details(comparison: &Comparison<'_>, number: usize, finding: &Finding<'_>) -> String {
    // The words of a policy's author have no place in markup.
    let what = |difference: &Difference| {
        let Difference { from, to, .. } = difference;
        match difference.aspect {
            Aspect::Tier => format!("{} → {}", from.tier, to.tier),
            Aspect::Options => format!("options of {}", to.tier),
            Aspect::Record => format!("record {} → {}", from.record, to.record),
            Aspect::Marks => "marks".to_owned(),
        }
    };
    let mut all: Vec<String> = finding.cases.iter().map(|case| what(case.difference)).collect();
    all.dedup();
    let actions: Vec<&str> = finding.actions.iter().map(|action| action.name()).collect();
    let mut out = format!(
        "\n<details><summary>{number}. {} ({}): {}</summary>\n\n{}\n\n",
        finding.direction.name(),
        actions.join(", "),
        all.join(", "),
        region(&finding.region, false)
    );
    let changed: Vec<String> =
        finding.changes.iter().map(|one| changed(comparison, finding, one)).collect();
    out += &block("diff", &changed.join("\n"));
    for case in &finding.cases {
        let difference = case.difference;
        let (before, after) = effects(difference);
        if finding.cases.len() > 1 {
            let of = case.region.clone().unwrap_or_else(|| named(&case.actions));
            out += &format!("**{}**: {}\n\n", what(difference), region(&of, false));
        }
        let by = |answer| match difference.is_of_tier() {
            true => decided(answer),
            false => String::new(),
        };
        out += &format!("- before: {}{}\n", code(&before, false), by(&difference.from));
        out += &format!("- after: {}{}\n\n", code(&after, false), by(&difference.to));
        out += &block("sh", &command(comparison, difference));
    }
    out + "</details>\n"
}

/// ` by RULE at PLACE, REASON`
fn decided(answer: &Answer) -> String {
    let DecidedBy::Rule(rule) = &answer.decided_by else {
        return format!(" by {}", no_rule(&answer.decided_by));
    };
    let reason = rule.reason.as_ref().map(|reason| format!(", {}", code(reason, false)));
    let (name, place) = (code(&rule.name, false), code(&place(rule), false));
    format!(" by {name} at {place}{}", reason.unwrap_or_default())
}

/// A sentence with a sign before each line.
fn changed(comparison: &Comparison<'_>, finding: &Finding<'_>, changed: &Changed) -> String {
    let is_same = comparison.has_same_words(changed);
    let sign = match changed.side {
        _ if is_same => '!',
        Side::Old => '-',
        Side::New => '+',
    };
    let Some(sentence) = &changed.sentence else {
        return format!("! {}", default_of(finding));
    };
    let lines =
        sentence.text.lines().map(|line| format!("{sign} {}", safe(&line.replace('\t', "    "))));
    let lines: Vec<String> = lines.collect();
    let note = if is_same { format!(" ({SAME_WORDS})") } else { String::new() };
    format!("  {}{note}\n{}", safe(&place(sentence)), lines.join("\n"))
}

/// A region: its code as code, its words as words.
fn region(text: &str, in_table: bool) -> String {
    let show = |piece| match piece {
        Piece::Words(text) => words(text),
        Piece::Code(text) => code(text, in_table),
    };
    pieces(text).into_iter().map(show).collect()
}

/// Text that is nothing but text.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line_with_ends(text).chars() {
        match c {
            // No escape keeps a name behind this mark from being told.
            '@' => out.push_str("`@`"),
            ',' | ' ' => out.push(c),
            _ if c.is_ascii_punctuation() => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// The blanks at both ends part a word from the code beside it.
fn one_line_with_ends(text: &str) -> String {
    let blank = |is_there: bool| if is_there { " " } else { "" };
    let line = one_line(text);
    if line.is_empty() {
        return blank(!text.is_empty()).to_owned();
    }
    let starts = text.starts_with(char::is_whitespace);
    let ends = text.ends_with(char::is_whitespace);
    format!("{}{line}{}", blank(starts), blank(ends))
}

/// A code span, however many backticks are in the text. In a table a bar would end the cell.
fn code(text: &str, in_table: bool) -> String {
    let mut text = one_line(text);
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    if in_table {
        // A bar is escaped by a backslash in code too; one that stands there already would escape
        // the escape, so the two are parted.
        text = text.replace("\\|", "\\ |").replace('|', "\\|");
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of code that no line of its text ends.
fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n\n")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code() {
        for (text, expected) in [
            ("a", "`a`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("a|b", r"`a\|b`"),
            (r"a\|b", r"`a\ \|b`"),
            ("a\n\n## b", "`a ## b`"),
            ("\u{202e}", r"`\u{202e}`"),
            ("", "(nothing)"),
        ] {
            assert_eq!(code(text, true), expected);
        }
    }

    #[test]
    fn words_stay_words() {
        assert_eq!(
            words(" @team <b>*x*</b> [a](https://evil.example) "),
            r" `@`team \<b\>\*x\*\<\/b\> \[a\]\(https\:\/\/evil\.example\) "
        );
    }
}
