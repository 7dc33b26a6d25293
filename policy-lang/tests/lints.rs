//! What the pages of lints say is true: each reports what it calls reported, and no more.
//!
//! A page's policies stand in the canonical layout. A comment `# L030` at the end of a line says that
//! the lint reports that line; two codes, that it does so twice. The comments are taken away before
//! the lint looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy_lang::check::no_includes;
use policy_lang::diagnostic::{Diagnostic, Level};
use policy_lang::format::format;
use policy_lang::lint::{LINTS, Lint, fix, lint};
use policy_lang::load;
use policy_lang::model::Model;
use policy_lang::span::Source;

/// Includes give a library of no names: pages show how files name one another.
fn check(text: &str) -> Model {
    let library = |path: &str, _: &Source| Ok(Source::new(path, ""));
    let loaded = load(vec![Source::new("page.policy", text)], &library);
    loaded.unwrap_or_else(|failure| panic!("{failure}\n{text}"))
}

/// The findings of one lint.
fn findings(model: &Model, code: &str) -> Vec<Diagnostic> {
    lint(model).into_iter().filter(|finding| finding.code == code).collect()
}

fn line(model: &Model, finding: &Diagnostic) -> u32 {
    let at = finding.location().expect("a finding has a place");
    model.source(at.source).line_column(at.span.start as usize).0
}

/// A page, read.
struct Page<'p> {
    reported: Vec<&'p str>,
    fixed: Vec<&'p str>,
    silent: Vec<&'p str>,
}

fn page_of(lint: &'static Lint) -> Page<'static> {
    let text = lint.code.explanation;
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for section in text.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').expect("a section has a title");
        let blocks = body.split("```policy\n").skip(1);
        let blocks = blocks.map(|block| block.split("```").next().unwrap_or(""));
        sections.insert(title, blocks.collect());
    }
    let mut take = |title| sections.remove(title).unwrap_or_default();
    let page =
        Page { reported: take("Reported"), fixed: take("Fixed"), silent: take("Not reported") };
    assert!(sections.is_empty(), "{}: unknown sections {:?}", lint.name, sections.keys());
    page
}

/// A policy without its marks, and the lines that they are on.
fn without_marks(block: &str, lint: &Lint) -> (String, Vec<u32>) {
    let (mut text, mut marked) = (String::new(), Vec::new());
    for (index, line) in block.lines().enumerate() {
        let mut line = line;
        while let Some((before, code)) = line.rsplit_once(' ')
            && code
                .strip_prefix('L')
                .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            && (before.ends_with('#') || before.trim_end().ends_with(lint.code.code))
        {
            assert_eq!(code, lint.code.code, "{line}");
            marked.push(index as u32 + 1);
            line = before.strip_suffix('#').map_or(before, str::trim_end);
        }
        text += line;
        text.push('\n');
    }
    (text, marked)
}

#[test]
fn a_page_begins_with_what_the_lint_is() {
    for lint in LINTS {
        let has_fix = !page_of(lint).fixed.is_empty();
        let beginning = format!(
            "# {}: {}\n\nName `{}`, level {}{}.\n\n",
            lint.code.code,
            lint.code.title,
            lint.name,
            lint.level.name(),
            if has_fix { ", with a fix" } else { "" },
        );
        assert!(lint.code.explanation.starts_with(&beginning), "{}: {beginning}", lint.name);
        assert!(lint.level < Level::Error, "{}: an error is no lint", lint.name);
    }
}

#[test]
fn what_a_page_shows_stands_in_the_canonical_layout() {
    for lint in LINTS {
        let page = page_of(lint);
        for block in page.reported.iter().chain(&page.fixed).chain(&page.silent) {
            let layout = format(&Source::new("page.policy", *block));
            assert_eq!(layout.expect("it is a policy"), **block, "{}", lint.name);
        }
    }
}

#[test]
fn a_page_reports_what_it_calls_reported() {
    for lint in LINTS {
        let page = page_of(lint);
        assert!(!page.reported.is_empty(), "{} shows what it reports", lint.name);
        for block in page.reported {
            let (text, marked) = without_marks(block, lint);
            assert!(!marked.is_empty(), "{}: a line is marked", lint.name);
            let model = check(&text);
            let found: Vec<u32> =
                findings(&model, lint.code.code).iter().map(|found| line(&model, found)).collect();
            assert_eq!(found, marked, "{}\n{text}", lint.name);
        }
    }
}

#[test]
fn a_page_is_silent_on_what_it_calls_silent() {
    for lint in LINTS {
        let page = page_of(lint);
        assert!(!page.silent.is_empty(), "{} shows what it does not report", lint.name);
        for block in page.silent {
            let found = findings(&check(block), lint.code.code);
            assert!(found.is_empty(), "{}: {found:#?}\n{block}", lint.name);
        }
    }
}

/// Mends until nothing more can be, as the command line does.
fn mended(text: &str, code: &str) -> String {
    let mut source = Source::new("page.policy", text);
    for _ in 0..10 {
        let model = check(&source.text);
        let fixed = fix(&findings(&model, code), &model.sources, model.given);
        if fixed.mended.is_empty() {
            break;
        }
        source = Arc::clone(&fixed.sources[0]);
    }
    source.text.clone()
}

#[test]
fn a_fix_does_what_its_page_says() {
    for lint in LINTS {
        let page = page_of(lint);
        let (text, _) = without_marks(page.reported[0], lint);
        let laid_out = format(&Source::new("page.policy", &text)).expect("it is a policy");
        let mended = mended(&laid_out, lint.code.code);
        match page.fixed[..] {
            [] => assert_eq!(mended, laid_out, "{} has a fix that its page lacks", lint.name),
            [fixed] => {
                assert_eq!(mended, fixed, "{}", lint.name);
            }
            _ => panic!("{}: one block is the first one mended", lint.name),
        }
    }
}

/// How every finding of the pages reads.
#[test]
fn findings_read_well() {
    let mut out = String::new();
    for lint in LINTS {
        for block in page_of(lint).reported {
            let model = check(&without_marks(block, lint).0);
            for finding in findings(&model, lint.code.code) {
                out += &policy_lang::diagnostic::render(
                    &finding,
                    &model.sources,
                    policy_lang::diagnostic::Style::Plain,
                );
                out += "\n";
            }
        }
    }
    insta::assert_snapshot!("findings", out);
}

/// Where the proofs cost too much, that is a finding: silence would read as a proof.
#[test]
fn what_was_not_looked_at_is_said_once() {
    let model = check(
        r#"
default ask
r0: ask read "**/delta*/**/*alpha*/**/gamma?*", "**/eps*/**/*delta*/**/delta?*", "**/gamma*/**/*delta*/**/gamma?*" because "x"
r1: deny read "**/eps*/**/*beta*/**/gamma?*", "**/beta*/**/*alpha*/**/eps?*", "**/gamma*/**/*eps*/**/zeta?*" because "x"
all: allow read "**/eps*/**/*beta*/**/gamma?*", "**/alpha*/**/*zeta*/**/alpha?*", "**/zeta*/**/*gamma*/**/delta?*", "**/eps*/**/*alpha*/**/gamma?*", "**/delta*/**/*gamma*/**/eps?*", "**/zeta*/**/*beta*/**/eps?*"
"#,
    );
    let found = findings(&model, "V003");
    let messages: Vec<&str> = found.iter().map(|one| &*one.message).collect();
    assert_eq!(messages, ["not looked at in full: 2 rules"]);
    assert!(findings(&check("allow run \"ls\"\n"), "V003").is_empty());
}

#[test]
fn an_allowance_is_for_what_it_stands_at() {
    let reason = "because we looked";
    let cases = [
        // (policy, lines that are still reported)
        (format!("# lint: allow any-program {reason}\nallow run *\nallow run *\n"), vec![3]),
        (format!("# lint: allow L050 {reason}\n\nallow run *\nallow run *\n"), vec![]),
        (format!("# lint: allow l050 {reason}\npolicy a\nallow run *\n"), vec![]),
        (format!("allow run *  # lint: allow any-program {reason}\nallow run *\n"), vec![2]),
        (format!("allow run *\n# lint: allow any-program {reason}\n\nallow run *\n"), vec![1]),
        (
            format!("allow run\n  *,  # lint: allow any-program {reason}\n  \"ls\"\nallow run *\n"),
            vec![4],
        ),
        (
            format!(
                "# lint: allow any-program {reason}\nwhen branch == \"x\" {{\n  allow run *\n}}\nallow run *\n"
            ),
            vec![5],
        ),
        (
            format!(
                "when branch == \"x\" {{  # lint: allow any-program {reason}\n  allow run *\n}}\n"
            ),
            vec![2],
        ),
        (
            format!(
                "when branch == \"x\" {{\n  allow run \"ls\"\n  # lint: allow any-program {reason}\n}}\nallow run *\n"
            ),
            vec![5],
        ),
        (format!("# lint: allow broad-write, any-program {reason}\nallow run *\n"), vec![]),
        ("# lint: allow any-program\nallow run *\n".to_owned(), vec![]),
        ("# lint allow any-program because\nallow run *\n".to_owned(), vec![2]),
    ];
    for (text, expected) in cases {
        let model = check(&text);
        let found: Vec<u32> =
            findings(&model, "L050").iter().map(|found| line(&model, found)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn an_allowance_takes_no_error_away() {
    let text = "# lint: allow P005 because I say so\nallow run \"ls\"\n";
    let found = lint(&check(text));
    assert!(found.iter().any(|found| found.code == "L098"), "{found:#?}");
}

/// A file that is included serves others too: what it allows may be theirs.
#[test]
fn names_and_allowances_of_included_files_may_be_for_others() {
    let library = "paths a = \"/a\"\nattribute ticket: string\n# lint: allow L050 because x\npaths b = \"/b\"\n";
    let resolve = |path: &str, _: &Source| Ok(Source::new(path, library));
    let main = Source::new("main.policy", "include \"names.policy\"\nallow read a\n");
    let model = load(vec![main], &resolve).unwrap();
    assert_eq!(lint(&model), []);
}

#[test]
fn fixes_that_touch_one_another_wait_for_the_next_round() {
    let text = "deny read \"/a/**\", \"/a/b\", \"/a/c\", \"/a/b\" because \"x\"\n";
    assert_eq!(mended(text, "L036"), "deny read \"/a/**\" because \"x\"\n");
}

/// Edits keep what the author wrote where the text was not laid out before.
#[test]
fn a_text_that_was_not_laid_out_is_changed_where_it_is_mended_only() {
    let text = "deny   read \"/a/**\",   \"/a/b\"   because \"x\"\n";
    assert_eq!(mended(text, "L036"), "deny   read \"/a/**\"   because \"x\"\n");
}

/// A character that nobody sees is an error, and one that can be mended.
#[test]
fn hidden_characters_are_written_by_their_numbers_or_go() {
    let cases = [
        ("deny read \"/a\u{200b}b\"\n", "deny read \"/a\\u{200b}b\"\n"),
        ("allow run \"ls\"  # fine\u{202e}\n", "allow run \"ls\"  # fine\n"),
        ("allow\u{200b} run \"ls\"\n", "allow run \"ls\"\n"),
        ("allow run r\"ls\u{200b}\"\n", "allow run r\"ls\u{200b}\"\n"),
    ];
    for (text, expected) in cases {
        let source = Source::new("a.policy", text);
        let failure = load(vec![source], &no_includes).unwrap_err();
        let fixed = fix(&failure.diagnostics, &failure.sources, 1);
        assert_eq!(fixed.sources[0].text, expected);
    }
}

/// `docs/lints.md` has a table of all lints. With `UPDATE_DOCS` it is written.
#[test]
fn the_documentation_has_all_lints() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lints.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let (start, end) = ("--test lints -->\n", "<!-- /table -->");
    let (before, rest) = page.split_once(start).expect("the table begins");
    let (_, behind) = rest.split_once(end).expect("the table ends");
    let mut table =
        String::from("\n| code | name | level | what it reports | fix |\n|---|---|---|---|---|\n");
    for lint in LINTS {
        let file = lint.name.replace('-', "_");
        let fix = if page_of(lint).fixed.is_empty() { "" } else { "yes" };
        table += &format!(
            "| {} | [{}](../policy-lang/src/lint/rules/{file}.md) | {} | {} | {fix} |\n",
            lint.code.code,
            lint.name,
            lint.level.name(),
            lint.code.title,
        );
    }
    let written = format!("{before}{start}{table}\n{end}{behind}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &written).expect("the page can be written");
    }
    assert!(page == written, "docs/lints.md is not up to date: run with UPDATE_DOCS=1");
    for name in behind.split('`') {
        let is_name =
            name.contains('-') && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(
            !is_name || name.starts_with('-') || Lint::named(name).is_some(),
            "no lint is called {name}"
        );
    }
}

/// Pieces of pages put together by chance: no policy makes a lint panic, and what is mended is valid.
#[test]
fn any_policy_can_be_looked_at_and_mended() {
    let blocks: Vec<&str> = LINTS
        .iter()
        .flat_map(|lint| page_of(lint).reported.into_iter().chain(page_of(lint).silent))
        .collect();
    let mut dice = policy_generate::Dice::new(7);
    let (mut looked, mut mended) = (0, 0);
    for _ in 0..4000 {
        let mut text = String::new();
        for _ in 0..3 {
            let lines: Vec<&str> = dice.pick(&blocks).lines().collect();
            let from = dice.below(lines.len());
            text += &lines[from..].join("\n");
            text.push('\n');
        }
        // A character more, less or twice.
        for _ in 0..dice.below(3) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[dice.below(places.len())];
            match dice.below(3) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, text[at..].chars().next().unwrap_or(' ')),
                _ => text.insert_str(at, dice.pick(&["*", "...", "é", "\"", ",", "|", "#", " "])),
            }
        }
        let Ok(model) = load(vec![Source::new("a.policy", &*text)], &no_includes) else { continue };
        looked += 1;
        let findings = lint(&model);
        let fixed = fix(&findings, &model.sources, 1);
        mended += fixed.mended.len();
        if let Err(failure) = load(fixed.sources, &no_includes) {
            panic!("{failure}\n{text}");
        }
        let rendered = policy_lang::diagnostic::render_all(
            &findings,
            &model.sources,
            policy_lang::diagnostic::Style::Plain,
        );
        assert_eq!(rendered.is_empty(), findings.is_empty());
    }
    assert!(looked > 500 && mended > 100, "{looked} looked at, {mended} mended");
}
