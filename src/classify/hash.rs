//! Hashes: which are as good as the password, and which are properly stored.

use crate::record::view;

/// How a hash protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With a work factor.
    Strong,
    /// Fast to guess against.
    Weak,
    /// Too short to guess against.
    Truncated,
}

/// Beginnings of hashes with a work factor, in lower case.
const STRONG: &[&[u8]] = &[
    b"$2a$",
    b"$2b$",
    b"$2x$",
    b"$2y$",
    b"$argon2",
    b"$scrypt$",
    b"scrypt:",
    b"$s0$",
    b"$5$",
    b"$6$",
    b"$7$",
    b"$y$",
    b"$gy$",
    b"$pbkdf2",
    b"pbkdf2",
    b"bcrypt",
    b"argon2",
    b"{pbkdf2",
    b"{bcrypt",
    b"{argon2",
    b"{crypt}$2",
    b"{crypt}$5",
    b"{crypt}$6",
    b"{crypt}$y",
    b"scram-sha-",
    b"$a$005$",
    b"{cas}$2",
    b"{x-pbkdf2",
    b"$8$",
    b"$9$",
    b"{scram-sha",
];

/// Beginnings of hashes that are fast to guess against, in lower case.
const WEAK: &[&[u8]] = &[
    b"{sha}",
    b"{ssha}",
    b"{md5}",
    b"{smd5}",
    b"{sha256}",
    b"{ssha256}",
    b"{sha512}",
    b"{ssha512}",
    b"{sha384}",
    b"{nt}",
    b"{lanman}",
    b"$1$",
    b"$apr1$",
    b"$md5$",
    b"md5$",
    b"sha1$",
    b"{crypt}",
    b"$p$",
    b"$h$",
    b"$s$",
    b"0x0200",
    b"0x0100",
    b"$md5,",
    b"$sha1$",
    b"{noop}",
];

/// The kind of hash that `value` is, if it is one. `announced` where its key says so.
pub fn kind(value: &[u8], announced: bool) -> Option<Kind> {
    let mut lower = [0u8; 16];
    let head = &mut lower[..value.len().min(16)];
    head.copy_from_slice(&value[..value.len().min(16)]);
    head.make_ascii_lowercase();
    let begins = |list: &[&[u8]]| list.iter().any(|prefix| prefix.first() == head.first() && head.starts_with(prefix));
    if value.len() >= 20 && begins(STRONG) {
        return Some(Kind::Strong);
    }
    if value.len() >= 16 && begins(WEAK) && !head.starts_with(b"{noop}") {
        return Some(Kind::Weak);
    }
    // MySQL 4.1 and later.
    if value.len() == 41 && value[0] == b'*' && value[1..].iter().all(u8::is_ascii_hexdigit) {
        return Some(Kind::Weak);
    }
    let digits = value.iter().all(u8::is_ascii_hexdigit);
    if digits
        && matches!(value.len(), 32 | 40 | 48 | 56 | 64 | 96 | 128)
        && value.iter().any(|b| b.is_ascii_alphabetic())
    {
        return Some(Kind::Weak);
    }
    if announced && digits && (4..16).contains(&value.len()) && value.iter().any(|b| b.is_ascii_alphabetic()) {
        return Some(Kind::Truncated);
    }
    None
}

/// What WebSphere's `{xor}` hides: every byte xor `_`, in base64.
pub fn websphere_xor(value: &[u8]) -> Option<Vec<u8>> {
    let token = value.strip_prefix(b"{xor}").or_else(|| value.strip_prefix(b"{XOR}"))?;
    let plain: Vec<u8> = view::base64_bytes(token)?.iter().map(|b| b ^ b'_').collect();
    view::is_text(&plain).then_some(plain)
}
