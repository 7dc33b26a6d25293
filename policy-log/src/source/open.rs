//! Opening: plain, gzip or Zstandard, told by the first bytes and not by the name.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// A log that can be opened once.
pub struct Log {
    /// What reports call it.
    pub name: String,
    open: Opener,
}

type Opener = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send>> + Send>;

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Log {
    /// A log that is opened when its turn comes, so that any number of them needs few files open.
    ///
    /// ```
    /// use policy_log::source::Log;
    /// let line = r#"{"action": "run", "shell": "ls"}"#;
    /// let log = Log::new("memory", move || Ok(Box::new(line.as_bytes())));
    /// assert_eq!(log.name, "memory");
    /// ```
    pub fn new(
        name: impl Into<String>,
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>> + Send + 'static,
    ) -> Log {
        Log { name: name.into(), open: Box::new(open) }
    }

    /// Opens it, and undoes the compression that its first bytes name.
    ///
    /// # Errors
    /// When it cannot be opened, and when its first bytes cannot be read.
    pub(crate) fn open(self) -> io::Result<Box<dyn BufRead + Send>> {
        decompressed((self.open)()?)
    }
}

const BUFFER: usize = 128 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The first of the sixteen numbers that frames begin with which a reader skips.
const ZSTD_SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

fn decompressed(reader: Box<dyn Read + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    // A pipe may hand out less than four bytes at first; no log is that short and compressed.
    let head = reader.fill_buf()?;
    let skips = head.get(1..4) == Some(&ZSTD_SKIPPED) && head.first().is_some_and(|b| b >> 4 == 5);
    Ok(if head.starts_with(&GZIP) {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader)))
    } else if head.starts_with(&ZSTD) || skips {
        Box::new(BufReader::with_capacity(BUFFER, Frames { state: State::Between(reader) }))
    } else {
        Box::new(reader)
    })
}

/// The frames of a Zstandard file, one behind the other.
struct Frames<R: Read> {
    state: State<R>,
}

enum State<R: Read> {
    Between(BufReader<R>),
    Inside(Box<StreamingDecoder<BufReader<R>, ruzstd::decoding::FrameDecoder>>),
    Ended,
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut reader) => {
                    if reader.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    if let Some(skip) = skipped(&mut reader)? {
                        io::copy(&mut reader.by_ref().take(skip), &mut io::sink())?;
                        self.state = State::Between(reader);
                        continue;
                    }
                    let frame = StreamingDecoder::new(reader).map_err(io::Error::other)?;
                    self.state = State::Inside(Box::new(frame));
                }
                State::Inside(mut frame) => {
                    let count = frame.read(out)?;
                    if count == 0 {
                        self.state = State::Between(frame.into_inner());
                        continue;
                    }
                    self.state = State::Inside(frame);
                    return Ok(count);
                }
            }
        }
    }
}

/// Reads the head of a frame that is to be skipped: its length. None where another frame begins.
fn skipped<R: Read>(reader: &mut BufReader<R>) -> io::Result<Option<u64>> {
    let head = reader.fill_buf()?;
    if head.first().is_none_or(|byte| byte >> 4 != 5) {
        return Ok(None);
    }
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    let [_, b, c, d, length @ ..] = bytes;
    if [b, c, d] != ZSTD_SKIPPED {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "no frame of Zstandard begins here",
        ));
    }
    Ok(Some(u32::from_le_bytes(length).into()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn text(bytes: Vec<u8>) -> io::Result<String> {
        let log = Log::new("test", move || Ok(Box::new(io::Cursor::new(bytes))));
        let mut text = String::new();
        log.open()?.read_to_string(&mut text).map(|_| text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(
            text.as_bytes(),
            ruzstd::encoding::CompressionLevel::Fastest,
        )
    }

    #[test]
    fn compression_is_told_by_the_first_bytes() {
        let long = "line\n".repeat(100_000);
        assert_eq!(text(b"".to_vec()).unwrap(), "");
        assert_eq!(text(b"plain\n".to_vec()).unwrap(), "plain\n");
        assert_eq!(text(gzip(&long)).unwrap(), long);
        assert_eq!(text([gzip("a\n"), gzip("b\n")].concat()).unwrap(), "a\nb\n");
        assert_eq!(text(zstd(&long)).unwrap(), long);
        let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
        let several = [skipped.clone(), zstd("a\n"), skipped, zstd("b\n")].concat();
        assert_eq!(text(several).unwrap(), "a\nb\n");
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        for whole in [gzip("some text"), zstd("some text")] {
            let half = whole[..whole.len() - 3].to_vec();
            assert!(text(half).is_err());
        }
        assert!(text(b"\x28\xb5\x2f\xfdgarbage".to_vec()).is_err());
    }
}
