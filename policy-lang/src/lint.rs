//! What a valid policy leaves to be desired.
//!
//! In: a checked [`Model`]. Out: findings below the level of an error. Proofs that no analysis has
//! looked at are told as "not proved": silence would be taken for a proof.

use crate::diagnostic::{Code, Diagnostic, Level};
use crate::model::Model;

/// The code of a proof that was not proved.
pub const NOT_PROVED: &str = "V001";

/// Every code of this stage.
pub const CODES: &[Code] = &[Code {
    code: NOT_PROVED,
    title: "not proved",
    explanation: "`never` and `always` claim something of every request that can be expressed. The \
                  claim was not refuted, but no analysis was able to prove it within its budget, so \
                  it must not be relied upon. Tests in the policy still hold for what they name.",
}];

/// Looks a policy over.
///
/// # Cost
/// Linear in the number of proofs.
pub fn lint(model: &Model) -> Vec<Diagnostic> {
    model
        .proofs
        .iter()
        .map(|proof| {
            let message = format!("`{}` is not proved", proof.name);
            Diagnostic::new(NOT_PROVED, Level::Info, proof.at, message)
                .primary("no analysis has looked at this claim")
                .help("state the cases that matter most in a `test` as well")
        })
        .collect()
}

/// Every code of every stage, in the order of the stages: what `--explain` and `--list` know.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let stages = [crate::syntax::error::CODES, crate::check::CODES, crate::compile::CODES, CODES];
    stages.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_for_one_thing() {
        let mut seen = std::collections::BTreeSet::new();
        for code in codes() {
            assert!(seen.insert(code.code), "{} is used twice", code.code);
        }
    }
}
