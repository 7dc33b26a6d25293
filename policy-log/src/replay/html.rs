//! A report as one page: on a screen, on paper, and with nothing else at hand.
//!
//! It loads nothing and runs nothing, and its own policy forbids both. It has the looks of the page of
//! a comparison. Charts are pictures in the page; each number in them also stands in a table.

use std::fmt::Write as _;

use policy_eval::Tier;
use policy_lang::diagnostic::escape_markup;
use policy_lang::diff::html::STYLE;

use super::words::{
    answers, asking, by, counted, day_of, each_tier, number, place, read, refused, rules, share,
    silent, verdict,
};
use super::{Change, Decider, Edition, Kind, Report, Tiers, behind};

/// How many kinds are listed, and how many changes.
const MOST_KINDS: usize = 25;
const MOST_CHANGES: usize = 200;

/// A report as an HTML page.
///
/// # Cost
/// Linear in the report.
pub fn page(report: &Report) -> String {
    let mut out = String::new();
    head(report, &mut out);
    out += "<body>\n";
    header(report, &mut out);
    out += "<main>\n";
    if report.against.is_some() {
        changes(report, &mut out);
    }
    done(report, &mut out);
    kinds(report, "asked", "What a person or a reviewer is asked", &asking(report), &mut out);
    answered(report, &mut out);
    kinds(report, "refused", "What is refused, and why", &refused(report), &mut out);
    kinds(report, "silent", "What is silent", &silent(report), &mut out);
    self::rules_table(report, &mut out);
    logs(report, &mut out);
    out + "</main>\n</body>\n</html>\n"
}

fn head(report: &Report, out: &mut String) {
    let title = escape_markup(&read(report));
    *out += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    *out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";
    *out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    *out += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    let _ = writeln!(out, "<title>Replay: {title}</title>");
    let _ = writeln!(out, "<style>\n{STYLE}{}</style>\n</head>", include_str!("page.css"));
}

fn header(report: &Report, out: &mut String) {
    let _ = writeln!(
        out,
        "<header>\n<h1>Replay</h1>\n<p class=\"read\">{}</p>",
        escape_markup(&read(report))
    );
    if let Some(verdict) = verdict(report) {
        let loosened = report.changes.iter().any(Change::is_loosened);
        let kind = match (report.changed(), loosened) {
            (0, _) => "equivalent",
            (_, true) => "loosened",
            (_, false) => "tightened",
        };
        let _ = writeln!(
            out,
            "<p class=\"verdict {kind}\" role=\"status\">{}</p>",
            escape_markup(&verdict)
        );
    }
    *out += "<ul class=\"tiles\">\n";
    for (tier, count) in each_tier(&report.tiers) {
        let _ = writeln!(
            out,
            "<li>{}<strong>{}</strong><span class=\"none\">{}</span></li>",
            badge(tier),
            number(count),
            share(count, report.requests)
        );
    }
    *out += "</ul>\n<table class=\"editions\">\n<thead><tr><td></td><th scope=\"col\">Policy</th>";
    if report.against.is_some() {
        *out += "<th scope=\"col\">The other policy</th>";
    }
    *out += "</tr></thead>\n<tbody>\n";
    let named = |name: Option<&str>| match name {
        Some(name) => escape_markup(name),
        None => "<span class=\"none\">none</span>".to_owned(),
    };
    type Row<'r> = (&'r str, &'r dyn Fn(&Edition) -> String);
    let rows: [Row<'_>; 4] = [
        ("Name", &|edition| named(edition.name.as_deref())),
        ("Version", &|edition| named(edition.version.as_deref())),
        ("Files", &|edition| {
            let files =
                edition.files.iter().map(|file| format!("<code>{}</code>", escape_markup(file)));
            files.collect::<Vec<_>>().join("<br>")
        }),
        ("Digest", &|edition| format!("<code>{}</code>", escape_markup(&edition.digest))),
    ];
    for (title, show) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{title}</th>");
        for edition in [Some(&report.policy), report.against.as_ref()].into_iter().flatten() {
            let _ = write!(out, "<td>{}</td>", show(edition));
        }
        *out += "</tr>\n";
    }
    *out += "</tbody></table>\n</header>\n";
}

// ---- What would change ----------------------------------------------------------------------

fn changes(report: &Report, out: &mut String) {
    *out += "<section aria-labelledby=\"changes\"><h2 id=\"changes\">What the other policy would decide otherwise</h2>\n";
    if report.changes.is_empty() {
        *out += "<p>Nothing in these logs.</p>\n";
    }
    for (index, change) in report.changes.iter().take(MOST_CHANGES).enumerate() {
        let direction = if change.is_loosened() { "loosened" } else { "tightened" };
        let sign = if change.is_loosened() { "▲" } else { "▼" };
        let _ = writeln!(
            out,
            "<article class=\"card {direction}\" id=\"change-{0}\" aria-labelledby=\"title-{0}\">\n\
             <h3 id=\"title-{0}\"><span class=\"direction\"><span aria-hidden=\"true\">{sign}</span> {direction}</span> \
             <span class=\"number\">{0}</span></h3>\n\
             <p class=\"change\">{1} <span class=\"arrow\"><span aria-hidden=\"true\">→</span><span class=\"unseen\">becomes</span></span> {2} \
             <span>{3}</span> <code>{4}</code> <span class=\"none\">{5}</span></p>",
            index + 1,
            badge(change.from),
            badge(change.to),
            counted(change.count, "request"),
            change.action,
            share(change.count, report.requests),
        );
        *out += "<div class=\"pair\">\n";
        for (title, decider) in [("Before", &change.old), ("After", &change.new)] {
            let _ = writeln!(out, "<div><h4>{title}</h4>{}</div>", decided(decider));
        }
        let _ = writeln!(
            out,
            "</div>\n<h4>The first of them</h4>\n<p class=\"example\"><code>{}</code> <span class=\"none\">{}</span></p>\n\
             <pre class=\"request\">{}</pre>\n</article>",
            escape_markup(&change.example),
            escape_markup(&report.place(change.place)),
            escape_markup(&change.request)
        );
    }
    let left = report.changes.get(MOST_CHANGES..).unwrap_or_default();
    if !left.is_empty() {
        let count = left.iter().map(|change| change.count).sum();
        let _ = writeln!(out, "<p>{} more in {} further classes.</p>", number(count), left.len());
    }
    *out += "</section>\n";
}

fn decided(decider: &Decider) -> String {
    let Decider::Rule(rule) = decider else {
        return format!("<p>{}</p>", escape_markup(&decider.to_string()));
    };
    let reason = rule.reason.as_deref().map_or(String::new(), |reason| {
        format!("<p class=\"reason\">“{}”</p>", escape_markup(reason))
    });
    format!(
        "<p><strong>{}</strong> <span class=\"none\">{}</span></p>{reason}",
        escape_markup(&rule.name),
        escape_markup(&place(rule))
    )
}

// ---- What agents did ------------------------------------------------------------------------

fn done(report: &Report, out: &mut String) {
    *out += "<section aria-labelledby=\"done\"><h2 id=\"done\">What agents did</h2>\n<div class=\"charts\">\n";
    actions_chart(report, out);
    days_chart(report, out);
    *out += "</div>\n<p class=\"legend\" aria-hidden=\"true\">";
    for tier in Tier::ALL {
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 10 10\"><rect class=\"{tier}\" width=\"10\" height=\"10\"/></svg> {tier} "
        );
    }
    *out += "</p>\n";
    *out += "<table class=\"numbers\"><thead><tr><th scope=\"col\">Action</th><th scope=\"col\">Requests</th>";
    for tier in Tier::ALL {
        let _ = write!(out, "<th scope=\"col\">{tier}</th>");
    }
    *out += "</tr></thead><tbody>\n";
    for (action, tiers) in &report.actions {
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><code>{action}</code></th><td>{}</td>",
            number(tiers.iter().sum())
        );
        for (_, count) in each_tier(tiers) {
            let _ = write!(out, "<td>{}</td>", dash(count));
        }
        *out += "</tr>\n";
    }
    *out += "</tbody></table>\n</section>\n";
}

/// A bar for each action, parted by tier.
fn actions_chart(report: &Report, out: &mut String) {
    const LEFT: u64 = 70;
    const WIDTH: u64 = 420;
    const ROW: u64 = 26;
    let most = report.actions.iter().map(|(_, tiers)| tiers.iter().sum::<u64>()).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let height = ROW * report.actions.len() as u64 + 4;
    let width = LEFT + WIDTH + 90;
    let _ = writeln!(
        out,
        "<figure><figcaption>By action</figcaption>\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Requests by action and tier; the table below has the numbers\">"
    );
    for ((action, tiers), row) in report.actions.iter().zip(0..) {
        let top = row * ROW;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" class=\"end\">{action}</text>",
            LEFT - 8,
            top + 17
        );
        let mut left = LEFT * 100;
        for (tier, count) in each_tier(tiers).filter(|(_, count)| *count > 0) {
            let part = scaled(count, WIDTH * 100, most);
            rect(tier, count, (left, (top + 3) * 100, part, (ROW - 8) * 100), out);
            left += part;
        }
        let all = number(tiers.iter().sum());
        let _ =
            writeln!(out, "<text x=\"{}\" y=\"{}\">{all}</text>", hundredths(left + 600), top + 17);
    }
    *out += "</svg></figure>\n";
}

/// A column for each day, parted by tier.
fn days_chart(report: &Report, out: &mut String) {
    const MOST_DAYS: usize = 62;
    const HEIGHT: u64 = 150;
    const BELOW: u64 = 22;
    let days = &report.days[report.days.len().saturating_sub(MOST_DAYS)..];
    let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else { return };
    // Days without an action have their place too.
    let span = (last - first + 1).min(MOST_DAYS as u64 * 2);
    let most = days.iter().map(|(_, tiers)| tiers.iter().sum::<u64>()).max().unwrap_or(1);
    let column = (580 / span).clamp(6, 72);
    let width = column * span;
    let _ = writeln!(
        out,
        "<figure><figcaption>By day</figcaption>\n<svg viewBox=\"0 0 {width} {}\" role=\"img\" \
         aria-label=\"Requests by day and tier, at most {} on a day\">",
        HEIGHT + BELOW,
        number(most)
    );
    for (day, tiers) in days {
        let at = (day - first).min(span - 1) * column;
        let mut bottom = HEIGHT * 100;
        for (tier, count) in each_tier(tiers).filter(|(_, count)| *count > 0) {
            let part = scaled(count, (HEIGHT - 4) * 100, most);
            bottom -= part;
            let gap = (column / 6).max(1);
            rect(tier, count, ((at + gap) * 100, bottom, (column - 2 * gap) * 100, part), out);
        }
        if column >= 36 || day == first {
            let name = day_of(*day);
            let name = name.get(5..).unwrap_or_default();
            let _ = writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" class=\"middle\">{name}</text>",
                at + column / 2,
                HEIGHT + 16
            );
        }
    }
    *out += "</svg></figure>\n";
}

/// A part of a chart; lengths are hundredths.
fn rect(tier: Tier, count: u64, (x, y, width, height): (u64, u64, u64, u64), out: &mut String) {
    let _ = writeln!(
        out,
        "<rect class=\"{tier}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{tier}: {}</title></rect>",
        hundredths(x),
        hundredths(y),
        hundredths(width),
        hundredths(height),
        number(count)
    );
}

/// A length that is seen even where it is small.
fn scaled(count: u64, length: u64, most: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(length) / u128::from(most.max(1));
    u64::try_from(scaled).unwrap_or(length).max(60)
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

// ---- Kinds and rules ------------------------------------------------------------------------

fn kinds(report: &Report, id: &str, title: &str, kinds: &[&Kind], out: &mut String) {
    if kinds.is_empty() {
        return;
    }
    let has_answers = kinds.iter().any(|kind| answers(kind).is_some());
    let most = kinds.iter().map(|kind| kind.count).max().unwrap_or(1);
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{title}</h2>\n<table class=\"kinds\"><thead><tr>\
         <th scope=\"col\">Requests</th><th scope=\"col\">Kind</th><th scope=\"col\">Tier</th>\
         <th scope=\"col\">Decided by</th>{}<th scope=\"col\">The first of them</th></tr></thead><tbody>",
        if has_answers { "<th scope=\"col\">What became of them</th>" } else { "" }
    );
    for kind in kinds.iter().take(MOST_KINDS) {
        let reason = kind.by.rule().and_then(|rule| rule.reason.as_deref());
        let reason = reason.map_or(String::new(), |reason| {
            format!("<br><span class=\"reason\">“{}”</span>", escape_markup(reason))
        });
        let answers = match has_answers {
            true => format!(
                "<td>{}</td>",
                answers(kind).as_deref().map_or(String::new(), escape_markup)
            ),
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><td class=\"count\">{}{}</td><td><code>{} {}</code></td><td>{}</td><td>{}{reason}</td>{answers}\
             <td><code>{}</code><br><span class=\"none\">{}</span></td></tr>",
            number(kind.count),
            bar(kind, most),
            kind.action,
            escape_markup(&kind.what),
            badge(kind.tier),
            escape_markup(&by(&kind.by)),
            escape_markup(&kind.example),
            escape_markup(&report.place(kind.place))
        );
    }
    *out += "</tbody></table>\n";
    let left = kinds.get(MOST_KINDS..).unwrap_or_default();
    if !left.is_empty() {
        let count = left.iter().map(|kind| kind.count).sum();
        let _ = writeln!(
            out,
            "<p class=\"none\">{} more of {}.</p>",
            number(count),
            counted(left.len() as u64, "further kind")
        );
    }
    *out += "</section>\n";
}

fn answered(report: &Report, out: &mut String) {
    if report.asked.is_empty() {
        return;
    }
    *out += "<section aria-labelledby=\"answered\"><h2 id=\"answered\">What people answered</h2>\n\
             <table class=\"numbers\"><thead><tr><th scope=\"col\">Asked by</th><th scope=\"col\">Answers, and \
             how long they took</th></tr></thead><tbody>\n";
    for one in &report.asked {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escape_markup(&by(&one.by)),
            escape_markup(&super::words::asked(one))
        );
    }
    *out += "</tbody></table>\n</section>\n";
}

fn bar(kind: &Kind, most: u64) -> String {
    let length = (u128::from(kind.count) * 100).div_ceil(u128::from(most.max(1)));
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"{}\" width=\"{}\" height=\"4\"/></svg>",
        kind.tier, length
    )
}

fn rules_table(report: &Report, out: &mut String) {
    *out += "<section aria-labelledby=\"rules\"><h2 id=\"rules\">What decided</h2>\n<table class=\"numbers\"><thead><tr>\
             <th scope=\"col\">Rule</th><th scope=\"col\">Tier</th><th scope=\"col\">Fired</th><th scope=\"col\">Decided</th>\
             <th scope=\"col\">Place</th></tr></thead><tbody>\n";
    for (rule, decided) in rules(report) {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            escape_markup(&rule.name),
            badge(rule.tier),
            number(decided.fired),
            dash(decided.count()),
            escape_markup(&place(rule))
        );
    }
    for decided in report.decided.iter().filter(|decided| decided.by.rule().is_none()) {
        let tiers = words_of(&decided.tiers);
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><i>{}</i></th><td>{tiers}</td><td></td><td>{}</td><td></td></tr>",
            escape_markup(&decided.by.to_string()),
            dash(decided.count())
        );
    }
    *out += "</tbody></table>\n<p class=\"none\">Fired: decided at least a part of so many requests.</p>\n";
    let never = &report.never_fired;
    if !never.is_empty() {
        let _ = writeln!(
            out,
            "<h3 class=\"file\">{} decided no part of any request</h3>\n<ul class=\"never\">",
            counted(never.len() as u64, "rule")
        );
        for rule in never {
            let _ = writeln!(
                out,
                "<li>{} <strong>{}</strong> <span class=\"none\">{}</span></li>",
                badge(rule.tier),
                escape_markup(&rule.name),
                escape_markup(&place(rule))
            );
        }
        *out += "</ul>\n";
    }
    *out += "</section>\n";
}

fn words_of(tiers: &Tiers) -> String {
    let some = each_tier(tiers).filter(|(_, count)| *count > 0);
    some.map(|(tier, _)| badge(tier)).collect::<Vec<_>>().join(" ")
}

fn logs(report: &Report, out: &mut String) {
    const MOST_LOGS: usize = 50;
    *out += "<section aria-labelledby=\"logs\"><h2 id=\"logs\">What was read</h2>\n<table class=\"numbers\"><thead><tr>\
             <th scope=\"col\">Log</th><th scope=\"col\">Format</th><th scope=\"col\">Requests</th></tr></thead><tbody>\n";
    for log in report.logs.iter().take(MOST_LOGS) {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
            escape_markup(&log.name),
            log.format.map_or("empty", |format| format.name()),
            number(log.requests)
        );
    }
    *out += "</tbody></table>\n";
    if let Some(left @ [_, ..]) = report.logs.get(MOST_LOGS..) {
        let _ = writeln!(out, "<p class=\"none\">{} more.</p>", counted(left.len() as u64, "log"));
    }
    if report.without_request > 0 {
        let _ = writeln!(
            out,
            "<p>{} told without the request, and not decided here.</p>",
            counted(report.without_request, "action")
        );
    }
    if report.broken > 0 {
        let _ = writeln!(
            out,
            "<h3 class=\"file\">{} not understood</h3>\n<ul>",
            counted(report.broken, "line")
        );
        for broken in &report.first_broken {
            let text = behind(&report.place(broken.place), &broken.why);
            let _ = writeln!(out, "<li><code>{}</code></li>", escape_markup(&text));
        }
        *out += "</ul>\n";
    }
    *out += "</section>\n";
}

/// A tier with a sign and a border of its own.
fn badge(tier: Tier) -> String {
    let sign = match tier {
        Tier::Allow => "✓",
        Tier::Review => "◐",
        Tier::Ask => "?",
        Tier::Deny => "✕",
    };
    format!("<span class=\"tier {tier}\"><span aria-hidden=\"true\">{sign}</span> {tier}</span>")
}

fn dash(count: u64) -> String {
    if count == 0 { "–".to_owned() } else { number(count) }
}
