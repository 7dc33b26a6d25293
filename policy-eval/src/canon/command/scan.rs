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

use super::Outer;
use super::buffer::{Buf, TextBuf};
use super::dirs::{After, Dir, Dirs, Names};
use super::heredoc::Heredoc;
use super::word::{RawWord, is_meta};
use super::work::Work;
use crate::canon::{Context, hidden};
use crate::facts::{Command, Object, Part, PathValue, Word, WordKind};
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

/// A text that is replaced before the command runs, by what nobody can see: `{}` of `find`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole<'s> {
    pub(super) text: &'s str,
    /// What replaces it may begin with `-`.
    pub(super) may_be_flag: bool,
    /// It may become several words, or none.
    pub(super) many: bool,
}

impl Hole<'_> {
    /// A word as rules may know it: not at all, where the hole is in it. The text stays, for a
    /// shell to scan.
    pub(super) fn fill<'w>(&self, word: Word<'w>) -> Word<'w> {
        match word.value() {
            Some(text) if text.contains(self.text) => {
                let may_be_flag = self.may_be_flag || text.starts_with('-');
                let kind = WordKind::AtRunTime { may_be_flag, many: self.many };
                Word { kind, ..word }
            }
            _ => word,
        }
    }
}

/// What a text is scanned with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'s> {
    pub(super) ctx: &'s Context<'s>,
    /// What the request has used up.
    pub(super) work: &'s Work,
    /// A dry run: the folders are followed, nothing is handed out.
    pub(super) is_dry: bool,
    /// Floors of every command in it.
    pub(super) floors: Floors,
    /// The commands around it, as they are written.
    pub(super) outer: Option<&'s Outer<'s>>,
    /// The command that they stand in, where one wraps them: what was sent, and not a reading.
    pub(super) written: Option<&'s [Word<'s>]>,
    /// Whether its commands are certainly meant.
    pub(super) is_certain: bool,
    pub(super) depth: u32,
    pub(super) dialect: Dialect,
    pub(super) vars: Variables,
    /// What is replaced in its words before it runs.
    pub(super) hole: Option<Hole<'s>>,
    /// How many words are tried as the command of a wrapper whose options are not understood.
    pub(super) guesses: usize,
}

impl Setting<'_> {
    /// A word of its text, with what is replaced in it.
    pub(super) fn filled<'w>(&self, word: Word<'w>) -> Word<'w> {
        self.hole.map_or(word, |hole| hole.fill(word))
    }
}

/// The words that may end a list, as a set.
#[derive(Clone, Copy)]
pub(super) struct Ends(pub(super) u16);

impl Ends {
    pub(super) const NONE: Ends = Ends(0);
    pub(super) const PAREN: Ends = Ends(1);
    pub(super) const BRACE: Ends = Ends(2);
    pub(super) const CASE: Ends = Ends(4);
    pub(super) const THEN: Ends = Ends(8);
    pub(super) const FI: Ends = Ends(16);
    pub(super) const DO: Ends = Ends(32);
    pub(super) const DONE: Ends = Ends(64);

    fn has(self, end: Ends) -> bool {
        self.0 & end.0 != 0
    }
}

/// A word with a meaning where a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
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
    pub(super) fn end(self) -> Ends {
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
    pub(super) out: &'o mut dyn FnMut(&Part<'_>),
    /// The words of the commands that are being read; an inner command stands above the outer.
    pub(super) words: Buf<RawWord, 64>,
    /// The text of words that are no piece of the line.
    pub(super) scratch: TextBuf,
    pub(super) names: Names<'s>,
    pub(super) dirs: Dirs,
    /// What was not understood, or is at least `ask`, of the line as a whole.
    pub(super) floors: Floors,
    pub(super) vars: Variables,
    pub(super) depth: u32,
    pub(super) heredocs: Vec<Heredoc>,
    /// Inside `$(…)`, a heredoc has ended. Bash prints what it read and reads that again, and there
    /// loses the next `;`: `$(a <<X; …` ends in `b;c)` runs `b c`.
    pub(super) loses_semicolons: bool,
    /// How many `$(` are open.
    pub(super) substitutions: u32,
    /// The last command was a compound one without redirections.
    pub(super) ends_openly: bool,
    /// Heredocs of an outer command, whose text cannot come inside a substitution.
    pub(super) outer_heredocs: usize,
    /// How many commands have been read.
    pub(super) commands: u32,
    /// A part of a file was handed out.
    pub(super) touches_files: bool,
    /// How many parts with a command in them have been handed out.
    pub(super) parts: u32,
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
        touches_files: false,
        parts: 0,
    };
    if set.is_dry {
        set.work.ran_dry(text.len());
    }
    if hidden::in_data(text) {
        scanner.floor(Floor::HiddenCharacters);
    }
    scanner.list(Ends::NONE);
    // Also `2>&1` alone: a request has at least one part.
    let is_nothing = scanner.parts == 0 && !scanner.touches_files && scanner.floors.is_empty();
    if !scanner.heredocs.is_empty() || scanner.commands == 0 || is_nothing {
        scanner.misread();
    }
    scanner.line_part();
    scanner.parts
}

impl Scanner<'_, '_> {
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
    pub(super) fn eat(&mut self, byte: u8) -> bool {
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

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.pos += 1;
        }
    }

    /// Blanks, newlines and comments.
    pub(super) fn blank_lines(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.pos += 1,
                Some(b'\n') => self.newline(),
                Some(b'#') => self.comment(),
                _ => return,
            }
        }
    }

    pub(super) fn comment(&mut self) {
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
    pub(super) fn list(&mut self, ends: Ends) -> After {
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

    pub(super) fn is_case_end(&self) -> bool {
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
    pub(super) fn keyword(&mut self) -> Option<(Keyword, usize)> {
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

    pub(super) fn eat_keyword(&mut self, wanted: Keyword) -> bool {
        match self.keyword() {
            Some((keyword, length)) if keyword == wanted => {
                self.pos += length;
                true
            }
            _ => false,
        }
    }

    pub(super) fn expect_keyword(&mut self, wanted: Keyword) {
        if !self.eat_keyword(wanted) {
            self.misread();
        }
    }

    // ---- The line -------------------------------------------------------------------------

    /// The part that carries what holds for the line as a whole.
    fn line_part(&mut self) {
        let floors = self.floors;
        let liftable = [Floor::ControlFlow, Floor::Assignments, Floor::Wrappers];
        let is_unknown =
            !floors.without(liftable.into_iter().fold(Floors::NONE, Floors::with)).is_empty();
        if floors.is_empty() || self.set.is_dry {
            return;
        }
        let dir = self.names.path(Dir::Start(0));
        let command = Command {
            forms: &[],
            cwd: dir,
            base: dir,
            program: PathValue::Unsent,
            line: self.set.ctx.request.shell,
            written: &[],
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
