//! Formulas in words: for graphs, reports and the eyes of who mends the checker.

use std::fmt::Write as _;

use policy_eval::{Action, Attr};

use super::pattern::{PathBase, PathItem, PathPattern, Piece, TokenPattern};
use super::{Atom, AttrRef, Formula, Model};

/// A formula in words close to those of the language: `command git push ... and not branch == "main"`.
///
/// Patterns stand as they were written; text comes from the policy and is not made safe to print.
///
/// # Cost
/// Linear in the size of the formula.
pub fn formula(model: &Model, formula: &Formula) -> String {
    match formula {
        Formula::True => "always".to_owned(),
        Formula::Atom(one) => atom(model, one),
        Formula::Not(inner) => format!("not {}", operand(model, inner)),
        Formula::And(parts) => joined(model, parts, " and ", "always"),
        Formula::Or(parts) => joined(model, parts, " or ", "never"),
    }
}

fn joined(model: &Model, parts: &[Formula], between: &str, none: &str) -> String {
    match parts {
        [] => none.to_owned(),
        parts => parts.iter().map(|part| operand(model, part)).collect::<Vec<_>>().join(between),
    }
}

fn operand(model: &Model, part: &Formula) -> String {
    match part {
        Formula::And(parts) | Formula::Or(parts) if parts.len() > 1 => {
            format!("({})", formula(model, part))
        }
        _ => formula(model, part),
    }
}

/// An atom in words.
pub fn atom(model: &Model, atom: &Atom) -> String {
    // A built-in set is many patterns that are written alike.
    let list = |mut patterns: Vec<&str>| {
        patterns.dedup();
        patterns.join(", ")
    };
    let tokens = |patterns: &[TokenPattern]| {
        patterns
            .iter()
            .map(|pattern| format!("\"{}\"", token(pattern)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match atom {
        Atom::Path(attr, patterns) => {
            let written = patterns.iter().map(|pattern| &*pattern.written).collect();
            format!("{} in {}", attribute(model, attr), list(written))
        }
        Atom::Command(patterns) => {
            format!("command {}", list(patterns.iter().map(|pattern| &*pattern.written).collect()))
        }
        Atom::Destination(patterns) => {
            let written = patterns.iter().map(|pattern| &*pattern.written).collect();
            format!("destination {}", list(written))
        }
        Atom::Host(attr, patterns) => {
            let written = patterns.iter().map(|pattern| &*pattern.written).collect();
            format!("{} in {}", attribute(model, attr), list(written))
        }
        Atom::Pair(patterns) => list(patterns.iter().map(|pattern| &*pattern.written).collect()),
        Atom::Text(attr, patterns) => {
            let name = attribute(model, attr);
            match &patterns[..] {
                [one] => format!("{name} {}", compared(one)),
                _ => format!("{name} in ({})", tokens(patterns)),
            }
        }
        Atom::Int(attr, ranges) => {
            let ranges: Vec<_> = ranges.iter().map(number_range).collect();
            format!("{} in {}", attribute(model, attr), ranges.join(", "))
        }
        Atom::Bool(attr) => attribute(model, attr),
        Atom::Contains(attr, pattern) => {
            format!("{} contains \"{}\"", attribute(model, attr), token(pattern))
        }
        Atom::SetEquals(attr, members) => {
            let members: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
            format!("{} == ({})", attribute(model, attr), members.join(", "))
        }
        Atom::Marked(mark) => {
            let name = model.marks.get(usize::from(mark.0)).map_or("", |mark| mark);
            format!("marked \"{name}\"")
        }
        Atom::Present(attr) => format!("{} is present", attribute(model, attr)),
    }
}

/// The comparison with one pattern: `== "main"`, `like "release/*"`, `matches r"[a-z]+"`.
fn compared(pattern: &TokenPattern) -> String {
    match (pattern.as_literal(), &pattern.pieces[..]) {
        (Some(text), _) => format!("== \"{text}\""),
        (None, [Piece::Regex(source)]) => format!("matches r\"{source}\""),
        (None, _) => format!("like \"{}\"", token(pattern)),
    }
}

/// What a region is told with, beside the formula.
pub(crate) struct Told<'t> {
    /// The formula that stood there before, or came in its place: what both name is not told.
    pub(crate) other: Option<&'t Formula>,
    /// Whether the request in question meets a pattern.
    pub(crate) meets: &'t dyn Fn(&Atom) -> bool,
}

/// What requests a formula describes, as a sentence of the language would: ``"`connect` to
/// `*.corp.acme.com`, port 443, unless branch == \"main\""``.
///
/// Of a long list those patterns are named that the request in question meets.
///
/// # Cost
/// Linear in the size of the formula.
pub(crate) fn region(model: &Model, action: Action, formula: &Formula, told: &Told<'_>) -> String {
    let (mut objects, mut except, mut ports, mut when, mut unless) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in formula.conjuncts() {
        match part {
            Formula::Atom(Atom::Int(AttrRef::Builtin(Attr::Port), ranges)) => {
                ports.extend(ranges.iter().map(number_range));
            }
            Formula::Atom(atom) if let Some(list) = written(atom) => objects.extend(list),
            Formula::Not(inner) => match &**inner {
                Formula::Atom(atom) if let Some(list) = written(atom) => except.extend(list),
                inner => unless.push(self::operand(model, inner)),
            },
            other => when.push(self::operand(model, other)),
        }
    }
    if let Some(other) = told.other {
        let (others, excepted) = objects_of(other);
        let is_met = |(_, atom): &&Named| (told.meets)(atom);
        let is_new = |(name, _): &&Named| others.iter().all(|(known, _)| known != name);
        let own: Vec<Named> = objects.iter().filter(is_new).cloned().collect();
        let lifted = excepted
            .iter()
            .filter(|(name, _)| except.iter().all(|(known, _)| known != name))
            .filter(is_met);
        let lifted: Vec<Named> = lifted.cloned().collect();
        if !lifted.is_empty() {
            (objects, except) = (lifted, Vec::new());
        } else if !others.is_empty() && own.iter().any(|one| is_met(&one)) {
            objects = own;
        }
    }
    let (objects, except) = (listed(objects, told.meets), listed(except, told.meets));
    let preposition = match action {
        Action::Connect => " to",
        Action::Listen => " at",
        Action::Fetch => " from",
        _ => " of",
    };
    let mut out = format!("`{action}`");
    if !objects.is_empty() {
        let _ = write!(out, "{preposition} {objects}");
    }
    if !except.is_empty() {
        let _ = write!(out, " except {except}");
    }
    if !ports.is_empty() {
        let _ = write!(out, ", port {}", ports.join(", "));
    }
    if !when.is_empty() {
        let _ = write!(out, ", when {}", when.join(" and "));
    }
    if !unless.is_empty() {
        let _ = write!(out, ", unless {}", unless.join(" and "));
    }
    out
}

/// A pattern as it is written, and as an atom.
type Named = (String, Atom);

/// The objects of a formula, and what it takes out of them.
fn objects_of(formula: &Formula) -> (Vec<Named>, Vec<Named>) {
    let (mut objects, mut except) = (Vec::new(), Vec::new());
    for part in formula.conjuncts() {
        match part {
            Formula::Atom(atom) => objects.extend(written(atom).unwrap_or_default()),
            Formula::Not(inner) => {
                if let Formula::Atom(atom) = &**inner {
                    except.extend(written(atom).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    (objects, except)
}

/// The patterns of an atom that is what an action is done to, and each as an atom. What is written
/// as one pattern may be several.
fn written(atom: &Atom) -> Option<Vec<Named>> {
    fn each<P: Clone>(
        patterns: &[P],
        name: impl Fn(&P) -> String,
        atom: impl Fn(Vec<P>) -> Atom,
    ) -> Vec<Named> {
        let same = patterns.chunk_by(|one, other| name(one) == name(other));
        same.map(|all| (name(&all[0]), atom(all.to_vec()))).collect()
    }
    Some(match atom {
        Atom::Path(attr @ AttrRef::Builtin(Attr::Path), patterns) => {
            each(patterns, |one| one.written.clone(), |all| Atom::Path(attr.clone(), all))
        }
        Atom::Command(patterns) => each(patterns, |one| one.written.clone(), Atom::Command),
        Atom::Destination(patterns) => each(patterns, |one| one.written.clone(), Atom::Destination),
        Atom::Pair(patterns) => each(patterns, |one| one.written.clone(), Atom::Pair),
        Atom::Text(attr @ AttrRef::Builtin(Attr::Credential | Attr::Name), patterns) => {
            each(patterns, token, |all| Atom::Text(attr.clone(), all))
        }
        _ => return None,
    })
}

/// How many items of a list are named.
const NAMED: usize = 4;

/// A short list in full; of a long one what is met, else its beginning.
fn listed(items: Vec<Named>, meets: &dyn Fn(&Atom) -> bool) -> String {
    let count = items.len();
    let mut named: Vec<String> = Vec::new();
    if count > NAMED {
        let met = items.iter().filter(|(_, atom)| meets(atom)).take(NAMED);
        named.extend(met.map(|(name, _)| format!("`{name}`")));
    }
    if named.is_empty() {
        named.extend(items.iter().take(NAMED).map(|(name, _)| format!("`{name}`")));
    }
    match count.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Hands out every path pattern of a formula.
pub(crate) fn each_path(formula: &Formula, visit: &mut dyn FnMut(&PathPattern)) {
    match formula {
        Formula::True => {}
        Formula::Atom(Atom::Path(_, patterns)) => patterns.iter().for_each(visit),
        Formula::Atom(_) => {}
        Formula::Not(inner) => each_path(inner, visit),
        Formula::And(parts) | Formula::Or(parts) => {
            parts.iter().for_each(|part| each_path(part, visit));
        }
    }
}

/// A path that a pattern matches, for roots that are bound where people have them.
pub(crate) fn sample_path(model: &Model, pattern: &PathPattern) -> String {
    let mut path = match pattern.base {
        PathBase::Absolute => String::new(),
        PathBase::Root(root) => {
            match model.roots.get(usize::from(root.0)).map(|root| &*root.name) {
                Some("workspace") => "/home/dev/app".to_owned(),
                Some("home") => "/home/dev".to_owned(),
                Some("tmp") => "/tmp".to_owned(),
                _ => "/srv/data".to_owned(),
            }
        }
    };
    for item in &pattern.items {
        match item {
            PathItem::AnyDepth => {}
            PathItem::Component(one) => {
                path.push('/');
                path.push_str(&token(one).replace(['*', '?'], "x"));
            }
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// The name of an attribute.
pub fn attribute(model: &Model, attr: &AttrRef) -> String {
    match attr {
        AttrRef::Builtin(attr) => attr.name().to_owned(),
        AttrRef::Argument(names) => format!("args.{}", names.join(".")),
        AttrRef::Declared(index) => {
            model.attributes.get(*index).map_or("", |attribute| &attribute.name).to_owned()
        }
    }
}

/// A range of numbers: `443`, `8000-8999`, `1024..`.
pub fn number_range(&(first, last): &(i64, i64)) -> String {
    match (first, last) {
        (first, last) if first == last => first.to_string(),
        (i64::MIN, last) => format!("..{last}"),
        (first, i64::MAX) => format!("{first}.."),
        (first, last) => format!("{first}-{last}"),
    }
}

/// The pattern of a token as it could be written.
pub fn token(pattern: &TokenPattern) -> String {
    let mut out = String::new();
    pieces(&pattern.pieces, &mut out);
    out
}

fn pieces(pieces_: &[Piece], out: &mut String) {
    for piece in pieces_ {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::AnyChar => out.push('?'),
            Piece::Star => out.push('*'),
            Piece::Class { negated, ranges } => {
                out.push_str(if *negated { "[!" } else { "[" });
                for (first, last) in ranges {
                    let _ = if first == last {
                        write!(out, "{first}")
                    } else {
                        write!(out, "{first}-{last}")
                    };
                }
                out.push(']');
            }
            Piece::Alternatives(all) => {
                out.push('{');
                for (index, one) in all.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    pieces(one, out);
                }
                out.push('}');
            }
            Piece::Regex(source) => {
                let _ = write!(out, "<{source}>");
            }
        }
    }
}
