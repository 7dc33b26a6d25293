//! Configurations as the runtimes themselves read them, beside the policies that they were written
//! from: none is ever silent where the policy is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use policy_eval::{RequestBuf, Tier};
use policy_hosts::Runtime;
use policy_hosts::export::{Options, export};
use policy_lang::check::no_includes;
use policy_lang::interp;
use policy_lang::model::Model;
use policy_lang::span::Source;
use serde_json::{Value, json};

/// Files, pages and tools with all that rules about them find hard.
const FILES: &str = r#"
default ask
paths secrets = "**/.env", i"**/*.pem", "~/.ssh/**", "/srv/keys/**"
allow read "$workspace/**", "/srv/**"
deny  read, write secrets
ask   read "$workspace/vendor/**"
allow write, delete "$workspace/src/**", "$workspace/docs/*.md", "$workspace/**/*.txt"
deny  write "$workspace/src/generated/**" because "It is made by 'make'."
allow read "**/README.md"
allow fetch "docs.rs", "*.python.org", "**.acme.com", "github.com"
deny  fetch "internal.acme.com"
allow call "github/search", "github/get_issue", "files/*", "gemini-cli/write_todos", "opencode/todowrite"
deny  call "files/remove"
allow search
allow spawn "reviewer"
allow run "git (status|log) {no --output} ..."
allow run "make", "npm test ..."
deny  run "git push ..."
"#;

/// Everything is allowed but a little.
const OPEN: &str = r#"
default allow
deny read, write "**/.env"
deny run "rm ..."
deny fetch "evil.example"
ask  call "db/*"
"#;

fn policies() -> Vec<(String, Model)> {
    let load = |text: &str| {
        policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).expect("it loads")
    };
    let mut all = vec![("files".to_owned(), load(FILES)), ("open".to_owned(), load(OPEN))];
    for seed in 100..112 {
        let made = policy_generate::policy(&mut policy_generate::Dice::new(seed));
        let sources = made
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| Source::new(file.name(index), file.to_string()));
        if let Ok(model) = policy_lang::load(sources.collect(), &no_includes) {
            all.push((format!("seed {seed}"), model));
        }
    }
    all
}

/// A call of a tool, and the requests of a policy that it is.
#[derive(Clone, Debug)]
struct Call {
    tool: &'static str,
    server: Option<&'static str>,
    args: Value,
    requests: Vec<Value>,
}

const PATHS: [&str; 44] = [
    "a.rs",
    "src",
    "src/a.rs",
    "src/deep/b.rs",
    "src/generated/c.rs",
    "src/Generated/c.rs",
    "./src/a.rs",
    "src/../.env",
    "src//a.rs",
    "src/./a.rs",
    "../out.rs",
    "../../etc/passwd",
    ".env",
    ".ENV",
    "sub/.env",
    "sub/.env/",
    "x.env",
    ".env.example",
    "key.pem",
    "deep/KEY.PEM",
    "vendor",
    "vendor/a.rs",
    "docs/a.md",
    "docs/deep/a.md",
    "docs/.md",
    "notes.txt",
    "deep/er/notes.txt",
    "a b.txt",
    "src/a\"b.rs",
    "src\\a.rs",
    "src/a\nb.rs",
    "",
    ".",
    "..",
    "/",
    "/w/src/a.rs",
    "/w/.env",
    "/srv/data/x",
    "/srv/keys/x",
    "/srv/../etc/passwd",
    "/etc/passwd",
    "~/.ssh/id",
    ".ssh/id",
    "README.md",
];

const PROMPTS: [&str; 22] = [
    "https://docs.rs",
    "https://docs.rs/a/b",
    "read https://docs.rs/a and sum up",
    "http://docs.rs/",
    "https://docs.rs:8443/",
    "https://docs.rs.evil.example/",
    "https://docs.rs@evil.example/",
    "https://evil.example/?https://docs.rs/",
    "https://docs.rs/ https://evil.example/",
    "https://evil.example",
    "https://www.python.org/x",
    "https://python.org/x",
    "https://a.b.python.org/",
    "https://evil.example/.python.org/",
    "https://acme.com/",
    "https://internal.acme.com/",
    "https://INTERNAL.acme.com/",
    "https://github.com/a/b/blob/main/x",
    "nothing at all",
    "HTTPS://docs.rs/",
    "https://docs.rs\\@evil.example/",
    "ftp://docs.rs/",
];

const LINES: [&str; 34] = [
    "git status",
    "git status -s",
    "git status src/a.rs",
    "git log --output=/etc/x",
    "git log --outp /etc/x",
    "git log $X",
    "git log $'\\x2d\\x2doutput' x",
    "git log '--output' x",
    "git  status",
    "git status > /etc/x",
    "git status < /etc/shadow",
    "git status; rm x",
    "git status && git log",
    "git status | sh",
    "git status\nrm x",
    "git status $(rm x)",
    "git status `rm x`",
    "git push",
    "git push -f",
    "git -C x push",
    "PATH=/tmp git status",
    "make",
    "make install",
    "npm test",
    "npm test -- --x",
    "npm testing",
    "rm x",
    "/bin/rm x",
    "timeout 5 rm x",
    "env rm x",
    "sudo rm x",
    "ls",
    "echo hi # > x",
    "",
];

const TOOLS: [(&str, &str); 10] = [
    ("github", "search"),
    ("github", "get_issue"),
    ("github_get", "issue"),
    ("github", "delete"),
    ("files", "read"),
    ("files", "remove"),
    ("db", "query"),
    ("files_x", "y"),
    ("opencode", "todowrite"),
    ("gemini-cli", "write_todos"),
];

fn decide(model: &Model, request: &Value) -> Tier {
    let request = RequestBuf::from_json(&request.to_string()).expect("a request");
    request.with_request(|asked| interp::decide(model, asked).tier)
}

/// What the policy says of all that a call stands for.
fn ours(model: &Model, call: &Call) -> Tier {
    call.requests.iter().map(|request| decide(model, request)).max().unwrap_or(Tier::Ask)
}

fn asked(action: &str, more: &[(&str, Value)]) -> Value {
    let roots = json!({ "workspace": "/w", "home": "/home/dev", "tmp": "/tmp" });
    let mut request =
        json!({ "action": action, "context": { "platform": "linux" }, "roots": roots });
    if ["read", "write", "delete", "run"].contains(&action) {
        request["cwd"] = "/w".into();
    }
    for (name, value) in more {
        request[*name] = value.clone();
    }
    request
}

fn urls(text: &str) -> Vec<Value> {
    let words = text.split_whitespace().filter(|word| word.contains("://"));
    words.map(|word| asked("fetch", &[("url", word.into())])).collect()
}

// ---- Gemini CLI ---------------------------------------------------------------------------

/// One rule of a policy file, read from the text that is written.
#[derive(Debug, Default)]
struct Rule {
    tools: Vec<String>,
    server: Option<String>,
    arguments: Vec<regex::Regex>,
    tier: Option<Tier>,
    priority: i64,
}

fn rules(text: &str) -> Vec<Rule> {
    let texts = |value: &str| -> Vec<String> {
        match value.strip_prefix('\'') {
            Some(rest) => vec![rest.trim_end_matches('\'').to_owned()],
            None => match serde_json::from_str(value).expect("a text or texts") {
                Value::String(text) => vec![text],
                Value::Array(all) => {
                    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                other => panic!("{other}"),
            },
        }
    };
    let mut all: Vec<Rule> = Vec::new();
    for line in text.lines() {
        if line == "[[rule]]" {
            all.push(Rule::default());
        }
        let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let rule = all.last_mut().expect("a rule has begun");
        match key {
            "toolName" => rule.tools = texts(value),
            "mcpName" => rule.server = texts(value).pop(),
            "argsPattern" => {
                assert!(value.len() < 2048, "too long: {value}");
                rule.arguments = texts(value).iter().map(|one| regex(one)).collect();
            }
            "commandPrefix" => {
                rule.arguments = texts(value)
                    .iter()
                    .map(|one| {
                        let json = serde_json::to_string(one).expect("a text");
                        let start = &json[..json.len() - 1];
                        let start = regex::escape(&format!("\"command\":{start}"));
                        regex(&format!("{start}(?:[\\s\"]|\\\\\")"))
                    })
                    .collect();
            }
            "decision" => {
                rule.tier = Some(match &*texts(value)[0] {
                    "allow" => Tier::Allow,
                    "deny" => Tier::Deny,
                    _ => Tier::Ask,
                });
            }
            "priority" => rule.priority = value.parse().expect("a number"),
            "denyMessage" => {}
            other => panic!("{other}"),
        }
    }
    all.sort_by_key(|rule| -rule.priority);
    all
}

fn regex(text: &str) -> regex::Regex {
    // What the loader refuses because it may take long.
    let nested = regex::Regex::new(r"\([^)]*[*+?{].*\)[*+?{]").expect("it is one");
    assert!(!nested.is_match(text), "the loader refuses it: {text}");
    regex::Regex::new(text).expect("it is a regular expression")
}

/// What the rules alone say. What is no plain command is split by the engine, which can only tighten.
fn gemini(rules: &[Rule], call: &Call) -> Tier {
    let mut keys: Vec<&String> = call.args.as_object().expect("arguments").keys().collect();
    keys.sort();
    let pairs: Vec<String> =
        keys.iter().map(|key| format!("\0{}:{}\0", json!(key), call.args[key.as_str()])).collect();
    let text = format!("{{{}}}", pairs.join(","));
    let matches = |rule: &&Rule| {
        let server = match (rule.server.as_deref(), call.server) {
            (None, _) => true,
            (Some("*"), server) => server.is_some(),
            (Some(wanted), server) => server == Some(wanted),
        };
        let tool = rule.tools.iter().any(|tool| {
            tool == "*" || tool == call.tool && (call.server.is_none() || rule.server.is_some())
        });
        let arguments =
            rule.arguments.is_empty() || rule.arguments.iter().any(|one| one.is_match(&text));
        server && tool && arguments
    };
    rules.iter().find(matches).and_then(|rule| rule.tier).unwrap_or(Tier::Ask)
}

fn gemini_calls() -> Vec<Call> {
    let mut all = Vec::new();
    for path in PATHS {
        for (tool, action) in [("read_file", "read"), ("write_file", "write"), ("replace", "write")]
        {
            let mut args = json!({ "file_path": path });
            if action == "write" {
                args["content"] = "\"file_path\":\"src/a.rs\"".into();
            }
            let requests = vec![asked(action, &[("path", path.into())])];
            all.push(Call { tool, server: None, args, requests });
        }
        for tool in ["list_directory", "glob", "grep_search"] {
            let requests = vec![asked("read", &[("path", path.into())])];
            let args = json!({ "dir_path": path, "pattern": "x" });
            all.push(Call { tool, server: None, args, requests });
        }
        let glob = vec![asked("read", &[("path", path.into())])];
        all.push(Call {
            tool: "glob",
            server: None,
            args: json!({ "pattern": path }),
            requests: glob,
        });
    }
    for prompt in PROMPTS {
        let args = json!({ "prompt": prompt });
        all.push(Call { tool: "web_fetch", server: None, args, requests: urls(prompt) });
    }
    for line in LINES {
        let requests = vec![asked("run", &[("shell", line.into())])];
        let args = json!({ "command": line, "description": "\"command\":\"git status\"" });
        all.push(Call {
            tool: "run_shell_command",
            server: None,
            args,
            requests: requests.clone(),
        });
        // Arguments that the tool does not have.
        let args = json!({ "command": line, "metadata": { "command": "git status" } });
        all.push(Call { tool: "run_shell_command", server: None, args, requests });
    }
    for (server, tool) in TOOLS {
        let own = server == "gemini-cli";
        let requests = vec![asked("call", &[("server", server.into()), ("tool", tool.into())])];
        let args = json!({ "x": 1 });
        all.push(Call { tool, server: (!own).then_some(server), args, requests });
    }
    let search = vec![asked("search", &[])];
    all.push(Call { tool: "google_web_search", server: None, args: json!({}), requests: search });
    all
}

#[test]
fn gemini_cli_is_never_looser() {
    let calls = gemini_calls();
    let mut silent = 0;
    for (name, model) in policies() {
        let written =
            export(Runtime::GeminiCli, &model, Options::default()).expect("it is written");
        let rules = rules(&written.files[0].text);
        for call in &calls {
            let (ours, theirs) = (ours(&model, call), gemini(&rules, call));
            let at_least = ours.min(Tier::Ask);
            assert!(
                at_least <= theirs,
                "{name}: {call:?} is {ours}, and {theirs} there\n{}",
                written.files[0].text
            );
            silent += usize::from(theirs == Tier::Allow);
        }
    }
    assert!(100 < silent, "{silent}");
    eprintln!("{silent} were silent");
}

/// The real engine decides as this test reads its rules, or stricter. Its package stands in
/// `GEMINI_CLI_CORE`: `npm install @google/gemini-cli-core` brings it.
#[test]
fn the_real_gemini_cli_is_never_looser() {
    let Ok(package) = std::env::var("GEMINI_CLI_CORE") else {
        eprintln!("skipped: GEMINI_CLI_CORE does not name the package");
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export-gemini");
    fs::create_dir_all(&folder).expect("a folder for the test");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gemini-engine.mjs");
    let calls = gemini_calls();
    let lines: Vec<String> = calls
        .iter()
        .map(|call| {
            let name = match call.server {
                Some(server) => format!("mcp_{server}_{}", call.tool),
                None => call.tool.to_owned(),
            };
            json!({ "name": name, "server": call.server, "args": call.args }).to_string()
        })
        .collect();
    let asked = folder.join("calls.jsonl");
    fs::write(&asked, lines.join("\n")).expect("it is written");
    let (mut compared, mut silent, mut stricter) = (0, 0, 0);
    for (name, model) in policies() {
        let written =
            export(Runtime::GeminiCli, &model, Options::default()).expect("it is written");
        let file = folder.join("policy.toml");
        fs::write(&file, &written.files[0].text).expect("it is written");
        let output = Command::new("node")
            .args([script.as_os_str(), package.as_ref(), file.as_os_str(), asked.as_os_str()])
            .output()
            .expect("node runs");
        let answers = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
        // It logs on the same stream.
        let answers: Vec<&str> =
            answers.lines().filter_map(|line| line.strip_prefix("=> ")).collect();
        assert_eq!(answers.len(), calls.len(), "{errors}");
        let rules = rules(&written.files[0].text);
        for (call, answer) in calls.iter().zip(answers) {
            let theirs = match answer {
                "allow" => Tier::Allow,
                "deny" => Tier::Deny,
                "ask_user" => Tier::Ask,
                other => panic!("{other}"),
            };
            let ours = ours(&model, call);
            assert!(ours.min(Tier::Ask) <= theirs, "{name}: {call:?} is {ours}, {theirs} there");
            let read = gemini(&rules, call);
            assert!(read <= theirs, "{name}: {call:?} is read as {read}, and is {theirs}");
            compared += 1;
            silent += usize::from(theirs == Tier::Allow);
            stricter += usize::from(read < theirs);
        }
    }
    eprintln!("{compared} calls, {silent} of them silent, {stricter} stricter than they are read");
}

// ---- opencode -----------------------------------------------------------------------------

/// The rules in their order: permission, pattern, tier.
fn permissions(text: &str) -> Vec<(String, String, Tier)> {
    let tier = |value: &Value| match value.as_str() {
        Some("allow") => Tier::Allow,
        Some("deny") => Tier::Deny,
        Some("ask") => Tier::Ask,
        _ => panic!("{value}"),
    };
    let root: Value = serde_json::from_str(text).expect("it is JSON");
    let mut all = Vec::new();
    for (name, value) in root["permission"].as_object().expect("permissions") {
        match value.as_object() {
            None => all.push((name.clone(), "*".to_owned(), tier(value))),
            Some(patterns) => all.extend(
                patterns
                    .iter()
                    .map(|(pattern, value)| (name.clone(), pattern.clone(), tier(value))),
            ),
        }
    }
    all
}

/// As `Wildcard.match` of 1.18.34 does.
fn glob(text: &str, pattern: &str) -> bool {
    let text = text.replace('\\', "/");
    let mut body = regex::escape(&pattern.replace('\\', "/"));
    body = body.replace("\\*", ".*").replace("\\?", ".");
    if let Some(start) = body.strip_suffix(" .*") {
        body = format!("{start}( .*)?");
    }
    regex::Regex::new(&format!("(?s)^(?:{body})$")).expect("it is one").is_match(&text)
}

fn opencode(rules: &[(String, String, Tier)], permission: &str, text: &str) -> Tier {
    let last =
        rules.iter().rev().find(|(name, pattern, _)| glob(permission, name) && glob(text, pattern));
    last.map_or(Tier::Ask, |(.., tier)| *tier)
}

/// A path from `/w` on, as `path.resolve` and `path.relative` make it, and the absolute one.
fn relative(path: &str) -> (String, String) {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("/w/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let absolute = format!("/{}", parts.join("/"));
    let relative = match parts.split_first() {
        Some((&"w", rest)) => rest.join("/"),
        _ => format!("../{}", parts.join("/")),
    };
    (relative, absolute)
}

/// A path in other cases of its letters.
fn spellings(path: &str) -> [String; 3] {
    let alternate = |first: usize| {
        let signs = path.chars().enumerate().map(move |(at, c)| match (at + first) % 3 {
            0 => c.to_ascii_uppercase(),
            _ => c,
        });
        signs.collect::<String>()
    };
    [path.to_uppercase(), alternate(0), alternate(1)]
}

#[test]
fn opencode_is_never_looser() {
    let mut silent = 0;
    for (name, model) in policies() {
        for with_hook in [false, true] {
            let written =
                export(Runtime::OpenCode, &model, Options { with_hook }).expect("it is written");
            let text = &written.files[0].text;
            let rules = permissions(text);
            let mut check = |what: &str, ours: Tier, theirs: Tier| {
                let at_least = ours.min(Tier::Ask);
                assert!(at_least <= theirs, "{name}: {what} is {ours}, {theirs} there\n{text}");
                silent += usize::from(theirs == Tier::Allow);
            };
            // Signs that nobody sees are not understood, and no pattern there tells them.
            // Beside the hook the most is allowed, and it is slow to ask all of this twice.
            let told = PATHS.iter().filter(|path| with_hook && !path.contains(['\n', '\\']));
            let spelled = told.flat_map(|path| spellings(path).map(|path| (path, true)));
            let written = PATHS.iter().map(|path| ((*path).to_owned(), false));
            let written = written.filter(|(path, _)| !path.contains(['\n', '\\']));
            for (path, on_macos) in written.chain(spelled) {
                let (relative, absolute) = relative(&path);
                let outside = match absolute.starts_with("/w/") || absolute == "/w" {
                    true => Tier::Allow,
                    false => {
                        let folder = absolute.rsplit_once('/').map_or("", |(folder, _)| folder);
                        opencode(&rules, "external_directory", &format!("{folder}/*"))
                    }
                };
                for (permission, action) in
                    [("read", "read"), ("edit", "write"), ("edit", "delete")]
                {
                    let mut request = asked(action, &[("path", absolute.clone().into())]);
                    if on_macos {
                        request["context"]["platform"] = "macos".into();
                    }
                    let ours = decide(&model, &request);
                    let theirs = opencode(&rules, permission, &relative).max(outside);
                    check(&format!("{action} {path} (macOS: {on_macos})"), ours, theirs);
                }
            }
            // A host that is spelled with a `\` is not understood, and opencode reads it as `/`.
            let is_told = |text: &&&str| text.starts_with("http") && !text.contains('\\');
            for url in PROMPTS.iter().filter(is_told) {
                let Some(url) = url.split(' ').next() else { continue };
                let ours = decide(&model, &asked("fetch", &[("url", url.into())]));
                check(url, ours, opencode(&rules, "webfetch", url));
            }
            for (server, tool) in TOOLS {
                let name =
                    if server == "opencode" { tool.to_owned() } else { format!("{server}_{tool}") };
                let request = asked("call", &[("server", server.into()), ("tool", tool.into())]);
                check(&name, decide(&model, &request), opencode(&rules, &name, "*"));
            }
            for agent in ["reviewer", "general"] {
                let ours = decide(&model, &asked("spawn", &[("name", agent.into())]));
                check(agent, ours, opencode(&rules, "task", agent));
            }
            let search = decide(&model, &asked("search", &[]));
            check("search", search, opencode(&rules, "websearch", "weather"));
            // Lines of one command: their text is what is compared.
            for line in LINES.iter().filter(|line| {
                !line.is_empty() && !line.contains(['&', '|', ';', '\n', '(', '`', '#'])
            }) {
                let ours = decide(&model, &asked("run", &[("shell", (*line).into())]));
                check(line, ours, opencode(&rules, "bash", line));
            }
            for command in ["git status", "make", "npm test"] {
                // What no pattern sees.
                let line = format!("{command} && {command} > /etc/x");
                let ours = decide(&model, &asked("run", &[("shell", line.clone().into())]));
                if !with_hook {
                    check(&line, ours, opencode(&rules, "bash", command));
                }
            }
        }
    }
    assert!(100 < silent, "{silent}");
    eprintln!("{silent} were silent");
}
