//! Formulas in words: for graphs, reports and the eyes of who mends the checker.

use std::fmt::Write as _;

use super::pattern::{Piece, TokenPattern};
use super::{Atom, AttrRef, Formula, Model};

/// A formula in words close to those of the language: `command git push ... and not branch in "main"`.
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
            format!("{} in {}", attribute(model, attr), tokens(patterns))
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
