//! What symbolic links make of a path, as a kernel walks it (rule P2).
//!
//! Component by component: where what was walked so far is a link, the components of its target
//! are walked first. So `..` after a link leads to the parent of the target.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::lexical::{self, Builder, Component, Start};
use super::{Resolved, macos, text_floors};
use crate::canon::{Context, MAX_LINKS, fold};
use crate::facts::PathValue;
use crate::vocab::{Floor, Floors, Platform};

/// The most components that are walked for one path, its links included. No kernel takes a path
/// with as many, and a hostile request must not cost more.
const MAX_STEPS: usize = 1 << 13;

/// The places that walks led through, for whoever reads the links of a real system.
pub(crate) type Places = Rc<RefCell<BTreeSet<String>>>;

/// The most places that are noted: a hostile request must not cost more.
pub(crate) const MAX_PLACES: usize = 1 << 12;

/// The links that the runtime saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    platform: Platform,
    /// By the canonical path of the link, folded where case does not count.
    targets: BTreeMap<String, String>,
    /// The lengths of the keys: most prefixes of a path are no link, and that is seen at once.
    lengths: BTreeSet<usize>,
    floors: Floors,
    /// Where walks note what they led through, if anybody asks.
    places: Option<Places>,
}

impl Links {
    /// Reads the links of a request.
    ///
    /// A runtime may name a link by the path it walked or by where the folder really is, so both
    /// spellings of its folder are known afterwards.
    pub(crate) fn new(ctx: &Context<'_>, places: Option<&Places>) -> Links {
        let places = places.cloned();
        let mut links = Links { platform: ctx.platform, places, ..Links::default() };
        let base = match ctx.cwd {
            PathValue::Known(path) => Some(path),
            PathValue::Unsent | PathValue::AtRunTime => None,
        };
        let drive = super::current_drive(ctx, ctx.cwd);
        let mut names = Vec::new();
        for (from, to) in ctx.request.symlinks {
            let read = lexical::read(ctx.platform, from, base, drive);
            let floors = read.floors.union(text_floors(from));
            match read.path {
                Some(path) if floors.is_empty() => {
                    links.insert(&path, to);
                    names.push((path, *to));
                }
                _ => links.floors = links.floors.with(Floor::AmbiguousPath),
            }
        }
        let mut steps = MAX_STEPS;
        for (path, to) in names {
            let Some((folder, name)) = path.rsplit_once('/') else { continue };
            let followed = links.follow_within(&mut steps, folder, None, drive);
            if steps == 0 {
                links.floors = links.floors.with(Floor::AmbiguousPath);
                break;
            }
            if let Some(folder) = followed.path.filter(|real| real != folder) {
                links.insert(&format!("{}/{name}", folder.trim_end_matches('/')), to);
            }
        }
        links
    }

    fn insert(&mut self, path: &str, to: &str) {
        let key = self.key(path).into_owned();
        self.lengths.insert(key.len());
        match self.targets.get(&key) {
            Some(known) if known != to => {
                self.floors = self.floors.with(Floor::AmbiguousPath);
            }
            Some(_) => {}
            None => {
                self.targets.insert(key, to.to_owned());
            }
        }
    }

    /// Whether no link was sent, so that no walk can tell more than the text.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.floors.is_empty() && self.places.is_none()
    }

    fn note(&self, place: &str) {
        let Some(places) = &self.places else { return };
        let mut places = places.borrow_mut();
        if places.len() < MAX_PLACES && !places.contains(place) {
            places.insert(place.to_owned());
        }
    }

    /// Where a text leads. There is no path where the links form a loop.
    pub(super) fn follow(
        &self,
        text: &str,
        base: Option<&str>,
        drive: Option<char>,
    ) -> Resolved<'static> {
        self.follow_within(&mut { MAX_STEPS }, text, base, drive)
    }

    /// As [`Links::follow`], with a number of steps that several walks share.
    fn follow_within(
        &self,
        steps: &mut usize,
        text: &str,
        base: Option<&str>,
        drive: Option<char>,
    ) -> Resolved<'static> {
        let mut walk = Walk { links: self, drive, floors: self.floors, place: None, left: vec![] };
        match walk.run(text, base, steps) {
            Some(path) => Resolved { path: Some(Cow::Owned(path)), floors: walk.floors },
            None => Resolved::unknown(walk.floors),
        }
    }

    fn key<'t>(&self, path: &'t str) -> Cow<'t, str> {
        if self.platform.ignores_case() { fold(path) } else { Cow::Borrowed(path) }
    }
}

/// Where a walk is: the path, and the same folded as the keys are.
struct Place {
    path: Builder,
    key: Builder,
}

struct Walk<'w> {
    links: &'w Links,
    drive: Option<char>,
    floors: Floors,
    place: Option<Place>,
    /// What is still to be walked, the next text last. Texts are cut from the front.
    left: Vec<&'w str>,
}

impl<'w> Walk<'w> {
    /// Walks a text to its end; `None` where there is none, or no beginning.
    fn run(&mut self, text: &'w str, base: Option<&'w str>, steps: &mut usize) -> Option<String> {
        if let Some(base) = base {
            self.enter(base)?;
        }
        // The base stands above the text, so that it is walked first, links included.
        let base = self.left.pop();
        self.enter(text)?;
        if !self.is_absolute(text) {
            self.left.extend(base);
        }
        let mut links = 0;
        while 0 < *steps {
            *steps -= 1;
            let Some(component) = self.next() else {
                let place = self.place.take()?;
                self.floors = self.floors.union(place.path.floors(self.links.platform));
                return Some(place.path.finish());
            };
            let Some(target) = self.step(component) else { continue };
            links += 1;
            if MAX_LINKS < links {
                return None;
            }
            self.floors = self.floors.union(text_floors(target));
            self.enter(target)?;
        }
        None
    }

    /// Goes to where a text starts and leaves its components to be walked.
    fn enter(&mut self, text: &'w str) -> Option<()> {
        let split = lexical::split(self.links.platform, text, self.drive);
        self.floors = self.floors.union(split.floors);
        match split.start {
            Start::Base => {
                self.place.as_ref()?;
            }
            start => {
                let folded = match start {
                    Start::Drive(letter) if self.links.platform.ignores_case() => {
                        Start::Drive(letter.to_ascii_lowercase())
                    }
                    start => start,
                };
                let path = Builder::at(start, None)?;
                self.place = Some(Place { path, key: Builder::at(folded, None)? });
            }
        }
        self.left.push(split.rest);
        Some(())
    }

    fn is_absolute(&self, text: &str) -> bool {
        lexical::split(self.links.platform, text, self.drive).start != Start::Base
    }

    fn next(&mut self) -> Option<Component<'w>> {
        let text = self.left.last_mut()?;
        let separators = lexical::separators(self.links.platform);
        match text.split_once(separators) {
            Some((first, rest)) => {
                *text = rest;
                Some(lexical::component(self.links.platform, first))
            }
            None => {
                let last = self.left.pop()?;
                Some(lexical::component(self.links.platform, last))
            }
        }
    }

    /// Takes a component; returns the target where that leads to a link.
    fn step(&mut self, component: Component<'w>) -> Option<&'w str> {
        let place = self.place.as_mut()?;
        self.floors = self.floors.union(place.path.step(component));
        match component {
            Component::Here => return None,
            Component::Up => {
                place.key.up();
                return None;
            }
            Component::Name(name) | Component::Doubtful(name) => {
                place.key.push(&self.links.key(name));
            }
        }
        if self.links.platform == Platform::Macos {
            shorten(place)?;
        }
        self.links.note(place.path.as_str());
        let key = place.key.as_str();
        if !self.links.lengths.contains(&key.len()) {
            return None;
        }
        let target = self.links.targets.get(key)?;
        // A target that is relative starts from the folder of the link.
        place.path.up();
        place.key.up();
        Some(target)
    }
}

/// Goes on from the short name of a folder that has two.
fn shorten(place: &mut Place) -> Option<()> {
    /// Longer than each spelling of a folder that has two names.
    const LONG: usize = 40;
    let path = place.path.as_str();
    if LONG < path.len() {
        return Some(());
    }
    let short = macos::shorten(Cow::Borrowed(path));
    if short.len() < path.len() {
        let key = fold(&short).into_owned();
        let short = short.into_owned();
        place.path = Builder::at(Start::Base, Some(&short))?;
        place.key = Builder::at(Start::Base, Some(&key))?;
    }
    Some(())
}
