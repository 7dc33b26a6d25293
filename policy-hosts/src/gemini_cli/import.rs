//! Gemini CLI: the rules of its policy engine as a policy.
//!
//! There the rule with the highest priority that matches decides, and of equal ones the first. Here
//! the strictest decides, so a rule leaves out what a looser rule before it takes; one that a
//! stricter rule before it takes needs nothing. A rule behind one that always matches is dead.
//!
//! ```text
//!   allow  prefix `git log`   (200)      allow run when written matches "git log( .*)?"
//!   deny   shell              (100)      deny  run unless written matches "git log( .*)?"
//! ```
//!
//! Several tools do the same action, so rules about files ask for `host_tool`, which the hook sends.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::check;
use policy_lang::span::{Location, Source};

use crate::import::report::at;
use crate::import::tree::{self, Entry, Node};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

const MODES: [&str; 4] = ["default", "autoEdit", "plan", "yolo"];

const KEYS: [&str; 16] = [
    "name",
    "toolName",
    "mcpName",
    "subagent",
    "toolAnnotations",
    "argsPattern",
    "commandPrefix",
    "commandRegex",
    "decision",
    "priority",
    "modes",
    "interactive",
    "allowRedirection",
    "denyMessage",
    "description",
    "allow_redirection",
];

/// What a tool does, as its hook says it.
const READERS: [&str; 7] = [
    "read_file",
    "read_many_files",
    "list_directory",
    "glob",
    "grep_search",
    "search_file_content",
    "grep_search_ripgrep",
];
const WRITERS: [&str; 2] = ["write_file", "replace"];

/// Tools that are surely no agents.
pub(super) const OWN_TOOLS: [&str; 26] = [
    "activate_skill",
    "ask_user",
    "complete_task",
    "enter_plan_mode",
    "exit_plan_mode",
    "get_internal_docs",
    "invoke_agent",
    "list_mcp_resources",
    "memory",
    "read_mcp_resource",
    "save_memory",
    "tracker_add_dependency",
    "tracker_create_task",
    "tracker_get_task",
    "tracker_list_tasks",
    "tracker_update_task",
    "tracker_visualize",
    "update_topic",
    "write_todos",
    "delegate_to_agent",
    "create_new_topic",
    "list_background_processes",
    "read_background_output",
    "send_background_input",
    "kill_background_process",
    "cli_help_tool",
];

/// Requests of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Run,
    Read,
    Write,
    Fetch,
    Search,
    /// Its other tools.
    Own,
    Servers,
}

impl Class {
    const ALL: [Class; 7] = [
        Class::Run,
        Class::Read,
        Class::Write,
        Class::Fetch,
        Class::Search,
        Class::Own,
        Class::Servers,
    ];

    fn of(tool: &str) -> Class {
        match tool {
            "run_shell_command" => Class::Run,
            "web_fetch" => Class::Fetch,
            "google_web_search" => Class::Search,
            tool if READERS.contains(&tool) => Class::Read,
            tool if WRITERS.contains(&tool) => Class::Write,
            tool if tool.starts_with("mcp_") => Class::Servers,
            _ => Class::Own,
        }
    }

    fn sentence(self, tier: Tier) -> Sentence {
        match self {
            Class::Run => Sentence::new(tier, "run"),
            Class::Read => Sentence::new(tier, "read"),
            Class::Write => Sentence::new(tier, "write, delete"),
            Class::Fetch => Sentence::new(tier, "fetch"),
            Class::Search => Sentence::new(tier, "search"),
            Class::Own => Sentence::new(tier, "call").object("\"gemini-cli/*\""),
            Class::Servers => Sentence::new(tier, "call")
                .object("\"*/*\"")
                .except(["\"gemini-cli/*\"".to_owned()]),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Class::Run => "Commands.",
            Class::Read => "Reading files.",
            Class::Write => "Changing files.",
            Class::Fetch => "Pages.",
            Class::Search => "Search.",
            Class::Own => "Other tools of Gemini CLI.",
            Class::Servers => "Tools of servers.",
        }
    }
}

/// A rule as it is written.
struct Rule {
    tier: Tier,
    tools: Vec<String>,
    server: Option<String>,
    modes: Vec<String>,
    interactive: Option<bool>,
    annotations: Vec<(String, bool)>,
    arguments: Arguments,
    priority: i64,
    redirects: bool,
    because: Option<String>,
    from: Location,
}

enum Arguments {
    Any,
    /// A regular expression on the words of a command.
    Command(String),
    /// A regular expression on the text of all arguments.
    Text(String),
}

/// A rule for one kind of requests.
struct Case {
    tier: Tier,
    /// All of these hold.
    conditions: Vec<String>,
    tools: Vec<String>,
    modes: Vec<String>,
    interactive: Option<bool>,
    looks_at_arguments: bool,
    redirects: bool,
    because: Option<String>,
    from: Location,
}

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let mut rules = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match tree::toml(&file.text) {
            Ok(root) => read(index, &root, &mut rules, report),
            Err(fault) => report.dropped_file(
                at(index, fault.span),
                fault.message,
                "Gemini CLI goes on without this file, and so does the policy",
            ),
        }
    }
    // Of equal priority the first one counts: the sort is stable.
    rules.sort_by_key(|rule: &Rule| -rule.priority);
    writer.line("# Where whoever embeds the policy does not send it, the mode is the default one.");
    writer.line("attribute approval_mode: one of (\"default\", \"autoEdit\", \"plan\", \"yolo\")");
    let mut arguments: Vec<String> = Vec::new();
    let mut pages = Vec::new();
    for class in Class::ALL {
        let cases: Vec<Case> = rules
            .iter()
            .filter_map(|rule| case(rule, class, options, &mut arguments, report))
            .collect();
        pages.push((class, cases));
    }
    if pages.iter().flat_map(|(_, cases)| cases).any(Case::asks_tool) {
        writer.declare("host_tool", "string");
    }
    for name in arguments {
        writer.declare(&name, "string");
    }
    shell(&pages, writer);
    if rules.iter().any(|rule| !rule.annotations.is_empty()) {
        writer.heading("Rules go by what tools say of themselves.");
        writer.line("trust annotations of \"*/*\"");
    }
    for (class, cases) in &pages {
        writer.section(class.title());
        put(*class, cases, writer, report);
    }
}

// ---- Reading ------------------------------------------------------------------------------

fn read(file: usize, root: &Node, rules: &mut Vec<Rule>, report: &mut Report) {
    for entry in root.entries() {
        let from = at(file, entry.at);
        match entry.key.as_str() {
            "rule" => {
                let start = rules.len();
                for node in entry.node.items() {
                    if !rule(file, node, rules, report) {
                        // One error of the schema drops the file.
                        rules.truncate(start);
                        return;
                    }
                }
            }
            "safety_checker" => report.lost(
                from,
                "a safety checker runs in Gemini CLI and can only tighten",
                "it stays there; the policy does not know what it says",
            ),
            "modes" | "commands" => report.lost(
                from,
                format!("`{}` belongs to the sandbox, not to rules", entry.key),
                "",
            ),
            key => report.unknown_key(from, key, ["rule", "safety_checker"]),
        }
    }
}

/// Reads a rule; whether the loader takes it.
fn rule(file: usize, node: &Node, rules: &mut Vec<Rule>, report: &mut Report) -> bool {
    let here = |node: &Node| at(file, node.span);
    let dropped = |report: &mut Report, node: &Node, what: &str| {
        report.dropped_file(here(node), what, "Gemini CLI drops the whole file for it");
        false
    };
    for Entry { key, at: span, .. } in node.entries() {
        if key == "safety_checker" {
            report.never(
                at(file, *span),
                "a checker inside of a rule is dropped",
                "write it as `[[safety_checker]]`",
            );
        } else if !KEYS.contains(&key.as_str()) {
            report.unknown_key(at(file, *span), key, KEYS);
        }
    }
    let tier = match node.get("decision").and_then(Node::text) {
        Some("allow") => Tier::Allow,
        Some("ask_user") => Tier::Ask,
        Some("deny") => Tier::Deny,
        _ => return dropped(report, node, "a decision is allow, ask_user or deny"),
    };
    let priority = match node.get("priority").map(|priority| (priority, priority.int())) {
        Some((_, Some(priority))) if (0..=999).contains(&priority) => priority,
        Some((node, _)) => return dropped(report, node, "a priority is from 0 to 999"),
        None => return dropped(report, node, "a rule has a priority"),
    };
    let server = node.get("mcpName").and_then(Node::text).map(str::to_owned);
    let tools = match node.get("toolName").map(|tools| (tools, tools.texts())) {
        Some((_, Some(tools))) if !tools.is_empty() => {
            tools.into_iter().map(str::to_owned).collect()
        }
        None if server.is_some() => vec!["*".to_owned()],
        Some((node, _)) => {
            return dropped(report, node, "the name of a tool is a text or a list of texts");
        }
        None => return dropped(report, node, "a rule names a tool"),
    };
    let modes: Vec<String> = node
        .get("modes")
        .and_then(Node::texts)
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    if modes.iter().any(|mode| !MODES.contains(&mode.as_str())) {
        let at = node.get("modes").unwrap_or(node);
        return dropped(report, at, "the modes are default, autoEdit, plan and yolo");
    }
    if let Some(subagent) = node.get("subagent") {
        report.lost(
            here(subagent),
            "which agent calls is not known to a policy under this name",
            "write `when agent == \"…\"` in a rule of your own",
        );
        return true;
    }
    let mut annotations = Vec::new();
    for entry in node.get("toolAnnotations").map(Node::entries).unwrap_or_default() {
        match (entry.key.as_str(), entry.node.bool()) {
            ("readOnlyHint", Some(value)) => annotations.push(("read_only".to_owned(), value)),
            ("destructiveHint", Some(value)) => annotations.push(("destructive".to_owned(), value)),
            ("openWorldHint", Some(value)) => annotations.push(("open_world".to_owned(), value)),
            (key, _) => {
                report.lost(here(&entry.node), format!("`{key}` is no annotation of a policy"), "");
                return true;
            }
        }
    }
    let Some(arguments) = arguments(file, node, tier, report) else { return true };
    rules.push(Rule {
        tier,
        tools,
        server,
        modes,
        interactive: node.get("interactive").and_then(Node::bool),
        annotations,
        arguments,
        priority,
        redirects: node.get("allowRedirection").and_then(Node::bool) == Some(true),
        because: node.get("denyMessage").and_then(Node::text).map(str::to_owned),
        from: at(file, node.span),
    });
    true
}

/// What a rule asks of the arguments. None where nothing can match, which is told.
fn arguments(file: usize, node: &Node, tier: Tier, report: &mut Report) -> Option<Arguments> {
    if let Some(prefixes) = node.get("commandPrefix") {
        let from = at(file, prefixes.span);
        let Some(all) = prefixes.texts() else {
            report.refused(from, "a prefix is a text or a list of texts", None);
            return None;
        };
        let mut regexes = Vec::new();
        for prefix in &all {
            if prefix.ends_with([' ', '\t']) {
                report.never(
                    from,
                    format!("`{prefix}` ends in a blank, so it matches two blanks alone"),
                    "leave the blank out",
                );
                continue;
            }
            let words: Vec<String> = prefix.split(' ').map(quote::written).collect();
            if tier == Tier::Allow && words.len() == 1 {
                report.wide(from, prefix);
            }
            regexes.push(words.join(" "));
        }
        if let [program, rest @ ..] = &all[..]
            && !rest.is_empty()
            && tier == Tier::Allow
            && all.iter().all(|word| !word.contains(' '))
            && rest.iter().any(|word| word.starts_with('-') || *word == "test" || *word == "status")
        {
            report.never(
                from,
                format!(
                    "a list names several prefixes: `{program}` is one of them, with any words"
                ),
                &format!(
                    "write `commandPrefix = \"{}\"` for one prefix of several words",
                    all.join(" ")
                ),
            );
        }
        if regexes.is_empty() {
            return None;
        }
        return Some(Arguments::Command(format!("{}( .*)?", quote::any_of(&regexes))));
    }
    if let Some(regex) = node.get("commandRegex") {
        let from = at(file, regex.span);
        let text = regex.text().unwrap_or_default();
        if text.starts_with('^') || (text.ends_with('$') && !text.ends_with("\\$")) {
            report.never(
                from,
                "`^` and `$` match nowhere: the expression stands in the middle of a larger one",
                "leave them out; it begins at the beginning of the command",
            );
            return None;
        }
        let regex = format!("{text}.*");
        if !is_regex(&regex) {
            report.lost(from, "the regular expression has something that ours do not", "");
            return None;
        }
        return Some(Arguments::Command(regex));
    }
    match node.get("argsPattern").map(|pattern| (pattern, pattern.text())) {
        None => Some(Arguments::Any),
        Some((_, Some(text))) => Some(Arguments::Text(text.to_owned())),
        Some((pattern, None)) => {
            report.refused(at(file, pattern.span), "a pattern is a text", None);
            None
        }
    }
}

/// Whether a policy can hold the regular expression.
fn is_regex(text: &str) -> bool {
    let line = format!("allow run when line matches {}", quote::literal(&format!("(?s){text}")));
    check::load(vec![Source::new("regex", line)], &check::no_includes).is_ok()
}

// ---- Conditions ---------------------------------------------------------------------------

/// The rule for one kind of requests, where it speaks of them.
fn case(
    rule: &Rule,
    class: Class,
    options: Options,
    named: &mut Vec<String>,
    report: &mut Report,
) -> Option<Case> {
    let is_all = rule.tools.iter().any(|tool| tool == "*");
    let tools: Vec<String> = rule
        .tools
        .iter()
        .filter(|tool| {
            !is_all
                && (Class::of(tool) == class || (class == Class::Servers && rule.server.is_some()))
        })
        .cloned()
        .collect();
    if !is_all && tools.is_empty() {
        return None;
    }
    if rule.server.is_some() && class != Class::Servers {
        return None;
    }
    let mut conditions = Vec::new();
    if let Some(server) = rule.server.as_deref().filter(|server| *server != "*") {
        conditions.push(format!("server == {}", quote::literal(server)));
    }
    if !is_all {
        conditions.extend(tool_condition(&tools, class, rule, report)?);
    }
    for (name, value) in &rule.annotations {
        if class != Class::Servers {
            return None;
        }
        conditions.push(format!("{name} == {value}"));
    }
    match &rule.arguments {
        Arguments::Any => {}
        Arguments::Command(_) if class != Class::Run => return None,
        Arguments::Command(regex) => {
            let regex = quote::literal(&format!("(?s){regex}"));
            conditions.push(format!("written matches {regex}"));
        }
        Arguments::Text(pattern) => match argument_condition(pattern, class, named) {
            Some(condition) => conditions.push(condition),
            None if rule.tier == Tier::Allow => {
                report.lost(rule.from, lost_pattern(class), "the rule allows nothing here");
                return None;
            }
            None => report.lost(rule.from, lost_pattern(class), "the rule holds whatever they are"),
        },
    }
    let _ = options;
    conditions.extend(state(rule));
    Some(Case {
        tier: rule.tier,
        conditions,
        tools,
        modes: rule.modes.clone(),
        interactive: rule.interactive,
        looks_at_arguments: !matches!(rule.arguments, Arguments::Any),
        redirects: rule.redirects,
        because: rule.because.clone(),
        from: rule.from,
    })
}

fn lost_pattern(class: Class) -> &'static str {
    match class {
        Class::Run => {
            "a pattern on the arguments of a command other than the command does not carry over"
        }
        _ => "a pattern over several arguments of a tool that is an action does not carry over",
    }
}

fn one_of(attribute: &str, names: &[&str]) -> String {
    match names {
        [one] => format!("{attribute} == {}", quote::literal(one)),
        all => {
            let all: Vec<String> = all.iter().map(|name| quote::literal(name)).collect();
            format!("{attribute} in ({})", all.join(", "))
        }
    }
}

/// Which tool it is. None where the name matches nothing.
fn tool_condition(
    tools: &[String],
    class: Class,
    rule: &Rule,
    report: &mut Report,
) -> Option<Vec<String>> {
    let names: Vec<&str> = tools.iter().map(String::as_str).collect();
    Some(match class {
        Class::Run | Class::Fetch | Class::Search => vec![],
        Class::Read | Class::Write => vec![one_of("host_tool", &names)],
        Class::Own => {
            let (wild, exact): (Vec<&str>, Vec<&str>) =
                names.into_iter().partition(|name| name.contains('*'));
            for name in wild {
                report.never(
                    rule.from,
                    format!("`{name}` is compared as it stands, so it matches no tool"),
                    "only `*`, `mcp_*` and `mcp_SERVER_*` are patterns",
                );
            }
            if exact.is_empty() {
                return None;
            }
            // An agent is called by a tool of its own, and rules may name the agent.
            let agents: Vec<&str> =
                exact.iter().copied().filter(|name| !OWN_TOOLS.contains(name)).collect();
            let tools = one_of("tool", &exact);
            if agents.is_empty() {
                return Some(vec![tools]);
            }
            let agents = one_of("args.agent_name", &agents);
            vec![format!("({tools} or (tool == \"invoke_agent\" and {agents}))")]
        }
        Class::Servers => {
            let mut all = Vec::new();
            for name in names {
                match (rule.server.is_some(), name.strip_prefix("mcp_")) {
                    (_, Some("*")) => return Some(vec![]),
                    (true, None) => all.push(format!("tool == {}", quote::literal(name))),
                    (_, Some(rest)) => match rest.strip_suffix("_*") {
                        Some(server) => all.push(format!("server == {}", quote::literal(server))),
                        // Where the server ends is not said, so each place counts.
                        None => all.extend(rest.match_indices('_').map(|(at, _)| {
                            format!(
                                "(server == {} and tool == {})",
                                quote::literal(&rest[..at]),
                                quote::literal(&rest[at + 1..])
                            )
                        })),
                    },
                    (false, None) => {}
                }
            }
            match &all[..] {
                [] => return None,
                [one] => vec![one.clone()],
                all => vec![format!("({})", all.join(" or "))],
            }
        }
    })
}

/// `"KEY":"BODY"` in the text of all arguments, or any other expression.
fn argument_condition(pattern: &str, class: Class, named: &mut Vec<String>) -> Option<String> {
    // Nothing before the first argument: arguments are in the order of their names.
    let first = pattern.strip_prefix("^\\{\\x00").filter(|rest| rest.starts_with("\"command\":"));
    let text = first.or_else(|| pattern.strip_prefix("\\x00")).unwrap_or(pattern);
    let text = text.strip_suffix("\\x00").unwrap_or(text);
    let parts = text.strip_prefix('"').and_then(|rest| rest.split_once("\":"));
    if let Some((key, rest)) = parts
        && !key.is_empty()
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        let rest = rest.strip_prefix("\\s*").unwrap_or(rest);
        if let Some(body) = rest.strip_prefix('"') {
            let body = body.strip_suffix('"').map_or_else(|| format!("{body}.*"), str::to_owned);
            let is_whole = body.matches('"').count()
                == body.matches("[^\\\"").count() + body.matches("[^\"").count();
            if is_whole && is_regex(&body) {
                let regex = quote::literal(&format!("(?s){body}"));
                return match class {
                    Class::Run if key == "command" => Some(format!("written matches {regex}")),
                    Class::Run => None,
                    Class::Own | Class::Servers => Some(format!("args.{key} matches {regex}")),
                    _ => {
                        named.push(format!("host_{key}"));
                        Some(format!("host_{key} matches {regex}"))
                    }
                };
            }
        }
    }
    let text = pattern.replace("\\x00", "");
    let regex = format!(".*({text}).*");
    match class {
        Class::Own | Class::Servers if is_regex(&regex) => {
            Some(format!("args_text matches {}", quote::literal(&format!("(?s){regex}"))))
        }
        _ => None,
    }
}

/// In which modes, and whether somebody is there.
fn state(rule: &Rule) -> Vec<String> {
    let mut conditions = Vec::new();
    let modes: Vec<&str> = rule.modes.iter().map(String::as_str).collect();
    if !modes.is_empty() && !MODES.iter().all(|mode| modes.contains(mode)) {
        let is_one = one_of("approval_mode", &modes);
        conditions.push(if modes.contains(&"default") {
            format!("({is_one} or not approval_mode is present)")
        } else {
            format!("approval_mode is present and {is_one}")
        });
    }
    match rule.interactive {
        Some(true) => conditions.push("(interactive or not interactive is present)".to_owned()),
        Some(false) => conditions.push("interactive is present and not interactive".to_owned()),
        None => {}
    }
    conditions
}

impl Case {
    fn asks_tool(&self) -> bool {
        self.conditions.iter().any(|condition| condition.contains("host_tool"))
    }

    /// Whether both may match one request.
    fn meets(&self, other: &Case) -> bool {
        let are_apart = |a: &[String], b: &[String]| {
            !a.is_empty() && !b.is_empty() && a.iter().all(|one| !b.contains(one))
        };
        let is_opposite = self.interactive.is_some()
            && other.interactive.is_some()
            && self.interactive != other.interactive;
        !are_apart(&self.tools, &other.tools)
            && !are_apart(&self.modes, &other.modes)
            && !is_opposite
    }

    /// Whether it matches whenever the other does, as far as that is plain.
    fn covers(&self, other: &Case) -> bool {
        self.conditions.iter().all(|condition| other.conditions.contains(condition))
    }

    fn condition(&self) -> String {
        self.conditions.join(" and ")
    }

    /// The same where another one matches, which says some of it.
    fn condition_within(&self, other: &Case) -> String {
        let own = self.conditions.iter().filter(|condition| !other.conditions.contains(condition));
        own.cloned().collect::<Vec<_>>().join(" and ")
    }
}

// ---- Writing ------------------------------------------------------------------------------

const YOLO: &str = "approval_mode is present and approval_mode == \"yolo\"";

/// A line that is one simple command.
const SIMPLE: &str = "[^;&|<>()$`\\n]*";

/// Something outside of quotes redirects.
const REDIRECTS: &str = r#"([^'"\\<>]|\\.|'[^']*'|"([^"\\]|\\.)*")*[<>].*"#;

/// What holds for commands beside the rules.
fn shell(pages: &[(Class, Vec<Case>)], writer: &mut Writer) {
    let cases = pages.iter().find(|(class, _)| *class == Class::Run).map(|(_, cases)| cases);
    writer.heading("Commands that Gemini CLI takes for harmless or dangerous by itself.");
    writer.line(
        "commands harmless = \"(cat|cd|cut|echo|expr|false|grep|head|id|ls|nl|paste|pwd|rev|seq|stat|tail|tr|true|uname|uniq|wc|which|whoami) ...\",
            \"find {no -exec|-execdir|-ok|-okdir|-delete|-fls|-fprint|-fprint0|-fprintf} ...\",
            \"git (status|log|diff|show) {no --output|--ext-diff|--textconv} ...\", \"sed -n <[0-9]+(,[0-9]+)?p> ...\"",
    );
    writer.line(
        "commands dangerous = \"rm {-f|--force}\", \"sudo ...\", \"find {-exec|-execdir|-ok|-okdir|-delete|-fls|-fprint|-fprint0|-fprintf}\"",
    );
    writer.line(&format!(
        "allow run harmless when line is present and line matches {} and written matches {}",
        quote::literal(SIMPLE),
        quote::literal("(?s)(cat|cd|cut|echo|expr|false|find|git|grep|head|id|ls|nl|paste|pwd|rev|sed|seq|stat|tail|tr|true|uname|uniq|wc|which|whoami)( .*)?"),
    ));
    let mut redirection = Sentence::new(Tier::Ask, "run")
        .when("line is present")
        .when(format!("line matches {}", quote::literal(&format!("(?s){REDIRECTS}"))))
        .unless("approval_mode is present and approval_mode in (\"autoEdit\", \"yolo\")");
    redirection.unless.extend(
        cases
            .into_iter()
            .flatten()
            .filter(|case| {
                case.redirects && case.tier == Tier::Allow && !case.conditions.is_empty()
            })
            .map(Case::condition),
    );
    writer.sentence_of(&redirection.because(Some("A line that redirects is asked about.")));
    writer.heading(
        "What wraps commands is compared as it stands. In the mode yolo all of it is allowed.",
    );
    writer.line("accept wrappers");
    writer.line(&format!("when {YOLO} {{"));
    writer.line("accept control_flow, assignments");
    writer.line("allow run, read, write, delete, fetch, search, call");
    writer.line("}");
}

fn put(class: Class, cases: &[Case], writer: &mut Writer, report: &mut Report) {
    for (index, case) in cases.iter().enumerate() {
        let before = cases.get(..index).unwrap_or_default();
        if let Some(cover) = before.iter().find(|before| before.covers(case)) {
            if cover.from != case.from {
                report.shadowed(case.from, cover.from);
            }
            continue;
        }
        let mut sentence = class.sentence(case.tier).because(case.because.as_deref());
        if class == Class::Run && !case.looks_at_arguments {
            match case.tier {
                Tier::Ask => {
                    sentence = sentence.object("*").except(["harmless".to_owned()]);
                }
                Tier::Allow
                    if case.modes.is_empty() || case.modes.iter().any(|mode| mode != "yolo") =>
                {
                    sentence = sentence.object("*").except(["dangerous".to_owned()]);
                }
                _ => {}
            }
        }
        sentence.when.extend(case.conditions.iter().cloned());
        let looser = before.iter().filter(|before| before.tier < case.tier && before.meets(case));
        sentence.unless.extend(looser.map(|before| before.condition_within(case)));
        writer.sentence(&sentence, report, case.from);
    }
}
