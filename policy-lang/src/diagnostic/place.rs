//! Where a finding stands, in the words of formats for machines: a file, lines and columns.

use std::sync::Arc;

use crate::span::{Lines, Location, Source, SourceId};

/// A region of a file. Lines and columns count from 1, columns in characters; the end is the
/// first character behind the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) file: String,
    pub(crate) start: (u32, u32),
    /// None where only the beginning is known.
    pub(crate) end: Option<(u32, u32)>,
}

/// Sources, and where their lines begin: for asking many places.
pub(crate) struct Places<'s> {
    pub(crate) sources: &'s [Arc<Source>],
    lines: Vec<Lines<'s>>,
}

impl<'s> Places<'s> {
    /// Finds the lines, in one pass over the texts.
    pub(crate) fn new(sources: &'s [Arc<Source>]) -> Places<'s> {
        Places { sources, lines: sources.iter().map(|source| Lines::new(source)).collect() }
    }

    /// The source that an id names, and its lines.
    pub(crate) fn source(&self, id: SourceId) -> Option<(&'s Source, &Lines<'s>)> {
        let index = id.0 as usize;
        Some((self.sources.get(index)?, self.lines.get(index)?))
    }

    /// The region of a location, as far as it lies in the sources.
    pub(crate) fn region(&self, location: Location) -> Option<Region> {
        let (source, lines) = self.source(location.source)?;
        let start = lines.line_column(location.span.start as usize);
        let end = lines.line_column(location.span.end as usize).max(start);
        Some(Region { file: source.name.clone(), start, end: Some(end) })
    }
}

/// A file as a relative or absolute URI: what is no letter, digit or one of a few marks is
/// percent-encoded.
pub(crate) fn uri(file: &str) -> String {
    let separated = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
    let (scheme, path) = match separated.as_bytes() {
        [b'/', ..] => ("file://", &*separated),
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => ("file:///", &*separated),
        _ => ("", separated.trim_start_matches("./")),
    };
    let mut out = scheme.to_owned();
    for (at, byte) in path.bytes().enumerate() {
        let is_drive = scheme == "file:///" && at == 1;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b':' if is_drive => out.push(':'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_a_uri() {
        for (file, expected) in [
            ("a.policy", "a.policy"),
            ("./layers/a b.policy", "layers/a%20b.policy"),
            ("/etc/agents.policy", "file:///etc/agents.policy"),
            ("C:/agents/a.policy", "file:///C:/agents/a.policy"),
            ("main:a#1?.policy", "main%3Aa%231%3F.policy"),
            ("ä\u{202e}%.policy", "%C3%A4%E2%80%AE%25.policy"),
            ("<stdin>", "%3Cstdin%3E"),
        ] {
            assert_eq!(uri(file), expected);
        }
    }
}
