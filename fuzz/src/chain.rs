//! Bytes as a log with a chain, and as changes to a sound one.

use std::sync::OnceLock;

use policy_eval::record::{Record, Recorder, Time};
use policy_eval::record::{ResultOutcome, ResultRecord};
use policy_eval::{PublicKey, SecretKey};
use policy_log::chain::{self, Checks, Log};
use serde_json::Value;

/// No bytes make the reader panic. Of a sound log with signed heads whose last hash is remembered, no
/// change stays unseen.
pub fn chain(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
    let report = verify(bytes, &Checks::default());
    assert!(report.lines <= lines && report.records + report.heads <= report.lines);
    if let Ok(text) = std::str::from_utf8(bytes) {
        text.lines().filter_map(chain::record_in).for_each(|record| {
            let _ = Record::from_json(record);
        });
    }
    let sound = sound();
    let checks =
        Checks { keys: std::slice::from_ref(&sound.key), remembered: Some(&sound.last_hash) };
    let changed = changed(&sound.bytes, bytes);
    let report = verify(&changed, &checks);
    assert_eq!(report.problem.is_none(), changed == sound.bytes, "{report:?}");
}

fn verify(bytes: &[u8], checks: &Checks<'_>) -> chain::Report {
    let report = chain::verify(bytes, checks).expect("bytes in memory can be read");
    serde_json::from_str::<Value>(&report.to_json(checks)).expect("a report is JSON");
    report
}

struct Sound {
    bytes: Vec<u8>,
    key: PublicKey,
    last_hash: String,
}

/// The first example of RFC 8032, section 7.1: no secret.
const SECRET: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

/// A log of six records with a head after every second one.
fn sound() -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    SOUND.get_or_init(|| {
        let key = SecretKey::from_text(SECRET).expect("it is a key");
        let public = key.public();
        let file = std::env::temp_dir().join(format!("policy-fuzz-chain-{}", std::process::id()));
        let mut log = Log::open(&file).expect("a file can be made").with_key(key, 2);
        let now = Time::from_unix_nanos(1_795_515_300_000_000_000);
        for code in 0..6 {
            let result = ResultRecord {
                outcome: ResultOutcome::Done,
                exit_code: Some(code),
                duration_ms: None,
            };
            let record = Recorder::default().result(now, "blake3:00", result);
            log.append(now, &[record]).expect("the file can be written");
        }
        let bytes = std::fs::read(&file).expect("the file can be read");
        let _ = std::fs::remove_file(&file);
        let checks = Checks { keys: std::slice::from_ref(&public), remembered: None };
        let report = verify(&bytes, &checks);
        assert_eq!((report.problem, report.records), (None, 6));
        let last_hash = report.hash.expect("there are lines");
        Sound { bytes, key: public, last_hash }
    })
}

/// Each four bytes change it: what is done, where (in 65,536 parts), and a byte.
fn changed(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> =
        sound.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for &[what, low, high, byte] in changes.as_chunks().0 {
        let place = usize::from(u16::from_le_bytes([low, high]));
        let line = place * lines.len() >> 16;
        let other = usize::from(byte) % lines.len().max(1);
        let Some(bytes) = lines.get_mut(line) else { break };
        let at = usize::from(low) * bytes.len() >> 8;
        match what % 8 {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, byte),
            3 => drop(lines.remove(line)),
            4 => lines.swap(line, other),
            5 => {
                let again = lines[line].clone();
                lines.insert(other, again);
            }
            6 => lines.truncate(line),
            _ => bytes.truncate(at),
        }
    }
    lines.concat()
}
