//! What a programmer writes who knows these kinds of rules, has no policy language to serve and
//! wants to be fast: the yardstick.
//!
//! ```text
//!   command   a trie over words              ┐
//!   path      a trie over components from /, │  node ──► rules that end here, strictest first,
//!             a table of names, of endings   ├─►         with what they ask beside:
//!   host      a trie over labels from behind │           flags, ending, ports, condition
//!             blocks by their first 16 bits  │
//!   tool      a table of servers             ┘
//! ```
//!
//! A trie is one hash table of 32-byte slots. The hash of a node is made of the bytes on the way to
//! it, so no step waits for the slot before. A slot holds its token (up to 16 bytes of it) and is
//! compared in full: nothing rests on hashes being different. Each node knows the strictest rule
//! below it, and a walk ends where that cannot win any more.
//!
//! It takes what a runtime sends: `.`, `..`, empty components, `~/` and paths relative to the
//! workspace, hosts in capitals or with a dot behind them, IPv4 addresses inside IPv6 ones. What is in
//! plain form, as nearly everything is, is seen to be so while its components are found.
//!
//! What it leaves out, and an engine cannot: roots that each request binds anew, symbolic links, other
//! spellings of addresses, names outside ASCII, wrapped commands and shell text, facts that were not
//! sent, suspicious characters, explanations, artifacts, and every other kind of pattern.

use std::cmp::Reverse;
use std::net::Ipv6Addr;

use policy_eval::{Action, Tier};
use rustc_hash::FxHashMap;

use super::{Answer, Contestant, Engine};
use crate::workload::{
    Condition, HostPattern, NamePattern, Object, PathPattern, ROOTS, Request, Rule, Sent, Target,
    Workload,
};

/// The rules, as tables.
struct HandTuned {
    /// By rank: the strictest first, of equally strict ones the first by name.
    rules: Vec<(String, Tier)>,
    conditions: Vec<Condition>,
    flags: Vec<Vec<&'static str>>,
    commands: Table,
    /// By action.
    paths: [Paths; Action::COUNT],
    hosts: Table,
    blocks: Blocks,
    servers: Table,
    /// The names of tools, one behind the other.
    tools: String,
}

#[derive(Default)]
struct Paths {
    folders: Table,
    names: Table,
    endings: Table,
}

/// The tables.
pub(super) fn build(workload: &Workload, _: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(HandTuned::new(&workload.rules)))
}

// ---- Deciding -------------------------------------------------------------------------------

/// What is asked of a rule beside the node that it ends at.
#[derive(Clone, Copy, Debug)]
struct Entry {
    rank: u32,
    /// Ports: the first and the last. Tools: how long the name is.
    range: (u16, u16),
    /// Files: the slot of the ending. Tools: where the name starts.
    ending: u32,
    /// One more than the index of the flags, of which one is asked. Tools: how the name is compared.
    flags: u8,
    /// One more than the index of the condition.
    condition: u8,
}

const EVERY_PORT: (u16, u16) = (0, u16::MAX);
const EXACTLY: u8 = 1;
const PREFIX: u8 = 2;
const NONE: u32 = u32::MAX;
const NOT_ITSELF: u32 = 0;

impl HandTuned {
    /// The rank of the rule that decides; [`NONE`] where none does.
    fn decide(&self, request: &Request) -> u32 {
        match &request.object {
            Object::Command(words) => self.command(words, request),
            Object::Path(action, path) if is_canonical(path.as_bytes()) => {
                self.path(*action, path.as_bytes(), request)
            }
            Object::Path(action, path) => self.path(*action, canonical(path).as_bytes(), request),
            Object::Host { name, port } if is_plain_host(name.as_bytes()) => {
                self.host(name.as_bytes(), *port, request)
            }
            Object::Host { name, port } => {
                let rank = self.host(plain_host(name).as_bytes(), *port, request);
                // Not every program takes an IPv4 address inside an IPv6 one for the former: at
                // least `ask`, which is also what no rule comes to.
                let is_loose = |(_, tier): &(_, Tier)| *tier < Tier::Ask;
                let is_doubtful = name.contains(':');
                let loosens = is_doubtful && self.rules.get(rank as usize).is_some_and(is_loose);
                if loosens { NONE } else { rank }
            }
            Object::Tool { server, tool } => self.tool(server.as_bytes(), tool, request),
        }
    }

    fn command(&self, words: &[String], request: &Request) -> u32 {
        let mut best = NONE;
        let mut walk = Walk::new(&self.commands);
        for (index, word) in words.iter().enumerate() {
            let Some(slot) = walk.step(word.as_bytes()) else { break };
            best = slot.first(&self.commands, best, |entry| {
                let flagged = entry.flags == 0 || {
                    let flags = &self.flags[usize::from(entry.flags - 1)];
                    words[index + 1..].iter().any(|word| flags.contains(&word.as_str()))
                };
                flagged && self.condition(entry, request)
            });
            if best <= slot.best_below {
                break;
            }
        }
        best
    }

    fn path(&self, action: Action, path: &[u8], request: &Request) -> u32 {
        let paths = &self.paths[action as usize];
        let (name, ending) = name_and_ending(path);
        let mut best = NONE;
        let holds = |entry: &Entry| self.condition(entry, request);
        let ending = match Walk::new(&paths.endings).find(ending) {
            Some((index, slot)) => {
                best = slot.first(&paths.endings, best, holds);
                index
            }
            None => NONE,
        };
        if let Some((_, slot)) = Walk::new(&paths.names).find(name) {
            best = slot.first(&paths.names, best, holds);
        }
        let mut walk = Walk::new(&paths.folders);
        let mut start = 1;
        loop {
            let end = find(path, start, b'/');
            let Some(slot) = walk.step(&path[start.min(end)..end]) else { break };
            best = slot.first(&paths.folders, best, |entry| {
                (entry.ending == NONE || entry.ending == ending) && self.condition(entry, request)
            });
            if best <= slot.best_below || end == path.len() {
                break;
            }
            start = end + 1;
        }
        best
    }

    fn host(&self, host: &[u8], port: u16, request: &Request) -> u32 {
        let holds = |entry: &Entry| {
            let (first, last) = entry.range;
            first <= port && port <= last && self.condition(entry, request)
        };
        if host.last().is_some_and(u8::is_ascii_digit)
            && let Some(address) = address(host)
        {
            return self.blocks.first(address, holds);
        }
        let mut best = NONE;
        let mut walk = Walk::new(&self.hosts);
        let mut end = host.len();
        loop {
            let start = find_back(host, end, b'.');
            let Some(slot) = walk.step(&host[start..end]) else { break };
            // `ending` says which lengths match: every one, this one alone, all but this one.
            let itself = start == 0;
            best = slot.first(&self.hosts, best, |entry| {
                let length = match entry.ending {
                    NONE => true,
                    NOT_ITSELF => !itself,
                    _ => itself,
                };
                length && holds(entry)
            });
            if best <= slot.best_below || itself {
                break;
            }
            end = start - 1;
        }
        best
    }

    fn tool(&self, server: &[u8], tool: &str, request: &Request) -> u32 {
        let Some((_, slot)) = Walk::new(&self.servers).find(server) else { return NONE };
        slot.first(&self.servers, NONE, |entry| {
            let name = || &self.tools[entry.ending as usize..][..usize::from(entry.range.0)];
            let named = match entry.flags {
                EXACTLY => tool == name(),
                PREFIX => tool.starts_with(name()),
                _ => true,
            };
            named && self.condition(entry, request)
        })
    }

    fn condition(&self, entry: &Entry, request: &Request) -> bool {
        entry.condition == 0
            || match self.conditions[usize::from(entry.condition - 1)] {
                Condition::UnlessBranch([one, other]) => {
                    request.branch != one && request.branch != other
                }
                Condition::WhenSurface(surface) => request.surface == surface,
                Condition::WhenRisk(least) => least <= request.risk,
            }
    }
}

// ---- From what was sent to what is looked up ------------------------------------------------

/// Whether a path is absolute and has names only.
#[inline(always)]
fn is_canonical(path: &[u8]) -> bool {
    if path.first() != Some(&b'/') {
        return false;
    }
    let mut slash = 0;
    while slash < path.len() {
        match path[slash + 1..] {
            [] | [b'/', ..] => return path.len() == 1,
            [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..] => return false,
            _ => slash = find(path, slash + 1, b'/'),
        }
    }
    true
}

/// A path from the root of the file system, with names only.
#[cold]
fn canonical(path: &str) -> String {
    let [(_, workspace), (_, home), ..] = ROOTS else { return path.to_owned() };
    let (mut made, rest) = match path.strip_prefix("~/") {
        Some(rest) => ((*home).to_owned(), rest),
        None if path.starts_with('/') => (String::new(), path),
        None => ((*workspace).to_owned(), path),
    };
    for component in rest.split('/') {
        match component {
            "" | "." => {}
            ".." => made.truncate(made.rfind('/').unwrap_or(0)),
            name => {
                made.push('/');
                made.push_str(name);
            }
        }
    }
    if made.is_empty() { "/".to_owned() } else { made }
}

/// Whether a host has no capitals, is no IPv6 address and does not end with a dot.
#[inline(always)]
fn is_plain_host(host: &[u8]) -> bool {
    let odd = |byte: &u8| byte.is_ascii_uppercase() | matches!(byte, b':' | b'[');
    !host.iter().fold(false, |any, byte| any | odd(byte)) && host.last() != Some(&b'.')
}

/// The host in that form. Of IPv6 addresses the rules know only those that hold an IPv4 address.
#[cold]
fn plain_host(host: &str) -> String {
    let lower = host.to_ascii_lowercase();
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match inner.parse::<Ipv6Addr>().ok().and_then(|address| address.to_ipv4_mapped()) {
        Some(address) => address.to_string(),
        None => name.to_owned(),
    }
}

// ---- The table ------------------------------------------------------------------------------

/// A trie, frozen. A node is named by its slot.
#[derive(Default)]
struct Table {
    /// A power of two of them, at most half of them taken; none: an empty trie.
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    /// Tokens of over 16 bytes, by their slots.
    long: FxHashMap<u32, Box<[u8]>>,
}

#[derive(Clone, Copy)]
struct Slot {
    token: (u64, u64),
    /// [`FREE`] in a slot that nothing is in.
    parent: u32,
    first: u32,
    /// The smallest rank among the nodes below.
    best_below: u32,
    entries: u16,
    length: u16,
}

const ROOT: u32 = u32::MAX;
const FREE: u32 = u32::MAX - 1;

impl Slot {
    /// The best rank of `best` and the first entry that holds.
    #[inline(always)]
    fn first(&self, table: &Table, best: u32, holds: impl Fn(&Entry) -> bool) -> u32 {
        let first = self.first as usize;
        first_of(&table.entries[first..first + usize::from(self.entries)], best, holds)
    }
}

#[inline(always)]
fn first_of(entries: &[Entry], best: u32, holds: impl Fn(&Entry) -> bool) -> u32 {
    for entry in entries {
        if best <= entry.rank {
            break;
        }
        if holds(entry) {
            return entry.rank;
        }
    }
    best
}

/// A place in a trie.
struct Walk<'t> {
    table: &'t Table,
    node: u32,
    hash: u64,
}

impl<'t> Walk<'t> {
    fn new(table: &'t Table) -> Walk<'t> {
        Walk { table, node: ROOT, hash: SEED }
    }

    fn find(mut self, token: &[u8]) -> Option<(u32, &'t Slot)> {
        let slot = self.step(token)?;
        Some((self.node, slot))
    }

    #[inline(always)]
    fn step(&mut self, token: &[u8]) -> Option<&'t Slot> {
        let packed = packed(token);
        self.hash = mixed(self.hash, packed, token.len());
        let slots = &self.table.slots[..];
        let mask = slots.len().wrapping_sub(1);
        let mut at = self.hash as usize;
        loop {
            let slot = slots.get(at & mask)?;
            let same = slot.token == packed && usize::from(slot.length) == token.len();
            if same && slot.parent == self.node {
                let index = (at & mask) as u32;
                if token.len() <= 16 || self.table.long.get(&index).is_some_and(|l| **l == *token) {
                    self.node = index;
                    return Some(slot);
                }
            }
            if slot.parent == FREE {
                return None;
            }
            at += 1;
        }
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(hash: u64, (one, other): (u64, u64), length: usize) -> u64 {
    let product =
        u128::from(hash ^ one) * u128::from(other ^ (length as u64) << 56 ^ 0xa076_1d64_78bd_642f);
    product as u64 ^ (product >> 64) as u64
}

/// Up to 16 bytes as two numbers; of a longer token its first and its last eight.
#[inline(always)]
fn packed(token: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (token.first_chunk::<8>(), token.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (token.first_chunk::<4>(), token.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        match *token {
            [] => (0, 0),
            [first, .., last] => (u64::from(first), u64::from(last) | u64::from(token[1]) << 8),
            [only] => (u64::from(only), 0),
        }
    }
}

/// Where `byte` stands at or behind `start`; the end of the text where it does not.
#[inline(always)]
fn find(text: &[u8], start: usize, byte: u8) -> usize {
    let mut at = start;
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = found(u64::from_le_bytes(*chunk), byte);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < text.len() && text[at] != byte {
        at += 1;
    }
    at.min(text.len())
}

/// Behind the last `byte` before `end`; 0 where there is none.
#[inline(always)]
fn find_back(text: &[u8], end: usize, byte: u8) -> usize {
    let mut at = end;
    while let Some(chunk) = text.get(..at).and_then(|rest| rest.last_chunk::<8>()) {
        let found = found(u64::from_le_bytes(*chunk), byte);
        if found != 0 {
            return at - found.leading_zeros() as usize / 8;
        }
        at -= 8;
    }
    while 0 < at && text[at - 1] != byte {
        at -= 1;
    }
    at
}

/// The highest bit of each byte of `word` that is `byte`.
fn found(word: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = word ^ u64::from_ne_bytes([byte; 8]);
    !(((differs & LOW) + LOW) | differs | LOW)
}

/// The last component, and what stands behind its last point.
fn name_and_ending(path: &[u8]) -> (&[u8], &[u8]) {
    let name = &path[find_back(path, path.len(), b'/')..];
    match find_back(name, name.len(), b'.') {
        0 => (name, &[]),
        start => (name, &name[start..]),
    }
}

/// Four numbers up to 255 without leading zeros.
fn address(text: &[u8]) -> Option<u32> {
    let (mut address, mut number, mut digits, mut points) = (0_u32, 0_u32, 0, 0);
    for &byte in text {
        if byte == b'.' {
            if digits == 0 || points == 3 {
                return None;
            }
            address = address << 8 | number;
            (number, digits, points) = (0, 0, points + 1);
        } else {
            let digit = byte.wrapping_sub(b'0');
            if 9 < digit || (digits != 0 && number == 0) {
                return None;
            }
            number = number * 10 + u32::from(digit);
            digits += 1;
            if 255 < number {
                return None;
            }
        }
    }
    (points == 3 && digits != 0).then_some(address << 8 | number)
}

/// The first address, and its fixed bits.
type Block = (u32, u32);

/// Blocks of addresses with at least 16 fixed bits, by these.
#[derive(Default)]
struct Blocks {
    by_half: FxHashMap<u16, (u32, u32)>,
    blocks: Vec<Block>,
    entries: Vec<Entry>,
}

impl Blocks {
    fn first(&self, address: u32, holds: impl Fn(&Entry) -> bool) -> u32 {
        let Some(&(start, end)) = self.by_half.get(&((address >> 16) as u16)) else { return NONE };
        let range = start as usize..end as usize;
        let blocks = self.blocks[range.clone()].iter().zip(&self.entries[range]);
        for (&(block, mask), entry) in blocks {
            if address & mask == block && holds(entry) {
                return entry.rank;
            }
        }
        NONE
    }
}

// ---- Building -------------------------------------------------------------------------------

/// The tokens on the way to a node.
type Way = Vec<Vec<u8>>;

/// A trie that grows.
#[derive(Default)]
struct Growing {
    nodes: FxHashMap<Vec<Vec<u8>>, Vec<Entry>>,
}

impl Growing {
    fn add(&mut self, way: Vec<Vec<u8>>, entry: Entry) {
        for length in 1..way.len() {
            self.nodes.entry(way[..length].to_vec()).or_default();
        }
        self.nodes.entry(way).or_default().push(entry);
    }

    fn freeze(self) -> Table {
        if self.nodes.is_empty() {
            return Table::default();
        }
        let free =
            Slot { token: (0, 0), parent: FREE, first: 0, best_below: NONE, entries: 0, length: 0 };
        let mut table = Table {
            slots: vec![free; (self.nodes.len() * 2).next_power_of_two()],
            ..Table::default()
        };
        let mut nodes: Vec<(Vec<Vec<u8>>, Vec<Entry>)> = self.nodes.into_iter().collect();
        // Parents before children, and equal rules in equal places on every run.
        nodes.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
        let mask = table.slots.len() - 1;
        for (way, mut entries) in nodes {
            entries.sort_by_key(|entry| entry.rank);
            if let Some(last) = entries.iter().position(Entry::asks_nothing) {
                entries.truncate(last + 1);
            }
            let mut walk = Walk::new(&table);
            let mut above = Vec::new();
            for token in &way[..way.len() - 1] {
                walk.step(token);
                above.push(walk.node);
            }
            let token = &way[way.len() - 1];
            let packed = packed(token);
            let parent = walk.node;
            let mut at = mixed(walk.hash, packed, token.len()) as usize & mask;
            while table.slots[at].parent != FREE {
                at = (at + 1) & mask;
            }
            if 16 < token.len() {
                table.long.insert(at as u32, token.clone().into());
            }
            let best = entries.first().map_or(NONE, |entry| entry.rank);
            for node in above {
                let slot = &mut table.slots[node as usize];
                slot.best_below = slot.best_below.min(best);
            }
            table.slots[at] = Slot {
                token: packed,
                parent,
                first: table.entries.len() as u32,
                best_below: NONE,
                entries: entries.len() as u16,
                length: token.len() as u16,
            };
            table.entries.append(&mut entries);
        }
        table
    }
}

impl Entry {
    fn asks_nothing(&self) -> bool {
        (self.range, self.ending, self.flags, self.condition) == (EVERY_PORT, NONE, 0, 0)
    }
}

impl HandTuned {
    fn new(rules: &[Rule]) -> HandTuned {
        let mut ranked: Vec<&Rule> = rules.iter().collect();
        ranked.sort_by_key(|rule| Reverse(rule.tier));
        let mut made = HandTuned {
            rules: ranked.iter().map(|rule| (rule.name.clone(), rule.tier)).collect(),
            conditions: Vec::new(),
            flags: Vec::new(),
            commands: Table::default(),
            paths: Default::default(),
            hosts: Table::default(),
            blocks: Blocks::default(),
            servers: Table::default(),
            tools: String::new(),
        };
        let (mut commands, mut hosts, mut servers) =
            (Growing::default(), Growing::default(), Growing::default());
        let mut folders: [Growing; Action::COUNT] = Default::default();
        let mut names: [Growing; Action::COUNT] = Default::default();
        let mut endings: [Growing; Action::COUNT] = Default::default();
        let mut endings_below: Vec<(Action, Way, Vec<u8>, Entry)> = Vec::new();
        let mut blocks: FxHashMap<u16, Vec<(Block, Entry)>> = FxHashMap::default();
        for (rank, rule) in ranked.iter().enumerate() {
            let plain = Entry {
                rank: rank as u32,
                range: EVERY_PORT,
                ending: NONE,
                flags: 0,
                condition: made.condition_index(rule.condition),
            };
            match &rule.target {
                Target::Command { words, flags } => {
                    let entry = Entry { flags: made.flags_index(flags), ..plain };
                    for way in ways(words) {
                        commands.add(way, entry);
                    }
                }
                Target::Path(action, pattern) => {
                    let (action, at) = (*action, *action as usize);
                    match pattern {
                        PathPattern::Below(folder) => {
                            folders[at].add(components(&folder.absolute()), plain);
                        }
                        PathPattern::EndingBelow(folder, ending) => {
                            let way = components(&folder.absolute());
                            endings[at].nodes.entry(vec![ending.as_bytes().to_vec()]).or_default();
                            endings_below.push((action, way, ending.as_bytes().to_vec(), plain));
                        }
                        PathPattern::Named(name) => {
                            names[at].add(vec![name.clone().into_bytes()], plain);
                        }
                        PathPattern::Ending(ending) => {
                            endings[at].add(vec![ending.clone().into_bytes()], plain);
                        }
                    }
                }
                Target::Host(pattern, ports) => {
                    let entry = Entry { range: ports.unwrap_or(EVERY_PORT), ..plain };
                    match pattern {
                        HostPattern::Exactly(name) => {
                            hosts.add(labels(name), Entry { ending: 1, ..entry });
                        }
                        HostPattern::Below(name) => {
                            hosts.add(labels(name), Entry { ending: NOT_ITSELF, ..entry });
                        }
                        HostPattern::Domain(name) => hosts.add(labels(name), entry),
                        HostPattern::Block(first, bits) => {
                            let (first, mask) = (u32::from(*first), u32::MAX << (32 - bits));
                            let half = (first >> 16) as u16;
                            blocks.entry(half).or_default().push(((first, mask), entry));
                        }
                    }
                }
                Target::Tool(server, pattern) => {
                    let mut named = |name: &str, flags| Entry {
                        ending: made.tool_start(name),
                        range: (name.len() as u16, 0),
                        flags,
                        ..plain
                    };
                    let entry = match pattern {
                        NamePattern::Exactly(name) => named(name, EXACTLY),
                        NamePattern::Prefix(name) => named(name, PREFIX),
                        NamePattern::Any => plain,
                    };
                    servers.add(vec![server.clone().into_bytes()], entry);
                }
            }
        }
        for (paths, (names, endings)) in made.paths.iter_mut().zip(names.into_iter().zip(endings)) {
            (paths.names, paths.endings) = (names.freeze(), endings.freeze());
        }
        for (action, way, ending, entry) in endings_below {
            let found = Walk::new(&made.paths[action as usize].endings).find(&ending);
            let ending = found.map_or(NONE, |(slot, _)| slot);
            folders[action as usize].add(way, Entry { ending, ..entry });
        }
        for (paths, folders) in made.paths.iter_mut().zip(folders) {
            paths.folders = folders.freeze();
        }
        (made.commands, made.hosts, made.servers) =
            (commands.freeze(), hosts.freeze(), servers.freeze());
        for (half, blocks) in blocks {
            let start = made.blocks.blocks.len() as u32;
            for (block, entry) in blocks {
                made.blocks.blocks.push(block);
                made.blocks.entries.push(entry);
            }
            made.blocks.by_half.insert(half, (start, made.blocks.blocks.len() as u32));
        }
        made
    }

    fn condition_index(&mut self, condition: Option<Condition>) -> u8 {
        let Some(condition) = condition else { return 0 };
        let known = self.conditions.iter().position(|known| *known == condition);
        known.map_or_else(
            || {
                self.conditions.push(condition);
                self.conditions.len() as u8
            },
            |index| index as u8 + 1,
        )
    }

    fn flags_index(&mut self, flags: &[&'static str]) -> u8 {
        if flags.is_empty() {
            return 0;
        }
        let known = self.flags.iter().position(|known| known == flags);
        known.map_or_else(
            || {
                self.flags.push(flags.to_vec());
                self.flags.len() as u8
            },
            |index| index as u8 + 1,
        )
    }

    /// Where the name of a tool starts.
    fn tool_start(&mut self, name: &str) -> u32 {
        let start = self.tools.find(name).unwrap_or_else(|| {
            self.tools.push_str(name);
            self.tools.len() - name.len()
        });
        start as u32
    }
}

/// Every way to choose one word of each.
fn ways(words: &[Vec<String>]) -> Vec<Vec<Vec<u8>>> {
    words.iter().fold(vec![Vec::new()], |ways, one_of| {
        let longer = |way: &Vec<Vec<u8>>, word: &String| {
            let mut way = way.clone();
            way.push(word.clone().into_bytes());
            way
        };
        ways.iter().flat_map(|way| one_of.iter().map(move |word| longer(way, word))).collect()
    })
}

fn components(path: &str) -> Vec<Vec<u8>> {
    path.split('/').skip(1).map(|one| one.as_bytes().to_vec()).collect()
}

fn labels(host: &str) -> Vec<Vec<u8>> {
    host.rsplit('.').map(|label| label.as_bytes().to_vec()).collect()
}

impl Engine for HandTuned {
    fn prepare<'e>(&'e self, requests: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        Ok(Box::new(Prepared { tables: self, requests }))
    }
}

struct Prepared<'e> {
    tables: &'e HandTuned,
    requests: &'e [Sent<'e>],
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let rank = self.tables.decide(self.requests[request].data);
        match self.tables.rules.get(rank as usize) {
            Some((name, tier)) => Answer { tier: *tier, rule: Some(name) },
            None => Answer { tier: Tier::Ask, rule: None },
        }
    }
}
