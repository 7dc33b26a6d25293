//! The policy language: text to policy, and all that reasons about text.
//!
//! [`compile()`] is the way from files to a [`Policy`]. The stages stand in modules of their own:
//! [`syntax`] reads text into a tree, [`check`] looks names up and parses patterns into a
//! [`model`], [`mod@compile`] freezes it. [`interp`] decides on the model itself, slowly and obviously; it
//! is the judge of the compiled engine. [`format`](mod@format) prints the canonical layout,
//! [`testing`] runs the tests in a policy, [`prove`] proves its `never` and `always`, [`diagnostic`] shows what is wrong with one.

mod analysis;
pub mod artifact;
mod automata;
pub mod check;
pub mod compile;
pub mod diagnostic;
pub mod diff;
mod digest;
pub mod format;
pub mod graph;
pub mod interp;
pub mod limits;
pub mod lint;
pub mod model;
pub mod prove;
pub mod scope;
pub mod span;
pub mod syntax;
pub mod testing;
pub mod why;

pub use check::{Failure, load};

use std::sync::Arc;

use policy_eval::Policy;

/// Reads, parses, checks and compiles a policy: every file of every layer, in any order.
///
/// # Example
/// ```
/// use policy_eval::{Request, Tier};
/// use policy_lang::{check::no_includes, compile, span::Source};
///
/// let text = r#"deny write "/etc/**" because "Configuration is not yours.""#;
/// let policy = compile(vec![Source::new("a.policy", text)], &no_includes)?;
/// assert_eq!(policy.decide(&Request::write("/etc/hosts")).tier, Tier::Deny);
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Errors
/// When there is something wrong with a text: all that was found; and when the policy is larger
/// than the published limits.
pub fn compile(
    sources: Vec<Arc<span::Source>>,
    includes: &check::Resolver<'_>,
) -> Result<Policy, Failure> {
    let model = load(sources, includes)?;
    compile::compile(&model)
        .map_err(|error| Failure { diagnostics: vec![error.finding()], sources: model.sources })
}
