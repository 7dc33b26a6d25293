//! What a valid policy leaves to be desired.
//!
//! A lint is one pair of files in `rules`: `x.rs` looks for something, `x.md` says what that is, why
//! it matters and how it is written right. The page is the documentation, the answer of `--explain`
//! and the test: what it calls reported is reported, exactly, and what it calls silent is silent.
//!
//! ```text
//!   Model ┐                 ┌ allowed in a comment, with a reason ──→ nothing
//!   texts ┴→ Context → Lint ┤ (the gate: allowance.rs)
//!                           └──────────────────────────────────────→ Vec<Diagnostic> ──→ fix
//! ```
//!
//! [`LINTS`] is the one list of them. In: a checked [`Model`]. Out: findings below the level of an
//! error, and what [`prove`] says of `never` and `always`, where one that fails is an error.

mod allowance;
mod context;
mod covers;
mod fix;
mod marks;
mod names;
mod programs;
mod proved;
mod rules;
mod run_later;

pub use fix::{Fixed, fix};
pub use programs::flags_to_forbid;
pub use rules::LINTS;

use crate::diagnostic::{Code, Diagnostic, Level, nearest};
use crate::model::Model;
use crate::prove;
use crate::span::Location;
use allowance::Report;
use context::{Context, read_files};

/// One lint: what it is called, and what looks for it.
#[derive(Debug)]
pub struct Lint {
    /// Its stable code, its title, and its page.
    pub code: Code,
    /// The name that reads well behind "allow".
    pub name: &'static str,
    /// How bad its findings are.
    pub level: Level,
    check: fn(&Context<'_>, &mut Report<'_>),
}

impl Lint {
    /// A finding of this lint at a place.
    fn at(&self, at: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code.code, self.level, at, message)
    }

    /// The lint that a code or a name names. The case of a code says nothing.
    ///
    /// ```
    /// use policy_lang::lint::Lint;
    /// let lint = Lint::named("broad-write").unwrap();
    /// assert_eq!(Lint::named(lint.code.code).unwrap().name, "broad-write");
    /// ```
    pub fn named(name: &str) -> Option<&'static Lint> {
        LINTS
            .iter()
            .copied()
            .find(|lint| lint.name == name || lint.code.code.eq_ignore_ascii_case(name))
    }

    /// The name of a lint that is near to a misspelt one.
    pub fn nearest(name: &str) -> Option<&'static str> {
        nearest(name, LINTS.iter().map(|lint| lint.name))
    }
}

/// Looks a policy over: everything that [`LINTS`] find and no comment allows, by place.
///
/// # Example
/// ```
/// use policy_lang::{check::no_includes, lint::lint, load, span::Source};
///
/// let text = r#"allow write "/**""#;
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// assert!(lint(&model).iter().any(|finding| finding.code == "L030"));
///
/// let text = format!("# lint: allow broad-write because the machine is thrown away\n{text}");
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// assert!(!lint(&model).iter().any(|finding| finding.code == "L030"));
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Cost
/// The texts are parsed once more. Then linear in the size of the policy, but for lists of
/// patterns (each pattern is compared with those of its list that have wildcards) and for the
/// tests in it (each is tried on the rules of its action by the reference interpreter), and the cost
/// of [`prove::findings`].
pub fn lint(model: &Model) -> Vec<Diagnostic> {
    let files = read_files(model);
    let context = Context::new(model, &files);
    let mut report = Report::new(&files);
    for lint in LINTS {
        (lint.check)(&context, &mut report);
    }
    let mut findings = report.finish();
    findings.extend(proved::not_looked_at(&context));
    if let Some(policy) = context.policy() {
        findings.extend(prove::findings(model, policy));
    }
    findings.sort_by_key(|finding| (finding.location(), finding.code));
    findings
}

/// Every code of every stage, in the order of the stages: what `--explain` and `--list` know.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let stages =
        [crate::syntax::error::CODES, crate::check::CODES, crate::compile::CODES, prove::CODES];
    stages.into_iter().flatten().chain(LINTS.iter().map(|lint| &lint.code))
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
        for lint in LINTS {
            assert!(seen.insert(lint.name), "{} is used twice", lint.name);
        }
    }
}
