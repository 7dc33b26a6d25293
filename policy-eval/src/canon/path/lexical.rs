//! The lexical reading: what a text names if no component is a link (rule P1).

use std::borrow::Cow;

use super::{MAX_REQUEST_BYTES, Resolved, macos, windows};
use crate::canon::ascii::{HIGH, all, cover_pairs, first_of, unprintable};
use crate::vocab::{Floor, Floors, Platform};

/// Reads a text as a path. There is no path where it is relative and there is no base, or where
/// it is on the current drive and none is known.
pub(super) fn read<'t>(
    platform: Platform,
    text: &'t str,
    base: Option<&str>,
    drive: Option<char>,
) -> Resolved<'t> {
    if let Some(path) = borrowed(platform, text) {
        let floors = floors_of(platform, path, drive);
        return Resolved { path: Some(Cow::Borrowed(path)), floors };
    }
    let split = split(platform, text, drive);
    let mut floors = split.floors;
    let Some(mut path) = Builder::at(split.start, base) else {
        return Resolved { path: None, floors };
    };
    for text in split.rest.split(separators(platform)) {
        floors = floors.union(path.step(component(platform, text)));
    }
    floors = floors.union(path.floors(platform));
    let path = match platform {
        Platform::Macos => macos::shorten(Cow::Owned(path.finish())),
        Platform::Linux | Platform::Windows => Cow::Owned(path.finish()),
    };
    let floors = floors.union(floors_of(platform, &path, drive));
    // The text may have passed through a name that its canonical form no longer has.
    let floors = match platform {
        Platform::Macos => floors.union(macos::floors(split.rest)),
        Platform::Linux | Platform::Windows => floors,
    };
    Resolved { path: Some(path), floors }
}

/// The canonical form of a text where it is part of the text.
fn borrowed(platform: Platform, text: &str) -> Option<&str> {
    match platform {
        Platform::Linux => is_canonical(text).then_some(text),
        Platform::Macos if is_canonical(text) => match macos::shorten(Cow::Borrowed(text)) {
            Cow::Borrowed(path) => Some(path),
            Cow::Owned(_) => None,
        },
        Platform::Macos => None,
        Platform::Windows => windows::is_canonical(text).then_some(text),
    }
}

/// Whether a text is a canonical path on Linux that nobody can misread, as nearly every path is:
/// one pass over its bytes, and nothing else needs to be asked of it.
///
/// What it turns down may be fine all the same; the careful reading says.
pub(in crate::canon) fn is_plain(platform: Platform, text: &str) -> bool {
    let bytes = text.as_bytes();
    if platform != Platform::Linux
        || bytes.len() < 2
        || MAX_REQUEST_BYTES < bytes.len()
        || bytes[0] != b'/'
        || text.starts_with("/proc/")
        || text.starts_with("/dev/fd/")
    {
        return false;
    }
    are_plain_names(bytes) || may_have_dots(bytes)
}

/// Whether an absolute path has printable components only, none of which begins with a dot. Eight
/// bytes at a time.
fn are_plain_names(bytes: &[u8]) -> bool {
    let mut wrong = 0;
    cover_pairs(bytes, |before, word| {
        wrong |= unprintable(word) | first_of(word, b'%');
        // A dot is a slash but for its last bit. Both bytes are slashes where nothing is left.
        let no_slashes = before ^ all(b'/') | (word | all(1)) ^ all(b'/');
        wrong |= no_slashes.wrapping_sub(all(1));
    });
    wrong & HIGH == 0 && bytes.last() != Some(&b'/')
}

/// Of printable characters only `%` makes a text mean something else to some reader.
fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) & (byte != b'%')
}

/// The same, where names may begin with dots.
fn may_have_dots(bytes: &[u8]) -> bool {
    // What stands in the component so far: nothing, `.` or `..` are no name.
    let mut is_name = false;
    let mut dots = 0;
    for &byte in bytes.get(1..).unwrap_or_default() {
        match byte {
            b'/' if is_name => (is_name, dots) = (false, 0),
            b'/' => return false,
            b'.' if dots < 2 && !is_name => dots += 1,
            _ if is_printable(byte) => is_name = true,
            _ => return false,
        }
    }
    is_name
}

/// Whether a text is a folder of a plain path, or that path itself: then it is plain too.
#[inline(always)]
pub(in crate::canon) fn is_beginning(text: &str, plain: &str) -> bool {
    text.len() > 1
        && plain.starts_with(text)
        && matches!(plain.as_bytes().get(text.len()), None | Some(b'/'))
}

fn floors_of(platform: Platform, path: &str, drive: Option<char>) -> Floors {
    let ambiguous = match platform {
        Platform::Linux => passes_process_link(path),
        Platform::Macos => return macos::floors(path),
        Platform::Windows => windows::drive_of(path) != drive,
    };
    if ambiguous { Floors::of(Floor::AmbiguousPath) } else { Floors::NONE }
}

fn is_canonical(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    rest.is_empty() || are_names(rest)
}

/// Whether components separated by `/` are all names: none empty, none `.` or `..`.
pub(super) fn are_names(text: &str) -> bool {
    text.split('/').all(|component| !matches!(component, "" | "." | ".."))
}

/// What separates components.
pub(super) const fn separators(platform: Platform) -> &'static [char] {
    match platform {
        Platform::Linux | Platform::Macos => &['/'],
        Platform::Windows => &['/', '\\'],
    }
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Root,
    Drive(char),
    Base,
    /// On the current drive, which is not known.
    Unknown,
}

/// A text, cut behind its beginning.
pub(super) struct Split<'t> {
    pub(super) start: Start,
    pub(super) rest: &'t str,
    pub(super) floors: Floors,
}

pub(super) fn split(platform: Platform, text: &str, drive: Option<char>) -> Split<'_> {
    match platform {
        Platform::Windows => windows::split(text, drive),
        Platform::Linux | Platform::Macos => {
            let start = if text.starts_with('/') { Start::Root } else { Start::Base };
            Split { start, rest: text, floors: Floors::NONE }
        }
    }
}

/// A component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Component<'t> {
    /// Empty or `.`.
    Here,
    /// `..`.
    Up,
    Name(&'t str),
    /// A name that the system or another reader takes for something else too.
    Doubtful(&'t str),
}

pub(super) fn component(platform: Platform, text: &str) -> Component<'_> {
    match text {
        "" | "." => Component::Here,
        ".." => Component::Up,
        name if platform == Platform::Windows => windows::component(name),
        name => Component::Name(name),
    }
}

/// A canonical path while it grows.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    path: String,
    /// The length of the part that `..` does not leave: `/` or `C:/`.
    root: usize,
    /// The path led through a link of a process, even if `..` led out again.
    passed_process_link: bool,
}

impl Builder {
    /// Begins at a place; there is none where it needs a base and there is no base.
    pub(super) fn at(start: Start, base: Option<&str>) -> Option<Builder> {
        let (path, root) = match start {
            Start::Root => ("/".into(), 1),
            Start::Drive(letter) => (format!("{letter}:/"), 3),
            Start::Base => {
                let base = base?;
                (base.to_owned(), if windows::drive_of(base).is_some() { 3 } else { 1 })
            }
            Start::Unknown => return None,
        };
        let passed_process_link = passes_process_link(&path);
        Some(Builder { path, root, passed_process_link })
    }

    /// Takes one component and says what was not understood.
    pub(super) fn step(&mut self, component: Component<'_>) -> Floors {
        match component {
            Component::Here => Floors::NONE,
            Component::Up => {
                self.up();
                Floors::NONE
            }
            Component::Name(name) => {
                self.push(name);
                Floors::NONE
            }
            Component::Doubtful(name) => {
                self.push(name);
                Floors::of(Floor::AmbiguousPath)
            }
        }
    }

    pub(super) fn push(&mut self, name: &str) {
        self.passed_process_link |= is_process_link(&self.path, name);
        if self.root < self.path.len() {
            self.path.push('/');
        }
        self.path.push_str(name);
    }

    pub(super) fn up(&mut self) {
        let parent = self.path.rfind('/').unwrap_or(0).max(self.root);
        self.path.truncate(parent);
    }

    pub(super) fn as_str(&self) -> &str {
        &self.path
    }

    pub(super) fn finish(self) -> String {
        self.path
    }

    /// Where the text leads through a link of a process, `..` behind it leads nobody knows where.
    pub(super) fn floors(&self, platform: Platform) -> Floors {
        if platform == Platform::Linux && self.passed_process_link {
            Floors::of(Floor::AmbiguousPath)
        } else {
            Floors::NONE
        }
    }
}

/// Whether a name in a folder is a link that the Linux kernel makes for each process
/// (`/proc/self/root`, `/dev/fd/3`), so that no text says where it leads.
fn is_process_link(folder: &str, name: &str) -> bool {
    let is_named_so = || matches!(name, "root" | "cwd" | "exe" | "fd" | "map_files");
    folder == "/dev/fd" || folder.starts_with("/proc/") && is_named_so()
}

/// Whether a canonical path leads through such a link.
fn passes_process_link(path: &str) -> bool {
    let mut slashes = path.match_indices('/').map(|(at, _)| at).peekable();
    (path.starts_with("/proc/") || path.starts_with("/dev/fd/"))
        && std::iter::from_fn(|| Some((slashes.next()?, slashes.peek().copied()))).any(
            |(start, end)| {
                let name = path.get(start + 1..end.unwrap_or(path.len())).unwrap_or_default();
                is_process_link(&path[..start], name)
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_eight_bytes_at_a_time_is_plain_byte_for_byte() {
        let path = b"/home/dev/a.b/src/lib.rs";
        for end in 1..=path.len() {
            for at in 1..end {
                for byte in *b"/.%~ \\\x1f\x7f\x80\xffx" {
                    let mut bytes = path[..end].to_vec();
                    bytes[at] = byte;
                    let begins_with_dot = bytes.windows(2).any(|two| two == b"/.");
                    let is_plain = !begins_with_dot && may_have_dots(&bytes);
                    assert_eq!(are_plain_names(&bytes), is_plain, "{:?}", bytes.escape_ascii());
                }
            }
        }
    }
}
