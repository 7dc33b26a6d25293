//! From what the grammar found to the syntax tree: one function for each production.
//!
//! The grammar takes more than the language has (spellings from elsewhere, clauses in any order
//! and number), so that the errors found here can say what is wrong instead of "unexpected". A
//! production that is wrong is reported and still becomes a tree where its meaning is clear.

use policy_eval::{OnFailure, RecordLevel, Remember, Tier};

use super::MOST_NESTED;
use super::ast::*;
use super::error::SyntaxError;
use super::grammar::Rule;
use crate::span::{Span, Spanned};

type Pair<'t> = pest::iterators::Pair<'t, Rule>;

/// Makes trees from pairs, and collects what is wrong with them.
pub(super) struct Tree {
    /// Where in its source the text begins that the pairs are of.
    pub(super) offset: usize,
    pub(super) errors: Vec<(SyntaxError, Span)>,
    /// How many blocks are open around the next item.
    pub(super) depth: usize,
}

/// The clauses of a sentence or a proof.
#[derive(Default)]
struct Clauses {
    except: Vec<Object>,
    ports: Vec<Spanned<(u16, u16)>>,
    when: Option<Condition>,
    unless: Option<Condition>,
    options: Vec<Opt>,
    counted: Vec<Counted>,
    because: Option<Text>,
    /// Where the clauses that say what is matched end.
    matches_end: Option<Span>,
    /// In the order of the text.
    seen: Vec<(Clause, Span)>,
}

/// The clauses, in their order. `as` and `because` may change places, like `when` and `unless`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Except,
    Port,
    When,
    Unless,
    With,
    As,
    Because,
}

impl Clause {
    fn name(self) -> &'static str {
        match self {
            Clause::Except => "except",
            Clause::Port => "port",
            Clause::When => "when",
            Clause::Unless => "unless",
            Clause::With => "with",
            Clause::As => "as",
            Clause::Because => "because",
        }
    }

    /// A clause may not stand behind one with a higher rank.
    fn rank(self) -> u8 {
        match self {
            Clause::Except => 0,
            Clause::Port => 1,
            Clause::When | Clause::Unless => 2,
            Clause::With => 3,
            Clause::As | Clause::Because => 4,
        }
    }
}

impl Tree {
    pub(super) fn new(offset: usize) -> Tree {
        Tree { offset, errors: Vec::new(), depth: 0 }
    }

    /// Where a production stands: up to the end of its last token. What the grammar says of it
    /// includes the blanks and comments before a part that is left out.
    pub(super) fn span(&self, pair: &Pair<'_>) -> Span {
        let start = pair.as_span().start();
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span::new(self.offset + start, self.offset + last.as_span().end())
    }

    fn error(&mut self, error: SyntaxError, span: Span) {
        self.errors.push((error, span));
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Spanned { node: pair.as_str().to_owned(), span: self.span(pair) }
    }

    fn names(&self, pair: Pair<'_>) -> Vec<Name> {
        let is_name = |part: &Pair<'_>| matches!(part.as_rule(), Rule::name | Rule::free_name);
        pair.into_inner().filter(is_name).map(|name| self.name(&name)).collect()
    }

    // ---- Files and declarations -----------------------------------------------------------------

    /// `file = { SOI ~ header? ~ item* ~ EOI }`
    pub(super) fn file(&mut self, pair: Pair<'_>) -> File {
        let mut file = File::default();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::header => file.header = self.header(part),
                Rule::EOI => {}
                _ => file.items.extend(self.item(part)),
            }
        }
        file
    }

    /// `header = { kw_policy ~ dotted_name ~ (kw_version ~ text)? ~ (kw_layer ~ free_name)? }`
    pub(super) fn header(&mut self, pair: Pair<'_>) -> Option<Header> {
        let span = self.span(&pair);
        let (mut name, mut version, mut layer) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::dotted_name => name = Some(self.name(&part)),
                Rule::text => version = Some(self.message(part, "a version")),
                Rule::free_name => layer = Some(self.name(&part)),
                _ => {}
            }
        }
        Some(Header { name: name?, version, layer, span })
    }

    /// One of the alternatives of `item`. Nothing where it is only a spelling from elsewhere, or
    /// where so much of it is wrong that it has no tree; then there is an error.
    pub(super) fn item(&mut self, pair: Pair<'_>) -> Option<Item> {
        let (rule, span) = (pair.as_rule(), self.span(&pair));
        if self.depth > 0
            && let Some(error) = SyntaxError::misplaced_in_block(rule)
        {
            let at = self.first_word(&pair);
            self.error(error, at);
        }
        let errors = self.errors.len();
        let item = match rule {
            Rule::statement => self.statement(pair),
            Rule::block => self.block(pair).map(Item::Block),
            Rule::set => self.set(pair).map(Item::Set),
            Rule::root => self.root(pair).map(Item::Root),
            Rule::attribute => self.attribute(pair).map(Item::Attribute),
            Rule::default => self.default(pair).map(Item::Default),
            Rule::delegate => Some(Item::Delegate(self.delegate(pair))),
            Rule::include => self.include(pair).map(Item::Include),
            Rule::accept => Some(Item::Accept(Accept { floors: self.names(pair), span })),
            Rule::trust => Some(Item::Trust(self.trust(pair))),
            Rule::test => self.test(pair).map(Item::Test),
            _ => {
                self.semicolon(&pair);
                None
            }
        };
        if item.is_none() && self.errors.len() == errors {
            // The grammar promises more than its reader found. Never drop a sentence in silence.
            self.error(SyntaxError::unreadable(), span);
        }
        item
    }

    fn semicolon(&mut self, pair: &Pair<'_>) {
        let help = "nothing stands between sentences: leave it out";
        self.error(SyntaxError::habit(";", help), self.span(pair));
    }

    /// The place of the first word of a production.
    fn first_word(&self, pair: &Pair<'_>) -> Span {
        let span = self.span(pair);
        let length = pair.as_str().find([' ', '\t', '\n', '\r']).unwrap_or(pair.as_str().len());
        Span::new(span.start as usize, span.start as usize + length)
    }

    /// `set = { set_kind ~ free_name ~ assign ~ members }`
    fn set(&mut self, pair: Pair<'_>) -> Option<Set> {
        let span = self.span(&pair);
        let (mut kind, mut name, mut members) = (None, None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::set_kind => {
                    let found = SetKind::ALL.into_iter().find(|kind| kind.name() == part.as_str());
                    kind = found.map(|node| Spanned { node, span: self.span(&part) });
                }
                Rule::free_name => name = Some(self.name(&part)),
                Rule::members => members = self.objects(part),
                _ => {}
            }
        }
        Some(Set { kind: kind?, name: name?, members, span })
    }

    /// `root = { kw_root ~ name ~ (kw_within ~ text ~ ("," ~ text)*)? }`
    fn root(&mut self, pair: Pair<'_>) -> Option<Root> {
        let span = self.span(&pair);
        let (mut name, mut within) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::text => within.push(self.text(part)),
                _ => {}
            }
        }
        Some(Root { name: name?, within, span })
    }

    /// `attribute = { kw_attribute ~ name ~ colon ~ type }`
    fn attribute(&mut self, pair: Pair<'_>) -> Option<Attribute> {
        let span = self.span(&pair);
        let (mut name, mut ty) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::r#type => {
                    let span = self.span(&part);
                    ty = self.attribute_type(part).map(|node| Spanned { node, span });
                }
                _ => {}
            }
        }
        Some(Attribute { name: name?, ty: ty?, span })
    }

    /// `type = { type_set | type_one | type_word }`
    fn attribute_type(&mut self, pair: Pair<'_>) -> Option<AttributeType> {
        let part = pair.into_inner().next()?;
        Some(match part.as_rule() {
            Rule::type_set => AttributeType::StringSet,
            Rule::type_one => AttributeType::OneOf(self.texts(part, "a word of a closed list")),
            _ => match part.as_str() {
                "string" => AttributeType::String,
                "int" => AttributeType::Int,
                "bool" => AttributeType::Bool,
                "path" => AttributeType::Path,
                "host" => AttributeType::Host,
                "ip" => AttributeType::Ip,
                _ => return None,
            },
        })
    }

    fn texts(&mut self, pair: Pair<'_>, what: &'static str) -> Vec<Text> {
        let texts = pair.into_inner().filter(|part| part.as_rule() == Rule::text);
        texts.map(|part| self.message(part, what)).collect()
    }

    /// `default = { kw_default ~ actions? ~ tier }`
    fn default(&mut self, pair: Pair<'_>) -> Option<Default_> {
        let span = self.span(&pair);
        let (mut actions, mut tier) = (Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::actions => actions = self.actions(part),
                Rule::tier => tier = self.tier(&part),
                _ => {}
            }
        }
        Some(Default_ { actions, tier: tier?, span })
    }

    /// `delegate = { kw_delegate ~ actions ~ kw_to ~ free_name ~ ("," ~ free_name)* }`
    fn delegate(&mut self, pair: Pair<'_>) -> Delegate {
        let span = self.span(&pair);
        let mut delegate = Delegate { actions: Vec::new(), layers: Vec::new(), span };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::actions => delegate.actions = self.actions(part),
                Rule::free_name => delegate.layers.push(self.name(&part)),
                _ => {}
            }
        }
        delegate
    }

    /// `include = { kw_include ~ kw_rules? ~ text }`
    fn include(&mut self, pair: Pair<'_>) -> Option<Include> {
        let span = self.span(&pair);
        let (mut rules, mut path) = (false, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_rules => rules = true,
                Rule::text => path = Some(self.message(part, "a file")),
                _ => {}
            }
        }
        Some(Include { rules, path: path?, span })
    }

    /// `trust = { kw_trust ~ kw_annotations ~ kw_of ~ members }`
    fn trust(&mut self, pair: Pair<'_>) -> Trust {
        let span = self.span(&pair);
        let members = pair.into_inner().find(|part| part.as_rule() == Rule::members);
        Trust { tools: members.map_or_else(Vec::new, |members| self.objects(members)), span }
    }

    // ---- Sentences ------------------------------------------------------------------------------

    /// `statement = { id? ~ (sentence | proof) }`
    fn statement(&mut self, pair: Pair<'_>) -> Option<Item> {
        let span = self.span(&pair);
        let mut id = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::id => id = part.into_inner().next().map(|name| self.name(&name)),
                Rule::sentence => return self.sentence(part, id, span).map(Item::Sentence),
                _ => return self.proof(part, id, span).map(Item::Proof),
            }
        }
        None
    }

    /// `sentence = { verb ~ subject ~ clause* }`
    fn sentence(&mut self, pair: Pair<'_>, id: Option<Name>, span: Span) -> Option<Sentence> {
        let mut parts = pair.into_inner();
        let verb = self.verb(parts.next()?)?;
        let subject = self.subject(parts.next()?);
        let clauses = self.clauses(parts)?;
        let sentence = match verb.node {
            Verb::Tier(_) => "a sentence with a tier",
            Verb::Record(_) => "`record`",
            Verb::Mark(_) => "`mark`",
            Verb::Count => "`count`",
        };
        if !matches!(verb.node, Verb::Tier(_)) {
            self.refuse(&clauses, Clause::With, sentence);
        }
        if verb.node != Verb::Count {
            self.refuse(&clauses, Clause::As, sentence);
        } else if clauses.counted.is_empty() {
            self.error(SyntaxError::CountsAsNothing, verb.span);
        }
        let Clauses { options, counted, because, .. } = clauses;
        let matches = Matches {
            except: clauses.except,
            ports: clauses.ports,
            when: clauses.when,
            unless: clauses.unless,
            span: clauses.matches_end.map_or(subject.span, |end| subject.span.to(end)),
            ..subject
        };
        Some(Sentence { id, verb, matches, options, counted, because, span })
    }

    /// `proof = { claim ~ tier ~ subject ~ clause* }`
    fn proof(&mut self, pair: Pair<'_>, id: Option<Name>, span: Span) -> Option<Proof> {
        let mut parts = pair.into_inner();
        let claim = match parts.next()?.into_inner().next()? {
            never if never.as_rule() == Rule::kw_never => Claim::Never,
            always if always.clone().into_inner().count() > 1 => Claim::AlwaysAtLeast,
            _ => Claim::Always,
        };
        let tier = self.tier(&parts.next()?)?;
        let subject = self.subject(parts.next()?);
        let clauses = self.clauses(parts)?;
        self.refuse(&clauses, Clause::With, "a proof");
        self.refuse(&clauses, Clause::As, "a proof");
        let matches = Matches {
            except: clauses.except,
            ports: clauses.ports,
            when: clauses.when,
            unless: clauses.unless,
            span: clauses.matches_end.map_or(subject.span, |end| subject.span.to(end)),
            ..subject
        };
        Some(Proof { id, claim, tier, matches, because: clauses.because, span })
    }

    fn refuse(&mut self, clauses: &Clauses, clause: Clause, sentence: &'static str) {
        if let Some(&(_, span)) = clauses.seen.iter().find(|(seen, _)| *seen == clause) {
            self.error(SyntaxError::ClauseMisplaced { clause: clause.name(), sentence }, span);
        }
    }

    /// `verb = { tier | record | mark | kw_count | compat_verb }`
    fn verb(&mut self, pair: Pair<'_>) -> Option<Spanned<Verb>> {
        let span = self.span(&pair);
        let part = pair.into_inner().next()?;
        let node = match part.as_rule() {
            Rule::tier => Verb::Tier(Tier::from_name(part.as_str())?),
            Rule::record => {
                let level = part.into_inner().find(|part| part.as_rule() == Rule::level)?;
                Verb::Record(RecordLevel::from_name(level.as_str())?)
            }
            Rule::mark => {
                let name = part.into_inner().find(|part| part.as_rule() == Rule::text)?;
                Verb::Mark(self.message(name, "the name of a mark"))
            }
            Rule::kw_count => Verb::Count,
            _ => {
                let (tier, word) = match part.as_str() {
                    "permit" | "grant" | "approve" => (Tier::Allow, "allow"),
                    "prompt" | "confirm" => (Tier::Ask, "ask"),
                    _ => (Tier::Deny, "deny"),
                };
                let here = format!("it is written `{word}` here");
                self.error(SyntaxError::habit(part.as_str(), here), span);
                Verb::Tier(tier)
            }
        };
        Some(Spanned { node, span })
    }

    fn tier(&self, pair: &Pair<'_>) -> Option<Spanned<Tier>> {
        Some(Spanned { node: Tier::from_name(pair.as_str())?, span: self.span(pair) })
    }

    /// `subject = { actions ~ objects? }`
    fn subject(&mut self, pair: Pair<'_>) -> Matches {
        let span = self.span(&pair);
        let (mut actions, mut objects) = (Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::actions => actions = self.actions(part),
                _ => objects = self.objects(part),
            }
        }
        let (except, ports) = (Vec::new(), Vec::new());
        Matches { actions, objects, except, ports, when: None, unless: None, span }
    }

    /// `actions = { action ~ ("," ~ action)* }`
    fn actions(&self, pair: Pair<'_>) -> Vec<Name> {
        pair.into_inner().map(|action| self.action(action)).collect()
    }

    /// `action = { star | free_name ~ !":" }`
    fn action(&self, pair: Pair<'_>) -> Name {
        match pair.clone().into_inner().next() {
            Some(word) => self.name(&word),
            None => self.name(&pair),
        }
    }

    /// `objects = { object ~ ("," ~ object)* }`
    fn objects(&mut self, pair: Pair<'_>) -> Vec<Object> {
        pair.into_inner().filter_map(|object| self.object(object)).collect()
    }

    /// `object = { text | builtin | star | unix | free_name ~ !":" }`
    fn object(&mut self, pair: Pair<'_>) -> Option<Object> {
        let part = pair.into_inner().next()?;
        let span = self.span(&part);
        Some(match part.as_rule() {
            Rule::text => Object::Pattern(self.text(part)),
            Rule::builtin => Object::Builtin(self.builtin(&part)),
            Rule::star => Object::Star(span),
            Rule::unix => Object::Unix { pattern: self.unix(part)?, span },
            _ => Object::Set(self.name(&part)),
        })
    }

    /// `builtin = @{ "@" ~ name }`
    fn builtin(&self, pair: &Pair<'_>) -> Name {
        let mut name = self.name(pair);
        name.node.remove(0);
        name
    }

    /// `unix = { kw_unix ~ text }`
    fn unix(&mut self, pair: Pair<'_>) -> Option<Text> {
        let text = pair.into_inner().find(|part| part.as_rule() == Rule::text)?;
        Some(self.text(text))
    }

    /// `clause = _{ except | port | when | unless | with | counted | because }`, any number.
    fn clauses(&mut self, pairs: pest::iterators::Pairs<'_, Rule>) -> Option<Clauses> {
        let mut clauses = Clauses::default();
        for pair in pairs {
            let span = self.span(&pair);
            let clause = match pair.as_rule() {
                Rule::except => Clause::Except,
                Rule::port => Clause::Port,
                Rule::when => Clause::When,
                Rule::unless => Clause::Unless,
                Rule::with => Clause::With,
                Rule::counted => Clause::As,
                _ => Clause::Because,
            };
            self.check_order(&clauses, clause, self.first_word(&pair));
            clauses.seen.push((clause, span));
            if clause.rank() <= Clause::When.rank() {
                clauses.matches_end = Some(span);
            }
            self.clause(clause, pair, &mut clauses)?;
        }
        Some(clauses)
    }

    fn check_order(&mut self, clauses: &Clauses, clause: Clause, at: Span) {
        let name = clause.name();
        if clauses.seen.iter().any(|&(seen, _)| seen == clause) {
            self.error(SyntaxError::Twice { clause: name }, at);
        } else if let Some((before, _)) =
            clauses.seen.iter().find(|(seen, _)| seen.rank() > clause.rank())
        {
            self.error(SyntaxError::ClauseOrder { clause: name, before: before.name() }, at);
        }
    }

    fn clause(&mut self, clause: Clause, pair: Pair<'_>, into: &mut Clauses) -> Option<()> {
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::objects => into.except.extend(self.objects(part)),
                Rule::ports => into.ports.extend(self.ports(part)),
                Rule::condition => {
                    let condition = self.condition(part, 0)?;
                    match clause {
                        Clause::When => into.when = Some(condition),
                        _ => into.unless = Some(condition),
                    }
                }
                Rule::option => {
                    let option = self.option(part)?;
                    self.check_option(&into.options, &option);
                    into.options.push(option);
                }
                Rule::counts_as => into.counted.push(self.counts_as(part)?),
                Rule::text => into.because = Some(self.message(part, "a reason")),
                _ => {}
            }
        }
        Some(())
    }

    /// `ports = { number ~ ("-" ~ number)? }`
    fn ports(&mut self, pair: Pair<'_>) -> Option<Spanned<(u16, u16)>> {
        let span = self.span(&pair);
        let mut numbers = pair.clone().into_inner();
        let first = self.port(&numbers.next()?)?;
        let last = match numbers.next() {
            Some(number) => self.port(&number)?,
            None => first,
        };
        if first > last {
            let what = "a range: the smaller port comes first";
            self.error(SyntaxError::Number { found: pair.as_str().to_owned(), what }, span);
            return None;
        }
        Some(Spanned { node: (first, last), span })
    }

    fn port(&mut self, pair: &Pair<'_>) -> Option<u16> {
        let port = pair.as_str().parse().ok();
        if port.is_none() {
            let found = pair.as_str().to_owned();
            self.error(SyntaxError::Number { found, what: "a port (0 to 65535)" }, self.span(pair));
        }
        port
    }

    /// `option = { outside_sandbox | reviewer | timeout | on_failure | remember }`
    fn option(&mut self, pair: Pair<'_>) -> Option<Opt> {
        let span = self.span(&pair);
        let part = pair.into_inner().next()?;
        let rule = part.as_rule();
        if rule == Rule::outside_sandbox {
            return Some(Opt { node: OptKind::OutsideSandbox, span });
        }
        let value = part.into_inner().last()?;
        let node = match rule {
            Rule::reviewer => OptKind::Reviewer(self.message(value, "the name of a reviewer")),
            Rule::timeout => OptKind::Timeout(self.duration(&value)?),
            Rule::on_failure => OptKind::OnFailure(
                [OnFailure::Allow, OnFailure::Ask, OnFailure::Deny]
                    .into_iter()
                    .find(|outcome| outcome.name() == value.as_str())?,
            ),
            _ => OptKind::Remember(
                [Remember::Always, Remember::Session, Remember::Once, Remember::Never]
                    .into_iter()
                    .find(|remember| remember.name() == value.as_str())?,
            ),
        };
        Some(Opt { node, span })
    }

    fn check_option(&mut self, before: &[Opt], option: &Opt) {
        let same = |other: &Opt| {
            core::mem::discriminant(&other.node) == core::mem::discriminant(&option.node)
        };
        if before.iter().any(same) {
            let clause = match option.node {
                OptKind::OutsideSandbox => "outside sandbox",
                OptKind::Reviewer(_) => "reviewer",
                OptKind::Timeout(_) => "timeout",
                OptKind::OnFailure(_) => "on failure",
                OptKind::Remember(_) => "remember",
            };
            self.error(SyntaxError::Twice { clause }, option.span);
        }
    }

    /// `duration = @{ ASCII_DIGIT+ ~ ("ms" | "s" | "m" | "h") ~ word_end }`, in milliseconds.
    fn duration(&mut self, pair: &Pair<'_>) -> Option<u32> {
        let text = pair.as_str();
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit: u32 = match &text[digits.len()..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => 3_600_000,
        };
        let duration = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        if duration.is_none() {
            let (found, what) = (text.to_owned(), "a time of at most 49 days");
            self.error(SyntaxError::Number { found, what }, self.span(pair));
        }
        duration
    }

    /// `counts_as = { action ~ (argument | operands | one_operand) }`
    fn counts_as(&mut self, pair: Pair<'_>) -> Option<Counted> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let action = self.action(parts.next()?);
        let part = parts.next()?;
        let end = part.clone().into_inner().find(|word| word.as_rule() == Rule::end_word);
        let first = end.as_ref().map(|word| word.as_str() == "first");
        let what = match (part.as_rule(), first) {
            (Rule::argument, _) => {
                Operands::Argument(part.as_str().split('.').skip(1).map(str::to_owned).collect())
            }
            (Rule::one_operand, Some(true)) => Operands::First,
            (Rule::one_operand, _) => Operands::Last,
            (_, Some(true)) => Operands::ButFirst,
            (_, Some(false)) => Operands::ButLast,
            (_, None) => Operands::All,
        };
        Some(Counted { action, what, span })
    }

    // ---- Blocks and tests -----------------------------------------------------------------------

    /// `block = { block_head ~ brace_open ~ item* ~ brace_close }`
    fn block(&mut self, pair: Pair<'_>) -> Option<Block> {
        let span = self.span(&pair);
        let (mut head, mut items) = (None, Vec::new());
        self.depth += 1;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::block_head => head = Some((self.span(&part), self.block_head(part))),
                Rule::brace_open | Rule::brace_close => {}
                _ => items.extend(self.item(part)),
            }
        }
        self.depth -= 1;
        let (head_span, head) = head?;
        Some(Block { head: head?, items, span, head_span })
    }

    /// `block_head = { when_head | sandbox_head }`
    pub(super) fn block_head(&mut self, pair: Pair<'_>) -> Option<BlockHead> {
        let part = pair.into_inner().next()?;
        if part.as_rule() == Rule::when_head {
            let condition = part.into_inner().find(|part| part.as_rule() == Rule::condition)?;
            return self.condition(condition, 0).map(BlockHead::When);
        }
        let mut names = self.names(part).into_iter();
        Some(BlockHead::Sandbox { name: names.next()?, extends: names.next() })
    }

    /// The name in the head of a test.
    pub(super) fn test_name(&mut self, pair: Pair<'_>) -> Option<Text> {
        let name = pair.into_inner().find(|part| part.as_rule() == Rule::text)?;
        Some(self.message(name, "the name of a test"))
    }

    /// `test = { kw_test ~ text ~ brace_open ~ test_line* ~ brace_close }`
    fn test(&mut self, pair: Pair<'_>) -> Option<Test> {
        let span = self.span(&pair);
        let (mut name, mut lines) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::text => name = Some(self.message(part, "the name of a test")),
                Rule::kw_test | Rule::brace_open | Rule::brace_close => {}
                _ => lines.extend(self.test_line(part)),
            }
        }
        Some(Test { name: name?, lines, span })
    }

    /// `test_line = _{ expect | given | compat_end }`
    pub(super) fn test_line(&mut self, pair: Pair<'_>) -> Option<TestLine> {
        let (rule, span) = (pair.as_rule(), self.span(&pair));
        let errors = self.errors.len();
        let line = match rule {
            Rule::given => self.facts(pair).map(|facts| TestLine::Given(facts, span)),
            Rule::expect => self.expect(pair).map(TestLine::Expect),
            _ => {
                self.semicolon(&pair);
                None
            }
        };
        if line.is_none() && self.errors.len() == errors {
            self.error(SyntaxError::unreadable(), span);
        }
        line
    }

    /// The `fact`s of `given` and `where`.
    fn facts(&mut self, pair: Pair<'_>) -> Option<Vec<Given>> {
        let facts = pair.into_inner().filter(|part| part.as_rule() == Rule::fact);
        facts.map(|fact| self.fact(fact)).collect()
    }

    /// `fact = { attribute_path ~ assign ~ value }`
    fn fact(&mut self, pair: Pair<'_>) -> Option<Given> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let attribute = self.attribute_path(&parts.next()?);
        let value = self.value(parts.last()?)?;
        Some(Given { attribute, value, span })
    }

    /// `expect = { tier ~ action ~ example? ~ example_port? ~ where? }`
    fn expect(&mut self, pair: Pair<'_>) -> Option<Expect> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let tier = self.tier(&parts.next()?)?;
        let action = self.action(parts.next()?);
        let (mut object, mut port, mut with) = (None, None, Vec::new());
        for part in parts {
            match part.as_rule() {
                Rule::example => object = self.object(part),
                Rule::example_port => {
                    let number = part.into_inner().last()?;
                    port = Some(Spanned { node: self.port(&number)?, span: self.span(&number) });
                }
                _ => with = self.facts(part)?,
            }
        }
        Some(Expect { tier, action, object, port, with, span })
    }

    // ---- Conditions -----------------------------------------------------------------------------

    /// `condition = { conjunction ~ ((or_op | compat_or) ~ conjunction)* }`, below `depth`
    /// parentheses and `not`s.
    fn condition(&mut self, pair: Pair<'_>, depth: usize) -> Option<Condition> {
        let span = self.span(&pair);
        let mut operands = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::conjunction => match self.conjunction(part, depth)? {
                    Condition::Or(inner, _) => operands.extend(inner),
                    other => operands.push(other),
                },
                Rule::compat_or => self.operator(&part, "or"),
                _ => {}
            }
        }
        match operands.len() {
            1 => operands.pop(),
            _ => Some(Condition::Or(operands, span)),
        }
    }

    /// `conjunction = { negation ~ ((and_op | compat_and) ~ negation)* }`
    fn conjunction(&mut self, pair: Pair<'_>, depth: usize) -> Option<Condition> {
        let span = self.span(&pair);
        let mut operands = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::negation => match self.negation(part, depth)? {
                    Condition::And(inner, _) => operands.extend(inner),
                    other => operands.push(other),
                },
                Rule::compat_and => self.operator(&part, "and"),
                _ => {}
            }
        }
        match operands.len() {
            1 => operands.pop(),
            _ => Some(Condition::And(operands, span)),
        }
    }

    fn operator(&mut self, pair: &Pair<'_>, word: &str) {
        let here = format!("it is written `{word}` here");
        self.error(SyntaxError::habit(pair.as_str(), here), self.span(pair));
    }

    /// `negation = { (not_op | compat_not)* ~ (group | marked | question) }`
    fn negation(&mut self, pair: Pair<'_>, depth: usize) -> Option<Condition> {
        let whole = self.span(&pair);
        let mut nots = Vec::new();
        for part in pair.into_inner() {
            if depth + nots.len() > MOST_NESTED {
                self.error(SyntaxError::TooDeep, self.span(&part));
                return None;
            }
            let inner = match part.as_rule() {
                Rule::not_op => {
                    nots.push(self.span(&part));
                    continue;
                }
                Rule::compat_not => {
                    nots.push(self.span(&part));
                    self.operator(&part, "not");
                    continue;
                }
                Rule::group => {
                    let condition = part.into_inner().next()?;
                    self.condition(condition, depth + nots.len() + 1)?
                }
                Rule::marked => self.marked(part)?,
                _ => self.question(part)?,
            };
            let negate = |inner, not: Span| Condition::Not(Box::new(inner), not.to(whole));
            return Some(nots.into_iter().rev().fold(inner, negate));
        }
        None
    }

    /// `marked = { kw_marked ~ text }`
    fn marked(&mut self, pair: Pair<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let name = pair.into_inner().find(|part| part.as_rule() == Rule::text)?;
        Some(Condition::Marked { name: self.message(name, "the name of a mark"), span })
    }

    /// `question = { attribute_path ~ (compare | in_list | like | …)? }`
    fn question(&mut self, pair: Pair<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let attribute = self.attribute_path(&parts.next()?);
        let Some(asked) = parts.next() else {
            return Some(Condition::Holds(attribute));
        };
        Some(match asked.as_rule() {
            Rule::compare => {
                let mut parts = asked.into_inner();
                let op = self.comparison(parts.next()?)?;
                let value = self.value(parts.next()?)?;
                Condition::Compare { attribute, op, value, span }
            }
            Rule::in_list => {
                Condition::In { attribute, list: self.list(asked.into_inner().last()?)?, span }
            }
            Rule::like => {
                let pattern = self.text(asked.into_inner().last()?);
                Condition::Like { attribute, pattern, span }
            }
            Rule::matches => {
                let regex = self.text(asked.into_inner().last()?);
                Condition::Matches { attribute, regex, span }
            }
            Rule::contains => {
                let value = self.value(asked.into_inner().last()?)?;
                Condition::Contains { attribute, value, span }
            }
            Rule::present => {
                if let Some(not) =
                    asked.into_inner().find(|part| part.as_rule() == Rule::compat_is_not)
                {
                    let here = format!("write `not {} is present`", attribute.names.join("."));
                    self.error(SyntaxError::habit("is not", here), self.span(&not));
                }
                Condition::Present { attribute, span }
            }
            _ => {
                let here = format!("write `not {} in …`", attribute.names.join("."));
                let at = self.first_word(&asked);
                self.error(SyntaxError::habit("not in", here), at);
                Condition::In { attribute, list: self.list(asked.into_inner().last()?)?, span }
            }
        })
    }

    /// `attribute_path = @{ !(tier | logic) ~ name ~ ("." ~ segment)* }`
    fn attribute_path(&self, pair: &Pair<'_>) -> AttributePath {
        let names = pair.as_str().split('.').map(str::to_owned).collect();
        AttributePath { names, span: self.span(pair) }
    }

    /// `comparison = { equal | not_equal | … | compat_equal }`
    fn comparison(&mut self, pair: Pair<'_>) -> Option<Spanned<Comparison>> {
        let span = self.span(&pair);
        let part = pair.into_inner().next()?;
        let node = match part.as_rule() {
            Rule::equal => Comparison::Equal,
            Rule::not_equal => Comparison::NotEqual,
            Rule::less => Comparison::Less,
            Rule::less_or_equal => Comparison::LessOrEqual,
            Rule::greater => Comparison::Greater,
            Rule::greater_or_equal => Comparison::GreaterOrEqual,
            _ => {
                let (word, node) = match part.as_str() {
                    "=" | "===" => ("==", Comparison::Equal),
                    _ => ("!=", Comparison::NotEqual),
                };
                self.operator(&part, word);
                node
            }
        };
        Some(Spanned { node, span })
    }

    /// `(value_set | builtin | name)` behind `in`
    fn list(&mut self, pair: Pair<'_>) -> Option<List> {
        Some(match pair.as_rule() {
            Rule::value_set => {
                let span = self.span(&pair);
                List::Values(self.members(pair)?, span)
            }
            Rule::builtin => List::Builtin(self.builtin(&pair)),
            _ => List::Set(self.name(&pair)),
        })
    }

    /// `value_set = { "(" ~ (member ~ ("," ~ member)*)? ~ paren_close }`
    fn members(&mut self, pair: Pair<'_>) -> Option<Vec<Value>> {
        let members = pair.into_inner().filter(|part| part.as_rule() == Rule::member);
        members.map(|member| self.value(member)).collect()
    }

    /// `value = { text | number | value_set | bool | word }`, and `member` without sets.
    fn value(&mut self, pair: Pair<'_>) -> Option<Value> {
        let part = pair.into_inner().next()?;
        let span = self.span(&part);
        Some(match part.as_rule() {
            Rule::text => Value::Text(self.text(part)),
            Rule::value_set => Value::Set(self.members(part)?, span),
            Rule::bool => Value::Bool(part.as_str() == "true", span),
            Rule::number => match part.as_str().parse() {
                Ok(number) => Value::Int(number, span),
                Err(_) => {
                    let (found, what) = (part.as_str().to_owned(), "a number of 64 bits");
                    self.error(SyntaxError::Number { found, what }, span);
                    return None;
                }
            },
            _ => Value::Word(self.name(&part)),
        })
    }

    // ---- Strings --------------------------------------------------------------------------------

    /// A string that is read by people or compared as it is: `i` says nothing there.
    fn message(&mut self, pair: Pair<'_>, what: &'static str) -> Text {
        let text = self.text(pair);
        if text.kind == TextKind::IgnoreCase {
            let start = text.span.start as usize;
            self.error(SyntaxError::CaseOfText { what }, Span::new(start, start + 1));
        }
        text
    }

    /// `text = @{ plain_text | raw_text | compat_quoted }`
    fn text(&mut self, pair: Pair<'_>) -> Text {
        let span = self.span(&pair);
        let whole = pair.as_str();
        let (kind, prefix) = match whole.chars().next() {
            Some('r') => (TextKind::Raw, 2),
            Some('i') => (TextKind::IgnoreCase, 2),
            Some(quote) => (TextKind::Plain, quote.len_utf8()),
            None => (TextKind::Plain, 0),
        };
        let closing = whole.chars().next_back().map_or(0, char::len_utf8);
        let inner = whole.get(prefix..whole.len() - closing).unwrap_or_default();
        let foreign = !whole.ends_with('"');
        if foreign {
            let quote = whole.chars().take(1).collect::<String>();
            self.error(SyntaxError::habit(quote, "strings stand in double quotes: `\"…\"`"), span);
        }
        if kind == TextKind::Raw || foreign || !inner.contains('\\') {
            return Text { value: inner.to_owned(), kind, span, shifts: Vec::new() };
        }
        let (value, shifts) = self.unescape(inner, span.start as usize + prefix);
        Text { value, kind, span, shifts }
    }

    /// Replaces the escapes of a string whose inside begins at byte `start` of the source.
    fn unescape(&mut self, inner: &str, start: usize) -> (String, Vec<(u32, u32)>) {
        let mut value = String::with_capacity(inner.len());
        let mut shifts = Vec::new();
        let mut rest = inner;
        while let Some(backslash) = rest.find('\\') {
            value.push_str(&rest[..backslash]);
            let escape = &rest[backslash..];
            let at = start + inner.len() - escape.len();
            let (c, length) = match read_escape(escape) {
                Ok(read) => read,
                Err((length, help)) => {
                    let escape = escape[..length].to_owned();
                    let span = Span::new(at, at + length);
                    self.error(SyntaxError::Escape { escape, help }, span);
                    (char::REPLACEMENT_CHARACTER, length)
                }
            };
            value.push(c);
            shifts.push((value.len() as u32, (at + length) as u32));
            rest = &escape[length..];
        }
        value.push_str(rest);
        (value, shifts)
    }
}

/// The character that an escape stands for, and the escape's length; or, where there is none, the
/// length of what is wrong and how it is written.
fn read_escape(escape: &str) -> Result<(char, usize), (usize, &'static str)> {
    const KNOWN: &str = "the escapes are `\\\"`, `\\\\`, `\\n` and `\\u{…}`";
    let second = escape.chars().nth(1);
    match second {
        Some('"') => Ok(('"', 2)),
        Some('\\') => Ok(('\\', 2)),
        Some('n') => Ok(('\n', 2)),
        Some('u') => {
            const FORM: &str =
                "a character by its number is `\\u{…}`: up to six hexadecimal digits";
            let Some(after) = escape[2..].strip_prefix('{') else { return Err((2, FORM)) };
            let Some(length) = after.find('}') else { return Err((3, FORM)) };
            let whole = 3 + length + 1;
            let digits = &after[..length];
            let is_number =
                (1..=6).contains(&length) && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number);
            match number.and_then(char::from_u32) {
                Some(c) => Ok((c, whole)),
                None => Err((whole, FORM)),
            }
        }
        Some(c) if c.is_ascii_alphanumeric() || c.is_ascii_punctuation() => Err((
            2,
            "the escapes are `\\\"`, `\\\\`, `\\n` and `\\u{…}`; in `r\"…\"` a `\\` stands for itself",
        )),
        second => Err((1 + second.map_or(0, char::len_utf8), KNOWN)),
    }
}
