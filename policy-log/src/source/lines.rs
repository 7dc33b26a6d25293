//! Lines, in chunks that are handed to threads or one by one.

use std::io::{self, BufRead};

/// The longest line that is read. Transcripts hold what tools answered, so it is far longer than a
/// request may be.
pub const MOST_LINE_BYTES: usize = 16 << 20;

/// Some whole lines of a log.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The number of the first line, from 1.
    pub(crate) first: u64,
    pub(crate) bytes: Vec<u8>,
    /// The last line was cut off, as it is longer than [`MOST_LINE_BYTES`].
    pub(crate) is_cut: bool,
}

impl Chunk {
    /// Its lines with their numbers, without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.take(if self.bytes.is_empty() { 0 } else { usize::MAX });
        lines.zip(self.first..).map(|(line, number)| (number, line))
    }
}

/// Cuts a log into chunks.
pub(crate) struct Chunks<R> {
    reader: R,
    next_line: u64,
    rest: Vec<u8>,
    ended: bool,
}

impl<R: BufRead> Chunks<R> {
    pub(crate) fn new(reader: R) -> Chunks<R> {
        Chunks { reader, next_line: 1, rest: Vec::new(), ended: false }
    }

    /// The next chunk, of about this many bytes and at least one line; none at the end.
    ///
    /// # Errors
    /// When reading fails. The lines before are handed out first.
    pub(crate) fn next(&mut self, about: usize) -> io::Result<Option<Chunk>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.reserve(about.saturating_sub(bytes.len()));
        // Each byte is looked at once: a line of many megabytes comes in small pieces.
        let mut end = end_of_lines(&bytes);
        loop {
            let read = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read.is_empty() {
                self.ended = true;
                return Ok((!bytes.is_empty()).then(|| self.chunk(bytes, false)));
            }
            end = end_of_lines(read).map(|end| bytes.len() + end).or(end);
            bytes.extend_from_slice(read);
            let count = read.len();
            self.reader.consume(count);
            if bytes.len() < about {
                continue;
            }
            match end {
                Some(end) => {
                    self.rest = bytes.split_off(end);
                    return Ok(Some(self.chunk(bytes, false)));
                }
                None if MOST_LINE_BYTES < bytes.len() => {
                    self.skip_line()?;
                    return Ok(Some(self.chunk(bytes, true)));
                }
                None => {}
            }
        }
    }

    fn chunk(&mut self, bytes: Vec<u8>, is_cut: bool) -> Chunk {
        let first = self.next_line;
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let is_open = bytes.last().is_some_and(|byte| *byte != b'\n');
        self.next_line += ends + u64::from(is_open);
        Chunk { first, bytes, is_cut }
    }

    /// Leaves out the rest of a line that is too long.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let read = self.reader.fill_buf()?;
            let Some(end) = read.iter().position(|byte| *byte == b'\n') else {
                let count = read.len();
                self.ended = count == 0;
                self.reader.consume(count);
                if self.ended {
                    return Ok(());
                }
                continue;
            };
            self.reader.consume(end + 1);
            return Ok(());
        }
    }
}

/// Where the last line that has an end is behind.
fn end_of_lines(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_every_line_once() {
        let text = "one\n\nthree is longer\r\nfour\nfive";
        for about in 1..40 {
            for buffer in 1..12 {
                let reader = io::BufReader::with_capacity(buffer, text.as_bytes());
                let mut chunks = Chunks::new(reader);
                let mut found = Vec::new();
                while let Some(chunk) = chunks.next(about).unwrap() {
                    let lines = chunk.lines();
                    found.extend(lines.map(|(number, line)| (number, line.to_vec())));
                }
                let expected: Vec<_> =
                    (1..).zip(text.split('\n').map(|line| line.as_bytes().to_vec())).collect();
                assert_eq!(found, expected, "{about} {buffer}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let text = [vec![b'x'; MOST_LINE_BYTES + 70_000], b"\nnext\n".to_vec()].concat();
        let mut chunks = Chunks::new(io::BufReader::new(&text[..]));
        let first = chunks.next(1000).unwrap().unwrap();
        assert!(first.is_cut && first.bytes.len() < text.len());
        let next = chunks.next(1000).unwrap().unwrap();
        let lines: Vec<_> = next.lines().collect();
        assert_eq!(lines, [(2, &b"next"[..])]);
        assert!(chunks.next(1000).unwrap().is_none());
    }
}
