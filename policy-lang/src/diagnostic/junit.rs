//! Findings and tests as JUnit XML, which build servers read.
//!
//! There is no standard; what is written here is the part that the schemas of Jenkins and of
//! Maven's Surefire have in common: every suite with its counts, every case with a name, a class
//! and a time (which nobody measures, so it is 0).

use std::fmt::Write as _;
use std::sync::Arc;

use super::place::Places;
use super::{Diagnostic, Level, escape_markup};
use crate::span::Source;

/// Cases that belong together: those of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suite {
    /// The file.
    pub name: String,
    /// What was looked at in it.
    pub cases: Vec<Case>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// What is wrong with it; none where nothing is.
    pub failure: Option<Failed>,
    /// What else is to say of it. May be empty.
    pub output: String,
}

/// What is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// A word for its kind.
    pub kind: String,
    /// One line.
    pub message: String,
    /// All of it.
    pub text: String,
}

/// Suites as one document.
///
/// Hidden characters, those that XML cannot hold among them, are spelt out.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::junit::{Case, Suite, document};
///
/// let case = Case { name: "a < b".into(), ..Case::default() };
/// let xml = document(&[Suite { name: "a.policy".into(), cases: vec![case] }]);
/// assert!(xml.contains(r#"<testcase name="a &lt; b" classname="a.policy" time="0"/>"#));
/// ```
pub fn document(suites: &[Suite]) -> String {
    let failures = |suite: &Suite| suite.cases.iter().filter(|case| case.failure.is_some()).count();
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failed: usize = suites.iter().map(failures).sum();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    out += &format!(
        "<testsuites name=\"policy\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" time=\"0\">\n"
    );
    for suite in suites {
        out += &format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"0\">\n",
            escape_markup(&suite.name),
            suite.cases.len(),
            failures(suite)
        );
        for case in &suite.cases {
            write_case(&mut out, suite, case);
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn write_case(out: &mut String, suite: &Suite, case: &Case) {
    let (name, class) = (escape_markup(&case.name), escape_markup(&suite.name));
    // Writing to a string cannot fail.
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\" time=\"0\"");
    if case.failure.is_none() && case.output.is_empty() {
        *out += "/>\n";
        return;
    }
    *out += ">\n";
    if let Some(Failed { kind, message, text }) = &case.failure {
        let (kind, message) = (escape_markup(kind), escape_markup(message));
        let _ = writeln!(
            out,
            "      <failure type=\"{kind}\" message=\"{message}\">{}</failure>",
            escaped_lines(text)
        );
    }
    if !case.output.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", escaped_lines(&case.output));
    }
    *out += "    </testcase>\n";
}

/// Findings as suites, one for each source. A finding below `fails` is told and does not fail. A
/// source without findings has one case, which passes.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::{Level, junit};
/// use policy_lang::span::{Source, SourceId};
///
/// let source = Source::new("a.policy", "alow run \"ls\"\n");
/// let (_, errors) = policy_lang::syntax::parse(&source, SourceId(0));
/// let suites = junit::findings(&errors, &[source], Level::Error);
/// assert_eq!(suites[0].cases[0].name, "P005 at 1:1: unknown word `alow`");
/// ```
pub fn findings(diagnostics: &[Diagnostic], sources: &[Arc<Source>], fails: Level) -> Vec<Suite> {
    let places = Places::new(sources);
    let mut suites: Vec<Suite> = sources
        .iter()
        .map(|source| Suite { name: source.name.clone(), cases: Vec::new() })
        .collect();
    let mut placeless = Vec::new();
    for found in diagnostics {
        let source = found.location().map(|at| at.source.0 as usize);
        let case = case(found, &places, fails);
        match source.and_then(|index| suites.get_mut(index)) {
            Some(suite) => suite.cases.push(case),
            None => placeless.push(case),
        }
    }
    for suite in suites.iter_mut().filter(|suite| suite.cases.is_empty()) {
        suite.cases.push(Case { name: "no findings".to_owned(), ..Case::default() });
    }
    if !placeless.is_empty() {
        suites.push(Suite { name: "policy".to_owned(), cases: placeless });
    }
    suites
}

fn case(found: &Diagnostic, places: &Places<'_>, fails: Level) -> Case {
    let Diagnostic { code, message, level, .. } = found;
    let place = found.location().and_then(|at| places.region(at));
    let at = place.map(|place| format!(" at {}:{}", place.start.0, place.start.1));
    let name = format!("{code}{}: {message}", at.unwrap_or_default());
    let text = super::text::render_at(found, places, super::Style::Plain);
    if *level < fails {
        return Case { name, failure: None, output: text };
    }
    let failure = Failed { kind: level.name().to_owned(), message: message.clone(), text };
    Case { name, failure: Some(failure), output: String::new() }
}

/// Text between marks, line by line.
fn escaped_lines(text: &str) -> String {
    text.lines().map(escape_markup).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{Location, SourceId, Span};

    #[test]
    fn a_suite_a_file_and_a_case_a_finding() {
        let sources = [
            Source::new("a<b>.policy", "allow run \"a & b\"\n"),
            Source::new("clean.policy", "default ask\n"),
        ];
        let at = Location { source: SourceId(0), span: Span::new(6, 9) };
        let nowhere = Location { source: SourceId(7), span: Span::new(0, 0) };
        let found = [
            Diagnostic::error("C001", at, "not \"so\" \u{0}\u{1b}\u{FFFE}"),
            Diagnostic::warning("PL004", at, "perhaps <![CDATA[ ]]>"),
            Diagnostic::error("C099", nowhere, "too large"),
        ];
        insta::assert_snapshot!(document(&findings(&found, &sources, Level::Error)), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="policy" tests="4" failures="2" errors="0" time="0">
          <testsuite name="a&lt;b&gt;.policy" tests="2" failures="1" errors="0" skipped="0" time="0">
            <testcase name="C001 at 1:7: not &quot;so&quot; \u{0}\u{1b}\u{fffe}" classname="a&lt;b&gt;.policy" time="0">
              <failure type="error" message="not &quot;so&quot; \u{0}\u{1b}\u{fffe}">error[C001]: not &quot;so&quot; \u{0}\u{1b}\u{fffe}
         --&gt; a&lt;b&gt;.policy:1:7
          |
        1 | allow run &quot;a &amp; b&quot;
          |       ^^^</failure>
            </testcase>
            <testcase name="PL004 at 1:7: perhaps &lt;![CDATA[ ]]&gt;" classname="a&lt;b&gt;.policy" time="0">
              <system-out>warning[PL004]: perhaps &lt;![CDATA[ ]]&gt;
         --&gt; a&lt;b&gt;.policy:1:7
          |
        1 | allow run &quot;a &amp; b&quot;
          |       ^^^</system-out>
            </testcase>
          </testsuite>
          <testsuite name="clean.policy" tests="1" failures="0" errors="0" skipped="0" time="0">
            <testcase name="no findings" classname="clean.policy" time="0"/>
          </testsuite>
          <testsuite name="policy" tests="1" failures="1" errors="0" skipped="0" time="0">
            <testcase name="C099: too large" classname="policy" time="0">
              <failure type="error" message="too large">error[C099]: too large</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
