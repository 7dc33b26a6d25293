//! opencode: `permission` of `opencode.json` as a policy.
//!
//! The rules of all files stand behind one another, and the last one that matches decides. Here
//! the strictest decides, so a rule leaves out what a looser rule behind it takes:
//!
//! ```text
//!   "*": "ask"            ask   run except what the others match
//!   "git *": "allow"      allow run "git ..."
//!   "git push *": "deny"  deny  run "git push ..."
//! ```

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source};

use crate::import::command::Specifier;
use crate::import::report::at;
use crate::import::tree::{self, Node, Value};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

/// Kinds that a rule about everything speaks of even where no rule names them.
const ACTIONS: [&str; 6] = ["bash", "read", "edit", "webfetch", "websearch", "task"];

/// One rule: a pattern of a kind of permission, and what holds.
#[derive(Clone)]
struct Rule {
    pattern: String,
    tier: Tier,
    from: Location,
}

const KINDS: [&str; 15] = [
    "*",
    "read",
    "edit",
    "glob",
    "grep",
    "list",
    "bash",
    "task",
    "skill",
    "webfetch",
    "websearch",
    "codesearch",
    "external_directory",
    "doom_loop",
    "todowrite",
];

const NO_RULES: [&str; 34] = [
    "$schema",
    "theme",
    "model",
    "small_model",
    "provider",
    "mcp",
    "keybinds",
    "share",
    "autoupdate",
    "instructions",
    "agent",
    "mode",
    "command",
    "formatter",
    "lsp",
    "plugin",
    "tui",
    "username",
    "disabled_providers",
    "enabled_providers",
    "layout",
    "experimental",
    "tools",
    "snapshot",
    "server",
    "watcher",
    "default_agent",
    "compaction",
    "logLevel",
    "skills",
    "permission",
    "enterprise",
    "autoshare",
    "references",
];

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let mut kinds: Vec<(String, Vec<Rule>)> =
        ACTIONS.iter().map(|kind| ((*kind).to_owned(), Vec::new())).collect();
    for (index, file) in files.iter().enumerate() {
        match tree::json(&file.text) {
            Ok(root) if matches!(root.value, Value::Table(_)) => {
                settings(index, &root, &mut kinds, report);
            }
            Ok(root) => report.invalid(at(index, root.span), "the configuration is an object"),
            Err(fault) => report.invalid(at(index, fault.span), fault.message),
        }
    }
    // Tools that a kind of their own speaks of are none of the others.
    let named: Vec<String> = kinds
        .iter()
        .filter_map(|(kind, _)| own_tool(kind))
        .map(|tool| quote::literal(&tool))
        .collect();
    for (kind, rules) in &kinds {
        put(kind, rules, &named, options, writer, report);
    }
}

fn settings(file: usize, root: &Node, kinds: &mut Vec<(String, Vec<Rule>)>, report: &mut Report) {
    for entry in root.entries() {
        match entry.key.as_str() {
            "permission" => permission(file, &entry.node, kinds, report),
            "agent" | "mode" => {
                for agent in entry.node.entries() {
                    if let Some(own) = agent.node.get("permission") {
                        report.lost(
                            at(file, own.span),
                            format!("the permissions of the agent `{}` are not in the policy", agent.key),
                            "import them from a file of their own, and put `when agent == \"…\"` around",
                        );
                    }
                }
            }
            "tools" => report.lost(
                at(file, entry.at),
                "which tools there are is not in the policy",
                "deny them by `permission`",
            ),
            "extends" => report.lost(
                at(file, entry.at),
                "what the configuration extends is not read",
                "give those files too, in front of this one",
            ),
            key if NO_RULES.contains(&key) => {}
            key => report.unknown_key(at(file, entry.at), key, NO_RULES),
        }
    }
}

fn permission(file: usize, node: &Node, kinds: &mut Vec<(String, Vec<Rule>)>, report: &mut Report) {
    let tier_of = |node: &Node, report: &mut Report| match node.text() {
        Some("allow") => Some(Tier::Allow),
        Some("ask") => Some(Tier::Ask),
        Some("deny") => Some(Tier::Deny),
        _ => {
            report.invalid(at(file, node.span), "a permission is allow, ask or deny");
            None
        }
    };
    if node.text().is_some() {
        if let Some(tier) = tier_of(node, report) {
            add(kinds, "*", Rule { pattern: "*".to_owned(), tier, from: at(file, node.span) });
        }
        return;
    }
    for entry in node.entries() {
        let is_known = KINDS.contains(&entry.key.as_str()) || entry.key.contains(['_', '*', '-']);
        if !is_known {
            report.unknown_key(at(file, entry.at), &entry.key, KINDS);
        }
        match &entry.node.value {
            Value::Table(rules) => {
                for rule in rules {
                    if let Some(tier) = tier_of(&rule.node, report) {
                        let from = at(file, rule.at);
                        add(kinds, &entry.key, Rule { pattern: rule.key.clone(), tier, from });
                    }
                }
            }
            _ => {
                if let Some(tier) = tier_of(&entry.node, report) {
                    let from = at(file, entry.at);
                    add(kinds, &entry.key, Rule { pattern: "*".to_owned(), tier, from });
                }
            }
        }
    }
}

/// Adds a rule to its kind. One about everything is a rule of each kind, at its place.
fn add(kinds: &mut Vec<(String, Vec<Rule>)>, kind: &str, rule: Rule) {
    if !kinds.iter().any(|(known, _)| known == kind) {
        let general = kinds.iter().find(|(known, _)| known == "*");
        let general = general.map(|(_, rules)| rules.clone()).unwrap_or_default();
        kinds.push((kind.to_owned(), general));
    }
    for (known, rules) in kinds.iter_mut() {
        if known == kind || kind == "*" {
            rules.push(rule.clone());
        }
    }
}

/// The tool of a kind that is no action, as a pattern of ours.
fn own_tool(kind: &str) -> Option<String> {
    match kind {
        "skill" => Some("opencode/skill".to_owned()),
        kind if KINDS.contains(&kind) => None,
        // A tool of a server is named `server_tool`.
        other => Some(match other.split_once('_') {
            Some((server, tool)) => format!("{server}/{tool}"),
            None => format!("opencode/{other}"),
        }),
    }
}

// ---- Writing ------------------------------------------------------------------------------

fn put(
    kind: &str,
    rules: &[Rule],
    named: &[String],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    writer.section(&format!("The permission {kind}."));
    if let Some(last) = rules.last()
        && last.pattern == "*"
        && last.tier == Tier::Deny
    {
        report.note(
            last.from,
            format!(
                "`{kind}` ends in a denial of everything, so the tool is hidden from the model"
            ),
            "",
        );
    }
    for (index, rule) in rules.iter().enumerate() {
        let behind = rules.get(index + 1..).unwrap_or_default();
        if let Some(cover) = behind.iter().find(|later| covers(&later.pattern, &rule.pattern)) {
            if kind != "*" {
                report.overruled(rule.from, cover.from);
            }
            continue;
        }
        let looser: Vec<&Rule> = behind
            .iter()
            .filter(|later| later.tier < rule.tier && may_meet(kind, &later.pattern, &rule.pattern))
            .collect();
        if matches!(kind, "list" | "glob" | "grep") {
            writer.declare("host_tool", "string");
        }
        let Some(mut sentence) = sentence(kind, rule, &looser, options, report) else { continue };
        if kind == "*" {
            sentence = sentence.object("\"*/*\"").except(named.iter().cloned());
        }
        writer.sentence(&sentence, report, rule.from);
        if kind == "bash" && rule.tier == Tier::Allow {
            let spec = Specifier::new(&rule.pattern);
            if let [program] = &spec.words[..]
                && (spec.any_words || spec.any_end)
            {
                report.wide(rule.from, program);
            }
        }
    }
}

/// Whether both may match one command: they do not where they begin with different programs.
fn may_meet(kind: &str, a: &str, b: &str) -> bool {
    let program = |pattern: &str| {
        let first = pattern.split(' ').next().unwrap_or_default().to_owned();
        (!first.contains(['*', '?', '\'', '"'])).then_some(first)
    };
    match (program(a), program(b)) {
        (Some(a), Some(b)) if kind == "bash" => a == b,
        _ => true,
    }
}

/// Whether a pattern matches all that another one matches, as far as that is plain.
fn covers(wide: &str, narrow: &str) -> bool {
    wide == "*"
        || wide == narrow
        || wide.strip_suffix(" *").is_some_and(|start| {
            narrow == start || narrow.strip_prefix(start).is_some_and(|rest| rest.starts_with(' '))
        })
        || wide.strip_suffix('*').is_some_and(|start| {
            !start.contains(['*', '?']) && !start.ends_with(' ') && narrow.starts_with(start)
        })
}

/// The text of a pattern as a regular expression.
fn regex(pattern: &str) -> String {
    let (start, is_open) = match pattern.strip_suffix(" *") {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut regex = String::new();
    for c in start.chars() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            c => regex.push_str(&quote::regex(&c.to_string())),
        }
    }
    if is_open {
        regex.push_str("( .*)?");
    }
    regex
}

fn sentence(
    kind: &str,
    rule: &Rule,
    looser: &[&Rule],
    options: Options,
    report: &mut Report,
) -> Option<Sentence> {
    let is_all = rule.pattern == "*";
    let tier = rule.tier;
    match kind {
        "bash" if options.tighten => {
            let pattern = |rule: &Rule| quote::literal(&Specifier::new(&rule.pattern).pattern());
            let object = if is_all { "*".to_owned() } else { pattern(rule) };
            let except = looser.iter().map(|rule| pattern(rule));
            Some(Sentence::new(tier, "run").object(object).except(except))
        }
        "bash" => {
            let mut sentence = Sentence::new(tier, "run");
            let written = |rule: &Rule| {
                let spec = Specifier::new(&rule.pattern);
                let is_plain = !spec.words.iter().any(|word| word.contains('?'));
                let regex = if is_plain { spec.regex() } else { regex(&rule.pattern) };
                // A word known only when the command runs is written as `…`, `$HOME` as `~`.
                let regex = match rule.tier {
                    Tier::Allow => regex,
                    _ => regex.replace("\\$", "[$…~]"),
                };
                format!("written matches {}", quote::literal(&format!("(?s){regex}")))
            };
            if !is_all {
                sentence.when.push(written(rule));
            }
            sentence.unless.extend(looser.iter().map(|rule| written(rule)));
            Some(sentence)
        }
        "read" | "edit" | "list" | "glob" | "grep" | "external_directory" => {
            let actions = match kind {
                "edit" => "write, delete",
                "external_directory" => "read, write, delete",
                _ => "read",
            };
            if matches!(kind, "list" | "glob" | "grep") && !is_all {
                report.lost(
                    rule.from,
                    format!("what `{kind}` looks for is not in a request"),
                    "nothing is written for this rule",
                );
                return None;
            }
            let paths = |rule: &Rule| match kind {
                "external_directory" => path_patterns(&rule.pattern),
                _ => project_patterns(&rule.pattern),
            };
            let Some(objects) = paths(rule) else {
                let what = "a pattern with that many stars, of which each spans folders";
                report.lost(rule.from, what, "nothing is written for this rule");
                return None;
            };
            if objects.is_empty() {
                report.never(
                    rule.from,
                    "a file is told by its path from the project on, so this matches none",
                    "leave out what leads to the project",
                );
                return None;
            }
            let mut sentence = Sentence::new(tier, actions);
            match is_all {
                true => sentence.objects.push("*".to_owned()),
                false => sentence.objects.extend(objects.iter().map(|path| quote::literal(path))),
            }
            for rule in looser {
                let Some(paths) = paths(rule) else { continue };
                sentence.except.extend(paths.iter().map(|path| quote::literal(path)));
            }
            if kind == "external_directory" {
                if looser.iter().all(|rule| rule.pattern != "*") && is_all {
                    sentence.except.push("\"$workspace/**\"".to_owned());
                }
            } else {
                let tools: &[&str] = match kind {
                    "edit" => &[],
                    "read" => &["read"],
                    other => &[other],
                };
                if kind != "edit" && kind != "read" {
                    sentence.when.push(format!("host_tool == {}", quote::literal(tools[0])));
                }
            }
            Some(sentence)
        }
        "webfetch" => {
            let host = |rule: &Rule| host_pattern(&rule.pattern);
            let mut sentence = Sentence::new(tier, "fetch");
            if !is_all {
                let Some(object) = host(rule) else {
                    report.lost(rule.from, "a page is told by its host in a policy", "");
                    return None;
                };
                sentence.objects.push(object);
            }
            for rule in looser {
                sentence.except.push(host(rule)?);
            }
            Some(sentence)
        }
        "websearch" | "codesearch" => is_all.then(|| Sentence::new(tier, "search")),
        "task" => {
            let name = |rule: &Rule| quote::literal(&rule.pattern);
            let except: Vec<String> = looser.iter().map(|rule| name(rule)).collect();
            Some(Sentence::new(tier, "spawn").object(name(rule)).except(except))
        }
        "skill" => {
            let skill = |rule: &Rule| format!("args.name like {}", quote::literal(&rule.pattern));
            let mut sentence = Sentence::new(tier, "call").object("\"opencode/skill\"");
            if !is_all {
                sentence.when.push(skill(rule));
            }
            sentence.unless.extend(looser.iter().map(|rule| skill(rule)));
            Some(sentence)
        }
        "doom_loop" => {
            report.lost(rule.from, "that a call repeats is not in a request", "");
            None
        }
        "*" => Some(Sentence::new(tier, "call")),
        other => {
            let object = own_tool(other)?;
            is_all.then(|| Sentence::new(tier, "call").object(quote::literal(&object)))
        }
    }
}

/// How many stars of a pattern may stand in the middle of a name.
const MOST_STARS: usize = 4;

/// A pattern of a path in the project: it is compared with the path from the project on. None where
/// it has too many stars.
fn project_patterns(pattern: &str) -> Option<Vec<String>> {
    let is_elsewhere = pattern.starts_with(['/', '~']) || pattern.starts_with("$HOME");
    if is_elsewhere {
        return Some(Vec::new());
    }
    // What lies outside of the project begins with `..`, which a star may be as well.
    match pattern.starts_with(['*', '?']) {
        true => spanning("**/", pattern),
        false => spanning("$workspace/", pattern),
    }
}

/// A pattern of an absolute path.
fn path_patterns(pattern: &str) -> Option<Vec<String>> {
    if let Some(rest) = pattern.strip_prefix("~/").or_else(|| pattern.strip_prefix("$HOME/")) {
        spanning("~/", rest)
    } else if let Some(rest) = pattern.strip_prefix('/') {
        spanning("/", rest)
    } else {
        spanning("**/", pattern)
    }
}

/// A pattern in which `*` spans folders, as patterns in which it does not.
fn spanning(base: &str, rest: &str) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    let mut inside = 0;
    let components: Vec<&str> =
        rest.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..").collect();
    for (index, part) in components.iter().enumerate() {
        if 0 < index {
            all.iter_mut().for_each(|one| one.push('/'));
        }
        if part.chars().all(|c| c == '*') {
            // At least one component, but for `*` alone.
            let whole = if components.len() == 1 { "**" } else { "*/**" };
            all.iter_mut().for_each(|one| one.push_str(whole));
            continue;
        }
        let signs: Vec<char> = part.chars().collect();
        for (at, &c) in signs.iter().enumerate() {
            if c != '*' {
                let text = match c {
                    '?' => "?".to_owned(),
                    c => quote::component(&c.to_string()),
                };
                all.iter_mut().for_each(|one| one.push_str(&text));
                continue;
            }
            if at.checked_sub(1).is_some_and(|before| signs[before] == '*') {
                continue;
            }
            let is_end = signs[at..].iter().all(|&c| c == '*');
            match (at, is_end) {
                (0, _) => all.iter_mut().for_each(|one| one.push_str("**/*")),
                (_, true) => all.iter_mut().for_each(|one| one.push_str("*/**")),
                _ => {
                    inside += 1;
                    if MOST_STARS < inside {
                        return None;
                    }
                    let spread = all.iter().map(|one| format!("{one}*/**/*"));
                    let mut both: Vec<String> = all.iter().map(|one| format!("{one}*")).collect();
                    both.extend(spread);
                    all = both;
                }
            }
        }
    }
    let tidy = |path: String| {
        let mut path = format!("{base}{path}");
        while path.contains("**/**") {
            path = path.replace("**/**", "**");
        }
        path
    };
    Some(all.into_iter().map(tidy).collect())
}

fn host_pattern(pattern: &str) -> Option<String> {
    let rest = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, "*"));
    let is_host = !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-*".contains(c))
        && (path == "*" || path == "**");
    is_host.then(|| quote::literal(&host.to_lowercase()))
}
