//! What a change to a policy changes in meaning.

mod report;

pub use report::{
    Answer, Aspect, Changed, DecidedBy, Difference, Direction, Report, Sentence, Side, Unproved,
    What,
};
