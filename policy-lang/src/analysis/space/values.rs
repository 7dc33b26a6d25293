//! Values that are texts, numbers, truth values, sets, and pairs of names.

use std::rc::Rc;

use policy_eval::engine::tables::{Plain, Source};
use policy_eval::{Action, Attr, Platform, Truth, Type};
use rustc_hash::FxHashSet;

use super::walks::Walk;
use super::{Choice, Fact, Pruner, Space, Value, matches, single_tokens, text_matches, token_of};
use crate::analysis::alphabet::{Exhausted, TokenKind};
use crate::analysis::machine::{Budget, Start, WalkOptions};
use crate::automata::group::{Item, Predicate};
use crate::compile::atoms::Ask;
use crate::model::pattern::TokenPattern;

impl Space<'_> {
    pub(super) fn pairs(
        &mut self,
        live: &[u32],
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let starts = &[Start { folded: false, is_first: true }];
        let walk = Walk { unbound: &[], starts, options: WalkOptions::default(), pruner };
        let ends = self.walk(&Fact::Pair, TokenKind::Name, live, (2, 2), &walk, budget)?;
        let mut choices: Vec<Choice> = ends
            .into_iter()
            .map(|end| {
                let mut tokens = end.way.iter().filter_map(token_of).map(|token| token.to_string());
                let value = Value::Pair(tokens.next(), tokens.next());
                Choice::new(end.truths, value)
            })
            .collect();
        // These are the same for every search over the same patterns.
        let key = (Fact::Pair, live.into());
        let halves = match self.lists.get(&key) {
            Some(known) => known.clone(),
            None => {
                let halves: Rc<[Choice]> = self.half_pairs(live, budget)?.into();
                self.lists.insert(key, halves.clone());
                halves
            }
        };
        choices.extend(halves.iter().cloned());
        Ok(choices.into())
    }

    /// Calls of which a half or both are not sent: never silent.
    fn half_pairs(&mut self, live: &[u32], budget: &mut Budget) -> Result<Vec<Choice>, Exhausted> {
        let mut choices = Vec::new();
        for half in [0, 1] {
            let patterns: Vec<&TokenPattern> =
                live.iter()
                    .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                        Ask::Sequence {
                            predicate: Predicate::Tokens(patterns), sequence, ..
                        } if sequence.source == Source::Pair => Some(patterns),
                        _ => None,
                    })
                    .flatten()
                    .filter_map(|items| match items.get(half) {
                        Some(Item::One(pattern)) => Some(pattern),
                        _ => None,
                    })
                    .collect();
            let tokens = single_tokens(TokenKind::Name, &patterns, &self.automata)?;
            budget.spend(tokens.len() as u64)?;
            for token in tokens {
                let known = |which: usize| (which == half).then_some(&*token);
                choices.push(self.pair_choice(live, known(0), known(1)));
            }
        }
        choices.push(self.pair_choice(live, None, None));
        Ok(choices)
    }

    fn pair_choice(&self, live: &[u32], first: Option<&str>, second: Option<&str>) -> Choice {
        let half = |item: Option<&Item>, token: Option<&str>| match (item, token) {
            (Some(Item::One(pattern)), Some(token)) => Truth::known(matches(pattern, token)),
            (Some(Item::One(pattern)), None) if pattern.is_any() => Truth::YES,
            (Some(Item::One(_)), None) => Truth::OPEN,
            _ => Truth::NO,
        };
        let text = |patterns: &[Vec<Item>], token: Option<&str>| match token {
            None => Truth::OPEN,
            Some(token) => {
                patterns.iter().fold(Truth::NO, |any, items| any | half(items.first(), Some(token)))
            }
        };
        let mut truths = Vec::new();
        for &atom in live {
            let side = |source: &Source| match source {
                Source::Builtin(Attr::Server | Attr::Kind) => first,
                _ => second,
            };
            let truth = match &self.key(atom).ask {
                Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. } => {
                    match sequence.source {
                        Source::Pair => patterns.iter().fold(Truth::NO, |any, items| {
                            any | half(items.first(), first) & half(items.get(1), second)
                        }),
                        _ => text(patterns, side(&sequence.source)),
                    }
                }
                Ask::Present(source) => Truth::known(side(source).is_some()),
                _ => Truth::NO,
            };
            if truth != Truth::NO {
                truths.push((atom, truth));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let choice = Choice::new(truths, Value::Pair(owned(first), owned(second)));
        if first.is_some() && second.is_some() { choice } else { choice.floored() }
    }

    /// Whether conditions ask for one half of a pair.
    pub(super) fn names_parts(&self, live: &[u32]) -> bool {
        live.iter().any(|&atom| match &self.key(atom).ask {
            Ask::Sequence { sequence, .. } => sequence.source != Source::Pair,
            _ => true,
        })
    }

    /// Where conditions ask for halves too: every first with every second.
    pub(super) fn pairs_in_parts(
        &mut self,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let mut sides: [Vec<&TokenPattern>; 2] = [Vec::new(), Vec::new()];
        for &atom in live {
            if let Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. } =
                &self.atoms[atom as usize].ask
            {
                for items in patterns {
                    let mut ones = items.iter().filter_map(|item| match item {
                        Item::One(pattern) => Some(pattern),
                        Item::Any => None,
                    });
                    match sequence.source {
                        Source::Pair => {
                            sides[0].extend(ones.next());
                            sides[1].extend(ones.next());
                        }
                        Source::Builtin(Attr::Server | Attr::Kind) => sides[0].extend(ones),
                        _ => sides[1].extend(ones),
                    }
                }
            }
        }
        let tokens =
            |patterns: &[&TokenPattern]| single_tokens(TokenKind::Name, patterns, &self.automata);
        let mut first: Vec<Option<Rc<str>>> = tokens(&sides[0])?.into_iter().map(Some).collect();
        let mut second: Vec<Option<Rc<str>>> = tokens(&sides[1])?.into_iter().map(Some).collect();
        if self.action == Action::Install {
            let kinds = match Attr::Kind.ty() {
                Type::OneOf(kinds) => kinds,
                _ => &[],
            };
            first = kinds.iter().map(|&kind| Some(kind.into())).collect();
        }
        first.push(None);
        second.push(None);
        budget.spend((first.len() * second.len()) as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for first in &first {
            for second in &second {
                let choice = self.pair_choice(live, first.as_deref(), second.as_deref());
                if seen.insert((choice.truths.clone(), choice.raised)) {
                    choices.push(choice);
                }
            }
        }
        Ok(choices)
    }

    /// The texts of a fact that patterns tell apart.
    pub(super) fn texts(&self, live: &[u32]) -> Result<Vec<Rc<str>>, Exhausted> {
        let patterns: Vec<&TokenPattern> = live
            .iter()
            .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                Ask::Sequence { predicate: Predicate::Tokens(patterns), .. } => Some(patterns),
                _ => None,
            })
            .flatten()
            .flatten()
            .filter_map(|item| match item {
                Item::One(pattern) => Some(pattern),
                Item::Any => None,
            })
            .collect();
        single_tokens(TokenKind::Text, &patterns, &self.automata)
    }

    pub(super) fn of_text(&self, atom: u32, text: Option<&str>, is_absent: bool) -> Truth {
        match (&self.key(atom).ask, text) {
            (Ask::Present(_), text) => Truth::known(text.is_some() && !is_absent),
            (_, _) if is_absent => Truth::NO,
            (_, None) => Truth::OPEN,
            (Ask::Sequence { predicate: Predicate::Tokens(patterns), .. }, Some(text)) => {
                Truth::known(text_matches(patterns, text))
            }
            _ => Truth::OPEN,
        }
    }

    /// A text, number or truth value, of whatever types the atoms ask.
    pub(super) fn values(
        &mut self,
        source: &Source,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let mut candidates: Vec<Value> = Vec::new();
        let (texts, numbers, bools) = match source {
            Source::Argument(_) => (true, true, true),
            Source::Declared(_, plain) => {
                (*plain == Plain::Text, *plain == Plain::Int, *plain == Plain::Bool)
            }
            Source::Builtin(attr) => match attr.ty() {
                Type::Int => (false, true, false),
                Type::Bool => (false, false, true),
                _ => (true, false, false),
            },
            _ => (true, false, false),
        };
        if texts {
            match self.closed_list(source) {
                Some(words) => candidates.extend(words.into_iter().map(Value::Text)),
                None => {
                    let found = self.texts(live)?;
                    candidates.extend(found.iter().map(|text| Value::Text(text.to_string())));
                }
            }
        }
        if numbers {
            let (least, most) = match source {
                Source::Builtin(Attr::Port) => (1, 65_535),
                Source::Builtin(Attr::Risk) => (0, 100),
                Source::Builtin(Attr::Length) => (0, i64::MAX),
                _ => (i64::MIN, i64::MAX),
            };
            let mut points = vec![if least == 1 { 443 } else { 7 }];
            for &atom in live {
                if let Ask::Number(_, ranges) = &self.key(atom).ask {
                    for &(first, last) in ranges {
                        points.extend([first, last]);
                        points.extend(first.checked_sub(1));
                        points.extend(last.checked_add(1));
                    }
                }
            }
            points.retain(|point| (least..=most).contains(point));
            candidates.extend(points.into_iter().map(Value::Int));
        }
        if bools {
            candidates.extend([Value::Bool(false), Value::Bool(true)]);
        }
        let is_known = matches!(source, Source::Builtin(Attr::Escalated | Attr::Opaque));
        if !is_known {
            candidates.push(Value::Unsent);
        }
        if matches!(source, Source::Argument(_)) {
            candidates.push(Value::Null);
        }
        budget.spend(candidates.len() as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for value in candidates {
            let mut truths = Vec::new();
            for &atom in live {
                let truth = self.of_value(source, atom, &value);
                if truth != Truth::NO {
                    truths.push((atom, truth));
                }
            }
            if seen.insert(truths.clone()) {
                let floored = self.is_object(source) && value == Value::Unsent;
                let choice = Choice::new(truths, value);
                choices.push(if floored { choice.floored() } else { choice });
            }
        }
        Ok(choices)
    }

    /// Whether the fact is what the action is done to.
    fn is_object(&self, source: &Source) -> bool {
        matches!(
            (self.action, source),
            (Action::Use, Source::Builtin(Attr::Credential))
                | (Action::Spawn, Source::Builtin(Attr::Name))
        )
    }

    fn closed_list(&self, source: &Source) -> Option<Vec<String>> {
        match source {
            Source::Builtin(Attr::Platform) => {
                Some(Platform::ALL.iter().map(|one| one.name().to_owned()).collect())
            }
            Source::Builtin(attr) => match attr.ty() {
                Type::OneOf(words) => Some(words.iter().map(|word| (*word).to_owned()).collect()),
                _ => None,
            },
            // What is sent for a declared attribute is compared as text, in its list or not.
            _ => None,
        }
    }

    pub(crate) fn of_value(&self, source: &Source, atom: u32, value: &Value) -> Truth {
        let key = self.key(atom);
        let harmless = match source {
            Source::Builtin(Attr::ReadOnly) => Some(true),
            Source::Builtin(Attr::Destructive | Attr::OpenWorld) => Some(false),
            _ => None,
        };
        if key.doubting && harmless.is_some_and(|claim| *value == Value::Bool(claim)) {
            return match key.ask {
                Ask::Present(_) => Truth::NO,
                _ => Truth::OPEN,
            };
        }
        match (&key.ask, value) {
            (Ask::Present(_), value) => Truth::known(*value != Value::Unsent),
            (Ask::Any(_), Value::Unsent) => Truth::OPEN,
            (Ask::Any(_), _) => Truth::YES,
            (Ask::Sequence { predicate: Predicate::Tokens(patterns), .. }, Value::Text(text)) => {
                Truth::known(text_matches(patterns, text))
            }
            (Ask::Number(_, ranges), Value::Int(number)) => {
                Truth::known(ranges.iter().any(|&(first, last)| (first..=last).contains(number)))
            }
            (Ask::Bool(_), Value::Bool(value)) => Truth::known(*value),
            _ => Truth::OPEN,
        }
    }

    /// The sets that `contains` and `==` tell apart.
    pub(super) fn sets(&mut self, source: &Source, live: &[u32]) -> Result<Vec<Choice>, Exhausted> {
        let patterns: Vec<&TokenPattern> = live
            .iter()
            .filter_map(|&atom| match &self.atoms[atom as usize].ask {
                Ask::Contains(_, pattern) => Some(pattern),
                _ => None,
            })
            .collect();
        let tokens = single_tokens(TokenKind::Text, &patterns, &self.automata)?;
        let truths = |set: &[String]| -> Vec<(u32, Truth)> {
            live.iter()
                .filter_map(|&atom| {
                    let holds = match &self.key(atom).ask {
                        Ask::Contains(_, pattern) => {
                            set.iter().any(|member| matches(pattern, member))
                        }
                        Ask::SetEquals(_, members) => {
                            set.iter().all(|one| members.contains(one))
                                && members.iter().all(|one| set.contains(one))
                        }
                        Ask::Present(_) | Ask::Any(_) => true,
                        _ => false,
                    };
                    holds.then_some((atom, Truth::YES))
                })
                .collect()
        };
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        let mut open: Vec<Vec<String>> = vec![Vec::new()];
        for &atom in live {
            if let Ask::SetEquals(_, members) = &self.key(atom).ask {
                open.push(members.clone());
            }
        }
        open.reverse();
        while let Some(set) = open.pop() {
            let own = truths(&set);
            if !seen.insert(own.clone()) {
                continue;
            }
            if seen.len() > 4096 {
                return Err(Exhausted);
            }
            for token in &tokens {
                let mut larger = set.clone();
                larger.push(token.to_string());
                open.insert(0, larger);
            }
            let known_empty = matches!(source, Source::Builtin(Attr::Marks)) && set.is_empty();
            let value = if known_empty { Value::Unsent } else { Value::Set(set) };
            choices.push(Choice::new(own, value));
        }
        if !matches!(source, Source::Builtin(Attr::Marks)) {
            choices.push(Choice::new(self.unsent(live), Value::Unsent));
        }
        Ok(choices)
    }
}
