//! See `case_sensitive_name.md`.

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::model::Model;
use crate::model::pattern::{PathBase, PathItem, PathPattern, Piece};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L038",
        title: "denial of a name in one case only",
        explanation: include_str!("case_sensitive_name.md"),
    },
    name: "case-sensitive-name",
    level: Level::Info,
    check,
};

/// Names that tools find in any case where the file system does.
const NAMES: &[&str] =
    &[".git", ".env", ".envrc", ".ssh", ".aws", ".npmrc", ".vscode", ".github", ".husky"];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        if tier != Tier::Deny {
            continue;
        }
        let offences = sentence
            .paths()
            .iter()
            .filter_map(|pattern| {
                let name = name_in_one_case(context.model, pattern)?;
                let why = format!("`{}` is another name here", name.to_uppercase());
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} denies a name in one case only"),
            |finding, offences| {
                let finding = finding.help("write `i\"…\"`, which ignores the case of letters");
                match (finding.location(), offences) {
                    // In the sentence itself nothing else hangs on the pattern, and more is denied.
                    (Some(at), [only]) if at == only.at && context.text(at).starts_with('"') => {
                        finding.edit(at, format!("i{}", context.text(at)))
                    }
                    _ => finding,
                }
            },
        );
    }
}

/// The name, where the pattern is about the workspace or about any folder: elsewhere a home's file
/// system is the platform's own, and its habit is known.
fn name_in_one_case(model: &Model, pattern: &PathPattern) -> Option<&'static str> {
    let is_meant = match pattern.base {
        PathBase::Absolute => pattern.items.first() == Some(&PathItem::AnyDepth),
        PathBase::Root(root) => model.roots.get(usize::from(root.0))?.name == "workspace",
    };
    if !is_meant {
        return None;
    }
    pattern.items.iter().find_map(|item| match item {
        PathItem::Component(name) if !name.fold => match &name.pieces[..] {
            [Piece::Literal(text), ..] => {
                NAMES.iter().copied().find(|known| text.trim_end_matches('.') == *known)
            }
            _ => None,
        },
        _ => None,
    })
}
