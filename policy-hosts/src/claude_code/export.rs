//! A policy as `permissions` of Claude Code's `settings.json`.
//!
//! Deny beats ask beats allow there, whatever is more specific, so `ask` stands only for what Claude
//! Code would do without a question although the policy would not: read in the project, and run
//! the programs that it holds for harmless.

use std::collections::BTreeSet;

use policy_eval::{Action, Tier};
use policy_lang::model::pattern::{
    HostPattern, HostShape, LabelItem, PathBase, PathItem, PathPattern, Piece, TokenPattern,
};
use policy_lang::model::{Effect, Formula, Rule, words};

use crate::export::{
    Claims, File, Form, Losses, but_for, hosts, object, pairs, paths, prefixes, sample,
};
use crate::import::quote;

/// What Claude Code runs without a question, and `xargs`, behind which it looks although nobody
/// knows what `xargs` adds.
const HARMLESS: [&str; 32] = [
    "xargs",
    "ls",
    "cat",
    "echo",
    "pwd",
    "head",
    "tail",
    "grep",
    "rg",
    "find",
    "wc",
    "which",
    "whoami",
    "diff",
    "stat",
    "du",
    "df",
    "cd",
    "file",
    "sort",
    "uniq",
    "cut",
    "id",
    "true",
    "git status",
    "git log",
    "git diff",
    "git show",
    "git branch",
    "git blame",
    "git ls-files",
    "git remote",
];

const GOVERNED: [Action; 7] = [
    Action::Run,
    Action::Read,
    Action::Write,
    Action::Delete,
    Action::Fetch,
    Action::Search,
    Action::Call,
];

#[derive(Default)]
struct Settings {
    allow: BTreeSet<String>,
    ask: BTreeSet<String>,
    deny: BTreeSet<String>,
    /// What is denied to read and to write, as the policy writes it.
    closed: [Vec<String>; 2],
}

pub(crate) fn export(claims: &Claims<'_>, losses: &mut Losses<'_>) -> (Vec<File>, usize) {
    let mut settings = Settings::default();
    for rule in &claims.model.rules {
        if matches!(rule.effect, Effect::Tier(Tier::Deny, _)) {
            settings.deny(rule, claims, losses);
        }
    }
    for program in HARMLESS {
        let pattern = quote::literal(&format!("{program} ..."));
        let is_silent =
            program != "xargs" && claims.claim(&format!("always allow run {pattern}")).holds();
        let list = if is_silent { &mut settings.allow } else { &mut settings.ask };
        list.insert(format!("Bash({program} *)"));
    }
    let project = settings.without("always allow read", "\"$workspace/**\"", 0);
    if !claims.claim(&project).holds() {
        settings.ask.insert("Read".to_owned());
    }
    for rule in &claims.model.rules {
        match rule.effect {
            Effect::Tier(Tier::Allow, _) => settings.allow(rule, claims, losses),
            Effect::Tier(Tier::Review, _) => losses.review(rule, claims, &GOVERNED),
            _ => {}
        }
    }
    if claims.claim("always allow search").holds() {
        settings.allow.insert("WebSearch".to_owned());
    } else if claims.claim("always deny search").holds() {
        settings.deny.insert("WebSearch".to_owned());
    }
    losses.not_governed(&GOVERNED, "Claude Code");
    let proved = settings.allow.len();
    let document = serde_json::json!({
        "permissions": {
            "defaultMode": "default",
            "disableBypassPermissionsMode": "disable",
            "deny": settings.deny,
            "ask": settings.ask,
            "allow": settings.allow,
        },
        "disableAutoMode": "disable",
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
    (vec![File { name: "settings.json", text }], proved)
}

impl Settings {
    /// A claim about a path, but for what is denied there.
    fn without(&self, claim: &str, object: &str, which: usize) -> String {
        but_for(format!("{claim} {object}"), self.closed[which].iter().map(String::as_str))
    }

    fn allow(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        if rule.actions.contains(Action::Run) {
            self.allow_commands(rule, claims, losses);
        }
        let mut lost = None;
        for (action, claim, tool) in [
            (Action::Read, "always allow read", "Read"),
            (Action::Write, "always allow write, delete", "Edit"),
        ] {
            if !rule.actions.contains(action) {
                continue;
            }
            let which = usize::from(action == Action::Write);
            for path in paths(&rule.when) {
                let object = object(path);
                let claimed = claims.claim(&self.without(claim, &object, which));
                match specifier(path).filter(|_| claimed.holds()) {
                    Some(text) if !self.ask.contains(tool) => {
                        self.allow.insert(format!("{tool}({text})"));
                    }
                    _ => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Fetch) {
            for host in hosts(&rule.when) {
                let object = quote::literal(&host.written);
                let claimed = claims.claim(&format!("always allow fetch {object}"));
                match domains(host) {
                    Some(all) if claimed.holds() => self.allow.extend(all),
                    _ => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Call) {
            for (object, tool) in tools(&rule.when) {
                let claimed = claims.claim(&format!("always allow call {object}"));
                match tool.filter(|_| claimed.holds()) {
                    Some(tool) => {
                        self.allow.insert(tool);
                    }
                    None => lost = Some(claimed),
                }
            }
        }
        losses.in_part(rule, lost);
    }

    fn allow_commands(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        for prefix in losses.beginnings(rule) {
            let Some(text) = command(&prefix.words) else { continue };
            let is_asked = |ask: &String| {
                let words = ask.trim_start_matches("Bash(").trim_end_matches(" *)");
                text == words || text.starts_with(&format!("{words} "))
            };
            let claimed = claims.beginning(&prefix, Form::Open);
            if claimed.holds() && !self.ask.iter().any(is_asked) {
                self.allow.insert(format!("Bash({text} *)"));
                continue;
            }
            let shown = claims.command(&prefix.words, "ask");
            let shown = shown.filter(|shown| shown.policy == Tier::Allow);
            let what = match claimed.holds() {
                true => "is asked about, as what it begins with is".to_owned(),
                false => format!("is asked about: {}", claimed.why_not()),
            };
            // A rule for the words alone is not written: it would hold behind `xargs` too, which adds
            // words that nobody sees.
            losses.stricter(rule, &what, shown, "");
        }
    }

    fn deny(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        let mut is_whole = true;
        if rule.actions.contains(Action::Run) {
            for prefix in prefixes(rule) {
                let claimed = claims.claim(&format!("always deny run {}", prefix.open()));
                if let Some(text) = command(&prefix.words).filter(|_| claimed.holds()) {
                    self.deny.insert(format!("Bash({text} *)"));
                }
            }
            // Behind a program that Claude Code does not look behind.
            let shown = sample(rule).and_then(|words| {
                let mut wrapped = vec!["env".to_owned()];
                wrapped.extend(words);
                claims.command(&wrapped, "ask").filter(|shown| shown.policy == Tier::Deny)
            });
            losses.left_to_the_hook(rule, shown);
        }
        for (action, claim, tool, which) in [
            (Action::Read, "always deny read", "Read", 0),
            (Action::Write, "always deny write", "Edit", 1),
        ] {
            if !rule.actions.contains(action) {
                continue;
            }
            let all = paths(&rule.when);
            is_whole &= !all.is_empty();
            for path in all {
                let object = object(path);
                let claimed = claims.claim(&format!("{claim} {object}"));
                match specifier(path).filter(|_| claimed.holds()) {
                    Some(text) => {
                        self.deny.insert(format!("{tool}({text})"));
                        self.closed[which].push(object);
                    }
                    None => is_whole = false,
                }
            }
        }
        if rule.actions.contains(Action::Fetch) {
            let all = hosts(&rule.when);
            is_whole &= !all.is_empty();
            for host in all {
                let object = quote::literal(&host.written);
                let claimed = claims.claim(&format!("always deny fetch {object}"));
                match domains(host) {
                    Some(all) if claimed.holds() => self.deny.extend(all),
                    _ => is_whole = false,
                }
            }
        }
        if rule.actions.contains(Action::Call) {
            let all = tools(&rule.when);
            is_whole &= !all.is_empty();
            for (object, tool) in all {
                let claimed = claims.claim(&format!("always deny call {object}"));
                match tool.filter(|_| claimed.holds()) {
                    Some(tool) => {
                        self.deny.insert(tool);
                    }
                    None => is_whole = false,
                }
            }
        }
        if !is_whole {
            losses.left_to_the_hook(rule, None);
        }
    }
}

/// Words as `Bash(…)` has them: only such that nothing there reads as something else.
fn command(words: &[String]) -> Option<String> {
    let is_plain = |word: &String| {
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-+/=@,".contains(c))
    };
    words.iter().all(is_plain).then(|| words.join(" "))
}

/// The patterns of tools, each with its rule there, where there is one.
fn tools(formula: &Formula) -> Vec<(String, Option<String>)> {
    let name = |text: &str, stars: bool| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c) || stars && c == '*';
        !text.is_empty() && text.chars().all(is_plain) && !text.contains("__")
    };
    pairs(formula)
        .into_iter()
        .map(|pattern| {
            let (server, tool) = (words::token(&pattern.first), words::token(&pattern.second));
            let is_plain = name(&server, false) && name(&tool, true);
            let is_folded = pattern.first.fold || pattern.second.fold;
            let rule = (is_plain && !is_folded).then(|| format!("mcp__{server}__{tool}"));
            (quote::literal(&pattern.written), rule)
        })
        .collect()
}

/// A path pattern in the grammar of `.gitignore`, with the anchors of Claude Code.
fn specifier(path: &PathPattern) -> Option<String> {
    let mut out = match path.base {
        PathBase::Absolute => "/".to_owned(),
        PathBase::Root(root) if root.0 == 0 => String::new(),
        PathBase::Root(root) if root.0 == 1 => "~".to_owned(),
        PathBase::Root(_) => return None,
    };
    if path.items.is_empty() {
        return None;
    }
    for item in &path.items {
        out.push('/');
        match item {
            PathItem::AnyDepth => out.push_str("**"),
            PathItem::Component(token) => out.push_str(&component(token)?),
        }
    }
    Some(out)
}

fn component(token: &TokenPattern) -> Option<String> {
    if token.fold {
        return None;
    }
    let mut out = String::new();
    for piece in &token.pieces {
        match piece {
            Piece::Literal(text)
                if text.chars().all(|c| c.is_alphanumeric() || "._-+@".contains(c)) =>
            {
                out.push_str(text);
            }
            Piece::Star => out.push('*'),
            _ => return None,
        }
    }
    Some(out)
}

/// `*.d` is any depth without the apex; `**.d` is that and the apex.
fn domains(host: &HostPattern) -> Option<Vec<String>> {
    let HostShape::Name(labels) = &host.shape else { return None };
    if host.ports.is_some() {
        return None;
    }
    let (first, rest) = labels.split_first()?;
    let label = |item: &LabelItem| match item {
        LabelItem::Label(token) => token.as_literal().map(str::to_owned),
        _ => None,
    };
    let rest: Vec<String> = rest.iter().map(label).collect::<Option<_>>()?;
    let rest = rest.join(".");
    Some(match first {
        LabelItem::OneOrMore => vec![format!("WebFetch(domain:*.{rest})")],
        LabelItem::ZeroOrMore => {
            vec![format!("WebFetch(domain:{rest})"), format!("WebFetch(domain:*.{rest})")]
        }
        one if rest.is_empty() => vec![format!("WebFetch(domain:{})", label(one)?)],
        one => vec![format!("WebFetch(domain:{}.{rest})", label(one)?)],
    })
}
