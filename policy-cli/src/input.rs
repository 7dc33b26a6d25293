//! Reading: policy files and what they include, standard input, requests line by line.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy_eval::{MAX_LINE_BYTES, Policy, PublicKey, is_artifact};
use policy_lang::artifact::ArtifactError;
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

/// What a file, a file of a git revision, or standard input holds, and its name.
fn named_bytes(path: &Path, repository: &Repository) -> Result<(String, Vec<u8>), Stop> {
    match path.to_str().and_then(revision::parse) {
        None => Ok((name(path).into_owned(), bytes(path).map_err(Stop::unable)?)),
        Some(named) => {
            let read = repository.read(named, MOST_BYTES);
            let (path, bytes) = read.map_err(|reason| unreadable(&named, reason))?;
            Ok((format!("{}:{path}", named.revision), bytes))
        }
    }
}

fn unreadable(what: &dyn fmt::Display, reason: String) -> Stop {
    Stop::Unable(format!("cannot read `{what}`: {reason}"))
}

fn revision_source(named: Named<'_>, repository: &Repository) -> Result<Arc<Source>, String> {
    let (path, bytes) = repository.read(named, MOST_BYTES)?;
    Ok(Source::new(format!("{}:{path}", named.revision), utf8(bytes)?))
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    if is_artifact(&bytes) {
        return Err("it is a compiled policy, not text".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())
    })
}

/// What places and errors call a file.
pub(crate) fn name(path: &Path) -> Cow<'_, str> {
    if is_stdin(path) { Cow::Borrowed("<stdin>") } else { path.to_string_lossy() }
}

/// A policy that was read and checked, and compiled now or before.
pub(crate) struct Loaded {
    pub(crate) model: Model,
    pub(crate) policy: Policy,
}

/// What the files of a policy are.
enum Given {
    /// Texts of one or more layers.
    Texts(Vec<Arc<Source>>),
    /// A policy that was compiled before.
    Artifact(Policy),
}

/// Reads a policy: checks and compiles texts, which are its layers, or loads an artifact.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Loaded, Stop> {
    match given(paths)? {
        Given::Texts(sources) => {
            let model = check_sources(sources).map_err(Stop::Invalid)?;
            let policy = compile(&model)?;
            Ok(Loaded { model, policy })
        }
        Given::Artifact(policy) => Ok(Loaded { model: model_of(&policy)?, policy }),
    }
}

/// A policy to decide with. An artifact is taken as it is: its texts were checked when it was made.
pub(crate) fn policy(paths: &[PathBuf]) -> Result<Policy, Stop> {
    match given(paths)? {
        Given::Texts(sources) => compile(&check_sources(sources).map_err(Stop::Invalid)?),
        Given::Artifact(policy) => Ok(policy),
    }
}

/// A compiled policy that the holder of a key signed. Text is none, and neither are several files.
pub(crate) fn signed_policy(paths: &[PathBuf], key: &Path) -> Result<Policy, Stop> {
    let [path] = paths else {
        return Err(Stop::Unable(
            "only one compiled policy has a signature, and several files were given".into(),
        ));
    };
    let key = public_key(key)?;
    let bytes = bytes(path).map_err(Stop::unable)?;
    Policy::load_signed(bytes, &key)
        .map_err(|error| Stop::Unable(format!("cannot use `{}`: {error}", name(path))))
}

/// A public key, as `openssl pkey -pubout` writes one.
pub(crate) fn public_key(path: &Path) -> Result<PublicKey, Stop> {
    let text = text(path).map_err(Stop::unable)?;
    PublicKey::from_text(&text)
        .map_err(|error| Stop::Unable(format!("cannot use `{}`: {error}", path.display())))
}

/// Whether the files are one artifact that lies on a disk, which loads in no time.
pub(crate) fn is_artifact_file(paths: &[PathBuf]) -> bool {
    let [path] = paths else { return false };
    // Only a file: to open a pipe may wait for whoever writes.
    if !std::fs::metadata(path).is_ok_and(|file| file.is_file()) {
        return false;
    }
    let mut label = [0; 32];
    let read = File::open(path).and_then(|mut file| file.read(&mut label));
    read.is_ok_and(|read| is_artifact(&label[..read]))
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

/// Compiles a checked policy.
pub(crate) fn compile(model: &Model) -> Result<Policy, Stop> {
    policy_lang::compile::compile(model).map_err(|error| {
        let diagnostics = vec![error.finding()];
        Stop::Invalid(Failure { sources: model.sources.clone(), diagnostics })
    })
}

/// Reads and checks a policy.
pub(crate) fn model(paths: &[PathBuf]) -> Result<Model, Stop> {
    match given(paths)? {
        Given::Texts(sources) => check_sources(sources).map_err(Stop::Invalid),
        Given::Artifact(policy) => model_of(&policy),
    }
}

/// The files of a policy, where they are texts.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Arc<Source>>, Stop> {
    match given(paths)? {
        Given::Texts(sources) => Ok(sources),
        Given::Artifact(_) => {
            let name = paths.first().map(|path| name(path)).unwrap_or_default();
            Err(unreadable(&name, "it is a compiled policy, not text".to_owned()))
        }
    }
}

/// Loads an artifact.
pub(crate) fn artifact(path: &Path) -> Result<(Policy, Vec<u8>), Stop> {
    let (name, bytes) = named_bytes(path, &Repository::default())?;
    let policy = Policy::load(bytes.clone()).map_err(|error| unloadable(&name, &error))?;
    Ok((policy, bytes))
}

fn unloadable(name: &str, error: &dyn fmt::Display) -> Stop {
    Stop::Unable(format!("cannot load `{name}`: {error}"))
}

fn given(paths: &[PathBuf]) -> Result<Given, Stop> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let repository = Repository::default();
    let mut sources = Vec::with_capacity(paths.len());
    for path in paths {
        let (name, bytes) = named_bytes(path, &repository)?;
        if is_artifact(&bytes) {
            if 1 < paths.len() {
                return Err(Stop::Usage(format!(
                    "`{name}` is a compiled policy: it holds all its layers, so it stands alone"
                )));
            }
            let policy = Policy::load(bytes).map_err(|error| unloadable(&name, &error))?;
            return Ok(Given::Artifact(policy));
        }
        let text = utf8(bytes).map_err(|reason| unreadable(&name, reason))?;
        sources.push(Source::new(name, text));
    }
    Ok(Given::Texts(sources))
}

/// The checked policy that an artifact was made from.
fn model_of(policy: &Policy) -> Result<Model, Stop> {
    policy_lang::artifact::model(policy).map_err(|error| match error {
        ArtifactError::Invalid(failure) => Stop::Invalid(failure),
        error => Stop::unable(error),
    })
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
    utf8(bytes(path)?).map_err(|reason| Unreadable { path: path.to_owned(), reason })
}

/// What a file holds, or standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let unreadable = |reason| Unreadable { path: path.to_owned(), reason };
    // As much room as it will take, so that a large artifact is read in one go.
    let length = std::fs::metadata(path).map_or(0, |file| file.len().min(MOST_BYTES));
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_or(0, |length| length + 1));
    let mut reader = open(path).map_err(unreadable)?.take(MOST_BYTES + 1);
    reader.read_to_end(&mut bytes).map_err(|error| unreadable(reason(&error)))?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(unreadable(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(bytes)
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

/// Why reading failed, for people.
pub(crate) fn reason(error: &io::Error) -> String {
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
