//! Codex: `.rules`, `config.toml` and `requirements.toml` as a policy.
//!
//! Every rule that matches counts and the strictest decides, as here. A pattern is compared word by
//! word with what is to run, so a rule is a condition on `written`. With
//! [`Options::resolve_programs`] a program given by a path is looked up by its base name, unless a
//! rule that names the path matches.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source, Span};

use super::rules::{self, Argument, Call, Kind, Literal};
use super::{config, example, network};
use crate::import::quote;
use crate::import::report::at;
use crate::import::tree::{self, Node, Value};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report};

/// A prefix of words, each with its alternatives.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub(super) words: Vec<Vec<String>>,
    pub(super) tier: Tier,
    pub(super) because: Option<String>,
    pub(super) from: Location,
    examples: Vec<Example>,
}

/// What `match` and `not_match` say of a rule. Codex loads no file in which one is wrong.
#[derive(Clone, Debug)]
struct Example {
    words: Vec<String>,
    matches: bool,
    from: Location,
}

/// What all files say.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) prefixes: Vec<Prefix>,
    /// The paths that a program may be given by; the last definition counts.
    programs: BTreeMap<String, Vec<String>>,
    hosts: Vec<network::HostRule>,
}

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let mut read = Read::default();
    let mut configs = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if file.name.ends_with(".toml") {
            match tree::toml(&file.text) {
                Ok(node) => configs.push((index, node)),
                Err(fault) => report.invalid(at(index, fault.span), fault.message),
            }
        } else {
            rules_file(index, &file.text, &mut read, report);
        }
    }
    for (index, node) in &configs {
        managed_prefixes(*index, node, &mut read, report);
    }
    config::write(&configs, writer, report);
    network::write(&configs, &read.hosts, writer, report);
    if !read.prefixes.is_empty() {
        writer.heading("Commands. A rule matches the words that a command begins with.");
        prefixes(&read, options, writer, report);
    }
    for prefix in &read.prefixes {
        for example in &prefix.examples {
            let tier = example.matches.then_some(prefix.tier);
            writer.example(&example.words, tier, prefix.from, example.from);
        }
    }
}

fn rules_file(index: usize, text: &str, read: &mut Read, report: &mut Report) {
    match rules::read(text) {
        Ok(calls) => {
            let before = read.prefixes.len();
            calls.iter().for_each(|call| rule(index, call, read, report));
            // A `host_executable` may stand behind the rule.
            for prefix in read.prefixes.iter().skip(before) {
                check_examples(prefix, &read.programs, report);
            }
        }
        Err(wrong) => report.invalid(at(index, wrong.span), wrong.message),
    }
}

/// The arguments of a call by name.
struct Arguments<'c> {
    file: usize,
    call: &'c Call,
    given: BTreeMap<&'c str, &'c Literal>,
}

impl<'c> Arguments<'c> {
    /// `order` names the arguments that may stand by their place, and then all others.
    fn new(
        file: usize,
        call: &'c Call,
        order: &[&'static str],
        report: &mut Report,
    ) -> Option<Arguments<'c>> {
        let mut given = BTreeMap::new();
        let mut is_right = true;
        for (place, argument) in call.arguments.iter().enumerate() {
            let Argument { name, at: where_, value } = argument;
            let name = match name {
                Some(name) => order.iter().copied().find(|known| known == name),
                None => order.get(place).copied(),
            };
            match name {
                Some(name) if !given.contains_key(name) => {
                    given.insert(name, value);
                }
                Some(name) => {
                    report.invalid(at(file, *where_), format!("`{name}` stands twice"));
                    is_right = false;
                }
                None => {
                    let written = argument.name.as_deref().unwrap_or("");
                    report.invalid(
                        at(file, *where_),
                        format!("`{}` takes no argument `{written}`", call.name),
                    );
                    is_right = false;
                }
            }
        }
        is_right.then_some(Arguments { file, call, given })
    }

    fn at(&self, span: Span) -> Location {
        at(self.file, span)
    }

    fn required(&self, name: &str, report: &mut Report) -> Option<&'c Literal> {
        let found = self.given.get(name).copied();
        if found.is_none() {
            report.invalid(self.at(self.call.at), format!("`{}` needs `{name}`", self.call.name));
        }
        found
    }

    /// A text; none where there is none, or it is something else (which is told).
    fn text(&self, name: &str, report: &mut Report) -> Option<(&'c str, Span)> {
        let literal = self.given.get(name)?;
        match &literal.kind {
            Kind::Text(text) => Some((text, literal.span)),
            _ => {
                report.invalid(self.at(literal.span), format!("`{name}` is a text"));
                None
            }
        }
    }

    fn because(&self, report: &mut Report) -> Option<String> {
        let (text, span) = self.text("justification", report)?;
        if text.trim().is_empty() {
            report.invalid(self.at(span), "the justification is empty");
            return None;
        }
        Some(text.to_owned())
    }
}

fn rule(file: usize, call: &Call, read: &mut Read, report: &mut Report) {
    match call.name.as_str() {
        "prefix_rule" => {
            let order = ["pattern", "decision", "match", "not_match", "justification"];
            let Some(arguments) = Arguments::new(file, call, &order, report) else { return };
            if let Some(prefix) = prefix_rule(&arguments, report) {
                read.prefixes.push(prefix);
            }
        }
        "host_executable" => {
            let Some(arguments) = Arguments::new(file, call, &["name", "paths"], report) else {
                return;
            };
            if let Some((name, paths)) = host_executable(&arguments, report) {
                read.programs.insert(name, paths);
            }
        }
        "network_rule" => {
            let order = ["host", "protocol", "decision", "justification"];
            let Some(arguments) = Arguments::new(file, call, &order, report) else { return };
            if let Some(rule) = network_rule(&arguments, report) {
                read.hosts.push(rule);
            }
        }
        name => {
            let known = ["prefix_rule", "host_executable", "network_rule"];
            let help = match policy_lang::diagnostic::nearest(name, known) {
                Some(nearest) => format!("`{name}` is no rule; did you mean `{nearest}`?"),
                None => format!("`{name}` is no rule, and what it computes is not read"),
            };
            report.invalid(at(file, call.at), help);
        }
    }
}

fn prefix_rule(arguments: &Arguments<'_>, report: &mut Report) -> Option<Prefix> {
    let pattern = arguments.required("pattern", report)?;
    let Kind::List(items) = &pattern.kind else {
        report.invalid(arguments.at(pattern.span), "the pattern is a list of words");
        return None;
    };
    if items.is_empty() {
        report.invalid(arguments.at(pattern.span), "the pattern is empty");
        return None;
    }
    let mut words = Vec::new();
    for item in items {
        let alternatives = match &item.kind {
            Kind::Text(text) => Some(vec![text.clone()]),
            Kind::List(all) => all
                .iter()
                .map(|one| match &one.kind {
                    Kind::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect::<Option<Vec<String>>>()
                .filter(|all| !all.is_empty()),
            Kind::Other => None,
        };
        let Some(alternatives) = alternatives else {
            let what = "an element of a pattern is a word, or a list of words";
            report.invalid(arguments.at(item.span), what);
            return None;
        };
        words.push(alternatives);
    }
    let tier = match arguments.text("decision", report) {
        None if arguments.given.contains_key("decision") => return None,
        None => Tier::Allow,
        Some((decision, span)) => match decision {
            "allow" => Tier::Allow,
            "prompt" => Tier::Ask,
            "forbidden" => Tier::Deny,
            "prompt-user" => {
                let what = "`prompt-user` stands only in managed rules";
                report.invalid(arguments.at(span), what);
                return None;
            }
            other => {
                let what = format!("`{other}` is no decision: allow, prompt, forbidden");
                report.invalid(arguments.at(span), what);
                return None;
            }
        },
    };
    let from = arguments.at(arguments.call.span);
    if let [alternatives] = &words[..]
        && tier == Tier::Allow
    {
        let span = items.first().map_or(pattern.span, |item| item.span);
        alternatives.iter().for_each(|program| report.wide(arguments.at(span), program));
    }
    let mut examples = examples_in(arguments, "match", true, report);
    examples.extend(examples_in(arguments, "not_match", false, report));
    Some(Prefix { words, tier, because: arguments.because(report), from, examples })
}

/// What stands in `match` or `not_match`: lines, which are split into words, and lists of words.
fn examples_in(
    arguments: &Arguments<'_>,
    name: &str,
    matches: bool,
    report: &mut Report,
) -> Vec<Example> {
    let Some(list) = arguments.given.get(name) else { return Vec::new() };
    let Kind::List(items) = &list.kind else {
        report.invalid(arguments.at(list.span), format!("`{name}` is a list of examples"));
        return Vec::new();
    };
    let mut examples = Vec::new();
    for item in items {
        let from = arguments.at(item.span);
        let words = match &item.kind {
            Kind::Text(line) => example::split(line),
            Kind::List(words) => words
                .iter()
                .map(|word| match &word.kind {
                    Kind::Text(word) => Some(word.clone()),
                    _ => None,
                })
                .collect(),
            Kind::Other => None,
        };
        match words.filter(|words| !words.is_empty()) {
            Some(words) => examples.push(Example { words, matches, from }),
            None => report.invalid(from, "an example is a command line, or a list of words"),
        }
    }
    examples
}

/// Codex tries a rule on its examples by itself, and looks programs up by their base name.
fn check_examples(prefix: &Prefix, programs: &BTreeMap<String, Vec<String>>, report: &mut Report) {
    for example in &prefix.examples {
        match (example.matches, example::is_matched(&prefix.words, &example.words, programs)) {
            (true, false) => report.invalid(example.from, "the rule does not match this example"),
            (false, true) => {
                report.invalid(example.from, "the rule matches this example of `not_match`");
            }
            _ => {}
        }
    }
}

fn host_executable(
    arguments: &Arguments<'_>,
    report: &mut Report,
) -> Option<(String, Vec<String>)> {
    arguments.required("name", report)?;
    let (name, span) = arguments.text("name", report)?;
    if name.is_empty() || name.contains('/') {
        report.invalid(arguments.at(span), "the name of a program has no folder");
        return None;
    }
    let list = arguments.required("paths", report)?;
    let Kind::List(items) = &list.kind else {
        report.invalid(arguments.at(list.span), "`paths` is a list");
        return None;
    };
    let mut paths = Vec::new();
    for item in items {
        let Kind::Text(path) = &item.kind else {
            report.invalid(arguments.at(item.span), "a path is a text");
            return None;
        };
        let is_absolute = path.starts_with('/') || path.starts_with("~/");
        if !is_absolute || path.rsplit('/').next() != Some(name) {
            let what = format!("a path of `{name}` is absolute and ends in `/{name}`");
            report.invalid(arguments.at(item.span), what);
            return None;
        }
        paths.push(path.clone());
    }
    Some((name.to_owned(), paths))
}

fn network_rule(arguments: &Arguments<'_>, report: &mut Report) -> Option<network::HostRule> {
    arguments.required("host", report)?;
    arguments.required("protocol", report)?;
    arguments.required("decision", report)?;
    let (host, host_at) = arguments.text("host", report)?;
    let (protocol, protocol_at) = arguments.text("protocol", report)?;
    let (decision, decision_at) = arguments.text("decision", report)?;
    let protocol = match protocol {
        "http" => "http",
        "https" | "https_connect" | "http-connect" => "https",
        "socks5_tcp" | "socks5_udp" => "tcp",
        other => {
            report.invalid(arguments.at(protocol_at), format!("`{other}` is no protocol"));
            return None;
        }
    };
    let tier = match decision {
        "allow" => Tier::Allow,
        "prompt" => Tier::Ask,
        "deny" | "forbidden" => Tier::Deny,
        other => {
            report.invalid(arguments.at(decision_at), format!("`{other}` is no decision"));
            return None;
        }
    };
    if host.contains(['*', '/', '?']) || host.trim().is_empty() {
        let what = "the host of a rule is one name, without `*`, scheme or path";
        report.invalid(arguments.at(host_at), what);
        return None;
    }
    Some(network::HostRule {
        host: host.to_owned(),
        protocol,
        tier,
        because: arguments.because(report),
        from: arguments.at(arguments.call.span),
    })
}

/// `[rules] prefix_rules` of requirements.
fn managed_prefixes(file: usize, node: &Node, read: &mut Read, report: &mut Report) {
    let Some(rules) = node.at(&["rules", "prefix_rules"]) else { return };
    for rule in rules.items() {
        let from = at(file, rule.span);
        let words: Option<Vec<Vec<String>>> = rule
            .get("pattern")
            .map(Node::items)
            .unwrap_or(&[])
            .iter()
            .map(|item| {
                if let Some(token) = item.get("token").and_then(Node::text) {
                    return Some(vec![token.to_owned()]);
                }
                let all = item.get("any_of")?.texts()?;
                (!all.is_empty()).then(|| all.into_iter().map(str::to_owned).collect())
            })
            .collect();
        let tier = match rule.get("decision").and_then(Node::text) {
            Some("prompt" | "prompt-user") => Tier::Ask,
            Some("forbidden") => Tier::Deny,
            _ => {
                report.invalid(
                    from,
                    "a managed rule needs a decision: prompt, prompt-user, forbidden",
                );
                continue;
            }
        };
        let Some(words) = words.filter(|words| !words.is_empty()) else {
            report.invalid(from, "the pattern is a list of `{token = …}` and `{any_of = […]}`");
            continue;
        };
        if let Some(key) = rule.get("canonical_matching") {
            let what = "what `canonical_matching` does is not documented";
            report.lost(at(file, key.span), what, "the rule is read without it");
        }
        let because = rule.get("justification").and_then(Node::text).map(str::to_owned);
        read.prefixes.push(Prefix { words, tier, because, from, examples: Vec::new() });
    }
    if !matches!(rules.value, Value::List(_)) {
        report.invalid(at(file, rules.span), "`prefix_rules` is a list");
    }
}

// ---- Commands -----------------------------------------------------------------------------

fn prefixes(read: &Read, options: Options, writer: &mut Writer, report: &mut Report) {
    // What is stricter may hold in any line.
    let allows = |prefix: &&Prefix| prefix.tier == Tier::Allow && !options.tighten;
    if read.prefixes.iter().any(|prefix| allows(&prefix)) {
        config::open_plain_lines(writer);
        read.prefixes.iter().filter(allows).for_each(|one| put(one, read, options, writer, report));
        writer.line("}");
    }
    let others = read.prefixes.iter().filter(|prefix| !allows(prefix));
    others.for_each(|one| put(one, read, options, writer, report));
}

fn put(prefix: &Prefix, read: &Read, options: Options, writer: &mut Writer, report: &mut Report) {
    let sentence = Sentence {
        outside_sandbox: prefix.tier == Tier::Allow,
        ..Sentence::new(prefix.tier, "run")
    }
    .because(prefix.because.as_deref());
    if options.tighten {
        let object = quote::literal(&command_pattern(&prefix.words));
        writer.sentence(&sentence.object(object), report, prefix.from);
        return;
    }
    told_shells(prefix, report);
    let [programs, rest @ ..] = &prefix.words[..] else { return };
    // By the words as they stand.
    let exact = sentence.clone().when(matches_written(&words_regex(&prefix.words)));
    if !options.resolve_programs {
        writer.sentence(&exact, report, prefix.from);
        return;
    }
    let (paths, names): (Vec<String>, Vec<String>) =
        programs.iter().cloned().partition(|program| program.contains('/'));
    let (listed, free): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| read.programs.contains_key(name));
    if !free.is_empty() {
        let mut first = vec![alternatives(&free)];
        first.extend(free.iter().map(|name| by_any_path(name)));
        let regex = tail(format!("({})", first.join("|")), rest);
        let mut sentence = sentence.clone().when(matches_written(&regex));
        sentence.unless.extend(exact_rules_of_paths(read, &free));
        writer.sentence(&sentence, report, prefix.from);
    }
    let as_written: Vec<String> = paths.into_iter().chain(listed.iter().cloned()).collect();
    if !as_written.is_empty() {
        let regex = tail(alternatives(&as_written), rest);
        writer.sentence(&sentence.clone().when(matches_written(&regex)), report, prefix.from);
    }
    for name in &listed {
        let paths = read.programs.get(name).map(Vec::as_slice).unwrap_or_default();
        if paths.is_empty() {
            continue;
        }
        let regex = tail(format!("({})", by_absolute_path(name)), rest);
        let places: Vec<String> = paths.iter().map(|path| quote::literal(path)).collect();
        let mut sentence = sentence
            .clone()
            .when(matches_written(&regex))
            .when(format!("program in ({})", places.join(", ")));
        sentence.unless.extend(exact_rules_of_paths(read, std::slice::from_ref(name)));
        writer.sentence(&sentence, report, prefix.from);
    }
}

/// What rules say that name one of the programs by a path: where one of them matches, no rule is
/// looked up by the base name.
fn exact_rules_of_paths(read: &Read, names: &[String]) -> Option<String> {
    let mut regexes: Vec<String> = read
        .prefixes
        .iter()
        .filter_map(|prefix| {
            let [programs, rest @ ..] = &prefix.words[..] else { return None };
            let paths: Vec<String> = programs
                .iter()
                .filter(|program| {
                    let base = program.rsplit('/').next().unwrap_or_default();
                    program.contains('/') && names.iter().any(|name| name == base)
                })
                .cloned()
                .collect();
            (!paths.is_empty()).then(|| tail(alternatives(&paths), rest))
        })
        .collect();
    regexes.sort_unstable();
    regexes.dedup();
    (!regexes.is_empty()).then(|| matches_written(&quote::any_of(&regexes)))
}

/// A path, quoted or not, that ends in the name.
fn by_any_path(name: &str) -> String {
    let name = quote::regex(name);
    format!("[^ ']*/{name}|'([^']|'\\\\'')*/{name}'")
}

/// The same where the path is absolute. Which one it is, `program` says.
fn by_absolute_path(name: &str) -> String {
    let name = quote::regex(name);
    format!("/([^ ']*/)?{name}|'/([^']|'\\'')*{name}'")
}

fn matches_written(regex: &str) -> String {
    format!("written matches {}", quote::literal(&format!("(?s){regex}")))
}

fn words_regex(words: &[Vec<String>]) -> String {
    match words {
        [first, rest @ ..] => tail(alternatives(first), rest),
        [] => ".*".to_owned(),
    }
}

/// What begins with the program and the words, and ends there or at a blank.
fn tail(first: String, rest: &[Vec<String>]) -> String {
    let mut regex = first;
    for word in rest {
        regex.push(' ');
        regex.push_str(&alternatives(word));
    }
    regex.push_str("( .*)?");
    regex
}

fn alternatives(words: &[String]) -> String {
    quote::any_of(&words.iter().map(|word| quote::written(word)).collect::<Vec<_>>())
}

/// The same as our own pattern.
fn command_pattern(words: &[Vec<String>]) -> String {
    let mut pattern = String::new();
    for word in words {
        let all: Vec<String> = word.iter().map(|word| quote::word(word)).collect();
        match &all[..] {
            [one] => pattern.push_str(one),
            all => pattern.push_str(&format!("({})", all.join("|"))),
        }
        pattern.push(' ');
    }
    pattern.push_str("...");
    pattern
}

/// A shell that reads what nobody sees is asked about, whatever a rule says.
fn told_shells(prefix: &Prefix, report: &mut Report) {
    const SHELLS: [&str; 7] = ["bash", "sh", "zsh", "dash", "ksh", "eval", "source"];
    let program = prefix.words.first().and_then(|all| {
        all.iter().find(|program| SHELLS.contains(&program.rsplit('/').next().unwrap_or(program)))
    });
    if let Some(program) = program
        && prefix.tier == Tier::Allow
    {
        report.lost(
            prefix.from,
            format!("`{program}` without a script in the command line is asked about, whatever a rule allows"),
            "Codex runs it without a question; here what nobody can see is at least `ask`",
        );
    }
}
