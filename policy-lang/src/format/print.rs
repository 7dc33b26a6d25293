//! What stands in a line: each kind of item as atoms, the words and values that are never parted.
//!
//! An atom knows where it ended in the text that it came from, so that a comment finds the place
//! that it stood at.

use crate::diagnostic::is_hidden;
use crate::span::Span;
use crate::syntax::ast::*;

/// The head of a sentence on one line: `deny run "git push {--force|-f}" when branch == "main"`.
///
/// It says what the sentence matches and what it does with it, not with which options and why. A
/// sentence without an ID is named by it, so that reports stay the same when lines move.
pub fn head(sentence: &Sentence) -> String {
    format!("{} {}", verb(&sentence.verb.node), matches(&sentence.matches))
}

/// The head of a proof on one line: `never allow write * except "$workspace/**"`.
pub fn proof_head(proof: &Proof) -> String {
    let claim = match proof.claim {
        Claim::Never => "never",
        Claim::Always => "always",
        Claim::AlwaysAtLeast => "always at least",
    };
    format!("{claim} {} {}", proof.tier.node, matches(&proof.matches))
}

/// Something that no line break parts.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    pub(super) text: String,
    /// Where it ends in the text that it was read from.
    pub(super) end: u32,
}

impl Atom {
    fn new(text: impl Into<String>, end: u32) -> Atom {
        Atom { text: text.into(), end }
    }
}

/// What a unit of a list looks like.
pub(super) enum Shape {
    /// A sentence, a proof, or a line of a test that expects something.
    Row(Row),
    /// A named set.
    Set {
        kind: Atom,
        name: Atom,
        members: Vec<Atom>,
    },
    /// Anything else.
    Words(Vec<Atom>),
    Comment(String),
}

/// A line with columns.
pub(super) struct Row {
    pub(super) id: Option<Atom>,
    pub(super) verb: Atom,
    /// The word behind the verb, and which others it is aligned with.
    pub(super) second: Option<(Aligned, Atom)>,
    /// Actions and objects.
    pub(super) subject: Vec<Atom>,
    /// Clauses that stay close to the objects.
    pub(super) glued: Vec<Vec<Atom>>,
    /// Clauses that have a column.
    pub(super) clauses: Vec<Vec<Atom>>,
}

/// Which words behind a verb stand below one another.
#[derive(Clone, Copy)]
pub(super) enum Aligned {
    /// Of `record`.
    Level,
    /// Of `never` and `always`.
    Tier,
    /// Of the lines of a test.
    Action,
    /// Of `always at least`.
    Bound,
}

/// How many kinds of aligned words there are.
pub(super) const ALIGNED_KINDS: usize = 4;

impl Shape {
    /// The ends of its atoms, in the order in which they are written.
    pub(super) fn ends(&self) -> Vec<u32> {
        let atoms: Vec<&Atom> = match self {
            Shape::Row(row) => {
                let beginning = row.id.iter().chain([&row.verb]);
                let second = row.second.iter().map(|(_, atom)| atom);
                let pieces = row.glued.iter().chain(&row.clauses).flatten();
                beginning.chain(second).chain(&row.subject).chain(pieces).collect()
            }
            Shape::Set { kind, name, members } => [kind, name].into_iter().chain(members).collect(),
            Shape::Words(atoms) => atoms.iter().collect(),
            Shape::Comment(_) => Vec::new(),
        };
        atoms.into_iter().map(|atom| atom.end).collect()
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

// ---- Items --------------------------------------------------------------------------------------

pub(super) fn header(header: &Header) -> Vec<Atom> {
    let mut atoms = vec![Atom::new(format!("policy {}", header.name.node), header.name.span.end)];
    if let Some(version) = &header.version {
        atoms.push(Atom::new(format!("version {}", text(version)), version.span.end));
    }
    if let Some(layer) = &header.layer {
        atoms.push(Atom::new(format!("layer {}", layer.node), layer.span.end));
    }
    atoms
}

pub(super) fn item(item: &Item) -> Shape {
    Shape::Words(match item {
        Item::Set(set) => {
            let end = set.kind.span.end;
            let kind = Atom::new(set.kind.node.name(), end);
            let name = Atom::new(&set.name.node, set.name.span.end);
            return Shape::Set { kind, name, members: objects(&set.members) };
        }
        Item::Sentence(sentence) => return Shape::Row(self::sentence(sentence)),
        Item::Proof(proof) => return Shape::Row(self::proof(proof)),
        Item::Root(root) => {
            let mut atoms = vec![Atom::new(format!("root {}", root.name.node), root.name.span.end)];
            atoms.extend(led_by("within", texts(&root.within)));
            atoms
        }
        Item::Attribute(attribute) => {
            let name = format!("attribute {}:", attribute.name.node);
            let mut atoms = vec![Atom::new(name, attribute.name.span.end)];
            atoms.extend(attribute_type(&attribute.ty.node, attribute.ty.span.end));
            atoms
        }
        Item::Default(default) => {
            let mut atoms = led_by("default", names(&default.actions));
            let tier = Atom::new(default.tier.node.name(), default.tier.span.end);
            match atoms.is_empty() {
                true => atoms = led_by("default", vec![tier]),
                false => atoms.push(tier),
            }
            atoms
        }
        Item::Delegate(delegate) => {
            let mut atoms = led_by("delegate", names(&delegate.actions));
            atoms.extend(led_by("to", names(&delegate.layers)));
            atoms
        }
        Item::Include(include) => {
            let word = if include.rules { "include rules" } else { "include" };
            led_by(word, texts(std::slice::from_ref(&include.path)))
        }
        Item::Accept(accept) => led_by("accept", names(&accept.floors)),
        Item::Trust(trust) => led_by("trust annotations of", objects(&trust.tools)),
        // Their heads are written with their braces.
        Item::Block(_) | Item::Test(_) => Vec::new(),
    })
}

fn attribute_type(ty: &AttributeType, end: u32) -> Vec<Atom> {
    let word = match ty {
        AttributeType::String => "string",
        AttributeType::Int => "int",
        AttributeType::Bool => "bool",
        AttributeType::Path => "path",
        AttributeType::Host => "host",
        AttributeType::Ip => "ip",
        AttributeType::StringSet => "set of string",
        AttributeType::OneOf(words) => return parenthesised("one of", texts(words)),
    };
    vec![Atom::new(word, end)]
}

fn sentence(sentence: &Sentence) -> Row {
    let Span { start: verb_start, end: verb_end } = sentence.verb.span;
    let (verb, second) = match &sentence.verb.node {
        Verb::Tier(tier) => (tier.name(), None),
        Verb::Record(level) => {
            ("record", Some((Aligned::Level, Atom::new(level.name(), verb_end))))
        }
        Verb::Mark(_) => ("mark", None),
        Verb::Count => ("count", None),
    };
    // Of a verb of two words only the end of the second is known.
    let has_two_words = matches!(sentence.verb.node, Verb::Record(_) | Verb::Mark(_));
    let first_end = if has_two_words { verb_start } else { verb_end };
    let mut subject = Vec::new();
    if let Verb::Mark(name) = &sentence.verb.node {
        subject.push(Atom::new(text(name), name.span.end));
    }
    subject.extend(names(&sentence.matches.actions));
    subject.extend(objects(&sentence.matches.objects));
    let mut clauses = conditions(&sentence.matches);
    let options =
        sentence.options.iter().map(|option| Atom::new(self::option(option), option.span.end));
    clauses.push(led_by("with", commas(options.collect())));
    let counted =
        sentence.counted.iter().map(|counted| Atom::new(self::counted(counted), counted.span.end));
    clauses.push(led_by("as", commas(counted.collect())));
    clauses.extend(because(sentence.because.as_ref()));
    clauses.retain(|clause| !clause.is_empty());
    Row {
        id: id(sentence.id.as_ref()),
        verb: Atom::new(verb, first_end),
        second,
        subject,
        glued: glued(&sentence.matches),
        clauses,
    }
}

fn proof(proof: &Proof) -> Row {
    let tier = proof.tier.node.name();
    let (verb, kind, second) = match proof.claim {
        Claim::Never => ("never", Aligned::Tier, tier.to_owned()),
        Claim::Always => ("always", Aligned::Tier, tier.to_owned()),
        Claim::AlwaysAtLeast => ("always", Aligned::Bound, format!("at least {tier}")),
    };
    let mut subject = names(&proof.matches.actions);
    subject.extend(objects(&proof.matches.objects));
    let mut clauses = conditions(&proof.matches);
    clauses.extend(because(proof.because.as_ref()));
    let id = id(proof.id.as_ref());
    // The claim has no place of its own. It ends before the tier, and nothing stands before it.
    let verb = Atom::new(verb, id.as_ref().map_or(proof.span.start, |id| id.end));
    let second = Some((kind, Atom::new(second, proof.tier.span.end)));
    Row { id, verb, second, subject, glued: glued(&proof.matches), clauses }
}

fn id(id: Option<&Name>) -> Option<Atom> {
    id.map(|name| Atom::new(format!("{}:", name.node), name.span.end))
}

fn because(reason: Option<&Text>) -> Option<Vec<Atom>> {
    reason.map(|reason| vec![Atom::new(format!("because {}", text(reason)), reason.span.end)])
}

pub(super) fn test_line(line: &TestLine) -> Shape {
    match line {
        TestLine::Given(facts, _) => Shape::Words(led_by("given", self::facts(facts))),
        TestLine::Expect(expect) => {
            let port = expect.port.as_ref();
            let port =
                port.map(|port| vec![Atom::new(format!("port {}", port.node), port.span.end)]);
            let clauses = [led_by("where", facts(&expect.with))];
            let action = Atom::new(&expect.action.node, expect.action.span.end);
            Shape::Row(Row {
                id: None,
                verb: Atom::new(expect.tier.node.name(), expect.tier.span.end),
                second: Some((Aligned::Action, action)),
                subject: expect.object.iter().map(|o| Atom::new(object(o), o.span().end)).collect(),
                glued: port.into_iter().collect(),
                clauses: clauses.into_iter().filter(|clause| !clause.is_empty()).collect(),
            })
        }
    }
}

fn facts(facts: &[Given]) -> Vec<Atom> {
    let fact = |given: &Given| format!("{} = {}", path(&given.attribute), value(&given.value));
    commas(facts.iter().map(|given| Atom::new(fact(given), given.span.end)).collect())
}

pub(super) fn block_head(head: &BlockHead, end: u32) -> Vec<Atom> {
    match head {
        BlockHead::When(written) => condition_atoms("when", written),
        BlockHead::Sandbox { name, extends } => {
            let mut atoms = vec![Atom::new(format!("sandbox {}", name.node), name.span.end)];
            atoms.extend(
                extends.iter().map(|other| Atom::new(format!("extends {}", other.node), end)),
            );
            atoms
        }
    }
}

pub(super) fn test_head(test: &Test) -> Vec<Atom> {
    vec![Atom::new(format!("test {}", text(&test.name)), test.name.span.end)]
}

// ---- Pieces of sentences ------------------------------------------------------------------------

/// The clauses that stay close to the objects.
fn glued(matches: &Matches) -> Vec<Vec<Atom>> {
    let ports = matches.ports.iter().map(|range| Atom::new(ports(range.node), range.span.end));
    let pieces =
        [led_by("except", objects(&matches.except)), led_by("port", commas(ports.collect()))];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

fn conditions(matches: &Matches) -> Vec<Vec<Atom>> {
    let when = matches.when.iter().map(|written| condition_atoms("when", written));
    let unless = matches.unless.iter().map(|written| condition_atoms("unless", written));
    when.chain(unless).collect()
}

/// A condition that may be parted before the `and`s or `or`s on its top.
fn condition_atoms(word: &str, written: &Condition) -> Vec<Atom> {
    let (operands, operator) = match written {
        Condition::And(operands, _) => (operands.as_slice(), "and"),
        Condition::Or(operands, _) => (operands.as_slice(), "or"),
        single => (std::slice::from_ref(single), ""),
    };
    let words = std::iter::once(word).chain(std::iter::repeat(operator));
    let atom = |(word, part): (&str, &Condition)| {
        Atom::new(format!("{word} {}", operand(part)), part.span().end)
    };
    words.zip(operands).map(atom).collect()
}

/// Puts a keyword before the first atom. Nothing where there is none.
fn led_by(word: &str, mut atoms: Vec<Atom>) -> Vec<Atom> {
    if let Some(first) = atoms.first_mut() {
        first.text = format!("{word} {}", first.text);
    }
    atoms
}

/// Puts commas between atoms.
fn commas(mut atoms: Vec<Atom>) -> Vec<Atom> {
    if let Some((_, most)) = atoms.split_last_mut() {
        most.iter_mut().for_each(|atom| atom.text.push(','));
    }
    atoms
}

fn parenthesised(word: &str, mut atoms: Vec<Atom>) -> Vec<Atom> {
    if let Some(first) = atoms.first_mut() {
        first.text = format!("{word} ({}", first.text);
    }
    if let Some(last) = atoms.last_mut() {
        last.text.push(')');
    }
    atoms
}

fn names(names: &[Name]) -> Vec<Atom> {
    commas(names.iter().map(|name| Atom::new(&name.node, name.span.end)).collect())
}

fn texts(texts: &[Text]) -> Vec<Atom> {
    commas(texts.iter().map(|one| Atom::new(text(one), one.span.end)).collect())
}

fn objects(objects: &[Object]) -> Vec<Atom> {
    commas(objects.iter().map(|one| Atom::new(object(one), one.span().end)).collect())
}

fn option(option: &Opt) -> String {
    match &option.node {
        OptKind::OutsideSandbox => "outside sandbox".to_owned(),
        OptKind::Reviewer(name) => format!("reviewer {}", text(name)),
        OptKind::Timeout(milliseconds) => format!("timeout {}", duration(*milliseconds)),
        OptKind::OnFailure(outcome) => format!("on failure {}", outcome.name()),
        OptKind::Remember(remember) => format!("remember {}", remember.name()),
    }
}

/// A time in the largest unit that makes it a whole number; a minute and less in seconds.
pub(crate) fn duration(milliseconds: u32) -> String {
    match milliseconds {
        ms if ms % 1_000 != 0 || ms == 0 => format!("{ms}ms"),
        ms if ms % 60_000 != 0 || ms == 60_000 => format!("{}s", ms / 1_000),
        ms if ms % 3_600_000 != 0 => format!("{}m", ms / 60_000),
        ms => format!("{}h", ms / 3_600_000),
    }
}

fn counted(counted: &Counted) -> String {
    let what = match &counted.what {
        Operands::All => "operands".to_owned(),
        Operands::ButFirst => "operands but first".to_owned(),
        Operands::ButLast => "operands but last".to_owned(),
        Operands::First => "first operand".to_owned(),
        Operands::Last => "last operand".to_owned(),
        Operands::Argument(names) => format!("args.{}", names.join(".")),
    };
    format!("{} {what}", counted.action.node)
}

// ---- On one line --------------------------------------------------------------------------------

/// The verb with what belongs to it: `record full`, `mark "secret"`.
fn verb(verb: &Verb) -> String {
    match verb {
        Verb::Tier(tier) => tier.name().to_owned(),
        Verb::Record(level) => format!("record {level}"),
        Verb::Mark(name) => format!("mark {}", text(name)),
        Verb::Count => "count".to_owned(),
    }
}

/// What a sentence speaks of, with its clauses.
fn matches(matches: &Matches) -> String {
    let mut pieces = vec![names(&matches.actions), objects(&matches.objects)];
    pieces.extend(glued(matches));
    pieces.extend(conditions(matches));
    let atoms: Vec<String> = pieces.into_iter().flatten().map(|atom| atom.text).collect();
    atoms.join(" ")
}

fn ports((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// Several things with commas between them.
fn list<T>(things: &[T], one: impl Fn(&T) -> String) -> String {
    things.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn object(object: &Object) -> String {
    match object {
        Object::Pattern(pattern) => text(pattern),
        Object::Unix { pattern, .. } => format!("unix {}", text(pattern)),
        Object::Set(name) => name.node.clone(),
        Object::Builtin(name) => format!("@{}", name.node),
        Object::Star(_) => "*".to_owned(),
    }
}

/// A part of a condition, in parentheses where it has parts itself. `and` binds closer than `or`,
/// but few readers know that by heart.
fn operand(part: &Condition) -> String {
    match part {
        Condition::Or(..) | Condition::And(..) => format!("({})", condition(part)),
        _ => condition(part),
    }
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Or(operands, _) => operands.iter().map(operand).collect::<Vec<_>>().join(" or "),
        Condition::And(operands, _) => {
            operands.iter().map(operand).collect::<Vec<_>>().join(" and ")
        }
        Condition::Not(inner, _) => format!("not {}", operand(inner)),
        Condition::Compare { attribute, op, value: right, .. } => {
            format!("{} {} {}", path(attribute), comparison(op.node), value(right))
        }
        Condition::In { attribute, list: members, .. } => match members {
            List::Values(values, _) => format!("{} in ({})", path(attribute), list(values, value)),
            List::Set(name) => format!("{} in {}", path(attribute), name.node),
            List::Builtin(name) => format!("{} in @{}", path(attribute), name.node),
        },
        Condition::Like { attribute, pattern, .. } => {
            format!("{} like {}", path(attribute), text(pattern))
        }
        Condition::Matches { attribute, regex, .. } => {
            format!("{} matches {}", path(attribute), text(regex))
        }
        Condition::Contains { attribute, value: member, .. } => {
            format!("{} contains {}", path(attribute), value(member))
        }
        Condition::Marked { name, .. } => format!("marked {}", text(name)),
        Condition::Present { attribute, .. } => format!("{} is present", path(attribute)),
        Condition::Holds(attribute) => path(attribute),
    }
}

fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn path(path: &AttributePath) -> String {
    path.names.join(".")
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(written) => text(written),
        Value::Int(number, _) => number.to_string(),
        Value::Bool(truth, _) => truth.to_string(),
        Value::Word(name) => name.node.clone(),
        Value::Set(members, _) => format!("({})", list(members, self::value)),
    }
}

/// A string literal of the kind that was written, as long as that can hold the value.
fn text(text: &Text) -> String {
    match text.kind {
        TextKind::Raw if !text.value.contains(['"', '\n']) => format!("r\"{}\"", text.value),
        TextKind::Raw | TextKind::Plain => format!("\"{}\"", escape(&text.value)),
        TextKind::IgnoreCase => format!("i\"{}\"", escape(&text.value)),
    }
}

/// A value with escapes for what a string cannot hold or a reader cannot see.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if is_hidden(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}
