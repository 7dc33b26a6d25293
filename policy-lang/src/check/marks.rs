//! The marks of a policy.
//!
//! They are collected before anything else, so that their numbers do not depend on the order of
//! sentences.

use std::collections::BTreeSet;

use policy_eval::Marks;

use super::error::{CheckError, Report};
use super::files::Files;
use super::layers::Standing;
use crate::span::{Location, Span};
use crate::syntax::ast::{self, BlockHead, Condition, Item, Verb};

/// Every mark that a sentence sets or asks for, sorted.
pub(super) fn read(files: &Files, standing: &[Standing], report: &mut Report) -> Vec<String> {
    let mut marks = BTreeSet::new();
    for &(_, file) in standing {
        of_items(&files.tree(file).items, &mut marks);
    }
    if let (true, Some(&(_, file))) = (Marks::MOST < marks.len(), standing.first()) {
        let at = Location { source: file, span: Span::default() };
        report.add(CheckError::TooMany { what: "marks", most: Marks::MOST }.at(at));
    }
    marks.into_iter().map(str::to_owned).collect()
}

/// The parser bounds the depth of blocks and conditions.
fn of_items<'t>(items: &'t [Item], marks: &mut BTreeSet<&'t str>) {
    for item in items {
        match item {
            Item::Sentence(sentence) => {
                if let Verb::Mark(name) = &sentence.verb.node {
                    marks.insert(&name.value);
                }
                of_matches(&sentence.matches, marks);
            }
            Item::Proof(proof) => of_matches(&proof.matches, marks),
            Item::Block(block) => {
                if let BlockHead::When(condition) = &block.head {
                    of_condition(condition, marks);
                }
                of_items(&block.items, marks);
            }
            _ => {}
        }
    }
}

fn of_matches<'t>(matches: &'t ast::Matches, marks: &mut BTreeSet<&'t str>) {
    for condition in [&matches.when, &matches.unless].into_iter().flatten() {
        of_condition(condition, marks);
    }
}

fn of_condition<'t>(condition: &'t Condition, marks: &mut BTreeSet<&'t str>) {
    match condition {
        Condition::And(parts, _) | Condition::Or(parts, _) => {
            parts.iter().for_each(|part| of_condition(part, marks));
        }
        Condition::Not(inner, _) => of_condition(inner, marks),
        Condition::Marked { name, .. } => {
            marks.insert(&name.value);
        }
        _ => {}
    }
}
