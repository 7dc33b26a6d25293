//! Files of a git revision: `main:policies/agents.policy`.
//!
//! git is asked for objects and nothing else: a revision is resolved to a tree once, a path is
//! looked up in that tree, a blob is read by its name. No shell is involved, no argument that
//! somebody wrote is where an option could stand, and no filter or program of the repository's
//! configuration runs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::process::{Command, Stdio};

/// A file of a revision, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<'n> {
    /// What git resolves.
    pub(crate) revision: &'n str,
    /// From the top of the repository; from the current folder where it begins with `./` or `../`.
    pub(crate) path: &'n str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.revision, self.path)
    }
}

/// Whether a name is that of a file of a revision.
///
/// It is wherever a colon stands in it, so that no file that somebody puts into a repository is
/// taken for a revision. A file with a colon in its name is written `./a:b`. A letter and a colon
/// before a slash are a drive of Windows; there, before anything.
pub(crate) fn parse(name: &str) -> Option<Named<'_>> {
    if name.starts_with(['/', '\\']) || name.starts_with("./") || name.starts_with("../") {
        return None;
    }
    let (revision, path) = name.split_at(colon(name)?);
    let path = &path[1..];
    let is_letter = revision.len() == 1 && revision.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_letter && (cfg!(windows) || path.starts_with(['/', '\\'])) {
        return None;
    }
    Some(Named { revision, path })
}

/// The first colon outside of braces: `HEAD@{10:00}:a.policy`.
fn colon(name: &str) -> Option<usize> {
    let mut depth = 0u32;
    for (at, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The repository around the current folder, and what was asked of it.
#[derive(Default)]
pub(crate) struct Repository {
    trees: RefCell<HashMap<String, String>>,
}

impl Repository {
    /// The path of a file from the top of the repository, and its bytes. The error is a reason for
    /// people.
    pub(crate) fn read(&self, file: Named<'_>, most: u64) -> Result<(String, Vec<u8>), String> {
        let tree = self.tree(file.revision)?;
        let path = path_from_top(file.path)?;
        let blob = blob(&tree, &path, file, most)?;
        Ok((path, git(&["cat-file", "blob", &blob]).and_then(Answer::output)?))
    }

    /// The tree that a revision names.
    fn tree(&self, revision: &str) -> Result<String, String> {
        if let Some(tree) = self.trees.borrow().get(revision) {
            return Ok(tree.clone());
        }
        if revision.is_empty() {
            return Err("no revision stands before the colon".to_owned());
        }
        // No revision begins so; an option would.
        if revision.starts_with('-') {
            return Err(format!("`{revision}` is no revision"));
        }
        let answer = git(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{tree}}")])?;
        if answer.code == Some(1) {
            return Err(format!(
                "git knows no revision `{revision}` here (a shallow clone may lack it)"
            ));
        }
        let tree = answer.line()?;
        self.trees.borrow_mut().insert(revision.to_owned(), tree.clone());
        Ok(tree)
    }
}

/// A path from the top of the repository without `.` and `..`.
fn path_from_top(path: &str) -> Result<String, String> {
    let is_from_here = path.starts_with("./") || path.starts_with("../");
    let prefix = match is_from_here {
        true => git(&["rev-parse", "--show-prefix"])?.line()?,
        false => String::new(),
    };
    join(&prefix, path).ok_or_else(|| "the path leaves the repository".to_owned())
}

/// A path below a folder, both from the top of the repository; `None` where it leaves it.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let below = folder.split('/').chain(path.split('/'));
    for part in below.filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The blob of a file in a tree.
fn blob(tree: &str, path: &str, file: Named<'_>, most: u64) -> Result<String, String> {
    let listed = git(&["ls-tree", "-z", "--long", "--full-tree", tree, "--", path])?.output()?;
    let listed = String::from_utf8_lossy(&listed);
    let entry = listed.split('\0').find_map(|line| {
        let (facts, name) = line.split_once('\t')?;
        (name == path).then(|| facts.split_ascii_whitespace().collect::<Vec<_>>())
    });
    let Some([mode, kind, blob, size]) = entry.as_deref() else {
        let nothing = format!("no such file in `{}`", file.revision);
        return Err(match file.path.starts_with('.') {
            true => nothing,
            false => format!(
                "{nothing}; paths count from the top of the repository, and `{}:./{}` from here",
                file.revision, file.path
            ),
        });
    };
    match (*mode, *kind) {
        ("120000", _) => Err("it is a symbolic link; name what it leads to".to_owned()),
        (_, "blob") if size.parse().is_ok_and(|size: u64| size <= most) => Ok((*blob).to_owned()),
        (_, "blob") => Err(format!("it has more than {} MiB", most >> 20)),
        (_, "tree") => Err("it is a folder, not a file".to_owned()),
        _ => Err("it is no file".to_owned()),
    }
}

/// What git said.
struct Answer {
    code: Option<i32>,
    out: Vec<u8>,
    error: String,
}

impl Answer {
    fn output(self) -> Result<Vec<u8>, String> {
        match self.code {
            Some(0) => Ok(self.out),
            _ => {
                let line = self.error.lines().next().unwrap_or("it ended without a word");
                Err(format!("git: {}", line.trim_start_matches("fatal: ")))
            }
        }
    }

    fn line(self) -> Result<String, String> {
        let out = self.output()?;
        Ok(String::from_utf8_lossy(&out).trim_end_matches(['\n', '\r']).to_owned())
    }
}

fn git(arguments: &[&str]) -> Result<Answer, String> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(Stdio::null());
    // Paths are paths: no pattern. And nobody is asked for a password.
    command.env("GIT_LITERAL_PATHSPECS", "1").env("GIT_TERMINAL_PROMPT", "0");
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "it is a file of a git revision, and there is no program `git`".to_owned()
        }
        _ => format!("git does not run: {error}"),
    })?;
    Ok(Answer {
        code: output.status.code(),
        out: output.stdout,
        error: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_makes_a_revision_and_a_path_does_not() {
        for (name, expected) in [
            ("main:agents.policy", Some(("main", "agents.policy"))),
            ("origin/main:./a.policy", Some(("origin/main", "./a.policy"))),
            ("HEAD@{10:00}:a.policy", Some(("HEAD@{10:00}", "a.policy"))),
            ("v1:a:b", Some(("v1", "a:b"))),
            ("-x:a", Some(("-x", "a"))),
            (":a", Some(("", "a"))),
            ("agents.policy", None),
            ("./main:agents.policy", None),
            ("../a:b", None),
            ("/a:b", None),
            ("C:/agents.policy", None),
            (r"C:\agents.policy", None),
            ("-", None),
        ] {
            let named = parse(name).map(|named| (named.revision, named.path));
            assert_eq!(named, expected, "{name}");
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        assert_eq!(join("a/b/", "../c.policy").as_deref(), Some("a/c.policy"));
        assert_eq!(join("", "./x//y").as_deref(), Some("x/y"));
        assert_eq!(join("a", "../../x"), None);
    }
}
