//! Simple commands: assignments, words and redirections, up to an operator (S8).

use super::buffer::Buf;
use super::dirs::{After, Dir};
use super::run::{self, Call, Folder};
use super::scan::{Dialect, Scanner};
use super::word::{RawWord, is_meta, name_length};
use super::{options, redirect, tables};
use crate::facts::{Part, Word};
use crate::vocab::{Floor, Floors};

impl Scanner<'_, '_> {
    pub(super) fn simple(&mut self) -> After {
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
        if word.is_positional {
            simple.floors = simple.floors.with(Floor::DynamicCommand);
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
    pub(super) fn run(&mut self, base: usize, floors: Floors) -> After {
        let entry = self.dirs;
        let mut words = Buf::<Word<'_>, 32>::new(Word::known(""));
        for raw in self.words.from(base) {
            words.push(self.set.filled(raw.word(self.text, &self.scratch)));
        }
        let mut set = self.set;
        set.floors = set.floors.union(floors);
        set.depth = self.depth;
        set.vars = self.vars;
        let (paths, count) = self.names.paths(&entry);
        let dirs = paths.get(..count).unwrap_or_default();
        let call = Call { set, words: words.as_slice(), dirs };
        let mut nowhere = |_: &Part<'_>| {};
        let out: &mut dyn FnMut(&Part<'_>) = if self.set.is_dry { &mut nowhere } else { self.out };
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
    pub(super) fn redirection(&mut self) -> bool {
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
            word: self.set.filled(word.word(self.text, &self.scratch)),
            is_pipe: word.is_pipe,
            written,
        };
        if !self.set.is_dry {
            let (paths, count) = self.names.paths(&self.dirs);
            for dir in paths.iter().take(count) {
                self.touches_files |= redirect::parts(&self.set, operator, &target, *dir, self.out);
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
}

/// What was read of a simple command besides its words.
#[derive(Default)]
struct Simple {
    floors: Floors,
    has_assignments: bool,
    is_redirected: bool,
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
