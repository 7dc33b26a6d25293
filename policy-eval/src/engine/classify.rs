//! From values to classes.
//!
//! A variable's class is found at most once a form, when the first question asks for it. All
//! groups of a sequence step together over its tokens, so that each token is hashed once and a
//! sequence of any length needs no buffer.

use std::borrow::Cow;
use std::net::IpAddr;

use super::tables::{NO_STATE, NOWHERE, Plain, Row, Source, Split, Start, Tables};
use super::view::{Group, Plan, PlanSequence, Sequence, VariableKind, View};
use crate::canon::{self, fold};
use crate::facts::{
    Args, Attribute, Command, HostValue, Judged, Object, PathValue, Word, WordKind,
};
use crate::vocab::Attr;

/// The class was not asked for yet.
const UNASKED: u32 = NOWHERE;
/// The value is known only when the command runs: no class says what holds.
pub(super) const AT_RUN_TIME: u32 = NOWHERE - 1;
/// How many groups of a sequence step together.
const ABREAST: usize = 16;
/// How many variables fit on the stack.
const ON_STACK: usize = 96;

/// Where the roots of a plan are bound, for one reading of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bindings<'a> {
    /// By root: its path, where it is bound.
    pub(super) paths: [Option<&'a str>; Tables::MOST_ROOTS],
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
    pub(super) args_text: Option<&'a str>,
    classes: Classes,
}

/// The classes that were found, by place in the plan.
struct Classes {
    small: [u32; ON_STACK],
    /// For a plan with more variables than fit on the stack.
    large: Vec<u32>,
}

impl Classes {
    fn new(variables: usize) -> Classes {
        let large = if variables > ON_STACK { vec![UNASKED; variables] } else { Vec::new() };
        Classes { small: [UNASKED; ON_STACK], large }
    }

    fn all(&mut self) -> &mut [u32] {
        if self.large.is_empty() { &mut self.small } else { &mut self.large }
    }
}

impl<'t, 'a> Facts<'t, 'a> {
    pub(super) fn new(
        tables: &'t View<'t>,
        judged: &'a Judged<'a>,
        bindings: &'a Bindings<'a>,
        args_text: Option<&'a str>,
    ) -> Facts<'t, 'a> {
        let plan = &tables.plans[judged.part.action as usize];
        Facts {
            tables,
            plan,
            judged,
            bindings,
            words: &[],
            trusted: false,
            args_text,
            classes: Classes::new(plan.variables.len()),
        }
    }

    /// Looks at another form: what was found of the command's words is forgotten.
    pub(super) fn set_words(&mut self, words: &'a [Word<'a>]) {
        self.words = words;
        for sequence in &self.plan.sequences {
            if self.tables.sequences[sequence.sequence as usize].source == Source::Command {
                for &(_, place) in &sequence.groups {
                    self.classes.all()[place as usize] = UNASKED;
                }
            }
        }
    }

    /// Takes what a tool says in its own favour for true from now on.
    pub(super) fn trust(&mut self) {
        self.trusted = true;
        self.classes.all().fill(UNASKED);
    }

    /// The class of a variable of the plan; [`AT_RUN_TIME`] where no class can say.
    #[inline(always)]
    pub(super) fn class(&mut self, place: u32) -> u32 {
        match self.classes.all().get(place as usize) {
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
                let sequence = self.tables.groups[*group as usize].sequence;
                if let Some(found) =
                    self.plan.sequences.iter().find(|found| found.sequence == sequence)
                {
                    self.classify(found);
                }
                match self.classes.all()[place as usize] {
                    // The plan does not list the group: nothing is known.
                    UNASKED => unsent,
                    class => class,
                }
            }
            VariableKind::Number { source, bounds } => match self.value(source) {
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
        self.classes.all()[place as usize] = class;
        class
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
            Source::Builtin(Attr::ArgsText) => self.args_text.into(),
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
        for chunk in read.groups.chunks(ABREAST) {
            let mut found = [0u32; ABREAST];
            match self.tokens(sequence) {
                Tokens::Class(class) => {
                    for (found, &(group, _)) in found.iter_mut().zip(chunk) {
                        let variable = tables.groups[group as usize].variable;
                        *found = match class {
                            NOWHERE => tables.variables[variable as usize].classes,
                            class => class,
                        };
                    }
                }
                Tokens::Path(path) => self.over_path(sequence, chunk, path, &mut found),
                Tokens::Words => {
                    let mut abreast = Abreast::new(tables, sequence, chunk);
                    let mut words = self.words.iter();
                    if sequence.fold
                        && let Some(first) = words.next()
                    {
                        abreast.step(fold(first.text).as_bytes());
                    }
                    for word in words {
                        abreast.step(word.text.as_bytes());
                    }
                    abreast.finish(&mut found);
                }
                Tokens::Labels(name) => {
                    let mut abreast = Abreast::new(tables, sequence, chunk);
                    for label in name.as_bytes().rsplit(|&byte| byte == b'.') {
                        abreast.step(label);
                    }
                    abreast.finish(&mut found);
                }
                Tokens::Halves(first, second) => {
                    let mut abreast = Abreast::new(tables, sequence, chunk);
                    abreast.step(first.as_bytes());
                    abreast.step(second.as_bytes());
                    abreast.finish(&mut found);
                }
                Tokens::Whole(text) => {
                    let mut abreast = Abreast::new(tables, sequence, chunk);
                    abreast.step(text.as_bytes());
                    abreast.finish(&mut found);
                }
            }
            let classes = self.classes.all();
            for (class, &(_, place)) in found.iter().zip(chunk) {
                classes[place as usize] = *class;
            }
        }
    }

    fn over_path(
        &self,
        sequence: &'t Sequence,
        chunk: &[(u32, u32)],
        path: &str,
        found: &mut [u32; ABREAST],
    ) {
        let folds = self.ignores_case();
        let path = if folds { fold(path) } else { Cow::Borrowed(path) };
        let mut from = [0; ABREAST];
        for (from, &(group, _)) in from.iter_mut().zip(chunk) {
            if let Start::Root(root) = self.tables.groups[group as usize].start {
                *from = match self.bindings.paths[usize::from(root)] {
                    Some(bound) if folds => behind(&path, &fold(bound)),
                    Some(bound) => behind(&path, bound),
                    None => None,
                }
                .map_or(NOWHERE, |from| from as u32);
            }
        }
        let mut abreast = Abreast { folds, ..Abreast::behind(self.tables, sequence, chunk, from) };
        let mut at = 0;
        for component in path.as_bytes().split(|&byte| byte == b'/') {
            if !component.is_empty() {
                abreast.step_at(component, at as u32);
            }
            at += component.len() + 1;
        }
        abreast.finish(found);
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
                (Split::Whole, Attribute::Text(text)) => Tokens::Whole(text),
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
    Whole(&'a str),
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

/// Groups that step together. Most patterns fail or hold after a few tokens, so only those groups
/// take a step that are not settled yet.
struct Abreast<'t, 'c> {
    tables: &'t View<'t>,
    sequence: &'t Sequence,
    chunk: &'c [(u32, u32)],
    states: [u16; ABREAST],
    /// The row of each group's state, read before it is needed.
    rows: [Row; ABREAST],
    /// Tokens before this byte are not the group's; [`NOWHERE`]: the path is not under its root.
    from: [u32; ABREAST],
    /// The tokens are those of a path, folded.
    folds: bool,
    /// Which groups of the chunk may still move: the first `moves` of these.
    moving: [u8; ABREAST],
    moves: usize,
}

impl<'t, 'c> Abreast<'t, 'c> {
    fn new(tables: &'t View<'t>, sequence: &'t Sequence, chunk: &'c [(u32, u32)]) -> Self {
        Abreast::behind(tables, sequence, chunk, [0; ABREAST])
    }

    fn behind(
        tables: &'t View<'t>,
        sequence: &'t Sequence,
        chunk: &'c [(u32, u32)],
        from: [u32; ABREAST],
    ) -> Self {
        let (mut moving, mut moves) = ([0; ABREAST], 0);
        let mut rows = [Row { base: 0, default: 0, like: NO_STATE }; ABREAST];
        for (index, (&from, &(group, _))) in from.iter().zip(chunk).enumerate() {
            let group = &tables.groups[group as usize];
            rows[index] = group.first;
            moving[moves] = index as u8;
            // One that is settled at the start is not even asked.
            moves += usize::from(from != NOWHERE && !group.is_settled(0));
        }
        let states = [0; ABREAST];
        Abreast { tables, sequence, chunk, states, rows, from, folds: false, moving, moves }
    }

    #[inline]
    fn step(&mut self, token: &[u8]) {
        self.step_at(token, 0);
    }

    #[inline]
    fn step_at(&mut self, token: &[u8], at: u32) {
        if self.moves == 0 {
            return;
        }
        let tables = self.tables;
        let token = self.sequence.token(tables, token, self.folds);
        let mut next = 0;
        while next < self.moves {
            let index = usize::from(self.moving[next]);
            if at < self.from[index] {
                next += 1;
                continue;
            }
            let group = &tables.groups[self.chunk[index].0 as usize];
            let symbol = group.symbol(tables, token);
            let state = group.leads(tables, self.states[index], self.rows[index], symbol);
            self.states[index] = state;
            if !group.is_settled(state) {
                self.rows[index] = tables.hot(group.rows, state.into());
                next += 1;
            } else {
                self.moves -= 1;
                self.moving[next] = self.moving[self.moves];
            }
        }
    }

    fn finish(&self, found: &mut [u32; ABREAST]) {
        for (index, &(group, _)) in self.chunk.iter().enumerate() {
            found[index] = match self.from[index] {
                NOWHERE => 0,
                _ => {
                    let group = &self.tables.groups[group as usize];
                    self.tables.class_of(group, self.states[index])
                }
            };
        }
    }
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
        let table = if folded { &self.folded } else { &self.tokens };
        Token { bytes, number: table.find(tables.bytes, bytes), folded }
    }
}

impl Group {
    /// One step.
    #[inline]
    pub(super) fn step(&self, tables: &View<'_>, state: u16, token: Token<'_>) -> u16 {
        if self.is_settled(state) {
            return state;
        }
        let row = tables.hot(self.rows, state.into());
        self.leads(tables, state, row, self.symbol(tables, token))
    }

    /// Whether a state is never left.
    #[inline(always)]
    pub(super) fn is_settled(&self, state: u16) -> bool {
        self.rows.rows <= u32::from(state)
    }

    /// The symbol of a token.
    #[inline(always)]
    fn symbol(&self, tables: &View<'_>, token: Token<'_>) -> u16 {
        let (symbols, globs) = if token.folded {
            (self.folded_symbols, &self.folded_globs)
        } else {
            (self.symbols, &self.globs)
        };
        match (token.number, globs) {
            (Some(number), _) => tables.hot(symbols, number),
            (None, Some(globs)) => globs.symbol(tables, token.bytes),
            (None, None) => self.other,
        }
    }

    /// Where a state leads over a symbol.
    #[inline(always)]
    pub(super) fn leads(&self, tables: &View<'_>, state: u16, row: Row, symbol: u16) -> u16 {
        let cell = tables.hot(self.cells, row.base.wrapping_add(symbol.into()));
        if cell.check == state {
            return cell.next;
        }
        if row.like != NO_STATE {
            let like = tables.hot(self.rows, row.like.into());
            let cell = tables.hot(self.cells, like.base.wrapping_add(symbol.into()));
            if cell.check == row.like {
                return cell.next;
            }
        }
        row.default
    }
}
