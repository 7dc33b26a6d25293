//! From one or two models to what a search asks.

use policy_eval::engine::tables::{Source, Split};
use policy_eval::{Action, Attr, ObjectKind, Platform};
use rustc_hash::{FxHashMap, FxHashSet};

use super::join::Names;
use super::question::{ASK, Aspect, Bounds, DENY, Effect, OptionSets, Origin, Question, Statement};
use super::search::Search;
use super::space::Reading;
use super::writer::{Ground, Writer};
use crate::compile::atoms::{Ask, Lowered};
use crate::model::{self, Model};

/// Two policies (or one, twice) in one numbering.
pub(crate) struct Setup<'m> {
    joined: &'m Model,
    models: [&'m Model; 2],
    ground: Ground<'m>,
    sides: [Lowerings; 2],
    names: Option<&'m Names>,
}

/// The formulas of one policy.
#[derive(Default)]
struct Lowerings {
    rules: Vec<Lowered>,
    counts: Vec<Lowered>,
    accepts: Vec<Lowered>,
    /// Those that count.
    trusts: Vec<Lowered>,
}

impl<'m> Setup<'m> {
    /// Two policies and what they have in common.
    pub(crate) fn of_two(
        joined: &'m Model,
        names: &'m Names,
        old: &'m Model,
        new: &'m Model,
    ) -> Setup<'m> {
        let mut ground = Ground::new(joined);
        let sides = [
            lowerings(&mut ground, old, &|formula| formula.clone()),
            lowerings(&mut ground, new, &|formula| names.formula(formula)),
        ];
        Setup { joined, models: [old, new], ground, sides, names: Some(names) }
    }

    /// One policy.
    pub(crate) fn of_one(model: &'m Model) -> Setup<'m> {
        let mut ground = Ground::new(model);
        let side = lowerings(&mut ground, model, &|formula| formula.clone());
        Setup {
            joined: model,
            models: [model, model],
            ground,
            sides: [side, Lowerings::default()],
            names: None,
        }
    }

    fn is_one(&self) -> bool {
        self.names.is_none()
    }

    /// Lowers a formula of the old policy.
    pub(crate) fn lower(&mut self, formula: &model::Formula) -> Lowered {
        self.ground.lower(formula)
    }

    fn mark(&self, side: usize, mark: model::MarkId) -> u8 {
        match (side, self.names) {
            (1, Some(names)) => names.mark(mark).0,
            _ => mark.0,
        }
    }

    /// What an answer consists of.
    pub(crate) fn aspects(&self) -> Vec<Aspect> {
        let marks = 0..self.joined.marks.len() as u8;
        [Aspect::Tier, Aspect::Record].into_iter().chain(marks.map(Aspect::Mark)).collect()
    }

    fn effect(
        &self,
        side: usize,
        rule: &model::Rule,
        aspect: Aspect,
        options: &mut OptionSets,
    ) -> Option<Effect> {
        match (&rule.effect, aspect) {
            (model::Effect::Tier(tier, own), Aspect::Tier) => {
                Some(Effect::Rank(*tier as u8 + 1, options.number(own)))
            }
            (model::Effect::Record(level), Aspect::Record) if *level as u8 > 0 => {
                Some(Effect::Rank(*level as u8, 0))
            }
            (model::Effect::Mark(mark), Aspect::Mark(asked)) => {
                (self.mark(side, *mark) == asked).then_some(Effect::Rank(1, 0))
            }
            _ => None,
        }
    }

    /// Whether the sides may answer requests of an action differently in an aspect; cheap, and never
    /// wrong where it says no.
    pub(crate) fn may_differ(&self, action: Action, aspect: Aspect) -> bool {
        let mut options = OptionSets::default();
        let mut of_side = |side: usize| -> FxHashSet<(&Lowered, String, bool)> {
            let model = self.models[side];
            model
                .rules
                .iter()
                .zip(&self.sides[side].rules)
                .filter(|(rule, _)| rule.actions.contains(action))
                .filter_map(|(rule, lowered)| {
                    let effect = self.effect(side, rule, aspect, &mut options)?;
                    let loosens = aspect == Aspect::Tier && model.may_loosen(action, rule.layer);
                    Some((lowered, format!("{effect:?}"), loosens))
                })
                .collect()
        };
        if of_side(0) != of_side(1) || self.sides[0].trusts != self.sides[1].trusts {
            return true;
        }
        if aspect != Aspect::Tier {
            return false;
        }
        let default = |model: &Model| model.default_tier(action);
        default(self.models[0]) != default(self.models[1])
            || self.others(0, action) != self.others(1, action)
    }

    /// `count` and `accept` sentences of an action that count.
    fn others(&self, side: usize, action: Action) -> Vec<(String, &Lowered)> {
        let (model, lowered) = (self.models[side], &self.sides[side]);
        let counts = model.counts.iter().zip(&lowered.counts).filter_map(|(count, lowered)| {
            let counts = count.action == action && model.may_loosen(action, count.layer);
            counts.then(|| (format!("{:?}", count.counted), lowered))
        });
        let accepts = model.accepts.iter().zip(&lowered.accepts).filter_map(|(one, lowered)| {
            let counts = action == Action::Run && model.may_loosen(Action::Run, one.layer);
            counts.then(|| (format!("{:?}", one.floors), lowered))
        });
        counts.chain(accepts).collect()
    }

    /// The platforms on which names are compared differently, or that rules speak of.
    pub(crate) fn platforms(&self, action: Action) -> Vec<Option<Platform>> {
        self.platforms_with(action, None)
    }

    /// The same where one more formula is asked.
    pub(crate) fn platforms_with(
        &self,
        action: Action,
        asked: Option<&Lowered>,
    ) -> Vec<Option<Platform>> {
        let (mut speaks, mut has_paths, mut is_folded) = (false, action == Action::Run, true);
        let of_sides = self.models.iter().enumerate().flat_map(|(side, model)| {
            let rules = model.rules.iter().zip(&self.sides[side].rules);
            rules.filter(|(rule, _)| rule.actions.contains(action)).map(|(_, lowered)| lowered)
        });
        for lowered in of_sides.chain(asked) {
            self.ground.asks(lowered, &mut |ask| {
                match ask {
                    Ask::Present(source) => {
                        speaks |= *source == Source::Builtin(Attr::Platform);
                    }
                    Ask::Sequence { sequence, predicate, .. } => {
                        speaks |= sequence.source == Source::Builtin(Attr::Platform);
                        if sequence.split == Split::Components {
                            has_paths = true;
                            is_folded &= super::space::is_folded(predicate);
                        }
                        if sequence.split == Split::Words {
                            is_folded &= super::space::is_folded(predicate);
                        }
                    }
                    _ => {}
                }
                false
            });
        }
        if speaks {
            let all = Platform::ALL.into_iter().map(Some);
            return std::iter::once(None).chain(all).collect();
        }
        // Where every pattern is in lower case, a folded name is decided as it is elsewhere. A program
        // in capitals has another form, though.
        if has_paths && (!is_folded || action == Action::Run) {
            return vec![None, Some(Platform::Macos)];
        }
        vec![None]
    }

    /// The search over the requests of an action, of one platform, with one reading of commands.
    ///
    /// With two policies, what both say is one statement. With one policy each rule is its own, on
    /// both sides.
    pub(crate) fn search<'s>(
        &'s self,
        action: Action,
        aspect: Aspect,
        platform: Option<Platform>,
        reading: Reading,
    ) -> Search<'s> {
        self.search_with(action, aspect, platform, reading, None)
    }

    /// The same with one more statement that has no effect, to ask what holds where it does.
    pub(crate) fn search_with<'s>(
        &'s self,
        action: Action,
        aspect: Aspect,
        platform: Option<Platform>,
        reading: Reading,
        asked: Option<&Lowered>,
    ) -> Search<'s> {
        let mut writer = Writer::new(&self.ground, reading);
        let mut options = OptionSets::default();
        let mut statements: Vec<Statement> = Vec::new();
        let mut known: FxHashMap<(super::formula::Id, String, bool), usize> = FxHashMap::default();
        let sides = if self.is_one() { 0..1 } else { 0..2 };
        for side in sides {
            let (model, lowered) = (self.models[side], &self.sides[side]);
            let trust = writer.trust(&lowered.trusts);
            let mut add = |statement: Statement| {
                if self.is_one() {
                    statements.push(Statement { sides: [true, true], ..statement });
                    return;
                }
                let key = (
                    statement.formula,
                    format!("{:?}{:?}", statement.effect, statement.resolved),
                    statement.loosens,
                );
                match known.get(&key) {
                    Some(&index) => {
                        statements[index].sides[side] = true;
                        if statements[index].origins[side].is_none() {
                            statements[index].origins[side] = statement.origins[side];
                        }
                    }
                    None => {
                        known.insert(key, statements.len());
                        statements.push(statement);
                    }
                }
            };
            let on_side = |origin: Origin| {
                let (mut origins, mut sides) = ([None; 2], [false; 2]);
                origins[side] = Some(origin);
                sides[side] = true;
                (origins, sides)
            };
            for (index, (rule, lowered)) in model.rules.iter().zip(&lowered.rules).enumerate() {
                if !rule.actions.contains(action) {
                    continue;
                }
                let Some(effect) = self.effect(side, rule, aspect, &mut options) else { continue };
                let (origins, sides) = on_side(Origin::Rule(index));
                add(Statement {
                    formula: writer.formula(lowered, trust),
                    effect,
                    sides,
                    loosens: aspect == Aspect::Tier && model.may_loosen(action, rule.layer),
                    resolved: writer.of_resolved(action, lowered, trust),
                    origins,
                });
            }
            if aspect != Aspect::Tier {
                continue;
            }
            for (index, (count, lowered)) in model.counts.iter().zip(&lowered.counts).enumerate() {
                if count.action != action || !model.may_loosen(action, count.layer) {
                    continue;
                }
                let (origins, sides) = on_side(Origin::Count(index));
                let patterns =
                    count.patterns.iter().map(crate::automata::group::CommandShape::from);
                add(Statement {
                    formula: writer.formula(lowered, trust),
                    effect: Effect::Count(patterns.collect(), count.counted.clone()),
                    sides,
                    loosens: true,
                    resolved: None,
                    origins,
                });
            }
            for (index, (accept, lowered)) in model.accepts.iter().zip(&lowered.accepts).enumerate()
            {
                if action != Action::Run || !model.may_loosen(Action::Run, accept.layer) {
                    continue;
                }
                let (origins, sides) = on_side(Origin::Accept(index));
                add(Statement {
                    formula: writer.formula(lowered, trust),
                    effect: Effect::Accept(accept.floors),
                    sides,
                    loosens: true,
                    resolved: None,
                    origins,
                });
            }
        }
        if let Some(asked) = asked {
            statements.push(Statement {
                formula: writer.formula(asked, None),
                effect: Effect::Asked,
                sides: [true, true],
                loosens: false,
                resolved: writer.of_resolved(action, asked, None),
                origins: [None; 2],
            });
        }
        let default = |model: &Model| match aspect {
            Aspect::Tier => model.default_tier(action) as u8 + 1,
            Aspect::Record | Aspect::Mark(_) => 0,
        };
        let defaults = [default(self.models[0]), default(self.models[1])];
        writer.search(
            action,
            self.joined,
            platform,
            Question::new(aspect, statements, defaults, options).with_files(self.files()),
        )
    }

    /// What the sides answer of files, by the actions that are done to them.
    fn files(&self) -> FxHashMap<Action, [Bounds; 2]> {
        let of_side = |action: Action, model: &Model| {
            let default = model.default_tier(action) as u8 + 1;
            // A file that is not known is asked about.
            let highest = default.max(ASK);
            let start = Bounds { lowest: default, highest, with_options: 0 };
            let rules = model.rules.iter().filter(|rule| rule.actions.contains(action));
            rules.fold(start, |bounds, rule| {
                let model::Effect::Tier(tier, options) = &rule.effect else { return bounds };
                let rank = *tier as u8 + 1;
                let may_lower = model.may_loosen(action, rule.layer);
                Bounds {
                    lowest: if may_lower { bounds.lowest.min(rank) } else { bounds.lowest },
                    highest: bounds.highest.max(rank),
                    with_options: match *options == model::RuleOptions::default() {
                        true => bounds.with_options,
                        // A denial that only may hold asks.
                        false if rank == DENY => bounds.with_options | 1 << DENY | 1 << ASK,
                        false => bounds.with_options | 1 << rank,
                    },
                }
            })
        };
        let of_files = Action::ALL.into_iter().filter(|action| action.object() == ObjectKind::Path);
        of_files.map(|action| (action, self.models.map(|model| of_side(action, model)))).collect()
    }

    /// The formula of a rule of the old policy.
    pub(crate) fn rule(&self, index: usize) -> &Lowered {
        &self.sides[0].rules[index]
    }

    /// A search over some formulas alone, each with an effect and the sides on which it has it. There
    /// are no defaults, and ranks are no tiers: what can hold counts with its rank.
    pub(crate) fn search_of<'s>(
        &'s self,
        action: Action,
        platform: Option<Platform>,
        reading: Reading,
        formulas: &[(&Lowered, Effect, [bool; 2])],
    ) -> Search<'s> {
        let mut writer = Writer::new(&self.ground, reading);
        let trust = writer.trust(&self.sides[0].trusts);
        let statements = formulas
            .iter()
            .map(|(lowered, effect, sides)| Statement {
                formula: writer.formula(lowered, trust),
                effect: effect.clone(),
                sides: *sides,
                loosens: false,
                resolved: writer.of_resolved(action, lowered, trust),
                origins: [None; 2],
            })
            .collect();
        let options = OptionSets::default();
        let question = Question::new(Aspect::Record, statements, [0; 2], options);
        writer.search(action, self.joined, platform, question)
    }
}

fn lowerings<'m>(
    ground: &mut Ground<'m>,
    model: &Model,
    rename: &dyn Fn(&model::Formula) -> model::Formula,
) -> Lowerings {
    let mut lower = |formula: &model::Formula| ground.lower(&rename(formula));
    let mut trusts: Vec<Lowered> = model
        .trusts
        .iter()
        .filter(|trust| model.may_loosen(Action::Call, trust.layer))
        .map(|trust| lower(&trust.when))
        .collect();
    trusts.dedup();
    Lowerings {
        rules: model.rules.iter().map(|rule| lower(&rule.when)).collect(),
        counts: model.counts.iter().map(|count| lower(&count.when)).collect(),
        accepts: model.accepts.iter().map(|accept| lower(&accept.when)).collect(),
        trusts,
    }
}
