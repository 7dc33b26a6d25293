//! Logs as entries: which format it is, and what a line of it says.
//!
//! ```text
//!   bytes ─► open: plain, gzip, Zstandard ─► chunks of lines
//!                                              │
//!                    format, by the first line │
//!            ┌─────────────────────────────────┴────────────┐
//!            ▼                                              ▼
//!   requests: a line is a request,               all others: a Reader, which remembers what
//!   so chunks go to any thread                   lines before said, so a log stays on one thread
//! ```

mod lines;
mod open;
mod pending;
mod records;
mod transcripts;

use std::fmt;

use policy_eval::json::Json;
use policy_hosts::Runtime;
use policy_hosts::transcript::Transcript;

use crate::entry::Read;

pub use lines::MOST_LINE_BYTES;
pub(crate) use lines::{Chunk, Chunks};
pub use open::Log;

/// What a log is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Our requests, one a line.
    Requests,
    /// Our decision records.
    Records,
    /// Transcripts of Claude Code.
    ClaudeCode,
    /// Rollouts of Codex.
    Codex,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] =
        [Format::Requests, Format::Records, Format::ClaudeCode, Format::Codex];

    /// The word of the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Requests => "requests",
            Format::Records => "records",
            Format::ClaudeCode => "claude-code",
            Format::Codex => "codex",
        }
    }

    /// The format of a log that begins with these lines: that of the first line that tells.
    pub(crate) fn detect<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Option<Format> {
        const MOST_LINES: usize = 64;
        lines.take(MOST_LINES).find_map(|line| Format::of_line(&parse(line).ok()?))
    }

    fn of_line(json: &Json) -> Option<Format> {
        let has = |names: &[&str]| names.iter().all(|name| json.get(name).is_some());
        let signs: [(Format, &[&str]); 6] = [
            (Format::Records, &["schema_version", "kind", "action_digest"]),
            (Format::Records, &["seq", "prev", "hash"]),
            (Format::Requests, &["action"]),
            (Format::Codex, &["type", "payload"]),
            (Format::ClaudeCode, &["type", "sessionId"]),
            // A transcript may begin with the title of the session before.
            (Format::ClaudeCode, &["type", "leafUuid"]),
        ];
        signs.into_iter().find(|(_, signs)| has(signs)).map(|(format, _)| format)
    }

    /// A reader of such a log; none where each line stands alone.
    pub(crate) fn reader(self) -> Option<Box<dyn Reader>> {
        match self {
            Format::Requests => None,
            Format::Records => Some(Box::<records::Records>::default()),
            Format::ClaudeCode => transcripts(Runtime::ClaudeCode),
            Format::Codex => transcripts(Runtime::Codex),
        }
    }
}

fn transcripts(runtime: Runtime) -> Option<Box<dyn Reader>> {
    let transcript = Transcript::of(runtime)?;
    Some(Box::new(transcripts::Transcripts::new(transcript)))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a log whose lines depend on lines before.
pub(crate) trait Reader {
    /// Takes one line and hands out what is complete with it.
    ///
    /// # Errors
    /// When the line is not understood: why. What lines before said stays.
    fn line(&mut self, number: u64, line: Json, each: &mut dyn FnMut(Read)) -> Result<(), String>;

    /// Hands out what would still have waited for more.
    fn end(&mut self, each: &mut dyn FnMut(Read));
}

/// A line as text: without its end, and of the first line without a byte order mark.
pub(crate) fn text(line: &[u8]) -> Result<&str, String> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(line);
    std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 text (byte {})", error.valid_up_to()))
}

/// A line as JSON.
pub(crate) fn parse(line: &[u8]) -> Result<Json, String> {
    let text = text(line)?;
    Json::parse(text).map_err(|error| format!("{}: {}", error.column, error.message))
}
