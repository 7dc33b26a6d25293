//! See `open_inside.md`.

use std::net::{IpAddr, Ipv4Addr};

use policy_eval::{Action, Tier};

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Sentence};
use crate::model::pattern::{HostPattern, HostShape};
use crate::model::{Atom, Formula};
use crate::syntax::ast::Item;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L041",
        title: "everything allowed, inside addresses too",
        explanation: include_str!("open_inside.md"),
    },
    name: "open-inside",
    level: Level::Warning,
    check,
};

/// What lies inside, by an address of each.
const INSIDE: &[(&str, Ipv4Addr)] = &[
    ("@metadata", Ipv4Addr::new(169, 254, 169, 254)),
    ("@private", Ipv4Addr::new(10, 0, 0, 1)),
    ("@loopback", Ipv4Addr::new(127, 0, 0, 1)),
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for action in [Action::Connect, Action::Fetch] {
        let open: Vec<&Sentence<'_>> = context
            .allows(action)
            .filter(|sentence| speaks_of_all(sentence) && !sentence.asks_for(&["mode"]))
            .collect();
        let by_default = context.model.default_tier(action) == Tier::Allow;
        if open.is_empty() && !by_default {
            continue;
        }
        let unspoken = unspoken(context, action);
        for sentence in open {
            let missing = missing(&unspoken, |address| excepts(&sentence.rule.when, address));
            if !missing.is_empty() {
                let message = message(action, &missing);
                report.add(LINT.at(sentence.head(), message).help(help(action, &missing)));
            }
        }
        if by_default && !unspoken.is_empty() {
            default(context, report, action, &missing(&unspoken, |_| false));
        }
    }
}

fn default(context: &Context<'_>, report: &mut Report<'_>, action: Action, missing: &[&str]) {
    for file in context.files {
        for item in &file.tree.items {
            let Item::Default(default) = item else { continue };
            let is_meant = default.actions.is_empty()
                || default
                    .actions
                    .iter()
                    .any(|name| name.node == "*" || name.node == action.name());
            if default.tier.node == Tier::Allow && is_meant {
                let message = message(action, missing);
                report.add(LINT.at(file.place(default.span), message).help(help(action, missing)));
            }
        }
    }
}

fn message(action: Action, missing: &[&str]) -> String {
    let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let does = if action == Action::Fetch { "fetching from" } else { "connecting to" };
    format!("this allows {does} {} as well", missing.join(", "))
}

fn help(action: Action, missing: &[&str]) -> String {
    format!("add `deny {action} {}`, with a reason", missing.join(", "))
}

fn speaks_of_all(sentence: &Sentence<'_>) -> bool {
    sentence.names_no_object()
        || sentence.hosts().iter().any(|pattern| matches!(pattern.shape, HostShape::Any))
}

type Inside = (&'static str, IpAddr);

/// What of the inside no rule for the action speaks of.
fn unspoken(context: &Context<'_>, action: Action) -> Vec<Inside> {
    let spoken = |address: IpAddr| {
        context.tiers().any(|(_, _, sentence)| {
            sentence.rule.actions.contains(action)
                && sentence.hosts().iter().any(|pattern| holds(pattern, address))
        })
    };
    let inside = INSIDE.iter().map(|(name, address)| (*name, IpAddr::V4(*address)));
    inside.filter(|(_, address)| !spoken(*address)).collect()
}

fn missing(unspoken: &[Inside], excepted: impl Fn(IpAddr) -> bool) -> Vec<&'static str> {
    unspoken.iter().filter(|(_, address)| !excepted(*address)).map(|(name, _)| *name).collect()
}

fn holds(pattern: &HostPattern, address: IpAddr) -> bool {
    match pattern.shape {
        HostShape::Addresses(first, last) => first <= address && address <= last,
        _ => false,
    }
}

/// Whether the rule takes the address away with `except`.
fn excepts(formula: &Formula, address: IpAddr) -> bool {
    match formula {
        Formula::And(parts) => parts.iter().any(|part| excepts(part, address)),
        Formula::Not(inner) => match &**inner {
            Formula::Atom(Atom::Destination(list)) => {
                list.iter().any(|pattern| holds(pattern, address))
            }
            _ => false,
        },
        _ => false,
    }
}
