//! The laws that hold for every text: what the fuzz targets ask, and the tests ask of the seeds.
//!
//! Each function takes whatever text or bytes there are and panics where a law is broken.

mod artifact;
mod decide;
mod parse;
mod paths_hosts;
mod shell;

pub use artifact::artifact;
pub use decide::decide;
pub use parse::parse;
pub use paths_hosts::paths_hosts;
pub use shell::shell;
