//! See `hand_written_home.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::model::pattern::{PathBase, PathItem, PathPattern};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L032",
        title: "home directory written out",
        explanation: include_str!("hand_written_home.md"),
    },
    name: "hand-written-home",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, _, sentence) in context.tiers() {
        let offences = sentence
            .paths()
            .iter()
            .filter_map(|pattern| {
                let why = format!("`{}` says so for every user and system", below(pattern)?);
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} writes a home directory out"),
            |finding, _| {
                finding.help("`~` is bound when a session starts, wherever homes lie there")
            },
        );
    }
}

/// The same from `~`, where a pattern names something below a home directory.
fn below(pattern: &PathPattern) -> Option<String> {
    if pattern.base != PathBase::Absolute {
        return None;
    }
    let is = |item: Option<&PathItem>, name: &str| matches!(item, Some(PathItem::Component(token)) if token.as_literal() == Some(name));
    let items = &pattern.items;
    let skipped = if is(items.first(), "root") {
        1
    } else if is(items.first(), "home") || is(items.first(), "Users") {
        2
    } else if is(items.first(), "C:") && is(items.get(1), "Users") {
        3
    } else {
        return None;
    };
    // `/home/**` is about homes, not about something in one.
    if items.len() <= skipped || items[..skipped].contains(&PathItem::AnyDepth) {
        return None;
    }
    let rest: Vec<&str> =
        pattern.written.split('/').filter(|name| !name.is_empty()).skip(skipped).collect();
    Some(format!("~/{}", rest.join("/")))
}
