//! The laws that hold for every text: what the fuzz targets ask, and the tests ask of the seeds.
//!
//! Each function takes whatever text there is and panics where a law is broken.

mod decide;
mod parse;
mod paths_hosts;
mod shell;

pub use decide::decide;
pub use parse::parse;
pub use paths_hosts::paths_hosts;
pub use shell::shell;
