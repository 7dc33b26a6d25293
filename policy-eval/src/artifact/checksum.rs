//! Finds bytes that were damaged by accident. It is no protection against a person; signatures are.

/// How many sums run side by side, so that the processor need not wait for one multiplication to
/// begin the next.
const LANES: usize = 8;
/// Odd, so that multiplying by it loses nothing.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The checksum of some bytes.
///
/// Each step is a bijection of the sum and of the word that goes into it. So damage that lies in
/// one aligned word of eight bytes is always found, and other damage but once in 2⁶⁴.
///
/// # Cost
/// One multiplication for eight bytes.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut sums: [u64; LANES] = std::array::from_fn(|lane| lane as u64 + 1);
    let (blocks, rest) = bytes.as_chunks::<{ LANES * 8 }>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = step(*sum, u64::from_le_bytes(*word));
        }
    }
    let mut last = [0; LANES * 8];
    last[..rest.len()].copy_from_slice(rest);
    let (words, _) = last.as_chunks::<8>();
    for (sum, word) in sums.iter_mut().zip(words) {
        *sum = step(*sum, u64::from_le_bytes(*word));
    }
    sums.iter().fold(bytes.len() as u64, |all, &sum| step(all, sum))
}

#[inline(always)]
fn step(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(FACTOR).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes: Vec<u8> = (0..200u32).map(|i| (i * 37) as u8).collect();
        let sum = checksum(&bytes);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(checksum(&damaged), sum, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_ne!(checksum(&bytes[..length]), sum, "the first {length}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_ne!(checksum(&longer), sum);
    }

    /// The sum is part of the format: it is the same on every platform and in every version.
    #[test]
    fn the_sum_of_known_bytes_stays() {
        let known: Vec<u8> = (0..=255).collect();
        let sums = (checksum(b"policy"), checksum(&known));
        assert_eq!(sums, (0xbbd8_1cac_7393_a6c2, 0x4eff_c053_c421_440e));
    }
}
