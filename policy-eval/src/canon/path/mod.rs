//! Paths: from what was sent to absolute paths that can be compared (rules P1 to P8).
//!
//! A text is read twice. *Lexically*: joined to its base, `.`, `..` and empty components removed.
//! And as a kernel reads it, where the runtime said which links it saw. The two may name different
//! files (`link/../x`), so both are parts. What a tool might read differently once more (`$X`,
//! `%X%`, `~name`, stream names, short names) has a floor, with the likeliest reading judged.
//!
//! The rules of all platforms work on every host: nothing here asks the running system.

mod lexical;
mod links;
mod macos;
#[cfg(test)]
mod tests;
mod windows;

use std::borrow::Cow;

pub(super) use lexical::{is_beginning, is_plain};
#[cfg(feature = "gather")]
pub(crate) use links::MAX_PLACES;
pub(crate) use links::{Links, Places};

use super::{Context, MAX_REQUEST_BYTES, hidden};
use crate::facts::{Object, Part, PathValue};
use crate::vocab::{Action, Floor, Floors, Platform};

/// A text read as a path.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'t> {
    /// The canonical path; none where it depends on a folder that is not known.
    pub(crate) path: Option<Cow<'t, str>>,
    /// What was not understood.
    pub(crate) floors: Floors,
}

impl Resolved<'_> {
    const fn unknown(floors: Floors) -> Self {
        Resolved { path: None, floors: floors.with(Floor::AmbiguousPath) }
    }
}

/// Whether a text is a path in canonical form, as [`PathValue::Known`] has it.
///
/// ```
/// use policy_eval::{Platform, canon::is_canonical_path};
/// assert!(is_canonical_path(Platform::Linux, "/etc/ssh"));
/// assert!(!is_canonical_path(Platform::Linux, "/etc//ssh"));
/// assert!(is_canonical_path(Platform::Windows, "C:/Users"));
/// ```
pub fn is_canonical_path(platform: Platform, text: &str) -> bool {
    absolute(platform, text).is_some_and(|path| path == text)
}

/// Whether a text is a canonical path that nobody can misread, and that is seen at a glance; the
/// quickest where it is another plain path or a folder of it.
#[inline(always)]
pub(super) fn is_plain_like(platform: Platform, text: &str, plain: &str) -> bool {
    // The one folder that most requests name and that lies in no other.
    text == "/tmp" && platform == Platform::Linux
        || lexical::is_beginning(text, plain)
        || lexical::is_plain(platform, text)
}

/// The canonical form of an absolute path that nobody can misread.
pub(crate) fn absolute(platform: Platform, text: &str) -> Option<Cow<'_, str>> {
    if lexical::is_plain(platform, text) {
        return Some(Cow::Borrowed(text));
    }
    let drive = windows::drive_of(text);
    let read = lexical::read(platform, text, None, drive);
    let floors = read.floors.union(text_floors(text));
    if floors.is_empty() { read.path } else { None }
}

/// The working directory that a request sends. Where it is relative, the workspace is its base.
pub(crate) fn working_directory<'t>(ctx: &Context<'_>, text: &'t str) -> Resolved<'t> {
    let drive = windows::drive_of(text).or_else(|| current_drive(ctx, ctx.cwd));
    read(ctx, text, ctx.cwd, drive)
}

/// The path that a text names, links left aside: for a folder that a command changes to.
///
/// Where it is relative and its base is not known, there is no path and the floor
/// `ambiguous_path`; where the base is known only at run time, there is no path.
pub(crate) fn resolve<'t>(ctx: &Context<'_>, text: &'t str, base: PathValue<'_>) -> Resolved<'t> {
    read(ctx, text, base, current_drive(ctx, base))
}

/// Hands out the parts of a path: what it names, and what symbolic links make of it.
///
/// `floors` are added to each part. Where a text has a NUL, what stands before it is judged too,
/// since that is all that a kernel sees.
pub(crate) fn path_parts(
    ctx: &Context<'_>,
    action: Action,
    text: &str,
    base: PathValue<'_>,
    floors: Floors,
    emit: &mut dyn FnMut(&Part<'_>),
) {
    if ctx.links.is_none() && lexical::is_plain(ctx.platform, text) {
        let object = Object::Path(PathValue::Known(text));
        return emit(&Part { action, object, floors, alternative: false });
    }
    let mut room = [0; JOINED];
    if let (None, PathValue::Known(base)) = (ctx.links, base)
        && let Some(path) = joined(ctx.platform, base, text, &mut room)
    {
        let object = Object::Path(PathValue::Known(path));
        return emit(&Part { action, object, floors, alternative: false });
    }
    let drive = current_drive(ctx, base);
    let floors = floors.union(text_floors(text));
    let mut emit = |value: PathValue<'_>, more: Floors| {
        let object = Object::Path(value);
        emit(&Part { action, object, floors: floors.union(more), alternative: false });
    };
    if let Some(rest) = tilde(ctx.platform, text) {
        return under_home(ctx, rest, &mut emit);
    }
    one_reading(ctx, text, base, drive, &mut emit);
    if let Some(rest) = home_variable(ctx.platform, text) {
        under_home(ctx, rest, &mut emit);
    }
    if let Some((seen, _)) = text.split_once('\0') {
        one_reading(ctx, seen, base, drive, &mut emit);
    }
}

/// The longest path that is joined without an allocation.
const JOINED: usize = 256;

/// A relative text behind its base where nobody can misread it, as nearly every one is, and where
/// there is room for it.
///
/// Such a text has no part of its own in what the path means: it names no home and no variable, and
/// what is joined is plain.
fn joined<'r>(
    platform: Platform,
    base: &str,
    text: &str,
    room: &'r mut [u8; JOINED],
) -> Option<&'r str> {
    if text.is_empty() || text.starts_with(['/', '~', '$']) {
        return None;
    }
    let length = base.len() + 1 + text.len();
    let path = room.get_mut(..length)?;
    let (before, behind) = path.split_at_mut(base.len());
    before.copy_from_slice(base.as_bytes());
    let (slash, rest) = behind.split_first_mut()?;
    *slash = b'/';
    rest.copy_from_slice(text.as_bytes());
    let path = core::str::from_utf8(path).ok()?;
    lexical::is_plain(platform, path).then_some(path)
}

type Emit<'e> = dyn FnMut(PathValue<'_>, Floors) + 'e;

fn under_home(ctx: &Context<'_>, rest: &str, emit: &mut Emit<'_>) {
    let mut is_bound = false;
    for home in ctx.bindings("home") {
        is_bound = true;
        let drive = windows::drive_of(home);
        // What follows `~/` is relative, whatever it begins with.
        let rest = rest.trim_start_matches(lexical::separators(ctx.platform));
        one_reading(ctx, rest, PathValue::Known(home), drive, emit);
        if let Some((seen, _)) = rest.split_once('\0') {
            one_reading(ctx, seen, PathValue::Known(home), drive, emit);
        }
    }
    if !is_bound {
        emit(PathValue::Unsent, Floors::of(Floor::AmbiguousPath));
    }
}

/// The lexical path, and the one that links lead to where it is another.
fn one_reading(
    ctx: &Context<'_>,
    text: &str,
    base: PathValue<'_>,
    drive: Option<char>,
    emit: &mut Emit<'_>,
) {
    let known_base = match base {
        PathValue::Known(base) => Some(base),
        PathValue::Unsent | PathValue::AtRunTime => None,
    };
    let read = lexical::read(ctx.platform, text, known_base, drive);
    let Some(path) = read.path else {
        return match base {
            PathValue::AtRunTime => emit(base, read.floors),
            _ => emit(PathValue::Unsent, read.floors.with(Floor::AmbiguousPath)),
        };
    };
    emit(PathValue::Known(&path), read.floors);
    if let Some(links) = ctx.links {
        let followed = links.follow(text, known_base, drive);
        match followed.path {
            Some(target) if target == path && followed.floors.is_empty() => {}
            Some(target) => emit(PathValue::Known(&target), read.floors.union(followed.floors)),
            None => emit(PathValue::Known(&path), read.floors.union(followed.floors)),
        }
    }
}

/// One lexical reading with tilde: the form of [`path_parts`] for a single answer.
fn read<'t>(
    ctx: &Context<'_>,
    text: &'t str,
    base: PathValue<'_>,
    drive: Option<char>,
) -> Resolved<'t> {
    if lexical::is_plain(ctx.platform, text) {
        return Resolved { path: Some(Cow::Borrowed(text)), floors: Floors::NONE };
    }
    let floors = text_floors(text);
    let (base, rest, drive) = match tilde(ctx.platform, text) {
        None => (base, text, drive),
        Some(rest) => match ctx.only_binding("home") {
            None => return Resolved::unknown(floors),
            Some(home) => {
                let rest = rest.trim_start_matches(lexical::separators(ctx.platform));
                (PathValue::Known(home), rest, windows::drive_of(home))
            }
        },
    };
    let known_base = match base {
        PathValue::Known(base) => Some(base),
        PathValue::Unsent | PathValue::AtRunTime => None,
    };
    let read = lexical::read(ctx.platform, rest, known_base, drive);
    let floors = floors.union(read.floors);
    match (read.path, base) {
        (None, PathValue::Unsent | PathValue::Known(_)) => Resolved::unknown(floors),
        (path, _) => Resolved { path, floors },
    }
}

/// On Windows the drive that a path without one is on.
fn current_drive(ctx: &Context<'_>, base: PathValue<'_>) -> Option<char> {
    [base, ctx.cwd].into_iter().find_map(|folder| match folder {
        PathValue::Known(path) => windows::drive_of(path),
        PathValue::Unsent | PathValue::AtRunTime => None,
    })
}

/// What follows the `~` of a text that is under the home directory.
fn tilde(platform: Platform, text: &str) -> Option<&str> {
    let rest = text.strip_prefix('~')?;
    (rest.is_empty() || rest.starts_with(lexical::separators(platform))).then_some(rest)
}

/// What follows a variable that names the home directory, in case the tool expands it.
fn home_variable(platform: Platform, text: &str) -> Option<&str> {
    ["$HOME", "${HOME}", "%USERPROFILE%"].iter().find_map(|name| {
        let rest = text.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(lexical::separators(platform))).then_some(rest)
    })
}

/// What is not understood of a text on any platform (C3, C4, C5, P3, P4, P5).
fn text_floors(text: &str) -> Floors {
    let mut floors = Floors::NONE;
    if hidden::in_name(text) {
        floors = floors.with(Floor::HiddenCharacters);
    }
    if MAX_REQUEST_BYTES < text.len() {
        floors = floors.with(Floor::TooLarge);
    }
    let another_home =
        text.starts_with('~') && !matches!(text.as_bytes().get(1), None | Some(b'/' | b'\\'));
    if text.is_empty() || text.starts_with('$') || another_home || has_percent_variable(text) {
        floors = floors.with(Floor::AmbiguousPath);
    }
    floors
}

/// Whether `%NAME%` stands in the text. Percent-encoded characters (`%20b%20`) are no names.
fn has_percent_variable(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some((name, _)) = after.split_once('%')
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.() ".contains(&b))
        {
            return true;
        }
        rest = after;
    }
    false
}
