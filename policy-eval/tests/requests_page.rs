//! The page on requests (`docs/requests.md`) says what is so: its examples are run, its limits and
//! floors compared.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use policy_eval::json::{Json, MAX_JSON_DEPTH};
use policy_eval::{
    Command, Floor, Judged, MAX_LINE_BYTES, Object, Part, PathValue, RequestBuf, canon, describe,
};

const WORKSPACE: &str = "/home/dev/app";

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/requests.md");
    fs::read_to_string(path).expect("the page is there")
}

/// A row of a table whose last two columns are an example and its parts.
struct Row {
    line: usize,
    example: Vec<String>,
    judged: Vec<String>,
}

fn rows(page: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut is_example = false;
    for (index, line) in page.lines().enumerate() {
        // A `|` inside a cell is written `\|`.
        let line = line.replace("\\|", "\u{1}");
        if !line.starts_with('|') {
            is_example = false;
            continue;
        }
        is_example |= line.ends_with("| example | judged as |");
        let cells: Vec<&str> = line.split('|').collect();
        let [.., example, judged, ""] = cells.as_slice() else { continue };
        if is_example && example.contains('`') {
            let (example, judged) = (spans(example), spans(judged));
            rows.push(Row { line: index + 1, example, judged });
        }
    }
    rows
}

/// The texts between backquotes. `⏎` stands for a newline.
fn spans(cell: &str) -> Vec<String> {
    let texts = cell.split('`').skip(1).step_by(2);
    texts.map(|text| text.replace('\u{1}', "|").replace('⏎', "\n")).collect()
}

/// The request of an example: a shell line, a path, a URL or JSON, and JSON of what else was sent.
fn request(example: &[String]) -> RequestBuf {
    let mut members: Vec<(Box<str>, Json)> = Vec::new();
    for text in example {
        let is_json = text.starts_with("{\"");
        match Json::parse(text) {
            Ok(Json::Object(sent)) if is_json => members.extend(sent),
            _ => members.extend(of_text(text)),
        }
    }
    let has = |members: &[(Box<str>, Json)], name: &str| members.iter().any(|(n, _)| &**n == name);
    let string = |text: &str| Json::String(text.into());
    if !has(&members, "action") {
        let action = match () {
            () if has(&members, "path") => "read",
            () if has(&members, "url") => "connect",
            () => "run",
        };
        members.push(("action".into(), string(action)));
    }
    if !has(&members, "roots") {
        let roots = [("workspace", WORKSPACE), ("home", "/home/dev")];
        let roots = roots.map(|(name, path)| (name.into(), string(path)));
        members.push(("roots".into(), Json::Object(roots.into())));
    }
    let json = Json::Object(members).canonical();
    RequestBuf::from_json(&json).unwrap_or_else(|error| panic!("{json}: {error:?}"))
}

fn of_text(text: &str) -> Vec<(Box<str>, Json)> {
    let field = if text.contains("://") {
        "url"
    } else if text.contains([' ', ';', '$', '=', '#']) && !text.starts_with("$HOME/") {
        "shell"
    } else {
        "path"
    };
    vec![(field.into(), Json::String(text.into()))]
}

/// A part as the page writes it: `run ls (or env ls) (in /etc) [syntax]`.
fn written(judged: &Judged<'_>) -> String {
    let part = judged.part;
    let mut text = describe(part);
    if let Object::Command(command) = part.object {
        for index in 1..command.forms.len() {
            let forms = &command.forms[index..=index];
            let other = Part { object: Object::Command(Command { forms, ..command }), ..*part };
            let other = describe(&other);
            let is_certain = forms.iter().all(|form| form.certain);
            let how = if is_certain { "also" } else { "or" };
            let _ = write!(text, " ({how} {})", other.trim_start_matches("run "));
        }
        match command.cwd {
            PathValue::Known(WORKSPACE) => {}
            PathValue::Known(path) => text.push_str(&format!(" (in {path})")),
            PathValue::Unsent => text.push_str(" (in a folder not sent)"),
            PathValue::AtRunTime => text.push_str(" (in a folder known at run time)"),
        }
    }
    if part.alternative {
        text.push_str(" (one of several)");
    }
    if !part.floors.is_empty() {
        let names: Vec<&str> = part.floors.iter().map(Floor::name).collect();
        let _ = write!(text, " [{}]", names.join(" "));
    }
    text
}

#[test]
fn every_example_is_judged_as_the_page_says() {
    let rows = rows(&page());
    assert!(60 < rows.len(), "the tables are found");
    let mut wrong = String::new();
    for row in &rows {
        let mut judged = Vec::new();
        request(&row.example).with_request(|request| {
            canon::parts(request, &mut |part| judged.push(written(part)));
        });
        if judged != row.judged {
            let _ = writeln!(wrong, "{}: `{}`", row.line, judged.join("`, `"));
        }
    }
    assert!(wrong.is_empty(), "docs/requests.md, line and what is judged:\n{wrong}");
}

#[test]
fn the_limits_are_those_of_the_code() {
    let page = page();
    for (what, limit) in [
        ("texts of a request together", canon::MAX_REQUEST_BYTES),
        ("a line of JSON", MAX_LINE_BYTES),
        ("depth of JSON", MAX_JSON_DEPTH),
        ("nesting of shell text", canon::MAX_SHELL_DEPTH as usize),
        ("links for one path", canon::MAX_LINKS),
    ] {
        let beginning = format!("| {what} | {limit} ");
        assert!(page.lines().any(|line| line.starts_with(&beginning)), "{beginning}");
    }
}

#[test]
fn every_floor_stands_in_the_table() {
    let page = page();
    for floor in Floor::ALL {
        let lifts = if floor.can_be_lifted() { "yes" } else { "no" };
        let beginning = format!("| `{}` |", floor.name());
        let row = page.lines().find(|line| line.starts_with(&beginning));
        assert!(row.is_some_and(|row| row.ends_with(&format!("| {lifts} |"))), "{beginning}");
    }
}
