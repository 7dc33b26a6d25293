//! See `daemon_socket.md`.

use policy_eval::Action;

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::lint::covers;
use crate::model::pattern::{
    HostPattern, HostShape, PathBase, PathItem, PathPattern, TokenPattern,
};

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L043",
        title: "socket of a service that owns the machine",
        explanation: include_str!("daemon_socket.md"),
    },
    name: "daemon-socket",
    level: Level::Warning,
    check,
};

/// Sockets of services that do as administrator what whoever connects tells them.
const SOCKETS: &[&str] = &[
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/var/run/libvirt/libvirt-sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for sentence in context.allows(Action::Connect) {
        let offences = sentence
            .hosts()
            .iter()
            .filter_map(|pattern| {
                let why = format!("whoever speaks to `{}` owns the machine", reached(pattern)?);
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} reaches a service that runs as administrator"),
            |finding, _| {
                finding.help("allow the commands that are meant: `\"docker compose up ...\"`")
            },
        );
    }
}

fn reached(pattern: &HostPattern) -> Option<&'static str> {
    let HostShape::Socket(wide) = &pattern.shape else { return None };
    SOCKETS.iter().copied().find(|socket| {
        let names = socket.split('/').skip(1);
        let items = names.map(|name| PathItem::Component(TokenPattern::literal(name))).collect();
        covers::path(wide, &PathPattern { base: PathBase::Absolute, items, ..wide.clone() })
    })
}
