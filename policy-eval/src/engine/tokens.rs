//! Tokens to numbers: the table of known tokens, and automata over the bytes of the others.

/// The tokens that the patterns of a sequence name, as a hash table with open addressing.
///
/// The seed is chosen when the table is built so that no probe looks at more than
/// [`TokenTable::PROBES`] slots, whatever the token: hostile input cannot make a look-up slow.
#[derive(Clone, Debug, Default)]
pub struct TokenTable {
    seed: u64,
    /// Token number plus one; 0 is empty. A power of two of slots, and [`TokenTable::PROBES`] more,
    /// so that a probe never wraps.
    slots: Box<[u32]>,
    /// Where each token starts in the pool; one more than there are tokens.
    starts: Box<[u32]>,
    /// The upper half of each token's hash, to be compared first.
    tags: Box<[u32]>,
    pool: Box<[u8]>,
}

impl TokenTable {
    /// The longest probe.
    pub const PROBES: usize = 8;

    /// The table of these tokens, numbered in their order. A token that stands twice keeps its
    /// first number.
    pub fn build<'t>(tokens: impl IntoIterator<Item = &'t str>) -> TokenTable {
        let mut starts = vec![0u32];
        let mut pool = Vec::new();
        for token in tokens {
            pool.extend_from_slice(token.as_bytes());
            starts.push(pool.len() as u32);
        }
        let mut table = TokenTable {
            seed: 0,
            slots: Box::default(),
            starts: starts.into(),
            tags: Box::default(),
            pool: pool.into(),
        };
        let mut room = (table.len() * 2).next_power_of_two().max(4);
        for attempt in 1u64.. {
            table.seed = attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            if table.fill(room) {
                break;
            }
            if attempt % 16 == 0 {
                room *= 2;
            }
        }
        table
    }

    /// Lays the tokens into `room` slots; false where a probe would get too long.
    fn fill(&mut self, room: usize) -> bool {
        let mut slots = vec![0u32; room + Self::PROBES];
        let mut tags = Vec::with_capacity(self.len());
        for number in 0..self.len() {
            let token = self.token(number as u32);
            let hash = hash(self.seed, token);
            tags.push((hash >> 32) as u32);
            let first = hash as usize & (room - 1);
            let mut placed = false;
            for slot in &mut slots[first..first + Self::PROBES] {
                match slot.checked_sub(1) {
                    None => {
                        *slot = number as u32 + 1;
                        placed = true;
                        break;
                    }
                    Some(other) if self.token(other) == token => {
                        placed = true;
                        break;
                    }
                    Some(_) => {}
                }
            }
            if !placed {
                return false;
            }
        }
        self.slots = slots.into();
        self.tags = tags.into();
        true
    }

    /// How many tokens it has.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a token.
    fn token(&self, number: u32) -> &[u8] {
        let number = number as usize;
        &self.pool[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// The number of a token. One hash, and one comparison of bytes where it is known.
    #[inline]
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let hash = hash(self.seed, token);
        let mask = self.slots.len() - Self::PROBES - 1;
        let first = hash as usize & mask;
        for &slot in &self.slots[first..first + Self::PROBES] {
            let number = slot.checked_sub(1)?;
            if self.tags[number as usize] == (hash >> 32) as u32 && self.token(number) == token {
                return Some(number);
            }
        }
        None
    }
}

/// A multiplying hash over words of eight bytes, in the manner of FxHash with a last fold.
#[inline]
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const K: u64 = 0xf135_7aea_2e62_a9c5;
    let mut state = seed ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes([
            chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7],
        ]);
        state = (state ^ word).wrapping_mul(K).rotate_left(26);
    }
    let rest = chunks.remainder();
    let word = match rest.len() {
        0 => 0,
        1..=3 => {
            rest[0] as u64
                | (rest[rest.len() / 2] as u64) << 8
                | (rest[rest.len() - 1] as u64) << 16
        }
        n => {
            let low = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]) as u64;
            let high = u32::from_le_bytes([rest[n - 4], rest[n - 3], rest[n - 2], rest[n - 1]]);
            low | (high as u64) << 32
        }
    };
    let full = (state ^ word) as u128 * K as u128;
    (full as u64) ^ (full >> 64) as u64
}

/// An automaton over the bytes of one token. It says a symbol for the whole token.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct ByteDfa {
    /// The class of each byte; 256 of them.
    pub bytes: Box<[u8]>,
    /// How many classes there are.
    pub stride: u32,
    /// `next[state * stride + class]`. State 0 is the start.
    pub next: Box<[u16]>,
    /// The symbol of each state.
    pub symbols: Box<[u16]>,
    /// From this state on no state is ever left.
    pub settled: u16,
}

impl ByteDfa {
    /// The symbol of a token. One step a byte, fewer where the answer settles.
    #[inline]
    pub fn symbol(&self, token: &[u8]) -> u16 {
        let mut state = 0u16;
        for &byte in token {
            if state >= self.settled {
                break;
            }
            let class = self.bytes[byte as usize] as usize;
            state = self.next[state as usize * self.stride as usize + class];
        }
        self.symbols[state as usize]
    }

    /// Whether every index stays inside, and settled states stay where they are.
    pub fn is_valid(&self) -> bool {
        let (states, stride) = (self.symbols.len(), self.stride as usize);
        states > 0
            && states <= usize::from(u16::MAX)
            && self.bytes.len() == 256
            && self.bytes.iter().all(|&class| (class as usize) < stride)
            && self.next.len() == states * stride
            && self.next.iter().all(|&next| (next as usize) < states)
            && (usize::from(self.settled)..states).all(|state| {
                self.next[state * stride..(state + 1) * stride]
                    .iter()
                    .all(|&next| usize::from(next) == state)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_found_under_its_number_and_no_other() {
        let names: Vec<String> = (0..5000).map(|n| format!("token-{}", n * 7919)).collect();
        let table = TokenTable::build(names.iter().map(String::as_str));
        for (number, name) in names.iter().enumerate() {
            assert_eq!(table.find(name.as_bytes()), Some(number as u32));
            assert_eq!(table.find(format!("{name}x").as_bytes()), None);
        }
        assert_eq!(table.find(b""), None);
    }

    #[test]
    fn the_empty_token_and_the_empty_table_are_fine() {
        assert_eq!(TokenTable::build([]).find(b"x"), None);
        assert_eq!(TokenTable::default().find(b"x"), None);
        let table = TokenTable::build(["", "a", ""]);
        assert_eq!((table.find(b""), table.find(b"a")), (Some(0), Some(1)));
    }
}
