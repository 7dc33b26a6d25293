//! Addresses and blocks, as ranges. An IPv4-mapped IPv6 address is its IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fault::Fault;

/// Addresses from the first to the last, of one family, no IPv4-mapped one among them.
pub(super) type AddressRange = (IpAddr, IpAddr);

/// The IPv4-mapped addresses, which stand for IPv4.
const MAPPED: (u128, u128) = (0xffff << 32, (0xffff << 32) | 0xffff_ffff);

/// Reads `10.0.0.1`, `::1`, `10.0.0.0/8` or `fc00::/7`; `None` where it looks like none of these.
///
/// # Errors
/// Where it looks like one of these and is not, or not in its usual spelling.
pub(super) fn address(text: &str) -> Option<Result<Vec<AddressRange>, Fault>> {
    let (host, length) = match text.split_once('/') {
        Some((host, length)) => (host, Some(length)),
        None => (text, None),
    };
    let address = match read(host)? {
        Ok(address) => address,
        Err(fault) => return Some(Err(fault)),
    };
    Some(match length {
        None => Ok(unmapped(address, address)),
        Some(length) => block(address, length).map(|(first, last)| unmapped(first, last)),
    })
}

/// An address; `None` where the text does not look like one.
fn read(text: &str) -> Option<Result<IpAddr, Fault>> {
    let written = || text.to_owned();
    if text.contains(':') {
        return Some(
            text.parse::<Ipv6Addr>()
                .map(IpAddr::V6)
                .map_err(|_| Fault::BadAddress { written: written() }),
        );
    }
    let last = text.rsplit('.').next().unwrap_or(text);
    if !is_number(last) {
        return None;
    }
    // What ends in a number is an address to every reader, so it must be one.
    Some(match text.parse::<Ipv4Addr>() {
        Ok(address) => Ok(IpAddr::V4(address)),
        Err(_) => Err(match any_spelling(text) {
            Some(address) => {
                Fault::UnusualAddress { written: written(), address: address.to_string() }
            }
            None => Fault::BadAddress { written: written() },
        }),
    })
}

fn is_number(label: &str) -> bool {
    let digits = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match digits {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// The address that `inet_aton` reads: one to four numbers, decimal, octal or hexadecimal, the
/// last of which fills the rest.
fn any_spelling(text: &str) -> Option<Ipv4Addr> {
    let numbers = text
        .split('.')
        .map(|number| {
            if let Some(hex) = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
                return u32::from_str_radix(hex, 16).ok();
            }
            match number.strip_prefix('0') {
                Some(octal) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok(),
                _ => number.parse().ok(),
            }
        })
        .collect::<Option<Vec<u32>>>()?;
    let (&last, front) = numbers.split_last()?;
    if 3 < front.len() || front.iter().any(|&number| 255 < number) {
        return None;
    }
    let free = 8 * (4 - front.len() as u32);
    if u64::from(last) >> free != 0 {
        return None;
    }
    let high = front.iter().fold(0_u64, |sum, &number| sum << 8 | u64::from(number)) << free;
    u32::try_from(high | u64::from(last)).ok().map(Ipv4Addr::from)
}

/// The block of the addresses that share the first bits.
fn block(address: IpAddr, length: &str) -> Result<AddressRange, Fault> {
    let most: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = Some(length)
        .filter(|length| length.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|length| length.parse::<u8>().ok())
        .filter(|prefix| *prefix <= most)
        .ok_or(Fault::BlockLength { most })?;
    let host_bits = |width: u32| match width - u32::from(prefix) {
        0 => 0,
        free => u128::MAX >> (128 - free),
    };
    let (first, last) = match address {
        IpAddr::V4(v4) => {
            let (bits, free) = (u32::from(v4), host_bits(32) as u32);
            (Ipv4Addr::from(bits & !free).into(), Ipv4Addr::from(bits | free).into())
        }
        IpAddr::V6(v6) => {
            let (bits, free) = (u128::from(v6), host_bits(128));
            (Ipv6Addr::from(bits & !free).into(), Ipv6Addr::from(bits | free).into())
        }
    };
    if first == address {
        Ok((first, last))
    } else {
        Err(Fault::HostBits { prefix, network: format!("{first}/{prefix}") })
    }
}

/// The range without its IPv4-mapped addresses. A range of nothing but these is one of IPv4.
fn unmapped(first: IpAddr, last: IpAddr) -> Vec<AddressRange> {
    let (IpAddr::V6(low), IpAddr::V6(high)) = (first, last) else { return vec![(first, last)] };
    if let (Some(low), Some(high)) = (low.to_ipv4_mapped(), high.to_ipv4_mapped()) {
        return vec![(low.into(), high.into())];
    }
    without(&[(u128::from(low), u128::from(high))], &[MAPPED])
        .into_iter()
        .map(|(low, high)| (Ipv6Addr::from(low).into(), Ipv6Addr::from(high).into()))
        .collect()
}

/// The numbers of `ranges` that are in none of `taken`, in order.
pub(super) fn without(ranges: &[(u128, u128)], taken: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut left = ranges.to_vec();
    for &(from, to) in taken {
        left = left
            .into_iter()
            .flat_map(|(low, high)| {
                let before = from.checked_sub(1).map(|end| (low, high.min(end)));
                let after = to.checked_add(1).map(|start| (low.max(start), high));
                [before, after].into_iter().flatten().filter(|(low, high)| low <= high)
            })
            .collect();
    }
    left.sort_unstable();
    left
}

/// Every address of neither family's `taken` ranges.
pub(super) fn all_but(taken: &[AddressRange]) -> Vec<AddressRange> {
    let (mut v4, mut v6) = (Vec::new(), vec![MAPPED]);
    for &range in taken {
        match range {
            (IpAddr::V4(low), IpAddr::V4(high)) => {
                v4.push((u128::from(u32::from(low)), u128::from(u32::from(high))));
            }
            (IpAddr::V6(low), IpAddr::V6(high)) => v6.push((low.into(), high.into())),
            _ => {}
        }
    }
    let v4 = without(&[(0, u128::from(u32::MAX))], &v4);
    let v6 = without(&[(0, u128::MAX)], &v6);
    let v4 = v4
        .into_iter()
        .map(|(low, high)| (Ipv4Addr::from(low as u32).into(), Ipv4Addr::from(high as u32).into()));
    let v6 =
        v6.into_iter().map(|(low, high)| (Ipv6Addr::from(low).into(), Ipv6Addr::from(high).into()));
    v4.chain(v6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match address(text) {
            None => "a name".to_owned(),
            Some(Err(fault)) => fault.to_string(),
            Some(Ok(ranges)) => ranges
                .iter()
                .map(|(first, last)| format!("{first}-{last}"))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn addresses_are_ranges() {
        for (text, expected) in [
            ("10.1.2.3", "10.1.2.3-10.1.2.3"),
            ("10.0.0.0/8", "10.0.0.0-10.255.255.255"),
            ("0.0.0.0/0", "0.0.0.0-255.255.255.255"),
            ("1.2.3.4/32", "1.2.3.4-1.2.3.4"),
            ("::1", "::1-::1"),
            ("fc00::/7", "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::ffff:10.0.0.1", "10.0.0.1-10.0.0.1"),
            ("::ffff:0:0/96", "0.0.0.0-255.255.255.255"),
            ("::/0", "::-::fffe:ffff:ffff ::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("example.com", "a name"),
            ("10.0.0.1.example", "a name"),
            ("127.1", "`127.1` is an unusual spelling of an address"),
            ("0x7f000001", "`0x7f000001` is an unusual spelling of an address"),
            ("0177.0.0.1", "`0177.0.0.1` is an unusual spelling of an address"),
            ("1.2.3.256", "`1.2.3.256` is not an address"),
            ("example.1", "`example.1` is not an address"),
            ("fe80::1%eth0", "`fe80::1%eth0` is not an address"),
            ("10.0.0.1/8", "the address has bits behind the first 8"),
            ("10.0.0.0/33", "the length of a block is 0 to 32"),
            ("10.0.0.0/+8", "the length of a block is 0 to 32"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn every_spelling_is_the_address_it_stands_for() {
        for (text, expected) in [
            ("127.1", Some("127.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("0x7f.1", Some("127.0.0.1")),
            ("1.2.772", Some("1.2.3.4")),
            ("1.2.3.4.5", None),
            ("1.2.65536", None),
            ("4294967296", None),
            ("08", None),
        ] {
            assert_eq!(any_spelling(text).map(|a| a.to_string()).as_deref(), expected, "{text}");
        }
    }
}
