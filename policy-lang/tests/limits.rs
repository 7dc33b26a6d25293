//! Every limit below it, at it and above it, and the page that lists them.

use std::sync::Arc;

use policy_eval::{Request, RequestBuf, Tier};
use policy_lang::limits::{LIMITS, Limit, Past, table};
use policy_lang::span::Source;
use policy_lang::{Failure, compile};

#[test]
fn the_page_has_the_list() {
    let page = include_str!("../../docs/limits.md");
    assert!(page.contains(&table()), "docs/limits.md has another list than this:\n{}", table());
}

/// What has as much of something as it is told.
enum Case {
    /// A policy.
    Policy(fn(usize) -> String),
    /// A policy that is checked and not compiled: the automaton of so much may be too large.
    Checked(fn(usize) -> String),
    /// A policy that takes minutes without optimisation.
    LargePolicy(fn(usize) -> String),
    /// A request as JSON, whose decision under `default allow` is looked at.
    Request(fn(usize) -> String),
    /// A policy of so many files.
    Files,
    /// Where no text has exactly so much of it, the test is named.
    Elsewhere,
}

/// By the beginning of what is limited.
const CASES: &[(&str, Case)] = &[
    ("bytes of one policy file", Case::Policy(|n| format!("deny run{}", " ".repeat(n - 8)))),
    (
        "nesting of blocks",
        Case::Policy(|n| format!("deny run when {}interactive{}", "(".repeat(n), ")".repeat(n))),
    ),
    ("files of one policy", Case::Files),
    ("rules of one policy", Case::LargePolicy(|n| "deny run\n".repeat(n))),
    (
        "patterns of one policy",
        Case::LargePolicy(|n| {
            // One set of a thousand, used as often as it takes, and single ones.
            let set: Vec<_> = (0..1000).map(|i| format!("\"/a/{i}\"")).collect();
            // What is counted is the use, with one for the set's name, not what is declared.
            let (uses, more) = (n / 1001, n % 1001);
            let mut text = format!("paths s = {}\n", set.join(", "));
            (0..uses).for_each(|_| text.push_str("deny read s\n"));
            (0..more).for_each(|i| text.push_str(&format!("deny read \"/b/{i}\"\n")));
            text
        }),
    ),
    ("sandboxes", Case::Policy(|n| (0..n).map(|i| format!("sandbox s{i} {{ }}\n")).collect())),
    ("roots", Case::Policy(|n| (3..n).map(|i| format!("root r{i}\n")).collect())),
    ("marks", Case::Policy(|n| (0..n).map(|i| format!("mark \"m{i}\" read\n")).collect())),
    ("bytes of one pattern", Case::Policy(|n| format!("deny read \"/{}\"", "a".repeat(n - 1)))),
    ("steps", Case::Policy(|n| format!("deny read \"{}\"", "/a".repeat(n)))),
    ("`**` or `...`", Case::Policy(|n| format!("deny read \"{}\"", "/**/a".repeat(n)))),
    (
        "alternatives",
        Case::Policy(|n| {
            let all: Vec<_> = (0..n).map(|i| format!("{i}")).collect();
            format!("deny read \"/{{{}}}\"", all.join(","))
        }),
    ),
    (
        "nesting of `(…)`",
        Case::Policy(|n| format!("deny run \"a {}b{}\"", "(".repeat(n), ")".repeat(n))),
    ),
    (
        "size of one regex",
        Case::Checked(|n| {
            let (hundreds, rest) = (n / 100, n % 100);
            let rest = if rest == 0 { String::new() } else { format!("b{{{rest}}}") };
            format!("deny run \"a <(a{{100}}){{{hundreds}}}{rest}>\"")
        }),
    ),
    // `the_automata_of_a_policy_are_bounded`.
    ("bytes of the automata", Case::Elsewhere),
    (
        "bytes of one request",
        Case::Request(|n| {
            let head = r#"{"action": "read", "path": "/a", "context": {"user": ""#;
            format!("{head}{}\"}}}}", "a".repeat(n - head.len() - 3))
        }),
    ),
    (
        "nesting of one request",
        Case::Request(|n| {
            // The request and its arguments are two levels.
            let (open, close) = ("[".repeat(n - 2), "]".repeat(n - 2));
            format!(
                r#"{{"action": "call", "server": "s", "tool": "t", "args": {{"a": {open}{close}}}}}"#
            )
        }),
    ),
    (
        "bytes of what one request is about",
        Case::Request(|n| format!(r#"{{"action": "read", "path": "/{}"}}"#, "a".repeat(n - 1))),
    ),
    (
        "nesting of substitutions",
        Case::Request(|n| {
            // The line itself is the first level.
            let line = format!("{}true{}", "$(".repeat(n - 1), ")".repeat(n - 1));
            format!(r#"{{"action": "run", "shell": "echo {line}"}}"#)
        }),
    ),
    (
        "symbolic links",
        Case::Request(|n| {
            let links: Vec<_> = (0..n).map(|i| format!(r#""/l{i}": "/l{}""#, i + 1)).collect();
            format!(r#"{{"action": "read", "path": "/l0", "symlinks": {{{}}}}}"#, links.join(", "))
        }),
    ),
];

fn case(limit: &Limit) -> &'static Case {
    let found = CASES.iter().find(|(what, _)| limit.what.starts_with(what));
    &found.unwrap_or_else(|| panic!("`{}` has no test", limit.what)).1
}

fn compiled(text: String) -> Result<(), Failure> {
    compile(vec![Source::new("a.policy", text)], &policy_lang::check::no_includes).map(drop)
}

/// A policy of so many files, each of which includes the next.
fn files(many: usize) -> Result<(), Failure> {
    let include = |number: usize| match number + 1 < many {
        true => format!("include rules \"{}\"", number + 1),
        false => "deny run".to_owned(),
    };
    let resolve = |path: &str, _: &Source| -> Result<Arc<Source>, String> {
        let number: usize = path.parse().map_err(|_| "no such file".to_owned())?;
        Ok(Source::new(path, include(number)))
    };
    compile(vec![Source::new("0", include(0))], &resolve).map(drop)
}

#[test]
fn each_limit_below_at_and_above() {
    for limit in LIMITS {
        let most = limit.most;
        for (amount, is_past) in [(most - 1, false), (most, false), (most + 1, true)] {
            let outcome = match case(limit) {
                Case::Elsewhere => continue,
                Case::LargePolicy(_) if cfg!(debug_assertions) => continue,
                Case::Policy(text) | Case::LargePolicy(text) => compiled(text(amount)),
                Case::Checked(text) => {
                    let source = Source::new("a.policy", text(amount));
                    policy_lang::load(vec![source], &policy_lang::check::no_includes).map(drop)
                }
                Case::Files => files(amount),
                Case::Request(json) => {
                    check_request(limit, &json(amount), is_past);
                    continue;
                }
            };
            let Past::Invalid(message) = limit.past else { panic!("{}", limit.what) };
            match outcome {
                Ok(()) => assert!(!is_past, "{}: {amount} pass", limit.what),
                Err(failure) => {
                    assert!(is_past, "{}: {amount} do not pass: {failure}", limit.what);
                    let told = failure.to_string();
                    assert!(told.contains(message), "{}: {told}", limit.what);
                }
            }
        }
    }
}

fn check_request(limit: &Limit, json: &str, is_past: bool) {
    let policy =
        compile(vec![Source::new("a.policy", "default allow")], &policy_lang::check::no_includes)
            .unwrap_or_else(|failure| panic!("{failure}"));
    let what = limit.what;
    match (RequestBuf::from_json(json), limit.past) {
        (Err(error), Past::NoRequest(message)) => {
            assert!(is_past && error.to_string().contains(message), "{what}: {error}");
        }
        (Ok(request), Past::AtLeastAsk(floor)) => request.with_request(|request| {
            let decision = policy.decide(request);
            let floors: Vec<_> = decision.floors.iter().map(|floor| floor.name()).collect();
            assert_eq!(floors.contains(&floor), is_past, "{what}: {floors:?}");
            assert!(!is_past || decision.tier == Tier::Ask, "{what}");
        }),
        (Ok(_), Past::NoRequest(_)) => assert!(!is_past, "{what}: it is a request"),
        (outcome, _) => panic!("{what}: {outcome:?}"),
    }
}

/// Rules that share no automaton, each of which says something of every name in all of them.
fn scattered(rules: usize) -> String {
    (0..rules).map(|n| format!("deny write \"**/p{n}/**\"\n")).collect()
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimisation")]
fn the_automata_of_a_policy_are_bounded() {
    assert!(compiled(scattered(2_000)).is_ok());
    let failure = compiled(scattered(40_000)).unwrap_err().to_string();
    assert!(failure.contains("automata of more than 128 MiB"), "{failure}");
}

/// Words that stand for one another need no states of their own.
#[test]
fn a_command_may_have_as_many_words_for_one_as_it_may_have_steps() {
    let words: Vec<_> = (0..253).map(|n| format!("w{n}")).collect();
    let text = format!("deny run \"a ({}) b ...\"", words.join("|"));
    let policy = compile(vec![Source::new("a.policy", text)], &policy_lang::check::no_includes)
        .unwrap_or_else(|failure| panic!("{failure}"));
    for (words, tier) in [
        (&["a", "w0", "b"][..], Tier::Deny),
        (&["a", "w252", "b", "c"], Tier::Deny),
        (&["a", "w253", "b"], Tier::Ask),
        (&["a", "b"], Tier::Ask),
    ] {
        assert_eq!(policy.decide(&Request::argv(words)).tier, tier, "{words:?}");
    }
}

/// A request deeper than the limit is none for the types either: it is judged and asked.
#[test]
fn deep_arguments_of_an_embedder_are_asked() {
    let args = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let text = "default allow";
    let policy = compile(vec![Source::new("a.policy", text)], &policy_lang::check::no_includes)
        .unwrap_or_else(|failure| panic!("{failure}"));
    let request = Request { args_json: Some(&args), ..Request::call("s", "t") };
    assert_eq!(policy.decide(&request).tier, Tier::Ask);
}
