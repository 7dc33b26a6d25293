//! Folders to read and folders to write, as an enforcer with its own limits can have them.

use policy_lang::diagnostic::Diagnostic;

use super::bounds::{Bounds, Files, Place, Said, What, stricter};

/// What an enforcer can leave out of a folder that it opens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Able {
    /// A path that is no folder can be opened by itself.
    pub(super) files: bool,
    /// Places can be left out.
    pub(super) places: bool,
    /// Patterns, for what can be read.
    pub(super) read_patterns: bool,
    /// Patterns, for what can be written.
    pub(super) write_patterns: bool,
}

/// What is opened and what is left out of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    pub(super) open: Vec<Place>,
    pub(super) closed: Vec<What>,
}

impl Access {
    /// Whether everything is open but for what is closed.
    pub(super) fn is_open(&self) -> bool {
        self.open.iter().any(|place| place.path.is_empty())
    }
}

/// What may be read.
pub(super) fn reading(bounds: &Bounds, able: Able, findings: &mut Vec<Diagnostic>) -> Access {
    access(&[&bounds.read], able, able.read_patterns, "read", findings)
}

/// What may be written. Who writes reads and deletes as well, as enforcers see it.
pub(super) fn writing(bounds: &Bounds, able: Able, findings: &mut Vec<Diagnostic>) -> Access {
    let all = [&bounds.write, &bounds.delete, &bounds.read];
    access(&all, able, able.write_patterns, "written", findings)
}

fn access(
    all: &[&Files],
    able: Able,
    patterns: bool,
    verb: &str,
    findings: &mut Vec<Diagnostic>,
) -> Access {
    let mut wanted: Vec<(Place, Option<&Said<Place>>)> = Vec::new();
    if all.iter().all(|files| files.open) {
        wanted.push((Place::everything(), None));
    }
    let grants = all.iter().flat_map(|files| &files.grants);
    wanted.extend(grants.map(|grant| (grant.what.clone(), Some(grant))));
    let closed: Vec<&Said<What>> = all.iter().flat_map(|files| &files.closed).collect();
    let mut access = Access::default();
    for (place, grant) in wanted {
        if let Some(missing) = all.iter().position(|files| !files.grants(&place)) {
            // Only what was meant to be written is worth a word.
            let is_meant =
                grant.is_some_and(|grant| all[0].grants.iter().any(|own| std::ptr::eq(own, grant)));
            if let Some(grant) = grant.filter(|_| is_meant && 0 < missing) {
                let what = format!(
                    "`{}` opens `{}`, which cannot be {verb} alone: {} is not allowed there",
                    grant.rule,
                    place.shown(),
                    if missing == 1 { "deleting" } else { "reading" },
                );
                let help = "allow `read`, `write` and `delete` together";
                findings.push(stricter(grant.at, what, help));
            }
            continue;
        }
        if let Some(grant) = grant.filter(|_| !able.files && !place.below) {
            let what = format!(
                "`{}` opens `{}`, which would open all below it where it is a folder",
                grant.rule,
                place.shown(),
            );
            findings.push(stricter(grant.at, what, "a folder is opened as `FOLDER/**`"));
            continue;
        }
        let shut = closed.iter().find(|closed| match &closed.what {
            What::Place(one) => one.contains(&place) || (!able.places && one.meets(&place)),
            What::Pattern { folder, .. } => !patterns && folder.meets(&place),
        });
        if let Some(shut) = shut {
            let is_inside = !matches!(&shut.what, What::Place(one) if one.contains(&place));
            if is_inside {
                let what = format!(
                    "`{}` cannot be left out of `{}`, which is therefore not {verb}",
                    shut.rule,
                    place.shown(),
                );
                findings.push(stricter(shut.at, what, ""));
            }
            continue;
        }
        if !access.open.iter().any(|open| open.contains(&place)) {
            access.open.retain(|open| !place.contains(open));
            access.open.push(place);
        }
    }
    access.open.sort();
    for one in closed {
        let matters = access.open.iter().any(|open| open.meets(one.what.hull()));
        if matters && !access.closed.contains(&one.what) {
            access.closed.push(one.what.clone());
        }
    }
    access
}
