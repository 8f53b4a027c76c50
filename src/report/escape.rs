//! Makes text from a log harmless where a person or a CI runner reads it.

use std::fmt;

/// Text that came from a log or a file name, for a terminal or a CI log. Whatever could move the cursor, change colours,
/// set a title, reorder or hide text is shown as `\u{1b}`; so is the second `#` of a pair, with which Azure and TeamCity
/// begin a command anywhere in a line. A precision (`{:.80}`) bounds the characters shown, the rest becomes `…`. No line
/// may *begin* with it, since `::` there is a command as well.
pub fn terminal(text: &str) -> impl fmt::Display + '_ {
    Terminal(text)
}

struct Terminal<'a>(&'a str);

impl fmt::Display for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let mut before = '\0';
        for (shown, c) in self.0.chars().enumerate() {
            if Some(shown) == f.precision() {
                return f.write_char('…');
            }
            if is_unsafe(c) || (c == '#' && before == '#') {
                write!(f, "\\u{{{:x}}}", u32::from(c))?;
            } else {
                f.write_char(c)?;
            }
            before = c;
        }
        Ok(())
    }
}

/// Controls of C0 and C1, and characters that show nothing or change the order of what is shown.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name cannot act on the terminal, hide itself, or command a CI runner; ordinary names stay readable.
    #[test]
    fn only_what_acts_is_escaped() {
        for (name, want) in [
            ("jane@example.com", "jane@example.com"),
            ("CORP\\jané 名前", "CORP\\jané 名前"),
            ("a\nb\r\t\0", "a\\u{a}b\\u{d}\\u{9}\\u{0}"),
            ("\u{1b}]52;c;x\u{7}", "\\u{1b}]52;c;x\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("eve\u{202e}moc", "eve\\u{202e}moc"),
            ("a\u{200b}b\u{feff}\u{2066}", "a\\u{200b}b\\u{feff}\\u{2066}"),
            ("##vso[task]", "#\\u{23}vso[task]"),
            ("C#", "C#"),
        ] {
            assert_eq!(terminal(name).to_string(), want);
        }
    }

    /// A name of a megabyte does not fill the screen.
    #[test]
    fn a_precision_cuts() {
        assert_eq!(format!("{:.3}", terminal("jané@example.com")), "jan…");
        assert_eq!(format!("{:.4}", terminal("jané")), "jané");
    }

    /// Every byte that starts a terminal sequence, on its own.
    #[test]
    fn no_control_passes() {
        for c in (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(!terminal(&c.to_string()).to_string().contains(c), "{:x}", u32::from(c));
        }
    }
}
