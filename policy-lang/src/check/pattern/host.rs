//! Host patterns: `example.com`, `*.example.com:443`, `10.0.0.0/8`, `[::1]:3000-3999`.

use super::address::{AddressRange, address, all_but};
use super::builtin::BuiltinSet;
use super::check_length;
use super::fault::{Fault, PatternError};
use super::token::{Cursor, Pieces, common_piece};
use crate::model::pattern::{HostShape, LabelItem, Piece, TokenPattern};

/// What a host pattern matches, and the ports. One text gives two where an IPv6 block has the
/// IPv4-mapped addresses in its middle.
pub(in crate::check) type ParsedHost = (HostShape, Ports);

/// The first and the last port; `None` is every port.
type Ports = Option<(u16, u16)>;

/// The longest name that the domain name system has.
const MAX_HOST_BYTES: usize = 253;

/// Parses a host pattern. `*` alone is every destination.
pub(in crate::check) fn host(text: &str) -> Result<Vec<ParsedHost>, PatternError> {
    check_length(text)?;
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned();
        let fault = Fault::SchemeInHost { host, scheme: scheme.to_owned() };
        return Err(fault.at(0..scheme.len() + 3));
    }
    if let Some(path) = text.strip_prefix("unix:") {
        return Err(Fault::SocketAsHost { path: path.to_owned() }.at(0..text.len()));
    }
    if text.starts_with('/') {
        return Err(Fault::SocketAsHost { path: text.to_owned() }.at(0..text.len()));
    }
    let (name, ports) = split_ports(text)?;
    if name == "*" {
        return Ok(vec![(HostShape::Any, ports)]);
    }
    if let Some(fault) = star_in_address(name) {
        return Err(fault.at(0..name.len()));
    }
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let offset = if bare.len() < name.len() { 1 } else { 0 };
    // A regex may hold anything, so only a text without one is asked.
    match Some(bare).filter(|bare| !bare.contains('<')).and_then(address) {
        Some(Ok(ranges)) => Ok(addresses(ranges, ports)),
        Some(Err(fault)) => Err(fault.at(offset..offset + bare.len())),
        None => {
            let labels = labels(name)?;
            Ok(vec![(HostShape::Name(labels), ports)])
        }
    }
}

fn addresses(ranges: Vec<AddressRange>, ports: Ports) -> Vec<ParsedHost> {
    ranges.into_iter().map(|(first, last)| (HostShape::Addresses(first, last), ports)).collect()
}

/// The members of a built-in set.
pub(in crate::check) fn builtin_hosts(set: BuiltinSet) -> Vec<ParsedHost> {
    let parsed = |members: &[&str]| {
        members.iter().filter_map(|member| host(member).ok()).flatten().collect::<Vec<_>>()
    };
    match set {
        BuiltinSet::Hosts { members, .. } => parsed(members),
        BuiltinSet::Public => {
            let taken: Vec<AddressRange> = BuiltinSet::ALL
                .iter()
                .flat_map(|set| match set {
                    BuiltinSet::Hosts { members, .. } => parsed(members),
                    BuiltinSet::Public => vec![],
                })
                .filter_map(|(shape, _)| match shape {
                    HostShape::Addresses(first, last) => Some((first, last)),
                    _ => None,
                })
                .collect();
            addresses(all_but(&taken), None)
        }
    }
}

/// Takes `:443` or `:8000-8999` off the end. An IPv6 address has ports only behind its bracket.
fn split_ports(text: &str) -> Result<(&str, Ports), PatternError> {
    let colon = if let Some(inner) = text.strip_prefix('[') {
        let Some(close) = inner.find(']') else {
            return Err(Fault::Unclosed { open: "[", close: "]" }.at(0..1));
        };
        let behind = close + 2;
        match text.as_bytes().get(behind) {
            None => return Ok((text, None)),
            Some(b':') => behind,
            // A block may stand behind the bracket; the address reader takes it without.
            Some(_) => {
                let written = text.to_owned();
                return Err(Fault::BadAddress { written }.at(0..text.len()));
            }
        }
    } else {
        match colon_outside_regex(text) {
            Colons::None => return Ok((text, None)),
            Colons::One(colon) => colon,
            Colons::Many => return Ok((text, None)),
        }
    };
    let range = colon + 1..text.len();
    let written = &text[range.clone()];
    let (first, last) = written.split_once('-').unwrap_or((written, written));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok((&text[..colon], Some((first, last)))),
        (Some(_), Some(_)) => Err(Fault::PortsBackwards { written: written.to_owned() }.at(range)),
        _ => Err(Fault::BadPort { written: written.to_owned() }.at(range)),
    }
}

enum Colons {
    None,
    One(usize),
    Many,
}

/// The colons of a pattern, those in `<regex>` left out.
fn colon_outside_regex(text: &str) -> Colons {
    let mut cursor = Cursor::new(text);
    let mut found = Colons::None;
    while let Some(next) = cursor.peek() {
        let here = cursor.at();
        // A regex that is wrong is reported when the labels are read.
        if next == '<' && common_piece(&mut cursor).is_ok() {
            continue;
        }
        cursor.bump();
        if next == ':' {
            found = match found {
                Colons::None => Colons::One(here),
                _ => Colons::Many,
            };
        }
    }
    found
}

fn port(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The labels of a name, from the left.
fn labels(name: &str) -> Result<Vec<LabelItem>, PatternError> {
    check_characters(name)?;
    let mut items = Vec::new();
    let mut cursor = Cursor::new(name);
    if cursor.eat("**.") {
        items.push(LabelItem::ZeroOrMore);
    } else if cursor.eat("*.") {
        items.push(LabelItem::OneOrMore);
    }
    loop {
        let start = cursor.at();
        let pieces = label_pieces(&mut cursor)?;
        let written = cursor.since(start);
        if written.is_empty() {
            return Err(Fault::EmptyLabel.at(start..(start + 1).min(name.len())));
        }
        if written.contains("**") && !written.contains('<') {
            return Err(Fault::GapInHost.at(start..cursor.at()));
        }
        let label = label(pieces, written).map_err(|fault| fault.at(start..cursor.at()))?;
        items.push(LabelItem::Label(label));
        // One dot at the end is the root of the name system and says nothing.
        if !cursor.eat(".") || cursor.peek().is_none() {
            break;
        }
    }
    if is_too_long(&items) {
        return Err(Fault::LongHost.at(0..name.len()));
    }
    Ok(items)
}

/// Refuses what belongs to a URL and not to a host. A regex may hold anything.
fn check_characters(name: &str) -> Result<(), PatternError> {
    let mut cursor = Cursor::new(name);
    while let Some(next) = cursor.peek() {
        let here = cursor.at();
        if common_piece(&mut cursor)?.is_some() {
            continue;
        }
        cursor.bump();
        match next {
            '/' | '?' | '#' => {
                let host = name[..here].to_owned();
                return Err(Fault::PathInHost { host }.at(here..name.len()));
            }
            '.' | '-' | '_' => {}
            found if found.is_alphanumeric() => {}
            // Marks that are part of letters; the name system decides.
            found if !found.is_ascii() && !found.is_whitespace() && !found.is_control() => {}
            found => return Err(Fault::HostCharacter { found }.at(here..cursor.at())),
        }
    }
    Ok(())
}

/// `10.0.*.*`: meant as an address, and never one.
fn star_in_address(name: &str) -> Option<Fault> {
    let labels: Vec<&str> = name.split('.').collect();
    let numeric = name.bytes().all(|b| b.is_ascii_digit() || b".*?".contains(&b));
    let is_open = name.contains(['*', '?']);
    if !numeric || !is_open || !name.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let fixed: Vec<u8> = labels.iter().map_while(|label| label.parse().ok()).collect();
    let rest_is_open = labels[fixed.len()..].iter().all(|label| *label == "*");
    let block = (rest_is_open && !fixed.is_empty() && fixed.len() < 4).then(|| {
        let mut bytes = [0; 4];
        bytes[..fixed.len()].copy_from_slice(&fixed);
        format!("{}/{}", std::net::Ipv4Addr::from(bytes), 8 * fixed.len())
    });
    Some(Fault::StarInAddress { written: name.to_owned(), block })
}

fn label_pieces(cursor: &mut Cursor<'_>) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Pieces::default();
    while let Some(next) = cursor.peek() {
        if next == '.' {
            break;
        }
        match common_piece(cursor)? {
            Some(piece) => pieces.push(piece),
            None => {
                cursor.bump();
                // Canonical hosts are lower case.
                pieces.text(next.to_ascii_lowercase());
            }
        }
    }
    Ok(pieces.finish())
}

/// One label in its canonical form. Only a whole label can be mapped to ASCII.
fn label(pieces: Vec<Piece>, written: &str) -> Result<TokenPattern, Fault> {
    let bad = || Fault::BadLabel { label: written.to_owned() };
    if let [Piece::Literal(text)] = &pieces[..] {
        // The same mapping as that of requests.
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL)
            .map_err(|_| bad())?;
        if ascii.is_empty() || 63 < ascii.len() || ascii.contains('.') {
            return Err(bad());
        }
        return Ok(TokenPattern::literal(&ascii));
    }
    let is_ascii = pieces.iter().all(|piece| match piece {
        Piece::Literal(text) => text.is_ascii(),
        _ => true,
    });
    if is_ascii { Ok(TokenPattern { pieces, fold: false }) } else { Err(bad()) }
}

fn is_too_long(items: &[LabelItem]) -> bool {
    let bytes: usize = items
        .iter()
        .map(|item| match item {
            LabelItem::Label(label) => label.as_literal().map_or(1, str::len) + 1,
            LabelItem::OneOrMore => 2,
            LabelItem::ZeroOrMore => 0,
        })
        .sum();
    MAX_HOST_BYTES + 1 < bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let parsed = match host(text) {
            Ok(parsed) => parsed,
            Err(error) => return format!("{} at {:?}", error.fault, error.range),
        };
        let one = |(shape, ports): ParsedHost| {
            let shape = match shape {
                HostShape::Any => "any".to_owned(),
                HostShape::Addresses(first, last) => format!("{first}-{last}"),
                HostShape::Socket(_) => "socket".to_owned(),
                HostShape::Name(items) => items
                    .iter()
                    .map(|item| match item {
                        LabelItem::OneOrMore => "+".to_owned(),
                        LabelItem::ZeroOrMore => "*".to_owned(),
                        LabelItem::Label(label) => match label.as_literal() {
                            Some(text) => text.to_owned(),
                            None => format!("{:?}", label.pieces),
                        },
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            match ports {
                Some((first, last)) => format!("{shape} port {first}-{last}"),
                None => shape,
            }
        };
        parsed.into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn hosts_are_read_by_labels() {
        for (text, expected) in [
            ("Example.COM.", "example com"),
            ("*.example.com", "+ example com"),
            ("**.example.com:443", "* example com port 443-443"),
            ("a.*.com", "a [Star] com"),
            ("db-?.x:8000-8999", "[Literal(\"db-\"), AnyChar] x port 8000-8999"),
            ("<[a-z]{2,3}:?>.x", "[Regex(\"[a-z]{2,3}:?\")] x"),
            ("bücher.example", "xn--bcher-kva example"),
            ("_dmarc.x", "_dmarc x"),
            ("*", "any"),
            ("*:443", "any port 443-443"),
            ("10.0.0.0/8", "10.0.0.0-10.255.255.255"),
            ("10.0.0.1:22", "10.0.0.1-10.0.0.1 port 22-22"),
            ("::1", "::1-::1"),
            ("[::1]:3000-3999", "::1-::1 port 3000-3999"),
            ("[fe80::]", "fe80::-fe80::"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_host_says_why_and_where() {
        for (text, expected) in [
            ("https://example.com/x", "a host pattern has no scheme at 0..8"),
            ("example.com/x", "a host pattern ends with the host or its port at 11..13"),
            ("user@example.com", "`@` cannot stand in a host at 4..5"),
            ("exa mple.com", "` ` cannot stand in a host at 3..4"),
            ("/var/run/docker.sock", "a socket is written `unix \"…\"` at 0..20"),
            ("a..b", "a label of the host is empty at 2..3"),
            (".example.com", "a label of the host is empty at 0..1"),
            ("*.", "a label of the host is empty at 2..2"),
            ("a.**.b", "`**` stands only in front, as in `**.example.com` at 2..4"),
            ("**", "`**` stands only in front, as in `**.example.com` at 0..2"),
            ("bü*.x", "`bü*` is not a label that a host name may have at 0..4"),
            ("xn--a.x", "`xn--a` is not a label that a host name may have at 0..5"),
            ("10.0.*.*", "`10.0.*.*` is a name, and names match no address at 0..8"),
            ("127.1", "`127.1` is an unusual spelling of an address at 0..5"),
            ("10.0.0.7/8", "the address has bits behind the first 8 at 0..10"),
            ("[::1", "`[` is not closed at 0..1"),
            ("[::g]:80", "`::g` is not an address at 1..4"),
            ("example.com:", "`` is not a port at 12..12"),
            ("example.com:99999", "`99999` is not a port at 12..17"),
            ("example.com:9-8", "the ports `9-8` run backwards at 12..15"),
            ("a<(>.x", "the regex is wrong: unclosed group at 2..3"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn every_built_in_member_is_a_pattern() {
        for set in BuiltinSet::ALL {
            if let BuiltinSet::Hosts { members, name } = set {
                for member in *members {
                    assert!(host(member).is_ok(), "@{name}: {member}");
                }
            }
        }
    }

    #[test]
    fn public_is_what_no_other_set_has() {
        let contains = |set: BuiltinSet, address: std::net::IpAddr| {
            builtin_hosts(set).iter().any(|(shape, _)| match shape {
                HostShape::Addresses(first, last) => *first <= address && address <= *last,
                _ => false,
            })
        };
        for (address, public) in [
            ("8.8.8.8", true),
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("100.100.100.200", false),
            ("168.63.129.16", false),
            ("168.63.129.17", true),
            ("255.255.255.255", false),
            ("0.0.0.0", false),
            ("::", false),
            ("::1", false),
            ("::2", true),
            ("::ffff:8.8.8.8", false),
            ("2001:db8::1", true),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(contains(BuiltinSet::Public, address), public, "{address}");
        }
    }
}
