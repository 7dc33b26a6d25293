//! Rego, as regorus evaluates it, in two encodings.
//!
//! *By rule*: each rule becomes one Rego rule that adds its tier to a set. *By data*: the rules are
//! an object of arrays, by action and by what comes first (program, server), and one Rego policy
//! of a few lines looks through the array that the request selects. The strictest tier of the set
//! is the answer; an empty set is `ask`.
//!
//! Roots are written out as the paths that they are bound to; what is a list of words for us is
//! one text with blanks and a set of words.

use std::time::Instant;

use policy_eval::Tier;
use regorus::{CompiledPolicy, Engine as Rego, Value};
use serde_json::{Value as Json, json};

use super::cedar::beginnings;
use super::{Answer, Built, Contestant, Engine};
use crate::workload::{
    Condition, HostPattern, NamePattern, Object, PathPattern, Request, Rule, Sent, Target, Workload,
};

/// Each rule as a rule of Rego.
pub(super) fn by_rule_text(workload: &Workload) -> String {
    let mut text = String::from("package bench\n\nimport rego.v1\n\n");
    for rule in &workload.rules {
        text.push_str(&rego_rule(rule));
    }
    text
}

/// Compiles the text of [`by_rule_text`].
pub(super) fn by_rule(_: &Workload, text: &str) -> anyhow::Result<Built> {
    build(text, None)
}

/// The rules as data.
pub(super) fn by_data_text(workload: &Workload) -> String {
    let mut rules = serde_json::Map::new();
    for rule in &workload.rules {
        let by_first = rules.entry(rule.action().name()).or_insert_with(|| json!({}));
        let list = &mut by_first[first(rule)];
        match list {
            Json::Array(list) => list.push(row(rule)),
            none => *none = json!([row(rule)]),
        }
    }
    json!({ "rules": rules }).to_string()
}

/// Compiles one small policy over the data of [`by_data_text`].
pub(super) fn by_data(_: &Workload, text: &str) -> anyhow::Result<Built> {
    build(LOOKS_THROUGH_DATA, Some(text))
}

const LOOKS_THROUGH_DATA: &str = r#"package bench

import rego.v1

tiers contains rule.tier if {
    some key in ["*", input.first]
    some rule in data.rules[input.action][key]
    matches(rule)
    holds(rule)
}

matches(rule) if {
    some line in rule.lines
    line_matches(line)
    flags_match(rule)
}

line_matches(line) if input.line == line
line_matches(line) if startswith(input.line, concat("", [line, " "]))

flags_match(rule) if not rule.flags
flags_match(rule) if {
    some flag in rule.flags
    flag in input.words
}

matches(rule) if {
    startswith(input.path, rule.folder)
    endswith(input.path, rule.ending)
}

matches(rule) if input.path == rule.path

matches(rule) if {
    not rule.folder
    endswith(input.path, rule.ending)
}

matches(rule) if {
    input.host == rule.host
    port_matches(rule)
}

matches(rule) if {
    endswith(input.host, rule.domain)
    port_matches(rule)
}

matches(rule) if {
    net.cidr_contains(rule.block, input.ip)
    port_matches(rule)
}

port_matches(rule) if not rule.ports
port_matches(rule) if {
    rule.ports[0] <= input.port
    input.port <= rule.ports[1]
}

matches(rule) if startswith(input.tool, rule.tool_prefix)
matches(rule) if input.tool == rule.tool

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

fn build(text: &str, data: Option<&str>) -> anyhow::Result<Built> {
    let start = Instant::now();
    let mut engine = Rego::new();
    engine.add_policy("bench.rego".to_owned(), text.to_owned())?;
    if let Some(data) = data {
        engine.add_data_json(data)?;
    }
    let load = start.elapsed();
    let policy = engine.compile_with_entrypoint(&"data.bench.tiers".into())?;
    Ok(Built { engine: Box::new(Regorus { policy }), load })
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
    });
    match &data.object {
        Object::Command(words) => {
            input["first"] = words.first().cloned().into();
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
            input["first"] = server.as_str().into();
            input["server"] = server.as_str().into();
            input["tool"] = tool.as_str().into();
        }
    }
    if input["first"].is_null() {
        input["first"] = "".into();
    }
    input
}

/// What the data is filed by: a program, a server, else `*`.
fn first(rule: &Rule) -> &str {
    match &rule.target {
        Target::Command { words, .. } => match words.first().map(Vec::as_slice) {
            Some([program]) => program,
            _ => "*",
        },
        Target::Tool(server, _) => server,
        Target::Path(..) | Target::Host(..) => "*",
    }
}

fn row(rule: &Rule) -> Json {
    let mut row = match &rule.target {
        Target::Command { words, flags } if flags.is_empty() => {
            json!({ "lines": beginnings(words) })
        }
        Target::Command { words, flags } => json!({ "lines": beginnings(words), "flags": flags }),
        Target::Path(_, PathPattern::Below(folder)) => {
            let folder = folder.absolute();
            json!({ "folder": format!("{folder}/"), "ending": "", "path": folder })
        }
        Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
            json!({ "folder": format!("{}/", folder.absolute()), "ending": format!(".{ending}") })
        }
        Target::Path(_, PathPattern::Named(name)) => json!({ "ending": format!("/{name}") }),
        Target::Path(_, PathPattern::Ending(ending)) => json!({ "ending": format!(".{ending}") }),
        Target::Host(pattern, _) => match pattern {
            HostPattern::Exactly(name) => json!({ "host": name }),
            HostPattern::Below(domain) => json!({ "domain": format!(".{domain}") }),
            HostPattern::Domain(domain) => {
                json!({ "domain": format!(".{domain}"), "host": domain })
            }
            HostPattern::Block(address, bits) => json!({ "block": format!("{address}/{bits}") }),
        },
        Target::Tool(_, NamePattern::Exactly(name)) => json!({ "tool": name }),
        Target::Tool(_, NamePattern::Prefix(prefix)) => json!({ "tool_prefix": prefix }),
        Target::Tool(_, NamePattern::Any) => json!({ "tool_prefix": "" }),
    };
    if let Target::Host(_, Some((first, last))) = rule.target {
        row["ports"] = json!([first, last]);
    }
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
