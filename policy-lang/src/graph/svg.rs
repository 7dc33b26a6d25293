//! The graph as a picture that a browser shows.
//!
//! Tiers differ in lightness and in their border as well as in colour, and each says its name. So
//! the picture serves in print, and readers who tell few colours apart.

use std::fmt::Write as _;

use policy_eval::Tier;

use super::layout::{Frame, Page, Piece, Size, lay_out};
use super::text::ink;
use super::{Graph, Kind};

/// Sizes of type, in pixels.
const NODE_TYPE: i64 = 11;
const LABEL_TYPE: i64 = 10;
const TITLE_TYPE: i64 = 15;
/// Lines of text lie this much further apart than they are high.
const LEADING: i64 = 3;
/// The most columns and lines of a text. What is cut off shows when one points at it.
const NODE_TEXT: (usize, usize) = (26, 4);
const LABEL_TEXT: (usize, usize) = (28, 5);
const TITLE_TEXT: (usize, usize) = (60, 2);
const PADDING: i64 = 8;
const MARGIN: i64 = 20;
/// Between the title, the graph and the legend.
const APART: i64 = 24;

/// The graph as an SVG document, with a title and a legend.
///
/// # Cost
/// That of a layout in layers: for a graph that people can read, a few milliseconds.
pub fn svg(graph: &Graph, title: &str) -> String {
    let title = Text::new(title, TITLE_TYPE, TITLE_TEXT);
    let nodes: Vec<Node> =
        graph.vertices.iter().map(|vertex| Node::new(vertex.kind, &vertex.label)).collect();
    // Each line of a label is one way to give the answer.
    let label = |label: &str| Text::new(&label.replace('\n', " or\n"), LABEL_TYPE, LABEL_TEXT);
    let labels: Vec<Text> = graph.edges.iter().map(|edge| label(&edge.label)).collect();
    let sizes: Vec<Size> = nodes.iter().map(Node::size).collect();
    let ends = graph.edges.iter().zip(&labels);
    let edges: Vec<_> = ends.map(|(edge, label)| (edge.from, edge.to, label.size())).collect();
    let page = lay_out(&sizes, &edges);
    let legend = Legend::new();

    let inner = page.size.width.max(title.size().width).max(legend.size.width);
    // A small graph stands in the middle.
    let left = MARGIN + (inner - page.size.width) / 2;
    let top = MARGIN + title.size().height + APART;
    let below = top + page.size.height + APART;
    let size = Size { width: inner + 2 * MARGIN, height: below + legend.size.height + MARGIN };
    let mut out = head(size, &title);
    title.draw(&mut out, (MARGIN + title.size().width / 2, MARGIN), 1, "#111");
    draw_graph(&mut out, &page.moved(left, top), &nodes, &labels);
    legend.draw(&mut out, MARGIN, below);
    out.push_str("</svg>\n");
    out
}

fn head(size: Size, title: &Text) -> String {
    let Size { width, height } = size;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" text-anchor=\"middle\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">\n\
         <title>{}</title>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 1 8 4 0 7z\" fill=\"#666\"/></marker>\
         </defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        escaped(&title.whole)
    )
}

fn draw_graph(out: &mut String, page: &Page, nodes: &[Node], labels: &[Text]) {
    out.push_str("<g fill=\"none\" stroke=\"#888\">\n");
    page.pieces.iter().for_each(|piece| draw_piece(out, piece));
    out.push_str("</g>\n");
    for (label, &frame) in labels.iter().zip(&page.labels) {
        draw_label(out, label, frame);
    }
    for (node, &frame) in nodes.iter().zip(&page.nodes) {
        node.draw(out, frame);
    }
}

fn draw_piece(out: &mut String, piece: &Piece) {
    let Piece { start: (x1, y1), turns, turned, end: (x2, y2), arrives } = *piece;
    let half = turns.midpoint(turned);
    let arrow = if arrives { " marker-end=\"url(#arrow)\"" } else { "" };
    let _ = writeln!(
        out,
        "<path d=\"M{x1} {y1}V{turns}C{x1} {half} {x2} {half} {x2} {turned}V{y2}\"{arrow}/>"
    );
}

/// A label lies on its line, which comes out again below it.
fn draw_label(out: &mut String, label: &Text, frame: Frame) {
    if label.lines.is_empty() {
        return;
    }
    let Frame { x, y, width, height } = frame;
    out.push_str("<g>");
    label.draw_tooltip(out);
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"white\"/>"
    );
    label.draw(out, (frame.middle(), y), 0, "#333");
    out.push_str("</g>\n");
}

// ---- Nodes ----------------------------------------------------------------------------------

struct Node {
    kind: Kind,
    text: Text,
}

impl Node {
    fn new(kind: Kind, label: &str) -> Node {
        Node { kind, text: Text::new(label, NODE_TYPE, NODE_TEXT) }
    }

    fn size(&self) -> Size {
        let Size { width, height } = self.text.size();
        Size { width: width + 2 * PADDING, height: height.max(NODE_TYPE) + PADDING + LEADING }
    }

    fn draw(&self, out: &mut String, frame: Frame) {
        let Frame { x, y, width, height } = frame;
        let (look, strong, colour) = match self.kind {
            Kind::Action => ("fill=\"#e4e4e4\" stroke=\"#111\" stroke-width=\"2\"", 1, "#111"),
            Kind::Question => ("rx=\"12\" fill=\"white\" stroke=\"#444\"", 0, "#111"),
            Kind::Note => ("fill=\"white\" stroke=\"#999\" stroke-dasharray=\"2 3\"", 0, "#444"),
            Kind::Rule(tier) => (border(tier), 1, ink(tier).text),
        };
        let fill = match self.kind {
            Kind::Rule(tier) => format!(" fill=\"{}\"", ink(tier).fill),
            _ => String::new(),
        };
        out.push_str("<g>");
        self.text.draw_tooltip(out);
        let _ = writeln!(
            out,
            "<rect class=\"node\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             {look}{fill}/>"
        );
        let top = y + (height - self.text.size().height) / 2;
        self.text.draw(out, (frame.middle(), top), strong, colour);
        out.push_str("</g>\n");
    }
}

/// How a tier looks where colours are lost.
const fn border(tier: Tier) -> &'static str {
    match tier {
        Tier::Allow => "rx=\"3\" stroke=\"#00664b\"",
        Tier::Review => "rx=\"3\" stroke=\"#004f7d\" stroke-dasharray=\"6 3\" stroke-width=\"1.5\"",
        Tier::Ask => "rx=\"3\" stroke=\"#5c3c00\" stroke-width=\"2\"",
        Tier::Deny => "rx=\"3\" stroke=\"#5a1a00\" stroke-width=\"2\"",
    }
}

/// What the looks of nodes mean.
struct Legend {
    nodes: Vec<(Node, Frame)>,
    note: Text,
    size: Size,
}

impl Legend {
    fn new() -> Legend {
        let tiers = Tier::ALL.into_iter().map(|tier| Node::new(Kind::Rule(tier), tier.name()));
        let others = [(Kind::Question, "question"), (Kind::Note, "no tier")];
        let others = others.into_iter().map(|(kind, label)| Node::new(kind, label));
        let mut nodes = Vec::new();
        let (mut right, mut bottom) = (0, 0);
        for node in tiers.chain(others) {
            let Size { width, height } = node.size();
            nodes.push((node, Frame { x: right, y: 0, width, height }));
            right += width + PADDING;
            bottom = bottom.max(height);
        }
        let said =
            "A decision is the strictest of the rules reached and of the default, if it stands.";
        let note = Text::new(said, LABEL_TYPE, (90, 1));
        let Size { width, height } = note.size();
        let size = Size { width: width.max(right - PADDING), height: bottom + PADDING + height };
        Legend { nodes, note, size }
    }

    fn draw(&self, out: &mut String, x: i64, y: i64) {
        for (node, frame) in &self.nodes {
            node.draw(out, frame.moved(x, y));
        }
        let Size { width, height } = self.note.size();
        self.note.draw(out, (x + width / 2, y + self.size.height - height), 0, "#444");
    }
}

// ---- Text -----------------------------------------------------------------------------------

/// A text in short lines.
struct Text {
    whole: String,
    lines: Vec<String>,
    /// Whether the lines are less than the whole.
    cut: bool,
    /// The size of its type.
    size: i64,
}

impl Text {
    fn new(text: &str, size: i64, (columns, most): (usize, usize)) -> Text {
        let mut lines = Vec::new();
        for line in text.lines() {
            wrap(line, columns, &mut lines);
        }
        let cut = most < lines.len();
        if cut {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push('…');
            }
        }
        Text { whole: text.to_owned(), lines, cut, size }
    }

    fn size(&self) -> Size {
        let widest = self.lines.iter().map(|line| columns(line)).max().unwrap_or(0);
        let count = self.lines.iter().fold(0, |count, _| count + 1);
        // Monospaced type is six tenths as wide as it is high.
        Size { width: (widest * self.size * 61 + 99) / 100, height: count * (self.size + LEADING) }
    }

    /// Draws it below a place, the first lines in bold type.
    fn draw(&self, out: &mut String, (x, y): (i64, i64), strong: usize, colour: &str) {
        let size = self.size;
        let mut base = y + size;
        for (index, line) in self.lines.iter().enumerate() {
            let weight = if index < strong { " font-weight=\"bold\"" } else { "" };
            let line = escaped(line);
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{base}\" font-size=\"{size}\" fill=\"{colour}\"{weight}>\
                 {line}</text>"
            );
            base += size + LEADING;
        }
    }

    fn draw_tooltip(&self, out: &mut String) {
        if self.cut {
            let _ = write!(out, "<title>{}</title>", escaped(&self.whole));
        }
    }
}

/// Cuts a line at spaces, and a word that is too long where it must be.
fn wrap(line: &str, most: usize, lines: &mut Vec<String>) {
    let mut now = String::new();
    let mut width = 0;
    for word in line.split(' ') {
        if width > 0 && most < width + 1 + word.chars().count() {
            lines.push(std::mem::take(&mut now));
            width = 0;
        }
        if width > 0 {
            now.push(' ');
            width += 1;
        }
        for c in word.chars() {
            if width == most {
                lines.push(std::mem::take(&mut now));
                width = 0;
            }
            now.push(c);
            width += 1;
        }
    }
    lines.push(now);
}

/// How many columns a text takes. What is not ASCII may be twice as wide.
fn columns(text: &str) -> i64 {
    text.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Edge, Vertex};
    use super::*;

    /// Where the nodes and the lines of text are, read from the picture itself.
    fn drawn(svg: &str) -> (Vec<Frame>, Vec<Frame>, Size) {
        let number = |line: &str, name: &str| -> Option<i64> {
            let (_, rest) = line.split_once(&format!(" {name}=\""))?;
            rest.split('"').next()?.parse().ok()
        };
        let page = svg.lines().next().unwrap();
        let size =
            Size { width: number(page, "width").unwrap(), height: number(page, "height").unwrap() };
        let (mut nodes, mut texts) = (Vec::new(), Vec::new());
        for line in svg.lines() {
            let of = |name| number(line, name).unwrap();
            if line.contains("class=\"node\"") {
                nodes.push(Frame {
                    x: of("x"),
                    y: of("y"),
                    width: of("width"),
                    height: of("height"),
                });
            } else if let Some((_, rest)) = line.split_once("<text ") {
                let text = rest.split_once('>').unwrap().1.trim_end_matches("</text>");
                let text = text.replace("&lt;", "<").replace("&gt;", ">");
                let text = text.replace("&quot;", "\"").replace("&amp;", "&");
                let type_size = of("font-size");
                let width = columns(&text) * type_size * 6 / 10;
                let (x, y) = (of("x") - width / 2, of("y") - type_size);
                // Two pixels hang below the base.
                texts.push(Frame { x, y, width, height: type_size + 2 });
            }
        }
        (nodes, texts, size)
    }

    fn overlap(a: Frame, b: Frame) -> bool {
        a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
    }

    fn holds(outer: Frame, inner: Frame) -> bool {
        outer.x <= inner.x
            && inner.right() <= outer.right()
            && outer.y <= inner.y
            && inner.bottom() <= outer.bottom()
    }

    fn assert_readable(svg: &str) {
        let (nodes, texts, Size { width, height }) = drawn(svg);
        let page = Frame { x: 0, y: 0, width, height };
        for (index, &node) in nodes.iter().enumerate() {
            assert!(holds(page, node), "{node:?} leaves {page:?}\n{svg}");
            for &other in &nodes[index + 1..] {
                assert!(!overlap(node, other), "nodes {node:?} and {other:?}\n{svg}");
            }
        }
        for (index, &text) in texts.iter().enumerate() {
            assert!(holds(page, text), "{text:?} leaves {page:?}\n{svg}");
            for &node in &nodes {
                let apart = !overlap(text, node) || holds(node, text);
                assert!(apart, "text {text:?} and node {node:?}\n{svg}");
            }
            for &other in &texts[index + 1..] {
                assert!(!overlap(text, other), "texts {text:?} and {other:?}\n{svg}");
            }
        }
    }

    fn any_graph() -> impl Strategy<Value = Graph> {
        let kind = prop_oneof![
            Just(Kind::Action),
            Just(Kind::Question),
            Just(Kind::Rule(Tier::Deny)),
            Just(Kind::Note)
        ];
        let label = "([a-z/*&<é中]{1,40}[ \n]?){0,8}";
        let vertex = (kind, label).prop_map(|(kind, label)| Vertex { kind, label });
        let vertices = proptest::collection::vec(vertex, 1..40);
        let edges = proptest::collection::vec((0usize..40, 0usize..40, label), 0..60);
        (vertices, edges).prop_map(|(vertices, edges)| {
            let edge = |(a, b, label): (usize, usize, String)| {
                let (from, to) = (a.min(b), a.max(b));
                Edge { from, to, label }
            };
            let leads_on = |edge: &Edge| edge.from < edge.to && edge.to < vertices.len();
            let edges = edges.into_iter().map(edge).filter(leads_on).collect();
            Graph { vertices, edges }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_overlaps_in_a_graph(graph in any_graph()) {
            assert_readable(&svg(&graph, "a"));
        }

        #[test]
        fn nothing_overlaps_in_a_policy(policy in policy_generate::any_policy()) {
            let sources = policy.files.iter().enumerate().map(|(number, file)| {
                crate::span::Source::new(format!("{number}.policy"), file.to_string())
            });
            let loaded = crate::check::load(sources.collect(), &crate::check::no_includes);
            let model = loaded.unwrap();
            let policy = crate::compile::compile(&model).unwrap();
            for action in policy_eval::Action::ALL {
                if let Ok(graph) = super::super::graph(&model, &policy, &[action]) {
                    assert_readable(&svg(&graph, action.name()));
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_cut_shows_in_full_when_pointed_at() {
        let label = "one two three four five six seven eight nine ten ".repeat(4);
        let vertices = vec![Vertex { kind: Kind::Question, label: label.trim_end().to_owned() }];
        let picture = svg(&Graph { vertices, edges: Vec::new() }, "a");
        assert!(picture.contains(&format!("<title>{}</title>", label.trim_end())));
        assert!(picture.contains("…</text>"));
    }

    #[test]
    fn an_edge_that_names_no_node_has_no_line() {
        let edges = vec![Edge { from: 3, to: 9, label: "x".to_owned() }];
        let picture = svg(&Graph { vertices: Vec::new(), edges }, "a");
        // The one path is the head of the arrows.
        assert_eq!(picture.matches("<path").count(), 1);
    }
}
