//! Pieces of a tree as text on one line.

use crate::diagnostic::is_hidden;
use crate::syntax::ast::*;
use policy_eval::Tier;

/// The head of a sentence on one line: `deny run "git push {--force|-f}" when branch == "main"`.
///
/// It says what the sentence matches and what it does with it, not with which options and why. A
/// sentence without an ID is named by it, so that reports stay the same when lines move.
pub fn head(sentence: &Sentence) -> String {
    let mut out = verb(&sentence.verb.node);
    out.push(' ');
    out.push_str(&matches(&sentence.matches));
    out
}

/// The head of a proof on one line: `never allow write * except "$workspace/**"`.
pub fn proof_head(proof: &Proof) -> String {
    format!("{} {}", claim(proof.claim, proof.tier.node), matches(&proof.matches))
}

/// The verb with what belongs to it: `record full`, `mark "secret"`.
pub(super) fn verb(verb: &Verb) -> String {
    match verb {
        Verb::Tier(tier) => tier.name().to_owned(),
        Verb::Record(level) => format!("record {level}"),
        Verb::Mark(name) => format!("mark {}", text(name)),
        Verb::Count => "count".to_owned(),
    }
}

/// What a proof claims: `never allow`.
pub(super) fn claim(claim: Claim, tier: Tier) -> String {
    match claim {
        Claim::Never => format!("never {tier}"),
        Claim::Always => format!("always {tier}"),
        Claim::AlwaysAtLeast => format!("always at least {tier}"),
    }
}

/// What a sentence speaks of, with its clauses.
fn matches(matches: &Matches) -> String {
    let subject = subject(matches);
    let clauses = match_clauses(matches);
    [subject].into_iter().chain(clauses).collect::<Vec<_>>().join(" ")
}

/// Actions and objects.
fn subject(matches: &Matches) -> String {
    let mut out = names(&matches.actions);
    if !matches.objects.is_empty() {
        out.push(' ');
        out.push_str(&objects(&matches.objects));
    }
    out
}

/// The clauses that say what is matched, in their order.
pub(super) fn match_clauses(matches: &Matches) -> Vec<String> {
    let mut clauses = Vec::new();
    if !matches.except.is_empty() {
        clauses.push(format!("except {}", objects(&matches.except)));
    }
    if !matches.ports.is_empty() {
        let ports = list(&matches.ports, |range| match range.node {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        });
        clauses.push(format!("port {ports}"));
    }
    let conditions = [("when", &matches.when), ("unless", &matches.unless)];
    for (word, written) in conditions {
        clauses.extend(written.iter().map(|written| format!("{word} {}", condition(written))));
    }
    clauses
}

/// Several things with commas between them.
pub(super) fn list<T>(things: &[T], one: impl Fn(&T) -> String) -> String {
    things.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn names(names: &[Name]) -> String {
    list(names, |name| name.node.clone())
}

pub(super) fn objects(objects: &[Object]) -> String {
    list(objects, object)
}

pub(super) fn object(object: &Object) -> String {
    match object {
        Object::Pattern(pattern) => text(pattern),
        Object::Unix { pattern, .. } => format!("unix {}", text(pattern)),
        Object::Set(name) => name.node.clone(),
        Object::Builtin(name) => format!("@{}", name.node),
        Object::Star(_) => "*".to_owned(),
    }
}

/// A condition, with parentheses where the tree asks for them and around `and` in `or`, which few
/// readers know by heart.
pub(super) fn condition(condition: &Condition) -> String {
    let inner = |operand: &Condition| match operand {
        Condition::Or(..) | Condition::And(..) => format!("({})", self::condition(operand)),
        _ => self::condition(operand),
    };
    match condition {
        Condition::Or(operands, _) => operands.iter().map(inner).collect::<Vec<_>>().join(" or "),
        Condition::And(operands, _) => operands.iter().map(inner).collect::<Vec<_>>().join(" and "),
        Condition::Not(operand, _) => format!("not {}", inner(operand)),
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

pub(super) fn path(path: &AttributePath) -> String {
    path.names.join(".")
}

pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(written) => text(written),
        Value::Int(number, _) => number.to_string(),
        Value::Bool(truth, _) => truth.to_string(),
        Value::Word(name) => name.node.clone(),
        Value::Set(members, _) => format!("({})", list(members, self::value)),
    }
}

/// A string literal of the kind that was written, as long as that can hold the value.
pub(super) fn text(text: &Text) -> String {
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
