//! Row displacement: many sparse rows in one array.
//!
//! A row is a few exceptions `(column, value)`. All rows are laid over one another in one array of
//! cells so that no two exceptions meet; a cell says whose it is. Looking an exception up is then
//! one probe at `base + column`. After Tarjan and Yao, *Storing a sparse table*, 1979.

/// Where rows lie, and the cells: the row that owns it, and its value.
pub(crate) struct Displaced<T> {
    pub(crate) bases: Vec<u32>,
    pub(crate) cells: Vec<Option<(u32, T)>>,
}

/// How many places in a row are tried in vain before they are given up for all rows that are about
/// as long.
const TRIES: usize = 64;

/// Lays rows over one another, first fit, long rows first. Places that rows found too crowded are
/// tried again with rows of half the length; so the search goes over the cells a few times.
/// `width` is the number of columns of a row; every probe `base + column` stays inside the cells.
pub(crate) fn displace<T: Copy>(
    rows: &[Vec<(u32, T)>],
    width: impl Fn(usize) -> u32,
) -> Displaced<T> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| (std::cmp::Reverse(rows[row].len()), row));
    let mut cells: Vec<Option<(u32, T)>> = Vec::new();
    // `free[i]` leads to the next free cell at or behind `i`.
    let mut free: Vec<u32> = Vec::new();
    let mut bases = vec![0; rows.len()];
    // Where rows that are about this long look for their first exception.
    let (mut length, mut open) = (0, 0);
    for row in order {
        let Some(&(first, _)) = rows[row].first() else { continue };
        let fits = |base: u32, cells: &[Option<(u32, T)>]| {
            rows[row]
                .iter()
                .all(|&(column, _)| cells.get((base + column) as usize).is_none_or(Option::is_none))
        };
        if rows[row].len().ilog2() != length {
            (length, open) = (rows[row].len().ilog2(), 0);
        }
        let mut at = next_free(&mut free, first.max(open));
        let mut tries = 0;
        // Behind the last cell every row fits.
        while !fits(at - first, &cells) {
            at = next_free(&mut free, at + 1);
            tries += 1;
            if tries == TRIES {
                (open, tries) = (at, 0);
            }
        }
        let base = at - first;
        for &(column, value) in &rows[row] {
            let at = (base + column) as usize;
            if cells.len() <= at {
                cells.resize(at + 1, None);
            }
            cells[at] = Some((row as u32, value));
            take(&mut free, at as u32);
        }
        bases[row] = base;
    }
    let ends = bases.iter().enumerate().map(|(row, base)| (base + width(row)) as usize);
    let room = ends.max().unwrap_or(0);
    if cells.len() < room {
        cells.resize(room, None);
    }
    Displaced { bases, cells }
}

/// The next free cell at or behind `at`, with path halving.
fn next_free(free: &mut Vec<u32>, at: u32) -> u32 {
    let mut at = at;
    loop {
        while free.len() <= at as usize {
            free.push(free.len() as u32);
        }
        let next = free[at as usize];
        if next == at {
            return at;
        }
        while free.len() <= next as usize {
            free.push(free.len() as u32);
        }
        free[at as usize] = free[next as usize];
        at = free[at as usize];
    }
}

fn take(free: &mut Vec<u32>, at: u32) {
    while free.len() <= at as usize + 1 {
        free.push(free.len() as u32);
    }
    free[at as usize] = at + 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_exception_is_found_and_nothing_else(
            rows in prop::collection::vec(prop::collection::btree_map(0u32..40, 0u32..9, 0..12), 0..60)
        ) {
            let rows: Vec<Vec<(u32, u32)>> = rows.into_iter().map(|row| row.into_iter().collect()).collect();
            let laid = displace(&rows, |_| 40);
            for (row, exceptions) in rows.iter().enumerate() {
                for column in 0..40 {
                    let cell = laid.cells.get((laid.bases[row] + column) as usize).copied();
                    let found = cell.unwrap_or(None).filter(|(owner, _)| *owner == row as u32).map(|(_, v)| v);
                    let wanted = exceptions.iter().find(|(c, _)| *c == column).map(|&(_, v)| v);
                    prop_assert_eq!(found, wanted);
                }
                prop_assert!((laid.bases[row] + 39) < laid.cells.len() as u32);
            }
        }
    }
}
