//! How requests of one action are decided: its variables, its forest, its filed rules.

use std::collections::{BTreeMap, BTreeSet};

use policy_eval::engine::tables::{
    Edge, Effect, Filed, FiledRule, Leaf, NOWHERE, Node, NodeId, Plan, PlanSequence, Source, Start,
    Tables, Variable, VariableKind,
};
use policy_eval::{Action, Attr, RecordLevel};
use rustc_hash::FxHashMap;

use super::OptionTable;
use super::atoms::Lowered;
use super::diagram::{ClassSet, Diagrams, Leaves, NOTHING, OverBudget};
use super::variables::Frozen;
use crate::automata::displace::displace;
use crate::model::Model;

/// How many exceptions the diagram of one rule may have.
const RULE_BUDGET: usize = 1 << 15;
/// How many exceptions the diagrams of the rules that ask the same variables may have: about
/// 4 MiB of edges.
const TREE_BUDGET: usize = 1 << 19;
/// How many exceptions may be made where trees of different variables are joined. Each tree is tried
/// with each other one, so without it the time would grow with the square of the rules.
const MERGE_BUDGET: usize = 1 << 21;

/// The formulas whose atoms an action may ask, apart from its rules.
pub(crate) struct Formulas {
    pub(crate) rules: Vec<Lowered>,
    pub(crate) counts: Vec<Lowered>,
    pub(crate) accepts: Vec<Lowered>,
    pub(crate) trusts: Vec<Lowered>,
}

/// Lays the plans of all actions into the tables.
pub(crate) fn freeze(
    model: &Model,
    formulas: &Formulas,
    frozen: &Frozen,
    options: &mut OptionTable,
    tables: &mut Tables,
) {
    let mut leaves = Leaves::new();
    let mut forest = Forest::default();
    let mut plans = Vec::with_capacity(Action::COUNT);
    for action in Action::ALL {
        let maker = Maker { model, formulas, frozen, tables, action };
        plans.push(maker.plan(options, &mut leaves, &mut forest));
    }
    tables.plans = plans.into();
    (tables.nodes, tables.edges) = forest.finish();
    tables.leaves = leaves.rows.into();
}

/// The frozen diagrams of all actions.
#[derive(Default)]
struct Forest {
    /// Where the edges of each lie is found at the end, for all of them together.
    nodes: Vec<Node>,
    rows: Vec<Vec<(u32, NodeId)>>,
    /// How many classes the variable of each node has.
    widths: Vec<u32>,
}

struct Maker<'a> {
    model: &'a Model,
    formulas: &'a Formulas,
    frozen: &'a Frozen,
    tables: &'a Tables,
    action: Action,
}

impl Maker<'_> {
    fn plan(&self, options: &mut OptionTable, leaves: &mut Leaves, forest: &mut Forest) -> Plan {
        let (tables, action) = (self.tables, self.action);
        let rules: Vec<u32> = (0..tables.rules.len() as u32)
            .filter(|&rule| self.model.rules[rule as usize].actions.contains(action))
            .collect();
        let counts: Vec<u32> = (0..self.model.counts.len() as u32)
            .filter(|&index| {
                let count = &self.model.counts[index as usize];
                count.action == action && self.model.may_loosen(action, count.layer)
            })
            .collect();
        let variables = self.variables(&rules, &counts);
        let order = self.order(&rules, &variables);
        let trees = self.trees(&rules, &variables, &order, options, leaves, forest);
        let listed: Vec<u32> = trees.listed.into_iter().collect();
        let folds = rules.iter().any(|&rule| {
            atoms_of(&self.formulas.rules[rule as usize])
                .iter()
                .any(|&atom| self.frozen.folded[atom as usize] != atom)
        });
        Plan {
            default: Some(self.model.default_tier(action)),
            sequences: self.sequences(&variables),
            roots: self.roots(&variables),
            needs_text: variables.iter().any(|&variable| self.reads_made_text(variable)),
            listed: self.file(&listed, &variables, false),
            filed: self.file(&rules, &variables, false),
            folded: folds.then(|| self.file(&rules, &variables, true)),
            upper: trees.upper.into(),
            lower: trees.lower.into(),
            rules: rules.into(),
            counts: counts.into(),
            variables: variables.into(),
        }
    }

    /// Every variable that some formula of the action asks, ascending.
    fn variables(&self, rules: &[u32], counts: &[u32]) -> Vec<u32> {
        let mut atoms = BTreeSet::new();
        rules.iter().for_each(|&rule| atoms.extend(atoms_of(&self.formulas.rules[rule as usize])));
        counts.iter().for_each(|&one| atoms.extend(atoms_of(&self.formulas.counts[one as usize])));
        // The files and hosts that a line touches are parts of other actions, with its floors.
        self.formulas.accepts.iter().for_each(|one| atoms.extend(atoms_of(one)));
        if self.action == Action::Call {
            self.formulas.trusts.iter().for_each(|one| atoms.extend(atoms_of(one)));
        }
        let variables: BTreeSet<u32> = atoms
            .into_iter()
            .flat_map(|atom| [atom, self.frozen.folded[atom as usize]])
            .map(|atom| self.tables.atoms[atom as usize].variable)
            .collect();
        variables.into_iter().collect()
    }

    fn variable(&self, atom: u32) -> u32 {
        self.tables.atoms[atom as usize].variable
    }

    /// The level of each variable of the plan: what most rules ask comes first, and of those the
    /// one with the most classes. This decides the size of the diagrams.
    fn order(&self, rules: &[u32], variables: &[u32]) -> FxHashMap<u32, u32> {
        let mut uses: FxHashMap<u32, usize> = FxHashMap::default();
        for &rule in rules {
            let asked: BTreeSet<u32> = atoms_of(&self.formulas.rules[rule as usize])
                .into_iter()
                .map(|atom| self.variable(atom))
                .collect();
            asked.into_iter().for_each(|variable| *uses.entry(variable).or_default() += 1);
        }
        let mut order: Vec<u32> = variables.to_vec();
        order.sort_by_key(|variable| {
            let classes = self.tables.variables[*variable as usize].classes;
            std::cmp::Reverse((uses.get(variable).copied().unwrap_or(0), classes))
        });
        order.into_iter().enumerate().map(|(level, variable)| (variable, level as u32)).collect()
    }

    fn sequences(&self, variables: &[u32]) -> Box<[PlanSequence]> {
        let mut sequences: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for (place, &variable) in variables.iter().enumerate() {
            if let VariableKind::Group(group) = self.tables.variables[variable as usize].kind {
                let sequence = self.tables.groups[group as usize].sequence;
                sequences.entry(sequence).or_default().push((group, place as u32));
            }
        }
        sequences
            .into_iter()
            .map(|(sequence, groups)| PlanSequence { sequence, groups: groups.into() })
            .collect()
    }

    fn roots(&self, variables: &[u32]) -> Box<[u16]> {
        let roots: BTreeSet<u16> = variables
            .iter()
            .filter_map(|&variable| match self.tables.variables[variable as usize].kind {
                VariableKind::Group(group) => match self.tables.groups[group as usize].start {
                    Start::Root(root) => Some(root),
                    Start::Beginning => None,
                },
                _ => None,
            })
            .collect();
        roots.into_iter().collect()
    }

    fn reads_made_text(&self, variable: u32) -> bool {
        let source = source_of(self.tables, variable);
        matches!(source, Some(Source::Builtin(Attr::ArgsText | Attr::Written)))
    }

    /// The forest, and the rules that it leaves out.
    fn trees(
        &self,
        rules: &[u32],
        variables: &[u32],
        order: &FxHashMap<u32, u32>,
        options: &mut OptionTable,
        leaves: &mut Leaves,
        forest: &mut Forest,
    ) -> Trees {
        let mut by_level = vec![0; variables.len()];
        for (&variable, &level) in order {
            by_level[level as usize] = variable;
        }
        let sizes: Vec<u32> = by_level
            .iter()
            .map(|&variable| self.tables.variables[variable as usize].classes + 1)
            .collect();
        let loosened = NodeId::leaf(leaves.number(LOOSENED));
        let rule_leaves: Vec<NodeId> =
            rules.iter().map(|&rule| NodeId::leaf(leaves.number(self.leaf(rule)))).collect();
        let mut join = |a: u32, b: u32| self.join(a, b, options, leaves);
        let mut diagrams = Diagrams::new(sizes.clone(), &mut join);
        let mut listed = BTreeSet::new();
        // By the variables that they ask: the rules, their diagrams for "may match", and those for
        // "certainly matches" of the rules that may loosen.
        let mut bins: BTreeMap<Vec<u32>, Bin> = BTreeMap::new();
        for (&rule, &leaf) in rules.iter().zip(&rule_leaves) {
            let formula = &self.formulas.rules[rule as usize];
            let loosens = self.tables.rules[rule as usize].loosens.contains(self.action);
            diagrams.set_budget(RULE_BUDGET);
            let mut both = || -> Result<_, OverBudget> {
                let upper =
                    self.diagram(&mut diagrams, order, formula, true, Bound::Upper, leaf)?;
                let lower = if loosens {
                    self.diagram(&mut diagrams, order, formula, true, Bound::Lower, loosened)?
                } else {
                    NOTHING
                };
                Ok((upper, lower))
            };
            let Ok((upper, lower)) = both() else {
                listed.insert(rule);
                continue;
            };
            let mut asked: Vec<u32> =
                atoms_of(formula).into_iter().map(|atom| order[&self.variable(atom)]).collect();
            asked.sort_unstable();
            asked.dedup();
            let bin = bins.entry(asked).or_default();
            bin.rules.push(rule);
            bin.upper.push(upper);
            bin.lower.push(lower);
        }
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for bin in bins.into_values() {
            diagrams.set_budget(TREE_BUDGET);
            match diagrams
                .join_all(&bin.upper)
                .and_then(|up| Ok((up, diagrams.join_all(&bin.lower)?)))
            {
                Ok((up, low)) => {
                    upper.push(up);
                    lower.push(low);
                }
                Err(OverBudget) => listed.extend(bin.rules),
            }
        }
        let upper = merge(&mut diagrams, upper);
        let lower = merge(&mut diagrams, lower);
        let places: Vec<u32> = by_level
            .iter()
            .map(|variable| variables.binary_search(variable).unwrap_or(0) as u32)
            .collect();
        let roots: Vec<NodeId> = upper.iter().chain(&lower).copied().collect();
        let placed = forest.add(&diagrams, &roots, &places, &sizes);
        Trees {
            upper: placed[..upper.len()].to_vec(),
            lower: placed[upper.len()..].to_vec(),
            listed,
        }
    }

    /// The diagram of a formula: where it may hold, or where it certainly does.
    fn diagram(
        &self,
        diagrams: &mut Diagrams<'_>,
        order: &FxHashMap<u32, u32>,
        formula: &Lowered,
        positive: bool,
        bound: Bound,
        leaf: NodeId,
    ) -> Result<NodeId, OverBudget> {
        match formula {
            Lowered::True => Ok(if positive { leaf } else { NOTHING }),
            Lowered::Not(inner) => self.diagram(diagrams, order, inner, !positive, bound, leaf),
            Lowered::And(parts) | Lowered::Or(parts) => {
                let all = matches!(formula, Lowered::And(_)) == positive;
                let mut node = if all { leaf } else { NOTHING };
                for part in parts {
                    let next = self.diagram(diagrams, order, part, positive, bound, leaf)?;
                    node = if all { diagrams.and(node, next)? } else { diagrams.or(node, next)? };
                }
                Ok(node)
            }
            Lowered::Atom(atom) => {
                let variable = self.variable(*atom);
                let unsent = self.tables.variables[variable as usize].classes;
                let certain = &self.frozen.certain[*atom as usize];
                let possible = &self.frozen.possible[*atom as usize];
                let with_unsent = |classes: &[u32]| [classes, &[unsent]].concat();
                let set = match (positive, bound) {
                    (true, Bound::Upper) => {
                        ClassSet { classes: with_unsent(possible), complement: false }
                    }
                    (true, Bound::Lower) => {
                        ClassSet { classes: certain.clone(), complement: false }
                    }
                    (false, Bound::Upper) => {
                        ClassSet { classes: certain.clone(), complement: true }
                    }
                    (false, Bound::Lower) => {
                        ClassSet { classes: with_unsent(possible), complement: true }
                    }
                };
                diagrams.literal(order[&variable], &set, leaf)
            }
        }
    }

    /// What a rule alone amounts to.
    fn leaf(&self, rule: u32) -> Leaf {
        match self.tables.rules[rule as usize].effect {
            Effect::Tier(_, options) => Leaf { rule: rule + 1, options, ..Leaf::default() },
            Effect::Record(record) => Leaf { record, ..Leaf::default() },
            Effect::Mark(mark) => Leaf { marks: 1 << mark, ..Leaf::default() },
        }
    }

    /// What two leaves amount to together.
    fn join(&self, a: u32, b: u32, options: &mut OptionTable, leaves: &mut Leaves) -> u32 {
        let (a, b) = (leaves.rows[a as usize], leaves.rows[b as usize]);
        let tier = |leaf: Leaf| {
            let rule = leaf.rule.checked_sub(1)?;
            match self.tables.rules[rule as usize].effect {
                Effect::Tier(tier, _) => Some(tier),
                Effect::Record(_) | Effect::Mark(_) => None,
            }
        };
        let decided = match tier(a).cmp(&tier(b)) {
            std::cmp::Ordering::Greater => a,
            std::cmp::Ordering::Less => b,
            std::cmp::Ordering::Equal if a.rule == 0 => a,
            std::cmp::Ordering::Equal => {
                let joined = options.row(a.options).join(options.row(b.options));
                let options = options.number_of_row(joined);
                Leaf { rule: a.rule.min(b.rule), options, ..a }
            }
        };
        leaves.number(Leaf { record: a.record.max(b.record), marks: a.marks | b.marks, ..decided })
    }

    /// Files rules by an atom that must hold.
    fn file(&self, rules: &[u32], variables: &[u32], folded: bool) -> Filed {
        let mut always = Vec::new();
        let mut by_atom = Vec::new();
        for &rule in rules {
            let Some(anchor) = self.anchor(&self.formulas.rules[rule as usize]) else {
                always.push(rule);
                continue;
            };
            for atom in anchor.atoms {
                let atom = if folded { self.frozen.folded[atom as usize] } else { atom };
                let atom = self.tables.atoms[atom as usize];
                let variable = variables.binary_search(&atom.variable).unwrap_or(0) as u32;
                by_atom.push((variable, FiledRule { place: atom.place, rule }));
            }
        }
        by_atom.sort_unstable();
        by_atom.dedup();
        let mut ranges: Vec<(u32, u32, u32)> = Vec::new();
        for (index, &(variable, _)) in (1..).zip(&by_atom) {
            match ranges.last_mut() {
                Some((known, _, end)) if *known == variable => *end = index,
                _ => ranges.push((variable, index - 1, index)),
            }
        }
        Filed {
            always: always.into(),
            by_atom: by_atom.into_iter().map(|(_, filed)| filed).collect(),
            variables: ranges.into(),
        }
    }

    /// Atoms of which one must hold for the formula to hold, the most telling ones.
    fn anchor(&self, formula: &Lowered) -> Option<Anchor> {
        match formula {
            Lowered::Atom(atom) => {
                let cost = match self.tables.variables[self.variable(*atom) as usize].kind {
                    VariableKind::AnyDestination | VariableKind::Any(_) => return None,
                    VariableKind::Group(_) => 1,
                    VariableKind::Number { .. } | VariableKind::Address { .. } => 10,
                    _ => 1000,
                };
                Some(Anchor { atoms: vec![*atom], cost })
            }
            Lowered::And(parts) => {
                parts.iter().filter_map(|part| self.anchor(part)).min_by_key(|anchor| anchor.cost)
            }
            Lowered::Or(parts) => parts.iter().map(|part| self.anchor(part)).try_fold(
                Anchor { atoms: Vec::new(), cost: 0 },
                |mut all, one| {
                    let one = one?;
                    all.atoms.extend(one.atoms);
                    all.cost += one.cost;
                    Some(all)
                },
            ),
            Lowered::True | Lowered::Not(_) => None,
        }
    }
}

/// A leaf that is something: some rule that may loosen matches for certain.
const LOOSENED: Leaf = Leaf { rule: 0, options: 0, record: RecordLevel::Full, marks: u64::MAX };

/// Whether a diagram says where a formula may hold, or where it certainly does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Upper,
    Lower,
}

/// The rules that ask the same variables.
#[derive(Default)]
struct Bin {
    rules: Vec<u32>,
    upper: Vec<NodeId>,
    lower: Vec<NodeId>,
}

struct Trees {
    upper: Vec<NodeId>,
    lower: Vec<NodeId>,
    listed: BTreeSet<u32>,
}

struct Anchor {
    atoms: Vec<u32>,
    cost: usize,
}

/// A tree of the forest, while trees are joined.
struct Tree {
    root: NodeId,
    /// How many exceptions the trees had that it was joined from.
    parts: usize,
}

/// Joins trees while the joined one stays small: at most about twice what its parts had together.
/// It is measured by its first parts, since a limit that grows with each step would double with
/// each step.
fn merge(diagrams: &mut Diagrams<'_>, trees: Vec<NodeId>) -> Vec<NodeId> {
    let mut trees: Vec<Tree> = trees
        .into_iter()
        .filter(|&root| root != NOTHING)
        .map(|root| Tree { root, parts: diagrams.weight(&[root]) })
        .collect();
    trees.sort_by_key(|tree| (tree.parts, tree.root.0));
    trees.dedup_by_key(|tree| tree.root);
    let mut merged: Vec<Tree> = Vec::new();
    let mut patience = MERGE_BUDGET;
    for mut tree in trees {
        let mut at = 0;
        while at < merged.len() && 0 < patience {
            let parts = merged[at].parts + tree.parts;
            let limit = 2 * parts + 256;
            let joined = diagrams.join_within(merged[at].root, tree.root, limit);
            // Even an attempt that makes nothing walks over both.
            patience = patience.saturating_sub(diagrams.spent(limit) + 16);
            match joined {
                Some(root) => {
                    tree = Tree { root, parts };
                    merged.remove(at);
                }
                None => at += 1,
            }
        }
        merged.push(tree);
    }
    diagrams.set_budget(usize::MAX);
    merged.into_iter().map(|tree| tree.root).collect()
}

impl Forest {
    /// Freezes the diagrams below some roots; gives the roots' new names.
    fn add(
        &mut self,
        diagrams: &Diagrams<'_>,
        roots: &[NodeId],
        places: &[u32],
        sizes: &[u32],
    ) -> Vec<NodeId> {
        let below = diagrams.below(roots);
        let first = self.nodes.len() as u32;
        let numbers: FxHashMap<u32, u32> =
            below.iter().enumerate().map(|(index, &node)| (node, first + index as u32)).collect();
        let name = |node: NodeId| match node.as_leaf() {
            Some(_) => node,
            None => NodeId(numbers[&node.0]),
        };
        for &node in &below {
            let branch = &diagrams.branches[node as usize];
            self.nodes.push(Node {
                variable: places[branch.level as usize],
                base: 0,
                default: name(branch.default),
            });
            self.rows
                .push(branch.exceptions.iter().map(|&(class, to)| (class, name(to))).collect());
            self.widths.push(sizes[branch.level as usize]);
        }
        roots.iter().map(|&root| name(root)).collect()
    }

    /// Nodes and edges.
    fn finish(mut self) -> (Box<[Node]>, Box<[Edge]>) {
        let laid = displace(&self.rows, |node| self.widths[node]);
        for (node, base) in self.nodes.iter_mut().zip(laid.bases) {
            node.base = base;
        }
        let edges = laid.cells.into_iter().map(|cell| match cell {
            Some((check, to)) => Edge { check, to },
            None => Edge { check: NOWHERE, to: NOTHING },
        });
        (self.nodes.into(), edges.collect())
    }
}

/// The atoms of a formula.
fn atoms_of(formula: &Lowered) -> Vec<u32> {
    fn collect(formula: &Lowered, atoms: &mut Vec<u32>) {
        match formula {
            Lowered::True => {}
            Lowered::Atom(atom) => atoms.push(*atom),
            Lowered::Not(inner) => collect(inner, atoms),
            Lowered::And(parts) | Lowered::Or(parts) => {
                parts.iter().for_each(|part| collect(part, atoms));
            }
        }
    }
    let mut atoms = Vec::new();
    collect(formula, &mut atoms);
    atoms
}

/// Where a variable's value comes from.
fn source_of(tables: &Tables, variable: u32) -> Option<&Source> {
    let Variable { kind, .. } = &tables.variables[variable as usize];
    match kind {
        VariableKind::Group(group) => {
            let sequence = tables.groups[*group as usize].sequence;
            Some(&tables.sequences[sequence as usize].source)
        }
        VariableKind::Number { source, .. }
        | VariableKind::Address { source, .. }
        | VariableKind::Bool(source)
        | VariableKind::Contains { source, .. }
        | VariableKind::SetEquals { source, .. }
        | VariableKind::Any(source)
        | VariableKind::Present(source) => Some(source),
        VariableKind::Marked(_) | VariableKind::AnyDestination => None,
    }
}
