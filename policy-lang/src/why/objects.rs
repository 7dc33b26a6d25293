//! What an action is done to, laid under the patterns of a rule: which comes nearest, and where
//! they part.

use std::borrow::Cow;
use std::net::IpAddr;

use policy_eval::{Attr, CommandForm, Endpoint, HostValue, Judged, Object, PathValue, Word};

use super::align::{Alignment, Edit, Item, Token, Tokens, edited};
use super::change::Change;
use super::{Difference, quoted};
use crate::interp;
use crate::model::pattern::{
    CommandPattern, Flag, FlagConstraint, HostPattern, HostShape, LabelItem, PairPattern, PathBase,
    PathItem, PathPattern, TokenPattern, WordItem,
};
use crate::model::words;
use crate::model::{Atom, AttrRef, Model};

/// What the object differs by at most to count as near; the price of another program.
pub(super) const FAR: u32 = 4;
/// What differs by more is not looked at.
pub(super) const LIMIT: u32 = 8;

/// The object of a part, taken apart into tokens once.
pub(super) struct Subject<'a> {
    model: &'a Model,
    judged: &'a Judged<'a>,
    form: Option<CommandForm<'a>>,
    tokens: Vec<Option<&'a str>>,
    fold: bool,
}

/// The pattern that an object comes nearest to.
pub(super) struct Nearest<'m> {
    pub(super) cost: u32,
    what: What<'m>,
}

enum What<'m> {
    Command { pattern: &'m CommandPattern, alignment: Alignment<'m>, flags: Flags<'m> },
    Path { pattern: &'m PathPattern, alignment: Alignment<'m> },
    Unbound { pattern: &'m PathPattern, root: &'m str },
    Host { pattern: &'m HostPattern, alignment: Option<Alignment<'m>>, port: Option<(u16, u16)> },
    Pair { pattern: &'m PairPattern, first: bool, second: bool },
    Name { pattern: &'m TokenPattern },
}

#[derive(Default)]
struct Flags<'m> {
    /// Positions of words that are in the way.
    in_the_way: Vec<usize>,
    missing: Vec<&'m FlagConstraint>,
}

/// Whether an atom speaks of what the action is done to.
pub(super) fn is_object(atom: &Atom, judged: &Judged<'_>) -> bool {
    match atom {
        Atom::Command(_) | Atom::Destination(_) | Atom::Pair(_) => true,
        Atom::Path(AttrRef::Builtin(Attr::Path), _) => true,
        Atom::Text(AttrRef::Builtin(Attr::Credential | Attr::Name), _) => {
            matches!(judged.part.object, Object::Name(_))
        }
        _ => false,
    }
}

impl<'a> Subject<'a> {
    pub(super) fn new(model: &'a Model, judged: &'a Judged<'a>) -> Subject<'a> {
        let mut form = None;
        let tokens = match judged.part.object {
            Object::Command(command) => {
                form = command.forms.iter().find(|form| form.certain).copied();
                form.map_or(vec![], |form| form.words.iter().map(Word::value).collect())
            }
            Object::Path(PathValue::Known(path)) => components(path).map(Some).collect(),
            Object::Endpoint(Endpoint { host: HostValue::Name(name), socket: None, .. }) => {
                name.rsplit('.').map(Some).collect()
            }
            Object::Endpoint(Endpoint { socket: Some(PathValue::Known(path)), .. }) => {
                components(path).map(Some).collect()
            }
            _ => vec![],
        };
        let fold = judged.request.platform_or_default().ignores_case();
        Subject { model, judged, form, tokens, fold }
    }

    /// The pattern of an atom that the object comes nearest to; none where all are too far.
    ///
    /// # Cost
    /// Tokens of the object times items of the patterns.
    pub(super) fn nearest<'m>(&self, atom: &'m Atom, limit: u32) -> Option<Nearest<'m>>
    where
        'a: 'm,
    {
        let mut best: Option<Nearest<'m>> = None;
        let mut limit = limit.min(LIMIT);
        let mut consider = |found: Option<Nearest<'m>>, limit: &mut u32| {
            if let Some(found) = found
                && found.cost <= *limit
                && best.as_ref().is_none_or(|best| found.cost < best.cost)
            {
                *limit = found.cost;
                best = Some(found);
            }
        };
        match atom {
            Atom::Command(patterns) => {
                for pattern in patterns {
                    consider(self.command(pattern, limit), &mut limit);
                }
            }
            Atom::Path(_, patterns) => {
                for pattern in patterns {
                    consider(self.path(pattern, limit), &mut limit);
                }
            }
            Atom::Destination(patterns) => {
                for pattern in patterns {
                    consider(self.host(pattern, limit), &mut limit);
                }
            }
            Atom::Pair(patterns) => {
                for pattern in patterns {
                    consider(self.pair(pattern), &mut limit);
                }
            }
            Atom::Text(_, patterns) => {
                for pattern in patterns {
                    consider(Some(Nearest { cost: 2, what: What::Name { pattern } }), &mut limit);
                }
            }
            _ => {}
        }
        best
    }

    fn command<'m>(&self, pattern: &'m CommandPattern, limit: u32) -> Option<Nearest<'m>> {
        let form = self.form?;
        // Most rules are about another program; that costs `FAR` at least.
        if limit < FAR
            && let (Some(WordItem::Word(first)), Some(Some(program))) =
                (pattern.items.first(), self.tokens.first())
            && first.as_literal().is_some_and(|literal| literal != *program)
        {
            return None;
        }
        let tokens = Tokens {
            tokens: &self.tokens,
            fold: false,
            // The program, then what it is told to do.
            price: |at| match at {
                0 => FAR,
                1 => 2,
                _ => 1,
            },
            limit,
        };
        let alignment = tokens.align(&word_items(&pattern.items))?;
        let mut flags = Flags::default();
        for constraint in &pattern.flags {
            let found = interp::flag_words(form.words, constraint);
            match (constraint.forbids, found.is_empty()) {
                (true, false) => flags.in_the_way.extend(found),
                (false, true) => flags.missing.push(constraint),
                _ => {}
            }
        }
        let lacking = flags.in_the_way.len() + flags.missing.len();
        let cost = alignment.cost + u32::try_from(lacking).unwrap_or(LIMIT);
        Some(Nearest { cost: cost.max(1), what: What::Command { pattern, alignment, flags } })
    }

    fn path<'m>(&self, pattern: &'m PathPattern, limit: u32) -> Option<Nearest<'m>>
    where
        'a: 'm,
    {
        let tokens = self.path_tokens(limit);
        let items = |base: &'m str| -> Vec<Item<'m>> {
            let base = components(base).map(|name| Item::One(Token::Exactly(name)));
            base.chain(path_items(&pattern.items)).collect()
        };
        let found = |alignment: Alignment<'m>| Nearest {
            cost: alignment.cost.max(1),
            what: What::Path { pattern, alignment },
        };
        let root = match pattern.base {
            PathBase::Absolute => return tokens.align(&items("")).map(found),
            PathBase::Root(root) => &self.model.roots.get(usize::from(root.0))?.name,
        };
        let bound = self.judged.roots.iter().filter(|(name, _)| name == root);
        let folders: Vec<&'m str> = bound.map(|&(_, folder)| folder).collect();
        if folders.is_empty() {
            return Some(Nearest { cost: 1, what: What::Unbound { pattern, root } });
        }
        folders
            .into_iter()
            .filter_map(|folder| tokens.align(&items(folder)))
            .min_by_key(|alignment| alignment.cost)
            .map(found)
    }

    fn path_tokens(&self, limit: u32) -> Tokens<'_> {
        Tokens {
            tokens: &self.tokens,
            fold: self.fold,
            price: |at| if at == 0 { 2 } else { 1 },
            limit,
        }
    }

    fn host<'m>(&self, pattern: &'m HostPattern, limit: u32) -> Option<Nearest<'m>>
    where
        'a: 'm,
    {
        let Object::Endpoint(endpoint) = self.judged.part.object else { return None };
        let port = pattern.ports.filter(|(first, last)| {
            !endpoint.port.is_some_and(|port| (*first..=*last).contains(&port))
        });
        let extra = u32::from(port.is_some());
        let what = |cost: u32, alignment| {
            let cost = (cost + extra).max(1);
            Some(Nearest { cost, what: What::Host { pattern, alignment, port } })
        };
        match (&pattern.shape, endpoint.host) {
            _ if endpoint.resolved => None,
            (HostShape::Socket(socket), _) if endpoint.socket.is_some() => self.path(socket, limit),
            (HostShape::Any, _) => what(0, None),
            (HostShape::Name(labels), HostValue::Name(_)) => {
                let tokens = Tokens {
                    tokens: &self.tokens,
                    fold: false,
                    // Whose domain it is weighs more than which host of it.
                    price: |at| if at < 2 { 3 } else { 1 },
                    limit,
                };
                let alignment = tokens.align(&label_items(labels))?;
                what(alignment.cost, Some(alignment))
            }
            (HostShape::Addresses(first, last), HostValue::Ip(ip)) => {
                let is_in = first.is_ipv4() == ip.is_ipv4() && (*first..=*last).contains(&ip);
                what(if is_in { 0 } else { FAR - 1 }, None)
            }
            (HostShape::Addresses(..), HostValue::Other) => what(FAR - 1, None),
            _ => what(FAR + 1, None),
        }
    }

    fn pair<'m>(&self, pattern: &'m PairPattern) -> Option<Nearest<'m>> {
        let (first, second) = self.halves()?;
        let takes = |pattern: &TokenPattern, name: Option<&str>| {
            pattern.is_any() || name.is_some_and(|name| interp::token_matches(pattern, name))
        };
        let (first, second) = (!takes(&pattern.first, first), !takes(&pattern.second, second));
        let cost = u32::from(first) * (FAR - 1) + u32::from(second);
        Some(Nearest { cost: cost.max(1), what: What::Pair { pattern, first, second } })
    }

    fn halves(&self) -> Option<(Option<&'a str>, Option<&'a str>)> {
        match self.judged.part.object {
            Object::Tool { server, tool, .. } => Some((server, tool)),
            Object::Package { kind, name } => Some((kind, name)),
            _ => None,
        }
    }

    /// The difference in words, and what would have to be changed; none where that cannot be said.
    pub(super) fn step(&self, nearest: &Nearest<'_>) -> (Difference, Option<Vec<Change>>) {
        match &nearest.what {
            What::Command { pattern, alignment, flags } => {
                self.command_step(pattern, alignment, flags)
            }
            What::Path { pattern, alignment } => self.path_step(pattern, alignment),
            What::Unbound { pattern, root } => {
                let place = format!("`{}` is not bound: say where it lies", root_text(root));
                (self.difference("path", quoted(&pattern.written), Some(place)), None)
            }
            What::Host { pattern, alignment, port } => {
                self.host_step(pattern, alignment.as_ref(), *port)
            }
            What::Pair { pattern, first, second } => self.pair_step(pattern, *first, *second),
            What::Name { pattern } => {
                let attr = match self.judged.part.action {
                    policy_eval::Action::Use => "credential",
                    _ => "name",
                };
                let needs = quoted(&words::token(pattern));
                let change = super::sample::token(pattern).map(|name| vec![Change::Name(name)]);
                (self.difference(attr, needs, None), change)
            }
        }
    }

    fn difference(&self, what: &str, needs: String, place: Option<String>) -> Difference {
        let described = policy_eval::describe(self.judged.part);
        let action = self.judged.part.action.name();
        let is = described.strip_prefix(action).map(|object| object.trim_start().to_owned());
        Difference { what: what.to_owned(), sent: true, is, needs, place }
    }

    fn command_step(
        &self,
        pattern: &CommandPattern,
        alignment: &Alignment<'_>,
        flags: &Flags<'_>,
    ) -> (Difference, Option<Vec<Change>>) {
        let token = |at: usize| match self.tokens.get(at) {
            Some(Some(token)) => quoted(token),
            _ => "a word known only at run time".to_owned(),
        };
        let place = if let Some(&at) = flags.in_the_way.first()
            && alignment.edits.is_empty()
        {
            Some(format!("{} is in the way", token(at)))
        } else if let Some(constraint) = flags.missing.first()
            && alignment.edits.is_empty()
        {
            let names: Vec<_> =
                constraint.flags.iter().map(|flag| quoted(&flag_text(flag))).collect();
            Some(format!("it lacks {}", one_of(&names)))
        } else {
            alignment.edits.first().map(|edit| {
                let more = alignment.edits.len() - 1;
                let first = match *edit {
                    Edit::Replace(0, wanted) => {
                        format!("the program is {}, not {}", token(0), quoted(&wanted.written()))
                    }
                    Edit::Replace(at, wanted) => {
                        let wanted = quoted(&wanted.written());
                        format!("word {} is {}, not {wanted}", at + 1, token(at))
                    }
                    Edit::Insert(at, wanted) => {
                        let wanted = quoted(&wanted.written());
                        match at.checked_sub(1) {
                            Some(before) => format!("{wanted} is missing behind {}", token(before)),
                            None => format!("{wanted} is missing in front"),
                        }
                    }
                    Edit::Remove(at) => format!("{} is a word too many", token(at)),
                };
                match more {
                    0 => first,
                    1 => format!("{first}, and 1 more word differs"),
                    _ => format!("{first}, and {more} more words differ"),
                }
            })
        };
        let difference = self.difference("command", quoted(&pattern.written), place);
        (difference, self.changed_words(alignment, flags).map(|words| vec![Change::Words(words)]))
    }

    fn changed_words(&self, alignment: &Alignment<'_>, flags: &Flags<'_>) -> Option<Vec<String>> {
        let mut words = if flags.in_the_way.is_empty() {
            edited(&self.tokens, &alignment.edits)?
        } else if alignment.edits.is_empty() {
            self.without(&flags.in_the_way)?
        } else {
            // The positions of both would have to be brought together.
            return None;
        };
        for constraint in &flags.missing {
            let flag = flag_text(constraint.flags.first()?);
            let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
            words.insert(end, flag);
        }
        Some(words)
    }

    fn without(&self, positions: &[usize]) -> Option<Vec<String>> {
        let kept = (0..self.tokens.len()).filter(|at| !positions.contains(at));
        kept.map(|at| self.tokens[at].map(str::to_owned)).collect()
    }

    /// How the command can be kept from matching: without the flags that all the patterns ask for.
    pub(super) fn avoid_command(
        &self,
        patterns: &[CommandPattern],
        matches: &mut dyn FnMut(&CommandPattern) -> bool,
    ) -> Option<(Difference, Option<Vec<Change>>)> {
        let form = self.form?;
        let mut positions: Vec<usize> = Vec::new();
        for pattern in patterns.iter().filter(|pattern| matches(pattern)) {
            let found = pattern
                .flags
                .iter()
                .filter(|constraint| !constraint.forbids)
                .map(|constraint| interp::flag_words(form.words, constraint))
                .filter(|found| !found.is_empty())
                .min_by_key(Vec::len)?;
            positions.extend(found);
        }
        positions.sort_unstable();
        positions.dedup();
        let names: Vec<_> = positions
            .iter()
            .map(|&at| match self.tokens.get(at) {
                Some(Some(token)) => quoted(token),
                _ => "a word known only at run time".to_owned(),
            })
            .collect();
        if names.is_empty() {
            return None;
        }
        let needs = format!("a command without {}", and(&names));
        let are = if names.len() == 1 { "is" } else { "are" };
        let place = format!("{} {are} in the way", and(&names));
        let change = self.without(&positions).map(|words| vec![Change::Words(words)]);
        Some((self.difference("command", needs, Some(place)), change))
    }

    fn path_step(
        &self,
        pattern: &PathPattern,
        alignment: &Alignment<'_>,
    ) -> (Difference, Option<Vec<Change>>) {
        let token =
            |at: usize| self.tokens.get(at).copied().flatten().map_or_else(String::new, quoted);
        let place = alignment.edits.first().map(|edit| match *edit {
            Edit::Replace(at, wanted) => {
                format!("it has {} where {} would be", token(at), quoted(&wanted.written()))
            }
            Edit::Insert(at, wanted) if at == self.tokens.len() => {
                format!("it ends where {} would follow", quoted(&wanted.written()))
            }
            Edit::Insert(at, wanted) => {
                format!("{} would stand in front of {}", quoted(&wanted.written()), token(at))
            }
            Edit::Remove(at) => format!("it goes on with {}", token(at)),
        });
        let change = edited(&self.tokens, &alignment.edits).map(|names| {
            let is_windows = names.first().is_some_and(|first| first.ends_with(':'));
            let path = names.join("/");
            vec![Change::Path(if is_windows { path } else { format!("/{path}") })]
        });
        (self.difference("path", quoted(&pattern.written), place), change)
    }

    fn host_step(
        &self,
        pattern: &HostPattern,
        alignment: Option<&Alignment<'_>>,
        port: Option<(u16, u16)>,
    ) -> (Difference, Option<Vec<Change>>) {
        let edits = alignment.map_or(&[][..], |alignment| &alignment.edits);
        let token =
            |at: usize| self.tokens.get(at).copied().flatten().map_or_else(String::new, quoted);
        // Labels are laid from the right, so the last edit is the leftmost.
        let place = match (edits.first(), port) {
            (Some(Edit::Replace(at, wanted)), _) => {
                Some(format!("it has {} where {} would be", token(*at), quoted(&wanted.written())))
            }
            (Some(Edit::Insert(_, wanted)), _) => {
                Some(format!("{} is missing", quoted(&wanted.written())))
            }
            (Some(Edit::Remove(at)), _) => Some(format!("{} is a label too many", token(*at))),
            (None, Some(ports)) => {
                let (first, last) = ports;
                let wanted = words::number_range(&(first.into(), last.into()));
                let is = match self.judged.part.object {
                    Object::Endpoint(Endpoint { port: Some(port), .. }) => format!("is {port}"),
                    _ => "was not sent".to_owned(),
                };
                Some(format!("the port {is}, not {wanted}"))
            }
            (None, None) => None,
        };
        let mut changes = Vec::new();
        let mut is_known = true;
        if !edits.is_empty() {
            match edited(&self.tokens, edits) {
                Some(labels) => {
                    let name: Vec<_> = labels.iter().rev().map(String::as_str).collect();
                    changes.push(Change::Host(name.join(".")));
                }
                None => is_known = false,
            }
        } else if alignment.is_none() {
            match &pattern.shape {
                HostShape::Any => {}
                HostShape::Addresses(first, last) => {
                    changes.push(Change::Host(address(*first, *last).to_string()));
                }
                HostShape::Name(_) | HostShape::Socket(_) => is_known = false,
            }
        }
        if let Some((first, _)) = port {
            changes.push(Change::Port(first));
        }
        (
            self.difference("destination", quoted(&pattern.written), place),
            is_known.then_some(changes),
        )
    }

    fn pair_step(
        &self,
        pattern: &PairPattern,
        first: bool,
        second: bool,
    ) -> (Difference, Option<Vec<Change>>) {
        let names = match self.judged.part.object {
            Object::Package { .. } => ["kind", "name"],
            _ => ["server", "tool"],
        };
        let halves = self.halves().unwrap_or_default();
        let sides = [
            (first, names[0], halves.0, &pattern.first),
            (second, names[1], halves.1, &pattern.second),
        ];
        let differing: Vec<_> = sides.into_iter().filter(|(differs, ..)| *differs).collect();
        let places: Vec<String> = differing
            .iter()
            .map(|(_, name, is, wanted)| {
                let is = is.map_or("not sent".into(), quoted);
                format!("the {name} is {is}, not {}", quoted(&words::token(wanted)))
            })
            .collect();
        let change: Option<Vec<Change>> = differing
            .iter()
            .map(|(_, name, _, wanted)| {
                let text = super::sample::token(wanted)?;
                Some(match *name {
                    "server" => Change::Server(text),
                    "tool" => Change::Tool(text),
                    "kind" => Change::Kind(text),
                    _ => Change::Name(text),
                })
            })
            .collect();
        let place = (!places.is_empty()).then(|| places.join(", and "));
        let what = if names[0] == "kind" { "package" } else { "tool" };
        (self.difference(what, quoted(&pattern.written), place), change)
    }
}

/// An address of a range that a host may have: the first of a block names the block.
fn address(first: IpAddr, last: IpAddr) -> IpAddr {
    let second = match first {
        _ if first == last => return first,
        IpAddr::V4(ip) => IpAddr::V4(u32::from(ip).saturating_add(1).into()),
        IpAddr::V6(ip) => IpAddr::V6(u128::from(ip).saturating_add(1).into()),
    };
    second.min(last)
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}

fn root_text(root: &str) -> Cow<'_, str> {
    match root {
        "home" => "~".into(),
        root => format!("${root}").into(),
    }
}

fn word_items(items: &[WordItem]) -> Vec<Item<'_>> {
    items
        .iter()
        .map(|item| match item {
            WordItem::Word(pattern) => Item::One(Token::Pattern(pattern)),
            WordItem::AnyWords => Item::Many,
            WordItem::Alternatives(all) => {
                Item::Either(all.iter().map(|items| word_items(items)).collect())
            }
        })
        .collect()
}

fn path_items(items: &[PathItem]) -> impl Iterator<Item = Item<'_>> {
    items.iter().map(|item| match item {
        PathItem::Component(pattern) => Item::One(Token::Pattern(pattern)),
        PathItem::AnyDepth => Item::Many,
    })
}

/// From the right.
fn label_items(items: &[LabelItem]) -> Vec<Item<'_>> {
    items
        .iter()
        .rev()
        .flat_map(|item| match item {
            LabelItem::Label(pattern) => vec![Item::One(Token::Pattern(pattern))],
            LabelItem::OneOrMore => vec![Item::One(Token::Any), Item::Many],
            LabelItem::ZeroOrMore => vec![Item::Many],
        })
        .collect()
}

fn flag_text(flag: &Flag) -> String {
    match flag {
        Flag::Long(name) => format!("--{name}"),
        Flag::Short(letter) => format!("-{letter}"),
        Flag::Whole(name) => format!("-{name}"),
        Flag::Any => "-x".to_owned(),
    }
}

/// A list of which one is enough.
pub(super) fn one_of(names: &[String]) -> String {
    const NAMED: usize = 3;
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        _ => {
            let mut text = format!("one of {}", names[..names.len().min(NAMED)].join(", "));
            if NAMED < names.len() {
                text += ", …";
            }
            text
        }
    }
}

fn and(names: &[String]) -> String {
    names.join(" and ")
}
