//! Pipes and devices that the caller named: opening one never waits for its other end, and none becomes our terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Stop;

/// A pipe or device that is being read.
pub(super) struct Pipe {
    file: File,
    stop: Stop,
}

impl Pipe {
    /// One that is open already.
    pub(super) fn of(file: File, stop: &Stop) -> Self {
        Self { file, stop: stop.clone() }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Pipe {
    /// Opens it, whether somebody writes to it by now or not.
    pub(super) fn open(path: &Path, stop: &Stop) -> io::Result<Self> {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        File::options().read(true).custom_flags(flags).open(path).map(|file| Self::of(file, stop))
    }

    /// Waits until there is something to read, or nobody is left who could write, or the scan is to end.
    fn wait(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        /// How long a wait may keep a scan from ending, in nanoseconds.
        const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        loop {
            self.stop.check()?;
            if poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&PATIENCE))? > 0 {
                return Ok(());
            }
        }
    }
}

/// Elsewhere nothing tells a pipe that nobody has written to yet from one that all have left.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Pipe {
    pub(super) fn open(path: &Path, stop: &Stop) -> io::Result<Self> {
        File::open(path).map(|file| Self::of(file, stop))
    }

    fn wait(&self) -> io::Result<()> {
        self.stop.check()
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.wait()?;
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}
