//! Memory that held text of a log, and must not keep it.
//!
//! What a scan reads or unpacks stands in buffers of its own, which are overwritten when the file is done: a dump of the
//! program's memory, or memory that is handed out again, then holds the text of the files that are being read and of no
//! other. Maps are the page cache's memory, and decoders free their windows by themselves; neither is ours to overwrite.

/// Overwrites `bytes` with zeros, also where nobody reads them afterwards.
pub(super) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    // What is passed here may be read by anybody, so that the zeros must be written.
    std::hint::black_box(bytes);
}

/// A buffer that is kept from file to file and knows how much of it was used.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    /// The buffer, at least `size` bytes of it.
    pub fn sized(&mut self, size: usize) -> &mut [u8] {
        if self.bytes.len() < size {
            self.wipe();
            // A new one: to grow it would leave a copy behind.
            self.bytes = vec![0; size];
        }
        &mut self.bytes[..size]
    }

    /// Notes that the first `bytes` of it may hold text.
    pub fn used(&mut self, bytes: usize) {
        self.used = self.used.max(bytes);
    }

    /// Overwrites what was used.
    pub(super) fn wipe(&mut self) {
        let used = self.used.min(self.bytes.len());
        wipe(&mut self.bytes[..used]);
        self.used = 0;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file's text does not outlive it, whatever comes next in the same memory.
    #[test]
    fn what_was_used_is_overwritten() {
        let mut buffer = Buffer::default();
        buffer.sized(100)[..60].fill(b'x');
        buffer.used(60);
        buffer.used(7);
        assert!(buffer.sized(50).iter().all(|&byte| byte == b'x'));
        buffer.wipe();
        assert_eq!(buffer.sized(100), [0; 100]);
        assert_eq!(buffer.sized(200).len(), 200);
    }
}
