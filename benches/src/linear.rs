//! What a careful programmer writes by hand: the rules of each action, strictest first, one test
//! after the other until one holds.
//!
//! Patterns are taken apart once. A test compares slices and numbers and allocates nothing.

use std::cmp::Reverse;
use std::net::Ipv4Addr;

use policy_eval::{Action, Tier};

use crate::workload::{
    Condition, Folder, HostPattern, NamePattern, Object, PathPattern, Request, Rule, Target,
};

/// The rules, ready to be tried.
#[derive(Clone, Debug)]
pub struct Linear {
    /// By action, strictest first, then in the order of names.
    rules: Vec<Vec<Test>>,
}

/// What a matching rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Match<'l> {
    pub tier: Tier,
    pub rule: &'l str,
}

#[derive(Clone, Debug)]
struct Test {
    name: String,
    tier: Tier,
    condition: Option<Condition>,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    Command {
        words: Vec<Vec<String>>,
        flags: Vec<&'static str>,
    },
    /// The folder, and the ending with its dot.
    Below {
        folder: String,
        ending: Option<String>,
    },
    /// The name with the slash before it.
    Named(String),
    Ending(String),
    Host(String, Ports),
    /// The domain with the dot before it, and whether it matches itself.
    Domain(String, bool, Ports),
    /// Address, mask.
    Block(u32, u32, Ports),
    Tool(String, NamePattern),
}

type Ports = Option<(u16, u16)>;

impl Linear {
    /// Takes the patterns of the rules apart.
    pub fn new(rules: &[Rule]) -> Linear {
        let mut by_action: Vec<Vec<Test>> = vec![Vec::new(); Action::COUNT];
        for rule in rules {
            by_action[rule.action() as usize].push(Test {
                name: rule.name.clone(),
                tier: rule.tier,
                condition: rule.condition,
                matcher: Matcher::new(&rule.target),
            });
        }
        for tests in &mut by_action {
            tests.sort_by_key(|test| Reverse(test.tier));
        }
        Linear { rules: by_action }
    }

    /// The strictest rule that matches; of equally strict ones the first by name.
    pub fn first_match(&self, request: &Request) -> Option<Match<'_>> {
        // What is parsed of the request is parsed once.
        let address = match &request.object {
            Object::Host { name, .. } => name.parse::<Ipv4Addr>().ok().map(u32::from),
            _ => None,
        };
        self.rules[request.action() as usize]
            .iter()
            .find(|test| test.matcher.matches(&request.object, address) && test.allows(request))
            .map(|test| Match { tier: test.tier, rule: &test.name })
    }
}

impl Test {
    fn allows(&self, request: &Request) -> bool {
        match self.condition {
            None => true,
            Some(Condition::UnlessBranch(branches)) => !branches.contains(&request.branch),
            Some(Condition::WhenSurface(surface)) => request.surface == surface,
            Some(Condition::WhenRisk(least)) => least <= request.risk,
        }
    }
}

impl Matcher {
    fn new(target: &Target) -> Matcher {
        match target {
            Target::Command { words, flags } => {
                Matcher::Command { words: words.clone(), flags: flags.clone() }
            }
            Target::Path(_, PathPattern::Below(folder)) => below(folder, None),
            Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
                below(folder, Some(format!(".{ending}")))
            }
            Target::Path(_, PathPattern::Named(name)) => Matcher::Named(format!("/{name}")),
            Target::Path(_, PathPattern::Ending(ending)) => Matcher::Ending(format!(".{ending}")),
            Target::Host(pattern, ports) => match pattern {
                HostPattern::Exactly(name) => Matcher::Host(name.clone(), *ports),
                HostPattern::Below(domain) => Matcher::Domain(format!(".{domain}"), false, *ports),
                HostPattern::Domain(domain) => Matcher::Domain(format!(".{domain}"), true, *ports),
                HostPattern::Block(address, bits) => {
                    Matcher::Block(u32::from(*address), u32::MAX << (32 - bits), *ports)
                }
            },
            Target::Tool(server, pattern) => Matcher::Tool(server.clone(), pattern.clone()),
        }
    }

    fn matches(&self, object: &Object, address: Option<u32>) -> bool {
        match (self, object) {
            (Matcher::Command { words, flags }, Object::Command(sent)) => {
                words.len() <= sent.len()
                    && words.iter().zip(sent).all(|(one_of, word)| one_of.contains(word))
                    && (flags.is_empty()
                        || sent[words.len()..].iter().any(|word| flags.contains(&word.as_str())))
            }
            (Matcher::Below { folder, ending }, Object::Path(_, path)) => {
                path.strip_prefix(&**folder)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    && ending.as_ref().is_none_or(|ending| path.ends_with(&**ending))
            }
            (Matcher::Named(text) | Matcher::Ending(text), Object::Path(_, path)) => {
                path.ends_with(&**text)
            }
            (Matcher::Host(name, ports), Object::Host { name: sent, port }) => {
                name == sent && holds(*ports, *port)
            }
            (Matcher::Domain(domain, itself, ports), Object::Host { name, port }) => {
                (name.ends_with(&**domain) || (*itself && *name == domain[1..]))
                    && holds(*ports, *port)
            }
            (Matcher::Block(block, mask, ports), Object::Host { port, .. }) => {
                address.is_some_and(|address| address & mask == *block) && holds(*ports, *port)
            }
            (Matcher::Tool(server, pattern), Object::Tool { server: sent, tool }) => {
                server == sent
                    && match pattern {
                        NamePattern::Exactly(name) => tool == name,
                        NamePattern::Prefix(prefix) => tool.starts_with(&**prefix),
                        NamePattern::Any => true,
                    }
            }
            _ => false,
        }
    }
}

fn below(folder: &Folder, ending: Option<String>) -> Matcher {
    Matcher::Below { folder: folder.absolute(), ending }
}

fn holds(ports: Ports, port: u16) -> bool {
    ports.is_none_or(|(first, last)| (first..=last).contains(&port))
}
