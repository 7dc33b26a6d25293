//! Rules judged one by one, atom by atom.
//!
//! The forests answer the usual request. What they cannot say is judged here: words known only at
//! run time, roots that are not bound, resolved addresses, folded forms, rules past the budget,
//! and whatever an explanation wants to know. Rules are filed by an atom that must hold, so only
//! those that can match are looked at.

use super::classify::{AT_RUN_TIME, Facts, MOST_OPEN, OpenClasses};
use super::layout::{FlagEntry, PatternEntry, Step, Table};
use super::tables::{Atom, Effect, FiledRule, NOWHERE, Source, Start, WordNfa, expr};
use super::view::{Filed, Group, MOST_DEPTH, Nfa, VariableKind, View};
use crate::canon::command::Buf;
use crate::canon::fold;
use crate::facts::{Attribute, Object, PathValue, Word, WordKind};
use crate::sort::sort_by;
use crate::truth::Truth;

/// How the atoms of a form are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As they are.
    Exact,
    /// With the program's name folded: atoms by their folded counterparts.
    Folded,
}

impl Facts<'_, '_> {
    /// Calls `visit` with every rule of `filed` that can match, and what is known of it.
    pub(super) fn judge_filed(
        &mut self,
        filed: &Filed,
        look: Look,
        visit: &mut dyn FnMut(u32, Truth),
    ) {
        let tables = self.tables;
        for rule in filed.always.iter(tables.bytes) {
            self.judge_one(rule, look, visit);
        }
        for (variable, first, end) in filed.variables.iter(tables.bytes) {
            let rules = tables.part(filed.by_atom, first, end);
            let class = self.class(variable);
            let Some(&number) = self.plan.variables.get(variable as usize) else { return };
            let table = &tables.variables[number as usize];
            if self.is_open_root(variable) {
                // Taken, and found anew by the first rule: rules may ask for others in between.
                self.find_open(number);
                let Some(open) = self.open.take() else { continue };
                for &class in open.classes.as_slice() {
                    self.judge_held(rules, tables.held(table, class.into()), look, visit);
                }
                continue;
            }
            // Every atom of it may hold.
            if class == AT_RUN_TIME || class == table.classes {
                self.judge_all(rules, look, visit);
                continue;
            }
            self.judge_held(rules, tables.held(table, class), look, visit);
        }
    }

    /// Judges the rules that are filed by an atom that holds.
    fn judge_held(
        &mut self,
        rules: Table<FiledRule>,
        held: Table<u32>,
        look: Look,
        visit: &mut dyn FnMut(u32, Truth),
    ) {
        let tables = self.tables;
        for held in held.iter(tables.bytes) {
            let place = held >> 1;
            let start = rules.partition_point(tables.bytes, |filed| filed.place < place);
            for index in start..rules.rows {
                let filed = tables.at(rules, index);
                if filed.place != place {
                    break;
                }
                self.judge_one(filed.rule, look, visit);
            }
        }
    }

    fn judge_all(
        &mut self,
        rules: Table<FiledRule>,
        look: Look,
        visit: &mut dyn FnMut(u32, Truth),
    ) {
        for filed in rules.iter(self.tables.bytes) {
            self.judge_one(filed.rule, look, visit);
        }
    }

    fn judge_one(&mut self, rule: u32, look: Look, visit: &mut dyn FnMut(u32, Truth)) {
        let truth = self.truth_of(self.tables.at(self.tables.rules, rule).expr, look);
        if truth.can_hold() {
            visit(rule, truth);
        }
    }

    /// What is known of the formula that starts at `at`.
    pub(super) fn truth_of(&mut self, at: u32, look: Look) -> Truth {
        let mut cursor = at;
        self.formula(&mut cursor, look, MOST_DEPTH)
    }

    fn formula(&mut self, cursor: &mut u32, look: Look, depth: usize) -> Truth {
        let tables = self.tables;
        let word = tables.at(tables.exprs, *cursor);
        *cursor = cursor.saturating_add(1);
        let Some(depth) = depth.checked_sub(1) else {
            tables.break_off();
            return Truth::OPEN;
        };
        let operand = word >> expr::BITS;
        match word & ((1 << expr::BITS) - 1) {
            expr::ATOM => self.atom(operand, look),
            expr::NOT => !self.formula(cursor, look, depth),
            expr::AND => {
                let mut all = Truth::YES;
                for _ in 0..operand {
                    all = all & self.formula(cursor, look, depth);
                    if tables.is_broken() {
                        break;
                    }
                }
                all
            }
            expr::OR => {
                let mut any = Truth::NO;
                for _ in 0..operand {
                    any = any | self.formula(cursor, look, depth);
                    if tables.is_broken() {
                        break;
                    }
                }
                any
            }
            _ => Truth::YES,
        }
    }

    /// An atom, or its folded counterpart.
    pub(super) fn atom_row(&self, index: u32, look: Look) -> Atom {
        let exact = self.tables.at(self.tables.atoms, index);
        match look {
            Look::Exact => exact,
            Look::Folded => self.tables.at(self.tables.atoms, exact.folded),
        }
    }

    /// What is known of an atom.
    pub(super) fn atom(&mut self, index: u32, look: Look) -> Truth {
        let tables = self.tables;
        let atom = self.atom_row(index, look);
        let Some(place) = self.place_of(atom.variable) else { return Truth::OPEN };
        if self.is_open_root(place) {
            return self.under_open_root(atom.variable, atom.place);
        }
        let variable = &tables.variables[atom.variable as usize];
        match self.class(place) {
            AT_RUN_TIME if atom.command != NOWHERE => {
                let (patterns, sequence) = tables.command(atom.command);
                patterns
                    .iter(tables.bytes)
                    .fold(Truth::NO, |any, pattern| any | self.command(&pattern, sequence))
            }
            AT_RUN_TIME => match self.judged.part.object {
                Object::Tool { server: first, tool: second, .. }
                | Object::Package { kind: first, name: second } => {
                    self.halves(atom.variable, atom.place, [first, second])
                }
                _ => Truth::BY_WORD,
            },
            class if class == variable.classes => Truth::OPEN,
            class => {
                let holds = tables.held(variable, class);
                let at = holds.partition_point(tables.bytes, |held| held >> 1 < atom.place);
                match holds.get(tables.bytes, at) {
                    Some(held) if held >> 1 == atom.place => {
                        if held & 1 != 0 {
                            Truth::YES
                        } else {
                            Truth::OPEN
                        }
                    }
                    _ => Truth::NO,
                }
            }
        }
    }

    /// Adds the names of the attributes in a formula that were not sent.
    pub(super) fn name_unsent(&mut self, at: u32, names: &mut Vec<String>) {
        let tables = self.tables;
        let mut cursor = at;
        let mut waiting = 1u32;
        while waiting > 0 && !tables.is_broken() {
            let word = tables.at(tables.exprs, cursor);
            cursor = cursor.saturating_add(1);
            waiting -= 1;
            let operand = word >> expr::BITS;
            match word & ((1 << expr::BITS) - 1) {
                expr::NOT => waiting = waiting.saturating_add(1),
                expr::AND | expr::OR => waiting = waiting.saturating_add(operand),
                expr::ATOM => {
                    let variable = tables.at(tables.atoms, operand).variable;
                    let Some(place) = self.place_of(variable) else { continue };
                    let table = &tables.variables[variable as usize];
                    let name = if self.is_open_root(place) {
                        self.root_name(variable)
                    } else if self.class(place) == table.classes {
                        self.source_name(variable)
                    } else {
                        None
                    };
                    if let Some(name) = name
                        && !names.contains(&name)
                    {
                        names.push(name);
                    }
                }
                _ => {}
            }
        }
    }

    /// `$workspace` of a variable that looks below that root.
    fn root_name(&self, variable: u32) -> Option<String> {
        let VariableKind::Group(group) = self.tables.variables[variable as usize].kind else {
            return None;
        };
        match self.tables.groups[group as usize].start {
            Start::Root(root) => Some(format!("${}", self.tables.roots[usize::from(root)].name)),
            Start::Beginning => None,
        }
    }

    /// The attribute that a variable reads, as conditions name it.
    fn source_name(&self, variable: u32) -> Option<String> {
        let source = match &self.tables.variables[variable as usize].kind {
            VariableKind::Group(group) => {
                let sequence = self.tables.groups[*group as usize].sequence;
                &self.tables.sequences[sequence as usize].source
            }
            VariableKind::Number { source, .. }
            | VariableKind::Address { source, .. }
            | VariableKind::Bool(source)
            | VariableKind::Contains { source, .. }
            | VariableKind::SetEquals { source, .. }
            | VariableKind::Any(source)
            | VariableKind::Present(source) => source,
            VariableKind::Marked(_) | VariableKind::AnyDestination => return None,
        };
        Some(match source {
            Source::Builtin(attr) => attr.name().to_owned(),
            Source::Argument(names) => format!("args.{}", names.join(".")),
            Source::Declared(name, _)
            | Source::DeclaredPath(name)
            | Source::DeclaredHost(name)
            | Source::DeclaredIp(name)
            | Source::Root(name) => name.to_string(),
            Source::Destination => "host".to_owned(),
            Source::Pair => "name".to_owned(),
            Source::Command => "argv".to_owned(),
        })
    }

    /// The place of a variable in the plan.
    fn place_of(&self, variable: u32) -> Option<u32> {
        self.plan.variables.binary_search(&variable).ok().map(|place| place as u32)
    }

    /// Whether a variable of the plan looks below a root that is not bound, at a path that is known.
    fn is_open_root(&self, place: u32) -> bool {
        let variable = self.plan.variables[place as usize];
        let VariableKind::Group(group) = self.tables.variables[variable as usize].kind else {
            return false;
        };
        let group = &self.tables.groups[group as usize];
        match group.start {
            Start::Root(root) => {
                self.bindings.paths[usize::from(root)].is_none()
                    && matches!(
                        self.path_of(&self.tables.sequences[group.sequence as usize]),
                        Attribute::Path(PathValue::Known(_))
                    )
            }
            Start::Beginning => false,
        }
    }

    /// Open where some binding of the root would make the atom hold, else no.
    fn under_open_root(&mut self, variable: u32, place: u32) -> Truth {
        let tables = self.tables;
        self.find_open(variable);
        let Some(open) = &self.open else { return Truth::OPEN };
        let row = &tables.variables[variable as usize];
        let holds = open.classes.as_slice().iter().any(|&class| {
            let held = tables.held(row, class.into());
            let at = held.partition_point(tables.bytes, |held| held >> 1 < place);
            held.get(tables.bytes, at).is_some_and(|held| held >> 1 == place)
        });
        if holds { Truth::OPEN } else { Truth::NO }
    }

    /// Finds the classes that a variable below an unbound root may have; none where it is no such.
    ///
    /// The group starts anew at every component boundary where the root may end; equal states are
    /// kept once, so the cost is components times distinct states. All atoms of the variable ask
    /// for the same classes, so they are found once for a run of them.
    fn find_open(&mut self, variable: u32) {
        if self.open.as_ref().is_some_and(|open| open.variable == variable) {
            return;
        }
        self.open = None;
        let tables = self.tables;
        let VariableKind::Group(index) = tables.variables[variable as usize].kind else { return };
        let group = &tables.groups[index as usize];
        let sequence = &tables.sequences[group.sequence as usize];
        let (Start::Root(root), Attribute::Path(PathValue::Known(path))) =
            (group.start, self.path_of(sequence))
        else {
            return;
        };
        let folds = self.ignores_case();
        let path = if folds { fold(path) } else { path.into() };
        let within = tables.roots[usize::from(root)].within.map(|index| {
            let group = &tables.groups[index as usize];
            (group, &tables.sequences[group.sequence as usize])
        });
        let mut root_state = 0;
        let mut states = Buf::<u16, MOST_OPEN>::new(0);
        for component in path.split('/').filter(|component| !component.is_empty()) {
            let token = sequence.token(tables, component.as_bytes(), folds);
            for state in states.as_mut_slice() {
                *state = group.step(tables, *state, token);
            }
            let may_end = within.is_none_or(|(group, sequence)| {
                let token = sequence.token(tables, component.as_bytes(), folds);
                root_state = group.step(tables, root_state, token);
                tables.class_of(group, root_state) != 0
            });
            if may_end {
                states.push(0);
            }
            states.keep_distinct();
        }
        for state in states.as_mut_slice() {
            // The column of classes has 16 bits.
            *state = tables.class_of(group, *state) as u16;
        }
        states.keep_distinct();
        self.open = Some(OpenClasses { variable, classes: states });
    }

    /// What is known of an atom over two halves, of which one or both were not sent: it holds for
    /// certain where it does whatever they may be.
    fn halves(&self, variable: u32, place: u32, halves: [Option<&str>; 2]) -> Truth {
        let tables = self.tables;
        let variable = &tables.variables[variable as usize];
        let VariableKind::Group(index) = variable.kind else { return Truth::OPEN };
        let group = &tables.groups[index as usize];
        let sequence = &tables.sequences[group.sequence as usize];
        let mut states = vec![0];
        for half in halves {
            states = match half {
                Some(token) => {
                    let token = sequence.token(tables, token.as_bytes(), false);
                    states.iter().map(|&state| group.step(tables, state, token)).collect()
                }
                None => states.iter().flat_map(|&state| successors(tables, group, state)).collect(),
            };
            sort_by(&mut states, |one, other| one < other);
            states.dedup();
        }
        let holds = |&state: &u16| {
            let held = tables.held(variable, tables.class_of(group, state));
            held.iter(tables.bytes).any(|held| held >> 1 == place)
        };
        if states.iter().all(holds) {
            Truth::YES
        } else if states.iter().any(holds) {
            Truth::OPEN
        } else {
            Truth::NO
        }
    }

    /// What is known of a command pattern, where some words are known only at run time.
    fn command(&self, pattern: &PatternEntry, sequence: u32) -> Truth {
        let (tables, words) = (self.tables, self.words);
        let main = Alignment::over(self, pattern.items, sequence, words);
        if !main.can_hold() {
            return main;
        }
        tables
            .part(tables.flags, pattern.flags.0, pattern.flags.1)
            .iter(tables.bytes)
            .fold(main, |all, test| all & self.flags(test, sequence, words))
    }

    /// The patterns that can match the words that are looked at.
    pub(super) fn matching_patterns(
        &self,
        patterns: Table<PatternEntry>,
        sequence: u32,
    ) -> impl Iterator<Item = PatternEntry> {
        patterns
            .iter(self.tables.bytes)
            .filter(move |pattern| self.command(pattern, sequence).can_hold())
    }

    /// In front of which word the shortest beginning ends that may match.
    pub(super) fn shortest_beginning(&self, nfa: u32, sequence: u32) -> Option<usize> {
        let mut alignment = Alignment::new(self, nfa, sequence);
        for (at, word) in self.words.iter().enumerate() {
            if alignment.truth().can_hold() {
                return Some(at);
            }
            alignment.step(word);
            let several = matches!(word.kind, WordKind::AtRunTime { many: true, .. });
            if several && alignment.truth().can_hold() {
                // Some of what the word stands for may be left.
                return Some(at);
            }
        }
        alignment.truth().can_hold().then_some(self.words.len())
    }

    /// What is known of a constraint on flags.
    fn flags(&self, test: FlagEntry, sequence: u32, words: &[Word<'_>]) -> Truth {
        let Some(flag_word) = self.tables.glob(test.word >> 1) else { return Truth::OPEN };
        let mut alignment = Alignment::new(self, test.after, sequence);
        let mut found = Truth::NO;
        // The region as it starts behind the shortest beginning that may match, and behind the
        // shortest that certainly does. Only flags in the second are there for certain.
        let (mut early, mut late) = (Region::Before, Region::Before);
        for word in words {
            let several = matches!(word.kind, WordKind::AtRunTime { many: true, .. });
            early.start(alignment.truth().can_hold());
            late.start(alignment.truth().is_certain());
            if several && late == Region::Before {
                // It may hold the end of the beginning and a flag.
                alignment.step(word);
                early.start(alignment.truth().can_hold());
            }
            let flag = match word.kind {
                WordKind::Static if word.text == "--" => {
                    early.end();
                    late.end();
                    Truth::NO
                }
                WordKind::Static => match flag_word.symbol(self.tables, word.text.as_bytes()) {
                    2 => Truth::YES,
                    1 => Truth::OPEN,
                    _ => Truth::NO,
                },
                WordKind::AtRunTime { may_be_flag: true, .. } => Truth::BY_WORD,
                WordKind::AtRunTime { .. } => Truth::NO,
            };
            if late == Region::Inside {
                found = found | flag;
            } else if early == Region::Inside {
                found = found | flag & Truth::BY_WORD;
            }
            if !several && late == Region::Before {
                alignment.step(word);
            }
        }
        if test.word & 1 != 0 { !found } else { found }
    }

    /// Whether a static word passes a test.
    fn passes(&self, test: u32, sequence: u32, text: &str, first: bool) -> bool {
        let tables = self.tables;
        let sequence = &tables.sequences[sequence as usize];
        let folded;
        let text = if first && sequence.fold {
            folded = fold(text);
            &*folded
        } else {
            text
        };
        let operand = test >> Step::BITS;
        match test & ((1 << Step::BITS) - 1) {
            Step::ANY => true,
            Step::TOKEN => sequence.tokens.find(tables.bytes, text.as_bytes()) == Some(operand),
            _ => tables.glob(operand).is_some_and(|glob| glob.symbol(tables, text.as_bytes()) == 1),
        }
    }
}

/// Where a state leads, whatever the token is.
fn successors(tables: &View<'_>, group: &Group, state: u16) -> Vec<u16> {
    if group.is_settled(state) {
        return vec![state];
    }
    let row = tables.at(group.rows, state.into());
    (0..group.width).map(|symbol| group.leads(tables, state, row, symbol)).collect()
}

/// Whether flags are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    Before,
    Inside,
    Behind,
}

impl Region {
    fn start(&mut self, starts: bool) {
        if *self == Region::Before && starts {
            *self = Region::Inside;
        }
    }

    fn end(&mut self) {
        if *self == Region::Inside {
            *self = Region::Behind;
        }
    }
}

/// A pattern laid over words: which states are reached by certain steps, and which at all.
struct Alignment<'f, 't, 'a> {
    facts: &'f Facts<'t, 'a>,
    nfa: Nfa,
    sequence: u32,
    certain: States,
    possible: States,
    first: bool,
}

impl<'f, 't, 'a> Alignment<'f, 't, 'a> {
    /// Over the automaton with this number.
    fn new(facts: &'f Facts<'t, 'a>, nfa: u32, sequence: u32) -> Self {
        let nfa = facts.tables.nfa(nfa);
        let mut start = States::default();
        start.insert(0);
        start.close(facts.tables, &nfa);
        Alignment { facts, nfa, sequence, certain: start, possible: start, first: true }
    }

    fn over(facts: &'f Facts<'t, 'a>, nfa: u32, sequence: u32, words: &[Word<'_>]) -> Truth {
        let mut alignment = Alignment::new(facts, nfa, sequence);
        for word in words {
            alignment.step(word);
        }
        alignment.truth()
    }

    /// What is known of the words so far matching as a whole.
    fn truth(&self) -> Truth {
        if self.certain.contains(self.nfa.accept) {
            Truth::YES
        } else if self.possible.contains(self.nfa.accept) {
            Truth::BY_WORD
        } else {
            Truth::NO
        }
    }

    fn step(&mut self, word: &Word<'_>) {
        let first = std::mem::replace(&mut self.first, false);
        let tables = self.facts.tables;
        let (mut certain, mut possible) = (States::default(), States::default());
        let is_any = |step: &Step| step.test & ((1 << Step::BITS) - 1) == Step::ANY;
        match word.kind {
            WordKind::Static => {
                for step in self.nfa.steps.iter(tables.bytes) {
                    if self.possible.contains(step.from)
                        && self.facts.passes(step.test, self.sequence, word.text, first)
                    {
                        possible.insert(step.to);
                        if self.certain.contains(step.from) {
                            certain.insert(step.to);
                        }
                    }
                }
            }
            WordKind::AtRunTime { many: false, .. } => {
                for step in self.nfa.steps.iter(tables.bytes) {
                    if self.possible.contains(step.from) {
                        possible.insert(step.to);
                        if is_any(&step) && self.certain.contains(step.from) {
                            certain.insert(step.to);
                        }
                    }
                }
            }
            WordKind::AtRunTime { many: true, .. } => {
                // Any number of words: certain is only a state that takes every word and stays;
                // possible is all that can be reached.
                possible = self.possible;
                loop {
                    let before = possible;
                    for step in self.nfa.steps.iter(tables.bytes) {
                        if possible.contains(step.from) {
                            possible.insert(step.to);
                        }
                        if step.from == step.to && is_any(&step) && self.certain.contains(step.from)
                        {
                            certain.insert(step.from);
                        }
                    }
                    possible.close(tables, &self.nfa);
                    if possible == before {
                        break;
                    }
                }
            }
        }
        certain.close(tables, &self.nfa);
        possible.close(tables, &self.nfa);
        (self.certain, self.possible) = (certain, possible);
    }
}

/// A set of states.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct States([u64; WordNfa::MOST / 64]);

impl States {
    fn insert(&mut self, state: u8) {
        self.0[usize::from(state) / 64] |= 1 << (state % 64);
    }

    /// Adds what is reached without a word. The empty steps stand in an order that one pass
    /// suffices.
    fn close(&mut self, tables: &View<'_>, nfa: &Nfa) {
        for (from, to) in nfa.empty.iter(tables.bytes) {
            if self.contains(from) {
                self.insert(to);
            }
        }
    }

    fn contains(&self, state: u8) -> bool {
        self.0[usize::from(state) / 64] >> (state % 64) & 1 != 0
    }
}

/// The tier that a rule counts with, given what is known of it.
pub(super) fn counted_tier(
    tables: &View<'_>,
    rule: u32,
    truth: Truth,
) -> Option<(crate::Tier, u32)> {
    match tables.effect(rule) {
        Effect::Tier(tier, options) if truth.is_possible() => Some((tier, options)),
        Effect::Tier(tier, options) => Some((tier.min(crate::Tier::Ask), options)),
        Effect::Record(_) | Effect::Mark(_) => None,
    }
}
