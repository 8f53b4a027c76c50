//! systemd journals in the export format: fields `NAME=text`, or a name, a length and any bytes; an empty line ends an
//! entry. <https://systemd.io/JOURNAL_EXPORT_FORMATS/>

use std::io::{self, BufRead, Read};

use super::escape;

/// The longest name of a field that journald takes.
const NAME: usize = 64;

/// The entries of a journal, each a line of JSON. Fields are passed on piece by piece, since a length can be anything.
pub(super) struct Export<'a> {
    input: &'a mut dyn BufRead,
    state: State,
    /// Whether fields of an entry were written.
    open: bool,
    text: Vec<u8>,
    at: usize,
    lost: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum State {
    /// Before a name.
    Name,
    /// In a text, which a line end ends.
    Text,
    /// In a value of so many bytes.
    Bytes(u64),
    /// In what is no journal: passed on as it is.
    Plain,
    Ended,
}

impl<'a> Export<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, state: State::Name, open: false, text: Vec::new(), at: 0, lost: None }
    }

    /// What was lost, in words.
    pub(super) fn lost(&self) -> Option<String> {
        self.lost.map(str::to_owned)
    }

    /// Makes text of what comes next.
    fn step(&mut self) -> io::Result<()> {
        match self.state {
            State::Name => self.name(),
            State::Text => {
                let buffer = self.input.fill_buf()?;
                let (piece, ended) = match memchr::memchr(b'\n', buffer) {
                    Some(end) => (&buffer[..end], true),
                    None => (buffer, buffer.is_empty()),
                };
                escape(piece, &mut self.text);
                let read = piece.len() + usize::from(piece.len() < buffer.len());
                self.input.consume(read);
                if ended {
                    self.text.push(b'"');
                    self.state = State::Name;
                }
                Ok(())
            }
            State::Bytes(0) => {
                self.text.push(b'"');
                let end = self.take(1)?;
                match end.as_slice() {
                    b"\n" => self.state = State::Name,
                    [] => self.end(Some("the journal ends within an entry")),
                    _ => self.spoil(&end),
                }
                Ok(())
            }
            State::Bytes(left) => {
                let buffer = self.input.fill_buf()?;
                let read = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                escape(&buffer[..read], &mut self.text);
                self.input.consume(read);
                self.state = State::Bytes(left - read as u64);
                if read == 0 {
                    self.text.push(b'"');
                    self.end(Some("the journal ends within an entry"));
                }
                Ok(())
            }
            State::Plain => {
                let buffer = self.input.fill_buf()?;
                self.text.extend_from_slice(buffer);
                let read = buffer.len();
                self.input.consume(read);
                if read == 0 {
                    self.state = State::Ended;
                }
                Ok(())
            }
            State::Ended => Ok(()),
        }
    }

    /// Reads the name of a field, and where its value is not text, its length.
    fn name(&mut self) -> io::Result<()> {
        let (mut name, end) = self.word()?;
        let named = matches!(name.first(), Some(b'A'..=b'Z' | b'_'))
            && name.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        match end {
            Some(b'\n') if name.is_empty() => self.close(),
            Some(end) if named => {
                self.text.extend_from_slice(if self.open { b",\"" } else { b"{\"" });
                self.text.extend_from_slice(&name);
                self.text.extend_from_slice(b"\":\"");
                self.open = true;
                self.state = State::Text;
                if end == b'\n' {
                    let length = self.take(8)?;
                    match <[u8; 8]>::try_from(length.as_slice()) {
                        Ok(length) => self.state = State::Bytes(u64::from_le_bytes(length)),
                        Err(_) => self.state = State::Bytes(u64::MAX),
                    }
                }
            }
            None if name.len() <= NAME => {
                self.end(None);
                self.text.extend_from_slice(&name);
            }
            end => {
                name.extend(end);
                self.spoil(&name);
            }
        }
        Ok(())
    }

    /// What stands before the next `=` or line end, and which of them it was. None at the end, and where it is too long
    /// for a name.
    fn word(&mut self) -> io::Result<(Vec<u8>, Option<u8>)> {
        let mut word = Vec::new();
        loop {
            let buffer = self.input.fill_buf()?;
            let most = buffer.len().min(NAME + 1 - word.len());
            let end = memchr::memchr2(b'=', b'\n', &buffer[..most]);
            let found = end.map(|end| buffer[end]);
            word.extend_from_slice(&buffer[..end.unwrap_or(most)]);
            self.input.consume(end.map_or(most, |end| end + 1));
            if found.is_some() || most == 0 {
                return Ok((word, found));
            }
        }
    }

    /// The next `size` bytes, fewer at the end.
    fn take(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.input).take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Ends an entry.
    fn close(&mut self) {
        if self.open {
            self.text.extend_from_slice(b"}\n");
            self.open = false;
        }
    }

    fn end(&mut self, lost: Option<&'static str>) {
        self.close();
        self.lost = lost;
        self.state = State::Ended;
    }

    /// Goes on in what is no journal, of which `read` was read.
    fn spoil(&mut self, read: &[u8]) {
        self.close();
        self.lost = Some("the journal is damaged; what follows was scanned as text");
        self.text.extend_from_slice(read);
        self.state = State::Plain;
    }
}

impl Read for Export<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !matches!(self.state, State::Ended) {
            self.text.clear();
            self.at = 0;
            self.step()?;
        }
        let read = (&self.text[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
