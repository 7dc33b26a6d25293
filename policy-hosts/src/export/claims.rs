//! Claims about the policy that rules of a configuration stand on.

use policy_eval::{Policy, RequestBuf, Tier, describe};
use policy_lang::check::{self, no_includes};
use policy_lang::compile::{CompileError, compile};
use policy_lang::interp;
use policy_lang::model::{Effect, Model};
use policy_lang::prove::{self, Outcome};
use policy_lang::span::Source;

use super::commands::{Prefix, sample};

/// How much one claim may cost, in steps; some microseconds each at most.
const BUDGET: u64 = 200_000;

/// How many claims are tried for one export. What comes behind them is not proved.
const MOST: usize = 5_000;

/// How many commands of the policy are tried behind a beginning that is a wrapper.
const MOST_WRAPPED: usize = 64;

/// Words that stand between a wrapper and the command that it runs, for the wrappers there are.
const BETWEEN: [&[&str]; 6] = [&[], &["5"], &["x"], &["-c"], &["-exec"], &["."]];

/// Which commands a beginning stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whatever begins with the words.
    Open,
    /// The same, where no word behind them begins with a dash.
    NoFlags,
    /// The words alone.
    Exact,
}

/// The policy, ready to be asked.
pub(crate) struct Claims<'m> {
    pub(crate) model: &'m Model,
    policy: Policy,
    /// Commands that the policy does not allow, and one that it has never heard of.
    wrapped: Vec<Vec<String>>,
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

    /// Why nothing was written that stands on it.
    pub(crate) fn why_not(&self) -> String {
        match self {
            Claimed::Fails(other) => {
                format!("a rule would allow `{}` too, which is `{}`", other.request, other.policy)
            }
            _ => "that all of it is allowed was not proved".to_owned(),
        }
    }
}

/// A claim that leaves out what is closed.
pub(crate) fn but_for<'c>(claim: String, closed: impl IntoIterator<Item = &'c str>) -> String {
    let closed: Vec<&str> = closed.into_iter().collect();
    match &closed[..] {
        [] => claim,
        closed => format!("{claim} except {}", closed.join(", ")),
    }
}

impl<'m> Claims<'m> {
    pub(crate) fn new(model: &'m Model) -> Result<Claims<'m>, CompileError> {
        let refused = |rule: &&policy_lang::model::Rule| matches!(rule.effect, Effect::Tier(tier, _) if tier != Tier::Allow);
        let mut wrapped: Vec<Vec<String>> =
            model.rules.iter().filter(refused).filter_map(sample).take(MOST_WRAPPED).collect();
        wrapped.push(vec!["a-program-of-no-rule".to_owned(), "-rf".to_owned(), "x".to_owned()]);
        Ok(Claims { model, policy: compile(model)?, wrapped, tried: std::cell::Cell::new(0) })
    }

    /// Whether whatever begins with these words is allowed.
    ///
    /// That a wrapper runs what stands behind it is no part of a proof, so it is tried: a runtime
    /// that compares the beginning of `timeout 5 rm x` sees `timeout` alone.
    pub(crate) fn beginning(&self, prefix: &Prefix, form: Form) -> Claimed {
        let claimed = self.claim(&format!("always allow run {}", prefix.pattern(form)));
        self.wrapping(prefix, form, claimed, false)
    }

    /// The most of what begins with these words that is allowed, and what came of all of it.
    pub(crate) fn form(&self, prefix: &Prefix) -> (Claimed, Option<Form>) {
        let claimed = self.beginning(prefix, Form::Open);
        let form = match claimed {
            Claimed::Holds => Some(Form::Open),
            _ => [Form::NoFlags, Form::Exact]
                .into_iter()
                .find(|form| self.beginning(prefix, *form).holds()),
        };
        (claimed, form)
    }

    /// Whether whatever begins with these words is allowed outside the sandbox.
    pub(crate) fn beginning_outside(&self, prefix: &Prefix) -> Claimed {
        // What is claimed of an escalated request holds of its options.
        let claim = format!("always allow run {} when escalated", prefix.open());
        let claimed = self.claim(&claim);
        self.wrapping(prefix, Form::Open, claimed, true)
    }

    /// What was claimed, where it holds as well of what the beginning is a wrapper of.
    fn wrapping(&self, prefix: &Prefix, form: Form, claimed: Claimed, outside: bool) -> Claimed {
        if !claimed.holds() || form == Form::Exact {
            return claimed;
        }
        for between in BETWEEN {
            for command in &self.wrapped {
                let mut words = prefix.words.clone();
                words.extend(between.iter().map(|word| (*word).to_owned()));
                words.extend(command.iter().cloned());
                if form == Form::NoFlags {
                    words.retain(|word| !word.starts_with('-'));
                }
                match self.words(&words, outside, "allow") {
                    Some(shown) if shown.policy == Tier::Allow => {}
                    Some(shown) => return Claimed::Fails(shown),
                    None => return Claimed::NotProved,
                }
            }
        }
        claimed
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
        self.words(words, false, runtime)
    }

    /// A line of a shell, as the policy decides it.
    pub(crate) fn line(&self, line: &str, runtime: &'static str) -> Option<Shown> {
        let json = serde_json::json!({ "action": "run", "shell": line });
        let request = RequestBuf::from_json(&json.to_string()).ok()?;
        Some(Shown { request: format!("run {line}"), ..self.show(&request, runtime) })
    }

    fn words(&self, words: &[String], escalated: bool, runtime: &'static str) -> Option<Shown> {
        let mut json = serde_json::json!({ "action": "run", "argv": words });
        if escalated {
            json["escalated"] = true.into();
        }
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
