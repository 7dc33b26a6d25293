//! The language's page, sentence by sentence, decided by the reference interpreter.
//!
//! A request is written as its action and its object; behind `+` stands what else was sent.

use std::fmt::Write as _;

use policy_eval::RequestBuf;
use policy_lang::check::no_includes;
use policy_lang::interp::{self, Verdict};
use policy_lang::model::Model;
use policy_lang::span::Source;
use serde_json::{Value, json};

/// Decides requests by a policy of one or several files, and compares what is said of each: the
/// tier, and what decided.
#[track_caller]
fn check(files: &[&str], cases: &[(&str, &str)]) {
    let model = load(files);
    for (request, expected) in cases {
        let verdict = decide(&model, request);
        assert_eq!(said(&model, &verdict), *expected, "{request}");
    }
}

fn load(files: &[&str]) -> Model {
    let sources =
        files.iter().enumerate().map(|(index, text)| Source::new(format!("{index}.policy"), *text));
    policy_lang::load(sources.collect(), &no_includes).unwrap_or_else(|error| panic!("{error}"))
}

fn decide(model: &Model, request: &str) -> Verdict {
    let request = RequestBuf::from_json(&to_json(request).to_string()).expect("a request");
    request.with_request(|request| interp::decide(model, request))
}

fn to_json(request: &str) -> Value {
    let (said, sent) = request.split_once(" + ").unwrap_or((request, "{}"));
    let (action, object) = said.split_once(' ').unwrap_or((said, ""));
    let mut all: Value = serde_json::from_str(sent).expect("JSON behind `+`");
    all["action"] = json!(action);
    if !object.is_empty() {
        match (action, object.split_once('/'), object.rsplit_once(':')) {
            ("run", ..) => all["shell"] = json!(object),
            ("call", Some((server, tool)), _) => {
                all["server"] = json!(server);
                all["tool"] = json!(tool);
            }
            ("connect" | "listen", _, Some((host, port))) => {
                all["host"] = json!(host);
                all["port"] = json!(port.parse::<u16>().expect("a port"));
            }
            ("use", ..) => all["credential"] = json!(object),
            ("fetch", ..) => all["url"] = json!(object),
            _ => all["path"] = json!(object),
        }
    }
    all
}

fn said(model: &Model, verdict: &Verdict) -> String {
    let mut said = verdict.tier.to_string();
    if let Some(rule) = verdict.rule {
        write!(said, " by {}", model.rules[rule].name).expect("a string takes all");
    }
    if verdict.default {
        said.push_str(" by default");
    }
    for floor in verdict.floors.iter() {
        write!(said, ", {}", floor.name()).expect("a string takes all");
    }
    said
}

#[test]
fn the_strictest_counts_and_the_default_falls_away_where_a_rule_matches_certainly() {
    check(
        &[r#"
            default ask
            open:   allow read "/a/**"
            closed: deny  read "**/.env"
            looked: review read "/a/b/**"
        "#],
        &[
            ("read /a/x", "allow by open"),
            ("read /a/b/x", "review by looked"),
            ("read /a/b/.env", "deny by closed"),
            ("read /x", "ask by default"),
            ("write /a/x", "ask by default"),
        ],
    );
}

#[test]
fn what_was_not_sent_can_only_make_a_decision_stricter() {
    check(
        &[r#"
            default allow
            main:    deny  run "git push ..." when branch == "main"
            others:  ask   run "git pull ..." unless branch == "main"
            default run ask
            silent:  allow run "git log ..."  when branch != "main"
            present: deny  run "git tag ..."  unless ticket is present
            attribute ticket: string
        "#],
        &[
            (r#"run git push + {"context": {"branch": "dev"}}"#, "ask by default"),
            (r#"run git push + {"context": {"branch": "main"}}"#, "deny by main"),
            ("run git push", "deny by main"),
            (r#"run git pull + {"context": {"branch": "main"}}"#, "ask by default"),
            ("run git pull", "ask by others"),
            (r#"run git log + {"context": {"branch": "dev"}}"#, "allow by silent"),
            ("run git log", "ask by default"),
            ("run git tag", "deny by present"),
            (r#"run git tag + {"context": {"ticket": "x"}}"#, "ask by default"),
            (r#"run git tag + {"context": {"ticket": 7}}"#, "deny by present"),
        ],
    );
}

#[test]
fn a_match_for_some_values_of_an_unknown_word_is_ask_at_most() {
    check(
        &[r#"
            default allow
            forced: deny  run "git push {--force|-f}"
            delete: deny  run "rm *"
            echo:   allow run "echo ..."
        "#],
        &[
            ("run git push origin -f", "deny by forced"),
            ("run git push -uf", "deny by forced"),
            ("run git push $X", "ask by forced"),
            ("run git push -- $X", "allow by default"),
            ("run rm $X", "ask by delete"),
            ("run rm \"$X\"", "deny by delete"),
            ("run echo $X", "allow by echo"),
        ],
    );
}

#[test]
fn a_lower_layer_tightens_always_and_loosens_what_was_handed_to_it() {
    let managed = r#"
        policy m layer managed
        default ask
        delegate run to project
    "#;
    let project = r#"
        policy p layer project
        make:   allow run "make ..."
        source: allow write "/src/**"
        tags:   deny  run "git tag ..."
    "#;
    check(
        &[managed, project],
        &[
            ("run make all", "allow by make"),
            ("write /src/a", "ask by default"),
            ("run git tag", "deny by tags"),
        ],
    );
    // A layer between that itself delegates the action, and not to the project, keeps it.
    let team = "policy t layer team\n delegate run to user";
    check(&[managed, team, project], &[("run make all", "ask by default")]);
    // A project's file is never the top.
    check(&[project], &[("run make all", "ask by default")]);
}

#[test]
fn the_rule_of_the_highest_layer_is_named_then_the_smallest_name() {
    check(
        &[
            "policy m layer managed\n z: deny read \"/a\"\n y: deny read \"/**\"",
            r#"
            policy u layer user
            a: deny read "/a"
            b: deny write "/a"
        "#,
        ],
        &[("read /a", "deny by y"), ("write /a", "deny by b")],
    );
}

#[test]
fn options_are_the_strictest_of_the_rules_of_the_winning_tier() {
    let model = load(&[r#"
        review run "git push ..." with reviewer "b", timeout 90s, remember session
        review run "git ..."      with reviewer "a", timeout 100s, on failure deny, remember always
        allow  run "docker ..."   with outside sandbox
        allow  run "docker ps"
    "#]);
    let verdict = decide(&model, "run git push");
    assert_eq!(verdict.options.reviewer.as_deref(), Some("a"));
    assert_eq!(verdict.options.timeout_ms, Some(90_000));
    assert_eq!(verdict.options.on_failure, policy_eval::OnFailure::Deny);
    assert_eq!(verdict.options.remember, policy_eval::Remember::Session);
    assert!(decide(&model, "run docker up").options.outside_sandbox);
    assert!(!decide(&model, "run docker ps").options.outside_sandbox);
    // In a line, only if all say so.
    assert!(!decide(&model, "run docker up && docker ps").options.outside_sandbox);
}

#[test]
fn leaving_the_sandbox_takes_a_word_of_its_own() {
    check(
        &[r#"
            plain: allow run "make ..."
            out:   allow run "docker ..." with outside sandbox
        "#],
        &[
            ("run make", "allow by plain"),
            (r#"run make + {"escalated": true}"#, "ask"),
            (r#"run docker up + {"escalated": true}"#, "allow by out"),
            (r#"run docker up && make + {"escalated": true}"#, "ask"),
        ],
    );
}

#[test]
fn what_a_tool_says_of_itself_can_only_tighten() {
    let policy = r#"
        default allow
        writes:  ask  call "*/*" unless read_only
        harmful: deny call "*/*" when destructive
    "#;
    let trusting = format!("{policy} trust annotations of \"files/*\"");
    let harmless = r#"+ {"annotations": {"readOnlyHint": true, "destructiveHint": false}}"#;
    let harmful = r#"+ {"annotations": {"readOnlyHint": true, "destructiveHint": true}}"#;
    check(
        &[policy],
        &[
            ("call files/x", "deny by harmful"),
            (&format!("call files/x {harmless}"), "deny by harmful"),
            (&format!("call files/x {harmful}"), "deny by harmful"),
        ],
    );
    check(
        &[&trusting],
        &[
            ("call files/x", "deny by harmful"),
            (&format!("call files/x {harmless}"), "allow by default"),
            (&format!("call files/x {harmful}"), "deny by harmful"),
            (&format!("call other/x {harmless}"), "deny by harmful"),
        ],
    );
}

#[test]
fn records_and_marks_are_those_of_all_sentences_that_can_match() {
    let model = load(&[r#"
        default allow
        record metadata *
        record full     run "git ..."
        mark "seen"     read "/data/**"
        mark "secret"   read "/data/x" when branch == "main"
        deny connect * when marked "secret"
    "#]);
    let record = |request| decide(&model, request).record.name();
    assert_eq!(record("read /a"), "metadata");
    assert_eq!(record("run ls; git status"), "full");
    assert_eq!(record("run $X"), "full");
    let marks = |request| {
        let bits = decide(&model, request).marks;
        let set = model.marks.iter().enumerate().filter(|(index, _)| bits >> index & 1 != 0);
        let mut set: Vec<_> = set.map(|(_, name)| name.as_str()).collect();
        set.sort_unstable();
        set
    };
    assert_eq!(marks("read /data/y"), ["seen"]);
    assert_eq!(marks("read /data/x"), ["secret", "seen"]);
    let verdict = decide(&model, r#"connect a.com:1 + {"context": {"marks": ["secret"]}}"#);
    assert_eq!(verdict.tier, policy_eval::Tier::Deny);
}

#[test]
fn a_floor_is_at_least_ask_and_some_are_lifted() {
    let policy = r#"
        default run allow
        rm: deny run "rm ..."
    "#;
    let accepting = format!("{policy} accept control_flow, assignments");
    check(
        &[policy],
        &[
            ("run if true; then make; fi", "ask, control_flow"),
            ("run if true; then rm x; fi", "deny by rm, control_flow"),
            ("run A=1", "ask, assignments"),
            (r#"run make + {"failed_layers": ["team"]}"#, "ask, failed_layer"),
        ],
    );
    check(
        &[&accepting],
        &[
            ("run if true; then make; fi", "allow by default"),
            ("run A=1", "allow"),
            ("run A=1 make", "allow by default"),
        ],
    );
}

#[test]
fn a_root_that_is_not_bound_is_unknown_and_of_several_bindings_the_strictest_counts() {
    check(
        &[r#"
            root data within "/data/**"
            mine:  allow write "$workspace/**"
            git:   deny  write "$workspace/.git/**"
            facts: deny  read  "$data/x"
            default read allow
        "#],
        &[
            (r#"write /w/a + {"roots": {"workspace": "/w"}}"#, "allow by mine"),
            (r#"write /w/.git/a + {"roots": {"workspace": "/w"}}"#, "deny by git"),
            (r#"write /v/.git/a + {"roots": {"workspace": "/w"}}"#, "ask by default"),
            ("write /v/.git/a", "deny by git"),
            ("write /.git/a", "ask by default"),
            ("write /w/a", "ask by default"),
            ("read /data/1/x", "deny by facts"),
            ("read /x/x", "allow by default"),
            (r#"write /w/v/.git/a + {"roots": {"workspace": ["/w", "/w/v"]}}"#, "deny by git"),
            (r#"write /w/u/.git/a + {"roots": {"workspace": ["/w", "/w/v"]}}"#, "allow by mine"),
            (r#"write /x + {"roots": {"workspace": ["/w", "/w/v"]}}"#, "ask by default"),
        ],
    );
}

#[test]
fn a_platform_that_ignores_case_has_one_path_for_all_spellings_and_a_second_name_for_programs() {
    check(
        &[r#"
            open:   allow write "/w/**"
            closed: deny  write "/w/.git/**"
            named:  deny  run "Git push ..."
            others: allow run "git ...", "Make ..."
        "#],
        &[
            ("run Make", "allow by others"),
            (r#"run make + {"context": {"platform": "macos"}}"#, "ask by default"),
            ("write /w/.GIT/a", "allow by open"),
            (r#"write /w/.GIT/a + {"context": {"platform": "macos"}}"#, "deny by closed"),
            (r#"write /W/a + {"context": {"platform": "macos"}}"#, "allow by open"),
            ("write /W/a", "ask by default"),
            ("run git push", "allow by others"),
            (r#"run git push + {"context": {"platform": "macos"}}"#, "deny by named"),
        ],
    );
}

#[test]
fn of_resolved_addresses_only_rules_about_addresses_are_asked() {
    check(
        &[r#"
            names:   allow connect "a.com", "b.com"
            private: deny  connect @private
            rest:    review connect *
        "#],
        &[
            (r#"connect a.com:443"#, "review by rest"),
            (r#"connect a.com:443 + {"resolved": ["8.8.8.8"]}"#, "review by rest"),
            (r#"connect a.com:443 + {"resolved": ["8.8.8.8", "10.0.0.1"]}"#, "deny by private"),
        ],
    );
    check(
        &["default connect allow\n deny connect * except \"a.com\""],
        &[(r#"connect a.com:443 + {"resolved": ["10.0.0.1"]}"#, "allow by default")],
    );
}

#[test]
fn what_is_counted_gets_the_decision_of_the_paths() {
    check(
        &[r#"
            count call "files/read" as read args.path
            files:  allow read "/w/**"
            secret: deny  read "**/.env"
        "#],
        &[
            (r#"call files/read + {"args": {"path": "/w/a"}}"#, "allow by files"),
            (r#"call files/read + {"args": {"path": "/w/.env"}}"#, "deny by secret"),
            (r#"call files/read + {"args": {"path": "/x"}}"#, "ask by default"),
            (
                r#"call files/read + {"args": {"path": ["/w/a"]}}"#,
                "deny by secret, malformed_arguments",
            ),
            (r#"call files/read + {"args": {}}"#, "deny by secret, malformed_arguments"),
            (r#"call files/write + {"args": {"path": "/w/a"}}"#, "ask by default"),
        ],
    );
}

#[test]
fn the_operands_of_a_command_are_decided_like_any_path() {
    check(
        &[r#"
            count run "cat ...", "head *" as read operands
            count run "cp ..."            as read operands but last, write last operand
            files:   allow read, write "/w/**"
            secret:  deny  read "**/.env"
            protect: deny  write "/w/.git/**"
        "#],
        &[
            ("run cat /w/a /w/b", "allow by files"),
            ("run cat", "ask by default"),
            (r#"run cat + {"cwd": "/w"}"#, "allow by files"),
            (r#"run cat + {"cwd": "/x/.env"}"#, "deny by secret"),
            (r#"run cat + {"cwd": "/w", "escalated": true}"#, "ask"),
            ("run cat /w/a /w/.env", "deny by secret"),
            ("run cat -- /w/.env", "deny by secret"),
            ("run cat $X", "ask by secret"),
            ("run cat --unknown /w/a", "ask by default"),
            ("run head /w/.env", "deny by secret"),
            ("run head /w/a", "allow by files"),
            ("run cp /w/a /w/b", "allow by files"),
            ("run cp /w/a /w/.git/b", "deny by protect"),
            ("run cp /w/.env /w/b", "deny by secret"),
            ("run cp", "ask by default"),
            ("run cat < /w/.env", "deny by secret"),
        ],
    );
    // Where the sentence may not loosen, the default of the command stands.
    check(
        &[
            "policy m layer managed",
            r#"
            policy u layer user
            count run "cat ..." as read operands
            allow read "/w/**"
        "#,
        ],
        &[("run cat /w/a", "ask by default")],
    );
}

#[test]
fn of_several_readings_of_a_tool_the_loosest_counts() {
    let joined = r#"call + {"joined": "mcp__a__b__c", "servers": ["a", "a__b"]}"#;
    let verdict = |policy| decide(&load(&[policy]), joined).tier.name();
    assert_eq!(verdict("default call allow\n deny call \"a/*\""), "ask");
    assert_eq!(verdict("default call allow\n deny call \"a/*\", \"a__b/*\""), "deny");
}
