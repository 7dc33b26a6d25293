//! Which pattern certainly matches all that another matches.
//!
//! Only what is plain to see is answered with yes: `~/.ssh/**` covers `~/.ssh/id`, and no regex
//! covers another. A "no" says nothing.

use crate::interp::token_matches;
use crate::model::pattern::{
    CommandPattern, HostPattern, HostShape, LabelItem, PairPattern, PathBase, PathItem,
    PathPattern, Piece, TokenPattern, WordItem,
};

/// Whether one token pattern covers another.
pub(super) fn token(wide: &TokenPattern, narrow: &TokenPattern) -> bool {
    if wide.is_any() || wide == narrow {
        return true;
    }
    match &narrow.pieces[..] {
        [Piece::Literal(_)] if wide.as_literal().is_some() => false,
        [Piece::Literal(text)] if !narrow.fold || wide.fold => token_matches(wide, text),
        _ => false,
    }
}

/// Whether one path pattern covers another, wherever the roots lie.
pub(super) fn path(wide: &PathPattern, narrow: &PathPattern) -> bool {
    match (wide.base, narrow.base) {
        (one, other) if one == other => items(&wide.items, &narrow.items),
        // A folder that is not known stands before what lies under a root.
        (PathBase::Absolute, PathBase::Root(_)) => {
            let mut below = vec![PathItem::AnyDepth];
            below.extend(narrow.items.iter().cloned());
            items(&wide.items, &below)
        }
        _ => false,
    }
}

fn items(wide: &[PathItem], narrow: &[PathItem]) -> bool {
    sequence(
        wide,
        narrow,
        |item| matches!(item, PathItem::AnyDepth),
        |one, other| match (one, other) {
            (PathItem::Component(one), PathItem::Component(other)) => token(one, other),
            _ => false,
        },
    )
}

/// Whether one command pattern covers another, by their words alone.
pub(super) fn command(wide: &CommandPattern, narrow: &CommandPattern) -> bool {
    if wide.items == narrow.items && wide.flags == narrow.flags {
        return true;
    }
    wide.flags.is_empty()
        && sequence(
            &wide.items,
            &narrow.items,
            |item| matches!(item, WordItem::AnyWords),
            |one, other| match (one, other) {
                (WordItem::Word(one), WordItem::Word(other)) => token(one, other),
                (one, other) => one == other && !matches!(one, WordItem::AnyWords),
            },
        )
}

/// Inclusion of sequences in which a gap stands for any number of tokens.
///
/// # Cost
/// The product of the lengths.
fn sequence<T>(
    wide: &[T],
    narrow: &[T],
    is_gap: impl Fn(&T) -> bool,
    covers: impl Fn(&T, &T) -> bool,
) -> bool {
    // `ends[j]`: what is left of `wide` covers `narrow[j..]`.
    let mut ends = vec![false; narrow.len() + 1];
    ends[narrow.len()] = true;
    for item in wide.iter().rev() {
        let mut next = vec![false; narrow.len() + 1];
        for at in (0..=narrow.len()).rev() {
            next[at] = if is_gap(item) {
                ends[at] || at < narrow.len() && next[at + 1]
            } else {
                narrow.get(at).is_some_and(|other| !is_gap(other) && covers(item, other))
                    && ends[at + 1]
            };
        }
        ends = next;
    }
    ends[0]
}

/// Whether one host pattern covers another.
pub(super) fn host(wide: &HostPattern, narrow: &HostPattern) -> bool {
    let ports = match (wide.ports, narrow.ports) {
        (None, _) => true,
        (Some((first, last)), Some((from, to))) => first <= from && to <= last,
        (Some(_), None) => false,
    };
    ports
        && match (&wide.shape, &narrow.shape) {
            (HostShape::Any, _) => true,
            (HostShape::Addresses(first, last), HostShape::Addresses(from, to)) => {
                first.is_ipv4() == from.is_ipv4() && first <= from && to <= last
            }
            (HostShape::Name(wide), HostShape::Name(narrow)) => name(wide, narrow),
            (HostShape::Socket(wide), HostShape::Socket(narrow)) => path(wide, narrow),
            _ => false,
        }
}

fn name(wide: &[LabelItem], narrow: &[LabelItem]) -> bool {
    let (wide_lead, wide) = lead(wide);
    let (narrow_lead, narrow) = lead(narrow);
    let Some(extra) = narrow.len().checked_sub(wide.len()) else { return false };
    let enough = match (wide_lead, narrow_lead) {
        (None, None) => extra == 0,
        (None, Some(_)) => false,
        (Some(LabelItem::OneOrMore), lead) => {
            0 < extra || matches!(lead, Some(LabelItem::OneOrMore))
        }
        (Some(_), _) => true,
    };
    enough
        && wide.iter().zip(&narrow[extra..]).all(|pair| match pair {
            (LabelItem::Label(one), LabelItem::Label(other)) => token(one, other),
            _ => false,
        })
}

/// The leading `*.` or `**.`, and the labels.
fn lead(items: &[LabelItem]) -> (Option<&LabelItem>, &[LabelItem]) {
    match items {
        [lead @ (LabelItem::OneOrMore | LabelItem::ZeroOrMore), labels @ ..] => {
            (Some(lead), labels)
        }
        labels => (None, labels),
    }
}

/// Whether one pattern of tools or packages covers another.
pub(super) fn pair(wide: &PairPattern, narrow: &PairPattern) -> bool {
    token(&wide.first, &narrow.first) && token(&wide.second, &narrow.second)
}
