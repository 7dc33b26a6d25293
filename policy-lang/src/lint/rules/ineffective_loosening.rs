//! See `ineffective_loosening.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::lint::proved::{may_loosen, with_instead};
use crate::prove::worth::Worth;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L009",
        title: "loosening that its layer may not do",
        explanation: include_str!("ineffective_loosening.md"),
    },
    name: "ineffective-loosening",
    level: Level::Warning,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (sentence, worth) in context.with_worths() {
        let (Worth::NeverDecides(instead) | Worth::Redundant(instead)) = worth else { continue };
        if may_loosen(context, sentence) {
            continue;
        }
        let (name, layer) = (&sentence.rule.name, sentence.rule.layer);
        let actions: Vec<&str> = sentence.rule.actions.iter().map(|action| action.name()).collect();
        let actions = actions.join(", ");
        let message = format!("`{name}` has no effect: layer `{layer}` may not loosen `{actions}`");
        let finding = with_instead(context, LINT.at(sentence.head(), message), instead);
        report
            .add(finding.help(format!("only `delegate {actions} to {layer}` above would let it")));
    }
}
