//! Cedar, with one policy a rule.
//!
//! A `deny` is a `forbid`, every other tier a `permit`; the annotation `@tier` says which. Cedar
//! answers which policies were satisfied, and the strictest of their tiers is the answer; none is
//! `ask`. What Cedar has no words for is prepared by the caller, before the clock starts:
//!
//! - `like` knows no token borders, so a command is one text with blanks, and its flags are asked
//!   for in the set of its words;
//! - a root cannot be bound by a request, so its path is written into the policies;
//! - an address is sent apart from a name, as a value of the extension type.
//!
//! There is no schema and there are no entities beyond those of the request.

use std::collections::HashMap;
use std::fmt::Write;
use std::str::FromStr;

use anyhow::Context as _;
use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, PolicyId, PolicySet, Request, RestrictedExpression,
};
use policy_eval::{Action, Tier};

use super::{Answer, Contestant, Engine};
use crate::workload::{
    self, Condition, HostPattern, NamePattern, Object, PathPattern, Rule, Sent, Target, Workload,
};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    tiers: HashMap<PolicyId, Tier>,
}

/// Parses the policies.
pub(super) fn build(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    let policies = PolicySet::from_str(std::str::from_utf8(&text)?)?;
    let tiers = policies
        .policies()
        .map(|policy| {
            let tier = policy.annotation("tier").and_then(Tier::from_name);
            Ok((policy.id().clone(), tier.context("a policy without a tier")?))
        })
        .collect::<anyhow::Result<_>>()?;
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    Ok(Box::new(Cedar { authorizer, policies, entities, tiers }))
}

impl Engine for Cedar {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        let requests = sent.iter().map(|sent| request(sent.data)).collect::<anyhow::Result<_>>()?;
        Ok(Box::new(Prepared { cedar: self, requests }))
    }
}

struct Prepared<'e> {
    cedar: &'e Cedar,
    requests: Vec<Request>,
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let Cedar { authorizer, policies, entities, tiers } = self.cedar;
        let response = authorizer.is_authorized(&self.requests[request], policies, entities);
        // A policy that cannot be evaluated could have been a denial.
        if response.diagnostics().errors().next().is_some() {
            return Answer { tier: Tier::Deny, rule: None };
        }
        let satisfied = response.diagnostics().reason();
        let tier = satisfied.filter_map(|id| tiers.get(id)).max().copied().unwrap_or(Tier::Ask);
        Answer { tier, rule: None }
    }
}

fn request(data: &workload::Request) -> anyhow::Result<Request> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let mut pairs = vec![
        ("branch", text(data.branch)),
        ("surface", text(data.surface)),
        ("risk", RestrictedExpression::new_long(data.risk)),
    ];
    match &data.object {
        Object::Command(words) => {
            pairs.push(("line", text(&words.join(" "))));
            let words = words.iter().map(|word| text(word));
            pairs.push(("words", RestrictedExpression::new_set(words)));
        }
        Object::Path(_, path) => pairs.push(("path", text(path))),
        Object::Host { name, port } => {
            if name.parse::<std::net::IpAddr>().is_ok() {
                pairs.push(("ip", RestrictedExpression::new_ip(name)));
            } else {
                pairs.push(("host", text(name)));
            }
            pairs.push(("port", RestrictedExpression::new_long((*port).into())));
        }
        Object::Tool { server, tool } => {
            pairs.push(("server", text(server)));
            pairs.push(("tool", text(tool)));
        }
    }
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
    let [principal, action, resource] = [
        "Agent::\"agent\"".to_owned(),
        format!("Action::\"{}\"", data.action().name()),
        "Object::\"object\"".to_owned(),
    ];
    Ok(Request::new(
        EntityUid::from_str(&principal)?,
        EntityUid::from_str(&action)?,
        EntityUid::from_str(&resource)?,
        Context::from_pairs(pairs)?,
        None,
    )?)
}

/// The rules in Cedar's language.
pub(super) fn text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let mut text = String::new();
    for rule in &workload.rules {
        policy(rule, &mut text);
    }
    Ok(text.into_bytes())
}

fn policy(rule: &Rule, text: &mut String) {
    let effect = if rule.tier == Tier::Deny { "forbid" } else { "permit" };
    let action: Action = rule.action();
    let mut condition = target(&rule.target);
    match rule.condition {
        None => {}
        Some(Condition::UnlessBranch([one, other])) => {
            condition
                .push_str(&format!(" && !([\"{one}\", \"{other}\"].contains(context.branch))"));
        }
        Some(Condition::WhenSurface(surface)) => {
            condition.push_str(&format!(" && context.surface == \"{surface}\""));
        }
        Some(Condition::WhenRisk(least)) => {
            condition.push_str(&format!(" && context.risk >= {least}"));
        }
    }
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "@tier(\"{}\")\n{effect}(principal, action == Action::\"{}\", resource)\nwhen {{ {condition} }};",
        rule.tier.name(),
        action.name(),
    );
}

fn target(target: &Target) -> String {
    match target {
        Target::Command { words, flags } => {
            let lines: Vec<String> = beginnings(words)
                .iter()
                .map(|line| format!("context.line == \"{line}\" || context.line like \"{line} *\""))
                .collect();
            let flags: Vec<String> =
                flags.iter().map(|flag| format!("context.words.contains(\"{flag}\")")).collect();
            let lines = format!("({})", lines.join(" || "));
            if flags.is_empty() { lines } else { format!("{lines} && ({})", flags.join(" || ")) }
        }
        Target::Path(_, PathPattern::Below(folder)) => {
            let folder = folder.absolute();
            format!("(context.path == \"{folder}\" || context.path like \"{folder}/*\")")
        }
        Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
            format!("context.path like \"{}/*.{ending}\"", folder.absolute())
        }
        Target::Path(_, PathPattern::Named(name)) => format!("context.path like \"*/{name}\""),
        Target::Path(_, PathPattern::Ending(ending)) => format!("context.path like \"*.{ending}\""),
        Target::Host(pattern, ports) => {
            let host = match pattern {
                HostPattern::Exactly(name) => {
                    format!("context has host && context.host == \"{name}\"")
                }
                HostPattern::Below(domain) => {
                    format!("context has host && context.host like \"*.{domain}\"")
                }
                HostPattern::Domain(domain) => format!(
                    "context has host && (context.host == \"{domain}\" || context.host like \"*.{domain}\")"
                ),
                HostPattern::Block(address, bits) => {
                    format!("context has ip && context.ip.isInRange(ip(\"{address}/{bits}\"))")
                }
            };
            match ports {
                None => host,
                Some((first, last)) => {
                    format!("{host} && {first} <= context.port && context.port <= {last}")
                }
            }
        }
        Target::Tool(server, pattern) => {
            let server = format!("context.server == \"{server}\"");
            match pattern {
                NamePattern::Exactly(name) => format!("{server} && context.tool == \"{name}\""),
                NamePattern::Prefix(prefix) => {
                    format!("{server} && context.tool like \"{prefix}*\"")
                }
                NamePattern::Any => server,
            }
        }
    }
}

/// Every way to choose one word of each, with blanks between them.
pub(super) fn beginnings(words: &[Vec<String>]) -> Vec<String> {
    words.iter().fold(vec![String::new()], |lines, one_of| {
        let longer = |line: &String, word: &String| {
            if line.is_empty() { word.clone() } else { format!("{line} {word}") }
        };
        lines.iter().flat_map(|line| one_of.iter().map(move |word| longer(line, word))).collect()
    })
}
