//! Where the nodes of a graph, its labels and its lines lie on a page.
//!
//! ```text
//!     layer 0          [ action ]
//!     layer 1              │
//!     layer 2         ( question )
//!     layer 3       label      label
//!     layer 4    ( question )    │     a bend: a line on its way past a layer
//!     layer 5       label        │
//!     layer 6             [ rule ]
//! ```
//!
//! Nodes, labels and bends are *items*, each in one layer. Items of a layer lie side by side and
//! layers lie below each other, so nothing overlaps, whatever the graph. A line runs straight down
//! inside a layer and moves sideways only between two, so it crosses no text. Lines to one node
//! join behind their labels. After Sugiyama, Tagawa and Toda, 1981; places inside a layer are a
//! least-squares fit that keeps the order (pool adjacent violators).

use std::collections::BTreeMap;

/// The least space between two items of a layer.
const BESIDE: i64 = 14;
/// The least and the most space between two layers.
const BELOW: (i64, i64) = (22, 64);
/// How often items are sorted, and moved, by what they are linked to.
const SWEEPS: usize = 12;
/// The width of a line that passes a layer.
const BEND: Size = Size { width: 2, height: 0 };

/// How much room a node or a label takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: i64,
    pub(super) height: i64,
}

/// A rectangle of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Frame {
    pub(super) fn moved(self, right: i64, down: i64) -> Frame {
        Frame { x: self.x + right, y: self.y + down, ..self }
    }

    pub(super) fn right(self) -> i64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> i64 {
        self.y + self.height
    }

    pub(super) fn middle(self) -> i64 {
        self.x + self.width / 2
    }
}

/// A piece of a line: from the foot of one item to the head of one in the next layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it leaves an item.
    pub(super) start: (i64, i64),
    /// Where the layer of that item ends: above, the line runs straight down.
    pub(super) turns: i64,
    /// Where the next layer begins: below, it runs straight down again.
    pub(super) turned: i64,
    /// Where it meets the other item.
    pub(super) end: (i64, i64),
    /// Whether that is a node.
    pub(super) arrives: bool,
}

/// Where everything lies. The page begins at the origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// In the order of the nodes.
    pub(super) nodes: Vec<Frame>,
    /// In the order of the edges.
    pub(super) labels: Vec<Frame>,
    pub(super) pieces: Vec<Piece>,
    pub(super) size: Size,
}

impl Page {
    /// The same, further to the right and further down.
    pub(super) fn moved(mut self, right: i64, down: i64) -> Page {
        for frame in self.nodes.iter_mut().chain(&mut self.labels) {
            *frame = frame.moved(right, down);
        }
        for piece in &mut self.pieces {
            for place in [&mut piece.start, &mut piece.end] {
                *place = (place.0 + right, place.1 + down);
            }
            piece.turns += down;
            piece.turned += down;
        }
        self
    }
}

/// Lays out a graph of which every edge leads from a smaller node to a greater one. An edge is
/// two nodes and the room that its label takes; one that names no node has no line.
///
/// # Cost
/// A few sorts of each layer. There are as many items as nodes, edges, and layers that lines pass.
pub(super) fn lay_out(nodes: &[Size], edges: &[(usize, usize, Size)]) -> Page {
    let mut items = Items::new(nodes, edges);
    items.sort();
    items.place();
    items.page(nodes.len(), edges.len())
}

struct Item {
    layer: usize,
    size: Size,
    /// Where its middle is.
    middle: i64,
    /// Its neighbours in the layer above and in the one below.
    neighbours: [Vec<usize>; 2],
}

const ABOVE: usize = 0;
const UNDER: usize = 1;

/// The nodes, then the labels, then the bends.
struct Items {
    items: Vec<Item>,
    /// The items of each layer, from left to right.
    layers: Vec<Vec<usize>>,
    nodes: usize,
}

impl Items {
    fn new(nodes: &[Size], edges: &[(usize, usize, Size)]) -> Items {
        let edges_lead_on = |&(from, to, _): &(usize, usize, Size)| from < to && to < nodes.len();
        let depths = depths(nodes.len(), edges.iter().copied().filter(edges_lead_on));
        let mut all = Items { items: Vec::new(), layers: Vec::new(), nodes: nodes.len() };
        for (&size, &depth) in nodes.iter().zip(&depths) {
            all.item(2 * depth, size);
        }
        for &(from, _, size) in edges {
            let depth = depths.get(from).copied().unwrap_or(0);
            all.item(2 * depth + 1, size);
        }
        let mut bends = BTreeMap::new();
        for (number, edge) in edges.iter().enumerate() {
            if edges_lead_on(edge) {
                all.line(edge.0, nodes.len() + number, edge.1, &mut bends);
            }
        }
        all.first_order();
        all
    }

    fn item(&mut self, layer: usize, size: Size) -> usize {
        self.items.push(Item { layer, size, middle: 0, neighbours: Default::default() });
        self.items.len() - 1
    }

    fn link(&mut self, upper: usize, lower: usize) {
        self.items[upper].neighbours[UNDER].push(lower);
        self.items[lower].neighbours[ABOVE].push(upper);
    }

    /// Links a node over a label and over bends to another. Lines to one node share their bends.
    fn line(
        &mut self,
        from: usize,
        label: usize,
        to: usize,
        bends: &mut BTreeMap<(usize, usize), usize>,
    ) {
        self.link(from, label);
        let mut at = label;
        for layer in self.items[label].layer + 1..self.items[to].layer {
            if let Some(&bend) = bends.get(&(to, layer)) {
                // From here on the line was drawn for another edge.
                return self.link(at, bend);
            }
            let bend = self.item(layer, BEND);
            bends.insert((to, layer), bend);
            self.link(at, bend);
            at = bend;
        }
        self.link(at, to);
    }

    // ---- Order --------------------------------------------------------------------------------

    /// Items in the order in which one finds them going down first.
    fn first_order(&mut self) {
        let deepest = self.items.iter().map(|item| item.layer).max();
        self.layers = vec![Vec::new(); deepest.map_or(0, |deepest| deepest + 1)];
        let mut found = vec![false; self.items.len()];
        let mut open: Vec<usize> = (0..self.items.len()).rev().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut found[at], true) {
                let item = &self.items[at];
                self.layers[item.layer].push(at);
                open.extend(item.neighbours[UNDER].iter().rev());
            }
        }
    }

    /// Sorts each layer by the middle of its neighbours, and keeps the order with the fewest
    /// crossings.
    fn sort(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let side = if sweep % 2 == 0 { ABOVE } else { UNDER };
            for layer in self.sweep(side) {
                self.sort_layer(layer, side);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// The layers, from the one that looks at none on this side.
    fn sweep(&self, side: usize) -> Vec<usize> {
        let layers = 0..self.layers.len();
        if side == ABOVE { layers.collect() } else { layers.rev().collect() }
    }

    fn sort_layer(&mut self, layer: usize, side: usize) {
        let beside = if side == ABOVE { layer.checked_sub(1) } else { Some(layer + 1) };
        let places = beside.and_then(|beside| self.layers.get(beside)).map(|order| ranks(order));
        let own = ranks(&self.layers[layer]);
        let key = |&item: &usize| {
            let neighbours = self.items[item].neighbours[side].iter();
            let seen = neighbours.filter_map(|other| places.as_ref()?.get(other).copied());
            // In thousandths of a place, for middles lie between two.
            mean(seen.map(|rank| rank * 1000)).unwrap_or(own[&item] * 1000)
        };
        let mut order = self.layers[layer].clone();
        order.sort_by_key(key);
        self.layers[layer] = order;
    }

    /// How many pairs of lines cross.
    fn crossings(&self) -> u64 {
        self.layers.windows(2).map(|pair| self.crossings_between(&pair[0], &pair[1])).sum()
    }

    fn crossings_between(&self, upper: &[usize], lower: &[usize]) -> u64 {
        let places = ranks(lower);
        // How many lines so far end at a place or before it, in sums of powers of two (Fenwick).
        let mut sums = vec![0u64; lower.len() + 1];
        let mut lines = 0;
        let mut crossings = 0;
        for &item in upper {
            let mut ends: Vec<usize> = self.items[item].neighbours[UNDER]
                .iter()
                .filter_map(|other| usize::try_from(*places.get(other)?).ok())
                .collect();
            ends.sort_unstable();
            for &end in &ends {
                let mut at = end + 1;
                let mut before = 0;
                while at > 0 {
                    before += sums[at];
                    at &= at - 1;
                }
                crossings += lines - before;
                lines += 1;
                let mut at = end + 1;
                while at < sums.len() {
                    sums[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
        crossings
    }

    // ---- Places -------------------------------------------------------------------------------

    /// Moves items below and above what they are linked to, as far as their neighbours let them.
    fn place(&mut self) {
        for layer in 0..self.layers.len() {
            self.place_layer(layer, &[]);
        }
        for sweep in 0..SWEEPS {
            let side = if sweep % 2 == 0 { ABOVE } else { UNDER };
            let sides: &[usize] = if sweep + 2 < SWEEPS { &[side] } else { &[ABOVE, UNDER] };
            for layer in self.sweep(side) {
                self.place_layer(layer, sides);
            }
        }
    }

    fn place_layer(&mut self, layer: usize, sides: &[usize]) {
        let order = &self.layers[layer];
        let wanted = order.iter().map(|&item| {
            let item = &self.items[item];
            let others = sides.iter().flat_map(|&side| &item.neighbours[side]);
            mean(others.map(|&other| self.items[other].middle)).unwrap_or(item.middle)
        });
        let widths: Vec<i64> = order.iter().map(|&item| self.items[item].size.width).collect();
        let middles = spread(wanted, &widths);
        for (&item, middle) in order.iter().zip(middles) {
            self.items[item].middle = middle;
        }
    }

    // ---- The page -----------------------------------------------------------------------------

    fn page(&self, nodes: usize, labels: usize) -> Page {
        let left = |item: &Item| item.middle - item.size.width / 2;
        let leftmost = self.items.iter().map(left).min().unwrap_or(0);
        let bands = self.bands();
        let frames: Vec<Frame> = self
            .items
            .iter()
            .map(|item| {
                let (top, bottom) = bands[item.layer];
                let Size { width, height } = item.size;
                let y = top + (bottom - top - height) / 2;
                Frame { x: left(item) - leftmost, y, width, height }
            })
            .collect();
        Page {
            pieces: self.pieces(&frames, &bands),
            size: Size {
                width: frames.iter().map(|frame| frame.right()).max().unwrap_or(0),
                height: bands.last().map_or(0, |band| band.1),
            },
            nodes: frames[..nodes].to_vec(),
            labels: frames[nodes..nodes + labels].to_vec(),
        }
    }

    /// Where each layer begins and ends.
    fn bands(&self) -> Vec<(i64, i64)> {
        let mut top = 0;
        let mut bands = Vec::new();
        for layer in &self.layers {
            let height = layer.iter().map(|&item| self.items[item].size.height).max().unwrap_or(0);
            bands.push((top, top + height));
            // Lines that go far to the side get more room, so that none lies flat.
            let ways = layer.iter().flat_map(|&item| {
                let item = &self.items[item];
                item.neighbours[UNDER]
                    .iter()
                    .map(|&other| (self.items[other].middle - item.middle).abs())
            });
            top += height + (ways.max().unwrap_or(0) / 5).clamp(BELOW.0, BELOW.1);
        }
        bands
    }

    fn pieces(&self, frames: &[Frame], bands: &[(i64, i64)]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (upper, item) in self.items.iter().enumerate() {
            for &lower in &item.neighbours[UNDER] {
                let (from, to) = (frames[upper], frames[lower]);
                let under = &self.items[lower];
                let arrives = lower < self.nodes;
                // A line goes on behind a label and through a bend, to the end of the layer.
                let end = if arrives { to.y } else { bands[under.layer].1 };
                let start = if upper < self.nodes { from.bottom() } else { bands[item.layer].1 };
                pieces.push(Piece {
                    start: (from.middle(), start),
                    turns: bands[item.layer].1,
                    turned: bands[under.layer].0,
                    end: (to.middle(), end),
                    arrives,
                });
            }
        }
        pieces
    }
}

/// How far each node lies from those that no edge leads to, the longest way counting.
fn depths(nodes: usize, edges: impl Iterator<Item = (usize, usize, Size)>) -> Vec<usize> {
    let mut depths = vec![0; nodes];
    let mut edges: Vec<(usize, usize)> = edges.map(|(from, to, _)| (from, to)).collect();
    // An edge leads to a greater number, so those from small numbers are settled first.
    edges.sort_unstable();
    for (from, to) in edges {
        depths[to] = depths[to].max(depths[from] + 1);
    }
    depths
}

fn ranks(order: &[usize]) -> BTreeMap<usize, i64> {
    order.iter().copied().zip(0..).collect()
}

fn mean(values: impl Iterator<Item = i64>) -> Option<i64> {
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { None } else { Some(sum / count) }
}

/// Middles of items side by side, each as near to the wanted one as the others let it.
fn spread(wanted: impl Iterator<Item = i64>, widths: &[i64]) -> Vec<i64> {
    let mut offsets = Vec::with_capacity(widths.len());
    let mut offset = 0;
    for (index, width) in widths.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).and_then(|before| widths.get(before)) {
            offset += (before + width + 1) / 2 + BESIDE;
        }
        offsets.push(offset);
    }
    // Without the offsets, middles may be equal but never fall: those that do are put together.
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for (wanted, offset) in wanted.zip(&offsets) {
        let mut run = (wanted - offset, 1);
        while let Some(&(sum, count)) = runs.last()
            && run.0.div_euclid(run.1) < sum.div_euclid(count)
        {
            run = (run.0 + sum, run.1 + count);
            runs.pop();
        }
        runs.push(run);
    }
    let places = runs.into_iter().flat_map(|(sum, count)| {
        let place = sum.div_euclid(count);
        (0..count).map(move |_| place)
    });
    places.zip(offsets).map(|(place, offset)| place + offset).collect()
}
