//! Command patterns: `git (status|log) {no --output} ...`.
//!
//! A pattern is split into words as a shell splits them, with quotes and `\`. Some words are not
//! text: `...`, a group `(a|b c)`, and braces with flags. What a shell would do with the rest of
//! its signs, a pattern cannot mean, so unquoted they are errors that say so.

use super::fault::{Fault, PatternError};
use super::token::{Cursor, Pieces, class_piece, common_piece};
use super::{MAX_ALTERNATIVES, MAX_GAPS, MAX_PATTERN_NESTING, MAX_STEPS, check_length};
use crate::model::pattern::{Flag, FlagConstraint, Piece, TokenPattern, WordItem};

/// The steps of a command pattern, and what it says of flags.
pub(in crate::check) type ParsedCommand = (Vec<WordItem>, Vec<FlagConstraint>);

/// A program in one of these is its base name.
const TRUSTED_FOLDERS: [&str; 3] = ["/bin/", "/usr/bin/", "/usr/local/bin/"];

/// Programs that take long flags only in full: their option parsers know no abbreviations. Every
/// other program may take them, which can only tighten a decision.
const WITHOUT_ABBREVIATIONS: [&str; 21] = [
    "bun",
    "cargo",
    "deno",
    "docker",
    "fd",
    "find",
    "gh",
    "go",
    "helm",
    "kubectl",
    "node",
    "podman",
    "rg",
    "ruff",
    "rustc",
    "rustup",
    "terraform",
    "uv",
    "xh",
    "yarn",
    "zig",
];

/// Subcommands of git that take long flags only in full, or have none that is worth forbidding
/// (`status`, `ls-files`).
const GIT_WITHOUT_ABBREVIATIONS: [&str; 8] =
    ["status", "log", "diff", "show", "rev-parse", "rev-list", "ls-files", "blame"];

/// Parses a command pattern.
pub(in crate::check) fn command(text: &str, fold: bool) -> Result<ParsedCommand, PatternError> {
    check_length(text)?;
    let mut reader = Reader { cursor: Cursor::new(text), fold, flags: Vec::new() };
    let mut items = reader.sequence(0)?;
    let flags = reader.flags;
    if items.is_empty() {
        return Err(Fault::Empty.at(0..text.len()));
    }
    if let [WordItem::Word(word)] = &items[..]
        && word.is_any()
    {
        return Err(Fault::OneStar.at(0..text.len()));
    }
    if flags.iter().any(|constraint| !constraint.forbids) {
        push_gap(&mut items);
    }
    limits(text, &items)?;
    name_the_program(&mut items);
    let flags = flags.into_iter().map(finish_constraint).collect();
    Ok((items, flags))
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    fold: bool,
    flags: Vec<FlagConstraint>,
}

impl Reader<'_> {
    /// Words up to the end or, inside a group, up to `|` or `)`.
    fn sequence(&mut self, depth: usize) -> Result<Vec<WordItem>, PatternError> {
        let mut items = Vec::new();
        loop {
            while self.cursor.eat(" ") || self.cursor.eat("\t") {}
            let start = self.cursor.at();
            match self.cursor.peek() {
                None => return Ok(items),
                Some('|' | ')') if 0 < depth => return Ok(items),
                Some('(') => items.push(self.group(depth + 1)?),
                Some('{') => {
                    if 0 < depth {
                        return Err(Fault::FlagsInGroup.at(start..start + 1));
                    }
                    self.braces(&mut items)?;
                }
                Some(_) if self.gap() => push_gap(&mut items),
                Some(_) => {
                    let word = self.word(depth)?;
                    items.push(WordItem::Word(word));
                }
            }
        }
    }

    /// `...`, where it stands as a word of its own.
    fn gap(&mut self) -> bool {
        let mut ahead = self.cursor.clone();
        let found = ahead.eat("...") && matches!(ahead.peek(), None | Some(' ' | '\t' | '|' | ')'));
        if found {
            self.cursor = ahead;
        }
        found
    }

    /// `(a|b c)`
    fn group(&mut self, depth: usize) -> Result<WordItem, PatternError> {
        let open = self.cursor.at();
        if MAX_PATTERN_NESTING < depth {
            return Err(Fault::TooDeep.at(open..open + 1));
        }
        self.cursor.bump();
        let mut alternatives = Vec::new();
        loop {
            let start = self.cursor.at();
            let alternative = self.sequence(depth)?;
            let here = self.cursor.at();
            let next = self.cursor.bump();
            if next.is_none() {
                return Err(Fault::Unclosed { open: "(", close: ")" }.at(open..open + 1));
            }
            if alternative.is_empty() {
                return Err(Fault::EmptyAlternative.at(start.min(here)..here + 1));
            }
            alternatives.push(alternative);
            if next == Some(')') {
                break;
            }
        }
        self.must_end_word(depth, open)?;
        Ok(WordItem::Alternatives(alternatives))
    }

    /// A group or braces that begin at a byte must not run on into a word.
    fn must_end_word(&self, depth: usize, open: usize) -> Result<(), PatternError> {
        match self.cursor.peek() {
            None | Some(' ' | '\t') => Ok(()),
            Some('|' | ')') if 0 < depth => Ok(()),
            Some(next) => Err(Fault::GluedGroup.at(open..self.cursor.at() + next.len_utf8())),
        }
    }

    /// `{--force|-f}` or `{no --output|--ext-diff}`
    fn braces(&mut self, items: &mut Vec<WordItem>) -> Result<(), PatternError> {
        let open = self.cursor.at();
        self.cursor.bump();
        let start = self.cursor.at();
        let Some(length) = self.cursor.rest().find('}') else {
            return Err(Fault::Unclosed { open: "{", close: "}" }.at(open..open + 1));
        };
        let inside = &self.cursor.rest()[..length];
        let (forbids, list, offset) = match inside.trim_start().strip_prefix("no ") {
            Some(list) => (true, list, inside.len() - list.len()),
            None => (false, inside, 0),
        };
        // What does not begin like a flag was meant for something else.
        if !list.trim_start().starts_with('-') {
            return Err(Fault::NotFlags.at(open..start + length + 1));
        }
        if items.is_empty() {
            return Err(Fault::FlagsWithoutProgram.at(open..start + length + 1));
        }
        let mut flags = Vec::new();
        let mut at = start + offset;
        for written in list.split('|') {
            let blanks = written.len() - written.trim_start().len();
            let written = written.trim_start();
            at += blanks;
            let flag = flag(written.trim_end()).ok_or_else(|| {
                Fault::BadFlag { written: written.trim_end().to_owned() }
                    .at(at..at + written.trim_end().len())
            })?;
            flags.push(flag);
            at += written.len() + 1;
        }
        self.cursor.eat(inside);
        self.cursor.eat("}");
        self.must_end_word(0, open)?;
        self.flags.push(FlagConstraint {
            forbids,
            flags,
            after: items.clone(),
            abbreviates: false,
        });
        if !forbids {
            push_gap(items);
        }
        Ok(())
    }

    /// One word, up to a blank or, inside a group, up to `|` or `)`.
    fn word(&mut self, depth: usize) -> Result<TokenPattern, PatternError> {
        let start = self.cursor.at();
        let mut pieces = Pieces::default();
        while let Some(next) = self.cursor.peek() {
            let here = self.cursor.at();
            match next {
                ' ' | '\t' => break,
                '|' | ')' if 0 < depth => break,
                '\'' => self.single_quotes(&mut pieces)?,
                '"' => self.double_quotes(&mut pieces)?,
                '\\' => {
                    self.cursor.bump();
                    let escaped = self.cursor.bump();
                    let escaped = escaped.ok_or_else(|| Fault::LoneBackslash.at(here..here + 1))?;
                    pieces.text(escaped);
                }
                '[' if self.is_alone() => {
                    self.cursor.bump();
                    pieces.text('[');
                }
                '[' => pieces.push(class_piece(&mut self.cursor)?),
                '(' => return Err(Fault::GluedGroup.at(start..here + 1)),
                ')' | '{' | '}' => {
                    return Err(Fault::BareBracket { written: next }.at(here..here + 1));
                }
                '|' | '&' | ';' | '\n' | '>' => return Err(self.operator(here)),
                '$' | '`' | '~' => self.expansion(start, &mut pieces)?,
                '<' if !self.cursor.rest().contains('>') => return Err(self.operator(here)),
                _ => match common_piece(&mut self.cursor)? {
                    Some(piece) => pieces.push(piece),
                    None => {
                        self.cursor.bump();
                        pieces.text(next);
                    }
                },
            }
        }
        Ok(TokenPattern { pieces: pieces.finish(), fold: self.fold })
    }

    /// Whether the next character is a whole word: `[` is a program.
    fn is_alone(&self) -> bool {
        let mut ahead = self.cursor.clone();
        ahead.bump();
        matches!(ahead.peek(), None | Some(' ' | '\t'))
    }

    fn single_quotes(&mut self, pieces: &mut Pieces) -> Result<(), PatternError> {
        let open = self.cursor.at();
        self.cursor.bump();
        loop {
            match self.cursor.bump() {
                Some('\'') => return Ok(()),
                Some(other) => pieces.text(other),
                None => {
                    return Err(Fault::Unclosed { open: "'", close: "'" }.at(open..open + 1));
                }
            }
        }
    }

    /// As a shell reads them: `\` before `"`, `\`, `$` and a backquote is dropped.
    fn double_quotes(&mut self, pieces: &mut Pieces) -> Result<(), PatternError> {
        let open = self.cursor.at();
        self.cursor.bump();
        let unclosed = || Fault::Unclosed { open: "\"", close: "\"" }.at(open..open + 1);
        loop {
            let here = self.cursor.at();
            match self.cursor.bump().ok_or_else(unclosed)? {
                '"' => return Ok(()),
                '\\' if self.cursor.rest().starts_with(['"', '\\', '$', '`']) => {
                    pieces.text(self.cursor.bump().ok_or_else(unclosed)?);
                }
                sign @ ('$' | '`') => {
                    return Err(Fault::Expansion { written: sign.to_string() }.at(here..here + 1));
                }
                other => pieces.text(other),
            }
        }
    }

    /// What a shell would do at an operator: join commands, or redirect.
    fn operator(&self, here: usize) -> PatternError {
        let rest = self.cursor.rest();
        let end = rest
            .find(|c: char| !matches!(c, '|' | '&' | ';' | '>' | '<' | '\n'))
            .unwrap_or(rest.len());
        let operator = rest[..end].replace('\n', "newline");
        let fault = if operator.contains(['<', '>']) {
            Fault::Redirection { operator }
        } else {
            Fault::Operator { operator }
        };
        fault.at(here..here + end)
    }

    /// `$X`, a backquote, a leading `~`: a shell replaces them, so as text they stand in quotes.
    /// A `$` that begins nothing, and a `~` further on, are text.
    fn expansion(&mut self, start: usize, pieces: &mut Pieces) -> Result<(), PatternError> {
        let here = self.cursor.at();
        let rest = self.cursor.rest();
        let word = &rest[..rest.find([' ', '\t', '|', ')']).unwrap_or(rest.len())];
        let mut characters = word.chars();
        let sign = characters.next().unwrap_or('$');
        let begins = match (sign, characters.next()) {
            ('`', _) => true,
            ('~', None | Some('/')) => here == start,
            ('$', Some(next)) => next.is_ascii_alphanumeric() || "_({['\"?$!#@*-".contains(next),
            _ => false,
        };
        if !begins {
            self.cursor.bump();
            pieces.text(sign);
            return Ok(());
        }
        let written = word.to_owned();
        let fault = match sign {
            '~' => Fault::TildeInCommand { written },
            _ => Fault::Expansion { written },
        };
        Err(fault.at(here..here + word.len()))
    }
}

/// Adds "any words", where they do not stand already.
fn push_gap(items: &mut Vec<WordItem>) {
    if items.last() != Some(&WordItem::AnyWords) {
        items.push(WordItem::AnyWords);
    }
}

/// A flag between `|`.
fn flag(written: &str) -> Option<Flag> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    if let Some(long) = written.strip_prefix("--") {
        return is_name(long).then(|| Flag::Long(long.to_owned()));
    }
    let name = written.strip_prefix('-')?;
    let mut characters = name.chars();
    match (characters.next()?, characters.next()) {
        ('*', None) => Some(Flag::Any),
        (letter, None) if letter.is_alphanumeric() || "?@#%+".contains(letter) => {
            Some(Flag::Short(letter))
        }
        _ => is_name(name).then(|| Flag::Whole(name.to_owned())),
    }
}

/// Prepares the region in front of the flags.
fn finish_constraint(mut constraint: FlagConstraint) -> FlagConstraint {
    if constraint.after.last() == Some(&WordItem::AnyWords) {
        constraint.after.pop();
    }
    name_the_program(&mut constraint.after);
    constraint.abbreviates = may_abbreviate(&constraint.after);
    constraint
}

/// Writes programs of trusted folders, in the place of the program, by their base names.
fn name_the_program(items: &mut [WordItem]) {
    match items.first_mut() {
        Some(WordItem::Word(word)) => {
            if let Some(Piece::Literal(text)) = word.pieces.first_mut() {
                let base = TRUSTED_FOLDERS.iter().find_map(|folder| text.strip_prefix(folder));
                if let Some(base) = base.filter(|base| !base.is_empty() && !base.contains('/')) {
                    *text = base.to_owned();
                }
            }
        }
        Some(WordItem::Alternatives(alternatives)) => {
            alternatives.iter_mut().for_each(|alternative| name_the_program(alternative));
        }
        Some(WordItem::AnyWords) | None => {}
    }
}

/// Whether some command that begins with the items may take abbreviated long flags.
fn may_abbreviate(items: &[WordItem]) -> bool {
    let Some(programs) = items.first().and_then(literal_heads) else { return true };
    let subcommands = items.get(1).and_then(literal_heads);
    let is_git_in_full = subcommands.is_some_and(|subcommands| {
        subcommands.iter().all(|name| GIT_WITHOUT_ABBREVIATIONS.contains(name))
    });
    !programs.iter().all(|program| match *program {
        "git" => is_git_in_full,
        other => WITHOUT_ABBREVIATIONS.contains(&other),
    })
}

/// The words that an item may begin with, where all of them are plain text. The first word of an
/// alternative `git push` says nothing of its second, so longer alternatives give none.
fn literal_heads(item: &WordItem) -> Option<Vec<&str>> {
    match item {
        WordItem::Word(word) => word.as_literal().map(|text| vec![text]),
        WordItem::Alternatives(alternatives) => {
            let heads = alternatives.iter().map(|alternative| match &alternative[..] {
                [only] => literal_heads(only),
                _ => None,
            });
            Some(heads.collect::<Option<Vec<_>>>()?.concat())
        }
        WordItem::AnyWords => None,
    }
}

fn limits(text: &str, items: &[WordItem]) -> Result<(), PatternError> {
    let whole = 0..text.len();
    if MAX_STEPS < steps(items) {
        return Err(Fault::TooManySteps.at(whole));
    }
    if MAX_GAPS < gaps(items) {
        return Err(Fault::TooManyGaps { gap: "..." }.at(whole));
    }
    if MAX_ALTERNATIVES < expansions(items) {
        return Err(Fault::TooManyAlternatives.at(whole));
    }
    Ok(())
}

fn steps(items: &[WordItem]) -> usize {
    items
        .iter()
        .map(|item| match item {
            WordItem::Alternatives(parts) => parts.iter().map(|part| steps(part)).sum(),
            _ => 1,
        })
        .sum()
}

fn gaps(items: &[WordItem]) -> usize {
    items
        .iter()
        .map(|item| match item {
            WordItem::AnyWords => 1,
            WordItem::Word(_) => 0,
            WordItem::Alternatives(parts) => parts.iter().map(|part| gaps(part)).sum(),
        })
        .sum()
}

/// How many patterns without groups stand for the items.
fn expansions(items: &[WordItem]) -> usize {
    items.iter().fold(1, |product: usize, item| match item {
        WordItem::Alternatives(parts) => {
            let sum = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(expansions(part)));
            product.saturating_mul(sum)
        }
        _ => product,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_items(items: &[WordItem]) -> String {
        let one = |item: &WordItem| match item {
            WordItem::AnyWords => "...".to_owned(),
            WordItem::Word(word) => match word.as_literal() {
                Some(text) => format!("`{text}`"),
                None => format!("{:?}", word.pieces),
            },
            WordItem::Alternatives(parts) => format!(
                "({})",
                parts.iter().map(|part| shown_items(part)).collect::<Vec<_>>().join(" | ")
            ),
        };
        items.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn shown(text: &str) -> String {
        let (items, flags) = match command(text, false) {
            Ok(parsed) => parsed,
            Err(error) => return format!("{} at {:?}", error.fault, error.range),
        };
        let mut shown = shown_items(&items);
        for constraint in flags {
            shown.push_str(&format!(
                " + {}{:?} after {}{}",
                if constraint.forbids { "no " } else { "" },
                constraint.flags,
                shown_items(&constraint.after),
                if constraint.abbreviates { ", abbreviated too" } else { "" },
            ));
        }
        shown
    }

    #[test]
    fn commands_are_read_by_words() {
        for (text, expected) in [
            ("git  status", "`git` `status`"),
            ("git push ...", "`git` `push` ..."),
            ("ls ... ...", "`ls` ..."),
            ("git diff main...topic", "`git` `diff` `main...topic`"),
            ("git (status|stash list) ...", "`git` (`status` | `stash` `list`) ..."),
            ("a ((b|c) d|...)", "`a` ((`b` | `c`) `d` | ...)"),
            (r#"echo 'a b' "c\"d" e\ f '' "#, "`echo` `a b` `c\"d` `e f` ``"),
            ("[ -f x ]", "`[` `-f` `x` `]`"),
            (
                "git log -[0-9]",
                "`git` `log` [Literal(\"-\"), Class { negated: false, ranges: [('0', '9')] }]",
            ),
            ("sed -n <[0-9]+(,[0-9]+)?p> ...", "`sed` `-n` [Regex(\"[0-9]+(,[0-9]+)?p\")] ..."),
            ("mkfs.*", "[Literal(\"mkfs.\"), Star]"),
            ("git show HEAD~1", "`git` `show` `HEAD~1`"),
            ("grep x$", "`grep` `x$`"),
            ("/usr/bin/git x", "`git` `x`"),
            ("(/bin/rm|/opt/rm) x", "(`rm` | `/opt/rm`) `x`"),
            ("/usr/bin/x/y", "`/usr/bin/x/y`"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn braces_are_constraints() {
        for (text, expected) in [
            (
                "git push {--force|-f}",
                "`git` `push` ... + [Long(\"force\"), Short('f')] after `git` `push`, abbreviated too",
            ),
            (
                "rm {-r|-R|--recursive} {-f|--force}",
                "`rm` ... + [Short('r'), Short('R'), Long(\"recursive\")] after `rm`, abbreviated too \
                 + [Short('f'), Long(\"force\")] after `rm`, abbreviated too",
            ),
            (
                "git (status|diff) {no --output} ...",
                "`git` (`status` | `diff`) ... + no [Long(\"output\")] after `git` (`status` | `diff`)",
            ),
            (
                "find ... {no -exec | -delete}",
                "`find` ... + no [Whole(\"exec\"), Whole(\"delete\")] after `find`",
            ),
            ("npm test {no -*}", "`npm` `test` + no [Any] after `npm` `test`, abbreviated too"),
            ("tar {-x} y", "`tar` ... `y` ... + [Short('x')] after `tar`, abbreviated too"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_says_why_and_where() {
        for (text, expected) in [
            ("   ", "the pattern is empty at 0..3"),
            ("*", "`*` alone is a command of one word at 0..1"),
            ("a && b", "`&&` joins commands, and a pattern is one command at 2..4"),
            ("a | b", "`|` joins commands, and a pattern is one command at 2..3"),
            ("a; b", "`;` joins commands, and a pattern is one command at 1..2"),
            ("a > b", "`>` redirects, and a pattern is one command at 2..3"),
            ("a 2>&1", "`>&` redirects, and a pattern is one command at 3..5"),
            ("a < b", "`<` redirects, and a pattern is one command at 2..3"),
            ("cat $HOME/x", "`$HOME/x` is known only when the command runs at 4..11"),
            ("cat \"$x\"", "`$` is known only when the command runs at 5..6"),
            ("cat ~/.ssh", "`~/.ssh` in a command is the text, not the home directory at 4..10"),
            ("a(b|c)", "`(…)` stands for whole words at 0..2"),
            ("(b|c)d", "`(…)` stands for whole words at 0..6"),
            ("(a||b)", "an alternative is empty at 3..4"),
            ("(a|b", "`(` is not closed at 0..1"),
            ("a )", "`)` in a command is text only in quotes at 2..3"),
            ("find x{}", "`{` in a command is text only in quotes at 6..7"),
            ("find {}", "`{…}` holds flags at 5..7"),
            ("cp {a,b} c", "`{…}` holds flags at 3..8"),
            ("x {-f|g}", "`g` is not a flag at 6..7"),
            ("x {--force=1}", "`--force=1` is not a flag at 3..12"),
            ("x {-f", "`{` is not closed at 2..3"),
            ("{-f} x", "`{…}` follows a program at 0..4"),
            ("x (a {-f}|b)", "flags cannot stand in `(…)` at 5..6"),
            ("echo 'a", "`'` is not closed at 5..6"),
            ("echo a\\", "`\\` stands before nothing at 6..7"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn limits_are_errors() {
        let deep = format!("a {}b{}", "(".repeat(9), ")".repeat(9));
        for (text, expected) in [
            (deep, "the pattern nests deeper than 8"),
            (format!("a {}", "(b|c) ".repeat(9)), "the pattern stands for more than 256"),
            (format!("a {}", "b ".repeat(256)), "the pattern has more than 256 steps"),
            (format!("a {}", "... b ".repeat(33)), "the pattern has more than 32 `...`"),
        ] {
            assert!(shown(&text).starts_with(expected), "{}", shown(&text));
        }
    }
}
