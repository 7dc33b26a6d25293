//! The graph as a picture that a browser shows, laid out in layers from left to right.
//!
//! A node lies in the layer behind all that lead to it. Inside a layer nodes lie in the order of
//! the middle of what leads to them, which keeps most edges from crossing (after Sugiyama, 1981).

use std::fmt::Write as _;

use super::text::colour;
use super::{Graph, Kind, Vertex};

const LINE: usize = 14;
const GLYPH: usize = 7;
const PADDING: usize = 8;
const BETWEEN_NODES: usize = 16;
/// Room for the labels of edges.
const BETWEEN_LAYERS: usize = 220;

/// A node on the page.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// The graph as an SVG document.
///
/// # Cost
/// Linear in the size of the graph, and a sort of each layer.
pub fn svg(graph: &Graph) -> String {
    let (boxes, width, height) = lay_out(graph);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (boxes.get(edge.from), boxes.get(edge.to)) {
            draw_edge(&mut out, *from, *to);
        }
    }
    for (vertex, place) in graph.vertices.iter().zip(&boxes) {
        draw_node(&mut out, vertex, *place);
    }
    // Labels come last, so that no line crosses them out.
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (boxes.get(edge.from), boxes.get(edge.to)) {
            draw_label(&mut out, *from, *to, &edge.label);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn lay_out(graph: &Graph) -> (Vec<Frame>, usize, usize) {
    let layers = layers(graph);
    let mut boxes: Vec<Frame> = graph.vertices.iter().map(size).collect();
    let mut sources = vec![Vec::new(); boxes.len()];
    for edge in &graph.edges {
        if edge.from < boxes.len() && edge.to < boxes.len() {
            sources[edge.to].push(edge.from);
        }
    }
    let (mut x, mut page_height) = (PADDING, 0);
    for mut layer in layers {
        let middle = |node: usize| {
            let sum: usize = sources[node].iter().map(|&from| boxes[from].y).sum();
            sum.checked_div(sources[node].len()).unwrap_or(0)
        };
        layer.sort_by_key(|&node| (middle(node), node));
        let mut y = PADDING;
        for &node in &layer {
            boxes[node].x = x;
            boxes[node].y = y;
            y += boxes[node].height + BETWEEN_NODES;
        }
        page_height = page_height.max(y);
        x += layer.iter().map(|&node| boxes[node].width).max().unwrap_or(0) + BETWEEN_LAYERS;
    }
    (boxes, x, page_height + PADDING)
}

/// The nodes by their distance from the actions, the longest way counting.
fn layers(graph: &Graph) -> Vec<Vec<usize>> {
    let mut depths = vec![0usize; graph.vertices.len()];
    let mut edges: Vec<(usize, usize)> =
        graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    // An edge leads to a greater number, so those from small numbers are settled first.
    edges.sort_unstable();
    for (from, to) in edges {
        if let (Some(before), Some(depth)) = (depths.get(from).copied(), depths.get_mut(to)) {
            *depth = (*depth).max(before + 1);
        }
    }
    let mut layers = vec![Vec::new(); depths.iter().max().map_or(0, |deepest| deepest + 1)];
    for (node, depth) in depths.into_iter().enumerate() {
        layers[depth].push(node);
    }
    layers
}

fn size(vertex: &Vertex) -> Frame {
    let longest = vertex.label.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let lines = vertex.label.lines().count().max(1);
    Frame {
        width: longest * GLYPH + 2 * PADDING,
        height: lines * LINE + PADDING,
        ..Frame::default()
    }
}

fn draw_node(out: &mut String, vertex: &Vertex, place: Frame) {
    let (fill, line, round) = match vertex.kind {
        Kind::Action => ("#eeeeee", 2, 0),
        Kind::Question => ("white", 1, 12),
        Kind::Rule(tier) => (colour(tier), 1, 4),
        Kind::Note => ("white", 0, 0),
    };
    let Frame { x, y, width, height } = place;
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" \
         fill=\"{fill}\" stroke=\"#555555\" stroke-width=\"{line}\"/>"
    );
    draw_lines(out, &vertex.label, x + PADDING, y + LINE, "fill=\"black\"");
}

fn draw_edge(out: &mut String, from: Frame, to: Frame) {
    let ((x1, y1), (x2, y2)) = ends(from, to);
    let bend = BETWEEN_LAYERS / 2;
    let _ = writeln!(
        out,
        "<path d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#999999\"/>",
        x1 + bend,
        x2.saturating_sub(bend)
    );
}

fn ends(from: Frame, to: Frame) -> ((usize, usize), (usize, usize)) {
    ((from.x + from.width, from.y + from.height / 2), (to.x, to.y + to.height / 2))
}

/// In the middle of an edge no other of the same node lies.
fn draw_label(out: &mut String, from: Frame, to: Frame, label: &str) {
    let ((x1, y1), (x2, y2)) = ends(from, to);
    let look = "fill=\"#333333\" font-size=\"10\" text-anchor=\"middle\" \
                paint-order=\"stroke\" stroke=\"white\" stroke-width=\"3\"";
    draw_lines(out, label, x1.midpoint(x2), y1.midpoint(y2), look);
}

fn draw_lines(out: &mut String, label: &str, x: usize, y: usize, look: &str) {
    for (index, line) in label.lines().enumerate() {
        let y = y + index * LINE;
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {look}>{}</text>", escaped(line));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
