//! What lints look at: the checked policy, and how it was written.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use policy_eval::{Action, Attr, Layer, Policy, Tier};

use super::Lint;
use super::allowance::{Allowance, Report, allowances};
use crate::diagnostic::Diagnostic;
use crate::model::pattern::{CommandPattern, HostPattern, PairPattern, PathPattern, TokenPattern};
use crate::model::{Atom, AttrRef, Effect, Formula, Model, Rule, RuleOptions};
use crate::prove::attended::{self, Unattended};
use crate::prove::delegation::{self, Delegated};
use crate::prove::worth::{self, ClauseFinding, Worth, Worths};
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{self, AttributePath, BlockHead, Condition, Item, Matches, Object};
use crate::syntax::parse;

/// One file as it was written.
#[derive(Debug)]
pub(super) struct File {
    pub(super) id: SourceId,
    pub(super) tree: ast::File,
    pub(super) allowances: Vec<Allowance>,
    /// It was given, and not only included.
    pub(super) given: bool,
    /// It only has names for others to include: nothing in it says what happens.
    pub(super) is_library: bool,
}

impl File {
    /// A place in the file.
    pub(super) fn place(&self, span: Span) -> Location {
        Location { source: self.id, span }
    }

    /// Whether the names that it declares should be used somewhere: of a library, and of what is
    /// included from elsewhere, others may use them.
    pub(super) fn uses_its_own_names(&self) -> bool {
        self.given && !self.is_library
    }
}

/// Parses the texts of a model once more: a model has forgotten how it was written.
pub(super) fn read_files(model: &Model) -> Vec<File> {
    let sources = model.sources.iter().enumerate();
    sources
        .map(|(index, source)| {
            let id = SourceId(index as u32);
            let (tree, _) = parse(source, id);
            let allowances = allowances(&tree, &source.text);
            let is_library = !tree.items.iter().any(says_something);
            File { id, tree, allowances, given: index < model.given, is_library }
        })
        .collect()
}

fn says_something(item: &Item) -> bool {
    match item {
        Item::Set(_) | Item::Root(_) | Item::Attribute(_) => false,
        Item::Include(include) => include.rules,
        Item::Block(block) => block.items.iter().any(says_something),
        Item::Default(_)
        | Item::Delegate(_)
        | Item::Accept(_)
        | Item::Trust(_)
        | Item::Sentence(_)
        | Item::Proof(_)
        | Item::Test(_) => true,
    }
}

/// Everything that a lint may look at.
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) files: &'a [File],
    /// Every rule of the model, with the sentence that it was, in the order of the model.
    pub(super) sentences: Vec<Sentence<'a>>,
    policy: OnceCell<Option<Policy>>,
    worths: OnceCell<Option<Worths>>,
    delegated: OnceCell<Delegated>,
    unattended: OnceCell<(Vec<Unattended>, Vec<usize>)>,
}

/// A rule, and how it was written.
#[derive(Clone)]
pub(super) struct Sentence<'a> {
    pub(super) rule: &'a Rule,
    /// Its place among the rules of the model.
    pub(super) index: usize,
    pub(super) written: &'a ast::Sentence,
    /// The heads of the blocks around it, outermost first.
    pub(super) around: Vec<&'a BlockHead>,
}

impl<'a> Context<'a> {
    pub(super) fn new(model: &'a Model, files: &'a [File]) -> Context<'a> {
        let mut by_place = HashMap::new();
        for file in files {
            place_sentences(&file.tree.items, file, &mut Vec::new(), &mut by_place);
        }
        let sentence = |(index, rule): (usize, &'a Rule)| {
            let (written, around) = by_place.get(&rule.at)?;
            Some(Sentence { rule, index, written, around: around.clone() })
        };
        let sentences = model.rules.iter().enumerate().filter_map(sentence).collect();
        Context {
            model,
            files,
            sentences,
            policy: OnceCell::new(),
            worths: OnceCell::new(),
            delegated: OnceCell::new(),
            unattended: OnceCell::new(),
        }
    }

    /// The compiled policy, made when it is first asked for. None where it is too large, which is
    /// an error already.
    pub(super) fn policy(&self) -> Option<&Policy> {
        self.policy.get_or_init(|| crate::compile::compile(self.model).ok()).as_ref()
    }

    /// What each rule is worth, looked at when it is first asked for. None where the policy is too
    /// large.
    pub(super) fn worths(&self) -> Option<&Worths> {
        let look = || Some(worth::worths(self.model, self.policy()?));
        self.worths.get_or_init(look).as_ref()
    }

    /// Every sentence, with what its rule is worth.
    pub(super) fn with_worths(&self) -> impl Iterator<Item = (&Sentence<'a>, &Worth)> {
        let worths = self.worths().map_or(&[][..], |worths| &worths.rules);
        self.sentences.iter().filter_map(|sentence| Some((sentence, worths.get(sentence.index)?)))
    }

    /// Clauses that take nothing away, or everything.
    pub(super) fn clauses(&self) -> impl Iterator<Item = &ClauseFinding> {
        self.worths().into_iter().flat_map(|worths| &worths.clauses)
    }

    /// What matters and is handed to lower layers, looked at when it is first asked for.
    pub(super) fn delegated(&self) -> &Delegated {
        self.delegated.get_or_init(|| delegation::delegated(self.model))
    }

    /// Rules that ask where nobody is, looked at when they are first asked for.
    pub(super) fn unattended(&self) -> &[Unattended] {
        &self.looked_for_persons().0
    }

    /// Rules of which it could not be found out whether they ask where nobody is.
    pub(super) fn unattended_unproved(&self) -> &[usize] {
        &self.looked_for_persons().1
    }

    fn looked_for_persons(&self) -> &(Vec<Unattended>, Vec<usize>) {
        let look = || match (self.policy(), self.worths()) {
            (Some(policy), Some(worths)) => attended::unattended(self.model, policy, &worths.rules),
            _ => Default::default(),
        };
        self.unattended.get_or_init(look)
    }

    /// The sentence of a rule of the model.
    pub(super) fn sentence(&self, rule: usize) -> Option<&Sentence<'a>> {
        self.sentences.iter().find(|sentence| sentence.index == rule)
    }

    /// The file of a place.
    pub(super) fn file(&self, source: SourceId) -> Option<&'a File> {
        self.files.get(source.0 as usize)
    }

    /// The text at a place.
    pub(super) fn text(&self, at: Location) -> &'a str {
        self.model
            .sources
            .get(at.source.0 as usize)
            .and_then(|s| s.text.get(at.span.range()))
            .unwrap_or("")
    }

    /// Every sentence with a tier.
    pub(super) fn tiers(&self) -> impl Iterator<Item = (Tier, &'a RuleOptions, &Sentence<'a>)> {
        self.sentences.iter().filter_map(|sentence| match &sentence.rule.effect {
            Effect::Tier(tier, options) => Some((*tier, options, sentence)),
            _ => None,
        })
    }

    /// Every sentence that allows an action.
    pub(super) fn allows(&self, action: Action) -> impl Iterator<Item = &Sentence<'a>> {
        self.tiers()
            .filter(move |(tier, _, s)| *tier == Tier::Allow && s.rule.actions.contains(action))
            .map(|(_, _, sentence)| sentence)
    }

    /// Every sentence that is stricter than `allow` for an action.
    pub(super) fn restricts(&self, action: Action) -> impl Iterator<Item = &Sentence<'a>> {
        self.tiers()
            .filter(move |(tier, _, s)| *tier > Tier::Allow && s.rule.actions.contains(action))
            .map(|(_, _, sentence)| sentence)
    }

    /// Whether the file says itself that it is managed. One that says nothing of layers is managed
    /// too, but need not be meant for many.
    pub(super) fn says_managed(&self, source: SourceId) -> bool {
        let layer = self.file(source).and_then(|file| file.tree.header.as_ref()?.layer.as_ref());
        layer.is_some_and(|layer| layer.node == Layer::Managed.name())
    }

    /// Calls a function with every atom of the model.
    pub(super) fn each_atom(&self, visit: &mut impl FnMut(&'a Atom)) {
        let model = self.model;
        let formulas = (model.rules.iter().map(|rule| &rule.when))
            .chain(model.counts.iter().map(|count| &count.when))
            .chain(model.accepts.iter().map(|accept| &accept.when))
            .chain(model.trusts.iter().map(|trust| &trust.when))
            .chain(model.proofs.iter().map(|proof| &proof.when));
        for formula in formulas {
            atoms(formula, visit);
        }
    }

    /// Every condition of a file: of sentences, proofs and blocks.
    pub(super) fn conditions(&self, file: &'a File) -> Vec<&'a Condition> {
        let mut found = Vec::new();
        conditions_of(&file.tree.items, &mut found);
        found
    }
}

/// Calls a function with every atom of a formula. Formulas nest no deeper than conditions.
pub(super) fn atoms<'a>(formula: &'a Formula, visit: &mut impl FnMut(&'a Atom)) {
    match formula {
        Formula::True => {}
        Formula::Atom(atom) => visit(atom),
        Formula::Not(inner) => atoms(inner, visit),
        Formula::And(parts) | Formula::Or(parts) => {
            for part in parts {
                atoms(part, visit);
            }
        }
    }
}

type Placed<'a> = HashMap<Location, (&'a ast::Sentence, Vec<&'a BlockHead>)>;

fn place_sentences<'a>(
    items: &'a [Item],
    file: &File,
    around: &mut Vec<&'a BlockHead>,
    found: &mut Placed<'a>,
) {
    for item in items {
        match item {
            Item::Sentence(sentence) => {
                found.insert(file.place(sentence.span), (sentence, around.clone()));
            }
            Item::Block(block) => {
                around.push(&block.head);
                place_sentences(&block.items, file, around, found);
                around.pop();
            }
            _ => {}
        }
    }
}

pub(super) fn conditions_of<'a>(items: &'a [Item], found: &mut Vec<&'a Condition>) {
    for item in items {
        match item {
            Item::Sentence(sentence) => found.extend(clauses(&sentence.matches)),
            Item::Proof(proof) => found.extend(clauses(&proof.matches)),
            Item::Block(block) => {
                if let BlockHead::When(condition) = &block.head {
                    found.push(condition);
                }
                conditions_of(&block.items, found);
            }
            _ => {}
        }
    }
}

fn clauses(matches: &Matches) -> impl Iterator<Item = &Condition> {
    matches.when.iter().chain(&matches.unless)
}

/// Calls a function with every condition in a condition, itself first. The parser bounds its depth.
pub(super) fn walk<'a>(condition: &'a Condition, visit: &mut impl FnMut(&'a Condition)) {
    visit(condition);
    match condition {
        Condition::Or(parts, _) | Condition::And(parts, _) => {
            for part in parts {
                walk(part, visit);
            }
        }
        Condition::Not(inner, _) => walk(inner, visit),
        _ => {}
    }
}

/// The attribute that a comparison speaks of.
pub(super) fn attribute(condition: &Condition) -> Option<&AttributePath> {
    match condition {
        Condition::Compare { attribute, .. }
        | Condition::In { attribute, .. }
        | Condition::Like { attribute, .. }
        | Condition::Matches { attribute, .. }
        | Condition::Contains { attribute, .. }
        | Condition::Present { attribute, .. }
        | Condition::Holds(attribute) => Some(attribute),
        Condition::Marked { .. } | Condition::Or(..) | Condition::And(..) | Condition::Not(..) => {
            None
        }
    }
}

/// Calls a function with every item, those in blocks too.
pub(super) fn each_item<'a>(items: &'a [Item], visit: &mut impl FnMut(&'a Item)) {
    for item in items {
        visit(item);
        if let Item::Block(block) = item {
            each_item(&block.items, visit);
        }
    }
}

/// The objects of a rule as patterns.
pub(super) enum Patterns<'a> {
    /// It speaks of all.
    All,
    Paths(&'a [PathPattern]),
    Commands(&'a [CommandPattern]),
    Hosts(&'a [HostPattern]),
    Pairs(&'a [PairPattern]),
    Texts(&'a [TokenPattern]),
}

impl<'a> Sentence<'a> {
    /// Where to point: from the verb to the end of what it speaks of.
    pub(super) fn head(&self) -> Location {
        let span = match self.written.matches.objects.last() {
            Some(last) => self.written.verb.span.to(last.span()),
            None => {
                let actions = self.written.matches.actions.iter().map(|action| action.span);
                actions.fold(self.written.verb.span, Span::to)
            }
        };
        self.place(span)
    }

    pub(super) fn place(&self, span: Span) -> Location {
        Location { source: self.rule.at.source, span }
    }

    /// Whether it names no object, and so speaks of all but its exceptions.
    pub(super) fn names_no_object(&self) -> bool {
        let objects = &self.written.matches.objects;
        objects.is_empty() || objects.iter().any(|object| matches!(object, Object::Star(_)))
    }

    /// Whether a condition stands in it or around it. A sandbox around it is none.
    pub(super) fn has_condition(&self) -> bool {
        clauses(&self.written.matches).next().is_some()
            || self.around.iter().any(|head| matches!(head, BlockHead::When(_)))
    }

    /// Its own conditions and those of the blocks around it.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &'a Condition> + use<'a, '_> {
        let around = self.around.iter().copied().filter_map(|head| match head {
            BlockHead::When(condition) => Some(condition),
            BlockHead::Sandbox { .. } => None,
        });
        clauses(&self.written.matches).chain(around)
    }

    /// Whether one of its conditions speaks of an attribute.
    pub(super) fn asks_for(&self, attributes: &[&str]) -> bool {
        let mut asks = false;
        for condition in self.conditions() {
            walk(condition, &mut |part| {
                asks |= attribute(part).is_some_and(|path| {
                    path.names.first().is_some_and(|name| attributes.contains(&name.as_str()))
                });
            });
        }
        asks
    }

    /// Whether it holds in a sandbox only.
    pub(super) fn is_in_sandbox(&self) -> bool {
        self.around.iter().any(|head| matches!(head, BlockHead::Sandbox { .. }))
    }

    /// What it speaks of, without its exceptions and conditions.
    pub(super) fn patterns(&self) -> Patterns<'a> {
        if self.names_no_object() {
            return Patterns::All;
        }
        match object_atom(&self.rule.when) {
            Some(Atom::Path(_, list)) => Patterns::Paths(list),
            Some(Atom::Command(list)) => Patterns::Commands(list),
            Some(Atom::Destination(list)) => Patterns::Hosts(list),
            Some(Atom::Pair(list)) => Patterns::Pairs(list),
            Some(Atom::Text(_, list)) => Patterns::Texts(list),
            _ => Patterns::All,
        }
    }

    pub(super) fn paths(&self) -> &'a [PathPattern] {
        match self.patterns() {
            Patterns::Paths(list) => list,
            _ => &[],
        }
    }

    pub(super) fn commands(&self) -> &'a [CommandPattern] {
        match self.patterns() {
            Patterns::Commands(list) => list,
            _ => &[],
        }
    }

    pub(super) fn hosts(&self) -> &'a [HostPattern] {
        match self.patterns() {
            Patterns::Hosts(list) => list,
            _ => &[],
        }
    }

    pub(super) fn pairs(&self) -> &'a [PairPattern] {
        match self.patterns() {
            Patterns::Pairs(list) => list,
            _ => &[],
        }
    }

    /// Where the sentence says a pattern: the string itself, or the set that it comes from.
    fn place_of(&self, pattern: Location, context: &Context<'_>) -> Location {
        let objects = &self.written.matches.objects;
        let holds = |span: Span| span.start <= pattern.span.start && pattern.span.end <= span.end;
        if pattern.source == self.rule.at.source
            && let Some(object) = objects.iter().find(|object| holds(object.span()))
        {
            return self.place(object.span());
        }
        let set = context.file(pattern.source).and_then(|file| {
            let items = &file.tree.items;
            let behind = items.partition_point(|item| item.span().start <= pattern.span.start);
            match items.get(behind.checked_sub(1)?)? {
                Item::Set(set) if holds(set.span) => Some(&set.name.node),
                _ => None,
            }
        });
        let named = objects
            .iter()
            .find(|object| matches!(object, Object::Set(name) if Some(&name.node) == set));
        let any_set = || objects.iter().find(|object| matches!(object, Object::Set(_)));
        named.or_else(any_set).map_or(self.head(), |object| self.place(object.span()))
    }
}

/// A pattern of a sentence that a lint objects to.
pub(super) struct Offence {
    /// Where the pattern stands: in the sentence, or in a set.
    pub(super) at: Location,
    pub(super) written: String,
    /// What is wrong with it, for a label.
    pub(super) why: String,
}

impl Sentence<'_> {
    /// Reports patterns, one finding for each object of the sentence: a set is one object. The
    /// message is made from the patterns' names, the finding then goes through `finish`.
    pub(super) fn report(
        &self,
        context: &Context<'_>,
        report: &mut Report<'_>,
        lint: &Lint,
        offences: Vec<Offence>,
        message: impl Fn(&str) -> String,
        finish: impl Fn(Diagnostic, &[Offence]) -> Diagnostic,
    ) {
        let mut by_place: BTreeMap<Location, Vec<Offence>> = BTreeMap::new();
        for offence in offences {
            let at = self.place_of(offence.at, context);
            let known = by_place.entry(at).or_default();
            if known.iter().all(|other| other.at != offence.at) {
                known.push(offence);
            }
        }
        for (at, offences) in by_place {
            let Some(first) = offences.first() else { continue };
            let mut names = format!("`{}`", first.written);
            match offences.len() {
                1 => {}
                2 => names += &format!(" and `{}`", offences[1].written),
                more => names += &format!(" and {} more", more - 1),
            }
            let mut finding = lint.at(at, message(&names));
            let elsewhere = |offence: &&Offence| {
                let (own, whole) = (offence.at.span, at.span);
                offence.at.source != at.source || own.start < whole.start || whole.end < own.end
            };
            if !offences.iter().any(|offence| elsewhere(&offence)) {
                finding = finding.primary(&first.why);
            }
            for offence in offences.iter().filter(elsewhere).take(MOST_LABELS) {
                finding = finding.label(offence.at, &offence.why);
            }
            report.add(finish(finding, &offences));
        }
    }
}

/// How many patterns of a set one finding points at.
const MOST_LABELS: usize = 4;

/// The atom of the objects: the first that is one of those that objects become.
fn object_atom(formula: &Formula) -> Option<&Atom> {
    let parts = match formula {
        Formula::And(parts) => parts,
        other => std::slice::from_ref(other),
    };
    // Objects stand before all conditions.
    match parts.first()? {
        Formula::Atom(atom) => match atom {
            Atom::Path(AttrRef::Builtin(Attr::Path), _)
            | Atom::Command(_)
            | Atom::Destination(_)
            | Atom::Pair(_)
            | Atom::Text(AttrRef::Builtin(Attr::Credential | Attr::Name), _) => Some(atom),
            _ => None,
        },
        _ => None,
    }
}
