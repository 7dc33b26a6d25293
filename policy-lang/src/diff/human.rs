//! A comparison for people at a terminal.

use anstyle::{AnsiColor, Style};
use policy_eval::{Tier, safe};

use super::words::{SAME_WORDS, effects, no_rule, one_line, place, request, verdict};
use super::{Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Direction, Side};
use crate::diagnostic;

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// A comparison as text: each difference, what was not compared, and the verdict last.
///
/// # Cost
/// Linear in the report.
pub fn text(comparison: &Comparison<'_>, style: diagnostic::Style) -> String {
    let show = Show { coloured: style == diagnostic::Style::Coloured };
    let report = comparison.report;
    let mut out = String::new();
    for (index, difference) in report.differences.iter().enumerate() {
        show.difference(comparison, index + 1, difference, &mut out);
        out.push('\n');
    }
    for unproved in &report.unproved {
        out += &format!(
            "{}: `{}`: {}\n",
            show.paint(STRONG, "not compared in full"),
            unproved.action,
            safe(&unproved.why)
        );
    }
    if !report.unproved.is_empty() {
        out.push('\n');
    }
    out += &format!("{}\n", show.paint(STRONG, &verdict(report)));
    if report.is_equivalent() && report.changed_sentences > 0 {
        out += "the text changed, and its meaning did not\n";
    }
    out
}

struct Show {
    coloured: bool,
}

impl Show {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn difference(
        &self,
        comparison: &Comparison<'_>,
        number: usize,
        difference: &Difference,
        out: &mut String,
    ) {
        let colour = match difference.direction {
            Direction::Loosened => AnsiColor::Red.on_default().bold(),
            Direction::Tightened => AnsiColor::Green.on_default().bold(),
            Direction::Changed => STRONG,
        };
        let direction = self.paint(colour, difference.direction.name());
        let (before, after) = effects(difference);
        let effect = |text: &str, answer: &Answer| match difference.aspect {
            Aspect::Tier | Aspect::Options => self.paint(tier(answer.tier), &safe(text)),
            Aspect::Record | Aspect::Marks => self.paint(STRONG, &safe(text)),
        };
        *out += &format!(
            "{number}. {direction}: {} → {}\n   {}\n",
            effect(&before, &difference.from),
            effect(&after, &difference.to),
            safe(&difference.region)
        );
        for changed in &comparison.changes(difference) {
            self.changed(comparison, changed, out);
        }
        if difference.is_of_tier() {
            *out += &format!("   before   {}\n", self.decided(&difference.from));
            *out += &format!("   after    {}\n", self.decided(&difference.to));
        }
        *out += &format!("   example  {}\n", safe(&difference.shown));
        *out += &format!("            {}\n", self.paint(FAINT, &request(&difference.witness)));
    }

    fn changed(&self, comparison: &Comparison<'_>, changed: &Changed, out: &mut String) {
        let is_same = comparison.has_same_words(changed);
        let (sign, colour) = match changed.side {
            _ if is_same => ("~", AnsiColor::Yellow.on_default()),
            Side::Old => ("-", AnsiColor::Red.on_default()),
            Side::New => ("+", AnsiColor::Green.on_default()),
        };
        match &changed.sentence {
            Some(sentence) => {
                let line = format!("{sign} {}", one_line(&sentence.text));
                let at = self.paint(FAINT, &safe(&place(sentence)));
                *out += &format!("   {}  {at}\n", self.paint(colour, &line));
                if is_same {
                    *out += &format!("     {}\n", self.paint(FAINT, SAME_WORDS));
                }
            }
            None => {
                let line = format!("{sign} the default that holds where none is written");
                *out += &format!("   {}\n", self.paint(colour, &line));
            }
        }
    }

    fn decided(&self, answer: &Answer) -> String {
        let DecidedBy::Rule(rule) = &answer.decided_by else {
            return no_rule(&answer.decided_by).to_owned();
        };
        let name = self.paint(STRONG, &safe(&rule.name));
        let mut text = format!("{name}  {}", self.paint(FAINT, &safe(&place(rule))));
        if let Some(reason) = &rule.reason {
            text += &format!("\n            {}", safe(reason));
        }
        text
    }
}

const fn tier(tier: Tier) -> Style {
    match tier {
        Tier::Allow => AnsiColor::Green.on_default().bold(),
        Tier::Review => AnsiColor::Cyan.on_default().bold(),
        Tier::Ask => AnsiColor::Yellow.on_default().bold(),
        Tier::Deny => AnsiColor::Red.on_default().bold(),
    }
}
