//! Destinations and hosts against host patterns.

use std::net::IpAddr;

use policy_eval::{Endpoint, HostValue, Truth};

use super::path::Paths;
use super::positions::{self, Positions};
use super::token;
use crate::model::pattern::{HostPattern, HostShape, LabelItem};

/// Whether the destination is one of those that the patterns describe.
pub(super) fn is_destination(
    endpoint: &Endpoint<'_>,
    patterns: &[HostPattern],
    paths: Paths<'_>,
) -> Truth {
    patterns.iter().fold(Truth::NO, |any, pattern| {
        any | has_shape(endpoint, &pattern.shape, paths) & has_port(endpoint, pattern.ports)
    })
}

/// Whether a host or an address matches one of the patterns.
pub(super) fn is_host(host: HostValue<'_>, patterns: &[HostPattern]) -> Truth {
    patterns.iter().fold(Truth::NO, |any, pattern| {
        any | match &pattern.shape {
            HostShape::Any if host == HostValue::Unsent => Truth::OPEN,
            HostShape::Any => Truth::YES,
            shape => is_named_or_numbered(host, shape),
        }
    })
}

fn has_shape(endpoint: &Endpoint<'_>, shape: &HostShape, paths: Paths<'_>) -> Truth {
    match shape {
        // Of what a name resolved to, only addresses are asked.
        HostShape::Any | HostShape::Name(_) | HostShape::Socket(_) if endpoint.resolved => {
            Truth::NO
        }
        HostShape::Any => Truth::YES,
        HostShape::Socket(pattern) => match endpoint.socket {
            Some(path) => paths.lies_in(path, std::slice::from_ref(pattern)),
            None if endpoint.host == HostValue::Unsent => Truth::OPEN,
            None => Truth::NO,
        },
        HostShape::Name(_) | HostShape::Addresses(..) if endpoint.socket.is_some() => Truth::NO,
        shape => is_named_or_numbered(endpoint.host, shape),
    }
}

fn has_port(endpoint: &Endpoint<'_>, ports: Option<(u16, u16)>) -> Truth {
    match (ports, endpoint.port) {
        (None, _) => Truth::YES,
        (Some(_), _) if endpoint.socket.is_some() => Truth::NO,
        (Some(_), None) => Truth::OPEN,
        (Some((first, last)), Some(port)) => Truth::known((first..=last).contains(&port)),
    }
}

fn is_named_or_numbered(host: HostValue<'_>, shape: &HostShape) -> Truth {
    match (host, shape) {
        (HostValue::Unsent, _) => Truth::OPEN,
        (HostValue::Name(name), HostShape::Name(labels)) => {
            Truth::known(labels_match(labels, &name.split('.').collect::<Vec<_>>()))
        }
        (HostValue::Ip(address), HostShape::Addresses(first, last)) => {
            Truth::known(same_family(address, *first) && (*first..=*last).contains(&address))
        }
        _ => Truth::NO,
    }
}

fn same_family(one: IpAddr, other: IpAddr) -> bool {
    one.is_ipv4() == other.is_ipv4()
}

fn labels_match(items: &[LabelItem], labels: &[&str]) -> bool {
    let ends = positions::ends(items, 0, |item, at| -> Positions {
        match item {
            LabelItem::Label(pattern) => {
                positions::step(labels, at, |label| token::matches(pattern, label, false))
            }
            LabelItem::OneOrMore => (at + 1..=labels.len()).collect(),
            LabelItem::ZeroOrMore => (at..=labels.len()).collect(),
        }
    });
    ends.contains(&labels.len())
}
