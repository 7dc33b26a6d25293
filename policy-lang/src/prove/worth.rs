//! What each rule is worth: whether a request exists that it decides.
//!
//! Most rules are shown to be worth something by one request: the rule alone says what it matches,
//! and the compiled policy says who else does. Only where no such request is found the whole region
//! of the rule is searched, with the rule on one side and without it on the other.
//!
//! A rule that is worth nothing is left out when the others are looked at, so of two rules that say
//! the same one is reported.

use std::collections::HashMap;

use policy_eval::{Action, Certainty, Explanation, Platform, Policy, RequestBuf, Tier};

use crate::analysis::machine::Budget;
use crate::analysis::question::{Aspect, Effect, OptionSets, Origin};
use crate::analysis::search::{Flow, Leaf, Search};
use crate::analysis::setup::Setup;
use crate::analysis::space::Reading;
use crate::compile::atoms::Lowered;
use crate::model::{Clause, ClauseKind, Effect as RuleEffect, Formula, Model, Rule, RuleOptions};
use crate::span::Location;

/// How much the region of one rule by itself may cost, in steps.
const ALONE: u64 = 20_000;
/// How much the region of one rule among all others may cost at most, and how much it may cost
/// whatever the others took.
const AMONG_ALL: (u64, u64) = (100_000, 500);
/// How much all of these may cost together.
const TOGETHER: u64 = 300_000;
/// How many requests of a rule are asked before its region is searched.
const MOST_ASKED: usize = 8;
/// How many of the rules that decide instead are named.
const NAMED: usize = 2;

/// What is known of the rules of a policy.
pub(crate) struct Worths {
    /// By rule.
    pub(crate) rules: Vec<Worth>,
    /// Clauses that take nothing away, or everything.
    pub(crate) clauses: Vec<ClauseFinding>,
    /// Rules of which, or of whose clauses, there was too much to look at.
    pub(crate) unproved: Vec<usize>,
}

/// What a rule is worth.
#[derive(Clone, Debug)]
pub(crate) enum Worth {
    /// The request is decided otherwise without it.
    Decides(Box<RequestBuf>),
    /// It changes a decision, or may: nothing is claimed.
    Unknown,
    /// There was too much to look at: nothing is claimed.
    Unproved,
    /// No request matches it for certain; `possibly`: some may, for a fact that was not sent.
    NeverMatches { possibly: bool },
    /// Stricter rules decide wherever it matches.
    NeverDecides(Instead),
    /// Without it every decision is the same.
    Redundant(Instead),
    /// Another rule has the same words.
    Duplicate(usize),
    /// Another rule with the same effect matches the same requests.
    Equivalent(usize, Instead),
}

/// Who decides a request that a rule matches in vain.
#[derive(Clone, Debug)]
pub(crate) struct Instead {
    /// None where no request could be made to show it.
    pub(crate) request: Option<Box<RequestBuf>>,
    pub(crate) tier: Tier,
    /// Rules that decide where it matches; the default does too where there are none.
    pub(crate) rules: Vec<usize>,
}

impl Instead {
    fn add(&mut self, request: RequestBuf, tier: Tier, by: Option<usize>) {
        if self.request.is_none() {
            self.request = Some(Box::new(request));
            self.tier = tier;
        }
        let is_new = by.filter(|by| self.rules.len() < NAMED && !self.rules.contains(by));
        self.rules.extend(is_new.filter(|_| tier == self.tier));
    }
}

/// A clause that could as well not be there, or keeps its rule from ever matching.
#[derive(Clone, Debug)]
pub(crate) struct ClauseFinding {
    pub(crate) kind: ClauseKind,
    pub(crate) at: Location,
    /// The rule that it was found in.
    pub(crate) rule: usize,
    /// The rule never matches because of it; else it takes nothing away.
    pub(crate) takes_all: bool,
}

/// Looks at every rule. `policy` is the compiled `model`.
///
/// # Cost
/// For each rule some requests, decided; for those that decide none of them the size of what
/// overlaps the rule, within a budget.
pub(crate) fn worths(model: &Model, policy: &Policy) -> Worths {
    let mut setup = Setup::of_one(model);
    let clauses = Clauses::new(model, &mut setup);
    let names = model.rules.iter().enumerate().map(|(index, rule)| (&*rule.name, index)).collect();
    let mut survey = Survey {
        model,
        policy,
        setup: &setup,
        names,
        platforms: Action::ALL.map(|action| setup.platforms(action)),
        searches: HashMap::new(),
        removed: vec![false; model.rules.len()],
        left: TOGETHER,
    };
    let mut rules = vec![Worth::Unknown; model.rules.len()];
    survey.duplicates(&mut rules);
    let mut order: Vec<usize> = (0..rules.len()).collect();
    // What stands last is what an author would take away.
    order.sort_by_key(|&index| {
        let rule = &model.rules[index];
        std::cmp::Reverse((rule.layer, rule.at))
    });
    let mut suspects = Vec::new();
    for index in order.iter().copied().filter(|&index| !survey.removed[index]) {
        match survey.by_requests(index) {
            Ok(worth) => rules[index] = worth,
            Err(instead) => suspects.push((index, instead)),
        }
    }
    let mut remaining = suspects.len() as u64;
    for (index, instead) in suspects {
        // Each gets its share of what is left.
        let (most, least) = AMONG_ALL;
        let budget = (survey.left / remaining).clamp(least, most);
        remaining -= 1;
        rules[index] = survey.by_region(index, instead, budget);
    }
    survey.twins(&order, &mut rules);
    let (clauses, mut unproved) = clauses.look(&survey, &mut rules);
    let of_rules = rules.iter().enumerate();
    unproved.extend(
        of_rules.filter_map(|(index, worth)| matches!(worth, Worth::Unproved).then_some(index)),
    );
    unproved.sort_unstable();
    unproved.dedup();
    Worths { rules, clauses, unproved }
}

/// Requests of one action and platform, with one reading of commands.
type Kind = (Action, Option<Platform>, Reading);

struct Survey<'a, 'm> {
    model: &'m Model,
    policy: &'a Policy,
    setup: &'a Setup<'m>,
    names: HashMap<&'m str, usize>,
    /// By action.
    platforms: [Vec<Option<Platform>>; Action::COUNT],
    /// The searches over all rules that were used before: what they learnt of patterns stays.
    searches: HashMap<Kind, Search<'a>>,
    /// Rules that are worth nothing.
    removed: Vec<bool>,
    /// What all searches may still cost.
    left: u64,
}

/// What a rule by itself matches.
#[derive(Clone, Copy, Default)]
struct Alone {
    certainly: bool,
    possibly: bool,
    is_cut_short: bool,
}

/// What asking for one request tells of a rule.
enum Asked {
    /// Without the rule it is decided otherwise.
    Decides,
    /// It matches, and the decision is the same without it: the tier, and who has it.
    Idle(Tier, Option<usize>),
    /// Neither can be seen from it.
    Nothing,
}

/// How the requests that a rule matches are decided by others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    /// More strictly, everywhere.
    Stricter,
    /// Just the same with and without it.
    Same,
    /// Otherwise without it.
    Otherwise,
    /// There was too much to look at.
    Unproved,
}

impl<'a, 'm> Survey<'a, 'm> {
    /// What a rule is worth, where that is seen from some requests that it matches; else who decides
    /// these.
    fn by_requests(&self, index: usize) -> Result<Worth, Instead> {
        let rule = &self.model.rules[index];
        let is_tier = matches!(rule.effect, RuleEffect::Tier(..));
        let mut asked = 0;
        let mut decides = None;
        let mut instead = Instead { request: None, tier: Tier::Allow, rules: Vec::new() };
        let lowered = self.setup.rule(index);
        let alone = self.alone(rule, lowered, &mut |search, leaf, alone| {
            if is_tier && asked < MOST_ASKED && decides.is_none() {
                asked += 1;
                for request in search.requests(leaf.values, None) {
                    match self.ask(index, &request) {
                        Asked::Decides => decides = Some(request),
                        Asked::Idle(tier, by) if leaf.subject.is_certain() => {
                            instead.add(request, tier, by);
                        }
                        Asked::Idle(..) | Asked::Nothing => continue,
                    }
                    break;
                }
            }
            let is_known = !is_tier || decides.is_some() || asked == MOST_ASKED;
            if alone.certainly && is_known { Flow::Stop } else { Flow::Continue }
        });
        if !alone.certainly {
            let possibly = alone.possibly;
            let is_known = !alone.is_cut_short;
            return Ok(if is_known { Worth::NeverMatches { possibly } } else { Worth::Unproved });
        }
        match decides {
            Some(request) => Ok(Worth::Decides(Box::new(request))),
            None if is_tier => Err(instead),
            None => Ok(Worth::Unknown),
        }
    }

    /// Of rules that could go because of one another, some have to stay. What stricter rules or the
    /// default decide stays decided so whichever of the others goes.
    fn twins(&mut self, order: &[usize], rules: &mut [Worth]) {
        for &index in order {
            let (Worth::Redundant(instead) | Worth::Equivalent(_, instead)) = &rules[index] else {
                continue;
            };
            let rule = &self.model.rules[index];
            let is_twin = |(other, one): (usize, &Rule)| {
                let shares = one.actions.iter().any(|action| rule.actions.contains(action));
                self.removed[other] && shares && !matches!(rules[other], Worth::Duplicate(_))
            };
            let may_need =
                !instead.rules.is_empty() && self.model.rules.iter().enumerate().any(is_twin);
            if may_need {
                let worth = match self.differs(index, None, AMONG_ALL.0) {
                    Some(false) => None,
                    Some(true) => Some(Worth::Unknown),
                    None => Some(Worth::Unproved),
                };
                if let Some(worth) = worth {
                    rules[index] = worth;
                    continue;
                }
            }
            self.removed[index] = true;
        }
    }

    /// What a rule is worth, by all that it matches.
    fn by_region(&mut self, index: usize, instead: Instead, budget: u64) -> Worth {
        match self.others(index, budget) {
            Others::Otherwise => return Worth::Unknown,
            Others::Unproved => return Worth::Unproved,
            Others::Stricter => return Worth::NeverDecides(instead),
            Others::Same => {}
        }
        let rule = &self.model.rules[index];
        let same = |&&other: &&usize| {
            let other = &self.model.rules[other];
            other.effect == rule.effect && other.actions == rule.actions
        };
        match instead.rules.iter().find(same) {
            Some(&other) if self.are_equivalent(index, other) => Worth::Equivalent(other, instead),
            _ => Worth::Redundant(instead),
        }
    }

    /// Rules that another one repeats word for word, in meaning.
    fn duplicates(&mut self, rules: &mut [Worth]) {
        let mut known: HashMap<(&Lowered, String), Vec<usize>> = HashMap::new();
        let mut order: Vec<usize> = (0..rules.len()).collect();
        order.sort_by_key(|&index| (self.model.rules[index].layer, self.model.rules[index].at));
        for index in order {
            let rule = &self.model.rules[index];
            let key = (self.setup.rule(index), format!("{:?}", rule.effect));
            let others = known.entry(key).or_default();
            let says_all = |&&other: &&usize| {
                let other = &self.model.rules[other];
                rule.actions.iter().all(|action| {
                    let loosens = |rule: &Rule| self.model.may_loosen(action, rule.layer);
                    other.actions.contains(action) && (loosens(other) || !loosens(rule))
                })
            };
            match others.iter().find(says_all) {
                Some(&other) => {
                    rules[index] = Worth::Duplicate(other);
                    self.removed[index] = true;
                }
                None => others.push(index),
            }
        }
    }

    /// Walks the region of a formula, as that of a rule by itself.
    fn alone(
        &self,
        rule: &Rule,
        formula: &Lowered,
        visit: &mut dyn FnMut(&mut Search<'_>, &Leaf<'_>, Alone) -> Flow,
    ) -> Alone {
        let mut alone = Alone::default();
        for (action, platform, reading) in self.kinds(rule) {
            let formulas = [(formula, Effect::Asked, [true, true])];
            let mut search = self.setup.search_of(action, platform, reading, &formulas);
            let mut budget = Budget { left: ALONE };
            let flow = search.explore(Some(0), &mut budget, &mut |search, leaf| {
                alone.possibly = true;
                alone.certainly |= leaf.subject.is_certain();
                visit(search, leaf, alone)
            });
            match flow {
                Ok(Flow::Stop) => break,
                Ok(Flow::Continue) => {}
                Err(_) => alone.is_cut_short = true,
            }
        }
        alone
    }

    /// Every kind of request that a rule may match, the plainest first.
    fn kinds(&self, rule: &Rule) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for action in rule.actions.iter() {
            for &platform in &self.platforms[action as usize] {
                let is_folded = platform.is_some_and(Platform::ignores_case);
                let readings: &[Reading] = match (action, is_folded) {
                    (Action::Run, true) => &[Reading::Folded],
                    (Action::Run, false) => &[Reading::Plain, Reading::Trusted, Reading::ByPath],
                    _ => &[Reading::Plain],
                };
                kinds.extend(readings.iter().map(|&reading| (action, platform, reading)));
            }
        }
        kinds
            .sort_by_key(|&(_, platform, reading)| (platform.is_some(), reading != Reading::Plain));
        kinds
    }

    /// Asks the compiled policy for a request, and who else matches it.
    fn ask(&self, index: usize, request: &RequestBuf) -> Asked {
        request.with_request(|asked| {
            let explained = self.policy.explain(asked);
            let [part] = &explained.parts[..] else { return Asked::Nothing };
            let with = self.answer(&explained, None);
            // What raises the answer beside rules may hide what the rule says.
            let is_raised = !part.floors.is_empty() || asked.escalated == Some(true);
            if is_raised || !part.counted.is_empty() || with.0 != part.tier {
                return Asked::Nothing;
            }
            if with != self.answer(&explained, Some(index)) {
                return Asked::Decides;
            }
            let mut matched =
                part.rules.iter().filter_map(|one| self.names.get(one.rule.name).copied());
            let has_tier = |other: &usize| {
                let rule = &self.model.rules[*other];
                matches!(&rule.effect, RuleEffect::Tier(tier, _) if *tier == part.tier)
            };
            let others = |other: &usize| *other != index && !self.removed[*other];
            let matches = matched.clone().any(|other| other == index);
            let by = matched.find(|other| others(other) && has_tier(other));
            if matches { Asked::Idle(part.tier, by) } else { Asked::Nothing }
        })
    }

    /// What rules and default say of the only part of a request, leaving out one rule.
    fn answer(&self, explained: &Explanation<'_>, without: Option<usize>) -> (Tier, RuleOptions) {
        let Some(part) = explained.parts.first() else {
            return (Tier::Allow, RuleOptions::default());
        };
        let mut options = OptionSets::default();
        let mut default_stands = true;
        let mut answer: Option<(Tier, u32)> = None;
        let mut add = |tier: Tier, own: u32, options: &mut OptionSets| match &mut answer {
            Some((known, joined)) if *known == tier => *joined = options.join(*joined, own),
            Some((known, _)) if tier < *known => {}
            other => *other = Some((tier, own)),
        };
        for matched in &part.rules {
            let Some(&index) = self.names.get(matched.rule.name) else { continue };
            if without == Some(index) || self.removed[index] {
                continue;
            }
            let rule = &self.model.rules[index];
            let RuleEffect::Tier(tier, own) = &rule.effect else { continue };
            let tier = match matched.certainty {
                Certainty::ByWord => (*tier).min(Tier::Ask),
                Certainty::Certain | Certainty::Possible => *tier,
            };
            let own = options.number(own);
            add(tier, own, &mut options);
            if matched.certainty == Certainty::Certain
                && self.model.may_loosen(part.action, rule.layer)
            {
                default_stands = false;
            }
        }
        if default_stands {
            add(self.model.default_tier(part.action), 0, &mut options);
        }
        let (tier, number) = answer.unwrap_or((Tier::Allow, 0));
        (tier, options.of(number).clone())
    }

    /// Searches the whole region of a rule, with it and without it.
    fn others(&mut self, index: usize, most: u64) -> Others {
        // An option that nothing else has shows wherever the rule has a say.
        let marked = RuleOptions { timeout_ms: Some(0), ..RuleOptions::default() };
        match self.differs(index, Some(&marked), most) {
            Some(false) => return Others::Stricter,
            Some(true) => {}
            None => return Others::Unproved,
        }
        match self.differs(index, None, most) {
            Some(false) => Others::Same,
            Some(true) => Others::Otherwise,
            None => Others::Unproved,
        }
    }

    /// Whether some answer is another one without the rule, which may have other options than its
    /// own; none where that is too much to look at.
    fn differs(&mut self, index: usize, options: Option<&RuleOptions>, most: u64) -> Option<bool> {
        let rule = &self.model.rules[index];
        let mut budget = Budget { left: most };
        let mut differs = Some(false);
        let RuleEffect::Tier(_, own_options) = &rule.effect else { return None };
        for kind in self.kinds(rule) {
            let (action, platform, reading) = kind;
            let mut search = self
                .searches
                .remove(&kind)
                .unwrap_or_else(|| self.setup.search(action, Aspect::Tier, platform, reading));
            let mut subject = None;
            for statement in 0..search.question().own {
                let origin = search.question().statements[statement].origins[0];
                let Some(Origin::Rule(own)) = origin else { continue };
                if own == index {
                    subject = Some(statement);
                    search.set_sides(statement, [true, false]);
                    if let Some(options) = options {
                        search.set_options(statement, options);
                    }
                } else if self.removed[own] {
                    search.set_sides(statement, [false, false]);
                }
            }
            let explored = search.explore(subject, &mut budget, &mut |_, leaf| {
                if leaf.answers[0] != leaf.answers[1] || leaf.said[0] != leaf.said[1] {
                    differs = Some(true);
                    return Flow::Stop;
                }
                Flow::Continue
            });
            if explored.is_err() {
                differs = None;
            }
            if let Some(subject) = subject {
                search.set_sides(subject, [true, true]);
                search.set_options(subject, own_options);
            }
            self.searches.insert(kind, search);
            if differs != Some(false) {
                break;
            }
        }
        self.left = self.left.saturating_sub(most - budget.left);
        differs
    }

    /// Whether two rules match the same requests in the same way.
    fn are_equivalent(&self, one: usize, other: usize) -> bool {
        let rule = &self.model.rules[one];
        self.kinds(rule).into_iter().all(|(action, platform, reading)| {
            // A request is looked for that one of them matches and the other does not.
            [(one, other), (other, one)].into_iter().all(|(subject, beside)| {
                let formulas = [
                    (self.setup.rule(subject), Effect::Asked, [true, true]),
                    (self.setup.rule(beside), Effect::Rank(1, 0), [true, true]),
                ];
                let mut search = self.setup.search_of(action, platform, reading, &formulas);
                let mut is_other = false;
                let mut budget = Budget { left: ALONE };
                let explored = search.explore(Some(0), &mut budget, &mut |_, leaf| {
                    is_other |= leaf.inside[0] == 0;
                    if is_other { Flow::Stop } else { Flow::Continue }
                });
                explored.is_ok() && !is_other
            })
        })
    }
}

/// The clauses of all rules, each with the formula of its rule without it.
struct Clauses {
    all: Vec<(usize, Clause, Lowered)>,
}

impl Clauses {
    fn new(model: &Model, setup: &mut Setup<'_>) -> Clauses {
        let mut all = Vec::new();
        for (index, rule) in model.rules.iter().enumerate() {
            for clause in &rule.clauses {
                let conjuncts = rule.when.conjuncts().iter().enumerate();
                let rest = conjuncts.filter(|(place, _)| !clause.conjuncts.contains(place));
                let without = Formula::and(rest.map(|(_, part)| part.clone()));
                all.push((index, clause.clone(), setup.lower(&without)));
            }
        }
        Clauses { all }
    }

    /// Which clauses take nothing away, or everything. A rule that never matches because of one
    /// clause alone is not itself at fault. Also the rules with a clause that there was too much to
    /// look at.
    fn look(
        &self,
        survey: &Survey<'_, '_>,
        rules: &mut [Worth],
    ) -> (Vec<ClauseFinding>, Vec<usize>) {
        let mut findings: Vec<ClauseFinding> = Vec::new();
        // A clause of a block belongs to several rules.
        let mut works: Vec<Location> = Vec::new();
        let mut at_fault: Vec<ClauseFinding> = Vec::new();
        let mut unproved = Vec::new();
        for (index, clause, without) in &self.all {
            let rule = &survey.model.rules[*index];
            let (kind, at, rule_index) = (clause.kind, clause.at, *index);
            if let Worth::NeverMatches { .. } = rules[*index] {
                let alone = survey.alone(rule, without, &mut |_, _, alone| {
                    if alone.certainly { Flow::Stop } else { Flow::Continue }
                });
                if alone.certainly {
                    at_fault.push(ClauseFinding { kind, at, rule: rule_index, takes_all: true });
                }
                works.push(at);
                continue;
            }
            if works.contains(&at) {
                continue;
            }
            match self.takes_away(survey, *index, without) {
                Some(true) => works.push(at),
                None => {
                    works.push(at);
                    unproved.push(*index);
                }
                Some(false) if findings.iter().all(|known| known.at != at) => {
                    findings.push(ClauseFinding { kind, at, rule: rule_index, takes_all: false });
                }
                Some(false) => {}
            }
        }
        findings.retain(|finding| !works.contains(&finding.at));
        // Where several clauses contradict each other, none of them is the one.
        let is_alone = |one: &&ClauseFinding| {
            at_fault.iter().filter(|other| other.rule == one.rule).count() == 1
        };
        for finding in at_fault.iter().filter(is_alone) {
            rules[finding.rule] = Worth::Unknown;
            findings.push(finding.clone());
        }
        (findings, unproved)
    }

    /// Whether a rule without a clause matches a request for certain that it does not match with it;
    /// none where that is too much to look at.
    fn takes_away(&self, survey: &Survey<'_, '_>, index: usize, without: &Lowered) -> Option<bool> {
        let rule = &survey.model.rules[index];
        let mut found = false;
        for (action, platform, reading) in survey.kinds(rule) {
            let formulas = [
                (without, Effect::Asked, [true, true]),
                (survey.setup.rule(index), Effect::Rank(1, 0), [true, true]),
            ];
            let mut search = survey.setup.search_of(action, platform, reading, &formulas);
            let mut budget = Budget { left: ALONE };
            let explored = search.explore(Some(0), &mut budget, &mut |_, leaf| {
                found |= leaf.subject.is_certain() && leaf.inside[0] == 0;
                if found { Flow::Stop } else { Flow::Continue }
            });
            if found {
                return Some(true);
            }
            if explored.is_err() {
                return None;
            }
        }
        Some(false)
    }
}

#[cfg(test)]
mod tests {
    use policy_generate::Dice;

    use super::*;
    use crate::interp;

    /// The request that shows what a rule is worth is decided otherwise without it, by the
    /// interpreter too.
    #[test]
    fn a_rule_that_decides_is_missed() {
        let mut shown = 0;
        for seed in 0..60 {
            let text = policy_generate::policy(&mut Dice::new(seed));
            let files = text.files.iter().enumerate();
            let sources = files
                .map(|(index, file)| crate::span::Source::new(file.name(index), file.to_string()));
            let loaded = crate::check::load(sources.collect(), &crate::check::no_includes);
            let Ok(model) = loaded else { continue };
            let policy = crate::compile::compile(&model).expect("a valid policy compiles");
            let worths = worths(&model, &policy).rules;
            for (index, worth) in worths.iter().enumerate() {
                let Worth::Decides(request) = worth else { continue };
                let name = &model.rules[index].name;
                // A duplicate was left out when the rule was looked at.
                let is_left = |other: usize| !matches!(worths[other], Worth::Duplicate(_));
                let mut all = model.clone();
                let mut next = 0;
                all.rules.retain(|_| {
                    next += 1;
                    is_left(next - 1)
                });
                let mut smaller = all.clone();
                smaller.rules.retain(|rule| rule.name != *name);
                let decide = |model: &Model| {
                    let verdict = request.with_request(|request| interp::decide(model, request));
                    (verdict.tier, verdict.options)
                };
                assert_ne!(decide(&all), decide(&smaller), "seed {seed}: `{name}`\n{text}");
                shown += 1;
            }
        }
        assert!(100 < shown, "{shown} rules decide");
    }
}
