//! Questions about the bytes of a text, eight of them at a time.
//!
//! The high bit of each byte of an answer is that byte's answer. Some questions are cheaper where a
//! text is known to be ASCII, or where only the first byte counts of which something is wrong; whoever
//! asks them turns down all other texts.

/// The high bit of each byte.
pub(super) const HIGH: u64 = all(0x80);

/// Eight times the same byte.
pub(super) const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Which bytes are this one.
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ all(byte);
    // Without the high bits no sum carries into the next byte.
    !(((differs & !HIGH) + !HIGH) | differs) & HIGH
}

/// The same, where all bytes are ASCII.
pub(crate) const fn equal_ascii(word: u64, byte: u8) -> u64 {
    !(word ^ all(byte)).wrapping_add(!HIGH) & HIGH
}

/// The first byte that is this one, where all bytes are ASCII. What is said of bytes behind it, and
/// the low bits, mean nothing.
pub(super) const fn first_of(word: u64, byte: u8) -> u64 {
    (word ^ all(byte)).wrapping_sub(all(1))
}

/// Which bytes are not printable ASCII. Right as to whether there is one; the low bits mean nothing.
pub(super) const fn unprintable(word: u64) -> u64 {
    let is_control = word.wrapping_sub(all(b' '));
    let is_delete = word.wrapping_add(all(0x80 - 0x7f));
    word | is_control | is_delete
}

/// Calls `each` with the words that a text is made of, from the left. The last one is filled up
/// with `x`.
#[inline(always)]
pub(crate) fn each_word(bytes: &[u8], mut each: impl FnMut(u64)) {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| each(u64::from_le_bytes(*word)));
    let bits = 8 * rest.len() as u32;
    if bits == 0 {
        return;
    }
    let last = match bytes.last_chunk::<8>() {
        // What the words before have is shifted out.
        Some(last) => u64::from_le_bytes(*last) >> (64 - bits),
        None => short(rest),
    };
    each(last | all(b'x') << bits);
}

/// Calls `each` with words that together hold every byte of a text, some of them twice: for questions
/// that ask each byte by itself. A text of fewer than four bytes is filled up with `x`.
#[inline(always)]
pub(super) fn cover(bytes: &[u8], mut each: impl FnMut(u64)) {
    cover_both(bytes, bytes, |word, _| each(word));
}

/// Calls `each` with words that together hold every byte of a text but the first, some of them twice,
/// and with the bytes that stand before these.
#[inline(always)]
pub(super) fn cover_pairs(bytes: &[u8], each: impl FnMut(u64, u64)) {
    if let (Some((_, before)), Some((_, behind))) = (bytes.split_last(), bytes.split_first()) {
        cover_both(before, behind, each);
    }
}

/// Covers two texts of the same length.
#[inline(always)]
fn cover_both(one: &[u8], other: &[u8], mut each: impl FnMut(u64, u64)) {
    if let (Some(last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        let pairs = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
        pairs.for_each(|(a, b)| each(u64::from_le_bytes(*a), u64::from_le_bytes(*b)));
        each(u64::from_le_bytes(*last), u64::from_le_bytes(*other_last));
    } else {
        each(cover_short(one), cover_short(other));
    }
}

/// The bytes of a text of fewer than eight.
#[inline(always)]
fn cover_short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << 32;
    }
    match *bytes {
        [a] => u64::from(a) | all(b'x') << 8,
        [a, b] => u64::from(a) | u64::from(b) << 8 | all(b'x') << 16,
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16 | all(b'x') << 24,
        _ => all(b'x'),
    }
}

/// Fewer than eight bytes.
fn short(bytes: &[u8]) -> u64 {
    let count = bytes.len();
    let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte) << (8 * at));
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (count - 4))
        }
        _ => byte(0) | byte(count / 2) | byte(count.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_every_byte_once() {
        let text: Vec<u8> = (1..40).collect();
        for end in 0..text.len() {
            let mut read = Vec::new();
            each_word(&text[..end], |word| read.extend(word.to_le_bytes()));
            assert_eq!(read[..end], text[..end]);
            assert!(read.len() < end + 8 && read[end..].iter().all(|&byte| byte == b'x'));
        }
    }

    #[test]
    fn covers_hold_every_byte_and_the_one_before_it() {
        let text: Vec<u8> = (1..40).collect();
        for end in 0..text.len() {
            let (mut single, mut pairs) = (Vec::new(), Vec::new());
            cover(&text[..end], |word| single.extend(word.to_le_bytes()));
            cover_pairs(&text[..end], |before, word| {
                pairs.extend(before.to_le_bytes().into_iter().zip(word.to_le_bytes()));
            });
            let is_fill = |byte: u8| byte == b'x';
            assert!((1..=end as u8).all(|byte| single.contains(&byte)), "{end}");
            assert!(single.iter().all(|&byte| byte <= end as u8 || is_fill(byte)), "{end}");
            assert!((2..=end as u8).all(|byte| pairs.contains(&(byte - 1, byte))), "{end}");
            let is_pair = |&(a, b): &(u8, u8)| a + 1 == b && b <= end as u8;
            assert!(pairs.iter().all(|pair| is_pair(pair) || *pair == (b'x', b'x')), "{end}");
        }
    }

    #[test]
    fn answers_are_those_of_each_byte() {
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let mut bytes = *b"a/ ~./%b";
                bytes[at] = byte;
                let word = u64::from_le_bytes(bytes);
                let is_printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
                assert_eq!(unprintable(word) & HIGH == 0, is_printable, "{bytes:?}");
                let slashes = bytes.map(|byte| if byte == b'/' { 0x80 } else { 0 });
                assert_eq!(equal(word, b'/').to_le_bytes(), slashes, "{bytes:?}");
                if word & HIGH == 0 {
                    assert_eq!(equal_ascii(word, b'/'), equal(word, b'/'), "{bytes:?}");
                    let percent = equal(word, b'%');
                    let first = percent & percent.wrapping_neg();
                    let found = first_of(word, b'%') & HIGH;
                    assert_eq!(found & found.wrapping_neg(), first, "{bytes:?}");
                }
            }
        }
    }
}
