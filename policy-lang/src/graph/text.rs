//! Graphs as text: for Graphviz, for Mermaid, for a terminal.

use std::fmt::Write as _;

use policy_eval::Tier;

use super::{Graph, Kind};

/// The graph in the language of Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph policy {\n  rankdir = LR\n  node [fontname = \"sans-serif\", fontsize = 11]\n  \
         edge [fontname = \"sans-serif\", fontsize = 9]\n",
    );
    for (number, vertex) in graph.vertices.iter().enumerate() {
        let look = match vertex.kind {
            Kind::Action => "shape = box, style = bold".to_owned(),
            Kind::Question => "shape = ellipse".to_owned(),
            Kind::Rule(tier) => {
                let Ink { fill, text } = ink(tier);
                format!(
                    "shape = box, style = \"rounded,filled\", fillcolor = \"{fill}\", \
                     fontcolor = \"{text}\""
                )
            }
            Kind::Note => "shape = plaintext".to_owned(),
        };
        let _ = writeln!(out, "  n{number} [label = \"{}\", {look}]", dot_text(&vertex.label));
    }
    for edge in &graph.edges {
        let label = dot_text(&edge.label);
        let _ = writeln!(out, "  n{} -> n{} [label = \"{label}\"]", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The graph in the language of Mermaid.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, vertex) in graph.vertices.iter().enumerate() {
        let label = mermaid_text(&vertex.label);
        let _ = match vertex.kind {
            Kind::Action => writeln!(out, "  n{number}[[\"{label}\"]]"),
            Kind::Question => writeln!(out, "  n{number}{{{{\"{label}\"}}}}"),
            Kind::Rule(tier) => writeln!(out, "  n{number}(\"{label}\"):::{tier}"),
            Kind::Note => writeln!(out, "  n{number}[\"{label}\"]"),
        };
    }
    for edge in &graph.edges {
        let (from, to) = (edge.from, edge.to);
        let _ = match &*edge.label {
            "" => writeln!(out, "  n{from} --> n{to}"),
            label => writeln!(out, "  n{from} -- \"{}\" --> n{to}", mermaid_text(label)),
        };
    }
    for tier in Tier::ALL {
        let Ink { fill, text } = ink(tier);
        let _ = writeln!(out, "  classDef {tier} fill:{fill},color:{text}");
    }
    out
}

/// Mermaid reads entities by number in quoted text.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The graph as lines, one a question, its answers indented below.
pub fn text(graph: &Graph) -> String {
    let mut out = String::new();
    for (number, vertex) in graph.vertices.iter().enumerate() {
        let _ = writeln!(out, "n{number}  {}", one_line(&vertex.label));
        for edge in graph.edges.iter().filter(|edge| edge.from == number) {
            let label = one_line(&edge.label);
            let separator = if label.is_empty() { "" } else { "  " };
            let _ = writeln!(out, "    n{}{separator}{label}", edge.to);
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.replace('\n', " | ")
}

/// How a tier looks.
pub(super) struct Ink {
    pub(super) fill: &'static str,
    pub(super) text: &'static str,
}

/// The colours of a tier: the stricter, the darker, in hues that all readers tell apart.
pub(super) const fn ink(tier: Tier) -> Ink {
    match tier {
        Tier::Allow => Ink { fill: "#d9f2e9", text: "#111111" },
        Tier::Review => Ink { fill: "#b5d9f0", text: "#111111" },
        Tier::Ask => Ink { fill: "#efb04c", text: "#111111" },
        Tier::Deny => Ink { fill: "#a63603", text: "#ffffff" },
    }
}
