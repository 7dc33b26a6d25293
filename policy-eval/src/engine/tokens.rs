//! Tokens to numbers: the table of known tokens, and automata over the bytes of the others.

use super::layout::{Record, Slot};
use super::plain::same;
use super::view::{Dfa, Tokens, View};

/// The tokens that the patterns of a sequence name, as a hash table with open addressing.
///
/// The seed is chosen when the table is built so that no probe looks at more than
/// [`TokenTable::PROBES`] slots, whatever the token: hostile input cannot make a look-up slow.
#[derive(Clone, Debug, Default)]
pub struct TokenTable {
    pub(super) seed: u64,
    /// A power of two of slots, and [`TokenTable::PROBES`] more, so that a probe never wraps.
    pub(super) slots: Box<[Slot]>,
    /// Where each token starts in the pool; one more than there are tokens.
    pub(super) starts: Box<[u32]>,
    pub(super) pool: Box<[u8]>,
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
        let mut table =
            TokenTable { seed: 0, slots: Box::default(), starts: starts.into(), pool: pool.into() };
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
    ///
    /// A token takes the slot of one that lies nearer to where its probe starts (Robin Hood
    /// hashing, Celis 1986), so that all probes are about equally long.
    fn fill(&mut self, room: usize) -> bool {
        let mut slots = vec![Slot::default(); room + Self::PROBES];
        // By token: where its probe starts.
        let mut starts = Vec::with_capacity(self.len());
        for number in 0..self.len() as u32 {
            let token = self.token(number);
            let hash = hash(self.seed, token);
            starts.push(hash as usize & (room - 1));
            let mut placed = Slot { number: number + 1, tag: (hash >> 32) as u32 };
            let mut at = starts[number as usize];
            loop {
                let held = slots[at];
                let Some(holder) = held.number.checked_sub(1) else {
                    slots[at] = placed;
                    break;
                };
                if placed.number == number + 1 && self.token(holder) == token {
                    break; // It stands twice.
                }
                if starts[placed.number as usize - 1] < starts[holder as usize] {
                    slots[at] = std::mem::replace(&mut placed, held);
                }
                at += 1;
                if starts[placed.number as usize - 1] + Self::PROBES <= at {
                    return false;
                }
            }
        }
        self.slots = slots.into();
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
}

impl Tokens {
    /// The number of a token. One hash, and one comparison of bytes where it is known.
    #[inline(always)]
    pub(super) fn find(&self, bytes: &[u8], token: &[u8]) -> Option<u32> {
        let mask = (self.slots.rows as usize).checked_sub(TokenTable::PROBES + 1)?;
        let hash = hash(self.seed, token);
        // One of all blocks of that size: as it was found to be when the policy was loaded, the
        // table starts with one, and what the mask leaves lies in it.
        let blocks = bytes.as_chunks::<{ Slot::SIZE }>().0;
        let first = self.slots.at as usize / Slot::SIZE + (hash as usize & mask);
        for block in blocks.get(first..first + TokenTable::PROBES)? {
            let slot = Slot::read(block);
            let number = slot.number.checked_sub(1)?;
            if slot.tag == (hash >> 32) as u32
                && self.token(bytes, number).is_some_and(|known| same(known, token))
            {
                return Some(number);
            }
        }
        None
    }

    #[inline]
    fn token<'p>(&self, bytes: &'p [u8], number: u32) -> Option<&'p [u8]> {
        let at = self.starts.at as usize + number as usize * 4;
        let bounds = bytes.get(at..)?.first_chunk::<8>()?;
        let ([start, end], _) = bounds.as_chunks::<4>() else { return None };
        let start = self.pool.at as usize + u32::from_le_bytes(*start) as usize;
        let end = self.pool.at as usize + u32::from_le_bytes(*end) as usize;
        bytes.get(start..end)
    }
}

/// A multiplying hash over words of eight bytes, in the manner of FxHash with a last fold.
#[inline]
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const K: u64 = 0xf135_7aea_2e62_a9c5;
    let mut state = seed ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = (state ^ u64::from_le_bytes(*word)).wrapping_mul(K).rotate_left(26);
    }
    let word = match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(low), Some(high)) => {
            u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << 32
        }
        _ => match *rest {
            [] => 0,
            [one] => u64::from(one) * 0x01_01_01,
            [one, two] => u64::from(one) | u64::from(two) << 8 | u64::from(two) << 16,
            _ => u64::from(rest[0]) | u64::from(rest[1]) << 8 | u64::from(rest[2]) << 16,
        },
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
    pub stride: u16,
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
            state = self.next[state as usize * usize::from(self.stride) + class];
        }
        self.symbols[state as usize]
    }

    /// Whether every index stays inside, and settled states stay where they are.
    pub fn is_valid(&self) -> bool {
        let (states, stride) = (self.symbols.len(), usize::from(self.stride));
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

impl Dfa {
    /// The symbol of a token. One step a byte, fewer where the answer settles.
    #[inline]
    pub(super) fn symbol(&self, tables: &View<'_>, token: &[u8]) -> u16 {
        self.find(tables.bytes, token).unwrap_or_else(|| {
            tables.break_off();
            0
        })
    }

    /// The same, in the bytes of the policy; none where they do not have the tables. A function of
    /// its own, so that its loop has the registers that it needs.
    #[inline(never)]
    pub(super) fn find(&self, bytes: &[u8], token: &[u8]) -> Option<u16> {
        // There are 256 of them: that was asked when the policy was loaded.
        let classes: &[u8; 256] = bytes.get(self.bytes.at as usize..)?.first_chunk()?;
        let next = self.next.rows_of(bytes);
        let mut state = 0u16;
        for &byte in token {
            if self.settled <= state {
                break;
            }
            let class = usize::from(classes[usize::from(byte)]);
            let row = usize::from(state) * usize::from(self.stride);
            state = u16::from_le_bytes(*next.get(row + class)?);
        }
        self.symbols.get(bytes, state.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::layout::Table;

    /// A table of tokens, written and read again.
    fn find(tokens: &[&str], asked: &str) -> Option<u32> {
        let built = TokenTable::build(tokens.iter().copied());
        let mut bytes = Vec::new();
        let mut table = |write: &mut dyn FnMut(&mut Vec<u8>)| {
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            let at = bytes.len() as u32;
            write(&mut bytes);
            at
        };
        let slots = table(&mut |out| built.slots.iter().for_each(|slot| slot.write(out)));
        let starts = table(&mut |out| built.starts.iter().for_each(|start| start.write(out)));
        let pool = table(&mut |out| out.extend(&built.pool));
        let tokens = Tokens {
            seed: built.seed,
            slots: Table::at(slots, built.slots.len() as u32),
            starts: Table::at(starts, built.starts.len() as u32),
            pool: Table::at(pool, built.pool.len() as u32),
        };
        tokens.find(&bytes, asked.as_bytes())
    }

    #[test]
    fn every_token_is_found_under_its_number_and_no_other() {
        let names: Vec<String> = (0..300).map(|n| format!("token-{}", n * 7919)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (number, name) in names.iter().enumerate() {
            assert_eq!(find(&names, name), Some(number as u32));
            assert_eq!(find(&names, &format!("{name}x")), None);
        }
        assert_eq!(find(&names, ""), None);
    }

    #[test]
    fn the_empty_token_and_the_empty_table_are_fine() {
        assert_eq!(find(&[], "x"), None);
        assert_eq!(Tokens::default().find(&[], b"x"), None);
        let twice = ["", "a", ""];
        assert_eq!((find(&twice, ""), find(&twice, "a")), (Some(0), Some(1)));
    }

    #[test]
    fn tables_of_many_sizes_are_not_much_larger_than_their_tokens() {
        for many in [1, 2, 3, 7, 100, 341, 342, 1000, 5461, 20_000] {
            let names: Vec<String> = (0..many).map(|n| format!("{n}")).collect();
            let table = TokenTable::build(names.iter().map(String::as_str));
            assert!(table.slots.len() <= 6 * many + 2 * TokenTable::PROBES, "{many}");
        }
    }
}
