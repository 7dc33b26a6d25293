//! The network, for enforcers that know less of it than a policy does.

use policy_lang::diagnostic::Diagnostic;
use policy_lang::model::pattern::{HostPattern, HostShape, LabelItem};

use super::bounds::{Bounds, Hosts, stricter};

/// Whether the network is open as a whole. What is allowed of it otherwise is told.
pub(super) fn whole(bounds: &Bounds, enforcer: &str, findings: &mut Vec<Diagnostic>) -> bool {
    let is_open = bounds.connect.is_open() && bounds.listen.is_open();
    if !is_open {
        for hosts in [&bounds.connect, &bounds.listen] {
            tell(hosts, enforcer, "knows no hosts and ports", findings);
        }
    }
    is_open
}

/// Says of each permission that it is not written.
pub(super) fn tell(hosts: &Hosts, enforcer: &str, why: &str, findings: &mut Vec<Diagnostic>) {
    for grant in &hosts.grants {
        let what = format!("`{}` is closed: {enforcer} {why}", grant.rule);
        findings.push(stricter(grant.at, what, ""));
    }
}

/// Ports that every host may be reached on.
pub(super) fn ports(hosts: &Hosts) -> Vec<(i64, i64)> {
    if !hosts.closed.is_empty() {
        return Vec::new();
    }
    let any = hosts.grants.iter().filter(|grant| grant.what.0.shape == HostShape::Any);
    any.flat_map(|grant| grant.what.1.clone()).collect()
}

/// A host as `a.example`, `*.a.example` or `**.a.example`.
pub(super) fn name(host: &HostPattern) -> Option<String> {
    let HostShape::Name(labels) = &host.shape else { return None };
    let mut parts = Vec::new();
    for item in labels {
        parts.push(match item {
            LabelItem::OneOrMore => "*".to_owned(),
            LabelItem::ZeroOrMore => "**".to_owned(),
            LabelItem::Label(token) => token.as_literal()?.to_owned(),
        });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.*".contains(c);
    let name = parts.join(".");
    name.chars().all(plain).then_some(name)
}

/// Whether a pattern holds only addresses that a proxy refuses whatever a name leads to.
pub(super) fn is_local(host: &HostPattern) -> bool {
    use std::net::IpAddr;
    let local = |address: &IpAddr| match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
                || a == 0
                || 240 <= a
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || (v6.segments()[0] & 0xfe00) == 0xfc00
                || (v6.segments()[0] & 0xffc0) == 0xfe80
        }
    };
    // Blocks of these kinds are whole: both ends are local, and so is what lies between.
    matches!(&host.shape, HostShape::Addresses(first, last) if local(first) && local(last)
        && first.is_ipv4() == last.is_ipv4() && same_block(first, last))
}

fn same_block(first: &std::net::IpAddr, last: &std::net::IpAddr) -> bool {
    use std::net::IpAddr;
    match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[0] == b.octets()[0] || 224 <= a.octets()[0],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.segments()[0] & 0xfe00 == b.segments()[0] & 0xfe00,
        _ => false,
    }
}
