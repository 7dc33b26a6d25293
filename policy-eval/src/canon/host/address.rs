//! Addresses: every spelling that some resolver takes for one (rules W3, W4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Host, HostRead};

/// An address that was read in canonical form. One that maps IPv4 into IPv6 is its IPv4 address,
/// but nobody writes it so by habit.
pub(super) fn read_ip(ip: IpAddr) -> HostRead<'static> {
    let canonical = unmapped(ip);
    let read = HostRead::certain(Host::Ip(canonical));
    if canonical == ip { read } else { read.doubtful() }
}

fn unmapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
    }
}

/// Reads an address that a resolver gave. Resolvers do map IPv4 into IPv6.
pub(super) fn of_resolver(text: &str) -> HostRead<'static> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return HostRead::certain(Host::Ip(unmapped(ip)));
    }
    match super::raw(text) {
        HostRead { host: Host::Ip(ip), .. } => HostRead::certain(Host::Ip(ip)).doubtful(),
        _ => HostRead::UNKNOWN,
    }
}

/// The IPv4 address that an IPv6 address carries, the mapped form aside: IPv4-compatible,
/// translated (64:ff9b::/96), tunnelled (2002::/16).
pub(super) fn carried(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

/// Reads what stands between brackets: an IPv6 address. A zone behind `%` is dropped, with doubt.
pub(super) fn bracketed(text: &str) -> HostRead<'static> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let Ok(v6) = address.parse::<Ipv6Addr>() else { return HostRead::UNKNOWN };
    let read = read_ip(v6.into());
    if zone.is_some() { read.doubtful() } else { read }
}

/// Reads a name that ends in a number, as WHATWG and `inet_aton` do: one to four parts, each
/// decimal, octal (`0…`) or hexadecimal (`0x…`), the last filling the bytes that are left. `None`
/// where it does not end in a number.
///
/// The text is lower case and has no trailing dot.
pub(super) fn v4(text: &str) -> Option<HostRead<'static>> {
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Some(HostRead::certain(Host::Ip(ip.into())));
    }
    let last = text.rsplit('.').next()?;
    let is_decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let is_hex =
        last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if !is_decimal && !is_hex {
        return None;
    }
    Some(match v4_value(text) {
        Some(value) => HostRead::certain(Host::Ip(Ipv4Addr::from(value).into())).doubtful(),
        None => HostRead::UNKNOWN,
    })
}

fn v4_value(text: &str) -> Option<u32> {
    let (leading, last) = match text.rsplit_once('.') {
        Some((leading, last)) => (Some(leading), last),
        None => (None, text),
    };
    let mut value = 0u32;
    let mut bytes_left = 4u32;
    for part in leading.iter().flat_map(|leading| leading.split('.')) {
        let byte = u8::try_from(number(part)?).ok()?;
        bytes_left = bytes_left.checked_sub(1).filter(|&left| 0 < left)?;
        value |= u32::from(byte) << (8 * bytes_left);
    }
    let last = number(last)?;
    let room = if bytes_left == 4 { u32::MAX } else { (1 << (8 * bytes_left)) - 1 };
    (last <= room).then_some(value | last)
}

/// One part. Digits that are not octal after a zero are taken as decimal, as lenient readers do.
fn number(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x") {
        return if hex.is_empty() { Some(0) } else { u32::from_str_radix(hex, 16).ok() };
    }
    let octal = text.strip_prefix('0').and_then(|digits| u32::from_str_radix(digits, 8).ok());
    octal.or_else(|| text.parse().ok())
}
