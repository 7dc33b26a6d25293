//! The walk over files and layers that makes the model.

use std::collections::BTreeMap;
use std::rc::Rc;

use policy_eval::{Action, ActionSet, Attr, Floor, Floors, Layer};

use super::MAX_PATTERNS;
use super::conditions::{Lowered, not};
use super::error::{CheckError, Report};
use super::files::Files;
use super::layers::{self, Standing};
use super::marks;
use super::names::{Bearer, Names};
use super::pattern::exact;
use super::scope::Scopes;
use super::sets::{Kind, Patterns, Sets};
use crate::diagnostic::{Diagnostic, nearest};
use crate::model::{
    Accept, Atom, AttrRef, Clause, ClauseKind, Count, Counted, Effect, Formula, LayerModel, MarkId,
    Model, Proof, Rule, RuleOptions, Test, Trust,
};
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{self, Block, BlockHead, Item, Name, Operands, OptKind, Sentence, Verb};

/// What the walk knows and what it has made so far.
pub(super) struct Checker<'f> {
    pub(super) files: &'f Files,
    pub(super) report: Report,
    pub(super) scopes: Scopes,
    pub(super) sets: Sets,
    /// Every mark, sorted.
    marks: Vec<String>,
    /// How many patterns and tests the model holds.
    size: usize,
    names: Names<'f>,
    rules: Vec<Rule>,
    counts: Vec<Count>,
    accepts: Vec<Accept>,
    trusts: Vec<Trust>,
    proofs: Vec<Proof>,
}

/// Where a sentence stands.
struct Context<'f> {
    file: SourceId,
    layer: Layer,
    /// The conditions of the blocks around it, and where they are written behind a `when`.
    conditions: Vec<(Option<Span>, Rc<Lowered>)>,
    /// The heads of these blocks, as written.
    heads: Rc<[&'f str]>,
}

/// Checks parsed files.
pub(super) fn check(files: &Files) -> Result<Model, Vec<Diagnostic>> {
    let mut report = Report::default();
    let scopes = Scopes::read(files, &mut report);
    let sets = Sets::read(files, &scopes, &mut report);
    let given = layers::given(files, &mut report);
    let standing = layers::standing(files, &given);
    let marks = marks::read(files, &standing, &mut report);
    let mut checker = Checker {
        files,
        report,
        scopes,
        sets,
        marks,
        size: 0,
        names: Names::default(),
        rules: Vec::new(),
        counts: Vec::new(),
        accepts: Vec::new(),
        trusts: Vec::new(),
        proofs: Vec::new(),
    };
    for &(layer, file) in &standing {
        let context = Context { file, layer, conditions: Vec::new(), heads: Rc::from([]) };
        checker.items(&files.tree(file).items, &context);
    }
    let layers = checker.layers(&given);
    let tests = given.iter().flat_map(|&(_, file)| checker.tests(file)).collect();
    checker.finish(&given, layers, tests)
}

impl<'f> Checker<'f> {
    /// Makes room for patterns or tests in the model; `None` where it is too large already.
    pub(super) fn afford(&mut self, more: usize, at: Location) -> Option<()> {
        self.size = self.size.saturating_add(more);
        if self.size <= MAX_PATTERNS {
            return Some(());
        }
        let error = CheckError::TooMany { what: "patterns and conditions", most: MAX_PATTERNS };
        self.report.add_once("patterns", error.at(at));
        None
    }

    /// The number of a mark.
    pub(super) fn mark(&self, name: &str) -> MarkId {
        let index = self.marks.binary_search_by(|known| known.as_str().cmp(name));
        // Where marks are too many to be numbered, that was reported.
        MarkId(index.ok().and_then(|index| u8::try_from(index).ok()).unwrap_or(u8::MAX))
    }

    fn items(&mut self, items: &'f [Item], context: &Context<'f>) {
        for item in items {
            match item {
                Item::Sentence(sentence) => self.sentence(sentence, context),
                Item::Proof(proof) => self.proof(proof, context),
                Item::Accept(accept) => self.accept(accept, context),
                Item::Trust(trust) => self.trust(trust, context),
                Item::Block(block) => self.block(block, context),
                // These are the file's own: `scope`, `sets`, `layers` and `cases` read them.
                Item::Set(_) | Item::Root(_) | Item::Attribute(_) | Item::Include(_) => {}
                Item::Default(_) | Item::Delegate(_) | Item::Test(_) => {}
            }
        }
    }

    /// The parser bounds how deep blocks nest.
    fn block(&mut self, block: &'f Block, context: &Context<'f>) {
        let mut written = None;
        let condition = match &block.head {
            BlockHead::When(condition) => {
                written = Some(condition.span());
                self.condition(condition, context.file)
            }
            BlockHead::Sandbox { name, .. } => {
                let names = self.scopes.derived(context.file, &name.node);
                let names = names.iter().map(|name| exact(name, false)).collect();
                Lowered::of(Formula::Atom(Atom::Text(AttrRef::Builtin(Attr::Sandbox), names)))
            }
        };
        let mut conditions = context.conditions.clone();
        conditions.push((written, Rc::new(condition)));
        let head = self.text(context.file, block.head_span);
        let heads = context.heads.iter().copied().chain([head]).collect();
        self.items(&block.items, &Context { conditions, heads, ..*context });
    }

    fn text(&self, file: SourceId, span: Span) -> &'f str {
        self.files.source(file).text.get(span.range()).unwrap_or_default()
    }

    /// When a sentence matches: its objects and its conditions, and those of the blocks around;
    /// and which part of that comes from which clause.
    fn matches(
        &mut self,
        matches: &ast::Matches,
        actions: ActionSet,
        context: &Context<'f>,
    ) -> (Formula, Vec<Clause>) {
        let [objects, except, ports] = self.objects(matches, actions, context.file);
        let mut parts = Conjunction::new(context.file);
        parts.add(objects);
        let excepted = matches.except.iter().map(ast::Object::span).reduce(Span::to);
        parts.add_clause(ClauseKind::Except, excepted, except);
        parts.add(ports);
        for (written, formula) in self.surroundings(actions, matches.span, context) {
            parts.add_clause(ClauseKind::When, written, formula);
        }
        if let Some(when) = &matches.when {
            let span = when.span();
            let when = self.condition(when, context.file);
            self.fits(&when, actions);
            parts.add_clause(ClauseKind::When, Some(span), when.formula);
        }
        if let Some(unless) = &matches.unless {
            let span = unless.span();
            let unless = self.condition(unless, context.file);
            self.fits(&unless, actions);
            parts.add_clause(ClauseKind::Unless, Some(span), not(unless.formula));
        }
        parts.finish()
    }

    /// The conditions of the blocks around something that stands at a place, and where they are
    /// written behind a `when`.
    fn surroundings(
        &mut self,
        actions: ActionSet,
        span: Span,
        context: &Context<'f>,
    ) -> Vec<(Option<Span>, Formula)> {
        let at = Location { source: context.file, span };
        let mut formulas = Vec::new();
        for (written, condition) in &context.conditions {
            self.fits(condition, actions);
            if self.afford(condition.size, at).is_some() {
                formulas.push((*written, condition.formula.clone()));
            }
        }
        formulas
    }

    fn sentence(&mut self, sentence: &'f Sentence, context: &Context<'f>) {
        let effect = match &sentence.verb.node {
            Verb::Count => return self.count(sentence, context),
            Verb::Tier(tier) => Effect::Tier(*tier, options(&sentence.options)),
            Verb::Record(level) => Effect::Record(*level),
            Verb::Mark(name) => {
                if name.value.is_empty() {
                    let at = Location { source: context.file, span: name.span };
                    self.report.add(CheckError::EmptyMark.at(at));
                }
                Effect::Mark(self.mark(&name.value))
            }
        };
        let actions = self.actions(&sentence.matches.actions, context.file);
        let (when, clauses) = self.matches(&sentence.matches, actions, context);
        let at = Location { source: context.file, span: sentence.span };
        self.name(Bearer::Rule(self.rules.len()), sentence, context);
        self.rules.push(Rule {
            name: String::new(),
            named: sentence.id.is_some(),
            layer: context.layer,
            effect,
            actions,
            when,
            clauses,
            reason: sentence.because.as_ref().map(|reason| reason.value.clone()),
            at,
        });
    }

    fn name(&mut self, bearer: Bearer, sentence: &Sentence, context: &Context<'f>) {
        let head = || crate::format::head(sentence);
        self.add_name(bearer, sentence.id.as_ref(), head, sentence.span, context);
    }

    fn add_name(
        &mut self,
        bearer: Bearer,
        id: Option<&Name>,
        head: impl FnOnce() -> String,
        span: Span,
        context: &Context<'f>,
    ) {
        let name = match id {
            Some(id) => (id.node.clone(), Some(Location { source: context.file, span: id.span })),
            None => (head(), None),
        };
        let text = (Rc::clone(&context.heads), self.text(context.file, span));
        let at = Location { source: context.file, span };
        self.names.add(bearer, name, context.layer, text, at);
    }

    fn count(&mut self, sentence: &'f Sentence, context: &Context<'f>) {
        let file = context.file;
        let matches = &sentence.matches;
        let actions = self.actions(&matches.actions, file);
        let mut each = actions.iter();
        let (Some(action), None) = (each.next(), each.next()) else {
            if !actions.is_empty() {
                self.report_count_of_other(matches, file);
            }
            return;
        };
        if !matches!(action, Action::Run | Action::Call) {
            return self.report_count_of_other(matches, file);
        }
        let (when, _) = self.matches(matches, actions, context);
        let patterns = match action {
            Action::Run => self.commands(&matches.objects, file),
            _ => Vec::new(),
        };
        let counted = sentence
            .counted
            .iter()
            .filter_map(|counted| self.counted(counted, action, file))
            .collect();
        let at = Location { source: file, span: sentence.span };
        self.name(Bearer::Count(self.counts.len()), sentence, context);
        self.counts.push(Count {
            name: String::new(),
            layer: context.layer,
            action,
            when,
            patterns,
            counted,
            at,
        });
    }

    fn report_count_of_other(&mut self, matches: &ast::Matches, file: SourceId) {
        let span = matches.actions.first().map_or(matches.span, |name| name.span);
        self.report.add(CheckError::CountOfOther.at(Location { source: file, span }));
    }

    /// `read operands but last`
    fn counted(&mut self, counted: &ast::Counted, of: Action, file: SourceId) -> Option<Counted> {
        let action = self.action(&counted.action, file)?;
        if !matches!(action, Action::Read | Action::Write | Action::Delete) {
            let at = Location { source: file, span: counted.action.span };
            self.report.add(CheckError::CountAsOther { action }.at(at));
            return None;
        }
        let what = match (&counted.what, of) {
            (Operands::Argument(_), Action::Run) => Some("arguments by name"),
            (Operands::Argument(_), _) | (_, Action::Run) => None,
            _ => Some("operands"),
        };
        if let Some(what) = what {
            let at = Location { source: file, span: counted.span };
            self.report.add(CheckError::CountWhat { action: of, what }.at(at));
            return None;
        }
        Some(Counted { action, what: counted.what.clone() })
    }

    fn accept(&mut self, accept: &ast::Accept, context: &Context<'f>) {
        let mut floors = Floors::NONE;
        for name in &accept.floors {
            if let Some(floor) = Floor::liftable(&name.node) {
                floors = floors.with(floor);
                continue;
            }
            let is_floor = Floor::ALL.into_iter().any(|floor| floor.name() == name.node);
            let error = if is_floor {
                CheckError::FixedFloor { name: name.node.clone() }
            } else {
                let liftable = Floor::ALL.into_iter().filter(|floor| floor.can_be_lifted());
                let nearest = nearest(&name.node, liftable.map(Floor::name));
                CheckError::UnknownFloor { name: name.node.clone(), nearest }
            };
            self.report.add(error.at(Location { source: context.file, span: name.span }));
        }
        let run = ActionSet::NONE.with(Action::Run);
        let surroundings = self.surroundings(run, accept.span, context);
        let when = Formula::and(surroundings.into_iter().map(|(_, formula)| formula));
        let at = Location { source: context.file, span: accept.span };
        self.accepts.push(Accept { layer: context.layer, floors, when, at });
    }

    fn trust(&mut self, trust: &ast::Trust, context: &Context<'f>) {
        let call = ActionSet::NONE.with(Action::Call);
        let mut tools = Patterns::none(Kind::Tool);
        let mut every = false;
        for tool in &trust.tools {
            every |= matches!(tool, ast::Object::Star(_));
            if let Some(more) = self.object(tool, Kind::Tool, call, context.file) {
                tools.extend(more);
            }
        }
        let surroundings = self.surroundings(call, trust.span, context);
        let mut parts: Vec<Formula> =
            surroundings.into_iter().map(|(_, formula)| formula).collect();
        if let (Patterns::Pairs(list), false) = (tools, every) {
            parts.insert(0, Formula::Atom(Atom::Pair(list)));
        }
        let at = Location { source: context.file, span: trust.span };
        self.trusts.push(Trust { layer: context.layer, when: Formula::and(parts), at });
    }

    fn proof(&mut self, proof: &'f ast::Proof, context: &Context<'f>) {
        let actions = self.actions(&proof.matches.actions, context.file);
        let (when, _) = self.matches(&proof.matches, actions, context);
        let at = Location { source: context.file, span: proof.span };
        let head = || crate::format::proof_head(proof);
        self.add_name(
            Bearer::Proof(self.proofs.len()),
            proof.id.as_ref(),
            head,
            proof.span,
            context,
        );
        self.proofs.push(Proof {
            name: String::new(),
            claim: proof.claim,
            tier: proof.tier.node,
            actions,
            when,
            reason: proof.because.as_ref().map(|reason| reason.value.clone()),
            at,
        });
    }

    fn tests(&mut self, file: SourceId) -> Vec<Test> {
        let items = self.files.tree(file).items.iter();
        let tests: Vec<&'f ast::Test> = items
            .filter_map(|item| match item {
                Item::Test(test) => Some(test),
                _ => None,
            })
            .collect();
        self.refuse_equal_tests(&tests, file);
        tests.into_iter().map(|test| self.test_cases(test, file)).collect()
    }

    /// A report names a test by its name, so a file has each name once.
    fn refuse_equal_tests(&mut self, tests: &[&ast::Test], file: SourceId) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for test in tests {
            let (name, span) = (test.name.value.as_str(), test.name.span);
            let known = *first.entry(name).or_insert(span);
            if known != span {
                let error = CheckError::DeclaredTwice { what: "test", name: name.to_owned() };
                let other = Location { source: file, span: known };
                let finding = error.at(Location { source: file, span });
                self.report.add(finding.label(other, "the other one"));
            }
        }
    }

    fn finish(
        mut self,
        given: &[Standing],
        layers: Vec<LayerModel>,
        tests: Vec<Test>,
    ) -> Result<Model, Vec<Diagnostic>> {
        for (bearer, name) in std::mem::take(&mut self.names).resolve(&mut self.report) {
            match bearer {
                Bearer::Rule(index) => self.rules[index].name = name,
                Bearer::Count(index) => self.counts[index].name = name,
                Bearer::Proof(index) => self.proofs[index].name = name,
            }
        }
        if !self.report.is_empty() {
            return Err(self.report.finish());
        }
        self.rules.sort_by(|a, b| a.rank_key().cmp(&b.rank_key()));
        let header = given.iter().find_map(|&(_, file)| self.files.tree(file).header.as_ref());
        Ok(Model {
            name: header.map(|header| header.name.node.clone()),
            version: header.and_then(|header| header.version.as_ref()).map(|v| v.value.clone()),
            layers,
            roots: self.scopes.roots,
            attributes: self.scopes.attributes,
            marks: self.marks,
            rules: self.rules,
            counts: self.counts,
            accepts: self.accepts,
            trusts: self.trusts,
            proofs: self.proofs,
            tests,
            sources: self.files.sources.clone(),
            given: self.files.given().len(),
            includes: self.files.resolved(),
        })
    }
}

/// Formulas that all have to hold, as [`Formula::and`] joins them, and which of them come from
/// which clause.
struct Conjunction {
    file: SourceId,
    parts: Vec<Formula>,
    clauses: Vec<Clause>,
}

impl Conjunction {
    fn new(file: SourceId) -> Conjunction {
        Conjunction { file, parts: Vec::new(), clauses: Vec::new() }
    }

    fn add(&mut self, formula: Formula) {
        match formula {
            Formula::True => {}
            Formula::And(parts) => self.parts.extend(parts),
            other => self.parts.push(other),
        }
    }

    /// Adds what is written at a place, where it is.
    fn add_clause(&mut self, kind: ClauseKind, written: Option<Span>, formula: Formula) {
        let start = self.parts.len();
        self.add(formula);
        if let Some(span) = written {
            let at = Location { source: self.file, span };
            self.clauses.push(Clause { kind, at, conjuncts: start..self.parts.len() });
        }
    }

    fn finish(self) -> (Formula, Vec<Clause>) {
        (Formula::and(self.parts), self.clauses)
    }
}

/// What `with` says. The parser lets each option stand once.
fn options(written: &[ast::Opt]) -> RuleOptions {
    let mut options = RuleOptions::default();
    for option in written {
        match &option.node {
            OptKind::OutsideSandbox => options.outside_sandbox = true,
            OptKind::Reviewer(name) => options.reviewer = Some(name.value.clone()),
            OptKind::Timeout(milliseconds) => options.timeout_ms = Some(*milliseconds),
            OptKind::OnFailure(tier) => options.on_failure = *tier,
            OptKind::Remember(how_long) => options.remember = *how_long,
        }
    }
    options
}
