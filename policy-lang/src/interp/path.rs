//! Paths against path patterns, with the roots bound, not bound, or bound elsewhere.

use policy_eval::{PathValue, Truth};

use super::positions::{self, Positions};
use super::token;
use crate::model::Model;
use crate::model::pattern::{PathBase, PathItem, PathPattern, RootId};

/// Where a root lies, as one decision takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding<'a> {
    /// Nobody said.
    Unbound,
    /// In this folder, a canonical path.
    At(&'a str),
    /// In folders that contain no path of the part.
    Elsewhere,
}

/// What path patterns are judged against.
#[derive(Clone, Copy)]
pub(super) struct Paths<'a> {
    pub(super) model: &'a Model,
    /// By [`RootId`].
    pub(super) bindings: &'a [Binding<'a>],
    /// Names that differ in case are the same.
    pub(super) fold: bool,
}

impl Paths<'_> {
    /// Whether the path lies in one of the patterns.
    pub(super) fn lies_in(&self, path: PathValue<'_>, patterns: &[PathPattern]) -> Truth {
        match path {
            PathValue::Unsent => Truth::OPEN,
            PathValue::AtRunTime => Truth::BY_WORD,
            PathValue::Known(path) => {
                let components = components(path);
                patterns
                    .iter()
                    .fold(Truth::NO, |any, pattern| any | self.matches(pattern, &components))
            }
        }
    }

    fn matches(&self, pattern: &PathPattern, path: &[&str]) -> Truth {
        let root = match pattern.base {
            PathBase::Absolute => return Truth::known(self.items_match(&pattern.items, path)),
            PathBase::Root(root) => root,
        };
        match self.bindings.get(usize::from(root.0)) {
            Some(Binding::At(folder)) => {
                let below = below(path, &components(folder), self.fold);
                Truth::known(below.is_some_and(|below| self.items_match(&pattern.items, below)))
            }
            Some(Binding::Elsewhere) => Truth::NO,
            Some(Binding::Unbound) | None => {
                // Every beginning of the path may be the root, but not the root of all files.
                let some_binding_matches = (1..=path.len()).any(|end| {
                    self.items_match(&pattern.items, &path[end..])
                        && self.may_lie_at(root, &path[..end])
                });
                if some_binding_matches { Truth::OPEN } else { Truth::NO }
            }
        }
    }

    /// Whether the policy lets a root lie in the folder. What it says of that is absolute.
    fn may_lie_at(&self, root: RootId, folder: &[&str]) -> bool {
        let within = self.model.roots.get(usize::from(root.0)).map_or(&[][..], |root| &root.within);
        within.is_empty() || within.iter().any(|pattern| self.items_match(&pattern.items, folder))
    }

    fn items_match(&self, items: &[PathItem], path: &[&str]) -> bool {
        let ends = positions::ends(items, 0, |item, at| -> Positions {
            match item {
                PathItem::AnyDepth => (at..=path.len()).collect(),
                PathItem::Component(pattern) => positions::step(path, at, |component| {
                    token::matches(pattern, component, self.fold)
                }),
            }
        });
        ends.contains(&path.len())
    }
}

/// The components of a canonical path. The root of all files has none.
pub(super) fn components(path: &str) -> Vec<&str> {
    path.split('/').filter(|component| !component.is_empty()).collect()
}

/// What of the path lies below the folder; none where it lies elsewhere.
pub(super) fn below<'p, 't>(
    path: &'p [&'t str],
    folder: &[&str],
    fold: bool,
) -> Option<&'p [&'t str]> {
    let same = |(one, other): (&&str, &&str)| match fold {
        true => policy_eval::canon::fold(one) == policy_eval::canon::fold(other),
        false => one == other,
    };
    let is_beginning = folder.len() <= path.len() && folder.iter().zip(path).all(same);
    is_beginning.then(|| &path[folder.len()..])
}
