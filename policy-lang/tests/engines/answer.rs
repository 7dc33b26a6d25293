//! What is compared of a decision, and how a case becomes one.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy_eval::{Decision, Floors, RecordLevel, Request, RequestBuf, Tier};
use policy_generate::Policy;
use policy_lang::check::no_includes;
use policy_lang::interp;
use policy_lang::model::{Model, RuleOptions};
use policy_lang::span::Source;

/// All that a decision says, with names instead of places in tables.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) tier: Tier,
    pub(crate) rule: Option<String>,
    pub(crate) default: bool,
    pub(crate) options: RuleOptions,
    pub(crate) record: RecordLevel,
    pub(crate) marks: BTreeSet<String>,
    pub(crate) floors: Floors,
}

impl Answer {
    /// What the interpreter says.
    pub(crate) fn interpreted(model: &Model, request: &Request<'_>) -> Answer {
        let verdict = interp::decide(model, request);
        let has_mark = |index: usize| verdict.marks >> index & 1 != 0;
        let marks = model.marks.iter().enumerate().filter(|(index, _)| has_mark(*index));
        Answer {
            tier: verdict.tier,
            rule: verdict.rule.map(|index| model.rules[index].name.clone()),
            default: verdict.default,
            options: verdict.options,
            record: verdict.record,
            marks: marks.map(|(_, name)| name.clone()).collect(),
            floors: verdict.floors,
        }
    }

    /// What an engine says.
    pub(crate) fn decided(decision: &Decision<'_>) -> Answer {
        let options = decision.options;
        Answer {
            tier: decision.tier,
            rule: decision.rule.map(|rule| rule.name.to_owned()),
            default: decision.default,
            options: RuleOptions {
                outside_sandbox: options.outside_sandbox,
                reviewer: options.reviewer.map(str::to_owned),
                timeout_ms: options.timeout_ms,
                on_failure: options.on_failure,
                remember: options.remember,
            },
            record: decision.record,
            marks: decision.marks.iter().map(str::to_owned).collect(),
            floors: decision.floors,
        }
    }
}

/// A policy that was loaded.
pub(crate) struct Case {
    pub(crate) model: Model,
}

impl Case {
    /// The policy read again from the canonical layout of its files.
    pub(crate) fn formatted(&self) -> Model {
        let sources = self.model.sources.iter().map(|source| {
            let text = policy_lang::format::format(source).expect("a valid file has a layout");
            Source::new(source.name.clone(), text)
        });
        policy_lang::load(sources.collect(), &no_includes)
            .expect("the layout of a valid file is valid")
    }
}

/// Loads a generated policy.
///
/// # Errors
/// When it is not valid, with what is wrong with it.
pub(crate) fn load(policy: &Policy) -> Result<Case, String> {
    let files = policy.files.iter().enumerate();
    let sources: Vec<Arc<Source>> =
        files.map(|(index, file)| Source::new(file.name(index), file.to_string())).collect();
    match policy_lang::load(sources, &no_includes) {
        Ok(model) => Ok(Case { model }),
        Err(failure) => Err(failure.to_string()),
    }
}

/// Reads a generated request; none where the JSON is no request.
pub(crate) fn read_request(request: &policy_generate::Request) -> Option<RequestBuf> {
    RequestBuf::from_json(&request.to_string()).ok()
}
