//! The frozen policy as a compiler lays it down: plain tables, checked once, then written as bytes.
//!
//! ```text
//!   value ─► tokens ─► groups of token automata ─► classes ─► forest of decision diagrams ─► leaf
//!            (one hash     (one step a token        (one per     (one probe a question)
//!             a token)      and group)               variable)
//! ```
//!
//! A *sequence* is where tokens come from: the components of a path, the words of a command, the
//! labels of a host from the right, the two halves of a tool's name, or one text as a whole. A
//! *variable* takes one of finitely many *classes* for a request; a class says which *atoms* hold.
//! An atom is what a rule's condition is made of. The last class of every variable stands for "not
//! sent", where each of its atoms is open.
//!
//! Two forests serve an action: `upper` leads to the strictest rule that may match, `lower` says
//! whether some rule that may loosen certainly does. What they cannot say (words known only at run
//! time, roots that are not bound, rules past the budget) is judged atom by atom from `exprs`.

use crate::decision::{OnFailure, Remember};
use crate::tier::{RecordLevel, Tier};
use crate::vocab::{Action, Attr, Floors, Layer};

use super::tokens::{ByteDfa, TokenTable};

/// No such index.
pub const NOWHERE: u32 = u32::MAX;

/// Everything that a decision reads. All fields are plain data, so that a compiler can write them;
/// `Policy::from_tables` checks them before anything walks over them.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Tables {
    pub name: Option<Box<str>>,
    pub version: Option<Box<str>>,
    pub files: Box<[Box<str>]>,
    /// The text of each file.
    pub texts: Box<[Box<str>]>,
    /// So many of the files were given; the others were included.
    pub given: u32,
    /// What the path of each `include` leads to: the file it stands in, the path, the file.
    pub includes: Box<[(u32, Box<str>, u32)]>,
    /// In rank order: of two that match, the one with the smaller index is named.
    pub rules: Box<[RuleRow]>,
    pub options: Box<[OptionsRow]>,
    /// In the order of their names, so that the smaller index is the smaller name.
    pub reviewers: Box<[Box<str>]>,
    pub marks: Box<[Box<str>]>,
    pub roots: Box<[RootRow]>,
    /// The names of all declared attributes.
    pub declared: Box<[Box<str>]>,
    /// Declared attributes that are paths: a binding of a root that contains one matters.
    pub declared_paths: Box<[Box<str>]>,
    pub sequences: Box<[Sequence]>,
    pub groups: Box<[Group]>,
    pub variables: Box<[Variable]>,
    pub atoms: Box<[Atom]>,
    pub commands: Box<[CommandAtom]>,
    pub exprs: Box<[u32]>,
    /// One for each action, in the order of [`Action::ALL`].
    pub plans: Box<[Plan]>,
    pub nodes: Box<[Node]>,
    pub edges: Box<[Edge]>,
    pub leaves: Box<[Leaf]>,
    pub counts: Box<[CountRow]>,
    pub accepts: Box<[AcceptRow]>,
    pub trusts: Box<[u32]>,
}

impl Tables {
    /// The most roots that one policy may have.
    pub const MOST_ROOTS: usize = 16;

    /// Where a leaf is nothing or one rule and no more: 0, or the rule plus one.
    pub(crate) fn alone(&self, leaf: &Leaf) -> Option<u32> {
        let Some(rule) = leaf.rule.checked_sub(1) else {
            return (*leaf == Leaf::default()).then_some(0);
        };
        let Effect::Tier(_, options) = self.rules.get(rule as usize)?.effect else { return None };
        (*leaf == Leaf { rule: leaf.rule, options, ..Leaf::default() }).then_some(leaf.rule)
    }

    /// The tier of the rule that a leaf names, where it names one.
    pub(crate) fn leaf_tier(&self, leaf: &Leaf) -> Option<Tier> {
        match self.rules.get(leaf.rule.checked_sub(1)? as usize)?.effect {
            Effect::Tier(tier, _) => Some(tier),
            Effect::Record(_) | Effect::Mark(_) => None,
        }
    }
}

/// A rule as reports name it, and its effect.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RuleRow {
    pub name: Box<str>,
    pub layer: Layer,
    pub effect: Effect,
    pub reason: Option<Box<str>>,
    pub file: u32,
    pub line: u32,
    pub column: u32,
    /// Where its formula starts in `exprs`.
    pub expr: u32,
    /// A certain match makes the default fall away, for these actions.
    pub loosens: crate::vocab::ActionSet,
    /// The formula asks for addresses outside every `Not`: it is asked of resolved addresses.
    pub asks_addresses: bool,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A tier, with an index into `options`.
    Tier(Tier, u32),
    /// A record level.
    Record(RecordLevel),
    /// A mark.
    Mark(u8),
}

/// Options, with the reviewer as an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct OptionsRow {
    pub outside_sandbox: bool,
    pub reviewer: Option<u32>,
    pub timeout_ms: Option<u32>,
    pub on_failure: OnFailure,
    pub remember: Remember,
}

/// A root.
#[derive(Clone, Debug)]
pub struct RootRow {
    /// Its name.
    pub name: Box<str>,
    /// The group over a path that says where it can lie, if it says so.
    pub within: Option<u32>,
}

/// Where an attribute comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// One of the language's own.
    Builtin(Attr),
    /// The names behind `args`.
    Argument(Box<[Box<str>]>),
    /// A declared one. Sent as another type, it is as if it had not been sent.
    Declared(Box<str>, Plain),
    /// A declared path.
    DeclaredPath(Box<str>),
    /// A declared host.
    DeclaredHost(Box<str>),
    /// A declared address.
    DeclaredIp(Box<str>),
    /// The host of a destination.
    Destination,
    /// Where a root is bound. Only groups that say where a root can lie read it.
    Root(Box<str>),
    /// The object of `call` or `install`.
    Pair,
    /// The words of a form of the command.
    Command,
}

/// A type of values that need no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Plain {
    Text,
    Int,
    Bool,
    Set,
}

impl Plain {
    /// All of them, as artifacts number them.
    pub(crate) const ALL: [Plain; 4] = [Plain::Text, Plain::Int, Plain::Bool, Plain::Set];
}

/// How a value falls into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// The components of a path.
    Components,
    /// The words of a command.
    Words,
    /// The labels of a host name, from the right.
    Labels,
    /// Two halves.
    Halves,
    /// The text is one token.
    Whole,
}

impl Split {
    /// All of them, as artifacts number them.
    pub(crate) const ALL: [Split; 5] =
        [Split::Components, Split::Words, Split::Labels, Split::Halves, Split::Whole];
}

/// Where tokens come from, and their table.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Sequence {
    pub source: Source,
    pub split: Split,
    /// Of a command: the name of the program is compared folded.
    pub fold: bool,
    pub tokens: TokenTable,
    /// Of a path: the tokens in their folded spelling, for platforms that ignore case.
    pub folded: TokenTable,
    /// Its groups are `groups[first..last]`.
    pub groups: (u32, u32),
}

/// Where in its sequence a group starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// At the first token.
    Beginning,
    /// Behind the root, where the path lies under it.
    Root(u16),
}

/// A token automaton.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Group {
    pub sequence: u32,
    pub start: Start,
    /// The variable that its class is the value of.
    pub variable: u32,
    /// How many symbols there are.
    pub width: u16,
    /// The symbol of each token in the sequence's table.
    pub symbols: Box<[u16]>,
    /// The symbol of a token that is not in the table, where no glob is to be tried.
    pub other: u16,
    /// Gives the symbol of a token that is not in the table.
    pub globs: Option<ByteDfa>,
    /// Of a path: the symbol of each token in the table of folded tokens.
    pub folded_symbols: Box<[u16]>,
    /// Of a path: gives the symbol of a folded token that is not in that table.
    pub folded_globs: Option<ByteDfa>,
    /// State 0 is the start. A state without a row is settled: it is never left.
    pub rows: Box<[Row]>,
    pub cells: Box<[Cell]>,
    /// The class of each state.
    pub classes: Box<[u16]>,
}

/// No such state.
pub const NO_STATE: u16 = u16::MAX;

/// A state: where its exceptions lie, and where all other symbols lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Row {
    pub base: u32,
    pub default: u16,
    /// A state with a row whose exceptions count too, where the state has none of its own for a symbol;
    /// [`NO_STATE`] for none. That state's own `like` plays no part.
    pub like: u16,
}

/// An exception, valid for the state that `check` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Cell {
    pub check: u16,
    pub next: u16,
}

/// Something with finitely many values.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Variable {
    pub kind: VariableKind,
    /// How many classes there are; this number itself stands for "not sent". Class 0 holds no atom.
    pub classes: u32,
    /// `holds[starts[c]..starts[c + 1]]` are the atoms that hold in class `c`: the place of the
    /// atom in the variable, doubled, plus one where it holds for certain. Ascending.
    pub starts: Box<[u32]>,
    pub holds: Box<[u32]>,
}

/// How the class of a variable is found.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum VariableKind {
    Group(u32),
    /// Class `i + 1` where `i` bounds are at most the number; ascending.
    Number {
        source: Source,
        bounds: Box<[i64]>,
    },
    /// The same for addresses of both families, those of IPv4 first.
    Address {
        source: Source,
        v4: Box<[u32]>,
        v6: Box<[u128]>,
    },
    /// Class 1 where it is true.
    Bool(Source),
    /// Class 1 where a member is accepted by the group (its class is not 0). The group belongs to a
    /// sequence of its own.
    Contains {
        source: Source,
        group: u32,
    },
    SetEquals {
        source: Source,
        members: Box<[Box<str>]>,
    },
    Marked(u8),
    Present(Source),
    /// Class 1 for every value.
    Any(Source),
    /// Class 1, except of an address that a name resolved to.
    AnyDestination,
}

/// The smallest statement: a place in a variable.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Atom {
    pub variable: u32,
    /// Which of the variable's atoms.
    pub place: u32,
    /// Of a command: the patterns in `commands`, for words known only at run time; else [`NOWHERE`].
    pub command: u32,
    /// The atom that stands for this one where the program's name is folded; itself for all that is
    /// no command.
    pub folded: u32,
}

/// The patterns of a command atom, as small automata over words.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct CommandAtom {
    pub patterns: Box<[CommandPattern]>,
    /// The sequence whose token table the tests refer to.
    pub sequence: u32,
}

/// One pattern over words: an automaton, and what is asked of flags.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct CommandPattern {
    pub items: WordNfa,
    pub flags: Box<[FlagTest]>,
    /// The words at its start that are written out: operands come behind them.
    pub fixed: WordNfa,
    /// Flags that the pattern asks for: they are known to carry no path.
    pub known_flags: Box<[Box<str>]>,
}

/// An automaton over words: from state 0 to `accept`. At most [`WordNfa::MOST`] states.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct WordNfa {
    pub states: u32,
    pub accept: u32,
    /// From, test, to.
    pub steps: Box<[(u32, WordTest, u32)]>,
    /// Steps without a word, from smaller to greater states, ascending.
    pub empty: Box<[(u32, u32)]>,
}

impl WordNfa {
    /// The most states of one pattern.
    pub const MOST: usize = 256;
}

/// A test of one word.
#[derive(Clone, Debug)]
pub enum WordTest {
    /// Every word, known or not.
    Any,
    /// The word with this number in the sequence's table.
    Token(u32),
    /// A word that the automaton accepts (symbol 1).
    Glob(ByteDfa),
}

/// A constraint on flags.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct FlagTest {
    pub forbids: bool,
    pub after: WordNfa,
    /// Symbol 1: such a flag in another form. Symbol 2: the flag for certain.
    pub word: ByteDfa,
}

/// How requests of one action are decided.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Plan {
    /// The default of the action.
    pub default: Option<Tier>,
    /// Every variable that its rules ask. Nodes and filed rules name a variable by its place here.
    pub variables: Box<[u32]>,
    /// The sequences that these variables read; each is classified at most once a form.
    pub sequences: Box<[PlanSequence]>,
    /// Roots of the trees.
    pub upper: Box<[NodeId]>,
    pub lower: Box<[NodeId]>,
    /// Every rule of the action, in rank order.
    pub rules: Box<[u32]>,
    /// Rules that the forests leave out: judged atom by atom, filed by an atom that must hold.
    pub listed: Filed,
    /// All rules, filed by an atom that must hold.
    pub filed: Filed,
    /// The same by folded atoms, where the action has any: of commands.
    pub folded: Option<Filed>,
    /// Roots that patterns of the action start from.
    pub roots: Box<[u16]>,
    pub counts: Box<[u32]>,
    /// Some condition asks for a text that has to be made: `args_text`, `written`.
    pub needs_text: bool,
}

/// A sequence, as an action reads it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct PlanSequence {
    pub sequence: u32,
    /// Groups, and the place of each one's variable in the plan.
    pub groups: Box<[(u32, u32)]>,
}

/// Rules filed by an atom that must hold for them to match.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Filed {
    /// Rules that no single atom decides.
    pub always: Box<[u32]>,
    /// Those of one variable together, ascending by the atom's place in it.
    pub by_atom: Box<[FiledRule]>,
    /// Which of `by_atom` belong to which variable: its place in the plan, first, end.
    pub variables: Box<[(u32, u32, u32)]>,
}

/// A rule, filed under a place of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct FiledRule {
    pub place: u32,
    pub rule: u32,
}

/// Names a node, or with the highest bit a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The id of a leaf.
    pub const fn leaf(index: u32) -> NodeId {
        NodeId(index | 1 << 31)
    }

    /// The leaf that it names, if it names one.
    pub const fn as_leaf(self) -> Option<u32> {
        if self.0 >> 31 != 0 { Some(self.0 & !(1 << 31)) } else { None }
    }
}

/// A question: the class of a variable. Exceptions lie in `edges` at `base + class`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Node {
    pub variable: u32,
    pub base: u32,
    pub default: NodeId,
}

/// An exception, valid for the node that `check` names.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Edge {
    pub check: u32,
    pub to: NodeId,
}

/// What a path through a tree amounts to. Leaf 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Leaf {
    /// The rule that is named, plus one; 0 for none.
    pub rule: u32,
    /// Its options joined with those of the other rules of its tier.
    pub options: u32,
    pub record: RecordLevel,
    pub marks: u64,
}

/// A `count` sentence.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct CountRow {
    pub expr: u32,
    pub loosens: bool,
    /// The atom of its object, for finding operands; [`NOWHERE`] for none.
    pub atom: u32,
    pub clauses: Box<[(Action, Operands)]>,
}

/// Which words or arguments name files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operands {
    All,
    ButFirst,
    ButLast,
    First,
    Last,
    Argument(Box<[Box<str>]>),
}

/// An `accept` sentence in a layer that may loosen `run`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct AcceptRow {
    pub floors: Floors,
    pub expr: u32,
}

/// A formula in `exprs`: one word for the operator, its operands behind it.
pub mod expr {
    /// Holds.
    pub const TRUE: u32 = 0;
    /// An atom: its index in the upper bits.
    pub const ATOM: u32 = 1;
    /// Not the formula behind it.
    pub const NOT: u32 = 2;
    /// All of the formulas behind it: how many in the upper bits.
    pub const AND: u32 = 3;
    /// One of them.
    pub const OR: u32 = 4;
    /// How many bits the operator takes.
    pub const BITS: u32 = 3;
}
