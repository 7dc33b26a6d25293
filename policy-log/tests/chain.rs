//! The log in which a change shows: whatever is done to it, `verify` names the first line of it.

use std::fs;
use std::path::PathBuf;

use policy_eval::record::{Record, Recorder, ResultOutcome, ResultRecord, Time};
use policy_eval::{PublicKey, SecretKey};
use policy_generate::Dice;
use policy_log::chain::{Checks, Log, LogError, ProblemKind, Report, record_in, verify};

const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const OTHER_SEED: &str = "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=";

fn key() -> SecretKey {
    SecretKey::from_text(SEED).expect("a key")
}

fn now(second: u64) -> Time {
    Time::from_unix_nanos((1_795_515_300 + second) * 1_000_000_000)
}

fn record(number: u64) -> Record {
    let result = ResultRecord {
        outcome: ResultOutcome::Done,
        exit_code: i64::try_from(number).ok(),
        duration_ms: None,
    };
    Recorder::default().result(now(number), "blake3:00", result)
}

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Temporary {
        let name = format!("policy-log-{}-{name}", std::process::id());
        Temporary(std::env::temp_dir().join(name))
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.0).expect("it is there")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A log with so many records and a head after each eighth line.
fn log(name: &str, records: u64) -> Vec<u8> {
    let file = Temporary::new(name);
    let mut log = Log::open(&file.0).expect("it opens").with_key(key(), 8);
    for number in 0..records {
        log.append(now(number), &[record(number)]).expect("it is appended");
    }
    file.bytes()
}

fn checked(bytes: &[u8], keys: &[PublicKey]) -> Report {
    verify(bytes, &Checks { keys, remembered: None }).expect("it is read")
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn what_was_appended_is_sound() {
    let bytes = log("sound", 20);
    let report = checked(&bytes, &[key().public()]);
    assert_eq!((report.problem, report.records, report.heads), (None, 20, 2));
    assert_eq!((report.lines, report.last_head, report.behind_head), (23, Some(17), 6));
    let text = String::from_utf8(bytes).expect("it is text");
    let records: Vec<_> =
        text.lines().filter_map(record_in).map(|line| Record::from_json(line).unwrap()).collect();
    assert_eq!(records, (0..20).map(record).collect::<Vec<_>>());
}

/// A thousand times something is done to a log, and each time the right line is named.
#[test]
fn each_of_1000_tamperings_is_caught_at_its_line() {
    let keys = [key().public()];
    let mut dice = Dice::new(11);
    let good = lines(&log("tampered", 60));
    // A head is the last line, so that none stands behind it.
    let last_head = checked(&good.concat(), &keys).last_head.expect("there is one") as usize;
    let good = &good[..last_head];
    let mut done = [0; 8];
    let mut caught = 0;
    while caught < 1000 {
        let mut bad = good.to_vec();
        let at = dice.below(bad.len());
        let kind = dice.below(done.len());
        let expected = match kind {
            // One byte is another one.
            0 => {
                let byte = dice.below(bad[at].len());
                bad[at][byte] ^= 1 << dice.below(7);
                at
            }
            // A line is gone. That of the last one shows only by what is remembered.
            1 if at + 1 < bad.len() => {
                bad.remove(at);
                at
            }
            2 if at + 1 < bad.len() => {
                bad.swap(at, at + 1);
                at
            }
            // A line stands twice.
            3 => {
                bad.insert(at, good[at].clone());
                at + 1
            }
            // A line of before stands here again.
            4 if at > 0 => {
                let other = dice.below(at);
                bad[at] = good[other].clone();
                at
            }
            // The end is cut off within a line.
            5 => {
                let length = bad[at].len();
                bad.truncate(at + 1);
                bad[at].truncate(1 + dice.below(length - 1));
                at
            }
            // A line is altered and gets the hash that fits.
            6 if at + 1 < bad.len() => {
                bad[at] = with_hash(&bad[at], "2026-", "2025-");
                // Of a head the signature shows it, of others the line behind.
                at + usize::from(!is_head(&bad[at]))
            }
            // A line is altered and all behind it are made anew, without the key.
            7 => {
                rechain(&mut bad, at);
                (at..bad.len()).find(|&line| is_head(&bad[line])).expect("a head is the last line")
            }
            _ => continue,
        };
        (done[kind], caught) = (done[kind] + 1, caught + 1);
        let problem = checked(&bad.concat(), &keys).problem.expect("it is found");
        assert_eq!(problem.line, expected as u64 + 1, "{kind} at {at}: {problem:?}");
    }
    assert!(done.iter().all(|&times| 80 < times), "{done:?}");
}

fn is_head(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).contains("\"head\":{")
}

fn with_hash(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(line).replace(from, to);
    let body = text.rsplit_once(",\"hash\"").expect("a line").0.to_owned();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"policy log line, version 1\0");
    hasher.update(body.as_bytes());
    format!("{body},\"hash\":\"{}\"}}\n", hasher.finalize().to_hex()).into_bytes()
}

/// What somebody does who knows the format and has no key.
fn rechain(lines: &mut [Vec<u8>], at: usize) {
    lines[at] = with_hash(&lines[at], "2026-", "2025-");
    for line in at + 1..lines.len() {
        let hash_of = |line: &[u8]| {
            let text = String::from_utf8_lossy(line).into_owned();
            text.rsplit_once("\"hash\":\"").expect("a line").1[..64].to_owned()
        };
        let prev = hash_of(&lines[line - 1]);
        let text = String::from_utf8_lossy(&lines[line]).into_owned();
        let old = text.split_once("\"prev\":\"").expect("a line").1[..64].to_owned();
        lines[line] = with_hash(&lines[line], &old, &prev);
    }
}

#[test]
fn lines_taken_from_the_end_show_by_what_is_remembered() {
    let bytes = log("taken", 20);
    let hash = checked(&bytes, &[]).hash.expect("it has one");
    let shorter = lines(&bytes)[..20].concat();
    let checks = Checks { keys: &[], remembered: Some(&hash) };
    assert_eq!(verify(&*bytes, &checks).unwrap().problem, None);
    assert_eq!(checked(&shorter, &[key().public()]).problem, None);
    let problem = verify(&*shorter, &checks).unwrap().problem.expect("it is found");
    assert_eq!((problem.line, problem.kind), (21, ProblemKind::Forgotten));
}

#[test]
fn a_head_of_another_key_and_a_log_without_heads_are_not_sound() {
    let other = [SecretKey::from_text(OTHER_SEED).expect("a key").public()];
    let problem = checked(&log("other", 20), &other).problem.expect("it is found");
    assert_eq!((problem.line, problem.kind), (9, ProblemKind::WrongSignature));
    let problem = checked(&log("none", 3), &other).problem.expect("it is found");
    assert_eq!(problem.kind, ProblemKind::Unsigned);
}

#[test]
fn a_cut_line_is_named_and_the_log_goes_on() {
    let whole = log("cut", 12);
    let all = lines(&whole);
    let last = all.last().expect("it has lines");
    let before = all[..all.len() - 1].concat();
    for length in 1..last.len() {
        let file = Temporary::new("cut-again");
        fs::write(&file.0, [&*before, &last[..length]].concat()).expect("it is written");
        let found = checked(&file.bytes(), &[]).problem.expect("it is found");
        assert_eq!((found.line, found.kind), (all.len() as u64, ProblemKind::Cut));
        let mut log = Log::open(&file.0).expect("it opens").with_key(key(), 8);
        let appended = log.append(now(99), &[record(99)]).expect("it goes on");
        let report = checked(&file.bytes(), &[key().public()]);
        assert_eq!(report.problem, None);
        // Where nothing but the line feed is missing, nothing is lost.
        let is_cut = length + 1 < last.len();
        assert_eq!(appended.cut, is_cut.then_some(length as u64));
        assert_eq!(report.cuts.len(), usize::from(is_cut));
    }
}

#[test]
fn a_file_that_is_no_log_is_left_alone() {
    for text in ["hello\n", "hello", "{\"seq\":0}\n", "\n"] {
        let file = Temporary::new("no-log");
        fs::write(&file.0, text).expect("it is written");
        let mut log = Log::open(&file.0).expect("it opens");
        assert!(matches!(log.append(now(0), &[record(0)]), Err(LogError::Broken)), "{text:?}");
        assert_eq!(file.bytes(), text.as_bytes());
    }
}

#[test]
fn many_append_at_once() {
    let file = Temporary::new("many");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &file.0;
            scope.spawn(move || {
                for number in 0..50 {
                    // Each time anew, as hooks do.
                    let mut log = Log::open(path).expect("it opens").with_key(key(), 16);
                    log.append(now(number), &[record(writer * 100 + number)]).expect("appended");
                }
            });
        }
    });
    let report = checked(&file.bytes(), &[key().public()]);
    assert_eq!((report.problem, report.records), (None, 400));
}

#[test]
fn a_log_that_others_keep_locked_is_busy() {
    let file = Temporary::new("busy");
    let held = fs::File::create(&file.0).expect("it is made");
    held.lock().expect("it is locked");
    let mut log = Log::open(&file.0).expect("it opens").with_wait(std::time::Duration::ZERO);
    assert!(matches!(log.append(now(0), &[record(0)]), Err(LogError::Busy)));
}

#[test]
fn any_bytes_are_read() {
    let good = log("any", 10);
    let mut dice = Dice::new(3);
    for _ in 0..2000 {
        let mut bytes = good.clone();
        for _ in 0..1 + dice.below(6) {
            let at = dice.below(bytes.len());
            bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
        }
        bytes.truncate(dice.below(bytes.len()));
        checked(&bytes, &[key().public()]);
    }
}
