//! The one place where tables are doubted. After it, no walk leaves them, fails to end, or breaks off.

use std::fmt;

use super::TokenTable;
use super::layout::Step;
use super::tables::{
    CommandPattern, Effect, Filed, NO_STATE, NOWHERE, NodeId, Plan, Row, Start, Tables, Variable,
    VariableKind, WordNfa, WordTest, expr,
};
use super::view::MOST_DEPTH;
use crate::vocab::Action;

/// Tables that a decision could not be walked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTables {
    /// Which table, and what is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for InvalidTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the policy's tables are broken: {}", self.what)
    }
}

impl std::error::Error for InvalidTables {}

fn ensure(holds: bool, what: &'static str) -> Result<(), InvalidTables> {
    if holds { Ok(()) } else { Err(InvalidTables { what }) }
}

impl Tables {
    /// Checks every index once.
    ///
    /// # Errors
    /// When some walk could leave the tables or go on for ever.
    ///
    /// # Cost
    /// Linear in the size of the tables.
    pub(crate) fn check(&self) -> Result<(), InvalidTables> {
        ensure(self.plans.len() == Action::COUNT, "one plan for each action")?;
        ensure(self.roots.len() <= Tables::MOST_ROOTS, "too many roots")?;
        ensure(self.marks.len() <= 64, "too many marks")?;
        ensure(self.leaves.first().is_some_and(|leaf| leaf.rule == 0), "leaf 0 is nothing")?;
        self.check_rules()?;
        self.check_groups()?;
        for variable in &self.variables {
            self.check_variable(variable)?;
        }
        for atom in &self.atoms {
            ensure((atom.variable as usize) < self.variables.len(), "an atom's variable")?;
            ensure((atom.folded as usize) < self.atoms.len(), "an atom's folded form")?;
            ensure(
                atom.command == NOWHERE || (atom.command as usize) < self.commands.len(),
                "an atom's command",
            )?;
        }
        ensure(self.texts.len() == self.files.len(), "a text for each file")?;
        ensure(self.given as usize <= self.texts.len(), "the files that were given")?;
        let includes = self.includes.iter().flat_map(|(from, _, to)| [*from, *to]);
        for file in includes {
            ensure((file as usize) < self.files.len(), "the file of an include")?;
        }
        for command in &self.commands {
            ensure((command.sequence as usize) < self.sequences.len(), "a command's sequence")?;
            for pattern in &command.patterns {
                check_pattern(pattern)?;
            }
        }
        self.check_forest()?;
        for plan in &self.plans {
            self.check_plan(plan)?;
        }
        Ok(())
    }

    fn check_rules(&self) -> Result<(), InvalidTables> {
        for rule in &self.rules {
            let file = rule.file as usize;
            ensure(file < self.files.len() && file <= usize::from(u16::MAX), "a rule's file")?;
            match rule.effect {
                Effect::Tier(_, options) => {
                    ensure((options as usize) < self.options.len(), "a rule's options")?;
                }
                Effect::Mark(mark) => {
                    ensure(usize::from(mark) < self.marks.len(), "a rule's mark")?;
                }
                Effect::Record(_) => {}
            }
            self.check_expr(rule.expr)?;
        }
        for count in &self.counts {
            ensure(
                count.atom == NOWHERE || (count.atom as usize) < self.atoms.len(),
                "a count's atom",
            )?;
            self.check_expr(count.expr)?;
        }
        for accept in &self.accepts {
            self.check_expr(accept.expr)?;
        }
        for &trust in &self.trusts {
            self.check_expr(trust)?;
        }
        Ok(())
    }

    /// A formula ends inside the table and does not nest too deep.
    fn check_expr(&self, at: u32) -> Result<(), InvalidTables> {
        // How many formulas each open operator still waits for.
        let mut open: Vec<u32> = vec![1];
        let mut cursor = at as usize;
        while let Some(waiting) = open.last_mut() {
            if *waiting == 0 {
                open.pop();
                continue;
            }
            *waiting -= 1;
            let word = *self.exprs.get(cursor).ok_or(InvalidTables { what: "a formula's end" })?;
            cursor += 1;
            let operand = word >> expr::BITS;
            match word & ((1 << expr::BITS) - 1) {
                expr::TRUE => {}
                expr::ATOM => ensure((operand as usize) < self.atoms.len(), "a formula's atom")?,
                expr::NOT => open.push(1),
                expr::AND | expr::OR => open.push(operand),
                _ => return Err(InvalidTables { what: "a formula's operator" }),
            }
            ensure(open.len() <= MOST_DEPTH, "a formula's depth")?;
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), InvalidTables> {
        for sequence in &self.sequences {
            ensure(sequence.groups.0 <= sequence.groups.1, "a sequence's groups")?;
            ensure(sequence.groups.1 as usize <= self.groups.len(), "a sequence's groups")?;
            check_tokens(&sequence.tokens)?;
            check_tokens(&sequence.folded)?;
        }
        for group in &self.groups {
            let sequence = self
                .sequences
                .get(group.sequence as usize)
                .ok_or(InvalidTables { what: "a group's sequence" })?;
            ensure(group.symbols.len() == sequence.tokens.len(), "a group's symbols")?;
            let folded = group.folded_symbols.len();
            ensure(folded == sequence.folded.len(), "a group's folded symbols")?;
            ensure((group.variable as usize) < self.variables.len(), "a group's variable")?;
            if let Start::Root(root) = group.start {
                ensure(usize::from(root) < self.roots.len(), "a group's root")?;
            }
            let symbols = group.symbols.iter().chain(&group.folded_symbols);
            let mut last = symbols.copied().max().unwrap_or(0).max(group.other);
            for globs in group.globs.iter().chain(&group.folded_globs) {
                ensure(globs.is_valid(), "a group's globs")?;
                last = last.max(globs.symbols.iter().copied().max().unwrap_or(0));
            }
            ensure(last < group.width, "how many symbols a group has")?;
            let states = group.classes.len();
            ensure(0 < states && states <= usize::from(NO_STATE), "a group's states")?;
            ensure(group.rows.len() <= states, "a group's states")?;
            let is_state = |state: u16| usize::from(state) < states;
            for &Row { base, default, like } in &group.rows {
                ensure(is_state(default), "a group's step")?;
                let end = base as usize + usize::from(group.width);
                ensure(end <= group.cells.len(), "a group's cells")?;
                let has_row = usize::from(like) < group.rows.len();
                ensure(like == NO_STATE || has_row, "a state that is like")?;
            }
            for cell in &group.cells {
                ensure(cell.check == NO_STATE || is_state(cell.next), "a group's step")?;
            }
            let classes = self.variables[group.variable as usize].classes;
            let has_class = |&class: &u16| u32::from(class) < classes;
            ensure(group.classes.iter().all(has_class), "a group's class")?;
        }
        for root in &self.roots {
            if let Some(group) = root.within {
                ensure((group as usize) < self.groups.len(), "where a root lies")?;
            }
        }
        Ok(())
    }

    fn check_variable(&self, variable: &Variable) -> Result<(), InvalidTables> {
        let starts = &variable.starts;
        ensure(
            variable.classes < NOWHERE - 2
                && starts.len() == variable.classes as usize + 1
                && starts.is_sorted()
                && starts.last().is_some_and(|&end| end as usize <= variable.holds.len()),
            "a variable's classes",
        )?;
        let classes = match &variable.kind {
            VariableKind::Group(group) | VariableKind::Contains { group, .. } => {
                ensure((*group as usize) < self.groups.len(), "a variable's group")?;
                2
            }
            VariableKind::Number { bounds, .. } => bounds.len() + 2,
            VariableKind::Address { v4, v6, .. } => v4.len() + v6.len() + 3,
            VariableKind::Marked(mark) => {
                ensure(usize::from(*mark) < self.marks.len(), "a variable's mark")?;
                2
            }
            _ => 2,
        };
        let least = match variable.kind {
            VariableKind::Group(_) => 1,
            _ => classes,
        };
        ensure(variable.classes as usize >= least, "a variable's classes")
    }

    fn check_forest(&self) -> Result<(), InvalidTables> {
        for (index, node) in self.nodes.iter().enumerate() {
            // A child lies before its parent, so every walk steps down and ends.
            ensure(self.steps_down(node.default, index), "a node's default")?;
            ensure((node.base as usize) <= self.edges.len(), "a node's edges")?;
        }
        for edge in &self.edges {
            let parent = if edge.check == NOWHERE { self.nodes.len() } else { edge.check as usize };
            ensure(self.steps_down(edge.to, parent), "an edge")?;
        }
        for leaf in &self.leaves {
            ensure(leaf.rule == 0 || self.leaf_tier(leaf).is_some(), "a leaf's rule")?;
            ensure((leaf.options as usize) < self.options.len().max(1), "a leaf's options")?;
        }
        Ok(())
    }

    fn steps_down(&self, to: NodeId, from: usize) -> bool {
        match to.as_leaf() {
            Some(leaf) => (leaf as usize) < self.leaves.len(),
            None => (to.0 as usize) < from,
        }
    }

    fn check_plan(&self, plan: &Plan) -> Result<(), InvalidTables> {
        ensure(plan.variables.is_sorted(), "a plan's variables")?;
        for &variable in &plan.variables {
            ensure((variable as usize) < self.variables.len(), "a plan's variable")?;
        }
        for read in &plan.sequences {
            ensure((read.sequence as usize) < self.sequences.len(), "a plan's sequence")?;
            for &(group, place) in &read.groups {
                let group = self.groups.get(group as usize);
                ensure(
                    group.is_some_and(|group| {
                        group.sequence == read.sequence
                            && plan.variables.get(place as usize) == Some(&group.variable)
                    }),
                    "a plan's group",
                )?;
            }
        }
        for &root in &plan.roots {
            ensure(usize::from(root) < self.roots.len(), "a plan's root")?;
        }
        for &count in &plan.counts {
            ensure((count as usize) < self.counts.len(), "a plan's count")?;
        }
        for &tree in plan.upper.iter().chain(&plan.lower) {
            self.check_tree(tree, plan)?;
        }
        self.check_filed(&plan.listed, plan)?;
        self.check_filed(&plan.filed, plan)?;
        plan.folded.iter().try_for_each(|filed| self.check_filed(filed, plan))
    }

    /// Every node of the tree asks a variable of the plan, and its edges cover all its classes.
    fn check_tree(&self, tree: NodeId, plan: &Plan) -> Result<(), InvalidTables> {
        ensure(self.steps_down(tree, self.nodes.len()), "a tree's root")?;
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![tree];
        while let Some(id) = open.pop() {
            if id.as_leaf().is_some() || std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            let node = self.nodes[id.0 as usize];
            let variable = plan
                .variables
                .get(node.variable as usize)
                .ok_or(InvalidTables { what: "a node's variable" })?;
            let classes = self.variables[*variable as usize].classes as usize;
            let edges = self
                .edges
                .get(node.base as usize..node.base as usize + classes + 1)
                .ok_or(InvalidTables { what: "a node's edges" })?;
            open.push(node.default);
            open.extend(edges.iter().filter(|edge| edge.check == id.0).map(|edge| edge.to));
        }
        Ok(())
    }

    fn check_filed(&self, filed: &Filed, plan: &Plan) -> Result<(), InvalidTables> {
        let rules = filed.always.iter().copied();
        for rule in rules.chain(filed.by_atom.iter().map(|filed| filed.rule)) {
            ensure((rule as usize) < self.rules.len(), "a filed rule")?;
        }
        for &(variable, first, end) in &filed.variables {
            ensure((variable as usize) < plan.variables.len(), "a filed variable")?;
            let rules = filed.by_atom.get(first as usize..end as usize);
            ensure(rules.is_some_and(<[_]>::is_sorted), "the order of filed rules")?;
        }
        Ok(())
    }
}

fn check_pattern(pattern: &CommandPattern) -> Result<(), InvalidTables> {
    check_nfa(&pattern.items)?;
    check_nfa(&pattern.fixed)?;
    for test in &pattern.flags {
        check_nfa(&test.after)?;
        ensure(test.word.is_valid(), "a test of flags")?;
    }
    Ok(())
}

fn check_nfa(nfa: &WordNfa) -> Result<(), InvalidTables> {
    let is_state = |state: u32| state < nfa.states;
    ensure(nfa.states as usize <= WordNfa::MOST && is_state(nfa.accept), "a pattern's states")?;
    ensure(
        nfa.empty.is_sorted() && nfa.empty.iter().all(|&(from, to)| from < to && is_state(to)),
        "empty steps",
    )?;
    let most = usize::from(u16::MAX);
    ensure(nfa.steps.len() <= most && nfa.empty.len() <= most, "how many steps a pattern has")?;
    nfa.steps.iter().try_for_each(|(from, test, to)| {
        ensure(is_state(*from) && is_state(*to), "a pattern's step")?;
        match test {
            WordTest::Glob(glob) => ensure(glob.is_valid(), "a word's glob"),
            WordTest::Token(number) => ensure(number >> (32 - Step::BITS) == 0, "a word's token"),
            WordTest::Any => Ok(()),
        }
    })
}

fn check_tokens(tokens: &TokenTable) -> Result<(), InvalidTables> {
    let room = tokens.slots.len().checked_sub(TokenTable::PROBES);
    ensure(
        tokens.slots.is_empty() || room.is_some_and(usize::is_power_of_two),
        "how many slots a table of tokens has",
    )?;
    let known = |number: u32| number as usize <= tokens.len();
    ensure(tokens.slots.iter().all(|slot| known(slot.number)), "a slot of a table of tokens")?;
    ensure(
        tokens.starts.is_sorted()
            && tokens.starts.last().is_none_or(|&end| end as usize <= tokens.pool.len()),
        "where tokens lie",
    )
}
