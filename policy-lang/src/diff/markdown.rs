//! A comparison as a comment on a pull request, in GitHub's Markdown.
//!
//! A policy may hold any text, and a comment is read by people who trust the one who posts it. So
//! everything that comes from a policy or a request stands in a code span or block that it cannot
//! leave: no link, no picture, no name that would be told about it.

use super::words::{
    Piece, SAME_WORDS, command, effects, no_rule, one_line, pieces, place, verdict,
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
    let mut out = format!("### Policy: {}\n\n", verdict(report));
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
    for (index, difference) in report.differences.iter().take(MOST_ROWS).enumerate() {
        out += &row(index + 1, difference);
    }
    let mut left_out = report.differences.len();
    for (index, difference) in report.differences.iter().enumerate() {
        let details = details(comparison, index + 1, difference);
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

fn row(number: usize, difference: &Difference) -> String {
    let (before, after) = effects(difference);
    format!(
        "| {number}. **{}** | {} | {} | {} | {} |\n",
        difference.direction.name(),
        region(&difference.region, true),
        code(&before, true),
        code(&after, true),
        code(&difference.shown, true)
    )
}

fn details(comparison: &Comparison<'_>, number: usize, difference: &Difference) -> String {
    let Difference { direction, action, from, to, .. } = difference;
    // The words of a policy's author have no place in markup.
    let what = match difference.aspect {
        Aspect::Tier => format!("{} → {}", from.tier, to.tier),
        Aspect::Options => format!("options of {}", to.tier),
        Aspect::Record => format!("record {} → {}", from.record, to.record),
        Aspect::Marks => "marks".to_owned(),
    };
    let mut out = format!(
        "\n<details><summary>{number}. {}: {action}, {what}</summary>\n\n{}\n\n",
        direction.name(),
        region(&difference.region, false)
    );
    let (before, after) = effects(difference);
    let by = |answer| match difference.is_of_tier() {
        true => decided(answer),
        false => String::new(),
    };
    out += &format!("- before: {}{}\n", code(&before, false), by(from));
    out += &format!("- after: {}{}\n\n", code(&after, false), by(to));
    let changed: Vec<String> =
        comparison.changes(difference).iter().map(|one| changed(comparison, one)).collect();
    out += &block("diff", &changed.join("\n"));
    out += &block("sh", &command(comparison, difference));
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
fn changed(comparison: &Comparison<'_>, changed: &Changed) -> String {
    let is_same = comparison.has_same_words(changed);
    let sign = match changed.side {
        _ if is_same => '!',
        Side::Old => '-',
        Side::New => '+',
    };
    let Some(sentence) = &changed.sentence else {
        return format!("{sign} (the default that holds where none is written)");
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
