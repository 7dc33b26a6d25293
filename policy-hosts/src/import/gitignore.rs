//! Path patterns as `.gitignore` has them, with the anchors of permission rules.

use policy_eval::Tier;

/// What a pattern is relative to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchors {
    /// Of a pattern that begins with one `/`.
    pub(crate) slash: &'static str,
    /// A folder of one name with `/**` behind it is meant at any depth where it restricts.
    pub(crate) single_folder_anywhere: bool,
}

/// The pattern as ours, or what is wrong with it.
pub(crate) fn gitignore(text: &str, tier: Tier, anchors: Anchors) -> Result<String, String> {
    if text.contains('\\') {
        return Err("a `\\` in a path has no meaning that is documented".to_owned());
    }
    if text.starts_with('!') {
        return Err("a pattern that takes back another one is no rule".to_owned());
    }
    let (base, rest, is_anchored) = if let Some(rest) = text.strip_prefix("//") {
        ("", rest, true)
    } else if let Some(rest) = text.strip_prefix("~/") {
        ("~", rest, true)
    } else if text == "~" {
        ("~", "", true)
    } else if let Some(rest) = text.strip_prefix('/') {
        (anchors.slash, rest, true)
    } else if let Some(rest) = text.strip_prefix("./") {
        ("$workspace", rest, true)
    } else {
        ("$workspace", text, false)
    };
    let rest = rest.trim_end_matches('/');
    let mut components = Vec::new();
    for component in rest.split('/').filter(|component| !component.is_empty()) {
        match component {
            "." => {}
            ".." => return Err("`..` in a pattern is no file".to_owned()),
            other => components.push(self::component(other)?),
        }
    }
    let is_folder = matches!(&components[..], [folder, all] if all == "**" && folder != "**");
    let restricts = tier > Tier::Allow;
    let at_any_depth = !is_anchored
        && (components.len() == 1 || (is_folder && restricts && anchors.single_folder_anywhere));
    if at_any_depth && components.first().is_some_and(|first| first != "**") {
        components.insert(0, "**".to_owned());
    }
    // A folder stands for all that is in it.
    if components.last().is_none_or(|last| last != "**") {
        components.push("**".to_owned());
    }
    components.dedup_by(|a, b| a == "**" && b == "**");
    Ok(format!("{base}/{}", components.join("/")))
}

/// One component: `*`, `?` and classes as they are, all else for itself.
fn component(text: &str) -> Result<String, String> {
    if text == "**" {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' if out.ends_with('*') => {}
            '*' | '?' => out.push(c),
            '[' => {
                let mut class = String::new();
                loop {
                    match rest.next() {
                        Some(']') if !class.is_empty() && class != "!" => break,
                        Some('^') if class.is_empty() => class.push('!'),
                        Some(c) => class.push(c),
                        None => return Err("a `[` is not closed".to_owned()),
                    }
                }
                out.push_str(&format!("[{class}]"));
            }
            '{' | '}' | '<' | '>' | ',' | '$' | '~' => out.extend(['[', c, ']']),
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored_as_the_runtime_does() {
        let anchors = Anchors { slash: "$workspace", single_folder_anywhere: true };
        for (text, tier, expected) in [
            (".env", Tier::Deny, "$workspace/**/.env/**"),
            ("./.env", Tier::Deny, "$workspace/.env/**"),
            ("**/.env", Tier::Deny, "$workspace/**/.env/**"),
            ("/secrets/**", Tier::Deny, "$workspace/secrets/**"),
            ("//etc/passwd", Tier::Deny, "/etc/passwd/**"),
            ("~/.ssh/**", Tier::Deny, "~/.ssh/**"),
            ("src/**", Tier::Allow, "$workspace/src/**"),
            ("src/**", Tier::Deny, "$workspace/**/src/**"),
            ("src/a/**", Tier::Deny, "$workspace/src/a/**"),
            ("**", Tier::Deny, "$workspace/**"),
            ("*.p{em}", Tier::Deny, "$workspace/**/*.p[{]em[}]/**"),
            ("a[^b]", Tier::Deny, "$workspace/**/a[!b]/**"),
        ] {
            assert_eq!(gitignore(text, tier, anchors).as_deref(), Ok(expected), "{text}");
        }
        assert!(gitignore("../x", Tier::Deny, anchors).is_err());
        assert!(gitignore("a[b", Tier::Deny, anchors).is_err());
    }
}
