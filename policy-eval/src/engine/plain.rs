//! Plain requests under a simple plan: the same answer in fewer steps.
//!
//! ```text
//!   request ─► plain? ─► one part, known words ─► trees ─► decision
//!                 │                                 │
//!                 └─ no ─► parts, readings, forms, rules one by one ◄─ a class is not to be had
//! ```
//!
//! Trees ask for classes, and of the object's groups only those that are asked for walk over its
//! tokens. A token is looked up once, when the first group comes to it. Whatever is unusual gives no
//! answer here, and `decide` judges the request part by part: nothing is decided here that would be
//! decided otherwise there.

use super::classify::{Bindings, Facts, SmallRoom, UNASKED, behind, label_before};
use super::decide::{Forest, Found, binds};
use super::layout::Record;
use super::tables::{Edge, NOWHERE, Node, NodeId, Start, Tables};
use super::view::{Plan, PlanSequence, Root, View};
use crate::canon;
use crate::canon::ascii::{each_word, equal_ascii};
use crate::decision::Decision;
use crate::facts::{Command, HostValue, Judged, Object, PathValue};
use crate::request::Request;
use crate::vocab::Floors;

/// The most tokens of an object.
const MOST_TOKENS: usize = 16;

/// Decides a request where it is plain, and its plan simple.
#[inline(always)]
pub(super) fn decide<'p>(tables: &View<'p>, request: &Request<'_>) -> Option<Decision<'p>> {
    let plan = &tables.plans[request.action as usize];
    if !plan.is_simple {
        return None;
    }
    let asks_roots = !plan.roots.is_empty();
    canon::plain(request, asks_roots, |judged| decide_part(tables, judged, asks_roots))
}

#[inline(never)]
fn decide_part<'p>(
    tables: &View<'p>,
    judged: &Judged<'_>,
    asks_roots: bool,
) -> Option<Decision<'p>> {
    let plan = &tables.plans[judged.part.action as usize];
    let mut line = Line {
        tokens: [&[]; MOST_TOKENS],
        numbers: [UNKNOWN; MOST_TOKENS],
        length: 0,
        from: [0; Tables::MOST_ROOTS],
    };
    let is_known = line.take(judged.part.object);
    let mut bound;
    let bindings = if asks_roots {
        bound = Bindings::NONE;
        line.bind(tables, plan, judged, &mut bound)?;
        &bound
    } else {
        &Bindings::NONE
    };
    let mut room = SmallRoom::new();
    let classes = room.classes(plan)?;
    match plan.sequences.get(plan.object) {
        Some(read) if is_known => line.classify(tables, read, classes)?,
        // No label of an address is any of a name.
        Some(read) if is_address(judged.part.object) => {
            for &(_, place) in &read.groups {
                *classes.get_mut(place as usize)? = 0;
            }
        }
        Some(_) => return None,
        None => {}
    }
    let mut walk = Walk(Facts::new(tables, judged, bindings, None, classes));
    walk.0.hear_annotations();
    let found = walk.found(tables, plan)?;
    let escalated = judged.request.escalated == Some(true);
    let outcome = found.outcome(plan.default, false, Floors::NONE, escalated);
    (!tables.is_broken()).then(|| outcome.decision(tables))
}

/// The tokens of the object, of which those are looked up that some group came to.
struct Line<'a> {
    tokens: [&'a [u8]; MOST_TOKENS],
    /// Of those that are looked up; [`NOWHERE`] for one that the table does not have.
    numbers: [u32; MOST_TOKENS],
    length: usize,
    /// By root: the first token below it.
    from: [u8; Tables::MOST_ROOTS],
}

/// The token was not looked up yet.
const UNKNOWN: u32 = NOWHERE - 1;
/// The object does not lie below the root.
const NO_START: u8 = u8::MAX;

impl<'a> Line<'a> {
    /// Takes a token more, where there is room for it.
    #[inline(always)]
    fn push(&mut self, token: &'a [u8]) {
        if let Some(place) = self.tokens.get_mut(self.length) {
            *place = token;
        }
        self.length += 1;
    }

    /// Takes the tokens of an object; false where there are too many, or none that are known.
    fn take(&mut self, object: Object<'a>) -> bool {
        match object {
            Object::Path(PathValue::Known(path)) => self.take_path(path.as_bytes()),
            Object::Command(Command { forms: [form], .. }) => {
                form.words.iter().for_each(|word| self.push(word.text.as_bytes()));
            }
            Object::Endpoint(endpoint) => {
                let HostValue::Name(name) = endpoint.host else { return false };
                let mut rest = Some(name.as_bytes());
                while let Some(name) = rest {
                    let label;
                    (label, rest) = label_before(name);
                    self.push(label);
                }
            }
            Object::Tool { server: Some(server), tool: Some(tool), .. } => {
                self.push(server.as_bytes());
                self.push(tool.as_bytes());
            }
            _ => return false,
        }
        (1..=MOST_TOKENS).contains(&self.length)
    }

    fn take_path(&mut self, path: &'a [u8]) {
        let (mut start, mut base) = (1, 0);
        each_word(path, |word| {
            let mut slashes = equal_ascii(word, b'/');
            while slashes != 0 {
                let at = base + slashes.trailing_zeros() as usize / 8;
                // The first slash has nothing before it.
                if let Some(token) = path.get(start..at) {
                    self.push(token);
                    start = at + 1;
                }
                slashes &= slashes - 1;
            }
            base += 8;
        });
        self.push(path.get(start..).unwrap_or_default());
    }

    /// Binds the roots of a plan, where each has one binding.
    #[inline(always)]
    fn bind<'b>(
        &mut self,
        tables: &View<'_>,
        plan: &Plan,
        judged: &Judged<'b>,
        bindings: &mut Bindings<'b>,
    ) -> Option<()> {
        for &root in &plan.roots {
            let row = tables.roots.get(usize::from(root))?;
            let mut bound = None;
            for binding in judged.roots {
                if same(binding.0.as_bytes(), row.name.as_bytes()) {
                    if bound.is_some() || !may_lie(tables, row, binding) {
                        return None;
                    }
                    bound = Some(binding.1);
                }
            }
            *bindings.paths.get_mut(usize::from(root))? = bound;
            *self.from.get_mut(usize::from(root))? = self.first_below(judged, bound?);
        }
        Some(())
    }

    /// The first token below a folder.
    #[inline(always)]
    fn first_below(&self, judged: &Judged<'_>, folder: &str) -> u8 {
        let Object::Path(PathValue::Known(path)) = judged.part.object else { return NO_START };
        let Some(end) = behind(path, folder) else { return NO_START };
        // Each token has a slash before it.
        let (mut at, mut first) = (0, 0);
        while at < end && first < self.length {
            at += 1 + self.tokens[first % MOST_TOKENS].len();
            first += 1;
        }
        first as u8
    }

    /// Finds the classes of all groups of the object.
    #[inline(always)]
    fn classify(
        &mut self,
        tables: &View<'_>,
        read: &PlanSequence,
        classes: &mut [u32],
    ) -> Option<()> {
        let bytes = tables.bytes;
        let sequence = tables.sequences.get(read.sequence as usize)?;
        for &(group, place) in &read.groups {
            let group = tables.groups.get(group as usize)?;
            let mut from = match group.start {
                Start::Beginning => 0,
                Start::Root(root) => self.from[usize::from(root) % Tables::MOST_ROOTS],
            };
            let class = classes.get_mut(place as usize)?;
            if from == NO_START {
                *class = 0;
                continue;
            }
            if group.forgets {
                from = from.max(self.length as u8 - 1);
            }
            let tokens = (usize::from(from)..self.length).map(|index| {
                let index = index % MOST_TOKENS;
                let token = self.tokens[index];
                let mut number = self.numbers[index];
                if number == UNKNOWN {
                    number = sequence.tokens.find(bytes, token).unwrap_or(NOWHERE);
                    self.numbers[index] = number;
                }
                ((number != NOWHERE).then_some(number), token)
            });
            let state = group.walk(bytes, 0, false, tokens)?;
            *class = group.classes.fetch(bytes, state.into())?.into();
        }
        Some(())
    }
}

fn is_address(object: Object<'_>) -> bool {
    matches!(object, Object::Endpoint(endpoint) if matches!(endpoint.host, HostValue::Ip(_)))
}

/// Whether a root may lie where it is bound: where nothing is said of that, it may.
#[inline(always)]
fn may_lie(tables: &View<'_>, root: &Root, binding: &(&str, &str)) -> bool {
    root.within.is_none_or(|_| binds(tables, root, binding, false))
}

/// A walk over the trees of a plan.
struct Walk<'t, 'a>(Facts<'t, 'a>);

impl<'t> Walk<'t, '_> {
    /// What the trees say; none where they cannot.
    #[inline(always)]
    fn found(&mut self, tables: &'t View<'t>, plan: &Plan) -> Option<Found> {
        let forest = Forest::new(tables);
        let mut found = Found::NOTHING;
        for &root in &plan.upper {
            let leaf = self.leaf(&forest, root)?;
            if leaf != 0 {
                found.add_leaf(tables, leaf);
            }
        }
        // Where no rule may match none matches for certain.
        if found.tier.is_some() && found.tier <= plan.default {
            for &root in &plan.lower {
                if self.leaf(&forest, root)? != 0 {
                    found.loosened = true;
                    break;
                }
            }
        }
        Some(found)
    }

    /// The leaf that a tree leads to.
    #[inline(always)]
    fn leaf(&mut self, forest: &Forest<'_>, mut at: NodeId) -> Option<u32> {
        loop {
            let Some(node) = forest.nodes.get(at.0 as usize) else { return at.as_leaf() };
            let node = Node::read(node);
            let class = match self.0.classes.get(node.variable as usize) {
                Some(&class) if class != UNASKED => class,
                _ => self.0.class(node.variable),
            };
            // There is no edge for a class that is not to be had.
            let edge = forest.edges.get((node.base as usize).wrapping_add(class as usize))?;
            let edge = Edge::read(edge);
            let to = if edge.check == at.0 { edge.to } else { node.default };
            // Children lie before their parents, leaves have the greatest numbers of all.
            if at.0 <= to.0 {
                return to.as_leaf();
            }
            at = to;
        }
    }
}

/// Whether two short texts are the same.
#[inline(always)]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let long = |text: &[u8; 8]| u64::from_le_bytes(*text);
    let half = |text: &[u8; 4]| u32::from_le_bytes(*text);
    match (one.first_chunk(), one.last_chunk(), other.first_chunk(), other.last_chunk()) {
        (Some(a), Some(b), Some(c), Some(d)) => {
            long(a) == long(c) && long(b) == long(d) && (one.len() <= 16 || one == other)
        }
        _ => match (one.first_chunk(), one.last_chunk(), other.first_chunk(), other.last_chunk()) {
            (Some(a), Some(b), Some(c), Some(d)) => half(a) == half(c) && half(b) == half(d),
            _ => one.iter().eq(other),
        },
    }
}
