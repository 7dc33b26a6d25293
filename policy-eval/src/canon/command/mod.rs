//! From a command to the parts that are judged: the shell rules S1 to S17.
//!
//! ```text
//!   shell text ─► scan ─► words ─► run ─► options   what a wrapper wraps
//!                  │                 ├──► scan      what `bash -c` runs
//!                  │                 └──► forms     the readings of a command
//!                  ├──► compound    groups, loops, conditions, functions
//!                  ├──► simple      assignments, words, redirections; heredoc
//!                  ├──► word        quotes, expansions; substitution inside
//!                  ├──► dirs        where `cd` leads
//!                  └──► redirect    files that are read and written
//! ```
//!
//! Two promises hold for every text. Each command that bash would run is a part, with the words
//! that bash would give it where they can be known; or the line has a floor that no policy lifts.
//! And each command that was understood is a part, whatever else was not, so that a denial holds.
//!
//! Nothing here knows a policy, and nothing is skipped for being harmless. The cost is linear in
//! the length of the text; [`work`] holds what would break that.

mod buffer;
mod compound;
mod dirs;
mod forms;
mod heredoc;
mod operands;
mod options;
mod plain;
mod redirect;
mod run;
mod scan;
mod simple;
mod substitution;
mod tables;
mod word;
mod work;

pub(crate) use buffer::Buf;
pub(crate) use forms::has_subcommands;
pub use operands::{counted_parts, operands};
pub(super) use plain::plain;
pub use scan::MAX_DEPTH as MAX_SHELL_DEPTH;

use core::cell::Cell;

use super::Context;
use crate::canon::hidden;
use crate::facts::{Command, Object, Part, PathValue, Word};
use crate::request::ShellKind;
use crate::text::{is_blank, is_control, is_unseen};
use crate::vocab::{Action, Floor, Floors};
use run::Call;
use scan::{Dialect, Setting, Variables};
use work::Work;

/// A command around another one, as it is written.
#[derive(Debug)]
struct Outer<'w> {
    words: &'w [Word<'w>],
    /// Whether it is certainly meant as it is written.
    is_certain: bool,
    /// The command around it in turn.
    lower: Option<&'w Outer<'w>>,
    /// How many commands are around it.
    level: usize,
    /// What it costs to judge it: the bytes of its words, and some for each word.
    weight: usize,
    /// Whether it was a form of some part.
    was_shown: Cell<bool>,
}

impl<'w> Outer<'w> {
    fn new(words: &'w [Word<'w>], is_certain: bool, lower: Option<&'w Outer<'w>>) -> Outer<'w> {
        Outer {
            words,
            is_certain,
            lower,
            level: lower.map_or(0, |lower| lower.level + 1),
            weight: words.iter().map(|word| word.text.len() + Self::WORD_WEIGHT).sum(),
            was_shown: Cell::new(false),
        }
    }

    const WORD_WEIGHT: usize = 16;
}

/// Texts longer than this are not read at all. Requests end long before ([`super::MAX_REQUEST_BYTES`]).
const MAX_SCANNED_BYTES: usize = 1 << 30;

/// Hands out the parts of a command, at least one.
pub(crate) fn parts(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    if request.shell.is_none() && request.argv.is_none() {
        return unknown_command(ctx, Floors::of(Floor::Syntax), emit);
    }
    let work = Work::default();
    if let Some(text) = request.shell {
        shell_text(ctx, &work, text, emit);
    }
    if let Some(words) = request.argv {
        argument_list(ctx, &work, words, emit);
    }
}

fn setting<'s>(ctx: &'s Context<'s>, work: &'s Work, dialect: Dialect) -> Setting<'s> {
    Setting {
        ctx,
        work,
        is_dry: false,
        floors: Floors::NONE,
        outer: None,
        written: None,
        is_certain: true,
        depth: 0,
        dialect,
        vars: Variables::default(),
        hole: None,
        guesses: run::MAX_GUESSES,
    }
}

fn shell_text(ctx: &Context<'_>, work: &Work, text: &str, emit: &mut dyn FnMut(&Part<'_>)) {
    if MAX_SCANNED_BYTES < text.len() {
        return unknown_command(ctx, Floors::of(Floor::TooLarge), emit);
    }
    match ctx.request.shell_kind {
        ShellKind::Bash => {
            scan::scan(text, setting(ctx, work, Dialect::Bash), &[ctx.cwd], emit);
        }
        // Near enough to bash for denials, too far for anything else.
        ShellKind::Zsh => {
            unknown_command(ctx, Floors::of(Floor::Syntax), emit);
            scan::scan(text, setting(ctx, work, Dialect::Zsh), &[ctx.cwd], emit);
        }
        ShellKind::Fish | ShellKind::Powershell | ShellKind::Cmd => {
            unknown_command(ctx, Floors::of(Floor::Syntax), emit);
        }
    }
}

/// A program that is started directly: no shell reads the words.
fn argument_list(ctx: &Context<'_>, work: &Work, argv: &[&str], emit: &mut dyn FnMut(&Part<'_>)) {
    if argv.first().is_none_or(|program| is_blank(program)) {
        return unknown_command(ctx, Floors::of(Floor::Syntax), emit);
    }
    let mut set = setting(ctx, work, Dialect::Bash);
    // No quotes tell data from names here, so what is not seen counts in every word.
    let is_hidden = |word: &str| word.chars().any(|c| is_control(c) || is_unseen(c));
    // Printable words need no second look, and nearly all words are printable.
    if !argv.iter().all(|word| hidden::is_plain(word))
        && (argv.iter().any(|word| is_hidden(word))
            || argv.first().is_some_and(|name| name.as_bytes().contains(&b'\n')))
    {
        set.floors = Floors::of(Floor::HiddenCharacters);
    }
    let mut words = buffer::Buf::<Word<'_>, 32>::new(Word::known(""));
    for text in argv {
        words.push(Word::known(text));
    }
    run::command(&Call { set, words: words.as_slice(), dirs: &[set.ctx.cwd] }, emit);
}

/// A command of which nothing is known.
fn unknown_command(ctx: &Context<'_>, floors: Floors, emit: &mut dyn FnMut(&Part<'_>)) {
    let command = Command {
        forms: &[],
        cwd: ctx.cwd,
        base: ctx.cwd,
        program: PathValue::Unsent,
        line: ctx.request.shell,
        written: &[],
        nothing_runs: false,
    };
    let object = Object::Command(command);
    emit(&Part { action: Action::Run, object, floors, alternative: false });
}
