//! The examples keep what they promise: they load, stand in the canonical layout, pass their own
//! tests, decide the corpus and an ordinary day as they should; and the agent loops run.

mod corpus;
mod embed;
mod files;
mod ordinary;
mod policies;
mod telemetry;
