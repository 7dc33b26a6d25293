//! Rego, as regorus evaluates it, in two encodings.
//!
//! *By rule*: each rule becomes one Rego rule that adds its tier to a set. *Indexed*: the rules are
//! data, filed by what a request can be looked up with (the words it starts with, each folder above
//! a path, its name and ending, each domain above a host, server and tool); the caller sends these
//! keys with the request, and a policy of a few lines asks the rest of the rules that it finds. The
//! strictest tier of the set is the answer; an empty set is `ask`.
//!
//! Roots are written out as the paths that they are bound to; what is a list of words for us is
//! one text with blanks and a set of words.

use policy_eval::Tier;
use regorus::{CompiledPolicy, Engine as Rego, Value};
use serde_json::{Value as Json, json};

use super::cedar::beginnings;
use super::{Answer, Contestant, Engine};
use crate::workload::{
    Condition, HostPattern, NamePattern, Object, PathPattern, Request, Rule, Sent, Target, Workload,
};

/// Each rule as a rule of Rego.
pub(super) fn by_rule_text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let mut text = String::from("package bench\n\nimport rego.v1\n\n");
    for rule in &workload.rules {
        text.push_str(&rego_rule(rule));
    }
    Ok(text.into_bytes())
}

/// Compiles the text of [`by_rule_text`].
pub(super) fn by_rule(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    build(std::str::from_utf8(&text)?, None)
}

/// The rules as data, filed by [`keys`].
pub(super) fn indexed_text(workload: &Workload) -> anyhow::Result<Vec<u8>> {
    let mut rules = serde_json::Map::new();
    for rule in &workload.rules {
        for key in keys_of_rule(rule) {
            match rules.entry(key).or_insert_with(|| json!([])) {
                Json::Array(list) => list.push(row(rule)),
                _ => unreachable!("only arrays are entered"),
            }
        }
    }
    Ok(json!({ "rules": rules }).to_string().into_bytes())
}

/// Compiles one small policy over the data of [`indexed_text`].
pub(super) fn indexed(_: &Workload, text: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    build(LOOKS_UP, Some(&String::from_utf8(text)?))
}

const LOOKS_UP: &str = r#"package bench

import rego.v1

tiers contains rule.tier if {
    some key in input.keys
    some rule in data.rules[key]
    flags_match(rule)
    object_matches(rule)
    holds(rule)
}

flags_match(rule) if not rule.flags
flags_match(rule) if {
    some flag in rule.flags
    flag in input.words
}

object_matches(rule) if rule.plain
object_matches(rule) if endswith(input.path, rule.ending)
object_matches(rule) if startswith(input.tool, rule.tool_prefix)
object_matches(rule) if {
    rule.first_port <= input.port
    input.port <= rule.last_port
    block_matches(rule)
}

block_matches(rule) if not rule.block
block_matches(rule) if net.cidr_contains(rule.block, input.ip)

holds(rule) if not rule.condition
holds(rule) if {
    rule.condition.unless_branch
    not input.branch in rule.condition.unless_branch
}
holds(rule) if input.surface == rule.condition.surface
holds(rule) if rule.condition.risk <= input.risk
"#;

struct Regorus {
    policy: CompiledPolicy,
}

fn build(text: &str, data: Option<&str>) -> anyhow::Result<Box<dyn Engine>> {
    let mut engine = Rego::new();
    engine.add_policy("bench.rego".to_owned(), text.to_owned())?;
    if let Some(data) = data {
        engine.add_data_json(data)?;
    }
    let policy = engine.compile_with_entrypoint(&"data.bench.tiers".into())?;
    Ok(Box::new(Regorus { policy }))
}

impl Engine for Regorus {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        let inputs = sent
            .iter()
            .map(|sent| Value::from_json_str(&input(sent.data).to_string()))
            .collect::<anyhow::Result<_>>()?;
        Ok(Box::new(Prepared { policy: &self.policy, inputs }))
    }
}

struct Prepared<'e> {
    policy: &'e CompiledPolicy,
    inputs: Vec<Value>,
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let Ok(tiers) = self.policy.eval_with_input(self.inputs[request].clone()) else {
            // What cannot be evaluated could have been a denial.
            return Answer { tier: Tier::Deny, rule: None };
        };
        let tiers = tiers
            .as_set()
            .map(|set| set.iter().filter_map(|tier| Tier::from_name(tier.as_string().ok()?)).max());
        Answer { tier: tiers.ok().flatten().unwrap_or(Tier::Ask), rule: None }
    }
}

fn input(data: &Request) -> Json {
    let mut input = json!({
        "action": data.action().name(),
        "branch": data.branch,
        "surface": data.surface,
        "risk": data.risk,
        "keys": keys(data),
    });
    match &data.object {
        Object::Command(words) => {
            input["line"] = words.join(" ").into();
            input["words"] = words.clone().into();
        }
        Object::Path(_, path) => input["path"] = path.as_str().into(),
        Object::Host { name, port } => {
            let key = if name.parse::<std::net::IpAddr>().is_ok() { "ip" } else { "host" };
            input[key] = name.as_str().into();
            input["port"] = (*port).into();
        }
        Object::Tool { server, tool } => {
            input["server"] = server.as_str().into();
            input["tool"] = tool.as_str().into();
        }
    }
    input
}

/// Under what a rule is filed that this request may match.
fn keys(data: &Request) -> Vec<String> {
    let action = data.action().name();
    match &data.object {
        Object::Command(words) => (1..=words.len().min(MOST_WORDS))
            .map(|count| format!("{action} {}", words[..count].join(" ")))
            .collect(),
        Object::Path(_, path) => {
            let folders = path.match_indices('/').skip(1).map(|(at, _)| &path[..at]);
            let mut keys: Vec<String> =
                folders.chain([&path[..]]).map(|folder| format!("{action} {folder}")).collect();
            let name = path.rsplit('/').next().unwrap_or_default();
            keys.push(format!("{action} **/{name}"));
            if let Some((_, ending)) = name.rsplit_once('.') {
                keys.push(format!("{action} *.{ending}"));
            }
            keys
        }
        Object::Host { name, .. } => match name.parse::<std::net::Ipv4Addr>() {
            Ok(address) => {
                let [one, two, ..] = address.octets();
                vec![format!("block {one}.{two}")]
            }
            Err(_) => {
                let mut keys = vec![format!("host {name}"), format!("domain {name}")];
                let below = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
                keys.extend(
                    below
                        .flat_map(|domain| [format!("domain {domain}"), format!("below {domain}")]),
                );
                keys
            }
        },
        Object::Tool { server, tool } => {
            vec![format!("call {server}"), format!("call {server}/{tool}")]
        }
    }
}

/// The most words that a command of the workload starts with.
const MOST_WORDS: usize = 3;

/// Under what a rule is filed. Only blocks of at least 16 bits are.
fn keys_of_rule(rule: &Rule) -> Vec<String> {
    let action = rule.action().name();
    match &rule.target {
        Target::Command { words, .. } => {
            beginnings(words).into_iter().map(|line| format!("{action} {line}")).collect()
        }
        Target::Path(_, PathPattern::Below(folder) | PathPattern::EndingBelow(folder, _)) => {
            vec![format!("{action} {}", folder.absolute())]
        }
        Target::Path(_, PathPattern::Named(name)) => vec![format!("{action} **/{name}")],
        Target::Path(_, PathPattern::Ending(ending)) => vec![format!("{action} *.{ending}")],
        Target::Host(HostPattern::Exactly(name), _) => vec![format!("host {name}")],
        Target::Host(HostPattern::Below(domain), _) => vec![format!("below {domain}")],
        Target::Host(HostPattern::Domain(domain), _) => vec![format!("domain {domain}")],
        Target::Host(HostPattern::Block(address, _), _) => {
            let [one, two, ..] = address.octets();
            vec![format!("block {one}.{two}")]
        }
        Target::Tool(server, NamePattern::Exactly(tool)) => vec![format!("call {server}/{tool}")],
        Target::Tool(server, _) => vec![format!("call {server}")],
    }
}

/// What remains to be asked of a rule that was found.
fn row(rule: &Rule) -> Json {
    let mut row = match &rule.target {
        Target::Command { flags, .. } if !flags.is_empty() => {
            json!({ "flags": flags, "plain": true })
        }
        Target::Path(_, PathPattern::EndingBelow(_, ending)) => {
            json!({ "ending": format!(".{ending}") })
        }
        Target::Host(pattern, ports) => {
            let (first, last) = ports.unwrap_or((0, u16::MAX));
            let mut row = json!({ "first_port": first, "last_port": last });
            if let HostPattern::Block(address, bits) = pattern {
                row["block"] = format!("{address}/{bits}").into();
            }
            row
        }
        Target::Tool(_, NamePattern::Prefix(prefix)) => json!({ "tool_prefix": prefix }),
        _ => json!({ "plain": true }),
    };
    row["tier"] = rule.tier.name().into();
    match rule.condition {
        None => {}
        Some(Condition::UnlessBranch(branches)) => {
            row["condition"] = json!({ "unless_branch": branches });
        }
        Some(Condition::WhenSurface(surface)) => row["condition"] = json!({ "surface": surface }),
        Some(Condition::WhenRisk(least)) => row["condition"] = json!({ "risk": least }),
    }
    row
}

/// A rule for each way to hold: Rego's "or".
fn rego_rule(rule: &Rule) -> String {
    let condition = match rule.condition {
        None => String::new(),
        Some(Condition::UnlessBranch([one, other])) => {
            format!("    not input.branch in {{\"{one}\", \"{other}\"}}\n")
        }
        Some(Condition::WhenSurface(surface)) => format!("    input.surface == \"{surface}\"\n"),
        Some(Condition::WhenRisk(least)) => format!("    input.risk >= {least}\n"),
    };
    let (tier, action) = (rule.tier.name(), rule.action().name());
    let body = |target: String| {
        format!(
            "tiers contains \"{tier}\" if {{\n    input.action == \"{action}\"\n{target}{condition}}}\n\n"
        )
    };
    ways(&rule.target).into_iter().map(body).collect()
}

/// The ways in which a target is matched, each as lines of a rule's body.
fn ways(target: &Target) -> Vec<String> {
    match target {
        Target::Command { words, flags } => {
            let flags = match &flags[..] {
                [] => String::new(),
                flags => {
                    let all: Vec<String> = flags.iter().map(|flag| format!("\"{flag}\"")).collect();
                    format!("    some flag in {{{}}}\n    flag in input.words\n", all.join(", "))
                }
            };
            beginnings(words)
                .into_iter()
                .flat_map(|line| {
                    [
                        format!("    input.line == \"{line}\"\n{flags}"),
                        format!("    startswith(input.line, \"{line} \")\n{flags}"),
                    ]
                })
                .collect()
        }
        Target::Path(_, PathPattern::Below(folder)) => {
            let folder = folder.absolute();
            vec![
                format!("    input.path == \"{folder}\"\n"),
                format!("    startswith(input.path, \"{folder}/\")\n"),
            ]
        }
        Target::Path(_, PathPattern::EndingBelow(folder, ending)) => vec![format!(
            "    startswith(input.path, \"{}/\")\n    endswith(input.path, \".{ending}\")\n",
            folder.absolute()
        )],
        Target::Path(_, PathPattern::Named(name)) => {
            vec![format!("    endswith(input.path, \"/{name}\")\n")]
        }
        Target::Path(_, PathPattern::Ending(ending)) => {
            vec![format!("    endswith(input.path, \".{ending}\")\n")]
        }
        Target::Host(pattern, ports) => {
            let ports = match ports {
                None => String::new(),
                Some((first, last)) => {
                    format!("    {first} <= input.port\n    input.port <= {last}\n")
                }
            };
            let exactly = |name: &str| format!("    input.host == \"{name}\"\n{ports}");
            let below = |domain: &str| format!("    endswith(input.host, \".{domain}\")\n{ports}");
            match pattern {
                HostPattern::Exactly(name) => vec![exactly(name)],
                HostPattern::Below(domain) => vec![below(domain)],
                HostPattern::Domain(domain) => vec![exactly(domain), below(domain)],
                HostPattern::Block(address, bits) => {
                    vec![format!("    net.cidr_contains(\"{address}/{bits}\", input.ip)\n{ports}")]
                }
            }
        }
        Target::Tool(server, pattern) => {
            let server = format!("    input.server == \"{server}\"\n");
            vec![match pattern {
                NamePattern::Exactly(name) => format!("{server}    input.tool == \"{name}\"\n"),
                NamePattern::Prefix(prefix) => {
                    format!("{server}    startswith(input.tool, \"{prefix}\")\n")
                }
                NamePattern::Any => server,
            }]
        }
    }
}
