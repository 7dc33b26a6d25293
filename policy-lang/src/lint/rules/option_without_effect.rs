//! See `option_without_effect.md`.

use policy_eval::Tier;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Sentence};
use crate::span::Span;
use crate::syntax::ast::OptKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L070",
        title: "option that nothing asks for",
        explanation: include_str!("option_without_effect.md"),
    },
    name: "option-without-effect",
    level: Level::Info,
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        for (index, option) in sentence.written.options.iter().enumerate() {
            let why = match (tier, &option.node) {
                (Tier::Allow, OptKind::OutsideSandbox) => continue,
                (Tier::Allow, _) => "what is allowed waits for nobody",
                (Tier::Deny, _) => "what is denied waits for nobody",
                _ => continue,
            };
            let mut finding = LINT
                .at(sentence.place(option.span), "this option has no effect here")
                .primary(why)
                .help("leave it out");
            if let Some(span) = without(context, sentence, index) {
                finding = finding.edit(sentence.place(span), "");
            }
            report.add(finding);
        }
    }
}

/// The bytes to take away so that the options lack one, and `with` where none is left.
fn without(context: &Context<'_>, sentence: &Sentence<'_>, index: usize) -> Option<Span> {
    let options = &sentence.written.options;
    let span = options[index].span;
    let whole =
        match (index.checked_sub(1).map(|before| options[before].span), options.get(index + 1)) {
            (Some(before), _) => Span { start: before.end, end: span.end },
            (None, Some(next)) => Span { start: span.start, end: next.span.start },
            (None, None) => {
                let before = Span { start: sentence.written.matches.span.end, end: span.start };
                let text = context.text(sentence.place(before));
                let with = text.rfind("with")?;
                let blanks = text[..with].len() - text[..with].trim_end().len();
                Span { start: before.start + (with - blanks) as u32, end: span.end }
            }
        };
    // A comment in between would go as well.
    (!context.text(sentence.place(whole)).contains('#')).then_some(whole)
}
