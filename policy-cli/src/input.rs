//! Reading: policy files and what they include, standard input, requests line by line.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy_eval::{MAX_LINE_BYTES, Policy};
use policy_lang::diagnostic::Level;
use policy_lang::model::Model;
use policy_lang::span::Source;
use policy_lang::{Failure, check, prove};

use crate::outcome::Stop;
use crate::revision::{self, Named, Repository};

/// The most bytes that are read of one file. What is larger is no policy, whatever it says.
const MOST_BYTES: u64 = 64 << 20;

/// Standard input as an argument.
const STDIN: &str = "-";

/// Whether an argument stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// A file, or standard input, as a source of policy text.
pub(crate) fn source(path: &Path) -> Result<Arc<Source>, Stop> {
    let text = text(path).map_err(Stop::unable)?;
    Ok(Source::new(name(path), text))
}

/// A file, a file of a git revision, or standard input.
fn source_or_revision(path: &Path, repository: &Repository) -> Result<Arc<Source>, Stop> {
    match path.to_str().and_then(revision::parse) {
        None => source(path),
        Some(named) => revision_source(named, repository)
            .map_err(|reason| Stop::Unable(format!("cannot read `{named}`: {reason}"))),
    }
}

fn revision_source(named: Named<'_>, repository: &Repository) -> Result<Arc<Source>, String> {
    let (path, bytes) = repository.read(named, MOST_BYTES)?;
    Ok(Source::new(format!("{}:{path}", named.revision), utf8(bytes)?))
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())
    })
}

/// What places and errors call a file.
pub(crate) fn name(path: &Path) -> Cow<'_, str> {
    if is_stdin(path) { Cow::Borrowed("<stdin>") } else { path.to_string_lossy() }
}

/// A policy that was read, checked and compiled.
pub(crate) struct Loaded {
    pub(crate) model: Model,
    pub(crate) policy: Policy,
}

/// Reads, checks and compiles a policy. Several files are its layers.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Loaded, Stop> {
    let model = model(paths)?;
    match policy_lang::compile::compile(&model) {
        Ok(policy) => Ok(Loaded { model, policy }),
        Err(error) => {
            let diagnostics = vec![error.finding()];
            Err(Stop::Invalid(Failure { sources: model.sources, diagnostics }))
        }
    }
}

/// The same, where `never` and `always` must not fail either.
pub(crate) fn load_proved(paths: &[PathBuf]) -> Result<Loaded, Stop> {
    let loaded = load(paths)?;
    let mut diagnostics = prove::findings(&loaded.model, &loaded.policy);
    diagnostics.retain(|finding| finding.level == Level::Error);
    if diagnostics.is_empty() {
        return Ok(loaded);
    }
    Err(Stop::Invalid(Failure { sources: loaded.model.sources, diagnostics }))
}

/// Reads and checks a policy.
pub(crate) fn model(paths: &[PathBuf]) -> Result<Model, Stop> {
    check_sources(sources(paths)?).map_err(Stop::Invalid)
}

/// The files of a policy.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Arc<Source>>, Stop> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let repository = Repository::default();
    paths.iter().map(|path| source_or_revision(path, &repository)).collect()
}

/// Checks sources, and reads what they include from files beside them; of a revision, from that
/// revision.
pub(crate) fn check_sources(sources: Vec<Arc<Source>>) -> Result<Model, Failure> {
    let includes = Includes::new(&sources);
    check::load(sources, &|path, from| includes.resolve(path, from))
}

/// Files that are included, each read once, however its path is spelt.
struct Includes {
    known: RefCell<HashMap<PathBuf, Arc<Source>>>,
    repository: Repository,
}

impl Includes {
    fn new(given: &[Arc<Source>]) -> Includes {
        let files = given.iter().filter(|source| revision::parse(&source.name).is_none());
        let known = files
            .filter_map(|source| {
                Some((Path::new(&source.name).canonicalize().ok()?, source.clone()))
            })
            .collect();
        Includes { known: RefCell::new(known), repository: Repository::default() }
    }

    fn resolve(&self, path: &str, from: &Source) -> Result<Arc<Source>, String> {
        if let Some(from) = revision::parse(&from.name) {
            let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = revision::join(folder, path).ok_or("it lies outside of the repository")?;
            return revision_source(Named { path: &path, ..from }, &self.repository);
        }
        let folder = Path::new(&from.name).parent().unwrap_or(Path::new(""));
        let path: PathBuf = folder.join(path).components().collect();
        let Ok(identity) = path.canonicalize() else { return Err("no such file".to_owned()) };
        if let Some(source) = self.known.borrow().get(&identity) {
            return Ok(Arc::clone(source));
        }
        let text = text(&path).map_err(|error| error.reason)?;
        let mut name = path.to_string_lossy().into_owned();
        if revision::parse(&name).is_some() {
            name.insert_str(0, "./");
        }
        let source = Source::new(name, text);
        self.known.borrow_mut().insert(identity, Arc::clone(&source));
        Ok(source)
    }
}

/// Why a file cannot be read as text.
#[derive(Debug)]
pub(crate) struct Unreadable {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read `{}`: {}", name(&self.path), self.reason)
    }
}

/// The text of a file, or of standard input.
pub(crate) fn text(path: &Path) -> Result<String, Unreadable> {
    let unreadable = |reason| Unreadable { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let mut reader = open(path).map_err(unreadable)?.take(MOST_BYTES + 1);
    reader.read_to_end(&mut bytes).map_err(|error| unreadable(reason(&error)))?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(unreadable(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    utf8(bytes).map_err(unreadable)
}

/// Opens a file, or standard input.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, String> {
    if is_stdin(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| reason(&error))?;
    if file.metadata().is_ok_and(|file| file.is_dir()) {
        return Err("it is a folder, not a file".to_owned());
    }
    Ok(Box::new(file))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Lines of a file, one at a time and never longer than a request may be.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    bytes: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Lines<R> {
        let reader = BufReader::with_capacity(64 << 10, reader);
        Lines { reader, bytes: Vec::new(), number: 0 }
    }

    /// Whether nothing is at hand, so that the next line may have to be waited for.
    pub(crate) fn would_wait(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end, where there is one. The error is a reason for people.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, String> {
        self.bytes.clear();
        // One byte more than the limit, and the line's end.
        let most = MAX_LINE_BYTES as u64 + 2;
        let mut limited = Read::take(&mut self.reader, most);
        let read = limited.read_until(b'\n', &mut self.bytes).map_err(|error| reason(&error))?;
        self.number += 1;
        if read == 0 {
            return Ok(None);
        }
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        }
        match std::str::from_utf8(&self.bytes) {
            // Some editors put a byte order mark at the beginning of a file.
            Ok(line) if self.number == 1 => Ok(Some(line.strip_prefix('\u{FEFF}').unwrap_or(line))),
            Ok(line) => Ok(Some(line)),
            // A character may be cut in two where the line is too long.
            Err(_) if MAX_LINE_BYTES < self.bytes.len() => {
                Err(format!("a request longer than {MAX_LINE_BYTES} bytes"))
            }
            Err(error) => Err(format!("not UTF-8 text (byte {})", error.valid_up_to())),
        }
    }
}
