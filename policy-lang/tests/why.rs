//! Why a request was not allowed, as a person reads it.

use insta::assert_snapshot;
use policy_eval::{Request, RequestBuf, Tier};
use policy_generate::Dice;
use policy_lang::check::{load, no_includes};
use policy_lang::model::Model;
use policy_lang::span::Source;
use policy_lang::{interp, why};

/// The layers of a policy, with `---` between them.
fn model(text: &str) -> Model {
    let sources = text
        .split("\n---\n")
        .enumerate()
        .map(|(index, text)| Source::new(format!("{}.policy", index + 1), text))
        .collect();
    match load(sources, &no_includes) {
        Ok(model) => model,
        Err(failure) => panic!("{:?}", failure.diagnostics),
    }
}

/// What is said of each request of a list, one a line.
fn ask(policy: &str, requests: &[&str]) -> String {
    let model = model(policy);
    let mut out = String::new();
    for text in requests {
        let request = RequestBuf::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        request.with_request(|request| {
            let tier = interp::decide(&model, request).tier;
            let shown = match text.split_once(',') {
                Some((_, rest)) => rest.trim_end_matches('}'),
                None => text,
            };
            out += &format!("{tier}  {shown}\n");
            let mut lines = Vec::new();
            if let Some(found) = why::why_not(&model, request) {
                lines.extend(found.lines(&model));
            }
            if let Some(found) = why::nearest_denial(&model, request) {
                lines.push("nearest denial".to_owned());
                lines.extend(found.lines(&model).into_iter().map(|line| format!("  {line}")));
            }
            for line in lines {
                out += &format!("    {line}\n");
            }
        });
    }
    out
}

const COMMANDS: &str = r#"
allow  run "git (status|diff|log|show) {no --output|--ext-diff} ..."
allow  run "docker compose up ..."             with outside sandbox
review run "git commit ..."
review run "git push ..."                      unless branch in ("main", "release")
no-force-push:
deny   run "git push {--force|-f}"             because "Rewrites shared history."
allow  run "make (test|lint)"                  when sandbox == "workspace-write"
"#;

#[test]
fn commands() {
    assert_snapshot!(ask(COMMANDS, &[
        r#"{"action":"run","shell":"git push --force","context":{"branch":"topic"}}"#,
        r#"{"action":"run","shell":"git push --force","context":{"branch":"main"}}"#,
        r#"{"action":"run","shell":"git push -uf origin","context":{"branch":"topic"}}"#,
        r#"{"action":"run","shell":"git push","context":{"branch":"main"}}"#,
        r#"{"action":"run","shell":"git push"}"#,
        r#"{"action":"run","shell":"git push","context":{"branch":"topic"}}"#,
        r#"{"action":"run","shell":"git statsu"}"#,
        r#"{"action":"run","shell":"git diff --output=/etc/x"}"#,
        r#"{"action":"run","shell":"make test","context":{"sandbox":"read-only"}}"#,
        r#"{"action":"run","shell":"make all","context":{"sandbox":"read-only"}}"#,
        r#"{"action":"run","shell":"rm -rf /"}"#,
        r#"{"action":"run","shell":"git status && git push -f && make"}"#,
        r#"{"action":"run","shell":"if true; then git status; fi"}"#,
        r#"{"action":"run","shell":"git 'status"}"#,
        r#"{"action":"run","shell":"git status","escalated":true}"#,
        r#"{"action":"run","shell":"docker compose up","escalated":true}"#,
        r#"{"action":"run","shell":"git $X"}"#,
        r#"{"action":"run","shell":"git status"}"#,
    ]), @r#"
    deny  "shell":"git push --force","context":{"branch":"topic"
        `no-force-push` denies it: `--force` is in the way
          `run git push` would be review
        “review run "git push ..." unless branch in ("main", "release")” matches, and gives review
    deny  "shell":"git push --force","context":{"branch":"main"
        `no-force-push` denies it: `--force` is in the way
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch is `main`; it asks for one other than `main`, `release`; `run git push` with branch = "topic" would be review
    deny  "shell":"git push -uf origin","context":{"branch":"topic"
        `no-force-push` may match, and denies it: `-uf` is in the way
          `run git push origin` would be review
        “review run "git push ..." unless branch in ("main", "release")” matches, and gives review
    ask  "shell":"git push","context":{"branch":"main"
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch is `main`; it asks for one other than `main`, `release`; with branch = "topic" it would be review
    ask  "shell":"git push"
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch was not sent; it asks for one other than `main`, `release`; with branch = "topic" it would be review
    review  "shell":"git push","context":{"branch":"topic"
        “review run "git push ..." unless branch in ("main", "release")” wants a review of it: it is one of `git push ...`
        nearest allow: “allow run "git (status|diff|log|show) {no --output|--ext-diff} ..."”
          word 2 is `push`, not `status`; `run git status` would be allow
    ask  "shell":"git statsu"
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git commit ..."”
          word 2 is `statsu`, not `commit`; `run git commit` would be review
        nearest allow: “allow run "git (status|diff|log|show) {no --output|--ext-diff} ..."”
          word 2 is `statsu`, not `status`; `run git status` would be allow
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch was not sent; it asks for one other than `main`, `release`, and word 2 is `statsu`, not `push`; `run git push` with branch = "topic" would be review
    ask  "shell":"git diff --output=/etc/x"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow run "git (status|diff|log|show) {no --output|--ext-diff} ..."”
          `--output=/etc/x` is in the way; `run git diff` would be allow
        nearest review: “review run "git commit ..."”
          word 2 is `diff`, not `commit`; `run git commit --output=/etc/x` would be review
    ask  "shell":"make test","context":{"sandbox":"read-only"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow run "make (test|lint)" when sandbox == "workspace-write"”
          sandbox is `read-only`, not `workspace-write`; with sandbox = "workspace-write" it would be allow
    ask  "shell":"make all","context":{"sandbox":"read-only"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow run "make (test|lint)" when sandbox == "workspace-write"”
          sandbox is `read-only`, not `workspace-write`, and word 2 is `all`, not `test`; `run make test` with sandbox = "workspace-write" would be allow
    ask  "shell":"rm -rf /"
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
    deny  "shell":"git status && git push -f && make"
        `no-force-push` denies it: `-f` is in the way
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch was not sent; it asks for one other than `main`, `release`; `run git push` with branch = "topic" would be review
    ask  "shell":"if true; then git status; fi"
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
        1 other part is ask as well
    ask  "shell":"git 'status"
        `no-force-push` may match, and asks for it: it is one of `git push {--force|-f}`
        the request does not parse; no rule lifts that
    ask  "shell":"git status","escalated":true
        it asks to leave the sandbox; only a rule `with outside sandbox` lets it
        nearest allow: “allow run "git (status|diff|log|show) {no --output|--ext-diff} ..."”
          it asks to leave the sandbox, which the rule does not let it; with escalated = false it would be allow
    allow  "shell":"docker compose up","escalated":true
    ask  "shell":"git $X"
        `no-force-push` may match, and asks for it: a word known only at run time is in the way
        no rule allows it for certain, and the default is ask
        nearest review: “review run "git commit ..."”
          word 2 is a word known only at run time, not `commit`; `run git commit` would be review
        nearest review: “review run "git push ..." unless branch in ("main", "release")”
          branch was not sent; it asks for one other than `main`, `release`, and word 2 is a word known only at run time, not `push`; `run git push` with branch = "topic" would be review
        nearest allow: “allow run "git (status|diff|log|show) {no --output|--ext-diff} ..."”
          word 2 is a word known only at run time, not `status`
    allow  "shell":"git status"
        nearest denial
          `run git push --force`: `no-force-push` denies it
            word 2 is `status`, not `push`
    "#);
}

#[test]
fn paths() {
    let policy = r#"
paths secrets = "~/.ssh/**", "**/.env"
sandbox workspace-write {
  allow write "$workspace/**", "$tmp/**"
  deny  write "$workspace/.git/**"             because "Agents do not edit repository internals."
}
allow read *
no-secrets:
deny read, write secrets
"#;
    assert_snapshot!(ask(policy, &[
        r#"{"action":"write","path":"/w/app/a.rs","roots":{"workspace":"/w/app"},"context":{"sandbox":"read-only"}}"#,
        r#"{"action":"write","path":"/w/other/a.rs","roots":{"workspace":"/w/app"},"context":{"sandbox":"workspace-write"}}"#,
        r#"{"action":"write","path":"/etc/passwd","roots":{"workspace":"/w/app","tmp":"/tmp","home":"/home/dev"},"context":{"sandbox":"workspace-write"}}"#,
        r#"{"action":"write","path":"/w/app/.env","roots":{"workspace":"/w/app"},"context":{"sandbox":"read-only"}}"#,
        r#"{"action":"write","path":"/w/app/.git/config","roots":{"workspace":"/w/app"},"context":{"sandbox":"workspace-write"}}"#,
        r#"{"action":"write","path":"/w/app/a.rs","context":{"sandbox":"workspace-write"}}"#,
        r#"{"action":"write","path":"/w/app/a.rs","roots":{"workspace":"/w/app","tmp":"/tmp","home":"/home/dev"},"context":{"sandbox":"workspace-write"}}"#,
        r#"{"action":"read","path":"/w/app/a.rs","roots":{"home":"/home/dev"}}"#,
    ]), @r#"
    ask  "path":"/w/app/a.rs","roots":{"workspace":"/w/app"},"context":{"sandbox":"read-only"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "$workspace/**", "$tmp/**"”
          sandbox is `read-only`, not `workspace-write`; with sandbox = "workspace-write" it would be allow
    ask  "path":"/w/other/a.rs","roots":{"workspace":"/w/app"},"context":{"sandbox":"workspace-write"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "$workspace/**", "$tmp/**"”
          it has `other` where `app` would be; `write /w/app/a.rs` would be allow
    ask  "path":"/etc/passwd","roots":{"workspace":"/w/app","tmp":"/tmp","home":"/home/dev"},"context":{"sandbox":"workspace-write"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "$workspace/**", "$tmp/**"”
          it has `etc` where `tmp` would be; `write /tmp/passwd` would be allow
    deny  "path":"/w/app/.env","roots":{"workspace":"/w/app"},"context":{"sandbox":"read-only"
        `no-secrets` denies it: it is one of `**/.env`
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "$workspace/**", "$tmp/**"”
          sandbox is `read-only`, not `workspace-write`
          with that, `no-secrets` still denies it
    deny  "path":"/w/app/.git/config","roots":{"workspace":"/w/app"},"context":{"sandbox":"workspace-write"
        “deny write "$workspace/.git/**"” denies it: it is one of `$workspace/.git/**`
        “allow write "$workspace/**", "$tmp/**"” matches, and gives allow
    ask  "path":"/w/app/a.rs","context":{"sandbox":"workspace-write"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "$workspace/**", "$tmp/**"”
          `$workspace` is not bound: say where it lies
    allow  "path":"/w/app/a.rs","roots":{"workspace":"/w/app","tmp":"/tmp","home":"/home/dev"},"context":{"sandbox":"workspace-write"
        nearest denial
          `write /w/app/.git`: “deny write "$workspace/.git/**"” denies it
            it has `a.rs` where `.git` would be
    allow  "path":"/w/app/a.rs","roots":{"home":"/home/dev"
        nearest denial
          `read /w/app/.env`: `no-secrets` denies it
            it has `a.rs` where `.env` would be
    "#);
}

#[test]
fn destinations() {
    let policy = r#"
hosts registries = "packages.acme.com", "*.mirror.acme.com"
allow  connect registries port 443
deny   connect @metadata, @private
allow  connect "docs.rs" port 443              when method in ("GET", "HEAD")
allow  listen @loopback port 3000-3999
allow  fetch "docs.rs", "**.python.org"        when mode == cached
deny   connect unix "/var/run/docker.sock"
"#;
    assert_snapshot!(ask(policy, &[
        r#"{"action":"connect","host":"packages.acme.com","port":80}"#,
        r#"{"action":"connect","host":"pkg.acme.com","port":443}"#,
        r#"{"action":"connect","host":"mirror.acme.com","port":443}"#,
        r#"{"action":"connect","host":"evil.example","port":22}"#,
        r#"{"action":"connect","host":"10.1.2.3","port":443}"#,
        r#"{"action":"connect","url":"https://docs.rs/x","method":"POST"}"#,
        r#"{"action":"connect","unix":"/var/run/docker.sock"}"#,
        r#"{"action":"listen","host":"127.0.0.1","port":8080}"#,
        r#"{"action":"listen","host":"0.0.0.0","port":3000}"#,
        r#"{"action":"fetch","url":"https://docs.python.org/3","mode":"live"}"#,
        r#"{"action":"connect","host":"packages.acme.com","port":443}"#,
    ]), @r#"
    ask  "host":"packages.acme.com","port":80
        no rule allows it for certain, and the default is ask
        nearest allow: “allow connect registries port 443”
          port is 80; it asks for 443; `connect packages.acme.com:443` would be allow
    ask  "host":"pkg.acme.com","port":443
        no rule allows it for certain, and the default is ask
        nearest allow: “allow connect registries port 443”
          it has `pkg` where `packages` would be; `connect packages.acme.com:443` would be allow
    ask  "host":"mirror.acme.com","port":443
        no rule allows it for certain, and the default is ask
        nearest allow: “allow connect registries port 443”
          it has `mirror` where `packages` would be; `connect packages.acme.com:443` would be allow
    ask  "host":"evil.example","port":22
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
    deny  "host":"10.1.2.3","port":443
        “deny connect @metadata, @private” denies it: it is one of `@private`
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
    ask  "url":"https://docs.rs/x","method":"POST"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow connect "docs.rs" port 443 when method in ("GET", "HEAD")”
          method is `POST`; it asks for one of `GET`, `HEAD`; with method = "GET" it would be allow
    deny  "unix":"/var/run/docker.sock"
        “deny connect unix "/var/run/docker.sock"” denies it: it is one of `unix "/var/run/docker.sock"`
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
    ask  "host":"127.0.0.1","port":8080
        no rule allows it for certain, and the default is ask
        nearest allow: “allow listen @loopback port 3000-3999”
          port is 8080; it asks for 3000-3999; `listen 127.0.0.1:3999` would be allow
    ask  "host":"0.0.0.0","port":3000
        no rule allows it for certain, and the default is ask
        nearest allow: “allow listen @loopback port 3000-3999”
          destination is `0.0.0.0:3000`, not `@loopback`; `listen 127.0.0.1:3000` would be allow
    ask  "url":"https://docs.python.org/3","mode":"live"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow fetch "docs.rs", "**.python.org" when mode == cached”
          mode is `live`, not `cached`; with mode = "cached" it would be allow
    allow  "host":"packages.acme.com","port":443
    "#);
}

#[test]
fn tools_and_names() {
    let policy = r#"
attribute ticket: string
tools readers = "github/get_*", "github/list_*"
allow  call readers
review call "github/*" except readers          with reviewer "guardian"
deny   call "db/query"                         when args.sql matches r"(?is).*\bdrop\b.*"
allow  call "db/query"                         when ticket like "OPS-*" and args.limit <= 100
deny   use *                                   unless store == keyring
allow  use "GITHUB_TOKEN"
allow  login                                   when workspace_id == "ws-acme" and method == "sso"
allow  start                                   when network == false
deny   start                                   when sandbox == "danger-full-access"
allow  install "plugin/*", "skill/*"           when source is present
allow  spawn "reviewer", "tester-?"
allow  search                                  when mode == cached
allow  prompt                                  when length <= 4096
deny   spawn *                                 when marked "secret"
mark   "secret" read "/data/**"
"#;
    assert_snapshot!(ask(policy, &[
        r#"{"action":"call","server":"github","tool":"create_issue"}"#,
        r#"{"action":"call","server":"gitlab","tool":"get_issue"}"#,
        r#"{"action":"call","server":"db","tool":"query","args":{"sql":"DROP TABLE x","limit":7},"context":{"ticket":"OPS-1"}}"#,
        r#"{"action":"call","server":"db","tool":"query","args":{"sql":"select","limit":700},"context":{"ticket":"DEV-1"}}"#,
        r#"{"action":"use","credential":"GITHUB_TOKEN","store":"env"}"#,
        r#"{"action":"use","credential":"NPM_TOKEN","store":"keyring"}"#,
        r#"{"action":"login","method":"password","workspace_id":"ws-acme"}"#,
        r#"{"action":"start","network":true,"context":{"sandbox":"danger-full-access"}}"#,
        r#"{"action":"install","kind":"mcp","name":"github"}"#,
        r#"{"action":"spawn","name":"coder"}"#,
        r#"{"action":"spawn","name":"reviewer","context":{"marks":["secret"]}}"#,
        r#"{"action":"spawn","name":"reviewer"}"#,
        r#"{"action":"search","mode":"live"}"#,
        r#"{"action":"prompt","length":5000}"#,
        r#"{"action":"delete","path":"/x"}"#,
    ]), @r#"
    review  "server":"github","tool":"create_issue"
        “review call "github/*" except readers” wants a review of it: the tool is `create_issue`, not `get_*`
          `call github/get_x` would be allow
        nearest allow: “allow call readers”
          the tool is `create_issue`, not `get_*`; `call github/get_x` would be allow
    ask  "server":"gitlab","tool":"get_issue"
        no rule allows it for certain, and the default is ask
        nearest review: “review call "github/*" except readers”
          the server is `gitlab`, not `github`; `call github/get_issue` would be allow
    deny  "server":"db","tool":"query","args":{"sql":"DROP TABLE x","limit":7},"context":{"ticket":"OPS-1"
        “deny call "db/query" when args.sql matches r"(?is).*\bdrop\b.*"” denies it: args.sql is one that matches `(?is).*\bdrop\b.*`
          with args.sql = "another" it would be allow
        “allow call "db/query" when ticket like "OPS-*" and args.limit <= 100” matches, and gives allow
    ask  "server":"db","tool":"query","args":{"sql":"select","limit":700},"context":{"ticket":"DEV-1"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow call "db/query" when ticket like "OPS-*" and args.limit <= 100”
          ticket is not like `OPS-*`, and args.limit is not at most 100; with ticket = "OPS-x" and args.limit = 100 it would be allow
    deny  "credential":"GITHUB_TOKEN","store":"env"
        “deny use * unless store == keyring” denies it: store is `env`; `keyring` would lift that
          with store = "keyring" it would be allow
        “allow use "GITHUB_TOKEN"” matches, and gives allow
    ask  "credential":"NPM_TOKEN","store":"keyring"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow use "GITHUB_TOKEN"”
          credential is `NPM_TOKEN`, not `GITHUB_TOKEN`; `use GITHUB_TOKEN` would be allow
    ask  "method":"password","workspace_id":"ws-acme"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow login when workspace_id == "ws-acme" and method == "sso"”
          method is `password`, not `sso`; with method = "sso" it would be allow
    deny  "network":true,"context":{"sandbox":"danger-full-access"
        “deny start when sandbox == "danger-full-access"” denies it: sandbox is `danger-full-access`
        no rule allows it for certain, and the default is ask
        nearest allow: “allow start when network == false”
          network is true; it asks for false; with network = false and sandbox = "another" it would be allow
    ask  "kind":"mcp","name":"github"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow install "plugin/*", "skill/*" when source is present”
          source was not sent, and the kind is `mcp`, not `plugin`
    ask  "name":"coder"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow spawn "reviewer", "tester-?"”
          name is `coder`, not `reviewer`; `spawn reviewer` would be allow
    deny  "name":"reviewer","context":{"marks":["secret"]
        “deny spawn * when marked "secret"” denies it: the session carries the mark `secret`
          with no mark `secret` it would be allow
        “allow spawn "reviewer", "tester-?"” matches, and gives allow
    allow  "name":"reviewer"
        nearest denial
          with the mark `secret`: “deny spawn * when marked "secret"” denies it
            the session does not carry the mark `secret`
    ask  "mode":"live"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow search when mode == cached”
          mode is `live`, not `cached`; with mode = "cached" it would be allow
    ask  "length":5000
        no rule allows it for certain, and the default is ask
        nearest allow: “allow prompt when length <= 4096”
          length is 5000; it asks for at most 4096; with length = 4096 it would be allow
    ask  "path":"/x"
        no rule allows it for certain, and the default is ask
        no rule that would allow it is near
    "#);
}

#[test]
fn layers_counts_and_hidden_text() {
    let policy = r#"
policy top layer managed
delegate write to project
deny write "/etc/**"
allow run "cp ..."
count run "cp ..." as read operands but last, write last operand
---
policy own layer project
allow run "npm test"
allow write "/w/**"
"#;
    assert_snapshot!(ask(policy, &[
        r#"{"action":"run","shell":"npm test"}"#,
        r#"{"action":"run","shell":"cp a /etc/b","cwd":"/w"}"#,
        r#"{"action":"write","path":"/x/y"}"#,
        "{\"action\":\"write\",\"path\":\"/x/\\u001b[2K\\u202e\"}",
    ]), @r#"
    ask  "shell":"npm test"
        no rule allows it for certain, and the default is ask
        “allow run "npm test"” matches, but nothing lets layer project loosen this action
    deny  "shell":"cp a /etc/b","cwd":"/w"
        “deny write "/etc/**"” denies it: it is one of `/etc/**`
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "/w/**"”
          it has `etc` where `w` would be
    ask  "path":"/x/y"
        no rule allows it for certain, and the default is ask
        nearest allow: “allow write "/w/**"”
          it has `x` where `w` would be; `write /w/y` would be allow
    ask  "path":"/x/\u001b[2K\u202e"
        it has control characters or characters nobody sees; no rule lifts that
    "#);
}

/// A sentence that says nothing else than what the request is, decided again: the claim holds.
#[track_caller]
fn holds(model: &Model, text: &str, request: &Request<'_>) {
    let tier = interp::decide(model, request).tier;
    let not = why::why_not(model, request);
    let denial = why::nearest_denial(model, request);
    assert_eq!(not.is_some(), tier != Tier::Allow, "{text}");
    assert!(denial.is_none() || tier == Tier::Allow, "{text}");
    if let Some(found) = &not {
        assert_eq!(found.tier, tier, "{text}");
        assert!(found.nearest.len() <= 3, "{text}");
        assert!(found.lines(model).len() <= 18, "{text}");
        for nearby in &found.nearest {
            let goal = if tier == Tier::Review { Tier::Allow } else { Tier::Review };
            assert!(nearby.fix.as_ref().is_none_or(|fix| fix.tier <= goal), "{text}");
            assert!(nearby.still.as_ref().is_none_or(|fix| goal < fix.tier), "{text}");
        }
        // One attribute that the request has at its top level can be set here as well.
        for fix in found.nearest.iter().filter_map(|nearby| nearby.fix.as_ref()) {
            let ([change], None) = (&fix.changes[..], &fix.part) else { continue };
            let Some((name, value)) = change.split_once(" = ") else { continue };
            let value = value.trim_matches('"');
            let changed = match name {
                "branch" => Request { branch: Some(value), ..*request },
                "sandbox" => Request { sandbox: Some(value), ..*request },
                "user" => Request { user: Some(value), ..*request },
                _ => continue,
            };
            let expected = fix.whole.unwrap_or(fix.tier);
            assert_eq!(interp::decide(model, &changed).tier, expected, "{text}\n{change}");
        }
    }
    if let Some(fix) = denial.and_then(|found| found.fix) {
        assert!(Tier::Review < fix.tier, "{text}");
    }
}

#[test]
fn what_is_claimed_of_generated_policies_holds() {
    let cases = std::env::var("POLICY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    for seed in 0..cases {
        let mut dice = Dice::new(seed);
        let policy = policy_generate::policy(&mut dice);
        let files = policy.files.iter().enumerate();
        let sources = files.map(|(index, file)| Source::new(file.name(index), file.to_string()));
        let model = load(sources.collect(), &no_includes).expect("a generated policy is valid");
        for _ in 0..20 {
            let text = policy_generate::request(&mut dice).to_string();
            let Ok(request) = RequestBuf::from_json(&text) else { continue };
            request.with_request(|request| holds(&model, &format!("seed {seed}: {text}"), request));
        }
    }
}
