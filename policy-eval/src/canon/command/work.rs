//! What hostile text could make expensive, counted over a whole request.
//!
//! Three things are done more than once for a byte of a line, each for a good reason: a loop is read
//! dry before it is read (its `cd`s may lead the next round elsewhere), a wrapper stays a form of
//! every command in it, and `((` looks ahead for its end. A line that nests them, or has thousands
//! of them, would cost the square of its length. So each has an allowance that common lines never
//! use up; behind it the answer is a coarser one that can only tighten.

use core::cell::Cell;

use super::Outer;

/// How many bytes are read dry before each further loop may lead anywhere.
const MAX_DRY_BYTES: usize = 1 << 17;
/// How much of wrappers is repeated, by [`Outer::weight`], before they stay at one part only.
const MAX_REPEATED: usize = 1 << 20;
/// How many bytes are looked ahead before `((` counts as two parentheses.
const MAX_LOOKAHEAD: usize = 1 << 20;

/// What one request has used up.
#[derive(Debug, Default)]
pub(super) struct Work {
    dry_bytes: Cell<usize>,
    repeated: Cell<usize>,
    looked_ahead: Cell<usize>,
}

impl Work {
    /// Whether another loop may be read dry.
    pub(super) fn may_run_dry(&self) -> bool {
        self.dry_bytes.get() < MAX_DRY_BYTES
    }

    pub(super) fn ran_dry(&self, bytes: usize) {
        add(&self.dry_bytes, bytes);
    }

    /// Whether a wrapper is a form of the next command in it; always where it was of none so far.
    pub(super) fn may_repeat(&self, outer: &Outer<'_>) -> bool {
        !outer.was_shown.get() || self.repeated.get() < MAX_REPEATED
    }

    pub(super) fn repeated(&self, outer: &Outer<'_>) {
        outer.was_shown.set(true);
        add(&self.repeated, outer.weight);
    }

    /// Whether `((` may look for its end.
    pub(super) fn may_look_ahead(&self) -> bool {
        self.looked_ahead.get() < MAX_LOOKAHEAD
    }

    pub(super) fn looked_ahead(&self, bytes: usize) {
        add(&self.looked_ahead, bytes);
    }
}

fn add(count: &Cell<usize>, more: usize) {
    count.set(count.get().saturating_add(more));
}
