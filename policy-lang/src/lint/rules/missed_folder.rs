//! See `missed_folder.md`.

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::covers;
use crate::model::pattern::{PathItem, PathPattern};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L031",
        title: "denial that leaves a way round in its own folder",
        explanation: include_str!("missed_folder.md"),
    },
    name: "missed-folder",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        if tier < Tier::Ask {
            continue;
        }
        let moves = sentence.rule.actions.contains(Action::Write)
            || sentence.rule.actions.contains(Action::Delete);
        let patterns = sentence.paths();
        let offences = patterns
            .iter()
            .filter_map(|pattern| {
                let (why, wide) = missed(pattern, moves)?;
                let is_covered = patterns.iter().any(|other| covers::path(other, &wide));
                let written = pattern.written.clone();
                (!is_covered).then_some(Offence { at: pattern.at, written, why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} stops short of what it is meant to hold"),
            |finding, _| {
                finding.help("`D/**` is the folder and all that lies below it, at any depth")
            },
        );
    }
}

/// What `D/*` and `D/*/**` leave out, and `D/**`.
fn missed(pattern: &PathPattern, moves: bool) -> Option<(String, PathPattern)> {
    let is_any = |item: &PathItem| matches!(item, PathItem::Component(name) if name.is_any());
    let named = |items: &[PathItem]| matches!(items.last(), Some(PathItem::Component(name)) if !name.is_any());
    let (folder, why) = match &pattern.items[..] {
        [folder @ .., star] if is_any(star) && named(folder) => {
            (folder, "what lies deeper in the folder is not covered")
        }
        [folder @ .., star, PathItem::AnyDepth] if is_any(star) && named(folder) && moves => {
            (folder, "the folder itself is not covered: it may be moved away, or replaced")
        }
        _ => return None,
    };
    let items = folder.iter().cloned().chain([PathItem::AnyDepth]).collect();
    Some((why.to_owned(), PathPattern { items, ..pattern.clone() }))
}
