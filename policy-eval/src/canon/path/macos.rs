//! What is particular to macOS (rule P7).

use std::borrow::Cow;

use super::super::fold;
use crate::vocab::{Floor, Floors};

/// Drops what leads back to the same folder: `/System/Volumes/Data`, and `/private` before `etc`,
/// `var` and `tmp`. The path is canonical otherwise.
pub(super) fn shorten(mut path: Cow<'_, str>) -> Cow<'_, str> {
    loop {
        let rest = below(&path, &["system", "volumes", "data"]);
        let shorter = match rest {
            Some("") => Some(("/", path.len())),
            Some(rest) => Some(("", path.len() - rest.len())),
            None => ["etc", "var", "tmp"].iter().find_map(|name| {
                let rest = below(&path, &["private", name])?;
                let kept = match *name {
                    "etc" => "/etc",
                    "var" => "/var",
                    _ => "/tmp",
                };
                Some((kept, path.len() - rest.len()))
            }),
        };
        let Some((beginning, cut)) = shorter else { return path };
        path = replace_beginning(path, beginning, cut);
    }
}

/// Replaces the first `cut` bytes. Borrowed where the text has the new beginning just before.
fn replace_beginning<'t>(path: Cow<'t, str>, beginning: &str, cut: usize) -> Cow<'t, str> {
    match path {
        Cow::Borrowed(text) => {
            let (before, after) = text.split_at(cut);
            if before.ends_with(beginning) {
                Cow::Borrowed(&text[cut - beginning.len()..])
            } else {
                Cow::Owned(format!("{beginning}{after}"))
            }
        }
        Cow::Owned(mut text) => {
            text.replace_range(..cut, beginning);
            Cow::Owned(text)
        }
    }
}

/// What follows a folder, given by its folded components: empty, or beginning with `/`.
fn below<'p>(path: &'p str, folder: &[&str]) -> Option<&'p str> {
    folder.iter().try_fold(path, |path, name| {
        let rest = path.strip_prefix('/')?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (component, rest) = rest.split_at(end);
        (fold(component) == *name).then_some(rest)
    })
}

/// Paths by number, and the second stream of a file.
pub(super) fn floors(path: &str) -> Floors {
    const BY_NUMBER: [&str; 3] = [".vol", ".nofollow", ".resolve"];
    let mut names = path.split('/').map(fold).peekable();
    names.next_if(|name| name.is_empty());
    let by_number = names.peek().is_some_and(|first| BY_NUMBER.contains(&&**first));
    if by_number || names.any(|name| name == "..namedfork") {
        Floors::of(Floor::AmbiguousPath)
    } else {
        Floors::NONE
    }
}
