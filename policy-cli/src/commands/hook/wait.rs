//! An answer in time: behind its own limit a host runs the call.
//!
//! Standard input is waited for with a limit by the system, where that is possible. A thread that
//! watches costs more than the whole answer when the machine is busy, since the process ends only
//! when the thread has, so there is one only where something else may take long.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use policy_eval::MAX_LINE_BYTES;
use policy_hosts::hook::Answer;

/// When there must be an answer, and which one there is else.
pub(super) struct Limit {
    end: Instant,
    late: Answer,
    answered: Arc<AtomicBool>,
}

impl Limit {
    /// A limit that begins now.
    pub(super) fn new(seconds: u64, late: Answer) -> Limit {
        // More than a day is no limit.
        let limit = Duration::from_secs(seconds.min(24 * 60 * 60));
        Limit { end: Instant::now() + limit, late, answered: Arc::default() }
    }

    /// The answer where the time is over.
    pub(super) fn late(&self) -> Answer {
        self.late.clone()
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Standard input, up to one byte more than a payload may have.
    pub(super) fn read_input(&self) -> io::Result<Vec<u8>> {
        let most = MAX_LINE_BYTES + 1;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 32 << 10];
        if !cfg!(unix) {
            self.watch();
        }
        let mut input = io::stdin().lock();
        while bytes.len() < most {
            self.wait_for_input()?;
            let room = chunk.len().min(most - bytes.len());
            match input.read(&mut chunk[..room]) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(bytes)
    }

    /// Waits until something can be read, or the end of it.
    #[cfg(unix)]
    fn wait_for_input(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = io::stdin();
        loop {
            let left = Timespec::try_from(self.left()).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A thread watches.
    #[cfg(not(unix))]
    fn wait_for_input(&self) -> io::Result<()> {
        Ok(())
    }

    /// From now on a thread answers and ends the process when the time is over.
    pub(super) fn watch(&self) {
        let (answered, late, left) = (Arc::clone(&self.answered), self.late(), self.left());
        let watching = thread::Builder::new().spawn(move || {
            thread::sleep(left);
            if !answered.swap(true, Ordering::AcqRel) {
                std::process::exit(super::print(&late).into());
            }
        });
        // Without a thread the limit is the host's.
        drop(watching);
    }

    /// An answer is about to be printed. Where the thread has begun to print its own, that one
    /// stands, and the process ends with it.
    pub(super) fn answering(&self) {
        if self.answered.swap(true, Ordering::AcqRel) {
            thread::sleep(Duration::from_secs(1));
        }
    }
}
