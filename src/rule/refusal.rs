//! What a parser says of a file that it refuses, without the values that it quotes: a rule file may hold, where it is
//! broken, a password that somebody pasted.

/// The message without quoted values. Names of keys and of what was expected stay.
pub(super) fn without_values(message: &str) -> String {
    let cut = |start: usize, end: usize| format!("{}…{}", &message[..start], &message[end..]);
    // serde: invalid type: string "…", expected …
    if let (Some(first), Some(last)) = (message.find('"'), message.rfind('"'))
        && first < last
    {
        return cut(first + 1, last);
    }
    // serde: unknown variant `…`, expected one of …
    const VARIANT: &str = "unknown variant `";
    if let Some(start) = message.find(VARIANT).map(|at| at + VARIANT.len()) {
        let end = message[start..].find("`, expected").map_or(message.len(), |length| start + length);
        return cut(start, end);
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_told() {
        for (message, want) in [
            ("invalid type: string \"Tr0ub\\\"4dor\", expected u8", "invalid type: string \"…\", expected u8"),
            ("unknown variant `Tr0u`b`, expected `a` or `b`", "unknown variant `…`, expected `a` or `b`"),
            ("unknown field `titel`, expected `title`", "unknown field `titel`, expected `title`"),
            ("key with no value, expected `=`", "key with no value, expected `=`"),
        ] {
            assert_eq!(without_values(message), want);
        }
    }
}
