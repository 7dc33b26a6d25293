//! Two texts side by side: which lines stand in both.

use std::collections::HashMap;

/// A row of two texts side by side: the number of a line in each, from 0.
pub(super) type Row = (Option<usize>, Option<usize>);

/// The most pairs of lines that are looked at to find the longest common text. Beyond it, what
/// lies between the lines that stand once in each text counts as replaced.
const MOST_PAIRS: usize = 4_000_000;

/// Lays two texts side by side. Equal lines share a row; between them, lines that are gone and
/// lines that are new share rows as long as there are both.
///
/// # Cost
/// The product of the lengths of what differs, up to a limit.
pub(super) fn align(old: &[&str], new: &[&str]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(old.len().max(new.len()));
    let (mut from_old, mut from_new) = (0, 0);
    for (one, other) in common(old, new) {
        replaced(from_old..one, from_new..other, &mut rows);
        rows.push((Some(one), Some(other)));
        (from_old, from_new) = (one + 1, other + 1);
    }
    replaced(from_old..old.len(), from_new..new.len(), &mut rows);
    rows
}

fn replaced(old: std::ops::Range<usize>, new: std::ops::Range<usize>, rows: &mut Vec<Row>) {
    let longest = old.len().max(new.len());
    let (mut old, mut new) = (old, new);
    rows.extend((0..longest).map(|_| (old.next(), new.next())));
}

/// Pairs of equal lines, in order.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let before = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (rest_old, rest_new) = (&old[before..], &new[before..]);
    let equal_at_the_end = |(one, other): &(&&str, &&str)| one == other;
    let behind = rest_old.iter().rev().zip(rest_new.iter().rev());
    let behind = behind.take_while(equal_at_the_end).count();
    let middle_old = &rest_old[..rest_old.len() - behind];
    let middle_new = &rest_new[..rest_new.len() - behind];
    let mut pairs: Vec<(usize, usize)> = (0..before).map(|line| (line, line)).collect();
    let middle = if middle_old.len().saturating_mul(middle_new.len()) <= MOST_PAIRS {
        longest_common(middle_old, middle_new)
    } else {
        anchors(middle_old, middle_new)
    };
    pairs.extend(middle.into_iter().map(|(one, other)| (one + before, other + before)));
    let ends = (0..behind).map(|line| (old.len() - behind + line, new.len() - behind + line));
    pairs.extend(ends);
    pairs
}

/// The longest common text of two texts, by the table of the lengths of what is left.
fn longest_common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut left = vec![0u32; (old.len() + 1) * width];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            left[one * width + other] = if old[one] == new[other] {
                left[(one + 1) * width + other + 1] + 1
            } else {
                left[(one + 1) * width + other].max(left[one * width + other + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut one, mut other) = (0, 0);
    while one < old.len() && other < new.len() {
        if old[one] == new[other] {
            pairs.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if left[one * width + other + 1] <= left[(one + 1) * width + other] {
            one += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

/// Lines that stand once in each text, as far as they stand in the same order.
fn anchors(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, line) in new.iter().enumerate() {
        let place = places.entry(line).or_insert((at, 0));
        place.1 += 1;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    old.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (at, line) in old.iter().enumerate().filter(|(_, line)| counts[*line] == 1) {
        let Some(&(other, 1)) = places.get(line) else { continue };
        if pairs.last().is_none_or(|&(_, last)| last < other) {
            pairs.push((at, other));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn replaced_lines_share_rows() {
        let rows = align(&["a", "b", "c", "d"], &["a", "x", "d", "e"]);
        assert_eq!(
            rows,
            [
                (Some(0), Some(0)),
                (Some(1), Some(1)),
                (Some(2), None),
                (Some(3), Some(2)),
                (None, Some(3))
            ]
        );
    }

    proptest! {
        #[test]
        fn every_line_has_one_row_and_pairs_are_equal(old in "[ab\n]{0,12}", new in "[abc]{0,12}") {
            let (old, new) = (split(&old), split(&new));
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            for pairs in [longest_common(&old, &new), anchors(&old, &new)] {
                prop_assert!(pairs.iter().all(|&(one, other)| old[one] == new[other]));
                let rising = |pair: &[(usize, usize)]| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1;
                prop_assert!(pairs.windows(2).all(rising));
            }
            let rows = align(&old, &new);
            let olds: Vec<usize> = rows.iter().filter_map(|row| row.0).collect();
            let news: Vec<usize> = rows.iter().filter_map(|row| row.1).collect();
            prop_assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
        }
    }
}
