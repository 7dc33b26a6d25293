//! Compound commands: groups, subshells, conditions, loops, `case`, `[[ ]]`, functions (S1, S3).
//!
//! Each function reads one construct of the shell's grammar, from behind its first word to its
//! end, and says in which folders the line goes on. Where the grammar asks for something that is
//! not there, the line does not parse and the reading goes on.

use super::dirs::{After, Dir, Dirs};
use super::scan::{Ends, Keyword, Scanner, Variables};
use super::word::{is_meta, name_length};
use crate::text::has_char;
use crate::vocab::Floor;

impl Scanner<'_, '_> {
    pub(super) fn command(&mut self) -> After {
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

    pub(super) fn compound(&mut self, keyword: Keyword) -> After {
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
    pub(super) fn arithmetic(&mut self) {
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

    pub(super) fn is_process_substitution(&self) -> bool {
        matches!(self.rest(), [b'<' | b'>', b'(', ..])
    }

    /// A loop. Where a `cd` in it leads to a folder that the loop did not start in, a dry run
    /// finds out first, since the next round starts there.
    fn repeated(&mut self, body: fn(&mut Self) -> After) -> After {
        let entry = self.dirs;
        if self.set.is_dry {
            return After::same(spread(entry, body(self).either()));
        }
        let spread = if self.set.work.may_run_dry() {
            spread(entry, self.dry_run(body).either())
        } else {
            self.vars = Variables { set: true, home: true, cdpath: true };
            spread(entry, anywhere(entry))
        };
        self.dirs = spread;
        body(self);
        After::same(spread)
    }

    /// Where one round leads; the place in the line stays.
    fn dry_run(&mut self, body: fn(&mut Self) -> After) -> After {
        let start = (self.pos, self.commands, self.vars);
        let heredocs = self.heredocs.clone();
        self.set.is_dry = true;
        let after = body(self);
        self.set.is_dry = false;
        self.set.work.ran_dry(self.pos.saturating_sub(start.0));
        (self.pos, self.commands) = (start.0, start.1);
        // What one round sets, the next one may use.
        self.vars.set |= start.2.set;
        self.heredocs = heredocs;
        after
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
    pub(super) fn function_body(&mut self) -> After {
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
                    && bare_text.ends_with(|c| has_char("abcdefghknoprstuvwxzGLNORS", c));
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

fn join(one: Option<After>, other: After) -> After {
    match one {
        None => other,
        Some(one) => After { ok: one.ok.union(other.ok), failed: one.failed.union(other.failed) },
    }
}

/// The folders behind a round of which nothing is known.
fn anywhere(mut dirs: Dirs) -> Dirs {
    dirs.add(Dir::AtRunTime);
    dirs.add(Dir::Unsent);
    dirs
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
