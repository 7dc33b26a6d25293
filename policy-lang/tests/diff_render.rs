//! The forms of a comparison. The report is made by hand: what is tested is how it is shown.

use insta::assert_snapshot;
use policy_eval::{Action, RecordLevel, RequestBuf, Tier};
use policy_lang::check::no_includes;
use policy_lang::diagnostic::Style;
use policy_lang::diff::{
    self, Answer, Aspect, Changed, Comparison, DecidedBy, Difference, Direction, Edition, Report,
    Sentence, Side, Unproved, What,
};
use policy_lang::model::RuleOptions;
use policy_lang::span::Source;

#[path = "sarif/schema.rs"]
mod schema;

const OLD: &str = r#"policy acme.agents version "1" layer managed

hosts internal = "**.corp.acme.com"

default ask

# Network.
services:
allow  connect "git.corp.acme.com" port 443
no-private:
deny   connect @private except internal     because "Inside services are reached by name."

# Commands.
tests:
allow  run "cargo test ..."
no-force-push:
deny   run "git push {--force|-f}"          because "Rewrites shared history."
mark   "secret" read "/data/**"

# Records.
record full     run
record metadata *
"#;

const NEW: &str = r#"policy acme.agents version "2" layer managed

hosts internal = "**.acme.com"

default ask

# Network.
services:
allow  connect "*.corp.acme.com" port 443
no-private:
deny   connect @private except internal     because "Inside services are reached by name."

# Commands.
tests:
allow  run "cargo test ..."                 with outside sandbox
no-force-push:
deny   run "git push {--force|-f|--mirror}" because "Rewrites shared history."
mark   "customer" read "/data/**"

# Records.
record metadata *
"#;

fn edition(given: &[&str], text: &str) -> Edition {
    let name = given[0];
    let model = policy_lang::load(vec![Source::new(name, text)], &no_includes).unwrap();
    let given = given.iter().map(ToString::to_string).collect();
    Edition::new(given, &model)
}

fn editions() -> (Edition, Edition) {
    let mut old = edition(&["main:agents.policy"], OLD);
    old.revisions.push("main:".to_owned());
    (old, edition(&["agents.policy"], NEW))
}

/// The sentence of a text that begins with some words.
fn sentence(edition: &Edition, begins: &str) -> Sentence {
    let source = &edition.sources[0];
    let start = source.text.find(begins).unwrap();
    let line_end = |from: usize| source.text[from..].find('\n').map_or(0, |at| from + at);
    // A name has a line of its own.
    let mut end = line_end(start);
    if source.text[..end].ends_with(':') {
        end = line_end(end + 1);
    }
    let (line, column) = source.line_column(start);
    let text = &source.text[start..end];
    let name = text.split_once(":\n").map_or(text, |(name, _)| name).to_owned();
    let reason =
        text.split_once("because \"").map(|(_, reason)| reason.trim_end_matches('"').into());
    Sentence { name, file: source.name.clone(), line, column, text: text.to_owned(), reason }
}

fn answer(tier: Tier, decided_by: DecidedBy) -> Answer {
    let options = RuleOptions::default();
    Answer { tier, options, record: RecordLevel::Metadata, marks: vec![], decided_by }
}

fn changed(side: Side, sentence: Sentence) -> Changed {
    Changed { side, what: What::Rule, sentence: Some(sentence) }
}

fn witness(json: &str) -> RequestBuf {
    RequestBuf::from_json(json).unwrap()
}

fn report(old: &Edition, new: &Edition) -> Report {
    let by = |edition, begins| DecidedBy::Rule(sentence(edition, begins));
    let both = |begins| {
        vec![changed(Side::Old, sentence(old, begins)), changed(Side::New, sentence(new, begins))]
    };
    let recorded =
        |record, edition| Answer { record, ..answer(Tier::Allow, by(edition, "tests:")) };
    let marked = |mark: &str| Answer {
        marks: vec![mark.to_owned()],
        ..answer(Tier::Ask, DecidedBy::Default)
    };
    let outside =
        RuleOptions { outside_sandbox: true, timeout_ms: Some(90_000), ..RuleOptions::default() };
    Report {
        differences: vec![
            Difference {
                action: Action::Connect,
                direction: Direction::Loosened,
                aspect: Aspect::Tier,
                from: answer(Tier::Ask, DecidedBy::Default),
                to: answer(Tier::Allow, by(new, "services:")),
                changed: both("services:"),
                region: "`connect` to `*.corp.acme.com`, port 443, except `git.corp.acme.com`"
                    .into(),
                witness: witness(r#"{"action":"connect","host":"vault.corp.acme.com","port":443}"#),
                shown: "connect vault.corp.acme.com:443".into(),
            },
            Difference {
                action: Action::Connect,
                direction: Direction::Loosened,
                aspect: Aspect::Tier,
                from: answer(Tier::Deny, by(old, "no-private:")),
                to: answer(Tier::Ask, DecidedBy::Default),
                changed: vec![changed(Side::Old, sentence(old, "no-private:"))],
                region: "`connect` to `@private` except `**.corp.acme.com`".into(),
                witness: witness(r#"{"action":"connect","host":"www.acme.com","port":22}"#),
                shown: "connect www.acme.com:22".into(),
            },
            Difference {
                action: Action::Run,
                direction: Direction::Loosened,
                aspect: Aspect::Options,
                from: answer(Tier::Allow, by(old, "tests:")),
                to: Answer { options: outside, ..answer(Tier::Allow, by(new, "tests:")) },
                changed: both("tests:"),
                region: "`run` of `cargo test ...`".into(),
                witness: witness(r#"{"action":"run","argv":["cargo","test","it's"]}"#),
                shown: "run cargo test \"it's\"".into(),
            },
            Difference {
                action: Action::Run,
                direction: Direction::Loosened,
                aspect: Aspect::Record,
                from: recorded(RecordLevel::Full, old),
                to: recorded(RecordLevel::Metadata, new),
                changed: vec![changed(Side::Old, sentence(old, "record full"))],
                region: "`run` of every command".into(),
                witness: witness(r#"{"action":"run","argv":["ls"]}"#),
                shown: "run ls".into(),
            },
            Difference {
                action: Action::Run,
                direction: Direction::Tightened,
                aspect: Aspect::Tier,
                from: answer(Tier::Ask, DecidedBy::Default),
                to: answer(Tier::Deny, by(new, "no-force-push:")),
                changed: both("no-force-push:"),
                region: "`run` of `git push {--mirror}`".into(),
                witness: witness(r#"{"action":"run","argv":["git","push","--mirror"]}"#),
                shown: "run git push --mirror".into(),
            },
            Difference {
                action: Action::Read,
                direction: Direction::Changed,
                aspect: Aspect::Marks,
                from: marked("secret"),
                to: marked("customer"),
                changed: both("mark "),
                region: "`read` of `/data/**`".into(),
                witness: witness(r#"{"action":"read","path":"/data/x.csv"}"#),
                shown: "read /data/x.csv".into(),
            },
        ],
        unproved: Vec::new(),
        changed_sentences: 9,
    }
}

/// A report that somebody wrote who means harm, and that is not complete.
fn hostile() -> (Edition, Edition, Report) {
    let text = concat!(
        "allow run \"echo '</script><img src=x onerror=alert(1)>' '`@team` |' ",
        "'[a](http://evil.example)'\"\n"
    );
    let old = edition(&["it's <b>.policy", "-rf"], "default ask\n");
    let new = edition(&["$(id) \u{202e}.policy"], text);
    let rule = Sentence {
        name: text.trim().to_owned(),
        file: new.sources[0].name.clone(),
        line: 1,
        column: 1,
        text: text.trim().to_owned(),
        reason: Some("::error::%0A@everyone ``` </details> \u{1b}[31m".to_owned()),
    };
    let report = Report {
        differences: vec![Difference {
            action: Action::Run,
            direction: Direction::Loosened,
            aspect: Aspect::Tier,
            from: answer(Tier::Ask, DecidedBy::Floor),
            to: answer(Tier::Allow, DecidedBy::Rule(rule.clone())),
            changed: vec![
                Changed { side: Side::Old, what: What::Default, sentence: None },
                changed(Side::New, rule),
            ],
            region: "`run` of `</script>` `@team` <i>@team</i> | [b](http://evil.example) ` odd"
                .into(),
            witness: witness(r#"{"action":"run","argv":["\u001b[31m","'\nEND\n`id`","\u202e"]}"#),
            shown: "run \u{1b}[31m ```\n</details>".into(),
        }],
        unproved: vec![Unproved {
            action: Action::Call,
            why: "too many *patterns* of `args` <b>; raise the budget".into(),
        }],
        changed_sentences: 2,
    };
    (old, new, report)
}

/// Every form of a comparison but HTML and JSON, one behind the other.
fn forms(comparison: &Comparison<'_>) -> [(&'static str, String); 4] {
    [
        ("human", diff::human::text(comparison, Style::Plain)),
        ("markdown", diff::markdown::comment(comparison)),
        ("github", diff::github::commands(comparison)),
        ("json", serde_json::to_string_pretty(&diff::json::document(comparison)).unwrap()),
    ]
}

#[test]
fn a_careless_edit() {
    let (old, new) = editions();
    let report = report(&old, &new);
    let comparison = Comparison { old: &old, new: &new, report: &report };
    for (name, text) in forms(&comparison) {
        assert_snapshot!(format!("careless_{name}"), text);
    }
    let page = diff::html::page(&comparison);
    // For the eye.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/diff.html"), &page).unwrap();
    assert_snapshot!("careless_html", without_style(&page));
}

#[test]
fn what_a_policy_says_stays_text() {
    let (old, new, report) = hostile();
    let comparison = Comparison { old: &old, new: &new, report: &report };
    for (name, text) in forms(&comparison) {
        assert!(name == "json" || !text.contains(['\u{1b}', '\u{202e}']), "{name}: {text}");
        assert_snapshot!(format!("hostile_{name}"), text);
    }
    let page = diff::html::page(&comparison);
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    assert_snapshot!("hostile_html", without_style(&page));
}

#[test]
fn equal_policies_are_proved_equal() {
    let (old, _) = editions();
    for changed_sentences in [0, 3] {
        let report = Report { changed_sentences, ..Report::default() };
        let comparison = Comparison { old: &old, new: &old, report: &report };
        for (name, text) in &forms(&comparison)[..2] {
            assert_snapshot!(format!("equal_{changed_sentences}_{name}"), text);
        }
        assert_eq!(diff::github::commands(&comparison), "");
    }
}

#[test]
fn a_sarif_log_is_valid() {
    let (old, new) = editions();
    let (hostile_old, hostile_new, hostile) = hostile();
    let report = report(&old, &new);
    let careless = Comparison { old: &old, new: &new, report: &report };
    let hostile = Comparison { old: &hostile_old, new: &hostile_new, report: &hostile };
    for comparison in [careless, hostile] {
        let log = diff::sarif::log(&comparison);
        schema::validate(&log).unwrap_or_else(|error| panic!("{error}\n{log:#}"));
    }
    let log = diff::sarif::log(&careless);
    let results = &log["runs"][0]["results"];
    assert_snapshot!("careless_sarif", serde_json::to_string_pretty(results).unwrap());
}

/// A comment that is too long is cut behind a difference, and closed.
#[test]
fn a_long_comment_is_cut() {
    let (old, new) = editions();
    let mut report = report(&old, &new);
    report.differences = report.differences.into_iter().cycle().take(500).collect();
    for (index, difference) in report.differences.iter_mut().enumerate() {
        // Each follows from a rule of its own.
        if let Some(sentence) = &mut difference.changed[0].sentence {
            sentence.name += &format!("-{index}");
        }
    }
    let comment = diff::markdown::comment(&Comparison { old: &old, new: &new, report: &report });
    assert!(comment.len() < 65_536);
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    assert!(comment.contains("more are left out here"));
}

/// However the lines are folded, each stands in the page once.
#[test]
fn every_line_of_both_texts_is_there() {
    for changed in 0..40 {
        let lines: Vec<String> = (0..40).map(|line| format!("# {line}")).collect();
        let mut new = lines.clone();
        new[changed] = "# changed".to_owned();
        new.insert(changed * 7 % 40, "# new".to_owned());
        let (old, new) = (lines.join("\n"), new.join("\n"));
        let (old, new) = (edition(&["a.policy"], &old), edition(&["a.policy"], &new));
        let report = Report::default();
        let page = diff::html::page(&Comparison { old: &old, new: &new, report: &report });
        for (side, count) in [("old", 40), ("new", 41)] {
            for line in 1..=count {
                let anchor = format!("id=\"{side}-0-{line}\"");
                assert_eq!(page.matches(&anchor).count(), 1, "{changed}: {anchor}");
            }
        }
    }
}

/// The page without its style sheet, which changes for other reasons.
fn without_style(page: &str) -> String {
    let (before, behind) = page.split_once("<style>").unwrap();
    let (_, behind) = behind.split_once("</style>").unwrap();
    format!("{before}{behind}")
}
