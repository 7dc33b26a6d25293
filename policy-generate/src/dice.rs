//! Chance that can be repeated.

/// A source of chance: the same seed gives the same throws, on every platform.
#[derive(Clone, Debug)]
pub struct Dice {
    /// Throws that come first, last one first.
    told: Vec<u8>,
    state: u64,
}

impl Dice {
    /// Dice whose throws follow from a number.
    pub fn new(seed: u64) -> Dice {
        Dice { told: Vec::new(), state: seed }
    }

    /// Dice that throw what bytes say, one byte a throw, and then as those of the seed 0. So a
    /// fuzzer that changes one byte changes one choice.
    ///
    /// ```
    /// use policy_generate::Dice;
    /// let mut dice = Dice::from_bytes(&[3, 250]);
    /// assert_eq!((dice.below(6), dice.below(6)), (3, 4));
    /// assert_eq!(dice.below(100), Dice::new(0).below(100));
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Dice {
        Dice { told: bytes.iter().rev().copied().collect(), state: 0 }
    }

    /// A number below `sides`; 0 where there is none.
    pub fn below(&mut self, sides: usize) -> usize {
        if let Some(told) = self.told.pop() {
            return usize::from(told) % sides.max(1);
        }
        // SplitMix64, by Steele, Lea and Flood, 2014.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % (sides.max(1) as u64)) as usize
    }

    /// True once in so many throws.
    pub fn one_in(&mut self, throws: usize) -> bool {
        self.below(throws) == 0
    }

    /// One of several.
    ///
    /// # Panics
    /// Where there is none to choose from.
    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Several of several, in their order: each with the same chance, at least one.
    pub fn pick_some<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Vec<&'a T> {
        let some: Vec<_> = all.iter().copied().filter(|_| self.one_in(2)).collect();
        if some.is_empty() { vec![self.pick(all)] } else { some }
    }
}
