//! See `broad_write.md`.

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::model::Model;
use crate::model::pattern::{PathBase, PathItem, PathPattern};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L030",
        title: "writing nearly everywhere",
        explanation: include_str!("broad_write.md"),
    },
    name: "broad-write",
    level: Level::Warning,
    check,
};

/// Folders that are the system's or hold those of all users: to write anywhere below is to write
/// programs, configuration or other people's files.
const TOO_WIDE: &[&[&str]] = &[
    &[],
    &["home"],
    &["Users"],
    &["root"],
    &["etc"],
    &["usr"],
    &["usr", "local"],
    &["bin"],
    &["sbin"],
    &["lib"],
    &["boot"],
    &["dev"],
    &["var"],
    &["opt"],
    &["proc"],
    &["sys"],
    &["System"],
    &["Library"],
    &["Applications"],
    &["C:"],
    &["C:", "Users"],
    &["C:", "Windows"],
    &["C:", "Program Files"],
    &["D:"],
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        let actions = sentence.rule.actions;
        let changes = actions.contains(Action::Write) || actions.contains(Action::Delete);
        if tier != Tier::Allow || !changes {
            continue;
        }
        if sentence.names_no_object() {
            report.add(
                LINT.at(sentence.head(), "this allows changing every file")
                    .help("name the folders: `\"$workspace/*/**\", \"$tmp/*/**\"`"),
            );
            continue;
        }
        let offences = sentence
            .paths()
            .iter()
            .filter_map(|pattern| {
                let why = reach(context.model, pattern)?;
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows changing nearly everything"),
            |finding, _| finding.help("name the folders: `\"$workspace/*/**\", \"$tmp/*/**\"`"),
        );
    }
}

/// What a pattern reaches, where that is too much.
fn reach(model: &Model, pattern: &PathPattern) -> Option<String> {
    let (last, folder) = pattern.items.split_last()?;
    match (folder, last) {
        // `**/*` is written for a whole tree as well.
        (_, PathItem::AnyDepth) => {}
        ([.., PathItem::AnyDepth], PathItem::Component(name)) if name.is_any() => {}
        _ => return None,
    }
    let folder: Vec<&PathItem> = folder.iter().filter(|item| !is_wild(item)).collect();
    match pattern.base {
        PathBase::Absolute => {
            let names: Option<Vec<&str>> = folder
                .iter()
                .map(|item| match item {
                    PathItem::Component(name) => name.as_literal(),
                    PathItem::AnyDepth => None,
                })
                .collect();
            let names = names?;
            let known = TOO_WIDE.iter().find(|known| ***known == names[..])?;
            Some(match known {
                [] => "every file of the machine".to_owned(),
                ["home" | "Users"] | ["C:", "Users"] => "every file of every user".to_owned(),
                names => format!("everything in `/{}`", names.join("/")),
            })
        }
        PathBase::Root(root) => {
            let is_home = model.roots.get(usize::from(root.0))?.name == "home";
            (is_home && folder.is_empty())
                .then(|| "every file of the user: keys, start-up files, other projects".to_owned())
        }
    }
}

fn is_wild(item: &PathItem) -> bool {
    match item {
        PathItem::AnyDepth => true,
        PathItem::Component(name) => name.is_any(),
    }
}
