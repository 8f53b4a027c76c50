//! Distinguished names of directories (RFC 4514): `uid=mira,ou=People,dc=example,dc=com`.

/// What the attributes of a name may be. Anything else is a list of settings: `host=db1,port=5432`.
const ATTRIBUTES: &[&str] = &[
    "cn",
    "uid",
    "ou",
    "dc",
    "o",
    "c",
    "l",
    "st",
    "street",
    "sn",
    "gn",
    "givenname",
    "mail",
    "e",
    "email",
    "emailaddress",
    "samaccountname",
    "userprincipalname",
    "userid",
    "serialnumber",
    "employeenumber",
    "dnqualifier",
    "t",
    "title",
];

/// The distinguished name that `text` begins with, up to the end of its line or to what can be none of it.
pub(super) fn at(text: &[u8]) -> Option<&[u8]> {
    let line =
        text.iter().take(NAME_BYTES).position(|b| b"\r\n\"';|".contains(b)).unwrap_or(text.len().min(NAME_BYTES));
    let whole = text[..line].trim_ascii_end();
    let word = || whole.split(|&b| b == b' ').next().map(|word| word.strip_suffix(b",").unwrap_or(word));
    let is_name = |text: &&[u8]| std::str::from_utf8(text).is_ok_and(|text| Dn::parse(text).is_some());
    Some(whole).filter(is_name).or_else(|| word().filter(is_name))
}

/// The longest name that is read, in bytes.
const NAME_BYTES: usize = 320;

/// A distinguished name in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dn {
    /// Attribute in lower case, and value without its escapes, in the order of the name.
    parts: Vec<(String, String)>,
    /// How many of them name the entry itself: more than one where they are joined by `+`.
    own: usize,
}

impl Dn {
    /// The parts of `text`, if it is a distinguished name of at least two.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut own = 0;
        let mut rest = Some(text);
        while let Some(text) = rest {
            let end = end_of_part(text);
            let (attribute, value) = text.get(..end)?.split_once('=')?;
            let (attribute, value) = (attribute.trim().to_ascii_lowercase(), value.trim());
            if value.is_empty() || !ATTRIBUTES.contains(&attribute.as_str()) {
                return None;
            }
            parts.push((attribute, unescape(value)));
            let separator = text.as_bytes().get(end).copied();
            if own == 0 && separator != Some(b'+') {
                own = parts.len();
            }
            rest = separator.and_then(|_| text.get(end + 1..));
        }
        (parts.len() >= 2 && own < parts.len()).then_some(Self { parts, own })
    }

    /// The attributes that name the entry itself.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().take(self.own).map(|(attribute, value)| (attribute.as_str(), value.as_str()))
    }

    /// The attributes of what the entry stands in, from the innermost outward.
    pub(super) fn outer(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().skip(self.own).map(|(attribute, value)| (attribute.as_str(), value.as_str()))
    }

    /// The domain of its `dc`s: `example.com`.
    pub(super) fn domain(&self) -> Option<String> {
        let labels: Vec<&str> =
            self.outer().filter(|(attribute, _)| *attribute == "dc").map(|(_, value)| value).collect();
        (!labels.is_empty()).then(|| labels.join(".").to_lowercase())
    }
}

/// Where the first part ends: at a `,`, `;` or `+` that is neither escaped nor quoted.
fn end_of_part(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' | b'+' if !quoted => return i,
            _ => {}
        }
    }
    text.len()
}

/// A value without its quotes and escapes: `\,` and `\2C`.
fn unescape(value: &str) -> String {
    let bytes = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value).as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        i += 1;
        if byte != b'\\' {
            plain.push(byte);
        } else if let (Some(high), Some(low)) = (hex(i), hex(i + 1)) {
            plain.push((high * 16 + low) as u8);
            i += 2;
        }
        // The backslash before any other sign falls away, and the sign comes next.
        else if let Some(&sign) = bytes.get(i) {
            plain.push(sign);
            i += 1;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_by_what_is_not_escaped() {
        for (text, own, outer, domain) in [
            ("uid=mira,ou=People,dc=example,dc=com", vec![("uid", "mira")], 3, Some("example.com")),
            (r"CN=Okafor\, Mira,OU=People,DC=Example,DC=ORG", vec![("cn", "Okafor, Mira")], 3, Some("example.org")),
            (r"cn=Okafor\2C Mira, ou=People", vec![("cn", "Okafor, Mira")], 1, None),
            ("cn=Mira+uid=m7,o=Example", vec![("cn", "Mira"), ("uid", "m7")], 1, None),
            (r"cn=Bj\C3\B6rn,o=Example", vec![("cn", "Björn")], 1, None),
            ("cn=\"Okafor, Mira\",o=Example", vec![("cn", "Okafor, Mira")], 1, None),
        ] {
            let dn = Dn::parse(text).unwrap();
            assert_eq!(dn.own().collect::<Vec<_>>(), own, "{text}");
            assert_eq!((dn.outer().count(), dn.domain().as_deref()), (outer, domain), "{text}");
        }
        for text in ["uid=mira", "host=db1,port=5432", "cn=,o=x", "a,b", "", ",", "cn=a,", "cn=a\\", "uid=a+cn=b"] {
            assert_eq!(Dn::parse(text), None, "{text}");
        }
    }
}
