//! What a decision costs, next to what else could give it.
//!
//! ```text
//!   Workload ── rules ────► contestants ── answers compared ──► clock
//!          └─── requests ──────┘             with the judge's
//! ```
//!
//! Everybody gets the same rules and the same 4,096 requests ([`workload`]). The reference
//! interpreter is the judge: what another one answers differently is a mismatch, and a time with
//! mismatches means nothing. The peers are dependencies of this crate alone, behind its feature
//! `peers`, since they take minutes to build.
//!
//! Each contestant may bring the requests into its own form before the clock starts, as a runtime
//! does that speaks to one engine only. So what is measured is the decision.

pub mod contestants;
pub mod linear;
pub mod measure;
pub mod threads;
pub mod workload;
pub mod worst;

use anyhow::anyhow;
use policy_eval::Policy;
use policy_lang::check::no_includes;
use policy_lang::span::Source;

/// The policy that a text compiles to.
///
/// # Errors
/// When it does not; the first finding says why.
pub fn policy(text: &str) -> anyhow::Result<Policy> {
    let source = Source::new("bench.policy", text);
    policy_lang::compile(vec![source], &no_includes).map_err(|failure| {
        let first = failure.diagnostics.first().map(|first| first.message.as_str());
        anyhow!("the policy does not compile: {}", first.unwrap_or_default())
    })
}
