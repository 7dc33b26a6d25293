//! The name of what a policy says.

use policy_eval::engine::{digest_of, digest_text};

use crate::model::Model;
use crate::span::Lines;

/// The digest that the compiled policy has, without compiling it: `blake3:` and 64 digits.
pub(crate) fn of(model: &Model) -> String {
    let lines: Vec<Lines<'_>> = model.sources.iter().map(|source| Lines::new(source)).collect();
    let rules = model.rules.iter().map(|rule| {
        let (line, column) =
            lines[rule.at.source.0 as usize].line_column(rule.at.span.start as usize);
        (rule.name.as_str(), rule.layer, line, column)
    });
    let texts = model.sources.iter().map(|source| source.text.as_str());
    digest_text(&digest_of(texts, rules))
}
