//! The shell scanner: one pass over a line, from bytes to commands.
//!
//! ```text
//!   list      and-or  { ; & newline  and-or }
//!   and-or    pipeline  { && ||  pipeline }
//!   pipeline  [ ! time ]  command  { | |&  command }
//!   command   ( list )   { list }   if while until for select case [[ (( function coproc
//!             assignments words redirections
//! ```
//!
//! The scanner builds no tree. When it reaches the end of a command it hands the words to
//! [`super::run`], which makes parts of them; what stands inside a word (a substitution) is handed
//! on while the word is read. It never gives up: what it cannot read is a floor for the whole
//! line, and the commands around it are judged all the same, so that a denial holds.
//!
//! - Every loop takes at least one byte, and no byte is read more often than the nesting is deep.
//! - Recursion ends at [`MAX_DEPTH`]; what lies deeper is not read, and the line is `too_large`.
//! - Bash 5.2 is the judge (`tests/bash.rs`): a command that bash would run is a part, or the line
//!   has a floor that no policy lifts.

use super::buffer::{Buf, TextBuf};
use super::dirs::{After, Dir, Dirs, Names};
use super::run::{self, Call, Folder};
use super::tables;
use super::word::{RawWord, is_meta, name_length};
use super::{Outer, options, redirect};
use crate::canon::{Context, hidden};
use crate::facts::{Command, Object, Part, PathValue, Word};
use crate::vocab::{Action, Floor, Floors};

/// How deep substitutions, groups and scripts may nest. Deeper text is not read: `too_large`.
pub const MAX_DEPTH: u32 = 64;

/// The language of a text, as far as it is not bash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Bash,
    /// `sh` and `dash`: what only bash has is not understood there.
    Posix,
    Zsh,
}

/// What earlier parts of a line may have done to variables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variables {
    /// Some variable was set, so that an expansion may hold blanks and dashes.
    pub(super) set: bool,
    /// `HOME` may be another folder.
    pub(super) home: bool,
    /// `CDPATH` may lead a `cd` elsewhere.
    pub(super) cdpath: bool,
}

/// What a text is scanned with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'s> {
    pub(super) ctx: &'s Context<'s>,
    /// Floors of every command in it.
    pub(super) floors: Floors,
    /// The commands around it, as they are written.
    pub(super) outer: Option<&'s Outer<'s>>,
    /// Whether its commands are certainly meant.
    pub(super) is_certain: bool,
    pub(super) depth: u32,
    pub(super) dialect: Dialect,
    pub(super) vars: Variables,
}

/// A heredoc whose text has not come yet.
#[derive(Clone, Debug)]
struct Heredoc {
    delimiter: String,
    is_quoted: bool,
    strips_tabs: bool,
}

/// The words that may end a list, as a set.
#[derive(Clone, Copy)]
struct Ends(u16);

impl Ends {
    const NONE: Ends = Ends(0);
    const PAREN: Ends = Ends(1);
    const BRACE: Ends = Ends(2);
    const CASE: Ends = Ends(4);
    const THEN: Ends = Ends(8);
    const FI: Ends = Ends(16);
    const DO: Ends = Ends(32);
    const DONE: Ends = Ends(64);

    fn has(self, end: Ends) -> bool {
        self.0 & end.0 != 0
    }
}

/// A word with a meaning where a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Bang,
    Case,
    Conditional,
    Coproc,
    Do,
    Done,
    Elif,
    Else,
    Esac,
    Fi,
    For,
    Function,
    If,
    /// `in` and `]]`, which stand in the middle of commands.
    Inner,
    OpenBrace,
    CloseBrace,
    Select,
    Then,
    Time,
    Until,
    While,
}

impl Keyword {
    fn from_text(text: &[u8]) -> Option<Keyword> {
        Some(match text {
            b"!" => Keyword::Bang,
            b"case" => Keyword::Case,
            b"[[" => Keyword::Conditional,
            b"coproc" => Keyword::Coproc,
            b"do" => Keyword::Do,
            b"done" => Keyword::Done,
            b"elif" => Keyword::Elif,
            b"else" => Keyword::Else,
            b"esac" => Keyword::Esac,
            b"fi" => Keyword::Fi,
            b"for" => Keyword::For,
            b"function" => Keyword::Function,
            b"if" => Keyword::If,
            b"in" | b"]]" => Keyword::Inner,
            b"{" => Keyword::OpenBrace,
            b"}" => Keyword::CloseBrace,
            b"select" => Keyword::Select,
            b"then" => Keyword::Then,
            b"time" => Keyword::Time,
            b"until" => Keyword::Until,
            b"while" => Keyword::While,
            _ => return None,
        })
    }

    /// The end of a list that it is.
    fn end(self) -> Ends {
        match self {
            Keyword::CloseBrace => Ends::BRACE,
            Keyword::Esac => Ends::CASE,
            Keyword::Then => Ends::THEN,
            Keyword::Fi | Keyword::Else | Keyword::Elif => Ends::FI,
            Keyword::Do => Ends::DO,
            Keyword::Done => Ends::DONE,
            _ => Ends::NONE,
        }
    }
}

/// The longest keyword has this many bytes.
const LONGEST_KEYWORD: usize = 8;

/// The state of one pass.
pub(super) struct Scanner<'s, 'o> {
    pub(super) text: &'s str,
    pub(super) pos: usize,
    /// Where the text that is being read ends: a heredoc or backquotes may end before the line.
    pub(super) end: usize,
    pub(super) set: Setting<'s>,
    out: &'o mut dyn FnMut(&Part<'_>),
    /// A dry run: the folders are followed, nothing is handed out.
    is_dry: bool,
    /// The words of the commands that are being read; an inner command stands above the outer.
    words: Buf<RawWord, 64>,
    /// The text of words that are no piece of the line.
    pub(super) scratch: TextBuf,
    names: Names<'s>,
    dirs: Dirs,
    /// What was not understood, or is at least `ask`, of the line as a whole.
    floors: Floors,
    pub(super) vars: Variables,
    pub(super) depth: u32,
    heredocs: Vec<Heredoc>,
    /// Inside `$(…)`, a heredoc has ended. Bash prints what it read and reads that again, and there
    /// loses the next `;`: `$(a <<X; …` ends in `b;c)` runs `b c`.
    loses_semicolons: bool,
    /// How many `$(` are open.
    substitutions: u32,
    /// The last command was a compound one without redirections.
    ends_openly: bool,
    /// Heredocs of an outer command, whose text cannot come inside a substitution.
    outer_heredocs: usize,
    /// How many commands have been read.
    commands: u32,
    /// How many parts with a command in them have been handed out.
    parts: u32,
}

/// Scans a text that starts in one of the folders, and hands out the parts of its commands.
/// Returns how many commands were handed out.
pub(super) fn scan(
    text: &str,
    set: Setting<'_>,
    start: &[PathValue<'_>],
    out: &mut dyn FnMut(&Part<'_>),
) -> u32 {
    let mut scanner = Scanner {
        text,
        pos: 0,
        end: text.len(),
        set,
        out,
        is_dry: false,
        words: Buf::new(RawWord::default()),
        scratch: TextBuf::new(),
        names: Names::new(start),
        dirs: Dirs::start(start.len()),
        floors: Floors::NONE,
        vars: set.vars,
        depth: set.depth,
        heredocs: Vec::new(),
        loses_semicolons: false,
        substitutions: 0,
        ends_openly: false,
        outer_heredocs: 0,
        commands: 0,
        parts: 0,
    };
    if hidden::in_data(text) {
        scanner.floor(Floor::HiddenCharacters);
    }
    scanner.list(Ends::NONE);
    if !scanner.heredocs.is_empty() || scanner.commands == 0 {
        scanner.misread();
    }
    scanner.line_part();
    scanner.parts
}

impl Scanner<'_, '_> {
    // ---- Reading --------------------------------------------------------------------------

    /// The bytes that are left.
    pub(super) fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.pos..self.end).unwrap_or_default()
    }

    /// The byte so many places on, as it stands.
    pub(super) fn byte_after(&self, count: usize) -> Option<u8> {
        self.rest().get(count).copied()
    }

    /// The next byte, behind any backslash-newlines, which bash removes before it reads.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.rest() {
                [b'\\', b'\n', ..] => self.pos += 2,
                rest => return rest.first().copied(),
            }
        }
    }

    /// Takes the next byte if it is this one.
    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.pos += usize::from(is_next);
        is_next
    }

    pub(super) fn char_here(&self) -> Option<char> {
        self.text.get(self.pos..self.end)?.chars().next()
    }

    /// Adds a floor to the line.
    pub(super) fn floor(&mut self, floor: Floor) {
        self.floors = self.floors.with(floor);
    }

    /// Notes that something does not parse.
    pub(super) fn misread(&mut self) {
        self.floor(Floor::Syntax);
    }

    /// Notes what only bash and its like understand.
    pub(super) fn not_posix(&mut self) {
        if self.set.dialect == Dialect::Posix {
            self.misread();
        }
    }

    /// Goes one level deeper, or gives up on the rest of the text that is being read.
    pub(super) fn deeper(&mut self) -> bool {
        if MAX_DEPTH <= self.depth {
            self.floor(Floor::TooLarge);
            self.pos = self.end;
            return false;
        }
        self.depth += 1;
        true
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.pos += 1;
        }
    }

    /// Blanks, newlines and comments.
    fn blank_lines(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.pos += 1,
                Some(b'\n') => self.newline(),
                Some(b'#') => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let text = self.text.get(self.pos..self.pos + length).unwrap_or_default();
        if !text.is_ascii() && text.chars().any(crate::text::is_unseen) {
            self.floor(Floor::HiddenCharacters);
        }
        self.pos += length;
    }

    // ---- Lists ----------------------------------------------------------------------------

    /// Commands up to one of the ends, which is not taken.
    fn list(&mut self, ends: Ends) -> After {
        let mut last = After::same(self.dirs);
        loop {
            self.blank_lines();
            let Some(byte) = self.peek() else { return last };
            match byte {
                b')' if ends.has(Ends::PAREN) => return last,
                b';' if ends.has(Ends::CASE) && self.is_case_end() => return last,
                b';' | b')' => {
                    self.misread();
                    self.pos += 1;
                    continue;
                }
                b'&' if self.byte_after(1) != Some(b'>') => {
                    self.misread();
                    self.pos += 1;
                    continue;
                }
                b'|' => {
                    self.misread();
                    self.pos += 1;
                    continue;
                }
                _ => {}
            }
            if let Some((keyword, length)) = self.keyword() {
                let end = keyword.end();
                if ends.has(end) {
                    return last;
                }
                if end.0 != 0 {
                    self.misread();
                    self.pos += length;
                    continue;
                }
            }
            last = self.and_or_in_list(ends);
        }
    }

    fn and_or_in_list(&mut self, ends: Ends) -> After {
        let entry = self.dirs;
        let mut last = self.and_or();
        self.blanks();
        match self.peek() {
            Some(b';') if ends.has(Ends::CASE) && self.is_case_end() => {}
            Some(b';') => {
                self.pos += 1;
                if self.loses_semicolons {
                    self.misread();
                }
                // `;;` outside `case`.
                if matches!(self.peek(), Some(b';' | b'&')) {
                    self.misread();
                }
            }
            Some(b'&') => {
                self.pos += 1;
                last = After::same(entry);
                if self.set.dialect == Dialect::Zsh && matches!(self.peek(), Some(b'!' | b'|')) {
                    self.misread();
                }
            }
            None | Some(b'\n' | b'#') => {}
            Some(b')') if ends.has(Ends::PAREN) => {}
            // A word behind a compound command; `list` reads on from it.
            Some(_) => self.misread_unless_end(ends),
        }
        self.dirs = last.either();
        last
    }

    /// `{ { a; } }`: an end may follow a compound command directly, though not its redirections.
    fn misread_unless_end(&mut self, ends: Ends) {
        let is_end =
            self.ends_openly && self.keyword().is_some_and(|(keyword, _)| ends.has(keyword.end()));
        if !is_end {
            self.misread();
        }
    }

    fn is_case_end(&self) -> bool {
        matches!(self.rest(), [b';', b';' | b'&', ..])
    }

    fn and_or(&mut self) -> After {
        let mut result = self.pipeline();
        loop {
            self.blanks();
            match self.rest() {
                [b'&', b'&', ..] => {
                    self.pos += 2;
                    self.dirs = result.ok;
                    self.blank_lines();
                    let next = self.pipeline();
                    result = After { ok: next.ok, failed: result.failed.union(next.failed) };
                }
                [b'|', b'|', ..] => {
                    self.pos += 2;
                    self.dirs = result.failed;
                    self.blank_lines();
                    let next = self.pipeline();
                    result = After { ok: result.ok.union(next.ok), failed: next.failed };
                }
                // `&\` newline `&` is one operator too; nobody writes it.
                [b'&' | b'|', b'\\', b'\n', ..] => {
                    self.misread();
                    return result;
                }
                _ => return result,
            }
        }
    }

    fn pipeline(&mut self) -> After {
        let entry = self.dirs;
        let Some(is_negated) = self.pipeline_prefix() else { return After::same(entry) };
        let mut result = self.command();
        loop {
            self.blanks();
            match self.rest() {
                [b'|', b'|', ..] => break,
                [b'|', b'&', ..] => {
                    self.not_posix();
                    self.pos += 2;
                }
                [b'|', ..] => self.pos += 1,
                _ => break,
            }
            // Each command of a pipeline runs in a shell of its own.
            self.dirs = entry;
            self.blank_lines();
            self.command();
            result = After::same(entry);
        }
        if is_negated { result.negated() } else { result }
    }

    /// `!` and `time`, in any number; whether the pipeline is negated. None where nothing follows.
    fn pipeline_prefix(&mut self) -> Option<bool> {
        let mut is_negated = false;
        let mut may_end = false;
        loop {
            self.blanks();
            match self.keyword() {
                Some((Keyword::Bang, length)) => {
                    self.pos += length;
                    is_negated = !is_negated;
                }
                Some((Keyword::Time, length)) if self.set.dialect != Dialect::Posix => {
                    self.pos += length;
                    self.time_options();
                }
                _ if may_end && matches!(self.peek(), None | Some(b'\n' | b';')) => {
                    self.commands += 1;
                    return None;
                }
                _ => return Some(is_negated),
            }
            may_end = true;
        }
    }

    fn time_options(&mut self) {
        for option in [b"-p", b"--"] {
            self.blanks();
            let is_here = self.rest().starts_with(option) && self.byte_after(2).is_none_or(is_meta);
            self.pos += if is_here { 2 } else { 0 };
        }
    }

    /// The keyword that stands here, and how many bytes it takes.
    fn keyword(&mut self) -> Option<(Keyword, usize)> {
        let first = self.peek()?;
        if !matches!(first, b'a'..=b'z' | b'!' | b'{' | b'}' | b'[' | b']') {
            return None;
        }
        let mut text = [0; LONGEST_KEYWORD];
        let mut length = 0;
        let rest = self.rest();
        let mut index = 0;
        loop {
            match rest.get(index..).unwrap_or_default() {
                [b'\\', b'\n', ..] => index += 2,
                [byte, ..] if !is_meta(*byte) => {
                    *text.get_mut(length)? = *byte;
                    length += 1;
                    index += 1;
                }
                _ => break,
            }
        }
        Some((Keyword::from_text(text.get(..length)?)?, index))
    }

    fn eat_keyword(&mut self, wanted: Keyword) -> bool {
        match self.keyword() {
            Some((keyword, length)) if keyword == wanted => {
                self.pos += length;
                true
            }
            _ => false,
        }
    }

    fn expect_keyword(&mut self, wanted: Keyword) {
        if !self.eat_keyword(wanted) {
            self.misread();
        }
    }

    // ---- Commands -------------------------------------------------------------------------

    fn command(&mut self) -> After {
        self.blanks();
        while self.eat_keyword(Keyword::Bang) {
            self.misread(); // Only the first command of a pipeline takes it.
            self.blanks();
        }
        let entry = self.dirs;
        let compound = match self.peek() {
            Some(b'(') => {
                self.pos += 1;
                None
            }
            _ => match self.keyword() {
                None | Some((Keyword::Time, _)) => return self.simple(),
                Some((keyword, length)) => {
                    self.pos += length;
                    Some(keyword)
                }
            },
        };
        if !self.deeper() {
            return After::same(entry);
        }
        self.commands += 1;
        let after = match compound {
            None => self.parenthesis(),
            Some(keyword) => self.compound(keyword),
        };
        self.depth -= 1;
        self.ends_openly = !self.compound_redirections(entry);
        after
    }

    fn compound(&mut self, keyword: Keyword) -> After {
        let entry = self.dirs;
        if !matches!(keyword, Keyword::OpenBrace) {
            self.floor(Floor::ControlFlow);
        }
        match keyword {
            Keyword::OpenBrace => {
                let after = self.full_list(Ends::BRACE);
                self.expect_keyword(Keyword::CloseBrace);
                after
            }
            Keyword::If => self.if_command(),
            Keyword::While | Keyword::Until => self.repeated(Self::while_command),
            Keyword::For | Keyword::Select => self.repeated(Self::for_command),
            Keyword::Case => self.case_command(),
            Keyword::Conditional => {
                self.not_posix();
                self.conditional();
                After::same(entry)
            }
            Keyword::Function => self.function_keyword(),
            Keyword::Coproc => {
                if self.substitutions > 0 {
                    // Bash prints `coproc COPROC a`, and runs that.
                    self.misread();
                }
                self.coproc_name();
                self.command();
                self.vars.set = true;
                After::same(entry)
            }
            // An end where a command should stand.
            _ => {
                self.misread();
                After::same(entry)
            }
        }
    }

    /// A list with at least one command in it.
    fn full_list(&mut self, ends: Ends) -> After {
        let before = self.commands;
        let after = self.list(ends);
        if self.commands == before {
            self.misread();
        }
        after
    }

    /// `( … )` or `(( … ))`, behind the first parenthesis.
    fn parenthesis(&mut self) -> After {
        let entry = self.dirs;
        if self.byte_after(0) == Some(b'(') {
            // What dash takes for two subshells, bash takes for arithmetic.
            self.not_posix();
            if self.is_arithmetic() {
                self.pos += 1;
                self.floor(Floor::ControlFlow);
                self.arithmetic();
                return After::same(entry);
            }
            // Bash reads `((a); b)` as two subshells, but stumbles over newlines in it.
            self.misread();
        }
        self.full_list(Ends::PAREN);
        if !self.eat(b')') {
            self.misread();
        }
        self.dirs = entry;
        After::same(entry)
    }

    /// Arithmetic behind its two parentheses, up to the two that close it.
    fn arithmetic(&mut self) {
        self.vars.set = true;
        self.nested_text(b'(', b')');
        if !self.eat(b')') {
            self.misread();
        }
    }

    fn if_command(&mut self) -> After {
        let mut result: Option<After> = None;
        loop {
            let condition = self.full_list(Ends::THEN);
            self.expect_keyword(Keyword::Then);
            self.dirs = condition.ok;
            let then = self.full_list(Ends::FI);
            result = Some(join(result, then));
            self.dirs = condition.failed;
            if self.eat_keyword(Keyword::Elif) {
                continue;
            }
            let other = if self.eat_keyword(Keyword::Else) {
                self.full_list(Ends::FI)
            } else {
                After::same(condition.failed)
            };
            self.expect_keyword(Keyword::Fi);
            return join(result, other);
        }
    }

    fn while_command(&mut self) -> After {
        let entry = self.dirs;
        let condition = self.full_list(Ends::DO);
        self.dirs = condition.ok;
        self.expect_keyword(Keyword::Do);
        let body = self.full_list(Ends::DONE);
        self.expect_keyword(Keyword::Done);
        let anywhere = entry.union(condition.either()).union(body.either());
        After::same(anywhere)
    }

    fn for_command(&mut self) -> After {
        let entry = self.dirs;
        self.vars.set = true;
        self.blanks();
        if self.rest().starts_with(b"((") {
            self.pos += 2;
            self.arithmetic();
        } else {
            self.for_words();
        }
        self.blanks();
        self.eat(b';');
        self.blank_lines();
        let body = if self.eat_keyword(Keyword::OpenBrace) {
            let body = self.full_list(Ends::BRACE);
            self.expect_keyword(Keyword::CloseBrace);
            body
        } else {
            self.expect_keyword(Keyword::Do);
            let body = self.full_list(Ends::DONE);
            self.expect_keyword(Keyword::Done);
            body
        };
        After::same(entry.union(body.either()))
    }

    /// `NAME [in WORDS]`.
    fn for_words(&mut self) {
        if self.peek().is_none_or(is_meta) {
            return self.misread();
        }
        let name = self.word(false);
        if !name.is_bare {
            self.misread();
        }
        match name.word(self.text, &self.scratch).value() {
            Some("HOME") => self.vars.home = true,
            Some("CDPATH") => self.vars.cdpath = true,
            _ => {}
        }
        self.blank_lines();
        if !self.eat_word(b"in") {
            return;
        }
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b';' | b'\n') => return,
                Some(b'#') => self.comment(),
                Some(byte) if is_meta(byte) && !self.is_process_substitution() => {
                    self.misread();
                    return;
                }
                Some(_) => {
                    self.word(false);
                }
            }
        }
    }

    /// Takes a word of letters, where it stands here as it is.
    fn eat_word(&mut self, word: &[u8]) -> bool {
        self.peek();
        let is_here =
            self.rest().starts_with(word) && self.byte_after(word.len()).is_none_or(is_meta);
        self.pos += if is_here { word.len() } else { 0 };
        is_here
    }

    fn is_process_substitution(&self) -> bool {
        matches!(self.rest(), [b'<' | b'>', b'(', ..])
    }

    /// A loop. Where a `cd` in it leads to a folder that the loop did not start in, a dry run
    /// finds out first, since the next round starts there.
    fn repeated(&mut self, body: fn(&mut Self) -> After) -> After {
        let entry = self.dirs;
        let start = (self.pos, self.commands, self.vars);
        let heredocs = self.heredocs.clone();
        let was_dry = core::mem::replace(&mut self.is_dry, true);
        let dry = body(self).either();
        self.is_dry = was_dry;
        let spread = spread(entry, dry);
        if was_dry {
            return After::same(spread);
        }
        (self.pos, self.commands) = (start.0, start.1);
        // What one round sets, the next one may use.
        self.vars.set |= start.2.set;
        self.heredocs = heredocs;
        self.dirs = spread;
        body(self);
        After::same(spread)
    }

    fn case_command(&mut self) -> After {
        let entry = self.dirs;
        self.blanks();
        if self.peek().is_none_or(|byte| is_meta(byte) && !self.is_process_substitution()) {
            self.misread();
        } else {
            self.word(false);
        }
        self.blank_lines();
        if !self.eat_word(b"in") {
            self.misread();
        }
        let mut result = After::same(entry);
        loop {
            self.blank_lines();
            if self.eat_keyword(Keyword::Esac) {
                return result;
            }
            if self.peek().is_none() {
                self.misread();
                return result;
            }
            let before = self.pos;
            self.case_pattern();
            // A body may begin in any folder that `;&` brings along.
            self.dirs = result.either();
            result = join(Some(result), self.list(Ends::CASE));
            if self.is_case_end() {
                self.pos += 2;
                self.eat(b'&');
            }
            if self.pos == before {
                self.pos += 1;
                self.misread();
            }
        }
    }

    /// `[(] PATTERN [| PATTERN]… )`.
    fn case_pattern(&mut self) {
        self.eat(b'(');
        loop {
            self.blanks();
            match self.peek() {
                Some(byte) if !is_meta(byte) || self.is_process_substitution() => {
                    self.word(false);
                }
                _ => return self.misread(),
            }
            self.blanks();
            if self.eat(b')') {
                return;
            }
            if !self.eat(b'|') {
                return self.misread();
            }
        }
    }

    /// `[[ … ]]`, behind the opening word.
    fn conditional(&mut self) {
        let mut open = 0u32;
        let mut term = Term::default();
        loop {
            self.blanks();
            match self.rest() {
                [] | [b';', ..] => return self.misread(),
                _ if term.takes_pattern => {
                    let start = self.pos;
                    self.pattern();
                    term.take("");
                    if self.pos == start {
                        self.pos += 1;
                        self.misread();
                    }
                }
                [b'\n', ..] => {
                    if term.words > 0 {
                        self.misread();
                    }
                    self.newline();
                }
                [b'&', b'&', ..] | [b'|', b'|', ..] => {
                    self.pos += 2;
                    self.end_term(&mut term);
                }
                [b'(', ..] => {
                    self.pos += 1;
                    open += 1;
                    if term.words > 0 {
                        self.misread();
                    }
                }
                [b')', ..] => {
                    self.pos += 1;
                    if open == 0 || term.words == 0 {
                        self.misread();
                    }
                    open = open.saturating_sub(1);
                }
                [b'<' | b'>', next, ..] if !matches!(next, b'(' | b'<' | b'>' | b'&' | b'|') => {
                    self.pos += 1;
                    term.take("<");
                }
                [b'&' | b'|', ..]
                | [b'<' | b'>']
                | [b'<' | b'>', b'<' | b'>' | b'&' | b'|', ..] => {
                    self.pos += 1;
                    self.misread();
                }
                _ => {
                    let word = self.word(false);
                    let text = word.word(self.text, &self.scratch).value();
                    match text.filter(|_| word.is_bare) {
                        Some("]]") => {
                            if open > 0 || !term.is_complete() {
                                self.misread();
                            }
                            return;
                        }
                        Some("!") if term.words == 0 => {}
                        text => term.take(text.unwrap_or_default()),
                    }
                }
            }
        }
    }

    fn end_term(&mut self, term: &mut Term) {
        if !term.is_complete() {
            self.misread();
        }
        *term = Term::default();
    }

    /// What stands behind `=~` and `==`: parentheses and bars are part of it.
    fn pattern(&mut self) {
        let mut open = 0u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b'|' => {}
                b' ' | b'\t' if open > 0 => {}
                byte if is_meta(byte) && !self.is_process_substitution() => return,
                _ => {
                    self.word(false);
                    continue;
                }
            }
            self.pos += 1;
        }
    }

    /// `function NAME [()] BODY`, behind the keyword.
    fn function_keyword(&mut self) -> After {
        self.blanks();
        if self.peek().is_none_or(is_meta) {
            self.misread();
        } else {
            self.word(false);
        }
        self.blanks();
        if self.eat(b'(') {
            self.blanks();
            if !self.eat(b')') {
                self.misread();
            }
        }
        self.function_body()
    }

    /// What a function does counts as done where it is defined; what it does to the folder may
    /// happen anywhere behind it.
    fn function_body(&mut self) -> After {
        let entry = self.dirs;
        self.floor(Floor::DynamicCommand);
        self.blank_lines();
        let is_compound = self.peek() == Some(b'(')
            || self.keyword().is_some_and(|(keyword, _)| {
                !matches!(keyword, Keyword::Bang | Keyword::Time | Keyword::Coproc)
            });
        if !is_compound {
            self.misread();
        }
        if !self.deeper() {
            return After::same(entry);
        }
        let body = self.command().either();
        self.depth -= 1;
        let mut after = entry;
        if !entry.contains_all(&body) {
            after.add(Dir::AtRunTime);
        }
        self.vars.set = true;
        After::same(after)
    }

    /// The name in `coproc NAME { … }`.
    fn coproc_name(&mut self) {
        self.blanks();
        let (start, rest) = (self.pos, self.rest());
        let length = rest.iter().position(|&byte| is_meta(byte)).unwrap_or(rest.len());
        let is_name = name_length(rest) == length;
        match self.keyword() {
            Some((Keyword::Coproc | Keyword::Bang | Keyword::Time, _)) => return self.misread(),
            None if length > 0 => {}
            _ => return,
        }
        self.pos += length;
        self.blanks();
        let next = self.keyword().map(|(keyword, _)| keyword);
        let is_followed_by_command = self.peek() == Some(b'(') || next.is_some();
        let is_strange = matches!(next, Some(Keyword::Coproc | Keyword::Bang | Keyword::Time));
        if !is_followed_by_command {
            self.pos = start;
        } else if !is_name || is_strange {
            self.misread();
        }
    }

    /// Returns whether there are any.
    fn compound_redirections(&mut self, entry: Dirs) -> bool {
        // They are opened before the commands inside move.
        let after = core::mem::replace(&mut self.dirs, entry);
        let mut is_redirected = false;
        loop {
            self.blanks();
            if self.is_process_substitution() || !self.redirection() {
                break;
            }
            is_redirected = true;
        }
        self.dirs = after;
        is_redirected
    }

    // ---- Substitutions --------------------------------------------------------------------

    /// Behind `$(`: commands, or arithmetic.
    pub(super) fn substitution_or_arithmetic(&mut self) {
        if self.byte_after(0) == Some(b'(') && self.is_arithmetic() {
            self.floor(Floor::DynamicCommand);
            self.pos += 1;
            if self.deeper() {
                self.arithmetic();
                self.depth -= 1;
            }
            return;
        }
        self.substitution();
    }

    /// Commands up to `)`, in a shell of their own.
    /// Returns whether there are any.
    pub(super) fn substitution(&mut self) -> bool {
        if self.byte_after(0) == Some(b'(') {
            // Bash takes what may be arithmetic for text in parentheses, and reads it later.
            self.misread();
        }
        self.substitutions += 1;
        let has_commands = self.inner_list(Ends::PAREN);
        self.substitutions -= 1;
        self.loses_semicolons &= self.substitutions > 0;
        if !self.eat(b')') {
            self.misread();
        }
        has_commands
    }

    /// Commands up to `}`.
    pub(super) fn commands_in_braces(&mut self) {
        self.inner_list(Ends::BRACE);
        self.expect_keyword(Keyword::CloseBrace);
    }

    /// Commands in a shell of their own, in the middle of a word.
    /// Returns whether there are any.
    fn inner_list(&mut self, ends: Ends) -> bool {
        if !self.deeper() {
            return true;
        }
        let entry = self.dirs;
        let outer = core::mem::replace(&mut self.outer_heredocs, self.heredocs.len());
        let commands = self.commands;
        self.list(ends);
        if self.heredocs.len() > self.outer_heredocs {
            // Bash looks for the text behind the substitution.
            self.misread();
            self.heredocs.truncate(self.outer_heredocs);
        }
        self.outer_heredocs = outer;
        let has_commands = self.commands > commands;
        self.commands = commands;
        self.dirs = entry;
        self.depth -= 1;
        has_commands
    }

    /// Commands in backquotes, behind the first one.
    pub(super) fn backquote(&mut self, quoted: bool) {
        let start = self.pos;
        let mut has_escapes = false;
        let close = loop {
            match self.rest() {
                [] => {
                    self.misread();
                    break self.pos;
                }
                [b'`', ..] => break self.pos,
                [b'\\', _, ..] => {
                    has_escapes = true;
                    self.pos += 2;
                }
                _ => self.pos += 1,
            }
        };
        let behind = (close + 1).min(self.end);
        if has_escapes {
            let text = self.slice(start, close);
            let text = unescaped(text, quoted);
            self.nested_text_of_backquotes(&text);
        } else {
            let end = core::mem::replace(&mut self.end, close);
            self.pos = start;
            self.inner_list(Ends::NONE);
            self.end = end;
        }
        self.pos = behind;
    }

    #[inline(never)]
    fn nested_text_of_backquotes(&mut self, text: &str) {
        if text.trim().is_empty() || !self.deeper() {
            return;
        }
        self.depth -= 1;
        let set = Setting { depth: self.depth + 1, vars: self.vars, ..self.set };
        let (paths, count) = self.names.paths(&self.dirs);
        let start = paths.get(..count).unwrap_or_default();
        if !self.is_dry {
            self.parts += scan(text, set, start, self.out);
        }
    }

    /// Whether the text behind `((` closes with `))`, as bash finds out before it decides what the
    /// parentheses mean.
    fn is_arithmetic(&self) -> bool {
        let bytes = self.rest().get(1..).unwrap_or_default();
        let mut open = Buf::<u8, 64>::new(0);
        let mut index = 0;
        while let Some(&byte) = bytes.get(index) {
            index += 1;
            let inside = open.as_slice().last().copied().unwrap_or(0);
            match (byte, inside) {
                (b'\\', _) => index += 1,
                (b'`', b'`') | (b'"', b'"') | (b'}', b'}') | (b')', b')') => {
                    open.truncate(open.len() - 1);
                }
                (_, b'`') => {}
                (b')', 0) => return bytes.get(index) == Some(&b')'),
                (b'`' | b'"', _) => open.push(byte),
                (b'$', _) if bytes.get(index) == Some(&b'{') => {
                    open.push(b'}');
                    index += 1;
                }
                (b'$', b'"') if bytes.get(index) == Some(&b'(') => {
                    open.push(b')');
                    index += 1;
                }
                (_, b'"') => {}
                (b'\'', _) => {
                    let rest = bytes.get(index..).unwrap_or_default();
                    index += rest.iter().position(|&b| b == b'\'').map_or(rest.len(), |at| at + 1);
                }
                (b'(', _) => open.push(b')'),
                _ => {}
            }
        }
        false
    }

    // ---- Heredocs -------------------------------------------------------------------------

    /// The end of a line, and the texts of the heredocs that began in it.
    fn newline(&mut self) {
        self.pos += 1;
        if self.outer_heredocs > 0 {
            // The text of an outer heredoc would begin here.
            self.misread();
        }
        if self.heredocs.len() <= self.outer_heredocs {
            return;
        }
        self.loses_semicolons |= self.substitutions > 0;
        let pending = self.heredocs.split_off(self.outer_heredocs);
        for heredoc in pending {
            self.heredoc_text(&heredoc);
        }
    }

    fn heredoc_text(&mut self, heredoc: &Heredoc) {
        let start = self.pos;
        loop {
            if self.end <= self.pos {
                // Bash takes the rest of the text, with a warning.
                self.misread();
                return self.heredoc_body(heredoc, start, self.end);
            }
            let line_start = self.pos;
            let is_delimiter = self.heredoc_line(heredoc);
            if is_delimiter {
                let behind = self.pos;
                self.heredoc_body(heredoc, start, line_start);
                self.pos = behind;
                return;
            }
        }
    }

    /// Takes a line; whether it is the delimiter. Where the delimiter was not quoted, a backslash
    /// at the end of a line joins the next one.
    fn heredoc_line(&mut self, heredoc: &Heredoc) -> bool {
        let mut wanted = heredoc.delimiter.as_bytes();
        let mut is_equal = true;
        let mut at_start = true;
        loop {
            match self.rest() {
                [] => return is_equal && wanted.is_empty(),
                [b'\n', ..] => {
                    self.pos += 1;
                    return is_equal && wanted.is_empty();
                }
                [b'\\', b'\n', ..] if !heredoc.is_quoted => {
                    self.pos += 2;
                    continue;
                }
                [b'\t', ..] if heredoc.strips_tabs && at_start => {
                    self.pos += 1;
                    continue;
                }
                [b'\\', next, ..] if !heredoc.is_quoted => {
                    let pair = [b'\\', *next];
                    is_equal &= wanted.starts_with(&pair);
                    wanted = wanted.get(2..).unwrap_or_default();
                    self.pos += 2;
                }
                [byte, ..] => {
                    is_equal &= wanted.first() == Some(byte);
                    wanted = wanted.get(1..).unwrap_or_default();
                    self.pos += 1;
                }
            }
            at_start = false;
        }
    }

    /// The text of a heredoc: where its delimiter was not quoted, substitutions in it run.
    fn heredoc_body(&mut self, heredoc: &Heredoc, start: usize, end: usize) {
        if heredoc.is_quoted {
            return;
        }
        let text = self.slice(start, end);
        if text.contains("\\\n") && (text.contains("$(") || text.contains('`')) {
            // Here bash joins lines before it looks for quotes and comments in substitutions.
            self.misread();
        }
        let outer_end = core::mem::replace(&mut self.end, end);
        self.pos = start;
        self.heredoc_expansions();
        self.pos = end;
        self.end = outer_end;
    }

    // ---- Simple commands ------------------------------------------------------------------

    fn simple(&mut self) -> After {
        let base = (self.words.len(), self.scratch.len());
        let mut simple = Simple::default();
        loop {
            self.blanks();
            let Some(byte) = self.peek() else { break };
            if self.is_process_substitution() {
                self.argument(base.0, &mut simple);
            } else if self.redirection() {
                simple.is_redirected = true;
            } else if byte == b'(' && self.is_function(base.0, &simple) {
                self.words.truncate(base.0);
                self.scratch.truncate(base.1);
                return self.function_definition();
            } else if is_meta(byte) || byte == b'#' {
                break;
            } else {
                self.argument(base.0, &mut simple);
            }
        }
        let after = self.finish_simple(base.0, &simple);
        self.words.truncate(base.0);
        self.scratch.truncate(base.1);
        after
    }

    fn is_function(&self, base: usize, simple: &Simple) -> bool {
        self.words.len() == base + 1 && !simple.is_redirected && !simple.has_assignments
    }

    /// `NAME ()`, at the parenthesis.
    fn function_definition(&mut self) -> After {
        self.pos += 1;
        self.commands += 1;
        self.blanks();
        if !self.eat(b')') {
            self.misread();
        }
        self.function_body()
    }

    fn argument(&mut self, base: usize, simple: &mut Simple) {
        let is_prefix = self.words.len() == base;
        let word = self.word(is_prefix);
        let is_array = word.has_name() && self.is_array_here();
        if is_prefix && word.has_name() {
            return self.assignment(&word, is_array, simple);
        }
        if is_array {
            self.not_posix();
            let declares = self.words.from(base).first().is_some_and(|first| {
                let program = first.word(self.text, &self.scratch).value();
                program.is_some_and(|name| tables::DECLARE.contains(&name))
            });
            if !declares {
                self.misread();
            }
            self.array();
        }
        self.words.push(word);
    }

    /// Whether `(` stands here, directly behind `NAME=`.
    fn is_array_here(&self) -> bool {
        let before = self.text.as_bytes().get(..self.pos).unwrap_or_default();
        let is_behind_name = match before {
            [.., last, b'='] => last.is_ascii_alphanumeric() || matches!(last, b'_' | b']' | b'+'),
            _ => false,
        };
        is_behind_name && self.byte_after(0) == Some(b'(')
    }

    fn assignment(&mut self, word: &RawWord, is_array: bool, simple: &mut Simple) {
        let name = word.variable(self.text, &self.scratch).unwrap_or_default();
        let is_safe =
            word.is_known() && !is_array && !word.is_partial && options::is_safe_variable(name);
        self.vars.home |= name == "HOME";
        self.vars.cdpath |= name == "CDPATH";
        self.vars.set = true;
        simple.has_assignments = true;
        if !is_safe {
            simple.floors = simple.floors.with(Floor::Assignments);
        }
        if is_array {
            self.not_posix();
            self.array();
        }
    }

    /// `(a b c)` behind `NAME=`.
    fn array(&mut self) {
        self.pos += 1;
        if !self.deeper() {
            return;
        }
        loop {
            self.blank_lines();
            match self.peek() {
                None => {
                    self.misread();
                    break;
                }
                Some(b')') => {
                    self.pos += 1;
                    // `a=(b)c` is one word to bash.
                    if self.peek().is_some_and(|byte| !is_meta(byte)) {
                        self.misread();
                    }
                    break;
                }
                Some(byte) if is_meta(byte) && !self.is_process_substitution() => {
                    self.misread();
                    break;
                }
                Some(b'[') => {
                    self.pos += 1;
                    self.nested_text(b'[', b']');
                }
                Some(_) => {
                    self.word(false);
                }
            }
        }
        self.depth -= 1;
    }

    fn finish_simple(&mut self, base: usize, simple: &Simple) -> After {
        self.ends_openly = false;
        let entry = self.dirs;
        if self.words.len() == base {
            if simple.has_assignments {
                // A bare assignment stays, whatever its name.
                self.floor(Floor::Assignments);
                self.commands += 1;
            } else if simple.is_redirected {
                self.commands += 1;
            } else {
                self.misread();
            }
            return After::same(entry);
        }
        self.commands += 1;
        self.run(base, simple.floors)
    }

    /// Hands a command to [`run`], and follows what it does to the folder.
    fn run(&mut self, base: usize, floors: Floors) -> After {
        let entry = self.dirs;
        let mut words = Buf::<Word<'_>, 32>::new(Word::known(""));
        for raw in self.words.from(base) {
            words.push(raw.word(self.text, &self.scratch));
        }
        let mut set = self.set;
        set.floors = set.floors.union(floors);
        set.depth = self.depth;
        set.vars = self.vars;
        let (paths, count) = self.names.paths(&entry);
        let dirs = paths.get(..count).unwrap_or_default();
        let call = Call { set, words: words.as_slice(), dirs };
        let mut nowhere = |_: &Part<'_>| {};
        let out: &mut dyn FnMut(&Part<'_>) = if self.is_dry { &mut nowhere } else { self.out };
        let effect = run::command(&call, out);
        self.parts += effect.parts;
        self.vars.set |= effect.sets_variables;
        self.vars.home |= effect.sets_variables;
        match effect.folder {
            Folder::Stays => After::same(entry),
            Folder::Follows(operand) if !self.vars.cdpath => {
                let operand = operand.and_then(|index| words.as_slice().get(index));
                let ok = self.names.follow(self.set.ctx, operand, &entry);
                After { ok, failed: entry }
            }
            Folder::Follows(_) | Folder::IsLost => {
                let mut after = entry;
                after.add(Dir::AtRunTime);
                After::same(after)
            }
        }
    }

    // ---- Redirections ---------------------------------------------------------------------

    /// Takes a redirection, where one stands here.
    fn redirection(&mut self) -> bool {
        let Some(operator) = self.redirect_operator() else { return false };
        self.blanks();
        let duplicates = matches!(operator, Operator::DuplicateInput | Operator::DuplicateOutput);
        if duplicates && self.eat(b'-') {
            return true; // `>&-` is complete, whatever follows.
        }
        if self.peek().is_none_or(|byte| is_meta(byte) && !self.is_process_substitution()) {
            self.misread();
            return true;
        }
        let is_operator_of_zsh =
            self.set.dialect == Dialect::Zsh && self.byte_after(0) == Some(b'!');
        // In `> 2> x` the 2 is a descriptor, not a name.
        if is_operator_of_zsh || descriptor_length(self.rest()) > 0 {
            self.misread();
        }
        if let Operator::Heredoc { strips_tabs } = operator {
            self.heredoc_delimiter(strips_tabs);
            return true;
        }
        let base = self.scratch.len();
        let start = self.pos;
        let word = self.word(false);
        let written = self.text.get(start..self.pos).unwrap_or_default();
        let target = redirect::Target {
            word: word.word(self.text, &self.scratch),
            is_pipe: word.is_pipe,
            written,
        };
        if !self.is_dry {
            let (paths, count) = self.names.paths(&self.dirs);
            for dir in paths.iter().take(count) {
                redirect::parts(&self.set, operator, &target, *dir, self.out);
            }
        }
        self.scratch.truncate(base);
        true
    }

    /// `2>`, `{fd}<`, `&>>`, … and the descriptor before it.
    fn redirect_operator(&mut self) -> Option<Operator> {
        self.peek()?;
        let rest = self.rest();
        let mut length = descriptor_length(rest);
        let is_both = length == 0 && rest.starts_with(b"&>");
        if is_both {
            length = 1;
        }
        let (operator, operator_length) = match rest.get(length..).unwrap_or_default() {
            [b'<', b'<', b'<', ..] => (Operator::Text, 3),
            [b'<', b'<', b'-', ..] => (Operator::Heredoc { strips_tabs: true }, 3),
            [b'<', b'<', ..] => (Operator::Heredoc { strips_tabs: false }, 2),
            [b'<', b'&', ..] => (Operator::DuplicateInput, 2),
            [b'<', b'>', ..] => (Operator::ReadWrite, 2),
            [b'<', ..] => (Operator::Read, 1),
            [b'>', b'>' | b'|', ..] => (Operator::Write, 2),
            [b'>', b'&', ..] if !is_both => (Operator::DuplicateOutput, 2),
            [b'>', ..] => (Operator::Write, 1),
            _ => return None,
        };
        if is_both || operator == Operator::Text {
            self.not_posix();
        }
        self.pos += length + operator_length;
        if self.rest().starts_with(b"\\\n") {
            // The operator may go on in the next line.
            self.misread();
        }
        Some(operator)
    }

    /// The word behind `<<`. Nothing in it is expanded.
    fn heredoc_delimiter(&mut self, strips_tabs: bool) {
        let mut delimiter = String::new();
        let mut is_quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' => {
                    is_quoted = true;
                    self.quoted_delimiter(byte, &mut delimiter);
                }
                b'\\' => {
                    is_quoted = true;
                    self.pos += 1;
                    self.delimiter_char(&mut delimiter);
                }
                b'$' | b'`' => {
                    self.misread();
                    self.delimiter_char(&mut delimiter);
                }
                _ if is_meta(byte) => break,
                _ => self.delimiter_char(&mut delimiter),
            }
        }
        self.heredocs.push(Heredoc { delimiter, is_quoted, strips_tabs });
    }

    fn delimiter_char(&mut self, delimiter: &mut String) {
        if let Some(c) = self.char_here() {
            delimiter.push(c);
            self.pos += c.len_utf8();
        }
    }

    fn quoted_delimiter(&mut self, quote: u8, delimiter: &mut String) {
        self.pos += 1;
        loop {
            match self.byte_after(0) {
                None => return self.misread(),
                Some(byte) if byte == quote => {
                    self.pos += 1;
                    return;
                }
                Some(byte) => {
                    if byte == b'\n' || (byte == b'\\' && quote == b'"') {
                        self.misread();
                    }
                    self.delimiter_char(delimiter);
                }
            }
        }
    }

    // ---- The line -------------------------------------------------------------------------

    /// The part that carries what holds for the line as a whole.
    fn line_part(&mut self) {
        let floors = self.floors;
        let liftable = [Floor::ControlFlow, Floor::Assignments, Floor::Wrappers];
        let is_unknown =
            !floors.without(liftable.into_iter().fold(Floors::NONE, Floors::with)).is_empty();
        if floors.is_empty() || self.is_dry {
            return;
        }
        let dir = self.names.path(Dir::Start(0));
        let command = Command {
            forms: &[],
            cwd: dir,
            base: dir,
            program: PathValue::Unsent,
            line: self.set.ctx.request.shell,
            // Where something was not understood, it may be a command.
            nothing_runs: !is_unknown,
        };
        let object = Object::Command(command);
        (self.out)(&Part { action: Action::Run, object, floors, alternative: false });
    }
}

impl<'s> Scanner<'s, '_> {
    /// A piece of the text.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// What was read of a simple command besides its words.
#[derive(Default)]
struct Simple {
    floors: Floors,
    has_assignments: bool,
    is_redirected: bool,
}

/// One test in `[[ … ]]`, as far as it was read.
#[derive(Default)]
struct Term {
    words: u32,
    /// The first word is `-f` or the like.
    is_unary: bool,
    is_binary: bool,
    takes_pattern: bool,
}

impl Term {
    fn take(&mut self, bare_text: &str) {
        self.words += 1;
        self.takes_pattern = false;
        let is_option = bare_text.strip_prefix('-').is_some_and(|name| !name.is_empty());
        match self.words {
            1 => {
                self.is_unary = bare_text.len() == 2
                    && is_option
                    && bare_text.ends_with(|c| "abcdefghknoprstuvwxzGLNORS".contains(c));
            }
            2 => {
                self.takes_pattern = matches!(bare_text, "=" | "==" | "!=" | "=~");
                self.is_binary = self.takes_pattern
                    || matches!(bare_text, "<" | ">")
                    || (bare_text.len() == 3 && is_option);
            }
            _ => {}
        }
    }

    fn is_complete(&self) -> bool {
        match self.words {
            1 => !self.is_unary,
            2 => self.is_unary,
            3 => self.is_binary && !self.is_unary,
            _ => false,
        }
    }
}

/// What a redirection does with its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Read,
    Write,
    ReadWrite,
    DuplicateInput,
    DuplicateOutput,
    Text,
    Heredoc { strips_tabs: bool },
}

/// The length of `2` in `2>` or `{fd}` in `{fd}>`; 0 where no descriptor stands before an
/// operator.
fn descriptor_length(rest: &[u8]) -> usize {
    let length = match rest.first() {
        Some(b'0'..=b'9') => rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(0),
        Some(b'{') => {
            let name = name_length(rest.get(1..).unwrap_or_default());
            if name > 0 && rest.get(name + 1) == Some(&b'}') { name + 2 } else { 0 }
        }
        _ => 0,
    };
    match rest.get(length..).unwrap_or_default() {
        [b'<' | b'>', b'(', ..] => 0,
        [b'<' | b'>', ..] => length,
        _ => 0,
    }
}

/// The text between backquotes, as the inner shell reads it.
fn unescaped(text: &str, quoted: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_escape = c == '\\'
            && chars
                .peek()
                .is_some_and(|next| matches!(next, '$' | '`' | '\\') || (quoted && *next == '"'));
        if is_escape {
            result.extend(chars.next());
        } else {
            result.push(c);
        }
    }
    result
}

fn join(one: Option<After>, other: After) -> After {
    match one {
        None => other,
        Some(one) => After { ok: one.ok.union(other.ok), failed: one.failed.union(other.failed) },
    }
}

/// The folders that any round of a loop may start in: where a round leads to a folder that is not
/// among the first ones, the next round may lead anywhere.
fn spread(entry: Dirs, after_one_round: Dirs) -> Dirs {
    let mut spread = entry;
    for dir in after_one_round.iter() {
        if !entry.contains(dir) {
            spread.add(if dir == Dir::AtRunTime { dir } else { Dir::Unsent });
        }
    }
    spread
}
