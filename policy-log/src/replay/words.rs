//! The words that every form of a report shares.

use policy_eval::{Tier, safe};
pub(super) use policy_lang::diagnostic::grouped as number;

use super::{Asked, Decided, Decider, Kind, Report, Rule, Tiers};

/// `1 request`, `1,204 requests`
pub(super) fn counted(count: u64, one: &str) -> String {
    format!("{} {one}{}", number(count), if count == 1 { "" } else { "s" })
}

/// `94.8 %`; a share that is not nothing is never written as nothing, one that is not all never as
/// all.
pub(super) fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let thousandths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    match thousandths {
        0 => "< 0.1 %".to_owned(),
        1000.. => "> 99.9 %".to_owned(),
        of => format!("{}.{} %", of / 10, of % 10),
    }
}

/// What was read, in one line.
pub(super) fn read(report: &Report) -> String {
    let mut text = counted(report.requests, "request");
    text += " in ";
    text += &counted(report.logs.len() as u64, "log");
    if let Some((first, last)) = report.times {
        let (first, last) = (day(&first.to_string()), day(&last.to_string()));
        text += &match first == last {
            true => format!(", on {first}"),
            false => format!(", {first} to {last}"),
        };
    }
    text
}

fn day(time: &str) -> String {
    time.get(..10).unwrap_or(time).to_owned()
}

/// A day by its number since 1970, as `2026-11-24`.
pub(super) fn day_of(number: u64) -> String {
    const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;
    day(&policy_eval::record::Time::from_unix_nanos(number.saturating_mul(DAY)).to_string())
}

/// What would change, in one line; none where nothing was compared.
pub(super) fn verdict(report: &Report) -> Option<String> {
    report.against.as_ref()?;
    let changed = report.changed();
    if changed == 0 {
        return Some("the other policy decides every request in the logs alike".to_owned());
    }
    let loosened: u64 = report
        .changes
        .iter()
        .filter(|change| change.is_loosened())
        .map(|change| change.count)
        .sum();
    let tightened = changed - loosened - report.changes_left_out;
    let mut parts = Vec::new();
    if loosened > 0 {
        parts.push(format!("{} loosened", number(loosened)));
    }
    if tightened > 0 {
        parts.push(format!("{} tightened", number(tightened)));
    }
    if report.changes_left_out > 0 {
        parts.push(format!("{} not told apart", number(report.changes_left_out)));
    }
    Some(format!(
        "{} of {} would be decided otherwise: {}",
        number(changed),
        counted(report.requests, "request"),
        parts.join(", ")
    ))
}

/// The kinds that a person or a reviewer is asked about, most first.
pub(super) fn asking(report: &Report) -> Vec<&Kind> {
    let asks = |kind: &&Kind| matches!(kind.tier, Tier::Review | Tier::Ask);
    report.kinds.iter().filter(asks).collect()
}

/// The kinds that are refused, most first.
pub(super) fn refused(report: &Report) -> Vec<&Kind> {
    report.kinds.iter().filter(|kind| kind.tier == Tier::Deny).collect()
}

/// The kinds that are silent, most first.
pub(super) fn silent(report: &Report) -> Vec<&Kind> {
    report.kinds.iter().filter(|kind| kind.tier == Tier::Allow).collect()
}

/// The rules that fired, most decisions first.
pub(super) fn rules(report: &Report) -> impl Iterator<Item = (&Rule, &Decided)> {
    report.decided.iter().filter_map(|decided| Some((decided.by.rule()?, decided)))
}

/// `agents.policy:25:1`
pub(super) fn place(rule: &Rule) -> String {
    format!("{}:{}:{}", safe(&rule.file), rule.line, rule.column)
}

/// What decided, in words.
pub(super) fn by(decider: &Decider) -> String {
    safe(&decider.to_string()).into_owned()
}

/// What is known of the answers: `approved 12 of 14, 9.5 s`.
pub(super) fn answers(kind: &Kind) -> Option<String> {
    let [done, approved, denied, refused] = kind.outcomes;
    // That what is silent was done is no news.
    let told = approved + denied + refused + if kind.tier == Tier::Allow { 0 } else { done };
    if told == 0 {
        return None;
    }
    let mut parts = Vec::new();
    for (count, word) in
        [(approved, "approved"), (denied, "denied"), (done, "done"), (refused, "refused")]
    {
        if count > 0 {
            parts.push(format!("{} {word}", number(count)));
        }
    }
    if let Some(ms) = kind.waited_ms {
        parts.push(format!("answered in {}", duration(ms)));
    }
    Some(parts.join(", "))
}

/// What people answered to one rule: `46 of 46 approved, 5 min together: asked for nothing`.
pub(super) fn asked(asked: &Asked) -> String {
    let answered = asked.approved + asked.denied;
    let mut text = format!("{} of {} approved", number(asked.approved), number(answered));
    if asked.waited_ms > 0 {
        text += &format!(", {} together", duration(asked.waited_ms));
    }
    if asked.is_for_nothing() {
        text += ": asked for nothing";
    }
    text
}

/// `0.8 s`, `75 s`, `12 min`
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        10_000..600_000 => format!("{} s", ms / 1000),
        _ => format!("{} min", ms / 60_000),
    }
}

/// The tiers with a number.
pub(super) fn each_tier(tiers: &Tiers) -> impl Iterator<Item = (Tier, u64)> {
    Tier::ALL.into_iter().zip(*tiers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shares_never_lie() {
        assert_eq!([0, 12, 999, 1000, 1_204_318].map(number).join(" "), "0 12 999 1,000 1,204,318");
        assert_eq!(share(0, 7), "0 %");
        assert_eq!(share(7, 7), "100 %");
        assert_eq!(share(1, 1_000_000), "< 0.1 %");
        assert_eq!(share(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!([800, 75_000, 720_000].map(duration).join(" "), "0.8 s 75 s 12 min");
    }
}
