//! The lexical reading: what a text names if no component is a link (rule P1).

use std::borrow::Cow;

use super::{Resolved, macos, windows};
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
}

impl Builder {
    /// Begins at a place; there is none where it needs a base and there is no base.
    pub(super) fn at(start: Start, base: Option<&str>) -> Option<Builder> {
        match start {
            Start::Root => Some(Builder { path: "/".into(), root: 1 }),
            Start::Drive(letter) => Some(Builder { path: format!("{letter}:/"), root: 3 }),
            Start::Base => base.map(|base| Builder {
                path: base.into(),
                root: if windows::drive_of(base).is_some() { 3 } else { 1 },
            }),
            Start::Unknown => None,
        }
    }

    /// Takes one component and says what was not understood.
    pub(super) fn step(&mut self, component: Component<'_>) -> Floors {
        match component {
            Component::Here => Floors::NONE,
            Component::Up => {
                // The parent of where a link of `/proc` leads is not in the text.
                let floors = self.floors();
                self.up();
                floors
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

    fn floors(&self) -> Floors {
        if passes_process_link(&self.path) {
            Floors::of(Floor::AmbiguousPath)
        } else {
            Floors::NONE
        }
    }
}

/// Whether a path leads through a link that the Linux kernel makes for each process
/// (`/proc/self/root`, `/dev/fd/3`), so that no text says where it leads.
fn passes_process_link(path: &str) -> bool {
    const LINKS: [&str; 5] = ["root", "cwd", "exe", "fd", "map_files"];
    if path.starts_with("/dev/fd/") {
        return true;
    }
    path.strip_prefix("/proc/")
        .is_some_and(|rest| rest.split('/').skip(1).any(|name| LINKS.contains(&name)))
}
