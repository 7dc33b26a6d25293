//! Files that were touched, as patterns: a folder below the workspace where several files in it were.

use std::collections::BTreeMap;

use policy_hosts::import::quote;

use super::commands::Pattern;

/// A path: the root that it lies under, as patterns write it, and the components below.
pub(super) type Place = (&'static str, Vec<String>);

/// The root of the projects, as patterns write it.
pub(super) const WORKSPACE: &str = "$workspace";

/// Names behind which nothing is generalised, wherever they stand: keys, environments, and what
/// programs run. Learned rules for folders leave them out.
pub(super) const NAMED_APART: &str = r#"
paths named_apart = i"$workspace/**/.*/**", i"$workspace/**/id_*/**",
  i"$workspace/**/*.{pem,key,p12,pfx,jks,keystore,tfstate}/**",
  i"$workspace/**/*{secret,credential,password}*/**"
"#;

/// Whether [`NAMED_APART`] names something of a path.
fn is_named_apart(components: &[String]) -> bool {
    const ENDS: [&str; 7] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".tfstate"];
    const PARTS: [&str; 3] = ["secret", "credential", "password"];
    components.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        name.starts_with('.')
            || name.starts_with("id_")
            || ENDS.iter().any(|end| name.ends_with(end))
            || PARTS.iter().any(|part| name.contains(part))
    })
}

/// The place of a canonical path, under the innermost root that has a place of its own here.
pub(super) fn place(path: &str, roots: &[(&str, &str)]) -> Place {
    const ROOTS: [(&str, &str); 3] = [("workspace", WORKSPACE), ("tmp", "$tmp"), ("home", "~")];
    let mut best: Option<(usize, &'static str, &str)> = None;
    for (name, written) in ROOTS {
        let mut bound = roots.iter().filter(|(root, _)| *root == name).map(|(_, folder)| *folder);
        // Of several bindings the strictest answer counts, so a rule under such a root may not help.
        let (Some(folder), None) = (bound.next(), bound.next()) else { continue };
        let Some(rest) = path.strip_prefix(folder) else { continue };
        let is_below = rest.is_empty() || rest.starts_with('/');
        if folder != "/" && is_below && best.is_none_or(|(length, ..)| length < folder.len()) {
            best = Some((folder.len(), written, rest));
        }
    }
    let (root, rest) = best.map_or(("", path), |(_, root, rest)| (root, rest));
    let names = rest.split('/').filter(|name| !name.is_empty());
    (root, names.map(str::to_owned).collect())
}

/// A place as a pattern, without quotes.
pub(super) fn written((root, components): &Place) -> String {
    let mut text = (*root).to_owned();
    for (component, at) in components.iter().zip(0..) {
        // A drive stands where a path begins.
        if !(at == 0 && root.is_empty() && component.ends_with(':')) {
            text.push('/');
        }
        text += &quote::component(component);
    }
    let is_drive = components.len() == 1 && text.ends_with(':');
    if text.is_empty() || is_drive {
        text.push('/');
    }
    text
}

/// The patterns of the places.
pub(super) fn patterns(places: &BTreeMap<Place, u64>, threshold: u64) -> Vec<Pattern> {
    let mut folders: BTreeMap<&str, Vec<(&Place, u64)>> = BTreeMap::new();
    let mut found = Vec::new();
    for (place, &count) in places {
        match place {
            (WORKSPACE, components) if 1 < components.len() && !is_named_apart(components) => {
                folders.entry(&components[0]).or_default().push((place, count));
            }
            _ => found.push(exact(place, count)),
        }
    }
    for seen in folders.into_values() {
        if (seen.len() as u64) < threshold {
            found.extend(seen.iter().map(|(place, count)| exact(place, *count)));
            continue;
        }
        // The innermost folder that holds them all.
        let mut common: &[String] = parent(&seen[0].0.1);
        for ((_, components), _) in &seen {
            let alike =
                common.iter().zip(parent(components)).take_while(|(one, other)| one == other);
            common = &common[..alike.count()];
        }
        let folder = written(&(WORKSPACE, common.to_vec()));
        // A folder's pattern covers the folder itself.
        let itself = quote::literal(&folder);
        found.retain(|pattern: &Pattern| pattern.text != itself);
        found.push(Pattern {
            text: quote::literal(&format!("{folder}/**")),
            is_general: true,
            count: seen.iter().map(|(_, count)| count).sum(),
            different: seen.len(),
        });
    }
    found.sort_by(|one, other| (other.is_general, &one.text).cmp(&(one.is_general, &other.text)));
    found
}

fn parent(components: &[String]) -> &[String] {
    components.split_last().map_or(&[], |(_, parent)| parent)
}

fn exact(place: &Place, count: u64) -> Pattern {
    let text = quote::literal(&written(place));
    Pattern { text, is_general: false, count, different: 1 }
}
