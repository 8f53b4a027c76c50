//! Formats that are known and not read. Their bytes are scanned: what is stored in them unpacked is found.

/// The first bytes of a format, and what people call it.
const MAGIC: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x89LZO\x00\r\n\x1a\n", "lzop"),
    (b"LZIP\x01", "lzip"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"hsqs", "squashfs"),
];

/// The name of a format that begins with `head` and is not read.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    // compress: its third byte is the width of codes and one flag; two bits are unused.
    let compress = |flags: u8| flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f));
    matches!(head, [0x1f, 0x9d, flags, ..] if compress(*flags)).then_some(".Z")
}

/// The name of a format without first bytes of its own, which only the end of its file's name tells. `head` is no text.
pub(in crate::input) fn by_name(name: &str, head: &[u8]) -> Option<&'static str> {
    let brotli = name.len() >= 3 && name.as_bytes()[name.len() - 3..].eq_ignore_ascii_case(b".br");
    let text = || !head.contains(&0) && std::str::from_utf8(head).map_or_else(|e| e.error_len().is_none(), |_| true);
    (brotli && !text()).then_some("brotli")
}
