//! Where a connection goes: names, addresses, sockets, and what is spoken there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use policy_eval::engine::tables::{Source, Split};
use policy_eval::{Action, Attr, Truth, Type};
use rustc_hash::FxHashSet;

use super::walks::{Walk, path_of};
use super::{Choice, Fact, Pruner, RootModes, Space, Value, text_matches, token_of};
use crate::analysis::alphabet::{Exhausted, TokenKind};
use crate::analysis::machine::{Budget, Start, WalkOptions};
use crate::automata::group::Predicate;
use crate::compile::atoms::Ask;

impl Space<'_> {
    pub(super) fn endpoints(
        &mut self,
        live: &[u32],
        unbound: &RootModes,
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let mut choices = Vec::new();
        let (mut names, mut sockets) = (Vec::new(), Vec::new());
        for &atom in live {
            if let Ask::Sequence { sequence, .. } = &self.key(atom).ask {
                match sequence.split {
                    Split::Components => sockets.push(atom),
                    _ => names.push(atom),
                }
            }
        }
        // What holds of every destination of a kind, beside names, addresses and sockets.
        let of_kind = |kind: Kind| -> Vec<(u32, Truth)> {
            live.iter()
                .filter_map(|&atom| {
                    let truth = match &self.key(atom).ask {
                        Ask::AnyDestination => Truth::YES,
                        Ask::Any(_) => Truth::known(kind != Kind::Socket),
                        Ask::Present(Source::Builtin(Attr::Host)) => {
                            Truth::known(kind != Kind::Socket)
                        }
                        Ask::Present(Source::Builtin(Attr::Ip)) => {
                            Truth::known(kind == Kind::Address)
                        }
                        Ask::Present(Source::Builtin(Attr::Socket)) => {
                            Truth::known(kind == Kind::Socket)
                        }
                        // A name stands for addresses that nobody sent.
                        Ask::Address(Source::Builtin(Attr::Ip), _)
                            if matches!(kind, Kind::Name | Kind::Other) =>
                        {
                            Truth::OPEN
                        }
                        _ => Truth::NO,
                    };
                    (truth != Truth::NO).then_some((atom, truth))
                })
                .collect()
        };
        let (name, address, other, socket) = (
            of_kind(Kind::Name),
            of_kind(Kind::Address),
            of_kind(Kind::Other),
            of_kind(Kind::Socket),
        );
        let starts = &[Start { folded: false, is_first: true }];
        // A walk over names may leave out what only the others reach.
        let of_names = pruner.for_part(&names, live);
        if let Some(of_names) = of_names {
            let walk =
                Walk { unbound: &[], starts, options: WalkOptions::default(), pruner: &of_names };
            for end in
                self.walk(&Fact::Endpoint, TokenKind::Label, &names, (1, 12), &walk, budget)?
            {
                let mut labels: Vec<&str> = end.way.iter().filter_map(token_of).collect();
                if labels.len() == 1 && labels[0] == "elsewhere" {
                    labels = vec!["example", "elsewhere"];
                }
                labels.reverse();
                let truths = name.iter().copied().chain(end.truths.clone()).collect();
                choices.push(Choice::new(truths, Value::Name(labels.join("."))));
            }
        }
        let asked: Vec<u32> = live
            .iter()
            .copied()
            .filter(|&atom| matches!(self.key(atom).ask, Ask::Address(..)))
            .collect();
        if let Some(pruner) = pruner.for_part(&asked, live) {
            for (ip, hit) in self.addresses(&asked, budget)? {
                if !pruner.must.is_empty() && !hit.iter().any(|atom| pruner.must.contains(atom)) {
                    continue;
                }
                let hit = hit.iter().map(|&atom| (atom, Truth::YES));
                let truths = address.iter().copied().chain(hit).collect();
                choices.push(Choice::new(truths, Value::Address(ip)));
            }
        }
        if self.action != Action::Fetch
            && let Some(of_sockets) = pruner.for_part(&sockets, live)
        {
            let walk =
                Walk { unbound, starts, options: WalkOptions::default(), pruner: &of_sockets };
            let fact = Fact::Path(Source::Builtin(Attr::Socket));
            let kind = self.component();
            for end in self.walk(&fact, kind, &sockets, (1, usize::MAX), &walk, budget)? {
                let (tokens, roots) = path_of(&end.way);
                let mut truths: Vec<_> = socket.iter().copied().chain(end.truths).collect();
                truths.extend(self.of_socket());
                let choice = Choice::new(truths, Value::Socket(tokens, roots));
                choices
                    .push(Choice { settles: &[Attr::Port, Attr::Scheme, Attr::Method], ..choice });
            }
        }
        let other = Choice::new(other, Value::OtherHost);
        choices.push(if self.action == Action::Listen { other } else { other.floored() });
        choices.push(Choice::new(self.unsent(live), Value::Unsent).floored());
        Ok(choices.into())
    }

    /// What a name may resolve to. Names are not asked of it.
    pub(super) fn resolved(
        &mut self,
        live: &[u32],
        pruner: &Pruner,
        budget: &mut Budget,
    ) -> Result<Rc<[Choice]>, Exhausted> {
        let is_address = |&atom: &u32| matches!(self.key(atom).ask, Ask::Address(..));
        let asked: Vec<u32> = live.iter().copied().filter(is_address).collect();
        let of_any: Vec<(u32, Truth)> = live
            .iter()
            .filter(|&&atom| matches!(self.key(atom).ask, Ask::Any(_) | Ask::Present(_)))
            .filter(|&&atom| self.key(atom).ask != Ask::Present(Source::Builtin(Attr::Socket)))
            .map(|&atom| (atom, Truth::YES))
            .collect();
        let mut choices = Vec::new();
        for (ip, hit) in self.addresses(&asked, budget)? {
            let truths: Vec<(u32, Truth)> =
                of_any.iter().copied().chain(hit.iter().map(|&atom| (atom, Truth::YES))).collect();
            let leads = |must: &[u32]| truths.iter().any(|(atom, _)| must.contains(atom));
            if pruner.must.is_empty() || leads(&pruner.must) {
                choices.push(Choice::new(truths, Value::Resolved(ip)));
            }
        }
        Ok(choices.into())
    }

    /// The atoms of other facts that hold of every socket: its scheme is `unix`.
    fn of_socket(&self) -> Vec<(u32, Truth)> {
        let mut truths = Vec::new();
        for (index, key) in self.atoms.iter().enumerate() {
            let truth = match &key.ask {
                Ask::Sequence { sequence, predicate: Predicate::Tokens(patterns), .. }
                    if sequence.source == Source::Builtin(Attr::Scheme) =>
                {
                    Truth::known(text_matches(patterns, "unix"))
                }
                Ask::Present(Source::Builtin(Attr::Scheme)) => Truth::YES,
                _ => continue,
            };
            if truth != Truth::NO {
                truths.push((index as u32, truth));
            }
        }
        truths
    }

    /// Addresses at the borders of the blocks that are asked, with the atoms that hold of each.
    fn addresses(
        &self,
        asked: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<(IpAddr, Vec<u32>)>, Exhausted> {
        let mut ranges: Vec<(IpAddr, IpAddr, u32)> = Vec::new();
        for &atom in asked {
            if let Ask::Address(_, list) = &self.key(atom).ask {
                ranges.extend(list.iter().map(|&(first, last)| (first, last, atom)));
            }
        }
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (4u8, u128::from(u32::from(ip))),
            IpAddr::V6(ip) => (6, u128::from(ip)),
        };
        // Inside of a block reads better than its border.
        let mut points: Vec<(u8, u128)> =
            vec![number(Ipv4Addr::new(203, 0, 113, 7).into()), number(DOCUMENTED.into())];
        for &(first, last, _) in &ranges {
            let ((family, first), (_, last)) = (number(first), number(last));
            let middle = first.saturating_add(7).min(last);
            points.extend([(family, middle), (family, first), (family, last)]);
            points.extend(first.checked_sub(1).map(|before| (family, before)));
            points.extend(last.checked_add(1).map(|behind| (family, behind)));
        }
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        budget.spend((points.len() * ranges.len() / 64) as u64)?;
        for (family, point) in points {
            let ip: IpAddr = match family {
                4 => match u32::try_from(point) {
                    Ok(ip) => Ipv4Addr::from(ip).into(),
                    Err(_) => continue,
                },
                _ => {
                    let ip = Ipv6Addr::from(point);
                    // It is its IPv4 address.
                    if ip.to_ipv4_mapped().is_some() {
                        continue;
                    }
                    ip.into()
                }
            };
            let mut hit: Vec<u32> = ranges
                .iter()
                .filter(|(first, last, _)| {
                    number(*first).0 == family
                        && (number(*first).1..=number(*last).1).contains(&point)
                })
                .map(|&(_, _, atom)| atom)
                .collect();
            hit.sort_unstable();
            hit.dedup();
            if seen.insert((hit.clone(), family)) {
                found.push((ip, hit));
            }
        }
        // The family alone matters to nothing.
        let mut kept = FxHashSet::default();
        found.retain(|(_, hit)| kept.insert(hit.clone()));
        Ok(found)
    }

    pub(super) fn hosts(
        &mut self,
        source: &Source,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let is_ip = matches!(source, Source::DeclaredIp(_))
            || matches!(source, Source::Builtin(attr) if attr.ty() == Type::Ip);
        let of_any: Vec<(u32, Truth)> = live
            .iter()
            .filter(|&&atom| matches!(self.key(atom).ask, Ask::Any(_) | Ask::Present(_)))
            .map(|&atom| (atom, Truth::YES))
            .collect();
        let mut choices = Vec::new();
        if !is_ip {
            let names: Vec<u32> = live
                .iter()
                .copied()
                .filter(|&atom| matches!(self.key(atom).ask, Ask::Sequence { .. }))
                .collect();
            let starts = &[Start { folded: false, is_first: true }];
            let pruner = Pruner::default();
            let walk =
                Walk { unbound: &[], starts, options: WalkOptions::default(), pruner: &pruner };
            let fact = Fact::Host(source.clone());
            for end in self.walk(&fact, TokenKind::Label, &names, (1, 12), &walk, budget)? {
                let mut labels: Vec<&str> = end.way.iter().filter_map(token_of).collect();
                labels.reverse();
                let truths = of_any.iter().copied().chain(end.truths.clone()).collect();
                choices.push(Choice::new(truths, Value::Name(labels.join("."))));
            }
        }
        let asked: Vec<u32> = live
            .iter()
            .copied()
            .filter(|&atom| matches!(self.key(atom).ask, Ask::Address(..)))
            .collect();
        for (ip, hit) in self.addresses(&asked, budget)? {
            let hit = hit.into_iter().map(|atom| (atom, Truth::YES));
            choices
                .push(Choice::new(of_any.iter().copied().chain(hit).collect(), Value::Address(ip)));
        }
        choices.push(Choice::new(self.unsent(live), Value::Unsent));
        Ok(choices)
    }

    pub(super) fn wires(
        &mut self,
        live: &[u32],
        budget: &mut Budget,
    ) -> Result<Vec<Choice>, Exhausted> {
        let of = |attr: Attr| -> Vec<u32> {
            live.iter()
                .copied()
                .filter(|&atom| match &self.key(atom).ask {
                    Ask::Sequence { sequence, .. } => sequence.source == Source::Builtin(attr),
                    Ask::Present(source) => *source == Source::Builtin(attr),
                    _ => false,
                })
                .collect()
        };
        let (schemes, methods) = (of(Attr::Scheme), of(Attr::Method));
        let mut all_schemes: Vec<Option<String>> =
            self.texts(&schemes)?.iter().map(|text| Some(text.to_string())).collect();
        all_schemes.extend([Some("https".to_owned()), Some("tcp".to_owned())]);
        all_schemes.retain(|scheme| scheme.as_deref() != Some("unix"));
        if self.action != Action::Connect {
            all_schemes.push(None);
        }
        let mut all_methods: Vec<Option<String>> =
            self.texts(&methods)?.iter().map(|text| Some(text.to_string())).collect();
        all_methods.push(None);
        budget.spend((all_schemes.len() * all_methods.len()) as u64)?;
        let mut seen = FxHashSet::default();
        let mut choices = Vec::new();
        for scheme in &all_schemes {
            let is_raw = self.action == Action::Connect && scheme.as_deref() == Some("tcp");
            for method in &all_methods {
                if is_raw && method.is_some() {
                    continue;
                }
                let mut truths = Vec::new();
                for (atoms, value, is_absent) in
                    [(&schemes, scheme, false), (&methods, method, is_raw)]
                {
                    for &atom in atoms {
                        let truth = self.of_text(atom, value.as_deref(), is_absent);
                        if truth != Truth::NO {
                            truths.push((atom, truth));
                        }
                    }
                }
                if seen.insert(truths.clone()) {
                    choices.push(Choice::new(truths, Value::Wire(scheme.clone(), method.clone())));
                }
            }
        }
        Ok(choices)
    }
}

/// Kinds of destinations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Address,
    Other,
    Socket,
}

/// An address for documentation (RFC 3849).
const DOCUMENTED: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);
