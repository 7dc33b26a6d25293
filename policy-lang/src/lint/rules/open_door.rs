//! See `open_door.md`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::Context;
use crate::model::pattern::HostShape;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L042",
        title: "listening for other machines",
        explanation: include_str!("open_door.md"),
    },
    name: "open-door",
    level: Level::Warning,
    check,
};

const EVERY_INTERFACE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Listen) {
        let is_open = sentence.names_no_object()
            || sentence.hosts().iter().any(|pattern| match pattern.shape {
                HostShape::Any => true,
                HostShape::Addresses(first, last) => {
                    EVERY_INTERFACE.iter().any(|address| first <= *address && *address <= last)
                }
                _ => false,
            });
        if is_open {
            report.add(
                LINT.at(sentence.head(), "this allows listening on every interface")
                    .help("`@loopback` is this machine only"),
            );
        }
    }
}
