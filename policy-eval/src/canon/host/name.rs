//! Host names (rule W1).

use std::borrow::Cow;

use super::{Host, HostRead, address};

const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 253;

/// Letters that the two versions of IDNA read differently: one keeps them, one maps them away.
const DEVIATIONS: [char; 3] = ['ß', 'ẞ', 'ς'];

/// Reads a name, or an IPv4 address in any spelling: lower case, ASCII, no trailing dot.
pub(super) fn read(text: &str) -> HostRead<'_> {
    let Some(ascii) = to_ascii(text) else { return HostRead::UNKNOWN };
    let is_as_written = ascii == text;
    let name = without_dot(ascii);
    if name.is_empty() || !name.bytes().all(is_name_byte) {
        return HostRead::UNKNOWN;
    }
    if let Some(read) = address::v4(&name) {
        let is_plain = is_as_written && name.len() == text.len();
        return if is_plain { read } else { read.doubtful() };
    }
    if name.split('.').any(str::is_empty) {
        return HostRead::UNKNOWN;
    }
    let fits = name.len() <= MAX_NAME && name.split('.').all(|label| label.len() <= MAX_LABEL);
    let read = HostRead::certain(Host::Name(name));
    if fits && !text.contains(DEVIATIONS) { read } else { read.doubtful() }
}

/// Whether a text is a name in canonical form that nobody can misread, as nearly every name is: one
/// pass over its bytes, and nothing else needs to be asked of it.
///
/// What it turns down may be fine all the same: [`read`] says.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // What is no longer than one label may be has no label that is too long.
    if bytes.len() > MAX_LABEL {
        return false;
    }
    let (mut wrong, mut before, mut last) = (0, DOT, 0);
    for (at, &byte) in (1..).zip(bytes) {
        let kind = KINDS[usize::from(byte)];
        // Labels that are encoded (`xn--…`) are among those with two hyphens.
        wrong |= kind & (before | OTHER);
        before = kind;
        last = if kind == DOT { at } else { last };
    }
    // Where the last label begins with a letter it is no number, and the text no address.
    wrong == 0 && bytes.get(last).is_some_and(u8::is_ascii_lowercase)
}

/// A dot, of which two never stand together.
const DOT: u8 = 1;
/// A hyphen.
const HYPHEN: u8 = 2;
/// A byte that is in no plain name.
const OTHER: u8 = 4;
/// What each byte is in a name; 0 for all that may stand anywhere.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        if is_name_byte(byte) {
            kinds[byte as usize] = 0;
        }
        byte += 1;
    }
    kinds[b'.' as usize] = DOT;
    kinds[b'-' as usize] = HYPHEN;
    kinds
};

fn without_dot(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.ends_with('.') {
        return name;
    }
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.strip_suffix('.').unwrap_or(name)),
        Cow::Owned(mut name) => {
            name.pop();
            Cow::Owned(name)
        }
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_')
}

/// The ASCII form of a name in lower case, where it has one.
fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() && !has_encoded_label(text) {
        let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return Some(if has_capital {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        });
    }
    international(text)
}

/// Whether a label is encoded (`xn--…`), so that its encoding must be checked.
fn has_encoded_label(text: &str) -> bool {
    text.split('.')
        .any(|label| label.get(..4).is_some_and(|beginning| beginning.eq_ignore_ascii_case("xn--")))
}

/// UTS 46, as browsers use it.
#[cfg(feature = "idna")]
fn international(text: &str) -> Option<Cow<'_, str>> {
    idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).ok()
}

/// Without the tables no name outside ASCII is understood.
#[cfg(not(feature = "idna"))]
fn international(_text: &str) -> Option<Cow<'_, str>> {
    None
}

#[cfg(test)]
mod plain_tests {
    use std::borrow::Cow;

    use super::super::{Host, raw_carefully};
    use super::*;

    #[test]
    fn what_is_plain_is_read_as_it_is() {
        let labels =
            ["a", "-", "_a", "7", "0x1f", "x1", "xn--a", "a--b", "A", "é", "", "a:b", "[a"];
        let long = ["a".repeat(63), "a".repeat(64)];
        let labels: Vec<&str> = labels.into_iter().chain(long.iter().map(String::as_str)).collect();
        let mut plain = 0;
        for first in &labels {
            for second in &labels {
                for third in &labels {
                    let text = [*first, second, third].join(".");
                    for text in [text.as_str(), first, &format!("{first}.{second}")] {
                        if is_plain(text) {
                            plain += 1;
                            let read = HostRead::certain(Host::Name(Cow::Borrowed(text)));
                            assert_eq!(raw_carefully(text), read, "{text}");
                        }
                    }
                }
            }
        }
        assert!(plain > 100);
    }

    #[test]
    fn usual_names_are_plain() {
        for name in ["localhost", "api.example.com", "n7.example", "x-1.acme.com", "7z.acme.com"] {
            assert!(is_plain(name), "{name}");
        }
        for other in ["", ".", "a.", ".a", "a..b", "127.0.0.1", "1", "a.1", "A.com", "xn--a.de"] {
            assert!(!is_plain(other), "{other}");
        }
        let long = ["a"; 128].join(".");
        assert!(!is_plain(&long) && is_plain(&long[..63]));
    }
}

#[cfg(all(test, not(feature = "idna")))]
mod tests {
    use super::*;

    #[test]
    fn without_tables_only_plain_names_are_understood() {
        assert!(read("api.example.com").is_certain);
        assert!(!read("bücher.example").is_certain);
        assert!(!read("xn--bcher-kva.example").is_certain);
    }
}
