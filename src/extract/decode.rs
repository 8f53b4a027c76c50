//! What a pattern captured, put through the decoding that its rule names.

use std::borrow::Cow;

use super::keystrokes;
use crate::record::field::{doubled_apostrophes, form};
use crate::record::view::{Bytes, backslash, base64, base64_bytes, hex, html, is_text, percent, unescape};
use crate::rule::Decode;
use crate::terms::Layer;

/// A secret and its account in clear.
pub struct Decoded {
    pub account: Option<Vec<u8>>,
    pub secret: Vec<u8>,
    /// A transformation that somebody chose.
    pub layer: Option<Layer>,
}

/// Decodes the captured `secret`, and the captured `account` where the decoding does not yield one itself.
pub fn decode(how: Decode, secret: &[u8], account: Option<&[u8]>) -> Option<Decoded> {
    let plain = |escape: fn(&[u8]) -> Cow<'_, [u8]>| {
        Some(Decoded {
            account: account.map(|a| escape(a).into_owned()),
            secret: escape(secret).into_owned(),
            layer: None,
        })
    };
    match how {
        Decode::None => plain(|text| Cow::Borrowed(text)),
        Decode::Percent => plain(|text| unescape(text, percent)),
        Decode::PercentTwice => plain(|text| Cow::Owned(unescape(&unescape(text, percent), percent).into_owned())),
        Decode::Form => plain(form),
        // A wrong length leaves NULs, and what happened to lie there, behind the secret.
        Decode::Backslash => plain(|text| match unescape(text, backslash) {
            plain if plain.contains(&0) && plain[0] != 0 => {
                Cow::Owned(plain.split(|b| *b == 0).next().unwrap_or_default().to_vec())
            }
            plain => plain,
        }),
        Decode::Sql => plain(|text| unescape(text, doubled_apostrophes)),
        Decode::Html => plain(|text| unescape(text, html)),
        // `CORP\user` is a name, not an escape.
        Decode::Shell => {
            Some(Decoded { account: account.map(unquoted), secret: shell_word(secret).into_owned(), layer: None })
        }
        Decode::Colon => plain(|text| unescape(text, escaped_colon)),
        Decode::Cisco7 => plain(|text| cisco7(text).map_or(Cow::Borrowed(text), Cow::Owned)),
        Decode::Basic => basic(&base64_bytes(secret)?),
        Decode::SaslPlain => sasl_plain(&base64_bytes(secret)?),
        Decode::Base64 => {
            let account = match account {
                Some(token) => Some(base64(token)?),
                None => None,
            };
            Some(Decoded { account, secret: base64(secret)?, layer: Some(Layer::Base64) })
        }
        Decode::Keystrokes => typed(keystrokes::dialogue(&hex(secret)?)),
        Decode::Answer => typed(keystrokes::answer(&hex(secret)?)),
        Decode::Hex => {
            let secret = hex(secret).filter(|text| is_text(text))?;
            Some(Decoded { account: account.map(<[u8]>::to_vec), secret, layer: Some(Layer::Hex) })
        }
    }
}

/// `\:` and `\\` of .pgpass, `\=` and `\|` of CEF.
fn escaped_colon(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    let next = *text.get(i + 1)?;
    (text[i] == b'\\' && matches!(next, b':' | b'\\' | b'=' | b'|')).then(|| (Bytes::one(next), 2))
}

/// Cisco's type 7: the place in the key, then each byte xor the key.
fn cisco7(text: &[u8]) -> Option<Vec<u8>> {
    const KEY: &[u8] = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
    let seed: usize = std::str::from_utf8(text.get(..2)?).ok()?.parse().ok()?;
    let bytes = hex(&text[2..])?;
    let plain = bytes.iter().enumerate().map(|(i, byte)| byte ^ KEY[(seed + i) % KEY.len()]).collect::<Vec<u8>>();
    (text.len().is_multiple_of(2) && is_text(&plain)).then_some(plain)
}

fn typed(answer: Option<keystrokes::Answer>) -> Option<Decoded> {
    let (account, secret) = answer?;
    Some(Decoded { account, secret, layer: Some(Layer::Hex) })
}

/// `account:secret` (RFC 7617).
fn basic(bytes: &[u8]) -> Option<Decoded> {
    let colon = memchr::memchr(b':', bytes)?;
    let (account, secret) = (&bytes[..colon], &bytes[colon + 1..]);
    let printable = |text: &[u8]| text.is_empty() || is_text(text) || is_latin(text);
    (printable(account) && printable(secret)).then(|| Decoded {
        account: (!account.is_empty()).then(|| account.to_vec()),
        secret: secret.to_vec(),
        layer: Some(Layer::Base64),
    })
}

/// `authzid NUL authcid NUL secret` (RFC 4616). Some logs turn the NUL into U+FFFD.
fn sasl_plain(bytes: &[u8]) -> Option<Decoded> {
    // Bytes that are no UTF-8 are no dialogue: a word of English that happens to be base64.
    let mangled = std::str::from_utf8(bytes).ok()?.replace('\u{fffd}', "\0");
    let mut parts = mangled.split('\0');
    let (_, authcid, secret) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || authcid.is_empty() || !is_text(authcid.as_bytes()) || !is_text(secret.as_bytes()) {
        return None;
    }
    Some(Decoded {
        account: Some(authcid.as_bytes().to_vec()),
        secret: secret.as_bytes().to_vec(),
        layer: Some(Layer::Base64),
    })
}

/// Latin-1 letters, as old clients send them.
fn is_latin(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| (0x20..0x7f).contains(&b) || b >= 0xa0)
}

/// A word without the quotes around it.
fn unquoted(word: &[u8]) -> Vec<u8> {
    match word {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner.to_vec(),
        _ => word.to_vec(),
    }
}

/// A word of a shell without its quotes and backslashes.
fn shell_word(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|b| b"\"'\\".contains(b)) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None | Some(b'"'), b'\\') => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    Cow::Owned(out)
}
