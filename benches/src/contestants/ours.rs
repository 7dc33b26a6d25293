//! The engine of this workspace, from source and from an artifact, and its reference interpreter.

use anyhow::anyhow;
use policy_eval::{Policy, Request};
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::interp;
use policy_lang::model::Model;
use policy_lang::span::Source;

use super::{Answer, Contestant, Engine};
use crate::workload::{Sent, Workload};

/// The compiled policy.
pub(super) fn engine(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(compile(&model(text)?)?))
}

/// The compiled policy as bytes.
pub(super) fn artifact(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let policy = compile(&model(workload.text().into_bytes())?)?;
    Ok(policy.artifact().to_vec())
}

/// The compiled policy that an artifact holds.
pub(super) fn load(_: &Workload, artifact: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(Policy::load(artifact)?))
}

/// The checked policy, interpreted.
pub(super) fn interpreter(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(model(text)?))
}

fn model(text: Vec<u8>) -> anyhow::Result<Model> {
    let source = Source::new("bench.policy", String::from_utf8(text)?);
    policy_lang::load(vec![source], &no_includes).map_err(|failure| {
        let first = failure.diagnostics.first().map(|first| first.message.as_str());
        anyhow!("the policy does not load: {}", first.unwrap_or_default())
    })
}

fn requests<'e>(sent: &'e [Sent<'e>]) -> Vec<Request<'e>> {
    sent.iter().map(Sent::request).collect()
}

struct Compiled<'e> {
    policy: &'e Policy,
    requests: Vec<Request<'e>>,
}

impl Engine for Policy {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        Ok(Box::new(Compiled { policy: self, requests: requests(sent) }))
    }
}

impl Contestant for Compiled<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let decision = self.policy.decide(&self.requests[request]);
        Answer { tier: decision.tier, rule: decision.rule.map(|rule| rule.name) }
    }
}

struct Interpreted<'e> {
    model: &'e Model,
    requests: Vec<Request<'e>>,
}

impl Engine for Model {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        Ok(Box::new(Interpreted { model: self, requests: requests(sent) }))
    }
}

impl Contestant for Interpreted<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let verdict = interp::decide(self.model, &self.requests[request]);
        let rule = verdict.rule.and_then(|rule| self.model.rules.get(rule));
        Answer { tier: verdict.tier, rule: rule.map(|rule| rule.name.as_str()) }
    }
}
