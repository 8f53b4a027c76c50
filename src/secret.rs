//! A password that cannot be printed, and the keyed fingerprints that may leave in its stead.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Bytes believed to be a password.
///
/// Has no `Debug`, `Display`, `Serialize`, `Clone` or `PartialEq`, and no public accessor. It leaves this type in two
/// ways only: as a verdict about it, or as a keyed [`Fingerprint`] of it. The control compiles:
///
/// ```
/// fn takes(_: &logleak::Secret<'_>) {}
/// ```
///
/// Printing, writing, copying and comparing do not:
///
/// ```compile_fail
/// fn print(secret: &logleak::Secret<'_>) { println!("{secret:?}"); }
/// ```
/// ```compile_fail
/// fn print(secret: &logleak::Secret<'_>) { println!("{secret}"); }
/// ```
/// ```compile_fail
/// fn write(secret: &logleak::Secret<'_>) { serde_json::to_string(secret); }
/// ```
/// ```compile_fail
/// fn copy<'a>(secret: &logleak::Secret<'a>) -> logleak::Secret<'a> { secret.clone() }
/// ```
/// ```compile_fail
/// fn compare(a: &logleak::Secret<'_>, b: &logleak::Secret<'_>) -> bool { a == b }
/// ```
/// ```compile_fail
/// fn read(secret: &logleak::Secret<'_>) -> usize { secret.expose().len() }
/// ```
pub struct Secret<'a>(Cow<'a, [u8]>);

impl<'a> Secret<'a> {
    pub(crate) fn new(bytes: Cow<'a, [u8]>) -> Self {
        Self(bytes)
    }

    /// The one door: for `classify`, which judges it, and for cutting it out of what is shown.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Stands for a secret outside the scan: equal secrets have equal fingerprints under one key, nothing else is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// Tells equal from different within this run.
    pub(crate) digest: u64,
    /// HMAC-SHA-256, with a key file only.
    pub(crate) mac: Option<[u8; 32]>,
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprint")
    }
}

/// Makes [`Fingerprint`]s: under a key file, or under a random key that dies with the process.
pub struct Fingerprinter {
    run: RandomState,
    key: Option<FingerprintKey>,
}

impl Fingerprinter {
    /// Without a key the fingerprints never leave the process.
    pub fn new(key: Option<FingerprintKey>) -> Self {
        Self { run: RandomState::new(), key }
    }

    /// The key, where there is one.
    pub fn key(&self) -> Option<&FingerprintKey> {
        self.key.as_ref()
    }

    /// The fingerprint of `secret` in UTF-8. Bytes that are no UTF-8 are Latin-1.
    pub fn fingerprint(&self, secret: &Secret<'_>) -> Fingerprint {
        let text = utf8(secret.expose());
        let Some(key) = &self.key else {
            return Fingerprint { digest: self.run.hash_one(&*text), mac: None };
        };
        let mac = key.mac(&[&text]);
        let mut digest = [0; 8];
        digest.copy_from_slice(&mac[..8]);
        Fingerprint { digest: u64::from_be_bytes(digest), mac: Some(mac) }
    }
}

fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Cow::Borrowed(bytes),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect::<String>().into_bytes()),
    }
}

/// A key of at least 32 bytes, read from a file that only its owner may read.
pub struct FingerprintKey {
    mac: Hmac<Sha256>,
    id: String,
}

impl FingerprintKey {
    /// Reads the key file.
    ///
    /// # Errors
    /// Where it cannot be read, holds fewer than 32 bytes, or other users may read it.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let mut file = std::fs::File::open(path).map_err(|e| Error::file(path, "read the key file", &e))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(|e| Error::file(path, "read the key file", &e))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(Error::key(path, "other users may read it; chmod 600 it, or make a new one if they did"));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| Error::file(path, "read the key file", &e))?;
        if bytes.len() < 32 {
            return Err(Error::key(path, "a key has at least 32 bytes; make one: head -c 32 /dev/urandom"));
        }
        let mac = Hmac::<Sha256>::new_from_slice(&bytes).map_err(|_| Error::key(path, "not usable as an HMAC key"))?;
        let digest = Sha256::new().chain_update(b"logleak/key-id\0").chain_update(&bytes).finalize();
        Ok(Self { mac, id: hex(&digest[..8]) })
    }

    /// Names the key without telling it: 16 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// HMAC-SHA-256 over the parts in order.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        digits.push(char::from(DIGITS[usize::from(byte >> 4)]));
        digits.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    digits
}
