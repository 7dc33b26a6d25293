//! From bytes back to tables: for checking what was loaded, for drawing it, for measuring it.

use super::layout::{FlagEntry, Record, Step, Table};
use super::stream::Decoder;
use super::tables::{
    CommandAtom, CommandPattern, Effect, FlagTest, Group, Leaf, Plan, PlanSequence, RootRow,
    RuleRow, Sequence, Tables, Variable, VariableKind, WordNfa, WordTest,
};
use super::tokens::{ByteDfa, TokenTable};
use super::view::{self, Dfa, Tokens, View};
use crate::artifact::LoadError;
use crate::vocab::{ActionSet, Layer};

/// How many bytes a thawed policy may take, whatever its size, and how many times its own.
const MOST_COPIED: usize = 1 << 26;
const MOST_TIMES: usize = 16;

/// The texts that a policy was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sources {
    pub texts: Box<[Box<str>]>,
    /// So many of the texts were given; the others were included.
    pub given: u32,
    /// What the path of each `include` leads to: the file it stands in, the path, the file.
    pub includes: Box<[(u32, Box<str>, u32)]>,
}

impl Sources {
    /// Reads the section of the sources.
    pub(crate) fn read(section: &[u8]) -> Result<Sources, LoadError> {
        let mut from = Decoder::new(section, "its sources");
        let sources = Sources {
            given: from.number()?,
            texts: from.texts()?,
            includes: from
                .list(|from| Ok((from.number()?, from.text()?.into(), from.number()?)))?,
        };
        from.ensure(sources.given as usize <= sources.texts.len())?;
        from.end()?;
        Ok(sources)
    }
}

impl View<'_> {
    /// The tables that these bytes hold. Where they hold none the walk is broken, and the tables
    /// have holes.
    ///
    /// # Cost
    /// A copy of everything.
    pub(crate) fn thaw(&self, sources: Sources) -> Tables {
        let index = self.index;
        let tables = Tables {
            name: index.name.clone(),
            version: index.version.clone(),
            files: index.files.clone(),
            texts: sources.texts,
            given: sources.given,
            includes: sources.includes,
            rules: (0..index.rules.rows).map(|rule| self.thaw_rule(rule)).collect(),
            options: index.options.clone(),
            reviewers: index.reviewers.clone(),
            marks: index.marks.clone(),
            roots: index
                .roots
                .iter()
                .map(|root| RootRow { name: root.name.clone(), within: root.within })
                .collect(),
            declared: index.declared.clone(),
            declared_paths: index.declared_paths.clone(),
            sequences: index
                .sequences
                .iter()
                .map(|sequence| Sequence {
                    source: sequence.source.clone(),
                    split: sequence.split,
                    fold: sequence.fold,
                    tokens: self.thaw_tokens(&sequence.tokens),
                    folded: self.thaw_tokens(&sequence.folded),
                    groups: sequence.groups,
                })
                .collect(),
            groups: index.groups.iter().map(|group| self.thaw_group(group)).collect(),
            variables: index.variables.iter().map(|one| self.thaw_variable(one)).collect(),
            atoms: self.all(index.atoms),
            commands: (0..index.commands.rows).map(|one| self.thaw_command(one)).collect(),
            exprs: self.all(index.exprs),
            plans: index.plans.iter().map(|plan| self.thaw_plan(plan)).collect(),
            nodes: self.all(index.nodes),
            edges: self.all(index.edges),
            leaves: self.thaw_leaves(),
            counts: index.counts.clone(),
            accepts: index.accepts.clone(),
            trusts: index.trusts.clone(),
        };
        let rows = tables.leaves.get(1 + tables.rules.len()..).unwrap_or_default();
        for (row, leaf) in index.leaves.iter(self.bytes).zip(rows) {
            if leaf.rule != 0 && tables.leaf_tier(leaf).map(|tier| tier as u8) != Some(row.tier) {
                self.break_off();
            }
        }
        tables
    }

    /// Nothing, every rule alone, and the leaves that have a row.
    fn thaw_leaves(&self) -> Box<[Leaf]> {
        let alone = (0..self.rules.rows).map(|rule| match self.effect(rule) {
            Effect::Tier(_, options) => Leaf { rule: rule + 1, options, ..Leaf::default() },
            Effect::Record(_) | Effect::Mark(_) => Leaf::default(),
        });
        let rows = self.index.leaves.iter(self.bytes).map(|leaf| {
            let (record, marks) = self.note(leaf.note);
            Leaf { rule: leaf.rule, options: leaf.options, record, marks }
        });
        std::iter::once(Leaf::default()).chain(alone).chain(rows).collect()
    }

    fn all<T: Record>(&self, table: Table<T>) -> Box<[T]> {
        self.afford(table).iter(self.bytes).collect()
    }

    /// The table, unless too much was copied already: many rows may name the same rows of another
    /// table, so that a small artifact could thaw to anything.
    fn afford<T: Record>(&self, table: Table<T>) -> Table<T> {
        let most = MOST_COPIED + MOST_TIMES * self.bytes.len();
        let copied = self.copied.get().saturating_add(table.bytes(self.bytes).len());
        self.copied.set(copied);
        if most < copied {
            self.break_off();
            return Table::default();
        }
        table
    }

    fn thaw_rule(&self, rule: u32) -> RuleRow {
        let row = self.at(self.rules, rule);
        if Layer::ALL.len() <= usize::from(row.layer) || self.files.len() <= usize::from(row.file) {
            self.break_off();
        }
        RuleRow {
            name: self.string(row.name).into(),
            layer: Layer::ALL.get(usize::from(row.layer)).copied().unwrap_or(Layer::Session),
            effect: self.effect(rule),
            reason: self.optional_string(row.reason).map(Into::into),
            file: row.file.into(),
            line: row.line,
            column: row.column,
            expr: row.expr,
            loosens: ActionSet::from_bits(row.loosens),
            asks_addresses: row.asks_addresses,
        }
    }

    fn thaw_tokens(&self, tokens: &Tokens) -> TokenTable {
        TokenTable {
            seed: tokens.seed,
            slots: self.all(tokens.slots),
            starts: self.all(tokens.starts),
            pool: self.all(tokens.pool),
        }
    }

    fn thaw_glob(&self, glob: &Dfa) -> ByteDfa {
        ByteDfa {
            bytes: self.all(glob.bytes),
            stride: glob.stride,
            next: self.all(glob.next),
            symbols: self.all(glob.symbols),
            settled: glob.settled,
        }
    }

    fn thaw_group(&self, group: &view::Group) -> Group {
        Group {
            sequence: group.sequence,
            start: group.start,
            variable: group.variable,
            width: group.width,
            symbols: self.all(group.symbols),
            other: group.other,
            globs: group.globs.as_ref().map(|glob| self.thaw_glob(glob)),
            folded_symbols: self.all(group.folded_symbols),
            folded_globs: group.folded_globs.as_ref().map(|glob| self.thaw_glob(glob)),
            rows: self.all(group.rows),
            cells: self.all(group.cells),
            classes: self.all(group.classes),
        }
    }

    fn thaw_variable(&self, variable: &view::Variable) -> Variable {
        let kind = match &variable.kind {
            view::VariableKind::Group(group) => VariableKind::Group(*group),
            view::VariableKind::Number { source, bounds } => {
                VariableKind::Number { source: source.clone(), bounds: self.all(*bounds) }
            }
            view::VariableKind::Address { source, v4, v6 } => VariableKind::Address {
                source: source.clone(),
                v4: self.all(*v4),
                v6: self.all(*v6),
            },
            view::VariableKind::Bool(source) => VariableKind::Bool(source.clone()),
            view::VariableKind::Contains { source, group } => {
                VariableKind::Contains { source: source.clone(), group: *group }
            }
            view::VariableKind::SetEquals { source, members } => {
                VariableKind::SetEquals { source: source.clone(), members: members.clone() }
            }
            view::VariableKind::Marked(mark) => VariableKind::Marked(*mark),
            view::VariableKind::Present(source) => VariableKind::Present(source.clone()),
            view::VariableKind::Any(source) => VariableKind::Any(source.clone()),
            view::VariableKind::AnyDestination => VariableKind::AnyDestination,
        };
        Variable {
            kind,
            classes: variable.classes,
            starts: self.all(variable.starts),
            holds: self.all(variable.holds),
        }
    }

    fn thaw_plan(&self, plan: &view::Plan) -> Plan {
        Plan {
            default: plan.default,
            variables: plan.variables.clone(),
            sequences: plan
                .sequences
                .iter()
                .map(|read| PlanSequence { sequence: read.sequence, groups: read.groups.clone() })
                .collect(),
            upper: plan.upper.clone(),
            lower: plan.lower.clone(),
            rules: self.all(plan.rules),
            listed: self.thaw_filed(&plan.listed),
            filed: self.thaw_filed(&plan.filed),
            folded: plan.folded.as_ref().map(|filed| self.thaw_filed(filed)),
            roots: plan.roots.clone(),
            counts: plan.counts.clone(),
            needs_text: plan.needs_text,
        }
    }

    fn thaw_filed(&self, filed: &view::Filed) -> super::tables::Filed {
        super::tables::Filed {
            always: self.all(filed.always),
            by_atom: self.all(filed.by_atom),
            variables: self.all(filed.variables),
        }
    }

    fn thaw_command(&self, number: u32) -> CommandAtom {
        let (patterns, sequence) = self.command(number);
        let patterns = self
            .afford(patterns)
            .iter(self.bytes)
            .map(|pattern| CommandPattern {
                items: self.thaw_nfa(pattern.items),
                flags: self
                    .afford(self.part(self.index.flags, pattern.flags.0, pattern.flags.1))
                    .iter(self.bytes)
                    .filter_map(|flag| self.thaw_flag(flag))
                    .collect(),
                fixed: self.thaw_nfa(pattern.fixed),
                known_flags: self
                    .afford(self.part(self.known_flags, pattern.known.0, pattern.known.1))
                    .iter(self.bytes)
                    .map(|flag| self.string(flag).into())
                    .collect(),
            })
            .collect();
        CommandAtom { patterns, sequence }
    }

    fn thaw_flag(&self, flag: FlagEntry) -> Option<FlagTest> {
        Some(FlagTest {
            forbids: flag.word & 1 != 0,
            after: self.thaw_nfa(flag.after),
            word: self.thaw_glob(self.glob(flag.word >> 1)?),
        })
    }

    fn thaw_nfa(&self, number: u32) -> WordNfa {
        let nfa = self.nfa(number);
        let test = |test: u32| {
            let operand = test >> Step::BITS;
            match test & ((1 << Step::BITS) - 1) {
                Step::ANY => Some(WordTest::Any),
                Step::TOKEN => Some(WordTest::Token(operand)),
                Step::GLOB => Some(WordTest::Glob(self.thaw_glob(self.glob(operand)?))),
                _ => {
                    self.break_off();
                    None
                }
            }
        };
        WordNfa {
            states: self.at(self.nfas, number).states.into(),
            accept: nfa.accept.into(),
            steps: self
                .afford(nfa.steps)
                .iter(self.bytes)
                .filter_map(|step| Some((step.from.into(), test(step.test)?, step.to.into())))
                .collect(),
            empty: self
                .afford(nfa.empty)
                .iter(self.bytes)
                .map(|(from, to)| (from.into(), to.into()))
                .collect(),
        }
    }
}
