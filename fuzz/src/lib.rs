//! The laws that hold for every text: what the fuzz targets ask, and the tests ask of the seeds.
//!
//! Each function takes whatever text or bytes there are and panics where a law is broken.

mod acp;
// The judges of other tests are judges here.
#[path = "../../policy-lang/tests/engines/answer.rs"]
mod answer;
mod artifact;
mod case;
mod chain;
mod check;
mod decide;
mod diff;
mod engines;
mod hook;
mod import;
mod parse;
mod paths_hosts;
#[path = "../../policy-hosts/tests/reads/mod.rs"]
mod reads;
mod record;
mod replay;
mod shell;
#[path = "../../policy-lang/tests/proofs/sound.rs"]
mod sound;

pub use acp::acp;
pub use artifact::artifact;
pub use chain::chain;
pub use check::check;
pub use decide::decide;
pub use diff::diff;
pub use engines::engines;
pub use hook::hook;
pub use import::import;
pub use parse::parse;
pub use paths_hosts::paths_hosts;
pub use record::record;
pub use replay::replay;
pub use shell::shell;
