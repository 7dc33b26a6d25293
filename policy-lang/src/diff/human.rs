//! A comparison for people at a terminal.

use anstyle::{AnsiColor, Style};
use policy_eval::{Tier, safe};

use super::finding::{Finding, named};
use super::words::{SAME_WORDS, default_of, effects, no_rule, one_line, place, request, verdict};
use super::{Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Direction, Side};
use crate::diagnostic;

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// A comparison as text: each finding, what was not compared, and the verdict last.
///
/// # Cost
/// Linear in the report.
pub fn text(comparison: &Comparison<'_>, style: diagnostic::Style) -> String {
    let show = Show { coloured: style == diagnostic::Style::Coloured };
    let report = comparison.report;
    let findings = comparison.findings();
    let mut out = String::new();
    for (index, finding) in findings.iter().enumerate() {
        show.finding(comparison, index + 1, finding, &mut out);
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
    out += &format!("{}\n", show.paint(STRONG, &verdict(report, &findings)));
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

    fn finding(
        &self,
        comparison: &Comparison<'_>,
        number: usize,
        finding: &Finding<'_>,
        out: &mut String,
    ) {
        let colour = match finding.direction {
            Direction::Loosened => AnsiColor::Red.on_default().bold(),
            Direction::Tightened => AnsiColor::Green.on_default().bold(),
            Direction::Changed => STRONG,
        };
        let direction = self.paint(colour, finding.direction.name());
        let mut effects: Vec<String> =
            finding.cases.iter().map(|case| self.effect(case.difference)).collect();
        let mut seen = Vec::new();
        effects.retain(|effect| {
            !seen.contains(effect) && {
                seen.push(effect.clone());
                true
            }
        });
        *out += &format!(
            "{number}. {direction}: {}\n   {}\n",
            effects.join(", "),
            safe(&finding.region)
        );
        for changed in &finding.changes {
            self.changed(comparison, finding, changed, out);
        }
        let is_one = finding.cases.len() == 1;
        let margin = if is_one { "   " } else { "     " };
        let mut reasons = Vec::new();
        for case in &finding.cases {
            let difference = case.difference;
            if !is_one {
                let region = case.region.clone().unwrap_or_else(|| named(&case.actions));
                *out += &format!("   {}  {}\n", self.effect(difference), safe(&region));
            }
            if difference.is_of_tier() {
                for (when, answer) in [("before ", &difference.from), ("after  ", &difference.to)] {
                    *out += &format!("{margin}{when}  {}\n", self.decided(answer));
                    // A reason is told once.
                    if let Some(reason) =
                        answer.decided_by.rule().and_then(|rule| rule.reason.as_deref())
                        && !reasons.contains(&reason)
                    {
                        reasons.push(reason);
                        *out += &format!("{margin}         {}\n", safe(reason));
                    }
                }
            }
            *out += &format!("{margin}example  {}\n", safe(&difference.shown));
            *out +=
                &format!("{margin}         {}\n", self.paint(FAINT, &request(&difference.witness)));
        }
    }

    fn effect(&self, difference: &Difference) -> String {
        let (before, after) = effects(difference);
        let effect = |text: &str, answer: &Answer| match difference.aspect {
            Aspect::Tier | Aspect::Options => self.paint(tier(answer.tier), &safe(text)),
            Aspect::Record | Aspect::Marks => self.paint(STRONG, &safe(text)),
        };
        format!("{} → {}", effect(&before, &difference.from), effect(&after, &difference.to))
    }

    fn changed(
        &self,
        comparison: &Comparison<'_>,
        finding: &Finding<'_>,
        changed: &Changed,
        out: &mut String,
    ) {
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
                let line = format!("~ {}", default_of(finding));
                *out += &format!("   {}\n", self.paint(AnsiColor::Yellow.on_default(), &line));
            }
        }
    }

    fn decided(&self, answer: &Answer) -> String {
        let DecidedBy::Rule(rule) = &answer.decided_by else {
            return no_rule(&answer.decided_by).to_owned();
        };
        let name = self.paint(STRONG, &safe(&rule.name));
        format!("{name}  {}", self.paint(FAINT, &safe(&place(rule))))
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
