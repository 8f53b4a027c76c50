//! Quotes as people and word processors set them: “x”, „x“, «x».

use super::{Value, Wrapper};

/// How a value between such quotes is marked: nothing in it is an escape.
pub const TYPOGRAPHIC: u8 = b'\n';

/// The longest text between them, in bytes.
const LONGEST: usize = 256;

const PAIRS: [(&str, &[&str]); 4] = [("“", &["”"]), ("„", &["“", "”"]), ("«", &["»"]), ("‘", &["’"])];

/// The value between the quotes that open at `at`, without the blanks that French sets inside them.
pub fn typographic(text: &[u8], at: usize) -> Option<Value> {
    let rest = text.get(at..text.len().min(at + LONGEST))?;
    let (open, closing) = PAIRS.iter().find(|(open, _)| rest.starts_with(open.as_bytes()))?;
    let mut start = open.len();
    let mut end =
        closing.iter().filter_map(|close| memchr::memmem::find(&rest[start..], close.as_bytes())).min()? + start;
    if memchr::memchr(b'\n', &rest[..end]).is_some() {
        return None;
    }
    for blank in [" ", "\u{a0}", "\u{202f}"] {
        if rest[start..end].starts_with(blank.as_bytes()) {
            start += blank.len();
        }
        if rest[start..end].ends_with(blank.as_bytes()) {
            end -= blank.len();
        }
    }
    Some(Value { span: at + start..at + end, quote: Some(TYPOGRAPHIC), wrapper: Wrapper::None, cut: false })
}
