//! Writes the log of a working week that nobody had: see `policy_generate::week`.
//!
//! ```text
//!   cargo run -p policy-log --example week -- requests 1000000 > week.jsonl
//! ```
//!
//! `requests` writes what agents asked, one request a line.

use std::io::{self, BufWriter, Write as _};

use policy_generate::{Dice, week};

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_default();
    let count: usize = words.next().as_deref().unwrap_or("5000").parse()?;
    let mut out = BufWriter::new(io::stdout().lock());
    match &*what {
        "requests" => {
            for action in week(&mut Dice::new(SEED), count) {
                writeln!(out, "{}", action.request)?;
            }
        }
        other => return Err(format!("`{other}` is none of `requests`").into()),
    }
    Ok(out.flush()?)
}
