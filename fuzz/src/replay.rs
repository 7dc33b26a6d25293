//! Bytes as a log.

use std::io::Cursor;
use std::sync::OnceLock;

use policy_eval::{Fields, Policy, is_control};
use policy_lang::diagnostic::Style;
use policy_log::replay::{self, Options, Report};
use policy_log::source::Log;

use crate::hook::policy;

/// The bytes as they are, which may be compressed.
///
/// No log makes replay panic; with any number of threads it says the same; each request has one tier;
/// and what is shown of a log holds no character that a terminal obeys.
pub fn replay(bytes: &[u8]) {
    let one = of_threads(bytes, 1);
    let two = of_threads(bytes, 2);
    match (one, two) {
        (Ok(one), Ok(two)) => {
            assert_eq!(one, two, "with one thread and with two");
            let counted: u64 = one.actions.iter().map(|(_, tiers)| tiers.iter().sum::<u64>()).sum();
            assert_eq!((one.tiers.iter().sum(), counted), (one.requests, one.requests));
            let shown = replay::human::text(&one, Style::Plain);
            let obeyed = shown.chars().find(|c| is_control(*c) && *c != '\n');
            assert_eq!(obeyed, None, "{shown:?}");
            serde_json::to_string(&replay::json::document(&one)).expect("a report is JSON");
        }
        (Err(one), Err(two)) => assert_eq!(one, two),
        (one, two) => panic!("with one thread {one:?}, with two {two:?}"),
    }
}

fn of_threads(bytes: &[u8], threads: usize) -> Result<Report, String> {
    static LOADED: OnceLock<[Policy; 2]> = OnceLock::new();
    let [policy, against] = LOADED.get_or_init(|| {
        ["default allow\ndeny run \"rm ...\"\nmark \"seen\" read *\n", "default ask\n"].map(policy)
    });
    let bytes = bytes.to_vec();
    let log = Log::new("log", move || Ok(Box::new(Cursor::new(bytes))));
    let defaults = Fields::default();
    let options =
        Options { threads, strict: false, defaults: &defaults, format: None, progress: &|_| {} };
    replay::replay(vec![log], policy, Some(against), &options).map_err(|error| error.to_string())
}
