//! The decision DAG as a picture: what the compiled policy asks, in which order, and where it ends.
//!
//! ```text
//!   Tables ─┐                           ┌ dot, mermaid, text   others lay them out
//!           ├─► Graph: nodes and edges ─┤
//!   Model ──┘  (names of classes)       └ svg                  laid out here, in layers
//! ```
//!
//! The tables know classes by number. What a class means is said by the patterns that hold in it,
//! as the author wrote them: rules of the model and their formulas in the tables have one shape,
//! so walking both side by side gives each atom its words.

mod layout;
mod svg;
mod text;

use std::collections::BTreeMap;

use policy_eval::engine::InvalidTables;
use policy_eval::engine::tables::{
    Effect, Leaf, Node, NodeId, Source, Start, Tables, Variable, VariableKind, expr,
};
use policy_eval::{Action, Marks, Policy, RecordLevel, Tier, safe};

use crate::model::{Formula, Model, words};

pub use svg::svg;
pub use text::{dot, mermaid, text};

/// The most nodes that a graph may have. What is larger, nobody reads.
pub const MOST_NODES: usize = 2000;

/// The most classes that the label of an edge names.
const MOST_CLASSES: usize = 3;

/// A graph to draw. All text in it is safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Its nodes; edges name them by their place. An edge leads from a smaller place to a greater
    /// one.
    pub vertices: Vec<Vertex>,
    /// Its edges.
    pub edges: Vec<Edge>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Vertex {
    pub kind: Kind,
    pub label: String,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An action, and its default.
    Action,
    /// What is asked.
    Question,
    /// A rule that decides, with its tier.
    Rule(Tier),
    /// Rules with no tier, and rules that are judged one by one.
    Note,
}

/// An edge, with the answer that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub label: String,
}

/// Why a policy is not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The graph is larger than [`MOST_NODES`].
    #[error("the graph has more than {MOST_NODES} nodes; choose one action")]
    TooLarge,
    /// The policy was loaded from bytes that no compiler writes.
    #[error(transparent)]
    Invalid(#[from] InvalidTables),
}

/// The graph of a policy: for each action its trees. The answer is the strictest of what they lead
/// to and of the default, where that stands.
///
/// # Errors
/// When it is too large to be drawn, and when its tables are none.
///
/// # Cost
/// Linear in the tables that belong to the actions.
pub fn graph(model: &Model, policy: &Policy, actions: &[Action]) -> Result<Graph, GraphError> {
    let tables = &policy.tables()?;
    let mut drawing = Drawing { tables, atoms: atom_words(model, tables), graph: Graph::default() };
    for &action in actions {
        drawing.action(action)?;
    }
    Ok(drawing.graph)
}

// ---- Words for classes ----------------------------------------------------------------------

/// By variable and place: what the atom there asks.
type AtomWords = BTreeMap<(u32, u32), String>;

fn atom_words(model: &Model, tables: &Tables) -> AtomWords {
    let mut all = AtomWords::new();
    let rules = model.rules.iter().zip(&tables.rules).map(|(rule, row)| (&rule.when, row.expr));
    let counts =
        model.counts.iter().zip(&tables.counts).map(|(count, row)| (&count.when, row.expr));
    for (formula, at) in rules.chain(counts) {
        let mut cursor = Cursor { tables, at: at as usize, words: &mut all };
        cursor.formula(model, formula);
    }
    all
}

/// A place in the formulas of the tables.
struct Cursor<'t, 'w> {
    tables: &'t Tables,
    at: usize,
    words: &'w mut AtomWords,
}

impl Cursor<'_, '_> {
    fn next(&mut self) -> (u32, u32) {
        let word = self.tables.exprs.get(self.at).copied().unwrap_or(expr::TRUE);
        self.at += 1;
        (word & ((1 << expr::BITS) - 1), word >> expr::BITS)
    }

    /// Both formulas have one shape down to the atoms of the model, which depth the parser bounds.
    fn formula(&mut self, model: &Model, formula: &Formula) {
        match formula {
            Formula::Atom(atom) => self.give(&words::atom(model, atom)),
            Formula::True => {
                self.next();
            }
            Formula::Not(inner) => {
                self.next();
                self.formula(model, inner);
            }
            Formula::And(parts) | Formula::Or(parts) => {
                self.next();
                parts.iter().for_each(|part| self.formula(model, part));
            }
        }
    }

    /// Every atom of the formula here gets the words.
    fn give(&mut self, words: &str) {
        match self.next() {
            (expr::ATOM, number) => {
                if let Some(atom) = self.tables.atoms.get(number as usize) {
                    let place = (atom.variable, atom.place);
                    self.words.entry(place).or_insert_with(|| words.to_owned());
                }
            }
            (expr::NOT, _) => self.give(words),
            (expr::AND | expr::OR, parts) => (0..parts).for_each(|_| self.give(words)),
            _ => {}
        }
    }
}

// ---- Drawing --------------------------------------------------------------------------------

struct Drawing<'t> {
    tables: &'t Tables,
    atoms: AtomWords,
    graph: Graph,
}

impl Drawing<'_> {
    fn action(&mut self, action: Action) -> Result<(), GraphError> {
        let plan = &self.tables.plans[action as usize];
        let default = plan.default.map_or("", Tier::name);
        let top = self.vertex(Kind::Action, format!("{action}, default {default}"))?;
        for &root in &plan.upper {
            let to = self.tree(action, root)?;
            self.graph.edges.push(Edge { from: top, to, label: String::new() });
        }
        let listed = plan.listed.always.len() + plan.listed.by_atom.len();
        if listed > 0 {
            let label = format!("{listed} rules judged one by one");
            let to = self.vertex(Kind::Note, label)?;
            self.graph.edges.push(Edge { from: top, to, label: String::new() });
        }
        Ok(())
    }

    fn vertex(&mut self, kind: Kind, label: String) -> Result<usize, GraphError> {
        if self.graph.vertices.len() == MOST_NODES {
            return Err(GraphError::TooLarge);
        }
        self.graph.vertices.push(Vertex { kind, label });
        Ok(self.graph.vertices.len() - 1)
    }

    /// Draws what lies below a root, each node once. Nodes are numbered so that edges lead on.
    fn tree(&mut self, action: Action, root: NodeId) -> Result<usize, GraphError> {
        let order = self.order(action, root)?;
        let mut places: BTreeMap<u32, usize> = BTreeMap::new();
        for &id in &order {
            let place = match (id.as_leaf(), self.node(id)) {
                (None, Some(node)) => {
                    let label = self.question(action, node);
                    self.vertex(Kind::Question, label)?
                }
                (leaf, _) => self.leaf(leaf.unwrap_or(0))?,
            };
            places.insert(id.0, place);
        }
        for &id in &order {
            let Some(node) = self.node(id) else { continue };
            for (to, label) in self.answers(action, id, node) {
                if let (Some(&from), Some(&to)) = (places.get(&id.0), places.get(&to.0)) {
                    self.graph.edges.push(Edge { from, to, label });
                }
            }
        }
        Ok(places.get(&root.0).copied().unwrap_or(0))
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        if id.as_leaf().is_some() { None } else { self.tables.nodes.get(id.0 as usize) }
    }

    /// Every node below a root, each behind those that lead to it.
    fn order(&self, action: Action, root: NodeId) -> Result<Vec<NodeId>, GraphError> {
        let mut done = BTreeMap::new();
        let mut finished = Vec::new();
        // A node is opened, then its answers, then it is closed: behind all that lies below it.
        let mut open = vec![(root, false)];
        while let Some((id, closing)) = open.pop() {
            if closing {
                finished.push(id);
                continue;
            }
            if done.insert(id.0, ()).is_some() {
                continue;
            }
            if MOST_NODES < done.len() {
                return Err(GraphError::TooLarge);
            }
            open.push((id, true));
            if let Some(node) = self.node(id) {
                open.extend(
                    self.targets(action, id, node).into_keys().map(|to| (NodeId(to), false)),
                );
            }
        }
        finished.reverse();
        Ok(finished)
    }

    fn variable(&self, action: Action, node: &Node) -> Option<&Variable> {
        let plan = &self.tables.plans[action as usize];
        let number = plan.variables.get(node.variable as usize)?;
        self.tables.variables.get(*number as usize)
    }

    /// Where each class leads.
    fn targets(&self, action: Action, id: NodeId, node: &Node) -> BTreeMap<u32, Vec<u32>> {
        let classes = self.variable(action, node).map_or(0, |variable| variable.classes);
        let mut targets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        // The class behind the last one stands for "not sent".
        for class in 0..=classes {
            let place = u64::from(node.base) + u64::from(class);
            let edge = self.tables.edges.get(place as usize).filter(|edge| edge.check == id.0);
            let to = edge.map_or(node.default, |edge| edge.to);
            targets.entry(to.0).or_default().push(class);
        }
        targets
    }

    fn answers(&self, action: Action, id: NodeId, node: &Node) -> Vec<(NodeId, String)> {
        let targets = self.targets(action, id, node);
        let answer = |(to, classes): (u32, Vec<u32>)| {
            let label = if to == node.default.0 && MOST_CLASSES < classes.len() {
                "else".to_owned()
            } else {
                self.classes(action, node, &classes)
            };
            (NodeId(to), label)
        };
        targets.into_iter().map(answer).collect()
    }

    fn question(&self, action: Action, node: &Node) -> String {
        let Some(variable) = self.variable(action, node) else { return String::new() };
        match &variable.kind {
            VariableKind::Group(group) => self.group(*group),
            VariableKind::Number { source, .. }
            | VariableKind::Address { source, .. }
            | VariableKind::Bool(source) => source_words(source),
            VariableKind::Contains { source, .. } | VariableKind::SetEquals { source, .. } => {
                source_words(source)
            }
            VariableKind::Marked(_) => "marks of the session".to_owned(),
            VariableKind::Present(source) => format!("{} was sent", source_words(source)),
            VariableKind::Any(source) => format!("{} is anything", source_words(source)),
            VariableKind::AnyDestination => "destination".to_owned(),
        }
    }

    fn group(&self, number: u32) -> String {
        let Some(group) = self.tables.groups.get(number as usize) else { return String::new() };
        let sequence = self.tables.sequences.get(group.sequence as usize);
        let source = sequence.map_or(String::new(), |sequence| source_words(&sequence.source));
        match group.start {
            Start::Beginning => source,
            Start::Root(root) => {
                let name = self.tables.roots.get(usize::from(root)).map_or("", |root| &root.name);
                format!("{source} under ${name}")
            }
        }
    }

    /// What holds in some classes.
    fn classes(&self, action: Action, node: &Node, classes: &[u32]) -> String {
        let shown = classes.iter().take(MOST_CLASSES);
        let mut shown: Vec<String> = shown.map(|&class| self.class(action, node, class)).collect();
        shown.dedup();
        if MOST_CLASSES < classes.len() {
            shown.push(format!("{} more", classes.len() - MOST_CLASSES));
        }
        shown.join("\n")
    }

    fn class(&self, action: Action, node: &Node, class: u32) -> String {
        let plan = &self.tables.plans[action as usize];
        let number = plan.variables.get(node.variable as usize).copied().unwrap_or(0);
        let Some(variable) = self.tables.variables.get(number as usize) else {
            return String::new();
        };
        if class == variable.classes {
            return "not sent".to_owned();
        }
        let bound = |class: u32| variable.starts.get(class as usize).copied().unwrap_or(0) as usize;
        let holds = variable.holds.get(bound(class)..bound(class + 1)).unwrap_or_default();
        let mut words: Vec<String> = holds
            .iter()
            .filter_map(|held| {
                let words = self.atoms.get(&(number, held >> 1))?;
                Some(if held & 1 == 0 { format!("{words} (possibly)") } else { words.clone() })
            })
            .map(|words| shortened(&words))
            .collect();
        words.dedup();
        if words.is_empty() { "none of these".to_owned() } else { words.join(" & ") }
    }

    fn leaf(&mut self, number: u32) -> Result<usize, GraphError> {
        let leaf = self.tables.leaves.get(number as usize).copied().unwrap_or_default();
        let rule = leaf.rule.checked_sub(1).and_then(|rule| self.tables.rules.get(rule as usize));
        match rule {
            None => {
                let label = self.beside_a_tier(&leaf);
                self.vertex(Kind::Note, label)
            }
            Some(rule) => {
                let label = shortened(&rule.name);
                match rule.effect {
                    Effect::Tier(tier, _) => {
                        self.vertex(Kind::Rule(tier), format!("{tier}\n{label}"))
                    }
                    Effect::Record(_) | Effect::Mark(_) => self.vertex(Kind::Note, label),
                }
            }
        }
    }

    /// What a leaf says where no rule with a tier leads to it.
    fn beside_a_tier(&self, leaf: &Leaf) -> String {
        let mut said = Vec::new();
        if leaf.record != RecordLevel::None {
            said.push(format!("record {}", leaf.record));
        }
        let marks = Marks::new(leaf.marks, &self.tables.marks);
        said.extend(marks.iter().map(|mark| format!("mark {}", shortened(mark))));
        if said.is_empty() { "nothing".to_owned() } else { said.join("\n") }
    }
}

fn source_words(source: &Source) -> String {
    match source {
        Source::Builtin(attr) => attr.name().to_owned(),
        Source::Argument(names) => shortened(&format!("args.{}", names.join("."))),
        Source::Declared(name, _)
        | Source::DeclaredPath(name)
        | Source::DeclaredHost(name)
        | Source::DeclaredIp(name) => name.to_string(),
        Source::Destination => "destination".to_owned(),
        Source::Root(name) => format!("${name}"),
        Source::Pair => "name".to_owned(),
        Source::Command => "command".to_owned(),
    }
}

/// A text of the policy, safe to print. Long patterns would tear a picture apart.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let text = safe(text);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::no_includes;

    fn drawn(text: &str) -> Graph {
        let source = crate::span::Source::new("a.policy", text);
        let model = crate::check::load(vec![source], &no_includes).unwrap();
        let policy = crate::compile::compile(&model).unwrap();
        graph(&model, &policy, &[Action::Run]).unwrap()
    }

    const POLICY: &str = r#"
allow  run "git status ..."
review run "git push ..." unless branch in ("main", "<&>")
stop: deny run "git push {-f} ..."
"#;

    #[test]
    fn every_answer_of_a_question_has_words() {
        insta::assert_snapshot!(text(&drawn(POLICY)), @r#"
        n0  run, default ask
            n1
        n1  command
            n2  none of these
            n3  command git status ...
            n4  command git push ...
            n7  not sent
        n2  command
            n6  none of these
            n11  command git push {-f} ... | command git push {-f} ... (possibly) | not sent
        n3  command
            n11  command git push {-f} ... | command git push {-f} ... (possibly) | not sent
            n10  none of these
        n4  command
            n5  none of these
            n11  command git push {-f} ... | command git push {-f} ... (possibly) | not sent
        n5  branch
            n6  branch in ("main", "<&>")
            n9  none of these | not sent
        n6  nothing
        n7  command
            n8  none of these
            n11  command git push {-f} ... | command git push {-f} ... (possibly) | not sent
        n8  branch
            n9  none of these | not sent
            n10  branch in ("main", "<&>")
        n9  review | review run "git push ..." unless branch in ("main", "<&>")
        n10  allow | allow run "git status ..."
        n11  deny | stop
        "#);
    }

    #[test]
    fn edges_lead_on() {
        let graph = drawn(POLICY);
        assert!(graph.edges.iter().all(|edge| edge.from < edge.to));
    }

    #[test]
    fn what_a_format_means_by_a_character_is_escaped() {
        let graph = Graph {
            vertices: vec![
                Vertex { kind: Kind::Question, label: "a\"b<c>&\\".to_owned() },
                Vertex { kind: Kind::Rule(Tier::Deny), label: "]]> #".to_owned() },
            ],
            edges: vec![Edge { from: 0, to: 1, label: "x|y\nz".to_owned() }],
        };
        insta::assert_snapshot!(dot(&graph), @r##"
        digraph policy {
          rankdir = LR
          node [fontname = "sans-serif", fontsize = 11]
          edge [fontname = "sans-serif", fontsize = 9]
          n0 [label = "a\"b<c>&\\", shape = ellipse]
          n1 [label = "]]> #", shape = box, style = "rounded,filled", fillcolor = "#a63603", fontcolor = "#ffffff"]
          n0 -> n1 [label = "x|y\nz"]
        }
        "##);
        insta::assert_snapshot!(mermaid(&graph), @r#"
        flowchart LR
          n0{{"a#34;b#60;c#62;#38;#92;"}}
          n1("]]#62; #35;"):::deny
          n0 -- "x|y<br>z" --> n1
          classDef allow fill:#d9f2e9,color:#111111
          classDef review fill:#b5d9f0,color:#111111
          classDef ask fill:#efb04c,color:#111111
          classDef deny fill:#a63603,color:#ffffff
        "#);
        assert!(svg(&graph, "a").contains("a&quot;b&lt;c&gt;&amp;\\"));
    }
}
