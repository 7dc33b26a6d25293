//! `policy verify`: whether a compiled policy is what a key's holder signed.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use policy_eval::{LoadError, Policy, PublicKey, safe};

use crate::documents::VerifiedDocument;
use crate::input;
use crate::outcome::{Outcome, Stop};
use crate::ui::{Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// A compiled policy. `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The public key, as `openssl pkey -pubout` writes one.
    #[arg(long, value_name = "PUB")]
    key: PathBuf,
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &VerifyArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let key = input::public_key(&args.key)?;
    let bytes = input::bytes(&args.file).map_err(Stop::unable)?;
    let name = input::name(&args.file);
    let checked = check(bytes, &key);
    match (args.format, &checked) {
        (Format::Json, Ok(policy)) => ui.document(&VerifiedDocument::new(&name, Ok(policy)))?,
        (Format::Json, Err(why)) => ui.document(&VerifiedDocument::new(&name, Err(why)))?,
        (Format::Human, Ok(policy)) => {
            writeln!(ui, "{}: signed with this key", safe(&name))?;
            writeln!(ui, "digest {}", policy.digest())?;
        }
        (Format::Human, Err(why)) => writeln!(ui, "{}: {why}", safe(&name))?,
    }
    Ok(if checked.is_ok() { Outcome::Done } else { Outcome::Invalid })
}

/// The signature first: nothing else is believed of bytes that nobody vouches for.
fn check(bytes: Vec<u8>, key: &PublicKey) -> Result<Policy, String> {
    let policy = Policy::load_signed(bytes, key).map_err(|error: LoadError| error.to_string())?;
    policy.verify().map_err(|error| error.to_string())?;
    Ok(policy)
}
