//! Decision diagrams over classes, while they grow.
//!
//! A node asks for the class of one variable: where most classes lead, and the exceptions. Nodes
//! are hash-consed, variables stand in one order on every path, and no node has an exception that
//! leads where the others lead; so equal functions are equal nodes. Leaves are what a path amounts
//! to, and joining two leaves is joining what they say. After Bryant, 1986, and the multi-valued
//! diagrams of firewall analysis.

use policy_eval::engine::tables::{Leaf, NodeId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Nothing: no rule matches.
pub(crate) const NOTHING: NodeId = NodeId::leaf(0);

/// A node: the place of its variable in the order, where most classes lead, and the exceptions,
/// ascending by class.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Branch {
    pub(crate) level: u32,
    pub(crate) default: NodeId,
    pub(crate) exceptions: Box<[(u32, NodeId)]>,
}

/// How two diagrams are put together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    /// Both hold: of leaves that are the same or nothing.
    And,
    /// One holds.
    Or,
    /// What both amount to.
    Join,
}

/// The diagram grew past its budget.
#[derive(Debug)]
pub(crate) struct OverBudget;

/// All nodes of the diagrams of one action.
pub(crate) struct Diagrams<'j> {
    pub(crate) branches: Vec<Branch>,
    numbers: FxHashMap<Branch, NodeId>,
    memo: FxHashMap<(Operation, NodeId, NodeId), NodeId>,
    /// How many classes the variable of each level has, "not sent" included.
    sizes: Vec<u32>,
    /// Joins two leaves.
    join: &'j mut dyn FnMut(u32, u32) -> u32,
    /// How many exceptions may still be made.
    budget: usize,
}

/// A set of classes: these, or all but these. Ascending.
pub(crate) struct ClassSet {
    pub(crate) classes: Vec<u32>,
    pub(crate) complement: bool,
}

impl<'j> Diagrams<'j> {
    pub(crate) fn new(sizes: Vec<u32>, join: &'j mut dyn FnMut(u32, u32) -> u32) -> Self {
        Diagrams {
            branches: Vec::new(),
            numbers: FxHashMap::default(),
            memo: FxHashMap::default(),
            sizes,
            join,
            budget: usize::MAX,
        }
    }

    /// Lets the next operations make at most so many exceptions.
    pub(crate) fn set_budget(&mut self, exceptions: usize) {
        self.budget = exceptions;
        self.memo.clear();
    }

    /// `leaf` where the class of the variable is in the set, else nothing.
    pub(crate) fn literal(
        &mut self,
        level: u32,
        set: &ClassSet,
        leaf: NodeId,
    ) -> Result<NodeId, OverBudget> {
        let (inside, default) = if set.complement { (NOTHING, leaf) } else { (leaf, NOTHING) };
        let exceptions = set.classes.iter().map(|&class| (class, inside)).collect();
        self.branch(level, default, exceptions)
    }

    /// Both.
    pub(crate) fn and(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, OverBudget> {
        self.apply(Operation::And, a, b)
    }

    /// One of two.
    pub(crate) fn or(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, OverBudget> {
        self.apply(Operation::Or, a, b)
    }

    /// What two diagrams amount to together.
    pub(crate) fn join(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, OverBudget> {
        self.apply(Operation::Join, a, b)
    }

    /// What two diagrams amount to together, where that is at most `limit` exceptions large and made
    /// with as many. Otherwise nothing is kept of the attempt: attempts are many and most fail.
    pub(crate) fn join_within(&mut self, a: NodeId, b: NodeId, limit: usize) -> Option<NodeId> {
        let before = self.branches.len();
        self.set_budget(limit);
        match self.join(a, b) {
            Ok(root) if self.weight(&[root]) <= limit => Some(root),
            Ok(_) | Err(OverBudget) => {
                for branch in self.branches.drain(before..) {
                    self.numbers.remove(&branch);
                }
                self.memo.clear();
                None
            }
        }
    }

    /// How many exceptions the operations since the budget was set have made, of so many.
    pub(crate) fn spent(&self, budget: usize) -> usize {
        budget - self.budget
    }

    /// All of several, joined by halves: neighbours first, so that what is alike meets early.
    pub(crate) fn join_all(&mut self, list: &[NodeId]) -> Result<NodeId, OverBudget> {
        match list {
            [] => Ok(NOTHING),
            [one] => Ok(*one),
            _ => {
                let (left, right) = list.split_at(list.len() / 2);
                let (left, right) = (self.join_all(left)?, self.join_all(right)?);
                self.join(left, right)
            }
        }
    }

    fn apply(&mut self, operation: Operation, a: NodeId, b: NodeId) -> Result<NodeId, OverBudget> {
        if a == b {
            return Ok(a);
        }
        // All three operations are symmetric.
        let (a, b) = if a.0 < b.0 { (a, b) } else { (b, a) };
        match (operation, a.as_leaf(), b.as_leaf()) {
            (Operation::And, Some(0), _) | (Operation::And, _, Some(0)) => return Ok(NOTHING),
            (Operation::And, Some(_), _) => return Ok(b),
            (Operation::And, _, Some(_)) => return Ok(a),
            (Operation::Or | Operation::Join, Some(0), _) => return Ok(b),
            (Operation::Or | Operation::Join, _, Some(0)) => return Ok(a),
            (Operation::Or, Some(_), _) => return Ok(a),
            (Operation::Or, _, Some(_)) => return Ok(b),
            (Operation::Join, Some(a), Some(b)) => return Ok(NodeId::leaf((self.join)(a, b))),
            (Operation::Join, ..) | (Operation::And | Operation::Or, None, None) => {}
        }
        if let Some(&known) = self.memo.get(&(operation, a, b)) {
            return Ok(known);
        }
        let level = self.level(a).min(self.level(b));
        let (a_default, a_exceptions) = self.at_level(a, level);
        let (b_default, b_exceptions) = self.at_level(b, level);
        let default = self.apply(operation, a_default, b_default)?;
        let mut exceptions = Vec::with_capacity(a_exceptions.len() + b_exceptions.len());
        let (mut i, mut j) = (0, 0);
        loop {
            let (class, left, right) = match (a_exceptions.get(i), b_exceptions.get(j)) {
                (None, None) => break,
                (Some(&(class, left)), None) => (class, left, b_default),
                (None, Some(&(class, right))) => (class, a_default, right),
                (Some(&(x, left)), Some(&(y, right))) if x == y => (x, left, right),
                (Some(&(x, left)), Some(&(y, _))) if x < y => (x, left, b_default),
                (Some(_), Some(&(y, right))) => (y, a_default, right),
            };
            i += usize::from(a_exceptions.get(i).is_some_and(|&(x, _)| x == class));
            j += usize::from(b_exceptions.get(j).is_some_and(|&(y, _)| y == class));
            exceptions.push((class, self.apply(operation, left, right)?));
        }
        let node = self.branch(level, default, exceptions)?;
        self.memo.insert((operation, a, b), node);
        Ok(node)
    }

    fn level(&self, node: NodeId) -> u32 {
        match node.as_leaf() {
            Some(_) => u32::MAX,
            None => self.branches[node.0 as usize].level,
        }
    }

    /// How the node looks as one of this level.
    fn at_level(&self, node: NodeId, level: u32) -> (NodeId, Box<[(u32, NodeId)]>) {
        if self.level(node) == level {
            let branch = &self.branches[node.0 as usize];
            (branch.default, branch.exceptions.clone())
        } else {
            (node, Box::default())
        }
    }

    /// The node with these branches, made only where none is equal.
    fn branch(
        &mut self,
        level: u32,
        default: NodeId,
        exceptions: Vec<(u32, NodeId)>,
    ) -> Result<NodeId, OverBudget> {
        let (default, exceptions) = self.canonical(level, default, exceptions);
        if exceptions.is_empty() {
            return Ok(default);
        }
        let branch = Branch { level, default, exceptions: exceptions.into() };
        if let Some(&known) = self.numbers.get(&branch) {
            return Ok(known);
        }
        self.budget = self.budget.checked_sub(branch.exceptions.len()).ok_or(OverBudget)?;
        let id = NodeId(self.branches.len() as u32);
        self.branches.push(branch.clone());
        self.numbers.insert(branch, id);
        Ok(id)
    }

    /// The child that most classes lead to becomes the default (of several the smallest), and no
    /// exception leads there.
    fn canonical(
        &self,
        level: u32,
        default: NodeId,
        mut exceptions: Vec<(u32, NodeId)>,
    ) -> (NodeId, Vec<(u32, NodeId)>) {
        let size = self.sizes[level as usize] as usize;
        exceptions.retain(|&(_, to)| to != default);
        if exceptions.len() * 2 < size {
            return (default, exceptions);
        }
        let mut counts: FxHashMap<NodeId, usize> = FxHashMap::default();
        for &(_, to) in &exceptions {
            *counts.entry(to).or_default() += 1;
        }
        counts.insert(default, size - exceptions.len());
        let best = counts
            .into_iter()
            .max_by_key(|&(node, count)| (count, std::cmp::Reverse(node.0)))
            .map_or(default, |(node, _)| node);
        if best == default {
            return (default, exceptions);
        }
        let mut all = vec![default; size];
        for (class, to) in exceptions {
            all[class as usize] = to;
        }
        let kept = all
            .into_iter()
            .enumerate()
            .filter(|&(_, to)| to != best)
            .map(|(class, to)| (class as u32, to))
            .collect();
        (best, kept)
    }

    /// How many exceptions the diagrams below these nodes have.
    pub(crate) fn weight(&self, roots: &[NodeId]) -> usize {
        self.below(roots).iter().map(|&node| self.branches[node as usize].exceptions.len()).sum()
    }

    /// The nodes below these, children before parents.
    pub(crate) fn below(&self, roots: &[NodeId]) -> Vec<u32> {
        // A diagram is often much smaller than all that was ever made, so no list of all nodes.
        let mut seen = FxHashSet::default();
        let mut open: Vec<NodeId> = roots.to_vec();
        while let Some(node) = open.pop() {
            if node.as_leaf().is_some() || !seen.insert(node.0) {
                continue;
            }
            let branch = &self.branches[node.0 as usize];
            open.push(branch.default);
            open.extend(branch.exceptions.iter().map(|&(_, to)| to));
        }
        // A node is made after its children.
        let mut below: Vec<u32> = seen.into_iter().collect();
        below.sort_unstable();
        below
    }
}

/// The leaves of a policy, each once. Leaf 0 is nothing.
pub(crate) struct Leaves {
    pub(crate) rows: Vec<Leaf>,
    numbers: FxHashMap<Leaf, u32>,
}

impl Leaves {
    pub(crate) fn new() -> Leaves {
        let mut leaves = Leaves { rows: Vec::new(), numbers: FxHashMap::default() };
        leaves.number(Leaf::default());
        leaves
    }

    pub(crate) fn number(&mut self, leaf: Leaf) -> u32 {
        *self.numbers.entry(leaf).or_insert_with(|| {
            self.rows.push(leaf);
            self.rows.len() as u32 - 1
        })
    }
}
