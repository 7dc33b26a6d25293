//! Claims about the policy that rules of a configuration stand on.

use policy_eval::{Policy, RequestBuf, Tier, describe};
use policy_lang::check::{self, no_includes};
use policy_lang::compile::{CompileError, compile};
use policy_lang::interp;
use policy_lang::model::Model;
use policy_lang::prove::{self, Outcome};
use policy_lang::span::Source;

/// How much one claim may cost, in steps; some microseconds each at most.
const BUDGET: u64 = 200_000;

/// How many claims are tried for one export. What comes behind them is not proved.
const MOST: usize = 5_000;

/// The policy, ready to be asked.
pub(crate) struct Claims<'m> {
    pub(crate) model: &'m Model,
    policy: Policy,
    tried: std::cell::Cell<usize>,
}

/// A request, and what becomes of it on both sides.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) request: String,
    pub(crate) json: serde_json::Value,
    pub(crate) policy: Tier,
    pub(crate) runtime: &'static str,
}

/// What came of a claim.
pub(crate) enum Claimed {
    Holds,
    /// The request that breaks it, and the rule that decides it.
    Fails(Shown),
    NotProved,
}

impl Claimed {
    pub(crate) fn holds(&self) -> bool {
        matches!(self, Claimed::Holds)
    }
}

impl<'m> Claims<'m> {
    pub(crate) fn new(model: &'m Model) -> Result<Claims<'m>, CompileError> {
        Ok(Claims { model, policy: compile(model)?, tried: std::cell::Cell::new(0) })
    }

    /// Whether a sentence holds, as `always allow run "ls ..."`. It names nothing that the policy
    /// declares.
    pub(crate) fn claim(&self, sentence: &str) -> Claimed {
        self.tried.set(self.tried.get() + 1);
        if MOST < self.tried.get() {
            return Claimed::NotProved;
        }
        let source = Source::new("claim.policy", sentence);
        // A pattern that no policy can hold proves nothing.
        let Ok(claim) = check::load(vec![source], &no_includes) else { return Claimed::NotProved };
        // Only the roots that every policy has come first in both.
        let model = Model { proofs: claim.proofs, tests: Vec::new(), ..self.model.clone() };
        let verdicts = prove::prove(&model, &self.policy, BUDGET);
        match verdicts.first().map(|verdict| &verdict.outcome) {
            Some(Outcome::Holds) if verdicts.len() == 1 => Claimed::Holds,
            Some(Outcome::Fails(found)) => Claimed::Fails(self.show(&found.request, "allow")),
            _ => Claimed::NotProved,
        }
    }

    /// A command by its words, as the policy decides it.
    pub(crate) fn command(&self, words: &[String], runtime: &'static str) -> Option<Shown> {
        let json = serde_json::json!({ "action": "run", "argv": words });
        let request = RequestBuf::from_json(&json.to_string()).ok()?;
        // With the wrappers that a description looks through.
        let text: Vec<_> = words.iter().map(|word| policy_eval::shell_word(word)).collect();
        Some(Shown { request: format!("run {}", text.join(" ")), ..self.show(&request, runtime) })
    }

    fn show(&self, request: &RequestBuf, runtime: &'static str) -> Shown {
        request.with_request(|asked| {
            let text = policy_eval::to_json(asked).canonical();
            let policy = interp::decide(self.model, asked).tier;
            let mut parts = Vec::new();
            policy_eval::canon::parts(asked, &mut |judged| parts.push(describe(judged.part)));
            parts.truncate(1);
            Shown {
                request: parts.pop().unwrap_or_default(),
                json: serde_json::from_str(&text).unwrap_or_default(),
                policy,
                runtime,
            }
        })
    }
}
