//! From the checked policy to the frozen one.
//!
//! ```text
//!   rules ─► atoms ─► groups of token automata, ranges, …  ─► classes of variables
//!     │                                                          │
//!     └──► decision diagrams over those classes, one a rule ─────┴─► forest an action ─► tables
//! ```
//!
//! What a rule asks of one value is one predicate; predicates of one shape share an automaton
//! (`automata::group`). A rule is then a small diagram over classes; the diagrams of
//! rules that ask the same variables are joined, and these joined again while they stay small.
//! Rules that would make a diagram too large are filed by an atom and judged one by one.

pub(crate) mod atoms;
mod diagram;
mod plan;
mod variables;

use policy_eval::engine::InvalidTables;
use policy_eval::engine::tables::{
    AcceptRow, CountRow, Effect as RowEffect, NOWHERE, Operands as RowOperands, OptionsRow,
    RootRow, RuleRow, Tables,
};
use policy_eval::{Action, ActionSet, Policy, Type};
use rustc_hash::FxHashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DeclaredType, Effect, Model, RuleOptions};
use crate::span::{Lines, Location, SourceId, Span};
use crate::syntax::ast::Operands;
use atoms::Atoms;
use plan::Formulas;
use variables::Excess;
pub use variables::MOST_BYTES as MOST_TABLE_BYTES;

/// Why a checked policy cannot be compiled: it is larger than the published limits.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// One pattern needs an automaton past the limit.
    #[error("the patterns of `{rule}` need an automaton that is too large")]
    TooLarge {
        /// The rule.
        rule: String,
        /// Where it stands.
        at: Location,
    },
    /// No rule alone is too large, but all of them are.
    #[error(
        "the patterns of all rules together need automata of more than {} MiB",
        MOST_TABLE_BYTES >> 20
    )]
    TooLargeTogether,
    /// More roots than a decision can hold.
    #[error("a policy may declare at most {} roots", Tables::MOST_ROOTS)]
    TooManyRoots,
    /// More rules than the tables can number.
    #[error("a policy may have at most {MOST_RULES} rules")]
    TooManyRules,
    /// The compiler wrote tables that it may not write.
    #[error(transparent)]
    Invalid(#[from] InvalidTables),
}

impl CompileError {
    /// The error as a finding. What no single sentence is to blame for is placed at the beginning.
    pub fn finding(&self) -> Diagnostic {
        let at = match self {
            CompileError::TooLarge { at, .. } => *at,
            _ => Location { source: SourceId(0), span: Span::default() },
        };
        Diagnostic::error(CODES[0].code, at, self.to_string())
    }
}

/// Every code of this stage.
pub const CODES: &[Code] = &[Code {
    code: "X001",
    title: "too large to compile",
    explanation: "A policy compiles to automata and tables whose size is limited, so that no text \
                  can exhaust the memory of what loads it. Patterns with several `**` or `...` and \
                  large regular expressions cost most: split them into several sentences, or say \
                  less in one pattern.",
}];

/// The most rules of one policy.
pub const MOST_RULES: usize = 200_000;

/// Compiles a checked policy.
///
/// # Errors
/// When it is larger than the limits. A policy that the checker passed is compiled otherwise.
///
/// # Cost
/// About linear in the size of the policy; patterns with `**` inside and rules that ask different
/// attributes multiply, up to a budget, past which their rules are judged one by one.
pub fn compile(model: &Model) -> Result<Policy, CompileError> {
    Ok(Policy::from_tables(&tables(model)?)?)
}

fn tables(model: &Model) -> Result<Tables, CompileError> {
    if model.roots.len() > Tables::MOST_ROOTS {
        return Err(CompileError::TooManyRoots);
    }
    if model.rules.len() > MOST_RULES {
        return Err(CompileError::TooManyRules);
    }
    let mut tables = Tables {
        name: model.name.as_deref().map(Into::into),
        version: model.version.as_deref().map(Into::into),
        files: model.sources.iter().map(|source| source.name.as_str().into()).collect(),
        texts: model.sources.iter().map(|source| source.text.as_str().into()).collect(),
        given: model.given as u32,
        includes: model
            .includes
            .iter()
            .map(|include| (include.from.0, include.path.as_str().into(), include.to.0))
            .collect(),
        declared: model.attributes.iter().map(|declared| declared.name.as_str().into()).collect(),
        declared_paths: model
            .attributes
            .iter()
            .filter(|attribute| attribute.ty == DeclaredType::Builtin(Type::Path))
            .map(|attribute| attribute.name.as_str().into())
            .collect(),
        marks: model.marks.iter().map(|mark| mark.as_str().into()).collect(),
        ..Tables::default()
    };
    let mut atoms = Atoms::new(model);
    let mut options = OptionTable::new(model);
    let mut exprs = Vec::new();
    let formulas = Formulas {
        rules: model.rules.iter().map(|rule| atoms.formula(&rule.when)).collect(),
        counts: model.counts.iter().map(|count| atoms.formula(&count.when)).collect(),
        accepts: model
            .accepts
            .iter()
            .filter(|accept| model.may_loosen(Action::Run, accept.layer))
            .map(|accept| atoms.formula(&accept.when))
            .collect(),
        trusts: model
            .trusts
            .iter()
            .filter(|trust| model.may_loosen(Action::Call, trust.layer))
            .map(|trust| atoms.formula(&trust.when))
            .collect(),
    };
    let lines: Vec<Lines<'_>> = model.sources.iter().map(|source| Lines::new(source)).collect();
    tables.rules = model
        .rules
        .iter()
        .zip(&formulas.rules)
        .map(|(rule, formula)| {
            let lines = &lines[rule.at.source.0 as usize];
            let (line, column) = lines.line_column(rule.at.span.start as usize);
            RuleRow {
                name: rule.name.as_str().into(),
                layer: rule.layer,
                effect: match &rule.effect {
                    Effect::Tier(tier, written) => RowEffect::Tier(*tier, options.number(written)),
                    Effect::Record(level) => RowEffect::Record(*level),
                    Effect::Mark(mark) => RowEffect::Mark(mark.0),
                },
                reason: rule.reason.as_deref().map(Into::into),
                file: rule.at.source.0,
                line,
                column,
                asks_addresses: formula.asks_addresses(&atoms),
                expr: formula.write(&mut exprs),
                loosens: match rule.effect {
                    Effect::Tier(..) => loosened(model, rule.layer, rule.actions),
                    _ => ActionSet::NONE,
                },
            }
        })
        .collect();
    tables.counts = model
        .counts
        .iter()
        .zip(&formulas.counts)
        .map(|(count, formula)| CountRow {
            expr: formula.write(&mut exprs),
            loosens: model.may_loosen(count.action, count.layer),
            atom: NOWHERE,
            clauses: count
                .counted
                .iter()
                .map(|clause| (clause.action, operands(&clause.what)))
                .collect(),
        })
        .collect();
    tables.accepts = model
        .accepts
        .iter()
        .filter(|accept| model.may_loosen(Action::Run, accept.layer))
        .zip(&formulas.accepts)
        .map(|(accept, formula)| AcceptRow {
            floors: accept.floors,
            expr: formula.write(&mut exprs),
        })
        .collect();
    tables.trusts = formulas.trusts.iter().map(|formula| formula.write(&mut exprs)).collect();
    let counted: Vec<Option<u32>> =
        model.counts.iter().map(|count| atoms.command(&count.patterns)).collect();
    let within: Vec<_> = model.roots.iter().map(|root| atoms.within(root)).collect();
    tables.exprs = exprs.into();

    let frozen = variables::freeze(&atoms, &mut tables).map_err(|excess| match excess {
        Excess::AllRules => CompileError::TooLargeTogether,
        Excess::OneRule => oversized(model).next().unwrap_or(CompileError::TooLargeTogether),
    })?;
    for (count, atom) in tables.counts.iter_mut().zip(counted) {
        count.atom = atom.unwrap_or(NOWHERE);
    }
    tables.roots = model
        .roots
        .iter()
        .zip(within)
        .map(|(root, within)| RootRow {
            name: root.name.as_str().into(),
            within: within.map(|atom| frozen.group_of(atom, &tables)),
        })
        .collect();
    plan::freeze(model, &formulas, &frozen, &mut options, &mut tables);
    tables.options = options.rows.into();
    tables.reviewers = options.reviewers;
    Ok(tables)
}

/// For which actions a certain match in the layer makes the default fall away.
fn loosened(model: &Model, layer: policy_eval::Layer, actions: ActionSet) -> ActionSet {
    actions.iter().filter(|&action| model.may_loosen(action, layer)).collect()
}

/// Items by their keys, keys in the order in which they first occur.
fn grouped<K: PartialEq, V>(items: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, item) in items {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

fn operands(what: &Operands) -> RowOperands {
    match what {
        Operands::All => RowOperands::All,
        Operands::ButFirst => RowOperands::ButFirst,
        Operands::ButLast => RowOperands::ButLast,
        Operands::First => RowOperands::First,
        Operands::Last => RowOperands::Last,
        Operands::Argument(names) => {
            RowOperands::Argument(names.iter().map(|name| name.as_str().into()).collect())
        }
    }
}

/// The rules whose patterns alone need an automaton that is too large, each as the error that
/// [`compile`] gives where there is one.
///
/// # Cost
/// Each rule is compiled by itself.
pub fn oversized(model: &Model) -> impl Iterator<Item = CompileError> {
    model.rules.iter().filter_map(|rule| {
        let mut atoms = Atoms::new(model);
        atoms.formula(&rule.when);
        let built = variables::freeze(&atoms, &mut Tables::default());
        built.is_err().then(|| CompileError::TooLarge { rule: rule.name.clone(), at: rule.at })
    })
}

/// The options that rules write, each once.
pub(crate) struct OptionTable {
    rows: Vec<OptionsRow>,
    numbers: FxHashMap<OptionsRow, u32>,
    /// In the order of their names.
    reviewers: Box<[Box<str>]>,
}

impl OptionTable {
    fn new(model: &Model) -> OptionTable {
        let mut reviewers: Vec<Box<str>> = model
            .rules
            .iter()
            .filter_map(|rule| match &rule.effect {
                Effect::Tier(_, options) => options.reviewer.as_deref().map(Into::into),
                _ => None,
            })
            .collect();
        reviewers.sort_unstable();
        reviewers.dedup();
        let mut table = OptionTable {
            rows: Vec::new(),
            numbers: FxHashMap::default(),
            reviewers: reviewers.into(),
        };
        table.number(&RuleOptions::default());
        table
    }

    fn number(&mut self, options: &RuleOptions) -> u32 {
        let reviewer = options
            .reviewer
            .as_deref()
            .and_then(|name| self.reviewers.binary_search_by(|known| (**known).cmp(name)).ok());
        self.number_of_row(OptionsRow {
            outside_sandbox: options.outside_sandbox,
            reviewer: reviewer.map(|index| index as u32),
            timeout_ms: options.timeout_ms,
            on_failure: options.on_failure,
            remember: options.remember,
        })
    }

    pub(crate) fn number_of_row(&mut self, row: OptionsRow) -> u32 {
        *self.numbers.entry(row).or_insert_with(|| {
            self.rows.push(row);
            self.rows.len() as u32 - 1
        })
    }

    pub(crate) fn row(&self, number: u32) -> OptionsRow {
        self.rows[number as usize]
    }
}
