//! Which sides of `except`, `when` and `unless` the tests reach.
//!
//! A clause takes something away from its sentence, so it has two sides: there it does, and there
//! it does not. A test reaches a side only where the clause makes the difference, which is where
//! all the rest of the sentence matches:
//!
//! ```text
//!   deny connect * except internal        rest: connect *
//!     connect git.corp.acme.com   the rest matches, `except` holds   the sentence is silent
//!     connect evil.example        the rest matches, `except` fails   the sentence speaks
//!     read /etc/hosts             the rest does not match            neither side
//! ```
//!
//! What is not known reaches no side: where a `when` asks for an attribute that the test does not
//! set, the sentence speaks with it and without it.

use std::collections::BTreeMap;

use policy_eval::{Judged, Request, Truth, canon};

use crate::interp;
use crate::model::{Clause, ClauseKind, Formula, Model};
use crate::span::Location;

/// One clause, and how far the tests reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// Its word.
    pub kind: ClauseKind,
    /// What stands behind the word.
    pub at: Location,
    /// The rules that it belongs to, as indices into [`Model::rules`]. The condition of a block
    /// belongs to several; a test of one of them counts for all.
    pub rules: Vec<usize>,
    /// What is written held, and the rest of a sentence matched.
    pub holds: bool,
    /// What is written did not hold, and the rest of a sentence matched.
    pub fails: bool,
}

/// The clauses of a model, while tests run.
pub(super) struct Clauses<'m> {
    model: &'m Model,
    found: Vec<ClauseCoverage>,
    /// Each clause of each rule: the rule, its place in `found`, and the two formulas to ask.
    asked: Vec<Asked>,
}

struct Asked {
    rule: usize,
    found: usize,
    /// The sentence speaks.
    speaks: Formula,
    /// The sentence would speak without the clause.
    silent: Formula,
}

impl<'m> Clauses<'m> {
    pub(super) fn new(model: &'m Model) -> Clauses<'m> {
        let mut places: BTreeMap<(Location, ClauseKind), Vec<(usize, &Clause)>> = BTreeMap::new();
        for (index, rule) in model.rules.iter().enumerate() {
            for clause in &rule.clauses {
                places.entry((clause.at, clause.kind)).or_default().push((index, clause));
            }
        }
        let (mut found, mut asked) = (Vec::new(), Vec::new());
        for ((at, kind), rules) in places {
            for &(rule, clause) in &rules {
                let when = &model.rules[rule].when;
                let silent = without(when, clause);
                asked.push(Asked { rule, found: found.len(), speaks: when.clone(), silent });
            }
            let rules = rules.into_iter().map(|(rule, _)| rule).collect();
            found.push(ClauseCoverage { kind, at, rules, holds: false, fails: false });
        }
        Clauses { model, found, asked }
    }

    /// Takes note of what one request reaches.
    pub(super) fn observe(&mut self, request: &Request<'_>) {
        canon::parts(request, &mut |judged| {
            self.observe_part(judged);
            interp::counted(self.model, judged, &mut |counted| self.observe_part(counted));
        });
    }

    fn observe_part(&mut self, judged: &Judged<'_>) {
        let model = self.model;
        for asked in &self.asked {
            let found = &mut self.found[asked.found];
            let is_done = found.holds && found.fails;
            if is_done || !interp::is_asked(&model.rules[asked.rule], judged.part) {
                continue;
            }
            let speaks = interp::truth(model, judged, &asked.speaks, false);
            let silent = interp::truth(model, judged, &asked.silent, false);
            let (speaks, silent) = (is_seen(speaks, silent), is_seen(silent, speaks));
            let (holds, fails) = match found.kind {
                ClauseKind::When => (speaks, silent),
                ClauseKind::Except | ClauseKind::Unless => (silent, speaks),
            };
            found.holds |= holds;
            found.fails |= fails;
        }
    }

    pub(super) fn finish(self) -> Vec<ClauseCoverage> {
        self.found
    }
}

/// One of two formulas that exclude each other was seen to hold: certainly, or it alone can.
fn is_seen(this: Truth, other: Truth) -> bool {
    this.is_certain() || this.can_hold() && !other.can_hold()
}

/// The rest of the sentence, and not the clause.
fn without(when: &Formula, clause: &Clause) -> Formula {
    let (mut rest, mut own) = (Vec::new(), Vec::new());
    for (index, part) in when.conjuncts().iter().enumerate() {
        let side = if clause.conjuncts.contains(&index) { &mut own } else { &mut rest };
        side.push(part.clone());
    }
    rest.push(Formula::Not(Box::new(Formula::and(own))));
    Formula::and(rest)
}

#[cfg(test)]
mod tests {
    use crate::check::no_includes;
    use crate::span::Source;

    /// What no test reaches, one a line.
    fn missing(text: &str) -> String {
        let model = crate::check::load(vec![Source::new("a.policy", text)], &no_includes).unwrap();
        let policy = crate::compile::compile(&model).unwrap();
        let report = super::super::run(&model, &policy);
        let mut out = String::new();
        for clause in &report.clauses {
            let text = &model.source(clause.at.source).text[clause.at.span.range()];
            let what = format!("{} {text}", clause.kind.name());
            for (side, reached) in [("holds", clause.holds), ("fails", clause.fails)] {
                if !reached {
                    out += &format!("{what}: never {side}\n");
                }
            }
        }
        out + &format!("{}%\n", report.coverage())
    }

    #[test]
    fn each_side_takes_a_test_of_its_own() {
        let policy = |tests: &str| {
            format!(
                "deny connect * except \"*.acme.com\" when branch == \"main\" unless user == \"root\"\n\
                 test \"one\" {{ {tests} }}\n"
            )
        };
        insta::assert_snapshot!(missing(&policy("ask read \"/x\"")), @r#"
        except "*.acme.com": never holds
        except "*.acme.com": never fails
        when branch == "main": never holds
        when branch == "main": never fails
        unless user == "root": never holds
        unless user == "root": never fails
        0%
        "#);
        insta::assert_snapshot!(missing(&policy(
            "deny connect \"a.example:1\" where branch = \"main\", user = \"dev\""
        )), @r#"
        except "*.acme.com": never holds
        when branch == "main": never fails
        unless user == "root": never holds
        57%
        "#);
        // Two parts of the sentence fail at once: neither makes the difference.
        insta::assert_snapshot!(missing(&policy(
            "ask connect \"a.acme.com:1\" where branch = \"topic\", user = \"dev\""
        )), @r#"
        except "*.acme.com": never holds
        except "*.acme.com": never fails
        when branch == "main": never holds
        when branch == "main": never fails
        unless user == "root": never holds
        unless user == "root": never fails
        0%
        "#);
        // Nobody said what the branch is.
        insta::assert_snapshot!(missing(&policy(
            "deny connect \"a.example:1\" where user = \"dev\""
        )), @r#"
        except "*.acme.com": never holds
        when branch == "main": never holds
        when branch == "main": never fails
        unless user == "root": never holds
        42%
        "#);
        insta::assert_snapshot!(missing(&policy(
            "deny connect \"a.example:1\" where branch = \"main\",  user = \"dev\"\n
             ask  connect \"a.example:1\" where branch = \"topic\", user = \"dev\"\n
             ask  connect \"a.acme.com:1\" where branch = \"main\", user = \"dev\"\n
             ask  connect \"a.example:1\" where branch = \"main\",  user = \"root\""
        )), @"100%");
    }

    #[test]
    fn the_condition_of_a_block_is_one_for_all_its_sentences() {
        insta::assert_snapshot!(missing(
            r#"
when branch == "main" {
  deny run "a" when user == "x"
  when surface == ci { deny run "b" }
}
test "one" {
  given user = "x", surface = cli
  deny run "a" where branch = "main"
  ask  run "a" where branch = "topic"
  ask  run "b" where branch = "main"
}
"#
        ), @r#"
        when user == "x": never fails
        when surface == ci: never holds
        62%
        "#);
    }

    #[test]
    fn files_that_are_counted_are_tested_too() {
        insta::assert_snapshot!(missing(
            r#"
allow run "cat ..."
count run "cat ..." as read operands
deny  read "/s/**" except "/s/public"
test "one" {
  deny run "cat /s/x"
  ask  run "cat /s/public"
}
"#
        ), @"100%");
    }
}
