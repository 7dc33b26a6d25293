//! Imported rules decide as the runtime they come from does: every case of `tests/data/cases` is
//! imported and decided, and what differs is listed by name.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use policy_eval::{Policy, Request, Tier};
use policy_hosts::Runtime;
use policy_hosts::import::{Import, ImportError, Options, import};
use policy_lang::diagnostic::{Style, render_all};
use policy_lang::span::Source;
use policy_lang::{check::no_includes, compile};
use serde_json::Value;

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"))
}

fn cases(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(data().join("cases").join(name)).expect("the cases are there");
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}

fn read(runtime: Runtime, name: &str, text: &str, options: Options) -> Result<Import, ImportError> {
    import(runtime, &[Source::new(name, text)], options)
}

fn policy(text: &str) -> Policy {
    compile(vec![Source::new("imported.policy", text)], &no_includes).unwrap_or_else(|failure| {
        panic!("{text}\n{}", shown(&failure.diagnostics, &failure.sources))
    })
}

fn shown(findings: &[policy_lang::diagnostic::Diagnostic], sources: &[Arc<Source>]) -> String {
    render_all(findings, sources, Style::Plain)
}

/// What differs, a line each, and how many agree.
#[derive(Default)]
struct Agreement {
    agree: usize,
    differ: Vec<String>,
}

impl Agreement {
    fn note(&mut self, name: &str, expected: &str, got: &str, about: &str) {
        if expected == got {
            self.agree += 1;
        } else {
            self.differ.push(format!("{name}: {expected} there, {got} here: {about}"));
        }
    }

    fn show(&self) -> String {
        let all = self.agree + self.differ.len();
        format!("{} of {all} agree\n{}", self.agree, self.differ.join("\n"))
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

#[test]
fn codex_commands() {
    let mut agreement = Agreement::default();
    for case in cases("codex-exec.jsonl") {
        let mut text = String::new();
        for rule in case["rules"].as_array().expect("rules") {
            text += &format!(
                "prefix_rule(pattern = {}, decision = {})\n",
                rule["pattern"], rule["decision"]
            );
        }
        for (name, paths) in case["host_executables"].as_object().into_iter().flatten() {
            text += &format!("host_executable(name = {name:?}, paths = {paths})\n");
        }
        let resolve_programs = case["resolve_host_executables"] == true;
        let options = Options { resolve_programs, ..Options::default() };
        let read = read(Runtime::Codex, "default.rules", &text, options).expect("it is read");
        let argv = strings(&case["command"]);
        let policy = policy(&read.policy);
        let decision = policy.decide(&Request::argv(&argv));
        let got = match (decision.default, decision.tier) {
            (true, _) => "none",
            (_, Tier::Allow) => "allow",
            (_, Tier::Deny) => "forbidden",
            _ => "prompt",
        };
        let expected = case["expect"].as_str().expect("an answer");
        agreement.note(case["id"].as_str().unwrap_or(""), expected, got, &argv.join(" "));
    }
    insta::assert_snapshot!(agreement.show());
}

#[test]
fn codex_network() {
    let mut agreement = Agreement::default();
    for case in cases("codex-network.jsonl") {
        let text = format!(
            "[permissions.network]\nenabled = true\nallowed_domains = {}\ndenied_domains = {}\nallow_local_binding = {}\n",
            case["allow"], case["deny"], case["allow_local_binding"]
        );
        let expected = case["expect"].as_str().expect("an answer");
        let host = case["host"].as_str().expect("a host");
        let url = format!("http://{host}:80/");
        let resolved = strings(&case["resolved_ips"]);
        let got = match read(Runtime::Codex, "config.toml", &text, Options::default()) {
            Err(ImportError::Invalid(_)) => "load_error",
            Err(error) => panic!("{error}"),
            Ok(read) => {
                let mut request = Request::new(policy_eval::Action::Connect);
                request.url = Some(&url);
                request.resolved = &resolved;
                match policy(&read.policy).decide(&request).tier {
                    Tier::Allow => "allow",
                    Tier::Deny => "deny",
                    _ => "ask",
                }
            }
        };
        let about = format!("{host} with {} and not {}", case["allow"], case["deny"]);
        agreement.note(case["id"].as_str().unwrap_or(""), expected, got, &about);
    }
    insta::assert_snapshot!(agreement.show());
}

/// A file as it is imported, and what is told of it.
fn page(runtime: Runtime, name: &str, text: &str, options: Options) -> String {
    let source = Source::new(name, text);
    match import(runtime, std::slice::from_ref(&source), options) {
        Ok(read) => {
            let lost = if read.lost { "something is lost" } else { "nothing is lost" };
            format!("{}\n---- {lost}\n{}", read.policy, shown(&read.findings, &[source]))
        }
        Err(ImportError::Invalid(findings)) => {
            format!("---- not valid\n{}", shown(&findings, &[source]))
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn codex_files() {
    let rules = r#"
prefix_rule(pattern = ["git", ["status", "log"]], decision = "allow")
prefix_rule(
    pattern = ["git", "push"],
    decision = "prompt",
    justification = "Pushing is \"public\".",
    match = ["git push origin"],
)
prefix_rule(pattern = [["rm", "/bin/rm"], "-rf"], decision = "forbidden")
prefix_rule(pattern = ["python3"])
prefix_rule(pattern = ["echo", "$(x)\nallow run *"])
host_executable(name = "git", paths = ["/usr/bin/git", "/opt/git/bin/git"])
network_rule(host = "api.example.com", protocol = "https", decision = "allow")
"#;
    insta::assert_snapshot!(
        "codex_rules",
        page(Runtime::Codex, "default.rules", rules, Options::default())
    );
    let tighten = Options { tighten: true, ..Options::default() };
    insta::assert_snapshot!(
        "codex_rules_tightened",
        page(Runtime::Codex, "default.rules", rules, tighten)
    );
    let config = r#"
model = "x"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
web_search = "cached"
forced_login_method = "chatgpt"
cli_auth_credentials_store = "keyring"
aproval_policy = "never"

[sandbox_workspace_write]
writable_roots = ["/var/cache/build", "~/o[dd]"]
exclude_slash_tmp = true

[otel]
log_user_prompt = false
exporter = "none"

[mcp_servers.docs]
command = "docs-server"
enabled_tools = ["search", "read"]
default_tools_approval_mode = "auto"

[permissions.dev.network]
enabled = true
allow_local_binding = false
[permissions.dev.network.domains]
"*.example.com" = "allow"
"api.*.example.com:443" = "allow"
"bad.example.com" = "deny"
localhost = "allow"
"#;
    insta::assert_snapshot!(
        "codex_config",
        page(Runtime::Codex, "config.toml", config, Options::default())
    );
    let requirements = r#"
allowed_approval_policies = ["on-request", "untrusted"]
allowed_sandbox_modes = ["read-only", "workspace-write"]
allowed_web_search_modes = ["cached"]
allowed_chatgpt_workspaces = ["ws-acme"]

[rules]
prefix_rules = [
  { pattern = [{ token = "git" }, { any_of = ["push", "fetch"] }], decision = "prompt-user", justification = "A person." },
]

[permissions.filesystem]
deny_read = ["/etc/secrets/**", "**/.env", "~/.ssh"]

[mcp_servers.github]
identity = { url = "https://mcp.acme.com/github" }

[experimental_network]
allowed_domains = ["*.acme.com"]
denied_domains = ["evil.example"]
review_domains = ["new.acme.com"]
"#;
    insta::assert_snapshot!(
        "codex_requirements",
        page(Runtime::Codex, "requirements.toml", requirements, Options::default())
    );
    let wrong = "prefix_rule(pattern = GIT, decision = \"allow\")\n";
    insta::assert_snapshot!(
        "codex_computed",
        page(Runtime::Codex, "default.rules", wrong, Options::default())
    );
    let wrong = "prefix_rule(pattern = [], decision = \"allow\")\nprefix_rul(pattern = [\"x\"])\nprefix_rule(pattern = [\"x\"], decision = \"perhaps\", reviewer = \"user\")\nhost_executable(name = \"git\", paths = [\"bin/git\"])\n";
    insta::assert_snapshot!(
        "codex_wrong",
        page(Runtime::Codex, "default.rules", wrong, Options::default())
    );
}

#[test]
fn examples_of_codex_become_tests() {
    let rules = r#"
prefix_rule(
    pattern = ["git", ["push", "pull"]],
    decision = "prompt",
    match = ["git push origin  # comment", ["git", "pull", "a b"], "/usr/bin/git push", "git push && ls"],
    not_match = ["git status", "bash -lc 'git push'", "git status"],
)
prefix_rule(pattern = ["git", "push", "--force"], decision = "forbidden", match = ["git push --force"])
prefix_rule(pattern = ["ls"], match = ["ls", "ls '$(x)'"])
prefix_rule(pattern = ["sh", "-l"], match = ["sh -l x"])
"#;
    let options = Options::default();
    insta::assert_snapshot!(
        "codex_examples",
        page(Runtime::Codex, "default.rules", rules, options)
    );
    let tighten = Options { tighten: true, ..options };
    insta::assert_snapshot!(
        "codex_examples_tightened",
        page(Runtime::Codex, "default.rules", rules, tighten)
    );
    for options in [options, tighten] {
        let read = read(Runtime::Codex, "default.rules", rules, options).expect("it is read");
        let model = policy_lang::load(vec![Source::new("a.policy", read.policy)], &no_includes)
            .expect("it is a policy");
        let policy = policy_lang::compile::compile(&model).expect("it compiles");
        let (passed, all) = policy_lang::testing::run(&model, &policy).passed();
        assert!(passed == all && 7 < all, "{passed} of {all}");
    }
    let wrong = r#"
prefix_rule(pattern = ["git", "push"], match = ["git pull", "a 'b", 1], not_match = ["git push x"])
prefix_rule(pattern = ["hub", "push"], match = ["/usr/bin/hub push", "/opt/hub push"], not_match = "hub")
host_executable(name = "hub", paths = ["/opt/hub"])
"#;
    insta::assert_snapshot!(
        "codex_examples_wrong",
        page(Runtime::Codex, "default.rules", wrong, options)
    );
}

/// Codex looks into a line of plain words, and not behind another program.
#[test]
fn what_codex_does_not_look_into_is_not_allowed() {
    let rules = Source::new("a.rules", "prefix_rule(pattern = [\"git\", \"push\"])");
    let config = Source::new("config.toml", "approval_policy = \"untrusted\"");
    let read = import(Runtime::Codex, &[rules, config], Options::default()).expect("it is read");
    let policy = policy(&read.policy);
    for line in [
        "cat x",
        "/bin/cat x",
        "ls -la && pwd; git push 'a b' | wc -l",
        "ls\npwd\n",
        "echo \"a (b)\" 'c $d'",
        "find . -name x",
    ] {
        assert_eq!(policy.decide(&Request::shell(line)).tier, Tier::Allow, "{line}");
    }
    for line in [
        "timeout 5 cat x",
        "env cat x",
        "sudo ls",
        "command ls",
        "xargs cat",
        "git push $X",
        "git push \"$X\"",
        "FOO=1 git push",
        "ls && FOO=1 git push",
        "ls; (git push)",
        "git push & ls",
        "git push `x`",
        "{ git push; }",
        "for x in a; do git push; done",
        "if true; then ls; fi",
        "! ls",
        "time ls",
        "find . -delete",
        "cat <<< x",
        "bash -lc 'timeout 5 cat x'",
        "bash -lc 'cat x'",
    ] {
        assert_ne!(policy.decide(&Request::shell(line)).tier, Tier::Allow, "{line}");
    }
    for (script, tier) in [
        ("cat x && ls -la | wc", Tier::Allow),
        ("ls", Tier::Allow),
        ("timeout 5 cat x", Tier::Ask),
        ("ls; git status", Tier::Ask),
        ("cat $X", Tier::Ask),
        ("cat x > y", Tier::Ask),
        ("find . -delete", Tier::Ask),
    ] {
        let argv = ["bash", "-lc", script];
        assert_eq!(policy.decide(&Request::argv(&argv)).tier, tier, "{script}");
    }
    let argv = ["timeout", "5", "cat", "x"];
    assert_eq!(policy.decide(&Request::argv(&argv)).tier, Tier::Ask);
    insta::assert_snapshot!("codex_untrusted", read.policy);
}

/// The requests that a call of Claude Code stands for, as its hook reads it.
fn claude_request<'c>(tool: &'c str, input: &'c Value) -> Request<'c> {
    let text = |name: &str| input[name].as_str();
    match tool {
        "Bash" => Request::shell(text("command").unwrap_or("")),
        "Read" => Request::read(text("file_path").unwrap_or("")),
        "Edit" | "Write" => Request::write(text("file_path").unwrap_or("")),
        "WebFetch" => Request { url: text("url"), ..Request::new(policy_eval::Action::Fetch) },
        "Agent" => {
            Request { name: text("subagent_type"), ..Request::new(policy_eval::Action::Spawn) }
        }
        other => match other.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
            Some((server, tool)) => Request::call(server, tool),
            None => Request::call("claude-code", other),
        },
    }
}

#[test]
fn claude_code() {
    let mut agreement = Agreement::default();
    for case in cases("claude-code.jsonl") {
        let mut permissions = case["rules"].clone();
        if let Some(mode) = case.get("mode") {
            permissions["defaultMode"] = mode.clone();
        }
        let settings = serde_json::json!({ "permissions": permissions }).to_string();
        let user = case["source"] == "user";
        let home = case["home"].as_str().unwrap_or("/home/dev");
        let name =
            if user { format!("{home}/.claude/settings.json") } else { "settings.json".to_owned() };
        let read =
            read(Runtime::ClaudeCode, &name, &settings, Options::default()).expect("it is read");
        let cwd = case["cwd"].as_str().unwrap_or("/home/dev/app");
        let links: Vec<(&str, &str)> = case["symlinks"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(link, target)| Some((link.as_str(), target.as_str()?)))
            .collect();
        let roots = [("workspace", cwd), ("home", home)];
        let call = &case["call"];
        let tool = call["tool_name"].as_str().expect("a tool");
        use policy_eval::Declared;
        let mut declared = vec![("host_tool", Declared::Text(tool))];
        if let Some(value) = call["tool_input"]["run_in_background"].as_bool() {
            declared.push(("host_run_in_background", Declared::Bool(value)));
        }
        if let Some(value) = call["tool_input"]["model"].as_str() {
            declared.push(("host_model", Declared::Text(value)));
        }
        let request = Request {
            roots: &roots,
            cwd: Some(cwd),
            symlinks: &links,
            declared: &declared,
            ..claude_request(tool, &call["tool_input"])
        };
        let policy = policy(&read.policy);
        let decision = policy.decide(&request);
        let expected = case["expect"].as_str().expect("an answer");
        // A hook that allows or denies is another voice beside the rules.
        let got = match (decision.tier, &case["hook"]) {
            (_, hook) if hook == "deny" => "deny",
            (Tier::Allow, _) => "allow",
            (Tier::Deny, _) => "deny",
            _ if expected == "default" => "default",
            _ => "ask",
        };
        let about = format!("{} with {}", call["tool_input"], case["rules"]);
        agreement.note(case["id"].as_str().unwrap_or(""), expected, got, &about);
    }
    insta::assert_snapshot!(agreement.show());
}

/// Every file of a folder, with what is imported from it.
fn files(runtime: Runtime, folder: &str) {
    let mut names: Vec<_> = fs::read_dir(data().join(folder))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort_unstable();
    for path in names {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it is readable");
        let stem = name.split('.').next().unwrap_or(&name);
        insta::assert_snapshot!(
            format!("{folder}_{stem}"),
            page(runtime, &name, &text, Options::default())
        );
    }
}

#[test]
fn claude_code_files() {
    files(Runtime::ClaudeCode, "claude-code");
}

/// The first URL in a text.
fn url_in(text: &str) -> Option<&str> {
    let start = text.find("https://").or_else(|| text.find("http://"))?;
    text[start..].split_whitespace().next()
}

#[test]
fn gemini_cli() {
    let mut agreement = Agreement::default();
    let mut known: HashMap<String, Policy> = HashMap::new();
    for case in cases("gemini-cli.jsonl") {
        let files: Vec<Arc<Source>> = strings(&case["files"])
            .into_iter()
            .map(|name| {
                let text = fs::read_to_string(data().join("gemini-cli").join(name));
                Source::new(name, text.expect("the file is there"))
            })
            .collect();
        let policy = known.entry(case["files"].to_string()).or_insert_with(|| {
            let read = import(Runtime::GeminiCli, &files, Options::default());
            policy(&read.expect("it is read").policy)
        });
        let (tool, args) = (case["tool"].as_str().expect("a tool"), &case["args"]);
        let parsed = policy_eval::json::Json::parse(&args.to_string()).expect("arguments are JSON");
        let text = |name: &str| args[name].as_str();
        let base = match tool {
            "run_shell_command" => Request::shell(text("command").unwrap_or("")),
            "read_file" => Request::read(text("file_path").unwrap_or("")),
            "list_directory" | "glob" | "grep_search" => {
                Request::read(text("dir_path").unwrap_or("."))
            }
            "write_file" | "replace" => Request::write(text("file_path").unwrap_or("")),
            "web_fetch" => {
                let url = text("prompt").and_then(url_in);
                Request { url, ..Request::new(policy_eval::Action::Fetch) }
            }
            "google_web_search" => Request::new(policy_eval::Action::Search),
            _ => match case["server"].as_str() {
                Some(server) => {
                    let own = tool.strip_prefix("mcp_").and_then(|rest| rest.strip_prefix(server));
                    let own = own.and_then(|rest| rest.strip_prefix('_')).unwrap_or(tool);
                    Request { args: Some(&parsed), ..Request::call(server, own) }
                }
                None => Request { args: Some(&parsed), ..Request::call("gemini-cli", tool) },
            },
        };
        use policy_eval::Declared;
        let mut declared = vec![
            ("host_tool", Declared::Text(tool)),
            ("approval_mode", Declared::Text(case["mode"].as_str().expect("a mode"))),
        ];
        if let Some(path) = text("file_path") {
            declared.push(("host_file_path", Declared::Text(path)));
        }
        let interactive = case["interactive"] == true;
        let roots = [("workspace", "/home/dev/app"), ("home", "/home/dev")];
        let request = Request {
            roots: &roots,
            cwd: Some("/home/dev/app"),
            interactive: Some(interactive),
            declared: &declared,
            read_only: case["annotations"]["readOnlyHint"].as_bool(),
            ..base
        };
        let got = match policy.decide(&request).tier {
            Tier::Allow => "allow",
            Tier::Deny => "deny",
            // Where nobody is, Gemini CLI refuses what it would ask about.
            _ if !interactive => "deny",
            _ => "ask_user",
        };
        let name = format!("{} {} {interactive} {tool}", case["policy"], case["mode"]);
        agreement.note(
            &name,
            case["decision"].as_str().expect("an answer"),
            got,
            &args.to_string(),
        );
    }
    insta::assert_snapshot!(agreement.show());
}

#[test]
fn gemini_cli_files() {
    files(Runtime::GeminiCli, "gemini-cli");
}

/// A pattern that is valid by itself and too large together is left out, and told.
#[test]
fn patterns_that_do_not_compile_are_told() {
    let pattern = format!(
        r#"[^\"]+[\\/]+\.gemini[\\/]+tmp[\\/]+{}[\w-]+[\\/]+plans[\\/]+[\w-]+\.md"#,
        r"[\w-]\\/]+".repeat(9)
    );
    let text = format!(
        "[[rule]]\ntoolName = \"write_file\"\nargsPattern = '\\x00\"file_path\":\"{pattern}\"\\x00'\n\
         decision = \"allow\"\npriority = 70\n"
    );
    let read = read(Runtime::GeminiCli, "settings.toml", &text, Options::default());
    let read = read.expect("the rest is a policy");
    policy(&read.policy);
    assert!(read.lost && !read.policy.contains("tmp"), "{}", read.policy);
    let told: Vec<_> = read.findings.iter().map(|finding| &*finding.message).collect();
    assert!(told.iter().any(|told| told.contains("automaton that is too large")), "{told:?}");
}

#[test]
fn opencode() {
    let mut agreement = Agreement::default();
    for case in cases("opencode.jsonl") {
        let read = read(
            Runtime::OpenCode,
            "opencode.json",
            &case["rules"].to_string(),
            Options::default(),
        )
        .expect("it is read");
        let pattern = case["call"]["pattern"].as_str().expect("what is asked");
        let home = case["home"].as_str().unwrap_or("/home/dev");
        let base = match case["call"]["permission"].as_str() {
            Some("bash") => Request::shell(pattern),
            _ => Request::read(pattern),
        };
        let roots = [("workspace", "/home/dev/app"), ("home", home)];
        let request = Request { roots: &roots, cwd: Some("/home/dev/app"), ..base };
        let policy = policy(&read.policy);
        let got = match policy.decide(&request).tier {
            Tier::Allow => "allow",
            Tier::Deny => "deny",
            _ => "ask",
        };
        let about = format!("{pattern} with {}", case["rules"]);
        agreement.note(
            case["id"].as_str().unwrap_or(""),
            case["expect"].as_str().expect("an answer"),
            got,
            &about,
        );
    }
    insta::assert_snapshot!(agreement.show());
}

#[test]
fn opencode_files() {
    files(Runtime::OpenCode, "opencode");
}

#[test]
fn other_files() {
    files(Runtime::VsCode, "vscode");
    files(Runtime::Cursor, "cursor");
    files(Runtime::QwenCode, "qwen-code");
    files(Runtime::AmazonQ, "amazon-q");
}

/// Texts that would leave a literal, a comment or a pattern, or that nobody sees.
const NASTY: [&str; 22] = [
    "\"",
    "\\",
    "\n",
    "'",
    "#",
    "*",
    "**",
    "...",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    "[",
    "|",
    "$",
    "~/",
    "\u{202e}",
    "\u{0}",
    "\nallow run *\n",
    "\"\nallow run * # ",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..proptest::prelude::ProptestConfig::default()
    })]

    /// Whatever a file holds, what is written is a policy in the canonical layout, and says nothing
    /// of its own: every sentence is one of the importer's.
    #[test]
    fn nothing_in_a_file_becomes_policy_text(
        pieces in proptest::collection::vec(proptest::sample::select(&NASTY[..]), 1..6),
        middle in "[a-z./:=-]{0,6}",
        tighten in proptest::bool::ANY,
    ) {
        let text = pieces.join(&middle);
        let json = serde_json::Value::String(text.clone()).to_string();
        let options = Options { tighten, ..Options::default() };
        let bash = serde_json::json!([
            format!("Bash({text})"), format!("Read({text})"), format!("WebFetch(domain:{text})"),
            format!("Skill({text})"), format!("mcp__{text}__x"), format!("{text}(x)"), text,
        ]);
        let starlark: String = text.chars().flat_map(|c| {
            format!("\\U{:08x}", c as u32).chars().collect::<Vec<_>>()
        }).collect();
        let files = [
            (Runtime::ClaudeCode, "settings.json", format!(
                "{{\"permissions\": {{\"deny\": {bash}, \"allow\": {bash}}}, \"x{}\": 1}}", "y"
            )),
            (Runtime::OpenCode, "opencode.json", format!(
                "{{\"permission\": {{\"bash\": {{{json}: \"deny\", \"*\": \"ask\"}}, \"read\": {{{json}: \"allow\"}}, \
                 \"skill\": {{{json}: \"deny\"}}, \"webfetch\": {{{json}: \"ask\"}}, \"task\": {{{json}: \"ask\"}}}}}}"
            )),
            (Runtime::GeminiCli, "p.toml", format!(
                "[[rule]]\ntoolName = \"run_shell_command\"\ncommandPrefix = {json}\ndecision = \"allow\"\npriority = 1\n\
                 denyMessage = {json}\n[[rule]]\ntoolName = {json}\nargsPattern = {json}\ndecision = \"deny\"\npriority = 2\n"
            ).replace("\\u0000", "\\u0001")),
            (Runtime::Codex, "default.rules", format!(
                "prefix_rule(pattern = [\"{starlark}\", \"x\"], decision = \"prompt\", justification = \"a{starlark}\")\n"
            )),
        ];
        for (runtime, name, text) in files {
            match read(runtime, &format!("{name}\n{}", pieces.concat()), &text, options) {
                Ok(read) => {
                    let source = Source::new("p", read.policy.as_str());
                    let formatted = policy_lang::format::format(&source).ok();
                    proptest::prop_assert_eq!(formatted.as_deref(), Some(read.policy.as_str()));
                    let alone = read.policy.lines().any(|line| line.trim() == "allow run *");
                    proptest::prop_assert!(!alone, "{}", read.policy);
                }
                Err(ImportError::Invalid(_)) => {}
                Err(error) => panic!("{runtime}: {text}\n{error}: {error:?}"),
            }
        }
    }
}
