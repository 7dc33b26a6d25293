//! From the words of one command to parts: what it wraps, what it evaluates, where it leads.
//!
//! ```text
//!   timeout 5 bash -lc 'git status && make'
//!   └ transparent ┘ └ script: scanned ┘      parts: git status    make
//! ```
//!
//! Each wrapper is taken off and remembered as [`Outer`]: as it is written, the command stays a
//! form of every part, so that a denial of the wrapper holds too.

use super::Outer;
use super::buffer::Buf;
use super::forms;
use super::options::{self, Found};
use super::scan::{Dialect, Hole, MAX_DEPTH, Setting, scan};
use super::tables::{self, Alone, How, Inner, Wrapper};
use crate::facts::{Part, PathValue, Word, WordKind};
use crate::text::{has, has_char, is_blank};
use crate::vocab::{Floor, Floors};

/// A command to make parts of.
#[derive(Clone, Copy)]
pub(super) struct Call<'w> {
    pub(super) set: Setting<'w>,
    pub(super) words: &'w [Word<'w>],
    /// The folders that it may run in.
    pub(super) dirs: &'w [PathValue<'w>],
}

/// What a command leaves behind in the shell that runs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    /// How many commands were handed out.
    pub(super) parts: u32,
    pub(super) sets_variables: bool,
    pub(super) folder: Folder,
}

/// What a command does to the folder of the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    Stays,
    /// It leads to the word of this index, or home.
    Follows(Option<usize>),
    IsLost,
}

impl Effect {
    fn none(parts: u32) -> Effect {
        Effect { parts, sets_variables: false, folder: Folder::Stays }
    }
}

type Out<'o> = &'o mut dyn FnMut(&Part<'_>);

/// A nested script costs this many levels of [`MAX_DEPTH`].
const SCRIPT_DEPTH: u32 = 4;

/// How many words are tried as the command of a wrapper whose options are not understood. Inside
/// of such a one it is an eighth of that, so that nesting does not multiply.
pub(super) const MAX_GUESSES: usize = 16;

/// Hands out the parts of a command.
pub(super) fn command(call: &Call<'_>, out: Out<'_>) -> Effect {
    let Some(first) = call.words.first() else { return Effect::none(0) };
    let Some(written) = first.value() else {
        return leaf(call, Floors::of(Floor::DynamicCommand), out);
    };
    if is_blank(written) {
        return leaf(call, Floors::of(Floor::Syntax), out);
    }
    if MAX_DEPTH <= call.set.depth {
        return leaf(call, Floors::of(Floor::TooLarge), out);
    }
    let mut room = String::new();
    let program = forms::program(written, call.set.ctx.platform, &mut room);
    if tables::is_ordinary(program.name) {
        return leaf(call, Floors::NONE, out);
    }
    // What it runs is written in it.
    let written = call.set.written.or(Some(call.words));
    let call = &Call { set: Setting { written, ..call.set }, ..*call };
    if tables::SHELLS.contains(&program.name) {
        return shell(call, &program, out);
    }
    if tables::OTHER_SHELLS.contains(&program.name) {
        return leaf(call, Floors::of(Floor::DynamicCommand), out);
    }
    if program.name == "find" {
        return find(call, out);
    }
    match tables::WRAPPERS.iter().find(|row| row.name == program.name) {
        Some(row) => wrapped(call, row, &program, out),
        None => builtin(call, program.name, out),
    }
}

/// One part for each folder that the command may run in.
fn leaf(call: &Call<'_>, floors: Floors, out: Out<'_>) -> Effect {
    forms::emit(call, floors, out);
    Effect::none(call.dirs.len() as u32)
}

// ---- Builtins -----------------------------------------------------------------------------

/// A command that wraps nothing; of some builtins more is known.
fn builtin(call: &Call<'_>, name: &str, out: Out<'_>) -> Effect {
    let mut floors = Floors::NONE;
    let runs_text = tables::RUN_TEXT.contains(&name) || evaluates(name, call.words);
    if runs_text {
        floors = floors.with(Floor::DynamicCommand);
    }
    let declares = tables::DECLARE.contains(&name);
    if declares {
        floors = floors.with(Floor::Assignments);
    }
    let mut effect = leaf(call, floors, out);
    if tables::RUN_OPERANDS.contains(&name) {
        let operands = call.words.get(1..).unwrap_or_default();
        let text = if name == "trap" { operands.get(..1).unwrap_or_default() } else { operands };
        if let Some(text) = joined(text, Word::value) {
            effect.parts += script(call, &text, call.set, Dialect::Bash, out);
        }
    }
    effect.sets_variables = runs_text || declares || tables::SET_VARIABLES.contains(&name);
    effect.folder = if tables::LOSE_FOLDER.contains(&name) {
        Folder::IsLost
    } else if name == "cd" {
        forms::cd_target(call.words)
    } else {
        Folder::Stays
    };
    effect
}

/// Whether a builtin would run a substitution in a subscript, or a callback.
fn evaluates(name: &str, words: &[Word<'_>]) -> bool {
    let texts = || words.iter().skip(1).filter_map(Word::value);
    let has_code = |text: &str| text.contains('[') && (has(text, "$(") || text.contains('`'));
    (tables::EVALUATE_SUBSCRIPTS.contains(&name) && texts().any(has_code))
        || (tables::CALL_BACK.contains(&name) && texts().any(|text| text.starts_with("-C")))
}

/// Words joined with blanks, where each of them has a text.
fn joined<'w>(
    words: &[Word<'w>],
    text_of: impl Fn(&Word<'w>) -> Option<&'w str>,
) -> Option<String> {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(text_of(word)?);
    }
    (!text.trim().is_empty()).then_some(text)
}

/// The text of a word, also where there is a [`Hole`] in it.
fn written<'w>(word: &Word<'w>) -> Option<&'w str> {
    let has_hole = !word.under_home && !word.text.is_empty();
    word.value().or_else(|| has_hole.then_some(word.text))
}

#[inline(never)]
fn script(call: &Call<'_>, text: &str, set: Setting<'_>, dialect: Dialect, out: Out<'_>) -> u32 {
    scan(text, Setting { depth: set.depth + SCRIPT_DEPTH, dialect, ..set }, call.dirs, out)
}

// ---- Shells -------------------------------------------------------------------------------

/// `bash -c SCRIPT`.
fn shell(call: &Call<'_>, program: &forms::Program<'_>, out: Out<'_>) -> Effect {
    let (is_understood, at) = shell_script(call.words);
    let word = at.and_then(|at| call.words.get(at));
    let is_static = word.is_some_and(|word| word.value().is_some());
    let mut floors = Floors::NONE;
    if !is_static || !is_understood {
        floors = floors.with(Floor::DynamicCommand);
    }
    let Some(text) = word.and_then(written) else { return leaf(call, floors, out) };
    let dialect = match program.name {
        "sh" | "dash" => Dialect::Posix,
        "zsh" => Dialect::Zsh,
        _ => Dialect::Bash,
    };
    let is_certain = call.set.is_certain && program.is_certain;
    let outer = Outer::new(call.words, call.set.is_certain && !is_certain, call.set.outer);
    let set = Setting {
        floors: call.set.floors.union(floors),
        outer: Some(&outer),
        is_certain,
        ..call.set
    };
    match script(call, text, set, dialect, out) {
        // Nothing in it runs; the shell itself does.
        0 => leaf(call, floors, out),
        parts => Effect::none(parts),
    }
}

/// Whether the options of a shell are understood, and where its script stands.
fn shell_script(words: &[Word<'_>]) -> (bool, Option<usize>) {
    let mut is_understood = true;
    let mut takes_script = false;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        // A word that may be an option might move the script; still it is the likeliest one.
        let Some(text) = word.value() else { return (false, takes_script.then_some(at)) };
        at += 1;
        match text {
            "--" | "-" => break,
            "-o" | "+o" | "-O" | "+O" => {
                let option = words.get(at).and_then(Word::value);
                is_understood &= text == "-o"
                    && option.is_some_and(|name| tables::SHELL_OPTIONS.contains(&name));
                at += 1;
            }
            "--rcfile" | "--init-file" => {
                is_understood = false;
                at += 1;
            }
            _ if text.starts_with("--") => {
                is_understood &= tables::SHELL_LONG_FLAGS.contains(&text);
            }
            _ if text.len() > 1 && text.starts_with(['-', '+']) => {
                let letters = text.get(1..).unwrap_or_default();
                takes_script |= text.starts_with('-') && letters.contains('c');
                is_understood &= text.starts_with('-')
                    && letters.chars().all(|letter| {
                        letter == 'c' || letter == 'o' || has_char(tables::SHELL_FLAGS, letter)
                    });
                if letters.contains('o') || letters.contains('O') {
                    let option = words.get(at).and_then(Word::value);
                    is_understood &= !letters.contains('O')
                        && option.is_some_and(|name| tables::SHELL_OPTIONS.contains(&name));
                    at += 1;
                }
            }
            _ => {
                at -= 1;
                break;
            }
        }
    }
    (is_understood, takes_script.then_some(at))
}

// ---- Wrappers -----------------------------------------------------------------------------

/// A program that runs another one.
fn wrapped(call: &Call<'_>, row: &Wrapper, program: &forms::Program<'_>, out: Out<'_>) -> Effect {
    let found = options::read(row, call.words);
    let mut floors = found.floors;
    if row.how == How::Raising {
        floors = floors.with(Floor::Wrappers);
    }
    if row.how == How::Opaque {
        floors = Floors::NONE;
    } else if !found.is_understood && !found.is_query {
        floors = floors.with(Floor::DynamicCommand);
    }
    let first = call.words.get(found.at);
    let has_command = found.script.is_some()
        || first.is_some_and(|word| row.inner != Inner::Parallel || !is_source(word));
    if !has_command && !found.is_query && row.alone == Alone::RunsUnseen {
        floors = floors.with(Floor::DynamicCommand);
    }
    if found.is_query || (!has_command && first.is_none()) {
        // Also `command -v x`, `env`, `exec > log`.
        return leaf(call, floors, out);
    }
    let is_certain =
        call.set.is_certain && program.is_certain && found.is_understood && row.how != How::Opaque;
    let outer = Outer::new(call.words, call.set.is_certain && !is_certain, call.set.outer);
    let mut vars = call.set.vars;
    vars.set |= row.assignments;
    let set = Setting {
        floors: call.set.floors.union(floors),
        outer: Some(&outer),
        is_certain,
        depth: call.set.depth + 1,
        vars,
        guesses: if found.is_placed { call.set.guesses } else { call.set.guesses / 8 },
        ..call.set
    };
    let mut effect = inner(call, row, &found, set, out);
    if !found.is_placed {
        effect.parts += guessed(call, row, &found, set, out);
    }
    // What the wrapper itself is stays a part where nothing else is.
    if effect.parts == 0 { leaf(call, floors, out) } else { effect }
}

/// The commands that may stand in a wrapper besides the likeliest one, so that a denial of them
/// holds.
fn guessed(
    call: &Call<'_>,
    row: &Wrapper,
    found: &Found<'_>,
    set: Setting<'_>,
    out: Out<'_>,
) -> u32 {
    let may_begin = |word: &Word<'_>| {
        word.value().is_some_and(|text| !text.is_empty() && !text.starts_with('-'))
    };
    let words = call.words.iter().enumerate().skip(1);
    let starts = words.filter(|&(at, word)| at != found.at && may_begin(word));
    let mut parts = 0;
    for (at, _) in starts.take(call.set.guesses) {
        let found = Found { at, script: None, ..*found };
        parts += inner(call, row, &found, set, out).parts;
    }
    parts
}

/// The command in a wrapper.
fn inner(
    call: &Call<'_>,
    row: &Wrapper,
    found: &Found<'_>,
    set: Setting<'_>,
    out: Out<'_>,
) -> Effect {
    let words = call.words.get(found.at..).unwrap_or_default();
    let direct = Call { set, words, dirs: call.dirs };
    if let Some(word) = found.script {
        return script_of(&direct, &[word], out);
    }
    match row.inner {
        Inner::Words => Effect { folder: Folder::Stays, ..command(&direct, out) },
        Inner::SameShell => {
            let effect = command(&direct, out);
            let folder = match effect.folder {
                Folder::Follows(Some(index)) => Folder::Follows(Some(index + found.at)),
                other => other,
            };
            Effect { folder, ..effect }
        }
        Inner::Joined if found.is_direct => Effect::none(command(&direct, out).parts),
        Inner::Joined => script_of(&direct, words, out),
        Inner::Extended => {
            let options = call.words.get(..found.at).unwrap_or_default();
            extended(&direct, replaced(options), out)
        }
        Inner::Parallel => parallel(&direct, out),
    }
}

/// Words that are joined and given to a shell.
fn script_of(call: &Call<'_>, words: &[Word<'_>], out: Out<'_>) -> Effect {
    if let Some(text) = joined(words, Word::value) {
        return Effect::none(script(call, &text, call.set, Dialect::Bash, out));
    }
    let set = Setting { floors: call.set.floors.with(Floor::DynamicCommand), ..call.set };
    match joined(words, written) {
        Some(text) => Effect::none(script(call, &text, set, Dialect::Bash, out)),
        None => Effect::none(command(&Call { set, words, ..*call }, out).parts),
    }
}

/// Words that nobody knows.
const UNKNOWN: Word<'static> = Word {
    text: "",
    kind: WordKind::AtRunTime { may_be_flag: true, many: true },
    under_home: false,
};

/// The text that `xargs -I TEXT` replaces.
fn replaced<'w>(options: &[Word<'w>]) -> Option<&'w str> {
    for (index, word) in options.iter().enumerate().skip(1) {
        let text = word.value().unwrap_or_default();
        if let Some(long) = text.strip_prefix("--replace") {
            return Some(long.strip_prefix('=').unwrap_or("{}"));
        }
        if let Some(letters) = text.strip_prefix('-')
            && !letters.starts_with('-')
            && let Some(at) = letters.find(['I', 'J', 'i'])
        {
            let rest = letters.get(at + 1..).unwrap_or_default();
            let is_attached = letters.get(at..).is_some_and(|letter| letter.starts_with('i'));
            return Some(match (rest, is_attached) {
                ("", true) => "{}",
                ("", false) => options.get(index + 1).and_then(Word::value).unwrap_or("{}"),
                (rest, _) => rest,
            });
        }
    }
    None
}

/// A command that is run with words which nobody knows: in place of a text, and at its end (also
/// where a text is replaced, since `-di` looks like `-i`).
#[inline(never)]
fn extended(call: &Call<'_>, replaced: Option<&str>, out: Out<'_>) -> Effect {
    let hole = replaced.map(|text| Hole { text, may_be_flag: true, many: false });
    let set = Setting { hole: hole.or(call.set.hole), ..call.set };
    // `xargs xargs rm`: more words that nobody knows say nothing new.
    let is_same = |word: &Word<'_>| set.filled(*word) == *word;
    if call.words.last() == Some(&UNKNOWN) && call.words.iter().all(is_same) {
        return Effect::none(command(&Call { set, ..*call }, out).parts);
    }
    let mut words = Buf::<Word<'_>, 16>::new(Word::known(""));
    for word in call.words {
        words.push(set.filled(*word));
    }
    words.push(UNKNOWN);
    Effect::none(command(&Call { set, words: words.as_slice(), ..*call }, out).parts)
}

/// `parallel COMMAND ::: ARGUMENTS`; without a command the arguments are commands.
fn parallel(call: &Call<'_>, out: Out<'_>) -> Effect {
    let end = call.words.iter().position(is_source).unwrap_or(call.words.len());
    let (template, sources) = call.words.split_at_checked(end).unwrap_or((call.words, &[]));
    if template.is_empty() {
        let mut parts = 0;
        for text in sources.iter().filter(|word| !is_source(word)).filter_map(Word::value) {
            parts += script(call, text, call.set, Dialect::Bash, out);
        }
        return Effect::none(parts);
    }
    // `{}`, `{.}`, `{2}`, `{= code =}` and more: all of them begin with a brace.
    let hole = Hole { text: "{", may_be_flag: true, many: true };
    let mut set = Setting { hole: Some(hole), ..call.set };
    if !template.iter().all(is_plain_template) {
        set.floors = set.floors.with(Floor::DynamicCommand);
    }
    match joined(template, written) {
        // The arguments stand at the end where the template names no place for them.
        Some(text) => Effect::none(script(call, &format!("{text} {{}}"), set, Dialect::Bash, out)),
        None => Effect::none(command(&Call { set, words: template, ..*call }, out).parts),
    }
}

/// Whether a word is where the arguments of `parallel` come from: `:::`, `::::`, `:::+`.
fn is_source(word: &Word<'_>) -> bool {
    word.value().is_some_and(|text| text.starts_with(":::"))
}

/// Whether what replaces a hole in a word cannot leave the word. `parallel` quotes it as if it
/// stood outside quotes, so that a newline in it gets out of any.
fn is_plain_template(word: &Word<'_>) -> bool {
    let is_special = |c: char| has_char("'\"\\$`<>()[]#=\n", c);
    word.value().is_some_and(|text| !text.contains('{') || !text.contains(is_special))
}

/// `find … -exec COMMAND ;`: the command is a part, and so is `find`.
fn find(call: &Call<'_>, out: Out<'_>) -> Effect {
    let mut effect = leaf(call, Floors::NONE, out);
    let set = Setting {
        floors: call.set.floors.with(Floor::Wrappers),
        depth: call.set.depth + 1,
        ..call.set
    };
    let mut rest = call.words;
    // Names that `find` prints begin with the folder that it was given.
    let starts_known = call.words.get(1).is_none_or(|word| word.value().is_some());
    while let Some(at) = rest.iter().position(is_exec) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let (end, many) = exec_end(rest);
        let words = rest.get(..end).unwrap_or_default();
        let inner = Call { set, words, dirs: call.dirs };
        effect.parts += found_file(&inner, !starts_known, many, out);
        rest = rest.get(end..).unwrap_or_default();
    }
    effect
}

/// Where the command behind an `-exec` ends, and whether it takes many files: `;` or `{} +`.
fn exec_end(words: &[Word<'_>]) -> (usize, bool) {
    for (index, word) in words.iter().enumerate() {
        match word.value() {
            Some(";") => return (index, false),
            Some("{}") if words.get(index + 1).and_then(Word::value) == Some("+") => {
                return (index + 1, true);
            }
            _ => {}
        }
    }
    (words.len(), false)
}

fn is_exec(word: &Word<'_>) -> bool {
    matches!(word.value(), Some("-exec" | "-execdir" | "-ok" | "-okdir"))
}

/// The command of `find -exec`, with `{}` in it.
#[inline(never)]
fn found_file(call: &Call<'_>, may_be_flag: bool, many: bool, out: Out<'_>) -> u32 {
    let set = Setting { hole: Some(Hole { text: "{}", may_be_flag, many }), ..call.set };
    let mut words = Buf::<Word<'_>, 16>::new(Word::known(""));
    for word in call.words {
        words.push(set.filled(*word));
    }
    command(&Call { set, words: words.as_slice(), ..*call }, out).parts
}
