//! The readings of a command that are judged (rules S9, S12, S13, S15).
//!
//! ```text
//!   /usr/bin/git --no-pager log    git log  certain     git --no-pager log  certain
//!                                  /usr/bin/git --no-pager log  certain
//!   ./git -C x push                ./git -C x push  certain    git -C x push    git push
//! ```
//!
//! A certain form is what is meant; every rule may match it. Another form can only tighten.

use super::buffer::Buf;
use super::dirs;
use super::run::{Call, Folder};
use super::tables::{GLOBALS, Globals, TRUSTED_FOLDERS};
use crate::canon::{Context, path};
use crate::facts::{Command, CommandForm, Object, Part, PathValue, Word};
use crate::vocab::{Action, Floor, Floors, Platform};

/// Whether the first word behind a program's options says what the program does.
pub(crate) fn has_subcommands(program: &str) -> bool {
    GLOBALS.iter().any(|row| row.program == program)
}

/// What a program is called, whatever its spelling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'p> {
    pub(super) name: &'p str,
    /// Whether it is certainly the program of that name: a bare name, or one in a trusted folder.
    pub(super) is_certain: bool,
}

/// The program that a word names. `room` holds a name that had to be put together.
pub(super) fn program<'p>(word: &'p str, platform: Platform, room: &'p mut String) -> Program<'p> {
    let separators: &[char] = if platform == Platform::Windows { &['/', '\\'] } else { &['/'] };
    let base = if word.bytes().any(|byte| matches!(byte, b'/' | b'\\')) {
        word.rsplit(separators).next().unwrap_or(word)
    } else {
        word
    };
    let is_certain = base.len() == word.len() || is_trusted(word);
    if !platform.ignores_case() {
        return Program { name: base, is_certain };
    }
    let folded = fold_name(base, platform);
    if folded == base {
        return Program { name: base, is_certain };
    }
    *room = folded;
    Program { name: room, is_certain: false }
}

/// A program's name as a file system that ignores case knows it.
fn fold_name(name: &str, platform: Platform) -> String {
    let mut folded = name.to_lowercase();
    if platform == Platform::Windows && folded.ends_with(".exe") {
        folded.truncate(folded.len() - ".exe".len());
    }
    folded
}

/// Whether a program lies in a folder whose programs are their base names.
///
/// `..` counts only below `/usr` and `/bin`: elsewhere a symbolic link may lead away.
fn is_trusted(word: &str) -> bool {
    if !word.starts_with('/') || word.ends_with('/') {
        return false;
    }
    let mut components: Vec<&str> = Vec::new();
    for component in word.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                if !components.first().is_some_and(|first| matches!(*first, "usr" | "bin")) {
                    return false;
                }
                components.pop();
            }
            name => components.push(name),
        }
    }
    components.pop();
    TRUSTED_FOLDERS.iter().any(|folder| folder.split('/').skip(1).eq(components.iter().copied()))
}

/// One form before all of them are laid out: a piece of the words given, or of the words made.
#[derive(Clone, Copy)]
enum Source<'w> {
    Given(&'w [Word<'w>]),
    Made(usize, usize),
}

/// The forms of one command.
struct Forms<'w> {
    made: Buf<Word<'w>, 32>,
    list: Buf<(Source<'w>, bool), 8>,
}

impl<'w> Forms<'w> {
    fn given(&mut self, words: &'w [Word<'w>], is_certain: bool) {
        self.list.push((Source::Given(words), is_certain));
    }

    /// A program's name, and the words from an index on.
    fn made(&mut self, name: &'w str, rest: &[Word<'w>], is_certain: bool) {
        let start = self.made.len();
        self.made.push(Word::known(name));
        self.made.extend(rest);
        self.list.push((Source::Made(start, self.made.len()), is_certain));
    }

    /// All readings of some words. `folded` is the program's name where case is ignored.
    fn readings(&mut self, words: &'w [Word<'w>], folded: Option<&'w str>, is_certain: bool) {
        let Some((first, rest)) = words.split_first() else { return };
        let Some(written) = first.value() else { return self.given(words, is_certain) };
        let name = written.rsplit('/').next().unwrap_or(written);
        let is_bare = name.len() == written.len();
        let is_named = is_bare || is_trusted(written);
        let globals = GLOBALS.iter().find(|row| row.program == folded.unwrap_or(name));
        let (harmless, all) =
            globals.map_or((0, 0), |row| (skip_harmless(row, rest), skip(row, rest)));
        if is_named && harmless > 0 {
            self.made(name, rest.get(harmless..).unwrap_or_default(), is_certain);
        }
        if !is_bare && is_named {
            self.made(name, rest, is_certain);
        }
        self.given(words, is_certain);
        if !is_named {
            self.made(name, rest, false);
        }
        if all > 0 && !(is_named && harmless == all) {
            self.made(name, rest.get(all..).unwrap_or_default(), false);
        }
        if let Some(folded) = folded {
            self.made(folded, rest, false);
            if all > 0 {
                self.made(folded, rest.get(all..).unwrap_or_default(), false);
            }
        }
    }
}

/// How many words are options that certainly change nothing.
fn skip_harmless(row: &Globals, words: &[Word<'_>]) -> usize {
    let is_harmless =
        |word: &Word<'_>| word.value().is_some_and(|text| row.harmless.contains(&text));
    words.iter().position(|word| !is_harmless(word)).unwrap_or(words.len())
}

/// How many words are options before the subcommand.
fn skip(row: &Globals, words: &[Word<'_>]) -> usize {
    let mut at = 0;
    while let Some(text) = words.get(at).and_then(Word::value) {
        let (name, has_value) = match text.split_once('=') {
            Some((name, _)) if name.starts_with('-') => (name, true),
            _ => (text, false),
        };
        if row.flags.contains(&name) || (has_value && row.values.contains(&name)) {
            at += 1;
        } else if row.values.contains(&name) {
            at += 2;
        } else if is_attached(row, text) || (at == 0 && is_toolchain(row, text)) {
            at += 1;
        } else {
            break;
        }
    }
    at.min(words.len())
}

/// `-Cx`: an option of one letter with its value attached. Git takes none such.
fn is_attached(row: &Globals, text: &str) -> bool {
    let is_short = text.len() > 2 && text.starts_with('-') && !text.starts_with("--");
    row.program != "git"
        && is_short
        && text.get(..2).is_some_and(|letter| row.values.contains(&letter))
}

/// `cargo +nightly`.
fn is_toolchain(row: &Globals, text: &str) -> bool {
    row.program == "cargo" && text.starts_with('+')
}

/// Hands out a command, once for each folder that it may run in.
pub(super) fn emit(call: &Call<'_>, floors: Floors, out: &mut dyn FnMut(&Part<'_>)) {
    if call.set.is_dry {
        return;
    }
    let mut floors = call.set.floors.union(floors);
    if call.set.outer.is_some_and(|outer| 2 * KEPT_OUTERS <= outer.level) {
        floors = floors.with(Floor::TooLarge);
    }
    if is_plain(call) {
        let form = [CommandForm { words: call.words, certain: call.set.is_certain }];
        return emit_forms(call, &form, floors, out);
    }
    emit_readings(call, floors, out);
}

/// Whether the words as they are written are the only form.
fn is_plain(call: &Call<'_>) -> bool {
    let name = match call.words.first().and_then(Word::value) {
        Some(name) => name,
        None => return call.set.outer.is_none(),
    };
    let has_options =
        call.words.get(1).and_then(Word::value).is_some_and(|text| text.starts_with(['-', '+']))
            && GLOBALS.iter().any(|row| row.program == name);
    let is_bare = !name.as_bytes().contains(&b'/') && !call.set.ctx.platform.ignores_case();
    call.set.outer.is_none() && is_bare && !has_options
}

#[inline(never)]
fn emit_readings(call: &Call<'_>, floors: Floors, out: &mut dyn FnMut(&Part<'_>)) {
    let spellings = spellings(call);
    let folded = folded_names(call, spellings.as_slice());
    let mut forms =
        Forms { made: Buf::new(Word::known("")), list: Buf::new((Source::Made(0, 0), false)) };
    // What is certainly meant comes first.
    for is_certain in [true, false] {
        for (index, &(words, certain)) in spellings.as_slice().iter().enumerate() {
            if certain == is_certain {
                let folded = folded.get(index).and_then(Option::as_deref);
                forms.readings(words, folded, certain);
            }
        }
    }
    let mut list = Buf::<CommandForm<'_>, 8>::new(CommandForm { words: &[], certain: false });
    for &(source, certain) in forms.list.as_slice() {
        let words = match source {
            Source::Given(words) => words,
            Source::Made(start, end) => forms.made.as_slice().get(start..end).unwrap_or_default(),
        };
        list.push(CommandForm { words, certain });
    }
    emit_forms(call, list.as_slice(), floors, out);
}

/// Words, with whether they are certainly meant.
type Spelling<'w> = (&'w [Word<'w>], bool);

/// How many of the commands around one stay forms of it, counted from the innermost and again from
/// the outermost. More of them around each other are `too_large`.
const KEPT_OUTERS: usize = 4;

/// The command, and each one around it as it is written.
fn spellings<'w>(call: &Call<'w>) -> Buf<Spelling<'w>, { 2 * KEPT_OUTERS + 1 }> {
    let mut spellings = Buf::new((call.words, call.set.is_certain));
    spellings.push((call.words, call.set.is_certain));
    let outers = core::iter::successors(call.set.outer, |outer| outer.lower);
    for (index, outer) in outers.enumerate() {
        let is_kept = index < KEPT_OUTERS || outer.level < KEPT_OUTERS;
        if is_kept && call.set.work.may_repeat(outer) {
            call.set.work.repeated(outer);
            spellings.push((outer.words, outer.is_certain));
        }
    }
    spellings
}

/// For each of the spellings, the program's name where case is ignored and it is not the usual
/// one.
fn folded_names(call: &Call<'_>, spellings: &[Spelling<'_>]) -> Vec<Option<String>> {
    let platform = call.set.ctx.platform;
    if !platform.ignores_case() {
        return Vec::new();
    }
    spellings
        .iter()
        .map(|(words, _)| {
            let written = words.first()?.value()?;
            let mut room = String::new();
            let name = program(written, platform, &mut room).name;
            (written.rsplit('/').next() != Some(name)).then(|| name.to_owned())
        })
        .collect()
}

fn emit_forms(
    call: &Call<'_>,
    forms: &[CommandForm<'_>],
    floors: Floors,
    out: &mut dyn FnMut(&Part<'_>),
) {
    let ctx = call.set.ctx;
    let is_cd = call.words.first().and_then(Word::value) == Some("cd");
    for &base in call.dirs {
        let mut led = String::new();
        let mut named = String::new();
        let cwd = if is_cd { where_it_leads(ctx, call, base, &mut led) } else { base };
        let command = Command {
            forms,
            cwd,
            base,
            program: program_path(ctx, call.words, base, &mut named),
            line: ctx.request.shell,
            written: call.set.written.unwrap_or(call.words),
            nothing_runs: false,
        };
        let object = Object::Command(command);
        out(&Part { action: Action::Run, object, floors, alternative: false });
    }
}

/// The folder that `cd` leads to.
fn where_it_leads<'r>(
    ctx: &Context<'_>,
    call: &Call<'_>,
    base: PathValue<'_>,
    room: &'r mut String,
) -> PathValue<'r> {
    match cd_target(call.words) {
        Folder::Follows(index) if !call.set.vars.cdpath => {
            let operand = index.and_then(|index| call.words.get(index));
            dirs::destination(ctx, operand, base, room)
        }
        _ => PathValue::AtRunTime,
    }
}

/// The word that `cd` follows.
pub(super) fn cd_target(words: &[Word<'_>]) -> Folder {
    let mut at = 1;
    while let Some(text) = words.get(at).and_then(Word::value) {
        at += 1;
        match text {
            "--" => break,
            "-L" | "-P" | "-e" | "-@" | "-LP" | "-PL" | "-Pe" => {}
            _ => {
                at -= 1;
                break;
            }
        }
    }
    match words.len().saturating_sub(at) {
        0 => Folder::Follows(None),
        1 => Folder::Follows(Some(at)),
        _ => Folder::IsLost,
    }
}

/// The path of the program, where it is given by one.
fn program_path<'r>(
    ctx: &Context<'_>,
    words: &[Word<'_>],
    base: PathValue<'_>,
    room: &'r mut String,
) -> PathValue<'r> {
    let Some(first) = words.first() else { return PathValue::Unsent };
    let text = match first.value() {
        Some(text) if text.as_bytes().contains(&b'/') => text.to_owned(),
        Some(_) => return PathValue::Unsent,
        None if first.under_home => format!("~{}", first.text),
        None => return PathValue::AtRunTime,
    };
    let resolved = path::resolve(ctx, &text, base);
    match resolved.path {
        Some(path) if resolved.floors.is_empty() => {
            *room = path.into_owned();
            PathValue::Known(room)
        }
        None if base == PathValue::AtRunTime => PathValue::AtRunTime,
        _ => PathValue::Unsent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_program_is_its_base_name() {
        for word in [
            "/bin/ls",
            "/usr/bin/git",
            "/usr/local/bin/rg",
            "/bin//rm",
            "/usr/./bin/ls",
            "/usr/bin/../bin/ls",
        ] {
            assert!(is_trusted(word), "{word}");
        }
        for word in [
            "ls",
            "./ls",
            "/opt/bin/ls",
            "/usr/bin/../../opt/ls",
            "/opt/x/../../bin/ls",
            "/usr/bin/x/ls",
            "/usr/bin/",
            "/usr/bin/..",
        ] {
            assert!(!is_trusted(word), "{word}");
        }
    }
}
