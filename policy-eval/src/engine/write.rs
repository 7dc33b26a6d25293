//! From tables to bytes.
//!
//! Equal tables are laid down once: the automata over exact and over folded names are often the
//! same, and so are the automata of most flags. What comes out follows from the tables alone, in
//! their order; hash maps are only asked, never listed.

use std::collections::HashMap;

use super::layout::{
    FlagEntry, LeafEntry, NfaEntry, Note, PatternEntry, Record, RuleEntry, Section, Step, Table,
};
use super::stream::Encoder;
use super::tables::{
    CommandAtom, CommandPattern, CountRow, Edge, Effect, Filed, FlagTest, Group, NOWHERE, Node,
    NodeId, Operands, OptionsRow, Plain, Plan, Source, Split, Start, Tables, Variable,
    VariableKind, WordNfa, WordTest,
};
use super::tokens::{ByteDfa, TokenTable};
use crate::artifact;
use crate::vocab::Layer;

/// The artifact of tables that were checked.
pub(crate) fn write(tables: &Tables) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.index(tables);
    let mut sections: [Vec<u8>; Section::COUNT] = writer.sections.map(|section| section.bytes);
    sections[Section::Index as usize] = writer.index.bytes;
    sections[Section::Sources as usize] = sources(tables);
    artifact::write(&digest(tables), &sections)
}

/// The digest of tables.
pub(crate) fn digest(tables: &Tables) -> [u8; 32] {
    let texts = tables.texts.iter().map(|text| &**text);
    let rules = tables.rules.iter().map(|rule| (&*rule.name, rule.layer, rule.line, rule.column));
    digest_of(texts, rules)
}

/// The digest of a policy: over the texts of all its layers, and the names and places (line and
/// column) of its rules in rank order. Neither the order in which files were given plays a part,
/// nor what they are called.
pub fn digest_of<'a>(
    texts: impl Iterator<Item = &'a str>,
    rules: impl Iterator<Item = (&'a str, Layer, u32, u32)>,
) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("policy artifact 1: texts, names, places");
    let mut text = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.iter().for_each(|one| text(one));
    for (name, layer, line, column) in rules {
        text(name);
        text(&format!("{layer} {line}:{column}"));
    }
    *hasher.finalize().as_bytes()
}

/// `blake3:` and 64 digits.
pub fn digest_text(digest: &[u8; 32]) -> String {
    format!("blake3:{}", blake3::Hash::from(*digest).to_hex())
}

fn sources(tables: &Tables) -> Vec<u8> {
    let mut out = Encoder::default();
    out.number(tables.given);
    out.texts(&tables.texts);
    out.list(&tables.includes, |out, (from, path, to)| {
        out.number(*from);
        out.text(path);
        out.number(*to);
    });
    out.bytes
}

/// A section that grows.
#[derive(Default)]
struct Growing {
    bytes: Vec<u8>,
    /// Where tables with this alignment and these bytes lie.
    known: HashMap<(usize, Vec<u8>), u32>,
}

impl Growing {
    /// Lays a table down, unless one with the same bytes is there.
    fn table<T: Record>(&mut self, rows: impl IntoIterator<Item = T>) -> Table<T> {
        let mut bytes = Vec::new();
        let mut many = 0;
        for row in rows {
            row.write(&mut bytes);
            many += 1;
        }
        let next = self.bytes.len().next_multiple_of(T::ALIGN);
        let at = *self.known.entry((T::ALIGN, bytes)).or_insert_with_key(|(_, bytes)| {
            self.bytes.resize(next, 0);
            self.bytes.extend_from_slice(bytes);
            next as u32
        });
        Table::at(at, many)
    }
}

/// Rows that are collected over the whole policy, in lists of which each lies down once.
struct Lists<T> {
    rows: Vec<T>,
    known: HashMap<Vec<u8>, (u32, u32)>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { rows: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Record> Lists<T> {
    /// First row and end of a list.
    fn list(&mut self, rows: Vec<T>) -> (u32, u32) {
        let mut bytes = Vec::with_capacity(rows.len() * T::SIZE);
        rows.iter().for_each(|row| row.write(&mut bytes));
        let place = (self.rows.len() as u32, (self.rows.len() + rows.len()) as u32);
        *self.known.entry(bytes).or_insert_with(|| {
            self.rows.extend(rows);
            place
        })
    }

    /// The number of one row.
    fn one(&mut self, row: T) -> u32 {
        self.list(vec![row]).0
    }
}

/// The leaves in the numbers that artifacts have. 0 is nothing, the next are the rules, each by
/// itself; so most leaves need no row. Those that amount to something else come behind.
struct Leaves {
    /// By number in the tables: the number in the artifact.
    names: Vec<u32>,
    rows: Vec<LeafEntry>,
    notes: Vec<Note>,
}

impl Leaves {
    fn of(tables: &Tables) -> Leaves {
        let first = tables.rules.len() as u32 + 1;
        let (mut names, mut rows) = (Vec::new(), Vec::new());
        let mut notes = vec![Note::default()];
        for leaf in &tables.leaves {
            if let Some(rule) = tables.alone(leaf) {
                names.push(rule);
                continue;
            }
            let note = Note { marks: leaf.marks, record: leaf.record as u8 };
            let note = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
                notes.push(note);
                notes.len() - 1
            });
            names.push(first + rows.len() as u32);
            rows.push(LeafEntry {
                rule: leaf.rule,
                options: leaf.options,
                note: note as u32,
                tier: tables.leaf_tier(leaf).map_or(0, |tier| tier as u8),
            });
        }
        Leaves { names, rows, notes }
    }

    fn name(&self, leaf: u32) -> NodeId {
        NodeId::leaf(self.names.get(leaf as usize).copied().unwrap_or(0))
    }
}

/// An automaton over bytes: its stride, its first settled state, and where its tables lie.
type GlobEntry = (u16, u16, [(u32, u32); 3]);

#[derive(Default)]
struct Writer {
    index: Encoder,
    sections: [Growing; Section::COUNT],
    strings: HashMap<Box<str>, u32>,
    string_starts: Vec<u32>,
    string_bytes: Vec<u8>,
    globs: Vec<GlobEntry>,
    nfas: Lists<NfaEntry>,
    steps: Lists<Step>,
    empty_steps: Lists<(u8, u8)>,
    flags: Lists<FlagEntry>,
    known_flags: Lists<u32>,
    patterns: Lists<PatternEntry>,
}

impl Writer {
    fn section(&mut self, section: Section) -> &mut Growing {
        &mut self.sections[section as usize]
    }

    /// Lays a table down and says in the index where it lies.
    fn place<T: Record>(&mut self, section: Section, rows: impl IntoIterator<Item = T>) {
        let table = self.section(section).table(rows);
        self.index.table(table);
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.strings.get(text) {
            return number;
        }
        let number = self.strings.len() as u32;
        self.strings.insert(text.into(), number);
        self.string_starts.push(self.string_bytes.len() as u32);
        self.string_bytes.extend_from_slice(text.as_bytes());
        number
    }

    fn index(&mut self, tables: &Tables) {
        let out = &mut self.index;
        out.optional(tables.name.as_deref(), Encoder::text);
        out.optional(tables.version.as_deref(), Encoder::text);
        out.texts(&tables.files);
        out.texts(&tables.reviewers);
        out.texts(&tables.marks);
        out.texts(&tables.declared);
        out.texts(&tables.declared_paths);
        out.list(&tables.roots, |out, root| {
            out.text(&root.name);
            out.optional(root.within, Encoder::number);
        });
        out.list(&tables.options, options_row);
        // Automata over bytes get their numbers where they are used, and stand in front of that.
        let before = std::mem::take(&mut self.index);
        self.index.number(tables.sequences.len() as u32);
        for sequence in &tables.sequences {
            source(&mut self.index, &sequence.source);
            self.index.byte(number_in(&Split::ALL, &sequence.split));
            self.index.flag(sequence.fold);
            self.tokens(&sequence.tokens);
            self.tokens(&sequence.folded);
            self.index.number(sequence.groups.0);
            self.index.number(sequence.groups.1);
        }
        self.index.number(tables.groups.len() as u32);
        tables.groups.iter().for_each(|group| self.group(group));
        self.index.number(tables.variables.len() as u32);
        tables.variables.iter().for_each(|variable| self.variable(variable));
        self.index.list(&tables.counts, count_row);
        self.index.list(&tables.accepts, |out, accept| {
            accept.floors.bits().write(&mut out.bytes);
            out.number(accept.expr);
        });
        self.index.list(&tables.trusts, |out, &expr| out.number(expr));
        self.index.number(tables.plans.len() as u32);
        let leaves = Leaves::of(tables);
        tables.plans.iter().for_each(|plan| self.plan(plan, &leaves));
        let commands: Vec<_> =
            tables.commands.iter().map(|command| self.command(command)).collect();
        self.rules(tables);
        self.place(Section::Atoms, tables.atoms.iter().copied());
        self.place(Section::Formulas, tables.exprs.iter().copied());
        let named = |node: NodeId| node.as_leaf().map_or(node, |leaf| leaves.name(leaf));
        let nodes = tables.nodes.iter();
        self.place(
            Section::Nodes,
            nodes.map(|node| Node { default: named(node.default), ..*node }),
        );
        let edges = tables.edges.iter();
        self.place(Section::Edges, edges.map(|edge| Edge { to: named(edge.to), ..*edge }));
        self.place(Section::Leaves, leaves.rows);
        self.place(Section::Leaves, leaves.notes);
        self.place(Section::Commands, commands);
        let rows = std::mem::take(&mut self.patterns.rows);
        self.place(Section::Commands, rows);
        let rows = std::mem::take(&mut self.nfas.rows);
        self.place(Section::Commands, rows);
        let rows = std::mem::take(&mut self.steps.rows);
        self.place(Section::Commands, rows);
        let rows = std::mem::take(&mut self.empty_steps.rows);
        self.place(Section::Commands, rows);
        let rows = std::mem::take(&mut self.flags.rows);
        self.place(Section::Commands, rows);
        let rows = std::mem::take(&mut self.known_flags.rows);
        self.place(Section::Commands, rows);
        let behind = std::mem::replace(&mut self.index, before);
        self.index.list(&self.globs, |out, (stride, settled, tables)| {
            stride.write(&mut out.bytes);
            settled.write(&mut out.bytes);
            for (at, rows) in tables {
                out.number(*at);
                out.number(*rows);
            }
        });
        self.index.bytes.extend(behind.bytes);
    }

    /// Strings stand in the section of the rules' names; where, is said in front of the rules.
    fn rules(&mut self, tables: &Tables) {
        let rules: Vec<RuleEntry> = tables
            .rules
            .iter()
            .map(|rule| {
                let (kind, value, options) = match rule.effect {
                    Effect::Tier(tier, options) => (RuleEntry::TIER, tier as u8, options),
                    Effect::Record(level) => (RuleEntry::RECORD, level as u8, 0),
                    Effect::Mark(mark) => (RuleEntry::MARK, mark, 0),
                };
                RuleEntry {
                    name: self.string(&rule.name),
                    reason: rule.reason.as_ref().map_or(NOWHERE, |reason| self.string(reason)),
                    layer: rule.layer as u8,
                    kind,
                    value,
                    asks_addresses: rule.asks_addresses,
                    options,
                    line: rule.line,
                    column: rule.column,
                    expr: rule.expr,
                    file: rule.file as u16,
                    loosens: rule.loosens.bits(),
                }
            })
            .collect();
        self.string_starts.push(self.string_bytes.len() as u32);
        let starts = std::mem::take(&mut self.string_starts);
        self.place(Section::Strings, starts);
        let bytes = std::mem::take(&mut self.string_bytes);
        self.place(Section::Strings, bytes);
        self.place(Section::Rules, rules);
    }

    fn tokens(&mut self, tokens: &TokenTable) {
        self.index.long(tokens.seed);
        self.place(Section::Tokens, tokens.slots.iter().copied());
        self.place(Section::Tokens, tokens.starts.iter().copied());
        self.place(Section::Tokens, tokens.pool.iter().copied());
    }

    /// The number of an automaton over bytes.
    fn glob(&mut self, glob: &ByteDfa) -> u32 {
        let section = self.section(Section::Globs);
        let bytes = section.table(glob.bytes.iter().copied());
        let next = section.table(glob.next.iter().copied());
        let symbols = section.table(glob.symbols.iter().copied());
        let places = [(bytes.at, bytes.rows), (next.at, next.rows), (symbols.at, symbols.rows)];
        let glob = (glob.stride, glob.settled, places);
        let number = self.globs.iter().position(|known| *known == glob).unwrap_or_else(|| {
            self.globs.push(glob);
            self.globs.len() - 1
        });
        number as u32
    }

    fn group(&mut self, group: &Group) {
        let globs = group.globs.as_ref().map(|glob| self.glob(glob));
        let folded_globs = group.folded_globs.as_ref().map(|glob| self.glob(glob));
        self.index.number(group.sequence);
        let root = match group.start {
            Start::Beginning => None,
            Start::Root(root) => Some(root),
        };
        self.index.optional(root, |out, root| root.write(&mut out.bytes));
        self.index.number(group.variable);
        group.width.write(&mut self.index.bytes);
        group.other.write(&mut self.index.bytes);
        self.place(Section::Automata, group.symbols.iter().copied());
        self.index.optional(globs, Encoder::number);
        self.place(Section::Automata, group.folded_symbols.iter().copied());
        self.index.optional(folded_globs, Encoder::number);
        self.place(Section::Automata, group.rows.iter().copied());
        self.place(Section::Automata, group.cells.iter().copied());
        self.place(Section::Automata, group.classes.iter().copied());
    }

    fn variable(&mut self, variable: &Variable) {
        match &variable.kind {
            VariableKind::Group(group) => {
                self.index.byte(0);
                self.index.number(*group);
            }
            VariableKind::Number { source: from, bounds } => {
                self.index.byte(1);
                source(&mut self.index, from);
                self.place(Section::Classes, bounds.iter().copied());
            }
            VariableKind::Address { source: from, v4, v6 } => {
                self.index.byte(2);
                source(&mut self.index, from);
                self.place(Section::Classes, v4.iter().copied());
                self.place(Section::Classes, v6.iter().copied());
            }
            VariableKind::Bool(from) => {
                self.index.byte(3);
                source(&mut self.index, from);
            }
            VariableKind::Contains { source: from, group } => {
                self.index.byte(4);
                source(&mut self.index, from);
                self.index.number(*group);
            }
            VariableKind::SetEquals { source: from, members } => {
                self.index.byte(5);
                source(&mut self.index, from);
                self.index.texts(members);
            }
            VariableKind::Marked(mark) => {
                self.index.byte(6);
                self.index.byte(*mark);
            }
            VariableKind::Present(from) => {
                self.index.byte(7);
                source(&mut self.index, from);
            }
            VariableKind::Any(from) => {
                self.index.byte(8);
                source(&mut self.index, from);
            }
            VariableKind::AnyDestination => self.index.byte(9),
        }
        self.index.number(variable.classes);
        self.place(Section::Classes, variable.starts.iter().copied());
        self.place(Section::Classes, variable.holds.iter().copied());
    }

    fn plan(&mut self, plan: &Plan, leaves: &Leaves) {
        let named = |root: NodeId| root.as_leaf().map_or(root, |leaf| leaves.name(leaf));
        let out = &mut self.index;
        out.optional(plan.default, |out, tier| out.byte(tier as u8));
        out.list(&plan.variables, |out, &variable| out.number(variable));
        out.list(&plan.sequences, |out, read| {
            out.number(read.sequence);
            out.list(&read.groups, |out, &(group, place)| {
                out.number(group);
                out.number(place);
            });
        });
        out.list(&plan.upper, |out, &root| out.number(named(root).0));
        out.list(&plan.lower, |out, &root| out.number(named(root).0));
        self.place(Section::Filed, plan.rules.iter().copied());
        self.filed(&plan.listed);
        self.filed(&plan.filed);
        self.index.flag(plan.folded.is_some());
        if let Some(folded) = &plan.folded {
            self.filed(folded);
        }
        let out = &mut self.index;
        out.list(&plan.roots, |out, root| root.write(&mut out.bytes));
        out.list(&plan.counts, |out, &count| out.number(count));
        out.flag(plan.needs_text);
    }

    fn filed(&mut self, filed: &Filed) {
        self.place(Section::Filed, filed.always.iter().copied());
        self.place(Section::Filed, filed.by_atom.iter().copied());
        self.place(Section::Filed, filed.variables.iter().copied());
    }

    fn command(&mut self, command: &CommandAtom) -> (u32, u32, u32) {
        let patterns = command.patterns.iter().map(|pattern| self.pattern(pattern)).collect();
        let (first, end) = self.patterns.list(patterns);
        (first, end, command.sequence)
    }

    fn pattern(&mut self, pattern: &CommandPattern) -> PatternEntry {
        let flags = pattern.flags.iter().map(|test| self.flag(test)).collect();
        let known = pattern.known_flags.iter().map(|flag| self.string(flag)).collect();
        PatternEntry {
            items: self.nfa(&pattern.items),
            fixed: self.nfa(&pattern.fixed),
            flags: self.flags.list(flags),
            known: self.known_flags.list(known),
        }
    }

    fn flag(&mut self, test: &FlagTest) -> FlagEntry {
        FlagEntry {
            after: self.nfa(&test.after),
            word: self.glob(&test.word) << 1 | u32::from(test.forbids),
        }
    }

    fn nfa(&mut self, nfa: &WordNfa) -> u32 {
        let steps = nfa
            .steps
            .iter()
            .map(|(from, test, to)| {
                let test = match test {
                    WordTest::Any => Step::ANY,
                    WordTest::Token(number) => Step::TOKEN | number << Step::BITS,
                    WordTest::Glob(glob) => Step::GLOB | self.glob(glob) << Step::BITS,
                };
                Step { from: *from as u8, to: *to as u8, test }
            })
            .collect();
        let empty = nfa.empty.iter().map(|&(from, to)| (from as u8, to as u8)).collect();
        // The check lets neither be longer.
        let many = |(first, end): (u32, u32)| (first, (end - first) as u16);
        let entry = NfaEntry {
            steps: many(self.steps.list(steps)),
            empty: many(self.empty_steps.list(empty)),
            states: nfa.states as u16,
            accept: nfa.accept as u16,
        };
        self.nfas.one(entry)
    }
}

fn number_in<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|known| known == one).unwrap_or(0) as u8
}

fn options_row(out: &mut Encoder, row: &OptionsRow) {
    out.flag(row.outside_sandbox);
    out.optional(row.reviewer, Encoder::number);
    out.optional(row.timeout_ms, Encoder::number);
    out.byte(row.on_failure as u8);
    out.byte(row.remember as u8);
}

fn source(out: &mut Encoder, source: &Source) {
    let mut named = |number: u8, name: &str| {
        out.byte(number);
        out.text(name);
    };
    match source {
        // By name: the list of attributes grows.
        Source::Builtin(attr) => named(0, attr.name()),
        Source::Argument(names) => {
            out.byte(1);
            out.texts(names);
        }
        Source::Declared(name, plain) => {
            named(2, name);
            out.byte(number_in(&Plain::ALL, plain));
        }
        Source::DeclaredPath(name) => named(3, name),
        Source::DeclaredHost(name) => named(4, name),
        Source::DeclaredIp(name) => named(5, name),
        Source::Destination => out.byte(6),
        Source::Root(name) => named(7, name),
        Source::Pair => out.byte(8),
        Source::Command => out.byte(9),
    }
}

fn count_row(out: &mut Encoder, count: &CountRow) {
    out.number(count.expr);
    out.flag(count.loosens);
    out.number(count.atom);
    out.list(&count.clauses, |out, (action, what)| {
        out.byte(*action as u8);
        match what {
            Operands::All => out.byte(0),
            Operands::ButFirst => out.byte(1),
            Operands::ButLast => out.byte(2),
            Operands::First => out.byte(3),
            Operands::Last => out.byte(4),
            Operands::Argument(names) => {
                out.byte(5);
                out.texts(names);
            }
        }
    });
}
