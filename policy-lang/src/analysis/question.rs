//! What is asked: the statements of both sides, and what becomes of their answers.

use policy_eval::{Action, Floors, Options};
use rustc_hash::FxHashMap;

use super::formula::Id;
use crate::automata::group::CommandShape;
use crate::model::{Counted, RuleOptions};

/// What of an answer is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Aspect {
    /// Tier and options.
    Tier,
    Record,
    Mark(u8),
}

/// What a statement does where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A tier, a record level or a mark, as a rank from 1; and options by number.
    Rank(u8, u32),
    /// Files are judged that the command or call touches.
    Count(Vec<CommandShape>, Vec<Counted>),
    /// Floors fall away.
    Accept(Floors),
    /// Nothing: it is asked what holds where this does.
    Asked,
}

/// Something that one of the sides says, or both.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) formula: Id,
    pub(crate) effect: Effect,
    /// On which sides it stands.
    pub(crate) sides: [bool; 2],
    /// Whether a certain match makes the default fall away.
    pub(crate) loosens: bool,
    /// What it says of an address that a name resolved to, where it is asked of one.
    pub(crate) resolved: Option<Id>,
    /// Whose index it is on each side, for reports.
    pub(crate) origins: [Option<Origin>; 2],
}

/// Which sentence of a model a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    Rule(usize),
    Count(usize),
    Accept(usize),
}

impl Statement {
    pub(super) fn is_changed(&self) -> bool {
        self.sides[0] != self.sides[1]
    }

    pub(crate) fn rank(&self) -> Option<(u8, u32)> {
        match self.effect {
            Effect::Rank(rank, options) => Some((rank, options)),
            _ => None,
        }
    }
}

/// The rank of `ask` where ranks are tiers.
pub(crate) const ASK: u8 = 3;
/// That of `allow`.
pub(crate) const ALLOW: u8 = 1;
/// That of `deny`.
pub(crate) const DENY: u8 = 4;

/// What is asked: statements and defaults of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) aspect: Aspect,
    pub(crate) statements: Vec<Statement>,
    /// By side; 0 where the aspect has none.
    pub(crate) defaults: [u8; 2],
    pub(crate) options: OptionSets,
    /// How many of the statements are rules and other sentences as they stand. Behind them stand
    /// those that are asked of resolved addresses as well, once more.
    pub(crate) own: usize,
    /// What each side answers of the files that `count` sentences speak of.
    files: FxHashMap<Action, [Bounds; 2]>,
}

/// What the answers of all requests of an action lie between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) lowest: u8,
    pub(crate) highest: u8,
    /// A bit for each rank of which answers may have options.
    pub(crate) with_options: u8,
}

impl Bounds {
    pub(super) fn has_options(self, rank: u8) -> bool {
        self.with_options >> rank & 1 != 0
    }

    /// What holds only for some values of a word asks at most.
    pub(super) fn at_most_ask(self) -> Bounds {
        let denies = self.has_options(DENY);
        let with_options = self.with_options & !(1 << DENY) | u8::from(denies) << ASK;
        Bounds { lowest: 0, highest: self.highest.min(ASK), with_options }
    }
}

impl Question {
    pub(crate) fn new(
        aspect: Aspect,
        mut statements: Vec<Statement>,
        defaults: [u8; 2],
        options: OptionSets,
    ) -> Question {
        let own = statements.len();
        let of_addresses: Vec<Statement> = statements
            .iter()
            .filter_map(|one| {
                // Of what is resolved nothing is said by default that could fall away.
                Some(Statement { formula: one.resolved?, loosens: false, ..one.clone() })
            })
            .collect();
        statements.extend(of_addresses);
        Question { aspect, statements, defaults, options, own, files: FxHashMap::default() }
    }

    /// Says what the sides answer of files.
    pub(crate) fn with_files(self, files: FxHashMap<Action, [Bounds; 2]>) -> Question {
        Question { files, ..self }
    }

    /// What a side answers at least of the files that are judged by these clauses, and at most.
    pub(super) fn bounds(&self, side: usize, clauses: &[Counted]) -> Option<Bounds> {
        let all = clauses.iter().filter_map(|one| self.files.get(&one.action));
        all.map(|sides| sides[side]).reduce(|one, other| Bounds {
            lowest: one.lowest.max(other.lowest),
            highest: one.highest.max(other.highest),
            with_options: one.with_options | other.with_options,
        })
    }

    /// The place where a statement stands that is asked of resolved addresses.
    pub(super) fn of_resolved(&self, statement: usize) -> Option<usize> {
        let before = self.statements[..statement].iter().filter(|one| one.resolved.is_some());
        self.statements[statement].resolved.map(|_| self.own + before.count())
    }
}

/// Sets of options, each once; number 0 is the default.
#[derive(Clone, Debug)]
pub(crate) struct OptionSets {
    all: Vec<RuleOptions>,
}

impl Default for OptionSets {
    fn default() -> Self {
        OptionSets { all: vec![RuleOptions::default()] }
    }
}

impl OptionSets {
    pub(crate) fn number(&mut self, options: &RuleOptions) -> u32 {
        match self.all.iter().position(|known| known == options) {
            Some(known) => known as u32,
            None => {
                self.all.push(options.clone());
                self.all.len() as u32 - 1
            }
        }
    }

    pub(crate) fn join(&mut self, one: u32, other: u32) -> u32 {
        if one == other {
            return one;
        }
        fn lend(options: &RuleOptions) -> Options<'_> {
            Options {
                outside_sandbox: options.outside_sandbox,
                reviewer: options.reviewer.as_deref(),
                timeout_ms: options.timeout_ms,
                on_failure: options.on_failure,
                remember: options.remember,
            }
        }
        let joined = lend(&self.all[one as usize]).join(lend(&self.all[other as usize]));
        let joined = RuleOptions {
            outside_sandbox: joined.outside_sandbox,
            reviewer: joined.reviewer.map(str::to_owned),
            timeout_ms: joined.timeout_ms,
            on_failure: joined.on_failure,
            remember: joined.remember,
        };
        self.number(&joined)
    }

    /// The options of a number.
    pub(crate) fn of(&self, number: u32) -> &RuleOptions {
        &self.all[number as usize]
    }

    pub(crate) fn leaves_sandbox(&self, number: u32) -> bool {
        self.all[number as usize].outside_sandbox
    }
}

/// What one side answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Verdict {
    /// 0: nothing is said.
    pub(crate) rank: u8,
    pub(crate) options: u32,
}
