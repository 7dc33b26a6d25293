//! A comparison as one page for a reviewer: on a screen, on paper, and with nothing else at hand.
//!
//! The page loads nothing and runs nothing, and its own policy forbids both; the filter is a rule
//! of the style sheet. Directions and tiers differ in word and sign as well as in colour.
//!
//! ```text
//!   header    both policies, the verdict
//!   filter    by direction, by action
//!   cards     one a finding: region, sentences, each change with an example ──┐ anchors
//!   sources   both texts side by side, lines that count are marked  ◄────────┘
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use policy_eval::{Action, Tier};

use super::finding::{Case, Finding, named};
use super::lines::{Row, align};
use super::words::{
    Piece, SAME_WORDS, command, count, default_of, effects, no_rule, pieces, place, request,
    verdict,
};
use super::{
    Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Direction, Edition, Sentence, Side,
};
use crate::diagnostic::escape_markup;
use crate::span::Source;

/// Runs of lines that are equal and count for nothing are folded away, but for this many at each
/// end.
const CONTEXT: usize = 3;

/// The style sheet of the page, for other reports that are to have its looks: light, dark and printed.
pub const STYLE: &str = include_str!("page.css");

/// A comparison as an HTML page.
///
/// # Cost
/// Linear in the report and the sources, and the cost of laying each pair of files side by side.
pub fn page(comparison: &Comparison<'_>) -> String {
    let report = comparison.report;
    let findings = comparison.findings();
    let marks = Marks::new(comparison, &findings);
    let mut out = String::new();
    let verdict = escape_markup(&verdict(report, &findings));
    head(&verdict, &mut out);
    out += "<body>\n";
    header(comparison, &verdict, &mut out);
    out += "<main>\n";
    if !report.unproved.is_empty() {
        out += "<section aria-labelledby=\"unproved\"><h2 id=\"unproved\">Not compared in full</h2>\n<ul>\n";
        for unproved in &report.unproved {
            let (action, why) = (unproved.action, region(&unproved.why));
            out += &format!("<li><code>{action}</code>: {why}</li>\n");
        }
        out += "</ul></section>\n";
    }
    if !report.differences.is_empty() {
        out += "<section aria-labelledby=\"differences\"><h2 id=\"differences\">Differences</h2>\n";
        filter(&findings, &mut out);
        for (index, finding) in findings.iter().enumerate() {
            card(comparison, &marks, index + 1, finding, &mut out);
        }
        out += "</section>\n";
    }
    sources(comparison, &marks, &findings, &mut out);
    out + "</main>\n</body>\n</html>\n"
}

fn head(verdict: &str, out: &mut String) {
    *out += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    *out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";
    *out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    *out += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    let _ = writeln!(out, "<title>Policy comparison: {verdict}</title>");
    let _ = writeln!(out, "<style>\n{STYLE}{}</style>\n</head>", filters());
}

/// What hides the cards whose boxes are not ticked. A card of several actions is shown while one of
/// them is ticked.
fn filters() -> String {
    let mut css = String::from("@supports selector(:has(*)) {\n.card { display: none; }\n");
    for action in Action::ALL {
        let _ = writeln!(
            css,
            "body:has(#action-{action}:checked) .card[data-action~={action}] {{ display: block; }}"
        );
    }
    for direction in DIRECTIONS {
        let name = direction.name();
        let _ = writeln!(
            css,
            "body:has(#direction-{name}:not(:checked)) .card[data-direction={name}] {{ display: none; }}"
        );
    }
    css + "}\n"
}

const DIRECTIONS: [Direction; 3] = [Direction::Loosened, Direction::Tightened, Direction::Changed];

fn header(comparison: &Comparison<'_>, verdict: &str, out: &mut String) {
    let report = comparison.report;
    let kind = match () {
        () if report.is_equivalent() => "equivalent",
        () if report.count(Direction::Loosened) > 0 => "loosened",
        () if !report.is_complete() => "incomplete",
        () if report.count(Direction::Tightened) > 0 => "tightened",
        () => "changed",
    };
    *out += "<header>\n<h1>Policy comparison</h1>\n";
    let _ = writeln!(out, "<p class=\"verdict {kind}\" role=\"status\">{verdict}</p>");
    if report.is_equivalent() && report.changed_sentences > 0 {
        *out += "<p>The text changed, and its meaning did not.</p>\n";
    }
    *out += "<table class=\"editions\">\n<thead><tr><td></td><th scope=\"col\">Before</th>\
             <th scope=\"col\">After</th></tr></thead>\n<tbody>\n";
    let both = |show: &dyn Fn(&Edition) -> String| {
        format!("<td>{}</td><td>{}</td>", show(comparison.old), show(comparison.new))
    };
    let named = |name: &Option<String>| match name {
        Some(name) => escape_markup(name),
        None => "<span class=\"none\">none</span>".to_owned(),
    };
    let files = |edition: &Edition| {
        let files =
            edition.given.iter().map(|file| format!("<code>{}</code>", escape_markup(file)));
        files.collect::<Vec<_>>().join("<br>")
    };
    let digest = |edition: &Edition| format!("<code>{}</code>", escape_markup(&edition.digest));
    for (title, cells) in [
        ("Policy", both(&|edition| named(&edition.name))),
        ("Version", both(&|edition| named(&edition.version))),
        ("Files", both(&files)),
        ("Digest", both(&digest)),
    ] {
        let _ = writeln!(out, "<tr><th scope=\"row\">{title}</th>{cells}</tr>");
    }
    *out += "</tbody></table>\n</header>\n";
}

fn filter(findings: &[Finding<'_>], out: &mut String) {
    *out += "<form class=\"filter\" aria-label=\"Show\">\n<fieldset><legend>Direction</legend>\n";
    for direction in DIRECTIONS {
        let count = count(findings, direction);
        if count > 0 {
            checkbox("direction", direction.name(), count, out);
        }
    }
    *out += "</fieldset>\n<fieldset><legend>Action</legend>\n";
    for action in Action::ALL {
        let count = findings.iter().filter(|one| one.actions.contains(&action)).count();
        if count > 0 {
            checkbox("action", action.name(), count, out);
        }
    }
    *out += "</fieldset>\n</form>\n";
}

fn checkbox(kind: &str, name: &str, count: usize, out: &mut String) {
    let _ = writeln!(
        out,
        "<label><input type=\"checkbox\" id=\"{kind}-{name}\" checked> {name} ({count})</label>"
    );
}

fn card(
    comparison: &Comparison<'_>,
    marks: &Marks,
    number: usize,
    finding: &Finding<'_>,
    out: &mut String,
) {
    let name = finding.direction.name();
    let actions: Vec<&str> = finding.actions.iter().map(|action| action.name()).collect();
    let _ = writeln!(
        out,
        "<article class=\"card {name}\" id=\"difference-{number}\" data-direction=\"{name}\" \
         data-action=\"{}\" aria-labelledby=\"title-{number}\">",
        actions.join(" ")
    );
    let _ = writeln!(
        out,
        "<h3 id=\"title-{number}\"><span class=\"direction\"><span aria-hidden=\"true\">{}</span> \
         {name}</span> <span class=\"number\">{number}</span></h3>\n<p class=\"region\">{}</p>",
        sign(finding.direction),
        region(&finding.region),
    );
    let mut badges = Vec::new();
    for case in &finding.cases {
        let badge = change(case.difference);
        if !badges.contains(&badge) {
            badges.push(badge);
        }
    }
    let _ =
        writeln!(out, "<p class=\"change\">{}</p>", badges.join("<span class=\"and\">,</span> "));
    *out += "<h4>It follows from</h4>\n";
    for changed in &finding.changes {
        self::changed(comparison, marks, finding, changed, out);
    }
    for case in &finding.cases {
        self::case(comparison, marks, finding, case, out);
    }
    *out += "</article>\n";
}

/// One change of the answer, what decided, and a request that shows it.
fn case(
    comparison: &Comparison<'_>,
    marks: &Marks,
    finding: &Finding<'_>,
    case: &Case<'_>,
    out: &mut String,
) {
    let difference = case.difference;
    *out += "<section class=\"case\">\n";
    if finding.cases.len() > 1 {
        let of = case.region.clone().unwrap_or_else(|| named(&case.actions));
        let _ = writeln!(
            out,
            "<p class=\"change\">{} <span class=\"of\">{}</span></p>",
            change(difference),
            region(&of)
        );
    }
    if difference.is_of_tier() {
        pair(marks, difference, out);
    }
    let _ = writeln!(
        out,
        "<h4>For example</h4>\n<p class=\"example\"><code>{}</code></p>\n\
         <pre class=\"request\">{}</pre>\n\
         <details><summary>Ask both policies</summary><pre>{}</pre></details>\n</section>",
        escape_markup(&difference.shown),
        escape_markup(&request(&difference.witness)),
        escape_lines(&command(comparison, difference))
    );
}

/// Both answers, in what they differ in.
fn change(difference: &Difference) -> String {
    let (before, after) = effects(difference);
    format!(
        "{} <span class=\"arrow\"><span aria-hidden=\"true\">→</span><span class=\"unseen\">becomes</span></span> {}",
        badge(difference.aspect, &difference.from, &before),
        badge(difference.aspect, &difference.to, &after)
    )
}

/// What decided before, and what decides after.
fn pair(marks: &Marks, difference: &Difference, out: &mut String) {
    *out += "<div class=\"pair\">\n";
    for (title, side, answer) in
        [("Before", Side::Old, &difference.from), ("After", Side::New, &difference.to)]
    {
        let _ = writeln!(out, "<div><h4>{title}</h4>");
        decided(marks, side, difference, answer, out);
        *out += "</div>\n";
    }
    *out += "</div>\n";
}

const fn sign(direction: Direction) -> &'static str {
    match direction {
        Direction::Loosened => "▲",
        Direction::Tightened => "▼",
        Direction::Changed => "◆",
    }
}

/// A tier with a sign and a border of its own; another aspect in words.
fn badge(aspect: Aspect, answer: &Answer, text: &str) -> String {
    match aspect {
        Aspect::Tier | Aspect::Options => {
            let sign = match answer.tier {
                Tier::Allow => "✓",
                Tier::Review => "◐",
                Tier::Ask => "?",
                Tier::Deny => "✕",
            };
            format!(
                "<span class=\"tier {}\"><span aria-hidden=\"true\">{sign}</span> {}</span>",
                answer.tier,
                escape_markup(text)
            )
        }
        Aspect::Record | Aspect::Marks => {
            format!("<span class=\"tier\">{}</span>", escape_markup(text))
        }
    }
}

fn decided(marks: &Marks, side: Side, difference: &Difference, answer: &Answer, out: &mut String) {
    let DecidedBy::Rule(rule) = &answer.decided_by else {
        let _ = writeln!(out, "<p>decided by {}</p>", no_rule(&answer.decided_by));
        return;
    };
    let (name, link) = (escape_markup(&rule.name), marks.link(side, rule));
    let _ = writeln!(out, "<p>decided by <strong>{name}</strong>, {link}</p>");
    // A sentence that changed is shown with what changed.
    let is_changed =
        |changed: &Changed| changed.side == side && changed.sentence.as_ref() == Some(rule);
    if !difference.changed.iter().any(is_changed) {
        let _ = writeln!(out, "<pre class=\"sentence\">{}</pre>", escape_lines(&rule.text));
    }
    if let Some(reason) = &rule.reason {
        let _ = writeln!(out, "<p class=\"reason\">“{}”</p>", escape_markup(reason));
    }
}

fn changed(
    comparison: &Comparison<'_>,
    marks: &Marks,
    finding: &Finding<'_>,
    changed: &Changed,
    out: &mut String,
) {
    let is_same = comparison.has_same_words(changed);
    let (class, sign, word) = match changed.side {
        _ if changed.sentence.is_none() => ("same", "≈", "changed"),
        _ if is_same => ("same", "≈", SAME_WORDS),
        Side::Old => ("gone", "−", "removed"),
        Side::New => ("new", "+", "added"),
    };
    let (text, link) = match &changed.sentence {
        Some(sentence) => (escape_lines(&sentence.text), marks.link(changed.side, sentence)),
        None => (region(&default_of(finding)), String::new()),
    };
    let _ = writeln!(
        out,
        "<div class=\"sentence {class}\"><span class=\"sign\"><span aria-hidden=\"true\">{sign}</span>\
         <span class=\"unseen\">{word}</span></span><pre>{text}</pre>{link}</div>"
    );
    if is_same {
        let _ = writeln!(out, "<p class=\"note\">{SAME_WORDS}</p>");
    }
}

fn region(text: &str) -> String {
    let show = |piece| match piece {
        Piece::Words(text) => escape_markup(text),
        Piece::Code(text) => format!("<code>{}</code>", escape_markup(text)),
    };
    pieces(text).into_iter().map(show).collect()
}

/// Which lines of the sources count, and for which differences.
struct Marks {
    /// Files by side and name: the place of a file in the list of sources.
    files: BTreeMap<(Side, String), usize>,
    /// By side, file and line, from 1: the differences that the line led to.
    lines: BTreeMap<(Side, usize, u32), BTreeSet<usize>>,
    /// Lines that a card leads to, and that did not change.
    seen: BTreeSet<(Side, usize, u32)>,
}

impl Marks {
    fn new(comparison: &Comparison<'_>, findings: &[Finding<'_>]) -> Marks {
        let mut marks =
            Marks { files: BTreeMap::new(), lines: BTreeMap::new(), seen: BTreeSet::new() };
        for side in [Side::Old, Side::New] {
            for (index, source) in comparison.edition(side).sources.iter().enumerate() {
                marks.files.entry((side, source.name.clone())).or_insert(index);
            }
        }
        for (index, finding) in findings.iter().enumerate() {
            for changed in &finding.changes {
                let Some(sentence) = &changed.sentence else { continue };
                for line in marks.lines_of(changed.side, sentence) {
                    marks.lines.entry(line).or_default().insert(index + 1);
                }
            }
            for case in &finding.cases {
                let Difference { from, to, .. } = case.difference;
                for (side, answer) in [(Side::Old, from), (Side::New, to)] {
                    if let Some(rule) = answer.decided_by.rule() {
                        let lines = marks.lines_of(side, rule);
                        marks.seen.extend(lines);
                    }
                }
            }
        }
        marks
    }

    fn lines_of(&self, side: Side, sentence: &Sentence) -> Vec<(Side, usize, u32)> {
        let Some(&file) = self.files.get(&(side, sentence.file.clone())) else { return Vec::new() };
        let count = sentence.text.lines().count().max(1) as u32;
        (0..count).map(|line| (side, file, sentence.line.saturating_add(line))).collect()
    }

    /// A link to a sentence, where its file is shown.
    fn link(&self, side: Side, sentence: &Sentence) -> String {
        let text = escape_markup(&place(sentence));
        match self.files.get(&(side, sentence.file.clone())) {
            Some(file) => format!("<a href=\"#{}\">{text}</a>", anchor(side, *file, sentence.line)),
            None => format!("<span>{text}</span>"),
        }
    }

    fn counts(&self, side: Side, file: usize, line: u32) -> bool {
        let key = (side, file, line);
        self.lines.contains_key(&key) || self.seen.contains(&key)
    }
}

fn anchor(side: Side, file: usize, line: u32) -> String {
    let side = match side {
        Side::Old => "old",
        Side::New => "new",
    };
    format!("{side}-{file}-{line}")
}

/// Both policies, each file beside the one of the same path.
fn sources(comparison: &Comparison<'_>, marks: &Marks, findings: &[Finding<'_>], out: &mut String) {
    *out +=
        "<section aria-labelledby=\"sources\"><h2 id=\"sources\">Both texts side by side</h2>\n";
    for (old, new) in file_pairs(comparison) {
        file(marks, findings, old, new, out);
    }
    *out += "</section>\n";
}

type Numbered<'s> = Option<(usize, &'s Arc<Source>)>;

/// Files of the same path together; then, of those that are left, the given ones in their order.
fn file_pairs<'c>(comparison: &Comparison<'c>) -> Vec<(Numbered<'c>, Numbered<'c>)> {
    let Comparison { old, new, .. } = comparison;
    let mut left: Vec<(usize, &Arc<Source>)> = new.sources.iter().enumerate().collect();
    let mut alone = Vec::new();
    let mut pairs = Vec::new();
    for one in old.sources.iter().enumerate() {
        let path = old.path(&one.1.name);
        match left.iter().position(|(_, source)| new.path(&source.name) == path) {
            Some(at) => pairs.push((Some(one), Some(left.remove(at)))),
            None => alone.push(one),
        }
    }
    let mut left = left.into_iter();
    pairs.extend(alone.into_iter().map(|one| (Some(one), left.next())));
    pairs.extend(left.map(|other| (None, Some(other))));
    pairs
}

fn file(
    marks: &Marks,
    findings: &[Finding<'_>],
    old: Numbered<'_>,
    new: Numbered<'_>,
    out: &mut String,
) {
    let text = |source: Numbered<'_>| -> Vec<String> {
        source.map_or(Vec::new(), |(_, source)| source.text.lines().map(escape_tabs).collect())
    };
    let (old_text, new_text) = (text(old), text(new));
    let name = |source: Numbered<'_>| {
        source.map_or("<span class=\"none\">no such file</span>".to_owned(), |(_, source)| {
            format!("<code>{}</code>", escape_markup(&source.name))
        })
    };
    let old_lines: Vec<&str> = old_text.iter().map(String::as_str).collect();
    let new_lines: Vec<&str> = new_text.iter().map(String::as_str).collect();
    let rows = align(&old_lines, &new_lines);
    let is_equal = old_lines == new_lines;
    let (old_name, new_name) = (name(old), name(new));
    let caption = match old_name == new_name {
        true => old_name.clone(),
        false => format!("{old_name} → {new_name}"),
    };
    let unchanged = if is_equal { " <span class=\"none\">(unchanged)</span>" } else { "" };
    let _ = writeln!(out, "<h3 class=\"file\">{caption}{unchanged}</h3>");
    let listing = Listing {
        findings,
        marks,
        old: old.map(|(index, _)| index),
        new: new.map(|(index, _)| index),
        old_lines: &old_lines,
        new_lines: &new_lines,
    };
    listing.write(&rows, out);
}

/// Two files side by side.
struct Listing<'l> {
    findings: &'l [Finding<'l>],
    marks: &'l Marks,
    old: Option<usize>,
    new: Option<usize>,
    old_lines: &'l [&'l str],
    new_lines: &'l [&'l str],
}

impl Listing<'_> {
    fn write(&self, rows: &[Row], out: &mut String) {
        let counts: Vec<bool> = rows.iter().map(|row| self.counts(row)).collect();
        let mut at = 0;
        while at < rows.len() {
            let quiet = counts[at..].iter().take_while(|counts| !**counts).count();
            let head = if at == 0 { 0 } else { CONTEXT.min(quiet) };
            let tail = if at + quiet == rows.len() { 0 } else { CONTEXT.min(quiet - head) };
            let folded = at + head..at + quiet - tail;
            if folded.len() <= CONTEXT {
                // Too few to be worth a fold: they stand with what follows.
                let loud = counts[at + quiet..].iter().take_while(|counts| **counts).count();
                self.table(&rows[at..at + quiet + loud], out);
                at += quiet + loud;
                continue;
            }
            if head > 0 {
                self.table(&rows[at..folded.start], out);
            }
            let count = folded.len();
            let _ =
                writeln!(out, "<details class=\"fold\"><summary>{count} unchanged lines</summary>");
            self.table(&rows[folded.clone()], out);
            *out += "</details>\n";
            let loud = counts[at + quiet..].iter().take_while(|counts| **counts).count();
            if tail + loud > 0 {
                self.table(&rows[folded.end..at + quiet + loud], out);
            }
            at += quiet + loud;
        }
    }

    /// Whether a row is to be seen without asking.
    fn counts(&self, row: &Row) -> bool {
        let marked = |side, file: Option<usize>, line: Option<usize>| match (file, line) {
            (Some(file), Some(line)) => self.marks.counts(side, file, line as u32 + 1),
            _ => false,
        };
        !self.is_equal(row)
            || marked(Side::Old, self.old, row.0)
            || marked(Side::New, self.new, row.1)
    }

    fn is_equal(&self, &(old, new): &Row) -> bool {
        matches!((old, new), (Some(old), Some(new)) if self.old_lines[old] == self.new_lines[new])
    }

    fn table(&self, rows: &[Row], out: &mut String) {
        *out += "<table class=\"lines\"><colgroup><col class=\"number\"><col><col class=\"number\"><col>\
                 </colgroup><thead><tr>";
        for title in ["Line", "Before", "Line", "After"] {
            let _ = write!(out, "<th scope=\"col\"><span class=\"unseen\">{title}</span></th>");
        }
        *out += "</tr></thead><tbody>\n";
        for row in rows {
            let is_equal = self.is_equal(row);
            *out += "<tr>";
            let old = row.0.map(|line| (line, self.old_lines[line]));
            let new = row.1.map(|line| (line, self.new_lines[line]));
            self.cells(Side::Old, self.old, old, is_equal, out);
            self.cells(Side::New, self.new, new, is_equal, out);
            *out += "</tr>\n";
        }
        *out += "</tbody></table>\n";
    }

    fn cells(
        &self,
        side: Side,
        file: Option<usize>,
        line: Option<(usize, &str)>,
        is_equal: bool,
        out: &mut String,
    ) {
        let (Some(file), Some((line, text))) = (file, line) else {
            *out += "<td class=\"number\"></td><td class=\"nothing\"></td>";
            return;
        };
        let number = line as u32 + 1;
        let differences = self.marks.lines.get(&(side, file, number));
        let class = match (side, is_equal) {
            (_, true) => "",
            (Side::Old, false) => "gone",
            (Side::New, false) => "new",
        };
        let marked = if differences.is_some() { " marked" } else { "" };
        let _ = write!(
            out,
            "<td class=\"number\" id=\"{}\">{number}</td><td class=\"text {class}{marked}\">{}",
            anchor(side, file, number),
            text
        );
        // Where a sentence begins, what it led to.
        let begins = !self.marks.lines.contains_key(&(side, file, number.wrapping_sub(1)))
            || self.marks.lines.get(&(side, file, number.wrapping_sub(1))) != differences;
        if let (Some(differences), true) = (differences, begins) {
            for difference in differences {
                let direction = self.findings[difference - 1].direction;
                let _ = write!(
                    out,
                    " <a class=\"back {}\" href=\"#difference-{difference}\" \
                     aria-label=\"{} {difference}\">{} {difference}</a>",
                    direction.name(),
                    direction.name(),
                    sign(direction)
                );
            }
        }
        *out += "</td>";
    }
}

/// A line of a source.
fn escape_tabs(line: &str) -> String {
    escape_markup(&line.replace('\t', "    "))
}

fn escape_lines(text: &str) -> String {
    text.lines().map(escape_tabs).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escape_markup("<b a='1' c=\"2\">&\u{202e}\u{0}"),
            r"&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;\u{202e}\u{0}"
        );
    }
}
