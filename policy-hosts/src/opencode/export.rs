//! A policy as `permission` of `opencode.json`.
//!
//! The last rule that matches decides there, so the file goes from the general to what is stricter:
//!
//! ```text
//!   "*": "ask"                    everything
//!   "read": { "*": "allow",       what is proved to be allowed
//!             "*/.env": "ask" }   what that must not include
//!   "bash": { "docker ps *": …    denials come last
//! ```
//!
//! A pattern is compared with the text of one command. Of a redirection opencode sees only what
//! stands directly at a command: in `ls && ls > x`, `(ls) > x` and `ls | cat > x` it does not see the
//! file. So a command is allowed only where any file may be written and read, or where the hook is
//! said to be there, which refuses the rest. Nor does it ask about where a patch moves a file to, so it
//! is with files. Both were read in the program, version 1.18.34.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use policy_eval::{Action, Attr, Tier};
use policy_lang::model::pattern::{
    HostPattern, HostShape, LabelItem, PathBase, PathItem, PathPattern, Piece, RootId, TokenPattern,
};
use policy_lang::model::{Atom, AttrRef, Effect, Formula, Rule, words};

use crate::export::{
    Claimed, Claims, File, Form, Losses, Options, but_for, hosts, is_open, object, pairs, paths,
    plain_command, prefixes, restraints, sample,
};
use crate::import::quote;

const GOVERNED: [Action; 8] = [
    Action::Run,
    Action::Read,
    Action::Write,
    Action::Delete,
    Action::Fetch,
    Action::Search,
    Action::Call,
    Action::Spawn,
];

/// Reading and writing one file.
const FILES: [(Action, &str, &str); 2] =
    [(Action::Read, "read", "read"), (Action::Write, "write, delete", "edit")];

/// Permissions that are no actions of a policy, and the tools that they are for.
const OWN: [&str; 6] = ["todowrite", "question", "plan_enter", "plan_exit", "lsp", "skill"];

/// The patterns of one permission. Of the three the later ones decide.
#[derive(Default)]
struct Patterns {
    name: String,
    allow: BTreeSet<String>,
    ask: BTreeSet<String>,
    deny: BTreeSet<String>,
}

#[derive(Default)]
struct Permissions {
    /// In the order in which they are written, which matters where a name is a pattern.
    all: Vec<Patterns>,
    /// Of reading and of writing: patterns that nothing allowed may include, and the guards of each.
    closed: [Vec<(String, Vec<String>)>; 2],
    /// Whether a redirection that is not seen does no harm.
    commands: bool,
    /// Whether it does no harm where a patch moves a file to.
    moves: bool,
}

pub(crate) fn export(
    claims: &Claims<'_>,
    options: Options,
    losses: &mut Losses<'_>,
) -> (Vec<File>, usize) {
    let mut permissions = Permissions {
        // A redirection that is not seen may write and read any file.
        commands: options.with_hook || claims.claim("always allow read, write, delete").holds(),
        // Of a file that a patch moves, opencode asks about where it was alone.
        moves: options.with_hook
            || claims.claim("always allow write, delete \"$workspace/**\"").holds(),
        ..Permissions::default()
    };
    for name in ["bash", "read", "edit", "external_directory", "webfetch", "websearch", "task"] {
        permissions.of(name);
    }
    permissions.close_actions(claims);
    for rule in &claims.model.rules {
        permissions.close_files(rule);
        if let Effect::Tier(Tier::Deny, _) = rule.effect {
            permissions.deny(rule, claims, losses);
        }
    }
    for rule in &claims.model.rules {
        match rule.effect {
            Effect::Tier(Tier::Allow, _) => permissions.allow(rule, claims, losses),
            Effect::Tier(Tier::Review, _) => losses.review(rule, claims, &GOVERNED),
            _ => {}
        }
    }
    permissions.allow_whole(claims);
    permissions.guard();
    losses.not_governed(&GOVERNED, "opencode");
    let proved = permissions.all.iter().map(|one| one.allow.len()).sum();
    (vec![File { name: "opencode.json", text: permissions.text() }], proved)
}

impl Permissions {
    fn of(&mut self, name: &str) -> &mut Patterns {
        let known = self.all.iter().position(|one| one.name == name);
        let index = known.unwrap_or_else(|| {
            self.all.push(Patterns { name: name.to_owned(), ..Patterns::default() });
            self.all.len() - 1
        });
        &mut self.all[index]
    }

    /// Actions that are denied whatever they are about. It hides the tool.
    fn close_actions(&mut self, claims: &Claims<'_>) {
        let all: [(&str, &[&str]); 5] = [
            ("run", &["bash"]),
            ("read", &["read", "glob", "grep", "list"]),
            ("write, delete", &["edit"]),
            ("fetch", &["webfetch"]),
            ("search", &["websearch", "codesearch"]),
        ];
        for (actions, names) in all {
            if claims.claim(&format!("always deny {actions}")).holds() {
                for name in names {
                    self.of(name).deny.insert("*".to_owned());
                }
            }
        }
    }

    /// Remembers what a rule takes away from whatever is allowed.
    fn close_files(&mut self, rule: &Rule) {
        for (which, (action, ..)) in FILES.iter().enumerate() {
            let speaks = rule.actions.contains(*action)
                || (*action == Action::Write && rule.actions.contains(Action::Delete));
            if !speaks {
                continue;
            }
            for path in restraints(rule) {
                let object = object(path);
                let is_known = self.closed[which].iter().any(|(known, _)| *known == object);
                if let Some(guards) = guards(path).filter(|_| !is_known) {
                    self.closed[which].push((object, guards));
                }
            }
        }
    }

    fn deny(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        let mut shown = None;
        if rule.actions.contains(Action::Run) {
            for prefix in prefixes(rule) {
                if claims.claim(&format!("always deny run {}", prefix.open())).holds()
                    && let Some(text) = plain_command(&prefix)
                {
                    self.of("bash").deny.insert(format!("{text} *"));
                }
            }
            shown = sample(rule).and_then(|words| {
                // The text of a command begins with the program as it is written.
                let mut other = words;
                let program = other.first_mut()?;
                *program = format!("/usr/bin/{program}");
                claims.command(&other, "ask").filter(|shown| shown.policy == Tier::Deny)
            });
        }
        for (action, actions, name) in FILES {
            if !rule.actions.contains(action) {
                continue;
            }
            for path in paths(&rule.when) {
                let object = object(path);
                let holds = claims.claim(&format!("always deny {actions} {object}")).holds();
                // What is said too wide denies too much, so only what is said as it is.
                if let Some(all) = exact(path).filter(|_| holds) {
                    self.of(name).deny.extend(all);
                }
            }
        }
        if rule.actions.contains(Action::Fetch) {
            for host in hosts(&rule.when) {
                let object = quote::literal(&host.written);
                let holds = claims.claim(&format!("always deny fetch {object}")).holds();
                if let Some(host) = plain_host(host).filter(|_| holds) {
                    let all = ["", "/*", ":*"].map(|end| format!("*://{host}{end}"));
                    self.of("webfetch").deny.extend(all);
                }
            }
        }
        if rule.actions.contains(Action::Call) {
            for pattern in pairs(&rule.when) {
                let object = quote::literal(&pattern.written);
                let holds = claims.claim(&format!("always deny call {object}")).holds();
                let name = joined(&pattern.first, &pattern.second);
                if let Some(name) = name.filter(|name| holds && name != "*_*") {
                    self.of(&name).deny.insert("*".to_owned());
                }
            }
        }
        if GOVERNED.iter().any(|&action| rule.actions.contains(action)) {
            losses.left_to_the_hook(rule, shown);
        }
    }

    fn allow(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        if rule.actions.contains(Action::Run) {
            self.allow_commands(rule, claims, losses);
        }
        let mut lost = None;
        for (which, (action, actions, name)) in FILES.into_iter().enumerate() {
            if !rule.actions.contains(action) {
                continue;
            }
            if action == Action::Write && !self.moves {
                losses.stricter(
                    rule,
                    "is asked about: opencode does not ask about where a patch moves a file to",
                    None,
                    "with `--with-hook` it is allowed: the hook sees both places",
                );
                continue;
            }
            for path in paths(&rule.when) {
                let Some((wide, pattern)) = widened(path) else {
                    lost = Some(Claimed::NotProved);
                    continue;
                };
                let claimed = claims.claim(&self.without(which, actions, &wide));
                match claimed.holds() {
                    true => self.of(name).allow.extend(pattern),
                    false => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Fetch) {
            for host in hosts(&rule.when) {
                let object = quote::literal(&host.written);
                let claimed = claims.claim(&format!("always allow fetch {object}"));
                match plain_host(host).filter(|_| claimed.holds()) {
                    Some(host) => {
                        for scheme in ["http", "https"] {
                            let all = ["", "/*"].map(|end| format!("{scheme}://{host}{end}"));
                            self.of("webfetch").allow.extend(all);
                        }
                    }
                    None => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Call) {
            for pattern in pairs(&rule.when) {
                let name = joined(&pattern.first, &pattern.second);
                let is_literal = |name: &String| !name.contains('*') && !OWN.contains(&&**name);
                let Some(name) = name.filter(is_literal) else {
                    lost = Some(Claimed::NotProved);
                    continue;
                };
                // Where the name of the server ends is not said, so each place counts.
                let claimed = readings(&name)
                    .iter()
                    .map(|object| {
                        claims.claim(&format!("always allow call {}", quote::literal(object)))
                    })
                    .find(|claimed| !claimed.holds());
                let is_joined = pattern.first.as_literal() == Some("opencode");
                let object = quote::literal(&pattern.written);
                match claimed {
                    _ if is_joined
                        && claims.claim(&format!("always allow call {object}")).holds() =>
                    {
                        self.of(&name).allow.insert("*".to_owned());
                    }
                    None => {
                        self.of(&name).allow.insert("*".to_owned());
                    }
                    Some(claimed) => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Spawn) {
            for name in agents(&rule.when) {
                let claim = format!("always allow spawn {}", quote::literal(name));
                let claimed = claims.claim(&claim);
                match claimed.holds() {
                    true => {
                        self.of("task").allow.insert(name.to_owned());
                    }
                    false => lost = Some(claimed),
                }
            }
        }
        losses.in_part(rule, lost);
    }

    /// The claim that files are allowed, but for what the guards hold.
    fn without(&self, which: usize, actions: &str, object: &str) -> String {
        let closed = self.closed[which].iter().map(|(object, _)| &**object);
        but_for(format!("always allow {actions} {object}"), closed)
    }

    fn allow_commands(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        for prefix in losses.beginnings(rule) {
            let Some(text) = plain_command(&prefix) else {
                losses.stricter(rule, "is asked about: its words are no plain text", None, "");
                continue;
            };
            let (claimed, form) = claims.form(&prefix);
            if form.is_some() && !self.commands {
                let line = format!("{text} && {text} > /etc/x");
                let shown = claims.line(&line, "allow").filter(|shown| shown.policy != Tier::Allow);
                losses.stricter(
                    rule,
                    "is asked about: opencode does not see what a line of several commands redirects",
                    shown,
                    "with `--with-hook` it is allowed: the hook refuses the redirection",
                );
                continue;
            }
            let bash = self.of("bash");
            match form {
                Some(Form::Open) => {
                    bash.allow.insert(format!("{text} *"));
                    continue;
                }
                Some(Form::NoFlags) => {
                    bash.allow.insert(format!("{text} *"));
                    // A flag, and what could hide one.
                    bash.ask.extend(["-", "$"].map(|sign| format!("{text} *{sign}*")));
                }
                Some(Form::Exact) => {
                    bash.allow.insert(text);
                    if !is_open(rule) {
                        continue;
                    }
                }
                None => {}
            }
            let less = match form {
                Some(Form::NoFlags) => "is allowed without flags alone",
                Some(_) => "is allowed without further words alone",
                None => "is asked about",
            };
            let shown = claims.command(&prefix.words, "ask");
            let shown = shown.filter(|shown| form.is_none() && shown.policy == Tier::Allow);
            losses.stricter(rule, &format!("{less}: {}", claimed.why_not()), shown, "");
        }
    }

    /// What is allowed whatever it is about.
    fn allow_whole(&mut self, claims: &Claims<'_>) {
        let any = || "*".to_owned();
        if claims.claim("always allow search").holds() {
            self.of("websearch").allow.insert(any());
            self.of("codesearch").allow.insert(any());
        }
        if claims.claim("always allow spawn").holds() {
            self.of("task").allow.insert(any());
        }
        // These see every file below a folder, so nothing may be closed there.
        if claims.claim("always allow read \"$workspace/**\"").holds() {
            for name in ["glob", "grep", "list"] {
                self.of(name).allow.insert(any());
            }
        }
        for tool in OWN {
            let object = quote::literal(&format!("opencode/{tool}"));
            if claims.claim(&format!("always allow call {object}")).holds() {
                self.of(tool).allow.insert(any());
            }
        }
    }

    /// What nothing allowed may include.
    fn guard(&mut self) {
        for (which, (.., name)) in FILES.iter().enumerate() {
            let guards: Vec<String> =
                self.closed[which].iter().flat_map(|(_, guards)| guards.clone()).collect();
            let one = self.of(name);
            if !one.allow.is_empty() {
                one.ask.extend(guards);
                // What lies outside of the project.
                one.ask.insert("../*".to_owned());
                if *name == "read" {
                    // Resources of servers.
                    one.ask.insert("mcp:*".to_owned());
                }
            }
        }
        let bash = self.of("bash");
        if !bash.allow.is_empty() {
            bash.ask.extend(["*>*".to_owned(), "*<*".to_owned()]);
        }
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"permission\": {\n    \"*\": \"ask\"",
        );
        // A name that is a pattern denies, so it stands behind those that it includes.
        let mut all: Vec<&Patterns> = self.all.iter().collect();
        all.sort_by_key(|one| one.name.contains('*'));
        for one in all {
            let name = text(&one.name);
            if one.deny.contains("*") {
                let _ = write!(out, ",\n    {name}: \"deny\"");
                continue;
            }
            if one.allow.len() == 1
                && one.allow.contains("*")
                && one.ask.is_empty()
                && one.deny.is_empty()
            {
                let _ = write!(out, ",\n    {name}: \"allow\"");
                continue;
            }
            // What asks about everything leaves nothing of what is allowed before it.
            let none = BTreeSet::new();
            let is_asked = one.ask.contains("*");
            let (allow, ask) = if is_asked { (&none, &none) } else { (&one.allow, &one.ask) };
            if allow.is_empty() && one.deny.is_empty() {
                let _ = write!(out, ",\n    {name}: \"ask\"");
                continue;
            }
            let _ = write!(out, ",\n    {name}: {{");
            let rest = if allow.contains("*") { None } else { Some(("*".to_owned(), "ask")) };
            let lists = [(allow, "allow"), (ask, "ask"), (&one.deny, "deny")];
            let lines: Vec<(String, &str)> = rest.into_iter().chain(lines(&lists)).collect();
            for (index, (pattern, tier)) in lines.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(out, "{comma}\n      {}: \"{tier}\"", text(pattern));
            }
            out.push_str("\n    }");
        }
        out.push_str("\n  }\n}\n");
        out
    }
}

/// The patterns with what each says. An object holds a key once, so the last place counts.
fn lines(lists: &[(&BTreeSet<String>, &'static str)]) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for (index, (patterns, tier)) in lists.iter().enumerate() {
        for pattern in *patterns {
            let comes_again = lists[index + 1..].iter().any(|(behind, _)| behind.contains(pattern));
            if !comes_again {
                all.push((pattern.clone(), *tier));
            }
        }
    }
    all
}

// ---- Patterns -----------------------------------------------------------------------------

/// What a rule would really allow, as a pattern of the policy, and the patterns that say it.
///
/// Paths in the project are relative there, and `*` spans folders.
fn widened(path: &PathPattern) -> Option<(String, Vec<String>)> {
    if path.base != PathBase::Root(RootId(0)) {
        return None;
    }
    let literals: Vec<&str> = path
        .items
        .iter()
        .map_while(|item| match item {
            PathItem::Component(token) => token.as_literal().filter(|text| is_plain(text)),
            PathItem::AnyDepth => None,
        })
        .collect();
    let start = literals.join("/");
    let here = |rest: &str| match start.is_empty() {
        true => format!("$workspace/{rest}"),
        false => format!("$workspace/{start}/{rest}"),
    };
    match &path.items[literals.len()..] {
        [] if start.is_empty() => None,
        [] => Some((object(path), vec![start])),
        [PathItem::AnyDepth] if start.is_empty() => Some((object(path), vec!["*".to_owned()])),
        [PathItem::AnyDepth] => Some((object(path), vec![start.clone(), format!("{start}/*")])),
        [PathItem::AnyDepth, PathItem::Component(token)] => {
            let [Piece::Star, Piece::Literal(end)] = &token.pieces[..] else { return None };
            if token.fold || !is_plain(end) {
                return None;
            }
            let pattern = match start.is_empty() {
                true => format!("*{end}"),
                false => format!("{start}/*{end}"),
            };
            Some((object(path), vec![pattern]))
        }
        _ if start.is_empty() => None,
        // All that lies below, which is more than the pattern.
        _ => Some((quote::literal(&here("**")), vec![start.clone(), format!("{start}/*")])),
    }
}

/// The patterns that say a pattern as it is.
fn exact(path: &PathPattern) -> Option<Vec<String>> {
    if path.base == PathBase::Root(RootId(0)) {
        let (wide, patterns) = widened(path)?;
        return (wide == object(path)).then_some(patterns);
    }
    // A floating one is said by its guards, where no star spans more than it does.
    let is_floating =
        path.base == PathBase::Absolute && matches!(path.items.first(), Some(PathItem::AnyDepth));
    let is_literal = |item: &PathItem| match item {
        PathItem::Component(token) => !token.fold && token.as_literal().is_some(),
        PathItem::AnyDepth => true,
    };
    let components =
        path.items.iter().filter(|item| matches!(item, PathItem::Component(_))).count();
    (is_floating && components == 1 && path.items.iter().all(is_literal))
        .then(|| guards_as_written(path))
        .flatten()
}

/// A piece of a pattern there, from which guards are spelled.
enum Sign {
    /// A letter, or another sign that stands for itself.
    Char(char),
    /// `*`, `?` or `/` with their meaning.
    Wild(char),
}

/// Patterns that hold at least all that a pattern matches below a folder, whatever that folder is,
/// and in whatever case its letters are: on macOS `.ENV` is `.env`.
fn guards(path: &PathPattern) -> Option<Vec<String>> {
    let (signs, is_open) = signs(path)?;
    Some(with_ends(spellings(&signs), is_open))
}

/// The same with the letters as they stand.
fn guards_as_written(path: &PathPattern) -> Option<Vec<String>> {
    let (signs, is_open) = signs(path)?;
    Some(with_ends(vec![as_written(&signs)], is_open))
}

/// A pattern without what leads to a floating one, and whether all below is meant too.
fn signs(path: &PathPattern) -> Option<(Vec<Sign>, bool)> {
    let mut items = &path.items[..];
    // A project may lie anywhere above what an absolute pattern speaks of.
    if path.base != PathBase::Root(RootId(0)) {
        let last = items.iter().rposition(|item| matches!(item, PathItem::Component(_)))?;
        items = &items[last..];
    }
    let mut signs = Vec::new();
    let mut is_open = false;
    for (index, item) in items.iter().enumerate() {
        match item {
            PathItem::AnyDepth if index + 1 == items.len() => is_open = true,
            PathItem::AnyDepth => signs.push(Sign::Wild('*')),
            PathItem::Component(token) => {
                if !matches!(signs.last(), None | Some(Sign::Wild('*'))) {
                    signs.push(Sign::Wild('/'));
                }
                for piece in &token.pieces {
                    match piece {
                        Piece::Literal(text) if is_plain(text) => {
                            signs.extend(text.chars().map(Sign::Char));
                        }
                        Piece::Star => signs.push(Sign::Wild('*')),
                        Piece::AnyChar => signs.push(Sign::Wild('?')),
                        _ => return None,
                    }
                }
            }
        }
    }
    Some((signs, is_open))
}

fn with_ends(patterns: Vec<String>, is_open: bool) -> Vec<String> {
    let mut all = Vec::new();
    for pattern in patterns {
        if pattern.is_empty() {
            if is_open {
                all.push("*".to_owned());
            }
            continue;
        }
        let ends: &[&str] = if is_open { &["", "/*"] } else { &[""] };
        all.extend(
            ends.iter().flat_map(|end| [format!("{pattern}{end}"), format!("*/{pattern}{end}")]),
        );
    }
    all
}

fn as_written(signs: &[Sign]) -> String {
    signs.iter().map(|(Sign::Char(c) | Sign::Wild(c))| *c).collect()
}

/// A pattern in every case of its letters.
///
/// A spelling is the one that is written, or it differs in some letter. So there is one pattern for
/// each letter, which has that letter in its other case and `?` in place of the others. `?` for all
/// of them would be one pattern, and match every name of that length.
fn spellings(signs: &[Sign]) -> Vec<String> {
    // What a sign beyond ASCII is the same as depends on the file system.
    let close = |sign: &Sign| match *sign {
        Sign::Char(c) if !c.is_ascii() => Sign::Wild('*'),
        Sign::Char(c) => Sign::Char(c),
        Sign::Wild(c) => Sign::Wild(c),
    };
    let signs: Vec<Sign> = signs.iter().map(close).collect();
    let mut all = vec![as_written(&signs)];
    for (at, sign) in signs.iter().enumerate() {
        let Sign::Char(letter) = *sign else { continue };
        for other in others(letter) {
            let spelled = |(index, sign): (usize, &Sign)| match *sign {
                Sign::Char(_) if index == at => other,
                Sign::Char(c) if c.is_ascii_alphabetic() => '?',
                Sign::Char(c) | Sign::Wild(c) => c,
            };
            all.push(signs.iter().enumerate().map(spelled).collect());
        }
    }
    all
}

/// What else a letter may be where case does not count: of `k` and `s` there are signs that fold
/// to them.
fn others(letter: char) -> Vec<char> {
    if !letter.is_ascii_alphabetic() {
        return Vec::new();
    }
    let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
    let mut others = vec![if letter == lower { upper } else { lower }];
    match lower {
        'k' => others.push('\u{212a}'),
        's' => others.push('\u{17f}'),
        _ => {}
    }
    others
}

/// A part of a path that a pattern there takes for itself.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_control() && !"*?\\~$\"".contains(c))
}

fn plain_host(host: &HostPattern) -> Option<String> {
    let HostShape::Name(labels) = &host.shape else { return None };
    if host.ports.is_some() {
        return None;
    }
    let label = |item: &LabelItem| match item {
        LabelItem::Label(token) => token.as_literal().map(str::to_owned),
        _ => None,
    };
    let labels: Vec<String> = labels.iter().map(label).collect::<Option<_>>()?;
    let host = labels.join(".");
    host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)).then_some(host)
}

/// The name under which a tool is known there.
fn joined(server: &TokenPattern, tool: &TokenPattern) -> Option<String> {
    let plain = |token: &TokenPattern| {
        let text = words::token(token);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-*".contains(c);
        (!token.fold && !text.is_empty() && text.chars().all(is_plain)).then_some(text)
    };
    let (server, tool) = (plain(server)?, plain(tool)?);
    Some(if server == "opencode" { tool } else { format!("{server}_{tool}") })
}

/// What a joined name may stand for.
fn readings(name: &str) -> Vec<String> {
    name.match_indices('_')
        .filter(|(at, _)| 0 < *at && at + 1 < name.len())
        .map(|(at, _)| format!("{}/{}", &name[..at], &name[at + 1..]))
        .collect()
}

/// Names of agents that a rule speaks of.
fn agents(formula: &Formula) -> Vec<&str> {
    formula
        .conjuncts()
        .iter()
        .find_map(|part| match part {
            Formula::Atom(Atom::Text(AttrRef::Builtin(Attr::Name), patterns)) => {
                Some(patterns.iter().filter_map(TokenPattern::as_literal).collect::<Vec<_>>())
            }
            _ => None,
        })
        .unwrap_or_default()
        .into_iter()
        .filter(|name| is_plain(name))
        .collect()
}

/// A text of JSON.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
