//! `never` and `always`: claims about every request that can be expressed, proved or refuted.
//!
//! A claim is asked as a statement without effect (`analysis`): wherever the description certainly
//! holds, the answer must be one that the claim allows. What the search finds against it is made
//! into a request and decided by the compiled policy, so a claim is refuted by a request and by
//! nothing else.
//!
//! ```text
//!   description ─► every answer where it certainly holds ─► none breaks the claim     holds
//!                                        │
//!                                        └► a request ─► decided so: fails
//!                                                     └► not decided so: not proved
//! ```
//!
//! A claim is about what rules and defaults say. That a floor raises an answer, or that a request is
//! escalated, neither breaks a claim nor saves it, but where the description speaks of `escalated`.

pub(crate) mod attended;
mod claim;
pub(crate) mod delegation;
pub(crate) mod worth;

use policy_eval::{Action, Policy, RequestBuf, Tier, to_json};

use crate::diagnostic::{Code, Diagnostic, Level};
use crate::diff::shown;
use crate::model::{Model, Proof};
use crate::syntax::ast::Claim;

/// The code of a proof that was not proved.
pub const NOT_PROVED: &str = "V001";

/// The code of a proof that fails.
pub const FAILS: &str = "V002";

/// The code of what a lint could not look at in full.
pub const NOT_LOOKED_AT: &str = "V003";

/// How much one proof may cost, in steps; some microseconds each at most.
pub const BUDGET: u64 = 1_000_000;

/// Every code of this stage.
pub const CODES: &[Code] = &[
    Code {
        code: NOT_PROVED,
        title: "not proved",
        explanation: "`never` and `always` claim something of every request that can be expressed. \
                      The claim was not refuted, but it was not proved either: there was too much to \
                      look at, or something was found that no request could be made for. It must not \
                      be relied upon. Tests in the policy still hold for what they name.",
    },
    Code {
        code: FAILS,
        title: "a proof fails",
        explanation: "`never` and `always` claim something of every request that can be expressed. \
                      There is a request that breaks this claim, and the finding shows it with the \
                      rule that decides it. Either a rule allows more than was meant, or the claim \
                      says more than was meant. The policy is not valid until one of them changes.",
    },
    Code {
        code: NOT_LOOKED_AT,
        title: "not looked at in full",
        explanation: "The lints from L001 to L019 prove what they say over every request that can be \
                      expressed. Of some rules there was too much to look at within the budget that all \
                      proofs share, so these lints say nothing of them. That they are silent is no proof. \
                      Large rules that overlap many others cost the most; tests that name what such \
                      a rule is for, and `policy diff` without it, answer the same question for one rule.",
    },
];

/// What came of one `never` or `always`.
#[derive(Clone, Debug)]
pub struct Verdict<'m> {
    /// The sentence.
    pub proof: &'m Proof,
    /// Whether it holds.
    pub outcome: Outcome,
}

/// Whether a claim holds.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Of every request that can be expressed.
    Holds,
    /// The request breaks it.
    Fails(Box<Counterexample>),
    /// Neither was shown, and why.
    NotProved(&'static str),
}

/// A request that breaks a claim, as the compiled policy decided it.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The request.
    pub request: RequestBuf,
    /// What is done, of the actions that the claim names.
    pub action: Action,
    /// What it gets.
    pub tier: Tier,
    /// The rule that decided it: its index in [`Model::rules`]. None where the default did, or
    /// nothing objects.
    pub rule: Option<usize>,
    /// Whether the default decided.
    pub default: bool,
}

/// Proves or refutes every `never` and `always` of a policy. `policy` is the compiled `model`.
///
/// # Example
/// ```
/// use policy_lang::{check::no_includes, compile::compile, load, prove, span::Source};
///
/// let text = "default write deny\nallow write \"/srv/**\"\nnever allow write \"/srv/keys/**\"";
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// let policy = compile(&model).expect("it is small");
/// let verdicts = prove::prove(&model, &policy, prove::BUDGET);
/// let prove::Outcome::Fails(found) = &verdicts[0].outcome else { panic!("it fails") };
/// assert_eq!(found.rule.map(|rule| &*model.rules[rule].name), Some("allow write \"/srv/**\""));
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Cost
/// For each claim the size of what overlaps its description; at most `budget` steps.
pub fn prove<'m>(model: &'m Model, policy: &Policy, budget: u64) -> Vec<Verdict<'m>> {
    if model.proofs.is_empty() {
        return Vec::new();
    }
    claim::Claims::new(model, policy).prove(budget)
}

/// What is to be said of the `never` and `always` of a policy: an error for each that fails, a
/// warning for each that is not proved, by place. `policy` is the compiled `model`.
///
/// # Cost
/// That of [`prove`] with its [budget](BUDGET).
pub fn findings(model: &Model, policy: &Policy) -> Vec<Diagnostic> {
    let verdicts = prove(model, policy, BUDGET);
    let mut findings: Vec<Diagnostic> =
        verdicts.iter().filter_map(|verdict| finding(model, verdict)).collect();
    findings.sort_by_key(|finding| (finding.location(), finding.code));
    findings
}

fn finding(model: &Model, verdict: &Verdict<'_>) -> Option<Diagnostic> {
    let proof = verdict.proof;
    match &verdict.outcome {
        Outcome::Holds => None,
        Outcome::NotProved(why) => {
            let message = format!("`{}` is not proved", proof.name);
            Some(
                Diagnostic::new(NOT_PROVED, Level::Warning, proof.at, message)
                    .primary(*why)
                    .help("state the cases that matter most in a `test` as well"),
            )
        }
        Outcome::Fails(found) => {
            let what = found.request.with_request(shown);
            let message = format!("`{}` fails: `{what}` is `{}`", proof.name, found.tier);
            let mut finding = Diagnostic::error(FAILS, proof.at, message)
                .primary("a request so described breaks this claim")
                .witness(json(&found.request));
            match found.rule.and_then(|rule| model.rules.get(rule)) {
                Some(rule) => finding = finding.label(rule.at, "this rule decides it"),
                None if found.default => {
                    let action = found.action;
                    let whose = if found.tier == model.default_tier(action) {
                        format!("the default of `{action}`")
                    } else {
                        "the default for a file that counts as touched".to_owned()
                    };
                    finding = finding
                        .primary(format!("a request so described breaks this claim, by {whose}"));
                }
                None => {}
            }
            Some(finding.help(advice(proof, found)))
        }
    }
}

fn advice(proof: &Proof, found: &Counterexample) -> String {
    match proof.claim {
        Claim::Never if found.rule.is_some() => "narrow the rule, or the claim".to_owned(),
        Claim::Never => "say what happens instead in a rule, or narrow the claim".to_owned(),
        Claim::Always | Claim::AlwaysAtLeast if found.tier < proof.tier => {
            format!("add a rule that says `{}` there, or narrow the claim", proof.tier)
        }
        Claim::Always | Claim::AlwaysAtLeast => "narrow the rule, or the claim".to_owned(),
    }
}

/// A request as JSON of the diagnostics.
pub(crate) fn json(request: &RequestBuf) -> serde_json::Value {
    let text = request.with_request(|request| to_json(request).canonical());
    serde_json::from_str(&text).unwrap_or_default()
}
