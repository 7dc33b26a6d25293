//! The comparison: every difference between two policies, each with a request that shows it.
//!
//! A decision can differ only where a statement matches that stands on one side alone, or by a
//! default that changed. Each such statement is explored by itself (`analysis`); what is found is
//! asked of both compiled policies before it is told.

use std::collections::BTreeSet;
use std::rc::Rc;

use policy_eval::engine::tables::Source;
use policy_eval::{
    Action, Attr, Decision, Floor, ObjectKind, Platform, Policy, RequestBuf, describe,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::report::{
    Answer, Aspect, Changed, DecidedBy, Difference, Direction, Report, Sentence, Side, Unproved,
    What,
};
use super::{example, operands};
use crate::analysis::alphabet::Exhausted;
use crate::analysis::join;
use crate::analysis::machine::{Budget, Step};
use crate::analysis::question::{self, DENY, Origin};
use crate::analysis::search::{Flow, Focus, Leaf, Scope, Search};
use crate::analysis::setup::Setup;
use crate::analysis::space::{Fact, Reading, Value};
use crate::compile::{CompileError, compile};
use crate::interp;
use crate::model::{Atom, Formula, Model, Rule, RuleOptions, words};
use crate::span::Location;

/// How much one statement's region may cost, in steps; some microseconds each at most.
pub const BUDGET: u64 = 2_000_000;

/// Why two policies were not compared.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct CompareError {
    /// Which of them is in the way.
    pub side: Side,
    /// It is larger than the published limits.
    pub error: CompileError,
}

/// Compares two policies.
///
/// # Example
/// ```
/// use policy_lang::{check::no_includes, diff, load, span::Source};
/// let model = |text: &str| load(vec![Source::new("a.policy", text)], &no_includes);
/// let old = model(r#"deny write "/etc/**" because "Not yours.""#)?;
/// let new = model(r#"deny write "/etc/ssh/**" because "Not yours.""#)?;
/// let report = diff::compare(&old, &new, diff::BUDGET).expect("both compile");
/// assert!(report.is_complete() && !report.is_equivalent());
/// assert_eq!(report.differences[0].direction, diff::Direction::Loosened);
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Errors
/// When one of them is larger than the published limits.
///
/// # Cost
/// That of compiling both, and for each changed sentence the size of what overlaps it. A region past
/// the budget is told as not proved.
pub fn compare(old: &Model, new: &Model, budget: u64) -> Result<Report, CompareError> {
    let (old_policy, new_policy) = std::thread::scope(|scope| {
        let other = scope.spawn(|| compile(new));
        let old = compile(old);
        let new = other.join().unwrap_or_else(|_| compile(new));
        (old, new)
    });
    let (joined, names) = join::join(old, new);
    let setup = Setup::of_two(&joined, &names, old, new);
    let mut comparison = Comparison {
        setup: &setup,
        models: [old, new],
        files: FxHashMap::default(),
        names: [old, new].map(|model| {
            model.rules.iter().enumerate().map(|(index, rule)| (&*rule.name, index)).collect()
        }),
        policies: [
            old_policy.map_err(|error| CompareError { side: Side::Old, error })?,
            new_policy.map_err(|error| CompareError { side: Side::New, error })?,
        ],
        budget,
        found: Vec::new(),
        keys: FxHashSet::default(),
        unconfirmed: BTreeSet::new(),
        confirmed: FxHashSet::default(),
        unproved: Vec::new(),
        changed: FxHashSet::default(),
    };
    for aspect in setup.aspects() {
        for action in Action::ALL {
            if setup.may_differ(action, aspect) {
                comparison.action(action, aspect);
            }
        }
    }
    Ok(comparison.finish())
}

/// What a leaf claims; one confirmed request for each is enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Claim {
    aspect: question::Aspect,
    action: Action,
    from: (u8, u32),
    to: (u8, u32),
    subject: Option<(usize, Origin)>,
    /// Operands or floors differ, not the rules.
    beside: Option<Beside>,
}

/// Where something is judged beside a command or a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Beside {
    /// What the rules of each side say without a default.
    inside: [u8; 2],
    /// Which `count` sentences may hold, with their side.
    counting: Vec<(usize, u32)>,
}

struct Comparison<'s, 'm> {
    setup: &'s Setup<'s>,
    models: [&'m Model; 2],
    /// By platform: files that commands and calls may work on.
    files: FxHashMap<Option<Platform>, Rc<[operands::File]>>,
    /// By side and name: the place of a rule. Decisions name rules, and there are many of both.
    names: [FxHashMap<&'m str, usize>; 2],
    policies: [Policy; 2],
    budget: u64,
    found: Vec<Difference>,
    keys: FxHashSet<String>,
    unconfirmed: BTreeSet<Claim>,
    confirmed: FxHashSet<Claim>,
    unproved: Vec<Unproved>,
    changed: FxHashSet<(usize, Origin)>,
}

impl<'m> Comparison<'_, 'm> {
    fn action(&mut self, action: Action, aspect: question::Aspect) {
        let setup = self.setup;
        for platform in setup.platforms(action) {
            let is_folded = platform.is_some_and(policy_eval::Platform::ignores_case);
            let reading =
                if action == Action::Run && is_folded { Reading::Folded } else { Reading::Plain };
            let mut search = setup.search(action, aspect, platform, reading);
            let differs_inside = self.regions(&mut search, action, aspect);
            // What a command is called by another name matters only where something is there that a
            // request of one form does not show.
            let asks_program = search.asks(&Fact::Path(Source::Builtin(Attr::Program)));
            if action == Action::Run && !is_folded && (differs_inside || asks_program) {
                for reading in Reading::OF_SEVERAL_FORMS {
                    let mut search = setup.search(action, aspect, platform, reading);
                    self.regions(&mut search, action, aspect);
                }
            }
        }
    }

    /// Explores the region of each statement that stands on one side. Whether anything differs,
    /// even if no request of this reading shows it.
    fn regions(
        &mut self,
        search: &mut Search<'_>,
        action: Action,
        aspect: question::Aspect,
    ) -> bool {
        let changed: Vec<usize> = search
            .question()
            .statements
            .iter()
            .take(search.question().own)
            .enumerate()
            .filter(|(_, one)| one.sides[0] != one.sides[1])
            .map(|(index, _)| index)
            .collect();
        let defaults = search.question().defaults;
        let mut subjects: Vec<Option<usize>> = changed.into_iter().map(Some).collect();
        if defaults[0] != defaults[1] {
            subjects.push(None);
        }
        let mut differs_inside = false;
        for subject in subjects {
            let origin = subject.and_then(|subject| {
                let statement = &search.question().statements[subject];
                let side = usize::from(statement.sides[1]);
                statement.origins[side].map(|origin| (side, origin))
            });
            self.changed.extend(origin);
            let explored = match goals(search, action, subject) {
                Some(goals) => {
                    let found = self.in_parts(search, subject, goals, action, aspect, origin);
                    differs_inside = true;
                    found
                }
                None => {
                    let mut budget = Budget { left: self.budget };
                    search.explore(subject, &mut budget, &mut |search, leaf| {
                        differs_inside |= !leaf.is_same_inside;
                        self.leaf(search, leaf, action, aspect, origin);
                        Flow::Continue
                    })
                }
            };
            if explored.is_err() {
                let what = match origin {
                    Some((side, origin)) => format!("`{}`", self.name(side, origin)),
                    None => "the default".to_owned(),
                };
                let why = format!(
                    "what changes by {what} overlaps too many other patterns to be looked at \
                     within the budget"
                );
                self.add_unproved(Unproved { action, why });
            }
        }
        differs_inside
    }

    /// Looks for pairs of answers where they are found most easily, and ends once there is one of
    /// each; what is still missing is looked for everywhere.
    fn in_parts(
        &mut self,
        search: &mut Search<'_>,
        subject: Option<usize>,
        mut goals: Vec<(u8, u8)>,
        action: Action,
        aspect: question::Aspect,
        origin: Option<(usize, Origin)>,
    ) -> Result<Flow, Exhausted> {
        let Some(subject) = subject else {
            let mut left = Budget { left: self.budget };
            return self.everywhere(search, None, goals, &mut left, (action, aspect), origin);
        };
        // Which options are joined depends on all statements that hold, so these are not looked for
        // in parts.
        let same: Vec<(u8, u8)> = goals.extract_if(.., |&mut (from, to)| from == to).collect();
        let statements = &search.question().statements;
        let own = [search.roots_of(subject), search.negated_roots()].concat();
        // A statement that does not loosen leaves the default to others: three may have to meet.
        let is_simple = statements.iter().all(|one| one.loosens || one.rank().is_none());
        let highest = goals.iter().map(|&(from, to)| from.max(to)).max().unwrap_or(0);
        let mut beside: Vec<usize> = (0..statements.len())
            .filter(|&other| other != subject)
            .filter(|&other| statements[other].rank().is_some_and(|(rank, _)| rank <= highest))
            .collect();
        // What needs no other root meets most.
        beside.sort_by_key(|&other| {
            search.roots_of(other).iter().filter(|root| !own.contains(root)).count()
        });
        let each: Vec<Option<usize>> =
            std::iter::once(None).chain(beside.into_iter().map(Some)).collect();
        let mut left = Budget { left: self.budget };
        let mut explored = Ok(Flow::Continue);
        'parts: for is_bound in [true, false] {
            for &beside in &each {
                let mut roots = own.clone();
                if let Some(other) = beside {
                    let is_wanted =
                        |rank: u8| goals.iter().any(|&(from, to)| rank == from || rank == to);
                    let rank = search.question().statements[other].rank();
                    if !rank.is_some_and(|(rank, _)| is_wanted(rank)) {
                        continue;
                    }
                    roots.extend(search.roots_of(other));
                }
                search.scope = if is_bound { Scope::Within(roots) } else { Scope::Beside(roots) };
                search.focus = Some(Focus { beside });
                search.goals = Some(goals.clone());
                let part = search.explore(Some(subject), &mut left, &mut |search, leaf| {
                    if let Some(found) = self.leaf(search, leaf, action, aspect, origin) {
                        goals.retain(|goal| *goal != found);
                        search.goals = Some(goals.clone());
                    }
                    if goals.is_empty() { Flow::Stop } else { Flow::Continue }
                });
                explored = explored.and(part);
                if goals.is_empty() {
                    explored = Ok(Flow::Stop);
                }
                if goals.is_empty() || explored.is_err() {
                    break 'parts;
                }
            }
        }
        search.focus = None;
        search.scope = Scope::Everywhere;
        if is_simple {
            goals.clear();
        }
        goals.extend(same);
        if !goals.is_empty() && explored.is_ok() {
            explored =
                self.everywhere(search, Some(subject), goals, &mut left, (action, aspect), origin);
        }
        search.goals = None;
        explored
    }

    /// Looks for pairs of answers everywhere; of different tiers one of each is enough.
    fn everywhere(
        &mut self,
        search: &mut Search<'_>,
        subject: Option<usize>,
        mut goals: Vec<(u8, u8)>,
        left: &mut Budget,
        (action, aspect): (Action, question::Aspect),
        origin: Option<(usize, Origin)>,
    ) -> Result<Flow, Exhausted> {
        search.goals = Some(goals.clone());
        let explored = search.explore(subject, left, &mut |search, leaf| {
            if let Some(found) = self.leaf(search, leaf, action, aspect, origin)
                && found.0 != found.1
            {
                goals.retain(|goal| *goal != found);
                search.goals = Some(goals.clone());
            }
            if goals.is_empty() { Flow::Stop } else { Flow::Continue }
        });
        search.goals = None;
        explored
    }

    fn add_unproved(&mut self, unproved: Unproved) {
        if !self.unproved.contains(&unproved) {
            self.unproved.push(unproved);
        }
    }

    fn leaf(
        &mut self,
        search: &mut Search<'_>,
        leaf: &Leaf<'_>,
        action: Action,
        aspect: question::Aspect,
        subject: Option<(usize, Origin)>,
    ) -> Option<(u8, u8)> {
        let [from, to] = leaf.answers;
        let lifted =
            [leaf.lifted[0].without(leaf.lifted[1]), leaf.lifted[1].without(leaf.lifted[0])];
        let lifts = !lifted[0].is_empty() || !lifted[1].is_empty();
        let claim = |beside: bool| Claim {
            aspect,
            action,
            from: (from.rank, from.options),
            to: (to.rank, to.options),
            subject,
            beside: beside
                .then(|| Beside { inside: leaf.inside, counting: leaf.counting.to_vec() }),
        };
        if from != to {
            self.confirm(claim(false), search.requests(leaf.values, None));
            // A program may do nothing of its own without one more word.
            for values in operands::with_one_more_word(leaf.values) {
                self.confirm(claim(false), search.requests(&values, None));
            }
            // Files that are judged beside may be stricter than both answers.
            if !leaf.counting.is_empty() {
                self.with_files(claim(false), search, leaf.values, true);
            }
        }
        self.escalated(search, leaf, claim(false));
        // The same answer for other reasons: a command that has this one as another form may show it.
        if action == Action::Run && from == to && !leaf.is_same_inside {
            for values in with_other_forms(leaf.values) {
                for request in search.requests(&values, None) {
                    self.check(&claim(true), &request);
                }
            }
        }
        if leaf.counts_differ && matches!(subject, Some((_, Origin::Count(_)))) {
            // What stands anyway leaves record levels and marks to differ.
            let is_settled = leaf.outweighs_counts && from == to;
            // What was not understood is one request only: what both say of it is settled.
            let is_one = leaf.values.iter().any(|(fact, value)| {
                matches!(value, Value::NotUnderstood)
                    || matches!(fact, Fact::Command) && *value == Value::Unsent
                    || matches!(value, Value::Pair(None, _) | Value::Pair(_, None))
            });
            self.with_files(claim(true), search, leaf.values, !is_settled && !is_one);
        }
        // Where counted files take the place of a default, rules show that it hides.
        if leaf.covered != leaf.answers && leaf.covered[0] != leaf.covered[1] {
            let [from, to] = leaf.covered.map(|answer| (answer.rank, answer.options));
            self.with_files(Claim { from, to, ..claim(true) }, search, leaf.values, true);
        }
        if lifts && matches!(subject, Some((_, Origin::Accept(_)))) {
            let is_seen =
                |side: usize| !lifted[side].is_empty() && leaf.answers[side].rank < question::ASK;
            // An assignment without a command is judged by its floor alone, whatever the rules say.
            for request in search.requests(leaf.values, Some("X=1")) {
                self.check(&claim(true), &request);
            }
            if is_seen(0) || is_seen(1) {
                let mut requests = Vec::new();
                for floor in lifted[0].union(lifted[1]).iter() {
                    requests.extend(search.requests(leaf.values, around(floor)));
                }
                self.confirm(claim(true), requests);
            }
        }
        self.confirmed.contains(&claim(false)).then_some((from.rank, to.rank))
    }

    /// A request to leave the sandbox is asked about unless the options let it. So options that
    /// differ may be tiers that differ for such a request, whatever else changed beside.
    fn escalated(&mut self, search: &Search<'_>, leaf: &Leaf<'_>, claim: Claim) {
        let fact = Fact::Value(Source::Builtin(Attr::Escalated));
        if claim.aspect != question::Aspect::Tier
            || claim.action != Action::Run
            || leaf.values.iter().any(|(known, _)| *known == fact)
        {
            return;
        }
        let options = &search.question().options;
        let [from, to] = leaf.answers.map(|answer| {
            if options.leaves_sandbox(answer.options) {
                (answer.rank, answer.options)
            } else {
                (answer.rank.max(question::ASK), 0)
            }
        });
        if from.0 != to.0 && leaf.answers[0].options != leaf.answers[1].options {
            let mut values = leaf.values.to_vec();
            values.push((fact, Value::Bool(true)));
            self.confirm(Claim { from, to, ..claim }, search.requests(&values, None));
        }
    }

    /// Asks both policies with the files that a command or a call may work on. Where none of the
    /// requests shows the claim it is not confirmed, if it has to be.
    fn with_files(
        &mut self,
        claim: Claim,
        search: &Search<'_>,
        values: &[(Fact, Value)],
        has_to_be: bool,
    ) {
        if self.confirmed.contains(&claim) {
            return;
        }
        let (setup, models, platform) = (self.setup, self.models, search.platform);
        let files = self
            .files
            .entry(platform)
            .or_insert_with(|| operands::files(setup, models, platform).into())
            .clone();
        let bound = search.bound_everywhere(values);
        let mut is_confirmed = claim.beside.is_some()
            && search
                .requests(values, None)
                .iter()
                .fold(false, |shown, request| shown | self.check(&claim, request));
        let arguments = operands::counted_arguments(models);
        for file in &*files {
            let values = if file.is_bound() { values } else { &bound };
            for varied in operands::varied(values, file, &arguments) {
                for request in search.requests(&varied, None) {
                    is_confirmed |= self.check(&claim, &request);
                }
            }
            // What is judged beside may change tier, record level and marks, each by another file.
            if is_confirmed && claim.beside.is_none() {
                break;
            }
        }
        self.settle(claim, is_confirmed, has_to_be);
    }

    fn settle(&mut self, claim: Claim, is_confirmed: bool, has_to_be: bool) {
        if is_confirmed {
            self.unconfirmed.remove(&claim);
            self.confirmed.insert(claim);
        } else if has_to_be {
            self.unconfirmed.insert(claim);
        }
    }

    /// Asks both policies. A request that they answer alike confirms nothing.
    fn confirm(&mut self, claim: Claim, requests: Vec<RequestBuf>) {
        if self.confirmed.contains(&claim) {
            return;
        }
        let mut is_confirmed = false;
        for request in requests {
            is_confirmed |= self.check(&claim, &request);
            if is_confirmed && claim.beside.is_none() {
                break;
            }
        }
        self.settle(claim, is_confirmed, true);
    }

    fn check(&mut self, claim: &Claim, request: &RequestBuf) -> bool {
        let all = [question::Aspect::Tier, question::Aspect::Record, question::Aspect::Mark(0)];
        let aspects = if claim.beside.is_some() { &all[..] } else { &[claim.aspect] };
        let claims_tiers = claim.aspect == question::Aspect::Tier && claim.from.0 != claim.to.0;
        let policies = self.policies.clone();
        request.with_request(|asked| {
            let old = policies[0].decide(asked);
            let new = policies[1].decide(asked);
            let mut differs_at_all = false;
            for &aspect in aspects {
                let Some((aspect, direction)) = differs(aspect, &old, &new) else { continue };
                // Another change than the claimed one is told, and proves nothing of this one.
                let ranks = [&old, &new].map(|decision| decision.tier as u8 + 1);
                differs_at_all |=
                    !claims_tiers || claim.beside.is_some() || ranks == [claim.from.0, claim.to.0];
                let changed = self.responsible(claim, &old, &new);
                let difference = Difference {
                    action: claim.action,
                    direction,
                    aspect,
                    from: self.answer(0, &old),
                    to: self.answer(1, &new),
                    region: String::new(),
                    changed,
                    shown: shown(asked),
                    witness: request.clone(),
                };
                if self.keys.insert(key(&difference)) {
                    self.found.push(difference);
                }
            }
            differs_at_all
        })
    }

    /// The sentences whose change a difference follows from: those that decided, where they stand on
    /// one side alone; else the one whose region it was found in.
    fn responsible(&self, claim: &Claim, old: &Decision<'_>, new: &Decision<'_>) -> Vec<Changed> {
        let mut responsible = Vec::new();
        if claim.aspect == question::Aspect::Tier && claim.beside.is_none() {
            for (side, decision) in [(0, old), (1, new)] {
                let Some(rule) = decision.rule else { continue };
                let index = self.names[side].get(rule.name).copied();
                let Some(origin) = index.map(Origin::Rule) else { continue };
                if self.changed.contains(&(side, origin)) {
                    responsible.push(self.changed_sentence(side, origin));
                }
            }
        }
        if responsible.is_empty() {
            responsible.push(match claim.subject {
                Some((side, origin)) => self.changed_sentence(side, origin),
                None => Changed { side: Side::New, what: What::Default, sentence: None },
            });
        }
        responsible
    }

    fn changed_sentence(&self, side: usize, origin: Origin) -> Changed {
        let model = self.models[side];
        let (what, at, name, reason) = match origin {
            Origin::Rule(index) => {
                let rule = &model.rules[index];
                // The same rule that may loosen on one side only: a delegation changed.
                let stands_there = self.rule(1 - side, &rule.name).is_some_and(|one| {
                    one.effect == rule.effect
                        && one.layer == rule.layer
                        && same_text(model, rule.at, self.models[1 - side], one.at)
                });
                let delegates = |model: &Model| {
                    model.layers.iter().map(|layer| layer.delegates.clone()).collect::<Vec<_>>()
                };
                let what = if stands_there && delegates(model) != delegates(self.models[1 - side]) {
                    What::Delegation
                } else {
                    What::Rule
                };
                (what, rule.at, rule.name.clone(), rule.reason.clone())
            }
            Origin::Count(index) => {
                let count = &model.counts[index];
                (What::Count, count.at, count.name.clone(), None)
            }
            Origin::Accept(index) => {
                (What::Accept, model.accepts[index].at, "accept".to_owned(), None)
            }
        };
        Changed {
            side: if side == 0 { Side::Old } else { Side::New },
            what,
            sentence: Some(sentence(model, at, name, reason)),
        }
    }

    /// The rule of a name.
    fn rule(&self, side: usize, name: &str) -> Option<&'m Rule> {
        self.names[side].get(name).map(|&index| &self.models[side].rules[index])
    }

    fn name(&self, side: usize, origin: Origin) -> String {
        match origin {
            Origin::Rule(index) => self.models[side].rules[index].name.clone(),
            Origin::Count(index) => self.models[side].counts[index].name.clone(),
            Origin::Accept(_) => "accept".to_owned(),
        }
    }

    /// What requests are meant: of what the changed rules were and became, the one that the witness
    /// meets.
    fn region(&self, action: Action, changed: &[Changed], witness: &RequestBuf) -> String {
        let holds = |model: &Model, formula: &Formula| {
            let mut holds = false;
            witness.with_request(|request| {
                policy_eval::canon::parts(request, &mut |judged| {
                    holds |= interp::truth(model, judged, formula, false).is_certain();
                });
            });
            holds
        };
        let named = |side: usize, name: &str| {
            self.rule(side, name).filter(|rule| rule.actions.contains(action))
        };
        let mut met = None;
        for one in changed.iter().rev() {
            let (What::Rule | What::Delegation, Some(sentence)) = (one.what, &one.sentence) else {
                continue;
            };
            let own = usize::from(one.side == Side::New);
            for side in [own, 1 - own] {
                let (model, other) = (self.models[side], self.models[1 - side]);
                let Some(rule) = named(side, &sentence.name) else { continue };
                let counterpart = named(1 - side, &sentence.name);
                let is_met = holds(model, &rule.when)
                    && counterpart.is_none_or(|there| !holds(other, &there.when));
                if met.is_none() || is_met {
                    met = Some((is_met, model, rule, counterpart));
                }
                if is_met {
                    break;
                }
            }
            if met.is_some_and(|(is_met, ..)| is_met) {
                break;
            }
        }
        match (met, changed.first().map(|one| one.what)) {
            (Some((_, model, rule, counterpart)), _) => {
                let told = words::Told {
                    other: counterpart.map(|rule| &rule.when),
                    meets: &|atom: &Atom| holds(model, &Formula::Atom(atom.clone())),
                };
                words::region(model, action, &rule.when, &told)
            }
            (None, Some(What::Default)) => format!("`{action}` where no rule may match"),
            (None, _) => format!("`{action}`"),
        }
    }

    /// The difference by a request that reads well, and that both policies answer alike.
    fn told(&self, difference: Difference) -> Difference {
        let mut hints = example::Hints::default();
        for (side, answer) in [(0, &difference.from), (1, &difference.to)] {
            let model = self.models[side];
            let names = difference.changed.iter().filter_map(|one| one.sentence.as_ref());
            let changed: Vec<&str> = names.map(|sentence| &*sentence.name).collect();
            for rule in changed.iter().filter_map(|name| self.rule(side, name)) {
                hints.changed(model, &rule.when);
            }
            if let Some(own) = answer.decided_by.rule()
                && !changed.contains(&&*own.name)
                && let Some(rule) = self.rule(side, &own.name)
            {
                hints.beside(model, &rule.when);
            }
        }
        for &(side, origin) in &self.changed {
            if let Origin::Rule(index) = origin
                && self.models[side].rules[index].actions.contains(difference.action)
            {
                hints.ask(self.models[side], &self.models[side].rules[index].when);
            }
        }
        let aspect = match difference.aspect {
            Aspect::Tier | Aspect::Options => question::Aspect::Tier,
            Aspect::Record => question::Aspect::Record,
            Aspect::Marks => question::Aspect::Mark(0),
        };
        let policies = self.policies.clone();
        let rule = |answer: &Answer| answer.decided_by.rule().map(|rule| rule.name.clone());
        let deciders = [rule(&difference.from), rule(&difference.to)];
        let of_default = |answer: &Answer| answer.decided_by == DecidedBy::Default;
        let defaults = [of_default(&difference.from), of_default(&difference.to)];
        let mut shows = |request: &RequestBuf| {
            request.with_request(|asked| {
                let decisions = [policies[0].decide(asked), policies[1].decide(asked)];
                let is_same = |side: usize| {
                    decisions[side].rule.map(|rule| rule.name) == deciders[side].as_deref()
                        && decisions[side].default == defaults[side]
                };
                let differs = differs(aspect, &decisions[0], &decisions[1]);
                differs == Some((difference.aspect, difference.direction))
                    && (!difference.is_of_tier() || is_same(0) && is_same(1))
                    && is_answer(difference.aspect, &decisions[0], &difference.from)
                    && is_answer(difference.aspect, &decisions[1], &difference.to)
            })
        };
        let witness = example::natural(&difference.witness, &hints, &mut shows);
        let region = self.region(difference.action, &difference.changed, &witness);
        let (from, to, shown) = witness.with_request(|asked| {
            let [old, new] = [policies[0].decide(asked), policies[1].decide(asked)];
            (self.answer(0, &old), self.answer(1, &new), shown(asked))
        });
        Difference { from, to, region, shown, witness, ..difference }
    }

    fn answer(&self, side: usize, decision: &Decision<'_>) -> Answer {
        let model = self.models[side];
        let options = RuleOptions {
            outside_sandbox: decision.options.outside_sandbox,
            reviewer: decision.options.reviewer.map(str::to_owned),
            timeout_ms: decision.options.timeout_ms,
            on_failure: decision.options.on_failure,
            remember: decision.options.remember,
        };
        let mut marks: Vec<String> = decision.marks.iter().map(str::to_owned).collect();
        marks.sort();
        let decided_by = match decision.rule {
            Some(rule) => match self.rule(side, rule.name) {
                Some(own) => {
                    DecidedBy::Rule(sentence(model, own.at, own.name.clone(), own.reason.clone()))
                }
                None => DecidedBy::Floor,
            },
            None if decision.default => DecidedBy::Default,
            None => DecidedBy::Floor,
        };
        Answer { tier: decision.tier, options, record: decision.record, marks, decided_by }
    }

    fn finish(mut self) -> Report {
        let unconfirmed = std::mem::take(&mut self.unconfirmed);
        for claim in unconfirmed {
            let what = match claim.subject {
                Some((side, origin)) => format!("`{}`", self.name(side, origin)),
                None => "the default".to_owned(),
            };
            let why = if claim.beside.is_some() {
                format!(
                    "{what} changes what is judged beside a command or call, and no request was \
                     found that shows whether it matters"
                )
            } else {
                format!("{what} may make a difference that no request could be made for to show it")
            };
            self.add_unproved(Unproved { action: claim.action, why });
        }
        // What follows from some sentences together is told where one of them makes the same change.
        let told: Vec<(Action, Aspect, String, Vec<Changed>)> = self
            .found
            .iter()
            .map(|one| (one.action, one.aspect, change(one), one.changed.clone()))
            .collect();
        self.found.retain(|one| {
            !told.iter().any(|(action, aspect, own, changed)| {
                (*action, *aspect) == (one.action, one.aspect)
                    && changed.len() < one.changed.len()
                    && *own == change(one)
                    && changed.iter().all(|sentence| one.changed.contains(sentence))
            })
        });
        self.found =
            std::mem::take(&mut self.found).into_iter().map(|one| self.told(one)).collect();
        let place = |difference: &Difference| {
            difference
                .changed
                .first()
                .and_then(|changed| changed.sentence.as_ref())
                .map(|sentence| (sentence.file.clone(), sentence.line, sentence.column))
        };
        self.found.sort_by(|a, b| {
            (a.direction, a.aspect, place(a), a.action).cmp(&(
                b.direction,
                b.aspect,
                place(b),
                b.action,
            ))
        });
        Report {
            differences: self.found,
            unproved: self.unproved,
            changed_sentences: self.changed.len(),
        }
    }
}

/// The pairs of answers that a statement on one side can make, at most: where nothing else is said,
/// where something weaker is, with a default or without, and beside each changed statement of the
/// other side. With the same tier on both sides where options may differ. None where it is not worth
/// while.
fn goals(search: &Search<'_>, action: Action, subject: Option<usize>) -> Option<Vec<(u8, u8)>> {
    let question = search.question();
    if action.object() != ObjectKind::Path {
        return None;
    }
    // No answer has a rank that nothing on its side gives. A denial that only may hold asks.
    let is_given = |side: usize, rank: u8| {
        let mut ranks = question
            .statements
            .iter()
            .filter(|one| one.sides[side])
            .filter_map(|one| one.rank().map(|(rank, _)| rank));
        rank == question.defaults[side]
            || ranks.any(|own| own == rank || own == DENY && rank == question::ASK)
    };
    let has_options = |rank: u8| {
        question.statements.iter().any(|one| {
            one.rank().is_some_and(|(own, options)| {
                options != 0 && (own == rank || own == DENY && rank == question::ASK)
            })
        })
    };
    let is_wanted = |(from, to): (u8, u8)| {
        (from != to || has_options(from)) && is_given(0, from) && is_given(1, to)
    };
    let Some(subject) = subject else {
        let under = (0..=DENY).map(|rank| question.defaults.map(|default| rank.max(default)));
        let mut goals: Vec<(u8, u8)> =
            under.map(|[from, to]| (from, to)).filter(|goal| is_wanted(*goal)).collect();
        goals.dedup();
        return Some(goals);
    };
    let statement = &question.statements[subject];
    let side = usize::from(statement.sides[1]);
    let (own, _) = statement.rank()?;
    let others = question
        .statements
        .iter()
        .enumerate()
        .filter(|(_, other)| other.sides[1 - side] && !other.sides[side]);
    let mut beside: Vec<(u8, bool)> = Vec::new();
    let mut is_alone = true;
    for (index, other) in others {
        let (rank, _) = other.rank()?;
        is_alone &= !search.have_one_formula(subject, index);
        beside.push((rank, other.loosens));
    }
    if is_alone {
        beside.push((0, false));
    }
    let mut goals = Vec::new();
    let defaults = [question.defaults[side], question.defaults[1 - side]];
    let certainties = |may: bool| if may { &[false, true][..] } else { &[false] };
    for (rank, may_loosen) in beside {
        for common in 0..=DENY {
            for &dropped in certainties(common > 0) {
                for &own_certain in certainties(statement.loosens) {
                    for &other_certain in certainties(may_loosen) {
                        let answer = |inside: u8, certain: bool, default: u8| {
                            if certain || dropped { inside } else { inside.max(default) }
                        };
                        let here = answer(own.max(common), own_certain, defaults[0]);
                        let there = answer(rank.max(common), other_certain, defaults[1]);
                        let goal = if side == 0 { (here, there) } else { (there, here) };
                        if is_wanted(goal) && !goals.contains(&goal) {
                            goals.push(goal);
                        }
                    }
                }
            }
        }
    }
    Some(goals)
}

/// The values of a command with usual global options, and behind usual wrappers. Readings by path and
/// by case are searched; of these only some are tried.
fn with_other_forms(values: &[(Fact, Value)]) -> Vec<Vec<(Fact, Value)>> {
    let token = |text: &str| Step::Token(text.into());
    let tokens = |words: &[&str]| words.iter().map(|word| token(word)).collect::<Vec<_>>();
    let options: [&[&str]; 4] = [&["-C", "x"], &["-c", "x=y"], &["--no-pager"], &["--prefix", "x"]];
    let wrappers: [&[&str]; 4] = [&["timeout", "5"], &["nice"], &["env", "A=b"], &["sudo"]];
    let mut all = Vec::new();
    for (place, (_, value)) in values.iter().enumerate() {
        let Value::Words(steps) = value else { continue };
        let Some((Step::First(first), rest)) = steps.split_first() else { continue };
        let Some(name) = first.first() else { continue };
        let with_options =
            options.iter().map(|words| [&[token(name)][..], &tokens(words), rest].concat());
        let wrapped =
            wrappers.iter().map(|words| [&tokens(words)[..], &[token(name)], rest].concat());
        for steps in with_options.chain(wrapped) {
            let mut varied = values.to_vec();
            varied[place].1 = Value::Words(steps);
            all.push(varied);
        }
    }
    all
}

/// A construct around a command that has the floor.
fn around(floor: Floor) -> Option<&'static str> {
    match floor {
        Floor::ControlFlow => Some("if true; then {}; fi"),
        Floor::Assignments => Some("X=1 {}"),
        Floor::Wrappers => Some("sudo {}"),
        _ => None,
    }
}

fn same_text(one: &Model, at: Location, other: &Model, there: Location) -> bool {
    one.source(at.source).text.get(at.span.range())
        == other.source(there.source).text.get(there.span.range())
}

/// A sentence as reports show it.
pub(crate) fn sentence(
    model: &Model,
    at: Location,
    name: String,
    reason: Option<String>,
) -> Sentence {
    let source = model.source(at.source);
    let (line, column) = source.line_column(at.span.start as usize);
    let text = source.text.get(at.span.range()).unwrap_or_default().to_owned();
    Sentence { name, file: source.name.clone(), line, column, text, reason }
}

/// The parts of a request in a few words.
pub(crate) fn shown(request: &policy_eval::Request<'_>) -> String {
    let mut all: Vec<String> = Vec::new();
    policy_eval::canon::parts(request, &mut |judged| {
        let text = describe(judged.part);
        if !all.contains(&text) {
            all.push(text);
        }
    });
    all.join("; ")
}

/// What of two answers differs, as far as the aspect goes, and which way.
fn differs(
    aspect: question::Aspect,
    old: &Decision<'_>,
    new: &Decision<'_>,
) -> Option<(Aspect, Direction)> {
    match aspect {
        question::Aspect::Tier if old.tier != new.tier => {
            let direction =
                if new.tier < old.tier { Direction::Loosened } else { Direction::Tightened };
            Some((Aspect::Tier, direction))
        }
        question::Aspect::Tier if old.options != new.options => {
            let joined = old.options.join(new.options);
            // To leave the sandbox in silence outweighs every other option.
            let gains_outside = new.options.outside_sandbox && !old.options.outside_sandbox;
            let direction = if joined == old.options || gains_outside {
                Direction::Loosened
            } else if joined == new.options {
                Direction::Tightened
            } else {
                Direction::Changed
            };
            Some((Aspect::Options, direction))
        }
        question::Aspect::Record if old.record != new.record => {
            let direction =
                if new.record < old.record { Direction::Loosened } else { Direction::Tightened };
            Some((Aspect::Record, direction))
        }
        question::Aspect::Mark(_) => {
            let names = |decision: &Decision<'_>| {
                let mut names: Vec<String> = decision.marks.iter().map(str::to_owned).collect();
                names.sort();
                names
            };
            (names(old) != names(new)).then_some((Aspect::Marks, Direction::Changed))
        }
        question::Aspect::Tier | question::Aspect::Record => None,
    }
}

/// Whether a decision is an answer, as far as the aspect goes.
fn is_answer(aspect: Aspect, decision: &Decision<'_>, answer: &Answer) -> bool {
    let own = &decision.options;
    let options = &answer.options;
    match aspect {
        Aspect::Tier => decision.tier == answer.tier,
        Aspect::Options => {
            decision.tier == answer.tier
                && own.outside_sandbox == options.outside_sandbox
                && own.reviewer == options.reviewer.as_deref()
                && own.timeout_ms == options.timeout_ms
                && own.on_failure == options.on_failure
                && own.remember == options.remember
        }
        Aspect::Record => decision.record == answer.record,
        Aspect::Marks => {
            let mut names: Vec<&str> = decision.marks.iter().collect();
            names.sort_unstable();
            names.iter().copied().eq(answer.marks.iter().map(String::as_str))
        }
    }
}

/// What makes two differences the same to a reader: the changed sentences and the change of the
/// answer, whatever the request.
fn key(difference: &Difference) -> String {
    format!(
        "{} {:?} {} {:?}",
        difference.action,
        difference.aspect,
        change(difference),
        difference.changed
    )
}

fn change(difference: &Difference) -> String {
    let of = |answer: &Answer| match difference.aspect {
        Aspect::Tier => format!("{:?}", answer.tier),
        Aspect::Options => format!("{:?} {:?}", answer.tier, answer.options),
        Aspect::Record => format!("{:?}", answer.record),
        Aspect::Marks => format!("{:?}", answer.marks),
    };
    format!("{} {}", of(&difference.from), of(&difference.to))
}
