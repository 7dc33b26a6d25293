//! Reading a text that is not a policy: piece by piece, each error once.
//!
//! A *piece* is a header, a sentence or declaration, the head of a block with its `{`, the head of
//! a test, a line of a test. Blocks are not pieces: what stands in them is. Where a piece breaks,
//! one error says what was expected at that place, and reading goes on at the next line that
//! begins a piece in the same block:
//!
//! ```text
//!   allow run "a" wehn x        ← broken at `wehn`
//!     and y                     ← skipped: begins no piece
//!   deny read "b"               ← read again from here
//! ```
//!
//! A piece that is whole but for the first word of the next line is kept, and the next line is
//! what is broken.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::ast::{Block, BlockHead, File, Item, Test, TestLine};
use super::error::SyntaxError;
use super::expected::{self, Broken, ITEM_WORDS, LINE_WORDS};
use super::grammar::{Grammar, Rule};
use super::scan::{Kind, Token, Tokens, begins_line};
use super::tree::Tree;
use super::{Errors, MOST_ERRORS};
use crate::span::Span;

/// Reads a text that the grammar does not take as a whole. There is at least one error.
pub(super) fn mend(text: &str, start: usize) -> (File, Errors) {
    let mut mender = Mender {
        text,
        at: start,
        file: File::default(),
        blocks: Vec::new(),
        tree: Tree::new(start),
    };
    match expected::foreign(text, start) {
        Some(error) => mender.tree.errors.push(error),
        None => mender.file(),
    }
    if mender.tree.errors.is_empty() {
        // Every piece is fine and the whole is not: the grammar and this module disagree.
        mender.tree.errors.push((SyntaxError::unreadable(), Span::new(start, start)));
    }
    (mender.file, mender.tree.errors)
}

struct Mender<'t> {
    text: &'t str,
    /// How far the text is read.
    at: usize,
    file: File,
    /// The blocks that are open, innermost last.
    blocks: Vec<OpenBlock>,
    tree: Tree,
}

/// A block whose `}` is still to come.
struct OpenBlock {
    /// None where the head is broken.
    head: Option<(BlockHead, Span)>,
    start: usize,
    brace: Span,
    items: Vec<Item>,
}

/// Where a piece broke, and what could have stood there.
struct Failure {
    at: usize,
    wants: Vec<Rule>,
}

/// How pieces are read: the header, the items of a block, or the lines of a test.
struct Mode {
    piece: Rule,
    /// The same with the end of the text behind it.
    alone: Rule,
    /// The words that begin one.
    words: &'static [&'static str],
}

const HEADER: Mode =
    Mode { piece: Rule::header_piece, alone: Rule::header_alone, words: ITEM_WORDS };
const ITEMS: Mode = Mode { piece: Rule::item_piece, alone: Rule::item_alone, words: ITEM_WORDS };
const LINES: Mode = Mode { piece: Rule::line_piece, alone: Rule::line_alone, words: LINE_WORDS };

impl<'t> Mender<'t> {
    fn file(&mut self) {
        let first = self.peek();
        if first.text == "policy" {
            self.header(first);
        }
        while self.tree.errors.len() <= MOST_ERRORS {
            let token = self.peek();
            match (token.kind, token.text) {
                (Kind::End, _) => return self.end(),
                (Kind::Close, _) => self.close(token),
                (_, "policy" | "given") => self.misplaced(token),
                (_, "when" | "sandbox") => self.block(token),
                (_, "test") => self.test(token),
                _ => self.item(token),
            }
        }
    }

    /// The token that begins the next piece. What stands before it is read.
    fn peek(&mut self) -> Token<'t> {
        let token = self.token_at(self.at);
        self.at = token.start;
        token
    }

    fn token_at(&self, at: usize) -> Token<'t> {
        Tokens::from(self.text, at).significant()
    }

    // ---- Pieces ---------------------------------------------------------------------------------

    fn header(&mut self, first: Token<'t>) {
        let set = |mender: &mut Self, piece: Pair<'_, Rule>| {
            let header = piece.into_inner().next();
            mender.file.header = header.and_then(|header| mender.tree.header(header));
        };
        match self.piece(HEADER.piece) {
            Ok((piece, end)) => {
                set(self, piece);
                self.at = end;
            }
            Err(failure) => {
                let next = self.whole_before(&failure, first, &HEADER, set);
                self.broken(&failure, next.unwrap_or(first), &ITEMS);
            }
        }
    }

    fn misplaced(&mut self, token: Token<'t>) {
        let (what, help) = match token.text {
            "policy" => ("`policy`", "the header stands once, and first in its file"),
            _ => ("`given`", "it belongs to the lines of a `test`"),
        };
        let error = SyntaxError::ItemMisplaced { what, place: "here", help };
        self.tree.errors.push((error, token.span()));
        self.skip(token.end(), token, &ITEMS);
    }

    fn item(&mut self, first: Token<'t>) {
        match self.piece(ITEMS.piece) {
            Ok((piece, end)) => {
                self.add(piece);
                self.at = end;
            }
            Err(failure) => {
                let next = self.whole_before(&failure, first, &ITEMS, Mender::add);
                self.broken(&failure, next.unwrap_or(first), &ITEMS);
            }
        }
    }

    fn add(&mut self, piece: Pair<'_, Rule>) {
        self.tree.depth = self.blocks.len();
        let item = piece.into_inner().next().and_then(|item| self.tree.item(item));
        if let Some(item) = item {
            self.push(item);
        }
    }

    fn push(&mut self, item: Item) {
        match self.blocks.last_mut() {
            Some(block) => block.items.push(item),
            None => self.file.items.push(item),
        }
    }

    fn block(&mut self, first: Token<'t>) {
        match self.piece(Rule::block_piece) {
            Ok((piece, end)) => {
                let head = piece.into_inner().next().and_then(|head| {
                    let span = self.tree.span(&head);
                    self.tree.block_head(head).map(|head| (head, span))
                });
                self.open(head, first.start, end);
            }
            Err(failure) => {
                let found = self.token_at(failure.at);
                let lacks_brace = failure.wants.contains(&Rule::brace_open)
                    && ITEM_WORDS.contains(&found.text)
                    && self.closes_more(found.start);
                self.broken(&failure, first, &ITEMS);
                if lacks_brace {
                    self.open_without_brace(first, found);
                }
            }
        }
    }

    /// Whether the text behind a byte closes more blocks than are open: a `{` was forgotten.
    fn closes_more(&self, at: usize) -> bool {
        let mut open = self.blocks.len();
        for token in Tokens::from(self.text, at) {
            match token.text {
                "{" => open += 1,
                "}" if open == 0 => return true,
                "}" => open -= 1,
                _ => {}
            }
        }
        false
    }

    /// Opens a block whose `{` is missing before some token, so that its `}` closes it.
    fn open_without_brace(&mut self, first: Token<'t>, found: Token<'t>) {
        let (start, brace) = (first.start, first.span());
        self.blocks.push(OpenBlock { head: None, start, brace, items: Vec::new() });
        self.at = found.start;
    }

    /// Opens a block whose `{` ends at some byte.
    fn open(&mut self, head: Option<(BlockHead, Span)>, start: usize, end: usize) {
        let brace = Span::new(end - 1, end);
        self.blocks.push(OpenBlock { head, start, brace, items: Vec::new() });
        self.at = end;
    }

    fn close(&mut self, token: Token<'t>) {
        self.at = token.end();
        match self.blocks.pop() {
            Some(block) if token.text == "}" => self.push_block(block, token.end()),
            block => {
                self.blocks.extend(block);
                self.closes_nothing(token);
            }
        }
    }

    /// A block without a head has no tree: the error of its head is reported.
    fn push_block(&mut self, block: OpenBlock, end: usize) {
        if let Some((head, head_span)) = block.head {
            let span = Span::new(block.start, end);
            self.push(Item::Block(Block { head, items: block.items, span, head_span }));
        }
    }

    fn closes_nothing(&mut self, token: Token<'t>) {
        let error = SyntaxError::NothingToClose { bracket: token.text.to_owned() };
        self.tree.errors.push((error, token.span()));
    }

    /// The text ended: the innermost block that is still open is an error. What seems to stand in
    /// the wrong place behind its `{` may well stand in the right one.
    fn end(&mut self) {
        if let Some(&OpenBlock { brace, .. }) = self.blocks.last() {
            self.tree.errors.retain(|(error, span)| {
                span.start < brace.start || !matches!(error, SyntaxError::ItemMisplaced { .. })
            });
            self.tree.errors.push((SyntaxError::Unclosed { bracket: "{" }, brace));
        }
        while let Some(block) = self.blocks.pop() {
            self.push_block(block, self.text.len());
        }
    }

    fn test(&mut self, first: Token<'t>) {
        let (name, end) = match self.piece(Rule::test_piece) {
            Ok((piece, end)) => (self.tree.test_name(piece), end),
            Err(failure) => return self.broken(&failure, first, &ITEMS),
        };
        self.at = end;
        let mut lines = Vec::new();
        while self.tree.errors.len() <= MOST_ERRORS {
            let token = self.peek();
            match token.kind {
                Kind::Close if token.text == "}" => {
                    self.at = token.end();
                    break;
                }
                Kind::Close => {
                    self.at = token.end();
                    self.closes_nothing(token);
                }
                _ if self.leaves_test(token) || token.kind == Kind::End => {
                    let error = SyntaxError::Unclosed { bracket: "{" };
                    self.tree.errors.push((error, Span::new(end - 1, end)));
                    break;
                }
                _ => self.line(token, &mut lines),
            }
        }
        let span = Span::new(first.start, self.at);
        if !self.blocks.is_empty() {
            let error = SyntaxError::misplaced_in_block(Rule::test);
            self.tree.errors.extend(error.map(|error| (error, first.span())));
        }
        if let Some(name) = name {
            self.push(Item::Test(Test { name, lines, span }));
        }
    }

    /// Whether a line begins with a word that no line of a test begins with: only that tells that a
    /// `}` is missing.
    fn leaves_test(&self, token: Token<'t>) -> bool {
        ITEM_WORDS.contains(&token.text)
            && !LINE_WORDS.contains(&token.text)
            && begins_line(self.text, token.start)
    }

    fn line(&mut self, first: Token<'t>, lines: &mut Vec<TestLine>) {
        let mut add = |mender: &mut Self, piece: Pair<'_, Rule>| {
            let line = piece.into_inner().next();
            lines.extend(line.and_then(|line| mender.tree.test_line(line)));
        };
        match self.piece(LINES.piece) {
            Ok((piece, end)) => {
                add(self, piece);
                self.at = end;
            }
            Err(failure) => {
                let next = self.whole_before(&failure, first, &LINES, add);
                if !next.is_some_and(|token| self.leaves_test(token)) {
                    self.broken(&failure, next.unwrap_or(first), &LINES);
                }
            }
        }
    }

    // ---- Failures -------------------------------------------------------------------------------

    /// Reads one piece: what it is, and where it ends.
    ///
    /// Where the grammar gives up, its library looks through all the text behind that place. So it
    /// gets a window of lines, and all of the text only where it reached the window's end.
    fn piece(&mut self, rule: Rule) -> Result<(Pair<'t, Rule>, usize), Failure> {
        let end = window_end(self.text, self.at);
        let read = self.piece_within(rule, end);
        let reached = match &read {
            Ok((_, at)) | Err(Failure { at, .. }) => *at,
        };
        if reached < end { read } else { self.piece_within(rule, self.text.len()) }
    }

    fn piece_within(&mut self, rule: Rule, end: usize) -> Result<(Pair<'t, Rule>, usize), Failure> {
        let start = self.at;
        self.tree.offset = start;
        let error = match Grammar::parse(rule, &self.text[start..end]) {
            Ok(mut pairs) => match pairs.next() {
                Some(piece) => {
                    let end = start + piece.as_span().end();
                    return Ok((piece, end));
                }
                None => return Err(Failure { at: start, wants: Vec::new() }),
            },
            Err(error) => error,
        };
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let wants = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        Err(Failure { at: start + at, wants })
    }

    /// Keeps a piece that is whole where it ends before the line that broke it. Returns the first
    /// word of that line.
    fn whole_before(
        &mut self,
        failure: &Failure,
        first: Token<'t>,
        mode: &Mode,
        keep: impl FnOnce(&mut Self, Pair<'_, Rule>),
    ) -> Option<Token<'t>> {
        let found = self.token_at(failure.at);
        let begins_line =
            |token: &Token<'t>| token.start > first.start && begins_line(self.text, token.start);
        // A misspelt verb passes for the name of a set behind a sentence without objects.
        let misspelt = self
            .last_before(first, failure.at)
            .filter(|word| begins_line(word) && mode.begins(self.text, *word, true));
        let next = misspelt.or_else(|| Some(found).filter(begins_line))?;
        let alone = Grammar::parse(mode.alone, &self.text[self.at..next.start]);
        let piece = alone.ok()?.next()?;
        self.tree.offset = self.at;
        keep(self, piece);
        self.at = next.start;
        Some(next)
    }

    /// The last token of a piece before some byte.
    fn last_before(&self, first: Token<'t>, end: usize) -> Option<Token<'t>> {
        let mut tokens = Tokens::from(self.text, first.start);
        let mut last = None;
        loop {
            let token = tokens.significant();
            if token.start >= end || token.kind == Kind::End {
                return last;
            }
            last = Some(token);
        }
    }

    /// Reports a broken piece that begins with some token, and goes on behind it.
    fn broken(&mut self, failure: &Failure, first: Token<'t>, mode: &Mode) {
        let mut found = self.token_at(failure.at);
        let mut previous = self.last_before(first, failure.at);
        let mut wants = failure.wants.as_slice();
        // The next sentence's first word passes for the name of an attribute behind a `when`.
        if let Some(word) = previous
            && word.start > first.start
            && mode.words.contains(&word.text)
            && begins_line(self.text, word.start)
        {
            (found, previous, wants) = (word, self.last_before(first, word.start), &[]);
        }
        let broken = Broken {
            first,
            previous,
            found,
            wants,
            in_block: !self.blocks.is_empty() || mode.piece == LINES.piece,
        };
        let (error, span) = broken.explain(self.text);
        let explained = match error {
            // What looks like a comment in a pattern is none.
            SyntaxError::Unquoted { .. } => span.end as usize,
            _ => 0,
        };
        self.tree.errors.push((error, span));
        let from = if found.start > first.start { found.start } else { found.end() };
        self.skip(from.max(explained), first, mode);
    }

    /// Goes on at the next line that begins a piece, or at the `}` of the block.
    fn skip(&mut self, from: usize, first: Token<'t>, mode: &Mode) {
        let mut tokens = Tokens::from(self.text, from);
        let mut depth = 0_usize;
        let mut behind_comma = false;
        loop {
            let token = tokens.significant();
            let begins = depth == 0
                && begins_line(self.text, token.start)
                && mode.begins(self.text, token, !behind_comma);
            if token.kind == Kind::End || begins {
                self.at = token.start;
                return;
            }
            match token.text {
                "{" if depth == 0 && matches!(first.text, "sandbox" | "when") => {
                    return self.open(None, first.start, token.end());
                }
                "{" => depth += 1,
                "}" if depth == 0 => {
                    self.at = token.start;
                    return;
                }
                "}" => depth -= 1,
                _ => {}
            }
            behind_comma = token.text == ",";
        }
    }
}

/// Where the window of lines ends that begins at a byte: behind a new line, or with the text.
fn window_end(text: &str, start: usize) -> usize {
    const WINDOW: usize = 16 << 10;
    let bytes = &text.as_bytes()[start..];
    match bytes.get(..WINDOW).and_then(|window| window.iter().rposition(|b| *b == b'\n')) {
        Some(newline) => start + newline + 1,
        None => text.len(),
    }
}

impl Mode {
    /// Whether a word that begins a line begins a piece. `misspelt` ones may do as well.
    fn begins(&self, text: &str, token: Token<'_>, misspelt: bool) -> bool {
        let next = || Tokens::from(text, token.end()).significant();
        match token.text {
            _ if token.kind != Kind::Word => false,
            "when" => self.piece == ITEMS.piece && begins_block(text, token),
            word if self.words.contains(&word) => true,
            word if expected::CONTINUING_WORDS.contains(&word) => false,
            _ if self.piece == ITEMS.piece && next().text == ":" => true,
            word => misspelt && expected::nearest_word(word, self.words).is_some(),
        }
    }
}

/// Whether a `when` begins a block: a `{` stands before the next line that begins a piece.
fn begins_block(text: &str, when: Token<'_>) -> bool {
    let mut tokens = Tokens::from(text, when.end());
    loop {
        let token = tokens.significant();
        match token.text {
            "{" => return true,
            "}" => return false,
            word if ITEM_WORDS.contains(&word) && begins_line(text, token.start) => return false,
            _ if token.kind == Kind::End => return false,
            _ => {}
        }
    }
}
