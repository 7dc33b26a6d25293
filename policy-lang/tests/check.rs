//! What the checker makes of policies.

#[path = "check/model.rs"]
mod model;

use std::fmt::Write as _;
use std::sync::Arc;

use policy_lang::check::{CODES, Failure, no_includes};
use policy_lang::load;
use policy_lang::model::Model;
use policy_lang::span::Source;
use proptest::prelude::*;

fn load_text(text: &str) -> Result<Model, Failure> {
    load(vec![Source::new("a.policy", text)], &no_includes)
}

fn must_load(text: &str) -> Model {
    load_text(text).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_tour_is_a_policy() {
    let text = include_str!("../../examples/policies/tour.policy");
    let model = must_load(text);
    assert_eq!(model.name.as_deref(), Some("acme.agents"));
    assert_eq!(model.tests.len(), 1);
    assert_eq!(model.proofs.len(), 2);
    let _: &Arc<Source> = model.source(model.rules[0].at.source);
}

/// Every finding with its place, its help and its related places.
fn shown(text: &str) -> String {
    let circle = Source::new("circle.policy", "include \"circle.policy\"\n");
    let resolver = |path: &str, _: &Source| match path {
        "circle.policy" => Ok(Arc::clone(&circle)),
        _ => Err("there is no such file".to_owned()),
    };
    let failure = match load(vec![Source::new("a.policy", text)], &resolver) {
        Ok(_) => return "no error\n".to_owned(),
        Err(failure) => failure,
    };
    let mut shown = String::new();
    for finding in &failure.diagnostics {
        let known = CODES.iter().any(|known| known.code == finding.code);
        assert!(known, "{} is not explained: {}", finding.code, finding.message);
        writeln!(shown, "{} {}", finding.code, finding.message).expect("a string takes all");
        for label in &finding.labels {
            let source = &failure.sources[label.location.source.0 as usize];
            let (line, column) = source.line_column(label.location.span.start as usize);
            let about = &source.text[label.location.span.range()];
            writeln!(shown, "     {line}:{column} {about} {}", label.text).expect("a string");
        }
        if let Some(help) = &finding.help {
            writeln!(shown, "     help: {help}").expect("a string takes all");
        }
    }
    shown
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_to_do() {
    let cases = include_str!("check/wrong.policies").split("---\n");
    let shown: String = cases.map(|case| format!("{case}{}\n", shown(case))).collect();
    insta::assert_snapshot!("wrong", shown);
    // Circles of declarations that differ need two files, limits need more than a page.
    let elsewhere = ["C003", "C016"];
    for code in CODES.iter().map(|code| code.code).filter(|code| !elsewhere.contains(code)) {
        assert!(shown.contains(&format!("\n{code} ")), "no case has {code}");
    }
}

/// Loads files that may include one another by name; those named first are the layers given.
fn load_files(given: &[&str], files: &[(&str, &str)]) -> Result<Model, Failure> {
    let source = |name: &str| {
        let found = files.iter().find(|(known, _)| *known == name);
        found.map(|(name, text)| Source::new(*name, *text)).ok_or("no such file".to_owned())
    };
    let resolver = |path: &str, _: &Source| source(path);
    load(given.iter().map(|name| source(name).expect("a given file")).collect(), &resolver)
}

fn shown_files(given: &[&str], files: &[(&str, &str)]) -> String {
    match load_files(given, files) {
        Ok(model) => model::shown(&model),
        Err(failure) => failure.to_string(),
    }
}

#[test]
fn objects_become_atoms() {
    insta::assert_snapshot!(model::shown(&must_load(
        r#"
paths code = "$workspace/**", more
paths more = "/srv/**", code2
paths code2 = i"/Data/*"
hosts near = "db.example", @loopback
strings agents = "build-*", "lint"
allow read code except "/srv/x", more
allow connect near, unix "/run/x" port 80, 8000-8100
deny  connect
deny  read, connect
deny  fetch * except near
allow call "a/*", "b/?"
allow use "TOKEN_*"
allow spawn agents
allow install "mcp/x"
deny  login
review run "git (add|commit) {--amend} ..."
"#
    )), @r#"
    layer managed, ask *
    managed deny connect: connect destination [*]
    managed deny fetch * except near: fetch (destination [*] and not destination [db.example, @loopback])
    managed deny login: login true
    managed deny read, connect: read+connect true
    managed review run "git (add|commit) {--amend} ...": run command [git (add|commit) ... +1]
    managed allow call "a/*", "b/?": call pair [a/*, b/?]
    managed allow connect near, unix "/run/x" port 80, 8000-8100: connect (destination [db.example, @loopback, unix "/run/x"] and port [(80, 80), (8000, 8100)])
    managed allow install "mcp/x": install pair [mcp/x]
    managed allow read code except "/srv/x", more: read (path [$workspace/**, /srv/**, /Data/*] and not path [/srv/x, /srv/**, /Data/*])
    managed allow spawn agents: spawn name [[Literal("build-"), Star], lint]
    managed allow use "TOKEN_*": use credential [[Literal("TOKEN_"), Star]]
    "#);
}

#[test]
fn conditions_become_atoms() {
    insta::assert_snapshot!(model::shown(&must_load(
        r#"
attribute ticket: string
attribute level: one of ("low", "high")
attribute where-to: path
strings branches = "main", "release-*"
a: deny run * when branch == "main" unless branch in branches or branch like "x?"
b: deny run * when risk < 10 and risk >= 3 and risk in (1, 2)
c: deny run * when interactive and escalated == false and not opaque
d: deny run * when groups contains i"Admins" and groups == ("b", "a", "b")
e: deny run * when cwd in ("/a", "/b/**") and program like "/opt/**"
f: deny connect * when ip in @private and host in ("a.example", "10.0.0.0/8")
g: deny call * when args.a.b == "x" and args.n in (1, "y", true) and args.f
h: deny run * when ticket is present and level == low and where-to like "~/**"
i: deny run * when marked "b" or marked "a"
j: deny run * when branch matches r"x+" and surface != ci
k: deny run * when risk < -9223372036854775808
"#
    )), @r#"
    layer managed, ask *
    managed a: run (branch [main] and not (branch [main, [Literal("release-"), Star]] or branch [[Literal("x"), AnyChar]]))
    managed b: run (risk [(-9223372036854775808, 9)] and risk [(3, 9223372036854775807)] and risk [(1, 1), (2, 2)])
    managed c: run (interactive and not escalated and not opaque)
    managed d: run (groups has i[Literal("Admins")] and groups == ["a", "b"])
    managed e: run (cwd [/a, /b/**] and program [/opt/**])
    managed f: connect (destination [*] and ip [@private] and host [a.example, 10.0.0.0/8])
    managed g: call (args.a.b [x] and (args.n [y] or args.n [(1, 1)] or args.n) and args.f)
    managed h: run (own.ticket present and own.level [low] and own.where-to [~/**])
    managed i: run (marked b or marked a)
    managed j: run (branch [[Regex("x+")]] and not surface [ci])
    managed k: run risk []
    "#);
}

#[test]
fn blocks_stand_in_each_sentence() {
    insta::assert_snapshot!(model::shown(&must_load(
        r#"
when surface == ci {
  allow run "a"
  sandbox wide {
    allow run "a"
  }
}
accept wrappers, control_flow
trust annotations of "x/*"
trust annotations of "x/*", *
sandbox narrow extends wide { }
sandbox narrower extends narrow { deny read "/x" }
count run "cp ..." as read operands but last, write last operand
count call "files/read" as read args.path
never allow read "/x"
"#
    )), @r#"
    layer managed, ask *
    managed deny read "/x": read (path [/x] and sandbox [narrower])
    managed allow run "a": run (command [a] and surface [ci])
    managed allow run "a" (2): run (command [a] and surface [ci] and sandbox [narrow, narrower, wide])
    managed count run "cp ...": [Counted { action: Read, what: ButLast }, Counted { action: Write, what: Last }] of command [cp ...]
    managed count call "files/read": [Counted { action: Read, what: Argument(["path"]) }] of pair [files/read]
    managed accept control_flow, wrappers: true
    managed trust: pair [x/*]
    managed trust: true
    proof never allow read "/x": read path [/x]
    "#);
}

#[test]
fn equal_heads_are_told_apart_by_layer_and_text() {
    let one = "policy a layer team\ndeny run \"x\" with timeout 1s\nid: deny run \"y\"\n";
    let two =
        "policy b layer managed\ndeny run \"x\" because \"b\"\ndeny run \"x\" because \"a\"\n";
    let files = [("one", one), ("two", two)];
    insta::assert_snapshot!(shown_files(&["one", "two"], &files), @r#"
    layer managed, ask *
    layer team
    managed deny run "x": run command [x]
    managed deny run "x" (2): run command [x]
    team deny run "x" (3): run command [x]
    team id: run command [y]
    "#);
    assert_eq!(shown_files(&["one", "two"], &files), shown_files(&["two", "one"], &files));
}

#[test]
fn layers_are_in_the_order_of_their_authority() {
    insta::assert_snapshot!(shown_files(
        &["project", "user", "user2"],
        &[
            ("project", "policy p layer project default read allow"),
            ("user", "policy u layer user default deny delegate run, call to project"),
            ("user2", "policy v layer user default write allow default * ask"),
        ],
    ), @r"
    layer user, allow write, deny read+delete+run+connect+listen+fetch+search+call+use+login+start+install+spawn+prompt, delegates run+call to [Project]
    layer project, allow read
    ");
    insta::assert_snapshot!(
        shown_files(&["p"], &[("p", "policy p layer project allow read *")]), @r"
    layer managed, ask *
    layer project
    project allow read *: read true
    ");
    insta::assert_snapshot!(shown_files(&[], &[]), @"layer managed, ask *");
}

#[test]
fn includes_bring_names_and_rules_bring_sentences() {
    let files = [
        (
            "top",
            "include \"names\" include rules \"rules\" deny read secrets, \"$data/x\" when level == 1",
        ),
        ("names", "include \"deep\" paths secrets = \"/s\", deeper deny read \"/not-seen\""),
        ("deep", "paths deeper = \"/d\" root data attribute level: int"),
        (
            "rules",
            "policy r layer user sandbox ws { allow write \"/w\" } accept assignments default deny",
        ),
        ("more", "policy m layer team include rules \"rules\" sandbox ci extends ws { }"),
    ];
    insta::assert_snapshot!(shown_files(&["top", "more"], &files), @r#"
    layer managed, ask *
    layer team
    managed deny read secrets, "$data/x" when level == 1: read (path [/s, /d, $data/x] and own.level [(1, 1)])
    managed allow write "/w": write (path [/w] and sandbox [ci, ws])
    team allow write "/w" (2): write (path [/w] and sandbox [ci, ws])
    managed accept assignments: true
    team accept assignments: true
    "#);
}

#[test]
fn a_file_knows_only_what_it_declares_or_includes() {
    insta::assert_snapshot!(shown_files(
        &["a", "b"],
        &[
            ("a", "paths secrets = \"/s\" root data attribute level: int sandbox wide { }"),
            ("b", "deny read secrets, \"$data/x\" deny run * when level == 1 \
                   sandbox s extends wide { }"),
        ],
    ), @r"
    b:1:11: unknown set `secrets`
    b:1:21: unknown root `data`
    b:1:46: unknown attribute `level`
    b:1:75: unknown sandbox `wide`
    ");
}

#[test]
fn files_agree_on_what_they_share() {
    insta::assert_snapshot!(shown_files(
        &["a", "b", "c"],
        &[
            ("a", "attribute level: int root data within \"/a\" paths s = \"/a\""),
            ("b", "attribute level: string root data within \"/b\" paths s = \"/b\""),
            ("c", "include \"a\" include \"b\""),
        ],
    ), @r"
    b:1:18: the attribute `level` has two types
    b:1:30: the root `data` lies in two places
    b:1:53: the set `s` is declared twice
    ");
}

#[test]
fn tests_hold_concrete_requests() {
    insta::assert_snapshot!(model::shown(&must_load(
        r#"
root data
test "t" {
  given workspace = "/w", data = ("/a", "/b"), sandbox = "s", mode = cached, risk = 3
  allow read "/w/x" where cwd = "/w"
  deny  connect unix "/run/x"
  given workspace = "/v"
  ask   fetch "x.example" port 80 where mode = "live", groups = ("a", "b")
  deny  call "a/b" where args.n = 3, args.list = ("x")
  ask   search
}
"#
    )), @r#"
    layer managed, ask *
    test t
      allow read Some(Text("/w/x")) None [("workspace", "/w"), ("data", "/a"), ("data", "/b")] [(Builtin(Sandbox), Text("s")), (Builtin(Risk), Int(3)), (Builtin(Cwd), Text("/w"))]
      deny connect Some(Unix("/run/x")) None [("workspace", "/w"), ("data", "/a"), ("data", "/b")] [(Builtin(Sandbox), Text("s")), (Builtin(Risk), Int(3))]
      ask fetch Some(Text("x.example")) Some(80) [("data", "/a"), ("data", "/b"), ("workspace", "/v")] [(Builtin(Sandbox), Text("s")), (Builtin(Mode), Text("cached")), (Builtin(Risk), Int(3)), (Builtin(Mode), Text("live")), (Builtin(Groups), Set(["a", "b"]))]
      deny call Some(Text("a/b")) None [("data", "/a"), ("data", "/b"), ("workspace", "/v")] [(Builtin(Sandbox), Text("s")), (Builtin(Risk), Int(3)), (Argument(["n"]), Int(3)), (Argument(["list"]), Set(["x"]))]
      ask search None None [("data", "/a"), ("data", "/b"), ("workspace", "/v")] [(Builtin(Sandbox), Text("s")), (Builtin(Mode), Text("cached")), (Builtin(Risk), Int(3))]
    "#);
}

#[test]
fn limits_are_errors() {
    let marks: String = (0..65).map(|n| format!("mark \"m{n}\" read *\n")).collect();
    let roots: String = (0..17).map(|n| format!("root r{n}\n")).collect();
    let sandboxes: String = (0..257).map(|n| format!("sandbox s{n} {{ }}\n")).collect();
    let mut sets: String = "paths s0 = \"/a\"\n".to_owned();
    for n in 1..2000 {
        writeln!(sets, "paths s{n} = \"/a{n}\", s{}\ndeny read s{n}", n - 1).expect("a string");
    }
    for (text, expected) in [
        (marks, "there are more than 64 marks"),
        (roots, "there are more than 16 roots"),
        (sandboxes, "there are more than 256 sandboxes"),
        (sets, "there are more than 500000 patterns and conditions"),
    ] {
        let failure = load_text(&text).expect_err(expected);
        let messages: Vec<_> = failure.diagnostics.iter().map(|found| &found.message).collect();
        assert_eq!(messages, [expected]);
    }
    let endless = |path: &str, _: &Source| {
        Ok(Source::new(format!("{path}x"), format!("include \"{path}x\"")))
    };
    let failure = load(vec![Source::new("a", "include \"a\"")], &endless).expect_err("no end");
    assert_eq!(failure.diagnostics[0].code, "C003");
}

/// Sentences of every kind, one a line. Their order must not matter.
const SENTENCES: &str = r#"
paths secrets = "~/.ssh/**", more
paths more = "**/.env"
root data within "/srv/**"
attribute ticket: string
attribute level: one of ("low", "high")
default ask
default read allow
allow run "ls ..."
allow run "ls ..." with outside sandbox
allow run "ls ..." because "It is harmless."
id: deny read secrets, "$data/**" when level == low
mark "b" read "/b" when not marked "a"
mark "a" read "/a"
record full * when ticket is present
sandbox narrow extends wide { deny write "/x" }
sandbox wide { allow write "/x" }
when surface == ci { allow run "ls ..." }
when surface == cli { allow run "ls ..." }
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_order_of_sentences_plays_no_part(
        lines in Just(SENTENCES.trim().lines().collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let shuffled = model::shown(&must_load(&lines.join("\n")));
        prop_assert_eq!(shuffled, model::shown(&must_load(SENTENCES)));
    }

    #[test]
    fn broken_policies_are_errors_inside_their_text(
        start in 0..100_usize, length in 0..40_usize, put in "[a-z\"*{}(),=@é ]{0,6}",
    ) {
        let tour = include_str!("../../examples/policies/tour.policy");
        let text: String = tour.chars().take(start * 25).chain(put.chars())
            .chain(tour.chars().skip(start * 25 + length)).collect();
        if let Err(failure) = load_text(&text) {
            for finding in failure.diagnostics {
                let at = finding.location().expect("a place");
                prop_assert!(text.get(at.span.range()).is_some(), "{finding:?}");
            }
        }
    }
}
