//! Records of the Linux audit system, whose untrusted fields are hexadecimal as soon as they hold a blank.

use std::ops::Range;

use super::view::hex;

/// Words of one command that are read.
const WORDS: usize = 256;

/// Text that a record's fields hold, and where they stand.
pub struct Audited {
    /// The fields.
    pub span: Range<usize>,
    /// What they say.
    pub text: Vec<u8>,
    /// Whether any of them was hexadecimal.
    pub hex: bool,
}

/// `proctitle=6D7973…` behind `at`: the words of a command, as a shell would be given them.
pub fn title(text: &[u8], at: usize) -> Option<Audited> {
    let start = at + memchr::memchr(b'=', text.get(at..)?)? + 1;
    let span = digits(text, start)?;
    let bytes = hex(&text[span.clone()])?;
    let words: Vec<&[u8]> = bytes.split(|&b| b == 0).filter(|word| !word.is_empty()).collect();
    Some(Audited { span, text: shell_line(&words), hex: true })
}

/// `argc=4 a0="smbclient" … a3=434F52…` behind `at`. A long word comes in parts: `a1[0]=… a1[1]=…`.
pub fn arguments(text: &[u8], at: usize) -> Option<Audited> {
    let line = line_end(text, at);
    let start = at + 1;
    let mut words: Vec<(usize, Vec<u8>)> = Vec::new();
    let (mut i, mut any_hex) = (start, false);
    while i < line && words.len() < WORDS {
        let end = text[i..line].iter().position(|&b| b == b' ').map_or(line, |blank| i + blank);
        let field = &text[i..end];
        i = end + 1;
        let Some(equals) = memchr::memchr(b'=', field) else { continue };
        let Some(number) = word_number(&field[..equals]) else { continue };
        let value = &field[equals + 1..];
        let word = match value {
            [b'"', inner @ .., b'"'] => inner.to_vec(),
            // A quoted word has no blank, so one without its other quote is cut.
            [b'"', inner @ ..] => inner.to_vec(),
            _ if value.len().is_multiple_of(2) && !value.is_empty() => {
                let Some(bytes) = hex(value) else { continue };
                any_hex = true;
                bytes
            }
            _ => continue,
        };
        match words.last_mut() {
            Some((last, whole)) if *last == number => whole.extend(word),
            _ => words.push((number, word)),
        }
    }
    let words: Vec<&[u8]> = words.iter().map(|(_, word)| &**word).collect();
    (words.len() > 1).then(|| Audited { span: start..line, text: shell_line(&words), hex: any_hex })
}

/// `data=7375…` behind `at`: what was typed, its corrections made.
pub fn keystrokes(text: &[u8], at: usize) -> Option<Audited> {
    let line = line_end(text, at);
    let start = at + memchr::memmem::find(&text[at..line], b" data=")? + 6;
    let span = digits(text, start)?;
    Some(Audited { text: typed(&hex(&text[span.clone()])?), span, hex: true })
}

/// What stands on the line after all keys were pressed: backspaces erase, `^U` erases the line, Enter ends it.
pub fn typed(keys: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::with_capacity(keys.len());
    let line = |text: &[u8]| memchr::memrchr(b'\n', text).map_or(0, |i| i + 1);
    for &key in keys {
        match key {
            b'\r' | b'\n' => text.push(b'\n'),
            0x08 | 0x7f => {
                let start = line(&text);
                while text.len() > start && text.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            0x15 => text.truncate(line(&text)),
            b'\t' => text.push(b'\t'),
            0..0x20 => {}
            _ => text.push(key),
        }
    }
    text
}

/// `a3`, `a3[1]`.
fn word_number(key: &[u8]) -> Option<usize> {
    let digits = key.strip_prefix(b"a")?;
    let end = memchr::memchr(b'[', digits).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

fn digits(text: &[u8], start: usize) -> Option<Range<usize>> {
    let length = text.get(start..)?.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    (length >= 4).then(|| start..start + length - length % 2)
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i)
}

/// Words with blanks between them; those that hold blanks or quotes are quoted, as in a shell.
fn shell_line(words: &[&[u8]]) -> Vec<u8> {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        if !word.iter().any(|b| b.is_ascii_whitespace() || b"'\"".contains(b)) {
            line.extend_from_slice(word);
            continue;
        }
        let quote = if word.contains(&b'\'') && !word.contains(&b'"') { b'"' } else { b'\'' };
        line.push(quote);
        line.extend(word.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
        line.push(quote);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_a_shell_is_given_them() {
        let record = br#"type=EXECVE msg=audit(1:2): argc=3 a0="kinit" a1=2D70206120622063 a2[0]="long" a2[1]="er""#;
        let at = memchr::memmem::find(record, b" argc=").unwrap();
        let command = arguments(record, at).unwrap();
        assert_eq!(String::from_utf8(command.text).unwrap(), "kinit '-p a b c' longer");
        assert!(command.hex);
        let record = b"proctitle=6375726C002D7500616E6E613A7820790A";
        assert_eq!(title(record, 0).unwrap().text, b"curl -u 'anna:x y '");
        assert!(title(b"proctitle=\"(systemd)\"", 0).is_none());
    }

    #[test]
    fn corrections_are_made() {
        assert_eq!(typed(b"su - anm\x7fn\r\x1b[AQuinx\x7fce\n"), b"su - ann\n[AQuince\n");
        assert_eq!(typed(b"wrong\x15right\n"), b"right\n");
    }
}
