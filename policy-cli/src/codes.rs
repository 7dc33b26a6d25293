//! Every code that a finding of any command has, for `policy lint --explain`.

use policy_hosts::{export, import};
use policy_lang::diagnostic::Code;
use policy_lang::{diff, lint};

/// The codes of what `lint`, `diff`, `import`, `export` and `scope` find.
pub(crate) fn all() -> impl Iterator<Item = &'static Code> {
    lint::codes().chain(diff::sarif::CODES).chain(&import::CODES).chain(&export::CODES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn no_code_has_two_meanings_and_each_has_a_text() {
        let mut seen = BTreeSet::new();
        for code in super::all() {
            assert!(seen.insert(code.code), "{} stands twice", code.code);
            assert!(!code.title.is_empty() && !code.explanation.is_empty(), "{}", code.code);
        }
    }
}
