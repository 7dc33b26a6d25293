//! A report for people at a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use policy_eval::{Tier, safe};
use policy_lang::diagnostic;

use super::words::{
    answers, asking, by, counted, each_tier, number, place, read, refused, rules, share, silent,
    verdict,
};
use super::{Change, Kind, Report, behind};

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
/// How many kinds are told.
const MOST: usize = 10;
/// How many changes are told.
const MOST_CHANGES: usize = 50;

/// A report as text.
///
/// # Cost
/// Linear in the report.
pub fn text(report: &Report, style: diagnostic::Style) -> String {
    let show = Show { report, coloured: style == diagnostic::Style::Coloured };
    let mut out = String::new();
    let _ = writeln!(out, "{}", show.paint(STRONG, &read(report)));
    show.tiers(&mut out);
    show.actions(&mut out);
    show.kinds("done in silence, most first", &silent(report), &mut out);
    show.kinds("asked about, most first", &asking(report), &mut out);
    show.asked(&mut out);
    show.kinds("refused, most first", &refused(report), &mut out);
    show.rules(&mut out);
    show.changes(&mut out);
    show.not_read(&mut out);
    if let Some(verdict) = verdict(report) {
        let _ = writeln!(out, "\n{}", show.paint(STRONG, &verdict));
    }
    out
}

struct Show<'r> {
    report: &'r Report,
    coloured: bool,
}

impl Show<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn tier(&self, tier: Tier) -> String {
        self.paint(style(tier), &format!("{tier:<6}"))
    }

    fn head(&self, title: &str, out: &mut String) {
        let _ = writeln!(out, "\n{}", self.paint(STRONG, title));
    }

    fn tiers(&self, out: &mut String) {
        const WIDTH: u64 = 40;
        let report = self.report;
        for (tier, count) in each_tier(&report.tiers) {
            let length = (u128::from(count) * u128::from(WIDTH))
                .div_ceil(u128::from(report.requests.max(1)));
            let bar = "█".repeat(usize::try_from(length).unwrap_or(0));
            let share = share(count, report.requests);
            let line =
                format!("{:>11}  {share:>8}  {}", number(count), self.paint(style(tier), &bar));
            let _ = writeln!(out, "  {}{}", self.tier(tier), line.trim_end());
        }
    }

    fn actions(&self, out: &mut String) {
        if self.report.actions.is_empty() {
            return;
        }
        let title = format!("  {:<8}{:>11}", "action", "requests");
        let tiers: String = Tier::ALL.iter().map(|tier| format!("{:>11}", tier.name())).collect();
        let _ = writeln!(out, "\n{}", self.paint(FAINT, &(title + &tiers)));
        for (action, tiers) in &self.report.actions {
            let all = number(tiers.iter().sum());
            let tiers: String = tiers.iter().map(|count| format!("{:>11}", dash(*count))).collect();
            let _ = writeln!(out, "  {:<8}{all:>11}{tiers}", action.name());
        }
    }

    fn kinds(&self, title: &str, kinds: &[&Kind], out: &mut String) {
        if kinds.is_empty() {
            return;
        }
        self.head(title, out);
        let shown = &kinds[..kinds.len().min(MOST)];
        let words = |kind: &Kind| safe(&format!("{} {}", kind.action, kind.what)).into_owned();
        let widest = shown.iter().map(|kind| words(kind).chars().count()).max().unwrap_or(0);
        let wide = shown.iter().map(|kind| by(&kind.by).chars().count()).max().unwrap_or(0);
        for kind in shown {
            let words = words(kind);
            let decider = format!("{:<wide$}", by(&kind.by));
            let _ = write!(
                out,
                "  {:>9}  {}  {words:<widest$}  ",
                number(kind.count),
                self.tier(kind.tier)
            );
            let _ = match answers(kind) {
                Some(answers) => writeln!(out, "{}  {answers}", self.paint(FAINT, &decider)),
                None => writeln!(out, "{}", self.paint(FAINT, decider.trim_end())),
            };
        }
        let left = &kinds[shown.len()..];
        if !left.is_empty() {
            let count = left.iter().map(|kind| kind.count).sum();
            let kinds = counted(left.len() as u64, "more kind");
            let _ = writeln!(out, "  {:>9}  of {kinds}", number(count));
        }
    }

    fn asked(&self, out: &mut String) {
        let asked = &self.report.asked;
        if asked.is_empty() {
            return;
        }
        self.head("what people answered, what took them longest first", out);
        let wide = asked.iter().map(|one| by(&one.by).chars().count()).max().unwrap_or(0);
        for one in asked {
            let _ = writeln!(out, "  {:<wide$}  {}", by(&one.by), super::words::asked(one));
        }
    }

    fn rules(&self, out: &mut String) {
        let widest = |names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| safe(name).chars().count()).max().unwrap_or(0).min(60)
        };
        if self.report.decided.iter().any(|decided| decided.count() > 0 || decided.fired > 0) {
            let title = format!("{:>9}{:>11}  what decided", "fired", "decided");
            let _ = writeln!(out, "\n{}", self.paint(FAINT, &format!("  {title}")));
            let wide = widest(&mut rules(self.report).map(|(rule, _)| rule.name.as_str()));
            for decided in &self.report.decided {
                let fired =
                    if decided.by.rule().is_some() { number(decided.fired) } else { "".into() };
                let at = decided.by.rule().map(place).unwrap_or_default();
                let line = format!(
                    "  {fired:>9}{:>11}  {:<wide$}  {}",
                    dash(decided.count()),
                    by(&decided.by),
                    self.paint(FAINT, &at)
                );
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        let never = &self.report.never_fired;
        if never.is_empty() {
            return;
        }
        self.head(
            &format!("{} decided no part of any request", counted(never.len() as u64, "rule")),
            out,
        );
        let wide = widest(&mut never.iter().map(|rule| rule.name.as_str()));
        for rule in never {
            let name = safe(&rule.name);
            let at = self.paint(FAINT, &place(rule));
            let _ = writeln!(out, "  {}  {name:<wide$}  {at}", self.tier(rule.tier));
        }
    }

    fn changes(&self, out: &mut String) {
        let changes = &self.report.changes;
        for (index, change) in changes.iter().take(MOST_CHANGES).enumerate() {
            self.change(index + 1, change, out);
        }
        if let Some(left @ [_, ..]) = changes.get(MOST_CHANGES..) {
            let count = left.iter().map(|change| change.count).sum();
            let kinds = counted(left.len() as u64, "more class");
            let _ = writeln!(out, "\n{} of {kinds}es; --format json has all", number(count));
        }
    }

    fn change(&self, index: usize, change: &Change, out: &mut String) {
        let (word, colour) = match change.is_loosened() {
            true => ("loosened", AnsiColor::Red.on_default().bold()),
            false => ("tightened", AnsiColor::Green.on_default().bold()),
        };
        let _ = writeln!(
            out,
            "\n{index}. {}: {} → {}  {}  {}",
            self.paint(colour, word),
            self.paint(style(change.from), change.from.name()),
            self.paint(style(change.to), change.to.name()),
            change.action,
            counted(change.count, "request"),
        );
        for (when, decider) in [("before ", &change.old), ("after  ", &change.new)] {
            let at = decider.rule().map(place).unwrap_or_default();
            let line = format!("   {when}  {}  {}", by(decider), self.paint(FAINT, &at));
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let at = safe(&self.report.place(change.place)).into_owned();
        let _ = writeln!(out, "   example  {}  {}", safe(&change.example), self.paint(FAINT, &at));
        let _ = writeln!(out, "            {}", self.paint(FAINT, &safe(&change.request)));
    }

    fn not_read(&self, out: &mut String) {
        let report = self.report;
        if report.without_request > 0 {
            let count = counted(report.without_request, "action");
            let _ = writeln!(
                out,
                "\n{count} {} told without the request, and not decided here",
                if report.without_request == 1 { "is" } else { "are" }
            );
        }
        if report.broken == 0 {
            return;
        }
        self.head(&format!("{} not understood", counted(report.broken, "line")), out);
        for broken in &report.first_broken {
            let place = report.place(broken.place);
            let _ = writeln!(out, "  {}", safe(&behind(&place, &broken.why)));
        }
        let left = report.broken - report.first_broken.len() as u64;
        if left > 0 {
            let _ = writeln!(out, "  and {} more", number(left));
        }
    }
}

/// A number, or a dash for nothing.
fn dash(count: u64) -> String {
    if count == 0 { "–".to_owned() } else { number(count) }
}

const fn style(tier: Tier) -> Style {
    match tier {
        Tier::Allow => AnsiColor::Green.on_default().bold(),
        Tier::Review => AnsiColor::Cyan.on_default().bold(),
        Tier::Ask => AnsiColor::Yellow.on_default().bold(),
        Tier::Deny => AnsiColor::Red.on_default().bold(),
    }
}
