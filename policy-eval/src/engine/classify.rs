//! From values to classes.
//!
//! A variable's class is found at most once a form, when the first question asks for it, and then
//! with those of all groups of its sequence. Tokens are taken a block at a time: each group walks
//! over the block as far as it needs to, and a token is hashed once, when the first group comes to
//! it. So a sequence of any length needs no buffer, and what nobody asks for is not hashed.

use std::borrow::Cow;
use std::net::IpAddr;

use super::layout::Table;
use super::tables::{NO_STATE, NOWHERE, Plain, Row, Source, Split, Start, Tables};
use super::view::{Dfa, Group, Plan, PlanSequence, Sequence, VariableKind, View};
use crate::canon::ascii::{each_word, equal};
use crate::canon::command::Buf;
use crate::canon::{self, fold};
use crate::facts::{
    Args, Attribute, Command, HostValue, Judged, Object, PathValue, Word, WordKind,
};
use crate::vocab::Attr;

/// The class was not asked for yet.
pub(super) const UNASKED: u32 = NOWHERE;
/// The value is known only when the command runs: no class says what holds.
pub(super) const AT_RUN_TIME: u32 = NOWHERE - 1;
/// How many tokens are looked at together.
const BLOCK: usize = 16;
/// How many variables fit on the stack.
const ON_STACK: usize = 96;

/// Where the roots of a plan are bound, for one reading of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bindings<'a> {
    /// By root: its path, where it is bound.
    pub(super) paths: [Option<&'a str>; Tables::MOST_ROOTS],
}

impl Bindings<'_> {
    /// No root is bound.
    pub(super) const NONE: Bindings<'static> = Bindings { paths: [None; Tables::MOST_ROOTS] };
}

/// What is known of one part while it is decided.
pub(super) struct Facts<'t, 'a> {
    pub(super) tables: &'t View<'t>,
    pub(super) plan: &'t Plan,
    pub(super) judged: &'a Judged<'a>,
    pub(super) bindings: &'a Bindings<'a>,
    /// The words of the form that is looked at.
    pub(super) words: &'a [Word<'a>],
    /// What a tool says of itself in its favour counts.
    pub(super) trusted: bool,
    pub(super) made_text: Option<&'a str>,
    /// The classes that were found, by place in the plan.
    pub(super) classes: &'a mut [u32],
    /// Some of them are those of the words.
    read_words: bool,
    /// Of the variable below an unbound root that was asked last.
    pub(super) open: Option<OpenClasses>,
}

/// The classes that a variable below an unbound root may have, wherever the root may lie.
pub(super) struct OpenClasses {
    pub(super) variable: u32,
    /// Each once, in ascending order.
    pub(super) classes: Buf<u16, MOST_OPEN>,
}

/// From this many classes, or states at one component, on they lie on the heap.
pub(super) const MOST_OPEN: usize = 32;

/// Room for the classes of all variables of a plan.
pub(super) struct Room {
    small: [u32; ON_STACK],
    /// For a plan with more variables than fit on the stack.
    large: Vec<u32>,
    variables: usize,
}

impl Room {
    pub(super) fn new(plan: &Plan) -> Room {
        let variables = plan.variables.len();
        let large = if variables > ON_STACK { vec![UNASKED; variables] } else { Vec::new() };
        Room { small: [UNASKED; ON_STACK], large, variables }
    }

    pub(super) fn classes(&mut self) -> &mut [u32] {
        match self.small.get_mut(..self.variables) {
            Some(small) => small,
            None => &mut self.large,
        }
    }
}

/// Room for few variables, as most plans have. To clear more takes longer than to look at them.
pub(super) struct SmallRoom([u32; SmallRoom::SIZE]);

impl SmallRoom {
    const SIZE: usize = 16;

    #[inline(always)]
    pub(super) fn new() -> SmallRoom {
        SmallRoom([UNASKED; SmallRoom::SIZE])
    }

    /// The classes of a plan, where there is room for them.
    #[inline(always)]
    pub(super) fn classes(&mut self, plan: &Plan) -> Option<&mut [u32]> {
        self.0.get_mut(..plan.variables.len())
    }
}

impl<'t, 'a> Facts<'t, 'a> {
    #[inline(always)]
    pub(super) fn new(
        tables: &'t View<'t>,
        judged: &'a Judged<'a>,
        bindings: &'a Bindings<'a>,
        made_text: Option<&'a str>,
        classes: &'a mut [u32],
    ) -> Facts<'t, 'a> {
        let plan = &tables.plans[judged.part.action as usize];
        Facts {
            tables,
            plan,
            judged,
            bindings,
            words: &[],
            trusted: false,
            made_text,
            classes,
            read_words: false,
            open: None,
        }
    }

    /// Looks at another form: what was found of the command's words is forgotten.
    pub(super) fn set_words(&mut self, words: &'a [Word<'a>]) {
        self.words = words;
        if !std::mem::take(&mut self.read_words) {
            return;
        }
        for sequence in &self.plan.sequences {
            if self.tables.sequences[sequence.sequence as usize].source == Source::Command {
                for &(_, place) in &sequence.groups {
                    self.set_class(place, UNASKED);
                }
            }
        }
    }

    /// Takes what a tool says in its own favour for true from now on.
    pub(super) fn trust(&mut self) {
        self.trusted = true;
        self.classes.fill(UNASKED);
    }

    /// The class of a variable of the plan; [`AT_RUN_TIME`] where no class can say.
    #[inline(always)]
    pub(super) fn class(&mut self, place: u32) -> u32 {
        match self.classes.get(place as usize) {
            Some(&UNASKED) | None => self.find(place),
            Some(&class) => class,
        }
    }

    /// Kept out of [`Facts::class`], which is asked at every node and mostly knows the answer.
    #[inline(never)]
    fn find(&mut self, place: u32) -> u32 {
        let Some(&number) = self.plan.variables.get(place as usize) else {
            self.tables.break_off();
            return 0;
        };
        let variable = &self.tables.variables[number as usize];
        let bytes = self.tables.bytes;
        let unsent = variable.classes;
        let class = match &variable.kind {
            VariableKind::Group(group) => {
                let group = &self.tables.groups[*group as usize];
                let sequence = &self.tables.sequences[group.sequence as usize];
                if sequence.split == Split::Whole {
                    self.whole(group, sequence, unsent)
                } else {
                    self.among_others(group, place, unsent)
                }
            }
            VariableKind::Number { source, bounds } => match self.fact(source) {
                Attribute::Int(number) => {
                    bounds.partition_point(bytes, |bound| bound <= number) + 1
                }
                other => no_class(other, unsent),
            },
            VariableKind::Address { source, v4, v6 } => match self.value(source) {
                Attribute::Host(HostValue::Ip(IpAddr::V4(ip))) => {
                    let ip = u32::from(ip);
                    v4.partition_point(bytes, |bound| bound <= ip) + 1
                }
                Attribute::Host(HostValue::Ip(IpAddr::V6(ip))) => {
                    let ip = u128::from(ip);
                    v4.rows + v6.partition_point(bytes, |bound| bound <= ip) + 2
                }
                other => no_class(other, unsent),
            },
            VariableKind::Bool(source) => match self.value(source) {
                Attribute::Bool(value) => value.into(),
                other => no_class(other, unsent),
            },
            VariableKind::Contains { source, group } => self.contains(source, *group, unsent),
            VariableKind::SetEquals { source, members } => match self.value(source) {
                Attribute::Set(set) => {
                    let same = set.iter().all(|one| members.iter().any(|known| **known == **one))
                        && members.iter().all(|known| set.iter().any(|one| **known == **one));
                    same.into()
                }
                Attribute::Words(words) => words_equal(words, members),
                other => no_class(other, unsent),
            },
            VariableKind::Marked(mark) => {
                let name = &*self.tables.marks[usize::from(*mark)];
                self.judged.request.marks.contains(&name).into()
            }
            VariableKind::Present(source) => self.is_present(source).into(),
            VariableKind::Any(source) => match self.value(source) {
                Attribute::Unsent | Attribute::Host(HostValue::Unsent) => unsent,
                Attribute::Absent => 0,
                _ => 1,
            },
            VariableKind::AnyDestination => match self.judged.part.object {
                Object::Endpoint(endpoint) => (!endpoint.resolved).into(),
                _ => 1,
            },
        };
        self.set_class(place, class);
        class
    }

    /// What is known of a source: at once where that is what was sent.
    #[inline(always)]
    fn fact(&self, source: &Source) -> Attribute<'a> {
        match source {
            Source::Builtin(Attr::Branch) => self.judged.request.branch.into(),
            Source::Builtin(Attr::Surface) => self.judged.request.surface.into(),
            Source::Builtin(Attr::Risk) => self.judged.request.risk.into(),
            other => self.value(other),
        }
    }

    /// The class of a text that is one token.
    #[inline(always)]
    fn whole(&self, group: &Group, sequence: &Sequence, unsent: u32) -> u32 {
        match self.fact(&sequence.source) {
            Attribute::Text(text) => {
                let number = sequence.tokens.find(self.tables.bytes, text.as_bytes());
                group.class(self.tables, &[(number, text.as_bytes())])
            }
            other => no_class(other, unsent),
        }
    }

    /// The class of a group, which is found with those of all groups of its sequence.
    fn among_others(&mut self, group: &Group, place: u32, unsent: u32) -> u32 {
        let mut sequences = self.plan.sequences.iter();
        if let Some(read) = sequences.find(|read| read.sequence == group.sequence) {
            self.classify(read);
        }
        match self.classes.get(place as usize) {
            // The plan does not list the group: nothing is known.
            Some(&UNASKED) | None => unsent,
            Some(&class) => class,
        }
    }

    /// What is known of a source.
    pub(super) fn value(&self, source: &Source) -> Attribute<'a> {
        let judged = self.judged;
        match source {
            Source::Builtin(attr @ (Attr::ReadOnly | Attr::Destructive | Attr::OpenWorld)) => {
                match judged.attribute(*attr) {
                    Attribute::Bool(claim)
                        if claim == (*attr == Attr::ReadOnly) && !self.trusted =>
                    {
                        Attribute::Unsent
                    }
                    other => other,
                }
            }
            Source::Builtin(Attr::ArgsText | Attr::Written) => self.made_text.into(),
            Source::Builtin(attr) => judged.attribute(*attr),
            Source::Argument(path) => judged.argument(path),
            Source::Declared(name, plain) => match (plain, judged.declared(name)) {
                (Plain::Text, value @ Attribute::Text(_))
                | (Plain::Int, value @ Attribute::Int(_))
                | (Plain::Bool, value @ Attribute::Bool(_))
                | (Plain::Set, value @ Attribute::Set(_)) => value,
                _ => Attribute::Unsent,
            },
            Source::DeclaredPath(name) => declared_path(judged, name),
            Source::DeclaredHost(name) => match judged.declared(name) {
                Attribute::Text(text) => canon::host_attribute(text),
                _ => Attribute::Unsent,
            },
            Source::DeclaredIp(name) => match judged.declared(name) {
                Attribute::Text(text) => match canon::host_attribute(text) {
                    address @ Attribute::Host(HostValue::Ip(_)) => address,
                    _ => Attribute::Unsent,
                },
                _ => Attribute::Unsent,
            },
            Source::Destination => match judged.part.object {
                Object::Endpoint(endpoint) if endpoint.socket.is_some() => Attribute::Absent,
                Object::Endpoint(endpoint) => Attribute::Host(endpoint.host),
                _ => Attribute::Unsent,
            },
            Source::Pair | Source::Command | Source::Root(_) => Attribute::Unsent,
        }
    }

    fn is_present(&self, source: &Source) -> bool {
        if let (Source::Argument(names), Args::Known(args)) = (source, self.judged.args()) {
            // A list or an object was sent too, though nothing compares with it.
            return names.iter().try_fold(args, |value, name| value.get(name)).is_some();
        }
        !matches!(
            self.value(source),
            Attribute::Unsent
                | Attribute::Absent
                | Attribute::Path(PathValue::Unsent)
                | Attribute::Host(HostValue::Unsent)
        )
    }

    fn contains(&self, source: &Source, group: u32, unsent: u32) -> u32 {
        let group = &self.tables.groups[group as usize];
        let sequence = &self.tables.sequences[group.sequence as usize];
        let tables = self.tables;
        let accepts = |member: &str| {
            let token = sequence.token(tables, member.as_bytes(), false);
            tables.class_of(group, group.step(tables, 0, token)) != 0
        };
        match self.value(source) {
            Attribute::Set(members) => members.iter().any(|member| accepts(member)).into(),
            Attribute::Words(words) => {
                if words.iter().filter_map(Word::value).any(accepts) {
                    1
                } else if words.iter().any(|word| word.kind != WordKind::Static) {
                    AT_RUN_TIME
                } else {
                    0
                }
            }
            other => no_class(other, unsent),
        }
    }

    /// Finds the classes of all groups of a sequence.
    fn classify(&mut self, read: &'t PlanSequence) {
        let tables = self.tables;
        let sequence = &tables.sequences[read.sequence as usize];
        self.read_words |= sequence.source == Source::Command;
        match self.tokens(sequence) {
            Tokens::Class(class) => {
                for &(group, place) in &read.groups {
                    let variable = tables.groups[group as usize].variable;
                    let class = match class {
                        NOWHERE => tables.variables[variable as usize].classes,
                        class => class,
                    };
                    self.set_class(place, class);
                }
            }
            Tokens::Path(path) => self.over_path(read, sequence, path),
            Tokens::Words => {
                let words = self.words;
                let folded = words.first().filter(|_| sequence.fold).map(|word| fold(word.text));
                let mut walks = Walks::new(self, read, sequence, false, &from_first);
                let mut words = words.iter();
                if let Some(folded) = &folded {
                    words.next();
                    walks.push(folded.as_bytes(), 0);
                }
                for word in words {
                    walks.push(word.text.as_bytes(), 0);
                }
                walks.finish();
            }
            Tokens::Labels(name) => {
                let labels = Labels(Some(name.as_bytes()));
                let mut walks = Walks::new(self, read, sequence, false, &from_first);
                labels.for_each(|label| walks.push(label, 0));
                walks.finish();
            }
            Tokens::Halves(first, second) => {
                let look_up = |half: &'a str| {
                    (sequence.number(tables, half.as_bytes(), false), half.as_bytes())
                };
                let halves = [look_up(first), look_up(second)];
                for &(group, place) in &read.groups {
                    let group = &tables.groups[group as usize];
                    self.set_class(place, group.class(tables, &halves));
                }
            }
        }
    }

    #[inline]
    fn set_class(&mut self, place: u32, class: u32) {
        if let Some(slot) = self.classes.get_mut(place as usize) {
            *slot = class;
        }
    }

    fn over_path(&mut self, read: &'t PlanSequence, sequence: &'t Sequence, path: &str) {
        let folds = self.ignores_case();
        let path = if folds { fold(path) } else { Cow::Borrowed(path) };
        let bindings = self.bindings;
        let behind = |root: u16| {
            let from = match bindings.paths[usize::from(root)] {
                Some(bound) if folds => behind(&path, &fold(bound)),
                Some(bound) => behind(&path, bound),
                None => None,
            };
            from.map(|from| from as u32)
        };
        let mut walks = Walks::new(self, read, sequence, folds, &behind);
        let bytes = path.as_bytes();
        let (mut start, mut base) = (0, 0);
        each_word(bytes, |word| {
            let mut slashes = equal(word, b'/');
            while slashes != 0 {
                let at = base + slashes.trailing_zeros() as usize / 8;
                if start < at {
                    walks.push(&bytes[start..at], start as u32);
                }
                start = at + 1;
                slashes &= slashes - 1;
            }
            base += 8;
        });
        if start < bytes.len() {
            walks.push(&bytes[start..], start as u32);
        }
        walks.finish();
    }

    /// What the sequence has to read.
    fn tokens(&self, sequence: &Sequence) -> Tokens<'a> {
        match (sequence.split, &sequence.source) {
            (Split::Words, _) => {
                let Object::Command(command) = self.judged.part.object else {
                    return Tokens::Class(0);
                };
                if command.nothing_runs {
                    Tokens::Class(0)
                } else if self.command_is_unsent() {
                    Tokens::Class(NOWHERE)
                } else if self.words.iter().any(|word| word.kind != WordKind::Static) {
                    Tokens::Class(AT_RUN_TIME)
                } else {
                    Tokens::Words
                }
            }
            (Split::Halves, _) => match self.judged.part.object {
                Object::Tool { server: Some(first), tool: Some(second), .. }
                | Object::Package { kind: Some(first), name: Some(second) } => {
                    Tokens::Halves(first, second)
                }
                // Half of it may still say something: judged pattern by pattern.
                Object::Tool { .. } | Object::Package { .. } => Tokens::Class(AT_RUN_TIME),
                _ => Tokens::Class(NOWHERE),
            },
            (split, source) => match (split, self.value(source)) {
                (Split::Components, Attribute::Path(PathValue::Known(path))) => Tokens::Path(path),
                (Split::Components, Attribute::Path(PathValue::AtRunTime)) => {
                    Tokens::Class(AT_RUN_TIME)
                }
                (Split::Labels, Attribute::Host(HostValue::Name(name))) => Tokens::Labels(name),
                (Split::Labels, Attribute::Host(HostValue::Ip(_) | HostValue::Other)) => {
                    Tokens::Class(0)
                }
                (_, other) => Tokens::Class(no_class(other, NOWHERE)),
            },
        }
    }

    /// Whether nobody said what runs.
    pub(super) fn command_is_unsent(&self) -> bool {
        let request = self.judged.request;
        let has_no_form =
            matches!(self.judged.part.object, Object::Command(Command { forms: [], .. }));
        has_no_form && request.shell.is_none() && request.argv.is_none()
    }

    /// Whether names that differ in case are the same on the request's platform.
    pub(super) fn ignores_case(&self) -> bool {
        self.judged.request.platform_or_default().ignores_case()
    }

    /// The path that a sequence over components reads, where it is known.
    pub(super) fn path_of(&self, sequence: &Sequence) -> Attribute<'a> {
        self.value(&sequence.source)
    }
}

/// A declared path, where it was sent in canonical form.
pub(super) fn declared_path<'a>(judged: &Judged<'a>, name: &str) -> Attribute<'a> {
    match judged.declared(name) {
        Attribute::Text(text)
            if canon::is_canonical_path(judged.request.platform_or_default(), text) =>
        {
            Attribute::Path(PathValue::Known(text))
        }
        _ => Attribute::Unsent,
    }
}

/// What a sequence has to read: tokens, or a class that needs none ([`NOWHERE`]: not sent).
enum Tokens<'a> {
    Class(u32),
    Path(&'a str),
    Words,
    Labels(&'a str),
    Halves(&'a str, &'a str),
}

/// The class of a value that a variable does not take.
fn no_class(value: Attribute<'_>, unsent: u32) -> u32 {
    match value {
        Attribute::Absent | Attribute::Host(HostValue::Name(_) | HostValue::Other) => 0,
        Attribute::AtRunTime => AT_RUN_TIME,
        _ => unsent,
    }
}

/// Whether the words are exactly these members.
fn words_equal(words: &[Word<'_>], members: &[Box<str>]) -> u32 {
    if words.iter().any(|word| word.kind != WordKind::Static) {
        return AT_RUN_TIME;
    }
    let same = words.iter().all(|word| members.iter().any(|known| **known == *word.text))
        && members.iter().all(|known| words.iter().any(|word| **known == *word.text));
    same.into()
}

/// Where what lies under `root` starts in `path`: at the separator behind it.
pub(super) fn behind(path: &str, root: &str) -> Option<usize> {
    let root = root.strip_suffix('/').unwrap_or(root);
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(root.len())
}

/// Where a root ends in what has no roots.
fn from_first(_: u16) -> Option<u32> {
    Some(0)
}

/// The walks of all groups of a sequence over its tokens.
struct Walks<'f, 't, 'a, 'b> {
    facts: &'f mut Facts<'t, 'a>,
    groups: &'t [(u32, u32)],
    block: Block<'t, 'b>,
    /// Before which byte a root ends; none where the path is not under it.
    behind: &'f dyn Fn(u16) -> Option<u32>,
    /// Blocks were walked over before this one: the groups' states are where their classes will be.
    goes_on: bool,
}

/// Tokens, of which those are looked up that some group came to.
struct Block<'t, 'b> {
    tables: &'t View<'t>,
    sequence: &'t Sequence,
    /// The tokens are those of a path, folded.
    folds: bool,
    tokens: [&'b [u8]; BLOCK],
    /// Where each token starts in its path.
    starts: [u32; BLOCK],
    /// Of those that are looked up; [`NOWHERE`] for one that the table does not have.
    numbers: [u32; BLOCK],
    length: usize,
}

/// The token was not looked up yet.
const UNKNOWN: u32 = NOWHERE - 1;

impl<'b> Block<'_, 'b> {
    /// The number of a token, which is looked up where it was not yet.
    #[inline(always)]
    fn number(&mut self, index: usize) -> Option<u32> {
        let mut number = self.numbers[index % BLOCK];
        if number == UNKNOWN {
            let token = self.tokens[index % BLOCK];
            number = self.sequence.number(self.tables, token, self.folds).unwrap_or(NOWHERE);
            self.numbers[index % BLOCK] = number;
        }
        (number != NOWHERE).then_some(number)
    }

    /// The first token that starts at a byte or behind it.
    fn first_from(&self, byte: u32) -> usize {
        let starts = &self.starts[..self.length.min(BLOCK)];
        starts.iter().position(|&start| byte <= start).unwrap_or(starts.len())
    }
}

impl<'f, 't, 'a, 'b> Walks<'f, 't, 'a, 'b> {
    #[inline(always)]
    fn new(
        facts: &'f mut Facts<'t, 'a>,
        read: &'t PlanSequence,
        sequence: &'t Sequence,
        folds: bool,
        behind: &'f dyn Fn(u16) -> Option<u32>,
    ) -> Self {
        Walks {
            groups: &read.groups,
            block: Block {
                tables: facts.tables,
                sequence,
                folds,
                tokens: [&[]; BLOCK],
                starts: [0; BLOCK],
                numbers: [UNKNOWN; BLOCK],
                length: 0,
            },
            behind,
            goes_on: false,
            facts,
        }
    }

    /// Takes a token, which starts at a byte of its path.
    #[inline]
    fn push(&mut self, token: &'b [u8], start: u32) {
        if self.block.length == BLOCK {
            self.walk(false);
            self.goes_on = true;
            (self.block.length, self.block.numbers) = (0, [UNKNOWN; BLOCK]);
        }
        let at = self.block.length % BLOCK;
        self.block.tokens[at] = token;
        self.block.starts[at] = start;
        self.block.length += 1;
    }

    /// Takes all groups over the block, to their classes where it is the last one.
    fn walk(&mut self, is_last: bool) {
        let (tables, folds) = (self.facts.tables, self.block.folds);
        let bytes = tables.bytes;
        // What stands before the last token is as good as forgotten.
        let last = if is_last { self.block.length.saturating_sub(1) } else { BLOCK };
        // Groups of one root stand together.
        let (mut start, mut begins) = (Start::Beginning, Some(0));
        for &(number, place) in self.groups {
            let group = &tables.groups[number as usize];
            if group.start != start {
                start = group.start;
                begins = self.begins(start);
            }
            let Some(from) = begins else {
                self.facts.set_class(place, 0);
                continue;
            };
            let state = if self.goes_on {
                self.facts.classes.get(place as usize).map_or(0, |&state| state as u16)
            } else {
                0
            };
            let from = if group.forgets { from.max(last) } else { from };
            let block = &mut self.block;
            let tokens = (from..block.length)
                .map(|index| (block.number(index), block.tokens[index % BLOCK]));
            let state = group.walk(bytes, state, folds, tokens);
            let class = match state {
                Some(state) if is_last => group.classes.fetch(bytes, state.into()).map(u32::from),
                state => state.map(u32::from),
            };
            if class.is_none() {
                tables.break_off();
            }
            self.facts.set_class(place, class.unwrap_or(0));
        }
    }

    /// The first token that groups with this start look at; none where they do not begin.
    #[inline(always)]
    fn begins(&self, start: Start) -> Option<usize> {
        match start {
            Start::Beginning => Some(0),
            Start::Root(root) => (self.behind)(root).map(|byte| self.block.first_from(byte)),
        }
    }

    fn finish(&mut self) {
        self.walk(true);
    }
}
/// The labels of a name, from its end.
struct Labels<'b>(Option<&'b [u8]>);

impl<'b> Iterator for Labels<'b> {
    type Item = &'b [u8];

    #[inline]
    fn next(&mut self) -> Option<&'b [u8]> {
        let (label, rest) = label_before(self.0?);
        self.0 = rest;
        Some(label)
    }
}

/// The last label of a name, and what stands before its dot.
#[inline(always)]
pub(super) fn label_before(name: &[u8]) -> (&[u8], Option<&[u8]>) {
    let dot = name.iter().rposition(|&byte| byte == b'.');
    (&name[dot.map_or(0, |dot| dot + 1)..], dot.map(|dot| &name[..dot]))
}

/// A token, and its number in the table that it was looked up in.
#[derive(Clone, Copy)]
pub(super) struct Token<'b> {
    bytes: &'b [u8],
    number: Option<u32>,
    folded: bool,
}

impl Sequence {
    /// Looks a token up; `folded` says that it is spelt folded.
    #[inline]
    pub(super) fn token<'b>(&self, tables: &View<'_>, bytes: &'b [u8], folded: bool) -> Token<'b> {
        Token { bytes, number: self.number(tables, bytes, folded), folded }
    }

    /// The number of a token, where the table has it.
    #[inline(never)]
    fn number(&self, tables: &View<'_>, token: &[u8], folded: bool) -> Option<u32> {
        let table = if folded { &self.folded } else { &self.tokens };
        table.find(tables.bytes, token)
    }
}

impl Group {
    /// One step.
    #[inline(never)]
    pub(super) fn step(&self, tables: &View<'_>, state: u16, token: Token<'_>) -> u16 {
        if self.is_settled(state) {
            return state;
        }
        let row = tables.hot(self.rows, state.into());
        let (symbols, globs) = self.alphabet(token.folded);
        let symbol = match (token.number, globs) {
            (Some(number), _) => tables.hot(symbols, number),
            (None, Some(globs)) => globs.symbol(tables, token.bytes),
            (None, None) => self.other,
        };
        self.leads(tables, state, row, symbol)
    }

    /// Walks over tokens as far as something can change: numbers of known tokens, and their bytes.
    /// None where the tables do not have what they should.
    ///
    /// The bytes of the policy are handed in, since a reference to the view tells the compiler too
    /// little: it would read from it where they lie at every step.
    #[inline(always)]
    pub(super) fn walk<'b>(
        &self,
        bytes: &[u8],
        mut state: u16,
        folded: bool,
        tokens: impl Iterator<Item = (Option<u32>, &'b [u8])>,
    ) -> Option<u16> {
        if self.is_settled(state) {
            return Some(state);
        }
        let (symbols, globs) = self.alphabet(folded);
        let mut row = if state == 0 { self.first } else { self.rows.fetch(bytes, state.into())? };
        for (number, token) in tokens {
            let symbol = match (number, globs) {
                (Some(number), _) => symbols.fetch(bytes, number)?,
                (None, Some(globs)) => globs.find(bytes, token)?,
                (None, None) => self.other,
            };
            state = self.next(bytes, state, row, symbol)?;
            if self.is_settled(state) {
                break;
            }
            row = self.rows.fetch(bytes, state.into())?;
        }
        Some(state)
    }

    /// The class of tokens that are not folded.
    #[inline(never)]
    fn class(&self, tables: &View<'_>, tokens: &[(Option<u32>, &[u8])]) -> u32 {
        let state = self.walk(tables.bytes, 0, false, tokens.iter().copied());
        let class = state.and_then(|state| self.classes.fetch(tables.bytes, state.into()));
        class.map(u32::from).unwrap_or_else(|| {
            tables.break_off();
            0
        })
    }

    /// Whether a state is never left.
    #[inline(always)]
    pub(super) fn is_settled(&self, state: u16) -> bool {
        self.rows.rows <= u32::from(state)
    }

    /// The symbols of known tokens, and what finds those of others.
    #[inline(always)]
    fn alphabet(&self, folded: bool) -> (Table<u16>, &Option<Dfa>) {
        if folded { (self.folded_symbols, &self.folded_globs) } else { (self.symbols, &self.globs) }
    }

    /// Where a state leads over a symbol.
    #[inline(always)]
    pub(super) fn leads(&self, tables: &View<'_>, state: u16, row: Row, symbol: u16) -> u16 {
        self.next(tables.bytes, state, row, symbol).unwrap_or_else(|| {
            tables.break_off();
            0
        })
    }

    #[inline(always)]
    fn next(&self, bytes: &[u8], state: u16, row: Row, symbol: u16) -> Option<u16> {
        let cell = self.cells.fetch(bytes, row.base.wrapping_add(symbol.into()))?;
        if cell.check == state {
            return Some(cell.next);
        }
        if row.like != NO_STATE {
            let like = self.rows.fetch(bytes, row.like.into())?;
            let cell = self.cells.fetch(bytes, like.base.wrapping_add(symbol.into()))?;
            if cell.check == row.like {
                return Some(cell.next);
            }
        }
        Some(row.default)
    }
}
