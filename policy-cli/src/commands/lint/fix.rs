//! `policy lint --fix`: the safe edits of findings, written into their files.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use policy_eval::safe;
use policy_lang::diagnostic::Diagnostic;
use policy_lang::lint;
use policy_lang::span::Source;

use super::super::fmt::replace;
use super::{Looked, look};
use crate::input;
use crate::outcome::Stop;
use crate::revision;
use crate::ui::Ui;

/// An edit may make room for another one; no policy needs more rounds than this.
const MOST_ROUNDS: usize = 20;

/// Mends files and writes those that changed, each whole or not at all. What is left to say of
/// them is what a look at the mended texts finds. Nothing is written where the mended policy would
/// not check and the old one did.
///
/// Only files that were given change, not those that they include. Standard input stands alone, and
/// its mended text is printed.
pub(super) fn fix(paths: &[PathBuf], ui: &mut Ui) -> Result<Looked, Stop> {
    let is_stdin = paths.iter().any(|path| input::is_stdin(path));
    if is_stdin && 1 < paths.len() {
        return Err(Stop::usage("with `--fix`, `-` stands alone, and the mended text is printed"));
    }
    let of_revision = |path: &&PathBuf| path.to_str().is_some_and(|p| revision::parse(p).is_some());
    if let Some(path) = paths.iter().find(of_revision) {
        let what = format!("`{}` is of a revision, which cannot be mended", path.display());
        return Err(Stop::Usage(what));
    }
    let old = input::sources(paths)?;
    let before = look(old.clone());
    let (new, after, mended) = rounds(&old, &before);
    if before.is_valid() && !after.is_valid() {
        return Err(Stop::unable("the mended text would be no policy; nothing was written"));
    }
    if is_stdin {
        for source in &new {
            ui.write_all(source.text.as_bytes())?;
        }
        return Ok(after);
    }
    for ((path, old), new) in paths.iter().zip(&old).zip(&new) {
        if old.text != new.text {
            replace(path, &new.text).map_err(|error| {
                Stop::Unable(format!("cannot write `{}`: {error}", path.display()))
            })?;
        }
    }
    for what in &mended {
        ui.note(format_args!("mended {}", safe(what)));
    }
    Ok(after)
}

/// The mended sources, what is left to say of them, and what was mended, in words.
fn rounds(old: &[Arc<Source>], before: &Looked) -> (Vec<Arc<Source>>, Looked, Vec<String>) {
    let mut given = old.to_vec();
    let mut looked = before.clone();
    let mut mended = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let fixed = lint::fix(&looked.findings, &looked.sources, looked.given);
        if fixed.mended.is_empty() {
            break;
        }
        mended.extend(fixed.mended.iter().map(|index| in_words(&looked, &looked.findings[*index])));
        // A file that was given twice is one source.
        for source in &mut given {
            let known = looked.sources.iter().zip(&fixed.sources);
            if let Some((_, new)) = known.take(looked.given).find(|(known, _)| *known == source) {
                *source = Arc::clone(new);
            }
        }
        looked = look(given.clone());
    }
    (given, looked, mended)
}

/// A finding on one line, with the place that it had.
fn in_words(looked: &Looked, finding: &Diagnostic) -> String {
    let place = finding.location().and_then(|at| {
        let source = looked.sources.get(at.source.0 as usize)?;
        let (line, column) = source.line_column(at.span.start as usize);
        Some(format!("{}:{line}:{column}: ", source.name))
    });
    format!("{}{} ({})", place.unwrap_or_default(), finding.message, finding.code)
}
