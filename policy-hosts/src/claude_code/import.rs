//! Claude Code: the permissions of `settings.json` as a policy.
//!
//! Deny beats ask beats allow, whatever is more specific: as here. A rule about Bash is compared
//! with the text of each command, without a few wrappers, so it is a condition on `written`. A rule
//! about a file has the grammar of `.gitignore`, with anchors of its own.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source};

use crate::import::command::Specifier;
use crate::import::gitignore::{Anchors, gitignore};
use crate::import::report::at;
use crate::import::tree::{self, Node, Value};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

/// Tools that rules may name.
const TOOLS: [&str; 48] = [
    "Agent",
    "Artifact",
    "AskUserQuestion",
    "Bash",
    "BashOutput",
    "Cd",
    "CronCreate",
    "CronDelete",
    "CronList",
    "Edit",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "Glob",
    "Grep",
    "KillBash",
    "KillShell",
    "LS",
    "LSP",
    "ListMcpResourcesTool",
    "Monitor",
    "MultiEdit",
    "NotebookEdit",
    "NotebookRead",
    "PowerShell",
    "Read",
    "ReadMcpResourceTool",
    "RemoteTrigger",
    "SendMessage",
    "ShareOnboardingGuide",
    "Skill",
    "SlashCommand",
    "Task",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskOutput",
    "TaskStop",
    "TaskUpdate",
    "TeamCreate",
    "TodoRead",
    "TodoWrite",
    "ToolSearch",
    "WebFetch",
    "WebSearch",
    "Workflow",
    "Write",
];

/// Arguments of Bash that a rule may ask for.
const BASH_ARGUMENTS: [&str; 4] =
    ["run_in_background", "timeout", "description", "dangerouslyDisableSandbox"];

/// Programs that run another one and are not looked through there. Rules about these themselves are
/// compared with the text.
const OTHER_RUNNERS: [&str; 33] = [
    "env", "bash", "sh", "dash", "zsh", "ksh", "sudo", "doas", "su", "su-exec", "gosu", "pkexec",
    "runuser", "exec", "setsid", "ionice", "chrt", "taskset", "flock", "watch", "strace", "ltrace",
    "parallel", "busybox", "toybox", "unshare", "nsenter", "chroot", "script", "eval", "source",
    "trap", "alias",
];

/// What stands in front of a command and is looked through.
const WRAPPERS: &str = "((time|nohup|command|builtin|noglob|xargs|nice( -n [^ ]+| -[0-9]+)?|timeout( -[^ ]+)* [0-9][^ ]*|stdbuf( -[^ ]+)+) )*";

/// Keys that say nothing of what an agent may do.
const NO_RULES: [&str; 30] = [
    "$schema",
    "alwaysThinkingEnabled",
    "apiKeyHelper",
    "attribution",
    "availableModels",
    "awsAuthRefresh",
    "awsCredentialExport",
    "cleanupPeriodDays",
    "companyAnnouncements",
    "effortLevel",
    "enabledPlugins",
    "env",
    "extraKnownMarketplaces",
    "fileSuggestion",
    "forceLoginMethod",
    "forceLoginOrgUUID",
    "hooks",
    "includeCoAuthoredBy",
    "language",
    "model",
    "otelHeadersHelper",
    "outputStyle",
    "plansDirectory",
    "respectGitignore",
    "showTurnDuration",
    "spinnerTipsEnabled",
    "statusLine",
    "teammateMode",
    "alternateScreen",
    "voice",
];

const KEYS: [&str; 14] = [
    "permissions",
    "sandbox",
    "autoMode",
    "disableAutoMode",
    "allowManagedHooksOnly",
    "allowManagedMcpServersOnly",
    "allowManagedPermissionRulesOnly",
    "allowedMcpServers",
    "deniedMcpServers",
    "enableAllProjectMcpServers",
    "enabledMcpjsonServers",
    "disabledMcpjsonServers",
    "disableAllHooks",
    "skipWebFetchPreflight",
];

struct Reader<'r, 'w> {
    file: usize,
    options: Options,
    anchors: Anchors,
    writer: &'w mut Writer,
    report: &'r mut Report,
    /// Some rule allows commands by their beginning.
    allows_prefixes: bool,
    /// Some rule allows every command.
    allows_all: bool,
    /// Rules about commands that our patterns and theirs take for the same.
    commands: Vec<(Sentence, Location)>,
    /// Every rule about commands, for those that say what others say.
    seen: Vec<(Tier, Specifier, Location)>,
}

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let mut allows_prefixes = false;
    let mut allows_all = false;
    for (index, file) in files.iter().enumerate() {
        let root = match tree::json(&file.text) {
            Ok(root) if matches!(root.value, Value::Table(_)) => root,
            Ok(root) => {
                report.invalid(at(index, root.span), "settings are an object");
                continue;
            }
            Err(fault) => {
                report.invalid(at(index, fault.span), fault.message);
                continue;
            }
        };
        let anchors = Anchors { slash: slash(&file.name), single_folder_anywhere: true };
        let mut reader = Reader {
            file: index,
            options,
            anchors,
            writer,
            report,
            allows_prefixes,
            allows_all,
            commands: Vec::new(),
            seen: Vec::new(),
        };
        reader.settings(&root);
        reader.plain_commands();
        reader.covered();
        (allows_prefixes, allows_all) = (reader.allows_prefixes, reader.allows_all);
    }
    accepted(options, allows_prefixes, allows_all, writer);
}

/// Where a pattern with one slash begins: where the settings lie.
fn slash(name: &str) -> &'static str {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').collect();
    let is_home = |folder: &[&str]| {
        matches!(folder, ["~"] | ["$HOME"] | ["", "root"] | ["", "home" | "Users", _])
    };
    match &parts[..] {
        [folder @ .., ".claude", file] if file.starts_with("settings") && is_home(folder) => {
            "~/.claude"
        }
        _ => "$workspace",
    }
}

fn accepted(options: Options, allows_prefixes: bool, allows_all: bool, writer: &mut Writer) {
    if allows_all {
        writer.heading("Whatever stands in a line is allowed, so what is understood of it is.");
        writer.line("accept control_flow, assignments, wrappers");
    } else if allows_prefixes && !options.tighten {
        writer.heading(
            "Bare `xargs` is looked through; other programs that run programs are asked about.",
        );
        writer.line("accept wrappers");
        writer.line("ask run \"find {-exec|-execdir|-ok|-okdir|-delete}\", \"(watch|setsid|ionice|flock) ...\"");
    }
}

impl Reader<'_, '_> {
    fn settings(&mut self, root: &Node) {
        for entry in root.entries() {
            let from = at(self.file, entry.at);
            match entry.key.as_str() {
                "permissions" => self.permissions(&entry.node, root),
                "sandbox" => self.sandbox(&entry.node),
                "allowedMcpServers" => self.servers(&entry.node, true),
                "deniedMcpServers" => self.servers(&entry.node, false),
                "autoMode" => self.report.lost(
                    from,
                    "what a model is told in prose is no rule",
                    "write rules with `review` for what a reviewer may clear",
                ),
                "disableAutoMode" => self.never_start("auto", from),
                "allowManagedPermissionRulesOnly"
                | "allowManagedHooksOnly"
                | "allowManagedMcpServersOnly" => self.report.note(
                    from,
                    format!("`{}` says which files count", entry.key),
                    "give `policy` the managed layer alone, or delegate nothing to the others",
                ),
                key if KEYS.contains(&key) => {
                    self.report.lost(from, format!("`{key}` does not carry over"), "");
                }
                key if NO_RULES.contains(&key) => {}
                key => self.report.unknown_key(from, key, KEYS.into_iter().chain(NO_RULES)),
            }
        }
    }

    fn never_start(&mut self, mode: &str, from: Location) {
        let sentence = Sentence::new(Tier::Deny, "start")
            .when(format!("approval == {}", quote::literal(mode)))
            .because(Some("This mode is disabled."));
        self.writer.sentence(&sentence, self.report, from);
    }

    fn permissions(&mut self, node: &Node, root: &Node) {
        if !matches!(node.value, Value::Table(_)) {
            return self.report.invalid(at(self.file, node.span), "`permissions` is an object");
        }
        if let Some(mode) = node.get("defaultMode") {
            self.mode(mode, node);
        }
        let sandbox = root.get("sandbox");
        let is_on = |key: &str, otherwise: bool| {
            sandbox.and_then(|node| node.get(key)).map_or(Some(otherwise), Node::bool) == Some(true)
        };
        if let Some(sandbox) = sandbox
            && is_on("enabled", false)
            && is_on("autoAllowBashIfSandboxed", true)
        {
            self.writer.heading("In the sandbox commands run without a question.");
            let from = at(self.file, sandbox.span);
            self.writer.line_from("default run allow", self.report, from);
        }
        for (key, tier) in [("deny", Tier::Deny), ("ask", Tier::Ask), ("allow", Tier::Allow)] {
            let Some(list) = node.get(key) else { continue };
            let Value::List(items) = &list.value else {
                self.report.invalid(at(self.file, list.span), format!("`{key}` is a list"));
                continue;
            };
            self.writer.section(&format!("Rules that {key}."));
            for item in items {
                match item.text() {
                    Some(text) => self.rule(text, tier, at(self.file, item.span)),
                    None => self.report.refused(at(self.file, item.span), "a rule is a text", None),
                }
            }
        }
        for entry in node.entries() {
            let from = at(self.file, entry.at);
            match entry.key.as_str() {
                "allow" | "ask" | "deny" | "defaultMode" | "additionalDirectories" => {}
                "disableBypassPermissionsMode" => self.never_start("bypassPermissions", from),
                "disableAutoMode" => self.never_start("auto", from),
                key => self.report.unknown_key(
                    from,
                    key,
                    ["allow", "ask", "deny", "defaultMode", "additionalDirectories"],
                ),
            }
        }
    }

    fn mode(&mut self, mode: &Node, permissions: &Node) {
        let from = at(self.file, mode.span);
        match mode.text() {
            Some("default") => {}
            Some("acceptEdits") => {
                self.writer.heading("Edits in the folders of the session are accepted.");
                let mut folders = vec!["\"$workspace/**\"".to_owned()];
                for item in
                    permissions.get("additionalDirectories").map(Node::items).unwrap_or_default()
                {
                    match item.text().map(|text| gitignore(text, Tier::Allow, self.anchors)) {
                        Some(Ok(pattern)) => folders.push(quote::literal(&pattern)),
                        _ => self.report.refused(at(self.file, item.span), "it is no folder", None),
                    }
                }
                let sentence = Sentence::new(Tier::Allow, "read, write, delete").objects(folders);
                self.writer.sentence(&sentence, self.report, from);
                self.writer.line(
                    "ask write, delete \"$workspace/**/{.git,.vscode,.claude,.husky}/**\" because \"Protected in most modes.\"",
                );
            }
            Some("plan") => {
                self.writer.heading("Planning: nothing is changed.");
                let sentence = Sentence::new(Tier::Deny, "write, delete")
                    .because(Some("In plan mode nothing is changed."));
                self.writer.sentence(&sentence, self.report, from);
            }
            Some("dontAsk") => {
                self.writer.heading("What no rule allows is refused.");
                self.writer.line_from("default * deny", self.report, from);
            }
            Some("bypassPermissions") => {
                self.writer.heading("What no rule stops runs without a question.");
                self.writer.line_from("default * allow", self.report, from);
                self.allows_all = true;
            }
            Some("auto") => {
                self.writer.heading("What no rule speaks of is left to a classifier.");
                self.writer.line_from("default * review", self.report, from);
            }
            _ => self.report.lost(
                from,
                "the mode is not known, so what no rule speaks of is asked about",
                "there are default, acceptEdits, plan, auto, dontAsk and bypassPermissions",
            ),
        }
    }

    /// `Tool` or `Tool(specifier)`.
    fn rule(&mut self, text: &str, tier: Tier, from: Location) {
        let text = text.trim();
        let (name, specifier) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(specifier) => (name, Some(specifier)),
                None => return self.report.refused(from, "the `(` is not closed", None),
            },
        };
        if name.starts_with("mcp__") {
            return self.server_rule(name, specifier, tier, from);
        }
        if name.contains('*') && specifier.is_none() {
            return self.tool_glob(name, tier, from);
        }
        if !TOOLS.contains(&name) {
            let nearest = policy_lang::diagnostic::nearest(name, TOOLS);
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "write `Tool` or `Tool(specifier)`, as in `Bash(git status)`".to_owned(),
            };
            let what = format!("`{name}` is no tool of Claude Code");
            return self.report.refused(from, what, Some(&help));
        }
        if specifier.is_some_and(|specifier| specifier.trim().is_empty()) {
            let help = format!("write `{name}` for all of it");
            return self.report.refused(from, "the parentheses are empty", Some(&help));
        }
        let specifier = specifier.filter(|specifier| specifier.trim() != "*");
        match specifier {
            None => self.whole_tool(name, tier, from),
            Some(specifier) => self.specified(name, specifier, tier, from),
        }
    }

    fn put(&mut self, sentence: Sentence, from: Location) {
        self.writer.sentence(&sentence, self.report, from);
    }

    /// An action, where one tool of several does it.
    fn put_for_tool(&mut self, actions: &str, name: &str, tier: Tier, from: Location) {
        self.writer.declare("host_tool", "string");
        let is_tool = format!("host_tool == {}", quote::literal(name));
        self.put(Sentence::new(tier, actions).when(is_tool), from);
    }

    /// An action, where an argument of the tool has a value.
    fn put_for_argument(&mut self, sentence: Sentence, key: &str, value: &str, from: Location) {
        let name = format!("host_{key}");
        let (ty, is_so) = match value {
            "true" => ("bool", name.clone()),
            "false" => ("bool", format!("not {name}")),
            value if value.parse::<i64>().is_ok() => ("int", format!("{name} == {value}")),
            value => ("string", format!("{name} == {}", quote::literal(value))),
        };
        self.writer.declare(&name, ty);
        // An argument that is not there has no value.
        self.put(sentence.when(format!("{name} is present")).when(is_so), from);
    }

    fn whole_tool(&mut self, name: &str, tier: Tier, from: Location) {
        match name {
            "Bash" | "PowerShell" => {
                if tier == Tier::Allow {
                    self.allows_all = true;
                }
                self.put(Sentence::new(tier, "run"), from);
            }
            "Read" if tier == Tier::Deny => {
                self.put(Sentence::new(tier, "read, write, delete"), from);
            }
            "Read" => self.put(Sentence::new(tier, "read"), from),
            "Edit" => self.put(Sentence::new(tier, "write, delete"), from),
            "WebFetch" => self.put(Sentence::new(tier, "fetch"), from),
            "WebSearch" => self.put(Sentence::new(tier, "search"), from),
            "Agent" | "Task" => self.put(Sentence::new(tier, "spawn").object("*"), from),
            "Glob" | "Grep" | "LS" | "NotebookRead" => self.put_for_tool("read", name, tier, from),
            "Write" | "MultiEdit" | "NotebookEdit" => {
                self.put_for_tool("write, delete", name, tier, from);
            }
            name => self.put(Sentence::new(tier, "call").object(own_tool(name)), from),
        }
    }

    fn specified(&mut self, name: &str, specifier: &str, tier: Tier, from: Location) {
        match name {
            "Bash" | "PowerShell" => self.command(specifier, tier, from),
            "Read" | "Edit" => self.file(name, specifier, tier, from),
            "Write" | "MultiEdit" | "NotebookEdit" | "NotebookRead" | "Glob" | "Grep" | "LS" => {
                if gitignore(specifier, tier, self.anchors).is_err() {
                    return self.report.refused(from, "the path is no pattern", None);
                }
                let right = if matches!(name, "Write" | "MultiEdit" | "NotebookEdit") {
                    "Edit"
                } else {
                    "Read"
                };
                self.report.never(
                    from,
                    format!("a path behind `{name}` is never looked at"),
                    &format!("write `{right}({specifier})`"),
                );
            }
            "WebFetch" => match specifier.split_once(':') {
                Some((key, domain)) if key.trim() == "domain" => {
                    self.domain(domain.trim(), tier, from)
                }
                _ => self.report.refused(
                    from,
                    "only a domain stands behind `WebFetch`",
                    Some("write `WebFetch(domain:example.com)`"),
                ),
            },
            "Agent" | "Task" => match specifier.split_once(':') {
                Some((key, value)) if key.trim() == "model" && tier > Tier::Allow => {
                    let sentence = Sentence::new(tier, "spawn").object("*");
                    self.put_for_argument(sentence, "model", value.trim(), from);
                }
                Some((key, _)) => self.report.lost(
                    from,
                    format!("the argument `{}` of an agent is not in a request", key.trim()),
                    "nothing is written for this rule",
                ),
                None => {
                    let sentence = Sentence::new(tier, "spawn").object(quote::literal(specifier));
                    self.put(sentence, from);
                }
            },
            "Skill" | "SlashCommand" => {
                let name_of = if name == "Skill" { "skill" } else { "command" };
                let text = specifier.trim().trim_end_matches(":*").trim_end_matches(" *");
                let sentence = Sentence::new(tier, "call")
                    .object(own_tool(name))
                    .when(format!("args.{name_of} == {}", quote::literal(text)));
                self.put(sentence, from);
            }
            name => match specifier.split_once(':') {
                Some((key, value)) if is_name(key.trim()) && tier > Tier::Allow => {
                    let sentence = Sentence::new(tier, "call")
                        .object(own_tool(name))
                        .when(format!("args.{} like {}", key.trim(), quote::literal(value.trim())));
                    self.put(sentence, from);
                }
                _ => self.report.lost(
                    from,
                    format!("what stands behind `{name}` does not carry over"),
                    "nothing is written for this rule",
                ),
            },
        }
    }

    fn domain(&mut self, domain: &str, tier: Tier, from: Location) {
        let host = domain.to_lowercase();
        let is_right = host.split('.').all(|label| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '*'))
        });
        if host == "*" {
            return self.put(Sentence::new(tier, "fetch"), from);
        }
        let has_stars_in_front = host.starts_with("**");
        if !is_right || has_stars_in_front {
            return self.report.refused(from, format!("`{domain}` is no domain"), None);
        }
        self.put(Sentence::new(tier, "fetch").object(quote::literal(&host)), from);
    }

    fn file(&mut self, name: &str, specifier: &str, tier: Tier, from: Location) {
        if specifier.contains(':')
            && is_name(specifier.split(':').next().unwrap_or_default().trim())
        {
            let what = format!("`{specifier}` is no path");
            return self.report.refused(from, what, Some("write a pattern, as in `src/**`"));
        }
        let pattern = match gitignore(specifier, tier, self.anchors) {
            Ok(pattern) => pattern,
            Err(what) => return self.report.refused(from, what, None),
        };
        let system =
            ["/etc", "/usr", "/var", "/tmp", "/home", "/Users", "/opt", "/System", "/root"];
        if system.iter().any(|folder| specifier.starts_with(folder)) {
            self.report.never(
                from,
                format!("`{specifier}` begins in the project, not at the root"),
                &format!("write `{name}(/{specifier})` for an absolute path"),
            );
        }
        let actions = match (name, tier) {
            ("Read", Tier::Deny) => "read, write, delete",
            ("Read", _) => "read",
            _ => "write, delete",
        };
        self.put(Sentence::new(tier, actions).object(quote::literal(&pattern)), from);
    }

    fn command(&mut self, specifier: &str, tier: Tier, from: Location) {
        if let Some((key, value)) = specifier.split_once(':')
            && BASH_ARGUMENTS.contains(&key.trim())
        {
            return match (key.trim(), value.trim()) {
                ("dangerouslyDisableSandbox", "true") if tier > Tier::Allow => {
                    self.put(Sentence::new(tier, "run").when("escalated"), from);
                }
                ("run_in_background" | "timeout", value) if tier > Tier::Allow => {
                    self.put_for_argument(Sentence::new(tier, "run"), key.trim(), value, from);
                }
                _ => self.report.lost(
                    from,
                    format!("the argument `{}` of Bash is not in a request", key.trim()),
                    "nothing is written for this rule",
                ),
            };
        }
        if specifier.contains("//") && specifier.contains("**") {
            self.report.never(
                from,
                "a command has no path patterns: `**` and `//` are compared as they stand",
                "name the command alone, and protect the path with `Edit` or `Read`",
            );
        }
        let spec = Specifier::new(specifier);
        if tier == Tier::Allow {
            self.allows_prefixes = true;
            if let [program] = &spec.words[..]
                && (spec.any_end || spec.any_words)
            {
                self.report.wide(from, program);
            }
            if let Some(runner) = spec.runner() {
                self.report.mistake_runner(from, &runner);
            }
        }
        let sentence = Sentence::new(tier, "run").object(quote::literal(&spec.pattern()));
        let is_plain = spec.words.first().is_some_and(|program| {
            !program.contains('/') && !OTHER_RUNNERS.contains(&program.as_str())
        });
        let regex = spec.regex();
        self.seen.push((tier, spec, from));
        if self.options.tighten {
            return self.put(sentence, from);
        }
        if is_plain {
            return self.commands.push((sentence, from));
        }
        let regex = quote::literal(&format!("(?s){WRAPPERS}{regex}"));
        self.put(Sentence::new(tier, "run").when(format!("written matches {regex}")), from);
    }

    /// Our patterns see a command behind more than Claude Code does, so they are asked only where
    /// both see the same.
    fn plain_commands(&mut self) {
        if self.commands.is_empty() {
            return;
        }
        self.writer.heading(
            "Claude Code looks through time, timeout, nice, nohup, stdbuf, command, builtin, noglob and a bare xargs.",
        );
        self.writer
            .line("# Behind any other program, and by a path, its rules do not see a command.");
        let runners = OTHER_RUNNERS.join("|");
        let regex = format!("(?s){WRAPPERS}([^ ]*/[^ ]*|{runners}|xargs -[^ ]*)( .*)?");
        self.writer.line(&format!("when not written matches {} {{", quote::literal(&regex)));
        for (sentence, from) in std::mem::take(&mut self.commands) {
            self.writer.sentence(&sentence, self.report, from);
        }
        self.writer.line("}");
    }

    /// Rules that another one of the same list makes needless.
    fn covered(&mut self) {
        for (index, (tier, rule, from)) in self.seen.iter().enumerate() {
            let others = self.seen.iter().enumerate().filter(|(other, _)| *other != index);
            let cover = others.map(|(_, other)| other).find(|(other_tier, other, _)| {
                let is_shorter = other.words.len() < rule.words.len();
                tier == other_tier
                    && other.any_words
                    && is_shorter
                    && rule.words.starts_with(&other.words)
            });
            if let Some((_, _, other)) = cover {
                self.report.covered(*from, *other);
            }
        }
    }

    /// `mcp__server`, `mcp__server__tool`
    fn server_rule(&mut self, name: &str, specifier: Option<&str>, tier: Tier, from: Location) {
        if specifier.is_some() {
            let what = "a rule about a tool of a server has no parentheses";
            return self.report.refused(from, what, Some("write `mcp__server__tool`"));
        }
        let rest = name.trim_start_matches("mcp__");
        let (server, tool) = rest.split_once("__").unwrap_or((rest, "*"));
        if tier == Tier::Allow && (server.contains('*') || server.is_empty()) {
            return self.report.never(
                from,
                "a `*` in an allowed name stands only behind the name of a server",
                "write `mcp__server__*`",
            );
        }
        if server.is_empty() || tool.is_empty() {
            return self.report.refused(from, "the name of a server or a tool is empty", None);
        }
        let object = quote::literal(&format!("{server}/{tool}"));
        if server.contains('/') || tool.contains('/') {
            return self.report.refused(from, "a name has no `/`", None);
        }
        self.put(Sentence::new(tier, "call").object(object), from);
    }

    /// A glob over names of tools.
    fn tool_glob(&mut self, glob: &str, tier: Tier, from: Location) {
        if tier == Tier::Allow {
            return self.report.never(
                from,
                "a `*` in an allowed name stands only behind the name of a server",
                "name the tools",
            );
        }
        let regex: Vec<&str> = glob.split('*').collect();
        let all: Vec<&str> = TOOLS.into_iter().filter(|tool| glob_matches(&regex, tool)).collect();
        if all.is_empty() {
            return self.report.never(from, format!("`{glob}` matches no tool"), "");
        }
        for tool in all {
            if !matches!(
                tool,
                "Glob"
                    | "Grep"
                    | "LS"
                    | "MultiEdit"
                    | "NotebookRead"
                    | "Task"
                    | "Write"
                    | "PowerShell"
            ) {
                self.whole_tool(tool, tier, from);
            }
        }
        if glob == "*" {
            self.put(Sentence::new(tier, "call").object("\"*/*\""), from);
        }
    }

    fn servers(&mut self, node: &Node, is_allowed: bool) {
        let from = at(self.file, node.span);
        let mut objects = Vec::new();
        let mut origins = Vec::new();
        for item in node.items() {
            if let Some(name) = item.get("serverName").and_then(Node::text) {
                objects.push(quote::literal(&format!("{}/*", name.replace('/', "?"))));
            } else if let Some(url) = item.get("serverUrl").and_then(Node::text) {
                origins.push(format!("origin like {}", quote::literal(url)));
            } else {
                self.report.lost(
                    at(self.file, item.span),
                    "a server is told by its name or its URL",
                    "compare `origin` in a rule of your own",
                );
            }
        }
        if is_allowed {
            let mut sentence = Sentence::new(Tier::Deny, "call")
                .object("\"*/*\"")
                .except(objects)
                .because(Some("The server is on no list of allowed ones."));
            sentence.except.push("\"claude-code/*\"".to_owned());
            sentence.unless = origins;
            self.put(sentence, from);
            return;
        }
        if !objects.is_empty() {
            let because = Some("The server is denied.");
            self.put(Sentence::new(Tier::Deny, "call").objects(objects).because(because), from);
        }
        for origin in origins {
            self.put(Sentence::new(Tier::Deny, "call").object("\"*/*\"").when(origin), from);
        }
    }

    fn sandbox(&mut self, node: &Node) {
        if node.get("enabled").and_then(Node::bool) == Some(true) {
            self.writer.heading("The sandbox.");
        }
        for entry in node.entries() {
            let from = at(self.file, entry.at);
            match entry.key.as_str() {
                "enabled"
                | "autoAllowBashIfSandboxed"
                | "failIfUnavailable"
                | "bwrapPath"
                | "socatPath"
                | "ripgrep"
                | "enableWeakerNestedSandbox" => {}
                "allowUnsandboxedCommands" => {
                    if entry.node.bool() == Some(false) {
                        let sentence = Sentence::new(Tier::Deny, "run")
                            .when("escalated")
                            .because(Some("Commands stay in the sandbox."));
                        self.put(sentence, from);
                    }
                }
                "network" => self.network(&entry.node),
                "filesystem" => self.filesystem(&entry.node),
                "credentials" => {
                    for file in entry.node.get("files").map(Node::items).unwrap_or_default() {
                        let is_denied = file.get("mode").and_then(Node::text) == Some("deny");
                        if let Some(path) = file.get("path").filter(|_| is_denied) {
                            self.sandbox_path(path, "read");
                        }
                    }
                    if let Some(variables) = entry.node.get("envVars") {
                        let from = at(self.file, variables.span);
                        self.report.lost(
                            from,
                            "which variables a command gets is not in a policy",
                            "",
                        );
                    }
                }
                key => self.report.lost(from, format!("`{key}` does not carry over"), ""),
            }
        }
    }

    fn network(&mut self, node: &Node) {
        for entry in node.entries() {
            let from = at(self.file, entry.at);
            let tier = match entry.key.as_str() {
                "allowedDomains" => Tier::Allow,
                "deniedDomains" => Tier::Deny,
                "strictAllowlist" if entry.node.bool() == Some(true) => {
                    self.writer.line_from("default connect deny", self.report, from);
                    continue;
                }
                "allowUnixSockets" => {
                    for item in entry.node.items() {
                        if let Some(path) = item.text() {
                            let sentence = Sentence::new(Tier::Allow, "connect")
                                .object(format!("unix {}", quote::literal(path)));
                            self.put(sentence, at(self.file, item.span));
                        }
                    }
                    continue;
                }
                "allowLocalBinding" => {
                    if entry.node.bool() == Some(true) {
                        self.put(Sentence::new(Tier::Allow, "listen").object("@loopback"), from);
                    }
                    continue;
                }
                "strictAllowlist" | "allowAllUnixSockets" => continue,
                "allowManagedDomainsOnly" => {
                    self.report.note(from, "which files count is said by layers", "");
                    continue;
                }
                key => {
                    self.report.lost(from, format!("`{key}` does not carry over"), "");
                    continue;
                }
            };
            for item in entry.node.items() {
                if let Some(domain) = item.text() {
                    let sentence = Sentence::new(tier, "connect")
                        .object(quote::literal(&domain.to_lowercase()));
                    self.put(sentence, at(self.file, item.span));
                }
            }
        }
    }

    fn filesystem(&mut self, node: &Node) {
        for entry in node.entries() {
            let from = at(self.file, entry.at);
            match entry.key.as_str() {
                "denyRead" => entry.node.items().iter().for_each(|path| self.sandbox_path(path, "read")),
                "denyWrite" => {
                    entry.node.items().iter().for_each(|path| self.sandbox_path(path, "write, delete"));
                }
                "allowManagedReadPathsOnly" | "disabled" => {}
                key => self.report.lost(
                    from,
                    format!("`{key}` opens files to commands in the sandbox, which is no rule about tools"),
                    "set it in the sandbox",
                ),
            }
        }
    }

    /// In the settings of the sandbox one slash is the root.
    fn sandbox_path(&mut self, node: &Node, actions: &str) {
        let from = at(self.file, node.span);
        let Some(text) = node.text() else { return };
        let text = if text.starts_with('/') && !text.starts_with("//") {
            format!("/{text}")
        } else {
            text.to_owned()
        };
        match gitignore(&text, Tier::Deny, self.anchors) {
            Ok(pattern) => {
                let sentence = Sentence::new(Tier::Deny, actions)
                    .object(quote::literal(&pattern))
                    .because(Some("The sandbox closes this path."));
                self.put(sentence, from);
            }
            Err(what) => self.report.refused(from, what, None),
        }
    }
}

fn glob_matches(pieces: &[&str], text: &str) -> bool {
    match pieces {
        [] => false,
        [one] => *one == text,
        [first, rest @ ..] => text.strip_prefix(first).is_some_and(|text| {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| glob_matches(rest, text)))
        }),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A tool that is no action of its own.
fn own_tool(name: &str) -> String {
    quote::literal(&format!("claude-code/{name}"))
}
