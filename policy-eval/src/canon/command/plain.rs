//! Commands that are what they look like: one command, one form, no word that is not itself.

use super::tables::{self, GLOBALS};
use crate::canon::hidden;
use crate::facts::{Command, CommandForm, PathValue, Word};
use crate::request::Request;

/// The most words of a plain command.
const MOST_WORDS: usize = 16;
/// The most bytes of one.
const MOST_BYTES: usize = 4096;

/// Judges the command of a request, where it is plain: see [`crate::canon::plain`].
#[inline(always)]
pub(in crate::canon) fn plain<R>(
    request: &Request<'_>,
    cwd: PathValue<'_>,
    judge: impl Fn(Command<'_>) -> Option<R>,
) -> Option<R> {
    let argv = request.argv?;
    let judge_words = |words: &[Word<'_>]| {
        let forms = &[CommandForm { words, certain: true }];
        judge(Command {
            forms,
            cwd,
            base: cwd,
            program: PathValue::Unsent,
            line: None,
            written: words,
            nothing_runs: false,
        })
    };
    // To make room takes time too, and most commands are short.
    match argv.len() {
        0..=6 => judge_words(words_of(argv, &mut [Word::known(""); 6])?),
        7..=MOST_WORDS => judge_words(words_of(argv, &mut [Word::known(""); MOST_WORDS])?),
        _ => None,
    }
}

/// The words of a plain command.
#[inline(always)]
fn words_of<'r, 'a>(argv: &[&'a str], room: &'r mut [Word<'a>]) -> Option<&'r [Word<'a>]> {
    let mut bytes = 0;
    for (&text, word) in argv.iter().zip(room.iter_mut()) {
        if !hidden::is_plain(text) {
            return None;
        }
        bytes += text.len();
        word.text = text;
    }
    let words = room.get(..argv.len())?;
    (bytes <= MOST_BYTES && is_plain_program(words)).then_some(words)
}

/// Whether a program is known by its name alone, wraps nothing and takes no options before its
/// subcommand here.
#[inline(always)]
fn is_plain_program(words: &[Word<'_>]) -> bool {
    let Some(name) = words.first().map(|word| word.text) else { return false };
    let is_name = name.as_bytes().first().is_some_and(u8::is_ascii_graphic)
        && !name.as_bytes().contains(&b'/');
    let has_option = words.get(1).is_some_and(|word| word.text.starts_with(['-', '+']));
    is_name
        && tables::is_ordinary(name)
        && !(has_option && GLOBALS.iter().any(|row| row.program == name))
}
