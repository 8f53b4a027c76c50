//! Values that measure something or show what they stand for: `12ms`, `[12 characters]`, `Value[type=text, …]`.

/// `231ms`, `0.23s`: how long something took.
pub fn is_measure(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let dotted = value[..digits].contains(&b'.');
    let unit = &value[digits..];
    digits > 0
        && value[0].is_ascii_digit()
        && (matches!(unit, b"ms" | b"us" | b"ns") || unit == "µs".as_bytes() || dotted && unit == b"s")
}

/// `12 characters`, `12_chars`: how long the password is.
pub fn is_length(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let [b' ' | b'_' | b'-', unit @ ..] = &value[digits..] else { return false };
    (1..=4).contains(&digits) && matches!(unit, b"chars" | b"characters" | b"bytes" | b"char" | b"symbols" | b"digits")
}

/// `Value[type=text`, `[Function: check]`: the beginning of an object as it was printed.
pub fn is_object(value: &[u8]) -> bool {
    if value.starts_with(b"Function: ") || value == b"Function (anonymous)" {
        return true;
    }
    let class = value.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let name = value.get(class + 1..).unwrap_or_default();
    let field = name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    value.first().is_some_and(u8::is_ascii_uppercase)
        && matches!(value.get(class), Some(b'[' | b'{' | b'('))
        && field > 1
        && name.get(field) == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_told_from_passwords() {
        for value in ["12ms", "0.23s", "231us"] {
            assert!(is_measure(value.as_bytes()), "{value}");
        }
        for value in ["12s", "ms12", "12", "1a2ms", "."] {
            assert!(!is_measure(value.as_bytes()), "{value}");
        }
        assert!(is_length(b"12 characters") && is_length(b"8_chars"));
        assert!(!is_length(b"12 monkeys") && !is_length(b"characters"));
        assert!(is_object(b"Value[type=text") && is_object(b"Text(value=x"));
        assert!(!is_object(b"P[x=1") && !is_object(b"value[type=x") && !is_object(b"Pass[word]"));
    }
}
