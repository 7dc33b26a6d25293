//! The checked policy: every name looked up, every pattern parsed, every type right.
//!
//! A [`Model`] is what all reasoning works on: the interpreter decides on it, the compiler freezes
//! it, the analyses prove things of it. It holds the layers of one policy together; blocks are
//! gone (their conditions stand in each rule), sets and includes are written out.

pub mod pattern;
pub mod words;

use std::ops::Range;
use std::sync::Arc;

use policy_eval::{
    Action, ActionSet, Attr, Floors, Layer, OnFailure, RecordLevel, Remember, Tier, Type,
};

use crate::span::{Location, Source, SourceId};
use crate::syntax::ast::{Claim, Operands};
use pattern::{CommandPattern, HostPattern, PairPattern, PathPattern, RootId, TokenPattern};

/// A checked policy of one or more layers.
#[derive(Clone, Debug)]
pub struct Model {
    /// The name in the header of the highest layer that has one.
    pub name: Option<String>,
    /// The version in that header.
    pub version: Option<String>,
    /// The layers that are there, most authority first; never empty.
    pub layers: Vec<LayerModel>,
    /// `workspace`, `home`, `tmp`, then the declared ones.
    pub roots: Vec<Root>,
    /// Declared attributes.
    pub attributes: Vec<DeclaredAttribute>,
    /// Every mark that a sentence sets or asks for.
    pub marks: Vec<String>,
    /// Tier, `record` and `mark` sentences, in [rank order](Rule::rank_key).
    pub rules: Vec<Rule>,
    /// `count` sentences.
    pub counts: Vec<Count>,
    /// `accept` sentences.
    pub accepts: Vec<Accept>,
    /// `trust annotations of` sentences.
    pub trusts: Vec<Trust>,
    /// `never` and `always`.
    pub proofs: Vec<Proof>,
    /// Tests.
    pub tests: Vec<Test>,
    /// Every text that was read, includes too. [`SourceId`] counts into it.
    pub sources: Vec<Arc<Source>>,
    /// How many of the sources were given, each once; they come first. The others were included.
    pub given: usize,
    /// What each `include` led to.
    pub includes: Vec<Include>,
}

/// An `include`: where it stands, the path that it writes, and the file that this led to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Include {
    pub from: SourceId,
    pub path: String,
    pub to: SourceId,
}

impl Model {
    /// The source that an id names.
    pub fn source(&self, id: SourceId) -> &Arc<Source> {
        &self.sources[id.0 as usize]
    }

    /// The default tier of an action: the strictest that the layers have.
    pub fn default_tier(&self, action: Action) -> Tier {
        self.layers
            .iter()
            .filter_map(|layer| layer.defaults[action as usize])
            .max()
            .unwrap_or(Tier::Ask)
    }

    /// Whether a certain match in the layer makes the default of the action fall away: in the top
    /// layer, or in one that the action is delegated to, by the top layer and by every layer
    /// between that itself delegates the action.
    pub fn may_loosen(&self, action: Action, layer: Layer) -> bool {
        let top = &self.layers[0];
        if top.layer == layer {
            return true;
        }
        self.layers.iter().take_while(|between| between.layer < layer).enumerate().all(
            |(index, between)| {
                let mut delegates =
                    between.delegates.iter().filter(|(set, _)| set.contains(action)).peekable();
                match delegates.peek() {
                    None => index > 0,
                    Some(_) => delegates.any(|(_, to)| to.contains(&layer)),
                }
            },
        )
    }
}

/// What one layer says apart from its rules.
#[derive(Clone, Debug)]
pub struct LayerModel {
    /// Which layer.
    pub layer: Layer,
    /// The default of each action: the one written for it, else the general one, else, in the top
    /// layer, `ask`. Of several files of a layer the strictest.
    pub defaults: [Option<Tier>; Action::COUNT],
    /// What is handed to which layers.
    pub delegates: Vec<(ActionSet, Vec<Layer>)>,
}

/// A root that paths may start from.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Root {
    pub name: String,
    /// Where it can lie; empty: anywhere.
    pub within: Vec<PathPattern>,
    /// None for the built-in ones.
    pub at: Option<Location>,
}

/// An attribute that the policy declares.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct DeclaredAttribute {
    pub name: String,
    pub ty: DeclaredType,
    pub at: Location,
}

/// The type of a declared attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DeclaredType {
    Builtin(Type),
    OneOf(Vec<String>),
}

/// Names a mark of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkId(pub u8);

/// Which attribute an atom speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttrRef {
    /// One of the language's own.
    Builtin(Attr),
    /// `args.NAME…`: the names behind `args`.
    Argument(Vec<String>),
    /// A declared one: its index in [`Model::attributes`].
    Declared(usize),
}

/// The options that a tier sentence writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct RuleOptions {
    pub outside_sandbox: bool,
    pub reviewer: Option<String>,
    pub timeout_ms: Option<u32>,
    pub on_failure: OnFailure,
    pub remember: Remember,
}

/// What a rule says of what it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Effect {
    Tier(Tier, RuleOptions),
    Record(RecordLevel),
    Mark(MarkId),
}

/// A tier, `record` or `mark` sentence.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Rule {
    /// Its id, or its head in canonical layout; unique in the model.
    pub name: String,
    /// Whether the name is an id.
    pub named: bool,
    pub layer: Layer,
    pub effect: Effect,
    pub actions: ActionSet,
    /// When it matches a part with one of its actions.
    pub when: Formula,
    /// Which conjuncts of `when` come from which clause of the text.
    pub clauses: Vec<Clause>,
    pub reason: Option<String>,
    /// The whole sentence.
    pub at: Location,
}

impl Rule {
    /// Of two rules that match, the one with the smaller key is the one that a decision names:
    /// tier rules before the others, the stricter tier, the higher layer, the smaller name. Order
    /// in the text plays no part.
    pub fn rank_key(&self) -> (u8, Layer, &str) {
        let effect = match self.effect {
            Effect::Tier(tier, _) => 3 - tier as u8,
            Effect::Record(_) => 4,
            Effect::Mark(_) => 5,
        };
        (effect, self.layer, &self.name)
    }
}

/// A part of a sentence that takes something away from it: which conjuncts of its formula it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Clause {
    pub kind: ClauseKind,
    /// What is written behind the word: the objects, or the condition.
    pub at: Location,
    /// Indices into [`Formula::conjuncts`]. What stands there holds where the sentence goes on
    /// matching: of `except` and `unless` it is the opposite of what is written.
    pub conjuncts: Range<usize>,
}

/// The word of a [`Clause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClauseKind {
    /// `except OBJECTS`
    Except,
    /// `when CONDITION`, of the sentence or of a block around it.
    When,
    /// `unless CONDITION`
    Unless,
}

impl ClauseKind {
    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            ClauseKind::Except => "except",
            ClauseKind::When => "when",
            ClauseKind::Unless => "unless",
        }
    }
}

/// When a sentence matches. Atoms are judged three-valued (`policy_eval::Truth`), and the
/// connectives as Kleene's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Formula {
    True,
    Atom(Atom),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
}

impl Formula {
    /// The formulas that all have to hold: the parts of an `And`, none of `True`.
    pub fn conjuncts(&self) -> &[Formula] {
        match self {
            Formula::True => &[],
            Formula::And(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// All of several; `True` drops out and nested `And`s are made flat.
    pub fn and(parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::True => {}
                Formula::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Formula::True,
            1 => flat.remove(0),
            _ => Formula::And(flat),
        }
    }
}

/// The smallest statement about a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// A path attribute lies in one of the patterns.
    Path(AttrRef, Vec<PathPattern>),
    /// The command matches one of the patterns.
    Command(Vec<CommandPattern>),
    /// The destination of `connect`, `listen` or `fetch` matches one of the patterns.
    Destination(Vec<HostPattern>),
    /// A host or address attribute matches one of the patterns (which have no ports).
    Host(AttrRef, Vec<HostPattern>),
    /// `server/tool` of a call, or `kind/name` of an install.
    Pair(Vec<PairPattern>),
    /// A string attribute matches one of the patterns. The object of `use` is `credential`, that
    /// of `spawn` is `name`.
    Text(AttrRef, Vec<TokenPattern>),
    /// A number lies in one of the ranges, first and last.
    Int(AttrRef, Vec<(i64, i64)>),
    /// A truth value is true.
    Bool(AttrRef),
    /// A set of strings has a member that matches the pattern.
    Contains(AttrRef, TokenPattern),
    /// A set of strings has exactly these members.
    SetEquals(AttrRef, Vec<String>),
    /// The session carries the mark.
    Marked(MarkId),
    /// The attribute was sent.
    Present(AttrRef),
}

/// `count ACTION OBJECT as …`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Count {
    pub name: String,
    pub layer: Layer,
    /// `run` or `call`.
    pub action: Action,
    pub when: Formula,
    /// The command patterns of its objects, for finding operands; empty for `call` and `*`.
    pub patterns: Vec<CommandPattern>,
    pub counted: Vec<Counted>,
    pub at: Location,
}

/// One clause of `as`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counted {
    /// `read`, `write` or `delete`.
    pub action: Action,
    pub what: Operands,
}

/// `accept …`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Accept {
    pub layer: Layer,
    pub floors: Floors,
    /// Holds where the conditions of the blocks around it certainly do.
    pub when: Formula,
    pub at: Location,
}

/// `trust annotations of …`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Trust {
    pub layer: Layer,
    /// The tools, and the conditions of the blocks around it; holds where it certainly does.
    pub when: Formula,
    pub at: Location,
}

/// `never …` or `always …`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Proof {
    pub name: String,
    pub claim: Claim,
    pub tier: Tier,
    pub actions: ActionSet,
    pub when: Formula,
    pub reason: Option<String>,
    pub at: Location,
}

/// `test "NAME" { … }`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Test {
    pub name: String,
    pub cases: Vec<TestCase>,
    pub at: Location,
}

/// One expectation of a test, with the `given`s that hold for it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct TestCase {
    pub tier: Tier,
    pub action: Action,
    /// The concrete object, as written.
    pub object: Option<TestObject>,
    pub port: Option<u16>,
    /// Roots and their bindings.
    pub roots: Vec<(String, String)>,
    /// Attributes, in the order in which they were given; a later one wins.
    pub attributes: Vec<(AttrRef, TestValue)>,
    pub at: Location,
}

/// The object of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TestObject {
    Text(String),
    Unix(String),
}

/// A value of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TestValue {
    Text(String),
    Int(i64),
    Bool(bool),
    Set(Vec<String>),
}

/// Names a root by its place in [`Model::roots`].
pub fn builtin_root(name: &str) -> Option<RootId> {
    policy_eval::BUILTIN_ROOTS
        .iter()
        .position(|known| *known == name)
        .map(|index| RootId(index as u16))
}
