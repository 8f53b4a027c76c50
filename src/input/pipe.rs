//! Pipes and devices that the caller named: opening one never waits for its other end, and none becomes our terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A pipe or device that is being read.
pub(super) struct Pipe(File);

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Pipe {
    /// Opens it, whether somebody writes to it by now or not.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        File::options().read(true).custom_flags(flags).open(path).map(Self)
    }

    /// Waits until there is something to read, or nobody is left who could write.
    fn wait(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None)?;
        Ok(())
    }
}

/// Elsewhere nothing tells a pipe that nobody has written to yet from one that all have left.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Pipe {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(Self)
    }

    fn wait(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.wait()?;
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}
