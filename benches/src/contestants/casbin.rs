//! casbin, with one line of its policy for each way in which a rule can match.
//!
//! Casbin looks at its lines one after the other. So there is one enforcer for each action, its
//! lines stand strictest first, and with the effect `priority` the first that matches decides;
//! `enforce_ex` says which it was, and the line names tier and rule. All that a line asks is in its
//! columns, and the matcher compares texts with three functions that are registered for it. Casbin's
//! own `regexMatch` and `globMatch` compile their pattern on every call and are slower by far.
//!
//! The caller writes one text before the clock starts: words with a blank behind each; a path, a
//! host and a tool with a mark before and behind, so that a beginning or an ending can mean all of
//! it. Numbers have leading zeros, since lines hold texts only.

use std::cmp::Reverse;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, anyhow};
use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, Enforcer, StringAdapter};
use policy_eval::{Action, Tier};

use super::cedar::beginnings;
use super::{Answer, Contestant, Engine};
use crate::workload::{
    Condition, HostPattern, NamePattern, Object, PathPattern, Request, Rule, Sent, Target, Workload,
};

const MODEL: &str = r#"
[request_definition]
r = text, ip, port, branch, surface, risk

[policy_definition]
p = starts, ends, other, flag, flag2, block, first, last, branch, branch2, surface, risk, tier, name, eft

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = startsWith(r.text, p.starts) && endsWith(r.text, p.ends) && r.text != p.other && (p.flag == "" || hasText(r.text, p.flag) || hasText(r.text, p.flag2)) && (p.block == "" || r.ip != "" && ipMatch(r.ip, p.block)) && p.first <= r.port && r.port <= p.last && r.branch != p.branch && r.branch != p.branch2 && (p.surface == "" || r.surface == p.surface) && p.risk <= r.risk
"#;

/// The lines of all actions, each with its action before it.
pub(super) fn text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let mut rules: Vec<&Rule> = workload.rules.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.tier));
    let mut text = String::new();
    for rule in rules {
        for line in lines(rule) {
            text.push_str(&format!("{}\t{line}\n", rule.action().name()));
        }
    }
    Ok(text.into_bytes())
}

struct Casbin {
    /// By action.
    enforcers: Vec<Enforcer>,
}

/// One enforcer for each action.
pub(super) fn build(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    let mut policies = vec![String::new(); Action::COUNT];
    for line in std::str::from_utf8(&text)?.lines() {
        let (action, line) = line.split_once('\t').context("a line without an action")?;
        let action = Action::from_name(action).with_context(|| format!("no action `{action}`"))?;
        let policy = &mut policies[action as usize];
        policy.push_str(line);
        policy.push('\n');
    }
    let enforcer = |policy: String| -> anyhow::Result<Enforcer> {
        let made = async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut made = Enforcer::new(model, StringAdapter::new(policy)).await?;
            made.add_function(
                "startsWith",
                OperatorFunction::Arg2(|text, part| {
                    compared(text, part, |text, part| text.starts_with(part))
                }),
            );
            made.add_function(
                "endsWith",
                OperatorFunction::Arg2(|text, part| {
                    compared(text, part, |text, part| text.ends_with(part))
                }),
            );
            made.add_function(
                "hasText",
                OperatorFunction::Arg2(|text, part| {
                    compared(text, part, |text, part| text.contains(part))
                }),
            );
            Ok(made)
        };
        ready(made)?.map_err(|error: casbin::Error| anyhow!("{error}"))
    };
    let enforcers = policies.into_iter().map(enforcer).collect::<anyhow::Result<_>>()?;
    Ok(Box::new(Casbin { enforcers }))
}

/// Two texts of casbin's expressions, compared.
fn compared(text: Dynamic, part: Dynamic, holds: fn(&str, &str) -> bool) -> Dynamic {
    match (text.into_immutable_string(), part.into_immutable_string()) {
        (Ok(text), Ok(part)) => holds(&text, &part).into(),
        _ => false.into(),
    }
}

/// What a future gives that has nothing to wait for.
fn ready<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(made) => Ok(made),
        Poll::Pending => Err(anyhow!("casbin waits for something")),
    }
}

impl Engine for Casbin {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        let requests = sent.iter().map(|sent| (sent.data.action(), request(sent)));
        Ok(Box::new(Prepared { enforcers: &self.enforcers, requests: requests.collect() }))
    }
}

type Values = (String, String, String, String, String, String);

struct Prepared<'e> {
    enforcers: &'e [Enforcer],
    requests: Vec<(Action, Values)>,
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let (action, values) = &self.requests[request];
        let (text, ip, port, branch, surface, risk) = values;
        let answer = self.enforcers[*action as usize].enforce_ex((
            text.as_str(),
            ip.as_str(),
            port.as_str(),
            branch.as_str(),
            surface.as_str(),
            risk.as_str(),
        ));
        match answer {
            // No line matched.
            Ok((false, _)) => Answer { tier: Tier::Ask, rule: None },
            Ok((true, lines)) => {
                let tier = lines.first().and_then(|line| Tier::from_name(line.get(TIER)?));
                Answer { tier: tier.unwrap_or(Tier::Deny), rule: None }
            }
            // What cannot be evaluated could have been a denial.
            Err(_) => Answer { tier: Tier::Deny, rule: None },
        }
    }
}

/// The column of the tier.
const TIER: usize = 12;

fn request(sent: &Sent<'_>) -> Values {
    let Request { object, branch, surface, risk } = sent.data;
    let (text, ip, port) = match object {
        Object::Command(_) => (format!(" {}", sent.text), String::new(), 0),
        Object::Path(..) | Object::Tool { .. } => (format!("{}/", sent.text), String::new(), 0),
        Object::Host { name, port } if name.parse::<std::net::IpAddr>().is_ok() => {
            (String::new(), name.clone(), *port)
        }
        Object::Host { name, port } => (format!(".{name}/"), String::new(), *port),
    };
    let risk = format!("{risk:03}");
    (text, ip, format!("{port:05}"), branch.to_string(), surface.to_string(), risk)
}

/// What a line asks. An empty text asks nothing.
#[derive(Clone, Default)]
struct Line {
    starts: String,
    ends: String,
    /// What the text must not be.
    other: String,
    flags: [String; 2],
    block: String,
    ports: Option<(u16, u16)>,
}

fn lines(rule: &Rule) -> Vec<String> {
    let (mut branches, mut wanted, mut least) = (["-", "-"], "", 0);
    match rule.condition {
        None => {}
        Some(Condition::UnlessBranch(names)) => branches = names,
        Some(Condition::WhenSurface(surface)) => wanted = surface,
        Some(Condition::WhenRisk(risk)) => least = risk,
    }
    let text = |line: Line| {
        let Line { starts, ends, other, flags: [flag, flag2], block, ports } = line;
        let (first, last) = ports.unwrap_or((0, u16::MAX));
        let [branch, branch2] = branches;
        let (tier, name) = (rule.tier.name(), &rule.name);
        format!(
            "p,\"{starts}\",\"{ends}\",\"{other}\",\"{flag}\",\"{flag2}\",\"{block}\",{first:05},\
             {last:05},{branch},{branch2},\"{wanted}\",{least:03},{tier},{name},allow"
        )
    };
    targets(&rule.target).into_iter().map(text).collect()
}

fn targets(target: &Target) -> Vec<Line> {
    let starts = |starts: String| Line { starts, ..Line::default() };
    let ends = |ends: String| Line { ends, ..Line::default() };
    match target {
        Target::Command { words, flags } => {
            let [flag, flag2] = match flags[..] {
                [] => Default::default(),
                [flag] => [format!(" {flag} "), format!(" {flag} ")],
                [flag, flag2, ..] => [format!(" {flag} "), format!(" {flag2} ")],
            };
            let line = |line: String| Line {
                starts: format!(" {line} "),
                flags: [flag.clone(), flag2.clone()],
                ..Line::default()
            };
            beginnings(words).into_iter().map(line).collect()
        }
        Target::Path(_, PathPattern::Below(folder)) => {
            vec![starts(format!("{}/", folder.absolute()))]
        }
        Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
            let folder = format!("{}/", folder.absolute());
            vec![Line { starts: folder, ..ends(format!(".{ending}/")) }]
        }
        Target::Path(_, PathPattern::Named(name)) => vec![ends(format!("/{name}/"))],
        Target::Path(_, PathPattern::Ending(ending)) => vec![ends(format!(".{ending}/"))],
        Target::Host(pattern, ports) => {
            let line = match pattern {
                HostPattern::Exactly(name) => starts(format!(".{name}/")),
                HostPattern::Below(domain) => {
                    let domain = format!(".{domain}/");
                    Line { other: domain.clone(), ..ends(domain) }
                }
                HostPattern::Domain(domain) => ends(format!(".{domain}/")),
                HostPattern::Block(address, bits) => {
                    Line { block: format!("{address}/{bits}"), ..Line::default() }
                }
            };
            vec![Line { ports: *ports, ..line }]
        }
        Target::Tool(server, NamePattern::Exactly(tool)) => {
            vec![starts(format!("{server}/{tool}/"))]
        }
        Target::Tool(server, NamePattern::Prefix(tool)) => vec![starts(format!("{server}/{tool}"))],
        Target::Tool(server, NamePattern::Any) => vec![starts(format!("{server}/"))],
    }
}
