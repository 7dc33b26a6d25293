//! One request, decided: parts, readings of the roots, forms, rules, default, floors.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::classify::{AT_RUN_TIME, Bindings, Facts, Room, SmallRoom, behind, declared_path};
use super::judge::{Look, counted_tier};
use super::layout::{LeafEntry, PatternEntry, Record, Table};
use super::plain;
use super::tables::{CountRow, Edge, Effect, NOWHERE, Node, NodeId, Operands, OptionsRow, Tables};
use super::view::{Plan, Root, View};
use crate::canon::{self, fold};
use crate::decision::{Decision, Marks, Options};
use crate::facts::{
    Attribute, Command, CommandForm, Judged, Object, Part, PathValue, Word, WordKind,
};
use crate::request::Request;
use crate::tier::{RecordLevel, Tier};
use crate::truth::Truth;
use crate::vocab::{Action, ActionSet, Attr, Floor, Floors};

/// How many readings of roots with several bindings are looked at; past it the request is at
/// least `ask`.
const READINGS: usize = 256;

/// Decides a request.
pub(crate) fn decide<'p>(tables: &View<'p>, request: &Request<'_>) -> Decision<'p> {
    plain::decide(tables, request).unwrap_or_else(|| decide_parts(tables, request))
}

/// Decides a request part by part, as any may be decided.
#[inline(never)]
fn decide_parts<'p>(tables: &View<'p>, request: &Request<'_>) -> Decision<'p> {
    let mut total = Total::default();
    canon::parts(request, &mut |judged| {
        let outcome = decide_part(tables, judged);
        total.add(outcome, judged.part.alternative);
    });
    total.finish().decision(tables)
}

/// What one part, or all of them, came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// None where nothing has anything to say: no rule, no default, no floor.
    pub(crate) tier: Option<Tier>,
    /// The first in rank order of the rules with this tier; [`NOWHERE`] where none has.
    pub(crate) rule: u32,
    /// The default has this tier.
    pub(crate) default: bool,
    /// Of the rules and defaults with this tier, the strictest of each.
    pub(crate) options: Option<OptionsRow>,
    pub(crate) record: RecordLevel,
    pub(crate) marks: u64,
    pub(crate) floors: Floors,
}

impl Outcome {
    /// Nothing is said.
    const NOTHING: Outcome = Outcome {
        tier: None,
        rule: NOWHERE,
        default: false,
        options: None,
        record: RecordLevel::None,
        marks: 0,
        floors: Floors::NONE,
    };

    /// Of tables that say what no compiler writes: nothing is allowed because of them, and all of
    /// it is recorded.
    const BROKEN: Outcome =
        Outcome { tier: Some(Tier::Deny), record: RecordLevel::Full, ..Outcome::NOTHING };

    /// The stricter of two; of two that are equally strict, both.
    fn strictest(self, other: Outcome) -> Outcome {
        match self.tier.cmp(&other.tier) {
            Ordering::Greater => self,
            Ordering::Less => other,
            Ordering::Equal => self.both(other),
        }
        .with_record_of(self)
        .with_record_of(other)
    }

    /// The looser of two; of two that are equally loose, both.
    fn loosest(self, other: Outcome) -> Outcome {
        match self.tier.cmp(&other.tier) {
            Ordering::Less => self,
            Ordering::Greater => other,
            Ordering::Equal => self.both(other),
        }
        .with_record_of(self)
        .with_record_of(other)
    }

    fn both(mut self, other: Outcome) -> Outcome {
        self.rule = self.rule.min(other.rule);
        self.default |= other.default;
        self.options = match (self.options, other.options) {
            (Some(one), Some(other)) => Some(one.join(other)),
            (one, other) => one.or(other),
        };
        self
    }

    fn with_record_of(mut self, other: Outcome) -> Outcome {
        self.record = self.record.max(other.record);
        self.marks |= other.marks;
        self.floors = self.floors.union(other.floors);
        self
    }

    /// Of what a `count` sentence adds: at most `ask` where it only holds by a word.
    fn counted(mut self, truth: Truth) -> Outcome {
        if !truth.is_possible() {
            self.tier = self.tier.map(|tier| tier.min(Tier::Ask));
        }
        self
    }

    /// At least `ask`, for a cause that is no rule and no default.
    fn at_least_ask(mut self) -> Outcome {
        if self.tier < Some(Tier::Ask) {
            self.tier = Some(Tier::Ask);
            self.rule = NOWHERE;
            self.default = false;
            self.options = None;
        }
        self
    }

    /// The tier, where nothing that objects is nothing against it.
    pub(crate) fn tier(&self) -> Tier {
        self.tier.unwrap_or(Tier::Allow)
    }

    /// Whether the default decided, and no rule with it.
    pub(crate) fn by_default(&self) -> bool {
        self.default && self.rule == NOWHERE
    }

    #[inline]
    pub(crate) fn decision<'p>(self, tables: &View<'p>) -> Decision<'p> {
        Decision {
            tier: self.tier(),
            rule: tables.rule_ref(self.rule),
            default: self.by_default(),
            options: self.options.unwrap_or(OptionsRow::SILENT).named(tables),
            record: self.record,
            marks: Marks::new(self.marks, &tables.index.marks),
            floors: self.floors,
        }
    }
}

impl OptionsRow {
    /// The options of a rule that writes none, and of the default.
    pub(crate) const SILENT: OptionsRow = OptionsRow {
        outside_sandbox: false,
        reviewer: None,
        timeout_ms: None,
        on_failure: crate::decision::OnFailure::Ask,
        remember: crate::decision::Remember::Never,
    };

    /// The strictest of each: see [`Options::join`]. Reviewers stand in the order of their names.
    #[must_use]
    pub fn join(self, other: OptionsRow) -> OptionsRow {
        fn least(a: Option<u32>, b: Option<u32>) -> Option<u32> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        OptionsRow {
            outside_sandbox: self.outside_sandbox && other.outside_sandbox,
            reviewer: least(self.reviewer, other.reviewer),
            timeout_ms: least(self.timeout_ms, other.timeout_ms),
            on_failure: self.on_failure.max(other.on_failure),
            remember: self.remember.max(other.remember),
        }
    }

    fn named<'p>(self, tables: &View<'p>) -> Options<'p> {
        let reviewers = &tables.index.reviewers;
        Options {
            outside_sandbox: self.outside_sandbox,
            reviewer: self
                .reviewer
                .and_then(|index| reviewers.get(index as usize).map(|reviewer| &**reviewer)),
            timeout_ms: self.timeout_ms,
            on_failure: self.on_failure,
            remember: self.remember,
        }
    }
}

/// The parts so far.
#[derive(Default)]
pub(crate) struct Total {
    parts: Option<Outcome>,
    /// The loosest of the readings of which one is meant.
    alternatives: Option<Outcome>,
}

impl Total {
    /// One part more.
    #[inline]
    pub(crate) fn add(&mut self, outcome: Outcome, alternative: bool) {
        if alternative {
            self.alternatives =
                Some(self.alternatives.map_or(outcome, |others| others.loosest(outcome)));
        } else {
            self.parts = Some(self.parts.map_or(outcome, |others| others.strictest(outcome)));
        }
    }

    /// The strictest of all parts.
    pub(crate) fn finish(self) -> Outcome {
        match (self.parts, self.alternatives) {
            (Some(parts), Some(alternatives)) => parts.strictest(alternatives),
            (one, other) => one.or(other).unwrap_or(Outcome::NOTHING),
        }
    }
}

/// Decides one part: the strictest that follows from any reading of its roots.
pub(crate) fn decide_part(tables: &View<'_>, judged: &Judged<'_>) -> Outcome {
    let made_text = made_text(tables, judged);
    if tables.plans[judged.part.action as usize].roots.is_empty() {
        return decide_reading(tables, judged, &Bindings::NONE, made_text.as_deref());
    }
    let mut bindings = Bindings::NONE;
    if bind_only(tables, judged, &mut bindings) {
        return decide_reading(tables, judged, &bindings, made_text.as_deref());
    }
    let mut readings = Readings::new(tables, judged);
    let mut strictest = Outcome::NOTHING;
    for _ in 0..READINGS {
        if !readings.advance() {
            return strictest;
        }
        let outcome = decide_reading(tables, judged, &readings.bindings, made_text.as_deref());
        strictest = strictest.strictest(outcome);
    }
    if readings.advance() {
        strictest.floors = strictest.floors.with(Floor::TooLarge);
        strictest = strictest.at_least_ask();
    }
    strictest
}

/// The text that is made of the part, where the policy asks for it.
fn made_text(tables: &View<'_>, judged: &Judged<'_>) -> Option<String> {
    let is_asked = tables.plans[judged.part.action as usize].needs_text;
    if is_asked { judged.made_text() } else { None }
}

/// The readings of a part: for each root with several bindings, each that contains one of the
/// part's paths.
struct Readings<'t, 'a> {
    tables: &'t View<'t>,
    plan: &'t Plan,
    judged: &'a Judged<'a>,
    /// For each root of the plan, which of its bindings is next; past the last one all are done.
    next: [u16; Tables::MOST_ROOTS],
    done: bool,
    /// The reading that is looked at.
    bindings: Bindings<'a>,
}

impl<'t, 'a> Readings<'t, 'a> {
    fn new(tables: &'t View<'t>, judged: &'a Judged<'a>) -> Self {
        let plan = &tables.plans[judged.part.action as usize];
        let next = [0; Tables::MOST_ROOTS];
        Readings { tables, plan, judged, next, done: false, bindings: Bindings::NONE }
    }

    /// Looks at the next reading, where there is one.
    fn advance(&mut self) -> bool {
        if self.done {
            return false;
        }
        // Counts up in mixed radix: the first root with a further binding moves on, those before
        // it start anew.
        let mut carry = true;
        let plan = self.plan;
        for &root in &plan.roots {
            let index = usize::from(root);
            let chosen = self.next[index];
            let (binding, more) = self.binding(index, chosen);
            self.bindings.paths[index] = binding;
            if carry {
                self.next[index] = if more { chosen + 1 } else { 0 };
                carry = !more;
            }
        }
        self.done = carry;
        true
    }

    /// The `chosen`th binding of a root that is to be looked at, and whether there is another.
    fn binding(&self, root: usize, chosen: u16) -> (Option<&'a str>, bool) {
        let mut bound = self.bound(root);
        let Some(first) = bound.next() else { return (None, false) };
        if bound.next().is_none() {
            return (Some(first), false);
        }
        let mut containing =
            self.bound(root).filter(|bound| self.contains_a_path(bound)).skip(usize::from(chosen));
        match containing.next() {
            Some(binding) => (Some(binding), containing.next().is_some()),
            // None contains a path of the part: it lies outside, whichever is taken.
            None => (Some(first), false),
        }
    }

    /// The bindings of a root that lie where it may.
    fn bound(&self, root: usize) -> impl Iterator<Item = &'a str> {
        let row = &self.tables.roots[root];
        let tables = self.tables;
        let folds = self.judged.request.platform_or_default().ignores_case();
        let bindings = self.judged.roots.iter();
        bindings.filter(move |binding| binds(tables, row, binding, folds)).map(|&(_, path)| path)
    }

    fn contains_a_path(&self, bound: &str) -> bool {
        let folds = self.judged.request.platform_or_default().ignores_case();
        let contains = |value: Attribute<'_>| match value {
            Attribute::Path(PathValue::Known(path)) if folds => {
                behind(&fold(path), &fold(bound)).is_some()
            }
            Attribute::Path(PathValue::Known(path)) => behind(path, bound).is_some(),
            _ => false,
        };
        [Attr::Path, Attr::Cwd, Attr::Program, Attr::Socket]
            .into_iter()
            .any(|attr| contains(self.judged.attribute(attr)))
            || self
                .tables
                .declared_paths
                .iter()
                .any(|name| contains(declared_path(self.judged, name)))
    }
}

/// Binds all roots of the plan, where none has several bindings that may count.
fn bind_only<'a>(tables: &View<'_>, judged: &Judged<'a>, only: &mut Bindings<'a>) -> bool {
    let folds = judged.request.platform_or_default().ignores_case();
    for &root in &tables.plans[judged.part.action as usize].roots {
        let (row, bound) = (&tables.roots[usize::from(root)], &mut only.paths[usize::from(root)]);
        for binding in judged.roots {
            if binds(tables, row, binding, folds) && bound.replace(binding.1).is_some() {
                return false;
            }
        }
    }
    true
}

/// Whether a binding is one of this root, and lies where the root may.
#[inline(always)]
pub(super) fn binds(
    tables: &View<'_>,
    root: &Root,
    (name, path): &(&str, &str),
    folds: bool,
) -> bool {
    **name == *root.name && root.within.is_none_or(|group| may_lie_at(tables, group, path, folds))
}

/// Whether a root can lie at a path: the group that says so accepts it.
#[inline(never)]
fn may_lie_at(tables: &View<'_>, group: u32, path: &str, folds: bool) -> bool {
    let group = &tables.groups[group as usize];
    let path = if folds { fold(path) } else { Cow::Borrowed(path) };
    let sequence = &tables.sequences[group.sequence as usize];
    let components = path.split('/').filter(|component| !component.is_empty());
    let state = components.fold(0, |state, component| {
        group.step(tables, state, sequence.token(tables, component.as_bytes(), folds))
    });
    tables.class_of(group, state) != 0
}

/// What the rules say of one reading of a part.
pub(super) struct Found {
    pub(super) tier: Option<Tier>,
    rule: u32,
    options: OptionsRow,
    record: RecordLevel,
    marks: u64,
    /// A rule that may loosen matches for certain: the default falls away.
    pub(super) loosened: bool,
}

impl Found {
    pub(super) const NOTHING: Found = Found {
        tier: None,
        rule: NOWHERE,
        options: OptionsRow::SILENT,
        record: RecordLevel::None,
        marks: 0,
        loosened: false,
    };

    fn add(&mut self, tier: Tier, rule: u32, options: OptionsRow) {
        match self.tier {
            Some(before) if tier < before => {}
            Some(before) if tier == before => {
                self.options = self.options.join(options);
                self.rule = self.rule.min(rule);
            }
            _ => (self.tier, self.rule, self.options) = (Some(tier), rule, options),
        }
    }

    #[inline]
    pub(super) fn add_leaf(&mut self, tables: &View<'_>, leaf: u32) {
        // The first leaves are nothing, and each rule alone.
        if leaf <= tables.rules.rows {
            let Some(rule) = leaf.checked_sub(1) else { return };
            if let Effect::Tier(tier, options) = tables.effect(rule) {
                self.add(tier, rule, tables.options(options));
            }
            return;
        }
        let leaf: LeafEntry = tables.at(tables.leaves, leaf - tables.rules.rows - 1);
        if leaf.note != 0 {
            let (record, marks) = tables.note(leaf.note);
            self.record = self.record.max(record);
            self.marks |= marks;
        }
        if let Some(rule) = leaf.rule.checked_sub(1)
            && let Some(&tier) = Tier::ALL.get(usize::from(leaf.tier))
        {
            self.add(tier, rule, tables.options(leaf.options));
        }
    }

    fn add_rule(&mut self, tables: &View<'_>, rule: u32, truth: Truth) {
        match tables.effect(rule) {
            Effect::Record(level) => self.record = self.record.max(level),
            Effect::Mark(mark) => self.marks |= 1 << mark,
            Effect::Tier(..) => {
                if let Some((tier, options)) = counted_tier(tables, rule, truth) {
                    self.add(tier, rule, tables.options(options));
                }
            }
        }
    }

    /// What it amounts to, with the default where that stands, and with floors.
    #[inline(always)]
    pub(super) fn outcome(
        self,
        default: Option<Tier>,
        is_covered: bool,
        floors: Floors,
        is_escalated: bool,
    ) -> Outcome {
        let mut outcome = Outcome {
            tier: self.tier,
            rule: self.rule,
            options: self.tier.map(|_| self.options),
            record: self.record,
            marks: self.marks,
            floors,
            default: false,
        };
        if default.is_some() && is_covered {
            // What is touched stands for the command: nothing else objects to it.
            outcome = outcome.strictest(Outcome { tier: Some(Tier::Allow), ..Outcome::NOTHING });
        } else if let Some(tier) = default.filter(|_| !self.loosened)
            && outcome.tier <= Some(tier)
        {
            outcome.default = true;
            let silent = OptionsRow::SILENT;
            if outcome.tier == Some(tier) {
                outcome.options = outcome.options.map(|options| options.join(silent));
            } else {
                (outcome.tier, outcome.rule) = (Some(tier), NOWHERE);
                outcome.options = Some(silent);
            }
        }
        if !outcome.floors.is_empty() {
            outcome = outcome.at_least_ask();
        }
        let may_leave = outcome.options.is_some_and(|options| options.outside_sandbox);
        if is_escalated && outcome.tier.is_some() && !may_leave {
            outcome = outcome.at_least_ask();
        }
        outcome
    }
}

/// Words of which nothing is known.
const UNKNOWN_WORDS: &[Word<'static>] = &[Word {
    text: "",
    kind: WordKind::AtRunTime { may_be_flag: true, many: true },
    under_home: false,
}];
/// The form of a command of which nothing is known.
const UNKNOWN_FORM: &[CommandForm<'static>] =
    &[CommandForm { words: UNKNOWN_WORDS, certain: true }];
/// The one form of what is no command.
const NO_WORDS: &[CommandForm<'static>] = &[CommandForm { words: &[], certain: true }];

/// The forms that rules look at.
pub(crate) fn forms_of<'a>(part: &Part<'a>) -> &'a [CommandForm<'a>] {
    match part.object {
        Object::Command(Command { nothing_runs: true, .. }) => NO_WORDS,
        Object::Command(Command { forms: [], .. }) => UNKNOWN_FORM,
        Object::Command(command) => command.forms,
        _ => NO_WORDS,
    }
}

fn decide_reading(
    tables: &View<'_>,
    judged: &Judged<'_>,
    bindings: &Bindings<'_>,
    made_text: Option<&str>,
) -> Outcome {
    let plan = &tables.plans[judged.part.action as usize];
    match SmallRoom::new().classes(plan) {
        Some(classes) => decide_facts(Facts::new(tables, judged, bindings, made_text, classes)),
        None => {
            let mut room = Room::new(plan);
            decide_facts(Facts::new(tables, judged, bindings, made_text, room.classes()))
        }
    }
}

#[inline(never)]
fn decide_facts(mut facts: Facts<'_, '_>) -> Outcome {
    let (tables, judged) = (facts.tables, facts.judged);
    let part = judged.part;
    facts.hear_annotations();
    let resolved = is_resolved(part);
    let nothing_runs = runs_nothing(part);
    // Nothing is said by default of a command that is none, or of what a name resolved to.
    let default = if resolved || nothing_runs { None } else { facts.plan.default };
    let mut found = Found::NOTHING;
    if facts.by_forest(default, resolved, &mut found).is_none() {
        found = facts.by_rule(resolved);
    }
    if nothing_runs {
        found = Found { record: found.record, marks: found.marks, ..Found::NOTHING };
    }
    let counts =
        if facts.plan.counts.is_empty() { Counts::NONE } else { facts.count(&mut |_, _| {}) };
    let floors =
        if part.floors.is_empty() { Floors::NONE } else { facts.standing_floors(part.floors) };
    let escalated = judged.request.escalated == Some(true);
    let outcome = found.outcome(default, counts.cover, floors, escalated);
    if tables.is_broken() {
        return Outcome::BROKEN;
    }
    if facts.plan.counts.is_empty() { outcome } else { outcome.strictest(counts.outcome) }
}

fn is_resolved(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Endpoint(endpoint) if endpoint.resolved)
}

/// Whether a rule with these bits makes the default of the action fall away.
fn loosens(bits: u16, action: Action) -> bool {
    ActionSet::from_bits(bits).contains(action)
}

fn runs_nothing(part: &Part<'_>) -> bool {
    matches!(part.object, Object::Command(Command { nothing_runs: true, .. }))
}

/// The rows of all nodes and edges.
pub(super) struct Forest<'t> {
    pub(super) nodes: &'t [[u8; Node::SIZE]],
    pub(super) edges: &'t [[u8; Edge::SIZE]],
}

impl<'t> Forest<'t> {
    #[inline(always)]
    pub(super) fn new(tables: &View<'t>) -> Forest<'t> {
        Forest {
            nodes: tables.nodes.bytes(tables.bytes).as_chunks().0,
            edges: tables.edges.bytes(tables.bytes).as_chunks().0,
        }
    }
}

/// What `count` sentences say of a part.
struct Counts {
    /// A sentence stands for the whole of the part, so that its default falls away.
    cover: bool,
    /// The decision of all that is touched.
    outcome: Outcome,
}

impl Counts {
    const NONE: Counts = Counts { cover: false, outcome: Outcome::NOTHING };
}

impl<'t, 'a> Facts<'t, 'a> {
    /// Believes what a tool says in its own favour where the policy trusts it.
    #[inline]
    pub(super) fn hear_annotations(&mut self) {
        if self.judged.part.action == Action::Call && !self.tables.trusts.is_empty() {
            self.hear_trusted();
        }
    }

    #[inline(never)]
    fn hear_trusted(&mut self) {
        let request = self.judged.request;
        let in_favour = request.read_only == Some(true)
            || request.destructive == Some(false)
            || request.open_world == Some(false);
        if in_favour
            && (0..self.tables.trusts.len())
                .any(|index| self.truth_of(self.tables.trusts[index], Look::Exact).is_certain())
        {
            self.trust();
        }
    }

    /// Adds what the forests say; `None` where they cannot, and what was added is not all.
    #[inline(always)]
    fn by_forest(
        &mut self,
        default: Option<Tier>,
        resolved: bool,
        found: &mut Found,
    ) -> Option<()> {
        let (tables, plan) = (self.tables, self.plan);
        if resolved
            || plan.roots.iter().any(|&root| self.bindings.paths[usize::from(root)].is_none())
        {
            return None;
        }
        let forest = Forest::new(tables);
        for form in forms_of(self.judged.part) {
            self.set_words(form.words);
            for &root in &plan.upper {
                let leaf = self.walk(&forest, root)?;
                if leaf != 0 {
                    found.add_leaf(tables, leaf);
                }
            }
            if !plan.listed.is_empty() {
                self.listed(form.certain, found);
            }
            // Where no rule may match none matches for certain.
            let may_loosen = found.tier.is_some() && found.tier <= default;
            if form.certain && !found.loosened && may_loosen {
                for &root in &plan.lower {
                    if self.walk(&forest, root)? != 0 {
                        found.loosened = true;
                        break;
                    }
                }
            }
            if plan.folded.is_some() {
                self.folded(found);
            }
        }
        Some(())
    }

    // What few requests come to is kept out of what all go through: a function that has room for
    // everything keeps nothing in registers.

    /// The rules that the forests leave out.
    #[inline(never)]
    fn listed(&mut self, certain: bool, found: &mut Found) {
        let plan = self.plan;
        let (tables, action) = (self.tables, self.judged.part.action);
        self.judge_filed(&plan.listed, Look::Exact, &mut |rule, truth| {
            found.add_rule(tables, rule, truth);
            found.loosened |= certain
                && truth.is_certain()
                && loosens(tables.at(tables.rules, rule).loosens, action);
        });
    }

    /// The form in which the case of a program's name is ignored, where the platform ignores it. It
    /// can only tighten.
    #[inline(never)]
    fn folded(&mut self, found: &mut Found) {
        let tables = self.tables;
        if let Some(folded) = &self.plan.folded
            && self.ignores_case()
        {
            self.judge_filed(folded, Look::Folded, &mut |rule, truth| {
                found.add_rule(tables, rule, truth.of_another_form());
            });
        }
    }

    /// Every rule judged by itself.
    #[inline(never)]
    fn by_rule(&mut self, resolved: bool) -> Found {
        let (tables, plan) = (self.tables, self.plan);
        let action = self.judged.part.action;
        let mut found = Found::NOTHING;
        for form in forms_of(self.judged.part) {
            self.set_words(form.words);
            self.judge_filed(&plan.filed, Look::Exact, &mut |rule, truth| {
                let row = tables.at(tables.rules, rule);
                if !resolved || row.asks_addresses {
                    found.add_rule(tables, rule, truth);
                    found.loosened |=
                        form.certain && truth.is_certain() && loosens(row.loosens, action);
                }
            });
            if !resolved {
                self.folded(&mut found);
            }
        }
        found
    }

    /// The leaf that a tree leads to; `None` where a class is not to be had.
    #[inline(never)]
    fn walk(&mut self, forest: &Forest<'_>, mut at: NodeId) -> Option<u32> {
        if let Some(leaf) = at.as_leaf() {
            return Some(leaf);
        }
        while let Some(node) = forest.nodes.get(at.0 as usize) {
            let node = Node::read(node);
            let class = self.class(node.variable);
            if class == AT_RUN_TIME {
                return None;
            }
            let at_edge = (node.base as usize).wrapping_add(class as usize);
            let Some(edge) = forest.edges.get(at_edge) else { break };
            let edge = Edge::read(edge);
            let to = if edge.check == at.0 { edge.to } else { node.default };
            // Children lie before their parents, leaves have the greatest numbers of all.
            if at.0 <= to.0 {
                match to.as_leaf() {
                    Some(leaf) => return Some(leaf),
                    None => break,
                }
            }
            at = to;
        }
        self.tables.break_off();
        None
    }

    /// The floors that no `accept` lifts.
    #[inline(never)]
    fn standing_floors(&mut self, floors: Floors) -> Floors {
        if !floors.iter().any(Floor::can_be_lifted) {
            return floors;
        }
        let mut standing = floors;
        for index in 0..self.tables.accepts.len() {
            let accept = self.tables.accepts[index];
            if self.truth_of(accept.expr, Look::Exact).is_certain() {
                standing = standing.without(accept.floors);
            }
        }
        standing
    }

    /// The parts that `count` sentences add, decided, each of which is told; and whether they take
    /// the default away.
    #[inline(never)]
    fn count(&mut self, each: &mut impl FnMut(&Judged<'_>, &Outcome)) -> Counts {
        let (tables, plan) = (self.tables, self.plan);
        let mut counts = Counts::NONE;
        if plan.counts.is_empty() {
            return counts;
        }
        let folds = plan.folded.is_some() && self.ignores_case();
        for form in forms_of(self.judged.part) {
            self.set_words(form.words);
            for look in [Look::Exact, Look::Folded] {
                if look == Look::Folded && !folds {
                    continue;
                }
                let certain = form.certain && look == Look::Exact;
                for &index in &plan.counts {
                    let count = &tables.counts[index as usize];
                    let truth = self.truth_of(count.expr, look);
                    let truth = if certain { truth } else { truth.of_another_form() };
                    if !truth.can_hold() {
                        continue;
                    }
                    let (outcome, complete) =
                        self.count_one(count, look, &mut |judged, outcome| {
                            each(judged, &outcome.counted(truth));
                        });
                    let outcome = outcome.counted(truth);
                    counts.outcome = counts.outcome.strictest(outcome);
                    counts.cover |= complete && truth.is_certain();
                }
            }
        }
        counts
    }

    /// The parts that one `count` sentence adds to the form that is looked at, and whether every
    /// clause of it found what it names.
    fn count_one(
        &self,
        count: &CountRow,
        look: Look,
        each: &mut impl FnMut(&Judged<'_>, &Outcome),
    ) -> (Outcome, bool) {
        let (tables, judged) = (self.tables, self.judged);
        let mut total = Total::default();
        let mut add = |judged: &Judged<'_>| {
            let outcome = decide_part(tables, judged);
            each(judged, &outcome);
            total.add(outcome, judged.part.alternative);
        };
        let mut complete = true;
        let mut operands: Option<Vec<Word<'_>>> = None;
        for (action, what) in &count.clauses {
            if let Operands::Argument(path) = what {
                match judged.argument(path) {
                    Attribute::Text(text) => {
                        for_counted(judged, *action, &Word::known(text), &mut add);
                    }
                    _ => {
                        complete = false;
                        for_missing(judged, *action, &mut add);
                    }
                }
                continue;
            }
            if self.command_is_unsent() {
                complete = false;
                continue;
            }
            let words = operands.get_or_insert_with(|| {
                let (words, known) = self.operands(count, look);
                complete &= known;
                words
            });
            let last = words.len().saturating_sub(1);
            let chosen = match what {
                Operands::All | Operands::Argument(_) => 0..words.len(),
                Operands::ButFirst => 1.min(words.len())..words.len(),
                Operands::ButLast => 0..last,
                Operands::First => 0..1.min(words.len()),
                Operands::Last => last..words.len(),
            };
            if words.is_empty() && *what == Operands::All && self.runs_in_a_known_folder() {
                // A command without operands works where it runs.
                for_counted(judged, *action, &Word::known("."), &mut add);
            } else {
                // One without its last operand is not understood.
                complete &= !chosen.is_empty();
            }
            for word in &words[chosen] {
                for_counted(judged, *action, word, &mut add);
            }
        }
        (total.finish(), complete)
    }

    /// The operands of the form that is looked at, and whether those are certainly all.
    fn operands(&self, count: &CountRow, look: Look) -> (Vec<Word<'a>>, bool) {
        let atom = self.command_atom(count.atom, look);
        let patterns: Vec<PatternEntry> = atom
            .into_iter()
            .flat_map(|(patterns, sequence)| self.matching_patterns(patterns, sequence))
            .collect();
        // Of several patterns, the one that fixes least leaves the most operands. A sentence about
        // every command fixes the name of the program, where that is one word.
        let fixed = atom
            .into_iter()
            .flat_map(|(_, sequence)| patterns.iter().map(move |pattern| (pattern, sequence)))
            .filter_map(|(pattern, sequence)| self.shortest_beginning(pattern.fixed, sequence))
            .min()
            .unwrap_or(0)
            .max(usize::from(!self.words.first().is_some_and(Word::is_several)));
        let tables = self.tables;
        let known = |flag: &str| {
            patterns.iter().any(|pattern| {
                tables
                    .part(tables.known_flags, pattern.known.0, pattern.known.1)
                    .iter(tables.bytes)
                    .any(|known| tables.string(known) == flag)
            })
        };
        let mut words = Vec::new();
        let complete = canon::operands(self.words, fixed, &known, &mut |word| words.push(*word));
        (words, complete)
    }

    /// Whether the folder is known that relative operands start from.
    fn runs_in_a_known_folder(&self) -> bool {
        matches!(
            self.judged.part.object,
            Object::Command(Command { base: PathValue::Known(_), .. })
        )
    }

    /// The patterns of an atom that asks for commands, and the sequence that they test.
    fn command_atom(&self, atom: u32, look: Look) -> Option<(Table<PatternEntry>, u32)> {
        let tables = self.tables;
        if atom == NOWHERE {
            return None;
        }
        let atom = self.atom_row(atom, look);
        (atom.command != NOWHERE).then(|| tables.command(atom.command))
    }
}

/// Hands out what a counted word stands for.
fn for_counted(
    judged: &Judged<'_>,
    action: Action,
    word: &Word<'_>,
    emit: &mut dyn FnMut(&Judged<'_>),
) {
    // What was not understood of the command is a matter of the command.
    let part = Part { floors: Floors::NONE, ..*judged.part };
    canon::counted_parts(&Judged { part: &part, ..*judged }, action, word, emit);
}

/// Hands out the path of an argument that is missing or no text.
fn for_missing(judged: &Judged<'_>, action: Action, emit: &mut dyn FnMut(&Judged<'_>)) {
    let part = Part {
        action,
        object: Object::Path(PathValue::Unsent),
        floors: Floors::of(Floor::MalformedArguments),
        alternative: false,
    };
    emit(&Judged { part: &part, ..*judged });
}

/// Tells each part that `count` sentences add to a part, as it was decided. What several of them
/// or several readings add is told several times.
pub(crate) fn each_counted(
    tables: &View<'_>,
    judged: &Judged<'_>,
    each: &mut impl FnMut(&Judged<'_>, &Outcome),
) {
    let made_text = made_text(tables, judged);
    let mut readings = Readings::new(tables, judged);
    for _ in 0..READINGS {
        if !readings.advance() {
            break;
        }
        let mut room = Room::new(readings.plan);
        let mut facts =
            Facts::new(tables, judged, &readings.bindings, made_text.as_deref(), room.classes());
        facts.hear_annotations();
        facts.count(each);
    }
}

/// A rule that matched, and what is known of it.
pub(crate) struct MatchedRule {
    pub(crate) rule: u32,
    pub(crate) truth: Truth,
}

/// Every rule that can match a part, in rank order, judged one by one; and the names of the
/// attributes that were not sent, on which one of them depends.
pub(crate) fn matched_rules(
    tables: &View<'_>,
    judged: &Judged<'_>,
    not_sent: &mut Vec<String>,
) -> Vec<MatchedRule> {
    let made_text = made_text(tables, judged);
    let mut readings = Readings::new(tables, judged);
    let mut truths = vec![Truth::NO; tables.rules.rows as usize];
    for _ in 0..READINGS {
        if !readings.advance() {
            break;
        }
        let mut room = Room::new(readings.plan);
        let mut facts =
            Facts::new(tables, judged, &readings.bindings, made_text.as_deref(), room.classes());
        facts.hear_annotations();
        let resolved = is_resolved(judged.part);
        for form in forms_of(judged.part) {
            facts.set_words(form.words);
            for rule in facts.plan.rules.iter(tables.bytes) {
                let row = tables.at(tables.rules, rule);
                if resolved && !row.asks_addresses {
                    continue;
                }
                let truth = facts.truth_of(row.expr, Look::Exact);
                let truth = if form.certain { truth } else { truth.of_another_form() };
                let Some(slot) = truths.get_mut(rule as usize) else { continue };
                *slot = *slot | truth;
                if judged.request.platform_or_default().ignores_case() && !resolved {
                    *slot = *slot | facts.truth_of(row.expr, Look::Folded).of_another_form();
                }
                if truth.can_hold() && !truth.is_certain() {
                    facts.name_unsent(row.expr, not_sent);
                }
            }
        }
    }
    let rules = truths.into_iter().enumerate().filter(|(_, truth)| truth.can_hold());
    rules.map(|(rule, truth)| MatchedRule { rule: rule as u32, truth }).collect()
}

/// What a rule says, in words of the language.
pub(crate) fn effect_words(tables: &View<'_>, rule: u32) -> String {
    match tables.effect(rule) {
        Effect::Tier(tier, _) => tier.name().to_owned(),
        Effect::Record(level) => format!("record {level}"),
        Effect::Mark(mark) => {
            format!("mark {:?}", tables.marks.get(usize::from(mark)).map_or("", |name| name))
        }
    }
}
