//! What a regular file holds, read at positions; of a short file in one go.
//!
//! A file is looked at from several sides before it is scanned: its ends, to tell growth from a new beginning, and its
//! head and tail, for how it is packed. For thousands of small files the calls would cost more than the scan.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use super::buffer::wipe;

/// The longest file that is read in one go, in bytes.
const SHORT: u64 = 64 << 10;

/// An open file.
pub(super) struct Content {
    file: File,
    /// All of its text, where that is short.
    held: Option<Vec<u8>>,
}

impl Content {
    /// A file that is read where it is asked for.
    pub fn of(file: File) -> Self {
        Self { file, held: None }
    }

    /// The same of `size` bytes; all of them are read now if they are few. What the file grows by meanwhile is not looked
    /// at, and a fault shows when it is read again where it is asked for.
    pub fn whole(file: File, size: u64) -> Self {
        let mut content = Self::of(file);
        if (1..=SHORT).contains(&size) {
            let mut text = vec![0; size as usize];
            if content.at(0..size).read_exact(&mut text).is_ok() {
                content.held = Some(text);
            } else {
                wipe(&mut text);
            }
        }
        content
    }

    /// The file itself, as it is now.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether its text is at hand.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// A part of it.
    pub fn at(&self, part: Range<u64>) -> At<'_> {
        At { held: self.held.as_deref(), ..At::live(&self.file, part) }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.held.iter_mut().for_each(|text| wipe(text));
    }
}

/// A file from `offset` to `end`, read at positions, so that threads share no cursor.
pub(super) struct At<'a> {
    file: &'a File,
    held: Option<&'a [u8]>,
    offset: u64,
    end: u64,
}

impl<'a> At<'a> {
    /// A part of a file as it is now.
    pub fn live(file: &'a File, part: Range<u64>) -> Self {
        Self { file, held: None, offset: part.start, end: part.end }
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = match self.held {
            Some(text) => {
                let from = usize::try_from(self.offset).unwrap_or(usize::MAX).min(text.len());
                (&text[from..]).read(&mut buffer[..wanted])?
            }
            #[cfg(unix)]
            None => std::os::unix::fs::FileExt::read_at(self.file, &mut buffer[..wanted], self.offset)?,
            #[cfg(windows)]
            None => std::os::windows::fs::FileExt::seek_read(self.file, &mut buffer[..wanted], self.offset)?,
        };
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// What is read in one go is what is read piece by piece, whatever part is asked for.
    #[test]
    fn a_short_file_is_held_and_reads_the_same() {
        for size in [0, 1, 511, SHORT - 1, SHORT, SHORT + 1] {
            let text: Vec<u8> = (0..size).map(|i| i as u8).collect();
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&text).unwrap();
            let content = Content::whole(file.reopen().unwrap(), size);
            assert_eq!(content.is_held(), (1..=SHORT).contains(&size), "{size}");
            for part in [0..size, 0..u64::MAX, size / 2..size, size..u64::MAX, size + 7..size + 9] {
                let mut read = Vec::new();
                content.at(part.clone()).read_to_end(&mut read).unwrap();
                assert_eq!(read, text[(part.start.min(size)) as usize..part.end.min(size) as usize], "{size} {part:?}");
            }
        }
    }

    /// A file that lost its end is none that is held: what is left is read where it is asked for.
    #[test]
    fn a_file_that_is_shorter_than_it_was_is_not_held() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"left").unwrap();
        let content = Content::whole(file.reopen().unwrap(), 100);
        assert!(!content.is_held());
        let mut read = Vec::new();
        content.at(0..100).read_to_end(&mut read).unwrap();
        assert_eq!(read, b"left");
    }
}
