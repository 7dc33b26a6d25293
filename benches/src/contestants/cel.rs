//! CEL, as the crate `cel` interprets it: one expression a rule, sliced by kind.
//!
//! CEL answers one expression. So the host keeps one list of expressions for each action, strictest
//! first, and the first that is true decides. What is a list of words for us is one text with
//! blanks and a list; an address is a number, since CEL itself has no type for it.

use std::cmp::Reverse;
use std::net::Ipv4Addr;

use anyhow::anyhow;
use cel::{Context, Program, Value};
use policy_eval::{Action, Tier};

use super::cedar::beginnings;
use super::{Answer, Contestant, Engine};
use crate::workload::{
    Condition, HostPattern, NamePattern, Object, PathPattern, Request, Rule, Sent, Target, Workload,
};

/// One line a rule: action, tier, name and expression, strictest first.
pub(super) fn text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let mut rules: Vec<&Rule> = workload.rules.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.tier));
    let line = |rule: &&Rule| {
        let (action, tier) = (rule.action().name(), rule.tier.name());
        format!("{action}\t{tier}\t{}\t{}\n", rule.name, expression(rule))
    };
    Ok(rules.iter().map(line).collect::<String>().into_bytes())
}

struct Cel {
    /// By action, strictest first.
    rules: Vec<Vec<(Program, Tier, String)>>,
}

/// Compiles the expressions of [`text`].
pub(super) fn build(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    let mut rules: Vec<Vec<(Program, Tier, String)>> = Vec::new();
    rules.resize_with(Action::COUNT, Vec::new);
    for line in std::str::from_utf8(&text)?.lines() {
        let mut fields = line.splitn(4, '\t');
        let mut field = || fields.next().unwrap_or_default();
        let action = Action::from_name(field()).ok_or_else(|| anyhow!("no action"))?;
        let tier = Tier::from_name(field()).ok_or_else(|| anyhow!("no tier"))?;
        let name = field().to_owned();
        rules[action as usize].push((Program::compile(field())?, tier, name));
    }
    Ok(Box::new(Cel { rules }))
}

impl Engine for Cel {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        let contexts = sent.iter().map(|sent| (sent.data.action(), context(sent.data)));
        Ok(Box::new(Prepared { rules: &self.rules, contexts: contexts.collect() }))
    }
}

struct Prepared<'e> {
    rules: &'e [Vec<(Program, Tier, String)>],
    contexts: Vec<(Action, Context<'static, 'static>)>,
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let (action, context) = &self.contexts[request];
        for (program, tier, name) in &self.rules[*action as usize] {
            match program.execute(context) {
                Ok(Value::Bool(false)) => {}
                Ok(Value::Bool(true)) => return Answer { tier: *tier, rule: Some(name) },
                // What cannot be evaluated could have been a denial.
                _ => return Answer { tier: Tier::Deny, rule: None },
            }
        }
        Answer { tier: Tier::Ask, rule: None }
    }
}

fn context(data: &Request) -> Context<'static, 'static> {
    let mut context = Context::default();
    context.add_variable_from_value("branch", data.branch);
    context.add_variable_from_value("surface", data.surface);
    context.add_variable_from_value("risk", data.risk);
    match &data.object {
        Object::Command(words) => {
            let line: String = words.iter().map(|word| format!("{word} ")).collect();
            context.add_variable_from_value("line", line);
            context.add_variable_from_value("words", words.clone());
        }
        Object::Path(_, path) => context.add_variable_from_value("path", path.as_str()),
        Object::Host { name, port } => {
            let address = name.parse::<Ipv4Addr>().map_or(-1, |ip| i64::from(u32::from(ip)));
            context.add_variable_from_value("host", name.as_str());
            context.add_variable_from_value("address", address);
            context.add_variable_from_value("port", i64::from(*port));
        }
        Object::Tool { server, tool } => {
            context.add_variable_from_value("server", server.as_str());
            context.add_variable_from_value("tool", tool.as_str());
        }
    }
    context
}

fn expression(rule: &Rule) -> String {
    let mut text = target(&rule.target);
    match rule.condition {
        None => {}
        Some(Condition::UnlessBranch([one, other])) => {
            text.push_str(&format!(" && branch != \"{one}\" && branch != \"{other}\""));
        }
        Some(Condition::WhenSurface(surface)) => {
            text.push_str(&format!(" && surface == \"{surface}\""));
        }
        Some(Condition::WhenRisk(least)) => text.push_str(&format!(" && risk >= {least}")),
    }
    text
}

fn target(target: &Target) -> String {
    match target {
        Target::Command { words, flags } => {
            let lines: Vec<String> = beginnings(words)
                .iter()
                .map(|line| format!("line.startsWith(\"{line} \")"))
                .collect();
            let flags: Vec<String> =
                flags.iter().map(|flag| format!("\"{flag}\" in words")).collect();
            let lines = format!("({})", lines.join(" || "));
            if flags.is_empty() { lines } else { format!("{lines} && ({})", flags.join(" || ")) }
        }
        Target::Path(_, PathPattern::Below(folder)) => {
            let folder = folder.absolute();
            format!("(path.startsWith(\"{folder}/\") || path == \"{folder}\")")
        }
        Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
            format!("path.startsWith(\"{}/\") && path.endsWith(\".{ending}\")", folder.absolute())
        }
        Target::Path(_, PathPattern::Named(name)) => format!("path.endsWith(\"/{name}\")"),
        Target::Path(_, PathPattern::Ending(ending)) => format!("path.endsWith(\".{ending}\")"),
        Target::Host(pattern, ports) => {
            let host = match pattern {
                HostPattern::Exactly(name) => format!("host == \"{name}\""),
                HostPattern::Below(domain) => format!("host.endsWith(\".{domain}\")"),
                HostPattern::Domain(domain) => {
                    format!("(host.endsWith(\".{domain}\") || host == \"{domain}\")")
                }
                HostPattern::Block(address, bits) => {
                    let first = u32::from(*address);
                    let last = first | !(u32::MAX << (32 - bits));
                    format!("{first} <= address && address <= {last}")
                }
            };
            match ports {
                None => host,
                Some((first, last)) => format!("{host} && {first} <= port && port <= {last}"),
            }
        }
        Target::Tool(server, pattern) => {
            let server = format!("server == \"{server}\"");
            match pattern {
                NamePattern::Exactly(name) => format!("{server} && tool == \"{name}\""),
                NamePattern::Prefix(prefix) => format!("{server} && tool.startsWith(\"{prefix}\")"),
                NamePattern::Any => server,
            }
        }
    }
}
