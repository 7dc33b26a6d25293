//! Lines, columns and comments.
//!
//! A list of items (of a file, of a block, of a test) becomes *units*: items and the comments
//! between them. Units without a blank line between them are a paragraph. A paragraph is measured
//! first and written then.

use super::WIDTH;
use super::print::{self, Atom, Row, Shape};
use crate::span::Span;
use crate::syntax::ast::*;

/// The widest head behind which clauses are aligned. Wider ones would push them off the page.
const WIDEST_HEAD: usize = 60;

/// The widest line behind which comments are aligned.
const WIDEST_COMMENTED: usize = 80;

/// How far a block is set in.
const BLOCK: usize = 2;

/// How far a line is set in that goes on with the line before.
const CONTINUED: usize = 4;

/// The text of a file in the canonical layout. `text` is what the file was read from: it tells
/// where blank lines stand.
pub(super) fn layout(file: &File, text: &str) -> String {
    let mut layout = Layout { text, comments: &file.comments, out: String::new() };
    let header = file.header.iter().map(Node::Header);
    let nodes = header.chain(file.items.iter().map(Node::Item)).collect();
    layout.list(nodes, 0, text.len() as u32, 0);
    layout.out
}

struct Layout<'f> {
    text: &'f str,
    comments: &'f [Comment],
    out: String,
}

/// What stands in a list.
#[derive(Clone, Copy)]
enum Node<'f> {
    Header(&'f Header),
    Item(&'f Item),
    Line(&'f TestLine),
    /// A comment on lines of its own.
    Comment(&'f Comment),
}

impl Node<'_> {
    fn span(self) -> Span {
        match self {
            Node::Header(header) => header.span,
            Node::Item(item) => item.span(),
            Node::Line(TestLine::Given(_, span)) => *span,
            Node::Line(TestLine::Expect(expect)) => expect.span,
            Node::Comment(comment) => comment.span,
        }
    }

    /// Whether blank lines stand around it in any case.
    fn stands_alone(self) -> bool {
        matches!(self, Node::Header(_) | Node::Item(Item::Block(_) | Item::Test(_)))
    }
}

/// A node and the comments that belong to it.
struct Unit<'f> {
    node: Node<'f>,
    /// Comments between its first and its last token that stay inside.
    inner: Vec<&'f Comment>,
    /// A comment behind it on its line.
    trailing: Option<&'f Comment>,
    blank_before: bool,
}

impl<'f> Layout<'f> {
    /// Writes the nodes of a list and the comments between `start` and `end`.
    fn list(&mut self, nodes: Vec<Node<'f>>, start: u32, end: u32, indent: usize) {
        let units = self.units(nodes, start, end);
        let mut rest = units.as_slice();
        while let Some(first) = rest.first() {
            if first.blank_before {
                self.out.push('\n');
            }
            let length = 1 + rest[1..].iter().take_while(|unit| !unit.blank_before).count();
            let (paragraph, others) = rest.split_at(length);
            self.paragraph(paragraph, indent);
            rest = others;
        }
    }

    fn units(&self, nodes: Vec<Node<'f>>, start: u32, end: u32) -> Vec<Unit<'f>> {
        let mut units: Vec<Unit<'f>> = Vec::new();
        let mut read = start;
        for node in nodes {
            let span = node.span();
            self.comments_between(read, span.start, &mut units);
            let (inner, behind) = self.inner_comments(node);
            self.push(&mut units, Unit { node, inner, trailing: None, blank_before: false });
            for comment in behind {
                self.add_comment(comment, &mut units);
            }
            read = span.end;
        }
        self.comments_between(read, end, &mut units);
        units
    }

    /// The comments inside a node: those that stay there, and those that stand behind its last
    /// atom once it is written and so stand behind all of it.
    fn inner_comments(&self, node: Node<'f>) -> (Vec<&'f Comment>, Vec<&'f Comment>) {
        let Span { start, end } = node.span();
        let comments = self.comments_in(start, end);
        if comments.is_empty() || matches!(node, Node::Item(Item::Block(_) | Item::Test(_))) {
            return (comments.iter().collect(), Vec::new());
        }
        let ends = shape(node).ends();
        comments.iter().partition(|comment| atom_before(comment, &ends) != ends.last().copied())
    }

    fn comments_in(&self, start: u32, end: u32) -> &'f [Comment] {
        let from = self.comments.partition_point(|comment| comment.span.start < start);
        let to = self.comments.partition_point(|comment| comment.span.start < end);
        self.comments.get(from..to).unwrap_or_default()
    }

    fn comments_between(&self, start: u32, end: u32, units: &mut Vec<Unit<'f>>) {
        for comment in self.comments_in(start, end) {
            self.add_comment(comment, units);
        }
    }

    fn add_comment(&self, comment: &'f Comment, units: &mut Vec<Unit<'f>>) {
        match units.last_mut() {
            Some(unit) if self.is_behind(unit, comment) => unit.trailing = Some(comment),
            _ => {
                let node = Node::Comment(comment);
                let unit = Unit { node, inner: Vec::new(), trailing: None, blank_before: false };
                self.push(units, unit);
            }
        }
    }

    fn is_behind(&self, unit: &Unit<'_>, comment: &Comment) -> bool {
        let between = unit.node.span().end..comment.span.start;
        !comment.own_line
            && unit.trailing.is_none()
            && !matches!(unit.node, Node::Comment(_))
            && self.newlines(between) == 0
    }

    fn push(&self, units: &mut Vec<Unit<'f>>, mut unit: Unit<'f>) {
        if let Some(last) = units.last() {
            let end = last.trailing.map_or(last.node.span(), |comment| comment.span).end;
            let alone = last.node.stands_alone()
                || unit.node.stands_alone() && !matches!(last.node, Node::Comment(_));
            unit.blank_before = alone || self.newlines(end..unit.node.span().start) > 1;
        }
        units.push(unit);
    }

    /// How many lines end between two places.
    fn newlines(&self, between: std::ops::Range<u32>) -> usize {
        let between = between.start as usize..between.end as usize;
        self.text.get(between).map_or(0, |text| text.matches('\n').count())
    }

    // ---- Paragraphs -----------------------------------------------------------------------------

    fn paragraph(&mut self, units: &[Unit<'f>], indent: usize) {
        let width = WIDTH.saturating_sub(indent);
        let shapes: Vec<Shape> = units.iter().map(|unit| shape(unit.node)).collect();
        let columns = Columns::of(&shapes, width);
        let mut lines = Vec::new();
        for (unit, shape) in units.iter().zip(shapes) {
            if let Node::Item(item @ (Item::Block(_) | Item::Test(_))) = unit.node {
                self.lines(&lines, indent);
                lines.clear();
                self.braces(item, unit, indent);
                continue;
            }
            let mut own = columns.lines(shape, &unit.inner, width);
            if let Some(comment) = unit.trailing {
                // A line ends with its comment, so there is one at most.
                match own.last_mut().filter(|line| !line.is_closed) {
                    Some(last) => last.comment = Some(comment.text.trim_end()),
                    None => own.push(Line::closed(comment.text.trim_end().to_owned())),
                }
            }
            lines.extend(own);
        }
        self.lines(&lines, indent);
    }

    /// Writes lines, with their comments aligned.
    fn lines(&mut self, lines: &[Line<'_>], indent: usize) {
        let commented = lines.iter().filter(|line| line.comment.is_some());
        let widths = commented.map(|line| print::width(&line.text));
        let column = widths.filter(|width| *width <= WIDEST_COMMENTED).max().unwrap_or(0);
        for line in lines {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.out.push_str(&line.text);
            if let Some(comment) = line.comment {
                let gap = column.saturating_sub(print::width(&line.text)) + 2;
                self.out.extend(std::iter::repeat_n(' ', gap));
                self.out.push_str(comment);
            }
            self.out.push('\n');
        }
    }

    // ---- Blocks and tests -----------------------------------------------------------------------

    /// Writes a block or a test: its head, and what stands in its braces.
    fn braces(&mut self, item: &'f Item, unit: &Unit<'f>, indent: usize) {
        let (mut head, nodes, head_end): (_, Vec<Node<'f>>, _) = match item {
            Item::Block(block) => (
                print::block_head(&block.head, block.head_span.end),
                block.items.iter().map(Node::Item).collect(),
                block.head_span.end,
            ),
            Item::Test(test) => (
                print::test_head(test),
                test.lines.iter().map(Node::Line).collect(),
                test.name.span.end,
            ),
            _ => return,
        };
        let ends: Vec<u32> = head.iter().map(|atom| atom.end).collect();
        let stays_in_head = |comment: &Comment| {
            comment.span.start < head_end && atom_before(comment, &ends) != ends.last().copied()
        };
        let (in_head, in_body): (Vec<_>, Vec<_>) =
            unit.inner.iter().copied().partition(|comment| stays_in_head(comment));
        let is_empty = nodes.is_empty() && in_body.is_empty();
        if let Some(last) = head.last_mut() {
            last.text.push_str(if is_empty { " {}" } else { " {" });
        }
        let width = WIDTH.saturating_sub(indent);
        let mut lines = Columns::default().lines(Shape::Words(head), &in_head, width);
        let body_start = nodes.first().map_or(u32::MAX, |node| node.span().start);
        let behind_head = in_body.first().filter(|comment| {
            let place = comment.span.start;
            !comment.own_line && place < body_start && self.newlines(head_end..place) == 0
        });
        let mut start = in_body.first().map_or(head_end, |comment| comment.span.start);
        if let (Some(comment), Some(line)) = (behind_head, lines.last_mut()) {
            line.comment = Some(comment.text.trim_end());
            start = comment.span.end;
        }
        let trailing = unit.trailing.map(|comment| comment.text.trim_end());
        if is_empty {
            if let Some(line) = lines.last_mut() {
                line.comment = trailing;
            }
            return self.lines(&lines, indent);
        }
        self.lines(&lines, indent);
        self.list(nodes, start, unit.node.span().end, indent + BLOCK);
        self.lines(&[Line { text: "}".to_owned(), comment: trailing, is_closed: false }], indent);
    }
}

fn shape(node: Node<'_>) -> Shape {
    match node {
        Node::Header(header) => Shape::Words(print::header(header)),
        Node::Item(item) => print::item(item),
        Node::Line(line) => print::test_line(line),
        Node::Comment(comment) => Shape::Comment(comment.text.trim_end().to_owned()),
    }
}

/// A line without its indent.
struct Line<'f> {
    text: String,
    comment: Option<&'f str>,
    /// It ends with a comment already.
    is_closed: bool,
}

impl Line<'_> {
    fn open(text: String) -> Self {
        Line { text, comment: None, is_closed: false }
    }

    fn closed(text: String) -> Self {
        Line { text, comment: None, is_closed: true }
    }
}

/// Where the columns of a paragraph stand.
#[derive(Default)]
struct Columns {
    /// The widest verb.
    verb: usize,
    /// The widest word behind a verb, for each kind of row that aligns them.
    second: [usize; print::ALIGNED_KINDS],
    /// The widest head with clauses behind it.
    head: usize,
    /// The widest kind and the widest name of a set.
    set: (usize, usize),
}

impl Columns {
    fn of(shapes: &[Shape], width: usize) -> Columns {
        let mut columns = Columns::default();
        for shape in shapes {
            match shape {
                Shape::Row(row) => {
                    columns.verb = columns.verb.max(print::width(&row.verb.text));
                    if let Some((kind, second)) = &row.second {
                        let widest = &mut columns.second[*kind as usize];
                        *widest = (*widest).max(print::width(&second.text));
                    }
                }
                Shape::Set { kind, name, .. } => {
                    let (kinds, names) = columns.set;
                    let kinds = kinds.max(print::width(&kind.text));
                    columns.set = (kinds, names.max(print::width(&name.text)));
                }
                Shape::Words(_) | Shape::Comment(_) => {}
            }
        }
        for shape in shapes {
            if let Shape::Row(row) = shape
                && !row.clauses.is_empty()
            {
                let head = print::width(&columns.head(row));
                let tail = print::width(&join_all(&row.clauses));
                if head <= WIDEST_HEAD && head + 1 + tail <= width {
                    columns.head = columns.head.max(head);
                }
            }
        }
        columns
    }

    /// The verb and what is next to it, padded.
    fn beginning(&self, row: &Row) -> String {
        let mut text = padded(&row.verb.text, self.verb);
        if let Some((kind, second)) = &row.second {
            text.push(' ');
            text.push_str(&padded(&second.text, self.second[*kind as usize]));
        }
        text
    }

    /// All that stands before the clauses.
    fn head(&self, row: &Row) -> String {
        let mut text = self.beginning(row);
        for piece in std::iter::once(&row.subject).chain(&row.glued) {
            if !piece.is_empty() {
                text.push(' ');
                text.push_str(&join(piece));
            }
        }
        text.truncate(text.trim_end().len());
        text
    }

    fn lines<'f>(&self, shape: Shape, inner: &[&Comment], width: usize) -> Vec<Line<'f>> {
        let mut writer = Writer::new(&shape.ends(), inner, width);
        match shape {
            Shape::Comment(text) => vec![Line::closed(text)],
            Shape::Words(atoms) => {
                writer.put_all(&atoms, CONTINUED);
                writer.finish()
            }
            Shape::Set { kind, name, members } => {
                let mut beginning = [kind, name];
                beginning[0].text = padded(&beginning[0].text, self.set.0);
                beginning[1].text = padded(&beginning[1].text, self.set.1) + " =";
                writer.put_all(&beginning, CONTINUED);
                let aligned = self.set.0 + 1 + self.set.1 + " = ".len();
                let hang = if aligned <= WIDTH / 2 { aligned } else { CONTINUED };
                writer.put_all(&members, hang);
                writer.finish()
            }
            Shape::Row(row) => self.row(row, writer, width),
        }
    }

    fn row<'f>(&self, row: Row, writer: Writer<'_, 'f>, width: usize) -> Vec<Line<'f>> {
        if writer.comments.is_empty() {
            let head = self.head(&row);
            let tail = join_all(&row.clauses);
            let aligned = if tail.is_empty() {
                head.clone()
            } else {
                format!("{} {tail}", padded(&head, self.head))
            };
            let close = format!("{head} {tail}");
            let fitting = [aligned, close].into_iter().find(|line| print::width(line) <= width);
            if let Some(line) = fitting {
                let id = row.id.map(|id| Line::open(id.text));
                return id.into_iter().chain([Line::open(line)]).collect();
            }
        }
        self.wrapped(row, writer)
    }

    /// Each clause on a line of its own.
    fn wrapped<'f>(&self, row: Row, mut writer: Writer<'_, 'f>) -> Vec<Line<'f>> {
        let below_subject = self.verb + 1;
        if let Some(id) = &row.id {
            writer.put(id, 0);
            writer.end_line();
        }
        let verb = Atom { text: padded(&row.verb.text, self.verb), end: row.verb.end };
        writer.put(&verb, 0);
        if let Some((kind, second)) = &row.second {
            let text = padded(&second.text, self.second[*kind as usize]);
            writer.put(&Atom { text, end: second.end }, below_subject);
        }
        writer.put_all(&row.subject, below_subject + BLOCK);
        for piece in &row.glued {
            if !writer.has_room_for(&join(piece)) {
                writer.end_line();
                writer.hang_next(below_subject);
            }
            writer.put_all(piece, below_subject + BLOCK);
        }
        for clause in &row.clauses {
            writer.end_line();
            writer.hang_next(below_subject);
            writer.put_all(clause, below_subject + BLOCK);
        }
        writer.finish()
    }
}

/// The end of the atom that a comment stands behind: of those before it the last, else the first.
fn atom_before(comment: &Comment, ends: &[u32]) -> Option<u32> {
    let before = ends.iter().copied().filter(|end| *end <= comment.span.start).max();
    before.or(ends.first().copied())
}

fn padded(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(print::width(text));
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', gap));
    padded
}

fn join(piece: &[Atom]) -> String {
    piece.iter().map(|atom| atom.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn join_all(pieces: &[Vec<Atom>]) -> String {
    pieces.iter().map(|piece| join(piece)).collect::<Vec<_>>().join(" ")
}

/// Fills lines with atoms, and puts each comment behind the atom that it stands behind.
struct Writer<'c, 'f> {
    lines: Vec<Line<'f>>,
    line: String,
    /// The indent of the next line, where it is not the one that its first atom asks for.
    hang: Option<usize>,
    width: usize,
    /// The comments, and the end of the atom that each stands behind.
    comments: Vec<(u32, &'c Comment)>,
}

impl<'c, 'f> Writer<'c, 'f> {
    fn new(ends: &[u32], inner: &[&'c Comment], width: usize) -> Writer<'c, 'f> {
        let place = |comment: &&'c Comment| Some((atom_before(comment, ends)?, *comment));
        let comments = inner.iter().filter_map(place).collect();
        Writer { lines: Vec::new(), line: String::new(), hang: None, width, comments }
    }

    fn put_all(&mut self, atoms: &[Atom], hang: usize) {
        for atom in atoms {
            self.put(atom, hang);
        }
    }

    /// Writes an atom: on this line where there is room, else on the next, `hang` columns in.
    fn put(&mut self, atom: &Atom, hang: usize) {
        if !self.line.is_empty() && !self.has_room_for(&atom.text) {
            self.end_line();
        }
        if !self.line.is_empty() {
            self.line.push(' ');
        } else if !self.lines.is_empty() {
            let hang = self.hang.take().unwrap_or(hang);
            self.line.extend(std::iter::repeat_n(' ', hang));
        }
        self.line.push_str(&atom.text);
        self.put_comments(atom.end, hang);
    }

    fn put_comments(&mut self, end: u32, hang: usize) {
        let behind = |(atom, _): &mut (u32, &'c Comment)| *atom == end;
        let comments: Vec<_> = self.comments.extract_if(.., behind).collect();
        for (_, comment) in comments {
            let text = comment.text.trim_end();
            if comment.own_line || self.line.is_empty() {
                self.end_line();
                let indent = if self.lines.is_empty() { 0 } else { hang };
                self.lines.push(Line::closed(padded("", indent) + text));
            } else {
                let line = std::mem::take(&mut self.line);
                self.lines.push(Line::closed(format!("{}  {text}", line.trim_end())));
            }
        }
    }

    fn has_room_for(&self, text: &str) -> bool {
        print::width(&self.line) + 1 + print::width(text) <= self.width
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.lines.push(Line::open(line.trim_end().to_owned()));
        }
    }

    /// Sets the indent of the next line.
    fn hang_next(&mut self, hang: usize) {
        self.hang = Some(hang);
    }

    fn finish(mut self) -> Vec<Line<'f>> {
        self.end_line();
        self.lines
    }
}
