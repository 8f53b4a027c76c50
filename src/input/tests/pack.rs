//! Packs texts in every format that is read, as the tools do. Without times, so that those of the file count.
#![allow(dead_code)]

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, write::DeflateEncoder};
use liblzma::stream::{Action, Check, Status, Stream};

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(text: &[u8]) -> Vec<u8> {
    xz_blocks(text, usize::MAX, 0)
}

/// One stream whose blocks hold `block` bytes of text each.
pub fn xz_blocks(text: &[u8], block: usize, preset: u32) -> Vec<u8> {
    let mut encoder = Stream::new_easy_encoder(preset, Check::Crc64).unwrap();
    let mut packed = Vec::with_capacity(text.len() * 2 + 4096 + text.len() / block.min(text.len() + 1) * 1024);
    let pieces: Vec<&[u8]> = text.chunks(block.min(text.len().max(1))).collect();
    for (i, piece) in pieces.iter().enumerate() {
        let action = if i + 1 == pieces.len() { Action::Finish } else { Action::FullFlush };
        let before = encoder.total_in();
        loop {
            let taken = (encoder.total_in() - before) as usize;
            let status = encoder.process_vec(&piece[taken..], &mut packed, action).unwrap();
            if matches!(status, Status::StreamEnd) {
                break;
            }
        }
    }
    if pieces.is_empty() {
        while !matches!(encoder.process_vec(&[], &mut packed, Action::Finish).unwrap(), Status::StreamEnd) {}
    }
    packed
}

/// A frame with a checksum that tells the length of its text.
pub fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.set_pledged_src_size(Some(text.len() as u64)).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub fn lz4(text: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new().content_checksum(true).block_mode(lz4_flex::frame::BlockMode::Linked);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A frame that decoders pass over.
pub fn skippable(bytes: &[u8]) -> Vec<u8> {
    [&[0x50, 0x2a, 0x4d, 0x18][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat()
}

/// Gzip whose parts tell their length, with the empty part that marks the end.
pub fn bgzip(text: &[u8], block: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in text.chunks(block).chain([&b""[..]]) {
        let data = deflate(piece);
        let length = (data.len() + 25) as u16;
        packed.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0]);
        packed.extend(length.to_le_bytes());
        packed.extend(data);
        packed.extend(crc32fast::hash(piece).to_le_bytes());
        packed.extend((piece.len() as u32).to_le_bytes());
    }
    packed
}

pub fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub fn inflate(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::DeflateDecoder::new(packed).read_to_end(&mut text).unwrap();
    text
}

pub type Pack = fn(&[u8]) -> Vec<u8>;

/// What packs one text, by name.
pub const CODECS: &[(&str, Pack)] = &[("gzip", gzip), ("bzip2", bzip2), ("xz", xz), ("zstd", zstd), ("lz4", lz4)];

/// The header of a tar entry and its data. `change` may alter the header before it is summed up.
pub fn tar_entry(name: &str, kind: u8, data: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    change(&mut block);
    sum_up(&mut block);
    block.extend_from_slice(data);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// Writes the checksum of a tar header.
pub fn sum_up(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A tar of plain files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive: Vec<u8> = files.iter().flat_map(|(name, data)| tar_entry(name, b'0', data, |_| ())).collect();
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// Records of PAX.
pub fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length.to_string().len() + rest != length {
            length += 1;
        }
        data.extend(format!("{length} {key}={value}\n").bytes());
    }
    data
}

/// How an entry of a zip is written.
#[derive(Clone, Copy, Default)]
pub struct How {
    pub method: u16,
    /// Sizes and checksum stand behind the data.
    pub descriptor: bool,
    /// Sizes and offset stand in an extra field of 64 bits.
    pub large: bool,
    pub encrypted: bool,
}

/// A zip, from one file after another.
#[derive(Default)]
pub struct Zip {
    pub bytes: Vec<u8>,
    pub central: Vec<u8>,
    pub count: u16,
}

impl Zip {
    pub fn add(&mut self, name: &str, text: &[u8], how: How) {
        let data = match how.method {
            8 => deflate(text),
            12 => bzip2(text),
            93 => zstd(text),
            95 => xz(text),
            _ => text.to_vec(),
        };
        self.add_data(name, &data, text.len() as u64, crc32fast::hash(text), how);
    }

    pub fn add_data(&mut self, name: &str, data: &[u8], size: u64, crc: u32, how: How) {
        let offset = self.bytes.len() as u64;
        let flags = u16::from(how.descriptor) * 8 + u16::from(how.encrypted);
        let packed = data.len() as u64;
        let sizes = |hidden: bool, into: &mut Vec<u8>| {
            for number in [packed, size] {
                into.extend(
                    (if hidden {
                        0
                    } else if how.large {
                        u32::MAX
                    } else {
                        number as u32
                    })
                    .to_le_bytes(),
                );
            }
        };
        let extra = |numbers: &[u64]| -> Vec<u8> {
            let field = numbers.iter().flat_map(|n| n.to_le_bytes());
            let head = [1u16.to_le_bytes(), (numbers.len() as u16 * 8).to_le_bytes()].concat();
            if how.large { head.into_iter().chain(field).collect() } else { Vec::new() }
        };
        let common = |into: &mut Vec<u8>, hidden: bool| {
            into.extend(flags.to_le_bytes());
            into.extend(how.method.to_le_bytes());
            into.extend([0; 4]);
            into.extend((if hidden { 0 } else { crc }).to_le_bytes());
            sizes(hidden, into);
            into.extend((name.len() as u16).to_le_bytes());
        };
        self.bytes.extend(b"PK\x03\x04\x2d\0");
        common(&mut self.bytes, how.descriptor);
        let local = if how.descriptor { Vec::new() } else { extra(&[size, packed]) };
        self.bytes.extend((local.len() as u16).to_le_bytes());
        self.bytes.extend(name.bytes().chain(local));
        self.bytes.extend(data);
        if how.descriptor {
            self.bytes.extend(b"PK\x07\x08");
            self.bytes.extend(crc.to_le_bytes());
            for number in [packed, size] {
                if how.large {
                    self.bytes.extend(number.to_le_bytes());
                } else {
                    self.bytes.extend((number as u32).to_le_bytes());
                }
            }
        }
        self.list(name, &extra(&[size, packed, offset]), if how.large { u32::MAX } else { offset as u32 }, |into| {
            common(into, false);
        });
    }

    fn list(&mut self, name: &str, extra: &[u8], offset: u32, common: impl FnOnce(&mut Vec<u8>)) {
        self.central.extend(b"PK\x01\x02\x2d\0\x2d\0");
        common(&mut self.central);
        self.central.extend((extra.len() as u16).to_le_bytes());
        self.central.extend([0; 10]);
        self.central.extend(offset.to_le_bytes());
        self.central.extend(name.bytes());
        self.central.extend(extra);
        self.count += 1;
    }

    /// The archive. With `large`, its end is that of an archive over 4 GiB.
    pub fn finish(self, large: bool) -> Vec<u8> {
        let Self { mut bytes, central, count } = self;
        let (begin, length) = (bytes.len() as u64, central.len() as u64);
        bytes.extend(central);
        let mut numbers = (length as u32, begin as u32);
        if large {
            let record = bytes.len() as u64;
            bytes.extend(b"PK\x06\x06");
            bytes.extend(44u64.to_le_bytes());
            bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [u64::from(count), u64::from(count), length, begin] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(b"PK\x06\x07\0\0\0\0");
            bytes.extend(record.to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
            numbers = (u32::MAX, u32::MAX);
        }
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(numbers.0.to_le_bytes());
        bytes.extend(numbers.1.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }
}

/// A zip of deflated files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::default();
    for (name, text) in files {
        zip.add(name, text, How { method: 8, ..How::default() });
    }
    zip.finish(false)
}
