//! A set of globs and a set of regexes, as one puts them to use in an afternoon.
//!
//! Each action has one set over one text; the patterns stand in it strictest first, so the first
//! match that holds decides. The caller writes the text, before the clock starts: words with a
//! blank behind each, `server/tool`, a path, a host. What a set has no words for is asked of the
//! rules that matched (ports, conditions), and blocks of addresses are a list that is gone through.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::net::Ipv4Addr;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use policy_eval::{Action, Tier};
use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Answer, Contestant, Engine};
use crate::workload::{
    HostPattern, NamePattern, Object, PathPattern, Request, Rule, Sent, Target, Workload,
};

/// The patterns of each action as a [`GlobSet`].
pub(super) fn globs(workload: &Workload, _: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    built(&workload.rules, |patterns| {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(
                GlobBuilder::new(pattern)
                    .empty_alternates(true)
                    .literal_separator(false)
                    .backslash_escape(true)
                    .build()?,
            );
        }
        Ok(set.build()?)
    })
}

/// The patterns of each action as a [`RegexSet`].
pub(super) fn regexes(workload: &Workload, _: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    built(&workload.rules, |patterns: &[String]| {
        let limit = 1 << 30;
        Ok(RegexSetBuilder::new(patterns)
            .unicode(false)
            .size_limit(limit)
            .dfa_size_limit(limit)
            .build()?)
    })
}

trait Set: Sized + 'static {
    /// A text that is ready to be matched.
    type Text<'t>;

    fn text(text: &str) -> Self::Text<'_>;

    /// The patterns of a target.
    fn patterns(target: &Target) -> Vec<String>;

    /// The smallest index of a pattern that matches and that `holds`.
    fn first(&self, text: &Self::Text<'_>, holds: impl Fn(usize) -> bool) -> Option<usize>;
}

struct BySet<S> {
    actions: Vec<OfAction<S>>,
}

struct OfAction<S> {
    set: S,
    /// The rule of each pattern.
    rules: Vec<usize>,
    /// Strictest first.
    ranked: Vec<Rule>,
    /// Address, mask and rule, strictest first.
    blocks: Vec<(u32, u32, usize)>,
}

fn built<S: Set>(
    rules: &[Rule],
    build: impl Fn(&[String]) -> anyhow::Result<S>,
) -> anyhow::Result<Box<dyn Engine>> {
    let mut actions = Vec::new();
    for action in Action::ALL {
        let mut ranked: Vec<Rule> =
            rules.iter().filter(|rule| rule.action() == action).cloned().collect();
        ranked.sort_by_key(|rule| Reverse(rule.tier));
        let (mut patterns, mut of_rules, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for (index, rule) in ranked.iter().enumerate() {
            if let Target::Host(HostPattern::Block(first, bits), _) = &rule.target {
                blocks.push((u32::from(*first), u32::MAX << (32 - bits), index));
                continue;
            }
            for pattern in S::patterns(&rule.target) {
                patterns.push(pattern);
                of_rules.push(index);
            }
        }
        actions.push(OfAction { set: build(&patterns)?, rules: of_rules, ranked, blocks });
    }
    Ok(Box::new(BySet { actions }))
}

impl<S: Set> Engine for BySet<S> {
    fn prepare<'e>(&'e self, sent: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        let texts = sent.iter().map(|sent| S::text(&sent.text)).collect();
        let requests = sent.iter().map(|sent| sent.data).collect();
        Ok(Box::new(Prepared { sets: self, requests, texts }))
    }
}

struct Prepared<'e, S: Set> {
    sets: &'e BySet<S>,
    requests: Vec<&'e Request>,
    texts: Vec<S::Text<'e>>,
}

impl<S: Set> Contestant for Prepared<'_, S> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let sent = self.requests[request];
        let OfAction { set, rules, ranked, blocks } = &self.sets.actions[sent.action() as usize];
        let holds = |rule: usize| {
            let rule = &ranked[rule];
            rule.condition_holds(sent) && rule.port_holds(sent)
        };
        let address = match &sent.object {
            Object::Host { name, .. } => name.parse::<Ipv4Addr>().ok().map(u32::from),
            _ => None,
        };
        let found = match address {
            Some(address) => blocks
                .iter()
                .find(|(block, mask, rule)| address & mask == *block && holds(*rule))
                .map(|(_, _, rule)| *rule),
            None => set.first(&self.texts[request], |at| holds(rules[at])).map(|at| rules[at]),
        };
        match found.map(|rule| &ranked[rule]) {
            Some(rule) => Answer { tier: rule.tier, rule: Some(&rule.name) },
            None => Answer { tier: Tier::Ask, rule: None },
        }
    }
}

// ---- Globs ----------------------------------------------------------------------------------

impl Set for GlobSet {
    type Text<'t> = Candidate<'t>;

    fn text(text: &str) -> Candidate<'_> {
        Candidate::new(text)
    }

    fn patterns(target: &Target) -> Vec<String> {
        match target {
            Target::Command { words, flags } => {
                let mut pattern: String =
                    words.iter().map(|words| format!("{{{}}} ", words.join(","))).collect();
                if !flags.is_empty() {
                    pattern.push_str(&format!("{{,* }}{{{}}} ", flags.join(",")));
                }
                pattern.push('*');
                vec![pattern]
            }
            Target::Path(_, PathPattern::Below(folder)) => {
                vec![folder.absolute(), format!("{}/**", folder.absolute())]
            }
            Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
                vec![format!("{}/**/*.{ending}", folder.absolute())]
            }
            Target::Path(_, PathPattern::Named(name)) => vec![format!("**/{name}")],
            Target::Path(_, PathPattern::Ending(ending)) => vec![format!("**/*.{ending}")],
            Target::Host(HostPattern::Exactly(name), _) => vec![name.clone()],
            Target::Host(HostPattern::Below(domain), _) => vec![format!("*.{domain}")],
            Target::Host(HostPattern::Domain(domain), _) => {
                vec![domain.clone(), format!("*.{domain}")]
            }
            Target::Host(HostPattern::Block(..), _) => Vec::new(),
            Target::Tool(server, NamePattern::Exactly(tool)) => vec![format!("{server}/{tool}")],
            Target::Tool(server, NamePattern::Prefix(tool)) => vec![format!("{server}/{tool}*")],
            Target::Tool(server, NamePattern::Any) => vec![format!("{server}/*")],
        }
    }

    fn first(&self, text: &Candidate<'_>, holds: impl Fn(usize) -> bool) -> Option<usize> {
        thread_local! {
            static MATCHED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
        }
        MATCHED.with_borrow_mut(|matched| {
            self.matches_candidate_into(text, matched);
            matched.iter().copied().find(|&pattern| holds(pattern))
        })
    }
}

// ---- Regexes --------------------------------------------------------------------------------

impl Set for RegexSet {
    type Text<'t> = &'t [u8];

    fn text(text: &str) -> &[u8] {
        text.as_bytes()
    }

    fn patterns(target: &Target) -> Vec<String> {
        let quoted = |text: &str| regex::escape(text);
        let one_of = |words: &[&str]| {
            words.iter().map(|word| quoted(word)).collect::<Vec<String>>().join("|")
        };
        let pattern = match target {
            Target::Command { words, flags } => {
                let words: String = words
                    .iter()
                    .map(|words| words.iter().map(String::as_str).collect::<Vec<&str>>())
                    .map(|words| format!("(?:{}) ", one_of(&words)))
                    .collect();
                if flags.is_empty() {
                    format!("^{words}")
                } else {
                    format!("^{words}(?:.* )?(?:{}) ", one_of(flags))
                }
            }
            Target::Path(_, PathPattern::Below(folder)) => {
                format!("^{}(?:/|$)", quoted(&folder.absolute()))
            }
            Target::Path(_, PathPattern::EndingBelow(folder, ending)) => {
                format!(r"^{}/.*\.{ending}$", quoted(&folder.absolute()))
            }
            Target::Path(_, PathPattern::Named(name)) => format!("/{}$", quoted(name)),
            Target::Path(_, PathPattern::Ending(ending)) => format!(r"\.{ending}$"),
            Target::Host(HostPattern::Exactly(name), _) => format!("^{}$", quoted(name)),
            Target::Host(HostPattern::Below(domain), _) => format!(r"\.{}$", quoted(domain)),
            Target::Host(HostPattern::Domain(domain), _) => format!(r"(?:^|\.){}$", quoted(domain)),
            Target::Host(HostPattern::Block(..), _) => return Vec::new(),
            Target::Tool(server, NamePattern::Exactly(tool)) => {
                format!("^{}/{}$", quoted(server), quoted(tool))
            }
            Target::Tool(server, NamePattern::Prefix(tool)) => {
                format!("^{}/{}", quoted(server), quoted(tool))
            }
            Target::Tool(server, NamePattern::Any) => format!("^{}/", quoted(server)),
        };
        vec![pattern]
    }

    fn first(&self, text: &&[u8], holds: impl Fn(usize) -> bool) -> Option<usize> {
        self.matches(text).iter().find(|&pattern| holds(pattern))
    }
}
