//! Where the parts of a policy lie in its bytes: sections, tables, and the rows of tables.
//!
//! A row has a fixed size and says how it is read and written, side by side, so that the two
//! cannot part. A [`Table`] is a place, not a reference: it is a few bytes, and reading a row takes
//! the policy's bytes too.

use std::fmt;
use std::marker::PhantomData;

use super::tables::{Atom, Cell, Edge, FiledRule, Node, NodeId, Row};
use crate::artifact::Extent;

/// What the sections of an artifact hold. The number of a section is its place here, plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is read when a policy is loaded: everything of which there is little, and where the
    /// tables of the other sections lie.
    Index,
    /// The texts of all layers.
    Sources,
    /// Names and reasons of rules, and flags.
    Strings,
    /// Rules, their places and effects.
    Rules,
    /// The smallest questions.
    Atoms,
    /// Formulas over atoms.
    Formulas,
    /// Nodes of the decision diagrams.
    Nodes,
    /// Where nodes lead.
    Edges,
    /// What paths through the diagrams amount to.
    Leaves,
    /// Hash tables from tokens to numbers.
    Tokens,
    /// Automata over tokens.
    Automata,
    /// Automata over the bytes of one token.
    Globs,
    /// Which atoms hold in which class, and the bounds of numbers and addresses.
    Classes,
    /// Rules by action and by atom.
    Filed,
    /// Patterns of commands, for words known only at run time.
    Commands,
}

impl Section {
    /// Every section, in the order of their numbers.
    pub const ALL: [Section; 15] = [
        Section::Index,
        Section::Sources,
        Section::Strings,
        Section::Rules,
        Section::Atoms,
        Section::Formulas,
        Section::Nodes,
        Section::Edges,
        Section::Leaves,
        Section::Tokens,
        Section::Automata,
        Section::Globs,
        Section::Classes,
        Section::Filed,
        Section::Commands,
    ];
    /// How many there are.
    pub const COUNT: usize = Section::ALL.len();

    /// One word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Section::Index => "index",
            Section::Sources => "sources",
            Section::Strings => "strings",
            Section::Rules => "rules",
            Section::Atoms => "atoms",
            Section::Formulas => "formulas",
            Section::Nodes => "nodes",
            Section::Edges => "edges",
            Section::Leaves => "leaves",
            Section::Tokens => "tokens",
            Section::Automata => "automata",
            Section::Globs => "globs",
            Section::Classes => "classes",
            Section::Filed => "filed",
            Section::Commands => "commands",
        }
    }
}

/// A row of a table.
pub(crate) trait Record: Copy + 'static {
    /// How many bytes it takes.
    const SIZE: usize;
    /// The row in exactly so many bytes.
    fn read(bytes: &[u8]) -> Self;
    /// Appends exactly so many bytes.
    fn write(&self, out: &mut Vec<u8>);

    /// Tables of these rows start at a multiple of this, counted from the first byte.
    const ALIGN: usize = if Self::SIZE.is_power_of_two() { Self::SIZE } else { 1 };

    /// The row with this number in a table that starts at `at`, where the bytes go so far.
    #[inline(always)]
    fn fetch(bytes: &[u8], at: usize, index: usize) -> Option<Self> {
        let at = at + index * Self::SIZE;
        bytes.get(at..at + Self::SIZE).map(Self::read)
    }
}

/// Reads rows whose size is a power of two with one comparison: as one of the blocks of that size
/// that all the bytes fall into.
macro_rules! fetched_as_block {
    ($size:literal) => {
        #[inline(always)]
        fn fetch(bytes: &[u8], at: usize, index: usize) -> Option<Self> {
            let block = bytes.as_chunks::<$size>().0.get(at / $size + index)?;
            Some(Self::read(block))
        }
    };
}

/// Where rows of one kind lie in a policy's bytes.
pub(crate) struct Table<T> {
    pub(crate) at: u32,
    pub(crate) rows: u32,
    row: PhantomData<fn() -> T>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<T> {}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { at: 0, rows: 0, row: PhantomData }
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows at {}", self.rows, self.at)
    }
}

impl<T> Table<T> {
    /// A table at this place.
    pub(crate) const fn at(at: u32, rows: u32) -> Table<T> {
        Table { at, rows, row: PhantomData }
    }
}

impl<T: Record> Table<T> {
    /// So many rows, of which the first lies `offset` bytes behind the start of a section; none
    /// where they do not lie in it.
    pub(crate) fn within(section: Extent, offset: u32, rows: u32) -> Option<Table<T>> {
        let size = (rows as usize).checked_mul(T::SIZE)?;
        let end = (offset as usize).checked_add(size)?;
        let at = u32::try_from(section.at.checked_add(offset as usize)?).ok()?;
        let is_aligned = (at as usize).is_multiple_of(T::ALIGN);
        (end <= section.length && is_aligned).then_some(Table::at(at, rows))
    }

    /// A row, where the table has it.
    #[inline(always)]
    pub(crate) fn get(self, bytes: &[u8], index: u32) -> Option<T> {
        if self.rows <= index {
            return None;
        }
        T::fetch(bytes, self.at as usize, index as usize)
    }

    /// A row, or what lies there instead where the table is shorter; none behind the last byte.
    #[inline(always)]
    pub(crate) fn fetch(self, bytes: &[u8], index: u32) -> Option<T> {
        T::fetch(bytes, self.at as usize, index as usize)
    }

    /// Every row.
    pub(crate) fn iter(self, bytes: &[u8]) -> impl ExactSizeIterator<Item = T> + Clone + '_ {
        self.bytes(bytes).chunks_exact(T::SIZE).map(T::read)
    }

    /// The rows from `first` up to `end`; none where the table does not have them.
    pub(crate) fn part(self, first: u32, end: u32) -> Option<Table<T>> {
        let rows = end.checked_sub(first)?;
        let inside = end <= self.rows;
        inside.then(|| Table::at(self.at + first * T::SIZE as u32, rows))
    }

    /// How many rows at the beginning are of a kind that no later row is of.
    pub(crate) fn partition_point(self, bytes: &[u8], is_before: impl Fn(T) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(bytes, middle) {
                Some(row) if is_before(row) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The bytes of all rows.
    pub(crate) fn bytes(self, bytes: &[u8]) -> &[u8] {
        let length = self.rows as usize * T::SIZE;
        bytes.get(self.at as usize..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }
}

impl Table<u16> {
    /// Its rows, ready to be read by number.
    #[inline(always)]
    pub(crate) fn rows_of(self, bytes: &[u8]) -> &[[u8; 2]] {
        self.bytes(bytes).as_chunks().0
    }
}

#[inline(always)]
fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |it| u16::from_le_bytes(*it))
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |it| u32::from_le_bytes(*it))
}

#[inline(always)]
fn long(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |it| u64::from_le_bytes(*it))
}

/// Rows that are one number.
macro_rules! numbers {
    ($($number:ty: $size:literal),*) => {$(
        impl Record for $number {
            const SIZE: usize = $size;

            fetched_as_block!($size);

            #[inline(always)]
            fn read(bytes: &[u8]) -> $number {
                bytes.first_chunk().map_or(0, |it| <$number>::from_le_bytes(*it))
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}
numbers!(u8: 1, u16: 2, u32: 4, i64: 8, u128: 16);

impl Record for Row {
    const SIZE: usize = 8;

    fetched_as_block!(8);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Row {
        Row { base: word(bytes, 0), default: half(bytes, 4), like: half(bytes, 6) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.base.write(out);
        self.default.write(out);
        self.like.write(out);
    }
}

impl Record for Cell {
    const SIZE: usize = 4;

    fetched_as_block!(4);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Cell {
        Cell { check: half(bytes, 0), next: half(bytes, 2) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.check.write(out);
        self.next.write(out);
    }
}

impl Record for Node {
    // Four bytes more than are needed, so that no node lies in two blocks.
    const SIZE: usize = 16;

    fetched_as_block!(16);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Node {
        Node { variable: word(bytes, 0), base: word(bytes, 4), default: NodeId(word(bytes, 8)) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.variable.write(out);
        self.base.write(out);
        self.default.0.write(out);
        0u32.write(out);
    }
}

impl Record for Edge {
    const SIZE: usize = 8;

    fetched_as_block!(8);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Edge {
        Edge { check: word(bytes, 0), to: NodeId(word(bytes, 4)) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.check.write(out);
        self.to.0.write(out);
    }
}

impl Record for Atom {
    const SIZE: usize = 16;

    fetched_as_block!(16);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Atom {
        Atom {
            variable: word(bytes, 0),
            place: word(bytes, 4),
            command: word(bytes, 8),
            folded: word(bytes, 12),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.variable, self.place, self.command, self.folded].iter().for_each(|it| it.write(out));
    }
}

/// A rule, with its texts as numbers of strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleEntry {
    pub(crate) name: u32,
    /// [`super::tables::NOWHERE`]: it gives none.
    pub(crate) reason: u32,
    pub(crate) layer: u8,
    /// What its effect is: one of [`RuleEntry::TIER`] and the like.
    pub(crate) kind: u8,
    /// The tier, the record level, or the mark.
    pub(crate) value: u8,
    pub(crate) asks_addresses: bool,
    pub(crate) options: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) expr: u32,
    pub(crate) file: u16,
    pub(crate) loosens: u16,
}

impl RuleEntry {
    pub(crate) const TIER: u8 = 0;
    pub(crate) const RECORD: u8 = 1;
    pub(crate) const MARK: u8 = 2;
}

impl Record for RuleEntry {
    const SIZE: usize = 32;

    fetched_as_block!(32);

    #[inline(always)]
    fn read(bytes: &[u8]) -> RuleEntry {
        let [layer, kind, value, flags] = word(bytes, 8).to_le_bytes();
        RuleEntry {
            name: word(bytes, 0),
            reason: word(bytes, 4),
            layer,
            kind,
            value,
            asks_addresses: flags & 1 != 0,
            options: word(bytes, 12),
            line: word(bytes, 16),
            column: word(bytes, 20),
            expr: word(bytes, 24),
            file: half(bytes, 28),
            loosens: half(bytes, 30),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.name.write(out);
        self.reason.write(out);
        out.extend([self.layer, self.kind, self.value, self.asks_addresses.into()]);
        self.options.write(out);
        self.line.write(out);
        self.column.write(out);
        self.expr.write(out);
        self.file.write(out);
        self.loosens.write(out);
    }
}

/// A leaf that is more than one rule. Most record and mark nothing, so what they do is a row of
/// another table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeafEntry {
    pub(crate) rule: u32,
    pub(crate) options: u32,
    /// A row of the notes; row 0 is nothing.
    pub(crate) note: u32,
    /// The tier of the rule.
    pub(crate) tier: u8,
}

impl Record for LeafEntry {
    const SIZE: usize = 12;

    #[inline(always)]
    fn read(bytes: &[u8]) -> LeafEntry {
        let note_and_tier = word(bytes, 8);
        LeafEntry {
            rule: word(bytes, 0),
            options: word(bytes, 4),
            note: note_and_tier >> 2,
            tier: note_and_tier as u8 & 3,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let words = [self.rule, self.options, self.note << 2 | u32::from(self.tier & 3)];
        words.iter().for_each(|it| it.write(out));
    }
}

/// What leaves record and mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) marks: u64,
    pub(crate) record: u8,
}

impl Record for Note {
    const SIZE: usize = 9;

    fn read(bytes: &[u8]) -> Note {
        Note { marks: long(bytes, 0), record: bytes.get(8).copied().unwrap_or(0) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.marks.to_le_bytes());
        out.push(self.record);
    }
}

/// A slot of a table of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The number of the token, plus one; 0 is empty.
    pub(crate) number: u32,
    /// The upper half of the token's hash, to be compared first.
    pub(crate) tag: u32,
}

impl Record for Slot {
    const SIZE: usize = 8;

    fetched_as_block!(8);

    #[inline(always)]
    fn read(bytes: &[u8]) -> Slot {
        Slot { number: word(bytes, 0), tag: word(bytes, 4) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.number.write(out);
        self.tag.write(out);
    }
}

/// A rule, filed under a place of the variable that its list belongs to.
impl Record for FiledRule {
    const SIZE: usize = 8;

    fetched_as_block!(8);

    #[inline(always)]
    fn read(bytes: &[u8]) -> FiledRule {
        FiledRule { place: word(bytes, 0), rule: word(bytes, 4) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.place.write(out);
        self.rule.write(out);
    }
}

/// Three numbers.
impl Record for (u32, u32, u32) {
    const SIZE: usize = 12;

    #[inline(always)]
    fn read(bytes: &[u8]) -> (u32, u32, u32) {
        (word(bytes, 0), word(bytes, 4), word(bytes, 8))
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.0, self.1, self.2].iter().for_each(|it| it.write(out));
    }
}

/// An automaton over words: where its steps lie in the tables of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NfaEntry {
    /// The first, and how many.
    pub(crate) steps: (u32, u16),
    pub(crate) empty: (u32, u16),
    pub(crate) states: u16,
    pub(crate) accept: u16,
}

impl Record for NfaEntry {
    const SIZE: usize = 16;

    fetched_as_block!(16);

    fn read(bytes: &[u8]) -> NfaEntry {
        NfaEntry {
            steps: (word(bytes, 0), half(bytes, 8)),
            empty: (word(bytes, 4), half(bytes, 10)),
            states: half(bytes, 12),
            accept: half(bytes, 14),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.steps.0, self.empty.0].iter().for_each(|it| it.write(out));
        [self.steps.1, self.empty.1, self.states, self.accept].iter().for_each(|it| it.write(out));
    }
}

/// A step over one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) from: u8,
    pub(crate) to: u8,
    /// One of [`Step::ANY`] and the like, with a number in the upper bits.
    pub(crate) test: u32,
}

impl Step {
    pub(crate) const ANY: u32 = 0;
    /// A token, by number.
    pub(crate) const TOKEN: u32 = 1;
    /// An automaton over bytes, by number.
    pub(crate) const GLOB: u32 = 2;
    pub(crate) const BITS: u32 = 2;
}

impl Record for Step {
    const SIZE: usize = 6;

    fn read(bytes: &[u8]) -> Step {
        let [from, to] = half(bytes, 0).to_le_bytes();
        Step { from, to, test: word(bytes, 2) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.from, self.to]);
        self.test.write(out);
    }
}

/// A step without a word.
impl Record for (u8, u8) {
    const SIZE: usize = 2;

    fn read(bytes: &[u8]) -> (u8, u8) {
        half(bytes, 0).to_le_bytes().into()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.0, self.1]);
    }
}

/// One pattern over words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PatternEntry {
    /// The automata, by number.
    pub(crate) items: u32,
    pub(crate) fixed: u32,
    /// Its constraints on flags: first and end.
    pub(crate) flags: (u32, u32),
    /// The flags that are known to carry no path, in the table of known flags: first and end.
    pub(crate) known: (u32, u32),
}

impl Record for PatternEntry {
    const SIZE: usize = 24;

    fn read(bytes: &[u8]) -> PatternEntry {
        PatternEntry {
            items: word(bytes, 0),
            fixed: word(bytes, 4),
            flags: (word(bytes, 8), word(bytes, 12)),
            known: (word(bytes, 16), word(bytes, 20)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.items, self.fixed, self.flags.0, self.flags.1, self.known.0, self.known.1]
            .iter()
            .for_each(|it| it.write(out));
    }
}

/// A constraint on flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlagEntry {
    /// The automaton of what stands before, by number.
    pub(crate) after: u32,
    /// The automaton over the bytes of a flag, by number, doubled; plus one where it forbids.
    pub(crate) word: u32,
}

impl Record for FlagEntry {
    const SIZE: usize = 8;

    fn read(bytes: &[u8]) -> FlagEntry {
        FlagEntry { after: word(bytes, 0), word: word(bytes, 4) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.after.write(out);
        self.word.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written_and_only_inside_their_table() {
        let rows = [RuleEntry {
            name: 1,
            reason: 2,
            layer: 3,
            kind: 4,
            value: 5,
            asks_addresses: true,
            options: 6,
            line: 7,
            column: 8,
            expr: 9,
            file: 10,
            loosens: 11,
        }; 2];
        let mut bytes = vec![0xff; 32];
        rows.iter().for_each(|row| row.write(&mut bytes));
        let section = Extent { at: 1, length: bytes.len() - 1 };
        let table = Table::<RuleEntry>::within(section, 31, 2).expect("it lies in the section");
        let read: Vec<RuleEntry> = table.iter(&bytes).collect();
        assert_eq!(format!("{read:?}"), format!("{rows:?}"));
        assert!(table.get(&bytes, 1).is_some() && table.get(&bytes, 2).is_none());
        assert!(table.part(1, 2).is_some() && table.part(1, 3).is_none());
        for (offset, rows) in [(30, 1), (63, 2), (31, 3), (u32::MAX, 1), (31, u32::MAX)] {
            assert!(Table::<RuleEntry>::within(section, offset, rows).is_none());
        }
    }
}
