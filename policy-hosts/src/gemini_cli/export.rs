//! A policy as a policy file of Gemini CLI.
//!
//! There the highest priority decides, so the file is read from its top:
//!
//! ```text
//!   990  deny      what the policy denies, as far as it can be said
//!   980  ask_user  files that an allowed folder does not include, and paths in another form
//!   970  allow     what is proved to be allowed
//!   960  ask_user  everything else
//! ```
//!
//! Rules compare a regular expression with the arguments as JSON, in which `\x00` stands around each
//! argument of the tool itself. So a rule is about one argument from its beginning to its end, and
//! about plain text alone: a line that redirects, substitutes, or quotes is asked about.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use policy_eval::{Action, Tier};
use policy_lang::model::pattern::{
    HostPattern, HostShape, LabelItem, PathBase, PathItem, PathPattern, Piece, TokenPattern,
};
use policy_lang::model::{Effect, Rule, words};

use super::import::OWN_TOOLS;
use crate::export::{
    Claims, File, Form, Losses, but_for, hosts, is_open, is_plain_name, object, pairs, paths,
    plain_command, prefixes, restraints, sample,
};
use crate::import::quote;

const DENY: u16 = 990;
const GUARD: u16 = 980;
const ALLOW: u16 = 970;
const REST: u16 = 960;

/// Signs of words that are no syntax of a shell.
const PLAIN: &str = "[A-Za-z0-9_./=@:,+% -]";

/// The same without what flags begin with.
const PLAIN_NO_DASH: &str = "[A-Za-z0-9_./=@:,+% ]";

/// Signs of a path that every system takes for themselves, with and without the separator.
const PATH: &str = "[A-Za-z0-9_@+,=.()!#&% /-]";
const COMPONENT: &str = "[A-Za-z0-9_@+,=.()!#&% -]";

/// A path with a component that is nothing, `.` or `..`, or ends in a dot or a blank, which some systems
/// leave out.
const ODD: &str = "([^\"]*//[^\"]*|(|[^\"]*/)[^\"/]*[. ](|/[^\"]*))";

/// What the loader takes for too long.
const LONGEST: usize = 2000;

const GOVERNED: [Action; 7] = [
    Action::Run,
    Action::Read,
    Action::Write,
    Action::Delete,
    Action::Fetch,
    Action::Search,
    Action::Call,
];

/// Reading and writing one file.
const FILES: [(Action, &str, &[&str]); 2] = [
    (Action::Read, "read", &["read_file"]),
    (Action::Write, "write, delete", &["write_file", "replace"]),
];

/// Tools that look through a folder.
const LISTING: [&str; 3] = ["list_directory", "glob", "grep_search"];

/// One rule of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    tools: Vec<String>,
    server: Option<String>,
    /// Beginnings of commands.
    prefixes: Vec<String>,
    /// A regular expression on the arguments.
    arguments: Option<String>,
    message: Option<String>,
}

impl Line {
    fn of(tools: &[&str]) -> Line {
        Line { tools: tools.iter().map(|tool| (*tool).to_owned()).collect(), ..Line::default() }
    }

    /// About one argument, which is a text.
    fn argument(self, name: &str, body: &str) -> Line {
        Line { arguments: Some(format!(r#"\x00"{name}":"{body}"\x00"#)), ..self }
    }
}

#[derive(Default)]
struct Rules {
    deny: Vec<Line>,
    guard: Vec<Line>,
    allow: Vec<Line>,
    /// Tools that are denied whatever their arguments are.
    closed_tools: BTreeSet<&'static str>,
    /// Of reading and of writing: patterns that nothing allowed may include, and the guard of each.
    closed: [Vec<(String, String)>; 2],
    /// Whether some file may be read or written.
    opens: [bool; 2],
}

pub(crate) fn export(claims: &Claims<'_>, losses: &mut Losses<'_>) -> (Vec<File>, usize) {
    let mut rules = Rules::default();
    rules.close_actions(claims);
    for rule in &claims.model.rules {
        rules.close_files(rule);
        if let Effect::Tier(Tier::Deny, _) = rule.effect {
            rules.deny(rule, claims, losses);
        }
    }
    for rule in &claims.model.rules {
        match rule.effect {
            Effect::Tier(Tier::Allow, _) => rules.allow(rule, claims, losses),
            Effect::Tier(Tier::Review, _) => losses.review(rule, claims, &GOVERNED),
            _ => {}
        }
    }
    rules.allow_whole(claims);
    losses.not_governed(&GOVERNED, "Gemini CLI");
    rules.allow.sort();
    rules.allow.dedup();
    let proved = rules.allow.len();
    (vec![File { name: "policy.toml", text: rules.text() }], proved)
}

impl Rules {
    /// Actions that are denied whatever they are about: the tool is denied, and so hidden.
    fn close_actions(&mut self, claims: &Claims<'_>) {
        if claims.claim("always deny call").holds() {
            self.deny.push(Line { server: Some("*".to_owned()), ..Line::of(&["*"]) });
        }
        let all: [(&str, &[&'static str]); 5] = [
            ("run", &["run_shell_command"]),
            ("read", &["read_file", "read_many_files", "list_directory", "glob", "grep_search"]),
            ("write, delete", &["write_file", "replace"]),
            ("fetch", &["web_fetch"]),
            ("search", &["google_web_search"]),
        ];
        for (actions, tools) in all {
            if claims.claim(&format!("always deny {actions}")).holds() {
                self.closed_tools.extend(tools);
                self.deny.push(Line::of(tools));
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
                if let Some(guard) = guard(path).filter(|_| !is_known) {
                    self.closed[which].push((object, guard));
                }
            }
        }
    }

    fn deny(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        let message = rule.reason.clone();
        let mut is_whole = true;
        if rule.actions.contains(Action::Run) && !self.closed_tools.contains("run_shell_command") {
            let all: Vec<String> = prefixes(rule)
                .iter()
                .filter(|prefix| {
                    claims.claim(&format!("always deny run {}", prefix.open())).holds()
                })
                .filter_map(plain_command)
                .collect();
            let words = sample(rule);
            let shown = words.and_then(|words| {
                // Behind a program that nobody looks behind there.
                let mut wrapped = vec!["env".to_owned()];
                wrapped.extend(words);
                claims.command(&wrapped, "ask").filter(|shown| shown.policy == Tier::Deny)
            });
            losses.left_to_the_hook(rule, shown);
            if !all.is_empty() {
                let line = Line::of(&["run_shell_command"]);
                let message = message.clone();
                self.deny.push(Line { prefixes: shortest(all), message, ..line });
            }
        }
        for (action, actions, tools) in FILES {
            if !rule.actions.contains(action) || self.closed_tools.contains(tools[0]) {
                continue;
            }
            for path in paths(&rule.when) {
                let object = object(path);
                let holds = claims.claim(&format!("always deny {actions} {object}")).holds();
                if let Some(body) = body(path, "[^\"\\\\]", "[^\"\\\\/]").filter(|_| holds) {
                    let line = Line::of(tools).argument("file_path", &body);
                    self.deny.push(Line { message: message.clone(), ..line });
                }
            }
            // Other spellings of the path, and what looks through its folder.
            is_whole = false;
        }
        if rule.actions.contains(Action::Fetch) && !self.closed_tools.contains("web_fetch") {
            for host in hosts(&rule.when) {
                let object = quote::literal(&host.written);
                let holds = claims.claim(&format!("always deny fetch {object}")).holds();
                if let Some(domain) = domain(host).filter(|_| holds) {
                    let text = "[^\"\\\\]*";
                    let body = format!("{text}://{domain}(|[/ :?#]{text})");
                    let line = Line::of(&["web_fetch"]).argument("prompt", &body);
                    self.deny.push(Line { message: message.clone(), ..line });
                }
            }
            is_whole = false;
        }
        if rule.actions.contains(Action::Call) {
            let all = pairs(&rule.when);
            is_whole &= !all.is_empty();
            for pattern in all {
                let object = quote::literal(&pattern.written);
                let holds = claims.claim(&format!("always deny call {object}")).holds();
                match tool(&pattern.first, &pattern.second).filter(|_| holds) {
                    Some(line) => self.deny.push(Line { message: message.clone(), ..line }),
                    None => is_whole = false,
                }
            }
        }
        if !is_whole {
            losses.left_to_the_hook(rule, None);
        }
    }

    fn allow(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        if rule.actions.contains(Action::Run) {
            self.allow_commands(rule, claims, losses);
        }
        let mut lost = None;
        for (which, (action, actions, tools)) in FILES.into_iter().enumerate() {
            if !rule.actions.contains(action) {
                continue;
            }
            for path in paths(&rule.when) {
                let object = object(path);
                let claimed = claims.claim(&self.without(which, actions, &object));
                match body(path, PATH, COMPONENT).filter(|_| claimed.holds()) {
                    Some(body) => {
                        self.opens[which] = true;
                        self.allow.push(Line::of(tools).argument("file_path", &body));
                    }
                    None => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Fetch) {
            for host in hosts(&rule.when) {
                let object = quote::literal(&host.written);
                let claimed = claims.claim(&format!("always allow fetch {object}"));
                // A page of a repository is fetched from where its files lie.
                let elsewhere = host.written.contains("github.com")
                    && !claims.claim("always allow fetch \"raw.githubusercontent.com\"").holds();
                match domain(host).filter(|_| claimed.holds() && !elsewhere) {
                    Some(domain) => {
                        let text = "[^:\"\\\\]*";
                        let body = format!("{text}https?://{domain}(|[/ ]{text})");
                        self.allow.push(Line::of(&["web_fetch"]).argument("prompt", &body));
                    }
                    None => lost = Some(claimed),
                }
            }
        }
        if rule.actions.contains(Action::Call) {
            for pattern in pairs(&rule.when) {
                let object = quote::literal(&pattern.written);
                let claimed = claims.claim(&format!("always allow call {object}"));
                match tool(&pattern.first, &pattern.second).filter(|_| claimed.holds()) {
                    Some(line) => self.allow.push(line),
                    None => lost = Some(claimed),
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
            let text = plain_command(&prefix);
            let (claimed, form) = claims.form(&prefix);
            let form = form.filter(|_| text.is_some());
            if let Some((text, form)) = text.zip(form) {
                let text = escape(&text);
                let body = match form {
                    Form::Open => format!("{text}(| {PLAIN}*)"),
                    Form::NoFlags => format!("{text}(| {PLAIN_NO_DASH}*)"),
                    Form::Exact => text,
                };
                // The first argument there is: `additional_permissions` would stand before it.
                let arguments = Some(format!(r#"^\{{\x00"command":"{body}"\x00"#));
                self.allow.push(Line { arguments, ..Line::of(&["run_shell_command"]) });
            }
            let less = match form {
                Some(Form::Open) => continue,
                // The rule may have meant no more than these words.
                Some(Form::Exact) if !is_open(rule) => continue,
                Some(Form::NoFlags) => "is allowed without flags alone",
                Some(Form::Exact) => "is allowed without further words alone",
                None => "is asked about",
            };
            let words: Vec<String> = match form {
                None => prefix.words.clone(),
                Some(_) => prefix.words.iter().cloned().chain(["-x".to_owned()]).collect(),
            };
            let shown = claims.command(&words, "ask");
            let shown = shown.filter(|shown| shown.policy == Tier::Allow);
            let why = match claimed.holds() {
                true => "its words are no plain text".to_owned(),
                false => claimed.why_not(),
            };
            losses.stricter(rule, &format!("{less}: {why}"), shown, "");
        }
    }

    /// What is allowed whatever its arguments are.
    fn allow_whole(&mut self, claims: &Claims<'_>) {
        if claims.claim("always allow search").holds() {
            self.allow.push(Line::of(&["google_web_search"]));
        }
        // These see every file below a folder, so nothing may be closed there.
        if claims.claim("always allow read \"$workspace/**\"").holds() {
            self.allow.push(Line::of(&LISTING));
            // Of `glob` the pattern is a path as well.
            for (name, tools) in [("dir_path", &LISTING[..]), ("pattern", &["glob"])] {
                let other = "(|/[^\"]*|[^\"]*[\\\\][^\"]*)";
                self.guard.push(Line::of(tools).argument(name, other));
                self.guard.push(Line::of(tools).argument(name, ODD));
                let no_text = format!(r#"\x00"{name}":[^"]"#);
                self.guard.push(Line { arguments: Some(no_text), ..Line::of(tools) });
            }
        }
        let own: Vec<&str> = OWN_TOOLS
            .into_iter()
            .filter(|tool| {
                let object = quote::literal(&format!("gemini-cli/{tool}"));
                claims.claim(&format!("always allow call {object}")).holds()
            })
            .collect();
        if !own.is_empty() {
            self.allow.push(Line::of(&own));
        }
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "# Written by `policy export gemini-cli`: nothing happens in silence that the policy would ask about.\n\
             # Put it into `~/.gemini/policies` or the administrator's folder. The highest priority decides.\n",
        );
        section(&mut out, "Denied.", &self.deny, "deny", DENY);
        let mut guards = self.guard.clone();
        for (which, (.., tools)) in FILES.iter().enumerate() {
            if !self.opens[which] {
                continue;
            }
            guards.push(Line::of(tools).argument("file_path", ODD));
            let mut written = BTreeSet::new();
            for (_, guard) in &self.closed[which] {
                if written.insert(guard) {
                    guards.push(Line::of(tools).argument("file_path", guard));
                }
            }
        }
        section(
            &mut out,
            "Asked about whatever is allowed below: what a folder leaves out, and what has another form.",
            &guards,
            "ask_user",
            GUARD,
        );
        section(&mut out, "Allowed.", &self.allow, "allow", ALLOW);
        let any = Line::of(&["run_shell_command"]).argument("command", ".*");
        section(
            &mut out,
            "Everything else is asked about. A pattern on the arguments keeps Gemini CLI from allowing\n\
             # the programs that it holds for harmless.",
            &[any, Line::of(&["*"])],
            "ask_user",
            REST,
        );
        out
    }
}

// ---- Patterns -----------------------------------------------------------------------------

/// What a path pattern matches, as the body of a text. Paths in the project are relative.
///
/// `any` and `one` are the signs of a path and of a component. Never more than the pattern, of paths
/// in their plain form.
fn body(path: &PathPattern, any: &str, one: &str) -> Option<String> {
    let mut out = match path.base {
        PathBase::Absolute if !matches!(path.items.first(), Some(PathItem::AnyDepth)) => {
            "/".to_owned()
        }
        PathBase::Root(root) if root.0 != 0 => return None,
        _ => String::new(),
    };
    let is_relative = out.is_empty() && path.base != PathBase::Absolute;
    let mut separator = "";
    for (index, item) in path.items.iter().enumerate() {
        let is_last = index + 1 == path.items.len();
        match item {
            // Nothing in front of a path in the project is a `/`.
            PathItem::AnyDepth if is_last && index == 0 && is_relative => {
                let _ = write!(out, "{one}{any}*");
            }
            PathItem::AnyDepth if is_last && index == 0 => {
                let _ = write!(out, "{any}*");
            }
            PathItem::AnyDepth if is_last => {
                let _ = write!(out, "(|/{any}*)");
            }
            PathItem::AnyDepth => {
                out.push_str(separator);
                let first = if is_relative && index == 0 { one } else { "" };
                let _ = write!(out, "(|{first}{any}*/)");
                separator = "";
            }
            PathItem::Component(token) => {
                out.push_str(separator);
                out.push_str(&component(token, one)?);
                separator = "/";
            }
        }
    }
    (!path.items.is_empty() && out.len() < LONGEST).then_some(out)
}

fn component(token: &TokenPattern, one: &str) -> Option<String> {
    if token.fold {
        return None;
    }
    if token.is_any() {
        return Some(format!("{one}+"));
    }
    let mut out = String::new();
    for piece in &token.pieces {
        match piece {
            Piece::Literal(text) if is_plain_component(text) => out.push_str(&escape(text)),
            Piece::Star => {
                let _ = write!(out, "{one}*");
            }
            Piece::AnyChar => out.push_str(one),
            _ => return None,
        }
    }
    Some(out)
}

fn is_plain_component(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_@+,=.()!#&% -".contains(c))
}

/// What holds at least all that a pattern matches below a folder, whatever that folder is: without
/// the case, and from the last place on where the pattern says where it begins.
fn guard(path: &PathPattern) -> Option<String> {
    let mut items = &path.items[..];
    // A project may lie anywhere above what an absolute pattern speaks of.
    if path.base != PathBase::Root(policy_lang::model::pattern::RootId(0)) {
        let last = items.iter().rposition(|item| matches!(item, PathItem::Component(_)))?;
        items = &items[last..];
    }
    let mut out = "(|[^\"]*/)".to_owned();
    let mut separator = "";
    for (index, item) in items.iter().enumerate() {
        let is_last = index + 1 == items.len();
        match item {
            PathItem::AnyDepth if is_last && index == 0 => out.push_str("[^\"]*"),
            PathItem::AnyDepth if is_last => out.push_str("(|/[^\"]*)"),
            PathItem::AnyDepth => {
                out.push_str(separator);
                out.push_str("(|[^\"]*/)");
                separator = "";
            }
            PathItem::Component(token) => {
                out.push_str(separator);
                out.push_str(&folded(token)?);
                separator = "/";
            }
        }
    }
    // A folder is what lies in it, and may end in a separator.
    if matches!(items.last(), Some(PathItem::Component(_))) {
        out.push_str("/?");
    }
    (!items.is_empty() && out.len() < LONGEST).then_some(out)
}

/// A component in either case.
fn folded(token: &TokenPattern) -> Option<String> {
    let mut out = String::new();
    for piece in &token.pieces {
        match piece {
            Piece::Literal(text) if is_plain_component(text) => {
                for c in text.chars() {
                    match c.is_ascii_alphabetic() {
                        true => {
                            let _ = write!(
                                out,
                                "[{}{}]",
                                c.to_ascii_uppercase(),
                                c.to_ascii_lowercase()
                            );
                        }
                        false => out.push_str(&escape(&c.to_string())),
                    }
                }
            }
            Piece::Star => out.push_str("[^\"/]*"),
            Piece::AnyChar => out.push_str("[^\"/]"),
            _ => return None,
        }
    }
    Some(out)
}

/// A host, as the body of a text.
fn domain(host: &HostPattern) -> Option<String> {
    let HostShape::Name(labels) = &host.shape else { return None };
    if host.ports.is_some() {
        return None;
    }
    let mut out = String::new();
    for (index, item) in labels.iter().enumerate() {
        match item {
            LabelItem::OneOrMore => out.push_str("[A-Za-z0-9.-]*[A-Za-z0-9]\\."),
            LabelItem::ZeroOrMore => out.push_str("(|[A-Za-z0-9.-]*[A-Za-z0-9]\\.)"),
            LabelItem::Label(token) => {
                let label = token.as_literal()?;
                if !label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                    return None;
                }
                out.push_str(label);
                if index + 1 < labels.len() {
                    out.push_str("\\.");
                }
            }
        }
    }
    Some(out)
}

/// The rule about tools that a pattern matches.
fn tool(server: &TokenPattern, tool: &TokenPattern) -> Option<Line> {
    if server.fold || tool.fold {
        return None;
    }
    let server = server.as_literal().filter(|name| is_plain_name(name))?;
    let tool = words::token(tool);
    if server == "gemini-cli" {
        return OWN_TOOLS.contains(&&*tool).then(|| Line::of(&[&tool]));
    }
    (tool == "*" || is_plain_name(&tool))
        .then(|| Line { server: Some(server.to_owned()), ..Line::of(&[&tool]) })
}

/// A text that holds itself, in a regular expression of JavaScript.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if ".+()^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Without those that begin as another one does.
fn shortest(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all.dedup();
    let short = all.clone();
    all.retain(|one| {
        !short.iter().any(|other| one != other && one.starts_with(&format!("{other} ")))
    });
    all
}

// ---- Writing ------------------------------------------------------------------------------

fn section(out: &mut String, title: &str, lines: &[Line], decision: &str, priority: u16) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "\n# {title}\n");
    for (index, line) in lines.iter().enumerate() {
        if 0 < index {
            out.push('\n');
        }
        out.push_str("[[rule]]\n");
        if let Some(server) = &line.server {
            let _ = writeln!(out, "mcpName = {}", text(server));
        }
        let _ = writeln!(out, "toolName = {}", texts(&line.tools));
        if !line.prefixes.is_empty() {
            let _ = writeln!(out, "commandPrefix = {}", texts(&line.prefixes));
        }
        if let Some(arguments) = &line.arguments {
            // Nothing that comes from a policy holds a single quote here.
            let _ = writeln!(out, "argsPattern = '{arguments}'");
        }
        let _ = writeln!(out, "decision = \"{decision}\"\npriority = {priority}");
        if let Some(message) = line.message.as_deref().map(str::trim)
            && !message.is_empty()
        {
            let _ = writeln!(out, "denyMessage = {}", text(message));
        }
    }
}

fn texts(all: &[String]) -> String {
    match all {
        [one] => text(one),
        all => format!("[{}]", all.iter().map(|one| text(one)).collect::<Vec<_>>().join(", ")),
    }
}

/// A text of TOML.
fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
