//! Matching by sets of positions: the one way in which the interpreter matches anything.
//!
//! A pattern is a row of items and a text a row of tokens (or of characters). An item says where
//! a match that starts at a position may end. What a whole row says follows by going through it
//! item by item with the set of all positions reached so far, so every way to match is tried and
//! none is tried twice.

use std::collections::BTreeSet;

/// Positions in a text: between tokens, or between characters.
pub(super) type Positions = BTreeSet<usize>;

/// Where a match of all the items that starts at `start` may end.
pub(super) fn ends<T>(
    items: &[T],
    start: usize,
    mut end_of: impl FnMut(&T, usize) -> Positions,
) -> Positions {
    let mut reached = Positions::from([start]);
    for item in items {
        reached = reached.into_iter().flat_map(|position| end_of(item, position)).collect();
    }
    reached
}

/// The position behind the token at `start`, where there is one and it matches.
pub(super) fn step<T>(tokens: &[T], start: usize, matches: impl FnOnce(&T) -> bool) -> Positions {
    tokens.get(start).filter(|token| matches(token)).map(|_| start + 1).into_iter().collect()
}
