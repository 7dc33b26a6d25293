//! A log in which a change shows: JSON Lines, each bound to the one before, and signed heads.
//!
//! ```text
//!   {"seq":0,"prev":"000…","log":{…},           "hash":"a1…"}      the beginning
//!   {"seq":1,"prev":"a1…", "record":{…},        "hash":"b2…"}      a decision record
//!   {"seq":2,"prev":"b2…", "head":{…signature…},"hash":"c3…"}      a signed head
//!   {"seq":3,"prev":"c3…", "rec                                    cut: the machine went down
//!   {"seq":3,"prev":"c3…", "cut":{…},           "hash":"d4…"}      says what was cut
//! ```
//!
//! `hash` is a BLAKE3 hash over the bytes of the line that stand before it, so it covers `prev` and
//! with it every line before. Whoever can write the file can make a new chain; a *head* is signed
//! with a key that they do not have, and fixes how many lines there were and what they said.
//!
//! [`Log`] appends, also from many processes at once. [`verify`] finds the first line that was
//! changed. What neither can know is in `docs/log.md`.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use policy_eval::json::{Json, write_string};
use policy_eval::record::{Record, Time};
use policy_eval::{PublicKey, SecretKey};

/// The version in the first line of a log.
const VERSION: i64 = 1;
/// What is hashed begins with this.
const PURPOSE: &[u8] = b"policy log line, version 1\0";
/// What a head's signature is for.
const HEAD_PURPOSE: &str = "policy log head, version 1";
/// What the first line has in place of the hash of one before.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The longest line that is read.
const MOST_LINE: u64 = 64 << 20;
/// After so many lines comes a signed head, where there is a key.
pub const HEADS_EVERY: u64 = 64;

// ---- Lines ----------------------------------------------------------------------------------

/// What a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Log,
    Record,
    Head,
    Cut,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Log, Kind::Record, Kind::Head, Kind::Cut];

    const fn name(self) -> &'static str {
        match self {
            Kind::Log => "log",
            Kind::Record => "record",
            Kind::Head => "head",
            Kind::Cut => "cut",
        }
    }
}

/// A line, taken apart; its hash fits it.
#[derive(Clone, Copy, Debug)]
struct Line<'l> {
    seq: u64,
    prev: &'l str,
    kind: Kind,
    payload: &'l str,
    hash: &'l str,
}

impl<'l> Line<'l> {
    fn read(bytes: &'l [u8]) -> Option<Line<'l>> {
        let (line, body) = Line::split(bytes)?;
        (hash(body.as_bytes()) == line.hash).then_some(line)
    }

    /// The parts of a line whose hash is not looked at, and what the hash is over.
    fn split(bytes: &'l [u8]) -> Option<(Line<'l>, &'l str)> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (body, hash) = text.strip_suffix("\"}")?.rsplit_once(",\"hash\":\"")?;
        let rest = body.strip_prefix("{\"seq\":")?;
        let (seq, rest) = rest.split_once(",\"prev\":\"")?;
        let (prev, rest) = rest.split_at_checked(64)?;
        let rest = rest.strip_prefix("\",\"")?;
        let (kind, payload) = rest.split_once("\":")?;
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
        if !is_hash(prev) || !is_hash(hash) || seq.len() > 20 {
            return None;
        }
        // Numbers have one spelling, so that a line has.
        let number = seq.parse::<u64>().ok().filter(|number| number.to_string() == seq)?;
        Some((Line { seq: number, prev, kind, payload, hash }, body))
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn hash(body: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(PURPOSE);
    hasher.update(body);
    hasher.finalize().to_hex().to_string()
}

/// The record in a line of a log; none where the line holds something else. The chain is not looked
/// at: that is what [`verify`] is for.
///
/// ```
/// let line = r#"{"seq":1,"prev":"0000000000000000000000000000000000000000000000000000000000000000","record":{"kind":"result"},"hash":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
/// assert_eq!(policy_log::chain::record_in(line), Some(r#"{"kind":"result"}"#));
/// ```
pub fn record_in(line: &str) -> Option<&str> {
    let (line, _) = Line::split(line.trim_end_matches(['\n', '\r']).as_bytes())?;
    (line.kind == Kind::Record).then_some(line.payload)
}

/// What a head signs: how many lines there are before it, what they say, and when.
fn head_message(seq: u64, prev: &str, time: &str) -> String {
    format!("seq {seq}\nprev {prev}\ntime {time}\n")
}

// ---- Appending ------------------------------------------------------------------------------

/// A log that is appended to.
///
/// ```
/// use policy_eval::record::{Recorder, ResultOutcome, ResultRecord, Time};
/// use policy_log::chain::{Checks, Log, verify};
/// # let folder = std::env::temp_dir().join(format!("policy-log-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("decisions.jsonl");
/// let now = Time::from_unix_nanos(1_795_515_300_000_000_000);
/// let result = ResultRecord { outcome: ResultOutcome::Done, exit_code: Some(0), duration_ms: None };
/// let record = Recorder::default().result(now, "blake3:00", result);
/// Log::open(&path)?.append(now, &[record])?;
///
/// let report = verify(std::fs::read(&path)?.as_slice(), &Checks::default())?;
/// assert_eq!((report.records, report.problem), (1, None));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Log {
    file: File,
    key: Option<SecretKey>,
    every: u64,
    wait: Duration,
}

/// What became of an [`Log::append`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The number of the last line.
    pub seq: u64,
    /// The hash of the last line. Kept elsewhere, it shows later that the log was not cut off:
    /// [`Checks::remembered`].
    pub hash: String,
    /// How many bytes of a line that was cut off were found at the end. A line names them now.
    pub cut: Option<u64>,
}

/// Why nothing was appended.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be read or written.
    Io(io::Error),
    /// Others hold the lock.
    Busy,
    /// The last line is no line of a log, or its hash does not fit: the file is another one, or it
    /// was changed.
    Broken,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Io(error) => write!(f, "{error}"),
            LogError::Busy => f.write_str("others keep it locked"),
            LogError::Broken => {
                f.write_str("its last line is no line of a log, or was changed; nothing is added")
            }
        }
    }
}

impl std::error::Error for LogError {}

impl From<io::Error> for LogError {
    fn from(error: io::Error) -> LogError {
        LogError::Io(error)
    }
}

impl Log {
    /// The log in a file, which is made where there is none; on Unix for its owner alone.
    ///
    /// # Errors
    /// When the file cannot be opened for reading and appending.
    pub fn open(path: impl AsRef<Path>) -> Result<Log, LogError> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Log { file, key: None, every: HEADS_EVERY, wait: Duration::from_secs(5) })
    }

    /// Signs a head after every so many lines; never where that is 0, but by [`Log::sign`].
    #[must_use]
    pub fn with_key(self, key: SecretKey, every: u64) -> Log {
        Log { key: Some(key), every, ..self }
    }

    /// How long others may hold the lock: five seconds, where nothing is said.
    #[must_use]
    pub fn with_wait(self, wait: Duration) -> Log {
        Log { wait, ..self }
    }

    /// Adds records, all of them or none, and a signed head where one is due.
    ///
    /// The time is that of the first line, of heads and of lines that name a cut. Nothing waits for
    /// the disk but a head, so a crash of the machine may lose lines behind the last one.
    ///
    /// # Errors
    /// When the file cannot be locked in time, read or written, and when its last line is broken.
    ///
    /// # Cost
    /// One lock, one read of the last 64 KiB or of the last line, one write.
    pub fn append(&mut self, now: Time, records: &[Record]) -> Result<Appended, LogError> {
        let payloads: Vec<String> = records.iter().map(Record::to_json).collect();
        self.locked(|log| log.write(now, &payloads, false))
    }

    /// Adds a signed head at once: at the end of a session, or before the file is put away.
    ///
    /// # Errors
    /// As [`Log::append`], and when there is no key.
    pub fn sign(&mut self, now: Time) -> Result<Appended, LogError> {
        if self.key.is_none() {
            return Err(LogError::Io(io::Error::new(
                io::ErrorKind::InvalidInput,
                "there is no key",
            )));
        }
        self.locked(|log| log.write(now, &[], true))
    }

    fn locked<T>(
        &mut self,
        work: impl FnOnce(&mut Log) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let started = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if self.wait <= started.elapsed() => {
                    return Err(LogError::Busy);
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        let done = work(self);
        let _ = self.file.unlock();
        done
    }

    fn write(
        &mut self,
        now: Time,
        records: &[String],
        must_sign: bool,
    ) -> Result<Appended, LogError> {
        let tail = self.tail()?;
        let mut lines = Lines { out: String::new(), next: 0, prev: NO_HASH.to_owned() };
        let time = now.to_string();
        if let Some((seq, hash)) = tail.last {
            (lines.next, lines.prev) = (seq + 1, hash);
        }
        if tail.is_unended {
            lines.out.push('\n');
        }
        let cut = (!tail.cut.is_empty()).then_some(tail.cut.len() as u64);
        if let Some(bytes) = cut {
            // What is left of the line stays, and ends here.
            lines.out.push('\n');
            let hash = blake3::hash(&tail.cut).to_hex();
            if lines.next != 0 {
                lines.add(
                    Kind::Cut,
                    &format!(r#"{{"time":"{time}","bytes":{bytes},"hash":"{hash}"}}"#),
                );
            }
        }
        if lines.next == 0 {
            if cut.is_some() {
                return Err(LogError::Broken);
            }
            let process = std::process::id();
            let every = if self.key.is_some() { self.every } else { 0 };
            lines.add(
                Kind::Log,
                &format!(
                    r#"{{"version":{VERSION},"time":"{time}","process":{process},"heads_every":{every}}}"#
                ),
            );
        }
        let mut is_signed = false;
        for record in records {
            lines.add(Kind::Record, record);
            is_signed |= self.head(&mut lines, &time, false);
        }
        if must_sign {
            is_signed |= self.head(&mut lines, &time, true);
        }
        if let Err(error) = self.file.write_all(lines.out.as_bytes()) {
            // Half a line would be a cut that nothing caused.
            let _ = self.file.set_len(tail.length);
            return Err(error.into());
        }
        if is_signed {
            self.file.sync_data()?;
        }
        Ok(Appended { seq: lines.next - 1, hash: lines.prev, cut })
    }

    fn head(&self, lines: &mut Lines, time: &str, must: bool) -> bool {
        let Some(key) = &self.key else { return false };
        if !must && (self.every == 0 || !lines.next.is_multiple_of(self.every)) {
            return false;
        }
        let message = head_message(lines.next, &lines.prev, time);
        let signature = key.sign_message(HEAD_PURPOSE, message.as_bytes());
        let public = key.public().to_text();
        let payload = format!(r#"{{"time":"{time}","key":"{public}","signature":"{signature}"}}"#);
        lines.add(Kind::Head, &payload);
        true
    }

    /// The end of the file: the last whole line, and what is behind it.
    fn tail(&mut self) -> Result<Tail, LogError> {
        let length = self.file.seek(SeekFrom::End(0))?;
        let mut window = (64 << 10).min(length);
        loop {
            self.file.seek(SeekFrom::Start(length - window))?;
            let mut bytes = Vec::new();
            (&self.file).take(window).read_to_end(&mut bytes)?;
            let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
                if window == length {
                    return Ok(Tail::new(None, bytes, length));
                }
                window = grown(window, length)?;
                continue;
            };
            let start = bytes[..end].iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
            if let (None, true) = (start, window < length) {
                window = grown(window, length)?;
                continue;
            }
            let last = Line::read(&bytes[start.unwrap_or(0)..end]).ok_or(LogError::Broken)?;
            let last = Some((last.seq, last.hash.to_owned()));
            return Ok(Tail::new(last, bytes[end + 1..].to_vec(), length));
        }
    }
}

fn grown(window: u64, length: u64) -> Result<u64, LogError> {
    if 2 * MOST_LINE <= window { Err(LogError::Broken) } else { Ok((window * 4).min(length)) }
}

struct Tail {
    last: Option<(u64, String)>,
    cut: Vec<u8>,
    /// The last line lacks its line feed and nothing else.
    is_unended: bool,
    length: u64,
}

impl Tail {
    fn new(last: Option<(u64, String)>, rest: Vec<u8>, length: u64) -> Tail {
        let unended = Line::read(&rest).filter(|line| match &last {
            None => line.seq == 0 && line.prev == NO_HASH,
            Some((seq, hash)) => line.seq == seq + 1 && line.prev == hash,
        });
        match unended {
            Some(line) => {
                let last = Some((line.seq, line.hash.to_owned()));
                Tail { last, cut: Vec::new(), is_unended: true, length }
            }
            None => Tail { last, cut: rest, is_unended: false, length },
        }
    }
}

/// Lines in the making.
struct Lines {
    out: String,
    next: u64,
    prev: String,
}

impl Lines {
    fn add(&mut self, kind: Kind, payload: &str) {
        let start = self.out.len();
        let (seq, prev) = (self.next, &self.prev);
        self.out.push_str(&format!(r#"{{"seq":{seq},"prev":"{prev}","{}":"#, kind.name()));
        self.out.push_str(payload);
        let hash = hash(&self.out.as_bytes()[start..]);
        self.out.push_str(",\"hash\":\"");
        self.out.push_str(&hash);
        self.out.push_str("\"}\n");
        self.next += 1;
        self.prev = hash;
    }
}

// ---- Verifying ------------------------------------------------------------------------------

/// What a log is held against.
#[derive(Clone, Debug, Default)]
pub struct Checks<'a> {
    /// Keys of which one must have signed each head. Where there are any, a log without a head is
    /// not sound.
    pub keys: &'a [PublicKey],
    /// The hash of a line that once was in the log, kept elsewhere.
    pub remembered: Option<&'a str>,
}

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lines were sound, from the first on.
    pub lines: u64,
    /// How many of them are records.
    pub records: u64,
    /// How many of them are heads; with keys their signatures were checked.
    pub heads: u64,
    /// The line of the last head, from 1.
    pub last_head: Option<u64>,
    /// How many sound lines stand behind the last head.
    pub behind_head: u64,
    /// Lines that were cut off and named: the line, from 1, and its bytes.
    pub cuts: Vec<(u64, u64)>,
    /// The hash of the last sound line.
    pub hash: Option<String>,
    /// The first line that is not sound.
    pub problem: Option<Problem>,
}

/// The first line of a log that is not sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1. Where something is missing at the end, the one behind the last.
    pub line: u64,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is no line of a log, or its hash is not that of its bytes.
    Altered,
    /// Lines are missing in front of it.
    Missing {
        /// The number that the line should have.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// It stood elsewhere, or stands here a second time.
    Reordered {
        /// The number that the line should have.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// It has the right number and does not follow the line before: one of both was replaced.
    Replaced,
    /// The head is signed by none of the keys, or over other lines.
    WrongSignature,
    /// The last line does not end, and no line says that it was cut.
    Cut,
    /// There is no signed head.
    Unsigned,
    /// The line that was remembered is not there: the log was cut off, or is another one.
    Forgotten,
    /// The log is of another version.
    OtherVersion,
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemKind::Altered => {
                f.write_str("the line was altered: its hash is not that of its bytes")
            }
            ProblemKind::Missing { expected, found } => {
                write!(f, "lines are missing before it: number {expected} is due, found {found}")
            }
            ProblemKind::Reordered { expected, found } => {
                write!(f, "the line is out of order: number {expected} is due, found {found}")
            }
            ProblemKind::Replaced => {
                f.write_str("the line does not follow the one before: one of both was replaced")
            }
            ProblemKind::WrongSignature => {
                f.write_str("the head is signed by none of the keys, or over other lines")
            }
            ProblemKind::Cut => f.write_str("the last line is cut off"),
            ProblemKind::Unsigned => f.write_str("there is no signed head in the log"),
            ProblemKind::Forgotten => {
                f.write_str("the line with the remembered hash is missing: the log was cut off, or is another one")
            }
            ProblemKind::OtherVersion => write!(f, "logs of version {VERSION} are read here"),
        }
    }
}

/// Reads a log to the first line that is not sound.
///
/// Without keys a head is a line like others: whoever could write the file could have made all of
/// it. Lines that were taken from the end leave no trace in what is left; [`Checks::remembered`] is
/// for that.
///
/// # Errors
/// When it cannot be read.
///
/// # Cost
/// One pass, one hash over each line; memory for one line.
pub fn verify(mut log: impl BufRead, checks: &Checks<'_>) -> io::Result<Report> {
    let mut report = Report::default();
    let mut state = State { next: 0, prev: NO_HASH.to_owned(), broken: None };
    let mut is_remembered = checks.remembered.is_none();
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut log).take(MOST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        number += 1;
        let is_whole = line.ends_with(b"\n");
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        let read = if is_whole { Line::read(bytes) } else { None };
        // A broken line may be a cut, which the next line then names.
        if let Some(broken) = state.broken.take() {
            match &read {
                Some(read) if state.names(read, &broken) => {
                    report.cuts.push((number - 1, broken.len() as u64));
                }
                _ => {
                    report.problem = Some(Problem { line: number - 1, kind: ProblemKind::Altered });
                    return Ok(report);
                }
            }
        }
        let Some(read) = read else {
            if !is_whole {
                report.problem = Some(Problem { line: number, kind: ProblemKind::Cut });
                return Ok(report);
            }
            state.broken = Some(bytes.to_vec());
            continue;
        };
        if let Some(kind) = state.problem(&read, checks) {
            report.problem = Some(Problem { line: number, kind });
            return Ok(report);
        }
        report.lines += 1;
        report.behind_head += 1;
        match read.kind {
            Kind::Record => report.records += 1,
            Kind::Head => {
                report.heads += 1;
                report.last_head = Some(number);
                report.behind_head = 0;
            }
            Kind::Log | Kind::Cut => {}
        }
        is_remembered |= checks.remembered == Some(read.hash);
        state.next = read.seq + 1;
        state.prev.clear();
        state.prev.push_str(read.hash);
        report.hash = Some(state.prev.clone());
    }
    let at_end = |kind| Some(Problem { line: number + 1, kind });
    if state.broken.is_some() {
        report.problem = Some(Problem { line: number, kind: ProblemKind::Altered });
    } else if !is_remembered {
        report.problem = at_end(ProblemKind::Forgotten);
    } else if report.heads == 0 && !checks.keys.is_empty() {
        report.problem = at_end(ProblemKind::Unsigned);
    }
    Ok(report)
}

struct State {
    next: u64,
    prev: String,
    /// The line before, where it is broken.
    broken: Option<Vec<u8>>,
}

impl State {
    /// Whether a line says that these bytes were cut off.
    fn names(&self, line: &Line<'_>, bytes: &[u8]) -> bool {
        line.kind == Kind::Cut
            && Json::parse(line.payload).is_ok_and(|cut| {
                let length = cut.get("bytes").and_then(Json::as_i64);
                let hash = cut.get("hash").and_then(Json::as_str);
                length == i64::try_from(bytes.len()).ok()
                    && hash == Some(blake3::hash(bytes).to_hex().as_str())
            })
    }

    /// What is wrong with a line whose hash fits it.
    fn problem(&self, line: &Line<'_>, checks: &Checks<'_>) -> Option<ProblemKind> {
        let (expected, found) = (self.next, line.seq);
        if expected < found {
            return Some(ProblemKind::Missing { expected, found });
        }
        if found < expected {
            return Some(ProblemKind::Reordered { expected, found });
        }
        if line.prev != self.prev || (line.kind == Kind::Log) != (found == 0) {
            return Some(ProblemKind::Replaced);
        }
        match line.kind {
            Kind::Log => {
                let version = Json::parse(line.payload).ok();
                let version = version.as_ref().and_then(|log| log.get("version")?.as_i64());
                (version != Some(VERSION)).then_some(ProblemKind::OtherVersion)
            }
            Kind::Head if !checks.keys.is_empty() => {
                (!is_signed(line, checks.keys)).then_some(ProblemKind::WrongSignature)
            }
            _ => None,
        }
    }
}

fn is_signed(line: &Line<'_>, keys: &[PublicKey]) -> bool {
    let Ok(head) = Json::parse(line.payload) else { return false };
    let text = |name| head.get(name).and_then(Json::as_str);
    let (Some(time), Some(signature)) = (text("time"), text("signature")) else { return false };
    let message = head_message(line.seq, line.prev, time);
    keys.iter().any(|key| key.has_signed_message(HEAD_PURPOSE, message.as_bytes(), signature))
}

impl Report {
    /// What is not known although nothing is wrong, in sentences for people.
    pub fn unknown(&self, checks: &Checks<'_>) -> Vec<String> {
        let mut unknown = Vec::new();
        if checks.keys.is_empty() {
            unknown.push(
                "No key was given: whoever can write the file could have made all of it anew."
                    .to_owned(),
            );
        } else if self.behind_head > 0 {
            unknown.push(format!(
                "The last {} lines stand behind the last signed head: whoever can write the file could have changed them.",
                self.behind_head
            ));
        }
        if checks.remembered.is_none() {
            unknown.push(
                "Whether lines were taken from the end: no hash was given that was noted elsewhere.".to_owned(),
            );
        }
        unknown
    }

    /// The report as JSON.
    pub fn to_json(&self, checks: &Checks<'_>) -> String {
        let mut out = format!(
            r#"{{"schema_version":1,"sound":{},"lines":{},"records":{},"heads":{},"behind_head":{},"#,
            self.problem.is_none(),
            self.lines,
            self.records,
            self.heads,
            self.behind_head
        );
        out.push_str("\"cuts\":[");
        for (index, (line, bytes)) in self.cuts.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            out.push_str(&format!(r#"{comma}{{"line":{line},"bytes":{bytes}}}"#));
        }
        out.push(']');
        if let Some(hash) = &self.hash {
            out.push_str(&format!(r#","hash":"{hash}""#));
        }
        if let Some(problem) = &self.problem {
            out.push_str(&format!(r#","problem":{{"line":{},"message":"#, problem.line));
            write_string(&problem.kind.to_string(), &mut out);
            out.push('}');
        }
        out.push_str(",\"unknown\":[");
        for (index, text) in self.unknown(checks).iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_string(text, &mut out);
        }
        out.push_str("]}");
        out
    }
}
