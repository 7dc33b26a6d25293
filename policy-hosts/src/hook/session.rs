//! The marks of a session, kept between calls of the hook.
//!
//! Each call is a process of its own, and several may run at once. So a mark is a file of its own,
//! in a folder of the session: calls that run at once can only add, never lose what another added,
//! and no lock is needed.
//!
//! ```text
//!   DIR / hash of runtime and session id / hash of the mark:  the mark
//! ```
//!
//! What cannot be read is an error, and the caller refuses: a mark that got lost might loosen.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use policy_eval::Session;

use crate::runtime::Runtime;

/// Where the marks of one session are kept.
#[derive(Clone, Debug)]
pub struct SessionDir {
    folder: PathBuf,
}

/// Why marks could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The system said no.
    #[error("the session's marks cannot be kept in `{}`: {error}", folder.display())]
    Io {
        /// The folder of the session.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file that no hook wrote, or that is damaged.
    #[error("the session's marks in `{}` are damaged", folder.display())]
    Damaged {
        /// The folder of the session.
        folder: PathBuf,
    },
}

impl SessionDir {
    /// The place for a session of a runtime below a folder. Nothing is read or made yet.
    pub fn new(dir: &Path, runtime: Runtime, session: &str) -> SessionDir {
        let name = hash(&[runtime.name(), session]);
        SessionDir { folder: dir.join(name) }
    }

    /// The session as it was left.
    ///
    /// # Errors
    /// When a file cannot be read, or holds something else than the mark that it is named after.
    ///
    /// # Cost
    /// One listing, and one small file a mark.
    pub fn load(&self) -> Result<Session, SessionError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Session::new()),
            Err(error) => return Err(self.failed(error)),
        };
        let mut marks = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| self.failed(error))?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| self.damaged())?;
            // Another call is about to add it, and answers only when it did.
            if name.ends_with(UNDER_WAY) {
                continue;
            }
            let mark = fs::read_to_string(entry.path()).map_err(|error| self.failed(error))?;
            if hash(&[&mark]) != name {
                return Err(self.damaged());
            }
            marks.push(mark);
        }
        Ok(Session::with_marks(marks.iter().map(String::as_str)))
    }

    /// Adds marks.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn add<'m>(&self, marks: impl IntoIterator<Item = &'m str>) -> Result<(), SessionError> {
        for mark in marks {
            self.add_one(mark).map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn add_one(&self, mark: &str) -> io::Result<()> {
        let name = hash(&[mark]);
        let path = self.folder.join(&name);
        if path.exists() {
            return Ok(());
        }
        make_folder(&self.folder)?;
        // Whole or not at all: a half-written mark would read as damaged.
        let beside = self.folder.join(format!("{name}.{}{UNDER_WAY}", std::process::id()));
        let mut file = File::create(&beside)?;
        file.write_all(mark.as_bytes())?;
        drop(file);
        fs::rename(beside, path)
    }

    fn failed(&self, error: io::Error) -> SessionError {
        SessionError::Io { folder: self.folder.clone(), error }
    }

    fn damaged(&self) -> SessionError {
        SessionError::Damaged { folder: self.folder.clone() }
    }
}

/// How the name of a file ends that is still being written.
const UNDER_WAY: &str = ".new";

/// For its owner alone, where the system knows owners.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A name for a file that says nothing of what it was made from. Each text counts with its length,
/// so that two lists never run together to the same.
fn hash(texts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("policy-hosts-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn marks(dir: &SessionDir) -> Vec<String> {
        dir.load().unwrap().marks().map(str::to_owned).collect()
    }

    #[test]
    fn marks_stay_with_their_session() {
        let folder = folder("stay");
        let one = SessionDir::new(&folder, Runtime::Codex, "../../etc/x");
        let other = SessionDir::new(&folder, Runtime::Codex, "two");
        assert!(marks(&one).is_empty());
        one.add(["secret", "tainted"]).unwrap();
        one.add(["secret"]).unwrap();
        assert_eq!(marks(&one), ["secret", "tainted"]);
        assert!(marks(&other).is_empty());
        assert!(marks(&SessionDir::new(&folder, Runtime::Cursor, "../../etc/x")).is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn calls_that_run_at_once_lose_nothing() {
        let folder = folder("at-once");
        let names: Vec<String> = (0..8).map(|n| format!("mark {n}")).collect();
        std::thread::scope(|scope| {
            for name in &names {
                let dir = SessionDir::new(&folder, Runtime::Codex, "s");
                scope.spawn(move || dir.add([name.as_str()]).unwrap());
            }
        });
        assert_eq!(marks(&SessionDir::new(&folder, Runtime::Codex, "s")), names);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_was_changed_is_an_error() {
        let folder = folder("changed");
        let dir = SessionDir::new(&folder, Runtime::Codex, "s");
        dir.add(["secret"]).unwrap();
        let file = fs::read_dir(&dir.folder).unwrap().next().unwrap().unwrap().path();
        fs::write(&file, "").unwrap();
        assert!(matches!(dir.load(), Err(SessionError::Damaged { .. })));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(matches!(dir.load(), Err(SessionError::Io { .. })));
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "no folder").unwrap();
        assert!(dir.load().is_err() && dir.add(["x"]).is_err());
        fs::remove_file(folder).unwrap();
    }
}
