//! `config.toml` and `requirements.toml`: sandbox, approvals, servers, sign-in, search, telemetry.

use policy_eval::Tier;

use crate::import::Report;
use crate::import::quote;
use crate::import::report::at;
use crate::import::tree::{Node, Value};
use crate::import::write::{Sentence, Writer};

/// Commands that are known to be harmless in every form, and those with what makes them harmful.
const SAFE: &str = "commands harmless = \"(cat|cd|cut|echo|expr|false|grep|head|id|ls|nl|paste|pwd|rev|seq|stat|tail|tr|true|uname|uniq|wc|which|whoami) ...\",
    \"base64 {no -o|--output} ...\", \"find {no -exec|-execdir|-ok|-okdir|-delete|-fls|-fprint|-fprint0|-fprintf} ...\",
    \"rg {no --pre|--hostname-bin|--search-zip|-z} ...\", \"sed -n <[0-9]+(,[0-9]+)?p> ...\"";

/// The programs of [`SAFE`].
const SAFE_PROGRAMS: &str = "(cat|cd|cut|echo|expr|false|grep|head|id|ls|nl|paste|pwd|rev|seq|stat|tail|tr|true|uname|uniq|wc|which|whoami|base64|find|rg|sed)";

/// What stands in a word of a line that Codex parts into commands: nothing that is substituted,
/// redirected or grouped, in quotes or not. What it does with other signs is not known in full, so
/// they are left out. `\x22` is `"`, which would end the text that this stands in.
const SIGNS: &str = r"[^'\x22$`(){}<>&|;\\#!\s]|'[^']*'|\x22[^\x22$`\\]*\x22";

/// The same in the first word of a command, which is no assignment.
const FIRST_SIGNS: &str = r"[^'\x22$`(){}<>&|;\\#!\s=]|'[^']*'|\x22[^\x22$`\\]*\x22";

/// A line with a command that is a part of a larger one.
const KEYWORD: &str = r"(?s)(.*[;&|\n])?\s*(if|then|elif|else|fi|for|while|until|do|done|case|esac|select|function|time|coproc|\[\[)(\s.*)?";

/// Opens a block for what holds where Codex looks into a line.
///
/// It parts a line of plain words into commands, and takes any other line for one command: the
/// shell. A list of words is no line.
pub(super) fn open_plain_lines(writer: &mut Writer) {
    let command = format!(r"\s*({FIRST_SIGNS})+([ \t]+({SIGNS})+)*[ \t]*");
    let plain = format!(r"(?s){command}((&&|\|\||\||;|\n){command})*\s*");
    writer.line("# A line that is more than plain words Codex takes for one command, so no permission holds in it.");
    writer.line(&format!(
        "when not line is present or (line matches {} and not line matches {}) {{",
        quote::literal(&plain),
        quote::literal(KEYWORD),
    ));
}

/// What is known to be harmless, as far as Codex sees it: by its own name and not behind another
/// program.
fn harmless(writer: &mut Writer) {
    writer.line(SAFE);
    open_plain_lines(writer);
    let written = format!("(?s)([^ ']*/)?{SAFE_PROGRAMS}( .*)?");
    writer.line(&format!("allow run harmless when written matches {}", quote::literal(&written)));
    writer.line("}");
    // A script that is an argument stands in single quotes and has none of its own.
    let command = format!(r" *{SAFE_PROGRAMS}( [^'\x22$`(){{}}<>&|;\\#!\n]*)?");
    let written =
        format!(r"(?s)(bash|sh|zsh) -l?c ({SAFE_PROGRAMS}|'{command}((&&|\|\||\||;){command})*')");
    let written = quote::literal(&written);
    writer.line(&format!(
        "allow run harmless when not line is present and written matches {written}"
    ));
}

/// Keys that say nothing of what an agent may do.
const NO_RULES: [&str; 46] = [
    "additional_developer_instructions",
    "allow_appshots",
    "chatgpt_base_url",
    "check_for_update_on_startup",
    "compact_prompt",
    "default_permissions",
    "description",
    "disable_response_storage",
    "features",
    "feedback",
    "file_opener",
    "guardian_extra_policy",
    "guardian_policy_config",
    "hide_agent_reasoning",
    "history",
    "instructions",
    "log_dir",
    "model",
    "model_auto_compact_token_limit",
    "model_catalog_json",
    "model_context_window",
    "model_instructions_file",
    "model_max_output_tokens",
    "model_provider",
    "model_providers",
    "model_reasoning_effort",
    "model_reasoning_summary",
    "model_verbosity",
    "models",
    "notice",
    "notify",
    "permissions",
    "personality",
    "preferred_auth_method",
    "profile",
    "profiles",
    "project_doc_fallback_filenames",
    "project_doc_max_bytes",
    "project_root_markers",
    "projects",
    "review_model",
    "show_raw_agent_reasoning",
    "sqlite_home",
    "tool_output_token_limit",
    "tui",
    "windows",
];

/// Keys that are read here or beside.
const READ: [&str; 26] = [
    "approval_policy",
    "sandbox_mode",
    "sandbox_workspace_write",
    "web_search",
    "tools",
    "mcp_servers",
    "forced_login_method",
    "forced_chatgpt_workspace_id",
    "allowed_login_methods",
    "allowed_chatgpt_workspaces",
    "cli_auth_credentials_store",
    "mcp_oauth_credentials_store",
    "otel",
    "allowed_approval_policies",
    "allowed_sandbox_modes",
    "allowed_web_search_modes",
    "rules",
    "experimental_network",
    "network_proxy",
    "network",
    "approvals_reviewer",
    "auto_review",
    "allowed_approvals_reviewers",
    "shell_environment_policy",
    "allow_login_shell",
    "apps",
];

pub(super) fn write(configs: &[(usize, Node)], writer: &mut Writer, report: &mut Report) {
    for (file, node) in configs {
        one(*file, node, writer, report);
    }
}

fn one(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    for entry in node.entries() {
        let from = at(file, entry.at);
        let value = &entry.node;
        match entry.key.as_str() {
            "approval_policy" => approvals(file, value, writer, report),
            "sandbox_mode" => sandbox(file, node, value, writer, report),
            "allowed_approval_policies" => {
                start(file, value, "approval", writer, report);
            }
            "allowed_sandbox_modes" => start(file, value, "sandbox", writer, report),
            "web_search" => {
                search(file, value, value.text().into_iter().collect(), true, writer, report)
            }
            "allowed_web_search_modes" => {
                let Some(modes) = texts(file, value, report) else { continue };
                let modes = if modes.is_empty() { vec!["disabled"] } else { modes };
                search(file, value, modes, false, writer, report);
            }
            "forced_login_method" | "allowed_login_methods" => {
                login(file, value, "method", writer, report);
            }
            "forced_chatgpt_workspace_id" | "allowed_chatgpt_workspaces" => {
                login(file, value, "workspace_id", writer, report);
            }
            "cli_auth_credentials_store" | "mcp_oauth_credentials_store" => {
                credentials(file, &entry.key, value, writer, report);
            }
            "mcp_servers" => servers(file, value, writer, report),
            "otel" => telemetry(file, value, writer, report),
            "tools" => {
                if let Some(domains) = value.at(&["web_search", "allowed_domains"]) {
                    report.lost(
                        at(file, domains.span),
                        "a search has no domains in a policy",
                        "keep the key; a fetched page is `fetch`",
                    );
                }
            }
            "auto_review" | "approvals_reviewer" | "allowed_approvals_reviewers" => report.lost(
                from,
                format!("who answers is not in the policy (`{}`)", entry.key),
                "write `review` and `with reviewer \"…\"` in the rules that a reviewer may clear",
            ),
            "shell_environment_policy" => report.lost(
                from,
                "which variables a command gets is not in a policy",
                "keep the key; a policy can ask for `env`",
            ),
            "allow_login_shell" | "apps" => {
                report.lost(from, format!("`{}` does not carry over", entry.key), "");
            }
            key if READ.contains(&key) || NO_RULES.contains(&key) => {}
            key => report.unknown_key(from, key, READ.into_iter().chain(NO_RULES)),
        }
    }
    filesystems(file, node, writer, report);
}

fn texts<'n>(file: usize, node: &'n Node, report: &mut Report) -> Option<Vec<&'n str>> {
    let texts = node.texts();
    if texts.is_none() {
        report.invalid(at(file, node.span), format!("texts are expected, not {}", node.kind()));
    }
    texts
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| quote::literal(word)).collect::<Vec<_>>().join(", ")
}

fn start(file: usize, node: &Node, attribute: &str, writer: &mut Writer, report: &mut Report) {
    let Some(words) = texts(file, node, report) else { return };
    if words.is_empty() {
        return report.invalid(at(file, node.span), "the list is empty");
    }
    let sentence = Sentence::new(Tier::Deny, "start")
        .unless(format!("{attribute} in ({})", list(&words)))
        .because(Some("Sessions start only in the modes that are allowed."));
    writer.sentence(&sentence, report, at(file, node.span));
}

fn login(file: usize, node: &Node, attribute: &str, writer: &mut Writer, report: &mut Report) {
    let Some(words) = texts(file, node, report) else { return };
    let sentence = Sentence::new(Tier::Deny, "login")
        .unless(format!("{attribute} in ({})", list(&words)))
        .because(Some("Sign in the way that is allowed."));
    writer.sentence(&sentence, report, at(file, node.span));
}

fn search(
    file: usize,
    node: &Node,
    modes: Vec<&str>,
    is_setting: bool,
    writer: &mut Writer,
    report: &mut Report,
) {
    let from = at(file, node.span);
    let known: Vec<&str> =
        modes.iter().copied().filter(|mode| matches!(*mode, "cached" | "live")).collect();
    if modes.contains(&"indexed") {
        report.lost(from, "`indexed` is no mode of a search here", "it is read as no permission");
    }
    let mut sentence = Sentence::new(Tier::Deny, "search")
        .because(Some("Web search is limited to the modes that are allowed."));
    if !known.is_empty() {
        sentence = sentence.unless(format!("mode in ({})", known.join(", ")));
    }
    writer.sentence(&sentence, report, from);
    if is_setting && !known.is_empty() {
        let sentence =
            Sentence::new(Tier::Allow, "search").when(format!("mode in ({})", known.join(", ")));
        writer.sentence(&sentence, report, from);
    }
}

fn credentials(file: usize, key: &str, node: &Node, writer: &mut Writer, report: &mut Report) {
    let from = at(file, node.span);
    match node.text() {
        Some(store @ ("keyring" | "file")) => {
            let sentence = Sentence::new(Tier::Deny, "use")
                .object("*")
                .unless(format!("store == {store}"))
                .because(Some("Credentials are kept in one store."));
            writer.sentence(&sentence, report, from);
        }
        Some("auto") => {}
        Some("ephemeral") => report.lost(from, "a store that forgets is not in a policy", ""),
        _ => report.invalid(from, format!("`{key}` is keyring, file or auto")),
    }
}

fn telemetry(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    for entry in node.entries() {
        let from = at(file, entry.at);
        match entry.key.as_str() {
            "log_user_prompt" => {
                let level = if entry.node.bool() == Some(true) { "full" } else { "redacted" };
                let sentence = Sentence::of(&format!("record {level}"), "prompt");
                writer.sentence(&sentence, report, from);
            }
            "environment"
            | "exporter"
            | "trace_exporter"
            | "metrics_exporter"
            | "log_agent_responses"
            | "log_guardian_assessments"
            | "log_sse_deltas"
            | "tool_result"
            | "span_attributes"
            | "tracestate" => report.note(
                from,
                format!("`{}` stays in the configuration: it is no rule", entry.key),
                "",
            ),
            key => report.unknown_key(from, key, ["log_user_prompt", "environment", "exporter"]),
        }
    }
}

fn approvals(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    let from = at(file, node.span);
    let rm = "ask run \"rm {-f|--force}\", \"sudo rm {-f|--force}\"";
    match (node.text(), &node.value) {
        (Some("untrusted"), _) => {
            writer
                .heading("Approvals: what is known to be harmless runs, all else is asked about.");
            writer.line_from("default run ask", report, from);
            harmless(writer);
        }
        (Some("on-request" | "on-failure"), _) => {
            writer
                .heading("Approvals: commands run in the sandbox, and to leave it is asked about.");
            writer.line_from("default run allow", report, from);
            writer.line(rm);
        }
        (Some("never"), _) => {
            writer.heading("Approvals: nobody is asked, so what would be asked about is refused.");
            writer.line_from("default run allow", report, from);
            writer.line(&rm.replacen("ask", "deny", 1));
            writer.line("deny run * when escalated because \"Nobody is asked in this mode.\"");
            report.lost(
                from,
                "with `never` a rule that prompts refuses",
                "the policy asks where rules say `prompt`; write `deny` there",
            );
        }
        (_, Value::Table(_)) => {
            writer
                .heading("Approvals: commands run in the sandbox, and to leave it is asked about.");
            writer.line_from("default run allow", report, from);
            writer.line(rm);
            report.lost(
                from,
                "which kinds of questions are refused is not in the policy",
                "what is refused there is asked about here",
            );
        }
        _ => report.invalid(from, "the approval policy is untrusted, on-request or never"),
    }
}

fn sandbox(file: usize, root: &Node, node: &Node, writer: &mut Writer, report: &mut Report) {
    let from = at(file, node.span);
    match node.text() {
        Some("read-only") => {
            writer.heading("The sandbox: files are read and not written.");
            writer.line_from("default read allow", report, from);
        }
        Some("workspace-write") => {
            writer.heading("The sandbox: files are read, and written in the workspace.");
            writer.line_from("default read allow", report, from);
            let table = root.get("sandbox_workspace_write");
            let is_set = |key: &str| {
                table.and_then(|table| table.get(key)).and_then(Node::bool) == Some(true)
            };
            let mut folders = vec!["\"$workspace/**\"".to_owned()];
            if !is_set("exclude_tmpdir_env_var") {
                folders.push("\"$tmp/**\"".to_owned());
            }
            if !is_set("exclude_slash_tmp") {
                folders.push("\"/tmp/**\"".to_owned());
            }
            let roots = table.and_then(|table| table.get("writable_roots"));
            for root in roots.map(Node::items).unwrap_or_default() {
                match root.text().filter(|path| path.starts_with('/') || path.starts_with("~/")) {
                    Some(path) => folders.push(folder(path)),
                    None => {
                        report.invalid(at(file, root.span), "a writable root is an absolute path")
                    }
                }
            }
            let sentence = Sentence::new(Tier::Allow, "write, delete").objects(folders);
            writer.sentence(&sentence, report, from);
            writer.line(
                "ask write, delete \"$workspace/(.git|.codex|.agents|.aws)/**\" because \"Protected in every workspace.\""
                    .replace("(.git|.codex|.agents|.aws)", "{.git,.codex,.agents,.aws}")
                    .as_str(),
            );
            if is_set("network_access") {
                writer.line("default connect allow");
            }
        }
        Some("danger-full-access") => {
            writer.heading("No sandbox: files are read and written everywhere.");
            writer.line_from("default read, write, delete, connect allow", report, from);
        }
        _ => {
            report.invalid(from, "the sandbox is read-only, workspace-write or danger-full-access")
        }
    }
}

/// A folder and all below it.
fn folder(path: &str) -> String {
    let escaped: Vec<String> = path
        .trim_end_matches('/')
        .split('/')
        .enumerate()
        .map(
            |(index, part)| {
                if index == 0 && part == "~" { "~".to_owned() } else { quote::component(part) }
            },
        )
        .collect();
    quote::literal(&format!("{}/**", escaped.join("/")))
}

/// `[permissions.NAME.filesystem]`, and what requirements never let read.
fn filesystems(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    if let Some(paths) = node.at(&["permissions", "filesystem", "deny_read"]) {
        for item in paths.items() {
            let Some(path) = item.text() else { continue };
            let from = at(file, item.span);
            if !(path.starts_with('/') || path.starts_with("~/")) {
                report.never(
                    from,
                    "Codex does not look at a pattern that starts nowhere",
                    "begin it with `/`; the policy denies it at any depth",
                );
            }
            deny_path(path, "read", writer, report, from);
        }
    }
    let name = node.get("default_permissions").and_then(Node::text);
    for profile in node.get("permissions").map(Node::entries).unwrap_or_default() {
        let Some(table) = profile.node.get("filesystem") else { continue };
        if name != Some(profile.key.as_str()) {
            continue;
        }
        writer.heading(&format!("Files, of the profile {}.", profile.key));
        for entry in table.entries() {
            access(file, &entry.key, &entry.node, "", writer, report);
        }
        if let Some(parent) = profile.node.get("extends") {
            report.lost(
                at(file, parent.span),
                "what a profile inherits is not read",
                "import the profile that it extends as well",
            );
        }
    }
}

fn access(
    file: usize,
    key: &str,
    node: &Node,
    below: &str,
    writer: &mut Writer,
    report: &mut Report,
) {
    let from = at(file, node.span);
    let base = match key {
        ":root" => "/".to_owned(),
        ":workspace_roots" | ":project_roots" => "$workspace".to_owned(),
        ":tmpdir" => "$tmp".to_owned(),
        ":slash_tmp" => "/tmp".to_owned(),
        key if key.starts_with(':') => {
            return report.lost(from, format!("`{key}` is no place that a policy knows"), "");
        }
        key if !below.is_empty() => format!("{below}/{key}"),
        key => key.to_owned(),
    };
    if let Value::Table(entries) = &node.value {
        for entry in entries {
            access(file, &entry.key, &entry.node, &base, writer, report);
        }
        return;
    }
    let path = base.trim_end_matches("/**").trim_end_matches('/');
    let has_glob = path.contains(['*', '?', '[']);
    match node.text() {
        Some("deny" | "none") => deny_path(&base, "read, write, delete", writer, report, from),
        Some("read") if !has_glob => {
            let sentence =
                Sentence::new(Tier::Allow, "read").object(quote::literal(&format!("{path}/**")));
            writer.sentence(&sentence, report, from);
        }
        Some("write") if !has_glob => {
            let sentence = Sentence::new(Tier::Allow, "read, write, delete")
                .object(quote::literal(&format!("{path}/**")));
            writer.sentence(&sentence, report, from);
        }
        Some("read" | "write") => report.invalid(from, "`*` stands only with `deny`"),
        _ => report.invalid(from, "the access is read, write or deny"),
    }
}

fn deny_path(
    path: &str,
    actions: &str,
    writer: &mut Writer,
    report: &mut Report,
    from: policy_lang::span::Location,
) {
    let path = path.trim_end_matches('/');
    let starts =
        ["/", "~/", "$workspace", "$tmp", "**/"].iter().any(|start| path.starts_with(start));
    let path = if starts { path.to_owned() } else { format!("**/{path}") };
    let objects = if path.ends_with('*') {
        vec![quote::literal(&path)]
    } else {
        vec![quote::literal(&path), quote::literal(&format!("{path}/**"))]
    };
    let sentence = Sentence::new(Tier::Deny, actions)
        .objects(objects)
        .because(Some("The configuration closes this path."));
    writer.sentence(&sentence, report, from);
}

fn servers(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    let is_list = node.entries().iter().any(|server| server.node.get("identity").is_some());
    if is_list || node.entries().is_empty() {
        let names: Vec<String> = node
            .entries()
            .iter()
            .map(|server| quote::literal(&format!("{}/*", tool_name(&server.key))))
            .collect();
        let sentence = Sentence::new(Tier::Deny, "call")
            .object("*")
            .except(names)
            .because(Some("Only the servers that are listed are enabled."));
        writer.sentence(&sentence, report, at(file, node.span));
    }
    for server in node.entries() {
        one_server(file, &server.key, &server.node, writer, report);
    }
}

/// A name in a pattern of tools, where `*` and `?` are signs.
fn tool_name(name: &str) -> String {
    name.replace(['/', '*', '?'], "?")
}

fn one_server(file: usize, name: &str, node: &Node, writer: &mut Writer, report: &mut Report) {
    let tool = |tool: &str| quote::literal(&format!("{}/{}", tool_name(name), tool));
    let from = at(file, node.span);
    if let Some(identity) = node.get("identity") {
        let known = identity.get("command").or_else(|| identity.get("url")).and_then(Node::text);
        match known {
            Some(origin) => {
                let sentence = Sentence::new(Tier::Deny, "call")
                    .object(tool("*"))
                    .unless(format!("origin == {}", quote::literal(origin)))
                    .because(Some("The server is not the one that is listed."));
                writer.sentence(&sentence, report, from);
            }
            None => report.lost(
                at(file, identity.span),
                "only a plain command or URL identifies a server in a policy",
                "compare `origin` in a rule of your own",
            ),
        }
    }
    if node.get("enabled").and_then(Node::bool) == Some(false) {
        let sentence = Sentence::new(Tier::Deny, "call")
            .object(tool("*"))
            .because(Some("The server is switched off."));
        writer.sentence(&sentence, report, from);
    }
    if let Some(names) = node.get("enabled_tools").and_then(Node::texts) {
        let sentence = Sentence::new(Tier::Deny, "call")
            .object(tool("*"))
            .except(names.iter().map(|name| tool(&tool_name(name))))
            .because(Some("The tool is not enabled."));
        writer.sentence(&sentence, report, from);
    }
    for name in node.get("disabled_tools").and_then(Node::texts).unwrap_or_default() {
        let sentence = Sentence::new(Tier::Deny, "call")
            .object(tool(&tool_name(name)))
            .because(Some("The tool is disabled."));
        writer.sentence(&sentence, report, from);
    }
    if let Some(mode) = node.get("default_tools_approval_mode") {
        approval_mode(file, &tool("*"), mode, writer, report);
    }
    for entry in node.get("tools").map(Node::entries).unwrap_or_default() {
        if let Some(mode) = entry.node.get("approval_mode") {
            approval_mode(file, &tool(&tool_name(&entry.key)), mode, writer, report);
        }
    }
}

fn approval_mode(file: usize, tool: &str, mode: &Node, writer: &mut Writer, report: &mut Report) {
    let from = at(file, mode.span);
    let sentence = match mode.text() {
        Some("approve") => Sentence::new(Tier::Allow, "call").object(tool),
        Some("prompt") => Sentence::new(Tier::Ask, "call").object(tool),
        Some("auto" | "writes") => {
            writer.line(&format!("trust annotations of {tool}"));
            Sentence::new(Tier::Allow, "call").object(tool).when("read_only")
        }
        _ => return report.invalid(from, "the mode is auto, prompt, writes or approve"),
    };
    writer.sentence(&sentence, report, from);
}
