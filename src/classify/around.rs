//! What the text beside a field tells against its value: counters, counts, and the help of a program.

use super::Facts;
use crate::rule::{KeyName, Syntax};

/// `PASS=41 FAIL=0`: how many tests passed, beside how many failed.
pub fn is_tally(value: &[u8], facts: &Facts<'_>) -> bool {
    const OTHERS: [&[u8]; 5] = [b"fail", b"skip", b"error", b"warn", b"total"];
    let counted = !value.is_empty() && value.len() <= 9 && value.iter().all(u8::is_ascii_digit);
    let passed = facts.key.eq_ignore_ascii_case(b"pass");
    // Nobody counts that far in small letters, but people choose such passwords.
    let far = value.len() > 3 && facts.key != b"PASS";
    if !counted || far || !passed || facts.quote.is_some() || matches!(facts.syntax, Some(Syntax::Query | Syntax::Form))
    {
        return false;
    }
    let other =
        |word: &[u8]| OTHERS.iter().any(|other| word.len() < 12 && word.to_ascii_lowercase().starts_with(other));
    let sign = |b: &u8| b" ,;/|\t\"".contains(b);
    let after = &facts.rest[facts.rest.iter().take_while(|b| sign(b)).count()..];
    let word = after.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let behind = &after[word..];
    let number = behind.iter().find(|b| !b"=: \"".contains(b)).is_some_and(u8::is_ascii_digit);
    if number && !behind.first().is_some_and(u8::is_ascii_digit) && other(&after[..word]) {
        return true;
    }
    let trim = |text: &mut &[u8], of: &dyn Fn(&u8) -> bool| {
        let end = text.iter().rposition(|b| !of(b)).map_or(0, |i| i + 1);
        let cut = text.len() - end;
        *text = &text[..end];
        cut
    };
    let mut before = facts.before;
    trim(&mut before, &sign);
    let digits = trim(&mut before, &|b| b.is_ascii_digit());
    let signs = trim(&mut before, &|b| b"=: \"".contains(b));
    let start = before.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |i| i + 1);
    digits > 0 && signs > 0 && other(&before[start..])
}

/// `weak passwords: 3`: how many there are.
pub fn is_count(value: &[u8], facts: &Facts<'_>) -> bool {
    let several = facts.key.len() >= 9 && facts.key[facts.key.len() - 9..].eq_ignore_ascii_case(b"passwords");
    several && facts.quote.is_none() && value.len() <= 5 && value.iter().all(u8::is_ascii_digit)
}

/// `String password = field;`, `let password = x`, `login(username=username, password=password)`: code that names
/// what it will hold.
pub fn is_code(value: &[u8], facts: &Facts<'_>) -> bool {
    const DECLARED: [&[u8]; 14] = [
        b"string", b"str", b"var", b"let", b"const", b"val", b"char", b"varchar", b"private", b"public", b"final",
        b"static", b"mut", b"bytes",
    ];
    if facts.quote.is_some() || facts.syntax.is_none() {
        return false;
    }
    let before = facts.before;
    if before.ends_with(b" ") {
        let word = before.trim_ascii_end();
        let word = &word[word.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |i| i + 1)..];
        if matches!(facts.syntax, Some(Syntax::Ini | Syntax::Object))
            && DECLARED.iter().any(|declared| word.eq_ignore_ascii_case(declared))
        {
            return true;
        }
    }
    // A field of an object takes what has the same name.
    if let Some(own) = facts.key.strip_prefix(b"this.").or(facts.key.strip_prefix(b"self.")) {
        return own == value;
    }
    // The argument beside it is named like its parameter as well.
    let pairs = before.trim_ascii_end().strip_suffix(b",").unwrap_or_default();
    let length = pairs.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let (rest, name) = pairs.split_at(pairs.len() - length);
    facts.key == value && length > 0 && rest.strip_suffix(b"=").is_some_and(|rest| rest.ends_with(name))
}

/// `--password string   Password for basic auth`, `--password PASSWORD  the password to log in with`, `Using
/// --password via the command line`: help of a program, and sentences about its options.
pub fn is_usage(value: &[u8], facts: &Facts<'_>) -> bool {
    if facts.syntax != Some(Syntax::Argument) || facts.quote.is_some() || !value.iter().all(u8::is_ascii_alphabetic) {
        return false;
    }
    // What kind of value goes there.
    if value.iter().all(u8::is_ascii_uppercase) && [&b"TEXT"[..], b"STRING", b"STR", b"VALUE"].contains(&value) {
        return true;
    }
    // `[--password PASSWORD]`: what stands there names its own field.
    if value.iter().all(u8::is_ascii_uppercase)
        && facts.rest.starts_with(b"]")
        && matches!(facts.words.names_itself(value), Some(KeyName::Password(_)))
    {
        return true;
    }
    let rest = facts.rest;
    let word = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    // A column of explanations.
    if rest.starts_with(b"  ") {
        let explained = rest.trim_ascii_start();
        return word(explained) > 1 && explained.contains(&b' ');
    }
    let Some(next) = rest.strip_prefix(b" ") else { return false };
    let length = word(next);
    length > 1
        && matches!(next.get(length), None | Some(b' '))
        && value.iter().all(u8::is_ascii_lowercase)
        && facts.words.is_prose_word(&next[..length])
}
