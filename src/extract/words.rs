//! The words of a command as a list of strings: `["mysql", "-u", "jane", "-pX"]` is the command `mysql -u jane -pX`.

/// The longest list that is read, in bytes.
const LIST_BYTES: usize = 2 << 10;

/// The command line that the list around `at` spells, and where each byte of it stands in `text`. None where `at` does
/// not stand in a word of a list. A word with blanks keeps quotes around it.
pub fn command_line(text: &[u8], at: usize) -> Option<(Vec<u8>, Vec<usize>)> {
    let low = at.saturating_sub(128);
    let open = low + text[low..at].iter().rposition(|&b| matches!(b, b'"' | b'\''))?;
    let blank = |b: &u8| matches!(b, b' ' | b',' | b'\n' | b'\r' | b'\t');
    // `\"` and `\\\"` where the list stands in a string.
    let slashes = text[..open].iter().rev().take_while(|b| **b == b'\\').count();
    let mark = &text[open - slashes..=open];
    let (mut line, mut origins) = (Vec::new(), Vec::new());
    let mut start = open + 1;
    let mut words = 0;
    loop {
        let limit = text.len().min(open + LIST_BYTES);
        let length = memchr::memmem::find(text.get(start..limit)?, mark)?;
        let word = start..start + length;
        let spaced = text[word.clone()].contains(&b' ');
        let quote = |line: &mut Vec<u8>, origins: &mut Vec<usize>, at: usize| {
            if spaced {
                line.push(b'\'');
                origins.push(at);
            }
        };
        quote(&mut line, &mut origins, word.start);
        line.extend_from_slice(&text[word.clone()]);
        origins.extend(word.clone());
        quote(&mut line, &mut origins, word.end);
        words += 1;
        let behind = word.end + mark.len();
        let gap = text[behind.min(limit)..limit].iter().take_while(|b| blank(b)).count();
        let next = behind + gap;
        if gap == 0 || !text[next.min(limit)..limit].starts_with(mark) {
            return (words > 1).then_some((line, origins));
        }
        line.push(b' ');
        origins.push(word.end);
        start = next + mark.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_many_languages_are_commands() {
        for (text, line) in [
            (r#"argv=["mysql", "-u", "jane", "-pX y"]"#, "mysql -u jane '-pX y'"),
            ("run(['mysql', '-pX'])", "mysql -pX"),
            (r#"{"cmd":"[\"mysql\",\"-pX\"]"}"#, "mysql -pX"),
            (r#"["/usr/bin/mysql"  "-pX"] "x""#, "/usr/bin/mysql -pX"),
        ] {
            let at = text.find("mysql").unwrap();
            let (found, origins) = command_line(text.as_bytes(), at).unwrap();
            assert_eq!(String::from_utf8(found.clone()).unwrap(), line);
            assert_eq!(found.len(), origins.len());
            assert_eq!(origins[found.windows(5).position(|w| w == b"mysql").unwrap()], at);
        }
        for text in [r#""mysql -u jane -pX""#, "mysql -pX", r#""mysql""#] {
            assert!(command_line(text.as_bytes(), text.find("mysql").unwrap()).is_none(), "{text}");
        }
    }
}
