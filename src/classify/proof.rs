//! Responses to challenges, where a password would stand: they prove that somebody knows it, and do not tell it.

use super::Facts;

/// Whether `value` is the response of CHAP, CRAM-MD5, Digest or SCRAM.
pub fn is_proof(value: &[u8], facts: &Facts<'_>) -> bool {
    is_chap(facts.key) || is_scram(value) || is_digest(value) || is_cram(value)
}

/// `CHAP-Password`, `MS-CHAP2-Password`: the key says what it holds.
fn is_chap(key: &[u8]) -> bool {
    key.split(|b| !b.is_ascii_alphanumeric()).any(|word| {
        let word = word.to_ascii_lowercase();
        matches!(&*word, b"chap" | b"mschap" | b"chap2" | b"mschapv2" | b"mschap2")
    })
}

/// `c=biws,r=…,p=…`: the client's final message.
fn is_scram(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b',').map(|part| part.get(..2));
    value.starts_with(b"c=") && [&b"c="[..], b"r=", b"p="].into_iter().all(|name| parts.any(|part| part == Some(name)))
}

/// `username="…",realm="…",nonce="…",response=…`.
fn is_digest(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"Digest ").unwrap_or(value);
    let has = |name: &[u8]| memchr::memmem::find(value, name).is_some();
    (value.starts_with(b"username=\"") || value.starts_with(b"charset=")) && has(b"nonce=") && has(b"response=")
}

/// An account, a blank and an HMAC of MD5.
fn is_cram(value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|&b| b == b' ') else { return false };
    let (account, digest) = (&value[..at], &value[at + 1..]);
    let lower = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    digest.len() == 32 && digest.iter().all(lower) && !account.is_empty() && !account.contains(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_prove_and_do_not_tell() {
        assert!(is_scram(b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="));
        assert!(is_digest(b"username=\"dana\",realm=\"x\",nonce=\"OA6\",response=d388dad90d4bbd760a152321f2143af7"));
        assert!(is_cram(b"dana b913a602c7eda7a495b4e6e7334d3890"));
        assert!(is_chap(b"CHAP-Password") && is_chap(b"MS-CHAP2-Password"));
    }

    #[test]
    fn passwords_are_no_proof() {
        for value in ["correct horse battery staple", "c=3", "p=q,r=s", "username=\"dana\"", "chap", "b913a602c7eda7a4"]
        {
            let value = value.as_bytes();
            assert!(!is_scram(value) && !is_digest(value) && !is_cram(value));
        }
        assert!(!is_chap(b"chapter_password"));
    }
}
