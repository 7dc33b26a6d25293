//! See `any_tool.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::model::pattern::Piece;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L060",
        title: "tools of any server allowed",
        explanation: include_str!("any_tool.md"),
    },
    name: "any-tool",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Call) {
        if sentence.asks_for(&["server", "origin"]) {
            continue;
        }
        if sentence.names_no_object() {
            report.add(
                LINT.at(sentence.head(), "this allows every tool of every server")
                    .help("name the servers: `\"github/get_*\"`"),
            );
            continue;
        }
        let offences = sentence
            .pairs()
            .iter()
            .filter(|pattern| pattern.first.pieces.contains(&Piece::Star))
            .map(|pattern| Offence {
                at: pattern.at,
                written: pattern.written.clone(),
                why: "a server is called what its installer likes".to_owned(),
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} allows tools of servers that nobody named"),
            |finding, _| finding.help("name the servers: `\"github/get_*\"`"),
        );
    }
}
