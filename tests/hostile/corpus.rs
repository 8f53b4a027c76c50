//! A corpus that is hostile to scanners, made by code: what each file tries, its bytes, and what is to be said of it.

use crate::pack::{How, Zip, gzip, tar, zip, zstd};

/// One file of the corpus.
pub struct Case {
    /// What it tries.
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// The reasons that `skipped` gives, each once.
    pub skipped: &'static [&'static str],
}

/// A leak that stands in most of the files, and must be found there.
pub const LEAK: &str = "\nGET /login?email=rower@example.org&pwd=Sluice77gate HTTP/1.1\n";

/// The account of the leak.
pub const ACCOUNT: &str = "rower@example.org";

/// `piece` again and again, about `size` bytes of it.
fn again(piece: &str, size: usize) -> Vec<u8> {
    piece.as_bytes().repeat(size / piece.len() + 1)
}

/// `before`, `piece` again and again, and the leak behind it.
fn text(name: &'static str, before: &str, piece: &str, size: usize) -> Case {
    Case { name, bytes: [before.as_bytes(), &again(piece, size), LEAK.as_bytes()].concat(), skipped: &[] }
}

/// The same of text that holds too many hits in one record.
fn crowded(name: &'static str, piece: &str, size: usize) -> Case {
    Case { skipped: &["budget"], ..text(name, "", piece, size) }
}

/// Texts on which parsers recurse, look back without end, or read one line into memory.
pub fn texts() -> Vec<Case> {
    const K: usize = 1 << 10;
    vec![
        text("one line", "", "a", 32 << 20),
        text("nothing but NUL", "", "\0", 16 << 20),
        text("line ends", "", "\n", 512 * K),
        text("depth of JSON", r#"{"password":"#, r#"{"a":"#, 256 * K),
        text("depth of lists", "password=", "[", 256 * K),
        crowded("depth under one key", r#"{"password":"#, 64 * K),
        text("keys said twice", "{", r#""user":"mokoye","password":"","password":null,"#, 16 * K),
        text("escapes of escapes", r#"{"password":""#, "\\", 256 * K),
        crowded("keys in a row", "pwd=\"", 64 * K),
        crowded("escaped keys in a row", "pwd=\\\"", 64 * K),
        crowded("keys escaped twice in a row", "pwd=\\\\\"", 64 * K),
        text("accounts in a row", "", "user=adams password=Plover-82, user=baker password=Curlew-11, ", 64 * K),
        text("percent of percent", "password=", "%25", 256 * K),
        text("entities of entities", "password=", "&amp;", 256 * K),
        text("blanks behind a key", "password=", " ", 512 * K),
        text("a string without end", "user,password\n", "\"", 256 * K),
        text("rows without end", "COPY users (login, password) FROM stdin;\n", "\t", 256 * K),
        text("columns without end", "", "c,", 256 * K),
        text("prompts without answers", "", "Password: \n", 64 * K),
        text("an event log of nothing", "", "ElfChnk\0", 64 * K),
    ]
}

/// Archives that lie, hold more than anybody wants, or have no bottom.
pub fn archives() -> Vec<Case> {
    let leak = LEAK.as_bytes();
    let zeros = vec![0; 64 << 20];
    let mut overlapping = Zip::default();
    overlapping.add("a.log", leak, How { method: 8, ..How::default() });
    let record = overlapping.central.clone();
    for _ in 0..60_000 {
        overlapping.central.extend(&record);
        overlapping.count = overlapping.count.wrapping_add(1);
    }
    let mut deep = zip(&[("a.log", leak)]);
    for _ in 0..12 {
        deep = zip(&[("again.zip", &deep), ("a.log", leak)]);
    }
    let many: Vec<(String, &[u8])> =
        (0..5000).map(|n| (format!("{n}.log"), &b""[..])).chain([("l".into(), leak)]).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, text)| (&**name, *text)).collect();
    let cut = gzip(&[leak, &again("line\n", 1 << 20)].concat());
    let case = |name, bytes, skipped| Case { name, bytes, skipped };
    vec![
        case("zeros in zstd in gzip", gzip(&zstd(&[&zeros[..], leak].concat())), &[]),
        case("bomb beside a leak", gzip(&tar(&[("zeros", &zeros), ("a.log", leak)])), &[]),
        case("60,000 names of one entry", overlapping.finish(true), &["bomb_limit"]),
        case("a zip in a zip in a zip", deep, &["depth_limit"]),
        case("members without text", tar(&many), &[]),
        case("cut in the middle", cut[..cut.len() - 9].to_vec(), &["decode_error"]),
        case("garbage behind", [&gzip(leak)[..], &[1, 2, 3, 0xff]].concat(), &["decode_error"]),
    ]
}
