//! The bytes that a policy is kept in: a label, lengths, a checksum, and sections.
//!
//! ```text
//!   0        8        12       16       24         32       64
//!   ├────────┼────────┼────────┼────────┼──────────┼────────┼───────────┬─────────┬─────┐
//!   │ label  │version │sections│ length │ checksum │ digest │ directory │ section │  …  │
//!   └────────┴────────┴────────┴────────┴──────────┴────────┴───────────┴─────────┴─────┘
//! ```
//!
//! All numbers are little-endian and may lie at any address, so the bytes are the same on every
//! platform and are read where they lie. What stands in the sections is the business of `engine`;
//! here it is only where they lie. A signature may follow; it is not part of the length. The page
//! `docs/artifact.md` describes all of it.

mod checksum;
#[cfg(feature = "signature")]
mod signature;

use std::fmt;

use checksum::checksum;
#[cfg(feature = "signature")]
pub use signature::{KeyError, PublicKey, SecretKey};

/// What every artifact begins with. The first byte is not UTF-8, so no text begins with it, and a
/// transfer that takes it for text damages it in a way that is seen.
pub const LABEL: [u8; 8] = *b"\x89POLICY\n";
/// The version of the format that this crate writes and reads.
pub const VERSION: u32 = 1;

const HEADER: usize = 64;
const ENTRY: usize = 12;
/// Sections start at a multiple of this, counted from the first byte: of the largest row of which
/// tables are aligned. Where the bytes lie in memory plays no part.
const SECTION_ALIGN: usize = 32;
/// What the checksum does not cover: itself, and what it is checked behind.
const CHECKSUM_AT: usize = 24;

/// Whether the bytes are meant to be an artifact: they begin with its label.
///
/// ```
/// assert!(!policy_eval::is_artifact(b"deny write \"/etc/**\""));
/// ```
pub fn is_artifact(bytes: &[u8]) -> bool {
    bytes.starts_with(&LABEL)
}

/// Why bytes are not loaded as a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// They do not begin as an artifact does.
    NoArtifact,
    /// They are of a version that this crate does not read.
    Version {
        /// The version that they say.
        found: u32,
        /// The version that this crate reads.
        known: u32,
    },
    /// There are fewer bytes than they say, or more.
    Length {
        /// How many there are.
        found: u64,
        /// How many they say there are.
        expected: u64,
    },
    /// They were changed after they were written.
    Checksum,
    /// They say something that no compiler writes.
    Malformed(&'static str),
    /// They are signed, or not signed, otherwise than asked.
    Signature(SignatureError),
}

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none.
    Missing,
    /// It is not that of this key over these bytes.
    Wrong,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::NoArtifact => f.write_str("this is no compiled policy"),
            LoadError::Version { found, known } => write!(
                f,
                "the compiled policy has format version {found}; this program reads version {known}"
            ),
            LoadError::Length { found, expected } if found < expected => write!(
                f,
                "the compiled policy is cut off: {found} of its {expected} bytes are there"
            ),
            LoadError::Length { found, expected } => write!(
                f,
                "the compiled policy has {} bytes behind its end that are no signature",
                found.saturating_sub(*expected)
            ),
            LoadError::Checksum => {
                f.write_str("the compiled policy is damaged: its checksum does not fit")
            }
            LoadError::Malformed(what) => write!(f, "the compiled policy is malformed: {what}"),
            LoadError::Signature(SignatureError::Missing) => {
                f.write_str("the compiled policy is not signed")
            }
            LoadError::Signature(SignatureError::Wrong) => {
                f.write_str("the compiled policy is not signed with this key, or was changed since")
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Where a section lies: first byte and length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) at: usize,
    pub(crate) length: usize,
}

impl Extent {
    /// Its bytes.
    pub(crate) fn of<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.at..).and_then(|rest| rest.get(..self.length)).unwrap_or_default()
    }
}

/// An artifact whose frame is sound: every section lies inside it.
#[derive(Clone, Debug)]
pub(crate) struct Frame<const N: usize> {
    /// How many bytes belong to it; a signature may follow.
    pub(crate) length: usize,
    pub(crate) digest: [u8; 32],
    pub(crate) sections: [Extent; N],
}

impl<const N: usize> Frame<N> {
    /// Reads the frame and compares the checksum.
    ///
    /// # Errors
    /// When the bytes are not exactly one artifact of the known version, and perhaps its signature.
    ///
    /// # Cost
    /// That of the checksum.
    pub(crate) fn read(bytes: &[u8]) -> Result<Frame<N>, LoadError> {
        let length = length(bytes)?;
        let bytes = &bytes[..length];
        let number = |at: usize| number(bytes, at);
        let header = bytes.first_chunk::<HEADER>().ok_or(LoadError::Malformed("its length"))?;
        if checksum_of(bytes) != long(header, CHECKSUM_AT) {
            return Err(LoadError::Checksum);
        }
        if number(12) != Some(N as u32) {
            return Err(LoadError::Malformed("how many sections there are"));
        }
        let mut sections = [Extent::default(); N];
        let mut end = HEADER + N * ENTRY;
        for (index, section) in sections.iter_mut().enumerate() {
            let entry = HEADER + index * ENTRY;
            let (Some(id), Some(at), Some(size)) =
                (number(entry), number(entry + 4), number(entry + 8))
            else {
                return Err(LoadError::Malformed("the directory of sections"));
            };
            let (at, size) = (at as usize, size as usize);
            // In the order of their numbers, one behind the other: none is missing, none overlap.
            let lies_inside = end <= at && at <= length && size <= length - at;
            if id as usize != index + 1 || !lies_inside {
                return Err(LoadError::Malformed("the directory of sections"));
            }
            *section = Extent { at, length: size };
            end = at + size;
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(&header[32..HEADER]);
        Ok(Frame { length, digest, sections })
    }
}

/// How many of the bytes are the artifact; behind it there may be a signature and nothing else.
pub(crate) fn length(bytes: &[u8]) -> Result<usize, LoadError> {
    if !is_artifact(bytes) {
        return Err(LoadError::NoArtifact);
    }
    let found = bytes.len() as u64;
    let cut_off = LoadError::Length { found, expected: HEADER as u64 };
    // The version comes first: another one may have another header.
    let version = number(bytes, 8).ok_or(cut_off.clone())?;
    if version != VERSION {
        return Err(LoadError::Version { found: version, known: VERSION });
    }
    let header = bytes.first_chunk::<HEADER>().ok_or(cut_off)?;
    let expected = long(header, 16);
    let wrong = LoadError::Length { found, expected };
    let length = usize::try_from(expected).map_err(|_| wrong.clone())?;
    if length < HEADER {
        return Err(LoadError::Malformed("its length"));
    }
    match bytes.len().checked_sub(length) {
        Some(0 | SIGNATURE_TRAILER) => Ok(length),
        _ => Err(wrong),
    }
}

/// The length of a signature behind an artifact.
pub(crate) const SIGNATURE_TRAILER: usize = 72;

/// Puts sections into a frame, in the order of their numbers.
pub(crate) fn write<const N: usize>(digest: &[u8; 32], sections: &[Vec<u8>; N]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(
        HEADER
            + N * ENTRY
            + sections.iter().map(|section| section.len() + SECTION_ALIGN).sum::<usize>(),
    );
    bytes.extend(LABEL);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((N as u32).to_le_bytes());
    bytes.extend([0; HEADER - 16 - 32]); // Length and checksum are known at the end.
    bytes.extend(digest);
    bytes.resize(HEADER + N * ENTRY, 0);
    for (index, section) in sections.iter().enumerate() {
        bytes.resize(bytes.len().next_multiple_of(SECTION_ALIGN), 0);
        let numbers = [index as u32 + 1, bytes.len() as u32, section.len() as u32];
        let entry = HEADER + index * ENTRY;
        for (number, place) in numbers.iter().zip(bytes[entry..].as_chunks_mut::<4>().0) {
            *place = number.to_le_bytes();
        }
        bytes.extend_from_slice(section);
    }
    let length = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// Writes the checksum into an artifact. For tests that change other bytes on purpose.
pub fn seal(bytes: &mut [u8]) {
    let length =
        bytes.get(16..24).and_then(|it| it.first_chunk()).map(|it| u64::from_le_bytes(*it));
    let Some(whole) = length
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| HEADER <= *length)
        .and_then(|length| bytes.get_mut(..length))
    else {
        return;
    };
    let sum = checksum_of(whole);
    whole[CHECKSUM_AT..CHECKSUM_AT + 8].copy_from_slice(&sum.to_le_bytes());
}

/// Over what stands before the checksum and behind it.
fn checksum_of(bytes: &[u8]) -> u64 {
    let (before, rest) = bytes.split_at(CHECKSUM_AT.min(bytes.len()));
    let behind = rest.get(8..).unwrap_or_default();
    checksum(behind) ^ checksum(before).rotate_left(32)
}

fn long(header: &[u8; HEADER], at: usize) -> u64 {
    header[at..].first_chunk().map_or(0, |it| u64::from_le_bytes(*it))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|it| u32::from_le_bytes(*it))
}
