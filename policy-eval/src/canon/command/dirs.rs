//! The folders that a command may run in, as far as the `cd`s before it tell.
//!
//! `cd x && make` runs `make` in `x`. After `cd x; make` it may run in `x` or, where `cd` failed,
//! in the folder before. So a place in the line has a small *set* of folders, and every command
//! that ends has two: one for success, one for failure.

use crate::canon::{Context, path};
use crate::facts::{PathValue, Word, WordKind};

/// How many folders a command may run in before they count as not sent.
pub(super) const MAX_DIRS: usize = 4;
/// How many folders one line may lead to before the next ones count as not sent.
const MAX_NAMES: usize = 64;
/// A longer path is no folder to any system, and counts as not sent.
const MAX_PATH: usize = 4096;

/// One folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dir {
    /// One of those that the line starts in.
    Start(u8),
    /// One that a `cd` in the line leads to.
    Named(u16),
    Unsent,
    AtRunTime,
}

/// The folders that a place in the line may be in; never none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirs {
    list: [Dir; MAX_DIRS],
    len: u8,
}

impl Dirs {
    /// Those that a line starts in.
    pub(super) fn start(count: usize) -> Dirs {
        let mut dirs = Dirs { list: [Dir::Start(0); MAX_DIRS], len: 1 };
        for index in 1..count.min(MAX_DIRS) {
            dirs.add(Dir::Start(index as u8));
        }
        dirs
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Dir> + use<> {
        self.list.into_iter().take(usize::from(self.len))
    }

    pub(super) fn contains(&self, dir: Dir) -> bool {
        self.iter().any(|known| known == dir)
    }

    pub(super) fn contains_all(&self, other: &Dirs) -> bool {
        other.iter().all(|dir| self.contains(dir))
    }

    /// Adds one; where there is no room, what is not sent stands for the rest.
    pub(super) fn add(&mut self, dir: Dir) {
        if self.contains(dir) {
            return;
        }
        if let Some(free) = self.list.get_mut(usize::from(self.len)) {
            *free = dir;
            self.len += 1;
        } else if !self.contains(Dir::Unsent) {
            self.list[MAX_DIRS - 1] = Dir::Unsent;
        }
    }

    /// The folders of either.
    #[must_use]
    pub(super) fn union(mut self, other: Dirs) -> Dirs {
        for dir in other.iter() {
            self.add(dir);
        }
        self
    }
}

impl PartialEq for Dirs {
    fn eq(&self, other: &Dirs) -> bool {
        self.contains_all(other) && other.contains_all(self)
    }
}

/// The folders after a command: where it succeeded, and where it failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct After {
    pub(super) ok: Dirs,
    pub(super) failed: Dirs,
}

impl After {
    /// Of a command that changes nothing.
    pub(super) fn same(dirs: Dirs) -> After {
        After { ok: dirs, failed: dirs }
    }

    /// Whichever way it ended.
    pub(super) fn either(&self) -> Dirs {
        self.ok.union(self.failed)
    }

    /// With a `!` before it.
    pub(super) fn negated(self) -> After {
        After { ok: self.failed, failed: self.ok }
    }
}

/// The names of the folders of one line.
pub(super) struct Names<'s> {
    start: &'s [PathValue<'s>],
    named: Vec<Box<str>>,
}

impl<'s> Names<'s> {
    pub(super) fn new(start: &'s [PathValue<'s>]) -> Names<'s> {
        Names { start, named: Vec::new() }
    }

    /// The path of a folder.
    pub(super) fn path(&self, dir: Dir) -> PathValue<'_> {
        match dir {
            Dir::Start(index) => {
                self.start.get(usize::from(index)).copied().unwrap_or(PathValue::Unsent)
            }
            Dir::Named(index) => match self.named.get(usize::from(index)) {
                Some(name) => PathValue::Known(name),
                None => PathValue::Unsent,
            },
            Dir::Unsent => PathValue::Unsent,
            Dir::AtRunTime => PathValue::AtRunTime,
        }
    }

    /// The paths of a set, in a list that begins with them.
    pub(super) fn paths(&self, dirs: &Dirs) -> ([PathValue<'_>; MAX_DIRS], usize) {
        let mut list = [PathValue::Unsent; MAX_DIRS];
        let mut len = 0;
        for (place, dir) in list.iter_mut().zip(dirs.iter()) {
            *place = self.path(dir);
            len += 1;
        }
        (list, len)
    }

    /// Where `cd OPERAND` leads from each folder of a set.
    pub(super) fn follow(
        &mut self,
        ctx: &Context<'_>,
        operand: Option<&Word<'_>>,
        from: &Dirs,
    ) -> Dirs {
        let mut found: Option<Dirs> = None;
        for dir in from.iter() {
            let mut room = String::new();
            let next = match destination(ctx, operand, self.path(dir), &mut room) {
                PathValue::Known(path) => self.name(path),
                PathValue::Unsent => Dir::Unsent,
                PathValue::AtRunTime => Dir::AtRunTime,
            };
            match &mut found {
                Some(dirs) => dirs.add(next),
                None => found = Some(Dirs { list: [next; MAX_DIRS], len: 1 }),
            }
        }
        found.unwrap_or(*from)
    }

    fn name(&mut self, path: &str) -> Dir {
        let known = |&index: &usize| self.path(Dir::Start(index as u8)) == PathValue::Known(path);
        if let Some(index) = (0..self.start.len()).find(known) {
            return Dir::Start(index as u8);
        }
        if let Some(index) = self.named.iter().position(|name| **name == *path) {
            return Dir::Named(index as u16);
        }
        if MAX_NAMES <= self.named.len() || MAX_PATH < path.len() {
            return Dir::Unsent;
        }
        self.named.push(path.into());
        Dir::Named((self.named.len() - 1) as u16)
    }
}

/// Where `cd OPERAND` leads from one folder; no operand means home.
pub(super) fn destination<'r>(
    ctx: &Context<'_>,
    operand: Option<&Word<'_>>,
    base: PathValue<'_>,
    room: &'r mut String,
) -> PathValue<'r> {
    let text = match operand {
        None => "~",
        // The folder before, which only the shell knows.
        Some(word) if word.value() == Some("-") => return PathValue::AtRunTime,
        Some(Word { text, kind: WordKind::Static, .. }) => text,
        Some(word) if word.under_home => {
            room.push('~');
            room.push_str(word.text);
            let text = core::mem::take(room);
            return resolved(ctx, &text, base, room);
        }
        Some(_) => return PathValue::AtRunTime,
    };
    resolved(ctx, text, base, room)
}

fn resolved<'r>(
    ctx: &Context<'_>,
    text: &str,
    base: PathValue<'_>,
    room: &'r mut String,
) -> PathValue<'r> {
    let resolved = path::resolve(ctx, text, base);
    match resolved.path {
        Some(path) if resolved.floors.is_empty() => {
            *room = path.into_owned();
            PathValue::Known(room)
        }
        None if base == PathValue::AtRunTime => PathValue::AtRunTime,
        _ => PathValue::Unsent,
    }
}
