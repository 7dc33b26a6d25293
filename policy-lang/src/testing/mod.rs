//! Running the tests that stand in a policy.
//!
//! A test is run as a runtime would do it: each line becomes a request, and the *compiled* policy
//! decides it. So a test that passes says something of what will be in force.
//!
//! ```text
//!   allow write "/w/x" where branch = "main"
//!     │      └ Fields::object   └ Fields::set
//!     └ expected tier ── compared ── Policy::explain(request)
//! ```
//!
//! How far the tests reach is in [`Report::reached`] for rules and in [`Report::clauses`] for what
//! takes something away from them.

mod coverage;

pub use coverage::ClauseCoverage;

use std::collections::BTreeSet;

use policy_eval::json::Json;
use policy_eval::{Attr, Explanation, FieldError, Fields, Policy, RequestBuf, Tier};

use crate::check::FOLLOWS;
use crate::model::{AttrRef, Model, Test, TestCase, TestObject, TestValue};
use crate::span::Location;

/// What came of all tests of a policy.
#[derive(Clone, Debug)]
pub struct Report<'p> {
    /// The tests, in the order of the model.
    pub tests: Vec<TestRun<'p>>,
    /// For each rule of the model whether some test reached it: it matched a tested request, for
    /// certain or possibly.
    pub reached: Vec<bool>,
    /// Every `except`, `when` and `unless` of the rules, in the order of places, and which of its
    /// sides some test reached.
    pub clauses: Vec<ClauseCoverage>,
}

/// One test.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct TestRun<'p> {
    pub name: String,
    pub at: Location,
    pub cases: Vec<CaseRun<'p>>,
}

/// One line of a test.
#[derive(Clone, Debug)]
pub struct CaseRun<'p> {
    /// Where it stands.
    pub at: Location,
    /// What it expects.
    pub expected: Tier,
    /// What the policy says; or why the line is no request.
    pub got: Result<Explanation<'p>, CaseError>,
}

/// Why a line of a test is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// It sets what follows from the object.
    #[error("`{}` follows from what the line says is done; it cannot be set", .0.name())]
    Follows(Attr),
    /// A field does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl CaseRun<'_> {
    /// Whether the policy says what the line expects.
    pub fn passes(&self) -> bool {
        self.got.as_ref().is_ok_and(|got| got.decision.tier == self.expected)
    }
}

impl Report<'_> {
    /// How many lines pass, and how many there are.
    pub fn passed(&self) -> (usize, usize) {
        let cases = || self.tests.iter().flat_map(|test| &test.cases);
        (cases().filter(|case| case.passes()).count(), cases().count())
    }

    /// Of each clause whether its two sides were reached.
    pub fn sides(&self) -> impl Iterator<Item = bool> {
        self.clauses.iter().flat_map(|clause| [clause.holds, clause.fails])
    }

    /// How much of a hundred the tests reach, rounded down; 100 where there is nothing to reach.
    /// A rule counts once, and so does each side of a clause.
    pub fn coverage(&self) -> usize {
        let rules = self.reached.iter().copied();
        let (reached, all) = rules
            .chain(self.sides())
            .fold((0usize, 0usize), |(reached, all), is| (reached + usize::from(is), all + 1));
        (reached * 100).checked_div(all).unwrap_or(100)
    }
}

/// Runs every test of a model on the policy that was compiled from it.
///
/// # Cost
/// Every rule is asked about every part of each request: see [`Policy::explain`]. So is every
/// clause of the rules, twice, until both of its sides were seen.
pub fn run<'p>(model: &Model, policy: &'p Policy) -> Report<'p> {
    let mut names = BTreeSet::new();
    let mut clauses = coverage::Clauses::new(model);
    let run_test = |test| run_test(model, policy, test, &mut names, &mut clauses);
    let tests = model.tests.iter().map(run_test).collect();
    let reached = model.rules.iter().map(|rule| names.contains(&*rule.name)).collect();
    Report { tests, reached, clauses: clauses.finish() }
}

fn run_test<'p>(
    model: &Model,
    policy: &'p Policy,
    test: &Test,
    reached: &mut BTreeSet<&'p str>,
    clauses: &mut coverage::Clauses<'_>,
) -> TestRun<'p> {
    let mut run_case = |case: &TestCase| {
        let got = request(model, case).map(|request| {
            request.with_request(|request| {
                clauses.observe(request);
                let got = policy.explain(request);
                reached.extend(named_rules(&got));
                got
            })
        });
        CaseRun { at: case.at, expected: case.tier, got }
    };
    let cases = test.cases.iter().map(&mut run_case).collect();
    TestRun { name: test.name.clone(), at: test.at, cases }
}

/// The rules that matched a part, or a file that is counted in one.
fn named_rules<'p>(explanation: &Explanation<'p>) -> Vec<&'p str> {
    let counted = explanation.parts.iter().flat_map(|part| &part.counted);
    let of_parts = explanation.parts.iter().chain(counted).flat_map(|part| {
        part.rules.iter().map(|found| found.rule.name).chain(part.rule.map(|rule| rule.name))
    });
    of_parts.chain(explanation.decision.rule.map(|rule| rule.name)).collect()
}

/// The request that a line of a test describes.
///
/// # Errors
/// When it sets what follows from its object, or a value does not fit.
pub fn request(model: &Model, case: &TestCase) -> Result<RequestBuf, CaseError> {
    let mut fields = Fields::default();
    match &case.object {
        Some(TestObject::Text(text)) => fields.object(case.action, text)?,
        Some(TestObject::Unix(path)) => fields.set("unix", Json::String(path.as_str().into()))?,
        None => {}
    }
    if let Some(port) = case.port {
        fields.set("port", Json::Number(port.to_string().into()))?;
    }
    for (root, path) in &case.roots {
        fields.bind(root, path);
    }
    let mut arguments = Json::Object(Vec::new());
    for (attr, value) in last_of_each(&case.attributes) {
        match attr {
            AttrRef::Builtin(attr) if FOLLOWS.contains(attr) => {
                return Err(CaseError::Follows(*attr));
            }
            AttrRef::Builtin(attr) => fields.set(attr.name(), json(value))?,
            AttrRef::Argument(names) => set_argument(&mut arguments, names, json(value)),
            AttrRef::Declared(index) => {
                if let Some(declared) = model.attributes.get(*index) {
                    fields.declare_value(&declared.name, json(value));
                }
            }
        }
    }
    if arguments.as_object().is_some_and(|members| !members.is_empty()) {
        fields.set("args", arguments)?;
    }
    Ok(fields.request(case.action)?)
}

/// A later value of an attribute takes the place of an earlier one.
fn last_of_each(
    attributes: &[(AttrRef, TestValue)],
) -> impl Iterator<Item = &(AttrRef, TestValue)> {
    attributes.iter().enumerate().filter_map(move |(index, given)| {
        let is_last = !attributes[index + 1..].iter().any(|(later, _)| *later == given.0);
        is_last.then_some(given)
    })
}

fn json(value: &TestValue) -> Json {
    match value {
        TestValue::Text(text) => Json::String(text.as_str().into()),
        TestValue::Int(number) => Json::Number(number.to_string().into()),
        TestValue::Bool(value) => Json::Bool(*value),
        TestValue::Set(members) => {
            Json::Array(members.iter().map(|member| Json::String(member.as_str().into())).collect())
        }
    }
}

/// Sets the argument behind some names, and makes the objects on the way.
fn set_argument(arguments: &mut Json, names: &[String], value: Json) {
    let mut place = arguments;
    for name in names {
        if !matches!(place, Json::Object(_)) {
            *place = Json::Object(Vec::new());
        }
        let Json::Object(members) = place else { return };
        let index = members.iter().position(|(known, _)| **known == **name).unwrap_or_else(|| {
            members.push((name.as_str().into(), Json::Null));
            members.len() - 1
        });
        place = &mut members[index].1;
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::no_includes;
    use crate::span::Source;

    fn report(text: &str) -> String {
        let model = crate::check::load(vec![Source::new("a.policy", text)], &no_includes).unwrap();
        let policy = crate::compile::compile(&model).unwrap();
        let report = run(&model, &policy);
        let mut out = String::new();
        for case in report.tests.iter().flat_map(|test| &test.cases) {
            let got = match &case.got {
                Ok(got) => got.decision.tier.name().to_owned(),
                Err(error) => format!("no request: {error}"),
            };
            let line = &model.source(case.at.source).text[case.at.span.range()];
            out += &format!("{line} -> {got}\n");
        }
        let unreached = model.rules.iter().zip(&report.reached).filter(|(_, reached)| !**reached);
        for (rule, _) in unreached {
            out += &format!("unreached: {}\n", rule.name);
        }
        for clause in &report.clauses {
            let text = &model.source(clause.at.source).text[clause.at.span.range()];
            for (side, reached) in [("holds", clause.holds), ("fails", clause.fails)] {
                if !reached {
                    out += &format!("never {side}: {} {text}\n", clause.kind.name());
                }
            }
        }
        out + &format!("{:?} {}%\n", report.passed(), report.coverage())
    }

    #[test]
    fn every_kind_of_line_becomes_a_request() {
        insta::assert_snapshot!(
            report(
                r#"
attribute ticket: string
allow  write "$workspace/**"
allow  connect "a.example" port 443
deny   connect unix "/var/run/docker.sock"
review call "db/query" when args.where.id == 7 and ticket == "T-1"
allow  use "TOKEN" when store == keyring
deny   delete "/etc/**"
test "all of it" {
  given workspace = "/w", ticket = "T-0"
  allow  write "/w/x"
  allow  connect "a.example" port 443
  allow  connect "a.example:443"
  deny   connect unix "/var/run/docker.sock"
  review call "db/query" where ticket = "T-1", args.where.id = 7
  ask    call "db/query" where args.where.id = 8
  allow  use "TOKEN" where store = keyring
  ask    search
  ask    run "ls | wc"
}
"#
            ),
            @r#"
            allow  write "/w/x" -> allow
            allow  connect "a.example" port 443 -> allow
            allow  connect "a.example:443" -> allow
            deny   connect unix "/var/run/docker.sock" -> deny
            review call "db/query" where ticket = "T-1", args.where.id = 7 -> review
            ask    call "db/query" where args.where.id = 8 -> ask
            allow  use "TOKEN" where store = keyring -> allow
            ask    search -> ask
            ask    run "ls | wc" -> ask
            unreached: deny delete "/etc/**"
            never fails: when store == keyring
            (9, 9) 80%
            "#
        );
    }
}
