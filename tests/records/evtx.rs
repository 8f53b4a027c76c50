//! Windows event logs as Windows writes them, with as little in them as can be: one chunk, no templates.
//!
//! After the description in MS-EVEN6 and libevtx. Names stand where they are first used, and each record has its own.

const CHUNK: usize = 64 << 10;
const CHUNK_HEADER: usize = 512;
const RECORD_HEADER: usize = 24;

/// An event log whose records have these values of `EventData`. They are a second apart.
pub fn log(records: &[&[(&str, &str)]]) -> Vec<u8> {
    let mut chunk = vec![0; CHUNK_HEADER];
    let mut last = 0;
    for (number, data) in records.iter().enumerate() {
        last = chunk.len();
        let time = format!("2026-11-03T10:11:{}.6816408Z", 12 + number);
        let body = Xml { bytes: Vec::new(), base: last + RECORD_HEADER }.event(number, &time, data);
        let size = (RECORD_HEADER + body.len() + 4) as u32;
        chunk.extend_from_slice(b"**\0\0");
        chunk.extend_from_slice(&size.to_le_bytes());
        chunk.extend_from_slice(&(number as u64 + 1).to_le_bytes());
        chunk.extend_from_slice(&134_000_000_000_000_000_u64.to_le_bytes());
        chunk.extend_from_slice(&body);
        chunk.extend_from_slice(&size.to_le_bytes());
    }
    let (free, count) = (chunk.len() as u32, records.len() as u64);
    chunk.resize(CHUNK, 0);
    put(&mut chunk, 0, b"ElfChnk\0");
    for (at, number) in [(8, 1), (16, count), (24, 1), (32, count)] {
        put(&mut chunk, at, &number.to_le_bytes());
    }
    for (at, number) in [(40, 128), (44, last as u32), (48, free), (52, crc32(&chunk[CHUNK_HEADER..free as usize]))] {
        put(&mut chunk, at, &number.to_le_bytes());
    }
    let sum = crc32(&[&chunk[..120], &chunk[128..CHUNK_HEADER]].concat());
    put(&mut chunk, 124, &sum.to_le_bytes());

    let mut log = vec![0; 4096];
    put(&mut log, 0, b"ElfFile\0");
    put(&mut log, 24, &(count + 1).to_le_bytes());
    put(&mut log, 32, &128_u32.to_le_bytes());
    for (at, number) in [(36, 1_u16), (38, 3), (40, 4096), (42, 1)] {
        put(&mut log, at, &number.to_le_bytes());
    }
    let sum = crc32(&log[..120]);
    put(&mut log, 124, &sum.to_le_bytes());
    log.extend_from_slice(&chunk);
    log
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

/// Binary XML that will stand at `base` in its chunk: names refer to their places there.
struct Xml {
    bytes: Vec<u8>,
    base: usize,
}

impl Xml {
    fn event(mut self, number: usize, time: &str, data: &[(&str, &str)]) -> Vec<u8> {
        self.raw(&[0x0f, 1, 1, 0]);
        self.open("Event", &[]);
        self.open("System", &[]);
        self.open("EventRecordID", &[]);
        self.text(&(number + 1).to_string());
        self.raw(&[0x04]);
        self.open("TimeCreated", &[("SystemTime", time)]);
        self.raw(&[0x04, 0x04]);
        self.open("EventData", &[]);
        for (name, value) in data {
            self.open("Data", &[("Name", name)]);
            self.text(value);
            self.raw(&[0x04]);
        }
        self.raw(&[0x04, 0x04, 0x00]);
        self.bytes
    }

    /// An element's start, up to its content.
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.raw(&[if attributes.is_empty() { 0x01 } else { 0x41 }, 0, 0, 0, 0]);
        self.name(name);
        if !attributes.is_empty() {
            self.raw(&[0; 4]);
        }
        for (name, value) in attributes {
            self.raw(&[0x06]);
            self.name(name);
            self.text(value);
        }
        self.raw(&[0x02]);
    }

    fn name(&mut self, name: &str) {
        let at = (self.base + self.bytes.len() + 4) as u32;
        self.raw(&at.to_le_bytes());
        self.raw(&[0; 6]);
        self.counted(name);
        self.raw(&[0, 0]);
    }

    fn text(&mut self, text: &str) {
        self.raw(&[0x05, 0x01]);
        self.counted(text);
    }

    fn counted(&mut self, text: &str) {
        self.raw(&(text.encode_utf16().count() as u16).to_le_bytes());
        self.bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}
