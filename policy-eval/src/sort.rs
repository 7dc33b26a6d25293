//! Sorting in few bytes of code: the library's sorts are eight KiB for each type that is sorted, which
//! an embedder carries along for lists that are hardly ever longer than ten.

/// Sorts in place (heapsort, Williams 1964), n log n whatever the order. Equal items may change places.
pub(crate) fn sort_by<T>(items: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    for root in (0..items.len() / 2).rev() {
        sift(items, root, &is_before);
    }
    let mut end = items.len();
    while 1 < end {
        end -= 1;
        items.swap(0, end);
        sift(&mut items[..end], 0, &is_before);
    }
}

/// Moves an item down until no child belongs behind it.
#[inline(never)]
fn sift<T>(items: &mut [T], mut root: usize, is_before: &impl Fn(&T, &T) -> bool) {
    loop {
        let mut child = 2 * root + 1;
        if items.len() <= child {
            return;
        }
        if child + 1 < items.len() && is_before(&items[child], &items[child + 1]) {
            child += 1;
        }
        if !is_before(&items[root], &items[child]) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_as_the_library_sorts_them(items in prop::collection::vec(0u8..20, 0..40)) {
            let (mut sorted, mut expected) = (items.clone(), items);
            sort_by(&mut sorted, |one, other| one < other);
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
