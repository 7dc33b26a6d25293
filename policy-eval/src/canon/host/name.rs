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
