//! Chance that can be repeated.

/// A source of chance: the same seed gives the same throws, on every platform.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice whose throws follow from a number.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// A number below `sides`; 0 where there is none.
    pub fn below(&mut self, sides: usize) -> usize {
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
