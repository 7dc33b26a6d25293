//! Rules and requests by one seed: the same for every contestant and on every machine.
//!
//! ```text
//!   seed ──► rules ──┬─► text()      the policy in our language
//!              │     └─► [`Rule`]    the same as plain data, for every other contestant
//!              └──► requests         60 % drawn from a rule, the others near misses
//! ```
//!
//! The rules are those that people write: beginnings of commands with alternatives and flags,
//! folders, names and endings of files, domains, blocks of addresses, tools of MCP servers. Tiers
//! are mixed and one rule in four has a condition on an attribute. All names grow in number with
//! the rules, so that ten thousand rules are as different as ten.
//!
//! Requests are canonical and every fact that a rule asks for is sent. So a rule matches or it
//! does not, the strictest that matches decides, and where none does the answer is `ask`.

use std::fmt;
use std::net::Ipv4Addr;

use policy_eval::{Action, Tier};

use crate::linear::Linear;

/// How many requests a workload has.
pub const REQUESTS: usize = 4096;
/// How many rules the workloads have that are measured.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// The seed of everything that is measured.
pub const SEED: u64 = 0x5eed;
/// Where the roots are bound in every request.
pub const ROOTS: &[(&str, &str)] =
    &[("workspace", "/home/dev/app"), ("home", "/home/dev"), ("tmp", "/tmp")];

/// One rule, as data.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Rule {
    /// In ascending order over the rules of a workload.
    pub name: String,
    pub tier: Tier,
    pub target: Target,
    pub condition: Option<Condition>,
}

/// What a rule speaks of.
#[derive(Clone, Debug)]
pub enum Target {
    /// `run "git (push|pull) {--force|-f} ..."`.
    Command {
        /// The words at the start: one of several each.
        words: Vec<Vec<String>>,
        /// One of these stands somewhere behind them; none: no matter.
        flags: Vec<&'static str>,
    },
    /// `read`, `write` or `delete` of a path.
    Path(Action, PathPattern),
    /// `connect`, with the first and the last of its ports.
    Host(HostPattern, Option<(u16, u16)>),
    /// `call "server/tool"`.
    Tool(String, NamePattern),
}

/// Which paths.
#[derive(Clone, Debug)]
pub enum PathPattern {
    /// `ROOT/folder/**`.
    Below(Folder),
    /// `ROOT/folder/**/*.rs`.
    EndingBelow(Folder, &'static str),
    /// `**/name`.
    Named(String),
    /// `**/*.ending`.
    Ending(String),
}

/// A folder under a root; no root: the root of the file system.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Folder {
    pub root: Option<&'static str>,
    pub path: String,
}

/// Which hosts.
#[derive(Clone, Debug)]
pub enum HostPattern {
    /// `example.com`.
    Exactly(String),
    /// `*.example.com`.
    Below(String),
    /// `**.example.com`.
    Domain(String),
    /// `10.1.0.0/16`.
    Block(Ipv4Addr, u8),
}

/// Which names.
#[derive(Clone, Debug)]
pub enum NamePattern {
    /// `get_issue`.
    Exactly(String),
    /// `get_*`.
    Prefix(String),
    /// `*`.
    Any,
}

/// What else must hold for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `unless branch in ("main", "release")`.
    UnlessBranch([&'static str; 2]),
    /// `when surface == ci`.
    WhenSurface(&'static str),
    /// `when risk >= 70`.
    WhenRisk(i64),
}

/// One request, as data.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Request {
    pub object: Object,
    pub branch: &'static str,
    pub surface: &'static str,
    pub risk: i64,
}

/// What a request is about.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Object {
    Command(Vec<String>),
    Path(Action, String),
    Host { name: String, port: u16 },
    Tool { server: String, tool: String },
}

/// A request in the form that [`policy_eval`] borrows from.
#[derive(Clone, Debug)]
pub struct Sent<'w> {
    /// The data.
    pub data: &'w Request,
    /// All of it as one text: words with a blank behind each, a path, a host, `server/tool`.
    pub text: String,
    words: Vec<&'w str>,
}

impl Request {
    /// The same, with its words as slices.
    pub fn sent(&self) -> Sent<'_> {
        let words = match &self.object {
            Object::Command(words) => words.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let text = match &self.object {
            Object::Command(words) => words.iter().map(|word| format!("{word} ")).collect(),
            Object::Path(_, path) => path.clone(),
            Object::Host { name, .. } => name.clone(),
            Object::Tool { server, tool } => format!("{server}/{tool}"),
        };
        Sent { data: self, text, words }
    }

    /// The action.
    pub fn action(&self) -> Action {
        match &self.object {
            Object::Command(_) => Action::Run,
            Object::Path(action, _) => *action,
            Object::Host { .. } => Action::Connect,
            Object::Tool { .. } => Action::Call,
        }
    }
}

impl Sent<'_> {
    /// The request as a runtime sends it.
    pub fn request(&self) -> policy_eval::Request<'_> {
        let object = match &self.data.object {
            Object::Command(_) => policy_eval::Request::argv(&self.words),
            Object::Path(action, path) => {
                policy_eval::Request { path: Some(path), ..policy_eval::Request::new(*action) }
            }
            Object::Host { name, port } => policy_eval::Request::connect(name, *port),
            Object::Tool { server, tool } => policy_eval::Request::call(server, tool),
        };
        policy_eval::Request {
            cwd: Some(ROOTS[0].1),
            roots: ROOTS,
            branch: Some(self.data.branch),
            surface: Some(self.data.surface),
            risk: Some(self.data.risk),
            ..object
        }
    }
}

impl Rule {
    /// The action that it speaks of.
    pub fn action(&self) -> Action {
        match &self.target {
            Target::Command { .. } => Action::Run,
            Target::Path(action, _) => *action,
            Target::Host(..) => Action::Connect,
            Target::Tool(..) => Action::Call,
        }
    }

    /// Whether what it asks beside its target holds.
    pub fn condition_holds(&self, request: &Request) -> bool {
        match self.condition {
            None => true,
            Some(Condition::UnlessBranch(branches)) => !branches.contains(&request.branch),
            Some(Condition::WhenSurface(surface)) => request.surface == surface,
            Some(Condition::WhenRisk(least)) => least <= request.risk,
        }
    }

    /// Whether the port is among its ports, where both have one.
    pub fn port_holds(&self, request: &Request) -> bool {
        match (&self.target, &request.object) {
            (Target::Host(_, Some((first, last))), Object::Host { port, .. }) => {
                (first..=last).contains(&port)
            }
            _ => true,
        }
    }
}

impl Folder {
    /// The path with its root written out.
    pub fn absolute(&self) -> String {
        let bound = ROOTS.iter().find(|(name, _)| Some(*name) == self.root);
        format!("{}/{}", bound.map_or("", |(_, path)| path), self.path)
    }
}

/// Rules, and requests to be decided by them.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Workload {
    pub rules: Vec<Rule>,
    pub requests: Vec<Request>,
}

impl Workload {
    /// The workload of a seed with so many rules. Equal arguments, equal workloads.
    pub fn new(seed: u64, rules: usize) -> Workload {
        let mut maker = Maker { dice: Dice(seed ^ rules as u64), size: rules };
        let rules: Vec<Rule> = (0..rules).map(|number| maker.rule(number)).collect();
        let linear = Linear::new(&rules);
        let requests = (0..REQUESTS).map(|_| maker.request(&rules, &linear)).collect();
        Workload { rules, requests }
    }

    /// The policy in our language.
    pub fn text(&self) -> String {
        let mut text = String::from("policy bench version \"1\"\n\ndefault ask\n\n");
        for rule in &self.rules {
            text.push_str(&rule.to_string());
            text.push('\n');
        }
        text
    }

    /// The requests in the form that contestants borrow from.
    pub fn sent(&self) -> Vec<Sent<'_>> {
        self.requests.iter().map(Request::sent).collect()
    }
}

const PROGRAMS: &[&str] = &["git", "cargo", "npm", "docker", "kubectl", "terraform", "make", "gh"];
const VERBS: &[&str] = &["push", "pull", "build", "test", "apply", "publish", "status", "clean"];
const ARGUMENTS: &[&str] = &["origin", "main", "release-2", "app", "--quiet", "-q", "src", "all"];
const FLAGS: &[&[&str]] =
    &[&["--force", "-f"], &["--delete", "-D"], &["--privileged"], &["--yes", "-y"]];
const NAMES: &[&str] = &["src", "docs", "config", "secrets", "data", "infra", "vendor", "tests"];
const ENDINGS: &[&str] = &["rs", "ts", "py", "md", "toml"];
const SERVERS: &[&str] = &["github", "files", "db", "mail", "search"];
const TOOLS: &[&str] = &["get_", "list_", "create_", "delete_", "update_"];
const BRANCHES: &[&str] = &["main", "release", "feature/login", "fix/4711"];
const SURFACES: &[&str] = &["cli", "ide", "ci", "cloud"];

/// Makes rules and requests by chance.
struct Maker {
    dice: Dice,
    /// How many rules there are to be.
    size: usize,
}

impl Maker {
    fn rule(&mut self, number: usize) -> Rule {
        let tiers = [Tier::Allow, Tier::Allow, Tier::Review, Tier::Ask, Tier::Deny];
        Rule {
            name: format!("r{number:05}"),
            tier: self.dice.one_of(&tiers),
            target: self.target(),
            condition: self.dice.chance(25).then(|| self.condition()),
        }
    }

    fn target(&mut self) -> Target {
        match self.dice.below(20) {
            0..6 => {
                let flags = self.dice.chance(30);
                Target::Command {
                    words: self.words(),
                    flags: if flags { self.dice.one_of(FLAGS).to_vec() } else { Vec::new() },
                }
            }
            6..13 => {
                let actions = [Action::Read, Action::Read, Action::Write, Action::Delete];
                Target::Path(self.dice.one_of(&actions), self.path_pattern())
            }
            13..17 => {
                let ports = match self.dice.below(3) {
                    0 => None,
                    1 => Some((443, 443)),
                    _ => Some((8000, 8999)),
                };
                Target::Host(self.host_pattern(), ports)
            }
            _ => Target::Tool(self.name_of_many(SERVERS, 40), self.tool_pattern()),
        }
    }

    /// A word of the list, or one of `size / share` more that are made of it.
    fn name_of_many(&mut self, list: &[&str], share: usize) -> String {
        let word = self.dice.one_of(list);
        match self.dice.below(1 + self.size / share) {
            0 => word.to_owned(),
            number => format!("{word}{number}"),
        }
    }

    fn words(&mut self) -> Vec<Vec<String>> {
        let mut words = vec![vec![self.name_of_many(PROGRAMS, 80)]];
        let mut verbs = vec![self.name_of_many(VERBS, 80)];
        if self.dice.chance(30) {
            verbs.push(format!("{}-all", verbs[0]));
        }
        words.push(verbs);
        if self.dice.chance(30) {
            words.push(vec![self.name_of_many(VERBS, 80)]);
        }
        words
    }

    fn folder(&mut self) -> Folder {
        let root = self.dice.one_of(&[None, Some("workspace"), Some("home"), Some("tmp")]);
        let top = self.name_of_many(NAMES, 40);
        let path = match self.dice.below(3) {
            0 => top,
            1 => format!("{top}/{}", self.name_of_many(NAMES, 40)),
            _ => format!("{top}/team/{}", self.name_of_many(NAMES, 40)),
        };
        Folder { root, path }
    }

    fn path_pattern(&mut self) -> PathPattern {
        match self.dice.below(10) {
            0..6 => PathPattern::Below(self.folder()),
            6..8 => PathPattern::EndingBelow(self.folder(), self.dice.one_of(ENDINGS)),
            8 => PathPattern::Named(format!(".{}rc", self.name_of_many(NAMES, 40))),
            _ => PathPattern::Ending(self.name_of_many(&["key", "pem", "env"], 40)),
        }
    }

    fn host_pattern(&mut self) -> HostPattern {
        let domain = format!("{}.example", self.name_of_many(NAMES, 10));
        match self.dice.below(10) {
            0..3 => HostPattern::Exactly(format!("api.{domain}")),
            3..6 => HostPattern::Below(domain),
            6..8 => HostPattern::Domain(domain),
            _ => {
                let bits = self.dice.one_of(&[16, 20, 24, 28]);
                let address = 0x0a00_0000 | self.dice.below(1 << 24) as u32;
                HostPattern::Block(Ipv4Addr::from(address & u32::MAX << (32 - bits)), bits)
            }
        }
    }

    fn tool_pattern(&mut self) -> NamePattern {
        let tool = self.name_of_many(TOOLS, 20);
        match self.dice.below(5) {
            0..3 => NamePattern::Exactly(format!("{tool}item")),
            3 => NamePattern::Prefix(tool),
            _ => NamePattern::Any,
        }
    }

    fn condition(&mut self) -> Condition {
        match self.dice.below(4) {
            0..2 => Condition::UnlessBranch(["main", "release"]),
            2 => Condition::WhenSurface(self.dice.one_of(SURFACES)),
            _ => Condition::WhenRisk(self.dice.one_of(&[50, 70, 90])),
        }
    }

    /// A request that some rule matches, with a chance of 60 %, else one that none does.
    fn request(&mut self, rules: &[Rule], linear: &Linear) -> Request {
        let matches = self.dice.chance(60);
        for _ in 0..64 {
            let rule = &rules[self.dice.below(rules.len())];
            let request = self.request_for(rule, matches);
            if linear.first_match(&request).is_some() == matches {
                return request;
            }
        }
        // Wide rules leave little beside them.
        let object = if matches {
            return self.request_for(&rules[0], true);
        } else {
            Object::Path(Action::Write, "/var/none".to_owned())
        };
        Request { object, branch: "main", surface: "cli", risk: 0 }
    }

    /// A request within a rule, or one that misses it by a word.
    fn request_for(&mut self, rule: &Rule, matches: bool) -> Request {
        let mut request = Request {
            object: self.object(&rule.target, matches),
            branch: self.dice.one_of(BRANCHES),
            surface: self.dice.one_of(SURFACES),
            risk: self.dice.below(101) as i64,
        };
        match rule.condition {
            Some(Condition::UnlessBranch(_)) if matches => request.branch = "feature/login",
            Some(Condition::WhenSurface(surface)) if matches => request.surface = surface,
            Some(Condition::WhenRisk(risk)) if matches => request.risk = risk,
            _ => {}
        }
        request
    }

    fn object(&mut self, target: &Target, matches: bool) -> Object {
        match target {
            Target::Command { words, flags } => {
                let mut words: Vec<String> =
                    words.iter().map(|one_of| self.dice.one_of(one_of)).collect();
                if !matches {
                    let missed = self.dice.below(words.len());
                    words[missed].push_str("-x");
                }
                for _ in 0..self.dice.below(4) {
                    words.push(self.dice.one_of(ARGUMENTS).to_owned());
                }
                if !flags.is_empty() {
                    words.push(self.dice.one_of(flags).to_owned());
                }
                Object::Command(words)
            }
            Target::Path(action, pattern) => Object::Path(*action, self.path(pattern, matches)),
            Target::Host(pattern, ports) => {
                let port = match ports {
                    Some((first, last)) => self.dice.between(*first, *last),
                    None => self.dice.one_of(&[443, 80, 8080]),
                };
                Object::Host { name: self.host(pattern, matches), port }
            }
            Target::Tool(server, pattern) => {
                let server = if matches { server.clone() } else { format!("{server}-x") };
                let tool = match pattern {
                    NamePattern::Exactly(name) => name.clone(),
                    NamePattern::Prefix(prefix) => format!("{prefix}thing"),
                    NamePattern::Any => format!("{}item", self.dice.one_of(TOOLS)),
                };
                Object::Tool { server, tool }
            }
        }
    }

    fn path(&mut self, pattern: &PathPattern, matches: bool) -> String {
        let miss = if matches { "" } else { "-x" };
        match pattern {
            PathPattern::Below(folder) => {
                format!("{}{miss}/{}", folder.absolute(), self.file("rs"))
            }
            PathPattern::EndingBelow(folder, ending) => {
                format!("{}{miss}/{}", folder.absolute(), self.file(ending))
            }
            PathPattern::Named(name) => format!("{}/lib/{name}{miss}", self.folder().absolute()),
            PathPattern::Ending(ending) => {
                let file = self.file(ending);
                format!("{}/{file}{miss}", self.folder().absolute())
            }
        }
    }

    /// Some folders that no rule names, and a file.
    fn file(&mut self, ending: &str) -> String {
        let file = format!("file{}.{ending}", self.dice.below(100));
        match self.dice.below(3) {
            0 => file,
            1 => format!("part{}/{file}", self.dice.below(100)),
            _ => format!("part{}/src/{file}", self.dice.below(100)),
        }
    }

    fn host(&mut self, pattern: &HostPattern, matches: bool) -> String {
        let miss = if matches { "" } else { "x-" };
        match pattern {
            HostPattern::Exactly(name) => format!("{miss}{name}"),
            HostPattern::Below(domain) | HostPattern::Domain(domain) => {
                format!("n{}.{miss}{domain}", self.dice.below(100))
            }
            HostPattern::Block(address, bits) => {
                let inside = self.dice.below(1 << (32 - bits)) as u32;
                let first = if matches { 0 } else { 0x0200_0000 };
                Ipv4Addr::from((u32::from(*address) | inside) ^ first).to_string()
            }
        }
    }
}

/// Chance from one number: SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`. Small ends only: the slight preference of `%` does not matter.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn between(&mut self, first: u16, last: u16) -> u16 {
        first + self.below(usize::from(last - first) + 1) as u16
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

// ---- The text of a rule ---------------------------------------------------------------------

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { name, tier, target, condition } = self;
        write!(f, "{name}: {} {} {target}", tier.name(), self.action().name())?;
        match condition {
            None => Ok(()),
            Some(Condition::UnlessBranch([one, other])) => {
                write!(f, " unless branch in (\"{one}\", \"{other}\")")
            }
            Some(Condition::WhenSurface(surface)) => write!(f, " when surface == {surface}"),
            Some(Condition::WhenRisk(risk)) => write!(f, " when risk >= {risk}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Command { words, flags } => {
                f.write_str("\"")?;
                for one_of in words {
                    match &one_of[..] {
                        [word] => write!(f, "{word} ")?,
                        words => write!(f, "({}) ", words.join("|"))?,
                    }
                }
                match &flags[..] {
                    [] => f.write_str("...\""),
                    flags => write!(f, "{{{}}}\"", flags.join("|")),
                }
            }
            Target::Path(_, pattern) => write!(f, "\"{pattern}\""),
            Target::Host(pattern, None) => write!(f, "\"{pattern}\""),
            Target::Host(pattern, Some((first, last))) if first == last => {
                write!(f, "\"{pattern}\" port {first}")
            }
            Target::Host(pattern, Some((first, last))) => {
                write!(f, "\"{pattern}\" port {first}-{last}")
            }
            Target::Tool(server, NamePattern::Exactly(tool)) => write!(f, "\"{server}/{tool}\""),
            Target::Tool(server, NamePattern::Prefix(tool)) => write!(f, "\"{server}/{tool}*\""),
            Target::Tool(server, NamePattern::Any) => write!(f, "\"{server}/*\""),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathPattern::Below(folder) => write!(f, "{folder}/**"),
            PathPattern::EndingBelow(folder, ending) => write!(f, "{folder}/**/*.{ending}"),
            PathPattern::Named(name) => write!(f, "**/{name}"),
            PathPattern::Ending(ending) => write!(f, "**/*.{ending}"),
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            None => write!(f, "/{}", self.path),
            Some("home") => write!(f, "~/{}", self.path),
            Some(root) => write!(f, "${root}/{}", self.path),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exactly(name) => f.write_str(name),
            HostPattern::Below(domain) => write!(f, "*.{domain}"),
            HostPattern::Domain(domain) => write!(f, "**.{domain}"),
            HostPattern::Block(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_make_equal_workloads() {
        let (one, other) = (Workload::new(1, 100), Workload::new(1, 100));
        assert_eq!(one.text(), other.text());
        assert_eq!(format!("{:?}", one.requests), format!("{:?}", other.requests));
        assert_ne!(one.text(), Workload::new(2, 100).text());
    }

    #[test]
    fn six_requests_in_ten_match_a_rule() {
        for size in SIZES {
            let workload = Workload::new(SEED, size);
            let linear = Linear::new(&workload.rules);
            let matched =
                workload.requests.iter().filter(|one| linear.first_match(one).is_some()).count();
            let percent = matched * 100 / REQUESTS;
            assert!((57..=63).contains(&percent), "{percent} % of {size} rules");
        }
    }
}
