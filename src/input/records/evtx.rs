//! Windows event logs: a header, and then chunks of 64 KiB that stand on their own, so that one is read at a time.

use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use evtx::err::ChunkError;
use evtx::{EvtxChunkData, ParserSettings};

use super::LINE_END;

/// Bytes of a chunk.
const CHUNK: usize = 64 << 10;

/// Bytes of the header, where it does not tell.
const HEADER: u16 = 4096;

/// The records of an event log, each a line of JSON. A chunk that cannot be read is handed on as the bytes that it is.
pub(super) struct Evtx<'a> {
    input: &'a mut dyn BufRead,
    settings: Arc<ParserSettings>,
    begun: bool,
    text: Vec<u8>,
    at: usize,
    /// Chunks and records that could not be read.
    chunks: u64,
    records: u64,
    cut: bool,
}

impl<'a> Evtx<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        // Records that were deleted and not yet written over say as much as the others.
        let settings = ParserSettings::new().recover_records(true).indent(false).num_threads(1);
        let (text, settings) = (Vec::new(), Arc::new(settings));
        Self { input, settings, begun: false, text, at: 0, chunks: 0, records: 0, cut: false }
    }

    /// What was lost, in words.
    pub(super) fn lost(&self) -> Option<String> {
        let cut = if self.cut { "; it ends early" } else { "" };
        let lost = self.cut || self.chunks + self.records > 0;
        lost.then(|| format!("{} chunks and {} records of the event log are damaged{cut}", self.chunks, self.records))
    }

    /// Makes text of the next chunk. False at the end.
    fn next_chunk(&mut self) -> io::Result<bool> {
        if !self.begun {
            self.begun = true;
            let head = self.block(HEADER.into())?;
            let size = head.get(40..42).map_or(HEADER, |size| u16::from_le_bytes([size[0], size[1]]));
            // Others than the usual one would be of a later version.
            self.block(usize::from(size.saturating_sub(HEADER)))?;
        }
        let mut chunk = self.block(CHUNK)?;
        if chunk.is_empty() {
            return Ok(false);
        }
        self.text.clear();
        self.at = 0;
        // Space for chunks is made ahead of need.
        if chunk.iter().all(|&byte| byte == 0) {
            return Ok(true);
        }
        self.cut |= chunk.len() < CHUNK;
        chunk.resize(CHUNK, 0);
        let text = &mut self.text;
        // Whatever goes wrong in reading a damaged chunk, the others are read.
        let read = catch_unwind(AssertUnwindSafe(|| render(chunk.clone(), &self.settings, text)));
        match read {
            Ok(Ok(failed)) => self.records += failed,
            Ok(Err(_)) | Err(_) => {
                self.chunks += 1;
                self.text.clone_from(&chunk);
                self.text.push(b'\n');
            }
        }
        Ok(true)
    }

    /// The next `size` bytes, fewer at the end.
    fn block(&mut self, size: usize) -> io::Result<Vec<u8>> {
        let mut block = Vec::with_capacity(size);
        (&mut self.input).take(size as u64).read_to_end(&mut block)?;
        Ok(block)
    }
}

/// Writes the records of a chunk. Returns how many could not be read.
fn render(chunk: Vec<u8>, settings: &Arc<ParserSettings>, text: &mut Vec<u8>) -> Result<u64, ChunkError> {
    // A log that is in use has checksums of an earlier state.
    let mut data = EvtxChunkData::new(chunk, false)?;
    let mut chunk = data.parse(Arc::clone(settings))?;
    let mut failed = 0;
    for record in chunk.iter() {
        match record.and_then(evtx::EvtxRecord::into_json_bytes) {
            Ok(record) => {
                line(&record.data, text);
                text.push(b'\n');
            }
            Err(_) => failed += 1,
        }
    }
    Ok(failed)
}

/// Writes a record of JSON with its line ends as [`LINE_END`].
fn line(json: &[u8], text: &mut Vec<u8>) {
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(at);
        text.extend_from_slice(before);
        let (escape, behind) = escape.split_at(escape.len().min(2));
        match escape {
            b"\\n" => text.extend_from_slice(LINE_END),
            b"\\r" => {}
            _ => text.extend_from_slice(escape),
        }
        rest = behind;
    }
    text.extend_from_slice(rest);
}

impl Read for Evtx<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if !self.next_chunk()? {
                return Ok(0);
            }
        }
        let read = (&self.text[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
