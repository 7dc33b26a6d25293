//! The frozen policy as decisions read it: a small index, and tables that stay where they lie.
//!
//! ```text
//!   bytes ── frame ──► sections ── index ──► View { bytes, index }
//!              checksum               │
//!                                     └ sequences, groups, variables, plans: checked when loaded
//!            rules, formulas, nodes, edges, cells, …: read in place, each read by itself
//! ```
//!
//! Loading checks the index, of which there is little. The tables are not looked at: that would
//! take longer than all else. Instead every read of a table is total. One that leaves its table
//! gives zeros and marks the walk as *broken*, and what a broken walk decides is `deny`. Every walk
//! ends whatever the tables say: diagrams are walked towards smaller nodes only, formulas towards
//! the end of their table and never deeper than [`MOST_DEPTH`], automata once a token. The bytes
//! that a compiler wrote have no such place; `Policy::verify` proves that of any bytes.

use std::cell::Cell as Flag;
use std::fmt;
use std::ops::Deref;
use std::str;

use super::layout::{
    FlagEntry, LeafEntry, NfaEntry, Note, PatternEntry, Record, RuleEntry, Section, Slot, Step,
    Table,
};
use super::stream::Decoder;
use super::tables::{
    AcceptRow, Atom, Cell, CountRow, Edge, Effect, FiledRule, NO_STATE, NOWHERE, Node, NodeId,
    Operands, OptionsRow, Plain, Row, Source, Split, Start, Tables,
};
use crate::artifact::{Extent, Frame, LoadError};
use crate::decision::{OnFailure, Place, Remember, RuleRef};
use crate::tier::{RecordLevel, Tier};
use crate::vocab::{Action, Attr, Floors, Layer};

/// How deep a formula may nest.
pub(crate) const MOST_DEPTH: usize = 256;

/// Everything of which a policy has little, and where the rest lies.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) name: Option<Box<str>>,
    pub(crate) version: Option<Box<str>>,
    pub(crate) digest: Box<str>,
    pub(crate) files: Box<[Box<str>]>,
    pub(crate) reviewers: Box<[Box<str>]>,
    pub(crate) marks: Box<[Box<str>]>,
    pub(crate) declared: Box<[Box<str>]>,
    pub(crate) declared_paths: Box<[Box<str>]>,
    pub(crate) roots: Box<[Root]>,
    pub(crate) options: Box<[OptionsRow]>,
    pub(crate) sequences: Box<[Sequence]>,
    pub(crate) groups: Box<[Group]>,
    pub(crate) variables: Box<[Variable]>,
    pub(crate) globs: Box<[Dfa]>,
    /// One for each action.
    pub(crate) plans: Box<[Plan]>,
    pub(crate) counts: Box<[CountRow]>,
    pub(crate) accepts: Box<[AcceptRow]>,
    pub(crate) trusts: Box<[u32]>,
    /// Where each string starts; one more than there are strings.
    pub(crate) string_starts: Table<u32>,
    pub(crate) string_bytes: Table<u8>,
    pub(crate) rules: Table<RuleEntry>,
    pub(crate) atoms: Table<Atom>,
    pub(crate) exprs: Table<u32>,
    pub(crate) nodes: Table<Node>,
    pub(crate) edges: Table<Edge>,
    pub(crate) leaves: Table<LeafEntry>,
    pub(crate) notes: Table<Note>,
    /// First pattern, end, and the sequence.
    pub(crate) commands: Table<(u32, u32, u32)>,
    pub(crate) patterns: Table<PatternEntry>,
    pub(crate) nfas: Table<NfaEntry>,
    pub(crate) steps: Table<Step>,
    pub(crate) empty_steps: Table<(u8, u8)>,
    pub(crate) flags: Table<FlagEntry>,
    pub(crate) known_flags: Table<u32>,
}

/// A root, and the group that says where it can lie.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) name: Box<str>,
    pub(crate) within: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) source: Source,
    pub(crate) split: Split,
    pub(crate) fold: bool,
    pub(crate) tokens: Tokens,
    pub(crate) folded: Tokens,
    pub(crate) groups: (u32, u32),
}

/// A table of tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) seed: u64,
    /// A power of two of slots, and [`super::TokenTable::PROBES`] more; or none.
    pub(crate) slots: Table<Slot>,
    /// Where each token starts in the pool; one more than there are tokens.
    pub(crate) starts: Table<u32>,
    pub(crate) pool: Table<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) sequence: u32,
    pub(crate) start: Start,
    pub(crate) variable: u32,
    /// How many symbols there are.
    pub(crate) width: u16,
    pub(crate) other: u16,
    pub(crate) symbols: Table<u16>,
    pub(crate) globs: Option<Dfa>,
    pub(crate) folded_symbols: Table<u16>,
    pub(crate) folded_globs: Option<Dfa>,
    pub(crate) rows: Table<Row>,
    /// The row of state 0, where every walk starts.
    pub(crate) first: Row,
    pub(crate) cells: Table<Cell>,
    pub(crate) classes: Table<u16>,
    /// Where it leads depends on the last token alone, as in `**/*.pem`.
    pub(crate) forgets: bool,
}

/// An automaton over the bytes of one token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dfa {
    pub(crate) bytes: Table<u8>,
    pub(crate) stride: u16,
    pub(crate) settled: u16,
    pub(crate) next: Table<u16>,
    pub(crate) symbols: Table<u16>,
}

#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) kind: VariableKind,
    pub(crate) classes: u32,
    pub(crate) starts: Table<u32>,
    pub(crate) holds: Table<u32>,
}

#[derive(Debug)]
pub(crate) enum VariableKind {
    Group(u32),
    Number { source: Source, bounds: Table<i64> },
    Address { source: Source, v4: Table<u32>, v6: Table<u128> },
    Bool(Source),
    Contains { source: Source, group: u32 },
    SetEquals { source: Source, members: Box<[Box<str>]> },
    Marked(u8),
    Present(Source),
    Any(Source),
    AnyDestination,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) default: Option<Tier>,
    pub(crate) variables: Box<[u32]>,
    pub(crate) sequences: Box<[PlanSequence]>,
    pub(crate) upper: Box<[NodeId]>,
    pub(crate) lower: Box<[NodeId]>,
    pub(crate) rules: Table<u32>,
    pub(crate) listed: Filed,
    pub(crate) filed: Filed,
    pub(crate) folded: Option<Filed>,
    pub(crate) roots: Box<[u16]>,
    pub(crate) counts: Box<[u32]>,
    pub(crate) needs_text: bool,
    /// No more than trees and defaults decides, and few variables.
    pub(crate) is_simple: bool,
    /// Which of the sequences reads the object of the action, as it stands: none where there are not
    /// so many.
    pub(crate) object: usize,
}

#[derive(Debug)]
pub(crate) struct PlanSequence {
    pub(crate) sequence: u32,
    pub(crate) groups: Box<[(u32, u32)]>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filed {
    pub(crate) always: Table<u32>,
    pub(crate) by_atom: Table<FiledRule>,
    pub(crate) variables: Table<(u32, u32, u32)>,
}

impl Filed {
    /// Whether no rule is filed.
    pub(crate) fn is_empty(&self) -> bool {
        self.always.rows == 0 && self.by_atom.rows == 0
    }
}

/// An automaton over words, ready to be walked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nfa {
    pub(crate) steps: Table<Step>,
    pub(crate) empty: Table<(u8, u8)>,
    pub(crate) accept: u8,
}

// ---- Reading tables -------------------------------------------------------------------------

/// A policy's bytes with their index, for one decision.
pub(crate) struct View<'p> {
    pub(crate) bytes: &'p [u8],
    pub(crate) index: &'p Index,
    broken: Flag<bool>,
    /// How many bytes were thawed.
    pub(super) copied: Flag<usize>,
}

impl Deref for View<'_> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        self.index
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("index", &self.index).finish_non_exhaustive()
    }
}

impl<'p> View<'p> {
    pub(crate) fn new(bytes: &'p [u8], index: &'p Index) -> View<'p> {
        View { bytes, index, broken: Flag::new(false), copied: Flag::new(0) }
    }

    /// A row; zeros, and the walk is broken, where the table does not have it.
    #[inline(always)]
    pub(crate) fn at<T: Record>(&self, table: Table<T>, index: u32) -> T {
        match table.get(self.bytes, index) {
            Some(row) => row,
            None => self.outside(),
        }
    }

    /// A row on the hot path. Whether it lies in its table is not asked, which halves the questions:
    /// where the table is shorter it is whatever lies there instead, and the walk is broken only
    /// behind the last byte.
    #[inline(always)]
    pub(crate) fn hot<T: Record>(&self, table: Table<T>, index: u32) -> T {
        match table.fetch(self.bytes, index) {
            Some(row) => row,
            None => self.outside(),
        }
    }

    /// Some rows; none, and the walk is broken, where the table does not have them.
    pub(crate) fn part<T: Record>(&self, table: Table<T>, first: u32, end: u32) -> Table<T> {
        table.part(first, end).unwrap_or_else(|| {
            self.break_off();
            Table::default()
        })
    }

    #[cold]
    #[inline(never)]
    fn outside<T: Record>(&self) -> T {
        self.break_off();
        T::read(&[])
    }

    /// The tables say what no compiler writes: nothing that follows from them is believed.
    #[cold]
    pub(crate) fn break_off(&self) {
        self.broken.set(true);
    }

    /// Whether some read left its table.
    #[inline(always)]
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// A string, by number.
    pub(crate) fn string(&self, number: u32) -> &'p str {
        let start = self.hot(self.string_starts, number) as usize;
        let end = self.hot(self.string_starts, number.saturating_add(1)) as usize;
        let bytes = self.string_bytes.bytes(self.bytes).get(start..end);
        bytes.map_or(Ok(""), str::from_utf8).unwrap_or_else(|_| {
            self.break_off();
            ""
        })
    }

    /// A string, where it is not [`NOWHERE`].
    pub(crate) fn optional_string(&self, number: u32) -> Option<&'p str> {
        (number != NOWHERE).then(|| self.string(number))
    }

    /// A rule as reports name it.
    pub(crate) fn rule_ref(&self, rule: u32) -> Option<RuleRef<'p>> {
        let index: &'p Index = self.index;
        let row = index.rules.get(self.bytes, rule)?;
        Some(RuleRef {
            name: self.string(row.name),
            layer: Layer::ALL.get(usize::from(row.layer)).copied().unwrap_or(Layer::Session),
            reason: self.optional_string(row.reason),
            place: Place {
                file: index.files.get(usize::from(row.file)).map_or("", |file| file),
                line: row.line,
                column: row.column,
            },
        })
    }

    /// What a rule says.
    pub(crate) fn effect(&self, rule: u32) -> Effect {
        let row = self.at(self.rules, rule);
        let effect = match row.kind {
            RuleEntry::TIER => {
                Tier::ALL.get(usize::from(row.value)).map(|&tier| Effect::Tier(tier, row.options))
            }
            RuleEntry::RECORD => {
                RecordLevel::ALL.get(usize::from(row.value)).copied().map(Effect::Record)
            }
            RuleEntry::MARK if row.value < 64 => Some(Effect::Mark(row.value)),
            _ => None,
        };
        effect.unwrap_or_else(|| {
            self.break_off();
            Effect::Tier(Tier::Deny, 0)
        })
    }

    /// The options with this number.
    pub(crate) fn options(&self, number: u32) -> OptionsRow {
        self.options.get(number as usize).copied().unwrap_or_else(|| {
            self.break_off();
            OptionsRow::SILENT
        })
    }

    /// What a leaf records and marks.
    pub(crate) fn note(&self, number: u32) -> (RecordLevel, u64) {
        let note = self.at(self.notes, number);
        let record = RecordLevel::ALL.get(usize::from(note.record)).copied();
        (record.unwrap_or(RecordLevel::Full), note.marks)
    }

    /// The atoms that hold in a class.
    pub(crate) fn held(&self, variable: &Variable, class: u32) -> Table<u32> {
        let first = self.at(variable.starts, class);
        let end = self.at(variable.starts, class.saturating_add(1));
        self.part(variable.holds, first, end)
    }

    /// The class of a state.
    #[inline(always)]
    pub(crate) fn class_of(&self, group: &Group, state: u16) -> u32 {
        self.hot(group.classes, u32::from(state)).into()
    }

    /// A glob, by number.
    pub(crate) fn glob(&self, number: u32) -> Option<&'p Dfa> {
        let index: &'p Index = self.index;
        let glob = index.globs.get(number as usize);
        if glob.is_none() {
            self.break_off();
        }
        glob
    }

    /// An automaton over words, by number.
    pub(crate) fn nfa(&self, number: u32) -> Nfa {
        let NfaEntry { steps, empty, accept, .. } = self.at(self.nfas, number);
        let end = |(first, many): (u32, u16)| first.saturating_add(many.into());
        Nfa {
            steps: self.part(self.index.steps, steps.0, end(steps)),
            empty: self.part(self.empty_steps, empty.0, end(empty)),
            accept: accept as u8,
        }
    }

    /// The patterns of a command atom, and the sequence that its tests refer to.
    pub(crate) fn command(&self, number: u32) -> (Table<PatternEntry>, u32) {
        let (first, end, sequence) = self.at(self.commands, number);
        if self.sequences.len() <= sequence as usize {
            self.break_off();
            return (Table::default(), 0);
        }
        (self.part(self.patterns, first, end), sequence)
    }
}

// ---- Loading --------------------------------------------------------------------------------

impl Index {
    /// Reads and checks the index. What a walk takes for granted later is made certain here.
    pub(crate) fn read(
        bytes: &[u8],
        frame: &Frame<{ Section::COUNT }>,
    ) -> Result<Index, LoadError> {
        let extent = |section: Section| frame.sections[section as usize];
        let mut from = Decoder::new(extent(Section::Index).of(bytes), "its index");
        let from = &mut from;
        let name = from.optional(|from| from.text().map(Into::into))?;
        let version = from.optional(|from| from.text().map(Into::into))?;
        let files = from.texts()?;
        let reviewers = from.texts()?;
        let marks = from.texts()?;
        let declared = from.texts()?;
        let declared_paths = from.texts()?;
        let roots = from.list(|from| {
            Ok(Root { name: from.text()?.into(), within: from.optional(Decoder::number)? })
        })?;
        let options = from.list(options_row)?;
        let globs = from.list(|from| dfa(from, extent(Section::Globs)))?;
        let sequences = from.list(|from| {
            let (source, split, fold) = (source(from)?, from.one_of(&Split::ALL)?, from.flag()?);
            let tokens = tokens(from, extent(Section::Tokens))?;
            let folded = self::tokens(from, extent(Section::Tokens))?;
            let groups = (from.number()?, from.number()?);
            Ok(Sequence { source, split, fold, tokens, folded, groups })
        })?;
        let automata = extent(Section::Automata);
        let groups = from.list(|from| group(from, bytes, automata, &globs))?;
        let variables = from.list(|from| variable(from, extent(Section::Classes)))?;
        let counts = from.list(count_row)?;
        let accepts = from.list(|from| {
            Ok(AcceptRow { floors: Floors::from_bits(from.row()?), expr: from.number()? })
        })?;
        let trusts = from.list(Decoder::number)?;
        let plans = from.list(|from| plan(from, extent(Section::Filed), &sequences))?;
        let index = Index {
            name,
            version,
            digest: super::digest_text(&frame.digest).into(),
            files,
            reviewers,
            marks,
            declared,
            declared_paths,
            roots,
            options,
            sequences,
            groups,
            variables,
            globs,
            plans,
            counts,
            accepts,
            trusts,
            string_starts: from.table(extent(Section::Strings))?,
            string_bytes: from.table(extent(Section::Strings))?,
            rules: from.table(extent(Section::Rules))?,
            atoms: from.table(extent(Section::Atoms))?,
            exprs: from.table(extent(Section::Formulas))?,
            nodes: from.table(extent(Section::Nodes))?,
            edges: from.table(extent(Section::Edges))?,
            leaves: from.table(extent(Section::Leaves))?,
            notes: from.table(extent(Section::Leaves))?,
            commands: from.table(extent(Section::Commands))?,
            patterns: from.table(extent(Section::Commands))?,
            nfas: from.table(extent(Section::Commands))?,
            steps: from.table(extent(Section::Commands))?,
            empty_steps: from.table(extent(Section::Commands))?,
            flags: from.table(extent(Section::Commands))?,
            known_flags: from.table(extent(Section::Commands))?,
        };
        from.ensure(index.is_sound())?;
        std::mem::replace(from, Decoder::new(&[], "its index")).end()?;
        Ok(index)
    }

    /// Whether all that the index says of itself fits together.
    fn is_sound(&self) -> bool {
        let is_root = |root: u16| usize::from(root) < self.roots.len();
        let group = |number: u32| self.groups.get(number as usize);
        let sound_group = |one: &Group| {
            let sequence = self.sequences.get(one.sequence as usize);
            (one.variable as usize) < self.variables.len()
                && 0 < one.classes.rows
                && sequence.is_some_and(|sequence| {
                    let (tokens, folded) = (sequence.tokens.len(), sequence.folded.len());
                    one.symbols.rows == tokens && one.folded_symbols.rows == folded
                })
                && match one.start {
                    Start::Root(root) => is_root(root),
                    Start::Beginning => true,
                }
        };
        let sound_variable = |variable: &Variable| {
            variable.classes < NOWHERE - 2
                && variable.starts.rows == variable.classes + 1
                && match &variable.kind {
                    VariableKind::Group(number) | VariableKind::Contains { group: number, .. } => {
                        group(*number).is_some()
                    }
                    VariableKind::Marked(mark) => usize::from(*mark) < self.marks.len(),
                    _ => true,
                }
        };
        let sound_plan = |plan: &Plan| {
            plan.variables.is_sorted()
                && plan.variables.iter().all(|&one| (one as usize) < self.variables.len())
                && plan.roots.iter().all(|&root| is_root(root))
                && plan.counts.iter().all(|&count| (count as usize) < self.counts.len())
                && plan.sequences.iter().all(|read| {
                    (read.sequence as usize) < self.sequences.len()
                        && read.groups.iter().all(|&(number, place)| {
                            group(number).is_some_and(|group| {
                                group.sequence == read.sequence
                                    && plan.variables.get(place as usize) == Some(&group.variable)
                            })
                        })
                })
        };
        self.roots.len() <= Tables::MOST_ROOTS
            && self.marks.len() <= 64
            && self.plans.len() == Action::COUNT
            && self.groups.iter().all(sound_group)
            && self.variables.iter().all(sound_variable)
            && self.plans.iter().all(sound_plan)
            && self.roots.iter().all(|root| root.within.is_none_or(|it| group(it).is_some()))
    }
}

impl Plan {
    /// The most variables of a plan that is simple.
    pub(crate) const SIMPLE: usize = 16;
}

impl Sequence {
    /// Whether it reads the object of an action, as it stands.
    fn is_of_object(&self) -> bool {
        match (&self.source, self.split) {
            (Source::Builtin(Attr::Path), Split::Components)
            | (Source::Destination, Split::Labels)
            | (Source::Pair, Split::Halves) => true,
            (Source::Command, Split::Words) => !self.fold,
            _ => false,
        }
    }
}

impl Tokens {
    /// How many tokens it has.
    pub(crate) fn len(&self) -> u32 {
        self.starts.rows.saturating_sub(1)
    }
}

fn options_row(from: &mut Decoder<'_>) -> Result<OptionsRow, LoadError> {
    Ok(OptionsRow {
        outside_sandbox: from.flag()?,
        reviewer: from.optional(Decoder::number)?,
        timeout_ms: from.optional(Decoder::number)?,
        on_failure: from.one_of(&OnFailure::ALL)?,
        remember: from.one_of(&Remember::ALL)?,
    })
}

fn source(from: &mut Decoder<'_>) -> Result<Source, LoadError> {
    Ok(match from.byte()? {
        0 => match Attr::from_name(from.text()?) {
            Some(attr) => Source::Builtin(attr),
            None => return from.malformed(),
        },
        1 => Source::Argument(from.texts()?),
        2 => Source::Declared(from.text()?.into(), from.one_of(&Plain::ALL)?),
        3 => Source::DeclaredPath(from.text()?.into()),
        4 => Source::DeclaredHost(from.text()?.into()),
        5 => Source::DeclaredIp(from.text()?.into()),
        6 => Source::Destination,
        7 => Source::Root(from.text()?.into()),
        8 => Source::Pair,
        9 => Source::Command,
        _ => return from.malformed(),
    })
}

fn tokens(from: &mut Decoder<'_>, section: Extent) -> Result<Tokens, LoadError> {
    let tokens = Tokens {
        seed: from.long()?,
        slots: from.table(section)?,
        starts: from.table(section)?,
        pool: from.table(section)?,
    };
    let room = (tokens.slots.rows as usize).checked_sub(super::TokenTable::PROBES);
    from.ensure(tokens.slots.rows == 0 || room.is_some_and(usize::is_power_of_two))?;
    Ok(tokens)
}

fn dfa(from: &mut Decoder<'_>, section: Extent) -> Result<Dfa, LoadError> {
    let row = |from: &mut Decoder<'_>| from.row::<u16>();
    let dfa = Dfa {
        stride: row(from)?,
        settled: row(from)?,
        bytes: from.table(section)?,
        next: from.table(section)?,
        symbols: from.table(section)?,
    };
    let steps = u64::from(dfa.symbols.rows) * u64::from(dfa.stride);
    from.ensure(dfa.bytes.rows == 256 && u64::from(dfa.next.rows) == steps)?;
    Ok(dfa)
}

fn group(
    from: &mut Decoder<'_>,
    bytes: &[u8],
    section: Extent,
    globs: &[Dfa],
) -> Result<Group, LoadError> {
    let glob = |from: &mut Decoder<'_>| {
        from.optional(|from| {
            let number = from.number()?;
            globs.get(number as usize).copied().map_or_else(|| from.malformed(), Ok)
        })
    };
    let sequence = from.number()?;
    let start = from.optional(Decoder::row)?.map_or(Start::Beginning, Start::Root);
    let variable = from.number()?;
    let (width, other) = (from.row()?, from.row()?);
    let (symbols, exact_globs) = (from.table(section)?, glob(from)?);
    let (folded_symbols, folded_globs) = (from.table(section)?, glob(from)?);
    let rows: Table<Row> = from.table(section)?;
    // Without rows the start is settled.
    let first = rows.get(bytes, 0).unwrap_or(Row { base: 0, default: 0, like: NO_STATE });
    let (cells, classes) = (from.table(section)?, from.table(section)?);
    Ok(Group {
        sequence,
        start,
        variable,
        width,
        other,
        symbols,
        globs: exact_globs,
        folded_symbols,
        folded_globs,
        rows,
        first,
        cells,
        classes,
        forgets: forgets(bytes, rows, cells, classes),
    })
}

/// Whether a symbol leads to the same state from all states: none is settled, they have one default,
/// and the exceptions of one of them are those of all others.
fn forgets(bytes: &[u8], rows: Table<Row>, cells: Table<Cell>, classes: Table<u16>) -> bool {
    let Some(first) = rows.get(bytes, 0) else { return false };
    let shared = if first.like == NO_STATE { 0 } else { first.like };
    let is_alike = |(state, row): (usize, Row)| {
        let like = if state == usize::from(shared) { NO_STATE } else { shared };
        row.default == first.default && row.like == like
    };
    rows.rows == classes.rows
        && u32::from(shared) < rows.rows
        && rows.iter(bytes).enumerate().all(is_alike)
        && cells.iter(bytes).all(|cell| cell.check == shared || cell.check == NO_STATE)
}

fn variable(from: &mut Decoder<'_>, section: Extent) -> Result<Variable, LoadError> {
    let kind = match from.byte()? {
        0 => VariableKind::Group(from.number()?),
        1 => VariableKind::Number { source: source(from)?, bounds: from.table(section)? },
        2 => VariableKind::Address {
            source: source(from)?,
            v4: from.table(section)?,
            v6: from.table(section)?,
        },
        3 => VariableKind::Bool(source(from)?),
        4 => VariableKind::Contains { source: source(from)?, group: from.number()? },
        5 => VariableKind::SetEquals { source: source(from)?, members: from.texts()? },
        6 => VariableKind::Marked(from.byte()?),
        7 => VariableKind::Present(source(from)?),
        8 => VariableKind::Any(source(from)?),
        9 => VariableKind::AnyDestination,
        _ => return from.malformed(),
    };
    Ok(Variable {
        kind,
        classes: from.number()?,
        starts: from.table(section)?,
        holds: from.table(section)?,
    })
}

fn count_row(from: &mut Decoder<'_>) -> Result<CountRow, LoadError> {
    Ok(CountRow {
        expr: from.number()?,
        loosens: from.flag()?,
        atom: from.number()?,
        clauses: from.list(|from| {
            let action = from.one_of(&Action::ALL)?;
            let what = match from.byte()? {
                0 => Operands::All,
                1 => Operands::ButFirst,
                2 => Operands::ButLast,
                3 => Operands::First,
                4 => Operands::Last,
                5 => Operands::Argument(from.texts()?),
                _ => return from.malformed(),
            };
            Ok((action, what))
        })?,
    })
}

fn plan(
    from: &mut Decoder<'_>,
    section: Extent,
    sequences: &[Sequence],
) -> Result<Plan, LoadError> {
    let mut plan = Plan {
        default: from.optional(|from| from.one_of(&Tier::ALL))?,
        variables: from.list(Decoder::number)?,
        sequences: from.list(|from| {
            let sequence = from.number()?;
            let groups = from.list(|from| Ok((from.number()?, from.number()?)))?;
            Ok(PlanSequence { sequence, groups })
        })?,
        upper: from.list(|from| from.number().map(NodeId))?,
        lower: from.list(|from| from.number().map(NodeId))?,
        rules: from.table(section)?,
        listed: filed(from, section)?,
        filed: filed(from, section)?,
        folded: from.optional(|from| filed(from, section))?,
        roots: from.list(Decoder::row)?,
        counts: from.list(Decoder::number)?,
        needs_text: from.flag()?,
        is_simple: false,
        object: usize::MAX,
    };
    plan.is_simple = plan.listed.is_empty()
        && plan.counts.is_empty()
        && !plan.needs_text
        && plan.variables.len() <= Plan::SIMPLE;
    let is_object = |read: &&PlanSequence| {
        sequences.get(read.sequence as usize).is_some_and(Sequence::is_of_object)
    };
    plan.object = plan.sequences.iter().position(|read| is_object(&read)).unwrap_or(usize::MAX);
    Ok(plan)
}

fn filed(from: &mut Decoder<'_>, section: Extent) -> Result<Filed, LoadError> {
    Ok(Filed {
        always: from.table(section)?,
        by_atom: from.table(section)?,
        variables: from.table(section)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an automaton over two symbols forgets, by its rows, its cells, and how many states
    /// it has.
    fn asked(rows: &[Row], cells: &[Cell], states: u32) -> bool {
        let mut bytes = Vec::new();
        rows.iter().for_each(|row| row.write(&mut bytes));
        let at = bytes.len() as u32;
        cells.iter().for_each(|cell| cell.write(&mut bytes));
        let cells = Table::at(at, cells.len() as u32);
        forgets(&bytes, Table::at(0, rows.len() as u32), cells, Table::at(0, states))
    }

    #[test]
    fn an_automaton_forgets_where_all_states_lead_alike() {
        let row = |default, like| Row { base: 0, default, like };
        let (own, none) = (Cell { check: 0, next: 1 }, Cell { check: NO_STATE, next: 0 });
        let alike = [row(0, NO_STATE), row(0, 0)];
        assert!(asked(&alike, &[own, none], 2));
        // Another default, exceptions of its own, a settled state, exceptions that it has not.
        assert!(!asked(&[row(0, NO_STATE), row(1, 0)], &[own, none], 2));
        assert!(!asked(&alike, &[own, Cell { check: 1, next: 0 }], 2));
        assert!(!asked(&alike, &[own, none], 3));
        assert!(!asked(&[row(0, NO_STATE), row(0, NO_STATE)], &[own, none], 2));
        // States that are like one another, and like none that there is.
        assert!(!asked(&[row(0, 1), row(0, 0)], &[own, none], 2));
        assert!(!asked(&[row(0, 7), row(0, 7)], &[own, none], 2));
        assert!(!asked(&[], &[], 0));
    }
}
