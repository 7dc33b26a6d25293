//! What all parts of one request have in common: roots, working directory, links.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::path::{self, Links, Places};
use crate::facts::PathValue;
use crate::request::Request;
use crate::vocab::{Floor, Floors, Platform};

/// A request with its roots and its working directory in canonical form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request<'a>,
    /// Root names and canonical absolute paths.
    pub(crate) roots: &'a [(&'a str, &'a str)],
    pub(crate) platform: Platform,
    /// The folder that relative paths start from: what was sent, else the workspace where it has
    /// exactly one binding.
    pub(crate) cwd: PathValue<'a>,
    /// What was not understood of the working directory that was sent.
    pub(crate) floors: Floors,
    /// The symbolic links that the runtime saw, where it saw any.
    pub(crate) links: Option<&'a Links>,
}

impl<'a> Context<'a> {
    /// The paths that a root is bound to.
    pub(crate) fn bindings(&self, root: &str) -> impl Iterator<Item = &'a str> {
        self.roots.iter().filter(move |(name, _)| *name == root).map(|(_, path)| *path)
    }

    /// The path of a root, where it has exactly one.
    pub(crate) fn only_binding(&self, root: &str) -> Option<&'a str> {
        let mut bindings = self.bindings(root);
        let first = bindings.next()?;
        bindings.all(|other| other == first).then_some(first)
    }
}

/// Calls `use_it` with the context of a request, whose scratch space ends with the call.
pub(super) fn with(
    request: &Request<'_>,
    roots: &[(&str, &str)],
    use_it: &mut dyn FnMut(&Context<'_>),
) {
    with_places(request, roots, None, use_it);
}

/// As [`with`]; the places that paths lead through are noted where that is asked for.
pub(super) fn with_places(
    request: &Request<'_>,
    roots: &[(&str, &str)],
    places: Option<&Places>,
    use_it: &mut dyn FnMut(&Context<'_>),
) {
    let platform = request.platform_or_default();
    // Many roots lie in one another, so that the innermost speaks for the others.
    let mut plain = "";
    let mut is_usable = |text| {
        if path::is_plain_like(platform, text, plain) {
            plain = if plain.is_empty() { text } else { plain };
            return true;
        }
        is_usable(platform, text)
    };
    if roots.iter().all(|&(_, path)| is_usable(path)) {
        return with_roots(request, roots, plain, places, use_it);
    }
    let paths: Vec<Option<Cow<'_, str>>> =
        roots.iter().map(|(_, text)| path::absolute(platform, text)).collect();
    // Where one binding of a root is not understood, the root might be anywhere. To keep only the
    // others would loosen what is said of it.
    // Filled one by one here and in `tool`: `collect` brings a sort of its own, six KiB of code.
    let mut dropped: BTreeSet<&str> = BTreeSet::new();
    for ((name, _), path) in roots.iter().zip(&paths) {
        if path.is_none() {
            dropped.insert(name);
        }
    }
    let canonical: Vec<(&str, &str)> = roots
        .iter()
        .zip(&paths)
        .filter(|((name, _), _)| !dropped.contains(name))
        .filter_map(|((name, _), path)| Some((*name, path.as_deref()?)))
        .collect();
    with_roots(request, &canonical, "", places, use_it);
}

fn is_usable(platform: Platform, text: &str) -> bool {
    matches!(path::absolute(platform, text), Some(Cow::Borrowed(path)) if path.len() == text.len())
}

fn with_roots(
    request: &Request<'_>,
    roots: &[(&str, &str)],
    plain: &str,
    places: Option<&Places>,
    use_it: &mut dyn FnMut(&Context<'_>),
) {
    let mut ctx = Context {
        request,
        roots,
        platform: request.platform_or_default(),
        cwd: PathValue::Unsent,
        floors: Floors::NONE,
        links: None,
    };
    if let Some(text) = request.cwd
        && path::is_plain_like(ctx.platform, text, plain)
    {
        ctx.cwd = PathValue::Known(text);
        return with_links(&ctx, places, use_it);
    }
    ctx.cwd = ctx.only_binding("workspace").map_or(PathValue::Unsent, PathValue::Known);
    let Some(text) = request.cwd else { return with_links(&ctx, places, use_it) };
    let cwd = path::working_directory(&ctx, text);
    ctx.cwd = cwd.path.as_deref().map_or(PathValue::Unsent, PathValue::Known);
    // Where the text names no folder, none counts as sent: each path that starts there has the
    // floor, and what touches no path has none.
    ctx.floors = match ctx.cwd {
        PathValue::Known(_) => cwd.floors,
        _ => cwd.floors.without(Floors::of(Floor::AmbiguousPath)),
    };
    with_links(&ctx, places, use_it);
}

fn with_links(ctx: &Context<'_>, places: Option<&Places>, use_it: &mut dyn FnMut(&Context<'_>)) {
    if ctx.request.symlinks.is_empty() && places.is_none() {
        return use_it(ctx);
    }
    let links = Links::new(ctx, places);
    use_it(&Context { links: (!links.is_empty()).then_some(&links), ..*ctx });
}
