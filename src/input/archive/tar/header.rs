//! What stands before the data of a tar entry: the header's block, and the descriptions that amend it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The unit of everything in a tar.
pub(super) const BLOCK: usize = 512;

/// Whether `head` begins with the header of an entry.
pub(in super::super) fn is_tar(head: &[u8]) -> bool {
    head.get(..BLOCK).is_some_and(|block| Header::read(block).is_some())
}

/// The header of an entry.
pub(super) struct Header {
    pub name: String,
    /// Bytes of data that follow.
    pub size: u64,
    pub kind: u8,
    pub modified: Option<SystemTime>,
    /// The whole block.
    pub block: [u8; BLOCK],
}

impl Header {
    /// Reads a block. None where it is not the header of an entry: its checksum tells.
    pub(super) fn read(block: &[u8]) -> Option<Self> {
        let block: [u8; BLOCK] = block.try_into().ok()?;
        let sum = octal(&block[148..156])?;
        let others = || block[..148].iter().chain(&block[156..]);
        let unsigned: u64 = others().map(|&byte| u64::from(byte)).sum::<u64>() + 8 * 32;
        // Old writers took bytes for signed.
        let signed: i64 = others().map(|&byte| i64::from(byte.cast_signed())).sum::<i64>() + 8 * 32;
        if sum == 0 || (sum != unsigned && i64::try_from(sum) != Ok(signed)) {
            return None;
        }
        let size = number(&block[124..136])?;
        let seconds = number(&block[136..148]);
        let mut name = text(&block[..100]);
        // In GNU's own format these bytes are something else.
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            name = format!("{}/{name}", text(&block[345..500]));
        }
        Some(Self { name, size, kind: block[156], modified: seconds.and_then(time), block })
    }

    /// Takes what a description says instead.
    pub(super) fn amend(&mut self, by: &Extended) {
        if let Some(name) = by.sparse_name.as_ref().or(by.name.as_ref()) {
            self.name.clone_from(name);
        }
        self.size = by.size.unwrap_or(self.size);
        self.modified = by.modified.or(self.modified);
    }
}

/// What the entries `x`, `g` and `L` say of others.
#[derive(Default)]
pub(super) struct Extended {
    name: Option<String>,
    sparse_name: Option<String>,
    size: Option<u64>,
    modified: Option<SystemTime>,
    /// Offset and length of each piece of a sparse file.
    pub map: Vec<(u64, u64)>,
    pub real_size: Option<u64>,
    /// Whether the map stands before the data.
    pub map_in_data: bool,
}

impl Extended {
    /// Takes up a description of this `kind`.
    pub(super) fn add(&mut self, kind: u8, data: &[u8]) {
        match kind {
            b'L' => self.name = Some(text(data)),
            // The target of a link.
            b'K' => {}
            _ => self.add_records(data),
        }
    }

    /// Records of PAX: their own length in decimal, a blank, a key, `=`, a value, a newline.
    fn add_records(&mut self, mut data: &[u8]) {
        while let Some(blank) = data.iter().position(|&byte| byte == b' ') {
            let Some(length) = decimal(&data[..blank]).and_then(|length| usize::try_from(length).ok()) else { return };
            let Some(record) = data.get(blank + 1..length) else { return };
            data = &data[length..];
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            if let Some(equals) = record.iter().position(|&byte| byte == b'=') {
                self.add_record(&record[..equals], &record[equals + 1..]);
            }
        }
    }

    fn add_record(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" => self.name = Some(text(value)),
            b"size" => self.size = decimal(value),
            b"mtime" => self.modified = value.split(|&b| b == b'.').next().and_then(decimal).and_then(time),
            b"GNU.sparse.name" => self.sparse_name = Some(text(value)),
            b"GNU.sparse.major" => self.map_in_data = value == b"1",
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.real_size = decimal(value),
            b"GNU.sparse.offset" => self.map.extend(decimal(value).map(|offset| (offset, 0))),
            b"GNU.sparse.numbytes" => {
                if let (Some(last), Some(length)) = (self.map.last_mut(), decimal(value)) {
                    last.1 = length;
                }
            }
            b"GNU.sparse.map" => {
                let numbers: Vec<u64> = value.split(|&byte| byte == b',').filter_map(decimal).collect();
                self.map = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            }
            _ => {}
        }
    }
}

/// A number in octal digits, or in base 256 as GNU writes large ones.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => {
            let (high, low) = rest.split_at(rest.len().saturating_sub(8));
            (high.iter().all(|&byte| byte == 0)).then(|| low.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)))
        }
        _ => octal(field),
    }
}

/// Octal digits between blanks and a zero. An empty field is 0.
fn octal(field: &[u8]) -> Option<u64> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let digits = field[..end].trim_ascii();
    digits.iter().try_fold(0u64, |n, &digit| {
        (b'0'..=b'7').contains(&digit).then(|| n.checked_mul(8)?.checked_add(u64::from(digit - b'0'))).flatten()
    })
}

pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    let number = |n: u64, digit: &u8| {
        digit.is_ascii_digit().then(|| n.checked_mul(10)?.checked_add(u64::from(digit - b'0'))).flatten()
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, number) }
}

fn time(seconds: u64) -> Option<SystemTime> {
    (seconds > 0).then(|| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))).flatten()
}

/// Text up to a zero. A name that is not UTF-8 is shown as names of files are.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    super::super::super::source::shown_bytes(&field[..end])
}
