//! Patterns: from what stands between quotes to what the model holds.
//!
//! Each function here is pure: text in, pattern or [`PatternError`] out. An error knows the bytes
//! *inside the string* that it is about, so that a report can point there. Nothing here looks at
//! files, layers or sentences.
//!
//! ```text
//!   "$workspace/src/*.rs"     path     components   / between them, `**` over them
//!   "*.example.com:443"       host     labels       . between them, `*.` and `**.` in front
//!   "git (add|commit) ..."    command  words        blanks between them, `...` over them
//!   "github/get_*"            pair     two halves
//!   "release-*"               string   one token
//! ```
//!
//! Inside a token the same few pieces stand everywhere (`token`): text, `*`, `?`, `<regex>` and,
//! where the token's own syntax leaves room, `[a-z]` and `{a,b}`.

mod address;
mod builtin;
mod command;
mod fault;
mod host;
mod pair;
mod path;
mod token;

pub use builtin::{BuiltinSet, Member};
pub use fault::{Fault, PatternError};

pub(super) use command::command;
pub(super) use host::{builtin_hosts, host};
pub(super) use pair::{package, tool};
pub(super) use path::{Roots, path};
pub(super) use token::{exact, glob, regex};

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 4096;
/// The most steps (components, words, labels) that a pattern may have.
pub const MAX_STEPS: usize = 256;
/// The most `**` or `...` that one pattern may have.
pub const MAX_GAPS: usize = 32;
/// The most patterns that the alternatives of one pattern may stand for.
pub const MAX_ALTERNATIVES: usize = 256;
/// How deep `(…)` and `{…}` may nest in a pattern.
pub const MAX_PATTERN_NESTING: usize = 8;
/// The largest regex in a pattern: literals and ranges, counted as often as they are repeated.
pub const MAX_REGEX_SIZE: usize = 20_000;

/// Refuses what no kind of pattern takes.
fn check_length(text: &str) -> Result<(), PatternError> {
    if text.is_empty() {
        return Err(Fault::Empty.at(0..0));
    }
    if text.len() > MAX_PATTERN_BYTES {
        return Err(Fault::TooLong.at(0..text.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The bytes of every error that some kind of pattern has for a text.
    fn error_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
        let roots = Roots::new();
        [
            path(text, false, &roots).map(drop),
            host(text).map(drop),
            command(text, false).map(drop),
            tool(text, false).map(drop),
            package(text, false).map(drop),
            glob(text, false).map(drop),
            regex(text, false).map(drop),
        ]
        .into_iter()
        .filter_map(|parsed| parsed.err().map(|error| error.range))
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn any_text_is_a_pattern_or_an_error_inside_it(
            text in prop_oneof![
                any::<String>(),
                r#"([a-c/.*?<>\[\](){}|'"$~@: \\é-]|\*\*|\.\.\.|no |--|10\.|::){0,12}"#,
            ],
        ) {
            for range in error_ranges(&text) {
                prop_assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
            }
        }
    }
}
