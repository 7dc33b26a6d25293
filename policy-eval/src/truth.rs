//! What is known of a statement when some facts are not.
//!
//! Two kinds of facts can be open when a request is decided. An *attribute* may not have been
//! sent, or a request may have several forms. A *word* of a command may be known only when the
//! command runs. The language treats them differently: a rule that may match for want of an
//! attribute counts in full, one that matches only for some values of a word counts as `ask` at
//! most. So one unknown is not enough; a [`Truth`] says four things at once:
//!
//! ```text
//!   bit   the statement holds for …
//!   0     every attribute and every word                (certain)
//!   1     some attribute, and then every word           (possible)
//!   2     every attribute, with some word for each
//!   3     some attribute and some word                  (possible by a word)
//! ```
//!
//! `and` and `or` act bit by bit. `not` swaps "every" and "some": it complements and reverses the
//! four bits. This keeps De Morgan's laws, which a chain `no < by word < possible < yes` does not.

use core::ops::{BitAnd, BitOr, Not};

/// What is known of a statement: see the module's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Truth(u8);

impl Truth {
    /// It does not hold, whatever the open facts are.
    pub const NO: Truth = Truth(0b0000);
    /// It holds, whatever the open facts are.
    pub const YES: Truth = Truth(0b1111);
    /// It depends on a fact that was not sent, or on the form that is meant.
    pub const OPEN: Truth = Truth(0b1010);
    /// It depends on a word that is known only when the command runs.
    pub const BY_WORD: Truth = Truth(0b1100);

    /// `YES` or `NO`.
    pub const fn known(value: bool) -> Truth {
        if value { Truth::YES } else { Truth::NO }
    }

    /// Whether the statement holds whatever the open facts are.
    pub const fn is_certain(self) -> bool {
        self.0 & 0b0001 != 0
    }

    /// Whether some open facts make the statement hold for every value of the unknown words.
    pub const fn is_possible(self) -> bool {
        self.0 & 0b0010 != 0
    }

    /// Whether the statement can hold at all.
    pub const fn can_hold(self) -> bool {
        self.0 & 0b1000 != 0
    }

    /// The same statement of a form that is not certainly meant: it may hold, never certainly.
    pub const fn of_another_form(self) -> Truth {
        // "Some form" joins the attributes as an open fact, so the two "every" bits fall.
        Truth(self.0 & 0b1010)
    }
}

impl BitAnd for Truth {
    type Output = Truth;
    fn bitand(self, other: Truth) -> Truth {
        Truth(self.0 & other.0)
    }
}

impl BitOr for Truth {
    type Output = Truth;
    fn bitor(self, other: Truth) -> Truth {
        Truth(self.0 | other.0)
    }
}

impl Not for Truth {
    type Output = Truth;
    fn not(self) -> Truth {
        let v = self.0;
        let reversed = (v & 1) << 3 | (v & 2) << 1 | (v & 4) >> 1 | (v & 8) >> 3;
        Truth(!reversed & 0b1111)
    }
}

impl core::fmt::Debug for Truth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Truth::NO => f.write_str("no"),
            Truth::YES => f.write_str("yes"),
            Truth::OPEN => f.write_str("open"),
            Truth::BY_WORD => f.write_str("by word"),
            Truth(bits) => write!(f, "truth {bits:04b}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Truth> {
        let mut found = vec![Truth::NO, Truth::YES, Truth::OPEN, Truth::BY_WORD];
        loop {
            let mut next = found.clone();
            for &a in &found {
                for &b in &found {
                    for value in [a & b, a | b, !a] {
                        if !next.contains(&value) {
                            next.push(value);
                        }
                    }
                }
            }
            if next.len() == found.len() {
                return found;
            }
            found = next;
        }
    }

    #[test]
    fn the_laws_of_a_de_morgan_lattice_hold() {
        for &a in &all() {
            assert_eq!(!!a, a);
            for &b in &all() {
                assert_eq!(!(a & b), !a | !b);
                assert_eq!(a & (a | b), a);
            }
        }
    }

    #[test]
    fn certain_implies_possible_implies_can_hold() {
        for a in all() {
            assert!(!a.is_certain() || a.is_possible());
            assert!(!a.is_possible() || a.can_hold());
            assert!(!a.of_another_form().is_certain());
        }
    }

    #[test]
    fn a_match_that_needs_a_word_is_not_possible_in_full() {
        let both = Truth::OPEN & Truth::BY_WORD;
        assert!(both.can_hold() && !both.is_possible());
        let either = Truth::OPEN | Truth::BY_WORD;
        assert!(either.is_possible());
    }
}
