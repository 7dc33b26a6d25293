//! See `raw_text_condition.md`.

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, attribute, walk};
use crate::syntax::ast::Condition;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L056",
        title: "condition on text that has no parts",
        explanation: include_str!("raw_text_condition.md"),
    },
    name: "raw-text-condition",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        let matches = &sentence.written.matches;
        for condition in matches.when.iter().chain(&matches.unless) {
            walk(condition, &mut |part| {
                let Some(path) = attribute(part) else { return };
                if !matches!(part, Condition::Like { .. } | Condition::Matches { .. }) {
                    return;
                }
                let (message, help) = match (path.names.first().map(String::as_str), tier) {
                    (Some("line" | "written"), Tier::Allow | Tier::Review) => (
                        "a permission that looks at the text of a command",
                        "name the command: `allow run \"git status ...\"` knows where words begin",
                    ),
                    (Some("line" | "written"), _) => (
                        "a denial that knows one spelling of a command",
                        "name the command: `deny run \"git push {--force|-f}\"` knows all spellings",
                    ),
                    (Some("args_text"), Tier::Allow | Tier::Review) => (
                        "a permission that looks at the text of all arguments",
                        "name the argument: `when args.path like \"…\"`",
                    ),
                    _ => return,
                };
                report.add(LINT.at(sentence.place(part.span()), message).help(help));
            });
        }
    }
}
